"""A study: every file of a folder read together, with every problem of every file told at once; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lastgasp.claim import Claim
from lastgasp.errors import InputError, Place, Problem
from lastgasp.expr import duration_text
from lastgasp.language.claim_files import claim_data, read_claim
from lastgasp.language.durations import parse_duration
from lastgasp.language.keys import KINDS
from lastgasp.language.machines import (
    fields,
    line,
    named,
    read_machine,
    read_network,
    read_parameters,
    read_profile,
    start,
    words,
)
from lastgasp.language.places import refusal
from lastgasp.language.sentence_grammar import sentence_tree
from lastgasp.language.shapes import shape_problems
from lastgasp.language.writing import block, filled, machine_to_yaml, network_to_yaml, parameters_data, profiles_to_yaml
from lastgasp.language.yaml_source import Mapping as YamlMapping
from lastgasp.language.yaml_source import Node, Sequence, read_yaml
from lastgasp.machine import Machine, Parameter
from lastgasp.network import Network
from lastgasp.study import (
    Assumption,
    Classification,
    Clause,
    Condition,
    Expectation,
    Explanation,
    FailureClass,
    Goal,
    Overview,
    Profile,
    Proposal,
    Reading,
    Study,
    claim_problems,
    study_problems,
)
from lastgasp.validate import did_you_mean

_T = TypeVar("_T", Goal, Assumption, Clause, Reading)
FOLDERS = ("models", "properties")
READ = ("goal", "clause", "assumption")
CLASS_KEYS = ("long", "short", "never", "mixed")
CLAUSE_TEXTS = ("party", "document", "version", "source", "wording", "sha256", "status")


def study_files(folder: Path) -> list[Path]:
    """The YAML files of a study, sorted: those under ``models`` and ``properties``, or all where neither exists.

    Files and folders whose names start with a dot belong to other programs.
    """
    roots = [folder / name for name in FOLDERS if (folder / name).is_dir()] or [folder]
    found = [path for root in roots for path in root.rglob("*.y*ml") if path.suffix in (".yaml", ".yml")]
    hidden = [path for path in found if any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return sorted(path for path in found if path.is_file() and path not in hidden)


def load_study(folder: Path, left_out: list[Problem] | None = None) -> Study:
    """The study in a folder. Raises :class:`InputError` with every problem of every file, by file and line.

    Where ``left_out`` is given, it takes the problems that touch single installations and claims only (a machine that
    is missing, a proposal that there is not); the study is then what is left without these.
    """
    if not folder.is_dir():
        what = f"{str(folder)!r} is a file, not a folder" if folder.exists() else f"there is no folder {str(folder)!r}"
        raise refusal(what, "name a folder with YAML files", None)
    paths = study_files(folder)
    if not paths:
        raise refusal(f"no *.yaml file under {str(folder)!r}", "add a file that starts with 'machine: NAME'", None)
    reader = _StudyReader()
    for path in paths:
        try:
            if path.suffix == ".yml":
                cure = f"rename it to {path.with_suffix('.yaml').name}"
                raise refusal("files that end in .yml are not read", cure, Place(str(path)))
            reader.file(read_yaml(path))
        except InputError as error:
            reader.found.extend(error.problems)
            reader.unread = True
    study, apart = _whole_claims(reader.study())
    if left_out is None:
        reader.found += reader.lacking
    else:
        left_out += sorted([*reader.lacking, *apart], key=_by_place)
        apart, lost = [], reader.lost
        kept = tuple(item for item in study.expectations if item.installation not in lost)
        odd = tuple(
            replace(item, installations=tuple(name for name in item.installations if name not in lost))
            for item in study.explanations
            if not item.installations or not lost.issuperset(item.installations)
        )
        shown = tuple(name for name in study.overview.installations if name not in lost)
        overview = replace(study.overview, installations=shown)
        study = replace(study, expectations=kept, explanations=odd, overview=overview)
    found = list(dict.fromkeys(reader.found or [*study_problems(study), *apart]))
    if found:
        raise InputError(sorted(found, key=_by_place))
    return study


def _whole_claims(study: Study) -> tuple[Study, list[Problem]]:
    """The study with those of its claims whose parts are all there, and what is wrong with the others."""
    wrong = {name: list(claim_problems(study, claim)) for name, claim in study.claims.items()}
    kept = {name: claim for name, claim in study.claims.items() if not wrong[name]}
    return replace(study, claims=kept), [problem for problems in wrong.values() for problem in problems]


def _by_place(problem: Problem) -> Place:
    return problem.place or Place("")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class _StudyReader:
    """Collects the parts of a study, and what is wrong with them."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self.lacking: list[Problem] = []
        self.lost: set[str] = set()
        self.places: dict[tuple[str, str], Place] = {}
        self.broken: set[str] = set()
        self.unread = False
        self.machines: dict[str, Machine] = {}
        self.installation_nodes: list[Node] = []
        self.profiles: dict[str, Profile] = {}
        self.goals: dict[str, Goal] = {}
        self.clauses: dict[str, Clause] = {}
        self.assumptions: dict[str, Assumption] = {}
        self.proposals: dict[str, Proposal] = {}
        self.claims: dict[str, Claim] = {}
        self.readings: dict[str, Reading] = {}
        self.expectations: list[Expectation] = []
        self.classifications: list[Classification] = []
        self.explanations: list[Explanation] = []
        self.overview = Overview()

    def file(self, node: Node) -> None:
        """Read one file; installations wait until every machine is there."""
        keys = [key for key, _ in node.entries] if isinstance(node, YamlMapping) else []
        kind = next((key.text for key in keys if key.text in KINDS), None)
        if kind is None:
            cure = did_you_mean(keys[0].text, KINDS) if keys else f"start it with one of {', '.join(KINDS)}"
            first = f"the file starts with {keys[0].text!r}" if keys else "the file has no keys"
            raise refusal(f"{first}, which tells no kind of file", cure, node.place)
        problems = list(shape_problems(node, KINDS[kind]))
        self.found.extend(problems)
        if problems:
            self.broken.add(line(fields(node)[kind]))
        elif kind == "machine":
            self.machine(node)
        elif kind == "installation":
            self.installation_nodes.append(node)
        elif kind == "expectations":
            for item in _items(fields(node)[kind]):
                self.expectations += _expectations(item)
        elif kind == "oddities":
            self.explanations += [_explanation(item) for item in _items(fields(node)[kind])]
        elif kind == "overview":
            if self.new(kind, "", node.place):
                parts = fields(fields(node)[kind])
                shown = [words(parts.get(part)) for part in ("installations", "proposals")]
                self.overview = Overview(shown[0], shown[1], node.place)
        elif kind == "classes":
            self.classifications += [_classification(item) for item in _items(fields(node)[kind])]
        else:
            self.sentences_file(kind, node)

    def machine(self, node: Node) -> None:
        name = line(fields(node)["machine"])
        machine = read_machine(node, self.found)
        if machine is None:
            self.broken.add(name)
        elif self.new("machine", name, node.place):
            self.machines[name] = machine

    def new(self, kind: str, name: str, place: Place) -> bool:
        """Whether the name is not taken; a second one is a problem."""
        first = self.places.setdefault((kind, name), place)
        if first is not place:
            self.found.append(Problem(f"a second {kind} {name!r}", f"the first is at {first}; rename one", place))
        return first is place

    def sentences_file(self, kind: str, node: Node) -> None:
        keys = fields(node)
        before = len(self.found)
        shared = {parameter.name: parameter for parameter in read_parameters(keys.get("parameters"), self.found)}
        parameters = shared if len(self.found) == before else {}
        singular = kind.removesuffix("s")
        table: dict[str, Any] = getattr(self, kind)
        for name, place, part in named(keys[kind]):
            if self.new(singular, name, place):
                table[name] = self.part(singular, name, place, part, parameters)

    def part(self, kind: str, name: str, place: Place, node: Node, parameters: Mapping[str, Parameter]) -> _Named:
        keys = fields(node)
        title, source = line(keys.get("title")), line(keys.get("source"))
        if kind == "profile":
            return read_profile(name, place, node, self.found)
        if kind == "claim":
            return self.claim(read_claim(name, place, node))
        if kind == "proposal":
            clauses, assumptions = words(keys.get("clauses")), words(keys.get("assumptions"))
            return Proposal(name, clauses, assumptions, title, words(keys.get("about")), place)
        sentence = self.sentence(keys["sentence"])
        stands, about = start(keys["sentence"]), words(keys.get("about"))
        if kind == "clause":
            texts = {key: line(keys[key]) for key in CLAUSE_TEXTS}
            return Clause(name, sentence, **texts, title=title, about=about, parameters=parameters, place=stands)
        if kind == "reading":
            (read,) = (key for key in READ if key in keys)
            return Reading(name, read, line(keys[read]), sentence, title, source, parameters, stands)
        make: Callable[..., Goal | Assumption] = Goal if kind == "goal" else Assumption
        return make(name, sentence, title, source, about, parameters, stands)

    def sentence(self, node: Node) -> str:
        """The text of a sentence, read once here so that a slip is told without a network."""
        self.readable(line(node), start(node))
        return line(node)

    def readable(self, text: str, place: Place | None) -> None:
        try:
            sentence_tree(text, place)
        except InputError as error:
            self.found.extend(error.problems)

    def claim(self, claim: Claim) -> Claim:
        """A claim, its sentences read once as well."""
        for check in claim.checks:
            for text in (*(check.sentence,) * bool(check.sentence), *check.given):
                self.readable(text, check.place)
        return claim

    def installation(
        self, name: str, nodes: Mapping[str, Node], read: dict[str, Network | None], after: tuple[str, ...]
    ) -> Network | None:
        """The installation of that name, those that it is like read before it; ``None`` where that cannot be."""
        if name in read:
            return read[name]
        keys = fields(nodes[name])
        base: Network | None = None
        if "like" in keys:
            like = line(keys["like"])
            if like == name or like in after:
                circle = " is like ".join(repr(item) for item in (*after, name, like))
                self.found.append(
                    Problem(f"a circle: {circle}", "let one of them list its instances", start(keys["like"]))
                )
            elif like in nodes:
                base = self.installation(like, nodes, read, (*after, name))
            elif like not in self.broken and not self.unread:
                cure = did_you_mean(like, nodes)
                self.lacking.append(Problem(f"unknown installation {like!r}", cure, start(keys["like"])))
        used = {
            line(part)
            for _, _, one in named(keys.get("with") or keys.get("instances"))
            if (part := fields(one).get("machine"))
        }
        missing = used - self.machines.keys()
        if missing & self.broken or (missing and self.unread) or ("like" in keys and base is None):
            return read.setdefault(name, None)
        return read.setdefault(name, read_network(nodes[name], self.machines, self.lacking, base))

    def study(self) -> Study:
        """All that was read, installations included; each comes after the one that it is like."""
        nodes: dict[str, Node] = {}
        for node in self.installation_nodes:
            if self.new("installation", name := line(fields(node)["installation"]), node.place):
                nodes[name] = node
        read: dict[str, Network | None] = {}
        for name in nodes:
            self.installation(name, nodes, read, ())
        self.lost |= {name for name, network in read.items() if network is None}
        installations = {name: network for name, network in read.items() if network is not None}
        return Study(
            machines=self.machines,
            installations=installations,
            profiles=self.profiles,
            goals=self.goals,
            clauses=self.clauses,
            assumptions=self.assumptions,
            proposals=self.proposals,
            expectations=tuple(self.expectations),
            classifications=tuple(self.classifications),
            claims=self.claims,
            readings=self.readings,
            explanations=tuple(self.explanations),
            overview=self.overview,
        )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _expectations(node: Node) -> Iterator[Expectation]:
    """One expectation for each combination of the goals, proposals and installations that are named."""
    keys = fields(node)
    for goal, proposal, installation in product(*(words(keys[key]) for key in ("goal", "proposal", "installation"))):
        yield Expectation(
            goal,
            proposal,
            installation,
            verdict=line(keys["verdict"]),
            classification=line(keys.get("class")),
            missing=words(keys.get("missing")),
            place=node.place,
        )


