"""Observers broken on purpose: comparing with the direct evaluator notices each fault in each kind of sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings

from lastgasp.errors import InputError
from lastgasp.observers import Monitor, observer
from lastgasp.sentences import Formula
from lastgasp.signals import Signal, errs
from lastgasp.watch import watch
from tests.test_signals import FORMULAS, PARAMETERS, signals


def blind(monitor: Monitor) -> Monitor:
    """No step ever errs."""
    return replace(monitor, cases=tuple(replace(case, errs=False) for case in monitor.cases))


def patient(monitor: Monitor) -> Monitor:
    """No delay ever errs."""
    return replace(monitor, bounds=())


def strict(monitor: Monitor) -> Monitor:
    """Reaching a bound errs where passing it did, and the other way round."""
    return replace(monitor, bounds=tuple(replace(bound, strict=not bound.strict) for bound in monitor.bounds))


def stopped(monitor: Monitor) -> Monitor:
    """No clock is ever restarted."""
    return replace(monitor, cases=tuple(replace(case, restart=()) for case in monitor.cases))


def forgetful(monitor: Monitor) -> Monitor:
    """Nothing is remembered."""
    return replace(monitor, cases=tuple(replace(case, assign=()) for case in monitor.cases))


def reversed_order(monitor: Monitor) -> Monitor:
    """The last case goes first."""
    return replace(monitor, cases=monitor.cases[::-1])


FAULTS: tuple[Callable[[Monitor], Monitor], ...] = (blind, patient, strict, stopped, forgetful, reversed_order)

EQUIVALENT = {("NeverHeld", "reversed_order")}
"""Its two cases exclude each other, so that their order is no fault."""


def test_every_fault_in_every_kind_of_sentence_is_noticed() -> None:
    """A fault that changes some observer of a kind makes some answer of that kind differ."""
    changed: set[tuple[str, str]] = set()
    noticed: set[tuple[str, str]] = set()

    @settings(
        max_examples=15_000,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(FORMULAS, signals())
    def compare(formula: Formula, signal: Signal) -> None:
        kind = type(formula).__name__
        pending = [fault for fault in FAULTS if (kind, fault.__name__) not in noticed]
        if not pending:
            return
        try:
            monitor = observer(formula, "@", PARAMETERS)
        except InputError:
            return
        right = errs(formula, signal, PARAMETERS)
        for fault in pending:
            wrong = fault(monitor)
            if wrong != monitor:
                changed.add((kind, fault.__name__))
                if watch(wrong, signal, PARAMETERS) != right:
                    noticed.add((kind, fault.__name__))

    compare()
    assert len({kind for kind, _ in changed}) == 10
    assert changed - noticed == EQUIVALENT
