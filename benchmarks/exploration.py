"""How random runs fare: on the failures of the study, and on mutants of it beside plain random walks.

    python benchmarks/exploration.py > benchmarks/EXPLORATION.md        the page, whole and in one go
    python benchmarks/exploration.py study [FOLDER]                     its first table, also of another study
    python benchmarks/exploration.py sample                             its second
    python benchmarks/exploration.py mutants                            its third

Everything that the page says of results comes from the run that writes it, half an hour of a processor. A mutant counts
if the zone engine says that a goal fails that held before; ``benchmarks/mutants/changes.py`` makes those of machines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from random import Random
from statistics import median_high

from mutants.changes import mutants, with_machine

from lastgasp import routes, soundness
from lastgasp.bundled import load_study
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import LastgaspError
from lastgasp.explore.stateful import Explored, Search
from lastgasp.extremes import extremes
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, ask_all, judge
from lastgasp.questions.matrix import names
from lastgasp.semantics import walk
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import Slice, sliced
from lastgasp.study import Study
from lastgasp.system import compiled
from lastgasp.verdict import Fails

STEPS, RUNS, FEW, SEEDS = 25, 600, range(3), range(5)
MACHINES, GOALS = ("ch", "csp", "esme"), ("no-false-ad1", "one-ad1-per-outage", "real-outage-raises-ad1")
PROPOSAL = "mains-signal"
EVERY, ZONES = 53, 50_000
"""Which checks of the other installations make the sample, and how many zones are looked at for a failure."""


def parted(question: Question) -> Slice:
    return sliced(question.network, question.restrict, [question.goal])


def shortest_run(question: Question) -> int | None:
    """The steps of the shortest run that breaks the goal; ``None`` where zones find none."""
    part = parted(question)
    network = part.network.with_settings(extremes(part.network, [*part.restrict.values(), question.goal]))
    found = find(compiled(network, part.restrict, question.goal), Budget(nodes=ZONES))
    return None if found.broken is None else len(found.broken[0])


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / max(whole, 1):.0f} %)"


# --- failures of a study ---------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of searches: by how many steps what they show is longer than the shortest, and those that missed."""

    checks: int = 0
    longer: list[int] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def words(self) -> Iterator[str]:
        met, every = len(self.longer), len(self.longer) + len(self.missed)
        yield f"* **Found:** a failure by {share(met, every)} searches, for {self.checks} checks."
        yield f"* **Missed:** {'; '.join(self.missed) or 'none'}."
        more = f"{self.longer.count(1)} are one step longer, none is more than {max(self.longer, default=0)} longer"
        yield f"* **As short as the shortest in steps:** {share(self.longer.count(0), met)} of the runs shown; {more}."


def on_study(folder: str | None = None) -> Iterator[str]:
    """The checks of a study's overview."""
    study = load_study(folder)
    return searched(study, names(study, None, study.overview.proposals, study.overview.installations), FEW)


def on_sample() -> Iterator[str]:
    """Some of the checks of all other installations, under all proposals."""
    study = load_study()
    elsewhere = [name for name in study.installations if name not in study.overview.installations]
    return searched(study, names(study, None, None, elsewhere)[::EVERY], FEW[:1])


def searched(study: Study, wanted: Iterable[CheckName], seeds: range) -> Iterator[str]:
    """A row for each check of which zones find a run: runs until it was met, steps of what is shown; then the tally."""
    yield f"| check | shortest | runs until met, seed {' / '.join(map(str, seeds))} | steps of the run shown |"
    yield "|---|---|---|---|"
    tally = Tally()
    for name, question in ask_all(study, list(wanted)).items():
        part, shortest = parted(question), shortest_run(question)
        if shortest is None:
            continue
        tally.checks += 1
        cells = []
        for seed in seeds:
            found = Search(part.network, question.goal, part.restrict, STEPS).driven(RUNS, seed)
            if found.broken is None:
                verdict = type(judge(study, name, question)).__name__.lower()
                tally.missed.append(f"{name} with seed {seed} (shortest {shortest}; `check` says {verdict})")
                cells.append(("-", "-"))
            else:
                tally.longer.append(len(found.broken.moves) - shortest)
                cells.append((str(found.found_in), str(len(found.broken.moves))))
        yield f"| {name} | {shortest} | {' | '.join(' / '.join(cell) for cell in zip(*cells, strict=True))} |"
    yield ""
    yield from tally.words()


