"""Published benchmark families of timed automata, each as a network of any size with its goal.

The originals are the generators in ``examples/`` of TChecker (github.com/ticktac-project/tchecker) and of
github.com/ticktac-project/benchmarks, and the demonstrations that come with UPPAAL. Constants are theirs. What their
languages have and ours has not is said in the docstring of each family; three things recur:

*Shared variables.* A variable that several processes write becomes a machine that owns it; who writes it sends it a
broadcast, which that machine hears in every state, and others read it as an output.

*Channels with several senders.* An event has one sender, so the common partner hears it through one port per sender.

*Invariants on clocks other than the time in a state.* A state bounds the time in it and nothing else, so such a clock
becomes a machine of its own, whose time in state it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations

import lastgasp as lg
from lastgasp.machine import Machine
from tests.zoo.zoo import network

Case = tuple[lg.Network, str]
"""A network and the sentence that is its goal."""

Family = Callable[[int], Case]
"""From the size to the case."""


def names(stem: str, n: int) -> list[str]:
    """``p1``, ``p2``, ..."""
    return [f"{stem}{number}" for number in range(1, n + 1)]


def two_at_once(who: list[str], state: str) -> str:
    """That two of them are in that state."""
    return "(" + " or ".join(f"({a} is {state} and {b} is {state})" for a, b in combinations(who, 2)) + ")"


def fischer(n: int, write: int = 10, wait: int = 10, strict: bool = True) -> Case:
    """Fischer's mutual exclusion (Lamport 1987): safe if and only if the wait is longer than the write.

    TChecker's ``fischer.sh`` with K = 10 and UPPAAL's demo ``fischer.xml``, the same model with K = 2. ``wait`` and
    ``strict`` vary the guard x > K of the way into the critical section. The shared variable ``id`` is the machine
    ``lock``.
    """
    who = names("p", n)
    values = ", ".join(("none", *who))
    machines: dict[str, str | Machine] = {
        name: f"""
machine: {name}
party: {name.upper()}
reads: {{lock: {{id: [{values}]}}}}
sends: [claim, free]
states: {{idle: {{initial: yes}}, requesting: {{}}, waiting: {{}}, critical: {{}}}}
transitions:
  - {{from: idle, to: requesting, may: , if: lock.id is none}}
  - {{from: requesting, to: waiting, after: 0 s .. {write} s, send: claim}}
  - {{from: waiting, to: requesting, may: , if: lock.id is none}}
  - {{from: waiting, to: critical, after: {"more than " if strict else ""}{wait} s .., if: lock.id is {name}}}
  - {{from: critical, to: idle, may: , send: free}}
"""
        for name in who
    }
    states = "".join(f"  {value}: {{gives: {{id: {value}}}}}\n" for value in who)
    writes = "".join(
        f"  - {{from: any, to: {target}, on: {name}.{event}}}\n"
        for name in who
        for event, target in (("claim", name), ("free", "none"))
    )
    machines["lock"] = f"""
machine: lock
party: LOCK
hears: {{{", ".join(f"{name}: [claim, free]" for name in who)}}}
states:
  none: {{initial: yes, gives: {{id: none}}}}
{states}transitions:
{writes}"""
    wires = {f"{name}.lock": "lock" for name in who} | {f"lock.{name}": name for name in who}
    return network(machines, wires), f"{two_at_once(who, 'critical')} shall never hold."


def csmacd(
    n: int, lam: int = 808, sigma: int = 26, heard: int = 52, sensing: bool = True, missable: bool = False
) -> Case:
    """CSMA/CD (Tripakis and Yovine 2001): a collision is noticed in less than sigma, the delay of the bus.

    TChecker's ``csmacd.sh`` (lambda 808, sigma 26), with its sequence of one handshake ``cd`` per station; ``begin``,
    ``busy`` and ``end`` are handshakes that a station sends. The published model has no goal; this is what its name
    says. It is ``heard`` = sigma and not ``sensing``, and has no verdict here, for two reasons:

    A station notices a collision only while it has sent for less than sigma. That is not enough, as the first of two
    senders may have sent for nearly 2 sigma by then: the bus, which is committed, is stuck. ``heard`` is 2 sigma here.

    From three stations on, one that retries while two others collide can leave its state in time only if the bus ends
    the collision earlier: a machine that forces its surroundings, which is refused. ``sensing`` lets it find the
    bus busy.

    ``missable``: a ``cd`` or an ``end`` that its partner is not ready for is lost instead of blocked.
    """
    who, kind = names("s", n), "broadcast" if missable else "handshake"
    machines: dict[str, str | Machine] = {
        name: f"""
