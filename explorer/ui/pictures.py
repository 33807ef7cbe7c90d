"""Pictures of the graph for others: PNG, SVG and PDF of one step, GIF and MP4 of a whole sweep.

Vector formats carry texts as shapes, so that they look the same where our fonts are missing. Frames of a film are drawn
on the window's thread, one at a time between other events, and encoded by Pillow or ffmpeg on a thread of their own. A
file takes its name only when it is complete.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QMarginsF, QObject, QPointF, QRectF, QSize, QSizeF, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextLayout,
    QTextOption,
)

from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_heat import Heat, draw_legend, legend_size
from explorer.ui.graph_paint import Edges, Nodes, Style
from explorer.ui.graph_picture import GraphState, Picture
from explorer.ui.graph_state import Looks, StateMaker
from explorer.ui.math_font import math_font

STILLS, FILMS = (".png", ".svg", ".pdf"), (".gif", ".mp4")
FILM_WIDTH = 1000  # pixels, unless told otherwise
MOST_SIDE = 16_000  # pixels of a still: Qt refuses images of more than 32,767, and few viewers show this many
MOST_FILM_SIDE = 3_840
MOST_FRAMES = 3_000  # of a film; a longer sweep makes several steps a frame
PNG_SCALE = 2.0  # pixels for each unit of the drawing: crisp on paper and on fine screens
CAPTION_LINES, CAPTION_LINE = 3, 1.4  # so many, each this times the font's size
HELD_SECONDS = 2.5  # the last frame stays, so that what came out can be read before the film begins again, or ends
_LAST_SECONDS = 2.0  # for the encoder to end with the program; it looks for frames ten times a second
FRAMES_AHEAD = 6  # that may wait for the encoder, each a few megabytes


class PictureError(Exception):
    """Why no picture was made, in words for whoever asked."""


def reason_against(path: str) -> str:
    """Why a file of this name cannot be written here; empty where nothing is known against it."""
    ending = Path(path).suffix.lower()
    if ending not in STILLS + FILMS:
        return f"A picture's name ends in {', '.join(STILLS + FILMS)}; {Path(path).name} does not."
    if ending == ".mp4" and find_spec("imageio_ffmpeg") is None:
        return "MP4 needs the package imageio-ffmpeg (pip install imageio-ffmpeg); GIF works without it."
    if ending == ".gif" and find_spec("PIL") is None:
        return "GIF needs the package pillow (pip install pillow)."
    return ""


def paint(painter: QPainter, picture: Picture, style: Style, state: GraphState) -> None:
    """Draw the whole graph in this state, at zoom 1 of the drawing's own coordinates."""
    shown, selected = picture.state, picture.selected
    picture.state, picture.selected = state, None
    try:
        painter.fillRect(picture.area, style.colours.ground)
        Edges(picture, style).draw(painter, picture.area, 1.0)
        Nodes(picture, style).draw(painter, picture.area, 1.0)
    finally:
        picture.state, picture.selected = shown, selected


def _size(picture: Picture, style: Style, state: GraphState) -> QSizeF:
    """Of a still: the drawing, and above it a strip for the legend of heat."""
    size = picture.area.size()
    if not state.heat_of:
        return size
    legend = legend_size(state.heat_of, style.metrics["value"])
    return QSizeF(max(size.width(), legend.width()), size.height() + legend.height())


def _paint_still(painter: QPainter, picture: Picture, style: Style, state: GraphState) -> None:
    size = _size(picture, style, state)
    painter.fillRect(QRectF(QPointF(), size), style.colours.ground)
    if state.heat_of:
        _paint_legend(painter, style, state)
        painter.translate((size.width() - picture.area.width()) / 2, size.height() - picture.area.height())
    paint(painter, picture, style, state)


def _paint_legend(painter: QPainter, style: Style, state: GraphState) -> None:
    def write(x: float, y: float, text: str, colour: QColor) -> None:
        style.write(painter, x, y, text, "value", colour)

    draw_legend(painter, state.heat_of, style.metrics["value"], style.colours.text, write)


def save_still(path: str, picture: Picture, state: GraphState, font: QFont, palette: QPalette) -> None:
    """Write a PNG, SVG or PDF; PictureError where that is not possible."""
    if reason := reason_against(path):
        raise PictureError(reason)
    partial = _partial(path)
    try:
        match Path(path).suffix.lower():
            case ".png":
                style = Style(font, palette)
                size = _size(picture, style, state)
                scale = min(PNG_SCALE, MOST_SIDE / max(size.width(), size.height(), 1.0))
                image = QImage(
                    max(1, round(size.width() * scale)),
                    max(1, round(size.height() * scale)),
                    QImage.Format.Format_RGB32,
                )
                with QPainter(image) as painter:
                    painter.scale(scale, scale)
                    _paint_still(painter, picture, style, state)
                if not image.save(partial, "PNG"):
                    raise PictureError(f"{path} cannot be written.")
            case ".svg":
                _paint_svg(partial, picture, state, Style(font, palette, outlines=True))
            case ".pdf":
                _paint_pdf(partial, picture, state, Style(font, palette, outlines=True))
        os.replace(partial, path)
    except OSError as error:
        raise PictureError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            os.remove(partial)


