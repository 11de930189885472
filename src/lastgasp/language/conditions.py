"""Conditions, values and durations of a machine's file, read to typed expressions.

The grammar is in ``conditions.lark``; what a bare word stands for (variable, clock, parameter, output behind a port, or
a value of the left side) is decided here from the machine's declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput

from lastgasp.errors import InputError, Place
from lastgasp.expr import (
    And,
    Bool,
    Choose,
    Clock,
    Compare,
    Const,
    Domain,
    Expr,
    In,
    Name,
    Not,
    Or,
    Param,
    Plus,
    Reference,
    Times,
    Value,
    Whole,
)
from lastgasp.language.durations import QUANTITY, parse_duration, parse_number
from lastgasp.language.places import place_at, refusal
from lastgasp.machine import TIME_IN_STATE, Machine, domain_of
from lastgasp.validate import did_you_mean

Node = Tree[Token] | Token
OPERATORS = {"is": "==", "is not": "!=", "=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
MAX_LENGTH = 20_000
MAX_NESTING = 60
_CURE = "write a comparison such as 'host.dc is off', 'count < 3' or 'timer > 3 min', joined by and, or, not"


def grammar(name: str) -> str:
    """The text of a grammar of this package, with the pattern of durations filled in."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return text + "\nQUANTITY.4: /" + QUANTITY.replace("/", r"\/") + "/\n"


@cache
def _lark() -> Lark:
    return Lark(grammar("conditions.lark"), parser="lalr", start="start", propagate_positions=True)


def parse_condition(text: str, machine: Machine, place: Place | None = None) -> Expr:
    """The condition, typed by the machine's declarations; :class:`InputError` with place, cause and cure."""
    reader = _Reader(text, machine, place)
    return reader.condition(reader.tree())


def parse_value(text: str, machine: Machine, domain: Domain, place: Place | None = None) -> Expr:
    """The value that a variable of ``domain`` takes: a literal of the domain, or an expression over names."""
    reader = _Reader(text, machine, place)
    return reader.value(reader.tree(), domain)


def parse_duration_expr(text: str, machine: Machine, place: Place | None = None) -> Expr:
    """A duration: literals, parameters, and sums and multiples of both."""
    reader = _Reader(text, machine, place)
    return reader.duration(reader.tree())


def literal(word: str, domain: Domain) -> Value | None:
    """The value of a domain that a bare word stands for, or ``None``."""
    if isinstance(domain, Bool):
        return {"yes": True, "no": False}.get(word)
    if isinstance(domain, Whole):
        return None
    return word if word in domain.values() else None


