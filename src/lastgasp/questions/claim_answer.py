"""The answer to a claim, with the checks that it rests on: in plain English, and as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lastgasp.claim import Claim, Stated
from lastgasp.expr import duration_text
from lastgasp.question import Question
from lastgasp.sentences import Possible
from lastgasp.verdict import Fails, Holds, Verdict

RESULT_VERSION = 1
UNDECIDED = "undecided"
"""The answer where a check could not be decided within its limits: none of those that a claim can expect."""


@dataclass(frozen=True, slots=True)
class Came:
    """One check of a claim, of one installation, with its verdict.

    ``true``: whether it came out as stated; ``None`` where that is not known, for the reason ``why``.
    """

    stated: Stated
    title: str
    question: Question
    verdict: Verdict
    true: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A claim with its answer, and the checks of its reading as it stands.

    ``conditions``: the smallest sets of clauses or profiles (by their titles) with which it follows. ``hangs_on``: what
    no source fixes, with each thing that was tried and whether it then follows. ``tried``: how many sets were tried.
    ``timings``: for which values it follows, exactly, in words.
    ``timings``: for which values it follows, exactly, in words.
    """

    claim: Claim
    answer: str
    checks: tuple[Came, ...]
    conditions: tuple[tuple[str, ...], ...] = ()
    hangs_on: tuple[tuple[str, bool | None], ...] = ()
    tried: int = 0
    timings: str = ""
    reason: str = ""

    @property
    def differs(self) -> bool:
        """Whether the answer is another than the expected one; none at all is not."""
        return self.answer not in (self.claim.expect, UNDECIDED)

    def words(self) -> str:
        """The answer in plain English, then the checks that it rests on."""
        lines = [f"{self.claim.respondent}, question {self.claim.question}: {self.claim.says}", self.sentence()]
        return "\n".join(
            [*lines, *(f"  {number}. {line}" for number, line in enumerate(map(came_words, self.checks), 1))]
        )

    def sentence(self) -> str:
        """The answer as one sentence."""
        match self.answer:
            case "follows":
                return "It follows."
            case "contradicted":
                tried = f"; none of {self.tried} sets of clauses or devices that were tried helps" if self.tried else ""
                return f"It is contradicted{tried}."
            case "follows only if" if self.timings:
                return f"It does not follow for all timings. It follows if and only if {self.timings}."
            case "follows only if":
                ways = "; or with ".join(" and ".join(f"'{name}'" for name in names) for names in self.conditions)
                return f"It does not follow as it stands. Of what was tried, it follows with {ways}."
            case "not decidable":
                tries = "; ".join(f"{words}: it {_truth(true)}" for words, true in self.hangs_on)
                return f"It cannot be decided from the sources: {tries}."
        return f"It was not decided: {self.reason}."

    def to_json(self) -> dict[str, Any]:
        """The neutral form; traces inside are self-contained."""
        return {
            "claim": self.claim.name,
            "respondent": self.claim.respondent,
            "question": self.claim.question,
            "says": self.claim.says,
            "answer": self.answer,
            "in words": self.sentence(),
            "expected": self.claim.expect,
            "as expected": not self.differs,
            "conditions": [list(names) for names in self.conditions],
            "timings": self.timings,
            "hangs on": [{"with": words, "follows": true} for words, true in self.hangs_on],
            "reason": self.reason,
            "checks": [_came_json(came) for came in self.checks],
        }


def claims_json(answers: Iterable[Answered]) -> dict[str, Any]:
    """The neutral form of answers, versioned."""
    return {"lastgasp-result": RESULT_VERSION, "claims": [answer.to_json() for answer in answers]}


def _truth(true: bool | None) -> str:
    return {True: "follows", False: "does not", None: "is not decided"}[true]


def came_words(came: Came) -> str:
    """One check in words: what was asked, under what, how it came out and what shows it."""
    said = outcome_word(came)
    kind = getattr(came.verdict, "classification", "")
    said += f" ({kind})" if kind else ""
    trace = getattr(came.verdict, "trace", None)
    shown = f"a run of {duration_text(trace.end)}" if trace else "a proof" if came.true is not None else ""
    ends = {True: "as stated", False: "not as stated", None: f"which decides nothing: {came.why}"}
    return f"{came.title}: {said}" + (f", by {shown}" if shown else "") + f"; {ends[came.true]}."


def picture_words(answer: Answered, came: Came) -> tuple[str, str]:
    """What stands above the picture of a check's run: the claim with its answer; who claims it and what was checked."""
    claim = answer.claim
    title = f"Claim: {claim.title or claim.says} ({answer.answer})"
    return title, f"{claim.respondent}, question {claim.question}. Checked: {came.title}: {outcome_word(came)}."


def outcome_word(came: Came) -> str:
    """The word of a verdict, for what must be or for what can be."""
    possible = isinstance(came.question.goal.formula, Possible)
    match came.verdict:
        case Holds():
            return "can happen" if possible else "holds"
        case Fails():
            return "cannot happen" if possible else "fails"
    return type(came.verdict).__name__.lower()


def _came_json(came: Came) -> dict[str, Any]:
    trace = getattr(came.verdict, "trace", None)
    return {
        "asked": came.title,
        "sentence": came.question.goal.text,
        "clauses": {name: sentence.text for name, sentence in came.question.clauses.items()},
        "assumptions": {name: sentence.text for name, sentence in came.question.assumptions.items()},
        "stated": came.stated.outcome,
        "found": outcome_word(came),
        "class": getattr(came.verdict, "classification", ""),
        "as stated": came.true,
        "why": came.why,
        "engine": came.verdict.engine,
        "trace": trace.to_json() if trace else None,
    }
