"""The published families: exact verdicts, the constants at which they turn, and the size of the proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

import lastgasp as lg
from lastgasp.expr import Value
from lastgasp.machine import Instance
from lastgasp.network import Network
from lastgasp.verdict import Fails, Holds
from tests.oracle.regions import RegionGraph
from tests.zoo.families import (
    BROKEN,
    REFUSED,
    SAFE,
    Case,
    critical_region,
    csmacd,
    fddi,
    fischer,
    philosophers,
    train_gate,
)
from tests.zoo.zoo import ask, failing, fails, holds, rejected

STORED: dict[str, tuple[int, ...]] = {
    "fischer": (18, 65, 220),
    "fischer, not strict": (18, 65),
    "csmacd": (20, 94),
    "csmacd, missable": (16, 99),
    "train gate": (27, 127, 593),
    "train gate, not urgent": (27, 127),
    "train gate, slow": (25, 112),
    "fddi": (55, 171),
    "critical region, short": (114,),
    "philosophers": (11, 40, 177),
    "philosophers, slow": (11, 43),
}
"""How many zones the proof stores for 2, 3 and 4 processes. These numbers belong to breadth-first order and to the
extrapolation in use; whoever changes either looks at them, and writes them again."""

STEPS: dict[str, tuple[int, ...]] = {
    "fischer, wait 10, not strict": (6, 6),
    "fischer, wait 9": (6, 6),
    "csmacd, heard 51": (7, 8),
    "csmacd, heard 26": (7, 8),
    "train gate, too slow": (5, 5),
    "fddi, less slack": (5, 7),
    "critical region": (5,),
    "critical region, testing 10": (6,),
    "philosophers, shared": (4, 4),
}
"""How many steps the shortest run has that breaks the goal, for 2 and 3 processes. They belong to the models."""


def proved(net: Network, goal: str) -> Holds:
    """Zones prove the goal; nobody else is asked."""
    verdict = ask(net, goal)
    assert isinstance(verdict, Holds), verdict
    return verdict


def sizes(table: Mapping[str, tuple[int, ...]]) -> list[tuple[str, int, int]]:
    return [(name, n, number) for name, numbers in table.items() for n, number in enumerate(numbers, 2)]


def test_every_family_is_there() -> None:
    assert list(STORED) == list(SAFE)
    assert list(STEPS) == list(BROKEN)


@pytest.mark.parametrize(("name", "n", "zones"), sizes(STORED))
def test_a_safe_variant_has_a_proof_of_known_size(name: str, n: int, zones: int) -> None:
    """For two processes the bounded search is asked too; what is said of more is the zones' word alone."""
    certificate = (holds if n == 2 else proved)(*SAFE[name](n)).certificate
    assert certificate is not None and certificate.zones is not None
    assert len(certificate.zones.zones) == zones


@pytest.mark.parametrize(("name", "n", "steps"), sizes(STEPS))
def test_a_broken_variant_fails_after_a_known_number_of_steps(name: str, n: int, steps: int) -> None:
    net, goal = BROKEN[name](n)
    if n == 2:
        fails(net, goal, steps)
    else:
        failing(net, goal, "zones", steps)


