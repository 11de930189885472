from __future__ import annotations

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp.errors import InputError
from lastgasp.expr import TRUE, Bool, Choice, Clock, Compare, Const, In, Name, Param, Plus, Reference, Whole
from lastgasp.language.machines import (
    machine_from_yaml,
    machine_to_yaml,
    network_from_yaml,
    network_to_yaml,
    parse_setting,
)
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
    State,
    Transition,
    Variable,
    When,
)
from lastgasp.network import Network
from tests.language.house import FILES, house, refused, where

MORE = Plus((Name("count"), Const(1)))
RICH = Machine(
    name="rich",
    title="A title: with a colon",
    party="ESME",
    ports=(
        Port("ears", {}, ("ping",)),
        Port("host", {"dc": ("on", "off")}, ("ping", "pong")),
        Port("other", {"dc": ("on", "off")}),
    ),
    parameters=(
        Parameter("boot", Range(Fraction(0), Fraction(60)), "a label", "a source"),
        Parameter("tries", Range(1, 3)),
        Parameter("has", False),
    ),
    variables=(
        Variable("x", Bool(), True, "a flag"),
        Variable("count", Whole(-1, 3), 0),
        Variable("mode", Choice(("on", "no")), "no"),
        Variable("who", Reference(("host", "other")), "other"),
    ),
    clocks=(ClockDeclaration("held", "a clock", ("s", "t")), ClockDeclaration("plain")),
    sends=(Event("tick", handshake=True), Event("tock", label="a label")),
    states=(
        State("s", initial=True, gives={"out": "yes"}, at_most=Plus((Const(Fraction(1, 7)), Param("boot")))),
        State("t", label="-", gives={"out": "no"}, less_than=Const(Fraction(3600)), urgent=True),
        State("u", gives={"out": "no"}, committed=True),
        State("v", gives={"out": "no"}, instantaneous=True),
    ),
    transitions=(
        Transition(("s",), "t", On("ears", "ping"), Compare(">", Clock("held"), Const(Fraction(3)))),
        Transition(("s", "t"), None, When(In(Name("mode"), ("on", "no"))), Name("x")),
        Transition(("s", "t", "u", "v"), "v", May(), TRUE, (("count", MORE), ("mode", Const("on")))),
        Transition(("s",), "u", After(Const(Fraction(3)), Const(Fraction(3))), restart=("held", "plain"), send="tick"),
        Transition(("s",), "u", After(Const(Fraction(3)), None, True), label="a, b"),
        Transition(("s",), "u", After(Const(Fraction(3)), Param("boot"), True, True), assign=(("x", Const(False)),)),
        Transition(("s",), "u", After(Const(Fraction(0)), Const(Fraction(9)), False, True)),
    ),
)


def test_every_machine_reads_back_equal() -> None:
    assert machine_from_yaml(machine_to_yaml(RICH)) == RICH
    for machine in house().machines:
        text = machine_to_yaml(machine)
        assert machine_from_yaml(text) == machine
        assert machine_to_yaml(machine_from_yaml(text)) == text


def test_the_design_example() -> None:
    ch = machine_from_yaml(FILES["models/ch.yaml"], "ch.yaml")
    assert ch.party == "CH"
    assert ch.port("host") == Port("host", {"dc": ("on", "off")})
    assert ch.initial.name == "running"
    assert ch.state("booting").at_most == Param("boot")
    late = Plus((Const(Fraction(180)), Param("sending")))
    assert ch.transitions[1] == Transition(
        ("unpowered",), "alerted", After(Const(Fraction(180)), late, True), send="power_loss_alert"
    )
    assert str(ch.transitions[1].place) == "ch.yaml:16:5"
    assert ch.parameters[0] == Parameter(
        "boot", Range(Fraction(0), Fraction(300)), "time from power restored to running"
    )


