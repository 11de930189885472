"""Mutants of the bundled study: which changes of a machine are noticed by some check or sanity report?

    python benchmarks/mutants run [MACHINE ...]
    python benchmarks/mutants page

The first writes what is found to ``found.jsonl`` as it comes, and leaves out what was found about the study as it is:
all machines take two hours or three. The second writes ``README.md`` of it, with the explanations of
``survivors.yaml``.
"""

import sys

from asking import PAGE, page_text, run

match sys.argv[1:]:
    case ["run", *machines]:
        run(machines)
    case ["page"]:
        PAGE.write_text(page_text(), encoding="utf-8")
    case _:
        sys.exit(__doc__)
