"""Where the texts of the edges stand."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.calculus.layout.curves import LAYER_GAP, Point

LABEL_WIDTH, LABEL_HEIGHT = 50.0, 18.0  # "−0.000123" in a 10 px font, and its plate
LABEL_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # along the last bend of an edge, the best first


def label_places(edges: Sequence[tuple[int, int]], curves: list[list[Point]]) -> list[Point]:
    """Where each edge's text goes: on its last bend, where it hides no other text and, if it can, no other curve.

    Each label tries LABEL_PLACES along its curve; texts and curves are looked up in cells of the size of a label.
    """
    bends = [_last_bend(points) for points in curves]
    crossed: dict[tuple[int, int], set[int]] = {}  # cells → edges whose last bends pass there
    for edge, bend in enumerate(bends):
        for step in range(
            13
        ):  # a gap of 92 px in steps of 8: no cell of 29 px is jumped over unless the curve is steep
            crossed.setdefault(_cell(_on_curve(bend, step / 12)), set()).add(edge)
    taken: dict[tuple[int, int], list[Point]] = {}  # cells → labels placed there
    labels: list[Point] = [(0.0, 0.0)] * len(edges)
    for edge in sorted(range(len(edges)), key=lambda edge: _on_curve(bends[edge], 0.5)):
        best: tuple[float, Point] | None = None
        for rank, along in enumerate(LABEL_PLACES):
            at = _on_curve(bends[edge], along)
            column, row = _cell(at)
            around = [(column + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
            hidden = sum(
                max(0.0, LABEL_WIDTH - abs(x - at[0])) * max(0.0, LABEL_HEIGHT - abs(y - at[1]))
                for cell in around
                for x, y in taken.get(cell, ())
            )
            rivals = {other for cell in around[3:6] for other in crossed.get(cell, ())} - {edge}
            over = sum(_passes(bends[rival], at) for rival in rivals)
            outside = max(0.0, bends[edge][0][0] + LABEL_WIDTH / 2 - at[0], at[0] + LABEL_WIDTH / 2 - bends[edge][3][0])
            cost = 10.0 * hidden + 60.0 * over + 40.0 * outside + rank  # texts over texts are worst, then nodes
            if best is None or cost < best[0]:
                best = (cost, at)
            if cost == rank:
                break
        assert best is not None
        labels[edge] = (round(best[1][0], 2), round(best[1][1], 2))
        taken.setdefault(_cell(best[1]), []).append(best[1])
    return labels


def _last_bend(points: list[Point]) -> tuple[Point, Point, Point, Point]:
    """The piece of a curve that carries its label: the last one that is not level, else the end of the level one."""
    for start in range(len(points) - 4, -1, -3):
        a, b, c, d = points[start : start + 4]
        if not a[1] == b[1] == c[1] == d[1]:
            return a, b, c, d
    (x, y) = points[-1]
    before = max(points[0][0], x - LAYER_GAP)
    third = (x - before) / 3
    return (before, y), (before + third, y), (x - third, y), (x, y)


def _on_curve(bend: tuple[Point, Point, Point, Point], t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = bend
    u = 1 - t
    a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _passes(bend: tuple[Point, Point, Point, Point], at: Point) -> bool:
    """Whether the curve runs through the label's box; curves are monotone in x, so one look at its x will do."""
    start, end = bend[0][0], bend[3][0]
    if not start <= at[0] <= end:
        return False
    return abs(_on_curve(bend, (at[0] - start) / (end - start or 1.0))[1] - at[1]) < LABEL_HEIGHT / 2 + 2


def _cell(at: Point) -> tuple[int, int]:
    return int(at[0] // LABEL_WIDTH), int(at[1] // LABEL_HEIGHT)
