"""The neutral timed system: all that an engine sees.

A network and the observers that move with it compile to: bounded variables with a first value, clocks, parameters;
*steps*, each an action of its mover plus the reactions of everyone who hears it; *bounds* on clocks that time must not
leave; and *monitors*. Every expression reads global variables, parameters and clocks only (outputs are gone).

The clauses and assumptions in ``restrict`` take runs away: a step at which one of them errs is not taken, and time
does not pass one of its bounds. The monitor in ``goal`` only watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from lastgasp.errors import InputError
from lastgasp.expr import (
    TRUE,
    Clock,
    Const,
    Domain,
    Expr,
    Leaf,
    Name,
    Next,
    Param,
    Value,
    compare,
    conj,
    disj,
    evaluate,
    names_in,
    one_of,
    rewrite,
)
from lastgasp.machine import STATE, TIME_IN_STATE, After, Instance, May, On, Parameter, Transition, When
from lastgasp.network import Network
from lastgasp.observers import Bound, Case, Monitor, after, observer
from lastgasp.sentences import ZERO, NeverHeld, Sentence
from lastgasp.trace import Move

GOAL = "@goal"
"""The name of the observer that watches the goal."""


def observer_name(restriction: str) -> str:
    """The name of the observer of a clause or an assumption; no other observer, and no instance, has it."""
    return f"@restrict.{restriction}"


@dataclass(frozen=True, slots=True)
class Action:
    """One machine's part of a step: enabled where ``guard`` holds; assignments and clock restarts are simultaneous."""

    move: Move
    guard: Expr
    assign: tuple[tuple[str, Expr], ...] = ()
    restart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reaction:
    """A machine that hears the step: exactly one of its enabled actions is taken, none if none is enabled."""

    instance: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class SystemStep:
    """A step: the mover's action, a handshake partner's or none, and the reactions to the event.

    ``at_once``: a ``when`` step, which goes before time and before every other step.
    """

    action: Action
    partner: Action | None = None
    reactions: tuple[Reaction, ...] = ()
    event: str | None = None
    at_once: bool = False

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions that are always part of this step."""
        return (self.action,) if self.partner is None else (self.action, self.partner)

    @property
    def guard(self) -> Expr:
        """Where this step is enabled, priorities aside."""
        return conj(*(action.guard for action in self.actions))


@dataclass(frozen=True)
class TimedSystem:
    """A compiled network with its observers. Immutable; see the module's docstring."""

    network: Network
    variables: Mapping[str, tuple[Domain, Value]]
    clocks: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    steps: tuple[SystemStep, ...]
    bounds: tuple[Bound, ...]
    stops: Expr
    committed: Mapping[str, tuple[str, ...]]
    pauses: Mapping[str, tuple[str, ...]]
    restrict: tuple[Monitor, ...] = ()
    goal: Monitor | None = None
    given: Expr = TRUE
    """What is true of the open parameters, beyond their ranges."""

    @cached_property
    def monitors(self) -> tuple[Monitor, ...]:
        """Every observer: those that restrict, then the goal."""
        return self.restrict + ((self.goal,) if self.goal else ())

    @cached_property
    def at_once(self) -> Expr:
        """Where some ``when`` step is enabled; reads no clock."""
        return disj(*(step.guard for step in self.steps if step.at_once))

    @cached_property
    def in_committed(self) -> Expr:
        """Where some instance is in a committed state."""
        return disj(*(one_of(Name(f"{who}.{STATE}"), states) for who, states in self.committed.items()))

    def with_parameters(self, values: Mapping[str, Value]) -> TimedSystem:
        """The system with these parameters replaced by literals everywhere."""

        def leaf(item: Leaf) -> Expr:
            return Const(values[item.name]) if isinstance(item, Param) and item.name in values else item

        return self.rewritten(leaf, {name: p for name, p in self.parameters.items() if name not in values})

    def tied(self, groups: Iterable[Sequence[str]]) -> TimedSystem:
        """The system in which the parameters of each group have one value, that of the first; it keeps its name."""
        first = {name: group[0] for group in groups for name in group[1:]}

        def leaf(item: Leaf) -> Expr:
            return Param(first.get(item.name, item.name)) if isinstance(item, Param) else item

        return self.rewritten(leaf, {name: p for name, p in self.parameters.items() if name not in first})

    def rewritten(self, leaf: Callable[[Leaf], Expr], parameters: Mapping[str, Parameter]) -> TimedSystem:
        """The system with ``leaf`` applied to every leaf of every expression."""

        def action(item: Action) -> Action:
            assign = tuple((name, rewrite(value, leaf)) for name, value in item.assign)
            return replace(item, guard=rewrite(item.guard, leaf), assign=assign)

        def bound(item: Bound) -> Bound:
            return replace(item, when=rewrite(item.when, leaf), limit=rewrite(item.limit, leaf))

        def monitor(item: Monitor) -> Monitor:
            return replace(
                item,
                cases=tuple(replace(case, guard=rewrite(case.guard, leaf)) for case in item.cases),
                bounds=tuple(map(bound, item.bounds)),
                premise=rewrite(item.premise, leaf),
                premise_now=rewrite(item.premise_now, leaf),
            )

        def step(item: SystemStep) -> SystemStep:
            reactions = tuple(replace(r, actions=tuple(map(action, r.actions))) for r in item.reactions)
            partner = action(item.partner) if item.partner else None
            return replace(item, action=action(item.action), partner=partner, reactions=reactions)

        return replace(
            self,
            parameters=parameters,
            steps=tuple(map(step, self.steps)),
            bounds=tuple(map(bound, self.bounds)),
            restrict=tuple(map(monitor, self.restrict)),
            goal=monitor(self.goal) if self.goal else None,
            given=rewrite(self.given, leaf),
        )


