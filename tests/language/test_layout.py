from __future__ import annotations

import pytest

from lastgasp.language.layout import fmt
from tests.language.house import FILES, refused, where

UGLY = """\
# the hub
machine:   ch   # its name
reads: {host: {dc: [on,   off]}}


states:
    a: {initial: yes}

    b:   # second
        label: "quoted"
transitions:
- {from: a, to: b, may: }
- from: b
  may:
  label: 3:00
  if: >-
    folded
    text
"""
NEAT = """\
# the hub
machine: ch     # its name
reads: {host: {dc: [on, off]}}


states:
  a: {initial: yes}

  b:     # second
    label: "quoted"
transitions:
  - {from: a, to: b, may: }
  - from: b
    may:
    label: 3:00
    if: >-
      folded
      text
"""


def test_layout_keeps_comments_and_words() -> None:
    assert fmt(UGLY) == NEAT


@pytest.mark.parametrize("text", [UGLY, *FILES.values()])
def test_twice_is_once(text: str) -> None:
    assert fmt(fmt(text)) == fmt(text)


def test_refuses_what_is_not_ours() -> None:
    (problem,) = refused(fmt, "a: 1\na: 2\n", "x.yaml")
    assert where(problem) == (2, 1)
