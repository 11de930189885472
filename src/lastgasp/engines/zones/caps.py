"""Which clocks matter where, and up to which constant: derived from the system, never typed.

Every clock belongs to one component: a machine, whose control is its location, or an observer, whose control is all of
its variables. A clock matters in a control state if it may be compared there, or in a control state reached from there
without a restart; the largest constant of those comparisons is its cap. Guards are over-approximated (other
components' variables are left open), so that a clock is never dropped, nor a cap lowered, that could count
(Behrmann, Bouyer, Fleury, Larsen 2003: static guard analysis).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lastgasp.expr import FALSE, Clock, Compare, Const, Expr, Leaf, Name, Value, children, rewrite
from lastgasp.machine import STATE
from lastgasp.observers import Monitor
from lastgasp.system import Action, TimedSystem

Control = tuple[Value, ...]


@dataclass
class _Component:
    """The control graph of a component with the comparisons of its own clocks."""

    variables: tuple[str, ...]
    tests: dict[Control, dict[str, Fraction]] = field(default_factory=dict)
    flows: list[tuple[Control, Control, frozenset[str]]] = field(default_factory=list)

    def test(self, control: Control, expr: Expr) -> None:
        table = self.tests.setdefault(control, {})
        for clock, constant in comparisons(expr):
            table[clock] = max(constant, table.get(clock, constant))

    def caps(self) -> dict[Control, dict[str, Fraction]]:
        """The least fixed point: own comparisons, and those of successors that do not restart the clock."""
        caps = {control: dict(table) for control, table in self.tests.items()}
        changed = True
        while changed:
            changed = False
            for before, after, restart in self.flows:
                table = caps.setdefault(before, {})
                for clock, constant in caps.get(after, {}).items():
                    if clock not in restart and table.get(clock, Fraction(-1)) < constant:
                        table[clock] = constant
                        changed = True
        return caps


def comparisons(expr: Expr) -> Iterator[tuple[str, Fraction]]:
    """Every clock of an expression with the constant that it is compared with."""
    match expr:
        case Compare(_, Clock(name), Const(value)):
            assert isinstance(value, Fraction)
            yield name, value
        case _:
            for part in children(expr):
                yield from comparisons(part)


class Caps:
    """The clocks that matter in a location, with their caps in scaled integer time."""

    def __init__(self, system: TimedSystem, scale: int) -> None:
        self.scale = scale
        components = [*_machines(system), *(_observer(system, monitor) for monitor in system.monitors)]
        position = {name: index for index, name in enumerate(system.variables)}
        self._tables = [
            (tuple(position[name] for name in component.variables), component.caps()) for component in components
        ]
        self._known: dict[tuple[Value, ...], tuple[tuple[str, ...], tuple[int, ...]]] = {}

    def of(self, location: tuple[Value, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """The clocks that matter in a location, and the caps of the zone's rows (a 0 first)."""
        known = self._known.get(location)
        if known is None:
            clocks: list[str] = []
            caps = [0]
            for where, table in self._tables:
                for clock, constant in table.get(tuple(location[i] for i in where), {}).items():
                    clocks.append(clock)
                    caps.append(int(constant * self.scale))
            known = self._known[location] = (tuple(clocks), tuple(caps))
        return known


def _given(values: Mapping[str, Value]) -> Callable[[Leaf], Expr]:
    def leaf(item: Leaf) -> Expr:
        return Const(values[item.name]) if isinstance(item, Name) and item.name in values else item

    return leaf


def _machines(system: TimedSystem) -> Iterator[_Component]:
    """One component per instance."""
    actions: dict[str, list[Action]] = {}
    for step in system.steps:
        for action in (*step.actions, *(a for reaction in step.reactions for a in reaction.actions)):
            actions.setdefault(action.move.instance, []).append(action)
    for instance in system.network.instances:
        location = f"{instance.name}.{STATE}"
        component = _Component((location,))
        for state in instance.machine.states:
            here = (state.name,)
            leaf = _given({location: state.name})
            for action in actions.get(instance.name, ()):
                guard = rewrite(action.guard, leaf)
                if guard == FALSE:
                    continue
                component.test(here, guard)
                for _, value in action.assign:
                    component.test(here, value)
                target = dict(action.assign).get(location, Const(state.name))
                assert isinstance(target, Const)
                component.flows.append((here, (target.value,), frozenset(action.restart)))
            for bound in system.bounds:
                if bound.clock.partition(".")[0] == instance.name and rewrite(bound.when, leaf) != FALSE:
                    component.test(here, bound.within)
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
            component.test(control, guard)
            changed = {**values, **dict(case.assign)}
            after = tuple(changed[name] for name in names)
            component.flows.append((control, after, frozenset(case.restart)))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
        component.test(control, rewrite(monitor.premise_now, leaf))
        for bound in monitor.bounds:
            if rewrite(bound.when, leaf) != FALSE:
                component.test(control, bound.within)
    return component
