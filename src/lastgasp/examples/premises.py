"""A simulated premises in real time, scaled, its swim lanes drawn as it runs.

    python -m lastgasp.examples.premises
    python -m lastgasp.examples.premises mesh-backend-timed --speed 600 --minutes 60 --seed 3 --page mesh.html

Open the page in a browser beside it: it loads itself anew each second until the run is over. What happens is also told
on the terminal. Nobody steers it: what is left open, a seed decides.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import lastgasp as lg
from lastgasp.explore.performance import at_random
from lastgasp.render.lanes import lanes_svg
from lastgasp.render.words import time_text


class Drawing(lg.RealClock):
    """Real time that stops once a second to have the picture drawn; ``draw`` is told how much of the wait is over."""

    def __init__(self, speed: Fraction, draw: Callable[[Fraction], None]) -> None:
        super().__init__(speed)
        self.draw = draw

    def wait(self, seconds: Fraction) -> None:
        passed = Fraction(0)
        while passed < seconds:
            self.draw(passed)
            part = min(self.speed, seconds - passed)
            super().wait(part)
            passed += part


def perform(network: lg.Network, page: Path, speed: Fraction, seconds: Fraction, seed: int) -> lg.Trace:
    """Run the network for so many seconds of its own time, and keep the page up to date."""

    def draw(passed: Fraction, again: str = '<meta http-equiv="refresh" content="1">') -> None:
        trace = lg.run(show.network, show.parameters, show.moves, show.waited + passed)
        title = f"{network.title}: {time_text(trace.end)}"
        lanes = lanes_svg(trace, title=title, keep=network.by_name)
        fresh = page.with_suffix(".new")
        fresh.write_text(f'<!doctype html><meta charset="utf-8">{again}{lanes}\n', encoding="utf-8")
        os.replace(fresh, page)  # whoever looks sees the old page or the new one, never a half

    def entered(time: Fraction, who: str, state: str) -> None:
        device = network.by_name[who]
        print(f"{time_text(time)}: {device.label}: {device.machine.state(state).label or state}", flush=True)

    show = lg.Performance(network, clock=Drawing(speed, draw), policy=at_random(seed), entered=entered)
    trace = show.run(seconds)
    draw(Fraction(0), again="")
    return trace


def main() -> None:
    """Read the command line, and perform."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("installation", nargs="?", default="single-phase-backend-timed")
    parser.add_argument("--speed", type=Fraction, default=Fraction(60), help="seconds of the network in each second")
    parser.add_argument("--minutes", type=Fraction, default=Fraction(15), help="of the network's time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, default=Path("premises.html"))
    told = parser.parse_args()
    installations = lg.load_study().installations
    if told.installation not in installations:
        parser.error(f"there is no installation {told.installation!r}; known: {', '.join(installations)}")
    if told.speed <= 0 or told.minutes < 0:
        parser.error("time goes forward: --speed must be more than 0, --minutes at least 0")
    perform(installations[told.installation], told.page, told.speed, told.minutes * 60, told.seed)


if __name__ == "__main__":
    main()
