"""What a sentence means, and what it changes when it is added to a proposal. Nothing is edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lastgasp.errors import InputError, Place
from lastgasp.language.sentences import parse_sentence, readable_problems
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, ask_all, judge, restricting
from lastgasp.questions.matrix import Cell, names
from lastgasp.questions.unhurried import unhurried
from lastgasp.sentences import Sentence
from lastgasp.study import Study

TRIED = "the sentence on trial"


@dataclass(frozen=True, slots=True)
class Trial:
    """A sentence, the party that it binds (empty: an assumption), and every goal without and with it."""

    sentence: Sentence
    party: str
    proposal: str
    without: Mapping[CheckName, Question]
    within: Mapping[CheckName, Question]


def attempt(study: Study, text: str, proposal: str | None = None, installation: str | None = None) -> Trial:
    """A sentence read, and added to a proposal; nothing is decided yet. Names left out are the first of the
    study's overview, or of the study.

    Raises :class:`InputError` with place and suggestion where the sentence cannot be read, binds a party that could
    not know what it says, or takes no run away.
    """
    if not study.proposals or not study.installations or not study.goals:
        raise InputError("the study needs a proposal, an installation and a goal to try a sentence on")
    if proposal is None:
        proposal = study.shown("proposal")[0]
    if installation is None:
        installation = study.shown("installation")[0]
    study.pick("proposal", proposal)
    study.pick("installation", installation)
    network = study.installations[installation]
    sentence = restricting(parse_sentence(text, network, place=Place("sentence", 1, 1)))
    problems = readable_problems(sentence, network) if sentence.binds else []
    if problems:
        raise InputError(problems)
    party = network.by_name[sentence.binds].machine.party if sentence.binds else ""
    checks = names(study, None, proposal, installation)
    return Trial(sentence, party, proposal, ask_all(study, checks), ask_all(study, checks, extra={TRIED: sentence}))


def effect(
    study: Study, trial: Trial, limits: Limits | None = None, done: Callable[[Cell], None] | None = None
) -> list[tuple[Cell, Cell]]:
    """The cell of every goal, without and with the sentence. ``done`` is told each."""

    def cells(questions: Mapping[CheckName, Question]) -> list[Cell]:
        shared = replace(limits or Limits(), memory=Memory())
        found = []
        for name, question in questions.items():
            verdict = judge(study, name, question, limits=shared)
            found.append(Cell(name, unhurried(study, name.goal, question, verdict)))
            if done:
                done(found[-1])
        return found

    return list(zip(cells(trial.without), cells(trial.within), strict=True))
