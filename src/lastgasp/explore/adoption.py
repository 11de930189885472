"""A state machine of the library ``transitions``, taken over as a machine to compose and check.

The code around such a machine calls its triggers when it likes, so a trigger may come at any time or never, until it
is described. A condition is code, and code cannot be read: an undescribed one may hold or not, each time anew. Where
nothing is described the result therefore allows more than the original: what holds of it holds of the original, and a
run that fails may rest on a condition that cannot be so. Labels say which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lastgasp.errors import InputError, Problem
from lastgasp.expr import duration_text
from lastgasp.language.durations import parse_duration
from lastgasp.language.machines import machine_from_yaml
from lastgasp.lazy import lazy
from lastgasp.machine import Machine
from lastgasp.validate import did_you_mean

if TYPE_CHECKING:
    from lastgasp.explore import machines
else:
    machines = lazy("lastgasp.explore.machines")

ERROR = "machine_error"
"""The state that stands for the exception that ``transitions`` raises for a trigger that a state does not expect."""

MAY = "may"


def from_transitions(
    machine: object,
    conditions: Mapping[Any, str] | None = None,
    *,
    name: str = "machine",
    party: str = "",
    triggers: Mapping[str, str] | None = None,
    timeouts: Mapping[str, str] | None = None,
    late: Fraction | int | str = 0,
    reads: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
    gives: Mapping[str, Mapping[str, str]] | None = None,
    sends: Mapping[str, str] | None = None,
    harmless: Iterable[Any] = (),
) -> Machine:
    """A machine of ``transitions`` (plain, hierarchical, with ``Timeout`` states) as a machine of this library.

    ``conditions``: a condition (its name, or the callable) to what it says, such as ``"door.open is yes"``.
    ``triggers``: when a trigger comes: ``"may"``, ``"when CONDITION"``, ``"after 2 s .. 5 s"`` or ``"on PORT.EVENT"``;
    without it, at any time or never. A trigger that a timeout fires comes from there alone, one that the library makes
    up (``to_STATE``) never. ``timeouts``: a state to the trigger that its timeout fires, where that is code. ``late``:
    how late a timeout may be, in seconds or in words. ``reads``: ports with the outputs that conditions read, and their
    values. ``gives``: a state to the outputs that it gives. ``sends``: a trigger to the event that is then sent.
    ``harmless``: callbacks and conditions that do not change the state, though they look as if.

    It starts in its initial state, wherever it is now. A state with children is an output that tells whether it is in
    one of them (``"m shall not keep work yes for more than 3 s."``). A heard trigger that a state does not expect, and
    does not ignore, leads to the state ``machine_error``. Raises :class:`InputError` with everything that cannot be
    represented: queued and asynchronous machines, parallel states, retries, callbacks and conditions that fire triggers
    or set the state, as far as their code and that of the functions that they call shows it.
    """
    found = machines.outline(machine, harmless)
    named = {machines.name_of(key): text for key, text in (conditions or {}).items()}
    lateness = parse_duration(late) if isinstance(late, str) else Fraction(str(late))
    adoption = _Adoption(found, named, dict(triggers or {}), dict(timeouts or {}), dict(sends or {}), lateness)
    problems = [*found.problems, *adoption.problems(gives or {})]
    if problems:
        raise InputError(problems)
    transitions = list(adoption.transitions())
    text = {
        "machine": name,
        "party": party or name,
        "reads": {
            port: {output: list(values) for output, values in read.items()} for port, read in (reads or {}).items()
        },
        "hears": adoption.heard(),
        "sends": list(dict.fromkeys((sends or {}).values())),
        "states": adoption.states(gives or {}, transitions),
        "transitions": transitions,
    }
    try:
        return machine_from_yaml(json.dumps({key: value for key, value in text.items() if value}), name)
    except InputError as error:  # the places are those of a text that nobody wrote
        raise InputError([replace(problem, place=None) for problem in error.problems]) from None


@dataclass(frozen=True)
class _Adoption:
    """What is known of a machine, and how its triggers, conditions and timeouts are described."""

    outline: machines.Outline
    conditions: Mapping[str, str]
    described: Mapping[str, str]
    timeouts: Mapping[str, str]
    sends: Mapping[str, str]
    late: Fraction

    # -- what is wrong ------------------------------------------------------------------------------------------------

    def problems(self, gives: Mapping[str, object]) -> Iterator[Problem]:
        """Names that occur nowhere, timeouts that nobody can follow, names that become the same."""
        used = {machines.name_of(c) for found in self.outline.arrows.values() for a in found for c, _ in a.conditions}
        stages = [stage.name for stage in self.outline.stages]
        tables: list[tuple[str, Iterable[str], Iterable[str]]] = [
            ("condition", self.conditions, sorted(used)),
            ("trigger", [*self.described, *self.timeouts.values(), *self.sends], self.outline.triggers),
            ("state", [*self.timeouts, *gives], stages),
        ]
        for kind, given, known in tables:
            for item in given:
                if item not in known:
                    yield Problem(f"the machine has no {kind} {item!r}", did_you_mean(item, list(known)))
        for stage in self.outline.stages:
            if stage.timeout and self.fired(stage) is None:
                what = f"what the timeout of {stage.name!r} does is code, which cannot be read"
                yield Problem(what, f"name the trigger that it fires: timeouts={{{stage.name!r}: TRIGGER}}")
        names = [_plain(stage) for stage in stages]
        for twice in sorted({item for item in names if names.count(item) > 1}):
            yield Problem(f"two states would be called {twice!r}", "rename one of them")
        if self.late < 0:
            yield Problem(f"late = {self.late} s is less than nothing", "a timeout comes at its time, or later")
        for trigger, text in self.described.items():
            if re.match(r"\s*on\s", text) and trigger in self.sends:
                what = f"the trigger {trigger!r} is heard, and so it cannot send {self.sends[trigger]!r} at once"
                yield Problem(what, "let its target state give an output: gives={STATE: {OUTPUT: VALUE}}")
            if not re.fullmatch(r"\s*(may\s*|(when|after)\s.+|on\s+[^\s.]+\.[^\s.]+\s*)", text, re.S):
                yield Problem(
                    f"{text!r} does not say when the trigger {trigger!r} comes",
                    "write 'may', 'when CONDITION', 'after 2 s .. 5 s' or 'on PORT.EVENT'",
                )

    def fired(self, stage: machines.Stage) -> str | None:
        """The trigger that a state's timeout fires; nothing (empty) if it changes nothing; ``None`` if unknown."""
        if stage.name in self.timeouts:
            return self.timeouts[stage.name]
        firing = [item for item in stage.on_timeout if item in self.outline.triggers]
        if len(firing) == len(stage.on_timeout) == 1:
            return str(firing[0])
        return None

    # -- when triggers come -------------------------------------------------------------------------------------------

    def comes(self, trigger: str) -> str:
        """When a trigger comes, apart from timeouts; empty: never."""
        if trigger in self.described:
            return self.described[trigger].strip()
        timed = {self.fired(stage) for stage in self.outline.stages if stage.timeout}
        return "" if trigger in timed or trigger in self.outline.automatic else MAY

    def heard(self) -> dict[str, list[str]]:
        """The events that triggers come from, by port."""
        found: dict[str, list[str]] = {}
        for text in self.described.values():
            kind, _, event = text.strip().partition(" ")
            port, _, name = event.strip().partition(".")
            if kind == "on" and name not in found.setdefault(port, []):
                found[port].append(name)
        return found

    # -- states and transitions ---------------------------------------------------------------------------------------

    def states(self, gives: Mapping[str, Mapping[str, str]], transitions: list[dict[str, Any]]) -> dict[str, Any]:
        """The states by name; with outputs, the one for an unexpected trigger gives what the first one gives."""
        parents = dict.fromkeys(parent for stage in self.outline.stages for parent in stage.inside)
        nowhere = {_plain(parent): "no" for parent in parents}
        found: dict[str, Any] = {}
        for stage in self.outline.stages:
            state: dict[str, Any] = {} if _plain(stage.name) == stage.name else {"label": stage.name}
            if stage.name == self.outline.initial:
                state["initial"] = "yes"
            given = {**nowhere, **{_plain(parent): "yes" for parent in stage.inside}, **gives.get(stage.name, {})}
            found[_plain(stage.name)] = state | ({"gives": given} if given else {})
        if any(item.get("to") == ERROR for item in transitions):
            label = "an error: a trigger came in a state that does not expect it"
            given = {**next(iter(gives.values()), {}), **nowhere}
            found[ERROR] = {"label": label} | ({"gives": given} if given else {})
        return found

    def transitions(self) -> Iterator[dict[str, Any]]:
        """Every transition, those that differ in the state they leave alone taken together."""
        together: dict[str, dict[str, Any]] = {}
        for item in self._transitions():
            key = json.dumps({part: value for part, value in item.items() if part != "from"}, sort_keys=True)
            together.setdefault(key, {**item, "from": []})["from"].append(item["from"])
        yield from together.values()

    def _transitions(self) -> Iterator[dict[str, Any]]:
        for stage in self.outline.stages:
            source = _plain(stage.name)
            for trigger in self.outline.triggers:
                comes = self.comes(trigger)
                if comes:
                    yield from self.of(source, stage, trigger, comes)
            if stage.timeout and (fired := self.fired(stage)):
                low = Fraction(str(stage.timeout))
                window = f"{duration_text(low)} .. {duration_text(low + self.late)}"
                yield from self.of(source, stage, fired, f"after {window}")

    def of(self, source: str, stage: machines.Stage, trigger: str, comes: str) -> Iterator[dict[str, Any]]:
        """What a trigger does in one state, where it comes as said."""
        kind, _, text = comes.partition(" ")
        arrows = self.outline.arrows.get((stage.name, trigger), ())
        if not arrows:
            if kind == "on" and not stage.ignores:
                yield {"from": source, "to": ERROR, "on": text, "label": f"{trigger}, not expected"}
            return
        refused: list[str] = []
        open_ = any(self.free(arrow) for arrow in arrows)
        certain = not all(arrow.conditions for arrow in arrows)
        for arrow in arrows:
            guard = [*self.guard(arrow), *refused]
            sure = not guard and not open_
            item = {"from": source, **self.trigger(kind, text, sure=sure)}
            if kind == "when" and not sure:
                guard.insert(0, f"({text})")
            if arrow.target is not None:
                item["to"] = _plain(arrow.target)
            if guard:
                item["if"] = " and ".join(guard)
            if trigger in self.sends:
                item["send"] = self.sends[trigger]
            free = " and ".join(self.free(arrow))
            yield item | {"label": f"{trigger}, if {free} (not described: it may hold or not)" if free else trigger}
            if not arrow.conditions:
                return
            if not self.free(arrow):
                refused.append(f"not ({' and '.join(self.guard(arrow))})")
        if kind == "on" and open_ and not certain:
            yield {"from": source, "on": text, "label": f"{trigger}, its conditions do not hold"}

    def trigger(self, kind: str, text: str, *, sure: bool) -> dict[str, Any]:
        """When a transition is taken. What a condition may keep from happening is permitted, not forced."""
        if kind == "after" and not sure:
            return {"after": f"{text.partition('..')[0].strip()} .."}
        if kind == MAY or (kind == "when" and not sure):
            return {"may": ""}
        return {kind: text.strip()}

    def guard(self, arrow: machines.Arrow) -> list[str]:
        """The described conditions of a transition."""
        texts = ((self.conditions.get(machines.name_of(func)), wanted) for func, wanted in arrow.conditions)
        return [f"({text})" if wanted else f"not ({text})" for text, wanted in texts if text is not None]

    def free(self, arrow: machines.Arrow) -> list[str]:
        """The conditions of a transition that are not described, by name."""
        named = ((machines.name_of(func), wanted) for func, wanted in arrow.conditions)
        return [name if wanted else f"not {name}" for name, wanted in named if name not in self.conditions]


def _plain(name: str) -> str:
    """A state's name in letters, digits and underscores."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if re.match(r"[A-Za-z]", plain) else f"s{plain}"
