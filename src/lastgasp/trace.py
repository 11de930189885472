"""A run: delays and steps in turn, self-contained, with exact times.

A trace carries all it needs to be read a month later without the model: the values after every step, the labels, the
parameters. Its JSON form is versioned (``"lastgasp-trace": 1``); times are strings of exact rationals in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lastgasp.errors import InputError
from lastgasp.expr import Value

TRACE_VERSION = 1


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
    def from_json(data: object) -> Trace:
        """Read the neutral form back; :class:`InputError` where it is not a trace of this version."""
        if not isinstance(data, dict) or data.get("lastgasp-trace") != TRACE_VERSION:
            raise InputError(f"this is not a lastgasp trace of version {TRACE_VERSION}")
        try:
            return Trace(
                network=str(data["network"]),
                parameters={name: _value(value) for name, value in data["parameters"].items()},
                initial={name: _value(value) for name, value in data["initial"].items()},
                entries=tuple(
                    Entry(
                        Fraction(entry["delay"]),
                        Step(tuple(Move(str(who), int(index)) for who, index in entry["moves"]), entry["event"]),
                        {name: _value(value) for name, value in entry["values"].items()},
                        str(entry["words"]),
                    )
                    for entry in data["entries"]
                ),
                rest=Fraction(data["rest"]),
                labels={str(name): str(label) for name, label in data["labels"].items()},
                marks=tuple((Fraction(time), str(words)) for time, words in data["marks"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise InputError(f"this trace is damaged: {type(error).__name__}: {error}") from error


def _plain(value: Value) -> bool | int | str | dict[str, str]:
    return {"seconds": str(value)} if isinstance(value, Fraction) else value


def _value(value: object) -> Value:
    if isinstance(value, dict):
        return Fraction(value["seconds"])
    if isinstance(value, bool | int | str):
        return value
    raise ValueError(f"not a value: {value!r}")
