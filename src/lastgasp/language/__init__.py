"""From text to objects and back: YAML with positions, conditions, durations, and the closed grammar of sentences.

Start reading at :mod:`~lastgasp.language.study_files` (a folder of files) and :mod:`~lastgasp.language.sentences` (one
sentence). Nothing here runs code from a file, and every refusal says where, what, and what to write instead.
"""
