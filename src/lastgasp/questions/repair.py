"""Who must change: all minimal sets of clauses that make a failing goal hold when they are added to its proposal.

That a goal *holds* asks more than that no run breaks it: it must speak of something that can happen, the clauses must
be obeyable, and what could happen before (the possibility goals of the study) must still be able to. Only the first is
monotone in the set of clauses, so it is what :mod:`.marco` enumerates; the rest is asked of each set that it finds. A
set that takes something away, or leaves nothing to speak of, is dropped with all larger ones, as those do so too. Above
one whose clauses cannot be obeyed the search goes on, as a further clause may keep a device out of trouble, but not one
that the run into the trouble obeys.

Where no addition is enough, as what would be contradicts what the proposal says already, clauses of the proposal are
withdrawn, one, then two, until that helps; the other goals that hold now must hold still.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from lastgasp.errors import InputError, InternalError, Problem
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, ask, ask_all, judge
from lastgasp.questions.effort import Effort
from lastgasp.questions.marco import Border, Chosen, Fit, Monotone, border
from lastgasp.questions.matrix import names
from lastgasp.questions.repair_answer import Alone, Refusal, Repair, Repairs
from lastgasp.questions.texts import Escape, Plain, Text, clause_texts
from lastgasp.sentences import Possible
from lastgasp.slicing import sliced
from lastgasp.study import Study, speaks_of
from lastgasp.validate import did_you_mean
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict


def repair(
    study: Study,
    check: CheckName | str,
    effort: Effort | None = None,
    *,
    candidates: Iterable[str] = (),
    only_parties: Iterable[str] = (),
    not_parties: Iterable[str] = (),
    installed: Iterable[str] = (),
) -> Repairs:
    """All minimal sets of candidates that make the goal of a check hold, and what each party can do alone.

    Candidates are the clauses of the study that its proposal does not have, or those that are named; without those
    that bind another party than ``only_parties``, one of ``not_parties``, or a device that is ``installed`` and cannot
    change. Raises :class:`InputError` where a name is unknown, no candidate is left, or there is nothing to repair.
    """
    name = CheckName.parsed(check, study) if isinstance(check, str) else check
    effort = effort or Effort()
    question = ask(study, name)
    texts = _candidates(study, question, candidates, only_parties, not_parties, installed)
    verdict = judge(study, name, question, limits=effort.each)
    if why := _needless(question, verdict):
        raise InputError(Problem(f"{name.goal}/{name.proposal} {why[0]}", why[1]))
    base = clause_texts(study, question.network, question.clauses)
    asked = ask_all(study, names(study, None, name.proposal, name.installation))
    plains = {item.goal: Plain(replace(q, clauses={}), (*texts, *base), effort) for item, q in asked.items()}
    titles = {goal.name: goal.title or goal.sentence for goal in study.goals.values()}
    search = _Search(
        plains.pop(name.goal), {_titled(goal, titles): other for goal, other in plains.items()}, len(texts)
    )
    return search.run(name, titles[name.goal], study.proposals[name.proposal].title or name.proposal, verdict)


def _titled(goal: str, titles: Mapping[str, str]) -> str:
    """The title of a goal, with its name where another goal has the same title."""
    shared = sum(title == titles[goal] for title in titles.values()) > 1
    return f"{titles[goal]} ({goal})" if shared else titles[goal]


def _candidates(
    study: Study,
    question: Question,
    candidates: Iterable[str],
    only_parties: Iterable[str],
    not_parties: Iterable[str],
    installed: Iterable[str],
) -> tuple[Text, ...]:
    wanted, only, never, fixed = list(candidates), set(only_parties), set(not_parties), set(installed)
    parties = {instance.machine.party for instance in question.network.instances if instance.machine.party}
    for party in (*only, *never):
        if party not in parties:
            raise InputError(Problem(f"there is no party {party!r} here", did_you_mean(party, parties)))
    for device in fixed:
        if device not in question.network.by_name:
            raise InputError(
                Problem(f"there is no device {device!r} here", did_you_mean(device, question.network.by_name))
            )
    for clause in wanted:
        study.pick("clause", clause)
        if clause in question.clauses:
            raise InputError(Problem(f"the proposal has the clause {clause!r} already", "name clauses that it lacks"))
    lacked = [clause for clause in study.clauses.values() if clause.name not in question.clauses]
    here = [clause.name for clause in lacked if speaks_of(clause, question.network)]
    texts = tuple(
        text
        for text in clause_texts(study, question.network, dict.fromkeys(wanted or here))
        if (not only or text.party in only) and text.party not in never and text.device not in fixed
    )
    if not texts:
        what = "there is no candidate: no clause is left that the proposal does not have and that may be added"
        raise InputError(Problem(what, "write clauses, or leave out fewer"))
    return texts


def _needless(question: Question, verdict: Verdict) -> tuple[str, str] | None:
    """Why there is nothing to repair, and what to do, in words."""
    if isinstance(question.goal.formula, Possible):
        if isinstance(verdict, Holds):
            return "can happen already", "ask for the repairs of what fails"
        return "asks what can happen; clauses only take runs away", "'lastgasp cores' tells which text forbids it"
    if isinstance(verdict, Holds):
        return "holds already", "'lastgasp cores' tells which text that needs"
    if isinstance(verdict, Vacuous):
        return f"holds already, but is vacuous: {verdict.reason}", "clauses only take runs away; withdraw some instead"
    return None


class _Search:
    """What is found out about the goal (``plain``) and the others of the study, by title.

    The first ``count`` texts are the candidates, the others are what the proposal says.
    """

    def __init__(self, plain: Plain, others: Mapping[str, Plain], count: int) -> None:
        self.plain, self.effort, self.count = plain, plain.effort, count
        self.candidates = frozenset(range(count))
        self.base = plain.all - self.candidates
        possible = {title: isinstance(other.question.goal.formula, Possible) for title, other in others.items()}
        self.life = {title: other for title, other in others.items() if possible[title]}
        self.safe = {title: other for title, other in others.items() if not possible[title]}
        self.doubts: list[str] = []
        self.good: dict[tuple[Chosen, Chosen], Holds] = {}
        self.refused: dict[tuple[Chosen, Chosen], Refusal] = {}
        self._verdicts: dict[tuple[str, frozenset[str]], Verdict] = {}

    def run(self, name: CheckName, title: str, proposal: str, verdict: Verdict) -> Repairs:
        """Look for repairs that withdraw nothing; if there are none, for those that withdraw as little as can be."""
        self.life = {title: other for title, other in self.life.items() if self._possible(title, other)}
        found = self.withdrawing(frozenset(), [])
        exact, withdrawn = found.exact, 0
        if not self.good and self.refused:
            self.safe = {title: other for title, other in self.safe.items() if self._holds(title, other)}
        while not self.good and self.refused and withdrawn < len(self.base) and not self.effort.late:
            withdrawn += 1
            for gone in map(frozenset, combinations(sorted(self.base), withdrawn)):
                exact &= self.withdrawing(gone, list(self.safe.values())).exact
        exact = exact and not self.doubts and not self.effort.late
        repairs = [Repair(self.plain.of(a), self.plain.of(gone), holds) for (a, gone), holds in self.good.items()]
        return Repairs(
            name,
            title,
            proposal,
            verdict,
            self.plain.of(self.candidates),
            tuple(sorted(repairs, key=lambda item: (len(item.parties), item.parties, len(item.texts)))),
            tuple(self.refused.values()),
            tuple(
                self._alone(party, exact) for party in dict.fromkeys(t.party for t in self.plain.of(self.candidates))
            ),
            tuple(Escape(self.plain.of(chosen), self.plain.run(chosen | self.base)) for chosen in found.maximal),
            tuple(self.life),
            tuple(self.doubts),
            exact,
            self.plain.asked,
        )

    def _possible(self, title: str, other: Plain) -> bool:
        """Whether something may be possible under the proposal as it stands, so that it must be afterwards."""
        gone = other.known.ask(self.base)
        if gone is None:
            self.doubts.append(f"whether “{title}” can happen now is not known")
        return not gone

    def _holds(self, title: str, other: Plain) -> bool:
        """Whether a goal holds under the proposal as it stands, so that it must afterwards."""
        verdict = other.verdict(self.base, self.effort.each)
        if isinstance(verdict, Undecided):
            self.doubts.append(f"whether “{title}” holds now is not known")
        return isinstance(verdict, Holds)

    def withdrawing(self, gone: Chosen, also: Sequence[Plain]) -> Border:
        """The repairs that withdraw just that and leave other goals safe."""
        kept = self.base - gone

        def oracle(chosen: Chosen) -> bool | None:
            answers = [plain.known.ask(chosen | kept) for plain in (self.plain, *also)]
            return False if False in answers else None if None in answers else True

        def hint(chosen: Chosen, answer: bool) -> Chosen:
            larger = (large for plain in (self.plain, *also) for large in plain.known.lacking if chosen | kept <= large)
            return chosen if answer else max(larger, key=len) & self.candidates

        known = Monotone(self.count, oracle, hint)
        found = border(known, suits=lambda chosen: self.fit(chosen, gone), ended=lambda: self.effort.late)
        self.good = {key: holds for key, holds in self.good.items() if key[1] != gone or key[0] in found.minimal}
        return found

    def fit(self, chosen: Chosen, gone: Chosen) -> Fit:
        """Whether a set with which the goal is safe makes it hold, with life still possible."""
        texts = chosen | (self.base - gone)
        lost = tuple(title for title, possible in self.life.items() if possible.known.ask(texts))
        if lost:
            return self._refuse(chosen, gone, Fit(False, self.candidates), "", lost)
        limits = replace(self.effort.each, memory=Memory())
        for title, asked in {"": self.plain, **self.life}.items():
            verdict = self._verdict(title, asked, texts, limits)
            if isinstance(verdict, Fails) and title:
                return self._refuse(chosen, gone, Fit(False, self.candidates), "", (title,))
            if isinstance(verdict, Vacuous):
                return self._refuse(chosen, gone, Fit(False, self.candidates), verdict.reason)
            if isinstance(verdict, Rejected | Undecided):
                sure = False if isinstance(verdict, Rejected) else None
                fit = Fit(sure, asked.lasting(texts, verdict) & self.candidates)
                about = f"whether “{title}” can happen is not known: " if title else ""
                return self._refuse(chosen, gone, fit, about + verdict.reason)
            if isinstance(verdict, Fails):
                raise InternalError(f"{verdict.check} fails, though plain safety is proved")
            if not title:
                self.good[chosen, gone] = verdict
        return Fit(True)

    def _refuse(self, chosen: Chosen, gone: Chosen, fit: Fit, reason: str, lost: tuple[str, ...] = ()) -> Fit:
        self.good.pop((chosen, gone), None)
        of = self.plain.of
        self.refused[chosen, gone] = Refusal(of(chosen), of(gone), reason, lost, fit.good is not None)
        return fit

    def _verdict(self, title: str, asked: Plain, chosen: Chosen, limits: Limits) -> Verdict:
        """The whole verdict. Sets that differ only in what is cut from it have the same one."""
        question = asked.under(chosen)
        part = sliced(question.network, question.restrict, [question.goal], apart=True)
        key = title, frozenset(part.restrict).union(*(group.restrict for group in part.apart))
        if key not in self._verdicts:
            self._verdicts[key] = asked.verdict(chosen, limits)
        return self._verdicts[key]

    def _alone(self, party: str, exact: bool) -> Alone:
        """What a party can do: all that binds it at once, as no run comes back by adding a clause."""
        its = frozenset(place for place in self.candidates if self.plain.texts[place].party == party)
        known = self.plain.known
        safe = known.known(its | self.base) if self.effort.late else known.ask(its | self.base)
        if safe is False:
            return Alone(party, self.plain.of(its), False, self.plain.run(its | self.base))
        enough = True if any(chosen <= its for chosen, _ in self.good) else False if exact else None
        return Alone(party, self.plain.of(its), enough)
