"""A run as swim lanes: one self-contained SVG, to scale in time, readable without colour, script or network.

Only presentation attributes are used, no style sheet, so that the picture also shows where a content security policy
allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from lastgasp.render.axis import Drawn, Stretch
from lastgasp.render.layout import CLEAR, make_scenes
from lastgasp.render.measure import LINE, Box
from lastgasp.render.scene import BAR, RADIUS, RING, Annotation, Picture, Role, Scene, Words
from lastgasp.render.table import StepRow, table
from lastgasp.render.words import time_text
from lastgasp.trace import Trace

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

INK, SOFT, LINES = "#1b2430", "#5a6675", "#c3cad3"
ALARM = "#a3162b"

FILLS = ("#eaf0f6", "#fbe3c6", "#d9ecd9", "#f4d6dc", "#e3dcf1", "#d3ecee")
STROKES = ("#7d8fa3", "#a8712a", "#4f8a55", "#a6566a", "#7663a6", "#3f8c93")
PATTERNS = (
    "",
    "M0 8L8 0M-2 2L2 -2M6 10L10 6",
    "M2 2h1M6 6h1",
    "M0 0L8 8M0 8L8 0",
    "M0 2H8M0 6H8",
    "M0 0L8 8M-2 6L2 10M6 -2L10 2",
)
"""One hatching for each fill, so that states differ without colour."""


def lanes_svg(
    trace: Trace,
    *,
    title: str = "",
    subtitle: str = "",
    classification: tuple[str, str] | None = None,
    annotations: Sequence[Annotation] = (),
    keep: Iterable[str] = (),
    order: Sequence[str] = (),
    ident: str = "run",
) -> str:
    """Draw the run as swim lanes.

    ``subtitle`` says under the title what the picture is of, ``classification`` is the class of a failure and its words
    (``("F1", "...")``), ``annotations`` are texts that speak of one device at one time, ``keep`` names devices that get
    a lane though nothing happens in them, ``order`` puts lanes in another order than that of the network. ``ident``
    begins every identifier inside the picture: give each picture on one page its own.
    """
    picture = Picture(trace, title, classification, annotations, keep, subtitle=subtitle, order=order)
    told = f"{subtitle} {described(trace, classification)}".lstrip()
    return _svg([picture], title or f"A run of {trace.network}", told, _id(ident))


def pair_svg(upper: Picture, lower: Picture, *, title: str, ident: str = "runs") -> str:
    """Draw two runs of one network, one above the other on the same axis of time; ``title`` names the whole."""
    told = [f"{picture.title}. {described(picture.trace, picture.classification)}" for picture in (upper, lower)]
    return _svg([upper, lower], title, " ".join(told), _id(ident))


def _svg(pictures: Sequence[Picture], title: str, description: str, ident: str) -> str:
    scenes = make_scenes(pictures)
    width, height = _n(max(scene.width for scene in scenes)), _n(sum(scene.height for scene in scenes))
    styles = {bar.style % len(FILLS) for scene in scenes for bar in scene.bars}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{ident}-title {ident}-desc" font-family={quoteattr(FONT)} fill="{INK}">',
        f'<title id="{ident}-title">{escape(title)}</title>',
        f'<desc id="{ident}-desc">{escape(description)}</desc>',
        *_patterns(sorted(styles), ident),
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    top = 0.0
    for scene in scenes:
        lines += [f'<g transform="translate(0 {_n(top)})">'] * bool(top)
        lines += _parts(scene, ident)
        lines += ["</g>"] * bool(top)
        top += scene.height
    return "\n".join([*lines, "</svg>"]) + "\n"


def _parts(scene: Scene, ident: str) -> Iterator[str]:
    """The picture of one run, from back to front."""
    yield from _columns(scene)
    yield from _bars(scene, ident)
    yield from _breaks(scene)
    yield from _marks(scene)
    yield from _poles(scene)
    yield from _arrows(scene)
    yield from _axis(scene)
    yield from _texts(scene)
    yield from _dots(scene)


def described(trace: Trace, classification: tuple[str, str] | None = None) -> str:
    """The run in sentences, for those who hear the picture instead of seeing it."""
    found = table(trace)
    parts = [f"{classification[0]}: {classification[1]}."] if classification else []
    for row in found.rows:
        if not isinstance(row, StepRow):
            parts.append(f"At {time_text(row.time)}: {row.words}.")
            continue
        when = f"at the same instant, {time_text(row.time)}" if row.same_instant else f"at {time_text(row.time)}"
        did = [f"{deed.device}: {deed.transition}" + (f", {deed.act}" if deed.act else "") for deed in row.deeds]
        parts.append(f"Step {row.number}, {when}: {'; '.join(did)}.")
    parts.append(f"The run is shown up to {time_text(found.end)}.")
    return " ".join(parts)


# --- writing ------------------------------------------------------------------------------------------------------


def _n(value: float) -> str:
    """A number of pixels, to a tenth; never ``-0``."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def _id(ident: str) -> str:
    return "".join(character if character.isalnum() and character.isascii() else "-" for character in ident)


