"""What is wrong with a model, or merely odd about it, whatever is asked of it.

Wrong (before any verdict): timelocks, instant loops, values out of range, clauses that their party cannot obey. Odd:
states that nothing reaches and transitions that never happen (unless a setting switches them off), clauses that never
apply, situations after which nothing happens any more, infinitely many steps in finite time. Each comes with a run, or
with a proof that was rechecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

from lastgasp.engines.zones.engine import find
from lastgasp.errors import NotApplicable
from lastgasp.evidence import traced
from lastgasp.expr import FALSE, And, Expr, Not, Or, Param
from lastgasp.extremes import extremes
from lastgasp.machine import STATE, Instance, Machine, Setting, Transition
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.recheck.visited import visited
from lastgasp.sentences import NeverHeld, Sentence
from lastgasp.slicing import Slice, sliced
from lastgasp.soundness import soundness
from lastgasp.system import compiled
from lastgasp.trace import Trace


@dataclass(frozen=True, slots=True)
class Oddity:
    """One thing found. ``wrong``: it comes before any verdict. ``open``: it could not be decided.

    Without a ``trace`` it rests on a proof that was rechecked (or, if open, on nothing). ``because``: why it is right,
    if the authors of the model say.
    """

    kind: str
    words: str
    wrong: bool = False
    open: bool = False
    trace: Trace | None = None
    because: str = ""


NOTHING = Sentence("nothing", NeverHeld(FALSE))
NONE: Mapping[str, Sentence] = MappingProxyType({})


def oddities(
    network: Network,
    clauses: Mapping[str, Sentence] = NONE,
    assumptions: Mapping[str, Sentence] = NONE,
    limits: Limits | None = None,
) -> Iterator[Oddity]:
    """Everything wrong or odd about a network under these sentences, part by part, in each what is wrong first.

    The parts are those that can influence one another, each as small as it can be; what is cut apart from one of them
    is a part of its own, and looked at there.
    """
    question = Question(network.name, network, NOTHING, clauses, assumptions)
    for part, fresh in parts(question):
        yield from part_oddities(question, part, fresh, limits or Limits())


def parts(question: Question) -> Iterator[tuple[Slice, frozenset[str]]]:
    """The parts of a network that :func:`oddities` looks at, small ones first, each with the instances it is for."""
    done: set[str] = set()
    found = {instance.name: _part(question, instance) for instance in question.network.instances}
    for name, part in sorted(found.items(), key=lambda item: len(item[1].network.instances)):
        if name not in done:
            fresh = frozenset(part.network.by_name) - done
            done |= fresh
            yield part, fresh


def part_oddities(question: Question, part: Slice, fresh: Set[str], limits: Limits) -> Iterator[Oddity]:
    """What :func:`oddities` says of one part, and of those in it that no part before it was for."""
    try:
        yield from _of_part(question, part, fresh, limits)
    except NotApplicable as refusal:
        yield Oddity("not decided", f"{', '.join(sorted(fresh))}: {refusal}", open=True)


def _part(question: Question, instance: Instance) -> Slice:
    return sliced(question.network, question.restrict, [], keep=[instance.name], apart=True)


def _of_part(question: Question, part: Slice, fresh: Set[str], limits: Limits) -> Iterator[Oddity]:
    network = part.network.with_settings(extremes(part.network, part.restrict.values()))
    sane = soundness(question, network, part, limits, odd=True)
    if sane.defect is not None:
        reason = sane.defect.reason
        yield Oddity(_kind(reason), reason, wrong=True, trace=traced(network, sane.defect.run, ()))
    for item in sane.disobeyed:
        words, run = f"{item.clause or 'the model'}: {item.reason}", traced(network, item.run, ())
        yield Oddity("not obeyable", words, wrong=item.forced, open=not item.forced, trace=run)
    if sane.defect is not None:
        return
    if sane.proof is None:
        yield Oddity("not decided", f"not all of {network.name} was explored ({sane.states} states)", open=True)
        return
    system = compiled(network, part.restrict, None)
    values, moves = visited(system, sane.proof)
    for instance in part.network.instances:
        if instance.name not in fresh:
            continue
        unused, impossible = _switched_off(network.by_name[instance.name])
        for state in instance.machine.states:
            if state.name not in impossible and (f"{instance.name}.{STATE}", state.name) not in values:
                yield Oddity("never reached", f"{instance.label}: {state.label or state.name}")
        made = {move.index for move in moves if move.instance == instance.name}
        for index, transition in enumerate(instance.machine.transitions):
            if index not in unused | made:
                arrow = f"{'/'.join(transition.sources)} → {transition.target or 'stays'}"
                yield Oddity("never happens", f"{instance.label}: {transition.label or arrow}")
    for name, sentence in part.restrict.items():
        if sentence.binds in fresh or not sentence.binds:
            others = {key: item for key, item in part.restrict.items() if key != name}  # what is obeyed may well apply
            found = find(compiled(network, others, sentence), limits.budget("zones"))
            if found.proof is not None and not found.premise:
                yield Oddity("never applies", f"{name}: what it speaks of never happens")
    if sane.quiet is not None:
        names = ", ".join(item.label for item in part.network.instances)
        words = f"{names}: there is an end after which no step is possible any more"
        yield Oddity("nothing more happens", words, trace=traced(network, sane.quiet, ()))
    for who, hurry in sane.zeno:
        if who & fresh:
            names = ", ".join(network.by_name[name].label for name in sorted(who))
            words = f"{names}: as many steps as you like in finite time"
            yield Oddity("no time needed", words, trace=traced(network, hurry, ()))


def _switched_off(instance: Instance) -> tuple[set[int], set[str]]:
    """The transitions, by index, and the states of a machine that its settings of yes and no put out of reach.

    What they switch off is a variant that another installation has, so it is not odd that it never happens here.
    """
    machine = instance.machine
    values = {item.name: instance.settings.get(item.name, item.value) for item in machine.parameters}
    everything = dict(enumerate(machine.transitions))
    left = {index: step for index, step in everything.items() if not surely_false(step.guard, values)}
    (before, reached), (after, still) = walked(machine, everything), walked(machine, left)
    return before - after, reached - still


def surely_false(guard: Expr, values: Mapping[str, Setting]) -> bool:
    """Whether parameters of yes and no alone make a guard false."""
    match guard:
        case Param(name):
            return values.get(name) is False
        case Not(Param(name)):
            return values.get(name) is True
        case And(items):
            return any(surely_false(item, values) for item in items)
        case Or(items):
            return all(surely_false(item, values) for item in items)
    return False


def walked(machine: Machine, steps: Mapping[int, Transition]) -> tuple[set[int], set[str]]:
    """The transitions and the states to which these transitions lead, whatever their guards."""
    states, grown = set[str](), {machine.initial.name}
    while grown != states:
        states = grown
        targets = {step.target for step in steps.values() if states & set(step.sources)}
        grown = states | {target for target in targets if target is not None}
    return {index for index, step in steps.items() if states & set(step.sources)}, states


def _kind(reason: str) -> str:
    for kind in ("timelock", "instant loop"):
        if kind in reason:
            return kind
    return "out of range"