@dataclass(frozen=True)
class _Compiler:
    network: Network
    bounds: list[Bound] = field(default_factory=list)

    def action(self, instance: Instance, index: int, transition: Transition) -> Action:
        """The part of a step that one transition is, with its guard complete but for priorities."""
        who, machine = instance.name, instance.machine
        location, clock = Name(f"{who}.{STATE}"), Clock(f"{who}.{TIME_IN_STATE}")
        guard = [one_of(location, transition.sources), self.network.globally(instance, transition.guard)]
        trigger = transition.trigger
        if isinstance(trigger, When):
            guard.append(self.network.globally(instance, trigger.condition))
        if isinstance(trigger, After):
            low = self.network.globally(instance, trigger.low)
            if not (low == Const(Fraction(0)) and not trigger.low_strict):
                guard.append(compare(">" if trigger.low_strict else ">=", clock, low))
            if trigger.high is not None:
                high = self.network.globally(instance, trigger.high)
                guard.append(compare("<" if trigger.high_strict else "<=", clock, high))
        if isinstance(trigger, After | May):
            resting = tuple(name for name in transition.sources if machine.rests(machine.state(name)))
            if resting:
                moved = compare(">", clock, Const(Fraction(0)))
                guard.append(
                    moved
                    if len(resting) == len(transition.sources)
                    else disj(moved, one_of(location, tuple(s for s in transition.sources if s not in resting)))
                )
        assign = [(f"{who}.{name}", self.network.globally(instance, value)) for name, value in transition.assign]
        restart = [f"{who}.{name}" for name in transition.restart]
        if transition.target is not None:
            assign.append((f"{who}.{STATE}", Const(transition.target)))
            restart.append(clock.name)
        return Action(Move(who, index), conj(*guard), tuple(assign), tuple(restart))

    def steps(self) -> list[SystemStep]:
        found: list[SystemStep] = []
        for instance, index, transition in self.network.transitions():
            if isinstance(transition.trigger, On):
                continue
            action, urgent = self.action(instance, index, transition), isinstance(transition.trigger, When)
            if transition.send is None:
                found.append(SystemStep(action, at_once=urgent))
                continue
            event = f"{instance.name}.{transition.send}"
            heard: dict[str, list[Action]] = {}
            for listener, number, reaction in self.network.listeners(event):
                heard.setdefault(listener.name, []).append(self.action(listener, number, reaction))
            if self.network.events[event]:
                found += [
                    SystemStep(action, partner, event=event, at_once=urgent)
                    for partners in heard.values()
                    for partner in partners
                ]
            else:
                reactions = tuple(Reaction(name, tuple(actions)) for name, actions in heard.items())
                found.append(SystemStep(action, reactions=reactions, event=event, at_once=urgent))
        # of two equally short runs, the one in which the surroundings do less is met first
        return sorted(found, key=lambda step: not self.network.by_name[step.action.move.instance].machine.party)

    def state_bounds(self) -> list[Bound]:
        found: list[Bound] = []
        for instance in self.network.instances:
            location, clock = Name(f"{instance.name}.{STATE}"), f"{instance.name}.{TIME_IN_STATE}"
            for state in instance.machine.states:
                here = one_of(location, (state.name,))
                for limit, strict in ((state.at_most, False), (state.less_than, True)):
                    if limit is not None:
                        found.append(Bound(here, clock, self.network.globally(instance, limit), strict))
            for transition in instance.machine.transitions:
                trigger = transition.trigger
                if isinstance(trigger, After) and trigger.high is not None:
                    here = conj(one_of(location, transition.sources), self.network.globally(instance, transition.guard))
                    high = self.network.globally(instance, trigger.high)
                    found.append(Bound(here, clock, high, trigger.high_strict))
        return found


