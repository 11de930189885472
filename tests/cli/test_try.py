"""A sentence on trial: slips are shown with their place, and no file is edited, whatever the sentence does."""

from __future__ import annotations

from pathlib import Path

import pytest

from lastgasp import Holds, InputError, load_study, prove
from tests.cli.studies import LAMP, Call, edited, snapshot, written

GOOD = "LAMP shall not be warming for more than 59 s."


@pytest.mark.parametrize(
    ("sentence", "place", "cause", "cure"),
    [
        ("LAMP shall not be warmin for more than 59 s.", "1:19", "'warmin'", "did you mean 'warming'?"),
        ("LUMP shall not be warming for more than 59 s.", "1:1", "'LUMP'", "did you mean 'LAMP'?"),
        ("LAMP shal not be warming for more than 59 s.", "1:6", "shal", "shall"),
        ("LAMP shall not be warming for more than 59.", "1:43", "unit", "'3 min'"),
        ("LAMP shall not be warming for more than 59 sceonds.", "1:44", "unit", "'3 min'"),
        ("LAMP shall not be warming for more than 59 s", "1:45", "no full stop", "'.'"),
        (
            "LAMP shall not be warming for more than 59 s. Really.",
            "1:47",
            "more text after the full stop",
            "one sentence",
        ),
        ("LAMP shall soon be lit.", "1:12", "soon", ""),
        ("LAMP shall not keep lihgt no for more than 1 min.", "1:21", "'lihgt'", "did you mean 'light'?"),
        ("LAMP shall not keep light nope for more than 1 min.", "1:27", "nope", "no"),
        ("LAMP shall never send oot.", "1:23", "oot", "out"),
        ("", "1:1", "ends too early", "a name"),
        ("   ", "1:", "ends too early", "a name"),
        (".", "1:1", "", ""),
        ("🙂", "1:1", "", ""),
        ("LAMP\tshall never be dark", "1:", "", ""),
        ("LAMP shall " * 2000, "1:", "", ""),
        ("(" * 5000, "1:", "", ""),
    ],
    ids=lambda text: text[:40],
)
def test_a_slip_in_a_sentence(sentence: str, place: str, cause: str, cure: str, lamp: Path, call: Call) -> None:
    """The place in the sentence, what is wrong there, what could be meant; nothing is decided, nothing is edited."""
    before = snapshot(lamp)
    ran = call("try", sentence, "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    first, _, second = ran.err.partition("\n")
    assert first.startswith(f"sentence:{place}")
    assert cause in first
    assert second.startswith("    ") and cure in second
    assert "Traceback" not in ran.err
    assert ran.seconds < 5.0
    assert snapshot(lamp) == before


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (GOOD, ["It binds: LAMP.", "bright    FAILS -> holds"]),
        ("LAMP shall not be warming for more than 2 min.", ["bright    FAILS (unchanged)", "What still fails, bright"]),
        ("LAMP shall never be dark.", ["REJECTED", "because"]),
    ],
)
def test_a_good_sentence_edits_no_file(sentence: str, words: list[str], lamp: Path, call: Call) -> None:
    """One that helps, one that does not, one that stops time."""
    before = snapshot(lamp)
    ran = call("try", sentence, "--study", lamp)
    assert (ran.code, ran.err) == (0, "")
    assert "Read as: " in ran.out
    for word in words:
        assert word in ran.out
    assert snapshot(lamp) == before


def test_the_sentence_is_added_to_the_proposal_that_is_named(lamp: Path, call: Call) -> None:
    """The first proposal, or the one that is asked for."""
    assert "Added to the proposal 'today'" in call("try", GOOD, "--study", lamp).out
    ran = call("try", GOOD, "--study", lamp, "--proposal", "better", "--installation", "room")
    assert "Added to the proposal 'better'" in ran.out
    assert "bright    holds (unchanged)" in ran.out


