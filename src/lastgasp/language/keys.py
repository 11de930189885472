"""The keys of every kind of file: the one table that the loader and the JSON Schemas are made from."""

from __future__ import annotations

from lastgasp.claim import ANSWERS, OUTCOMES
from lastgasp.language.shapes import YES_NO, Either, Key, ListOf, MapOf, Nothing, Record, Text
from lastgasp.study import STATUSES

NAME = Text("a name", name=True)
LINE = Text("a text")
NAMES = ListOf(NAME)
DURATION = Text("a duration, such as '3 min' or '3 min + sending'")

LABEL = Key("label", LINE, "a few plain words for reports")
TITLE = Key("title", LINE, "a few plain words for reports")
SOURCE = Key("source", LINE, "where this comes from")

PARAMETER = Record(
    "a parameter",
    (
        Key("value", Text("a duration, a whole number, yes or no"), "a duration, a whole number, yes or no"),
        Key("range", Text("a range, such as '0 s .. 5 min'"), "the values it may have, such as '0 s .. 5 min'"),
        LABEL,
        SOURCE,
    ),
    one_of=("value", "range"),
)
PARAMETERS = Key("parameters", MapOf(PARAMETER, "names of parameters"), "what is chosen once for the whole run")

EVENT = Record(
    "an event",
    (Key("kind", Text("a kind of event", ("broadcast", "handshake")), "broadcast (default) or handshake"), LABEL),
)
VARIABLE = Record(
    "a variable",
    (
        Key("values", NAMES, "its values, by name"),
        Key("range", Text("a range of whole numbers, such as '0 .. 3'"), "whole numbers, such as '0 .. 3'"),
        Key("bool", Text("yes", ("yes",)), "'yes' for a variable that is yes or no"),
        Key("refers to", NAMES, "ports, to one of which it refers"),
        Key("initial", Text("a first value"), "its first value", required=True),
        LABEL,
    ),
    one_of=("values", "range", "bool", "refers to"),
)
CLOCK = Record("a clock", (LABEL, Key("pauses in", ListOf(NAME, or_one=True), "states in which it stands still")))
STATE = Record(
    "a state",
    (
        Key("initial", YES_NO, "yes for the state that the machine starts in"),
        LABEL,
        Key("gives", MapOf(NAME, "names of outputs"), "outputs with the value they have in this state"),
        Key("at most", DURATION, "how long the state lasts, at most"),
        Key("less than", DURATION, "what the state lasts less than"),
        Key("urgent", YES_NO, "yes: no time passes in it"),
        Key("committed", YES_NO, "yes: no time passes in it and the next step leaves it"),
        Key("instantaneous", YES_NO, "yes: an environment state that may last no time"),
    ),
)
TRANSITION = Record(
    "a transition",
    (
        Key("from", ListOf(NAME, or_one=True), "a state, a list of states, or any", required=True),
        Key("to", NAME, "a state; without it, the transition is internal"),
        Key("on", Text("PORT.EVENT"), "taken together with the machine that sends it: PORT.EVENT"),
        Key("when", Text("a condition"), "taken as soon as the condition holds"),
        Key("after", Text("a time or a window, such as '3 min .. 5 min'"), "when the time in the state is there"),
        Key("may", Nothing(), "at any time, or never (no value)"),
        Key("if", Text("a condition"), "what must hold as well"),
        Key("set", MapOf(LINE, "names of variables"), "variables with the values they take"),
        Key("restart", ListOf(NAME, or_one=True), "clocks that start again from 0"),
        Key("send", NAME, "an event"),
        LABEL,
    ),
    one_of=("on", "when", "after", "may"),
)
MACHINE = Record(
    "a machine",
    (
        Key("machine", NAME, "its name", required=True),
        TITLE,
        Key("party", LINE, "who is bound by its clauses; none for the environment"),
        Key("reads", MapOf(MapOf(NAMES, "names of outputs"), "names of ports"), "outputs that it reads, by port"),
        Key("hears", MapOf(NAMES, "names of ports"), "events that it hears, by port"),
        Key("sends", Either(NAMES, MapOf(EVENT, "names of events")), "events that it sends"),
        PARAMETERS,
        Key("variables", MapOf(VARIABLE, "names of variables"), "its data"),
        Key("clocks", MapOf(CLOCK, "names of clocks"), "its clocks, besides the time in state"),
        Key("states", MapOf(STATE, "names of states"), "its states", required=True),
        Key("transitions", ListOf(TRANSITION), "its transitions"),
    ),
)
SETTING = Text("a duration, a whole number, yes, no, or a range")
WIRING = (
    TITLE,
    Key("also", NAMES, "further names by which sentences may call it"),
    Key(
        "wires",
        MapOf(ListOf(NAME, or_one=True), "names of ports"),
        "ports with the instance they are wired to; a list for a port that only hears",
    ),
    Key("settings", MapOf(SETTING, "names of parameters"), "parameters set here"),
)
INSTANCE = Record("an instance", (Key("machine", NAME, "the machine it is an instance of", required=True), *WIRING))
CHANGE = Record("a change of an instance", (Key("machine", NAME, "another machine, or that of a new one"), *WIRING))
INSTALLATION = Record(
    "an installation",
    (
        Key("installation", LINE, "its name", required=True),
        TITLE,
        Key("instances", MapOf(INSTANCE, "names of instances"), "machines in use, by name"),
        Key("like", LINE, "another installation, from which it differs by 'with' and 'without'"),
        Key("with", MapOf(CHANGE, "names of instances"), "instances that are new, or what differs in one of its own"),
        Key("without", ListOf(NAME, or_one=True), "instances that it does not have"),
    ),
    one_of=("instances", "like"),
)
PROFILE = Record(
    "a profile",
    (
        TITLE,
        SOURCE,
        Key("settings", MapOf(SETTING, "parameters", names=False), "INSTANCE.PARAMETER with its value", required=True),
    ),
)
SENTENCE = Key("sentence", Text("a sentence of the grammar"), "a sentence of the grammar", required=True)
ABOUT = Key("about", NAMES, "instances or parties; where one is missing, this has nothing to say")
GOAL = Record("a goal", (TITLE, ABOUT, SENTENCE, SOURCE))
ASSUMPTION = Record("an assumption", (TITLE, ABOUT, SENTENCE, SOURCE))
CLAUSE = Record(
    "a clause",
    (
        TITLE,
        ABOUT,
        Key("party", LINE, "whom it binds", required=True),
        Key("document", LINE, "the document it stands in", required=True),
        Key("version", LINE, "the version of that document", required=True),
        Key("source", LINE, "section, page or link", required=True),
        Key("wording", LINE, "the wording that the sentence formalises", required=True),
        Key("sha256", LINE, "SHA-256 of the wording", required=True),
        Key("status", Text("a status", STATUSES), "where the wording comes from", required=True),
        SENTENCE,
    ),
)
READING = Record(
    "a reading",
    (
        TITLE,
        Key("goal", LINE, "the goal that it reads in another way"),
        Key("clause", LINE, "the clause that it reads in another way"),
        Key("assumption", LINE, "the assumption that it reads in another way"),
        SENTENCE,
        Key("source", LINE, "where this reading comes from", required=True),
    ),
    one_of=("goal", "clause", "assumption"),
)
PROPOSAL = Record(
    "a proposal",
    (
        TITLE,
        ABOUT,
        Key("clauses", ListOf(LINE), "the clauses it consists of"),
        Key("assumptions", ListOf(LINE), "the assumptions it stands under"),
    ),
)
VERDICTS = ("holds", "fails", "vacuous", "undecided", "rejected")
EXPECTATION = Record(
    "an expectation",
    (
        Key("goal", ListOf(LINE, or_one=True), "the goal, or a list of them", required=True),
        Key("proposal", ListOf(LINE, or_one=True), "the proposal, or a list of them", required=True),
        Key("installation", ListOf(LINE, or_one=True), "the installation, or a list of them", required=True),
        Key("verdict", Text("a verdict", VERDICTS), "the verdict it must have", required=True),
        Key("class", LINE, "the class of the failure"),
        Key("missing", ListOf(LINE, or_one=True), "the clause that is missing, or a list: with them the goal holds"),
    ),
)
FAILURE_CLASS = Record(
    "a class of failures",
    (Key("name", LINE, "its short name", required=True), Key("words", LINE, "what it means", required=True)),
)
CLASSIFICATION = Record(
    "a classification",
    (
        Key("goals", ListOf(LINE), "the goals whose failures it tells apart", required=True),
        Key(
            "symptom",
            Text("a condition, as in a sentence"),
            "by whose last period failures are told apart",
            required=True,
        ),
        Key("cause", Text("a condition, as in a sentence"), "what may have caused the symptom", required=True),
        Key("threshold", DURATION, "more than this is long", required=True),
        Key("long", FAILURE_CLASS, "the symptom lasted longer, without the cause", required=True),
        Key("short", FAILURE_CLASS, "the symptom lasted no longer, without the cause", required=True),
        Key("never", FAILURE_CLASS, "there was no symptom", required=True),
        Key("mixed", FAILURE_CLASS, "the cause held at some time in it", required=True),
    ),
)
EXPLANATION = Record(
    "an explanation",
    (
        Key(
            "odd",
            ListOf(Text("an oddity as 'check --sanity' words it, '*' standing for anything"), or_one=True),
            "what it explains",
            required=True,
        ),
        Key("because", LINE, "why that is right", required=True),
        Key("proposal", ListOf(LINE, or_one=True), "the proposals under which it is; none: any"),
        Key("installation", ListOf(LINE, or_one=True), "the installations of which it is; none: any"),
    ),
)

