"""Mutants of the bundled study: which changes of a machine are noticed by some goal, expectation or sanity check?

Run with ``python benchmarks/mutants.py [MACHINE ...]``; all machines take most of an hour. A mutant drops a guard, a
restart or a transition, swaps a strictness, or widens a bound. It is *noticed* by the first check whose verdict is not
the expected one, or by a sanity report that differs from the original's; the others survive, and are listed. What
notices much in little time is asked first.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lastgasp import routes, soundness
from lastgasp.bundled import load_study
from lastgasp.errors import InputError, LastgaspError
from lastgasp.expr import TRUE, Const, Expr, Times
from lastgasp.machine import After, Machine, Transition
from lastgasp.question import Limits, Memory, Question
from lastgasp.questions.asking import CheckName, ask_all, judge
from lastgasp.questions.matrix import compared, names
from lastgasp.questions.oddities import study_oddities
from lastgasp.study import Study
from lastgasp.verdict import Undecided

ORDER = ("mains-signal", "smets-chts-csp", "today", "mp102a")
"""Proposals in the order in which they are asked at first: those whose verdicts say most come before the others."""


MOST = 2
"""In how many installations a machine is looked at, the overview first."""

SANITY = "sanity"
"""Stands for the goal where a sanity report is asked."""


def wider(bound: Expr) -> Expr:
    """Twice as long, and a minute for what was nothing."""
    return Const(Fraction(60)) if bound == Const(Fraction(0)) else Times(Fraction(2), bound)


def mutants(machine: Machine) -> Iterator[tuple[str, Machine]]:
    """Every mutant of a machine with its description."""
    for index, transition in enumerate(machine.transitions):
        name = transition.label or f"{'/'.join(transition.sources)} -> {transition.target}"

        def changed(to: Transition | None, index: int = index) -> Machine:
            rest = list(machine.transitions)
            rest[index : index + 1] = [] if to is None else [to]
            return replace(machine, transitions=tuple(rest))

        yield f"drop '{name}'", changed(None)
        if transition.guard != TRUE:
            yield f"drop the guard of '{name}'", changed(replace(transition, guard=TRUE))
        if transition.send is not None:
            yield f"'{name}' sends nothing", changed(replace(transition, send=None))
        for clock in transition.restart:
            kept = tuple(item for item in transition.restart if item != clock)
            yield f"'{name}' does not restart {clock}", changed(replace(transition, restart=kept))
        for variable, _ in transition.assign:
            left = tuple(item for item in transition.assign if item[0] != variable)
            yield f"'{name}' does not set {variable}", changed(replace(transition, assign=left))
        trigger = transition.trigger
        if isinstance(trigger, After):
            swapped = replace(trigger, low_strict=not trigger.low_strict)
            yield f"swap strictness at the start of '{name}'", changed(replace(transition, trigger=swapped))
            if trigger.high is not None:
                late = replace(trigger, high=wider(trigger.high))
                yield f"widen the window of '{name}'", changed(replace(transition, trigger=late))
            early = replace(trigger, low=Const(Fraction(0)), low_strict=False)
            yield f"'{name}' may come at once", changed(replace(transition, trigger=early))
    for index, state in enumerate(machine.states):

        def other(
            **change: object,
        ) -> Machine:
            states = list(machine.states)
            states[index] = replace(states[index], **change)  # noqa: B023 (used at once)
            return replace(machine, states=tuple(states))

        if state.at_most is not None:
            yield f"'{state.name}' lasts twice as long", other(at_most=wider(state.at_most))
            yield f"'{state.name}' lasts for ever", other(at_most=None)
            yield f"'{state.name}' lasts less than its bound", other(at_most=None, less_than=state.at_most)


def with_machine(study: Study, machine: Machine) -> Study:
    """The study with one machine replaced in every installation."""
    installations = {
        name: replace(
            network,
            instances=tuple(
                replace(item, machine=machine) if item.machine.name == machine.name else item
                for item in network.instances
            ),
        )
        for name, network in study.installations.items()
    }
    return replace(study, machines={**study.machines, machine.name: machine}, installations=installations)


@dataclass
class Watch:
    """What may notice a mutant, in an order that learns: checks of the study, and the sanity reports of some proposals.

    ``reports`` has the lines of those reports for the study as it is, by a name that tells installation and proposal.
    """

    order: list[CheckName]
    reports: dict[CheckName, set[str]]
    asked: Counter[CheckName] = field(default_factory=Counter)
    noticing: Counter[CheckName] = field(default_factory=Counter)
    seconds: dict[CheckName, float] = field(default_factory=lambda: defaultdict(float))

    def noticed(self, study: Study) -> str:
        """What notices that a study is not as it was; empty if nothing does."""
        try:
            questions = ask_all(study, [name for name in self.order if name not in self.reports])
        except LastgaspError as error:
            return f"refused: {str(error)[:60]}"
        memories: dict[tuple[str, str], Memory] = defaultdict(Memory)
        for name in sorted(self.order, key=self.price):
            start = time.perf_counter()
            if name in self.reports:
                by = differs(study, name, self.reports[name])
            else:
                limits = Limits(memory=memories[name.proposal, name.installation])
                by = asked(study, name, questions[name], limits)
            self.asked[name] += 1
            self.seconds[name] += time.perf_counter() - start
            self.noticing[name] += bool(by)
            if by:
                return f"{name}: {by}"
        return ""

    def price(self, name: CheckName) -> float:
        """How many seconds of it a mutant that it notices may be expected to take, by what was seen so far."""
        asked = self.asked[name]
        return self.seconds[name] / max(asked, 1) * (asked + 2) / (self.noticing[name] + 1)


def asked(study: Study, name: CheckName, question: Question, limits: Limits) -> str:
    """What one check says where that is not what is expected: zones alone, which decide every check of the study."""
    try:
        cell = compared(study, name, judge(study, name, question, engine="zones", limits=limits), limits)
    except LastgaspError as error:
        return f"refused: {str(error)[:60]}"
    undecided = isinstance(cell.verdict, Undecided)
    return type(cell.verdict).__name__ if cell.expected or undecided else ""


def odd(study: Study, name: CheckName) -> Iterator[str]:
    """The lines of the sanity report of an installation under a proposal."""
    for item in study_oddities(study, name.installation, name.proposal, Limits()):
        yield f"{item.kind}: {item.words}"


def differs(study: Study, name: CheckName, before: set[str]) -> str:
    """What is new in a sanity report, or else whether something is missing; empty if it is the same."""
    found = set()
    for line in odd(study, name):
        if line not in before:
            return line
        found.add(line)
    return "" if found == before else "something is missing"


def watching(study: Study, machine: Machine) -> Watch:
    """What is asked about the mutants of a machine: everything of :data:`MOST` installations that have it."""
    having = [i for i, net in study.installations.items() if any(item.machine == machine for item in net.instances)]
    having.sort(key=lambda name: name not in study.overview.installations)
    checks = names(study, None, None, having[:MOST])
    checks.sort(key=lambda name: ORDER.index(name.proposal) if name.proposal in ORDER else len(ORDER))
    asked = {(name.proposal, name.installation) for name in checks}
    reports = [CheckName(SANITY, p, i) for i in having[:MOST] for p in ("today", "mains-signal") if (p, i) in asked]
    return Watch([*checks, *reports], {name: set(odd(study, name)) for name in reports})


def main(wanted: list[str]) -> None:
    """Print every mutant with what notices it, then the share and the survivors."""
    # verdicts are compared here, proofs are not shown to anybody: to check them again would take half of the time
    routes.recheck_inductive = soundness.recheck_sound = lambda *proof: None
    study = load_study()
    count: Counter[str] = Counter()
    survivors: list[str] = []
    for name, machine in study.machines.items():
        if wanted and name not in wanted:
            continue
        watch = watching(study, machine)
        for words, mutant in mutants(machine):
            start = time.perf_counter()
            try:
                by = watch.noticed(with_machine(study, mutant))
            except InputError as error:
                by = f"refused: {str(error.problems[0])[:60]}"
            count["noticed" if by else "survived"] += 1
            survivors += [] if by else [f"{name}: {words}"]
            print(f"{name}: {words}: {by or 'SURVIVES'} ({time.perf_counter() - start:.0f} s)", flush=True)
    total = sum(count.values())
    print(f"\n{count['noticed']} of {total} mutants noticed; survivors:")
    print("\n".join(f"  {item}" for item in survivors))


if __name__ == "__main__":
    main(sys.argv[1:])
