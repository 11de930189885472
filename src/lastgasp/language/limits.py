"""The limits in the text of a sentence: every duration, and every comparison that says whether it is included."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from lark import Token, Tree

from lastgasp.expr import duration_text
from lastgasp.language.durations import parse_duration
from lastgasp.language.sentence_grammar import sentence_tree

TURNED = {
    "more than": "at least",
    "at least": "more than",
    "within": "in less than",
    "no later than": "in less than",
    "in less than": "within",
}
"""Each comparison with the one that differs at the limit alone."""

_DEADLINE = re.compile(r"(within|no\s+later\s+than|in\s+less\s+than)\s+$", re.IGNORECASE)
_HOLDING = (
    *("limit", "keep_for", "be_for", "lasts", "not_apart", "apart", "length", "latency", "within", "in_less_than"),
    *("has_held", "has_been", "not_for", "sum", "times"),
)
"""The rules of the grammar that have a duration among their parts."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A duration as it stands in a text: where, and its seconds; ``name`` if it stands there by name."""

    text: str
    start: int
    end: int
    seconds: Fraction | None
    name: str = ""

    @property
    def words(self) -> str:
        """The duration as it is written."""
        return self.text[self.start : self.end]

    def put(self, seconds: Fraction) -> str:
        """The text with another duration in its place."""
        return self.text[: self.start] + duration_text(seconds) + self.text[self.end :]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Words that say whether a limit is included: where they stand, and what they compare with."""

    text: str
    start: int
    end: int
    limit: str

    @property
    def words(self) -> str:
        """The words, in lower case."""
        return " ".join(self.text[self.start : self.end].lower().split())

    @property
    def other(self) -> str:
        """The words that differ at the limit alone."""
        return TURNED[self.words]

    def turned(self) -> str:
        """The text with those words instead."""
        return self.text[: self.start] + self.other + self.text[self.end :]


def limits_in(text: str, names: Container[str] = ()) -> list[Limit]:
    """Every duration in a sentence, in order; of those that stand there by name only ``names``."""
    found = [Limit(text, *_span(node), parse_duration(_word(node))) for node in _trees(text) if node.data == "quantity"]
    for parent in _trees(text):
        for node in parent.children if parent.data in _HOLDING else ():
            if isinstance(node, Tree) and node.data == "name" and (name := _word(node)) in names:
                found.append(Limit(text, *_span(node), None, name))
    return sorted(found, key=lambda limit: limit.start)


def comparisons_in(text: str) -> list[Comparison]:
    """Every comparison in a sentence that can be turned, in order."""
    found = []
    for parent in _trees(text):
        parts = [node for node in parent.children if isinstance(node, Tree)]
        for words, duration in pairwise(parts):
            if words.data == "least_words":
                found.append(Comparison(text, *_span(words), _slice(text, duration)))
        if parent.data in ("within", "in_less_than"):
            before = _DEADLINE.search(text[: _span(parts[0])[0]])
            assert before is not None
            found.append(Comparison(text, before.start(1), before.end(1), _slice(text, parts[0])))
    return sorted(found, key=lambda comparison: comparison.start)


def _trees(text: str) -> Iterator[Tree[Token]]:
    yield from sentence_tree(text).iter_subtrees()


def _span(node: Tree[Token]) -> tuple[int, int]:
    return node.meta.start_pos, node.meta.end_pos


def _slice(text: str, node: Tree[Token]) -> str:
    start, end = _span(node)
    return text[start:end]


def _word(node: Tree[Token]) -> str:
    return str(node.children[0])
