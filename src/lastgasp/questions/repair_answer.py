"""Who must change, as an answer: the sets that make a goal hold, what others cost, what each party can do alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lastgasp.questions.asking import CheckName
from lastgasp.questions.texts import Escape, Text
from lastgasp.render.words import listed
from lastgasp.trace import Trace
from lastgasp.verdict import Holds, Undecided, Verdict


@dataclass(frozen=True, slots=True)
class Repair:
    """Clauses that make the goal hold when they are added and others withdrawn; ``verdict`` has the certificate."""

    texts: tuple[Text, ...]
    withdrawn: tuple[Text, ...]
    verdict: Holds

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties that must change, by name."""
        return tuple(sorted({text.party for text in self.texts}))

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that must change, as people call them."""
        return tuple(dict.fromkeys(text.label for text in self.texts))

    def to_json(self) -> dict[str, Any]:
        """The neutral form."""
        devices = list(dict.fromkeys(text.device for text in self.texts))
        who = {"parties": list(self.parties), "devices": devices}
        return {"clauses": _names(self.texts), "withdrawn": _names(self.withdrawn), **who}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Clauses with which no run breaks the goal and that are no repair: for what they take away, or for a reason.

    ``sure``: it is known that they are none.
    """

    texts: tuple[Text, ...]
    withdrawn: tuple[Text, ...]
    reason: str
    lost: tuple[str, ...]
    sure: bool

    def contains(self, other: Refusal) -> bool:
        """Whether it is larger than another that withdraws the same."""
        return self.withdrawn == other.withdrawn and set(other.texts) < set(self.texts)

    def __str__(self) -> str:
        return f"what can happen now then cannot: {'; '.join(self.lost)}" if self.lost else self.reason

    def to_json(self) -> dict[str, Any]:
        """The neutral form."""
        known = {"sure": self.sure, "reason": self.reason, "takes away": list(self.lost)}
        return {"clauses": _names(self.texts), "withdrawn": _names(self.withdrawn), **known}


@dataclass(frozen=True, slots=True)
class Alone:
    """What a party can do alone: whether some of the candidates that bind it are a repair; ``None`` if not known.

    ``trace``: a run that breaks the goal though the party obeys all of them.
    """

    party: str
    texts: tuple[Text, ...]
    enough: bool | None
    trace: Trace | None = None

    def to_json(self) -> dict[str, Any]:
        """The neutral form."""
        trace = self.trace.to_json() if self.trace is not None else None
        return {"party": self.party, "clauses": _names(self.texts), "enough": self.enough, "trace": trace}


@dataclass(frozen=True)
class Repairs:
    """The answer. If not ``exact``, repairs may be missing, and some may not be minimal.

    ``life``: what can happen now and must stay possible. ``escapes``: the largest sets of candidates that do not even
    stop the runs that break the goal.
    """

    name: CheckName
    title: str
    proposal: str
    verdict: Verdict
    candidates: tuple[Text, ...]
    repairs: tuple[Repair, ...]
    refused: tuple[Refusal, ...]
    alone: tuple[Alone, ...]
    escapes: tuple[Escape, ...]
    life: tuple[str, ...]
    doubts: tuple[str, ...]
    exact: bool
    asked: int

    def words(self) -> str:
        """A paragraph, then what each party can do alone, then the sets by the parties that they bind."""
        return "\n".join([self._paragraph(), "", *map(self._alone, self.alone), *self._sets(), *self._refused()])

    def _paragraph(self) -> str:
        fails = "is not decided" if isinstance(self.verdict, Undecided) else "fails"
        count, withdrawn = len(self.repairs), max((len(item.withdrawn) for item in self.repairs), default=0)
        candidates = f"Of {len(self.candidates)} candidate clause{'s' * (len(self.candidates) != 1)},"
        none = f"{candidates} no set {'makes' if self.exact else 'is known to make'} it hold"
        some = f"{count} {'minimal ' * self.exact}set{'s' * (count > 1)} make{'s' * (count == 1)} it hold"
        if withdrawn:
            clauses = "one clause is" if withdrawn == 1 else f"{withdrawn} clauses are"
            what = f"{none} while all that is said now stays; {some} if {clauses} withdrawn"
        else:
            what = f"{candidates} {some}" if count else none
        if self.exact:
            sure = f"The answer is exact: {self.asked} sets were looked at, and what is true of the others follows"
        else:
            sure = "; ".join(["The answer is approximate: not everything was decided within the limits", *self.doubts])
        life = f" What must stay possible: {'; '.join(self.life)}." if self.life else ""
        return f"“{self.title}” {fails} under “{self.proposal}”. {what}. {sure}.{life}"

    def _alone(self, item: Alone) -> str:
        if item.enough:
            return f"A change to the {item.party} alone is enough."
        if item.trace is not None:
            return (
                f"No change to the {item.party} alone is enough: a run breaks the goal though the {item.party} obeys "
                f"{'the clause' if len(item.texts) == 1 else f'all {len(item.texts)} clauses'} that could bind it."
            )
        if item.enough is None:
            return f"Whether a change to the {item.party} alone is enough is not known."
        return f"No change to the {item.party} alone is enough: the clauses that stop every such run are no repair."

    def _sets(self) -> Iterator[str]:
        number = 0
        for parties, items in groupby(self.repairs, key=lambda item: item.parties):
            yield f"\nIf {listed(parties)} may change:" if parties else "\nNo party need change:"
            for item in items:
                number += 1
                yield f"  Set {number}" + (f", for {listed(item.devices)}:" if item.texts else ", no clause:")
                yield from (f"    {text}" for text in item.texts)
                yield from (f"    withdrawn: {text}" for text in item.withdrawn)

    def _refused(self) -> Iterator[str]:
        """The least of the sets that are no repair, and how many larger ones there are."""
        if self.refused:
            yield "\nNo run breaks the goal with these either, but they are no repair:"
        least = [item for item in self.refused if not any(item.contains(other) for other in self.refused)]
        for item in least:
            doubt = "" if item.sure else "not decided: "
            gone = f" (withdrawn: {'; '.join(map(str, item.withdrawn))})" if item.withdrawn else ""
            yield f"  {'; '.join(map(str, item.texts)) or 'no clause'}{gone}: {doubt}{item}"
        if larger := len(self.refused) - len(least):
            yield f"  and {larger} larger set{'s' * (larger > 1)}"

    def to_json(self) -> dict[str, Any]:
        """The neutral form, versioned; traces inside are self-contained."""
        return {
            "lastgasp-result": 1,
            "repair": {
                "check": str(self.name),
                "exact": self.exact,
                "doubts": list(self.doubts),
                "candidates": [text.to_json() for text in self.candidates],
                "must stay possible": list(self.life),
                "repairs": [item.to_json() for item in self.repairs],
                "no repair": [item.to_json() for item in self.refused],
                "alone": [item.to_json() for item in self.alone],
                "sets that do not suffice": [item.to_json() for item in self.escapes],
            },
        }


def _names(texts: Iterable[Text]) -> list[str]:
    return [text.name for text in texts]