STATED_KEYS = (
    Key("goal", LINE, "a goal of the study"),
    Key("sentence", Text("a sentence of the grammar"), "a sentence of its own instead of a goal"),
    Key("outcome", Text("an outcome", tuple(OUTCOMES)), "how it is said to come out"),
    Key("class", LINE, "the class of the failure that it is said to be"),
    Key("proposal", LINE, "the proposal under which it is asked; none: no clause"),
    Key("with", ListOf(LINE, or_one=True), "clauses that are added"),
    Key("without", ListOf(LINE, or_one=True), "clauses of the proposal that are left out"),
    Key("given", ListOf(Text("a sentence of the grammar"), or_one=True), "sentences that are taken as obeyed"),
    Key("installation", ListOf(LINE, or_one=True), "the installations; none: those of the overview"),
    Key("profile", LINE, "the devices in use"),
    Key("assume", ListOf(LINE, or_one=True), "further assumptions"),
    Key("apart", ListOf(LINE, or_one=True), "instances that it must come out without"),
)
STATED = Record("a check of a claim", STATED_KEYS, one_of=("goal", "sentence"))
STATED_OR_ANY = Record(
    "a check of a claim",
    (*STATED_KEYS, Key("any", ListOf(STATED), "checks of which one must come out")),
    one_of=("goal", "sentence", "any"),
)
CLAIM = Record(
    "a claim",
    (
        TITLE,
        Key("respondent", LINE, "who said it", required=True),
        Key("question", LINE, "in answer to what", required=True),
        Key("says", LINE, "what was said, in our words", required=True),
        Key("reading", ListOf(STATED_OR_ANY), "checks that must all come out as stated", required=True),
        Key("only if", ListOf(LINE, or_one=True), "clauses, or profiles, among which a condition is sought"),
        Key("rests on", ListOf(LINE, or_one=True), "parameters and clauses that no source fixes"),
        Key("expect", Text("an answer", ANSWERS), "the answer that it must have", required=True),
        Key("note", LINE, "why it is read so"),
    ),
)


