"""Normal forms of sentences in words: the canonical sentence, its meaning spelled out, and what a party can read."""

from __future__ import annotations

from collections.abc import Iterator

from lastgasp.errors import InputError, Problem
from lastgasp.expr import (
    FALSE,
    And,
    Compare,
    Const,
    Expr,
    In,
    Leaf,
    Name,
    Not,
    Or,
    Param,
    Sent,
    conj,
    names_in,
    neg,
    rewrite,
    text,
    value_text,
)
from lastgasp.language.sentence_names import data_of, heard_by
from lastgasp.language.sentence_templates import TEMPLATES, Template
from lastgasp.machine import STATE
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
    conditions_of,
    events_of,
)

# --- conditions ----------------------------------------------------------------------------------------------------


def condition_text(expr: Expr) -> str:
    """A condition in the words of sentences, readable again."""
    match expr:
        case Name(name) | Param(name):
            return name
        case Const():
            return value_text(expr.value)
        case Compare("==", Name(name), Const(value)) if not _is_number(value):
            return f"{_subject(name)} is {value_text(value)}"
        case Compare("!=", Name(name), Const(value)) if not _is_number(value):
            return f"{_subject(name)} is not {value_text(value)}"
        case Compare(op, left, right):
            return f"{condition_text(left)} {op} {condition_text(right)}"
        case In(Name(name), values):
            return f"{_subject(name)} is {' or '.join(value_text(value) for value in values)}"
        case Not(item):
            return f"not {_wrapped(item)}"
        case And(items):
            return " and ".join(_wrapped(item) for item in items)
        case Or(items):
            return " or ".join(_wrapped(item) for item in items)
    raise _unsayable(text(expr))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _subject(name: str) -> str:
    return name.removesuffix(f".{STATE}")


def _wrapped(expr: Expr) -> str:
    return f"({condition_text(expr)})" if isinstance(expr, And | Or | In) else condition_text(expr)


def _held_part(expr: Expr) -> str:
    return f"({condition_text(expr)})" if isinstance(expr, And | Or) else condition_text(expr)


def _unsayable(what: str) -> InputError:
    return InputError(Problem(f"no sentence of the grammar says '{what}'", "say it by several sentences"))


def _length(duration: Expr, strict: bool) -> str:
    return f"{'more than' if strict else 'at least'} {text(duration)}"


# --- the canonical sentence ----------------------------------------------------------------------------------------


def sentence_text(sentence: Sentence, network: Network) -> str:
    """The canonical text: reading it gives an equal formula. Raises :class:`InputError` if no template says it."""
    words = _formula_text(sentence.formula, network)
    return words[0].upper() + words[1:] + "." if words.startswith(("while ", "when ", "for ", "it ")) else words + "."


def _formula_text(formula: Formula, network: Network) -> str:
    match formula:
        case NeverHeld():
            return _never_text(formula, network)
        case KeepsFor(condition, duration, strict):
            state = _state_of(condition, network)
            last = _length(duration, strict)
            if state:
                return f"{state[0]} shall {state[1]} for {last} each time"
            return f"{_held_part(condition)} shall last {last} each time"
        case Responds():
            return _responds_text(formula, network)
        case Possible(NeverHeld(condition, limit, inclusive)):
            holds = "" if limit == ZERO else f" holds for {_length(limit, not inclusive)}"
            return f"it is possible that {_held_part(condition)}{holds}"
        case Possible(SendsOnlyIf(event, Held(condition, None))):
            then = "" if condition == FALSE else f" while {condition_text(neg(condition))}"
            return f"it is possible that {_happening(event)}{then}"
        case SendsOnlyIf(event, Held(condition)) if condition == FALSE:
            return f"{_sender(event)} shall never send {_event(event)}"
        case SendsOnlyIf(event, held):
            return f"{_sender(event)} shall send {_event(event)} only if {_held_text(held)}"
        case SendsOnlyAfter(event, enabler) if enabler.receiver:
            sender, name = enabler.event.split(".")
            since = f"since the last {_event(event)}"
            return f"{_sender(event)} shall send {_event(event)} only if it has received {name} from {sender} {since}"
        case SendsOnlyAfter(event, enabler):
            since = f"{_sender(enabler)} has sent {_event(enabler)} since the last {_event(event)}"
            return f"{_sender(event)} shall send {_event(event)} only if {since}"
        case SendsApart(event, duration):
            last = f"not before {text(duration)} after the last {_event(event)}"
            return f"{_sender(event)} shall send {_event(event)} {last}"
        case SendsOncePer(event, condition):
            return f"{_sender(event)} shall send {_event(event)} at most once while {condition_text(condition)}"
        case SendsNotFor(event, condition, duration):
            becomes = f"it becomes true that {_held_part(condition)}"
            if values := _values_of(condition):
                becomes = f"{values[0]} becomes {values[1]}"
            return f"for {text(duration)} after {becomes}, {_sender(event)} shall not send {_event(event)}"
        case Answers():
            return _answers_text(formula)
    raise _unsayable(str(formula))


