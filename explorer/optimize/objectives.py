"""What is minimised: one output of a Program, with its gradient by reverse AD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.evaluate import values_on
from explorer.calculus.lowering import lower
from explorer.calculus.sweeps import gradient
from explorer.calculus.tape import record
from explorer.language.program import ExplorerError, Program

Array = NDArray[np.float64]


class ProgramObjective:
    """A program's output number `output` as a function of all its inputs (see optimize.descent.Objective)."""

    def __init__(self, program: Program, output: int = 0) -> None:
        if not program.inputs:
            raise ExplorerError("A constant has nothing to be optimized: no input occurs in it.", kind="domain")
        self.program = program
        self.output = output

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x), by one recording and one reverse sweep."""
        tape = record(self.program, x.tolist())
        return tape.values[self.output], np.array(gradient(tape, self.output))


def on_grid(
    program: Program, centre: Sequence[float], axes: Sequence[int], coordinates: Sequence[Array], output: int = 0
) -> Array:
    """The output over a grid of one or two inputs, the others held at `centre`.

    coordinates: one array an axis, shapes (nx,) and (ny,); the result has shape (nx,) or (ny, nx), NaN where undefined.
    """
    mesh = np.meshgrid(*coordinates)
    columns: list[Array | float] = list(centre)
    for axis, values in zip(axes, mesh, strict=True):
        columns[axis] = values
    return values_on(lower(program), columns, mesh[0].shape)[output].copy()
