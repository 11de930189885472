"""Timed games: can a party keep its clauses for ever, whatever the others do, while time goes on?

After de Alfaro, Faella, Henzinger, Majumdar, Stoelinga 2003 ("The element of surprise in timed games"), solved backward
on zones (Maler, Pnueli, Sifakis 1995; the timed predecessor is that of Cassez, David, Fleury, Larsen, Lime 2005). A
*round* is won when some time has passed since its start, or when another moves though time could have gone on without
that, or when the party can leave all to the others. The party wins where it can win round after round, each with
finitely many steps of its own, and no clause of it ever errs: it never keeps its word by stopping time, and it is not
to blame where others take endlessly many steps in finite time. A greatest fixed point (for ever) of a least one (own
steps to the end of a round) of a greatest one (what the others do between two of them).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lastgasp.engines.zones.analysis import TimeUp
from lastgasp.engines.zones.arena import Arena, Choice, Option, Position, Way
from lastgasp.engines.zones.dbm import INF, before_restart, bound, constrained, earlier
from lastgasp.engines.zones.explore import Budget
from lastgasp.engines.zones.federation import Federation, common, less, meet, merged, reaches_first, reduced

Held = Mapping[int, Federation]
"""For some positions a part of them, by index; nothing elsewhere."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A part from which the party loses. ``trap``: because no round is ever won there, not because it is driven out.

    In a trap the stopwatch counts.
    """

    zones: Held
    trap: bool = False


@dataclass(slots=True)
class Outcome:
    """Who wins from the start, with evidence that can be checked step by step.

    ``layers``: if the party wins, where it wins a round, own steps leading into the layers before. ``falls``: where it
    loses, each part with those before it as lost already.
    """

    won: bool
    layers: list[Held] = field(default_factory=list)
    falls: list[Fall] = field(default_factory=list)
    lost: dict[int, Federation] = field(default_factory=dict)


def solve(arena: Arena, budget: Budget | None = None) -> Outcome:
    """Who wins. Raises :class:`TimeUp` where the budget ends before that is known."""
    return _Game(arena, budget).solve()


class _Game:
    def __init__(self, arena: Arena, budget: Budget | None) -> None:
        self.arena, self.budget = arena, budget
        self.users: dict[int, set[int]] = {}
        for index, position in enumerate(arena.positions):
            options = [*position.own.values(), *(o for c in position.choices.values() for o in c.options.values())]
            for way in (way for option in options for way in option.ways):
                for target, _ in way.targets:
                    self.users.setdefault(target, set()).add(index)
        self.lost: dict[int, Federation] = {}
        self.falls: list[Fall] = []

    def solve(self) -> Outcome:
        everywhere = range(len(self.arena.positions))
        self._drive_out(everywhere)
        while not self._start_lost():
            layers, left = self._rounds()
            fresh = {index: beginning for index in left if (beginning := self._at_start(index, left[index]))}
            if not fresh:
                return Outcome(True, layers, self.falls, self.lost)
            self.falls.append(Fall({index: zones for index, zones in left.items() if zones}, trap=True))
            for index, zones in fresh.items():
                self.lost[index] = reduced([*self.lost.get(index, ()), *zones])
            self._drive_out({user for index in fresh for user in self.users.get(index, ())})
        return Outcome(False, [], self.falls, self.lost)

    def _start_lost(self) -> bool:
        start = self.arena.start_zone()
        position = self.arena.positions[self.arena.start]
        return bool(common([start], position.size, self.lost.get(self.arena.start, ())))

    def _drive_out(self, waiting: Iterable[int]) -> None:
        """Take away all from where the others can force an error or what is lost, the end of rounds left aside."""
        whole = {index: position.zones for index, position in enumerate(self.arena.positions)}
        for index in self._excluding(waiting, whole, self.lost, self.lost, rounds=False):
            self.falls.append(Fall({index: self.lost[index]}))

    def _rounds(self) -> tuple[list[Held], dict[int, Federation]]:
        """Where the party wins a round, by so many own steps layer after layer, and the rest, with the stopwatch."""
        left: dict[int, Federation] = {}
        for index, position in enumerate(self.arena.positions):
            n = position.size
            running = (constrained(zone, n, [(n - 1, 0, bound(self.arena.round, True))]) for zone in position.zones)
            left[index] = less([zone for zone in running if zone is not None], n, self.lost.get(index, ()))
        layers: list[Held] = []
        while True:
            near: dict[int, Federation] = {}
            for _ in self._excluding(left, left, left, near, rounds=True):
                pass
            layer = {}
            for index, zones in left.items():
                n = self.arena.positions[index].size
                won = merged(less(zones, n, near.get(index, ())), n)
                if won:
                    layer[index] = won
            if not layer:
                return layers, left
            layers.append(layer)
            left = near

    def _excluding(
        self, waiting: Iterable[int], whole: Held, left: Held, out: dict[int, Federation], *, rounds: bool
    ) -> Iterable[int]:
        """Let ``out`` grow to all of ``whole`` from where the party cannot stay out of it; yields where it grew."""
        queue = deque(waiting)
        queued = set(queue)
        while queue:
            if self.budget is not None and self.budget.late:
                raise TimeUp
            index = queue.popleft()
            queued.discard(index)
            position, before = self.arena.positions[index], out.get(index, [])
            n = position.size
            won = self._won(position, left, out, self._round_won(index) if rounds else [])
            after = merged([*before, *less(whole.get(index, ()), n, won)], n)
            if not less(after, n, before):
                continue
            out[index] = after
            yield index
            for user in self.users.get(index, ()):
                if user not in queued:
                    queue.append(user)
                    queued.add(user)

    def _at_start(self, index: int, zones: Federation) -> Federation:
        """What is not won from the start of a round, whatever the stopwatch shows."""
        position = self.arena.positions[index]
        n = position.size
        found = []
        for zone in zones:
            cut = constrained(zone, n, [(n - 1, 0, bound(0, False))])
            if cut is not None:
                matrix = list(cut)
                for i in range(n - 1):
                    matrix[i * n + n - 1], matrix[(n - 1) * n + i] = cut[i * n], INF
                matrix[n - 1] = bound(0, False)
                found.append(tuple(matrix))
        return less(reduced(found), n, self.lost.get(index, ()))

    def _round_won(self, index: int) -> Federation:
        """Where the stopwatch shows the end of a round and the game is not lost."""
        position = self.arena.positions[index]
        n = position.size
        over = (constrained(zone, n, [(0, n - 1, bound(-self.arena.round, False))]) for zone in position.zones)
        return less([zone for zone in over if zone is not None], n, self.lost.get(index, ()))

    # -- one position -----------------------------------------------------------------------------------------------

    def _won(self, position: Position, left: Held, out: Held, goal: Federation) -> Federation:
        """Where the party's next decision is right: its own steps lead out of ``left``, waiting leads into ``goal`` or
        may last for ever, and the others lead out of ``out``, or only out of what is lost where that is progress."""
        n, generous = position.size, self.arena.generous
        spoilt = reduced(zone for choice in position.choices.values() for zone in self._spoilt(choice, n, out))
        good = reduced(zone for option in position.own.values() for zone in self._fine(option, n, left))
        if position.still:
            safe = less(position.zones, n, spoilt)
            if not position.duty or (generous and position.shared):
                return safe
            if generous and position.forced:
                good = [*good, *(zone for choice in position.choices.values() for zone in choice.possible)]
            return common(safe, n, good)
        if not generous:
            good = less(good, n, spoilt)
        bad = [*spoilt, *position.fallen]
        later = reaches_first([*less(good, n, position.fallen), *goal], n, bad)
        return reduced([*self._resting(position, bad), *good, *later])

    def _resting(self, position: Position, bad: Federation) -> Federation:
        """Where the party may wait for ever: nothing bad lies ahead, and it is not the party that stops time."""
        n = position.size
        rest = less(position.zones, n, [earlier(zone, n) for zone in bad])
        for row, raw in position.own_limits:
            others_first = position.before((row, raw), ties=self.arena.generous)
            if raw & 1:
                ahead = [earlier(end, n) for end in position.ends(row, raw)]
                others_first += less(position.zones, n, ahead)
            rest = common(rest, n, others_first)
        return rest

    def _spoilt(self, choice: Choice, n: int, out: Held) -> Federation:
        """Where the others can do this and no reaction of the party is right."""
        fine = [zone for option in choice.options.values() for zone in self._fine(option, n, out)]
        return less(choice.possible, n, fine)

    def _fine(self, option: Option, n: int, held: Held) -> Federation:
        """Where an option is possible and no outcome of it leads into what is held or lost, nor errs."""
        bad = [zone for way in option.ways for zone in self._wrong(way, n, held if way.tight else self.lost)]
        return less(reduced(way.cut for way in option.ways), n, [*option.blocked, *bad])

    def _wrong(self, way: Way, n: int, held: Held) -> Federation:
        """Where an outcome errs or leads into what is held."""
        if way.errs:
            return [way.cut]
        found = [*way.astray]
        for target, sources in way.targets:
            size = self.arena.positions[target].size
            for zone in (*held.get(target, ()), *(() if held is self.lost else self.lost.get(target, ()))):
                back = before_restart(zone, size, sources, n)
                cut = None if back is None else meet(way.cut, n, back)
                if cut is not None:
                    found.append(cut)
        return found
