"""Machines that do whatever they like, in the place of others: what is proved with them is proved of all others.

Such a machine (Hoare 1985 calls it CHAOS) starts with the same outputs, shows any of them at any time, sends whatever
the other one sends, at any time or never, and changes in any way when it hears something. Every run of a network
with *any* machine of the same wires, outputs and events is a run of the network in which this one stands there, step by
step, whatever states, data, clocks and bounds that machine has. So a sentence that no run of the latter breaks, no run
of any such network breaks. (Plain safety: this machine may well stop time or do endlessly much in an instant.)

Two things need care. *Who goes first in an instant*: while somebody has a step that comes as soon as it can, nobody has
any other; so where one who stays has such steps, those who do as they like need them as well. They choose with each
step of their own outputs of others at which the next one comes at once: what a machine would do at once at the outputs
at which it will, it would do at once whenever it sees these. *Who hears*: a machine that is not ready does not hear.
That makes a difference to sentences that speak of hearing alone, and there one more choice is made: to be deaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from itertools import count, product

from lastgasp.errors import NotApplicable
from lastgasp.expr import TRUE, Bool, Choice, Clock, Const, Expr, In, Name, Reference, conj, leaves
from lastgasp.machine import STATE, Instance, Machine, May, On, State, Transition, Variable, When
from lastgasp.network import Network
from lastgasp.sentences import Sentence, conditions_of, events_of

HEARS, HASTE = "hears", "haste"
NEVER, ALWAYS = "no", "at_first"


@dataclass(frozen=True, slots=True)
class Freed:
    """A network in which some do as they like, and of which machines in their places that holds which holds of it.

    Of any that take no part in handshakes, but for these: those in ``hearing`` hear whatever sentences say that they
    may hear, and those in ``waiting`` have no step that comes as soon as it can. If ``hasty``, others that stay have
    such steps, and none of these machines hears anything in a committed state; if ``first``, others have committed
    states, and none of these has any.
    """

    network: Network
    hearing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    hasty: bool = False
    first: bool = False


def freed(network: Network, names: Iterable[str], sentences: Iterable[Sentence]) -> Freed:
    """The network in which these instances do whatever they like, as far as ``sentences`` can tell.

    :class:`NotApplicable` where an instance cannot be replaced so.
    """
    free, sentences = set(names), tuple(sentences)
    kept = [item.machine for item in network.instances if item.name not in free]
    first = any(state.committed for machine in kept for state in machine.states)
    hasty = any(map(_at_once, kept))
    heard = {
        f"{who}.{event}"
        for item in network.instances
        for port in item.machine.ports
        for event in port.hears
        for who in item.wired(port.name)
        if item.name in free or item.name in _hearers(network, f"{who}.{event}")
    }
    found, hearing, waiting = [], [], []
    for item in network.instances:
        if item.name in free:
            spoken = _Spoken.of(item, sentences)
            if why := refusal(network, item, sentences, first, hasty):
                raise NotApplicable("chaos", f"{item.label} {why}")
            own = hasty and _at_once(item.machine)
            waiting += [item.name] if hasty and not own else []
            hearing += [item.name] if hasty and spoken.heard else []
            item = replace(item, machine=_Chaos(network, item, spoken, heard, own, hasty).machine())
        found.append(item)
    return Freed(Network(network.name, tuple(found), network.title), tuple(hearing), tuple(waiting), hasty, first)


def refusal(
    network: Network, instance: Instance, sentences: Iterable[Sentence], first: bool = False, hasty: bool = False
) -> str:
    """Why an instance cannot do as it likes; nothing where it can.

    Of the others that stay, some go before everything else (``first``), or as soon as they can (``hasty``).
    """
    machine = instance.machine
    committed = {state.name for state in machine.states if state.committed}
    partner = any(network.events[event] for event in network.events if instance.name in _hearers(network, event))
    if not machine.party:
        return "is part of the surroundings"
    if partner or any(event.handshake for step in machine.transitions if (event := machine.event(step.send or ""))):
        return "takes part in handshakes"
    if _Spoken.of(instance, tuple(sentences)).inside:
        return "has data of which a sentence speaks"
    if first and committed:
        return "has states that go before everything else, as others do that stay"
    hears = (step for step in machine.transitions if isinstance(step.trigger, On))
    if hasty and any(committed.intersection(step.sources) for step in hears):
        return "makes others whom it hears go before those that stay and act as soon as they can"
    return ""


def _hearers(network: Network, event: str) -> set[str]:
    return {listener.name for listener, _, _ in network.listeners(event)}


def _at_once(machine: Machine) -> bool:
    """Whether it has steps that come as soon as they can, or before everything else."""
    return any(state.committed for state in machine.states) or any(
        isinstance(step.trigger, When) for step in machine.transitions
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What sentences say of an instance: whether they tell its states apart, and its data; what it sends and hears."""

    states: bool
    inside: bool
    sent: frozenset[str]
    heard: frozenset[str]

    @staticmethod
    def of(instance: Instance, sentences: tuple[Sentence, ...]) -> _Spoken:
        read = {
            leaf
            for sentence in sentences
            for condition in conditions_of(sentence.formula)
            for leaf in leaves(condition)
            if isinstance(leaf, Name | Clock) and leaf.name.partition(".")[0] == instance.name
        }
        own = {leaf.name.partition(".")[2] for leaf in read}
        events = [event for sentence in sentences for event in events_of(sentence.formula)]
        return _Spoken(
            STATE in own,
            bool(own - {STATE, *instance.machine.outputs}) or any(isinstance(leaf, Clock) for leaf in read),
            frozenset(event.event for event in events),
            frozenset(event.event for event in events if event.receiver == instance.name),
        )


