"""That a party can keep its clauses for ever, or that it cannot: who wins a timed game, checked part after part.

The game is played on an inductive set of zones. The party chooses its own steps and its reactions, the others all else;
they go first where both move at one instant, and where the party stops time it has to go on. What is checked is one
decision at a time: that from every situation of a part some decision of the party leads, whatever the others do, into
parts that were checked before (it can), or that none leads out of the parts that are lost (it cannot).

*It can* is checked by what the party sees: situations that look alike to it (:mod:`lastgasp.sight`) get one decision,
and the others move first. *It cannot* is checked with everything known to it, and with the party moving first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lastgasp.errors import InternalError
from lastgasp.expr import Leaf, Name, Value, evaluate
from lastgasp.machine import STATE
from lastgasp.recheck.cells import Pair, Zone, also, before_restart, both, closed, earlier, later, within, without
from lastgasp.recheck.inductive import ZoneSet, recheck_inductive
from lastgasp.recheck.reading import Location, Outcome, Reader
from lastgasp.sight import sight
from lastgasp.system import TimedSystem

STOPWATCH = "@round"
"""The clock of the game: what has passed of a round, in which time must go on."""

Held = Mapping[int, list[Zone]]
"""Some part of each stored zone, by number."""

Key = tuple[Hashable, bool, bool]
"""Situations that get one decision: what is known of the location, whether time stands still, whether the party must
go on. With everything known, the first is the number of a stored zone."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the situations of a key: zones of the clocks that the party knows, and of the stopwatch."""

    key: Key
    zones: tuple[Mapping[Pair, int], ...] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Fall:
    """Parts that are lost. ``trap``: the party can stay there, but never to the end of a round."""

    parts: tuple[Part, ...]
    trap: bool = False


