"""The adjoint program: readable Python that computes value and gradient, made from the source line by line.

Each assignment is run forward after the value that it overwrites is put on a stack; backward, the value comes back from
the stack, the intermediate values of the line are computed again, and their adjoints follow in reverse order. Branches
put their outcome on the stack, loops their number of rounds (Griewank & Walther 2008, sections 4.3 and 6.2). It is
shown, and never run by this program. What this `structured` form does not cover (lists, break, a return inside a loop)
is written out as the `straight` line of operations that was recorded at the point.
"""

from __future__ import annotations

from explorer.calculus.adjoint.lines import AdjointProgram, NotCovered
from explorer.calculus.adjoint.straight import straight
from explorer.calculus.adjoint.structured import structured
from explorer.calculus.tape import Tape
from explorer.language.program import Program


def adjoint_program(program: Program, tape: Tape) -> AdjointProgram:
    """The adjoint program of a Program; where it must be written out, as it ran on this tape."""
    try:
        lines = structured(program)
    except NotCovered as reason:
        return straight(program, tape, str(reason))
    except RecursionError:  # a sum of a thousand terms is a tree as deep
        return straight(program, tape, "a long expression in one line")
    return AdjointProgram(tuple(lines), True)
