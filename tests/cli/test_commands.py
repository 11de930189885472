"""One good use of every command: what it prints where, and that JSON is nothing but JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Xml
from importlib import metadata
from pathlib import Path

import pytest

from lastgasp.cli.main import cli
from tests.cli.studies import COUNTER, Call, outside, written

SENTENCE = "LAMP shall not be warming for more than 59 s."
CHECK_KEYS = {
    "goal",
    "proposal",
    "installation",
    "verdict",
    "as expected",
    "expected",
    "engine",
    "assumptions",
    "notes",
    "class",
    "reason",
    "trace",
}


def test_check_prints_the_table_and_what_differs(lamp: Path, call: Call) -> None:
    ran = call("check", lamp, "--jobs", "1")
    assert ran.code == 1
    assert ran.err == ""
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["today", "better"] in rows
    assert ["bright", "FAILS", "!", "holds"] in rows
    assert ["goes-out", "can", "happen", "can", "happen"] in rows
    assert "bright/today/room: expected holds, found fails" in ran.out
    assert "lastgasp explain bright/today" in ran.out
    assert ran.out.endswith("\n\n4 checks; 1 not as expected\n")
    assert "\n\n\n" not in ran.out


def test_check_of_one_thing_is_told_in_the_singular(lamp: Path, call: Call) -> None:
    ran = call("check", lamp, "--goal", "bright", "--proposal", "better")
    assert ran.out.endswith("\n\n1 check; 0 not as expected\n")


def test_check_as_json(lamp: Path, call: Call) -> None:
    """Stdout is one JSON document with a trace for the failure; the exit code is that of the table."""
    ran = call("check", lamp, "--jobs", "1", "--format", "json")
    assert ran.code == 1
    assert ran.err == ""
    result = json.loads(ran.out)
    assert result["lastgasp-result"] == 1
    assert all(set(check) >= CHECK_KEYS for check in result["checks"])
    verdicts = {(c["goal"], c["proposal"]): (c["verdict"], c["as expected"]) for c in result["checks"]}
    assert verdicts == {
        ("bright", "today"): ("fails", False),
        ("bright", "better"): ("holds", True),
        ("goes-out", "today"): ("holds", True),
        ("goes-out", "better"): ("holds", True),
    }
    traces = {(c["goal"], c["proposal"]): c["trace"] for c in result["checks"]}
    assert traces["bright", "today"]["lastgasp-trace"] == 1
    assert traces["bright", "better"] is None


def test_check_of_one_cell_and_of_a_profile(lamp: Path, call: Call) -> None:
    """Parts can be named; a lamp that is quick enough keeps the goal without any clause."""
    assert call("check", lamp, "--jobs", "1", "--goal", "bright", "--proposal", "better").code == 0
    ran = call("check", lamp, "--jobs", "1", "--installation", "room", "--profile", "quick")
    assert ran.code == 0
    assert "FAILS" not in ran.out


def test_check_in_several_processes_says_the_same(lamp: Path, call: Call) -> None:
    alone = call("check", lamp, "--jobs", "1", "--format", "json")
    together = outside("check", lamp, "--jobs", "2", "--format", "json")
    assert together.code == alone.code
    assert json.loads(together.out) == json.loads(alone.out)
    assert together.err == ""


@pytest.mark.parametrize("engine", ["zones", "bmc", "all", "auto"])
def test_check_with_each_engine_finds_the_failure(engine: str, lamp: Path, call: Call) -> None:
    ran = call("check", lamp, "--jobs", "1", "--goal", "bright", "--proposal", "today", "--engine", engine)
    assert ran.code == 1
    assert "FAILS" in ran.out


def test_explain_a_failure(lamp: Path, tmp_path: Path, call: Call) -> None:
    """The run as a table on stdout, the files where they are wanted; a verdict that was explained is exit 0."""
    svg, trace = tmp_path / "new" / "run.svg", tmp_path / "run.json"
    ran = call("explain", "bright/today", "--study", lamp, "--svg", svg, "--trace", trace)
    assert ran.code == 0
    assert ran.out.startswith("bright/today/room: FAILS\n")
    assert "While supply is on, LAMP shall not keep light no for more than 1 min." in ran.out
    assert "broken" in ran.out
    assert "wrote" in ran.err and "wrote" not in ran.out
    root = Xml.parse(svg).getroot()
    assert root.tag.endswith("svg")
    assert root[0].text == "While supply is on, LAMP shall not keep light no for more than 1 min: FAILS"
    assert (root[1].text or "").startswith("today. room. ")
    assert json.loads(trace.read_text(encoding="utf-8"))["network"] == "room"


def test_explain_a_proof(lamp: Path, tmp_path: Path, call: Call) -> None:
    """The clauses that were used, and what was proved; there is no run to write."""
    ran = call("explain", "bright/better/room", "--study", lamp, "--trace", tmp_path / "run.json")
    assert ran.code == 0
    assert "warm-up (LAMP, lamps, 1, proposed)" in ran.out
    assert "Proved" in ran.out
    assert "there is no run" in ran.err
    assert not (tmp_path / "run.json").exists()


def test_explain_as_json(lamp: Path, call: Call) -> None:
    ran = call("explain", "bright/today", "--study", lamp, "--format", "json")
    assert ran.code == 0
    assert ran.err == ""
    (check,) = json.loads(ran.out)["checks"]
    assert (check["verdict"], check["trace"]["network"]) == ("fails", "room")


def test_try_says_what_a_sentence_means_and_changes(lamp: Path, call: Call) -> None:
    ran = call("try", SENTENCE, "--study", lamp)
    assert ran.code == 0
    assert ran.err == ""
    assert "59 s" in ran.out
    assert "It binds: LAMP." in ran.out
    assert "FAILS -> holds" in ran.out


def test_try_draws_what_still_fails(lamp: Path, tmp_path: Path, call: Call) -> None:
    """2 min are too long for the goal: it still fails, and the run is drawn."""
    svg = tmp_path / "still.svg"
    ran = call("try", SENTENCE.replace("59 s", "2 min"), "--study", lamp, "--svg", svg)
    assert ran.code == 0
    assert "What still fails" in ran.out
    assert Xml.parse(svg).getroot().tag.endswith("svg")


def test_draw_writes_pictures(expected_lamp: Path, tmp_path: Path, call: Call) -> None:
    """Every machine, the wiring, and the failure that is expected; the names on stderr."""
    ran = call("draw", "--study", expected_lamp, "-o", tmp_path / "pictures")
    assert ran.code == 0
    assert ran.out == ""
    pictures = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert pictures == {"lamp.svg", "supply.svg", "installation-room.svg", "run-today-bright.svg"}
    assert all(name in ran.err for name in pictures)
    assert all(Xml.parse(path).getroot().tag.endswith("svg") for path in (tmp_path / "pictures").iterdir())


def test_simulate_is_a_run_that_a_seed_repeats(lamp: Path, tmp_path: Path, call: Call) -> None:
    first = call("simulate", "--study", lamp, "--steps", "5", "--seed", "7", "--trace", tmp_path / "run.json")
    assert first.code == 0
    assert "A run of room: 5 steps" in first.out
    assert call("simulate", "--study", lamp, "--steps", "5", "--seed", "7", "--installation", "room").out == first.out
    assert len(json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["entries"]) == 5


def test_lint_reads_every_sentence_back(lamp: Path, call: Call) -> None:
    ran = call("lint", lamp)
    assert ran.code == 0
    assert ran.err == ""
    for name in ("goal bright", "goal goes-out", "clause warm-up", "no problem found"):
        assert name in ran.out


def test_lint_reads_the_sentences_for_every_installation(lamp: Path, call: Call) -> None:
    """The second one fits as well, until it has two lamps, of which a goal cannot mean both."""
    wires = "{machine: lamp, wires: {supply: supply}}\n"
    second = f"installation: second\ninstances:\n  supply: {{machine: supply}}\n  lamp: {wires}"
    written(lamp, {"models/second.yaml": second})
    assert "Read for the installation room; second can be read as well." in call("lint", lamp).out
    written(lamp, {"models/second.yaml": second.replace("lamp:", "bulb:") + f"  tube: {wires}"})
    ran = call("lint", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert "goals.yaml:3:35: 'LAMP' may be bulb or tube" in ran.err


def test_fmt_brings_a_file_into_layout(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("machine:   a\nstates:\n    s:   {initial: yes}  # the only one\n", encoding="utf-8")
    ran = call("fmt", path)
    assert ran.code == 0
    assert ran.out == ""
    assert str(path) in ran.err
    text = path.read_text(encoding="utf-8")
    assert text.startswith("machine: a\nstates:\n  s: {initial: yes}")
    assert "# the only one" in text


def test_replay_plays_a_stored_run(lamp: Path, tmp_path: Path, call: Call) -> None:
    path = tmp_path / "run.json"
    explained = call("explain", "bright/today", "--study", lamp, "--trace", path)
    ran = call("replay", path, "--study", lamp)
    assert ran.code == 0
    assert ran.out.strip() in explained.out
    assert "a run of room" in ran.err


def test_schema_of_every_kind_and_of_one(call: Call) -> None:
    """All of them by kind, or one; each a JSON Schema."""
    everything = json.loads(call("schema").out)
    assert {"machine", "installation", "goals", "clauses", "proposals", "expectations"} <= set(everything)
    one = call("schema", "machine")
    assert one.code == 0
    assert one.err == ""
    assert json.loads(one.out) == everything["machine"]
    assert json.loads(one.out)["$schema"].startswith("https://json-schema.org/")


def test_schema_writes_files_and_the_page_of_the_grammar(tmp_path: Path, call: Call) -> None:
    ran = call("schema", "-o", tmp_path / "schemas")
    assert (ran.code, ran.out) == (0, "")
    files = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert files == {f"{kind}.schema.json" for kind in json.loads(call("schema").out)}
    assert call("schema", "sentences").out.startswith("# Sentences")


def test_doctor_lists_versions_and_the_bundled_study(call: Call) -> None:
    ran = call("doctor")
    assert (ran.code, ran.err) == (0, "")
    for word in ("lastgasp", "z3-solver", "bundled study", "machines"):
        assert word in ran.out


def test_doctor_names_what_is_missing_and_the_cure(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package for pictures the installation cannot work: exit 2, cause and cure on stderr."""

    def lacking(package: str) -> str:
        if package == "wasmtime":
            raise metadata.PackageNotFoundError(package)
        return version(package)

    version = metadata.version

    monkeypatch.setattr(metadata, "version", lacking)
    ran = call("doctor")
    assert ran.code == 2
    assert "wasmtime is missing; install it with pip" in ran.err


