"""Certificates as files: self-contained, so that whoever dislikes a verdict can recheck it without the study.

A file carries the question as text (machines, installation, sentences), its hash, and the sets of zones in plain words:
``["lamp.time", "", "<=", 180]`` says that lamp.time is at most 180 units of ``1 / scale`` seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from hashlib import sha256
from typing import Any

from lastgasp.certificate import Certificate, Sound, system_of
from lastgasp.errors import InputError, InternalError, Place, Problem
from lastgasp.expr import (
    COMPARE,
    TRUE,
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
from lastgasp.language.machines import machine_from_yaml, network_from_yaml
from lastgasp.language.sentence_words import sentence_text
from lastgasp.language.sentences import parse_sentence
from lastgasp.language.writing import machine_to_yaml, network_to_yaml
from lastgasp.machine import Machine
from lastgasp.network import Network
from lastgasp.recheck.inductive import StoredZone, ZoneSet
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.sentences import Sentence
from lastgasp.slicing import Slice

FORMAT = "lastgasp certificate 1"


def question_text(
    network: Network, goal: Sentence, clauses: Mapping[str, Sentence], assumptions: Mapping[str, Sentence]
) -> dict[str, Any]:
    """A question as text: what is to be proved, of which network, under which sentences.

    :class:`InternalError` where a sentence does not read back as what it says, :class:`InputError` where different
    machines have one name, so that a file could not tell them apart.
    """

    def written(sentence: Sentence) -> str:
        found = sentence_text(sentence, network)
        if parse_sentence(found, network).formula != sentence.formula:
            raise InternalError(f"the sentence {sentence.text!r} reads back as another one: {found!r}")
        return found

    machines: dict[str, Machine] = {}
    for machine in network.machines:
        if machines.setdefault(machine.name, machine) != machine:
            raise InputError(Problem(f"two machines are called {machine.name!r}", "rename one of them", machine.place))
    return {
        "machines": {name: machine_to_yaml(machine) for name, machine in sorted(machines.items())},
        "installation": network_to_yaml(network),
        "goal": written(goal),
        "clauses": {name: written(sentence) for name, sentence in clauses.items()},
        "assumptions": {name: written(sentence) for name, sentence in assumptions.items()},
    }


def question_hash(question: Mapping[str, Any]) -> str:
    """The SHA-256 of a question's text, in hexadecimal; the order of clauses does not matter."""
    return sha256(json.dumps(question, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def same_question(
    certificate: Certificate,
    network: Network,
    goal: Sentence,
    clauses: Mapping[str, Sentence],
    assumptions: Mapping[str, Sentence],
) -> bool:
    """Whether a certificate is about this question: the same models, goal, clauses and assumptions."""
    mine = question_text(certificate.network, certificate.goal, certificate.clauses, certificate.assumptions)
    return question_hash(mine) == question_hash(question_text(network, goal, clauses, assumptions))


def certificate_to_json(certificate: Certificate) -> str:
    """The certificate as the text of its file."""
    question = question_text(certificate.network, certificate.goal, certificate.clauses, certificate.assumptions)
    data = {
        "format": FORMAT,
        "check": certificate.check,
        "hash": question_hash(question),
        "engine": certificate.engine,
        "question": question,
        "kept": list(certificate.kept),
        "proof": _proof_data(certificate),
        "sound": _sound_data(certificate.part, certificate.sound),
        "apart": [_sound_data(*shown) for shown in list(certificate.means_something)[1:]],
    }
    return _laid_out({**data, "seal": _seal(data)})


def _seal(data: Mapping[str, Any]) -> str:
    """The SHA-256 of everything in a file but the seal, so that a slip of the hand is noticed before any proof is."""
    rest = {key: value for key, value in data.items() if key != "seal"}
    return sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def certificate_from_json(text: str, name: str = "<text>") -> Certificate:
    """A certificate read from the text of its file. Reading it does not recheck it: whoever edits can seal again.

    :class:`InputError` where the text is no certificate, :class:`InternalError` where it contradicts itself.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        place = Place(name, getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise InputError(Problem("this is no JSON", "give a file that 'check --certificates' wrote", place)) from error
    try:
        if data["format"] != FORMAT:
            raise _no_certificate(name, f"its format is {data['format']!r}, not {FORMAT!r}")
        if data["seal"] != _seal(data):
            raise InternalError("the certificate is rejected: it was changed after it was written (its seal is broken)")
        question = data["question"]
        if question_hash(question) != data["hash"]:
            raise InternalError("the certificate is rejected: its hash is not that of its question")
        machines = {
            key: machine_from_yaml(text, f"{name}, machine {key}") for key, text in question["machines"].items()
        }
        network = network_from_yaml(question["installation"], machines, f"{name}, installation")

        def sentences(kind: str) -> dict[str, Sentence]:
            return {key: parse_sentence(words, network) for key, words in question[kind].items()}

        certificate = Certificate(
            str(data["check"]),
            str(data["engine"]),
            network,
            parse_sentence(question["goal"], network),
            sentences("clauses"),
            sentences("assumptions"),
            tuple(data["kept"]),
            None if "invariant" in data["proof"] else _zones(data["proof"]),
            _invariant(data["proof"]) if "invariant" in data["proof"] else None,
            _sound(data["sound"]),
            _over(data["proof"]),
            expr_from(data["proof"]["given"]) if "given" in data["proof"] else TRUE,
            tuple(map(_sound, data["apart"])),
        )
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise _no_certificate(name, f"a part of it is missing or of another kind ({error})") from error
    if certificate.invariant is not None:
        if data["proof"]["obligations"] != obligations(certificate.open_system, certificate.invariant):
            raise InternalError("the certificate is rejected: its obligations are not those of what it is about")
    elif tuple(data["proof"]["variables"]) != tuple(certificate.system().variables):
        raise InternalError("the certificate is rejected: its variables are not those of its question")
    for (part, _), shown in zip(certificate.means_something, (data["sound"], *data["apart"]), strict=True):
        for narrow, stored in shown.items():
            if tuple(stored["variables"]) != tuple(system_of(part, narrow).variables):
                raise InternalError("the certificate is rejected: its variables are not those of its question")
    return certificate


def _no_certificate(name: str, why: str) -> InputError:
    return InputError(
        Problem(f"this is no certificate: {why}", "give a file that 'check --certificates' wrote", Place(name, 1, 1))
    )


def _proof_data(certificate: Certificate) -> dict[str, Any]:
    if certificate.invariant is None:
        assert certificate.zones is not None
        return _zones_data(certificate.zones, tuple(certificate.system().variables))
    proof = certificate.invariant
    opened = {} if certificate.over is None else {"over": list(map(list, certificate.over))}
    given = {} if certificate.given == TRUE else {"given": expr_data(certificate.given)}
    return {
        "k": proof.k,
        **opened,
        **given,
        "invariant": expr_data(proof.condition),
        "in words": text(proof.condition),
        "obligations": obligations(certificate.open_system, proof),
    }


def _invariant(data: Mapping[str, Any]) -> Invariant:
    if type(data["k"]) is not int:
        raise ValueError(f"k {data['k']!r}")
    return Invariant(data["k"], expr_from(data["invariant"]))


def _over(data: Mapping[str, Any]) -> tuple[tuple[str, ...], ...] | None:
    if "over" not in data:
        return None
    if not all(isinstance(name, str) for group in data["over"] for name in group):
        raise ValueError(f"parameters {data['over']!r}")
    return tuple(map(tuple, data["over"]))


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


def _sound_data(part: Slice, sound: Sound) -> dict[str, Any]:
    return {narrow: _zones_data(stored, tuple(system_of(part, narrow).variables)) for narrow, stored in sound.items()}


def _sound(data: Mapping[str, Any]) -> Sound:
    return {narrow: _zones(stored) for narrow, stored in data.items()}


def _zones_data(stored: ZoneSet, variables: tuple[str, ...]) -> dict[str, Any]:
    zones = [
        {
            "at": list(zone.location),
            **({"still": True} if zone.still else {}),
            "bounds": [[x, y, "<=" if raw & 1 else "<", raw >> 1] for (x, y), raw in zone.constraints.items()],
        }
        for zone in stored.zones
    ]
    return {"scale": stored.scale, "variables": list(variables), "zones": zones}


def _zones(data: Mapping[str, Any]) -> ZoneSet:
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


def _laid_out(data: dict[str, Any]) -> str:
    """JSON with a zone to a line, so that people can read and compare it."""

    def zones(part: dict[str, Any]) -> str:
        if "zones" not in part:
            return json.dumps(part, indent=2, ensure_ascii=False)
        head = json.dumps({key: value for key, value in part.items() if key != "zones"}, ensure_ascii=False)[:-1]
        return head + ', "zones": [\n' + ",\n".join(json.dumps(z, ensure_ascii=False) for z in part["zones"]) + "\n]}"

    def sound(part: dict[str, Any]) -> str:
        return "{\n" + ",\n".join(f"{json.dumps(narrow)}: {zones(stored)}" for narrow, stored in part.items()) + "\n}"

    plain = {key: value for key, value in data.items() if key not in ("proof", "sound", "apart")}
    head = json.dumps(plain, indent=2, ensure_ascii=False)[:-2]
    beside = ",\n".join(map(sound, data["apart"]))
    return f'{head},\n"proof": {zones(data["proof"])},\n"sound": {sound(data["sound"])},\n"apart": [{beside}]\n}}\n'
