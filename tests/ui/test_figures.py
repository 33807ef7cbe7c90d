"""The figures as matplotlib objects and as pixels: limits, scales, gaps, and what may not be drawn."""

import base64
import math
import subprocess
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

from explorer.ui.plots import figures

THEME = {
    "background": "#ffffff",
    "text": "#202020",
    "grid": "#d8d8d8",
    "accent": "#0b63b5",
    "series": ["#0072b2", "#d55e00", "#009e73"],
}
H = 10.0 ** np.arange(-12.0, 0.5, 0.5)


def sized(spec: dict[str, Any], width: int = 420, height: int = 300, ratio: float = 1.0) -> dict[str, Any]:
    return {**spec, "width_px": width, "height_px": height, "ratio": ratio, "theme": THEME}


def curves(*series: dict[str, Any], **options: Any) -> dict[str, Any]:
    return sized({"kind": "curves", "x_label": "h", "y_label": "error", "series": list(series), **options})


def series(x: Any, y: Any, label: str = "central", **style: Any) -> dict[str, Any]:
    return {"x": list(map(float, x)), "y": list(map(float, y)), "label": label, "style": style}


def contour(z: np.ndarray, **options: Any) -> dict[str, Any]:
    y, x = (np.linspace(-1.0, 1.0, size).tolist() for size in z.shape)
    return sized({"kind": "contour", "x": x, "y": y, "z": packed(z), "x_label": "x_1", "y_label": "x_2", **options})


def packed(values: np.ndarray) -> dict[str, Any]:
    words = base64.b64encode(values.astype("<f8").tobytes()).decode()
    return {"float64": words, "shape": list(values.shape)}


def plot(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.get_label() == "plot")


def lines_with_data(axes: Axes) -> list[Any]:
    return [line for line in axes.lines if line.get_gid() is None]


def legend_labels(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def pixels(answer: dict[str, Any]) -> np.ndarray:
    raw = zlib.decompress(base64.b64decode(answer["pixels"]))
    return np.frombuffer(raw, np.uint8).reshape(answer["height"], answer["width"], 4)


# ---- arrays


def test_an_array_may_be_a_list_with_words_for_what_json_cannot_say():
    assert_array_equal(figures.array([1, "inf", "-inf", "nan", None]), [1.0, math.inf, -math.inf, math.nan, math.nan])


def test_an_array_may_be_packed_little_endian_doubles():
    z = np.arange(6.0).reshape(2, 3)
    assert_array_equal(figures.array(packed(z)), z)


@pytest.mark.parametrize("broken", [{"float64": "!!"}, {"float64": "AAAA"}, ["one"]])
def test_what_is_no_array_is_a_value_error(broken):
    with pytest.raises(ValueError, match=r".+"):
        figures.array(broken)


# ---- size and geometry


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("width", [420, 435, 901])
def test_the_picture_has_exactly_the_pixels_that_were_asked_for(ratio, width):
    answer = figures.answer(curves(series(H, H)) | {"width_px": width, "ratio": ratio})
    assert (answer["width"], answer["height"]) == (round(width * ratio), round(300 * ratio))


def test_ratio_two_doubles_the_pixels_and_leaves_the_axes_where_they_are():
    one, two = (figures.answer(curves(series(H, H)) | {"ratio": ratio}) for ratio in (1.0, 2.0))
    assert two["width"] == 2 * one["width"]
    for side in ("left", "top", "right", "bottom"):
        # Glyphs are hinted to whole device pixels, which moves the margins a little.
        assert two["axes"][0][side] == pytest.approx(one["axes"][0][side], abs=2.5)


def test_the_reported_axes_are_where_the_pixels_are():
    spec = sized({"kind": "curve_1d", "x": [0.0, 1.0], "y": [0.0, 1.0], "x_limits": [0, 1], "y_limits": [0, 1]})
    spec["theme"] = THEME | {"grid": "#ffffff"}
    answer = figures.answer(spec)
    axes, image = answer["axes"][0], pixels(answer)
    assert (image[:, :, 3] == 255).all()
    blue = image[:, :, 2].astype(int) - image[:, :, 0] > 90
    for part in (0.25, 0.5, 0.75):
        column = round(axes["left"] + part * (axes["right"] - axes["left"]))
        # The middle of pixel number n is at n + ½.
        x = (column + 0.5 - axes["left"]) / (axes["right"] - axes["left"])
        line = np.flatnonzero(blue[:, column]).mean() + 0.5
        assert line == pytest.approx(axes["bottom"] - x * (axes["bottom"] - axes["top"]), abs=0.6)


def test_nothing_is_cut_off_at_the_edges_of_the_figure():
    y_label = "mean squared error of the prediction over the whole of the data set (m²/s²)"
    spec = curves(series(range(50), range(50)), y_label=y_label, references=[{"axis": "x", "at": 20, "label": "here"}])
    image = pixels(figures.answer(spec))
    for edge in (image[:2], image[-2:], image[:, :2], image[:, -2:]):
        assert (edge == 255).all()


@pytest.mark.parametrize(("width", "ratio"), [(0, 1.0), (5000, 2.0)])
def test_an_impossible_size_is_refused(width, ratio):
    with pytest.raises(ValueError, match="device pixels"):
        figures.figure(curves(series(H, H)) | {"width_px": width, "ratio": ratio})


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="pie"):
        figures.figure(sized({"kind": "pie"}))


