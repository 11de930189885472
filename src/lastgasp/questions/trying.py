"""What a sentence means, and what it changes when it is added to a proposal. Nothing is edited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lastgasp.errors import InputError, Place
from lastgasp.facade import Limits, Memory, Question
from lastgasp.language.sentences import parse_sentence, readable_problems
from lastgasp.questions.asking import CheckName, answer, ask
from lastgasp.questions.matrix import Cell
from lastgasp.sentences import Sentence
from lastgasp.study import Study

TRIED = "the sentence on trial"


@dataclass(frozen=True, slots=True)
class Trial:
    """A sentence, the party that it binds (empty: an assumption), and the cells of a proposal without and with it."""

    sentence: Sentence
    party: str
    proposal: str
    before: tuple[Cell, ...]
    after: tuple[Cell, ...]
    question: Question

    @property
    def changed(self) -> tuple[tuple[Cell, Cell], ...]:
        """The cells whose verdict is of another kind."""
        pairs = zip(self.before, self.after, strict=True)
        return tuple((a, b) for a, b in pairs if type(a.verdict) is not type(b.verdict))


def attempt(
    study: Study,
    text: str,
    proposal: str | None = None,
    installation: str | None = None,
    limits: Limits | None = None,
    before: Callable[[Study, Sentence, str], None] | None = None,
) -> Trial:
    """Add a sentence to a proposal and ask every goal again. ``before`` is told the meaning before the work starts.

    Raises :class:`InputError` with place and suggestion where the sentence cannot be read, or binds a party that could
    not know what it says.
    """
    if not study.proposals or not study.installations or not study.goals:
        raise InputError("the study needs a proposal, an installation and a goal to try a sentence on")
    proposal = proposal or next(iter(study.proposals))
    installation = installation or next(iter(study.installations))
    study.pick("proposal", proposal)
    study.pick("installation", installation)
    network = study.installations[installation]
    sentence = parse_sentence(text, network, place=Place("sentence", 1, 1))
    problems = readable_problems(sentence, network) if sentence.binds else []
    if problems:
        raise InputError(problems)
    party = network.by_name[sentence.binds].machine.party if sentence.binds else ""
    if before:
        before(study, sentence, party)
    checks = [CheckName(goal, proposal, installation) for goal in study.goals]
    limits = limits or Limits()
    plain, added = replace(limits, memory=Memory()), replace(limits, memory=Memory())
    extra = {TRIED: sentence}
    without = tuple(Cell(name, answer(study, name, limits=plain)) for name in checks)
    within = tuple(Cell(name, answer(study, name, limits=added, extra=extra)) for name in checks)
    return Trial(sentence, party, proposal, without, within, ask(study, checks[0], extra=extra))
