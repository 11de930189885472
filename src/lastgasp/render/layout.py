"""Where everything stands in a picture of a run.

The picture grows downwards: title, marks, one lane for each device, axis, footnotes. Texts that do not fit where they
belong become flags on poles (:func:`lastgasp.render.measure.fly`), so that none covers another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lastgasp.errors import InputError
from lastgasp.machine import STATE
from lastgasp.render.axis import LABEL_SIZE, Axis, Drawn, make_axes
from lastgasp.render.measure import LINE, Box, Flag, Flown, fly, reach, text_width, wrapped
from lastgasp.render.scene import BAR, RADIUS, RING, Annotation, Arrow, Bar, Dot, Lane, Picture, Role, Scene, Words
from lastgasp.render.words import SAME_INSTANT, Deed, deeds, device_label, instances_of, state_label, time_text
from lastgasp.trace import Trace

MARGIN = 20.0
NAMES = 168.0
"""Width of the column with the names of the devices, at most."""

TAIL = 220.0
"""How far the last states are drawn beyond the end of the run, to say that it goes on."""

AXIS_ROOM = 700.0
STATE_SIZE = 12.0
NOTE_SIZE = 11.0
NOTE_WIDTH = 210.0
PAD = 5.0
CLEAR = 8.0
"""What keeps the text of a flag clear of its pole, and of an arrow that comes down beside it."""

LANE_GAP = 14.0


@dataclass(slots=True)
class _Layout:
    """What is known while the picture grows downwards."""

    trace: Trace
    axis: Axis
    names: float
    right: float
    shown: tuple[str, ...]
    deeds: list[tuple[Deed, ...]]
    ringed: Collection[int]
    y: float = MARGIN
    words: list[Words] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    underlines: list[tuple[float, float, float]] = field(default_factory=list)

    def block(self, role: Role, text: str, size: float, x: float) -> None:
        """A paragraph over the whole width from ``x``, below all that is there."""
        for line in wrapped(text, size, self.right - x, role.bold):
            width = text_width(line, size, role.bold)
            self.words.append(Words(role, (line,), size, Box(x, self.y, width, size * LINE)))
            self.y += size * LINE


def make_scene(
    trace: Trace,
    *,
    title: str = "",
    subtitle: str = "",
    classification: tuple[str, str] | None = None,
    annotations: Sequence[Annotation] = (),
    keep: Iterable[str] = (),
    order: Sequence[str] = (),
) -> Scene:
    """Decide where everything stands. :class:`InputError` where ``keep`` or an annotation names an unknown device."""
    return make_scenes([Picture(trace, title, classification, annotations, keep, subtitle=subtitle, order=order)])[0]


def make_scenes(pictures: Sequence[Picture]) -> list[Scene]:
    """The same for runs of one network that are looked at side by side: the same lanes, the same axis of time."""
    wanted = {who for p in pictures for who in chosen_lanes(p.trace, p.annotations, tuple(p.keep))[0]}
    traces = [picture.trace for picture in pictures]
    chosen, dropped = chosen_lanes(traces[0], (), tuple(wanted))
    shown = (
        *(who for who in pictures[0].order if who in chosen),
        *(who for who in chosen if who not in pictures[0].order),
    )
    labels = {who: wrapped(device_label(traces[0].labels, who), 13, NAMES, bold=True) for who in shown}
    names = max((text_width(line, 13, bold=True) for lines in labels.values() for line in lines), default=0.0)
    moments = [time for trace in traces for time, _ in trace.marks]
    notes = [note for picture in pictures for note in picture.annotations]
    moments += [time for note in notes for time in (note.time, note.until) if time is not None]
    end = max([*(trace.end for trace in traces), *moments])
    axes = make_axes([trace.times for trace in traces], moments, end, MARGIN + names + 24, AXIS_ROOM)
    return [_scene(picture, axis, labels, names, dropped) for picture, axis in zip(pictures, axes, strict=True)]


def _scene(
    picture: Picture, axis: Axis, labels: Mapping[str, tuple[str, ...]], names: float, dropped: tuple[str, ...]
) -> Scene:
    trace, notes = picture.trace, picture.annotations
    shown = tuple(labels)
    deeds_of = [deeds(trace, n) for n in range(len(trace.entries))]
    layout = _Layout(trace, axis, names, axis.right + TAIL, shown, deeds_of, picture.ringed)
    _head(layout, picture)
    top = layout.y
    for who in shown:
        _lane(layout, who, labels[who], [note for note in notes if note.instance == who])
    axis_y = _foot_axis(layout)
    if picture.footnotes:
        _footnotes(layout, dropped)
    return Scene(
        width=layout.right + MARGIN,
        height=layout.y + MARGIN,
        axis=axis,
        axis_y=axis_y,
        top=top,
        lanes=tuple(layout.lanes),
        bars=tuple(layout.bars),
        dots=tuple(_dots(layout)),
        arrows=tuple(_arrows(layout)),
        words=tuple(layout.words),
        marks=tuple(axis.at(time) for time, _ in trace.marks),
        underlines=tuple(layout.underlines),
        dropped=dropped,
    )


def chosen_lanes(
    trace: Trace, annotations: Sequence[Annotation], keep: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The devices that get a lane and those that do not: only those that do something, are kept or spoken of."""
    everyone = instances_of(trace)
    wanted = {*keep, *(note.instance for note in annotations)}
    unknown = sorted(wanted - set(everyone))
    if unknown:
        raise InputError(f"the run has no device {unknown[0]!r}; it has {', '.join(everyone)}")
    active = wanted | {move.instance for entry in trace.entries for move in entry.step.moves}
    shown = tuple(who for who in everyone if who in active) or everyone
    return shown, tuple(who for who in everyone if who not in shown)


