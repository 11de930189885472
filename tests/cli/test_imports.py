"""What is loaded when, and the names that users may rely on."""

from __future__ import annotations

import pickle
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import lastgasp
from lastgasp import facade
from lastgasp.cli import options
from lastgasp.engines.zones import explore
from lastgasp.errors import InputError, InternalError, NotApplicable, Place, Problem, ReplayError
from lastgasp.semantics import RangeError
from lastgasp.trace import Move, Step
from tests.cli.studies import outside

HEAVY = ("z3", "hypothesis", "networkx", "lark", "graphviz", "wasmtime", "transitions")
PRINT = (
    f"\nprint([name for name in {HEAVY} if name in sys.modules"
    " and type(sys.modules[name]).__name__ != '_LazyModule'], file=sys.stderr)"
)
PUBLIC = [
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


@cache
def loaded(code: str) -> str:
    """Which heavy packages a program has executed at its end; one that was only announced does not count."""
    ran = outside(start="import sys\n" + code + PRINT)
    assert ran.code == 0
    return ran.err


@pytest.mark.parametrize("package", HEAVY)
@pytest.mark.parametrize("words", ["--help", "check --help"])
def test_help_needs_no_heavy_package(words: str, package: str) -> None:
    found = loaded(f"from lastgasp.cli.main import main; assert main({words.split()}) == 0")
    assert f"'{package}'" not in found


@pytest.mark.parametrize("package", HEAVY)
def test_the_import_needs_no_heavy_package(package: str) -> None:
    assert f"'{package}'" not in loaded("import lastgasp")


def test_the_engines_of_the_command_line_are_those_of_the_facade() -> None:
    """They are written down twice, so that help need not load the facade."""
    assert options.ENGINES == facade.ENGINES
    assert options.ORDERS == explore.ORDERS


def test_the_list_of_packages_can_see_something() -> None:
    """A program that does import one of them is told."""
    assert loaded("import networkx") == "['networkx']\n"


def test_a_check_of_zones_needs_no_solver(lamp: Path) -> None:
    """What zones decide, they decide without loading Z3."""
    found = loaded(f"from lastgasp.cli.main import main; assert main(['check', {str(lamp)!r}, '--jobs', '1']) == 1")
    assert "'z3'" not in found and "'hypothesis'" not in found


def test_the_public_names_are_pinned() -> None:
    """A name that comes or goes is a decision: change it here too."""
    assert lastgasp.__all__ == PUBLIC
    assert set(dir(lastgasp)) == {*PUBLIC, "__version__"}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    """With a docstring of its own, not the one that a dataclass makes up."""
    thing = getattr(lastgasp, name)
    assert thing.__doc__
    assert not thing.__doc__.startswith(f"{name}(")


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        lastgasp.chekc  # noqa: B018
    with pytest.raises(ImportError):
        import_module("lastgasp.chekc")


def test_a_star_import_brings_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from lastgasp import *", names)
    assert set(PUBLIC) <= set(names)


@pytest.mark.parametrize(
    "error",
    [
        InputError([Problem("a", "b", Place("f", 1, 2)), Problem("c")]),
        InternalError("a"),
        ReplayError("a"),
        NotApplicable("zones", "a stopwatch"),
        RangeError(Step((Move("a", 0),)), "a.x", 7),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_from_another_process(error: Exception) -> None:
    """Checks run in several processes: what they raise must arrive, with all it says."""
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert vars(again) == vars(error)
