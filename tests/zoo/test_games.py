"""Obeyability as a timed game, on networks whose answer is known on paper, with every end checked by other code."""

from __future__ import annotations

from dataclasses import replace

import pytest

import lastgasp as lg
from lastgasp.engines.zones.explore import Budget
from lastgasp.engines.zones.play import UNSEEN, Played, play
from lastgasp.errors import InputError, InternalError
from lastgasp.language.sentences import parse_sentence
from lastgasp.obeying import NotDecided, NotObeyable, Obedience, Obeyable, obeys
from lastgasp.recheck.winning import Lost, Won, recheck_game
from lastgasp.system import TimedSystem, compiled, observer_name
from tests.zoo.zoo import SUPPLY, network, replayed


def asked(net: lg.Network, *clauses: str, assumptions: tuple[str, ...] = ()) -> Obedience:
    """Whether the party can obey; a defeat comes with a run that replays."""
    found = obeys(
        net, {text: parse_sentence(text, net) for text in clauses}, {t: parse_sentence(t, net) for t in assumptions}
    )
    if isinstance(found, NotObeyable):
        assert found.trace is not None
        replayed(net, found.trace)
    return found


BY_CHOICE = Obeyable(strategy=True)

FLEEING = """
machine: p
party: P
reads: {q: {out: [lo, hi]}}
states: {exposed: {initial: yes}, leaving: {}, safe: {}}
transitions:
  - {from: exposed, to: leaving, may: }
  - {from: leaving, to: safe, after: 3 s ..}
"""
STRIKING = """
machine: q
party: Q
states: {calm: {initial: yes, gives: {out: lo}}, struck: {gives: {out: hi}}}
transitions:
  - {from: calm, to: struck, after: %s ..}
"""
SAFE = "While q.out is hi, P shall always be safe."


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        ("5 s", BY_CHOICE),  # leave by 2 s
        ("3 s", BY_CHOICE),  # leave at once, and be safe in the instant in which q strikes
        ("more than 3 s", BY_CHOICE),
        ("2 s", None),
        ("more than 2 s", None),
    ],
)
def test_a_party_that_needs_time_acts_before_the_others_can(first: str, answer: Obeyable | None) -> None:
    net = network({"p": FLEEING, "q": STRIKING % first}, {"p.q": "q"})
    found = asked(net, SAFE)
    assert isinstance(found, NotObeyable) if answer is None else found == answer


TALKER = """
machine: hub
party: HUB
reads: {s: {power: [on, off]}}
sends: [alert]
states:
  running: {initial: yes}
  dark: {}
  mute: {}
transitions:
  - {from: running, to: dark, when: s.power is off}
  - {from: [dark, mute], to: running, when: s.power is on}
%s"""
WITHIN = "When s.power is off, HUB shall within 10 s send alert."
LESS = "When s.power is off, HUB shall in less than 10 s send alert."
SPEAK = "  - {from: dark, may: , send: alert}\n"
SILENCE = "  - {from: dark, to: mute, may: }\n"


def talker(*ways: str) -> lg.Network:
    return network({"s": SUPPLY, "hub": TALKER % "".join(ways)}, {"hub.s": "s"})


@pytest.mark.parametrize("clause", [WITHIN, LESS])
def test_a_party_that_must_choose_early_can_obey_by_that_choice(clause: str) -> None:
    """It may go mute, and then cannot send: so it does not go mute."""
    assert asked(talker(SPEAK), clause) == Obeyable()
    assert asked(talker(SPEAK, SILENCE), clause) == BY_CHOICE
    forced = talker(SILENCE, "  - {from: running, to: running, may: , send: alert}\n")
    found = asked(forced, clause)
    assert isinstance(found, NotObeyable)
    assert "deadline" in found.reason


