"""``contrast`` and ``equivalent`` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.studies import Call, snapshot


def test_contrast_tells_what_had_to_change(lamp: Path, call: Call, tmp_path: Path) -> None:
    svg = tmp_path / "both.svg"
    ran = call("contrast", "bright/today", "--study", lamp, "--svg", svg)
    assert ran.code == 0
    assert "It would have been fine with “lamp: warming → lit” at 2 s" in ran.out
    lines = ran.out.splitlines()
    assert lines.index("The failing run:") < lines.index("The nearest run that is fine:")
    assert [line.split()[0] for line in lines if line.strip()[:1] in ("+", "~")] == ["+5"]
    assert ran.err == f"wrote {svg}\n"
    texts = [text.text for text in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "only in this run" in texts
    assert "bright/today/room: a run that breaks the goal" in texts


def test_contrast_is_json_on_request(lamp: Path, call: Call) -> None:
    ran = call("contrast", "bright/today", "--study", lamp, "--format", "json", "--same-surroundings")
    data = json.loads(ran.out)
    assert ran.code == 0
    assert data["lastgasp-result"] == 1
    assert data["contrast"]["same surroundings"] is True and data["contrast"]["partial"] is False


@pytest.mark.parametrize(
    ("check", "words"),
    [
        ("bright/better", "holds, so no run breaks it"),
        ("brigth/today", "there is no goal 'brigth'"),
        ("bright", "is not the name of a check"),
    ],
)
def test_contrast_of_what_does_not_fail(check: str, words: str, lamp: Path, call: Call, tmp_path: Path) -> None:
    before, svg = snapshot(lamp), tmp_path / "both.svg"
    ran = call("contrast", check, "--study", lamp, "--svg", svg)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert not svg.exists() and snapshot(lamp) == before


@pytest.mark.parametrize("form", ["human", "json"])
def test_contrast_cut_short_is_partial(form: str, lamp: Path, call: Call) -> None:
    ran = call("contrast", "bright/today", "--study", lamp, "--timeout", "0.00001s", "--format", form)
    assert ran.code == 3
    assert "fine for ever" not in ran.out or form == "json"
    if form == "json":
        assert json.loads(ran.out)["contrast"]["partial"] is True


def test_equivalent_says_which_is_stricter(lamp: Path, call: Call, tmp_path: Path) -> None:
    svg = tmp_path / "run.svg"
    ran = call("equivalent", "today", "better", "--study", lamp, "--svg", svg)
    assert ran.code == 0
    assert ran.out.startswith("today and better: the second is stricter\n")
    assert "** forbidden by “better”" in ran.out
    assert "forbids it" in svg.read_text(encoding="utf-8")
    same = call("equivalent", "better", "better", "--study", lamp, "--svg", tmp_path / "none.svg")
    assert same.code == 0 and "“better” and “better” allow the same behaviour." in same.out
    assert not (tmp_path / "none.svg").exists()


def test_equivalent_writes_its_proofs(lamp: Path, call: Call, tmp_path: Path) -> None:
    clauses, proposals = lamp / "properties/clauses.yaml", lamp / "properties/proposals.yaml"
    text = clauses.read_text(encoding="utf-8")
    looser = (
        text.partition("clauses:\n")[2]
        .replace("warm-up:", "slowly:")
        .replace("for more than 30 s", "for more than 1 min")
    )
    clauses.write_text(text + looser, encoding="utf-8")
    proposals.write_text(
        proposals.read_text(encoding="utf-8") + "  both: {clauses: [warm-up, slowly]}\n", encoding="utf-8"
    )
    ran = call(
        "equivalent", "better", "both", "--study", lamp, "--certificates", tmp_path / "proofs", "--format", "json"
    )
    data = json.loads(ran.out)["equivalent"]
    assert (ran.code, data["answer"]) == (0, "equivalent")
    (proof,) = (tmp_path / "proofs").iterdir()
    assert proof.name == "slowly.under.better.json"
    again = call("recheck", proof)
    assert again.code == 0 and "the proof stands" in again.out


def test_equivalent_without_time_or_names(lamp: Path, call: Call) -> None:
    late = call("equivalent", "today", "better", "--study", lamp, "--timeout", "0.00001s")
    assert late.code == 3 and late.out.startswith("today and better: undecided\n")
    wrong = call("equivalent", "today", "bettre", "--study", lamp)
    assert (wrong.code, wrong.out) == (2, "")
    assert "there is no proposal 'bettre'" in wrong.err and "did you mean 'better'?" in wrong.err
