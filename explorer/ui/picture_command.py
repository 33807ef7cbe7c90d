"""`main.py picture OUT SOURCE --panel …`: a picture of a panel or of the whole window, without a display."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

PATIENCE_SECONDS = 60.0  # for all answers of the window
PAUSE_SECONDS = 0.005  # between two looks whether they have come; the workers want the processor
SVG_SCALE = 3  # pixels of a panel in an SVG for each on the screen
PANELS = ("graph", "symbolic", "differences", "optimize", "window")


def _parser() -> argparse.ArgumentParser:
    from explorer.work.commands import source_argument

    parser = argparse.ArgumentParser(
        prog="main.py picture", description="Write a picture: PNG, SVG or PDF, and of the graph's sweep GIF or MP4."
    )
    parser.add_argument("out", metavar="OUT", help="a file that ends in .png, .svg, .pdf, .gif or .mp4")
    parser.add_argument("source", metavar="SOURCE", type=source_argument, help="a formula, an algorithm, or @path")
    parser.add_argument(
        "--panel",
        choices=PANELS,
        default="graph",
        help=f"an SVG of another than the graph holds pixels, {SVG_SCALE} for each on the screen; a PDF holds lines",
    )
    parser.add_argument("--at", action="append", default=[], metavar="NAME=NUMBER", help="an input's value")
    parser.add_argument("--mode", choices=("forward", "reverse", "second"), default="reverse", help="the graph's sweep")
    parser.add_argument("--step", type=int, help="the step of the sweep; the last if not given")
    parser.add_argument("--size", default="1280x800", metavar="WxH", help="of the window; W also of a film")
    parser.add_argument("--speed", type=float, default=1.5, metavar="STEPS", help="of a film, in steps a second")
    parser.add_argument("--dark", action="store_true", help="the dark theme")
    return parser


def run(arguments: Sequence[str]) -> int:
    """Make the picture; 0 done, 1 the analysis refused or the file cannot be written, 2 wrong usage."""
    from explorer.work.commands import sources_shielded

    try:
        asked = _parser().parse_args(sources_shielded(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from explorer.language.parser import parse
    from explorer.language.program import ExplorerError
    from explorer.ui.pictures import FILMS, PictureError, reason_against
    from explorer.work.commands import WrongUsage, assignments, check_names, complain, read_source

    source = None
    try:
        point = assignments(asked.at, "--at")
        size = _size(asked.size)
        if not 0.0 < asked.speed < math.inf:
            raise WrongUsage("--speed must be a number of steps a second above 0.")
        if reason := reason_against(asked.out) or _unwritable(asked.out):
            raise WrongUsage(reason)
        if Path(asked.out).suffix.lower() in FILMS and asked.panel != "graph":
            raise WrongUsage(
                "Only the graph's sweep is a film: --panel graph, or a name that ends in .png, .svg or .pdf."
            )
        source = read_source(asked.source)
        check_names(point, parse(source))
        _make(asked, source, tuple(point.items()), size)
    except WrongUsage as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except ExplorerError as error:
        complain(error.message, error.span, source, error.kind)
        return 1
    except PictureError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _size(words: str) -> tuple[int, int]:
    """Width and height in pixels, of “1280x800”."""
    from explorer.work.commands import WrongUsage

    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", words.lower())
    if not found or not (320 <= int(found[1]) <= 8000 and 240 <= int(found[2]) <= 8000):
        raise WrongUsage(f"--size wants two numbers from 320x240 to 8000x8000, and got “{words}”.")
    return int(found[1]), int(found[2])


def _unwritable(path: str) -> str:
    """Why no file can be written at this path, in a sentence; empty where one can."""
    folder = Path(path).parent
    if not folder.is_dir():
        return f"{path} cannot be written: there is no folder {folder}."
    if Path(path).is_dir() or not os.access(path if Path(path).exists() else folder, os.W_OK):
        return f"{path} cannot be written."
    return ""


def _make(asked: argparse.Namespace, source: str, point: tuple[tuple[str, float], ...], size: tuple[int, int]) -> None:
    """Open the window offscreen, let it answer, and take the picture."""
    from PySide6.QtCore import QSettings, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from explorer.ui import theme
    from explorer.ui.app import make_application
    from explorer.ui.pictures import FILMS, FilmExport, PictureError, save_still
    from explorer.work.commands import WrongUsage

    qInstallMessageHandler(_told)
    application = QApplication.instance() or make_application([sys.argv[0]])
    # The picture shows the layout as it is at first, whatever this person's window looks like.
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    application.setApplicationName("explorer-picture")
    theme.apply(application, asked.dark)
    from explorer.ui.plot_view import PlotView
    from explorer.ui.session import Session
    from explorer.ui.window import MainWindow

    window = MainWindow(source)

    def wait(until: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not until():
            QApplication.processEvents()
            time.sleep(PAUSE_SECONDS)
            if time.monotonic() > end:
                raise PictureError(f"{what} did not come within {PATIENCE_SECONDS:g} s.")

    try:
        window.resize(*size)
        window.show()
        graph = window.graph
        {"forward": graph.forward, "reverse": graph.reverse, "second": graph.second}[asked.mode].setChecked(True)
        window.document.open(Session(source, point))
        for place in range(window.tabs.count()):
            if window.tabs.widget(place).name == asked.panel:
                window.tabs.setCurrentIndex(place)
        panel = window if asked.panel == "window" else getattr(window, asked.panel)
        shown = window.panels if panel is window else (panel,)
        wait(lambda: not window.settling and not any(each.busy for each in shown), "The answer")
        QApplication.processEvents()
        plots = [plot for plot in panel.findChildren(PlotView) if plot.isVisible()]
        wait(lambda: not any(plot.drawing for plot in plots), "The plot")
        answer = graph.answer
        if asked.panel != "graph":
            save_widget(asked.out, panel)
            return
        if answer is None or answer.head["too_large"]:
            raise PictureError(answer.head["too_large"] if answer else graph.status.text() or "There is no graph.")
        if asked.step is not None:
            if not 0 <= asked.step <= answer.steps:
                raise WrongUsage(f"This sweep has the steps 0 to {answer.steps}; there is no step {asked.step}.")
            graph.player.go(asked.step)
        if Path(asked.out).suffix.lower() not in FILMS:
            save_still(asked.out, answer.picture, answer.picture.state, graph.view.font(), graph.view.palette())
            return
        export = FilmExport(
            asked.out, answer, graph.view.font(), graph.view.palette(), width=size[0], steps_a_second=asked.speed
        )
        ended: list[str] = []
        export.ended.connect(ended.append)
        export.start()
        wait(lambda: bool(ended), "The film") if export.frames < 200 else _run(ended)
        if ended[0]:
            raise PictureError(ended[0])
    finally:
        window.files.journal.close(keep=False)  # nobody wants this text back
        window.close()


def _told(kind: object, context: object, message: str) -> None:
    """What Qt says, but for what every offscreen window, and every shade in a PDF, makes it say."""
    if not message.startswith(("This plugin does not support", "QPdfEngine: unable to create a gradient")):
        print(message, file=sys.stderr)


def _run(ended: list[str]) -> None:
    """A long film takes as long as it takes."""
    from PySide6.QtWidgets import QApplication

    while not ended:
        QApplication.processEvents()
        time.sleep(PAUSE_SECONDS)


def save_widget(path: str, widget: QWidget) -> None:
    """A widget as it is seen: as pixels, which an SVG holds too, or in a PDF as lines, where its texts stay texts."""
    from PySide6.QtCore import QMarginsF, QSizeF
    from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

    from explorer.ui.pictures import PictureError

    match Path(path).suffix.lower():
        case ".png":
            if not widget.grab().save(path, "PNG"):
                raise PictureError(f"{path} cannot be written.")
            return
        case ".svg":
            _save_pixels(path, widget)
            return
    device = QPdfWriter(path)
    points = QSizeF(widget.width() * 0.75, widget.height() * 0.75)
    device.setPageSize(QPageSize(points, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
    device.setPageMargins(QMarginsF(0, 0, 0, 0))
    scale = device.width() / widget.width()
    painter = QPainter()
    if not painter.begin(device):
        raise PictureError(f"{path} cannot be written.")
    painter.scale(scale, scale)
    draw(painter, widget, widget.rect())
    painter.end()


def draw(painter: QPainter, widget: QWidget, clip: QRect, root: QWidget | None = None) -> None:
    """A widget, and those in it, each within its own edges: where Qt draws them all, that clip gets lost in a PDF, and
    a tab, which is drawn longer than it is, covers what stands below it. `clip`: what is seen of it, in `root`."""
    from PySide6.QtCore import QPoint, QRect
    from PySide6.QtGui import QRegion
    from PySide6.QtWidgets import QWidget

    at = QPoint() if root is None else widget.mapTo(root, QPoint())
    seen = clip & QRect(at, widget.size())
    if seen.isEmpty():
        return
    painter.save()
    painter.setClipRect(seen)
    ground = QWidget.RenderFlag.DrawWindowBackground if root is None else QWidget.RenderFlag(0)
    QWidget.render(widget, painter, at, QRegion(), ground)  # a graph has a render of its own
    painter.restore()
    for child in widget.children():
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow():
            draw(painter, child, seen, root or widget)


def _save_pixels(path: str, widget: QWidget) -> None:
    """An SVG that holds a widget's pixels: Qt writes clips wrongly there, and fonts that others may not have."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgGenerator

    from explorer.ui.pictures import PictureError

    scale = SVG_SCALE if widget.width() * widget.height() < 10**7 else 1  # else it would be gigabytes
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.white)
    widget.render(image)
    generator = QSvgGenerator()
    generator.setFileName(path)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    painter = QPainter()
    if not painter.begin(generator):
        raise PictureError(f"{path} cannot be written.")
    painter.drawImage(widget.rect(), image)
    painter.end()
