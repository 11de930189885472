"""``lastgasp comply``: can a real device obey?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, out
from lastgasp.cli.options import assume_option, format_option, profile_option, study_option, whole_option
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.questions import comply as complying
    from lastgasp.questions import effort as efforts
else:
    bundled = lazy("lastgasp.bundled")
    complying = lazy("lastgasp.questions.comply")
    efforts = lazy("lastgasp.questions.effort")


@click.command()
@study_option
@click.option("--clause", "clauses", multiple=True, help="A clause, by name; all if absent.")
@click.option("--proposal", help="The clauses of one proposal, under its assumptions.")
@click.option("--installation", help="One installation; all if absent.")
@profile_option
@assume_option
@whole_option
@format_option
def comply(
    folder: Path | None,
    clauses: tuple[str, ...],
    proposal: str | None,
    installation: str | None,
    profile: str | None,
    assume: tuple[str, ...],
    timeout: float,
    form: str,
) -> int:
    """Which devices can obey which clauses, and which clauses contradict each other.

    Every device that a profile of the study describes, and any device that the text allows, against every clause that
    binds it: complies always, can comply, cannot comply (with a run in which it is defeated).
    """
    study = bundled.load_study(folder)
    wanted = clauses or None
    if proposal is not None:
        chosen = study.proposals[study.only("proposal", proposal)]
        theirs = complying.asked_of_somebody(study, chosen.clauses, installation)
        wanted, assume = (*clauses, *theirs), (*assume, *chosen.assumptions)
    with Progress() as progress:
        found = complying.comply(
            study,
            clauses=wanted,
            installation=installation,
            profile=profile,
            assume=dict.fromkeys(assume),
            effort=efforts.Effort.lasting(timeout, told=progress.words),
        )
    out(json.dumps(found.to_json(), indent=2) if form == "json" else found.words())
    return OK if found.exact else OPEN
