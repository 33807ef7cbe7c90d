"""The figures: a spec (plain JSON) becomes a matplotlib Figure, and the Figure pixels and the places of its axes.

Every spec:  kind ("curves", "contour", "curve_1d"), width_px, height_px (logical pixels), ratio (device pixels per
logical one), theme, x_label, y_label (with their unit), and optionally x_limits, y_limits, x_whole,
y_whole (the values are whole numbers, and so are the ticks); overlay (see the module of that name); format ("svg" or
"pdf": the answer is a file).
  theme      background, text, grid, accent ("#rrggbb"), series (a list of such), font_px (default 12)
Arrays are what `array` reads. The kinds add:
  curves     series: a list of {x, y, label, style}; x_scale, y_scale ("linear" or "log"); zero_note (what a value of 0
             means on a log axis, default "exact: 0"); references: a list of {axis: "x" or "y", at, label}; spans (see
             the module of that name)
    style    index (which colour, marker and dash pattern); markers (default True), line (default True); dashed: a
             theory line, drawn thin and left out when the limits are chosen; text: in the colour of texts
  contour    x (nx), y (ny), z (ny, nx; NaN where the function has no value), name (of the function, default "f")
  curve_1d   x, y (of one function, NaN where it has no value), name (default "f"), references

Nothing is drawn where it is not: a log axis has no place for 0, a diverged run none for inf. Such values stand as
marks of their own at the edge and the legend says what they are.

It is one file of more than 300 lines because the three kinds share their axes, their legend and their margins.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import Formatter, MaxNLocator

from explorer.ui.plots.arrays import array
from explorer.ui.plots.overlays import draw_overlay
from explorer.ui.plots.spans import draw_spans

# A person's own matplotlibrc (LaTeX for every label, another backend) must not reach the window's plots.
matplotlib.rcdefaults()

Spec = dict[str, Any]
Colour = tuple[float, ...]

DPI = 100.0  # logical pixels in a figure's inch; any number would do, pixels are divided by it and multiplied again
PAD = 6.0  # logical pixels kept free around everything
LARGEST_SIDE = 8192  # device pixels: above every screen, and 256 MiB of RGBA, which the process can still hold
FARTHEST = 1e150  # linear axes: matplotlib multiplies the lengths of both, which must not overflow or vanish
FARTHEST_LOG = 1e300  # log axes, and its inverse: a margin around it is still a double
# Shapes and dashes say the same as the colours, for the eyes and printers that do not see those. There are eight and
# five for seven colours: the series after the seventh differs from the first in its shape or dashes.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (9, 4)))
MOST_MARKERS = 40  # on one curve; more of them hide each other at 400 pixels
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figure(spec: Spec) -> Figure:
    """The Figure of a spec, with its final margins, at the spec's size and resolution. ValueError: not a spec."""
    draw = {"curves": _curves, "contour": _contour, "curve_1d": _curve_1d}.get(spec["kind"])
    if draw is None:
        raise ValueError(f"no such kind of figure: {spec['kind']!r}")
    ratio = float(spec["ratio"])
    width, height = round(spec["width_px"] * ratio), round(spec["height_px"] * ratio)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise ValueError(f"a figure of {width} × {height} device pixels")
    # The canvas rounds down, and 435 / 100 · 100 is 434.99…: a hundredth of a pixel keeps the whole number.
    canvas = FigureCanvasAgg(
        Figure(figsize=((width + 0.01) / (DPI * ratio), (height + 0.01) / (DPI * ratio)), dpi=DPI * ratio)
    )
    # Asked what lies at the figure's corners, an axis that reaches to 1e300 overflows; nothing is drawn there.
    with matplotlib.rc_context(_style(spec["theme"])), np.errstate(over="ignore", invalid="ignore"):
        canvas.figure.set_facecolor(spec["theme"]["background"])
        axes = canvas.figure.add_axes((0.15, 0.15, 0.7, 0.7), label="plot")
        handles, bar = draw(spec, axes)
        _arrange(canvas, axes, bar, handles, ratio)
        draw_overlay(spec, axes)
    return canvas.figure


