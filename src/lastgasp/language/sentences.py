"""Sentences: from the text of a closed grammar to a normal form over a network, and the ways back to words.

Reading has two steps: :mod:`.sentence_grammar` turns the text into a tree, or refuses it where it stops to fit; here
each kind of tree becomes one normal form of :mod:`lastgasp.sentences`, its words bound by :mod:`.sentence_names`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction

from lark import Token, Tree

from lastgasp.errors import InputError, Place, Problem
from lastgasp.expr import FALSE, Expr, Sent, conj, neg
from lastgasp.language.sentence_grammar import sentence_tree
from lastgasp.language.sentence_names import Names, Node, find
from lastgasp.language.sentence_words import TEMPLATES, Template, meaning, readable_problems, sentence_text
from lastgasp.machine import Instance
from lastgasp.network import Network
from lastgasp.sentences import (
    ZERO,
    Answers,
    Formula,
    Held,
    KeepsFor,
    NeverHeld,
    Occurrence,
    Possible,
    Responds,
    SendsApart,
    SendsNotFor,
    SendsOncePer,
    SendsOnlyAfter,
    SendsOnlyIf,
    Sentence,
)


def parse_sentence(
    text: str, network: Network, parameters: Mapping[str, Fraction] | None = None, place: Place | None = None
) -> Sentence:
    """The sentence, bound to the network. ``parameters`` are durations in exact seconds that its text may name.

    ``place`` is that of the text's first character. Raises :class:`InputError` with place, cause and cure; no part of
    a text is ever dropped.
    """
    try:
        tree = sentence_tree(text, place)
    except InputError as error:
        raise InputError([_hinted(problem, network) for problem in error.problems]) from error
    formula, binds = _Binder(Names(text, network, parameters or {}, place)).sentence(_part(tree, 0))
    return Sentence(text, formula, binds, place)


def _hinted(problem: Problem, network: Network) -> Problem:
    """A slip with the name of the network that may have been meant."""
    slip = re.match(r"'(\w+)' does not fit here", problem.what)
    if slip is None or "did you mean" in problem.cure:
        return problem
    words = {word for name in network.outputs for word in (*name.split("."), *network.outputs[name].names)}
    words |= {word for name in network.events for word in name.split(".")}
    words |= {state.name for instance in network.instances for state in instance.machine.states}
    near = get_close_matches(slip[1].lower(), sorted(words), n=1, cutoff=0.6)
    return replace(problem, cure=f"{problem.cure}; did you mean {near[0]!r}?") if near else problem


def _part(node: Node, index: int) -> Node:
    part = node.children[index]
    assert isinstance(part, Tree)
    return part


def _parts(node: Node) -> list[Node]:
    return [part for part in node.children if isinstance(part, Tree)]


class _Binder:
    """Builds the normal form of one tree. Methods are named after the rules of the grammar."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def sentence(self, node: Node) -> tuple[Formula, str]:
        """The formula, and the instance that the sentence binds (empty: nobody)."""
        rule: Callable[[Node], tuple[Formula, str]] = getattr(self, str(node.data))
        return rule(node)

    def bound(self, node: Node) -> tuple[Instance, str]:
        """The subject of 'shall', and what the sentence binds."""
        instance = self.names.subject(node)
        return instance, instance.name if instance.machine.party else ""

    # --- sentences without a trigger

    def plain(self, node: Node) -> tuple[Formula, str]:
        subject, binds = self.bound(_part(node, 0))
        body = _part(node, 1)
        if body.data == "event":
            return self.restricted(subject, self.names.sent(body, subject), _part(node, 2)), binds
        if body.data in ("keep_for", "be_for"):
            what, words, duration = _parts(body)
            state = self.state(subject, what)
            return KeepsFor(state, self.names.duration(duration), _strict(words)), binds
        if body.data == "not_apart":
            event, duration, last = _parts(body)
            sent = self.names.sent(event, subject)
            self.same_event(last, sent, subject)
            return SendsApart(sent, self.names.duration(duration)), binds
        return self.forbidden(subject, body, None), binds

    def while_(self, node: Node) -> tuple[Formula, str]:
        subject, binds = self.bound(_part(node, 1))
        return self.forbidden(subject, _part(node, 2), self.names.condition(_part(node, 0))), binds

    def forbidden(self, subject: Instance, body: Node, premise: Expr | None) -> Formula:
        """'shall not' and 'shall always', with or without 'While'."""
        if body.data == "not_send":
            held = FALSE if premise is None else neg(premise)
            return SendsOnlyIf(self.names.sent(_part(body, 0), subject), Held(held))
        state = self.state(subject, _part(body, 0))
        if body.data in ("always_keep", "always_be", "while_keep", "while_be"):
            state = neg(state)
        return self.never(state, _parts(body)[1:], premise)

    def state(self, subject: Instance, node: Node) -> Expr:
        return self.names.output(subject, node) if node.data == "pair" else self.names.states(subject, node)

    def never(self, condition: Expr, limits: list[Node], premise: Expr | None = None) -> NeverHeld:
        whole = condition if premise is None else conj(premise, condition)
        if not limits:
            return NeverHeld(whole, premise=premise)
        words, duration = _parts(limits[0])
        limit, inclusive = self.names.duration(duration), not _strict(words)
        if inclusive and limit == ZERO:
            cure = "write 'for more than 0 s', or a duration above 0"
            raise self.names.error(duration, "everything lasts at least 0 s, so nothing would be allowed", cure)
        return NeverHeld(whole, limit, inclusive, premise)

    def never_hold(self, node: Node) -> tuple[Formula, str]:
        return self.never(self.names.condition(_part(node, 0)), _parts(node)[1:]), ""

    def while_never_hold(self, node: Node) -> tuple[Formula, str]:
        premise, condition = (self.names.condition(part) for part in _parts(node)[:2])
        return self.never(condition, _parts(node)[2:], premise), ""

    def lasts(self, node: Node) -> tuple[Formula, str]:
        condition, words, duration = _parts(node)
        return KeepsFor(self.names.condition(condition), self.names.duration(duration), _strict(words)), ""

    # --- restrictions of a send

    def restricted(self, subject: Instance, event: Sent, rule: Node) -> Formula:
        parts = _parts(rule)
        match str(rule.data):
            case "only_if":
                return SendsOnlyIf(event, self.held(parts[0]))
            case "only_received":
                self.same_event(parts[-1], event, subject)
                source = _part(parts[1], 0) if parts[1].data == "from_" else None
                return SendsOnlyAfter(event, self.names.received(parts[0], subject, source))
            case "only_sent":
                self.same_event(parts[2], event, subject)
                return SendsOnlyAfter(event, self.names.sent(parts[1], self.names.subject(parts[0])))
            case "apart":
                self.same_event(parts[1], event, subject)
                return SendsApart(event, self.names.duration(parts[0]))
            case "once":
                return SendsOncePer(event, self.names.condition(parts[0]))
        return self.answers(subject, event, parts)

    def same_event(self, word: Node, event: Sent, subject: Instance) -> None:
        """A sentence that names its event a second time names the same one."""
        if self.names.sent(word, subject) != event:
            name = event.event.partition(".")[2]
            raise self.names.error(word, "this is another event than the one before", f"write {name!r}")

    def answers(self, subject: Instance, event: Sent, parts: list[Node]) -> Answers:
        period, length, *rest = parts
        condition = self.outage(_parts(period)[0]) if period.data == "outage" else self.names.condition(period)
        duration: Expr = ZERO
        latency: Expr = ZERO
        strict, one_each = True, False
        if _parts(length):
            words, node = _parts(length)
            duration, strict = self.names.duration(node), _strict(words)
        for extra in rest:
            if extra.data == "latency":
                latency = self.names.duration(_part(extra, 0))
            else:
                self.same_event(_part(extra, 0), event, subject)
                one_each = True
        if one_each and duration == ZERO:
            cure = "name a length above 0 s, or leave the part from 'each' on out"
            raise self.names.error(length, "periods of no length cannot be counted one by one", cure)
        return Answers(event, condition, duration, strict, latency, one_each)

    def outage(self, name: Node) -> Expr:
        """'a NOUN outage': the instance NOUN is off."""
        names = self.names
        instance = names.subject(Tree("operand", name.children))
        off = Token("NAME", "off", start_pos=name.meta.start_pos)
        known = [instance.machine.locations, *instance.machine.outputs.values()]
        if not any(find("off", domain.names) for domain in known):
            cure = "write 'a period of CONDITION'"
            raise names.error(name, f"{instance.name} has no state or output value 'off', so no outage", cure)
        return names.among(Tree("operand", [Token("NAME", instance.name)]), [off])

    def not_for(self, node: Node) -> tuple[Formula, str]:
        duration, becoming, subject_node, event = _parts(node)
        subject, binds = self.bound(subject_node)
        condition = (
            self.names.of_values(*_parts(becoming))
            if becoming.data == "becomes"
            else self.names.condition(_part(becoming, 0))
        )
        return SendsNotFor(self.names.sent(event, subject), condition, self.names.duration(duration)), binds

    # --- triggers and responses

    def held(self, node: Node) -> Held:
        parts = _parts(node)
        if node.data == "now":
            return Held(self.names.condition(parts[0]))
        *what, words, duration = parts
        condition = self.names.of_values(*what) if node.data == "has_been" else self.names.condition(what[0])
        return Held(condition, self.names.duration(duration), _strict(words))

    def happening(self, node: Node) -> Sent:
        instance = self.names.subject(_part(node, 0))
        if node.data == "sends":
            return self.names.sent(_part(node, 1), instance)
        source = _part(_part(node, 2), 0) if len(node.children) > 2 else None
        return self.names.received(_part(node, 1), instance, source)

    def when_(self, node: Node) -> tuple[Formula, str]:
        condition, subject_node, *rest = _parts(node)
        subject, binds = self.bound(subject_node)
        inner = _part(condition, 0)
        happens = inner.data in ("sends", "receives")
        trigger = Occurrence(self.happening(inner)) if happens else self.held(inner)
        parts = {str(part.data): part for part in rest}
        by_then = "by_then" in parts or "by_then_or" in parts
        within = self.deadline(trigger, parts)
        response: Occurrence | Expr
        if "send" in parts:
            response = Occurrence(self.names.sent(_part(parts["send"], 0), subject))
        else:
            response = self.state(subject, _part(parts.get("be") or parts["keep"], 0))
        if happens and "ending" in parts:
            raise self.names.error(parts["ending"], "an event has no end", "leave 'even if it ends' out")
        if by_then and (happens or "send" not in parts):
            by = parts.get("by_then") or parts["by_then_or"]
            cure = (
                "leave 'by then' out, or write 'When ... has held for ..., DEVICE shall by then or within D send EVENT'"
            )
            raise self.names.error(by, "'by then' counts sends from the start of a condition", cure)
        formula = Responds(trigger, response, within, "in_less_than" in parts, "ending" in parts, by_then)
        return formula, binds

    def deadline(self, trigger: Held | Occurrence, parts: dict[str, Node]) -> Expr:
        """The time from the trigger to the deadline; combinations without a first instant are refused."""
        node = parts.get("within") or parts.get("in_less_than")
        within = self.names.duration(_part(node, 0)) if node else ZERO
        at = node or parts.get("immediately") or parts["by_then"]
        if "in_less_than" in parts and within == ZERO:
            raise self.names.error(at, "no instant is less than 0 s away", "write 'immediately', or a longer time")
        strict = isinstance(trigger, Held) and trigger.duration is not None and trigger.strict
        if strict and within == ZERO:
            raise self.names.error(
                at,
                "'for more than D' has no first instant, so nothing can follow it immediately: time would stop at D",
                "write 'for at least D', or allow some time with 'within D'",
            )
        return within

    # --- possibilities

    def possible(self, node: Node) -> tuple[Formula, str]:
        condition, *limits = _parts(node)
        return Possible(self.never(self.names.condition(condition), limits)), ""

    def possible_event(self, node: Node) -> tuple[Formula, str]:
        happening, *condition = _parts(node)
        held = neg(self.names.condition(condition[0])) if condition else FALSE
        return Possible(SendsOnlyIf(self.happening(happening), Held(held))), ""


def _strict(words: Node) -> bool:
    """Whether the words are 'more than' (and not 'at least')."""
    word = words.children[0]
    return isinstance(word, Token) and word.type == "MORE_THAN"


__all__ = [
    "TEMPLATES",
    "Template",
    "meaning",
    "parse_sentence",
    "readable_problems",
    "sentence_text",
]
