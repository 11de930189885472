"""What people said about a study, decided: it follows, it is contradicted, it follows under a condition, or it hangs on
something that no source fixes. Nothing of an answer is typed in; what stands in a file is only compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from lastgasp.claim import OUTCOMES, Claim, Stated
from lastgasp.engines.race import Lost, race
from lastgasp.errors import InputError, LastgaspError, NotApplicable, Problem
from lastgasp.expr import value_text
from lastgasp.language.sentences import parse_sentence, readable_problems
from lastgasp.lazy import lazy
from lastgasp.machine import Range, Setting
from lastgasp.network import Network
from lastgasp.question import Memory, Question
from lastgasp.questions.asking import CheckName, ask, judge, restricting
from lastgasp.questions.claim_answer import UNDECIDED, Answered, Came
from lastgasp.questions.effort import Effort
from lastgasp.questions.unhurried import unhurried
from lastgasp.sentences import Possible, Sentence
from lastgasp.slicing import sliced
from lastgasp.study import Goal, Proposal, Study
from lastgasp.verdict import Fails, Holds, Undecided, Verdict

if TYPE_CHECKING:
    from lastgasp.questions import condition, condition_answer
else:
    condition = lazy("lastgasp.questions.condition")
    condition_answer = lazy("lastgasp.questions.condition_answer")

OWN = "as read for a claim"
"""The name of a proposal, and of a goal, that a claim states for itself."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried beside a reading as it stands: clauses added or left out, other devices, other values."""

    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    profile: str = ""
    settings: tuple[tuple[str, Setting], ...] = ()
    words: str = ""


AS_IT_STANDS = Change()


def decide_claims(
    study: Study,
    names: Iterable[str] = (),
    effort: Effort | None = None,
    *,
    jobs: int = 1,
    done: Callable[[Answered], None] | None = None,
    left_out: list[Problem] | None = None,
) -> list[Answered]:
    """The answer to each claim, or to those named. With ``jobs`` > 1 they are worked on side by side in processes.

    Every sentence is read before anything is decided. Raises :class:`InputError` for unknown names and unusable text;
    where ``left_out`` is given, it takes what is wrong with the text, and the claims that cannot be asked are left out.
    """
    wanted = list(dict.fromkeys(names)) or list(study.claims)
    for name in wanted:
        study.pick("claim", name)
    unusable = {name: list(claim_text_problems(study, study.claims[name])) for name in wanted}
    problems = list(dict.fromkeys(problem for found in unusable.values() for problem in found))
    if problems and left_out is None:
        raise InputError(problems)
    if left_out is not None:
        left_out += problems
        wanted = [name for name in wanted if not unusable[name]]
    effort = effort or Effort()
    found: dict[str, Answered] = {}

    def keep(answer: Answered) -> None:
        found[answer.claim.name] = answer
        if done:
            done(answer)

    if jobs <= 1 or len(wanted) <= 1:
        shared = replace(effort, limits=replace(effort.limits, memory=Memory()))
        for name in wanted:
            keep(answered(study, study.claims[name], shared))
        return [found[name] for name in wanted]
    quiet = replace(effort, told=None, limits=replace(effort.limits, progress=None, memory=Memory()))
    work = {name: partial(answered, study, study.claims[name], quiet) for name in wanted}
    for name, answer in race(work, jobs=jobs):
        match answer:
            case Lost():
                keep(Answered(study.claims[name], UNDECIDED, (), reason=str(answer)))
            case LastgaspError():
                raise answer
            case _:
                keep(answer)
    return [found[name] for name in wanted]


def claim_text_problems(study: Study, claim: Claim) -> Iterator[Problem]:
    """What keeps the checks of a claim from being asked: text that cannot be read, a goal that is not asked of an
    installation, outcomes of another kind.
    """
    for check in claim.checks:
        try:
            for installation in installations_of(study, check):
                _, question = asked(study, check, installation, AS_IT_STANDS)
                possible = isinstance(question.goal.formula, Possible)
                if possible != check.outcome.endswith("happen"):
                    words = "can happen' or 'cannot happen" if possible else "holds' or 'fails"
                    what = f"claim {claim.name!r}: what is asked does not come out as {check.outcome!r}"
                    yield Problem(what, f"write '{words}'", check.place)
        except InputError as error:
            for problem in error.problems:
                what = problem.what if problem.place else f"claim {claim.name!r}: {problem.what}"
                yield replace(problem, what=what, place=problem.place or check.place)