def answer(spec: Spec) -> Spec:
    """The picture of a spec: pixels (base64 of zlib level 1 of RGBA rows), width, height (device pixels), ratio, axes.

    `axes` is a list of {left, top, right, bottom (logical pixels from the top left), x_limits, y_limits, x_scale,
    y_scale}. A picture of 900 × 600 at ratio 2 (two cores, no GPU) costs with zlib level 1 16 ms here and 7 ms in the
    window, 0.6 MB on the wire; as raw pixels 66 and 19 ms, 11.5 MB; as PNG level 1 46 and 14 ms.
    Where a format is asked for it is {file: base64} and nothing else.
    """
    drawn = figure(spec)
    canvas = drawn.canvas
    with (
        matplotlib.rc_context(_style(spec["theme"])),
        np.errstate(over="ignore", invalid="ignore"),
        warnings.catch_warnings(),
    ):
        # A name in a script that the font lacks is shown as boxes; that is not an error of the program.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        if spec.get("format"):
            return {"file": base64.b64encode(_file(drawn, spec["format"])).decode("ascii")}
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    return {
        "pixels": base64.b64encode(zlib.compress(pixels, 1)).decode("ascii"),
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "ratio": spec["ratio"],
        "axes": [_place(axes, pixels.shape[0], spec["ratio"]) for axes in drawn.axes if axes.get_label() == "plot"],
    }


def _file(drawn: Figure, kind: str) -> bytes:
    """The figure as SVG or PDF: letters of a PDF are text, those of an SVG outlines, which need no font."""
    if kind not in ("svg", "pdf"):
        raise ValueError(f"no format of a figure: {kind!r}")
    content = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42, "svg.fonttype": "path"}):
        drawn.savefig(content, format=kind, metadata={"Date": None} if kind == "svg" else {"CreationDate": None})
    return content.getvalue()


def _place(axes: Axes, height: int, ratio: float) -> Spec:
    box = axes.get_window_extent()
    return {
        "left": box.x0 / ratio,
        "top": (height - box.y1) / ratio,
        "right": box.x1 / ratio,
        "bottom": (height - box.y0) / ratio,
        "x_limits": [float(limit) for limit in axes.get_xlim()],
        "y_limits": [float(limit) for limit in axes.get_ylim()],
        "x_scale": axes.get_xscale(),
        "y_scale": axes.get_yscale(),
    }


def _style(theme: Spec) -> dict[str, Any]:
    points = 72.0 / DPI  # font sizes and widths are given in points
    font = float(theme.get("font_px", 12.0))
    small = max(9.0, 0.88 * font)  # below 9 pixels digits run together
    return {
        # Names like x_1 and labels are shown as they are; nothing that was typed is read as mathtext.
        "text.parse_math": False,
        "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
        "font.size": font * points,
        "axes.labelsize": font * points,
        "xtick.labelsize": small * points,
        "ytick.labelsize": small * points,
        "legend.fontsize": small * points,
        "axes.facecolor": theme["background"],
        "axes.edgecolor": theme["text"],
        "axes.labelcolor": theme["text"],
        "text.color": theme["text"],
        "xtick.color": theme["text"],
        "ytick.color": theme["text"],
        "axes.linewidth": 0.8 * points,
        "axes.labelpad": 3.0 * points,
        "xtick.major.width": 0.8 * points,
        "ytick.major.width": 0.8 * points,
        "grid.color": theme["grid"],
        "grid.linewidth": 0.8 * points,
        "legend.frameon": False,
        "agg.path.chunksize": 20_000,  # one path of 100,000 noisy points overflows Agg's cell blocks
    }


# ---- axes ---------------------------------------------------------------------------------------------------------


def number_label(value: float, digits: int = 3) -> str:
    """A number as a label shows it: −0.25, 10⁻⁵, 2·10⁶; at most `digits` significant digits."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        power = "10" + str(int(exponent)).translate(SUPERSCRIPTS)
        text = power if mantissa == "1" else "−" + power if mantissa == "-1" else f"{mantissa}·{power}"
    return text.replace("-", "−")


def _log_label(value: float) -> str:
    """A tick of a log axis: powers of ten as such, from 0.01 to 100 written out."""
    exponent = math.log10(value)
    if abs(exponent) > 2.5 and abs(exponent - round(exponent)) < 1e-6:
        return "10" + str(round(exponent)).translate(SUPERSCRIPTS)
    return number_label(value)


def _log_ticks(low: float, high: float, most: int) -> tuple[list[float], list[float]]:
    """Labelled and unlabelled ticks of a log axis, at most about `most` of the first.

    matplotlib's LogLocator overflows on axes that reach from 1e-300 to 1e300, which a diverging run does.
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    between = (
        [d * 10.0**e for e in range(max(first - 1, -300), last + 1) for d in range(2, 10)] if last - first < 7 else []
    )
    between = [tick for tick in between if low <= tick <= high]
    if last > first:
        stride = math.ceil((last - first + 1) / most)
        decades = [10.0**e for e in range(first, last + 1) if e % stride == 0]
        return decades, between
    near = [*between, *(10.0**e for e in range(first, last + 1))]
    if len(near) >= 2:  # within two decades every 1, 2 and 5, or all where these are not two
        round_ones = sorted(tick for tick in near if f"{tick:e}"[0] in "125")
        return (round_ones if len(round_ones) >= 2 else sorted(near)), between
    return [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high], between


