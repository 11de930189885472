"""Which models of devices does a proof rest on: all minimal sets of them with which a goal is safe, whatever others do.

A device that is not in such a set may be replaced by any other with the same wires, outputs and events
(:mod:`lastgasp.chaos`), as long as the run obeys the clauses: then the text binds it well enough, and whether its model
is a good one does not matter. What a device in all of them does is needed, and said by no clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lastgasp.chaos import Freed, freed, refusal
from lastgasp.errors import InputError, NotApplicable, Problem
from lastgasp.facade import safe
from lastgasp.question import Question
from lastgasp.questions.asking import CheckName, ask, judge
from lastgasp.questions.cores import NotProved, need_proof
from lastgasp.questions.effort import Effort
from lastgasp.questions.marco import Chosen, Monotone, border
from lastgasp.render.table import trace_table
from lastgasp.render.words import listed
from lastgasp.safety import Safe, Unsafe
from lastgasp.slicing import sliced
from lastgasp.study import Study
from lastgasp.trace import Trace


@dataclass(frozen=True, slots=True)
class Ground:
    """Devices whose models suffice, with the proof, and what is supposed of the others, by label.

    ``hearing`` hear whatever the texts say that they may hear; ``waiting`` have no step that comes as soon as it can.
    ``hasty``, ``first``: what is supposed of all of them, as in :class:`~lastgasp.chaos.Freed`.
    """

    models: tuple[str, ...]
    hearing: tuple[str, ...]
    waiting: tuple[str, ...]
    hasty: bool
    first: bool
    proof: Safe
    minimal: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """Devices that break the goal where they do whatever the texts allow them, all others being as modelled."""

    free: tuple[str, ...]
    trace: Trace


@dataclass(frozen=True)
class Reliance:
    """The answer for one check, devices by label. If not ``exact``, sets may be missing, and may not be minimal.

    ``devices`` could do as they like; ``fixed`` could not, and why; ``surroundings`` are believed whatever is asked.
    ``reasons``: why some set could not be looked at.
    """

    name: CheckName
    title: str
    proposal: str
    devices: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    surroundings: tuple[str, ...]
    grounds: tuple[Ground, ...]
    breaches: tuple[Breach, ...]
    exact: bool
    asked: int
    reasons: tuple[str, ...] = ()

    @property
    def needless(self) -> tuple[str, ...]:
        """The devices whose models some proof does without, all at once: those outside of the first set."""
        return tuple(label for label in self.devices if self.grounds and label not in self.grounds[0].models)

    def words(self) -> str:
        """A paragraph for each set that suffices, then a run for each set of devices that breaks the goal."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        count = len(self.grounds)
        yield f"“{self.title}” holds under “{self.proposal}”. {self._rests()}"
        for ground in self.grounds:
            others = [label for label in self.devices if label not in ground.models]
            if others or count > 1:
                yield ""
            if count > 1:
                yield f"With the {_models(ground.models)}:"
            if others:
                yield (
                    f"Put anything in the place of {listed(others)}, with the same wires, outputs and messages, and "
                    "the states that the texts name: as long as the texts are kept to, no run breaks the goal."
                )
            if ground.hearing:
                yield f"(As long as each of these hears whatever a text says that it may: {listed(ground.hearing)}.)"
            if ground.waiting:
                yield f"(As long as none of these does anything as soon as it can: {listed(ground.waiting)}.)"
            if ground.first:
                yield "(As long as nothing in their place goes before everything else in an instant.)"
            elif ground.hasty:
                yield "(As long as nothing in their place hears anything while it goes before everything else.)"
            if not ground.minimal:
                yield "(Fewer models may suffice.)"
        if self.surroundings:
            yield f"\nThe models of the surroundings are believed: {listed(self.surroundings)}."
        for label, why in self.fixed:
            yield f"The model of {label} is believed: it {why}."
        for breach in self.breaches:
            one = len(breach.free) == 1
            needed = (
                f"What the {_models(breach.free)} says" if one else f"Something of what the {_models(breach.free)} say"
            )
            yield f"\n{needed} is needed, and no text says it. Without {'it' if one else 'all of that'}:\n"
            yield trace_table(breach.trace, brief=True)
        how = "exact" if self.exact else "approximate: not everything could be decided"
        looked = f"{self.asked} sets of models were" if self.asked != 1 else "1 set of models was"
        yield f"\nThe answer is {how}; {looked} looked at."
        for reason in self.reasons if not self.exact else ():
            yield f"(Somebody could not be freed: {reason}.)"

    def _rests(self) -> str:
        if not self.grounds:
            return "On which models it rests is not known."
        if len(self.grounds) > 1:
            return f"{len(self.grounds)} sets of models of devices suffice, each by itself."
        models = self.grounds[0].models
        return f"It rests on the {_models(models)}." if models else "It rests on no model of a device."

    def to_json(self) -> dict[str, Any]:
        """The neutral form, versioned; traces inside are self-contained."""
        item = {
            "check": str(self.name),
            "exact": self.exact,
            "devices": list(self.devices),
            "surroundings": list(self.surroundings),
            "believed": [{"device": label, "why": why} for label, why in self.fixed],
            "models that suffice": [
                {
                    "models": list(ground.models),
                    "minimal": ground.minimal,
                    "hearing": list(ground.hearing),
                    "waiting": list(ground.waiting),
                    "hasty": ground.hasty,
                    "first": ground.first,
                    "engine": ground.proof.engine,
                }
                for ground in self.grounds
            ],
            "devices that break it": [
                {"devices": list(breach.free), "trace": breach.trace.to_json()} for breach in self.breaches
            ],
        }
        return {"lastgasp-result": 1, "rests": [item]}


