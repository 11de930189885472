"""``comply`` and ``boundary`` as they are typed: what is printed where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.studies import LAMP, Call, edited, snapshot, written


def test_comply_tells_every_device_and_nothing_of_identifiers(lamp: Path, call: Call) -> None:
    ran = call("comply", "--study", lamp)
    assert ran.code == 0
    assert "can comply" in ran.out
    assert "any device that the text allows" in ran.out
    assert ran.err == ""


def test_comply_in_neutral_form(lamp: Path, call: Call) -> None:
    ran = call("comply", "--study", lamp, "--profile", "quick", "--format", "json")
    assert ran.code == 0
    (standing,) = json.loads(ran.out)["standings"]
    assert (standing["profile"], standing["answer"]) == ("quick", "complies always")


def test_comply_under_a_proposal_takes_its_clauses_and_assumptions(call: Call) -> None:
    ran = call("comply", "--proposal", "today", "--format", "json")
    assert ran.code == 0
    data = json.loads(ran.out)
    assert {standing["clause"] for standing in data["standings"]} == {"chts-alert-after-3-min"}
    assert data["assumptions"] == ["wan-works"]


def test_boundary_shows_the_run_behind_what_depends(tmp_path: Path, call: Call) -> None:
    minute = edited(LAMP, "properties/clauses.yaml", "more than 30 s", "more than 1 min")
    folder = written(tmp_path / "lamp", minute)
    before = snapshot(folder)
    ran = call("boundary", "bright/better", "--study", folder)
    assert ran.code == 0
    assert "must say *more than* 1 min" in ran.out
    assert "A run of room" in ran.out
    data = json.loads(call("boundary", "bright/better", "--study", folder, "--format", "json").out)
    assert data["depends on the reading"] is True
    assert snapshot(folder) == before


def test_a_partial_answer_has_its_own_exit_code(lamp: Path, call: Call) -> None:
    for command in (["comply"], ["boundary", "bright/better"]):
        ran = call(*command, "--study", lamp, "--timeout", "0s")
        assert ran.code == 3
        assert "not the whole answer" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["comply", "--clause", "warm-upp"], "did you mean 'warm-up'"),
        (["comply", "--installation", "rom"], "there is no installation 'rom'"),
        (["comply", "--profile", "quik"], "did you mean 'quick'"),
        (["comply", "--proposal", "bettr"], "did you mean 'better'"),
        (["comply", "--assume", "calm"], "there is no assumption 'calm'"),
        (["boundary", "bright"], "not the name of a check"),
        (["boundary", "bright/bettr"], "did you mean 'better'"),
    ],
)
def test_names_that_are_not_there(lamp: Path, call: Call, arguments: list[str], words: str) -> None:
    ran = call(*arguments, "--study", lamp)
    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""


def test_comply_without_clauses_has_nothing_to_ask(tmp_path: Path, call: Call) -> None:
    bare = {name: text for name, text in LAMP.items() if "clauses" not in name}
    bare["properties/proposals.yaml"] = "proposals:\n  today: {clauses: []}\n"
    for more in ([], ["--proposal", "today"]):
        ran = call("comply", "--study", written(tmp_path, bare), *more)
        assert ran.code == 2
        assert "no clause" in ran.err
