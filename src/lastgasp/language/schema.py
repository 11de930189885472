"""JSON Schemas of the files, for completion in editors. Derived from the loader's own table of keys."""

from __future__ import annotations

from typing import Any

from lastgasp.language.keys import KINDS
from lastgasp.language.shapes import json_schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """A JSON Schema (draft 2020-12) for each kind of file, by the key that tells it (``machine``, ``goals``, ...)."""
    return {
        kind: {"$schema": DRAFT, "title": f"lastgasp: {record.what}", **json_schema(record)}
        for kind, record in KINDS.items()
    }
