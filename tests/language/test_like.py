"""Installations that are like another, names of an instance besides its own, and what is about something not there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from lastgasp.cli.show import matrix_text
from lastgasp.errors import InputError
from lastgasp.language.machines import network_from_yaml
from lastgasp.language.sentences import parse_sentence
from lastgasp.language.study_files import load_study, study_to_yaml
from lastgasp.machine import Instance
from lastgasp.network import Network
from lastgasp.questions.asking import CheckName, ask, silent
from lastgasp.questions.matrix import Cell, matrix, names
from lastgasp.questions.reading import unreadable
from lastgasp.verdict import Holds
from tests.language.house import FILES, house, refused, where, write

WITH = """\
installation: flat
title: A flat
like: house
with:
  esme: {title: another meter, also: [host], settings: {spare: no}}
  mains2: {machine: supply}
  ch: {wires: {host: esme2}}
  esme2: {machine: esme, wires: {supply: mains2}}
without: csp
"""


def flats(tmp_path: Path, text: str, **more: str) -> dict[str, Network]:
    return dict(load_study(write(tmp_path, FILES | {"models/a-flat.yaml": text, **more})).installations)


def test_what_differs_is_merged_into_the_other(tmp_path: Path) -> None:
    """Settings and wires one by one; new instances come last; what is left out is gone."""
    found = flats(tmp_path, WITH)
    assert list(found) == ["house", "flat"]  # the file of the flat comes first, but it is like the house
    flat, base = found["flat"], found["house"]
    assert flat.title == "A flat"
    assert list(flat.by_name) == ["supply", "esme", "ch", "mains2", "esme2"]
    esme = flat.by_name["esme"]
    assert (esme.title, esme.also, esme.wires) == ("another meter", ("host",), {"supply": "supply"})
    assert esme.settings == {"reboot": Fraction(60), "spare": False}
    assert flat.by_name["ch"].wires == {"host": "esme2"}
    assert flat.by_name["esme2"].settings == {}
    assert base == house()


def test_another_machine_takes_nothing_over(tmp_path: Path) -> None:
    text = "installation: flat\nlike: house\nwith: {ch: {machine: supply}}\nwithout: [csp]\n"
    assert flats(tmp_path, text)["flat"].by_name["ch"] == Instance("ch", house().by_name["supply"].machine)


def test_a_chain_of_them_reads_back_equal(tmp_path: Path) -> None:
    last = "installation: attic\nlike: flat\nwith: {esme: {settings: {reboot: 1 s}}}\n"
    study = load_study(write(tmp_path / "a", FILES | {"models/a.yaml": last, "models/b.yaml": WITH}))
    assert study.installations["attic"].parameters["esme.reboot"].value == 1
    assert study.installations["attic"].parameters["esme.spare"].value is False
    assert load_study(write(tmp_path / "b", study_to_yaml(study))) == study


@pytest.mark.parametrize(
    ("text", "at", "what", "cure"),
    [
        ("installation: f\nlike: hose\n", (2, 7), "unknown installation 'hose'", "did you mean 'house'?"),
        ("installation: f\nlike: f\n", (2, 7), "a circle: 'f' is like 'f'", "let one of them list its instances"),
        (
            "installation: f\nlike: house\nwith: {esm: {settings: {reboot: 1 s}}}\n",
            (3, 8),
            "no instance 'esm'",
            "'esme'",
        ),
        ("installation: f\nlike: house\nwithout: [cps]\n", (3, 10), "no instance 'cps' to leave out", "'csp'"),
        ("installation: f\nlike: house\nwith: {x: {machine: suply}}\n", (3, 21), "machine 'suply'", "'supply'"),
        ("installation: f\nlike: house\nwithout: esme\n", (1, 1), "unknown instance 'esme'", ""),
        ("installation: f\nlike: house\ninstances: {a: {machine: supply}}\n", (3, 1), "'like' and 'instances'", "one"),
        ("installation: f\nlike: house\nwith: {ch: {settings: {boot: 9 min}}}\n", (3, 8), "outside of its range", ""),
        ("installation: f\nlike: house\nwith: {ch: {also: [ESME]}}\n", (3, 8), "also called 'ESME'", "one instance"),
    ],
)
def test_what_cannot_be(text: str, at: tuple[int, int], what: str, cure: str, tmp_path: Path) -> None:
    """One problem each, where it stands (of what was taken over: at the start), with its cure."""
    (problem,) = refused(load_study, write(tmp_path, FILES | {"models/f.yaml": text}))
    assert where(problem) == at
    assert what in problem.what and cure in problem.cure


def test_a_circle_of_several_is_named_once(tmp_path: Path) -> None:
    files = {f"models/{a}.yaml": f"installation: {a}\nlike: {b}\n" for a, b in (("f", "g"), ("g", "h"), ("h", "f"))}
    (problem,) = refused(load_study, write(tmp_path, FILES | files))
    assert problem.what == "a circle: 'f' is like 'g' is like 'h' is like 'f'"


def test_a_broken_one_brings_no_problem_of_those_like_it(tmp_path: Path) -> None:
    broken = FILES["models/house.yaml"].replace("machine: csp", "machine: cps")
    found = refused(load_study, write(tmp_path, FILES | {"models/house.yaml": broken, "models/f.yaml": WITH}))
    assert [problem.what for problem in found] == ["unknown machine 'cps'"]


def test_alone_it_cannot_be_read() -> None:
    machines = {one.machine.name: one.machine for one in house().instances}
    (problem,) = refused(network_from_yaml, WITH, machines)
    assert problem.what == "the installation 'house' is not here"


# --- names ----------------------------------------------------------------------------------------------------------


def named() -> Network:
    supply, esme, *rest = house().instances
    return replace(house(), instances=(replace(supply, also=("source",)), replace(esme, also=("host", "Old")), *rest))


def test_sentences_may_use_the_other_names() -> None:
    """They mean the same formula, as a subject, in a condition, before an output, as a noun."""
    network = named()
    for plain in (
        "While supply is on, esme shall not keep dc off for more than 3 min.",
        "esme shall not be booting for more than 3 min.",
        "When esme.dc has been off for more than 3 min, CH shall within 10 s send power_loss_alert.",
        "CSP shall send AD1 only for a supply outage of more than 3 min.",
    ):
        other = plain.replace("esme", "host").replace("supply", "source")
        assert other != plain
        assert parse_sentence(other, network).formula == parse_sentence(plain, network).formula
    assert network.named("old") == network.named("OLD") == network.by_name["esme"]
    assert network.named("olds") is None
    assert network.has("esme") and network.has("ESME") and network.has("dcc") and not network.has("hots")


def test_an_unknown_name_is_told_with_all_names() -> None:
    with pytest.raises(InputError, match="did you mean 'host'"):
        parse_sentence("hots shall never be booting.", named())


# --- about ----------------------------------------------------------------------------------------------------------

GOALS = """\
goals:
  everywhere: {sentence: It is possible that esme is dark.}
  alarm: {about: [csp], sentence: It is possible that CSP sends ad1.}
  spare: {about: [host], sentence: It is possible that host is dark.}
