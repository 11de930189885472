"""``lastgasp boundary``: does the reading matter?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, out
from lastgasp.cli.options import (
    assume_option,
    check_argument,
    format_option,
    profile_option,
    study_option,
    whole_option,
)
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.questions import asking
    from lastgasp.questions import boundary as boundaries
    from lastgasp.questions import effort as efforts
else:
    bundled = lazy("lastgasp.bundled")
    asking = lazy("lastgasp.questions.asking")
    boundaries = lazy("lastgasp.questions.boundary")
    efforts = lazy("lastgasp.questions.effort")


@click.command()
@check_argument
@study_option
@profile_option
@assume_option
@whole_option
@format_option
def boundary(
    check_name: str, folder: Path | None, profile: str | None, assume: tuple[str, ...], timeout: float, form: str
) -> int:
    """Does the reading matter? A check at every limit, with every comparison turned, under every reading.

    Each limit just below, exactly at and just above; *more than* against *at least*, *within* against *in less than*;
    and each other reading that the study lists. CHECK is GOAL/PROPOSAL, or GOAL/PROPOSAL/INSTALLATION where the study
    has several.
    """
    study = bundled.load_study(folder)
    chosen = study if profile is None else study.with_profile(profile)
    name = asking.CheckName.parsed(check_name, chosen)
    with Progress() as progress:
        effort = efforts.Effort.lasting(timeout, told=progress.words)
        found = boundaries.boundary(chosen, name, assume=assume, effort=effort)
    out(json.dumps(found.to_json(), indent=2) if form == "json" else found.words())
    return OK if found.exact else OPEN
