"""Mutants of a machine: each with one change, and a name that tells it.

A guard, a transition, a restart, an assignment or an event is dropped; a window or a bound is widened, or made to
exclude its end; a step that comes as soon as its condition holds may come later, or whatever holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from lastgasp.expr import TRUE, Const, Expr, Times, conj
from lastgasp.machine import After, Machine, May, On, Transition, When
from lastgasp.study import Study


def wider(bound: Expr) -> Expr:
    """Twice as long, and a minute for what was nothing."""
    return Const(Fraction(60)) if bound == Const(Fraction(0)) else Times(Fraction(2), bound)


def called(machine: Machine) -> list[str]:
    """A name for each transition, each another: its label; with its states, or its event too, where that is needed."""
    ways = []
    for item in machine.transitions:
        arrow = f"{'/'.join(item.sources)} → {item.target or 'stays'}"
        heard = f", on {item.trigger.event}" if isinstance(item.trigger, On) else ""
        ways.append((item.label or arrow, f"{item.label} ({arrow})", f"{item.label} ({arrow}{heard})"))
    taken = [Counter(names) for names in zip(*ways, strict=True)]
    return [next((n for n, count in zip(names, taken, strict=True) if count[n] == 1), names[-1]) for names in ways]


def mutants(machine: Machine) -> Iterator[tuple[str, Machine]]:
    """Every mutant of a machine with its description."""
    for index, (name, transition) in enumerate(zip(called(machine), machine.transitions, strict=True)):

        def changed(to: Transition | None, index: int = index) -> Machine:
            rest = list(machine.transitions)
            rest[index : index + 1] = [] if to is None else [to]
            return replace(machine, transitions=tuple(rest))

        yield f"drop '{name}'", changed(None)
        if transition.guard != TRUE:
            yield f"drop the guard of '{name}'", changed(replace(transition, guard=TRUE))
        if transition.send is not None:
            yield f"'{name}' sends nothing", changed(replace(transition, send=None))
        for clock in transition.restart:
            kept = tuple(item for item in transition.restart if item != clock)
            yield f"'{name}' does not restart {clock}", changed(replace(transition, restart=kept))
        for variable, _ in transition.assign:
            left = tuple(item for item in transition.assign if item[0] != variable)
            yield f"'{name}' does not set {variable}", changed(replace(transition, assign=left))
        trigger = transition.trigger
        if isinstance(trigger, When):
            late = replace(transition, trigger=May(), guard=conj(trigger.condition, transition.guard))
            yield f"'{name}' need not come at once", changed(late)
            yield f"'{name}' comes without its condition", changed(replace(transition, trigger=May()))
        if isinstance(trigger, After):
            swapped = replace(trigger, low_strict=not trigger.low_strict)
            yield f"swap strictness at the start of '{name}'", changed(replace(transition, trigger=swapped))
            if trigger.high is not None:
                late = replace(trigger, high=wider(trigger.high))
                yield f"widen the window of '{name}'", changed(replace(transition, trigger=late))
            early = replace(trigger, low=Const(Fraction(0)), low_strict=False)
            yield f"'{name}' may come at once", changed(replace(transition, trigger=early))
    for index, state in enumerate(machine.states):

        def other(
            **change: object,
        ) -> Machine:
            states = list(machine.states)
            states[index] = replace(states[index], **change)  # noqa: B023 (used at once)
            return replace(machine, states=tuple(states))

        if state.at_most is not None:
            yield f"'{state.name}' lasts twice as long", other(at_most=wider(state.at_most))
            yield f"'{state.name}' lasts for ever", other(at_most=None)
            yield f"'{state.name}' lasts less than its bound", other(at_most=None, less_than=state.at_most)


def with_machine(study: Study, machine: Machine) -> Study:
    """The study with one machine replaced in every installation."""
    installations = {
        name: replace(
            network,
            instances=tuple(
                replace(item, machine=machine) if item.machine.name == machine.name else item
                for item in network.instances
            ),
        )
        for name, network in study.installations.items()
    }
    return replace(study, machines={**study.machines, machine.name: machine}, installations=installations)
