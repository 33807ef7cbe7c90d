"""Where the texts of the edges stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from explorer.calculus.layout.curves import LAYER_GAP, Point

LABEL_WIDTH, LABEL_HEIGHT = 50.0, 18.0  # "−0.000123" in a 10 px font, and its plate
LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # along the last bend of an edge, the best first
# and where there are few edges also here:
MORE_PLACES = (*LABEL_PLACES, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)
PASSED = tuple(step / 12 for step in range(13))  # along a bend, for the cells in which it passes
FEW = 12  # edges in a gap of which each is looked at; where there are more, those in the same cells of a label's size
ATTEMPTS = 4  # orders in which the texts of a few edges are placed
AIR = 2.0  # between a text and a curve

Bend = tuple[Point, Point, Point, Point]
_Cell = tuple[int, int]
_Points = NDArray[np.float64]


def label_places(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """Where each edge's text goes: on its last bend, where it hides no other text and, if it can, no other curve."""
    if not curves:
        return []
    bends = [_last_bend(points) for points in curves]
    control = np.array([c for bend in bends for point in bend for c in point]).reshape(-1, 4, 2)
    labels: list[Point] = _on_curves(control, (0.5,))[:, 0].tolist()
    gaps: dict[float, list[int]] = {}  # by where the last bends end: only edges of the same gap can be in the way
    for edge, bend in enumerate(bends):
        gaps.setdefault(bend[3][0], []).append(edge)
    for gap in gaps.values():
        if len(gap) > 1 and not _apart([labels[edge] for edge in gap]):
            gap.sort(key=lambda edge: labels[edge][1])
            place = _place if len(gap) <= FEW else _place_many
            place(gap, bends, control[gap], labels)
    return [(x, y) for x, y in labels]


def _apart(middles: list[Point]) -> bool:
    """Whether the texts stand one above the other, where the curves are as far apart as they are high."""
    middles.sort(key=itemgetter(1))
    return all(b[1] - a[1] >= LABEL_HEIGHT + AIR and a[0] == b[0] for a, b in pairwise(middles))


@dataclass(frozen=True, slots=True)
class _Anywhere:
    """The same texts and curves around every place."""

    texts: list[Point]
    rivals: list[Bend]

    def __call__(self, _: Point) -> tuple[list[Point], list[Bend]]:
        return self.texts, self.rivals


def _place(gap: list[int], bends: list[Bend], control: _Points, labels: list[Point]) -> None:
    """Place the texts of the edges in a gap, from above; then again, those first that found no good place."""
    places = dict(zip(gap, _on_curves(control, MORE_PLACES).tolist(), strict=True))
    order = gap
    least = inf
    for _ in range(ATTEMPTS):
        placed: list[Point] = []
        costs: dict[int, float] = {}
        for edge in order:
            around = _Anywhere(placed, [bends[other] for other in gap if other != edge])
            costs[edge], at = _best(bends[edge], places[edge], around)
            placed.append(at)
        if sum(costs.values()) < least:
            least = sum(costs.values())
            for edge, at in zip(order, placed, strict=True):
                labels[edge] = at
        if max(costs.values()) < len(MORE_PLACES):
            return
        order = sorted(order, key=costs.__getitem__, reverse=True)


def _place_many(gap: list[int], bends: list[Bend], control: _Points, labels: list[Point]) -> None:
    """The same where there are many: only what is in the cells around a place is looked at."""
    places = _on_curves(control, LABEL_PLACES).tolist()
    passed = np.floor_divide(_on_curves(control, PASSED), (LABEL_WIDTH, LABEL_HEIGHT)).astype(int).tolist()
    crossed: dict[_Cell, set[int]] = {}  # cells → edges whose last bends pass there, if they are not very steep
    for edge, cells in zip(gap, passed, strict=True):
        for column, row in cells:
            crossed.setdefault((column, row), set()).add(edge)
    taken: dict[_Cell, list[Point]] = {}  # cells → texts placed there
    for edge, own in zip(gap, places, strict=True):

        def around(at: Point, edge: int = edge) -> tuple[list[Point], list[Bend]]:
            column, row = _cell(at)
            texts: list[Point] = []
            rivals: set[int] = set()
            for beside in (column - 1, column, column + 1):
                for level in (row - 1, row, row + 1):
                    texts += taken.get((beside, level), ())
                rivals.update(crossed.get((column, beside - column + row), ()))
            rivals.discard(edge)
            return texts, [bends[rival] for rival in rivals]

        _, labels[edge] = _best(bends[edge], own, around)
        taken.setdefault(_cell(labels[edge]), []).append(labels[edge])


def _best(
    bend: Bend,
    places: Iterable[list[float]],
    around: Callable[[Point], tuple[Iterable[Point], Iterable[Bend]]],
) -> tuple[float, Point]:
    """The best of these places along a curve, given the texts and the other curves around it, and what it costs."""
    start, end = bend[0][0] + LABEL_WIDTH / 2, bend[3][0] - LABEL_WIDTH / 2
    best, least = bend[0], inf
    for rank, (x, y) in enumerate(places):
        at = x, y
        texts, rivals = around(at)
        over = sum([_passes(rival, x, y) for rival in rivals])
        outside = max(0.0, start - x, x - end)
        cost = 10.0 * _hidden(at, texts) + 60.0 * over + 200.0 * outside + rank  # texts over texts and nodes are worst
        if cost < least:
            best, least = at, cost
        if cost == rank:
            break
    return least, best


def _hidden(at: Point, texts: Iterable[Point]) -> float:
    """How much of a text others would hide, in square pixels."""
    x, y = at
    hidden = 0.0
    for other_x, other_y in texts:
        above = LABEL_HEIGHT - abs(other_y - y)
        if above > 0.0 and (beside := LABEL_WIDTH - abs(other_x - x)) > 0.0:
            hidden += above * beside
    return hidden


def _last_bend(points: Sequence[Point]) -> Bend:
    """The piece of a curve that carries its label: the last one that is not level, else the end of the level one."""
    for start in range(len(points) - 4, -1, -3):
        a, b, c, d = points[start : start + 4]
        if not a[1] == b[1] == c[1] == d[1]:
            return a, b, c, d
    (x, y) = points[-1]
    before = max(points[0][0], x - LAYER_GAP)
    third = (x - before) / 3
    return (before, y), (before + third, y), (x - third, y), (x, y)


def _on_curves(control: _Points, along: Sequence[float]) -> _Points:
    """The points of all curves (n × 4 control points) at these places along them: n × places × 2, to the hundredth."""
    t = np.array(along)
    u = 1 - t
    weights = np.array((u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t))
    points: _Points = np.einsum("kp,nkx->npx", weights, control)
    return points.round(2)


def _on_curve(bend: Bend, t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = bend
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _passes(bend: Bend, x: float, y: float) -> bool:
    """Whether the curve runs through a label's box; curves are monotone in x, so one look at its x will do."""
    (start, start_y), _, (_, bowed), (end, end_y) = bend
    near = LABEL_HEIGHT / 2 + AIR
    if not start <= x <= end or not min(start_y, bowed, end_y) - near < y < max(start_y, bowed, end_y) + near:
        return False
    return abs(_on_curve(bend, (x - start) / (end - start or 1.0))[1] - y) < near


def _cell(at: Point) -> _Cell:
    return int(at[0] // LABEL_WIDTH), int(at[1] // LABEL_HEIGHT)
