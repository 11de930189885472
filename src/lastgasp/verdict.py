"""The sum type of answers, each with its evidence. A verdict has no truth value: match it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from lastgasp.trace import Trace

if TYPE_CHECKING:
    from lastgasp.certificate import Certificate


@dataclass(frozen=True, slots=True)
class _Verdict:
    check: str
    engine: str
    assumptions: tuple[str, ...] = field(default=(), kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict is not true or false: match it against Holds, Fails, Vacuous, Undecided, Rejected")


@dataclass(frozen=True, slots=True)
class Holds(_Verdict):
    """The goal was proved and its certificate rechecked. A possibility goal has its witness run in ``trace``."""

    certificate: Certificate | None = None
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Fails(_Verdict):
    """A run breaks the goal: replayed on the source network, seen by the observer and the direct evaluator.

    For a possibility goal that fails there is no run but a certificate that nothing reaches it.
    """

    trace: Trace | None = None
    certificate: Certificate | None = None
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Vacuous(_Verdict):
    """The premise of the goal or of a clause can never happen, so that a proof would say nothing.

    The ``certificate`` is that empty proof: nothing breaks the goal.
    """

    reason: str = ""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Undecided(_Verdict):
    """No answer within the limits: says which limit, and how deep the search was.

    Where it is a situation that leaves the doubt, ``trace`` is a run of the part that was looked at to it, and
    ``lasting`` says that further sentences about that part leave the doubt if the run obeys them.
    """

    reason: str = ""
    trace: Trace | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Rejected(_Verdict):
    """The model or the text has no meaning to check: a timelock, an instant loop, a clause that is not obeyable.

    ``trace`` is a run of the part that was looked at. ``lasting``: further sentences about that part leave it so if the
    run obeys them, as they only take steps and time away.
    """

    reason: str = ""
    trace: Trace | None = None
    lasting: bool = False


Verdict = Holds | Fails | Vacuous | Undecided | Rejected
