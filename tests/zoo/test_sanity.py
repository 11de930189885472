"""What is wrong or odd about a model, whatever is asked: each kind on a machine of its own, none on a sound one."""

from __future__ import annotations

import pytest

import lastgasp as lg
from lastgasp.language.sentences import parse_sentence
from lastgasp.sanity import Oddity, oddities
from tests.zoo.zoo import SUPPLY, alone, network, replayed

SOUND = """
machine: a
party: A
states: {s: {initial: yes, at most: 5 s}, t: {at most: 4 s}}
transitions:
  - {from: s, to: t, after: 1 s .., label: goes}
  - {from: t, to: s, after: 1 s .., label: comes}
"""


def found(net: lg.Network, *clauses: str) -> dict[str, list[Oddity]]:
    bound = {text: parse_sentence(text, net) for text in clauses}
    kinds: dict[str, list[Oddity]] = {}
    for item in oddities(net, bound, {}):
        kinds.setdefault(item.kind, []).append(item)
        if item.trace is not None:
            replayed(net, item.trace)
    return kinds


def test_a_sound_machine_has_none() -> None:
    assert found(alone(SOUND)) == {}


def test_a_state_that_nothing_reaches_and_a_transition_that_never_happens() -> None:
    """u is left only by a transition that needs u; 'comes' never happens where t lasts less than its window."""
    text = SOUND.replace("t: {at most: 4 s}}", "t: {at most: 4 s}, u: {label: nowhere}}")
    text += "  - {from: u, to: s, may: , label: leaves}\n  - {from: s, to: u, after: 6 s .., label: too late}\n"
    kinds = found(alone(text))
    assert set(kinds) == {"never reached", "never happens"}
    assert [item.words for item in kinds["never reached"]] == ["a: nowhere"]
    assert [item.words for item in kinds["never happens"]] == ["a: leaves", "a: too late"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SOUND.replace("after: 1 s .., label: comes", "after: 9 s .., label: comes"), "timelock"),
        (
            SOUND.replace("t: {at most: 4 s}", "t: {less than: 4 s}").replace("1 s .., label: comes", "4 s .."),
            "timelock",
        ),
        (SOUND + "variables: {v: {range: 0 .. 1, initial: 0}}\n", None),
        (
            SOUND.replace("label: goes", "set: {v: v + 1}") + "variables: {v: {range: 0 .. 1, initial: 0}}\n",
            "out of range",
        ),
    ],
)
def test_what_is_wrong_comes_with_a_run(text: str, kind: str | None) -> None:
    kinds = found(alone(text))
    assert kind in kinds if kind else kinds == {}
    for item in kinds.get(kind or "", []):
        assert item.wrong
        assert item.trace is not None


def test_an_instant_loop_is_wrong() -> None:
    """Two machines that correct each other for ever."""
    copy = """
machine: a
party: A
reads: {other: {light: [yes, no]}}
states: {off: {initial: yes, gives: {light: no}}, on: {gives: {light: yes}}}
transitions:
  - {from: off, to: on, when: other.light is %s}
  - {from: on, to: off, when: other.light is %s}
"""
    net = network({"a": copy % ("yes", "no"), "b": copy % ("no", "yes")}, {"a.other": "b", "b.other": "a"})
    assert "instant loop" in found(net)


def test_an_end_is_odd_and_not_wrong() -> None:
    back = "  - {from: t, to: s, after: 1 s .., label: comes}\n"
    kinds = found(alone(SOUND.replace("t: {at most: 4 s}", "t: {}").replace(back, "")))
    assert set(kinds) == {"nothing more happens"}
    (end,) = kinds["nothing more happens"]
    assert not end.wrong
    assert end.trace is not None
    assert end.trace.entries[-1].values["a.state"] == "t"


@pytest.mark.parametrize(
    ("trigger", "hurries"),
    [("may: ", True), ("after: 0 s ..", True), ("after: more than 0 s ..", True), ("after: 1 s ..", False)],
)
def test_steps_that_need_no_time(trigger: str, hurries: bool) -> None:
    """Back and forth: at will, or after however short a time, infinitely often in finite time; not after 1 s each."""
    kinds = found(alone(SOUND.replace("after: 1 s ..", trigger)))
    assert ("no time needed" in kinds) == hurries
    if hurries:
        (item,) = kinds["no time needed"]
        assert item.trace is not None
        assert len(item.trace.entries) >= 8
        assert item.trace.times[-1] <= 1 + item.trace.times[0]


def test_half_a_loop_that_takes_its_time_is_enough() -> None:
    """Only one of the two states lasts 1 s at least: going round still takes time."""
    assert "no time needed" not in found(alone(SOUND.replace("after: 1 s .., label: goes", "may: ")))


def test_a_clause_that_never_applies_and_one_that_cannot_be_obeyed() -> None:
    net = network({"a": SOUND, "supply": SUPPLY})
    kinds = found(net, "A shall never be t for more than 4 s.", "While supply is off, A shall never be s.")
    assert "not obeyable" in kinds
    assert all(item.wrong or item.open for item in kinds["not obeyable"])
    dull = found(alone(SOUND), "When A has been s for more than 5 s, A shall within 1 s be t.")
    assert [item.kind for item in dull["never applies"]] == ["never applies"]


def test_a_prohibition_that_is_obeyed_applies() -> None:
    """It takes away the step that it speaks of, which then never happens; one of what could not happen is odd."""
    text = SOUND.replace("s: {initial: yes, at most: 5 s}", "s: {initial: yes}").replace("goes}", "goes, send: go}")
    kinds = found(alone(text + "sends: [go, stop]\n"), "While A is s, A shall not send go.", "A shall never send stop.")
    assert [item.words.partition(":")[0] for item in kinds["never applies"]] == ["A shall never send stop."]


def test_clauses_make_states_unreachable() -> None:
    """The step to t sends go, and go is sent only in t."""
    text = SOUND.replace("s: {initial: yes, at most: 5 s}", "s: {initial: yes}").replace("goes}", "goes, send: go}")
    kinds = found(alone(text + "sends: [go]\n"), "A shall send go only if A is t.")
    assert [item.words for item in kinds["never reached"]] == ["a: t"]
    assert len(kinds["never happens"]) == 2
