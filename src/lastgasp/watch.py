"""An observer moved along a signal: what it says of one finite run, without any engine."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lastgasp.expr import Clock, Expr, Leaf, Name, Next, Param, Sent, Value, evaluate
from lastgasp.observers import Monitor
from lastgasp.signals import Signal


def watch(monitor: Monitor, signal: Signal, parameters: Mapping[str, Value]) -> Fraction | None:
    """The instant (seconds) at which the observer errs on the signal, ``None`` if it does not.

    Where time that passes makes it err, that is the limit itself.
    """
    state: dict[str, Value] = {}
    clocks = dict.fromkeys(monitor.clocks, Fraction(0))

    def value(expr: Expr, before: Mapping[str, Value], after: Mapping[str, Value], events: frozenset[Sent]) -> Value:
        def leaf(item: Leaf) -> Value:
            match item:
                case Name(name):
                    return state[name] if name in state else before[name]
                case Next(name):
                    return after[name]
                case Clock(name):
                    return clocks[name]
                case Param(name):
                    return parameters[name]
                case Sent():
                    return item in events
            raise TypeError(f"{item} has no value")

        return evaluate(expr, leaf)

    nothing: frozenset[Sent] = frozenset()
    now, values = Fraction(0), signal.initial
    for variable in monitor.variables:
        state[variable.name] = value(variable.initial, values, values, nothing)

    def passed(until: Fraction) -> Fraction | None:
        """Let time pass; the first limit that it leaves, if any."""
        limits = []
        for bound in monitor.bounds:
            if until > now and value(bound.when, values, values, nothing):
                limit = value(bound.limit, values, values, nothing)
                assert isinstance(limit, Fraction)
                instant = now + limit - clocks[bound.clock]
                if instant < until or (instant == until and bound.strict):
                    limits.append(max(instant, now))
        for clock in clocks:
            clocks[clock] += until - now
        return min(limits, default=None)

    for step in signal.steps:
        late = passed(step.time)
        if late is not None:
            return late
        now = step.time
        for case in monitor.cases:
            if value(case.guard, values, step.values, step.events):
                if case.errs:
                    return now
                state.update(case.assign)
                clocks.update(dict.fromkeys(case.restart, Fraction(0)))
                break
        values = step.values
    return passed(signal.end)
