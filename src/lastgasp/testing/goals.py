"""Goals as tests: a decorator, and ``prove`` as a fixture, for networks that a test suite makes itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import pytest

from lastgasp.bundled import load_study
from lastgasp.errors import InputError, LastgaspError, Problem
from lastgasp.facade import decide
from lastgasp.network import Network
from lastgasp.question import Limits
from lastgasp.questions.asking import question_about
from lastgasp.questions.matrix import verdict_word
from lastgasp.testing.evidence import internal_text, verdict_text
from lastgasp.verdict import Holds


class NotProved(AssertionError):
    """A goal does not hold, or was not shown to; its text is the evidence."""


class Prove(Protocol):
    """What the fixture ``prove`` is."""

    def __call__(
        self,
        network: Network,
        goal: str,
        *,
        clauses: Iterable[str] = (),
        assumptions: Iterable[str] = (),
        engine: str = "auto",
        timeout: Fraction | float | None = 60,
    ) -> Holds:
        """The proof that the goal holds; the test fails where it does not, or where that is not known."""


def prove_or_fail(
    network: Network,
    goal: str,
    *,
    clauses: Iterable[str] = (),
    assumptions: Iterable[str] = (),
    engine: str = "auto",
    timeout: Fraction | float | None = 60,
) -> Holds:
    """The proof that a goal holds of a network; fails the test otherwise. ``timeout`` is in seconds.

    An undecided goal fails it too, and so does text that cannot be used.
    """
    __tracebackhide__ = True
    try:
        question = question_about(network, goal, clauses, assumptions)
        verdict = decide(question, engine, Limits(seconds=None if timeout is None else float(timeout)))
    except InputError as error:
        problem = str(error)
    except LastgaspError as error:
        problem = internal_text(error)
    else:
        if isinstance(verdict, Holds):
            return verdict
        problem = f"expected holds, found {verdict_word(verdict)}\n\n{verdict_text(question, verdict)}"
    raise NotProved(problem)


def goal(
    *sentences: str,
    clauses: Iterable[str] = (),
    assumptions: Iterable[str] = (),
    engine: str = "auto",
    timeout: Fraction | float | None = 60,
) -> Callable[[Callable[..., Network]], Callable[..., None]]:
    """Make a function that returns a network a test that every sentence holds of it.

    The function may take fixtures. The test fails with the run that breaks the first sentence that does not hold.
    """
    if not sentences or not all(isinstance(sentence, str) for sentence in sentences):
        raise TypeError('a goal is a sentence: @goal("lamp shall never be on for more than 4 s.")')
    restrict: dict[str, Any] = {"clauses": tuple(clauses), "assumptions": tuple(assumptions)}

    def decorated(function: Callable[..., Network]) -> Callable[..., None]:
        @functools.wraps(function)
        def test(*given: Any, **fixtures: Any) -> None:
            made = function(*given, **fixtures)
            if not isinstance(made, Network):
                what = f"{function.__name__} returns {type(made).__name__}; under @goal it must return a network"
                pytest.fail(what, pytrace=False)
            for sentence in sentences:
                try:
                    prove_or_fail(made, sentence, **restrict, engine=engine, timeout=timeout)
                except NotProved as error:
                    pytest.fail(str(error), pytrace=False)

        return test

    return decorated


def requested_network(request: pytest.FixtureRequest) -> Network:
    """The network that a test asks its fixture for: by the marker, by an indirect parameter, or by the option."""
    try:
        path, installation = _requested(request)
        study = load_study(request.path.parent / path)
        return study.installations[study.only("installation", installation)]
    except InputError as error:
        problem = str(error)
    pytest.fail(problem, pytrace=False)


def _requested(request: pytest.FixtureRequest) -> tuple[Path, str | None]:
    mark = request.node.get_closest_marker("lastgasp")
    option = request.config.getoption("lastgasp")
    installation = mark.kwargs.get("installation") if mark else None
    if hasattr(request, "param"):
        return Path(request.param), installation
    if mark is not None and len(mark.args) == 1 and set(mark.kwargs) <= {"installation"}:
        return Path(mark.args[0]), installation
    if mark is None and isinstance(option, str):
        return request.config.invocation_params.dir / option, None
    wrong = "the marker lastgasp takes a folder" if mark else "the test names no study"
    raise InputError(Problem(wrong, 'mark it with @pytest.mark.lastgasp("FOLDER", installation="NAME")'))
