"""The plot in the window, with the real plotting process, and the mapping between data and pixels by itself."""

import base64
import json
import math
import re
import subprocess
import sys
import zlib
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QMessageBox

from explorer.ui import figure_theme, overlays, plot_view, trails
from explorer.ui.numbers_out import csv_text
from explorer.ui.overlays import Marker, Polyline, Raster
from explorer.ui.plot_axes import Axes
from explorer.ui.plot_view import Picture, PlotView
from explorer.ui.worker import Crew
from explorer.work.ends import DIED, Broken, Done, Refused

LINE = {
    "kind": "curve_1d",
    "x": [0.0, 1.0, 2.0, 3.0, 4.0],
    "y": [0.0, 10.0, 20.0, 30.0, 40.0],
    "x_label": "x_1",
    "y_label": "f",
    "x_limits": [0.0, 4.0],
    "y_limits": [0.0, 40.0],
}
LOG = {
    "kind": "curves",
    "x_scale": "log",
    "y_scale": "log",
    "x_label": "h",
    "y_label": "error",
    "series": [{"x": [1e-8, 1e-4, 1.0], "y": [1e-2, 1e-9, 1e-1], "label": "central"}],
}
AXES = Axes(50.0, 10.0, 250.0, 110.0, (-1.0, 1.0), (0.0, 10.0))


class StubWorker(QObject):
    """A worker that answers when the test says so."""

    answered = Signal(object)
    ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    def ask(self, question: dict[str, Any], budget_ms: int | None = None) -> None:
        self.asked.append(question)

    def reply(self, **changes: Any) -> None:
        """Answer the last question with a white picture whose axes are 40 pixels inside it."""
        question = self.asked[-1]
        ratio, logical = question["ratio"], (question["width_px"], question["height_px"])
        width, height = (round(side * ratio) for side in logical)
        axes = {"left": 40.0, "top": 40.0, "right": logical[0] - 40.0, "bottom": logical[1] - 40.0}
        axes |= {"x_limits": [0.0, 4.0], "y_limits": [0.0, 40.0], "x_scale": "linear", "y_scale": "linear"}
        pixels = base64.b64encode(zlib.compress(b"\xff" * (width * height * 4), 1)).decode()
        answer = {"pixels": pixels, "width": width, "height": height, "ratio": ratio, "axes": [axes]}
        self.answered.emit(answer | changes)
        self.ended.emit(Done())


class StubCrew:
    def __init__(self) -> None:
        self.workers: dict[str, StubWorker] = {}

    def worker(self, name: str) -> StubWorker:
        assert name not in self.workers
        return self.workers.setdefault(name, StubWorker())


@pytest.fixture
def crew(qapp: QApplication) -> Iterator[Crew]:
    crew = Crew("explorer.ui.plots")
    crew.start()
    yield crew
    crew.close()
    crew.deleteLater()


@pytest.fixture
def real(crew: Crew, qtbot: Any) -> PlotView:
    return shown(PlotView(crew), qtbot)


@pytest.fixture
def stub_crew() -> StubCrew:
    return StubCrew()


@pytest.fixture
def view(stub_crew: StubCrew, qtbot: Any) -> PlotView:
    return shown(PlotView(stub_crew), qtbot)


@pytest.fixture
def worker(view: PlotView, stub_crew: StubCrew) -> StubWorker:
    (worker,) = stub_crew.workers.values()
    return worker


