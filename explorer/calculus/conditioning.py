"""What the rounding of the inputs changes: an error that is no larger has lost nothing that they had.

Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.5: backward error.
"""

from __future__ import annotations

import math

from explorer.calculus.agreement import Matrix
from explorer.calculus.stencils import UNIT_ROUNDOFF
from explorer.calculus.sweeps import gradient, hessian_times
from explorer.calculus.tape import Tape

UNITS = 16  # of the last place, in which an input, and each operation after it, may be off
STEEP = 1e4  # a bend by which f changes by more than so many times its largest number, over the length of x
MOST_WORK = 20_000  # operations of all sweeps for one matrix: a tenth of a second


def value_change(tape: Tape, output: int) -> float:
    """By how much an output changes with the last places of all inputs: |∇f|·|x|."""
    return _units(tape) * _sum(gradient(tape, output), tape)


def slope_change(tape: Tape, output: int, input_: int) -> float:
    """By how much ∂output/∂input does: |∇∂f/∂x|·|x|, which at a stationary point is what is left of it.

    0 where the slope changes on a much smaller scale than that of x, beside an edge or in chaos: what it loses by that
    is worth a word.
    """
    direction = [float(k == input_) for k in range(len(tape.inputs))]
    bend = _sum(hessian_times(tape, direction, output), tape)
    largest = max((abs(op.value) for op in tape.ops if math.isfinite(op.value)), default=0.0)
    longest = max((abs(op.value) for op in tape.ops[: len(tape.inputs)]), default=0.0)
    return _units(tape) * bend if bend * longest <= STEEP * largest else 0.0


def slope_changes(tape: Tape) -> Matrix:
    """`slope_change` of every entry of the Jacobian; 0 where that is too much work."""
    inputs, outputs = range(len(tape.inputs)), range(len(tape.outputs))
    if len(inputs) * len(outputs) * len(tape.operations) > MOST_WORK:
        return [[0.0] * len(inputs) for _ in outputs]
    return [[slope_change(tape, row, column) for column in inputs] for row in outputs]


def _units(tape: Tape) -> float:
    return (UNITS + len(tape.operations)) * UNIT_ROUNDOFF


def _sum(partials: list[float], tape: Tape) -> float:
    terms = (abs(p * op.value) for p, op in zip(partials, tape.ops, strict=False) if p)
    return math.fsum(term for term in terms if math.isfinite(term))
