"""Files that cannot be used: each is refused at once with place, cause and cure, and none of them is obeyed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.studies import LAMP, Call, Ran, edited, outside, written

MACHINE = "models/lamp.yaml"
ROOM = "models/room.yaml"
GOALS = "properties/goals.yaml"
PROPOSALS = "properties/proposals.yaml"
CLAUSES = "properties/clauses.yaml"
EXPECTATIONS = "properties/expectations.yaml"
MISSING = "expectations:\n  - {{goal: bright, proposal: {}, installation: room, verdict: fails, missing: {}}}\n"
PROBLEM = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<cause>\S.*)")
LIMIT = 5.0
"""Seconds of the processor that a refusal may take: nothing is searched before it."""

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine levels of nine aliases each: 9**8 values where somebody obeys."""

TAG = "machine: !!python/object/apply:os.system ['touch obeyed']\n"
FREE = "{from: warming, to: lit, may: }"
ENUM = "{from: warming, to: lit, may: , if: time in state > supply.power}"


def swap(name: str, old: str, new: str) -> Callable[[Path], object]:
    """One text in place of another, in one file."""
    return lambda folder: written(folder, {name: edited(LAMP, name, old, new)[name]})


def whole(name: str, content: str | bytes) -> Callable[[Path], object]:
    """Another content for one file."""
    return lambda folder: written(folder, {name: content})


def as_folder(folder: Path) -> None:
    (folder / MACHINE).unlink()
    (folder / MACHINE).mkdir()


