"""What people do who have not read the manual: an answer that helps, never a traceback or a wrong code."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lastgasp.cli.main import cli
from tests.cli.studies import COUNTER, LAMP, ROOT, START, Call, edited, outside, snapshot, written

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ESCAPE = "\x1b"


# --- the command line ---------------------------------------------------------------------------------------------


def test_no_arguments_at_all_show_the_commands(call: Call) -> None:
    """Nothing was asked, so nothing was answered: exit 2, and every command with a line of its own."""
    ran = call()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: lastgasp")
    for name in cli.commands:
        assert re.search(rf"^  {name} ", ran.err, re.M)


@pytest.mark.parametrize(
    ("arguments", "cause", "cure"),
    [
        (["chekc"], "No such command 'chekc'", "'check'"),
        (["explian", "a/b"], "No such command 'explian'", "'explain'"),
        (["check", "--gaol", "x"], "No such option '--gaol'", "'--goal'"),
        (["check", "LAMP", "--goal", "brigth"], "there is no goal 'brigth'", "did you mean 'bright'?"),
        (["check", "LAMP", "--proposal", "todya"], "there is no proposal 'todya'", "did you mean 'today'?"),
        (["check", "LAMP", "--installation", "roof"], "there is no installation 'roof'", "did you mean 'room'?"),
        (["check", "LAMP", "--profile", "quik"], "there is no profile 'quik'", "did you mean 'quick'?"),
        (["check", "LAMP", "--goal", ""], "there is no goal ''", "known: bright, goes-out"),
        (["check", "LAMP", "--engine", "z3"], "'z3' is not one of", "'zones'"),
        (["explain", "brigth/today", "--study", "LAMP"], "there is no goal 'brigth'", "did you mean 'bright'?"),
        (["explain", "bright/todya", "--study", "LAMP"], "there is no proposal 'todya'", "did you mean 'today'?"),
        (["explain", "bright/today/roof", "--study", "LAMP"], "no installation 'roof'", "did you mean 'room'?"),
        (["explain", "bright", "--study", "LAMP"], "'bright' is not the name of a check", "write GOAL/PROPOSAL"),
        (["explain", "", "--study", "LAMP"], "'' is not the name of a check", "write GOAL/PROPOSAL"),
        (["explain", "bright/today", "--study", "LAMP", "--assume", "x"], "no assumption 'x'", "there is none"),
        (["try", "LAMP shall never be dark.", "--study", "LAMP", "--proposal", "tody"], "'tody'", "mean 'today'?"),
        (["try", "LAMP shall never be dark.", "--study", "LAMP", "--installation", "roof"], "'roof'", "mean 'room'?"),
        (["simulate", "--study", "LAMP", "--installation", "roof"], "no installation 'roof'", "did you mean 'room'?"),
        (["schema", "machne"], "there is no kind of file 'machne'", "did you mean 'machine'?"),
        (["check", "LAMP", "--timeout", "abc"], "'abc' is not a duration", "write '60s' or '2 min'"),
        (["check", "LAMP", "--timeout", ""], "'' is not a duration", "write '60s' or '2 min'"),
        (["check", "LAMP", "--timeout", "1/0 s"], "'1/0 s' is not a duration", "write '60s' or '2 min'"),
        (["check", "LAMP", "--jobs", "0"], "0 is not in the range", "x>=1"),
        (["check", "LAMP", "--jobs", "-3"], "-3 is not in the range", "x>=1"),
        (["check", "LAMP", "--jobs", "x"], "'x' is not a valid integer", "--jobs"),
        (["simulate", "--study", "LAMP", "--steps", "0"], "0 is not in the range", "x>=1"),
        (["simulate", "--study", "LAMP", "--seed", "x"], "'x' is not a valid integer", "--seed"),
        (["fmt"], "Missing argument", "FILES"),
        (["explain"], "Missing argument", "CHECK"),
        (["try"], "Missing argument", "SENTENCE"),
        (["replay"], "Missing argument", "TRACE_FILE"),
        (["check", "LAMP", "LAMP"], "unexpected extra argument", "LAMP"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_a_slip_on_the_command_line(arguments: list[str], cause: str, cure: str, lamp: Path, call: Call) -> None:
    """Exit 2, nothing on stdout, what is wrong and what to write instead, at once."""
    ran = call(*(str(lamp) if word == "LAMP" else word for word in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert cause in ran.err
    assert cure.replace("LAMP", str(lamp)) in ran.err
    assert [line for line in ran.err.splitlines() if line.startswith("    ")]
    assert "Traceback" not in ran.err
    assert ran.seconds < 5.0


@pytest.mark.parametrize("text", ["0", "0s", "0 s", "1/1000000 s"])
def test_no_time_at_all_is_undecided(text: str, tmp_path: Path, call: Call) -> None:
    """201 values cannot be gone through in no time: nothing is said to hold."""
    assert call("check", written(tmp_path, COUNTER), "--jobs", "1", "--timeout", text).code == 3


@pytest.mark.parametrize("text", ["30", "30s", "30 s", "1min", "1 min", "1/2 min", "0.5 min", "1 h", "1 day"])
def test_a_time_may_be_written_in_many_ways(text: str, lamp: Path, call: Call) -> None:
    assert call("check", lamp, "--jobs", "1", "--proposal", "better", "--timeout", text).code == 0


@pytest.mark.parametrize("text", ["nan", "inf", "-5", "-5 s", "1e3"])
def test_a_time_that_is_none_is_refused(text: str, lamp: Path, call: Call) -> None:
    assert call("check", lamp, "--jobs", "1", "--timeout", text).code == 2


# --- folders ------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_empty(tmp_path: Path, call: Call) -> None:
    """Exit 2 with what a first file starts with; no such folder is made, none is filled."""
    for command in (["check"], ["lint"], ["draw", "-o", str(tmp_path / "out"), "--study"], ["simulate", "--study"]):
        ran = call(*command, tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert "machine: NAME" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_goals(tmp_path: Path, call: Call) -> None:
    """A model alone can be read, drawn and simulated, not checked."""
    folder = written(tmp_path / "lamp", {name: text for name, text in LAMP.items() if name.startswith("models/")})
    assert call("check", folder).code == 5
    assert call("lint", folder).code == 0
    assert call("simulate", "--study", folder).code == 0
    assert call("draw", "--study", folder, "-o", tmp_path / "out").code == 0
    ran = call("explain", "bright/today", "--study", folder)
    assert ran.code == 2
    assert "there is no goal 'bright'" in ran.err
    ran = call("try", "LAMP shall never be dark.", "--study", folder)
    assert ran.code == 2
    assert "needs a proposal" in ran.err


def test_a_folder_with_one_machine(tmp_path: Path, call: Call) -> None:
    folder = written(tmp_path, {"supply.yaml": LAMP["models/supply.yaml"]})
    assert call("check", folder).code == 5
    assert call("lint", folder).code == 0
    assert call("simulate", "--study", folder).code == 2


def test_a_simulation_without_an_installation_says_what_is_missing(tmp_path: Path, call: Call) -> None:
    folder = written(tmp_path, {"supply.yaml": LAMP["models/supply.yaml"]})
    assert "the study has no installation" in call("simulate", "--study", folder).err


def test_two_installations_must_be_told_apart(lamp: Path, call: Call) -> None:
    """check takes both; explain and simulate ask which."""
    written(lamp, {"models/hall.yaml": LAMP["models/room.yaml"].replace("installation: room", "installation: hall")})
    ran = call("check", lamp, "--jobs", "1", "--goal", "bright", "--proposal", "today")
    assert ran.code == 1
    assert "explain bright/today/hall" in ran.out and "explain bright/today/room" in ran.out
    for command in (["explain", "bright/today"], ["simulate"]):
        ran = call(*command, "--study", lamp)
        assert (ran.code, ran.out) == (2, "")
        assert "hall" in ran.err


def test_a_proposal_that_names_a_missing_clause(lamp: Path, call: Call) -> None:
    """Whichever command is asked, and also where another proposal was meant."""
    written(lamp, edited(LAMP, "properties/proposals.yaml", "[warm-up]", "[warm-upp]"))
    for command in (["check"], ["check", "--proposal", "today"], ["lint"]):
        ran = call(*command, lamp)
        assert (ran.code, ran.out) == (2, "")
        assert "proposals.yaml:3:3: unknown clause 'warm-upp'\n    did you mean 'warm-up'?" in ran.err


def test_a_path_with_spaces_and_letters_of_other_languages(tmp_path: Path, call: Call) -> None:
    """Read, laid out, drawn, named in errors."""
    folder = written(tmp_path / "mein Fön, größer ✓", LAMP)
    assert call("check", folder, "--jobs", "1", "--proposal", "better").code == 0
    assert call("fmt", "--check", folder / "models" / "lamp.yaml").code in (0, 1)
    assert call("draw", "--study", folder, "-o", folder / "Bilder – neu").code == 0
    assert (folder / "Bilder – neu" / "lamp.svg").exists()
    path = folder / "Lauf ä.json"
    assert call("explain", "bright/today", "--study", folder, "--trace", path).code == 0
    assert call("replay", path, "--study", folder).code == 0
    written(folder, {"models/lamp.yaml": "machin: x\n"})
    assert f"{folder}/models/lamp.yaml:1:1: " in call("check", folder).err
    ran = outside("check", folder)
    assert (ran.code, ran.out) == (2, "")
    assert "mein Fön, größer ✓" in ran.err


def test_names_of_other_languages(tmp_path: Path, call: Call) -> None:
    """Titles and names of goals are the author's; they are printed as they are."""
    files = edited(LAMP, "properties/goals.yaml", "  bright:\n", "  hell genug:\n    title: Größe ✓\n")
    ran = call("check", written(tmp_path, files), "--jobs", "1", "--goal", "hell genug")
    assert ran.code == 1
    assert "hell genug" in ran.out


