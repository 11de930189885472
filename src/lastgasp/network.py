"""Composition: instances of machines, wired.

Here names become global: ``meter.state`` is a location, ``meter.x`` a variable, ``meter.dc`` an output, ``hub.boot`` a
parameter, ``hub.power_lost`` an event. A network validates itself when it is made and reports every problem at
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lastgasp.errors import InputError, Problem
from lastgasp.expr import (
    Choice,
    Choose,
    Clock,
    Compare,
    Const,
    Domain,
    Expr,
    Leaf,
    Name,
    Param,
    Reference,
    one_of,
    rewrite,
)
from lastgasp.machine import STATE, TIME_IN_STATE, Instance, Machine, On, Parameter, Setting, Transition
from lastgasp.validate import did_you_mean, machine_problems
from lastgasp.wiring import network_problems


@dataclass(frozen=True)
class Network:
    """Instances, wired. Raises :class:`InputError` with every problem found."""

    name: str
    instances: tuple[Instance, ...]
    title: str = ""

    def __post_init__(self) -> None:
        problems = [problem for machine in self.machines for problem in machine_problems(machine)]
        problems = problems or list(network_problems(self.name, self.instances))
        if problems:
            raise InputError(problems)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The machines in use, each once."""
        return tuple({id(instance.machine): instance.machine for instance in self.instances}.values())

    @cached_property
    def by_name(self) -> dict[str, Instance]:
        """The instances by name."""
        return {instance.name: instance for instance in self.instances}

    def named(self, word: str) -> Instance | None:
        """The instance of that name, or the one that is also called so (upper or lower case, where that is plain)."""
        names = {name: instance for instance in self.instances for name in (*instance.also, instance.name)}
        if word in names:
            return names[word]
        alike = [instance for name, instance in names.items() if name.casefold() == word.casefold()]
        return alike[0] if len(alike) == 1 else None

    def has(self, word: str) -> bool:
        """Whether there is an instance of that name, or one of that party."""
        parties = {instance.machine.party.casefold() for instance in self.instances} - {""}
        return self.named(word) is not None or word.casefold() in parties

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter by its global name, with the setting of its instance."""
        found: dict[str, Parameter] = {}
        for instance in self.instances:
            for parameter in instance.machine.parameters:
                value = instance.settings.get(parameter.name, parameter.value)
                found[f"{instance.name}.{parameter.name}"] = replace(parameter, value=value)
        return found

    @cached_property
    def variables(self) -> dict[str, tuple[Domain, object]]:
        """Every variable and location by global name, with its domain and first value."""
        found: dict[str, tuple[Domain, object]] = {}
        for instance in self.instances:
            machine = instance.machine
            found[f"{instance.name}.{STATE}"] = (machine.locations, machine.initial.name)
            for variable in machine.variables:
                found[f"{instance.name}.{variable.name}"] = (variable.domain, variable.initial)
        return found

    @cached_property
    def outputs(self) -> dict[str, Choice]:
        """Every output by global name, with the values it can have."""
        return {
            f"{instance.name}.{output}": domain
            for instance in self.instances
            for output, domain in instance.machine.outputs.items()
        }

    @cached_property
    def events(self) -> dict[str, bool]:
        """Every event by global name (``instance.event``), and whether it is a handshake."""
        return {
            f"{instance.name}.{event.name}": event.handshake
            for instance in self.instances
            for event in instance.machine.sends
        }

    @cached_property
    def clocks(self) -> dict[str, tuple[str, ...]]:
        """Every clock by global name, with the states of its owner in which it stands still."""
        found: dict[str, tuple[str, ...]] = {}
        for instance in self.instances:
            found[f"{instance.name}.{TIME_IN_STATE}"] = ()
            for clock in instance.machine.clocks:
                found[f"{instance.name}.{clock.name}"] = clock.pauses
        return found

    def transitions(self) -> Iterator[tuple[Instance, int, Transition]]:
        """Every transition with its instance and its index in the machine."""
        for instance in self.instances:
            for index, transition in enumerate(instance.machine.transitions):
                yield instance, index, transition

    def listeners(self, event: str) -> Iterator[tuple[Instance, int, Transition]]:
        """The transitions that react to a global event, grouped by instance in network order."""
        sender, _, name = event.partition(".")
        for instance, index, transition in self.transitions():
            trigger = transition.trigger
            if isinstance(trigger, On) and trigger.event == name and sender in instance.wired(trigger.port):
                yield instance, index, transition

    def output(self, name: str) -> Expr:
        """An output (``meter.dc``) as an expression over the location of its owner."""
        owner, _, output = name.partition(".")
        machine = self.by_name[owner].machine
        location = Name(f"{owner}.{STATE}")
        values: dict[str, list[str]] = {}
        for state in machine.states:
            values.setdefault(state.gives[output], []).append(state.name)
        *firsts, last = values.items()
        expr: Expr = Const(last[0])
        for value, states in reversed(firsts):
            expr = Choose(one_of(location, tuple(states)), Const(value), expr)
        return expr

    def globally(self, instance: Instance, expr: Expr) -> Expr:
        """A machine's expression with global names, outputs replaced by the locations that give them."""
        references = {
            variable.name: variable.domain.ports
            for variable in instance.machine.variables
            if isinstance(variable.domain, Reference)
        }

        def leaf(item: Leaf) -> Expr:
            match item:
                case Name(name) if "." in name:
                    head, _, tail = name.partition(".")
                    if head not in references:
                        return self.output(f"{instance.source(head)}.{tail}")
                    *firsts, last = references[head]
                    expr = self.output(f"{instance.source(last)}.{tail}")
                    for port in reversed(firsts):
                        chosen = Compare("==", Name(f"{instance.name}.{head}"), Const(port))
                        expr = Choose(chosen, self.output(f"{instance.source(port)}.{tail}"), expr)
                    return expr
                case Name(name):
                    return Name(f"{instance.name}.{name}")
                case Param(name):
                    return Param(f"{instance.name}.{name}")
                case Clock(name):
                    return Clock(f"{instance.name}.{name}")
            return item

        return rewrite(expr, leaf)

    def resolved(self, expr: Expr) -> Expr:
        """A global expression (of a sentence) with outputs replaced by the locations that give them."""

        def leaf(item: Leaf) -> Expr:
            return self.output(item.name) if isinstance(item, Name) and item.name in self.outputs else item

        return rewrite(expr, leaf)

    def with_settings(self, settings: Mapping[str, Setting]) -> Network:
        """The network with parameters set by global name (``{"meter.reboot": Fraction(60)}``)."""
        unknown = sorted(set(settings) - set(self.parameters))
        if unknown:
            raise InputError(f"network {self.name} has no parameter {unknown[0]}; it has {', '.join(self.parameters)}")
        return replace(
            self,
            instances=tuple(
                replace(
                    instance,
                    settings={
                        **instance.settings,
                        **{
                            parameter.name: settings[f"{instance.name}.{parameter.name}"]
                            for parameter in instance.machine.parameters
                            if f"{instance.name}.{parameter.name}" in settings
                        },
                    },
                )
                for instance in self.instances
            ),
        )

    def restricted_to(self, names: set[str]) -> Network:
        """The part of the network with the named instances; their wires must stay inside."""
        return replace(self, instances=tuple(instance for instance in self.instances if instance.name in names))


