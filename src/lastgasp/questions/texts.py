"""Clauses and assumptions as texts that may be chosen, and whether a goal is safe under those that are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from lastgasp.errors import InternalError, NotApplicable
from lastgasp.evidence import obeyed
from lastgasp.facade import decide, safe
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.questions.asking import assumption_sentence, clause_sentence
from lastgasp.questions.effort import Effort
from lastgasp.questions.marco import Chosen, Monotone
from lastgasp.safety import Safe, Unsafe
from lastgasp.sentences import Sentence
from lastgasp.slicing import instances_of
from lastgasp.study import Study
from lastgasp.trace import Trace
from lastgasp.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Text:
    """A clause, or an assumption (which has no party and binds no device), with the title that people know it by."""

    name: str
    title: str
    sentence: Sentence = field(hash=False)
    party: str = ""
    device: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.party or 'assumption'})"

    def to_json(self) -> dict[str, Any]:
        """The neutral form."""
        kind = "clause" if self.party else "assumption"
        found = {"name": self.name, "kind": kind, "title": self.title, "sentence": self.sentence.text}
        return found | ({"party": self.party, "device": self.device} if self.party else {})


def clause_texts(study: Study, network: Network, names: Iterable[str]) -> tuple[Text, ...]:
    """Clauses of a study as texts about an installation; :class:`InputError` where one cannot be read there."""
    found = []
    for clause in (study.clauses[name] for name in names):
        sentence = clause_sentence(clause, network)
        label = network.by_name[sentence.binds].label
        title = clause.title or clause.sentence
        found.append(Text(clause.name, title, sentence, clause.party, sentence.binds, label))
    return tuple(found)


def assumption_texts(study: Study, network: Network, names: Iterable[str]) -> tuple[Text, ...]:
    """Assumptions of a study as texts about an installation."""
    return tuple(
        Text(
            name,
            study.assumptions[name].title or study.assumptions[name].sentence,
            assumption_sentence(study, name, network),
        )
        for name in names
    )


@dataclass(frozen=True, slots=True)
class Escape:
    """Texts that do not suffice, with a run that obeys all of them and breaks the goal.

    Where the answer is exact, any further text closes this way out.
    """

    texts: tuple[Text, ...]
    trace: Trace

    def to_json(self) -> dict[str, Any]:
        """The neutral form; the trace is self-contained."""
        return {"texts": [text.name for text in self.texts], "trace": self.trace.to_json()}


class Plain:
    """Plain safety of a goal where a set of texts is added to what its question has already: an oracle with evidence.

    One answer tells of many sets: a proof looks at the texts about one part of the network only, and a run that breaks
    the goal obeys many a text that it was not asked to obey.
    """

    def __init__(self, question: Question, texts: Sequence[Text], effort: Effort) -> None:
        self.question, self.texts, self.effort = question, tuple(texts), effort
        self.known = Monotone(len(self.texts), self._oracle, lambda chosen, _: self._told[chosen])
        self.reasons: dict[Chosen, str] = {}
        self._proofs: dict[Chosen, Safe] = {}
        self._runs: dict[Chosen, Trace] = {}
        self._told: dict[Chosen, Chosen] = {}

    @property
    def all(self) -> Chosen:
        """Every text."""
        return frozenset(range(len(self.texts)))

    @property
    def asked(self) -> int:
        """How many sets were looked at by an engine."""
        return len(self._told) + len(self.reasons)

    def of(self, chosen: Chosen) -> tuple[Text, ...]:
        """The texts of a set, in their order."""
        return tuple(self.texts[place] for place in sorted(chosen))

    def under(self, chosen: Chosen, name: str = "") -> Question:
        """The question with the texts of a set added."""
        texts = self.of(chosen)
        return replace(
            self.question,
            name=name or self.question.name,
            clauses={**self.question.clauses, **{text.name: text.sentence for text in texts if text.party}},
            assumptions={**self.question.assumptions, **{text.name: text.sentence for text in texts if not text.party}},
        )

    def proved(self, proof: Safe) -> Chosen:
        """Take note of a proof that exists, and return the texts that it looked at."""
        looked_at = proof.certificate.part.restrict
        enough = frozenset(place for place, text in enumerate(self.texts) if text.name in looked_at)
        self._proofs[enough] = proof
        return enough

    def verdict(self, chosen: Chosen, limits: Limits) -> Verdict:
        """The whole verdict with the texts of a set, by what proved it safe or by zones, where they are applicable.

        Where zones do not show a clause obeyable the solvers would not either, and they take their time to say so.
        """
        added = ", ".join(text.name for text in self.of(chosen)) or "no text"
        question = self.under(chosen, f"{self.question.name} with {added}")
        proof = next((proof for enough, proof in self._proofs.items() if enough <= chosen), None)
        if proof is None or proof.engine == "zones":
            with suppress(NotApplicable):
                return decide(question, "zones", limits)
        return decide(question, "auto", limits)

    def proof(self, chosen: Chosen) -> Safe:
        """The proof that a set of texts makes the goal safe, which was found before."""
        return next(proof for enough, proof in self._proofs.items() if enough <= chosen)

    def run(self, chosen: Chosen) -> Trace:
        """A run that obeys a set of texts and breaks the goal, which was found before."""
        return next(run for upto, run in self._runs.items() if chosen <= upto)

    def lasting(self, chosen: Chosen, verdict: Verdict) -> Chosen:
        """The largest set of texts of which is true what a verdict says against a set, as far as it tells.

        Against all texts that the run to the trouble obeys, where these are about the part that was looked at, or
        about nothing in it.
        """
        trace = getattr(verdict, "trace", None)
        if trace is None or not getattr(verdict, "lasting", False):
            return chosen
        inside = {name.partition(".")[0] for name in trace.initial}
        about = {text.name: instances_of(text.sentence) for text in self.texts}
        within = {text.name: text.sentence for text in self.texts if about[text.name] <= inside}
        same = obeyed(self.question.network.restricted_to(inside), trace, within)
        same |= {name for name, instances in about.items() if not instances & inside}
        return chosen | {place for place, text in enumerate(self.texts) if text.name in same}

    def _oracle(self, chosen: Chosen) -> bool | None:
        self.effort.tell(f"{self.asked} sets of texts looked at, now one of {len(chosen)}")
        answer = safe(self.under(chosen), self.effort.each)
        match answer:
            case Safe():
                self._told[chosen] = self.proved(answer)
                return True
            case Unsafe(trace=trace):
                self._told[chosen] = self._broken(chosen, trace)
                return False
        self.reasons[chosen] = answer.reason
        return None

    def _broken(self, chosen: Chosen, trace: Trace) -> Chosen:
        sentences = {text.name: text.sentence for text in self.texts}
        names = obeyed(self.question.network, trace, sentences)
        upto = frozenset(place for place, text in enumerate(self.texts) if text.name in names)
        if not chosen <= upto:
            raise InternalError(f"a run that breaks {self.question.name} does not obey what it was asked to")
        self._runs[upto] = trace
        return upto