def _explanation(node: Node) -> Explanation:
    keys = fields(node)
    odd, proposals, installations = (words(keys.get(key)) for key in ("odd", "proposal", "installation"))
    return Explanation(odd, line(keys["because"]), installations, proposals, node.place)


def _classification(node: Node) -> Classification:
    keys = fields(node)
    threshold = keys["threshold"]
    classes = {
        key: FailureClass(line(fields(keys[key])["name"]), line(fields(keys[key])["words"])) for key in CLASS_KEYS
    }
    return Classification(
        words(keys["goals"]),
        Condition(line(keys["symptom"]), start(keys["symptom"])),
        Condition(line(keys["cause"]), start(keys["cause"])),
        parse_duration(line(threshold), start(threshold)),
        **classes,
        place=node.place,
    )


# --- and back ------------------------------------------------------------------------------------------------------


def study_to_yaml(study: Study) -> dict[str, str]:
    """The study as file names with their contents; :func:`load_study` of them gives an equal study."""
    files = {f"models/machines/{_slug(name)}.yaml": machine_to_yaml(item) for name, item in study.machines.items()}
    for name, network in study.installations.items():
        files[f"models/installations/{_slug(name)}.yaml"] = network_to_yaml(network)
    if study.profiles:
        files["models/profiles.yaml"] = profiles_to_yaml(study.profiles)
    files |= _sentence_files("goals", study.goals, _plain_data)
    files |= _sentence_files("assumptions", study.assumptions, _plain_data)
    files |= _sentence_files("clauses", study.clauses, _clause_data)
    files |= _sentence_files("readings", study.readings, _reading_data)
    if study.proposals:
        proposals = {name: _proposal_data(proposal) for name, proposal in study.proposals.items()}
        files["properties/proposals.yaml"] = block({"proposals": proposals}, deep=3)
    if study.claims:
        claims = {name: claim_data(claim) for name, claim in study.claims.items()}
        files["properties/claims.yaml"] = block({"claims": claims}, deep=4)
    if study.expectations:
        expectations = [_expectation_data(expectation) for expectation in study.expectations]
        files["properties/expectations.yaml"] = block({"expectations": expectations})
    if study.explanations:
        explanations = [_explanation_data(item) for item in study.explanations]
        files["properties/oddities.yaml"] = block({"oddities": explanations})
    if study.overview != Overview():
        shown = {part: list(getattr(study.overview, part)) for part in ("installations", "proposals")}
        files["properties/overview.yaml"] = block({"overview": filled(**shown)})
    if study.classifications:
        classes = [_classification_data(item) for item in study.classifications]
        files["properties/classes.yaml"] = block({"classes": classes})
    return files


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in name)


