"""What was found at one valuation of the parameters, for every valuation that it is true of.

Zones are explored at a concrete *sample*. Its last digits, in a time unit fine enough for them, are a code: parameter
``i`` is a round value plus ``BASE ** i`` units. Every bound in a zone is a sum of constants of the model, each with its
factors of parameters, so that a bound at the sample tells which sum it is: the digits give the factors, what is left
the constant. Thus the exploration of one network at one point is read as one with symbolic bounds.

A *proof* is the zones that were reached. Walking through them once more, each fact that they rest on (a successor lies
in a stored zone, a guard cannot be met) is a comparison of two bounds, hence a linear condition on the parameters; the
proof stands wherever all of these are true. A *run* stands wherever its timing constraints have a solution; the
instants of its steps are eliminated. To generalise one exploration is the idea of the inverse method (André, Chatain,
Encrenaz, Fribourg 2009). Neither result is believed: proofs are discharged by other code, runs are replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from lastgasp.engines.zones.automaton import ENGINE, Automaton, Location, Oracle, constants
from lastgasp.engines.zones.dbm import (
    INF,
    LE_ZERO,
    Constraint,
    Zone,
    add,
    constrained,
    gathered,
    includes,
    later,
    negated,
    zero,
)
from lastgasp.engines.zones.explore import Budget, Ending, Explorer, Graph, Guard, Node
from lastgasp.engines.zones.witness import NoRun, path_to, run_of, spans
from lastgasp.errors import InternalError, NotApplicable
from lastgasp.expr import (
    Clock,
    Compare,
    Const,
    Expr,
    Name,
    Not,
    Param,
    Plus,
    Times,
    children,
    clocks_in,
    compare,
    conj,
    disj,
    params_in,
    plus,
)
from lastgasp.regions import Half, Region, half, projected, tightest
from lastgasp.system import TimedSystem

BASE = 32
"""Factors of parameters between -16 and 15 are told apart."""

ROOM = 1 << 10
"""A sum of so many constants is still told apart from no bound."""

Flat = Mapping[str, tuple[Mapping[str, Fraction], Fraction]]
"""What some parameters amount to where they are not free: factors of free ones, and a constant in seconds."""


@dataclass(frozen=True)
class Sample:
    """A point on a flat in the space of parameters, with a code in its digits: ``finest`` parts of a second hold it."""

    point: Mapping[str, Fraction]
    flat: Flat
    finest: int

    @property
    def free(self) -> tuple[str, ...]:
        """The parameters that can be chosen on the flat."""
        return tuple(name for name in sorted(self.point) if name not in self.flat)

    @property
    def spread(self) -> int:
        """The code of a free parameter is a multiple of this, so that the others have whole codes too."""
        found = 1
        for factors, _ in self.flat.values():
            found = lcm(found, *(factor.denominator for factor in factors.values()))
        return found

    @property
    def scale(self) -> int:
        """Time units in a second."""
        parts = lcm(self.finest, *(value.denominator for value in self.point.values()))
        return parts * int(BASE ** (len(self.free) + 1))

    @property
    def coded(self) -> dict[str, Fraction]:
        """The point with its code, off it by less than ``spread / (BASE * finest)`` seconds."""
        step = Fraction(self.spread, self.scale)
        found = {name: self.point[name] + step * BASE**place for place, name in enumerate(self.free)}
        for name, (factors, constant) in self.flat.items():
            found[name] = sum((factor * found[other] for other, factor in factors.items()), constant)
        return found

    def read(self, units: int) -> tuple[dict[str, Fraction], Fraction]:
        """The sum that so many units are at the coded point: factors of free parameters, and a constant in seconds."""
        rest, factors = units, dict[str, Fraction]()
        for name in self.free:
            digit = (rest + BASE // 2) % BASE - BASE // 2
            rest = (rest - digit) // BASE
            if digit:
                factors[name] = Fraction(digit, self.spread)
        whole = Fraction(rest * BASE ** len(self.free), self.scale)
        return factors, whole - sum((factor * self.point[name] for name, factor in factors.items()), Fraction(0))


class TooMany(NotApplicable):
    """A sample that tells its parameters apart needs numbers that zones cannot hold."""


@dataclass(frozen=True, slots=True)
class Around:
    """What one exploration tells: a region of parameters, in all of which some run breaks the goal, or none does.

    ``proof``: where there is no run, a condition on situations and parameters that proves it in the region.
    ``premise``: the premise of the goal happens at the sample. ``complete``: nothing is told where a budget ended the
    exploration. ``defect``: a step sets this variable to a value out of its range; then nothing else is told.
    """

    complete: bool
    states: int
    broken: bool = False
    region: Region = field(default_factory=Region)
    proof: Expr | None = None
    premise: bool = False
    defect: str = ""


def around(system: TimedSystem, sample: Sample, budget: Budget) -> Around:
    """Explore a system with open parameters at a sample, and generalise. :class:`NotApplicable` where zones are not."""
    ledger, concrete = _Ledger(sample), system.with_parameters(sample.coded)
    if max(constants(concrete), default=Fraction(0)) * sample.scale * ROOM > INF:
        raise TooMany(ENGINE, "so many parameters at once need a unit of time that is too fine")
    automaton = Automaton(concrete, _Oracle(ledger), sample.scale)
    if automaton.scale != sample.scale:
        raise InternalError("the code of a sample needs a finer unit of time than was thought")
    try:
        return _around(Explorer(automaton, exact=False), ledger, budget)
    except NoRun:
        return _around(Explorer(automaton, exact=True), ledger, budget)


def finest(system: TimedSystem) -> int:
    """The parts of a second in which every constant of a system with open parameters is whole.

    :class:`NotApplicable` where a parameter is compared with something else than a clock.
    """
    for guard in _guards(system):
        for part in _parts(guard):
            if isinstance(part, Compare) and params_in(part) and not clocks_in(part):
                name = sorted(params_in(part))[0]
                raise NotApplicable(ENGINE, f"{name}, which is open, is compared with something else than a clock")
    return lcm(1, *(constant.denominator for constant in constants(system)))


def _guards(system: TimedSystem) -> Iterator[Expr]:
    for step in system.steps:
        for action in (*step.actions, *(a for reaction in step.reactions for a in reaction.actions)):
            yield action.guard
            yield from (value for _, value in action.assign)
    for monitor in system.monitors:
        yield from (case.guard for case in monitor.cases)
        yield monitor.premise
        yield monitor.premise_now
        yield from (bound.when for bound in monitor.bounds)


def _parts(expr: Expr) -> Iterator[Expr]:
    yield expr
    for part in children(expr):
        yield from _parts(part)


def _around(explorer: Explorer, ledger: _Ledger, budget: Budget) -> Around:
    graph = explorer.explore(budget)
    found = len(graph.nodes)
    if graph.overflow is not None and graph.overflow.edge is not None:
        return Around(True, found, defect=graph.overflow.edge.overflow)
    if graph.broken is not None:
        run_of(explorer.automaton, graph.broken)
        return Around(True, found, True, _of_run(explorer.automaton, graph.broken, ledger.sample))
    if not graph.complete:
        return Around(False, found)
    _Walk(explorer, graph, ledger).run()
    proof = _proof(explorer.automaton, graph, ledger.sample)
    return Around(True, found, False, Region(tightest(ledger.halves)), proof, graph.premise is not None)


# --- runs ---------------------------------------------------------------------------------------------------------


def _of_run(automaton: Automaton, ending: Ending, sample: Sample) -> Region:
    """Where a run takes these steps: the instants eliminated from what the path says of them."""
    path = path_to(ending.node)
    halves = []
    for i, j, raw in spans(automaton, path, ending.guard):
        factors, constant = sample.read(raw >> 1)
        instants = {f"at {i}": 1} if i else {}
        if i != j:
            instants |= {f"at {j}": -1} if j else {}
        else:
            instants = {}
        halves.append(half({**instants, **{name: -f for name, f in factors.items()}}, constant, not raw & 1))
    return Region(projected(halves, [f"at {k}" for k in range(1, len(path) + 1)]))


# --- proofs -------------------------------------------------------------------------------------------------------


class _Ledger:
    """The conditions on parameters that what was seen at the sample rests on."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.halves: dict[Half, None] = {}
        self._known: dict[tuple[int, bool], Half | None] = {}

    def condition(self, units: int, strict: bool) -> Half | None:
        """``units <= 0`` (or ``<``) as a condition; ``None`` where it says nothing about parameters."""
        key = units, strict
        if key not in self._known:
            factors, constant = self.sample.read(units)
            self._known[key] = half(factors, -constant, strict) if factors else None
        return self._known[key]

    def note(self, units: int, strict: bool) -> None:
        condition = self.condition(units, strict)
        if condition is not None:
            self.halves[condition] = None

    def within(self, small: int, big: int) -> None:
        """One bound (see :mod:`dbm`) implies another."""
        if small != big and big < INF:
            self.note((small >> 1) - (big >> 1), bool(small & 1 and not big & 1))

    def contradicts(self, raw: int) -> None:
        """A bound of a clock's distance from itself, below zero."""
        self.note(raw >> 1, bool(raw & 1))

    def new(self, small: Zone, big: Zone) -> set[Half]:
        """The conditions, not yet known, under which one zone lies in another, as it does at the sample."""
        found = set()
        for a, b in zip(small, big, strict=True):
            if a != b and b < INF:
                condition = self.condition((a >> 1) - (b >> 1), bool(a & 1 and not b & 1))
                if condition is not None and condition not in self.halves:
                    found.add(condition)
        return found


