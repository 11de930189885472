"""Conditions over parameters as ratios to a single check, in one run; seconds are of this machine, now.

Run with ``python benchmarks/conditions.py [SIZE]``. For scale: IMITATOR's exact condition for a Fischer protocol with
two parameters is said to take 0.1 s with 3 processes, 6.5 s with 4, and not to come in 116 s with 5.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.questions.test_condition import fischer

from lastgasp.bundled import load_study
from lastgasp.facade import decide
from lastgasp.questions.asking import ask
from lastgasp.questions.condition import condition, open_parameters
from lastgasp.questions.matrix import shown


def main(largest: int) -> None:
    """Print the table."""
    print(f"{'what':58} {'check':>8} {'condition':>10} {'ratio':>7}  regions")
    for n in range(2, largest + 1):
        asked, over = fischer(n, strict=True)
        point = {name: Fraction(20 if name.endswith("wait") else 10) for group in over for name in group}
        at = replace(asked, network=asked.network.with_settings(point))
        row(
            f"Fischer {n}", lambda at=at: decide(at), lambda asked=asked, over=over: condition(asked, over, probe=False)
        )
    study = load_study()
    for name in shown(study):
        if name.goal not in ("no-false-ad1", "no-ad1-without-outage"):
            continue
        asked = ask(study, name)
        over = tuple(group for group in open_parameters(asked) if group[0] in ("esme.reboot", "ch.boot"))
        row(f"{name}", lambda asked=asked: decide(asked), lambda asked=asked, o=over: condition(asked, o, probe=False))


def row(what: str, check: object, synthesise: object) -> None:
    """One line: a single check, the condition, and how many times longer that took."""
    start = time.process_time()
    check()  # type: ignore[operator]
    single = time.process_time() - start
    start = time.process_time()
    found = synthesise()  # type: ignore[operator]
    whole = time.process_time() - start
    exact = "" if found.exact else f" (partial: {found.reason[:40]})"
    print(f"{what:58} {single:8.2f} {whole:10.2f} {whole / single:7.1f}  {len(found.pieces)}{exact}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
