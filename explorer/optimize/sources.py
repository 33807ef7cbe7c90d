"""Where a run's gradient comes from: the same objective differentiated by each of the program's methods.

Differences use one absolute step h for all inputs, the one that was asked for, so that a bad one can be seen to hurt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.evaluate import complex_values, values, values_on
from explorer.calculus.lowering import lower
from explorer.calculus.tape import forward_jacobian
from explorer.language.program import ExplorerError
from explorer.optimize.objectives import ProgramObjective

Array = NDArray[np.float64]

SOURCES: Mapping[str, str] = {
    "reverse": "reverse-mode AD",
    "forward": "forward-mode AD, one sweep an input",
    "symbolic": "SymPy's derivative, evaluated",
    "forward-difference": "(f(x+h) − f(x)) / h",
    "central-difference": "(f(x+h) − f(x−h)) / 2h",
    "complex-step": "Im f(x+ih) / h",
}


def sourced(objective: ProgramObjective, source: str, h: float) -> ProgramObjective:
    """The objective with its gradient from a source of SOURCES; h is the step of the differences."""
    if source not in SOURCES:
        raise ExplorerError(f"A gradient comes from one of: {', '.join(SOURCES)}.", kind="name")
    if source in ("forward-difference", "central-difference", "complex-step") and not 0 < h < math.inf:
        raise ExplorerError("The step h must be a finite number above 0.", kind="domain")
    if source == "reverse":
        return objective
    if source == "forward":
        return Forward(objective.program, objective.output)
    if source == "symbolic":
        return Symbolic(objective.program, objective.output)
    if source == "complex-step":
        return ComplexStep(objective.program, objective.output, h)
    return Difference(objective.program, objective.output, h, central=source == "central-difference")


class _Other(ProgramObjective):
    """An objective whose gradient is not the compiled one: no generated loop runs it."""

    quick_gradient = None  # type: ignore[assignment]


class Forward(_Other):
    """The gradient by dual numbers, one run of the program an input."""

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        value = values(self.program, x.tolist())[self.output]
        return value, np.array(forward_jacobian(self.program, x.tolist())[self.output])


class Symbolic(_Other):
    """The gradient by SymPy, once; then its numbers."""

    def __init__(self, program: object, output: int) -> None:
        from explorer.calculus import symbolic  # loads SymPy, which no other source wants

        super().__init__(program, output)  # type: ignore[arg-type]
        outputs, self._symbols = symbolic.expressions(self.program)
        entries = symbolic.jacobian([outputs[output]], self._symbols)
        self._partials = [partial for _, _, partial in entries]
        self._evaluate = symbolic.evaluate

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        point = x.tolist()
        partials = self._evaluate(self._partials, dict(zip(self._symbols, point, strict=True)))
        return values(self.program, point)[self.output], np.array(partials)


class Difference(_Other):
    """The gradient by forward or central differences with one step h; where x + h = x it is 0/0: nan."""

    def __init__(self, program: object, output: int, h: float, central: bool) -> None:
        super().__init__(program, output)  # type: ignore[arg-type]
        self.h, self.central = h, central
        self._code = lower(self.program)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        n = len(x)
        points = np.repeat(x[:, None], 2 * n + 1, axis=1)
        places = np.arange(n)
        points[places, 1 + places] += self.h
        points[places, 1 + n + places] -= self.h
        f = values_on(self._code, list(points), (2 * n + 1,))[self.output]
        above = points[places, 1 + places]  # the step that the floats made of h
        with np.errstate(all="ignore"):
            if not self.central:
                return float(f[0]), (f[1 : n + 1] - f[0]) / (above - x)
            below = points[places, 1 + n + places]
            return float(f[0]), (f[1 : n + 1] - f[n + 1 :]) / (above - below)


class ComplexStep(_Other):
    """The gradient by the complex step; ExplorerError where the function has no complex form."""

    def __init__(self, program: object, output: int, h: float) -> None:
        super().__init__(program, output)  # type: ignore[arg-type]
        self.h = h
        self._code = lower(self.program)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        points = np.repeat(x[:, None].astype(complex), len(x), axis=1)
        points[np.arange(len(x)), np.arange(len(x))] += 1j * self.h
        output = np.broadcast_to(complex_values(self._code, list(points))[self.output], (len(x),))
        return values(self.program, x.tolist())[self.output], np.imag(output) / self.h
