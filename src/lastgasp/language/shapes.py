"""What a file may contain, as data: one description serves the loader (problems) and the editor (JSON Schema)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lastgasp.errors import Place, Problem
from lastgasp.language.yaml_source import Mapping, Node, Scalar, Sequence
from lastgasp.validate import did_you_mean

NAME = re.compile(r"[A-Za-z_]\w*(?:-\w+)*", re.ASCII)
RESERVED = frozenset({"and", "or", "not", "is", "if", "else"})


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is not empty; one of ``choices`` where there are any; with ``name``, a word usable in conditions."""

    what: str
    choices: tuple[str, ...] = ()
    name: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value at all, as in ``may:``."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with ``or_one``, a single item may stand without brackets."""

    item: Shape
    or_one: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """Names of the author's choice, each with a value; with ``names``, words usable in conditions."""

    value: Shape
    what: str
    names: bool = True


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a record."""

    name: str
    shape: Shape
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Fixed keys. Of ``one_of``, exactly one stands in each record (with ``or_none``: at most one)."""

    what: str
    keys: tuple[Key, ...]
    one_of: tuple[str, ...] = ()
    or_none: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    """A list, or a mapping."""

    sequence: ListOf
    mapping: MapOf


Shape = Text | Nothing | ListOf | MapOf | Record | Either

YES_NO = Text("yes or no", ("yes", "no"))


def shape_problems(node: Node, shape: Shape) -> Iterator[Problem]:
    """Every way in which ``node`` differs from ``shape``; nothing more is wrong with the kinds of its parts."""
    match shape, node:
        case Text(), Scalar(text, place):
            yield from _text_problems(shape, text, place)
        case Nothing(), Scalar(""):
            return
        case ListOf(item, True), Scalar():
            yield from shape_problems(node, item)
        case ListOf(item), Sequence(items):
            for part in items:
                yield from shape_problems(part, item)
        case ((MapOf() | Record() | ListOf() | Either()), Scalar("", place)):
            yield Problem(f"nothing where {_article(shape)} is expected", "leave the key out, or fill it in", place)
        case MapOf(value, what, names), Mapping(entries):
            for key, part in entries:
                if names:
                    yield from name_problems(key.text, what, key.place)
                yield from shape_problems(part, value)
        case Record(), Mapping():
            yield from _record_problems(shape, node)
        case Either(sequence, mapping), _ if not isinstance(node, Scalar):
            yield from shape_problems(node, sequence if isinstance(node, Sequence) else mapping)
        case _:
            found = {Scalar: "a text", Sequence: "a list", Mapping: "a mapping"}[type(node)]
            yield Problem(f"{found} where {_article(shape)} is expected", _example(shape), node.place)


def name_problems(name: str, what: str, place: Place | None) -> Iterator[Problem]:
    """What keeps ``name`` from being a word that conditions and sentences can use."""
    if not NAME.fullmatch(name):
        yield Problem(f"{name!r} cannot be {what}", "use letters, digits, '_' and '-', and start with a letter", place)
    elif name in RESERVED:
        yield Problem(f"{name!r} is a word of the language, not {what}", "choose another word", place)


def _text_problems(shape: Text, text: str, place: Place) -> Iterator[Problem]:
    if not text.strip():
        yield Problem(f"nothing where {shape.what} is expected", "leave the key out, or fill it in", place)
    elif shape.choices and text not in shape.choices:
        yield Problem(f"{text!r} is not {shape.what}", did_you_mean(text, shape.choices), place)
    elif shape.name:
        yield from name_problems(text, shape.what, place)


def _record_problems(record: Record, node: Mapping) -> Iterator[Problem]:
    known = {key.name: key for key in record.keys}
    for name, value in node.entries:
        if name.text not in known:
            cure = did_you_mean(name.text, known)
            if " " in name.text and isinstance(value, Scalar) and not value.text:
                cure = "if these words belong to the text before the comma, put that text into quotes"
            yield Problem(f"{record.what} has no key {name.text!r}", cure, name.place)
        else:
            yield from shape_problems(value, known[name.text].shape)
    present = [name for name, _ in node.entries]
    words = {name.text for name in present}
    for key in record.keys:
        if key.required and key.name not in words:
            cure = f"add '{key.name}: ...' ({key.help})"
            yield Problem(f"{record.what} lacks the key '{key.name}'", cure, node.place)
    chosen = [name for name in present if name.text in record.one_of]
    listed = ", ".join(f"'{name}'" for name in record.one_of)
    if len(chosen) > 1:
        both = " and ".join(f"'{name.text}'" for name in chosen)
        yield Problem(f"{record.what} has {both}", f"keep one of {listed}", chosen[1].place)
    elif record.one_of and not chosen and not record.or_none:
        yield Problem(f"{record.what} has none of {listed}", "add exactly one of them", node.place)


def _article(shape: Shape) -> str:
    match shape:
        case Text(what) | Record(what):
            return what
        case Nothing():
            return "no value"
        case ListOf():
            return "a list"
        case MapOf(_, what):
            return f"a mapping with {what} as keys"
        case Either():
            return "a list or a mapping"


def _example(shape: Shape) -> str:
    match shape:
        case ListOf():
            return "write '[a, b]', or one '- item' per line"
        case MapOf() | Record():
            return "write '{key: value}', or one 'key: value' per line"
        case Nothing():
            return "write nothing after the colon"
        case Text():
            return "write one line of text; quote it if it contains ': ' or starts with a bracket"
        case Either():
            return "write '[a, b]' or '{a: {...}}'"


def json_schema(shape: Shape) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a shape. An editor may take a text for a number, so both are let through."""
    match shape:
        case Text(what, choices, name):
            if choices:
                return {"enum": list(choices), "description": what}
            if name:
                return {"type": "string", "pattern": f"^(?:{NAME.pattern})$", "description": what}
            return {"type": ["string", "number", "boolean"], "description": what}
        case Nothing():
            return {"type": "null"}
        case ListOf(item, or_one):
            many = {"type": "array", "items": json_schema(item)}
            return {"anyOf": [json_schema(item), many]} if or_one else many
        case MapOf(value, what, names):
            mapping_of = {"type": "object", "description": what, "additionalProperties": json_schema(value)}
            return mapping_of | ({"propertyNames": {"pattern": f"^(?:{NAME.pattern})$"}} if names else {})
        case Either(sequence, mapping):
            return {"anyOf": [json_schema(sequence), json_schema(mapping)]}
        case Record(what, keys, one_of, or_none):
            schema: dict[str, Any] = {
                "type": "object",
                "description": what,
                "properties": {key.name: json_schema(key.shape) | {"description": key.help} for key in keys},
                "required": [key.name for key in keys if key.required],
                "additionalProperties": False,
            }
            if one_of:
                rules: list[dict[str, Any]] = [{"required": [name]} for name in one_of]
                if or_none:
                    rules.append({"not": {"anyOf": [*rules]}})
                schema["oneOf"] = rules
            return schema
