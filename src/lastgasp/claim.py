"""What somebody said about a study, with its formal reading: checks that must come out as stated for it to follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lastgasp.errors import Place

ANSWERS = ("follows", "contradicted", "follows only if", "not decidable")
"""What a claim can be: so, not so, so under a condition that is worked out, or open as long as a source is missing."""

OUTCOMES = {"holds": True, "can happen": True, "fails": False, "cannot happen": False}
"""How a check of a claim may come out, and whether its sentence is then true; the second pair is of possibilities."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A check and how it is said to come out.

    Either a ``goal`` of the study or a ``sentence`` of its own, of each of ``installations`` (none named: those of the
    study's overview, or all), under the clauses of ``proposal`` and those of ``with_``, without those of ``without``,
    and under the sentences in ``given``; for the devices of ``profile``, under the assumptions in ``assume``.
    ``outcome`` is one of :data:`OUTCOMES`; ``classification`` names the class of the failure, ``apart`` instances that
    must have no influence.
    """

    outcome: str
    goal: str = ""
    sentence: str = ""
    proposal: str = ""
    installations: tuple[str, ...] = ()
    profile: str = ""
    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    classification: str = ""
    apart: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The parts of a study that it names, by kind."""
        return {
            "goal": (self.goal,) * bool(self.goal),
            "proposal": (self.proposal,) * bool(self.proposal),
            "installation": self.installations,
            "profile": (self.profile,) * bool(self.profile),
            "clause": (*self.with_, *self.without),
            "assumption": self.assume,
        }


Reading = tuple[tuple[Stated, ...], ...]
"""Every item must come out: an item is a check, or several of which one must."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of a respondent, in our words, and what it means here.

    ``only_if``: clauses, or profiles, of which the smallest sets are sought under which it follows, where it does not
    follow as it stands. ``rests_on``: parameters without a source and clauses that could only be reconstructed; where
    the answer is another at another value, or without the clause, it is not decidable. ``expect``: one of
    :data:`ANSWERS`, noticed when it changes.
    """

    name: str
    says: str
    respondent: str
    question: str
    reading: Reading
    expect: str
    only_if: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    title: str = ""
    note: str = ""
    place: Place | None = field(default=None, compare=False)

    @property
    def checks(self) -> tuple[Stated, ...]:
        """Every check of its reading."""
        return tuple(check for item in self.reading for check in item)
