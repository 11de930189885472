"""From a term over a state back to an expression: what a solver found, in the words of the system.

The constants of an :class:`~lastgasp.engines.terms.Terms` say what they stand for; a sum of clocks and parameters
becomes a linear comparison with whole factors, clocks on the left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

import z3

from lastgasp.engines.terms import Terms
from lastgasp.errors import InternalError
from lastgasp.expr import (
    FALSE,
    TRUE,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Or,
    Param,
    Plus,
    Times,
    Value,
    compare,
    conj,
    disj,
    neg,
    one_of,
)

CONVERSE = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The operator with its sides exchanged."""

OPERATORS = {
    z3.Z3_OP_LE: "<=",
    z3.Z3_OP_GE: ">=",
    z3.Z3_OP_LT: "<",
    z3.Z3_OP_GT: ">",
    z3.Z3_OP_EQ: "==",
    z3.Z3_OP_DISTINCT: "!=",
}


@dataclass(frozen=True, slots=True)
class _Sum:
    """A constant, and a factor for each variable, clock or parameter."""

    constant: Fraction
    factors: dict[Expr, Fraction]

    def __add__(self, other: _Sum) -> _Sum:
        found = dict(self.factors)
        for leaf, factor in other.factors.items():
            found[leaf] = found.get(leaf, Fraction(0)) + factor
        return _Sum(self.constant + other.constant, {leaf: factor for leaf, factor in found.items() if factor})

    def times(self, factor: Fraction) -> _Sum:
        return _Sum(self.constant * factor, {leaf: own * factor for leaf, own in self.factors.items() if factor})