def test_the_sentence_is_told_before_the_work_begins(lamp: Path, call: Call) -> None:
    """What it means, its picture, whom it binds; then what it changes."""
    out = call("try", GOOD, "--study", lamp).out
    assert out.index("Read as: ") < out.index("59 s ─") < out.index("It binds: ") < out.index("Added to ")


def test_a_sentence_that_its_party_could_not_obey_knowingly_is_refused(tmp_path: Path, call: Call) -> None:
    """The lamp does not read what the eye sees: it cannot be bound to it."""
    eye = "machine: eye\nparty: EYE\nstates: {open: {initial: yes}, shut: {}}\n"
    eye += "transitions: [{from: open, to: shut, may: }]\n"
    files = edited(
        {**LAMP, "models/eye.yaml": eye}, "models/room.yaml", "instances:\n", "instances:\n  eye: {machine: eye}\n"
    )
    ran = call("try", "While EYE is open, LAMP shall never be dark.", "--study", written(tmp_path, files))
    assert (ran.code, ran.out) == (2, "")
    assert "sentence:1:" in ran.err
    assert "eye" in ran.err


def test_a_sentence_that_binds_nobody_is_an_assumption(lamp: Path, call: Call) -> None:
    """As with --assume: the supply never fails, so the lamp is never dark; nobody has to obey."""
    ran = call("try", "supply shall never be off.", "--study", lamp)
    assert "It binds no party" in ran.out
    assert "UNDECIDED" not in ran.out
    assert "which  cannot prevent" not in ran.out
    assert ran.code == 0


def test_a_possibility_beside_a_clause_that_is_not_shown_obeyable(lamp: Path, call: Call) -> None:
    """A goal that can happen, and a restriction of which it is not known whether it can be obeyed."""
    written(lamp, {"properties/more.yaml": "goals:\n  lit: {sentence: It is possible that LAMP is lit.}\n"})
    ran = call("try", "supply shall never be off.", "--study", lamp)
    assert "has no truth value" not in ran.err and "not true or false" not in ran.err
    assert ran.code != 70


def test_a_possibility_cannot_be_tried(lamp: Path, call: Call) -> None:
    """It takes no run away: refused with place, reason and cure."""
    ran = call("try", "It is possible that LAMP is dark.", "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert "sentence:1:1: what is possible takes no run away" in ran.err
    assert "    ask it as a goal" in ran.err


@pytest.mark.parametrize("kind", ["clauses", "assumptions"])
def test_a_possibility_restricts_no_network_of_ones_own(kind: str, lamp: Path) -> None:
    """As a clause or an assumption of prove; as its goal it is welcome."""
    room = load_study(lamp).installations["room"]
    possible = "It is possible that LAMP is dark."
    with pytest.raises(InputError, match=r"takes no run away.*\n    ask it as a goal"):
        prove(room, "LAMP shall never be broken.", **{kind: [possible]})
    assert isinstance(prove(room, possible), Holds)


def test_a_possibility_cannot_be_assumed(tmp_path: Path, call: Call) -> None:
    """'It is possible that a fails' must not prove that a never does."""
    machine = "machine: a\nparty: A\nsends: [oops]\nstates: {s: {initial: yes}, bad: {}}\n"
    files = {
        "a.yaml": machine + "transitions: [{from: s, to: bad, may: , send: oops}]\n",
        "one.yaml": "installation: one\ninstances: {a: {machine: a}}\n",
        "goals.yaml": "goals: {safe: {sentence: a shall never be bad.}}\n",
        "assumptions.yaml": "assumptions: {may-fail: {sentence: It is possible that a sends a.oops.}}\n",
        "proposals.yaml": "proposals: {assumed: {assumptions: [may-fail]}}\n",
    }
    ran = call("check", written(tmp_path, files), "--jobs", "1")
    assert (ran.code, ran.out) == (2, "")
    assert "assumptions.yaml:1:36: what is possible takes no run away" in ran.err