# --- mutants ---------------------------------------------------------------------------------------------------------


def changed(study: Study) -> Iterator[tuple[str, Study]]:
    """The study without one clause of the proposal, and with one change in a machine, each with its description."""
    proposal = study.proposals[PROPOSAL]
    for clause in proposal.clauses:
        fewer = replace(proposal, clauses=tuple(name for name in proposal.clauses if name != clause))
        yield f"without the clause {clause}", replace(study, proposals={**study.proposals, PROPOSAL: fewer})
    for name in MACHINES:
        for words, mutant in mutants(study.machines[name]):
            yield f"{name}: {words}", with_machine(study, mutant)


def failing(study: Study) -> Iterator[tuple[str, Question]]:
    """The changes after which zones say that a goal fails which held, with each such goal: of a machine, the first."""
    for words, mutated in changed(study):
        memory = Memory()
        try:
            questions = ask_all(mutated, names(mutated, GOALS, PROPOSAL, study.overview.installations))
        except LastgaspError:
            continue
        for name, question in questions.items():
            if shortest_run(question) and fails(mutated, name, question, memory):
                yield f"{words} ({name.goal})", question
                if mutated.proposals == study.proposals:
                    break


def fails(study: Study, name: CheckName, question: Question, memory: Memory) -> bool:
    try:
        return isinstance(judge(study, name, question, engine="zones", limits=Limits(memory=memory)), Fails)
    except LastgaspError:
        return False


def driven(part: Slice, question: Question, seed: int) -> int:
    search = Search(part.network, question.goal, part.restrict, STEPS)
    search.drive(RUNS, seed)
    return met(search.found)


def unguided(part: Slice, question: Question, seed: int) -> int:
    return met(Search(part.network, question.goal, part.restrict, STEPS).wandering(RUNS, seed))


def met(found: Explored) -> int:
    return 0 if found.broken is None else found.found_in


def plainly(part: Slice, question: Question, seed: int) -> int:
    """The number of the plain random walk that breaks the goal before any clause, 0 for none."""
    chance = Random(seed)
    for number in range(1, RUNS + 1):
        try:
            trace = walk(part.network, chance, STEPS)
        except LastgaspError:
            continue
        signal = signal_of(trace, part.network)
        instant = errs(question.goal.formula, signal, trace.parameters)
        if instant is not None:
            others = [errs(item.formula, signal, trace.parameters) for item in part.restrict.values()]
            if all(other is None or other > instant for other in others):
                return number
    return 0


WAYS: dict[str, Callable[[Slice, Question, int], int]] = {
    "exploration": driven,
    "the same, unguided": unguided,
    "plain walks": plainly,
}


def on_mutants() -> Iterator[str]:
    """A row for each mutant and goal: of every way how many searches met it, in how many runs; then all together."""
    # which goal fails is all that is asked here, proofs are not shown to anybody
    routes.recheck_inductive = soundness.recheck_sound = lambda *proof: None
    yield f"| mutant (goal) | shortest | {' | '.join(WAYS)} |"
    yield f"|---|---{'|---' * len(WAYS)}|"
    every: dict[str, list[list[int]]] = {way: [] for way in WAYS}
    unmet = []
    for words, question in failing(load_study()):
        part, shortest = parted(question), shortest_run(question)
        row = {way: [search(part, question, seed) for seed in SEEDS] for way, search in WAYS.items()}
        for way, found in row.items():
            every[way].append(found)
        if not any(chain(*row.values())):
            unmet.append(f"{words}, shortest {shortest}")
        yield f"| {words} | {shortest} | {' | '.join(map(summary, row.values()))} |"
    together = {way: [*chain(*found)] for way, found in every.items()}
    yield f"| all of them | | {' | '.join(map(summary, together.values()))} |"
    yield ""
    for way, found in together.items():
        yield f"* **Detected, {way}:** {share(sum(map(bool, found)), len(found))}."
    yield f"* **Detected by no way:** {'; '.join(unmet) or 'none'}."
    ours, *others = every
    for other in others:
        pairs = [(middle(one), middle(two)) for one, two in zip(every[ours], every[other], strict=True)]
        fewer, more = sum(one < two for one, two in pairs), sum(one > two for one, two in pairs)
        yield f"* **Median, {ours} against {other}:** lower in {fewer} rows, higher in {more}, of {len(pairs)}."