def shown(view: PlotView, qtbot: Any) -> PlotView:
    qtbot.addWidget(view)
    palette = view.palette()
    for role, colour in ((QPalette.ColorRole.Base, "#ffffff"), (QPalette.ColorRole.Text, "#000000")):
        palette.setColor(role, QColor(colour))
    view.setPalette(palette)
    view.resize(420, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def draw(view: PlotView, spec: dict[str, Any], qtbot: Any) -> None:
    with qtbot.waitSignal(view.drawn, timeout=30_000):
        view.show_figure(spec)


def image(view: PlotView) -> QImage:
    return view.grab().toImage()


def colour_near(picture: QImage, place: QPointF, colour: str, reach: int = 3) -> bool:
    """Whether about this colour is within `reach` logical pixels of a place."""
    wanted, ratio = QColor(colour), picture.devicePixelRatio()
    centre = QPoint(round(place.x() * ratio), round(place.y() * ratio))
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            at = centre + QPoint(dx, dy)
            if picture.valid(at):
                found = picture.pixelColor(at)
                distance = abs(found.red() - wanted.red()) + abs(found.green() - wanted.green())
                if distance + abs(found.blue() - wanted.blue()) < 60:
                    return True
    return False


# ---- with the real process


def test_a_figure_arrives_as_a_picture_of_the_views_size(real, qtbot):
    draw(real, LINE, qtbot)
    ratio = real.devicePixelRatioF()
    picture = real._picture
    assert (picture.width, picture.height) == (420, 300)
    assert picture.pixmap.width() == 420 * ratio
    assert colour_near(image(real), real.to_pixel(2.0, 20.0), figure_theme.SERIES_ON_LIGHT[0])


def test_the_window_goes_on_while_a_figure_is_drawn(real, qtbot):
    ticks = []
    timer = QTimer(real, interval=5)
    timer.timeout.connect(lambda: ticks.append(None))
    timer.start()
    draw(real, LINE, qtbot)
    before = len(ticks)
    n = 150
    z = [[math.sin(i / 9) * math.cos(j / 7) for i in range(n)] for j in range(n)]
    axis = [float(i) for i in range(n)]
    draw(real, {"kind": "contour", "x": axis, "y": axis, "z": z, "x_label": "a", "y_label": "b"}, qtbot)
    assert len(ticks) - before >= 3  # a redraw in this process would let none through


@pytest.mark.parametrize("spec", [LINE, LOG], ids=["linear", "log"])
def test_a_click_maps_back_to_data_within_a_pixel(real, qtbot, spec):
    draw(real, spec, qtbot)
    axes = real.axes()
    place = QPoint(round((axes.left + axes.right) / 2) + 13, round((axes.top + axes.bottom) / 2) - 7)
    with qtbot.waitSignal(real.clicked) as clicked:
        qtbot.mouseClick(real, Qt.MouseButton.LeftButton, pos=place)
    back = real.to_pixel(*clicked.args)
    assert math.dist(back.toTuple(), place.toTuple()) < 1.0
    assert clicked.args == pytest.approx(real.to_data(QPointF(place)))


def test_the_axes_that_the_process_reports_are_those_of_the_spec(real, qtbot):
    draw(real, LINE, qtbot)
    assert (real.axes().x_limits, real.axes().y_limits) == ((0.0, 4.0), (0.0, 40.0))
    draw(real, LOG, qtbot)
    assert real.axes().x_log
    assert real.axes().y_log


def test_a_resize_brings_a_sharp_picture_of_the_new_size(real, qtbot):
    draw(real, LINE, qtbot)
    with qtbot.waitSignal(real.drawn, timeout=30_000):
        real.resize(600, 420)
    assert (real._picture.width, real._picture.height) == (600, 420)


def test_a_spec_that_cannot_be_drawn_is_said_in_the_view(real, qtbot):
    real.show_figure({"kind": "curves", "series": [{"x": [1.0], "y": []}]})
    qtbot.waitUntil(lambda: "could not be drawn" in real._message, timeout=30_000)
    draw(real, LINE, qtbot)
    assert real._message == ""


def test_two_views_have_workers_of_their_own(crew, qtbot):
    one, two = (shown(PlotView(crew), qtbot) for _ in range(2))
    with qtbot.waitSignals([one.drawn, two.drawn], timeout=30_000):
        one.show_figure(LINE)
        two.show_figure(LOG)
    assert not one.axes().x_log
    assert two.axes().x_log


# ---- asking


def test_a_figure_is_asked_for_with_the_views_size_ratio_and_colours(view, worker):
    view.show_figure(LINE)
    (question,) = worker.asked
    assert (question["width_px"], question["height_px"]) == (420, 300)
    assert question["ratio"] == view.devicePixelRatioF()
    assert question["theme"]["background"] == "#ffffff"
    assert question["theme"]["series"][-1] == "#000000"


def test_a_hidden_view_asks_only_when_it_is_shown(stub_crew, qtbot):
    view = PlotView(stub_crew)
    qtbot.addWidget(view)
    (worker,) = stub_crew.workers.values()
    view.show_figure(LINE)
    assert worker.asked == []
    view.show()
    assert len(worker.asked) == 1


def test_many_resizes_are_one_question(view, worker, qtbot):
    view.show_figure(LINE)
    worker.reply()
    for width in range(421, 441):
        view.resize(width, 300)
    qtbot.waitUntil(lambda: len(worker.asked) > 1)
    qtbot.wait(2 * plot_view.SETTLE_MS)
    assert [question["width_px"] for question in worker.asked] == [420, 440]


def test_a_change_of_palette_asks_again_in_the_new_colours(view, worker, qtbot):
    view.show_figure(LINE)
    worker.reply()
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    palette.setColor(QPalette.ColorRole.Text, QColor("#eeeeee"))
    view.setPalette(palette)
    qtbot.waitUntil(lambda: len(worker.asked) == 2)
    assert worker.asked[1]["theme"]["background"] == "#101010"
    assert worker.asked[1]["theme"]["series"][0] == figure_theme.SERIES_ON_DARK[0]


def test_the_same_figure_again_is_not_drawn_again(view, worker):
    view.show_figure(LINE)
    worker.reply()
    view.show_figure(dict(LINE))
    assert len(worker.asked) == 1


def test_a_stream_of_figures_waits_for_the_picture_under_way_and_skips_to_the_newest(view, worker):
    for x_label in ("one", "two", "three"):
        view.show_figure(LINE | {"x_label": x_label})
    worker.reply()
    assert [question["x_label"] for question in worker.asked] == ["one", "three"]


def test_a_dead_worker_is_told_and_the_next_figure_asks_again(view, worker):
    view.show_figure(LINE)
    worker.ended.emit(DIED)
    assert "crashed" in view._message
    view.show_figure(LINE)
    assert len(worker.asked) == 2
    worker.reply()
    assert view._message == ""


@pytest.mark.parametrize("end", [Refused("Too large."), Broken("Traceback\n  in f\nValueError: <b>no</b>")])
def test_the_reason_why_there_is_no_picture_is_shown(view, worker, end):
    view.show_figure(LINE)
    worker.ended.emit(end)
    assert view._message in (
        "This plot could not be drawn: Too large.",
        "This plot could not be drawn: ValueError: <b>no</b>",
    )
    image(view)  # it is painted, as plain text


def test_a_picture_of_a_figure_that_was_taken_away_is_not_shown(view, worker):
    view.show_figure(LINE)
    view.set_message("Nothing to show.")
    worker.reply()
    assert view.axes() is None
    assert view._message == "Nothing to show."


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": "AAAA"},
        {"pixels": "%"},
        {"pixels": base64.b64encode(zlib.compress(b"\0" * 100)).decode()},
        {"width": -420, "height": -300},
        {"width": 10**6, "height": 10**6},
        {"ratio": 0.0},
        {"axes": []},
        {"axes": [{"left": 0.0}]},
    ],
)
def test_an_answer_that_is_no_picture_is_said_and_not_shown(view, worker, wrong):
    view.show_figure(LINE)
    worker.reply(**wrong)
    assert view.axes() is None
    assert view._message != ""