def _sender(event: Sent) -> str:
    if event.receiver:
        raise _unsayable(text(event))
    return event.event.partition(".")[0]


def _event(event: Sent) -> str:
    return event.event.partition(".")[2]


def _happening(event: Sent) -> str:
    sender, _, name = event.event.partition(".")
    return f"{event.receiver} receives {name} from {sender}" if event.receiver else f"{sender} sends {name}"


def _held_text(held: Held) -> str:
    if held.duration is None:
        return condition_text(held.condition)
    if values := _values_of(held.condition):
        return f"{values[0]} has been {values[1]} for {_length(held.duration, held.strict)}"
    return f"{_held_part(held.condition)} has held for {_length(held.duration, held.strict)}"


def _values_of(condition: Expr) -> tuple[str, str] | None:
    """A condition as (what, 'A or B'), where it says that one thing has one of some values."""
    match condition:
        case Compare("==", Name(name), Const(value)) if not _is_number(value):
            return _subject(name), value_text(value)
        case In(Name(name), values):
            return _subject(name), " or ".join(value_text(value) for value in values)
    return None


def _state_of(condition: Expr, network: Network) -> tuple[str, str] | None:
    """A condition on one device as (device, 'be STATE' or 'keep OUTPUT VALUE'), where it is one."""
    match condition:
        case Compare("==", Name(name), Const(value)) if name in network.outputs:
            device, _, output = name.partition(".")
            return device, f"keep {output} {value_text(value)}"
        case Compare("==", Name(name)) | In(Name(name)) if name.endswith(f".{STATE}"):
            values = _values_of(condition)
            return (values[0], f"be {values[1]}") if values else None
    return None


def _never_text(formula: NeverHeld, network: Network) -> str:
    rest, start = formula.condition, ""
    if formula.premise is not None:
        rest, start = _without(formula.premise, formula.condition), f"while {condition_text(formula.premise)}, "
    unlimited = formula.limit == ZERO and not formula.inclusive
    limit = "" if unlimited else f" for {_length(formula.limit, not formula.inclusive)}"
    if state := _state_of(rest, network):
        return f"{start}{state[0]} shall not {state[1]}{limit}"
    if unlimited and (state := _state_of(neg(rest), network)):
        return f"{start}{state[0]} shall always {state[1]}"
    return f"{start}{_held_part(rest)} shall never hold{limit}"


def _without(premise: Expr, condition: Expr) -> Expr:
    """What ``condition`` says beyond ``premise``, with which it starts."""
    first = premise.items if isinstance(premise, And) else (premise,)
    items = condition.items if isinstance(condition, And) else (condition,)
    if items[: len(first)] != first or len(items) == len(first):
        raise _unsayable(f"{text(condition)}, given {text(premise)}")
    return conj(*items[len(first) :])