def _many(kind: str, record: Record, *more: Key) -> Record:
    named = MapOf(record, f"names of {kind}", names=False)
    return Record(f"a file of {kind}", (Key(kind, named, f"{kind} by name", required=True), *more))


KINDS: dict[str, Record] = {
    "machine": MACHINE,
    "installation": INSTALLATION,
    "profiles": _many("profiles", PROFILE),
    "goals": _many("goals", GOAL, PARAMETERS),
    "clauses": _many("clauses", CLAUSE, PARAMETERS),
    "assumptions": _many("assumptions", ASSUMPTION, PARAMETERS),
    "readings": _many("readings", READING, PARAMETERS),
    "proposals": _many("proposals", PROPOSAL),
    "claims": _many("claims", CLAIM),
    "expectations": Record(
        "a file of expectations",
        (Key("expectations", ListOf(EXPECTATION), "the verdicts that checks must have", required=True),),
    ),
    "oddities": Record(
        "a file of oddities",
        (Key("oddities", ListOf(EXPLANATION), "what is odd about the models, and why it is right", required=True),),
    ),
    "overview": Record(
        "an overview",
        (
            Key(
                "overview",
                Record(
                    "what is shown where nothing is named",
                    (
                        Key("installations", ListOf(LINE), "the installations that are shown first"),
                        Key("proposals", ListOf(LINE), "the proposals that are shown first"),
                    ),
                ),
                "what is shown where nothing is named",
                required=True,
            ),
        ),
    ),
    "classes": Record(
        "a file of failure classes",
        (Key("classes", ListOf(CLASSIFICATION), "how failures of goals are told apart", required=True),),
    ),
}
"""Each kind of file by the key that tells it."""
