"""Clauses: what a party can obey is accepted, what it cannot obey is not, and nothing rests on the latter."""

from __future__ import annotations

import pytest

import lastgasp as lg
from lastgasp.errors import InputError
from lastgasp.verdict import Fails, Holds, Rejected, Undecided
from tests.zoo.zoo import SUPPLY, SWITCH, ask, fails, holds, network, not_obeyable, not_proved, rejected

HUB = """
machine: hub
party: HUB
reads: {s: {power: [on, off]}}
hears: {s: [flips]}
sends: [alert]
states:
  running: {initial: yes, gives: {light: on}}
  dark: {gives: {light: off}}
  alerted: {gives: {light: off}}
%stransitions:
  - {from: running, to: dark, when: s.power is off}
  - {from: [dark, alerted], to: running, when: s.power is on}
%s"""
MAY = "  - {from: dark, to: alerted, may: , send: alert}\n"
GOAL = "(s is off and hub is dark) shall never hold for more than 10 s."
WITHIN = "When s.power is off, HUB shall within 10 s send alert."
LESS = "When s.power is off, HUB shall in less than 10 s send alert."


def hub(ways: str, states: str = "", supply: str = SUPPLY):  # type: ignore[no-untyped-def]
    """The supply and a hub with these ways out of the dark."""
    return network({"s": supply, "hub": HUB % (states, ways)}, {"hub.s": "s"})


@pytest.mark.parametrize("clause", [WITHIN, LESS])
def test_a_clause_that_the_party_can_obey_takes_only_its_own_behaviour(clause: str) -> None:
    """The hub may always send: with the clause it must, and the goal holds; without, it fails. The supply still does
    what it likes: an outage of an hour is as possible as before."""
    fails(hub(MAY), GOAL, steps=2)
    holds(hub(MAY), GOAL, clauses=[clause])
    fails(hub(MAY), "s shall never be off for more than 1 h.", steps=3, clauses=[clause])


def test_a_clause_that_only_the_supply_could_obey_is_not_obeyable() -> None:
    """The hub runs again when the power returns, and only then. Pruning would hide all outages of more than 10 s, the
    very runs that matter."""
    clause = "When s.power has been off for at least 3 s, HUB shall within 7 s be running, even if it ends."
    assert isinstance(ask(hub(""), "s shall never be off for more than 10 s."), Fails)
    for text in (
        clause,
        "HUB shall never be dark for more than 10 s.",
        "HUB shall not keep light off for at least 10 s.",
    ):
        not_obeyable(hub(""), "s shall never be off for more than 10 s.", text)


@pytest.mark.parametrize("engine", ["zones", "bmc", "induction", "auto"])
def test_what_is_possible_under_a_clause_that_is_not_obeyable_is_not_called_so(engine: str) -> None:
    """A run that shows it does not make up for a clause with which nothing may be said to hold."""
    clause = "HUB shall never be dark for more than 10 s."
    assert isinstance(ask(hub(""), "It is possible that s is off.", engine), Holds)
    verdict = ask(hub(""), "It is possible that s is off.", engine, clauses=[clause])
    assert isinstance(verdict, Rejected | Undecided), verdict
    assert "not obeyable" in verdict.reason or "not shown obeyable" in verdict.reason


@pytest.mark.parametrize(
    ("way", "obeyable"),
    [
        ("after: 20 s ..", False),  # too late
        ("after: 10 s ..", True),  # at the last instant
        ("after: more than 10 s ..", False),  # just past it
        ("after: 3 s .. 4 s", True),
        ("may: , if: s.power is on", False),  # only when the supply is back
    ],
)
def test_a_deadline_that_the_machine_cannot_meet_is_not_obeyable(way: str, obeyable: bool) -> None:
    net = hub(MAY.replace("may: ", way))
    if obeyable:
        holds(net, GOAL, clauses=[WITHIN])
    else:
        not_obeyable(net, GOAL, WITHIN)


