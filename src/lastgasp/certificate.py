"""A proof that a question is answered *holds*, with everything that it is about, and its recheck.

The obligations: what was cut cannot influence the question and blocks nothing; parameters with a range were decided at
the value that permits most; an inductive set of zones in which the goal never errs; and for the network without its
goal, at the values that permit most and, party by party, least, an inductive set from which time can go on and in which
each clause restricts its own party only. A proof by a solver has an invariant instead of zones, and leaves parameters
open; where zones cannot treat the network at all, that time goes on is read off the machines, and nothing may restrict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lastgasp.errors import InternalError, NotApplicable
from lastgasp.expr import TRUE, Expr
from lastgasp.extremes import extremes
from lastgasp.machine import Setting
from lastgasp.network import Network
from lastgasp.recheck.inductive import ZoneSet, recheck_inductive
from lastgasp.recheck.receptive import recheck_receptive
from lastgasp.recheck.smt import discharge
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.sentences import Sentence
from lastgasp.slicing import Slice, never_blocks, sliced
from lastgasp.system import TimedSystem, compiled, observer_name


@dataclass(frozen=True)
class Certificate:
    """A proof about a network with its ranges as they stand. Parts are derived from it, not stored beside it.

    ``kept``: the instances that were looked at. ``zones`` or ``invariant``: the proof of the goal. ``sound``: for each
    party that owns a range, and for ``""`` (nobody), the set of the network without its goal, that one narrowest.

    A proof by invariant leaves parameters open: all that have a range, or those named in ``over`` (each group with one
    value for all), about which it may be ``given`` that they lie in a region; the rest is then decided at one value.
    """

    check: str
    engine: str
    network: Network
    goal: Sentence
    clauses: Mapping[str, Sentence]
    assumptions: Mapping[str, Sentence]
    kept: tuple[str, ...]
    zones: ZoneSet | None = field(default=None, repr=False)
    invariant: Invariant | None = field(default=None, repr=False)
    sound: Mapping[str, ZoneSet] = field(default_factory=dict, repr=False)
    over: tuple[tuple[str, ...], ...] | None = None
    given: Expr = TRUE

    @cached_property
    def part(self) -> Slice:
        """What was looked at; :class:`InternalError` where the rest must not be cut."""
        restrict = {**self.clauses, **self.assumptions}
        if set(self.kept) == set(self.network.by_name):
            return Slice(self.network, restrict, ())
        part = sliced(self.network, restrict, [self.goal])
        if set(part.network.by_name) != set(self.kept):
            raise InternalError("the certificate cuts instances that may influence the goal or block it")
        return part

    def settings(self, narrow: str = "") -> dict[str, Setting]:
        """The values at which ranges are decided; the parameters of ``narrow`` where they permit least."""
        sentences = [*self.part.restrict.values(), self.goal]
        try:
            return extremes(self.part.network, sentences if not narrow else [], narrow=narrow)
        except NotApplicable as refusal:
            raise InternalError(f"the certificate decides ranges at one value: {refusal}") from refusal

    @property
    def open_system(self) -> TimedSystem:
        """The system that a proof by invariant is about: parameters with a range are left open."""
        return opened(self.part, self.goal, self.over, self.given)

    def system(self, narrow: str | None = None) -> TimedSystem:
        """The system that zones are about: with the goal, or with ``narrow`` that of the network without it."""
        network = self.part.network.with_settings(self.settings(narrow or ""))
        return compiled(network, self.part.restrict, self.goal if narrow is None else None)

    @property
    def parties(self) -> tuple[str, ...]:
        """The instances that own a parameter with a range, after nobody."""
        return ("", *sorted({name.partition(".")[0] for name in self.settings()}))

    def recheck(self) -> None:
        """Discharge every obligation again; :class:`InternalError` names the first that fails."""
        if self.zones is not None:
            recheck_inductive(self.system(), self.zones)
        elif self.invariant is not None:
            discharge(obligations(self.open_system, self.invariant))
        else:
            raise InternalError("the certificate has no proof of its goal")
        if not self.sound:
            recheck_unrestricted(self.part)
            return
        if set(self.sound) != set(self.parties):
            raise InternalError("the certificate does not show that time can go on and that clauses can be obeyed")
        for narrow, stored in self.sound.items():
            recheck_sound(self.part, self.system(narrow), stored, self.clauses)


def opened(
    part: Slice, goal: Sentence, over: tuple[tuple[str, ...], ...] | None = None, given: Expr = TRUE
) -> TimedSystem:
    """The system with its goal in which parameters are open: see :class:`Certificate`."""
    network = part.network
    if over is not None:
        keep = [name for group in over for name in group]
        try:
            chosen = extremes(network, [*part.restrict.values(), goal], keep=keep)
        except NotApplicable as refusal:
            raise InternalError(f"the certificate decides ranges at one value: {refusal}") from refusal
        network = network.with_settings(chosen)
    return replace(compiled(network, part.restrict, goal).tied(over or ()), given=given)


def recheck_unrestricted(part: Slice) -> None:
    """That time goes on whatever the parameters are: no sentence restricts, and no machine ever blocks."""
    if part.restrict:
        raise InternalError(f"it is not shown that {next(iter(part.restrict))!r} restricts its own party only")
    for instance in part.network.instances:
        if not never_blocks(instance.machine):
            raise InternalError(f"it is not shown that {instance.name} never blocks time or others")


def recheck_sound(part: Slice, system: TimedSystem, stored: ZoneSet, clauses: Mapping[str, Sentence]) -> None:
    """That time can go on in a system and that each of the clauses restricts its own party only."""
    bound, assumed = bindings(part, clauses)
    recheck_receptive(system, stored, bound, assumed)


def bindings(part: Slice, clauses: Mapping[str, Sentence]) -> tuple[dict[str, str], frozenset[str]]:
    """The observer of each clause with the instance that it binds; the observers of assumptions, which bind nobody."""
    bound = {observer_name(name): sentence.binds for name, sentence in part.restrict.items() if name in clauses}
    return bound, frozenset(observer_name(name) for name in part.restrict if name not in clauses)
