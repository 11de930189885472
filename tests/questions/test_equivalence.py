"""Whether two texts allow the same: answers known beforehand, proofs and runs looked at, and runs on a grid."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import lastgasp as lg
from lastgasp.errors import InputError
from lastgasp.language.sentences import parse_sentence
from lastgasp.questions import equivalence
from lastgasp.questions.effort import Effort
from lastgasp.questions.equivalence import Asked, Equivalence, Relation, Text, compared, equivalent
from lastgasp.semantics import Semantics, run
from lastgasp.signals import errs, signal_of
from lastgasp.soundness import DOUBT
from lastgasp.trace import Step, Trace
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous
from tests.cli.studies import LAMP, edited, written
from tests.zoo.zoo import SUPPLY, SWITCH, chosen, network, replayed

BELL = """
machine: bell
party: B
reads: {s: {power: [on, off]}}
sends: [ring]
states: {calm: {initial: yes}, loud: {}}
transitions:
  - {from: calm, to: loud, may: , send: ring}
  - {from: loud, to: calm, may: }
"""


def house() -> lg.Network:
    """A switch of one party and a bell of another that can see it."""
    return network({"switch": SWITCH, "bell": BELL}, {"bell.s": "switch"})


def text(net: lg.Network, name: str, *sentences: str) -> Text:
    """Sentences as clauses c0, c1, ..."""
    return Text(name, {f"c{n}": parse_sentence(sentence, net) for n, sentence in enumerate(sentences)})


def ask(first: tuple[str, ...], second: tuple[str, ...], net: lg.Network | None = None, **more: Any) -> Equivalence:
    """Two texts compared; every proof is rechecked and every run played again."""
    net = net or house()
    found = compared(net, text(net, "P", *first), text(net, "Q", *second), **more)
    for under, other, items in (
        (found.first, found.second, found.under_first),
        (found.second, found.first, found.under_second),
    ):
        assert [item.clause for item in items] == list(other.clauses)
        for item in items:
            looked_at(net, under, other, item, found.assumptions)
    return found


def looked_at(net: lg.Network, under: Text, other: Text, item: Asked, assumptions: Mapping[str, Any]) -> None:
    """The evidence for one clause."""
    match item.verdict:
        case Holds(certificate=proof) | Vacuous(certificate=proof):
            assert proof is not None
            assert proof.goal == other.clauses[item.clause] and proof.clauses == under.clauses
            assert proof.assumptions == assumptions
            proof.recheck()
        case Fails():
            trace = item.trace
            assert trace is not None
            replayed(net, trace)
            signal = signal_of(trace, net.with_settings(chosen(trace)))
            ((instant, words),) = trace.marks
            assert errs(other.clauses[item.clause].formula, signal, trace.parameters) == instant
            assert other.name in words and other.clauses[item.clause].text in words
            for sentence in (*under.clauses.values(), *assumptions.values()):
                assert errs(sentence.formula, signal, trace.parameters) is None


SHORT_ON = "switch shall never be on for more than 3 s."
LOUD = "bell shall never be loud for more than 2 s."

KNOWN = [
    ("the same in another order", (SHORT_ON, LOUD), (LOUD, SHORT_ON), Relation.EQUIVALENT),
    ("two wordings", ("switch shall not keep power on for more than 3 s.",), (SHORT_ON,), Relation.EQUIVALENT),
    (
        "never and always",
        ("While bell is calm, switch shall always keep power on.",),
        ("While bell is calm, switch shall not keep power off.",),
        Relation.EQUIVALENT,
    ),
    (
        "only if and not while",
        ("bell shall send ring only if s.power is on.",),
        ("While s.power is off, bell shall not send ring.",),
        Relation.EQUIVALENT,
    ),
    (
        "an answer within is a limit",
        ("When switch is on, switch shall within 3 s be off.",),
        (SHORT_ON,),
        Relation.EQUIVALENT,
    ),
    ("strict", ("switch shall never be on for at least 3 s.",), (SHORT_ON,), Relation.FIRST_STRICTER),
    ("a longer limit", ("switch shall never be on for more than 4 s.",), (SHORT_ON,), Relation.SECOND_STRICTER),
    ("implied by another", (SHORT_ON, "switch shall never be on for more than 5 s."), (SHORT_ON,), Relation.EQUIVALENT),
    ("one clause more", (SHORT_ON, LOUD), (SHORT_ON,), Relation.FIRST_STRICTER),
    ("nothing at all", (), (), Relation.EQUIVALENT),
    ("each its own", (SHORT_ON,), (LOUD,), Relation.NEITHER),
    (
        "apart in two wordings",
        ("bell shall send ring not before 2 s after the last ring.",),
        ("bell shall not send ring within 2 s of the last ring.",),
        Relation.EQUIVALENT,
    ),
    (
        "at most once and never again",
        ("bell shall send ring at most once while s.power is off.",),
        ("While s.power is off, bell shall not send ring.",),
        Relation.SECOND_STRICTER,
    ),
]


@pytest.mark.parametrize(("first", "second", "answer"), [case[1:] for case in KNOWN], ids=[case[0] for case in KNOWN])
def test_known_answers(first: tuple[str, ...], second: tuple[str, ...], answer: Relation) -> None:
    """Also the other way round, which turns the answer round."""
    turned = {Relation.FIRST_STRICTER: Relation.SECOND_STRICTER, Relation.SECOND_STRICTER: Relation.FIRST_STRICTER}
    assert ask(first, second).relation is answer
    assert ask(second, first).relation is turned.get(answer, answer)


def test_the_instant_at_the_limit_tells_strict_from_not() -> None:
    """Exactly 3 s is what one allows and the other forbids; the run goes on beyond, where both are obeyed."""
    found = ask(("switch shall never be on for at least 3 s.",), (SHORT_ON,))
    (item,) = found.under_second
    assert item.trace is not None and item.trace.marks[0][0] == 3
    assert found.under_first[0].follows is True
    assert "a run of" in found.words() and "breaks it at 3 s" in found.words()


def test_what_is_said_of_parties() -> None:
    found = ask((SHORT_ON,), (LOUD,))
    assert found.parties == {"B": (False, True), "S": (True, False)}
    assert "Devices of S are bound further by “P”." in found.words()
    both = ask((SHORT_ON,), ("switch shall never be off for more than 3 s.",))
    assert both.parties == {"S": (True, True)}
    assert "each of the two in its own way" in both.words()
    assert ask((SHORT_ON,), (SHORT_ON,)).parties == {}


def test_a_clause_that_never_applies_is_no_clause() -> None:
    """A bell that may not ring never rings twice."""
    never = "bell shall never send ring."
    found = ask((never,), (never, "bell shall send ring only if s.power is on."))
    assert found.relation is Relation.EQUIVALENT
    assert isinstance(found.under_first[1].verdict, Vacuous)
    assert "never applies under “P”, where it is equal to no clause: proved" in found.words()


def test_the_same_clause_is_not_asked() -> None:
    found = ask((SHORT_ON,), (SHORT_ON,))
    assert [item.verdict for item in (*found.under_first, *found.under_second)] == [None, None]


LAMP_ON_SUPPLY = """
machine: lamp
party: L
reads: {s: {power: [on, off]}}
states: {lit: {initial: yes}, dark: {}}
transitions:
  - {from: lit, to: dark, when: s.power is off}
  - {from: dark, to: lit, when: s.power is on}
