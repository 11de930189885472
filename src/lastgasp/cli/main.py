"""``lastgasp``: what can be typed, and one place that turns what happened into an exit code.

What the commands do is in :mod:`.commands`, which is loaded when one of them runs: help must not wait for it.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lastgasp import __version__
from lastgasp.cli.ask import COMMANDS
from lastgasp.cli.console import INTERNAL, INTERRUPTED, OK, UNUSABLE, complain, note
from lastgasp.cli.options import (
    ORDERS,
    all_option,
    assume_option,
    cache_option,
    check_argument,
    engine_option,
    file_type,
    format_option,
    memory_option,
    no_cache_option,
    path_argument,
    profile_option,
    study_option,
    timeout_option,
    trace_option,
)
from lastgasp.errors import Disagreement, InputError, LastgaspError, NotApplicable, Problem, os_cure
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp.cli import commands
else:
    commands = lazy("lastgasp.cli.commands")


def run() -> None:
    """Entry point of the console script."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that does not know every letter
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.devnull)  # else it leaves a folder wherever one works
    sys.exit(main())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code (design: 70 > 2 > 1 > 3 > 5 > 0)."""
    try:
        return int(cli.main(args=arguments, prog_name="lastgasp", standalone_mode=False) or OK)
    except SystemExit:
        return OK  # so click leaves after completing a word, or where the reader of a help page went away: no verdict
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        code, problems = _told(error)
        for problem in problems:
            complain(problem)
        return code


def _told(error: Exception) -> tuple[int, Sequence[Problem | str]]:
    """The exit code of an error, and what to say about it. A defect of ours must not look like a verdict."""
    match error:
        case InputError():
            return UNUSABLE, error.problems
        case NotApplicable():
            return UNUSABLE, [Problem(str(error), "leave --engine out, or name another engine")]
        case click.ClickException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "lastgasp"
            return UNUSABLE, [Problem(error.format_message(), f"see '{command} --help'")]
        case OSError():
            return UNUSABLE, [Problem(f"{error.filename or 'file'}: {error.strerror or error}", os_cure(error))]
        case Disagreement():
            return INTERNAL, [f"internal error: {error}", commands.written_down(error.report)]
        case LastgaspError():
            return INTERNAL, [f"internal error: {error}"]
    return INTERNAL, [f"internal error: {type(error).__name__}: {error}"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
)
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> int:
    """Proves from the text of a specification what a network of timed devices can and cannot do."""
    if context.invoked_subcommand is None:
        note(context.get_help())
    return UNUSABLE


@cli.command()
@path_argument
@click.option("--goal", multiple=True, help="One goal, or several (once for each); all if absent.")
@click.option("--proposal", multiple=True, help="One proposal, or several; the study's overview if absent.")
@click.option("--installation", multiple=True, help="One installation, or several; the study's overview if absent.")
@all_option
@profile_option
@engine_option
@timeout_option
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes to work in.")
@memory_option
@click.option(
    "--order", type=click.Choice(ORDERS), default=ORDERS[0], show_default=True, help="How zones are searched."
)
@click.option("--certificates", type=file_type, help="Write every proof to a file in this folder.")
@cache_option
@no_cache_option
@click.option(
    "--sanity",
    is_flag=True,
    help="Ask nothing of the goals: what is wrong or odd about the models, and why is it right?",
)
@format_option
def check(**given: Any) -> int:
    """Decide every goal under every proposal, for the bundled study or the folder PATH."""
    return commands.check(**given)


@cli.command()
@check_argument
@study_option
@profile_option
@engine_option
@timeout_option
@assume_option
@click.option("--svg", type=file_type, help="Write the swim lanes of the run to this file.")
@trace_option
@click.option("--certificate", type=file_type, help="Write the proof to this file.")
@format_option
def explain(**given: Any) -> int:
    """Why a check has its verdict: the run as a table, or what the proof rests on.

    CHECK is GOAL/PROPOSAL, or GOAL/PROPOSAL/INSTALLATION where the study has several.
    """
    return commands.explain(**given)


@cli.command()
@click.argument("file", type=file_type)
@path_argument
@click.option("--solvers", is_flag=True, help="Also by solvers, Z3 and where installed cvc5, if zones are the proof.")
@click.option("--smt-lib", type=file_type, help="Write what solvers have to confirm to this folder, for one of yours.")
def recheck(**given: Any) -> int:
    """Check the proof in FILE again, by code that shares nothing with the engine that found it.

    With PATH, the folder of a study: the proof must be about the question of that name in it.

    That no run breaks the goal can be confirmed by any solver that reads SMT-LIB 2: each file written must be unsat.
    """
    return commands.recheck(**given)


@cli.command("try")
@click.argument("sentence")
@study_option
@click.option("--proposal", help="The proposal that the sentence is added to; the first if absent.")
@click.option("--installation", help="The installation that it is tried on; the first if absent.")
@timeout_option
@click.option("--svg", type=file_type, help="Write the swim lanes of what still fails to this file.")
def try_sentence(**given: Any) -> int:
    """What a sentence means, and what it changes when it is added to a proposal. No file is edited."""
    return commands.try_sentence(**given)


@cli.command()
@study_option
@click.option("-o", "--output", type=file_type, default=Path("diagrams"), show_default=True)
def draw(**given: Any) -> int:
    """Draw every machine and the wiring of every installation as SVG."""
    return commands.draw(**given)


@cli.command()
@study_option
@click.option("--installation", help="The installation to run; the only one if absent.")
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same run.")
@trace_option
def simulate(**given: Any) -> int:
    """A random run of an installation."""
    return commands.simulate(**given)


@cli.command()
@click.argument("trace_file", type=file_type)
@study_option
def replay(**given: Any) -> int:
    """Play a trace again on its source network; exit 2 where it is no run of it."""
    return commands.replay(**given)


@cli.command()
@path_argument
def lint(**given: Any) -> int:
    """Read every file, report every problem, and read each sentence back in words."""
    return commands.lint(**given)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=file_type)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 where a file would change.")
def fmt(**given: Any) -> int:
    """Bring files into the canonical layout; of a folder, every YAML file under it."""
    return commands.fmt(**given)


@cli.command()
@click.argument("kind", required=False)
@click.option("-o", "--output", type=file_type, help="Write one file per kind into this folder.")
def schema(**given: Any) -> int:
    """The JSON Schema of each kind of file, for completion in editors; KIND 'sentences' is the grammar's page."""
    return commands.schema(**given)


@cli.command()
def doctor(**given: Any) -> int:
    """Whether this installation can work: versions, the solver, the bundled study."""
    return commands.doctor(**given)


for command in COMMANDS:
    cli.add_command(command)
