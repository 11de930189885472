"""What the tests of the commands share: a study on disk and a way to call."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lastgasp.cli.main import main
from tests.cli.studies import LAMP, LAMP_EXPECTED, Call, Ran, written


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with an empty cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    """The study of the lamp, without expectations: one check is not as expected."""
    return written(tmp_path / "lamp", LAMP)


@pytest.fixture
def expected_lamp(tmp_path: Path) -> Path:
    """The study of the lamp, with what it is known to say."""
    return written(tmp_path / "lamp", {**LAMP, "properties/expectations.yaml": LAMP_EXPECTED})


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process; tells its exit code, what it printed where, how long the processor took."""

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        start = time.process_time()
        code = main([str(argument) for argument in arguments])
        seconds = time.process_time() - start
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err, seconds)

    return run
