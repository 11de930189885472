"""Where the study that comes with the package lies."""

from __future__ import annotations

from pathlib import Path

from lastgasp.errors import InputError, Problem
from lastgasp.language.study_files import load_study as _load
from lastgasp.study import Study


def bundled_folder() -> Path:
    """The folder of the bundled study: inside an installed package, or the checkout around it."""
    here = Path(__file__).resolve().parent
    for folder in (here / "study_data", here.parents[1]):
        if (folder / "models").is_dir():
            return folder
    raise InputError("this installation carries no study; name a folder")


def load_study(folder: str | Path | None = None, left_out: list[Problem] | None = None) -> Study:
    """Read a study: the bundled one, or every YAML file under ``folder``. Raises :class:`InputError`; runs no code.

    ``left_out``: takes what is wrong with single installations and claims, which are then left out.
    """
    return _load(bundled_folder() if folder is None else Path(folder), left_out)
