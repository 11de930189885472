"""``lastgasp condition`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

from lastgasp.language.proof_files import certificate_from_json
from tests.cli.studies import COUNTER, Call, written


def test_the_condition_in_words_with_its_border(call: Call, lamp: Path) -> None:
    """The lamp warms up for at most a minute, or it is dark for too long."""
    ran = call("condition", "bright/today", "--study", lamp)
    assert ran.code == 0, ran.err
    assert "This holds if and only if" in ran.out
    assert "time to warm up (lamp) is at most 1 min (exactly that included)" in ran.out
    assert "0 s to 5 min" in ran.out


def test_what_a_clause_bounds_anyway_holds_everywhere(call: Call, lamp: Path) -> None:
    ran = call("condition", "bright/better", "--study", lamp)
    assert ran.code == 0 and "for all values" in ran.out


def test_forms_to_take_away(call: Call, lamp: Path) -> None:
    found = {
        form: call("condition", "bright/today", "--study", lamp, "--format", form).out.strip()
        for form in ("sql", "python", "json")
    }
    assert found["sql"] == '((1 * "lamp.warm" <= 60))'
    assert eval(found["python"], {"row": {"lamp.warm": 60}}) is True
    data = json.loads(found["json"])
    assert data["lastgasp-result"] == 1 and data["soundness"] == "exact"
    assert data["holds"] == [[{"factors": {"lamp.warm": 1}, "limit": "60", "strict": False}]]
    assert all(probe["confirmed"] for probe in data["probes"]) and data["probes"]


def test_proofs_and_drawings_are_written_where_there_are_any(call: Call, lamp: Path, tmp_path: Path) -> None:
    folder, svg = tmp_path / "proofs", tmp_path / "map.svg"
    ran = call("condition", "bright/today", "--study", lamp, "--certificates", folder, "--svg", svg)
    assert ran.code == 0
    assert not svg.exists() and "needs two parameters" in ran.err
    proofs = sorted(folder.glob("*.json"))
    assert proofs
    for proof in proofs:
        certificate_from_json(proof.read_text()).recheck()
        assert call("recheck", proof).code == 0


def test_an_answer_cut_short_has_its_own_exit_code(call: Call, lamp: Path) -> None:
    ran = call("condition", "bright/today", "--study", lamp, "--timeout", "0")
    assert ran.code == 3 and "not the whole answer" in ran.out


def test_what_cannot_be_asked(call: Call, lamp: Path, tmp_path: Path) -> None:
    ran = call("condition", "bright/today", "--study", lamp, "--over", "lamp.worm")
    assert ran.code == 2 and "lamp.worm is no duration with a range" in ran.err and "lamp.warm" in ran.err
    ran = call("condition", "safe/nothing", "--study", written(tmp_path / "counter", COUNTER))
    assert ran.code == 2 and "no duration has a range" in ran.err
