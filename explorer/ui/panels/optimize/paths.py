"""Where runs are seen: the landscape (contour, curve or surface) with their paths, and their curves below it.

Longer than 300 lines: the picture, the curves and the slider show one thing, the traces up to a step.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.language.parser import parse
from explorer.language.preview import preview
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.formula_view import FormulaView
from explorer.ui.math_label import MathLabel
from explorer.ui.overlays import Marker, Overlay, Polyline
from explorer.ui.panels.optimize.fit_view import FitView
from explorer.ui.panels.optimize.trace import QUANTITIES, Trace, doubles, thinned
from explorer.ui.panels.optimize.words import step_in_numbers
from explorer.ui.plot_view import PlotView
from explorer.ui.surface_view import SurfaceView, TangentPlane
from explorer.ui.trails import Trail
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

_REACH = 2.5  # the picture shows at least this far around the start
_MARGIN = 0.15  # of the path's extent, around it
_WIDEST = 200.0  # times as wide as the picture: a path that leaps so far is not followed by itself
_MOST_STRETCHES = 1_500  # of a long curve: more than its plot has pixels
_FRAME_MS = 33
_FOLLOW_MS = 60  # between two pictures of a run that is under way
_PLAY_SECONDS = 6.0  # a whole run at normal speed
_SPEEDS = {"¼ ×": 0.25, "1 ×": 1.0, "4 ×": 4.0}
_USUAL_SPEED = "1 ×"
_ARROW = 0.16  # of the picture's width: the longest arrow
_PRINCIPAL = ""  # instead of an input: the plane in which the path lies best
_LINES = 12  # of the step in numbers
# The heights of the picture and of what is below it, until a person divides them; two classes need the height.
_HEIGHTS, _HEIGHTS_ON_DATA = (270, 230), (300, 200)
_TOGETHER = 0.25  # of the picture: points of one kind that are nearer have one word, for theirs would overlap


@dataclass(frozen=True)
class Subject:
    """What the runs minimise: the text, the objective (see work.task), its inputs with a value each, its name.

    model: on data the text of a row's loss. rows: how many gradients of one row the gradient is the mean of.
    """

    source: str
    objective: Mapping[str, Any]
    at: Mapping[str, float]
    label: str
    model: str = ""
    rows: int = 1

    @property
    def names(self) -> list[str]:
        """The inputs."""
        return list(self.at)


@dataclass
class Plane:
    """What the picture is drawn over: one or two inputs by name, or two directions through a centre."""

    names: list[str] = field(default_factory=list)
    centre: list[float] = field(default_factory=list)
    directions: list[list[float]] = field(default_factory=list)

    def columns(self, trace: Trace, first: int = 0) -> list[array[float]]:
        """A trace's places in the picture from a step on, a column an axis."""
        if self.directions:
            return [trace.projected(self.centre, direction, first) for direction in self.directions]
        return [trace.coordinate(name, first) for name in self.names]


