"""Spans of an x axis where something does not hold: hatched, each with its name at the bottom.

A spec's `spans` is a list of {low, high, label}; 0 or less on a log axis, and ∞, are the axis' own ends.
"""

from __future__ import annotations

import math
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

MOST = 6  # of more nobody could tell which is which


def draw_spans(spec: dict[str, Any], axes: Axes) -> None:
    """Draw the spec's spans behind the curves; the limits must be set."""
    theme = spec["theme"]
    halo = [withStroke(linewidth=3, foreground=theme["background"])]
    line = 1.4 * float(theme.get("font_px", 12.0)) / spec["height_px"]
    left, right = axes.get_xlim()
    for index, span in enumerate(spec.get("spans", ())[:MOST]):
        low, high = max(_end(span["low"]), left), min(_end(span["high"]), right)
        if not low < high:
            continue
        whole = low == left and high == right
        if not whole:
            axes.axvspan(
                low, high, zorder=0.4, facecolor="none", edgecolor=theme["text"], alpha=0.22, hatch="////", linewidth=0
            )
            edge = low if low > left else high
            axes.axvline(edge, color=theme["text"], linewidth=0.6, alpha=0.5, zorder=0.6)
        at_left = low == left
        axes.annotate(
            str(span["label"]),
            (low if at_left else high, 0.02 + index * line),
            xycoords=axes.get_xaxis_transform(),
            xytext=(4 if at_left else -4, 0),
            textcoords="offset points",
            ha="left" if at_left else "right",
            va="bottom",
            fontsize=matplotlib.rcParams["xtick.labelsize"],
            path_effects=halo,
            in_layout=False,
        )


def _end(value: Any) -> float:
    """A limit, where "inf" may stand for it."""
    number = float(value)
    return number if not math.isnan(number) else math.inf
