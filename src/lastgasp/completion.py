"""A run of a part of a network, completed to a run of the whole.

The instances outside the part cannot influence it (:mod:`lastgasp.slicing`); here they do only what they cannot avoid:
they react to what they hear, take their ``when`` steps, and leave a state when its bound is reached.
"""

from __future__ import annotations

from fractions import Fraction

from lastgasp.errors import InternalError
from lastgasp.network import Network
from lastgasp.semantics import Semantics, Situation, run
from lastgasp.trace import Step, Trace

PATIENCE = 10_000
"""How many steps of the others may be needed before something must be wrong."""


class Blocked(InternalError):
    """The others, doing only what they cannot avoid, leave the part no way to go on with its run."""


def complete(network: Network, kept: set[str], moves: list[tuple[Fraction, Step]], rest: Fraction) -> Trace:
    """Play ``moves`` (delays in seconds, steps) of the instances in ``kept``, letting the others do what they must."""
    return _Player(network, kept).play(moves, rest)


class _Player:
    def __init__(self, network: Network, kept: set[str]) -> None:
        self.network, self.kept = network, kept
        self.meaning = Semantics(network)
        self.now: Situation = self.meaning.initial()
        self.waited = Fraction(0)
        self.moves: list[tuple[Fraction, Step]] = []

    def play(self, moves: list[tuple[Fraction, Step]], rest: Fraction) -> Trace:
        for delay, step in moves:
            self.wait(delay)
            self.take(self.same(step))
        self.wait(rest)
        return run(self.network, self.meaning.parameters, self.moves, self.waited)

    def take(self, step: Step) -> None:
        self.moves.append((self.waited, step))
        self.waited = Fraction(0)
        self.now = self.meaning.apply(self.now, step)

    def wait(self, delay: Fraction) -> None:
        for _ in range(PATIENCE):
            enabled = self.meaning.enabled(self.now)
            if enabled.limit.allows(delay) and delay > 0:
                self.now = self.meaning.apply(self.now, delay)
                self.waited += delay
                return
            others = [step for step in enabled.steps if step.mover.instance not in self.kept]
            if delay == 0 and not (others and enabled.limit.seconds == 0 and self._must(others)):
                return
            part = enabled.limit.seconds or Fraction(0)
            if enabled.limit.strict:
                part /= 2
            if part > 0:
                self.now = self.meaning.apply(self.now, part)
                self.waited += part
                delay -= part
                others = [s for s in self.meaning.enabled(self.now).steps if s.mover.instance not in self.kept]
                if not enabled.limit.strict:
                    continue
            if not others:
                break
            self.take(max(others, key=self._room))
        raise Blocked(f"the instances outside of {', '.join(sorted(self.kept))} block the run")

    def _room(self, step: Step) -> tuple[Fraction, bool]:
        """How much time may pass after a step of the others, and whether it changes more than clocks."""
        after = self.meaning.apply(self.now, step)
        limit = self.meaning.enabled(after).limit.seconds
        return Fraction(10**9) if limit is None else limit, after.values != self.now.values

    def _must(self, others: list[Step]) -> bool:
        """Whether the others' steps go before everything else (``when``), so that the part has to wait for them."""
        return all(step.mover.instance not in self.kept for step in self.meaning.enabled(self.now).steps)

    def same(self, wanted: Step) -> Step:
        """The step of the whole that is ``wanted`` as far as the part is concerned."""
        for step in self.meaning.enabled(self.now).steps:
            if step.mover == wanted.mover and tuple(m for m in step.moves if m.instance in self.kept) == wanted.moves:
                return step
        raise Blocked(f"the step of {wanted.mover.instance} is not possible in {self.network.name}")
