"""What is asked about each mutant of the bundled study, turn by turn, and what was found so far."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from changes import mutants, with_machine
from summary import Row, page, reasons
from watching import Notice, Watch, proofs_are_believed, stated

from lastgasp.bundled import load_study
from lastgasp.errors import InputError
from lastgasp.machine import Machine
from lastgasp.questions.matrix import names
from lastgasp.store import normal_form
from lastgasp.study import Study

HERE = Path(__file__).parent
FOUND, EXPLAINED, PAGE = HERE / "found.jsonl", HERE / "survivors.yaml", HERE / "README.md"

SMALL, WHOLE = "single-phase-ch-timed", "single-phase-backend-timed"
LOOKED_AT = {
    **dict.fromkeys(("esme", "ch", "csp", "gsme", "firmware", "wan"), (SMALL, WHOLE)),
    **dict.fromkeys(("dcc", "network_operator", "supply"), ("who-learns", WHOLE)),
    **dict.fromkeys(
        ("activation_watch", "dcc_filter", "dated_firmware"),
        ("watch-confirmation-ch-timed", "watch-command-backend-timed"),
    ),
    "hot_shoe": ("gas-first-upstream-ch-timed", "gas-first-upstream-backend-timed"),
    "phases": ("polyphase-one-phase-ch-timed", "polyphase-any-phase-backend-timed"),
}
"""The installations in which a machine is looked at, small ones first; where nothing stands, two that have it."""


def installations(study: Study, machine: Machine) -> tuple[str, ...]:
    """Where the mutants of a machine are looked at."""
    having = [i for i, net in study.installations.items() if any(item.machine == machine for item in net.instances)]
    return LOOKED_AT.get(machine.name, tuple(reversed(having[:2])))


def digest(item: Machine | Study) -> str:
    """The same for machines, or studies, that say the same; texts for people aside."""
    return sha256(json.dumps(normal_form(item)).encode()).hexdigest()[:16]


def found_before() -> list[dict[str, Any]]:
    """What earlier runs found, the oldest first."""
    lines = FOUND.read_text(encoding="utf-8").splitlines() if FOUND.exists() else []
    return [json.loads(line) for line in lines]


@dataclass(frozen=True)
class Turn:
    """Something to ask about a mutant: everything in some installations under some proposals, or of the claims."""

    name: str
    installations: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()


def turns(study: Study, machine: Machine) -> list[Turn]:
    """What is asked about the mutants of a machine, one after another; much of what notices comes first."""
    where, first = installations(study, machine), study.overview.proposals
    others = tuple(name for name in study.proposals if name not in first)
    return [*(Turn(name, (name,), first) for name in where), Turn("claims"), Turn("other proposals", where, others)]


def run(wanted: list[str]) -> None:
    """Ask about the mutants of these machines what was not asked before.

    The first turn of every machine comes before the second of any; each answer is written at once.
    """
    proofs_are_believed()
    study, before = load_study(), found_before()
    known = {(row["mutant"], row["digest"]): row for row in before if row["study"] == digest(study)}
    machines = [study.machines[name] for name in wanted or study.machines]
    for number in range(4):
        watches: dict[Turn, Watch] = {}
        for machine in machines:
            for turn in turns(study, machine)[number : number + 1]:
                for words, mutant in mutants(machine):
                    key = words, digest(mutant)
                    survived = known.get(key, {}).get("survives", ())
                    if key in known and (turn.name in survived or not survived):
                        continue
                    if turn not in watches:
                        watches[turn] = watch_for(study, turn, [*before, *known.values()])
                    known[key] = answer(study, machine.name, words, mutant, turn, watches[turn], survived)


def renew(goals: Iterable[str]) -> None:
    """Take over what was found about the study as it was before these goals changed, and nothing else did.

    What noticed a mutant has to notice it again; what survived is asked these goals.
    """
    proofs_are_believed()
    study, changed = load_study(), set(goals)
    now = digest(study)
    rows = {(row["mutant"], row["digest"]): row for row in found_before()}
    watches: dict[Turn, Watch] = {}
    for machine in study.machines.values():
        for words, mutant in mutants(machine):
            row = rows.get((words, digest(mutant)))
            if row is None or row["study"] == now:
                continue
            for turn in turns(study, machine):
                if turn not in watches:
                    watches[turn] = watch_for(study, turn, ())
                watch = watches[turn]
                if "by" in row:
                    items = [item for item in watch.items if str(item) == row["by"]]
                else:
                    items = [
                        item for item in watch.items if turn.name in row["survives"] and watch.goal(item) in changed
                    ]
                if items and (notice := replace(watch, items=items).noticed(with_machine(study, mutant))):
                    write(row | {"study": now} | asdict(notice))
                    break
            else:
                if "by" not in row:
                    write(row | {"study": now})


def watch_for(study: Study, turn: Turn, known: Iterable[Mapping[str, Any]]) -> Watch:
    """A watch over all that is asked in a turn; it learns from what noticed other mutants."""
    checks = names(study, None, turn.proposals, turn.installations) if turn.proposals else []
    watch = Watch.over(study, checks, () if turn.proposals else stated(study))
    watch.learn(row["by"] for row in known if "by" in row)
    return watch


def answer(
    study: Study, machine: str, words: str, mutant: Machine, turn: Turn, watch: Watch, survived: Iterable[str]
) -> dict[str, Any]:
    """What is found about a mutant in a turn after those that it survived; written to the file, and printed."""
    start = time.perf_counter()
    try:
        notice = watch.noticed(with_machine(study, mutant))
    except InputError as error:
        notice = Notice("refused", "reading", error.problems[0].what)
    found = asdict(notice) if notice else {"survives": [*survived, turn.name]}
    seconds = round(time.perf_counter() - start, 1)
    row = {"machine": machine, "mutant": words, "digest": digest(mutant), "study": digest(study), **found}
    write(row | {"seconds": seconds})
    return row


def write(row: dict[str, Any]) -> None:
    """Add a row to the file, and print it."""
    line = json.dumps(row, ensure_ascii=False)
    with FOUND.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, flush=True)


def rows(study: Study) -> Iterator[Row]:
    """Every mutant with what was found about it, and what it was not asked yet."""
    now = digest(study)
    known = {(row["mutant"], row["digest"]): row for row in sorted(found_before(), key=lambda row: row["study"] == now)}
    for machine in study.machines.values():
        wanted = [turn.name for turn in turns(study, machine)]
        for words, mutant in mutants(machine):
            found = known.get((words, digest(mutant)))
            left = (
                [] if found is None or "kind" in found else [item for item in wanted if item not in found["survives"]]
            )
            yield Row(machine.name, words, found, tuple(left), found is not None and found["study"] != now)


def page_text() -> str:
    """The page as it should be."""
    study = load_study()
    where = {machine.name: installations(study, machine) for machine in study.machines.values()}
    return page(list(rows(study)), reasons(EXPLAINED), where)
