"""What a model says where there are no points: its curve over one feature, or its score over two, with zero lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.compiled import Compiled, compiled
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.optimize.datasets import DataSet

Array = NDArray[np.float64]

SIDE = 48  # cells of a field: a few pixels each, smoothed when they are drawn
_SAMPLES = 200  # of a curve
_MARGIN = 0.08  # of the features' range, around the points


@dataclass(frozen=True)
class Fit:
    """The model at some parameters.

    One feature: `x` and `values`, shape (samples,), are its curve. Two: `values`, shape (SIDE, SIDE), are the scores
    in the middles of cells, row by row from the lowest second feature; `boundary` are segments (u, v, u′, v′) where
    the score is 0, `hidden` those of each hidden unit; `right` is the part of the points on their side.
    """

    x: Array
    values: Array
    boundary: Array
    hidden: tuple[Array, ...]
    right: float | None


def limits(data: DataSet) -> list[tuple[float, float]]:
    """What a picture of the data shows: an interval for each feature and, where that is one, for the target."""
    names = data.features if len(data.features) == 2 else (*data.features, data.target)
    found = []
    for name in names:
        low, high = float(data.columns[name].min()), float(data.columns[name].max())
        room = _MARGIN * (high - low) or 1.0
        found.append((low - room, high + room))
    return found


def fit(data: DataSet, at: Mapping[str, float]) -> Fit:
    """The model of a data set at its parameters; ExplorerError where the data set has no model that can be drawn."""
    if not data.prediction or len(data.features) not in (1, 2):
        raise ExplorerError("There is no picture of this model: it has not one feature or two.", kind="domain")
    nothing = np.empty((0, 4))
    if len(data.features) == 1:
        x = np.linspace(*limits(data)[0], _SAMPLES)
        return Fit(x, _said(data.prediction, at, {data.features[0]: x}), nothing, (), None)
    across, up = (low + (np.arange(SIDE) + 0.5) * (high - low) / SIDE for low, high in limits(data))
    mesh = dict(zip(data.features, np.meshgrid(across, up), strict=True))
    scores = _said(data.prediction, at, mesh)
    points = {name: data.columns[name] for name in data.features}
    right = np.mean((_said(data.prediction, at, points) > 0) == (data.columns[data.target] > 0.5))
    units = tuple(zero_lines(across, up, _said(unit, at, mesh)) for unit in data.hidden)
    return Fit(across, scores, zero_lines(across, up, scores), units, float(right))


@lru_cache(maxsize=32)
def _compiled(text: str) -> Compiled:
    return compiled(parse(text))


def _said(text: str, at: Mapping[str, float], features: Mapping[str, Array]) -> Array:
    model = _compiled(text)
    shape = next(iter(features.values())).shape
    columns = [features[name] if name in features else float(at[name]) for name in model.program.inputs]
    with np.errstate(all="ignore"):
        return np.broadcast_to(model.value_on(columns, shape), shape)


def zero_lines(x: Array, y: Array, values: Array) -> Array:
    """Segments (x, y, x′, y′) along which values, shape (len(y), len(x)), linear on the two halves of a cell, are 0."""
    mesh = np.stack([*np.meshgrid(x, y), values], axis=-1)
    a, b, c, d = mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, 1:], mesh[1:, :-1]
    halves = (np.stack(half, axis=-2).reshape(-1, 3, 3) for half in ([a, b, c], [a, c, d]))
    corners = np.concatenate(list(halves))
    # Of a triangle that 0 divides, one corner is alone on its side: the segment leaves the edges that meet there.
    above = corners[:, :, 2] > 0
    divided = above.any(axis=1) & ~above.all(axis=1) & np.isfinite(corners[:, :, 2]).all(axis=1)
    corners, above = corners[divided], above[divided]
    alone = np.argmax(above == (above.sum(axis=1) == 1)[:, None], axis=1)
    rows = np.arange(len(corners))
    one = corners[rows, alone]
    ends = []
    for turn in (1, 2):
        other = corners[rows, (alone + turn) % 3]
        part = (one[:, 2] / (one[:, 2] - other[:, 2]))[:, None]
        ends.append(one[:, :2] + part * (other[:, :2] - one[:, :2]))
    return np.concatenate(ends, axis=1)
