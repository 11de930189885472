"""A set of zones as one condition: a proof by zones checked by solvers as well, which know nothing of zones.

The situations of an inductive set of zones are an invariant, and with it the goal is 1-inductive. So the obligations of
:mod:`~lastgasp.recheck.smtlib` can be made of it, with another reading of the system than
:mod:`~lastgasp.recheck.reading` and no arithmetic of zones: whoever doubts either has the other.
"""

from __future__ import annotations

from fractions import Fraction

from lastgasp.expr import FALSE, Clock, Compare, Const, Expr, Name, Plus, Times, conj, disj, one_of
from lastgasp.recheck.inductive import StoredZone, ZoneSet
from lastgasp.recheck.smtlib import Invariant
from lastgasp.system import TimedSystem


def invariant_of(system: TimedSystem, stored: ZoneSet) -> Invariant:
    """The condition of being in one of the zones."""
    zones = [_inside(tuple(system.variables), zone, stored.scale) for zone in stored.zones]
    return Invariant(1, disj(*zones) if zones else FALSE)


def _inside(names: tuple[str, ...], zone: StoredZone, scale: int) -> Expr:
    there = [one_of(Name(name), (value,)) for name, value in zip(names, zone.location, strict=True)]
    for (x, y), raw in zone.constraints.items():
        parts: list[Expr] = [Clock(x)] if x else []
        parts += [Times(Fraction(-1), Clock(y))] if y else []
        if parts:
            difference = Plus(tuple(parts)) if len(parts) > 1 else parts[0]
            there.append(Compare("<=" if raw & 1 else "<", difference, Const(Fraction(raw >> 1, scale))))
    return conj(*there)