"""
ABOUT = {
    "models/flat.yaml": WITH.replace("  ch: {wires: {host: esme2}}\n", ""),
    "properties/goals.yaml": GOALS,
    "properties/more.yaml": """\
assumptions:
  calm: {about: [csp], sentence: CSP shall send ad1 not before 1 s after the last ad1.}
""",
    "properties/proposals.yaml": """\
proposals:
  none: {assumptions: [calm]}
  flats: {about: [esme2], assumptions: [calm]}
""",
    "properties/expected.yaml": "expectations: []\n",
}


def test_what_an_installation_lacks_is_not_asked_of_it(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, FILES | ABOUT))
    assert unreadable(study) == []
    asked = [str(name) for name in names(study)]
    assert asked[:2] == ["everywhere/none/house", "alarm/none/house"]
    assert asked[2:] == [f"{goal}/{text}/flat" for text in ("none", "flats") for goal in ("everywhere", "spare")]
    assert ask(study, CheckName("spare", "flats", "flat")).assumptions == {}
    assert silent(study, CheckName("spare", "flats", "flat")) == ["calm"]
    assert silent(study, CheckName("alarm", "none", "house")) == []
    (problem,) = refused(ask, study, CheckName("alarm", "none", "flat"))
    assert problem.what == "the goal 'alarm' is not asked of 'flat': it lacks what it is about"
    (problem,) = refused(ask, study, CheckName("everywhere", "flats", "house"))
    assert problem.what == "the proposal 'flats' is not asked of 'house': it lacks what it is about"


def test_the_table_leaves_out_what_is_not_asked(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, FILES | ABOUT))
    cells = [Cell(name, Holds(str(name), "zones")) for name in names(study) if str(name) != "spare/none/flat"]
    rows = [line.split("  ") for line in matrix_text(study, cells).splitlines() if line.startswith("spare")]
    assert [[text.strip() for text in row if text] for row in rows] == [["spare", "-", "can happen"]]


def test_it_must_be_somewhere(tmp_path: Path) -> None:
    """A slip in 'about' would silence a goal everywhere."""
    files = FILES | ABOUT | {"properties/goals.yaml": GOALS.replace("[host]", "[hots]")}
    (problem,) = unreadable(load_study(write(tmp_path, files)))
    assert (problem.what, problem.cure) == (
        "'spare' is about 'hots', which no installation has",
        "did you mean 'host'?",
    )


def test_a_clause_binds_nobody_where_its_party_is_not(tmp_path: Path) -> None:
    """The matrix answers all the same."""
    files = FILES | ABOUT | {"properties/goals.yaml": "goals:\n  dark: {sentence: It is possible that esme is dark.}\n"}
    study = load_study(write(tmp_path, files))
    assert all(isinstance(cell.verdict, Holds) for cell in matrix(study, names(study)))
