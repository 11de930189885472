"""What the code of a callback shows of what it does to its machine: that it fires a trigger, or sets the state.

Code is looked at, never run. What a callback calls is looked at too, where that is a function that is found by its
name: of the model or the machine, of the module, or around it. What is done through other objects is not seen.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from inspect import getattr_static
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType

READING, RUNNING = ("getattr", "setattr", "methodcaller"), ("eval", "exec")
"""What does to a thing something that a text names, and what does anything."""

FOREIGN = frozenset({"transitions", *sys.stdlib_module_names})
"""Packages whose functions are not looked at where a callback calls them: they know no trigger of a machine."""

ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR")


@dataclass(frozen=True)
class Looking:
    """What is looked for: the attributes that fire a trigger, the one that is the state, and whose methods they are."""

    firing: frozenset[str]
    state: str
    owners: tuple[object, ...]

    def found(self, name: str) -> object:
        """What a name means to the owners, nothing being evaluated; ``None`` where it means nothing."""
        known = (getattr_static(owner, name, None) for owner in self.owners)
        return next((item for item in known if item is not None), None)

    def changes(self, callback: object) -> str:
        """How a callback changes the state, in words; empty where its code does not show that it does."""
        waiting = [(function, "") for function in _functions(callback)]
        if not waiting and callable(callback) and not isinstance(callback, BuiltinFunctionType | type):
            return "cannot be read"
        seen = {function for function, _ in waiting}
        while waiting:
            function, through = waiting.pop(0)
            for code in _codes(function.__code__):
                for words in (*self._doing(code), *self._doing_by_name(code)):
                    return f"{through}{words}"
            for called in self._called(function):
                if called not in seen:
                    seen.add(called)
                    waiting.append((called, through or f"calls {called.__name__!r}, which "))
        return ""

    def _doing(self, code: CodeType) -> Iterator[str]:
        for line in dis.get_instructions(code):
            if line.opname == "STORE_ATTR" and line.argval == self.state:
                yield "sets the state"
            elif line.opname in ATTRIBUTE and line.argval in self.firing:
                yield f"fires {line.argval!r}"

    def _doing_by_name(self, code: CodeType) -> Iterator[str]:
        """What is done to something that a text names; a text that is not written there may name anything."""
        asked = ""
        for line in dis.get_instructions(code):
            if line.opname in ("LOAD_GLOBAL", "LOAD_NAME") and line.argval in (*READING, *RUNNING):
                asked = line.argval
            elif asked in READING and line.opname == "LOAD_CONST" and isinstance(line.argval, str):
                if line.argval in self.firing or (asked == "setattr" and line.argval == self.state):
                    yield f"does {line.argval!r} by {asked!r}"
                asked = ""
            elif asked and line.opname.startswith("CALL"):
                yield f"does by {asked!r} what cannot be read"

    def _called(self, function: FunctionType) -> Iterator[FunctionType]:
        """The functions that one may call, as far as they are found."""
        around = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        for code in _codes(function.__code__):
            for line in dis.get_instructions(code):
                found: object = None
                if line.opname in (*ATTRIBUTE, "STORE_ATTR"):
                    found = self.found(line.argval)
                elif line.opname == "LOAD_GLOBAL":
                    found = function.__globals__.get(line.argval)
                elif line.opname == "LOAD_DEREF" and line.argval in around:
                    found = _content(around[line.argval])
                yield from (item for item in _functions(found) if item.__module__.partition(".")[0] not in FOREIGN)


def _functions(item: object) -> Iterator[FunctionType]:
    """The functions that calling something calls, or, of a property, reading and setting it."""
    match item:
        case FunctionType():
            yield item
        case MethodType() | staticmethod() | classmethod():
            yield from _functions(item.__func__)
        case partial():
            yield from _functions(item.func)
        case property():
            yield from (part for part in (item.fget, item.fset) if isinstance(part, FunctionType))
        case _ if item is not None and not isinstance(item, type):
            call = getattr_static(type(item), "__call__", None)
            if isinstance(call, FunctionType):
                yield call


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Code, and the code of functions and comprehensions inside."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _content(cell: object) -> object:
    try:
        return cell.cell_contents  # type: ignore[attr-defined]
    except ValueError:  # not set yet
        return None