machine: {name}
party: {name.upper()}
hears: {{bus: [cd{number}]}}
sends: {{begin: {{kind: handshake}}, busy: {{kind: handshake}}, end: {{kind: {kind}}}}}
states: {{wait: {{initial: yes}}, start: {{}}, retry: {{}}}}
transitions:
  - {{from: wait, to: start, may: , send: begin}}
  - {{from: wait, to: retry, may: , send: busy}}
  - {{from: wait, to: wait, on: bus.cd{number}}}
  - {{from: wait, to: retry, on: bus.cd{number}}}
  - {{from: start, to: wait, after: {lam} s, send: end}}
  - {{from: start, to: retry, on: bus.cd{number}, if: time in state < {heard} s}}
  - {{from: retry, to: start, after: 0 s .. less than {2 * sigma} s, send: begin}}
  - {{from: retry, to: retry, after: 0 s .. less than {2 * sigma} s, send: busy}}
  - {{from: retry, to: retry, on: bus.cd{number}, if: time in state < {2 * sigma} s}}
"""
        for number, name in enumerate(who, 1)
    }
    hearing = "".join(
        f"""  - {{from: idle, to: active, on: {name}.begin}}
  - {{from: active, to: collision, on: {name}.begin, if: time in state < {sigma} s}}
  - {{from: active, on: {name}.busy, if: time in state >= {sigma} s}}
  - {{from: active, to: idle, on: {name}.end}}
  - {{from: collision, on: {name}.busy, if: {"yes" if sensing else "no"}}}
  - {{from: telling, to: telling, may: , if: next = {number}, send: cd{number}, set: {{next: {number + 1}}}}}
"""
        for number, name in enumerate(who, 1)
    )
    machines["bus"] = f"""
machine: bus
party: BUS
hears: {{{", ".join(f"{name}: [begin, busy, end]" for name in who)}}}
sends: {{{", ".join(f"cd{number}: {{kind: {kind}}}" for number in range(1, n + 1))}}}
variables: {{next: {{range: 1 .. {n + 1}, initial: 1}}}}
states: {{idle: {{initial: yes}}, active: {{}}, collision: {{}}, telling: {{committed: yes}}}}
transitions:
  - {{from: collision, to: telling, after: 0 s .. less than {sigma} s, set: {{next: 1}}}}
  - {{from: telling, to: idle, may: , if: next = {n + 1}, set: {{next: 1}}}}
{hearing}"""
    wires = {f"{name}.bus": "bus" for name in who} | {f"bus.{name}": name for name in who}
    return network(machines, wires), f"{two_at_once(who, 'start')} shall never hold for at least {sigma} s."


def train_gate(n: int, reaction: int = 0, urgent: bool = True) -> Case:
    """UPPAAL's demo ``train-gate.xml`` (Yi, Pettersson, Daniels 1994): no two trains cross at once.

    A train that approaches crosses after 10 to 20 s unless it is told to stop within 10 s. ``go`` is an urgent
    handshake as in UPPAAL's; without ``urgent`` the model is TChecker's ``train_gate.sh``. An urgent handshake here
    also goes before other steps of its instant, which in UPPAAL it does not: that takes orders of one instant away and
    no verdict. ``stop`` and ``leave`` are broadcasts to their one partner, which is always ready in the published
    model. The gate's list is n variables that move up, as there are no arrays. ``reaction``: how long the gate may take
    to tell a train to stop; no time in the published model, where its state is committed.
    """
    who, places = names("t", n), names("q", n)
    machines: dict[str, str | Machine] = {
        name: f"""