def upstream_first(network: Network) -> tuple[str, ...]:
    """The names of the instances, each after those that it reads.

    Also after those that it hears, where these pass on what they read or hear of others, and do not read it.
    """
    rests: dict[str, set[str]] = {}
    for name in network.by_name:
        rests[name], fresh = set(), {name}
        while fresh:
            rests[name] |= fresh
            fresh = {end for one in fresh for end in _ends(network.by_name[one], heard=False)} - rests[name]
    found: dict[str, None] = {}

    def follow(name: str, after: tuple[str, ...]) -> None:
        instance = network.by_name[name]
        passing = (end for end in _ends(instance, heard=True) if network.by_name[end].machine.ports)
        heard = (end for end in passing if name not in rests[end])
        for end in (*_ends(instance, heard=False), *heard):
            if end not in found and end not in (*after, name):
                follow(end, (*after, name))
        found[name] = None

    for name in network.by_name:
        if name not in found:
            follow(name, ())
    return tuple(found)


def _ends(instance: Instance, *, heard: bool) -> list[str]:
    """The instances that one only hears, or else those that it reads."""
    ports = [port for port in instance.machine.ports if instance.machine.only_hears(port) == heard]
    return [end for port in ports for end in instance.wired(port.name)]


def compose(name: str, machines: Mapping[str, Machine], wires: Mapping[str, str | Sequence[str]]) -> Network:
    """Wire machines into a network: ``compose("demo", {"a": lamp, "b": eye}, {"b.source": "a"})``.

    ``wires`` maps ``instance.port`` to an instance, or a port that only hears to a list of them. Raises
    :class:`InputError` with every problem found.
    """
    by_instance: dict[str, dict[str, str | Sequence[str]]] = {instance: {} for instance in machines}
    for end, target in wires.items():
        instance, _, port = end.partition(".")
        if instance not in by_instance:
            raise InputError(
                Problem(f"unknown instance {instance!r} in the wire {end!r}", did_you_mean(instance, machines))
            )
        by_instance[instance][port] = target
    return Network(name, tuple(Instance(who, machine, by_instance[who]) for who, machine in machines.items()))