def test_any_is_every_state() -> None:
    esme = machine_from_yaml(FILES["models/esme.yaml"])
    assert esme.transitions[3].sources == ("running", "dark", "booting")
    assert esme.transitions[3].target is None
    assert esme.variables[0] == Variable("count", Whole(0, 3), 0)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("3 min", After(Const(Fraction(180)), Const(Fraction(180)))),
        ("1 s .. 2 s", After(Const(Fraction(1)), Const(Fraction(2)))),
        ("0.5 s..1.5 s", After(Const(Fraction(1, 2)), Const(Fraction(3, 2)))),
        ("more than 1 s .. 2 s", After(Const(Fraction(1)), Const(Fraction(2)), True)),
        ("1 s .. less than 2 s", After(Const(Fraction(1)), Const(Fraction(2)), False, True)),
        ("more than 1 s .. less than 2 s", After(Const(Fraction(1)), Const(Fraction(2)), True, True)),
        ("1 s ..", After(Const(Fraction(1)), None)),
        ("more than 1 s ..", After(Const(Fraction(1)), None, True)),
    ],
)
def test_windows(window: str, expected: After) -> None:
    text = f"machine: m\nstates: {{a: {{}}}}\ntransitions: [{{from: a, after: {window}}}]\n"
    assert machine_from_yaml(text).transitions[0].trigger == expected


M = "machine: m\nvariables: {n: {range: 0 .. 3, initial: 0}}\nstates: {a: {initial: yes}, b: {}}\n"


@pytest.mark.parametrize(
    ("text", "place", "what", "cure"),
    [
        ("machine: m\nstate: {a: {}}\n", (2, 1), "no key 'state'", "did you mean 'states'?"),
        ("machine: m\nstate: {a: {}}\n", (1, 1), "lacks the key 'states'", "add"),
        ("machine: m\nstates: [a]\n", (2, 9), "a list where", "key: value"),
        ("machine: m\nstates: {a: {initial: true}}\n", (2, 23), "'true' is not yes or no", "yes"),
        ("machine: m\nstates: {a: {label: one, two words}}\n", (2, 26), "no key 'two words'", "quotes"),
        ("machine: m\nstates: {or: {}}\n", (2, 10), "word of the language", "another word"),
        ("machine: m\nstates: {12V: {}}\n", (2, 10), "cannot be", "start with a letter"),
        ("machine: m\nstates: {a: {at most: 3 m}}\n", (2, 25), "metres", "min"),
        ("machine: m\nstates:\n", (2, 1), "nothing where", "leave the key out"),
        (
            "machine: m\nstates: {a: {}}\nvariables: {n: {range: 0 .. 3, initial: 7}}\n",
            (3, 41),
            "cannot start",
            "known",
        ),
        (
            "machine: m\nstates: {a: {}}\nvariables: {n: {range: 0 s .. 3 s, initial: 0}}\n",
            (3, 24),
            "two whole",
            "0 .. 3",
        ),
        ("machine: m\nstates: {a: {}}\nvariables: {n: {initial: 7}}\n", (3, 16), "none of 'values'", "exactly one"),
        ("machine: m\nstates: {a: {}}\nparameters: {p: {value: 1 s .. 2 s}}\n", (3, 14), "another key", "range"),
        ("machine: m\nstates: {a: {}}\nparameters: {p: {range: 1 s .. 2}}\n", (3, 25), "not a range", "two durations"),
        (
            "machine: m\nstates: {a: {}}\nvariables: {n: {range: 0 .. 99999, initial: 0}}\n",
            (3, 24),
            "1000 values",
            "small",
        ),
        ("machine: m\nstates: {a: {}}\nparameters: {p: {range: 1 .. 2 .. 3}}\n", (3, 25), "more than one '..'", "one"),
        (M + f"transitions: [{{from: a, to: b, after: '1{' ' * 90_000}x'}}]\n", (4, 40), "has no end", "more than"),
        (M + f"transitions: [{{from: a, to: b, when: {'not ' * 2000}n}}]\n", (4, 38), "nested", "states"),
        (M + "transitions: [{from: a, to: b, may: , when: n < 3}]\n", (4, 39), "'may' and 'when'", "keep one"),
        (M + "transitions: [{from: a, to: b}]\n", (4, 15), "none of 'on'", "exactly one"),
        (M + "transitions: [{from: a, to: b, may: now}]\n", (4, 37), "where no value", "nothing after"),
        (M + "transitions: [{from: a, to: c, may: }]\n", (4, 15), "unknown state 'c'", "known: a, b"),
        (M + "transitions: [{from: a, to: b, after: more than 3 s}]\n", (4, 39), "has no end", "more than"),
        (M + "transitions: [{from: a, to: b, after: 1 s .. 3 x}]\n", (4, 48), "not expected", ""),
        (M + "transitions: [{from: a, to: b, when: n < mm}]\n", (4, 42), "'mm'", "known"),
        (M + "transitions: [{from: a, to: b, may: , set: {m: 1}}]\n", (4, 45), "no variable 'm'", "known: n"),
        (M + "transitions: [{from: a, to: b, on: ping}]\n", (4, 36), "does not say who", ""),
        (M + "transitions: [{from: a, to: b, on: x.ping}]\n", (4, 15), "unknown port", ""),
    ],
)
def test_problems_of_machines(text: str, place: tuple[int, int], what: str, cure: str) -> None:
    found = [problem for problem in refused(machine_from_yaml, text, "m.yaml") if what in problem.what]
    assert [where(problem) for problem in found] == [place]
    assert cure in found[0].cure


