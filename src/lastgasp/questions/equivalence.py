"""Do two texts allow the same behaviour of the devices that they bind?

A behaviour is a run in which time goes on for ever. One text allows nothing that the other forbids if and only if each
clause of the other, asked as a goal under the one, is never broken: a clause that stops time at its limit and one that
forbids a step then err in the same runs. A run up to a dead end is no behaviour; that a text leaves none is checked
with every verdict. Both texts are compared under the same assumptions, which are those of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from lastgasp.facade import decide
from lastgasp.network import Network
from lastgasp.question import Memory, Question
from lastgasp.questions.asking import sentences_of
from lastgasp.questions.effort import Effort
from lastgasp.render.words import time_text
from lastgasp.sentences import Sentence
from lastgasp.soundness import DOUBT
from lastgasp.study import Study
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Rejected, Undecided, Vacuous, Verdict


@dataclass(frozen=True, slots=True)
class Text:
    """A named set of clauses, bound to a network. ``titles`` say in words what some of them are."""

    name: str
    clauses: Mapping[str, Sentence]
    title: str = ""
    titles: Mapping[str, str] | None = None

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return f"“{self.title}”" if self.title else f"“{self.name}”"

    def clause_label(self, clause: str) -> str:
        """What a reader calls a clause: its title, or its sentence."""
        return f"“{(self.titles or {}).get(clause) or self.clauses[clause].text}”"


@dataclass(frozen=True, slots=True)
class Asked:
    """A clause of one text, and what comes of it under the other. ``verdict`` ``None``: the other says the same."""

    clause: str
    party: str
    verdict: Verdict | None

    @property
    def follows(self) -> bool | None:
        """Whether the other text allows nothing that this clause forbids; ``None`` where that is not known."""
        match self.verdict:
            case None | Holds() | Vacuous():
                return True
            case Fails(notes=notes) if DOUBT not in notes:
                return False
        return None

    @property
    def trace(self) -> Trace | None:
        """A run that the other text allows and this clause forbids."""
        return self.verdict.trace if isinstance(self.verdict, Fails) else None


class Relation(Enum):
    """How the behaviours that two texts allow are related."""

    EQUIVALENT = "equivalent"
    FIRST_STRICTER = "the first is stricter"
    SECOND_STRICTER = "the second is stricter"
    NEITHER = "neither"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Equivalence:
    """Two texts compared clause by clause.

    ``under_first``: the clauses of the second, asked under the first. ``under_second``: the other way round.
    ``unshared``: assumptions that only one of the two makes; the comparison is under all.
    """

    network: Network
    first: Text
    second: Text
    assumptions: Mapping[str, Sentence]
    under_first: tuple[Asked, ...]
    under_second: tuple[Asked, ...]
    unshared: tuple[str, ...] = ()

    @property
    def relation(self) -> Relation:
        """The answer; undecided unless it is known in both directions."""
        match _all(self.under_first), _all(self.under_second):
            case True, True:
                return Relation.EQUIVALENT
            case True, False:
                return Relation.FIRST_STRICTER
            case False, True:
                return Relation.SECOND_STRICTER
            case False, False:
                return Relation.NEITHER
        return Relation.UNDECIDED

    @property
    def partial(self) -> bool:
        """Whether anything asked is open: the answer itself, or which clauses and so which parties make it so."""
        return any(item.follows is None for item in (*self.under_first, *self.under_second))

    @property
    def parties(self) -> dict[str, tuple[bool, bool]]:
        """For each party with devices that are not bound alike: whether the first and the second forbid them more."""
        sides = [{item.party for item in items if item.follows is False} for items in self._by_forbidding]
        return {party: (party in sides[0], party in sides[1]) for party in sorted(sides[0] | sides[1])}

    @property
    def _by_forbidding(self) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
        """The clauses of the first text, then those of the second."""
        return self.under_second, self.under_first

    # -- in words ---------------------------------------------------------------------------------------------------

    def words(self) -> str:
        """The answer in a paragraph, then what it rests on, one line for each clause that is not in both."""
        lines = [" ".join((self._answer(), *self._remarks()))]
        for own, other, items in (
            (self.first, self.second, self.under_second),
            (self.second, self.first, self.under_first),
        ):
            lines += [f"- {_line(own, other, item)}" for item in items if item.verdict is not None]
        return "\n".join(lines)

    def _answer(self) -> str:
        one, two = self.first.label, self.second.label
        match self.relation:
            case Relation.EQUIVALENT:
                return f"{one} and {two} allow the same behaviour."
            case Relation.FIRST_STRICTER:
                return f"{one} is stricter than {two}: it allows nothing that the other forbids, and forbids more."
            case Relation.SECOND_STRICTER:
                return f"{two} is stricter than {one}: it allows nothing that the other forbids, and forbids more."
            case Relation.NEITHER:
                return f"Neither is stricter: {one} allows what {two} forbids, and the other way round."
        known = [
            f"{this} allows {'nothing that' if follows else 'something that'} {that} forbids"
            for this, that, follows in ((one, two, _all(self.under_first)), (two, one, _all(self.under_second)))
            if follows is not None
        ]
        return f"Whether {one} and {two} allow the same is not decided" + (f"; {known[0]}." if known else ".")

    def _remarks(self) -> Iterator[str]:
        for party, (first, second) in self.parties.items():
            by = "each of the two in its own way" if first and second else (self.first if first else self.second).label
            yield f"Devices of {party} are bound further by {by}."
        if self.assumptions:
            assumed = ", ".join(f"“{item.text}”" for item in self.assumptions.values())
            yield f"Both are read under the same assumptions: {assumed}."
        if self.unshared:
            yield "Not both texts make all of them."

    # -- neutral ----------------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The neutral form; traces inside are self-contained."""
        return {
            "lastgasp-result": 1,
            "equivalent": {
                "first": self.first.name,
                "second": self.second.name,
                "network": self.network.name,
                "answer": self.relation.value,
                "words": self.words(),
                "partial": self.partial,
                "assumptions": {name: item.text for name, item in self.assumptions.items()},
                "assumptions of one text only": list(self.unshared),
                "parties": {
                    party: {"bound further by the first": first, "bound further by the second": second}
                    for party, (first, second) in self.parties.items()
                },
                "clauses of the second under the first": [_plain(item) for item in self.under_first],
                "clauses of the first under the second": [_plain(item) for item in self.under_second],
            },
        }


