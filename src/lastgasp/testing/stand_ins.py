"""One network taken apart at an instance: what surrounds it, and the instance among stand-ins for its surroundings.

A *stand-in* shows some outputs of a machine and sends some of its events, in any order and at any time. It has a state
for each combination of values, and for each of them and each event one transition that leads there from everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from lastgasp.errors import InputError, Problem
from lastgasp.machine import Event, Instance, Machine, May, Range, State, Transition
from lastgasp.network import Network
from lastgasp.trace import Move
from lastgasp.validate import did_you_mean

Shown = tuple[tuple[str, str], ...]
"""Outputs with their values, in the order of the machine."""


@dataclass(frozen=True)
class StandIn:
    """An instance that does anything: ``states`` by what they show, ``moves`` by what is shown after and the event."""

    instance: Instance
    outputs: tuple[str, ...]
    states: Mapping[Shown, str]
    moves: Mapping[tuple[Shown, str | None], Move]


def stand_in(
    whom: Instance, outputs: Iterable[str], events: Iterable[str], *, title: str = "", every: bool = False
) -> StandIn:
    """The stand-in for an instance with these outputs and events; with ``every`` combination of their values."""
    machine, names, sent = whom.machine, tuple(outputs), tuple(events)
    shown = [tuple((name, state.gives[name]) for name in names) for state in machine.states]
    if every:
        shown += [
            tuple(zip(names, values, strict=True)) for values in product(*(machine.outputs[n].names for n in names))
        ]
    first = tuple((name, machine.initial.gives[name]) for name in names)
    states = {values: f"shows{number}" for number, values in enumerate(dict.fromkeys(shown))}
    # several in one instant are as good as one: it is told when to move, and does not rest
    made = tuple(
        State(
            name,
            initial=values == first,
            label=", ".join(f"{output} {value}" for output, value in values) or "running",
            gives=dict(values),
            instantaneous=True,
        )
        for values, name in states.items()
    )
    transitions: list[Transition] = []
    moves: dict[tuple[Shown, str | None], Move] = {}
    for (values, name), event in product(states.items(), (None, *sent)):
        moves[values, event] = Move(whom.name, len(transitions))
        transitions.append(Transition(tuple(states.values()), name, May(), send=event))
    body = Machine(
        machine.name,
        made,
        tuple(transitions),
        title=title or whom.label,
        sends=tuple(Event(event, label=found.label) for event in sent if (found := machine.event(event))),
    )
    return StandIn(Instance(whom.name, body), names, states, moves)


@dataclass(frozen=True)
class Parts:
    """The surroundings of an instance with a stand-in for it, and the instance with stand-ins for its neighbours."""

    surroundings: Network
    stands_for: StandIn
    alone: Network
    neighbours: Mapping[str, StandIn]


def apart(network: Network, instance: str) -> Parts:
    """Take a network apart; :class:`InputError` where there is no such instance, or it takes part in a handshake.

    Of parameters of the surroundings that have a range the upper end is taken.
    """
    if instance not in network.by_name:
        raise InputError(Problem(f"there is no instance {instance!r}", did_you_mean(instance, network.by_name)))
    whom = network.by_name[instance]
    ports = [(port, target) for port in whom.machine.ports for target in whom.wired(port.name)]
    heard = [f"{target}.{event}" for port, target in ports for event in port.hears]
    own = [f"{instance}.{event.name}" for event in whom.machine.sends]
    for event in (event for event in (*heard, *own) if network.events[event]):
        what = f"{event} is a handshake, in which both must be ready; an implementation is not asked whether it is"
        raise InputError(Problem(what, "model it as a broadcast, which nobody can block"))
    title = f"{whom.label}, the implementation"
    ours = stand_in(whom, whom.machine.outputs, (e.name for e in whom.machine.sends), title=title, every=True)
    neighbours = {}
    for target in dict.fromkeys(target for _, target in ports):
        reads = dict.fromkeys(name for port, to in ports if to == target for name in port.reads)
        events = dict.fromkeys(name for port, to in ports if to == target for name in port.hears)
        neighbours[target] = stand_in(network.by_name[target], reads, events)
    around = Network(network.name, tuple(ours.instance if i is whom else i for i in network.instances), network.title)
    ranges = {name: p.value.high for name, p in around.parameters.items() if isinstance(p.value, Range)}
    alone = Network(network.name, (whom, *(neighbour.instance for neighbour in neighbours.values())))
    return Parts(around.with_settings(ranges), ours, alone, neighbours)
