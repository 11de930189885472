"""Property-directed reachability over constrained Horn clauses: Z3's Spacer looks for an invariant by itself.

One relation over all constants of the state and the open parameters, which are rigid arguments; one clause for the
start, one for a delay and a step, one for each kind of error. Lemmas that were guessed and found inductive stand beside
the relation in every clause.

Measured in seconds of CPU for the search alone, on two goals about the largest slice of the bundled study (21 variables
and 15 clocks, 6 free parameters; see ``benchmarks/solvers.py``), over one to three seeds each:

===============================================  ==============  ==============
as it is                                         12, 13          13, 22
without lemmas                                   15, 32, 45      33, 33, 39
lemmas about values only                         35              none in 40
two levels of lemmas                             31              8, 8
lemmas as covers, which need slicing off         35              23
a relation for each state of the first machine   4, 28           6, 12
a relation for each state of the last machine    none in 50      none in 35
a clause for each step                           none in 75      none in 75
formulas simplified beforehand                   none in 25      none in 30
``spacer.push_pob``, ``spacer.use_lim_num_gen``  28; 17          26; 19
``xform.inline_*`` off                           11              25
===============================================  ==============  ==============

So a relation for each location helps or harms by the choice of the machine, which nothing tells beforehand, and no
option wins on both. On Fischer's protocol lemmas do not help Spacer (four processes: 40 to 60 without, 100 with them);
there k-induction is faster.
"""

from __future__ import annotations

from collections.abc import Iterable
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
"""Levels of guessed lemmas that stand in the clauses."""


def prove(
    system: TimedSystem,
    *,
    lemmas: Iterable[Expr] = (),
    timeout: Fraction | float | None = None,
    levels: int = LEVELS,
) -> Outcome:
    """Prove that the goal never errs, or find out that it does.

    ``lemmas`` are conditions on states that may hold; they are not believed. ``timeout`` bounds everything, in seconds
    of the wall clock. ``levels`` of lemmas are guessed.
    """
    deadline = Deadline(timeout)
    houdini = Houdini(system, deadline)
    houdini.keep(checked(system, lemmas))
    for _ in range(levels):
        houdini.level()
    # Spacer has no invariant to show where nothing is left to find out
    if isinstance(Path(system, houdini.known).longer(deadline), Unsat):
        return settled(system, 1, houdini.known, deadline)
    horn = Horn()
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
