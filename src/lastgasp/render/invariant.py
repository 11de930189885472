"""A proof in words: what is true whenever the machines that the goal speaks of are in certain states.

Said is what follows from the proof's zones, not all that they say: which states of the others go with them, and how
long things have lasted at least and at most. A reader can check each line against the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from lastgasp.certificate import Certificate
from lastgasp.expr import And, Value, duration_text, text
from lastgasp.machine import STATE, TIME_IN_STATE
from lastgasp.recheck.inductive import StoredZone
from lastgasp.semantics import labels
from lastgasp.slicing import instances_of
from lastgasp.system import TimedSystem, observer_name

Group = tuple[tuple[str, Value], ...]


def invariant_lines(certificate: Certificate) -> list[str]:
    """The lines of the proof, a paragraph for each combination of states of the goal's machines."""
    if certificate.zones is None:
        return _conjuncts(certificate)
    system = certificate.system()
    names = tuple(system.variables)
    words = labels(certificate.network)
    spoken = [name for name in certificate.part.network.by_name if name in instances_of(certificate.goal)]
    keys = [f"{name}.{STATE}" for name in spoken if len(certificate.network.by_name[name].machine.states) > 1]
    groups: dict[Group, list[StoredZone]] = {}
    everywhere: dict[str, set[Value]] = {name: set() for name in names}
    for zone in certificate.zones.zones:
        values = dict(zip(names, zone.location, strict=True))
        groups.setdefault(tuple((key, values[key]) for key in keys), []).append(zone)
        for name, value in values.items():
            everywhere[name].add(value)
    clocks = _clock_words(certificate, system, words)
    lines: list[str] = []
    for group, zones in groups.items():
        lines.append("Whenever " + " and ".join(_state(words, name, value) for name, value in group) + ":")
        facts = list(_others(names, zones, everywhere, dict(group), words))
        facts += _times(zones, clocks, certificate.zones.scale)
        lines += [f"  {fact}" for fact in facts] or ["  nothing more is needed"]
    return lines


def _conjuncts(certificate: Certificate) -> list[str]:
    """A solver's invariant, a line for each of its parts, in the terms of the models."""
    if certificate.invariant is None:
        return []
    condition = certificate.invariant.condition
    parts = condition.items if isinstance(condition, And) else (condition,)
    return ["Always:", *(f"  {text(part)}" for part in parts)]


def _state(words: Mapping[str, str], name: str, value: Value) -> str:
    owner = name.partition(".")[0]
    return f"{words.get(owner, owner)} is '{words.get(f'{name}={value}', value)}'"


def _others(
    names: tuple[str, ...],
    zones: list[StoredZone],
    everywhere: Mapping[str, set[Value]],
    group: Mapping[str, Value],
    words: Mapping[str, str],
) -> Iterator[str]:
    """The machines that are then in some of their states only."""
    for place, name in enumerate(names):
        here = {zone.location[place] for zone in zones}
        if not name.endswith(f".{STATE}") or name in group or here == everywhere[name]:
            continue
        absent = everywhere[name] - here
        fewer, sense = (absent, "is not") if len(absent) < len(here) else (here, "is")
        found = [f"'{words.get(f'{name}={value}', value)}'" for value in sorted(fewer, key=str)]
        owner = name.partition(".")[0]
        yield f"{words.get(owner, owner)} {sense} {' or '.join(found)}"


def _times(zones: list[StoredZone], clocks: Mapping[str, str], scale: int) -> Iterator[str]:
    """How much the clocks that have a name show, at least and at most, where that is known everywhere in the group."""
    for clock, label in clocks.items():
        lows = [zone.constraints.get(("", clock), 1) for zone in zones]
        highs = [zone.constraints.get((clock, "")) for zone in zones]
        low, parts = max(lows), []
        if low >> 1 < 0:
            parts.append(f"{'at least' if low & 1 else 'more than'} {duration_text(Fraction(-(low >> 1), scale))}")
        known = [high for high in highs if high is not None]
        if len(known) == len(highs):
            high = max(known)
            parts.append(f"{'at most' if high & 1 else 'less than'} {duration_text(Fraction(high >> 1, scale))}")
        if parts:
            yield f"{label}: {' and '.join(parts)}"


def _clock_words(certificate: Certificate, system: TimedSystem, words: Mapping[str, str]) -> dict[str, str]:
    """Names for clocks: times in states, and what the sentences' observers measure."""
    found = {
        f"{name}.{TIME_IN_STATE}": f"time in that state of {words.get(name, name)}"
        for name in certificate.part.network.by_name
    }
    for monitor in system.monitors:
        owner = "the goal" if monitor is system.goal else monitor.name.removeprefix(observer_name(""))
        found |= {clock: f"{label} ({owner})" for clock, label in monitor.labels.items()}
    return found
