"""What an inductive set of zones shows of a system: the states that are reached at most, the moves made at most."""

from __future__ import annotations

from collections.abc import Iterable

from lastgasp.expr import Value
from lastgasp.recheck.inductive import Inductive, StoredZone, ZoneSet
from lastgasp.recheck.reading import Outcome, Reader
from lastgasp.system import TimedSystem
from lastgasp.trace import Move


def visited(system: TimedSystem, stored: ZoneSet) -> tuple[set[tuple[str, Value]], set[Move]]:
    """Every variable with each value that it can have, and every move that can be made; nothing else can.

    The set is rechecked as it is read; :class:`~lastgasp.errors.InternalError` where it is not inductive.
    """
    reading = _Reading(Reader(system, stored.scale), stored.zones)
    reading.run()
    values = {pair for item in stored.zones for pair in zip(reading.reader.names, item.location, strict=True)}
    return values, reading.moves


class _Reading(Inductive):
    """The obligations on a set of zones, with the moves that are made from it."""

    def __init__(self, reader: Reader, zones: Iterable[StoredZone]) -> None:
        super().__init__(reader, zones)
        self.moves: set[Move] = set()

    def follow(self, outcome: Outcome) -> None:
        if not outcome.forbidden:
            self.moves.update(action.move for action in outcome.actions)
        super().follow(outcome)
