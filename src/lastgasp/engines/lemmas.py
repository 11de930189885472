"""Invariants that are cheap to guess, and which of them hold: Houdini (Flanagan, Leino 2001).

A guess is believed only if it holds at the start and every transition from a state in which all kept guesses hold leads
to one in which it holds. The guesses come in levels, from few to many: what two variables never are at once; how far
clocks go, and in which order they were restarted, where their owners have certain values; the same where a third party
has a certain value. A state may be entered past its bound (no time passes then), so that even bounds are guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, permutations

from lastgasp.engines.encode import Encoding
from lastgasp.engines.obligations import clauses
from lastgasp.engines.solver import Deadline, Sat, Solver, Unknown, Unsat
from lastgasp.errors import InputError
from lastgasp.expr import (
    Clock,
    Compare,
    Const,
    Expr,
    Name,
    Not,
    Or,
    Param,
    Plus,
    Times,
    Value,
    children,
    disj,
    leaves,
    neg,
    text,
)
from lastgasp.system import TimedSystem

MOST = 5_000
"""A level with more guesses is left out: it takes minutes, and a part of it taken blindly is worth nothing."""

Literal = tuple[str, Value]
"""A variable and a value that it has."""


def checked(system: TimedSystem, lemmas: Iterable[Expr]) -> list[Expr]:
    """The conjuncts of lemmas that come from elsewhere; :class:`InputError` for what is no condition on a state."""
    found = [part for lemma in lemmas for part in clauses(lemma)]
    known: set[Expr] = {*map(Name, system.variables), *map(Clock, system.clocks), *map(Param, system.parameters)}
    for part in found:
        for leaf in leaves(part):
            if not isinstance(leaf, Const) and leaf not in known:
                raise InputError(f"the lemma {text(part)!r} reads {text(leaf)}, which is no part of a state")
    return list(dict.fromkeys(found))


class Houdini:
    """The invariants known of one system so far."""

    def __init__(self, system: TimedSystem, deadline: Deadline | None = None) -> None:
        self.system, self.deadline = system, deadline
        self.known: list[Expr] = []
        self._dropped: dict[Expr, None] = {}
        self._guesses = _Guesses(system).levels(self.known)

    def level(self) -> bool:
        """Guess one level more; whether there was one. What was dropped before has another chance beside it."""
        guesses = next(self._guesses, None)
        if guesses is None:
            return False
        self.keep(guesses)
        return True

    def keep(self, guesses: Iterable[Expr]) -> None:
        """Add those of the guesses that are inductive together and with what is known; none if time is up."""
        offered = [guess for guess in dict.fromkeys((*self._dropped, *guesses)) if guess not in set(self.known)]
        kept = _inductive(self.system, self.known, offered, self.deadline)
        self._dropped = {guess: None for guess in offered if guess not in kept}
        self.known[:] = _without_weaker([*self.known, *kept])


def _inductive(
    system: TimedSystem, known: Iterable[Expr], offered: list[Expr], deadline: Deadline | None
) -> dict[Expr, None]:
    """The largest part of the offered conditions that is inductive beside the known ones; nothing if time is up."""
    solver = Solver()
    encoding = Encoding(system, solver.context)
    before, after = encoding.states(offered), encoding.states(offered, after=True)
    alive = set(range(len(offered)))
    solver.add(encoding.ranges, encoding.domains)
    while alive:
        outside = encoding.any_of(encoding.negation(before[number]) for number in alive)
        match solver.check(encoding.init, outside, deadline=deadline):
            case Sat(model):
                alive = {number for number in alive if model.holds(before[number])}
            case Unknown():
                return {}
            case Unsat():
                break
    solver.add(encoding.transition_formula, *encoding.states(known))
    holds = {number: encoding.flag(f"holds {number}") for number in alive}
    breaks = {number: encoding.flag(f"breaks {number}") for number in alive}
    for number in alive:
        solver.add(encoding.implies(holds[number], before[number]))
        solver.add(encoding.implies(after[number], encoding.negation(breaks[number])))
    solver.add(encoding.any_of(breaks.values()))
    while alive:
        match solver.check(*(holds[number] for number in sorted(alive)), deadline=deadline):
            case Sat(model):
                lost = {number for number in alive if not model.holds(after[number])}
                solver.add(*(encoding.negation(breaks[number]) for number in lost))
                alive -= lost
            case Unknown():
                return {}
            case Unsat():
                break
    return {offered[number]: None for number in sorted(alive)}


def _without_weaker(lemmas: list[Expr]) -> list[Expr]:
    """The lemmas without those that another one implies by having fewer alternatives."""
    sets = {lemma: _alternatives(lemma) for lemma in lemmas}
    present = set(sets.values())
    return [lemma for lemma, items in sets.items() if not any(smaller in present for smaller in _smaller(items))]


def _alternatives(lemma: Expr) -> frozenset[Expr]:
    return frozenset(lemma.items if isinstance(lemma, Or) else (lemma,))


def _smaller(items: frozenset[Expr]) -> Iterator[frozenset[Expr]]:
    if len(items) <= 4:
        for size in range(1, len(items)):
            yield from map(frozenset, combinations(items, size))


@dataclass(frozen=True)
class _Guesses:
    """What may be worth a try about a system."""

    system: TimedSystem

    def levels(self, known: list[Expr]) -> Iterator[list[Expr]]:
        """Each level, without what the lemmas known by then make pointless."""
        for level in (self.data, self.clocks, self.contexts):
            excluded = {_alternatives(lemma) for lemma in known}
            found: dict[Expr, None] = {}
            for guess in level():
                if not any(smaller in excluded for smaller in _smaller(_alternatives(guess))):
                    found[guess] = None
                if len(found) > MOST:
                    break
            else:
                yield list(found)

    # -- what can be said -------------------------------------------------------------------------------------------

    @cached_property
    def literals(self) -> list[Literal]:
        """Each value of each variable that has two or more."""
        found = {name: domain.values() for name, (domain, _) in self.system.variables.items()}
        return [(name, value) for name, values in found.items() if len(values) > 1 for value in values]

    @cached_property
    def own(self) -> dict[str, list[Literal]]:
        """The literals of each instance and of each observer."""
        found: dict[str, list[Literal]] = {}
        for name, value in self.literals:
            found.setdefault(_owner(name), []).append((name, value))
        return found

    @cached_property
    def read(self) -> dict[str, dict[Expr, None]]:
        """The clocks that something reads, with the limits they are compared with."""
        system = self.system
        found: dict[str, dict[Expr, None]] = {}
        pending: list[Expr] = []
        for step in system.steps:
            for action in (*step.actions, *(action for group in step.reactions for action in group.actions)):
                pending += [action.guard, *(value for _, value in action.assign)]
        for monitor in system.monitors:
            pending += [case.guard for case in monitor.cases]
            pending += [bound.within for bound in monitor.bounds]
        pending += [bound.within for bound in system.bounds]
        while pending:
            expr = pending.pop()
            pending += children(expr)
            if isinstance(expr, Compare) and isinstance(expr.left, Clock):
                found.setdefault(expr.left.name, {})[expr.right] = None
        return {clock: found[clock] for clock in system.clocks if clock in found}

    # -- levels -----------------------------------------------------------------------------------------------------

    def data(self) -> Iterator[Expr]:
        """Values that do not occur, alone or two at once; bounds; clocks do not run backwards."""
        for literal in self.literals:
            yield _isnt(literal)
        for one, other in combinations(self.literals, 2):
            if one[0] != other[0]:
                yield disj(_isnt(one), _isnt(other))
        for bound in (*self.system.bounds, *(bound for monitor in self.system.monitors for bound in monitor.bounds)):
            yield disj(neg(bound.when), bound.within)
        for clock in self.system.clocks:
            yield Compare(">=", Clock(clock), Const(Fraction(0)))

    def clocks(self) -> Iterator[Expr]:
        """Limits of a clock, and the order of two, where their owners have certain values."""
        for clock, limits in self.read.items():
            for limit in limits:
                for op in ("<=", "<", ">=", ">"):
                    found = Compare(op, Clock(clock), limit)
                    yield from (disj(_isnt(literal), found) for literal in self.own.get(_owner(clock), ()))
        for one, other in permutations(self.read, 2):
            order = _order(one, other)
            yield order
            here, there = self.own.get(_owner(one), []), self.own.get(_owner(other), [])
            yield from (disj(_isnt(literal), order) for literal in dict.fromkeys((*here, *there)))
            yield from (disj(_isnt(a), _isnt(b), order) for a in here for b in there if a[0] != b[0])

    def contexts(self) -> Iterator[Expr]:
        """The order of two clocks, where the owner of the older and anybody else have certain values."""
        for one, other in permutations(self.read, 2):
            order = _order(one, other)
            owners = (_owner(one), _owner(other))
            for a in self.own.get(owners[1], ()):
                yield from (disj(_isnt(a), _isnt(b), order) for b in self.literals if _owner(b[0]) not in owners)


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def _isnt(literal: Literal) -> Expr:
    name, value = literal
    if isinstance(value, bool):
        return Not(Name(name)) if value else Name(name)
    return Compare("!=", Name(name), Const(value))


def _order(one: str, other: str) -> Expr:
    """The first clock was restarted no earlier than the second."""
    difference = Plus((Clock(one), Times(Fraction(-1), Clock(other))))
    return Compare("<=", difference, Const(Fraction(0)))