"""


def test_assumptions_are_those_of_both() -> None:
    """With a supply that never stays off for long, a limit on darkness forbids nothing; one text assumes nothing."""
    net = network({"supply": SUPPLY, "lamp": LAMP_ON_SUPPLY}, {"lamp.s": "supply"})
    short = {"short": parse_sentence("supply shall never be off for more than 2 s.", net)}
    dark = text(net, "P", "lamp shall never be dark for more than 5 s."), text(net, "Q")
    found = compared(net, *dark, short, {})
    assert found.unshared == ("short",) and found.relation is Relation.EQUIVALENT
    assert "Not both texts make all of them." in found.words() and "supply shall never be off" in found.words()
    same = compared(net, *dark, short)
    assert compared(net, *dark).relation is not Relation.EQUIVALENT
    assert compared(net, *dark, {}, short).relation is Relation.EQUIVALENT
    assert same.unshared == () and "Not both" not in same.words()


def test_a_run_up_to_a_dead_end_is_no_behaviour() -> None:
    """The trap can be entered but not left: under the first text time stops there, and nothing is said of it."""
    trap = "machine: a\nparty: A\nstates: {s: {initial: yes}, t: {}}\ntransitions: [{from: s, to: t, may: }]"
    net = network({"a": trap})
    found = ask(("a shall never be t for more than 1 s.",), ("a shall never be t.",), net)
    assert isinstance(found.under_first[0].verdict, Rejected)
    assert found.relation is Relation.UNDECIDED and found.partial
    assert "was not compared" in found.words() and "is not decided" in found.words()


def test_undecided_stays_undecided() -> None:
    found = ask((SHORT_ON,), (LOUD,), effort=Effort.lasting(0))
    assert isinstance(found.under_first[0].verdict, Undecided)
    assert found.relation is Relation.UNDECIDED and found.partial and found.parties == {}
    half = ask((SHORT_ON, LOUD), (SHORT_ON,), effort=Effort.lasting(0))
    assert half.relation is Relation.UNDECIDED
    assert "“P” allows nothing that “Q” forbids." in half.words()


def test_one_run_is_enough_beside_what_is_undecided() -> None:
    """That one clause forbids what the other text allows settles its direction, whatever becomes of another clause."""
    whole = ask((SHORT_ON, LOUD), ())
    first, second = whole.under_second
    half = replace(whole, under_second=(first, replace(second, verdict=Undecided("zoo", "zones", reason="the time"))))
    assert half.relation is Relation.FIRST_STRICTER and half.partial and half.parties == {"S": (True, False)}


def test_a_run_that_may_end_dead_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it was not shown that time can go on after a run, it does not separate."""
    real = equivalence.decide
    doubtful = lambda *args, **more: replace(real(*args, **more), notes=(DOUBT,))  # noqa: E731
    monkeypatch.setattr(equivalence, "decide", doubtful)
    found = ask((SHORT_ON,), ())
    assert found.relation is Relation.UNDECIDED and found.partial and found.parties == {}
    assert DOUBT in found.words()


