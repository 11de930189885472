"""Goals by proposals by installations, and whether each verdict is the expected one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from lastgasp.engines.race import Lost, race
from lastgasp.errors import LastgaspError
from lastgasp.network import Network
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, answer, ask_all, asked_of, clause_sentence, judge
from lastgasp.questions.classes import conditions
from lastgasp.sentences import Sentence
from lastgasp.study import Study, speaks_of
from lastgasp.verdict import Fails, Holds, Undecided, Verdict


@dataclass(frozen=True, slots=True)
class Cell:
    """One check with its verdict. ``expected`` is empty where the verdict is as expected, else what was expected.

    ``condition``: for which timings, or with which clauses, the goal holds, in words, where somebody worked that out.
    """

    name: CheckName
    verdict: Verdict
    expected: str = ""
    condition: str = ""

    @property
    def differs(self) -> bool:
        """Whether the answer is another than the expected one; none at all is not."""
        return bool(self.expected) and not isinstance(self.verdict, Undecided)


Names = str | Iterable[str] | None
"""One name, several, or all (none, or an empty list)."""


def names(study: Study, goal: Names = None, proposal: Names = None, installation: Names = None) -> list[CheckName]:
    """The checks of a study, in the order of its files or of the names given; parts that are named must exist.

    A goal or a proposal is asked of those installations only that have what it is about.
    """
    goals, proposals = _picked(study, "goal", goal), _picked(study, "proposal", proposal)
    every = (CheckName(g, p, i) for i in _picked(study, "installation", installation) for p in proposals for g in goals)
    return [name for name in every if asked_of(study, name)]


def shown(study: Study, goal: Names = None, proposal: Names = None, installation: Names = None) -> list[CheckName]:
    """The checks of :func:`names`, where what is not named is that of the study's overview, if it has one."""
    return names(study, goal, proposal or study.overview.proposals, installation or study.overview.installations)


def _picked(study: Study, kind: str, wanted: Names) -> list[str]:
    named = list(dict.fromkeys([wanted] if isinstance(wanted, str) else wanted or ()))
    for name in named:
        study.pick(kind, name)
    return named or list(getattr(study, f"{kind}s"))


def matrix(
    study: Study,
    checks: Iterable[CheckName],
    *,
    engine: str = "auto",
    limits: Limits | None = None,
    jobs: int = 1,
    done: Callable[[Cell], None] | None = None,
) -> list[Cell]:
    """The verdict of every check, in order. With ``jobs`` > 1 networks are worked on side by side in processes.

    Every sentence is read before anything is decided, so that a slip in the last is told at once.
    """
    wanted = list(checks)
    groups: dict[tuple[str, ...], dict[CheckName, Question]] = {}
    for name, question in _read(study, wanted).items():
        restricted = (name.installation, *question.clauses, "under", *question.assumptions)
        groups.setdefault(restricted, {})[name] = question
    limits = limits or Limits()
    found: dict[CheckName, Cell] = {}

    def keep(cell: Cell) -> None:
        found[cell.name] = cell
        if done:
            done(cell)

    if jobs <= 1 or len(wanted) <= 1:
        for group in groups.values():
            for cell in _cells(study, group, engine, limits):
                keep(cell)
    else:
        quiet = replace(limits, progress=None, memory=Memory())
        work = {"/".join(key): partial(_group, study, group, engine, quiet) for key, group in groups.items()}
        asked = {"/".join(key): group for key, group in groups.items()}
        for key, cells in race(work, jobs=jobs):
            match cells:
                case Lost():
                    lost = [Undecided(str(name), engine, reason=str(cells)) for name in asked[key]]
                    cells = [compared(study, name, item, limits) for name, item in zip(asked[key], lost, strict=True)]
                case LastgaspError():
                    raise cells
            for cell in cells:
                keep(cell)
    return [found[name] for name in wanted]


def _read(study: Study, wanted: list[CheckName]) -> dict[CheckName, Question]:
    """The question of every check; what will tell their failures apart can be read as well."""
    questions = ask_all(study, wanted)
    for name, question in questions.items():
        _missing(study, name, question.network)
    rules = [(rule, name.installation) for name in wanted for rule in study.classifications if name.goal in rule.goals]
    for rule, installation in dict.fromkeys(rules):
        conditions(rule, study.installations[installation])
    return questions


def _group(study: Study, group: Mapping[CheckName, Question], engine: str, limits: Limits) -> list[Cell]:
    return list(_cells(study, group, engine, limits))


def _cells(study: Study, group: Mapping[CheckName, Question], engine: str, limits: Limits) -> Iterator[Cell]:
    """The checks of one network share what was found out about it apart from its goals.

    It may have several proposals: they differ in nothing where what they differ in says nothing of the installation.
    """
    shared = replace(limits, memory=Memory())
    for name, question in group.items():
        yield compared(study, name, judge(study, name, question, engine=engine, limits=shared), limits)


def compared(study: Study, name: CheckName, verdict: Verdict, limits: Limits) -> Cell:
    """A verdict beside the expected one; of a failure that is one for want of clauses, whether these make it hold."""
    different = _difference(study, name, verdict)
    missing = _missing(study, name, study.installations[name.installation]) if isinstance(verdict, Fails) else {}
    if different or not missing:
        return Cell(name, verdict, different)
    mended = answer(study, name, limits=replace(limits, memory=Memory()), extra=missing)
    words = ", ".join(missing)
    if isinstance(mended, Holds):
        return Cell(name, verdict, condition=f"holds with {words} as well")
    return Cell(name, verdict, f"fails only for want of {words}")


def networks(study: Study, proposal: Names = None, installation: Names = None) -> list[tuple[str, str]]:
    """Installations with proposals that are asked of them, in the order of the files or of what is wanted."""
    proposals, installations = _picked(study, "proposal", proposal), _picked(study, "installation", installation)
    every = ((where, text) for where in installations for text in proposals)
    return [pair for pair in every if speaks_of(study.proposals[pair[1]], study.installations[pair[0]])]


def verdict_word(verdict: Verdict) -> str:
    """The word of a verdict as files and tables write it."""
    return type(verdict).__name__.lower()


def _difference(study: Study, name: CheckName, verdict: Verdict) -> str:
    """What was expected instead; empty where the verdict is the expected one."""
    wanted = study.expected(name.goal, name.proposal, name.installation)
    if verdict_word(verdict) != wanted.verdict:
        return wanted.verdict
    if isinstance(verdict, Fails) and wanted.classification:
        kind = verdict.classification.partition(":")[0]
        return "" if kind == wanted.classification else f"{wanted.verdict} as {wanted.classification}"
    return ""


def _missing(study: Study, name: CheckName, network: Network) -> dict[str, Sentence]:
    """The clauses without which a check is expected to fail, bound to the network."""
    return {
        item: clause_sentence(study.clauses[item], network)
        for item in study.expected(name.goal, name.proposal, name.installation).missing
    }
