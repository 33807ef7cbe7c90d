"""Error against step: every scheme's dots, the lines of theory, the optimum, and where it breaks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from explorer.language.names import pretty_name
from explorer.ui.laboratory.reading import SHOWN_AT_FIRST, Break, Reading, colour_of, short, step_named, step_text
from explorer.ui.overlays import Marker, Overlay, Polyline
from explorer.ui.panel import number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew

COMPLEX = "complex step"
_WILD = 1e6  # times as large as every other scheme's
NEAR_PX = 30.0  # the mouse may be this far from the dot that it means


class ErrorPage(QWidget):
    """The error plot. A click chooses the step, hovering tells the nearest dot."""

    title = "Error"
    parts: tuple[str, ...] = ()
    step_chosen = Signal(float)

    def __init__(self, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading: Reading | None = None
        self._scheme = "central"
        self._place = 0
        self._hovered: tuple[str, int] | None = None
        self.plot = PlotView(plots)
        self.plot.setObjectName("differences.plot")
        self.plot.setAccessibleName("Error against step size")
        self.plot.clicked.connect(lambda x, _: self.step_chosen.emit(x))
        self.plot.hovered.connect(self._hover)
        self.plot.drawn.connect(self._overlay)
        self.said = QLabel(objectName="differences.dot")
        self.said.setAccessibleName("The nearest dot: step, estimate and error")
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.show_menu = QMenu(self)
        button = QToolButton(objectName="differences.shown", text="Curves")
        button.setAccessibleName("Which schemes and lines are drawn")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.show_menu)
        self._actions: dict[str, QAction] = {}
        self._drawn: list[str] = list(SHOWN_AT_FIRST)  # of the schemes that have no action yet
        row = QHBoxLayout()
        row.addWidget(self.said, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.plot, 1)
        column.addLayout(row)
        self._theory = self._action("Lines of theory", True)
        self.show_menu.addSeparator()

    def show_reading(self, reading: Reading, scheme: str, place: int) -> None:
        """Draw a new answer."""
        self._reading, self._scheme, self._place, self._hovered = reading, scheme, place, None
        for name in reading.estimates:
            if name not in self._actions:
                self._actions[name] = self._action(name, name in self._drawn)
        for name, action in self._actions.items():
            action.setVisible(name in reading.estimates)
        self._draw()

    def show_part(self, name: str, answer: dict[str, Any]) -> None:
        """There are no parts on this page."""

    def options(self) -> dict[str, Any]:
        """Which curves are drawn."""
        unseen = [name for name in self._drawn if name not in self._actions]
        drawn = [name for name, action in self._actions.items() if action.isChecked()]
        return {"curves": [*drawn, *unseen], "theory": self._theory.isChecked()}

    def restore(self, options: Mapping[str, Any]) -> None:
        """Draw the curves that a session says."""
        if "curves" in options:
            self._drawn = list(options["curves"])
            for name, action in self._actions.items():
                action.setChecked(name in self._drawn)
        self._theory.setChecked(options.get("theory", self._theory.isChecked()))

    def numbers(self) -> Iterator[Sequence[object]]:
        """The sweep: for each step every scheme's estimate and error."""
        reading = self._reading
        if reading is None:
            return
        names = list(reading.estimates)
        yield ["h", "h as taken", "exact", *(f"{name}{what}" for name in names for what in ("", ": error"))]
        for k, (h, taken) in enumerate(zip(reading.steps, reading.taken, strict=True)):
            pairs = [v for name in names for v in (reading.estimates[name][k], reading.errors[name][k])]
            yield [h, taken, reading.digits or reading.truth, *pairs]

    def move_to(self, place: int) -> None:
        """The step has changed."""
        self._place = place
        self._overlay()

    def set_dimmed(self, dimmed: bool) -> None:
        self.plot.set_dimmed(dimmed)
        self.said.setEnabled(not dimmed)

    def _action(self, text: str, checked: bool) -> QAction:
        action = self.show_menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(checked)
        action.toggled.connect(self._draw)
        return action

    @property
    def _shown(self) -> list[str]:
        """The curves in the order in which they are painted: the chosen one last, on top of its likes."""
        reading = self._reading
        if reading is None:
            return []
        shown = [n for n in reading.estimates if n == self._scheme or self._actions[n].isChecked()]
        return sorted(shown, key=lambda name: name == self._scheme)

    def _draw(self) -> None:
        reading = self._reading
        if reading is None:
            return
        if not reading.unit > 0.0:
            self.plot.set_message("A step relative to x = 0 is 0: choose another unit for h.")
        elif not math.isfinite(reading.value):
            self.plot.set_message("f is not finite at this point: there is nothing to take differences of.")
        elif reading.comparable:
            self.plot.show_figure(error_figure(reading, self._shown, self._scheme, self._theory.isChecked()))
        else:
            self.plot.show_figure(estimates_figure(reading, self._shown))
        self._overlay()

    def _overlay(self) -> None:
        reading, axes = self._reading, self.plot.axes()
        if reading is None:
            return
        self._say()
        if axes is None or not math.isfinite(reading.value):
            self.plot.set_overlay(())
            return
        h = reading.steps[self._place]
        parts: list[Overlay] = [Polyline((h, h), axes.y_limits, "text", 1.0)]
        for name in self._shown:
            height = heights(reading, name)[self._place]
            if height > 0.0:
                shape = "diamond" if name == self._scheme else "circle"
                parts.append(Marker(h, height, shape, "", colour_of(name)))
        if self._hovered is not None and self._hovered[0] in reading.estimates:
            name, place = self._hovered
            parts.append(Marker(reading.steps[place], heights(reading, name)[place], "square", "", "accent"))
        self.plot.set_overlay(parts)

    def _say(self) -> None:
        """The dot under the mouse, or else the chosen scheme's at h."""
        reading = self._reading
        if reading is None or self._scheme not in reading.estimates:
            self.said.setText("")
            return
        name, place = self._hovered or (self._scheme, self._place)
        if name not in reading.estimates:
            name, place = self._scheme, self._place
        where = f"{name} at h = {step_named(reading.steps[place])}: {number_text(reading.estimates[name][place], 17)}"
        if math.isnan(reading.estimates[name][place]):
            vanishes = reading.taken[place] == 0.0
            why = "x + h = x, the step vanishes" if vanishes else "f has no value at one of the points that it needs"
            self.said.setText(f"{where}\n{why}.")
        elif reading.comparable:
            off = short(reading.errors[name][place], 3)
            self.said.setText(f"{where}\noff by {off} from {number_text(reading.truth, 17)} ({reading.source})")
        else:
            self.said.setText(f"{where}\n{reading.none_here}")

    def _hover(self, x: float | None, y: float | None) -> None:
        self._hovered = None
        if x is not None and y is not None and self._reading is not None:
            self._hovered = self._nearest(x, y)
        self._overlay()

    def _nearest(self, x: float, y: float) -> tuple[str, int] | None:
        """The scheme and grid place whose dot is nearest to the mouse."""
        reading, mouse = self._reading, self.plot.to_pixel(x, y)
        if reading is None or mouse is None:
            return None
        middle = reading.place(x)
        best, found = NEAR_PX, None
        for name in self._shown:
            for place in range(max(0, middle - 3), min(len(reading.steps), middle + 4)):
                height = heights(reading, name)[place]
                if not height > 0.0 or math.isinf(height):
                    continue
                dot = self.plot.to_pixel(reading.steps[place], height)
                if dot is not None and (away := math.hypot(dot.x() - mouse.x(), dot.y() - mouse.y())) < best:
                    best, found = away, (name, place)
        return found