def test_looking_at_a_study_changes_nothing(lamp: Path, call: Call) -> None:
    before = snapshot(lamp)
    call("check", lamp, "--jobs", "1")
    call("explain", "bright/today", "--study", lamp)
    call("simulate", "--study", lamp)
    call("lint", lamp)
    call("fmt", "--check", lamp / "models" / "lamp.yaml")
    assert snapshot(lamp) == before


def test_a_file_that_ends_in_yml_is_not_passed_over(lamp: Path, call: Call) -> None:
    """The lamp is there, and only its name is wrong; what begins with a dot belongs to other programs."""
    (lamp / "models" / "lamp.yaml").rename(lamp / "models" / "lamp.yml")
    written(lamp, {"models/.github/x.yml": "on: push\n", "models/.y.yaml": "- id: x\n"})
    ran = call("lint", lamp)
    assert (ran.code, ran.out) == (2, "")
    what = f"{lamp}/models/lamp.yml:1:1: files that end in .yml are not read\n    rename it to lamp.yaml\n"
    assert ran.err == what


def test_try_refuses_an_empty_name(lamp: Path, call: Call) -> None:
    """As check --proposal '' does."""
    assert call("try", "LAMP shall never be dark.", "--study", lamp, "--proposal", "").code == 2


# --- the terminal -------------------------------------------------------------------------------------------------


