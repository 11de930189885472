"""What is the smallest difference: a run that breaks a goal beside the nearest run that is fine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any

from lastgasp.errors import InputError, Problem
from lastgasp.expr import Value
from lastgasp.nearby import Nearby, NotFound, nearest_fine, surroundings
from lastgasp.question import Question
from lastgasp.questions.asking import CheckName, ask, judge
from lastgasp.questions.effort import Effort
from lastgasp.render.words import deeds, listed, time_text, value_words
from lastgasp.semantics import hurried
from lastgasp.study import Study
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Undecided


class Change(Enum):
    """What becomes of a step from the failing run to the one that is fine."""

    MOVED = "at another time"
    LEFT_OUT = "only in the failing run"
    NEW = "only in the run that is fine"


@dataclass(frozen=True, slots=True)
class Difference:
    """One step that differs: its number and instant (seconds) in the failing run, in the other, or in both.

    ``forced``: it could not wait, and so is a consequence. ``outside``: the surroundings make it, which no text binds.
    """

    change: Change
    words: str
    device: str
    before: tuple[int, Fraction] | None
    now: tuple[int, Fraction] | None
    forced: bool
    outside: bool

    @property
    def quoted(self) -> str:
        """What happens, in quotes."""
        return f"“{self.words}”"

    @property
    def shift(self) -> Fraction:
        """By how much later it comes, in seconds; negative for earlier."""
        return self.now[1] - self.before[1] if self.now and self.before else Fraction(0)


@dataclass(frozen=True)
class Contrast:
    """A failing run with the nearest that is fine, or with why there is none; what differs is worked out of the two."""

    question: Question
    verdict: Fails
    found: Nearby | NotFound
    same_surroundings: bool = False

    @property
    def failing(self) -> Trace:
        """The run that breaks the goal."""
        assert self.verdict.trace is not None
        return self.verdict.trace

    @property
    def fine(self) -> Trace | None:
        """The nearest run that is fine, with its steps to come to rest and its long wait at the end."""
        return self.found.trace if isinstance(self.found, Nearby) else None

    @property
    def partial(self) -> bool:
        """Whether something was not found out: a run that is fine, that none is nearer, or that it stays fine."""
        return not (isinstance(self.found, Nearby) and self.found.proved and self.found.rests)

    @property
    def broken(self) -> Fraction:
        """When the failing run breaks the goal, in seconds."""
        return self.failing.marks[-1][0]

    @property
    def shown(self) -> Trace | None:
        """The run that is fine without its long wait: up to its last step, and to the instant of the break."""
        if self.fine is None:
            return None
        last = self.fine.times[-1] if self.fine.entries else Fraction(0)
        return replace(self.fine, rest=max(self.broken - last, Fraction(0)))

    @property
    def compared(self) -> int:
        """How many of the first steps of the run that is fine are compared; the others show how it comes to rest."""
        if not isinstance(self.found, Nearby):
            return 0
        early = sum(time <= self.broken for time in self.found.trace.times)
        return max(early, *(now for _, now in self.found.kept), *self.found.new, 0)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every step that differs, in the order of time."""
        if not isinstance(self.found, Nearby):
            return ()
        found = [*self._moved(self.found), *self._alone(self.found)]
        return tuple(sorted(found, key=lambda item: (item.now or item.before or (0, Fraction(0)))[::-1]))

    @property
    def parameters(self) -> dict[str, tuple[Value, Value]]:
        """The parameters that differ, with their values in both runs."""
        after = self.fine.parameters if self.fine else {}
        before = self.failing.parameters
        return {name: (before[name], value) for name, value in after.items() if before[name] != value}

    def _moved(self, found: Nearby) -> Iterator[Difference]:
        for before, now in found.kept:
            then, instant = self.failing.times[before - 1], found.trace.times[now - 1]
            if then != instant:
                yield self._difference(Change.MOVED, found.trace, now, before=(before, then), now=(now, instant))

    def _alone(self, found: Nearby) -> Iterator[Difference]:
        for number in found.left_out:
            instant = self.failing.times[number - 1]
            yield self._difference(Change.LEFT_OUT, self.failing, number, before=(number, instant))
        for number in found.new:
            instant = found.trace.times[number - 1]
            yield self._difference(Change.NEW, found.trace, number, now=(number, instant))

    def _difference(
        self,
        change: Change,
        trace: Trace,
        number: int,
        before: tuple[int, Fraction] | None = None,
        now: tuple[int, Fraction] | None = None,
    ) -> Difference:
        step, mine = trace.entries[number - 1].step, deeds(trace, number - 1)[0]
        words = f"{mine.device}: {mine.note or mine.transition}"
        forced = hurried(self.question.network, step)
        outside = step.mover.instance in surroundings(self.question.network)
        return Difference(change, words, step.mover.instance, before, now, forced, outside)

    # -- in words ---------------------------------------------------------------------------------------------------

    def words(self) -> str:
        """A paragraph: what had to change, and how sure that is."""
        if isinstance(self.found, NotFound):
            return f"No run that is fine was found: {self.found.reason}."
        lead = f"The run breaks the goal at {time_text(self.broken)}."
        return " ".join([lead, *self._changes(self.found), *self._certainty(self.found)])

    def _changes(self, found: Nearby) -> Iterator[str]:
        items = self.differences
        gone = [item.quoted for item in items if item.change is Change.LEFT_OUT]
        new = [f"{item.quoted} at {self._when(found, item)}" for item in items if item.change is Change.NEW]
        moved = [item for item in items if item.change is Change.MOVED and not item.forced]
        timing = self._timing(found, moved) if moved or self.parameters else ""
        rest = "all else as it was" + ", but for what follows from that" * any(
            item.forced and item.shift for item in items
        )
        if not gone and not new:
            yield f"The same steps are fine at other times: {timing}." if timing else "The same steps are fine."
            return
        parts = [f"without {listed(gone)}"] if gone else []
        parts += [f"with {listed(new)}"] if new else []
        yield f"It would have been fine {' and '.join(parts)}; {timing or rest}."

    def _when(self, found: Nearby, item: Difference) -> str:
        """The instant of a new step, and until when it may wait if that is longer."""
        assert item.now
        number, instant = item.now
        latest, attained = found.latest.get(number, (instant, True))
        if item.forced or latest <= instant:
            return time_text(instant)
        return f"{time_text(instant)} ({'or later, up to' if attained else 'or later, before'} {time_text(latest)})"

    def _timing(self, found: Nearby, moved: list[Difference]) -> str:
        """How times and parameters differ; with the boundary where one thing alone differs."""
        single = len(moved) == 1 and not self.parameters
        least, attained = found.along if single else found.least
        bound = f"{'' if attained else 'more than '}{time_text(least)}"
        parts = []
        for item in moved:
            assert item.before and item.now
            by = bound if single else time_text(abs(item.shift))
            said = f"at {time_text(item.now[1])} instead of {time_text(item.before[1])}"
            later = "later" if item.shift > 0 else "earlier"
            parts.append(f"{item.quoted} {by} {later} ({'here ' * (not attained)}{said})")
        for name, (before, after) in self.parameters.items():
            label = self.failing.labels.get(name) or name
            parts.append(f"{label}: {value_words(after)} instead of {value_words(before)}")
        return listed(parts) + ("" if single else f" (in all it takes {bound} of change)")

    def _certainty(self, found: Nearby) -> Iterator[str]:
        if not self.parameters and self.failing.parameters:
            yield "Both runs have the same parameters."
        among = " among those in which the surroundings do the same at the same times" * self.same_surroundings
        if found.proved:
            order = "fewest changed steps, of these fewest new ones, then least change of timing"
            yield f"No run is nearer{among}: {order}."
        else:
            yield f"That no run is nearer{among} was not shown."
        if found.rests:
            yield "It was replayed, obeys every clause, and stays fine for ever: nothing more need happen in it."
        else:
            yield f"It is fine up to {time_text(found.trace.end)}; that it stays so was not shown."
        yield from (f"Note: {note}." for note in found.notes)
        if any(item.outside for item in self.differences) and not self.same_surroundings:
            yield "In part this is what no text binds: ask for the same surroundings to see what devices could do."

    # -- neutral ----------------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The neutral form; both traces inside are self-contained."""
        found = self.found
        return {
            "lastgasp-result": 1,
            "contrast": {
                "check": self.question.name,
                "words": self.words(),
                "partial": self.partial,
                "same surroundings": self.same_surroundings,
                "broken": str(self.broken),
                "reason": found.reason if isinstance(found, NotFound) else "",
                "changed steps": found.changed if isinstance(found, Nearby) else None,
                "least change of timing": str(found.least[0]) if isinstance(found, Nearby) else None,
                "attained": found.least[1] if isinstance(found, Nearby) else None,
                "nearest": found.proved if isinstance(found, Nearby) else None,
                "fine for ever": found.rests if isinstance(found, Nearby) else None,
                "differences": [self._plain(item) for item in self.differences],
                "parameters": {n: [value_words(a), value_words(b)] for n, (a, b) in self.parameters.items()},
                "failing": self.failing.to_json(),
                "fine": self.fine.to_json() if self.fine else None,
            },
        }

    def _plain(self, item: Difference) -> dict[str, Any]:
        def place(at: tuple[int, Fraction] | None) -> dict[str, Any] | None:
            return {"step": at[0], "time": str(at[1])} if at else None

        latest = self.found.latest.get(item.now[0]) if isinstance(self.found, Nearby) and item.now else None
        return {
            "change": item.change.value,
            "words": item.words,
            "failing": place(item.before),
            "fine": place(item.now),
            "latest": {"time": str(latest[0]), "attained": latest[1]} if latest and not item.before else None,
            "consequence": item.forced,
            "surroundings": item.outside,
        }


