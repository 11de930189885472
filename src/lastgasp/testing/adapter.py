"""What stands between an implementation and its oracle: an adapter of four methods, called with care.

An adapter wraps any object, process or emulated device. It is given inputs and time, and asked what it did; whatever
it raises, does not return from, or answers in words that its machine does not know is told as an :class:`InputError`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from lastgasp.errors import InputError, Problem
from lastgasp.machine import Machine
from lastgasp.render.words import time_text
from lastgasp.validate import did_you_mean


@dataclass(frozen=True, slots=True)
class Output:
    """Something that the implementation did: it sent the event ``name``, or its output ``name`` now has ``value``.

    ``at`` is when, in exact seconds since the reset; ``None``: now.
    """

    name: str
    value: str = ""
    at: Fraction | int | None = None


class Adapter(Protocol):
    """An implementation of one machine of a network. All four are called from one thread, one after the other.

    Times that it tells may be early or late by the tolerance, but it tells what it did in order, and as soon as it is
    asked once that time has come.
    """

    def reset(self) -> None:
        """Start anew: time 0, everything around it in its initial state."""

    def do(self, port: str, name: str, value: str) -> None:
        """An input at this instant: what ``port`` reads as ``name`` has now ``value``, or sends the event ``name``.

        ``value`` is empty for an event. Where both come at once, the event comes first.
        """

    def advance(self, seconds: Fraction) -> Fraction | None:
        """Let so many seconds pass. Returns how many did, where it stopped early because it did something."""

    def observe(self) -> Iterable[Output]:
        """What it did since it was last asked, in order. An output that keeps its value may be told again."""


class Guarded:
    """An adapter whose every answer is checked; ``seconds`` of real time is how long a call may take.

    Calls run in a thread that nobody waits for once it hangs.
    """

    def __init__(self, adapter: Adapter, machine: Machine, name: str, tolerance: Fraction, seconds: float) -> None:
        self.adapter, self.machine, self.name = adapter, machine, name
        self.tolerance, self.seconds = tolerance, seconds
        self.now = Fraction(0)
        self.values: dict[str, str] = {}
        self._calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="adapter", daemon=True).start()

    def close(self) -> None:
        """Let the thread end."""
        self._calls.put(None)

    def reset(self) -> None:
        """Start anew."""
        self.now, self.values = Fraction(0), dict(self.machine.initial.gives)
        self._call("reset")

    def do(self, port: str, name: str, value: str) -> None:
        """Give it an input."""
        self._call("do", port, name, value)

    def advance(self, seconds: Fraction) -> Fraction:
        """Let time pass, and tell how much did: more than nothing, and at most ``seconds``."""
        passed = self._call("advance", seconds)
        if passed is None:
            passed = seconds
        if type(passed) not in (Fraction, int) or not 0 <= passed <= seconds:
            said = f"'advance' was asked for {time_text(seconds)} and returned {passed!r}"
            raise self._wrong(said, "return the exact seconds that passed, a Fraction, or None for all of them")
        self.now += passed
        return Fraction(passed)

    def observe(self, since: Fraction) -> list[Output]:
        """What it did after ``since``, with exact times; an output that kept its value is left out."""

        def listed() -> list[object]:
            return list(self.adapter.observe())

        found: list[Output] = []
        for item in self._call(listed):
            output = self._known(item, found[-1].at if found else since - self.tolerance)
            if output.value and self.values[output.name] == output.value:
                continue
            if output.value:
                self.values[output.name] = output.value
            found.append(output)
        return found

    def _known(self, item: object, since: Fraction | int | None) -> Output:
        assert since is not None
        if not isinstance(item, Output):
            raise self._wrong(f"'observe' answered {item!r}", "answer with instances of lastgasp.testing.Output")
        if not (isinstance(item.name, str) and isinstance(item.value, str)):
            raise self._wrong(f"'observe' answered {item!r}", "names and values are texts; an event has the value ''")
        outputs = self.machine.outputs
        events = [event.name for event in self.machine.sends]
        if item.name in outputs:
            if item.value not in outputs[item.name].names:
                said = f"'observe' answered {item.name} = {item.value!r}, which its machine never gives"
                raise self._wrong(said, did_you_mean(item.value, outputs[item.name].names))
        elif item.name not in events or item.value:
            said = f"'observe' answered {item.name!r}" + (f" with the value {item.value!r}" if item.value else "")
            raise self._wrong(f"{said}, which its machine does not know", did_you_mean(item.name, [*outputs, *events]))
        at = self.now if item.at is None else item.at
        if type(at) not in (Fraction, int):
            raise self._wrong(f"'observe' answered the time {at!r}", "times are exact: a Fraction of seconds")
        latest = self.now + self.tolerance
        if not since <= at <= latest:
            told = f"'observe' answered {item.name} at {time_text(Fraction(at))}"
            said = f"{told}, not between {time_text(Fraction(since))} and {time_text(latest)}"
            raise self._wrong(said, "tell everything in order, at the latest when time has passed")
        return Output(item.name, item.value, Fraction(at))

    def _call(self, what: str | Callable[[], object], *arguments: object) -> Any:
        name = what if isinstance(what, str) else "observe"
        method = getattr(self.adapter, name, None)
        if not callable(method):
            raise self._wrong(f"it has no method {name!r}", "an adapter has reset, do, advance and observe")
        self._calls.put((method if isinstance(what, str) else what, arguments))
        try:
            answer, error = self._answers.get(timeout=self.seconds)
        except queue.Empty:
            raise self._wrong(
                f"{name!r} did not return within {self.seconds:g} s", "give it longer with 'patience', or mend it"
            ) from None
        if error is not None:
            raise self._wrong(
                f"{name!r} raised {type(error).__name__}: {error}".removesuffix(": "), "mend it"
            ) from error
        return answer

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            method, arguments = call
            try:
                self._answers.put((method(*arguments), None))
            except BaseException as error:  # whatever it is: it belongs to the caller
                self._answers.put((None, error))

    def _wrong(self, what: str, cure: str) -> InputError:
        return InputError(Problem(f"the adapter of {self.name}: {what}", cure))
