"""How the zoo asks: a network and sentences in, a verdict of every engine out, all evidence looked at again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import pytest

import lastgasp as lg
from lastgasp.certificate import bindings
from lastgasp.engines.zones.engine import sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InternalError
from lastgasp.expr import Times
from lastgasp.extremes import extremes
from lastgasp.facade import agreed, decide
from lastgasp.language.sentences import parse_sentence
from lastgasp.machine import Machine, Range, Setting
from lastgasp.question import Limits, Question
from lastgasp.recheck.receptive import recheck_receptive
from lastgasp.sentences import Possible
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import Slice
from lastgasp.system import compiled
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

DEPTH = 7
"""How many steps the bounded search looks ahead where it is to find nothing."""

SWITCH = """
machine: switch
party: S
sends: {flips: {}}
states:
  on: {initial: yes, gives: {power: on}}
  off: {gives: {power: off}}
transitions:
  - {from: on, to: off, may: , send: flips}
  - {from: off, to: on, may: }
"""
"""A party that does what it likes: on and off, now or never."""

SUPPLY = SWITCH.replace("machine: switch\nparty: S", "machine: supply")
"""The same as part of the environment: each state lasts a positive time."""


def network(machines: Mapping[str, str | Machine], wires: Mapping[str, str] | None = None) -> lg.Network:
    """Machines (YAML or built) wired into a network."""
    built = {
        name: lg.machine_from_yaml(item, name) if isinstance(item, str) else item for name, item in machines.items()
    }
    return lg.compose("zoo", built, wires or {})


def alone(text: str) -> lg.Network:
    """A network of one machine, the instance ``a``."""
    return network({"a": text})


def question(
    net: lg.Network, goal: str, clauses: Iterable[str] = (), assumptions: Iterable[str] = (), name: str = "zoo"
) -> Question:
    """The question of sentences about a network."""

    def bound(texts: Iterable[str], kind: str) -> dict[str, Any]:
        return {f"{kind}{number}": parse_sentence(text, net) for number, text in enumerate(texts)}

    return Question(name, net, parse_sentence(goal, net), bound(clauses, "clause"), bound(assumptions, "assumption"))


def ask(net: lg.Network, goal: str, engine: str = "zones", depth: int = DEPTH, **sentences: Iterable[str]) -> Verdict:
    """The verdict of one engine, without limits that depend on how fast the machine is, but for what may never end."""
    limits = Limits(seconds=20 if engine in ("all", "spacer", "induction") else None, depth=depth)
    return decide(question(net, goal, **sentences), engine, limits)


def holds(net: lg.Network, goal: str, **sentences: Iterable[str]) -> Holds:
    """Zones prove the goal, the proof is checked again, and the bounded search finds nothing against it."""
    verdict = ask(net, goal, "zones", **sentences)
    assert isinstance(verdict, Holds), verdict
    asked = question(net, goal, **sentences)
    searched = ask(net, goal, "bmc", **sentences)
    if isinstance(asked.goal.formula, Possible):
        checked(asked, verdict.trace)
        agreed(asked, [verdict, searched], both=True)
        return verdict
    assert verdict.certificate is not None
    verdict.certificate.recheck()
    assert isinstance(searched, Undecided), searched
    return verdict


def fails(net: lg.Network, goal: str, steps: int, **sentences: Iterable[str]) -> Trace:
    """Both engines break the goal, after exactly so many steps, by runs that replay. Returns that of zones."""
    found = {engine: failing(net, goal, engine, steps, **sentences) for engine in ("bmc", "zones")}
    return found["zones"]


def failing(net: lg.Network, goal: str, engine: str, steps: int, **sentences: Iterable[str]) -> Trace:
    """One engine breaks the goal, after exactly so many steps."""
    verdict = ask(net, goal, engine, **sentences)
    assert isinstance(verdict, Fails), verdict
    trace = checked(question(net, goal, **sentences), verdict.trace)
    assert len(trace.entries) == steps, str(trace)
    return trace


def rejected(net: lg.Network, goal: str, words: str, **sentences: Iterable[str]) -> Rejected:
    """Zones refuse to say more than what is wrong with the model or with a clause, and show a run to it."""
    verdict = ask(net, goal, "zones", **sentences)
    assert isinstance(verdict, Rejected), verdict
    assert words in verdict.reason, verdict.reason
    assert verdict.trace is not None
    replayed(net, verdict.trace)
    return verdict


def not_proved(net: lg.Network, goal: str, **sentences: Iterable[str]) -> Verdict:
    """Whatever zones say, they do not say that the goal holds."""
    verdict = ask(net, goal, "zones", **sentences)
    assert not isinstance(verdict, Holds), "a proof of what is not so"
    return verdict


def not_obeyable(net: lg.Network, goal: str, *clauses: str, words: str = "") -> None:
    """A clause that its party cannot obey, or was not shown to: with it nothing holds, and the verdict says why."""
    verdict = not_proved(net, goal, clauses=clauses)
    assert isinstance(verdict, Rejected | Undecided), verdict
    assert "not obeyable" in verdict.reason or "not shown obeyable" in verdict.reason, verdict.reason
    assert words in verdict.reason
    refused_by_the_recheck(question(net, goal, clauses))
    if isinstance(verdict, Rejected):
        assert verdict.trace is not None
        replayed(net, verdict.trace)


def refused_by_the_recheck(asked: Question) -> None:
    """What the engine does not show obeyable, the recheck, which shares nothing with it, does not either."""
    part = Slice(asked.network, asked.restrict, ())
    network = asked.network.with_settings(extremes(asked.network, asked.restrict.values()))
    system = compiled(network, asked.restrict, None)
    bound, assumed = bindings(part, asked.clauses)
    found = sanity(system, Budget(), bound, assumed)
    assert found.proof is not None
    with pytest.raises(InternalError):
        recheck_receptive(system, found.proof, bound, assumed)


def vacuous(net: lg.Network, goal: str, **sentences: Iterable[str]) -> None:
    """The goal speaks of what can never happen; the bounded search cannot tell."""
    assert isinstance(ask(net, goal, "zones", **sentences), Vacuous)
    assert isinstance(ask(net, goal, "bmc", **sentences), Undecided)


def replayed(net: lg.Network, trace: Trace) -> Trace:
    """A trace after a round trip through JSON, played again on its source network: the same in every part."""
    again = Trace.from_json(json.loads(json.dumps(trace.to_json())))
    assert again == trace
    assert [(e.delay, e.step, e.values, e.words) for e in again.entries] == [
        (e.delay, e.step, e.values, e.words) for e in trace.entries
    ]
    assert (again.initial, again.parameters, again.rest, again.marks) == (
        trace.initial,
        trace.parameters,
        trace.rest,
        trace.marks,
    )
    played = lg.replay(net.with_settings(chosen(trace)), again)
    assert played.entries == trace.entries
    return played


def checked(asked: Question, trace: Trace | None) -> Trace:
    """A trace that replays, breaks the goal where it says so (by the direct evaluator), and obeys what restricts."""
    assert trace is not None
    replayed(asked.network, trace)
    signal = signal_of(trace, asked.network.with_settings(chosen(trace)))
    instant = errs(asked.goal.formula, signal, trace.parameters)
    assert instant is not None
    assert [mark for mark, _ in trace.marks] == [instant]
    for sentence in asked.restrict.values():
        assert errs(sentence.formula, signal, trace.parameters) is None
    return trace


def chosen(trace: Trace) -> dict[str, Setting]:
    """The parameters that a run has chosen."""
    return {name: value for name, value in trace.parameters.items() if not isinstance(value, str)}


def words(trace: Trace) -> list[str]:
    """What happens in a run, step by step."""
    return [entry.words for entry in trace.entries]


def scaled(item: Any, factor: Fraction) -> Any:
    """Networks, sentences, questions: the same with every duration multiplied. Only durations are fractions in them."""
    if isinstance(item, Times):
        return replace(item, item=scaled(item.item, factor))
    if isinstance(item, Fraction):
        return item * factor
    if isinstance(item, Range):
        return Range(scaled(item.low, factor), scaled(item.high, factor))
    if isinstance(item, tuple):
        return tuple(scaled(part, factor) for part in item)
    if isinstance(item, Mapping):
        return {key: scaled(value, factor) for key, value in item.items()}
    if is_dataclass(item) and not isinstance(item, type):
        return replace(item, **{part.name: scaled(getattr(item, part.name), factor) for part in fields(item)})
    return item
