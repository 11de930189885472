"""Every problem of how machines are put together, found at once, each with place, cause and cure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from lastgasp.errors import Problem
from lastgasp.expr import clocks_in, value_text
from lastgasp.machine import Instance, On, Port, Range, Setting, When
from lastgasp.validate import did_you_mean


def network_problems(name: str, instances: Sequence[Instance]) -> Iterator[Problem]:
    """Every problem of the wiring, given machines that have none of their own."""
    by_name = {instance.name: instance for instance in instances}
    if not instances:
        yield Problem(f"network {name} has no instance")
    if len(by_name) < len(instances):
        names = [instance.name for instance in instances]
        twice = next(name for name in names if names.count(name) > 1)
        yield Problem(f"network {name} has two instances {twice!r}", "rename one of them")
    called = Counter(word.casefold() for instance in instances for word in (instance.name, *instance.also))
    for instance in instances:
        for word in instance.also:
            if called[word.casefold()] > 1:
                cure = "let each name mean one instance"
                yield Problem(f"{instance.name} is also called {word!r}, as another is", cure, instance.place)
    for instance in instances:
        machine = instance.machine
        if "." in instance.name or not instance.name:
            yield Problem(
                f"{instance.name!r} is no name for an instance", "use letters, digits and underscores", instance.place
            )
        for port in machine.ports:
            if port.name not in instance.wires:
                yield Problem(
                    f"the port {port.name!r} of {instance.name} is not wired",
                    f"add '{port.name}: INSTANCE'",
                    instance.place,
                )
        for port_name in instance.wires:
            wired = machine.port(port_name)
            if wired is None:
                known = [port.name for port in machine.ports]
                yield Problem(
                    f"{instance.name} has no port {port_name!r}", did_you_mean(port_name, known), instance.place
                )
            else:
                yield from _wire_problems(instance, wired, by_name)
        yield from _setting_problems(instance)
    yield from _handshake_problems(instances)


def _wire_problems(instance: Instance, port: Port, by_name: Mapping[str, Instance]) -> Iterator[Problem]:
    """Every problem of what one port is wired to."""
    ends = instance.wired(port.name)
    where = f"the port {port.name!r} of {instance.name}"
    if not ends:
        yield Problem(f"{where} is wired to an empty list", "name at least one instance", instance.place)
    if len(ends) > 1 and not instance.machine.only_hears(port):
        cure = "wire it to one instance; only a port that does no more than hear takes a list"
        yield Problem(f"{where} reads outputs and is wired to {' and '.join(ends)}", cure, instance.place)
    for target in dict.fromkeys(ends):
        if ends.count(target) > 1:
            yield Problem(f"{where} is wired to {target} twice", "name it once", instance.place)
        if target not in by_name:
            yield Problem(f"unknown instance {target!r}", did_you_mean(target, by_name), instance.place)
        elif target == instance.name:
            what = f"{instance.name} is wired to itself by {port.name!r}"
            yield Problem(what, "a machine reads its own names directly", instance.place)
        else:
            yield from _offer_problems(instance, port, by_name[target])
    for event in port.hears:
        kinds = {sent.handshake for end in ends if end in by_name and (sent := by_name[end].machine.event(event))}
        if len(kinds) > 1:
            what = f"{where} hears {event!r} from some as a broadcast and from others as a handshake"
            yield Problem(what, "hear them through two ports", instance.place)


def _offer_problems(instance: Instance, port: Port, other: Instance) -> Iterator[Problem]:
    """What a port expects and the instance that it is wired to does not offer."""
    for output, values in port.reads.items():
        offered = other.machine.outputs.get(output)
        if offered is None:
            cure = did_you_mean(output, other.machine.outputs)
            yield Problem(f"{other.name} gives no output {output!r}", cure, port.place)
            continue
        for value in offered.names:
            if value not in values:
                yield Problem(
                    f"{other.name} may give {output} {value!r}, which {instance.name} does not expect",
                    f"add it to 'reads' of port {port.name!r}",
                    port.place,
                )
    for event in port.hears:
        if other.machine.event(event) is None:
            known = [sent.name for sent in other.machine.sends]
            yield Problem(f"{other.name} sends no event {event!r}", did_you_mean(event, known), port.place)


def _setting_problems(instance: Instance) -> Iterator[Problem]:
    """Every problem of the parameters that are set for an instance."""
    declared = {parameter.name: parameter for parameter in instance.machine.parameters}
    for setting, given in instance.settings.items():
        if setting not in declared:
            yield Problem(
                f"{instance.name} has no parameter {setting!r}", did_you_mean(setting, declared), instance.place
            )
            continue
        kinds = [type(item.low if isinstance(item, Range) else item) for item in (declared[setting].value, given)]
        if kinds[0] is not kinds[1]:
            cure = f"write something like {_setting_text(declared[setting].value)}"
            yield Problem(f"the parameter {setting!r} of {instance.name} has another kind", cure, instance.place)
            continue
        allowed = declared[setting].value
        ends = (given.low, given.high) if isinstance(given, Range) else (given, given)
        if isinstance(allowed, Range) and not (allowed.low <= ends[0] and ends[1] <= allowed.high):
            cure = f"write a value within {_setting_text(allowed)}"
            yield Problem(f"the parameter {setting!r} of {instance.name} is outside of its range", cure, instance.place)
        elif isinstance(ends[0], Fraction) and ends[0] < 0:
            what = f"the duration {setting!r} of {instance.name} may be less than 0 s"
            yield Problem(what, "write 0 s or more", instance.place)


def _setting_text(value: Setting) -> str:
    """A value or a range as files write it."""
    if isinstance(value, Range):
        return f"{value_text(value.low)} .. {value_text(value.high)}"
    return value_text(value)


def _handshake_problems(instances: Sequence[Instance]) -> Iterator[Problem]:
    """A partner's guard on an urgent handshake must not read a clock (UPPAAL's rule for urgent channels)."""
    urgent = {
        (instance.name, transition.send)
        for instance in instances
        for transition in instance.machine.transitions
        if transition.send
        and isinstance(transition.trigger, When)
        and (event := instance.machine.event(transition.send))
        and event.handshake
    }
    for instance in instances:
        for transition in instance.machine.transitions:
            trigger = transition.trigger
            if isinstance(trigger, On) and any((end, trigger.event) in urgent for end in instance.wired(trigger.port)):
                read = sorted(clocks_in(transition.guard))
                if read:
                    yield Problem(
                        f"a partner of a 'when' handshake reads the clock {read[0]!r}",
                        "make the sender's trigger 'after' or 'may', or drop the clock from 'if'",
                        transition.place,
                    )
