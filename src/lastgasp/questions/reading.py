"""Every sentence of a study, read for every installation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lastgasp.errors import InputError, Place, Problem
from lastgasp.network import Network
from lastgasp.questions.asking import assumption_sentence, clause_sentence, goal_sentence, read_otherwise
from lastgasp.questions.claims import claim_text_problems
from lastgasp.questions.classes import conditions
from lastgasp.study import Study


def unreadable(study: Study) -> list[Problem]:
    """All that a check would stumble over, by place: sentences, classes of failures and profiles that do not fit.

    The problems of one sentence are those with the first installation that has any.
    """
    reads: list[Callable[[Network], object]] = [
        *(partial(goal_sentence, study, name) for name in study.goals),
        *(partial(clause_sentence, clause) for clause in study.clauses.values()),
        *(partial(assumption_sentence, study, name) for name in study.assumptions),
        *(partial(read_otherwise, study, name) for name in study.readings),
        *(partial(conditions, rule) for rule in study.classifications),
    ]
    networks = study.installations.values()
    found = [next(filter(None, (_problems(read, network) for network in networks)), ()) for read in reads]
    found += [_problems(study.with_profile, name) for name in study.profiles]
    found += [tuple(dict.fromkeys(claim_text_problems(study, claim))) for claim in study.claims.values()]
    return sorted((p for problems in found for p in problems), key=lambda problem: problem.place or Place(""))


def _problems(read: Callable[..., object], argument: object) -> tuple[Problem, ...]:
    try:
        read(argument)
    except InputError as error:
        return error.problems
    return ()
