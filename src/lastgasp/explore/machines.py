"""State machines of the library ``transitions``: read into plain data, and built. The one module that imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import transitions
from transitions.extensions.asyncio import AsyncMachine
from transitions.extensions.nesting import HierarchicalMachine

from lastgasp.errors import InputError, Problem
from lastgasp.explore.callbacks import Looking

Callback = object
"""What ``transitions`` takes for a callback or a condition: the name of something, or something to call."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A state in which a machine can rest, by its full name. ``timeout`` in seconds, 0 for none; ``inside`` of whom."""

    name: str
    inside: tuple[str, ...]
    timeout: float
    on_timeout: tuple[Callback, ...]
    ignores: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """What a trigger does in a state if each condition gives its value. ``target`` ``None``: nothing changes."""

    target: str | None
    conditions: tuple[tuple[Callback, bool], ...]


@dataclass(frozen=True)
class Outline:
    """A machine as plain data. ``arrows``: by state and trigger the transitions in the order in which they are tried.

    ``automatic`` are the triggers that the library makes up (``to_STATE``); ``problems`` is what cannot be represented.
    """

    initial: str
    stages: tuple[Stage, ...]
    arrows: Mapping[tuple[str, str], tuple[Arrow, ...]]
    triggers: tuple[str, ...]
    automatic: frozenset[str]
    problems: tuple[Problem, ...]


def outline(machine: object, harmless: Iterable[Callback] = ()) -> Outline:
    """Read a machine. Callbacks in ``harmless`` are taken not to change its state, whatever they look like.

    :class:`InputError` where it is no machine of ``transitions`` at all.
    """
    if not isinstance(machine, transitions.Machine):
        cure = "give an object of transitions.Machine, or of one of its extensions"
        raise InputError(Problem(f"{type(machine).__name__} is no state machine of the library 'transitions'", cure))
    return _Reader(machine, set(map(_name, harmless))).read()


