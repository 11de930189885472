"""Objects as YAML, in one layout. Reading what is written here gives an equal object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lastgasp.expr import TRUE, Bool, Choice, Domain, Reference, Value, text, value_text
from lastgasp.machine import After, Machine, On, Parameter, Range, Setting, State, Transition, Variable, When
from lastgasp.network import Network
from lastgasp.study import Profile

Data = str | list[Any] | dict[str, Any] | None
"""What is written: texts, lists, mappings, and ``None`` for a key without value."""

WIDTH = 110
_PLAIN = re.compile(r"[^\W_][\w .()+<>=*/'-]*|[(][\w .()+<>=*/'-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar(value: str) -> str:
    """A text as YAML: plain where that is safe, else in double quotes."""
    if _PLAIN.fullmatch(value) and value == value.strip() and value.isprintable():
        return value
    return '"' + "".join(_ESCAPES.get(char) or _escape(char) for char in value) + '"'


def _escape(char: str) -> str:
    if char.isprintable() or char == " ":
        return char
    return f"\\U{ord(char):08x}"


def flow(data: Data) -> str:
    """The data in one line."""
    match data:
        case None:
            return ""
        case str():
            return scalar(data)
        case list():
            return f"[{', '.join(flow(item) for item in data)}]"
        case dict():
            return "{" + ", ".join(f"{scalar(key)}: {flow(value)}" for key, value in data.items()) + "}"


def block(data: dict[str, Any], indent: int = 0, deep: int = 2) -> str:
    """The mapping in lines; what lies more than ``deep`` levels down, or fits, goes into one line."""
    lines: list[str] = []
    pad = " " * indent
    for key, value in data.items():
        one_line = f"{pad}{scalar(key)}: {flow(value)}".rstrip()
        nested = isinstance(value, dict | list) and value
        if not nested or (deep <= 1 and len(one_line) <= WIDTH) or (deep <= 0):
            lines.append(one_line)
        elif isinstance(value, dict):
            lines.append(f"{pad}{scalar(key)}:\n" + block(value, indent + 2, deep - 1).rstrip("\n"))
        elif deep == 2 and not any(isinstance(item, dict) for item in value) and len(one_line) <= WIDTH:
            lines.append(one_line)
        else:
            lines.append(f"{pad}{scalar(key)}:")
            lines += [f"{pad}  - {flow(item)}" for item in value]
    return "\n".join(lines) + "\n"


def filled(**keys: Data) -> dict[str, Any]:
    """The keys that have something to say; underscores stand for spaces."""
    return {key.replace("_", " ").strip(): value for key, value in keys.items() if value not in ("", [], {}, None)}


def setting_text(value: Setting) -> str:
    """A parameter's value as files write it: ``60 s``, ``3``, ``yes``, ``0 s .. 5 min``."""
    if isinstance(value, Range):
        return f"{value_text(value.low)} .. {value_text(value.high)}"
    return value_text(value)


def parameters_data(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Parameters by name as a file holds them."""
    return {
        name: {"range" if isinstance(parameter.value, Range) else "value": setting_text(parameter.value)}
        | filled(label=parameter.label, source=parameter.source)
        for name, parameter in parameters.items()
    }


def machine_to_yaml(machine: Machine) -> str:
    """The machine as its file; reading it gives an equal machine."""
    reads = {port.name: {output: list(values) for output, values in port.reads.items()} for port in machine.ports}
    hears = {port.name: list(port.hears) for port in machine.ports if port.hears}
    if list(machine.ports) == sorted(machine.ports, key=lambda port: not port.reads):
        reads = {name: outputs for name, outputs in reads.items() if outputs or name not in hears}
    sends: Data = [event.name for event in machine.sends]
    if any(event.handshake or event.label for event in machine.sends):
        sends = {event.name: filled(kind="handshake" * event.handshake, label=event.label) for event in machine.sends}
    return block(
        {"machine": machine.name}
        | filled(
            title=machine.title,
            party=machine.party,
            reads=reads,
            hears=hears,
            sends=sends,
            parameters=parameters_data({parameter.name: parameter for parameter in machine.parameters}),
            variables={variable.name: _variable(variable) for variable in machine.variables},
            clocks={clock.name: filled(label=clock.label, pauses_in=list(clock.pauses)) for clock in machine.clocks},
            states={state.name: _state(state) for state in machine.states},
            transitions=[_transition(transition, machine) for transition in machine.transitions],
        )
    )


def _variable(variable: Variable) -> dict[str, Any]:
    return _domain(variable.domain) | {"initial": _value(variable.initial)} | filled(label=variable.label)


def _value(value: Value) -> str:
    return value_text(value)


def _domain(domain: Domain) -> dict[str, Any]:
    match domain:
        case Bool():
            return {"bool": "yes"}
        case Choice(names):
            return {"values": list(names)}
        case Reference(ports):
            return {"refers to": list(ports)}
        case _:
            return {"range": f"{domain.low} .. {domain.high}"}


def _state(state: State) -> dict[str, Any]:
    def yes(flag: bool) -> str:
        return "yes" if flag else ""

    return filled(
        initial=yes(state.initial),
        label=state.label,
        gives=dict(state.gives),
        at_most="" if state.at_most is None else text(state.at_most),
        less_than="" if state.less_than is None else text(state.less_than),
        urgent=yes(state.urgent),
        committed=yes(state.committed),
        instantaneous=yes(state.instantaneous),
    )


def _transition(transition: Transition, machine: Machine) -> dict[str, Any]:
    everywhere = len(transition.sources) > 1 and transition.sources == tuple(state.name for state in machine.states)
    sources: Data = list(transition.sources) if len(transition.sources) > 1 else transition.sources[0]
    return (
        {"from": "any" if everywhere and machine.locations.names.count("any") == 0 else sources}
        | filled(to=transition.target)
        | _trigger(transition)
        | filled(
            **{"if": "" if transition.guard == TRUE else text(transition.guard)},
            set={name: text(value) for name, value in transition.assign},
            restart=list(transition.restart),
            send=transition.send,
            label=transition.label,
        )
    )


def _trigger(transition: Transition) -> dict[str, Any]:
    match transition.trigger:
        case On(port, event):
            return {"on": f"{port}.{event}"}
        case When(condition):
            return {"when": text(condition)}
        case After(low, high, low_strict, high_strict):
            start = f"{'more than ' if low_strict else ''}{text(low)}"
            if high is None:
                return {"after": f"{start} .."}
            if low == high and not (low_strict or high_strict):
                return {"after": start}
            return {"after": f"{start} .. {'less than ' if high_strict else ''}{text(high)}"}
        case _:
            return {"may": None}


def network_to_yaml(network: Network) -> str:
    """The installation as its file; reading it over the same machines gives an equal network."""
    instances = {
        instance.name: {"machine": instance.machine.name}
        | filled(
            title=instance.title,
            also=list(instance.also),
            wires={port: ends if isinstance(ends, str) else list(ends) for port, ends in instance.wires.items()},
            settings={name: setting_text(value) for name, value in instance.settings.items()},
        )
        for instance in network.instances
    }
    return block({"installation": network.name} | filled(title=network.title) | {"instances": instances})


def profiles_to_yaml(profiles: Mapping[str, Profile]) -> str:
    """The profiles as one file."""
    return block({"profiles": {name: profile_data(profile) for name, profile in profiles.items()}}, deep=3)


def profile_data(profile: Profile) -> dict[str, Any]:
    """A profile as a file holds it."""
    settings = {name: setting_text(value) for name, value in profile.settings.items()}
    return filled(title=profile.title, source=profile.source) | {"settings": settings}
