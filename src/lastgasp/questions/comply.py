"""Can a real device obey? Every clause against every device of its party that a profile describes.

A device *complies always* if the clause, asked as a goal of the network without any clause, holds with its values;
it *can comply* if the clause takes something from it, and it can obey (:mod:`lastgasp.obeying`); else it *cannot*, or
that is *not decided*. Besides: clauses that no described device can obey, clauses that never apply, and the minimal
sets of clauses that one device can obey one by one but not together.

Whether clauses of one device can be obeyed together is monotone as long as they are the only clauses: who keeps all of
them keeps each part of them, and the others are as free with the one as with the other. (It is not if clauses of others
come in, which take from others what may defeat the device; and the local check alone is not, since a clause may make
another's deadline reachable or not.) So the conflicts are enumerated by MARCO; what is not decided makes that inexact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from lastgasp.errors import InputError, NotApplicable, Problem
from lastgasp.facade import decide
from lastgasp.network import Network
from lastgasp.obeying import NotDecided, NotObeyable, Obedience, Obeyable, obeys
from lastgasp.question import Question
from lastgasp.questions.asking import assumption_sentence, clause_sentence
from lastgasp.questions.effort import Effort
from lastgasp.questions.marco import Monotone, border
from lastgasp.render.table import trace_table
from lastgasp.sentences import Sentence
from lastgasp.study import Study, speaks_of
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict

ANY = "any device that the text allows"


class Answer(Enum):
    """How a device stands to a clause."""

    ALWAYS = "complies always"
    CAN = "can comply"
    CANNOT = "cannot comply"
    OPEN = "not decided"


@dataclass(frozen=True, slots=True)
class Device:
    """One instance of an installation, as a profile describes it; without a profile, whatever the text allows."""

    installation: str
    instance: str
    party: str
    label: str
    profile: str = ""
    title: str = ANY

    def __str__(self) -> str:
        return f"{self.label}: {self.title}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A device and a clause. ``verdict``: of the clause as a goal of the device; ``obedience``: if that was asked."""

    device: Device
    clause: str
    answer: Answer
    reason: str
    verdict: Verdict | None = None
    obedience: Obedience | None = None

    @property
    def trace(self) -> Trace | None:
        """A run in which the device is defeated, or else one that the clause forbids it."""
        if isinstance(self.obedience, NotObeyable):
            return self.obedience.trace
        return self.verdict.trace if isinstance(self.verdict, Fails) else None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Clauses that a device can obey one by one and not together; all smaller sets of them it can.

    ``surely``: that all smaller sets can be obeyed is known.
    """

    device: Device
    clauses: tuple[str, ...]
    defeat: NotObeyable
    surely: bool = True


@dataclass(frozen=True)
class Complying:
    """The answer. ``reason``: why it is not whole, or empty. ``titles`` are those of clauses, with their parties."""

    titles: Mapping[str, str]
    standings: tuple[Standing, ...]
    conflicts: tuple[Conflict, ...]
    inexact: tuple[Device, ...] = ()
    reason: str = ""
    assumptions: tuple[str, ...] = field(default=())

    @property
    def exact(self) -> bool:
        """Whether everything was asked and decided."""
        return not self.reason and not self.inexact and not any(s.answer is Answer.OPEN for s in self.standings)

    @property
    def unobeyable(self) -> tuple[str, ...]:
        """Clauses that no device can obey that a profile describes; where none does, that no allowed device can."""
        return tuple(
            clause
            for clause in self.titles
            if (asked := self._asked(clause)) and all(standing.answer is Answer.CANNOT for standing in asked)
        )

    def _asked(self, clause: str) -> list[Standing]:
        of_it = [standing for standing in self.standings if standing.clause == clause]
        return [standing for standing in of_it if standing.device.profile] or of_it

    @property
    def idle(self) -> tuple[str, ...]:
        """Clauses that never apply: what they speak of happens to no device that the text allows."""
        return tuple(
            clause
            for clause in self.titles
            if (asked := [s for s in self.standings if s.clause == clause and not s.device.profile])
            and all(isinstance(standing.verdict, Vacuous) for standing in asked)
        )

    def words(self) -> str:
        """The answer in plain English, with the runs."""
        return _paragraph(self)

    def to_json(self) -> dict[str, Any]:
        """The neutral form; traces inside are self-contained."""
        return {
            "lastgasp-result": 1,
            "question": "comply",
            "whole": not self.reason,
            "reason": self.reason,
            "assumptions": list(self.assumptions),
            "standings": [
                {
                    **_device_json(standing.device),
                    "clause": standing.clause,
                    "title": self.titles[standing.clause],
                    "answer": standing.answer.value,
                    "reason": standing.reason,
                    "trace": standing.trace.to_json() if standing.trace else None,
                }
                for standing in self.standings
            ],
            "no described device can obey": list(self.unobeyable),
            "never applies": list(self.idle),
            "conflicts": [
                {
                    **_device_json(conflict.device),
                    "clauses": list(conflict.clauses),
                    "minimal": conflict.surely,
                    "reason": conflict.defeat.reason,
                    "trace": conflict.defeat.trace.to_json() if conflict.defeat.trace else None,
                }
                for conflict in self.conflicts
            ],
            "conflicts may be missing": [_device_json(device) for device in self.inexact],
            "words": self.words(),
        }


def comply(
    study: Study,
    *,
    clauses: Iterable[str] | None = None,
    installation: str | None = None,
    profile: str | None = None,
    assume: Iterable[str] = (),
    effort: Effort | None = None,
) -> Complying:
    """Every clause against every device of the party that it binds; conflicts among the clauses of each device.

    Without names: all clauses, the installations of the overview (or all), all profiles. :class:`InputError` for
    unknown names, and where there is nothing to ask or a clause fits no installation.
    """
    effort, assume = effort or Effort(), tuple(assume)
    names = list(study.clauses) if clauses is None else list(dict.fromkeys(clauses))
    for kind, asked in (
        ("clause", names),
        ("installation", [installation]),
        ("profile", [profile]),
        ("assumption", assume),
    ):
        for name in asked:
            if name is not None:
                study.pick(kind, name)
    if not names or not study.installations:
        raise InputError(Problem("there is no clause that a device could obey", "the study needs clauses of a party"))
    names = names if clauses is not None else asked_of_somebody(study, names, installation)
    groups = list(_groups(study, names, _where(study, installation), profile, assume))
    answer = _Answering(effort)
    for device, network, sentences, assumptions in groups:
        answer.device(device, network, sentences, assumptions)
    titles = {name: f"{study.clauses[name].title or study.clauses[name].sentence}" for name in names}
    return Complying(
        titles,
        tuple(answer.standings),
        tuple(answer.conflicts),
        tuple(answer.inexact),
        "the time was over before all was asked" if answer.cut else "",
        assume,
    )


def asked_of_somebody(study: Study, clauses: Iterable[str], installation: str | None = None) -> list[str]:
    """Those clauses that have something to say of the installation, or of some that is meant where none is named."""
    networks = [study.installations[name] for name in _where(study, installation)]
    return [name for name in clauses if any(speaks_of(study.clauses[name], network) for network in networks)]


def _where(study: Study, installation: str | None) -> tuple[str, ...]:
    return study.shown("installation") if installation is None else (study.only("installation", installation),)


_Group = tuple[Device, Network, dict[str, Sentence], dict[str, Sentence]]


def _groups(
    study: Study, names: Sequence[str], installations: Iterable[str], profile: str | None, assume: tuple[str, ...]
) -> Iterable[_Group]:
    """Every device with the clauses that bind it. What fits no installation is told."""
    found: list[_Group] = []
    misfits: dict[str, InputError] = {}
    bound: set[str] = set()
    profiles = [profile] if profile else ["", *study.profiles]
    for installation in installations:
        network = study.installations[installation]
        told = [name for name in assume if speaks_of(study.assumptions[name], network)]
        assumptions = {name: assumption_sentence(study, name, network) for name in told}
        fitting: dict[str, dict[str, Sentence]] = {}
        for name in names:
            try:
                sentence = clause_sentence(study.clauses[name], network)
            except InputError as error:
                misfits.setdefault(name, error)
                continue
            bound.add(name)
            fitting.setdefault(sentence.binds, {})[name] = sentence
        for who, sentences in fitting.items():
            instance = network.by_name[who]
            for made in profiles:
                device = Device(installation, who, instance.machine.party, instance.label)
                if made:
                    described = study.profiles[made]
                    if not any(setting.partition(".")[0] == who for setting in described.settings):
                        continue
                    device = Device(installation, who, device.party, device.label, made, described.title or made)
                chosen = study.with_profile(made).installations[installation] if made else network
                found.append((device, chosen, sentences, assumptions))
    for name, misfit in misfits.items():
        if name not in bound:
            raise misfit
    return found


class _Answering:
    """Asks device by device, until the time is over."""

    def __init__(self, effort: Effort) -> None:
        self.effort, self.cut = effort, False
        self.standings: list[Standing] = []
        self.conflicts: list[Conflict] = []
        self.inexact: list[Device] = []

    def device(
        self, device: Device, network: Network, clauses: Mapping[str, Sentence], assumed: Mapping[str, Sentence]
    ) -> None:
        able = []
        for name, sentence in clauses.items():
            if self.effort.late:
                self.cut = True
                return
            self.effort.tell(f"{device}: {name}")
            standing = self.standing(device, network, name, sentence, assumed)
            self.standings.append(standing)
            if standing.answer in (Answer.ALWAYS, Answer.CAN):
                able.append(name)
        self.look_for_conflicts(device, network, {name: clauses[name] for name in able}, assumed)

    def standing(
        self, device: Device, network: Network, name: str, sentence: Sentence, assumed: Mapping[str, Sentence]
    ) -> Standing:
        question = Question(f"{name} of {device.label}", network, sentence, {}, assumed)
        try:
            verdict = decide(question, "auto", self.effort.each)
        except NotApplicable as refusal:
            verdict = Undecided(question.name, "zones", reason=str(refusal))
        match verdict:
            case Holds():
                return Standing(device, name, Answer.ALWAYS, "it does so without the clause", verdict)
            case Vacuous():
                return Standing(device, name, Answer.ALWAYS, "what the clause speaks of never happens", verdict)
            case Rejected(reason=reason):
                return Standing(device, name, Answer.OPEN, f"the model itself is wrong: {reason}", verdict)
        obedience = obeys(network, {name: sentence}, assumed, self.effort.each)
        match obedience:
            case Obeyable(strategy=strategy):
                reason = "what it must not do it can avoid" + (", if it chooses in good time" if strategy else "")
                if isinstance(verdict, Undecided):
                    reason += "; whether it does so always is not decided"
                return Standing(device, name, Answer.CAN, reason, verdict, obedience)
            case NotObeyable(reason):
                return Standing(device, name, Answer.CANNOT, reason, verdict, obedience)
        return Standing(device, name, Answer.OPEN, obedience.reason, verdict, obedience)

    def look_for_conflicts(
        self, device: Device, network: Network, clauses: Mapping[str, Sentence], assumed: Mapping[str, Sentence]
    ) -> None:
        names, asked = tuple(clauses), dict[frozenset[int], Obedience]()

        def conflict(chosen: frozenset[int]) -> bool | None:
            if len(chosen) < 2:
                return False
            self.effort.tell(f"{device}: {len(chosen)} clauses together")
            together = {names[place]: clauses[names[place]] for place in chosen}
            asked[chosen] = obeys(network, together, assumed, self.effort.each)
            if isinstance(asked[chosen], NotDecided):
                return None
            return isinstance(asked[chosen], NotObeyable)

        known = Monotone(len(names), conflict)
        if names and known.ask(frozenset(range(len(names)))) is False:
            return
        found = border(known, ended=lambda: self.effort.late)
        self.cut = self.cut or not found.complete
        if not found.exact:
            self.inexact.append(device)
        for chosen in found.minimal:
            defeat = asked[chosen]
            assert isinstance(defeat, NotObeyable)
            clash = Conflict(
                device, tuple(names[place] for place in sorted(chosen)), defeat, found.surely_minimal(chosen)
            )
            self.conflicts.append(clash)


# --- in words ------------------------------------------------------------------------------------------------------


def _device_json(device: Device) -> dict[str, Any]:
    found = {"installation": device.installation, "device": device.instance, "party": device.party}
    return found | {"profile": device.profile or None}


def _paragraph(found: Complying) -> str:
    lines = [_sentence(found), ""]
    several = len({standing.device.installation for standing in found.standings}) > 1
    for device in dict.fromkeys(standing.device for standing in found.standings):
        lines.append(f"{device}" + (f" ({device.installation})" if several else ""))
        mine = [standing for standing in found.standings if standing.device == device]
        lines += [f"  {found.titles[s.clause]}: {s.answer.value} ({s.reason})" for s in mine]
    for clause in found.idle:
        lines += ["", f"'{found.titles[clause]}' never applies: what it speaks of cannot happen."]
    for standing in found.standings:
        if standing.answer is Answer.CANNOT:
            lines += ["", f"{standing.device}, cannot obey '{found.titles[standing.clause]}':"]
            lines += _shown(standing.reason, standing.trace)
    for clash in found.conflicts:
        title = " and ".join(f"'{found.titles[clause]}'" for clause in clash.clauses)
        doubt = "" if clash.surely else " (a smaller set may conflict already)"
        lines += ["", f"{clash.device}, can obey each of {title}, but not together{doubt}:"]
        lines += _shown(clash.defeat.reason, clash.defeat.trace)
    lines += [f"\n{device}: further conflicts are possible, not all was decided." for device in found.inexact]
    return "\n".join(lines)


def _shown(reason: str, trace: Trace | None) -> list[str]:
    return [f"  {reason}.", *(["", trace_table(trace)] if trace is not None else [])]


def _sentence(found: Complying) -> str:
    """The answer in one breath."""
    devices = {standing.device for standing in found.standings}
    parts = [f"{_count(len(found.titles), 'clause')} against {_count(len(devices), 'device')}"]
    parts[0] += f", as long as {' and '.join(found.assumptions)}: " if found.assumptions else ": "
    bad = found.unobeyable
    if bad:
        titles = ", ".join(f"'{found.titles[clause]}'" for clause in bad)
        parts.append(f"no described device can obey {titles}.")
    elif any(standing.answer is Answer.OPEN for standing in found.standings) or found.reason:
        parts.append("no clause is known that every described device must break.")
    else:
        parts.append("each clause can be obeyed by some described device.")
    if found.conflicts:
        parts.append(f" {_count(len(found.conflicts), 'set')} of clauses cannot be obeyed together.")
    elif not found.reason and not found.inexact:
        parts.append(" All clauses of each device can be obeyed together.")
    if found.reason:
        parts.append(f" This is not the whole answer: {found.reason}.")
    return "".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


__all__ = ["ANY", "Answer", "Complying", "Conflict", "Device", "Standing", "comply"]
