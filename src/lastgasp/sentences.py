"""The normal forms of sentences: what a goal, a clause or an assumption says, formally.

A run is read as a signal: a valuation at the start, then steps at instants ``t1 <= t2 <= ...`` (several may share an
instant, in order), each sending at most one event and leading to a new valuation, then silence to the end. Between
two steps the valuation is constant. For a condition ``c``:

* ``c`` *becomes true* at a step where it is false before and true after, and at the start if it holds there;
* a *period* of ``c`` is a maximal stretch of consecutive valuations in which ``c`` holds, from the instant at which it
  became true (its start) to the instant of the step that makes it false (its end), or to the end of the run. A step
  that makes ``c`` false ends the period even if another step restores it at the same instant;
* the *age* of a period at an instant is the time since its start. A step belongs to the period that holds *before* it.

A formula *errs* on a finite signal, or it does not. All durations are expressions without clocks: literals, rigid
parameters, and sums of both. Names are global (``meter.dc``, ``meter.state``), events too (``hub.power_lost``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lastgasp.errors import Place
from lastgasp.expr import Const, Expr, Sent

ZERO = Const(Fraction(0))


@dataclass(frozen=True, slots=True)
class Held:
    """``condition`` has held without a break for ``duration`` or longer; longer than it, if ``strict``.

    ``duration`` ``None``: the condition holds. Complete in a period from age ``duration`` on (after it, if strict).
    """

    condition: Expr
    duration: Expr | None = None
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event is sent, or with ``event.receiver`` is received (that instance reacts to it in the same step)."""

    event: Sent


@dataclass(frozen=True, slots=True)
class NeverHeld:
    """No period of ``condition`` gets older than ``limit``; with ``inclusive`` even reaching ``limit`` errs.

    Errs on a run in which some period lasts longer than ``limit`` (``inclusive``: as long or longer). With limit 0: the
    condition never holds for a positive time. ``premise`` is the *while* part, for vacuity only.
    """

    condition: Expr
    limit: Expr = ZERO
    inclusive: bool = False
    premise: Expr | None = None


@dataclass(frozen=True, slots=True)
class KeepsFor:
    """Each period of ``condition`` that a step ends has then an age of at least ``duration`` (more, if strict)."""

    condition: Expr
    duration: Expr
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Responds:
    """After ``trigger`` is complete, ``response`` follows within ``within`` (in less than it, if ``exclusive``).

    *Trigger* :class:`Held`: each period in which it completes opens one duty, at the age ``duration`` (0 if ``None``);
    the deadline is that instant plus ``within``. A duty lapses when the period ends, unless ``even_if_it_ends``.
    *Trigger* :class:`Occurrence`: each such step opens a duty at its instant; it never lapses.

    *Response* :class:`Occurrence`: a step that sends (or receives) the event, that is not the triggering step itself,
    and that finds the duty open: for an event trigger, any later step; for a held trigger, a step that finds the
    trigger complete in this period (before the step), or comes after the period's end; with ``by_then`` any step that
    finds this period begun counts. One step answers every open duty. A period ended by the very step that sends is
    answered by it. An answered or lapsed duty is closed.
    *Response* an expression: it holds at some instant from the completion of the trigger on (the valuation before or
    after any step at that instant counts, but not the valuation before a step that itself completes the trigger) until
    the deadline. After a strict trigger only instants later than the completion count.

    Errs on a run that gets past the deadline of an open duty: strictly later, or with ``exclusive`` as late or later.
    With ``within`` 0 and not exclusive: in the same instant.
    """

    trigger: Held | Occurrence
    response: Occurrence | Expr
    within: Expr = ZERO
    exclusive: bool = False
    even_if_it_ends: bool = False
    by_then: bool = False


@dataclass(frozen=True, slots=True)
class SendsOnlyIf:
    """Each step with ``event`` finds ``held`` complete: the condition holds before the step, for long enough."""

    event: Sent
    held: Held