BAD: dict[str, tuple[str, Callable[[Path], object], str, str]] = {
    "a misspelt key": (f"{MACHINE}:2:1", swap(MACHINE, "party:", "prty:"), "'prty'", "did you mean 'party'?"),
    "a misspelt kind of file": (f"{MACHINE}:1:1", whole(MACHINE, "machin: x\n"), "'machin'", "'machine'?"),
    "an unknown state": (f"{MACHINE}:15:5", swap(MACHINE, "to: lit", "to: litt"), "state 'litt'", "mean 'lit'?"),
    "an unknown state to come from": (
        f"{MACHINE}:13:5",
        swap(MACHINE, "from: lit", "from: litt"),
        "state 'litt'",
        "mean 'lit'?",
    ),
    "an unknown event": (f"{MACHINE}:13:5", swap(MACHINE, "send: out", "send: oot"), "event 'oot'", "mean 'out'?"),
    "an unknown unit": (f"{MACHINE}:6:26", swap(MACHINE, "5 min", "5 lustra"), "'lustra'", "(s, min, h, day)"),
    "a unit that is no length": (f"{GOALS}:3:80", swap(GOALS, "1 min.", "1 month."), "month", "write"),
    "an unknown output in a goal": (f"{GOALS}:3:55", swap(GOALS, "light", "lihgt"), "output 'lihgt'", "'light'?"),
    "an unknown device in a goal": (f"{GOALS}:3:35", swap(GOALS, "LAMP shall", "LUMP shall"), "'LUMP'", "'LAMP'?"),
    "an unknown event in a goal": (f"{GOALS}:5:46", swap(GOALS, "lamp.out", "lamp.owt"), "owt", "out"),
    "an unknown instance in a wiring": (
        f"{ROOM}:4:3",
        swap(ROOM, "supply: supply}}", "supply: suply}}"),
        "instance 'suply'",
        "did you mean 'supply'?",
    ),
    "an unknown port in a wiring": (
        f"{ROOM}:4:3",
        swap(ROOM, "supply: supply}}", "suply: supply}}"),
        "port 'suply'",
        "did you mean 'supply'?",
    ),
    "an unknown machine": (f"{ROOM}:4:19", swap(ROOM, "machine: lamp", "machine: lmap"), "'lmap'", "mean 'lamp'?"),
    "an unknown clause in a proposal": (f"{PROPOSALS}:3:3", swap(PROPOSALS, "warm-up", "warmup"), "'warmup'", "-up'?"),
    "a missing clause that the proposal has": (
        f"{EXPECTATIONS}:2:5",
        whole(EXPECTATIONS, MISSING.format("better", "warm-up")),
        "'warm-up' is not missing, 'better' has it",
        "that the proposal does not have",
    ),
    "a missing clause that there is not": (
        f"{EXPECTATIONS}:2:5",
        whole(EXPECTATIONS, MISSING.format("today", "[warm-up, warmup]")),
        "unknown clause 'warmup'",
        "-up'?",
    ),
    "a sentence with an unread rest": (
        f"{GOALS}:3:85",
        swap(GOALS, "1 min.", "1 min. Really."),
        "more text after the full stop",
        "one sentence",
    ),
    "a sentence without its full stop": (f"{GOALS}:3:83", swap(GOALS, "1 min.", "1 min"), "no full stop", "'.'"),
    "a wording that was changed": (
        f"{CLAUSES}:10:15",
        swap(CLAUSES, "half a minute", "a minute"),
        "the wording of clause 'warm-up'",
        "sha256: ",
    ),
    "a duplicate key": (f"{MACHINE}:3:1", swap(MACHINE, "party: LAMP\n", "party: LAMP\nparty: X\n"), "'party'", "2;"),
    "a tab": (f"{MACHINE}:2:7", swap(MACHINE, "party: LAMP", "party:\tLAMP"), "a tab", "use spaces"),
    "an empty file": (f"{MACHINE}:1:1", whole(MACHINE, ""), "empty", "machine: NAME"),
    "a binary file": (f"{MACHINE}:2:118", whole(MACHINE, bytes(range(256)) * 10), "not UTF-8", "save it as UTF-8"),
    "a program": (f"{MACHINE}:1:1", whole(MACHINE, b"\x7fELF\x02\x01\x01\x00" * 9), "unprintable", "delete it"),
    "10 MB of lines": (f"{MACHINE}:1:1", whole(MACHINE, "a: b\n" * 2_000_000), "larger than 1 MB", "split it"),
    "10 MB in one line": (f"{MACHINE}:1:1", whole(MACHINE, "a: " + "x" * 10_000_000), "larger than 1 MB", "split it"),
    "an alias bomb": (f"{MACHINE}:1:4", whole(MACHINE, LAUGHS), "an anchor ('&a')", "delete it"),
    "deep nesting": (f"{MACHINE}:1:164", whole(MACHINE, "a: " + "{b: " * 200), "nested", "flatten"),
    "an instance wired to itself": (
        f"{ROOM}:4:3",
        swap(ROOM, "supply: supply}}", "supply: lamp}}"),
        "lamp is wired to itself by 'supply'",
        "reads its own names directly",
    ),
    "a guard that compares a clock with an enumeration": (
        f"{MACHINE}:15:57",
        swap(MACHINE, FREE, ENUM),
        "'supply.power' is not a duration",
        "known: warm",
    ),
    "a guard that orders an enumeration": (
        f"{MACHINE}:15:5",
        swap(
            MACHINE,
            "{from: warming, to: lit, may: }",
            ENUM.replace("time in state > supply.power", "supply.power > 5 s"),
        ),
        "'supply.power > 5 s'",
        "use 'is' or 'is not'",
    ),
    "a folder where a machine is expected": (f"{ROOM}:4:19", as_folder, "unknown machine 'lamp'", "known: supply"),
    "UTF-16": (f"{MACHINE}:1:1", whole(MACHINE, LAMP[MACHINE].encode("utf-16")), "not UTF-8", "save it as UTF-8"),
    "UTF-16 without its mark": (
        f"{MACHINE}:1:2",
        whole(MACHINE, LAMP[MACHINE].encode("utf-16-le")),
        "unprintable",
        "delete it",
    ),
    "Latin-1": (
        f"{MACHINE}:6:47",
        whole(MACHINE, LAMP[MACHINE].replace("warm up", "wärm").encode("latin-1")),
        "not UTF-8",
        "save it as UTF-8",
    ),
    "a tag that runs a program": (f"{MACHINE}:1:10", whole(MACHINE, TAG), "os.system", "delete it"),
    "a second document": (f"{MACHINE}:2:1", whole(MACHINE, "machine: a\n---\nb: c\n"), "second document", "keep one"),
    "no keys at all": (f"{MACHINE}:1:1", whole(MACHINE, "hello\n"), "no keys", "start it with one of machine"),
}
TEXT = [
    "a binary file",
    "UTF-16",
    "Latin-1",
    "10 MB of lines",
    "a duplicate key",
    "a tab",
    "an empty file",
    "a program",
    "an alias bomb",
    "deep nesting",
    "UTF-16 without its mark",
    "a tag that runs a program",
    "a second document",
]
"""What is wrong with the text as such, so that ``fmt`` refuses it as well."""


def problems(ran: Ran) -> list[tuple[str, str, str]]:
    """Place, cause and cure of every problem on stderr, which holds nothing else."""
    found: list[tuple[str, str, str]] = []
    for line in ran.err.splitlines():
        if line.startswith("    "):
            place, cause, cure = found.pop()
            assert not cure, f"two cures for {place}"
            found.append((place, cause, line.strip()))
            continue
        match = PROBLEM.fullmatch(line)
        assert match, f"no place in {line!r}"
        found.append((f"{match['file']}:{match['line']}:{match['column']}", match["cause"], ""))
    return found


