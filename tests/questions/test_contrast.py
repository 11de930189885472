"""The nearest run that is fine: answers worked out by hand, the definition written another way, broken evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import lastgasp as lg
from lastgasp import evidence, nearby
from lastgasp.engines import nearest as engine
from lastgasp.errors import InputError, InternalError
from lastgasp.facade import decide
from lastgasp.machine import When
from lastgasp.nearby import Nearby, NotFound
from lastgasp.question import Limits, Question
from lastgasp.questions.contrast import Contrast, beside, contrast
from lastgasp.questions.effort import Effort
from lastgasp.semantics import Semantics, run
from lastgasp.signals import errs, signal_of
from lastgasp.trace import Step, Trace
from lastgasp.verdict import Fails, Undecided
from tests.cli.studies import LAMP, written
from tests.zoo.zoo import SUPPLY, chosen, network, question, replayed, scaled

CALLER = """
machine: caller
party: CALLER
sends: [call]
states: {rings: {initial: yes}, done: {}}
transitions:
  - {from: rings, to: done, after: 0 s .. 9 s, send: call}
"""
BULB = "machine: bulb\nparty: B\nstates: {on: {initial: yes}, off: {}}\ntransitions: [{from: on, to: off, may: }]"
PATIENT = "caller shall send call only if caller has been rings for %s 3 s."


def asked(net: lg.Network, goal: str, engine: str = "zones", **more: Iterable[str]) -> tuple[Question, Fails]:
    """A question whose answer is a run."""
    made = question(net, goal, **more)
    verdict = decide(made, engine, Limits(seconds=20))
    assert isinstance(verdict, Fails), verdict
    return made, verdict


def near(net: lg.Network, goal: str, *, same: bool = False, engine: str = "zones", **more: Iterable[str]) -> Contrast:
    """The contrast of a goal that fails; the run that is fine is looked at again."""
    made, verdict = asked(net, goal, engine, **more)
    found = beside(made, verdict, same_surroundings=same)
    trace = found.fine
    assert trace is not None, found.words()
    replayed(net, trace)
    signal = signal_of(trace, net.with_settings(chosen(trace)))
    for sentence in (made.goal, *made.restrict.values()):
        assert errs(sentence.formula, signal, trace.parameters) is None
    assert trace.end >= found.broken
    return found


def kinds(found: Contrast) -> list[tuple[str, str]]:
    """What differs, in short."""
    return [(item.change.name, item.words) for item in found.differences]


def nearby_of(found: Contrast) -> Nearby:
    """What was found, which is something."""
    assert isinstance(found.found, Nearby)
    return found.found


# --- answers worked out by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "attained", "words"), [("at least", True, "3 s later"), ("more than", False, "more than 3 s later")]
)
def test_the_same_step_later(limit: str, attained: bool, words: str) -> None:
    """The call comes at once; it is fine from 3 s on, or after them: then no run is the nearest, and one is near."""
    found = near(network({"caller": CALLER}), PATIENT % f"{limit}")
    assert kinds(found) == [("MOVED", "caller: rings → done")]
    assert nearby_of(found).least == nearby_of(found).along == (3, attained)
    (moved,) = found.differences
    assert moved.shift == (3 if attained else 4)
    assert words in found.words() and "at other times" in found.words()
    assert not found.partial


def test_a_step_is_missing() -> None:
    """A bulb that burns too long had to go out in time, at the latest when the goal is broken."""
    found = near(network({"bulb": BULB}), "bulb shall never be on for more than 5 s.")
    assert kinds(found) == [("NEW", "bulb: on → off")]
    assert nearby_of(found).latest == {1: (5, True)}
    assert "or later, up to 5 s" in found.words()
    strict = near(network({"bulb": BULB}), "bulb shall never be on for at least 5 s.")
    assert nearby_of(strict).latest == {1: (5, False)}
    assert "or later, before 5 s" in strict.words()


def test_a_step_too_much() -> None:
    """Who must never call must not: the step is left out and nothing takes its place, though another could."""
    other = CALLER.replace("after: 0 s .. 9 s", "may: ") + "  - {from: rings, to: rings, may: }\n"
    found = near(network({"caller": other}), "caller shall never send call.")
    assert kinds(found) == [("LEFT_OUT", "caller: rings → done")]
    assert found.fine is not None and found.fine.entries == ()


def test_what_cannot_wait_is_a_consequence() -> None:
    """The supply fails later; that the meter goes out with it has no timing of its own, and does not count twice."""
    lamp = """