def answered(study: Study, claim: Claim, effort: Effort) -> Answered:
    """The answer to one claim: its reading as it stands, then what no source fixes, then what would help."""
    checks, true = evaluated(study, claim, AS_IT_STANDS, effort)
    reason = next((came.why for came in checks if came.true is None), "")
    tries: list[tuple[str, bool | None]] = []
    for change in _unfixed(study, claim):
        tries.append((change.words, true_under(study, claim, change, effort)))
    if tries and len({true, *(item for _, item in tries)} - {None}) > 1:
        return Answered(claim, "not decidable", checks, hangs_on=(("as it stands", true), *tries))
    if true is None or any(item is None for _, item in tries):
        return Answered(claim, UNDECIDED, checks, reason=reason or "what no source fixes was not tried to the end")
    if true:
        return Answered(claim, "follows", checks)
    timings = _timings(study, claim, effort)
    if timings:
        return Answered(claim, "follows only if", checks, timings=timings)
    sets, tried, complete = _conditions(study, claim, effort)
    complete = complete and timings is not None
    if sets:
        named = tuple(tuple(_title(study, name) for name in names) for names in sets)
        return Answered(claim, "follows only if", checks, conditions=named, tried=tried)
    if not complete:
        return Answered(
            claim, UNDECIDED, checks, reason="it is contradicted as it stands; under what it follows is open"
        )
    return Answered(claim, "contradicted", checks, tried=tried)


def _title(study: Study, name: str) -> str:
    part = study.clauses.get(name) or study.profiles.get(name)
    return (part.title if part else "") or name


def _unfixed(study: Study, claim: Claim) -> Iterator[Change]:
    """The text without each clause that a claim rests on, and every choice of an end for each of its parameters.

    Together, since one value may take the place of another: a hub may boot slowly, or attach slowly.
    """
    ends: list[list[tuple[str, Setting, str]]] = []
    for name in claim.rests_on:
        clause = study.clauses.get(name)
        if clause is not None:
            yield Change(without=(name,), words=f"without '{clause.title or name}', which is {clause.status}")
            continue
        ranges = {
            network.parameters[name].value: network.parameters[name].label or name
            for network in study.installations.values()
            if name in network.parameters and isinstance(network.parameters[name].value, Range)
        }
        found = [(value, label) for value, label in ranges.items() if isinstance(value, Range)]
        ends.append(
            [(name, end, f"{label} {value_text(end)}") for value, label in found for end in (value.low, value.high)]
        )
    for corner in product(*filter(None, ends)):
        if corner:
            words = " and ".join(words for _, _, words in corner)
            yield Change(settings=tuple((name, end) for name, end, _ in corner), words=words)


def _conditions(study: Study, claim: Claim, effort: Effort) -> tuple[list[tuple[str, ...]], int, bool]:
    """The smallest sets of clauses, and the profiles, with which a claim follows; how many were tried, and all decided.

    By size, leaving out what contains a set that was found, so that each is minimal among those that were tried.
    """
    found: list[tuple[str, ...]] = []
    tried, complete = 0, True
    clauses = [name for name in claim.only_if if name in study.clauses]
    changes: list[tuple[tuple[str, ...], Change]]
    changes = [((name,), Change(profile=name)) for name in claim.only_if if name in study.profiles]
    changes += [
        (names, Change(with_=names)) for size in range(1, len(clauses) + 1) for names in combinations(clauses, size)
    ]
    for names, change in changes:
        if any(set(smaller) <= set(names) for smaller in found):
            continue
        tried += 1
        true = true_under(study, claim, change, effort)
        complete = complete and true is not None
        if true:
            found.append(names)
    return found, tried, complete


def _timings(study: Study, claim: Claim, effort: Effort) -> str | None:
    """For which values of the parameters in ``only if`` a claim of one check follows, exactly; empty where for none.

    ``None``: that was not found out.
    """
    over = tuple((name,) for name in claim.only_if if name not in study.clauses and name not in study.profiles)
    if not over:
        return ""
    (stated,) = claim.checks
    (installation,) = installations_of(study, stated)
    _, question = asked(study, stated, installation, AS_IT_STANDS)
    try:
        found = condition.condition(question, over, effort)
    except NotApplicable:
        return None
    if not found.exact:
        return None
    regions = found.holds if OUTCOMES[stated.outcome] else found.fails
    ways = (
        " and ".join(condition_answer.half_words(half, found.labels) for half in region.halves) for region in regions
    )
    return ", or ".join(ways)


def evaluated(study: Study, claim: Claim, change: Change, effort: Effort) -> tuple[tuple[Came, ...], bool | None]:
    """Every check of a reading under a change, and whether the reading is then true; ``None`` where that is open."""
    items = [_item(study, claim, item, change, effort) for item in claim.reading]
    return tuple(came for checks, _ in items for came in checks), _all(true for _, true in items)


def true_under(study: Study, claim: Claim, change: Change, effort: Effort) -> bool | None:
    """As :func:`evaluated`, without the checks: the first item that does not come out decides."""
    items: list[bool | None] = []
    for item in claim.reading:
        items.append(_item(study, claim, item, change, effort)[1])
        if items[-1] is False:
            break
    return _all(items)


