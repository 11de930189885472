"""Machines and networks as neutral graphs: nodes, edges and their words, without any drawing.

:mod:`lastgasp.render.diagrams` writes them as DOT, as SVG or as Mermaid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lastgasp.expr import FALSE, TRUE, Bool, Choice, Const, Expr, Reference, Whole
from lastgasp.machine import After, Machine, May, On, Parameter, Range, State, Transition, Variable, When
from lastgasp.network import Network
from lastgasp.render.words import condition_words, duration_words, value_words


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its name, its label, further lines, and whether a run starts here."""

    name: str
    label: str
    lines: tuple[str, ...] = ()
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from one node to another, with its lines of words."""

    source: str
    target: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges in the order of the source, with a title and notes that go below the drawing."""

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    notes: tuple[str, ...] = ()


# --- one machine --------------------------------------------------------------------------------------------------


def machine_graph(machine: Machine) -> Graph:
    """The states of a machine and its transitions, one edge for each state that a transition leaves."""
    nodes = tuple(
        Node(state.name, state.label or state.name, tuple(_state_lines(state)), state is machine.initial)
        for state in machine.states
    )
    edges = tuple(
        Edge(source, transition.target or source, transition_lines(machine, transition, source))
        for transition in machine.transitions
        for source in transition.sources
    )
    return Graph(machine.name, machine.title or machine.name, nodes, edges, (_party(machine), *_notes(machine)))


def _party(machine: Machine) -> str:
    return f"party: {machine.party}" if machine.party else "surroundings, binds no party"


def _state_lines(state: State) -> Iterator[str]:
    if state.label and state.label != state.name:
        yield f"[{state.name}]"
    for output, value in state.gives.items():
        yield f"gives {output}: {value}"
    if state.at_most is not None:
        yield f"lasts at most {duration_words(state.at_most)}"
    if state.less_than is not None:
        yield f"lasts less than {duration_words(state.less_than)}"
    if state.committed:
        yield "no time passes here, and it goes next"
    elif state.urgent:
        yield "no time passes here"
    elif state.instantaneous:
        yield "may last no time"


def transition_lines(machine: Machine, transition: Transition, source: str) -> tuple[str, ...]:
    """A transition in words, as it leaves ``source``: label, trigger, guard, what it sets, restarts and sends."""
    state = machine.state(source)
    at_once = isinstance(transition.trigger, May) and (state.urgent or state.committed)
    lines = [transition.label] if transition.label else []
    lines.append("may happen at once" if at_once else trigger_words(transition))
    if transition.guard != TRUE:
        lines.append("only if never" if transition.guard == FALSE else f"only if {condition_words(transition.guard)}")
    lines += [f"sets {name} to {_value_words(machine, name, value)}" for name, value in transition.assign]
    lines += [f"restarts the clock {clock}" for clock in transition.restart]
    if transition.send is not None:
        event = machine.event(transition.send)
        label = f" ({event.label})" if event and event.label and event.label != event.name else ""
        lines.append(f"sends {transition.send}{label}")
    if transition.target is None:
        lines.append("the time in the state runs on")
    return tuple(lines)


def trigger_words(transition: Transition) -> str:
    """When a transition is taken, in words."""
    match transition.trigger:
        case On(port, event):
            return f"when {port} sends {event}"
        case When(condition):
            return f"as soon as {condition_words(condition)}"
        case May():
            return "may happen at any time"
        case After() as window:
            return window_words(window)


def window_words(window: After) -> str:
    """A window of time in a state: ``after more than 3 min, at most 3 min + sending``."""
    low, high = duration_words(window.low), "" if window.high is None else duration_words(window.high)
    if window.high is not None and window.low == window.high:
        return f"after exactly {low}"
    until = f"less than {high}" if window.high_strict else f"at most {high}"
    zero = isinstance(window.low, Const) and window.low.value == 0
    if zero and not window.low_strict:
        return f"after {until}" if window.high is not None else "at any time"
    start = f"after more than {low}" if window.low_strict else f"after at least {low}"
    return f"{start}, {until}" if window.high is not None else f"{start}, without upper limit"


def _value_words(machine: Machine, name: str, value: Expr) -> str:
    domain = next((variable.domain for variable in machine.variables if variable.name == name), None)
    if isinstance(value, Const):
        return value_words(value.value)
    return f"whether {condition_words(value)}" if isinstance(domain, Bool) else condition_words(value)


def _notes(machine: Machine) -> Iterator[str]:
    for parameter in machine.parameters:
        yield f"{parameter.name}: {_parameter_words(parameter)}" + (f" ({parameter.label})" if parameter.label else "")
    for variable in machine.variables:
        label = f" ({variable.label})" if variable.label else ""
        yield f"{variable.name}: {_domain_words(variable)}, starts as {value_words(variable.initial)}{label}"
    for clock in machine.clocks:
        label = f" ({clock.label})" if clock.label else ""
        pauses = f", stands still in {', '.join(clock.pauses)}" if clock.pauses else ""
        yield f"{clock.name}: clock{pauses}{label}"


def _parameter_words(parameter: Parameter) -> str:
    value = parameter.value
    return f"{value_words(value.low)} to {value_words(value.high)}" if isinstance(value, Range) else value_words(value)


def _domain_words(variable: Variable) -> str:
    match variable.domain:
        case Bool():
            return "yes or no"
        case Choice(names) | Reference(names):
            return " or ".join(names)
        case Whole(low, high):
            return f"{low} to {high}"


# --- the wiring ---------------------------------------------------------------------------------------------------


def wiring_graph(network: Network) -> Graph:
    """The instances of a network as boxes with their party, and an edge for each wire: what is read and heard."""
    nodes = tuple(
        Node(
            instance.name,
            instance.label,
            (f"[{instance.name}]", _party(instance.machine)),
        )
        for instance in network.instances
    )
    edges = []
    for instance in network.instances:
        for port in instance.machine.ports:
            for source in instance.wired(port.name):
                lines = [f"reads {output}: {' or '.join(values)}" for output, values in port.reads.items()]
                for name in port.hears:
                    event = network.by_name[source].machine.event(name)
                    label = f" ({event.label})" if event and event.label and event.label != name else ""
                    lines.append(f"hears {name}{label}")
                edges.append(Edge(source, instance.name, tuple(lines)))
    return Graph(network.name, network.title or network.name, nodes, tuple(edges))
