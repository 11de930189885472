"""A run: delays and steps in turn, self-contained, with exact times.

A trace carries all it needs to be read a month later without the model: the values after every step, the labels, the
parameters. Its JSON form is versioned (``"lastgasp-trace": 1``); times are strings of exact rationals in seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lastgasp.errors import InputError, Place, Problem
from lastgasp.expr import Value

TRACE_VERSION = 1
_TIME = re.compile(r"-?\d{1,100}(/[1-9]\d{0,99})?", re.ASCII)
_CURE = "give a file that 'lastgasp explain GOAL/PROPOSAL --trace FILE' or 'lastgasp simulate --trace FILE' wrote"


@dataclass(frozen=True, slots=True)
class Move:
    """One machine's part of a step: the transition ``index`` of ``instance``."""

    instance: str
    index: int


@dataclass(frozen=True, slots=True)
class Step:
    """One instant: the mover first, then its partner or everyone who reacted. ``event`` is global or ``None``."""

    moves: tuple[Move, ...]
    event: str | None = None

    @property
    def mover(self) -> Move:
        """The machine that caused the step."""
        return self.moves[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """A delay in seconds, then a step, then the values that hold after it (locations, variables, outputs)."""

    delay: Fraction
    step: Step
    values: Mapping[str, Value] = field(hash=False)
    words: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of ``network``: it starts with ``initial`` at time 0 and ends ``rest`` seconds after its last step.

    ``marks`` names instants worth pointing at (seconds, words), such as the one at which a goal is broken.
    """

    network: str
    parameters: Mapping[str, Value] = field(hash=False)
    initial: Mapping[str, Value] = field(hash=False)
    entries: tuple[Entry, ...] = ()
    rest: Fraction = Fraction(0)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    marks: tuple[tuple[Fraction, str], ...] = ()

    @property
    def times(self) -> tuple[Fraction, ...]:
        """The instant of each step, in seconds from the start."""
        now = Fraction(0)
        found = []
        for entry in self.entries:
            now += entry.delay
            found.append(now)
        return tuple(found)

    @property
    def end(self) -> Fraction:
        """The length of the run in seconds."""
        return sum((entry.delay for entry in self.entries), Fraction(0)) + self.rest

    def __str__(self) -> str:
        """The run as lines of text: when, and what happened."""
        lines = [f"a run of {self.network}"]
        lines += [f"  at {time} s: {entry.words}" for time, entry in zip(self.times, self.entries, strict=True)]
        lines += [f"  at {time} s: {words}" for time, words in self.marks]
        return "\n".join([*lines, f"  the run ends at {self.end} s"])

    def to_json(self) -> dict[str, Any]:
        """The neutral form: plain dictionaries, lists and strings."""
        return {
            "lastgasp-trace": TRACE_VERSION,
            "network": self.network,
            "parameters": {name: _plain(value) for name, value in self.parameters.items()},
            "initial": {name: _plain(value) for name, value in self.initial.items()},
            "entries": [
                {
                    "delay": str(entry.delay),
                    "event": entry.step.event,
                    "moves": [[move.instance, move.index] for move in entry.step.moves],
                    "words": entry.words,
                    "values": {name: _plain(value) for name, value in entry.values.items()},
                }
                for entry in self.entries
            ],
            "rest": str(self.rest),
            "labels": dict(self.labels),
            "marks": [[str(time), words] for time, words in self.marks],
        }

    @staticmethod
    def from_json(data: object, place: Place | None = None) -> Trace:
        """Read the neutral form back; :class:`InputError` at ``place`` where it is not a trace of this version."""
        if not isinstance(data, dict) or data.get("lastgasp-trace") != TRACE_VERSION:
            result = isinstance(data, dict) and "lastgasp-result" in data
            what = f"this is {'a result, ' * result}not a lastgasp trace of version {TRACE_VERSION}"
            raise InputError(Problem(what, _CURE, place))
        try:
            return Trace(
                network=str(data["network"]),
                parameters={name: _setting(name, value) for name, value in data["parameters"].items()},
                initial={name: _value(value) for name, value in data["initial"].items()},
                entries=tuple(
                    Entry(
                        _seconds(entry["delay"]),
                        Step(tuple(Move(str(who), _index(index)) for who, index in entry["moves"]), entry["event"]),
                        {name: _value(value) for name, value in entry["values"].items()},
                        str(entry["words"]),
                    )
                    for entry in data["entries"]
                ),
                rest=_seconds(data["rest"]),
                labels={str(name): str(label) for name, label in data["labels"].items()},
                marks=tuple((_seconds(time), str(words)) for time, words in data["marks"]),
            )
        except _Damage as damage:
            why = str(damage)
        except KeyError as missing:
            why = f"{missing} is missing"
        except (TypeError, ValueError, AttributeError):
            why = "a part of it is of another kind"
        raise InputError(Problem(f"this trace is damaged: {why}", _CURE, place))


def read_trace(text: str, name: str) -> Trace:
    """The trace in the text of a file; :class:`InputError` where it is none. ``name`` is what places call it."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = Place(name, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InputError(Problem("this is not JSON", _CURE, place)) from error
    return Trace.from_json(data, Place(name))


def _plain(value: Value) -> bool | int | str | dict[str, str]:
    return {"seconds": str(value)} if isinstance(value, Fraction) else value


class _Damage(Exception):
    """What keeps a text from being a trace, in words."""


def _seconds(text: object) -> Fraction:
    """A time, exactly. Nothing that would have to be worked out: a stranger's file must not keep us busy."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise _Damage(f"{str(text)[:40]!r} is no time such as '3' or '3/2'")
    return Fraction(text)


def _index(index: object) -> int:
    if type(index) is not int:
        raise _Damage(f"{str(index)[:40]!r} is not the number of a transition")
    return index


def _value(value: object) -> Value:
    if isinstance(value, dict):
        return _seconds(value["seconds"])
    if isinstance(value, bool | int | str):
        return value
    raise _Damage(f"{str(value)[:40]!r} is no value")


def _setting(name: str, value: object) -> Value:
    """The value of a parameter, which is never a text."""
    if isinstance(value, str):
        raise _Damage(f"the parameter {name} is a text")
    return _value(value)
