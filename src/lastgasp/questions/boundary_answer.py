"""The answer to *does the reading matter*: what a check says at each limit and under each reading, in plain English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lastgasp.questions.matrix import verdict_word
from lastgasp.render.table import trace_table
from lastgasp.render.words import time_text
from lastgasp.trace import Trace
from lastgasp.verdict import Undecided, Verdict


@dataclass(frozen=True, slots=True)
class Part:
    """What a limit stands in: the goal, a clause, an assumption, or a machine; with the title that people know."""

    kind: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Probe:
    """The check with one thing changed: ``words`` stand there then. No ``verdict`` where it cannot be asked."""

    words: str
    verdict: Verdict | None
    refusal: str = ""

    @property
    def trace(self) -> Trace | None:
        """The run behind the verdict, where there is one."""
        return getattr(self.verdict, "trace", None)

    @property
    def answer(self) -> str:
        """Its verdict in a word."""
        return verdict_word(self.verdict) if self.verdict is not None else "cannot be asked"


@dataclass(frozen=True, slots=True)
class Edge:
    """A limit of so many ``seconds``, moved by ``step`` either way; a probe is ``None`` where none was made."""

    part: Part
    limit: str
    seconds: Fraction
    step: Fraction
    below: Probe | None
    above: Probe | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A comparison with the one that differs at the limit alone."""

    part: Part
    words: str
    other: str
    limit: str
    probe: Probe | None


@dataclass(frozen=True, slots=True)
class Reread:
    """Another reading of a text, with its source."""

    part: Part
    title: str
    source: str
    probe: Probe | None


@dataclass(frozen=True)
class Boundary:
    """The answer. ``parts``: how exact *just below* and *just above* are. ``missing`` probes had no time."""

    goal: str
    proposal: str
    verdict: Verdict
    edges: tuple[Edge, ...]
    turns: tuple[Turn, ...]
    rereads: tuple[Reread, ...]
    parts: int
    missing: int = 0

    def differs(self, probe: Probe | None) -> bool:
        """Whether a change changes the verdict; what is not decided on either side is no difference."""
        if probe is None or probe.verdict is None or Undecided in (type(probe.verdict), type(self.verdict)):
            return False
        return type(probe.verdict) is not type(self.verdict)

    @property
    def depends(self) -> bool:
        """Whether some reading or comparison changes the verdict."""
        return any(self.differs(probe) for probe in self._reworded)

    @property
    def exact(self) -> bool:
        """Whether every probe was made and decided."""
        return not self.missing and not any(isinstance(p.verdict, Undecided) for p in self.probes)

    @property
    def probes(self) -> Iterator[Probe]:
        """All of them, the unchanged check first."""
        yield Probe("", self.verdict)
        for edge in self.edges:
            yield from (probe for probe in (edge.below, edge.above) if probe is not None)
        yield from (probe for probe in self._reworded if probe is not None)

    @property
    def _reworded(self) -> Iterator[Probe | None]:
        yield from (turn.probe for turn in self.turns)
        yield from (item.probe for item in self.rereads)

    def words(self) -> str:
        """The answer in plain English, with a run for each change that changes the verdict."""
        return _paragraph(self)

    def to_json(self) -> dict[str, Any]:
        """The neutral form; traces inside are self-contained."""
        return {
            "lastgasp-result": 1,
            "question": "boundary",
            "goal": self.goal,
            "proposal": self.proposal,
            "verdict": verdict_word(self.verdict),
            "depends on the reading": self.depends,
            "whole": self.exact,
            "not asked": self.missing,
            "exact up to": f"comparisons that count a limit fewer than {self.parts} times",
            "limits": [
                {
                    **_part_json(edge.part),
                    "limit": edge.limit,
                    "seconds": str(edge.seconds),
                    "step": str(edge.step),
                    "below": self._probe_json(edge.below),
                    "above": self._probe_json(edge.above),
                }
                for edge in self.edges
            ],
            "comparisons": [
                {
                    **_part_json(turn.part),
                    "limit": turn.limit,
                    "says": turn.words,
                    "turned": turn.other,
                    "probe": self._probe_json(turn.probe),
                }
                for turn in self.turns
            ],
            "readings": [
                {
                    **_part_json(item.part),
                    "title": item.title,
                    "source": item.source,
                    "probe": self._probe_json(item.probe),
                }
                for item in self.rereads
            ],
            "words": self.words(),
        }

    def _probe_json(self, probe: Probe | None) -> dict[str, Any] | None:
        if probe is None:
            return None
        return {
            "says": probe.words,
            "verdict": probe.answer,
            "differs": self.differs(probe),
            "reason": probe.refusal or getattr(probe.verdict, "reason", ""),
            "trace": probe.trace.to_json() if probe.trace is not None else None,
        }