def contrast(
    study: Study, check: str | CheckName, *, same_surroundings: bool = False, effort: Effort | None = None
) -> Contrast | Undecided:
    """The failing run of a check beside the nearest run that is fine: fewest changed steps, then least changed timing.

    With ``same_surroundings`` everything that no text binds must do the same at the same instants. Undecided where it
    is not known whether the check fails. :class:`InputError` where it does not fail by a run.
    """
    name = check if isinstance(check, CheckName) else CheckName.parsed(check, study)
    question = ask(study, name)
    effort = effort or Effort()
    verdict = judge(study, name, question, limits=effort.each)
    if isinstance(verdict, Undecided):
        return verdict
    return beside(question, verdict, same_surroundings=same_surroundings, effort=effort)


def beside(
    question: Question, verdict: object, *, same_surroundings: bool = False, effort: Effort | None = None
) -> Contrast:
    """The same for a verdict that is there already; :class:`InputError` where it is not a failure by a run."""
    if not isinstance(verdict, Fails) or verdict.trace is None:
        said = type(verdict).__name__.lower()
        what = f"{question.name} {'is ' * (said in ('vacuous', 'rejected'))}{said}"
        if isinstance(verdict, Fails):
            what += ", but not by a run: what it asks for can never happen"
        raise InputError(Problem(f"{what}, so no run breaks it", "name a check that fails by a run"))
    effort = effort or Effort()

    def told(changed: int) -> None:
        effort.tell(f"no run with {changed} changed step{'s' * (changed != 1)} is fine")

    limits = replace(effort.limits, seconds=effort.left if effort.until is not None else effort.limits.seconds)
    found = nearest_fine(question, verdict.trace, same_surroundings=same_surroundings, limits=limits, progress=told)
    return Contrast(question, verdict, found, same_surroundings)
