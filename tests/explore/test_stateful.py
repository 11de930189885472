"""Random runs against the zone engine: nothing that it refutes, as short as can be, and all of it again from a seed."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lastgasp as lg
from lastgasp.errors import Disagreement
from lastgasp.explore import finding
from lastgasp.explore.coverage import Reach
from lastgasp.explore.stateful import Search
from lastgasp.expr import Const, Sent, neg
from lastgasp.language.sentences import parse_sentence
from lastgasp.network import Network
from lastgasp.questions.asking import CheckName, ask, ask_all, question_about
from lastgasp.questions.effort import Effort
from lastgasp.questions.matrix import names
from lastgasp.sentences import Formula, Held, NeverHeld, Possible, SendsOnlyIf, Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import sliced
from tests.cli.studies import LAMP, outside
from tests.explore.compared import compare
from tests.oracle.strategies import Bad, questions
from tests.zoo.zoo import alone, network

BRIGHT = "While supply is on, lamp shall not keep light no for more than 1 min."


def room() -> Network:
    return network({"supply": LAMP["models/supply.yaml"], "lamp": LAMP["models/lamp.yaml"]}, {"lamp.supply": "supply"})


def compared_on(examples: int, runs: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    @settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(), st.booleans(), st.none() | st.integers(0, 2))
    def agree(question: tuple[Network, Bad], about_events: bool, limit: int | None) -> None:
        net, bad = question
        goal: Formula = NeverHeld(bad.expr)
        if about_events:
            goal = SendsOnlyIf(Sent(f"{net.instances[0].name}.cast"), Held(neg(bad.expr)))
        restrict = {}
        if limit is not None:
            restrict["brief"] = Sentence("brief", NeverHeld(bad.expr, Const(Fraction(limit)), inclusive=limit == 1))
        compare(net, Sentence("goal", goal), restrict, seen, runs)

    agree()
    return seen


def test_nothing_that_zones_refute_is_found_and_what_is_found_is_short() -> None:
    seen = compared_on(24, 20)
    assert seen["found"] >= 4, seen
    assert seen["missed in a sound network"] <= 1, seen
    assert seen["longer"] <= seen["shortest"] / 4, seen


@pytest.mark.long
def test_a_thousand_random_networks() -> None:
    """``pytest -m long -k thousand_random -s`` prints how often a run is a shortest one."""
    seen = compared_on(1000, 60)
    print(seen)  # noqa: T201
    assert seen["missed in a sound network"] <= seen["found"] / 50


# --- the bundled study -----------------------------------------------------------------------------------------------


def overview(possible: bool | None = None) -> list[CheckName]:
    """The checks of the overview; only those that ask whether something is possible, or only the others."""
    study = lg.load_study()
    every = ask_all(study, names(study, None, study.overview.proposals, study.overview.installations))
    return [n for n, asked in every.items() if possible in (None, isinstance(asked.goal.formula, Possible))]


def test_a_failure_of_the_bundled_study_that_no_short_run_shows() -> None:
    """The text that the respondents suggest, the hardest of the goals that fail under it."""
    study = lg.load_study()
    (name,) = (
        item for item in overview() if item.goal == "no-ad1-without-outage" and item.proposal == "smets-chts-csp"
    )
    asked = ask(study, name)
    found = finding.explore(asked, seed=0, runs=600)
    assert found.trace is not None and 9 <= len(found.trace.entries) <= 12
    assert lg.replay(asked.network.with_settings(dict(found.trace.parameters)), found.trace) == found.trace


@pytest.mark.long
def test_every_failure_of_the_overview_is_found_and_replays() -> None:
    study = lg.load_study()
    longer: list[int] = []
    for name in overview():
        verdict = lg.check(study, name.goal, name.installation, name.proposal)
        if verdict.trace is None:
            continue
        asked = ask(study, name)
        found = finding.explore(asked, seed=0, runs=600)
        assert found.trace is not None, name
        network = asked.network.with_settings(dict(found.trace.parameters))
        assert lg.replay(network, found.trace) == found.trace
        signal = signal_of(found.trace, network)
        assert errs(asked.goal.formula, signal, found.trace.parameters) == found.trace.marks[0][0]
        longer.append(len(found.trace.entries) - len(verdict.trace.entries))
    assert len(longer) >= 30 and longer.count(0) > len(longer) / 2, longer


@pytest.mark.long
def test_proved_goals_survive_a_hundred_thousand_steps() -> None:
    study = lg.load_study()
    survived = []
    for name in overview(possible=False):
        if not isinstance(lg.check(study, name.goal, name.installation, name.proposal), lg.Holds):
            continue
        asked = ask(study, name)
        part = sliced(asked.network, asked.restrict, [asked.goal])
        steps = 0
        for seed in count():
            found = Search(part.network, asked.goal, part.restrict, 25).driven(500, seed)
            assert found.broken is None, name
            steps += found.steps
            if steps > 100_000:
                break
        survived.append((str(name), steps))
    print(survived)  # noqa: T201
    assert len(survived) >= 6


# --- one network ---------------------------------------------------------------------------------------------------


def test_the_failure_is_as_short_as_the_shortest_and_comes_again_from_its_seed() -> None:
    first, again = (lg.challenge(room(), BRIGHT, seed=5, timeout=None) for _ in range(2))
    assert first.trace is not None and first.trace == again.trace
    assert len(first.trace.entries) == 4
    verdict = lg.prove(room(), BRIGHT)
    assert isinstance(verdict, lg.Fails) and verdict.trace is not None and len(verdict.trace.entries) == 4
    assert "This fails, by a run of 4 steps" in first.words()
    assert f", and more to make it shorter (seed 5, {first.steps} steps in all)" in first.words()
    assert first.trace.parameters["lamp.warm"] > 60


RUNS = """
import sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
from lastgasp.explore.stateful import Search
from lastgasp.questions.asking import question_about
from tests.explore.test_stateful import BRIGHT, room

