"""Groups that stand apart are cut once their own zones show that they block nothing, and never if they do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import lastgasp as lg
from lastgasp.certificate import Certificate
from lastgasp.errors import InputError, InternalError
from lastgasp.facade import _decided, decide
from lastgasp.language.proof_files import _seal, certificate_from_json, certificate_to_json
from lastgasp.language.sentences import parse_sentence
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.sanity import oddities
from lastgasp.sentences import NeverHeld, Sentence
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import safely_cut
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Verdict
from tests.oracle.strategies import Bad, Shape, networks, questions
from tests.zoo.test_slicing import GOAL, LOOPS, SAFE, UNSAFE
from tests.zoo.zoo import ask, checked, holds, network, question

CALLER = """
machine: c
party: C
sends: {call: {kind: handshake}}
%sstates: {c0: {initial: yes, at most: %s}, c1: {%s}}
transitions:
  - {from: c0, to: c0, after: %s, send: call%s}
  - {from: c1, to: c0, may: }
"""
CALLED = """
machine: d
party: D
hears: {c: [call]}
states: {d0: {initial: yes}, d1: {%s}}
transitions:
  - {from: d0, to: %s, on: c.call}
  - {from: d1, to: d0, %s}
"""
"""c calls d by a handshake, so that neither can be told from its own text to block nothing."""


def caller(head: str = "", most: str = "5 s", after: str = "2 s ..", more: str = "", second: str = "") -> str:
    return CALLER % (head, most, second, after, more)


def called(target: str = "d1", second: str = "at most: 1 s", back: str = "may: ") -> str:
    return CALLED % (second, target, back)


def beside(c: str, d: str, a: str = SAFE) -> lg.Network:
    return network({"a": a, "c": c, "d": d}, {"d.c": "c"})


def loops(a: str = SAFE) -> lg.Network:
    return network({"a": a, **LOOPS}, {"c.d": "d", "d.c": "c"})


WHOLE = "While c is in c0 or c is c1, a shall never be bad.".replace("is in", "is")
"""The same goal, read so that nothing is cut."""


def verdict(net: lg.Network, goal: str = GOAL, **sentences: Any) -> Verdict:
    return decide(question(net, goal, **sentences), "zones", Limits(seconds=None))


def test_a_group_that_blocks_nothing_is_cut_and_its_proof_is_in_the_certificate() -> None:
    net = beside(caller(), called())
    found = holds(net, GOAL)
    assert found.certificate is not None
    assert found.certificate.kept == ("a",)
    assert [set(shown) for shown in found.certificate.apart] == [{""}]
    assert "decided without c, d" in found.notes[0]
    assert sliced(net, {}, [parse_sentence(GOAL, net)]).cut == ()  # without a proof it stays
    whole = holds(net, WHOLE).certificate
    assert whole is not None
    assert whole.kept == ("a", "c", "d")
    assert whole.apart == ()


def test_a_run_of_the_part_is_completed_by_the_group() -> None:
    net = beside(caller(), called(), UNSAFE)
    found = verdict(net)
    assert isinstance(found, Fails)
    trace = checked(question(net, GOAL), found.trace)
    assert {entry.step.mover.instance for entry in trace.entries} == {"a", "c", "d"}
    assert isinstance(verdict(net, WHOLE), Fails)


BLOCKING: dict[str, tuple[str, str, str]] = {
    # after one call d never listens again: at its second call c waits for ever
    "timelock": (
        caller(),
        called(back="on: c.call, if: never").replace("on: c.call, if: never", "after: 9 s .."),
        "timelock",
    ),
    "converges": (
        caller(most="5 s", second="less than: 5 s")
        .replace("to: c0, after: 2 s", "to: c1, after: 2 s")
        .replace("from: c1, to: c0, may: ", "from: c1, to: c0, after: 5 s .."),
        called(),
        "timelock",
    ),
    "committed": (caller(), called(second="committed: yes", back="on: c.call"), "timelock"),
    "urgent": (caller(), called(second="urgent: yes", back="on: c.call"), "timelock"),
    "range": (caller("variables: {v: {range: 0 .. 2, initial: 0}}\n", more=", set: {v: v + 1}"), called(), "range"),
    "narrow": (caller("parameters: {p: {range: 1 s .. 5 s}}\n", most="p"), called(), "timelock"),
}


@pytest.mark.parametrize("name", BLOCKING)
@pytest.mark.parametrize("a", [SAFE, UNSAFE], ids=["safe", "unsafe"])
def test_a_group_that_can_block_is_kept(name: str, a: str) -> None:
    """What is wrong with the group is said, whatever the goal is: it must not look like a proof, nor like a run."""
    c, d, words = BLOCKING[name]
    net = beside(c, d, a)
    found, whole = verdict(net), verdict(net, WHOLE)
    assert type(found) is type(whole)
    if name == "narrow":  # the run that breaks the goal is one at the widest value
        assert isinstance(found, Undecided if a == SAFE else Fails)
    else:
        assert isinstance(found, Rejected), found
        assert words in found.reason
        assert found.trace is not None
        lg.replay(net, found.trace)
    assert any(item.wrong for item in oddities(net, {}, {})) or name == "narrow"


@pytest.mark.parametrize("a", [SAFE, UNSAFE], ids=["safe", "unsafe"])
def test_a_group_with_an_instant_loop_is_kept(a: str) -> None:
    found = verdict(loops(a))
    assert isinstance(found, Rejected)
    assert "instant loop" in found.reason


def test_a_group_that_forces_one_of_its_own_is_kept() -> None:
    """c has to leave c0 by 5 s and can only if d, which owes nothing, speaks."""
    c = """
