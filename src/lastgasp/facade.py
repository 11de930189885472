"""The facade: a goal, an installation and a proposal in, a verdict with checked evidence out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from lastgasp import safety
from lastgasp.engines.race import Lost, race
from lastgasp.errors import Disagreement, InputError, InternalError, LastgaspError, NotApplicable
from lastgasp.evidence import CutTooMuch
from lastgasp.language.proof_files import question_text
from lastgasp.question import Limits, Question
from lastgasp.routes import by_induction, by_search, by_spacer, by_zones, recalled
from lastgasp.safety import Safety, Unsettled
from lastgasp.sentences import Possible
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import safely_cut
from lastgasp.verdict import Rejected, Undecided, Verdict

Answer = TypeVar("Answer")

Route = Callable[[Question, Slice, Limits], Verdict]

SOLVERS: dict[str, Route] = {"bmc": by_search, "induction": by_induction, "spacer": by_spacer}
SAFETY: dict[str, Callable[[Question, Slice, Limits], Safety]] = {
    "bmc": safety.by_search,
    "induction": safety.by_induction,
    "spacer": safety.by_spacer,
}
ENGINES = ("auto", "zones", *SOLVERS, "all")

GRACE = 5.0
"""Seconds that a process may take beyond its limit to give its reason."""


def decide(question: Question, engine: str = "auto", limits: Limits | None = None) -> Verdict:
    """Answer one question by one engine, by what fits (``auto``), or by ``all`` of them, compared.

    ``auto`` tries zones first, and where these do not decide, the solvers side by side in processes: the first checked
    answer wins. Raises :class:`InternalError` where evidence fails its check, :class:`Disagreement` where engines
    contradict each other, :class:`NotApplicable` where the named engine cannot treat the network.
    """
    if engine not in ENGINES:
        raise InputError(f"there is no engine {engine!r}; there are {', '.join(ENGINES)}")
    limits = limits or Limits()
    return _of_part(question, lambda: safely_cut(question, limits), lambda p: _decided(question, p, engine, limits))


def safe(question: Question, limits: Limits | None = None) -> Safety:
    """Plain safety: whether some run breaks the goal, whatever else is wrong. Monotone in the set of sentences.

    By zones, and by the solvers side by side where zones refuse or give up. Raises :class:`InternalError` where
    evidence fails its check.
    """

    def cut() -> Slice:
        return sliced(question.network, question.restrict, [question.goal], apart=True)

    return _of_part(question, cut, lambda part: _safe(question, part, limits or Limits()))


def _of_part(question: Question, cut: Callable[[], Slice], answer: Callable[[Slice], Answer]) -> Answer:
    """An answer by the part of the network that can influence the goal, or by all of it where too much was cut."""
    for name, sentence in question.restrict.items():
        if isinstance(sentence.formula, Possible):
            raise InputError(f"{name!r} says that something is possible; that takes no run away, so ask it as a goal")
    try:
        return answer(cut())
    except CutTooMuch:
        return answer(Slice(question.network, question.restrict, ()))


def _safe(question: Question, part: Slice, limits: Limits) -> Safety:
    first: Safety
    try:
        first = safety.by_zones(question, part, limits)
    except NotApplicable as refusal:
        first = Unsettled("zones", str(refusal))
    if not isinstance(first, Unsettled) or first.final:
        return first
    reasons = [first.reason]
    for name, answer in _solved(SAFETY, question, part, limits):
        if not isinstance(answer, str | Unsettled):
            return answer
        reasons.append(f"{name}: {answer if isinstance(answer, str) else answer.reason}")
    return Unsettled("zones", "; ".join(reasons))


def _decided(question: Question, part: Slice, engine: str, limits: Limits) -> Verdict:
    asked = ("zones", *SOLVERS) if engine == "auto" else (engine,) * (engine != "all")
    known = recalled(question, part, asked, limits)
    if known is not None:
        return known
    if engine in SOLVERS:
        return SOLVERS[engine](question, part, limits)
    if engine == "zones":
        return by_zones(question, part, limits)
    answers: list[Verdict] = []
    try:
        answers.append(by_zones(question, part, limits))
    except NotApplicable as refusal:
        answers.append(Undecided(question.name, "zones", reason=str(refusal)))
    if engine == "all" or isinstance(answers[0], Undecided):
        for name, solved in _solved(SOLVERS, question, part, limits):
            answers.append(Undecided(question.name, name, reason=solved) if isinstance(solved, str) else solved)
            if engine == "auto" and not isinstance(answers[-1], Undecided):
                break
    return agreed(question, answers, both=engine == "all")


def _solved(
    routes: Mapping[str, Callable[[Question, Slice, Limits], Answer]], question: Question, part: Slice, limits: Limits
) -> Iterable[tuple[str, Answer | str]]:
    """The answers of the solvers' routes as they come in; of one without an answer the reason, in words."""
    quiet = replace(limits, progress=None)
    work = {name: partial(route, question, part, quiet) for name, route in routes.items()}
    seconds = None if limits.seconds is None else limits.seconds + GRACE
    for name, answer in race(work, seconds=seconds, megabytes=limits.megabytes):
        match answer:
            case Lost() | NotApplicable():
                yield name, str(answer)
            case LastgaspError():
                raise answer
            case found:
                yield name, found


def agreed(question: Question, answers: list[Verdict], *, both: bool) -> Verdict:
    """The one verdict that several routes lead to; :class:`Disagreement` where they contradict each other."""
    decided = [answer for answer in answers if not isinstance(answer, Undecided)]
    if not decided:
        reasons = tuple(f"{a.engine}: {a.reason}" for a in answers[1:] if isinstance(a, Undecided) and a.reason)
        return replace(answers[0], notes=(*answers[0].notes, *reasons))
    rejected = next((answer for answer in decided if isinstance(answer, Rejected)), None)
    if rejected is not None:
        return rejected  # solvers do not ask everything that comes before a verdict
    if len({type(answer) for answer in decided}) > 1:
        said = {answer.engine: type(answer).__name__ for answer in decided}
        words = ", ".join(f"{engine} says {word}" for engine, word in said.items())
        report = {"check": question.name, "answers": said, "question": _report(question)}
        raise Disagreement(f"the engines disagree on {question.name}: {words}", report)
    routes = "two routes agree" if len({answer.engine in SOLVERS for answer in decided}) > 1 else "one route"
    return replace(decided[0], notes=(*decided[0].notes, routes) if both else decided[0].notes)


def _report(question: Question) -> object:
    try:
        return question_text(question.network, question.goal, question.clauses, question.assumptions)
    except (InputError, InternalError) as error:
        return f"cannot be written: {error}"
