"""Whether a part of a network means something: time can go on, and parties can obey what binds them.

No verdict without it. It does not depend on a goal, so it is worked out once for all goals about a part, and shown of
what is essential to the part alone. What was cut has to block nothing.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from dataclasses import replace

from lastgasp.certificate import bindings, parties_of, recheck_sound, recheck_unrestricted, settings_of
from lastgasp.engines.zones.engine import LOCKED, STUCK, Defect, Disobedience, Sanity, sanity
from lastgasp.errors import InternalError, NotApplicable
from lastgasp.evidence import to_defect
from lastgasp.extremes import extremes
from lastgasp.kept import sound_data, sound_from
from lastgasp.network import Network
from lastgasp.question import Limits, Question
from lastgasp.recheck.inductive import ZoneSet
from lastgasp.slicing import Slice, essential, sliced
from lastgasp.store import Store
from lastgasp.system import TimedSystem, compiled
from lastgasp.verdict import Rejected, Undecided, Verdict

DOUBT = "it was not shown that time can go on after this run"
"""The note of a verdict whose run may be one up to a dead end."""

SOUND = "soundness"
"""The name under which it is kept that a network means something."""


def safely_cut(question: Question, limits: Limits) -> Slice:
    """The part that can influence the goal, cut where the rest is shown to block nothing: group by group, by zones."""
    keep: set[str] = set()
    while True:
        part = sliced(question.network, question.restrict, [question.goal], keep, apart=True)
        doubtful = [group for group in part.apart if not _means_something(question, group, limits)]
        if not doubtful:
            return part
        keep.update(*(group.network.by_name for group in doubtful))


def _means_something(question: Question, group: Slice, limits: Limits) -> bool:
    try:
        return not isinstance(shown_sound(question, group, limits), str)
    except NotApplicable:
        return False


def unrestricted(part: Slice) -> str:
    """What is against it that the network means something by the looks of its machines alone; nothing: it does."""
    try:
        recheck_unrestricted(part)
    except InternalError as error:
        return str(error)
    return ""


def shown_sound(question: Question, part: Slice, limits: Limits) -> dict[str, ZoneSet] | str:
    """For each party at its narrowest the rechecked proof that the network means something, or what is against it.

    :class:`NotApplicable` where ranges cannot be decided at one value, or zones cannot treat the network.
    """
    part = essential(part)
    extremes(part.network, part.restrict.values())
    found = {}
    for party in parties_of(part):
        narrow = part.network.with_settings(settings_of(part, party))
        least = soundness(question, narrow, part, limits, proof=True)
        if least.proof is None or least.defect or least.disobeyed:
            why = least.defect.reason if least.defect else "a clause is not shown obeyable"
            return f"at the narrowest values of {party} {why}" if party else why
        if not any(least is known for known in limits.memory.rechecked):
            recheck_sound(part, compiled(narrow, part.restrict, None), least.proof, question.clauses)
            limits.memory.rechecked.append(least)
        found[party] = least.proof
    return found


def soundness(
    question: Question, network: Network, part: Slice, limits: Limits, *, odd: bool = False, proof: bool = False
) -> Sanity:
    """What is true of the restricted network, its goal aside; worked out once for all goals about it.

    ``proof``: it goes into a certificate. Such a set is kept; where none is needed, to look is cheaper than to recheck.
    """
    key = pickle.dumps((odd, network.instances, sorted(part.restrict.items()), sorted(question.clauses)))
    if key not in limits.memory.found:
        bound, assumed = bindings(part, question.clauses)
        system = compiled(network, part.restrict, None)
        kept = _kept_soundness(question, network, part, system, limits) if proof else None
        found = kept or sanity(system, limits.budget("sanity"), bound, assumed, odd=odd)
        limits.memory.found[key] = found
        if kept is not None:
            limits.memory.rechecked.append(kept)
        elif limits.store and proof and found.proof and not found.defect and not found.disobeyed:
            at = key_of(limits.store, question, replace(part, network=network), SOUND, limits)
            limits.store.put(at, sound_data(found.proof, system))
    return limits.memory.found[key]


def _kept_soundness(
    question: Question, network: Network, part: Slice, system: TimedSystem, limits: Limits
) -> Sanity | None:
    """A kept set of zones, rechecked, that shows that the restricted network means something."""
    if limits.store is None:
        return None
    try:
        data = limits.store.get(key_of(limits.store, question, replace(part, network=network), SOUND, limits))
        proof = sound_from(data) if data else None
        if proof is None:
            return None
        recheck_sound(part, system, proof, question.clauses)
    except Exception:  # as in ``recalled``
        return None
    return Sanity(True, len(proof.zones), proof)


def goes_on(network: Network, part: Slice, limits: Limits) -> tuple[Defect | None, tuple[str, ...]]:
    """Whether runs of a network with these parameters can go on: a defect, or a doubt where that is not known."""
    doubt = (DOUBT,)
    try:
        sane = sanity(compiled(network, part.restrict, None), limits.budget("sanity"))
    except NotApplicable:
        return None, doubt
    return sane.defect, () if sane.complete else doubt


def essential_at(part: Slice, network: Network) -> tuple[Slice, Network]:
    """What is essential to a part, and the same of its network at some values."""
    core = essential(part)
    return core, network.restricted_to(set(core.network.by_name))


def reason_of(defect: Defect, core: Slice) -> str:
    """What is wrong with a part, seen from all of it: others that are not essential may still have steps."""
    return LOCKED if core.cut and defect.reason == STUCK else defect.reason


def unobeyable(
    question: Question, missed: Iterable[Disobedience], network: Network, verdict: Callable[..., Verdict]
) -> Verdict | None:
    """A rejection where the surroundings defeat a clause's party, an honest *undecided* where that is not proved."""
    for item in sorted(missed, key=lambda item: not item.forced):
        words = item.reason
        if item.clause:
            words = f"the clause {item.clause!r} is {'' if item.forced else 'not shown '}"
            words += f"{'not ' if item.forced else ''}obeyable: {item.reason}"
        ends = item.run[1] + sum(delay for delay, _ in item.run[0])
        trace = to_defect(question, network, item.run, ((ends, item.reason),))
        return verdict(Rejected if item.forced else Undecided, reason=words, trace=trace, lasting=item.lasting)
    return None


def key_of(store: Store, question: Question, part: Slice, engine: str, limits: Limits) -> str:
    """The key of what an engine says of a part: neither the names of goals nor what was cut belong to it."""
    goal = () if engine == SOUND else (("", question.goal),)
    order = limits.order if engine == "zones" else ""
    clauses = [name for name in part.restrict if name in question.clauses]
    return store.key(engine, part.network, (*part.restrict.items(), *goal), clauses, order)
