"""k-induction on networks with known answers. A proof's invariant is looked at again along runs, without a solver."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lastgasp.engines import induction, lemmas, spacer
from lastgasp.engines.bmc import Exhausted, Found, OutOfRange, Unknown
from lastgasp.engines.encode import Encoding
from lastgasp.engines.obligations import Path, Proved, clauses, recheck
from lastgasp.engines.solver import Sat, Unsat
from lastgasp.errors import InputError, InternalError
from lastgasp.expr import (
    FALSE,
    TRUE,
    Clock,
    Compare,
    Const,
    Expr,
    Leaf,
    Name,
    Param,
    Plus,
    Sent,
    Times,
    Value,
    Whole,
    conj,
    disj,
    evaluate,
    neg,
)
from lastgasp.machine import ClockDeclaration, Parameter, Range, State, Variable, seconds
from lastgasp.network import Network
from lastgasp.observers import Bound, Case, Monitor, after
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.semantics import Semantics, run
from lastgasp.sentences import Formula, Held, NeverHeld, SendsOnlyIf, Sentence
from lastgasp.system import TimedSystem, compiled
from tests.engines.test_bmc import Watch, alone, at, chain, edge, machine, wander
from tests.oracle.regions import TooLarge
from tests.oracle.strategies import Bad, Shape, questions
from tests.zoo.test_differential import Paper
from tests.zoo.zoo import network

# --- networks ------------------------------------------------------------------------------------------------------


def fischer(count: int, write: str, wait: str, window: str = "") -> Network:
    """Fischer's protocol; ``write`` and ``wait`` are parameters of each process, a value or a range."""
    names = ("p", "q", "r", "s", "t")[:count]
    values = ", ".join(("none", *names))
    machines = {
        name: f"""
machine: {name}
party: {name.upper()}
reads: {{lock: {{out: [{values}]}}}}
sends: [claim, free]
parameters: {{write: {{{write}}}, wait: {{{wait}}}}}
states: {{idle: {{initial: yes}}, tries: {{}}, waits: {{}}, critical: {{}}}}
transitions:
  - {{from: idle, to: tries, may: , if: lock.out is none}}
  - {{from: tries, to: waits, after: 0 s .. write, send: claim}}
  - {{from: waits, to: critical, after: {window}wait .., if: lock.out is {name}}}
  - {{from: waits, to: idle, may: , if: lock.out is not {name}}}
  - {{from: critical, to: idle, may: , send: free}}
"""
        for name in names
    }
    states = "".join(
        f"  {value}: {{{'initial: yes, ' if value == 'none' else ''}gives: {{out: {value}}}}}\n"
        for value in ("none", *names)
    )
    arrows = "".join(
        f"  - {{from: any, to: {target}, on: {name}.{event}}}\n"
        for name in names
        for event, target in (("claim", name), ("free", "none"))
    )
    hears = ", ".join(f"{name}: [claim, free]" for name in names)
    machines["lock"] = f"machine: lock\nparty: L\nhears: {{{hears}}}\nstates:\n{states}transitions:\n{arrows}"
    wires = {f"{name}.lock": "lock" for name in names} | {f"lock.{name}": name for name in names}
    return network(machines, wires)


TOGETHER = NeverHeld(conj(at("p", "critical"), at("q", "critical")))


def timer(limit: int, *, pauses: bool = True) -> Network:
    """Runs for 3 s at most, rests as long as it likes, runs for 2 s more; done if it ran for more than ``limit``."""
    works = ClockDeclaration("work", pauses=("rests",) if pauses else ())
    states = (State("runs", at_most=seconds(3)), State("rests"), State("more", at_most=seconds(2)), State("done"))
    long = Compare(">", Clock("work"), seconds(limit))
    edges = (edge("runs", "rests"), edge("rests", "more"), edge("more", "runs", restart=("work",)))
    return alone(machine("timer", states, *edges, edge("more", "done", guard=long), clocks=(works,)))


def strides(limit: int) -> Network:
    """``s`` for at most 3 s, then ``t`` for at most 2 s, then ``late`` if both took more than ``limit``, or again."""
    states = (State("s", at_most=seconds(3)), State("t", at_most=seconds(2)), State("late"))
    long = Compare(">", Clock("x"), seconds(limit))
    edges = (edge("s", "t"), edge("t", "s", restart=("x",)), edge("t", "late", guard=long))
    return alone(machine("m", states, *edges, clocks=(ClockDeclaration("x"),)))


LATE = Monitor("@goal", (), (), (Case(after(at("a", "late")), errs=True),))
"""Errs in the step that leads to ``late``."""

