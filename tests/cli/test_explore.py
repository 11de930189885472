"""``lastgasp explore`` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.studies import START, Call, outside, written


def test_a_failure_as_a_table_as_a_trace_and_as_a_program(call: Call, lamp: Path, tmp_path: Path) -> None:
    trace, program = tmp_path / "run.json", tmp_path / "run.py"
    ran = call("explore", "bright/today", "--study", lamp, "--trace", trace, "--program", program)
    assert ran.code == 0, ran.err
    assert "This fails, by a run of 4 steps" in ran.out and "** broken **" in ran.out
    assert call("replay", trace, "--study", lamp).code == 0
    subprocess.run([sys.executable, program], check=True, capture_output=True)


def test_what_is_not_found_is_open(call: Call, lamp: Path, tmp_path: Path) -> None:
    trace = tmp_path / "run.json"
    ran = call("explore", "bright/better", "--study", lamp, "--runs", "20", "--trace", trace)
    assert ran.code == 3 and "That is no proof" in ran.out and "of 5 transitions" in ran.out
    assert not trace.exists() and "no run to write" in ran.err


def test_every_check_in_one_line_each(call: Call, lamp: Path) -> None:
    ran = call("explore", "--study", lamp, "--runs", "10")
    assert ran.code == 3
    lines = ran.out.strip().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"{goal}/{proposal}/room" for proposal in ("today", "better") for goal in ("bright", "goes-out")
    ]
    assert "fails in 4 steps" in lines[0] and "shown in 2 steps" in lines[1] and "nothing found in 10" in lines[2]


def test_the_same_seed_prints_the_same(call: Call, lamp: Path) -> None:
    def found(seed: int) -> dict[str, object]:
        ran = call("explore", "bright/today", "--study", lamp, "--seed", str(seed), "--format", "json")
        data: dict[str, object] = json.loads(ran.out)
        return data

    assert found(3) == found(3)
    assert found(3)["lastgasp-result"] == 1


def test_nothing_is_left_behind(lamp: Path, tmp_path: Path) -> None:
    """Hypothesis keeps what it reads in modules in a folder wherever one works, if it may."""
    here = tmp_path / "here"
    here.mkdir()
    start = f"import os; os.chdir({str(here)!r}); os.environ.pop('HYPOTHESIS_STORAGE_DIRECTORY', None); {START}"
    ran = outside("explore", "bright/today", "--study", lamp.resolve(), start=start)
    assert ran.code == 0, ran.err
    assert not list(here.iterdir())


def test_what_cannot_be_explored(call: Call, lamp: Path, tmp_path: Path) -> None:
    assert call("explore", "brihgt/today", "--study", lamp).code == 2
    assert call("explore", "bright/today", "--study", lamp, "--runs", "0").code == 2
    empty = written(tmp_path / "empty", {"models/m.yaml": "machine: m\nstates: {s: {}}\ntransitions: []\n"})
    ran = call("explore", "--study", empty)
    assert ran.code == 5 and "nothing to explore" in ran.err
