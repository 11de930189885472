"""The table of a run."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from lastgasp.render.table import MarkRow, StepRow, table, trace_table
from lastgasp.trace import Trace
from tests.render.small_network import DAY, play, walk


def test_each_step_is_a_row_with_its_exact_time_and_delay(false_alert: Trace) -> None:
    rows = [row for row in table(false_alert).rows if isinstance(row, StepRow)]
    assert [row.number for row in rows] == list(range(1, 16))
    assert tuple(row.time for row in rows) == false_alert.times
    assert [row.delay for row in rows] == [entry.delay for entry in false_alert.entries]
    assert [row.number for row in rows if row.same_instant] == [2, 4, 6, 7, 10, 11, 13, 14, 15]


def test_marks_fall_after_the_steps_of_their_instant(false_alert: Trace) -> None:
    rows = [row.words if isinstance(row, MarkRow) else row.number for row in table(false_alert).rows]
    assert rows[:6] == [1, 2, "3 min without power", 3, 4, "here the goal is broken"]


def test_text_names_times_exactly(false_alert: Trace) -> None:
    lines = trace_table(false_alert).splitlines()
    assert any(line.split()[:8] == ["3", "1", "day", "3", "min", "1", "s", "3"] for line in lines)
    assert any(line.startswith("  12  1 day 1 h 5 min 1 1/7 s  1/7 s  ") for line in lines)
    assert any(line.startswith("  >>  1 day 3 min  ") and "** 3 min without power **" in line for line in lines)
    assert sum("at the same instant" in line for line in lines) == 9
    assert lines[0] == "A run of single-phase: 15 steps in 1 day 1 h 5 min 6 1/7 s"
    assert "  with ch.sending = 10 s (time to send once the threshold has passed)" in lines
    assert "5 s after its last" in lines[-2] + lines[-1]


def test_text_says_only_what_changed(short_run: Trace) -> None:
    text = trace_table(short_run)
    steps = text[text.index("\n   1  ") :]
    assert "Wide-area network" not in steps
    assert "Supply" not in steps
    assert "sends Power Loss Alert" in steps
    assert "hears AD1 power outage alert from CSP" in steps


def test_a_sending_that_nobody_hears_says_so() -> None:
    run = play([(DAY, "esme", "rebooting"), (0, "ch", "dark"), (181, "ch", "alerted"), (0, "csp", "idle")])
    entry = run.entries[2]
    alone = replace(entry, step=replace(entry.step, moves=entry.step.moves[:1]), words="ch: dark -> alerted")
    changed = replace(run, entries=(*run.entries[:2], alone))
    assert "sends Power Loss Alert (nobody reacts)" in trace_table(changed)


def test_words_of_an_unknown_form_are_shown_as_they_are(short_run: Trace) -> None:
    entries = (replace(short_run.entries[0], words="the meter reboots"), *short_run.entries[1:])
    assert "the meter reboots" in trace_table(replace(short_run, entries=entries))


def test_text_fits_in_its_width_and_is_deterministic() -> None:
    for seed in range(20):
        trace = walk(seed, seed)
        for width in (90, 100, 140):
            text = trace_table(trace, width)
            assert max(map(len, text.splitlines())) <= width
            assert text == trace_table(Trace.from_json(trace.to_json()), width)


def test_text_of_a_run_without_steps() -> None:
    lines = trace_table(play([], 60)).splitlines()
    assert lines[0] == "A run of single-phase: 0 steps in 1 min"
    assert table(play([], 60)).rest == Fraction(60)