def test_a_narrow_terminal(lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 columns: help is folded (to 50, which is as narrow as it gets), and no name is cut."""
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, call("--help").out.splitlines())) <= 50
    assert call("check", "--help").code == 0
    ran = call("check", lamp, "--jobs", "1")
    assert ran.code == 1
    for word in ("bright", "goes-out", "today", "better", "can happen", "FAILS"):
        assert word in ran.out
    assert "…" not in ran.out
    assert call("explain", "bright/today", "--study", lamp).code == 0


EVERY = [
    ["--help"],
    ["check", "LAMP", "--jobs", "1"],
    ["explain", "bright/today", "--study", "LAMP"],
    ["schema", "machine"],
    ["doctor"],
]


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "xterm-256color"}], ids=str)
def test_a_pipe_gets_no_escape_codes(env: dict[str, str], lamp: Path) -> None:
    ran = outside("check", lamp, "--jobs", "1", env=env)
    assert ran.code == 1
    assert ESCAPE not in ran.out + ran.err
    assert "checking" not in ran.err


def on_a_terminal(*arguments: str | Path, env: dict[str, str]) -> tuple[str, str]:
    """What a command prints to a pipe as stdout, and to a terminal as stderr."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", START, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **env},
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        out = process.stdout.read()
        err = b"".join(_read(ours))
    os.close(ours)
    return out.decode(), err.decode()


