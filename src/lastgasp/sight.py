"""What a party can know while a system runs: its own state and clocks, what its clauses watch, the outputs it reads.

A choice that rests on anything else is one that no device could make. The observers of its clauses count as known,
because a clause reads only what its party can know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lastgasp.expr import Expr
from lastgasp.system import TimedSystem


@dataclass(frozen=True, slots=True)
class Sight:
    """The variables that a party knows, and the outputs of others that it reads, as expressions over variables."""

    owners: tuple[str, ...]
    variables: tuple[str, ...]
    outputs: tuple[Expr, ...]

    def clocks(self, names: Iterable[str]) -> list[str]:
        """Those of the clocks that the party knows."""
        return [name for name in names if name.rpartition(".")[0] in self.owners]


def sight(system: TimedSystem, party: str, observers: Iterable[str]) -> Sight:
    """What the instance ``party`` knows, bound by the clauses that these observers watch."""
    owners = (party, *observers)
    instance = system.network.by_name[party]
    read = dict.fromkeys(f"{instance.wires[port.name]}.{out}" for port in instance.machine.ports for out in port.reads)
    return Sight(
        owners,
        tuple(name for name in system.variables if name.rpartition(".")[0] in owners),
        tuple(system.network.output(name) for name in read),
    )
