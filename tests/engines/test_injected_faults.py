"""Break the zone engine on purpose: a proof that rests on the fault is rejected by the recheck."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import lastgasp as lg
from lastgasp.engines.zones import explore
from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.caps import Capped, Caps
from lastgasp.engines.zones.engine import find
from lastgasp.errors import InternalError
from lastgasp.language.sentences import parse_sentence
from lastgasp.recheck.inductive import recheck_inductive
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
