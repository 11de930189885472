"""Proofs that were tampered with: the recheck, which does not know how a proof was found, must not accept them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from lastgasp.errors import InternalError
from lastgasp.recheck.inductive import StoredZone, ZoneSet, recheck_inductive
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import obligations
from lastgasp.recheck.union import invariant_of
from lastgasp.system import TimedSystem, compiled
from lastgasp.verdict import Holds
from tests.zoo.zoo import alone, holds, question

LAMP = """
machine: a
party: A
clocks: {x: {}}
sends: [out]
states:
  on: {initial: yes, at most: 5 s}
  off: {at most: 3 s}
  rest: {%s}
  bad: {}
transitions:
  - {from: on, to: off, after: 2 s .., restart: [x]}
  - {from: off, to: on, may: }
  - {from: off, to: rest, after: more than 1 s .., send: out}
  - {from: rest, to: on, may: }
  - {from: off, to: bad, may: , if: x > %s}
"""
GOALS = ["a shall never be bad.", "a shall never be off for more than 3 s.", "a shall never be on for more than 5 s."]


@dataclass(frozen=True)
class Proof:
    """A set of zones and the system that it is said to be a proof about."""

    scale: int
    zones: tuple[StoredZone, ...]
    system: TimedSystem

    def recheck(self) -> None:
        recheck_inductive(self.system, ZoneSet(self.scale, self.zones))

    def recheck_by_solvers(self) -> None:
        discharge(obligations(self.system, invariant_of(self.system, ZoneSet(self.scale, self.zones))))


def proof_of(verdict: Holds) -> Proof:
    certificate = verdict.certificate
    assert certificate is not None
    return Proof(certificate.zones.scale, certificate.zones.zones, certificate.system())


def proof(goal: str = GOALS[0]) -> Proof:
    return proof_of(holds(alone(LAMP % ("", "3 s")), goal))


def with_zone(certificate: Proof, index: int, zone: StoredZone | None) -> Proof:
    zones = list(certificate.zones)
    zones[index : index + 1] = [] if zone is None else [zone]
    return replace(certificate, zones=tuple(zones))


def refused(certificate: Proof, words: str | None = None) -> None:
    with pytest.raises(InternalError, match=words):
        certificate.recheck()


def refused_by_solvers_too(certificate: Proof) -> None:
    """Solvers ask less of a set: not that it has every delay, only what is entered by a step."""
    with pytest.raises(InternalError, match="says z3"):
        certificate.recheck_by_solvers()


def cells(certificate: Proof) -> Iterator[tuple[int, tuple[str, str], int]]:
    for index, zone in enumerate(certificate.zones):
        for pair, raw in zone.constraints.items():
            yield index, pair, raw


@pytest.mark.parametrize("goal", GOALS)
def test_an_honest_proof_is_accepted_again_and_again(goal: str) -> None:
    certificate = proof(goal)
    certificate.recheck()
    certificate.recheck_by_solvers()
    replace(certificate, zones=certificate.zones[::-1]).recheck()
    replace(certificate, zones=certificate.zones * 2).recheck()


@pytest.mark.parametrize("goal", GOALS)
def test_each_zone_is_needed(goal: str) -> None:
    """Each stored zone is reached and no other includes it: without it, whatever leads there leaves the proof."""
    certificate = proof(goal)
    for index in range(len(certificate.zones)):
        refused(with_zone(certificate, index, None), "not inductive")
        refused_by_solvers_too(with_zone(certificate, index, None))
    refused(replace(certificate, zones=()), "the initial situation leaves it")
    refused_by_solvers_too(replace(certificate, zones=()))


@pytest.mark.parametrize("goal", GOALS)
def test_a_tightened_bound_is_refused(goal: str) -> None:
    """The canonical zones hold what is reached (no bound is a guess where it is not beyond the largest constant): less
    than that is not enough. Both strictness and value are tried."""
    certificate = proof(goal)
    tried = 0
    for index, pair, raw in cells(certificate):
        zone = certificate.zones[index]
        for tighter in (raw - 1, raw - 2):
            if (pair[0] == "" and -(raw >> 1) >= 5) or (pair[0] != "" and pair[1] != ""):
                continue  # a lower bound at the cap, and differences, may be implied by others
            try:
                refused(with_zone(certificate, index, replace(zone, constraints={**zone.constraints, pair: tighter})))
            except pytest.fail.Exception:
                raise AssertionError(f"{zone.location}: {pair} may be {tighter} instead of {raw}") from None
            tried += 1
    assert tried > 10


def test_bounds_that_are_loosened_until_the_goal_breaks_are_refused() -> None:
    """x at most 3 s in 'off' is what keeps bad away: without it, a step of the proof leads into bad, or time breaks
    the goal in a stored zone."""
    certificate = proof()
    for index, zone in enumerate(certificate.zones):
        if "off" in zone.location:
            looser = {pair: raw for pair, raw in zone.constraints.items() if pair[1] != ""}
            refused(with_zone(certificate, index, replace(zone, constraints=looser)))
    certificate = proof(GOALS[1])
    for index, zone in enumerate(certificate.zones):
        if "off" in zone.location:
            looser = {pair: raw for pair, raw in zone.constraints.items() if pair[1] != ""}
            refused(with_zone(certificate, index, replace(zone, constraints=looser)), "time breaks it")


def test_bounds_that_are_loosened_without_harm_are_still_a_proof() -> None:
    """Larger is not wrong: in 'rest' nothing depends on x."""
    certificate = proof()
    for index, zone in enumerate(certificate.zones):
        if "rest" in zone.location:
            with_zone(certificate, index, replace(zone, constraints={})).recheck()


def test_another_location_another_unit_or_a_still_zone_is_refused() -> None:
    certificate = proof()
    for index, zone in enumerate(certificate.zones):
        for state in ("on", "off", "rest", "bad"):
            if state not in zone.location:
                moved = tuple(state if value in ("on", "off", "rest") else value for value in zone.location)
                refused(with_zone(certificate, index, replace(zone, location=moved)))
        if not zone.still:
            refused(with_zone(certificate, index, replace(zone, still=True)))
    refused(replace(certificate, scale=2 * certificate.scale))


def test_the_proof_of_another_system_is_refused() -> None:
    """Another goal, another constant, another bound, a clause less: the same zones prove nothing about it."""
    certificate = proof()
    for text, goal in (
        (LAMP % ("", "2 s"), GOALS[0]),
        (LAMP.replace("off: {at most: 3 s}", "off: {at most: 4 s}") % ("", "3 s"), GOALS[0]),
        (LAMP.replace("on: {initial: yes, at most: 5 s}", "on: {initial: yes}") % ("", "3 s"), GOALS[0]),
        (LAMP % ("urgent: yes", "3 s"), "a shall never be rest."),
        (LAMP % ("", "3 s"), "a shall never be off."),
    ):
        asked = question(alone(text), goal)
        other = compiled(asked.network, {}, asked.goal)
        refused(replace(certificate, system=other))
    restricted = question(alone(LAMP.replace("at most: 3 s", "at most: 9 s") % ("", "3 s")), GOALS[0])
    clause = question(restricted.network, "A shall never be off for more than 3 s.").goal
    with_clause = proof_of(holds(restricted.network, GOALS[0], clauses=[clause.text]))
    without = replace(with_clause.system, restrict=())
    refused(replace(with_clause, system=without))


def test_an_empty_zone_is_refused() -> None:
    certificate = proof()
    zone = certificate.zones[0]
    clock = certificate.system.clocks[0]
    refused(with_zone(certificate, 0, replace(zone, constraints={(clock, ""): 3, ("", clock): -5})), "empty")
