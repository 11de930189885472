"""Property-directed reachability over constrained Horn clauses: Z3's Spacer looks for an invariant by itself.

One relation over all constants of the state and the open parameters, which are rigid arguments; one clause for the
start, one for a delay and a step, two for the errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lastgasp.engines.decode import Decoder
from lastgasp.engines.encode import Encoding
from lastgasp.engines.lemmas import Houdini, checked
from lastgasp.engines.obligations import Path, Proved, settled
from lastgasp.engines.solver import Closed, Deadline, Horn, Reached, Unknown, Unsat
from lastgasp.errors import InternalError
from lastgasp.expr import Expr
from lastgasp.system import TimedSystem


@dataclass(frozen=True, slots=True)
class Broken:
    """Some run breaks the goal or leaves a range; bounded search tells which."""


Outcome = Proved | Broken | Unknown

LEVELS = 1
"""Levels of guessed lemmas that are conjoined to the clauses."""

OPTIONS: Mapping[str, object] = {}


def prove(
    system: TimedSystem,
    *,
    lemmas: Iterable[Expr] = (),
    timeout: Fraction | float | None = None,
    levels: int = LEVELS,
    options: Mapping[str, object] = OPTIONS,
) -> Outcome:
    """Prove that the goal never errs, or find out that it does.

    ``lemmas`` are conditions on states that may hold; they are not believed. ``timeout`` bounds everything, in seconds
    of the wall clock.
    """
    deadline = Deadline(timeout)
    houdini = Houdini(system, deadline)
    houdini.keep(checked(system, lemmas))
    for _ in range(levels):
        houdini.level()
    # Spacer has no invariant to show where nothing is left to find out
    if isinstance(Path(system, houdini.known).longer(deadline), Unsat):
        return settled(system, 1, houdini.known, deadline)
    horn = Horn(options)
    encoding = Encoding(system, horn.context)
    match _solved(horn, encoding, houdini.known, deadline):
        case Closed(relation):
            try:
                found = Decoder(encoding).clauses(relation)
            except InternalError as problem:
                return Unknown(f"Spacer's invariant cannot be put into words: {problem}")
            return settled(system, 1, (*houdini.known, *found), deadline)
        case Reached():
            return Broken()
        case unknown:
            return unknown


def _solved(horn: Horn, encoding: Encoding, lemmas: Iterable[Expr], deadline: Deadline) -> Closed | Reached | Unknown:
    known = encoding.states(lemmas)
    errors = (encoding.delay_errs, encoding.overflows, encoding.all_of((encoding.step, encoding.step_errs)))
    return horn.decide(
        encoding.before,
        encoding.after,
        list(encoding.parameters.values()),
        encoding.choices,
        start=encoding.all_of((encoding.init, encoding.ranges)),
        step=encoding.all_of((*known, encoding.transition_formula)),
        errors=[encoding.all_of((*known, encoding.delay, error)) for error in errors],
        deadline=deadline,
    )
