"""Certificates as files: what was edited, dropped or taken from elsewhere is refused, with a new seal as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import lastgasp as lg
from lastgasp.certificate import Certificate
from lastgasp.engines.zones.engine import sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, InternalError
from lastgasp.language.proof_files import _seal, certificate_from_json, certificate_to_json, question_hash
from lastgasp.recheck.receptive import recheck_receptive
from lastgasp.system import compiled
from tests.zoo.zoo import holds, network

LAMP = """
machine: lamp
party: LAMP
parameters: {delay: {range: 0 s .. 2 s}}
sends: [flash]
states: {off: {initial: yes, gives: {light: no}}, on: {at most: 5 s, gives: {light: yes}}, cooling: {at most: delay}}
transitions:
  - {from: off, to: on, may: , send: flash}
  - {from: on, to: cooling, may: }
  - {from: cooling, to: off, may: }
"""
LAMP = LAMP.replace("cooling: {at most: delay}", "cooling: {at most: delay, gives: {light: no}}")
EYE = """
machine: eye
party: EYE
reads: {lamp: {light: [yes, no]}}
states: {blind: {initial: yes}, dazzled: {}}
transitions:
  - {from: blind, to: dazzled, when: lamp.light is yes}
"""
BYSTANDER = """
machine: bystander
party: B
states: {here: {initial: yes, at most: 3 s}, there: {at most: 4 s}}
transitions: [{from: here, to: there, may: }, {from: there, to: here, may: }]
"""
GOAL = "lamp shall never be on for more than 3 s."
CLAUSE = "LAMP shall never be on for more than 3 s."
ROOM = network({"lamp": LAMP, "eye": EYE, "bystander": BYSTANDER}, {"eye.lamp": "lamp"})


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    found = holds(ROOM, GOAL, clauses=[CLAUSE]).certificate
    assert found is not None
    return found


@pytest.fixture(scope="module")
def text(certificate: Certificate) -> str:
    return certificate_to_json(certificate)


def edited(text: str, edit: Callable[[Any], None], *, sealed: bool = True) -> str:
    data = json.loads(text)
    edit(data)
    if sealed:
        data["hash"] = question_hash(data["question"])
        data["seal"] = _seal(data)
    return json.dumps(data)


def refused(text: str, words: str | None = None) -> None:
    with pytest.raises((InternalError, InputError), match=words):
        certificate_from_json(text).recheck()


def test_a_file_reads_back_as_the_certificate(certificate: Certificate, text: str) -> None:
    again = certificate_from_json(text)
    again.recheck()
    assert again.network == certificate.network
    assert again.zones == certificate.zones
    assert again.sound == certificate.sound
    assert certificate_to_json(again) == text
    assert set(json.loads(text)["kept"]) == {"lamp"}
    assert set(certificate.sound) == {"", "lamp"}


def test_an_edit_breaks_the_seal(text: str) -> None:
    """Any change of a number in the proof, even one that leaves it a proof."""
    data = json.loads(text)
    for index, zone in enumerate(data["proof"]["zones"]):
        for number in range(len(zone["bounds"])):

            def edit(found: Any, index: int = index, number: int = number) -> None:
                found["proof"]["zones"][index]["bounds"][number][3] += 1

            refused(edited(text, edit, sealed=False), "seal")


def test_a_tighter_bound_with_a_new_seal_is_no_proof(text: str) -> None:
    """Upper bounds of one clock in the sets without abstraction: none is larger than what is reached."""
    data = json.loads(text)
    tried = 0
    for narrow, part in data["sound"].items():
        for index, zone in enumerate(part["zones"]):
            for number, (_, y, _, units) in enumerate(zone["bounds"]):
                if y == "" and units > 0:

                    def edit(found: Any, at: tuple[str, int, int] = (narrow, index, number)) -> None:
                        found["sound"][at[0]]["zones"][at[1]]["bounds"][at[2]][3] -= 1

                    refused(edited(text, edit), "not inductive")
                    tried += 1
    assert tried > 3


def test_a_dropped_zone_or_obligation_is_noticed(text: str) -> None:
    data = json.loads(text)

    def drop(*path: Any) -> Callable[[Any], None]:
        def edit(found: Any) -> None:
            for key in path[:-1]:
                found = found[key]
            del found[path[-1]]

        return edit

    for index in range(len(data["proof"]["zones"])):
        refused(edited(text, drop("proof", "zones", index)), "not inductive")
    for narrow, part in data["sound"].items():
        refused(edited(text, drop("sound", narrow)), "time can go on")
        for index in range(len(part["zones"])):
            refused(edited(text, drop("sound", narrow, "zones", index)), "not inductive")
    for key in data:
        refused(edited(text, drop(key), sealed=key not in ("hash", "seal", "question")))
    for key in data["question"]:
        refused(edited(text, drop("question", key)))


def test_another_question_is_not_what_was_proved(text: str) -> None:
    """A longer stay in the machine, a stronger goal, the clause left out: each with hash and seal made anew."""

    def machine(found: Any) -> None:
        found["question"]["machines"]["lamp"] = LAMP.replace("gives: {light: no}", "at most: 9 s, gives: {light: no}")

    def goal(found: Any) -> None:
        found["question"]["goal"] = GOAL.replace("3 s", "2 s")

    def clause(found: Any) -> None:
        found["question"]["clauses"] = {}

    def assumed(found: Any) -> None:
        found["question"]["assumptions"], found["question"]["clauses"] = found["question"]["clauses"], {}

    for edit in (goal, clause, machine):
        refused(edited(text, edit))
    with_assumption = certificate_from_json(edited(text, assumed))
    with_assumption.recheck()  # a proof under an assumption, and it says so
    assert with_assumption.clauses == {}


def test_the_hash_is_that_of_the_question(text: str) -> None:
    def edit(found: Any) -> None:
        found["hash"] = "0" * 64
        found["seal"] = _seal(found)

    refused(edited(text, edit, sealed=False), "hash")


def test_what_influences_the_goal_must_not_be_cut(text: str) -> None:
    def less(found: Any) -> None:
        found["kept"] = ["eye"]

    def more(found: Any) -> None:
        found["kept"] = ["lamp", "eye"]

    refused(edited(text, less), "cuts instances")
    refused(edited(text, more), "variables")


def test_a_timelock_has_no_certificate_even_with_zones_that_are_inductive() -> None:
    """A lamp that must go off and cannot: the zones are inductive, the goal holds in them, yet they prove nothing."""
    good = network({"lamp": LAMP.replace("range: 0 s .. 2 s", "value: 2 s")})
    found = holds(good, "lamp shall never be on for more than 5 s.").certificate
    assert found is not None
    stuck = LAMP.replace("range: 0 s .. 2 s", "value: 2 s").replace("  - {from: cooling, to: off, may: }\n", "")

    def edit(data: Any) -> None:
        data["question"]["machines"]["lamp"] = stuck

    refused(edited(certificate_to_json(found), edit), "never blocks time")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '"x"', "{}", '{"format": "lastgasp certificate 1"}', "[" * 100000, '{"format": "other"}'],
)
def test_what_is_no_certificate_is_called_that(text: str) -> None:
    with pytest.raises((InputError, InternalError)):
        certificate_from_json(text, "file.json")


def test_a_certificate_is_rechecked_as_a_library_user_would(certificate: Certificate) -> None:
    match lg.prove(ROOM, GOAL, clauses=[CLAUSE]):
        case lg.Holds(certificate=proof):
            assert proof is not None
            proof.recheck()
        case other:
            raise AssertionError(other)
    assert certificate.check == "zoo"


def test_an_endless_chain_in_one_instant_has_no_certificate_even_where_it_can_be_left() -> None:
    """Two machines that correct each other for ever, unless one of them gives up: time can go on, but need not."""
    copy = """
machine: a
party: A
reads: {other: {light: [yes, no]}}
states: {off: {initial: yes, gives: {light: no}}, on: {gives: {light: yes}}, tired: {gives: {light: %s}}}
transitions:
  - {from: off, to: on, when: other.light is %s}
  - {from: on, to: off, when: other.light is %s}
  - {from: off, to: tired, when: other.light is %s}
"""
    machines = {"a": copy % ("yes", "yes", "no", "yes"), "b": copy % ("no", "no", "yes", "no")}
    system = compiled(network(machines, {"a.other": "b", "b.other": "a"}))
    found = sanity(system, Budget())
    assert found.defect is not None
    assert "instant loop" in found.defect.reason
    assert found.proof is not None
    with pytest.raises(InternalError, match="endless chain"):
        recheck_receptive(system, found.proof, {}, frozenset())
