"""Where the texts of the edges stand."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.curves import HUNDREDTHS, LastBend, Point

LABEL_WIDTH, LABEL_HEIGHT = 50.0, 18.0  # "−0.000123" in a 10 px font, and its plate
LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # along the last bend of an edge, the best first
# and where there are few edges also here:
MORE_PLACES = (*LABEL_PLACES, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)
FEW = 12  # edges in a gap, up to which they have more places, and several …
ATTEMPTS = 4  # … orders in which their texts are placed
AIR = 2.0  # between a text and a curve
# A text over another, for each square pixel, is worse than one over a curve, and this worse than any other place.
OVER_TEXT, OVER_CURVE = 10.0, 60.0
FAR = 1e8  # pixels: more than any drawing is high

_Numbers = NDArray[np.float64]
_Texts = dict[int, list[Point]]  # those that are placed, by rows of their height


def label_places(bends: Sequence[LastBend]) -> list[Point]:
    """Where each edge's text goes: on its last bend, where it hides no other text and, if it can, no other curve."""
    if not bends:
        return []
    gaps, *ends = zip(*bends, strict=True)
    gap = np.array(gaps)
    curves = np.array(ends) / HUNDREDTHS
    width = curves[1] - curves[0]
    x, y = _on_bends(curves, MORE_PLACES)
    labels: list[Point] = list(zip(x[:, 0].tolist(), y[:, 0].tolist(), strict=True))
    order = np.lexsort((y[:, 0], gap))
    beside = gap[order]
    close = (np.diff(y[order, 0]) < LABEL_HEIGHT + AIR) & (np.diff(beside) == 0) & (beside[1:] >= 0)
    for crowded in np.unique(beside[1:][close]).tolist():
        edges = order[np.searchsorted(beside, crowded) : np.searchsorted(beside, crowded + 1)]
        most = len(MORE_PLACES) if len(edges) <= FEW else len(LABEL_PLACES)
        first = edges[0]
        xs = x[first, :most]
        inside = np.flatnonzero(np.abs(xs - xs[0]) <= (width[first] - LABEL_WIDTH) / 2)
        places = _placed(xs[inside].tolist(), y[np.ix_(edges, inside)])
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


def _placed(xs: list[float], ys: _Numbers) -> list[Point]:
    """The places of the texts of all edges in a gap, from above; then again, those first that found no good place.

    `xs` are those of the places, the best first; `ys[edge, place]` where the edge's curve passes there.
    """
    costs: list[list[float]] = (OVER_CURVE * _passing(ys) + np.arange(len(xs))).tolist()
    heights: list[list[float]] = ys.tolist()
    order = list(range(len(heights)))
    best: list[Point] = []
    least = inf
    for _ in range(ATTEMPTS if len(order) <= FEW else 1):
        texts: _Texts = {}
        found = [(inf, (0.0, 0.0))] * len(order)
        for edge in order:
            found[edge] = _best(xs, heights[edge], costs[edge], texts)
        total = sum([cost for cost, _ in found])
        if total < least:
            least, best = total, [at for _, at in found]
        if max(found)[0] < len(xs):
            break
        order.sort(key=lambda edge: found[edge][0], reverse=True)
    return best


def _passing(ys: _Numbers) -> NDArray[np.intp]:
    """How many other curves pass through the text of each edge at each place."""
    near = LABEL_HEIGHT / 2 + AIR
    apart = ys + np.arange(ys.shape[1]) * FAR
    there = np.sort(apart, axis=None)
    return np.searchsorted(there, apart + near) - np.searchsorted(there, apart - near, side="right") - 1


def _best(xs: list[float], ys: list[float], costs: list[float], texts: _Texts) -> tuple[float, Point]:
    """The best place for an edge's text among those placed, which it joins, and what it costs."""
    best, least = (xs[0], ys[0]), inf
    for place, (x, y, cost) in enumerate(zip(xs, ys, costs, strict=True)):
        if cost < least:
            cost += OVER_TEXT * _hidden(x, y, texts)
            if cost < least:
                best, least = (x, y), cost
        if least <= place:
            break
    texts.setdefault(int(best[1] // LABEL_HEIGHT), []).append(best)
    return least, best


def _hidden(x: float, y: float, texts: _Texts) -> float:
    """How much of a text others would hide, in square pixels."""
    hidden = 0.0
    row = int(y // LABEL_HEIGHT)
    for near in (row - 1, row, row + 1):
        for other_x, other_y in texts.get(near, ()):
            above = LABEL_HEIGHT - abs(other_y - y)
            if above > 0.0 and (beside := LABEL_WIDTH - abs(other_x - x)) > 0.0:
                hidden += above * beside
    return hidden
