"""What the solver's engines decide, and in which time: each question in a process of its own, in one run.

Fischer's protocol with free parameters (each write takes 2 s at most, each wait 3 s at least: safe), then every check
of the bundled study that is expected to hold and asserts something, on its slice, with the parameters left free. *bmc*
looks for an error in runs of ten steps and proves nothing.

    python benchmarks/solvers.py [SECONDS] > benchmarks/SOLVERS.md

The seconds (60) bound each question. ``--case`` runs one question. Only ratios mean something elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import Table, run
from tests.engines.test_induction import TOGETHER, asked, fischer

from lastgasp.bundled import load_study
from lastgasp.engines import bmc, induction, spacer
from lastgasp.engines.obligations import Proved, clauses
from lastgasp.questions.asking import CheckName, ask
from lastgasp.questions.matrix import shown
from lastgasp.sentences import Possible
from lastgasp.slicing import sliced
from lastgasp.system import TimedSystem, compiled

DEPTH = 10
LONG = 300
"""Seconds for the largest Fischer."""


def bounded(system: TimedSystem, seconds: float) -> str:
    """What bounded search says."""
    outcome = bmc.search(system, depth=DEPTH, timeout=seconds)
    return f"{type(outcome).__name__} at {getattr(outcome, 'depth', '')}"


def inductive(system: TimedSystem, seconds: float) -> str:
    """What k-induction says."""
    return told(induction.prove(system, timeout=seconds))


def horn(system: TimedSystem, seconds: float) -> str:
    """What Spacer says, with the lemmas that it gets by default."""
    return told(spacer.prove(system, timeout=seconds))


def plain(system: TimedSystem, seconds: float) -> str:
    """What Spacer says without any lemma."""
    return told(spacer.prove(system, timeout=seconds, levels=0))


def told(outcome: object) -> str:
    """One answer in a few words."""
    if isinstance(outcome, Proved):
        return f"proved, k = {outcome.k}, {len(clauses(outcome.invariant))} clauses"
    return f"{type(outcome).__name__} {getattr(outcome, 'reason', '')}"


ENGINES: dict[str, Callable[[TimedSystem, float], str]] = {
    "bmc": bounded,
    "k-induction": inductive,
    "spacer": horn,
    "plain spacer": plain,
}


def system_of(name: str) -> TimedSystem:
    """The system of a question by its name: ``fischer N``, or the name of a check."""
    if name.startswith("fischer "):
        return asked(fischer(int(name.split()[1]), "range: 1 s .. 2 s", "range: 3 s .. 9 s"), TOGETHER)
    study = load_study()
    question = ask(study, CheckName.parsed(name, study))
    part = sliced(question.network, question.restrict, [question.goal])
    return compiled(part.network, part.restrict, question.goal)


def questions(seconds: float) -> Iterator[tuple[str, float]]:
    """The names of all questions, each with its seconds."""
    yield from ((f"fischer {count}", seconds) for count in (2, 3, 4))
    yield "fischer 5", max(LONG, seconds)
    study = load_study()
    for name in shown(study):
        expected = any(
            (name.goal, name.proposal, name.installation) == (item.goal, item.proposal, item.installation)
            for item in study.expectations
        )
        if not expected and not isinstance(ask(study, name).goal.formula, Possible):
            yield str(name), seconds


def main(seconds: float) -> None:
    """Print the page."""
    print(f"# What the solver's engines decide\n\n{__doc__}")
    table = Table("engine")
    for name, limit in questions(seconds):
        for engine in ENGINES:
            ran = run([sys.executable, __file__, "--case", name, engine, str(limit)], 2 * limit)
            table.row(name, {"answer": (ran.printed.strip().splitlines() or [""])[-1], "engine": engine}, ran)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--case", name, engine, limit]:
            print(ENGINES[engine](system_of(name), float(limit)))
        case [limit]:
            main(float(limit))
        case _:
            main(60.0)