AGREED = ("fischer", "philosophers", "fischer, wait 10, not strict", "philosophers, shared")
"""Which are decided by every engine in a second or two."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in AGREED else pytest.mark.long) for name in (*SAFE, *BROKEN)]
)
def test_all_engines_agree_on_two_processes(name: str) -> None:
    """Disagreement is an error; how many decide in time depends on the machine where they take long."""
    verdict = ask(*(SAFE | BROKEN)[name](2), "all")
    assert isinstance(verdict, Holds if name in SAFE else Fails), verdict
    assert name not in AGREED or verdict.notes[-1].endswith("routes agree")


# --- the constants at which a family turns ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "wait", "strict", "safe"),
    [(1, 2, False, True), (1, 1, True, True), (1, 1, False, False), (2, 1, True, False), (3, 3, True, True),
     (3, 3, False, False)],
)  # fmt: skip
def test_fischer_is_safe_if_and_only_if_the_wait_is_longer_than_the_write(
    write: int, wait: int, strict: bool, safe: bool
) -> None:
    """If one may still write when the other has waited, it overwrites the lock and both enter: request, request, claim,
    enter, claim, enter, six steps. With 'more than', equal limits are safe: the last write is at 'write' at the latest.
    """
    net, goal = fischer(2, write, wait, strict)
    if safe:
        holds(net, goal)
    else:
        trace = fails(net, goal, steps=6)
        assert trace.entries[-1].values["p1.state"] == trace.entries[-1].values["p2.state"] == "critical"
    assert failing(net, "p1 shall never be critical.", "zones", 3).times[-1] >= wait


@pytest.mark.parametrize("n", [2, 3])
def test_a_collision_lasts_up_to_sigma_and_not_longer(n: int) -> None:
    net, goal = csmacd(n)
    assert goal.endswith("shall never hold for at least 26 s.")
    failing(net, goal.replace("26 s", "25 s"), "zones", 2)


def test_a_collision_is_noticed_if_and_only_if_two_sigma_suffice() -> None:
    """It is missed where both send and the bus, free again after it told the others, is not in collision."""
    missed = "(s1 is start and s2 is start and (bus is idle or bus is active)) shall never hold."
    holds(csmacd(2, missable=True)[0], missed)
    fails(csmacd(2, missable=True, heard=51)[0], missed, 7)


@pytest.mark.parametrize("n", [2, 3])
def test_a_stopped_train_waits_for_the_others_to_cross(n: int) -> None:
    """25 s for the one that was not stopped (20 to come, 5 to cross), 20 s more for each that was (15 and 5)."""
    net, _ = train_gate(n)
    longest = 25 + 20 * (n - 2)
    proved(net, f"t1 shall not be stop for more than {longest} s.")
    trace = failing(net, f"t1 shall not be stop for at least {longest} s.", "zones", 5 * n - 6)
    assert trace.end >= longest


@pytest.mark.parametrize(("n", "td"), [(2, 5), (3, 0), (3, 5)])
def test_the_token_comes_back_at_the_last_instant_and_no_later(n: int, td: int) -> None:
    net, goal = fddi(n, td=td)
    proved(net, goal)
    failing(net, goal.replace("more than", "at least"), "zones", 2 * n + 1 + (td > 0))


def test_a_philosopher_gives_up_at_the_timeout_and_may_eat_before() -> None:
    net, _ = philosophers(2)
    holds(net, "p1 shall not be acq for more than 3 s.")
    fails(net, "p1 shall not be acq for at least 3 s.", 1)
    holds(net, "It is possible that p1 is eat.")


# --- published models that are refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "n", "words"),
    [
        ("csmacd, published", 2, "no step is possible (a timelock)"),
        ("csmacd, deaf to collisions", 3, "s2 must leave its state and no step of its own does"),
        ("critical region, no way out", 2, "time can never go on (a timelock)"),
    ],
)
def test_a_machine_that_cannot_go_on_is_no_proof(name: str, n: int, words: str) -> None:
    rejected(*REFUSED[name](n), words)


# --- the same by regions ------------------------------------------------------------------------------------------


def together(stem: str, state: str) -> Callable[[Mapping[str, Value]], bool]:
    """That two instances of that stem are in that state."""
    return lambda values: sum(values.get(f"{stem}{k}.state") == state for k in range(1, 4)) > 1


def unnoticed(values: Mapping[str, Value]) -> bool:
    return together("s", "start")(values) and values["bus.state"] in ("idle", "active")


def in_error(values: Mapping[str, Value]) -> bool:
    return values["cell1.state"] == "error"


def late(case: Case, bound: int) -> Case:
    """The token ring with an instance that watches how long the first station is without the token."""
    net, goal = case
    watch = lg.machine_from_yaml(f"""