def _paint_svg(path: str, picture: Picture, state: GraphState, style: Style) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setFileName(path)
    generator.setTitle("Computational graph")
    generator.setResolution(96)  # a unit of the drawing is a CSS pixel
    size = _size(picture, style, state)
    generator.setSize(size.toSize())
    generator.setViewBox(QRectF(QPointF(), size))
    painter = QPainter()
    if not painter.begin(generator):
        raise PictureError(f"{path} cannot be written.")
    _paint_still(painter, picture, style, state)
    painter.end()


def _paint_pdf(path: str, picture: Picture, state: GraphState, style: Style) -> None:
    writer = QPdfWriter(path)
    writer.setTitle("Computational graph")
    # A unit of the drawing is a CSS pixel, 1/96 inch; beyond 200 inches viewers give up.
    size = _size(picture, style, state)
    points = min(0.75, 14_400 / max(size.width(), size.height(), 1.0))
    writer.setPageSize(QPageSize(size * points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter()
    if not painter.begin(writer):
        raise PictureError(f"{path} cannot be written.")
    scale = writer.width() / max(size.width(), 1.0)
    painter.scale(scale, scale)
    _paint_still(painter, picture, style, state)
    painter.end()


def _partial(path: str) -> str:
    """The name under which a file is written until it is complete; in the same folder, to be renamed at once."""
    whole = Path(path)
    return str(whole.with_name(f".{whole.stem}.part{whole.suffix}"))


class FilmExport(QObject):
    """Writes a sweep as GIF or MP4, frame by frame between other events."""

    progressed = Signal(int, int)  # frames drawn, frames in all
    ended = Signal(str)  # why it failed, or an empty text

    def __init__(
        self,
        path: str,
        answer: GraphAnswer,
        font: QFont,
        palette: QPalette,
        *,
        width: int = FILM_WIDTH,
        steps_a_second: float = 1.5,
        looks: Looks = Looks(),  # noqa: B008 - it is frozen
        parent: QObject | None = None,
    ) -> None:
        """PictureError where such a file cannot be written here."""
        super().__init__(parent)
        if reason := reason_against(path):
            raise PictureError(reason)
        self._path, self._answer = path, answer
        self._progress = Progress(answer)
        self._maker = StateMaker(answer, self._progress, looks.all_digits)
        self._looks, self._heat = looks, Heat()
        self._heat.follow(answer, self._progress)
        # Another answer with the same drawing takes the picture over, and puts its own into it.
        self._drawn = answer.picture.nodes, answer.picture.names, answer.picture.edges
        self._style = Style(font, palette)
        math_font()  # makes the family known in which captions are set
        self._caption = QFont("STIX Two Math")
        area = answer.picture.area
        width = min(max(width, 160), MOST_FILM_SIDE)
        self._scale = min(width / max(area.width(), 1.0), MOST_FILM_SIDE / max(area.height(), 1.0), 2.0)
        self._caption.setPixelSize(max(11, round(width / 62)))
        room = round(CAPTION_LINES * CAPTION_LINE * self._caption.pixelSize())
        self._above = 0
        if looks.heat:  # of what has the longest name
            legend = legend_size("adjoints", self._style.metrics["value"])
            self._legend_scale = min(
                self._caption.pixelSize() / self._style.fonts["value"].pixelSize(), width / legend.width()
            )
            self._above = ceil(legend.height() * self._legend_scale)
        # Even, for the usual kind of MP4 halves the colours' resolution.
        self.size = QSize(width & ~1, (self._above + round(area.height() * self._scale) + room + 1) & ~1)
        self.frames_a_second = max(0.2, min(steps_a_second, 30.0))
        self._stride = max(1, -(-answer.steps // MOST_FRAMES), round(steps_a_second / 30.0))
        self._rows = [*range(0, answer.steps, self._stride), answer.steps]
        self._next = 0
        self._frames: queue.Queue[bytes] = queue.Queue(FRAMES_AHEAD)
        self._stopped = threading.Event()
        self._failure = ""
        self._encoder = threading.Thread(target=self._encode, daemon=True)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._draw_on)

    @property
    def frames(self) -> int:
        """How many frames the film has."""
        return len(self._rows)

    def start(self) -> None:
        """Begin; `ended` follows."""
        if (application := QCoreApplication.instance()) is not None:
            application.aboutToQuit.connect(self.abandon)
        self._encoder.start()
        self._timer.start()

    def cancel(self) -> None:
        """Stop, and leave no file."""
        self._stopped.set()

    def abandon(self) -> None:
        """Stop at once, for the program ends: without its events nobody else would remove what has been written."""
        self._stopped.set()
        self._encoder.join(_LAST_SECONDS)
        with suppress(OSError):
            os.remove(_partial(self._path))

    def _draw_on(self) -> None:
        """Draw a frame, unless the encoder has enough of them; or see that it has ended."""
        if self._next < len(self._rows) and not self._stopped.is_set() and self._encoder.is_alive():
            if self._frames.full():
                self._timer.setInterval(5)
                return
            self._timer.setInterval(0)
            self._frames.put(self._frame(self._rows[self._next]))
            self._next += 1
            self.progressed.emit(self._next, len(self._rows))
            return
        if self._encoder.is_alive():
            self._timer.setInterval(20)
            return
        self._timer.stop()
        if self._stopped.is_set() and not self._failure:
            self._failure = "Cancelled."
        if self._failure:
            with suppress(OSError):
                os.remove(_partial(self._path))
        self.ended.emit(self._failure)

    def _frame(self, row: int) -> bytes:
        """The picture of a row with its sentence, as red, green, blue bytes."""
        self._progress.go(row)
        picture, colours, looks = self._answer.picture, self._style.colours, self._looks
        state = self._maker.state(looks.partials, self._heat if looks.heat else None, looks.hidden)
        image = QImage(self.size, QImage.Format.Format_RGB888)
        image.fill(colours.ground)
        height = self._above + round(picture.area.height() * self._scale)
        with QPainter(image) as painter:
            if looks.heat:
                painter.save()
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.scale(self._legend_scale, self._legend_scale)
                _paint_legend(painter, self._style, state)
                painter.restore()
            painter.save()
            painter.translate((self.size.width() - picture.area.width() * self._scale) / 2, self._above)
            painter.scale(self._scale, self._scale)
            now = picture.nodes, picture.names, picture.edges
            picture.nodes, picture.names, picture.edges = self._drawn
            paint(painter, picture, self._style, state)
            picture.nodes, picture.names, picture.edges = now
            painter.restore()
            painter.setPen(colours.text)
            self._write(painter, self._answer.sentence(row) if row else "Nothing is computed yet.", height)
        line = 3 * self.size.width()
        bits = bytes(image.constBits())
        stride = image.bytesPerLine()
        return bits if stride == line else b"".join(bits[k : k + line] for k in range(0, len(bits), stride))

    def _write(self, painter: QPainter, words: str, top: float) -> None:
        """The caption, wrapped; by hand, for the font's own line spacing is made for integrals."""
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        baseline = top + self._caption.pixelSize()
        for paragraph in words.split("\n"):
            layout = QTextLayout(paragraph, self._caption)
            layout.setTextOption(option)
            layout.beginLayout()
            while (line := layout.createLine()).isValid():
                line.setLineWidth(self.size.width() - 24)
            layout.endLayout()
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                line.draw(painter, QPointF(12, baseline - line.ascent() - line.y()))
                baseline += CAPTION_LINE * self._caption.pixelSize()

    # -- on the encoder's thread -------------------------------------------------------------------------------------

    def _received(self) -> Iterator[bytes]:
        """The frames as they come, until the last or until all is stopped."""
        for _ in self._rows:
            while True:
                if self._stopped.is_set():
                    raise PictureError("Cancelled.")
                with suppress(queue.Empty):
                    frame = self._frames.get(timeout=0.1)
                    break
            yield frame

    def _encode(self) -> None:
        partial = _partial(self._path)
        try:
            (self._encode_gif if self._path.lower().endswith(".gif") else self._encode_mp4)(partial)
            if self._stopped.is_set():  # after the last frame
                raise PictureError("Cancelled.")
            os.replace(partial, self._path)
        except PictureError as error:
            self._failure = str(error)
        except OSError as error:
            self._failure = f"{self._path} cannot be written: {error.strerror or error}"
        except Exception as error:  # of a library for encoding, which the window must outlive
            self._failure = f"The film could not be encoded: {error!s:.200}"

    def _encode_gif(self, path: str) -> None:
        from PIL import Image

        size = (self.size.width(), self.size.height())

        def images() -> Iterator[Any]:
            for frame in self._received():
                image = Image.frombytes("RGB", size, frame)
                yield image.quantize(colors=128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)

        frames = images()
        first = next(frames)
        each = round(1000 / self.frames_a_second)
        durations = [each] * (len(self._rows) - 1) + [max(each, round(1000 * HELD_SECONDS))]
        first.save(path, "GIF", save_all=True, append_images=frames, duration=durations, loop=0, disposal=1)

    def _encode_mp4(self, path: str) -> None:
        import imageio_ffmpeg

        size = (self.size.width(), self.size.height())
        held = max(0.0, HELD_SECONDS - 1 / self.frames_a_second)
        # Players want a frame rate of their own; ffmpeg repeats frames up to it.
        writer = imageio_ffmpeg.write_frames(
            path,
            size,
            fps=self.frames_a_second,
            codec="libx264",
            pix_fmt_out="yuv420p",
            macro_block_size=2,
            output_params=[
                "-vf",
                f"tpad=stop_mode=clone:stop_duration={held:.3f}",
                "-r",
                "30",
                "-movflags",
                "+faststart",
            ],
            ffmpeg_log_level="error",
        )
        frames = self._received()
        first = next(frames)  # before ffmpeg is started, which complains where it is cancelled with none
        writer.send(None)
        try:
            for frame in chain((first,), frames):
                writer.send(frame)
        finally:
            writer.close()