# ---- waiting


def test_nothing_is_said_about_waiting_before_it_is_felt(view, worker, qtbot):
    view.show_figure(LINE)
    empty = image(view)
    assert empty.pixelColor(210, 150) == empty.pixelColor(2, 2)
    assert not view._late
    qtbot.waitUntil(lambda: view._late)
    assert image(view) != empty
    worker.reply()
    assert not view._late


def test_the_old_picture_is_stretched_until_the_new_one_comes(view, worker):
    view.show_figure(LINE)
    worker.reply()
    assert view.to_pixel(0.0, 0.0) == QPointF(40.0, 260.0)
    view.resize(840, 600)
    assert view.to_pixel(0.0, 0.0) == QPointF(80.0, 520.0)
    assert view.to_data(QPointF(80.0, 520.0)) == pytest.approx((0.0, 0.0))


# ---- the mouse


def test_the_mouse_is_told_in_data_coordinates_and_when_it_leaves(view, worker, qtbot):
    view.show_figure(LINE)
    worker.reply()
    heard = []
    view.hovered.connect(lambda x, y: heard.append((x, y)))
    qtbot.mouseMove(view, QPoint(180, 140))  # where another test left the mouse, a move to the same place is none
    qtbot.mouseMove(view, QPoint(210, 150))
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[-1] == pytest.approx((2.0, 20.0), abs=0.4)  # two pixels: on a scaled screen the mouse is rounded
    plain = image(view)
    qtbot.mouseMove(view, QPoint(5, 5))
    qtbot.waitUntil(lambda: heard[-1] == (None, None))
    assert image(view) != plain  # the read-out is gone


