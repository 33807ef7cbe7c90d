"""Long paths up to a step: whatever way the step was come to, the picture is the same; a frame keeps to its time."""

import math
from array import array

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from explorer.ui import trails
from explorer.ui.trails import Trail, Trails

RECT = QRectF(0, 0, 300, 200)
GROUND = QColor("white")


def spiral(count, turns):
    """A path that shrinks as it turns, in pixels."""
    angles = [turns * 2 * math.pi * k / count for k in range(count)]
    sizes = [95 * (1 - k / count) for k in range(count)]
    return tuple(
        array("d", [middle + s * way(a) for a, s in zip(angles, sizes, strict=True)])
        for middle, way in ((150, math.cos), (100, math.sin))
    )


def pixels(columns, first, end):
    return zip(columns[0][first:end], columns[1][first:end], strict=True)


@pytest.fixture
def draw(qapp, monkeypatch):
    monkeypatch.setattr(trails, "_SLICE_SECONDS", math.inf)
    monkeypatch.setattr(trails, "_COPY_INK", 5e3)  # some copies within these short paths

    def picture(layers, shown):
        canvas = QPixmap(300, 200)
        canvas.fill(Qt.GlobalColor.white)
        layers.show(shown)
        with QPainter(canvas) as painter:
            assert layers.paint(painter, ("scale", RECT, pixels), lambda index: QColor(("red", "blue")[index]), GROUND)
        return canvas.toImage()

    return picture


def test_a_step_looks_the_same_whatever_came_before(draw):
    first, second = spiral(3000, 41.3), spiral(1700, 17.7)

    def at(step):
        return [Trail(first, step, 0), Trail(second, min(step, 1699), 1)]

    scrubbed = Trails()
    for step in (0, 2999, 1500, 1501, 640, 639, 2222, 63, 64, 65, 2000):
        assert draw(scrubbed, at(step)) == draw(Trails(), at(step)), step
    assert draw(scrubbed, at(100)) != draw(scrubbed, at(200))


def test_a_path_that_grows_while_others_are_ahead_is_drawn_whole(draw):
    whole, ahead = spiral(1000, 9.5), spiral(1000, 23.1)
    growing = tuple(column[:100] for column in whole)
    layers = Trails()
    draw(layers, [Trail(growing, 99, 0), Trail(ahead, 999, 1)])
    for column, more in zip(growing, whole, strict=True):
        column.extend(more[100:])
    assert draw(layers, [Trail(growing, 999, 0), Trail(ahead, 999, 1)]) == draw(
        Trails(), [Trail(whole, 999, 0), Trail(ahead, 999, 1)]
    )


def test_points_without_a_place_break_the_path_and_far_ones_are_followed_to_the_edge(draw):
    x, y = array("d", [50, 100, math.nan, 150, 150, math.inf]), array("d", [100, 100, 100, 50, -1e12, 0])
    image = draw(Trails(), [Trail((x, y), 5, 0)])
    assert image.pixelColor(75, 100) == QColor("red")
    assert image.pixelColor(125, 100) == GROUND  # around the nan
    assert image.pixelColor(150, 2) == QColor("red")


def test_a_frame_that_has_no_time_says_so_and_the_next_ones_finish(draw, monkeypatch):
    path = spiral(3000, 41.3)
    layers, frames = Trails(), 0
    layers.show([Trail(path, 2999, 0)])
    monkeypatch.setattr(trails, "_SLICE_SECONDS", 1e-6)  # one chunk
    canvas = QPixmap(300, 200)
    done = False
    while not done:
        with QPainter(canvas) as painter:
            done = layers.paint(painter, ("scale", RECT, pixels), lambda _: QColor("red"), GROUND)
        frames += 1
    assert 40 < frames < 60  # 3,000 steps, 64 a chunk