class Drawing(Search):
    def run(self, choose):
        print([choose(9_000) for _ in range(20)])
        return super().run(choose)

asked = question_about(room(), BRIGHT)
found = Drawing(asked.network, asked.goal, {}, 25).driven(40, 3)
print(found.broken, found.runs, found.steps, found.found_in)
"""


def test_the_seed_alone_makes_the_runs_whatever_else_is_loaded(tmp_path: Path) -> None:
    """Hypothesis draws constants out of modules that are neither installed nor tests; with another one, other runs."""
    text = "\n".join(f"A{number} = {number}" for number in range(101, 9_000, 97))
    (tmp_path / "odd_numbers.py").write_text(text, encoding="utf-8")
    plain, odd = (outside(tmp_path, *more, start=RUNS) for more in ((), ("odd_numbers", "lastgasp.facade", "sqlite3")))
    assert plain.code == odd.code == 0, plain.err + odd.err
    assert plain.out.count("\n") > 40 and plain.out == odd.out


def test_a_clause_takes_runs_away_and_nothing_is_proved() -> None:
    found = lg.challenge(room(), BRIGHT, clauses=["lamp shall not be warming for more than 30 s."], runs=40)
    assert found.trace is None and found.visited == found.all == (6, 5)
    assert "That is no proof." in found.words()
    assert found.to_json()["found"] is False


@pytest.mark.parametrize(("limit", "fails"), [("30 s", False), ("60 s", False), ("61 s", True)])
def test_at_the_limit_and_one_second_beyond(limit: str, fails: bool) -> None:
    found = lg.challenge(room(), BRIGHT, clauses=[f"lamp shall not be warming for more than {limit}."], runs=25)
    assert (found.trace is not None) == fails
    assert not found.artefact


def test_a_possibility_is_shown() -> None:
    found = lg.challenge(room(), "It is possible that lamp sends lamp.out.", runs=20)
    assert found.trace is not None and "This is possible" in found.words()
    assert found.trace.marks[0][1] == "shown"


@pytest.mark.parametrize("whole", [True, False])
def test_the_program_plays_the_run_again(whole: bool, tmp_path: Path) -> None:
    """With the text of its network, and with an expression for it; it fails where the run is no longer one."""
    found = lg.challenge(room(), BRIGHT, clauses=["lamp shall not be warming for more than 2 min."], runs=50)
    path = tmp_path / "again.py"
    text = found.program("" if whole else "room()")
    if not whole:
        text = text.replace(
            "import lastgasp as lg\n", "import lastgasp as lg\nfrom tests.explore.test_stateful import room\n"
        )
    path.write_text(text)
    played = runpy.run_path(str(path))
    assert played["run"].entries == found.trace.entries  # type: ignore[union-attr]
    path.write_text(text.replace("rest=Fraction(", "rest=Fraction(9"))
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert done.returncode != 0


def test_there_is_no_program_without_a_run() -> None:
    found = lg.challenge(room(), "lamp shall never be broken.", runs=2)
    with pytest.raises(lg.InputError, match="no run to play again"):
        found.program()


def test_a_run_that_nobody_can_continue_does_not_count() -> None:
    """In 'bad' time must not pass beyond 1 s and nothing leads out: a timelock, which check rejects."""
    net = alone(
        "machine: a\nparty: A\nstates: {ok: {initial: yes}, bad: {at most: 1 s}}\n"
        "transitions: [{from: ok, to: bad, may: }]"
    )
    found = lg.challenge(net, "a shall never be bad.", runs=20)
    assert found.trace is None and found.artefact
    assert found.rejected is not None and "timelock" in found.rejected[0]
    assert "it does not count" in found.words()


SHAKY = """
machine: shaky
party: S
states: {ok: {initial: yes}, bad: {}}
transitions: [{from: ok, to: bad, may: }, {from: bad, to: bad, may: }, {from: bad, to: ok, may: }]
"""
PULSE = """
machine: pulse
party: P
states: {beats: {initial: yes}}
transitions: [{from: beats, to: beats, after: 1 s .. less than 2 s}]
"""


def test_a_way_to_go_on_is_found_beside_steps_that_can_be_taken_for_ever() -> None:
    """Just before the strict limit of the pulse there is always room for another step of the shaky one, and a wait."""
    net = network({"a": SHAKY, "b": PULSE})
    for clauses in ([], ["S shall never be bad for more than 3 s."]):
        found = lg.challenge(net, "a shall never be bad.", clauses=clauses, runs=20)
        assert found.trace is not None and len(found.trace.entries) == 1, found.words()


def test_a_value_out_of_range_is_told_with_its_run() -> None:
    net = alone(
        "machine: a\nparty: A\nvariables: {v: {range: 0 .. 2, initial: 0}}\nstates: {s: {initial: yes}, t: {}}\n"
        "transitions: [{from: s, to: s, after: 1 s .., set: {v: v + 1}}]"
    )
    found = lg.challenge(net, "a shall never be t.", runs=5)
    assert found.rejected is not None and "out of its range" in found.rejected[0]
    assert len(found.rejected[1].entries) == 2


def test_an_assumption_about_the_surroundings_forbids_the_step_itself() -> None:
    """As in the engines: a state of the surroundings lasts, so one that must not last must not be entered, and what
    reacts to it at the same instant does not either."""
    found = lg.challenge(room(), "lamp shall never be dark.", assumptions=["supply shall never be off."], runs=10)
    assert found.trace is None and not found.artefact and found.visited == found.all == (1, 0)


def test_a_clause_about_events_forbids_the_step_itself() -> None:
    """The lamp may neither send nor wait: so the supply must not fail, which no lamp can see to."""
    clause = "While lamp is lit, lamp shall not send lamp.out."
    found = lg.challenge(room(), "lamp shall never be dark.", clauses=[clause], runs=10)
    assert found.trace is None and "timelock" in found.doubt and "Something is wrong" in found.words()


def test_cut_short_it_says_so() -> None:
    asked = question_about(room(), "lamp shall never be broken.")
    found = finding.explore(asked, runs=10, effort=Effort.lasting(0))
    assert found.partial and found.runs == 0
    assert "then the time was up" in found.words()


@pytest.mark.parametrize("instant", range(0, 400, 23))
def test_the_time_may_be_up_at_any_instant(instant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the midst of what Hypothesis thinks to be one test, or the same test again."""
    asked = question_about(room(), BRIGHT)
    clock = count()
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    found = Search(asked.network, asked.goal, {}, 25, until=instant).driven(60, 1)
    assert found.late or found.broken is not None
    assert found.broken is None or len(found.broken.moves) >= 4


