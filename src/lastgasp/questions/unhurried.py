"""A run at a pace that a reader can follow: what need not happen at once does not.

An engine looks for the earliest instants, so that a device restarts in no time at all and ten messages pass in one
instant. Such a run is as good as evidence as any, and hard to believe as a story. Here a step that happens at the same
instant as the one before it waits a little, one step after the other, wherever the run stays what it was: possible on
the source network, within every sentence that restricts it, breaking (or showing) the goal, and of the same class
of failure. No engine is asked, and no verdict becomes another one.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from lastgasp.errors import ReplayError
from lastgasp.evidence import obeyed
from lastgasp.machine import Setting
from lastgasp.network import Network
from lastgasp.observers import observer
from lastgasp.question import Question
from lastgasp.questions.classes import classify
from lastgasp.semantics import run
from lastgasp.signals import errs, signal_of
from lastgasp.study import Study
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Holds, Verdict
from lastgasp.watch import watch

WAITS = (Fraction(10), Fraction(1), Fraction(1, 4))
"""What is tried before a step, in seconds: what has no time for the first may still have some for the others."""


def unhurried(study: Study, goal: str, question: Question, verdict: Verdict) -> Verdict:
    """The verdict with its run at a pace that can be followed; itself where it has none, or where nothing can wait.

    Only a verdict by zones is touched: with it was shown that whatever obeys the clauses can go on.
    """
    if not isinstance(verdict, Fails | Holds) or verdict.trace is None or not verdict.trace.marks:
        return verdict
    if verdict.engine != "zones":
        return verdict
    trace = verdict.trace
    values: dict[str, Setting] = {key: value for key, value in trace.parameters.items() if not isinstance(value, str)}
    network = question.network.with_settings(values)
    kind = classify(study, goal, network, trace)
    for number, entry in enumerate(trace.entries):
        if entry.delay:
            continue
        for wait in WAITS:
            slower = _slower(question, network, trace, number, wait)
            if slower is not None and classify(study, goal, network, slower) == kind:
                trace = slower
                break
    return replace(verdict, trace=trace)


def _slower(question: Question, network: Network, trace: Trace, number: int, wait: Fraction) -> Trace | None:
    """The run with a wait before one of its steps, all that follows being later; ``None`` where it is another story."""
    moves = [(entry.delay + wait * (index == number), entry.step) for index, entry in enumerate(trace.entries)]
    try:
        slower = run(network, trace.parameters, moves, trace.rest)
    except ReplayError:
        return None
    signal, goal = signal_of(slower, network), question.goal.formula
    breaks = errs(goal, signal, slower.parameters)
    if breaks is None or breaks != watch(observer(goal, "@goal", slower.parameters), signal, slower.parameters):
        return None
    if obeyed(network, slower, question.restrict) != frozenset(question.restrict):
        return None
    ((_, words),) = trace.marks
    return replace(slower, marks=((breaks, words),))