def test_a_click_beside_the_axes_chooses_no_point(view, worker, qtbot):
    view.show_figure(LINE)
    worker.reply()
    with qtbot.assertNotEmitted(view.clicked):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 150))


def test_before_the_first_picture_there_are_no_coordinates(view, qtbot):
    assert view.to_pixel(0.0, 0.0) is None
    assert view.to_data(QPointF(1, 1)) is None
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 150))


# ---- overlays on the screen

BLUE, ORANGE = figure_theme.SERIES_ON_LIGHT[:2]


@pytest.fixture
def drawn(view: PlotView, worker: StubWorker) -> PlotView:
    view.show_figure(LINE)
    worker.reply()
    return view


def test_a_path_and_a_point_are_drawn_where_they_belong(drawn):
    drawn.set_overlay([Polyline([0.5, 1.0, 3.0], [5.0, 30.0, 30.0], 0), Marker(3.0, 10.0, "square", "here", 1)])
    picture = image(drawn)
    assert colour_near(picture, drawn.to_pixel(2.0, 30.0), BLUE, reach=1)
    assert colour_near(picture, drawn.to_pixel(3.0, 10.0), ORANGE, reach=1)
    assert not colour_near(picture, drawn.to_pixel(2.0, 20.0), BLUE)
    drawn.set_overlay([])
    assert not colour_near(image(drawn), drawn.to_pixel(2.0, 30.0), BLUE)


@pytest.mark.parametrize("gap", [math.nan, math.inf, -math.inf])
def test_a_point_that_is_not_finite_breaks_the_path(drawn, gap):
    drawn.set_overlay([Polyline([0.5, 1.5, 2.0, 2.5, 3.5], [20.0, 20.0, gap, 20.0, 20.0], 0)])
    picture = image(drawn)
    assert colour_near(picture, drawn.to_pixel(1.0, 20.0), BLUE)
    assert colour_near(picture, drawn.to_pixel(3.0, 20.0), BLUE)
    assert not colour_near(picture, drawn.to_pixel(2.0, 20.0), BLUE)


@pytest.mark.parametrize(("x", "y"), [(1e9, 20.0), (1e300, 20.0), (math.inf, 20.0)])
def test_a_point_outside_is_an_arrow_at_the_edge(drawn, x, y):
    drawn.set_overlay([Marker(x, y, colour=1)])
    picture = image(drawn)
    assert colour_near(picture, drawn.to_pixel(4.0, 20.0) - QPointF(5, 0), ORANGE)
    drawn.set_overlay([Polyline([1.0, x], [y, y], 0)])
    assert colour_near(image(drawn), drawn.to_pixel(4.0, 20.0) - QPointF(8, 2), BLUE, reach=1)


