"""The house rules that no other tool checks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lastgasp
from lastgasp.bundled import load_study
from lastgasp.cli.show import diagrams, grammar_page

ROOT = Path(__file__).resolve().parents[1]
DEVICES = re.compile(r"\b(esme|gsme|ch|chf|ad1|csp|dcc|dno|smets2?|chts|hot shoe|communications hub)\b", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "src").rglob("*.lark")), ids=str)
def test_the_library_knows_no_device(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [word.group() for word in DEVICES.finditer(text)] == []


def test_the_heavy_packages_are_imported_when_needed_only() -> None:
    code = (
        "import sys, lastgasp;"
        "heavy = ('z3', 'lark', 'ruamel.yaml', 'rich', 'click', 'hypothesis', 'networkx', 'graphviz');"
        "print([m for m in heavy if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_can_be_had() -> None:
    assert all(getattr(lastgasp, name) is not None for name in lastgasp.__all__)
    assert sorted(lastgasp.__all__) == list(lastgasp.__all__)


def test_the_drawn_diagrams_are_those_of_the_models() -> None:
    drawn = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "diagrams").glob("*.svg")}
    wanted = diagrams(load_study(ROOT))
    assert sorted(drawn) == sorted(wanted), "run 'lastgasp draw'"
    stale = [name for name, picture in wanted.items() if drawn[name] != picture]
    assert stale == [], "run 'lastgasp draw'"


def test_the_page_of_the_grammar_is_that_of_the_templates() -> None:
    page = (ROOT / "properties" / "SENTENCES.md").read_text(encoding="utf-8")
    assert page == grammar_page(), "run 'lastgasp schema sentences > properties/SENTENCES.md'"


@pytest.mark.parametrize("together", [("cells", "inductive"), ("reading",), ("receptive",)], ids=" and ".join)
def test_what_proofs_by_zones_rest_on_is_short(together: tuple[str, ...]) -> None:
    """The checker of a proof; its own reading of the transition relation; that the network means something."""
    files = [ROOT / "src" / "lastgasp" / "recheck" / f"{name}.py" for name in together]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) < 300
