"""Growing families: time, stored zones and peak memory of each size, each in a process of its own, in one run.

    python benchmarks/families.py > benchmarks/FAMILIES.md

``--help`` tells the options. Other tools are asked where they are found.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import Table, run
from tests.zoo.families import BROKEN, SAFE
from tests.zoo.zoo import question

from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.facade import decide
from lastgasp.question import Limits
from lastgasp.system import compiled
from lastgasp.verdict import Fails, Holds

HEAD = """
# Growing families

    python benchmarks/families.py > benchmarks/FAMILIES.md

The published families of `tests/zoo/families.py`, each up to its first size that does not end in time. *Search alone*
is the zone engine's search for a run that breaks the goal; the rest of a row is about a verdict with all its evidence,
which adds that time can go on, and the recheck of the proof. CPU is in seconds of a process; only the ratio to
importing the solver means something elsewhere.

Other tools are asked about Fischer's protocol where they are found: TChecker (the same timed automaton; what it stores
are zones too) and Spin (integer clocks, which for this model give the same verdict, as its one strict bound compares
with an integer: the clock then reads at least one more).

For scale, TChecker's covering reachability, breadth-first, on another machine: Fischer 7 in 0.3 s with
7,737 stored states, 8 in 2 s with 25,080, 9 in 8.5 s with 81,035; CSMA/CD 9 in 3 s with 55,554; FDDI 12 depth-first in
0.17 s, breadth-first in 12 s. To compare with *search alone*.
"""
"""What stands above the table."""


# --- one case, in a process of its own ----------------------------------------------------------------------------


def case(family: str, n: int) -> None:
    """Decide one case and print what it took: a line after the zone engine's search, and one at the end."""
    asked = question(*(SAFE | BROKEN)[family](n))
    start = time.process_time()
    found = find(compiled(asked.network, asked.restrict, asked.goal), Budget())
    size = f"{len(found.proof.zones)} zones" if found.proof else f"{found.states} met"
    print(json.dumps({"search alone": f"{time.process_time() - start:.2f} s", "size": size}), flush=True)
    start = time.process_time()
    verdict = decide(asked, "zones", Limits(seconds=None))
    told: dict[str, Any] = {"answer": type(verdict).__name__, "seconds": time.process_time() - start}
    if isinstance(verdict, Holds) and verdict.certificate and verdict.certificate.zones:
        told["size"] = f"{len(verdict.certificate.zones.zones)} zones"
    elif isinstance(verdict, Fails) and verdict.trace:
        told["size"] = f"{len(verdict.trace.entries)} steps"
    told["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


def grow(family: str, sizes: range, timeout: float, table: Table) -> None:
    """A family up to the first size that takes too long, or that is met by an error."""
    for n in sizes:
        try:
            ran = run([sys.executable, __file__, "--case", family, str(n)], timeout)
        except subprocess.CalledProcessError as error:
            print(f"{family} {n}: {error.output.strip().splitlines()[-1]}", file=sys.stderr)
            return
        told: dict[str, Any] = {}
        for printed in ran.printed.splitlines():
            told |= json.loads(printed)
        table.row(f"{family} {n}", told, ran)
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


def by_tchecker(tool: str, n: int, timeout: float, table: Table) -> bool:
    """One size by TChecker; whether it finished. Its stored states are zones, as ours."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "fischer.tck").write_text(tchecker_fischer(n), encoding="utf-8")
        command = [tool, "-a", "covreach", "-s", "bfs", "-l", "critical1,critical2", "fischer.tck"]
        ran = run(command, timeout, folder)
    found = dict(re.findall(r"^(\w+) (\S+)$", ran.printed, re.M))
    told = {"answer": {"false": "Holds", "true": "Fails"}.get(found.get("REACHABLE", ""), "")}
    if "STORED_STATES" in found:
        told["size"] = f"{found['STORED_STATES']} zones"
    table.row(f"tck-reach: fischer {n}", told, ran)
    return not ran.late


def by_spin(tool: str, n: int, timeout: float, table: Table) -> bool:
    """One size by Spin, the time to compile its checker left out; whether it finished."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "fischer.pml").write_text(spin_fischer(n), encoding="utf-8")
        run([tool, "-a", "fischer.pml"], timeout, folder)
        run(["cc", "-O2", "-DSAFETY", "-DMEMLIM=8192", "-w", "-o", "pan", "pan.c"], timeout, folder)
        ran = run(["./pan", "-m1000000"], timeout, folder)
    told = {}
    if errors := re.search(r"errors: (\d+)", ran.printed):
        told["answer"] = "Fails" if int(errors[1]) else "Holds"
    if stored := re.search(r"(\S+) states, stored", ran.printed):
        told["size"] = f"{float(stored[1]):.0f} states"
    table.row(f"spin: fischer {n}", told, ran)
    return not ran.late


TOOLS: dict[str, Callable[[str, int, float, Table], bool]] = {"tck-reach": by_tchecker, "spin": by_spin}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("families", nargs="*", help=f"which ones (default: all): {', '.join([*SAFE, *BROKEN])}")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for each case (default 60)")
    parser.add_argument("--most", type=int, default=12, help="the largest size of a family (default 12)")
    parser.add_argument("--case", nargs=2, metavar=("FAMILY", "N"), help="decide this one here and print JSON")
    given = parser.parse_args()
    if given.case:
        case(given.case[0], int(given.case[1]))
        return
    unknown = [name for name in given.families if name not in {*SAFE, *BROKEN}]
    if unknown:
        parser.error(f"unknown family {unknown[0]!r}")
    sizes = range(2, given.most + 1)
    print(HEAD.strip(), end="\n\n")
    table = Table("search alone", "size")
    for family in given.families or [*SAFE, *BROKEN]:
        grow(family, sizes, given.timeout, table)
    for name, check in TOOLS.items():
        tool = shutil.which(name)
        for n in sizes if tool else ():
            if not check(tool, n, given.timeout, table):
                break
    missing = [name for name in TOOLS if not shutil.which(name)]
    print(f"\nNot found: {', '.join(missing)}." if missing else "")


if __name__ == "__main__":
    main()