def equivalent(
    study: Study, first: str, second: str, installation: str | None = None, *, effort: Effort | None = None
) -> Equivalence:
    """Do two proposals of a study allow the same behaviour in an installation, and if not, what does one allow more?

    :class:`InputError` for unknown names and text that cannot be used.
    """
    where = study.only("installation", installation)
    texts, assumed = [], []
    for name in (first, second):
        network, clauses, assumptions = sentences_of(study, where, study.only("proposal", name))
        titles = {clause: study.clauses[clause].title for clause in clauses}
        texts.append(Text(name, clauses, study.proposals[name].title, titles))
        assumed.append(assumptions)
    return compared(network, texts[0], texts[1], assumed[0], assumed[1], effort=effort)


def compared(
    network: Network,
    first: Text,
    second: Text,
    assumptions: Mapping[str, Sentence] | None = None,
    others: Mapping[str, Sentence] | None = None,
    *,
    effort: Effort | None = None,
) -> Equivalence:
    """The same for texts of a network of one's own; ``assumptions`` go with the first, ``others`` with the second."""
    one, two = dict(assumptions or {}), dict(others if others is not None else assumptions or {})
    both = one | two
    effort = effort or Effort()
    return Equivalence(
        network,
        first,
        second,
        both,
        tuple(_asked(network, first, second, both, effort)),
        tuple(_asked(network, second, first, both, effort)),
        tuple(name for name in both if name not in one or name not in two),
    )


def _asked(
    network: Network, under: Text, other: Text, assumptions: Mapping[str, Sentence], effort: Effort
) -> Iterator[Asked]:
    """Each clause of the other text, asked as a goal under a text."""
    said = {(sentence.formula, sentence.binds) for sentence in (*under.clauses.values(), *assumptions.values())}
    memory = Memory()
    for name, sentence in other.clauses.items():
        party = network.by_name[sentence.binds].machine.party if sentence.binds else ""
        if (sentence.formula, sentence.binds) in said:
            yield Asked(name, party, None)
            continue
        asked = f"{name} of {other.name} under {under.name}"
        effort.tell(asked)
        if effort.late:
            yield Asked(name, party, Undecided(asked, "none", reason="the time was up"))
            continue
        question = Question(asked, network, sentence, under.clauses, assumptions)
        yield Asked(name, party, _marked(decide(question, limits=replace(effort.each, memory=memory)), other, name))


def _marked(verdict: Verdict, text: Text, clause: str) -> Verdict:
    """The verdict, its run saying at which instant which clause is broken."""
    if not isinstance(verdict, Fails) or verdict.trace is None:
        return verdict
    words = f"forbidden by {text.label}: {text.clause_label(clause)}"
    return replace(verdict, trace=replace(verdict.trace, marks=tuple((time, words) for time, _ in verdict.trace.marks)))


def _all(items: Iterable[Asked]) -> bool | None:
    """Whether all follow; one that does not is enough to know that they do not."""
    found = {item.follows for item in items}
    return False if False in found else None if None in found else True


def _line(own: Text, other: Text, item: Asked) -> str:
    """What came of one clause."""
    clause = f"{own.clause_label(item.clause)}{f', which binds {item.party},' if item.party else ''}"
    match item.verdict:
        case Holds():
            return f"{clause} forbids nothing that {other.label} allows: proved, and the proof rechecked."
        case Vacuous():
            return f"{clause} never applies under {other.label}, where it is equal to no clause: proved."
        case Fails(notes=notes) if DOUBT in notes:
            return f"{clause} is not decided: a run under {other.label} breaks it, but {DOUBT}."
        case Fails(trace=trace) if trace is not None:
            at = time_text(trace.marks[-1][0])
            return f"{clause} forbids what {other.label} allows: a run of {len(trace.entries)} steps breaks it at {at}."
        case Rejected(reason=reason):
            return f"{clause} was not compared: under {other.label}, {reason}."
        case Undecided(reason=reason):
            return f"{clause} is not decided under {other.label}: {reason}."
    return f"{clause} says the same in both."


def _plain(item: Asked) -> dict[str, Any]:
    verdict = item.verdict
    return {
        "clause": item.clause,
        "party": item.party,
        "verdict": type(verdict).__name__.lower() if verdict is not None else "in both",
        "follows": item.follows,
        "engine": verdict.engine if verdict is not None else "",
        "notes": list(verdict.notes) if verdict is not None else [],
        "reason": getattr(verdict, "reason", ""),
        "trace": item.trace.to_json() if item.trace is not None else None,
    }
