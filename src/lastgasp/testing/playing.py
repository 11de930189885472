"""One run: a script is played on the surroundings and on the implementation at once, and the oracle watches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from lastgasp.errors import InputError, Problem
from lastgasp.machine import When
from lastgasp.render.words import time_text
from lastgasp.semantics import Limit, RangeError, Semantics
from lastgasp.testing.adapter import Guarded, Output
from lastgasp.testing.oracle import Deviation, Oracle, Stimulus
from lastgasp.testing.stand_ins import Parts, Shown
from lastgasp.trace import Move, Step

INSTANT = 1000
"""Steps in one instant that are taken for an endless chain."""

RECENT = 4
"""The last instants at which something happened whose distance in time is aimed at."""


@dataclass(frozen=True, slots=True)
class Played:
    """What happened: delays and steps of the surroundings, time after the last, and what the model could not follow."""

    moves: tuple[tuple[Fraction, Step], ...]
    rest: Fraction
    deviation: Deviation | None


class _Deviates(Exception):
    """The oracle could not follow."""


class Player:
    """Plays scripts, one after the other. Raises :class:`InputError` for what cannot be tested."""

    def __init__(self, parts: Parts, oracle: Oracle, adapter: Guarded, durations: Iterable[Fraction]) -> None:
        """``durations`` are those that delays aim at; the shortest is the smallest distance from them."""
        self.parts, self.oracle, self.adapter = parts, oracle, adapter
        self.who = oracle.instance
        self.meaning = Semantics(parts.surroundings)
        whom = parts.alone.by_name[self.who]
        self.ports = [(port, target) for port in whom.machine.ports for target in whom.wired(port.name)]
        ends = sorted(durations)
        self.tick = ends[0]
        self.targets = sorted({end + offset for end in ends for offset in (-self.tick, Fraction(0), self.tick)})

    def play(self, script: Sequence[tuple[int, int]]) -> Played:
        """One run from the reset, played on until what was done last has had its time."""
        self.situation, self.now, self.since = self.meaning.initial(), Fraction(0), Fraction(0)
        self.moves: list[tuple[Fraction, Step]] = []
        self.instants: list[Fraction] = [Fraction(0)]
        self.unshown: deque[list[Output]] = deque()
        self.deviation: Deviation | None = None
        self.detail = 0
        self.oracle.begin()
        self.adapter.reset()
        try:
            self._settle(self.now)
            for action, self.detail in script:
                self._turn(action)
            self.detail = 0
            self._finish()
        except _Deviates:
            pass
        return Played(tuple(self.moves), self.now - self.since, self.deviation)

    def _turn(self, action: int) -> None:
        """One of the steps that are possible, or a delay."""
        steps = self._possible()
        chosen = action % (len(steps) + 1)
        if chosen:
            self._do(steps[chosen - 1])
            self._settle(self.now)
            return
        limit = self.meaning.enabled(self.situation).limit
        aims = [delay for delay in self._aims(limit) if limit.allows(delay)]
        if aims:
            self._wait(aims[self.detail % len(aims)])

    def _aims(self, limit: Limit) -> list[Fraction]:
        """Delays worth waiting: up to a duration of the model, just short of it or past it, after a recent instant.

        The plainest come first, so that a run that was shrunk has them.
        """
        found = {at + target - self.now for at in self.instants[-RECENT:] for target in self.targets}
        delays = {*found, limit.seconds or Fraction(0)}
        return sorted((delay for delay in delays if delay > 0), key=lambda delay: (delay.denominator, delay))

    def _finish(self) -> None:
        """Wait as long as the model may wait at most, while the surroundings do what they cannot avoid."""
        end = self.now + self.targets[-1] + 3 * self.oracle.tolerance
        for _ in range(INSTANT):
            limit = self.meaning.enabled(self.situation).limit
            most = end - self.now if limit.seconds is None else limit.seconds - self.tick * limit.strict
            delay, steps = min(end - self.now, most), self._possible()
            if delay > 0:
                self._wait(delay)
            elif self.now < end and steps:
                self._do(steps[0])
                self._settle(self.now)
            else:
                return

    def _wait(self, delay: Fraction) -> None:
        """Let time pass, up to the first thing that the implementation does."""
        end = self.now + delay
        for _ in range(INSTANT):
            passed = self.adapter.advance(end - self.now)
            self.situation = self.meaning.apply(self.situation, passed)
            before, self.now = self.now, self.now + passed
            if self._settle(before) or self.now >= end:
                return
        raise InputError(f"the adapter of {self.who}: 'advance' lets next to no time pass, and nothing is done")

    def _settle(self, since: Fraction) -> bool:
        """Play this instant to its end. Returns whether the implementation did anything after ``since``."""
        done = False
        for _ in range(INSTANT):
            pressing = [step for step in self._possible() if self._is_pressing(step)]
            if pressing:
                self._do(pressing[self.detail % len(pressing)])
            elif self.unshown:
                self._show(self.unshown.popleft())
            elif self._look(since):
                done = True
            else:
                return done
            since = self.now if done else since
        raise InputError(f"{self.who} and its surroundings go on in one instant without end")

    # -- what the surroundings do -----------------------------------------------------------------------------------

    def _possible(self) -> list[Step]:
        return [step for step in self.meaning.enabled(self.situation).steps if step.mover.instance != self.who]

    def _is_pressing(self, step: Step) -> bool:
        """Whether the surroundings cannot put it off: a ``when`` step, or one out of a committed state."""
        machine = self.meaning.network.by_name[step.mover.instance].machine
        here = machine.state(self.situation.location(step.mover.instance))
        return here.committed or isinstance(machine.transitions[step.mover.index].trigger, When)

    def _do(self, step: Step) -> None:
        """A step of the surroundings, and what the implementation gets to know of it."""
        pressing, before = self._is_pressing(step), self._shown()
        self._step(step)
        self._tell(step.event, before, pressing)

    def _step(self, step: Step) -> None:
        try:
            self.situation = self.meaning.apply(self.situation, step)
        except RangeError as error:
            raise InputError(Problem(str(error), "widen the range, or forbid the step with 'if'")) from error
        self.moves.append((self.now - self.since, step))
        self.since = self.now
        if self.instants[-1] != self.now:
            self.instants.append(self.now)

    def _tell(self, event: str | None, before: Mapping[str, Shown], pressing: bool) -> None:
        """Give the implementation and the oracle what the neighbours sent, and what they show now and did not."""
        sender, _, name = (event or "").partition(".")
        for who, shown in self._shown().items():
            ports = [port for port, target in self.ports if target == who]
            heard = name if sender == who and any(name in port.hears for port in ports) else None
            changed = dict(set(shown) - set(before[who]))
            if heard is None and not changed:
                continue
            self.oracle.stimulate(Stimulus(self.now, self.parts.neighbours[who].moves[shown, heard], pressing))
            for port in ports:
                if heard in port.hears:
                    self.adapter.do(port.name, str(heard), "")
            for port in ports:
                for output in port.reads:
                    if output in changed:
                        self.adapter.do(port.name, output, changed[output])

    def _shown(self) -> dict[str, Shown]:
        """What each neighbour shows of itself now."""
        found = {}
        for who, neighbour in self.parts.neighbours.items():
            gives = self.meaning.network.by_name[who].machine.state(self.situation.location(who)).gives
            found[who] = tuple((output, gives[output]) for output in neighbour.outputs)
        return found

    # -- what the implementation does -------------------------------------------------------------------------------

    def _look(self, since: Fraction) -> bool:
        """Ask the implementation what it did after ``since``, and the oracle whether the model could do so too."""
        seen = self.adapter.observe(since)
        for output in seen:
            at = Fraction(output.at or 0)
            if not self.oracle.fits(at):
                what = f"the adapter of {self.who}: {output.name} at {time_text(at)} is finer than the resolution"
                raise InputError(Problem(what, "round the time, or give a finer 'resolution'"))
        self.deviation = self.oracle.watch(self.now, seen)
        self.unshown.extend(_together(seen))
        if self.deviation is not None:
            with suppress(_Deviates):  # for the picture: what was seen stays visible as far as it can be shown
                while self.unshown:
                    self._show(self.unshown.popleft(), tell=False)
            raise _Deviates
        return bool(seen)

    def _show(self, group: Sequence[Output], tell: bool = True) -> None:
        """The stand-in of the implementation does what was seen."""
        before, ours = self._shown(), self.parts.stands_for
        names = {name: shown for shown, name in ours.states.items()}
        values = dict(names[self.situation.location(self.who)])
        values.update({output.name: output.value for output in group if output.value})
        event = next((output.name for output in group if not output.value), None)
        move: Move = ours.moves[tuple(values.items()), event]
        steps = [step for step in self.meaning.enabled(self.situation).steps if step.mover == move]
        if not steps:
            if not tell:
                raise _Deviates
            raise InputError(f"the surroundings of {self.who} are stuck in the midst of an instant")
        self._step(steps[self.detail % len(steps)])
        if tell:
            self._tell(None, before, pressing=True)


def _together(seen: Sequence[Output]) -> Iterator[list[Output]]:
    """What was done in one instant, in parts that one step can show: at most one event, each output once."""
    group: list[Output] = []
    for output in seen:
        clash = any(output.name == other.name or (not output.value and not other.value) for other in group)
        if group and (clash or output.at != group[0].at):
            yield group
            group = []
        group.append(output)
    if group:
        yield group
