"""A small network (supply, meter, hub, provider, collector) and runs of it, each made by the reference semantics."""

from __future__ import annotations

import random
from fractions import Fraction

from lastgasp.expr import Clock, Compare, Const, Name, Param, Plus, Value, Whole
from lastgasp.machine import (
    After,
    Event,
    Instance,
    Machine,
    May,
    On,
    Parameter,
    Port,
    Range,
    State,
    Transition,
    Variable,
    When,
    seconds,
)
from lastgasp.network import Network
from lastgasp.semantics import Semantics, run
from lastgasp.trace import Step, Trace

DAY = Fraction(86400)


def reads(name: str, value: str) -> Compare:
    return Compare("==", Name(name), Const(value))


SUPPLY = Machine(
    "supply",
    (State("on", initial=True, gives={"ac": "on"}), State("off", gives={"ac": "off"})),
    (Transition(("on",), "off", May()), Transition(("off",), "on", May())),
    title="Supply",
)
METER = Machine(
    "esme",
    (
        State("running", initial=True, gives={"dc": "on"}),
        State("rebooting", label="rebooting for new firmware", gives={"dc": "off"}, at_most=Param("reboot")),
        State("unpowered", label="without supply", gives={"dc": "off"}),
    ),
    (
        Transition(("running",), "rebooting", May(), label="activates firmware"),
        Transition(("rebooting",), "running", May()),
        Transition(("running", "rebooting"), "unpowered", When(reads("mains.ac", "off"))),
        Transition(("unpowered",), "running", When(reads("mains.ac", "on"))),
    ),
    title="Electricity meter",
    party="ESME",
    ports=(Port("mains", reads={"ac": ("on", "off")}),),
    parameters=(Parameter("reboot", Fraction(300), label="longest reboot"),),
)
HUB = Machine(
    "ch",
    (
        State("running", initial=True),
        State("dark", label="without power, on stored energy"),
        State("alerted"),
        State("restored", committed=True),
        State("booting", at_most=Param("boot")),
    ),
    (
        Transition(("running",), "dark", When(reads("host.dc", "off"))),
        Transition(
            ("dark",),
            "alerted",
            After(seconds(180), Plus((seconds(180), Param("sending"))), low_strict=True),
            send="power_loss_alert",
            assign=(("alerts", Plus((Name("alerts"), Const(1)))),),
        ),
        Transition(("dark", "alerted"), "restored", When(reads("host.dc", "on"))),
        Transition(("restored",), "booting", May(), label="starts its boot"),
        Transition(
            ("booting",), "running", May(), guard=Compare(">=", Clock("time"), seconds(10)), send="power_restored"
        ),
    ),
    title="Communications Hub",
    party="CH",
    ports=(Port("host", reads={"dc": ("on", "off")}),),
    parameters=(
        Parameter("boot", Fraction(120), label="time from power restored to running"),
        Parameter("sending", Range(Fraction(0), Fraction(10)), label="time to send once the threshold has passed"),
    ),
    variables=(Variable("alerts", Whole(0, 9), 0, label="alerts sent"),),
    sends=(Event("power_loss_alert", label="Power Loss Alert"), Event("power_restored", label="Power Restored")),
)
PROVIDER = Machine(
    "csp",
    (
        State("idle", initial=True),
        State("got_alert", label="has an Alert", urgent=True),
    ),
    (
        Transition(("idle",), "got_alert", On("hub", "power_loss_alert")),
        Transition(("got_alert",), "idle", May(), send="AD1"),
        Transition(("idle",), None, On("hub", "power_restored"), label="notes the end"),
    ),
    title="CSP",
    party="CSP",
    ports=(Port("hub", hears=("power_loss_alert", "power_restored")),),
    sends=(Event("AD1", label="AD1 power outage alert"),),
)
COLLECTOR = Machine(
    "dcc",
    (State("waiting", initial=True), State("informed", label="has told the network operator")),
    (Transition(("waiting", "informed"), "informed", On("provider", "AD1")),),
    title="DCC",
    party="DCC",
    ports=(Port("provider", hears=("AD1",)),),
)
BYSTANDER = Machine("wan", (State("up", initial=True),), title="Wide-area network")


NETWORK = Network(
    "single-phase",
    (
        Instance("supply", SUPPLY),
        Instance("esme", METER, {"mains": "supply"}),
        Instance("ch", HUB, {"host": "esme"}),
        Instance("wan", BYSTANDER),
        Instance("csp", PROVIDER, {"hub": "ch"}),
        Instance("dcc", COLLECTOR, {"provider": "csp"}),
    ),
)
PARAMETERS: dict[str, Value] = {"ch.sending": Fraction(10)}

Script = list[tuple[Fraction | int, str, str]]
Marks = tuple[tuple[Fraction, str], ...]


def play(script: Script, rest: Fraction | int = 0, marks: Marks = ()) -> Trace:
    """A run from (delay, instance, state it reaches); the reference semantics picks and checks each step."""
    meaning = Semantics(NETWORK, PARAMETERS)
    now, moves = meaning.initial(), []
    for delay, who, target in script:
        now = meaning.apply(now, Fraction(delay)) if delay else now
        step = next(step for step in meaning.enabled(now).steps if _goes(step, who, target))
        moves.append((Fraction(delay), step))
        now = meaning.apply(now, step)
    return run(NETWORK, PARAMETERS, moves, Fraction(rest), marks)


def _goes(step: Step, who: str, target: str) -> bool:
    move = step.mover
    return move.instance == who and NETWORK.by_name[who].machine.transitions[move.index].target == target


DELAYS = tuple(map(Fraction, ("1/7", "1", "10", "60", "181", "3600", "86400", "1814401/3")))


def walk(seed: int, length: int) -> Trace:
    """A random run of that many steps, with up to three marks; delays from a seventh of a second to three weeks."""
    chance = random.Random(seed)
    meaning = Semantics(NETWORK, PARAMETERS)
    now, moves, delay = meaning.initial(), [], Fraction(0)
    while len(moves) < length:
        enabled = meaning.enabled(now)
        delays = [delay for delay in DELAYS if enabled.limit.allows(delay)]
        if enabled.steps and (not delays or chance.random() < 0.6):
            step = chance.choice(enabled.steps)
            moves.append((delay, step))
            now, delay = meaning.apply(now, step), Fraction(0)
        else:
            more = chance.choice(delays)
            now, delay = meaning.apply(now, more), delay + more
    rest = next(time for time in (*chance.sample(DELAYS, 3), Fraction(0)) if meaning.enabled(now).limit.allows(time))
    times = run(NETWORK, PARAMETERS, moves).times
    marks = sorted(chance.sample(times, min(3, len(times))))
    return run(
        NETWORK, PARAMETERS, moves, rest, tuple((time, f"mark {number} in words") for number, time in enumerate(marks))
    )


FALSE_ALERT: Script = [
    (DAY, "esme", "rebooting"),
    (0, "ch", "dark"),
    (181, "ch", "alerted"),
    (0, "csp", "idle"),
    (60, "esme", "running"),
    (0, "ch", "restored"),
    (0, "ch", "booting"),
    (60, "ch", "running"),
    (3600, "supply", "off"),
    (0, "esme", "unpowered"),
    (0, "ch", "dark"),
    (Fraction(1, 7), "supply", "on"),
    (0, "esme", "running"),
    (0, "ch", "restored"),
    (0, "ch", "booting"),
]
