"""Times, conditions and steps in words, as tables and pictures share them.

A trace is read by itself: every word comes from its values and its labels, never from the model.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lastgasp.expr import (
    UNITS,
    And,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Not,
    Or,
    Plus,
    Sent,
    Value,
    text,
    value_text,
)
from lastgasp.machine import STATE, TIME_IN_STATE
from lastgasp.trace import Entry, Trace

SAME_INSTANT = "at the same instant"
"""What marks a step that no time separates from the one before it."""

ORDERINGS = {"<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least"}

# --- times --------------------------------------------------------------------------------------------------------


def time_text(seconds: Fraction) -> str:
    """An exact time, one part for each unit: ``1 day 3 min 1 s``, ``10.25 s``, ``30 1/7 s``.

    Where one unit divides it and it is not long, this is :func:`lastgasp.expr.duration_text`. A fraction of a second
    is a decimal where that is exact and short.
    """
    if seconds < 0:
        return f"-{time_text(-seconds)}"
    parts = []
    rest = seconds
    for unit, size in UNITS[:-1]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}")
    if rest or not parts:
        parts.append(_seconds_text(rest))
    return " ".join(parts)


def _seconds_text(seconds: Fraction) -> str:
    if seconds.denominator == 1:
        return f"{seconds} s"
    for digits in range(1, 7):
        scaled = seconds * 10**digits
        if scaled.denominator == 1:
            whole, part = divmod(scaled.numerator, 10**digits)
            return f"{whole}.{part:0{digits}d} s"
    whole = seconds.numerator // seconds.denominator
    return f"{whole} {seconds - whole} s" if whole else f"{seconds} s"


def value_words(value: Value) -> str:
    """A value as a reader sees it; durations with their units."""
    return time_text(value) if isinstance(value, Fraction) else value_text(value)


def duration_words(expr: Expr) -> str:
    """A duration that may name parameters: ``3 min + sending``."""
    match expr:
        case Plus(items):
            return " + ".join(map(duration_words, items))
        case Const(value):
            return value_words(value)
    return text(expr)


def listed(items: Iterable[str]) -> str:
    """The items one after another: *a, b and c*; nothing for none."""
    *most, last = [*items] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def bound(words: str) -> str:
    """The words with each number bound to its unit by a no-break space."""
    return re.sub(r"(\d) (?=(?:s|min|h|days?)\b)", "\\1\u00a0", words)


def folded(words: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """The words in lines of at most ``width`` columns that never part a number from its unit."""
    lines = textwrap.wrap(bound(words), width, initial_indent=indent, subsequent_indent=hanging)
    return [line.replace("\u00a0", " ") for line in lines]


def indented(words: str, width: int = 100) -> str:
    """Lines of words, each folded to at most ``width`` columns; what goes on stands further in than what began."""
    found = []
    for line in words.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        found += folded(line.lstrip(), width, indent, indent + "  " * bool(indent)) or [""]
    return "\n".join(found)


# --- conditions ---------------------------------------------------------------------------------------------------


def condition_words(expr: Expr) -> str:
    """A condition in words: ``lamp is off and time in state is more than 3 min``."""
    match expr:
        case Const(value) if isinstance(value, bool):
            return "always" if value else "never"
        case Name(name):
            return _subject(name)
        case Compare(op, left, right):
            word = ORDERINGS.get(op, "is" if op == "==" else "is not")
            return f"{_operand(left)} {word} {_operand(right)}"
        case In(item, values):
            return f"{_operand(item)} is {' or '.join(value_words(value) for value in values)}"
        case Not(item):
            return f"not {_wrapped(item)}"
        case And(items):
            return " and ".join(_wrapped(item) for item in items)
        case Or(items):
            return " or ".join(_wrapped(item) for item in items)
    return _operand(expr)


def event_words(event: Sent) -> str:
    """A sending or a receipt, as what it is: ``bell sends ring``, ``ear receives bell.ring``."""
    if event.receiver:
        return f"{event.receiver} receives {event.event}"
    sender, _, name = event.event.partition(".")
    return f"{sender} sends {name}" if name else f"{sender} is sent"


def _subject(name: str) -> str:
    head, _, tail = name.rpartition(".")
    return head if head and tail == STATE else name


def _operand(expr: Expr) -> str:
    match expr:
        case Name(name):
            return _subject(name)
        case Clock(name):
            head, _, tail = name.rpartition(".")
            return text(Clock(tail)) + (f" of {head}" if head else "") if tail == TIME_IN_STATE else name
        case Const() | Plus():
            return duration_words(expr)
    return text(expr)


def _wrapped(expr: Expr) -> str:
    inner = condition_words(expr)
    return f"({inner})" if isinstance(expr, And | Or) else inner


# --- steps --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A variable or an output of a device that has another value after the step than before."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Deed:
    """One device's part of a step: the states before and after in their labels, and what else changed with it.

    ``act`` says what it did with the event of the step, ``note`` is the label of its transition.
    """

    instance: str
    device: str
    before: str
    after: str
    act: str = ""
    note: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def transition(self) -> str:
        """The transition, named between its states."""
        return f"{self.before} → {self.after}" if self.before != self.after else f"stays {self.after}"


def device_label(labels: Mapping[str, str], instance: str) -> str:
    """The label of an instance, or its name."""
    return labels.get(instance) or instance


def state_label(labels: Mapping[str, str], instance: str, state: Value) -> str:
    """The label of a state of an instance, or its name."""
    return labels.get(f"{instance}.{STATE}={state}") or str(state)


def instances_of(trace: Trace) -> tuple[str, ...]:
    """The instances of a trace, in the order of the network."""
    suffix = f".{STATE}"
    return tuple(name.removesuffix(suffix) for name in trace.initial if name.endswith(suffix))


def deeds(trace: Trace, index: int) -> tuple[Deed, ...]:
    """What each device did in the step of that index, the mover first."""
    entry = trace.entries[index]
    before = trace.entries[index - 1].values if index else trace.initial
    labels = trace.labels
    notes = transition_notes(entry) or ("",) * len(entry.step.moves)
    found = []
    for number, (move, note) in enumerate(zip(entry.step.moves, notes, strict=True)):
        who = move.instance
        location = f"{who}.{STATE}"
        changes = tuple(
            Change(labels.get(name) or name.removeprefix(f"{who}."), value_words(before[name]), value_words(value))
            for name, value in entry.values.items()
            if name != location and name.startswith(f"{who}.") and before[name] != value
        )
        found.append(
            Deed(
                who,
                device_label(labels, who),
                state_label(labels, who, before[location]),
                state_label(labels, who, entry.values[location]),
                _act(trace, entry, number),
                note,
                changes,
            )
        )
    return tuple(found)


def event_label(trace: Trace, event: str) -> str:
    """The label of a global event, or its own name without its sender."""
    return trace.labels.get(event) or event.partition(".")[2]


def _act(trace: Trace, entry: Entry, number: int) -> str:
    event = entry.step.event
    if event is None:
        return ""
    label = event_label(trace, event)
    if number:
        return f"hears {label} from {device_label(trace.labels, event.partition('.')[0])}"
    return f"sends {label}" + ("" if len(entry.step.moves) > 1 else " (nobody reacts)")


def transition_notes(entry: Entry) -> tuple[str, ...] | None:
    """The transition labels that the words of a step carry, one for each move; ``None`` where the words are others.

    The words have the form of :func:`lastgasp.semantics.step_words`. Whoever gets ``None`` shows them as they are.
    """
    rest, notes = entry.words, []
    moves = entry.step.moves
    for move, after in zip(moves, (*moves[1:], None), strict=True):
        if after is not None:
            part, found, rest = rest.partition(f"; {after.instance}: ")
            if not found:
                return None
            rest = f"{after.instance}: {rest}"
        else:
            part = rest
        match = re.fullmatch(rf"{re.escape(move.instance)}: (?:stays|\S+ -> \S+)(?: \((.*)\))?", part)
        if match is None:
            return None
        notes.append(match[1] or "")
    return tuple(notes)
