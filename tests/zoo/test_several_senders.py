"""A port that only hears, wired to several instances: it hears whichever of them sends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lastgasp as lg
from lastgasp.engines import bmc
from lastgasp.engines.zones.engine import find, sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import InputError, InternalError
from lastgasp.expr import FALSE, Sent, clocks_in
from lastgasp.language.machines import network_from_yaml, network_to_yaml
from lastgasp.language.proof_files import certificate_from_json, certificate_to_json
from lastgasp.language.sentence_words import readable_problems, sentence_text
from lastgasp.language.sentences import parse_sentence
from lastgasp.machine import Instance, Machine, On, Port
from lastgasp.network import Network
from lastgasp.render.graph import wiring_graph
from lastgasp.sentences import Held, NeverHeld, SendsOnlyIf, Sentence
from lastgasp.slicing import sliced
from lastgasp.system import compiled
from tests.oracle.regions import RegionGraph, TooLarge
from tests.oracle.strategies import CAST, Bad, Shape, questions
from tests.zoo.zoo import fails, holds, network, rejected

CALLER = """
machine: caller
party: P
sends: {call: {%s}}
states: {quiet: {initial: yes}, called: {}}
transitions:
  - {from: quiet, to: called, after: %s, send: call}
"""
DESK = """
machine: desk
party: D
hears: {any_caller: [call]}
states: {none: {initial: yes}, one: {}, two: {}}
transitions:
  - {from: none, to: one, on: any_caller.call}
  - {from: one, to: two, on: any_caller.call}
"""


def desk(kind: str = "", first: str = "2 s", second: str = "5 s", ends: object = ("p", "q")) -> lg.Network:
    machines = {"p": CALLER % (kind, first), "q": CALLER % (kind, second), "d": DESK}
    return network(machines, {"d.any_caller": ends})  # type: ignore[dict-item]


def test_whichever_sends_is_heard() -> None:
    """p calls at 2 s, q at 5 s; wired to one of them the desk hears one call."""
    trace = fails(desk(), "d shall never be two.", steps=2)
    assert [(step.mover.instance, step.moves[-1].instance) for step in (e.step for e in trace.entries)] == [
        ("p", "d"),
        ("q", "d"),
    ]
    assert trace.times == (2, 5)
    holds(desk(ends="p"), "While d is none or d is one, d shall never be two.")
    assert fails(desk(ends=["q"]), "d shall never be one.", steps=2).times[-1] == 5


def test_a_handshake_takes_any_of_them_as_its_partner() -> None:
    """Both senders need a partner, and have one as often as the desk is ready; a third call finds nobody."""
    assert fails(desk("kind: handshake"), "d shall never be two.", steps=2).times == (2, 5)
    machines = {name: CALLER % ("kind: handshake", f"{at} s") for name, at in (("p", 1), ("q", 2), ("r", 3))}
    rejected(network({**machines, "d": DESK}, {"d.any_caller": ["p", "q", "r"]}), "d shall never be two.", "timelock")


def test_a_sentence_says_from_whom_it_receives() -> None:
    net = desk()
    assert fails(net, "When d receives call from q, d shall within 0 s be one.", steps=2).times[-1] == 5
    holds(net, "When d receives call from p, d shall within 0 s be one.")
    with pytest.raises(InputError, match=r"'call' may be p\.call or q\.call.*\n?.*'from' and the sender"):
        parse_sentence("When d receives call, d shall within 0 s be one.", net)
    clause = parse_sentence("When d receives call from q, D shall within 1 s be two.", net)
    assert readable_problems(clause, net) == []
    assert parse_sentence(sentence_text(clause, net), net).formula == clause.formula


def test_everyone_who_may_be_heard_is_kept() -> None:
    kept = sliced(desk(), {}, [parse_sentence("d shall never be two.", desk())])
    assert kept.cut == ()
    assert sliced(desk(), {}, [parse_sentence("p shall never be called.", desk())]).cut == ("q", "d")
    busy = network(
        {"p": CALLER % ("kind: handshake", "2 s"), "q": CALLER % ("kind: handshake", "5 s"), "d": DESK},
        {"d.any_caller": ["p", "q"]},
    )  # each needs the desk, which the other may keep busy
    assert sliced(busy, {}, [parse_sentence("p shall never be called.", busy)]).cut == ()


def test_files_drawings_and_proofs_carry_every_wire() -> None:
    net = desk()
    text = network_to_yaml(net)
    assert "any_caller: [p, q]" in text
    again = network_from_yaml(text, {machine.name: machine for machine in (net.by_name["p"].machine, *net.machines)})
    assert again.by_name["d"].wires == {"any_caller": ("p", "q")}
    assert [(edge.source, edge.target, edge.lines) for edge in wiring_graph(net).edges] == [
        ("p", "d", ("hears call",)),
        ("q", "d", ("hears call",)),
    ]
    same = network({"p": CALLER % ("", "2 s"), "q": CALLER % ("", "2 s"), "d": DESK}, {"d.any_caller": ["p", "q"]})
    proof = holds(same, "When d receives call from p, d shall within 0 s be one or two.").certificate
    assert proof is not None
    written = certificate_to_json(proof)
    certificate_from_json(written).recheck()
    deaf = replace(proof, network=network({n: i.machine for n, i in same.by_name.items()}, {"d.any_caller": "p"}))
    with pytest.raises(InternalError):  # the proof of one wiring is none for another
        replace(deaf, kept=("p", "q", "d"), goal=parse_sentence("d shall never be one.", same)).recheck()


READER = """
machine: reader
party: R
reads: {p: {out: [lo, hi]}}
states: {s: {initial: yes}}
"""
GIVER = """
machine: giver
party: G
sends: %s
states: {s: {initial: yes, gives: {out: lo}}, t: {gives: {out: hi}}}
transitions:
  - {from: s, to: t, may: %s}
