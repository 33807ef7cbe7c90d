"""The optimize panel: every rule on the function itself; run, race, compare, map and understand.

The panel holds what all its pages share: the objective, the rule and its settings. A page is built when it is first
looked at, the Run page excepted.

Longer than 300 lines: objective, settings, warnings and session file are of one state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.optimize.rules.table import RULES
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.focus_order import in_place
from explorer.ui.math_label import MathLabel
from explorer.ui.panel import Panel, number_text
from explorer.ui.panels.optimize.form import RuleForm, reach
from explorer.ui.panels.optimize.paths import Subject
from explorer.ui.panels.optimize.run_page import RunPage
from explorer.ui.panels.optimize.settings import MoreSettings
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

_ROOMY = 740  # pixels of height from which formula and form leave the plots enough
_BETWEEN = 4  # pixels between the widgets of a row
_ROUND_THE_FOLD = 50  # pixels: the panel's margins, and the arrow and the rim of the button that folds
_MOST_NAMED = 4  # parameters
_FAR_BELOW = 50  # times: at a rate so far below the stable one 200 steps go as far as four could
_GETS_NOWHERE, _GETS_FAR = 0.5, 20.0  # along an input: of a picture that is 5 wide, and to its other end and back
_CALM_MS = 250  # a rate that is being typed is judged when it rests
_LARGEST_TABLE = 4_000_000  # characters of a table that is opened
_DATA = {
    "line": ("fit a line", "A line through 15 points"),
    "sine": ("fit a cubic", "A polynomial of degree 3 through 20 noisy points of a sine"),
    "blobs": ("two blobs", "Logistic regression on two blobs of points"),
    "circles": ("two circles", "A small network that tells two circles of points apart"),
}


class OptimizePanel(Panel):
    """Objective, rule and settings above; below them the pages."""

    name = "optimize"
    title = "Optimize"
    headed = False
    undoable = True
    budget_ms = 60_000

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """at_once: with all its widgets; else whoever makes it goes through `build`, some milliseconds at a time."""
        super().__init__(crew, parent)
        self.plots = plots
        self.subject: Subject | None = None
        self._given: dict[str, float] = {}  # the inputs as the window has them
        self._data_start: dict[str, float] = {}  # that of the data set's parameters
        self._table = ""
        self._kept: list[Mapping[str, Any]] = []  # runs of a session file, to be repeated when there is a question
        self._race: dict[str, Any] = {}  # that of a session file
        self._race_due = False  # it waits for its page to be seen, and for its inputs to be known
        self._wait_for_names = False
        self._wish: Callable[[], None] | None = None  # a run that was asked for before it could begin
        if at_once:
            for _ in self.build():
                pass

    def build(self) -> Iterator[None]:
        """Make what is inside, part by part."""
        self._build_head()
        yield
        self.pages = QTabWidget(objectName="optimize.pages")
        self.pages.setAccessibleName("Pages of the optimizer")
        self.pages.setDocumentMode(True)
        self.run_page = RunPage(self, self.crew, self.plots)
        yield
        self._mind(self.run_page.paths.landscapes)
        self._mind(self.run_page.planes)
        self.run_page.paths.drawn.connect(self.brighten)
        self.run_page.paths.failed.connect(self._landscape_failed)
        self.pages.addTab(self.run_page, "Run")
        for title in ("Race", "Compare", "Map", "Understand"):
            self.pages.addTab(QWidget(), title)
        self.pages.currentChanged.connect(self._page_shown)
        self.body.addWidget(self.pages, 1)
        self.judge = self.crew.worker("optimize.judge")
        self.judge.answered.connect(self._judged)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._judge)
        # What tests and scripts of the window hold on to.
        self.plot, self.loss, self.state = self.run_page.paths.plot, self.run_page.paths.loss, self.run_page.state
        self._noted: dict[str, Any] | None = None  # the choices that the document knows of; None while they are put in
        self._settings_changed()
        self._noted = self._choices()
        self.run_page.steps.valueChanged.connect(self._note)
        self.run_page.steps.valueChanged.connect(self._calm.start)

    def _build_head(self) -> None:
        self.objective = ChoiceBox(objectName="optimize.objective")
        self.objective.setAccessibleName("What is minimised")
        theme.narrow(self.objective, 9)
        self.objective.activated.connect(self._objective_chosen)
        self.form = RuleForm()
        self.rule = self.form.rule
        self.batch = QSpinBox(objectName="optimize.batch", minimum=0, maximum=1_000_000, value=0)
        self.batch.setAccessibleName("Batch size")
        self.batch.setToolTip("Rows a step sees")
        self.batch.setEnabled(False)  # until there is data to take batches of
        self.batch.setSpecialValueText("all")
        self.batch.valueChanged.connect(self._settings_changed)
        self.batch_label = QLabel("batch")
        self.batch_label.setBuddy(self.batch)
        for place, (words, widget) in enumerate((("minimise", self.objective), ("by", self.rule))):
            label = QLabel(words)
            label.setBuddy(widget)
            self.head.insertWidget(2 * place, label)
            self.head.insertWidget(2 * place + 1, widget)
        self.more_button = QToolButton(text="More", objectName="optimize.more", checkable=True)
        self.more_button.setToolTip("Schedule, clipping, where the gradient comes from, seed, bounds")
        self.more_button.setAccessibleName("More settings")
        self.head.insertWidget(4, self.more_button)
        self.formula = MathLabel(3)
        self.formula.setObjectName("optimize.formula")
        self.formula.setAccessibleName("Formula of the rule")
        self.more = MoreSettings()
        self.more.hide()
        self.more_button.toggled.connect(self._more_toggled)
        self._fold_wish: bool | None = None  # whether the person wants formula and form; None: as there is room
        self.fold = QToolButton(objectName="optimize.fold", checkable=True, autoRaise=True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setAccessibleName("Formula and hyper-parameters of the rule")
        self.fold.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.fold.clicked.connect(self._fold_clicked)
        rule_row = QHBoxLayout()
        rule_row.setSpacing(_BETWEEN)
        self.form.rate.setMaximumWidth(130)
        for widget in (self.form.rate_label, self.form.rate):
            rule_row.addWidget(widget)
        rule_row.addWidget(self.fold, 1)
        for widget in (self.batch_label, self.batch):
            rule_row.addWidget(widget)
        rule_row.addStretch(0)  # on the page of the race nothing else stands here
        self.batch.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.about = QLabel(objectName="optimize.about")
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setAccessibleName("Which model and which loss the data have")
        self.about.setWordWrap(True)
        self.about.hide()
        self.body.addWidget(self.about)
        self.body.addLayout(rule_row)
        self.hidden_settings = QLabel(objectName="optimize.hidden")
        self.hidden_settings.setTextFormat(Qt.TextFormat.PlainText)
        self.hidden_settings.setAccessibleName("Settings that are not usual")
        self.hidden_settings.setWordWrap(True)
        self.hidden_settings.hide()
        self.settings_area = _SettingsArea((self.formula, self.form, self.more))
        self.body.addWidget(self.settings_area)
        self.body.addWidget(self.hidden_settings)
        self.form.changed.connect(self._settings_changed)
        self.more.changed.connect(self._settings_changed)
        self.more_button.toggled.connect(self._say_hidden)
        self._list_objectives(None)

    # -- what the pages ask ------------------------------------------------------------------------------------------

    @property
    def allowed(self) -> bool:
        """Whether a run can be asked for."""
        return (
            self.subject is not None
            and bool(self.subject.names)
            and not self._outdated
            and not self._wait_for_names
            and not self._refusal()
        )

    @property
    def awaited(self) -> bool:
        """Whether what a run needs is still on its way, so that one that is asked for now begins by itself then."""
        return (self._wait_for_names or self._outdated) and not self.form.refusal()

    def run_later(self, run: Callable[[], None]) -> None:
        """Run as soon as that is possible, if it soon will be."""
        if self.awaited:
            self._wish = run
            self.run_page.state.setText("The run begins as soon as its function is known.")

    def _grant_wish(self) -> None:
        if self._wish is not None and not self.awaited:
            run, self._wish = self._wish, None
            run()

    @property
    def seed(self) -> int:
        """Of data and batches."""
        return self.more.seed.value()

    @property
    def data(self) -> str:
        """The name of the chosen data set; "" where that is no data set of the program's own."""
        return str((self.objective.currentData() or {}).get("name", ""))

    @property
    def on_data(self) -> bool:
        """Whether the objective is a mean over rows of data."""
        return self.subject is not None and self.subject.objective.get("kind") in ("data", "table")

    @property
    def stands_alone(self) -> bool:
        """Whether what is seen is about a data set with its own model, and the text may change without it."""
        return self.subject is not None and self.subject.objective.get("kind") == "data" and not self._wait_for_names

    def leg(self, steps: int) -> dict[str, Any]:
        """A leg with the settings as they are."""
        leg = {"rule": self.rule.currentData(), "settings": self.form.settings(), "steps": steps, **self.more.leg()}
        if self.batch.isEnabled() and self.batch.value():
            leg["batch"] = self.batch.value()
        return leg

    def box(self) -> dict[str, Any] | None:
        """The bounds, by input."""
        try:
            found = self.more.box(self.subject.names if self.subject else [])
        except ValueError:
            return None
        return {name: list(ends) for name, ends in found.items()} or None

    def given_start(self) -> dict[str, float]:
        """Where the inputs are, or where a data set's parameters begin."""
        return dict(self._data_start or self._given)

    def move_start(self, start: Mapping[str, float]) -> None:
        """The pages' subject now starts here."""
        if self.subject is not None:
            self.subject = replace(self.subject, at=dict(start))
            self.run_page.paths.subject = self.subject
            self._calm.start()

    def ask_runs(self, question: Message) -> None:
        """Ask for runs; their answers go to the Run page."""
        self._fresh = False
        self.worker.ask(question, self.budget_ms)

    def cancel_runs(self) -> None:
        """The runs under way are of no use any more."""
        self.worker.cancel()

    def _refusal(self) -> str:
        """What is wrong with the settings, as a sentence; empty if nothing is."""
        refusal = self.form.refusal()
        if not refusal and self.more.clip.value() < 0:
            refusal = "The longest gradient that clipping lets through must be above 0; 0 turns clipping off."
        if not refusal:
            try:
                self.more.box(self.subject.names if self.subject else [])
            except ValueError as error:
                refusal = str(error)
        return refusal

    # -- a new function, point or objective --------------------------------------------------------------------------

    def asks(self, question: Question) -> Message | None:
        """A new function or point is a new start; the runs themselves wait for their button."""
        self._given = dict(question.at)
        with self._unnoted():
            self._list_objectives(question)
        if self.stands_alone and not self._kept:
            self.brighten()
            self._grant_wish()
            return None
        self._take_subject(keep=True)
        if not self._wait_for_names:
            self._repeat_kept()
            self._grant_wish()
        return None

    def outdate(self) -> None:
        """The text has changed: a run that was asked for was meant for the one before."""
        super().outdate()
        if self.stands_alone:
            self._dim(False)
        else:
            self._wish = None

    def _repeat_kept(self) -> None:
        """Repeat the runs of a session file, now that their inputs are known."""
        kept, self._kept = self._kept, []
        self.run_page.repeat(kept)

    def _list_objectives(self, question: Question | None) -> None:
        """The outputs, their squares' sum, and the data sets; the choice stays if it is still there."""
        before = self.objective.currentData()
        with QSignalBlocker(self.objective):
            self.objective.clear()
            outputs = question.program.outputs if question is not None else ("this function",)
            if len(outputs) == 1:
                self.objective.addItem(pretty_name(outputs[0]), {})
            else:
                self.objective.addItem(f"{len(outputs)} outputs", {"kind": "none"})
                for index, output in enumerate(outputs):
                    self.objective.addItem(pretty_name(output), {"kind": "output", "index": index})
                self.objective.addItem("sum of squares", {"kind": "squares"})
            for name, (words, about) in _DATA.items():
                self.objective.addItem(words, {"kind": "data", "name": name})
                self.objective.setItemData(self.objective.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
            self.objective.addItem("table …", {"kind": "table"})
            about = "The mean of this function over the rows of a table; a row costs, say, (w*x + b - y)^2"
            self.objective.setItemData(self.objective.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
            place = next((k for k in range(self.objective.count()) if self.objective.itemData(k) == before), 0)
            self.objective.setCurrentIndex(place)

    def _objective_chosen(self) -> None:
        self._wish = None
        if (self.objective.currentData() or {}).get("kind") == "table" and not self._open_table():
            self.objective.setCurrentIndex(0)
        self.form.suit(self.data)
        self._settings_changed()
        self._take_subject(keep=False)

    def _open_table(self) -> bool:
        path, _ = QFileDialog.getOpenFileName(self, "A table with a column an input", "", "Tables (*.csv *.tsv *.txt)")
        if not path:
            return False
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(_LARGEST_TABLE + 1)
        except (OSError, UnicodeDecodeError):
            self.say("This file cannot be read as a table.")
            return False
        if len(text) > _LARGEST_TABLE:
            self.say("This table is too large.")
            return False
        self._table = text
        return True

    def _take_subject(self, keep: bool) -> None:
        """The objective as it is chosen now, with its start; on data the worker says which inputs there are."""
        question = self.question
        if question is None:
            return
        chosen = dict(self.objective.currentData() or {})
        kind = chosen.get("kind", "")
        on_data = kind in ("data", "table")
        self.about.hide()
        self.batch.setEnabled(on_data)
        self._make_room()
        paths = self.run_page.paths
        self._data_start = {}
        self._wait_for_names = on_data
        if on_data:
            if kind == "data":
                chosen["seed"] = self.seed
            else:
                chosen["text"] = self._table
            self.subject = Subject(question.source, chosen, {}, "mean loss")
            paths.subject = None
            self.run_page.set_start({})
            self.ask_runs(questions.runs(question.source, chosen, self.seed, [], None))
            return
        outputs = question.program.outputs
        label = {"output": lambda: outputs[chosen["index"]], "squares": lambda: "sum of squares"}.get(kind)
        self.subject = Subject(question.source, chosen, dict(question.at), label() if label else outputs[0])
        self.say(self._refusal())
        self._calm.start()
        if kind == "none":
            self.subject = None
            paths.subject = None
            self.run_page.starts = []
            self.run_page.forget()
            paths.show_message(
                "Several outputs: an optimizer needs one number to make small. Choose one, or their squares."
            )
            self.brighten()
            return
        self.run_page.starts = [dict(question.at)] if question.at else []
        self.run_page.forget()
        if not question.at:
            self.subject = None
            paths.subject = None
            paths.show_message("A constant has nothing to be optimized.")
            self.brighten()
            return
        self._dim_soon.start()
        paths.box = self._box_shown()
        paths.set_subject(self.subject, keep)
        self._tell_page()

    def _box_shown(self) -> dict[str, tuple[float, float]]:
        try:
            return self.more.box(self.subject.names if self.subject else [])
        except ValueError:
            return {}

    def _names_known(self, answer: Mapping[str, Any]) -> None:
        """The worker has read the data: its parameters, where they start, what is to be known."""
        self._wait_for_names = False
        self._data_start = {name: float(value) for name, value in answer["start"].items()}
        assert self.subject is not None
        rows = max(int(answer["rows"] or 1), 1)
        self.subject = replace(
            self.subject, at=dict(self._data_start), label=answer["label"], model=str(answer["model"]), rows=rows
        )
        self._say_about(answer)
        with self._unnoted():
            self.batch.setMaximum(rows)
        self.run_page.set_start(self._data_start)
        self.say(" ".join(answer["notes"]) or self._refusal())
        self.run_page.paths.set_subject(self.subject)
        self._calm.start()
        self._tell_page()
        # The answer at hand is that of the question under way: the next may follow when that has ended.
        if self._kept:
            QTimer.singleShot(0, self, self._repeat_kept)
        QTimer.singleShot(0, self, self._grant_wish)

    def _say_about(self, answer: Mapping[str, Any]) -> None:
        """The loss and the model in a sentence; the formula stands below the picture."""
        names = [pretty_name(name) for name in answer["names"]]
        parameters = f"{len(names)} parameters" if len(names) > _MOST_NAMED else "parameters " + ", ".join(names)
        about = str(answer["about"])
        self.about.setText(f"{about[:1].upper()}{about[1:]} over {answer['rows']} rows; {parameters}")
        self.about.show()

    def set_dimmed(self, dimmed: bool) -> None:
        self.run_page.paths.set_dimmed(dimmed)
        self.run_page.state.setEnabled(not dimmed)

    def _landscape_failed(self, said: str) -> None:
        self._dim_soon.stop()

    # -- answers -----------------------------------------------------------------------------------------------------

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "names" in answer:
            if self._wait_for_names:
                self._names_known(answer)
        else:
            self.run_page.take(answer)

    def show_end(self, end: End) -> None:
        if self._wait_for_names and not isinstance(end, Done):
            self._wish = None
            self.run_page.paths.show_message(getattr(end, "message", "The data could not be read."))
            self.brighten()
        self.run_page.end()

    # -- settings ----------------------------------------------------------------------------------------------------

    def _settings_changed(self) -> None:
        if not hasattr(self, "judge"):  # still being built
            return
        self._note()
        kind = RULES[self.rule.currentData()]
        refusal = self._refusal()
        try:
            written = kind(**self.form.settings()).written if not refusal else kind.formula  # type: ignore[arg-type]
        except Exception:  # what a rule refuses beyond its fields is said below
            written = kind.formula
        self.formula.set_lines(1 + written.count("\n") + 1)
        self.formula.setText(f"{kind.title} ({kind.source})\n{written}")
        chosen = self.subject.objective if self.subject is not None else {}
        if chosen.get("kind") == "data" and chosen.get("seed") != self.seed and self.sender() is self.more:
            self._take_subject(keep=False)
            return
        self._make_room()
        self._say_hidden()
        self.run_page.paths.box = self._box_shown()
        self.run_page.settings_changed()
        self.say(refusal or kind.warning)
        self._calm.start()
        self._tell_page()

    def _make_room(self) -> None:
        """Not everything fits into a window of 800 pixels: formula and form unfold where there is room, or if asked to.

        A race has rules and rates of its own.
        """
        title, more = self.pages.tabText(self.pages.currentIndex()), self.more_button.isChecked()
        roomy = title == "Run" and self.height() >= _ROOMY and not more
        unfolded = (roomy if self._fold_wish is None else self._fold_wish) and title != "Race"
        for widget in (self.form.rate_label, self.form.rate):
            widget.setVisible("rate" in self.form.fields and title != "Race")
        self.fold.setVisible(title != "Race")
        self.fold.setChecked(unfolded)
        self.fold.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        said = self.form.said()
        words = RULES[self.rule.currentData()].title + (f": {said}" if said and not unfolded else "")
        for widget in (self.batch_label, self.batch):
            widget.setVisible(self.batch.isEnabled())
        shown = [w for w in (self.form.rate_label, self.form.rate, self.batch_label, self.batch) if not w.isHidden()]
        beside = sum(min(widget.sizeHint().width(), widget.maximumWidth()) + _BETWEEN for widget in shown)
        width = self.width() - beside - _ROUND_THE_FOLD
        self.fold.setText(self.fold.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, max(width, 100)))
        self.fold.setToolTip(f"{self.formula.text()}\n{said}".strip())
        self.formula.setVisible(unfolded)
        self.form.setVisible(unfolded and bool(said))
        self.settings_area.setVisible(unfolded or more)
        self.settings_area.updateGeometry()

    def _fold_clicked(self, unfolded: bool) -> None:
        self._fold_wish = unfolded
        self._make_room()

    def _more_toggled(self, more: bool) -> None:
        self._fold_wish = None
        self.more.setVisible(more)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _say_hidden(self) -> None:
        said = "" if self.more.isVisible() else self.more.said()
        self.hidden_settings.setText(said)
        self.hidden_settings.setVisible(bool(said))

    def _judge(self) -> None:
        """What the curvature at the start says about the rate."""
        subject = self.subject
        if subject is None or not self.allowed or len(subject.names) > 50:
            self.run_page.say_of_rate("")
            return
        settings = {"rule": self.rule.currentData(), "settings": self.form.settings()}
        if self._judged_by_reach():
            self.judge.cancel()
            return
        self.judge.ask(
            questions.optimizer("curvature", subject.source, subject.at, subject.objective, **settings), 5_000
        )

    def _judged_by_reach(self) -> bool:
        """What is said of a rate that is about the length of a step: whether all of them get anywhere."""
        rule, rate, steps = self.rule.currentData(), self.form.rate.value(), self.run_page.steps.value()
        far = reach(rule, rate, steps)
        if far is None:
            return False
        if 0.0 < far < _GETS_NOWHERE and "schedule" not in self.more.leg():
            better = float(f"{rate * _GETS_FAR / far:.1g}")
            said = (
                f"A step is about as long as the rate{' at first' * (rule == 'adagrad')}: "
                f"{steps:,} of them go about {number_text(far, 2)} far along each input."
            )
            self.run_page.say_of_rate(said, better, f"So far that {steps:,} steps go about {_GETS_FAR:g} far")
        else:
            self.run_page.say_of_rate("")
        return True

    def _judged(self, answer: dict[str, Any]) -> None:
        if "eigenvalues" not in answer:
            return
        limit, rate = answer["limit"], answer["rate"]
        said = ""
        schedule = "" if "schedule" not in self.more.leg() else " (before its schedule)"
        if not (isinstance(limit, float) and isinstance(rate, float)):
            self.run_page.say_of_rate("")
            return
        if math.isclose(rate, limit, rel_tol=1e-9):
            said = (
                f"The rate{schedule} is the limit of stability at the start, {number_text(limit, 3)}: "
                "steps along the steepest curvature neither shrink nor grow there."
            )
        elif rate > limit:
            said = (
                f"The rate{schedule} is {number_text(rate / limit, 3)} × the largest stable one at the start, "
                f"{number_text(limit, 3)}: steps along the steepest curvature grow there."
            )
        elif rate * _FAR_BELOW < limit:
            said = (
                f"The rate{schedule} is {number_text(float(f'{limit / rate:.2g}'))} × below the largest stable one, "
                f"{number_text(limit, 3)}."
            )
        self.run_page.say_of_rate(said, float(f"{limit / 2:.3g}"))

    # -- pages -------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run the page that is seen (Ctrl+Return)."""
        page = self.pages.currentWidget()
        (page.run if hasattr(page, "run") else self.run_page.run)()

    def _page_shown(self, place: int) -> None:
        title = self.pages.tabText(place)
        self._make_room()
        if title != "Run" and not hasattr(self.pages.widget(place), "subject_changed"):
            page = self._build_page(title)
            with QSignalBlocker(self.pages):
                old = self.pages.widget(place)
                self.pages.removeTab(place)
                self.pages.insertTab(place, page, title)
                self.pages.setCurrentIndex(place)
                old.deleteLater()
            in_place(page)
        self._tell_page()

    def _build_page(self, title: str) -> QWidget:
        if title == "Race":
            from explorer.ui.panels.optimize.race_page import RacePage

            race = RacePage(self, self.crew, self.plots)
            if self._race:
                race.restore(self._race)
            return race
        if title == "Compare":
            from explorer.ui.panels.optimize.compare_page import ComparePage

            return ComparePage(self, self.crew, self.plots)
        if title == "Map":
            from explorer.ui.panels.optimize.map_page import MapPage

            return MapPage(self, self.crew, self.plots)
        from explorer.ui.panels.optimize.understand_page import UnderstandPage

        return UnderstandPage(self, self.crew, self.plots)

    def _tell_page(self) -> None:
        page = self.pages.currentWidget()
        if hasattr(page, "subject_changed"):
            page.subject_changed()
        if self._race_due and self.allowed and page is self._race_page():
            self._race_due = False
            runs = self._race.get("runs")
            page.repeat([run for run in runs if _is_run(run)][:24] if isinstance(runs, list) else [])

    # -- session files -----------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """The choices of `_choices`, and how to repeat the runs."""
        kept = {**self._choices(), "runs": self.run_page.specs()}
        race = self._race_page()
        if race is not None:
            kept["race"] = race.options()
        elif self._race:  # not looked at yet
            kept["race"] = dict(self._race)
        return kept

    def _choices(self) -> dict[str, Any]:
        """Objective, rule and settings: what undo takes back. Runs it leaves alone."""
        chosen = dict(self.objective.currentData() or {})
        if chosen.get("kind") == "table":
            chosen["text"] = self._table
        return {
            "objective": chosen,
            "rule": self.rule.currentData(),
            "settings": self.form.settings(),
            "more": self.more.options(),
            "batch": self.batch.value(),
            "steps": self.run_page.steps.value(),
            "chosen": {rule: dict(settings) for rule, settings in self.form.chosen.items()},
        }

    def _note(self) -> None:
        """Tell the document what a person has chosen."""
        if self._noted is not None and (now := self._choices()) != self._noted:
            before, self._noted = self._noted, now
            self.options_changed.emit(before, now)

    @contextmanager
    def _unnoted(self) -> Iterator[None]:
        """What changes in here no person has chosen."""
        self._noted = None
        try:
            yield
        finally:
            self._noted = self._choices()

    def _race_page(self) -> Any:
        return next(
            (page for page in map(self.pages.widget, range(self.pages.count())) if hasattr(page, "restore")), None
        )

    def restore(self, options: Mapping[str, Any]) -> None:
        with self._unnoted():
            self._restore_choices(options)
        if "runs" not in options:  # undo
            return
        race = options.get("race")
        self._race = dict(race) if isinstance(race, Mapping) else {}
        self._race_due = bool(self._race)
        page = self._race_page()
        if page is not None and self._race:
            page.restore(self._race)
        runs = options.get("runs")
        self._kept = [run for run in runs if _is_run(run)][:24] if isinstance(runs, list) else []

    def _restore_choices(self, options: Mapping[str, Any]) -> None:
        objective = options.get("objective")
        chosen = dict(objective) if isinstance(objective, Mapping) else {}
        self._table = str(chosen.pop("text", ""))
        place = next((k for k in range(self.objective.count()) if self.objective.itemData(k) == chosen), 0)
        self.objective.setCurrentIndex(place)
        self.form.suit(self.data)
        settings = options.get("settings")
        self.form.chosen.clear()
        self.form.take(str(options.get("rule", "gd")), settings if isinstance(settings, Mapping) else {})
        more = options.get("more")
        self.more.restore(more if isinstance(more, Mapping) else {})
        for box, key, default in ((self.batch, "batch", 0), (self.run_page.steps, "steps", 200)):
            value = options.get(key, default)
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
                box.setValue(value)
        chosen_settings = options.get("chosen")
        if isinstance(chosen_settings, Mapping):
            for rule, set_by_hand in chosen_settings.items():
                if rule in RULES and isinstance(set_by_hand, Mapping):
                    self.form.chosen[rule] = _fitting(rule, set_by_hand)


class _SettingsArea(QScrollArea):
    """Settings as high as they are; where that leaves the plots too little, they scroll."""

    def __init__(self, widgets: Sequence[QWidget]) -> None:
        super().__init__(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            column.addWidget(widget)
        self.setWidget(inner)

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, min(self.sizeHint().height(), 60))


def _fitting(rule: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a session file's settings that the rule has and allows; the others are as they usually are."""
    about, defaults = RULES[rule].hyperparameters(), RULES[rule].defaults()
    return {
        field: settings[field]
        if field in settings and about[field].refusal(settings[field], default) is None
        else default
        for field, default in defaults.items()
    }


def _is_run(run: object) -> bool:
    """Whether a session file's run has the shape of one; its numbers are checked by the worker."""
    if not isinstance(run, Mapping) or not isinstance(run.get("at"), Mapping) or not isinstance(run.get("legs"), list):
        return False
    return bool(run["legs"]) and all(
        isinstance(leg, Mapping) and str(leg.get("rule")) in RULES and isinstance(leg.get("steps"), int)
        for leg in run["legs"]
    )
