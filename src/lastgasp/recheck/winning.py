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
from dataclasses import dataclass, field

from lastgasp.errors import InternalError
from lastgasp.recheck.board import STOPWATCH, Board, Key, Move, Square, timed
from lastgasp.recheck.cells import Pair, Zone, also, before_restart, both, closed, earlier, later, within, without
from lastgasp.recheck.inductive import ZoneSet, recheck_inductive
from lastgasp.system import TimedSystem

Held = Mapping[int, list[Zone]]
"""Some part of each square of the board, by number."""


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

    A step of its own leads into an earlier layer, others at most into the same one. ``haven``: of stored zones,
    by number, the part that is never left; all of those that are not named.
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
    board = Board(system, stored, party, clauses, assumed, end.round, haven, seen=isinstance(end, Won))
    if isinstance(end, Won):
        _recheck_won(board, end)
    else:
        _recheck_lost(board, end)


def _recheck_won(board: Board, end: Won) -> None:
    starts: dict[Key, list[Zone]] = {}
    for part in (part for layer in end.layers for part in layer):
        starts.setdefault(part.key, []).extend(_at_start(zone) for zone in _closed(part) if _starts(zone))
    lost = {square.number: without([square.zone], starts.get(square.key, ())) for square in board.squares}
    left = {square.number: board.running(square) for square in board.squares}
    for layer in end.layers:
        here = {part.key: _closed(part) for part in layer}
        out = {s.number: without(left[s.number], here.get(s.key, ())) for s in board.squares}
        for key, zones in here.items():
            if without(zones, _Referee(board).won(key, lost, left, out, rounds=True)):
                raise InternalError("a decision of the party does not lead where the proof says")
        left = out
    if any(both(start, zone) for square, start in board.beginning() for zone in lost[square.number]):
        raise InternalError("the proof that the party can obey does not include the start")


def _recheck_lost(board: Board, end: Lost) -> None:
    lost: dict[int, list[Zone]] = {square.number: [] for square in board.squares}
    of_key = {square.key: square.number for square in board.squares}
    for fall in end.falls:
        fallen = [(part, of_key[part.key], _closed(part)) for part in fall.parts]
        left = {number: list(zones) for number, zones in lost.items()}
        for _, number, zones in fallen if fall.trap else ():
            left[number] += zones
        for part, _, zones in fallen:
            won = _Referee(board).won(part.key, lost, left, left, rounds=fall.trap)
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
    return timed({pair: raw for pair, raw in cut.items() if STOPWATCH not in pair})


