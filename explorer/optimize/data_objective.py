"""A mean over data as an objective: whole, in batches, its gradient's noise, and as least squares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.compiled import compiled
from explorer.language.program import ExplorerError, Program
from explorer.optimize.datasets import DataSet, loss_program
from explorer.optimize.ground import NO_SQUARES
from explorer.optimize.objectives import as_residuals

Array = NDArray[np.float64]

# Of a difference of two exact gradients, which is exact for quadratics: near the cube root of the floats' spacing.
_HESSIAN_STEP = 6e-6
_MOST_AT_ONCE = 200_000  # points of one array evaluation: a few megabytes of temporaries


class DataObjective:
    """f(x) = mean over the rows of ℓ(x, row); x are the inputs of the loss that are no columns, in its order."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self.program = loss_program(data)
        self.names = tuple(name for name in self.program.inputs if name not in data.columns)
        self.rows = data.rows
        self._compiled = compiled(self.program)
        self._held = [place for place, name in enumerate(self.program.inputs) if name in data.columns]
        self._squares: Program | None = None

    def _columns(self, x: Array, rows: NDArray[np.int64] | None = None) -> list[float | Array]:
        values = dict(zip(self.names, x.tolist(), strict=True))
        return [
            values[name]
            if name in values
            else self.data.columns[name]
            if rows is None
            else self.data.columns[name][rows]
            for name in self.program.inputs
        ]

    def row_values_and_gradients(self, x: Array, rows: NDArray[np.int64] | None = None) -> tuple[Array, Array]:
        """ℓ of each row, shape (rows,), and its gradients, shape (n, rows)."""
        count = self.rows if rows is None else len(rows)
        values, partials = self._compiled.values_and_gradients_on(self._columns(x, rows), (count,), 0, self._held)
        return values, np.array(partials)

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        """f(x) and ∇f(x)."""
        values, gradients = self.row_values_and_gradients(x)
        return float(values.mean()), gradients.mean(axis=1)

    def many(self, points: Array, rows: NDArray[np.int64] | None = None) -> tuple[Array, Array]:
        """f, shape (points,), and ∇f, shape (n, points), at points of shape (n, points); as means over those rows."""
        count = points.shape[1]
        values, gradients = np.empty(count), np.empty(points.shape)
        data = self.data.columns if rows is None else {name: c[rows] for name, c in self.data.columns.items()}
        height = self.rows if rows is None else len(rows)
        stride = max(1, _MOST_AT_ONCE // height)
        for first in range(0, count, stride):
            part = points[:, first : first + stride]
            shape = (part.shape[1], height)
            of = dict(zip(self.names, part, strict=True))
            columns = [
                np.broadcast_to(of[name][:, None] if name in of else data[name], shape) for name in self.program.inputs
            ]
            of_rows, partials = self._compiled.values_and_gradients_on(columns, shape, 0, self._held)
            values[first : first + stride] = of_rows.mean(axis=1)
            for place, partial in enumerate(partials):
                gradients[place, first : first + stride] = partial.mean(axis=1)
        return values, gradients

    def hessian(self, x: Array) -> Array:
        """∇²f(x) by central differences of the exact gradient, made symmetric."""
        steps = _HESSIAN_STEP * np.maximum(1.0, np.abs(x))
        ends = x[:, None, None] + np.array([1.0, -1.0])[None, :, None] * np.diag(steps)[:, None, :]
        _, gradients = self.many(ends.reshape(len(x), -1))
        n = len(x)
        matrix = (gradients[:, :n] - gradients[:, n:]) / (ends[range(n), 0, range(n)] - ends[range(n), 1, range(n)])
        symmetric: Array = 0.5 * (matrix + matrix.T)
        return symmetric

    def residuals(self, x: Array) -> tuple[Array, Array]:
        """r / √rows with Σ r²/rows = f, and its Jacobian, where the loss of a row is written as a square."""
        if self._squares is None:
            self._squares = as_residuals(self.program)
        if self._squares is None:
            raise ExplorerError(NO_SQUARES, kind="domain")
        of = compiled(self._squares)
        residuals, rows = [], []
        for output in range(len(self._squares.outputs)):
            values, partials = of.values_and_gradients_on(self._columns(x), (self.rows,), output, self._held)
            residuals.append(values)
            rows.append(np.stack(partials, axis=1))
        scale = 1 / math.sqrt(self.rows)
        return scale * np.concatenate(residuals), scale * np.concatenate(rows)


class BatchObjective(DataObjective):
    """The same, each step seeing a batch: every epoch's batches are a new order of the rows, drawn from the seed.

    The order of an epoch depends on the seed and the epoch's number alone, so that a run is replayed from any step.
    """

    def __init__(self, data: DataSet, batch: int, seed: int) -> None:
        super().__init__(data)
        if batch < 1:
            raise ExplorerError("A batch has at least one row.", kind="domain")
        self.batch = min(batch, self.rows)
        self.seed = seed
        self.batches = math.ceil(self.rows / self.batch)
        self._order: tuple[int, NDArray[np.int64]] = (-1, np.empty(0, dtype=np.int64))

    @property
    def batch_part(self) -> float:
        """The part of the data in a step's batch."""
        return 1 / self.batches

    def batch_rows(self, step: int) -> NDArray[np.int64]:
        """Which rows the batch of a step, from 0, has."""
        epoch, place = divmod(step, self.batches)
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng([self.seed, epoch]).permutation(self.rows))
        return self._order[1][place * self.batch : (place + 1) * self.batch]

    def batch_gradient(self, x: Array, step: int) -> Array:
        """The mean of the batch's gradients."""
        _, gradients = self.row_values_and_gradients(x, self.batch_rows(step))
        mean: Array = gradients.mean(axis=1)
        return mean

    def many_on_batch(self, points: Array, step: int) -> tuple[Array, Array]:
        """The means of the batch's losses and gradients at many points, which all see the same batch."""
        return self.many(points, self.batch_rows(step))


