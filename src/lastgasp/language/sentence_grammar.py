"""Step one of reading a sentence: its text against the closed grammar, and what to say where it does not fit.

``sentence.lark`` holds the rules; the phrases, which are also what an error can say was expected, are here.
"""

from __future__ import annotations

import re
from functools import cache

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from lastgasp.errors import InputError, Place
from lastgasp.language.conditions import grammar
from lastgasp.language.places import place_at, refusal
from lastgasp.validate import did_you_mean

PHRASES: dict[str, str] = {
    "_WHILE": "while",
    "_WHEN": "when",
    "_FOR": "for",
    "_POSSIBLE": "it is possible that",
    "_SHALL": "shall",
    "_SHALL_NOT": "shall not",
    "_SHALL_NEVER": "shall never",
    "_ALWAYS": "always",
    "_KEEP": "keep",
    "_TURN": "turn",
    "_BE": "be",
    "_SEND": "send",
    "_HOLD": "hold",
    "_LAST": "last",
    "MORE_THAN": "more than",
    "AT_LEAST": "at least",
    "_EACH_TIME": "each time",
    "_ONLY_IF": "only if",
    "_ONLY_WHILE": "only while",
    "_ONLY_IF_RECEIVED": "only if it has received",
    "_SINCE_THE_LAST": "since the last",
    "_HAS_SENT": "has sent",
    "_HAS_HELD": "has held",
    "_HAS_BEEN": "has been",
    "_SENDS": "sends",
    "_RECEIVES": "receives",
    "_FROM": "from",
    "_BECOMES": "becomes",
    "_BECOMES_TRUE_THAT": "it becomes true that",
    "_AFTER": "after",
    "_NOT_BEFORE": "not before",
    "_AFTER_THE_LAST": "after the last",
    "_OF_THE_LAST": "of the last",
    "_AT_MOST_ONCE_WHILE": "at most once while",
    "_ONLY_FOR": "only for",
    "_A_PERIOD_OF": "a period of",
    "_OUTAGE": "outage",
    "_OF": "of",
    "_ANY_LENGTH": "any length",
    "_AFTER_ITS_END": "after its end",
    "_EACH_ANSWERS": "each (?:outage|period) answering at most one",
    "_IMMEDIATELY": "immediately",
    "_WITHIN": "within",
    "_NO_LATER_THAN": "no later than",
    "_IN_LESS_THAN": "in less than",
    "_BY_THEN": "by then",
    "_BY_THEN_OR": "by then or",
    "_EVEN_IF_IT_ENDS": "even if it ends",
    "_HOLDS": "holds",
    "_OR": "or",
    "_AND": "and",
    "_NOT": "not",
}
"""The fixed phrases by terminal. White space may be a line break, and upper or lower case is the same."""

VAGUE: dict[str, str] = {
    "soon": "names no time",
    "promptly": "names no time",
    "quickly": "names no time",
    "shortly": "names no time",
    "timely": "names no time",
    "eventually": "has no deadline, so nothing could break it",
    "normally": "leaves open when it does not apply",
    "usually": "leaves open when it does not apply",
    "typically": "leaves open when it does not apply",
    "approximately": "leaves the limit open",
    "month": "has no fixed length",
    "months": "has no fixed length",
}
"""Words refused wherever they stand."""

_EXACT = "write 'immediately', 'within D', 'in less than D' or 'for more than D' with a duration such as '3 min'"
_INSTEAD: dict[str, tuple[str, str]] = {
    "after": (
        "'after' does not say whether a limit is a least or a most",
        "write 'within D' or 'has held for at least D'",
    ),
    "must": ("a duty is said with 'shall'", "write 'shall'"),
    "should": ("'should' binds nobody", "write 'shall'"),
    "may": ("'may' forbids nothing", "write 'It is possible that ...' for what can happen"),
    "can": ("'can' forbids nothing", "write 'It is possible that ...' for what can happen"),
    "will": ("'will' binds nobody", "write 'shall'"),
    "if": (
        "'if' does not say whether it counts once or all the time",
        "write 'When ...' for an instant, 'While ...' for as long as",
    ),
    "until": ("'until' is not a word of this grammar", "write 'While NOT-YET, ...'"),
    "unless": ("'unless' is not a word of this grammar", "write 'While not (...), ...'"),
    "during": ("'during' is not a word of this grammar", "write 'While ...'"),
    "before": ("'before' leaves open whether the limit is included", "write 'in less than D' or 'within D'"),
    "whenever": (
        "'whenever' is not a word of this grammar",
        "write 'When ...' for an instant, 'While ...' for as long as",
    ),
}
_SIGNS = {
    "_STOP": "'.'",
    "COMMA": "','",
    "COMPARE": "'is'",
    "QUANTITY": "a duration",
    "NUMBER": "",
    "INT": "",
    "NAME": "a name",
    "ARTICLE": "",
    "_OF_IT": "",
    "LPAR": "",
    "RPAR": "')'",
    "PLUS": "",
    "STAR": "'*'",
    "$END": "nothing more after the full stop",
}
MAX_LENGTH = 4000
MAX_NESTING = 40


