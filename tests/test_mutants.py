"""The page of mutants says what its data say; what is not asked about a mutant cannot notice it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from lastgasp.bundled import load_study
from lastgasp.machine import Machine
from lastgasp.questions.matrix import names
from lastgasp.slicing import sliced
from tests.zoo.zoo import network, question

MUTANTS = Path(__file__).resolve().parents[1] / "benchmarks" / "mutants"
STUDY = load_study()

BELL = """
machine: bell
party: B
sends: {rung: {}, heard_by_nobody: {}}
parameters: {loud: {value: no}}
states: {still: {initial: yes}, ringing: {at most: 5 s}}
transitions:
  - {from: still, to: ringing, may: , send: rung, label: rings}
  - {from: still, to: ringing, may: , if: loud, label: rings loudly}
  - {from: ringing, to: still, may: , send: heard_by_nobody, label: stops}
"""
EAR = """
machine: ear
hears: {bell: [rung]}
states: {calm: {initial: yes}, awake: {}}
transitions: [{from: calm, to: awake, on: bell.rung}]
"""


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    sys.path.insert(0, str(MUTANTS))
    import asking  # noqa: PLC0415 (a script beside the package)

    yield asking
    sys.path.remove(str(MUTANTS))


def test_the_page_is_current(benchmark: ModuleType) -> None:
    cure = "write it again: python benchmarks/mutants page"
    assert benchmark.PAGE.read_text(encoding="utf-8") == benchmark.page_text(), cure


def test_every_survivor_is_explained_and_every_explanation_is_of_a_mutant(benchmark: ModuleType) -> None:
    told = [(reason.machine, name) for reason in benchmark.reasons(benchmark.EXPLAINED) for name in reason.mutants]
    assert len(told) == len(set(told))
    every = list(benchmark.rows(STUDY))
    assert set(told) <= {(row.machine, row.words) for row in every}
    assert {(row.machine, row.words) for row in every if row.survives} <= set(told)


def test_mutants_are_other_machines_with_names_of_their_own(benchmark: ModuleType) -> None:
    for machine in STUDY.machines.values():
        found = dict(benchmark.mutants(machine))
        assert len(found) == len(list(benchmark.mutants(machine)))
        assert machine not in found.values()


def test_what_is_about_the_same_is_not_asked_again(benchmark: ModuleType) -> None:
    """Not what is sent to nobody, nor what a setting switches off; everything else is another question."""
    from watching import about  # noqa: PLC0415 (a script beside the package)

    def asked(bell: Machine) -> object:
        wired = network({"bell": bell, "ear": EAR}, {"ear.bell": "bell"})
        about_ear = question(wired, "ear shall never be awake.")
        return about(about_ear, sliced(wired, {}, [about_ear.goal]))

    bell = network({"bell": BELL}).by_name["bell"].machine
    other = {words for words, mutant in benchmark.mutants(bell) if asked(mutant) != asked(bell)}
    assert {words for words, _ in benchmark.mutants(bell)} - other == {
        "drop 'rings loudly'",
        "'stops' sends nothing",
    }


def test_the_first_that_notices_is_told(benchmark: ModuleType) -> None:
    """A report of 3 min that comes at once is not true; one whose step has no name is noticed by nothing."""
    machine = STUDY.machines["outage_log"]
    watch = benchmark.Watch.over(STUDY, names(STUDY, "restoration-is-true", "mp102a", "who-learns"))
    found = dict(benchmark.mutants(machine))
    notice = watch.noticed(benchmark.with_machine(STUDY, found["'that is 3 min' may come at once"]))
    assert (notice.kind, notice.by) == ("goal", "restoration-is-true/mp102a/who-learns")
    bare = replace(machine, transitions=tuple(replace(item, label="") for item in machine.transitions))
    assert watch.noticed(benchmark.with_machine(STUDY, bare)) is None
