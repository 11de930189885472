"""What is kept on disk: given again without a search, and worth nothing where it was damaged, forged or misplaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import lastgasp as lg
from lastgasp import facade, routes, soundness
from lastgasp.engines.zones.engine import find, sanity
from lastgasp.facade import decide
from lastgasp.kept import finding_data, sound_data
from lastgasp.language.sentences import parse_sentence
from lastgasp.question import Limits, Question
from lastgasp.slicing import sliced
from lastgasp.store import STALE, Store, cache_folder
from lastgasp.system import compiled
from tests.zoo.zoo import network

LAMP = """
machine: lamp
title: A lamp
party: LAMP
parameters: {delay: {range: 0 s .. 2 s, label: to cool down}}
sends: [flash]
states:
  off: {initial: yes, gives: {light: no}}
  on: {at most: 5 s, gives: {light: yes}}
  cooling: {at most: delay, gives: {light: no}}
transitions:
  - {from: off, to: on, may: , send: flash}
  - {from: on, to: cooling, may: }
  - {from: cooling, to: off, may: }
"""
EYE = """
machine: eye
party: EYE
reads: {lamp: {light: [yes, no]}}
states: {blind: {initial: yes}, dazzled: {}}
transitions:
  - {from: blind, to: dazzled, when: lamp.light is yes}
"""
BYSTANDER = """
machine: bystander
party: B
states: {here: {initial: yes, at most: 3 s}, there: {at most: 4 s}}
transitions: [{from: here, to: there, may: }, {from: there, to: here, may: }]
"""
WIRES = {"eye.lamp": "lamp"}
ROOM = network({"lamp": LAMP, "eye": EYE, "bystander": BYSTANDER}, WIRES)
GOAL = "lamp shall never be on for more than 3 s."
CLAUSE = "LAMP shall never be on for more than 3 s."
LONGER = "lamp shall never be on for more than 4 s."
FLASHES = "It is possible that LAMP sends lamp.flash."
NEVER = "It is possible that lamp is on holds for more than 5 s."
BLINKS = "While eye is dazzled, lamp shall never be on for more than 3 s."


def question(goal: str, *clauses: str, room: lg.Network = ROOM) -> Question:
    bound = {f"clause {number}": parse_sentence(text, room) for number, text in enumerate(clauses)}
    return Question("test", room, parse_sentence(goal, room), bound)


QUESTIONS = {
    "fails": question(GOAL),
    "holds": question(GOAL, CLAUSE),
    "holds while": question(BLINKS, CLAUSE),
    "longer": question(LONGER, CLAUSE),
    "can happen": question(FLASHES),
    "cannot happen": question(NEVER),
}


def ask(asked: Question, folder: Path, engine: str = "zones") -> lg.Verdict:
    return decide(asked, engine, Limits(store=Store.opened(folder), depth=8))


def alike(one: lg.Verdict, other: lg.Verdict) -> bool:
    """Whether two verdicts say the same with the same run."""
    return replace(one, certificate=None) == replace(other, certificate=None) if _proved(one, other) else one == other


def _proved(*verdicts: lg.Verdict) -> bool:
    return all(getattr(item, "certificate", None) is not None for item in verdicts)


def same_word(one: lg.Verdict, other: lg.Verdict) -> bool:
    """Whether two verdicts say the same; another run that shows it as well, as its evidence was checked to, will do."""
    return (type(one), _proved(one)) == (type(other), _proved(other))


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever searches fails."""

    def searched(*_: object, **__: object) -> None:
        raise AssertionError("an engine was asked")

    monkeypatch.setattr(routes, "find", searched)
    monkeypatch.setattr(routes.bmc, "search", searched)
    monkeypatch.setattr(routes.induction, "prove", searched)
    monkeypatch.setattr(routes.spacer, "prove", searched)


def entries(folder: Path) -> dict[Path, dict[str, Any]]:
    return {path: json.loads(zlib.decompress(path.read_bytes())) for path in sorted(folder.glob("*.z"))}


def write(path: Path, data: object) -> None:
    path.write_bytes(zlib.compress(json.dumps(data).encode()))


# --- given again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_was_found_once_is_not_searched_again(
    name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(QUESTIONS[name], tmp_path)
    request.getfixturevalue("no_search")
    if _proved(first):  # for a run it is cheaper to look whether it goes on than to recheck that runs do
        monkeypatch.setattr(soundness, "sanity", lambda *_, **__: pytest.fail("it was looked again"))
    again = ask(QUESTIONS[name], tmp_path)
    assert alike(first, again)
    if _proved(again):
        again.certificate.recheck()  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "engine"), [("fails", "bmc"), ("holds", "induction"), ("cannot happen", "spacer")])
