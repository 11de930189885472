"""The commands that ask a question about a study: one module each, with its options and what it prints."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
"""Every question that can be typed, in the order of the help page."""
