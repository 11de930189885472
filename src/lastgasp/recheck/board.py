"""A timed game on stored zones: the situations, who may do what from them, and what the party can tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lastgasp.errors import InternalError
from lastgasp.expr import Leaf, Name, Value, evaluate
from lastgasp.machine import STATE
from lastgasp.recheck.cells import Pair, Zone, also, both, closed, within, without
from lastgasp.recheck.inductive import ZoneSet
from lastgasp.recheck.reading import Location, Outcome, Reader
from lastgasp.sight import sight
from lastgasp.system import TimedSystem

STOPWATCH = "@round"
"""The clock of the game: what has passed of a round, in which time must go on."""

Key = tuple[Hashable, bool, bool]
"""Situations that get one decision: what is known of the location, whether time stands still, whether the party must
go on. With everything known, the first is the number of a stored zone."""


def timed(zone: Zone) -> Zone:
    """The zone with the stopwatch, which shows any time."""
    found = also(zone, [("", STOPWATCH, 1)])
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Move:
    """An outcome of a step from a stored zone. ``errs``: a clause of the party does; ``void``: others are to blame."""

    cell: Zone
    target: Location
    restart: frozenset[str]
    errs: bool
    void: bool
    tight: bool


@dataclass(eq=False, slots=True)
class Square:
    """A stored zone or a part of one: its key, the bounds of time as (clock, bound, whether own), the moves by whose
    they are. ``fallen``: what of the stored zone is not in the haven."""

    number: int
    location: Location
    still: bool
    zone: Zone
    key: Key
    shared: bool
    limits: list[tuple[str, int, bool]]
    fallen: list[Zone]
    own: dict[Hashable, list[Move]] = field(default_factory=dict)
    others: dict[Hashable, dict[Hashable, list[Move]]] = field(default_factory=dict)


class Board:
    """The stored zones with all moves, grouped by what the party can tell apart."""

    def __init__(
        self,
        system: TimedSystem,
        stored: ZoneSet,
        party: str,
        clauses: frozenset[str],
        assumed: frozenset[str],
        length: int,
        haven: Mapping[int, tuple[Mapping[Pair, int], ...]],
        *,
        seen: bool,
    ) -> None:
        self.reader, self.system, self.party = Reader(system, stored.scale), system, party
        self.clauses, self.assumed, self.length, self.seen = clauses, assumed, length, seen
        self.sight = sight(system, party, clauses)
        self.squares: list[Square] = []
        self.stored: dict[Location, list[Square]] = {}
        for number, item in enumerate(stored.zones):
            whole = closed(item.constraints)
            assert whole is not None
            zones = [timed(whole)]
            if number in haven:
                parts = (closed(part) for part in haven[number])
                zones = [timed(both(whole, part) or {}) for part in parts if part is not None and both(whole, part)]
            fallen = without([timed(whole)], zones)
            square = self._square(number, item.location, item.still, timed(whole), fallen)
            self.stored.setdefault(item.location, []).append(square)
            self.squares += [replace(square, number=len(self.squares) + k, zone=z) for k, z in enumerate(zones)]
        self.at: dict[Location, list[Square]] = {}
        self.alike: dict[Key, list[Square]] = {}
        for square in self.squares:
            self.at.setdefault(square.location, []).append(square)
            self.alike.setdefault(square.key, []).append(square)
            self._moves(square)

    def beginning(self) -> Iterator[tuple[Square, Zone]]:
        """Where the game starts: every clock is 0."""
        clocks = (*self.system.clocks, STOPWATCH)
        start = closed({pair: 1 for clock in clocks for pair in ((clock, ""), ("", clock))})
        assert start is not None
        for square in self.at.get(self.reader.initial, ()):
            if within(start, square.zone):
                yield square, start
        if any(both(start, zone) for square in self.stored[self.reader.initial] for zone in square.fallen):
            raise InternalError("the proof that the party can obey does not include the start")

    def running(self, square: Square) -> list[Zone]:
        """The situations in which a round is not over."""
        cut = also(square.zone, [(STOPWATCH, "", 2 * self.length)])
        return [] if cut is None else [cut]

    # -- the board --------------------------------------------------------------------------------------------------

    def _square(self, number: int, location: Location, still: bool, zone: Zone, fallen: list[Zone]) -> Square:
        here = self.reader.here(location)
        limits = [
            (clock, raw, owner in self.clauses if owner else clock.partition(".")[0] == self.party)
            for clock, raw, owner in here.limits
        ]
        goers: set[bool] = set()
        if still and (here.instant or here.committed):
            outcomes = self.reader.outcomes(location, zone, *here.steps)
            goers = {who == self.party for who in here.committed}
            goers |= {True for o in outcomes if o.step.action.move.instance == self.party}
        elif still:
            values = dict(zip(self.reader.names, location, strict=True))
            for instance in self.system.network.instances:
                if instance.machine.state(str(values[f"{instance.name}.{STATE}"])).urgent:
                    goers.add(instance.name == self.party)
            goers |= {own for clock, raw, own in limits if also(zone, [("", clock, 1 - raw)]) is not None}
        view = self._view(location) if self.seen else number
        return Square(number, location, still, zone, (view, still, True in goers), False in goers, limits, fallen)

    def _view(self, location: Location) -> Hashable:
        values: dict[str, Value] = dict(zip(self.reader.names, location, strict=True))

        def leaf(item: Leaf) -> Value:
            assert isinstance(item, Name)
            return values[item.name]

        own = tuple(values[name] for name in self.sight.variables)
        return own, tuple(evaluate(output, leaf) for output in self.sight.outputs)

    def _moves(self, square: Square) -> None:
        # a bound above 0 cannot be met again and again in no time: its clock must run up to it
        tight = square.still or any(raw == 1 for _, raw, _ in square.limits)
        for outcome in self.reader.outcomes(square.location, square.zone, *self.reader.here(square.location).steps):
            mover = outcome.step.action.move
            mine = tuple(sorted(a.move.index for a in outcome.actions if a.move.instance == self.party))
            if mover.instance == self.party:
                square.own.setdefault((mover.index, mine), []).append(self._move(outcome, tight=True))
                continue
            others = frozenset(a.move for a in outcome.actions if a.move.instance != self.party)
            occasion: Hashable = outcome.step.event if self.seen and mine else (mover, others, bool(mine))
            moves = square.others.setdefault(occasion, {}).setdefault(mine, [])
            moves.append(self._move(outcome, tight=tight and self.seen))

    def _move(self, outcome: Outcome, *, tight: bool) -> Move:
        forbidden = set(outcome.forbidden)
        void = bool(forbidden) and (bool(forbidden & self.assumed) or not forbidden & self.clauses)
        errs = bool(forbidden) and not void
        return Move(outcome.cell, outcome.target, outcome.restart, errs, void, tight)

    def forced(self, square: Square) -> bool:
        """Whether some step happens at once, whoever takes it."""
        here = self.reader.here(square.location)
        return here.instant or bool(here.committed)

    def shown(self, zone: Zone) -> Zone:
        """What the party knows of a zone."""
        if not self.seen:
            return zone
        known = {"", STOPWATCH, *self.sight.clocks(self.system.clocks)}
        return {pair: raw for pair, raw in zone.items() if known.issuperset(pair)}

    def arriving(self, square: Square, zone: Zone) -> list[Zone]:
        """What of a zone a step can arrive in: past a limit only where time stands still for that, else within all."""
        if self.reader.here(square.location).stops:
            return [zone]
        inside = also(zone, [(clock, "", raw) for clock, raw, _ in square.limits])
        if square.still:
            return without([zone], [inside]) if inside is not None else [zone]
        return [inside] if inside is not None else []
