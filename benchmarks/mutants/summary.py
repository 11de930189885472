"""The page of what notices the mutants of a study, with every survivor and why it survives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from watching import KINDS

CLASSES = {
    "equivalent": "No run of any check is another one.",
    "permissive": "The machine can do more than before, or less, and no answer of the study is another one for it: the "
    "machines are written permissive, and what is asked is what clauses and goals say.",
    "gap": "Somebody who writes the specification might want to ask for it, and no goal does.",
}
"""Why a mutant survives, with what that means."""


@dataclass(frozen=True)
class Row:
    """A mutant of a machine, and what was found about it: nothing if it was not run.

    ``left``: what is still to ask. ``old``: what was found is about the study as it was once.
    """

    machine: str
    words: str
    found: Mapping[str, Any] | None
    left: tuple[str, ...] = ()
    old: bool = False

    @property
    def survives(self) -> bool:
        """Whether it was run and nothing noticed it."""
        return self.found is not None and "kind" not in self.found


@dataclass(frozen=True)
class Reason:
    """Why mutants of a machine survive: one of :data:`CLASSES`, and in words."""

    machine: str
    mutants: tuple[str, ...]
    kind: str
    why: str


def reasons(path: Path) -> list[Reason]:
    """The explanations in a file."""
    entries = YAML(typ="safe").load(path) or []
    return [Reason(item["machine"], tuple(item["mutants"]), item["class"], item["why"]) for item in entries]


def page(rows: list[Row], explained: list[Reason], where: Mapping[str, Iterable[str]]) -> str:
    """The page as Markdown; ``where`` tells for each machine the installations in which it was looked at."""
    alive = {(row.machine, row.words) for row in rows if row.survives}
    told = [(reason, tuple(m for m in reason.mutants if (reason.machine, m) in alive)) for reason in explained]
    classes = {(reason.machine, name): reason.kind for reason, names in told for name in names}
    lines = [HEAD.strip(), ""]
    if old := sum(row.old for row in rows):
        lines += [f"{old} of the answers are about the study as it was before its last change.", ""]
    columns = [*KINDS, "survive", *(f"of these {name}" for name in CLASSES), "not run"]
    lines += [f"| machine | mutants | {' | '.join(columns)} | noticed |", "|---|" + "---:|" * (len(columns) + 2)]
    for machine in [*where, ""]:
        lines.append(_line(machine, [row for row in rows if not machine or row.machine == machine], classes))
    lines += ["", "## Survivors", ""]
    for kind, meaning in CLASSES.items():
        some = [(reason, names) for reason, names in told if reason.kind == kind and names]
        if some:
            lines += [f"### {kind.capitalize()}", "", meaning, ""]
            lines += [f"* {reason.machine}: {'; '.join(names)}. {reason.why}" for reason, names in some] + [""]
    left = sorted(f"{machine}: {words}" for machine, words in alive - set(classes))
    if left:
        lines += ["### Not explained", "", *(f"* {item}" for item in left), ""]
    if any(row.left for row in rows):
        lines += ["### Not asked everything", "", "What was not asked of these survivors may still notice them.", ""]
        waiting: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for row in rows:
            if row.left:
                waiting.setdefault((row.machine, row.left), []).append(row.words)
        lines += [f"* {who}, {' and '.join(left)}: {'; '.join(words)}" for (who, left), words in waiting.items()] + [""]
    if none := [f"* {row.machine}: {row.words}" for row in rows if row.found is None]:
        lines += ["## Not run", "", *none, ""]
    lines += ["## Where they were looked at", ""]
    places: dict[tuple[str, ...], list[str]] = {}
    for machine, installations in where.items():
        places.setdefault(tuple(installations), []).append(machine)
    lines += [
        f"* {', '.join(machines)}: {' and '.join(f'`{name}`' for name in names)}" for names, machines in places.items()
    ]
    return "\n".join(lines) + "\n"


def _line(machine: str, rows: list[Row], classes: Mapping[tuple[str, str], str]) -> str:
    by = Counter(row.found.get("kind", "survive") for row in rows if row.found is not None)
    kinds = Counter(classes.get((row.machine, row.words), "") for row in rows if row.survives)
    run = sum(by.values())
    differing = run - kinds["equivalent"]
    share = f"{100 * (run - by['survive']) / run:.0f} %" if run else "-"
    share += f" ({100 * (run - by['survive']) / differing:.0f} %)" if kinds["equivalent"] else ""
    numbers = [
        len(rows),
        *(by[kind] for kind in (*KINDS, "survive")),
        *(kinds[kind] for kind in CLASSES),
        len(rows) - run,
    ]
    return f"| {machine or '**all**'} | {' | '.join(str(n or '') for n in numbers)} | {share} |"


HEAD = """
# Mutants of the study

    python benchmarks/mutants run [MACHINE ...]
    python benchmarks/mutants page

Would the study notice if one of its machines were written differently? Each mutant has one change in one machine: a
guard, a transition, a restart, an assignment or an event is dropped; a window or a bound is widened, or made to
exclude its end; a step that comes as soon as its condition holds may come later, or whatever holds. It is *noticed*
if some check of the installations below, under any proposal, has another verdict (or class of failure) than the study
has on record, if a check of a claim comes out otherwise, or if a sanity report under `today` or `mains-signal` says
something else. The first that does is counted; what notices much in little time is asked first.

* *goal*: a goal that held does not hold any more, or is vacuous, undecided or rejected;
* *possibility*: what was possible cannot happen any more, or is undecided or rejected;
* *expectation*: a failure on record does not happen any more, or its shortest run is of another class; a claim;
* *sanity*: something is never reached or never happens any more, or does after all; a timelock; endless steps at once;
* *refused*: the study cannot be read with it.

Verdicts are those of the zone engine. Runs are checked as always, proofs are not checked again here. A check whose
part of the network says what it said before is not asked, since its answer cannot be another one; one that does not
end in a minute notices nothing. Share noticed: of all, and in brackets without the mutants of which no run is another
one.
"""