OFFSET = disj(neg(at("a", "t")), Compare("<=", Plus((Clock("a.x"), Times(Fraction(-1), Clock("a.time")))), seconds(3)))
"""In ``t`` the clock ``x`` is ahead by 3 s at most: true of :func:`strides`, and not among what is guessed."""

ROUND = machine("m", "s0 s1 s2", edge("s0", "s1"), edge("s1", "s2"), edge("s2", "s0"))


# --- asking --------------------------------------------------------------------------------------------------------


def asked(net: Network, goal: Formula | Monitor) -> TimedSystem:
    if isinstance(goal, Monitor):
        return replace(compiled(net), goal=goal)
    return compiled(net, goal=Sentence("", goal))


def proved(net: Network, goal: Formula | Monitor, **options: Any) -> Proved:
    system = asked(net, goal)
    outcome = induction.prove(system, **options)
    assert isinstance(outcome, Proved), outcome
    assert recheck(system, outcome) is None
    stays_inside(net, system, outcome.invariant)
    return outcome


def broken(net: Network, goal: Formula | Monitor, **options: Any) -> Found:
    outcome = induction.prove(asked(net, goal), **options)
    assert isinstance(outcome, Found), outcome
    fixed = net.with_settings(outcome.parameters)  # type: ignore[arg-type]
    run(fixed, outcome.parameters, list(outcome.moves), outcome.rest)
    return outcome


class Inside:
    """An invariant along the runs of a network, with its goal's observer beside it."""

    def __init__(self, net: Network, system: TimedSystem, invariant: Expr, dice: random.Random) -> None:
        ranges = {name: p.value for name, p in net.parameters.items() if isinstance(p.value, Range)}
        chosen: dict[str, Any] = {name: dice.choice((r.low, r.high)) for name, r in ranges.items()}
        self.network, self.invariant, self.parameters = net.with_settings(chosen), invariant, chosen
        self.system = system

    @cached_property
    def meaning(self) -> Semantics:
        return Semantics(self.network)

    def along(self, dice: random.Random, longest: int) -> None:
        moves, _ = wander(self.network, dice, longest)
        now, watch = self.meaning.initial(), Watch(self.goal, self.meaning)
        self.now(now.values, now.clocks, watch)
        for delay, step in moves:
            watch.wait(delay, now.values)
            before = self.meaning.apply(now, delay)
            now = self.meaning.apply(before, step)
            watch.step(step, before.values, now.values)
            self.now(now.values, now.clocks, watch)

    @property
    def goal(self) -> Monitor:
        assert self.system.goal is not None
        return self.system.goal

    def now(self, values: Any, clocks: Any, watch: Watch) -> None:
        def leaf(item: Leaf) -> Value:
            match item:
                case Name(name):
                    return watch.values[name] if name in watch.values else values[name]
                case Clock(name):
                    return watch.clocks[name] if name in watch.clocks else clocks[name]
                case Param(name):
                    return self.parameters[name]
            raise AssertionError(item)

        assert evaluate(self.invariant, leaf)


def stays_inside(net: Network, system: TimedSystem, invariant: Expr) -> None:
    """The invariant holds along random runs, played by the reference semantics."""
    dice = random.Random(1)
    for _ in range(12):
        Inside(net, system, invariant, dice).along(dice, 8)


# --- known answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "wait", "window", "safe"),
    [
        ("value: 1 s", "value: 2 s", "", True),
        ("value: 1 s", "value: 1 s", "", False),
        ("value: 1 s", "value: 1 s", "more than ", True),
        ("range: 1 s .. 2 s", "range: 3 s .. 9 s", "", True),
        ("range: 1 s .. 2 s", "range: 2 s .. 9 s", "", False),
        ("range: 1 s .. 2 s", "range: 2 s .. 9 s", "more than ", True),
    ],
)
def test_fischer_is_safe_if_and_only_if_every_wait_is_longer_than_every_write(
    write: str, wait: str, window: str, safe: bool
) -> None:
    net = fischer(2, write, wait, window)
    if safe:
        proof = proved(net, TOGETHER)
        assert proof.k == 1
        assert len(clauses(proof.invariant)) < 30, "what is not needed is left out"
    else:
        outcome = broken(net, TOGETHER)
        assert outcome.depth == 6
        values = outcome.parameters
        if values:
            assert max(values["p.write"], values["q.write"]) >= min(values["p.wait"], values["q.wait"])  # type: ignore


def test_three_processes_with_free_parameters() -> None:
    proved(fischer(3, "range: 1 s .. 2 s", "range: 3 s .. 9 s"), TOGETHER)