machine: lamp
party: L
reads: {supply: {power: [on, off]}}
states: {lit: {initial: yes, gives: {light: yes}}, dark: {gives: {light: no}}}
transitions: [{from: lit, to: dark, when: supply.power is off}]
"""
    net = network({"supply": SUPPLY, "lamp": lamp}, {"lamp.supply": "supply"})
    goal = "lamp is lit shall last at least 10 s each time."
    found = near(net, goal)
    assert kinds(found)[0][0] == "MOVED" and [item.forced for item in found.differences] == [False, True]
    assert nearby_of(found).least == (9, True)
    assert [item.outside for item in found.differences] == [True, False]
    assert "no text binds" in found.words()
    made, verdict = asked(net, goal)
    nothing = beside(made, verdict, same_surroundings=True)
    assert isinstance(nothing.found, NotFound) and nothing.partial and nothing.shown is None
    assert "breaks the goal as well" in nothing.words()


def test_parameters_that_differ_are_timing() -> None:
    """The call comes exactly after a delay that is open: both move, and it is said that the parameter does."""
    text = CALLER.replace("after: 0 s .. 9 s", "after: d .. d").replace(
        "states:", "parameters: {d: {range: 0 s .. 9 s, label: patience}}\nstates:"
    )
    found = near(network({"caller": text}), PATIENT % "at least", engine="bmc")
    assert found.parameters == {"caller.d": (0, 3)}
    assert nearby_of(found).least == (6, True)
    assert "patience: 3 s instead of 0 s" in found.words()
    assert "same parameters" not in found.words()


def test_it_does_not_help_to_be_late() -> None:
    """A step that is left out does not come after all; what is owed later than the break is owed."""
    net = network({"caller": CALLER})
    found = near(net, "While caller is rings, caller shall not send call.", engine="zones")
    assert (
        isinstance(found.found, Nearby) and not found.found.rests
    )  # the window ends, and every way out breaks the goal
    assert found.partial and "that it stays so was not shown" in found.words()


def test_what_was_too_early_comes_later_and_after_something_new() -> None:
    """The call comes at once and has to come: the supply had to fail before it, which takes time."""
    caller = CALLER.replace("states:", "reads: {p: {power: [on, off]}}\nstates:")
    net = network({"supply": SUPPLY, "caller": caller}, {"caller.p": "supply"})
    found = near(net, "caller shall send call only if supply is off.")
    assert kinds(found) == [("NEW", "supply: on → off"), ("MOVED", "caller: rings → done")]
    assert nearby_of(found).least == (0, False) and nearby_of(found).latest == {}
    assert "more than 0 s later" in found.words()


def test_the_surroundings_are_left_alone_before_timing_is() -> None:
    """Had the supply not failed it would be fine; it is nearer that the device did not hurry, though it calls later."""
    hasty = """
machine: m
party: M
sends: [call]
clocks: {x: {}}
variables: {hurry: {bool: yes, initial: no}}
states: {s: {initial: yes, at most: 9 s}, done: {}}
transitions:
  - {from: s, to: s, may: , set: {hurry: yes}, label: hurries}
  - {from: s, to: done, may: , if: hurry or x >= 3 s, send: call, label: calls}
"""
    found = near(network({"supply": SUPPLY, "m": hasty}), "m shall send call only if supply is on or m.hurry is no.")
    assert {item.change.name: item.words for item in found.differences} == {
        "LEFT_OUT": "m: hurries",
        "MOVED": "m: calls",
    }
    assert not any(item.outside for item in found.differences)


def test_the_last_new_step_is_in_time() -> None:
    """The supply had to stay, or to return, and the lamp follows it: that it fails and returns later hides no step."""
    lamp = """
machine: lamp
party: L
reads: {supply: {power: [on, off]}}
states: {lit: {initial: yes}, dark: {}}
transitions:
  - {from: lit, to: dark, when: supply.power is off}
  - {from: dark, to: lit, when: supply.power is on}
