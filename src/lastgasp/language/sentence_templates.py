"""The templates of sentences as data, for the page of the grammar and for suggestions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """One form of sentence: its name, its words (capitals are filled in), an example, its formal meaning.

    Brackets are optional parts, a bar separates alternatives, ``C`` is a condition, ``D`` and ``L`` are durations.
    """

    name: str
    form: str
    example: str
    meaning: str


TEMPLATES: tuple[Template, ...] = (
    Template(
        "never",
        "[While C,] SUBJECT shall not|never be STATE | keep OUTPUT VALUE [for more than|at least D].",
        "While supply is on, meter shall not keep dc off for more than 3 min.",
        "No unbroken period of C together with the state or value gets older than D (for 'at least': reaches D). "
        "Without D: it never lasts a positive time.",
    ),
    Template(
        "always",
        "[While C,] SUBJECT shall always be STATE | keep OUTPUT VALUE.",
        "While meter is running, meter shall always keep dc on.",
        "C together with the opposite never lasts a positive time.",
    ),
    Template(
        "never hold",
        "[While C,] CONDITION shall never hold [for more than|at least D].",
        "While supply is on, (hub is booting and dc is off) shall never hold for more than 1 min.",
        "As 'never', for any condition. Binds nobody.",
    ),
    Template(
        "keeps for",
        "SUBJECT shall be STATE | keep OUTPUT VALUE for more than|at least D [each time].",
        "meter shall keep dc off for at least 1/50 s each time.",
        "Each period of the state or value that ends has at its end an age of at least D (for 'more than': more).",
    ),
    Template(
        "lasts",
        "CONDITION shall last more than|at least D [each time].",
        "supply is on shall last at least 1 h each time.",
        "As 'keeps for', for any condition. Binds nobody.",
    ),
    Template(
        "responds",
        "When C | C has held for more than|at least D | X has been VALUE for more than|at least D, SUBJECT shall "
        "[by then or] immediately | within D | no later than D | in less than D send EVENT | be "
        "STATE | keep OUTPUT VALUE"
        "[, even if it ends].",
        "When dc has been off for more than 3 min, hub shall within 10 s send power_lost.",
        "Each period of C in which it has held so long opens a duty at that instant, with its "
        "deadline D later. The duty "
        "lapses when the period ends, unless 'even if it ends'. With 'by then', a send since the period began counts. "
        "One send answers all open duties. 'More than D' followed by no time at all is refused.",
    ),
    Template(
        "reacts",
        "When SUBJECT sends EVENT | receives EVENT [from SENDER], SUBJECT shall immediately | "
        "within D | in less than D "
        "send EVENT | be STATE | keep OUTPUT VALUE.",
        "When office receives power_lost, office shall within 30 s send alarm.",
        "Each such step opens a duty that never lapses; any later step, or the state at any instant "
        "up to the deadline, "
        "answers it.",
    ),
    Template(
        "sends only if",
        "SUBJECT shall send EVENT only if|only while C [has held for more than|at least D].",
        "hub shall send power_lost only if dc has been off for more than 3 min.",
        "Each send finds C holding before the step, for long enough.",
    ),
    Template(
        "does not send",
        "SUBJECT shall never send EVENT. | While C, SUBJECT shall not send EVENT.",
        "While dc is on, hub shall not send power_lost.",
        "No send finds C holding before the step.",
    ),
    Template(
        "sends only after",
        "SUBJECT shall send EVENT only if it has received EVENT [from SENDER] | SENDER has sent "
        "EVENT since the last EVENT.",
        "office shall send alarm only if it has received power_lost since the last alarm.",
        "Each send is preceded by the other event, later than the previous send.",
    ),
    Template(
        "sends apart",
        "SUBJECT shall send EVENT not before D after the last EVENT. | SUBJECT shall not send EVENT "
        "within D of the last EVENT.",
        "office shall send alarm not before 10 min after the last alarm.",
        "Two successive sends are at least D apart; exactly D is allowed in both wordings.",
    ),
    Template(
        "sends once per",
        "SUBJECT shall send EVENT at most once while C.",
        "hub shall send power_lost at most once while dc is off.",
        "At most one send finds each period of C, holding before the step.",
    ),
    Template(
        "sends not for",
        "For D after X becomes VALUE | it becomes true that C, SUBJECT shall not send EVENT.",
        "For 1 min after dc becomes on, hub shall not send power_lost.",
        "No send comes earlier than D after C last became true, the start of the run included.",
    ),
    Template(
        "answers",
        "SUBJECT shall send EVENT only for a period of C | a NOUN outage of more than D | at least D | any length"
        "[, no later than L after its end][, each period|outage answering at most one EVENT].",
        "office shall send alarm only for a supply outage of more than 3 min, each outage answering at most one alarm.",
        "Each send has a period of C, going on or ended at most L before, of that length up to the send; with 'each', "
        "every send has a period of its own. 'A NOUN outage' is a period in which NOUN is off.",
    ),
    Template(
        "possible",
        "It is possible that C [holds for more than|at least D].",
        "It is possible that hub is alerted.",
        "Some run has a period of C of a positive time, or of that length.",
    ),
    Template(
        "possible event",
        "It is possible that X sends EVENT | receives EVENT [from SENDER] [while C].",
        "It is possible that office sends alarm while dc is off.",
        "Some run has such a step, with C holding before it.",
    ),
)
"""Every template, in the order of the grammar's page."""
