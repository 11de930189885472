"""What engines found as plain data, to be kept, and the way back. Nothing that is read here is believed.

Reading raises :class:`ValueError`, ``KeyError`` and their like where the data is none; whoever recalls is ready for
anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lastgasp.engines.zones.engine import Finding, Run
from lastgasp.expr import Value
from lastgasp.recheck.inductive import ZoneSet
from lastgasp.recheck.smtlib import Invariant
from lastgasp.recheck.stored import expr_data, expr_from, zones_data, zones_from
from lastgasp.system import TimedSystem
from lastgasp.trace import Move, Step


@dataclass(frozen=True, slots=True)
class Shown:
    """A run of a part of a network, under the values that were found for its open parameters."""

    run: Run
    parameters: Mapping[str, Value] = field(default_factory=dict, hash=False)


def finding_data(found: Finding, system: TimedSystem) -> dict[str, Any] | None:
    """A run that breaks the goal, or a proof that none does; ``None`` where neither was found."""
    if found.broken is not None:
        return {"broken": shown_data(Shown(found.broken))}
    if found.proof is None:
        return None
    data = {"proof": zones_data(found.proof, tuple(system.variables))}
    return data if found.witness is None else data | {"witness": shown_data(Shown(found.witness))}


def finding_from(data: Mapping[str, Any]) -> Finding:
    """The inverse of :func:`finding_data`. That the goal's premise happens is for the witness to show."""
    if "broken" in data:
        return Finding(False, 0, 0, False, broken=shown_from(data["broken"]).run)
    witness = shown_from(data["witness"]).run if "witness" in data else None
    return Finding(True, 0, 0, witness is not None, proof=zones_from(data["proof"]), witness=witness)


def sound_data(proof: ZoneSet, system: TimedSystem) -> dict[str, Any]:
    """The set from which it can be checked that a network means something."""
    return {"proof": zones_data(proof, tuple(system.variables))}


def sound_from(data: Mapping[str, Any]) -> ZoneSet:
    """The inverse of :func:`sound_data`."""
    return zones_from(data["proof"])


def invariant_data(invariant: Invariant, witness: Shown | None = None) -> dict[str, Any]:
    """A proof by a solver, with a run in which the goal's premise happens."""
    data = {"k": invariant.k, "invariant": expr_data(invariant.condition)}
    return data if witness is None else data | {"witness": shown_data(witness)}


def invariant_from(data: Mapping[str, Any]) -> tuple[Invariant, Shown | None]:
    """The inverse of :func:`invariant_data`."""
    if type(data["k"]) is not int:
        raise ValueError(f"k {data['k']!r}")
    witness = shown_from(data["witness"]) if "witness" in data else None
    return Invariant(data["k"], expr_from(data["invariant"])), witness


def shown_data(shown: Shown) -> dict[str, Any]:
    """A run as lists: ``["3/2", "lamp.flash", [["lamp", 4], ["eye", 0]]]`` is a delay in seconds, and a step."""
    moves, rest = shown.run
    return {
        "steps": [[str(delay), step.event, [[m.instance, m.index] for m in step.moves]] for delay, step in moves],
        "rest": str(rest),
        "parameters": {n: {"s": str(v)} if isinstance(v, Fraction) else v for n, v in shown.parameters.items()},
    }


def shown_from(data: Mapping[str, Any]) -> Shown:
    """The inverse of :func:`shown_data`."""
    steps = [
        (_seconds(delay), Step(tuple(Move(str(who), int(index)) for who, index in moves), event))
        for delay, event, moves in data["steps"]
    ]
    parameters = {n: _seconds(v["s"]) if isinstance(v, dict) else v for n, v in data["parameters"].items()}
    return Shown((steps, _seconds(data["rest"])), parameters)


def _seconds(text: object) -> Fraction:
    if not isinstance(text, str) or len(text) > 200 or not text.replace("/", "", 1).isdigit():
        raise ValueError(f"{str(text)[:40]!r} is no time")  # nothing that would have to be worked out
    return Fraction(text)
