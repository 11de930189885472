"""The invariant of the mission on scripted runs: which outage an AD1 answers, with and without 'each at most one'."""

from __future__ import annotations

from fractions import Fraction

import pytest

import lastgasp as lg
from tests.zoo.zoo import fails, holds, network

MORE = "d shall send ad1 only for a supply outage of more than 3 min, no later than 2 min after its end"
LEAST = MORE.replace("more than", "at least")
EACH = ", each outage answering at most one ad1"


def scripted(outages: list[tuple[float, float]], alerts: list[float]) -> lg.Network:
    """A supply that is off in these minutes, and a sender that sends in these: exact times, no choice at all."""

    def chain(names: list[str], states: list[str], times: list[float], send: str) -> str:
        lines = [f"  {name}: {{{state}}}" for name, state in zip(names, states, strict=True)]
        instants = [Fraction(str(time)) * 60 for time in times]
        waits = [after - before for before, after in zip([Fraction(0), *instants], instants, strict=False)]
        arrows = [
            f"  - {{from: {names[k]}, to: {names[k + 1]}, after: {wait} s{send}}}" for k, wait in enumerate(waits)
        ]
        return "states:\n" + "\n".join(lines) + "\ntransitions:\n" + "\n".join(arrows or ["  []"]) + "\n"

    changes = [time for outage in outages for time in outage]
    names = [f"s{k}" for k in range(len(changes) + 1)]
    states = [f"gives: {{power: {'off' if k % 2 else 'on'}}}" for k in range(len(names))]
    states[0] = "initial: yes, " + states[0]
    if len(names) == 1:
        states.append("gives: {power: off}")
        names.append("never")
    supply = "machine: supply\n" + chain(names, states, changes, "")
    sends = [f"t{k}" for k in range(len(alerts) + 1)]
    sender = chain(sends, ["initial: yes", *[""] * len(alerts)], alerts, ", send: ad1")
    return network({"supply": supply, "d": "machine: d\nparty: D\nsends: [ad1]\n" + sender})


@pytest.mark.parametrize(
    ("outages", "alerts", "any_number", "each"),
    [  # the number of steps after which the goal is broken; None: it holds
        # two genuine outages, the first answered late, during the second: fine, each has an AD1 of its own
        ([(1, 5), (6, 10)], [6.5, 9.5], None, None),
        ([(1, 5), (6, 10)], [7, 12], None, None),
        # two AD1 for one outage: the second has none of its own
        ([(1, 5)], [4.5, 5.5], None, 4),
        ([(1, 5)], [5.5, 6.5], None, 4),
        # three AD1 for two outages
        ([(1, 5), (6, 10)], [6.5, 9.5, 10.5], None, 7),
        # late: 2 min after the end is just in time, more is not
        ([(1, 5)], [7], None, None),
        ([(1, 5)], [7.1], 3, 3),
        # early: at 4 min the outage has lasted 3 min, not more
        ([(1, 9)], [4], 2, 2),
        ([(1, 9)], [4.1], None, None),
        # an outage of exactly 3 min is none, and none at all is none
        ([(1, 4)], [4.5], 3, 3),
        ([], [4.5], 1, 1),
        # an AD1 that comes late for the first outage and early for the second
        ([(1, 5), (7, 11)], [7.5], 4, 4),
        # two short outages do not add up
        ([(1, 3), (3.5, 6)], [5.5], 4, 4),
    ],
)
def test_which_outage_an_alert_answers(
    outages: list[tuple[float, float]], alerts: list[float], any_number: int | None, each: int | None
) -> None:
    net = scripted(outages, alerts)
    for ending, steps in (("", any_number), (EACH, each)):
        if steps is None:
            holds(net, MORE + ending + ".")
        else:
            fails(net, MORE + ending + ".", steps=steps)


def test_at_least_3_min_accepts_exactly_3_min() -> None:
    """Off from 1 min to 4 min. At one instant the end and the AD1 come in both orders, and both are fine."""
    for alert in (4, 4.5, 6):
        holds(scripted([(1, 4)], [alert]), LEAST + EACH + ".")
    fails(scripted([(1, 4)], [4]), MORE + ".", steps=2)
    fails(scripted([(1, 3.9)], [4]), LEAST + ".", steps=3)


def test_any_length_accepts_the_shortest_dip() -> None:
    goal = "d shall send ad1 only for a supply outage of any length, no later than 2 min after its end."
    holds(scripted([(1, 1.1)], [3.1]), goal)
    fails(scripted([(1, 1.1)], [3.2]), goal, steps=3)
    fails(scripted([(1, 1.1)], [0.9]), goal, steps=1)
