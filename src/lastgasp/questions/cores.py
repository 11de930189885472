"""Which clauses and assumptions does the proof need: all minimal sets of them with which a goal is safe.

A set *suffices* if no run that obeys it breaks the goal (:mod:`lastgasp.safety`), which is monotone. A text is *needed
by every proof* if all the others together do not suffice; by *some* if it lies in a minimal set that does, that is, if
it makes the difference for some set that does not suffice; by *none* otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from lastgasp.errors import InputError, Problem
from lastgasp.question import Memory, Question
from lastgasp.questions.asking import CheckName, ask, judge
from lastgasp.questions.effort import Effort
from lastgasp.questions.marco import Border, Chosen, border
from lastgasp.questions.matrix import names, verdict_word
from lastgasp.questions.texts import Escape, Plain, Text, assumption_texts, clause_texts
from lastgasp.safety import Safe
from lastgasp.sentences import Possible
from lastgasp.study import Study
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict


class Need(Enum):
    """Whether proofs need a text."""

    EVERY = "needed by every proof"
    SOME = "needed by some proofs, not by all"
    NONE = "needed by no proof"
    OPEN = "not known to be needed"


@dataclass(frozen=True, slots=True)
class Core:
    """Texts that suffice: with the proof, the verdict where they are all the text there is, and whether they are known
    to be minimal."""

    texts: tuple[Text, ...]
    proof: Safe
    verdict: Verdict
    minimal: bool


@dataclass(frozen=True)
class Cores:
    """The answer for one check. If not ``exact``, cores may be missing, and some may not be minimal."""

    name: CheckName
    title: str
    proposal: str
    question: Question
    verdict: Verdict
    texts: tuple[Text, ...]
    needs: Mapping[str, Need]
    cores: tuple[Core, ...]
    escapes: tuple[Escape, ...]
    exact: bool
    asked: int

    @property
    def impossible(self) -> bool:
        """Whether what was proved is that something cannot happen."""
        return isinstance(self.question.goal.formula, Possible)

    @property
    def partial(self) -> bool:
        """Whether something was left undecided: what suffices, or that the goal holds with all of it."""
        return not self.exact or isinstance(self.verdict, Undecided)

    def needed(self, need: Need) -> tuple[Text, ...]:
        """The texts of which that is true."""
        return tuple(text for text in self.texts if self.needs[text.name] is need)

    def words(self) -> str:
        """A paragraph, then the texts by need, then the sets."""
        return "\n".join([self._paragraph(), *self._needs(), *self._sets()])

    def _paragraph(self) -> str:
        does = "cannot happen" if self.impossible else "holds"
        if isinstance(self.verdict, Undecided):
            does = f"is undecided (because {self.verdict.reason})"
        count, plural = len(self.cores), len(self.cores) != 1
        if self.exact:
            sets = f"{count} minimal sets of texts suffice" if plural else "One minimal set of texts suffices"
            sure = f"The answer is exact: {self.asked} sets were looked at, and what is true of the others follows"
        else:
            sets = f"{count} set{'s' * plural} of texts {'are' if plural else 'is'} known to suffice"
            sure = "The answer is approximate: not everything was decided within the limits"
        return f"“{self.title}” {does} under “{self.proposal}”. {sets}. {sure}."

    def _needs(self) -> Iterator[str]:
        for need in Need:
            if found := self.needed(need):
                yield f"\n{need.value[0].upper()}{need.value[1:]}:"
                yield from (f"  {text}" for text in found)
        if any(text.party for text in self.needed(Need.NONE)):
            yield f"\n{REDUNDANT}: only this check was asked."

    def _sets(self) -> Iterator[str]:
        for number, core in enumerate(self.cores, 1):
            yield f"\nSet {number}:" if core.texts else f"\nSet {number}: no text at all, the model suffices"
            yield from (f"  {text}" for text in core.texts)
            if not core.minimal:
                yield "  (a part of it may suffice)"
            if isinstance(core.verdict, Undecided | Rejected | Vacuous):
                yield f"  (no run breaks the goal with these alone, but {core.verdict.reason})"

    def to_json(self) -> dict[str, Any]:
        """The neutral form, versioned; traces inside are self-contained."""
        return {"lastgasp-result": 1, "cores": [self.item()]}

    def item(self) -> dict[str, Any]:
        """The answer as one item of a result."""
        return {
            "check": str(self.name),
            "exact": self.exact,
            "texts": [text.to_json() | {"need": self.needs[text.name].value} for text in self.texts],
            "sets that suffice": [
                {
                    "texts": [text.name for text in core.texts],
                    "minimal": core.minimal,
                    "engine": core.proof.engine,
                    "alone": verdict_word(core.verdict),
                    "reason": getattr(core.verdict, "reason", ""),
                }
                for core in self.cores
            ],
            "sets that do not": [escape.to_json() for escape in self.escapes],
        }


@dataclass(frozen=True)
class ProposalCores:
    """The answers for every check of a proposal that rests on a proof, and why the others were not asked."""

    proposal: str
    title: str
    asked: tuple[Cores, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def partial(self) -> bool:
        """Whether some answer is."""
        return any(item.partial for item in self.asked)

    def needs(self) -> dict[Text, dict[Need, list[str]]]:
        """For each text the titles of the goals of which each need is true."""
        found: dict[Text, dict[Need, list[str]]] = {}
        for item in self.asked:
            for text in item.texts:
                found.setdefault(text, {}).setdefault(item.needs[text.name], []).append(item.title)
        return found

    def words(self) -> str:
        """A paragraph, then each text with the goals that need it."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        count = len(self.asked)
        how = "approximate: not everything was decided within the limits" if self.partial else "exact"
        goals = f"{count} goal{'s' * (count != 1)}"
        yield f"What {goals} under “{self.title}” need{'s' * (count == 1)} of its texts. The answer is {how}."
        needless = []
        for text, needs in self.needs().items():
            yield f"\n{text}"
            for need in Need:
                if titles := needs.get(need):
                    yield f"  {need.value}" + (
                        f": {'; '.join(titles)}" if len(titles) < count else ", whatever is asked"
                    )
            if text.party and set(needs) == {Need.NONE}:
                needless.append(text)
        if needless:
            yield f"\n{REDUNDANT}. Asked were: {'; '.join(item.title for item in self.asked)}."
        if self.skipped:
            yield "\nNot asked:"
            yield from (f"  {title}: {why}" for title, why in self.skipped)

    def to_json(self) -> dict[str, Any]:
        """The neutral form, versioned."""
        skipped = [{"goal": title, "why": why} for title, why in self.skipped]
        return {"lastgasp-result": 1, "cores": [item.item() for item in self.asked], "not asked": skipped}


