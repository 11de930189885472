"""The matrix: its forms and filters, what is left out and named, what a second run need not do again."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lastgasp import routes
from tests.cli.studies import COUNTER, LAMP, LAMP_EXPECTED, START, Call, edited, written

CELLS = {
    ("bright", "today"): "FAILS",
    ("bright", "better"): "holds",
    ("goes-out", "today"): "can happen",
    ("goes-out", "better"): "can happen",
}
HALL = """\
installation: hall
instances:
  supply: {machine: supply}
  chandelier: {machine: chandelier, wires: {supply: supply}}
"""


def rows(text: str) -> dict[tuple[str, str], str]:
    return {(row["goal"], row["proposal"]): row["verdict"] for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was searched, of which there should be nothing."""
    searched: list[str] = []
    find = routes.find
    monkeypatch.setattr(
        routes, "find", lambda system, *more: searched.append(system.network.name) or find(system, *more)
    )
    return searched


# --- forms ---------------------------------------------------------------------------------------------------------


def test_one_line_for_each_check_for_a_spreadsheet(expected_lamp: Path, call: Call) -> None:
    ran = call("matrix", expected_lamp, "--format", "csv")
    assert ran.code == 0
    assert rows(ran.out) == CELLS
    (row,) = (row for row in csv.DictReader(io.StringIO(ran.out)) if row["verdict"] == "FAILS")
    assert (row["expected"], row["as expected"], row["installation"]) == ("fails", "yes", "room")


def test_a_page(lamp: Path, call: Call) -> None:
    ran = call("matrix", lamp, "--format", "markdown")
    assert "| | today | better |" in ran.out
    assert "| bright | FAILS ! | holds |" in ran.out, "another verdict than expected is marked"
    assert "another verdict than the study expects" in ran.out


def test_json_is_that_of_check(expected_lamp: Path, call: Call) -> None:
    matrix, check = call("matrix", expected_lamp, "--format", "json"), call("check", expected_lamp, "--format", "json")
    assert json.loads(matrix.out) == json.loads(check.out)


def test_a_table_for_people(lamp: Path, call: Call) -> None:
    ran = call("matrix", lamp)
    assert ran.code == 1
    line = next(line for line in ran.out.splitlines() if " bright " in line)
    assert line.index("FAILS !") < line.index("holds")
    assert "bright/today/room: expected holds, found fails" in ran.out
    assert "\x1b" not in ran.out, "no colour where no terminal is"


def test_the_answer_goes_to_a_file(expected_lamp: Path, tmp_path: Path, call: Call) -> None:
    ran = call("matrix", expected_lamp, "--format", "csv", "-o", tmp_path / "new" / "matrix.csv")
    assert (ran.code, ran.out) == (0, "")
    assert rows((tmp_path / "new" / "matrix.csv").read_text()) == CELLS


def test_filters_may_be_repeated(expected_lamp: Path, call: Call) -> None:
    ran = call(
        "matrix", expected_lamp, "--format", "csv", "--goal", "goes-out", "--proposal", "better", "--proposal", "today"
    )
    assert list(rows(ran.out)) == [("goes-out", "better"), ("goes-out", "today")]


def test_a_filter_that_names_nothing_is_refused(lamp: Path, call: Call) -> None:
    ran = call("matrix", lamp, "--goal", "brigth")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no goal 'brigth'" in ran.err and "bright" in ran.err


# --- what cannot be answered is named, the rest is answered ----------------------------------------------------------


def test_an_installation_with_a_missing_machine_is_named_and_the_rest_answered(tmp_path: Path, call: Call) -> None:
    expected = LAMP_EXPECTED + "  - {goal: bright, proposal: today, installation: hall, verdict: fails}\n"
    files = {**LAMP, "models/hall.yaml": HALL, "properties/expectations.yaml": expected}
    ran = call("matrix", written(tmp_path / "study", files), "--format", "csv")
    assert ran.code == 2
    assert rows(ran.out) == CELLS
    assert "hall.yaml:4:25: unknown machine 'chandelier'" in ran.err
    assert call("check", tmp_path / "study").out == "", "a check answers for the whole study or not at all"


def slow(folder: Path) -> Path:
    """The study of the lamp with two long corridors beside it, about which a goal takes very long."""
    states = ", ".join(["s0: {initial: yes}", *(f"s{number}: {{}}" for number in range(1, 300))])
    steps = "".join(
        f"  - {{from: s{n}, to: s{n + 1}, may: }}\n  - {{from: s{n + 1}, to: s{n}, may: }}\n" for n in range(299)
    )
    corridor = f"machine: corridor\nstates: {{{states}}}\ntransitions:\n{steps}"
    both = "  one: {machine: corridor}\n  two: {machine: corridor}\n"
    files = edited(LAMP, "models/room.yaml", "  lamp:", both + "  lamp:")
    later = "goals:\n  later: {sentence: (one is s299 and two is s299) shall never hold.}\n"
    return written(folder, {**files, "models/corridor.yaml": corridor, "properties/later.yaml": later})


def test_a_check_that_runs_out_of_time_is_undecided_and_the_rest_is_answered(tmp_path: Path, call: Call) -> None:
    ran = call("matrix", slow(tmp_path / "study"), "--format", "csv", "--timeout", "2s", "--engine", "zones")
    assert rows(ran.out) == CELLS | {("later", "today"): "UNDECIDED", ("later", "better"): "UNDECIDED"}
    assert ran.code == 1, "that one is not as expected goes before that some are undecided"


