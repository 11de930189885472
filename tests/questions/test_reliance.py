"""On whose models a proof rests: known answers, every set looked at by brute force, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain, combinations
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lastgasp as lg
from lastgasp.bundled import load_study
from lastgasp.chaos import freed
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError
from lastgasp.facade import safe
from lastgasp.network import Network
from lastgasp.questions.asking import CheckName, ask
from lastgasp.questions.effort import Effort
from lastgasp.questions.reliance import Reliance, reliance
from lastgasp.safety import Unsafe
from lastgasp.system import compiled
from tests.oracle.strategies import Shape, bad_situations, networks
from tests.questions.small import study
from tests.zoo.zoo import SUPPLY, network

ALARM = """
machine: alarm
title: the alarm
party: A
reads: {supply: {power: [on, off]}}
sends: [rings]
states: {calm: {initial: yes}, done: {}}
transitions: [{from: calm, to: done, when: supply.power is off, send: rings}]
"""
OFFICE = """
machine: office
title: the office
party: B
hears: {alarm: [rings]}
sends: [calls]
states: {calm: {initial: yes}, busy: {at most: 1 s}}
transitions:
  - {from: calm, to: busy, on: alarm.rings}
  - {from: busy, to: calm, may: , send: calls}
"""
GATE = """
machine: gate
title: gate %s
party: %s
states: {shut: {initial: yes, gives: {out: lo}}, open: {gives: {out: hi}}}
"""


def house() -> Network:
    machines = {"supply": SUPPLY, "alarm": ALARM, "office": OFFICE}
    return network(machines, {"alarm.supply": "supply", "office.alarm": "alarm"})


def told(net: Network, goal: str, clauses: Mapping[str, str]) -> Reliance:
    return reliance(study(net, {"goal": goal}, clauses, {"text": [*clauses]}), "goal/text")


def sets(found: Reliance) -> list[tuple[str, ...]]:
    assert found.exact
    for ground in found.grounds:
        assert ground.minimal
        ground.proof.certificate.recheck_goal()
    return [ground.models for ground in found.grounds]


OUTAGE = "alarm shall send rings only if supply is off."
CALLS = "office shall send calls only if it has received rings from alarm since the last calls."


def test_a_text_that_suffices_needs_no_model() -> None:
    found = told(house(), OUTAGE, {"only": OUTAGE})
    assert sets(found) == [()]
    assert found.breaches == ()
    assert "It rests on no model of a device." in found.words()


def test_what_no_text_says_is_needed_of_the_model() -> None:
    found = told(house(), OUTAGE, {})
    assert sets(found) == [("the alarm",)]
    assert [breach.free for breach in found.breaches] == [("the alarm",)]
    assert found.breaches[0].trace.entries[-1].step.event == "alarm.rings"


def test_each_device_by_its_text_or_by_its_model() -> None:
    """Whether the office calls only when it was called to depends on the office alone, whatever the alarm does."""
    assert sets(told(house(), CALLS, {})) == [("the office",)]
    assert sets(told(house(), CALLS, {"calls": CALLS})) == [()]


def test_either_of_two_models_may_do() -> None:
    """Neither gate ever opens; that one of them does not is enough."""
    net = network({"one": GATE % ("one", "A"), "two": GATE % ("two", "B")})
    found = told(net, "(one.out is hi and two.out is hi) shall never hold.", {})
    assert sets(found) == [("gate one",), ("gate two",)]
    assert [breach.free for breach in found.breaches] == [("gate one", "gate two")]
    assert "With the model of gate one:" in found.words()
    assert "Something of what the models of gate one and gate two say is needed" in found.words()


def test_what_cannot_do_as_it_likes_is_said() -> None:
    """A sentence speaks of the data of the counter."""
    counter = "machine: counter\nparty: C\nvariables: {v: {range: 0 .. 1, initial: 0}}\nstates: {c: {initial: yes}}\n"
    found = told(network({"counter": counter}), "(counter.v is 1) shall never hold.", {})
    assert sets(found) == [()]
    assert found.fixed == (("counter", "has data of which a sentence speaks"),)
    assert "The model of counter is believed" in found.words()


@pytest.mark.parametrize("goal", ["alarm shall never be done.", "It is possible that alarm sends rings."])
def test_where_nothing_is_proved_there_is_nothing_to_rest(goal: str) -> None:
    with pytest.raises(InputError):
        told(house(), goal, {})


def test_without_time_the_answer_is_partial() -> None:
    """The check is decided, and then the time is up."""
    asked = study(house(), {"goal": OUTAGE}, {}, {"text": []})
    with patch.object(Effort, "late", True):
        found = reliance(asked, "goal/text")
    assert not found.exact
    assert "approximate" in found.words()
    assert "1 set of models was looked at." in found.words()


@settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=25,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_the_sets_are_those_that_trying_all_of_them_finds(data: st.DataObject) -> None:
    net = data.draw(networks(Shape(handshakes=False)))
    bad = data.draw(bad_situations(net))
    where = " and ".join(f"{who} is {' or '.join(states)}" for who, states in bad.where)
    asked = study(net, {"goal": f"({where}) shall never hold."}, {}, {"text": []})
    try:
        found = reliance(asked, "goal/text")
    except InputError:
        return
    question = ask(asked, found.name)
    names = {item.label: item.name for item in net.instances}
    devices = [names[label] for label in found.devices]

    def safe(kept: tuple[str, ...]) -> bool:
        other = freed(net, [who for who in devices if who not in kept], [question.goal])
        return find(compiled(other.network, {}, question.goal), Budget()).proof is not None

    every = chain.from_iterable(combinations(devices, size) for size in range(len(devices) + 1))
    having = [frozenset(kept) for kept in every if safe(kept)]
    smallest = {kept for kept in having if not any(other < kept for other in having)}
    if found.exact:
        assert {frozenset(names[label] for label in ground.models) for ground in found.grounds} == smallest


def test_the_study_needs_the_model_of_one_device_alone() -> None:
    """Whatever the meter, the hub and the back end are: under the text that suffices they raise no false alert."""
    found = reliance(load_study(), "no-false-ad1/mains-signal")
    assert sets(found) == [("DCC",)]
    assert found.grounds[0].hearing == found.grounds[0].waiting == ()
    assert {"Electricity meter (ESME)", "Communications Hub (CH)", "Back end (CSP)"} <= set(found.needless)
    assert [breach.free for breach in found.breaches] == [("DCC",)]
    assert lg.reliance is reliance


def test_no_text_of_the_study_makes_the_meter_tell_the_hub_of_an_outage() -> None:
    """So a real outage may raise no AD1 if the meter does whatever the texts allow it."""
    question = ask(load_study(), CheckName("real-outage-raises-ad1", "mains-signal", "single-phase-backend-timed"))
    other = freed(question.network, ["esme"], [question.goal, *question.restrict.values()])
    found = safe(replace(question, network=other.network))
    assert isinstance(found, Unsafe)
    assert all(move.instance != "ch" for entry in found.trace.entries for move in entry.step.moves)


@pytest.mark.long
def test_that_a_real_outage_raises_an_alert_rests_on_two_models() -> None:
    """Two minutes: where the model of the meter stays, others are as quick as it is."""
    found = reliance(load_study(), "real-outage-raises-ad1/mains-signal")
    assert sets(found) == [("Electricity meter (ESME)", "DCC")]
    assert found.grounds[0].hearing == ("Back end (CSP)",)
