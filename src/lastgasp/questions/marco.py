"""All minimal sets that have a monotone property, and all maximal sets that lack it: MARCO.

Liffiton, Previti, Malik, Marques-Silva: Fast, flexible MUS enumeration. Constraints 21 (2016). A property is monotone
if no set loses it by growing. Elements are known by position. Seeds are taken smallest first, so that one that has the
property is minimal already, and one that lacks it is grown; that finds small sets before large ones, as the enumeration
of smallest sets by hitting sets does (Ignatiev, Previti, Liffiton, Marques-Silva 2015).

An oracle may not know. What it does not know is taken for neither answer: the search goes on above the set, and the
result says that it is not exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp.engines import unexplored
else:
    unexplored = lazy("lastgasp.engines.unexplored")

Chosen = frozenset[int]
"""A set of elements, by position."""

Oracle = Callable[[Chosen], "bool | None"]
"""Whether a set has the property; ``None`` where that is not known."""

Hint = Callable[[Chosen, bool], Chosen]
"""What an answer says of more sets at no cost: a smaller set that has the property too, a larger one that lacks it."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What is thought of a set that has the property, where that is not all that is wanted.

    ``good`` is ``None`` where that is not known. What is said of one that is not surely good is true of every set
    between it and ``upto``; without ``upto``, of that set alone.
    """

    good: bool | None
    upto: Chosen | None = None


@dataclass(frozen=True, slots=True)
class Border:
    """Sets that have the property, those that lack it, and how much of the truth that is.

    Every set in ``minimal`` has the property (and is good), every set in ``maximal`` lacks it; none includes another of
    its kind. If :attr:`exact`, these are all the minimal and all the maximal ones. Otherwise some may be missing, and
    some may not be minimal or not be maximal. ``undecided`` are the sets on which that rests.
    """

    size: int
    minimal: tuple[Chosen, ...]
    maximal: tuple[Chosen, ...]
    undecided: tuple[Chosen, ...] = ()
    complete: bool = True

    @property
    def exact(self) -> bool:
        """Whether all was explored and every answer known."""
        return self.complete and not self.undecided

    def surely_minimal(self, chosen: Chosen) -> bool:
        """Whether every smaller set is known to lack the property."""
        return all(any(chosen - {place} <= large for large in self.maximal) for place in chosen)


class Monotone:
    """What is known about a monotone property of the subsets of ``0 .. size - 1``; the oracle is asked for the rest."""

    def __init__(self, size: int, oracle: Oracle, hint: Hint | None = None) -> None:
        self.size = size
        self.having: list[Chosen] = []
        self.lacking: list[Chosen] = []
        self.undecided: list[Chosen] = []
        self._oracle, self._hint = oracle, hint or (lambda chosen, _: chosen)

    def known(self, chosen: Chosen) -> bool | None:
        """What follows from the answers so far."""
        if any(small <= chosen for small in self.having):
            return True
        if any(chosen <= large for large in self.lacking):
            return False
        return None

    def ask(self, chosen: Chosen) -> bool | None:
        """Whether a set has the property; the oracle is asked at most once about each."""
        answer = self.known(chosen)
        if answer is not None or chosen in self.undecided:
            return answer
        answer = self._oracle(chosen)
        if answer is None:
            self.undecided.append(chosen)
        else:
            self.learn(self._hint(chosen, answer), answer)
        return answer

    def learn(self, chosen: Chosen, answer: bool) -> None:
        """Take note of an answer that was found elsewhere."""
        if answer:
            self.having = [*(other for other in self.having if not chosen <= other), chosen]
        else:
            self.lacking = [*(other for other in self.lacking if not other <= chosen), chosen]

    def grown(self, chosen: Chosen, ended: Callable[[], bool] = lambda: False) -> Chosen:
        """A largest set around one that lacks the property and lacks it too; as large as is known, where not all is."""

        def largest(lacks: Chosen) -> Chosen:
            return max((large for large in self.lacking if lacks <= large), key=len, default=lacks)

        found = largest(chosen)
        for place in range(self.size):
            if ended():
                break
            if place not in found and self.ask(found | {place}) is False:
                found = largest(found | {place})
        return found


def border(
    known: Monotone,
    *,
    suits: Callable[[Chosen], Fit] = lambda _: Fit(True),
    ended: Callable[[], bool] = lambda: False,
) -> Border:
    """Every minimal set that has the property and ``suits``, and every maximal one that lacks the property.

    What suits need not be monotone: above a set that does not the search goes on. Whenever ``ended`` says so the search
    stops, and the result is what is known by then.
    """
    explored = unexplored.Unexplored(known.size)
    nothing, everything = frozenset[int](), frozenset(range(known.size))
    good: list[Chosen] = []
    closed: list[Chosen] = []
    doubtful: list[Chosen] = []
    while not (late := ended()) and (seed := explored.smallest()) is not None:
        answer = known.ask(seed)
        if answer is False:
            explored.close(nothing, known.grown(seed, ended))
            continue
        fit = suits(seed) if answer else Fit(None)
        upto = everything if fit.good else fit.upto or seed
        explored.close(seed, upto)
        if fit.good is not None and upto == everything:
            closed.append(seed)
        if fit.good:
            good.append(seed)
        if answer and fit.good is None:
            doubtful.append(seed)
    open_still = [
        chosen
        for chosen in known.undecided
        if not any(small <= chosen for small in closed) and not any(chosen <= large for large in known.lacking)
    ]
    return Border(
        known.size, _ordered(good), _ordered(known.lacking, largest=True), _ordered([*open_still, *doubtful]), not late
    )


def _ordered(sets: Iterable[Chosen], *, largest: bool = False) -> tuple[Chosen, ...]:
    return tuple(sorted(sets, key=lambda chosen: (-len(chosen) if largest else len(chosen), sorted(chosen))))