# ---- curves


def test_every_series_is_a_line_and_named_in_the_legend():
    drawn = figures.figure(curves(series(H, H, "forward"), series(H, H**2, "central", index=1)))
    assert len(lines_with_data(plot(drawn))) == 2
    assert legend_labels(drawn) == ["forward", "central"]


def test_series_differ_in_more_than_colour():
    looks = set()
    for markers in (True, False):
        drawn = figures.figure(curves(*(series(H, H, str(i), index=i, markers=markers) for i in range(5))))
        looks |= {(line.get_marker(), str(line._dash_pattern)) for line in lines_with_data(plot(drawn))}
    assert len(looks) == 10


def test_a_theory_line_does_not_stretch_the_limits():
    spec = curves(series(H, np.full(H.size, 1e-9)), series(H, H**4, "~ h⁴", dashed=True), x_scale="log", y_scale="log")
    low, high = plot(figures.figure(spec)).get_ylim()
    assert 1e-10 < low < 1e-9 < high < 1e-8


def test_log_axes_contain_the_positive_values_with_a_margin():
    axes = plot(figures.figure(curves(series(H, H**2), x_scale="log", y_scale="log")))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    low, high = axes.get_ylim()
    assert 1e-26 < low < 1e-24
    assert 1 < high < 100


def test_an_error_of_zero_is_a_mark_at_the_bottom_and_breaks_the_line():
    error = np.array([1e-3, 0.0, 1e-5])
    drawn = figures.figure(curves(series([1, 2, 3], error), y_scale="log"))
    (line,) = lines_with_data(plot(drawn))
    assert_array_equal(np.isnan(line.get_ydata()), [False, True, False])
    (mark,) = (line for line in plot(drawn).lines if line.get_gid() == "zero")
    assert_array_equal(mark.get_xdata(), [2.0])
    assert_array_equal(mark.get_ydata(), [0.0])  # in parts of the axes' height
    assert "exact: 0" in legend_labels(drawn)


def test_a_value_between_two_gaps_still_has_its_marker():
    drawn = figures.figure(curves(series([1, 2, 3], [0.0, 1e-5, 0.0], markers=False), y_scale="log"))
    (line,) = lines_with_data(plot(drawn))
    assert line.get_markevery() == [1]
    assert line.get_marker() == "."


@pytest.mark.parametrize(
    ("value", "scale", "kind", "note"),
    [
        (math.inf, "log", "large", "∞, or too large to draw"),
        (math.inf, "linear", "large", "∞, or too large to draw"),
        (-math.inf, "linear", "large", "∞, or too large to draw"),
        (1e200, "linear", "large", "∞, or too large to draw"),
        (-1.0, "log", "negative", "negative: not on a log axis"),
        (5e-324, "log", "small", "below 10⁻³⁰⁰"),
    ],
)
def test_a_value_without_a_place_is_a_mark_at_the_edge_and_named(value, scale, kind, note):
    drawn = figures.figure(curves(series([1, 2, 3], [1.0, value, 2.0]), y_scale=scale))
    assert [line.get_gid() for line in plot(drawn).lines if line.get_gid()] == [kind]
    assert note in legend_labels(drawn)


