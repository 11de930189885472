"""The programs in ARCHITECTURE.md and the examples run as they stand, only faster."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

import lastgasp as lg

ROOT = Path(__file__).resolve().parents[2]
PAGE, EXAMPLE = ROOT / "ARCHITECTURE.md", ROOT / "src" / "lastgasp" / "examples" / "premises.py"
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("number", range(2))
def test_a_program_of_the_page_runs(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(PROGRAMS[number].replace("speed=60", "speed=10_000_000"), str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    if number == 0:
        assert "420 s  ch: running" in printed and printed.rstrip().endswith("the run ends at 900 s")
    else:
        assert "no step is possible any more" in printed and "at 0 s: bell: ringing -> broken (drop)" in printed
        assert printed.rstrip().endswith("Holds'>")


def test_both_programs_are_there() -> None:
    assert len(PROGRAMS) == 2


def test_the_lanes_of_the_example_grow_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each second a whole page that says how far the run is, with a lane for every device; the last stands still."""
    example = runpy.run_path(str(EXAMPLE))
    network, page, pages = lg.load_study().installations["single-phase-backend-timed"], tmp_path / "p.html", []
    monkeypatch.setattr("time.sleep", lambda _: pages.append(page.read_text(encoding="utf-8")))
    trace = example["perform"](network, page, Fraction(60), Fraction(600), 1)
    assert trace.end == 600 and len(trace.entries) > 5
    assert len(pages) >= 10 and all("http-equiv" in text for text in pages)
    last = page.read_text(encoding="utf-8")
    assert ": 10 min</title>" in last and "http-equiv" not in last
    for text in (*pages, last):
        words = " ".join(ElementTree.fromstring(text[text.index("<svg") :]).itertext())
        assert all(device.label.split()[0] in words for device in network.instances)
    ends = [re.findall(r": ([^:<]*)</title>", text)[0] for text in pages]
    assert len(set(ends)) == len(ends), ends
    assert not (tmp_path / "p.new").exists()


def test_the_example_says_what_it_cannot_use() -> None:
    for arguments, words in ((["roof"], "there is no installation 'roof'"), (["--speed", "0"], "time goes forward")):
        done = subprocess.run([sys.executable, EXAMPLE, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
