"""To which class of the study a failure belongs."""

from __future__ import annotations

from lastgasp.expr import Expr
from lastgasp.language.sentences import parse_sentence
from lastgasp.network import Network
from lastgasp.sentences import conditions_of
from lastgasp.signals import periods, signal_of
from lastgasp.study import Classification, Condition, FailureClass, Study
from lastgasp.trace import Trace


def classify(study: Study, goal: str, network: Network, trace: Trace) -> str:
    """Name and words of the class of a run that breaks ``goal`` at its last mark; empty where the study has none."""
    found = failure_class(study, goal, network, trace)
    return f"{found.name}: {found.words}" if found else ""


def failure_class(study: Study, goal: str, network: Network, trace: Trace) -> FailureClass | None:
    """The class of a run that breaks ``goal``, by the definition in :class:`lastgasp.study.Classification`."""
    rule = next((rule for rule in study.classifications if goal in rule.goals), None)
    if rule is None or not trace.marks:
        return None
    broken = trace.marks[-1][0]
    signal = signal_of(trace, network)
    symptom, cause = conditions(rule, network)
    symptoms = periods(signal, symptom, trace.parameters)
    last = next((period for period in reversed(symptoms) if period.start <= broken), None)
    if last is None:
        return rule.never
    causes = periods(signal, cause, trace.parameters)
    end = min(last.end, broken)
    within = [cause for cause in causes if cause.first <= last.last and last.first <= cause.last]
    if any(min(cause.end, broken) - cause.start > rule.threshold for cause in within):
        return None
    if within:
        return rule.mixed
    return rule.long if end - last.start > rule.threshold else rule.short


def conditions(rule: Classification, network: Network) -> tuple[Expr, Expr]:
    """Symptom and cause of a rule, bound to a network; :class:`InputError` where one cannot be read."""
    return _bound(rule.symptom, network), _bound(rule.cause, network)


def _bound(condition: Condition, network: Network) -> Expr:
    sentence = parse_sentence(f"{condition.text} shall never hold.", network, {}, condition.place)
    return next(conditions_of(sentence.formula))