def test_a_step_size_of_zero_on_a_log_axis_is_counted_as_left_out():
    drawn = figures.figure(curves(series([0, 1, 2], [1, 2, 3]), x_scale="log"))
    assert any(label.startswith("1 points left out") for label in legend_labels(drawn))


def test_nan_is_a_gap_without_a_note():
    drawn = figures.figure(curves(series([1, 2, 3], [1, math.nan, 2])))
    assert legend_labels(drawn) == ["central"]


def test_names_with_underscores_and_dollars_are_shown_as_they_are():
    drawn = figures.figure(curves(series([1, 2], [1, 2], "$x_1$"), x_label="x_1^2 $\\frac", y_label="a_b"))
    drawn.canvas.draw()  # mathtext would fail here
    assert plot(drawn).get_xlabel() == "x_1^2 $\\frac"
    assert legend_labels(drawn) == ["$x_1$"]
    assert not any(text.get_parse_math() for text in (plot(drawn).xaxis.label, *drawn.legends[0].get_texts()))


def test_a_reference_line_is_inside_the_limits_and_labelled():
    spec = curves(series([1, 2], [1, 2]), references=[{"axis": "y", "at": -3.0, "label": "minimum"}])
    axes = plot(figures.figure(spec))
    assert axes.get_ylim()[0] < -3.0
    assert "minimum" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("count", [1, 9, 60])
def test_the_legend_never_covers_the_axes(count):
    names = [f"scheme number {i}" for i in range(count)]
    drawn = figures.figure(curves(*(series(H, H, name, index=i) for i, name in enumerate(names))))
    legend = drawn.legends[0].get_window_extent(drawn.canvas.get_renderer())
    axes = plot(drawn).get_window_extent()
    assert legend.y0 >= axes.y1
    assert legend.x1 <= 420
    assert axes.height > 100
    labels = legend_labels(drawn)
    assert labels == names if count < 60 else labels[-1] == f"and {60 - (len(labels) - 1)} more"


def test_series_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="central"):
        figures.figure(curves(series([1, 2], [1])))


@pytest.mark.parametrize(("scale", "limits"), [("log", [0, 1]), ("linear", [1, 1]), ("linear", ["nan", 1])])
def test_limits_that_no_axis_can_have_are_refused(scale, limits):
    with pytest.raises(ValueError, match="no limits"):
        figures.figure(curves(series([1, 2], [1, 2]), y_scale=scale, y_limits=limits))


EXTREMES = [0.0, -1.0, 1e308, -1e308, 5e-324, 1e-310, 1e300, 1e150, math.nan, math.inf, -math.inf, 1e15, 1e15 + 1]


@pytest.mark.parametrize(("x_scale", "y_scale"), [("linear", "linear"), ("log", "log")])
@pytest.mark.parametrize("chosen", [EXTREMES, [], [1e300], [1e15, 1e15 + 1], [5e-324], [math.nan], [1e308, -1e308]])
def test_every_double_can_be_plotted(x_scale, y_scale, chosen):
    spec = curves(series(chosen, chosen[::-1]), x_scale=x_scale, y_scale=y_scale)
    place = figures.answer(spec)["axes"][0]
    assert place["left"] < place["right"]
    assert place["top"] < place["bottom"]
    assert np.isfinite(place["x_limits"] + place["y_limits"]).all()


# ---- numbers and ticks


@pytest.mark.parametrize(
    ("value", "label"),
    [(0.0, "0"), (-0.25, "−0.25"), (1e-5, "10⁻⁵"), (2e6, "2·10⁶"), (-1e-10, "−10⁻¹⁰"), (2.5e-7, "2.5·10⁻⁷")],
)
def test_numbers_are_written_as_in_a_book(value, label):
    assert figures.number_label(value) == label


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([-1.0, -0.5, 0.0, 0.5], ["−1.0", "−0.5", "0", "0.5"]),
        ([0.0, 2.0e7, 4.0e7], ["0", "2·10⁷", "4·10⁷"]),
        ([0.0, 2.5e-5], ["0", "2.5·10⁻⁵"]),
        ([1000.0, 2000.0], ["1000", "2000"]),
        ([1.000001, 1.000002], ["1.000001", "1.000002"]),
    ],
)
def test_linear_ticks_have_the_decimals_that_their_distance_needs(ticks, labels):
    assert figures._LinearLabels().format_ticks(ticks) == labels


