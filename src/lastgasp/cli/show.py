"""The texts that the commands print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lastgasp.certificate import Certificate
from lastgasp.errors import InputError, Problem
from lastgasp.language.schema import schemas as all_schemas
from lastgasp.language.sentences import TEMPLATES, meaning
from lastgasp.lazy import lazy
from lastgasp.network import upstream_first
from lastgasp.question import Question
from lastgasp.questions.asking import (
    CheckName,
    ask,
    assumption_sentence,
    clause_sentence,
    goal_sentence,
    judge,
    read_otherwise,
    silent,
)
from lastgasp.questions.matrix import Cell, shown, verdict_word
from lastgasp.questions.trying import Trial
from lastgasp.questions.unhurried import unhurried
from lastgasp.render.invariant import invariant_lines
from lastgasp.render.table import trace_table
from lastgasp.render.words import folded
from lastgasp.sentences import Possible, Sentence
from lastgasp.study import Clause, Goal, Reading, Study, speaks_of
from lastgasp.trace import Entry, Trace
from lastgasp.validate import did_you_mean
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

if TYPE_CHECKING:
    from lastgasp.render import diagrams as drawing
    from lastgasp.render import lanes as swim
    from lastgasp.render import scene, timing
else:
    drawing = lazy("lastgasp.render.diagrams")
    swim = lazy("lastgasp.render.lanes")
    scene = lazy("lastgasp.render.scene")
    timing = lazy("lastgasp.render.timing")

RESULT_VERSION = 1
NOT_ASKED = "-"
WIDTH = 100
"""Columns of running text."""


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
    grids = [
        "\n".join(_grid(study, installation, [cell for cell in cells if cell.name.installation == installation]))
        for installation in dict.fromkeys(cell.name.installation for cell in cells)
    ]
    return "\n\n".join([*grids, matrix_notes(study, cells)])


def matrix_notes(study: Study, cells: list[Cell]) -> str:
    """What differs from what is expected, what was assumed, how to look closer, and how many checks there were."""
    parts: list[list[str]] = []
    differing = [cell for cell in cells if cell.differs]
    parts.append([f"{c.name}: expected {c.expected}, found {verdict_word(c.verdict)}" for c in differing])
    assumed = dict.fromkeys(a for cell in cells for a in cell.verdict.assumptions)
    if assumed:
        words = [f"  {a}: {study.assumptions[a].title or study.assumptions[a].sentence}" for a in assumed]
        parts.append(["Under the assumptions:", *words])
    parts.append(conditions(study, cells))
    look: dict[tuple[str, str], list[CheckName]] = {}
    for cell in cells:
        if not isinstance(cell.verdict, Holds):
            look.setdefault((cell.name.proposal, cell.name.installation), []).append(cell.name)
    if look:
        parts.append(["To see why:", *(f"  lastgasp explain {_in_brief(study, names)}" for names in look.values())])
    opened = sum(isinstance(cell.verdict, Undecided) for cell in cells)
    count = f"{len(cells)} check{'s' * (len(cells) != 1)}; {len(differing)} not as expected"
    parts.append([count + (f"; {opened} undecided" if opened else "")])
    return "\n\n".join("\n".join(part) for part in parts if part)


def conditions(study: Study, cells: list[Cell]) -> list[str]:
    """Under what condition, or with which clauses, what fails would not; a line for all that are alike."""
    proposals: dict[tuple[str, str, str], list[str]] = {}
    for cell in cells:
        if cell.condition:
            proposals.setdefault((cell.name.goal, cell.condition, cell.name.installation), []).append(
                cell.name.proposal
            )
    places: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (goal, condition, installation), under in proposals.items():
        places.setdefault((goal, condition, tuple(under)), []).append(installation)
    return [
        f"{goal} under {', '.join(under)}"
        + ("" if all(map(study.only_shown, where)) else f" ({', '.join(where)})")
        + f": {condition}"
        for (goal, condition, under), where in places.items()
    ]


def _in_brief(study: Study, names: list[CheckName]) -> str:
    """The first of some checks of one proposal, as short as it can be asked for, and how many more there are."""
    name = names[0]
    more = f"   (and {len(names) - 1} more)" if len(names) > 1 else ""
    return (f"{name.goal}/{name.proposal}" if study.only_shown(name.installation) else str(name)) + more


def _grid(study: Study, installation: str, cells: list[Cell]) -> list[str]:
    proposals = list(dict.fromkeys(cell.name.proposal for cell in cells))
    goals = {cell.name.goal: cell.name for cell in cells}
    possible = {goal: is_possibility(study, name) for goal, name in goals.items()}
    table = {(goal, proposal): NOT_ASKED for goal in goals for proposal in proposals}
    table |= {(c.name.goal, c.name.proposal): word(c.verdict, possible[c.name.goal]) for c in cells}
    marked = {(c.name.goal, c.name.proposal) for c in cells if c.differs}
    width = max(len(goal) for goal in goals)
    columns = [max(len(p), *(len(table[g, p]) + 2 * ((g, p) in marked) for g in goals)) for p in proposals]
    title = study.installations[installation].title
    lines = [f"{installation}" + (f": {title}" if title else ""), ""]
    lines.append("  ".join([" " * width, *(p.ljust(w) for p, w in zip(proposals, columns, strict=True))]).rstrip())
    for goal in goals:
        row = [table[goal, p] + (" !" if (goal, p) in marked else "") for p in proposals]
        lines.append("  ".join([goal.ljust(width), *(t.ljust(w) for t, w in zip(row, columns, strict=True))]).rstrip())
    return lines


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
        lines += [f"  {named_sentence(name, sentence)}" for name, sentence in question.assumptions.items()]
    named = question.name.split("/")  # a question of somebody's own network has no such name
    if len(named) == 3 and (unheard := silent(study, CheckName(*named))):
        lines.append(f"Nothing here is bound by {', '.join(unheard)}: what they are about is not there.")
    lines.append("")
    trace: Trace | None = getattr(verdict, "trace", None)
    match verdict:
        case Fails(classification=kind) if kind:
            lines += [f"Class {kind}", ""]
        case Vacuous(reason=reason) | Undecided(reason=reason) | Rejected(reason=reason) if reason:
            lines += [f"Because {reason}.", ""]
    certificate = getattr(verdict, "certificate", None)
    if certificate is not None and not isinstance(verdict, Vacuous):
        lines += [
            f"Proved: {proof_line(certificate)}. Rechecked by code of its own.",
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


def proof_line(certificate: Certificate) -> str:
    """What kind of proof it is."""
    if certificate.zones is not None:
        return (
            f"no run leaves {len(certificate.zones.zones)} sets of situations, and in none of them the goal is broken"
        )
    assert certificate.invariant is not None
    return f"a condition that no step leaves, and the goal is inductive with it (k = {certificate.invariant.k})"


def recheck_text(certificate: Certificate, solvers: tuple[str, ...] = ()) -> str:
    """What a certificate that was rechecked proves, by which solvers as well, and what of it has to be trusted."""
    lines = [f"{certificate.check}: the proof stands", "", f"Goal: {certificate.goal.text}"]
    for title, sentences in (("Clauses", certificate.clauses), ("Assumptions", certificate.assumptions)):
        if sentences:
            lines += [f"{title}:", *(f"  {name}: {sentence.text}" for name, sentence in sentences.items())]
    cut = [name for name in certificate.network.by_name if name not in certificate.kept]
    lines += [
        "",
        "Rechecked:",
        f"  {proof_line(certificate)}",
        *([f"  the same by {' and '.join(solvers)}"] if solvers else []),
        f"  time can go on, and clauses bind their own party only ({len(certificate.sound)} sets of values)",
    ]
    lines += [f"  {', '.join(cut)}: cut, can influence nothing asked and block nothing"] if cut else []
    for group in certificate.part.apart:
        lines.append(f"  {', '.join(group.network.by_name)}: time can go on, and clauses bind their own party only")
    return "\n".join(lines)


def clause_line(study: Study, name: str, sentence: Sentence) -> str:
    """A clause with its party, its document and its status."""
    clause = study.clauses.get(name)
    if clause is None:
        return named_sentence(name, sentence)
    return f"{name} ({clause.party}, {clause.document}, {clause.version}, {clause.status}): {sentence.text}"


def named_sentence(name: str, sentence: Sentence) -> str:
    """A sentence after its name, where it has another than its text."""
    return sentence.text if name == sentence.text else f"{name}: {sentence.text}"


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


def lanes(study: Study, question: Question, verdict: Verdict, told: tuple[str, str] | None = None) -> str:
    """The swim lanes of a verdict's run, with the clauses that its devices are bound by.

    ``told`` is what stands above it, a title and a line below: else what was asked, where, and under what.
    """
    trace: Trace = verdict.trace  # type: ignore[union-attr, assignment]
    kind: str = getattr(verdict, "classification", "")
    name, _, words = kind.partition(": ")
    end = trace.marks[-1][0] if trace.marks else trace.end
    notes = [
        scene.Annotation(sentence.binds, end, _clause_title(study, clause, sentence))
        for clause, sentence in question.clauses.items()
        if sentence.binds
    ]
    title, subtitle = told or _check_title(study, question, verdict)
    classified = (name, words) if kind else None
    order = upstream_first(question.network)
    return swim.lanes_svg(
        trace, title=title, subtitle=subtitle, classification=classified, annotations=notes, order=order
    )


def _clause_title(study: Study, name: str, sentence: Sentence) -> str:
    """A clause as a picture names it: its title, or its sentence where it has none, and where it stands."""
    clause = study.clauses.get(name)
    if clause is None:
        return sentence.text
    where = dict.fromkeys((clause.document, clause.version, clause.status))
    return f"{clause.title or sentence.text} ({', '.join(where)})"


def _check_title(study: Study, question: Question, verdict: Verdict) -> tuple[str, str]:
    """What a check asks and how it came out; then the text, the installation and what is assumed, by their titles."""
    came = word(verdict, isinstance(question.goal.formula, Possible))
    named = question.name.split("/")
    if len(named) != 3:
        return f"{question.name}: {came}", ""
    goal, proposal, installation = named
    asked = study.goals[goal].title or question.goal.text.rstrip(".")
    under = study.proposals[proposal].title or proposal
    items = [study.assumptions[name] for name in verdict.assumptions if name in study.assumptions]
    assumed = "; ".join(item.title or item.sentence.rstrip(".") for item in items)
    below = f"{under}. {study.installations[installation].title or installation}."
    return f"{asked}: {came}", f"{below} Assumed: {assumed}." if items else below


def table(trace: Trace) -> str:
    """A run as a table."""
    return trace_table(trace)


def trial_head(trial: Trial) -> str:
    """What a sentence means, before its effect is worked out."""
    binds = f"binds: {trial.party}" if trial.party else "binds no party: it is an assumption on the surroundings"
    picture = timing.timing_picture(trial.sentence.formula).rstrip("\n")
    return f"Read as: {meaning(trial.sentence)}\n\n{picture}\n\nIt {binds}.\n"


def still_failing(cells: Sequence[tuple[Cell, Cell]]) -> Cell | None:
    """The first goal that fails with the sentence, by a run."""
    return next((after for _, after in cells if isinstance(after.verdict, Fails) and after.verdict.trace), None)


def trial_text(trial: Trial, cells: Sequence[tuple[Cell, Cell]]) -> str:
    """What a sentence changes in the table, and what still fails."""
    width = max(len(before.name.goal) for before, _ in cells)
    lines = [f"Added to the proposal {trial.proposal!r}:", ""]
    for before, after in cells:
        possibility = isinstance(trial.without[before.name].goal.formula, Possible)
        old, new = word(before.verdict, possibility), word(after.verdict, possibility)
        lines.append(
            f"  {before.name.goal.ljust(width)}  " + (f"{old} -> {new}" if old != new else f"{new} (unchanged)")
        )
    lines.append("")
    for _, cell in cells:
        if isinstance(cell.verdict, Rejected | Undecided):
            lines += [f"{cell.name.goal}: because {cell.verdict.reason}.", ""]
            break
    failing = still_failing(cells)
    if failing is not None and isinstance(failing.verdict, Fails) and failing.verdict.trace is not None:
        kind = f" Class {failing.verdict.classification}" if failing.verdict.classification else ""
        lines += [f"What still fails, {failing.name.goal}:{kind}", "", trace_table(failing.verdict.trace)]
    return "\n".join(lines).rstrip()


def diagrams(study: Study) -> dict[str, str]:
    """File name and SVG of every machine, of every installation's wiring, and of the failures that are expected
    of what the study shows where nothing is named.

    Of checks under one proposal that fail by the same run, the first is drawn.
    """
    found = {f"{name}.svg": _svg(drawing.machine_dot(machine)) for name, machine in study.machines.items()}
    found |= {f"installation-{name}.svg": _svg(drawing.wiring_dot(net)) for name, net in study.installations.items()}
    failing = {(e.goal, e.proposal, e.installation) for e in study.expectations if e.verdict == "fails"}
    drawn: set[tuple[str, str, tuple[Entry, ...]]] = set()
    for name in [name for name in shown(study) if (name.goal, name.proposal, name.installation) in failing]:
        question = ask(study, name)
        verdict = unhurried(study, name.goal, question, judge(study, name, question))
        if isinstance(verdict, Fails) and verdict.trace is not None:
            same = (name.proposal, name.installation, verdict.trace.entries)
            if same not in drawn:
                drawn.add(same)
                where = "" if study.only_shown(name.installation) else f"-{name.installation}"
                found[f"run-{name.proposal}-{name.goal}{where}.svg"] = lanes(study, question, verdict)
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
    """Every sentence of the study, read back in words, for the first installation that has what it is about."""
    if not study.installations:
        return "no problem found; there is no installation to read the sentences with"
    name, *others = study.installations
    also = f"; {', '.join(others)} can be read as well" if others else ""
    lines = [f"Read for the installation {name}{also}.", ""]
    for kind in ("goal", "clause", "assumption", "reading"):
        items: dict[str, Any] = dict(getattr(study, f"{kind}s"))
        for item in items.values():
            about = study.read_of(item)
            where, network = next(pair for pair in study.installations.items() if speaks_of(about, pair[1]))
            if isinstance(item, Reading):
                sentence = read_otherwise(study, item.name, network)
            elif isinstance(item, Clause):
                sentence = clause_sentence(item, network)
            elif isinstance(item, Goal):
                sentence = goal_sentence(study, item.name, network)
            else:
                sentence = assumption_sentence(study, item.name, network)
            there = f" (of {where})" if where != name else ""
            lines += [f"{kind} {item.name}{there}", f"  {sentence.text}", f"  {meaning(sentence)}", ""]
    return "\n".join([*lines, "no problem found"])


def schemas(kind: str | None) -> dict[str, dict[str, Any]]:
    """The schema of every kind of file, or of one; :class:`InputError` where ``kind`` is none."""
    found = all_schemas()
    if kind is None:
        return found
    if kind not in found:
        raise InputError(Problem(f"there is no kind of file {kind!r}", did_you_mean(kind, [*found, "sentences"])))
    return {kind: found[kind]}