def test_every_command_has_help_and_the_program_a_version(call: Call) -> None:
    assert call("--version").out.strip().endswith("0.1.0")
    for name in cli.commands:
        ran = call(name, "--help")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"Usage: lastgasp {name}")


@pytest.mark.parametrize(("kind", "files"), [("machine", ["machine.schema.json"]), ("sentences", ["SENTENCES.md"])])
def test_schema_writes_the_kind_that_is_named(kind: str, files: list[str], tmp_path: Path, call: Call) -> None:
    call("schema", kind, "-o", tmp_path / "schemas")
    assert sorted(path.name for path in (tmp_path / "schemas").iterdir()) == files


def test_explain_as_json_says_what_check_says(lamp: Path, call: Call) -> None:
    """The goal fails and is expected to hold, whichever command tells."""
    checked = json.loads(call("check", lamp, "--jobs", "1", "--goal", "bright", "--format", "json").out)["checks"][0]
    (explained,) = json.loads(call("explain", "bright/today", "--study", lamp, "--format", "json").out)["checks"]
    assert (checked["as expected"], checked["expected"]) == (False, "holds")
    assert (explained["as expected"], explained["expected"]) == (False, "holds")


def test_undecided_is_not_as_expected_in_json(tmp_path: Path, call: Call) -> None:
    """Nobody expected that: exit 3, and a program that reads the result must not take it for fine."""
    ran = call("check", written(tmp_path, COUNTER), "--jobs", "1", "--timeout", "0", "--format", "json")
    (check,) = json.loads(ran.out)["checks"]
    assert (ran.code, check["verdict"], check["reason"] != "") == (3, "undecided", True)
    assert (check["as expected"], check["expected"]) == (False, "holds")
