"""Stored runs: played again as they are, refused where somebody put a hand to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.studies import LAMP, Call, edited, outside, written

Data = dict[str, Any]
Edit = Callable[[Data], object]


@pytest.fixture
def failure(lamp: Path, tmp_path: Path, call: Call) -> Data:
    """The run that breaks the goal: the supply fails, returns after a second, the lamp takes more than a minute."""
    path = tmp_path / "failure.json"
    assert call("explain", "bright/today", "--study", lamp, "--trace", path).code == 0
    data: Data = json.loads(path.read_text(encoding="utf-8"))
    return data


def stored(folder: Path, data: object) -> Path:
    path = folder / "edited.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


# --- accepted -----------------------------------------------------------------------------------------------------


def test_the_trace_of_explain_is_accepted(lamp: Path, failure: Data, tmp_path: Path, call: Call) -> None:
    ran = call("replay", stored(tmp_path, failure), "--study", lamp)
    assert ran.code == 0
    assert "A run of room" in ran.out and "broken" in ran.out
    assert ran.err.startswith("this is a run of room; ")
    assert "goal" in ran.err and "not checked" in ran.err


@pytest.mark.parametrize(
    "arguments", [["check", "LAMP", "--jobs", "1"], ["explain", "bright/today", "--study", "LAMP"]]
)
def test_every_trace_in_a_result_is_accepted(arguments: list[str], lamp: Path, tmp_path: Path, call: Call) -> None:
    """The traces inside of what --format json prints: of failures, and of what can happen."""
    ran = call(*(word.replace("LAMP", str(lamp)) for word in arguments), "--format", "json")
    traces = [check["trace"] for check in json.loads(ran.out)["checks"] if check["trace"]]
    assert traces
    for trace in traces:
        assert call("replay", stored(tmp_path, trace), "--study", lamp).code == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_random_run_is_accepted(seed: int, lamp: Path, tmp_path: Path, call: Call) -> None:
    path = tmp_path / "walk.json"
    simulated = call("simulate", "--study", lamp, "--seed", str(seed), "--trace", path)
    ran = call("replay", path, "--study", lamp)
    assert (ran.code, ran.out) == (0, simulated.out)


def test_the_trace_of_a_profile_is_a_run_of_the_study(lamp: Path, tmp_path: Path, call: Call) -> None:
    """The device warms up in a second; the study allows every time up to 5 min."""
    path = tmp_path / "quick.json"
    explained = call("explain", "goes-out/today", "--study", lamp, "--profile", "quick", "--trace", path)
    assert explained.code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["parameters"] == {"lamp.warm": {"seconds": "1"}}
    assert call("replay", path, "--study", lamp).code == 0


def test_a_run_of_the_bundled_study(tmp_path: Path, call: Call) -> None:
    assert call("simulate", "--steps", "12", "--trace", tmp_path / "run.json").code == 0
    assert call("replay", tmp_path / "run.json").code == 0


# --- refused ------------------------------------------------------------------------------------------------------


def put(*path: str | int, to: object) -> Edit:
    """Another value in one place."""

    def edit(data: Data) -> None:
        inner: Any = data
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = to

    return edit


EDITS: dict[str, tuple[Edit, str]] = {
    "a delay where no time passes": (put("entries", 1, "delay", to="1"), "cannot wait 1 s before step 2"),
    "a delay that is negative": (put("entries", 0, "delay", to="-1"), "cannot wait -1 s"),
    "a longer rest than the lamp may warm up": (put("rest", to="301"), "cannot wait 301 s before the end"),
    "another value": (put("entries", 0, "values", "lamp.light", to="no"), "after step 1 the values differ"),
    "a value of another kind": (put("entries", 0, "values", "lamp.light", to=1), "after step 1 the values differ"),
    "no value": (lambda data: data["entries"][2]["values"].pop("lamp.light"), "after step 3 the values differ"),
    "another start": (put("initial", "lamp.light", to="no"), "starts elsewhere"),
    "another step": (put("entries", 0, "moves", to=[["supply", 1]]), "step 1 of room is not possible"),
    "a step left out": (lambda data: data["entries"].pop(1), "cannot wait"),
    "the same step twice": (lambda data: data["entries"].insert(0, data["entries"][0]), "room"),
    "a step of nobody": (put("entries", 0, "moves", to=[]), "nobody moves"),
    "a step of a stranger": (put("entries", 0, "moves", to=[["shed", 0]]), "there is no instance 'shed'"),
    "a step without a number": (put("entries", 0, "moves", to=[["supply", "0"]]), "not the number of a transition"),
    "a step that does not exist": (put("entries", 0, "moves", to=[["supply", 99]]), "supply has no transition 99"),
    "a step counted from behind": (put("entries", 0, "moves", to=[["supply", -2]]), "supply has no transition -2"),
    "an event kept quiet": (put("entries", 1, "event", to=None), "step 2 of room is not possible"),
    "a parameter that makes the run too long": (
        put("parameters", "lamp.warm", to={"seconds": "10"}),
        "cannot wait",
    ),
    "a parameter outside of its range": (
        put("parameters", "lamp.warm", to={"seconds": "301"}),
        "outside of its range",
    ),
    "a parameter of another kind": (put("parameters", "lamp.warm", to=3), "another kind"),
    "a parameter that is a text": (put("parameters", "lamp.warm", to="5 min"), "lamp.warm"),
    "a text as a parameter too many": (put("parameters", "lamp.cold", to="very"), "lamp.cold"),
    "a parameter too many": (put("parameters", "lamp.cold", to={"seconds": "1"}), "no parameter lamp.cold"),
    "a parameter too few": (lambda data: data["parameters"].clear(), "lamp.warm has a range"),
    "another network": (put("network", to="house"), "'house'; there are room"),
    "another version": (put("lastgasp-trace", to=2), "not a lastgasp trace of version 1"),
    "a delay that is no number": (put("entries", 0, "delay", to="soon"), "damaged"),
    "a delay divided by nothing": (put("entries", 0, "delay", to="1/0"), "damaged"),
    "a delay that is not a number": (put("entries", 0, "delay", to=float("nan")), "damaged"),
    "a delay without end": (put("entries", 0, "delay", to=float("inf")), "damaged"),
    "a delay with a decimal point": (put("entries", 0, "delay", to="0.5"), "'0.5' is no time"),
    "a delay of many digits": (put("entries", 0, "delay", to="1" * 1000), "damaged"),
    "a value that is a list": (put("initial", "lamp.light", to=["no"]), "is no value"),
    "no entries": (lambda data: data.pop("entries"), "'entries' is missing"),
    "entries that are none": (put("entries", to=7), "of another kind"),
    "a mark after the end of the run": (put("rest", to="10"), "outside of the run"),
    "a mark before the start of the run": (put("marks", 0, 0, to="-1"), "outside of the run"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_trace_is_refused(edit: str, lamp: Path, failure: Data, tmp_path: Path, call: Call) -> None:
    """Exit 2 as the help of replay says; nothing on stdout, so that no table is taken for a run."""
    change, cause = EDITS[edit]
    change(failure)
    ran = call("replay", stored(tmp_path, failure), "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    first, *rest = ran.err.splitlines()
    assert cause in first
    assert first.startswith(f"{tmp_path / 'edited.json'}:1:1: ")
    assert [line for line in rest if line.startswith("    ")]
    assert "Traceback" not in ran.err and "Error" not in ran.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{at most: warm, ", "{at most: 30 s, "),
        ("to: dark, when: supply.power is off", "to: broken, when: supply.power is off"),
        ("lit: {initial: yes, ", "lit: {initial: yes, urgent: yes, "),
        ("gives: {light: yes}", "gives: {light: dimmed}"),
        ("sends: [out]", "sends: {out: {kind: handshake}}"),
    ],
    ids=["a bound", "a target", "a state that may not last", "an output", "a kind of event"],
)
def test_a_trace_of_an_older_model_is_refused(
    old: str, new: str, lamp: Path, failure: Data, tmp_path: Path, call: Call
) -> None:
    """The model was changed in a way that matters to the run."""
    written(lamp, edited(LAMP, "models/lamp.yaml", old, new))
    ran = call("replay", stored(tmp_path, failure), "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "7", '"lastgasp-trace"', "{}", "[" * 100_000, '{"lastgasp-trace": 1}', "machine: a\n"],
    ids=["empty", "half", "list", "null", "number", "text", "nothing", "deep", "version only", "YAML"],
)
def test_what_is_no_trace_is_refused(content: str, lamp: Path, tmp_path: Path, call: Call) -> None:
    ran = call("replay", stored(tmp_path, content), "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    assert ran.seconds < 5.0


def test_a_binary_file_is_no_trace(lamp: Path, tmp_path: Path, call: Call) -> None:
    written(tmp_path, {"run.json": b'{"a": "\xff\xfe"}'})
    ran = call("replay", tmp_path / "run.json", "--study", lamp)
    assert (ran.code, ran.out) == (2, "")
    assert "run.json" in ran.err


def test_the_bundled_study_knows_no_room(failure: Data, tmp_path: Path, call: Call) -> None:
    """A trace of one's own study, and --study forgotten: the networks that there are, are named."""
    ran = call("replay", stored(tmp_path, failure))
    assert ran.code == 2
    assert "the trace is of 'room'; there are " in ran.err


def test_a_delay_with_a_large_exponent_is_refused(lamp: Path, failure: Data, tmp_path: Path) -> None:
    """Times are written as whole numbers or quotients; a stranger's file must not keep the machine busy for hours."""
    put("entries", 0, "delay", to="1e300000000")(failure)
    start = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (2, 2))\nfrom lastgasp.cli.main import run; run()"
    assert outside("replay", stored(tmp_path, failure), "--study", lamp, start=start).code == 2
