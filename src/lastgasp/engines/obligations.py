"""What a proof by invariant has to satisfy, asked of a fresh solver that knows nothing of how it was found.

With ``I`` the invariant, and an *error* of a transition being a delay or a step in which the goal errs, or a step that
leaves a range: the start satisfies ``I``; every delay and step from a state in ``I`` leads back into it; no run errs in
its first ``k - 1`` transitions; and of ``k`` transitions from a state in ``I`` the last does not err if the others do
not. For ``k`` = 1 the last two say that no transition from a state in ``I`` errs. An error by delay needs no step after
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lastgasp.engines.encode import Encoding
from lastgasp.engines.solver import Answer, Deadline, Sat, Solver, Unknown, Unsat
from lastgasp.errors import InternalError
from lastgasp.expr import And, Expr, conj, text
from lastgasp.system import TimedSystem


@dataclass(frozen=True, slots=True)
class Proved:
    """The goal never errs and no step leaves a range, for any value of the open parameters in their ranges.

    ``invariant`` (over variables, clocks and parameters) holds in every state that a step leads to, before time passes
    there, and with it the goal is ``k``-inductive: see the module's docstring for what that obliges to.
    """

    k: int
    invariant: Expr = field(hash=False)


class Path:
    """Transitions in a row from any state in the invariant (``start``: from the first state), clean but for the last.

    ``needed``: where the last one cannot err, the parts of the invariant that were used to see it, by position.
    """

    def __init__(self, system: TimedSystem, invariant: Iterable[Expr], *, start: bool = False) -> None:
        self.solver = Solver()
        self.encoding = Encoding(system, self.solver.context)
        self.length, self.needed = 0, frozenset[int]()
        inside = self.encoding.states(invariant)
        self.flags = [self.encoding.flag(f"lemma {number}") for number in range(len(inside))]
        self._inside = self.encoding.all_of(
            self.encoding.implies(flag, item) for flag, item in zip(self.flags, inside, strict=True)
        )
        first = self.encoding.init if start else self.encoding.domains
        self.solver.add(self.encoding.ranges, self.encoding.at_step(first, 0))

    def longer(self, deadline: Deadline | None) -> Answer:
        """One transition more: whether it can err, where those before it do not. :class:`Unsat` where it cannot."""
        encoding, k = self.encoding, self.length
        self.length += 1
        self.solver.add(encoding.at_step(self._inside, k))
        worst: Answer = Unsat()
        used: frozenset[int] = frozenset()
        for formula, error in (
            (encoding.delay, encoding.any_of((encoding.delay_errs, encoding.overflows))),
            (encoding.step, encoding.step_errs),
        ):
            error = encoding.at_step(error, k)
            self.solver.add(encoding.at_step(formula, k))
            answer = self.solver.check(*self.flags, error, deadline=deadline)
            if isinstance(answer, Unsat):
                used |= self.solver.core()
            elif not isinstance(worst, Sat):
                worst = answer
            self.solver.add(encoding.negation(error))
        self.needed = used & frozenset(range(len(self.flags)))
        return worst


class _Closure:
    """The step from a state in which the chosen conditions hold to one in which a condition does not."""

    def __init__(self, system: TimedSystem, conditions: Sequence[Expr]) -> None:
        self.solver = Solver()
        encoding = self.encoding = Encoding(system, self.solver.context)
        before, self._after = encoding.states(conditions), encoding.states(conditions, after=True)
        self.flags = [encoding.flag(f"condition {number}") for number in range(len(conditions))]
        self.solver.add(encoding.ranges, encoding.domains, encoding.transition_formula)
        for flag, item in zip(self.flags, before, strict=True):
            self.solver.add(encoding.implies(flag, item))

    def left(self, number: int, given: Iterable[int], deadline: Deadline | None) -> Answer:
        """Whether a transition can break the condition of that number, where the ``given`` ones hold before it."""
        flags = (self.flags[place] for place in given)
        return self.solver.check(self.encoding.negation(self._after[number]), *flags, deadline=deadline)


def clauses(expr: Expr) -> tuple[Expr, ...]:
    """The conjuncts of an expression."""
    return expr.items if isinstance(expr, And) else (expr,)


def settled(
    system: TimedSystem, k: int, invariant: Iterable[Expr], deadline: Deadline | None = None
) -> Proved | Unknown:
    """A proof that an engine believes to have, without what it does not need, checked again by fresh solvers."""
    proof = _reduced(system, Proved(k, conj(*invariant)), deadline)
    doubt = recheck(system, proof, deadline)
    return Unknown(f"a proof was found but could not be checked again: {doubt.reason}") if doubt else proof


def recheck(system: TimedSystem, proof: Proved, deadline: Deadline | None = None) -> Unknown | None:
    """Discharge every obligation of a proof, all parts of its invariant at once. Returns the first that is not decided.

    Raises :class:`InternalError` for one that does not hold.
    """
    for what, answer in _obligations(system, proof, deadline):
        if isinstance(answer, Sat):
            raise InternalError(
                f"a proof with k = {proof.k} does not stand: {what}; its invariant: {text(proof.invariant)}"
            )
        if isinstance(answer, Unknown):
            return answer
    return None


def _obligations(system: TimedSystem, proof: Proved, deadline: Deadline | None) -> Iterator[tuple[str, Answer]]:
    solver = Solver()
    encoding = Encoding(system, solver.context)
    inside = encoding.state(proof.invariant)
    solver.add(encoding.ranges)
    outside = encoding.negation(inside)
    yield "the start is outside of its invariant", solver.check(encoding.init, outside, deadline=deadline)
    solver = Solver()
    encoding = Encoding(system, solver.context)
    solver.add(encoding.ranges, encoding.domains, encoding.state(proof.invariant), encoding.transition_formula)
    outside = encoding.negation(encoding.state(proof.invariant, after=True))
    yield "a step leaves its invariant", solver.check(outside, deadline=deadline)
    start = Path(system, (), start=True)
    for number in range(1, proof.k):
        yield f"a run errs in its transition {number}", start.longer(deadline)
    anywhere = Path(system, clauses(proof.invariant))
    for number in range(1, proof.k + 1):
        answer = anywhere.longer(deadline)
        if number == proof.k:
            yield "its invariant does not exclude an error", answer


def _reduced(system: TimedSystem, proof: Proved, deadline: Deadline | None) -> Proved:
    """The proof with a part of its invariant that suffices; the same proof where that could not be decided."""
    parts = clauses(proof.invariant)
    path = Path(system, parts)
    for _ in range(proof.k - 1):
        path.longer(deadline)
    if not isinstance(path.longer(deadline), Unsat):
        return proof
    closure = _Closure(system, parts)
    needed = dict.fromkeys(sorted(path.needed))
    pending = list(needed)
    while pending:
        number = pending.pop()
        # what is kept by the conditions found so far is kept by more of them
        if isinstance(closure.left(number, needed, deadline), Unsat):
            continue
        if not isinstance(closure.left(number, range(len(parts)), deadline), Unsat):
            return proof
        fresh = sorted({place - 1 for place in closure.solver.core() if place} - set(needed))
        needed.update(dict.fromkeys(fresh))
        pending += fresh
    return Proved(proof.k, conj(*(parts[number] for number in sorted(needed))))
