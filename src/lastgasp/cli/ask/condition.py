"""``lastgasp condition``: for which timings does a goal hold?"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import OK, OPEN, Progress, note, out
from lastgasp.cli.options import (
    assume_option,
    check_argument,
    file_type,
    profile_option,
    study_option,
    whole_option,
)
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.cli import commands
    from lastgasp.questions import asking, condition_answer
    from lastgasp.questions import condition as conditions
    from lastgasp.questions import effort as efforts
    from lastgasp.render import regions
    from lastgasp.study import Study
else:
    bundled = lazy("lastgasp.bundled")
    commands = lazy("lastgasp.cli.commands")
    asking = lazy("lastgasp.questions.asking")
    condition_answer = lazy("lastgasp.questions.condition_answer")
    conditions = lazy("lastgasp.questions.condition")
    efforts = lazy("lastgasp.questions.effort")
    regions = lazy("lastgasp.render.regions")

FORMS = ("human", "json", "sql", "polars", "python")


@click.command()
@check_argument
@study_option
@profile_option
@assume_option
@click.option(
    "--over",
    multiple=True,
    metavar="PARAMETER",
    help="A parameter to ask about, such as meter.reboot, or several with one value: a.reboot=b.reboot. All if absent.",
)
@click.option(
    "--svg", type=file_type, help="Draw the regions of two parameters to this file, with the study's profiles."
)
@click.option("--certificates", type=file_type, help="Write every proof to a file in this folder.")
@click.option("--probe/--no-probe", default=True, show_default=True, help="Ask again on both sides of every border.")
@whole_option
@click.option("--format", "form", type=click.Choice(FORMS), default="human", show_default=True)
def condition(
    check_name: str,
    folder: Path | None,
    profile: str | None,
    assume: tuple[str, ...],
    over: tuple[str, ...],
    svg: Path | None,
    certificates: Path | None,
    probe: bool,
    timeout: float,
    form: str,
) -> int:
    """For which timings does a check hold?

    The exact condition over the parameters that have a range, in words, as a drawing, or as a predicate.
    CHECK is GOAL/PROPOSAL, or GOAL/PROPOSAL/INSTALLATION where the study has several.
    """
    study = bundled.load_study(folder)
    chosen = study if profile is None else study.with_profile(profile)
    name = asking.CheckName.parsed(check_name, chosen)
    groups = tuple(tuple(item.split("=")) for item in over) or None
    goal = chosen.goals[name.goal]
    with Progress() as progress:
        effort = efforts.Effort.lasting(timeout, told=progress.words)
        found = conditions.condition(
            asking.ask(chosen, name, assume=assume), groups, effort, title=goal.title or goal.sentence, probe=probe
        )
    if form in condition_answer.FORMS and not found.exact:
        note(f"this is sufficient, not necessary: {found.reason}")
    if form == "human":
        out(found.words())
    elif form == "json":
        out(json.dumps(found.to_json(), indent=2))
    else:
        out(condition_answer.predicate(found.holds, form))
    if svg is not None:
        if len(found.ranges) == 2:
            commands.write(svg, drawn(study, found))
            note(f"wrote {svg}")
        else:
            note(f"there is no drawing to write to {svg}: it needs two parameters, name them with --over")
    for number, piece in enumerate(found.pieces if certificates is not None else ()):
        assert certificates is not None
        commands.certify(certificates / f"{str(name).replace('/', '.')}.region-{number}.json", piece.verdict)
    return OK if found.exact else OPEN


def drawn(study: Study, found: condition_answer.Condition) -> str:
    """The map of a condition over two parameters, with the profiles that have a value for both of them as points."""
    devices = {}
    for profile in study.profiles.values():
        values = {n: v for n, v in profile.settings.items() if n in found.ranges and isinstance(v, Fraction)}
        if set(values) == set(found.ranges) and all(
            low <= values[n] <= high for n, (low, high) in found.ranges.items()
        ):
            devices[profile.title or profile.name] = values
    return regions.map_svg(found.ranges, found.labels, found.holds, found.fails, title=found.title, devices=devices)
