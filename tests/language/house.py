"""A small network for the tests of the language: mains, a meter, a hub, a back end; and helpers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lastgasp.errors import InputError, Problem
from lastgasp.language.machines import machine_from_yaml, network_from_yaml
from lastgasp.network import Network

FILES = {
    "models/supply.yaml": """\
machine: supply
title: the mains
states:
  on: {initial: yes, gives: {mains: on}}
  off: {gives: {mains: off}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
""",
    "models/esme.yaml": """\
machine: esme
party: ESME
reads: {supply: {mains: [on, off]}}
parameters: {reboot: {range: 0 s .. 5 min, label: time to boot}, spare: {value: yes}, tries: {value: 2}}
variables:
  count: {range: 0 .. 3, initial: 0}
  flag: {bool: yes, initial: no}
  mode: {values: [idle, busy], initial: idle}
clocks: {held: {pauses in: running}}
states:
  running: {initial: yes, gives: {dc: on, ac: present}}
  dark: {gives: {dc: off, ac: lost}}
  booting: {at most: reboot, gives: {dc: off, ac: present}}
transitions:
  - {from: running, to: dark, when: supply.mains is off, set: {count: count + 1, flag: yes}, if: count < 3}
  - {from: dark, to: booting, when: supply.mains is on, restart: held}
  - {from: booting, to: running, after: 0 s .. reboot}
  - {from: any, may: , set: {mode: busy}, if: held > 3 min + reboot and not flag}
""",
    "models/ch.yaml": """\
machine: ch
title: Communications Hub
party: CH
reads: {host: {dc: [on, off]}}
sends: [power_loss_alert]
parameters:
  boot: {range: 0 s .. 5 min, label: time from power restored to running}
  sending: {range: 0 s .. 10 s}
states:
  running: {initial: yes}
  unpowered: {label: 'without power, on stored energy'}
  alerted: {}
  booting: {at most: boot}
transitions:
  - {from: running, to: unpowered, when: host.dc is off}
  - {from: unpowered, to: alerted, after: more than 3 min .. 3 min + sending, send: power_loss_alert}
  - {from: [unpowered, alerted], to: booting, when: host.dc is on}
  - {from: booting, to: running, may: }
""",
    "models/csp.yaml": """\
machine: csp
party: DCC
hears: {ch: [power_loss_alert]}
sends: {ad1: {label: power outage alert}}
states: {idle: {initial: yes}, heard: {}}
transitions:
  - {from: idle, to: heard, on: ch.power_loss_alert}
  - {from: heard, to: idle, after: 1/7 s .. less than 10 s, send: ad1}
""",
    "models/house.yaml": """\
installation: house
title: A house
instances:
  supply: {machine: supply}
  esme: {machine: esme, wires: {supply: supply}, settings: {reboot: 60 s}}
  ch: {machine: ch, wires: {host: esme}}
  csp: {machine: csp, wires: {ch: ch}}
""",
    "models/profiles.yaml": "profiles:\n  quick: {title: a quick one, settings: {esme.reboot: 60 s, esme.spare: no}}\n",
    "properties/goals.yaml": """\
parameters: {latency: {value: 5 min, label: how late}}
goals:
  no-false: {title: 'none: false', sentence: 'CSP shall send AD1 only for a supply outage of more than 3 min.'}
  in-time:
    sentence: When supply has been off for more than 3 min,
      CSP shall within latency send AD1, even if it ends.
    source: here
""",
    "properties/more.yaml": "assumptions:\n  calm: {sentence: Supply shall be on for at least 1 h each time.}\n",
    "properties/proposals.yaml": "proposals:\n  none: {title: nothing, clauses: [], assumptions: [calm]}\n",
    "properties/expected.yaml": """\
expectations:
  - {goal: no-false, proposal: none, installation: house, verdict: fails, class: F1}
""",
}


def house() -> Network:
    """The network of the files above."""
    machines = [machine_from_yaml(FILES[f"models/{name}.yaml"]) for name in ("supply", "esme", "ch", "csp")]
    return network_from_yaml(FILES["models/house.yaml"], {machine.name: machine for machine in machines})


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files of a study."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def refused(function: Callable[..., object], *arguments: object) -> tuple[Problem, ...]:
    """The problems with which a call is refused."""
    try:
        function(*arguments)
    except InputError as error:
        return error.problems
    raise AssertionError("nothing was refused")


def where(problem: Problem) -> tuple[int, int]:
    """Line and column of a problem."""
    assert problem.place is not None
    return problem.place.line, problem.place.column