def _pattern(phrase: str) -> str:
    return phrase.replace(" ", r"\s+").replace("a\\s+period", r"an?y?\s+period") + r"(?![\w-])"


@cache
def _lark() -> Lark:
    phrases = "".join(f"{name}.{2 + len(phrase.split())}: /{_pattern(phrase)}/i\n" for name, phrase in PHRASES.items())
    followers = "|".join({phrase.split()[0] for phrase in PHRASES.values()} | {"is"})
    signs = (
        f"ARTICLE.1: /(?:the|an|a)\\s+(?!(?:{followers})(?![\\w-]))(?=\\w)/i\n"
        "COMPARE.3: /is\\s+not(?![\\w-])|is(?![\\w-])|[<>=!]=|[<>=]/i\n"
        "_OF_IT.3: /['’]s(?![\\w-])/\n"
        "NAME: /[A-Za-z_]\\w*(-\\w+)*(\\.[A-Za-z_]\\w*(-\\w+)*)?/\n"
        "INT: /-?\\d+/\n"
        "NUMBER: /\\d+(\\.\\d+|\\/\\d+)?/\n"
        '_STOP: "."\n'
        "%ignore /\\s+/\n"
    )
    return Lark(
        grammar("sentence.lark") + phrases + signs, parser="lalr", propagate_positions=True, maybe_placeholders=False
    )


def sentence_tree(text: str, place: Place | None = None) -> Tree[Token]:
    """The sentence as a tree with offsets, read to its full stop. Raises :class:`InputError` at the first misfit."""
    if len(text) > MAX_LENGTH or len(re.findall(r"[(*]|\bnot\b", text, re.IGNORECASE)) > MAX_NESTING:
        raise refusal("the sentence is too long, or nested too deep", "split it into several sentences", place)
    for found in re.finditer(rf"\b(?:{'|'.join(VAGUE)})\b", text, re.IGNORECASE):
        word = found[0].lower()
        cure = "write a number of days" if word.startswith("month") else _EXACT
        raise refusal(f"'{found[0]}' {VAGUE[word]}", cure, place_at(place, text, found.start()))
    try:
        return _lark().parse(text)
    except UnexpectedInput as error:
        raise _misfit(error, text, place) from None


def _misfit(error: UnexpectedInput, text: str, place: Place | None) -> InputError:
    """What was expected where the sentence stops to fit, and the nearest known word."""
    offset, expected = len(text.rstrip()), set[str]()
    if isinstance(error, UnexpectedCharacters):
        offset, expected = error.pos_in_stream or 0, set(error.allowed or ())
    elif isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        if error.token.type != "$END":
            offset = error.token.start_pos or 0
    here = place_at(place, text, offset)
    found = re.match(r"[\w-]+(?:\.\w+)?|\S", text[offset:])
    if expected == {"$END"}:
        return refusal("more text after the full stop", "write one sentence in each entry", here)
    if found is None:
        what = "the sentence has no full stop" if "_STOP" in expected else "the sentence ends too early"
        return refusal(what, f"expected here: {_listed(expected)}", here)
    word, first = found[0].lower(), text.split()[0].lower()
    if word in _INSTEAD:
        return refusal(*_INSTEAD[word], here)
    if first in _INSTEAD:
        return refusal(*_INSTEAD[first], place_at(place, text, 0))
    if ("_WITHIN" in expected and "_BE" not in expected) and word == ".":
        return refusal("the sentence does not say by when", _EXACT, here)
    if expected == {"STAR"}:
        return refusal("the number before has no unit of time", "write a unit, such as '3 min'", here)
    if not re.match(r"[\w.,()'’<>=+*-]", word):
        return refusal(f"the sign '{word}' is not used in sentences", "delete it", here)
    hint = _nearest(text[offset:].lower().split(), [PHRASES[name] for name in PHRASES if name in expected])
    return refusal(f"'{found[0]}' does not fit here", f"expected here: {_listed(expected)}{hint}", here)


def _nearest(words: list[str], phrases: list[str]) -> str:
    """The expected phrase that is most like the words that stand there."""
    for phrase in phrases:
        written = " ".join(words[: len(phrase.split())]).rstrip(".,")
        if did_you_mean(written, [phrase]).startswith("did you"):
            return f"; did you mean {phrase!r}?"
    return ""


def _listed(expected: set[str]) -> str:
    """The expected terminals in words, the alternatives of one kind once."""
    words = [f"'{PHRASES[name].replace('(?:outage|period)', 'period')}'" for name in PHRASES if name in expected]
    words = [sign for name, sign in _SIGNS.items() if name in expected and sign] + words
    return ", ".join(dict.fromkeys(words)) or "another word"
