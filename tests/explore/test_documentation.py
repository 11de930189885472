"""The programs in ARCHITECTURE.md run as they stand, only faster."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("number", range(2))
def test_a_program_of_the_page_runs(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(PROGRAMS[number].replace("speed=60", "speed=10_000_000"), str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    if number == 0:
        page = (tmp_path / "premises.html").read_text(encoding="utf-8")
        assert page.count("<svg") == 1 and "so far" in page and " s  " in printed
    else:
        assert "no step is possible any more" in printed and "at 0 s: bell: ringing -> broken (drop)" in printed
        assert printed.rstrip().endswith("Holds'>")


def test_both_programs_are_there() -> None:
    assert len(PROGRAMS) == 2