def _read(descriptor: int) -> Iterator[bytes]:
    with suppress(OSError):  # a terminal whose other end is closed cannot be read
        while part := os.read(descriptor, 4096):
            yield part


def test_progress_is_for_terminals_and_never_on_stdout(lamp: Path) -> None:
    """stderr is a terminal: a bar is drawn there, and taken away again; the result in the pipe is plain."""
    out, err = on_a_terminal("check", lamp, "--jobs", "1", env={})
    assert ESCAPE in err
    assert ESCAPE not in out and "bright" in out


def test_try_shows_its_progress_as_well(lamp: Path) -> None:
    """Between what the sentence means and what it changes, both of which stay on stdout."""
    out, err = on_a_terminal("try", "LAMP shall never be dark.", "--study", str(lamp), env={})
    assert ESCAPE in err
    assert ESCAPE not in out and out.index("Read as: ") < out.index("Added to")


def test_no_color_is_obeyed_on_a_terminal(lamp: Path) -> None:
    out, err = on_a_terminal("check", lamp, "--jobs", "1", env={"NO_COLOR": "1"})
    assert not COLOUR.search(out + err)


def test_a_reader_that_has_seen_enough() -> None:
    """As with '| head -1': no traceback, no word."""
    with subprocess.Popen(
        [sys.executable, "-c", START, "schema", "sentences"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"# Sentences\n"
        process.stdout.close()
        assert process.stderr.read() == b""


def closed(*arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a command whose stdout is a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    try:
        ran = subprocess.run(
            [sys.executable, "-c", START, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(write)
    return ran.returncode, ran.stderr


def test_a_pipe_that_nobody_reads_gets_no_traceback() -> None:
    assert closed("schema", "sentences")[1] == ""


def test_a_pipe_that_nobody_reads_is_no_verdict() -> None:
    """Exit 1 says that some check differs; a reader that went away says nothing about checks."""
    assert closed("schema", "sentences")[0] != 1


def test_a_pipe_that_nobody_reads_changes_no_verdict(lamp: Path) -> None:
    """Neither to the better nor to the worse; help has none."""
    assert closed("check", str(lamp), "--jobs", "1") == (1, "")
    assert closed("check", str(lamp), "--jobs", "1", "--proposal", "better") == (0, "")
    assert closed("check", "--help") == (0, "")


def test_a_terminal_that_does_not_know_every_letter(lamp: Path) -> None:
    """As a redirected stdout on Windows: other signs are shown, nothing breaks."""
    ran = outside("explain", "bright/today", "--study", lamp, env={"PYTHONIOENCODING": "cp1252"})
    assert ran.code == 0


def test_the_package_can_be_run_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lastgasp", "--version"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0


def test_replay_of_a_result_says_where_its_traces_are(lamp: Path, tmp_path: Path, call: Call) -> None:
    """A newcomer plays what check wrote: told what it is, and how to get a trace."""
    path = tmp_path / "result.json"
    path.write_text(call("check", lamp, "--jobs", "1", "--format", "json").out, encoding="utf-8")
    ran = call("replay", path, "--study", lamp)
    assert ran.code == 2
    assert "this is a result, not a lastgasp trace" in ran.err
    assert "--trace FILE" in ran.err


@pytest.mark.parametrize("arguments", EVERY, ids=lambda words: words[0])
def test_nothing_speaks_of_python(arguments: list[str], lamp: Path, call: Call) -> None:
    """No object, no class, no exception in what people read."""
    ran = call(*(str(lamp) if word == "LAMP" else word for word in arguments))
    for word in ("Fraction(", "<lastgasp", "object at 0x", "Exception", "None,"):
        assert word not in ran.out + ran.err
