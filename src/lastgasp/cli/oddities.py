"""What ``lastgasp check --sanity`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lastgasp.cli.show import RESULT_VERSION, WIDTH
from lastgasp.render.table import trace_table
from lastgasp.render.words import folded
from lastgasp.sanity import Oddity
from lastgasp.study import Explanation


def sanity_text(found: Mapping[tuple[str, str], list[Oddity]], needless: Sequence[tuple[Explanation, str]]) -> str:
    """What is wrong or odd about each installation under each proposal, and why; then what explains nothing."""
    lines: list[str] = []
    for (installation, proposal), items in found.items():
        lines += [f"{installation} under {proposal}", ""]
        for item in items:
            mark = "WRONG" if item.wrong else "open" if item.open else "odd" if item.because else "ODD"
            proof = "" if item.trace is not None or item.open else " (proved)"
            lines.append(f"  {mark:5}  {item.kind}: {item.words}{proof}")
            lines += folded(f"because {item.because}", WIDTH, " " * 9, " " * 11) if item.because else []
            if item.trace is not None and item.wrong:
                lines += ["", trace_table(item.trace)]
        lines += ["  nothing is wrong, and nothing odd"] if not items else []
        lines.append("")
    lines += [f"explains nothing: {words!r} ({item.place})" for item, words in needless]
    bare = sum(not item.because for items in found.values() for item in items)
    count = sum(map(len, found.values()))
    return "\n".join([*lines, f"{count} oddit{'y' if count == 1 else 'ies'}; {bare} without an explanation"])


def sanity_json(
    found: Mapping[tuple[str, str], list[Oddity]], needless: Sequence[tuple[Explanation, str]]
) -> dict[str, Any]:
    """The same, neutral; traces inside are self-contained."""
    return {
        "lastgasp-result": RESULT_VERSION,
        "sanity": [
            {
                "network": f"{installation} under {proposal}",
                "kind": item.kind,
                "words": item.words,
                "wrong": item.wrong,
                "open": item.open,
                "because": item.because,
                "trace": item.trace.to_json() if item.trace is not None else None,
            }
            for (installation, proposal), items in found.items()
            for item in items
        ],
        "explains nothing": [words for _, words in needless],
    }
