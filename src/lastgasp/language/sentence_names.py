"""Step two of reading a sentence, its words: what a name, a condition or a duration stands for in a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from lark import Token, Tree

from lastgasp.errors import InputError, Place
from lastgasp.expr import (
    Bool,
    Compare,
    Const,
    Domain,
    Expr,
    Name,
    Param,
    Sent,
    Times,
    Value,
    Whole,
    conj,
    disj,
    neg,
    one_of,
    plus,
)
from lastgasp.language.conditions import OPERATORS
from lastgasp.language.durations import parse_duration, parse_number
from lastgasp.language.places import place_at, refusal
from lastgasp.machine import STATE, Instance, Parameter, Range
from lastgasp.network import Network
from lastgasp.validate import did_you_mean

Node = Tree[Token]


@dataclass(frozen=True, slots=True)
class Datum:
    """Something that has a value: a location, an output, a variable or a parameter that is no duration."""

    expr: Name | Param
    domain: Domain


def find(word: str, known: Iterable[str]) -> str | None:
    """The known name that is written so, or else the only one that differs in upper and lower case alone."""
    names = list(known)
    if word in names:
        return str(word)
    alike = [name for name in names if name.casefold() == word.casefold()]
    return alike[0] if len(alike) == 1 else None


class Names:
    """Reads the parts of one sentence. Offsets count from its first character."""

    def __init__(
        self, text: str, network: Network, parameters: Mapping[str, Fraction], place: Place | None = None
    ) -> None:
        self.text = text
        self.network = network
        self.parameters = parameters
        self.place = place

    def error(self, node: Node | Token, what: str, cure: str) -> InputError:
        """A problem at the first character of a node."""
        offset = (node.start_pos or 0) if isinstance(node, Token) else node.meta.start_pos
        return refusal(what, cure, place_at(self.place, self.text, offset))

    # --- instances and events

    def subject(self, node: Node) -> Instance:
        """The instance that stands before 'shall', or as an operand where only an instance makes sense."""
        operand = node.children[0] if node.data == "bare" else node
        words = _words(operand) if isinstance(operand, Tree) and operand.data == "operand" else []
        if len(words) != 1:
            raise self.error(node, "a condition stands where one device is expected", f"write one of {self.devices()}")
        instance = self.instance(words[0])
        if instance is None:
            raise self.unknown(words[0], "device", self.device_names())
        return instance

    def instance(self, word: Token) -> Instance | None:
        """The instance of that name, or the only one whose machine has that party; ``None`` if there is none."""
        named = self.network.named(str(word))
        if named is not None:
            return named
        of_party = [one for one in self.network.instances if one.machine.party.casefold() == str(word).casefold()]
        if len(of_party) > 1:
            names = " or ".join(one.name for one in of_party)
            raise self.error(word, f"{str(word)!r} may be {names}", "write the name of one of them")
        return of_party[0] if of_party else None

    def device_names(self) -> list[str]:
        parties = {one.machine.party for one in self.network.instances if one.machine.party}
        also = {name for one in self.network.instances for name in one.also}
        return sorted({*self.network.by_name, *also, *parties})

    def devices(self) -> str:
        return ", ".join(self.device_names())

    def unknown(self, word: Token, kind: str, known: Iterable[str]) -> InputError:
        return self.error(
            word, f"unknown {kind} {str(word)!r} in network {self.network.name}", did_you_mean(word, known)
        )

    def sent(self, node: Node, sender: Instance) -> Sent:
        """The event that ``sender`` sends."""
        word = _words(node)[-1]
        name = str(word)
        owner, dot, tail = name.partition(".")
        if dot:
            name = tail if self.network.named(owner) == sender else name
        events = [event.name for event in sender.machine.sends]
        found = find(name, events)
        if found is None:
            others = [event for event in self.network.events if event.partition(".")[2].casefold() == name.casefold()]
            cure = f"{others[0].partition('.')[0]} sends it" if others else did_you_mean(name, events)
            raise self.error(word, f"{sender.name} sends no event {str(word)!r}", cure)
        return Sent(f"{sender.name}.{found}")

    def received(self, node: Node, receiver: Instance, source: Node | None) -> Sent:
        """The event that ``receiver`` hears, from ``source`` where the sentence says so."""
        word = _words(node)[-1]
        heard = list(dict.fromkeys(heard_by(receiver)))
        if source is not None:
            sender = self.subject(source)
            heard = [event for event in heard if event.partition(".")[0] == sender.name]
        full = find(str(word), heard)
        matching = [full] if full else [event for event in heard if find(str(word), [event.partition(".")[2]])]
        if not matching:
            cure = did_you_mean(word, [event.partition(".")[2] for event in heard])
            raise self.error(
                word, f"{receiver.name} hears no event {str(word)!r}{' from there' if source else ''}", cure
            )
        if len(matching) > 1:
            raise self.error(word, f"{str(word)!r} may be {' or '.join(matching)}", "write 'from' and the sender")
        return Sent(matching[0], receiver.name)

    # --- conditions

    def condition(self, node: Node) -> Expr:
        """A condition over global names, in negation normal form."""
        match node:
            case Tree("paren", [Tree() as inner]):
                return self.condition(inner)
            case Tree("not_", [Tree() as inner]):
                return neg(self.condition(inner))
            case Tree("and_", parts):
                return conj(*(self.condition(part) for part in parts if isinstance(part, Tree)))
            case Tree("or_", parts):
                return disj(*self.alternatives([part for part in parts if isinstance(part, Tree)]))
            case Tree("compare", [Tree() as operand, Token() as sign, Tree() as right]):
                return self.comparison(operand, OPERATORS[" ".join(sign.lower().split())], right)
            case Tree("bare", [Tree() as operand]):
                return self.bare(operand)
        raise self.error(node, "not a condition", "write 'DEVICE is STATE'")

    def alternatives(self, parts: list[Node]) -> Iterator[Expr]:
        """The parts of a disjunction; 'x is a or b' is one part."""
        at = 0
        while at < len(parts):
            part, words = parts[at], list[Token]()
            while part.data == "compare" and at + 1 < len(parts) and (word := self.continues(part, parts[at + 1])):
                words.append(word)
                at += 1
            at += 1
            if words:
                yield self.among(_tree(part, 0), [_words(_tree(part, 2))[0], *words])
            else:
                yield self.condition(part)

    def continues(self, compare: Node, node: Node) -> Token | None:
        """The word 'b' of 'x is a or b', if it is a value of x."""
        words = _words(_tree(node, 0)) if node.data == "bare" else []
        right = _tree(compare, 2)
        if len(words) != 1 or "." in words[0] or right.data != "name":
            return None
        try:
            self.among(_tree(compare, 0), [_words(right)[0], words[0]])
        except InputError:
            return None
        if str(compare.children[1]).lower() != "is":
            raise self.error(compare, "'is not A or B' can be read in two ways", "write 'not (X is A or B)'")
        return words[0]

    def comparison(self, operand: Node, op: str, right: Node) -> Expr:
        word = _words(right)[0]
        if right.data == "name" and op in ("==", "!="):
            same = self.among(operand, [word])
            return same if op == "==" else neg(same)
        datum = self.datum(operand)
        if not isinstance(datum.domain, Whole):
            raise self.error(operand, f"'{self.words(operand)}' is not a number", "compare it with 'is' or 'is not'")
        if right.data == "int":
            return Compare(op, datum.expr, Const(int(parse_number(word.lstrip("-"))) * (-1 if word[0] == "-" else 1)))
        return Compare(op, datum.expr, self.datum(right).expr)

    def among(self, operand: Node, values: list[Token]) -> Expr:
        """That the operand has one of the values. A device alone stands for its state, or else for its one output."""
        words = _words(operand)
        instance = self.instance(words[0]) if len(words) == 1 and "." not in words[0] else None
        if instance is None:
            return self.has(self.datum(operand), values)
        machine = instance.machine
        location = Datum(Name(f"{instance.name}.{STATE}"), machine.locations)
        if all(find(value, machine.locations.names) for value in values):
            return self.has(location, values)
        outputs = list(machine.outputs.items())
        for output, domain in outputs:
            if len(outputs) == 1 and all(find(value, domain.names) for value in values):
                return self.has(Datum(Name(f"{instance.name}.{output}"), domain), values)
        known = [*machine.locations.names, *(name for _, domain in outputs[:1] for name in domain.names)]
        wrong = next((value for value in values if not find(value, known)), values[0])
        cure = did_you_mean(wrong, known)
        if len(outputs) > 1:
            cure += f"; its outputs are written {', '.join(f'{instance.name}.{output}' for output, _ in outputs)}"
        raise self.error(wrong, f"{str(wrong)!r} is neither a state nor the output of {instance.name}", cure)

    def has(self, datum: Datum, values: list[Token]) -> Expr:
        found = tuple(self.literal(datum, value) for value in values)
        if isinstance(datum.expr, Param):
            return disj(*(datum.expr if value else neg(datum.expr) for value in found))
        if len(found) == 1:
            return Compare("==", datum.expr, Const(found[0]))
        return one_of(datum.expr, found)

    def literal(self, datum: Datum, word: Token) -> Value:
        known = ("yes", "no") if isinstance(datum.domain, Bool) else tuple(map(str, datum.domain.values()))
        name = find(word, known)
        if name is None or isinstance(datum.domain, Whole):
            raise self.error(word, f"'{datum.expr.name}' is never {str(word)!r}", did_you_mean(word, known))
        return name == "yes" if isinstance(datum.domain, Bool) else name

    def bare(self, operand: Node) -> Expr:
        words = _words(operand)
        if len(words) == 1 and "." not in words[0] and (instance := self.instance(words[0])):
            cure = f"write '{instance.name} is STATE', or put 'X is A or B' in parentheses"
            raise self.error(operand, f"'{self.words(operand)}' is a device, not a condition", cure)
        datum = self.datum(operand)
        if not isinstance(datum.domain, Bool):
            cure = f"write '{datum.expr.name} is ...'"
            raise self.error(operand, f"'{self.words(operand)}' is not a condition", cure)
        return datum.expr

    # --- data

    def datum(self, operand: Node) -> Datum:
        """The location, output, variable or parameter that an operand names."""
        words = _words(operand)
        owner, _, member = str(words[0]).partition(".")
        if len(words) == 2:
            owner, member = str(words[0]), str(words[1])
        known = {found.expr.name: found for instance in self.network.instances for found in data_of(instance)}
        if member:
            instance = self.instance(words[0].update(value=owner))
            if instance is None:
                raise self.unknown(words[0].update(value=owner), "device", self.device_names())
            own = {found.expr.name.partition(".")[2]: found for found in data_of(instance)}
            name = find(member, own)
            if name is None:
                raise self.error(words[-1], f"{instance.name} has no {member!r}", did_you_mean(member, own))
            return own[name]
        alike = [full for full in known if find(owner, [full.partition(".")[2]]) and not full.endswith(f".{STATE}")]
        if not alike:
            raise self.unknown(words[0], "name", [*self.device_names(), *(name.partition(".")[2] for name in known)])
        if len(alike) > 1:
            raise self.error(words[0], f"{owner!r} may be {' or '.join(alike)}", "write one of them")
        return known[alike[0]]

    def output(self, instance: Instance, pair: Node) -> Expr:
        """That an output of the instance has the value, of 'keep OUTPUT VALUE'."""
        operand, value = _tree(pair, 0), _words(_tree(pair, 1))[0]
        words = _words(operand)
        outputs = instance.machine.outputs
        owner, _, name = str(words[0]).rpartition(".") if len(words) == 1 else (str(words[0]), "", str(words[1]))
        found = find(name, outputs)
        if found is None or (owner and self.instance(words[0].update(value=owner)) != instance):
            raise self.error(
                operand, f"{instance.name} gives no output '{self.words(operand)}'", did_you_mean(name, outputs)
            )
        return self.has(Datum(Name(f"{instance.name}.{found}"), outputs[found]), [value])

    def states(self, instance: Instance, values: Node) -> Expr:
        """That the instance is in one of the states (or gives one of the values of its one output)."""
        return self.of_values(Tree("operand", [Token("NAME", instance.name)]), values)

    def of_values(self, operand: Node, values: Node) -> Expr:
        """That the operand has one of the listed values."""
        return self.among(operand, [_words(value)[0] for value in values.children if isinstance(value, Tree)])

    def words(self, node: Node) -> str:
        return self.text[node.meta.start_pos : node.meta.end_pos]

    # --- durations

    def duration(self, node: Node) -> Expr:
        """A duration: literals, parameters of the sentence (as constants) and of the network, sums and multiples."""
        match node:
            case Tree("quantity", [Token() as word]):
                return Const(parse_duration(word, place_at(self.place, self.text, word.start_pos or 0)))
            case Tree("sum", parts):
                return plus(*(self.duration(part) for part in parts if isinstance(part, Tree)))
            case Tree("times", [Token() as word, Tree() as item]):
                factor = parse_number(word, place_at(self.place, self.text, word.start_pos or 0))
                inner = self.duration(item)
                if isinstance(inner, Const) and isinstance(inner.value, Fraction):
                    return Const(factor * inner.value)
                return Times(factor, inner)
        word = _words(node)[0]
        name = find(word, self.parameters)
        if name is not None:
            return Const(self.parameters[name])
        known = {full: full for full, parameter in self.network.parameters.items() if _is_duration(parameter)}
        known |= {full.replace(".", "_"): full for full in known}
        name = find(word, known)
        if name is None:
            raise self.unknown(word, "duration", [*self.parameters, *known])
        return Param(known[name])


def data_of(instance: Instance) -> Iterator[Datum]:
    """Everything of an instance that has a value: location, outputs, variables, parameters that are no durations."""
    machine = instance.machine
    yield Datum(Name(f"{instance.name}.{STATE}"), machine.locations)
    for output, domain in machine.outputs.items():
        yield Datum(Name(f"{instance.name}.{output}"), domain)
    for variable in machine.variables:
        yield Datum(Name(f"{instance.name}.{variable.name}"), variable.domain)
    for parameter in machine.parameters:
        if not _is_duration(parameter):
            kind = Bool() if isinstance(parameter.value, bool) else Whole(0, 0)
            yield Datum(Param(f"{instance.name}.{parameter.name}"), kind)


def heard_by(instance: Instance) -> Iterator[str]:
    """The events that an instance hears, by global name."""
    for port in instance.machine.ports:
        yield from (f"{sender}.{event}" for sender in instance.wired(port.name) for event in port.hears)


def _is_duration(parameter: Parameter) -> bool:
    value = parameter.value
    return isinstance(value.low if isinstance(value, Range) else value, Fraction)


def _tree(node: Node, index: int) -> Node:
    part = node.children[index]
    assert isinstance(part, Tree)
    return part


def _words(node: Node) -> list[Token]:
    """The words of a node from left to right, articles left out."""
    return [token for token in node.scan_values(lambda part: isinstance(part, Token)) if token.type != "ARTICLE"]
