"""The canonical layout of a file: indentation and spacing are fixed; comments and the author's words stay."""

from __future__ import annotations

import re
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver

from lastgasp.errors import InternalError
from lastgasp.language.places import refusal
from lastgasp.language.yaml_source import Mapping, Node, Scalar, parse_yaml

NO_FOLDING = 1_000_000
"""A line width that no text reaches: where a line breaks is the author's choice."""

NOTHING = "__nothing__"


class _Texts(VersionedResolver):
    """Every plain scalar is a text, but nothing at all stays nothing."""

    @property
    def versioned_resolver(self) -> dict[str, list[tuple[str, re.Pattern[str]]]]:
        """What a plain scalar may be besides a text, by its first character."""
        return {"": [("tag:yaml.org,2002:null", re.compile("$"))]}


class _Nothing(RoundTripRepresenter):
    """A key without value is printed as nothing, also inside braces (where ruamel would print ``null``)."""

    def represent_none(self, data: None) -> ScalarNode:
        """A stand-in, which is taken out of the printed text."""
        return self.represent_scalar("tag:yaml.org,2002:str", NOTHING)


_Nothing.add_representer(type(None), _Nothing.represent_none)


def fmt(text: str, name: str = "<text>") -> str:
    """The text of a file in canonical layout; applying it twice changes nothing more.

    Raises :class:`~lastgasp.errors.InputError` for what is no YAML of ours.
    """
    before = parse_yaml(text, name)
    if isinstance(before, Scalar):
        raise refusal("the file has no keys", "start it with 'machine: NAME' or another kind of file", before.place)
    once = _printed(text)
    result = _printed(once)
    if _words(parse_yaml(result, name)) != _words(before) or _printed(result) != result:
        raise InternalError(f"the layout of {name} would change its content")
    return result


def _printed(text: str) -> str:
    yaml = YAML(typ="rt")
    yaml.Resolver = _Texts
    yaml.Representer = _Nothing
    yaml.preserve_quotes = True
    yaml.width = NO_FOLDING
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(yaml.load(text), out)
    lines = [line.rstrip() for line in out.getvalue().replace(NOTHING, "").splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _words(node: Node) -> object:
    """The content of a tree, without places."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return tuple((key.text, _words(value)) for key, value in node.entries)
    return [_words(item) for item in node.items]
