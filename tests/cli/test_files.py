"""Files are written whole or not at all, and the layout is one that stays as it is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from lastgasp.bundled import bundled_folder
from lastgasp.render import diagrams
from tests.cli.studies import LAMP, Call, edited, snapshot, written

LOOSE = "machine:   a\nstates:\n    s:   {initial: yes}  # the only one\n"
TIGHT = "machine: a\nstates:\n  s: {initial: yes}      # the only one\n"
OLD = "what was there before\n"
SENTENCE = "LAMP shall not be warming for more than 2 min."
STUDY_FILES = sorted(path for part in ("models", "properties") for path in (bundled_folder() / part).rglob("*.yaml"))

WRITES: dict[str, list[str]] = {
    "fmt": ["fmt", "OUT"],
    "explain --svg": ["explain", "bright/today", "--study", "LAMP", "--svg", "OUT"],
    "explain --trace": ["explain", "bright/today", "--study", "LAMP", "--trace", "OUT"],
    "simulate --trace": ["simulate", "--study", "LAMP", "--trace", "OUT"],
    "try --svg": ["try", SENTENCE, "--study", "LAMP", "--svg", "OUT"],
}
"""Commands that write one file."""


def arguments(command: str, lamp: Path, out: Path) -> list[str]:
    return [str({"LAMP": lamp, "OUT": out}.get(word, word)) for word in WRITES[command]]


def no_space(*_arguments: object, **_named: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the disk")


def interrupted(*_arguments: object, **_named: object) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("how", "code"), [(no_space, 2), (interrupted, 130)])
@pytest.mark.parametrize("command", WRITES)
def test_what_was_there_is_kept_where_writing_fails(
    command: str,
    how: Callable[..., NoReturn],
    code: int,
    lamp: Path,
    tmp_path: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The disk is full, or somebody interrupts, at the last moment: the old file is whole, and nothing lies beside."""
    old = LOOSE if command == "fmt" else OLD
    folder = written(tmp_path / "out", {"file": old})
    monkeypatch.setattr(os, "replace", how)
    ran = call(*arguments(command, lamp, folder / "file"))
    assert ran.code == code
    assert "wrote" not in ran.err and "Traceback" not in ran.err
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {"file": old}


@pytest.mark.parametrize("command", WRITES)
def test_a_file_is_replaced_and_nothing_lies_beside_it(command: str, lamp: Path, tmp_path: Path, call: Call) -> None:
    old = LOOSE if command == "fmt" else OLD
    folder = written(tmp_path / "out", {"file": old})
    assert call(*arguments(command, lamp, folder / "file")).code == 0
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").read_text(encoding="utf-8") != old


@pytest.mark.parametrize("command", WRITES)
def test_what_was_there_is_kept_where_the_input_is_bad(command: str, lamp: Path, tmp_path: Path, call: Call) -> None:
    folder = written(tmp_path / "out", {"file": "\tno YAML\n"})
    written(lamp, {"models/lamp.yaml": "machin: lamp\n"})
    before = snapshot(tmp_path)
    ran = call(*arguments(command, lamp, folder / "file"))
    assert (ran.code, ran.out) == (2, "")
    assert snapshot(tmp_path) == before


def test_draw_writes_nothing_where_the_study_is_bad(lamp: Path, tmp_path: Path, call: Call) -> None:
    pictures = written(tmp_path / "pictures", {"lamp.svg": OLD})
    written(lamp, {"models/lamp.yaml": "machin: lamp\n"})
    assert call("draw", "--study", lamp, "-o", pictures).code == 2
    assert {path.name: path.read_text(encoding="utf-8") for path in pictures.iterdir()} == {"lamp.svg": OLD}