def test_overlays_stay_inside_the_axes(drawn):
    drawn.set_overlay([Polyline([-50.0, 50.0, -1e300, 1e300], [-100.0, 200.0, 300.0, -1e300], 0, width=6.0)])
    picture = image(drawn)
    for x in range(0, 420, 3):
        assert not colour_near(picture, QPointF(x, 38), BLUE, reach=0)
        assert not colour_near(picture, QPointF(x, 262), BLUE, reach=0)


def test_a_point_that_is_not_a_number_is_said_in_words(drawn):
    before = image(drawn)
    drawn.set_overlay([Marker(math.nan, 1.0, label="adam")])
    assert image(drawn) != before


@pytest.mark.parametrize("shape", ["circle", "square", "diamond", "cross", "crosshair"])
def test_every_shape_is_drawn(drawn, shape):
    drawn.set_overlay([Marker(2.0, 20.0, shape, colour=1)])
    assert colour_near(image(drawn), drawn.to_pixel(2.0, 20.0), ORANGE)


def test_an_unknown_shape_is_a_value_error():
    with pytest.raises(ValueError, match="blob"):
        overlays.prepare(Marker(0.0, 5.0, "blob"), AXES)


def test_a_dimmed_figure_is_paler(drawn):
    drawn.set_overlay([Marker(2.0, 20.0, "square", colour="text")])
    centre = drawn.to_pixel(2.0, 20.0)
    assert colour_near(image(drawn), centre, "#000000", reach=1)
    drawn.set_dimmed(True)
    assert not colour_near(image(drawn), centre, "#000000", reach=1)


# ---- overlays as pixels


def test_ten_thousand_points_become_the_few_that_can_be_told_apart():
    n = 10_000
    xs = [math.cos(k / n) for k in range(n)]
    ys = [5 + math.sin(k / n) for k in range(n)]
    stroke = overlays.prepare(Polyline(xs, ys), AXES)
    (piece,) = stroke.pieces
    assert len(piece) < 300
    assert piece[-1] == pytest.approx((next(AXES.across(xs[-1:])), next(AXES.down(ys[-1:]))))


def test_a_path_that_jumps_to_and_fro_is_not_thinned_to_one_side():
    n = 3 * overlays.MOST_POINTS
    ys = [1.0 if k % 2 else 9.0 for k in range(n)]
    stroke = overlays.prepare(Polyline([2 * k / n - 1 for k in range(n)], ys), AXES)
    heights = [y for piece in stroke.pieces for _, y in piece]
    assert len(heights) <= overlays.MOST_POINTS + 1
    assert abs(heights.count(min(heights)) - heights.count(max(heights))) <= 2


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        ((-1.0, 5.0), (11.0, 5.0), ((0.0, 5.0), (10.0, 5.0))),
        ((5.0, 5.0), (5.0, 1e300), ((5.0, 5.0), (5.0, 10.0))),
        ((2.0, 3.0), (4.0, 5.0), ((2.0, 3.0), (4.0, 5.0))),
        ((-6.0, 5.0), (5.0, 16.0), None),
        ((-1.0, -2.0), (11.0, -2.0), None),
        ((-1e308, 5.0), (1e308, 5.0), None),
    ],
)
def test_segments_are_clipped_to_the_rectangle(start, end, inside):
    clipped = trails.clip(start, end, QRectF(0, 0, 10, 10))
    assert (clipped is None) == (inside is None)
    if inside is not None:
        assert clipped[0] == pytest.approx(inside[0])
        assert clipped[1] == pytest.approx(inside[1])


@pytest.mark.parametrize("log", [False, True])
def test_data_and_pixels_are_inverse(log):
    axes = Axes(50.0, 10.0, 250.0, 110.0, (1e-3, 1e5), (2.0, 50.0), log, log)
    for place in (QPointF(50, 110), QPointF(123.5, 44.25), QPointF(250, 10), QPointF(300, -40)):
        x, y = axes.value(place)
        assert (next(axes.across((x,))), next(axes.down((y,)))) == pytest.approx(place.toTuple())


