"""Random small networks for Hypothesis, valid by construction, and bad situations to look for.

Every machine has the output ``out`` (``lo`` or ``hi``), the broadcast ``cast``, the handshake ``meet``, and a port
``p`` to the next machine (``q`` to the one after that) where there is one. It may have a variable ``v`` and a clock
``x``. Constants are whole seconds. Draws are ordered so that shrinking leads to few machines, few states, ``may``
transitions without guards, and small constants.

:func:`loose_networks` are such networks of which parts have nothing to do with each other; :func:`ranged` puts
parameters with ranges in place of durations.

What Network refuses is never drawn: a ``when`` that reads a clock, a clock on the partner of a ``when`` handshake, an
empty window, a window with an upper end and an ``if`` that reads a clock, a reaction that sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from lastgasp.expr import (
    TRUE,
    And,
    Bool,
    Choose,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Or,
    Param,
    Plus,
    Sent,
    Times,
    Value,
    Whole,
    conj,
    disj,
    leaves,
    neg,
)
from lastgasp.machine import (
    STATE,
    TIME_IN_STATE,
    After,
    ClockDeclaration,
    Event,
    Instance,
    Machine,
    May,
    On,
    Parameter,
    Port,
    Range,
    State,
    Transition,
    Trigger,
    Variable,
    When,
    seconds,
)
from lastgasp.network import Network
from lastgasp.sentences import (
    Answers,
    Formula,
    Held,
    KeepsFor,
    NeverHeld,
    Occurrence,
    Responds,
    SendsApart,
    SendsNotFor,
    SendsOncePer,
    SendsOnlyAfter,
    SendsOnlyIf,
)

RANDOM = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
"""For a seeded run over many random questions; each says how many."""

OUT, CAST, MEET, CLOCK, DATUM = "out", "cast", "meet", "x", "v"
LEVELS = ("lo", "hi")
NAMES = ("a", "b", "c")
STATES = ("s0", "s1", "s2")
PORTS = ("p", "q")


@dataclass(frozen=True)
class Bad:
    """A situation in which each of these instances is in one of these states. Call it with a valuation."""

    where: tuple[tuple[str, tuple[str, ...]], ...]

    def __call__(self, values: Mapping[str, Value]) -> bool:
        return all(values[f"{instance}.{STATE}"] in states for instance, states in self.where)

    @property
    def expr(self) -> Expr:
        """The same as an expression over global names."""
        return conj(*(In(Name(f"{instance}.{STATE}"), states) for instance, states in self.where))


@dataclass(frozen=True)
class Shape:
    """What may occur in a drawn network."""

    machines: int = 3
    states: int = 3
    transitions: int = 2
    """At most that many out of each state, besides one that leaves a bounded state in time and one reaction."""
    longest: int = 3
    """The largest constant, in seconds."""
    clocks: int = 2
    """At most that many explicit clocks in the whole network."""
    handshakes: bool = True
    environments: bool = True
    range_errors: bool = True
    clock_data: bool = True
    """Whether an assignment may read a clock."""
    clock_reactions: bool = True
    """Whether the ``if`` of a reaction to a broadcast may read a clock."""


@dataclass(frozen=True)
class _Frame:
    """What the transitions of one machine may refer to."""

    shape: Shape
    ports: tuple[str, ...]
    states: tuple[str, ...]
    clock: bool
    datum: Variable | None
    environment: bool
    hasty: bool
    """Whether this machine may send its handshake by a ``when`` (then no partner's guard reads a clock)."""
    hasty_ports: tuple[str, ...]
    sends: tuple[str, ...]
    """The events that this machine may send."""
    hears: tuple[tuple[str, str], ...]
    """The ports and events that it may react to."""


def _rarely(draw: st.DrawFn, one_in: int = 4) -> bool:
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def _often(draw: st.DrawFn, one_in: int = 4) -> bool:
    return draw(st.integers(0, one_in - 1)) > 0


def _upto(draw: st.DrawFn, most: int) -> int:
    """From 1 to ``most``, the larger the more often."""
    return draw(st.sampled_from([count for count in range(1, most + 1) for _ in range(2 * count - 1)]))


def _constant(draw: st.DrawFn, shape: Shape, least: int = 0) -> Const:
    return seconds(draw(st.integers(least, max(least, shape.longest))))


def _clock_condition(draw: st.DrawFn, frame: _Frame) -> Expr:
    names = [CLOCK, CLOCK, TIME_IN_STATE] if frame.clock else [TIME_IN_STATE]
    op = draw(st.sampled_from((">=", ">", "<=", "<", "==", "!=")))
    return Compare(op, Clock(draw(st.sampled_from(names))), _constant(draw, frame.shape))


def _data_condition(draw: st.DrawFn, frame: _Frame) -> Expr:
    """A condition on an output behind a port or on the own variable; the truth where there is neither."""
    choices: list[Expr] = [
        Compare("==", Name(f"{port}.{OUT}"), Const(level)) for port in frame.ports for level in reversed(LEVELS)
    ]
    match frame.datum:
        case Variable(domain=Bool()):
            choices += [Name(DATUM), neg(Name(DATUM))]
        case Variable(domain=Whole(low, high)):
            choices += [Compare(op, Name(DATUM), Const(k)) for k in range(low, high + 1) for op in ("==", ">=", "<")]
    if not choices:
        return TRUE
    first = draw(st.sampled_from(choices))
    if _often(draw, 6):
        return first
    second = draw(st.sampled_from(choices))
    return draw(st.sampled_from((conj(first, second), disj(first, second), neg(first))))


def _guard(draw: st.DrawFn, frame: _Frame, clocks: bool) -> Expr:
    parts = []
    if _rarely(draw, 4):
        parts.append(_data_condition(draw, frame))
    if clocks and _rarely(draw, 2 if frame.clock else 6):
        parts.append(_clock_condition(draw, frame))
        if _rarely(draw, 4):
            parts.append(_clock_condition(draw, frame))
    return disj(*parts) if len(parts) > 1 and _rarely(draw, 4) else conj(*parts)


def _assignment(draw: st.DrawFn, frame: _Frame) -> tuple[tuple[str, Expr], ...]:
    datum = frame.datum
    if datum is None or not _often(draw, 2):
        return ()
    condition = _data_condition(draw, frame)
    if frame.shape.clock_data and _rarely(draw, 8):
        condition = _clock_condition(draw, frame)
    values: list[Expr]
    if isinstance(datum.domain, Bool):
        values = [Const(True), Const(False), neg(Name(DATUM)), condition]
    else:
        assert isinstance(datum.domain, Whole)
        low, high = datum.domain.low, datum.domain.high
        values = [Const(high), Const(low)]
        if not isinstance(condition, Const):
            values.append(Choose(condition, Const(low), Const(high)))
        if frame.shape.range_errors:
            values += [Plus((Name(DATUM), Const(step))) for step in (1, 1, 1, -1, -1)] + [Const(high + 1)]
    return ((DATUM, draw(st.sampled_from(values))),)


def _window(draw: st.DrawFn, frame: _Frame) -> After:
    low = draw(st.integers(0, frame.shape.longest))
    low_strict = _rarely(draw, 3)
    if draw(st.booleans()):
        return After(seconds(low), None, low_strict)
    high_strict = _rarely(draw, 3)
    first = low + 1 if low_strict or high_strict else low
    return After(seconds(low), _constant(draw, frame.shape, first), low_strict, high_strict)


def _trigger(draw: st.DrawFn, frame: _Frame) -> Trigger:
    kinds = ["may", "after", "after", "after"]
    kinds += ["when"] * (2 if frame.ports else bool(frame.datum)) + ["on"] * 4 * bool(frame.hears)
    match draw(st.sampled_from(kinds)):
        case "after":
            return _window(draw, frame)
        case "when":
            return When(_data_condition(draw, frame))
        case "on":
            return On(*draw(st.sampled_from(frame.hears)))
    return May()


def _transition(draw: st.DrawFn, frame: _Frame, source: str) -> Transition:
    trigger = _trigger(draw, frame)
    send = None
    if not isinstance(trigger, On) and _often(draw, 3):
        meets = frame.hasty or not isinstance(trigger, When)
        events = [event for event in frame.sends if meets or event != MEET]
        send = draw(st.sampled_from(events)) if events else None
    match trigger:
        case When() | After(high=Const()):
            clocks = False
        case On(port, event):
            clocks = frame.shape.clock_reactions if event == CAST else port not in frame.hasty_ports
        case _:
            clocks = True
    sources = {source}
    if _rarely(draw, 2 if isinstance(trigger, On) else 6):
        sources.add(draw(st.sampled_from(frame.states)))
    others = [name for name in frame.states if name != source]
    if not others or _rarely(draw, 8):
        others = [source]
    target = None if _rarely(draw, 30 if isinstance(trigger, When) else 8) else draw(st.sampled_from(others))
    return Transition(
        tuple(sorted(sources)),
        target,
        trigger,
        guard=_guard(draw, frame, clocks),
        assign=_assignment(draw, frame),
        restart=(CLOCK,) if frame.clock and _rarely(draw, 2) else (),
        send=send,
    )


def _state(draw: st.DrawFn, frame: _Frame, name: str) -> State:
    bound = draw(st.sampled_from(("none", "none", "none", "at most", "at most", "less than")))
    pace = draw(st.sampled_from(("lasts",) * 12 + ("instantaneous", "urgent", "committed")))
    least = 1 if frame.environment or _often(draw, 6) else 0
    return State(
        name,
        initial=name == frame.states[0],
        gives={OUT: draw(st.sampled_from(LEVELS))},
        at_most=_constant(draw, frame.shape, least) if bound == "at most" else None,
        less_than=_constant(draw, frame.shape, least) if bound == "less than" else None,
        urgent=pace == "urgent",
        committed=pace == "committed",
        instantaneous=pace == "instantaneous",
    )


def _way_out(draw: st.DrawFn, frame: _Frame, state: State) -> list[Transition]:
    """Mostly a transition that leaves a bounded state in time."""
    bound = state.at_most or state.less_than
    if not (bound or state.urgent or state.committed) or _rarely(draw, 4):
        return []
    others = [name for name in frame.states if name != state.name] or [state.name]
    target = draw(st.sampled_from(others))
    if bound is None or state.urgent or state.committed:
        trigger: Trigger = May()
    else:
        assert isinstance(bound, Const)
        assert isinstance(bound.value, Fraction)
        latest = int(bound.value) - (state.at_most is None)
        trigger = After(seconds(draw(st.integers(0, max(0, latest)))), None)
    return [Transition((state.name,), target, trigger)]


def _machine(draw: st.DrawFn, name: str, frame: _Frame) -> Machine:
    states = tuple(_state(draw, frame, state) for state in frame.states)
    transitions = []
    for state in states:
        fewest = 1 if _often(draw, 6) else 0
        for _ in range(draw(st.integers(fewest, max(fewest, frame.shape.transitions)))):
            transitions.append(_transition(draw, frame, state.name))
        transitions += _way_out(draw, frame, state)
    if frame.hears and _rarely(draw, 2):
        port, event = draw(st.sampled_from(frame.hears))
        transitions.append(Transition(frame.states, draw(st.sampled_from(frame.states)), On(port, event)))
    return Machine(
        name=f"machine_{name}",
        states=states,
        transitions=tuple(transitions),
        party="" if frame.environment else name.upper(),
        ports=tuple(Port(port, {OUT: LEVELS}, (CAST, MEET)) for port in frame.ports),
        variables=() if frame.datum is None else (frame.datum,),
        clocks=(ClockDeclaration(CLOCK),) if frame.clock else (),
        sends=(Event(CAST), Event(MEET, handshake=True)),
    )


def _datum(draw: st.DrawFn) -> Variable | None:
    kind = draw(st.sampled_from(("none", "bool", "whole", "whole")))
    if kind == "none":
        return None
    if kind == "bool":
        return Variable(DATUM, Bool(), draw(st.booleans()))
    high = draw(st.integers(1, 2))
    return Variable(DATUM, Whole(0, high), draw(st.integers(0, high)))


@st.composite
def networks(draw: st.DrawFn, shape: Shape = Shape()) -> Network:
    """A random network of that shape. Its instances are ``a``, ``b``, ``c``."""
    names = NAMES[: _upto(draw, shape.machines)]
    left = shape.clocks
    hasty = [draw(st.booleans()) for _ in names]
    talks = ((CAST,), (CAST, MEET), (MEET,), ()) if shape.handshakes else ((CAST,), (CAST,), ())
    sends = [draw(st.sampled_from(talks)) for _ in names]
    instances = []
    for number, name in enumerate(names):
        others = [(number + step) % len(names) for step in range(1, len(names))]
        ports = PORTS[: len(others)]
        clock = left > 0 and draw(st.booleans())
        left -= clock
        frame = _Frame(
            shape,
            ports,
            STATES[: _upto(draw, shape.states)],
            clock,
            _datum(draw),
            shape.environments and _rarely(draw, 3),
            hasty[number],
            tuple(port for port, other in zip(ports, others, strict=True) if hasty[other]),
            sends[number],
            tuple((port, event) for port, other in zip(ports, others, strict=True) for event in sends[other]),
        )
        wires = {port: names[other] for port, other in zip(ports, others, strict=True)}
        instances.append(Instance(name, _machine(draw, name, frame), wires))
    return Network("random", tuple(instances))


@st.composite
def bad_situations(draw: st.DrawFn, network: Network) -> Bad:
    """A combination of locations of some of the instances (of one at least)."""
    watched = draw(st.lists(st.sampled_from(network.instances), min_size=1, max_size=2, unique_by=lambda i: i.name))
    where: list[tuple[str, tuple[str, ...]]] = []
    for instance in sorted(watched, key=lambda item: item.name):
        names = [state.name for state in instance.machine.states][::-1]
        if not where and len(names) > 1:
            names.pop()  # the initial state: mostly not what is looked for
        found = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        where.append((instance.name, tuple(sorted(found))))
    return Bad(tuple(where))


@st.composite
def questions(draw: st.DrawFn, shape: Shape = Shape()) -> tuple[Network, Bad]:
    """A random network and something to look for in it."""
    network = draw(networks(shape))
    return network, draw(bad_situations(network))


# --- sentences -------------------------------------------------------------------------------------------------------

BOUNDS = st.integers(0, 3).map(lambda n: Const(Fraction(n)))
LENGTHS = st.integers(1, 3).map(lambda n: Const(Fraction(n)))


@st.composite
def conditions(draw: st.DrawFn, network: Network) -> Expr:
    """Where some instances are, or are not, or what one of them shows."""
    match draw(st.sampled_from(("there", "there", "elsewhere", "shown"))):
        case "shown":
            who = draw(st.sampled_from(network.instances)).name
            return In(Name(f"{who}.{OUT}"), (draw(st.sampled_from(LEVELS)),))
        case "elsewhere":
            return neg(draw(bad_situations(network)).expr)
    return draw(bad_situations(network)).expr


@st.composite
def formulas(draw: st.DrawFn, network: Network) -> Formula:
    """A sentence of any form, about events only where somebody sends one."""
    about = conditions(network)
    never = st.builds(NeverHeld, about, BOUNDS, st.just(False)) | st.builds(NeverHeld, about, LENGTHS, st.just(True))
    senders = [item.name for item in network.instances if item.machine.event(CAST)]
    if not senders:
        helds = st.builds(Held, about, st.none() | BOUNDS, st.booleans())
        responds = st.builds(Responds, helds, about, BOUNDS, st.booleans(), st.booleans())
        return draw(never | responds | st.builds(KeepsFor, about, BOUNDS, st.booleans()))
    receivers = st.sampled_from(["", "", *(item.name for item in network.instances)])
    events = st.builds(Sent, st.sampled_from([f"{name}.{CAST}" for name in senders]), receivers)
    helds = st.builds(Held, about, st.none() | BOUNDS, st.booleans())
    occurrences = st.builds(Occurrence, events)
    flags = st.booleans()
    forms = (
        never,
        st.builds(KeepsFor, about, BOUNDS, flags),
        st.builds(Responds, helds | occurrences, occurrences | about, BOUNDS, flags, flags, flags),
        st.builds(SendsOnlyIf, events, helds),
        st.builds(SendsOnlyAfter, events, events),
        st.builds(SendsApart, events, BOUNDS),
        st.builds(SendsOncePer, events, about),
        st.builds(SendsNotFor, events, about, BOUNDS),
        st.builds(Answers, events, about, LENGTHS, flags, BOUNDS, flags),
    )
    return draw(draw(st.sampled_from(forms)))


# --- networks that fall apart ---------------------------------------------------------------------------------------


def _reads(port: str, transition: Transition) -> bool:
    conditions = [transition.guard, *(value for _, value in transition.assign)]
    if isinstance(transition.trigger, When):
        conditions.append(transition.trigger.condition)
    return any(leaf == Name(f"{port}.{OUT}") for expr in conditions for leaf in leaves(expr))


def _hears(port: str, transition: Transition) -> bool:
    return isinstance(transition.trigger, On) and transition.trigger.port == port


def _heard(port: Port, machine: Machine) -> tuple[str, ...]:
    found = {t.trigger.event for t in machine.transitions if isinstance(t.trigger, On) and t.trigger.port == port.name}
    return tuple(event for event in port.hears if event in found)


def lean(network: Network) -> Network:
    """The same network without what no transition uses: ports, outputs behind them, events."""
    ports: dict[str, tuple[Port, ...]] = {}
    for instance in network.instances:
        machine = instance.machine
        used = [
            replace(
                port,
                reads=dict(port.reads) if any(_reads(port.name, t) for t in machine.transitions) else {},
                hears=_heard(port, machine),
            )
            for port in machine.ports
        ]
        ports[instance.name] = tuple(port for port in used if port.reads or port.hears)
    instances = []
    for instance in network.instances:
        events = {transition.send for transition in instance.machine.transitions}
        for other in network.instances:
            events.update(*(p.hears for p in ports[other.name] if other.source(p.name) == instance.name))
        own = ports[instance.name]
        sends = tuple(event for event in instance.machine.sends if event.name in events)
        wires = {port.name: instance.source(port.name) for port in own}
        instances.append(replace(instance, machine=replace(instance.machine, ports=own, sends=sends), wires=wires))
    return Network(network.name, tuple(instances))


@st.composite
def loose_networks(draw: st.DrawFn, shape: Shape = Shape()) -> Network:
    """A network in which many a machine takes no notice of another, and many have no state that has to be left."""
    instances = []
    for instance in draw(networks(shape)).instances:
        machine = instance.machine
        deaf = [port.name for port in machine.ports if _often(draw, 3)]
        kept = tuple(t for t in machine.transitions if not any(_reads(p, t) or _hears(p, t) for p in deaf))
        states = machine.states
        if draw(st.booleans()):
            calm = {"at_most": None, "less_than": None, "urgent": False, "instantaneous": False}
            states = tuple(replace(s, **calm, committed=s.committed and draw(st.booleans())) for s in states)
        instances.append(replace(instance, machine=replace(machine, states=states, transitions=kept)))
    return lean(Network("loose", tuple(instances)))


# --- parameters -----------------------------------------------------------------------------------------------------


@st.composite
def ranged(draw: st.DrawFn, network: Network, most: int = 2) -> Network:
    """The network with at most so many parameters with ranges in place of some of its durations."""
    left = most
    instances = []
    for instance in network.instances:
        found: dict[str, Parameter] = {}

        def duration(expr: Expr | None, found: dict[str, Parameter] = found) -> Expr | None:
            nonlocal left
            if not isinstance(expr, Const) or not isinstance(expr.value, Fraction) or _often(draw, 3):
                return expr
            if not found or (left and draw(st.booleans())):
                if not left:
                    return expr
                left -= 1
                low = draw(st.integers(0, 2))
                values = Range(Fraction(low), Fraction(low + draw(st.integers(1, 2))))
                found[f"k{len(found)}"] = Parameter(f"k{len(found)}", values)
            name = Param(draw(st.sampled_from(sorted(found))))
            longer, shorter = Plus((name, seconds(1))), Plus((seconds(3), Times(Fraction(-1), name)))
            return draw(st.sampled_from((name, name, name, name, name, name, longer, shorter)))

        def condition(expr: Expr) -> Expr:
            match expr:
                case Compare(op, Clock() as left, right) if op not in ("==", "!="):
                    return Compare(op, left, duration(right) or right)
                case And(items):
                    return And(tuple(map(condition, items)))
                case Or(items):
                    return Or(tuple(map(condition, items)))
            return expr

        def window(trigger: Trigger) -> Trigger:
            if not isinstance(trigger, After):
                return trigger
            return replace(trigger, low=duration(trigger.low), high=duration(trigger.high))

        machine = instance.machine
        states = tuple(replace(s, at_most=duration(s.at_most), less_than=duration(s.less_than)) for s in machine.states)
        ways = tuple(replace(t, trigger=window(t.trigger), guard=condition(t.guard)) for t in machine.transitions)
        parameters = tuple(found.values())
        instances.append(
            replace(instance, machine=replace(machine, states=states, transitions=ways, parameters=parameters))
        )
    return Network("ranged", tuple(instances))