@pytest.mark.parametrize(
    ("from_on", "clause", "obeyable"),
    [("10 s", WITHIN, True), ("more than 10 s", WITHIN, False), ("10 s", LESS, False), ("9 s", LESS, True)],
)
def test_a_deadline_counts_its_limit_in_or_out(from_on: str, clause: str, obeyable: bool) -> None:
    """The silent way makes the local check fail, so that it is the game that answers."""
    found = asked(talker(f"  - {{from: dark, after: {from_on} .., send: alert}}\n", SILENCE), clause)
    assert (found == BY_CHOICE) if obeyable else isinstance(found, NotObeyable)


@pytest.mark.parametrize("clause", [WITHIN, LESS])
def test_steps_without_end_in_no_time_are_no_way_to_keep_a_deadline_away(clause: str) -> None:
    """The hub can blink as often as it likes; it must send, and cannot."""
    assert isinstance(asked(talker("  - {from: dark, may: , label: blinks}\n"), clause), NotObeyable)


WAITING = """
machine: p
party: P
reads: {q: {out: [lo, hi]}}
states: {busy: {initial: yes, gives: {o: busy}}, idle: {gives: {o: idle}}, lost: {gives: {o: busy}}}
transitions:
  - {from: busy, to: idle, when: q.out is hi}
  - {from: idle, to: busy, when: q.out is lo}
  - {from: busy, to: lost, may: }
"""
TICKING = """
machine: q
party: Q
states: {lo: {initial: yes, at most: %s, gives: {out: lo}}, hi: {gives: {out: hi}}}
transitions:
  - {from: lo, to: hi, may: }
  - {from: hi, to: lo, may: }
"""


@pytest.mark.parametrize(("limit", "kind"), [("9 s", Obeyable), ("10 s", NotDecided), ("11 s", NotObeyable)])
def test_only_another_can_end_what_the_party_must_not_keep(limit: str, kind: type) -> None:
    """q ends it in time, as a rule of its own; where both have to move in one instant, nobody says who does."""
    net = network({"p": WAITING, "q": TICKING % limit}, {"p.q": "q"})
    assert isinstance(asked(net, "P shall not keep o busy for more than 10 s."), kind)


GUESS = """
machine: p
party: P
reads: {q: {out: [none, hi, lo]}}
states: {open: {initial: yes}, high: {}, low: {}}
transitions:
  - {from: open, to: high, may: }
  - {from: open, to: low, may: }
"""
SECRET = """
machine: q
party: Q
states:
  start: {initial: yes, at most: 1 s, gives: {out: none}}
  up: {gives: {out: %s}}
  down: {gives: {out: %s}}
  shown_up: {gives: {out: hi}}
  shown_down: {gives: {out: lo}}
transitions:
  - {from: start, to: up, may: }
  - {from: start, to: down, may: }
  - {from: up, to: shown_up, after: 4 s ..}
  - {from: down, to: shown_down, after: 4 s ..}
"""
RIGHT = (
    "P shall not be open for more than 3 s.",
    "While q.out is hi, P shall not be low.",
    "While q.out is lo, P shall not be high.",
)


def test_what_the_party_cannot_see_it_cannot_choose_by() -> None:
    """It must decide by 3 s; q has decided by 1 s, and shows it only later. Who could look into q could obey."""
    seen = network({"p": GUESS, "q": SECRET % ("hi", "lo")}, {"p.q": "q"})
    assert asked(seen, *RIGHT) == BY_CHOICE
    hidden = network({"p": GUESS, "q": SECRET % ("none", "none")}, {"p.q": "q"})
    assert asked(hidden, *RIGHT) == NotDecided(UNSEEN)


HASTY = """
machine: p
party: P
reads: {s: {power: [on, off]}}
sends: [cry]
states: {calm: {initial: yes}, shaken: {}, numb: {}}
transitions:
  - {from: calm, to: shaken, when: s.power is off}
  - {from: shaken, to: calm, when: s.power is on}
  - {from: shaken, may: , send: cry}
  - {from: calm, to: numb, may: }
"""


def test_it_is_not_the_party_s_fault_if_others_take_endlessly_many_steps() -> None:
    """The supply may go off and on faster and faster; each time p cries at once."""
    net = network({"s": SUPPLY, "p": HASTY}, {"p.s": "s"})
    assert asked(net, "When s.power is off, P shall immediately send cry.") == BY_CHOICE