machine: {name}
party: {name.upper()}
hears: {{gate: [stop{number}, go{number}]}}
sends: {{appr: {{kind: handshake}}, leave: {{}}}}
states:
  safe: {{initial: yes}}
  appr: {{at most: 20 s}}
  stop: {{}}
  start: {{at most: 15 s}}
  cross: {{at most: 5 s}}
transitions:
  - {{from: safe, to: appr, may: , send: appr}}
  - {{from: appr, to: cross, after: 10 s ..}}
  - {{from: appr, to: stop, on: gate.stop{number}, if: time in state <= 10 s}}
  - {{from: stop, to: start, on: gate.go{number}}}
  - {{from: start, to: cross, after: 7 s ..}}
  - {{from: cross, to: safe, after: 3 s .., send: leave}}
"""
        for number, name in enumerate(who, 1)
    }
    pop = "".join(f"{place}: {then}, " for place, then in zip(places, [*places[1:], "0"], strict=True))
    pop += "length: length + -1"
    told = f"after: 0 s .. {reaction} s" if reaction else "may: "
    lines = ""
    for number, name in enumerate(who, 1):
        head = f"length > 0 and q1 = {number}"
        go = f"when: {head}" if urgent else f"may: , if: {head}"
        push = "".join(f"{place}: ({number} if length = {at} else {place}), " for at, place in enumerate(places))
        tail = " or ".join(f"(length = {at} and {place} = {number})" for at, place in enumerate(places, 1))
        lines += f"""
  - {{from: free, to: occupied, {go}, send: go{number}}}
  - {{from: free, to: occupied, on: {name}.appr, if: length = 0, set: {{q1: {number}, length: 1}}}}
  - {{from: occupied, to: telling, on: {name}.appr, if: length < {n}, set: {{{push}length: length + 1}}}}
  - {{from: occupied, to: free, on: {name}.leave, if: {head}, set: {{{pop}}}}}
  - {{from: telling, to: occupied, {told}, if: not clear and ({tail}), send: stop{number}}}"""
        if reaction:
            lines += f"""
  - {{from: telling, on: {name}.leave, if: {head}, set: {{clear: yes, {pop}}}}}
  - {{from: telling, to: free, {told}, if: clear and ({tail}), set: {{clear: no}}, send: stop{number}}}"""
    queue = "".join(f"  {place}: {{range: 0 .. {n}, initial: 0}}\n" for place in places)
    machines["gate"] = f"""
machine: gate
party: GATE
hears: {{{", ".join(f"{name}: [appr, leave]" for name in who)}}}
sends: {{{", ".join(f"go{k}: {{kind: handshake}}, stop{k}: {{}}" for k in range(1, n + 1))}}}
variables:
  length: {{range: 0 .. {n}, initial: 0}}
  clear: {{bool: yes, initial: no}}
{queue}states: {{free: {{initial: yes}}, occupied: {{}}, telling: {{{"" if reaction else "committed: yes"}}}}}
transitions:{lines}
"""
    wires = {f"{name}.gate": "gate" for name in who} | {f"gate.{name}": name for name in who}
    return network(machines, wires), f"{two_at_once(who, 'cross')} shall never hold."


def fddi(n: int, sa: int = 20, td: int = 0, ttrt: int | None = None, slack: int = 0) -> Case:
    """The FDDI token ring (Daws, Olivero, Tripakis, Yovine 1996): the token comes back in time.

    TChecker's ``fddi.sh``: synchronous allocation (SA) 20, token delay (TD) 0, target rotation time (TTRT) 50 n; its
    locations keep their names. The published file has no goal. Here it is that the first station is never without the
    token for more than TTRT + (n - 2) (SA + TD), for n of at least 2. That is attained: it gives the token on as soon
    as it may, the second keeps it as long as it may, and the others are then too late for more than their allocation.
    ``slack`` is added to this bound. The clocks xA and xB, which bound q3 and q7 but are not the time in them, are the
    machines ``a`` and ``b``, which send the token on from there. The handshakes TT and RT are broadcasts, since a
    clock, its station and the ring then move together; each of them is always ready.
    """
    ttrt = 50 * n if ttrt is None else ttrt
    who = names("p", n)
    machines: dict[str, str | Machine] = {}
    wires: dict[str, str] = {}
    for number, name in enumerate(who, 1):
        at = "".join(f"  q{k}: {{{'initial: yes, ' if k == 0 else ''}gives: {{at: q{k}}}}}\n" for k in range(8))
        half = """
  - {{from: {0}, to: {1}, on: ring.tt, if: trt >= {ttrt} s, restart: [trt]}}
  - {{from: {0}, to: {2}, on: ring.tt, if: trt < {ttrt} s, restart: [trt]}}
  - {{from: {1}, to: {4}, after: {sa} s, send: rt}}
  - {{from: {2}, to: {3}, after: {sa} s}}
  - {{from: {3}, to: {4}, on: {5}.rt}}""".replace("ring.tt", f"ring.tt{number}")
        machines[name] = f"""
