"""The whole matrix from an empty cache, from a full one, and after a change, as ratios to its median cell.

Run with ``python benchmarks/matrix.py [PATH]``: the study's overview is decided; what a change can touch is counted for
all of it. Seconds are those of the processor in this process, one job, so that what else runs on the machine matters
little; a cell on its own is decided without anything that others found out. Aims: the whole costs at most 50 median
cells per hundred cells; from a full cache a tenth of that.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lastgasp.bundled import load_study
from lastgasp.question import Limits
from lastgasp.questions.asking import ask_all
from lastgasp.questions.matrix import Cell, matrix, names, shown
from lastgasp.slicing import sliced
from lastgasp.store import Store
from lastgasp.study import Study
from lastgasp.verdict import Undecided


def seconds(work: Callable[[], object]) -> float:
    """What some work takes of the processor, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(path: str | None = None) -> None:
    """Print the table."""
    study = load_study(path)
    wanted = shown(study)
    alone = [seconds(lambda name=name: matrix(study, [name])) for name in wanted]  # type: ignore[misc]
    unit = statistics.median(alone)
    print(f"{len(wanted)} cells; median cell on its own    {unit:7.2f} s")
    print(f"all cells, each on its own     {told(sum(alone), unit, len(wanted))}")
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(store=Store.opened(Path(folder)))
        first: list[Cell] = []
        cold = seconds(lambda: first.extend(matrix(study, wanted, limits=limits)))
        print(f"whole, empty cache             {told(cold, unit, len(wanted))}")
        again: list[Cell] = []
        warm = seconds(lambda: again.extend(matrix(study, wanted, limits=limits)))
        print(f"whole, full cache              {told(warm, unit, len(wanted))}   {warm / cold:.2f} of the empty one")
        assert [type(cell.verdict) for cell in first] == [type(cell.verdict) for cell in again]
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        print(f"cache                          {size / 1e6:7.1f} MB in {len(list(Path(folder).iterdir()))} entries")
        print(f"open                           {sum(isinstance(cell.verdict, Undecided) for cell in first)} cells")
    print(f"\ncells whose question becomes another one with a change, of {len(names(study))}")
    for what, count in touched(study).items():
        print(f"  {what:50} {count}")


def told(cost: float, unit: float, count: int) -> str:
    """A cost, and how many median cells it is per hundred cells."""
    return f"{cost:7.2f} s  {100 * cost / unit / count:7.1f} per 100"


def touched(study: Study) -> dict[str, int]:
    """The number of cells in whose slice each clause and each machine is: those that a change of it can touch."""
    counts = {f"clause {name}": 0 for name in study.clauses} | {f"machine {name}": 0 for name in study.machines}
    for question in ask_all(study, names(study)).values():
        part = sliced(question.network, question.restrict, [question.goal])
        for name in part.restrict:
            if name in study.clauses:
                counts[f"clause {name}"] += 1
        for name in {instance.machine.name for instance in part.network.instances}:
            counts[f"machine {name}"] += 1
    return counts


if __name__ == "__main__":
    main(*sys.argv[1:])