machine: watch
party: WATCH
hears: {{station: [rt], a: [rt], b: [rt], ring: [tt1]}}
states: {{present: {{initial: yes}}, absent: {{}}, late: {{}}}}
transitions:
  - {{from: present, to: absent, on: station.rt}}
  - {{from: present, to: absent, on: a.rt}}
  - {{from: present, to: absent, on: b.rt}}
  - {{from: absent, to: present, on: ring.tt1}}
  - {{from: absent, to: late, after: more than {bound} s ..}}
""")
    wires = {"station": "p1", "a": "a1", "b": "b1", "ring": "ring"}
    return Network("watched", (*net.instances, Instance("watch", watch, wires))), goal


def is_late(values: Mapping[str, Value]) -> bool:
    return values["watch.state"] == "late"


@pytest.mark.parametrize(
    ("case", "bad", "steps"),
    [
        (fischer(2, 1, 1), together("p", "critical"), None),
        (fischer(2, 1, 1, strict=False), together("p", "critical"), 6),
        (fischer(2, 2, 1), together("p", "critical"), 6),
        (fischer(3, 1, 1), together("p", "critical"), None),
        (csmacd(2, lam=3, sigma=1, heard=2), unnoticed, None),
        (csmacd(2, lam=3, sigma=1, heard=2, missable=True), unnoticed, None),
        (csmacd(2, lam=3, sigma=1, heard=1, missable=True), unnoticed, 7),
        (train_gate(2), together("t", "cross"), None),
        (late(fddi(2, sa=1, ttrt=2), 2), is_late, None),
        (late(fddi(2, sa=1, ttrt=2, slack=-1), 1), is_late, 5),
        (late(fddi(2, sa=1, ttrt=3), 3), is_late, None),
        (critical_region(1, t=3, critical=2, testing=2), in_error, None),
        (critical_region(1, t=3, critical=2, testing=3), in_error, 6),
        (critical_region(1, t=3), in_error, 5),
        (philosophers(2, 1, 2), together("p", "eat"), None),
        (philosophers(2, 1, 2, shared=True), together("p", "eat"), 4),
        (philosophers(3, 1, 2), together("p", "eat"), None),
    ],
)
def test_small_constants_agree_with_the_region_graph(
    case: Case, bad: Callable[[Mapping[str, Value]], bool], steps: int | None
) -> None:
    """The least number of steps to where a bad situation lasts, no timelock, and for a proof the same valuations.

    An instance that watches is late one step after the goal has erred.
    """
    net, goal = case
    graph = RegionGraph(net, 20_000)
    wrong = [region for region in graph.depth if bad(graph.valuation(region))]
    least = graph.least(region for region in wrong if region in graph.lingers or region in graph.later)
    assert least == (steps if steps is None else steps + ("watch" in net.by_name))
    assert not graph.timelocked() and not graph.instant_loops() and not graph.errors
    if steps is not None:
        failing(net, goal, "zones", steps)
        return
    certificate = proved(net, goal).certificate
    assert certificate is not None and certificate.zones is not None
    names = list(certificate.system().variables)
    found = {
        frozenset((name, value) for name, value in zip(names, zone.location, strict=True) if name in net.variables)
        for zone in certificate.zones.zones
    }
    assert {frozenset((n, v) for n, v in whole if n in names) for whole in map(graph.discrete, graph.depth)} == found


@pytest.mark.parametrize(
    ("case", "stuck", "timelock"),
    [
        (csmacd(2, lam=3, sigma=1, heard=1, sensing=False), 3, 2),
        (csmacd(3, lam=3, sigma=1, heard=2, sensing=False), None, None),
        (critical_region(1, t=2, critical=2, testing=1), None, 4),
    ],
)
def test_what_is_refused_by_regions(case: Case, stuck: int | None, timelock: int | None) -> None:
    """The second has no timelock: it is refused because there one machine's bound forces the others."""
    graph = RegionGraph(case[0], 20_000)
    assert graph.least(graph.stuck()) == stuck
    assert graph.least(graph.timelocked()) == timelock