machine: {name}
party: {name.upper()}
hears: {{ring: [tt{number}], a: [rt], b: [rt]}}
sends: [rt]
clocks: {{trt: {{}}}}
states:
{at}transitions:{half.format("q0", "q1", "q2", "q3", "q4", "a", ttrt=ttrt, sa=sa)}{
            half.format("q4", "q5", "q6", "q7", "q0", "b", ttrt=ttrt, sa=sa)
        }
"""
        for clock, restarts, read in (("a", "q4", "q3"), ("b", "q0", "q7")):
            machines[f"{clock}{number}"] = f"""
machine: {clock}{number}
party: {name.upper()}
reads: {{station: {{at: [{", ".join(f"q{k}" for k in range(8))}]}}}}
hears: {{ring: [tt{number}]}}
sends: [rt]
states: {{armed: {{initial: yes}}, spent: {{}}}}
transitions:
  - {{from: any, to: armed, on: ring.tt{number}, if: station.at is {restarts}}}
  - {{from: armed, to: spent, after: 0 s .. {ttrt + sa} s, if: station.at is {read}, send: rt}}
"""
            wires |= {f"{clock}{number}.station": name, f"{clock}{number}.ring": "ring"}
            wires |= {f"{name}.{clock}": f"{clock}{number}", f"ring.{clock}{number}": f"{clock}{number}"}
        wires |= {f"{name}.ring": "ring", f"ring.{name}": name}
    turns = "".join(
        f"""
  - {{from: q{k}, to: r{k}, after: {td} s, send: tt{k}}}
  - {{from: r{k}, to: q{k % n + 1}, on: p{k}.rt}}
  - {{from: r{k}, to: q{k % n + 1}, on: a{k}.rt}}
  - {{from: r{k}, to: q{k % n + 1}, on: b{k}.rt}}"""
        for k in range(1, n + 1)
    )
    machines["ring"] = f"""
machine: ring
party: RING
hears: {{{", ".join(f"p{k}: [rt], a{k}: [rt], b{k}: [rt]" for k in range(1, n + 1))}}}
sends: [{", ".join(f"tt{k}" for k in range(1, n + 1))}]
states: {{{", ".join(f"q{k}: {{{'initial: yes' if k == 1 else ''}}}, r{k}: {{}}" for k in range(1, n + 1))}}}
transitions:{turns}
"""
    bound = ttrt + (n - 2) * (sa + td) + slack
    return network(machines, wires), f"p1 shall not be q0 or q4 for more than {bound} s."


def critical_region(n: int, t: int = 10, critical: int | None = None, testing: int | None = None) -> Case:
    """Critical regions (Morbe, Pigorsch, Scholl 2011): no production cell ends in an error.

    TChecker's ``critical-region-async.sh`` with T = 10: a counter offers the region to the cells in turn, which test
    for up to T before and after and stay in it for up to 2 T. As published a cell may stay too long, which is the
    error. ``critical`` and ``testing`` bound those two states, and the goal holds where both are at most T - 1.
    The process ID has a state for each value, so that others can read it. ``enter`` and ``exit``, which arbiter, cell
    and ID take together, are broadcasts of the cell under the guards of all three.
    """
    critical = 2 * t if critical is None else critical
    testing = t if testing is None else testing
    ids = [f"v{k}" for k in range(n + 1)]
    machines: dict[str, str | Machine] = {}
    wires: dict[str, str] = {}
    for k in range(1, n + 1):
        machines[f"cell{k}"] = f"""
