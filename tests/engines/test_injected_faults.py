"""Break an engine, the encoding or the compiler on purpose: each test names the cross-check that notices it.

A proof that rests on a fault is rejected by the recheck, a run that rests on one by its replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import lastgasp as lg
from lastgasp import system as system_module
from lastgasp.engines import bmc
from lastgasp.engines.encode import Encoding
from lastgasp.engines.zones import explore
from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.caps import Capped, Caps
from lastgasp.engines.zones.engine import find
from lastgasp.errors import InternalError
from lastgasp.expr import TRUE, And
from lastgasp.language.sentences import parse_sentence
from lastgasp.recheck.inductive import recheck_inductive
from lastgasp.recheck.smtlib import Invariant
from lastgasp.system import compiled

LAMP = lg.machine_from_yaml(
    """
machine: lamp
party: LAMP
sends: [flash]
clocks: {since: {}}
states:
  off: {initial: yes}
  warm: {at most: 5 s}
  on: {at most: 3 s}
transitions:
  - {from: off, to: warm, may: , restart: since}
  - {from: warm, to: on, after: 2 s .., send: flash}
  - {from: on, to: off, after: 1 s .., if: since <= 8 s}
  - {from: on, to: off, may: , if: since > 8 s}
"""
)
ROOM = lg.compose("room", {"lamp": LAMP}, {})
TRUE_GOAL = "lamp shall never be on for more than 3 s."
FALSE_GOAL = "lamp shall never be on for more than 2 s."


def test_without_a_fault_the_proof_stands() -> None:
    assert isinstance(lg.prove(ROOM, TRUE_GOAL), lg.Holds)
    assert isinstance(lg.prove(ROOM, FALSE_GOAL), lg.Fails)


def _no_flash(self: explore.Explorer, node: explore.Node) -> Iterator[Any]:
    return (found for found in ORIGINAL_SUCCESSORS(self, node) if found[0].step.event is None)


def _no_delay(self: explore.Explorer, location: Any, clocks: Any, entry: Any) -> Iterator[Any]:
    yield entry, False, ()


def _eager(self: Automaton, location: Any) -> tuple[Any, ...]:
    return tuple(replace(limit, raw=limit.raw - 2) for limit in ORIGINAL_LIMITS(self, location))


ORIGINAL_SUCCESSORS = explore.Explorer.successors
ORIGINAL_LIMITS = Automaton.limits


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        (explore.Explorer, "successors", _no_flash),
        (explore.Explorer, "settled", _no_delay),
        (Automaton, "limits", _eager),
    ],
    ids=["a step is lost", "no time passes", "bounds come too early"],
)
def test_a_proof_that_rests_on_a_fault_is_rejected(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, fault: Any
) -> None:
    system = compiled(ROOM, {}, parse_sentence(FALSE_GOAL, ROOM))
    assert find(system, explore.Budget()).broken is not None
    monkeypatch.setattr(owner, name, fault)
    proof = find(system, explore.Budget()).proof
    assert proof is not None, "the fault hides the error from the engine"
    with pytest.raises(InternalError):
        recheck_inductive(system, proof)


def test_a_cap_that_is_too_low_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caps below a constant make the engine forget: then a false alarm has no run, and a false proof no recheck."""
    original = Caps.of

    def low(self: Caps, location: Any) -> Capped:
        caps = original(self, location)
        nothing = tuple(0 for _ in caps.lower)
        return Capped(caps.clocks, nothing, nothing)

    monkeypatch.setattr(Caps, "of", low)
    for goal in (TRUE_GOAL, FALSE_GOAL):
        try:
            verdict = lg.prove(ROOM, goal)
        except (InternalError, AssertionError):
            continue
        assert not isinstance(verdict, lg.Holds) or goal == TRUE_GOAL
        assert not isinstance(verdict, lg.Fails) or goal == FALSE_GOAL


# --- the solver route ---------------------------------------------------------------------------------------------


def test_a_wrong_frame_condition_is_noticed_by_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no step mentions may change in the formulas: the search then finds runs that are none."""
    right = Encoding._changes.func  # type: ignore[attr-defined]

    def unframed(self: Encoding) -> list[Any]:
        changes = right(self)
        return [item for item in changes if item.decl().name() != "or"]

    monkeypatch.setattr(Encoding, "_changes", property(unframed))
    with pytest.raises(InternalError, match="a run found"):
        lg.prove(ROOM, TRUE_GOAL, engine="bmc")


def test_an_unrolling_that_is_off_by_one_is_noticed_by_the_other_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is looked for in longer runs only: the shortest has one step fewer, as the zones know."""
    right = bmc._Search._length

    def late(self: Any, k: int) -> Any:
        if k != SHORTEST:
            return right(self, k)
        self.solver.add(self.encoding.at_step(self.encoding.step, k - 1), self.encoding.at_step(self.encoding.delay, k))
        return None

    system = compiled(ROOM, {}, parse_sentence(FALSE_GOAL, ROOM))
    assert find(system, explore.Budget()).depth == SHORTEST
    found = bmc.search(system)
    assert isinstance(found, bmc.Found)
    assert found.depth == SHORTEST
    monkeypatch.setattr(bmc._Search, "_length", late)
    slow = bmc.search(system)
    assert not isinstance(slow, bmc.Found) or slow.depth > SHORTEST


SHORTEST = 2
"""Steps of the shortest run to a lamp that is on for too long: warm, on."""


def test_a_dropped_part_of_an_invariant_is_noticed_by_the_recheck() -> None:
    verdict = lg.prove(ROOM, TRUE_GOAL, engine="induction")
    assert isinstance(verdict, lg.Holds)
    certificate = verdict.certificate
    assert certificate is not None
    assert certificate.invariant is not None
    with pytest.raises(InternalError, match="does not stand"):
        replace(certificate, invariant=Invariant(1, TRUE)).recheck()


# --- what all routes share ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["zones", "bmc"])
def test_a_compiler_that_drops_a_guard_is_noticed_by_the_replay(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lamp may then go on before 2 s have passed, which the source network does not allow."""
    right = system_module._Compiler.action

    def loose(self: Any, instance: Any, index: int, transition: Any) -> Any:
        action = right(self, instance, index, transition)
        location = And((action.guard.items[0],)) if isinstance(action.guard, And) else action.guard
        return replace(action, guard=location)

    monkeypatch.setattr(system_module._Compiler, "action", loose)
    with pytest.raises(InternalError):
        lg.prove(ROOM, "lamp shall send flash only if lamp has been warm for at least 2 s.", engine=engine)
