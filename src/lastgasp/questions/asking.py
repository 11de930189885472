"""From the names in a study to a question for the facade, and its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from lastgasp.errors import InputError, Place, Problem
from lastgasp.facade import decide
from lastgasp.language.sentences import parse_sentence, readable_problems
from lastgasp.machine import Parameter
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.questions.classes import classify
from lastgasp.semantics import replay
from lastgasp.sentences import Possible, Sentence
from lastgasp.signals import errs, signal_of
from lastgasp.study import Assumption, Clause, Goal, Proposal, Reading, Study, durations, speaks_of
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Verdict


@dataclass(frozen=True, slots=True, order=True)
class CheckName:
    """The name of one check: a goal, of an installation, under a proposal. Written ``goal/proposal/installation``."""

    goal: str
    proposal: str
    installation: str

    def __str__(self) -> str:
        return f"{self.goal}/{self.proposal}/{self.installation}"

    @staticmethod
    def parsed(text: str, study: Study) -> CheckName:
        """Read ``goal/proposal`` or ``goal/proposal/installation``; the only installation may be left out."""
        goal, _, rest = text.partition("/")
        proposal, _, installation = rest.partition("/")
        if not proposal:
            raise InputError(Problem(f"{text!r} is not the name of a check", "write GOAL/PROPOSAL"))
        return CheckName(
            study.only("goal", goal), study.only("proposal", proposal), study.only("installation", installation or None)
        )


def goal_sentence(study: Study, goal: str, network: Network) -> Sentence:
    """The sentence of a goal, bound to a network."""
    picked = study.pick("goal", goal)
    assert isinstance(picked, Goal)
    return parse_sentence(picked.sentence, network, durations(picked.parameters), picked.place)


def restricting(sentence: Sentence) -> Sentence:
    """The sentence of a clause or an assumption; :class:`InputError` for a possibility, which takes no run away."""
    if isinstance(sentence.formula, Possible):
        what = "what is possible takes no run away, so it is neither a clause nor an assumption"
        raise InputError(Problem(what, "ask it as a goal", sentence.place))
    return sentence


def assumption_sentence(study: Study, assumption: str, network: Network) -> Sentence:
    """The sentence of an assumption, bound to a network."""
    picked = study.pick("assumption", assumption)
    assert isinstance(picked, Assumption)
    return restricting(parse_sentence(picked.sentence, network, durations(picked.parameters), picked.place))


def clause_sentence(clause: Clause, network: Network) -> Sentence:
    """The sentence of a clause, bound to a network.

    :class:`InputError` where it binds another party than it says, or reads what its party cannot know.
    """
    sentence = restricting(parse_sentence(clause.sentence, network, durations(clause.parameters), clause.place))
    party = network.by_name[sentence.binds].machine.party if sentence.binds else ""
    if party != clause.party:
        raise InputError(
            Problem(
                f"the clause {clause.name!r} is said to bind {clause.party}, its sentence binds {party or 'nobody'}",
                "make the party and the subject of the sentence agree",
                clause.place,
            )
        )
    problems = readable_problems(sentence, network)
    if problems:
        raise InputError([replace(problem, place=problem.place or clause.place) for problem in problems])
    return sentence


def read_otherwise(study: Study, reading: str, network: Network) -> Sentence:
    """The sentence of a reading, bound to a network in place of the text that it reads.

    :class:`InputError` where that text could not say it: a clause that binds another party, or reads what it cannot.
    """
    picked = study.pick("reading", reading)
    assert isinstance(picked, Reading)
    text = study.pick(picked.kind, picked.of)
    assert isinstance(text, Goal | Clause | Assumption)
    return worded(text, network, picked.sentence, {**text.parameters, **picked.parameters}, picked.place)


def worded(
    text: Goal | Clause | Assumption,
    network: Network,
    sentence: str,
    parameters: Mapping[str, Parameter] | None = None,
    place: Place | None = None,
) -> Sentence:
    """A goal, a clause or an assumption with another sentence, bound to a network."""
    parameters = text.parameters if parameters is None else parameters
    if isinstance(text, Clause):
        return clause_sentence(replace(text, sentence=sentence, parameters=parameters, place=place), network)
    parsed = parse_sentence(sentence, network, durations(parameters), place)
    return parsed if isinstance(text, Goal) else restricting(parsed)


def sentences_of(
    study: Study, installation: str, proposal: str, assume: Iterable[str] = ()
) -> tuple[Network, dict[str, Sentence], dict[str, Sentence]]:
    """The network of an installation, with the clauses and the assumptions of a proposal bound to it.

    Those that are about something that it does not have say nothing there (:func:`silent`).
    """
    network = study.installations[installation]
    found = study.pick("proposal", proposal)
    assert isinstance(found, Proposal)
    binding = [study.clauses[name] for name in found.clauses if speaks_of(study.clauses[name], network)]
    clauses = {clause.name: clause_sentence(clause, network) for clause in binding}
    assumed = dict.fromkeys((*found.assumptions, *assume))
    speaking = [
        name for name in assumed if name not in study.assumptions or speaks_of(study.assumptions[name], network)
    ]
    return network, clauses, {name: assumption_sentence(study, name, network) for name in speaking}


def silent(study: Study, name: CheckName) -> list[str]:
    """The clauses and assumptions of a proposal that say nothing of an installation: it lacks what they are about."""
    network, proposal = study.installations[name.installation], study.proposals[name.proposal]
    parts: list[Clause | Assumption] = [study.clauses[clause] for clause in proposal.clauses]
    parts += [study.assumptions[assumption] for assumption in proposal.assumptions]
    return [part.name for part in parts if not speaks_of(part, network)]


def asked_of(study: Study, name: CheckName) -> bool:
    """Whether an installation has all that a goal and a proposal are about."""
    network = study.installations[name.installation]
    return speaks_of(study.goals[name.goal], network) and speaks_of(study.proposals[name.proposal], network)


def ask(
    study: Study, name: CheckName, *, assume: Iterable[str] = (), extra: Mapping[str, Sentence] | None = None
) -> Question:
    """The question behind the name of a check.

    ``assume`` names further assumptions of the study; ``extra`` are further sentences, already bound: those that bind
    nobody are assumptions.
    """
    return ask_all(study, [name], assume=assume, extra=extra)[name]


def ask_all(
    study: Study,
    checks: Iterable[CheckName],
    *,
    assume: Iterable[str] = (),
    extra: Mapping[str, Sentence] | None = None,
) -> dict[CheckName, Question]:
    """The questions behind the names of checks; sentences that they share are read once."""
    further, assumed, wanted = extra or {}, tuple(assume), list(checks)
    for name in wanted:
        for kind in ("goal", "proposal", "installation"):
            study.pick(kind, getattr(name, kind))
    shared = cache(lambda installation, proposal: sentences_of(study, installation, proposal, assumed))
    goal = cache(lambda installation, name: goal_sentence(study, name, study.installations[installation]))
    questions: dict[CheckName, Question] = {}
    for name in wanted:
        if not asked_of(study, name):
            kind = "proposal" if speaks_of(study.goals[name.goal], study.installations[name.installation]) else "goal"
            what = (
                f"the {kind} {getattr(name, kind)!r} is not asked of {name.installation!r}: it lacks what it is about"
            )
            raise InputError(Problem(what, "see 'about' in its file, or ask another installation"))
        network, clauses, assumptions = shared(name.installation, name.proposal)
        questions[name] = Question(
            str(name),
            network,
            goal(name.installation, name.goal),
            clauses | {key: sentence for key, sentence in further.items() if sentence.binds},
            assumptions | {key: sentence for key, sentence in further.items() if not sentence.binds},
        )
    return questions


def answer(
    study: Study,
    name: CheckName,
    *,
    engine: str = "auto",
    limits: Limits | None = None,
    assume: Iterable[str] = (),
    extra: Mapping[str, Sentence] | None = None,
) -> Verdict:
    """The verdict of a check, a failure with its class."""
    return judge(study, name, ask(study, name, assume=assume, extra=extra), engine=engine, limits=limits)


def judge(
    study: Study, name: CheckName, question: Question, *, engine: str = "auto", limits: Limits | None = None
) -> Verdict:
    """The verdict of the question behind a check, a failure with its class."""
    verdict = decide(question, engine, limits)
    if isinstance(verdict, Fails) and verdict.trace is not None:
        return replace(verdict, classification=classify(study, name.goal, question.network, verdict.trace))
    return verdict


def check(
    study: Study,
    goal: str,
    installation: str | None = None,
    proposal: str | None = None,
    *,
    engine: str = "auto",
    timeout: Fraction | float | None = 60,
) -> Verdict:
    """Does ``goal`` hold for ``installation`` under ``proposal``? Names may be left out where the study has one only.

    ``timeout`` is in seconds. Raises :class:`InputError` for unknown names and text that cannot be used.
    """
    name = CheckName(
        study.only("goal", goal), study.only("proposal", proposal), study.only("installation", installation)
    )
    return answer(study, name, engine=engine, limits=Limits(seconds=None if timeout is None else float(timeout)))


def question_about(
    network: Network, goal: str, clauses: Iterable[str] = (), assumptions: Iterable[str] = ()
) -> Question:
    """The question of sentences about a network of one's own, named by their texts.

    Raises :class:`InputError` for text that cannot be used.
    """

    def bound(texts: Iterable[str]) -> dict[str, Sentence]:
        return {text: restricting(parse_sentence(text, network)) for text in texts}

    bound_clauses = bound(clauses)
    problems = [problem for sentence in bound_clauses.values() for problem in readable_problems(sentence, network)]
    if problems:
        raise InputError(problems)
    return Question(network.name, network, parse_sentence(goal, network), bound_clauses, bound(assumptions))


def prove(
    network: Network,
    goal: str,
    *,
    clauses: Iterable[str] = (),
    assumptions: Iterable[str] = (),
    engine: str = "auto",
    timeout: Fraction | float | None = 60,
) -> Verdict:
    """Does a sentence hold of a network of one's own? ``clauses`` restrict the party they bind.

    ``timeout`` is in seconds. Raises :class:`InputError` for text that cannot be used.
    """
    question = question_about(network, goal, clauses, assumptions)
    return decide(question, engine, Limits(seconds=None if timeout is None else float(timeout)))


def breaks(network: Network, sentence: str, trace: Trace) -> Fraction | None:
    """The instant (seconds) at which a run breaks a sentence, ``None`` if it does not. No engine is asked.

    A sentence that something is possible is "broken" where the run shows it. Raises :class:`InputError` for text that
    cannot be used, :class:`ReplayError` for a run of another network.
    """
    played = replay(network, trace)
    return errs(parse_sentence(sentence, network).formula, signal_of(played, network), played.parameters)