machine: cell{k}
party: CELL{k}
reads: {{ids: {{id: [{", ".join(ids)}]}}, arbiter: {{at: [req, ack]}}}}
sends: [enter, exit]
clocks: {{x: {{}}}}
states:
  not_ready: {{initial: yes}}
  testing: {{at most: {t} s}}
  requesting: {{}}
  critical: {{at most: {critical} s}}
  testing2: {{at most: {testing} s}}
  safe: {{}}
  error: {{}}
transitions:
  - {{from: not_ready, to: testing, may: , if: x <= {2 * t} s, restart: [x]}}
  - {{from: testing, to: not_ready, may: , if: x >= {t} s}}
  - {{from: testing, to: requesting, may: , if: x <= {t - 1} s}}
  - {{from: requesting, to: critical, may: , if: ids.id is v{k} and arbiter.at is req, restart: [x], send: enter}}
  - {{from: critical, to: error, may: , if: x >= {2 * t} s}}
  - {{from: critical, to: testing2, may: , if: x <= {t - 1} s and arbiter.at is ack, restart: [x], send: exit}}
  - {{from: testing2, to: error, may: , if: x >= {t} s}}
  - {{from: testing2, to: safe, may: , if: x <= {t - 1} s}}
"""
        machines[f"arbiter{k}"] = f"""
machine: arbiter{k}
party: ARBITER{k}
hears: {{cell: [enter, exit]}}
states: {{req: {{initial: yes, gives: {{at: req}}}}, ack: {{gives: {{at: ack}}}}}}
transitions:
  - {{from: req, to: ack, on: cell.enter}}
  - {{from: ack, to: req, on: cell.exit}}
"""
        wires |= {f"cell{k}.ids": "ids", f"cell{k}.arbiter": f"arbiter{k}", f"arbiter{k}.cell": f"cell{k}"}
        wires[f"ids.cell{k}"] = f"cell{k}"
    machines["counter"] = """
machine: counter
party: COUNTER
sends: {id_eq_0: {kind: handshake}, id_lt_n: {kind: handshake}, id_eq_n: {kind: handshake}}
states: {i: {initial: yes}, c: {}}
transitions:
  - {from: i, to: c, may: , send: id_eq_0}
  - {from: c, to: c, may: , send: id_lt_n}
  - {from: c, to: c, may: , send: id_eq_n}
"""
    moves = "".join(
        f"""
  - {{from: v{k}, to: v0, on: cell{k}.enter}}
  - {{from: any, to: v{k}, on: cell{k}.exit}}
  - {{from: v{k - 1}, to: v{k}, on: counter.id_lt_n}}"""
        for k in range(1, n + 1)
    )
    states = "".join(f"  {v}: {{{'initial: yes, ' if v == 'v0' else ''}gives: {{id: {v}}}}}\n" for v in ids)
    machines["ids"] = f"""
machine: ids
party: IDS
hears: {{counter: [id_eq_0, id_lt_n, id_eq_n], {", ".join(f"cell{k}: [enter, exit]" for k in range(1, n + 1))}}}
states:
{states}transitions:
  - {{from: v0, to: v1, on: counter.id_eq_0}}
  - {{from: v{n}, to: v1, on: counter.id_eq_n}}{moves}
