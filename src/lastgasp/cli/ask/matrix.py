"""``lastgasp matrix``: proposals by installations by goals, as a table for people or for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import NOTHING, UNUSABLE, Progress, complain, note, out
from lastgasp.cli.options import (
    all_option,
    cache_option,
    engine_option,
    file_type,
    memory_option,
    no_cache_option,
    path_argument,
    profile_option,
    timeout_option,
)
from lastgasp.errors import InputError, Problem
from lastgasp.lazy import lazy
from lastgasp.validate import did_you_mean

if TYPE_CHECKING:
    from rich import console as terminal
    from rich import table

    from lastgasp import bundled, question, verdict
    from lastgasp.cli import commands, show
    from lastgasp.questions import asking, condition_answer
    from lastgasp.questions import condition as conditions
    from lastgasp.questions import effort as efforts
    from lastgasp.questions import matrix as cells
    from lastgasp.questions.matrix import Cell
    from lastgasp.study import Study
else:
    terminal, table = lazy("rich.console"), lazy("rich.table")
    bundled, question, verdict = lazy("lastgasp.bundled"), lazy("lastgasp.question"), lazy("lastgasp.verdict")
    asking, condition_answer = lazy("lastgasp.questions.asking"), lazy("lastgasp.questions.condition_answer")
    conditions, efforts = lazy("lastgasp.questions.condition"), lazy("lastgasp.questions.effort")
    commands, show = lazy("lastgasp.cli.commands"), lazy("lastgasp.cli.show")
    cells = lazy("lastgasp.questions.matrix")

FORMS = ("human", "csv", "markdown", "json")
WIDE = 240
"""Columns of a table that is not for a terminal."""

COLUMNS = (
    "goal",
    "goal title",
    "proposal",
    "proposal title",
    "installation",
    "installation title",
    "verdict",
    "class",
    "class in words",
    "condition",
    "as expected",
    "expected",
    "assumptions",
    "engine",
    "reason",
)


@click.command()
@path_argument
@click.option("--goal", "goals", multiple=True, help="One goal; may be given several times.")
@click.option("--proposal", "proposals", multiple=True, help="One proposal; may be given several times.")
@click.option("--installation", "installations", multiple=True, help="One installation; may be given several times.")
@all_option
@click.option(
    "--over",
    multiple=True,
    metavar="PARAMETER",
    help="For each check that comes out badly: for which values of this parameter it does not; may be given twice.",
)
@profile_option
@engine_option
@timeout_option
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes to work in.")
@memory_option
@cache_option
@no_cache_option
@click.option("--format", "form", type=click.Choice(FORMS), default="human", show_default=True)
@click.option("-o", "--output", type=file_type, help="Write the answer to this file.")
def matrix(
    path: Path | None,
    goals: tuple[str, ...],
    proposals: tuple[str, ...],
    installations: tuple[str, ...],
    everything: bool,
    over: tuple[str, ...],
    profile: str | None,
    engine: str,
    timeout: float,
    jobs: int,
    memory: int | None,
    cache: Path | None,
    no_cache: bool,
    form: str,
    output: Path | None,
) -> int:
    """Every proposal on every installation against every goal: the verdict, the class of a failure, the condition.

    What was found is kept, so that a second run answers at once what the first one did, interrupted or not, and a
    change runs again only what it can touch.
    """
    left_out: list[Problem] = []
    study = bundled.load_study(path, left_out)
    study = study if profile is None else study.with_profile(profile)
    wanted = (cells.names if everything else cells.shown)(study, goals, proposals, installations)
    if not wanted and not left_out:
        complain("there is nothing to check: the study needs a goal, a proposal and an installation")
        return NOTHING
    known = {n for name in wanted for n in study.installations[name.installation].parameters}
    for name in over:
        if name not in known:
            raise InputError(Problem(f"no installation here has the parameter {name!r}", did_you_mean(name, known)))
    found: list[Cell] = []
    with Progress(len(wanted)) as progress:

        def done(cell: Cell) -> None:
            found.append(cell)
            progress.cell(cell)

        store = commands.opened_store(cache, no_cache)
        limits = question.Limits(seconds=timeout, megabytes=memory, progress=progress.states, store=store)
        try:
            answers = cells.matrix(study, wanted, engine=engine, limits=limits, jobs=jobs, done=done)
        except KeyboardInterrupt:
            kept = "what was found is kept, the next run goes on from there" if store else "nothing of it is kept"
            note(f"lastgasp: {len(found)} of {len(wanted)} checks were answered; {kept}")
            raise
        answers = [_conditioned(study, cell, over, timeout, progress) for cell in answers] if over else answers
    text = WRITTEN[form](study, answers)
    commands.tell_the_rest(study, wanted, everything)
    if output is None:
        out(text.rstrip("\n"))
    else:
        commands.write(output, text)
        note(f"wrote {output}")
    for problem in left_out:
        complain(problem)
    return UNUSABLE if left_out else commands.exit_code(answers)


def _conditioned(study: Study, cell: Cell, over: tuple[str, ...], timeout: float, progress: Progress) -> Cell:
    """A cell with the condition on these parameters under which it would be well; as it is where there is none."""
    known = study.installations[cell.name.installation].parameters
    asked = tuple((name,) for name in over if name in known)
    if not isinstance(cell.verdict, verdict.Fails) or not asked:
        return cell
    effort = efforts.Effort.lasting(timeout, told=progress.words)
    found = conditions.condition(asking.ask(study, cell.name), asked, effort, probe=False)
    there_is = found.holds or not found.exact
    words = " ".join(" ".join(condition_answer.headline(found)).split())
    return replace(cell, condition="; ".join(filter(None, (cell.condition, words)))) if there_is else cell


# --- forms ---------------------------------------------------------------------------------------------------------


def human(study: Study, answers: list[Cell]) -> str:
    """A table for each installation, then what differs from what is expected and what the words mean."""
    lively = sys.stdout.isatty()
    screen = terminal.Console(
        file=io.StringIO(), force_terminal=lively, no_color="NO_COLOR" in os.environ, width=None if lively else WIDE
    )
    for installation, rows, columns, words in _grids(study, answers):
        title = study.installations[installation].title
        grid = table.Table(title=f"{installation}: {title}" if title else installation, title_justify="left")
        for column in ("", *columns):
            grid.add_column(column, overflow="fold")
        for goal in rows:
            grid.add_row(goal, *(_coloured(words.get((goal, proposal), show.NOT_ASKED)) for proposal in columns))
        screen.print(grid)
    screen.file.write("\n" + show.matrix_notes(study, answers))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue() + "\n"


def _coloured(word: str) -> str:
    """A verdict in capitals is bad news, in colour as well as in shape."""
    bad = any(letters.isupper() and len(letters) > 2 for letters in word.split())
    return f"[red]{word}[/red]" if bad else f"[green]{word}[/green]" if word != show.NOT_ASKED else word


def markdown(study: Study, answers: list[Cell]) -> str:
    """The same as a page."""
    lines = ["# Matrix", "", "Generated by `lastgasp matrix --format markdown`: every goal under every proposal.", ""]
    for installation, rows, columns, words in _grids(study, answers):
        lines += [f"## {study.installations[installation].title or installation}", ""]
        lines += ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        for goal in rows:
            row = (words.get((goal, proposal), show.NOT_ASKED) for proposal in columns)
            lines.append(f"| {study.goals[goal].title or goal} | " + " | ".join(row) + " |")
        lines.append("")
    proposals = dict.fromkeys(cell.name.proposal for cell in answers)
    lines += ["## Proposals", "", *(f"* **{name}**: {study.proposals[name].title}" for name in proposals), ""]
    lines += ["## What the words mean", "", *(f"* {words}" for words in _legend(study, answers))]
    return "\n".join(lines) + "\n"


def _legend(study: Study, answers: list[Cell]) -> Iterator[str]:
    """The words of the verdicts, classes, conditions and assumptions that occur."""
    yield "**holds**: proved; **FAILS**: shown by a run; **can happen**: shown by a run; **CANNOT HAPPEN**: proved"
    if any(cell.differs for cell in answers):
        yield "**!**: another verdict than the study expects"
    for kind in sorted({getattr(cell.verdict, "classification", "") for cell in answers} - {""}):
        name, _, words = kind.partition(": ")
        yield f"**{name}**: {words}"
    for name in dict.fromkeys(a for cell in answers for a in cell.verdict.assumptions):
        yield f"assumed where it matters: {study.assumptions[name].title or study.assumptions[name].sentence}"
    yield from show.conditions(study, answers)


def _grids(study: Study, answers: list[Cell]) -> Iterator[tuple[str, list[str], list[str], dict[tuple[str, str], str]]]:
    """For each installation: its goals, its proposals, and the word of each pair."""
    for installation in dict.fromkeys(cell.name.installation for cell in answers):
        here = [cell for cell in answers if cell.name.installation == installation]
        words = {
            (cell.name.goal, cell.name.proposal): show.word(cell.verdict, show.is_possibility(study, cell.name))
            + " !" * cell.differs
            for cell in here
        }
        rows = list(dict.fromkeys(cell.name.goal for cell in here))
        yield installation, rows, list(dict.fromkeys(cell.name.proposal for cell in here)), words


def comma_separated(study: Study, answers: list[Cell]) -> str:
    """One line for each check, for a spreadsheet."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for cell in answers:
        kind, _, words = getattr(cell.verdict, "classification", "").partition(": ")
        name = cell.name
        writer.writerow(
            (
                name.goal,
                study.goals[name.goal].title,
                name.proposal,
                study.proposals[name.proposal].title,
                name.installation,
                study.installations[name.installation].title,
                show.word(cell.verdict, show.is_possibility(study, name)).partition(" (")[0],
                kind,
                words,
                cell.condition,
                "no" if cell.differs else "yes",
                cell.expected or cells.verdict_word(cell.verdict),
                "; ".join(cell.verdict.assumptions),
                cell.verdict.engine,
                getattr(cell.verdict, "reason", ""),
            )
        )
    return file.getvalue()


def as_json(study: Study, answers: list[Cell]) -> str:
    """The neutral form that ``check`` has too."""
    return json.dumps(show.cells_json(answers), indent=2) + "\n"


WRITTEN: dict[str, Callable[[Study, list[Cell]], str]] = {
    "human": human,
    "csv": comma_separated,
    "markdown": markdown,
    "json": as_json,
}
