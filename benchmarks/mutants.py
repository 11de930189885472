"""Mutants of the bundled study: which changes of a machine are noticed by some check or sanity report?

    python benchmarks/mutants.py run [MACHINE ...]
    python benchmarks/mutants.py page

A mutant drops a guard, a restart, an assignment, an event or a transition, swaps a strictness, widens a window or a
bound, or lets a step come late. The first writes what is found to ``mutants.jsonl`` as it comes, and leaves out what
is there already: all machines take an hour or two. Delete the file after a change of what is asked. The second writes
``MUTANTS.md`` of it, with the explanations of ``survivors.yaml``.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from survivors import Row, page, reasons
from watching import Notice, Watch, proofs_are_believed, stated

from lastgasp.bundled import load_study
from lastgasp.errors import InputError
from lastgasp.expr import TRUE, Const, Expr, Times, conj
from lastgasp.machine import After, Machine, May, On, Transition, When
from lastgasp.questions.matrix import names
from lastgasp.store import normal_form
from lastgasp.study import Study

HERE = Path(__file__).parent
FOUND, EXPLAINED, PAGE = HERE / "mutants.jsonl", HERE / "survivors.yaml", HERE / "MUTANTS.md"

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


def wider(bound: Expr) -> Expr:
    """Twice as long, and a minute for what was nothing."""
    return Const(Fraction(60)) if bound == Const(Fraction(0)) else Times(Fraction(2), bound)


def called(machine: Machine) -> list[str]:
    """A name for each transition, each another: its label; with its states, or its event too, where that is needed."""
    ways = []
    for item in machine.transitions:
        arrow = f"{'/'.join(item.sources)} → {item.target or 'stays'}"
        heard = f", on {item.trigger.event}" if isinstance(item.trigger, On) else ""
        ways.append((item.label or arrow, f"{item.label} ({arrow})", f"{item.label} ({arrow}{heard})"))
    taken = [Counter(names) for names in zip(*ways, strict=True)]
    return [next((n for n, count in zip(names, taken, strict=True) if count[n] == 1), names[-1]) for names in ways]


def mutants(machine: Machine) -> Iterator[tuple[str, Machine]]:
    """Every mutant of a machine with its description."""
    for index, (name, transition) in enumerate(zip(called(machine), machine.transitions, strict=True)):

        def changed(to: Transition | None, index: int = index) -> Machine:
            rest = list(machine.transitions)
            rest[index : index + 1] = [] if to is None else [to]
            return replace(machine, transitions=tuple(rest))

        yield f"drop '{name}'", changed(None)
        if transition.guard != TRUE:
            yield f"drop the guard of '{name}'", changed(replace(transition, guard=TRUE))
        if transition.send is not None:
            yield f"'{name}' sends nothing", changed(replace(transition, send=None))
        for clock in transition.restart:
            kept = tuple(item for item in transition.restart if item != clock)
            yield f"'{name}' does not restart {clock}", changed(replace(transition, restart=kept))
        for variable, _ in transition.assign:
            left = tuple(item for item in transition.assign if item[0] != variable)
            yield f"'{name}' does not set {variable}", changed(replace(transition, assign=left))
        trigger = transition.trigger
        if isinstance(trigger, When):
            late = replace(transition, trigger=May(), guard=conj(trigger.condition, transition.guard))
            yield f"'{name}' need not come at once", changed(late)
            yield f"'{name}' comes without its condition", changed(replace(transition, trigger=May()))
        if isinstance(trigger, After):
            swapped = replace(trigger, low_strict=not trigger.low_strict)
            yield f"swap strictness at the start of '{name}'", changed(replace(transition, trigger=swapped))
            if trigger.high is not None:
                late = replace(trigger, high=wider(trigger.high))
                yield f"widen the window of '{name}'", changed(replace(transition, trigger=late))
            early = replace(trigger, low=Const(Fraction(0)), low_strict=False)
            yield f"'{name}' may come at once", changed(replace(transition, trigger=early))
    for index, state in enumerate(machine.states):

        def other(
            **change: object,
        ) -> Machine:
            states = list(machine.states)
            states[index] = replace(states[index], **change)  # noqa: B023 (used at once)
            return replace(machine, states=tuple(states))

        if state.at_most is not None:
            yield f"'{state.name}' lasts twice as long", other(at_most=wider(state.at_most))
            yield f"'{state.name}' lasts for ever", other(at_most=None)
            yield f"'{state.name}' lasts less than its bound", other(at_most=None, less_than=state.at_most)


def with_machine(study: Study, machine: Machine) -> Study:
    """The study with one machine replaced in every installation."""
    installations = {
        name: replace(
            network,
            instances=tuple(
                replace(item, machine=machine) if item.machine.name == machine.name else item
                for item in network.instances
            ),
        )
        for name, network in study.installations.items()
    }
    return replace(study, machines={**study.machines, machine.name: machine}, installations=installations)


def installations(study: Study, machine: Machine) -> tuple[str, ...]:
    """Where the mutants of a machine are looked at."""
    having = [i for i, net in study.installations.items() if any(item.machine == machine for item in net.instances)]
    return LOOKED_AT.get(machine.name, tuple(reversed(having[:2])))


def digest(machine: Machine) -> str:
    """The same for machines that behave alike and are called alike."""
    return sha256(json.dumps(normal_form(machine)).encode()).hexdigest()[:16]


def found_before() -> dict[tuple[str, str], dict[str, Any]]:
    """What earlier runs found, by mutant."""
    lines = FOUND.read_text(encoding="utf-8").splitlines() if FOUND.exists() else []
    rows = [json.loads(line) for line in lines]
    return {(row["mutant"], row["digest"]): row for row in rows}


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
    study, known = load_study(), found_before()
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
                        watches[turn] = watch_for(study, turn, known.values())
                    known[key] = answer(study, machine.name, words, mutant, turn, watches[turn], survived)


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
    row = {"machine": machine, "mutant": words, "digest": digest(mutant), **found, "seconds": seconds}
    line = json.dumps(row, ensure_ascii=False)
    with FOUND.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, flush=True)
    return row


def rows(study: Study) -> Iterator[Row]:
    """Every mutant with what was found about it, and what it was not asked yet."""
    known = found_before()
    for machine in study.machines.values():
        wanted = [turn.name for turn in turns(study, machine)]
        for words, mutant in mutants(machine):
            found = known.get((words, digest(mutant)))
            left = (
                [] if found is None or "kind" in found else [item for item in wanted if item not in found["survives"]]
            )
            yield Row(machine.name, words, found, tuple(left))


def page_text() -> str:
    """The page as it should be."""
    study = load_study()
    where = {machine.name: installations(study, machine) for machine in study.machines.values()}
    return page(list(rows(study)), reasons(EXPLAINED), where)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", *machines]:
            run(machines)
        case ["page"]:
            PAGE.write_text(page_text(), encoding="utf-8")
        case _:
            sys.exit(__doc__)
