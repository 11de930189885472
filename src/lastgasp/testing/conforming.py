"""Whether an implementation does what its machine and its clauses allow: many runs, with the model as oracle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

from lastgasp.engines.zones.automaton import constants
from lastgasp.errors import InputError, Problem
from lastgasp.expr import duration_text, names_in
from lastgasp.language.sentences import parse_sentence, readable_problems
from lastgasp.machine import Range
from lastgasp.network import Network
from lastgasp.questions.asking import restricting
from lastgasp.render.lanes import lanes_svg
from lastgasp.render.scene import Annotation
from lastgasp.render.table import trace_table
from lastgasp.render.words import time_text
from lastgasp.semantics import run
from lastgasp.sentences import Sentence, conditions_of, events_of
from lastgasp.system import compiled
from lastgasp.testing.adapter import Adapter, Guarded, Output
from lastgasp.testing.driving import Script, drive
from lastgasp.testing.oracle import Allowed, Deviation, Oracle, Thing
from lastgasp.testing.playing import Played, Player
from lastgasp.testing.stand_ins import Parts, apart
from lastgasp.trace import Trace

RESULT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Divergence:
    """A run after which the implementation did what it must not.

    ``what`` happened at ``at`` (seconds), ``allowed`` is what the model could have done instead, in words. ``trace`` is
    a run of the surroundings in which the implementation stands as what was seen of it; it has a lane of its own.
    ``repeated`` is false where the same inputs led elsewhere when they were given again.
    """

    at: Fraction
    what: str
    allowed: tuple[str, ...]
    trace: Trace
    repeated: bool = True


@dataclass(frozen=True, slots=True)
class Conformance:
    """What testing found: a divergence, or none in so many runs, which is no proof that there is none."""

    instance: str
    label: str
    runs: int
    clauses: tuple[str, ...]
    divergence: Divergence | None = None
    notes: tuple[str, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether no run showed a divergence."""
        return self.divergence is None

    def words(self) -> str:
        """What was found, in plain English, with the run as a table."""
        found = self.divergence
        lines = []
        if found is None:
            lines.append(f"{self.label} did nothing in {self.runs} runs that its model forbids.")
            lines.append("That is a test, not a proof.")
        else:
            lines.append(f"{self.label} does what its model forbids: {found.what}.")
            allowed = found.allowed or ("nothing that can be seen",)
            lines += ["The model allows there:", *(f"  {words}" for words in allowed)]
            if not found.repeated:
                lines.append("When the same inputs were given again, it did something else.")
        if self.clauses:
            lines += ["Under the clauses:", *(f"  {clause}" for clause in self.clauses)]
        lines += [f"Note: {note}." for note in self.notes]
        if found is not None:
            lines += ["", trace_table(found.trace)]
        return "\n".join(lines).rstrip()

    def to_json(self) -> dict[str, Any]:
        """The neutral form, versioned; the trace in it is self-contained."""
        found = self.divergence
        return {
            "lastgasp-result": RESULT_VERSION,
            "conformance": {
                "instance": self.instance,
                "runs": self.runs,
                "clauses": list(self.clauses),
                "conforms": self.conforms,
                "notes": list(self.notes),
                "divergence": found
                and {
                    "at": str(found.at),
                    "what": found.what,
                    "allowed": list(found.allowed),
                    "repeated": found.repeated,
                    "trace": found.trace.to_json(),
                },
            },
        }

    def svg(self) -> str:
        """The run as swim lanes, the implementation in one of its own. :class:`InputError` where there is none."""
        found = self.divergence
        if found is None:
            raise InputError("there is no divergence to draw")
        notes = [Annotation(self.instance, found.at, f"allowed: {words}") for words in found.allowed[:1]]
        title = f"{self.label}: {found.what}"
        return lanes_svg(found.trace, title=title, annotations=notes, keep=[self.instance])


def conformance(
    network: Network,
    clauses: Mapping[str, Sentence] | Iterable[str],
    adapter: Adapter,
    tolerance: Fraction | int = 0,
    *,
    instance: str,
    runs: int = 200,
    length: int = 16,
    seed: int = 0,
    resolution: Fraction | int = Fraction(1, 1000),
    patience: float = 10.0,
) -> Conformance:
    """Does an implementation of one machine do only what the machine and the clauses allow?

    The implementation behind ``adapter`` takes the place of ``instance``; what surrounds it does all that the network
    permits, at times at and around the limits. ``clauses`` are sentences, or those that
    :func:`lastgasp.questions.asking.sentences_of` binds; the ones that bind others are left out. An observation may be
    up to ``tolerance`` seconds early or late. Up to ``runs`` runs of up to ``length`` turns are tried, the same for one
    ``seed`` and one version of Hypothesis; times are told in multiples of ``resolution`` (seconds). ``patience`` is how
    many seconds of real time one call of the adapter may take.

    Raises :class:`InputError` for an adapter that raises, hangs or answers in words that its machine does not know, and
    for clauses that cannot be used; :class:`NotApplicable` for a machine that zones cannot treat exactly.
    """
    parts, margin, grain = apart(network, instance), _exact(tolerance, "tolerance"), _exact(resolution, "resolution")
    if runs < 1 or length < 1 or not grain:
        raise InputError("'runs', 'length' and 'resolution' must be more than nothing")
    binding, others = _bound(network, clauses, parts, instance)
    durations = {value for value in constants(compiled(parts.surroundings)) if value > 0}
    units = lcm(grain.denominator, *(duration.denominator for duration in durations))
    oracle = Oracle(parts.alone, instance, binding, margin, units)
    guarded = Guarded(adapter, oracle.machine, network.by_name[instance].label, margin, patience)
    player = Player(parts, oracle, guarded, {grain, Fraction(1), *durations, *oracle.durations})
    last: list[Played] = []

    def play(script: Script) -> bool:
        played = player.play(script)
        if played.deviation is not None:
            last[:] = [played]
        return played.deviation is not None

    try:
        driven = drive(play, runs, length, seed)
    finally:
        guarded.close()
    found = _divergence(parts, instance, last[0], driven.repeated) if driven.shown else None
    label, texts = network.by_name[instance].label, tuple(sentence.text for sentence in binding.values())
    return Conformance(instance, label, driven.runs, texts, found, tuple(_notes(network, instance, margin, others)))


