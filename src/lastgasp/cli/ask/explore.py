"""``lastgasp explore``: do random runs break a check?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import NOTHING, OK, OPEN, Progress, complain, out
from lastgasp.cli.options import (
    assume_option,
    file_type,
    format_option,
    profile_option,
    study_option,
    trace_option,
    whole_option,
)
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled
    from lastgasp.cli import commands
    from lastgasp.explore import finding
    from lastgasp.questions import asking, matrix
    from lastgasp.questions import effort as efforts
    from lastgasp.render import table
else:
    bundled = lazy("lastgasp.bundled")
    commands = lazy("lastgasp.cli.commands")
    finding = lazy("lastgasp.explore.finding")
    asking = lazy("lastgasp.questions.asking")
    efforts = lazy("lastgasp.questions.effort")
    matrix = lazy("lastgasp.questions.matrix")
    table = lazy("lastgasp.render.table")


@click.command()
@click.argument("check_name", metavar="[CHECK]", required=False)
@study_option
@profile_option
@assume_option
@click.option("--runs", type=click.IntRange(1), default=300, show_default=True, help="How many random runs.")
@click.option("--steps", type=click.IntRange(1), default=25, show_default=True, help="How many steps a run may have.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same runs.")
@trace_option
@click.option("--program", type=file_type, help="Write a Python program that plays the run again to this file.")
@whole_option
@format_option
def explore(
    check_name: str | None,
    folder: Path | None,
    profile: str | None,
    assume: tuple[str, ...],
    runs: int,
    steps: int,
    seed: int,
    trace_file: Path | None,
    program: Path | None,
    timeout: float,
    form: str,
) -> int:
    """Do random runs break a check?

    They know no solver and no zones, are steered to new states, and what breaks the goal is shrunk to few steps. A
    check that none breaks is not proved. Without CHECK, which is GOAL/PROPOSAL or GOAL/PROPOSAL/INSTALLATION, every
    check of the study's overview is explored (of a study without one, every check), one line each. Exit code 3 where
    nothing was found.
    """
    study = bundled.load_study(folder)
    chosen = study if profile is None else study.with_profile(profile)
    wanted = [asking.CheckName.parsed(check_name, chosen)] if check_name else matrix.shown(chosen)
    if not wanted:
        complain("there is nothing to explore: the study needs a goal, a proposal and an installation")
        return NOTHING
    found = []
    with Progress() as progress:
        effort = efforts.Effort.lasting(timeout, told=progress.words)
        for name, question in asking.ask_all(chosen, wanted, assume=assume).items():
            goal = chosen.goals[name.goal]
            title = goal.title or goal.sentence
            answer = finding.explore(question, runs=runs, steps=steps, seed=seed, effort=effort, title=title)
            found.append(answer)
            if form == "human" and not check_name:
                out(answer.line())
    if form == "json":
        out(json.dumps([item.to_json() for item in found] if not check_name else found[0].to_json(), indent=2))
    elif check_name:
        out(shown(found[0]))
    for name, answer in zip(wanted, found, strict=True):
        several = "" if check_name else f".{name}".replace("/", ".")
        if trace_file is not None:
            text = None if answer.trace is None else json.dumps(answer.trace.to_json(), indent=2) + "\n"
            commands.keep(_named(trace_file, several), text, "run")
        if program is not None:
            where = _network(folder, name.installation, profile)
            commands.keep(_named(program, several), answer.program(where) if answer.trace else None, "run")
    return OK if all(answer.trace is not None for answer in found) else OPEN


def shown(answer: finding.Exploration) -> str:
    """The answer, and the run that it rests on."""
    trace = answer.trace or (answer.rejected[1] if answer.rejected else None)
    return answer.words() if trace is None else f"{answer.words()}\n\n{table.trace_table(trace)}".rstrip()


def _named(path: Path, several: str) -> Path:
    """The file for one check of several."""
    return path.with_name(f"{path.stem}{several}{path.suffix}")


def _network(folder: Path | None, installation: str, profile: str | None) -> str:
    """The network as a program gets it."""
    study = f"lg.load_study({'' if folder is None else repr(str(folder.resolve()))})"
    return f"{study}{'' if profile is None else f'.with_profile({profile!r})'}.installations[{installation!r}]"