class Decoder:
    """Reads terms over the state before a transition and the open parameters of one encoding."""

    def __init__(self, encoding: Terms) -> None:
        self._meanings = {term.get_id(): meaning for term, meaning in encoding.meanings}
        self._domains = {name: domain.values() for name, (domain, _) in encoding.system.variables.items()}
        self._whole = {meaning for term, meaning in encoding.meanings if z3.is_int(term)}
        self._known: dict[int, tuple[z3.BoolRef, Expr]] = {}

    def condition(self, term: z3.BoolRef) -> Expr:
        """The condition that a Boolean term is; :class:`InternalError` for a term that no expression says."""
        if term.get_id() not in self._known:
            # the term is kept, because Z3 gives its identity to another one when it is gone
            self._known[term.get_id()] = (term, self._condition(term))
        return self._known[term.get_id()][1]

    def clauses(self, term: z3.BoolRef) -> list[Expr]:
        """The conjuncts of a term, each as a condition."""
        pending, found = [term], []
        while pending:
            part = pending.pop()
            if z3.is_and(part):
                pending += reversed(part.children())
            else:
                found.append(self.condition(part))
        return list(dict.fromkeys(item for item in found if item != TRUE))

    def _condition(self, term: z3.BoolRef) -> Expr:
        if term.get_id() in self._meanings:
            return self._meanings[term.get_id()]
        if not z3.is_app(term):
            raise InternalError(f"a quantifier or a free variable has no place in a condition on a state: {term}")
        parts = term.children()
        match term.decl().kind():
            case z3.Z3_OP_TRUE:
                return TRUE
            case z3.Z3_OP_FALSE:
                return FALSE
            case z3.Z3_OP_AND:
                return conj(*map(self.condition, parts))
            case z3.Z3_OP_OR:
                return self._any(map(self.condition, parts))
            case z3.Z3_OP_NOT:
                return neg(self.condition(parts[0]))
            case z3.Z3_OP_IMPLIES:
                return self._any((neg(self.condition(parts[0])), self.condition(parts[1])))
            case z3.Z3_OP_XOR if len(parts) == 2:
                return self._same(*parts, equal=False)
            case z3.Z3_OP_ITE:
                test, yes, no = map(self.condition, parts)
                return conj(self._any((neg(test), yes)), self._any((test, no)))
            case kind if kind in OPERATORS and len(parts) == 2:
                if z3.is_bool(parts[0]):
                    return self._same(*parts, equal=kind == z3.Z3_OP_EQ)
                return self._compared(OPERATORS[kind], *parts)
        raise InternalError(f"no condition on a state says what this term says: {term}")

    def _same(self, left: z3.BoolRef, right: z3.BoolRef, *, equal: bool) -> Expr:
        one, other = self.condition(left), self.condition(right)
        other = other if equal else neg(other)
        return conj(disj(neg(one), other), disj(one, neg(other)))

    def _any(self, items: Iterable[Expr]) -> Expr:
        """A disjunction in which each variable occurs once where its value alone is asked."""
        allowed: dict[str, set[Value]] = {}
        rest: list[Expr] = []
        joined = disj(*items)
        for item in joined.items if isinstance(joined, Or) else (joined,):
            match item:
                case In(Name(name), values):
                    allowed.setdefault(name, set()).update(values)
                case Compare("==", Name(name), Const(value)):
                    allowed.setdefault(name, set()).add(value)
                case Compare("!=", Name(name), Const(value)):
                    allowed.setdefault(name, set()).update(set(self._domains[name]) - {value})
                case _:
                    rest.append(item)
        return disj(*(self._has(name, values) for name, values in allowed.items()), *dict.fromkeys(rest))

    def _has(self, name: str, values: set[Value]) -> Expr:
        every = self._domains[name]
        others = [value for value in every if value not in values]
        if not others:
            return TRUE
        if len(others) == 1:
            return Compare("!=", Name(name), Const(others[0]))
        kept = tuple(value for value in every if value in values)
        return Compare("==", Name(name), Const(kept[0])) if len(kept) == 1 else one_of(Name(name), kept)

    # -- arithmetic -------------------------------------------------------------------------------------------------

    def _compared(self, op: str, left: z3.ArithRef, right: z3.ArithRef) -> Expr:
        for one, other, way in ((left, right, op), (right, left, CONVERSE[op])):
            if z3.is_app_of(one, z3.Z3_OP_ITE):
                test, yes, no = one.children()
                then, else_ = self._compared(way, yes, other), self._compared(way, no, other)
                chosen = self.condition(test)
                return conj(self._any((neg(chosen), then)), self._any((chosen, else_)))
        return self._linear(op, self._sum(left) + self._sum(right).times(Fraction(-1)))

    def _sum(self, term: z3.ArithRef) -> _Sum:
        if term.get_id() in self._meanings:
            return _Sum(Fraction(0), {self._meanings[term.get_id()]: Fraction(1)})
        if z3.is_rational_value(term) or z3.is_int_value(term):
            return _Sum(Fraction(term.as_long() if z3.is_int_value(term) else term.as_fraction()), {})
        if z3.is_app(term):
            parts = term.children()
            match term.decl().kind():
                case z3.Z3_OP_ADD:
                    return reduce(_Sum.__add__, map(self._sum, parts))
                case z3.Z3_OP_SUB:
                    return reduce(lambda a, b: a + b.times(Fraction(-1)), map(self._sum, parts))
                case z3.Z3_OP_UMINUS:
                    return self._sum(parts[0]).times(Fraction(-1))
                case z3.Z3_OP_TO_REAL:
                    return self._sum(parts[0])
                case z3.Z3_OP_MUL:
                    sums = list(map(self._sum, parts))
                    varying = [item for item in sums if item.factors]
                    if len(varying) <= 1:
                        factor = Fraction(1)
                        for item in sums:
                            factor *= Fraction(1) if item.factors else item.constant
                        return varying[0].times(factor) if varying else _Sum(factor, {})
        raise InternalError(f"no sum of clocks, parameters and variables says what this term says: {term}")

    def _linear(self, op: str, total: _Sum) -> Expr:
        """``total op 0`` with whole factors without a common divisor; clocks, or else variables, on the left."""
        if not total.factors:
            return compare(op, Const(total.constant), Const(Fraction(0)))
        scale = Fraction(lcm(*(f.denominator for f in total.factors.values())))
        scale /= gcd(*(int(f * scale) for f in total.factors.values()))
        kinds: tuple[type, ...] = (Clock, Name, Param)
        kind = next(kind for kind in kinds if any(isinstance(leaf, kind) for leaf in total.factors))
        left = {leaf: f for leaf, f in total.factors.items() if isinstance(leaf, kind)}
        if next(iter(left.values())) < 0:
            scale, op = -scale, CONVERSE[op]
        total = total.times(scale)
        whole = set(total.factors) <= self._whole
        if whole and total.constant.denominator != 1:
            op, total = _between(op, total)
            if not total.factors:
                return Const(op == "!=")
        number: Callable[[Fraction], Fraction | int] = int if whole else Fraction
        sides: tuple[list[Expr], list[Expr]] = ([], [])
        for leaf, factor in total.factors.items():
            own = leaf in left
            signed = factor if own else -factor
            term = leaf if signed == 1 else Times(number(signed), leaf)
            sides[0 if own else 1].append(term)
        if total.constant or not sides[1]:
            sides[1].append(Const(number(-total.constant)))
        return Compare(op, _added(sides[0]), _added(sides[1]))


def _between(op: str, total: _Sum) -> tuple[str, _Sum]:
    """A comparison of whole numbers with a limit between two of them, with the limit rounded."""
    if op in ("==", "!="):
        return op, _Sum(Fraction(0), {})
    limit = -total.constant
    low = Fraction(limit.numerator // limit.denominator)
    return ("<=", _Sum(-low, total.factors)) if op in ("<", "<=") else (">", _Sum(-low, total.factors))


def _added(items: list[Expr]) -> Expr:
    return items[0] if len(items) == 1 else Plus(tuple(items))
