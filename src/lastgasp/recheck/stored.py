"""Proofs as plain data, for files: conditions as nested lists, sets of zones as lists of bounds; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from lastgasp.errors import InternalError
from lastgasp.expr import (
    COMPARE,
    And,
    Clock,
    Compare,
    Const,
    Expr,
    In,
    Name,
    Not,
    Or,
    Param,
    Plus,
    Times,
    Value,
    text,
)
from lastgasp.recheck.inductive import StoredZone, ZoneSet

LEAVES: dict[str, Callable[[str], Expr]] = {"name": Name, "clock": Clock, "parameter": Param}
JOINS: dict[str, Callable[[tuple[Expr, ...]], Expr]] = {"and": And, "or": Or, "+": Plus}


def expr_data(expr: Expr) -> Any:
    """A condition as nested lists, its operator first: ``["<=", ["clock", "lamp.time"], "180"]``."""
    match expr:
        case Const(value):
            return str(value) if isinstance(value, Fraction) else ["word", value] if isinstance(value, str) else value
        case Name(name):
            return ["name", name]
        case Clock(name):
            return ["clock", name]
        case Param(name):
            return ["parameter", name]
        case Compare(op, left, right):
            return [op, expr_data(left), expr_data(right)]
        case In(item, values):
            return ["in", expr_data(item), *(expr_data(Const(value)) for value in values)]
        case Not(item):
            return ["not", expr_data(item)]
        case And(items):
            return ["and", *map(expr_data, items)]
        case Or(items):
            return ["or", *map(expr_data, items)]
        case Plus(items):
            return ["+", *map(expr_data, items)]
        case Times(factor, item):
            return ["*", expr_data(Const(factor)), expr_data(item)]
    raise InternalError(f"an invariant cannot say {text(expr)}")


def expr_from(data: Any) -> Expr:
    """The inverse of :func:`expr_data`; raises :class:`ValueError` where it is not one."""
    if isinstance(data, str):
        return Const(Fraction(data))
    if isinstance(data, bool | int):
        return Const(data)
    if not isinstance(data, list) or not data:
        raise ValueError(f"condition {data!r}")
    head, *rest = data
    if head == "word" and len(rest) == 1 and isinstance(rest[0], str):
        return Const(rest[0])
    if head in LEAVES and len(rest) == 1 and isinstance(rest[0], str):
        return LEAVES[head](rest[0])
    parts = [expr_from(item) for item in rest]
    constants = [part.value for part in parts if isinstance(part, Const)]
    if head in COMPARE and len(parts) == 2:
        return Compare(head, *parts)
    if head == "not" and len(parts) == 1:
        return Not(parts[0])
    if head in JOINS:
        return JOINS[head](tuple(parts))
    if head == "*" and len(parts) == 2 and constants and isinstance(constants[0], int | Fraction):
        return Times(constants[0], parts[1])
    if head == "in" and len(constants) == len(parts) - 1:
        return In(parts[0], tuple(constants))
    raise ValueError(f"condition {data!r}")


def zones_data(stored: ZoneSet, variables: tuple[str, ...]) -> dict[str, Any]:
    """Zones as lists: ``["lamp.time", "", "<=", 180]`` says that lamp.time is at most 180 units of ``1 / scale`` s."""
    zones = [
        {
            "at": list(zone.location),
            **({"still": True} if zone.still else {}),
            "bounds": [[x, y, "<=" if raw & 1 else "<", raw >> 1] for (x, y), raw in zone.constraints.items()],
        }
        for zone in stored.zones
    ]
    return {"scale": stored.scale, "variables": list(variables), "zones": zones}


def zones_from(data: Mapping[str, Any]) -> ZoneSet:
    """The inverse of :func:`zones_data`; raises :class:`ValueError` and its like where it is not one."""
    scale = data["scale"]
    if type(scale) is not int or scale < 1:
        raise ValueError(f"scale {scale!r}")
    return ZoneSet(scale, tuple(_zone(item, len(data["variables"])) for item in data["zones"]))


def _zone(item: Mapping[str, Any], size: int) -> StoredZone:
    location: tuple[Value, ...] = tuple(item["at"])
    if len(location) != size or not all(type(value) in (str, bool, int) for value in location):
        raise ValueError(f"location {location!r}")
    bounds: dict[tuple[str, str], int] = {}
    for x, y, sign, units in item["bounds"]:
        if type(units) is not int or sign not in ("<", "<=") or not isinstance(x, str) or not isinstance(y, str):
            raise ValueError(f"bound {x!r} - {y!r} {sign!r} {units!r}")
        bounds[x, y] = 2 * units + (sign == "<=")
    return StoredZone(location, item.get("still") is True, bounds)