class _Oracle(Oracle):
    """Answers as any oracle does. What it infers is part of the guard too, and noted: elsewhere it may not follow."""

    def __init__(self, ledger: _Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.inferred: list[tuple[str, bool, int]] = []

    def begin(self) -> None:
        super().begin()
        self.inferred = []

    def below(self, clock: str, raw: int) -> bool:
        upper, lower = self.assumed.get(clock, [None, None])
        known = len(self.ledger.halves)
        if upper is not None and upper <= raw:
            self.ledger.within(upper, raw)
            rests = (clock, True, raw)
        elif lower is not None and lower <= negated(raw):
            self.ledger.within(lower, negated(raw))
            rests = (clock, False, negated(raw))
        elif raw <= 0:
            self.ledger.contradicts(raw)
            rests = (clock, False, negated(raw))
        else:
            return super().below(clock, raw)
        if self.ledger.sample.read(raw >> 1)[0] or known < len(self.ledger.halves):
            self.inferred.append(rests)
        return super().below(clock, raw)

    def guard(self) -> Guard:
        return super().guard() + tuple(self.inferred)


class _Walk:
    """Goes through the obligations of an explored graph, and notes what each rests on."""

    def __init__(self, explorer: Explorer, graph: Graph, ledger: _Ledger) -> None:
        self.explorer, self.automaton, self.ledger = explorer, explorer.automaton, ledger
        self.at: dict[Location, list[Node]] = {}
        for node in graph.kept:
            self.at.setdefault(node.location, []).append(node)

    def run(self) -> None:
        first = self.automaton.initial
        clocks = self.explorer.caps.of(first).clocks
        self.arrives(first, clocks, zero(len(clocks) + 1))
        for nodes in self.at.values():
            for node in nodes:
                self.leaves(node)

    def leaves(self, node: Node) -> None:
        """Every step and the passing of time, from one stored zone."""
        automaton = self.automaton
        for limit in () if node.still else automaton.goal_limits(node.location):
            self.never(node, ((limit.clock, False, negated(limit.raw)),))
        for edge in automaton.edges(node.location):
            if edge.breaks or edge.overflow:
                if not edge.forbidden:
                    self.never(node, edge.guard)
                continue
            zone = None if edge.forbidden else self.cut(node.zone, node.size, node.constraints(edge.guard))
            if zone is None:
                continue
            rows = {clock: index for index, clock in enumerate(node.clocks, 1)}
            clocks = self.explorer.caps.of(edge.target).clocks
            sources = [0, *(0 if clock in edge.restart else rows[clock] for clock in clocks)]
            self.arrives(edge.target, clocks, gathered(zone, node.size, sources))

    def never(self, node: Node, guard: Guard) -> None:
        if self.cut(node.zone, node.size, node.constraints(guard)) is not None:
            raise InternalError("a graph without errors has one")

    def cut(self, zone: Zone, n: int, constraints: Sequence[Constraint]) -> Zone | None:
        """The part of a zone that satisfies the constraints. ``None`` is noted; a part may be too large elsewhere."""
        for i, j, raw in constraints:
            smaller = constrained(zone, n, [(i, j, raw)])
            if smaller is None:
                self.ledger.contradicts(add(zone[j * n + i], raw))
                return None
            zone = smaller
        return zone

    def arrives(self, location: Location, clocks: tuple[str, ...], entry: Zone) -> None:
        """What arrives, and what time makes of it, lies in what is stored."""
        if self.automaton.is_still(location):
            self.included(location, entry, still=True)
            return
        n, inside = len(clocks) + 1, entry
        rows = {clock: index for index, clock in enumerate(clocks, 1)}
        limits = [(rows[limit.clock], limit.raw) for limit in self.automaton.limits(location)]
        for row, raw in limits:
            outside = self.cut(inside, n, [(0, row, negated(raw))])
            if outside is not None:
                self.included(location, outside, still=True)
                within = self.cut(inside, n, [(row, 0, raw)])
                if within is None:
                    return
                inside = within
        waited = constrained(later(inside, n), n, [(row, 0, raw) for row, raw in limits])
        assert waited is not None
        self.included(location, waited, still=False)

    def included(self, location: Location, zone: Zone, *, still: bool) -> None:
        """Of the stored zones that include this one, the one that needs fewest new conditions."""
        wider = [node for node in self.at.get(location, ()) if (still or not node.still) and includes(node.zone, zone)]
        if not wider:
            raise InternalError("a complete graph lacks a successor")
        least = min((self.ledger.new(zone, node.zone) for node in wider), key=len)
        self.ledger.halves.update(dict.fromkeys(sorted(least)))


def _proof(automaton: Automaton, graph: Graph, sample: Sample) -> Expr:
    """The stored zones as a condition on variables, clocks and parameters."""
    at: dict[Location, list[Expr]] = {}
    for node in graph.kept:
        at.setdefault(node.location, []).append(_zone(node, sample))
    return disj(*(conj(*_here(automaton.names, location), disj(*zones)) for location, zones in at.items()))


def _here(names: Iterable[str], location: Location) -> Iterator[Expr]:
    for name, value in zip(names, location, strict=True):
        match value:
            case bool():
                yield Name(name) if value else Not(Name(name))
            case _:
                yield Compare("==", Name(name), Const(value))


def _zone(node: Node, sample: Sample) -> Expr:
    names, n = ("", *node.clocks), node.size
    found = []
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            raw = node.zone[i * n + j]
            if i == j or raw >= INF or (not x and raw == LE_ZERO):
                continue
            factors, constant = sample.read(raw >> 1)
            strict = not raw & 1
            if x:
                left = Clock(x) if not y else Plus((Clock(x), Times(-1, Clock(y))))
                found.append(compare("<" if strict else "<=", left, _sum(factors, constant)))
            else:
                less = {name: -factor for name, factor in factors.items()}
                found.append(compare(">" if strict else ">=", Clock(y), _sum(less, -constant)))
    return conj(*found)


def _sum(factors: Mapping[str, Fraction], constant: Fraction) -> Expr:
    return plus(Const(constant), *(Param(n) if f == 1 else Times(f, Param(n)) for n, f in factors.items()))
