"""The one place that calls Z3: check with a timeout, and read the answer as a sum type.

Every solver object owns a Z3 context, so that nothing is shared by the whole process. ``unknown`` leaves here as
:class:`Unknown` and never becomes anything else. Numbers come back exact: ``int`` or ``Fraction``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import z3

from lastgasp.errors import InternalError

SEED = 1
"""Fixed, so that an answer can be had again."""

LONGEST_MS = 2**31 - 1
"""Z3 keeps a timeout in 32 bits."""

ELIMINATION_MS = 10_000
"""How long quantifiers may take to go away."""


class Deadline:
    """An instant of the wall clock at which work has to stop; ``None`` seconds is never."""

    def __init__(self, seconds: Fraction | float | None) -> None:
        self._end = None if seconds is None else time.monotonic_ns() + int(Fraction(seconds) * 10**9)

    def milliseconds(self) -> int | None:
        """What is left, ``None`` for no end."""
        return None if self._end is None else max(0, (self._end - time.monotonic_ns()) // 10**6)

    def seconds(self) -> Fraction | None:
        """The same in seconds, for who starts a deadline of their own."""
        left = self.milliseconds()
        return None if left is None else Fraction(left, 1000)


class Model:
    """A satisfying assignment; constants that the formulas leave open get Z3's default."""

    def __init__(self, model: z3.ModelRef) -> None:
        self._model = model

    def holds(self, term: z3.BoolRef) -> bool:
        """Whether a Boolean term is true."""
        return bool(z3.is_true(self._model.eval(term, model_completion=True)))

    def number(self, term: z3.ArithRef) -> int | Fraction:
        """The value of an integer or real term, exactly."""
        value = self._model.eval(term, model_completion=True)
        if z3.is_int_value(value):
            return int(value.as_long())
        if not z3.is_rational_value(value):
            raise InternalError(f"{term} = {value} is not rational, which linear arithmetic cannot give")
        return Fraction(value.numerator_as_long(), value.denominator_as_long())


@dataclass(frozen=True, slots=True)
class Sat:
    """There is an assignment."""

    model: Model = field(hash=False)


@dataclass(frozen=True, slots=True)
class Unsat:
    """There is none."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Z3 does not know, with its reason in words (``timeout`` where the time was up)."""

    reason: str


Answer = Sat | Unsat | Unknown


class Solver:
    """An incremental solver with a context of its own; build its formulas in ``context``.

    The options were measured on unrollings of timed networks: without relevancy, and with the older of Z3's two
    simplex solvers, they are decided several times faster.
    """

    def __init__(self) -> None:
        self.context = z3.Context()
        self._solver = z3.SimpleSolver(ctx=self.context)
        self._solver.set(random_seed=SEED, relevancy=0)
        self._solver.set("arith.solver", 2)
        self._asked = 0
        self._literals: list[z3.BoolRef] = []

    def add(self, *formulas: z3.BoolRef) -> None:
        """Assert formulas for good."""
        self._solver.add(*formulas)

    def check(self, *formulas: z3.BoolRef, deadline: Deadline | None = None, effort: int = 0) -> Answer:
        """Whether everything asserted can hold, and these formulas too, which are not kept.

        ``effort`` bounds the check in Z3's own units of work, which unlike time give the same answer every time.
        """
        left = deadline.milliseconds() if deadline else None
        if left == 0:
            return Unknown("timeout")
        self._solver.set("timeout", LONGEST_MS if left is None else min(left, LONGEST_MS))
        self._solver.set("rlimit", effort)
        self._literals = list(map(self._literal, formulas))
        try:
            found = self._solver.check(*self._literals)
        except z3.Z3Exception as problem:
            return _unknown(_words(problem), deadline)
        if found == z3.sat:
            return Sat(Model(self._solver.model()))
        if found == z3.unsat:
            return Unsat()
        reason = _unknown(self._solver.reason_unknown(), deadline).reason
        return Unknown("effort" if effort and reason == "canceled" else reason)

    def core(self) -> frozenset[int]:
        """After :class:`Unsat`: which of the formulas asked about sufficed for it, by position."""
        used = {literal.get_id() for literal in self._solver.unsat_core()}
        return frozenset(place for place, literal in enumerate(self._literals) if literal.get_id() in used)

    def _literal(self, formula: z3.BoolRef) -> z3.BoolRef:
        """A fresh name for a formula, unless it is a Boolean constant itself: Z3 assumes literals only."""
        if z3.is_const(formula) and formula.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            return formula
        self._asked += 1
        literal = z3.Bool(f"asked {self._asked}", self.context)
        self._solver.add(z3.Implies(literal, formula))
        return literal


