"""Questions about a study as ratios to a single check, in one run; seconds are of this machine's processor, now.

Run with ``python benchmarks/questions.py``. The aim for cores and repairs of 20 clauses and one goal: all of them in at
most twenty times a single check times the number of answers. Answers are the minimal sets of both; the largest sets
that do not suffice, which each come with a run, are told beside them and do not count.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.questions.small import ladder, study

from lastgasp.bundled import load_study
from lastgasp.questions.asking import CheckName, answer
from lastgasp.questions.cores import cores
from lastgasp.questions.repair import repair
from lastgasp.study import Study

Result = TypeVar("Result")

CLAUSES = 20


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What comes of some work, and the seconds of processor time that it takes."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def climbing(rungs: int) -> Study:
    """A study of 20 clauses: a machine that climbs in several ways of so many rungs, any of which may be closed."""
    ways = CLAUSES // rungs
    clauses = {f"c{number}": f"A shall never send call{number}." for number in range(CLAUSES)}
    net = ladder(rungs, ways)
    return study(net, {"safe": "a shall never be bad."}, clauses, {"today": [], "all": list(clauses)})


def row(what: str, asked: Study, holding: str, failing: str) -> None:
    """One line: a single check (the dearer of the two), all cores and repairs, and the ratio for each answer."""
    single = max(timed(lambda n=name: answer(asked, CheckName.parsed(n, asked)))[1] for name in (holding, failing))
    found, first = timed(lambda: cores(asked, holding))
    repairs, second = timed(lambda: repair(asked, failing))
    answers = len(found.cores) + len(repairs.repairs)
    exact = "" if found.exact and repairs.exact else " (approximate)"
    ratio = (first + second) / single
    print(
        f"{what:44} {single:8.3f} {first:8.2f} {second:8.2f} {ratio:8.1f} {answers:8} {ratio / max(answers, 1):11.1f}"
        f"  {len(found.escapes)} + {len(repairs.escapes)}{exact}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    print(
        f"{'what':44} {'check':>8} {'cores':>8} {'repairs':>8} {'ratio':>8} {'answers':>8} {'per answer':>11}"
        "  sets that do not suffice"
    )
    for rungs, words in ((20, "any of 20 suffices"), (10, "one of each 10"), (5, "one of each 5"), (1, "all of 20")):
        row(words, climbing(rungs), "safe/all", "safe/today")
    row("bundled study", load_study(), "no-false-ad1/mains-signal", "no-false-ad1/today")


if __name__ == "__main__":
    main()
