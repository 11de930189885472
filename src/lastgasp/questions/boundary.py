"""Does the reading matter? Every limit of a check just below, exactly at and just above, and every other reading.

Limits are the durations in the sentences that a check rests on (its goal, the clauses and the assumptions), by value or
by name, and the parameters of machines that have one value. Each is moved by a little while all else stays, and each
comparison is turned into the one that differs at the limit alone (*more than* and *at least*, *within* and *in less
than*). A reading of the study takes the place of the sentence that it reads.

How little is *a little*: all durations in play are multiples of a unit (their greatest common divisor), and so are
all their sums. A limit is moved by 1/:data:`PARTS` of it. So the verdict beside a limit is that of every value still
nearer, as long as no comparison of a run counts the limit :data:`PARTS` times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd, lcm

from lastgasp.errors import InputError
from lastgasp.expr import Const, Expr, children, duration_text
from lastgasp.language.limits import comparisons_in, limits_in
from lastgasp.machine import After, Range
from lastgasp.network import Network
from lastgasp.question import Question
from lastgasp.questions.asking import CheckName, ask, judge, read_otherwise, worded
from lastgasp.questions.boundary_answer import Boundary, Edge, Part, Probe, Reread, Turn
from lastgasp.questions.effort import Effort
from lastgasp.sentences import Sentence, durations_of
from lastgasp.slicing import sliced
from lastgasp.study import Assumption, Clause, Goal, Study, durations
from lastgasp.verdict import Verdict

PARTS = 20
"""A limit is moved by the unit of all durations in play, divided by this."""


def boundary(study: Study, name: CheckName, *, assume: Iterable[str] = (), effort: Effort | None = None) -> Boundary:
    """How the verdict of a check stands at each of its limits and under each reading. What the time does not allow is
    left out, and said."""
    return _Probing(study, name, tuple(assume), effort or Effort()).answer()


@dataclass
class _Probing:
    study: Study
    name: CheckName
    assume: tuple[str, ...]
    effort: Effort
    missing: int = 0
    known: list[tuple[Question, Verdict]] = field(default_factory=list)

    def answer(self) -> Boundary:
        question = ask(self.study, self.name, assume=self.assume)
        self.question, self.network = question, question.network
        step = unit_of(question) / PARTS
        base = self.verdict(question)
        edges, turns, rereads = [], [], []
        for part, text in self.texts().items():
            sentence = self.sentence_of(part)
            named = durations(text.parameters)
            for limit in limits_in(sentence, named):
                seconds = named[limit.name] if limit.seconds is None else limit.seconds
                values = (seconds - step, seconds + step)
                below, above = (self.worded(part, text, limit.put(v)) if v >= 0 else None for v in values)
                label = text.parameters[limit.name].label if limit.name else ""
                edges.append(Edge(part, label or limit.words, seconds, step, below, above))
            for comparison in comparisons_in(sentence):
                probe = self.worded(part, text, comparison.turned())
                turns.append(Turn(part, comparison.words, comparison.other, comparison.limit, probe))
        for parameter, value in self.fixed().items():
            below, above = (self.with_value(parameter, v) if v >= 0 else None for v in (value - step, value + step))
            label = self.network.parameters[parameter].label or parameter
            owner = self.network.by_name[parameter.partition(".")[0]].label
            edges.append(Edge(Part("machine", parameter, owner), label, value, step, below, above))
        for reading in self.study.readings.values():
            read = next((part for part in self.texts() if (part.kind, part.name) == (reading.kind, reading.of)), None)
            if read is not None:
                probe = self.put(read, read_otherwise(self.study, reading.name, self.network), reading.sentence)
                rereads.append(Reread(read, reading.title or reading.name, reading.source, probe))
        goal = self.study.goals[self.name.goal]
        proposal = self.study.proposals[self.name.proposal]
        return Boundary(
            goal.title or goal.sentence,
            proposal.title or proposal.name,
            base,
            tuple(edges),
            tuple(turns),
            tuple(rereads),
            PARTS,
            self.missing,
        )

    def texts(self) -> Mapping[Part, Goal | Clause | Assumption]:
        """The goal, the clauses and the assumptions of the check, by part."""
        study = self.study
        texts: list[tuple[str, Goal | Clause | Assumption]] = [("goal", study.goals[self.name.goal])]
        texts += [("clause", study.clauses[name]) for name in self.question.clauses]
        texts += [("assumption", study.assumptions[name]) for name in self.question.assumptions]
        return {Part(kind, text.name, text.title or text.sentence): text for kind, text in texts}

    def sentence_of(self, part: Part) -> str:
        sentences = {"goal": {part.name: self.question.goal}}
        return sentences.get(part.kind, self.question.restrict)[part.name].text

    # -- probes -----------------------------------------------------------------------------------------------------

    def worded(self, part: Part, text: Goal | Clause | Assumption, sentence: str) -> Probe | None:
        """The check with another sentence in place of one of its texts."""
        try:
            bound = worded(text, self.network, sentence)
        except InputError as error:
            return Probe(sentence, None, f"this cannot be said: {error.problems[0].what}")
        return self.put(part, bound, sentence)

    def put(self, part: Part, bound: Sentence, sentence: str) -> Probe | None:
        question = self.question
        match part.kind:
            case "goal":
                question = replace(question, goal=bound)
            case "clause":
                question = replace(question, clauses={**question.clauses, part.name: bound})
            case _:
                question = replace(question, assumptions={**question.assumptions, part.name: bound})
        return self.probe(question, sentence)

    def with_value(self, parameter: str, value: Fraction) -> Probe | None:
        network = self.network.with_settings({parameter: value})
        return self.probe(replace(self.question, network=network), f"{parameter} = {duration_text(value)}")

    def probe(self, question: Question, words: str) -> Probe | None:
        """What is so with a change; ``None`` where the time is over."""
        if self.effort.late:
            self.missing += 1
            return None
        self.effort.tell(words)
        return Probe(words, self.verdict(question))

    def verdict(self, question: Question) -> Verdict:
        """The verdict of a question; the same one under another name is not asked again."""
        found = next((verdict for known, verdict in self.known if _alike(known, question)), None)
        if found is None:
            found = judge(self.study, self.name, question, limits=self.effort.each)
            self.known.append((question, found))
        return found

    # -- machines ---------------------------------------------------------------------------------------------------

    def fixed(self) -> dict[str, Fraction]:
        """The parameters of machines that have one value, where they can influence what is asked."""
        part = sliced(self.network, self.question.restrict, [self.question.goal])
        return {
            name: parameter.value
            for name, parameter in part.network.parameters.items()
            if isinstance(parameter.value, Fraction)
        }


def _alike(one: Question, other: Question) -> bool:
    def meaning(question: Question) -> object:
        sentences = {name: sentence.formula for name, sentence in question.restrict.items()}
        return question.network, question.goal.formula, sentences

    return meaning(one) == meaning(other)


def unit_of(question: Question) -> Fraction:
    """The greatest duration (seconds) of which all durations of a question are multiples; ranges by their ends."""
    found = [value for value in _durations(question) if value]
    denominator = lcm(*(value.denominator for value in found))
    return Fraction(gcd(*(int(value * denominator) for value in found)) or denominator, denominator)


def _durations(question: Question) -> Iterator[Fraction]:
    for parameter in question.network.parameters.values():
        ends = (parameter.value.low, parameter.value.high) if isinstance(parameter.value, Range) else (parameter.value,)
        yield from (end for end in ends if isinstance(end, Fraction))
    exprs = list(_machine_exprs(question.network))
    for sentence in (question.goal, *question.restrict.values()):
        exprs += durations_of(sentence.formula)
    for expr in exprs:
        yield from _literals(expr)


def _machine_exprs(network: Network) -> Iterator[Expr]:
    for machine in (instance.machine for instance in network.instances):
        for state in machine.states:
            yield from (bound for bound in (state.at_most, state.less_than) if bound is not None)
        for transition in machine.transitions:
            trigger = transition.trigger
            if isinstance(trigger, After):
                yield from (end for end in (trigger.low, trigger.high) if end is not None)
            yield transition.guard
            yield from (value for _, value in transition.assign)


def _literals(expr: Expr) -> Iterator[Fraction]:
    if isinstance(expr, Const) and isinstance(expr.value, Fraction):
        yield expr.value
    for part in children(expr):
        yield from _literals(part)
