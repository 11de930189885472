"""The options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lastgasp.errors import InputError
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    from lastgasp.language import durations
else:
    durations = lazy("lastgasp.language.durations")

ORDERS = ("breadth", "depth", "wide")
ENGINES = ("auto", "zones", "bmc", "induction", "spacer", "all")
"""Those of the facade, which help must not wait for; a test compares them."""


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A duration in the words of the files, or a plain number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = " s" if re.fullmatch(r"\d+(\.\d+)?", value) else ""
        try:
            return float(durations.parse_duration(value + seconds))
        except InputError:
            self.fail(f"{value!r} is not a duration; write '60s' or '2 min'", param, ctx)


file_type = click.Path(path_type=Path)
path_argument = click.argument("path", required=False, type=file_type)
study_option = click.option("--study", "folder", type=file_type, help="A folder; the bundled study if absent.")
engine_option = click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
timeout_option = click.option(
    "--timeout", type=Duration(), default="60s", show_default=True, help="Limit per check, such as 60s or '2 min'."
)
format_option = click.option(
    "--format", "form", type=click.Choice(["human", "json"]), default="human", show_default=True
)
profile_option = click.option("--profile", help="A concrete device of the study, by name.")
assume_option = click.option("--assume", multiple=True, help="A further assumption of the study, by name.")
trace_option = click.option("--trace", "trace_file", type=file_type, help="Write the run to this file.")
whole_option = click.option(
    "--timeout",
    type=Duration(),
    default="10 min",
    show_default=True,
    help="Limit for the whole answer, such as 60s or '10 min'; what is not known by then is said.",
)
all_option = click.option(
    "--all", "everything", is_flag=True, help="Everything that is not named, not just the study's overview."
)
cache_option = click.option(
    "--cache",
    type=file_type,
    metavar="DIR",
    help="Keep what engines find in this folder, not in the user's cache; it is checked again whenever it is used.",
)
no_cache_option = click.option("--no-cache", is_flag=True, help="Keep nothing, and use nothing that was kept.")
memory_option = click.option("--memory", type=click.IntRange(1), metavar="MB", help="Limit per engine, in megabytes.")
check_argument = click.argument("check_name", metavar="CHECK")