class _LinearLabels(Formatter):
    """Ticks of a linear axis, all with as many decimals as their distance needs; a power of ten stands at each."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        size = max((abs(value) for value in values), default=0.0)
        # The locator's steps have at most two digits (2.5): one decimal more than the distance's own power of ten.
        step = min((abs(b - a) for a, b in pairwise(values)), default=size)
        if not size or not step:
            return [number_label(value) for value in values]
        exponent = 0 if 1e-3 <= size < 1e5 else math.floor(math.log10(size))
        scaled = [value / 10.0**exponent for value in values]
        decimals = min(max(0, 1 - math.floor(math.log10(step / 10.0**exponent) + 1e-9)), 15)
        texts = [f"{value:.{decimals}f}" for value in scaled]
        while decimals and all(text.endswith("0") for text in texts):
            decimals, texts = decimals - 1, [text[:-1].rstrip(".") for text in texts]
        power = f"·10{str(exponent).translate(SUPERSCRIPTS)}" if exponent else ""
        return ["0" if not value else text.replace("-", "−") + power for value, text in zip(scaled, texts, strict=True)]

    def __call__(self, value: float, _position: int | None = None) -> str:
        return self.format_ticks([value])[0]


def _limits(values: np.ndarray, log: bool, margin: float = 0.04) -> tuple[float, float]:
    """The smallest interval with all values that have a place on the axis, `margin` of it wider on both sides."""
    shown = values[_placed(values, log)]
    if not shown.size:
        return (0.1, 10.0) if log else (-1.0, 1.0)
    low, high = float(shown.min()), float(shown.max())
    if log:
        a, b = math.log10(low), math.log10(high)
        room = margin * (b - a) if b - a > 0.05 else 0.5  # one value, or nearly: half a decade on both sides
        return 10.0 ** max(a - room, -307.0), 10.0 ** min(b + room, 307.0)
    if high - low < 1 / FARTHEST:
        room = max(abs(low), 1.0) * 0.1
    else:
        # Limits closer than some thousand units in the last place have no ticks between them.
        room = max(margin * (high - low), max(abs(low), abs(high)) * 1e-12)
    return low - room, high + room


def _placed(values: np.ndarray, log: bool) -> np.ndarray:
    """Which values an axis has a place for."""
    with np.errstate(invalid="ignore"):
        return (values >= 1 / FARTHEST_LOG) & (values <= FARTHEST_LOG) if log else np.abs(values) <= FARTHEST


def _axis_limits(limits: Sequence[float], log: bool) -> tuple[float, float]:
    """Limits that were asked for; ValueError where an axis cannot have them."""
    low, high = (float(limit) for limit in limits)
    if not (low < high and _placed(np.array([low, high]), log).all()):
        raise ValueError(f"no limits of a {'log' if log else 'linear'} axis: {low}, {high}")
    return low, high


def _prepare(axes: Axes, spec: Spec, x: np.ndarray, y: np.ndarray, margin: float = 0.04) -> None:
    """Scales, limits, ticks, labels and grid; x and y hold every value that must be inside."""
    for name, axis, values in (("x", axes.xaxis, x), ("y", axes.yaxis, y)):
        log = spec.get(f"{name}_scale", "linear") == "log"
        asked = spec.get(f"{name}_limits")
        limits = _axis_limits(asked, log) if asked else _limits(values, log, margin)
        axes.set(**{f"{name}scale": "log" if log else "linear", f"{name}lim": limits})
        axis.set_label_text(str(spec.get(f"{name}_label", name)))
        if log:
            # A label is about 50 pixels wide and needs 25 of height; the axes have about three quarters of the figure.
            most = max(2, int(0.75 * spec["width_px"] / 50 if name == "x" else 0.75 * spec["height_px"] / 25))
            major, minor = _log_ticks(*limits, most)
            axis.set_ticks(major, [_log_label(tick) for tick in major])
            axis.set_ticks(minor, [""] * len(minor), minor=True)
        else:
            axis.set_major_locator(
                MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=bool(spec.get(f"{name}_whole")))
            )
            axis.set_major_formatter(_LinearLabels())
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True)


def _references(spec: Spec, axes: Axes) -> None:
    """Reference lines with their labels, one below the other so that neighbours stay readable."""
    halo = [withStroke(linewidth=3, foreground=spec["theme"]["background"])]
    line = 1.25 * float(spec["theme"].get("font_px", 12.0)) / spec["height_px"]  # height of a line, part of the axes
    for index, reference in enumerate(spec.get("references", ())):
        at, vertical = float(reference["at"]), reference["axis"] == "x"
        low, high = axes.get_xlim() if vertical else axes.get_ylim()
        if not low <= at <= high:
            continue
        (axes.axvline if vertical else axes.axhline)(
            at, color=spec["theme"]["text"], linewidth=0.8, linestyle=(0, (4, 3))
        )
        if vertical:
            left_half = axes.transLimits.transform(axes.transScale.transform((at, axes.get_ylim()[0])))[0] < 0.5
            place, where = (at, 0.98 - index * line * 1.4), axes.get_xaxis_transform()
            align = "left" if left_half else "right"
            shift = (4, 0) if left_half else (-4, 0)
            vertical_align = "top"
        else:
            place, where, align, vertical_align, shift = (
                (0.99, at),
                axes.get_yaxis_transform(),
                "right",
                "bottom",
                (0, 2),
            )
        axes.annotate(
            str(reference.get("label", "")),
            place,
            xycoords=where,
            xytext=shift,
            textcoords="offset points",
            ha=align,
            va=vertical_align,
            fontsize=matplotlib.rcParams["xtick.labelsize"],
            path_effects=halo,
            in_layout=False,
        )


# ---- curves -------------------------------------------------------------------------------------------------------


def _curves(spec: Spec, axes: Axes) -> tuple[list[Artist], None]:
    """Several curves: error against step size, loss against step."""
    log_x, log_y = spec.get("x_scale") == "log", spec.get("y_scale") == "log"
    lines = [
        (array(row["x"]), array(row["y"]), str(row.get("label", "")), row.get("style", {})) for row in spec["series"]
    ]
    for x, y, label, _ in lines:
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"series {label!r}: x has the shape {x.shape}, y {y.shape}")
    # A theory line reaches far below rounding error: where it must not squeeze the measured values, it is clipped.
    measured = [row for row in lines if not row[3].get("dashed")] or lines
    marks = {axis: [float(r["at"]) for r in spec.get("references", ()) if r["axis"] == axis] for axis in ("x", "y")}
    _prepare(
        axes,
        spec,
        np.concatenate([*(row[0] for row in measured), marks["x"]]),
        np.concatenate([*(row[1] for row in measured), marks["y"]]),
    )
    handles: list[Artist] = []
    edges: dict[str, int] = {}
    for x, y, label, style in lines:
        colours = spec["theme"]["series"]
        index = int(style.get("index", 0))
        colour = spec["theme"]["text"] if style.get("text") else colours[index % len(colours)]
        shown = _placed(x, log_x) & _placed(y, log_y)
        heights = np.where(shown, y, np.nan)
        drawn = axes.plot(x, heights, color=colour, label=label, **_look(style, index, heights))
        handles += drawn if label else []
        if not style.get("dashed"):
            for note, count in _edge_marks(axes, x, y, log_x, log_y, colour).items():
                edges[note] = edges.get(note, 0) + count
    handles += _edge_legend(edges, spec)
    draw_spans(spec, axes)
    _references(spec, axes)
    return handles, None


def _look(style: Spec, index: int, heights: np.ndarray) -> dict[str, Any]:
    """Dashes and markers of a series; a point between two gaps, which no line can show, always has its marker."""
    if style.get("dashed"):
        return {"linestyle": (0, (2, 2.5)), "linewidth": 1.1, "alpha": 0.9}
    markers = style.get("markers", True)
    dashes = "-" if markers else DASHES[index % len(DASHES)]
    chosen = _lonely(heights)
    if markers:
        # Points without a line are all there is to see.
        stride = math.ceil(heights.size / MOST_MARKERS) if style.get("line", True) else 1
        chosen[:: max(1, stride)] = True
    return {
        "linestyle": dashes if style.get("line", True) else "none",
        "linewidth": 1.4,
        "marker": (MARKERS[index % len(MARKERS)] if markers else ".") if chosen.any() else None,
        "markersize": 3.6,
        "markevery": np.flatnonzero(chosen).tolist(),
    }


def _lonely(heights: np.ndarray) -> np.ndarray:
    """Which samples have a value while neither of their neighbours has one."""
    gaps = np.concatenate(([True], np.isnan(heights), [True]))
    return ~gaps[1:-1] & gaps[:-2] & gaps[2:]


# What stands at the edge: its key, its marker, and how the legend names it.
EDGE = {"zero": "v", "negative": "x", "small": "1", "large": "^"}


def _edge_marks(axes: Axes, x: np.ndarray, y: np.ndarray, log_x: bool, log_y: bool, colour: str) -> dict[str, int]:
    """Marks at the edge for the values that the axes have no place for, and how many there are of each kind.

    "zero", "negative" and "small" stand at the bottom of a log axis, "large" at the top (−inf on a linear axis: at the
    bottom). "misplaced" are the points that the x axis has no place for; nothing is drawn for them.
    """
    here, inside = _placed(x, log_x), _placed(y, log_y)
    left, right = axes.get_xlim()
    visible = (x >= left) & (x <= right)
    kinds = {
        ("zero", 0.0): here & ~inside & (y == 0),
        ("negative", 0.0): here & (y < 0) & log_y,
        ("small", 0.0): here & ~inside & (y > 0) & (y < 1),
        ("large", 1.0): here & ~inside & (y > 1),
        ("large", 0.0): here & ~inside & (y < 0) & (not log_y),
    }
    counts = {"misplaced": int(np.count_nonzero(~here))}
    for (kind, edge), chosen in kinds.items():
        places = x[chosen & visible]
        if places.size:
            places = places[:: math.ceil(places.size / MOST_MARKERS)]  # with the first: where it begins
            marker = "v" if edge == 0.0 and kind == "large" else EDGE[kind]
            axes.plot(
                places,
                np.full(places.size, edge),
                transform=axes.get_xaxis_transform(),
                linestyle="none",
                marker=marker,
                markersize=6,
                markerfacecolor="none" if kind == "zero" else colour,
                markeredgecolor=colour,
                clip_on=False,
                zorder=3,
                gid=kind,
                in_layout=False,
            )
            counts[kind] = counts.get(kind, 0) + int(np.count_nonzero(chosen))
    return counts


def _edge_legend(edges: dict[str, int], spec: Spec) -> list[Artist]:
    colour = spec["theme"]["text"]
    notes = {
        "zero": spec.get("zero_note", "exact: 0"),
        "negative": "negative: not on a log axis",
        "small": "below 10⁻³⁰⁰",
        "large": "∞, or too large to draw",
        "misplaced": f"{edges.get('misplaced', 0)} points left out: no place on the {spec.get('x_label', 'x')} axis",
    }
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=EDGE.get(kind, ""),
            markersize=6,
            color=colour,
            markerfacecolor="none" if kind == "zero" else colour,
            label=notes[kind],
        )
        for kind in notes
        if edges.get(kind)
    ]


# ---- one function of one variable ---------------------------------------------------------------------------------


def breaks(y: np.ndarray) -> np.ndarray:
    """Which of the n − 1 segments of a sampled function lead over a pole or a jump, and are not to be joined.

    A change of sign is a zero of y or a pole, which is a zero of 1/y: the one whose four samples around it lie nearer
    to a straight line is believed. A jump is a segment against the direction of both its neighbours and four times as
    long as either; floor and sign, which stand still on both sides, are caught by the same words.
    An even pole (1/x²) cannot be told from a high peak by its samples, and is joined.
    """
    if y.size < 4:
        return np.zeros(max(y.size - 1, 0), dtype=bool)
    # Beyond its ends the function is taken to stand still.
    four = np.lib.stride_tricks.sliding_window_view(np.pad(y, 1, mode="edge"), 4)
    usable = _placed(four, log=False).all(axis=1)
    with np.errstate(all="ignore"):
        before, step, after = np.diff(four, axis=1).T
        jump = (
            (step * before <= 0) & (step * after <= 0) & (np.abs(step) > 4 * np.maximum(np.abs(before), np.abs(after)))
        )
        pole = (four[:, 1] * np.sign(four[:, 2]) < 0) & (_bend(1 / four) < _bend(four))
    return usable & (jump | pole)


def _bend(four: np.ndarray) -> np.ndarray:
    """How far four samples (a row each) are from a straight line, relative to their range; NaN: no range."""
    second = np.abs(np.diff(four, 2, axis=1)).sum(axis=1)
    return second / (four.max(axis=1) - four.min(axis=1))


def _peaks(y: np.ndarray) -> tuple[float, float] | None:
    """Limits that cut off what towers near poles and gaps; None where the whole range can be shown.

    Cut is only where the range is eight times that of the middle 80 % of the values *and* the highest sample stands
    at a gap, a break or a spike: exp keeps its range, 1/x does not.
    """
    shown = y[_placed(y, log=False)]
    if shown.size < 20:
        return None
    low, high = np.quantile(shown, (0.1, 0.9))
    spread = float(high - low)
    if not spread > 0 or shown.max() - shown.min() <= 8 * spread:
        return None
    size = np.where(np.isfinite(y), np.abs(y), -1.0)
    top = int(size.argmax())
    near = slice(max(top - 2, 0), top + 3)
    gap = not np.isfinite(y[near]).all() or breaks(y)[near].any()
    spike = 2 <= top < y.size - 2 and size[top] > 2.5 * max(size[top - 2], size[top + 2])
    if not (gap or spike):
        return None
    return max(float(shown.min()), float(low) - spread / 2), min(float(shown.max()), float(high) + spread / 2)


def _curve_1d(spec: Spec, axes: Axes) -> tuple[list[Artist], None]:
    """One function over one variable, with gaps where it has no value and at its poles and jumps."""
    x, y = array(spec["x"]), array(spec["y"])
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"x has the shape {x.shape}, y {y.shape}")
    cut = None if spec.get("y_limits") else _peaks(y)
    finite = np.where(_placed(y, log=False), y, np.nan)
    _prepare(axes, spec, x, finite if cut is None else np.array(cut))
    axes.set_xlim(spec.get("x_limits") or _limits(x, False, 0.0))
    places = np.flatnonzero(breaks(y)) + 1
    heights = np.insert(finite, places, np.nan)
    look = _look({"markers": False}, 0, heights)
    axes.plot(np.insert(x, places, x[places]), heights, color=spec["theme"]["series"][0], **look | {"linewidth": 1.6})
    handles = _undefined(spec, axes, x, y)
    if cut is not None:
        reach = f"axis cut: the samples reach {number_label(np.nanmin(finite))} … {number_label(np.nanmax(finite))}"
        handles.append(Line2D([], [], linestyle="none", label=reach))
    _references(spec, axes)
    return handles, None


def _undefined(spec: Spec, axes: Axes, x: np.ndarray, y: np.ndarray) -> list[Artist]:
    """Hatched spans over at least two neighbouring samples without a value; one alone is a gap in the line."""
    nothing = np.concatenate(([False], np.isnan(y), [False]))
    starts, ends = np.flatnonzero(np.diff(nothing.astype(int)) == 1), np.flatnonzero(np.diff(nothing.astype(int)) == -1)
    spans = [(x[a], x[b - 1]) for a, b in zip(starts, ends, strict=True) if b - a > 1]
    hatch = _hatch(spec["theme"])
    for low, high in spans[:50]:  # more of them are noise, and each is an artist of its own
        axes.axvspan(low, high, zorder=0.5, **hatch)
    return [_hatched(spec, "is not defined here")] if spans else []


def _hatch(theme: Spec) -> dict[str, Any]:
    return {
        "facecolor": "none",
        "edgecolor": _between(theme["background"], theme["text"], 0.3),
        "hatch": "////",
        "linewidth": 0,
    }


def _hatched(spec: Spec, what: str) -> Patch:
    return Patch(label=f"{spec.get('name', 'f')} {what}", **_hatch(spec["theme"]))


# ---- contours -----------------------------------------------------------------------------------------------------


def levels(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Boundaries of the bands for finite values, the first at most their minimum and the last at least their maximum,
    and the number that was taken off the values first (0 mostly).

    Round and evenly spaced, if that shows something. Where the values span decades above their minimum (the 5 %
    quantile lies more than a hundred times nearer to it than the maximum, as in Rosenbrock's valley): 1, 10, 100 … and,
    where there is room, 3, 30, 300 … above the minimum, which is taken off unless 0 does as well. Where they tower on
    both sides (a pole): quantiles. At most 14 bands: more colours cannot be told apart on a colour bar.
    """
    low, high = float(values.min()), float(values.max())
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1 / FARTHEST_LOG):
        room = max(abs(low) * 0.1, 0.1)
        return np.array([low - room, high + room]), 0.0
    quantiles = np.quantile(values, (0.01, 0.05, 0.1, 0.9))
    span = high - low
    if span > 100 * (quantiles[1] - low):
        from_zero = 0 <= low < quantiles[0] / 10
        base = 0.0 if from_zero else low
        # Twelve decades below the range a difference from the minimum is rounding error of the values themselves.
        least = quantiles[0] - base if from_zero else max(quantiles[0] - low, span * 1e-12)
        first, last = math.floor(math.log10(least)), math.ceil(math.log10(span))
        steps = (1.0, 3.0) if last - first <= 6 else (1.0,)
        stride = max(1, math.ceil((last - first) / 13))
        rises = np.array([step * 10.0**e for e in range(first, last + 1, stride) for step in steps])
        inner = rises[(rises > low - base) & (rises < high - base)]
        return np.array([low - base, *inner, high - base]), base
    if span > 12 * (quantiles[3] - quantiles[2]):
        inner = np.unique([float(f"{q:.2g}") for q in np.quantile(values, np.linspace(0.02, 0.98, 13))])
        return np.array([low, *inner[(inner > low) & (inner < high)], high]), 0.0
    return MaxNLocator(12, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), 0.0