def test_at_a_strict_deadline_the_last_instant_is_too_late() -> None:
    """'in less than 10 s': a hub that can send from 10 s on only is too late, one that can from 9 s on is not."""
    not_obeyable(hub(MAY.replace("may: ", "after: 10 s ..")), GOAL, LESS)
    holds(hub(MAY.replace("may: ", "after: 9 s ..")), GOAL, clauses=[LESS])


def test_at_a_strict_deadline_a_step_that_does_not_answer_is_no_answer() -> None:
    """The hub can blink and never send. The zone of 'dark' ends before 10 s, so 'at the limit' is empty there, and any
    own step counts as one that meets the deadline."""
    net = hub("  - {from: dark, may: , label: blinks}\n")
    not_obeyable(net, GOAL, WITHIN)  # the same clause with its limit included is seen through
    not_proved(net, GOAL, clauses=[LESS])


def test_a_clause_that_forbids_a_step_of_another_party_is_not_obeyable() -> None:
    """The hub must react to 'flips' when it comes, and the supply may send it whenever it likes."""
    ways = "  - {from: [running, dark, alerted], to: struck, on: s.flips}\n"
    net = hub(ways, "  struck: {gives: {light: off}}\n")
    goal = "s shall send flips only if s is on has held for at least 10 s."
    not_obeyable(net, goal, "HUB shall be running for at least 10 s each time.", words="which hub cannot prevent")
    # a state may be passed through in no time but not kept: here only the supply could help at once
    rejected(net, "s shall never be off.", "timelock", clauses=["HUB shall never be struck."])


def test_one_permitted_reaction_suffices() -> None:
    """The hub hears 'flips' and goes wild or stays as it is. A clause that forbids one reaction does not forbid the
    step of the switch while the other one is left."""
    clause = "HUB shall be running for at least 10 s each time."
    early = "For 10 s after hub becomes running, s shall not send flips."
    wild = "  wild: {gives: {light: on}}\n"
    goes, stays = "  - {from: running, to: wild, on: s.flips}\n", "  - {from: running, on: s.flips}\n"
    table = HUB.replace("  - {from: running, to: dark, when: s.power is off}\n", "")

    def ears(ways: str) -> lg.Network:
        return network({"s": SWITCH, "hub": table % (wild, ways)}, {"hub.s": "s"})

    not_obeyable(ears(goes), early, clause, words="which hub cannot prevent")
    for ways in (goes + stays, stays + goes):
        fails(ears(ways), early, steps=1, clauses=[clause])  # the switch is free
        fails(ears(ways), "hub shall never be wild.", steps=1, clauses=[clause])  # and after 10 s the hub too


CHAIN = """
machine: p
party: P
states:
  s0: {initial: yes, gives: {o: busy}}
%s  free: {gives: {o: free}}
transitions:
%s"""


def chain(length: int):  # type: ignore[no-untyped-def]
    """s0 at 10 s -> s1 -> ... -> free, that many steps, the rest of them at once."""
    states = "".join(f"  s{n}: {{gives: {{o: busy}}}}\n" for n in range(1, length))
    ends = [*(f"s{n}" for n in range(1, length)), "free"]
    ways = "".join(
        f"  - {{from: s{n}, to: {end}, {'after: 10 s ..' if not n else 'may: '}}}\n" for n, end in enumerate(ends)
    )
    return network({"p": CHAIN % (states, ways)})


@pytest.mark.parametrize("length", [1, 2, 4])
def test_several_own_steps_in_one_instant_meet_a_deadline(length: int) -> None:
    """The first step is possible at 10 s, the deadline, and all the others in that instant."""
    clause = "P shall not keep o busy for more than 10 s."
    holds(chain(length), "p shall not keep o busy for more than 10 s.", clauses=[clause])
    trace = fails(chain(length), "p shall never be free.", steps=length, clauses=[clause])
    assert trace.times[-1] == 10
    rejected(chain(length), "p shall never be free.", "", clauses=[clause.replace("10 s", "9 s")])


