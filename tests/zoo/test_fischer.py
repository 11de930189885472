"""Fischer's mutual exclusion (Lamport 1987): safe if and only if the wait is longer than the write."""

from __future__ import annotations

import pytest

import lastgasp as lg
from tests.oracle.regions import explore
from tests.zoo.zoo import failing, fails, holds, network

NAMES = ("p", "q", "r")


def fischer(count: int, write: int, wait: int, window: str) -> lg.Network:
    """Processes with a shared variable, which is a machine of its own: who may write it sends it an event."""
    names = NAMES[:count]
    values = ", ".join(("none", *names))
    machines = {
        name: f"""
machine: {name}
party: {name.upper()}
reads: {{lock: {{out: [{values}]}}}}
sends: [claim, free]
states: {{idle: {{initial: yes}}, tries: {{}}, waits: {{}}, critical: {{}}}}
transitions:
  - {{from: idle, to: tries, may: , if: lock.out is none}}
  - {{from: tries, to: waits, after: 0 s .. {write} s, send: claim}}
  - {{from: waits, to: critical, after: {window}{wait} s .., if: lock.out is {name}}}
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


TOGETHER = "(p is critical and q is critical) shall never hold."


@pytest.mark.parametrize(
    ("write", "wait", "window", "safe"),
    [(1, 2, "", True), (1, 1, "more than ", True), (1, 1, "", False), (2, 1, "more than ", False), (2, 3, "", True),
     (3, 3, "more than ", True), (3, 3, "", False)],
)  # fmt: skip
def test_two_processes(write: int, wait: int, window: str, safe: bool) -> None:
    """If one may still write when the other has waited, it overwrites the lock and both enter: try, try, claim, enter,
    claim, enter, six steps. With 'more than', equal limits are safe: the last write is at 'write' at the latest."""
    net = fischer(2, write, wait, window)
    if safe:
        certificate = holds(net, TOGETHER).certificate
        assert certificate is not None
        places = {zone.location[:3] for zone in certificate.zones.zones}
        assert len(places) == 18
        names = ("p.state", "q.state", "lock.state")
        by_regions = explore(net, lambda values: False).valuations
        assert {frozenset(zip(names, place, strict=True)) for place in places} == by_regions
    else:
        trace = fails(net, TOGETHER, steps=6)
        assert trace.entries[-1].values["p.state"] == trace.entries[-1].values["q.state"] == "critical"
    assert failing(net, "p shall never be critical.", "zones", 3).times[-1] >= wait


@pytest.mark.parametrize(
    ("count", "wait", "window", "zones"),
    [(2, 2, "", 18), (2, 1, "more than ", 18), (3, 2, "", 65), (3, 1, "more than ", 65)],
)
def test_the_proof_has_a_known_size(count: int, wait: int, window: str, zones: int) -> None:
    """The order of exploration is fixed, so that the number of stored zones is too; a change of it is worth a look."""
    certificate = holds(fischer(count, 1, wait, window), TOGETHER).certificate
    assert certificate is not None
    assert len(certificate.zones.zones) == zones


def test_three_processes_with_equal_limits_are_not_safe() -> None:
    """The third is not needed: six steps as with two."""
    fails(fischer(3, 1, 1, ""), TOGETHER, steps=6)