def test_draw_writes_nothing_where_one_picture_fails(
    lamp: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machines can be drawn, the wiring cannot: no picture at all."""

    def defect(*_arguments: object) -> NoReturn:
        raise RuntimeError("a defect")

    monkeypatch.setattr(diagrams, "wiring_dot", defect)
    assert call("draw", "--study", lamp, "-o", tmp_path / "pictures").code == 70
    assert not (tmp_path / "pictures").exists()


def test_schema_writes_nothing_for_a_kind_that_is_none(tmp_path: Path, call: Call) -> None:
    ran = call("schema", "machne", "-o", tmp_path / "schemas")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean 'machine'?" in ran.err
    assert not (tmp_path / "schemas").exists()


def test_a_picture_of_a_run_there_is_none_of_leaves_the_old_one(lamp: Path, tmp_path: Path, call: Call) -> None:
    """The goal holds: there is nothing to draw, and that is said."""
    folder = written(tmp_path / "out", {"file": OLD})
    ran = call("explain", "bright/better", "--study", lamp, "--svg", folder / "file")
    assert ran.code == 0
    assert "there is no run" in ran.err
    assert (folder / "file").read_text(encoding="utf-8") == OLD


def test_try_says_that_there_is_nothing_to_draw(lamp: Path, tmp_path: Path, call: Call) -> None:
    ran = call("try", SENTENCE.replace("2 min", "59 s"), "--study", lamp, "--svg", tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()
    assert "there is no run" in ran.err


# --- layout -------------------------------------------------------------------------------------------------------


def test_every_bundled_file_is_in_layout(call: Call) -> None:
    """fmt finds nothing to change in the study that comes with the package."""
    assert STUDY_FILES
    before = [path.read_bytes() for path in STUDY_FILES]
    ran = call("fmt", "--check", *STUDY_FILES)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert [path.read_bytes() for path in STUDY_FILES] == before


@pytest.mark.parametrize("name", [*LAMP, "loose"])
def test_the_layout_is_a_fixed_point(name: str, tmp_path: Path, call: Call) -> None:
    path = tmp_path / "file.yaml"
    path.write_text({**LAMP, "loose": LOOSE}[name], encoding="utf-8")
    assert call("fmt", path).code == 0
    once = path.read_bytes()
    ran = call("fmt", path)
    assert (ran.code, ran.err) == (0, "")
    assert path.read_bytes() == once
    assert call("fmt", "--check", path).code == 0


@pytest.mark.parametrize(
    ("files", "code"),
    [({"a": TIGHT}, 0), ({"a": LOOSE}, 1), ({"a": TIGHT, "b": LOOSE}, 1), ({"a": LOOSE, "b": "\t"}, 2)],
)
def test_the_codes_of_fmt_check(files: dict[str, str], code: int, tmp_path: Path, call: Call) -> None:
    """0: all in layout; 1: some would change; 2: some cannot be read. Nothing is written."""
    written(tmp_path, files)
    before = snapshot(tmp_path)
    ran = call("fmt", "--check", *(tmp_path / name for name in files))
    assert (ran.code, ran.out) == (code, "")
    assert ("would change" in ran.err) == (LOOSE in files.values())
    assert snapshot(tmp_path) == before


def test_fmt_keeps_what_the_author_wrote(tmp_path: Path, call: Call) -> None:
    """Comments, quotes, durations like 3:00 and words like on, no and 5.10 stay."""
    path = tmp_path / "a.yaml"
    text = "# why\nmachine: a\ntitle: 'on: no' # so\nparty: \"5.10\"\nstates:\n    on: {initial:   yes, label: 3:00}\n"
    path.write_text(text, encoding="utf-8")
    assert call("fmt", path).code == 0
    after = path.read_text(encoding="utf-8")
    assert after.split() == text.split()
    assert after != text


def test_fmt_of_a_folder_is_that_of_its_files(tmp_path: Path, call: Call) -> None:
    """Every YAML file under it; other files are left alone."""
    written(tmp_path, {"x/a.yaml": LOOSE, "x/y/b.yaml": TIGHT, "x/notes.txt": LOOSE})
    ran = call("fmt", tmp_path / "x")
    assert ran.code == 0
    assert "a.yaml" in ran.err and "b.yaml" not in ran.err
    assert (tmp_path / "x" / "a.yaml").read_text(encoding="utf-8") == TIGHT
    assert (tmp_path / "x" / "notes.txt").read_text(encoding="utf-8") == LOOSE


def test_what_was_laid_out_means_the_same(lamp: Path, tmp_path: Path, call: Call) -> None:
    loose = written(tmp_path / "loose", edited(LAMP, "models/lamp.yaml", "  - {from: lit", "  -   {from:   lit"))
    assert call("fmt", loose / "models" / "lamp.yaml").code == 0
    assert call("lint", loose).out == call("lint", lamp).out


def test_fmt_adds_nothing_to_a_text(tmp_path: Path, call: Call) -> None:
    """No file of ours: refused, and left as it is."""
    path = written(tmp_path, {"a.yaml": "hello\n"}) / "a.yaml"
    ran = call("fmt", path)
    assert ran.code == 2
    assert "a.yaml:1:1: the file has no keys\n    start it with 'machine: NAME'" in ran.err
    assert path.read_text(encoding="utf-8") == "hello\n"


def test_fmt_writes_none_where_one_cannot_be_read(tmp_path: Path, call: Call) -> None:
    """Every problem of every file is told."""
    written(tmp_path, {"a.yaml": LOOSE, "b.yaml": "\t", "c.yaml": ""})
    before = snapshot(tmp_path)
    ran = call("fmt", tmp_path)
    assert ran.code == 2
    assert "b.yaml:1:1: " in ran.err and "c.yaml:1:1: " in ran.err and "changed" not in ran.err
    assert snapshot(tmp_path) == before


def test_fmt_check_sees_other_ends_of_lines(tmp_path: Path, call: Call) -> None:
    path = written(tmp_path, {"a.yaml": TIGHT.replace("\n", "\r\n")}) / "a.yaml"
    assert call("fmt", "--check", path).code == 1
    assert call("fmt", path).code == 0
    assert path.read_bytes() == TIGHT.encode()


def test_fmt_follows_a_link(tmp_path: Path, call: Call) -> None:
    real = written(tmp_path, {"real.yaml": LOOSE}) / "real.yaml"
    link = tmp_path / "link.yaml"
    link.symlink_to(real)
    assert call("fmt", link).code == 0
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == TIGHT


def test_fmt_keeps_the_permissions(tmp_path: Path, call: Call) -> None:
    path = written(tmp_path, {"a.yaml": LOOSE}) / "a.yaml"
    path.chmod(0o600)
    assert call("fmt", path).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_in_place_of_a_file_is_named(lamp: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "out").mkdir()
    ran = call("explain", "bright/today", "--study", lamp, "--trace", tmp_path / "out")
    assert ran.code == 2
    assert f"{tmp_path / 'out'}" in ran.err


def test_what_is_no_file_is_written_to_and_not_replaced(lamp: Path, tmp_path: Path, call: Call) -> None:
    """As /dev/stdout: a pipe stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert call("simulate", "--study", lamp, "--steps", "1", "--trace", pipe).code == 0
    assert os.read(reader, 1 << 16).startswith(b"{")
    os.close(reader)
    assert pipe.is_fifo()


def test_the_picture_of_a_trial_is_called_after_what_fails(lamp: Path, tmp_path: Path, call: Call) -> None:
    """The first goal is not the one that fails."""
    goals = "goals:\n  lit: {sentence: It is possible that LAMP is lit.}\n"
    bright = LAMP["properties/goals.yaml"].partition("\n")[2]
    written(lamp, {"properties/goals.yaml": goals + bright})
    assert call("try", SENTENCE, "--study", lamp, "--svg", tmp_path / "x.svg").code == 0
    words = "While supply is on, LAMP shall not keep light no for more than 1 min: FAILS"
    assert words in (tmp_path / "x.svg").read_text(encoding="utf-8")
