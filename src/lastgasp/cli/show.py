"""What the commands print: results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from lastgasp.certificate import Certificate
from lastgasp.errors import InputError
from lastgasp.facade import Question
from lastgasp.language.durations import parse_duration
from lastgasp.language.layout import fmt
from lastgasp.language.schema import schemas as all_schemas
from lastgasp.language.sentences import TEMPLATES, meaning
from lastgasp.lazy import lazy
from lastgasp.machine import Setting
from lastgasp.questions.asking import (
    CheckName,
    answer,
    ask,
    assumption_sentence,
    clause_sentence,
    goal_sentence,
)
from lastgasp.questions.matrix import Cell, names, verdict_word
from lastgasp.questions.trying import Trial
from lastgasp.render.invariant import invariant_lines
from lastgasp.render.scene import Annotation
from lastgasp.render.table import trace_table
from lastgasp.render.timing import timing_picture
from lastgasp.render.words import folded
from lastgasp.sanity import Oddity
from lastgasp.sentences import Possible, Sentence
from lastgasp.study import Clause, Goal, Study
from lastgasp.trace import Entry, Trace
from lastgasp.validate import did_you_mean
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

if TYPE_CHECKING:
    from lastgasp.render import diagrams as drawing
    from lastgasp.render import lanes as swim
else:
    drawing = lazy("lastgasp.render.diagrams")
    swim = lazy("lastgasp.render.lanes")

RESULT_VERSION = 1
WIDTH = 100
"""Columns of running text."""


def out(text: str) -> None:
    """A result, to stdout."""
    click.echo(text)


def note(text: str) -> None:
    """A remark, to stderr."""
    click.echo(text, err=True)


def complain(text: str) -> None:
    """An error, to stderr."""
    click.echo(f"lastgasp: {text}", err=True)


class Progress:
    """A bar on stderr where that is a terminal, nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self.live = sys.stderr.isatty()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Bar(
            *columns, console=Console(stderr=True, force_interactive=self.live), transient=True, disable=not self.live
        )
        self.task = self.bar.add_task("checking", total=total)

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def states(self, engine: str, found: int, depth: int) -> None:
        """Progress inside one check."""
        self.bar.update(self.task, description=f"{engine}: {found} states, {depth} steps")

    def cell(self, cell: Cell) -> None:
        """One check is done."""
        self.bar.update(self.task, advance=1, description=str(cell.name))


# --- verdicts in words --------------------------------------------------------------------------------------------


def is_possibility(study: Study, name: CheckName) -> bool:
    """Whether the goal asks what can happen, not what must."""
    return isinstance(goal_sentence(study, name.goal, study.installations[name.installation]).formula, Possible)


def word(verdict: Verdict, possibility: bool) -> str:
    """A verdict as a cell of the table shows it."""
    match verdict:
        case Holds():
            return "can happen" if possibility else "holds"
        case Fails(classification=kind):
            if possibility:
                return "CANNOT HAPPEN"
            return f"FAILS ({kind.partition(':')[0]})" if kind else "FAILS"
        case Vacuous():
            return "VACUOUS"
        case Undecided():
            return "UNDECIDED"
        case Rejected():
            return "REJECTED"


def matrix_text(study: Study, cells: list[Cell]) -> str:
    """Goals by proposals, then what differs from what is expected, then how to look closer."""
    lines: list[str] = []
    for installation in dict.fromkeys(cell.name.installation for cell in cells):
        here = [cell for cell in cells if cell.name.installation == installation]
        lines += _grid(study, installation, here)
    by_name = {cell.name: cell for cell in cells}
    for name, cell in by_name.items():
        if cell.expected:
            lines.append(f"{name}: expected {cell.expected}, found {verdict_word(cell.verdict)}")
    assumed = list(dict.fromkeys(a for cell in cells for a in cell.verdict.assumptions))
    if assumed:
        lines += ["", "Under the assumptions:"]
        lines += [f"  {a}: {study.assumptions[a].title or study.assumptions[a].sentence}" for a in assumed]
    look = [cell.name for cell in cells if not isinstance(cell.verdict, Holds)]
    if look:
        lines += ["", "To see why:"]
        several = len(study.installations) > 1
        lines += [f"  lastgasp explain {n if several else f'{n.goal}/{n.proposal}'}" for n in look]
    differing = sum(1 for cell in cells if cell.expected)
    opened = sum(1 for cell in cells if isinstance(cell.verdict, Undecided))
    verb = "is" if differing == 1 else "are"
    lines += [
        "",
        f"{len(cells)} checks; {differing} {verb} not as expected" + (f"; {opened} undecided" if opened else ""),
    ]
    return "\n".join(lines)