def assert_refused(ran: Ran, place: str, cause: str, cure: str) -> None:
    """Exit 2, nothing on stdout, at once, the problem with place, cause and cure, and no problem without them."""
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err and "internal error" not in ran.err
    found = problems(ran)
    assert [p for p in found if p[0] == place and cause in p[1] and cure in p[2]], found
    assert all(text for problem in found for text in problem)
    assert ran.seconds < LIMIT


@pytest.mark.parametrize("command", ["check", "lint"])
@pytest.mark.parametrize("bad", BAD)
def test_a_study_with_a_bad_file_is_refused(
    bad: str, command: str, lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Place, cause and cure within a second, and nothing that stands in the file is run."""
    obeyed: list[str] = []
    monkeypatch.setattr(os, "system", obeyed.append)
    place, spoil, cause, cure = BAD[bad]
    spoil(lamp)
    ran = call(command, lamp, *(["--jobs", "1"] if command == "check" else []))
    assert_refused(ran, f"{lamp}/{place}", cause, cure)
    assert obeyed == []


@pytest.mark.parametrize("bad", TEXT)
def test_fmt_refuses_a_bad_file_and_leaves_it(bad: str, lamp: Path, call: Call) -> None:
    """The same place, cause and cure as for a study; the file is as it was."""
    place, spoil, cause, cure = BAD[bad]
    spoil(lamp)
    before = (lamp / MACHINE).read_bytes()
    ran = call("fmt", lamp / MACHINE)
    assert (lamp / MACHINE).read_bytes() == before
    assert_refused(ran, f"{lamp}/{place}", cause, cure)


@pytest.mark.parametrize("bad", ["a misspelt key", "a tab", "an alias bomb", "a tag that runs a program"])
def test_every_command_that_reads_a_study_refuses(bad: str, lamp: Path, call: Call) -> None:
    place, spoil, cause, cure = BAD[bad]
    spoil(lamp)
    for arguments in (
        ["explain", "bright/today"],
        ["try", "LAMP shall never be dark."],
        ["draw", "-o", str(lamp / "out")],
        ["simulate"],
    ):
        assert_refused(call(*arguments, "--study", lamp), f"{lamp}/{place}", cause, cure)
    assert not (lamp / "out").exists()


def test_no_code_of_a_file_is_run_in_a_process_of_its_own(lamp: Path, tmp_path: Path) -> None:
    """What the tag would make is not there afterwards."""
    mark = tmp_path / "obeyed"
    written(lamp, {MACHINE: TAG.replace("touch obeyed", f"touch {mark}")})
    ran = outside("check", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    assert not mark.exists()


def test_problems_of_several_files_are_told_at_once(lamp: Path, call: Call) -> None:
    """One in a machine, one in a goal, in the order of the files."""
    BAD["a misspelt key"][1](lamp)
    BAD["a sentence with an unread rest"][1](lamp)
    places = [place for place, _, _ in problems(call("lint", lamp))]
    assert places == [f"{lamp}/{MACHINE}:2:1", f"{lamp}/{GOALS}:3:85"]


@pytest.mark.parametrize(
    ("arguments", "cause", "cure"),
    [
        (["check", "FILE"], "is a file, not a folder", "name a folder"),
        (["check", "NOTHING"], "there is no folder", "name a folder"),
        (["lint", "FILE"], "is a file, not a folder", "name a folder"),
        (["draw", "--study", "NOTHING"], "there is no folder", "name a folder"),
        (["explain", "bright/today", "--study", "FILE"], "is a file, not a folder", "name a folder"),
        (["check", "EMPTY"], "no *.yaml file", "add a file"),
    ],
    ids=" ".join,
)
def test_a_path_that_is_no_study_is_refused(
    arguments: list[str], cause: str, cure: str, lamp: Path, tmp_path: Path, call: Call
) -> None:
    """A file where a folder is expected, nothing at all, an empty folder: no place in a file, but the path."""
    (tmp_path / "EMPTY").mkdir()
    written(tmp_path, {"FILE": "machine: a\n"})
    ran = call(*(str(tmp_path / word) if word.isupper() else word for word in arguments))
    assert (ran.code, ran.out) == (2, "")
    first, second = ran.err.splitlines()
    assert cause in first and str(tmp_path) in first
    assert cure in second
    assert ran.seconds < LIMIT


PATHS = [
    (["fmt", "NOTHING"], "No such file"),
    (["replay", "NOTHING"], "No such file"),
    (["replay", "FOLDER"], "Is a directory"),
    (["draw", "--study", "LAMP", "-o", "FILE"], "FILE"),
    (["schema", "-o", "FILE"], "FILE"),
    (["explain", "bright/today", "--study", "LAMP", "--svg", "FILE/x.svg"], "FILE"),
    (["simulate", "--study", "LAMP", "--trace", "FILE/x.json"], "FILE"),
]


@pytest.mark.parametrize(("arguments", "cause"), PATHS, ids=[" ".join(path) for path, _ in PATHS])
def test_a_path_that_cannot_be_used_is_named(
    arguments: list[str], cause: str, lamp: Path, tmp_path: Path, call: Call
) -> None:
    """Missing files, folders for files and files for folders: exit 2, with the path and a cure, no traceback."""
    (tmp_path / "FOLDER").mkdir()
    written(tmp_path, {"FILE": "machine: a\n"})
    real = [word.replace("LAMP", str(lamp)) for word in arguments]
    ran = call(*(str(tmp_path / word) if word.partition("/")[0].isupper() else word for word in real))
    assert ran.code == 2
    assert [line for line in ran.err.splitlines() if line.startswith("    ")]
    assert cause in ran.err and str(tmp_path) in ran.err
    assert "Traceback" not in ran.err and "internal error" not in ran.err
    assert (tmp_path / "FILE").read_text(encoding="utf-8") == "machine: a\n"


def test_one_slip_is_one_problem(lamp: Path, call: Call) -> None:
    """A range with a unit that is none: the unit is the only thing that is wrong."""
    BAD["an unknown unit"][1](lamp)
    assert len(problems(call("lint", lamp))) == 1


def test_a_file_that_cannot_be_read_is_one_problem(lamp: Path, call: Call) -> None:
    """A tab in the file of the lamp: the installation that uses the lamp is right."""
    BAD["a tab"][1](lamp)
    assert len(problems(call("lint", lamp))) == 1


def test_lint_tells_every_sentence_with_an_unknown_name(lamp: Path, call: Call) -> None:
    """Two goals, an unknown name in each."""
    goals = LAMP[GOALS].replace("LAMP shall", "LUMP shall").replace("lamp.out", "lamp.owt")
    ran = call("lint", written(lamp, {GOALS: goals}))
    assert len(problems(ran)) == 2


CLASSES = """\
classes:
  - goals: [bright]
    symptom: lihgt is no
    cause: supply is off
    threshold: 3 min
    long: {name: A, words: a}
    short: {name: B, words: b}
    never: {name: C, words: c}
    mixed: {name: D, words: d}
"""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("models/profiles.yaml", "profiles:\n  quick: {settings: {lamp.wram: 1 s}}\n"),
        ("models/profiles.yaml", "profiles:\n  quick: {settings: {lamp.warm: 7 h}}\n"),
        ("properties/classes.yaml", CLASSES),
    ],
    ids=["unknown parameter in a profile", "profile out of its range", "unknown name in a class of failures"],
)
def test_lint_finds_what_a_check_would_stumble_over(name: str, content: str, lamp: Path, call: Call) -> None:
    assert call("lint", written(lamp, {name: content})).code == 2


def test_a_condition_of_a_class_has_its_own_place(lamp: Path, call: Call) -> None:
    written(lamp, {"properties/classes.yaml": CLASSES})
    ran = call("check", lamp, "--jobs", "1", "--goal", "bright", "--proposal", "today")
    assert_refused(ran, f"{lamp}/properties/classes.yaml:3:14", "'lihgt'", "did you mean 'light'?")


def test_a_setting_outside_of_its_range_has_a_cure(lamp: Path, call: Call) -> None:
    """Exit 2 with the place, and what the range is."""
    written(lamp, {ROOM: LAMP[ROOM].replace("{supply: supply}", "{supply: supply}, settings: {warm: 7 h}")})
    assert_refused(call("lint", lamp), f"{lamp}/{ROOM}:4:3", "outside of its range", "5 min")


def test_check_binds_every_sentence_before_it_decides_any(
    lamp: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is unknown in the last goal is told at once, not after hours of work on the others."""
    asked: list[object] = []
    monkeypatch.setattr("lastgasp.questions.asking.decide", lambda *arguments: asked.append(arguments))
    written(lamp, {GOALS: LAMP[GOALS].replace("lamp.out", "lamp.owt")})
    assert call("check", lamp, "--jobs", "1").code == 2
    assert asked == []


def test_try_prints_nothing_where_a_goal_cannot_be_read(lamp: Path, call: Call) -> None:
    BAD["an unknown output in a goal"][1](lamp)
    ran = call("try", "LAMP shall never be dark.", "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