def test_a_log_axis_has_no_place_for_zero_and_below():
    axes = Axes(0.0, 0.0, 100.0, 100.0, (1.0, 10.0), (1.0, 10.0), True, True)
    left, nowhere = axes.across((0.0, -1.0))
    assert left == -math.inf
    assert math.isnan(nowhere)


@pytest.mark.parametrize(
    "change",
    [{"right": 5.0}, {"x_limits": [1.0, 1.0]}, {"y_limits": [0.0, 1.0], "y_scale": "log"}, {"x_limits": ["nan", 1]}],
)
def test_axes_without_an_area_are_refused(change):
    place = {"left": 10.0, "top": 10.0, "right": 90.0, "bottom": 90.0, "x_limits": [1.0, 2.0], "y_limits": [1.0, 2.0]}
    place |= {"x_scale": "linear", "y_scale": "linear"}
    Axes.from_json(place)
    with pytest.raises((ValueError, TypeError)):
        Axes.from_json(place | change)


def test_a_bomb_of_compressed_zeros_is_not_unpacked(monkeypatch):
    bomb = base64.b64encode(zlib.compress(b"\0" * 50_000_000)).decode()
    with pytest.raises(ValueError, match="not a picture"):
        Picture.from_json({"pixels": bomb, "width": 10, "height": 10, "ratio": 1.0, "axes": [{}]})


# ---- accessibility and start-up


def test_what_a_figure_shows_is_said_in_words(view):
    view.show_figure(LOG)
    assert view.accessibleDescription() == "error over h: central"
    view.show_figure({"kind": "contour", "name": "f", "x_label": "x", "y_label": "y"})
    assert view.accessibleDescription() == "Contour lines of f over x and y"
    view.show_figure(LINE | {"description": "a straight line"})
    assert view.accessibleDescription() == "a straight line"
    view.set_message("Nothing to show.")
    assert view.accessibleDescription() == "Nothing to show."
    assert view.accessibleName() == "plot"


