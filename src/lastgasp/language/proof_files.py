"""Certificates as files: self-contained, so that whoever dislikes a verdict can recheck it without the study.

A file carries the question as text (machines, installation, sentences), its hash, and the sets of zones in plain words:
``["lamp.time", "", "<=", 180]`` says that lamp.time is at most 180 units of ``1 / scale`` seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from lastgasp.certificate import Certificate, Sound, system_of
from lastgasp.errors import InputError, InternalError, Place, Problem
from lastgasp.expr import TRUE, text
from lastgasp.language.machines import machine_from_yaml, network_from_yaml
from lastgasp.language.sentence_words import sentence_text
from lastgasp.language.sentences import parse_sentence
from lastgasp.language.writing import machine_to_yaml, network_to_yaml
from lastgasp.machine import Machine
from lastgasp.network import Network
from lastgasp.recheck.smtlib import Invariant, obligations
from lastgasp.recheck.stored import expr_data, expr_from, zones_data, zones_from
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
    sound, *apart = (_sound_data(*shown) for shown in certificate.means_something)
    data = {
        "format": FORMAT,
        "check": certificate.check,
        "hash": question_hash(question),
        "engine": certificate.engine,
        "question": question,
        "kept": list(certificate.kept),
        "proof": _proof_data(certificate),
        "sound": sound,
        "apart": apart,
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
            None if "invariant" in data["proof"] else zones_from(data["proof"]),
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
        return zones_data(certificate.zones, tuple(certificate.system().variables))
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


def _sound_data(part: Slice, sound: Sound) -> dict[str, Any]:
    return {narrow: zones_data(stored, tuple(system_of(part, narrow).variables)) for narrow, stored in sound.items()}


def _sound(data: Mapping[str, Any]) -> Sound:
    return {narrow: zones_from(stored) for narrow, stored in data.items()}


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
