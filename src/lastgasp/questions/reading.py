"""Every sentence of a study, read for every installation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from lastgasp.errors import InputError, Place, Problem
from lastgasp.network import Network
from lastgasp.questions.asking import assumption_sentence, clause_sentence, goal_sentence, read_otherwise
from lastgasp.questions.claims import claim_text_problems
from lastgasp.questions.classes import conditions
from lastgasp.study import Assumption, Clause, Goal, Study, speaks_of
from lastgasp.validate import did_you_mean


def unreadable(study: Study) -> list[Problem]:
    """All that a check would stumble over, by place: sentences, classes of failures and profiles that do not fit.

    The problems of one sentence are those with the first installation that has any.
    """
    reads: list[tuple[Goal | Clause | Assumption, Callable[[Network], object]]] = [
        *((goal, partial(goal_sentence, study, name)) for name, goal in study.goals.items()),
        *((clause, partial(clause_sentence, clause)) for clause in study.clauses.values()),
        *((item, partial(assumption_sentence, study, name)) for name, item in study.assumptions.items()),
        *((study.read_of(item), partial(read_otherwise, study, name)) for name, item in study.readings.items()),
    ]
    networks = study.installations.values()
    found = [_first(read, [network for network in networks if speaks_of(item, network)]) for item, read in reads]
    for rule in study.classifications:
        goals = [study.goals[goal] for goal in rule.goals]
        asked = [network for network in networks if any(speaks_of(goal, network) for goal in goals)]
        found.append(_first(partial(conditions, rule), asked))
    found += [(problem,) for item, _ in reads if networks and (problem := _of_nothing(item, networks))]
    found += [_problems(study.with_profile, name) for name in study.profiles]
    found += [tuple(dict.fromkeys(claim_text_problems(study, claim))) for claim in study.claims.values()]
    return sorted((p for problems in found for p in problems), key=lambda problem: problem.place or Place(""))


def _first(read: Callable[[Network], object], networks: Iterable[Network]) -> tuple[Problem, ...]:
    return next(filter(None, (_problems(read, network) for network in networks)), ())


def _of_nothing(item: Goal | Clause | Assumption, networks: Collection[Network]) -> Problem | None:
    """A problem where no installation has what something is about."""
    if any(speaks_of(item, network) for network in networks):
        return None
    words = [*item.about, item.party] if isinstance(item, Clause) else list(item.about)
    lacking = next((word for word in words if not any(network.has(word) for network in networks)), "all of it")
    known = {name for network in networks for one in network.instances for name in (one.name, *one.also)}
    known |= {one.machine.party for network in networks for one in network.instances if one.machine.party}
    return Problem(
        f"{item.name!r} is about {lacking!r}, which no installation has", did_you_mean(lacking, known), item.place
    )


def _problems(read: Callable[..., object], argument: object) -> tuple[Problem, ...]:
    try:
        read(argument)
    except InputError as error:
        return error.problems
    return ()
