"""Parameters with a range, decided at one value (L/U automata: Hune, Romijn, Stoelinga, Vaandrager 2002).

A parameter that occurs only as an upper end (``at most p``, the end of a window) permits the more the larger it is; one
that occurs only as a lower end permits the more the smaller it is. Every run for some value is then a run for the
extreme one, and what holds there holds for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lastgasp.errors import NotApplicable
from lastgasp.expr import And, Clock, Compare, Expr, In, Not, Or, Times, children, params_in
from lastgasp.machine import After, On, Range, Setting, When
from lastgasp.network import Network
from lastgasp.sentences import Sentence, durations_of

ENGINE = "zones"


@dataclass(frozen=True, slots=True)
class _Use:
    parameter: str
    upper: bool


def extremes(
    network: Network, sentences: Iterable[Sentence], *, narrow: str = "", keep: Iterable[str] = ()
) -> dict[str, Setting]:
    """The extreme value of every parameter that has a range; :class:`NotApplicable` where there is none.

    The parameters of the instance ``narrow`` get the value that permits least; those to ``keep`` get none.
    """
    kept = set(keep)
    ranges = {
        name: p.value for name, p in network.parameters.items() if isinstance(p.value, Range) and name not in kept
    }
    if not ranges:
        return {}
    for sentence in sentences:
        for duration in durations_of(sentence.formula):
            for name in sorted(params_in(duration) & set(ranges)):
                raise NotApplicable(ENGINE, f"the sentence {sentence.text!r} names {name}, which has a range")
    uses = sides_of(network)
    chosen: dict[str, Setting] = {}
    for name, value in ranges.items():
        sides = uses.get(name, {True})
        if len(sides) > 1:
            raise NotApplicable(ENGINE, f"{name} has a range and bounds time both from above and from below")
        widest = (sides == {True}) != (name.partition(".")[0] == narrow)
        chosen[name] = value.high if widest else value.low
    return chosen


def sides_of(network: Network) -> dict[str, set[bool]]:
    """For each parameter that a machine uses whether it bounds time from above (``True``), from below, or both."""
    uses: dict[str, set[bool]] = {}
    for use in _uses(network):
        uses.setdefault(use.parameter, set()).add(use.upper)
    return uses


def _uses(network: Network) -> Iterator[_Use]:
    for instance in network.instances:

        def found(expr: Expr | None, upper: bool, owner: str = instance.name) -> Iterator[_Use]:
            if expr is not None:
                yield from (_Use(f"{owner}.{name}", upper) for name in params_in(expr))
                yield from (_Use(f"{owner}.{name}", not upper) for name in _subtracted(expr))

        for state in instance.machine.states:
            yield from found(state.at_most, True)
            yield from found(state.less_than, True)
        for transition in instance.machine.transitions:
            trigger = transition.trigger
            if isinstance(trigger, After):
                yield from found(trigger.low, False)
                yield from found(trigger.high, True)
            # a reaction, and a step that cannot wait, are forced where they are possible: neither side only permits
            forced = isinstance(trigger, On | When)
            for name, upper in _sides(transition.guard, True):
                yield _Use(f"{instance.name}.{name}", upper)
                if forced:
                    yield _Use(f"{instance.name}.{name}", not upper)
            if isinstance(trigger, When):
                for name in params_in(trigger.condition):
                    yield from (_Use(f"{instance.name}.{name}", True), _Use(f"{instance.name}.{name}", False))
            for _, value in transition.assign:
                for name in params_in(value):
                    yield from (_Use(f"{instance.name}.{name}", True), _Use(f"{instance.name}.{name}", False))


def _sides(expr: Expr, positive: bool) -> Iterator[tuple[str, bool]]:
    """Each parameter in a guard with the side on which it bounds a clock; both where that is not plain."""
    match expr:
        case Compare(op, Clock(), right) if op not in ("==", "!="):
            for name in params_in(right):
                yield name, (op in ("<", "<=")) == positive
            for name in _subtracted(right):
                yield name, (op in ("<", "<=")) != positive
        case And(items) | Or(items):
            for item in items:
                yield from _sides(item, positive)
        case Not(item):
            yield from _sides(item, not positive)
        case In() | Compare():
            for name in params_in(expr):
                yield name, True
                yield name, False
        case _:
            for name in params_in(expr):
                yield name, True
                yield name, False


def _subtracted(expr: Expr) -> set[str]:
    """The parameters under a negative factor: they bound on both sides, as far as this module is concerned."""
    if isinstance(expr, Times) and expr.factor < 0:
        return params_in(expr)
    return set().union(*(_subtracted(part) for part in children(expr)))
