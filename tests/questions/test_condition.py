"""For which timings: conditions known from papers or on paper, a grid asked point by point, what must be refused."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lastgasp as lg
from lastgasp.engines.polyhedra import Polyhedra
from lastgasp.errors import InputError, InternalError
from lastgasp.facade import decide
from lastgasp.language.proof_files import certificate_from_json, certificate_to_json
from lastgasp.question import Limits, Question
from lastgasp.questions.condition import condition
from lastgasp.questions.condition_answer import Condition, predicate
from lastgasp.questions.effort import Effort
from lastgasp.regions import Region, box, half
from lastgasp.verdict import Fails, Holds, Vacuous
from tests.zoo.families import names, two_at_once
from tests.zoo.zoo import SUPPLY, checked, network, question

RANGE = "{range: 0 s .. 60 s}"


def fischer(n: int, strict: bool) -> tuple[Question, tuple[tuple[str, ...], ...]]:
    """Fischer's protocol with an open write delay and an open wait, the same for every process."""
    who = names("p", n)
    values = ", ".join(("none", *who))
    machines = {
        name: f"""
machine: {name}
party: {name.upper()}
reads: {{lock: {{id: [{values}]}}}}
sends: [claim, free]
parameters: {{write: {RANGE}, wait: {RANGE}}}
states: {{idle: {{initial: yes}}, requesting: {{}}, waiting: {{}}, critical: {{}}}}
transitions:
  - {{from: idle, to: requesting, may: , if: lock.id is none}}
  - {{from: requesting, to: waiting, after: 0 s .. write, send: claim}}
  - {{from: waiting, to: requesting, may: , if: lock.id is none}}
  - {{from: waiting, to: critical, after: {"more than " if strict else ""}wait .., if: lock.id is {name}}}
  - {{from: critical, to: idle, may: , send: free}}
"""
        for name in who
    }
    states = "".join(f"  {value}: {{gives: {{id: {value}}}}}\n" for value in who)
    writes = "".join(
        f"  - {{from: any, to: {target}, on: {name}.{event}}}\n"
        for name in who
        for event, target in (("claim", name), ("free", "none"))
    )
    machines["lock"] = (
        f"machine: lock\nparty: LOCK\nhears: {{{', '.join(f'{name}: [claim, free]' for name in who)}}}\n"
        f"states:\n  none: {{initial: yes, gives: {{id: none}}}}\n{states}transitions:\n{writes}"
    )
    wires = {f"{name}.lock": "lock" for name in who} | {f"lock.{name}": name for name in who}
    asked = question(network(machines, wires), f"{two_at_once(who, 'critical')} shall never hold.")
    return asked, (tuple(f"{name}.wait" for name in who), tuple(f"{name}.write" for name in who))


METER = """
machine: meter
title: Meter
party: METER
parameters: {reboot: {range: 0 s .. 5 min, label: time without 12 V}}
states: {running: {initial: yes, gives: {dc: on}}, rebooting: {at most: reboot, gives: {dc: off}}}
transitions: [{from: running, to: rebooting, may: }, {from: rebooting, to: running, may: }]
"""

HUB = """
machine: hub
title: Hub
party: HUB
reads: {host: {dc: [on, off]}}
parameters: {boot: {range: 0 s .. 5 min, label: time to boot}}
sends: [lost]
clocks: {dark: {}}
states: {running: {initial: yes}, off: {}, booting: {at most: boot}}
transitions:
  - {from: running, to: off, when: host.dc is off, restart: dark}
  - {from: off, to: booting, when: host.dc is on}
  - {from: booting, to: running, may: , if: dark <= 3 min}
  - {from: booting, to: running, may: , if: dark > 3 min, send: lost}
"""


def premises(hub: str = HUB) -> Question:
    """A meter that reboots and a hub that counts its own boot as time without power."""
    return question(network({"meter": METER, "hub": hub}, {"hub.host": "meter"}), "HUB shall never send lost.")


def same(found: tuple[Region, ...], wanted: Region, ranges: Any) -> None:
    """Both say the same within the ranges: mutual implication, asked of a solver."""
    polyhedra, inside = Polyhedra(ranges), box(ranges)
    assert polyhedra.empty(Region((*inside.halves, *wanted.halves)), found)
    for region in found:
        assert polyhedra.empty(Region((*inside.halves, *region.halves)), [wanted])


@pytest.mark.parametrize(("n", "strict"), [(2, True), (2, False), (3, True)])
def test_fischer_is_safe_if_and_only_if_the_wait_is_longer_than_the_write(n: int, strict: bool) -> None:
    """The published condition; with *more than wait* in the guard a wait as long as the write is enough."""
    asked, over = fischer(n, strict)
    found = condition(asked, over)
    assert found.exact
    same(found.holds, Region((half({"p1.write": 1, "p1.wait": -1}, 0, not strict),)), found.ranges)
    same(found.fails, Region((half({"p1.wait": 1, "p1.write": -1}, 0, strict),)), found.ranges)
    assert found.probes and all(probe.confirms for probe in found.probes)


