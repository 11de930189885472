"""A proof that a question is answered *holds*, with everything that it is about, and its recheck.

The obligations: what was cut cannot influence the question and blocks nothing; parameters with a range were decided
at the value that permits most; an inductive set of zones in which the goal never errs; and for the network without
its goal, at the values that permit most and, party by party, least, an inductive set from which time can go on and in
which each clause restricts its own party only; the same for each group that was cut because it stands apart. A proof
by a solver has an invariant instead of zones, and leaves parameters open; where zones cannot treat the network at
all, that time goes on is read off the machines, and nothing may restrict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from lastgasp.recheck.union import invariant_of
from lastgasp.sentences import Sentence
from lastgasp.slicing import Slice, essential, never_blocks, sliced
from lastgasp.system import TimedSystem, compiled, observer_name

Sound = Mapping[str, ZoneSet]
"""Sets from which time can go on and in which clauses restrict their own party: for each instance that owns a range the
one at which that instance is narrowest, and for ``""`` (nobody) the widest."""


@dataclass(frozen=True)
class Certificate:
    """A proof about a network with its ranges as they stand. Parts are derived from it, not stored beside it.

    ``kept``: the instances that were looked at. ``zones`` or ``invariant``: the proof of the goal. ``sound``: what
    shows that the network without its goal means something; ``apart``: the same of each group that was cut apart.

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
    sound: Sound = field(default_factory=dict, repr=False)
    over: tuple[tuple[str, ...], ...] | None = None
    given: Expr = TRUE
    apart: tuple[Sound, ...] = field(default=(), repr=False)

    @cached_property
    def part(self) -> Slice:
        """What was looked at; :class:`InternalError` where the rest must not be cut."""
        restrict = {**self.clauses, **self.assumptions}
        if not set(self.kept) <= set(self.network.by_name):
            raise InternalError("the certificate keeps instances that its network does not have")
        part = sliced(self.network, restrict, [self.goal], self.kept, apart=True)
        if set(part.network.by_name) != set(self.kept):
            raise InternalError("the certificate cuts instances that may influence the goal or block it")
        return part

    @property
    def settings(self) -> dict[str, Setting]:
        """The values at which the goal is decided where parameters have ranges: those that permit most."""
        return settings_of(self.part, goals=[self.goal])

    @property
    def open_system(self) -> TimedSystem:
        """The system that a proof by invariant is about: parameters with a range are left open."""
        return opened(self.part, self.goal, self.over, self.given)

    def system(self) -> TimedSystem:
        """The system that the zones of the proof are about."""
        return compiled(self.part.network.with_settings(self.settings), self.part.restrict, self.goal)

    @property
    def means_something(self) -> Iterator[tuple[Slice, Sound]]:
        """What was looked at, and each group that was cut apart, with what shows that it means something.

        That is shown of what is :func:`essential` to it, or else read off its machines.
        """
        if len(self.apart) != len(self.part.apart):
            raise InternalError("the certificate does not show that what it cuts blocks nothing")
        for part, sound in zip((self.part, *self.part.apart), (self.sound, *self.apart), strict=True):
            yield (essential(part) if sound else part), sound

    def recheck_goal(self) -> None:
        """Discharge what shows that no run breaks the goal; :class:`InternalError` names the first that fails."""
        if self.zones is not None:
            recheck_inductive(self.system(), self.zones)
        else:
            self.recheck_by_solvers()

    def recheck_by_solvers(self) -> tuple[str, ...]:
        """The same by Z3 and, where installed, cvc5, also where zones are the proof; who they were."""
        return discharge(self.obligations())

    def obligations(self) -> dict[str, str]:
        """What shows that no run breaks the goal, for any solver: SMT-LIB 2 scripts by name, each to be ``unsat``."""
        if self.zones is not None:
            system = self.system()
            return obligations(system, invariant_of(system, self.zones))
        if self.invariant is not None:
            return obligations(self.open_system, self.invariant)
        raise InternalError("the certificate has no proof of its goal")

    def recheck(self) -> None:
        """Discharge every obligation again; :class:`InternalError` names the first that fails."""
        self.recheck_goal()
        for part, sound in self.means_something:
            if not sound:
                recheck_unrestricted(part)
                continue
            if set(sound) != set(parties_of(part)):
                raise InternalError("the certificate does not show that time can go on and that clauses can be obeyed")
            for narrow, stored in sound.items():
                recheck_sound(part, system_of(part, narrow), stored, self.clauses)


def settings_of(part: Slice, narrow: str = "", goals: Iterable[Sentence] = ()) -> dict[str, Setting]:
    """The values at which ranges are decided; the parameters of ``narrow`` where they permit least."""
    sentences = [*part.restrict.values(), *goals]
    try:
        return extremes(part.network, sentences if not narrow else [], narrow=narrow)
    except NotApplicable as refusal:
        raise InternalError(f"the certificate decides ranges at one value: {refusal}") from refusal


def parties_of(part: Slice) -> tuple[str, ...]:
    """The instances that own a parameter with a range, after nobody."""
    return ("", *sorted({name.partition(".")[0] for name in settings_of(part)}))


def system_of(part: Slice, narrow: str) -> TimedSystem:
    """The restricted network without a goal, the parameters of ``narrow`` where they permit least."""
    return compiled(part.network.with_settings(settings_of(part, narrow)), part.restrict)


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
