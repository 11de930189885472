"""Swim lanes: boxes that never overlap, the lanes that matter, a drawing that stands alone."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from xml.etree import ElementTree

import pytest

from lastgasp.errors import InputError
from lastgasp.machine import Event, Instance, Machine, May, Port, State, Transition
from lastgasp.network import Network, upstream_first
from lastgasp.render.axis import Drawn
from lastgasp.render.lanes import described, lanes_svg
from lastgasp.render.layout import make_scene
from lastgasp.render.measure import Box, Flag, fly, text_width, wrapped
from lastgasp.render.scene import Annotation, Role, Scene
from lastgasp.trace import Trace
from tests.render.small_network import DAY, HUB, METER, NETWORK, SUPPLY, play, walk

SVG = "{http://www.w3.org/2000/svg}"


def collisions(scene: Scene) -> list[tuple[str, str]]:
    boxes = [(" ".join(words.lines), words.box) for words in scene.words]
    boxes += [(f"dot {dot.number}", dot.box) for dot in scene.dots]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def outside(scene: Scene) -> list[str]:
    def inside(box: Box) -> bool:
        return box.x >= 0 and box.y >= 0 and box.right <= scene.width and box.bottom <= scene.height

    return [" ".join(words.lines) for words in scene.words if not inside(words.box)]


def clauses(trace: Trace, seed: int) -> tuple[Annotation, ...]:
    who = ("ch", "esme", "csp")[seed % 3]
    return tuple(
        Annotation(who, time, "a clause that says much " * (1 + seed % 5), trace.end if seed % 2 else None)
        for time in trace.times[:: max(1, len(trace.times) // 2)]
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_text_covers_another_and_all_is_inside(seed: int) -> None:
    trace = walk(seed, seed % 22)
    scene = make_scene(
        trace,
        title="a title that is much longer than the picture is wide " * 4,
        subtitle="what it is a picture of, which takes some words " * (seed % 7),
        classification=("F1", "the words of this class, which are many " * 3),
        annotations=clauses(trace, seed),
    )
    assert collisions(scene) == []
    assert outside(scene) == []


def test_the_test_of_overlaps_can_fail(false_alert: Trace) -> None:
    scene = make_scene(false_alert)
    assert collisions(scene) == []
    tight = Scene(**{name: getattr(scene, name) for name in scene.__slots__} | {"words": scene.words + scene.words[:1]})
    assert len(collisions(tight)) == 1


def test_each_text_is_as_wide_as_its_box(false_alert: Trace) -> None:
    for words in make_scene(false_alert).words:
        for line in words.lines:
            assert text_width(line, words.size, words.role.bold) <= words.box.width + 0.01


DEJAVU = [
    ("without power, on stored energy", 16.33, 18.43),
    ("Electricity meter", 8.29, 9.39),
    ("at the same instant", 9.79, 11.05),
    ("1 day 1 h 5 min 1 1/7 s", 11.58, 12.74),
    ("sends Power Loss Alert", 11.48, 13.14),
    ("“ESME shall not keep its output off” (CHTS 4.4.2)", 24.52, 27.87),
    ("supply: on → off", 7.90, 8.91),
    ("abcdefghijklmnopqrstuvwxyz", 14.65, 16.54),
    ("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 23.83, 26.58),
]
"""Widths in font sizes of DejaVu Sans, plain and bold, as Chromium measures them."""


@pytest.mark.parametrize(("text", "plain", "bold"), DEJAVU)
def test_widths_are_enough_for_the_widest_usual_font(text: str, plain: float, bold: float) -> None:
    assert plain <= text_width(text, 1) <= 1.25 * plain
    assert bold <= text_width(text, 1, bold=True) <= 1.25 * bold


@pytest.mark.parametrize("seed", range(20))
def test_words_inside_of_bars_are_clear_of_what_crosses_them(seed: int) -> None:
    scene = make_scene(walk(seed, 12))
    inside = [words.box for words in scene.words if words.role is Role.STATE and words.pole is None]
    middles = [
        (stretch.left + stretch.right) / 2 for stretch in scene.axis.stretches if stretch.drawn is Drawn.SHORTENED
    ]
    assert inside
    for box in inside:
        assert not [x for x in (*middles, *scene.marks) if box.x < x < box.right]
        for arrow in scene.arrows:
            top, bottom = sorted((arrow.start, arrow.end))
            assert not (box.x < arrow.x < box.right and top < box.bottom and box.y < bottom)


def test_words_inside_of_bars_are_clear_of_an_arrow_that_passes(short_run: Trace) -> None:
    label = "up, with a label so long that it would reach the arrow from hub to provider if it could"
    trace = replace(short_run, labels={**short_run.labels, "wan.state=up": label})
    scene = make_scene(trace, keep=["wan"])
    (words,) = [words for words in scene.words if " ".join(words.lines) == label]
    (bar,) = [bar for bar in scene.bars if bar.instance == "wan"]
    assert words.box.right > scene.axis.left
    assert words.pole is not None or words.box.right <= scene.arrows[0].x
    assert words.pole is not None or words.box.overlaps(bar.box)


def test_each_state_is_named_at_its_bar(false_alert: Trace) -> None:
    scene = make_scene(false_alert)
    for bar in scene.bars:
        named = [
            words
            for words in scene.words
            if words.role is Role.STATE
            and " ".join(words.lines) == bar.state
            and (words.box.overlaps(bar.box) or (words.pole and words.pole[:2] == (bar.box.x, bar.box.y)))
        ]
        assert named, bar


def test_bars_follow_the_states_of_the_run(false_alert: Trace) -> None:
    scene = make_scene(false_alert)
    hub = [bar for bar in scene.bars if bar.instance == "ch"]
    dark, restored = "without power, on stored energy", "restored"
    assert [bar.state for bar in hub] == [
        "running",
        dark,
        "alerted",
        restored,
        "booting",
        "running",
        dark,
        restored,
        "booting",
    ]
    assert [bar.box.right for bar in hub[:-1]] == [bar.box.x for bar in hub[1:]]
    assert [bar.box.x for bar in hub[1:]] == [scene.axis.step(number) for number in (2, 3, 6, 7, 8, 11, 14, 15)]
    assert [bar.open_end for bar in hub] == 8 * [False] + [True]
    assert len({bar.style for bar in hub if bar.state == dark}) == 1
    assert len({bar.style for bar in hub}) == 5


def test_arrows_go_from_the_sender_to_each_that_reacts(false_alert: Trace) -> None:
    scene = make_scene(false_alert)
    lanes = {lane.instance: lane for lane in scene.lanes}
    assert [(arrow.event, arrow.x) for arrow in scene.arrows] == [
        ("ch.power_loss_alert", scene.axis.step(3)),
        ("csp.AD1", scene.axis.step(4)),
        ("ch.power_restored", scene.axis.step(8)),
    ]
    first = scene.arrows[0]
    assert lanes["ch"].top < first.start < lanes["ch"].bottom
    assert first.end == lanes["csp"].bar


def test_devices_in_which_nothing_happens_are_left_out(short_run: Trace) -> None:
    assert [lane.instance for lane in make_scene(short_run).lanes] == ["esme", "ch", "csp", "dcc"]
    assert make_scene(short_run).dropped == ("supply", "wan")
    assert "Not shown, because nothing happens there: Supply, Wide-area network." in text_of(lanes_svg(short_run))
    kept = make_scene(short_run, keep=["supply"], annotations=[Annotation("wan", DAY, "a clause")])
    assert [lane.instance for lane in kept.lanes] == ["supply", "esme", "ch", "wan", "csp", "dcc"]
    assert len(make_scene(play([])).lanes) == 6


def test_an_unknown_device_is_refused(short_run: Trace) -> None:
    with pytest.raises(InputError, match="no device 'gsme'; it has supply, esme"):
        make_scene(short_run, keep=["gsme"])
    with pytest.raises(InputError, match="'hub'"):
        make_scene(short_run, annotations=[Annotation("hub", DAY, "a clause")])


def test_a_clause_stands_at_the_step_of_its_device(false_alert: Trace) -> None:
    note = Annotation("ch", DAY + 181, "the clause", until=DAY + 241)
    scene = make_scene(false_alert, annotations=[note])
    (clause,) = [words for words in scene.words if words.role is Role.CLAUSE]
    assert clause.pole is not None
    assert clause.pole[0] == scene.axis.step(3)
    assert [(left, right) for left, right, _ in scene.underlines] == [(scene.axis.step(3), scene.axis.step(7))]


def text_of(svg: str) -> str:
    return " ".join(element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag != f"{SVG}desc")


def test_drawing_stands_alone_and_is_accessible(false_alert: Trace) -> None:
    svg = lanes_svg(
        false_alert,
        title="<b>A & B</b>",
        classification=("F1", "dark & long"),
        annotations=[Annotation("ch", DAY, "“text” <quoted> & more")],
        ident='x"><script>',
    )
    root = ElementTree.fromstring(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "desc", "defs", "pattern", "rect", "path", "circle", "text"}
    assert root.attrib["role"] == "img"
    title, desc = root[0], root[1]
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert title.text == "<b>A & B</b>"
    assert "Step 4, at the same instant, 1 day 3 min 1 s: CSP: has an Alert → idle, sends AD1" in (desc.text or "")
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name
            assert name not in ("style", "class")
            assert "url(" not in value or re.fullmatch(r"url\(#[\w-]+\)", value)
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_drawing_says_what_the_run_says(false_alert: Trace) -> None:
    text = text_of(lanes_svg(false_alert, title="A false alert", classification=("F1", "never off")))
    for words in (
        "A false alert",
        "F1: never off",
        "Electricity meter",
        "sends Power Loss Alert",
        "activates firmware",
        "at the same instant",
        "here the goal is broken",
        "1 day 3 min 1 s",
        "1 day 1 h 5 min 1 1/7 s",
    ):
        assert words in text
    shown = [int(number) for number in re.findall(r'text-anchor="middle">(\d+)</text>', lanes_svg(false_alert))]
    assert shown == list(range(1, 16))


def test_what_it_is_a_picture_of_stands_below_the_title_and_is_told_first(false_alert: Trace) -> None:
    svg = lanes_svg(false_alert, title="A title", subtitle="Of a meter.", classification=("F1", "never off"))
    words = [words for words in re.findall(r"<text[^>]*>([^<]*)</text>", svg) if words in ("A title", "Of a meter.")]
    assert words == ["A title", "Of a meter."]
    assert '-desc">Of a meter. F1: never off. Step 1' in svg


def test_lanes_stand_in_the_order_that_is_given(false_alert: Trace) -> None:
    """Devices that are not named follow in the order of the network; what has no lane gets none."""
    usual = [lane.instance for lane in make_scene(false_alert).lanes]
    assert usual == ["supply", "esme", "ch", "csp", "dcc"]
    scene = make_scene(false_alert, order=("wan", "dcc", "ch"))
    assert [lane.instance for lane in scene.lanes] == ["dcc", "ch", "supply", "esme", "csp"]


def test_what_feeds_others_comes_before_them() -> None:
    """Also where the network names it last; whom it hears goes before it as well, unless that reads it."""
    assert upstream_first(NETWORK) == ("supply", "esme", "ch", "wan", "csp", "dcc")
    turned = replace(NETWORK, instances=NETWORK.instances[::-1])
    assert upstream_first(turned) == ("supply", "esme", "ch", "csp", "dcc", "wan")
    order = Event("go")
    leader = Machine(
        "leader", (State("s", initial=True),), (Transition(("s",), None, May(), send="go"),), sends=(order,)
    )
    heard = replace(METER, ports=(*METER.ports, Port("hub", hears=("power_restored",)), Port("boss", hears=("go",))))
    both = (Instance("boss", leader), Instance("supply", SUPPLY))
    meter = Instance("esme", heard, {"mains": "supply", "hub": "ch", "boss": "boss"})
    assert upstream_first(Network("n", (meter, Instance("ch", HUB, {"host": "esme"}), *both))) == (
        "supply",
        "esme",
        "ch",
        "boss",
    )


def test_states_differ_without_colour(false_alert: Trace) -> None:
    root = ElementTree.fromstring(lanes_svg(false_alert))
    hatchings = [
        "".join(path.attrib["d"] for path in pattern.iter(f"{SVG}path")) for pattern in root.iter(f"{SVG}pattern")
    ]
    assert len(hatchings) == len(set(hatchings)) == 5


def test_the_same_run_gives_the_same_bytes(false_alert: Trace) -> None:
    again = Trace.from_json(false_alert.to_json())
    assert lanes_svg(false_alert) == lanes_svg(again)
    assert described(false_alert) == described(again)


def test_flags_never_cover_each_other_nor_cross_a_pole() -> None:
    flags = [Flag(float(x), 40.0 + 37 * x % 90, 12.0 + x % 3 * 14) for x in (0, 5, 5, 30, 31, 90, 100, 180, 230)]
    flown = fly(flags, 260.0)
    boxes = [Box(place.left, place.distance, flag.width, flag.height) for flag, place in zip(flags, flown, strict=True)]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(box.right <= 260.0 for box in boxes)
    for flag, place in zip(flags, flown, strict=True):
        pole = Box(flag.x - 0.1, 0.0, 0.2, place.distance)
        crossed = [box for box in boxes if box.overlaps(pole) and box.x < flag.x]
        assert place.moved or not crossed


def test_wrapping_loses_nothing() -> None:
    text = "While supply is on, ESME shall not keep dc off for more than 3 min; Donaudampfschifffahrtsgesellschaft"
    for width in (20.0, 60.0, 200.0, 2000.0):
        lines = wrapped(text, 12, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(text_width(line, 12) <= width for line in lines)
    assert wrapped("", 12, 100) == ("",)


def test_a_mark_after_the_end_is_still_drawn() -> None:
    trace = play([(60, "supply", "off")], 0, ((Fraction(90), "too late"),))
    scene = make_scene(trace)
    assert scene.marks == (scene.axis.right,)
    assert scene.axis.instants[-1].time == 90