machine: c
party: C
hears: {d: [word]}
states: {c0: {initial: yes, at most: 5 s}, c1: {}}
transitions: [{from: c0, to: c1, on: d.word}]
"""
    d = """
machine: d
party: D
reads: {c: {}}
sends: [word]
states: {d0: {initial: yes}, d1: {}}
transitions: [{from: d0, to: d1, may: , send: word}]
"""
    net = network({"a": SAFE, "c": c, "d": d}, {"c.d": "d", "d.c": "c"})
    assert type(verdict(net)) is type(verdict(net, WHOLE))
    assert isinstance(verdict(net), Rejected | Undecided)


def test_a_clause_of_the_group_that_its_party_cannot_obey_is_noticed() -> None:
    """c cannot call within 1 s. The clause would stop time for everybody at 1 s."""
    net = beside(caller(), called())
    for clause, obeyed in (("C shall within 1 s send call", False), ("C shall within 4 s send call", True)):
        found = verdict(net, clauses=[f"When c is c0, {clause}."])
        assert isinstance(found, Holds if obeyed else Rejected), found
        if isinstance(found, Rejected):
            assert "timelock" in found.reason
        elif found.certificate is not None:
            assert found.certificate.kept == ("a",)
            bare = replace(found.certificate, clauses={})
            with pytest.raises(InternalError):  # its proof is about the group with its clause
                bare.recheck()


def test_a_clause_that_helps_the_group_goes_with_it() -> None:
    """d listens again in time only because a clause says so; without it the group can stop time."""
    clause = "d shall never be d1 for more than 1 s."
    net = beside(caller(), called(second=""))
    assert isinstance(verdict(net), Undecided | Rejected)
    found = holds(net, GOAL, clauses=[clause.replace("d shall", "D shall")])
    assert found.certificate is not None
    assert found.certificate.kept == ("a",)


DRIVEN = """
machine: z
party: Z
reads: {a: {o: [no, yes]}}
states: {z0: {initial: yes}, z1: {}}
transitions: [{from: z0, to: z1, may: , if: a.o is yes}]
"""


def test_a_group_that_depends_on_what_stays_is_not_apart() -> None:
    """z reads a; a sentence ties c to z; d reads a itself: none of these groups is a network of its own."""
    speaking = SAFE.replace("{initial: yes}", "{initial: yes, gives: {o: no}}").replace(
        "late: {}, bad: {}", "late: {gives: {o: yes}}, bad: {gives: {o: yes}}"
    )
    net = network({"a": speaking, "c": caller(), "d": called(), "z": DRIVEN}, {"d.c": "c", "z.a": "a"})
    free = ask(net, GOAL)
    assert isinstance(free, Holds)
    assert free.certificate is not None
    assert free.certificate.kept == ("a",)
    tied = ask(net, GOAL, assumptions=["(c is c1 and z is z1) shall never hold."])
    assert isinstance(tied, Holds)
    assert tied.certificate is not None
    assert set(tied.certificate.kept) == {"a", "c", "d", "z"}
    reads = (
        called()
        .replace("hears:", "reads: {a: {o: [no, yes]}}\nhears:")
        .replace("on: c.call}", "on: c.call, if: a.o is no or a.o is yes}")
    )
    driven = network({"a": speaking, "c": caller(), "d": reads}, {"d.c": "c", "d.a": "a"})
    part = sliced(driven, {}, [parse_sentence(GOAL, driven)], apart=True)
    assert part.cut == part.apart == ()


def test_a_group_that_zones_cannot_treat_is_kept() -> None:
    net = beside(caller("clocks: {w: {pauses in: [c1]}}\n", more=", if: w >= 0 s"), called())
    assert isinstance(decide(question(net, GOAL), "auto", Limits(seconds=5, depth=3)), Undecided)


# --- random groups ------------------------------------------------------------------------------------------------


def test_beside_random_groups_the_part_says_what_the_whole_says() -> None:
    """Two random networks that share nothing, a goal about the first: the same verdict with and without the second."""
    seen: Counter[str] = Counter()
    shape = Shape(machines=2)

    @settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=120,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(shape), networks(shape))
    def agree(asked: tuple[Network, Bad], other: Network) -> None:
        net, bad = asked
        beside = tuple(
            replace(item, name=f"{item.name}2", wires={port: f"{item.source(port)}2" for port in item.wires})
            for item in other.instances
        )
        goal = Sentence("never bad", NeverHeld(bad.expr))
        both = Question("beside", Network("both", (*net.instances, *beside)), goal)
        limits = Limits(seconds=20)
        part = safely_cut(both, limits)
        if len(beside) < 2 or not part.cut:
            return
        whole = _decided(both, Slice(both.network, {}, ()), "zones", limits)
        found = decide(both, "zones", limits)
        assert type(found) is type(whole), (found, whole)
        seen[type(found).__name__] += 1
        seen["apart"] += bool(part.apart)

    agree()
    assert seen["apart"] >= 12, seen
    assert seen["Holds"] >= 2, seen
    assert seen["Fails"] >= 2, seen
    assert seen["Rejected"] >= 5, seen


# --- the certificate ----------------------------------------------------------------------------------------------

TWICE = network(
    {
        "a": SAFE,
        "c": caller(),
        "d": called(),
        "e": caller(most="6 s").replace("machine: c", "machine: e"),
        "f": called(),
    },
    {"d.c": "c", "f.c": "e"},
)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    found = holds(TWICE, GOAL).certificate
    assert found is not None
    return found


@pytest.fixture(scope="module")
def text(certificate: Certificate) -> str:
    return certificate_to_json(certificate)


def test_two_machines_of_one_name_have_no_file(certificate: Certificate) -> None:
    alike = network(
        {"a": SAFE, "c": caller(), "d": called(), "e": caller(most="6 s"), "f": called()}, {"d.c": "c", "f.c": "e"}
    )
    with pytest.raises(InputError, match="two machines are called 'c'"):
        certificate_to_json(replace(certificate, network=alike))


def test_the_file_carries_both_groups(text: str) -> None:
    read = certificate_from_json(text)
    assert len(read.apart) == 2
    read.recheck()
    assert certificate_to_json(read) == text


def _no_groups(found: Any) -> None:
    found["apart"] = []


def _one_group(found: Any) -> None:
    found["apart"].pop()


def _swapped(found: Any) -> None:
    found["apart"].reverse()


def _nothing_shown(found: Any) -> None:
    found["apart"][0] = {}


def _zone_less(found: Any) -> None:
    found["apart"][1][""]["zones"].pop()


def _bound_less(found: Any) -> None:
    bounds = [bound for zone in found["apart"][0][""]["zones"] for bound in zone["bounds"]]
    next(bound for bound in bounds if bound[1] == "" and bound[3] > 0)[3] -= 1


def _kept_more(found: Any) -> None:
    found["kept"] = ["a", "c", "d"]


def _kept_unknown(found: Any) -> None:
    found["kept"] = ["a", "nobody"]


@pytest.mark.parametrize(
    "change", [_kept_unknown, _no_groups, _one_group, _swapped, _nothing_shown, _zone_less, _bound_less, _kept_more]
)
def test_a_certificate_with_a_changed_group_is_refused(text: str, change: Callable[[Any], None]) -> None:
    data = json.loads(text)
    change(data)
    data["seal"] = _seal(data)
    with pytest.raises((InternalError, InputError)):
        certificate_from_json(json.dumps(data)).recheck()


def test_the_proof_of_a_group_is_none_for_one_that_blocks(certificate: Certificate) -> None:
    """The network with a group that stops time has no certificate by the proof of the one that does not."""
    c, d, _ = BLOCKING["timelock"]
    other = network({"a": SAFE, "c": c, "d": d, "e": caller(most="6 s"), "f": called()}, {"d.c": "c", "f.c": "e"})
    certificate.recheck()
    with pytest.raises(InternalError):
        replace(certificate, network=other).recheck()
