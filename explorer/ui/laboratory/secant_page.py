"""The secant becoming the tangent: the whole curve, the microscope at the width of the step, and the tangent plane."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.laboratory.microscope import Microscope, View, Zooms
from explorer.ui.laboratory.plane_view import PlaneView, Surface
from explorer.ui.laboratory.reading import Reading, numbers, short, unpacked
from explorer.ui.overlays import Marker, Overlay, Polyline
from explorer.ui.panel import number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew


class SecantPage(QWidget):
    """Curve with secant and tangent above, the microscope below; or the surface with both planes."""

    title = "Secant"
    asked = Signal()  # another part, or another second input, is needed

    def __init__(self, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._scheme = "central"
        self._place = 0
        self._offsets: list[float] = []
        self._values: list[array[float]] = []
        self._terms: dict[str, list[tuple[float, float]]] = {}
        self._second: tuple[array[float], array[float]] | None = None
        self._wish = ""  # the other input of a session, until the inputs are known
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.curve")
        self.plot.setAccessibleName("Curve with secant and tangent")
        self.plot.setMinimumHeight(120)
        self.plot.drawn.connect(self._overlay)
        self.microscope = Microscope()
        self.plane = PlaneView()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.plot)
        split.addWidget(self.microscope)
        split.setSizes([220, 200])
        split.setChildrenCollapsible(False)
        self.stack = QStackedWidget()
        self.stack.addWidget(split)
        self.stack.addWidget(self.plane)
        self._buttons = QButtonGroup(self)
        row = QHBoxLayout()
        for place, (name, words) in enumerate((("curve", "Curve"), ("surface", "Plane"))):
            button = QToolButton(objectName=f"differences.show.{name}", text=words, checkable=True)
            button.setAccessibleName(("The curve and its microscope", "The surface and its tangent plane")[place])
            self._buttons.addButton(button, place)
            row.addWidget(button)
        self._buttons.button(0).setChecked(True)
        self._buttons.idClicked.connect(self._choose)
        self.second = ChoiceBox(objectName="differences.second")
        self.second.setAccessibleName("The other input of the plane")
        theme.narrow(self.second, 3)
        self.second.activated.connect(lambda _: self.asked.emit())
        self.second.hide()
        row.addWidget(self.second)
        self.said = QLabel(objectName="differences.slopes")
        self.said.setAccessibleName("Slope of the secant and of the tangent")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.stack, 1)
        column.addLayout(row)

    @property
    def parts(self) -> tuple[str, ...]:
        return ("secant", "plane") if self.stack.currentIndex() == 1 else ("secant",)

    def options(self) -> dict[str, Any]:
        return {"second": self._wish or self.second.currentData() or "", "plane": self.stack.currentIndex() == 1}

    def restore(self, options: Mapping[str, Any]) -> None:
        """The other input, and whether the plane is shown, as a session says."""
        self._wish = options.get("second", "")
        if "plane" in options:
            place = int(options["plane"])
            self._buttons.button(place).setChecked(True)
            self.stack.setCurrentIndex(place)

    def numbers(self) -> Iterator[Sequence[object]]:
        """f at the chosen scheme's points, and the slope through them, for each step."""
        reading = self._reading
        terms = [(w, o) for w, o in self._terms.get(self._scheme, ()) if o in self._offsets]
        estimates = reading.estimates.get(self._scheme) if reading is not None else None
        if reading is None or estimates is None:
            return
        places = [f"f(x {'−' if o < 0 else '+'} {abs(o):g}h)" if o else "f(x)" for _, o in terms]
        yield ["h as taken", *places, self._scheme, "exact"]
        for k, taken in enumerate(reading.taken):
            values = [self._values[self._offsets.index(o)][k] for _, o in terms]
            yield [taken, *values, estimates[k], reading.digits or reading.truth]

    def _choose(self, place: int) -> None:
        self.stack.setCurrentIndex(place)
        self.second.setVisible(place == 1 and self.second.count() > 1)
        self.asked.emit()

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """A new answer; its parts follow."""
        self._reading, self._scheme, self._place = reading, scheme, place
        two = len(reading.inputs) > 1
        self._buttons.button(1).setEnabled(two)
        if not two and self.stack.currentIndex() == 1:
            self._buttons.button(0).setChecked(True)
            self.stack.setCurrentIndex(0)
        others = [name for name in reading.inputs if name != reading.input]
        if self._wish or [self.second.itemData(k) for k in range(self.second.count())] != others:
            with QSignalBlocker(self.second):
                chosen = self._wish or self.second.currentData()
                self._wish = ""
                self.second.clear()
                for name in others:
                    self.second.addItem(pretty_name(name), name)
                self.second.setCurrentIndex(max(self.second.findData(chosen), 0) if others else -1)
        self.second.setVisible(self.stack.currentIndex() == 1 and self.second.count() > 1)

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """The curve and the microscope's samples, or the surface."""
        reading = self._reading
        if reading is None:
            return
        if name == "plane":
            self._show_plane(reading, answer)
        else:
            self._offsets = numbers(answer["offsets"])
            count = len(reading.steps)
            values = unpacked(answer["values"])
            self._values = [values[k * count : (k + 1) * count] for k in range(len(self._offsets))]
            self._terms = {n: [(w, o) for w, o in terms] for n, terms in answer["schemes"].items()}
            widths = numbers(answer["zooms"])
            dx, dy = unpacked(answer["dx"]), unpacked(answer["dy"])
            each = len(dx) // len(widths)
            rows = range(len(widths))
            self.microscope.set_zooms(Zooms(widths, *([v[k * each : (k + 1) * each] for k in rows] for v in (dx, dy))))
            self.plot.show_figure(
                {
                    "kind": "curve_1d",
                    "x": {"float64": answer["x"]},
                    "y": {"float64": answer["y"]},
                    "name": pretty_name(reading.output),
                    "x_label": pretty_name(reading.input),
                    "y_label": pretty_name(reading.output),
                    "description": f"{reading.output} over {reading.input}, with secant and tangent",
                }
            )
        self.move_to(self._place)

    def _show_plane(self, reading: Reading, answer: dict[str, Any]) -> None:
        if not answer["second"]:
            self.plane.show_surface(None, ("", ""))
            return
        x0, y0, z0 = numbers(answer["at"])
        sx, sy = numbers(answer["slopes"])
        surface = Surface(unpacked(answer["x"]), unpacked(answer["y"]), unpacked(answer["z"]), (x0, y0, z0), (sx, sy))
        self.plane.show_surface(surface, (pretty_name(reading.input), pretty_name(answer["second"])))
        self._second = unpacked(answer["second_steps"]), unpacked(answer["second_values"])

    def move_to(self, place: int) -> None:
        """The step has changed."""
        self._place = place
        reading = self._reading
        if reading is None or not self._values:
            return
        self._overlay()
        view = self._view(reading)
        self.microscope.set_view(view)
        if view is not None:
            what = "secant" if reading.derivative == 1 else "parabola"
            off = abs(view.estimate - view.truth)
            told = f"exact {number_text(view.truth, 9)}" + (f", off by {short(off)}" if off == off else "")
            second = told if reading.comparable else reading.none_here
            self.said.setText(f"{what} {number_text(view.estimate, 9)}\n{second}")
        if self._second is not None and 1.0 in self._offsets:
            steps, values = self._second
            rise = self._values[self._offsets.index(1.0)][place] - reading.value
            self.plane.set_feet((reading.taken[place], rise), (steps[place], values[place] - reading.value))

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        self.microscope.setEnabled(not dimmed)
        self.plane.setEnabled(not dimmed)
        self.said.setEnabled(not dimmed)

    def _points(self, reading: Reading) -> list[tuple[float, float]]:
        """The chosen scheme's points, as differences from x and f(x)."""
        h, found = reading.taken[self._place], []
        for _, offset in self._terms.get(self._scheme, ()):
            if offset in self._offsets:
                found.append((offset * h, self._values[self._offsets.index(offset)][self._place] - reading.value))
        return sorted(found)

    def _view(self, reading: Reading) -> View | None:
        estimates = reading.estimates.get(self._scheme)
        if estimates is None:
            return None
        points = self._points(reading)
        h = reading.steps[self._place]
        reach = max((abs(offset) for _, offset in self._terms.get(self._scheme, ((0.0, 1.0),))), default=1.0)
        slope = reading.truth if reading.derivative == 1 else self._slope_here()
        spacing = math.ulp(reading.x)
        return View(h, reach, points, estimates[self._place], reading.truth, slope, reading.derivative, spacing)

    def _slope_here(self) -> float:
        """f′ from the samples, for the parabola of a second derivative."""
        reading = self._reading
        assert reading is not None
        k = reading.place(1e-5 * reading.unit)
        ahead, behind = (self._values[self._offsets.index(o)][k] for o in (1.0, -1.0))
        return (ahead - behind) / (2.0 * reading.taken[k]) if reading.taken[k] else math.nan

    def _overlay(self) -> None:
        reading, axes = self._reading, self.plot.axes()
        if reading is None or axes is None or not self._values:
            self.plot.set_overlay(())
            return
        view = self._view(reading)
        low, high = axes.x_limits
        parts: list[Overlay] = []
        if view is not None:
            parts += [self._line(view, view.truth, (0.0, 0.0), (low, high), 2, True)]
            foot = view.points[0] if len(view.points) == 2 else (0.0, 0.0)
            parts += [self._line(view, view.estimate, foot, (low, high), 1, False)]
            parts += [Marker(reading.x + dx, reading.value + dy, "circle", "", 1) for dx, dy in view.points]
        parts.append(Marker(reading.x, reading.value, "square", "", "text"))
        self.plot.set_overlay(parts)

    def _line(
        self, view: View, value: float, foot: tuple[float, float], ends: tuple[float, float], colour: int, dashed: bool
    ) -> Polyline:
        reading = self._reading
        assert reading is not None
        if view.derivative == 1:
            xs = list(ends)
            ys = [reading.value + foot[1] + value * (x - reading.x - foot[0]) for x in xs]
        else:
            xs = [ends[0] + (ends[1] - ends[0]) * k / 40 for k in range(41)]
            aside = [x - reading.x for x in xs]  # whose square may be ∞, and must not be an error
            ys = [reading.value + view.slope * d + 0.5 * value * d * d for d in aside]
        return Polyline(xs, ys, colour, 2.0, False, dashed)
