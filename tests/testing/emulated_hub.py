"""An emulated hub, right and wrong, behind an adapter; and the network and the clauses that it is tested against.

The machine is permissive: it may send its alert whenever it has no power, or starts. The clauses take away what the
wrong hubs do.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import lastgasp as lg
from lastgasp.testing import Output

METER = """
machine: meter
title: Meter
states:
  on: {initial: yes, gives: {dc: on}}
  off: {label: no power, gives: {dc: off}}
transitions:
  - {from: on, to: off, may: }
  - {from: off, to: on, may: }
"""
HUB = """
machine: hub
title: Hub
party: CH
reads: {host: {dc: [on, off]}}
sends: {alert: {label: power loss alert}}
states:
  running: {initial: yes, gives: {led: on}}
  dark: {gives: {led: off}}
  booting: {at most: 2 min, gives: {led: off}}
transitions:
  - {from: running, to: dark, when: host.dc is off}
  - {from: dark, to: booting, when: host.dc is on}
  - {from: booting, to: dark, when: host.dc is off}
  - {from: booting, to: running, may: }
  - {from: dark, to: dark, may: , send: alert}
  - {from: booting, to: booting, may: , send: alert}
"""
CLAUSES = [
    "CH shall send hub.alert only if dc has been off for more than 3 min.",
    "When dc has been off for more than 3 min, CH shall within 10 s send hub.alert.",
    "CH shall send hub.alert at most once while dc is off.",
]
BOOT = Fraction(90)


def network() -> lg.Network:
    """A meter that drops its power as it likes, and the hub that it feeds."""
    machines = {"meter": lg.machine_from_yaml(METER), "hub": lg.machine_from_yaml(HUB)}
    return lg.compose("premises", machines, {"hub.host": "meter"})


class EmulatedHub:
    """Counts how long it is dark, and sends once that is more than ``threshold``; boots for 90 s.

    ``counts_boot``: time spent booting counts as dark too, and a boot does not start the count anew.
    """

    def __init__(self, threshold: Fraction | int = 181, *, counts_boot: bool = False) -> None:
        self.threshold, self.counts_boot = Fraction(threshold), counts_boot
        self.reset()

    def reset(self) -> None:
        self.now, self.state, self.count, self.boot, self.sent = Fraction(0), "running", Fraction(0), Fraction(0), False
        self.done: list[Output] = []

    def do(self, port: str, name: str, value: str) -> None:
        if value == "off":
            if not (self.counts_boot and self.state == "booting"):
                self.count = Fraction(0)
            self.state, self.sent = "dark", False
            self.done.append(Output("led", "off", self.now))
        else:
            self.state, self.boot = "booting", Fraction(0)

    def advance(self, seconds: Fraction) -> Fraction | None:
        passed = seconds
        counting = self.state == "dark" or (self.counts_boot and self.state == "booting")
        if counting and not self.sent and self.count + passed >= self.threshold:
            passed = max(self.threshold - self.count, Fraction(0))
        if self.state == "booting" and self.boot + passed >= BOOT:
            passed = BOOT - self.boot
        self.now += passed
        if counting:
            self.count += passed
        if counting and not self.sent and self.count >= self.threshold:
            self.sent = True
            self.done.append(Output("alert", at=self.now))
        if self.state == "booting":
            self.boot += passed
            if self.boot == BOOT:
                self.state = "running"
                self.done.append(Output("led", "on", self.now))
        return passed

    def observe(self) -> Iterable[Output]:
        done, self.done = self.done, []
        return done
