"""Observers against the direct evaluator: the same answer, at the same instant, on random signals."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings

from lastgasp.errors import InputError
from lastgasp.observers import observer
from lastgasp.sentences import Formula
from lastgasp.signals import Signal, errs
from lastgasp.watch import watch
from tests.test_signals import FORMULAS, PARAMETERS, signals


@settings(max_examples=3000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(FORMULAS, signals())
def test_observer_agrees_with_the_direct_evaluator(formula: Formula, signal: Signal) -> None:
    try:
        monitor = observer(formula, "@", PARAMETERS)
    except InputError:
        assume(False)
        return
    assert watch(monitor, signal, PARAMETERS) == errs(formula, signal, PARAMETERS)