"""
    net = network({"supply": SUPPLY, "lamp": lamp}, {"lamp.supply": "supply"})
    found = near(net, "(supply is off and lamp is dark) shall never hold for more than 2 s.")
    assert nearby_of(found).changed == 2


def test_what_is_left_out_does_not_come_after_all() -> None:
    """Both have to move, the first before the second: that is another order, not a first step that comes uncompared."""
    first = (
        "machine: a\nparty: A\nstates: {x: {initial: yes, at most: 5 s}, y: {}}\ntransitions: [{from: x, to: y, may: }]"
    )
    second = first.replace("machine: a\nparty: A", "machine: b\nparty: B\nreads: {p: {at: [x, y]}}\nsends: [go]")
    second = second.replace("may: }", "may: , send: go}")
    first = first.replace("at most: 5 s}, y: {}", "at most: 5 s, gives: {at: x}}, y: {gives: {at: y}}")
    net = network({"a": first, "b": second}, {"b.p": "a"})
    made = question(net, "b shall send go only if a is x.")
    (early,) = (step for step in Semantics(net, {}).enabled(Semantics(net, {}).initial()).steps if step.event is None)
    now = Semantics(net, {}).apply(Semantics(net, {}).initial(), early)
    (late,) = Semantics(net, {}).enabled(now).steps
    failing = replace(run(net, {}, [(Fraction(0), early), (Fraction(0), late)]), marks=((Fraction(0), "broken"),))
    found = beside(made, Fails("zoo", "by hand", trace=failing))
    assert nearby_of(found).changed == 2 and not found.partial


def test_a_machine_that_never_rests_is_fine_as_far_as_was_looked() -> None:
    """It ticks for ever, so that no run comes to rest; the second tick is late enough, and more is not known."""
    tick = "machine: a\nparty: A\nsends: [go]\nstates: {s: {initial: yes, at most: 3 s}}\n"
    tick += "transitions: [{from: s, to: s, may: , send: go}]"
    found = near(network({"a": tick}), "a shall send go not before 2 s after the last go.")
    assert not nearby_of(found).rests and found.partial
    assert nearby_of(found).least == (2, True) and nearby_of(found).changed == 0
    assert "that it stays so was not shown" in found.words()


@pytest.mark.parametrize("factor", [Fraction(1, 7), Fraction(60)])
def test_the_unit_of_time_does_not_show(factor: Fraction) -> None:
    """Every constant multiplied: the same difference, as many times as large."""
    for limit, least in (("at least", (3, True)), ("more than", (3, False))):
        made = scaled(question(network({"caller": CALLER}), PATIENT % limit), factor)
        verdict = decide(made, "zones")
        found = beside(made, verdict)
        assert nearby_of(found).least == (least[0] * factor, least[1])


# --- the definition, written another way --------------------------------------------------------------------------

WINDOWS = """
machine: a
party: A
sends: [go]
states: {s: {initial: yes}, t: {}, u: {}}
transitions:
  - {from: s, to: t, after: 0 s .. 3 s}
  - {from: t, to: u, after: 1 s .., send: go}
  - {from: s, to: u, may: , send: go}
"""
SWINGS = """
machine: a
party: A
sends: [go]
states: {s: {initial: yes}, t: {}}
transitions:
  - {from: s, to: t, may: , send: go}
  - {from: t, to: s, may: }
"""
OWES = """
machine: a
party: A
sends: [go]
states: {s: {initial: yes}, t: {}, u: {}}
transitions:
  - {from: s, to: t, may: }
  - {from: t, to: u, may: , send: go}
"""
WATCHES = """
machine: a
party: A
reads: {p: {power: [on, off]}}
sends: [go]
states: {s: {initial: yes}, t: {}, u: {}}
transitions:
  - {from: s, to: t, when: p.power is off}
  - {from: t, to: u, after: 1 s .., send: go}
  - {from: t, to: s, when: p.power is on}
