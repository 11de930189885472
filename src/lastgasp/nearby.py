"""From a run that breaks a goal to the nearest run that is fine, as evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from lastgasp.errors import InternalError, NotApplicable
from lastgasp.evidence import CutTooMuch, chosen_values, fine, seconds
from lastgasp.extremes import extremes
from lastgasp.lazy import lazy
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.sentences import durations_of
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import goes_on
from lastgasp.system import compiled
from lastgasp.trace import Step, Trace

if TYPE_CHECKING:
    from lastgasp.engines import bmc, nearest
else:
    bmc = lazy("lastgasp.engines.bmc")
    nearest = lazy("lastgasp.engines.nearest")


@dataclass(frozen=True, slots=True)
class Nearby:
    """A run that is fine, beside one that breaks the goal; both of the whole network, steps counted from 1.

    The run was replayed; it obeys every sentence and breaks the goal nowhere, by the observers and by the direct
    evaluator. ``kept``: which step of the failing run is which one here. ``left_out`` are steps of the failing run,
    ``new`` steps of this one, ``changed`` how many that makes, one in place of another counted once; what comes later
    only shows how it comes to rest. ``least``: by how much in all (seconds) the instants of kept steps and the
    parameters must change, and whether that is enough, or it takes more. ``along``: both once more, if nothing may
    move but what moves here. ``latest``: the instant (seconds) of a new step up to which it may wait, and whether that
    one is still fine, the kept steps being where they are. ``proved``: no run is nearer. ``rests``: it is fine for
    ever; if not, that was not shown. ``notes`` say more.
    """

    trace: Trace
    kept: tuple[tuple[int, int], ...]
    left_out: tuple[int, ...]
    new: tuple[int, ...]
    changed: int
    least: tuple[Fraction, bool]
    along: tuple[Fraction, bool]
    latest: Mapping[int, tuple[Fraction, bool]] = field(hash=False)
    proved: bool
    rests: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is none, or none was found, for this ``reason``."""

    reason: str


def surroundings(network: Network) -> frozenset[str]:
    """The instances that no text binds."""
    return frozenset(instance.name for instance in network.instances if not instance.machine.party)


def nearest_fine(
    question: Question,
    failing: Trace,
    *,
    same_surroundings: bool = False,
    limits: Limits | None = None,
    progress: Callable[[int], None] | None = None,
) -> Nearby | NotFound:
    """The nearest run to a failing one that is fine; with ``same_surroundings`` only the parties may do otherwise.

    ``progress`` is told each number of changed steps that is too few. Raises :class:`InternalError` where the run
    that was found is not what it is said to be.
    """
    limits = limits or Limits()
    part = sliced(question.network, question.restrict, [question.goal])
    try:
        return _nearest(question, part, failing, same_surroundings, limits, progress)
    except CutTooMuch:
        whole = Slice(question.network, question.restrict, ())
        return _nearest(question, whole, failing, same_surroundings, limits, progress)


def _nearest(
    question: Question,
    part: Slice,
    failing: Trace,
    same_surroundings: bool,
    limits: Limits,
    progress: Callable[[int], None] | None,
) -> Nearby | NotFound:
    network = _settled(question, part, failing)
    mine = _entries(failing, part.network)
    broken = failing.marks[-1][0]
    latency = sum(
        (seconds(duration, failing.parameters) for duration in durations_of(question.goal.formula)), Fraction(0)
    )
    found = nearest.nearest(
        compiled(network, part.restrict, question.goal),
        nearest.Failing(_moves(failing, mine, part.network), broken, failing.parameters),
        latency=latency,
        surroundings=surroundings(network),
        same_surroundings=same_surroundings,
        timeout=limits.seconds,
        progress=progress,
    )
    match found:
        case bmc.Unknown(depth, reason):
            return NotFound(f"the solver gave up at {depth} changed steps: {reason}")
        case nearest.Nothing():
            return NotFound("every run that was looked at breaks the goal as well")
    network = network.with_settings(
        {n: v for n, v in chosen_values(found.parameters).items() if n in network.parameters}
    )
    trace = fine(question, part, network, (list(found.moves), found.rest))
    there = _entries(trace, part.network)
    if trace.end < broken or [step for _, step in found.moves] != [_within(trace, n, part.network) for n in there]:
        raise InternalError(f"the run found beside {question.name} is another one than was said")
    kept = tuple((mine[i] + 1, there[j] + 1) for i, j in found.pairs)
    _same_steps(failing, trace, kept)
    here, old = {now for _, now in kept}, {before for before, _ in kept}
    defect, doubt = (None, ()) if found.rests else goes_on(network, part, limits)
    return Nearby(
        trace,
        kept,
        tuple(n + 1 for n in mine if n + 1 not in old),
        tuple(n + 1 for n in there[: found.compared] if n + 1 not in here),
        found.changed,
        (found.least.value, found.least.attained),
        (found.along.value, found.along.attained),
        {there[j] + 1: (broken - room.value, room.attained) for j, room in found.room.items() if room.sure},
        found.proved,
        found.rests,
        (f"not every run can go on: {defect.reason}",) if defect else doubt,
    )


def _settled(question: Question, part: Slice, failing: Trace) -> Network:
    """The part with parameters fixed where the failing run has values that permit all that any others do."""
    try:
        chosen = extremes(part.network, [*part.restrict.values(), question.goal])
    except NotApplicable:
        return part.network
    same = all(failing.parameters[name] == value for name, value in chosen.items())
    return part.network.with_settings(chosen) if same else part.network


def _entries(trace: Trace, part: Network) -> list[int]:
    """Which entries of a run of the whole network are steps of the part."""
    return [n for n, entry in enumerate(trace.entries) if entry.step.mover.instance in part.by_name]


def _within(trace: Trace, number: int, part: Network) -> Step:
    """A step of the whole network, as far as the part is concerned."""
    step = trace.entries[number].step
    return Step(tuple(move for move in step.moves if move.instance in part.by_name), step.event)


def _moves(trace: Trace, entries: list[int], part: Network) -> tuple[tuple[Fraction, Step], ...]:
    times = [trace.times[n] for n in entries]
    delays = [now - before for before, now in zip((Fraction(0), *times), times, strict=False)]
    return tuple((delay, _within(trace, n, part)) for delay, n in zip(delays, entries, strict=True))


def _same_steps(failing: Trace, trace: Trace, kept: tuple[tuple[int, int], ...]) -> None:
    """That what is called kept is."""
    for before, now in kept:
        if failing.entries[before - 1].step.mover != trace.entries[now - 1].step.mover:
            raise InternalError(f"step {now} of a run is said to be step {before} of another, and is not")
