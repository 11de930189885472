"""Hypothesis makes the scripts, and shrinks the one that shows a deviation. The one module here that imports it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from lastgasp.errors import LastgaspError
from lastgasp.explore.far import FAR

Script = Sequence[tuple[int, int]]
"""Numbers that choose what happens, two for each turn: which action, and its detail. 0 is the plainest."""

ACTIONS, DETAILS = 15, 255
"""The largest of the two numbers of a turn."""


class _Shown(Exception):
    """The script shows a deviation."""


class _Given(BaseException):
    """An error that is not to be shrunk: no exception that Hypothesis would catch."""


@dataclass(frozen=True, slots=True)
class Driven:
    """How many scripts were played, and whether the last of them, the shortest found, shows a deviation.

    ``repeated`` is false where a script showed one, and did not when it was played again.
    """

    runs: int
    shown: bool
    repeated: bool = True


def _number(most: int) -> st.SearchStrategy[int]:
    return st.integers(FAR, FAR + most).map(lambda number: number - FAR)


def drive(play: Callable[[Script], bool], runs: int, length: int, chance: int) -> Driven:
    """Play up to ``runs`` scripts of up to ``length`` turns, drawn from ``chance``, until ``play`` says: shown.

    That script is then shrunk. Errors of this library that ``play`` raises are raised at once.
    """
    turn = st.tuples(_number(ACTIONS), _number(DETAILS))
    short = st.lists(turn, max_size=length)
    long = st.lists(turn, min_size=length // 2, max_size=length)
    count = 0
    errors: list[LastgaspError] = []

    @seed(chance)
    @settings(
        max_examples=runs,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(st.one_of(short, long))
    def test(script: list[tuple[int, int]]) -> None:
        nonlocal count
        count += 1
        try:
            shown = play(script)
        except LastgaspError as error:
            errors.append(error)
            raise _Given from error
        if shown:
            raise _Shown

    try:
        test()
    except _Shown:
        return Driven(count, shown=True)
    except Flaky:
        return Driven(count, shown=True, repeated=False)
    except _Given:
        raise errors[0] from None
    return Driven(count, shown=False)
