"""The function as a run asks it: every answer counted, and the linear algebra that the searching rules need."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.rules.rule import Spot

Array = NDArray[np.float64]

# |λ| is kept above this part of the largest: a step along a direction without curvature would be endless.
LEAST_CURVATURE = 1e-8

NO_SQUARES = "Levenberg–Marquardt needs a sum of squares: several outputs, a sum of terms like (…)^2, or a fit to data."


class Objective(Protocol):
    """What is minimised: a scalar function of x, shape (n,), with its gradient, shape (n,).

    Where it is not defined it returns nan or inf and does not raise; it may raise ExplorerError for a broken limit.
    An objective may also have `hessian(x)`, shape (n, n), `residuals(x)` (see rules.rule.Ground), and, if it is a mean
    over data of which a step sees only a batch, `batch_gradient(x, step)` and `batch_part`, the part of the data in it.
    """

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x). x is read-only."""


class OutOfBudget(Exception):
    """The next evaluation would be one too many."""


class Counted:
    """An objective that counts its evaluations; it is the Ground of the searching rules.

    A gradient of a batch counts as the part of the data that it has seen, and what is computed for display only, the
    loss of the whole data beside it, does not count.
    """

    def __init__(self, objective: Objective, budget: int | None = None) -> None:
        self.objective = objective
        self.budget = budget
        self.functions = 0
        self.gradients: float = 0
        self.hessians = 0

    @property
    def sampled(self) -> bool:
        """Whether steps see batches only."""
        return hasattr(self.objective, "batch_gradient")

    def __call__(self, x: Array) -> tuple[float, Array]:
        """(f, ∇f) at x; the gradient is a copy, for an objective may use one buffer for all its answers."""
        if not self.sampled:
            if self.budget is not None and self.gradients + 1 > self.budget:
                raise OutOfBudget
            self.functions += 1
            self.gradients += 1
        x.setflags(write=False)
        with np.errstate(all="ignore"):  # non-finite numbers are looked for by the run, and reported in words
            value, gradient = self.objective.value_and_gradient(x)
        return float(value), _checked(gradient, x.shape)

    def batch(self, x: Array, step: int) -> Array:
        """The gradient on the batch of a step."""
        sampled: Any = self.objective
        self.gradients += sampled.batch_part
        with np.errstate(all="ignore"):
            return _checked(sampled.batch_gradient(x, step), x.shape)

    # -- for searching rules ---------------------------------------------------------------------------------------

    def at(self, x: Array) -> Spot:
        """Value and gradient at x."""
        return Spot(x, *self(x))

    def hessian(self, x: Array) -> Array:
        """∇²f(x)."""
        if not hasattr(self.objective, "hessian"):
            raise ExplorerError("This objective has no second derivatives for Newton's method.", kind="domain")
        self.hessians += 1
        with np.errstate(all="ignore"):
            return _checked(self.objective.hessian(x), (len(x), len(x)))

    def residuals(self, x: Array) -> tuple[Array, Array]:
        """r(x) and its Jacobian."""
        if not hasattr(self.objective, "residuals"):
            raise ExplorerError(NO_SQUARES, kind="domain")
        with np.errstate(all="ignore"):
            residuals, jacobian = self.objective.residuals(x)
        return np.asarray(residuals, dtype=float), np.asarray(jacobian, dtype=float)

    def solve(self, matrix: Array, right: Array) -> Array | None:
        """The solution of a linear system, None where the matrix is singular to rounding or not finite."""
        if not np.isfinite(matrix).all():
            return None
        try:
            with np.errstate(all="ignore"):
                solution = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        return solution if np.isfinite(solution).all() else None

    def absolute(self, matrix: Array) -> Array:
        """|A| with eigenvalues of at least LEAST_CURVATURE times the largest."""
        if not np.isfinite(matrix).all():
            return matrix
        values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
        sizes = np.abs(values)
        kept = np.maximum(sizes, max(sizes.max() * LEAST_CURVATURE, np.finfo(float).tiny))
        absolute: Array = (vectors * kept) @ vectors.T
        return absolute

    def identity(self, size: int) -> Array:
        """The unit matrix."""
        return np.eye(size)


def _checked(values: Array, shape: tuple[int, ...]) -> Array:
    copied = np.array(values, dtype=np.float64)
    if copied.shape != shape:  # would be broadcast in silence
        raise ValueError(f"a derivative has shape {copied.shape}, not {shape}")
    return copied
