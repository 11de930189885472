"""The command line as a stranger uses it: good uses, bad input, whole files, exit codes to rely on."""
