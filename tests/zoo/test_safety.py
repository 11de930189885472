"""Plain safety: whether a run breaks the goal, whatever else is wrong; monotone where a verdict is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastgasp.errors import InputError
from lastgasp.facade import decide, safe
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.safety import Safe, Unsafe, Unsettled
from lastgasp.sentences import NeverHeld, Sentence
from lastgasp.verdict import Rejected, Undecided
from tests.oracle.regions import TooLarge
from tests.oracle.strategies import Bad, Shape, bad_situations, networks
from tests.zoo.test_clauses import GOAL, MAY, WITHIN, hub
from tests.zoo.test_differential import Paper, random_networks
from tests.zoo.test_limits import LONG
from tests.zoo.test_parameters import EXACT, UPPER
from tests.zoo.test_stuck import ENDS
from tests.zoo.zoo import alone, checked, question

NEVER_BAD = "a shall never be bad."
PATIENT = Limits(seconds=20, depth=7)


def proved(asked: Question, limits: Limits = PATIENT) -> Safe:
    answer = safe(asked, limits)
    assert isinstance(answer, Safe), answer
    answer.certificate.recheck_goal()
    return answer


def broken(asked: Question, limits: Limits = PATIENT) -> Unsafe:
    answer = safe(asked, limits)
    assert isinstance(answer, Unsafe), answer
    checked(asked, answer.trace)
    return answer


def test_what_time_can_never_leave_still_breaks_the_goal_or_does_not() -> None:
    """The verdict rejects both, because time cannot go on."""
    reached = ENDS.replace("bad: {}", "bad: {at most: 5 s}").replace("after: 6 s ..", "may: ") % ("at most", "")
    asked, beyond = question(alone(reached), NEVER_BAD), question(alone(ENDS % ("at most", "")), NEVER_BAD)
    assert isinstance(decide(asked), Rejected) and isinstance(decide(beyond), Rejected)
    broken(asked)
    proved(beyond)


def test_a_clause_that_nobody_can_obey_takes_runs_away_like_any_other() -> None:
    asked = question(hub(MAY.replace("may: ", "after: 20 s ..")), GOAL, [WITHIN])
    assert isinstance(decide(asked, "zones"), Undecided)
    proved(asked)
    broken(question(asked.network, GOAL))


def test_a_possibility_is_safe_where_no_run_shows_it() -> None:
    net = hub(MAY)
    proved(question(net, "It is possible that s is on and hub is dark.", ["HUB shall never be dark."]))
    assert broken(question(net, "It is possible that s is off and hub is dark.")).trace.marks[0][1] == "shown"
    with pytest.raises(InputError, match="ask it as a goal"):
        safe(question(net, GOAL, ["It is possible that s is off."]))


def test_where_zones_refuse_the_solvers_answer() -> None:
    """A parameter that bounds from both sides; a goal that names one with a range."""
    assert broken(question(alone(EXACT % "10/3 s"), NEVER_BAD)).engine != "zones"
    assert proved(question(alone(UPPER % "1 s .. 7 s"), "a shall never be ok for more than a.d.")).engine != "zones"


def test_what_is_not_known_says_why() -> None:
    far = safe(question(alone(LONG % 200), NEVER_BAD), Limits(seconds=0.0))
    assert isinstance(far, Unsettled) and "limit" in far.reason and not far.final
    out = LONG.replace("if: v < 200, ", "") % 1000
    nowhere = safe(question(alone(out), NEVER_BAD), PATIENT)
    assert isinstance(nowhere, Unsettled) and "out of its range" in nowhere.reason and nowhere.final
    for answer in (far, proved(question(hub(MAY), GOAL, [WITHIN])), broken(question(hub(MAY), GOAL))):
        with pytest.raises(TypeError):
            bool(answer)


@st.composite
def restricted(draw: st.DrawFn) -> tuple[Network, Bad, Bad]:
    """A random network, something to look for in it, and something to forbid."""
    net = draw(networks(Shape(range_errors=False)))
    return net, draw(bad_situations(net)), draw(bad_situations(net))


def test_it_is_what_the_region_graph_says_and_a_further_sentence_never_breaks_it() -> None:
    seen = {Safe: 0, Unsafe: 0}

    @settings(random_networks, max_examples=50)
    @given(restricted())
    def agree(drawn: tuple[Network, Bad, Bad]) -> None:
        net, bad, other = drawn
        try:
            paper = Paper(net, bad)
        except TooLarge:
            return
        goal = Sentence("goal", NeverHeld(bad.expr))
        asked = Question("random", net, goal)
        answer = safe(asked)
        assert isinstance(answer, Safe if paper.lasting is None else Unsafe)
        more = Question("random", net, goal, {}, {"never": Sentence("never", NeverHeld(other.expr))})
        within = safe(more)
        assert isinstance(within, Safe) or isinstance(answer, Unsafe)
        seen[type(answer)] += 1

    agree()
    assert min(seen.values()) >= 10, seen