@pytest.mark.parametrize(("low", "high"), [(1e-16, 1.0), (3e-3, 5e-2), (0.9, 1.1), (1e-307, 1e307), (2.0, 4.0)])
def test_log_axes_have_at_least_two_ticks_and_not_too_many(low, high):
    major, minor = figures._log_ticks(low, high, 6)
    assert 2 <= len(major) <= 9
    assert all(low <= tick <= high for tick in (*major, *minor))


# ---- one function of one variable

X = np.linspace(-2.0, 2.0, 400)  # even: no sample at 0


@pytest.mark.parametrize(
    ("y", "places"),
    [
        (1 / X, [0.0]),
        (5 + 1 / X, [0.0]),
        (np.tan(X), [-math.pi / 2, math.pi / 2]),
        (np.floor(X + 0.01), [-1.01, -0.01, 0.99, 1.99]),
        (np.sign(X), [0.0]),
        (X - np.floor(X + 0.01), [-1.01, -0.01, 0.99, 1.99]),
        (1 / (X - 0.003), [0.003]),
        (np.sin(5 * X), []),
        (np.abs(X), []),
        (np.exp(5 * X), []),
        (X**3 - X, []),
        (1 / (X**2 + 0.01), []),
        (np.full(X.size, 3.0), []),
    ],
)
def test_a_line_is_broken_at_poles_and_jumps_and_nowhere_else(y, places):
    broken = np.flatnonzero(figures.breaks(y))
    assert len(broken) == len(places)
    for segment, place in zip(broken, places, strict=True):
        assert X[segment] - 1e-9 <= place <= X[segment + 1] + 1e-9


def curve(x: np.ndarray, y: np.ndarray, **options: Any) -> dict[str, Any]:
    return sized({"kind": "curve_1d", "x": packed(x), "y": packed(y), **options})


def test_the_two_branches_of_a_pole_are_not_joined():
    (line,) = lines_with_data(plot(figures.figure(curve(X, 1 / X))))
    y = line.get_ydata()
    gap = np.flatnonzero(np.isnan(y))
    assert gap.size == 1
    assert (y[: gap[0]] < 0).all()
    assert (y[gap[0] + 1 :] > 0).all()


def test_near_a_pole_the_axis_is_cut_and_says_how_far_the_samples_reach():
    drawn = figures.figure(curve(X, np.round(1 / X, 6)))
    assert plot(drawn).get_ylim()[1] < 20
    assert legend_labels(drawn) == ["axis cut: the samples reach −200 … 200"]


@pytest.mark.parametrize("y", [np.exp(8 * X), X**9, 1 / (X**2 + 0.01)])
def test_a_steep_function_keeps_its_whole_range(y):
    low, high = plot(figures.figure(curve(X, y))).get_ylim()
    assert low <= y.min()
    assert high >= y.max()


def test_where_a_function_is_not_defined_the_ground_is_hatched_and_the_line_has_a_gap():
    with np.errstate(invalid="ignore"):
        y = np.sqrt(X)
    drawn = figures.figure(curve(X, y, name="g"))
    assert legend_labels(drawn) == ["g is not defined here"]
    (line,) = lines_with_data(plot(drawn))
    assert_array_equal(np.isnan(line.get_ydata()), X < 0)
    (span,) = plot(drawn).patches
    assert_allclose((span.get_x(), span.get_x() + span.get_width()), (-2.0, X[X < 0].max()))


# ---- contours

GRID_Y, GRID_X = np.meshgrid(np.linspace(-1.0, 3.0, 80), np.linspace(-2.0, 2.0, 80), indexing="ij")
ROSENBROCK = (1 - GRID_X) ** 2 + 100 * (GRID_Y - GRID_X**2) ** 2