def _responds_text(formula: Responds, network: Network) -> str:
    trigger, response = formula.trigger, formula.response
    when = _happening(trigger.event) if isinstance(trigger, Occurrence) else _held_text(trigger)
    if isinstance(response, Occurrence):
        subject, action = _sender(response.event), f"send {_event(response.event)}"
    elif state := _state_of(response, network):
        subject, action = state
    else:
        raise _unsayable(text(response))
    timing = f"{'in less than' if formula.exclusive else 'within'} {text(formula.within)}"
    if formula.within == ZERO and not formula.exclusive:
        timing = "immediately"
    by_then = "by then or " if formula.by_then else ""
    ending = ", even if it ends" if formula.even_if_it_ends else ""
    return f"when {when}, {subject} shall {by_then}{timing} {action}{ending}"


def _answers_text(formula: Answers) -> str:
    any_length = formula.strict and formula.duration == ZERO
    length = "any length" if any_length else _length(formula.duration, formula.strict)
    latency = "" if formula.latency == ZERO else f", no later than {text(formula.latency)} after its end"
    name = _event(formula.event)
    each = f", each period answering at most one {name}" if formula.one_each else ""
    period = f"a period of {_held_part(formula.condition)} of {length}"
    return f"{_sender(formula.event)} shall send {name} only for {period}{latency}{each}"


# --- the meaning ---------------------------------------------------------------------------------------------------


def meaning(sentence: Sentence) -> str:
    """The sentence read back in words, each limit with what happens exactly at it."""
    return _meaning(sentence.formula) + "."


def _quoted(expr: Expr) -> str:
    return f"'{condition_text(expr)}'"


def _limit(duration: Expr, strict: bool) -> str:
    words = f"{'longer than' if strict else 'for'} {text(duration)}{'' if strict else ' or longer'}"
    return f"{words} (exactly {text(duration)} {'is not enough' if strict else 'is enough'})"


def _meaning(formula: Formula) -> str:
    match formula:
        case NeverHeld(condition, limit, inclusive):
            if limit == ZERO and not inclusive:
                return f"{_quoted(condition)} never holds for any positive time"
            at = "and not exactly so long either" if inclusive else "though exactly so long is allowed"
            return f"{_quoted(condition)} never holds without a break for longer than {text(limit)}, {at}"
        case KeepsFor(condition, duration, strict):
            return f"whenever {_quoted(condition)} ends, it has held without a break {_limit(duration, strict)}"
        case Responds():
            return _responds_meaning(formula)
        case SendsOnlyIf(event, Held(condition)) if condition == FALSE:
            return f"it never happens that {_happening(event)}"
        case SendsOnlyIf(event, held):
            return f"whenever {_happening(event)}, {_complete(held)} just before"
        case SendsOnlyAfter(event, enabler):
            again = f"before the first time that {_happening(event)}, and between any two such times"
            return f"{again}, {_happening(enabler)} at least once"
        case SendsApart(event, duration):
            apart = f"{text(duration)} or more (exactly {text(duration)} is allowed)"
            return f"between any two times that {_happening(event)} there lie {apart}"
        case SendsOncePer(event, condition):
            return f"in each unbroken period of {_quoted(condition)}, {_happening(event)} at most once"
        case SendsNotFor(event, condition, duration):
            since = f"for {text(duration)} from each instant at which {_quoted(condition)} becomes true"
            return f"{since}, it does not happen that {_happening(event)} (exactly {text(duration)} later is allowed)"
        case Answers():
            return _answers_meaning(formula)
        case Possible(NeverHeld(condition, limit, inclusive)):
            length = "for a positive time" if limit == ZERO else _limit(limit, not inclusive)
            return f"there is a run in which {_quoted(condition)} holds without a break {length}"
        case Possible(SendsOnlyIf(event, held)):
            just = "" if held.condition == FALSE else f" while {_quoted(neg(held.condition))} holds"
            return f"there is a run in which {_happening(event)}{just}"
    raise _unsayable(str(formula))


def _complete(held: Held) -> str:
    if held.duration is None:
        return f"{_quoted(held.condition)} holds"
    return f"{_quoted(held.condition)} has held without a break {_limit(held.duration, held.strict)}"