def _rect(box: Box, extra: str) -> str:
    return f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" {extra}/>'


def _path(data: str, stroke: str, width: float = 1, extra: str = "") -> str:
    tail = f" {extra}" if extra else ""
    return f'<path d="{data}" fill="none" stroke="{stroke}" stroke-width="{_n(width)}"{tail}/>'


# --- parts of the picture, from back to front ---------------------------------------------------------------------


def _patterns(styles: Sequence[int], ident: str) -> Iterator[str]:
    yield "<defs>"
    for number in styles:
        yield (
            f'<pattern id="{ident}-s{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{FILLS[number]}"/>'
            + (_path(PATTERNS[number], STROKES[number], 1, 'stroke-opacity="0.45"') if PATTERNS[number] else "")
            + "</pattern>"
        )
    yield "</defs>"


def _columns(scene: Scene) -> Iterator[str]:
    """The lanes' separators, and a shaded column for each instant with several steps."""
    right = scene.width
    for lane in scene.lanes:
        yield _path(f"M0 {_n(lane.top)}H{_n(right)}", LINES, 0.7)
    bottom = scene.lanes[-1].bottom if scene.lanes else scene.top
    yield _path(f"M0 {_n(bottom)}H{_n(right)}", LINES, 0.7)
    for instant in scene.axis.instants:
        height = scene.axis_y - scene.top
        if instant.shared:
            box = Box(instant.left, scene.top, instant.right - instant.left, height)
            yield _rect(box, f'fill="#eef1f5" stroke="{SOFT}" stroke-width="0.7" stroke-dasharray="1 3"')
        else:
            yield _path(f"M{_n(instant.left)} {_n(scene.top)}V{_n(scene.axis_y)}", "#e3e7ec", 0.7)


def _bars(scene: Scene, ident: str) -> Iterator[str]:
    for bar in scene.bars:
        number = bar.style % len(FILLS)
        fill, stroke = f'fill="url(#{ident}-s{number})"', f'stroke="{STROKES[number]}"'
        box = bar.box
        end = scene.axis.right
        if not bar.open_end:
            yield _rect(box, f'{fill} {stroke} stroke-width="1"')
            continue
        if end > box.x:
            yield _rect(Box(box.x, box.y, end - box.x, box.height), f'{fill} {stroke} stroke-width="1"')
        start = max(end, box.x)
        tail = Box(start, box.y, box.right - start, box.height)
        yield _rect(tail, f'{fill} {stroke} stroke-width="1" stroke-dasharray="3 3" opacity="0.55"')
    for left, right, y in scene.underlines:
        yield _path(
            f"M{_n(left)} {_n(y - 3)}V{_n(y + 2)}M{_n(left)} {_n(y)}H{_n(right)}M{_n(right)} {_n(y - 3)}V{_n(y + 2)}",
            ALARM,
            2,
        )


def _breaks(scene: Scene) -> Iterator[str]:
    """A white cut with two slanted edges through every bar that spans a shortened wait."""
    for stretch in scene.axis.stretches:
        if stretch.drawn is not Drawn.SHORTENED:
            continue
        x = (stretch.left + stretch.right) / 2
        for lane in scene.lanes:
            top, bottom = _n(lane.bar - 3), _n(lane.bar + BAR + 3)
            left, right = f"M{_n(x - 5)} {bottom}L{_n(x - 1)} {top}", f"L{_n(x + 1)} {bottom}"
            yield f'<path d="{left}H{_n(x + 5)}{right}Z" fill="#ffffff"/>'
            yield _path(f"{left}M{_n(x + 5)} {top}{right}", SOFT)


def _marks(scene: Scene) -> Iterator[str]:
    for x in scene.marks:
        yield _path(f"M{_n(x)} {_n(scene.top)}V{_n(scene.axis_y)}", ALARM, 1.4, 'stroke-dasharray="6 4"')