class PathsView(QWidget):
    """Traces on the landscape and as curves, up to a step that a slider chooses."""

    clicked = Signal(object, object, bool)  # the coordinates of a click, and whether Shift was held
    step_changed = Signal(int)
    drawn = Signal()  # a landscape has come
    failed = Signal(str)

    def __init__(self, crew: Crew, plots: Crew, prefix: str, tight: bool = False) -> None:
        """tight: beside much else; the choices stand in one row, and of data the landscape of the loss is seen first,
        in which many runs have their place.
        """
        super().__init__()
        self._tight = tight
        self.subject: Subject | None = None
        self.plane = Plane()
        self.traces: list[Trace] = []
        self.current = 0  # the trace that arrows, tangents and numbers belong to
        self.minima: list[list[float]] = []
        self.stationary: list[Mapping[str, Any]] = []
        self.starts: list[dict[str, float]] = []
        self.box: dict[str, tuple[float, float]] = {}
        self._view: list[tuple[float, float]] = []
        self._answer: dict[str, Any] | None = None
        self._asked: tuple[Any, ...] | None = None  # what the landscape on the screen, or on its way, was asked for
        self._curve: tuple[array[float], array[float]] = (array("d"), array("d"))
        self._columns: dict[int, tuple[array[float], array[float]]] = {}  # of the traces, in the picture
        self.landscapes = crew.worker(f"{prefix}.landscape")
        self.landscapes.answered.connect(self._show_landscape)
        self.landscapes.ended.connect(self._landscape_ended)
        self._build(crew, plots, prefix, tight)

    def _build(self, crew: Crew, plots: Crew, prefix: str, tight: bool) -> None:
        self.plot = PlotView(plots)
        self.plot.setObjectName(f"{prefix}.plot")
        self.plot.setAccessibleName("Landscape of the function with the path of the run")
        self.plot.clicked.connect(self._plot_clicked)
        self.plot.installEventFilter(self)
        self.loss = PlotView(plots)
        self.loss.setObjectName(f"{prefix}.loss")
        self.loss.setAccessibleName("Loss against step")
        self.surface: SurfaceView | None = None
        self.fit_view: FitView | None = None
        self.model: FormulaView | None = None
        self._crews, self._prefix = (crew, plots), prefix
        self._model_shown = ""
        self.numbers = MathLabel(_LINES)
        self.numbers.setObjectName(f"{prefix}.numbers")
        self.numbers.setAccessibleName("This step in numbers")
        self.picture = _combo(f"{prefix}.picture", "What the picture shows", ["contour", "surface"])
        self.over = _combo(f"{prefix}.over", "Input across the picture", [])
        self.up = _combo(f"{prefix}.up", "Input upwards in the picture", [])
        self.curve = _combo(f"{prefix}.curve", "What is shown below the picture", [])
        for key, words in QUANTITIES.items():
            self.curve.addItem(words, key)
        self.curve.addItem("this step in numbers", "numbers")
        theme.narrow(self.curve, 14)
        self.against = _combo(f"{prefix}.against", "What the curve is drawn against", ["step", "gradients"])
        theme.narrow(self.against, 8)
        self.arrows = QCheckBox("arrows", objectName=f"{prefix}.arrows")
        self.arrows.setToolTip("Gradient (downhill), memory and the step taken, at the shown step")
        self.arrows.setAccessibleName("Arrows of the gradient, the momentum and the step")
        self.over_label, self.up_label = _label("over", self.over), _label("and", self.up)
        self.against_label = _label("against", self.against)
        above = [_label("picture", self.picture), self.picture, self.over_label, self.over, self.up_label, self.up]
        above.append(self.arrows)
        below = [_label("below", self.curve), self.curve, self.against_label, self.against]
        if tight:
            above, below = [widget for widget in (*above, *below) if not isinstance(widget, QLabel)], []
            self.arrows.hide()
            for label in (self.over_label, self.up_label, self.against_label):
                label.hide()
            for combo in (self.over, self.up):
                theme.narrow(combo, 2)
            theme.narrow(self.curve, 8)
            theme.narrow(self.against, 5)
        self.upper, self.lower = QStackedWidget(), QStackedWidget()
        self.upper.addWidget(self.plot)
        self.lower.addWidget(self.loss)
        scroll = QScrollArea(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.numbers)
        self.lower.addWidget(scroll)
        self._numbers_area = scroll
        self.plot.setMinimumHeight(140)
        self.loss.setMinimumHeight(95)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.upper)
        lower = QWidget()
        under = QVBoxLayout(lower)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(4)
        if below:
            under.addLayout(_row(*below))
        under.addWidget(self.lower, 1)
        self.split.addWidget(lower)
        self.split.setSizes(_HEIGHTS)
        self.split.setChildrenCollapsible(False)
        self._divided = tight
        self.split.splitterMoved.connect(self._divide)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName=f"{prefix}.slider")
        self.slider.setAccessibleName("Step of the run")
        self.slider.setMaximum(0)
        self.play = QPushButton("▶", objectName=f"{prefix}.play")
        self.play.setCheckable(True)
        self.play.setFixedWidth(30)
        self.play.setAccessibleName("Play the run")
        self.play.setToolTip("Play the run from here, or pause")
        self.speed = _combo(f"{prefix}.speed", "Speed of playing", list(_SPEEDS))
        self.speed.setCurrentText(_USUAL_SPEED)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(4)
        for widget, stretch in ((self.play, 0), (self.slider, 1), (self.speed, 0)):
            self.foot.addWidget(widget, stretch)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(_row(*above))
        outer.addWidget(self.split, 1)
        outer.addLayout(self.foot)
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._next_frame)
        self._place = 0.0
        self._following = QTimer(self, singleShot=True, interval=_FOLLOW_MS)
        self._following.timeout.connect(self._show_ends)
        self.slider.valueChanged.connect(self._step_chosen)
        self.play.toggled.connect(self._play_toggled)
        self.picture.currentIndexChanged.connect(self._picture_chosen)
        for combo in (self.over, self.up):
            combo.activated.connect(self._over_chosen)
        self.curve.currentIndexChanged.connect(self._curve_chosen)
        self.against.currentIndexChanged.connect(self.show_curves)
        self.arrows.toggled.connect(self._draw)

    # -- what is shown -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """The step that is shown."""
        return self.slider.value()

    def set_subject(self, subject: Subject, keep: bool = False) -> None:
        """Another function, start or objective. keep: the landscape stays if the start is still well inside it."""
        names_before = self.subject.names if self.subject else []
        before, self.subject = self.subject, subject
        if before is None or (before.source, before.objective) != (subject.source, subject.objective):
            self.stationary, self.minima = [], []
        self._offer_fit()
        self._offer_model()
        self._name_curves()
        if subject.names != names_before:
            self._name_planes()
        inside = len(self._view) == len(self.plane.names) and all(
            low + _MARGIN * (high - low) < subject.at.get(name, math.nan) < high - _MARGIN * (high - low)
            for (low, high), name in zip(self._view, self.plane.names, strict=False)
        )
        held = {name: value for name, value in subject.at.items() if name not in self.plane.names}
        asked = (subject.source, dict(subject.objective), list(self.plane.names), held)
        if keep and inside and self._asked == asked and not self.plane.directions:
            self._draw()
            self.drawn.emit()
            return
        self.plane.directions = []
        self.look_around()

    def look_around(self) -> None:
        """The landscape around the start, over inputs: a principal plane was that of a run."""
        if self.subject is not None:
            if not self.plane.names:
                self._name_planes()
            self._view = [_around(self.subject.at[name]) for name in self.plane.names]
            self.ask_landscape()

    def _name_planes(self) -> None:
        names = self.subject.names if self.subject else []
        for place, combo in enumerate((self.over, self.up)):
            combo.clear()
            for name in names:
                combo.addItem(pretty_name(name), name)
            combo.setCurrentIndex(min(place, combo.count() - 1))
        if not self._tight:  # of one run
            self.over.addItem("principal", _PRINCIPAL)
            about = "The plane in which the path of the run lies best (principal components)"
            self.over.setItemData(len(names), about, Qt.ItemDataRole.ToolTipRole)
        self.up.setEnabled(True)
        self._show_choices()
        self.plane = Plane(names[:2])
        self._asked = None

    def ask_landscape(self) -> None:
        """Ask for the picture of the present plane and view."""
        subject, plane = self.subject, self.plane
        self._answer = None
        if subject is None or not subject.names:
            self.landscapes.cancel()
            return
        lows, highs = zip(*self._view, strict=True)
        centre = dict(subject.at)
        if plane.directions:
            centre = dict(zip(subject.names, plane.centre, strict=True))
        held = {name: value for name, value in subject.at.items() if name not in plane.names}
        self._asked = (subject.source, dict(subject.objective), list(plane.names), held)
        self.landscapes.ask(
            questions.landscape(subject.source, plane.names, centre, lows, highs, subject.objective, plane.directions),
            10_000,
        )

    def show_message(self, text: str) -> None:
        """Words instead of a landscape."""
        self.landscapes.cancel()
        self._asked = self._answer = None
        self.plot.set_message(text)

    @property
    def view(self) -> list[tuple[float, float]]:
        """What the picture shows, an interval an axis."""
        return list(self._view)

    def mark(self, points: Sequence[Mapping[str, Any]]) -> None:
        """Mark these stationary points; the minima among them are what distances are measured to."""
        names = self.subject.names if self.subject is not None else []
        points = [point for point in points if point["x"].keys() == set(names)]
        self.stationary = points
        self.minima = [[point["x"][name] for name in names] for point in points if point["kind"] == "minimum"]
        self._draw()
        if self.curve.currentData() == "distance":
            self.show_curves()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show all of it pale."""
        for view in (self.plot, self.loss, self.surface, self.fit_view):
            if view is not None:
                view.set_dimmed(dimmed)
        self.numbers.setEnabled(not dimmed)

    def _show_landscape(self, answer: dict[str, Any]) -> None:
        self._answer = answer
        self._columns = {}
        names, coordinates = answer["axes"], answer["coordinates"]
        label = pretty_name(answer["label"])
        inputs = len(self.subject.names) if self.subject else 2
        spec: dict[str, Any] = {"name": label, "x_label": pretty_name(names[0])}
        if len(names) == 2:
            spec |= {"kind": "contour", "x": coordinates[0], "y": coordinates[1], "z": answer["values"]}
            spec["y_label"] = pretty_name(names[1])
            if inputs > 2:
                how = "through the last point" if self.plane.directions else "the others as at the start"
                spec["description"] = f"Contour lines of {label} over {names[0]} and {names[1]}: {inputs} inputs, {how}"
        else:
            spec |= {"kind": "curve_1d", "x": coordinates[0], "y": answer["values"], "y_label": label}
            self._curve = (doubles(coordinates[0]), doubles(answer["values"]))
        self.plot.show_figure(spec)
        if self.surface is not None and len(names) == 2:
            self._fill_surface()
        self._draw()
        self.drawn.emit()

    def _landscape_ended(self, end: End) -> None:
        if not isinstance(end, Done) and self._answer is None:
            self._asked = None
            said = getattr(end, "message", "The landscape could not be drawn.")
            self.plot.set_message(said)
            self.failed.emit(said)

    def fit(self) -> None:
        """Show the whole of all paths in the landscape."""
        self._show_whole([trace for trace in self.traces if len(trace)])

    def fit_after_run(self) -> None:
        """Show the paths if they have left the picture; those that grow away are left to the arrow at its edge."""
        kept = [trace for trace in self.traces if len(trace) and trace.stopped != "diverged"]
        # A loss that is now higher than at the start is that of a run which has not yet been told to diverge.
        kept = [trace for trace in kept if trace.loss[-1] <= trace.loss[0]]
        ends = self._extent(kept)
        if len(ends) != len(self._view) or all(
            low <= a and b <= high for (a, b), (low, high) in zip(ends, self._view, strict=True)
        ):
            return
        if all(b - a <= _WIDEST * (high - low) for (a, b), (low, high) in zip(ends, self._view, strict=True)):
            self._show_whole(kept)

    def _extent(self, traces: Sequence[Trace]) -> list[tuple[float, float]]:
        """The lowest and highest coordinate of these paths, an axis of the picture each."""
        columns = [self.plane.columns(trace) for trace in traces]
        return [(min(map(min, axis)), max(map(max, axis))) for axis in zip(*columns, strict=True)]

    def _show_whole(self, traces: Sequence[Trace]) -> None:
        """The landscape around these paths, and around a minimum that is near them."""
        ends = self._extent(traces)
        if not ends or self.subject is None:
            return
        for point in self.minima if not self.plane.directions else []:
            at = [point[self.subject.names.index(name)] for name in self.plane.names]
            if all(2 * low - high <= v <= 2 * high - low for v, (low, high) in zip(at, ends, strict=True)):
                ends = [(min(v, low), max(v, high)) for v, (low, high) in zip(at, ends, strict=True)]
        self._view = []
        for low, high in ends:
            margin = _MARGIN * (high - low) or _REACH
            self._view.append((low - margin, high + margin))
        self.ask_landscape()

    def look_along(self, answer: Mapping[str, Any]) -> None:
        """Show the plane of an answer to `questions.principal`."""
        names = self.subject.names if self.subject else []
        self.plane = Plane([], [answer["centre"][name] for name in names], answer["directions"])
        self._view = []
        for low, high in zip(answer["lows"], answer["highs"], strict=True):
            margin = _MARGIN * (high - low) or _REACH
            self._view.append((low - margin, high + margin))
        self._columns = {}
        self.ask_landscape()

    principal_wanted = Signal()

    def _over_chosen(self) -> None:
        """Two inputs: where one is chosen that the other axis has, the axes change places."""
        across, up = self.over.currentData(), self.up.currentData()
        self.up.setEnabled(across != _PRINCIPAL)
        if across == _PRINCIPAL:
            self.principal_wanted.emit()
            return
        if across == up:
            names = self.subject.names if self.subject else []
            before = self.plane.names or [name for name in names if name != across]
            moved = self.up if self.sender() is self.over else self.over
            moved.setCurrentIndex(moved.findData(next(name for name in before if name != across)))
        self.plane = Plane([self.over.currentData(), self.up.currentData()])
        self._columns = {}
        self.look_around()

    def _show_choices(self) -> None:
        """What can be chosen of this picture: of two inputs there is but one pair, and a fit has axes of its own."""
        fit = self.picture.currentText() == "fit"
        self.arrows.setVisible(not fit and not self._tight)  # those of one run
        several = self.subject is not None and len(self.subject.names) > 2
        for widget in (self.over, self.up) if self._tight else (self.over_label, self.over, self.up_label, self.up):
            widget.setVisible(several and not fit)

    # -- traces and steps --------------------------------------------------------------------------------------------

    def set_traces(self, traces: Sequence[Trace], current: int = 0) -> None:
        """Show these runs; the slider stays where it is, as far as they go."""
        if traces and not self.traces and self.curve.currentData() == "model":
            self.curve.setCurrentIndex(0)
        self.traces, self.current = list(traces), current
        self._columns = {}
        self.refresh_length()
        self.show_curves()
        self._draw()

    def refresh_length(self) -> None:
        """Let the slider reach to the end of the longest run."""
        longest = max((len(trace) for trace in self.traces), default=1)
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(max(longest - 1, 0))

    def follow(self) -> None:
        """More of the runs has come: show their ends, at most as often as the eye follows."""
        self.refresh_length()
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.slider.maximum())
        if not self._following.isActive():
            self._following.start()

    def _show_ends(self) -> None:
        self._draw()
        self.step_changed.emit(self.step)

    def _step_chosen(self, step: int) -> None:
        self._draw()
        self.step_changed.emit(step)

    def _play_toggled(self, on: bool) -> None:
        self.play.setText("⏸" if on else "▶")
        if on:
            self._place = 0.0 if self.step >= self.slider.maximum() else float(self.step)
            self._timer.start()
        else:
            self._timer.stop()

    def _next_frame(self) -> None:
        frames = _PLAY_SECONDS * 1000 / _FRAME_MS / _SPEEDS[self.speed.currentText()]
        # A short run takes at most some steps a second.
        self._place += max(
            min(self.slider.maximum() / frames, 1e9), 4 * _FRAME_MS / 1000 * _SPEEDS[self.speed.currentText()]
        )
        self.slider.setValue(min(int(self._place), self.slider.maximum()))
        if self.step >= self.slider.maximum():
            self.play.setChecked(False)

    # -- the picture -------------------------------------------------------------------------------------------------

    def _offer_fit(self) -> None:
        """A model is seen on its data as well as on its loss: on its data first, where one run is looked at."""
        on_data = self.subject is not None and self.subject.objective.get("kind") == "data"
        if on_data != (self.picture.findText("fit") >= 0):
            if on_data:
                self.picture.addItem("fit")
                if not self._tight:
                    self.picture.setCurrentText("fit")
            else:
                if self.picture.currentText() == "fit":
                    self.picture.setCurrentText("contour")
                self.picture.removeItem(self.picture.findText("fit"))
            if not self._divided:
                self.split.setSizes(_HEIGHTS_ON_DATA if on_data else _HEIGHTS)

    def _divide(self) -> None:
        self._divided = True

    def _offer_model(self) -> None:
        """What is fitted to data is told in full, and first where there is no run yet."""
        place, model = self.curve.findData("model"), self.subject.model if self.subject is not None else ""
        if not model and place >= 0:
            if self.curve.currentIndex() == place:
                self.curve.setCurrentIndex(0)
            self.curve.removeItem(place)
        elif model:
            if place < 0:
                self.curve.addItem("the model", "model")
                place = self.curve.count() - 1
            if model != self._model_shown and not self.traces:
                self.curve.setCurrentIndex(place)
            self._show_model()
        self._model_shown = model

    def _name_curves(self) -> None:
        """What is minimised has the same name in the choice of curves as on their axes."""
        label = pretty_name(self.subject.label) if self.subject is not None else "f"
        for place in range(self.curve.count()):
            if words := _of(self.curve.itemData(place), label):
                self.curve.setItemText(place, words)

    def _show_model(self) -> None:
        """The model and the loss of a row, typeset as the function in the window is."""
        if self.subject is None or self.curve.currentData() != "model":
            return
        if self.model is None:
            self.model = FormulaView(fills=True)
            self.model.setObjectName(f"{self._prefix}.model")
            self.model.setAccessibleName("The model and the loss of one row of the data")
            self.lower.addWidget(self.model)
        self.lower.setCurrentWidget(self.model)
        self.model.show_notation(preview(parse(self.subject.model)))

    def _picture_chosen(self) -> None:
        self._show_choices()
        if self.picture.currentText() == "fit":
            if self.fit_view is None:
                self.fit_view = FitView(*self._crews, self._prefix)
                self.upper.addWidget(self.fit_view)
            self.upper.setCurrentWidget(self.fit_view)
            self._draw()
            return
        if self.picture.currentText() == "surface" and len(self.plane.directions or self.plane.names) == 2:
            if self.surface is None:
                self.surface = SurfaceView()
                self.surface.setObjectName(self.plot.objectName().replace("plot", "surface"))
                self.surface.setAccessibleName("The function as a surface, with the path and the tangent plane")
                self.upper.addWidget(self.surface)
            self._fill_surface()
            self.upper.setCurrentWidget(self.surface)
        else:
            self.upper.setCurrentWidget(self.plot)
        self._draw()

    def _fill_surface(self) -> None:
        if self._answer is not None and self.surface is not None and len(self._answer["axes"]) == 2:
            x, y = (doubles(c) for c in self._answer["coordinates"])
            names = [pretty_name(name) for name in self._answer["axes"]]
            label = pretty_name(self._answer["label"])
            self.surface.show_surface(x, y, doubles(self._answer["values"]), (names[0], names[1], label))

    def _seen(self, place: int) -> tuple[array[float], ...]:
        """A trace's columns in the picture; the same arrays, longer, when more of the trace has come."""
        trace, (x, y) = self.traces[place], self._columns.setdefault(place, (array("d"), array("d")))
        if len(x) < len(trace):
            first = len(x)
            across, *up = self.plane.columns(trace, first)
            x.extend(across)
            y.extend(up[0] if up else trace.loss[first:])
        return x, y

    def _draw(self) -> None:
        if self.subject is None:
            return
        if self.surface is not None and self.upper.currentWidget() is self.surface:
            self._draw_surface()
            return
        if self.fit_view is not None and self.upper.currentWidget() is self.fit_view:
            self._draw_fit(self.fit_view)
            return
        overlay: list[Overlay] = []
        trails: list[Trail] = []
        flat = bool(self.plane.directions) or len(self.plane.names) == 2
        self.plot.set_marks(self._marks())
        several = len(self.traces) > 1
        for place in [*(k for k in range(len(self.traces)) if k != self.current), self.current]:
            if place >= len(self.traces) or not len(self.traces[place]):
                continue
            shown = min(self.step, len(self.traces[place]) - 1)
            x, y = self._seen(place)
            end = (x[shown], y[shown])
            colour: int | str = _series(place) if several else "accent"
            trails.append(Trail((x, y), shown, colour))
            overlay.append(Marker(x[0], y[0], "square", "" if several else "start"))
            overlay.append(Marker(*end, "circle", "", colour))
            if place == self.current:
                overlay += self._tangent(shown) if not flat else self._arrows(shown, end)
        if not any(len(trace) for trace in self.traces):
            overlay += self._start_marks()
        self.plot.set_trails(trails)
        self.plot.set_overlay(overlay)

    def _draw_fit(self, view: FitView) -> None:
        """The model at the shown step, or where it starts."""
        if self.subject is None:
            return
        at = dict(self.subject.at)
        if self.current < len(self.traces) and len(self.traces[self.current]):
            trace = self.traces[self.current]
            at = dict(zip(trace.names, trace.point(min(self.step, len(trace) - 1)), strict=True))
        view.show_fit(self.subject, at)

    def _start_marks(self) -> list[Overlay]:
        subject, marks = self.subject, []
        if subject is None or self.plane.directions:
            return []
        for number, start in enumerate(self.starts or [dict(subject.at)]):
            names = [name for name in self.plane.names if name in start]
            if len(names) != len(self.plane.names) or not names:
                continue
            x = start[names[0]]
            height = start[names[1]] if len(names) == 2 else _interpolated(*self._curve, x)
            marks.append(Marker(x, height, "square", "start" if number == 0 else f"start {number + 1}"))
        return marks

    def _marks(self) -> list[Overlay]:
        """Known stationary points, with one word for those of a kind that stand together, and the bounds."""
        marks: list[Overlay] = []
        named: list[tuple[str, list[float]]] = []
        if not self.plane.directions and self.subject is not None and len(self.subject.names) <= 2:
            for point in self.stationary:
                where = [point["x"][name] for name in self.plane.names]
                if any(not low <= v <= high for v, (low, high) in zip(where, self._view, strict=True)):
                    continue
                x, y = where if len(where) == 2 else (where[0], point["f"])
                shape = {"minimum": "cross", "maximum": "diamond"}.get(point["kind"], "circle")
                sizes = [_TOGETHER * (high - low) for low, high in self._view]
                told = any(
                    kind == point["kind"] and all(abs(a - b) <= s for a, b, s in zip(where, there, sizes, strict=True))
                    for kind, there in named
                )
                named += [] if told else [(point["kind"], where)]
                marks.append(Marker(x, y, shape, "" if told else point["kind"], 2))
            if len(self.box) == 2:
                (a, b), (c, d) = (self.box[name] for name in self.plane.names)
                marks.append(Polyline([a, b, b, a, a], [c, c, d, d, c], "text", 1.2, dashed=True))
        return marks

    def _tangent(self, shown: int) -> list[Overlay]:
        """The tangent of a curve at the shown step, across the picture."""
        trace = self.traces[self.current]
        (low, high) = self._view[0]
        x, f, slope = trace.point(shown)[0], trace.loss[shown], trace.gradient_at(shown)[0]
        return [Polyline([low, high], [f + slope * (low - x), f + slope * (high - x)], 1, 1.4, dashed=True)]

    def _arrows(self, shown: int, end: tuple[float, float]) -> list[Overlay]:
        """Downhill, memory and step at the shown point: directions of one length, the step as long as it is."""
        if not self.arrows.isChecked() or self.plane.directions or not self._view:
            return []
        trace = self.traces[self.current]
        names = trace.names
        axes = [names.index(name) for name in self.plane.names]
        g = trace.gradient_at(shown)
        arrows = [("−∇f", [-g[k] for k in axes], 1)]
        memory = dict(trace.entries_at(shown))
        for symbol, sign in (("m̂", -1.0), ("m", None), ("d", 1.0)):
            if symbol in memory and len(memory[symbol]) == len(names):
                rule = trace.rule_at(shown).name
                way = sign if sign is not None else (1.0 if rule in ("momentum", "nesterov") else -1.0)
                arrows.append((symbol if way > 0 else f"−{symbol}", [way * memory[symbol][k] for k in axes], 2))
                break
        if shown + 1 < len(trace):
            a, b = trace.point(shown), trace.point(shown + 1)
            arrows.append(("Δx", [b[k] - a[k] for k in axes], 3))
        widths = [high - low for low, high in self._view]
        overlay: list[Overlay] = []
        for symbol, (dx, dy), colour in arrows:
            size = math.hypot(dx / widths[0], dy / widths[1])
            if not 0 < size < math.inf:
                continue
            # The step is drawn as long as it is, if it can be seen; directions have a length of their own.
            stretch = 1.0 if symbol == "Δx" and size > 0.03 else _ARROW / size
            tip = (end[0] + stretch * dx, end[1] + stretch * dy)
            overlay.append(Polyline([end[0], tip[0]], [end[1], tip[1]], colour, 2.0, arrow=True))
            overlay.append(Marker(*tip, "none", symbol, colour))
        return overlay

    def _draw_surface(self) -> None:
        if len(self.plane.names) == 1:  # of one input there is no surface; the picture changes in a moment
            return
        paths, plane = [], None
        for place, trace in enumerate(self.traces):
            if not len(trace):
                continue
            shown = min(self.step, len(trace) - 1)
            columns = self._seen(place)
            paths.append(Trail((*columns, trace.loss), shown, place))
            if place == self.current and not self.plane.directions:
                g = dict(zip(trace.names, trace.gradient_at(shown), strict=True))
                slopes = [g[name] for name in self.plane.names]
                plane = TangentPlane(columns[0][shown], columns[1][shown], trace.loss[shown], slopes[0], slopes[1])
        if self.surface is not None:
            self.surface.set_paths(paths, plane)

    # -- the curves --------------------------------------------------------------------------------------------------

    def _curve_chosen(self) -> None:
        shown = self.curve.currentData()
        for widget in (self.against,) if self._tight else (self.against_label, self.against):
            widget.setVisible(shown in QUANTITIES)
        if shown == "model":
            self._show_model()
            return
        self.lower.setCurrentWidget(self._numbers_area if shown == "numbers" else self.loss)
        self.show_curves()

    def show_numbers(self) -> None:
        """This step in numbers, if that is what is looked at."""
        if self.curve.currentData() != "numbers":
            return
        if not self.traces or not len(self.traces[self.current]):
            self.numbers.setText("Run first: then each step stands here with its numbers.")
            return
        trace = self.traces[self.current]
        # After the last iterate there is no step: the one that led to it is shown.
        step = max(min(self.step, len(trace) - 2), 0)
        lines = step_in_numbers(trace, step, 2 if len(trace.names) > 1 else 1)
        if lines:
            self.numbers.setText("\n".join([f"From step {step} to step {step + 1}:", *lines]))
        else:
            self.numbers.setText("No step was taken.")

    def show_curves(self) -> None:
        """The chosen quantity of all runs."""
        if self.curve.currentData() not in QUANTITIES:
            self.show_numbers()
            return
        quantity = str(self.curve.currentData())
        words, goals = QUANTITIES[quantity], self.minima
        if quantity == "distance" and not goals:
            goals, words = self._best_found(), "distance to the lowest point found"
        by_cost = self.against.currentText() == "gradients"
        series = []
        for place, trace in enumerate(self.traces):
            if len(trace) < 1:
                continue
            whole = trace.loss if quantity != "norm" else trace.norm
            places = thinned(whole, _MOST_STRETCHES)
            heights = trace.values(quantity, places, goals)
            across = [trace.evaluations[k] if by_cost else float(k) for k in places]
            index = _series(place) if len(self.traces) > 1 else 0
            series.append(
                {
                    "x": across,
                    "y": [None if v != v else v for v in heights],
                    "label": trace.label if len(self.traces) > 1 else "",
                    "style": {"index": index, "markers": len(places) < 30},
                }
            )
        if not series:
            self.loss.set_message("Run to see the loss against the step.")
            return
        label = pretty_name(self.subject.label) if self.subject else "f"
        numbers = [v for row in series for v in row["y"] if v is not None]
        positive = [v for v in numbers if v > 0]
        decades = bool(positive) and min(numbers) >= 0.0 and max(positive) > 100.0 * min(positive)
        self.loss.show_figure(
            {
                "kind": "curves",
                "x_scale": "linear",
                "y_scale": "log" if decades else "linear",
                "x_label": "gradients evaluated" if by_cost else "step",
                "x_whole": not by_cost,  # a batch is a part of a gradient
                "y_label": _of(quantity, label) or words,
                "series": series,
                # A run that ends where it begins: an axis of a tenth of a step would be a strange one.
                **({"x_limits": [-0.25, 1.25]} if max(max(row["x"]) for row in series) == 0 else {}),
            }
        )

    def _best_found(self) -> list[list[float]]:
        """Where no minimum is known: the lowest point of all runs."""
        runs = [trace for trace in self.traces if len(trace)]
        if not runs:
            return []
        best = min(runs, key=lambda trace: min(trace.loss))
        return [best.point(best.loss.index(min(best.loss)))]

    # -- the mouse ---------------------------------------------------------------------------------------------------

    def _plot_clicked(self, x: float, y: float) -> None:
        self.clicked.emit(x, y, False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click with Shift is another start; a drag moves the start along."""
        if watched is self.plot and isinstance(event, QMouseEvent):
            left = Qt.MouseButton.LeftButton
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            pressed = event.type() == QEvent.Type.MouseButtonPress and event.button() == left and shift
            dragged = event.type() == QEvent.Type.MouseMove and event.buttons() & left and not shift
            if pressed or dragged:
                axes = self.plot.axes()
                if axes is not None and axes.rect().contains(event.position()):
                    self.clicked.emit(*axes.value(event.position()), shift)
                    return True
        return super().eventFilter(watched, event)


def _of(quantity: str, label: str) -> str:
    """The value or its gradient's norm, by the name of what is minimised; "" of another quantity."""
    return QUANTITIES[quantity].replace("f", label) if quantity in ("loss", "norm") else ""


def _label(words: str, of: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(of)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _combo(name: str, words: str, entries: Sequence[str]) -> QComboBox:
    combo = ChoiceBox(objectName=name)
    combo.addItems(entries)
    combo.setAccessibleName(words)
    combo.setToolTip(words)
    theme.narrow(combo, 5)
    return combo


def _series(place: int) -> int:
    """The colour of a trace among several: the first series colour is the landscape's own."""
    return place + 1


def _around(value: float) -> tuple[float, float]:
    reach = max(_REACH, 0.75 * abs(value))
    return value - reach, value + reach


def _interpolated(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """The height of a curve at x; NaN outside it."""
    place = bisect_right(xs, x)
    if not 0 < place < len(xs):
        return math.nan
    part = (x - xs[place - 1]) / (xs[place] - xs[place - 1])
    return ys[place - 1] + part * (ys[place] - ys[place - 1])
