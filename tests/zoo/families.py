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

from itertools import combinations

import lastgasp as lg
from tests.zoo.zoo import network

Case = tuple[lg.Network, str]
"""A network and the sentence that is its goal."""


def names(stem: str, n: int) -> list[str]:
    """``p1``, ``p2``, ..."""
    return [f"{stem}{number}" for number in range(1, n + 1)]


def two_at_once(who: list[str], state: str) -> str:
    """That two of them are in that state."""
    return "(" + " or ".join(f"({a} is {state} and {b} is {state})" for a, b in combinations(who, 2)) + ")"


def fischer(n: int, write: int = 10, wait: int = 10, strict: bool = True) -> Case:
    """Fischer's mutual exclusion (Lamport 1987): safe if and only if the wait is longer than the write.

    TChecker's ``fischer.sh`` with K = 10 and UPPAAL's demo ``fischer.xml`` (there with K = 2), which are the same model.
    ``wait`` and ``strict`` vary the guard x > K of the way into the critical section. The shared variable ``id`` is the
    machine ``lock``.
    """
    who = names("p", n)
    values = ", ".join(("none", *who))
    machines = {
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


def csmacd(n: int, lam: int = 808, sigma: int = 26, heard: int = 52) -> Case:
    """CSMA/CD (Tripakis and Yovine 2001): a collision is noticed in less than sigma, the delay of the bus.

    TChecker's ``csmacd.sh`` (lambda 808, sigma 26), with its sequence of one handshake ``cd`` per station; ``begin``,
    ``busy`` and ``end`` are handshakes that a station sends. The published model has no goal; this is what its name
    says. It lets a station notice a collision only while it has sent for less than sigma (``heard`` = sigma). That is
    not enough, as a first sender may have sent for nearly two sigma by then: the bus, which is committed, gets stuck.
    The default is therefore 2 sigma, the round trip.
    """
    who = names("s", n)
    machines = {
        name: f"""
machine: {name}
party: {name.upper()}
hears: {{bus: [cd{number}]}}
sends: {{begin: {{kind: handshake}}, busy: {{kind: handshake}}, end: {{kind: handshake}}}}
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
  - {{from: telling, to: telling, may: , if: next = {number}, send: cd{number}, set: {{next: {number + 1}}}}}
"""
        for number, name in enumerate(who, 1)
    )
    machines["bus"] = f"""
machine: bus
party: BUS
hears: {{{", ".join(f"{name}: [begin, busy, end]" for name in who)}}}
sends: {{{", ".join(f"cd{number}: {{kind: handshake}}" for number in range(1, n + 1))}}}
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

    A train that approaches crosses after 10 to 20 s unless stopped within 10 s. ``go`` is an urgent handshake as in
    UPPAAL's; without ``urgent`` this is TChecker's ``train_gate.sh``. ``stop`` and ``leave`` are broadcasts to the one
    partner, which is always ready in the published model. The queue is n variables that move up, an array not being
    in the language (n variables of the gate, as UPPAAL's list). ``reaction``: how long the gate may take to tell a
    train to stop; in the published model, where its state is committed, no time.
    """
    who = names("t", n)
    machines = {
        name: f"""
machine: {name}
party: {name.upper()}
hears: {{gate: [stop{number}, go{number}]}}
sends: {{appr: {{kind: handshake}}, leave: {{}}}}
states: {{safe: {{initial: yes}}, appr: {{at most: 20 s}}, stop: {{}}, start: {{at most: 15 s}}, cross: {{at most: 5 s}}}}
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
    queue = names("q", n)
    pop = ", ".join(f"{place}: {after}" for place, after in zip(queue, [*queue[1:], "0"], strict=True))
    pop += ", length: length + -1"
    when, wait = ("when: length > 0 and q1 = {0}", "may: , if: length > 0 and q1 = {0}")[not urgent], "after: 0 s .. {0} s"
    told = f"after: 0 s .. {reaction} s" if reaction else "may: "
    lines = ""
    for number, name in enumerate(who, 1):
        push = ", ".join(f"{place}: ({number} if length = {at} else {place})" for at, place in enumerate(queue))
        tail = " or ".join(f"(length = {at} and {place} = {number})" for at, place in enumerate(queue, 1))
        lines += f"""  - {{from: free, to: occupied, {when.format(number)}, send: go{number}}}
  - {{from: free, to: occupied, on: {name}.appr, if: length = 0, set: {{q1: {number}, length: 1}}}}
  - from: occupied
    to: telling
    on: {name}.appr
    set: {{{push}, length: length + 1}}
  - {{from: occupied, to: free, on: {name}.leave, if: length > 0 and q1 = {number}, set: {{{pop}}}}}
  - {{from: telling, to: occupied, {told}, if: {tail}, send: stop{number}}}
"""
        if reaction:
            lines += f"""  - {{from: telling, to: telling_clear, on: {name}.leave, if: q1 = {number}, set: {{{pop}}}}}
  - {{from: telling_clear, to: free, {told}, if: {tail}, send: stop{number}}}
"""
    return network(machines), "TODO" + wait