# --- runs on a grid -----------------------------------------------------------------------------------------------

SEEDS, STEPS = range(24), 3
DELAYS = [Fraction(n, 2) for n in (0, 1, 2, 3, 5)]


def toy(chance: random.Random) -> str:
    """A machine of two or three states that can always go on."""
    states = ["s", "t", "u"][: chance.randint(2, 3)]
    lines = ["machine: a", "party: A", "sends: [go]", "states:"]
    lines += [f"  {state}: {{{'initial: yes' if state == 's' else ''}}}" for state in states]
    lines.append("transitions:")
    for here, there in zip(states, [*states[1:], states[0]], strict=True):
        when = chance.choice(["may: ", "after: 1 s ..", "after: more than 1 s .."])
        lines.append(f"  - {{from: {here}, to: {there}, {when}{chance.choice(['', ', send: go'])}}}")
    lines.append(f"  - {{from: {states[-1]}, to: {chance.choice(states)}, may: , send: go}}")
    return "\n".join(lines)


CLAUSES = (
    "a shall never be t for more than %d s.",
    "a shall never be t for at least %d s.",
    "a shall be s for at least %d s each time.",
    "a shall send go only if a has been t for at least %d s.",
    "a shall send go only if a has been s for more than %d s.",
    "a shall send go not before %d s after the last go.",
    "When a is t, a shall within %d s send go.",
    "When a is s, a shall within %d s be t.",
    "While a is s, a shall not send go.",
    "a shall send go at most once while a is t.",
)


def clause(chance: random.Random) -> str:
    """A clause with a limit of one or two seconds."""
    form = chance.choice(CLAUSES)
    return form % chance.randint(1, 2) if "%" in form else form


