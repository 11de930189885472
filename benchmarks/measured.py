"""What a process took, as a row of a table: seconds of CPU, the ratio to a reference workload, and peak memory.

Machines differ and are shared, so that only the ratio means something; the reference is to import the solver.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process printed, whether it had to be ended, its seconds of CPU, and its peak memory in MiB."""

    printed: str
    late: bool
    seconds: float
    memory: float


def run(command: list[str], timeout: float, folder: str | None = None) -> Ran:
    """Run a process. :class:`subprocess.CalledProcessError` where it ends with an error."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout, end)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        printed = out.read()
    if process.returncode and not late.is_set():
        raise subprocess.CalledProcessError(process.returncode, command, printed)
    return Ran(printed, late.is_set(), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Table:
    """A table in Markdown, printed row by row; its first row is the reference workload."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        print(f"| case | answer | {' | '.join(columns)} | CPU | ratio | memory |")
        print("|---|---|" + "---:|" * (len(columns) + 3))
        units = [run([sys.executable, "-c", "import z3"], 600) for _ in range(9)]
        self.unit = statistics.median(ran.seconds for ran in units)
        self.row("import z3", {"seconds": self.unit}, units[0])

    def row(self, name: str, told: Mapping[str, Any], ran: Ran) -> None:
        """One row: what the process told of itself, else what was measured of it."""
        answer = "does not end in time" if ran.late else told.get("answer", "")
        seconds, memory = told.get("seconds", ran.seconds), told.get("memory", ran.memory)
        more = " | ".join(str(told.get(column, "")) for column in self.columns)
        print(
            f"| {name} | {answer} | {more} | {seconds:.2f} s | {seconds / self.unit:.1f} | {memory:.0f} MiB |",
            flush=True,
        )
