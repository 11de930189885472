"""For test suites: goals about networks of one's own, and a network as the oracle of code that runs.

    import lastgasp.testing as lt

    @lt.goal("lamp shall never be on for more than 4 s.")
    def test_room():
        return network

    def test_our_lamp():
        found = lt.conformance(network, ["LAMP shall never be on for more than 4 s."], OurLamp(), instance="lamp")
        assert found.conforms, found.words()

``OurLamp`` is an :class:`Adapter` around the code that runs. Everything here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lastgasp.testing.adapter import Adapter as Adapter
    from lastgasp.testing.adapter import Output as Output
    from lastgasp.testing.conforming import Conformance as Conformance
    from lastgasp.testing.conforming import Divergence as Divergence
    from lastgasp.testing.conforming import conformance as conformance
    from lastgasp.testing.goals import goal as goal
    from lastgasp.testing.goals import prove_or_fail as prove_or_fail
    from lastgasp.testing.goals import requested_network as requested_network

_WHERE = {
    "Adapter": "lastgasp.testing.adapter",
    "Conformance": "lastgasp.testing.conforming",
    "Divergence": "lastgasp.testing.conforming",
    "Output": "lastgasp.testing.adapter",
    "conformance": "lastgasp.testing.conforming",
    "goal": "lastgasp.testing.goals",
    "prove_or_fail": "lastgasp.testing.goals",
    "requested_network": "lastgasp.testing.goals",
}

__all__ = ["Adapter", "Conformance", "Divergence", "Output", "conformance", "goal", "prove_or_fail"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'lastgasp.testing' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