def test_cut_short_while_a_run_is_made_shorter_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is told, however long it is."""
    asked = question_about(room(), BRIGHT)
    whole = Search(asked.network, asked.goal, {}, 25)
    whole.drive(40, 3)
    hurried = Search(asked.network, asked.goal, {}, 25, until=1.0)
    monkeypatch.setattr("time.monotonic", lambda: 2.0 if hurried.found.broken else 0.0)
    found = hurried.driven(40, 3)
    assert found.late and found.broken is not None and found.broken == whole.found.broken


def test_what_zones_say_cannot_be_visited_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "reach", lambda *asked: Reach())
    with pytest.raises(Disagreement, match="nothing can visit"):
        lg.challenge(room(), "lamp shall never be broken.", runs=3)


def test_plain_random_runs_for_comparison() -> None:
    asked = question_about(room(), BRIGHT)
    found = Search(asked.network, asked.goal, {}, 25).wandering(50, 1)
    assert found.broken is not None and 0 < found.found_in <= 50


def test_breaks_reads_a_sentence_and_asks_no_engine() -> None:
    trace = lg.challenge(room(), BRIGHT).trace
    assert trace is not None
    assert lg.breaks(room(), BRIGHT, trace) == trace.marks[0][0]
    assert lg.breaks(room(), "lamp shall never be broken.", trace) is None
    assert parse_sentence(BRIGHT, room()).formula
    with pytest.raises(lg.InputError):
        lg.breaks(room(), "lamp shall shine.", trace)