TRAIN = """
machine: train
party: TRAIN
sends: [comes, leaves]
parameters: {approach: {range: 0 s .. 60 s}}
states: {far: {initial: yes}, near: {at most: 100 s}, inside: {at most: 50 s}}
transitions:
  - {from: far, to: near, may: , send: comes}
  - {from: near, to: inside, after: approach ..}
  - {from: inside, to: far, may: , send: leaves}
"""

GATE = """
machine: gate
party: GATE
hears: {train: [comes, leaves]}
parameters: {start_down: {range: 0 s .. 20 s}, get_down: {range: 0 s .. 20 s}}
states: {open: {initial: yes}, told: {at most: start_down}, closing: {at most: get_down}, closed: {}}
transitions:
  - {from: open, to: told, on: train.comes}
  - {from: told, to: closing, may: }
  - {from: closing, to: closed, may: }
  - {from: closed, to: open, on: train.leaves}
  - {from: [told, closing], to: open, on: train.leaves}
"""


def test_the_train_gate_is_safe_if_the_train_needs_longer_than_the_gate() -> None:
    """One train, three parameters. States err once time passes in them, so that the same instant is early enough."""
    asked = question(
        network({"train": TRAIN, "gate": GATE}, {"gate.train": "train"}),
        "While train is inside, GATE shall always be closed.",
    )
    found = condition(asked, probe=False)
    assert found.exact
    wanted = half({"gate.start_down": 1, "gate.get_down": 1, "train.approach": -1}, 0)
    same(found.holds, Region((wanted,)), found.ranges)


def test_two_times_add_up_to_the_threshold_and_exactly_three_minutes_are_included() -> None:
    found = condition(premises(), title="The hub reports nothing")
    assert found.exact
    assert found.holds == (Region((half({"meter.reboot": 1, "hub.boot": 1}, 180),)),)
    assert "time to boot (Hub) plus time without 12 V (Meter) is at most 3 min (exactly that included)" in found.words()
    assert [probe.inside for probe in found.probes] == [False, True, True]
    assert found({"meter.reboot": 60, "hub.boot": 120}) and not found(
        {"meter.reboot": 60, "hub.boot": Fraction(1201, 10)}
    )


def test_at_least_instead_of_more_than_excludes_exactly_three_minutes() -> None:
    hub = HUB.replace("dark <= 3 min", "dark < 3 min").replace("dark > 3 min", "dark >= 3 min")
    found = condition(premises(hub), probe=False)
    assert found.holds == (Region((half({"meter.reboot": 1, "hub.boot": 1}, 180, True),)),)
    assert "(exactly that excluded)" in found.words()


def test_what_is_possible_has_a_condition_too() -> None:
    asked = premises()
    asked = question(asked.network, "It is possible that HUB sends lost.")
    found = condition(asked)
    assert found.exact and found.possible
    assert found.holds == (Region((half({"meter.reboot": -1, "hub.boot": -1}, -180, True),)),)
    assert found.probes and all(probe.confirms for probe in found.probes)


def test_the_rest_is_asked_for_every_value_and_what_cannot_matter_is_named() -> None:
    """Asked over one of two, the other is at its worst; a parameter that nothing reads makes no difference."""
    found = condition(premises(), (("meter.reboot",),), probe=False)
    assert found.holds == () and found.others == ("time to boot (Hub)",)
    idle = "machine: idle\nparty: I\nparameters: {x: {range: 0 s .. 9 s}}\n"
    idle += "states: {s: {initial: yes, at most: x}, t: {}}\ntransitions: [{from: s, to: t, may: }]\n"
    net = network({"meter": METER, "hub": HUB, "idle": idle}, {"hub.host": "meter"})
    found = condition(question(net, "HUB shall never send lost."), (("hub.boot",), ("idle.x",)), probe=False)
    assert found.idle == ("x (idle)",)


def test_a_condition_may_be_a_line() -> None:
    """One sends at p while the other passes through a state at q: only where both are equal can they meet."""
    ranges = "parameters: {t: {range: 1 s .. 4 s}}"
    one = f"machine: a\nparty: A\nsends: [x]\n{ranges}\nstates: {{s0: {{initial: yes}}, s1: {{}}}}\n"
    one += "transitions: [{from: s0, to: s1, after: t, send: x}]\n"
    other = f"machine: b\nparty: B\n{ranges}\nstates: {{s0: {{initial: yes}}, s1: {{}}, s2: {{}}}}\n"
    other += "transitions: [{from: s0, to: s1, after: t}, {from: s1, to: s2, after: 0 s}]\n"
    asked = question(network({"a": one, "b": other}), "While b is s1, A shall not send x.")
    found = condition(asked)
    assert found.exact and found.probes
    line = Region((half({"a.t": 1, "b.t": -1}, 0), half({"a.t": -1, "b.t": 1}, 0)))
    same(found.fails, line, found.ranges)
    assert {region.halves[0].strict for region in found.holds} == {True}