def test_a_bowl_has_even_round_levels_that_contain_it():
    boundaries, base = figures.levels((GRID_X**2 + GRID_Y**2).ravel())
    assert base == 0.0
    assert np.ptp(np.diff(boundaries)) < 1e-12
    assert boundaries[0] <= 0.0
    assert boundaries[-1] >= 13.0


@pytest.mark.parametrize("shift", [0.0, -3.25, 1000.0])
def test_the_valley_of_rosenbrock_has_levels_by_decades_above_its_minimum(shift):
    values = (ROSENBROCK + shift).ravel()
    boundaries, base = figures.levels(values)
    assert base == (0.0 if shift == 0.0 else values.min())
    assert_allclose(boundaries[-4:-1], [100.0, 300.0, 1000.0])
    assert boundaries[0] <= values.min() - base
    assert boundaries[-1] >= values.max() - base


@pytest.mark.parametrize(
    "values",
    [
        1 / (GRID_X * GRID_Y),
        np.exp(20 * GRID_X + 5 * GRID_Y),
        1e300 * np.sign(GRID_X),
        np.array([0.0, 5e-324]),
        np.array([7.0, 7.0]),
        np.array([0.0, 0.0]),
        np.array([1.0, 1.0 + 1e-15]),
        ROSENBROCK * 1e-200,
    ],
)
def test_levels_rise_contain_all_values_and_are_few(values):
    boundaries, base = figures.levels(np.asarray(values).ravel())
    assert (np.diff(boundaries) > 0).all()
    assert 2 <= boundaries.size <= 18
    assert boundaries[0] <= values.min() - base
    assert boundaries[-1] >= values.max() - base


def test_where_there_is_no_value_no_band_is_drawn_and_the_legend_says_it():
    z = ROSENBROCK.copy()
    z[:, :40] = np.nan
    drawn = figures.figure(contour(z))
    assert legend_labels(drawn) == ["f is not defined here"]
    assert plot(drawn).patch.get_hatch() == "////"
    answer = figures.answer(contour(z))
    axes, image = answer["axes"][0], pixels(answer)
    middle = round((axes["left"] + axes["right"]) / 2)
    rows = slice(round(axes["top"]) + 3, round(axes["bottom"]) - 3)
    left, right = image[rows, round(axes["left"]) + 3 : middle - 4], image[rows, middle + 4 : round(axes["right"]) - 3]
    blueness = [int(np.median(part[..., 2].astype(int) - part[..., 0])) for part in (left, right)]
    assert blueness[0] == 0
    assert blueness[1] > 10


def test_a_function_that_only_overflows_is_called_not_finite():
    z = np.where(GRID_X > 1, np.inf, ROSENBROCK)
    assert legend_labels(figures.figure(contour(z))) == ["f is not finite here"]


def test_a_function_without_any_value_is_all_hatched():
    drawn = figures.figure(contour(np.full((5, 5), np.nan)))
    assert [axes.get_label() for axes in drawn.axes] == ["plot"]


def test_the_colour_bar_names_the_function_and_what_was_taken_off_it():
    drawn = figures.figure(contour(ROSENBROCK - 3.25, name="loss"))
    (bar,) = (axes for axes in drawn.axes if axes.get_label() == "bar")
    assert bar.get_ylabel() == "loss + 3.25"


def test_the_axes_of_a_contour_are_the_inputs_without_margin():
    axes = plot(figures.figure(contour(ROSENBROCK)))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x_1", "x_2")
    assert_allclose((*axes.get_xlim(), *axes.get_ylim()), (-1, 1, -1, 1))


def test_a_grid_of_another_shape_than_its_values_is_refused():
    with pytest.raises(ValueError, match="shape"):
        figures.figure(contour(ROSENBROCK) | {"x": [0.0, 1.0]})


# ---- the process


def test_drawing_loads_neither_pyplot_nor_qt():
    program = (
        "import sys; from explorer.ui.plots import __main__ as plots; plots.warm();"
        "print([name for name in sys.modules if 'pyplot' in name or name.startswith(('PySide6', 'tkinter'))])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_an_axis_of_whole_numbers_has_whole_ticks():
    ticks = plot(figures.figure(curves(series([0, 1, 2, 3], [1, 2, 3, 4]), x_whole=True))).get_xticks()
    assert all(tick == round(tick) for tick in ticks)
