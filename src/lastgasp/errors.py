"""The one tree of exceptions, and where in a text something went wrong.

Every error that a user can cause says where, what, and what to write instead; every error that only a defect of
this library can cause is an :class:`InternalError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a text: file name, line and column, both counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to write instead (may be empty)."""

    what: str
    cure: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.what}" + (f"\n    {self.cure}" if self.cure else "")


_CURES: dict[type[OSError], str] = {
    FileNotFoundError: "check the path",
    IsADirectoryError: "name a file; this is a folder",
    NotADirectoryError: "name another path; a file stands where a folder is needed",
    FileExistsError: "name another path; a file stands where a folder is needed",
    PermissionError: "change the permissions, or name another path",
}


def os_cure(error: OSError) -> str:
    """What to do about a refusal of the operating system."""
    return _CURES.get(type(error), "check the path, and whether there is room left")


class LastgaspError(Exception):
    """Root of every exception that this library raises on purpose. Each can be sent to another process."""


class InputError(LastgaspError):
    """A file, a sentence, a model or a command line that cannot be used. Carries every problem found."""

    def __init__(self, problems: Iterable[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        elif isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class NotApplicable(LastgaspError):
    """An engine refuses a network that it could not treat exactly. Names the engine and the reason."""

    def __init__(self, engine: str, reason: str) -> None:
        self.engine = engine
        self.reason = reason
        super().__init__(engine, reason)

    def __str__(self) -> str:
        return f"{self.engine} is not applicable: {self.reason}"


class ReplayError(LastgaspError):
    """A trace is not a run of the network that it claims to come from."""


class InternalError(LastgaspError):
    """A defect of this library: engines disagree, a trace fails its replay, a certificate is rejected."""


class Disagreement(InternalError):
    """Engines contradict each other. ``report`` is the question with their answers, to write down and reproduce."""

    def __init__(self, message: str, report: object) -> None:
        self.message, self.report = message, report
        super().__init__(message)

    def __reduce__(self) -> tuple[type[Disagreement], tuple[str, object]]:
        return type(self), (self.message, self.report)