def _part_json(part: Part) -> dict[str, str]:
    return {part.kind: part.name, "title": part.title}


# --- in words ------------------------------------------------------------------------------------------------------


def _paragraph(found: Boundary) -> str:
    now = verdict_word(found.verdict)
    lines = [f"{found.goal}", f"under: {found.proposal}", "", f"As it stands, this {_says(now)}. {_dependence(found)}"]
    lines += ["", "Comparisons and readings:"]
    lines += [line for turn in found.turns for line in _turned(found, turn, now)]
    lines += [line for item in found.rereads for line in _reread(found, item)]
    if not found.turns and not found.rereads:
        lines.append("  there are none")
    lines += ["", "Limits:"]
    lines += [_edge(found, edge, now) for edge in found.edges]
    lines += ["  there are none"] * (not found.edges)
    if found.edges:
        step = max(edge.step for edge in found.edges)
        lines += [
            "",
            f"Just below and just above are {time_text(step)} away. That stands for everything nearer, as long as no",
            f"comparison in a run counts the limit {found.parts} times.",
        ]
    if found.missing:
        lines += ["", f"This is not the whole answer: the time was over before {found.missing} probes were made."]
    for probe in found.probes:
        if found.differs(probe) and probe.trace is not None:
            lines += ["", f"With '{probe.words}':", "", trace_table(probe.trace)]
    return "\n".join(lines)


def _dependence(found: Boundary) -> str:
    if found.depends:
        return "It depends on the reading."
    if found.exact:
        return "The verdict does not depend on the reading."
    return "No reading is known that changes the verdict; not all was decided."


def _says(word: str) -> str:
    return {"undecided": "is undecided", "rejected": "is rejected", "vacuous": "is vacuous"}.get(word, word)


def _turned(found: Boundary, turn: Turn, now: str) -> Iterator[str]:
    where = f"  '{turn.part.title}'"
    if turn.probe is None:
        yield f"{where}, {turn.words} {turn.limit}: not asked, the time was over"
    elif turn.probe.verdict is None:
        yield f"{where}, {turn.words} {turn.limit}: {turn.other} {turn.limit} is refused ({turn.probe.refusal})"
    elif not found.differs(turn.probe):
        yield f"{where}, {turn.words} {turn.limit}: {turn.other} {_same(turn.probe, now)}"
    elif now == "holds":
        yield f"{where} must say *{turn.words}* {turn.limit}: with *{turn.other}* this {_says(turn.probe.answer)}"
    else:
        yield f"{where} would have to say *{turn.other}* {turn.limit}: then this {_says(turn.probe.answer)}"


def _same(probe: Probe, now: str) -> str:
    return "makes no difference" if probe.answer == now else f"{_says(probe.answer)}"


def _reread(found: Boundary, item: Reread) -> Iterator[str]:
    if item.probe is None:
        yield f"  '{item.title}': not asked, the time was over"
        return
    change = f"this {_says(item.probe.answer)}" if found.differs(item.probe) else "no difference"
    if isinstance(item.probe.verdict, Undecided):
        change = f"undecided, because {item.probe.verdict.reason}"
    yield f"  '{item.part.title}', read as '{item.title}': {change}"
    yield f"    ({item.source})"


def _edge(found: Boundary, edge: Edge, now: str) -> str:
    sides = (("shorter", edge.below), ("longer", edge.above))
    name = edge.limit if edge.limit[:1].isdigit() else f"{edge.limit} ({time_text(edge.seconds)})"
    told = [_side(found, side, probe, now) for side, probe in sides if probe is not None]
    if len(told) == 2 and all(said.endswith("no difference") for said in told):
        told = ["neither way a difference"]
    return f"  '{edge.part.title}', {name}: {'; '.join(told) or 'not asked'}"


def _side(found: Boundary, side: str, probe: Probe, now: str) -> str:
    if found.differs(probe):
        verb = "must not be" if now == "holds" else "if"
        return f"{verb} {side}, then this {_says(probe.answer)}"
    if probe.verdict is None:
        return f"{side}: {probe.refusal}"
    return f"a little {side}: {'no difference' if probe.answer == now else _says(probe.answer)}"