def test_an_assumption_may_take_from_the_others_what_defeats_the_party() -> None:
    net = network({"p": FLEEING, "q": STRIKING % "2 s"}, {"p.q": "q"})
    assert isinstance(asked(net, SAFE), NotObeyable)
    assert isinstance(asked(net, SAFE, assumptions=("q shall be calm for at least 4 s each time.",)), Obeyable)


def test_clauses_that_are_obeyed_together_bind_one_device_that_can_know_what_they_say() -> None:
    net = network({"s": SUPPLY, "p": HASTY, "hub": TALKER % SPEAK}, {"p.s": "s", "hub.s": "s"})
    with pytest.raises(InputError, match="one device"):
        asked(net, WITHIN, "P shall never be numb.")
    with pytest.raises(InputError, match="one device"):
        asked(net, "s shall never be off.")
    with pytest.raises(InputError, match="cannot know"):
        asked(net, "While hub is dark, P shall never be numb.")


# --- evidence that is not right -----------------------------------------------------------------------------------


def game(net: lg.Network, clause: str) -> tuple[TimedSystem, Played, frozenset[str]]:
    sentence = parse_sentence(clause, net)
    system, observers = compiled(net, {"c": sentence}, None), frozenset([observer_name("c")])
    return system, play(system, sentence.binds, observers, frozenset(), Budget()), observers


def refused(net: lg.Network, clause: str, end: Won | Lost, words: str = ".") -> None:
    """The end of a game is no proof about this network and clause."""
    system, played, clauses = game(net, clause)
    assert played.zones is not None
    party = parse_sentence(clause, net).binds
    with pytest.raises(InternalError, match=words):
        recheck_game(system, played.zones, party, clauses, frozenset(), end)


def test_a_proof_that_a_party_wins_is_refused_with_a_part_missing_and_about_another_network() -> None:
    net = talker(SPEAK, SILENCE)
    _, played, _ = game(net, WITHIN)
    assert isinstance(played.end, Won)
    layers = played.end.layers
    assert len(layers) > 2
    for wrong in (layers[1:], layers[:-1], tuple(reversed(layers)), ()):
        refused(net, WITHIN, replace(played.end, layers=wrong))
    refused(talker("  - {from: dark, after: 11 s .., send: alert}\n", SILENCE), WITHIN, played.end)


def test_what_is_never_left_is_checked_too() -> None:
    """p leaves at once: only so does it know that it left in time."""
    net = network({"p": FLEEING, "q": STRIKING % "5 s"}, {"p.q": "q"})
    _, played, _ = game(net, SAFE)
    assert isinstance(played.end, Won)
    assert played.zones is not None
    everywhere = {number: (zone.constraints,) for number, zone in enumerate(played.zones.zones)}
    assert set(played.end.haven) < set(everywhere)
    refused(net, SAFE, replace(played.end, haven=everywhere))
    refused(net, SAFE, replace(played.end, haven={}))
    refused(net, SAFE, replace(played.end, haven=dict.fromkeys(everywhere, ()), layers=()), "start")
    refused(network({"p": FLEEING, "q": STRIKING % "2 s"}, {"p.q": "q"}), SAFE, played.end)


@pytest.mark.parametrize("way", ["  - {from: dark, after: 11 s .., send: alert}\n", "  - {from: dark, may: }\n"])
def test_a_proof_that_a_party_loses_is_refused_with_a_part_missing_and_where_there_is_a_way_out(way: str) -> None:
    net = talker(way, SILENCE)
    _, played, _ = game(net, WITHIN)
    assert isinstance(played.end, Lost)
    falls = played.end.falls
    refused(net, WITHIN, replace(played.end, falls=falls[:1]), "start")
    refused(net, WITHIN, replace(played.end, falls=falls[1:]), "a way out")
    refused(net, WITHIN, replace(played.end, falls=tuple(reversed(falls))), "a way out")
    refused(talker(way, SILENCE, SPEAK), WITHIN, played.end)