@dataclass(frozen=True)
class Noise:
    """How a batch's gradient strays from the whole one: root of the mean squared distance, predicted and drawn.

    predicted: √(tr Σ / B · (N−B)/(N−1)) for batches without repetition, Σ the covariance of the rows' gradients;
    scale: tr Σ / |g|², the batch at which noise and gradient are equally long (McCandlish et al. 2018).
    """

    norm: float
    spread: float
    scale: float
    batches: tuple[int, ...]
    predicted: tuple[float, ...]
    measured: tuple[float, ...]
    draws: int


def gradient_noise(objective: DataObjective, x: Array, seed: int, draws: int = 200) -> Noise:
    """The noise at x, with batches of 1, 2, 5, 10, … rows drawn from the seed."""
    _, gradients = objective.row_values_and_gradients(x)
    rows = objective.rows
    mean = gradients.mean(axis=1)
    trace = float(gradients.var(axis=1).sum())
    norm = math.hypot(*mean.tolist())
    sizes = tuple(s for decade in (1, 10, 100, 1000, 10_000) for s in (decade, 2 * decade, 5 * decade) if s <= rows)
    generator = np.random.default_rng([seed, 3])
    measured = []
    for size in sizes:
        picked = np.argsort(generator.random((draws, rows)), axis=1)[:, :size]
        if size == rows:  # the whole data again, in another order: what is left is rounding
            measured.append(0.0)
            continue
        away = gradients[:, picked].mean(axis=2) - mean[:, None]
        measured.append(math.sqrt(float((away**2).sum(axis=0).mean())))
    predicted = tuple(math.sqrt(trace / s * (rows - s) / max(rows - 1, 1)) for s in sizes)
    scale = trace / norm**2 if norm else math.inf
    return Noise(norm, math.sqrt(trace), scale, sizes, predicted, tuple(measured), draws)