def _exact(value: Fraction | int, name: str) -> Fraction:
    if type(value) not in (Fraction, int) or value < 0:
        raise InputError(Problem(f"{name} = {value!r} is no exact number of seconds", "give a Fraction of at least 0"))
    return Fraction(value)


def _bound(
    network: Network, clauses: Mapping[str, Sentence] | Iterable[str], parts: Parts, instance: str
) -> tuple[dict[str, Sentence], list[str]]:
    """The clauses that bind the instance, and the texts of the others."""
    if isinstance(clauses, str):
        raise InputError(Problem("'clauses' is one text", "give a list of sentences"))
    given = dict(clauses) if isinstance(clauses, Mapping) else {text: parse_sentence(text, network) for text in clauses}
    binding = {name: sentence for name, sentence in given.items() if restricting(sentence).binds == instance}
    problems = [problem for sentence in binding.values() for problem in readable_problems(sentence, network)]
    known = {*parts.alone.variables, *parts.alone.outputs}
    for sentence in binding.values():
        read = {name for condition in conditions_of(sentence.formula) for name in names_in(condition)}
        named = {event.event for event in events_of(sentence.formula)} - set(parts.alone.events)
        for name in sorted((read - known) | named):
            what = f"the clause {sentence.text!r} speaks of {name}, which {instance} cannot see"
            problems.append(Problem(what, "let it speak of what comes in by a port", sentence.place))
    if problems:
        raise InputError(problems)
    return binding, [sentence.text for sentence in given.values() if sentence.binds != instance]


def _notes(network: Network, instance: str, tolerance: Fraction, others: list[str]) -> list[str]:
    notes = [f"observations may be {time_text(tolerance)} early or late"] if tolerance else []
    notes += [f"left out, for it binds another: {text.removesuffix('.')}" for text in others]
    ranges = [
        f"{name} = {duration_text(p.value.high) if isinstance(p.value.high, Fraction) else p.value.high}"
        for name, p in network.parameters.items()
        if isinstance(p.value, Range) and name.partition(".")[0] != instance
    ]
    return [*notes, *([f"the surroundings have {', '.join(ranges)}, the upper ends"] if ranges else [])]


# --- a divergence in words -----------------------------------------------------------------------------------------


def _divergence(parts: Parts, instance: str, played: Played, repeated: bool) -> Divergence:
    deviation, network = played.deviation, parts.surroundings
    assert deviation is not None
    trace = run(network, {}, list(played.moves), played.rest)
    labels = {event.name: event.label for event in parts.stands_for.instance.machine.sends if event.label}
    what = _what(deviation, labels)
    marked = replace(trace, marks=((min(deviation.at, trace.end), f"not allowed: {what}"),))
    return Divergence(deviation.at, what, tuple(_allowed(item, labels) for item in deviation.allowed), marked, repeated)


def _what(deviation: Deviation, labels: Mapping[str, str]) -> str:
    seen: Output | None = deviation.seen
    if seen is None:
        return f"it does nothing up to {time_text(deviation.at)}, and may not wait longer"
    return f"it {_deed((seen.name, seen.value), labels)} at {time_text(deviation.at)}"


def _deed(thing: Thing, labels: Mapping[str, str]) -> str:
    name, value = thing
    return f"turns {name} to {value}" if value else f"sends {labels.get(name, name)}"


def _allowed(allowed: Allowed, labels: Mapping[str, str]) -> str:
    """``sends out from 3 min to 3 min 10 s``."""
    deeds = " and ".join(_deed(thing, labels) for thing in allowed.things)
    start = f"{'after' if allowed.earliest_excluded else 'from'} {time_text(allowed.earliest)}"
    if allowed.latest is None:
        return f"it {deeds} {start} on"
    if allowed.earliest == allowed.latest:
        return f"it {deeds} at {time_text(allowed.earliest)}"
    return f"it {deeds} {start} {'to before' if allowed.latest_excluded else 'to'} {time_text(allowed.latest)}"
