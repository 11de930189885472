"""One timed state machine: states, transitions, clocks, variables, parameters.

Inside a machine, names are local: ``x`` is its own variable, ``host.dc`` the output ``dc`` of whatever instance the
port ``host`` is wired to, and the clock ``time`` is the implicit *time in state*. Durations are exact seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lastgasp.errors import Place
from lastgasp.expr import TRUE, Bool, Choice, Const, Domain, Expr, Reference, Value

TIME_IN_STATE = "time"
"""Name of the implicit clock of every machine; it restarts whenever a transition with a target is taken."""

STATE = "state"
"""Name of the location of a machine where a global name is needed: ``meter.state``."""


@dataclass(frozen=True, slots=True)
class On:
    """Taken together with a machine behind ``port`` when that sends ``event``."""

    port: str
    event: str


@dataclass(frozen=True, slots=True)
class When:
    """Taken as soon as ``condition`` holds; no time passes while it is enabled. Reads no clock."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class After:
    """Taken while the time in the state lies in the window. ``high`` is ``None`` for a window without upper end."""

    low: Expr
    high: Expr | None
    low_strict: bool = False
    high_strict: bool = False


@dataclass(frozen=True, slots=True)
class May:
    """Taken at any time, or never."""


Trigger = On | When | After | May


@dataclass(frozen=True, slots=True)
class Transition:
    """An edge of a machine.

    ``target`` is ``None`` for an internal transition, which leaves state and time in state as they are. ``assign``
    pairs a variable with the expression it takes; all reads see the values before the step.
    """

    sources: tuple[str, ...]
    target: str | None
    trigger: Trigger
    guard: Expr = TRUE
    assign: tuple[tuple[str, Expr], ...] = ()
    restart: tuple[str, ...] = ()
    send: str | None = None
    label: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class State:
    """A location. ``at_most`` and ``less_than`` bound the time in it, ``gives`` are the outputs others read."""

    name: str
    initial: bool = False
    label: str = ""
    gives: Mapping[str, str] = field(default_factory=dict, hash=False)
    at_most: Expr | None = None
    less_than: Expr | None = None
    urgent: bool = False
    committed: bool = False
    instantaneous: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A bounded datum with its owner's first value."""

    name: str
    domain: Domain
    initial: Value
    label: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    """A closed interval of values that a parameter may have; chosen once for the whole run."""

    low: Fraction | int
    high: Fraction | int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A rigid quantity: ``value`` is a duration (``Fraction`` seconds), an ``int``, a ``bool`` or a :class:`Range`."""

    name: str
    value: Fraction | int | bool | Range
    label: str = ""
    source: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ClockDeclaration:
    """An explicit clock; it stands still in the states named in ``pauses`` (a stopwatch)."""

    name: str
    label: str = ""
    pauses: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a machine sends: a broadcast (never blocked) or a handshake (exactly one partner, both ready)."""

    name: str
    handshake: bool = False
    label: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Port:
    """What a machine reads and hears through a wire: outputs with their values, and events.

    One that only hears may be wired to several instances.
    """

    name: str
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    hears: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Machine:
    """A timed state machine. ``party`` is empty for the environment (it binds nobody and lasts a positive time)."""

    name: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...] = ()
    title: str = ""
    party: str = ""
    ports: tuple[Port, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[Variable, ...] = ()
    clocks: tuple[ClockDeclaration, ...] = ()
    sends: tuple[Event, ...] = ()
    place: Place | None = field(default=None, compare=False)

    @property
    def initial(self) -> State:
        """The initial state; the only state where there is just one."""
        return next((state for state in self.states if state.initial), self.states[0])

    @property
    def locations(self) -> Choice:
        """The domain of the location."""
        return Choice(tuple(state.name for state in self.states))

    def state(self, name: str) -> State:
        """The state of that name; ``KeyError`` if there is none."""
        for state in self.states:
            if state.name == name:
                return state
        raise KeyError(name)

    @property
    def outputs(self) -> dict[str, Choice]:
        """Each output with the values that some state gives it, in order of appearance."""
        found: dict[str, list[str]] = {}
        for state in self.states:
            for output, value in state.gives.items():
                values = found.setdefault(output, [])
                if value not in values:
                    values.append(value)
        return {output: Choice(tuple(values)) for output, values in found.items()}

    def event(self, name: str) -> Event | None:
        """The declaration of an event that this machine sends, or ``None``."""
        return next((event for event in self.sends if event.name == name), None)

    def port(self, name: str) -> Port | None:
        """The port of that name, or ``None``."""
        return next((port for port in self.ports if port.name == name), None)

    def only_hears(self, port: Port) -> bool:
        """Whether no output is read through a port, be it by a variable that refers to it."""
        domains = (variable.domain for variable in self.variables)
        return not port.reads and not any(isinstance(d, Reference) and port.name in d.ports for d in domains)

    def rests(self, state: State) -> bool:
        """Whether the state lasts a positive time: an environment state that is not declared instantaneous."""
        return not self.party and not (state.instantaneous or state.urgent or state.committed)


def seconds(value: Fraction | int) -> Const:
    """A duration literal in an expression."""
    return Const(Fraction(value))


Setting = Fraction | int | bool | Range


@dataclass(frozen=True)
class Instance:
    """A machine in a network: its name, its wires and the parameters set here.

    A wire leads from a port to an instance. A port that only hears may be wired to several: it hears whichever of them
    sends. (A list of one is that one.) ``also`` are further names by which sentences may call the instance: what it is
    to the others in this network.
    """

    name: str
    machine: Machine
    wires: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    title: str = ""
    also: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        listed = {port: (ends,) if isinstance(ends, str) else tuple(ends) for port, ends in self.wires.items()}
        wires = {port: ends[0] if len(ends) == 1 else ends for port, ends in listed.items()}
        object.__setattr__(self, "wires", wires)

    def wired(self, port: str) -> tuple[str, ...]:
        """The instances that a port is wired to; none if it is not."""
        ends = self.wires.get(port, ())
        return (ends,) if isinstance(ends, str) else tuple(ends)

    def source(self, port: str) -> str:
        """The one instance that a port reads."""
        (only,) = self.wired(port)
        return only

    @property
    def label(self) -> str:
        """What people call it: its title, else that of its machine, else its name."""
        return self.title or self.machine.title or self.name


def domain_of(machine: Machine, name: str) -> Domain | None:
    """The domain of a name inside a machine: its own variable, an output behind a port, or a boolean parameter."""
    head, _, tail = name.partition(".")
    if tail:
        for variable in machine.variables:
            if variable.name == head and isinstance(variable.domain, Reference):
                head = variable.domain.ports[0]
        port = machine.port(head)
        return Choice(port.reads[tail]) if port and tail in port.reads else None
    for variable in machine.variables:
        if variable.name == name:
            return variable.domain
    for parameter in machine.parameters:
        if parameter.name == name and isinstance(parameter.value, bool):
            return Bool()
    return None