def middle(found: list[int]) -> int:
    """The median number of runs, those that met nothing counted as more than all."""
    return median_high(number or RUNS + 1 for number in found)


def summary(found: list[int]) -> str:
    """How many searches met a failure, and the median number of runs."""
    took = middle(found)
    return f"{sum(map(bool, found))} of {len(found)}, {took if took <= RUNS else f'more than {RUNS}'}"


# --- the page --------------------------------------------------------------------------------------------------------

HEAD = f"""# How good random runs are

`lastgasp explore` shares no code with the engines beyond the reference meaning, so what it finds is a second opinion;
what it does not find may still be there. This page says how often it finds what the zone engine knows to be there. It
is written by one command, in one go:

    python benchmarks/exploration.py > benchmarks/EXPLORATION.md

A run has at most {STEPS} steps, and a search has {RUNS} runs: that is the budget below. In each round a run waits
(not at all, up to a boundary of some clock or sentence, or a little beside one) and takes a step, both chosen by
Hypothesis from a seed; a run tires of steps that it took, with a chance that it draws as well, so that quiet times
happen. Runs that visit many states are taken up again (`target`). A run that breaks the goal is made short by leaving
out steps and waits, and then by 300 runs at a time that may have fewer steps.
"""

STUDY = f"""
## The failures of the study

All checks of the overview of which zones find a run: the failures, and what is possible. *Shortest* is the number of
steps of the shortest run; then, for {len(FEW)} seeds, the number of the run that met the failure first ('-': none
did), and the steps of the run that is shown.
"""

SAMPLE = f"""
### Elsewhere

The overview is one installation of many. This is every {EVERY}rd check of all the others, under all proposals; those
of which zones find a run among the first {ZONES} zones are searched, once.
"""

MUTANTS = f"""
## Mutants of the study, beside plain random walks

The overview without one clause of `{PROPOSAL}`, and with one change in the machine of the hub, the back end or the
meter (`benchmarks/mutants`); those count after which `check` says that a goal fails that held before. The machines
are written permissive, and clauses bind them, so few changes of a machine break a goal; of these the first goal is
asked. {len(SEEDS)} searches each: how many met the failure, and the median number of runs that it took. *The same,
unguided*: the same choices, each equally likely, without Hypothesis. *Plain walks*: `semantics.walk` (steps and waits
of tenths of ten minutes at random, parameters at their upper ends), a failure being counted if no clause was broken
before.
"""

END = """
Plain walks seldom obey a clause for minutes by chance; runs that obey the clauses and wait up to boundaries do. What
Hypothesis adds to that is little, and where few runs suffice it needs more of them, perhaps because it begins with
short and plain runs.

The guidance was tuned on the failures of the first table, with some of the same seeds; neither the second nor the
mutants were used for that.
"""


def page() -> Iterator[str]:
    """The whole of EXPLORATION.md."""
    yield HEAD.rstrip()
    for words, table in ((STUDY, on_study), (SAMPLE, on_sample), (MUTANTS, on_mutants)):
        yield words
        yield from table()
    yield END.rstrip()


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            written = page()
        case ["study", *rest] if len(rest) < 2:
            written = on_study(*rest)
        case ["sample"]:
            written = on_sample()
        case ["mutants"]:
            written = on_mutants()
        case _:
            sys.exit(__doc__)
    for line in written:
        print(line, flush=True)
