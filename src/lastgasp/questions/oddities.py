"""What is wrong or odd about the installations of a study, each oddity with the study's own explanation, if it has one.

An explanation names oddities by the words with which they are reported; '*' stands for anything. What is wrong, and
what could not be decided, is not explained away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from lastgasp.question import Limits
from lastgasp.questions.asking import sentences_of
from lastgasp.questions.matrix import networks
from lastgasp.sanity import Oddity, oddities
from lastgasp.study import Explanation, Study

Where = tuple[str, str]
"""An installation and a proposal."""


def study_oddities(study: Study, installation: str, proposal: str, limits: Limits) -> Iterator[Oddity]:
    """What is wrong or odd about an installation under a proposal, whatever is asked of it, with its explanation."""
    network, clauses, assumptions = sentences_of(study, installation, proposal)
    here = [item for item in study.explanations if _in_scope(item, (installation, proposal))]
    for oddity in oddities(network, clauses, assumptions, limits):
        reason = next((item.because for item in here for words in item.odd if explains(words, oddity)), "")
        yield replace(oddity, because=reason)


def explains(words: str, oddity: Oddity) -> bool:
    """Whether the words of an explanation are about an oddity."""
    return not (oddity.wrong or oddity.open) and fnmatchcase(f"{oddity.kind}: {oddity.words}", words)


def unexplained(found: Mapping[Where, Sequence[Oddity]]) -> list[tuple[Where, Oddity]]:
    """What is odd (or wrong, or open) and has no explanation."""
    return [(where, oddity) for where, items in found.items() for oddity in items if not oddity.because]


def idle(study: Study, found: Mapping[Where, Sequence[Oddity]], *, whole: bool = True) -> list[tuple[Explanation, str]]:
    """Explanations, and which of their words, that explain nothing of what was found.

    Only those of which some installation and proposal was looked at; with ``whole``, all that they are about.
    """
    seen = []
    for item in study.explanations:
        every = networks(study, item.proposals, item.installations)
        scope = [where for where in every if where in found]
        if not scope or (whole and len(scope) < len(every)):
            continue
        there = [oddity for where in scope for oddity in found[where]]
        seen += [(item, words) for words in item.odd if not _any(words, there)]
    return seen


def _any(words: str, found: Iterable[Oddity]) -> bool:
    return any(explains(words, oddity) for oddity in found)


def _in_scope(item: Explanation, where: Where) -> bool:
    installation, proposal = where
    return installation in (item.installations or (installation,)) and proposal in (item.proposals or (proposal,))
