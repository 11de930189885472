"""What pytest loads in every test suite where this package is installed: options, fixtures, and nothing heavy.

``pytest --lastgasp`` makes one test of every check of the study folders that it meets, ``pytest --lastgasp=DIR`` of
those under ``DIR`` and no others, wherever the other tests are. How, is in :mod:`lastgasp.testing.collecting`, which is
loaded only then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import lastgasp.testing

if TYPE_CHECKING:
    from lastgasp.network import Network
    from lastgasp.testing.goals import Prove

COLLECTING = "lastgasp.testing.collecting"
MARK = "lastgasp(path, installation=None): the study folder, and its installation, that the fixture 'network' reads"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the command line."""
    group = parser.getgroup("lastgasp", "checks of networks of timed state machines")
    group.addoption(
        "--lastgasp",
        nargs="?",
        const=True,
        metavar="DIR",
        help="make a test of every check of the study folders that are met, or of those under DIR",
    )
    group.addoption(
        "--lastgasp-timeout", default="60 s", metavar="DURATION", help="limit for each check (default: 60 s)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Load what collects studies, where that was asked for."""
    config.addinivalue_line("markers", MARK)
    if config.getoption("lastgasp") is not None:
        config.pluginmanager.register(import_module(COLLECTING), COLLECTING)


@pytest.fixture
def network(request: pytest.FixtureRequest) -> Network:
    """A network of a study folder: of the marker ``lastgasp``, of an indirect parameter, or of ``--lastgasp=DIR``."""
    found: Network = lastgasp.testing.requested_network(request)
    return found


@pytest.fixture
def prove() -> Prove:
    """``lastgasp.prove``, which fails the test unless the goal holds: ``prove(network, goal, clauses=[...])``."""
    found: Prove = lastgasp.testing.prove_or_fail
    return found
