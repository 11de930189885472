"""What may notice that a study was changed: its checks with the verdicts that are expected, and its sanity reports.

Nothing is asked that cannot notice a change: a check, or a part of a report, whose question is what it was. Equal
questions are asked once; in both, what sentences are called does not matter. What notices much in little time comes
first.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from itertools import chain

from lastgasp import routes, soundness
from lastgasp.claim import Stated
from lastgasp.errors import InternalError, LastgaspError
from lastgasp.machine import Instance, Machine
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions import claims
from lastgasp.questions.asking import CheckName, ask_all, judge, sentences_of
from lastgasp.questions.classes import conditions
from lastgasp.questions.matrix import compared
from lastgasp.sanity import NOTHING, part_oddities, parts, surely_false, walked
from lastgasp.sentences import NeverHeld, Possible, Sentence
from lastgasp.slicing import Slice, instances_of, sliced
from lastgasp.study import Study
from lastgasp.verdict import Undecided, Verdict

KINDS = ("goal", "possibility", "expectation", "sanity", "refused")
"""What notices: a goal that held, something that was possible, a failure on record, a sanity report, a refused text."""

REPORTED = ("today", "mains-signal")
"""The proposals under which sanity reports are looked at: the text in force, and the text that suffices."""


UNFINISHED = "not decided: not all of"
"""So begins what a report says of a part that it did not see the end of."""


@dataclass(frozen=True)
class Notice:
    """What noticed a change, one of :data:`KINDS`, and what it said."""

    kind: str
    by: str
    says: str


@dataclass(frozen=True, order=True)
class Part:
    """A part of a sanity report: what it says of these instances."""

    proposal: str
    installation: str
    fresh: tuple[str, ...]

    def __str__(self) -> str:
        return f"sanity/{self.proposal}/{self.installation}"


@dataclass(frozen=True, order=True)
class Check:
    """A check of a claim in an installation, by its number."""

    claim: str
    number: int
    installation: str

    def __str__(self) -> str:
        return f"claim/{self.claim}/{self.installation}"


Item = CheckName | Check | Part


def proofs_are_believed() -> None:
    """From here on proofs are not checked again: verdicts are compared, and it would take half of the time."""
    routes.recheck_inductive = soundness.recheck_sound = lambda *proof: None


def said(study: Study, name: CheckName, verdict: Verdict, limits: Limits) -> str:
    """What a check says where that is not what is expected; nothing where it did not end within the limits."""
    if isinstance(verdict, Undecided) and verdict.trace is None:
        return ""
    if compared(study, name, verdict, limits).expected or isinstance(verdict, Undecided):
        return " ".join([type(verdict).__name__, getattr(verdict, "classification", "").partition(":")[0]]).strip()
    return ""


def about(question: Question, part: Slice) -> Hashable:
    """Equal for questions about a part of a network that have the same answer, since they say the same.

    What was cut apart belongs to it, as all of the network. What sentences are called does not matter, nor what is sent
    to nobody, nor what a setting switches off or puts out of reach.
    """
    network, restrict = (question.network, question.restrict) if part.apart else (part.network, part.restrict)
    spoken = repr([item.formula for item in (*restrict.values(), question.goal)])
    heard = {(source, name) for item in network.instances for source, name in _hears(item)}
    instances = tuple(
        (
            item.name,
            frozenset(item.wires.items()),
            frozenset((name, str(value)) for name, value in item.settings.items()),
            _behaviour(item, {e.name for e in item.machine.sends if (item.name, e.name) in heard or e.name in spoken}),
        )
        for item in network.instances
    )
    bound = frozenset((name in question.clauses, item.binds, item.formula) for name, item in restrict.items())
    return instances, bound, question.goal.binds, question.goal.formula


def _hears(instance: Instance) -> Iterator[tuple[str, str]]:
    for port in instance.machine.ports:
        for source in instance.wired(port.name):
            yield from ((source, event) for event in port.hears)


def _behaviour(instance: Instance, heard: Set[str]) -> Hashable:
    """What a machine does at these settings, for those who notice no other of its events.

    Its parameters, variables and clocks are told by its name: mutants change states and transitions alone.
    """
    machine = instance.machine
    values = {item.name: instance.settings.get(item.name, item.value) for item in machine.parameters}
    left = {at: step for at, step in enumerate(machine.transitions) if not surely_false(step.guard, values)}
    _, reached = walked(machine, left)
    steps = frozenset(
        (source, item.target, item.trigger, item.guard, item.assign, item.restart, item.send in heard and item.send)
        for item in left.values()
        for source in reached.intersection(item.sources)
    )
    given = tuple((replace(state, label="", gives={}), frozenset(state.gives.items())) for state in machine.states)
    return machine.name, given, steps


def sending(machine: Machine) -> list[tuple[str, str | None]]:
    """The steps by which a machine sends, by their labels, with what they send."""
    return [(step.label, step.send) for step in machine.transitions if step.send]


class Asked:
    """The questions of a study as they are needed, with what was found out on the way."""

    def __init__(self, study: Study, checks: Iterable[CheckName]) -> None:
        self.study = study
        self.limits = Limits(memory=Memory())
        self.questions = ask_all(study, checks)
        self._verdicts: dict[Hashable, Verdict] = {}
        self._reports: dict[tuple[str, str], tuple[Question, dict[tuple[str, ...], Slice]]] = {}

    def report(self, proposal: str, installation: str) -> tuple[Question, dict[tuple[str, ...], Slice]]:
        """What a sanity report is about, and its parts by the instances that each is for."""
        if (proposal, installation) not in self._reports:
            network, *restrict = sentences_of(self.study, installation, proposal)
            question = Question(installation, network, NOTHING, *restrict)
            found = {tuple(sorted(fresh)): part for part, fresh in parts(question)}
            self._reports[proposal, installation] = question, found
        return self._reports[proposal, installation]

    def stated(self, item: Check) -> tuple[Stated, Study, Question]:
        """What a check of a claim states, and its question with the study that it is asked of."""
        check = self.study.claims[item.claim].checks[item.number]
        return check, *claims.asked(self.study, check, item.installation, claims.AS_IT_STANDS)

    def key(self, item: Item) -> Hashable:
        """Equal for items, of this study or of another, that say the same."""
        if isinstance(item, Part):
            question, found = self.report(item.proposal, item.installation)
            return item, self._machines(question, found.get(item.fresh))
        if isinstance(item, Check):
            check, _, question = self.stated(item)
            return item, self._part(check.goal, question)
        return item.goal, self._part(item.goal, self.questions[item])

    def _part(self, goal: str, question: Question) -> Hashable:
        """What a question is about: its part, or all of it where the class of a failure depends on more."""
        part = sliced(question.network, question.restrict, [question.goal], apart=True)
        rules = [rule for rule in self.study.classifications if goal in rule.goals]
        read = [condition for rule in rules for condition in conditions(rule, question.network)]
        told = {name for condition in read for name in instances_of(Sentence("", NeverHeld(condition)))}
        whole = not told <= set(part.network.by_name)
        return about(question, Slice(question.network, question.restrict, ()) if whole else part)

    def _machines(self, question: Question, part: Slice | None) -> Hashable:
        """What a part of a report is about, to the letter: it tells of each transition."""
        network = part.network if part and not part.apart else question.network
        restrict = part.restrict if part else question.restrict
        instances = tuple((item.name, id(item.machine)) for item in network.instances)
        return part is not None, instances, frozenset((name, item.formula) for name, item in restrict.items())

    def verdict(self, name: CheckName, key: Hashable) -> Verdict:
        """The verdict of a check, by zones alone, which decide every check of the study; of equal ones once."""
        if key not in self._verdicts:
            judged = judge(self.study, name, self.questions[name], engine="zones", limits=self.limits)
            self._verdicts[key] = judged
        return self._verdicts[key]

    def comes_out(self, item: Check) -> str:
        """How a check of a claim comes out: whether as stated, and what the verdict is."""
        check, within, question = self.stated(item)
        name = CheckName(check.goal or claims.OWN, claims.OWN, item.installation)
        verdict = judge(within, name, question, engine="zones", limits=self.limits)
        true, _ = claims.as_stated(check, question, verdict)
        return f"{type(verdict).__name__}, {'as' if true else 'open, not' if true is None else 'not as'} stated"

    def parted(self, proposal: str, installation: str) -> list[Part]:
        """The parts of a sanity report."""
        return [Part(proposal, installation, fresh) for fresh in self.report(proposal, installation)[1]]

    def only_listens(self, part: Part) -> bool:
        """Whether a part is for machines that hear others, and that nobody heeds."""
        network = self.report(part.proposal, part.installation)[0].network
        heeded = {
            source for item in network.instances for port in item.machine.ports for source in item.wired(port.name)
        }
        own = [network.by_name[name] for name in part.fresh]
        return not any(item.name in heeded or any(port.reads for port in item.machine.ports) for item in own)

    def lines(self, part: Part) -> Iterator[str]:
        """What a part of a sanity report says."""
        question, found = self.report(part.proposal, part.installation)
        for item in part_oddities(question, found[part.fresh], set(part.fresh), self.limits):
            yield f"{item.kind}: {item.words}"


def stated(study: Study) -> list[Check]:
    """Every check of every claim, in each of its installations."""
    return [
        Check(claim.name, number, where)
        for claim in study.claims.values()
        for number, check in enumerate(claim.checks)
        for where in claims.installations_of(study, check)
    ]


@dataclass
class Watch:
    """What may notice a mutant, in an order that learns: checks of the study, and parts of sanity reports.

    ``known`` has what is asked of the study as it is.
    """

    original: Asked
    items: list[Item]
    known: set[Hashable]
    recorded: frozenset[str]
    tried: Counter[Item] = field(default_factory=Counter)
    noticing: Counter[Item] = field(default_factory=Counter)
    seconds: dict[Item, float] = field(default_factory=lambda: defaultdict(float))
    _before: dict[Part, set[str]] = field(default_factory=dict)
    _came_out: dict[Check, str] = field(default_factory=dict)

    @staticmethod
    def over(study: Study, checks: list[CheckName], stated: Iterable[Check] = ()) -> Watch:
        """A watch over these checks, over the reports of their installations, and over checks of claims."""
        asked = Asked(study, checks)
        reported = dict.fromkeys((name.proposal, name.installation) for name in checks if name.proposal in REPORTED)
        reports = [part for where in reported for part in asked.parted(*where)]
        items = [*reports, *checks, *stated]
        recorded = frozenset(f"{item.goal}/{item.proposal}/{item.installation}" for item in study.expectations)
        return Watch(asked, items, {asked.key(item) for item in items}, recorded)

    def learn(self, earlier: Iterable[str]) -> None:
        """Learn from what noticed mutants before, by name."""
        for name, times in Counter(earlier).items():
            for item in self.items:
                if str(item) == name:
                    self.tried[item] += times
                    self.noticing[item] += times
                    self.seconds[item] += times * self.guessed(item)

    def goal(self, item: Item) -> str:
        """The goal that an item is about, if any."""
        if isinstance(item, Check):
            return self.original.stated(item)[0].goal
        return item.goal if isinstance(item, CheckName) else ""

    def guessed(self, item: Item) -> float:
        """Seconds that an item is thought to take before it was asked."""
        if not isinstance(item, Part):
            return 0.3
        _, found = self.original.report(item.proposal, item.installation)
        return 0.02 * 2 ** len(found[item.fresh].network.instances) / 8

    def before(self, part: Part) -> set[str]:
        """What a part of a report says of the study as it is."""
        if part not in self._before:
            self._before[part] = set(self.original.lines(part))
        return self._before[part]

    def came_out(self, item: Check) -> str:
        """How a check of a claim comes out for the study as it is."""
        if item not in self._came_out:
            self._came_out[item] = self.original.comes_out(item)
        return self._came_out[item]

    def noticed(self, study: Study) -> Notice | None:
        """What notices that a study is not as it was; the first that does."""
        try:
            asked = Asked(study, [item for item in self.items if isinstance(item, CheckName)])
        except LastgaspError as error:
            return Notice("refused", "reading", str(error))
        for item in sorted(self.items, key=self.price):
            start = time.perf_counter()
            key = asked.key(item)
            if key in self.known or (isinstance(item, Part) and self._told_by_senders(item, asked)):
                continue
            notice = self._by(item, key, asked)
            self.tried[item] += 1
            self.seconds[item] += time.perf_counter() - start
            self.noticing[item] += notice is not None
            if notice:
                return notice
        return None

    def price(self, item: Item) -> float:
        """How many seconds of it a mutant that it notices may be expected to take, by what was seen so far."""
        tried = self.tried[item]
        seconds = self.seconds[item] / tried if tried else self.guessed(item)
        return seconds * (tried + 2) / (self.noticing[item] + 1)

    def _told_by_senders(self, part: Part, asked: Asked) -> bool:
        """Whether a part is for machines as they were that only listen, to others that send by the steps they did.

        Whether such a step ever happens is told in the parts of the senders.
        """
        if part not in asked.parted(part.proposal, part.installation) or not asked.only_listens(part):
            return False
        old, new = (of.study.installations[part.installation].by_name for of in (self.original, asked))
        names = {name for own in part.fresh for name in (own, *chain(*map(new[own].wired, new[own].wires)))}
        return all(sending(old[name].machine) == sending(new[name].machine) for name in names) and all(
            old[name].machine is new[name].machine for name in part.fresh
        )

    def _by(self, item: Item, key: Hashable, asked: Asked) -> Notice | None:
        try:
            if isinstance(item, Part):
                kind, says = "sanity", self._news(item, asked)
            elif isinstance(item, Check):
                kind, says = "expectation", asked.comes_out(item)
                says = "" if says == self.came_out(item) else says
            else:
                recorded = str(item) in self.recorded
                possible = isinstance(asked.questions[item].goal.formula, Possible)
                kind = "expectation" if recorded else "possibility" if possible else "goal"
                says = said(asked.study, item, asked.verdict(item, key), asked.limits)
        except InternalError:
            raise  # nothing that a model says may lead to one
        except LastgaspError as error:
            kind, says = "refused", str(error)
        return Notice(kind, str(item), says) if says else None

    def _news(self, part: Part, asked: Asked) -> str:
        """What is new in a part of a report, or else missing; in all of the report where that is parted otherwise.

        Nothing where a part does not end within the limits.
        """
        found, now = set[str](), asked.parted(part.proposal, part.installation)
        whole = part not in now
        old = self.original.parted(part.proposal, part.installation) if whole else [part]
        before = set[str]().union(*map(self.before, old))
        for line in (line for one in (now if whole else old) for line in asked.lines(one)):
            if any(item.startswith(UNFINISHED) for item in (line, *before)):
                return ""
            if line not in before:
                return line
            found.add(line)
        return "" if found == before else f"no longer: {min(before - found)}"
