"""How random runs fare on a study: runs until a failure is met, guided and plain, and how short it is after shrinking.

    python benchmarks/exploration.py [FOLDER] [SEEDS] [RUNS]

One line for each check that zones break: its shortest run in steps, then for each seed the number of the run that met a
failure (guided), its steps after shrinking, and the number of the run that met one when walking plainly; '-' where none
did within RUNS.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from lastgasp.bundled import load_study
from lastgasp.engines.zones.engine import find
from lastgasp.engines.zones.explore import Budget
from lastgasp.explore.stateful import Explored, Search
from lastgasp.extremes import extremes
from lastgasp.questions.asking import ask
from lastgasp.questions.matrix import names
from lastgasp.slicing import sliced
from lastgasp.system import compiled

STEPS = 25


def met(found: Explored) -> str:
    return "-" if found.broken is None else str(found.found_in)


def main(folder: str | None, seeds: int, runs: int) -> None:
    study = load_study(folder)
    for name in names(study):
        asked = ask(study, name)
        part = sliced(asked.network, asked.restrict, [asked.goal])
        network = part.network.with_settings(extremes(part.network, [*part.restrict.values(), asked.goal]))
        zones = find(compiled(network, part.restrict, asked.goal), Budget())
        if zones.broken is None:
            continue
        cells = []
        for seed in range(seeds):
            guided = Search(part.network, asked.goal, part.restrict, STEPS).driven(runs, seed)
            plain = Search(part.network, asked.goal, part.restrict, STEPS).wandering(runs, seed)
            steps = "-" if guided.broken is None else len(guided.broken.moves)
            cells.append(f"{met(guided)}/{steps}/{met(plain)}")
        where = replace(name, installation="") if len(study.installations) == 1 else name
        print(f"{where} shortest {len(zones.broken[0])}; {' '.join(cells)}", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(given[0] if given and given[0] != "-" else None, *map(int, given[1:] or ["3", "300"]))