# --- above the lanes ----------------------------------------------------------------------------------------------


def _head(layout: _Layout, picture: Picture) -> None:
    layout.block(Role.TITLE, picture.title or f"A run of {picture.trace.network}", 18, MARGIN)
    if picture.subtitle:
        layout.y += 3
        layout.block(Role.SUBTITLE, picture.subtitle, 13, MARGIN)
    if picture.classification is not None:
        layout.y += 6
        name, words = picture.classification
        layout.block(Role.CLASS, f"{name}: {words}" if words else name, 13, MARGIN + 8)
        layout.y += 4
    flags: list[tuple[Flag, Role, tuple[str, ...]]] = []
    for instant in layout.axis.instants:
        if instant.shared:
            flags.append(_flag(Role.INSTANT, SAME_INSTANT, instant.left, NOTE_SIZE))
    for time, words in layout.trace.marks:
        flags.append(_flag(Role.MARK, words, layout.axis.at(time), NOTE_SIZE))
    flown = fly([flag for flag, _, _ in flags], layout.right)
    base = layout.y + 10 + reach([flag for flag, _, _ in flags], flown)
    _raise(layout, flags, flown, base, -1)
    layout.y = base + 6


def _flag(
    role: Role, text: str, x: float, size: float, width: float = NOTE_WIDTH
) -> tuple[Flag, Role, tuple[str, ...]]:
    return _flag_of(role, wrapped(text, size, width, role.bold), x, size)


def _flag_of(role: Role, lines: tuple[str, ...], x: float, size: float) -> tuple[Flag, Role, tuple[str, ...]]:
    width = max(text_width(line, size, role.bold) for line in lines) + CLEAR + PAD
    return Flag(x, width, len(lines) * size * LINE + 4), role, lines


def _raise(
    layout: _Layout,
    flags: Sequence[tuple[Flag, Role, tuple[str, ...]]],
    flown: Sequence[Flown],
    base: float,
    sense: int,
    size: float = NOTE_SIZE,
    start: float | None = None,
) -> None:
    """Add flags above (``sense`` -1) or below (1) the line ``base``; their poles begin at ``start``, or there."""
    for (flag, role, lines), place in zip(flags, flown, strict=True):
        near = base + sense * place.distance
        top = near - flag.height if sense < 0 else near
        tip = near if place.moved else near + sense * flag.height
        box = Box(place.left, top, flag.width, flag.height)
        layout.words.append(Words(role, lines, size, box, (flag.x, base if start is None else start, tip)))


# --- one lane -----------------------------------------------------------------------------------------------------