def test_the_window_process_loads_neither_matplotlib_nor_numpy():
    program = (
        "import sys, explorer.ui.plot_view, explorer.ui.worker;"
        "print([name for name in ('matplotlib', 'numpy', 'scipy', 'sympy', 'mpmath', 'PIL') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_a_picture_for_elsewhere_is_twice_as_fine_and_has_its_overlay(view, worker):
    view.show_figure(LINE)
    found = []
    view.draw_for_export(found.append)
    assert len(worker.asked) == 1, "there is no picture yet"
    worker.reply()
    view.set_overlay([Polyline([0.0, 4.0], [20.0, 20.0], "text")])
    view.show_figure({**LINE, "x_label": "x_2"})
    view.draw_for_export(found.append)
    assert not found, "the picture under way comes first"
    worker.reply()
    assert worker.asked[-1]["ratio"] == 2.0
    worker.reply()
    (pixmap,) = found
    assert (pixmap.width(), pixmap.height()) == (2 * view.width(), 2 * view.height())
    image = pixmap.toImage()
    assert image.pixelColor(image.width() // 2, image.height() // 2) == QColor("#000000")
    assert image.pixelColor(image.width() // 2, image.height() // 4) == QColor("#ffffff")
    assert not view.drawing


def test_where_no_finer_picture_can_be_drawn_the_one_on_the_screen_is_handed_over(view, worker):
    view.show_figure(LINE)
    worker.reply()
    found = []
    view.draw_for_export(found.append)
    worker.ended.emit(DIED)
    assert [pixmap.width() for pixmap in found] == [view.width()]
    assert view.axes() is not None


def test_a_plot_is_saved_as_lines_with_its_overlay(real, qtbot, tmp_path):
    from explorer.ui.plot_picture import save_as

    draw(real, LINE, qtbot)
    raster = QImage(2, 2, QImage.Format.Format_RGB32)
    raster.fill(QColor("#00ff00"))
    band = [Raster(raster, (2.0, 4.0), (0.0, 10.0)), Polyline([0.0, 4.0], [30.0, 30.0], "text", 6.0)]
    real.set_overlay([*band, Marker(1.0, 20.0, "square", "here", 1)])
    svg, pdf = tmp_path / "plot.svg", tmp_path / "plot.PDF"
    save_as(real, str(svg))
    qtbot.waitUntil(svg.exists, timeout=20_000)
    save_as(real, str(pdf))
    qtbot.waitUntil(pdf.exists, timeout=20_000)
    picture = QImage(420, 300, QImage.Format.Format_RGB32)
    with QPainter(picture) as painter:
        QSvgRenderer(str(svg)).render(painter)
    assert colour_near(picture, real.to_pixel(1.0, 30.0), "#000000", reach=2)
    assert colour_near(picture, real.to_pixel(3.0, 5.0), "#00ff00", reach=2)
    assert colour_near(picture, real.to_pixel(1.0, 20.0), ORANGE, reach=2)
    assert colour_near(picture, real.to_pixel(2.0, 20.0), BLUE, reach=2)
    streams = re.findall(rb"stream\n(x.*?)\nendstream", pdf.read_bytes(), re.DOTALL)
    red, green = (f"{part:.4f}"[:5].encode() for part in QColor(ORANGE).getRgbF()[:2])
    colours = [re.findall(rb"(\S+) (\S+) 0 (?:rg|RG)\n", zlib.decompress(part)) for part in streams]
    assert any(r.startswith(red) and g.startswith(green) for found in colours for r, g in found)


def test_long_paths_in_a_file_fit_into_the_question(view, worker):
    view.show_figure(LINE)
    worker.reply()
    xs = [k / 1e5 for k in range(100_000)]
    view.set_overlay([Polyline(xs, xs, k) for k in range(12)])
    view.write_for_export("svg", lambda content: None, lambda reason: None)
    assert len(json.dumps(worker.asked[-1])) < 3 * 2**20
    line = worker.asked[-1]["overlay"][0]
    assert array("d", base64.b64decode(line["x"]["float64"]))[-1] == xs[-1]


def test_a_file_that_cannot_be_written_or_has_another_ending_is_said(view, worker, tmp_path):
    from explorer.ui.plot_picture import save_as

    view.show_figure(LINE)
    worker.reply()
    save_as(view, str(tmp_path / "plot.docx"))
    assert "docx" in view.findChild(QMessageBox, "plot.fault").text()
    save_as(view, str(tmp_path / "plot.pdf"))
    worker.ended.emit(DIED)
    assert len(view.findChildren(QMessageBox, "plot.fault")) == 2
    assert not list(tmp_path.iterdir())
    assert not view.drawing


def test_the_numbers_of_the_curves_are_rows(view, worker):
    view.show_figure(LOG)
    assert list(view.numbers()) == [
        ["curve", "h", "error"],
        *(["central", *row] for row in [(1e-8, 1e-2), (1e-4, 1e-9), (1.0, 1e-1)]),
    ]
    packed = {"float64": base64.b64encode(array("d", [1.0, 2.0])).decode()}
    view.show_figure({**LINE, "x": packed, "y": packed, "name": "g"})
    assert list(view.numbers())[1:] == [["g", 1.0, 1.0], ["g", 2.0, 2.0]]
    assert csv_text([["a", 0.1 + 0.2, math.nan, None]]) == "a,0.30000000000000004,nan,\n"


def test_words_at_one_place_stand_below_each_other():
    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QColor, QImage, QPainter

    class Axes:
        left, right, top, bottom = 0.0, 300.0, 0.0, 200.0

    image, labels = QImage(300, 200, QImage.Format.Format_ARGB32), []
    with QPainter(image) as painter:
        for words in ("minimum", "start"):
            place = QPointF(100, 100)
            overlays._paint_label(painter, words, place, QColor("black"), QColor("white"), Axes, labels)
    first, second = labels
    assert not first.intersects(second)
    assert QRectF(0, 0, 300, 200).contains(second)