class _Reader:
    def __init__(self, machine: Any, harmless: set[str]) -> None:
        self.machine, self.harmless = machine, harmless
        self.nested = isinstance(machine, HierarchicalMachine)
        self.separator: str = machine.state_cls.separator if self.nested else ""
        self.problems: list[Problem] = []
        self.states = dict(self._states(machine.states, ()))
        scopes: list[tuple[tuple[str, ...], Any]] = [((), machine.events)]
        scopes += [(path, state.events) for path, state in self.states.items() if self.nested]
        self.events: dict[tuple[str, ...], Any] = dict(scopes)
        self.triggers = tuple(dict.fromkeys(trigger for _, events in scopes for trigger in events))
        attribute = "" if machine.model_attribute == "state" else f"{machine.model_attribute}_"
        made_up = {f"to_{attribute}{self.full(path)}" for path in self.states} if machine.auto_transitions else set()
        self.automatic = frozenset(made_up & set(self.triggers))

    def read(self) -> Outline:
        self._refuse_what_is_no_plain_machine()
        stages = tuple(self._stage(path, state) for path, state in self.states.items() if self._rests(state))
        arrows = {}
        for path, state in self.states.items():
            for trigger in self.triggers if self._rests(state) else ():
                found = tuple(self._tried(path, trigger))
                if found:
                    arrows[self.full(path), trigger] = found
        self._refuse_callbacks()
        initial = self.machine.initial
        if isinstance(initial, list):
            self.refuse("it starts in several states at once (parallel states)", "make one machine of each branch")
            initial = initial[0]
        if initial is None:
            self.refuse("it has no initial state", "give it one: Machine(..., initial='STATE')")
            initial = stages[0].name
        return Outline(
            self.settled(self.path(initial)), stages, arrows, self.triggers, self.automatic, tuple(self.problems)
        )

    def refuse(self, what: str, cure: str) -> None:
        problem = Problem(f"the machine cannot be represented: {what}", cure)
        if problem not in self.problems:
            self.problems.append(problem)

    # -- names ------------------------------------------------------------------------------------------------------

    def full(self, path: tuple[str, ...]) -> str:
        return self.separator.join(path)

    def path(self, name: str) -> tuple[str, ...]:
        return next(path for path in self.states if self.full(path) == name)

    def settled(self, path: tuple[str, ...]) -> str:
        """Where a machine rests that is sent to a state: its initial child, and so on."""
        state = self.states[path]
        while getattr(state, "initial", None) and not isinstance(state.initial, list | tuple):
            path = (*path, _name(state.initial))
            state = self.states[path]
        return self.full(path)

    def _states(self, states: Mapping[str, Any], prefix: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        for name, state in states.items():
            yield (*prefix, name), state
            yield from self._states(getattr(state, "states", {}), (*prefix, name))

    # -- states and transitions -------------------------------------------------------------------------------------

    def _rests(self, state: Any) -> bool:
        return not getattr(state, "initial", None)

    def _stage(self, path: tuple[str, ...], state: Any) -> Stage:
        ignores = state.ignore_invalid_triggers
        ignores = self.machine.ignore_invalid_triggers if ignores is None else ignores
        timeout = getattr(state, "timeout", 0) or 0
        parents = tuple(self.full(path[:depth]) for depth in range(1, len(path)))
        return Stage(self.full(path), parents, timeout, tuple(getattr(state, "on_timeout", None) or ()), bool(ignores))

    def _tried(self, path: tuple[str, ...], trigger: str) -> Iterator[Arrow]:
        """What is tried in a state, in order: what its innermost parent defines first, children before parents."""
        for depth in range(len(path) - 1, -1, -1):
            event = self.events.get(path[:depth], {}).get(trigger)
            for end in range(len(path), depth, -1) if event is not None else ():
                source = self.full(path[depth:end])
                for item in event.transitions.get(source, ()):
                    target = None
                    if item.dest is not None:
                        scope = self.full(path[:depth])
                        name = f"{scope}{self.separator}{item.dest}" if scope else item.dest
                        target = self.settled(self.path(name))
                    yield Arrow(target, tuple((condition.func, condition.target) for condition in item.conditions))

    # -- what cannot be represented -----------------------------------------------------------------------------------

    def _refuse_what_is_no_plain_machine(self) -> None:
        if isinstance(self.machine, AsyncMachine) or hasattr(self.machine, "async_tasks"):
            self.refuse("it is asynchronous, so its callbacks may run between its steps", "use the plain Machine")
        if self.machine.has_queue:
            self.refuse("its triggers are queued, so they act later than they are called", "make it with queued=False")
        for path, state in self.states.items():
            name = self.full(path)
            if isinstance(getattr(state, "initial", None), list | tuple):
                self.refuse(f"the children of {name!r} are active at once (parallel states)", "one machine per branch")
            if getattr(state, "timeout", 0) and getattr(state, "states", None):
                cure = "give the timeout to its children, or flatten it"
                self.refuse(f"the timeout of {name!r} goes on while its children change", cure)
            if getattr(state, "retries", 0):
                self.refuse(f"the state {name!r} counts retries", "write the attempts as states of their own")

    def _refuse_callbacks(self) -> None:
        """Name every callback and condition that fires a trigger or sets the state, so far as its code tells."""
        firing = frozenset({*self.triggers, "trigger", "set_state", "to", "dispatch"})
        looking = Looking(firing, self.machine.model_attribute, (*self.machine.models, self.machine))
        found = [*self._callbacks(), *self._conditions()]
        for where, callback in found:
            words = self.changes(callback, looking)
            if words:
                cure = "let a trigger do it, or say that it is harmless: harmless=[...]"
                self.refuse(f"the callback {_name(callback)!r} ({where}) {words}", cure)
        for where, callback in self._callbacks():
            if isinstance(callback, str) and looking.found(callback) is None and callback not in self.harmless:
                cure = "give the machine its model, or say that it is harmless: harmless=[...]"
                self.refuse(f"the callback {callback!r} ({where}) is nowhere to be found", cure)

    def _callbacks(self) -> Iterator[tuple[str, Callback]]:
        machine = self.machine
        kinds = ("prepare_event", "before_state_change", "after_state_change", "finalize_event", "on_final")
        for kind in (*kinds, "on_exception"):
            yield from ((kind, item) for item in getattr(machine, kind, ()))
        for path, state in self.states.items():
            for kind in ("on_enter", "on_exit", "on_final"):
                yield from ((f"{kind} of {self.full(path)!r}", item) for item in getattr(state, kind, None) or ())
        for trigger, item in self._transitions():
            for kind in ("prepare", "before", "after"):
                yield from ((f"{kind} {trigger!r}", callback) for callback in getattr(item, kind))

    def _conditions(self) -> Iterator[tuple[str, Callback]]:
        for trigger, item in self._transitions():
            yield from ((f"a condition of {trigger!r}", condition.func) for condition in item.conditions)

    def _transitions(self) -> Iterator[tuple[str, Any]]:
        for scope in self.events.values():
            for trigger, event in scope.items():
                yield from ((trigger, item) for items in event.transitions.values() for item in items)

    def changes(self, callback: Callback, looking: Looking) -> str:
        """How a callback changes the state of the machine, in words; empty where its code does not show it."""
        if _name(callback) in self.harmless or callback in self.harmless:
            return ""
        if isinstance(callback, str):
            return "is a trigger itself" if callback in self.triggers else looking.changes(looking.found(callback))
        inner = callback
        while isinstance(inner, partial):
            owner = getattr(inner.func, "__self__", None)
            if isinstance(owner, transitions.core.Event) or owner is self.machine:
                return "fires a trigger"
            inner = inner.func
        return looking.changes(inner)


def _name(item: object) -> str:
    """What people call a callback, a condition or a state."""
    if isinstance(item, str):
        return item
    return str(getattr(item, "name", None) or getattr(item, "__name__", None) or type(item).__name__)


name_of = _name


# --- building -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """A transition to build: its trigger is its own, so that it can be taken by itself."""

    trigger: str
    sources: tuple[str, ...]
    target: str | None
    condition: Callable[[], bool]


def built(
    model: object, states: Iterable[str], initial: str, ways: Iterable[Way], entered: Callable[[str], None]
) -> Any:
    """A ``transitions.Machine`` on a model; ``entered`` is called with each state that it enters."""
    return transitions.Machine(
        model=model,
        states=[{"name": name, "on_enter": [partial(entered, name)]} for name in states],
        initial=initial,
        auto_transitions=False,
        transitions=[
            {"trigger": way.trigger, "source": list(way.sources), "dest": way.target, "conditions": [way.condition]}
            for way in ways
        ],
    )
