"""The Understand page: curvature, stable rates and rates of convergence at the shown point; stationary points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.optimize.rules.table import RULES
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.panel import OptimizePanel
    from explorer.ui.panels.optimize.paths import Subject

_CALM_MS = 200  # a step that is being scrubbed is looked at when it rests
_BACK = 20  # steps over which the rate of convergence is measured
_MOST_ROWS = 40
_REACH = 5.0


class UnderstandPage(QWidget):
    """Sentences about the point and the rule, the eigenvalues, the noise of batches, the stationary points."""

    def __init__(self, panel: OptimizePanel, crew: Crew, plots: Crew) -> None:
        super().__init__()
        self.panel = panel
        self._subject: Subject | None = None
        self.worker = crew.worker("optimize.understand")
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._ended)
        self.finder = crew.worker("optimize.stationary")
        self.finder.answered.connect(self._found)
        self.finder.ended.connect(self._finder_ended)
        for worker in (self.worker, self.finder):
            panel._mind(worker)
        self.words = QLabel(objectName="understand.words")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setAccessibleName("What the curvature says")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.eigenvalues = _table("understand.eigenvalues", "Eigenvalues of the second derivatives", ["λ", "direction"])
        self.noise = PlotView(plots)
        self.noise.setObjectName("understand.noise")
        self.noise.setAccessibleName("Noise of a batch's gradient against the batch size")
        self.find_button = QPushButton("Find stationary points", objectName="understand.find")
        self.find_button.setAccessibleName("Find stationary points")
        self.find_button.setToolTip("Newton's method from a grid of starts; marks what it finds in the landscape")
        self.find_button.clicked.connect(self.run)
        self.reach = NumberBox()
        self.reach.setObjectName("understand.reach")
        self.reach.setAccessibleName("How far around 0 they are looked for")
        self.reach.setValue(_REACH)
        search = QWidget()
        row = QHBoxLayout()
        for widget in (self.find_button, QLabel("within ±"), self.reach):
            row.addWidget(widget)
        row.addStretch(1)
        self.points = _table("understand.points", "Stationary points", ["kind", "point", "value", "eigenvalues"])
        found = QVBoxLayout(search)
        found.setContentsMargins(0, 4, 0, 0)
        found.addLayout(row)
        found.addWidget(self.points, 1)
        self.views = QTabWidget(objectName="understand.views", documentMode=True)
        self.views.setAccessibleName("Eigenvalues, the noise of batches, stationary points")
        self.views.addTab(self.eigenvalues, "Eigenvalues")
        self.views.addTab(search, "Stationary points")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 4, 0, 0)
        outer.setSpacing(4)
        outer.addWidget(self.words)
        outer.addWidget(self.views, 1)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._ask)
        panel.run_page.paths.step_changed.connect(self._calm.start)

    def subject_changed(self) -> None:
        """Another function, point or setting."""
        subject = self.panel.subject
        self.find_button.setEnabled(subject is not None)
        before, self._subject = self._subject, subject
        about = [(each.source, each.objective) for each in (before, subject) if each is not None]
        if len(about) < 2 or about[0] != about[1]:  # what is there is about another function
            self.words.setText("")
            for table in (self.eigenvalues, self.points):
                table.setRowCount(0)
        self._calm.start()

    def _ask(self) -> None:
        subject = self.panel.subject
        if subject is None or not self.isVisible() or not subject.names:
            return
        trace = self.panel.run_page.current
        at = dict(subject.at)
        if trace is not None and len(trace):
            at = dict(zip(trace.names, trace.point(min(self.panel.run_page.paths.step, len(trace) - 1)), strict=True))
        settings = {"rule": self.panel.rule.currentData(), "settings": self.panel.form.settings()}
        self.worker.ask(
            questions.optimizer("curvature", subject.source, at, subject.objective, seed=self.panel.seed, **settings),
            20_000,
        )

    def _ended(self, end: End) -> None:
        if not isinstance(end, Done):
            self.words.setText(getattr(end, "message", "The curvature could not be computed."))

    def _take(self, answer: Mapping[str, Any]) -> None:
        if "noise" in answer:
            self._show_noise(answer["noise"])
            return
        if not self.panel.on_data and (place := self.views.indexOf(self.noise)) >= 0:
            self.views.removeTab(place)
        self.words.setText(" ".join(self._sentences(answer)))
        rows = list(zip(answer["eigenvalues"], answer["vectors"], strict=False))[::-1][:_MOST_ROWS]
        self.eigenvalues.setRowCount(len(rows))
        for place, (value, vector) in enumerate(rows):
            self.eigenvalues.setItem(place, 0, _cell(number_text(value, 6), right=True))
            self.eigenvalues.setItem(place, 1, _cell(_direction(answer["names"], vector)))

    def _sentences(self, answer: Mapping[str, Any]) -> list[str]:
        trace, paths = self.panel.run_page.current, self.panel.run_page.paths
        where = f"At step {min(paths.step, len(trace) - 1)}:" if trace is not None and len(trace) else "At the start:"
        values = [v for v in answer["eigenvalues"] if isinstance(v, float)]
        if len(values) < len(answer["eigenvalues"]):
            return [where, "the second derivatives are not defined here."]
        said = [where]
        kind = answer["kind"]
        if kind:
            said.append(
                {"minimum": "a minimum", "maximum": "a maximum", "saddle": "a saddle point"}.get(
                    kind, "a degenerate stationary point: an eigenvalue is 0, and its kind hangs on higher derivatives"
                )
                + f", the gradient's norm is {number_text(answer['norm'], 3)}."
            )
        else:
            bends = sum(v > 0 for v in values)
            said.append(f"not stationary; the function bends upwards along {bends} of {len(values)} directions.")
        if answer["condition"] is not None:
            said.append(f"Condition number κ = {number_text(answer['condition'], 4)}.")
        if answer["gd_limit"] is not None:
            said.append(f"Gradient descent is stable below 2/λmax = {number_text(answer['gd_limit'], 4)}.")
        said += self._about_the_rate(answer)
        best = answer["optimal"]
        if best is not None and len(values) > 1:
            gd, momentum = best["gd"], best["momentum"]
            said.append(
                f"For this quadratic gradient descent is fastest at η = {number_text(gd['rate'], 4)} "
                f"(×{number_text(gd['factor'], 4)} a step), momentum at η = {number_text(momentum['rate'], 4)}, "
                f"β = {number_text(momentum['beta'], 4)} (×{number_text(momentum['factor'], 4)})."
            )
        return said

    def _about_the_rate(self, answer: Mapping[str, Any]) -> list[str]:
        """The rule's own rate beside the stable one; predicted beside measured convergence."""
        said = []
        limit, rate, factor = answer["limit"], answer["rate"], answer["factor"]
        title = RULES[self.panel.rule.currentData()].title
        if isinstance(limit, float) and isinstance(rate, float):
            ratio = number_text(rate / limit, 3)
            verdict = "it grows along the steepest direction" if rate > limit else "stable"
            said.append(f"{title}'s rate is {ratio} × its largest stable one, {number_text(limit, 4)}: {verdict}.")
        measured = self._measured()
        if isinstance(factor, float):
            also = f", measured over the last steps ×{number_text(measured, 4)}" if measured is not None else ""
            said.append(
                f"Predicted long-run factor of the distance to the minimum: ×{number_text(factor, 4)} a step{also}."
            )
        elif measured is not None:
            said.append(
                f"Measured over the last steps: the gradient's norm changes by ×{number_text(measured, 4)} a step."
            )
        return said

    def _measured(self) -> float | None:
        """The factor of the gradient's norm a step, over the steps before the shown one."""
        trace, paths = self.panel.run_page.current, self.panel.run_page.paths
        if trace is None:
            return None
        last = min(paths.step, len(trace) - 1)
        first = max(last - _BACK, 0)
        if last - first < 5 or not trace.norm[first] or not trace.norm[last]:
            return None
        return math.exp((math.log(trace.norm[last]) - math.log(trace.norm[first])) / (last - first))

    def _show_noise(self, noise: Mapping[str, Any]) -> None:
        if self.views.indexOf(self.noise) < 0:
            self.views.insertTab(1, self.noise, "Noise of batches")
        self.words.setText(
            f"{self.words.text()} Gradient noise: the rows' gradients stray by {number_text(noise['spread'], 3)} "
            f"around a mean of length {number_text(noise['norm'], 3)}; from about {number_text(noise['scale'], 3)} "
            "rows a batch on, the mean is longer than its noise."
        )
        drawn = {"label": f"measured, {noise['draws']} batches", "style": {"index": 0, "line": False}}
        theory = {"label": "predicted", "style": {"index": 1, "markers": False}}
        self.noise.show_figure(
            {
                "kind": "curves",
                "x_scale": "log",
                "y_scale": "log",
                "x_label": "rows in a batch",
                "y_label": "noise of the gradient",
                "zero_note": "the whole data: 0",
                "series": [
                    {"x": noise["batches"], "y": noise["measured"], **drawn},
                    {"x": noise["batches"], "y": noise["predicted"], **theory},
                ],
                "references": [{"axis": "y", "at": noise["norm"], "label": "length of the mean"}],
            }
        )

    # -- stationary points -------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Look for stationary points."""
        self.views.setCurrentIndex(self.views.count() - 1)
        subject = self.panel.subject
        if subject is None:
            return
        reach = abs(self.reach.value()) or _REACH
        n = len(subject.names)
        self.finder.ask(
            questions.optimizer(
                "stationary", subject.source, subject.at, subject.objective, lows=[-reach] * n, highs=[reach] * n
            ),
            60_000,
        )

    def _found(self, answer: Mapping[str, Any]) -> None:
        points = answer["points"]
        self.points.setRowCount(len(points))
        for place, point in enumerate(points):
            x = ", ".join(f"{pretty_name(n)} = {number_text(v, 7)}" for n, v in list(point["x"].items())[:6])
            bends = ", ".join(number_text(v, 4) for v in point["eigenvalues"][:6])
            for column, text in enumerate((point["kind"], x, number_text(point["f"], 6), bends)):
                self.points.setItem(place, column, _cell(text))
        if not points:
            self.points.setRowCount(1)
            self.points.setItem(0, 0, _cell("none found"))
        self.panel.run_page.paths.mark(points)

    def _finder_ended(self, end: End) -> None:
        if not isinstance(end, Done):
            self.points.setRowCount(1)
            self.points.setItem(0, 0, _cell(getattr(end, "message", "The search failed.")))


def _table(name: str, words: str, columns: list[str]) -> QTableWidget:
    table = QTableWidget(0, len(columns), objectName=name)
    table.setAccessibleName(words)
    table.setHorizontalHeaderLabels(columns)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 5)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    table.setMinimumHeight(64)
    return table


def _cell(text: str, right: bool = False) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setToolTip(text)
    if right:
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _direction(names: list[str], vector: list[float]) -> str:
    """The vector's largest parts, by input."""
    parts = sorted(zip(vector, names, strict=True), key=lambda part: -abs(part[0]))[:3]
    return ", ".join(_part(number_text(value, 3), pretty_name(name)) for value, name in parts if abs(value) > 1e-3)


def _part(value: str, name: str) -> str:
    return {"1": name, "−1": f"−{name}"}.get(value, f"{value} {name}")
