"""What the answer to a question may cost: many checks may be needed, and the whole has an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lastgasp.question import Limits


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits for each check that a question asks, an instant at which the whole ends, and who is told of progress.

    ``until`` is an instant of the monotonic clock in seconds; ``None``: no end. An answer that was cut short by it says
    so; it never passes for a whole one.
    """

    limits: Limits = field(default_factory=Limits)
    until: float | None = None
    told: Callable[[str], None] | None = None

    @staticmethod
    def lasting(
        seconds: float | None, limits: Limits | None = None, told: Callable[[str], None] | None = None
    ) -> Effort:
        """An effort of so many seconds from now; ``None``: as long as it takes."""
        return Effort(limits or Limits(), None if seconds is None else time.monotonic() + seconds, told)

    @property
    def left(self) -> float | None:
        """Seconds until the end; ``None`` for no end."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())

    @property
    def late(self) -> bool:
        """Whether the end has come."""
        return self.left == 0.0

    @property
    def each(self) -> Limits:
        """The limits of the next check: never beyond the end of the whole."""
        known = [seconds for seconds in (self.limits.seconds, self.left) if seconds is not None]
        return replace(self.limits, seconds=min(known, default=None))

    def tell(self, words: str) -> None:
        """Report progress, in words for a person."""
        if self.told:
            self.told(words)