@dataclass(frozen=True, slots=True)
class Won:
    """The party can: where it wins a round of so many time units, layer after layer.

    A step of its own leads into an earlier layer, others at most into the same one. ``haven``: for stored zones, by
    number, what of them is never left; of others nothing is.
    """

    round: int
    layers: tuple[tuple[Part, ...], ...]
    haven: Mapping[int, tuple[Mapping[Pair, int], ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """The party cannot: what it loses, one part after the other, up to the start."""

    round: int
    falls: tuple[Fall, ...]


def recheck_game(
    system: TimedSystem, stored: ZoneSet, party: str, clauses: frozenset[str], assumed: frozenset[str], end: Won | Lost
) -> None:
    """Discharge the obligations of a game; :class:`InternalError` names the first that fails.

    ``clauses`` and ``assumed`` are the observers of the party's clauses and of assumptions.
    """
    recheck_inductive(system, stored)
    haven = end.haven if isinstance(end, Won) else {}
    board = _Board(system, stored, party, clauses, assumed, end.round, haven, seen=isinstance(end, Won))
    if isinstance(end, Won):
        _recheck_won(board, end)
    else:
        _recheck_lost(board, end)


def _recheck_won(board: _Board, end: Won) -> None:
    starts: dict[Key, list[Zone]] = {}
    for part in (part for layer in end.layers for part in layer):
        starts.setdefault(part.key, []).extend(_at_start(zone) for zone in _closed(part) if _starts(zone))
    lost = {square.number: without([square.zone], starts.get(square.key, ())) for square in board.squares}
    left = {square.number: board.running(square) for square in board.squares}
    for layer in end.layers:
        here = {part.key: _closed(part) for part in layer}
        out = {s.number: without(left[s.number], here.get(s.key, ())) for s in board.squares}
        for key, zones in here.items():
            if without(zones, board.won(key, lost, left, out, rounds=True)):
                raise InternalError("a decision of the party does not lead where the proof says")
        left = out
    if any(both(start, zone) for square, start in board.beginning() for zone in lost[square.number]):
        raise InternalError("the proof that the party can obey does not include the start")


def _recheck_lost(board: _Board, end: Lost) -> None:
    lost: dict[int, list[Zone]] = {square.number: [] for square in board.squares}
    of_key = {square.key: square.number for square in board.squares}
    for fall in end.falls:
        fallen = [(part, of_key[part.key], _closed(part)) for part in fall.parts]
        left = {number: list(zones) for number, zones in lost.items()}
        for _, number, zones in fallen if fall.trap else ():
            left[number] += zones
        for part, _, zones in fallen:
            won = board.won(part.key, lost, left, left, rounds=fall.trap)
            if any(both(zone, way) for zone in zones for way in won):
                raise InternalError("the party has a way out of where the proof says that it loses")
        for _, number, zones in fallen:
            fresh = [_at_start(zone) for zone in zones if _starts(zone)] if fall.trap else zones
            lost[number] = _reduced([*lost[number], *fresh])
    for square, start in board.beginning():
        if not without([start], lost[square.number]):
            return
    raise InternalError("the proof that the party cannot obey does not include the start")


def _closed(part: Part) -> list[Zone]:
    found = [closed(zone) for zone in part.zones]
    if any(zone is None for zone in found):
        raise InternalError("a part of a game is empty")
    return [zone for zone in found if zone is not None]


def _starts(zone: Zone) -> bool:
    return also(zone, [(STOPWATCH, "", 1)]) is not None


def _at_start(zone: Zone) -> Zone:
    """The situations of a zone in which a round begins, whatever the stopwatch shows."""
    cut = also(zone, [(STOPWATCH, "", 1)])
    assert cut is not None
    return _timed({pair: raw for pair, raw in cut.items() if STOPWATCH not in pair})


def _timed(zone: Zone) -> Zone:
    """The zone with the stopwatch, which shows any time."""
    found = also(zone, [("", STOPWATCH, 1)])
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class _Move:
    """An outcome of a step from a stored zone. ``errs``: a clause of the party does; ``void``: others are to blame."""

    cell: Zone
    target: Location
    restart: frozenset[str]
    errs: bool
    void: bool
    tight: bool


@dataclass(eq=False, slots=True)
class _Square:
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
    own: dict[Hashable, list[_Move]] = field(default_factory=dict)
    others: dict[Hashable, dict[Hashable, list[_Move]]] = field(default_factory=dict)


class _Board:
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
        self.squares: list[_Square] = []
        self.stored: dict[Location, list[_Square]] = {}
        for number, item in enumerate(stored.zones):
            whole = closed(item.constraints)
            assert whole is not None
            zones = [_timed(whole)]
            if number in haven:
                parts = (closed(part) for part in haven[number])
                zones = [_timed(both(whole, part) or {}) for part in parts if part is not None and both(whole, part)]
            fallen = without([_timed(whole)], zones)
            square = self._square(number, item.location, item.still, _timed(whole), fallen)
            self.stored.setdefault(item.location, []).append(square)
            self.squares += [replace(square, number=len(self.squares) + k, zone=z) for k, z in enumerate(zones)]
        self.at: dict[Location, list[_Square]] = {}
        self.alike: dict[Key, list[_Square]] = {}
        for square in self.squares:
            self.at.setdefault(square.location, []).append(square)
            self.alike.setdefault(square.key, []).append(square)
            self._moves(square)

    def beginning(self) -> Iterator[tuple[_Square, Zone]]:
        """Where the game starts: every clock is 0."""
        clocks = (*self.system.clocks, STOPWATCH)
        start = closed({pair: 1 for clock in clocks for pair in ((clock, ""), ("", clock))})
        assert start is not None
        for square in self.at.get(self.reader.initial, ()):
            if within(start, square.zone):
                yield square, start
        if any(both(start, zone) for square in self.stored[self.reader.initial] for zone in square.fallen):
            raise InternalError("the proof that the party can obey does not include the start")

    def running(self, square: _Square) -> list[Zone]:
        """The situations in which a round is not over."""
        cut = also(square.zone, [(STOPWATCH, "", 2 * self.length)])
        return [] if cut is None else [cut]

    # -- the board --------------------------------------------------------------------------------------------------

    def _square(self, number: int, location: Location, still: bool, zone: Zone, fallen: list[Zone]) -> _Square:
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
        return _Square(number, location, still, zone, (view, still, True in goers), False in goers, limits, fallen)

    def _view(self, location: Location) -> Hashable:
        values: dict[str, Value] = dict(zip(self.reader.names, location, strict=True))

        def leaf(item: Leaf) -> Value:
            assert isinstance(item, Name)
            return values[item.name]

        own = tuple(values[name] for name in self.sight.variables)
        return own, tuple(evaluate(output, leaf) for output in self.sight.outputs)

    def _moves(self, square: _Square) -> None:
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

    def _move(self, outcome: Outcome, *, tight: bool) -> _Move:
        forbidden = set(outcome.forbidden)
        void = bool(forbidden) and (bool(forbidden & self.assumed) or not forbidden & self.clauses)
        errs = bool(forbidden) and not void
        return _Move(outcome.cell, outcome.target, outcome.restart, errs, void, tight)

    # -- one decision -----------------------------------------------------------------------------------------------

    def won(self, key: Key, lost: Held, left: Held, out: Held, *, rounds: bool) -> list[Zone]:
        """Where one decision is right: own steps lead out of ``left``, waiting leads to the end of a round (``rounds``)
        or may last for ever, others lead out of ``out``, or only out of what is lost where that is progress. Over the
        clocks that the party knows."""
        squares = self.alike.get(key, [])
        _, still, duty = key
        decides = not (self.seen and still and not duty)
        whole = [self._shown(square.zone) for square in squares]
        bad = [zone for square in squares for zone in self._spoilt(square, lost, out, decides)]
        good: list[Zone] = []
        for option in dict.fromkeys(key for square in squares for key in square.own) if decides else ():
            good += self._fine_step(option, squares, lost, left)
        if still:
            safe = without(whole, bad)
            if not duty or (not self.seen and squares[0].shared):
                return safe
            if not self.seen and self._forced(squares[0]):
                ways = (moves for reactions in squares[0].others.values() for moves in reactions.values())
                good += (move.cell for moves in ways for move in moves)
            return _common(safe, good)
        if self.seen:
            good = without(good, bad)
        fallen = [
            self._shown(cut)
            for square in squares
            for zone in square.fallen
            if (cut := both(zone, later(square.zone))) is not None
        ]
        rest = without(whole, map(earlier, [*bad, *fallen]))
        for clock, raw in dict.fromkeys((clock, raw) for s in squares for clock, raw, own in s.limits if own):
            rest = _common(rest, self._not_blocking(squares, clock, raw))
        goals = without(good, fallen)
        for square in squares if rounds else ():
            over = also(square.zone, [("", STOPWATCH, 1 - 2 * self.length)])
            goals += map(self._shown, without([over], lost[square.number]) if over is not None else ())
        return [*rest, *good, *_reaching(goals, [*bad, *fallen])]

    def _forced(self, square: _Square) -> bool:
        """Whether some step happens at once, whoever takes it."""
        here = self.reader.here(square.location)
        return here.instant or bool(here.committed)

    def _shown(self, zone: Zone) -> Zone:
        """What the party knows of a zone."""
        if not self.seen:
            return zone
        known = {"", STOPWATCH, *self.sight.clocks(self.system.clocks)}
        return {pair: raw for pair, raw in zone.items() if known.issuperset(pair)}

    def _not_blocking(self, squares: Iterable[_Square], clock: str, raw: int) -> list[Zone]:
        """Where it is not this limit of the party that ends time."""
        found: list[Zone] = []
        whole = [self._shown(square.zone) for square in squares]
        if raw & 1:
            ends = [end for zone in whole if (end := also(zone, [("", clock, 1 - 2 * (raw >> 1))])) is not None]
            found += without(whole, map(earlier, ends))
        for square in squares if not self.seen else ():
            for other, limit, own in square.limits:
                if not own:  # an end that is included comes after one that is not, at the same instant
                    with_it = 2 * ((raw >> 1) - (limit >> 1)) + (raw & 1 >= limit & 1)
                    sooner = also(square.zone, [(clock, other, with_it)])
                    found += [sooner] if sooner is not None else []
        return found

    def _fine_step(self, option: Hashable, squares: Iterable[_Square], lost: Held, left: Held) -> list[Zone]:
        """Where an own step is possible, and right, in every situation that looks like this one."""
        possible: list[Zone] = []
        wrong: list[Zone] = []
        for square in squares:
            moves = [move for move in square.own.get(option, ()) if not (move.void and self.seen)]
            possible += (self._shown(move.cell) for move in moves)
            wrong += (self._shown(zone) for move in moves for zone in self._wrong(move, lost, left))
            if self.seen:
                wrong += map(self._shown, without([square.zone], (move.cell for move in moves)))
        return without(possible, wrong)

    def _spoilt(self, square: _Square, lost: Held, out: Held, decides: bool) -> Iterator[Zone]:
        """Where others can do something to which no reaction of the party is right."""
        for occasion, reactions in square.others.items():
            alike = [square]
            if self.seen and isinstance(occasion, str):  # the party cannot tell these either when it reacts
                alike = [other for other in self.squares if other.key[0] == square.key[0]]
            possible = [move.cell for moves in reactions.values() for move in moves if not (move.void and self.seen)]
            fine: list[Zone] = []
            for mine in dict.fromkeys(mine for other in alike for mine in other.others.get(occasion, ())):
                moves = [
                    move
                    for other in alike
                    for move in other.others.get(occasion, {}).get(mine, ())
                    if not (move.void and self.seen)
                ]
                wrong = [self._shown(zone) for move in moves for zone in self._wrong(move, lost, out)]
                fine += without((self._shown(move.cell) for move in moves), wrong)
            yield from without(map(self._shown, possible), fine)
        for moves in square.own.values() if not decides else ():
            for move in moves:
                if not move.void:
                    yield from map(self._shown, self._wrong(move, lost, out))

    def _wrong(self, move: _Move, lost: Held, held: Held) -> Iterator[Zone]:
        """Where an outcome errs or leads into what is lost, or, where it is no progress, into what is held."""
        if move.errs:
            yield move.cell
        if move.errs or move.void:
            return
        into = [(square, zone) for square in self.stored.get(move.target, ()) for zone in square.fallen]
        for square in self.at.get(move.target, ()):
            into += [(square, zone) for zone in (*lost[square.number], *(held[square.number] if move.tight else ()))]
        for square, zone in into:
            for piece in self._arriving(square, zone):
                back = before_restart(piece, move.restart)
                cut = both(move.cell, back) if back is not None else None
                if cut is not None:
                    yield cut

    def _arriving(self, square: _Square, zone: Zone) -> list[Zone]:
        """What of a zone a step can arrive in: past a limit only where time stands still for that, else within all."""
        if self.reader.here(square.location).stops:
            return [zone]
        inside = also(zone, [(clock, "", raw) for clock, raw, _ in square.limits])
        if square.still:
            return without([zone], [inside]) if inside is not None else [zone]
        return [inside] if inside is not None else []


def _common(zones: Iterable[Zone], others: Iterable[Zone]) -> list[Zone]:
    others = list(others)
    return _reduced(cut for zone in zones for other in others if (cut := both(zone, other)) is not None)


def _reduced(zones: Iterable[Zone]) -> list[Zone]:
    """The same union without zones that lie in another one of it."""
    kept: list[Zone] = []
    for zone in zones:
        if not any(within(zone, other) for other in kept):
            kept = [other for other in kept if not within(other, zone)]
            kept.append(zone)
    return kept


def _reaching(good: Iterable[Zone], bad: Iterable[Zone]) -> list[Zone]:
    """From where some delay ends in ``good`` with nothing of ``bad`` strictly before its end.

    A valuation fails a pair of zones where its delays meet the bad one before the good one; per good zone, the shortest
    of the delays that avoid one bad zone each avoids them all.
    """
    good, bad = _reduced(good), _reduced(bad)
    clocks = {clock for zone in (*good, *bad) for _, clock in zone if clock}
    bad = [_mentioning(zone, clocks) for zone in bad]
    found: list[Zone] = []
    for goal in (_mentioning(zone, clocks) for zone in good):
        ways = [earlier(goal)]
        for zone in bad:
            if both(earlier(goal), zone) is None:
                continue
            past = {pair: raw - (pair[0] == "" and raw & 1) for pair, raw in later(zone).items()}
            free = [goal, *map(earlier, without([goal], [past])), *without([earlier(goal)], [earlier(zone)])]
            ways = _common(ways, free)
        found += ways
    return found


def _mentioning(zone: Zone, clocks: Iterable[str]) -> Zone:
    """The same zone, which says of each of the clocks that it is at least 0."""
    found = also(zone, [("", clock, 1) for clock in clocks])
    assert found is not None
    return found