def _responds_meaning(formula: Responds) -> str:
    trigger, response, within = formula.trigger, formula.response, text(formula.within)
    if isinstance(trigger, Occurrence):
        start = f"each time that {_happening(trigger.event)}"
    elif trigger.duration is None:
        start = f"each time that {_quoted(trigger.condition)} becomes true (or holds at the start)"
    else:
        start = f"each time that {_complete(trigger)}"
    deadline = f"at most {within} later, {within} included"
    if formula.exclusive:
        deadline = f"less than {within} later, {within} excluded"
    elif formula.within == ZERO:
        deadline = "in the same instant"
    does = _happening(response.event) if isinstance(response, Occurrence) else f"{_quoted(response)} holds"
    notes = ""
    if formula.by_then:
        notes += "; a send since the condition began counts as well"
    if isinstance(trigger, Held):
        lapses = "stays even if the condition ends" if formula.even_if_it_ends else "lapses when the condition ends"
        notes += f"; the duty {lapses}"
    return f"{start}, {does} {deadline}{notes}"


def _answers_meaning(formula: Answers) -> str:
    length = _limit(formula.duration, formula.strict)
    if formula.duration == ZERO:
        length = "for any positive time" if formula.strict else "for any time"
    ended = ""
    if formula.latency != ZERO:
        ended = f" or ended at most {text(formula.latency)} before ({text(formula.latency)} included)"
    period = f"an unbroken period of {_quoted(formula.condition)} that has lasted {length}"
    each = "; each period answers for at most one" if formula.one_each else ""
    return f"whenever {_happening(formula.event)}, there is {period} and that is going on{ended}{each}"


# --- what a party can read -----------------------------------------------------------------------------------------


def readable_problems(sentence: Sentence, network: Network) -> list[Problem]:
    """What a clause reads and the party that it binds cannot know, with the list of what that party can read.

    It knows its own state, variables and outputs, the outputs behind its ports, and the events it sends or hears. A
    sentence that binds nobody may read everything.
    """
    if not sentence.binds:
        return []
    names, events = set(_readable_names(sentence.binds, network)), set(_readable_events(sentence.binds, network))
    conditions = list(conditions_of(sentence.formula))
    read = sorted(
        name
        for name in {name for condition in conditions for name in names_in(condition)} - names
        if not all(_told_by_outputs(condition, name, names, network) for condition in conditions)
    )
    told = sorted({_happening(event) for event in events_of(sentence.formula) if not _knows(event, sentence, events)})
    can = f"it can read {', '.join(_subject(name) for name in sorted(names))}"
    if events:
        can += f" and knows the events {', '.join(sorted(events))}"
    unseen = [f"'{_subject(name)}'" for name in read] + [f"that {happening}" for happening in told]
    return [Problem(f"{sentence.binds} cannot know {what}", can, sentence.place) for what in unseen]


def _told_by_outputs(condition: Expr, name: str, readable: set[str], network: Network) -> bool:
    """Whether a condition asks of another's state no more than the outputs that can be read tell."""
    owner, _, variable = name.partition(".")
    if variable != STATE:
        return name not in names_in(condition)
    seen: dict[tuple[str, ...], Expr] = {}
    for state in network.by_name[owner].machine.states:

        def leaf(item: Leaf, now: str = state.name) -> Expr:
            return Const(now) if item == Name(name) else item

        shown = tuple(value for output, value in sorted(state.gives.items()) if f"{owner}.{output}" in readable)
        if seen.setdefault(shown, rewrite(condition, leaf)) != rewrite(condition, leaf):
            return False
    return True


def _knows(event: Sent, sentence: Sentence, events: set[str]) -> bool:
    return event.event in events and event.receiver in ("", sentence.binds)


def _readable_names(binds: str, network: Network) -> Iterator[str]:
    instance = network.by_name[binds]
    for datum in data_of(instance):
        yield datum.expr.name
    for port in instance.machine.ports:
        for output in port.reads:
            yield f"{instance.source(port.name)}.{output}"


def _readable_events(binds: str, network: Network) -> Iterator[str]:
    instance = network.by_name[binds]
    for event in instance.machine.sends:
        yield f"{binds}.{event.name}"
    yield from heard_by(instance)


__all__ = ["TEMPLATES", "Template", "condition_text", "meaning", "readable_problems", "sentence_text"]
