"""A study: machines and installations, and the sentences that are asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from lastgasp.claim import ANSWERS, OUTCOMES, Claim
from lastgasp.errors import InputError, Place, Problem
from lastgasp.machine import Machine, Parameter, Setting
from lastgasp.network import Network
from lastgasp.validate import did_you_mean

STATUSES = ("quoted", "reported", "reconstructed", "proposed")
"""Where the wording of a clause comes from: read, told by a respondent, rebuilt because unreadable, or proposed."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A sentence that is asserted. ``parameters`` are durations that its text may name."""

    name: str
    sentence: str
    title: str = ""
    source: str = ""
    about: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence that binds a party and takes behaviour from it."""

    name: str
    sentence: str
    party: str
    document: str
    version: str
    source: str
    wording: str
    sha256: str
    status: str
    title: str = ""
    about: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A sentence that restricts the surroundings deliberately. Printed with every verdict that used it."""

    name: str
    sentence: str
    title: str = ""
    source: str = ""
    about: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A set of clauses, under a set of assumptions."""

    name: str
    clauses: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    title: str = ""
    about: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """A concrete device: parameter values for a make (``meter.reboot``: 60 s)."""

    name: str
    settings: Mapping[str, Setting] = field(default_factory=dict, hash=False)
    title: str = ""
    source: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FailureClass:
    """A name for one kind of failure, with its words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in the words of sentences, and where its text stands."""

    text: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Classification:
    """How a run that breaks a goal is told apart from others.

    By the last period of ``symptom`` that began before the break: ``never`` if there is none; ``mixed`` if ``cause``
    held at some time in it (no class if for more than ``threshold``); else ``long`` or ``short`` by whether it lasted
    (to the break, or to its end) more than ``threshold`` seconds.
    """

    goals: tuple[str, ...]
    symptom: Condition
    cause: Condition
    threshold: Fraction
    long: FailureClass
    short: FailureClass
    never: FailureClass
    mixed: FailureClass
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdict that a check must have: its word, and for a failure its class, or the clauses that are missing.

    With these added the goal must hold.
    """

    goal: str
    proposal: str
    installation: str
    verdict: str
    classification: str = ""
    missing: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """Another wording of a sentence of the study that some source supports: of a goal, a clause or an assumption.

    ``kind`` is ``goal``, ``clause`` or ``assumption``, ``of`` its name. ``parameters`` are durations that the sentence
    may name, besides those of the text that it reads.
    """

    name: str
    kind: str
    of: str
    sentence: str
    title: str = ""
    source: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something that ``check --sanity`` finds odd is right: of these installations and proposals, or of all.

    ``odd`` are oddities by the words with which they are reported, '*' standing for anything.
    """

    odd: tuple[str, ...]
    because: str
    installations: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Overview:
    """What a study shows of itself where nothing is named: some of its installations and proposals."""

    installations: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Study:
    """Everything in one folder of models and properties, by name."""

    machines: Mapping[str, Machine] = field(default_factory=dict)
    installations: Mapping[str, Network] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    goals: Mapping[str, Goal] = field(default_factory=dict)
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    proposals: Mapping[str, Proposal] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    classifications: tuple[Classification, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    readings: Mapping[str, Reading] = field(default_factory=dict)
    explanations: tuple[Explanation, ...] = ()
    overview: Overview = Overview()

    def pick(self, kind: str, name: str) -> object:
        """The goal, clause, proposal, ... of that name; :class:`InputError` with a suggestion where there is none."""
        table: Mapping[str, object] = getattr(self, f"{kind}s")
        if name not in table:
            raise InputError(Problem(f"there is no {kind} {name!r}", did_you_mean(name, table)))
        return table[name]

    def expected(self, goal: str, proposal: str, installation: str) -> Expectation:
        """What a check is expected to say: *holds* where the study does not tell."""
        return self._expectations.get((goal, proposal, installation)) or Expectation(
            goal, proposal, installation, "holds"
        )

    @cached_property
    def _expectations(self) -> dict[tuple[str, str, str], Expectation]:
        return {(item.goal, item.proposal, item.installation): item for item in reversed(self.expectations)}

    def read_of(self, item: Goal | Clause | Assumption | Reading) -> Goal | Clause | Assumption:
        """The text that a reading is one of; any other text itself."""
        if not isinstance(item, Reading):
            return item
        text = self.pick(item.kind, item.of)
        assert isinstance(text, Goal | Clause | Assumption)
        return text

    def only(self, kind: str, name: str | None = None) -> str:
        """The name that is given, or else that of the only one there is, at least in the overview.

        :class:`InputError` where there is none, or more than one.
        """
        table: Mapping[str, object] = getattr(self, f"{kind}s")
        shown = self.shown(kind)
        if name is not None:
            self.pick(kind, name)
        elif len(shown) == 1:
            name = shown[0]
        elif table:
            raise InputError(Problem(f"the study has {len(table)} {kind}s", f"name one of {', '.join(table)}"))
        else:
            raise InputError(Problem(f"the study has no {kind}", "add one to its files"))
        return name

    def shown(self, kind: str) -> tuple[str, ...]:
        """The names of that kind that are meant where none is named: those of the overview, or else all."""
        return getattr(self.overview, f"{kind}s", ()) or tuple(getattr(self, f"{kind}s"))

    def only_shown(self, installation: str) -> bool:
        """Whether an installation is the one that is meant where none is named."""
        return self.shown("installation") == (installation,)

    def with_profile(self, name: str) -> Study:
        """The study with the parameters of a concrete device set wherever an installation has them.

        :class:`InputError` where there is no such profile, no installation has one of its parameters, or an
        installation cannot have its value.
        """
        profile = self.pick("profile", name)
        assert isinstance(profile, Profile)
        known = {parameter for network in self.installations.values() for parameter in network.parameters}
        found = [
            Problem(f"no installation has the parameter {setting!r}", did_you_mean(setting, known), profile.place)
            for setting in profile.settings
            if setting not in known
        ]
        set_here: dict[str, Network] = {}
        for installation, network in self.installations.items():
            here = {p: v for p, v in profile.settings.items() if p in network.parameters}
            try:
                set_here[installation] = network.with_settings(here)
            except InputError as error:
                found += [replace(problem, place=profile.place) for problem in error.problems]
        if found:
            raise InputError(dict.fromkeys(found))
        return replace(self, installations=set_here)


def speaks_of(item: Goal | Assumption | Clause | Proposal, network: Network) -> bool:
    """Whether a network has all that something is about; the party that a clause binds included.

    Where it has not, a goal or a proposal is not asked of it, and a clause or an assumption says nothing there.
    """
    party = (item.party,) if isinstance(item, Clause) else ()
    return all(network.has(word) for word in (*item.about, *party))


def wording_hash(wording: str) -> str:
    """SHA-256 of a wording with its white space normalised, in hexadecimal, so that an edit is noticed."""
    return hashlib.sha256(" ".join(wording.split()).encode()).hexdigest()


def claim_problems(study: Study, claim: Claim) -> Iterator[Problem]:
    """What a claim names that there is not, or that cannot be what it says."""
    for check in claim.checks:
        for kind, names in check.names.items():
            known: Mapping[str, object] = getattr(study, f"{kind}s")
            for name in names:
                if name not in known:
                    yield Problem(
                        f"claim {claim.name!r}: unknown {kind} {name!r}", did_you_mean(name, known), check.place
                    )
        if check.outcome not in OUTCOMES:
            yield Problem(
                f"claim {claim.name!r}: a check lacks its outcome",
                f"add 'outcome: {next(iter(OUTCOMES))}'",
                check.place,
            )
    parameters = {name for network in study.installations.values() for name in network.parameters}
    sought = {*study.clauses, *study.profiles, *parameters}
    for names, known_names in ((claim.only_if, sought), (claim.rests_on, {*study.clauses, *parameters})):
        for name in names:
            if name not in known_names:
                cure = did_you_mean(name, known_names)
                yield Problem(f"claim {claim.name!r}: unknown name {name!r}", cure, claim.place)
    if parameters.intersection(claim.only_if) and [len(check.installations) for check in claim.checks] != [1]:
        what = f"claim {claim.name!r}: timings are sought for one check of one installation only"
        yield Problem(what, "name its installation, and make a claim of its own of each check", claim.place)
    if claim.expect not in ANSWERS:
        yield Problem(
            f"claim {claim.name!r}: unknown answer {claim.expect!r}", did_you_mean(claim.expect, ANSWERS), claim.place
        )


def study_problems(study: Study) -> list[Problem]:
    """What is wrong between the parts: unknown names, changed wordings, unknown statuses."""
    problems: list[Problem] = []
    for clause in study.clauses.values():
        if clause.status not in STATUSES:
            problems.append(
                Problem(f"unknown status {clause.status!r}", did_you_mean(clause.status, STATUSES), clause.place)
            )
        digest = wording_hash(clause.wording)
        if clause.sha256 != digest:
            problems.append(
                Problem(
                    f"the wording of clause {clause.name!r} is not the one that its sentence formalises",
                    f"read the sentence against the wording again, then write 'sha256: {digest}'",
                    clause.place,
                )
            )
    for proposal in study.proposals.values():
        for kind, names in (("clause", proposal.clauses), ("assumption", proposal.assumptions)):
            known: Mapping[str, object] = getattr(study, f"{kind}s")
            problems += [
                Problem(f"unknown {kind} {name!r}", did_you_mean(name, known), proposal.place)
                for name in names
                if name not in known
            ]
    for reading in study.readings.values():
        table: Mapping[str, object] = getattr(study, f"{reading.kind}s")
        if reading.of not in table:
            cure = did_you_mean(reading.of, table)
            problems.append(Problem(f"unknown {reading.kind} {reading.of!r}", cure, reading.place))
    for kind in ("installation", "proposal"):
        table = getattr(study, f"{kind}s")
        parts: list[Overview | Explanation] = [study.overview, *study.explanations]
        for part in parts:
            unknown = [name for name in getattr(part, f"{kind}s") if name not in table]
            problems += [Problem(f"unknown {kind} {n!r}", did_you_mean(n, table), part.place) for n in unknown]
    for rule in study.classifications:
        unknown = [goal for goal in rule.goals if goal not in study.goals]
        problems += [Problem(f"unknown goal {g!r}", did_you_mean(g, study.goals), rule.place) for g in unknown]
    for expectation in study.expectations:
        asked = study.proposals.get(expectation.proposal)
        for missing in expectation.missing:
            if missing not in study.clauses:
                cure = did_you_mean(missing, study.clauses)
                problems.append(Problem(f"unknown clause {missing!r}", cure, expectation.place))
            elif asked and missing in asked.clauses:
                what = f"{missing!r} is not missing, {asked.name!r} has it"
                problems.append(Problem(what, "name clauses that the proposal does not have", expectation.place))
        for kind in ("goal", "proposal", "installation"):
            name = getattr(expectation, kind)
            if name not in getattr(study, f"{kind}s"):
                problems.append(
                    Problem(
                        f"unknown {kind} {name!r}", did_you_mean(name, getattr(study, f"{kind}s")), expectation.place
                    )
                )
    return problems


def durations(parameters: Mapping[str, Parameter]) -> dict[str, Fraction]:
    """The durations (exact seconds) that a sentence's own parameters name."""
    return {name: parameter.value for name, parameter in parameters.items() if isinstance(parameter.value, Fraction)}
