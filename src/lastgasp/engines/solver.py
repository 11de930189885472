"""The one place that calls Z3: check with a timeout, and read the answer as a sum type.

Every solver object owns a Z3 context, so that nothing is shared by the whole process. ``unknown`` leaves here as
:class:`Unknown` and never becomes anything else. Numbers come back exact: ``int`` or ``Fraction``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction

import z3

from lastgasp.errors import InternalError

SEED = 1
"""Fixed, so that an answer can be had again."""

LONGEST_MS = 2**31 - 1
"""Z3 keeps a timeout in 32 bits."""


class Deadline:
    """An instant of the wall clock at which work has to stop; ``None`` seconds is never."""

    def __init__(self, seconds: Fraction | float | None) -> None:
        self._end = None if seconds is None else time.monotonic_ns() + int(Fraction(seconds) * 10**9)

    def milliseconds(self) -> int | None:
        """What is left, ``None`` for no end."""
        return None if self._end is None else max(0, (self._end - time.monotonic_ns()) // 10**6)


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
        found = self._solver.check(*map(self._literal, formulas))
        if found == z3.sat:
            return Sat(Model(self._solver.model()))
        if found == z3.unsat:
            return Unsat()
        if deadline and deadline.milliseconds() == 0:
            return Unknown("timeout")
        reason = self._solver.reason_unknown()
        return Unknown("effort" if effort and reason == "canceled" else reason)

    def _literal(self, formula: z3.BoolRef) -> z3.BoolRef:
        """A fresh name for a formula: Z3 assumes literals only."""
        self._asked += 1
        literal = z3.Bool(f"asked {self._asked}", self.context)
        self._solver.add(z3.Implies(literal, formula))
        return literal
