"""A run that breaks a goal made shorter: the same steps without some of them (delta debugging, Zeller 1999).

Hypothesis shrinks choices, which mean something else once an earlier step is gone; here a step stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, combinations, takewhile

from lastgasp.explore.runs import Moves, Task, Walk
from lastgasp.semantics import RangeError
from lastgasp.trace import Step

Enough = Callable[[], bool]
"""Whether to make do with what was found so far."""


def shortened(task: Task, moves: Moves, enough: Enough) -> Moves:
    """The fewest steps of a run that breaks the goal, and goes on, with which it still does, until it is ``enough``."""
    while True:
        shorter = next(_shorter(task, moves, enough), None)
        if shorter is None:
            return moves
        moves = shorter.moves


def hastened(task: Task, moves: Moves, enough: Enough) -> Walk:
    """A run that breaks the goal, and goes on, with each wait the first one offered with which it still does."""
    found = _played(task, moves)
    assert found is not None
    index = 0
    while index < len(found.moves) and not enough():
        known, (waited, step) = found.moves, found.moves[index]
        sooner = takewhile(lambda delay, last=waited: delay != last, _offered(task, known[:index]))  # type: ignore[misc]
        others = (_played(task, [*known[:index], (delay, step), *known[index + 1 :]]) for delay in sooner)
        found = next((other for other in others if other and len(other.moves) <= len(known)), found)
        index += 1
    return found


def _offered(task: Task, moves: Moves) -> list[Fraction]:
    """The waits that may make a difference after a run."""
    walk = Walk(task)
    for delay, step in moves:
        walk.wait(delay)
        walk = _taken(walk, step) or walk
    return walk.delays()


def _shorter(task: Task, moves: Moves, enough: Enough) -> Iterator[Walk]:
    """Runs that need fewer steps: one left out, or two, or a few in a row, at the same times or all the sooner."""
    count = len(moves)
    rows = ((first + index for index in range(length)) for length in range(3, 7) for first in range(count - length + 1))
    for left_out in map(frozenset, chain(combinations(range(count), 1), combinations(range(count), 2), rows)):
        for sooner in (False, True):
            if enough():
                return
            walk = _played(task, _without(moves, left_out, sooner=sooner))
            if walk is not None and len(walk.moves) < count:
                yield walk


def _without(moves: Moves, left_out: frozenset[int], *, sooner: bool) -> Iterator[tuple[Fraction, Step]]:
    waited = Fraction(0)
    for index, (delay, step) in enumerate(moves):
        if index not in left_out:
            yield waited + delay, step
            waited = Fraction(0)
        elif not sooner:
            waited += delay


def _played(task: Task, moves: Iterable[tuple[Fraction, Step]]) -> Walk | None:
    """The run of these steps, those that are not possible left out, up to where it breaks the goal; ``None``: never."""
    walk = Walk(task)
    for delay, step in moves:
        found = _broken(walk)
        if found is not None:
            return found
        room = walk.room
        if room.allows(delay):
            walk.wait(delay)
        elif room.seconds is not None and not room.strict:
            walk.wait(room.seconds)
        walk = _taken(walk, step) or walk
    return _broken(walk)


def _broken(walk: Walk) -> Walk | None:
    wait = walk.broken()
    if wait is None:
        return None
    end = walk.after_waiting(wait)
    return end if end.goes_on() else None


def _taken(walk: Walk, step: Step) -> Walk | None:
    """The run with this step more, whoever else reacts to it now."""
    alike = [other for other in walk.steps if other.mover == step.mover]
    for other in sorted(alike, key=lambda other: len({*other.moves} ^ {*step.moves})):
        try:
            after = walk.after(other)
        except RangeError:
            continue
        if after is not None and not after.dead:
            return after
    return None