"""
TOYS: dict[str, tuple[dict[str, str], str]] = {
    "two windows": ({"a": WINDOWS}, "a shall send go only if a has been t for more than 2 s."),
    "back and forth": ({"a": SWINGS}, "a shall send go not before 2 s after the last go."),
    "owed": ({"a": OWES}, "When a is t, a shall within 2 s send go."),
    "surroundings": ({"supply": SUPPLY, "a": WATCHES}, "a shall send go only for a supply outage of more than 2 s."),
}
GRID = [Fraction(n, 2) for n in range(7)]
LONG = Fraction(100)


def runs(net: lg.Network, steps: int) -> Iterator[list[tuple[Fraction, Step]]]:
    """Every run of a network with so many steps at most and delays on the grid."""
    meaning = Semantics(net, {})

    def on(now: Any, moves: list[tuple[Fraction, Step]]) -> Iterator[list[tuple[Fraction, Step]]]:
        yield moves
        if len(moves) == steps:
            return
        for delay in GRID:
            if meaning.enabled(now).limit.allows(delay):
                later = meaning.apply(now, delay) if delay else now
                for step in meaning.enabled(later).steps:
                    yield from on(meaning.apply(later, step), [*moves, (delay, step)])

    yield from on(meaning.initial(), [])


def distance(old: Trace, new: Trace, broken: Fraction, net: lg.Network) -> tuple[int, Fraction]:
    """Fewest changed steps, then least shifts, over all ways to keep steps in order; by trying them all."""
    steps = [entry.step for entry in old.entries], [entry.step for entry in new.entries]

    def hurried(step: Step) -> bool:
        return isinstance(net.by_name[step.mover.instance].machine.transitions[step.mover.index].trigger, When)

    @cache
    def best(i: int, j: int) -> tuple[int, Fraction]:
        ways = []
        if i == len(steps[0]) and j == len(steps[1]):
            return 0, Fraction(0)
        if i < len(steps[0]):
            gone = best(i + 1, j)
            ways.append((gone[0] + 1, gone[1]))
        if j < len(steps[1]):
            more = best(i, j + 1)
            ways.append((more[0] + 1, more[1]))
        if i < len(steps[0]) and j < len(steps[1]):
            both = best(i + 1, j + 1)
            shift = Fraction(0) if hurried(steps[0][i]) else abs(old.times[i] - new.times[j])
            ways.append((both[0], both[1] + shift) if steps[0][i] == steps[1][j] else (both[0] + 1, both[1]))
        return min(ways)

    return best(0, 0)


@pytest.mark.parametrize("name", TOYS)
def test_no_run_on_a_grid_is_nearer(name: str) -> None:
    """Every run on a grid that is fine and at rest, all of its steps compared: none is nearer than what was found."""
    machines, goal = TOYS[name]
    net = network(machines, {"a.p": "supply"} if "supply" in machines else {})
    found = near(net, goal)
    broken, formula = found.broken, found.question.goal.formula
    assert not found.partial and found.fine is not None
    best: tuple[int, Fraction] | None = None
    for moves in runs(net, min(len(found.failing.entries) + 1, 4)):
        waited = sum((delay for delay, _ in moves), Fraction(0))
        if waited > broken:
            continue  # what comes later may not be compared; that needs no grid to be right
        try:
            trace = run(net, {}, moves, LONG)
        except lg.LastgaspError:
            continue
        if errs(formula, signal_of(trace, net)) is None:
            here = distance(found.failing, trace, broken, net)
            best = here if best is None else min(best, here)
    cut = replace(found.fine, entries=found.fine.entries[: found.compared])
    mine = distance(found.failing, cut, broken, net)
    changed = nearby_of(found).changed
    assert best is not None
    assert mine[0] <= changed <= best[0]
    if changed == best[0]:
        least, attained = nearby_of(found).least
        assert least <= best[1]
        assert attained or least < best[1]


# --- evidence -----------------------------------------------------------------------------------------------------


def broken_by(monkeypatch: pytest.MonkeyPatch, edit: Any) -> pytest.ExceptionInfo[InternalError]:
    """What is said where the engine answers something else than it found."""
    made, verdict = asked(network({"caller": CALLER}), PATIENT % "at least")
    honest = engine.nearest
    monkeypatch.setattr(engine, "nearest", lambda *args, **more: edit(honest(*args, **more)))
    with pytest.raises(InternalError) as caught:
        beside(made, verdict)
    return caught


def test_a_run_that_breaks_the_goal_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    caught = broken_by(monkeypatch, lambda it: replace(it, moves=((Fraction(1), it.moves[0][1]),)))
    assert "breaks its goal" in str(caught.value)


def test_a_run_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    caught = broken_by(monkeypatch, lambda it: replace(it, moves=((Fraction(10), it.moves[0][1]),)))
    assert "no run of" in str(caught.value)


def test_a_run_that_ends_before_the_break_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made, verdict = asked(network({"bulb": BULB}), "bulb shall never be on for more than 5 s.")
    honest = engine.nearest
    monkeypatch.setattr(engine, "nearest", lambda *args, **more: replace(honest(*args, **more), rest=Fraction(1)))
    with pytest.raises(InternalError, match="another one than was said"):
        beside(made, verdict)


def test_steps_that_are_not_the_same_are_not_called_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    machines, goal = TOYS["back and forth"]
    made, verdict = asked(network(machines), goal)
    honest = engine.nearest

    def crossed(*args: Any, **more: Any) -> Any:
        found = honest(*args, **more)
        return replace(found, pairs=tuple((i, (j + 1) % len(found.moves)) for i, j in found.pairs))

    monkeypatch.setattr(engine, "nearest", crossed)
    assert len({step.mover for _, step in honest_moves(made, verdict)}) > 1
    with pytest.raises(InternalError, match="is said to be step"):
        beside(made, verdict)


def honest_moves(made: Question, verdict: Fails) -> list[tuple[Fraction, Step]]:
    assert verdict.trace is not None
    return [(entry.delay, entry.step) for entry in verdict.trace.entries]


@pytest.mark.parametrize("judge", ["errs", "watch"])
def test_both_evaluators_must_see_that_it_is_fine(judge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that sees an error where the other sees none: nothing is shown."""
    made, verdict = asked(network({"caller": CALLER}), PATIENT % "at least")
    monkeypatch.setattr(evidence, judge, lambda *args: Fraction(1))
    with pytest.raises(InternalError, match="its observer says"):
        beside(made, verdict)


