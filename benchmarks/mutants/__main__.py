"""Mutants of the bundled study: which changes of a machine are noticed by some check or sanity report?

    python benchmarks/mutants run [MACHINE ...]
    python benchmarks/mutants renew GOAL ...
    python benchmarks/mutants page

The first writes what is found to ``found.jsonl`` as it comes, and leaves out what was found about the study as it is:
all machines take two hours or three. The second takes over what was found before these goals changed, if nothing else
did: it asks survivors these alone, and of the others what noticed them. The third writes ``README.md`` of it, with the
explanations of ``survivors.yaml``.
"""

import sys

from asking import PAGE, page_text, renew, run

match sys.argv[1:]:
    case ["run", *machines]:
        run(machines)
    case ["renew", *goals] if goals:
        renew(goals)
    case ["page"]:
        PAGE.write_text(page_text(), encoding="utf-8")
    case _:
        sys.exit(__doc__)
