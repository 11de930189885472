"""The part of a network that can influence what is asked.

An instance is cut only if nobody that stays reads it or hears it, and if it can block neither time nor steps. That is
read off its states (:func:`never_blocks`), or else shown of a group of instances *apart*: one that depends on nothing
outside of it is a network of its own, and its reachable zones show it (:attr:`Slice.apart`; whoever cuts it has to).
Sentences whose instances are all cut are dropped with them, or go with their group.

Why a group apart blocks nothing: it and what stays have no step in common and read nothing of each other. From every
situation of both together, each has a continuation of its own in which time diverges, with finitely many steps in each
instant. Merge the two by time and, within an instant, let whoever is in a committed state go first, then whoever has a
``when`` step (each is what that continuation does next, since time cannot pass before it): a run of both together. And
an endless chain of steps in one instant would have an endless part in one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from lastgasp.expr import TRUE, Const, Expr, Param, Plus, Times, contains, names_in, params_in
from lastgasp.lazy import lazy
from lastgasp.machine import After, Machine, May, On, State, When
from lastgasp.network import Network
from lastgasp.sentences import Sentence, conditions_of, durations_of, events_of

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy("networkx")


@dataclass(frozen=True, slots=True)
class Slice:
    """The network that is left, the restricting sentences that still speak of it, and what was cut.

    ``apart``: groups among what was cut that are yet to be shown to let time go on, each with its own sentences.
    """

    network: Network
    restrict: Mapping[str, Sentence]
    cut: tuple[str, ...]
    apart: tuple[Slice, ...] = ()


def instances_of(sentence: Sentence) -> set[str]:
    """The instances that a sentence speaks of, its own party included."""
    formula = sentence.formula
    names = {name for condition in conditions_of(formula) for name in names_in(condition)}
    names |= {name for duration in durations_of(formula) for name in params_in(duration)}
    found = {name.partition(".")[0] for name in names}
    for sent in events_of(formula):
        found.add(sent.event.partition(".")[0])
        if sent.receiver:
            found.add(sent.receiver)
    return found | ({sentence.binds} if sentence.binds else set())


def sliced(
    network: Network,
    restrict: Mapping[str, Sentence],
    goals: Iterable[Sentence],
    keep: Iterable[str] = (),
    *,
    apart: bool = False,
) -> Slice:
    """Cut what can influence neither the goals nor the instances to keep, and can block nothing.

    With ``apart``, also groups that depend on nothing else and are yet to be shown to block nothing.
    """
    influence: nx.DiGraph[str] = nx.DiGraph()
    influence.add_nodes_from(instance.name for instance in network.instances)
    for instance in network.instances:
        for port in instance.machine.ports:
            for source in instance.wired(port.name):
                influence.add_edge(source, instance.name)
                sender = network.by_name[source].machine
                if any((event := sender.event(name)) and event.handshake for name in port.hears):
                    influence.add_edge(instance.name, source)
    wanted: set[str] = set(keep).union(*(instances_of(goal) for goal in goals))
    speaking = {name: instances_of(sentence) for name, sentence in restrict.items()}
    while True:
        cone = wanted.union(*(nx.ancestors(influence, name) for name in wanted))
        grown = cone.union(*(spoken for spoken in speaking.values() if spoken & cone))
        if grown == wanted:
            cut = tuple(instance.name for instance in network.instances if instance.name not in wanted)
            groups = _apart(network, influence, speaking.values(), wanted) if apart else []
            rest = set(cut).difference(*groups)
            grown = wanted | _blocking(network, influence, rest)
            if grown == wanted:
                break
        wanted = grown
    cut = cut if wanted else ()  # a network has an instance

    def part(names: set[str], cut: tuple[str, ...] = (), beside: tuple[Slice, ...] = ()) -> Slice:
        kept = {name: sentence for name, sentence in restrict.items() if speaking[name] <= names}
        return Slice(network.restricted_to(names), kept, cut, beside)

    return part(wanted, cut, tuple(map(part, groups))) if cut else Slice(network, dict(restrict), ())


def essential(part: Slice) -> Slice:
    """What it depends on whether a slice means something (time can go on, clauses can be obeyed, no value leaves its
    range): who may block, whom a sentence speaks of, and who influences these. The rest never blocks, whatever they do.
    """
    spoken_of = set[str]().union(*map(instances_of, part.restrict.values()))
    return sliced(part.network, part.restrict, [], spoken_of)


def _apart(
    network: Network, influence: nx.DiGraph[str], speaking: Iterable[set[str]], kept: set[str]
) -> list[set[str]]:
    """The groups outside of ``kept`` that nothing else influences, that no sentence ties to others, and that could
    block as far as can be read off their machines; in the order of the network."""
    driven = kept.union(*(nx.descendants(influence, name) for name in kept))
    links = nx.Graph(influence.subgraph(set(network.by_name) - driven))
    tied: set[str] = set()
    for names in speaking:
        nx.add_path(links, sorted(names.intersection(links)))
        tied |= names if names & driven else set()
    groups = [set(group) for group in nx.connected_components(links)]
    groups.sort(key=lambda group: next(at for at, name in enumerate(network.by_name) if name in group))
    return [group for group in groups if not group & tied and _blocking(network, influence, group)]


def _blocking(network: Network, influence: nx.DiGraph[str], names: set[str]) -> set[str]:
    """Those of ``names`` that may block time or others, as far as can be read off their machines."""
    mutual = not nx.is_directed_acyclic_graph(influence.subgraph(names))
    return {name for name in names if not never_blocks(network.by_name[name].machine, mutual)}


def never_blocks(machine: Machine, mutual: bool = True) -> bool:
    """Whether a machine can always let time and the others go on, whatever they do.

    ``mutual``: others that are cut as well may be driven by it in turn, so that a reaction costs no time either; where
    influence among them has no cycle, each is driven finitely often in one instant if those before it are.

    Sufficient, not necessary: every state that bounds time has a way out that is open at the bound and needs nobody
    else; steps of its own that no time need separate lie on no cycle, reactions included; it sends no handshake; it
    computes no value that could leave its range. It hears nothing in a committed state: whom it hears there goes with
    it, before the others' committed and ``when`` steps, so that it decides who goes first.
    """
    if any(event.handshake for event in machine.sends):
        return False
    domains = {variable.name: variable.domain for variable in machine.variables}
    for transition in machine.transitions:
        for name, value in transition.assign:
            if not isinstance(value, Const) or not contains(domains[name], value.value):
                return False
    instant: nx.DiGraph[str] = nx.DiGraph()
    hurried: list[tuple[str, str]] = []
    for transition in machine.transitions:
        for source in transition.sources:
            arrow = source, transition.target or source
            if isinstance(transition.trigger, On):
                if machine.state(source).committed:
                    return False
                instant.add_edges_from([arrow] if mutual else [])
            elif isinstance(transition.trigger, When) or not _lasts(machine, machine.state(source)):
                hurried.append(arrow)
    instant.add_edges_from(hurried)
    turns = {state: number for number, part in enumerate(nx.strongly_connected_components(instant)) for state in part}
    if any(turns[source] == turns[target] for source, target in hurried):
        return False
    return all(_has_way_out(machine, state) for state in machine.states)


def _ends(machine: Machine, state: State) -> list[Expr]:
    """The bounds on the time in a state."""
    ends = [bound for bound in (state.at_most, state.less_than) if bound is not None]
    for transition in machine.transitions:
        trigger = transition.trigger
        if state.name in transition.sources and isinstance(trigger, After) and trigger.high is not None:
            ends.append(trigger.high)
    return ends


def _ends_before(machine: Machine, state: State) -> bool:
    """Whether some bound on the time in a state may never be reached."""
    windows = [t.trigger for t in machine.transitions if state.name in t.sources and isinstance(t.trigger, After)]
    return state.less_than is not None or any(window.high_strict for window in windows)


def _lasts(machine: Machine, state: State) -> bool:
    """Whether a positive time may surely be spent in a state."""
    surely = all(isinstance(end, Const) and end.value > 0 for end in _ends(machine, state))  # type: ignore[operator]
    return surely and not (state.urgent or state.committed)


def _has_way_out(machine: Machine, state: State) -> bool:
    ends, lasts = _ends(machine, state), _lasts(machine, state) or not machine.rests(state)
    if not ends and not state.urgent and not state.committed:
        return True
    if not all(_surely_positive(end) for end in ends):
        return False
    for transition in machine.transitions:
        trigger = transition.trigger
        if state.name not in transition.sources or transition.guard != TRUE or transition.target is None:
            continue
        if isinstance(trigger, May) and lasts:
            return True
        if isinstance(trigger, After) and lasts and not _ends_before(machine, state):
            open_at_the_end = trigger.high is None or all(_surely_upto(end, trigger.high) for end in ends)
            stays = ends if not (state.urgent or state.committed) else [*ends, Const(Fraction(0))]
            if open_at_the_end and all(_surely_before(trigger, end) for end in stays):
                return True
    return False


def _surely_before(trigger: After, end: Expr) -> bool:
    """Whether a window has surely begun when a bound is reached."""
    return _surely_upto(trigger.low, end) and not (trigger.low_strict and not _less(trigger.low, end))


def _surely_upto(low: Expr, high: Expr) -> bool:
    """Whether one duration is surely at most another: the same expression, or two literals in order."""
    if low == high or low == Const(Fraction(0)):
        return True
    return isinstance(low, Const) and isinstance(high, Const) and low.value <= high.value  # type: ignore[operator]


def _surely_positive(duration: Expr) -> bool:
    """Whether a duration is surely not less than nothing, which only a negative factor can make it."""
    match duration:
        case Const() | Param():
            return True
        case Plus(items):
            return all(map(_surely_positive, items))
        case Times(factor, item):
            return factor >= 0 and _surely_positive(item)
    return False


def _less(low: Expr, high: Expr) -> bool:
    return isinstance(low, Const) and isinstance(high, Const) and low.value < high.value  # type: ignore[operator]