def test_so_it_is_with_the_solvers(name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    first = ask(QUESTIONS[name], tmp_path, engine)
    assert isinstance(first, lg.Holds | lg.Fails)
    request.getfixturevalue("no_search")
    assert alike(first, ask(QUESTIONS[name], tmp_path, engine))
    assert alike(first, ask(QUESTIONS[name], tmp_path, "auto")), "whoever asks for any answer takes this one"


def test_without_a_store_it_is_searched_again(no_search: None) -> None:
    with pytest.raises(AssertionError, match="an engine was asked"):
        decide(QUESTIONS["fails"], "zones", Limits())


def test_engines_are_compared_without_what_they_said_before(tmp_path: Path, no_search: None) -> None:
    with pytest.raises(AssertionError, match="an engine was asked"):
        ask(QUESTIONS["fails"], tmp_path, "all")


# --- what it is about ----------------------------------------------------------------------------------------------


def other(old: str, new: str, machine: str = "lamp") -> lg.Network:
    """The room with a text in one machine replaced."""
    machines = {"lamp": LAMP, "eye": EYE, "bystander": BYSTANDER}
    assert old in machines[machine]
    return network(machines | {machine: machines[machine].replace(old, new)}, WIRES)


@pytest.mark.parametrize(
    "room",
    [
        other("A lamp", "The lamp"),
        other("to cool down", "until it is cold"),
        other("at most: 3 s", "at most: 2 s", "bystander"),
    ],
    ids=["a title", "a label", "a machine that was cut"],
)
def test_a_change_that_cannot_touch_the_answer_costs_nothing(
    room: lg.Network, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ask(QUESTIONS["fails"], tmp_path)
    request.getfixturevalue("no_search")
    ask(question(GOAL, room=room), tmp_path)


@pytest.mark.parametrize(
    "room",
    [
        other("at most: 5 s", "at most: 6 s"),
        other("0 s .. 2 s", "0 s .. 1 s"),
        other("may: , send", "after: 1 s, send"),
    ],
    ids=["a bound", "a range", "a trigger"],
)
def test_a_change_that_can_is_searched_again(room: lg.Network, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    ask(QUESTIONS["fails"], tmp_path)
    request.getfixturevalue("no_search")
    with pytest.raises(AssertionError, match="an engine was asked"):
        ask(question(GOAL, room=room), tmp_path)


def test_each_part_of_a_question_is_part_of_its_key(tmp_path: Path) -> None:
    store = Store.opened(tmp_path)
    goal, longer = (("", parse_sentence(text, ROOM)) for text in (GOAL, LONGER))
    asked = [
        ("zones", ROOM, [goal], "breadth"),
        ("bmc", ROOM, [goal], "breadth"),
        ("zones", ROOM.restricted_to({"lamp"}), [goal], "breadth"),
        ("zones", ROOM.with_settings({"lamp.delay": Fraction(1)}), [goal], "breadth"),
        ("zones", ROOM, [longer], "breadth"),
        ("zones", ROOM, [goal, longer], "breadth"),
        ("zones", ROOM, [longer, goal], "breadth"),
        ("zones", ROOM, [goal], "depth"),
    ]
    assert len({store.key(*item) for item in asked}) == len(asked)
    again = network({"lamp": LAMP, "eye": EYE, "bystander": BYSTANDER}, WIRES)
    assert store.key("zones", again, [goal], "breadth") == Store.opened(tmp_path).key(*asked[0])


# --- damaged and forged --------------------------------------------------------------------------------------------

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "garbage": lambda data: b"garbage",
    "one bit": lambda data: data[:9] + bytes([data[9] ^ 1]) + data[10:],
    "no object": lambda data: zlib.compress(b"[1]"),
    "no JSON": lambda data: zlib.compress(b"{"),
    "deep": lambda data: zlib.compress(b"[" * 100_000),
    "huge": lambda data: zlib.compress(b"0" * (1 << 22)),
}


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("name", ["fails", "holds"])
def test_a_damaged_entry_is_searched_again(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lastgasp.store.LARGEST", 1 << 20)
    first = ask(QUESTIONS[name], tmp_path)
    before = {path: path.read_bytes() for path in entries(tmp_path)}
    for path, data in before.items():
        path.write_bytes(DAMAGE[kind](data))
    assert alike(first, ask(QUESTIONS[name], tmp_path))
    assert {path: path.read_bytes() for path in entries(tmp_path)} == before, "it is kept anew"


def test_entries_of_other_questions_in_the_place_of_ones_own(tmp_path: Path) -> None:
    """As they are, and with their key made to fit."""
    first = {name: ask(asked, tmp_path / name) for name, asked in QUESTIONS.items()}
    kept = {name: entries(tmp_path / name) for name in QUESTIONS}
    foreign = {data["key"]: data for found in kept.values() for data in found.values()}
    assert len(foreign) > len(QUESTIONS)
    for name, found in kept.items():
        for path, mine in found.items():
            for data in foreign.values():
                for key in {data["key"], mine["key"]}:
                    write(path, data | {"key": key})
                    assert same_word(first[name], ask(QUESTIONS[name], tmp_path / name)), (name, data)
            write(path, mine)


def forgeries(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An entry, changed in one place, in every way that changes what it says."""
    run = data.get("broken")
    if run:
        for change in (
            {"steps": run["steps"][:-1]},
            {"rest": "0"},
            {"steps": []},
            {"rest": "1/0"},
            {"rest": "9e9999999"},
        ):
            yield data | {"broken": run | change}
        for number, (delay, event, moves) in enumerate(run["steps"]):
            for step in (["999", event, moves], ["-1", event, moves], [delay, None, moves], [delay, event, []]):
                yield data | {"broken": run | {"steps": [*run["steps"][:number], step, *run["steps"][number + 1 :]]}}
            index = [[who, place + 1] for who, place in moves]
            yield data | {"broken": run | {"steps": [*run["steps"][:number], [delay, event, index]]}}
        yield data | {"broken": None}
        yield data | {"broken": run | {"parameters": {"lamp.delay": {"s": "7"}}}}
    if "proof" in data:
        proof = data["proof"]
        zones = proof["zones"]
        for number, zone in enumerate(zones):
            rest = [*zones[:number], *zones[number + 1 :]]
            yield data | {"proof": proof | {"zones": rest}}
            for at, bound in enumerate(zone["bounds"]):
                tight = [*zone["bounds"][:at], [bound[0], bound[1], "<=", bound[3] - 1], *zone["bounds"][at + 1 :]]
                yield data | {"proof": proof | {"zones": [zone | {"bounds": tight}, *rest]}}
            yield data | {"proof": proof | {"zones": [zone | {"still": True}, *rest]}}
        yield data | {"proof": proof | {"zones": []}}
        yield data | {"proof": proof | {"scale": 2 * proof["scale"]}}
        yield data | {"proof": proof | {"scale": 0}}
        yield {key: value for key, value in data.items() if key != "witness"}
    if data.get("witness"):
        yield data | {"witness": data["witness"] | {"steps": []}}
        yield data | {"witness": {"steps": [], "rest": "0", "parameters": {}}}
    yield {key: value for key, value in data.items() if key not in ("broken", "proof", "witness")}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_forged_entry_never_changes_the_verdict(name: str, tmp_path: Path) -> None:
    """A run where there was a proof and the other way round included."""
    first = ask(QUESTIONS[name], tmp_path)
    kept = entries(tmp_path)
    assert kept
    count = 0
    for path, data in kept.items():
        flipped = {"broken": {"steps": [], "rest": "4", "parameters": {}}, "format": data["format"], "key": data["key"]}
        proofs = [item["proof"] for item in kept.values() if "proof" in item]
        for forged in (flipped, *forgeries(data)):
            write(path, forged)
            assert same_word(first, ask(QUESTIONS[name], tmp_path)), forged
            count += 1
        for proof in proofs:
            write(path, {"format": data["format"], "key": data["key"], "proof": proof, "witness": flipped["broken"]})
            assert same_word(first, ask(QUESTIONS[name], tmp_path))
        write(path, data)
    assert count > 10


def planted(asked: Question, folder: Path, *, sound: bool, **more: object) -> Store:
    """A store with what the engine says of a question for which it is not enough: with ``more``, perhaps with a set."""
    store = Store.opened(folder)
    part = sliced(asked.network, asked.restrict, [asked.goal])
    network, _ = routes._widest(asked, part)
    system = compiled(network, part.restrict, asked.goal)
    found = find(system, Limits().budget("zones"))
    data = finding_data(found, system)
    assert data is not None and "proof" in data
    store.put(soundness.key_of(store, asked, part, "zones", Limits()), {**data, **more})
    if sound:
        bare = compiled(network, part.restrict, None)
        looked = sanity(bare, Limits().budget("sanity"))
        assert looked.proof is not None and looked.defect is not None
        at = replace(part, network=network)
        store.put(soundness.key_of(store, asked, at, soundness.SOUND, Limits()), sound_data(looked.proof, bare))
    return store


@pytest.mark.parametrize("witness", [{}, {"witness": {"steps": [], "rest": "1", "parameters": {}}}])
def test_a_proof_for_a_premise_that_never_happens_is_no_proof(witness: dict[str, Any], tmp_path: Path) -> None:
    """The verdict is *vacuous*, whatever run an entry shows."""
    asked = question("While eye is dazzled and lamp is off and lamp is on, lamp shall never be on for more than 1 s.")
    store = planted(asked, tmp_path, sound=False, **witness)
    assert isinstance(decide(asked, "zones", Limits(store=store)), lg.Vacuous)


def test_a_set_of_a_network_that_stops_time_is_no_proof_that_it_means_something(tmp_path: Path) -> None:
    """A lamp that may not cool and cannot do anything else: rejected, though the goal is never broken."""
    asked = question(
        "lamp shall never be on for more than 6 s.",
        room=other("{from: cooling, to: off, may: }", "{from: off, to: off, may: }"),
    )
    witness = {"steps": [["0", "lamp.flash", [["lamp", 0]]]], "rest": "1", "parameters": {}}
    store = planted(asked, tmp_path, sound=True, witness=witness)
    assert isinstance(decide(asked, "zones", Limits(store=store)), lg.Rejected)


def test_an_entry_under_another_name_is_none(tmp_path: Path) -> None:
    store = Store.opened(tmp_path)
    store.put("0" * 64, {"a": 1})
    (tmp_path / ("0" * 64 + ".z")).rename(tmp_path / ("1" * 64 + ".z"))
    assert store.get("1" * 64) is None


# --- many processes, killed ones, folders --------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from lastgasp.store import Store
store = Store.opened(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    store.put(f"{number % 3:064}", {"who": sys.argv[2], "what": [sys.argv[2]] * 20_000})
"""


def test_two_processes_that_write_the_same_and_are_killed(tmp_path: Path) -> None:
    """Whatever instant they are killed at, an entry is one that somebody wrote whole."""
    store = Store.opened(tmp_path)
    for _ in range(3):
        writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who]) for who in ("one", "two")]
        try:
            end = time.monotonic() + 30
            while len(list(tmp_path.glob("*.z"))) < 3:
                assert time.monotonic() < end
                time.sleep(0.01)
            for _ in range(20):
                for path in tmp_path.glob("*.z"):
                    found = store.get(path.stem)
                    assert found is not None and found["what"] == [found["who"]] * 20_000
        finally:
            for writer in writers:
                os.kill(writer.pid, signal.SIGKILL)
                writer.wait()
    for path in tmp_path.glob("*.z"):
        found = store.get(path.stem)
        assert found is not None and found["what"] == [found["who"]] * 20_000


def test_what_a_killed_process_left_is_swept_up_once_it_is_old(tmp_path: Path) -> None:
    young, old = tmp_path / "a.partial", tmp_path / "b.partial"
    for path in (young, old):
        path.write_text("half")
    os.utime(old, (time.time() - 2 * STALE,) * 2)
    Store.opened(tmp_path)
    assert young.exists() and not old.exists()


def test_a_folder_that_nothing_can_be_written_to_keeps_nothing(tmp_path: Path) -> None:
    store = Store.opened(tmp_path / "cache")
    (tmp_path / "cache").rmdir()
    store.put("0" * 64, {"a": 1})
    assert store.get("0" * 64) is None
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OSError, match="cache"):
        Store.opened(tmp_path / "cache")


def test_the_folder_is_the_users_and_never_the_one_that_one_works_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "lastgasp"
    for nothing in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", nothing)
        assert cache_folder().is_absolute() and tmp_path not in cache_folder().parents


def test_the_facade_asks_for_what_is_kept_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zones may need a minute to find out that they cannot tell, and a solver's answer is there."""
    ask(QUESTIONS["holds"], tmp_path, "induction")
    monkeypatch.setattr(facade, "by_zones", lambda *_: pytest.fail("zones were asked"))
    assert isinstance(ask(QUESTIONS["holds"], tmp_path, "auto"), lg.Holds)
