"""Graphs of machines and wirings, and what is written of them."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

import pytest

from lastgasp.errors import InternalError
from lastgasp.expr import Bool, Compare, Const, Name, Not
from lastgasp.machine import After, ClockDeclaration, Machine, May, State, Transition, Variable, seconds
from lastgasp.render.diagrams import machine_dot, mermaid, render_svg, wiring_dot
from lastgasp.render.graph import machine_graph, window_words, wiring_graph
from tests.render.small_network import BYSTANDER, COLLECTOR, HUB, METER, NETWORK, PROVIDER, SUPPLY

MACHINES = [SUPPLY, METER, HUB, PROVIDER, COLLECTOR, BYSTANDER]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_dot_and_mermaid_have_each_state_and_transition(machine: Machine) -> None:
    dot, graph = machine_dot(machine), machine_graph(machine)
    edges = sum(len(transition.sources) for transition in machine.transitions)
    assert len(graph.nodes) == len(machine.states)
    assert len(graph.edges) == edges
    boxes = len({(edge.target, edge.lines) for edge in graph.edges})
    assert dot.count(" -> ") == edges + boxes + 1
    for state in machine.states:
        assert re.search(rf'^\s+"?{state.name}"? \[label=.*{re.escape(state.label or state.name)}', dot, re.MULTILINE)
    for edge in graph.edges:
        words = re.escape("\\l".join(edge.lines[:1]))
        targets = set(re.findall(rf'^\s+(\w+) \[label="  {words}', dot, re.MULTILINE))
        assert any(f"\t{edge.source} -> {box} [" in dot and f"\t{box} -> {edge.target}\n" in dot for box in targets), (
            edge
        )
    text = mermaid(machine)
    assert text.startswith("stateDiagram-v2\n")
    assert text.count(" --> ") == edges + 1
    assert text.count('    state "') == len(machine.states)


def test_transitions_are_words_with_units() -> None:
    edges = {(edge.source, edge.target): edge.lines for edge in machine_graph(HUB).edges}
    assert edges["dark", "alerted"] == (
        "after more than 3 min, at most 3 min + sending",
        "sets alerts to alerts + 1",
        "sends power_loss_alert (Power Loss Alert)",
    )
    assert edges["running", "dark"] == ("as soon as host.dc is off",)
    assert edges["restored", "booting"] == ("starts its boot", "may happen at once")
    assert edges["booting", "running"][:2] == ("may happen at any time", "only if time in state is at least 10 s")
    provider = {(edge.source, edge.target): edge.lines for edge in machine_graph(PROVIDER).edges}
    assert provider["idle", "got_alert"] == ("when hub sends power_loss_alert",)
    assert provider["idle", "idle"][-1] == "the time in the state runs on"


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (After(seconds(180), None, low_strict=True), "after more than 3 min, without upper limit"),
        (After(seconds(180), None), "after at least 3 min, without upper limit"),
        (After(seconds(180), seconds(180)), "after exactly 3 min"),
        (After(seconds(0), seconds(90)), "after at most 1 min 30 s"),
        (After(seconds(0), seconds(90), high_strict=True), "after less than 1 min 30 s"),
        (After(seconds(1), seconds(2), True, True), "after more than 1 s, less than 2 s"),
        (After(seconds(1), seconds(2)), "after at least 1 s, at most 2 s"),
    ],
)
def test_windows_say_whether_their_ends_belong(window: After, words: str) -> None:
    assert window_words(window) == words


def test_states_say_what_they_give_and_how_long_they_last() -> None:
    nodes = {node.name: node for node in machine_graph(METER).nodes}
    assert nodes["rebooting"].label == "rebooting for new firmware"
    assert nodes["rebooting"].lines == ("[rebooting]", "gives dc: off", "lasts at most reboot")
    assert [node.name for node in nodes.values() if node.initial] == ["running"]
    assert machine_graph(HUB).notes == (
        "party: CH",
        "boot: 2 min (time from power restored to running)",
        "sending: 0 s to 10 s (time to send once the threshold has passed)",
        "alerts: 0 to 9, starts as 0 (alerts sent)",
    )


TRICKY = Machine(
    "odd-one",
    (
        State("a", initial=True, label='say "a"; b: <c> # d\\n', less_than=seconds(Fraction(1, 2))),
        State("b", urgent=True),
    ),
    (
        Transition(("a",), "b", May(), assign=(("seen", Not(Name("seen"))),), restart=("dip",)),
        Transition(
            ("b",), "a", May(), guard=Compare("==", Name("seen"), Const(True)), assign=(("seen", Const(False)),)
        ),
    ),
    title="Odd & <b>bold</b>",
    variables=(Variable("seen", Bool(), False),),
    clocks=(ClockDeclaration("dip", pauses=("b",)),),
)


def test_awkward_labels_survive_every_form() -> None:
    svg = render_svg(machine_dot(TRICKY))
    text = "".join(ElementTree.fromstring(svg).itertext())
    assert 'say "a"; b: <c> # d\\n' in text
    assert "Odd & <b>bold</b> " in text
    assert "lasts less than 0.5 s" in text
    assert "sets seen to whether not seen" in text
    assert "restarts the clock dip" in text
    assert "dip: clock, stands still in b" in text
    line = next(line for line in mermaid(TRICKY).splitlines() if "say" in line)
    assert line == '    state "say #quot;a#quot;#59; b#58; #lt;c#gt; #35; d\\n<br/>[a]<br/>lasts less than 0.5 s" as s0'


def test_wiring_has_each_instance_and_each_wire() -> None:
    graph = wiring_graph(NETWORK)
    assert [node.name for node in graph.nodes] == [instance.name for instance in NETWORK.instances]
    assert graph.nodes[0].lines == ("[supply]", "surroundings, binds no party")
    assert graph.nodes[2].lines == ("[ch]", "party: CH")
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("supply", "esme"),
        ("esme", "ch"),
        ("ch", "csp"),
        ("csp", "dcc"),
    ]
    assert graph.edges[1].lines == ("reads dc: on or off",)
    assert graph.edges[3].lines == ("hears AD1 (AD1 power outage alert)",)
    assert wiring_dot(NETWORK).count(" -> ") == 4


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_diagram_is_one_self_contained_element(machine: Machine) -> None:
    svg = render_svg(machine_dot(machine))
    root = ElementTree.fromstring(svg)
    assert svg.startswith("<svg ")
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == machine.name
    for element in root.iter():
        assert element.tag.rpartition("}")[2] not in ("script", "image", "a", "style", "foreignObject")
        assert not any("href" in name or name.startswith("on") for name in element.attrib)
    words = "".join(root.itertext())
    for state in machine.states:
        assert (state.label or state.name) in words


def test_diagrams_are_deterministic() -> None:
    assert render_svg(machine_dot(HUB)) == render_svg(machine_dot(HUB))
    assert render_svg(wiring_dot(NETWORK)) == render_svg(wiring_dot(NETWORK))
    assert mermaid(HUB) == mermaid(HUB)


def test_dot_that_cannot_be_laid_out_is_a_defect() -> None:
    with pytest.raises(InternalError, match="could not be laid out"):
        render_svg("digraph {")
