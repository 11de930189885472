"""Which clocks matter where, and up to which constants: derived from the system, never typed.

Every clock belongs to one component: a machine, whose control is its location, or an observer, whose control is all of
its variables. A clock matters in a control state if it may be compared there, or in a control state reached from there
without a restart. Of those comparisons, the largest constant that the clock may have to exceed or reach is its lower
cap, the largest that it may have to stay below its upper cap. Guards are over-approximated (other components' variables
are left open), so that a clock is never dropped, nor a cap lowered, that could count (Behrmann, Bouyer, Fleury, Larsen
2003: static guard analysis; Behrmann, Bouyer, Larsen, Pelanek 2006: lower and upper bounds).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lastgasp.engines.zones.dbm import NEVER
from lastgasp.expr import FALSE, And, Clock, Compare, Const, Expr, Leaf, Name, Not, Or, Value, children, neg, rewrite
from lastgasp.machine import STATE
from lastgasp.observers import Monitor
from lastgasp.system import Action, TimedSystem

Control = tuple[Value, ...]
Test = tuple[str, bool]
"""A clock, and whether it is compared from above (it has to stay below a constant) or from below."""

ABOVE = ("<", "<=")
BELOW = (">", ">=")


@dataclass
class _Component:
    """The control graph of a component with the comparisons of its own clocks."""

    variables: tuple[str, ...]
    tests: dict[Control, dict[Test, Fraction]] = field(default_factory=dict)
    flows: list[tuple[Control, Control, frozenset[str]]] = field(default_factory=list)

    def test(self, control: Control, expr: Expr, *, decided: bool = True) -> None:
        """``expr`` may be asked in ``control``. ``decided``: its being false counts too, not only its being true."""
        table = self.tests.setdefault(control, {})
        for clock, from_above, constant in comparisons(expr):
            for side in (True, False) if decided else (from_above,):
                table[clock, side] = max(constant, table.get((clock, side), constant))

    def caps(self) -> dict[Control, dict[Test, Fraction]]:
        """The least fixed point: own comparisons, and those of successors that do not restart the clock."""
        caps = {control: dict(table) for control, table in self.tests.items()}
        changed = True
        while changed:
            changed = False
            for before, after, restart in self.flows:
                table = caps.setdefault(before, {})
                for test, constant in caps.get(after, {}).items():
                    if test[0] not in restart and table.get(test, Fraction(-1)) < constant:
                        table[test] = constant
                        changed = True
        return caps


def comparisons(expr: Expr, positive: bool = True) -> Iterator[tuple[str, bool, Fraction]]:
    """Every clock of an expression, from which side it is compared where the expression is true, and the constant."""
    match expr:
        case Compare(op, Clock(name), Const(value)):
            assert isinstance(value, Fraction)
            if op in ABOVE or op in BELOW:
                yield name, (op in ABOVE) == positive, value
            else:
                yield name, True, value
                yield name, False, value
        case And(items) | Or(items):
            for item in items:
                yield from comparisons(item, positive)
        case Not(item):
            yield from comparisons(item, not positive)
        case _:
            for part in children(expr):
                for clock, _, value in comparisons(part):
                    yield clock, True, value
                    yield clock, False, value


@dataclass(frozen=True, slots=True)
class Capped:
    """The clocks that matter in a location, with a lower and an upper cap for each row of a zone (0 first)."""

    clocks: tuple[str, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]


class Caps:
    """The clocks that matter in a location, with their caps in scaled integer time.

    ``exact``: one cap for both sides, so that abstraction keeps deadlocks too, not only what can be reached.
    """

    def __init__(self, system: TimedSystem, scale: int, *, exact: bool) -> None:
        self.scale = scale
        self.exact = exact
        components = [*_machines(system), *(_observer(system, monitor) for monitor in system.monitors)]
        position = {name: index for index, name in enumerate(system.variables)}
        self._tables = [
            (tuple(position[name] for name in component.variables), component.caps()) for component in components
        ]
        self._known: dict[tuple[Value, ...], Capped] = {}

    def of(self, location: tuple[Value, ...]) -> Capped:
        """The clocks that matter in a location, with their caps."""
        known = self._known.get(location)
        if known is None:
            found: dict[str, list[int]] = {}
            for where, table in self._tables:
                for (clock, from_above), constant in table.get(tuple(location[i] for i in where), {}).items():
                    found.setdefault(clock, [NEVER, NEVER])[from_above] = int(constant * self.scale)
            if self.exact:
                found = {clock: [max(sides)] * 2 for clock, sides in found.items()}
            known = self._known[location] = Capped(
                tuple(found),
                (0, *(lower for lower, _ in found.values())),
                (0, *(upper for _, upper in found.values())),
            )
        return known


def _given(values: Mapping[str, Value]) -> Callable[[Leaf], Expr]:
    def leaf(item: Leaf) -> Expr:
        return Const(values[item.name]) if isinstance(item, Name) and item.name in values else item

    return leaf


def _machines(system: TimedSystem) -> Iterator[_Component]:
    """One component per instance."""
    actions: dict[str, dict[Action, bool]] = {}
    for step in system.steps:
        for action in step.actions:
            actions.setdefault(action.move.instance, {}).setdefault(action, False)
        # that a reaction is not possible counts as well: then the machine stays as it is
        for action in (action for reaction in step.reactions for action in reaction.actions):
            actions.setdefault(action.move.instance, {})[action] = True
    for instance in system.network.instances:
        location = f"{instance.name}.{STATE}"
        component = _Component((location,))
        for state in instance.machine.states:
            here = (state.name,)
            leaf = _given({location: state.name})
            for action, reacts in actions.get(instance.name, {}).items():
                guard = rewrite(action.guard, leaf)
                if guard == FALSE:
                    continue
                component.test(here, guard, decided=reacts)
                for _, value in action.assign:
                    component.test(here, value)
                target = dict(action.assign).get(location, Const(state.name))
                assert isinstance(target, Const)
                component.flows.append((here, (target.value,), frozenset(action.restart)))
            for bound in system.bounds:
                if bound.clock.partition(".")[0] == instance.name and rewrite(bound.when, leaf) != FALSE:
                    component.test(here, rewrite(bound.when, leaf))
                    component.test(here, bound.within, decided=False)
        yield component


def _observer(system: TimedSystem, monitor: Monitor) -> _Component:
    """One component per observer, over the controls that it can reach."""
    names = tuple(variable.name for variable in monitor.variables)
    component = _Component(names)
    start: Control = tuple(system.variables[name][1] for name in names)
    waiting, seen = [start], {start}
    while waiting:
        control = waiting.pop()
        values = dict(zip(names, control, strict=True))
        leaf = _given(values)
        for case in monitor.cases:
            guard = rewrite(case.guard, leaf)
            if guard == FALSE:
                continue
            component.test(control, guard)  # the first case whose guard holds: that others do not hold counts
            changed = {**values, **dict(case.assign)}
            after = tuple(changed[name] for name in names)
            component.flows.append((control, after, frozenset(case.restart)))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
        for premise in (monitor.premise, monitor.premise_now):
            component.test(control, rewrite(premise, leaf))
        for bound in monitor.bounds:
            if rewrite(bound.when, leaf) != FALSE:
                # the goal errs beyond its bounds, a restriction is obeyed within them
                component.test(control, neg(bound.within) if monitor is system.goal else bound.within, decided=False)
    return component
