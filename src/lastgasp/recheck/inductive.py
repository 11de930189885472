"""A set of zones as a proof: the start lies in it, no step and no delay leaves it, and the goal errs in none of it.

A clock that a stored zone does not mention is unconstrained there, so no analysis of dead clocks, no cap and no
abstraction has to be trusted: a zone that forgets too much is merely larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lastgasp.errors import InternalError
from lastgasp.recheck.cells import Pair, Zone, also, closed, later, restarted, within
from lastgasp.recheck.reading import Location, Outcome, Reader
from lastgasp.system import TimedSystem


@dataclass(frozen=True, slots=True)
class StoredZone:
    """All valuations of ``location`` that satisfy ``constraints``. ``still``: no time passes from any of them."""

    location: Location
    still: bool
    constraints: Mapping[Pair, int] = field(hash=False)


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """Zones in time units of ``1 / scale`` seconds."""

    scale: int
    zones: tuple[StoredZone, ...] = field(repr=False)


def recheck_inductive(system: TimedSystem, stored: ZoneSet) -> None:
    """Discharge the obligations; :class:`InternalError` names the first that fails."""
    Inductive(Reader(system, stored.scale), stored.zones).run()


class Inductive:
    """The obligations on a set of zones, one by one."""

    def __init__(self, reader: Reader, zones: Iterable[StoredZone]) -> None:
        self.reader = reader
        self.stored: dict[Location, list[tuple[bool, Zone]]] = {}
        for item in zones:
            zone = closed(item.constraints)
            if zone is None:
                raise InternalError("the certificate stores an empty zone")
            self.stored.setdefault(item.location, []).append((item.still, zone))

    def run(self) -> None:
        """Discharge all of them."""
        self.start()
        for location, zones in self.stored.items():
            here = self.reader.here(location)
            for still, zone in zones:
                for clock, raw in () if still else self.reader.goal_limits(location):
                    if also(zone, [("", clock, 1 - raw)]) is not None:
                        raise InternalError("the certificate does not prove the goal: time breaks it in a stored zone")
                for step in here.steps:
                    for outcome in self.reader.outcomes(location, zone, step):
                        self.follow(outcome)

    def start(self) -> None:
        """The start, and what time makes of it, lies in what is stored."""
        clocks = self.reader.system.clocks
        start = closed({pair: 1 for clock in clocks for pair in ((clock, ""), ("", clock))})
        assert start is not None
        self.arrives(self.reader.initial, start, "the initial situation")

    def follow(self, outcome: Outcome) -> None:
        """An outcome of a step leads back into what is stored, and neither breaks the goal nor leaves a range."""
        who = outcome.step.action.move.instance
        if outcome.overflow:
            raise InternalError(f"the certificate hides that {outcome.overflow} leaves its range")
        if outcome.forbidden:
            return
        if outcome.breaks:
            raise InternalError(f"the certificate does not prove the goal: a step of {who} breaks it")
        self.arrives(outcome.target, restarted(outcome.cell, outcome.restart), f"a step of {who}")

    def arrives(self, location: Location, entry: Zone, what: str) -> None:
        """An arriving zone, and all that time makes of it, lies in what is stored."""
        here = self.reader.here(location)
        inside: Zone | None = entry
        if not here.stops:
            for clock, raw, _ in here.limits:
                assert inside is not None
                high = inside.get((clock, ""))
                if high is not None and high <= raw:
                    continue
                self.included(location, also(inside, [("", clock, 1 - raw)]), True, what)  # past the bound already
                inside = also(inside, [(clock, "", raw)])
                if inside is None:
                    return
            assert inside is not None
            inside = also(later(inside), [(clock, "", raw) for clock, raw, _ in here.limits])
        self.included(location, inside, here.stops, what)

    def included(self, location: Location, zone: Zone | None, still: bool, what: str) -> None:
        if zone is None:
            return
        for other_still, other in self.stored.get(location, ()):
            if (still or not other_still) and within(zone, other):
                return
        raise InternalError(f"the certificate is not inductive: {what} leaves it")
