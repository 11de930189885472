"""Programs that show the library at work; each runs by ``python -m lastgasp.examples.NAME``."""
