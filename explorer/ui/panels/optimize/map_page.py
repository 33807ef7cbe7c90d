"""The Map page: to which minimum every start leads, or which rates work from which starts; computed in one go."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from explorer.language.names import pretty_name
from explorer.optimize.rules.table import RULES, GradientRule
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.figure_theme import SERIES_ON_DARK, SERIES_ON_LIGHT
from explorer.ui.number_box import NumberBox
from explorer.ui.overlays import Marker, Overlay, Raster
from explorer.ui.panel import number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.panel import OptimizePanel
    from explorer.ui.panels.optimize.paths import Subject

_STEPS = 300
_SIDE, _COARSEST = 200, 24
_WORK = 1e8  # gradients of a row: some twenty seconds for a small network
_NOWHERE, _LOST = 254, 255  # as in work.basins
_BUDGET_MS = 120_000


class MapPage(QWidget):
    """The settings of a map, the map, and what its colours mean."""

    def __init__(self, panel: OptimizePanel, crew: Crew, plots: Crew) -> None:
        super().__init__()
        self.panel = panel
        self._subject: Subject | None = None
        self._minima: list[Mapping[str, Any]] = []
        self._frame: Mapping[str, Any] | None = None
        self._asked: dict[str, Any] = {}
        self.worker = crew.worker("optimize.map")
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._ended)
        panel._mind(self.worker)
        self.kind = ChoiceBox(objectName="map.kind")
        self.kind.setAccessibleName("What the map shows")
        self.kind.addItem("basins", "basin")
        self.kind.addItem("rate × start", "rate")
        self.kind.setItemData(0, "To which minimum every start leads: start × start", Qt.ItemDataRole.ToolTipRole)
        self.kind.setItemData(1, "Which rates work from which starts", Qt.ItemDataRole.ToolTipRole)
        theme.narrow(self.kind, 9)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self.start_button = QPushButton("Map", objectName="map.run")
        self.start_button.setAccessibleName("Compute the map")
        self.start_button.clicked.connect(self.run)
        self.steps = QSpinBox(objectName="map.steps", minimum=1, maximum=20_000, value=_STEPS)
        self.steps.setAccessibleName("Steps of every run")
        self.side = QSpinBox(objectName="map.side", minimum=2, maximum=300, value=_SIDE)
        self.side.setAccessibleName("Points a side")
        self.axes = [ChoiceBox(objectName=f"map.axis{k}") for k in (1, 2)]
        for combo, words in zip(self.axes, ("Input across", "Input upwards"), strict=True):
            combo.setAccessibleName(words)
            combo.setToolTip(words)
            theme.narrow(combo, 3)
        self.low, self.high = NumberBox(), NumberBox()
        for box, name, words, value in (
            (self.low, "map.low", "Lowest start", -5.0),
            (self.high, "map.high", "Highest start", 5.0),
        ):
            box.setObjectName(name)
            box.setAccessibleName(words)
            box.setToolTip(words)
            box.setValue(value)
        self.lowest, self.highest = NumberBox(), NumberBox()
        for box, name, words, value in (
            (self.lowest, "map.lowest", "Lowest rate", 1e-4),
            (self.highest, "map.highest", "Highest rate", 1.0),
        ):
            box.setObjectName(name)
            box.setAccessibleName(words)
            box.setToolTip(words)
            box.setValue(value)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(4)
        self.rates_label = QLabel("rates")
        for widget in (self.start_button, self.kind, QLabel("steps"), self.steps, QLabel("side"), self.side):
            first.addWidget(widget)
        first.addStretch(1)
        for widget in (*self.axes, QLabel("from"), self.low, QLabel("to"), self.high):
            second.addWidget(widget)
        second.addStretch(1)
        third = QHBoxLayout()
        third.setSpacing(4)
        for widget in (self.rates_label, self.lowest, self.highest):
            third.addWidget(widget)
        third.addStretch(1)
        self.plot = PlotView(plots)
        self.plot.setObjectName("map.plot")
        self.plot.setAccessibleName("Map of where every run ends")
        self.plot.clicked.connect(self._clicked)
        self.status = QLabel(objectName="map.status")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setWordWrap(True)
        self.status.setAccessibleName("What the colours mean")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 4, 0, 0)
        outer.setSpacing(4)
        for row in (first, second, third):
            outer.addLayout(row)
        outer.addWidget(self.plot, 1)
        outer.addWidget(self.status)
        self._kind_chosen()

    def _kind_chosen(self) -> None:
        rates = self.kind.currentData() == "rate"
        self.axes[1].setVisible(not rates)
        for widget in (self.rates_label, self.lowest, self.highest):
            widget.setVisible(rates)
        self._clear()

    def _clear(self) -> None:
        self.worker.cancel()
        self._frame, self._minima = None, []
        self.plot.set_overlay([])
        self.plot.set_message("All starts run at once; the picture comes while they do.")
        self.status.setText("")

    @staticmethod
    def _usual_side(subject: Subject | None) -> int:
        """So many points a side that a map comes in seconds, where each gradient goes over many rows too."""
        rows = subject.rows if subject is not None else 1
        return min(_SIDE, max(_COARSEST, int((_WORK / (_STEPS * rows)) ** 0.5)))

    def subject_changed(self) -> None:
        """Another function, start or rule: the map is of another."""
        subject = self.panel.subject
        kind = RULES[self.panel.rule.currentData()]
        searching = not issubclass(kind, GradientRule)
        self.start_button.setEnabled(subject is not None and self.panel.allowed and not searching)
        if subject is not None and (self._subject is None or subject.names != self._subject.names):
            for combo, place in zip(self.axes, (0, 1), strict=True):
                combo.clear()
                for name in subject.names:
                    combo.addItem(pretty_name(name), name)
                combo.setCurrentIndex(min(place, len(subject.names) - 1))
            if len(subject.names) == 1:
                self.kind.setCurrentIndex(1)
        if subject != self._subject:
            if self.side.value() == self._usual_side(self._subject):
                self.side.setValue(self._usual_side(subject))
            self._subject = subject
            self._clear()
        if searching:
            self.status.setText(f"{kind.title} searches, each run by itself: a map needs a rule without a search.")

    def run(self) -> None:
        """Ask for the map."""
        subject = self.panel.subject
        if subject is None or not self.start_button.isEnabled():
            return
        low, high = self.low.value(), self.high.value()
        rates = self.kind.currentData() == "rate"
        names = [self.axes[0].currentData()] if rates else [combo.currentData() for combo in self.axes]
        if not low < high or (not rates and names[0] == names[1]):
            self.status.setText("The starts need a lower and a higher end, and two different inputs.")
            return
        self._frame = None
        self._asked = {"kind": self.kind.currentData(), "axes": names, "low": low, "high": high}
        self._asked |= {"lowest": self.lowest.value(), "highest": self.highest.value()}
        self.worker.ask(
            questions.optimizer(
                "map",
                subject.source,
                subject.at,
                subject.objective,
                kind=self._asked["kind"],
                rule=self.panel.rule.currentData(),
                settings=self.panel.form.settings(),
                steps=self.steps.value(),
                side=self.side.value(),
                axes=names,
                lows=[low] * len(names),
                highs=[high] * len(names),
                lowest=self.lowest.value(),
                highest=self.highest.value(),
            ),
            _BUDGET_MS,
        )
        self.status.setText("looking for minima …")

    def _take(self, answer: Mapping[str, Any]) -> None:
        if "minima" in answer:
            self._minima = answer["minima"]
            self._show_axes()
            return
        self._frame = answer
        self._show_frame()

    def _ended(self, end: End) -> None:
        if not isinstance(end, Done):
            self.status.setText(getattr(end, "message", "The map failed."))

    def _show_axes(self) -> None:
        """Empty axes, over which the map is drawn."""
        asked = self._asked
        ends = [asked["low"], asked["high"]]
        rates = asked["kind"] == "rate"
        self.plot.show_figure(
            {
                "kind": "curves",
                "x_scale": "log" if rates else "linear",
                "y_scale": "linear",
                "x_label": "rate" if rates else pretty_name(asked["axes"][0]),
                "y_label": "start of " + pretty_name(asked["axes"][0]) if rates else pretty_name(asked["axes"][1]),
                "x_limits": [asked["lowest"], asked["highest"]] if rates else ends,
                "y_limits": ends,
                "series": [],
                "description": "A map of where every run ends",
            }
        )

    def _show_frame(self) -> None:
        frame = self._frame
        if frame is None:
            return
        asked = self._asked
        rates = asked["kind"] == "rate"
        labels, shades = b64decode(frame["labels"]), b64decode(frame["shades"])
        image = self._image(labels, shades, frame["width"], frame["height"])
        ends = (asked["low"], asked["high"])
        across = (asked["lowest"], asked["highest"]) if rates else ends
        overlay: list[Overlay] = [Raster(image, across, ends)]
        if not rates:
            overlay += [
                Marker(point["x"][asked["axes"][0]], point["x"][asked["axes"][1]], "cross", str(number))
                for number, point in enumerate(self._minima[:12], start=1)
            ]
        self.plot.set_overlay(overlay)
        counts = {label: labels.count(label) for label in {*range(min(len(self._minima), 12)), _NOWHERE, _LOST}}
        total = max(len(labels), 1)
        words = []
        for k, point in enumerate(self._minima[:6]):
            words.append(f"{k + 1} {_names(point['x'])}: {100 * counts[k] / total:.0f} %")
        diverged = f"diverged: {100 * counts[_LOST] / total:.0f} %"
        when = "" if frame["done"] else f"step {frame['step']} … "
        if not self._minima:
            lowest, top = (number_text(frame[key], 3) for key in ("lowest", "top"))
            words = [f"No minimum is known here. The darker, the lower a run is: from {lowest} to {top}", diverged]
            self.status.setText(when + ";  ".join(words) + ".")
            return
        words.append(f"grey, at no minimum yet: {100 * counts[_NOWHERE] / total:.0f} %")
        self.status.setText(when + ";  ".join([*words, diverged]) + ". Paler is farther above the minimum.")

    def _image(self, labels: bytes, shades: bytes, width: int, height: int) -> QImage:
        """A pixel a run: the colour of its minimum, paler the higher it still is; grey at none, black where lost."""
        palette = self.palette()
        ground = palette.color(QPalette.ColorRole.Base)
        dark = ground.lightness() < 128
        series = [QColor(c) for c in (SERIES_ON_DARK if dark else SERIES_ON_LIGHT)]
        grey, lost = QColor("#808890"), QColor("#f4f4f4" if dark else "#202020")
        table: dict[int, bytes] = {}
        pixels = bytearray(4 * width * height)
        for place, (label, shade) in enumerate(zip(labels, shades, strict=True)):
            key = label << 4 | shade >> 4
            pixel = table.get(key)
            if pixel is None:
                colour = lost if label == _LOST else grey if label == _NOWHERE else series[label % len(series)]
                part = 1.0 if label == _LOST else 1 - 0.75 * (shade >> 4) / 15
                mixed = QColor.fromRgbF(
                    *(
                        a * part + b * (1 - part)
                        for a, b in zip(colour.getRgbF()[:3], ground.getRgbF()[:3], strict=True)
                    )
                )
                pixel = table[key] = bytes((mixed.blue(), mixed.green(), mixed.red(), 255))
            # The first row is the lowest.
            at = 4 * ((height - 1 - place // width) * width + place % width)
            pixels[at : at + 4] = pixel
        return QImage(bytes(pixels), width, height, 4 * width, QImage.Format.Format_RGB32).copy()

    def _clicked(self, x: float, y: float) -> None:
        """A point of the map is a run to look at."""
        if self._frame is None:
            return
        if self._asked["kind"] == "rate":
            self.panel.form.rate.setValue(float(f"{x:.4g}"))
            chosen = {self._asked["axes"][0]: y}
        else:
            chosen = dict(zip(self._asked["axes"], (x, y), strict=True))
        run_page = self.panel.run_page
        run_page.starts = [{**(run_page.starts or [{}])[0], **{n: float(f"{v:.6g}") for n, v in chosen.items()}}]
        frame, minima = self._frame, self._minima
        self.panel.move_start(run_page.starts[0])
        self._subject, self._frame, self._minima = self.panel.subject, frame, minima
        run_page.forget()
        run_page.steps.setValue(self.steps.value())
        self.panel.pages.setCurrentWidget(run_page)
        run_page.run()


def _names(point: Mapping[str, float]) -> str:
    return "(" + ", ".join(number_text(v, 3) for v in list(point.values())[:3]) + ")"