def _grid(study: Study, installation: str, cells: list[Cell]) -> list[str]:
    proposals = list(dict.fromkeys(cell.name.proposal for cell in cells))
    goals = list(dict.fromkeys(cell.name.goal for cell in cells))
    table = {(c.name.goal, c.name.proposal): word(c.verdict, is_possibility(study, c.name)) for c in cells}
    marked = {(c.name.goal, c.name.proposal) for c in cells if c.expected}
    width = max(len(goal) for goal in goals)
    columns = [max(len(p), *(len(table[g, p]) + 2 * ((g, p) in marked) for g in goals)) for p in proposals]
    title = study.installations[installation].title
    lines = [f"{installation}" + (f": {title}" if title else ""), ""]
    lines.append("  ".join([" " * width, *(p.ljust(w) for p, w in zip(proposals, columns, strict=True))]).rstrip())
    for goal in goals:
        row = [table[goal, p] + (" !" if (goal, p) in marked else "") for p in proposals]
        lines.append("  ".join([goal.ljust(width), *(t.ljust(w) for t, w in zip(row, columns, strict=True))]).rstrip())
    return [*lines, ""]


def explanation(study: Study, question: Question, verdict: Verdict) -> str:
    """A verdict with its evidence, for reading."""
    possibility = isinstance(question.goal.formula, Possible)
    lines = [f"{question.name}: {word(verdict, possibility)}", "", f"Goal: {question.goal.text}"]
    lines += [f"  that is: {meaning(question.goal)}", ""]
    if question.clauses:
        lines.append("Clauses:")
        lines += [f"  {clause_line(study, name, sentence)}" for name, sentence in question.clauses.items()]
    if question.assumptions:
        lines.append("Assumptions:")
        lines += [f"  {name}: {sentence.text}" for name, sentence in question.assumptions.items()]
    lines.append("")
    trace: Trace | None = getattr(verdict, "trace", None)
    match verdict:
        case Fails(classification=kind) if kind:
            lines += [f"Class {kind}", ""]
        case Vacuous(reason=reason) | Undecided(reason=reason) | Rejected(reason=reason) if reason:
            lines += [f"Because {reason}.", ""]
    certificate = getattr(verdict, "certificate", None)
    if certificate is not None:
        lines += [
            f"Proved: {len(certificate.zones.zones)} sets of situations hold every run; the start lies in them,",
            "no step and no delay leaves them, and in none of them the goal is broken. Rechecked by code of its own.",
            "",
            "What follows from them:",
            *(
                part
                for line in invariant_lines(certificate)
                for part in folded(line.lstrip(), WIDTH, "  " * (line != line.lstrip()), "    ")
            ),
            "",
        ]
    if trace is not None:
        lines.append(trace_table(trace))
    lines += [f"Note: {remark}." for remark in verdict.notes]
    return "\n".join(lines).rstrip()


def sanity_text(found: Mapping[str, list[Oddity]]) -> str:
    """What is wrong or odd about each network, by proposal."""
    lines: list[str] = []
    for title, items in found.items():
        lines += [title, ""]
        for item in items:
            mark = "WRONG" if item.wrong else "open" if item.open else "odd"
            proof = "" if item.trace is not None or item.open else " (proved)"
            lines.append(f"  {mark:5}  {item.kind}: {item.words}{proof}")
            if item.trace is not None and item.wrong:
                lines += ["", trace_table(item.trace)]
        lines += ["  nothing is wrong, and nothing odd"] if not items else []
        lines.append("")
    return "\n".join(lines).rstrip()


def sanity_json(found: Mapping[str, list[Oddity]]) -> dict[str, Any]:
    """The same, neutral; traces inside are self-contained."""
    return {
        "lastgasp-result": RESULT_VERSION,
        "sanity": [
            {
                "network": title,
                "kind": item.kind,
                "words": item.words,
                "wrong": item.wrong,
                "open": item.open,
                "trace": item.trace.to_json() if item.trace is not None else None,
            }
            for title, items in found.items()
            for item in items
        ],
    }


