"""What is asked, and how much work the answer may cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lastgasp.engines.zones.engine import Sanity
from lastgasp.engines.zones.explore import Budget
from lastgasp.network import Network
from lastgasp.sentences import Sentence
from lastgasp.store import Store


@dataclass(frozen=True, slots=True)
class Question:
    """A goal about a network, restricted by clauses (which bind a party) and assumptions (which bind none)."""

    name: str
    network: Network
    goal: Sentence
    clauses: Mapping[str, Sentence] = field(default_factory=dict, hash=False)
    assumptions: Mapping[str, Sentence] = field(default_factory=dict, hash=False)

    @property
    def restrict(self) -> dict[str, Sentence]:
        """Every sentence that takes runs away."""
        return {**self.clauses, **self.assumptions}


@dataclass(slots=True)
class Memory:
    """What was found out, and rechecked, about networks apart from their goals."""

    found: dict[object, Sanity] = field(default_factory=dict)
    rechecked: list[Sanity] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work a check may do: seconds (``None``: no limit), symbolic states, steps of a bounded search.

    ``megabytes`` bounds the memory of each engine, so far as it can be told. ``order`` is that of the zone engine's
    search; only breadth-first finds the shortest run first. ``memory`` keeps what was found out about a network apart
    from its goal, for the next goal about the same network; ``store`` keeps on disk what engines found, for good.
    """

    seconds: float | None = 60.0
    states: int = 1_000_000
    depth: int = 24
    order: str = "breadth"
    megabytes: int | None = None
    progress: Callable[[str, int, int], None] | None = None
    memory: Memory = field(default_factory=Memory, compare=False)
    store: Store | None = field(default=None, compare=False)

    def budget(self, engine: str) -> Budget:
        """A budget for the zone engine that starts now."""
        report = self.progress
        until = None if self.seconds is None else time.monotonic() + self.seconds
        told = (lambda found, depth: report(engine, found, depth)) if report else None
        return Budget(self.states, until, told, self.megabytes)
