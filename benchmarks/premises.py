"""The bundled premises copied k = 1, 2, 4, 8 times, all of them sharing one CSP, one DCC and one network operator.

    python benchmarks/premises.py > benchmarks/PREMISES.md

``--help`` tells the options. Each case is a process of its own, all in one run.

What is asked. An AD1 does not say for which premises it is raised, so "no false AD1" can be asked of one premises only
as far as it is told apart from the others, which is up to the Alert of its hub:

* *one*: the hub of the first premises sends its power loss Alert for a real outage there only;
* *all*: the same of each premises, one question after the other, what was shown of a premises apart from goals kept;
* *AD1*: behind the shared back end, which hears every hub, the DCC sends AD1 only for an outage at some premises;
* *any*: the same, whatever meters and hubs are, as long as they keep to the clauses (:mod:`lastgasp.chaos`).

All of it under the proposal ``mains-signal``, its clauses about premises repeated for each. The CSP of the study reads
its hub's contact and hears its Alerts by one port; here it reads each hub by a port of its own (to miss any of them
starts its timer) and hears all of them by one. Its two clauses name the one hub that it hears; here the machine does
what they demand: it has no timer that sends, and forwards within 60 s.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from measured import Table, run

from lastgasp.bundled import load_study
from lastgasp.chaos import freed
from lastgasp.expr import Clock, Expr, Leaf, Name, Param, Sent, disj, rewrite
from lastgasp.facade import decide, safe
from lastgasp.language.sentences import parse_sentence
from lastgasp.machine import After, Instance, Machine, On, Port, seconds
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.questions.asking import CheckName, ask
from lastgasp.routes import by_zones
from lastgasp.safety import Safe, Safety
from lastgasp.sentences import Answers, Sentence
from lastgasp.slicing import Slice
from lastgasp.verdict import Holds, Verdict

COPIES = (1, 2, 4, 8)
KINDS = ("one", "all", "AD1", "any")
CHECK = CheckName("no-false-ad1", "mains-signal", "single-phase-backend-timed")
SHARED = ("wan", "csp", "dcc", "network_operator")
ALERT = "CH shall send power_loss_alert only for a supply outage of more than 3 min, no later than 2 min after its end."


def renamed(item: Any, names: Mapping[str, str]) -> Any:
    """A sentence, or a part of it, about other instances."""

    def other(full: str) -> str:
        head, dot, tail = full.partition(".")
        return names.get(head, head) + dot + tail

    def leaf(part: Leaf) -> Expr:
        match part:
            case Name(name) | Param(name) | Clock(name):
                return type(part)(other(name))
            case Sent(event, receiver):
                return Sent(other(event), names.get(receiver, receiver))
        return part

    if isinstance(item, Expr):
        return rewrite(item, leaf)
    if isinstance(item, Sentence):
        return replace(item, formula=renamed(item.formula, names), binds=names.get(item.binds, item.binds))
    if is_dataclass(item) and not isinstance(item, type):
        return replace(item, **{f.name: renamed(getattr(item, f.name), names) for f in fields(item)})  # type: ignore[type-var]
    return item


def hearing_all(csp: Machine, hubs: list[str]) -> Machine:
    """The CSP with a port to read each of the hubs and one to hear all of them, obeying its clauses by itself."""
    own = csp.port("hub")
    assert own is not None

    def any_of(expr: Expr) -> Expr:
        def of(hub: str) -> Expr:
            return rewrite(expr, lambda x: Name(x.name.replace("hub.", f"{hub}.")) if isinstance(x, Name) else x)

        return disj(*(of(hub) for hub in hubs)) if of("") != expr else expr

    transitions = tuple(
        replace(item, trigger=On("hubs", item.trigger.event))
        if isinstance(item.trigger, On)
        else replace(item, guard=any_of(item.guard))
        for item in csp.transitions
        if not (isinstance(item.trigger, After) and item.send)
    )
    states = tuple(replace(s, at_most=seconds(60)) if s.name == "informed" else s for s in csp.states)
    ports = [Port(hub, own.reads) for hub in hubs] + [Port("hubs", {}, own.hears)]
    rest = [port for port in csp.ports if port.name != "hub"]
    return replace(csp, states=states, transitions=transitions, ports=(*ports, *rest))


def premises(copies: int) -> tuple[Question, list[dict[str, str]]]:
    """The question of the study about so many premises, and for each of them the names of its instances."""
    asked = ask(load_study(), CHECK)
    own = [item for item in asked.network.instances if item.name not in SHARED]
    names = [{item.name: item.name + (f"_{k}" if k else "") for item in own} for k in range(copies)]
    hubs = [each["ch"] for each in names]
    instances: list[Instance] = []
    for each in names:
        for item in own:
            wires = {port: each[item.source(port)] for port in item.wires}
            other = {} if each[item.name] == item.name else {"also": ()}
            instances.append(replace(item, name=each[item.name], wires=wires, **other))
    for item in asked.network.instances:
        if item.name == "csp":
            wired = {**{hub: hub for hub in hubs}, "hubs": hubs, "wan": "wan"}
            instances.append(replace(item, machine=hearing_all(item.machine, hubs), wires=wired))
        elif item.name in SHARED:
            instances.append(item)
    clauses = {
        f"{name}-{k}" if k else name: renamed(sentence, each)
        for k, each in enumerate(names)
        for name, sentence in asked.clauses.items()
        if sentence.binds not in SHARED
    }
    return replace(asked, network=Network("premises", tuple(instances)), clauses=clauses), names


def questions(kind: str, copies: int) -> list[Question]:
    """The questions of one kind about so many premises."""
    asked, names = premises(copies)
    if kind in ("AD1", "any"):
        assert isinstance(asked.goal.formula, Answers)
        outage = disj(*(renamed(asked.goal.formula.condition, each) for each in names))
        formula = replace(asked.goal.formula, condition=outage)
        goal = replace(asked.goal, formula=formula)
        devices = [item.name for item in asked.network.instances if item.machine.party and item.name not in SHARED]
        free = freed(asked.network, devices if kind == "any" else [], [goal, *asked.restrict.values()])
        return [replace(asked, network=free.network, goal=goal)]
    alert = parse_sentence(ALERT, ask(load_study(), CHECK).network)
    return [replace(asked, goal=renamed(alert, each)) for each in names[: 1 if kind == "one" else copies]]


# --- one case, in a process of its own ----------------------------------------------------------------------------


def case(kind: str, copies: int, whole: bool) -> None:
    """Decide the questions of one kind and print what it took; ``whole``: with nothing cut."""
    limits = Limits(seconds=None)
    start, told = time.process_time(), dict[str, Any]()
    for question in questions(kind, copies):
        if kind == "any":
            verdict: Verdict | Safety = safe(question, limits)
        elif whole:
            verdict = by_zones(question, Slice(question.network, question.restrict, ()), limits)
        else:
            verdict = decide(question, "zones", limits)
        told["answer"] = type(verdict).__name__
        if isinstance(verdict, Holds | Safe) and verdict.certificate and verdict.certificate.zones:
            kept = len(verdict.certificate.kept)
            told["zones"] = len(verdict.certificate.zones.zones)
            told["instances kept"] = f"{kept} of {len(question.network.instances)}"
    told["seconds"] = time.process_time() - start
    told["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help=f"which ones (default: all): {', '.join(KINDS)}")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for each case (default 120)")
    parser.add_argument("--whole", action="store_true", help="with nothing cut")
    parser.add_argument("--case", nargs=2, metavar=("KIND", "K"), help="decide this one here and print JSON")
    given = parser.parse_args()
    if given.case:
        case(given.case[0], int(given.case[1]), given.whole)
        return
    print(f"# Many premises behind one back end\n\n{__doc__}")
    table = Table("zones", "instances kept")
    for kind in given.kinds or KINDS:
        for copies in COPIES:
            command = [sys.executable, __file__, *(["--whole"] if given.whole else []), "--case", kind, str(copies)]
            try:
                ran = run(command, given.timeout)
            except subprocess.CalledProcessError as error:
                print(f"| {kind} {copies} | {error.output.strip().splitlines()[-1]} |", flush=True)
                break
            table.row(f"{kind} {copies}", json.loads(ran.printed) if ran.printed else {}, ran)
            if ran.late:
                break


if __name__ == "__main__":
    main()
