"""YAML 1.2 as a tree of texts with places: every scalar is a string, and every key and value knows where it stands.

The tree is built from ruamel's events, so no tag, anchor or resolver is ever obeyed. What a configuration has no use
for and an attacker has (aliases, tags, several documents, endless nesting) is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from lastgasp.errors import InputError, Place, Problem, os_cure
from lastgasp.language.places import TextPlace, refusal

MAX_BYTES = 1_000_000
MAX_NODES = 10_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. ``start`` is where its first character stands (inside the quotes, if any)."""

    text: str
    place: Place
    start: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order of the file, no key twice."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value of a key, or ``None``."""
        return next((value for known, value in self.entries if known.text == key), None)


Node = Scalar | Sequence | Mapping


def read_text(path: Path, name: str | None = None, limit: int | None = MAX_BYTES) -> str:
    """The text of a file, of at most ``limit`` bytes, as it stands there. Raises :class:`InputError`."""
    name = name or str(path)
    try:
        with path.open("rb") as file:
            data = file.read() if limit is None else file.read(limit + 1)
    except OSError as error:
        raise refusal(f"cannot read the file: {error.strerror or error}", os_cure(error), Place(name)) from None
    if limit is not None and len(data) > limit:
        raise refusal("the file is larger than 1 MB", "split it into several files", Place(name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise refusal("the file is not UTF-8 text", "save it as UTF-8", Place(name, line, column)) from None


def read_yaml(path: Path, name: str | None = None) -> Node:
    """The content of a file. ``name`` is what places call it (default: the path). Raises :class:`InputError`."""
    return parse_yaml(read_text(path, name), name or str(path))


def parse_yaml(text: str, name: str = "<text>") -> Node:
    """The content of a YAML text. Raises :class:`InputError` with every duplicate key, or the first other problem."""
    _refuse_early(text, name)
    try:
        return _Builder(text, name).build()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
        what = error.problem or error.context or "unreadable"
        raise refusal(f"not YAML: {what}", "check indentation, colons, quotes and brackets here", place) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise refusal(f"not YAML: {str(error).splitlines()[0]}", "write plain YAML 1.2", Place(name)) from None


def _refuse_early(text: str, name: str) -> None:
    """Refuse what the scanner would be slow at, or would explain badly."""
    if not text.strip():
        raise refusal("the file is empty", "write 'machine: NAME' or another kind of file", Place(name))
    for pattern, what, cure in (
        (r"\t", "a tab character", "use spaces"),
        (r"[^\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "an unprintable character", "delete it"),
        (rf"(?:- ){{{MAX_DEPTH}}}", f"lists nested more than {MAX_DEPTH} deep", "flatten them"),
    ):
        if found := re.search(pattern, text):
            raise refusal(what, cure, _place(text, found.start(), name))
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            place = _place(text, bracket.start(), name)
            raise refusal(f"brackets nested more than {MAX_DEPTH} deep", "flatten them", place)


def _place(text: str, offset: int, name: str) -> Place:
    return Place(name, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


class _Builder:
    """Builds one tree from the events of one text."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.problems: list[Problem] = []

    def build(self) -> Node:
        events = self.checked(iter(YAML(typ="safe", pure=True).parse(self.text)))
        root = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise refusal("a second document", "keep one document in a file, without '---'", self.place(event))
                if event.version or event.tags:
                    raise refusal("a YAML directive", "delete the line that starts with '%'", self.place(event))
                root = self.node(next(events), events, 1)
        if root is None or (isinstance(root, Scalar) and not root.text):
            raise refusal("the file is empty", "write 'machine: NAME' or another kind of file", Place(self.name))
        if self.problems:
            raise InputError(self.problems)
        return root

    def checked(self, events: Iterator[Event]) -> Iterator[Event]:
        """The events, as long as they are few and harmless."""
        for count, event in enumerate(events):
            place = self.place(event)
            if count > MAX_NODES:
                raise refusal(f"more than {MAX_NODES} values in a file", "split it into several files", place)
            if isinstance(event, AliasEvent):
                raise refusal("an alias ('*...')", "write the value out", place)
            if anchor := getattr(event, "anchor", None):
                raise refusal(f"an anchor ('&{anchor}')", "delete it; aliases are not used here", place)
            if tag := getattr(event, "ctag", None):
                raise refusal(f"a tag ('{tag}')", "delete it; every value is a text here", place)
            yield event

    def place(self, event: Event) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        place = self.place(event)
        if depth > MAX_DEPTH:
            raise refusal(f"values nested more than {MAX_DEPTH} deep", "flatten them", place)
        if isinstance(event, ScalarEvent):
            return self.scalar(event, place)
        if isinstance(event, SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(events), SequenceEndEvent):
                items.append(self.node(event, events, depth + 1))
            return Sequence(tuple(items), place)
        assert isinstance(event, MappingStartEvent)
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self.node(event, events, depth + 1)
            if not isinstance(key, Scalar):
                raise refusal("a key that is a list or a mapping", "write a word as the key", key.place)
            value = self.node(next(events), events, depth + 1)
            if isinstance(value, Scalar) and not value.text and value.place.line > key.place.line:
                value = Scalar("", key.place, key.place)  # a missing value stands where its key stands
            if key.text in entries:
                cure = f"the first is in line {entries[key.text][0].place.line}; keep one"
                self.problems.append(Problem(f"the key {key.text!r} a second time", cure, key.place))
            entries.setdefault(key.text, (key, value))
        return Mapping(tuple(entries.values()), place)

    def scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text, first, end = str(event.value), event.start_mark.index, event.end_mark.index
        if event.style in ("'", '"'):
            first, end = first + 1, end - 1
        elif event.style in ("|", ">"):
            first = self.text.find("\n", first) + 1
        raw = self.text[first:end]
        start = _place(self.text, first, self.name) if text else place
        if raw != text:
            start = TextPlace(self.name, start.line, start.column, raw).at(text, 0)
            start = TextPlace(self.name, start.line, start.column, raw.lstrip())
        return Scalar(text, place, start)
