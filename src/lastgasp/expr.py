"""Exact, typed, immutable expressions.

An expression reads variables, outputs, parameters and clocks. Time is :class:`fractions.Fraction` seconds, data are
``bool``, ``int`` or ``str`` (the value of an enumeration). There is no evaluation of text anywhere: expressions are
built by the parsers of :mod:`lastgasp.language` or by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

Value = bool | int | str | Fraction


# --- domains ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bool:
    """The two truth values, written ``yes`` and ``no`` in files."""

    def values(self) -> tuple[Value, ...]:
        return (False, True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A finite enumeration of named values."""

    names: tuple[str, ...]

    def values(self) -> tuple[Value, ...]:
        return self.names


@dataclass(frozen=True, slots=True)
class Whole:
    """The integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def values(self) -> tuple[Value, ...]:
        return tuple(range(self.low, self.high + 1))


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an instance: the value is the name of one of the machine's own ports."""

    ports: tuple[str, ...]

    def values(self) -> tuple[Value, ...]:
        return self.ports


Domain = Bool | Choice | Whole | Reference


def contains(domain: Domain, value: Value) -> bool:
    """Whether ``value`` belongs to ``domain`` (``True`` is not the integer 1)."""
    match domain:
        case Bool():
            return isinstance(value, bool)
        case Whole(low, high):
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        case Choice(names):
            return value in names
        case Reference(ports):
            return value in ports


# --- expressions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a variable, an output or a location (``meter.state``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: rigid, chosen once for the whole run."""

    name: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock, in seconds. Occurs only as the left side of a :class:`Compare`."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right`` with ``op`` one of ``== != < <= > >=``. A clock stands on the left, a duration on the right."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class In:
    """``item`` has one of ``values``."""

    item: Expr
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    item: Expr


@dataclass(frozen=True, slots=True)
class And:
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Plus:
    """Sum of integers, or of durations."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A constant factor times an integer or a duration."""

    factor: int | Fraction
    item: Expr


@dataclass(frozen=True, slots=True)
class Choose:
    """``then`` where ``condition`` holds, ``other`` elsewhere."""

    condition: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Next:
    """The value of a variable *after* the step. Only observers use it."""

    name: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Whether the step sends this event (``instance.event``), or with ``receiver``, whether that instance reacts to it.

    Only observers use it.
    """

    event: str
    receiver: str = ""


Leaf = Const | Name | Param | Clock | Next | Sent
Expr = Leaf | Compare | In | Not | And | Or | Plus | Times | Choose

TRUE = Const(True)
FALSE = Const(False)

COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def conj(*items: Expr) -> Expr:
    """The conjunction, flattened, without literal truths."""
    flat: list[Expr] = []
    for item in items:
        if item == FALSE:
            return FALSE
        if isinstance(item, And):
            flat.extend(item.items)
        elif item != TRUE:
            flat.append(item)
    return TRUE if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))


def disj(*items: Expr) -> Expr:
    """The disjunction, flattened, without literal falsehoods."""
    flat: list[Expr] = []
    for item in items:
        if item == TRUE:
            return TRUE
        if isinstance(item, Or):
            flat.extend(item.items)
        elif item != FALSE:
            flat.append(item)
    return FALSE if not flat else flat[0] if len(flat) == 1 else Or(tuple(flat))


def neg(item: Expr) -> Expr:
    """The negation, pushed through literals, double negation and comparisons."""
    match item:
        case Const(value):
            return Const(not value)
        case Not(inner):
            return inner
        case Compare(op, left, right):
            return Compare(OPPOSITE[op], left, right)
        case And(items):
            return disj(*map(neg, items))
        case Or(items):
            return conj(*map(neg, items))
    return Not(item)


def plus(*items: Expr) -> Expr:
    """The sum, with its constants added up."""
    total: int | Fraction = 0
    rest: list[Expr] = []
    numeric = False
    for item in items:
        for part in item.items if isinstance(item, Plus) else (item,):
            if isinstance(part, Const) and isinstance(part.value, int | Fraction):
                total += part.value
                numeric = True
            else:
                rest.append(part)
    if not rest:
        return Const(total)
    if numeric and total != 0:
        rest.insert(0, Const(total))
    return rest[0] if len(rest) == 1 else Plus(tuple(rest))


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of an expression."""
    match expr:
        case Compare(_, left, right):
            return (left, right)
        case Not(item) | In(item, _) | Times(_, item):
            return (item,)
        case And(items) | Or(items) | Plus(items):
            return items
        case Choose(condition, then, other):
            return (condition, then, other)
    return ()


def leaves(expr: Expr) -> Iterator[Leaf]:
    """Every leaf, from left to right, with repetitions."""
    match expr:
        case Const() | Name() | Param() | Clock() | Next() | Sent():
            yield expr
        case _:
            for part in children(expr):
                yield from leaves(part)


def names_in(expr: Expr) -> set[str]:
    """The variables and outputs that the expression reads, before or after the step."""
    return {leaf.name for leaf in leaves(expr) if isinstance(leaf, Name | Next)}


def clocks_in(expr: Expr) -> set[str]:
    """The clocks that the expression reads."""
    return {leaf.name for leaf in leaves(expr) if isinstance(leaf, Clock)}


def params_in(expr: Expr) -> set[str]:
    """The parameters that the expression reads."""
    return {leaf.name for leaf in leaves(expr) if isinstance(leaf, Param)}