def _item(
    study: Study, claim: Claim, item: tuple[Stated, ...], change: Change, effort: Effort
) -> tuple[list[Came], bool | None]:
    checks: list[Came] = []
    ways = []
    for stated in item:
        came = [_came(study, claim, stated, where, change, effort) for where in installations_of(study, stated)]
        checks += came
        ways.append(_all([one.true for one in came]))
    return checks, None if True not in ways and None in ways else True in ways


def _all(truths: Iterable[bool | None]) -> bool | None:
    known = list(truths)
    return False if False in known else None if None in known else True


def installations_of(study: Study, stated: Stated) -> tuple[str, ...]:
    """The installations that a check is asked of: where it names none, those of the overview, or else all."""
    return stated.installations or study.shown("installation")


def _came(study: Study, claim: Claim, stated: Stated, installation: str, change: Change, effort: Effort) -> Came:
    effort.tell(f"{claim.name}: {stated.goal or stated.sentence}")
    within, question = asked(study, stated, installation, change)
    title = _asked_words(study, stated, installation, change)
    if effort.late:
        verdict: Verdict = Undecided(question.name, "none", reason="the time for the whole was over")
    else:
        name = CheckName(stated.goal or OWN, OWN, installation)
        verdict = unhurried(within, name.goal, question, judge(within, name, question, limits=effort.each))
    true, why = as_stated(stated, question, verdict)
    return Came(stated, title, question, verdict, true, why)


def as_stated(stated: Stated, question: Question, verdict: Verdict) -> tuple[bool | None, str]:
    """Whether a verdict is the one that was stated, and why that is not known."""
    if not isinstance(verdict, Holds | Fails):
        return None, f"{type(verdict).__name__.lower()}, {verdict.reason}"
    if isinstance(verdict, Holds) != OUTCOMES[stated.outcome]:
        return False, ""
    kind = verdict.classification.partition(":")[0] if isinstance(verdict, Fails) else ""
    if stated.classification and kind != stated.classification:
        return None, f"it was shown by a failure of class {kind or 'none'}, not of {stated.classification}"
    if stated.apart:
        cut = sliced(question.network, question.restrict, [question.goal]).cut
        influences = [name for name in stated.apart if name not in cut]
        if influences:
            return None, f"{', '.join(influences)} may have an influence"
    return True, ""


def asked(study: Study, stated: Stated, installation: str, change: Change) -> tuple[Study, Question]:
    """The question of a check under a change, with the study that it is asked of.

    :class:`InputError` where a sentence or a value cannot be used.
    """
    for profile in filter(None, (stated.profile, change.profile)):
        study = study.with_profile(profile)
    network = study.installations[installation]
    if settings := {name: value for name, value in change.settings if name in network.parameters}:
        network = network.with_settings(settings)
    proposal = study.proposals.get(stated.proposal, Proposal(OWN))
    clauses = dict.fromkeys((*proposal.clauses, *stated.with_, *change.with_))
    left = tuple(name for name in clauses if name not in (*stated.without, *change.without))
    within = replace(
        study,
        installations={installation: network},
        goals={**study.goals, OWN: Goal(OWN, stated.sentence, place=stated.place)},
        proposals={OWN: Proposal(OWN, left, proposal.assumptions)},
    )
    given = {text: _given(text, network, stated) for text in stated.given}
    name = CheckName(stated.goal or OWN, OWN, installation)
    return within, ask(within, name, assume=stated.assume, extra=given)


def _given(text: str, network: Network, stated: Stated) -> Sentence:
    sentence = restricting(parse_sentence(text, network, place=stated.place))
    problems = readable_problems(sentence, network) if sentence.binds else []
    if problems:
        raise InputError(problems)
    return sentence


def _asked_words(study: Study, stated: Stated, installation: str, change: Change) -> str:
    """What a check asks, in the titles of the study."""

    def title(kind: str, name: str) -> str:
        table: Mapping[str, Any] = getattr(study, f"{kind}s")
        return table[name].title or name

    words = f"'{title('goal', stated.goal)}'" if stated.goal else f"'{stated.sentence}'"
    under = [f"under '{title('proposal', stated.proposal)}'"] if stated.proposal else []
    under += [f"with '{title('clause', name)}'" for name in (*stated.with_, *change.with_)]
    under += [f"without '{title('clause', name)}'" for name in (*stated.without, *change.without)]
    under += [f"given '{text}'" for text in stated.given]
    under += [f"for '{title('profile', name)}'" for name in (stated.profile, change.profile) if name]
    under += [f"assuming '{title('assumption', name)}'" for name in stated.assume]
    several = "" if study.only_shown(installation) else f" ({title('installation', installation)})"
    return ", ".join([words + several, *under])