def test_a_stopwatch_that_stands_still_is_never_late() -> None:
    goal = NeverHeld(at("a", "done"))
    proved(timer(5), goal)
    assert broken(timer(4), goal).depth == 3
    assert broken(timer(5, pauses=False), goal).depth == 3


def test_what_one_step_does_not_show_two_do() -> None:
    """In ``t`` alone, ``x`` may be anything; from ``s``, where it is the time in the state, it is not."""
    proof = proved(strides(5), LATE)
    assert proof.k == 2
    path = Path(asked(strides(5), LATE), clauses(proof.invariant))
    assert isinstance(path.longer(None), Sat)
    assert isinstance(path.longer(None), Unsat)
    assert broken(strides(4), LATE).depth == 2


def test_a_lemma_that_holds_saves_a_step() -> None:
    proof = proved(strides(5), LATE, lemmas=[OFFSET])
    assert proof.k == 1
    assert OFFSET in clauses(proof.invariant)


@pytest.mark.parametrize("depth", [1, 5])
def test_what_breaks_late_is_found_at_its_exact_depth(depth: int) -> None:
    outcome = broken(chain(depth + 1), NeverHeld(at("a", f"s{depth}")))
    assert outcome.depth == depth


def test_a_run_that_ends_is_proved_or_exhausted() -> None:
    outcome = induction.prove(asked(chain(3), NeverHeld(at("a", "s3"))))
    assert isinstance(outcome, Proved | Exhausted)


def test_without_a_goal_there_is_nothing_to_exclude() -> None:
    assert induction.prove(compiled(alone(ROUND))) == Proved(1, TRUE)


def test_an_assignment_out_of_range_is_its_own_answer() -> None:
    add = (("n", Plus((Name("n"), Const(1)))),)
    for guard, most in ((TRUE, None), (Compare("<", Name("n"), Param("most")), 2), (TRUE, 2)):
        counter = machine(
            "m",
            "s t",
            edge("s", None, assign=add, guard=guard),
            variables=(Variable("n", Whole(0, 2), 0),),
            parameters=(Parameter("most", Range(1, most or 3)),),
        )
        outcome = induction.prove(asked(alone(counter), NeverHeld(at("a", "t"))))
        if guard is TRUE:
            assert isinstance(outcome, OutOfRange)
            assert len(outcome.moves) == 3
        else:
            assert isinstance(outcome, Proved | Exhausted), "it stops at the parameter, which is in the range"


def test_a_step_that_leaves_a_range_leads_nowhere() -> None:
    """Nothing sets n to 1, so t is not reached. With k = 2 that follows from 'not in t': where n is 1, the step to t
    leaves the range of n, which the last obligation is about. (The recheck took it for a step out of 'not in t'.)"""
    add = (("n", Plus((Name("n"), Const(1)))),)
    step = edge("s", "t", assign=add, guard=Compare(">=", Name("n"), Const(1)))
    net = alone(machine("m", "s t", step, variables=(Variable("n", Whole(0, 1), 0),)))
    system = compiled(net, {}, Sentence("goal", NeverHeld(at("a", "t"))))
    scripts = obligations(system, Invariant(2, neg(at("a", "t"))))
    discharge(scripts)
    with pytest.raises(InternalError, match="no transition from the invariant errs"):
        discharge(obligations(system, Invariant(1, neg(at("a", "t")))))


def test_a_clause_does_not_hide_that_a_step_leaves_a_range() -> None:
    """A model error is never a disabled step: such a goal is not proved, whoever may not take the step."""
    full = edge("s", None, assign=(("n", Plus((Name("n"), Const(1)))),), send="go")
    edges = (full, edge("s", "t"), edge("t", "s"))
    net = alone(machine("m", "s t", *edges, variables=(Variable("n", Whole(0, 1), 1),)))
    only_in_t = Sentence("", SendsOnlyIf(Sent("a.go"), Held(at("a", "t"))))
    system = compiled(net, {"clause": only_in_t}, Sentence("", NeverHeld(FALSE)))
    assert not isinstance(induction.prove(system, depth=3), Proved)
    assert spacer.prove(system) == spacer.Broken()


def test_an_error_by_a_step_needs_no_delay_after_it() -> None:
    """A step into a state that stops time: the goal errs in the step, although nothing can follow."""
    hasty = machine("m", (State("s"), State("t", urgent=True)), edge("s", "t"))
    goal = Monitor("@goal", (), (), (Case(after(at("a", "t")), errs=True),))
    outcome = induction.prove(replace(compiled(alone(hasty)), goal=goal))
    assert isinstance(outcome, Found)
    assert outcome.depth == 1