def _lane(layout: _Layout, who: str, label: tuple[str, ...], notes: Sequence[Annotation]) -> None:
    top = layout.y + LANE_GAP / 2
    bars = _bars(layout, who)
    inside: list[tuple[Bar, float]] = []
    above: list[tuple[Flag, Role, tuple[str, ...]]] = []
    for bar in bars:
        place = _inside(layout, who, bar)
        if place is None:
            above.append(_flag(Role.STATE, bar.state, bar.box.x, NOTE_SIZE))
        else:
            inside.append((bar, place))
    flown = fly([flag for flag, _, _ in above], layout.right)
    y = top + max(4.0, reach([flag for flag, _, _ in above], flown) + 6)
    _raise(layout, above, flown, y, -1)
    for bar, x in inside:
        width = text_width(bar.state, STATE_SIZE) + 2 * PAD
        height = STATE_SIZE * LINE + 2
        box = Box(x, y + (BAR - height) / 2, width, height)
        layout.words.append(Words(Role.STATE, (bar.state,), STATE_SIZE, box))
    for bar in bars:
        box = Box(bar.box.x, y, bar.box.width, BAR)
        layout.bars.append(Bar(bar.instance, bar.state, bar.style, box, bar.open_end))
    height = len(label) * 13 * LINE
    middle = y + BAR / 2 - height / 2
    for number, line in enumerate(label):
        box = Box(MARGIN, middle + number * 13 * LINE, text_width(line, 13, bold=True), 13 * LINE)
        layout.words.append(Words(Role.DEVICE, (line,), 13, box))
    for note in notes:
        if note.until is not None:
            start, end = _place(layout, who, note.time), _place(layout, who, note.until)
            layout.underlines.append((start, end, y + BAR + 4))
    base = y + BAR + 8
    said, clauses = _deed_flags(layout, who), _clause_flags(layout, notes)
    for flags in (said, clauses):
        fallen = fly([flag for flag, _, _ in flags], layout.right)
        _raise(layout, flags, fallen, base, 1, start=y + BAR)
        base += reach([flag for flag, _, _ in flags], fallen) + (4 if flags else 0)
    bottom = max(base, middle + height) + LANE_GAP / 2
    layout.lanes.append(Lane(who, top - LANE_GAP / 2, y, bottom))
    layout.y = bottom


def _bars(layout: _Layout, who: str) -> list[Bar]:
    """The states of a device from left to right, at height 0."""
    trace, axis = layout.trace, layout.axis
    location = f"{who}.{STATE}"
    seen: dict[object, int] = {}
    found: list[Bar] = []
    state, left = trace.initial[location], axis.left
    for number, entry in enumerate(trace.entries, 1):
        after = entry.values[location]
        if after != state:
            x = axis.step(number)
            style = seen.setdefault(state, len(seen))
            found.append(Bar(who, state_label(trace.labels, who, state), style, Box(left, 0, x - left, BAR)))
            state, left = after, x
    style = seen.setdefault(state, len(seen))
    last = Box(left, 0, axis.right + TAIL - left, BAR)
    return [*found, Bar(who, state_label(trace.labels, who, state), style, last, open_end=True)]


def _inside(layout: _Layout, who: str, bar: Bar) -> float | None:
    """Where the label of a bar begins inside of it, clear of dots, arrows, marks and breaks; ``None`` if nowhere."""
    width = text_width(bar.state, STATE_SIZE) + 2 * PAD
    cuts = [(bar.box.x, bar.box.x + 2), (bar.box.right - 2, bar.box.right)]
    for number, entry in enumerate(layout.trace.entries, 1):
        x = layout.axis.step(number)
        moved = [layout.shown.index(move.instance) for move in entry.step.moves]
        if entry.step.mover.instance == who:
            room = RADIUS + (RING if number in layout.ringed else 0) + 1
            cuts.append((x - room, x + room))
        elif entry.step.event is not None and min(moved) <= layout.shown.index(who) <= max(moved):
            cuts.append((x - 3, x + 3))
    for time, _ in layout.trace.marks:
        cuts.append((layout.axis.at(time) - 2, layout.axis.at(time) + 2))
    for stretch in layout.axis.stretches:
        if stretch.drawn is Drawn.SHORTENED:
            middle = (stretch.left + stretch.right) / 2
            cuts.append((middle - 8, middle + 8))
    free = bar.box.x
    best: tuple[float, float] | None = None
    for left, right in sorted(cuts):
        room = min(left, bar.box.right) - free
        if room >= width and (best is None or room > best[0]):
            best = (room, free)
        free = max(free, right)
    return None if best is None else best[1] + (min(best[0], width + 12) - width) / 2


