"""A run as a table: one row for each step, its exact time, who did what, and only what changed.

The data come first (:func:`table`), the text for a terminal is made of them (:func:`trace_table`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from lastgasp.expr import Value
from lastgasp.machine import STATE
from lastgasp.render.words import (
    SAME_INSTANT,
    Deed,
    deeds,
    device_label,
    folded,
    instances_of,
    state_label,
    time_text,
    transition_notes,
    value_words,
)
from lastgasp.trace import Trace

WIDTH = 100
NO_FLAGS: Mapping[int, str] = MappingProxyType({})
NARROWEST = 30
"""The column of what happens never gets narrower than this, however little width is asked for."""


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter of the run: its name, its value in words, its label (may be empty)."""

    name: str
    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A device as the run starts: its state, and its other values."""

    instance: str
    device: str
    state: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step: its number, its instant, the delay since the step before it (or the start), and the deeds."""

    number: int
    time: Fraction
    delay: Fraction
    deeds: tuple[Deed, ...]
    words: str = ""

    @property
    def same_instant(self) -> bool:
        """Whether no time separates it from the step before it."""
        return self.delay == 0

    @property
    def since(self) -> str:
        """The delay in words."""
        return SAME_INSTANT if self.same_instant else time_text(self.delay)


@dataclass(frozen=True, slots=True)
class MarkRow:
    """An instant worth pointing at. It stands after the steps of its instant."""

    time: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class Table:
    """A run as rows; the end is the last instant of the run, ``rest`` the time since its last step."""

    network: str
    given: tuple[Given, ...]
    start: tuple[Standing, ...]
    rows: tuple[StepRow | MarkRow, ...]
    end: Fraction
    rest: Fraction


def table(trace: Trace) -> Table:
    """The run as rows of plain data."""
    steps = [
        StepRow(
            index + 1,
            time,
            entry.delay,
            deeds(trace, index),
            "" if transition_notes(entry) is not None else entry.words,
        )
        for index, (time, entry) in enumerate(zip(trace.times, trace.entries, strict=True))
    ]
    marks = [MarkRow(time, words) for time, words in trace.marks]
    rows: list[StepRow | MarkRow] = sorted(
        [*steps, *marks], key=lambda row: (row.time, isinstance(row, MarkRow))
    )  # stable: steps and marks of one instant keep their order
    given = tuple(
        Given(name, value_words(value), trace.labels.get(name, "")) for name, value in trace.parameters.items()
    )
    return Table(trace.network, given, tuple(_standings(trace)), tuple(rows), trace.end, trace.rest)


def _standings(trace: Trace) -> Iterator[Standing]:
    for who in instances_of(trace):
        location = f"{who}.{STATE}"
        values = tuple(
            (trace.labels.get(name) or name.removeprefix(f"{who}."), value_words(value))
            for name, value in trace.initial.items()
            if name.startswith(f"{who}.") and name != location
        )
        state: Value = trace.initial[location]
        yield Standing(who, device_label(trace.labels, who), state_label(trace.labels, who, state), values)


# --- text ---------------------------------------------------------------------------------------------------------


def trace_table(trace: Trace, width: int = WIDTH, flags: Mapping[int, str] = NO_FLAGS, brief: bool = False) -> str:
    """The run as aligned plain text, at most ``width`` columns wide (long words apart).

    ``flags`` are signs that stand before the numbers of some steps; ``brief``: not how it starts, nor its parameters.
    """
    found = table(trace)
    body = [] if brief else [("", time_text(Fraction(0)), "start", list(_start_lines(found)))]
    for row in found.rows:
        match row:
            case StepRow():
                body.append(
                    (
                        flags.get(row.number, "") + str(row.number),
                        time_text(row.time),
                        row.since,
                        list(_step_lines(row)),
                    )
                )
            case MarkRow():
                body.append((">>", time_text(row.time), "", [f"** {row.words} **"]))
    body.append(("", time_text(found.end), "end", _end_lines(found)))
    head = ("step", "time", "after", ["what happens"])
    columns = [max(len(str(row[column])) for row in (head, *body)) for column in range(3)]
    indent = sum(columns) + 6
    room = max(NARROWEST, width - indent)
    lines = [*_title_lines(found, width, brief), ""]
    lines += _aligned(head, columns, room)
    lines.append("  ".join("-" * size for size in (*columns, room)))
    for cells in body:
        lines += _aligned(cells, columns, room)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _title_lines(found: Table, width: int, brief: bool) -> Iterator[str]:
    steps = sum(isinstance(row, StepRow) for row in found.rows)
    yield f"A run of {found.network}: {steps} step{'' if steps == 1 else 's'} in {time_text(found.end)}"
    for given in found.given if not brief else ():
        words = f"{given.name} = {given.value}" + (f" ({given.label})" if given.label else "")
        yield from folded(words, width, "  with ", "       ")


def _start_lines(found: Table) -> Iterator[str]:
    for standing in found.start:
        values = "".join(f", {name}: {value}" for name, value in standing.values)
        yield f"{standing.device}: {standing.state}{values}"


def _step_lines(row: StepRow) -> Iterator[str]:
    if row.words:
        yield row.words
    for deed in row.deeds:
        yield f"{deed.device}: {deed.transition}" + (f" ({deed.note})" if deed.note else "")
        if deed.act:
            yield f"    {deed.act}"
        for change in deed.changes:
            yield f"    {change}"


def _end_lines(found: Table) -> list[str]:
    return (
        [f"the run is shown up to here, {time_text(found.rest)} after its last step"]
        if found.rest
        else ["the run is shown up to here"]
    )


def _aligned(cells: tuple[str, str, str, list[str]], columns: list[int], room: int) -> Iterator[str]:
    number, time, since, what = cells
    lines = [part for line in what for part in _folded(line, room)] or [""]
    first = f"{number:>{columns[0]}}  {time:<{columns[1]}}  {since:<{columns[2]}}  "
    yield first + lines[0]
    for line in lines[1:]:
        yield " " * len(first) + line


def _folded(line: str, room: int) -> list[str]:
    inner = line.lstrip()
    indent = " " * (len(line) - len(inner))
    return folded(inner, room, indent, f"{indent}  ")