"""


@pytest.mark.parametrize(
    ("machines", "wires", "what", "cure"),
    [
        (("reader", "giver", "giver"), {"a.p": ["b", "c"]}, "'p' of a reads outputs and is wired to b and c", "only"),
        (("desk", "giver", "giver"), {"a.any_caller": []}, "wired to an empty list", "at least one"),
        (("desk", "giver", "giver"), {"a.any_caller": ["b", "b"]}, "wired to b twice", "once"),
        (("desk", "giver", "giver"), {"a.any_caller": ["b", "x"]}, "unknown instance 'x'", "known"),
        (("desk", "giver", "giver"), {"a.any_caller": ["b", "a"]}, "wired to itself", "directly"),
        (("desk", "giver", "mute"), {"a.any_caller": ["b", "c"]}, "c sends no event 'call'", "known"),
        (("desk", "giver", "shaker"), {"a.any_caller": ["b", "c"]}, "'call' from some as a broadcast", "two ports"),
    ],
)
def test_wires_that_are_refused(machines: tuple[str, ...], wires: dict[str, object], what: str, cure: str) -> None:
    known = {
        "reader": READER,
        "desk": DESK,
        "giver": GIVER % ("{call: {}}", ", send: call"),
        "mute": GIVER % ("{cry: {}}", ", send: cry"),
        "shaker": GIVER % ("{call: {kind: handshake}}", ", send: call"),
    }
    with pytest.raises(InputError) as refused:
        network(dict(zip("abc", (known[name] for name in machines), strict=True)), wires)  # type: ignore[arg-type]
    assert any(what in problem.what and cure in problem.cure for problem in refused.value.problems), refused.value


def test_a_port_that_a_variable_refers_to_reads() -> None:
    text = DESK.replace("states:", "variables: {who: {refers to: [any_caller], initial: any_caller}}\nstates:")
    with pytest.raises(InputError, match="reads outputs"):
        network({"p": CALLER % ("", "2 s"), "q": CALLER % ("", "5 s"), "d": text}, {"d.any_caller": ["p", "q"]})


# --- against the same network with a port, and a transition, for each sender ---------------------------------------


@st.composite
def hubs(draw: st.DrawFn) -> tuple[Network, Bad]:
    """A random network in which some reactions are to whoever sends."""
    net, bad = draw(questions(Shape(machines=3)))
    instances = []
    for instance in net.instances:
        machine, senders = instance.machine, tuple(dict.fromkeys(map(str, instance.wires.values())))
        transitions = []
        for transition in machine.transitions:
            trigger = transition.trigger
            quiet = isinstance(trigger, On) and (trigger.event == CAST or not clocks_in(transition.guard))
            if isinstance(trigger, On) and quiet and draw(st.integers(0, 3)):
                transition = replace(transition, trigger=On("all", trigger.event))
            transitions.append(transition)
        port = Port("all", {}, next((p.hears for p in machine.ports), ()))
        listening = (
            replace(machine, transitions=tuple(transitions), ports=(*machine.ports, port)) if senders else machine
        )
        wires = {**instance.wires, "all": senders} if senders else instance.wires
        instances.append(Instance(instance.name, listening, wires))
    return replace(net, instances=tuple(instances)), bad


def spelt_out(net: Network) -> Network:
    """The same network with a port for each sender: a reaction to several is a transition for each."""

    def machine(instance: Instance) -> Machine:
        transitions = []
        for item in instance.machine.transitions:
            ends = instance.wired(item.trigger.port) if isinstance(item.trigger, On) else ()
            if isinstance(item.trigger, On) and item.trigger.port == "all":
                event = item.trigger.event
                transitions += [replace(item, trigger=On(f"all_{end}", event)) for end in ends]
            else:
                transitions.append(item)
        ports = [port for port in instance.machine.ports if port.name != "all"]
        ports += [
            replace(p, name=f"all_{e}")
            for p in instance.machine.ports
            for e in instance.wired(p.name)
            if p.name == "all"
        ]
        return replace(instance.machine, transitions=tuple(transitions), ports=tuple(ports))

    def wires(instance: Instance) -> dict[str, str]:
        single = {port: instance.source(port) for port in instance.wires if port != "all"}
        return single | {f"all_{end}": end for end in instance.wired("all")}

    return replace(net, instances=tuple(Instance(i.name, machine(i), wires(i)) for i in net.instances))


def never_received(net: Network) -> Sentence | None:
    """That somebody never reacts to an event of one of several senders, be it that it reacts to the others."""
    for instance, _, transition in net.transitions():
        trigger = transition.trigger
        if isinstance(trigger, On) and len(instance.wired(trigger.port)) > 1:
            last = Sent(f"{instance.wired(trigger.port)[-1]}.{trigger.event}", instance.name)
            return Sentence("goal", SendsOnlyIf(last, Held(FALSE)))
    return None


def test_one_port_for_several_is_a_port_for_each() -> None:
    """The region graphs have the same depths, and zones say the same of the goal and of the model's sanity.

    The bounded search agrees on who is heard.
    """
    seen: Counter[str] = Counter()

    @settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=150,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hubs())
    def agree(question: tuple[Network, Bad]) -> None:
        net, bad = question
        other = spelt_out(net)
        try:
            graphs = [RegionGraph(item, 1_000) for item in (net, other)]
        except TooLarge:
            return
        assert graphs[0].depth == graphs[1].depth
        goal = Sentence("goal", NeverHeld(bad.expr))
        found = [find(compiled(item, {}, goal), Budget()) for item in (net, other)]
        assert [item.broken is None for item in found] == [found[0].broken is None] * 2
        assert [item.proof is None for item in found] == [found[0].proof is None] * 2
        sane = [sanity(compiled(item), Budget()) for item in (net, other)]
        assert [item.defect is None for item in sane] == [sane[0].defect is None] * 2
        if (received := never_received(net)) is not None:
            system = compiled(net, {}, received)
            broken = find(system, Budget())
            match bmc.search(system, depth=3):
                case bmc.Found(moves):
                    assert broken.broken is not None
                    assert len(moves) == len(broken.broken[0])
                case bmc.Clean() | bmc.Exhausted():
                    assert broken.broken is None or len(broken.broken[0]) > 3
            seen["received"] += broken.broken is not None
        used = any(isinstance(t.trigger, On) and len(i.wired(t.trigger.port)) > 1 for i, _, t in net.transitions())
        seen["networks"] += 1
        seen["several"] += used

    agree()
    assert seen["several"] >= 15, seen
    assert seen["received"] >= 5, seen
