"""``lastgasp contrast``: a failing run beside the nearest run that is fine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lastgasp.cli.console import OK, OPEN, Progress, note, out
from lastgasp.cli.options import (
    check_argument,
    file_type,
    format_option,
    profile_option,
    study_option,
    whole_option,
)
from lastgasp.lazy import lazy
from lastgasp.trace import Trace

if TYPE_CHECKING:
    from lastgasp import bundled, verdict
    from lastgasp.cli import commands
    from lastgasp.questions import contrast as question
    from lastgasp.questions import effort
    from lastgasp.render import lanes, scene, table, words
else:
    bundled, commands, verdict = lazy("lastgasp.bundled"), lazy("lastgasp.cli.commands"), lazy("lastgasp.verdict")
    question, effort = lazy("lastgasp.questions.contrast"), lazy("lastgasp.questions.effort")
    lanes, scene = lazy("lastgasp.render.lanes"), lazy("lastgasp.render.scene")
    table, words = lazy("lastgasp.render.table"), lazy("lastgasp.render.words")


@click.command()
@check_argument
@study_option
@profile_option
@click.option("--same-surroundings", is_flag=True, help="What no text binds does the same: only devices may differ.")
@click.option("--svg", type=file_type, help="Draw both runs on one axis of time into this file.")
@whole_option
@format_option
def contrast(
    check_name: str,
    folder: Path | None,
    profile: str | None,
    same_surroundings: bool,
    svg: Path | None,
    timeout: float,
    form: str,
) -> int:
    """What had to change: the failing run of CHECK beside the nearest run that is fine.

    Nearest is the run with the fewest changed steps, of these the one with the least change of timing.
    """
    study = bundled.load_study(folder)
    study = study if profile is None else study.with_profile(profile)
    with Progress() as progress:
        asked = effort.Effort.lasting(timeout, told=progress.words)
        found = question.contrast(study, check_name, same_surroundings=same_surroundings, effort=asked)
    if isinstance(found, verdict.Undecided):
        out(_undecided(found, form))
        return OPEN
    if svg is not None:
        picture = drawn(found)
        if picture is None:
            note(f"there is no run that is fine to draw into {svg}")
        else:
            commands.write(svg, picture)
            note(f"wrote {svg}")
    out(json.dumps(found.to_json(), indent=2) if form == "json" else text(found))
    return OPEN if found.partial else OK


def _undecided(found: verdict.Undecided, form: str) -> str:
    if form == "json":
        return json.dumps(
            {"lastgasp-result": 1, "contrast": {"check": found.check, "partial": True, "reason": found.reason}},
            indent=2,
        )
    return f"{found.check}: undecided, so there is no failing run yet\n\nBecause {found.reason}."


def _signs(found: question.Contrast) -> tuple[dict[int, str], dict[int, str]]:
    """The sign of each step that differs, in the failing run and in the other."""
    signs = {question.Change.MOVED: "~", question.Change.LEFT_OUT: "-", question.Change.NEW: "+"}
    items = found.differences
    before = {item.before[0]: signs[item.change] for item in items if item.before}
    return before, {item.now[0]: signs[item.change] for item in items if item.now}


def text(found: question.Contrast) -> str:
    """The paragraph, then both runs with the steps marked that differ."""
    lines = [f"contrast {found.question.name}", "", f"Goal: {found.question.goal.text}", ""]
    lines += [*words.folded(found.words(), table.WIDTH), ""]
    before, now = _signs(found)
    lines += ["The failing run:", "", table.trace_table(found.failing, flags=before)]
    if found.shown is not None:
        lines += ["The nearest run that is fine:", "", table.trace_table(found.shown, flags=now, brief=True)]
        legend = {"~": "at another time", "-": "only in the failing run", "+": "only in the run that is fine"}
        lines.append("Before a step: " + ", ".join(f"{sign} {said}" for sign, said in legend.items()) + ".")
        if (later := _later(found)) > 0:
            lines.append(f"The last {later} steps are not compared: they only show how the devices come to rest.")
    return "\n".join(lines).rstrip()


def _later(found: question.Contrast) -> int:
    """How many steps at the end are not compared."""
    return len(found.fine.entries) - found.compared if found.fine is not None else 0


def drawn(found: question.Contrast) -> str | None:
    """Both runs, one above the other on the same axis, each step that differs ringed and named."""
    if found.shown is None:
        return None
    later = _later(found)
    shown = _upto(found.shown, len(found.shown.entries) - later, found)
    above, below = [], []
    for item in found.differences:
        if item.change is question.Change.LEFT_OUT and item.before:
            above.append(scene.Annotation(item.device, item.before[1], "only in this run"))
        elif item.change is question.Change.NEW and item.now:
            below.append(scene.Annotation(item.device, item.now[1], "only in this run"))
        elif item.now and item.before:
            by = f"{words.time_text(abs(item.shift))} {'later' if item.shift > 0 else 'earlier'} than above"
            below.append(scene.Annotation(item.device, item.now[1], by, item.before[1]))
    before, now = _signs(found)
    kind, _, said = found.verdict.classification.partition(": ")
    upper = scene.Picture(
        found.failing,
        f"{found.question.name}: a run that breaks the goal",
        (kind, said) if kind else None,
        above,
        ringed=before,
        footnotes=False,
    )
    lower = scene.Picture(shown, "The nearest run that is fine", None, below, ringed=now)
    return lanes.pair_svg(upper, lower, title=f"{found.question.name}: what had to change")


def _upto(trace: Trace, steps: int, found: Any) -> Trace:
    """The first steps of a run, shown at least up to the instant of the break."""
    entries = trace.entries[:steps]
    last = trace.times[steps - 1] if steps else 0
    return replace(trace, entries=entries, rest=max(found.broken - last, 0 * found.broken))