def _between(ground: str, colour: str, part: float) -> Colour:
    """`part` of the colour on the ground."""
    return tuple(part * a + (1 - part) * b for a, b in zip(to_rgb(colour), to_rgb(ground), strict=True))


def _bands(count: int, theme: Spec) -> list[Colour]:
    """A colour for each band, from deep (low values) to near the background, so that paths drawn over it stand out."""
    return [_between(theme["background"], theme["accent"], part) for part in np.linspace(0.75, 0.06, count)]


def _contour(spec: Spec, axes: Axes) -> tuple[list[Artist], Axes | None]:
    """A function of two variables as filled bands with lines between them and a colour bar."""
    x, y, z = array(spec["x"]), array(spec["y"]), array(spec["z"])
    if z.shape != (y.size, x.size) or min(z.shape) < 2:
        raise ValueError(f"x has {x.size} values, y {y.size}, but z the shape {z.shape}")
    theme = spec["theme"]
    _prepare(axes, spec, x, y, margin=0.0)
    axes.grid(False)
    axes.spines[["top", "right"]].set_visible(True)
    with np.errstate(invalid="ignore"):
        shown = np.abs(z) <= FARTHEST_LOG
    handles: list[Artist] = []
    if not shown.all():
        # The bands cover all that has a value, and the hatching of the axes' own ground is seen through the holes.
        axes.patch.set(**_hatch(theme) | {"facecolor": theme["background"]})
        handles.append(_hatched(spec, "is not defined here" if np.isnan(z).any() else "is not finite here"))
    if not shown.any():
        return handles, None
    boundaries, base = levels(z[shown])
    heights = np.ma.masked_array(np.where(shown, z, 0.0) - base, ~shown)
    colours = _bands(len(boundaries) - 1, theme)
    filled = axes.contourf(x, y, heights, levels=boundaries, colors=colours)
    if len(boundaries) > 2:
        colour = _between(theme["background"], theme["text"], 0.45)
        axes.contour(x, y, heights, levels=boundaries[1:-1], colors=[colour], linewidths=0.5, linestyles="solid")
    bar = axes.figure.add_axes((0.9, 0.15, 0.03, 0.7), label="bar")
    colour_bar = axes.figure.colorbar(filled, cax=bar, spacing="uniform", ticks=boundaries)
    # A label needs 14 logical pixels of height; the bar has about two thirds of the figure's.
    every = max(1, math.ceil(len(boundaries) * 14 / (0.7 * spec["height_px"])))
    kept = {*range(0, len(boundaries), every)}
    colour_bar.ax.set_yticklabels([number_label(b) if i in kept else "" for i, b in enumerate(boundaries)])
    colour_bar.outline.set_linewidth(0.6)
    bar.tick_params(length=2)
    name = str(spec.get("name", "f"))
    sign, size = ("−", base) if base >= 0 else ("+", -base)
    title = f"{name} {sign} {number_label(size, 4)}" if base else name
    # A single letter lying on its side is hard to recognise.
    bar.set_ylabel(title, rotation=0 if len(title) < 3 else 90, labelpad=6 if len(title) < 3 else 2)
    return handles, bar


