"""Checks as tests in somebody else's test suite."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import lastgasp as lg
import lastgasp.testing
from lastgasp.testing import collecting, goals
from tests.cli.studies import COUNTER, LAMP, LAMP_EXPECTED, ROOT, edited, outside, written

pytest_plugins = "pytester"

INSTALLED = any(point.name == "lastgasp" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "lastgasp.pytest_plugin")
"""How the plugin gets in: by its entry point, or by name where the package is not installed with it."""

EXPECTED = {**LAMP, "properties/expectations.yaml": LAMP_EXPECTED}

NETWORK = '''
import lastgasp as lg

LAMP = lg.machine_from_yaml("""
machine: lamp
party: LAMP
states: {off: {initial: yes, gives: {light: no}}, on: {at most: 5 s, gives: {light: yes}}}
transitions: [{from: off, to: on, may: }, {from: on, to: off, may: }]
""")
ROOM = lg.compose("room", {"lamp": LAMP}, {})
'''


def ran(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """One run of pytest, without what the test suite around it sets."""
    return pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)


LOADED = (collecting, goals)


@pytest.fixture(scope="module", autouse=True)
def everything_loaded() -> None:
    """By one check here, so that pytester, which forgets what a run loads, need not load it for every run."""
    room = lg.network_from_yaml("installation: one\ninstances: {s: {machine: s}}", {"s": machine("s")}, "one")
    assert isinstance(lg.prove(room, "s shall never be b."), lg.Fails)


def machine(name: str) -> lg.Machine:
    """A machine that goes where it likes."""
    states = "states: {a: {initial: yes}, b: {}}\ntransitions: [{from: a, to: b, may: }]"
    return lg.machine_from_yaml(f"machine: {name}\n{states}")


def collected(pytester: pytest.Pytester, *arguments: str) -> int:
    """How many tests are selected."""
    result = ran(pytester, "--collect-only", "-q", *arguments)
    assert result.ret == pytest.ExitCode.OK
    return sum("::" in line for line in result.outlines)


def text_of(result: pytest.RunResult) -> str:
    return result.stdout.str() + result.stderr.str()


# --- study folders ------------------------------------------------------------------------------------------------


def test_each_check_of_a_study_that_is_met_is_a_test(pytester: pytest.Pytester) -> None:
    written(pytester.path / "deep" / "study", EXPECTED)
    result = ran(pytester, "--lastgasp", "-v")
    result.assert_outcomes(passed=4)
    goals = "deep/study/properties/goals.yaml"
    for name in ("bright[room-today]", "bright[room-better]", "goes-out[room-today]", "goes-out[room-better]"):
        result.stdout.fnmatch_lines([f"{goals}::{name.replace('[', '[[]')} PASSED*"])


def test_a_check_that_is_not_as_expected_fails_with_its_run_and_the_wording(pytester: pytest.Pytester) -> None:
    """The clause that is in force is quoted; no line of a traceback is shown."""
    written(
        pytester.path / "study", edited(LAMP, "properties/clauses.yaml", "for more than 30 s", "for more than 2 min")
    )
    result = ran(pytester, "--lastgasp")
    result.assert_outcomes(passed=2, failed=2)
    text = text_of(result)
    assert "expected holds, found fails" in text
    assert "supply: off → on" in text and "** broken **" in text
    assert "warm-up (lamps, section 1, proposed): “Warm up within half a minute.”" in text
    assert "Traceback" not in text and ".py" not in text.partition("FAILURES")[2]


def test_without_the_option_nothing_is_collected(pytester: pytest.Pytester) -> None:
    written(pytester.path / "study", EXPECTED)
    assert ran(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_folder_is_named_beside_other_tests(pytester: pytest.Pytester) -> None:
    written(pytester.path / "texts", EXPECTED)
    pytester.makepyfile(**{"tests/test_own": "def test_own(): pass"})
    result = ran(pytester, "--lastgasp=texts", "tests")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["lastgasp: 4 checks"])


def test_only_the_folder_that_is_named_is_collected(pytester: pytest.Pytester) -> None:
    """Not another study that the other paths lead to, which may be there for other tests to use."""
    for name in ("texts/one", "texts/two", "tests/example"):
        written(pytester.path / name, EXPECTED)
    assert collected(pytester, "--lastgasp=texts", "tests") == collected(pytester, "--lastgasp=texts") == 8
    assert collected(pytester, "--lastgasp") == 12


def test_a_study_beyond_testpaths_is_met(pytester: pytest.Pytester) -> None:
    """The usual layout: models and properties at the root, tests in a folder of their own."""
    written(pytester.path, EXPECTED)
    pytester.makepyfile(**{"tests/test_own": "def test_own(): pass"})
    pytester.makeini("[pytest]\ntestpaths = tests")
    for option in ("--lastgasp", "--lastgasp=."):
        assert collected(pytester, option) == 5


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["-k", "bright and better"], 1),
        (["-k", "goes-out"], 2),
        (["study/properties/goals.yaml::bright[room-today]"], 1),
        (["study/properties/goals.yaml::goes-out"], 2),
        (["study/properties"], 4),
    ],
    ids=str,
)
def test_checks_are_selected_as_other_tests_are(pytester: pytest.Pytester, arguments: list[str], count: int) -> None:
    written(pytester.path / "study", EXPECTED)
    assert collected(pytester, *arguments, "--lastgasp") == count


def test_undecided_is_a_failure_with_its_reason(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the study expects it: nobody knows whether the goal holds. What others found is not at hand."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path / "cache"))
    expected = "expectations:\n  - {goal: safe, proposal: nothing, installation: one, verdict: undecided}\n"
    written(pytester.path / "study", {**COUNTER, "properties/expectations.yaml": expected})
    result = ran(pytester, "--lastgasp", "--lastgasp-timeout", "1/1000000 s")
    result.assert_outcomes(failed=1)
    assert "undecided: " in text_of(result)


def test_a_defect_of_ours_is_no_verdict_and_no_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of ours")

    written(pytester.path / "study", EXPECTED)
    monkeypatch.setattr("lastgasp.questions.asking.decide", broken)
    result = ran(pytester, "--lastgasp", "-k", "bright and better")
    result.assert_outcomes(failed=1)
    text = text_of(result)
    assert "lastgasp: internal error: ZeroDivisionError: of ours" in text and "Traceback" not in text


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({name: text for name, text in LAMP.items() if "goals" not in name}, "has no checks"),
        ({name: text for name, text in LAMP.items() if "properties" not in name}, "has no checks"),
        (edited(LAMP, "models/lamp.yaml", "to: dark", "to: drak"), "lamp.yaml:13:"),
        (edited(LAMP, "properties/goals.yaml", "shall not", "should not"), "goals.yaml:3:"),
    ],
    ids=["no goals", "no properties", "a broken model", "a broken sentence"],
)
def test_a_study_that_cannot_be_checked_is_named(pytester: pytest.Pytester, files: dict[str, str], words: str) -> None:
    """Once, by an error of collection, beside the tests that have nothing to do with it."""
    written(pytester.path / "study", files)
    (pytester.path / "study" / "properties").mkdir(exist_ok=True)
    pytester.makepyfile("def test_own(): pass")
    result = ran(pytester, "--lastgasp", "--continue-on-collection-errors")
    result.assert_outcomes(passed=1, errors=1)
    text = text_of(result)
    assert words in text and "Traceback" not in text and "site-packages" not in text


def test_no_study_at_all_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_own(): pass")
    result = ran(pytester, "--lastgasp")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["lastgasp: no study folder * is among what was collected"])
    refused = ran(pytester, "--lastgasp", "test_no_study_at_all_is_named.py")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no study folder under 'test_no_study" in text_of(refused)
    for name in ("models", "properties"):
        (pytester.path / "bare" / name).mkdir(parents=True)
    bare = ran(pytester, "--lastgasp=bare")
    assert bare.ret == pytest.ExitCode.USAGE_ERROR and "bare' has no files, so no checks" in text_of(bare)
    slow = ran(pytester, "--lastgasp", "--lastgasp-timeout=soon")
    assert slow.ret == pytest.ExitCode.USAGE_ERROR and "--lastgasp-timeout: 'soon'" in text_of(slow)


def test_checks_are_spread_over_processes(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    written(pytester.path / "texts", EXPECTED)
    pytester.makepyfile(**{"tests/test_own": "def test_own(): pass"})
    result = pytester.runpytest_subprocess(
        *PLUGIN, "-p", "xdist", "-n", "2", "--lastgasp=texts", "tests", "-k", "bright or own"
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["lastgasp: 2 checks"])


# --- goals in test files ------------------------------------------------------------------------------------------


def test_a_function_that_returns_a_network_is_a_test_of_its_goal(pytester: pytest.Pytester) -> None:
    source = """
