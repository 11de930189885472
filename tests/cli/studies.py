"""Two tiny studies and the ways to call the commands on them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]

WORDING = "Warm up within half a minute."

LAMP = {
    "models/supply.yaml": """\
machine: supply
states:
  on: {initial: yes, gives: {power: on}}
  off: {gives: {power: off}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
""",
    "models/lamp.yaml": """\
machine: lamp
party: LAMP
reads: {supply: {power: [on, off]}}
sends: [out]
parameters:
  warm: {range: 0 s .. 5 min, label: time to warm up}
states:
  lit: {initial: yes, gives: {light: yes}}
  dark: {gives: {light: no}}
  warming: {at most: warm, gives: {light: no}}
  broken: {gives: {light: no}}
transitions:
  - {from: lit, to: dark, when: supply.power is off, send: out}
  - {from: dark, to: warming, when: supply.power is on}
  - {from: warming, to: lit, may: }
""",
    "models/room.yaml": """\
installation: room
instances:
  supply: {machine: supply}
  lamp: {machine: lamp, wires: {supply: supply}}
""",
    "models/profiles.yaml": """\
profiles:
  quick: {settings: {lamp.warm: 1 s}}
""",
    "properties/goals.yaml": """\
goals:
  bright:
    sentence: While supply is on, LAMP shall not keep light no for more than 1 min.
  goes-out:
    sentence: It is possible that LAMP sends lamp.out.
""",
    "properties/clauses.yaml": f"""\
clauses:
  warm-up:
    party: LAMP
    document: lamps
    version: '1'
    source: section 1
    wording: {WORDING}
    sha256: {hashlib.sha256(WORDING.encode()).hexdigest()}
    status: proposed
    sentence: LAMP shall not be warming for more than 30 s.
""",
    "properties/proposals.yaml": """\
proposals:
  today: {clauses: []}
  better: {clauses: [warm-up]}
""",
}
"""A lamp that goes out with its supply and warms up afterwards: too slowly today, quickly enough under one clause."""

LAMP_EXPECTED = """\
expectations:
  - {goal: bright, proposal: today, installation: room, verdict: fails, missing: warm-up}
"""
"""What the study of the lamp is known to say."""

COUNTER = {
    "models/counter.yaml": """\
machine: counter
party: COUNTER
variables: {v: {range: 0 .. 200, initial: 0}}
states: {s: {initial: yes}, bad: {}}
transitions:
  - {from: s, to: s, after: 1 s .., if: v < 200, set: {v: v + 1}}
""",
    "models/one.yaml": "installation: one\ninstances: {counter: {machine: counter}}\n",
    "properties/goals.yaml": "goals:\n  safe: {sentence: counter shall never be bad.}\n",
    "properties/proposals.yaml": "proposals:\n  nothing: {clauses: []}\n",
}
"""A counter with so many values that no time at all is not enough to decide anything about it."""


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder with these files in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def edited(files: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """The files, one of them with a text in place of another that must be there."""
    assert old in files[name]
    return {**files, name: files[name].replace(old, new)}


def snapshot(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str
    seconds: float = 0.0


class Call(Protocol):
    """Runs a command in this process."""

    def __call__(self, *arguments: str | Path) -> Ran: ...


START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from lastgasp.cli.main import run; run()"
)
"""What the console script does, for a process that can be interrupted even where the tests themselves cannot be."""


def outside(*arguments: str | Path, env: Mapping[str, str] | None = None, start: str = START) -> Ran:
    """Runs a command in a process of its own, its output in pipes."""
    done = subprocess.run(
        [sys.executable, "-c", start, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **(env or {})},
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