def recheck_text(certificate: Certificate) -> str:
    """What a certificate that was rechecked proves, and what of it has to be trusted."""
    lines = [f"{certificate.check}: the proof stands", "", f"Goal: {certificate.goal.text}"]
    for title, sentences in (("Clauses", certificate.clauses), ("Assumptions", certificate.assumptions)):
        if sentences:
            lines += [f"{title}:", *(f"  {name}: {sentence.text}" for name, sentence in sentences.items())]
    cut = [name for name in certificate.network.by_name if name not in certificate.kept]
    lines += [
        "",
        "Rechecked:",
        f"  the goal is broken in none of {len(certificate.zones.zones)} sets of situations, which no run leaves",
        f"  time can go on, and clauses bind their own party only ({len(certificate.sound)} sets of values)",
    ]
    lines += [f"  {', '.join(cut)}: cut, can influence nothing asked and block nothing"] if cut else []
    return "\n".join(lines)


def clause_line(study: Study, name: str, sentence: Sentence) -> str:
    """A clause with its party, its document and its status."""
    clause = study.clauses.get(name)
    if clause is None:
        return f"{name}: {sentence.text}"
    return f"{name} ({clause.party}, {clause.document}, {clause.version}, {clause.status}): {sentence.text}"


def cells_json(cells: list[Cell]) -> dict[str, Any]:
    """The neutral form of results, versioned; traces inside are self-contained."""
    return {
        "lastgasp-result": RESULT_VERSION,
        "checks": [
            {
                "goal": cell.name.goal,
                "proposal": cell.name.proposal,
                "installation": cell.name.installation,
                "verdict": verdict_word(cell.verdict),
                "as expected": not cell.expected,
                "expected": cell.expected or verdict_word(cell.verdict),
                "engine": cell.verdict.engine,
                "assumptions": list(cell.verdict.assumptions),
                "notes": list(cell.verdict.notes),
                "class": getattr(cell.verdict, "classification", ""),
                "reason": getattr(cell.verdict, "reason", ""),
                "trace": _json(getattr(cell.verdict, "trace", None)),
            }
            for cell in cells
        ],
    }


def _json(trace: Trace | None) -> dict[str, Any] | None:
    return None if trace is None else trace.to_json()


# --- single commands ----------------------------------------------------------------------------------------------


def lanes(study: Study, question: Question, verdict: Verdict) -> str:
    """The swim lanes of a verdict's run, with the clauses that its devices are bound by."""
    trace: Trace = verdict.trace  # type: ignore[union-attr, assignment]
    kind: str = getattr(verdict, "classification", "")
    name, _, words = kind.partition(": ")
    end = trace.marks[-1][0] if trace.marks else trace.end
    notes = [
        Annotation(sentence.binds, end, f"{clause}: {sentence.text}")
        for clause, sentence in question.clauses.items()
        if sentence.binds
    ]
    title = f"{question.name}: {word(verdict, isinstance(question.goal.formula, Possible))}"
    return swim.lanes_svg(trace, title=title, classification=(name, words) if kind else None, annotations=notes)


def table(trace: Trace) -> str:
    """A run as a table."""
    return trace_table(trace)


def trial_head(study: Study, sentence: Sentence, party: str) -> None:
    """What a sentence means, before its effect is worked out."""
    out(f"Read as: {meaning(sentence)}\n")
    out(timing_picture(sentence.formula) + "\n")
    out(f"It binds: {party}.\n" if party else "It binds no party: it is an assumption on the surroundings.\n")


def trial_text(study: Study, trial: Trial) -> str:
    """What a sentence changes in the table, and what still fails."""
    width = max(len(cell.name.goal) for cell in trial.before)
    lines = [f"Added to the proposal {trial.proposal!r}:", ""]
    for before, after in zip(trial.before, trial.after, strict=True):
        possibility = is_possibility(study, before.name)
        old, new = word(before.verdict, possibility), word(after.verdict, possibility)
        lines.append(
            f"  {before.name.goal.ljust(width)}  " + (f"{old} -> {new}" if old != new else f"{new} (unchanged)")
        )
    lines.append("")
    for cell in trial.after:
        if isinstance(cell.verdict, Rejected | Undecided):
            lines += [f"{cell.name.goal}: because {cell.verdict.reason}.", ""]
            break
    failing = next((c for c in trial.after if isinstance(c.verdict, Fails) and c.verdict.trace), None)
    if failing is not None and isinstance(failing.verdict, Fails) and failing.verdict.trace is not None:
        kind = f" Class {failing.verdict.classification}" if failing.verdict.classification else ""
        lines += [f"What still fails, {failing.name.goal}:{kind}", "", trace_table(failing.verdict.trace)]
    return "\n".join(lines).rstrip()


