"""What the window draws over a picture, drawn into the figure itself: for files of lines and letters, not of pixels.

A spec's `overlay` is a list, the last on top, of which each has a colour ("#rrggbb") and a kind:
  line     x, y (arrays), width (logical pixels), dashed, arrow (a head at its end)
  marker   x, y, shape ("circle", "square", "diamond", "cross", "crosshair", "none"), label
  raster   rgba (base64 of zlib of its rows, the first on top), width, height, x_limits, y_limits
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from explorer.ui.plots.arrays import array

Part = dict[str, Any]
POINTS = 0.72  # a logical pixel in matplotlib's unit of widths
SHAPES = {"circle": "o", "crosshair": "o", "square": "s", "diamond": "D", "cross": "X"}


def draw_overlay(spec: Part, axes: Axes) -> None:
    """Draw the spec's overlay over everything; the limits stay as they are."""
    limits = axes.get_xlim(), axes.get_ylim()
    ground = spec["theme"]["background"]
    for place, part in enumerate(spec.get("overlay", ())):
        {"line": _line, "marker": _marker, "raster": _raster}[part["kind"]](part, axes, ground, 5.0 + place)
    axes.set(xlim=limits[0], ylim=limits[1])


def _line(part: Part, axes: Axes, ground: str, order: float) -> None:
    width = POINTS * float(part["width"])
    x, y = array(part["x"]), array(part["y"])
    finite = np.isfinite(x) & np.isfinite(y)
    axes.plot(
        np.where(finite, x, np.nan),
        np.where(finite, y, np.nan),
        color=part["colour"],
        linewidth=width,
        linestyle=(0, (4, 2)) if part.get("dashed") else "-",
        zorder=order,
        path_effects=[withStroke(linewidth=width + 2 * POINTS, foreground=ground)],
    )
    last = np.flatnonzero(finite)[-2:]
    if part.get("arrow") and last.size == 2:
        (x0, x1), (y0, y1) = x[last], y[last]
        axes.annotate(
            "",
            (x1, y1),
            (x0, y0),
            arrowprops={"arrowstyle": "-|>", "color": part["colour"], "linewidth": width, "shrinkA": 0, "shrinkB": 0},
            zorder=order,
        )


def _marker(part: Part, axes: Axes, ground: str, order: float) -> None:
    x, y = float(part["x"]), float(part["y"])
    if not (np.isfinite(x) and np.isfinite(y)):
        return
    halo = [withStroke(linewidth=3 * POINTS, foreground=ground)]
    if part["shape"] == "crosshair":
        axes.axvline(x, color=part["colour"], linewidth=POINTS, zorder=order)
        axes.axhline(y, color=part["colour"], linewidth=POINTS, zorder=order)
    if part["shape"] in SHAPES:
        axes.plot(
            [x], [y], SHAPES[part["shape"]], color=part["colour"], markersize=9 * POINTS, zorder=order,
            path_effects=halo,
        )  # fmt: skip
    if part.get("label"):
        inside = axes.transLimits.transform(axes.transScale.transform((x, y)))[0] < 0.6
        axes.annotate(
            str(part["label"]),
            (x, y),
            xytext=(6.5 if inside else -6.5, 4.3),
            textcoords="offset points",
            ha="left" if inside else "right",
            color=axes.xaxis.label.get_color() if part["shape"] in SHAPES else part["colour"],
            zorder=order,
            path_effects=halo,
            annotation_clip=True,
        )


def _raster(part: Part, axes: Axes, _ground: str, order: float) -> None:
    width, height = int(part["width"]), int(part["height"])
    rows = np.frombuffer(zlib.decompress(base64.b64decode(part["rgba"])), np.uint8).reshape(height, width, 4)
    axes.imshow(
        rows, extent=(*part["x_limits"], *part["y_limits"]), aspect="auto", zorder=order, interpolation="nearest"
    )
