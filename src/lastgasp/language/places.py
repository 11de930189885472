"""Where a character of a text stands in its file, also when the text runs over several lines."""

from __future__ import annotations

from dataclasses import dataclass

from lastgasp.errors import InputError, Place, Problem


@dataclass(frozen=True, slots=True, order=True)
class TextPlace(Place):
    """The place of a text whose form in the file (``raw``) differs from its value: folded lines, escapes.

    Characters other than white space have the same order in both, which is how an offset is found again.
    """

    raw: str = ""

    def at(self, text: str, offset: int) -> Place:
        """The place of ``text[offset]``."""
        left = len("".join(text[:offset].split()))
        line, column = self.line, self.column
        for char in self.raw:
            if not char.isspace():
                if left == 0:
                    break
                left -= 1
            line, column = (line + 1, 1) if char == "\n" else (line, column + 1)
        return Place(self.file, line, column)


def place_at(place: Place | None, text: str, offset: int) -> Place | None:
    """The place of ``text[offset]``, where ``place`` is that of the text's first character."""
    match place:
        case None:
            return None
        case TextPlace():
            return place.at(text, offset)
        case Place(file, line, column):
            return Place(file, line, column + offset)


def refusal(what: str, cure: str, place: Place | None) -> InputError:
    """An error with one problem, to be raised."""
    return InputError(Problem(what, cure, place))
