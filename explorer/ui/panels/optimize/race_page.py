"""The Race page: many rules from one start at once, on one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.optimize.rules.table import RULES, rule_from
from explorer.ui.panel import ALL_DIGITS, number_text
from explorer.ui.panels.optimize.form import Setting, first_rate, said
from explorer.ui.panels.optimize.paths import PathsView
from explorer.ui.panels.optimize.trace import Trace, digest
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.panel import OptimizePanel

_STEPS = 200
_FIRST = ("gd", "momentum", "nesterov", "rmsprop", "adam", "bfgs")  # that race unless others are chosen
# Those stand on top: all that race are seen.
_ORDER = {name: RULES[name] for name in (*_FIRST, *RULES)}
_COLUMNS = ("rule", "rate", "f", "end")
_HEADED_ROWS = 7  # of the table: its head and those that race at first
_BUDGET_MS = 60_000


class RacePage(QWidget):
    """A table of rules with a tick and a rate each; the picture and the curves of those that race."""

    def __init__(self, panel: OptimizePanel, crew: Crew, plots: Crew) -> None:
        super().__init__()
        self.panel = panel
        self.traces: list[Trace] = []
        self._rows: list[int] = []  # the table's row of each trace
        self._digests: list[str] = []  # of a session file's race, that is being repeated
        self._taken: dict[str, Mapping[str, Setting]] = {}  # what was set by hand elsewhere, as the table has it
        self._data = panel.data
        self.worker = crew.worker("optimize.race")
        self.worker.answered.connect(self._take)
        self.worker.ended.connect(self._ended)
        panel._mind(self.worker)
        self.paths = PathsView(crew, plots, "race", tight=True)
        panel._mind(self.paths.landscapes)
        self.paths.split.setSizes([190, 190])  # the curves have a legend above them
        self.start_button = QPushButton("Race", objectName="race.run")
        self.start_button.setAccessibleName("Let the ticked rules race")
        self.start_button.setToolTip("Every ticked rule from the same start (Ctrl+Return)")
        self.start_button.clicked.connect(self.run)
        fit = QPushButton("Fit view", objectName="race.fit")
        fit.setAccessibleName("Show all paths")
        fit.clicked.connect(self.paths.fit)
        self.steps = QSpinBox(objectName="race.steps", minimum=1, maximum=100_000, value=_STEPS)
        self.steps.setAccessibleName("Steps of each rule")
        self.status = QLabel(objectName="race.status")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setAccessibleName("What the race has come to")
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.start_button, fit, QLabel("steps"), self.steps):
            row.addWidget(widget)
        row.addWidget(self.status, 1)
        self.table = self._build_table()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.paths)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([_HEADED_ROWS * (self.table.fontMetrics().height() + 5) + 2, 400])
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 4, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(row)
        outer.addWidget(split, 1)

    def _build_table(self) -> QTableWidget:
        table = QTableWidget(len(RULES), len(_COLUMNS), objectName="race.table")
        table.setAccessibleName("The rules that race, with their rates and how they ended")
        table.setHorizontalHeaderLabels(_COLUMNS)
        table.horizontalHeaderItem(2).setToolTip("The value at which each rule's run ended")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 5)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)  # beside its lines the rims of the ticks are faint on dark ground
        table.setMinimumHeight(70)
        for place, (name, kind) in enumerate(_ORDER.items()):
            item = QTableWidgetItem(name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in _FIRST else Qt.CheckState.Unchecked)
            item.setToolTip(f"{kind.title} ({kind.source})")
            table.setItem(place, 0, item)
            rate = first_rate(name, self._data)
            cell = QTableWidgetItem("" if rate is None else number_text(rate))
            if rate is None:
                cell.setFlags(Qt.ItemFlag.ItemIsEnabled)
            table.setItem(place, 1, cell)
            for column in (2, 3):
                told = QTableWidgetItem("")
                told.setFlags(Qt.ItemFlag.ItemIsEnabled)
                table.setItem(place, column, told)
        table.resizeColumnsToContents()
        table.setColumnWidth(1, 64)
        table.setColumnWidth(2, 84)
        return table

    # -- the race ----------------------------------------------------------------------------------------------------

    def subject_changed(self) -> None:
        """Another function, start or setting: the race is over, the picture follows."""
        self._suit()
        self._take_settings()
        subject = self.panel.subject
        self.start_button.setEnabled(subject is not None and (self.panel.allowed or self.panel.awaited))
        if subject is None:
            self.paths.show_message("Nothing to be optimized.")
            return
        self.table.horizontalHeaderItem(2).setText(pretty_name(subject.label))
        if self.paths.subject != subject:
            self.worker.cancel()
            self.traces = []
            self.paths.set_traces([])
            self.paths.set_subject(subject, keep=True)
            self.status.setText("")

    def _suit(self) -> None:
        """Another data set: the rates that nobody has set are those for it."""
        before, self._data = self._data, self.panel.data
        if before == self._data:
            return
        for place, name in enumerate(_ORDER):
            cell = self.table.item(place, 1)
            if cell.text() == number_text(first_rate(name, before)):
                cell.setText(number_text(first_rate(name, self._data)))

    def _take_settings(self) -> None:
        """What a rule was set to by hand is what it races with; a rate that is written here goes on to count."""
        for place, name in enumerate(_ORDER):
            settings = self.panel.form.chosen.get(name, {})
            if settings == self._taken.get(name, {}):
                continue
            rate = settings.get("rate", first_rate(name, self._data))
            if rate is not None and rate != self._taken.get(name, {}).get("rate"):
                self.table.item(place, 1).setText(number_text(rate, ALL_DIGITS))
            self.table.item(place, 1).setToolTip(said(name, settings))
            self._taken[name] = settings

    def run(self) -> None:
        """Let all ticked rules run."""
        subject = self.panel.subject
        if subject is None or not self.panel.allowed:
            self.panel.run_later(self.run)
            return
        specs, self._rows = [], []
        for place, name in enumerate(_ORDER):
            for column in (2, 3):
                self.table.item(place, column).setText("")
            if self.table.item(place, 0).checkState() is not Qt.CheckState.Checked:
                continue
            settings: dict[str, Any] = dict(self._taken.get(name, {}))
            text = self.table.item(place, 1).text().strip().replace("−", "-").replace(",", ".")
            if text:
                try:
                    settings["rate"] = float(text)
                    rule_from(name, settings)
                except Exception as error:  # a ValueError of float or what the rule refuses, in words
                    self.table.item(place, 3).setText(getattr(error, "message", "The rate is not a number."))
                    continue
            leg = {"rule": name, "settings": settings, "steps": self.steps.value()}
            if self.panel.batch.isEnabled() and self.panel.batch.value():
                leg["batch"] = self.panel.batch.value()
            specs.append({"at": dict(subject.at), "legs": [leg]})
            self._rows.append(place)
        self._digests = []
        self._ask(specs)
        if not specs:
            self.status.setText("Tick a rule first.")

    def _ask(self, specs: list[dict[str, Any]]) -> None:
        subject = self.panel.subject
        assert subject is not None
        self.traces = [Trace(spec, subject.names, spec["legs"][0]["rule"]) for spec in specs]
        self.paths.set_traces(self.traces)
        if not specs:
            return
        self.status.setText("")
        self.worker.ask(
            questions.runs(subject.source, subject.objective, self.panel.seed, specs, self.panel.box()), _BUDGET_MS
        )

    def options(self) -> dict[str, Any]:
        """What a session file keeps: who races at which rate, how far, and how to repeat the race."""
        ticked = [
            name for place, name in enumerate(_ORDER) if self.table.item(place, 0).checkState() is Qt.CheckState.Checked
        ]
        return {
            "ticked": ticked,
            "rates": {name: self.table.item(place, 1).text() for place, name in enumerate(_ORDER)},
            "steps": self.steps.value(),
            "runs": [{**trace.spec, "digest": digest(trace)} for trace in self.traces if len(trace)],
        }

    def restore(self, options: Mapping[str, Any]) -> None:
        """Take such options; what does not fit is passed over."""
        self._take_settings()
        ticked, rates = options.get("ticked"), options.get("rates", {})
        for place, name in enumerate(_ORDER):
            if isinstance(ticked, list):
                state = Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked
                self.table.item(place, 0).setCheckState(state)
            if isinstance(rates, Mapping) and isinstance(rates.get(name), str):
                self.table.item(place, 1).setText(rates[name][:40])
        steps = options.get("steps")
        if isinstance(steps, int) and not isinstance(steps, bool) and abs(steps) < 2**31:
            self.steps.setValue(steps)

    def repeat(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """Run a session file's race, and say whether it is the same, bit for bit."""
        known = [run for run in runs if run["legs"][0]["rule"] in RULES]
        if not known or self.panel.subject is None:
            return
        self._rows = [list(_ORDER).index(run["legs"][0]["rule"]) for run in known]
        self._digests = [str(run.get("digest", "")) for run in known]
        self._ask([{"at": dict(run["at"]), "legs": [dict(leg) for leg in run["legs"]]} for run in known])

    def _take(self, answer: Mapping[str, Any]) -> None:
        place = answer.get("run")
        if place is None or not 0 <= place < len(self.traces):
            return
        trace = self.traces[place]
        trace.take(answer)
        if "block" in answer:
            self.paths.follow()
        row = self._rows[place]
        if len(trace):
            self.table.item(row, 2).setText(number_text(trace.loss[-1], 4))
        if trace.stopped:
            self.table.item(row, 3).setText(_short(trace))
            self.table.item(row, 3).setToolTip(trace.sentence)

    def _ended(self, end: End) -> None:
        if not isinstance(end, Done):
            self.status.setText(getattr(end, "message", "The race failed."))
        self.paths.fit_after_run()
        self.paths.show_curves()
        finished = [trace for trace in self.traces if len(trace) and trace.stopped != "diverged"]
        if finished:
            best = min(finished, key=lambda trace: trace.loss[-1])
            self.status.setText(f"lowest: {best.label}")
        digests, self._digests = self._digests, []
        if digests and digests != [digest(trace) for trace in self.traces]:
            self.status.setText("The race of the session was repeated, but its numbers differ from the file's.")


def _short(trace: Trace) -> str:
    gradients = trace.cost.get("gradient")
    spent = f", {gradients:g} gradients" if gradients is not None else ""
    if trace.stopped == "refused":
        return trace.sentence
    last = len(trace) - 1
    return {
        "steps": f"all steps{spent}",
        "converged": f"converged at step {last}{spent}",
        "diverged": f"diverged at step {last + 1}",
        "stalled": f"stalled at step {last}{spent}",
    }.get(trace.stopped, trace.stopped)
