"""What an inductive set of zones shows of a system: the states that are reached at most, the moves made at most."""

from __future__ import annotations

from lastgasp.expr import Value
from lastgasp.recheck.cells import closed
from lastgasp.recheck.inductive import ZoneSet, recheck_inductive
from lastgasp.recheck.reading import Reader
from lastgasp.system import TimedSystem
from lastgasp.trace import Move


def visited(system: TimedSystem, stored: ZoneSet) -> tuple[set[tuple[str, Value]], set[Move]]:
    """Every variable with each value that it can have, and every move that can be made; nothing else can.

    The set is rechecked first; :class:`~lastgasp.errors.InternalError` where it is not inductive.
    """
    recheck_inductive(system, stored)
    reader = Reader(system, stored.scale)
    values: set[tuple[str, Value]] = set()
    moves: set[Move] = set()
    for item in stored.zones:
        values.update(zip(reader.names, item.location, strict=True))
        zone = closed(item.constraints)
        assert zone is not None
        for step in reader.here(item.location).steps:
            for outcome in reader.outcomes(item.location, zone, step):
                if not outcome.forbidden:
                    moves.update(action.move for action in outcome.actions)
    return values, moves
