"""Claims in files: from nodes to data, and the way back."""

from __future__ import annotations

from typing import Any

from lastgasp.claim import Claim, Stated
from lastgasp.errors import Place
from lastgasp.language.machines import fields, line, start, words
from lastgasp.language.places import refusal
from lastgasp.language.writing import filled
from lastgasp.language.yaml_source import Node, Sequence


def read_claim(name: str, place: Place, node: Node) -> Claim:
    """The claim of a checked node."""
    keys = fields(node)
    return Claim(
        name,
        line(keys["says"]),
        line(keys["respondent"]),
        line(keys["question"]),
        tuple(_item(item) for item in _items(keys["reading"])),
        line(keys["expect"]),
        words(keys.get("only if")),
        words(keys.get("rests on")),
        line(keys.get("title")),
        line(keys.get("note")),
        place,
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _item(node: Node) -> tuple[Stated, ...]:
    several = fields(node).get("any")
    if several is None:
        return (_stated(node),)
    if len(fields(node)) > 1:
        raise refusal("'any' has other keys beside it", "write them into each of its checks", node.place)
    return tuple(_stated(part) for part in _items(several))


def _stated(node: Node) -> Stated:
    keys = fields(node)
    return Stated(
        outcome=line(keys.get("outcome")),
        goal=line(keys.get("goal")),
        sentence=line(keys.get("sentence")),
        proposal=line(keys.get("proposal")),
        installations=words(keys.get("installation")),
        profile=line(keys.get("profile")),
        with_=words(keys.get("with")),
        without=words(keys.get("without")),
        given=words(keys.get("given")),
        assume=words(keys.get("assume")),
        classification=line(keys.get("class")),
        apart=words(keys.get("apart")),
        place=start(keys["sentence"]) if "sentence" in keys else node.place,
    )


def claim_data(claim: Claim) -> dict[str, Any]:
    """A claim as a file holds it."""
    items = [_data(item[0]) if len(item) == 1 else {"any": [_data(one) for one in item]} for item in claim.reading]
    return filled(
        title=claim.title,
        respondent=claim.respondent,
        question=claim.question,
        says=claim.says,
        reading=items,
        only_if=list(claim.only_if),
        rests_on=list(claim.rests_on),
        expect=claim.expect,
        note=claim.note,
    )


def _data(check: Stated) -> dict[str, Any]:
    return filled(
        goal=check.goal,
        sentence=check.sentence,
        proposal=check.proposal,
        installation=list(check.installations),
        profile=check.profile,
        without=list(check.without),
        given=list(check.given),
        assume=list(check.assume),
        apart=list(check.apart),
        outcome=check.outcome,
        **{"with": list(check.with_)},
        **{"class": check.classification},
    )