@dataclass(frozen=True, slots=True)
class Closed:
    """A relation that contains the start, is closed under the step and meets no error: a term over the state."""

    relation: z3.BoolRef = field(hash=False)


@dataclass(frozen=True, slots=True)
class Reached:
    """There is none: an error is reached."""


class Horn:
    """Constrained Horn clauses over one unknown relation, decided by Spacer (Komuravelli, Gurfinkel, Chaki 2014).

    It has a context of its own; build its formulas in ``context``.
    """

    def __init__(self) -> None:
        self.context = z3.Context()

    def decide(
        self,
        before: Sequence[z3.ExprRef],
        after: Sequence[z3.ExprRef],
        rigid: Sequence[z3.ExprRef],
        choices: Sequence[z3.ExprRef],
        *,
        start: z3.BoolRef,
        step: z3.BoolRef,
        errors: Sequence[z3.BoolRef],
        deadline: Deadline | None = None,
    ) -> Closed | Reached | Unknown:
        """Whether an error is reached from the ``start`` (over ``before`` and ``rigid``) by steps (over everything)."""
        left = deadline.milliseconds() if deadline else None
        if left == 0:
            return Unknown("timeout")
        engine = z3.Fixedpoint(ctx=self.context)
        limit = {} if left is None else {"timeout": min(left, LONGEST_MS)}
        engine.set(**{"engine": "spacer", "spacer.random_seed": SEED, **limit})
        sorts = [constant.sort() for constant in (*before, *rigid)]
        relation = z3.Function("reached", *sorts, z3.BoolSort(self.context))
        error = z3.Bool("error", self.context)
        engine.register_relation(relation, error.decl())
        engine.declare_var(*before, *rigid, *after, *choices)
        engine.rule(relation(*before, *rigid), [start])
        engine.rule(relation(*after, *rigid), [relation(*before, *rigid), step])
        for found in errors:
            engine.rule(error, [relation(*before, *rigid), found])
        try:
            answer = engine.query(error)
            if answer == z3.unsat:
                return self._closed(engine.get_answer(), relation, (*before, *rigid))
        except z3.Z3Exception as problem:
            words = _words(problem)
            return Unknown("timeout" if limit and words == "canceled" else words)
        return Reached() if answer == z3.sat else _unknown(engine.reason_unknown(), deadline)

    def _closed(
        self, answer: z3.BoolRef, relation: z3.FuncDeclRef, arguments: Sequence[z3.ExprRef]
    ) -> Closed | Unknown:
        """The definition of the relation in an answer ``forall x. relation(x) = ...``."""
        for part in answer.children() if z3.is_and(answer) else [answer]:
            body = part.body() if z3.is_quantifier(part) else part
            if z3.is_eq(body) and body.arg(0).decl() == relation:
                # variables are counted from the innermost, which is the last
                return Closed(self._plain(z3.substitute_vars(body.arg(1), *reversed(arguments))))
        return Unknown("Spacer gave an answer without a definition of the relation")

    def _plain(self, term: z3.BoolRef) -> z3.BoolRef:
        """The term without the quantifiers that Spacer's preprocessing leaves where it needs no search."""
        if not _quantified(term):
            return term
        found = z3.TryFor(z3.Tactic("qe2", ctx=self.context), ELIMINATION_MS)(term)
        return found[0].as_expr() if len(found) == 1 else term


def _quantified(term: z3.ExprRef) -> bool:
    seen: dict[int, z3.ExprRef] = {}
    pending = [term]
    while pending:
        part = pending.pop()
        if z3.is_quantifier(part):
            return True
        if part.get_id() not in seen:
            seen[part.get_id()] = part
            pending += part.children()
    return False


def _words(problem: z3.Z3Exception) -> str:
    text = problem.args[0] if problem.args else "an exception without words"
    return text.decode() if isinstance(text, bytes) else str(text)


def _unknown(reason: str, deadline: Deadline | None) -> Unknown:
    """Z3 calls it by several names when the time is up."""
    return Unknown("timeout" if deadline and deadline.milliseconds() == 0 else reason)