REDUNDANT = "A clause that no proof needs is redundant text, or a gap in the model"


def cores(study: Study, check: CheckName | str, effort: Effort | None = None) -> Cores:
    """All minimal sets of clauses and assumptions with which the goal of a check is safe.

    For a possibility goal: with which it cannot happen. :class:`InputError` where nothing is proved to begin with.
    """
    name = CheckName.parsed(check, study) if isinstance(check, str) else check
    effort = effort or Effort()
    question = ask(study, name)
    verdict = judge(study, name, question, limits=effort.each)
    try:
        return _cores(study, name, question, verdict, effort)
    except NotProved as why:
        raise InputError(Problem(f"{name.goal}/{name.proposal} {why.what}", why.cure)) from None


def proposal_cores(
    study: Study, proposal: str | None = None, installation: str | None = None, effort: Effort | None = None
) -> ProposalCores:
    """The same for every goal that is proved under a proposal; those that are not are named with the reason.

    Names may be left out where the study has one only.
    """
    effort = effort or Effort()
    proposal, installation = study.only("proposal", proposal), study.only("installation", installation)
    found, skipped = [], []
    for name in names(study, None, proposal, installation):
        stated, question = study.goals[name.goal], ask(study, name)
        verdict = judge(study, name, question, limits=effort.each)
        try:
            found.append(_cores(study, name, question, verdict, effort))
        except NotProved as why:
            skipped.append((stated.title or stated.sentence, why.what))
    title = study.proposals[proposal].title or proposal
    return ProposalCores(proposal, title, tuple(found), tuple(skipped))


class NotProved(Exception):
    """Why there are no cores, and what to do, in words."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what, self.cure = what, cure


def need_proof(question: Question, verdict: Verdict) -> None:
    """:class:`NotProved` where a verdict rests on no proof; that it is undecided may still leave one."""
    match verdict:
        case Holds() if isinstance(question.goal.formula, Possible):
            raise NotProved("is shown to be possible by a run, which needs no text", "ask about a goal that is proved")
        case Fails() if not isinstance(question.goal.formula, Possible):
            raise NotProved("does not hold", "'lastgasp repair' tells what would make it hold")
        case Vacuous():
            raise NotProved(f"is vacuous: {verdict.reason}", "'lastgasp explain' shows more")
        case Rejected():
            raise NotProved(f"does not hold: {verdict.reason}", "'lastgasp explain' shows more")


def _cores(study: Study, name: CheckName, question: Question, verdict: Verdict, effort: Effort) -> Cores:
    need_proof(question, verdict)
    texts = (
        *clause_texts(study, question.network, question.clauses),
        *assumption_texts(study, question.network, question.assumptions),
    )
    plain = Plain(replace(question, clauses={}, assumptions={}), texts, effort)
    if isinstance(verdict, Holds | Fails):
        assert verdict.certificate is not None
        plain.known.learn(plain.proved(Safe(verdict.engine, verdict.certificate)), True)
    elif plain.known.ask(plain.all) is False:
        reason = getattr(verdict, "reason", "")
        raise NotProved("is not proved: a run says otherwise, as far as it goes", f"it is undecided, because {reason}")
    for place in range(len(texts)):  # first what is needed by every proof: a partial answer has that at least
        if not effort.late:
            plain.known.ask(plain.all - {place})
    found = border(plain.known, ended=lambda: effort.late)
    goal, proposal = study.goals[name.goal], study.proposals[name.proposal]
    return Cores(
        name,
        goal.title or goal.sentence,
        proposal.title or proposal.name,
        question,
        verdict,
        texts,
        {text.name: _need(plain, found, place) for place, text in enumerate(texts)},
        tuple(_core(plain, found, chosen) for chosen in sorted(plain.known.having, key=lambda c: (len(c), sorted(c)))),
        tuple(Escape(plain.of(chosen), plain.run(chosen)) for chosen in found.maximal),
        found.exact,
        plain.asked,
    )


def _need(plain: Plain, found: Border, place: int) -> Need:
    """What the answers so far prove: a text lies in a minimal set if and only if it makes some difference."""
    if plain.known.known(plain.all - {place}) is False:
        return Need.EVERY
    if any(place not in large and plain.known.known(large | {place}) for large in found.maximal):
        return Need.SOME
    return Need.NONE if found.exact else Need.OPEN


def _core(plain: Plain, found: Border, chosen: Chosen) -> Core:
    if plain.effort.late:
        verdict: Verdict = Undecided(plain.question.name, "zones", reason="the time was up")
    else:
        verdict = plain.verdict(chosen, replace(plain.effort.each, memory=Memory()))
    return Core(plain.of(chosen), plain.proof(chosen), verdict, found.surely_minimal(chosen))