def compiled(
    network: Network,
    restrict: Mapping[str, Sentence] | None = None,
    goal: Sentence | None = None,
) -> TimedSystem:
    """Compile a network with the sentences that restrict it (by name) and the goal that watches it.

    Observers whose size depends on durations need concrete parameters there; :class:`InputError` otherwise.
    """
    compiler = _Compiler(network)
    concrete = {
        name: parameter.value
        for name, parameter in network.parameters.items()
        if isinstance(parameter.value, Fraction | int)
    }

    def monitor(name: str, sentence: Sentence) -> Monitor:
        made = observer(sentence.formula, name, concrete)
        if name != GOAL and cannot_be_brief(network, sentence):
            entering = Case(after(sentence.formula.condition), errs=True)  # type: ignore[union-attr]
            made = replace(made, cases=(entering, *made.cases))
        return _resolved(network, made)

    restricting = tuple(monitor(observer_name(name), sentence) for name, sentence in (restrict or {}).items())
    watching = monitor(GOAL, goal) if goal else None
    variables: dict[str, tuple[Domain, Value]] = dict(network.variables)  # type: ignore[arg-type]
    first = {name: value for name, (_, value) in variables.items()}
    clocks = list(network.clocks)
    for item in (*restricting, *((watching,) if watching else ())):
        for variable in item.variables:
            value = evaluate(variable.initial, lambda leaf: _first(leaf, first, concrete))
            variables[variable.name] = (variable.domain, value)
        clocks += item.clocks
    committed: dict[str, tuple[str, ...]] = {}
    stops: list[Expr] = []
    for instance in network.instances:
        states = instance.machine.states
        fixed = tuple(state.name for state in states if state.committed)
        if fixed:
            committed[instance.name] = fixed
        still = tuple(state.name for state in states if state.urgent or state.committed)
        if still:
            stops.append(one_of(Name(f"{instance.name}.{STATE}"), still))
    system = TimedSystem(
        network,
        variables,
        tuple(clocks),
        network.parameters,
        tuple(compiler.steps()),
        tuple(compiler.state_bounds()),
        disj(*stops),
        committed,
        {clock: pauses for clock, pauses in network.clocks.items() if pauses},
        restricting,
        watching,
    )
    return system.with_parameters(concrete)


def cannot_be_brief(network: Network, sentence: Sentence) -> bool:
    """Whether an assumption 'never' about one environment machine may as well forbid the step that would break it.

    Its states last a positive time, so a run that enters one of the forbidden ones breaks the assumption in any case;
    without this, the run would be kept up to the instant at which time stops.
    """
    formula = sentence.formula
    if not isinstance(formula, NeverHeld) or formula.limit != ZERO or formula.inclusive or sentence.binds:
        return False
    condition = network.resolved(formula.condition)
    names = names_in(condition)
    if len(names) != 1:
        return False
    (name,) = names
    owner, _, variable = name.partition(".")
    machine = network.by_name[owner].machine
    return variable == STATE and all(
        machine.rests(state)
        for state in machine.states
        if evaluate(condition, lambda leaf, now=state.name: now)  # type: ignore[misc]
    )


def _first(leaf: Leaf, first: Mapping[str, Value], parameters: Mapping[str, Value]) -> Value:
    assert isinstance(leaf, Name | Param)
    if isinstance(leaf, Param) and leaf.name not in parameters:
        raise InputError(f"a condition reads {leaf.name}, which has a range; give it a value")
    return first[leaf.name] if isinstance(leaf, Name) else parameters[leaf.name]


def _resolved(network: Network, monitor: Monitor) -> Monitor:
    """The observer with outputs replaced by the locations that give them, before and after the step."""

    def leaf(item: Leaf) -> Expr:
        match item:
            case Name(name) if name in network.outputs:
                return network.output(name)
            case Next(name) if name in network.outputs:
                return rewrite(network.output(name), lambda n: Next(n.name) if isinstance(n, Name) else n)
        return item

    def condition(expr: Expr) -> Expr:
        return rewrite(expr, leaf)

    return replace(
        monitor,
        variables=tuple(replace(v, initial=condition(v.initial)) for v in monitor.variables),
        cases=tuple(Case(condition(c.guard), c.assign, c.restart, c.errs) for c in monitor.cases),
        bounds=tuple(replace(b, when=condition(b.when)) for b in monitor.bounds),
        premise=condition(monitor.premise),
        premise_now=condition(monitor.premise_now),
    )