def heights(reading: Reading, name: str) -> list[float]:
    """What is drawn of a scheme, step by step: its error, or its size where there is no derivative to compare with."""
    return reading.errors[name] if reading.comparable else reading.sizes[name]


def estimates_figure(reading: Reading, shown: list[str]) -> dict[str, Any]:
    """The size of the estimates themselves, where there is no derivative: a jump's grow like 1/h, a corner's stay."""
    return {
        "kind": "curves",
        "x_scale": "log",
        "y_scale": "log",
        "x_label": f"step h in {pretty_name(reading.input)}",
        "x_name": "h",
        "y_label": "|estimate|",
        "y_name": "size",
        "series": [
            {"x": reading.steps, "y": reading.sizes[n], "label": n, "style": {"index": colour_of(n)}} for n in shown
        ],
        "zero_note": "the estimate is 0",
        "references": list(_side_slopes(reading)),
        "spans": [_span(each) for each in reading.breaks if each.high > each.low],
    }


def _side_slopes(reading: Reading) -> Iterator[dict[str, Any]]:
    """The slopes from both sides as levels; one line where they are ± the same."""
    known = [s for s in reading.slopes if s and math.isfinite(s)]
    if len(known) == 2 and abs(known[0]) == abs(known[1]):
        yield {"axis": "y", "at": abs(known[0]), "label": f"slopes {short(known[0], 3)} and {short(known[1], 3)}"}
        return
    for side, slope in zip(("left", "right"), reading.slopes, strict=False):
        if slope in known:
            yield {"axis": "y", "at": abs(slope), "label": f"slope from the {side}: {short(slope, 3)}"}