# ---- margins ------------------------------------------------------------------------------------------------------


def _arrange(canvas: FigureCanvasAgg, axes: Axes, bar: Axes | None, handles: Sequence[Artist], ratio: float) -> None:
    """Gives the axes what the legend (on top) and the measured labels leave.

    matplotlib's own constrained layout does the same in 200 ms more.
    """
    whole = axes.figure.bbox
    pad = PAD * ratio
    top = whole.height - pad
    legend = _legend(axes.figure, handles, whole.width - 2 * pad, pad) if handles else None
    renderer = canvas.get_renderer()
    if legend is not None:
        top -= legend.get_window_extent(renderer).height + pad
    bar_width, gap = 12 * ratio, 10 * ratio
    for _ in range(2):  # the second time with the ticks that fit the new size
        left, below, right, above = _margins(axes, renderer)
        bar_right = 0.0
        if bar is not None:
            _, bar_below, bar_right, bar_above = _margins(bar, renderer)
            below, above, right = max(below, bar_below), max(above, bar_above), gap + bar_width
        # In a window of a few pixels labels are cut rather than the axes turned inside out.
        width = max(whole.width - 2 * pad - left - right - bar_right, whole.width * 0.2)
        height = max(top - pad - below - above, whole.height * 0.2)
        x0, y0 = pad + left, pad + below
        axes.set_position((x0 / whole.width, y0 / whole.height, width / whole.width, height / whole.height))
        if bar is not None:
            x1 = x0 + width + gap
            bar.set_position((x1 / whole.width, y0 / whole.height, bar_width / whole.width, height / whole.height))
    # A label is centred on its axis and may stick out as far as there is room at the nearer end.
    _shorten(axes.xaxis.label, width + 2 * min(x0, whole.width - x0 - width), renderer)
    _shorten(axes.yaxis.label, height + 2 * min(y0, top - y0 - height), renderer)