"""
    wires["ids.counter"] = "counter"
    errors = " or ".join(f"cell{k} is error" for k in range(1, n + 1))
    return network(machines, wires), f"({errors}) shall never hold."


def philosophers(n: int, timeout: int = 3, eat: int = 10, slow: int = 0, shared: bool = False) -> Case:
    """Dining philosophers with a timeout (Lugiez, Niebert, Zennou 2005): no two neighbours eat at once.

    TChecker's ``dining-philosophers.sh``: timeout 3, eating 10, release 0. A philosopher takes the left fork, then
    within the timeout the right one, or gives the left one back. ``shared``: forks that let themselves be taken twice.
    """
    who, forks = names("p", n), names("f", n)
    machines: dict[str, str | Machine] = {}
    wires: dict[str, str] = {}
    for number, name in enumerate(who):
        machines[name] = f"""
machine: {name}
party: {name.upper()}
sends:
  take_left: {{kind: handshake}}
  take_right: {{kind: handshake}}
  release_left: {{kind: handshake}}
  release_right: {{kind: handshake}}
states: {{idle: {{initial: yes}}, acq: {{at most: {timeout} s}}, eat: {{at most: {eat} s}}, rel: {{at most: {slow} s}}}}
transitions:
  - {{from: idle, to: acq, may: , send: take_left}}
  - {{from: acq, to: idle, after: {timeout} s .., send: release_left}}
  - {{from: acq, to: eat, may: , if: time in state <= {timeout} s, send: take_right}}
  - {{from: eat, to: rel, after: {eat} s .., send: release_right}}
  - {{from: rel, to: idle, may: , send: release_left}}
"""
        fork, right, left = forks[number], name, who[(number + 1) % n]  # whose right, whose left fork it is
        frees = ("free", "taken") if shared else ("free",), ("free", "taken") if shared else ("taken",)
        machines[fork] = f"""
machine: {fork}
party: {fork.upper()}
hears: {{right: [take_right, release_right], left: [take_left, release_left]}}
states: {{free: {{initial: yes}}, taken: {{}}}}
transitions:
  - {{from: [{", ".join(frees[0])}], to: taken, on: right.take_right}}
  - {{from: [{", ".join(frees[0])}], to: taken, on: left.take_left}}
  - {{from: [{", ".join(frees[1])}], to: free, on: right.release_right}}
  - {{from: [{", ".join(frees[1])}], to: free, on: left.release_left}}
"""
        wires |= {f"{fork}.right": right, f"{fork}.left": left}
    pairs = [(who[number], who[(number + 1) % n]) for number in range(n if n > 2 else 1)]
    together = " or ".join(f"({a} is eat and {b} is eat)" for a, b in pairs)
    return network(machines, wires), f"({together}) shall never hold."


SAFE: dict[str, Family] = {
    "fischer": fischer,
    "fischer, not strict": partial(fischer, wait=11, strict=False),
    "csmacd": csmacd,
    "csmacd, missable": partial(csmacd, missable=True),
    "train gate": train_gate,
    "train gate, not urgent": partial(train_gate, urgent=False),
    "train gate, slow": partial(train_gate, reaction=9),
    "fddi": fddi,
    "critical region, short": partial(critical_region, critical=9, testing=9),
    "philosophers": philosophers,
    "philosophers, slow": partial(philosophers, slow=1),
}
"""The goal holds."""

BROKEN: dict[str, Family] = {
    "fischer, wait 10, not strict": partial(fischer, strict=False),
    "fischer, wait 9": partial(fischer, wait=9),
    "csmacd, heard 51": partial(csmacd, missable=True, heard=51),
    "csmacd, heard 26": partial(csmacd, missable=True, heard=26),
    "train gate, too slow": partial(train_gate, reaction=10),
    "fddi, less slack": partial(fddi, slack=-1),
    "critical region": critical_region,
    "critical region, testing 10": partial(critical_region, critical=9, testing=10),
    "philosophers, shared": partial(philosophers, shared=True),
}
"""The goal fails."""

REFUSED: dict[str, Family] = {
    "csmacd, published": partial(csmacd, heard=26, sensing=False),
    "csmacd, deaf to collisions": partial(csmacd, sensing=False),
    "critical region, no way out": partial(critical_region, critical=12),
}
"""No verdict on the goal, as some machine cannot go on; the second from three stations on."""
