"""The commands that ask a question about a study: one module each, with its options and what it prints."""

from __future__ import annotations

import click

from lastgasp.cli.ask.boundary import boundary
from lastgasp.cli.ask.claims import claims
from lastgasp.cli.ask.comply import comply
from lastgasp.cli.ask.condition import condition
from lastgasp.cli.ask.contrast import contrast
from lastgasp.cli.ask.cores import cores
from lastgasp.cli.ask.equivalent import equivalent
from lastgasp.cli.ask.explore import explore
from lastgasp.cli.ask.matrix import matrix
from lastgasp.cli.ask.repair import repair
from lastgasp.cli.ask.rests import rests

COMMANDS: tuple[click.Command, ...] = (
    matrix,
    claims,
    cores,
    rests,
    repair,
    condition,
    contrast,
    equivalent,
    comply,
    boundary,
    explore,
)
"""Every question that can be typed, in the order of the help page."""