def _margins(axes: Axes, renderer: Any) -> tuple[float, float, float, float]:
    """What labels and ticks need beyond the axes: left, below, right, above, in device pixels."""
    # A label that is longer than its axis is to be shortened, not to shorten the axis.
    inner, outer = axes.get_window_extent(renderer), axes.get_tightbbox(renderer, for_layout_only=True)
    return (
        max(inner.x0 - outer.x0, 0.0),
        max(inner.y0 - outer.y0, 0.0),
        max(outer.x1 - inner.x1, 0.0),
        max(outer.y1 - inner.y1, 0.0),
    )


def _shorten(label: Any, room: float, renderer: Any) -> None:
    box = label.get_window_extent(renderer)
    text, length = label.get_text(), max(box.width, box.height)
    if length > room and text:
        label.set_text(text[: max(1, int(len(text) * room / length) - 1)] + "…")


def _legend(whole: Figure, handles: Sequence[Artist], room: float, pad: float) -> Legend:
    """The legend above the axes, in as many columns as `room` (device pixels) holds: it never covers a curve.

    Of more entries than fit into 40 % of the figure's height the last say how many are missing.
    """
    columns, shown = len(handles), list(handles)
    while True:
        legend = whole.legend(
            handles=shown,
            loc="upper left",
            bbox_to_anchor=(pad / whole.bbox.width, 1 - pad / whole.bbox.height),
            ncols=columns,
            borderpad=0,
            borderaxespad=0,
            labelspacing=0.25,
            columnspacing=1.2,
            handlelength=2.4,
            handletextpad=0.5,
        )
        box = legend.get_window_extent(whole.canvas.get_renderer())
        rows = math.ceil(len(shown) / columns)
        fitting = max(1, int(0.4 * whole.bbox.height * rows / box.height))
        if box.width > room and columns > 1:
            columns = max(1, min(columns - 1, int(columns * room / box.width)))
        elif rows > fitting and len(shown) > 1:
            kept = max(1, fitting * columns - 1)
            shown = [*handles[:kept], Line2D([], [], linestyle="none", label=f"and {len(handles) - kept} more")]
            if fitting == 1 and columns == 1:
                shown = shown[:1]
        else:
            return legend
        legend.remove()