def _poles(scene: Scene) -> Iterator[str]:
    for words in scene.words:
        if words.pole is not None:
            x, base, tip = words.pole
            stroke = ALARM if words.role in (Role.MARK, Role.CLAUSE) else SOFT
            yield _path(f"M{_n(x)} {_n(base)}V{_n(tip)}", stroke, 1)


def _arrows(scene: Scene) -> Iterator[str]:
    for arrow in scene.arrows:
        sense = 1 if arrow.end > arrow.start else -1
        neck = arrow.end - 9 * sense
        x = arrow.x
        yield _path(f"M{_n(x)} {_n(arrow.start)}V{_n(neck)}", INK, 1.6)
        yield f'<path d="M{_n(x - 5)} {_n(neck)}H{_n(x + 5)}L{_n(x)} {_n(arrow.end)}Z"/>'


def _axis(scene: Scene) -> Iterator[str]:
    y = scene.axis_y
    for instant in scene.axis.instants:
        yield _path(f"M{_n(instant.left)} {_n(y)}V{_n(y + 6)}M{_n(instant.left)} {_n(y)}H{_n(instant.right)}", INK, 1.4)
    for stretch in scene.axis.stretches:
        yield _axis_stretch(stretch, y)


def _axis_stretch(stretch: Stretch, y: float) -> str:
    left, right = stretch.left, stretch.right
    middle = (left + right) / 2
    match stretch.drawn:
        case Drawn.TO_SCALE:
            return _path(f"M{_n(left)} {_n(y)}H{_n(right)}", INK, 1.4)
        case Drawn.WIDENED:
            return _path(f"M{_n(left)} {_n(y)}H{_n(right)}", INK, 1.4, 'stroke-dasharray="2 4"')
        case Drawn.SHORTENED:
            zigzag = f"H{_n(middle - 9)}l4 -6l6 12l6 -12l2 6H{_n(right)}"
            return _path(f"M{_n(left)} {_n(y)}{zigzag}", INK, 1.4)


def _texts(scene: Scene) -> Iterator[str]:
    for words in scene.words:
        yield from _text(words)


def _text(words: Words) -> Iterator[str]:
    box, role = words.box, words.role
    x, colour, look, halo = box.x, INK, "", words.pole is not None
    match role:
        case Role.CLASS:
            colour = ALARM
            yield _rect(Box(box.x - 8, box.y, 3, box.height), f'fill="{ALARM}"')
        case Role.CLAUSE:
            look, halo = ' font-style="italic"', False
            yield _rect(box, f'rx="2" fill="#fff8f8" stroke="{ALARM}" stroke-width="0.8"')
        case Role.MARK:
            colour = ALARM
        case Role.INSTANT:
            look, colour = ' font-style="italic"', SOFT
        case Role.WAIT | Role.FOOT:
            colour = SOFT
        case Role.STATE if words.pole is None:
            x, look, halo = box.x + box.width / 2, ' text-anchor="middle"', True
    if words.pole is not None:
        x += CLEAR
    if role.bold:
        look += ' font-weight="bold"'
    step = words.size * LINE
    free = (box.height - step * len(words.lines)) / 2
    for number, line in enumerate(words.lines):
        y = box.y + free + number * step + words.size * 0.95
        place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(words.size)}"{look}'
        if halo:  # a white rim, so that a line behind the text does not cross it; its own element, for old viewers
            rim = 'stroke="#ffffff" stroke-width="5" stroke-linejoin="round" fill="#ffffff" aria-hidden="true"'
            yield f"<text {place} {rim}>{escape(line)}</text>"
        yield f'<text {place} fill="{colour}">{escape(line)}</text>'


def _dots(scene: Scene) -> Iterator[str]:
    for dot in scene.dots:
        if dot.ringed:
            ring = f'r="{_n(RADIUS + RING - 1)}" fill="#ffffff" stroke="{ALARM}" stroke-width="2"'
            yield f'<circle cx="{_n(dot.x)}" cy="{_n(dot.y)}" {ring}/>'
        yield f'<circle cx="{_n(dot.x)}" cy="{_n(dot.y)}" r="{_n(RADIUS)}" fill="{INK}"/>'
        yield (
            f'<text x="{_n(dot.x)}" y="{_n(dot.y + 3.6)}" font-size="10" font-weight="bold" fill="#ffffff" '
            f'text-anchor="middle">{dot.number}</text>'
        )
