"""Paths of many thousand points, seen up to a step: what is drawn stays drawn, a frame costs what is new in it.

The path's segments are made pixels once, each pixel-long way once, and whole chunks of steps are kept as pictures, one
of the rims and one of the lines over them. A step back goes on from a copy that was kept on the way. A frame takes
its share of time and no more: what is missing then comes with the next.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

_CHUNK = 64  # steps: as many segments of each path are drawn anew in every frame
_SLICE_SECONDS = 0.008  # of a frame of 33 ms; the rest is for the window
_WIDTH = 2.0  # logical pixels of a line, its rim one more on either side
_COPY_INK = 2e5  # device pixels covered between two copies: some 4 ms of drawing
_MOST_COPIES_BYTES = 64e6
_RIMMED_INK = 5e5  # device pixels of a path after which it has no rims: there they would hide what lies below

Point = tuple[float, float]
ToPixels = Callable[[Sequence[Sequence[float]], int, int], Iterable[Point]]


@dataclass(frozen=True, slots=True)
class Trail:
    """A path by its columns (coordinates in data, an array an axis, which may grow) up to a step, in a colour."""

    columns: tuple[Sequence[float], ...]
    stop: int
    colour: int | str = 0


class _Segments:
    """The segments of one path in pixels, and the step that each leads to."""

    def __init__(self) -> None:
        self.lines: list[QLineF] = []
        self.steps: list[int] = []
        self.rimmed: int | None = None  # how many have rims, where that is not all
        self._ink = 0.0
        self._last = -1  # the point that came last
        self._before: Point | None = None  # its pixel, or that of the last one seen apart
        self._ways: set[tuple[int, int, int, int]] = set()

    def extend(self, columns: Sequence[Sequence[float]], stop: int, pixels: ToPixels, rect: QRectF) -> None:
        """Go on until the point `stop`."""
        if stop <= self._last:
            return
        left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
        before = self._before
        first = self._last + 1
        for step, (x, y) in enumerate(pixels(columns, first, stop + 1), start=first):
            if not (math.isfinite(x) and math.isfinite(y)):
                before = None
                continue
            if before is None:
                before = (x, y)
                continue
            a, b = before
            if abs(x - a) + abs(y - b) < 0.5:  # cannot be seen; most of a long path's end moves less
                continue
            before = (x, y)
            way = (int(a), int(b), int(x), int(y))
            if way in self._ways or way[2:] + way[:2] in self._ways:
                continue
            if left <= a <= right and top <= b <= bottom and left <= x <= right and top <= y <= bottom:
                line = QLineF(a, b, x, y)
            else:
                inside = clip((a, b), (x, y), rect)
                if inside is None:
                    continue
                line = QLineF(*inside[0], *inside[1])
            self._ways.add(way)
            self.lines.append(line)
            self.steps.append(step)
            self._ink += line.length() * _WIDTH
            if self._ink > _RIMMED_INK and self.rimmed is None:
                self.rimmed = len(self.lines)
        self._before, self._last = before, stop

    def between(self, low: int, high: int) -> tuple[list[QLineF], list[QLineF]]:
        """The segments that lead to steps above low and at most high, and those of them that have rims."""
        first, last = bisect_right(self.steps, low), bisect_right(self.steps, high)
        return self.lines[first:last], self.lines[first : last if self.rimmed is None else min(last, self.rimmed)]


class Trails:
    """Some trails and the pictures of them."""

    def __init__(self) -> None:
        self._trails: tuple[Trail, ...] = ()
        self._key: Hashable = None
        self._restart()

    def __bool__(self) -> bool:
        return bool(self._trails)

    def __iter__(self) -> Iterator[Trail]:
        return iter(self._trails)

    def show(self, trails: Sequence[Trail]) -> None:
        """These from now on. What is drawn stays where the paths are the same, or have grown."""
        same = len(trails) == len(self._trails) and all(
            a.colour == b.colour and all(u is v for u, v in zip(a.columns, b.columns, strict=True))
            for a, b in zip(trails, self._trails, strict=True)
        )
        self._trails = tuple(trails)
        if not same:
            self._restart()

    def _restart(self) -> None:
        self._segments = [_Segments() for _ in self._trails]
        self._lengths = [0] * len(self._trails)  # of the paths, as they were when they were last drawn
        self._rims: QPixmap | None = None
        self._lines: QPixmap | None = None
        self._drawn = 0  # chunks
        self._fresh_ink = 0.0  # since the last copy
        self._copies: list[tuple[int, QPixmap, QPixmap]] = []

    def paint(
        self,
        painter: QPainter,
        look: tuple[Hashable, QRectF, ToPixels],
        colours: Callable[[int | str], QColor],
        ground: QColor,
    ) -> bool:
        """Draw them on a widget; whether there was time for all. look: a key that changes with the scale, the axes."""
        key, rect, pixels = look
        device = painter.device()
        ratio = device.devicePixelRatioF()
        key = (
            key,
            device.width(),
            device.height(),
            ratio,
            ground.rgba(),
            tuple(colours(t.colour).rgba() for t in self),
        )
        if key != self._key:
            self._key = key
            self._restart()
        self._grown()
        whole = max((trail.stop for trail in self._trails), default=0) // _CHUNK
        if self._drawn > whole:
            self._go_back(whole)
        if self._lines is None or self._rims is None:
            self._rims, self._lines = (_transparent(device.width(), device.height(), ratio) for _ in range(2))
        deadline = time.perf_counter() + _SLICE_SECONDS
        far = rect.adjusted(-50, -50, 50, 50)  # an end that is cut there is not seen
        while self._drawn < whole:
            self._draw_chunk(rect, far, pixels, colours, ground)
            if time.perf_counter() > deadline:  # after one chunk at least: a slow machine gets there too
                break
        complete = self._drawn == whole
        rest = self._between(self._drawn * _CHUNK, (whole + 1) * _CHUNK, far, pixels) if complete else []
        painter.save()
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._rims)
        _draw(painter, [(rims, ground) for _, _, rims in rest], _WIDTH + 2.0)
        painter.drawPixmap(0, 0, self._lines)
        _draw(painter, [(lines, colours(trail.colour)) for trail, lines, _ in rest], _WIDTH)
        painter.restore()
        return complete

    def paint_whole(
        self,
        painter: QPainter,
        rect: QRectF,
        pixels: ToPixels,
        colours: Callable[[int | str], QColor],
        ground: QColor,
    ) -> None:
        """Draw all of them at once with the painter as it is, as lines: for a file."""
        drawn = []
        for trail in self._trails:
            segments = _Segments()
            segments.extend(trail.columns, trail.stop, pixels, rect)
            drawn.append((colours(trail.colour), *segments.between(-1, trail.stop)))
        _draw(painter, [(rims, ground) for _, _, rims in drawn], _WIDTH + 2.0)
        _draw(painter, [(lines, colour) for colour, lines, _ in drawn], _WIDTH)

    def _grown(self) -> None:
        """A path that has become longer may have been missing in chunks that are drawn."""
        for place, trail in enumerate(self._trails):
            length = len(trail.columns[0])
            if self._lengths[place] < length:
                last = max(self._lengths[place] - 1, 0) // _CHUNK
                self._lengths[place] = length
                if last < self._drawn:
                    self._go_back(last)

    def _go_back(self, chunk: int) -> None:
        """Go on from the last copy that shows no more chunks than these."""
        while self._copies and self._copies[-1][0] > chunk:
            self._copies.pop()
        self._fresh_ink = 0.0
        if self._copies:
            self._drawn, rims, lines = self._copies[-1]
            self._rims, self._lines = QPixmap(rims), QPixmap(lines)
        else:
            self._drawn, self._rims, self._lines = 0, None, None

    def _between(
        self, low: int, high: int, far: QRectF, pixels: ToPixels
    ) -> list[tuple[Trail, list[QLineF], list[QLineF]]]:
        found = []
        for trail, segments in zip(self._trails, self._segments, strict=True):
            segments.extend(trail.columns, min(high, len(trail.columns[0]) - 1), pixels, far)
            found.append((trail, *segments.between(low, min(high, trail.stop))))
        return found

    def _draw_chunk(
        self, rect: QRectF, far: QRectF, pixels: ToPixels, colours: Callable[[int | str], QColor], ground: QColor
    ) -> None:
        assert self._rims is not None
        assert self._lines is not None
        low = self._drawn * _CHUNK
        part = self._between(low, low + _CHUNK, far, pixels)
        self._drawn += 1
        if not any(lines for _, lines, _ in part):
            return
        for pixmap, strokes, width in (
            (self._rims, [(rims, ground) for _, _, rims in part if rims], _WIDTH + 2.0),
            (self._lines, [(lines, colours(trail.colour)) for trail, lines, _ in part], _WIDTH),
        ):
            if not strokes:
                continue
            with QPainter(pixmap) as painter:
                painter.setClipRect(rect)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                _draw(painter, strokes, width)
        ratio = self._lines.devicePixelRatioF()
        self._fresh_ink += sum(line.length() for _, lines, _ in part for line in lines) * _WIDTH * ratio**2
        if self._fresh_ink > _COPY_INK:
            self._fresh_ink = 0.0
            self._copies.append((self._drawn, QPixmap(self._rims), QPixmap(self._lines)))
            if len(self._copies) * 8 * self._lines.width() * self._lines.height() > _MOST_COPIES_BYTES:
                del self._copies[::2]


def _draw(painter: QPainter, strokes: Iterable[tuple[list[QLineF], QColor]], width: float) -> None:
    # Segments by themselves, with square ends that meet: one path that crosses itself takes 100 times as long.
    for lines, colour in strokes:
        painter.setPen(QPen(colour, width))
        painter.drawLines(lines)


def _transparent(width: int, height: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def clip(start: Point, end: Point, rect: QRectF) -> tuple[Point, Point] | None:
    """The part of a segment inside the rectangle (Liang & Barsky, 1984), None where there is none."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    if not (math.isfinite(dx) and math.isfinite(dy)):
        return None
    enter, leave = 0.0, 1.0
    for step, room in (
        (-dx, start[0] - rect.left()),
        (dx, rect.right() - start[0]),
        (-dy, start[1] - rect.top()),
        (dy, rect.bottom() - start[1]),
    ):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            enter = max(enter, room / step)
        else:
            leave = min(leave, room / step)
    if enter > leave:
        return None
    return (start[0] + enter * dx, start[1] + enter * dy), (start[0] + leave * dx, start[1] + leave * dy)
