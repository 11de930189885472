from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastgasp.errors import InputError, Place
from lastgasp.language.places import place_at
from lastgasp.language.writing import scalar
from lastgasp.language.yaml_source import Mapping, Scalar, Sequence, parse_yaml, read_yaml
from tests.language.house import refused, where


def test_every_scalar_is_a_text_with_its_place() -> None:
    node = parse_yaml("on: no\nsection: 5.10\nat: [3:00, ~, 'x']\nmay:\n", "f")
    assert isinstance(node, Mapping)
    assert [(key.text, where_of(key)) for key, _ in node.entries] == [
        ("on", (1, 1)),
        ("section", (2, 1)),
        ("at", (3, 1)),
        ("may", (4, 1)),
    ]
    assert node.get("on") == Scalar("no", Place("f", 1, 5), Place("f", 1, 5))
    at = node.get("at")
    assert isinstance(at, Sequence)
    assert [item.text for item in at.items if isinstance(item, Scalar)] == ["3:00", "~", "x"]
    quoted = at.items[2]
    assert isinstance(quoted, Scalar)
    assert (quoted.place.column, quoted.start.column) == (15, 16)


def where_of(node: Scalar) -> tuple[int, int]:
    return node.place.line, node.place.column


@pytest.mark.parametrize(
    "text",
    [
        "s: one two\n   three four\n",
        "s: >-\n  one two\n  three four\n",
        "s: |\n  one two\n\n  three four\n",
        's: "one two\n  three four"\n',
    ],
)
def test_places_inside_texts_of_several_lines(text: str) -> None:
    node = parse_yaml(text, "f")
    assert isinstance(node, Mapping)
    value = node.get("s")
    assert isinstance(value, Scalar)
    place = place_at(value.start, value.text, value.text.index("four"))
    assert place is not None
    lines = text.splitlines()
    assert lines[place.line - 1][place.column - 1 :].startswith("four")


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "second time"),
        ("{a: 1, a: 2}\n", (1, 8), "second time"),
        ("a:\n\tb: 1\n", (2, 1), "tab"),
        ("", (1, 1), "empty"),
        ("# only a comment\n", (1, 1), "empty"),
        ("a: &x 1\nb: *x\n", (1, 4), "anchor"),
        ("a: *x\n", (1, 4), "alias"),
        ("a: !!python/object/apply:os.system [ls]\n", (1, 4), "tag"),
        ("a: !local x\n", (1, 4), "tag"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("%YAML 1.1\n---\na: on\n", (2, 1), "directive"),
        ("? [a, b]\n: c\n", (1, 3), "key that is a list"),
        ("a: [1, 2\n", (2, 1), "not YAML"),
        ("a: 'open\n", (2, 1), "not YAML"),
        ("a: b: c\n", (1, 5), "not YAML"),
        ('a: "\\U00110000"\n', (1, 1), "not YAML"),
        ("a: \x00\n", (1, 4), "unprintable"),
        ("a: " + "[" * 900_000, (1, 44), "nested"),
        ("- " * 400_000, (1, 1), "nested"),
        ("{a: " * 100_000, (1, 161), "nested"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(900)), (40, 40), "nested"),
        ("a: b\n" + "- x\n" * 10, (2, 1), "not YAML"),
        ("[" + "a, " * 300_000 + "]", (1, 29996), "more than 10000"),
    ],
)
def test_refuses_at_once(text: str, place: tuple[int, int], what: str) -> None:
    start = time.monotonic()
    (problem,) = refused(parse_yaml, text, "f")
    assert time.monotonic() - start < 5  # far below a second on an idle machine
    assert what in problem.what
    assert problem.cure
    assert where(problem) == place


def test_refuses_files(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff\xfe\n")
    (problem,) = refused(read_yaml, path, "a.yaml")
    assert str(problem).startswith("a.yaml:2:4: the file is not UTF-8 text")
    path.write_bytes(b"a" * 1_000_001)
    assert "larger than 1 MB" in refused(read_yaml, path)[0].what
    assert "cannot read the file" in refused(read_yaml, tmp_path / "missing.yaml")[0].what
    assert "cannot read the file" in refused(read_yaml, tmp_path)[0].what


@given(st.text())
def test_never_a_traceback(text: str) -> None:
    with suppress(InputError):
        parse_yaml(text)


@given(st.text(min_size=1))
def test_a_written_text_reads_back(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    try:
        node = parse_yaml(f"key: {scalar(text)}\nflow: [{scalar(text)}, x]\n")
    except InputError as error:
        raise AssertionError(repr(text)) from error
    assert isinstance(node, Mapping)
    value, flow = node.get("key"), node.get("flow")
    assert isinstance(value, Scalar)
    assert isinstance(flow, Sequence)
    assert value.text == text
    assert len(flow.items) == 2