def test_a_bound_that_is_already_passed_errs_only_if_time_passes() -> None:
    for urgent in (True, False):
        late = machine(
            "m",
            (State("s"), State("t", urgent=urgent)),
            edge("s", "t", guard=Compare(">", Clock("all"), seconds(9))),
            edge("t", "s"),
            clocks=(ClockDeclaration("all"),),
        )
        goal = Monitor("@goal", (), (), (), (Bound(at("a", "t"), "a.all", seconds(5)),))
        outcome = induction.prove(replace(compiled(alone(late)), goal=goal))
        assert isinstance(outcome, Proved if urgent else Found)


# --- lemmas from elsewhere -----------------------------------------------------------------------------------------


def test_a_lemma_that_is_not_inductive_is_dropped_even_if_it_is_true() -> None:
    """In ``t``, ``x`` is never more than 5 s: that follows from how long ``s`` and ``t`` last, and from the offset."""
    true = disj(neg(at("a", "t")), Compare("<=", Clock("a.x"), seconds(5)))
    houdini = lemmas.Houdini(asked(strides(5), LATE))
    houdini.keep([true])
    assert houdini.known == []
    houdini.keep([OFFSET, disj(neg(at("a", "s")), Compare("==", Clock("a.x"), Clock("a.time")))])
    assert {true, OFFSET}.isdisjoint(houdini.known)
    assert houdini.level()
    assert {true, OFFSET} <= set(houdini.known), "what was dropped has another chance beside the bounds"
    assert proved(strides(5), LATE, lemmas=[true]).k == 2


@pytest.mark.parametrize("wrong", [FALSE, neg(at("a", "t")), at("a", "s"), Compare("<=", Clock("a.x"), seconds(1))])
def test_a_wrong_lemma_proves_nothing(wrong: Expr) -> None:
    assert broken(strides(4), LATE, lemmas=[wrong]).depth == 2
    assert proved(strides(5), LATE, lemmas=[wrong, OFFSET]).k == 1


def test_lemmas_may_need_each_other() -> None:
    """Neither of two variables that copy each other stays 0 by itself."""
    x, y = (Variable(name, Whole(0, 3), 0) for name in ("x", "y"))
    swap = edge("s", None, assign=(("x", Name("y")), ("y", Name("x"))))
    net = alone(machine("m", "s t", swap, edge("s", "t", guard=Compare(">", Name("x"), Const(0))), variables=(x, y)))
    goal = NeverHeld(at("a", "t"))
    pair = [Compare("<=", Name(f"a.{name}"), Const(0)) for name in ("x", "y")]
    system = asked(net, goal)
    for offered, kept in ((pair, pair), (pair[:1], [])):
        houdini = lemmas.Houdini(system)
        houdini.keep(offered)
        assert houdini.known == kept
    assert set(pair) <= set(clauses(proved(net, goal, lemmas=pair).invariant))


def test_a_lemma_about_something_else_is_refused_by_name() -> None:
    for wrong in (Name("a.y"), Compare("<", Clock("b.time"), seconds(1)), Sent("a.go")):
        with pytest.raises(InputError, match="no part of a state"):
            induction.prove(asked(strides(5), LATE), lemmas=[wrong])


# --- limits --------------------------------------------------------------------------------------------------------


def test_no_time_left_is_unknown_and_nothing_else() -> None:
    assert induction.prove(asked(strides(5), LATE), timeout=0) == Unknown(0, "timeout")


def test_a_depth_that_is_too_small_is_unknown() -> None:
    outcome = induction.prove(asked(strides(5), LATE), depth=0)
    assert outcome == Unknown(0, "not inductive with k up to 1")


def test_the_same_question_has_the_same_answer() -> None:
    assert proved(strides(5), LATE) == proved(strides(5), LATE)


