"""``python -m lastgasp``: the command line."""

from lastgasp.cli.main import run

if __name__ == "__main__":
    run()