def test_every_problem_at_once() -> None:
    text = "machine: m\nstates:\n  a: {at most: 3 m, initial: yes}\n  b: {less than: 1 month}\ntransitions:\n"
    text += "  - {from: a, to: b, when: x is y}\n  - {from: a, to: b, after: 3}\n"
    assert [where(problem) for problem in refused(machine_from_yaml, text)] == [(3, 18), (4, 20), (6, 28), (7, 29)]


def test_networks_read_back_equal() -> None:
    network = house()
    machines = {machine.name: machine for machine in network.machines}
    assert network_from_yaml(network_to_yaml(network), machines) == network
    settings = {"boot": Range(Fraction(1), Fraction(2)), "sending": Fraction(0)}
    esme, ch = network.by_name["esme"], network.by_name["ch"]
    other = Network("other", (network.by_name["supply"], esme, Instance("ch2", ch.machine, {"host": "esme"}, settings)))
    assert network_from_yaml(network_to_yaml(other), machines) == other


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("installation: x\ninstances: {a: {machine: esm}}\n", (2, 26), "unknown machine"),
        ("installation: x\ninstances: {a: {machine: ch}}\n", (2, 13), "is not wired"),
        ("installation: x\ninstances: {a: {machine: supply, settings: {b: 3 m}}}\n", (2, 50), "metres"),
        ("installation: x\ninstances: {}\n", (1, 1), "no instance"),
    ],
)
def test_problems_of_installations(text: str, place: tuple[int, int], what: str) -> None:
    machines = {machine.name: machine for machine in house().machines}
    (problem,) = refused(network_from_yaml, text, machines, "n.yaml")
    assert what in problem.what
    assert where(problem) == place


def test_settings() -> None:
    assert parse_setting("60 s") == Fraction(60)
    assert parse_setting("0 s .. 5 min") == Range(Fraction(0), Fraction(300))
    assert parse_setting("1 .. 3") == Range(1, 3)
    assert parse_setting("-3") == -3
    assert type(parse_setting("3")) is int
    assert parse_setting("yes") is True


@settings(deadline=None)
@given(st.sampled_from(["supply", "esme", "ch", "csp"]), st.data())
def test_a_damaged_file_is_refused_or_read(name: str, data: st.DataObject) -> None:
    text = FILES[f"models/{name}.yaml"]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 6)))
    damaged = text[:start] + data.draw(st.text(alphabet="{}[]:,.-* 0am\n'", max_size=4)) + text[end:]
    with suppress(InputError):
        machine = machine_from_yaml(damaged)
        assert machine_from_yaml(machine_to_yaml(machine)) == machine