def grid_runs(net: lg.Network, steps: int) -> Iterator[Trace]:
    """Every run of so many steps at most with delays on the grid, and a rest on it."""
    meaning = Semantics(net, {})

    def on(now: Any, moves: list[tuple[Fraction, Step]]) -> Iterator[Trace]:
        for rest in DELAYS:
            if meaning.enabled(now).limit.allows(rest):
                yield run(net, {}, moves, rest)
        for delay in DELAYS if len(moves) < steps else ():
            if meaning.enabled(now).limit.allows(delay):
                later = meaning.apply(now, delay) if delay else now
                for step in meaning.enabled(later).steps:
                    yield from on(meaning.apply(later, step), [*moves, (delay, step)])

    yield from on(meaning.initial(), [])


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_on_a_grid_agree(seed: int) -> None:
    """No run on the grid obeys one text and breaks a clause that is proved to forbid nothing; and where a run of few
    steps on the grid is shown to separate, one is found there."""
    chance = random.Random(seed)
    net = network({"a": toy(chance)})
    texts = [text(net, name, *dict.fromkeys(clause(chance) for _ in range(chance.randint(1, 2)))) for name in "PQ"]
    found = compared(net, *texts)
    broken: list[list[set[str]]] = []
    for trace in grid_runs(net, STEPS):
        signal = signal_of(trace, net)
        broken.append([{n for n, c in t.clauses.items() if errs(c.formula, signal) is not None} for t in texts])
    for (mine, theirs), items in (((0, 1), found.under_first), ((1, 0), found.under_second)):
        separated = set().union(*(item[theirs] for item in broken if not item[mine]))
        for item in items:
            if item.follows:
                assert item.clause not in separated
            elif item.trace is not None and on_the_grid(item.trace):
                assert item.clause in separated


def on_the_grid(trace: Trace) -> bool:
    """Whether the run is one of those that were enumerated."""
    return len(trace.entries) <= STEPS and {trace.rest, *(entry.delay for entry in trace.entries)} <= set(DELAYS)


def test_the_grid_has_something_to_say() -> None:
    """Among the seeds are proofs and runs; a test that compares nothing could not fail."""
    seen: dict[bool | None, int] = {}
    for seed in SEEDS:
        chance = random.Random(seed)
        net = network({"a": toy(chance)})
        texts = [text(net, name, *dict.fromkeys(clause(chance) for _ in range(chance.randint(1, 2)))) for name in "PQ"]
        found = compared(net, *texts)
        for item in (*found.under_first, *found.under_second):
            key = item.follows if item.verdict is not None else None
            seen[key] = seen.get(key, 0) + 1
    assert seen.get(True, 0) >= 3 and seen.get(False, 0) >= 5


# --- a study ------------------------------------------------------------------------------------------------------


def test_proposals_of_a_study(tmp_path: Path) -> None:
    study = lg.load_study(
        written(
            tmp_path,
            edited(
                LAMP,
                "properties/clauses.yaml",
                "    party: LAMP\n",
                "    party: LAMP\n    title: It warms up quickly\n",
            ),
        )
    )
    found = lg.equivalent(study, "today", "better")
    assert isinstance(found, lg.Equivalence)
    assert found.relation is Relation.SECOND_STRICTER
    assert "“It warms up quickly”, which binds LAMP, forbids what “today” allows" in found.words()
    data = json.loads(json.dumps(found.to_json()))["equivalent"]
    assert data["answer"] == "the second is stricter" and data["partial"] is False
    (row,) = data["clauses of the second under the first"]
    assert row["verdict"] == "fails" and row["follows"] is False
    assert Trace.from_json(row["trace"]).marks[0][1] == "forbidden by “better”: “It warms up quickly”"
    with pytest.raises(InputError, match="there is no proposal"):
        equivalent(study, "today", "bettre")


def test_the_bundled_study_binds_the_meter_further() -> None:
    """The text in force lets a meter keep the 12 V off for longer than 3 min with supply present."""
    found = lg.equivalent(lg.load_study(), "mp102a", "today")
    assert found.relation is Relation.FIRST_STRICTER and not found.partial
    assert found.parties == {"ESME": (True, False)}
    (item,) = (item for item in found.under_second if item.follows is False)
    assert item.clause == "smets-dc-3-min" and item.trace is not None and item.trace.marks[0][0] == 180
