"""What a sentence means in time, as a small picture of two to four lines of text.

The first line draws the condition (low: it does not hold, high: it does) or the event that counts; below it stands the
limit, closed by ``●`` where the limit itself is included and by ``○`` where it is not; then what is allowed (``✓``),
what breaks the sentence (``✗``) and what does not count (``·``), column by column, the instant of the limit included.
"""

from __future__ import annotations

from dataclasses import dataclass

from lastgasp.expr import FALSE, Const, Expr, Sent, neg
from lastgasp.render.words import condition_words, duration_words, event_words, folded
from lastgasp.sentences import (
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
)

LOW, HIGH, LINE, SEND = "▁", "▇", "─", "▲"
YES, NO, SKIP = "✓", "✗", "·"
LEAD = 3
WIDTH = 100
LABELS = 36
"""The widest column of labels; longer conditions go on below."""

NARROWEST = 24
"""Words that would have less room than this stand below the picture."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, and its drawing."""

    label: str
    drawing: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A few rows drawn column under column, and the words that say the same."""

    rows: tuple[Row, ...]
    words: str


def timing_picture(formula: Formula, width: int = WIDTH) -> str:
    """The picture of a formula as lines of text, at most ``width`` columns wide unless the drawing itself is wider."""
    picture = draw(formula)
    labels = [folded(row.label, LABELS) or [""] for row in picture.rows]
    column = max(len(line) for lines in labels for line in lines)
    lines: list[tuple[str, str]] = []
    spill: list[str] = []
    for own, row in zip(labels, picture.rows, strict=True):
        if own != [""] and spill:  # the rest of a long label, before the next label begins
            lines += [(line, "") for line in spill]
            spill = []
        if own == [""] and spill:
            own = [spill.pop(0)]
        lines.append((own[0], row.drawing))
        spill += own[1:]
    lines += [(line, "") for line in spill]
    drawn = [f"{label:<{column}}   {drawing}" for label, drawing in lines]
    used = max(map(len, drawn)) + 3
    if width - used < NARROWEST:
        below = folded(picture.words, width - column - 3)
        return _joined([*drawn, *(f"{'':<{column}}   {line}" for line in below)])
    beside = folded(picture.words, width - used)
    drawn += [""] * (len(beside) - len(drawn))
    return _joined([f"{line:<{used}}{words}" for line, words in zip(drawn, beside + [""] * len(drawn), strict=False)])


def _joined(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def draw(formula: Formula) -> Picture:
    """The rows and the words of a formula."""
    match formula:
        case NeverHeld():
            return _never_held(formula)
        case KeepsFor():
            return _keeps_for(formula)
        case Responds():
            return _responds(formula)
        case SendsOnlyIf():
            return _sends_only_if(formula)
        case SendsOnlyAfter(event, enabler):
            return _sends_only_after(event, enabler)
        case SendsApart(event, duration):
            return _sends_apart(event, duration)
        case SendsOncePer(event, condition):
            return _sends_once_per(event, condition)
        case SendsNotFor(event, condition, duration):
            return _sends_not_for(event, condition, duration)
        case Answers():
            return _answers(formula)
        case Possible(denial):
            return _possible(denial)


# --- pieces -------------------------------------------------------------------------------------------------------


def _span(duration: Expr, closed: bool) -> str:
    """A stretch of time with its length; its last column is the instant of the limit."""
    return f"├─ {duration_words(duration)} ─{'●' if closed else '○'}"


def _signal(low: int, high: int, after: int) -> str:
    return LOW * low + HIGH * high + LOW * after


def _zero(duration: Expr) -> bool:
    return isinstance(duration, Const) and duration.value == 0


def _held_words(held: Held) -> str:
    condition = condition_words(held.condition)
    if held.duration is None:
        return f"{condition} holds"
    return f"{condition} has held for {'more than' if held.strict else 'at least'} {duration_words(held.duration)}"


def _limit_words(duration: Expr, counts: bool) -> str:
    return f"{duration_words(duration)} itself {'is enough' if counts else 'is not enough'}"


# --- states -------------------------------------------------------------------------------------------------------


def _never_held(formula: NeverHeld) -> Picture:
    condition = condition_words(formula.condition)
    if _zero(formula.limit):
        never = Row("may hold", YES * 2 * LEAD + NO * LEAD + YES * 2 * LEAD)
        signal = Row(condition, _signal(2 * LEAD, LEAD, 2 * LEAD))
        return Picture((signal, never), "not allowed for any time, however short")
    span = _span(formula.limit, not formula.inclusive)
    limit = duration_words(formula.limit)
    rows = (
        Row(condition, _signal(LEAD, len(span) + LEAD, LEAD)),
        Row("", " " * LEAD + span),
        Row("may hold", " " * LEAD + YES * (len(span) - 1) + (NO if formula.inclusive else YES) + NO * LEAD),
    )
    if formula.inclusive:
        return Picture(rows, f"allowed for less than {limit}; {limit} itself breaks it")
    return Picture(rows, f"allowed up to and including {limit}; any longer breaks it")


def _keeps_for(formula: KeepsFor) -> Picture:
    span = _span(formula.duration, not formula.strict)
    rows = (
        Row(condition_words(formula.condition), _signal(LEAD, len(span) + LEAD, LEAD)),
        Row("", " " * LEAD + span),
        Row("may end", " " * LEAD + NO * (len(span) - 1) + (NO if formula.strict else YES) + YES * LEAD),
    )
    least = "more than" if formula.strict else "at least"
    words = f"once it holds, it lasts {least} {duration_words(formula.duration)}"
    return Picture(rows, f"{words}; {_limit_words(formula.duration, not formula.strict)}")


# --- duties -------------------------------------------------------------------------------------------------------


def _responds(formula: Responds) -> Picture:
    trigger, response = formula.trigger, formula.response
    first, counts = "", ""
    if isinstance(trigger, Held) and trigger.duration is not None:
        first = _span(trigger.duration, not trigger.strict)
        counts = SKIP * (len(first) - 1) + (SKIP if trigger.strict else YES)
    at_once = _zero(formula.within) and not formula.exclusive
    second = "" if at_once else _span(formula.within, not formula.exclusive)
    if second:
        counts += YES * (len(second) - 1) + (NO if formula.exclusive else YES)
    counts = counts or YES
    if formula.by_then:
        counts = counts.replace(SKIP, YES)
    what = event_words(response.event) if isinstance(response, Occurrence) else condition_words(response)
    rows = [_trigger_row(formula, len(counts), len(first))]
    if first or second:
        rows.append(Row("", " " * LEAD + first + second))
    rows.append(Row(what, SKIP * LEAD + counts + NO * LEAD))
    return Picture(tuple(rows), _duty_words(formula, at_once))


def _trigger_row(formula: Responds, length: int, first: int) -> Row:
    trigger = formula.trigger
    if isinstance(trigger, Occurrence):
        return Row(event_words(trigger.event), LINE * LEAD + SEND + LINE * (length - 1 + LEAD))
    condition = condition_words(trigger.condition)
    if formula.even_if_it_ends:
        high = min(first + 2, length)
        return Row(condition, _signal(LEAD, high, length - high + LEAD))
    return Row(condition, _signal(LEAD, length + LEAD, 0))


def _duty_words(formula: Responds, at_once: bool) -> str:
    within = duration_words(formula.within)
    what = "must come" if isinstance(formula.response, Occurrence) else "must hold"
    if at_once:
        when = f"{what} in the same instant"
    elif formula.exclusive:
        when = f"{what} in less than {within}; {within} itself is too late"
    else:
        when = f"{what} within {within}, {within} itself included"
    parts = [when]
    if isinstance(formula.trigger, Held):
        trigger = formula.trigger
        if trigger.duration is not None:
            parts.append(f"the duty begins {'after' if trigger.strict else 'at'} {duration_words(trigger.duration)}")
        parts.append(f"it {'stays even if' if formula.even_if_it_ends else 'lapses when'} the condition ends")
    if formula.by_then:
        parts.append("what was sent since the condition began counts")
    return "; ".join(parts)


# --- permissions to send ------------------------------------------------------------------------------------------


def _sends_only_if(formula: SendsOnlyIf) -> Picture:
    held = formula.held
    rows = _held_rows(held, formula.event, inside=YES, outside=NO)
    words = f"allowed only while {_held_words(held)}"
    if held.duration is not None:
        words += f"; {_limit_words(held.duration, not held.strict)}"
    return Picture(rows, words)


def _held_rows(held: Held, event: Sent, inside: str, outside: str) -> tuple[Row, ...]:
    condition, sends = condition_words(held.condition), event_words(event)
    if held.duration is None:
        rows = (Row(condition, _signal(LEAD, 3 * LEAD, LEAD)),)
        return (*rows, Row(sends, outside * LEAD + inside * 3 * LEAD + outside * LEAD))
    span = _span(held.duration, not held.strict)
    permits = outside * (LEAD + len(span) - 1) + (outside if held.strict else inside) + inside * LEAD + outside * LEAD
    return (
        Row(condition, _signal(LEAD, len(span) + LEAD, LEAD)),
        Row("", " " * LEAD + span),
        Row(sends, permits),
    )


def _sends_only_after(event: Sent, enabler: Sent) -> Picture:
    pause = LINE * 2 * LEAD
    rows = (
        Row(event_words(enabler), f"{LINE * LEAD}{SEND}{pause}{pause}{SEND}{LINE * LEAD}"),
        Row(event_words(event), f"{NO * (LEAD + 1)}{YES * (2 * LEAD - 1)}{SEND}{NO * (2 * LEAD + 1)}{YES * LEAD}"),
    )
    return Picture(rows, "each one needs an enabling event of its own, since the last one")


def _sends_apart(event: Sent, duration: Expr) -> Picture:
    span = _span(duration, closed=True)
    rows = (
        Row(event_words(event), LINE * LEAD + SEND + LINE * (len(span) - 1 + LEAD)),
        Row("", " " * LEAD + span),
        Row("and again", " " * LEAD + NO * (len(span) - 1) + YES + YES * LEAD),
    )
    return Picture(rows, f"at least {duration_words(duration)} apart; {_limit_words(duration, True)}")


def _sends_once_per(event: Sent, condition: Expr) -> Picture:
    high = HIGH * 3 * LEAD
    rows = (
        Row(condition_words(condition), f"{LOW * LEAD}{high}{LOW * LEAD}{HIGH * LEAD}"),
        Row(event_words(event), f"{SKIP * LEAD}{YES * LEAD}{SEND}{NO * (2 * LEAD - 1)}{SKIP * LEAD}{YES * LEAD}"),
    )
    return Picture(rows, "at most one in each period in which the condition holds; outside of them it does not count")


def _sends_not_for(event: Sent, condition: Expr, duration: Expr) -> Picture:
    span = _span(duration, closed=True)
    rows = (
        Row(condition_words(condition), _signal(LEAD, len(span) + LEAD, 0)),
        Row("", " " * LEAD + span),
        Row(event_words(event), YES * LEAD + NO * (len(span) - 1) + YES + YES * LEAD),
    )
    words = f"not earlier than {duration_words(duration)} after the condition became true, even if it ends"
    return Picture(rows, f"{words}; {_limit_words(duration, True)}")


def _answers(formula: Answers) -> Picture:
    span = _span(formula.duration, not formula.strict)
    late = "" if _zero(formula.latency) else _span(formula.latency, closed=True)
    longer = HIGH * LEAD
    high = len(span) + len(longer)
    permits = NO * (LEAD + len(span) - 1) + (NO if formula.strict else YES) + YES * (LEAD + len(late)) + NO * LEAD
    rows = (
        Row(condition_words(formula.condition), _signal(LEAD, high, len(late) + LEAD)),
        Row("", f"{' ' * LEAD}{span}{' ' * LEAD}{late}"),
        Row(event_words(formula.event), permits),
    )
    least = "more than" if formula.strict else "at least"
    words = f"only for a period of {least} {duration_words(formula.duration)}, while it lasts"
    if late:
        words += f" or up to and including {duration_words(formula.latency)} after its end"
    words += f"; {_limit_words(formula.duration, not formula.strict)}"
    return Picture(rows, words + ("; at most one for each period" if formula.one_each else ""))


# --- what can happen ----------------------------------------------------------------------------------------------


def _possible(denial: NeverHeld | SendsOnlyIf) -> Picture:
    return _possible_state(denial) if isinstance(denial, NeverHeld) else _possible_event(denial.event, denial.held)


def _possible_state(denial: NeverHeld) -> Picture:
    condition = condition_words(denial.condition)
    if _zero(denial.limit):
        rows = (Row(condition, _signal(LEAD, LEAD, LEAD)), Row("must get here", " " * LEAD + YES * LEAD))
        return Picture(rows, "some run must show this, for however short a time")
    span = _span(denial.limit, denial.inclusive)
    reached = " " * (LEAD + len(span) - 1) + (YES if denial.inclusive else " ") + YES * LEAD
    least = "at least" if denial.inclusive else "more than"
    return Picture(
        (
            Row(condition, _signal(LEAD, len(span) + LEAD, LEAD)),
            Row("", " " * LEAD + span),
            Row("must get here", reached),
        ),
        f"some run must show this: it holds for {least} {duration_words(denial.limit)}",
    )


def _possible_event(event: Sent, held: Held) -> Picture:
    if held.condition == FALSE:
        rows = (Row(event_words(event), LINE * LEAD + SEND + LINE * LEAD),)
        return Picture((*rows, Row("must get here", " " * LEAD + YES)), "some run must show this, at any time")
    if held.duration is None:
        wanted = neg(held.condition)
        found = _held_rows(Held(wanted), event, inside=YES, outside=SKIP)
        return Picture(found, f"some run must show this at ✓, while {condition_words(wanted)}")
    found = _held_rows(held, event, inside=SKIP, outside=YES)
    return Picture(found, f"some run must show this at ✓, when it is not so that {_held_words(held)}")
