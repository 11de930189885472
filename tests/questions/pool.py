"""A small network with goals and clauses of every kind: some suffice, some conflict, some cannot be obeyed."""

from __future__ import annotations

from tests.zoo.zoo import SUPPLY, network

HUB = """
machine: hub
party: HUB
reads: {s: {power: [on, off]}}
sends: {alert: {}, yawn: {}}
states: {running: {initial: yes}, dark: {}, alerted: {}, asleep: {}}
transitions:
  - {from: running, to: dark, when: s.power is off}
  - {from: dark, to: alerted, may: , send: alert}
  - {from: dark, to: asleep, may: , send: yawn}
  - {from: [dark, alerted, asleep], to: running, when: s.power is on}
"""

EAR = """
machine: ear
party: EAR
reads: {hub: {}}
hears: {hub: [alert]}
sends: {honk: {}}
states: {quiet: {initial: yes}, woken: {}, deaf: {}}
transitions:
  - {from: quiet, to: woken, on: hub.alert}
  - {from: quiet, to: deaf, on: hub.alert}
  - {from: [woken, quiet], to: quiet, may: , send: honk}
"""

NET = network({"s": SUPPLY, "hub": HUB, "ear": EAR}, {"hub.s": "s", "ear.hub": "hub"})

SAFETY = {
    "dark": "(s is off and hub is dark) shall never hold for more than 10 s.",
    "honk": "ear shall send honk only if it has received hub.alert since the last honk.",
    "asleep": "hub shall never be asleep for more than 3 s.",
    "woken": "ear shall never be woken.",
    "early": "hub shall send alert only if s is off has held for more than 5 s.",
}

LIFE = {
    "can-alert": "It is possible that hub sends alert.",
    "can-honk": "It is possible that ear sends honk.",
}

CLAUSES = {
    "within": "When s.power is off, HUB shall within 10 s send alert.",
    "soon": "HUB shall never be dark for more than 8 s.",
    "mute": "HUB shall never send alert.",
    "late": "HUB shall send alert only if s.power has been off for more than 5 s.",
    "awake": "HUB shall never be asleep.",
    "rested": "HUB shall never send yawn.",
    "nap": "HUB shall not be asleep for more than 3 s.",
    "runs": "HUB shall be running for at least 4 s each time.",
    "only": "EAR shall send honk only if it has received alert since the last honk.",
    "silent": "EAR shall never send honk.",
    "hears": "EAR shall never be deaf.",
}

ASSUMPTIONS = {
    "short": "s shall never be off for more than 7 s.",
    "steady": "s shall be off for more than 6 s each time.",
}
