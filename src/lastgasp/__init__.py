"""Formal verification of networks of timed state machines.

    import lastgasp as lg
    study = lg.load_study()                                  # the bundled one, or a folder
    match lg.check(study, goal="GOAL", proposal="PROPOSAL"):
        case lg.Holds(certificate=proof): proof.recheck()
        case lg.Fails(trace=run): print(run)

The meaning of a machine is in :mod:`lastgasp.semantics`, that of a sentence in :mod:`lastgasp.sentences`; the layers
are drawn in ARCHITECTURE.md. Everything exported here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lastgasp.version import __version__ as __version__

if TYPE_CHECKING:
    from lastgasp.bundled import load_study as load_study
    from lastgasp.errors import InputError as InputError
    from lastgasp.errors import InternalError as InternalError
    from lastgasp.errors import LastgaspError as LastgaspError
    from lastgasp.errors import NotApplicable as NotApplicable
    from lastgasp.explore.adoption import from_transitions as from_transitions
    from lastgasp.explore.finding import challenge as challenge
    from lastgasp.explore.performance import Performance as Performance
    from lastgasp.explore.performance import RealClock as RealClock
    from lastgasp.language.machines import machine_from_yaml as machine_from_yaml
    from lastgasp.language.machines import network_from_yaml as network_from_yaml
    from lastgasp.machine import Instance as Instance
    from lastgasp.machine import Machine as Machine
    from lastgasp.network import Network as Network
    from lastgasp.network import compose as compose
    from lastgasp.questions.asking import breaks as breaks
    from lastgasp.questions.asking import check as check
    from lastgasp.questions.asking import prove as prove
    from lastgasp.questions.boundary import boundary as boundary
    from lastgasp.questions.boundary_answer import Boundary as Boundary
    from lastgasp.questions.comply import Complying as Complying
    from lastgasp.questions.comply import comply as comply
    from lastgasp.questions.condition import condition as condition
    from lastgasp.questions.contrast import Contrast as Contrast
    from lastgasp.questions.contrast import contrast as contrast
    from lastgasp.questions.cores import Cores as Cores
    from lastgasp.questions.cores import cores as cores
    from lastgasp.questions.equivalence import Equivalence as Equivalence
    from lastgasp.questions.equivalence import equivalent as equivalent
    from lastgasp.questions.reliance import Reliance as Reliance
    from lastgasp.questions.reliance import reliance as reliance
    from lastgasp.questions.repair import repair as repair
    from lastgasp.questions.repair_answer import Repairs as Repairs
    from lastgasp.sanity import oddities as oddities
    from lastgasp.semantics import replay as replay
    from lastgasp.semantics import run as run
    from lastgasp.study import Study as Study
    from lastgasp.trace import Move as Move
    from lastgasp.trace import Step as Step
    from lastgasp.trace import Trace as Trace
    from lastgasp.verdict import Fails as Fails
    from lastgasp.verdict import Holds as Holds
    from lastgasp.verdict import Rejected as Rejected
    from lastgasp.verdict import Undecided as Undecided
    from lastgasp.verdict import Vacuous as Vacuous
    from lastgasp.verdict import Verdict as Verdict

_WHERE = {
    "load_study": "lastgasp.bundled",
    "InputError": "lastgasp.errors",
    "InternalError": "lastgasp.errors",
    "LastgaspError": "lastgasp.errors",
    "NotApplicable": "lastgasp.errors",
    "machine_from_yaml": "lastgasp.language.machines",
    "network_from_yaml": "lastgasp.language.machines",
    "Instance": "lastgasp.machine",
    "Machine": "lastgasp.machine",
    "Network": "lastgasp.network",
    "compose": "lastgasp.network",
    "check": "lastgasp.questions.asking",
    "prove": "lastgasp.questions.asking",
    "boundary": "lastgasp.questions.boundary",
    "Boundary": "lastgasp.questions.boundary_answer",
    "Complying": "lastgasp.questions.comply",
    "comply": "lastgasp.questions.comply",
    "condition": "lastgasp.questions.condition",
    "Contrast": "lastgasp.questions.contrast",
    "contrast": "lastgasp.questions.contrast",
    "Cores": "lastgasp.questions.cores",
    "cores": "lastgasp.questions.cores",
    "Equivalence": "lastgasp.questions.equivalence",
    "equivalent": "lastgasp.questions.equivalence",
    "Reliance": "lastgasp.questions.reliance",
    "reliance": "lastgasp.questions.reliance",
    "oddities": "lastgasp.sanity",
    "repair": "lastgasp.questions.repair",
    "Repairs": "lastgasp.questions.repair_answer",
    "replay": "lastgasp.semantics",
    "Study": "lastgasp.study",
    "Trace": "lastgasp.trace",
    "Fails": "lastgasp.verdict",
    "Holds": "lastgasp.verdict",
    "Rejected": "lastgasp.verdict",
    "Undecided": "lastgasp.verdict",
    "Vacuous": "lastgasp.verdict",
    "Verdict": "lastgasp.verdict",
    "breaks": "lastgasp.questions.asking",
    "run": "lastgasp.semantics",
    "Step": "lastgasp.trace",
    "Move": "lastgasp.trace",
    "from_transitions": "lastgasp.explore.adoption",
    "challenge": "lastgasp.explore.finding",
    "Performance": "lastgasp.explore.performance",
    "RealClock": "lastgasp.explore.performance",
}


__all__ = [
    "Boundary",
    "Complying",
    "Contrast",
    "Cores",
    "Equivalence",
    "Fails",
    "Holds",
    "InputError",
    "Instance",
    "InternalError",
    "LastgaspError",
    "Machine",
    "Move",
    "Network",
    "NotApplicable",
    "Performance",
    "RealClock",
    "Rejected",
    "Reliance",
    "Repairs",
    "Step",
    "Study",
    "Trace",
    "Undecided",
    "Vacuous",
    "Verdict",
    "boundary",
    "breaks",
    "challenge",
    "check",
    "comply",
    "compose",
    "condition",
    "contrast",
    "cores",
    "equivalent",
    "from_transitions",
    "load_study",
    "machine_from_yaml",
    "network_from_yaml",
    "oddities",
    "prove",
    "reliance",
    "repair",
    "replay",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'lastgasp' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
