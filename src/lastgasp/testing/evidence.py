"""What a failing test says: the verdict with its evidence, and the wording of the clauses in force."""

from __future__ import annotations

from collections.abc import Iterator

from lastgasp.cli.show import explanation
from lastgasp.question import Question
from lastgasp.questions.matrix import Cell, verdict_word
from lastgasp.render.words import folded
from lastgasp.study import Study
from lastgasp.verdict import Undecided, Verdict

WIDTH = 100


def check_text(study: Study, question: Question, cell: Cell) -> str:
    """A check that is not as expected, with its evidence."""
    if isinstance(cell.verdict, Undecided):
        head = f"undecided: {cell.verdict.reason}"
    else:
        head = f"expected {cell.expected}, found {verdict_word(cell.verdict)}"
    return "\n".join([head, "", verdict_text(question, cell.verdict, study)])


def verdict_text(question: Question, verdict: Verdict, study: Study | None = None) -> str:
    """A verdict with its evidence: the run as a table, and what the texts say."""
    study = study or Study()
    return "\n".join([explanation(study, question, verdict), *_quotes(study, question)])


def internal_text(error: Exception) -> str:
    """A defect of this library, which must not look like a verdict."""
    return f"lastgasp: internal error: {type(error).__name__}: {error}"


def _quotes(study: Study, question: Question) -> Iterator[str]:
    clauses = [study.clauses[name] for name in question.clauses if name in study.clauses]
    if clauses:
        yield from ("", "What the texts say:")
    for clause in clauses:
        where = ", ".join(filter(None, (clause.document, clause.source, clause.status)))
        yield from folded(f"{clause.name} ({where}): “{' '.join(clause.wording.split())}”", WIDTH, "  ", "    ")
