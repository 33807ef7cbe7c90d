"""The data with the model at the shown step: a curve through points, or two classes with the boundary between them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.ui.figure_theme import series_colour
from explorer.ui.overlays import Marker, Overlay, Polyline, Raster
from explorer.ui.panels.optimize.trace import doubles
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.paths import Subject

_LINE = 1.5  # the width of the model's curve: so much of a point below it is still seen
_CLASSES = (0, 1)  # the series whose colours the two classes have
_VEIL = 110  # of 255: how much of a point's colour the field leaves, and what is left of a probability of 1
_BUDGET_MS = 10_000
_SMOOTH = 5  # times as fine as its cells the field is drawn


class FitView(QWidget):
    """Asks a worker for the model at the newest parameters, one question at a time: a slider may be faster than it."""

    def __init__(self, crew: Crew, plots: Crew, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = PlotView(plots)
        self.plot.setObjectName(f"{prefix}.fit")
        self.plot.setAccessibleName("The data with the model at the shown step")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.plot)
        self._model = crew.worker(f"{prefix}.fit")
        self._model.answered.connect(self._take)
        self._model.ended.connect(self._ended)
        self._subject: tuple[str, dict[str, Any]] | None = None  # whose points are shown
        self._at: dict[str, float] = {}
        self._wanted = self._waiting = False
        self._limits: list[tuple[float, float]] = []

    def show_fit(self, subject: Subject, at: Mapping[str, float]) -> None:
        """The model with these parameters."""
        of = (subject.source, dict(subject.objective))
        if of == self._subject and dict(at) == self._at:
            return
        if of != self._subject:
            self._subject, self._limits = of, []
            self._model.cancel()
            self._waiting = False
            self.plot.set_overlay([])
        self._at, self._wanted = dict(at), True
        self._ask()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show it pale: it belongs to a question that is no longer asked."""
        self.plot.set_dimmed(dimmed)

    def _ask(self) -> None:
        if self._waiting or not self._wanted or self._subject is None:
            return
        self._waiting, self._wanted = True, False
        source, objective = self._subject
        self._model.ask(questions.optimizer("fit", source, self._at, objective, points=not self._limits), _BUDGET_MS)

    def _take(self, answer: Mapping[str, Any]) -> None:
        if "points" in answer:
            self._show_points(answer)
        elif "curve" in answer:
            self.plot.set_overlay([Polyline(doubles(answer["x"]), doubles(answer["curve"]), 1, _LINE)])
        else:
            self._show_field(answer)

    def _ended(self, end: End) -> None:
        self._waiting = False
        if not isinstance(end, Done):
            self._subject = None
            self.plot.set_message(getattr(end, "message", "The fit could not be drawn."))
            return
        self._ask()

    def _show_points(self, answer: Mapping[str, Any]) -> None:
        self._limits = [(low, high) for low, high in answer["limits"]]
        columns = [doubles(column) for column in answer["points"]]
        features, target = answer["features"], answer["target"]
        names = (features[0], target) if len(features) == 1 else tuple(features)
        parts = [(columns[0], columns[1], "")]
        if len(features) == 2:
            parts = []
            for k in _CLASSES:
                x, y = ([v for v, t in zip(c, columns[2], strict=True) if (t > 0.5) == bool(k)] for c in columns[:2])
                parts.append((x, y, f"{target} = {k}"))
        series = [
            {"x": list(x), "y": list(y), "label": label, "style": {"index": k, "line": False}}
            for k, (x, y, label) in enumerate(parts)
        ]
        if len(features) == 2:
            series.append({"x": [], "y": [], "label": "boundary", "style": {"text": True, "markers": False}})
        if answer["units"]:
            style = {"text": True, "dashed": True}
            series.append({"x": [], "y": [], "label": "where a hidden unit is 0", "style": style})
        self.plot.show_figure(
            {
                "kind": "curves",
                "x_label": names[0],
                "y_label": names[1],
                "x_limits": self._limits[0],
                "y_limits": self._limits[1],
                "series": series,
                "description": f"The data over {names[0]} and {names[1]}, with the model at the shown step",
            }
        )

    def _show_field(self, answer: Mapping[str, Any]) -> None:
        side = int(answer["side"])
        image = QImage(base64.b64decode(answer["shades"]), side, side, side, QImage.Format.Format_Indexed8)
        image.setColorTable(self._shades())
        image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied).scaled(
            _SMOOTH * side,
            _SMOOTH * side,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        overlay: list[Overlay] = [Raster(image, *self._limits)]
        overlay += [_lines(doubles(unit), 1.4, dashed=True) for unit in answer["hidden"]]
        overlay.append(_lines(doubles(answer["boundary"]), 2.5))
        (left, right), (_, top) = self._limits
        words = f"{100 * answer['right']:.4g} % of the points on their side"
        overlay.append(Marker(left + 0.01 * (right - left), top, "none", words))
        self.plot.set_overlay(overlay)

    def _shades(self) -> list[int]:
        """The colours from class 0 to class 1, clear where the model cannot tell."""
        shades = []
        for k in range(256):
            colour = QColor(series_colour(self.palette(), _CLASSES[k > 127]))
            colour.setAlpha(round(_VEIL * abs(k / 127.5 - 1)))
            shades.append(colour.rgba())
        return shades


def _lines(numbers: Any, width: float, dashed: bool = False) -> Polyline:
    """Segments of four numbers each as one broken line."""
    nothing = float("nan")
    x: list[float] = []
    y: list[float] = []
    for k in range(0, len(numbers), 4):
        x += [numbers[k], numbers[k + 2], nothing]
        y += [numbers[k + 1], numbers[k + 3], nothing]
    return Polyline(x, y, "text", width, dashed=dashed)
