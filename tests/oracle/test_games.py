"""The timed game of obeyability: zones against explicit regions on random networks, and every end checked again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lastgasp.engines.zones.arena import known
from lastgasp.engines.zones.automaton import Automaton
from lastgasp.engines.zones.explore import Budget, Explorer
from lastgasp.engines.zones.game import solve
from lastgasp.engines.zones.play import play
from lastgasp.expr import Compare, Const, In, Name, Sent, neg
from lastgasp.machine import STATE, Instance, seconds
from lastgasp.network import Network
from lastgasp.recheck.winning import Lost, Won, recheck_game
from lastgasp.sentences import Held, NeverHeld, SendsOnlyIf, Sentence
from lastgasp.system import TimedSystem, compiled, observer_name
from lastgasp.trace import Step

from .games import Errs, RegionGame
from .regions import Region, RegionGraph, TooLarge
from .strategies import CAST, NAMES, OUT, Shape, networks

SHAPE = Shape(machines=2, states=3, transitions=2, longest=2, clocks=1, range_errors=False, clock_data=False)


@dataclass(frozen=True)
class Case:
    """A network, the clauses of one of its machines, and the same clauses as bounds and as steps that err."""

    network: Network
    party: str
    clauses: tuple[Sentence, ...]
    bounded: Network
    silent: tuple[str, str] | None
    """While this output has this value, the party must not send."""

    def errs(self, graph: RegionGraph) -> Errs:
        def errs(region: Region, step: Step) -> bool:
            if self.silent is None or step.mover.instance != self.party or step.event != f"{self.party}.{CAST}":
                return False
            output, value = self.silent
            return graph.valuation(region)[output] == value

        return errs

    @property
    def system(self) -> TimedSystem:
        return compiled(self.network, {clause.text: clause for clause in self.clauses}, None)


@st.composite
def cases(draw: st.DrawFn, shape: Shape = SHAPE) -> Case:
    network = draw(networks(shape))
    parties = [instance for instance in network.instances if instance.machine.party]
    assume(parties)
    party = draw(st.sampled_from(parties))
    machine, name = party.machine, party.name
    clauses, bounds = [], {}
    free = [
        state.name
        for state in machine.states
        if not (state.at_most or state.less_than or state.urgent or state.committed)
        and not any(state.name in t.sources and t.target == state.name for t in machine.transitions)
    ]
    for state in draw(st.lists(st.sampled_from(free), unique=True, max_size=2)) if free else ():
        limit, strict = draw(st.integers(0, 2)), draw(st.booleans())
        strict = strict and limit > 0
        formula = NeverHeld(In(Name(f"{name}.{STATE}"), (state,)), seconds(limit), inclusive=strict)
        clauses.append(Sentence(f"not {state}", formula, name))
        bounds[state] = {"less_than" if strict else "at_most": seconds(limit)}
    silent = None
    if len(network.instances) > 1 and draw(st.booleans()):
        other = network.instances[(NAMES.index(name) + 1) % len(network.instances)].name
        silent = f"{other}.{OUT}", draw(st.sampled_from(("hi", "lo")))
        sends = SendsOnlyIf(Sent(f"{name}.{CAST}"), Held(neg(Compare("==", Name(silent[0]), Const(silent[1])))))
        clauses.append(Sentence("silent", sends, name))
    assume(clauses)
    states = tuple(replace(state, **bounds.get(state.name, {})) for state in machine.states)
    narrow = replace(party, machine=replace(machine, states=states))
    instances: tuple[Instance, ...] = tuple(narrow if i.name == name else i for i in network.instances)
    return Case(network, name, tuple(clauses), replace(network, instances=instances), silent)


def agree(case: Case, limit: int) -> str:
    """Check one case in every way, and tell how it ended."""
    try:
        graph = RegionGraph(case.bounded, limit)
    except TooLarge:
        return "too large"
    system, party = case.system, case.party
    observers = frozenset(observer_name(clause.text) for clause in case.clauses)
    explorer = Explorer(Automaton(system), exact=True)
    zones = explorer.explore(Budget())
    strong = RegionGame(graph, party, case.errs(graph), generous=True).won()
    weak = RegionGame(graph, party, case.errs(graph), generous=False).won()
    assert strong or not weak
    assert solve(known(explorer, zones, party, observers, ())).won == strong
    assert solve(known(explorer, zones, party, observers, (), generous=False)).won == weak
    ended = play(system, party, observers, frozenset(), Budget())
    assert weak or not isinstance(ended.end, Won)
    assert isinstance(ended.end, Lost) != strong
    if ended.end is not None:
        assert ended.zones is not None
        recheck_game(system, ended.zones, party, observers, frozenset(), ended.end)
    return type(ended.end).__name__


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_zones_and_regions_agree_on_who_wins(case: Case) -> None:
    agree(case, 300)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases(replace(SHAPE, clocks=2, longest=3)))
def test_zones_and_regions_agree_on_who_wins_long(case: Case) -> None:
    agree(case, 800)


def test_the_random_cases_end_in_every_way() -> None:
    """Wins, defeats, and cases in between; most are decided."""
    ends: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(cases())
    def look(case: Case) -> None:
        ends[agree(case, 300)] += 1

    look()
    assert ends["Won"] > 10
    assert ends["Lost"] > 10
    assert ends["Won"] + ends["Lost"] > 3 * ends["NoneType"]