def test_a_model_that_may_be_stuck_somewhere_in_the_ranges_has_no_condition() -> None:
    """A window that is empty where its start is after its end: a check would be rejected there."""
    text = "machine: a\nparty: A\nparameters: {p: {range: 0 s .. 3 s}, q: {range: 0 s .. 3 s}}\n"
    text += "states: {s0: {initial: yes}, s1: {}}\ntransitions: [{from: s0, to: s1, after: p .. q}]\n"
    found = condition(question(network({"a": text}), "a shall never be s1."))
    assert not found.exact and "not shown to be sound" in found.reason
    assert found.holds == found.fails == ()


# --- a grid, asked point by point -----------------------------------------------------------------------------------


@st.composite
def races(draw: st.DrawFn) -> Question:
    """Two machines that count up to two windows each, whose ends may be parameters; a goal about where they meet."""

    def window() -> str:
        parameter = draw(st.sampled_from(["p", "q"]))
        strict = draw(st.sampled_from(["", "", "more than "]))
        closed = [f"0 s .. {parameter}", f"{parameter} .. {parameter}", "1 s .. 3 s"]
        return draw(st.sampled_from([*closed, f"{strict}{parameter} ..", f"{strict}1 s .."]))

    def machine(name: str) -> str:
        loops = draw(st.booleans())
        lines = [f"  - {{from: s0, to: s1, after: {window()}}}", f"  - {{from: s1, to: s2, after: {window()}}}"]
        lines += ["  - {from: s2, to: s0, after: 1 s ..}"] if loops else []
        return "\n".join(
            [
                f"machine: {name}",
                f"party: {name.upper()}",
                "parameters: {p: {range: 0 s .. 3 s}, q: {range: 0 s .. 3 s}}",
                "states: {s0: {initial: yes}, s1: {}, s2: {}}",
                "transitions:",
                *lines,
                "",
            ]
        )

    net = network({"a": machine("a"), "b": machine("b")})
    first, second = draw(st.sampled_from(["s1", "s2"])), draw(st.sampled_from(["s0", "s1", "s2"]))
    limit = draw(st.sampled_from(["", " for more than 1 s", " for at least 1 s"]))
    return question(net, f"(a is {first} and b is {second}) shall never hold{limit}.")


@settings(max_examples=25, deadline=None, derandomize=True)
@given(races())
def test_the_condition_is_what_every_point_of_a_grid_says(asked: Question) -> None:
    over = (("a.p", "b.p"), ("a.q", "b.q"))
    found = condition(asked, over, probe=False)
    if not found.exact:
        assert found.reason
    for p, q in product((Fraction(0), Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(3)), repeat=2):
        point = {"a.p": p, "a.q": q}
        known = {name: value for name, value in point.items() if name in found.ranges}
        settings_ = {"a.p": p, "b.p": p, "a.q": q, "b.q": q}
        verdict = decide(replace(asked, network=asked.network.with_settings(settings_)), "zones", Limits(seconds=None))
        inside = any(region.holds(known) for region in found.holds)
        outside = any(region.holds(known) for region in found.fails)
        assert inside != outside or not found.exact
        if inside:
            assert isinstance(verdict, Holds | Vacuous), (point, verdict)
        if outside:
            assert isinstance(verdict, Fails), (point, verdict)


# --- evidence -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answer() -> Condition:
    return condition(premises(), probe=False)


def test_every_piece_has_evidence(answer: Condition) -> None:
    asked = premises()
    kinds = set()
    for piece in answer.pieces:
        kinds.add(type(piece.verdict))
        if isinstance(piece.verdict, Holds):
            assert piece.verdict.certificate is not None
            piece.verdict.certificate.recheck()
        else:
            checked(asked, piece.verdict.trace)
    assert kinds == {Holds, Fails}


def inner(answer: Condition) -> Any:
    """The certificate of the piece with the largest region."""
    pieces = [piece for piece in answer.pieces if isinstance(piece.verdict, Holds)]
    return max(pieces, key=lambda piece: len(piece.core.halves) == 1).verdict.certificate


