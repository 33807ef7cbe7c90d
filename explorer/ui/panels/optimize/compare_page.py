"""The Compare page: rules under the same budget of gradients, every rate of a sweep, many starts; table and profile.

Longer than 300 lines: the form, the table, the three plots and the file all show the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.optimize.rules.table import RULES
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import number_text
from explorer.ui.plot_view import PlotView
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.panel import OptimizePanel
    from explorer.ui.panels.optimize.paths import Subject

_FIRST = ("gd", "momentum", "nesterov", "adam", "rprop", "bfgs")
_COLUMNS = ("rule", "best rate", "lower quartile", "median", "upper quartile", "solved")
_PLOTS = {
    "profile": "starts solved",
    "sweep": "median by rate",
    "curve": "median by gradients",
}
_RULE_ROWS = 5  # of names: as few as fit beside each other where the panel is narrowest
_REACH = 2.0  # starts are drawn this far around the start in every input
_NARROW_BOX = 72  # pixels to which a box gives way in a narrow window
_STARTS, _FEWEST = 25, 8
_WORK = 5_500  # rows × starts: some ten seconds for a small network with the rules and rates of the beginning
_BUDGET_MS = 120_000


class ComparePage(QWidget):
    """What is compared and how; the table of results, and a plot of them."""

    def __init__(self, panel: OptimizePanel, crew: Crew, plots: Crew) -> None:
        super().__init__()
        self.panel = panel
        self._subject: Subject | None = None
        self._found: dict[str, dict[str, Any]] = {}  # rule → what is known of it
        self._goal: dict[str, float] = {}
        self._of = ""  # what the gradients are of
        self.worker = crew.worker("optimize.compare")
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._ended)
        panel._mind(self.worker)
        self.rules = QListWidget(objectName="compare.rules")
        self.rules.setAccessibleName("The rules that are compared")
        self.rules.setFlow(QListWidget.Flow.TopToBottom)  # in columns, each as wide as its longest name
        self.rules.setWrapping(True)
        self.rules.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.rules.setSpacing(0)
        for name, kind in RULES.items():
            if name == "levenberg-marquardt":
                continue
            item = QListWidgetItem(name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in _FIRST else Qt.CheckState.Unchecked)
            item.setToolTip(f"{kind.title} ({kind.source})")
            self.rules.addItem(item)
        self.rules.setFixedHeight(_RULE_ROWS * self.rules.sizeHintForRow(0) + 2 * self.rules.frameWidth() + 1)
        self.budget = QSpinBox(objectName="compare.budget", minimum=1, maximum=20_000, value=200)
        self.starts = QSpinBox(objectName="compare.starts", minimum=1, maximum=500, value=_STARTS)
        self.lowest, self.highest = NumberBox(), NumberBox()
        for box, name, value in ((self.lowest, "compare.lowest", 1e-4), (self.highest, "compare.highest", 1.0)):
            box.setObjectName(name)
            box.setValue(value)
        self.reach = NumberBox()
        self.reach.setObjectName("compare.reach")
        self.reach.setValue(_REACH)
        form = QGridLayout()
        form.setVerticalSpacing(3)
        for place, (words, tip, box) in enumerate(
            (
                (
                    "gradients",
                    "The budget: gradients (of a batch, if there is one) of every rule from each start",
                    self.budget,
                ),
                ("starts", "How many starts, drawn from the seed; 1: the start itself", self.starts),
                ("within ±", "Starts are drawn this far around the start in every input", self.reach),
                ("rates from", "The lowest rate that every rule is tried at", self.lowest),
                ("to", "The highest rate", self.highest),
            )
        ):
            label = QLabel(words)
            label.setBuddy(box)
            box.setToolTip(tip)
            box.setAccessibleName(tip)
            box.setMinimumWidth(min(_NARROW_BOX, box.minimumSizeHint().width()))
            form.addWidget(label, place // 3, 2 * (place % 3))
            form.addWidget(box, place // 3, 2 * (place % 3) + 1)
        for column in (1, 3, 5):
            form.setColumnStretch(column, 1)
        self.start_button = QPushButton("Compare", objectName="compare.run")
        self.start_button.setAccessibleName("Run the comparison")
        self.start_button.clicked.connect(self.run)
        self.shown = ChoiceBox(objectName="compare.plot.kind")
        self.shown.setAccessibleName("What the plot shows")
        for key, words in _PLOTS.items():
            self.shown.addItem(words, key)
        theme.narrow(self.shown, 10)
        self.shown.currentIndexChanged.connect(self._draw)
        copy, save = QPushButton("Copy", objectName="compare.copy"), QPushButton("CSV …", objectName="compare.save")
        copy.setAccessibleName("Copy the results as CSV")
        save.setAccessibleName("Save the results as a CSV file")
        for button, slot in ((copy, self._copy), (save, self._save)):
            button.clicked.connect(slot)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(button.text()) + 14)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.start_button, self.shown, copy, save):
            row.addWidget(widget)
        row.addStretch(1)
        self.status = QLabel(objectName="compare.status")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setWordWrap(True)
        self.status.setAccessibleName("What solved means, and what the comparison has come to")
        self.table = QTableWidget(0, len(_COLUMNS), objectName="compare.table")
        self.table.setAccessibleName("The rules with their best rates and quartiles")
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 5)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumHeight(70)
        self.plot = PlotView(plots)
        self.plot.setObjectName("compare.plot")
        self.plot.setAccessibleName("The comparison as a plot")
        self.plot.setMinimumHeight(170)
        self.plot.set_message(
            "Every rule gets the same number of gradients, its best rate of the sweep, the same starts."
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 4, 0, 0)
        outer.setSpacing(4)
        outer.addWidget(self.rules)
        outer.addLayout(form)
        outer.addLayout(row)
        outer.addWidget(self.status)
        outer.addWidget(self.table, 2)
        outer.addWidget(self.plot, 3)

    def subject_changed(self) -> None:
        """Another function or start: what was found is about another."""
        subject = self.panel.subject
        self.start_button.setEnabled(subject is not None and (self.panel.allowed or self.panel.awaited))
        if subject != self._subject:
            if self.starts.value() == self._usual_starts(self._subject):
                self.starts.setValue(self._usual_starts(subject))
            self._subject = subject
            self.worker.cancel()
            self._found = {}
            self.table.setRowCount(0)
            self.status.setText("")
            self.plot.set_message(
                "Every rule gets the same number of gradients, its best rate of the sweep, the same starts."
            )

    @staticmethod
    def _usual_starts(subject: Subject | None) -> int:
        """So many starts that a comparison comes in seconds, where each gradient goes over many rows too."""
        rows = subject.rows if subject is not None else 1
        return min(_STARTS, max(_FEWEST, _WORK // rows))

    def run(self) -> None:
        """Ask for the comparison."""
        subject = self.panel.subject
        if subject is None or not self.panel.allowed:
            self.panel.run_later(self.run)
            return
        names = [
            self.rules.item(k).text()
            for k in range(self.rules.count())
            if self.rules.item(k).checkState() is Qt.CheckState.Checked
        ]
        if not names:
            self.status.setText("Tick a rule first.")
            return
        self._found = {name: {} for name in names}
        self._goal = {}
        self._of = f"of {self._batch()} rows " if self._batch() else ""
        self.table.setRowCount(0)
        reach = abs(self.reach.value()) or _REACH
        chosen = {name: self.panel.form.chosen.get(name, {}) for name in names}
        rules = []
        for name, settings in chosen.items():
            rules.append({"rule": name, "settings": settings, "batch": self._batch()})
        self.status.setText("comparing …")
        self.worker.ask(
            questions.optimizer(
                "compare",
                subject.source,
                subject.at,
                subject.objective,
                budget=self.budget.value(),
                starts=self.starts.value(),
                seed=self.panel.seed,
                lows=[value - reach for value in subject.at.values()],
                highs=[value + reach for value in subject.at.values()],
                lowest=self.lowest.value(),
                highest=self.highest.value(),
                # Fair: a rate that was set by hand for one of the rules is tried with all of them.
                also=sorted({float(settings["rate"]) for settings in chosen.values() if "rate" in settings}),
                rules=rules,
            ),
            _BUDGET_MS,
        )

    def _batch(self) -> int:
        return self.panel.batch.value() if self.panel.batch.isEnabled() else 0

    def _take(self, answer: Mapping[str, Any]) -> None:
        if "starts" in answer:
            each = f"each at {len(answer['rates'])} rates from {answer['starts']} starts"
            self.status.setText(f"comparing … 0 of {len(self._found)} rules, {each}")
        elif "rule" in answer:
            self._found[answer["rule"]].update(answer)
            self.status.setText(f"comparing … {sum(bool(v) for v in self._found.values())} of {len(self._found)} rules")
        elif "summary" in answer:
            self._found[answer["summary"]].update(answer)
        elif "target" in answer:
            self._goal = dict(answer)
            self._fill()

    def _ended(self, end: End) -> None:
        if not isinstance(end, Done):
            said = getattr(end, "message", "The comparison failed.")
            self.status.setText(f"{said} {self._words(self._ranked())}" if self._goal else said)

    # -- what was found ----------------------------------------------------------------------------------------------

    def _ranked(self) -> list[str]:
        return sorted(
            (name for name, found in self._found.items() if "median" in found),
            key=lambda name: (-self._found[name]["solved"], _number(self._found[name]["median"])),
        )

    def _rows(self) -> list[list[object]]:
        rows: list[list[object]] = []
        for name in self._ranked():
            found = self._found[name]
            rate: object = found["rates"][found["best"]] if len(found["rates"]) > 1 else "its own"
            rows.append([name, rate, found["low"], found["median"], found["high"], found["solved"]])
        return rows

    def _fill(self) -> None:
        rows = self._rows()
        self.table.setRowCount(len(rows))
        for place, (name, rate, *numbers, solved) in enumerate(rows):
            texts = [
                str(name),
                number_text(rate, 3),
                *(number_text(v, 3) for v in numbers),
                f"{100 * float(solved):.0f} %",
            ]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(place, column, item)
        ranked = self._ranked()
        going = f"comparing … {len(ranked)} of {len(self._found)} rules. " if len(ranked) < len(self._found) else ""
        self.status.setText(going + self._words(ranked))
        self.status.setToolTip("Solved is 99.9 % of the way from the median start to the lowest value found.")
        self._draw()

    def _words(self, ranked: Sequence[str]) -> str:
        """What counts as solved, and which rules would perhaps do better beyond the rates."""
        edges = [name for name in ranked if self._at_edge(name)]
        more = f" Perhaps better beyond these rates: {', '.join(edges)}." if edges else ""
        target, lowest = (number_text(self._goal[key], 4) for key in ("target", "lowest"))
        label = pretty_name(self.panel.subject.label) if self.panel.subject else "f"
        return f"Solved: {label} ≤ {target}; lowest {lowest}.{more}"

    def _at_edge(self, name: str) -> bool:
        found = self._found[name]
        return len(found["rates"]) > 1 and found["best"] in (0, len(found["rates"]) - 1)

    def _draw(self) -> None:
        ranked = self._ranked()
        if not ranked:
            return
        kind = self.shown.currentData()
        series = []
        for index, name in enumerate(ranked):
            found = self._found[name]
            if kind == "profile":
                x, y = self._profile(found)
            elif kind == "sweep":
                if len(found["rates"]) < 2:
                    continue
                x, y = found["rates"], [quartiles[1] for quartiles in found["quartiles"]]
            else:
                x, y = found["curve"]["x"], [quartiles[1] for quartiles in found["curve"]["quartiles"]]
            style = {"index": index, "markers": kind == "sweep"}
            series.append({"x": x, "y": y, "label": name, "style": style})
        if not series:
            self.plot.set_message("The rules that search have no rate to sweep.")
            return
        values = [_number(v) for row in series for v in row["y"]]
        finite = [v for v in values if math.isfinite(v)]
        decades = kind != "profile" and bool(finite) and min(finite) > 0 and max(finite) > 100 * min(finite)
        label = pretty_name(self.panel.subject.label) if self.panel.subject else "f"
        self.plot.show_figure(
            {
                "kind": "curves",
                "x_scale": "log" if kind == "sweep" else "linear",
                "y_scale": "log" if decades else "linear",
                "x_label": "rate" if kind == "sweep" else f"gradients {self._of}evaluated",
                "x_whole": kind != "sweep",
                "y_label": "starts solved, %" if kind == "profile" else f"median of {label}",
                "series": series,
            }
        )

    def _profile(self, found: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """The part of the starts that are solved, against the gradients spent: a staircase."""
        spent = [_number(v) for v in found["evaluations"]]
        total = len(spent)
        x, y = [0.0], [0.0]
        for count, cost in enumerate(sorted(v for v in spent if math.isfinite(v)), start=1):
            x += [cost, cost]
            y += [y[-1], 100 * count / total]
        return [*x, float(self.budget.value())], [*y, y[-1]]

    def numbers(self) -> list[list[object]]:
        """The results with their names, a row a rule and rate."""
        rows: list[list[object]] = [["rule", "rate", "lower quartile", "median", "upper quartile", "solved", "best"]]
        for name in self._ranked():
            found = self._found[name]
            for place, (rate, quartiles) in enumerate(zip(found["rates"], found["quartiles"], strict=True)):
                best = place == found["best"]
                rows.append([name, rate, *quartiles, found["solved"] if best else "", int(best)])
        return rows

    def _copy(self) -> None:
        from explorer.ui.numbers_out import copy_numbers

        copy_numbers(self, self.numbers())

    def _save(self) -> None:
        from explorer.ui.numbers_out import save_numbers

        save_numbers(self, "comparison", self.numbers)


def _number(value: object) -> float:
    return float(value)  # type: ignore[arg-type]  # "inf" and "nan" are texts on the wire
