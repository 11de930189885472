"""``lastgasp equivalent``: whether two proposals allow the same behaviour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, note, out
from lastgasp.cli.options import file_type, format_option, profile_option, study_option, whole_option
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.cli import commands
    from lastgasp.language import proof_files
    from lastgasp.questions import effort, equivalence
    from lastgasp.render import lanes, table, words
else:
    bundled, commands = lazy("lastgasp.bundled"), lazy("lastgasp.cli.commands")
    proof_files = lazy("lastgasp.language.proof_files")
    effort, equivalence = lazy("lastgasp.questions.effort"), lazy("lastgasp.questions.equivalence")
    lanes, table, words = lazy("lastgasp.render.lanes"), lazy("lastgasp.render.table"), lazy("lastgasp.render.words")


@click.command()
@click.argument("first", metavar="PROPOSAL")
@click.argument("second", metavar="PROPOSAL")
@study_option
@click.option("--installation", help="The installation to compare them in; the only one if absent.")
@profile_option
@click.option("--svg", type=file_type, help="Draw the first run that only one of them allows into this file.")
@click.option("--certificates", type=file_type, help="Write every proof to a file in this folder.")
@whole_option
@format_option
def equivalent(
    first: str,
    second: str,
    folder: Path | None,
    installation: str | None,
    profile: str | None,
    svg: Path | None,
    certificates: Path | None,
    timeout: float,
    form: str,
) -> int:
    """Whether two proposals allow the same behaviour; if not, a run that one allows and the other forbids."""
    study = bundled.load_study(folder)
    study = study if profile is None else study.with_profile(profile)
    with Progress() as progress:
        asked = effort.Effort.lasting(timeout, told=progress.words)
        found = equivalence.equivalent(study, first, second, installation, effort=asked)
    if certificates is not None:
        for path, page in proofs(found).items():
            commands.write(certificates / path, page)
            note(f"wrote {certificates / path}")
    if svg is not None:
        _draw(found, svg)
    out(json.dumps(found.to_json(), indent=2) if form == "json" else text(found))
    return OPEN if found.partial else OK


def text(found: equivalence.Equivalence) -> str:
    """The answer, then a run for each direction in which one text allows more."""
    head, *items = found.words().split("\n")
    lines = [f"{found.first.name} and {found.second.name}: {found.relation.value}", ""]
    lines += [*words.folded(head, table.WIDTH), ""]
    for item in items:
        lines += words.folded(item, table.WIDTH, "", "  ")
    for this, other, asked in separating(found):
        assert asked.trace is not None
        lines += ["", f"What {this.label} allows and {other.label} forbids:", "", table.trace_table(asked.trace)]
    return "\n".join(lines).rstrip()


Separating = tuple["equivalence.Text", "equivalence.Text", "equivalence.Asked"]


def separating(found: equivalence.Equivalence) -> list[Separating]:
    """For each direction the text that allows, the one that forbids, and the clause with the shortest run."""
    directions = ((found.first, found.second, found.under_first), (found.second, found.first, found.under_second))
    shortest = []
    for this, other, items in directions:
        broken = [(len(item.trace.entries), n, item) for n, item in enumerate(items) if item.trace is not None]
        if broken:
            shortest.append((this, other, min(broken)[2]))
    return shortest


def proofs(found: equivalence.Equivalence) -> dict[str, str]:
    """Every proof by the name of its file."""
    sides = ((found.first, found.under_first), (found.second, found.under_second))
    named = [(f"{item.clause}.under.{text.name}.json", item.verdict) for text, items in sides for item in items]
    certificates = {name: getattr(verdict, "certificate", None) for name, verdict in named}
    return {name: proof_files.certificate_to_json(proof) for name, proof in certificates.items() if proof is not None}


def _draw(found: equivalence.Equivalence, svg: Path) -> None:
    runs = separating(found)
    if not runs:
        note(f"there is no run to draw into {svg}")
        return
    this, other, item = runs[0]
    assert item.trace is not None
    title = f"{this.label} allows this, {other.label} forbids it"
    commands.write(svg, lanes.lanes_svg(item.trace, title=title))
    note(f"wrote {svg}")
