"""Machines, installations and profiles, read from their YAML; :mod:`.writing` is the way back.

Every function that takes a node expects one whose shape was checked (:func:`.shapes.shape_problems`) and adds what else
it finds to a list of problems, so that a file's problems are told all at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Lookup
from dataclasses import replace
from fractions import Fraction

from lastgasp.errors import InputError, Place, Problem
from lastgasp.expr import TRUE, Bool, Choice, Domain, Expr, Reference, Value, Whole
from lastgasp.language.conditions import literal, parse_condition, parse_duration_expr, parse_value
from lastgasp.language.durations import MAX_DIGITS, parse_duration
from lastgasp.language.keys import KINDS
from lastgasp.language.places import place_at, refusal
from lastgasp.language.shapes import shape_problems
from lastgasp.language.writing import machine_to_yaml, network_to_yaml
from lastgasp.language.yaml_source import Mapping, Node, Scalar, Sequence, parse_yaml
from lastgasp.machine import (
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
    Setting,
    State,
    Transition,
    Trigger,
    Variable,
    When,
)
from lastgasp.network import Network
from lastgasp.study import Profile
from lastgasp.validate import did_you_mean, machine_problems

ANY = "any"
MAX_WINDOW = 500
MAX_VALUES = 1000
_WINDOW = re.compile(
    r"\s*(?P<more>more\s+than\s)?(?P<low>(?:(?!\.\.).)*?)\s*(?P<dots>\.\.\s*(?P<less>less\s+than\s)?(?P<high>.*?)\s*)?",
    re.S,
)


def machine_from_yaml(text: str, name: str = "<text>") -> Machine:
    """The machine of a YAML text. ``name`` is what places call it. Raises :class:`InputError` with every problem."""
    node = parse_yaml(text, name)
    problems = list(shape_problems(node, KINDS["machine"]))
    machine = None if problems else read_machine(node, problems)
    if machine is None or problems:
        raise InputError(problems)
    return machine


def network_from_yaml(text: str, machines: Lookup[str, Machine], name: str = "<text>") -> Network:
    """The installation of a YAML text over the given machines. Raises :class:`InputError` with every problem."""
    node = parse_yaml(text, name)
    problems = list(shape_problems(node, KINDS["installation"]))
    network = None if problems else read_network(node, machines, problems)
    if network is None or problems:
        raise InputError(problems)
    return network


# --- plain parts ---------------------------------------------------------------------------------------------------


def fields(node: Node | None) -> dict[str, Node]:
    """The entries of a mapping by key; none for a missing node."""
    return {key.text: value for key, value in node.entries} if isinstance(node, Mapping) else {}


def named(node: Node | None) -> list[tuple[str, Place, Node]]:
    """The entries of a mapping with the places of their keys."""
    return [(key.text, key.place, value) for key, value in node.entries] if isinstance(node, Mapping) else []


def line(node: Node | None) -> str:
    """The text of a scalar; empty for a missing node."""
    return node.text if isinstance(node, Scalar) else ""


def words(node: Node | None) -> tuple[str, ...]:
    """The texts of a list, or of a single text that stands for a list."""
    return tuple(line(item) for item in node.items) if isinstance(node, Sequence) else (line(node),) if node else ()


def start(node: Node) -> Place:
    """Where the first character of a scalar stands; any other node's place."""
    return node.start if isinstance(node, Scalar) else node.place


def _whole(text: str, place: Place | None) -> int:
    if not re.fullmatch(rf"-?\d{{1,{MAX_DIGITS}}}", text):
        raise refusal(f"'{text[:60]}' is not a whole number", "write one such as '3'", place)
    return int(text)


