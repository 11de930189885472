"""``lastgasp rests``: which models of devices does a proof rest on?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, out
from lastgasp.cli.options import (
    check_argument,
    file_type,
    format_option,
    profile_option,
    study_option,
    whole_option,
)
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.cli import commands
    from lastgasp.questions import effort
    from lastgasp.questions import reliance as question
    from lastgasp.render import words
else:
    bundled, commands = lazy("lastgasp.bundled"), lazy("lastgasp.cli.commands")
    question, effort = lazy("lastgasp.questions.reliance"), lazy("lastgasp.questions.effort")
    words = lazy("lastgasp.render.words")


@click.command()
@check_argument
@study_option
@profile_option
@click.option("--smt-lib", type=file_type, help="Write what solvers have to confirm to this folder, for one of yours.")
@whole_option
@format_option
def rests(
    check_name: str, folder: Path | None, profile: str | None, smt_lib: Path | None, timeout: float, form: str
) -> int:
    """On whose models does the proof of CHECK rest?

    The smallest sets of devices whose models it needs; the others may do whatever the texts allow them. What is needed
    of a model is said by no text.
    """
    study = bundled.load_study(folder)
    study = study if profile is None else study.with_profile(profile)
    with Progress() as progress:
        found = question.reliance(study, check_name, effort.Effort.lasting(timeout, told=progress.words))
    for number, ground in enumerate(found.grounds if smt_lib is not None else (), 1):
        assert smt_lib is not None
        commands.write_obligations(smt_lib / f"set-{number}", ground.proof.certificate)
    out(json.dumps(found.to_json(), indent=2) if form == "json" else words.indented(found.words()))
    return OK if found.exact else OPEN
