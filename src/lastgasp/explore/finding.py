"""A check explored: random runs of its network, a failure with its evidence, and how much was visited.

What random runs do not find may still be there: exploration shows failures and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lastgasp.errors import Disagreement, InputError, Problem
from lastgasp.evidence import CutTooMuch, chosen_values, evidence, traced
from lastgasp.explore.coverage import Reach, reach
from lastgasp.explore.program import program
from lastgasp.lazy import lazy
from lastgasp.network import Network
from lastgasp.question import Question
from lastgasp.questions.asking import question_about
from lastgasp.questions.effort import Effort
from lastgasp.sentences import Possible
from lastgasp.slicing import Slice, sliced
from lastgasp.trace import Trace

if TYPE_CHECKING:
    from lastgasp.explore import stateful
else:
    stateful = lazy("lastgasp.explore.stateful")

RUNS, STEPS = 300, 25


@dataclass(frozen=True)
class Exploration:
    """What random runs of a check found; ``trace`` is the evidence that they found a failure (or a possibility shown).

    ``found_in``: the number of the run that met it first, 0 for none. ``visited``: how many states, and how many
    transitions of machines, were visited; ``all``: how many there are, ``None`` where ``unknown`` says why that is not
    known. ``runs`` were made up to the failure, ``steps`` are also those of the runs that made it shorter. ``doubt``:
    why ``check`` would not call it a failure. ``rejected``: a run that shows that the model means nothing, and why.
    ``partial``: the time was up before all runs were made.
    """

    question: Question
    title: str
    seed: int
    runs: int
    wanted: int
    steps: int
    partial: bool
    found_in: int = 0
    trace: Trace | None = None
    visited: tuple[int, int] = (0, 0)
    all: tuple[int, int] | None = None
    unknown: str = ""
    doubt: str = ""
    rejected: tuple[str, Trace] | None = None
    artefact: bool = False
    cut: tuple[str, ...] = field(default=())

    @property
    def possible(self) -> bool:
        """Whether the goal says that something is possible, so that a run shows it."""
        return isinstance(self.question.goal.formula, Possible)

    def program(self, network: str = "") -> str:
        """The run found as a Python program that plays it again; ``network`` is an expression for the network.

        :class:`InputError` where no run was found.
        """
        if self.trace is None:
            raise InputError(Problem("there is no run to play again", "explore longer, or with another seed"))
        return program(self.question, self.trace, network, f"{self.question.name}, seed {self.seed}")

    def words(self) -> str:
        """The answer in plain English."""
        lines = [self.title, "", self._outcome()]
        if self.rejected is not None:
            lines.append(f"The model itself is at fault: {self.rejected[0]}.")
        if self.doubt:
            told = "'lastgasp check' would not say so, because of this" if self.trace else "Something is wrong"
            lines.append(f"{told}: {self.doubt}.")
        if self.artefact:
            lines.append("Some run breaks the goal, but no way was found to go on from there; it does not count.")
        lines.append(self._share())
        if self.cut:
            labels = [self.question.network.by_name[name].label for name in self.cut]
            lines.append(f"Left out, because they cannot influence it: {', '.join(labels)}.")
        return "\n".join(lines)

    def line(self) -> str:
        """The answer in one line."""
        if self.trace is not None:
            what = f"{'shown' if self.possible else 'fails'} in {len(self.trace.entries)} steps (run {self.found_in})"
        else:
            what = f"nothing found in {self.runs} runs" + ", then the time was up" * self.partial
        states, moves = (
            f"{seen} of {'?' if self.all is None else self.all[index]}" for index, seen in enumerate(self.visited)
        )
        return f"{self.question.name}: {what}; {states} states, {moves} transitions" + "; see notes" * bool(self.doubt)

    def _outcome(self) -> str:
        made = f"{self.runs} random run{'s' * (self.runs != 1)}"
        if self.trace is None:
            made += f" (seed {self.seed}, {self.steps} steps)"
            made += f" of the {self.wanted} asked for, then the time was up" * self.partial
            what = "None showed that it is possible" if self.possible else "None broke it"
            return f"{what}: {made}. That is no proof."
        made += f", and more to make it shorter (seed {self.seed}, {self.steps} steps in all)"
        made += ", until the time was up" * self.partial
        what = "This is possible" if self.possible else "This fails"
        count = len(self.trace.entries)
        return f"{what}, by a run of {count} step{'s' * (count != 1)} that run {self.found_in} led to: {made}."

    def _share(self) -> str:
        states, moves = self.visited
        if self.all is None:
            return f"Visited {states} states and {moves} transitions; how many there are is not known: {self.unknown}."
        all_states, all_moves = self.all
        return f"Visited {states} of {all_states} states and {moves} of {all_moves} transitions that can happen."

    def to_json(self) -> dict[str, Any]:
        """The neutral form."""
        return {
            "lastgasp-result": 1,
            "question": "explore",
            "check": self.question.name,
            "title": self.title,
            "seed": self.seed,
            "runs": self.runs,
            "runs asked for": self.wanted,
            "steps": self.steps,
            "partial": self.partial,
            "found": self.trace is not None,
            "found in run": self.found_in,
            "trace": None if self.trace is None else self.trace.to_json(),
            "visited": _counts(self.visited),
            "all": None if self.all is None else _counts(self.all),
            "unknown": self.unknown,
            "doubt": self.doubt,
            "rejected": None
            if self.rejected is None
            else {"reason": self.rejected[0], "trace": self.rejected[1].to_json()},
            "words": self.words(),
        }


def _counts(found: tuple[int, int]) -> Mapping[str, int]:
    return {"states": found[0], "transitions": found[1]}


def challenge(
    network: Network,
    goal: str,
    *,
    clauses: Iterable[str] = (),
    assumptions: Iterable[str] = (),
    runs: int = RUNS,
    steps: int = STEPS,
    seed: int = 0,
    timeout: Fraction | float | None = 60,
) -> Exploration:
    """Do random runs break a sentence about a network of one's own? What none of them breaks is not proved.

    ``timeout`` is in seconds. Raises :class:`InputError` for text that cannot be used.
    """
    effort = Effort.lasting(None if timeout is None else float(timeout))
    question = question_about(network, goal, clauses, assumptions)
    return explore(question, runs=runs, steps=steps, seed=seed, effort=effort)


def explore(
    question: Question,
    *,
    runs: int = RUNS,
    steps: int = STEPS,
    seed: int = 0,
    effort: Effort | None = None,
    title: str = "",
) -> Exploration:
    """Look for a run that breaks the goal, by ``runs`` random runs of at most ``steps`` steps each.

    The same seed gives the same answer (for one version of Hypothesis, and if the time suffices). Raises
    :class:`Disagreement` where a run visits what the zone engine says cannot be visited.
    """
    effort = effort or Effort()
    part = sliced(question.network, question.restrict, [question.goal])
    try:
        return _explored(question, part, runs, steps, seed, effort, title)
    except CutTooMuch:
        whole = Slice(question.network, question.restrict, ())
        return _explored(question, whole, runs, steps, seed, effort, title)


def _explored(
    question: Question, part: Slice, runs: int, steps: int, seed: int, effort: Effort, title: str
) -> Exploration:
    effort.tell("random runs")
    search = stateful.Search(part.network, question.goal, part.restrict, steps, effort.until)
    found = search.driven(runs, seed)
    trace = None
    if found.broken is not None:
        network = part.network.with_settings(chosen_values(found.broken.parameters))
        trace = evidence(question, part, network, (list(found.broken.moves), found.broken.rest))
    effort.tell("how much is there to visit?")
    there = reach(question, part, effort.each)
    if not there.unknown:
        _agree(question, found, there)
    return Exploration(
        question,
        title or question.goal.text.rstrip("."),
        seed,
        found.runs,
        runs,
        found.steps,
        found.late,
        found.found_in,
        trace,
        (len(found.states), len(found.moves)),
        None if there.unknown else (len(there.states), len(there.moves)),
        there.unknown,
        there.doubt,
        _rejected(part, found),
        found.artefact is not None and trace is None,
        part.cut,
    )


def _rejected(part: Slice, found: stateful.Explored) -> tuple[str, Trace] | None:
    """Why the model means nothing, with a run to it."""
    if found.overflow is not None:
        run, words = found.overflow
    elif found.timelock is not None:
        run, words = found.timelock, "a timelock: nothing can happen any more, not even time can pass"
    else:
        return None
    network = part.network.with_settings(chosen_values(run.parameters))
    return words, traced(network, (list(run.moves), run.rest), ())


def _agree(question: Question, found: stateful.Explored, there: Reach) -> None:
    """Whatever a run visits, zones must know."""
    states, moves = found.states - there.states, found.moves - there.moves
    if states or moves:
        visited = [str(item) for item in (*sorted(map(str, states)), *moves)]
        words = f"a run of {question.network.name} visits what zones say nothing can visit: {visited[0]}"
        raise Disagreement(words, {"check": question.name, "visited": visited})
