"""Study folders as pytest sees them: every check is a test in the file that has its goal.

Its name is ``goal[installation-proposal]``, so that ``-k`` and ids select it. It passes where the verdict is the
expected one (*holds*, unless the study expects another), and fails with the evidence otherwise; an undecided check
fails with its reason, whatever is expected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lastgasp.bundled import load_study
from lastgasp.errors import InputError, Problem
from lastgasp.language.durations import parse_duration
from lastgasp.language.study_files import FOLDERS, study_files
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, ask_all, judge
from lastgasp.questions.matrix import compared, names
from lastgasp.study import Study
from lastgasp.testing.evidence import check_text, internal_text
from lastgasp.verdict import Undecided

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

STUDIES = pytest.StashKey[dict[Path, "_Folder"]]()
NAMED = pytest.StashKey["set[Path] | None"]()
"""The study folders under the folder that was named; ``None`` where none was."""

SECONDS = pytest.StashKey[float]()
DECIDED = "lastgasp"
"""The name of the property of a test's report that says which check it decided."""

NEEDED = "it needs a goal, a proposal and an installation"


@dataclass
class _Folder:
    """A study folder: read once, its questions asked once, what checks share kept by proposal and installation."""

    path: Path
    memories: dict[tuple[str, str], Memory] = field(default_factory=dict)

    @cached_property
    def files(self) -> list[Path]:
        return study_files(self.path)

    @cached_property
    def teller(self) -> Path | None:
        """The file that tells what is wrong with the whole folder: the first, of properties if there is one."""
        return min(self.files, key=lambda path: (not path.is_relative_to(self.path / FOLDERS[1]), path), default=None)

    @cached_property
    def read(self) -> tuple[Study, dict[CheckName, Question]]:
        """The study and the question of each of its checks; :class:`InputError` where there is none."""
        study = load_study(self.path)
        wanted = names(study)
        if not wanted:
            what = f"the study in {str(self.path)!r} has no checks"
            raise InputError(Problem(what, NEEDED))
        return study, ask_all(study, wanted)

    @cached_property
    def wrong(self) -> str:
        """Why nothing of it can be checked; empty if it can."""
        try:
            self.read  # noqa: B018
        except InputError as error:
            return str(error)
        return ""

    def checks(self, file: Path) -> list[CheckName]:
        """The checks whose goals stand in a file."""
        if self.wrong:
            return []
        study, questions = self.read
        places = {name: goal.place for name, goal in study.goals.items()}
        return [name for name in questions if (place := places[name.goal]) and Path(place.file) == file]


class StudyFile(pytest.File):
    """A file with goals, or the one that tells what is wrong with its study."""

    folder: _Folder

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each check."""
        if self.folder.wrong:
            raise self.CollectError(self.folder.wrong)
        for check in self.folder.checks(self.path):
            item: Check = Check.from_parent(self, name=f"{check.goal}[{check.installation}-{check.proposal}]")
            item.folder, item.check = self.folder, check
            yield item


class Failed(Exception):
    """A check is not as expected; its text says why."""


class Check(pytest.Item):
    """One check of a study."""

    folder: _Folder
    check: CheckName

    def runtest(self) -> None:
        """Decide it, and compare the verdict with the expected one."""
        self.user_properties.append((DECIDED, self.nodeid))
        study, questions = self.folder.read
        question = questions[self.check]
        shared = self.folder.memories.setdefault((self.check.proposal, self.check.installation), Memory())
        limits = Limits(seconds=self.config.stash[SECONDS], memory=shared)
        cell = compared(study, self.check, judge(study, self.check, question, limits=limits), limits)
        if cell.differs or isinstance(cell.verdict, Undecided):
            raise Failed(check_text(study, question, cell))

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: object = None) -> str | TerminalRepr:
        """What went wrong, in words; no traceback, for there is nothing in it for a reader."""
        match excinfo.value:
            case Failed() | InputError():
                return str(excinfo.value)
            case Exception() as error:
                return internal_text(error)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where its goal stands."""
        study, _ = self.folder.read
        place = study.goals[self.check.goal].place
        return self.path, place.line - 1 if place else None, str(self.check)


# --- hooks ---------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Add the studies under the folder that was named, or those beyond ``testpaths``, to what is collected."""
    config.stash[STUDIES] = {}
    try:
        config.stash[SECONDS] = float(parse_duration(config.getoption("lastgasp_timeout")))
    except InputError as error:
        raise pytest.UsageError(f"--lastgasp-timeout: {error}") from None
    asked = config.getoption("lastgasp")
    config.stash[NAMED] = None
    if asked is not True:
        here = config.invocation_params.dir / asked
        found = list(_study_folders(here)) if here.is_dir() else []
        if not found:
            raise pytest.UsageError(
                f"there is no study folder under {asked!r}: none with the folders {' and '.join(FOLDERS)}\n"
                "    write --lastgasp=DIR; without DIR, put --lastgasp behind all paths"
            )
        for folder in found:
            if not _Folder(folder).files:
                raise pytest.UsageError(f"the study in {str(folder)!r} has no files, so no checks\n    {NEEDED}")
        config.stash[NAMED] = {folder.resolve() for folder in found}
        _collect_too(config, found)
    elif config.args_source is config.ArgsSource.TESTPATHS:
        _collect_too(config, list(_study_folders(config.rootpath)))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of a study, if it has goals or must tell what is wrong."""
    if file_path.suffix not in (".yaml", ".yml"):
        return None
    folder, named = _folder_of(file_path), parent.config.stash[NAMED]
    if folder is None or (named is not None and folder.resolve() not in named):
        return None
    found = parent.config.stash[STUDIES].setdefault(folder, _Folder(folder))
    if not (found.checks(file_path) or (found.wrong and file_path == found.teller)):
        return None
    node: StudyFile = StudyFile.from_parent(parent, path=file_path)
    node.folder = found
    return node


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> str:
    """How many checks there are; that there is none must not go unnoticed."""
    count = sum(isinstance(item, Check) for item in items)
    if not count and not config.stash[STUDIES]:
        return f"lastgasp: no study folder (with the folders {' and '.join(FOLDERS)}) is among what was collected"
    return f"lastgasp: {count} check{'s' * (count != 1)}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many checks were decided, where other processes collected them, which cannot say how many there are."""
    if config.pluginmanager.hasplugin("dsession"):  # of xdist
        reports = [report for found in terminalreporter.stats.values() for report in found]
        decided = {name for report in reports for key, name in getattr(report, "user_properties", ()) if key == DECIDED}
        terminalreporter.write_line(f"lastgasp: {len(decided)} check{'s' * (len(decided) != 1)}")


def _is_study(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in FOLDERS)


def _folder_of(file: Path) -> Path | None:
    """The study folder that a file belongs to."""
    inside = (parent.parent for parent in file.parents if parent.name in FOLDERS)
    return next((folder for folder in inside if _is_study(folder)), None)


def _study_folders(root: Path) -> Iterator[Path]:
    """The study folders at and under a folder; those that start with a dot belong to other programs."""
    for path, below, _ in os.walk(root):
        folder = Path(path)
        if _is_study(folder):
            yield folder
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in FOLDERS)


def _collect_too(config: pytest.Config, folders: list[Path]) -> None:
    """Add the studies that no path of the command line contains already."""
    given = [(config.invocation_params.dir / arg.partition("::")[0]).resolve() for arg in config.args]
    for folder in folders:
        for part in (folder / name for name in FOLDERS):
            if not any(part.resolve().is_relative_to(path) for path in given):
                config.args.append(str(part))
