"""What goes where, and the exit codes: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

import click

from lastgasp.errors import Problem
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from rich import console, progress

    from lastgasp.questions.matrix import Cell
else:
    console, progress = lazy("rich.console"), lazy("rich.progress")

OK, DIFFERS, UNUSABLE, OPEN, NOTHING, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 5, 70, 130


def out(text: str) -> None:
    """A result, to stdout."""
    _echo(text, err=False)


def note(text: str) -> None:
    """A remark, to stderr."""
    _echo(text, err=True)


def _echo(text: str, *, err: bool) -> None:
    """Print. A reader who has seen enough and went away changes nothing else, the exit code least of all."""
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if err else sys.stdout).fileno())


def complain(problem: Problem | str) -> None:
    """An error, to stderr. One that has a place starts with it, which is what editors look for."""
    placed = isinstance(problem, Problem) and problem.place is not None
    note(str(problem) if placed else f"lastgasp: {problem}")


class Progress:
    """A bar on stderr where that is a terminal, nothing elsewhere."""

    def __init__(self, total: int | None = None) -> None:
        self.bar = _bar(total) if sys.stderr.isatty() else None

    def __enter__(self) -> Progress:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()

    def states(self, engine: str, found: int, depth: int) -> None:
        """Progress inside one check."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], description=f"{engine}: {found} states, {depth} steps")

    def words(self, words: str) -> None:
        """Progress of a question whose length nobody knows beforehand."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], description=words)

    def step(self) -> None:
        """One of so many is done."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], advance=1)

    def cell(self, cell: Cell) -> None:
        """One check is done."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], advance=1, description=str(cell.name))


def _bar(total: int | None) -> progress.Progress:
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    bar = progress.Progress(*columns, console=console.Console(stderr=True), transient=True)
    bar.add_task("checking", total=total)
    return bar
