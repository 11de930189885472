"""Small studies in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import lastgasp as lg
from lastgasp.language.sentences import parse_sentence
from lastgasp.network import Network
from lastgasp.study import Assumption, Clause, Goal, Proposal, Study, wording_hash


def study(
    network: Network,
    goals: Mapping[str, str],
    clauses: Mapping[str, str],
    proposals: Mapping[str, Sequence[str]],
    assumptions: Mapping[str, str] | None = None,
) -> Study:
    """A study of one installation, ``room``; its proposals have clauses and assumptions by name."""
    assumed = assumptions or {}
    return Study(
        installations={"room": network},
        goals={name: Goal(name, text, title=f"the goal {name}") for name, text in goals.items()},
        clauses={name: clause(network, name, text) for name, text in clauses.items()},
        assumptions={name: Assumption(name, text) for name, text in assumed.items()},
        proposals={
            name: Proposal(
                name,
                tuple(item for item in items if item not in assumed),
                tuple(item for item in items if item in assumed),
            )
            for name, items in proposals.items()
        },
    )


def clause(network: Network, name: str, text: str) -> Clause:
    """A clause that says to bind whom its sentence binds."""
    party = network.by_name[parse_sentence(text, network).binds].machine.party
    return Clause(name, text, party, "doc", "1", "source", text, wording_hash(text), "proposed", f"the clause {name}")


def ladder(rungs: int, ways: int = 1) -> Network:
    """A machine that may climb, in so many ways, one call for each rung; bad is at the top. Any call may be forbidden.

    A way is closed where one of its calls is: ``call0``, ``call1``, ..., those of the first way first.
    """
    climbs, states, calls = "", "", []
    for way in range(ways):
        names = ["ground", *(f"w{way}r{number}" for number in range(1, rungs)), "bad"]
        states += "".join(f"  {name}: {{}}\n" for name in names[1:-1])
        for number in range(rungs):
            calls.append(f"call{len(calls)}: {{}}")
            arrow = f"from: {names[number]}, to: {names[number + 1]}"
            climbs += f"  - {{{arrow}, may: , send: call{len(calls) - 1}}}\n"
    head = f"machine: a\nparty: A\nsends: {{{', '.join(calls)}}}\nstates:\n  ground: {{initial: yes}}\n  bad: {{}}\n"
    return lg.compose("room", {"a": lg.machine_from_yaml(f"{head}{states}transitions:\n{climbs}")}, {})


def switches(count: int) -> Network:
    """So many parties that may each ring once, and a counter that hears them all."""
    switch = (
        "machine: switch\nparty: P{0}\nsends: {{ring: {{}}}}\nstates: {{off: {{initial: yes}}, on: {{}}}}\n"
        "transitions:\n  - {{from: off, to: on, may: , send: ring}}\n"
    )
    numbers = range(count)
    reads = ", ".join(f"s{number}: {{}}" for number in numbers)
    hears = ", ".join(f"s{number}: [ring]" for number in numbers)
    reacts = "".join(f"  - {{from: c, to: c, on: s{n}.ring, if: v < {count}, set: {{v: v + 1}}}}\n" for n in numbers)
    counter = (
        f"machine: counter\nparty: C\nreads: {{{reads}}}\nhears: {{{hears}}}\n"
        f"variables: {{v: {{range: 0 .. {count}, initial: 0}}}}\nstates: {{c: {{initial: yes}}}}\n"
        f"transitions:\n{reacts}"
    )
    machines = {f"s{number}": lg.machine_from_yaml(switch.format(number)) for number in numbers}
    wires = {f"counter.s{number}": f"s{number}" for number in numbers}
    return lg.compose("room", {**machines, "counter": lg.machine_from_yaml(counter)}, wires)