class _Reader:
    """Reads one text. Names are those of one machine."""

    def __init__(self, text: str, machine: Machine, place: Place | None) -> None:
        self.text = text
        self.machine = machine
        self.place = place
        self.clocks = {clock.name for clock in machine.clocks}
        self.parameters = {parameter.name: parameter for parameter in machine.parameters}

    def tree(self) -> Node:
        if len(self.text) > MAX_LENGTH or _nesting(self.text) > MAX_NESTING:
            raise refusal("the expression is too long, or nested too deep", "name its parts by states", self.place)
        try:
            return _lark().parse(self.text)
        except UnexpectedInput as error:
            raise self.unexpected(error) from None

    def unexpected(self, error: UnexpectedInput) -> InputError:
        offset = error.pos_in_stream if isinstance(error.pos_in_stream, int) else len(self.text)
        if isinstance(getattr(error, "token", None), Token) and error.token.type == "$END":  # type: ignore[attr-defined]
            offset = len(self.text)
        rest = self.text[offset:].split()
        what = f"'{rest[0][:40]}' is not expected here" if rest else "the expression ends too early"
        return refusal(f"{what}, in '{self.text[:80]}'", _CURE, place_at(self.place, self.text, offset))

    def error(self, node: Node, what: str, cure: str) -> InputError:
        return refusal(what, cure, place_at(self.place, self.text, _start(node)))

    # --- conditions

    def condition(self, node: Node) -> Expr:
        match node:
            case Tree("paren", [inner]):
                return self.condition(inner)
            case Tree("or_", parts):
                return self.either([self.condition(part) for part in parts])
            case Tree("and_", parts):
                return And(tuple(self.condition(part) for part in parts))
            case Tree("not_", [inner]):
                return Not(self.condition(inner))
            case Tree("choose", [then, condition, other]):
                return Choose(self.condition(condition), self.condition(then), self.condition(other))
            case Tree("compare", [left, operator, right]):
                return self.comparison(left, OPERATORS[" ".join(str(operator).split())], right)
            case Tree("name", [word]) if word in ("yes", "no") and domain_of(self.machine, str(word)) is None:
                return Const(word == "yes")
            case Tree("name"):
                return self.name(node, None)
        raise self.error(node, f"'{self.words(node)}' is not a condition", _CURE)

    def either(self, items: list[Expr]) -> Expr:
        """A disjunction; comparisons of one name with literals alone are one membership, as it prints."""
        names: set[Expr] = set()
        values: list[Value] = []
        for item in items:
            match item:
                case Compare("==", Name() as name, Const(value)):
                    names.add(name)
                    values.append(value)
        if len(names) == 1 and len(values) == len(items):
            return In(names.pop(), tuple(values))
        return Or(tuple(items))

    def comparison(self, left: Node, op: str, right: Node) -> Expr:
        if clock := self.clock(left):
            return Compare(op, clock, self.duration(right))
        item = self.value(left, None)
        domain = domain_of(self.machine, item.name) if isinstance(item, Name | Param) else None
        other = self.value(right, domain)
        if isinstance(item, Param) and isinstance(other, Const) and isinstance(other.value, bool):
            return item if other.value is (op == "==") else Not(item)
        return Compare(op, item, other)

    def clock(self, node: Node) -> Clock | None:
        match node:
            case Tree("time"):
                return Clock(TIME_IN_STATE)
            case Tree("name", [word]) if str(word) in self.clocks:
                return Clock(str(word))
        return None

    # --- values and durations

    def value(self, node: Node, domain: Domain | None) -> Expr:
        match node:
            case Tree("paren", [inner]):
                return self.value(inner, domain)
            case Tree("number", [digits]):
                return Const(self.whole(node, str(digits)))
            case Tree("duration", [quantity]):
                return Const(self.quantity(quantity))
            case Tree("plus", parts):
                return Plus(tuple(self.value(part, None) for part in parts))
            case Tree("times", [factor, inner]):
                return Times(self.factor(factor), self.value(inner, None))
            case Tree("choose", [then, condition, other]):
                return Choose(self.condition(condition), self.value(then, domain), self.value(other, domain))
            case Tree("name"):
                return self.name(node, domain)
        if isinstance(domain, Bool):
            return self.condition(node)
        raise self.error(node, f"'{self.words(node)}' is not a value", "write a name, a value of it, or a whole number")

    def name(self, node: Tree[Token], domain: Domain | None) -> Expr:
        word = str(node.children[0])
        if domain is not None and (value := literal(word, domain)) is not None:
            return Const(value)
        if word in self.parameters:
            return Param(word)
        if domain_of(self.machine, word) is not None:
            return Name(word)
        if word in self.clocks or word == TIME_IN_STATE:
            cure = "write 'CLOCK > DURATION', the clock on the left; the time in the state is called 'time in state'"
            raise self.error(node, f"the clock {word!r} does not stand on the left of a comparison", cure)
        if domain is not None and not any(word.startswith(f"{port.name}.") for port in self.machine.ports):
            values = ["yes", "no"] if isinstance(domain, Bool) else [str(value) for value in domain.values()]
            raise self.error(node, f"{word!r} is none of the values here", did_you_mean(word, values))
        cure = did_you_mean(word, self.names())
        raise self.error(node, f"unknown name {word!r} in machine {self.machine.name}", cure)

    def names(self) -> Iterable[str]:
        yield from (variable.name for variable in self.machine.variables)
        yield from self.parameters
        yield from self.clocks
        reads = {port.name: port.reads for port in self.machine.ports}
        for variable in self.machine.variables:
            if isinstance(variable.domain, Reference) and variable.domain.ports[0] in reads:
                reads[variable.name] = reads[variable.domain.ports[0]]
        yield from (f"{name}.{output}" for name, outputs in reads.items() for output in outputs)

    def duration(self, node: Node) -> Expr:
        match node:
            case Tree("paren", [inner]):
                return self.duration(inner)
            case Tree("duration", [quantity]):
                return Const(self.quantity(quantity))
            case Tree("plus", parts):
                return Plus(tuple(self.duration(part) for part in parts))
            case Tree("times", [factor, inner]):
                return Times(self.factor(factor), self.duration(inner))
            case Tree("name", [word]) if str(word) in self.parameters:
                return Param(str(word))
            case Tree("name", [word]):
                known = str(word) in self.clocks or domain_of(self.machine, str(word)) is not None
                what = f"'{word}' is not a duration" if known else f"unknown parameter '{word}'"
                cure = did_you_mean(str(word), self.parameters) if self.parameters else "declare it under 'parameters'"
                raise self.error(node, f"{what} in machine {self.machine.name}", cure)
            case Tree("number", [digits]):
                parse_duration(str(digits), place_at(self.place, self.text, _start(digits)))
        cure = "write a number with a unit, such as '3 min', a parameter, or a sum of these"
        raise self.error(node, f"'{self.words(node)}' is not a duration", cure)

    def quantity(self, token: Node) -> Fraction:
        return parse_duration(str(token), place_at(self.place, self.text, _start(token)))

    def whole(self, node: Node, digits: str) -> int:
        number = self.number(node, digits)
        if number.denominator != 1:
            raise self.error(node, f"{digits} is not a whole number", "write a whole number, or add a unit of time")
        return int(number)

    def factor(self, token: Node) -> int | Fraction:
        number = self.number(token, str(token))
        return int(number) if number.denominator == 1 else number

    def number(self, node: Node, digits: str) -> Fraction:
        sign = -1 if digits.startswith("-") else 1
        return sign * parse_number(digits.removeprefix("-"), place_at(self.place, self.text, _start(node)))

    def words(self, node: Node) -> str:
        if isinstance(node, Token):
            return str(node)
        return self.text[node.meta.start_pos : node.meta.end_pos]


def _start(node: Node) -> int:
    return (node.start_pos or 0) if isinstance(node, Token) else node.meta.start_pos


def _nesting(text: str) -> int:
    deepest = depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return max(deepest, len(re.findall(r"\bnot\b", text)), text.count("*"))