def parse_setting(text: str, place: Place | None = None) -> Setting:
    """A parameter's value: ``60 s``, ``3``, ``yes`` or a range of two of them (``0 s .. 5 min``)."""
    low, dots, high = text.partition("..")
    if ".." in high:
        raise refusal(f"'{text[:60]}' has more than one '..'", "write one range, such as '0 s .. 5 min'", place)
    if dots:
        ends = [parse_setting(low, place), parse_setting(high, place_at(place, text, len(low) + 2))]
        if isinstance(ends[0], Fraction) and isinstance(ends[1], Fraction):
            return Range(ends[0], ends[1])
        if type(ends[0]) is int and type(ends[1]) is int:
            return Range(ends[0], ends[1])
        cure = "write two durations, or two whole numbers, such as '0 s .. 5 min'"
        raise refusal(f"'{text}' is not a range", cure, place)
    stripped = text.strip()
    if stripped in ("yes", "no"):
        return stripped == "yes"
    if re.fullmatch(r"-?\d+", stripped):
        return _whole(stripped, place)
    return parse_duration(text, place)


class _Problems:
    """Runs parsers, keeping what they refuse in a list."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found

    def add(self, what: str, cure: str, place: Place) -> None:
        self.found.append(Problem(what, cure, place))

    def setting(self, node: Node) -> Setting:
        try:
            return parse_setting(line(node), start(node))
        except InputError as error:
            self.found.extend(error.problems)
            return Fraction(0)


# --- machines ------------------------------------------------------------------------------------------------------


def read_machine(node: Node, found: list[Problem]) -> Machine | None:
    """The machine of a checked node, or ``None`` where problems were added to ``found``."""
    before = len(found)
    reader = _MachineReader(fields(node), node.place, found)
    machine = reader.machine()
    if len(found) == before:
        found.extend(machine_problems(machine))
    return machine if len(found) == before else None


class _MachineReader(_Problems):
    def __init__(self, keys: dict[str, Node], place: Place, found: list[Problem]) -> None:
        super().__init__(found)
        self.keys = keys
        self.names = [name for name, _, _ in named(keys["states"])]
        self.known = Machine(
            name=line(keys["machine"]),
            states=(),
            title=line(keys.get("title")),
            party=line(keys.get("party")),
            ports=tuple(self.ports()),
            parameters=read_parameters(keys.get("parameters"), found),
            variables=tuple(self.variable(*entry) for entry in named(keys.get("variables"))),
            clocks=tuple(
                ClockDeclaration(name, line(fields(value).get("label")), words(fields(value).get("pauses in")), place)
                for name, place, value in named(keys.get("clocks"))
            ),
            sends=tuple(self.events()),
            place=place,
        )

    def machine(self) -> Machine:
        states = tuple(self.state(*entry) for entry in named(self.keys["states"]))
        listed = self.keys.get("transitions")
        items = listed.items if isinstance(listed, Sequence) else ()
        return replace(self.known, states=states, transitions=tuple(self.transition(item) for item in items))

    def ports(self) -> list[Port]:
        ports: dict[str, Port] = {}
        for name, place, value in named(self.keys.get("reads")):
            ports[name] = Port(name, {output: words(values) for output, _, values in named(value)}, (), place)
        for name, place, value in named(self.keys.get("hears")):
            ports[name] = replace(ports.get(name, Port(name, place=place)), hears=words(value))
        return list(ports.values())

    def events(self) -> list[Event]:
        sends = self.keys.get("sends")
        if isinstance(sends, Sequence):
            return [Event(line(item), place=item.place) for item in sends.items]
        return [
            Event(name, line(fields(value).get("kind")) == "handshake", line(fields(value).get("label")), place)
            for name, place, value in named(sends)
        ]

    def variable(self, name: str, place: Place, node: Node) -> Variable:
        keys = fields(node)
        domain: Domain = Bool()
        if "values" in keys:
            domain = Choice(words(keys["values"]))
        elif "refers to" in keys:
            domain = Reference(words(keys["refers to"]))
        elif "range" in keys:
            limits = self.setting(keys["range"])
            domain = Whole(0, 0)
            if isinstance(limits, Range) and isinstance(limits.low, int) and isinstance(limits.high, int):
                if limits.high - limits.low < MAX_VALUES:
                    domain = Whole(limits.low, limits.high)
                else:
                    self.add(f"a range of more than {MAX_VALUES} values", "write a smaller one", start(keys["range"]))
            else:
                self.add("the range of a variable is two whole numbers", "such as '0 .. 3'", start(keys["range"]))
        first = keys["initial"]
        initial: Value | None = literal(line(first), domain)
        if isinstance(domain, Whole) and re.fullmatch(rf"-?\d{{1,{MAX_DIGITS}}}", line(first)):
            initial = int(line(first))
        if initial is None or (isinstance(domain, Whole) and not domain.low <= int(initial) <= domain.high):
            allowed = ["yes", "no"] if isinstance(domain, Bool) else [str(value) for value in domain.values()[:20]]
            what = f"{name!r} cannot start as '{line(first)[:60]}'"
            self.add(what, did_you_mean(line(first), allowed), start(first))
            initial = domain.values()[0] if domain.values() else False
        return Variable(name, domain, initial, line(keys.get("label")), place)

    def state(self, name: str, place: Place, node: Node) -> State:
        keys = fields(node)

        def yes(key: str) -> bool:
            return line(keys.get(key)) == "yes"

        return State(
            name=name,
            initial=yes("initial"),
            label=line(keys.get("label")),
            gives={output: line(value) for output, _, value in named(keys.get("gives"))},
            at_most=self.expr(keys.get("at most")),
            less_than=self.expr(keys.get("less than")),
            urgent=yes("urgent"),
            committed=yes("committed"),
            instantaneous=yes("instantaneous"),
            place=place,
        )

    def expr(self, node: Node | None) -> Expr | None:
        """A duration, if there is one."""
        if node is None:
            return None
        try:
            return parse_duration_expr(line(node), self.known, start(node))
        except InputError as error:
            self.found.extend(error.problems)
            return None

    def condition(self, node: Node) -> Expr:
        try:
            return parse_condition(line(node), self.known, start(node))
        except InputError as error:
            self.found.extend(error.problems)
            return TRUE

    def transition(self, node: Node) -> Transition:
        keys = fields(node)
        sources = words(keys["from"])
        if sources == (ANY,) and ANY not in self.names:
            sources = tuple(self.names)
        return Transition(
            sources=sources,
            target=line(keys.get("to")) or None,
            trigger=self.trigger(keys),
            guard=self.condition(keys["if"]) if "if" in keys else TRUE,
            assign=tuple(self.assignment(*entry) for entry in named(keys.get("set"))),
            restart=words(keys.get("restart")),
            send=line(keys.get("send")) or None,
            label=line(keys.get("label")),
            place=node.place,
        )

    def trigger(self, keys: dict[str, Node]) -> Trigger:
        if "on" in keys:
            port, dot, event = line(keys["on"]).partition(".")
            if not dot:
                ports = [f"{known.name}.{heard}" for known in self.known.ports for heard in known.hears]
                self.add(f"'{port}' does not say who sends the event", did_you_mean(port, ports), start(keys["on"]))
            return On(port.strip(), event.strip())
        if "when" in keys:
            return When(self.condition(keys["when"]))
        return self.window(keys["after"]) if "after" in keys else May()

    def window(self, node: Node) -> Trigger:
        text = line(node)
        match = _WINDOW.fullmatch(text) if len(text) <= MAX_WINDOW else None
        if match is None or (match["more"] and not match["dots"]):
            self.add(
                f"the window '{text[:60]}' has no end",
                "write 'more than 3 min .. 5 min', or 'more than 3 min ..' for a window without upper end",
                start(node),
            )
            return May()
        try:
            low = self.end(node, match, "low")
            if not match["dots"]:
                return After(low, low)
            high = self.end(node, match, "high") if match["high"] else None
        except InputError as error:
            self.found.extend(error.problems)
            return May()
        return After(low, high, bool(match["more"]), bool(match["less"]))

    def end(self, node: Node, match: re.Match[str], group: str) -> Expr:
        place = place_at(start(node), line(node), match.start(group))
        return parse_duration_expr(match[group], self.known, place)

    def assignment(self, name: str, place: Place, node: Node) -> tuple[str, Expr]:
        variable = next((known for known in self.known.variables if known.name == name), None)
        if variable is None:
            known = [variable.name for variable in self.known.variables]
            self.add(f"machine {self.known.name} has no variable {name!r}", did_you_mean(name, known), place)
            return name, TRUE
        try:
            return name, parse_value(line(node), self.known, variable.domain, start(node))
        except InputError as error:
            self.found.extend(error.problems)
            return name, TRUE


def read_parameters(node: Node | None, found: list[Problem]) -> tuple[Parameter, ...]:
    """The parameters of a machine or of a file of sentences."""
    problems = _Problems(found)
    parameters: list[Parameter] = []
    for name, place, part in named(node):
        keys = fields(part)
        before = len(found)
        value = problems.setting(keys.get("value") or keys["range"])
        if len(found) == before and isinstance(value, Range) != ("range" in keys):
            key = "range" if isinstance(value, Range) else "value"
            problems.add(f"the parameter {name!r} has a {key} under another key", f"write '{key}: ...'", place)
        parameters.append(Parameter(name, value, line(keys.get("label")), line(keys.get("source")), place))
    return tuple(parameters)


# --- installations and profiles ------------------------------------------------------------------------------------


def read_network(
    node: Node, machines: Lookup[str, Machine], found: list[Problem], base: Network | None = None
) -> Network | None:
    """The installation of a checked node, or ``None`` where problems were added to ``found``.

    ``base``: the installation that it is like; what differs is merged into its instances.
    """
    before = len(found)
    keys = fields(node)
    if "like" in keys and base is None:
        cure = "read it with the study that has both, or list its instances"
        found.append(Problem(f"the installation {line(keys['like'])!r} is not here", cure, start(keys["like"])))
        return None
    instances = {one.name: replace(one, place=node.place) for one in base.instances} if base else {}
    for name in words(keys.get("without")):
        if instances.pop(name, None) is None:
            what = f"{line(keys['like'])!r} has no instance {name!r} to leave out"
            found.append(Problem(what, did_you_mean(name, instances), keys["without"].place))
    for name, place, part in named(keys.get("with") or keys.get("instances")):
        changed = _instance(name, place, fields(part), instances, machines, found)
        if changed is not None:
            instances[name] = changed
    if len(found) > before:
        return None
    try:
        return Network(line(keys["installation"]), tuple(instances.values()), line(keys.get("title")))
    except InputError as error:
        found.extend(replace(problem, place=problem.place or node.place) for problem in error.problems)
        return None


def _instance(
    name: str,
    place: Place,
    keys: dict[str, Node],
    others: dict[str, Instance],
    machines: Lookup[str, Machine],
    found: list[Problem],
) -> Instance | None:
    """An instance, or one of ``others`` with what differs: wires and settings one by one, anything else as a whole."""
    problems = _Problems(found)
    wanted = keys.get("machine")
    old = others.get(name)
    if wanted is None and old is None:
        cure = f"{did_you_mean(name, others)}, or say of which machine a new one is"
        problems.add(f"there is no instance {name!r} to change", cure, place)
        return None
    machine = machines.get(line(wanted)) if wanted or old is None else old.machine
    if machine is None:
        assert wanted is not None
        problems.add(f"unknown machine {line(wanted)!r}", did_you_mean(line(wanted), machines), wanted.place)
        return None
    kept = old if old and old.machine is machine else None
    also = words(keys["also"]) if "also" in keys else kept.also if kept else ()
    wires = dict(kept.wires) if kept else {}
    wires |= {port: words(ends) for port, _, ends in named(keys.get("wires"))}
    settings = dict(kept.settings) if kept else {}
    settings |= {setting: problems.setting(value) for setting, _, value in named(keys.get("settings"))}
    title = line(keys.get("title")) or (kept.title if kept else "")
    return Instance(name, machine, wires, settings, title, also, place)


def read_profile(name: str, place: Place, node: Node, found: list[Problem]) -> Profile:
    """The profile of a checked node."""
    keys = fields(node)
    problems = _Problems(found)
    settings = {setting: problems.setting(value) for setting, _, value in named(keys["settings"])}
    return Profile(name, settings, line(keys.get("title")), line(keys.get("source")), place)


__all__ = [
    "machine_from_yaml",
    "machine_to_yaml",
    "network_from_yaml",
    "network_to_yaml",
    "parse_setting",
    "read_machine",
    "read_network",
    "read_parameters",
    "read_profile",
]