def test_the_main_context_of_z3_is_never_made() -> None:
    code = (
        "import z3; from tests.engines.test_induction import *; from lastgasp.engines import spacer;"
        "proved(strides(5), LATE); assert isinstance(spacer.prove(asked(strides(5), LATE)), Proved);"
        "assert z3.z3._main_ctx is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=File(__file__).parents[2])


# --- random networks -----------------------------------------------------------------------------------------------

COUNT = 60


def random_questions(ask: Any) -> Counter[str]:
    """Ask an engine about random networks. ``ask`` gets the network, the system and the least numbers of steps to an
    error of the goal and to a step out of a range (``None``: never), says what it saw, and asserts."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=COUNT,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(questions(Shape()), st.data())
    def agree(question: tuple[Network, Bad], data: st.DataObject) -> None:
        net, bad = question
        try:
            paper = Paper(net, bad)
        except TooLarge:
            return
        event = Sent(f"{data.draw(st.sampled_from(net.instances)).name}.cast")
        goals: tuple[tuple[Formula, int | None], ...] = (
            (NeverHeld(bad.expr), paper.lasting),
            (SendsOnlyIf(event, Held(neg(bad.expr))), paper.sent(event.event)),
        )
        goal, expected = goals[seen["asked"] % 2]
        seen["asked"] += 1
        seen["safe"] += expected is None and paper.error is None
        seen[ask(net, asked(net, goal), expected, paper.error)] += 1

    agree()
    return seen


def test_no_answer_contradicts_the_region_graph() -> None:
    def ask(net: Network, system: TimedSystem, expected: int | None, error: int | None) -> str:
        outcome = induction.prove(system, depth=6, timeout=60)
        within = [depth for depth in (expected, error) if depth is not None]
        match outcome:
            case Proved():
                assert not within
                stays_inside(net, system, outcome.invariant)
            case Found():
                assert outcome.depth == expected == min(within)
            case OutOfRange():
                assert len(outcome.moves) == error == min(within)
            case Exhausted():
                assert not within
        return type(outcome).__name__

    seen = random_questions(ask)
    assert seen["asked"] >= 50, seen
    assert seen["Proved"] + seen["Exhausted"] >= 0.9 * seen["safe"] >= 20, seen
    assert seen["Found"] >= 10, seen


# --- injected faults -----------------------------------------------------------------------------------------------


class LosesAStep(Encoding):
    """A transition formula in which the last step of the system is never taken."""

    def _selection(self) -> Any:
        yield from super()._selection()
        yield self.negation(self._taken[-1])


class StandsStill(Encoding):
    """A transition formula in which no time passes."""

    @cached_property
    def delay(self) -> Any:
        return self.no_delay


def everything(system: TimedSystem, known: Any, offered: list[Expr], deadline: Any) -> dict[Expr, None]:
    return dict.fromkeys(offered)


def late_chain(length: int = 8) -> TimedSystem:
    """A goal that breaks after that many steps, the last of them after 2 s: late enough for a wrong proof."""
    states = tuple(State(f"s{number}") for number in range(length + 1))
    edges = [edge(f"s{n}", f"s{n + 1}", guard=Compare(">=", Clock("all"), seconds(2))) for n in range(length)]
    net = alone(machine("chain", states, edge("s0", "s0"), *edges, clocks=(ClockDeclaration("all"),)))
    return asked(net, NeverHeld(at("a", f"s{length}")))


def test_a_proof_that_rests_on_wrong_lemmas_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(induction.prove(late_chain()), Found)
    monkeypatch.setattr(lemmas, "_inductive", everything)
    with pytest.raises(InternalError, match="does not stand"):
        induction.prove(late_chain())


@pytest.mark.parametrize("fault", [LosesAStep, StandsStill])
def test_lemmas_that_were_checked_wrongly_are_rejected(monkeypatch: pytest.MonkeyPatch, fault: type) -> None:
    monkeypatch.setattr(lemmas, "Encoding", fault)
    with pytest.raises(InternalError, match="does not stand"):
        induction.prove(late_chain())


def test_a_step_case_that_forgets_an_error_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(self: Path, deadline: Any) -> Unsat:
        self.length += 1
        return Unsat()

    monkeypatch.setattr(induction, "Path", type("Blind", (Path,), {"longer": blind}))
    with pytest.raises(InternalError, match="does not stand"):
        induction.prove(late_chain())


@pytest.mark.parametrize(
    ("k", "invariant", "what"),
    [
        (1, neg(at("a", "s")), "start"),
        (1, conj(neg(at("a", "late")), Compare("<=", Clock("a.x"), seconds(3))), "leaves"),
        (1, TRUE, "exclude"),
        (1, Compare(">=", Clock("a.x"), seconds(0)), "exclude"),
        (4, FALSE, "start"),
    ],
)
def test_the_recheck_says_which_obligation_fails(k: int, invariant: Expr, what: str) -> None:
    with pytest.raises(InternalError, match=what):
        recheck(asked(strides(5), LATE), Proved(k, invariant))


def test_the_recheck_unrolls_the_start() -> None:
    """No four steps lead to the error, but two from the start do."""
    once = asked(chain(4), NeverHeld(at("a", "s2")))
    with pytest.raises(InternalError, match="a run errs in its transition"):
        recheck(once, Proved(4, TRUE))