def diagrams(study: Study) -> dict[str, str]:
    """File name and SVG of every machine, of every installation's wiring, and of the failures that are expected.

    Of checks under one proposal that fail by the same run, the first is drawn.
    """
    found = {f"{name}.svg": _svg(drawing.machine_dot(machine)) for name, machine in study.machines.items()}
    found |= {f"installation-{name}.svg": _svg(drawing.wiring_dot(net)) for name, net in study.installations.items()}
    failing = {(e.goal, e.proposal, e.installation) for e in study.expectations if e.verdict == "fails"}
    drawn: set[tuple[str, str, tuple[Entry, ...]]] = set()
    for name in [name for name in names(study) if (name.goal, name.proposal, name.installation) in failing]:
        verdict = answer(study, name)
        if isinstance(verdict, Fails) and verdict.trace is not None:
            same = (name.proposal, name.installation, verdict.trace.entries)
            if same not in drawn:
                drawn.add(same)
                several = f"-{name.installation}" if len(study.installations) > 1 else ""
                found[f"run-{name.proposal}-{name.goal}{several}.svg"] = lanes(study, ask(study, name), verdict)
    return found


def _svg(dot: str) -> str:
    return drawing.render_svg(dot)


def grammar_page() -> str:
    """The templates of sentences as a page of Markdown."""
    lines = [
        "# Sentences",
        "",
        "A sentence is read to its full stop or refused; no part of it is dropped. *Within D* and *no later than D*",
        "include D, *in less than D* excludes it; *for more than D* is strictly longer, *for at least D* is D or",
        "longer; *immediately* is the same instant. Words that leave a time open (soon, promptly, normally, after D,",
        "a month) are refused.",
        "",
    ]
    for template in TEMPLATES:
        lines += [
            f"## {template.name}",
            "",
            f"    {template.form}",
            "",
            template.meaning,
            "",
            f"Example: *{template.example}*",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def meanings(study: Study) -> str:
    """Every sentence of the study, read back in words, for its first installation."""
    if not study.installations:
        return "no problem found; there is no installation to read the sentences with"
    name, network = next(iter(study.installations.items()))
    lines = [f"Read for the installation {name}.", ""]
    for kind in ("goal", "clause", "assumption"):
        items: dict[str, Any] = dict(getattr(study, f"{kind}s"))
        for item in items.values():
            if isinstance(item, Clause):
                sentence = clause_sentence(item, network)
            elif isinstance(item, Goal):
                sentence = goal_sentence(study, item.name, network)
            else:
                sentence = assumption_sentence(study, item.name, network)
            lines += [f"{kind} {item.name}", f"  {sentence.text}", f"  {meaning(sentence)}", ""]
    return "\n".join([*lines, "no problem found"])


def schemas(kind: str | None) -> dict[str, dict[str, Any]]:
    """The schema of every kind of file; :class:`InputError` where ``kind`` is none."""
    found = all_schemas()
    if kind is not None and kind not in found:
        raise InputError(f"there is no kind of file {kind!r}; {did_you_mean(kind, found)}")
    return found


def read_text(path: Path) -> str:
    """A file's text; :class:`InputError` where it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}:1:1: this file is not text in UTF-8: {error.reason} at byte {error.start}") from error


def laid_out(text: str, path: Path) -> str:
    """A file in the canonical layout."""
    return fmt(text, str(path))


def settings(trace: Trace) -> dict[str, Setting]:
    """The parameters of a trace as settings of a network."""
    return {name: value for name, value in trace.parameters.items() if not isinstance(value, str)}


def seconds(text: str) -> float | None:
    """A duration from the command line in seconds, ``None`` where it is none."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(parse_duration(text if " " in text else _spaced(text)))
    except InputError:
        return None


def _spaced(text: str) -> str:
    """``60s`` as ``60 s``."""
    digits = len(text) - len(text.lstrip("0123456789./"))
    return f"{text[:digits]} {text[digits:]}"