def test_nothing_undecided_is_kept(tmp_path: Path, call: Call, no_search: list[str]) -> None:
    """A second run with more time asks again."""
    folder = written(tmp_path / "study", COUNTER)
    ran = call("matrix", folder, "--timeout", "0s", "--engine", "zones")
    assert ran.code == 3 and "UNDECIDED" in ran.out
    assert not list((tmp_path / "user-cache" / "lastgasp").glob("*.z"))
    ran = call("matrix", folder, "--engine", "zones")
    assert ran.code == 0 and len(no_search) == 2


def test_5_where_there_is_nothing_to_check(tmp_path: Path, call: Call) -> None:
    files = {name: text for name, text in LAMP.items() if "goals" not in name}
    assert call("matrix", written(tmp_path / "study", files)).code == 5


# --- what is kept --------------------------------------------------------------------------------------------------


def test_a_second_run_searches_nothing(expected_lamp: Path, call: Call, no_search: list[str], tmp_path: Path) -> None:
    first = call("matrix", expected_lamp, "--jobs", "1")
    assert len(no_search) == 4
    again = call("check", expected_lamp, "--jobs", "1", "--format", "json")
    assert len(no_search) == 4, "what the matrix found serves a check"
    assert again.code == first.code == 0
    assert list((tmp_path / "user-cache" / "lastgasp").glob("*.z"))


def test_a_changed_clause_runs_only_what_it_can_touch(tmp_path: Path, call: Call, no_search: list[str]) -> None:
    files = {**LAMP, "properties/expectations.yaml": LAMP_EXPECTED}
    call("matrix", written(tmp_path / "study", files), "--jobs", "1")
    del no_search[:]
    changed = edited(files, "properties/clauses.yaml", "than 30 s", "than 20 s")
    ran = call("matrix", written(tmp_path / "study", changed), "--jobs", "1", "--format", "csv")
    assert rows(ran.out) == CELLS
    assert len(no_search) == 2, "both goals under the proposal that has it"


def test_no_cache_neither_writes_nor_reads(
    expected_lamp: Path, call: Call, no_search: list[str], tmp_path: Path
) -> None:
    for count in (4, 8):
        call("matrix", expected_lamp, "--no-cache", "--jobs", "1", "--goal", "bright", "--goal", "goes-out")
        assert len(no_search) >= count
    assert not (tmp_path / "user-cache").exists()


def test_a_folder_for_the_cache(expected_lamp: Path, call: Call, tmp_path: Path) -> None:
    assert call("matrix", expected_lamp, "--cache", tmp_path / "mine").code == 0
    assert list((tmp_path / "mine").glob("*.z"))
    assert not (tmp_path / "user-cache").exists()


def test_a_folder_that_is_none_is_refused(expected_lamp: Path, call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = call("matrix", expected_lamp, "--cache", tmp_path / "file")
    assert (ran.code, ran.out) == (2, "")
    assert "a file stands where a folder is needed" in ran.err


def test_nothing_is_written_where_one_works(expected_lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(expected_lamp.rglob("*"))
    monkeypatch.chdir(expected_lamp)
    assert call("matrix", ".").code == 0
    assert sorted(expected_lamp.rglob("*")) == before


def test_an_interrupted_run_keeps_what_it_found(tmp_path: Path, call: Call, no_search: list[str]) -> None:
    """The first check is quick, the second takes very long; the next run begins where the first ended."""
    folder, kept = slow(tmp_path / "study"), tmp_path / "kept"
    options = ("--proposal", "today", "--goal", "goes-out", "--cache", str(kept), "--jobs", "1")
    running = subprocess.Popen(
        [sys.executable, "-c", START, "matrix", str(folder), *options, "--goal", "later"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        end = time.monotonic() + 60
        while not list(kept.glob("*.z")):
            assert time.monotonic() < end and running.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 130, err
    assert b"1 of 2 checks were answered; what was found is kept" in err and not out
    ran = call("matrix", folder, *options, "--format", "csv")
    assert rows(ran.out) == {("goes-out", "today"): "can happen"} and not no_search


@pytest.mark.parametrize("command", ["check", "matrix"])
def test_an_overview_is_shown_unless_more_is_named(tmp_path: Path, call: Call, command: str) -> None:
    overview = {"properties/overview.yaml": "overview: {proposals: [better]}\n"}
    folder = written(tmp_path, {**LAMP, **overview, "properties/expectations.yaml": LAMP_EXPECTED})
    brief, named, whole = (call(command, folder, *more) for more in ((), ("--proposal", "today"), ("--all",)))
    assert "better" in brief.out and "today" not in brief.out.partition("explain")[0]
    assert "2 of 4 checks; the others: --proposal, --installation, or --all" in brief.err
    assert "better" not in named.out.partition("explain")[0]
    assert "better" in whole.out and "today" in whole.out and "of 4 checks" not in whole.err
    assert (brief.code, named.code, whole.code) == (0, 0, 0)


def test_the_condition_stands_in_its_column(expected_lamp: Path, call: Call) -> None:
    """Of what fails only: the lamp warms up for at most a minute, or it is dark for too long."""
    ran = call("matrix", expected_lamp, "--over", "lamp.warm", "--format", "csv")
    found = {(row["goal"], row["proposal"]): row["condition"] for row in csv.DictReader(io.StringIO(ran.out))}
    words = found.pop(("bright", "today"))
    assert "if and only if time to warm up (lamp) is at most 1 min (exactly that included)" in words
    assert set(found.values()) == {""}
    assert words in call("matrix", expected_lamp, "--over", "lamp.warm").out.replace("\n", " ")
    ran = call("matrix", expected_lamp, "--over", "lamp.worm")
    assert ran.code == 2 and "no installation here has the parameter 'lamp.worm'" in ran.err and "lamp.warm" in ran.err
