"""A run as a small Python program that plays it again, with the public names of this package alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from lastgasp.expr import Value
from lastgasp.language.sentence_words import sentence_text
from lastgasp.language.writing import machine_to_yaml, network_to_yaml
from lastgasp.question import Question
from lastgasp.semantics import step_words
from lastgasp.trace import Trace


def program(question: Question, trace: Trace, network: str = "", title: str = "") -> str:
    """The program. ``network`` is an expression for the network; if empty, its text becomes part of the program."""
    instant = trace.marks[-1][0]
    lines = [f'"""{title or question.name}: a run that {_what(trace)}."""', "", "from fractions import Fraction", ""]
    lines += ["import lastgasp as lg", "", *_network(question, network), "", "steps = ["]
    for entry in trace.entries:
        moves = "".join(f"lg.Move({move.instance!r}, {move.index}), " for move in entry.step.moves).rstrip()
        lines.append(f"    # {step_words(question.network, entry.step)}")
        lines.append(f"    ({_time(entry.delay)}, lg.Step(({moves}), {entry.step.event!r})),")
    lines += ["]", f"run = lg.run(network, {_parameters(trace.parameters)}, steps, rest={_time(trace.rest)})"]
    lines += ["print(run)", ""]
    lines += [f"goal = {sentence_text(question.goal, question.network)!r}"]
    lines += [f"assert lg.breaks(network, goal, run) == {_time(instant)}"]
    restricting = [sentence_text(item, question.network) for item in question.restrict.values()]
    if restricting:
        lines += ["for sentence in [", *_quoted(restricting), "]:"]
        lines += ["    assert lg.breaks(network, sentence, run) is None, sentence"]
    return "\n".join(lines) + "\n"


def _what(trace: Trace) -> str:
    return "shows what is possible" if trace.marks[-1][1] == "shown" else "breaks the goal"


def _network(question: Question, network: str) -> Iterable[str]:
    if network:
        return [f"network = {network}"]
    lines = ["machines = ["]
    for machine in question.network.machines:
        lines += ['    lg.machine_from_yaml(r"""', machine_to_yaml(machine).rstrip(), '"""),']
    lines += ["]", "network = lg.network_from_yaml(", '    r"""', network_to_yaml(question.network).rstrip(), '""",']
    return [*lines, "    {machine.name: machine for machine in machines},", ")"]


def _parameters(values: Mapping[str, Value]) -> str:
    items = [f"{name!r}: {_time(v) if isinstance(v, Fraction) else repr(v)}" for name, v in values.items()]
    return "{" + ", ".join(items) + "}"


def _quoted(texts: Iterable[str]) -> list[str]:
    return [f"    {text!r}," for text in texts]


def _time(seconds: Fraction) -> str:
    whole = seconds.denominator == 1
    return f"Fraction({seconds.numerator})" if whole else f"Fraction({seconds.numerator}, {seconds.denominator})"