class _Referee:
    """Where a decision of the party is right."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def won(self, key: Key, lost: Held, left: Held, out: Held, *, rounds: bool) -> list[Zone]:
        """Where one decision is right: own steps lead out of ``left``, waiting leads to the end of a round (``rounds``)
        or may last for ever, others lead out of ``out``, or only out of what is lost where that is progress. Over the
        clocks that the party knows."""
        squares = self.board.alike.get(key, [])
        _, still, duty = key
        decides = not (self.board.seen and still and not duty)
        whole = [self.board.shown(square.zone) for square in squares]
        bad = [zone for square in squares for zone in self._spoilt(square, lost, out, decides)]
        good: list[Zone] = []
        for option in dict.fromkeys(key for square in squares for key in square.own) if decides else ():
            good += self._fine_step(option, squares, lost, left)
        if still:
            safe = without(whole, bad)
            if not duty or (not self.board.seen and squares[0].shared):
                return safe
            if not self.board.seen and self.board.forced(squares[0]):
                ways = (moves for reactions in squares[0].others.values() for moves in reactions.values())
                good += (move.cell for moves in ways for move in moves)
            return _common(safe, good)
        if self.board.seen:
            good = without(good, bad)
        fallen = [
            self.board.shown(cut)
            for square in squares
            for zone in square.fallen
            if (cut := both(zone, later(square.zone))) is not None
        ]
        rest = without(whole, map(earlier, [*bad, *fallen]))
        for clock, raw in dict.fromkeys((clock, raw) for s in squares for clock, raw, own in s.limits if own):
            rest = _common(rest, self._not_blocking(squares, clock, raw))
        goals = without(good, fallen)
        for square in squares if rounds else ():
            over = also(square.zone, [("", STOPWATCH, 1 - 2 * self.board.length)])
            goals += map(self.board.shown, without([over], lost[square.number]) if over is not None else ())
        return [*rest, *good, *_reaching(goals, [*bad, *fallen])]

    def _not_blocking(self, squares: Iterable[Square], clock: str, raw: int) -> list[Zone]:
        """Where it is not this limit of the party that ends time."""
        found: list[Zone] = []
        whole = [self.board.shown(square.zone) for square in squares]
        if raw & 1:
            ends = [end for zone in whole if (end := also(zone, [("", clock, 1 - 2 * (raw >> 1))])) is not None]
            found += without(whole, map(earlier, ends))
        for square in squares if not self.board.seen else ():
            for other, limit, own in square.limits:
                if not own:  # an end that is included comes after one that is not, at the same instant
                    with_it = 2 * ((raw >> 1) - (limit >> 1)) + (raw & 1 >= limit & 1)
                    sooner = also(square.zone, [(clock, other, with_it)])
                    found += [sooner] if sooner is not None else []
        return found

    def _fine_step(self, option: Hashable, squares: Iterable[Square], lost: Held, left: Held) -> list[Zone]:
        """Where an own step is possible, and right, in every situation that looks like this one."""
        possible: list[Zone] = []
        wrong: list[Zone] = []
        for square in squares:
            moves = [move for move in square.own.get(option, ()) if not (move.void and self.board.seen)]
            possible += (self.board.shown(move.cell) for move in moves)
            wrong += (self.board.shown(zone) for move in moves for zone in self._wrong(move, lost, left))
            if self.board.seen:
                wrong += map(self.board.shown, without([square.zone], (move.cell for move in moves)))
        return without(possible, wrong)

    def _spoilt(self, square: Square, lost: Held, out: Held, decides: bool) -> Iterator[Zone]:
        """Where others can do something to which no reaction of the party is right."""
        for occasion, reactions in square.others.items():
            alike = [square]
            if self.board.seen and isinstance(occasion, str):  # the party cannot tell these either when it reacts
                alike = [other for other in self.board.squares if other.key[0] == square.key[0]]
            possible = [
                move.cell for moves in reactions.values() for move in moves if not (move.void and self.board.seen)
            ]
            fine: list[Zone] = []
            for mine in dict.fromkeys(mine for other in alike for mine in other.others.get(occasion, ())):
                moves = [
                    move
                    for other in alike
                    for move in other.others.get(occasion, {}).get(mine, ())
                    if not (move.void and self.board.seen)
                ]
                wrong = [self.board.shown(zone) for move in moves for zone in self._wrong(move, lost, out)]
                fine += without((self.board.shown(move.cell) for move in moves), wrong)
            yield from without(map(self.board.shown, possible), fine)
        for moves in square.own.values() if not decides else ():
            for move in moves:
                if not move.void:
                    yield from map(self.board.shown, self._wrong(move, lost, out))

    def _wrong(self, move: Move, lost: Held, held: Held) -> Iterator[Zone]:
        """Where an outcome errs or leads into what is lost, or, where it is no progress, into what is held."""
        if move.errs:
            yield move.cell
        if move.errs or move.void:
            return
        into = [(square, zone) for square in self.board.stored.get(move.target, ()) for zone in square.fallen]
        for square in self.board.at.get(move.target, ()):
            into += [(square, zone) for zone in (*lost[square.number], *(held[square.number] if move.tight else ()))]
        for square, zone in into:
            for piece in self.board.arriving(square, zone):
                back = before_restart(piece, move.restart)
                cut = both(move.cell, back) if back is not None else None
                if cut is not None:
                    yield cut


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