def error_figure(reading: Reading, shown: list[str], chosen: str, theory: bool) -> dict[str, Any]:
    """The figure of the error curves: measured dots, theory dashed, the chosen scheme's optimum, spans that break."""
    series = [{"x": reading.steps, "y": reading.errors[n], "label": n, "style": {"index": colour_of(n)}} for n in shown]
    if theory:
        series += [line for name in shown for line in _theory_lines(reading, name)]
    exact = "exact" if reading.precise else "reverse AD"
    return {
        "kind": "curves",
        "x_scale": "log",
        "y_scale": "log",
        "x_label": f"step h in {pretty_name(reading.input)}",
        "x_name": "h",
        "y_label": f"|estimate − {exact}|",
        "y_name": "error",
        "series": series,
        **_height_limits(reading, shown),
        "zero_note": "equal to the last digit",
        "references": list(_optimum(reading, chosen)),
        "spans": [_span(each) for each in reading.breaks if each.high > each.low],
    }


def _height_limits(reading: Reading, shown: list[str]) -> dict[str, Any]:
    """Limits where the complex step's errors would flatten all others: far from x it grows like the function there."""
    tall = [
        max((e for e in reading.errors[name] if 0.0 < e < math.inf), default=0.0) for name in shown if name != COMPLEX
    ]
    wild = max((e for e in reading.errors.get(COMPLEX, ()) if e < math.inf), default=0.0) if COMPLEX in shown else 0.0
    if not tall or not max(tall) or wild <= _WILD * max(tall):
        return {}
    low = min((e for name in shown for e in reading.errors[name] if e > 0.0), default=1e-300)
    return {"y_limits": (low / 3.0, 30.0 * max(tall))}


def _theory_lines(reading: Reading, name: str) -> Iterator[dict[str, Any]]:
    row = reading.row(name)
    order = 2 if name == COMPLEX else row.order if row is not None else 0
    if row is None or not order:
        return
    ends = (reading.steps[0], reading.steps[-1])
    laws: tuple[tuple[float, Callable[[float], float]], ...] = (
        (row.truncation, lambda h: h**order),
        (row.rounding, lambda h: h**-reading.derivative),
    )
    for size, law in laws:
        if size > 0.0 and math.isfinite(size):
            try:
                heights = [size * law(h) for h in ends]
            except (OverflowError, ZeroDivisionError):  # of an x near the ends of the doubles
                continue
            if min(heights) > 1e-290 and max(heights) < 1e290:
                yield {"x": ends, "y": heights, "label": "", "style": {"index": colour_of(name), "dashed": True}}


def _optimum(reading: Reading, chosen: str) -> Iterator[dict[str, Any]]:
    row = reading.row(chosen)
    if row is None or not row.order:
        return
    for at, words in ((row.predicted, "best, predicted"), (row.measured, "best, measured"), (row.step, "default")):
        if math.isfinite(at) and reading.steps[0] <= at <= reading.steps[-1]:
            yield {"axis": "x", "at": at, "label": f"{words} {step_text(at)}"}


def _span(each: Break) -> dict[str, Any]:
    return {"low": each.low, "high": each.high, "label": each.name}