def _sentence_files(kind: str, table: Mapping[str, _T], data: Callable[[_T], dict[str, Any]]) -> dict[str, str]:
    """One file for each set of shared parameters."""
    groups: list[tuple[Mapping[str, Parameter], dict[str, Any]]] = []
    for name, item in table.items():
        group = next((parts for shared, parts in groups if shared == item.parameters), None)
        if group is None:
            groups.append((item.parameters, group := {}))
        group[name] = data(item)
    return {
        f"properties/{kind}{f'-{count}' if count else ''}.yaml": block(
            filled(parameters=parameters_data(shared)) | {kind: parts}, deep=3
        )
        for count, (shared, parts) in enumerate(groups)
    }


def _plain_data(item: Goal | Assumption) -> dict[str, Any]:
    return filled(title=item.title, about=list(item.about), sentence=item.sentence, source=item.source)


def _clause_data(clause: Clause) -> dict[str, Any]:
    texts = {key: getattr(clause, key) for key in ("title", *CLAUSE_TEXTS, "sentence")}
    return filled(about=list(clause.about), **texts)


def _reading_data(reading: Reading) -> dict[str, Any]:
    return filled(title=reading.title) | {
        reading.kind: reading.of,
        "sentence": reading.sentence,
        "source": reading.source,
    }


def _proposal_data(proposal: Proposal) -> dict[str, Any]:
    names = {key: list(getattr(proposal, key)) for key in ("about", "clauses", "assumptions")}
    return filled(title=proposal.title, **names)


def _expectation_data(item: Expectation) -> dict[str, Any]:
    names = {"goal": item.goal, "proposal": item.proposal, "installation": item.installation, "verdict": item.verdict}
    return names | filled(missing=list(item.missing), **{"class": item.classification})


def _explanation_data(item: Explanation) -> dict[str, Any]:
    scope = filled(proposal=list(item.proposals), installation=list(item.installations))
    return {"odd": list(item.odd), "because": item.because} | scope


def _classification_data(item: Classification) -> dict[str, Any]:
    data: dict[str, Any] = {
        "goals": list(item.goals),
        "symptom": item.symptom.text,
        "cause": item.cause.text,
        "threshold": duration_text(item.threshold),
    }
    for key in CLASS_KEYS:
        found: FailureClass = getattr(item, key)
        data[key] = {"name": found.name, "words": found.words}
    return data