def test_a_clause_that_the_run_breaks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is made to forget a clause."""
    clause = "bulb shall be on for at least 3 s each time."
    made, verdict = asked(network({"bulb": BULB}), "bulb shall never be on for more than 5 s.", clauses=[clause])
    assert nearby_of(beside(made, verdict)).trace.times[0] >= 3
    real = nearby.compiled
    monkeypatch.setattr(nearby, "compiled", lambda network, restrict, goal: real(network, {}, goal))
    with pytest.raises(InternalError, match="breaks 'clause0'"):
        beside(made, verdict)


def test_a_clause_that_only_its_observer_sees_broken_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Already at the start, which is no reason to overlook it."""
    clause = "bulb shall be on for at least 3 s each time."
    made, verdict = asked(network({"bulb": BULB}), "bulb shall never be on for more than 5 s.", clauses=[clause])
    real = evidence.watch
    seen = lambda monitor, *rest: Fraction(0) if monitor.name == "@" else real(monitor, *rest)  # noqa: E731
    monkeypatch.setattr(evidence, "watch", seen)
    with pytest.raises(InternalError, match="breaks 'clause0'"):
        beside(made, verdict)


# --- asking -------------------------------------------------------------------------------------------------------


def test_a_check_that_does_not_fail_has_no_contrast(tmp_path: Path) -> None:
    study = lg.load_study(written(tmp_path, LAMP))
    with pytest.raises(InputError, match="holds, so no run breaks it"):
        contrast(study, "bright/better")
    with pytest.raises(InputError, match="there is no goal"):
        contrast(study, "brigth/better")


def test_an_answer_cut_short_says_so(tmp_path: Path) -> None:
    study = lg.load_study(written(tmp_path, LAMP))
    late = contrast(study, "bright/today", effort=Effort.lasting(0))
    assert isinstance(late, Undecided) or late.partial
    made, verdict = asked(network({"caller": CALLER}), PATIENT % "at least")
    cut = beside(made, verdict, effort=Effort.lasting(0))
    assert isinstance(cut.found, NotFound) and cut.partial
    assert "timeout" in cut.words() and cut.to_json()["contrast"]["partial"] is True


def test_progress_is_told() -> None:
    told: list[str] = []
    made, verdict = asked(
        network({"caller": CALLER.replace("after: 0 s .. 9 s", "may: ")}), "caller shall never send call."
    )
    beside(made, verdict, effort=Effort(told=told.append))
    assert told == ["no run with 0 changed steps is fine"]


def test_the_neutral_form_says_all(tmp_path: Path) -> None:
    study = lg.load_study(written(tmp_path, LAMP))
    found = contrast(study, "bright/today")
    assert isinstance(found, Contrast)
    data = json.loads(json.dumps(found.to_json()))["contrast"]
    assert data["changed steps"] == 1 and data["nearest"] is True and data["fine for ever"] is True
    (new,) = data["differences"]
    assert new["change"] == "only in the run that is fine" and new["failing"] is None
    for key in ("failing", "fine"):
        trace = Trace.from_json(data[key])
        assert lg.replay(study.installations["room"].with_settings(chosen(trace)), trace)


def test_the_public_door(tmp_path: Path) -> None:
    found = lg.contrast(lg.load_study(written(tmp_path, LAMP)), "bright/today")
    assert isinstance(found, lg.Contrast)
    assert [kind for kind, _ in kinds(found)] == ["NEW"]


def test_the_bundled_study_says_that_the_outage_was_too_short() -> None:
    """Everybody does what they did, and the outage has lasted exactly 3 min: any later the alert is genuine."""
    found = lg.contrast(lg.load_study(), "no-false-ad1/smets-chts-csp")
    assert isinstance(found, Contrast) and not found.partial
    assert nearby_of(found).changed == 0 and nearby_of(found).least == (0, False)
    assert "“DCC: alerts the network operator” more than 0 s later" in found.words().replace("\n", " ")