@dataclass(frozen=True, slots=True)
class _Chaos:
    """One machine that does whatever it likes. ``hasty``: it has steps that come as soon as they can.

    ``heard``: the events that somebody hears, or may, since he does as he likes.
    """

    network: Network
    instance: Instance
    spoken: _Spoken
    heard: Set[str]
    hasty: bool
    attentive: bool

    def machine(self) -> Machine:
        """In the place of the machine of the instance."""
        return replace(
            self.instance.machine,
            states=self.states,
            transitions=tuple(self.transitions()),
            ports=tuple(replace(port, reads=self.reads[port.name]) for port in self.instance.machine.ports),
            variables=tuple(self.variables()),
            clocks=(),
        )

    @property
    def states(self) -> tuple[State, ...]:
        """One for each combination of outputs, the initial one first; those it has where sentences tell them apart."""
        machine = self.instance.machine
        if self.spoken.states:
            return tuple(State(item.name, item is machine.initial, item.label, item.gives) for item in machine.states)
        outputs = machine.outputs
        shown = [
            dict(zip(outputs, values, strict=True)) for values in product(*(item.names for item in outputs.values()))
        ]
        first = dict(machine.initial.gives)
        return tuple(
            State(
                f"free_{number}",
                gives == first,
                f"free{''.join(f', {out} {value}' for out, value in gives.items())}",
                gives,
            )
            for number, gives in enumerate(sorted(shown, key=lambda gives: gives != first))
        )

    @property
    def outlooks(self) -> list[Expr]:
        """Every combination of what it can read, as a condition."""
        reads = {f"{port}.{out}": values for port, outs in self.reads.items() for out, values in outs.items()}
        return [
            conj(*(In(Name(name), (value,)) for name, value in zip(reads, combination, strict=True)))
            for combination in product(*reads.values())
        ]

    @property
    def reads(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """The outputs that it can read behind each port; through a variable that refers to ports, behind all these."""
        machine = self.instance.machine
        found = {port.name: dict(port.reads) for port in machine.ports}
        for variable in machine.variables:
            first, *others = variable.domain.ports if isinstance(variable.domain, Reference) else ("",)
            for port in others:
                there = self.network.by_name[self.instance.source(port)].machine.outputs
                more = {out: there[out].names for out in found[first] if out in there}
                found[port] = more | found[port]
        return found

    @property
    def deaf(self) -> bool:
        """Whether it may fail to hear."""
        return bool(self.spoken.heard) and not self.attentive

    def variables(self) -> Iterator[Variable]:
        """What it chose: whether it hears; at which outputs of others its next step comes at once (first: at any)."""
        if self.deaf:
            yield Variable(self._own(HEARS), Bool(), True, "hears")
        if self.hasty:
            yield Variable(self._own(HASTE), Choice((*self._hastes, ALWAYS)), ALWAYS, "acts at once")

    def _own(self, name: str) -> str:
        """A name that no parameter or output of the machine has."""
        machine = self.instance.machine
        taken = {*(item.name for item in machine.parameters), *machine.outputs}
        return next(word for word in (f"{name}{'_' * more}" for more in count()) if word not in taken)

    @property
    def _hastes(self) -> list[str]:
        return [NEVER, *(f"at_{number}" for number in range(len(self.outlooks)))]

    def transitions(self) -> Iterator[Transition]:
        """Everything: a change of any kind, at any time, as soon as it can, and on whatever it hears."""
        names = tuple(state.name for state in self.states)
        hears, hurry = self._own(HEARS), self._own(HASTE)
        hastes = [((hurry, Const(haste)),) for haste in self._hastes] if self.hasty else [()]
        sooner = [
            (When(outlook), In(Name(hurry), (f"at_{number}", ALWAYS)))
            for number, outlook in enumerate(self.outlooks if self.hasty else ())
        ]
        sends = [None, *(event for event in self.instance.machine.sends if self._matters(event.name))]
        for target, haste in product(names, hastes):
            for send in sends:
                label, name = ("", None) if send is None else (send.label or send.name, send.name)
                others = tuple(state for state in names if state != target or send or haste)
                if others:
                    yield Transition(others, target, May(), assign=haste, send=name, label=label)
                for trigger, guard in sooner:
                    yield Transition(names, target, trigger, guard, haste, send=name, label=label)
            for port in self.instance.machine.ports:
                for event in port.hears:
                    if any(self.network.events.get(f"{who}.{event}") for who in self.instance.wired(port.name)):
                        continue  # a handshake, in which it takes no part
                    spoken = any(f"{who}.{event}" in self.spoken.heard for who in self.instance.wired(port.name))
                    ready = Name(hears) if self.deaf and spoken else TRUE
                    yield Transition(names, target, On(port.name, event), ready, haste)
        for choice in (False, True) if self.deaf else ():
            yield Transition(names, None, May(), assign=((hears, Const(choice)),))

    def _matters(self, event: str) -> bool:
        """Whether anybody hears what it sends, or a sentence speaks of it. It takes no part in handshakes."""
        name = f"{self.instance.name}.{event}"
        return not self.network.events[name] and (name in self.spoken.sent or name in self.heard)
