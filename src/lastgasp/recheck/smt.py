"""SMT-LIB 2 scripts given to Z3, and to cvc5 as well where that is installed: every answer has to be ``unsat``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lastgasp.errors import InternalError
from lastgasp.lazy import lazy

if TYPE_CHECKING:
    import cvc5
    import z3
else:
    z3 = lazy("z3")
    cvc5 = lazy("cvc5") if find_spec("cvc5") else None

SECONDS = 300
"""So long a solver may take for one script."""


def discharge(scripts: Mapping[str, str]) -> tuple[str, ...]:
    """Give every script to every solver there is, and return their names.

    :class:`InternalError` names the first obligation that is not met, or that no solver could decide.
    """
    solvers = {"z3": _by_z3} | ({"cvc5": _by_cvc5} if cvc5 else {})
    for name, script in scripts.items():
        answers = {solver: ask(script) for solver, ask in solvers.items()}
        for solver, answer in answers.items():
            if answer == "sat":
                raise InternalError(f"the certificate does not stand: it is not so that {name} (says {solver})")
        if "unsat" not in answers.values():
            raise InternalError(f"the certificate is not confirmed: whether {name} was not decided in {SECONDS} s")
    return tuple(solvers)


def _by_z3(script: str) -> str:
    context = z3.Context()
    solver = z3.SolverFor("QF_LIRA", ctx=context)
    solver.set("timeout", SECONDS * 1000)
    solver.from_string(script)
    return str(solver.check())


def _by_cvc5(script: str) -> str:
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(SECONDS * 1000))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer = str(command.invoke(solver, parser.getSymbolManager())) or answer
    return answer.strip()
