"""``lastgasp claims``: what people said about the study, each statement decided."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lastgasp.cli.console import DIFFERS, NOTHING, OK, OPEN, UNUSABLE, Progress, complain, note, out
from lastgasp.cli.options import Duration, cache_option, file_type, no_cache_option, path_argument, timeout_option
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp import bundled, question
    from lastgasp.cli import commands, show
    from lastgasp.errors import Problem
    from lastgasp.questions import claim_answer as answers_of
    from lastgasp.questions import claims as deciding
    from lastgasp.questions import effort as efforts
    from lastgasp.questions.claim_answer import Answered
    from lastgasp.study import Study
else:
    bundled, question = lazy("lastgasp.bundled"), lazy("lastgasp.question")
    commands, show = lazy("lastgasp.cli.commands"), lazy("lastgasp.cli.show")
    answers_of, deciding = lazy("lastgasp.questions.claim_answer"), lazy("lastgasp.questions.claims")
    efforts = lazy("lastgasp.questions.effort")

FORMS = ("human", "markdown", "json")


@click.command()
@path_argument
@click.option("--claim", "names", multiple=True, help="One claim; may be given several times.")
@click.option("--respondent", multiple=True, help="The claims of one respondent; may be given several times.")
@timeout_option
@click.option("--whole", type=Duration(), default="1 h", show_default=True, help="Limit for all of them together.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes to work in.")
@cache_option
@no_cache_option
@click.option("--runs", type=file_type, metavar="DIR", help="Draw the runs as swim lanes into this folder.")
@click.option("--format", "form", type=click.Choice(FORMS), default="human", show_default=True)
@click.option("-o", "--output", type=file_type, help="Write the answer to this file.")
def claims(
    path: Path | None,
    names: tuple[str, ...],
    respondent: tuple[str, ...],
    timeout: float,
    whole: float,
    jobs: int,
    cache: Path | None,
    no_cache: bool,
    runs: Path | None,
    form: str,
    output: Path | None,
) -> int:
    """Decide each statement that somebody made about the study: it follows, it is contradicted, or under what it does.

    Every answer comes with the checks that it rests on. Exit code 1 where one is not the expected answer.
    """
    left_out: list[Problem] = []
    study = bundled.load_study(path, left_out)
    wanted = list(names) + [name for name, claim in study.claims.items() if claim.respondent in respondent]
    for who in respondent:
        if who not in {claim.respondent for claim in study.claims.values()}:
            known = ", ".join(dict.fromkeys(claim.respondent for claim in study.claims.values()))
            raise click.UsageError(f"there is no respondent {who!r}; there are {known}")
    if not study.claims and not left_out:
        complain("there is nothing to decide: the study has no claims")
        return NOTHING
    with Progress(len(set(wanted) or study.claims)) as progress:
        store = commands.opened_store(cache, no_cache)
        effort = efforts.Effort.lasting(whole, question.Limits(seconds=timeout, store=store), progress.words)
        answers = deciding.decide_claims(
            study, wanted, effort, jobs=jobs, done=lambda _: progress.step(), left_out=left_out
        )
    text = {"human": human, "markdown": markdown, "json": as_json}[form](study, answers)
    if output is None:
        out(text.rstrip("\n"))
    else:
        commands.write(output, text)
        note(f"wrote {output}")
    for name, picture in drawn(study, answers).items() if runs is not None else ():
        commands.write(Path(runs or "") / name, picture)
    for problem in left_out:
        complain(problem)
    missing = set(wanted or study.claims) - {answer.claim.name for answer in answers}
    if missing:
        complain("not asked: " + ", ".join(name for name in study.claims if name in missing))
    return UNUSABLE if left_out else exit_code(answers)


def exit_code(answers: list[Answered]) -> int:
    """1 where an answer is not the expected one, else 3 where one is open, else 0."""
    if any(answer.differs for answer in answers):
        return DIFFERS
    return OPEN if any(answer.answer == answers_of.UNDECIDED for answer in answers) else OK


def human(study: Study, answers: list[Answered]) -> str:
    """Every claim with its checks, then what is not as expected."""
    parts = [answer.words() for answer in answers]
    wrong = [f"{a.claim.name}: expected '{a.claim.expect}', found '{a.answer}'" for a in answers if a.differs]
    count = f"{len(answers)} claim{'s' * (len(answers) != 1)}; {len(wrong)} not as expected"
    opened = sum(answer.answer == answers_of.UNDECIDED for answer in answers)
    return "\n\n".join([*parts, *wrong, count + (f"; {opened} undecided" if opened else "")]) + "\n"


def markdown(study: Study, answers: list[Answered]) -> str:
    """The same as a page: a table of all, then each respondent's claims with the checks that they rest on."""
    lines = [
        "# Claims",
        "",
        "Generated by `lastgasp claims --format markdown`: what the respondents said, decided.",
        "",
    ]
    lines += ["| respondent | question | claim | answer |", "|---|---|---|---|"]
    for answer in answers:
        claim = answer.claim
        title = claim.title or claim.says
        lines.append(f"| {claim.respondent} | {claim.question} | [{title}](#{claim.name}) | {answer.answer} |")
    for answer in answers:
        claim = answer.claim
        lines += ["", f'<a id="{claim.name}"></a>', f"## {claim.title or claim.name}", ""]
        lines += [f"{claim.respondent}, question {claim.question}: *{claim.says}*", "", f"**{answer.sentence()}**", ""]
        lines += [f"{number}. {answers_of.came_words(came)}" for number, came in enumerate(answer.checks, 1)]
        lines += ["", claim.note] if claim.note else []
    return "\n".join(lines) + "\n"


def as_json(study: Study, answers: list[Answered]) -> str:
    """The neutral form, versioned; traces inside are self-contained."""
    return json.dumps(answers_of.claims_json(answers), indent=2) + "\n"


def drawn(study: Study, answers: list[Answered]) -> dict[str, str]:
    """The swim lanes of every run that an answer rests on, by file name."""
    return {
        f"claim-{answer.claim.name}-{number}.svg": show.lanes(
            study, came.question, came.verdict, answers_of.picture_words(answer, came)
        )
        for answer in answers
        for number, came in enumerate(answer.checks, 1)
        if getattr(came.verdict, "trace", None) is not None
    }
