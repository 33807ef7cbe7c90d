"""Where the texts of the edges stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.curves import HUNDREDTHS, Numbers, Point

LABEL_WIDTH, LABEL_HEIGHT = 50.0, 18.0  # "−0.000123" in a 10 px font, and its plate
LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # along the last bend of an edge, the best first
# and where there are few edges also here:
MORE_PLACES = (*LABEL_PLACES, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)
FEW = 12  # edges in a gap, up to which they have more places, and several …
ATTEMPTS = 4  # … orders in which their texts are placed
AIR = 2.0  # between a text and a curve
# A text over another, for each square pixel, is worse than one over a curve, and this worse than any other place.
OVER_TEXT, OVER_CURVE = 10.0, 60.0

_Numbers = NDArray[np.float64]
_Texts = dict[int, list[Point]]  # those that are placed, by rows of their height


def label_places(bends: Numbers) -> list[Point]:
    """Where each edge's text goes: on its last bend, where it hides no other text and, if it can, no other curve."""
    gap, curves = bends[:, 0], bends[:, 1:].T / HUNDREDTHS
    x, y = _on_bends(curves, LABEL_PLACES[:1])
    labels: list[Point] = list(zip(x[:, 0].tolist(), y[:, 0].tolist(), strict=True))
    order = np.lexsort((y[:, 0], gap))
    beside = gap[order]
    close = (np.diff(y[order, 0]) < LABEL_HEIGHT + AIR) & (np.diff(beside) == 0) & (beside[1:] >= 0)
    crowded = order[np.isin(beside, beside[1:][close])]
    few = np.bincount(gap + 1)[gap[crowded] + 1] <= FEW
    for edges, along in ((crowded[few], MORE_PLACES), (crowded[~few], LABEL_PLACES)):
        if len(edges):
            places = _placed(gap[edges], curves[:, edges], along)
            for edge, at in zip(edges.tolist(), places, strict=True):
                labels[edge] = at
    return labels


def _on_bends(bends: _Numbers, along: Sequence[float]) -> tuple[_Numbers, _Numbers]:
    """The points at these places along all bends (n × places), to the hundredth: their x, and their y."""
    left, right, first, last, bow = bends
    t = np.array(along)
    u = 1 - t
    x = left[:, None] + np.outer(right - left, 1.5 * u * t + t**3)
    y = np.outer(first, u**3 + 3 * u * u * t) + np.outer(last + bow, 3 * u * t * t) + np.outer(last, t**3)
    return x.round(2), y.round(2)


def _placed(gap: Numbers, curves: _Numbers, along: Sequence[float]) -> list[Point]:
    """The places of the texts of all edges in these gaps, from above; they may be `along` their curves, best first."""
    x, y = _on_bends(curves, along)
    inside = np.abs(x - x[:, :1]) <= (curves[1] - curves[0] - LABEL_WIDTH)[:, None] / 2
    inside[:, 0] = True
    costs = np.where(inside, OVER_CURVE * _passing(gap, y) + np.arange(len(along)), inf)
    all_places = np.stack((costs, x, y), axis=2)
    best = all_places[np.arange(len(gap)), np.argmin(costs, axis=1)].tolist()
    borders = [0, *(np.flatnonzero(np.diff(gap)) + 1).tolist(), len(gap)]
    places: list[Point] = []
    for begin, end in pairwise(borders):
        places += _in_gap(best[begin:end], all_places[begin:end])
    return places


def _in_gap(best: list[list[float]], places: _Numbers) -> list[Point]:
    """The places of the texts of a gap, from above; then again, those first that found no good place.

    `places` are all that each may have (edges × places × (cost, x, y)), and of each edge's the `best` if it were alone.
    """
    order = list(range(len(best)))
    chosen: list[Point] = []
    least = inf
    for _ in range(ATTEMPTS if len(order) <= FEW else 1):
        texts: _Texts = {}
        found = [(inf, 0.0, 0.0)] * len(order)
        for edge in order:
            cost, x, y = best[edge]
            if hidden := _hidden(x, y, texts):
                cost, x, y = _beside_others(places[edge].tolist(), (cost + OVER_TEXT * hidden, x, y), texts)
            found[edge] = cost, x, y
            row = int(y // LABEL_HEIGHT)
            if row in texts:
                texts[row].append((x, y))
            else:
                texts[row] = [(x, y)]
        total = sum([cost for cost, _, _ in found])
        if total < least:
            least, chosen = total, [(x, y) for _, x, y in found]
        if max(found)[0] < len(MORE_PLACES):
            break
        order.sort(key=lambda edge: found[edge][0], reverse=True)
    return chosen


def _passing(gap: Numbers, ys: _Numbers) -> NDArray[np.intp]:
    """How many other curves pass through the text of each edge at each place."""
    near = LABEL_HEIGHT / 2 + AIR
    far = np.ptp(ys) + 3 * near
    apart = ys - ys.min() + (gap[:, None] * ys.shape[1] + np.arange(ys.shape[1])) * far
    order = np.argsort(apart, axis=None)
    there = apart.ravel()[order]
    passing = np.empty(apart.shape, dtype=np.intp)
    first, stop = np.searchsorted(there, there - near, side="right"), np.searchsorted(there, there + near)
    passing.ravel()[order] = stop - first - 1
    return passing


def _beside_others(
    places: list[list[float]], best: tuple[float, float, float], texts: _Texts
) -> tuple[float, float, float]:
    """The best of these places, or that which is known, when texts are placed that it may hide."""
    for cost, x, y in places:
        if cost < best[0]:
            cost += OVER_TEXT * _hidden(x, y, texts)
            if cost < best[0]:
                best = cost, x, y
    return best


def _hidden(x: float, y: float, texts: _Texts) -> float:
    """How much of a text others would hide, in square pixels."""
    hidden = 0.0
    row = int(y // LABEL_HEIGHT)
    for near in (row - 1, row, row + 1):
        if near in texts:
            for other_x, other_y in texts[near]:
                above = LABEL_HEIGHT - abs(other_y - y)
                if above > 0.0 and (beside := LABEL_WIDTH - abs(other_x - x)) > 0.0:
                    hidden += above * beside
    return hidden
