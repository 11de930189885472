"""What README.md tells people to type can be typed."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from lastgasp.bundled import bundled_folder, load_study
from lastgasp.cli.main import cli
from lastgasp.questions.asking import CheckName
from lastgasp.questions.matrix import shown
from tests.cli.studies import ROOT, Call, snapshot

README = (ROOT / "README.md").read_text(encoding="utf-8")
SPAN = re.compile(r"`(?:\S*/)?(lastgasp [^`]+)`")
LINE = re.compile(r"^(?: {4}|\$ )?(?:.*&& )?(?:\S*/)?(lastgasp\b.*)$", re.M)
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)


def typed() -> list[str]:
    """Every command line: in blocks that are fenced or indented, and in code inside of a paragraph."""
    blocks = "\n".join(FENCE.findall(README)) + "\n" + "\n".join(re.findall(r"^ {4}.*$", README, re.M))
    found = [*SPAN.findall(README), *LINE.findall(blocks)]
    return list(dict.fromkeys(re.split(r"\s[|>]\s", line)[0].strip() for line in found))


def words(line: str) -> list[str]:
    """The arguments of a command line, what may be left out included."""
    return shlex.split(line.replace("[", "").replace("]", ""))[1:]


COMMANDS = typed()


def test_the_page_has_command_lines() -> None:
    """The test below would be content with none."""
    assert len(COMMANDS) >= 6
    assert {words(line)[0] for line in COMMANDS} >= {"check", "try", "explain"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_line_can_be_parsed(line: str) -> None:
    """The command exists and takes these options; nothing is run."""
    name, *arguments = words(line)
    command = cli.commands[name]
    if not arguments and any(parameter.required for parameter in command.params):
        return  # the command is mentioned, not typed
    with command.make_context(name, arguments) as context:
        assert isinstance(context, click.Context)


@pytest.mark.parametrize("line", [line for line in COMMANDS if words(line)[0] == "explain"])
def test_every_check_that_is_named_exists(line: str) -> None:
    name = words(line)[1]
    if name.isupper():
        assert name == "GOAL/PROPOSAL"
    else:
        CheckName.parsed(name, load_study())


def test_every_command_is_in_the_table() -> None:
    """The first column names every command there is, and no other."""
    rows = [row.split("|")[1] for row in README.splitlines() if row.startswith("| `lastgasp")]
    named = [code.removeprefix("lastgasp ").split()[0] for row in rows for code in re.findall(r"`([^`]+)`", row)]
    assert sorted(named) == sorted(cli.commands)


def test_the_table_of_verdicts_is_about_the_bundled_study() -> None:
    """Goals by proposals, as they are called in the files."""
    table = next(block for block in FENCE.findall(README) if "FAILS" in block)
    head, *rows = table.strip("\n").splitlines()
    study = load_study()
    overview = shown(study)
    assert head.split() == list(dict.fromkeys(name.proposal for name in overview))
    assert [row.split()[0] for row in rows] == list(dict.fromkeys(name.goal for name in overview))
    on_record = {(e.goal, e.proposal, e.installation): e for e in study.expectations}
    for name in overview:
        item = on_record.get((name.goal, name.proposal, name.installation))
        words = [w.strip() for w in re.split(r"  +", next(row for row in rows if row.split()[0] == name.goal))]
        word = words[1 + head.split().index(name.proposal)]
        kind = f" ({item.classification})" if item and item.classification else ""
        assert word in ({"FAILS" + kind, "CANNOT HAPPEN"} if item else {"holds", "can happen"}), name


QUICK = [line for line in COMMANDS if words(line)[0] in ("explain", "lint", "doctor", "simulate", "schema")]


@pytest.mark.parametrize("line", [line for line in QUICK if not any(word.isupper() for word in words(line))])
def test_the_quick_ones_work(line: str, call: Call) -> None:
    """Those that take no more than a few seconds, and have no word in capitals to fill in, are run."""
    ran = call(*words(line))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


def test_the_sentence_can_be_tried_and_edits_no_file(call: Call) -> None:
    """As it stands on the page, on the study that lies in the package."""
    folders = [bundled_folder() / name for name in ("models", "properties")]
    before = [snapshot(folder) for folder in folders]
    line = next(line for line in COMMANDS if line.startswith('lastgasp try "'))
    ran = call(*words(line))
    assert (ran.code, ran.err) == (0, "")
    assert "Read as: " in ran.out and "Added to the proposal" in ran.out
    assert [snapshot(folder) for folder in folders] == before


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = README.partition("Exit codes:")[2].partition("\n\n")[0]
    assert [int(code) for code in re.findall(r"(?:^|, ) ?(\d+) ", codes.replace("\n", " "))] == [0, 1, 2, 3, 5, 70, 130]