def reliance(study: Study, check: CheckName | str, effort: Effort | None = None) -> Reliance:
    """All minimal sets of devices whose models a proof needs. :class:`InputError` where nothing is proved."""
    name = CheckName.parsed(check, study) if isinstance(check, str) else check
    effort = effort or Effort()
    question = ask(study, name)
    try:
        need_proof(question, judge(study, name, question, limits=effort.each))
    except NotProved as why:
        raise InputError(Problem(f"{name.goal}/{name.proposal} {why.what}", why.cure)) from None
    asked = _Asked(question, effort)
    asked.known.ask(asked.all)
    found = border(asked.known, ended=lambda: effort.late)
    grounds = [asked.ground(chosen, found.surely_minimal(chosen)) for chosen in asked.known.having]
    goal, proposal = study.goals[name.goal], study.proposals[name.proposal]
    return Reliance(
        name,
        goal.title or goal.sentence,
        proposal.title or proposal.name,
        asked.labels(asked.all),
        tuple((question.network.by_name[who].label, why) for who, why in asked.fixed.items()),
        asked.surroundings,
        tuple(sorted(grounds, key=lambda ground: (len(ground.models), ground.models))),
        tuple(Breach(asked.labels(asked.all - chosen), asked.runs[chosen]) for chosen in found.maximal),
        found.exact,
        len(asked.proofs) + len(asked.runs) + len(asked.known.undecided),
        tuple(asked.reasons),
    )


class _Asked:
    """Plain safety where the devices outside of a set do as they like: an oracle with evidence."""

    def __init__(self, question: Question, effort: Effort) -> None:
        self.question, self.effort = question, effort
        self.sentences = (question.goal, *question.restrict.values())
        part = sliced(question.network, question.restrict, [question.goal]).network
        parties = [item for item in question.network.instances if item.machine.party]
        why = {item.name: refusal(question.network, item, self.sentences) for item in parties}
        self.fixed = {who: words for who, words in why.items() if words and who in part.by_name}
        self.surroundings = tuple(item.label for item in part.instances if not item.machine.party)
        self.names = [who for who, words in why.items() if not words and who in part.by_name]
        self.elsewhere = [who for who, words in why.items() if not words and who not in part.by_name]
        self.known = Monotone(len(self.names), self._oracle, self._hint)
        self.proofs: dict[Chosen, tuple[Safe, Freed]] = {}
        self.runs: dict[Chosen, Trace] = {}
        self.reasons: dict[str, None] = {}

    @property
    def all(self) -> Chosen:
        """Every device."""
        return frozenset(range(len(self.names)))

    def labels(self, chosen: Iterable[int]) -> tuple[str, ...]:
        """The devices of a set as people call them."""
        return self._called(self.names[place] for place in sorted(chosen))

    def ground(self, chosen: Chosen, minimal: bool) -> Ground:
        """A set that suffices, which was looked at."""
        proof, other = self.proofs[chosen]
        inside = set(proof.certificate.kept)
        hearing, waiting = (
            self._called(who for who in some if who in inside) for some in (other.hearing, other.waiting)
        )
        return Ground(self.labels(chosen), hearing, waiting, other.hasty, other.first, proof, minimal)

    def _called(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.question.network.by_name[who].label for who in names)

    def _oracle(self, chosen: Chosen) -> bool | None:
        self.effort.tell(f"{len(self.proofs) + len(self.runs)} sets of models looked at, now one of {len(chosen)}")
        free = [who for place, who in enumerate(self.names) if place not in chosen] + self.elsewhere
        try:
            other = freed(self.question.network, free, self.sentences)
        except NotApplicable as refused:
            self.reasons[refused.reason] = None
            return None
        match safe(replace(self.question, network=other.network), self.effort.each):
            case Safe() as proof:
                self.proofs[self._looked_at(chosen, proof)] = proof, other
                return True
            case Unsafe(trace=trace):
                self.runs[chosen] = trace
                return False
        return None

    def _looked_at(self, chosen: Chosen, proof: Safe) -> Chosen:
        return frozenset(place for place in chosen if self.names[place] in proof.certificate.kept)

    def _hint(self, chosen: Chosen, answer: bool) -> Chosen:
        """A proof that does not look at a device does not need its model."""
        if not answer:
            return chosen
        return max((known for known in self.proofs if known <= chosen), key=len)


def _models(labels: tuple[str, ...]) -> str:
    return f"model{'s' * (len(labels) > 1)} of {listed(labels)}"
