"""``lastgasp repair``: who must change so that a failing goal holds?"""

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
    from lastgasp.questions import effort, repair_answer
    from lastgasp.questions import repair as question
    from lastgasp.render import table, words
else:
    bundled, commands = lazy("lastgasp.bundled"), lazy("lastgasp.cli.commands")
    question, effort = lazy("lastgasp.questions.repair"), lazy("lastgasp.questions.effort")
    table, words = lazy("lastgasp.render.table"), lazy("lastgasp.render.words")


@click.command()
@check_argument
@study_option
@profile_option
@click.option("--candidate", multiple=True, help="A clause that may be added; all that the proposal lacks if absent.")
@click.option("--only-party", multiple=True, help="Only this party can change.")
@click.option("--not-party", multiple=True, help="This party cannot change.")
@click.option("--installed", multiple=True, metavar="DEVICE", help="This device is installed and cannot change.")
@click.option("--runs", is_flag=True, help="Show the run that is left where one party alone obeys all it could.")
@click.option("--certificates", type=file_type, help="Write the proof of each repair to a file in this folder.")
@whole_option
@format_option
def repair(
    check_name: str,
    folder: Path | None,
    profile: str | None,
    candidate: tuple[str, ...],
    only_party: tuple[str, ...],
    not_party: tuple[str, ...],
    installed: tuple[str, ...],
    runs: bool,
    certificates: Path | None,
    timeout: float,
    form: str,
) -> int:
    """Who must change so that CHECK, which fails, holds?

    All minimal sets of clauses that make it hold and leave possible what can happen now; and whether one party alone
    can do it.
    """
    study = bundled.load_study(folder)
    study = study if profile is None else study.with_profile(profile)
    with Progress() as progress:
        asked = effort.Effort.lasting(timeout, told=progress.words)
        found = question.repair(
            study,
            check_name,
            asked,
            candidates=candidate,
            only_parties=only_party,
            not_parties=not_party,
            installed=installed,
        )
    for number, item in enumerate(found.repairs if certificates is not None else (), 1):
        assert certificates is not None
        commands.certify(certificates / f"{str(found.name).replace('/', '.')}.repair-{number}.json", item.verdict)
    out(json.dumps(found.to_json(), indent=2) if form == "json" else text(found, runs))
    return OK if found.exact else OPEN


def text(found: repair_answer.Repairs, runs: bool) -> str:
    """The answer, and what is left where one party alone does all that it could."""
    lines = [words.indented(found.words())]
    for item in found.alone if runs else ():
        if item.trace is not None:
            lines += [
                "",
                f"{item.party} alone, obeying everything that could bind it:",
                "",
                table.trace_table(item.trace),
            ]
    return "\n".join(lines).rstrip()
