"""``lastgasp cores``: which clauses and assumptions does the proof need?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, out
from lastgasp.cli.options import file_type, format_option, profile_option, study_option, whole_option
from lastgasp.errors import InputError, Problem
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.cli import commands
    from lastgasp.questions import cores as question
    from lastgasp.questions import effort
    from lastgasp.render import words
else:
    bundled, commands = lazy("lastgasp.bundled"), lazy("lastgasp.cli.commands")
    question, effort = lazy("lastgasp.questions.cores"), lazy("lastgasp.questions.effort")
    words = lazy("lastgasp.render.words")


@click.command()
@click.argument("check_name", metavar="[CHECK]", required=False)
@click.option("--proposal", help="Instead of CHECK: every goal that is proved under this proposal.")
@click.option("--installation", help="With --proposal: the installation; the only one if absent.")
@study_option
@profile_option
@click.option("--certificates", type=file_type, help="Write the proof that each set suffices to a file in this folder.")
@whole_option
@format_option
def cores(
    check_name: str | None,
    proposal: str | None,
    installation: str | None,
    folder: Path | None,
    profile: str | None,
    certificates: Path | None,
    timeout: float,
    form: str,
) -> int:
    """Which clauses and assumptions does the proof of CHECK need?

    All minimal sets of them that suffice, and which are needed by every proof, by some, by none.
    """
    if (check_name is None) == (proposal is None) or (check_name is not None and installation is not None):
        raise InputError(Problem("what to ask of is not clear", "name one check, or a proposal with --proposal"))
    study = bundled.load_study(folder)
    study = study if profile is None else study.with_profile(profile)
    found: question.Cores | question.ProposalCores
    with Progress() as progress:
        asked = effort.Effort.lasting(timeout, told=progress.words)
        if check_name is not None:
            found = question.cores(study, check_name, asked)
        else:
            found = question.proposal_cores(study, proposal, installation, asked)
    if certificates is not None:
        for item in found.asked if isinstance(found, question.ProposalCores) else (found,):
            for number, core in enumerate(item.cores, 1):
                path = certificates / f"{str(item.name).replace('/', '.')}.set-{number}.json"
                commands.certify(path, core.verdict)
    out(json.dumps(found.to_json(), indent=2) if form == "json" else words.indented(found.words()))
    return OPEN if found.partial else OK