def test_a_certificate_of_a_region_survives_its_file_and_is_about_its_region_only(answer: Condition) -> None:
    certificate = inner(answer)
    again = certificate_from_json(certificate_to_json(certificate))
    assert (again.over, again.given) == (certificate.over, certificate.given)
    again.recheck()
    with pytest.raises(InternalError, match="does not stand"):
        replace(certificate, given=half({"meter.reboot": 1, "hub.boot": 1}, 181).expr).recheck()
    assert "obligations" in json.loads(certificate_to_json(certificate))["proof"]


def test_a_certificate_whose_region_was_edited_is_rejected(answer: Condition) -> None:
    data = json.loads(certificate_to_json(inner(answer)))
    data["proof"].pop("given")
    del data["seal"]
    from_scratch = json.dumps({**data, "seal": "x"})
    with pytest.raises(InternalError):
        certificate_from_json(from_scratch)


def test_predicates_say_the_same_in_every_language(answer: Condition) -> None:
    database = sqlite3.connect(":memory:")
    database.execute('CREATE TABLE t ("meter.reboot" NUMERIC, "hub.boot" NUMERIC)')
    rows = [{"meter.reboot": r, "hub.boot": b} for r, b in product((0, 60, 90, 180, 300), repeat=2)]
    database.executemany("INSERT INTO t VALUES (?, ?)", [tuple(row.values()) for row in rows])
    chosen = database.execute(f"SELECT * FROM t WHERE {predicate(answer.holds, 'sql')}").fetchall()
    assert sorted(chosen) == sorted(tuple(row.values()) for row in rows if answer(row))
    for row in rows:
        assert eval(predicate(answer.holds, "python"), {"row": row}) == answer(row)

        class Column(int):
            def __new__(cls, name: str, row: dict[str, int] = row) -> Any:
                return int(row[name])

        pl = type("pl", (), {"col": Column, "lit": staticmethod(bool)})
        assert bool(eval(predicate(answer.holds, "polars"), {"pl": pl})) == answer(row)


# --- what ends early, and what cannot be asked ------------------------------------------------------------------------


def test_an_answer_that_was_cut_short_says_so_and_is_no_predicate() -> None:
    found = condition(premises(), effort=Effort.lasting(0))
    assert not found.exact and found.reason == "the time was up"
    assert "not the whole answer" in found.words()
    with pytest.raises(InputError, match="not exact"):
        found({"meter.reboot": 0, "hub.boot": 0})


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ((("meter.boot",),), "no duration with a range"),
        ((("meter.reboot", "hub.nothing"),), "different ranges"),
        ((), "no duration has a range"),
    ],
)
def test_what_cannot_be_asked_is_said(over: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        condition(premises(), over)


def test_a_network_without_ranges_has_no_condition() -> None:
    net = network({"a": SUPPLY})
    with pytest.raises(InputError, match="no duration has a range"):
        condition(question(net, "a shall never be off."))


def test_values_out_of_range_are_refused(answer: Condition) -> None:
    with pytest.raises(InputError, match="outside of its range"):
        answer({"meter.reboot": 301, "hub.boot": 0})
    with pytest.raises(InputError, match="is about"):
        answer({"meter.reboot": 1})


def test_the_whole_range_and_none_of_it_are_answers() -> None:
    quick = METER.replace("0 s .. 5 min", "0 s .. 1 min")
    hub = HUB.replace("0 s .. 5 min", "0 s .. 2 min")
    net = network({"meter": quick, "hub": hub}, {"hub.host": "meter"})
    found = condition(question(net, "HUB shall never send lost."))
    assert found.holds == (Region(),) and "for all values" in found.words()
    assert len(found.pieces) == 1
    slow = hub.replace("0 s .. 2 min", "181 s .. 200 s")
    found = condition(
        question(network({"meter": quick, "hub": slow}, {"hub.host": "meter"}), "HUB shall never be booting.")
    )
    assert found.holds == () and "for no values" in found.words()


def test_it_is_a_public_question() -> None:
    assert lg.condition is condition


def test_too_many_parameters_at_once_are_said_to_be_and_what_is_known_stays() -> None:
    """A code that tells them all apart does not fit into a zone."""
    many = range(16)
    machine = "machine: m\nparty: M\nparameters:\n"
    machine += (
        "".join(f"  p{n}: {{range: 1 s .. {600 + n}/7 s}}\n" for n in many)
        + "states:\n  s0: {initial: yes, at most: p0}\n"
    )
    machine += "".join(f"  s{n}: {{at most: p{n}}}\n" for n in many[1:]) + "transitions:\n"
    machine += "".join(f"  - {{from: s{n}, to: s{(n + 1) % 16}, may: }}\n" for n in many)
    asked = question(network({"m": machine}, {}), "m shall not be s1 for more than 5 s.")
    found = condition(asked, effort=Effort(), probe=False)
    assert not found.exact and "name those of interest with --over" in found.words()
    assert condition(asked, (("m.p1",),), probe=False).exact
