"""Runs that the tests of pictures and tables share."""

from __future__ import annotations

import pytest

from lastgasp.trace import Trace
from tests.render.small_network import DAY, FALSE_ALERT, play


@pytest.fixture(scope="session")
def false_alert() -> Trace:
    """A false alert: the meter reboots for more than 3 min, the supply never fails; then a dip that is short."""
    return play(FALSE_ALERT, 5, ((DAY + 180, "3 min without power"), (DAY + 181, "here the goal is broken")))


@pytest.fixture(scope="session")
def short_run() -> Trace:
    """The false alert alone, without its second dip, and without any time after its last step."""
    return play(FALSE_ALERT[:4])