import pytest
from lastgasp.testing import goal

@pytest.fixture
def room(): return ROOM

@goal("lamp shall never be on for more than 5 s.", "It is possible that lamp is on.")
def test_enough(room): return room

@goal("lamp shall never be on for more than 4 s.")
def test_too_long(room): return room

@goal("lamp shall never be on for more than 4 s.", clauses=["LAMP shall not be on for more than 3 s."])
def test_restricted(): return ROOM

@goal("lmap shall never be on.")
def test_unreadable(): return ROOM

@goal("lamp shall never be on.")
def test_no_network(): pass
"""
    pytester.makepyfile(NETWORK + source)
    result = ran(pytester)
    result.assert_outcomes(passed=2, failed=3)
    text = text_of(result)
    assert "expected holds, found fails" in text and "lamp: off → on" in text
    assert "did you mean 'lamp'" in text
    assert "test_no_network returns NoneType; under @goal it must return a network" in text
    assert "Traceback" not in text and "lastgasp/" not in text


def test_a_goal_without_its_sentence_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from lastgasp.testing import goal\n\n@goal\ndef test_it(): pass\n")
    result = ran(pytester)
    result.assert_outcomes(errors=1)
    assert "a goal is a sentence" in text_of(result)


def test_the_fixtures(pytester: pytest.Pytester) -> None:
    """The network of a study, and a proof that fails the test where there is none."""
    written(pytester.path / "study", LAMP)
    source = """
