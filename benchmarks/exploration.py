"""How random runs fare: on the failures of a study, and on mutants of it beside plain random walks.

    python benchmarks/exploration.py study [FOLDER]
    python benchmarks/exploration.py mutants

Each prints a table for ``benchmarks/EXPLORATION.md``. The checks are those of the study's overview. A mutant counts if
the zone engine says that a goal fails that held before; ``benchmarks/mutants.py`` makes those of machines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from random import Random
from statistics import median

from mutants import asked, mutants, with_machine

from lastgasp import routes
from lastgasp.bundled import load_study
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.errors import LastgaspError
from lastgasp.explore.stateful import Explored, Search
from lastgasp.extremes import extremes
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import ask, ask_all
from lastgasp.questions.matrix import names
from lastgasp.semantics import walk
from lastgasp.signals import errs, signal_of
from lastgasp.slicing import Slice, sliced
from lastgasp.study import Study
from lastgasp.system import compiled

STEPS, RUNS, FEW, SEEDS = 25, 600, range(3), range(5)
MACHINES, GOALS = ("ch", "csp", "esme"), ("no-false-ad1", "one-ad1-per-outage", "real-outage-raises-ad1")
PROPOSAL = "mains-signal"


def parted(question: Question) -> Slice:
    return sliced(question.network, question.restrict, [question.goal])


def shortest_run(question: Question) -> int | None:
    """The steps of the shortest run that breaks the goal, by zones; ``None`` where there is none."""
    part = parted(question)
    network = part.network.with_settings(extremes(part.network, [*part.restrict.values(), question.goal]))
    found = find(compiled(network, part.restrict, question.goal), Budget())
    return None if found.broken is None else len(found.broken[0])


def on_study(folder: str | None) -> None:
    """The failures of a study (and what is possible): runs until met, steps after shrinking."""
    study = load_study(folder)
    print(f"| check | shortest | runs until met (seeds 0 to {FEW[-1]}) | steps of the run shown |")
    print("|---|---|---|---|")
    shown: list[int] = []
    missed = []
    for name in names(study, None, study.overview.proposals, study.overview.installations):
        question = ask(study, name)
        part, shortest = parted(question), shortest_run(question)
        if shortest is None:
            continue
        met, steps = [], []
        for seed in FEW:
            found = Search(part.network, question.goal, part.restrict, STEPS).driven(RUNS, seed)
            met.append("-" if found.broken is None else str(found.found_in))
            steps.append("-" if found.broken is None else str(len(found.broken.moves)))
            if found.broken is None:
                missed.append(f"{name} seed {seed}")
            else:
                shown.append(len(found.broken.moves) - shortest)
        print(f"| {name.goal}/{name.proposal} | {shortest} | {', '.join(met)} | {', '.join(steps)} |", flush=True)
    print(f"\n{len(shown)} found, missed: {', '.join(missed) or 'none'}")
    print(f"as short as the shortest: {shown.count(0)}; one longer: {shown.count(1)}; at most {max(shown)} longer")


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
            if shortest_run(question) and asked(mutated, name, question, Limits(memory=memory)) == "Fails":
                yield f"{words} ({name.goal})", question
                if mutated.proposals == study.proposals:
                    break


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


def on_mutants() -> None:
    """Mutants of the study, each by every way: the median number of runs until met, and how often."""
    # which goal fails is all that is asked here, proofs are not shown to anybody
    routes.recheck_inductive = routes.recheck_sound = lambda *proof: None
    print(f"| mutant (goal) | shortest | {' | '.join(WAYS)} |")
    print(f"|---|---{'|---' * len(WAYS)}|")
    every: dict[str, list[list[int]]] = {way: [] for way in WAYS}
    for words, question in failing(load_study()):
        part = parted(question)
        cells = []
        for way, search in WAYS.items():
            found = [search(part, question, seed) for seed in SEEDS]
            every[way].append(found)
            cells.append(summary(found))
        print(f"| {words} | {shortest_run(question)} | {' | '.join(cells)} |", flush=True)
    rates = [f"{sum(map(bool, chain(*found)))} of {sum(map(len, found))}" for found in every.values()]
    print(f"| all | | {' | '.join(rates)} |")


def summary(found: list[int]) -> str:
    """How many searches met a failure, and the median of the runs that it took, those that did not counted as more."""
    took = median(number or RUNS + 1 for number in found)
    return f"{sum(map(bool, found))} of {len(found)}, {f'{took:g}' if took <= RUNS else f'more than {RUNS}'}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["study", *rest]:
            on_study(rest[0] if rest else None)
        case ["mutants"]:
            on_mutants()
        case _:
            sys.exit(__doc__)