@dataclass(frozen=True, slots=True)
class SendsOnlyAfter:
    """Each step with ``event`` is preceded by a step with ``enabler`` later than the previous step with ``event``."""

    event: Sent
    enabler: Sent


@dataclass(frozen=True, slots=True)
class SendsApart:
    """Two successive steps with ``event`` are at least ``duration`` apart."""

    event: Sent
    duration: Expr


@dataclass(frozen=True, slots=True)
class SendsOncePer:
    """At most one step with ``event`` finds each period of ``condition`` (holding before the step)."""

    event: Sent
    condition: Expr


@dataclass(frozen=True, slots=True)
class SendsNotFor:
    """No step with ``event`` comes earlier than ``duration`` after ``condition`` last became true (start included).

    A step at which the condition becomes true does not itself count as coming after it.
    """

    event: Sent
    condition: Expr
    duration: Expr


@dataclass(frozen=True, slots=True)
class Answers:
    """Each step with ``event`` answers a genuine period of ``condition`` (the mission's invariant).

    A period is genuine for a step if its age (to the step, or at its end if it ended before) is more than ``duration``
    (not ``strict``: at least), and it holds before the step or ended at most ``latency`` before it. With ``one_each``
    every step needs a period of its own: an assignment of steps to genuine periods that uses no period twice. Both
    durations are literals after parameters are set; ``one_each`` needs ``duration`` > 0.
    """

    event: Sent
    condition: Expr
    duration: Expr
    strict: bool = True
    latency: Expr = ZERO
    one_each: bool = False


@dataclass(frozen=True, slots=True)
class Possible:
    """Some run breaks ``denial``: what the sentence says can happen. Not a safety goal: its evidence is the run."""

    denial: NeverHeld | SendsOnlyIf


Formula = (
    NeverHeld
    | KeepsFor
    | Responds
    | SendsOnlyIf
    | SendsOnlyAfter
    | SendsApart
    | SendsOncePer
    | SendsNotFor
    | Answers
    | Possible
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence bound to a network: its text, its meaning, and the instance that it binds (empty: the environment)."""

    text: str
    formula: Formula
    binds: str = ""
    place: Place | None = field(default=None, compare=False)


def conditions_of(formula: Formula) -> Iterator[Expr]:
    """The conditions that a formula reads, durations not included."""
    match formula:
        case NeverHeld(condition, _, _, premise):
            yield condition
            if premise is not None:
                yield premise
        case KeepsFor(condition) | SendsOncePer(_, condition) | SendsNotFor(_, condition) | Answers(_, condition):
            yield condition
        case Responds(trigger, response):
            if isinstance(trigger, Held):
                yield trigger.condition
            if not isinstance(response, Occurrence):
                yield response
        case SendsOnlyIf(_, held):
            yield held.condition
        case Possible(denial):
            yield from conditions_of(denial)


def events_of(formula: Formula) -> Iterator[Sent]:
    """The events that a formula speaks of."""
    match formula:
        case Responds(trigger, response):
            for part in (trigger, response):
                if isinstance(part, Occurrence):
                    yield part.event
        case SendsOnlyAfter(event, enabler):
            yield event
            yield enabler
        case SendsOnlyIf(event) | SendsApart(event) | SendsOncePer(event) | SendsNotFor(event) | Answers(event):
            yield event
        case Possible(denial):
            yield from events_of(denial)


def durations_of(formula: Formula) -> Iterator[Expr]:
    """The durations that a formula names."""
    match formula:
        case NeverHeld(_, limit):
            yield limit
        case KeepsFor(_, duration) | SendsApart(_, duration) | SendsNotFor(_, _, duration):
            yield duration
        case Responds(trigger, _, within):
            if isinstance(trigger, Held) and trigger.duration is not None:
                yield trigger.duration
            yield within
        case SendsOnlyIf(_, held):
            if held.duration is not None:
                yield held.duration
        case Answers(_, _, duration, _, latency):
            yield duration
            yield latency
        case Possible(denial):
            yield from durations_of(denial)
