"""Can a device obey its clauses, for ever, whatever the others do, while time goes on?

First by the local check: at every step and every deadline the device has what it needs. Where that fails it may still
obey by an earlier choice, and the answer is that of the timed game: with a strategy for the device that rests on what
it can see (*obeyable*), with one for its surroundings that defeats even a device that knows everything and is quicker
than them (*not obeyable*), else *not decided*. Both ends of a game are checked again by other code.

Ranges: the surroundings get the values that permit them most, the device those that permit it least, then most. What
it can obey at the least it can obey at all values; what it cannot at the most, at none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lastgasp.certificate import bindings, recheck_sound
from lastgasp.engines.zones.play import play
from lastgasp.errors import InputError, InternalError, NotApplicable
from lastgasp.evidence import traced
from lastgasp.expr import FALSE
from lastgasp.extremes import extremes
from lastgasp.language.sentences import readable_problems
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.recheck.winning import Lost, Won, recheck_game
from lastgasp.sentences import NeverHeld, Sentence
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import soundness
from lastgasp.system import compiled
from lastgasp.trace import Trace


@dataclass(frozen=True, slots=True)
class Obeyable:
    """The device can obey. ``strategy``: only by choices in time, not whatever it did before."""

    strategy: bool = False


@dataclass(frozen=True, slots=True)
class NotObeyable:
    """The surroundings defeat the device whatever it does; ``trace`` is a run in which they do, if one was made."""

    reason: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class NotDecided:
    """Neither was shown."""

    reason: str


Obedience = Obeyable | NotObeyable | NotDecided


def obeys(
    network: Network,
    clauses: Mapping[str, Sentence],
    assumptions: Mapping[str, Sentence] | None = None,
    limits: Limits | None = None,
) -> Obedience:
    """Whether the one instance that all these clauses bind can obey them together.

    :class:`InputError` where they bind several, or none, or say what their party cannot know.
    """
    limits = limits or Limits()
    parties = {sentence.binds for sentence in clauses.values()}
    if len(parties) != 1 or "" in parties:
        raise InputError("clauses that are to be obeyed together must bind one device")
    if problems := [problem for sentence in clauses.values() for problem in readable_problems(sentence, network)]:
        raise InputError(problems)
    (party,) = parties
    question = Question(network.name, network, Sentence("nothing", NeverHeld(FALSE)), clauses, assumptions or {})
    part = sliced(network, question.restrict, [], keep=[party])
    try:
        most = extremes(part.network, part.restrict.values())
        least = extremes(part.network, [], narrow=party)
        answer = _at(question, part, part.network.with_settings(least), party, limits)
        if isinstance(answer, Obeyable) or most == least:
            return answer
        freest = _at(question, part, part.network.with_settings(most), party, limits)
    except NotApplicable as refusal:
        return NotDecided(str(refusal))
    if isinstance(freest, Obeyable):
        labels = part.network.parameters
        names = ", ".join(labels[name].label or name for name in most if most[name] != least[name])
        return NotDecided(f"it depends on the device ({names}): one that the text leaves most freedom can obey")
    return freest


def _at(question: Question, part: Slice, network: Network, party: str, limits: Limits) -> Obedience:
    """The answer at these values."""
    system = compiled(network, part.restrict, None)
    sane = soundness(question, network, part, limits)
    if sane.complete and sane.defect is None and not sane.disobeyed and sane.proof is not None:
        recheck_sound(part, system, sane.proof, question.clauses)
        return Obeyable()
    bound, assumed = bindings(part, question.clauses)
    played = play(system, party, frozenset(bound), assumed, limits.budget("game"))
    match played.end:
        case None:
            return NotDecided(played.reason)
        case Won() | Lost():
            if played.zones is None:
                raise InternalError("a game without a board")
            recheck_game(system, played.zones, party, frozenset(bound), assumed, played.end)
    if isinstance(played.end, Won):
        return Obeyable(strategy=True)
    if played.run is None:
        return NotObeyable(played.reason)
    at = played.run[1] + sum(delay for delay, _ in played.run[0])
    return NotObeyable(played.reason, traced(network, played.run, ((at, played.reason),)))


__all__ = ["NotDecided", "NotObeyable", "Obedience", "Obeyable", "obeys"]