def rewrite(expr: Expr, leaf: Callable[[Leaf], Expr]) -> Expr:
    """The expression with ``leaf`` applied to every leaf, simplified on the way."""
    match expr:
        case Const() | Name() | Param() | Clock() | Next() | Sent():
            return leaf(expr)
        case Compare(op, left, right):
            return compare(op, rewrite(left, leaf), rewrite(right, leaf))
        case In(item, values):
            return one_of(rewrite(item, leaf), values)
        case Not(item):
            return neg(rewrite(item, leaf))
        case And(items):
            return conj(*(rewrite(item, leaf) for item in items))
        case Or(items):
            return disj(*(rewrite(item, leaf) for item in items))
        case Plus(items):
            return plus(*(rewrite(item, leaf) for item in items))
        case Times(factor, item):
            inner = rewrite(item, leaf)
            if isinstance(inner, Const) and isinstance(inner.value, int | Fraction):
                return Const(factor * inner.value)
            return Times(factor, inner)
        case Choose(condition, then, other):
            chosen = rewrite(condition, leaf)
            if isinstance(chosen, Const):
                return rewrite(then if chosen.value else other, leaf)
            return Choose(chosen, rewrite(then, leaf), rewrite(other, leaf))


def compare(op: str, left: Expr, right: Expr) -> Expr:
    """A comparison, decided where both sides are literals and distributed over a choice."""
    if isinstance(left, Const) and isinstance(right, Const):
        return Const(COMPARE[op](left.value, right.value))
    if isinstance(left, Choose):
        then, other = compare(op, left.then, right), compare(op, left.other, right)
        return disj(conj(left.condition, then), conj(neg(left.condition), other))
    if isinstance(right, Choose):
        then, other = compare(op, left, right.then), compare(op, left, right.other)
        return disj(conj(right.condition, then), conj(neg(right.condition), other))
    return Compare(op, left, right)


def one_of(item: Expr, values: tuple[Value, ...]) -> Expr:
    """Membership in a finite set, decided where the item is a literal."""
    if isinstance(item, Const):
        return Const(item.value in values)
    if isinstance(item, Choose):
        return disj(
            conj(item.condition, one_of(item.then, values)),
            conj(neg(item.condition), one_of(item.other, values)),
        )
    return In(item, values) if values else FALSE


def evaluate(expr: Expr, leaf: Callable[[Leaf], Value]) -> Value:
    """The value of ``expr``, each leaf but a literal read through ``leaf``."""
    match expr:
        case Const(value):
            return value
        case Name() | Param() | Clock() | Next() | Sent():
            return leaf(expr)
        case Compare(op, left, right):
            return COMPARE[op](evaluate(left, leaf), evaluate(right, leaf))
        case In(item, values):
            return evaluate(item, leaf) in values
        case Not(item):
            return not evaluate(item, leaf)
        case And(items):
            return all(evaluate(item, leaf) for item in items)
        case Or(items):
            return any(evaluate(item, leaf) for item in items)
        case Plus(items):
            total: int | Fraction = 0
            for item in items:
                total += evaluate(item, leaf)  # type: ignore[operator]
            return total
        case Times(factor, item):
            return factor * evaluate(item, leaf)  # type: ignore[operator]
        case Choose(condition, then, other):
            return evaluate(then if evaluate(condition, leaf) else other, leaf)


# --- text ---------------------------------------------------------------------------------------------------------

UNITS: tuple[tuple[str, int], ...] = (("day", 86400), ("h", 3600), ("min", 60), ("s", 1))


def duration_text(seconds: Fraction) -> str:
    """A duration as files write it: ``3 min``, ``90 s``, ``1/7 s``. The largest unit that divides it wins."""
    for unit, size in UNITS:
        if seconds != 0 and (seconds / size).denominator == 1:
            return f"{seconds / size} {unit}"
    return f"{seconds} s"


def value_text(value: Value) -> str:
    """A literal as files write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Fraction():
            return duration_text(value)
        case _:
            return str(value)


def text(expr: Expr) -> str:
    """The expression in the words of the files, readable again by :mod:`lastgasp.language.conditions`."""
    match expr:
        case Const(value):
            return value_text(value)
        case Name(name) | Param(name):
            return name
        case Clock(name):
            return "time in state" if name == "time" else name
        case Next(name):
            return f"next {name}"
        case Sent(event, receiver):
            return f"{receiver} receives {event}" if receiver else f"sent {event}"
        case Compare(op, left, right):
            word = op
            if op in ("==", "!=") and not isinstance(left, Clock):
                word = "is" if op == "==" else "is not"
            elif op == "==":
                word = "="
            return f"{text(left)} {word} {text(right)}"
        case In(item, values):
            return " or ".join(f"{text(item)} is {value_text(value)}" for value in values)
        case Not(item):
            return f"not {_wrapped(item)}"
        case And(items):
            return " and ".join(_wrapped(item) for item in items)
        case Or(items):
            return " or ".join(_wrapped(item) for item in items)
        case Plus(items):
            return " + ".join(text(item) for item in items)
        case Times(factor, item):
            return f"{factor} * {text(item)}"
        case Choose(condition, then, other):
            return f"({text(then)} if {text(condition)} else {text(other)})"


def _wrapped(expr: Expr) -> str:
    inner = text(expr)
    return f"({inner})" if isinstance(expr, And | Or) or (isinstance(expr, In) and len(expr.values) > 1) else inner
