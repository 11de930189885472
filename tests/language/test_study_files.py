from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from lastgasp.language.study_files import load_study, study_to_yaml
from lastgasp.questions.matrix import names, shown
from lastgasp.study import durations, wording_hash
from tests.language.house import FILES, refused, write

CLAUSE = """\
clauses:
  drop:
    party: ESME
    document: SMETS2
    version: '5.10'
    source: section 5
    wording: It shall not be dark.
    sha256: HASH
    status: reconstructed
    sentence: ESME shall never be dark.
""".replace("HASH", wording_hash("It shall not be dark."))


def test_a_folder_is_a_study(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, FILES | {"properties/clauses.yaml": CLAUSE}))
    assert set(study.machines) == {"supply", "esme", "ch", "csp"}
    assert study.installations["house"].title == "A house"
    assert study.profiles["quick"].settings == {"esme.reboot": Fraction(60), "esme.spare": False}
    assert durations(study.goals["in-time"].parameters) == {"latency": Fraction(300)}
    assert study.clauses["drop"].version == "5.10"
    assert study.proposals["none"].assumptions == ("calm",)
    assert study.expectations[0].classification == "F1"


def test_a_study_reads_back_equal(tmp_path: Path) -> None:
    files = FILES | {
        "properties/clauses.yaml": CLAUSE,
        "properties/other-goals.yaml": "goals:\n  never: {sentence: ESME shall never be dark.}\n",
    }
    study = load_study(write(tmp_path / "a", files))
    again = load_study(write(tmp_path / "b", study_to_yaml(study)))
    assert again == study


def test_without_its_two_folders_every_file_counts(tmp_path: Path) -> None:
    write(tmp_path, {"x/supply.yaml": FILES["models/supply.yaml"]})
    assert set(load_study(tmp_path).machines) == {"supply"}


def test_files_outside_of_the_two_folders_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"other/broken.yaml": "nonsense: x\n"})
    assert set(load_study(tmp_path).installations) == {"house"}


def test_every_problem_of_every_file(tmp_path: Path) -> None:
    broken = {
        "models/ch.yaml": FILES["models/ch.yaml"].replace("host.dc is off", "host.dc is of"),
        "models/again.yaml": FILES["models/supply.yaml"],
        "models/kind.yaml": "machin: x\n",
        "models/list.yaml": "- a\n",
        "models/tab.yaml": "\tx\n",
        "properties/goals.yaml": "goals:\n  g: {sentence: ESME shal never be dark.}\n  h: {sentnce: x}\n",
        "properties/more.yaml": "assumptions:\n  a:\n    sentence: ESME shall\n      never be soon.\n",
        "properties/clauses.yaml": CLAUSE.replace("reconstructed", "guessed"),
    }
    problems = refused(load_study, write(tmp_path, FILES | broken))
    places = [str(problem.place).removeprefix(str(tmp_path) + "/") for problem in problems]
    assert places == [
        "models/ch.yaml:15:53",
        "models/kind.yaml:1:1",
        "models/list.yaml:1:1",
        "models/supply.yaml:1:1",
        "models/tab.yaml:1:1",
        "properties/clauses.yaml:9:13",
        "properties/goals.yaml:3:6",
        "properties/goals.yaml:3:7",
        "properties/more.yaml:4:16",
    ]
    assert problems[1].cure == "did you mean 'machine'?"
    assert "a second machine 'supply'" in problems[3].what


def test_problems_between_the_parts(tmp_path: Path) -> None:
    files = FILES | {
        "properties/proposals.yaml": "proposals:\n  none: {clauses: [drop], assumptions: [calm]}\n",
        "properties/clauses.yaml": CLAUSE.replace("shall not be dark", "should not be dark"),
        "properties/expected.yaml": FILES["properties/expected.yaml"].replace("no-false", "no"),
    }
    problems = refused(load_study, write(tmp_path, files))
    assert [problem.what for problem in problems] == [
        "the wording of clause 'drop' is not the one that its sentence formalises",
        "unknown goal 'no'",
    ]


def test_folders_that_hold_no_study(tmp_path: Path) -> None:
    assert "no folder" in refused(load_study, tmp_path / "x")[0].what
    assert "no *.yaml" in refused(load_study, tmp_path)[0].what


def test_the_package_imports_no_parser() -> None:
    code = "import lastgasp, sys; sys.exit(any(m in sys.modules for m in ('lark', 'ruamel.yaml')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


OVERVIEW = "overview:\n  installations: [house]\n  proposals: [none]\n"
MORE = "proposals:\n  others: {assumptions: [calm]}\n"


def test_an_overview_is_what_is_meant_where_nothing_is_named(tmp_path: Path) -> None:
    files = FILES | {"properties/overview.yaml": OVERVIEW, "properties/others.yaml": MORE}
    study = load_study(write(tmp_path / "one", files))
    assert study.overview.installations == ("house",) and study.overview.proposals == ("none",)
    assert study.only("proposal") == "none", "the only one of the overview"
    assert {name.proposal for name in names(study)} == {"none", "others"}
    assert {name.proposal for name in shown(study)} == {"none"}
    assert {name.proposal for name in shown(study, proposal="others")} == {"others"}
    assert load_study(write(tmp_path / "two", study_to_yaml(study))) == study


def test_an_overview_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    files = FILES | {
        "properties/overview.yaml": OVERVIEW.replace("[none]", "[nonne]"),
        "properties/again.yaml": OVERVIEW,
    }
    problems = refused(load_study, write(tmp_path, files))
    assert [problem.what for problem in problems] == ["a second overview ''"]
    (problem,) = refused(load_study, write(tmp_path / "b", {**files, "properties/again.yaml": MORE}))
    assert (problem.what, problem.cure) == ("unknown proposal 'nonne'", "did you mean 'none'?")


ODD = """\
oddities:
  - odd: "never reached: *"
    because: a variant that others have
    proposal: none
  - {odd: [a, b], because: it is so, installation: [house]}
"""


def test_an_oddity_is_explained_where_it_is_said_to_be(tmp_path: Path) -> None:
    study = load_study(write(tmp_path / "one", FILES | {"properties/oddities.yaml": ODD}))
    first, second = study.explanations
    assert (first.odd, first.proposals, first.installations) == (("never reached: *",), ("none",), ())
    assert (second.odd, second.because, second.installations) == (("a", "b"), "it is so", ("house",))
    assert load_study(write(tmp_path / "two", study_to_yaml(study))) == study


def test_an_explanation_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    files = FILES | {
        "properties/oddities.yaml": ODD.replace("[house]", "[hause]").replace("proposal: none", "proposl: a")
    }
    assert [item.what for item in refused(load_study, write(tmp_path / "a", files))] == [
        "an explanation has no key 'proposl'"
    ]
    files = FILES | {"properties/oddities.yaml": ODD.replace("[house]", "[hause]")}
    (problem,) = refused(load_study, write(tmp_path / "b", files))
    assert (problem.what, problem.cure) == ("unknown installation 'hause'", "did you mean 'house'?")