def test_a_choice_made_earlier_is_not_shown_obeyable_and_never_holds() -> None:
    """The hub may go mute, and then cannot send: it should not have. The local check does not look back; what it does
    not show is not decided."""
    ways = MAY + "  - {from: dark, to: mute, may: }\n  - {from: mute, to: running, when: s.power is on}\n"
    net = hub(ways, "  mute: {gives: {light: off}}\n")
    verdict = not_proved(net, GOAL, clauses=[WITHIN])
    assert isinstance(verdict, Undecided)
    assert "not shown obeyable" in verdict.reason


def test_what_nobody_can_obey_may_still_be_assumed_and_is_named() -> None:
    """An assumption binds nobody: it restricts deliberately and is printed with the verdict."""
    short = "s shall never be off for more than 10 s."
    assert holds(hub(""), short, assumptions=[short]).assumptions == ("assumption0",)
    longer = ask(hub(""), "s shall never be off for more than 9 s.", assumptions=[short])
    assert isinstance(longer, Fails)
    assert longer.assumptions == ("assumption0",)


# --- clauses whose party is at the mercy of others ----------------------------------------------------------------

ASKS = """
machine: p
party: P
reads: {q: {out: [hi, lo]}}
sends: {please: {%s}}
states: {s: {initial: yes, gives: {o: busy}}}
transitions:
  - {from: s, may: , send: please}
"""
ASKED = """
machine: q
party: Q
hears: {p: [please]}
states: {hi: {initial: yes, gives: {out: hi}}, lo: {gives: {out: lo}}}
transitions:
  - {from: hi, to: lo, on: p.please}
%s"""
HEEDED = "While q.out is hi, P shall not keep o busy for more than 10 s."
LOW = "q shall never be hi for more than 10 s."


def asking(kind: str, refuses: bool):  # type: ignore[no-untyped-def]
    """p asks, q turns low, or may as well refuse."""
    refusal = "  - {from: hi, to: hi, on: p.please}\n" if refuses else ""
    return network({"p": ASKS % kind, "q": ASKED % refusal}, {"p.q": "q", "q.p": "p"})


@pytest.mark.parametrize("kind", ["", "kind: handshake"])
def test_asking_is_enough_where_the_other_must_comply(kind: str) -> None:
    holds(asking(kind, refuses=False), LOW, clauses=[HEEDED])


@pytest.mark.parametrize("kind", ["", "kind: handshake"])
def test_asking_is_not_enough_where_the_other_may_refuse(kind: str) -> None:
    """q decides how it reacts, so q can keep p from obeying for ever: a step counts for p only if it helps whatever the
    others' reactions are."""
    fails(asking(kind, refuses=True), LOW, steps=0)
    not_proved(asking(kind, refuses=True), LOW, clauses=[HEEDED])


GATE = """
machine: p
party: P
reads: {s: {power: [on, off]}}
sends: [out]
states: {calm: {initial: yes}, hurry: {%s}, end: {}}
transitions:
  - {from: calm, to: hurry, when: s.power is off}
  - {from: hurry, to: end, may: , send: out}
"""


@pytest.mark.parametrize("bound", ["at most: 5 s", "urgent: yes"])
def test_a_clause_that_closes_the_only_way_out_of_a_bounded_state_is_not_obeyable(bound: str) -> None:
    """The machine must leave 'hurry' in time, the clause forbids the only way while the power is off: it is the switch
    that has to give way. Without the clause the switch may stay off for ever."""
    net = network({"s": SWITCH, "p": GATE % bound}, {"p.s": "s"})
    limit = "for more than 5 s" if "5" in bound else "for more than 0 s"
    goal = f"(s is off and not p is end) shall never hold {limit}."
    holds(net, goal)  # p goes on by itself
    fails(net, f"(s is off or p is calm) shall never hold {limit}.", steps=0)
    not_proved(net, goal, clauses=["While s.power is off, P shall not send out."])


def test_a_clause_that_reads_what_its_party_cannot_know_is_refused() -> None:
    """p has no wire to s. A study refuses such a clause; lg.prove takes it and 'proves' what no device could do."""
    net = network({"s": SUPPLY, "p": ASKS.replace("reads: {q: {out: [hi, lo]}}\n", "") % ""})
    with pytest.raises(InputError):
        lg.prove(net, "p shall send please only if s is off.", clauses=["P shall send please only if s is off."])
