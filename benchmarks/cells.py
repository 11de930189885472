"""Whole-process times as ratios to importing the solver: one cell, the default check, in one run from an empty cache.

Run with ``python benchmarks/cells.py``. Machines differ and are shared, so only the ratios mean something.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from lastgasp.bundled import load_study
from lastgasp.questions.matrix import shown


def seconds(*command: str) -> float:
    """The time of a process from start to end, in seconds."""
    start = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    unit = statistics.median(seconds(sys.executable, "-c", "import z3") for _ in range(9))
    print(f"import z3                 {unit:6.2f} s     1.0")
    cells: list[float] = []
    for name in shown(load_study()):
        cells.append(seconds(*check("--goal", name.goal, "--proposal", name.proposal, "--jobs", "1")))
        print(f"{name.goal + '/' + name.proposal:50} {cells[-1]:6.2f} s  {cells[-1] / unit:6.1f}")
    print(f"median cell               {statistics.median(cells):6.2f} s  {statistics.median(cells) / unit:6.1f}")
    whole = seconds(*check())
    print(f"default check             {whole:6.2f} s  {whole / unit:6.1f}")


def check(*options: str) -> tuple[str, ...]:
    """The command that checks with an empty cache."""
    return sys.executable, "-m", "lastgasp", "check", "--no-cache", *options


if __name__ == "__main__":
    main()