import pytest

BRIGHT = "While supply is on, LAMP shall not keep light no for more than 1 min."

@pytest.mark.lastgasp("study", installation="room")
def test_marked(network, prove):
    proof = prove(network, BRIGHT, clauses=["LAMP shall not be warming for more than 30 s."])
    proof.certificate.recheck()

@pytest.mark.parametrize("network", ["study"], indirect=True)
def test_by_path(network):
    assert network.name == "room"

@pytest.mark.lastgasp("study")
def test_broken(network, prove):
    prove(network, BRIGHT)

@pytest.mark.lastgasp("study", installation="roof")
def test_unknown(network): pass

@pytest.mark.lastgasp()
def test_nowhere(network): pass

def test_unmarked(network): pass
"""
    pytester.makepyfile(source)
    result = ran(pytester, "--strict-markers")
    result.assert_outcomes(passed=2, failed=1, errors=3)
    text = text_of(result)
    assert "E   *" not in text and "prove(network, BRIGHT)" in text and "** broken **" in text
    assert "did you mean 'room'" in text
    assert "the marker lastgasp takes a folder" in text and "the test names no study" in text
    assert "def prove_or_fail" not in text and "Traceback" not in text
    with_option = ran(pytester, "--lastgasp=study", "-k", "unmarked")
    with_option.assert_outcomes(passed=1, deselected=9)


# --- what it costs ------------------------------------------------------------------------------------------------

LOOK = """
import sys, pytest
before = set(sys.modules)
code = pytest.main(['-q', '-p', 'no:cacheprovider', %s])
print(code, sorted(name for name in set(sys.modules) - before if name.partition('.')[0] in %r), file=sys.stderr)
"""
OURS = ("lastgasp", "z3", "networkx", "lark", "ruamel", "rich", "click", "graphviz", "wasmtime", "transitions")


def test_an_unrelated_suite_pays_nothing(tmp_path: Path) -> None:
    """Of ours four small modules are loaded, of others none."""
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n")
    arguments = ", ".join(map(repr, (*PLUGIN, str(tmp_path))))
    found = outside(start=LOOK % (arguments, OURS)).err.splitlines()[-1]
    assert found == "0 ['lastgasp', 'lastgasp.pytest_plugin', 'lastgasp.testing', 'lastgasp.version']"


def test_every_name_for_test_suites_is_there_and_says_what_it_is() -> None:
    for name in lastgasp.testing.__all__:
        doc = getattr(lastgasp.testing, name).__doc__
        assert doc and not doc.startswith(f"{name}(")
    with pytest.raises(AttributeError, match="no attribute 'gaol'"):
        lastgasp.testing.gaol  # noqa: B018


def test_the_entry_point_is_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"lastgasp": "lastgasp.pytest_plugin"}
    assert "lastgasp.pytest_plugin" in sys.modules or not INSTALLED