def _deed_flags(layout: _Layout, who: str) -> list[tuple[Flag, Role, tuple[str, ...]]]:
    """What the device did at each of its steps, in words under its bar."""
    found = []
    for number, step in enumerate(layout.deeds, 1):
        for place, deed in enumerate(step):
            if deed.instance != who:
                continue
            said = [deed.note, "" if place else deed.act, *map(str, deed.changes)]
            lines = tuple(line for text in said if text for line in wrapped(text, NOTE_SIZE, NOTE_WIDTH))
            if lines:
                found.append(_flag_of(Role.DEED, lines, layout.axis.step(number), NOTE_SIZE))
    return found


def _clause_flags(layout: _Layout, notes: Sequence[Annotation]) -> list[tuple[Flag, Role, tuple[str, ...]]]:
    return [
        _flag(Role.CLAUSE, note.text, _place(layout, note.instance, note.time), NOTE_SIZE, NOTE_WIDTH + 60)
        for note in notes
    ]


def _place(layout: _Layout, who: str, time: Fraction) -> float:
    """Where a time is for one device: at its own last step of that instant, if it has one."""
    for number in range(len(layout.deeds), 0, -1):
        if layout.trace.times[number - 1] == time and any(deed.instance == who for deed in layout.deeds[number - 1]):
            return layout.axis.step(number)
    return layout.axis.at(time)


def _dots(layout: _Layout) -> list[Dot]:
    height = {lane.instance: lane.bar + BAR / 2 for lane in layout.lanes}
    return [
        Dot(number, layout.axis.step(number), height[entry.step.mover.instance], number in layout.ringed)
        for number, entry in enumerate(layout.trace.entries, 1)
    ]


def _arrows(layout: _Layout) -> list[Arrow]:
    lanes = {lane.instance: lane for lane in layout.lanes}
    found = []
    for number, entry in enumerate(layout.trace.entries, 1):
        sender = lanes[entry.step.mover.instance]
        if entry.step.event is None:
            continue
        for move in entry.step.moves[1:]:
            other = lanes[move.instance]
            down = other.bar > sender.bar
            start = sender.bar + BAR / 2 + (RADIUS if down else -RADIUS)
            found.append(Arrow(entry.step.event, layout.axis.step(number), start, other.bar + (0 if down else BAR)))
    return found


# --- below the lanes ----------------------------------------------------------------------------------------------


def _foot_axis(layout: _Layout) -> float:
    """The waits above the axis, the times below it. Gives the height of the axis."""
    height = LABEL_SIZE * LINE
    top = layout.y + 8
    for stretch in layout.axis.stretches:
        words = time_text(stretch.duration)
        width = text_width(words, LABEL_SIZE)
        if width + 8 <= stretch.right - stretch.left:
            x = (stretch.left + stretch.right - width) / 2
            layout.words.append(Words(Role.WAIT, (words,), LABEL_SIZE, Box(x, top, width, height)))
    axis_y = top + height + 8
    flags = [_flag(Role.TIME, time_text(instant.time), instant.left, LABEL_SIZE) for instant in layout.axis.instants]
    flown = fly([flag for flag, _, _ in flags], layout.right + MARGIN - 2)
    _raise(layout, flags, flown, axis_y + 6, 1)
    layout.y = axis_y + 6 + reach([flag for flag, _, _ in flags], flown) + 12
    return axis_y


def _footnotes(layout: _Layout, dropped: tuple[str, ...]) -> None:
    drawn = {stretch.drawn for stretch in layout.axis.stretches}
    notes = ["Time runs from left to right, to scale. A numbered dot is a step, numbered as in the table."]
    if layout.ringed:
        notes.append("Ring around a dot: here the two runs differ; the text below the lane says how.")
    if any(instant.shared for instant in layout.axis.instants):
        notes.append("Shaded column: one instant. Its steps follow each other from left to right and no time passes.")
    if Drawn.SHORTENED in drawn:
        notes.append("Zigzag: a wait much longer than it is drawn; its length is written above it.")
    if Drawn.WIDENED in drawn:
        notes.append("Dotted: a time too short to see to scale, drawn wider than it is.")
    notes.append("Faded on the right: the run is shown up to here; the last states go on.")
    if dropped:
        names = ", ".join(device_label(layout.trace.labels, who) for who in dropped)
        notes.append(f"Not shown, because nothing happens there: {names}.")
    for note in notes:
        layout.block(Role.FOOT, note, NOTE_SIZE, MARGIN)
