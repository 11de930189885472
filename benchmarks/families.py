"""Growing families: time, stored zones and peak memory of each size, each in a process of its own, in one run.

*search* is the zone engine's search for a run that breaks the goal, alone; *whole* is a verdict with all its evidence,
which adds that time can go on, and the recheck of the proof.

Run with ``python benchmarks/families.py``; ``--help`` tells the options. The families are the published ones of
``tests/zoo/families.py``. Times are seconds of CPU; machines differ and are shared, so only ratios to the reference
workload (importing the solver) mean something. A family ends at its first size that does not finish in time.

Other tools are asked about Fischer's protocol where they are found: TChecker (the same timed automaton; what it stores
are zones too) and Spin (integer clocks, which for this model give the same verdict, as its one strict bound compares
with an integer: the clock then reads at least one more).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.zoo.families import BROKEN, SAFE
from tests.zoo.zoo import question

from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.facade import decide
from lastgasp.question import Limits
from lastgasp.system import compiled
from lastgasp.verdict import Fails, Holds

# --- one case, in a process of its own ----------------------------------------------------------------------------


def case(family: str, n: int) -> None:
    """Decide one case and print what it took: a line after the zone engine's search, and one at the end."""
    asked = question(*(SAFE | BROKEN)[family](n))
    start = time.process_time()
    found = find(compiled(asked.network, asked.restrict, asked.goal), Budget())
    size = f"{len(found.proof.zones)} zones" if found.proof else f"{found.states} met"
    print(json.dumps({"search": f"{time.process_time() - start:.2f} s", "size": size}), flush=True)
    start = time.process_time()
    verdict = decide(asked, "zones", Limits(seconds=None))
    told: dict[str, Any] = {"verdict": type(verdict).__name__, "seconds": time.process_time() - start}
    if isinstance(verdict, Holds) and verdict.certificate and verdict.certificate.zones:
        told["size"] = f"{len(verdict.certificate.zones.zones)} zones"
    elif isinstance(verdict, Fails) and verdict.trace:
        told["size"] = f"{len(verdict.trace.entries)} steps"
    told["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


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


def line(name: str, told: Mapping[str, Any], ran: Ran, unit: float) -> None:
    """One row of the table: what the process told, else what was measured of it."""
    verdict = "timeout" if ran.late else told.get("verdict", "")
    seconds, memory = told.get("seconds", ran.seconds), told.get("memory", ran.memory)
    print(
        f"{name:32} {verdict:8} {told.get('search', ''):>10} {seconds:8.2f} s {seconds / unit:7.1f}"
        f" {told.get('size', ''):>16} {memory:6.0f} MiB",
        flush=True,
    )


def grow(family: str, sizes: tuple[int, ...], timeout: float, unit: float) -> None:
    """A family up to the first size that takes too long, or that is met by an error."""
    for n in sizes:
        try:
            ran = run([sys.executable, __file__, "--case", family, str(n)], timeout)
        except subprocess.CalledProcessError as error:
            print(f"{family} {n}: {error.output.strip().splitlines()[-1]}", flush=True)
            return
        told: dict[str, Any] = {}
        for printed in ran.printed.splitlines():
            told |= json.loads(printed)
        line(f"{family} {n}", told, ran, unit)
        if ran.late:
            return


# --- other tools --------------------------------------------------------------------------------------------------


def tchecker_fischer(n: int, k: int = 10) -> str:
    """Fischer's protocol as TChecker's input."""
    lines = [f"system:fischer_{n}_{k}", "event:tau", f"int:1:0:{n}:0:id"]
    for i in range(1, n + 1):
        lines += [
            f"process:P{i}",
            f"clock:1:x{i}",
            f"location:P{i}:idle{{initial:}}",
            f"location:P{i}:requesting{{invariant:x{i}<={k}}}",
            f"location:P{i}:waiting{{}}",
            f"location:P{i}:critical{{labels:critical{i}}}",
            f"edge:P{i}:idle:requesting:tau{{provided:id==0 : do:x{i}=0}}",
            f"edge:P{i}:requesting:waiting:tau{{provided:x{i}<={k} : do:x{i}=0;id={i}}}",
            f"edge:P{i}:waiting:requesting:tau{{provided:id==0 : do:x{i}=0}}",
            f"edge:P{i}:waiting:critical:tau{{provided:x{i}>{k}&&id=={i}}}",
            f"edge:P{i}:critical:idle:tau{{do:id=0}}",
        ]
    return "\n".join(lines) + "\n"


def spin_fischer(n: int, k: int = 10) -> str:
    """Fischer's protocol in Promela, time passing in whole units; a clock stops where it no longer matters."""
    idle, requesting, waiting, critical = range(4)
    choices, passing = [], []
    for i in range(n):
        at, x = f"at[{i}]", f"x[{i}]"
        choices += [
            f"{at} == {idle} && id == 0 -> {at} = {requesting}",
            f"{at} == {requesting} -> {at} = {waiting}; {x} = 0; id = {i + 1}",
            f"{at} == {waiting} && id == 0 -> {at} = {requesting}; {x} = 0",
            f"{at} == {waiting} && {x} > {k} && id == {i + 1} -> {at} = {critical}; {x} = 0; assert(!in); in = 1",
            f"{at} == {critical} -> {at} = {idle}; in = 0; id = 0",
        ]
        running = f"({at} == {requesting} || ({at} == {waiting} && {x} <= {k}))"
        passing.append(f"if :: {running} -> {x}++ :: else fi")
    waits = " && ".join(f"!(at[{i}] == {requesting} && x[{i}] >= {k})" for i in range(n))
    choices.append(f"{waits} -> {'; '.join(passing)}")
    options = "\n".join(f"  :: atomic {{ {choice} }}" for choice in choices)
    return f"byte id; bool in; byte at[{n}]; byte x[{n}];\nactive proctype all() {{\n  do\n{options}\n  od\n}}\n"


def by_tchecker(tool: str, n: int, timeout: float, unit: float) -> bool:
    """One size by TChecker; whether it finished. Its stored states are zones, as ours."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "fischer.tck").write_text(tchecker_fischer(n), encoding="utf-8")
        command = [tool, "-a", "covreach", "-s", "bfs", "-l", "critical1,critical2", "fischer.tck"]
        ran = run(command, timeout, folder)
    found = dict(re.findall(r"^(\w+) (\S+)$", ran.printed, re.M))
    told = {"verdict": {"false": "Holds", "true": "Fails"}.get(found.get("REACHABLE", ""), "")}
    if "STORED_STATES" in found:
        told["size"] = f"{found['STORED_STATES']} zones"
    line(f"tck-reach: fischer {n}", told, ran, unit)
    return not ran.late


def by_spin(tool: str, n: int, timeout: float, unit: float) -> bool:
    """One size by Spin, the time to compile its checker left out; whether it finished."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "fischer.pml").write_text(spin_fischer(n), encoding="utf-8")
        run([tool, "-a", "fischer.pml"], timeout, folder)
        run(["cc", "-O2", "-DSAFETY", "-DMEMLIM=8192", "-w", "-o", "pan", "pan.c"], timeout, folder)
        ran = run(["./pan", "-m1000000"], timeout, folder)
    told = {}
    if errors := re.search(r"errors: (\d+)", ran.printed):
        told["verdict"] = "Fails" if int(errors[1]) else "Holds"
    if stored := re.search(r"(\S+) states, stored", ran.printed):
        told["size"] = f"{float(stored[1]):.0f} states"
    line(f"spin: fischer {n}", told, ran, unit)
    return not ran.late


TOOLS: dict[str, Callable[[str, int, float, float], bool]] = {"tck-reach": by_tchecker, "spin": by_spin}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("families", nargs="*", help=f"which ones (default: all): {', '.join([*SAFE, *BROKEN])}")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for each case (default 60)")
    parser.add_argument("--most", type=int, default=8, help="the largest size of a family (default 8)")
    parser.add_argument("--case", nargs=2, metavar=("FAMILY", "N"), help="decide this one here and print JSON")
    given = parser.parse_args()
    if given.case:
        case(given.case[0], int(given.case[1]))
        return
    unknown = [name for name in given.families if name not in {*SAFE, *BROKEN}]
    if unknown:
        parser.error(f"unknown family {unknown[0]!r}")
    units = [run([sys.executable, "-c", "import z3"], 600) for _ in range(5)]
    unit = statistics.median(ran.seconds for ran in units)
    sizes = tuple(range(2, given.most + 1))
    print(f"{'case':32} {'verdict':8} {'search':>10} {'whole':>10} {'ratio':>7} {'size':>16} {'memory':>10}")
    line("import z3", {"seconds": unit}, units[0], unit)
    for family in given.families or [*SAFE, *BROKEN]:
        grow(family, sizes, given.timeout, unit)
    for name, check in TOOLS.items():
        tool = shutil.which(name)
        if tool is None:
            print(f"{name}: not found")
            continue
        for n in sizes:
            if not check(tool, n, given.timeout, unit):
                break


if __name__ == "__main__":
    main()
