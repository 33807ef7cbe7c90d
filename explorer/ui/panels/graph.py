"""The graph panel: the computational graph with a sweep played on it, what each step does, and sheets below it.

Longer than 300 lines: graph, player, sentence and sheets all show one row of one film, and are told of it in one place.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAction,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QRadioButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from explorer.language.program import Span, input_at, name_at, places_of
from explorer.ui import icons
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.graph_answer import GraphAnswer, Progress
from explorer.ui.graph_folds import FoldMenu, fold_words, parts_around
from explorer.ui.graph_heat import Heat, HeatLegend
from explorer.ui.graph_menu import DrawingMenu
from explorer.ui.graph_player import Player
from explorer.ui.graph_search import NodeSearch
from explorer.ui.graph_seed import Seed
from explorer.ui.graph_state import Looks, StateMaker
from explorer.ui.graph_view import GraphView
from explorer.ui.math_label import MathLabel
from explorer.ui.panel import OLD, Panel
from explorer.ui.session import Question
from explorer.ui.sheet import Sheet
from explorer.ui.sheets import SHEETS
from explorer.ui.sheets.paths import PathsSheet
from explorer.ui.sheets.trace import TraceSheet
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Done, End
from explorer.work.wire import Message

if TYPE_CHECKING:
    from explorer.ui.derivative_graph import DerivativeGraph

_LINES = {"forward": 3, "reverse": 2, "second": 3}  # of the sentence; the algebra of dual numbers needs one more
# From so many operations on the cyclic garbage collector waits while an answer comes in, and then leaves its objects
# alone: it would walk all of them again and again, 140 ms each time. None of them is part of a cycle.
_LARGE = 300
_MOST_TOLD = 20  # steps of one operation; few of them have room, and an input of a long loop has thousands
_MOST_FOLDS = 100_000  # that a session file may name
_DERIVATIVE_BUDGET_MS = 20_000


class GraphPanel(Panel):
    """Graph, player, sentence and sheets. What is not computed yet is shown as such, never as 0."""

    name = "graph"
    title = "Computational graph"
    brief = "Graph"
    undoable = True
    budget_ms = 60_000  # ten thousand nodes take seconds to lay out, more on a busy machine; there is Cancel

    span_selected = Signal(object)  # Span, several or None: the parts of the text that belong to what was selected here

    def __init__(self, crew: Crew, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """at_once: with all its widgets; else whoever makes it goes through `build`, a few milliseconds at a time."""
        super().__init__(crew, parent)
        self._graph: GraphAnswer | None = None
        self._coming: GraphAnswer | None = None  # the answer that is being taken in
        self._progress: Progress | None = None
        self._state: StateMaker | None = None
        self._selected: int | None = None  # the op
        self._drawn_source: str | None = None  # the text whose graph is shown
        self._step_lit = False  # whether the text shows what the step is about, and not what was selected
        self._folds: list[str] = []  # that someone has chosen
        self._unfolded = False  # whether someone wants to see all, however long it is, of what is now being edited
        self._derivative: DerivativeGraph | None = None
        self._wished: Mapping[str, Any] | None = None  # the options of the derivative's graph, until it is built
        self._wanted_row: int | None = None  # of a session that was opened
        self._opened: Mapping[str, Any] = {}  # its options: how one looks at it is taken once, undo leaves it alone
        self._sheet_asked: Sheet | None = None
        if at_once:
            for _ in self.build():
                pass

    def build(self) -> Iterator[None]:
        """Make what is inside, part by part."""
        self._build_modes()
        self._build_strip()
        yield
        self._build_view()
        yield
        self.player = Player()
        self.player.row_changed.connect(self._row_moved)
        self._build_cause()
        yield
        self.explain = MathLabel(2)
        self.explain.setObjectName("graph.explain")
        self.explain.setAccessibleName("What this step does")
        yield
        self._build_sheets()
        yield
        self._arrange()
        self._keys()
        self._show_row(0)
        self._noted = self._undoable_options()

    def _build_view(self) -> None:
        self.view = GraphView()
        self.view.setObjectName("graph.view")
        self.view.setAccessibleName("Computational graph")
        self.view.node_clicked.connect(self._node_clicked)
        self.view.edge_clicked.connect(self._edge_clicked)
        self.view.node_opened.connect(self._node_opened)
        self.view.menu_asked.connect(self._show_menu)
        self.view.whole_seen.connect(self._offer_fit)
        # Over the corner of the view, while there is more of the graph than is seen.
        self.fit = QToolButton(self.view, objectName="graph.fit", text="Show all")
        self.fit.setAccessibleName("Show the whole graph")
        self.fit.setToolTip("Show the whole graph (Ctrl+0); the wheel zooms, dragging moves")
        self.fit.clicked.connect(self.view.fit)
        self.fit.hide()
        self.heat = Heat()
        self.legend = HeatLegend(self.view)

    def _build_cause(self) -> None:
        """The button beside a sentence that names the first cause of what is not finite."""
        self.cause = QToolButton(objectName="graph.cause", text="Go to the cause")
        self.cause.setAccessibleName("Go to the first cause of what is not finite")
        self.cause.setToolTip("Show the operation that first made a number that is not finite")
        self.cause.clicked.connect(self._go_to_cause)
        self.cause.hide()
        outer = self.layout()
        assert isinstance(outer, QVBoxLayout)
        row, place = QHBoxLayout(), outer.indexOf(self.status)
        row.addWidget(self.status, 1)
        row.addWidget(self.cause)
        outer.insertLayout(place, row)

    def _build_sheets(self) -> None:
        self.sheet_worker = self.crew.worker("graph.sheet")
        self.sheet_worker.answered.connect(self._take_sheet)
        self.sheet_worker.ended.connect(self._end_sheet)
        self._mind(self.sheet_worker)
        self.trace_sheet = TraceSheet()
        self.trace = self.trace_sheet.table
        self.trace.copied.connect(self._tell_copied)
        self.sheets = QTabWidget(objectName="graph.sheets")
        self.sheets.setAccessibleName("More about the graph")
        self.sheets.setDocumentMode(True)
        for sheet in (self.trace_sheet, *(make() for make in SHEETS)):
            sheet.op_chosen.connect(self._op_chosen)
            sheet.span_chosen.connect(self._span_chosen)
            sheet.wants_answer.connect(self._ask_sheet)
            if isinstance(sheet, PathsSheet):
                sheet.lit.connect(self._light_path)
            self.sheets.addTab(sheet, sheet.title)
        self.sheets.currentChanged.connect(self._sheet_shown)

    def _arrange(self) -> None:
        """All of it in its place."""
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.player)
        column.addWidget(self.explain)
        column.addWidget(self.sheets, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        self.stack = QStackedWidget()  # the program's graph, and the derivative's where it was ever asked for
        self.stack.addWidget(self.view)
        split.addWidget(self.stack)
        split.addWidget(below)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([320, 310])
        split.setChildrenCollapsible(False)
        self.body.addWidget(self._strip)
        self.body.addWidget(self.seed)
        self.body.addWidget(split, 1)

    # -- what there is to set --------------------------------------------------------------------------------------

    def _build_modes(self) -> None:
        self.forward = QRadioButton("Forward", objectName="graph.mode.forward")
        self.forward.setAccessibleName("Forward sweep with dual numbers")
        self.reverse = QRadioButton("Reverse", objectName="graph.mode.reverse")
        self.reverse.setAccessibleName("Reverse sweep with adjoints")
        self.second = QRadioButton("2nd order", objectName="graph.mode.second")
        self.second.setAccessibleName("Forward-over-reverse: Hessian times a direction")
        self.second.setToolTip("Reverse mode run on dual numbers: the ε parts of the adjoints are Hessian × direction")
        self.drawn = ChoiceBox(objectName="graph.drawn")
        self.drawn.setAccessibleName("Which graph is drawn: the program's, or a derivative's own")
        self.drawn.setToolTip("The program's graph, or the graph of its derivative: as a tree, shared, after CSE")
        self.drawn.addItems(["program", "derivative"])
        self.drawn.setMinimumWidth(80)  # a narrow window has room for the word, if not for the longer one
        self.drawn.currentIndexChanged.connect(self._drawn_changed)
        self.head.insertWidget(1, self.drawn)
        modes = QButtonGroup(self)
        for button in (self.forward, self.reverse, self.second):
            modes.addButton(button)
            self.head.insertWidget(self.head.count() - 1, button)
        self.reverse.setChecked(True)
        for button in (self.forward, self.second):
            button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Tab goes to the one that is chosen; then Qt sees to it
        for button in (self.forward, self.reverse, self.second):
            button.toggled.connect(self._mode_changed)

    def _build_strip(self) -> None:
        """The row above the graph: where the sweep starts, how the graph is drawn, search, and a menu of the rest."""
        self.seed = Seed()
        self.seed.changed.connect(self._seed_changed)
        seed_label = QLabel("seed")
        seed_label.setBuddy(self.seed.combo)
        self.tree = QCheckBox("Tree", objectName="graph.mode.tree")
        self.tree.setAccessibleName("Draw shared nodes once for each use")
        self.tree.setToolTip("Draw a shared node once for each of its uses")
        self.tree.toggled.connect(self._tree_changed)
        self.heat_on = QCheckBox("Heat", objectName="graph.heat")
        self.heat_on.setAccessibleName("Colour nodes by the size of their tangent, adjoint or value")
        self.heat_on.setToolTip("Colour by size: vanishing blue, exploding orange, not finite purple")
        self.heat_on.toggled.connect(self._heat_changed)
        self.fold_button = QToolButton(objectName="graph.fold", text="Fold")
        self.fold_button.setAccessibleName("Fold calls, rounds of loops and named values into one node each")
        self.fold_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.fold_menu = FoldMenu(self.fold_button)
        self.fold_menu.wanted.connect(self._set_folds)
        self.fold_button.setMenu(self.fold_menu)
        self.search = NodeSearch()
        self.search.left.connect(lambda: self.view.setFocus())
        self.search.textEdited.connect(self._search_edited)
        self.search.returnPressed.connect(self._search_next)
        self.more = QToolButton(objectName="graph.more")
        self.more.setIcon(icons.icon("menu", self))
        self.more.setIconSize(QSize(18, 18))
        self.more.setAccessibleName("More about the drawing, and pictures of it")
        self.more.setToolTip("Digits, names, map, pictures …")
        self.more.setAutoRaise(True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.looks = DrawingMenu(self)
        self.looks.texts_changed.connect(lambda: self._show_state(None))
        self.looks.names_changed.connect(self.ask_again)
        self.looks.map_changed.connect(self._map_changed)
        self.looks.cause_wanted.connect(self._go_to_cause)
        self.looks.picture_wanted.connect(self._save_picture)
        self.looks.film_wanted.connect(self._save_film)
        self.looks.copy_wanted.connect(lambda form: self.trace.copy(form))
        self.more.setMenu(self.looks)
        self._strip = QWidget()
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (seed_label, self.seed.combo, self.seed.output, self.tree, self.heat_on, self.fold_button):
            row.addWidget(widget)
        row.addWidget(self.search, 1)
        row.addWidget(self.more)

    def _go_to_cause(self) -> None:
        """Show the operation that first made a number that is not finite."""
        graph = self._graph
        if graph is None or not graph.head["causes"]:
            return
        op = graph.head["causes"][0]["op"]
        if graph.copies[op]:
            self.view.look_at(graph.copies[op][0])
        self._op_chosen(op)
        self.explain.setText(graph.head["causes"][0]["sentence"])

    @property
    def answer(self) -> GraphAnswer | None:
        """The graph that is shown."""
        return self._graph

    def _tell_copied(self) -> None:
        """Beside the menu where it was asked for; the status may be about folds, or a cause."""
        QToolTip.showText(
            self.more.mapToGlobal(QPoint(0, self.more.height())), "The trace is on the clipboard.", self.more
        )

    def _save_picture(self) -> None:
        from explorer.ui.picture_dialogs import save_picture

        save_picture(self, self.view)

    def _save_film(self) -> None:
        from explorer.ui.picture_dialogs import save_film

        self._film_out = save_film(self, self._graph, self.view, self.player.speed.value(), self._seen())

    def _seen(self) -> Looks:
        """What of the numbers is seen."""
        looks = self.looks
        return Looks(looks.partials.isChecked(), looks.hidden(), looks.all_digits.isChecked(), self.heat_on.isChecked())

    def _keys(self) -> None:
        everywhere, here = Qt.ShortcutContext.WindowShortcut, Qt.ShortcutContext.WidgetWithChildrenShortcut
        for key, slot, context in (
            ("F5", self.play, everywhere),
            ("F10", self.next, everywhere),
            ("Shift+F10", self.previous, everywhere),
            ("Home", self.first, here),
            ("End", self.last, here),
            ("Ctrl+F", self.search.start, here),
        ):
            QShortcut(QKeySequence(key), self, slot, context=context)

    def event(self, event: QEvent) -> bool:
        """In a box of choices Home and End go to the first and the last of them, as everywhere."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        ends = override and event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End)
        if ends and isinstance(QApplication.focusWidget(), QComboBox):
            event.accept()
            return True
        return super().event(event)

    @property
    def mode(self) -> str:
        """The sweep that is chosen: "forward", "reverse" or "second"."""
        return "forward" if self.forward.isChecked() else "second" if self.second.isChecked() else "reverse"

    # -- asking and answering --------------------------------------------------------------------------------------

    def asks(self, question: Question) -> Message:
        program = question.program
        self.seed.offer(program.outputs if self.mode == "reverse" else program.inputs, self.mode == "reverse")
        self.seed.offer_outputs(program.outputs if self.mode == "second" else ())
        direction = self.seed.numbers()
        output = max(self.seed.output.currentIndex(), 0)
        seed, weights = {}, [float(k == output) for k in range(len(program.outputs))]
        if self.mode == "reverse":
            weights = direction
        else:
            seed = dict(zip(program.inputs, direction, strict=True))
        self._noted = self._undoable_options()
        self._ask_derivative(question)
        known = self._graph.head["key"] if self._graph is not None else ""
        return questions.graph(
            question.source,
            question.at,
            mode=self.mode,
            seed=seed,
            weights=weights,
            tree=self.tree.isChecked(),
            folds=self._folds,
            fold_long=not self._unfolded,
            known=known,
            naming="papers" if self.looks.paper_names.isChecked() else "inputs",
            wide=self.looks.all_digits.isChecked(),
        )

    def set_dimmed(self, dimmed: bool) -> None:
        self.view.set_dimmed(dimmed)
        if self._derivative is not None and (dimmed or not self.derivative_worker.busy):
            self._derivative.set_dimmed(dimmed)
        self.explain.setEnabled(not dimmed)
        for place in range(self.sheets.count()):
            sheet = self.sheets.widget(place)
            if dimmed or sheet is self.trace_sheet:  # the others have answers of their own, which come later
                sheet.set_dimmed(dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        if answer["part"] == "head":
            self._coming = GraphAnswer(answer, self._graph)
            if answer["count"] > _LARGE:
                gc.disable()
        elif self._coming is not None and self._coming.take(answer):
            self._show_graph(self._coming)
            if answer["part"] == "drawn" and not gc.isenabled():
                gc.freeze()
                gc.enable()
        elif answer["part"] == "sentences" and self._graph is self._coming:
            self._say_step()

    def show_end(self, end: End) -> None:
        gc.enable()
        if not isinstance(end, Done):
            self._coming = None

    def _show_graph(self, answer: GraphAnswer) -> None:
        """All of the graph has come."""
        old, row = self._graph, self.player.row
        same_film = old is not None and answer.same_drawing and old.mode == answer.mode
        at_end = old is None or row == self.player.steps or not same_film
        source = self.question.source if self.question is not None else ""
        same_text, self._drawn_source = source == self._drawn_source, source
        held = self.view.held() if same_text and not answer.same_drawing else None
        again = same_film  # the same steps, or most of them
        if old is not None and same_text and old.mode == answer.mode and not same_film:
            again = True
            if row < self.player.steps:
                row, at_end = answer.row_of(old, row), False
        if not again:
            self.player.stop()
        self._graph = self.fold_menu.graph = answer
        self.fold_menu.folds = self._folds
        self.explain.set_lines(_LINES[answer.mode])
        self._progress = Progress(answer)
        self._state = StateMaker(answer, self._progress, self.looks.all_digits.isChecked())
        self.heat.follow(answer, self._progress)
        self.looks.to_cause.setEnabled(bool(answer.head["causes"]))
        cause = next((cause["sentence"] for cause in answer.head["causes"]), "")
        if words := self.seed.problem or answer.head["too_large"] or answer.head["left"] or cause or self._fold_words():
            self.say(words)
            self.cause.setVisible(words == cause)
        if self.view.picture is not answer.picture:  # whatever happened to the answer before
            self.view.show_picture(answer.picture)
        had, self._selected = self._selected, self._selected_still(old, answer, again)
        if self._selected is not None and answer.copies[self._selected] and not answer.same_drawing:
            self.view.select(answer.copies[self._selected][0])
        for place in range(self.sheets.count()):
            self.sheets.widget(place).show_graph(answer, self._progress)
        if self._wanted_row is not None:
            row, at_end, self._wanted_row = self._wanted_row, False, None
        self.player.set_film(answer.steps, answer.steps if at_end else min(row, answer.steps))
        self._show_row(self.player.row)
        if held is not None and old is not None:
            self._hold_view(old.node_ops[held[0]], *held[1:])
        self.brighten()
        if again and self._step_lit:  # with another seed it is about something else
            self._light_step()
        elif self._selected != had or (not again and (self._step_lit or had is None)):
            self._step_lit = False  # what was lit belongs to another
            self.span_selected.emit(None)
        self._ask_sheet()

    def _selected_still(self, old: GraphAnswer | None, answer: GraphAnswer, again: bool) -> int | None:
        """The op that is selected, where it is the same one in the new answer."""
        op = self._selected
        if op is None or old is None or op >= len(answer.names):
            return None
        return op if answer.same_drawing or (again and answer.places[op] == old.places[op]) else None

    def _hold_view(self, op: int | None, away: QPointF, zoom: float) -> None:
        """Of the same text: what stood in the middle stays there, though a loop takes another round or a part folds."""
        if self._graph is not None and op is not None and op < len(self._graph.names) and self._graph.copies[op]:
            self.view.hold(self._graph.copies[op][0], away, zoom)

    def _fold_words(self) -> str:
        """What is folded because the graph is long."""
        if self._graph is None or self._folds:
            return ""
        labels = [part[2] for part in self._graph.parts if part[1] in self._graph.head["folds"]]
        if not labels:
            return ""
        what = labels[0].capitalize() if len(labels) == 1 else f"Most rounds of {len(labels):,} loops"
        return f"{what} are folded: double-click them, or Fold → Unfold all."

    def say(self, text: str) -> None:
        super().say(text)
        self.cause.hide()  # unless the sentence names one, which its caller knows

    @property
    def busy(self) -> bool:
        return super().busy or self.seed.moving

    def cancel(self) -> None:
        """Stop what is being computed, and what is being played."""
        self.player.stop()
        super().cancel()

    # -- the player ------------------------------------------------------------------------------------------------

    def first(self) -> None:
        """Before the first step."""
        self.player.first()

    def previous(self) -> None:
        """One step back."""
        self.player.previous()

    def next(self) -> None:
        """One step on."""
        self.player.next()

    def last(self) -> None:
        """After the last step."""
        self.player.last()

    def play(self) -> None:
        """Play from here, or from the start when at the end; pause when playing."""
        self.player.play()

    def _mode_changed(self, on: bool) -> None:
        if on:
            self.player.stop()
            self._note()
            self.ask_again()

    def _seed_changed(self) -> None:
        self._note()
        self.ask_again()

    def _tree_changed(self) -> None:
        self._note()
        self.ask_again()

    # -- the derivative's own graph ---------------------------------------------------------------------------------

    def change_drawn(self) -> None:
        """Draw the other graph: the derivative's own, or the program's."""
        self.drawn.setCurrentIndex(1 - self.drawn.currentIndex())

    def _drawn_changed(self) -> None:
        self._show_drawn()
        self._note()
        if self.question is not None and not self._outdated:
            self._ask_derivative(self.question)

    def _show_drawn(self) -> None:
        if self.drawn.currentIndex() == 1 and self._derivative is None:
            from explorer.ui.derivative_graph import DerivativeGraph

            self._derivative = DerivativeGraph("graph.derivative")
            self._derivative.restore(self._wished or {})
            self._derivative.wanted.connect(self._drawn_changed)
            self.derivative_worker = self.crew.worker("graph.derivative")
            self.derivative_worker.answered.connect(self._derivative.show_answer)
            self.derivative_worker.ended.connect(self._end_derivative)
            self._mind(self.derivative_worker)
            self.stack.addWidget(self._derivative)
        self.stack.setCurrentIndex(self.drawn.currentIndex())
        self._strip.setVisible(self.drawn.currentIndex() == 0)  # what it sets is the program's graph
        self.seed.set_wanted(self.drawn.currentIndex() == 0)

    def _ask_derivative(self, question: Question) -> None:
        if self._derivative is not None and self.drawn.currentIndex() == 1:
            message = self._derivative.asks(question)
            if message is not None:
                self.derivative_worker.ask(message, _DERIVATIVE_BUDGET_MS)

    def _end_derivative(self, end: End) -> None:
        if not isinstance(end, Done) and self._derivative is not None:
            self._derivative.words.setText(getattr(end, "message", "Something failed in the program itself."))

    # -- the options -----------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """What is drawn and played, and how one looks at it."""
        options = self._undoable_options()
        options |= {key: action.isChecked() for key, action in self.looks.choices().items()}
        options["sheet"] = self._sheet().name
        if (drawn := self._derivative.options() if self._derivative is not None else self._wished) is not None:
            options["derivative"] = drawn
        if self.player.row < self.player.steps:
            options["step"] = self.player.row
        return options

    def _undoable_options(self) -> dict[str, Any]:
        """mode, tree, heat, folds (keys of parts), unfolded, drawn (which graph), seed (a name), direction (text),
        output (of the second order)."""
        return {
            "mode": self.mode,
            "tree": self.tree.isChecked(),
            "heat": self.heat_on.isChecked(),
            "folds": list(self._folds),
            "unfolded": self._unfolded,
            "drawn": self.drawn.currentText(),
            **self.seed.options(),
        }

    def restore(self, options: Mapping[str, Any]) -> None:
        modes = {"forward": self.forward, "reverse": self.reverse, "second": self.second}
        mode = modes.get(str(options.get("mode")))
        boxes: list[tuple[str, QAbstractButton | QAction]] = [("tree", self.tree), ("heat", self.heat_on)]
        if mode is not None and not mode.isChecked():
            self.player.stop()
            with QSignalBlocker(mode):
                mode.setChecked(True)
        opened, self._opened = options is not self._opened, options if "sheet" in options else self._opened
        for key, box in (*boxes, *(self.looks.choices().items() if opened else ())):
            if isinstance(on := options.get(key), bool):
                with QSignalBlocker(box):
                    box.setChecked(on)
        self.looks.plain_names.setChecked(not self.looks.paper_names.isChecked())
        folds = options.get("folds")
        if isinstance(folds, list) and len(folds) <= _MOST_FOLDS and all(isinstance(key, str) for key in folds):
            self._folds = list(folds)
        self._unfolded = options.get("unfolded") is True
        if isinstance(wished := options.get("derivative"), dict):
            self._wished = wished
            if self._derivative is not None:
                self._derivative.restore(wished)
        with QSignalBlocker(self.drawn):
            self.drawn.setCurrentIndex(max(self.drawn.findText(str(options.get("drawn"))), 0))
        self.seed.restore(options)
        sheets = [self.sheets.widget(place).name for place in range(self.sheets.count())]
        if opened and options.get("sheet") in sheets:
            self.sheets.setCurrentIndex(sheets.index(options["sheet"]))
        step = options.get("step")
        if opened and isinstance(step, int) and not isinstance(step, bool) and step >= 0:
            self._wanted_row = step
        self._noted = self._undoable_options()
        self._show_drawn()
        self._map_changed()
        self.legend.setVisible(self.heat_on.isChecked())
        self._show_state(None)

    def _note(self) -> None:
        """Tell the document what a person has changed, for undo."""
        now = self._undoable_options()
        if now != self._noted:
            before, self._noted = self._noted, now
            self.options_changed.emit(before, now)

    # -- one row of the film ---------------------------------------------------------------------------------------

    def _row_moved(self, row: int) -> None:
        """The player moved: the text shows the line that is at work, the view its nodes."""
        self._show_row(row)
        self.view.follow_step()
        self._light_step()

    def _light_step(self) -> None:
        """Light what the step is about in the text."""
        graph, row = self._graph, self.player.row
        if graph is not None and not self._outdated:
            self.span_selected.emit(self._places(graph.film_nodes[row - 1]) if row else None)
            self._step_lit = True

    def _show_row(self, row: int) -> None:
        if self._graph is None or self._progress is None or self._state is None:
            return
        changed = self._progress.go(row)
        self._say_step()
        self._show_state(changed)
        step = self._graph.film_nodes[row - 1] if row else None
        for place in range(self.sheets.count()):
            self.sheets.widget(place).show_step(self._progress, changed)
        self.trace.select(step)

    def _show_state(self, changed: set[int] | None) -> None:
        """Have the view show the present step; `changed` ops, None where all may have."""
        if self._graph is None or self._state is None:
            return
        heat = self.heat if self.heat_on.isChecked() else None
        self.legend.tell(self.heat.what)
        nodes = None
        if changed is not None:
            nodes = {node for op in changed for node in self._graph.copies[op]}
            nodes |= self._state.output_nodes
        state = self._state.state(self.looks.partials.isChecked(), heat, self.looks.hidden())
        self.view.show_state(state, nodes)

    def _say_step(self) -> None:
        """The sentence of the present step."""
        graph, row = self._graph, self.player.row
        if graph is None:
            return
        if not graph.steps:
            self.explain.setText("No operation here depends on an input: there is nothing to sweep.")
        elif not row:
            start = "values are recorded first" if graph.mode == "reverse" else "forward sweep starts with the inputs"
            self.explain.setText(f"Nothing is computed yet: the {start}. Press F10 for the next step, F5 to play.")
        else:
            said = graph.sentence(row)
            if row == graph.steps and graph.mode != "forward" and graph.kinds[row - 1] in "vd":
                depends = "The output depends on no input here: all its derivatives are 0."
                said += f"\n{depends}" if any(graph.head["weights"]) else "\nEach weight is 0: no adjoint flows back."
            self.explain.setText(said)
            QAccessible.updateAccessibility(QAccessibleEvent(self.explain, QAccessible.Event.DescriptionChanged))

    # -- selection -------------------------------------------------------------------------------------------------

    def select_span(self, span: Span | None) -> None:
        """Select the input that is read there or the smallest operation around it, else what the name there stands
        for, or nothing."""
        if self._graph is None or self._outdated:
            return
        op = None if span is None else self._op_at(span)
        self._select(op)
        self._step_lit = False
        self.span_selected.emit(None if op is None else self._places(op))  # what was lit before is not selected now
        self._ask_sheet_about_selection()

    def _op_at(self, span: Span) -> int | None:
        graph, question = self._graph, self.question
        if graph is None or question is None:
            return None
        name = input_at(question.program, span)
        if name is not None:
            return question.program.inputs.index(name)
        op, named = graph.op_around(span), name_at(question.program, span)
        return op if op is not None or named is None else graph.op_called(named[0], span, named[1])

    def _select(self, op: int | None) -> None:
        """Ring the op's node, mark its row, tell the sheets; say what made its number."""
        graph = self._graph
        if graph is None or (op is not None and op >= len(graph.names)):
            op = None
        self._selected = op
        copies = graph.copies[op] if op is not None and graph is not None else []
        self.view.select(copies[0] if copies else None)
        self.trace.select(op)
        span = graph.span(op) if graph is not None and op is not None else None
        for place in range(self.sheets.count()):
            self.sheets.widget(place).select(op, span)
        if op is not None:
            self._tell_why(op)

    def _tell_why(self, op: int) -> None:
        """All steps that made the selected op's number, in one sentence."""
        graph = self._graph
        if graph is None:
            return
        rows = [row for row, node in enumerate(graph.film_nodes[: self.player.row], 1) if node == op]
        if rows:
            told = [graph.sentence(row).partition("\n")[0] for row in rows[:_MOST_TOLD]]
            self.explain.setText("  ".join(told + ["…"] * (len(rows) > _MOST_TOLD)))

    def _op_chosen(self, op: int) -> None:
        """An operation was chosen in a sheet."""
        self._select(op)
        self._tell_place(op)
        self._ask_sheet_about_selection()

    def _span_chosen(self, span: Span) -> None:
        """A place of the text was chosen in a sheet."""
        self._step_lit = False
        self.span_selected.emit(span)

    def _tell_place(self, op: int) -> None:
        if self._graph is not None and not self._outdated:  # else its place is one in another text
            self._step_lit = False
            self.span_selected.emit(self._places(op))

    def _places(self, op: int) -> Span | tuple[Span, ...] | None:
        """Where the op stands in the text; an input wherever it is read."""
        graph, question = self._graph, self.question
        if graph is None or question is None or op >= len(question.program.inputs):
            return graph.span(op) if graph is not None else None
        return places_of(question.program, question.program.inputs[op])

    def _node_clicked(self, index: int) -> None:
        if self._graph is None:
            return
        op = self._graph.node_ops[index]
        if op is None:
            return
        self._op_chosen(op)
        self.view.select(index)

    def _edge_clicked(self, edge: int) -> None:
        """Say the partial, and show the operation whose it is."""
        graph = self._graph
        if graph is None:
            return
        target = graph.node_ops[graph.curves[edge].target]
        if target is not None:
            self._op_chosen(target)
        self.explain.setText(self.view.describe_edge(edge))

    # -- folding ---------------------------------------------------------------------------------------------------

    def _node_opened(self, index: int) -> None:
        """Unfold a group; fold the smallest part around an operation."""
        if self._graph is None:
            return
        key = self._graph.node_keys[index]
        if key:
            self._set_folds([k for k in self._folded if k != key])
            return
        around = parts_around(self._graph, self._graph.node_ops[index])
        if around:
            self._set_folds([*self._folded, around[0][1]])

    @property
    def _folded(self) -> list[str]:
        """The keys of what is folded now, by someone or because the graph is long."""
        return self._graph.head["folds"] if self._graph is not None else self._folds

    def _set_folds(self, keys: list[str]) -> None:
        self._folds = list(dict.fromkeys(keys))
        self._unfolded = not keys
        self._note()
        self.ask_again()

    def forget_folds(self) -> None:
        """Another document is open: what was folded and unfolded by hand belongs to the one before."""
        self._folds, self._unfolded = [], False
        self._noted = self._undoable_options()

    def _show_menu(self, node: int | None, at: QPoint) -> None:
        """The menu of a node, or of the drawing."""
        menu = QMenu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        graph = self._graph
        if node is not None and graph is not None:
            self.view.select(node)
            if graph.node_keys[node]:
                menu.addAction("Unfold", lambda: self._node_opened(node))
            else:
                for part in parts_around(graph, graph.node_ops[node]):
                    fold = [*self._folded, part[1]]
                    menu.addAction(fold_words(part), lambda fold=fold: self._set_folds(fold))
            menu.addSeparator()
        menu.addAction("Show all\tCtrl+0", self.view.fit)
        menu.addAction("Zoom in\t+", self.view.zoom_in)
        menu.addAction("Zoom out\t−", self.view.zoom_out)
        menu.popup(at)

    # -- search ----------------------------------------------------------------------------------------------------

    def _search_edited(self) -> None:
        self._search_next(from_here=True)

    def _search_next(self, from_here: bool = False) -> None:
        """Go to the next node that fits, round and round."""
        graph, here = self._graph, self.view.selected
        found = self.search.found(graph, self._state.texts.primal) if graph is not None and self._state else []
        node = self.search.next_of(found, here, from_here)
        if node is None:
            return
        self.view.look_at(node)
        op = self._graph.node_ops[node] if self._graph is not None else None
        if op is not None:
            self._op_chosen(op)
            self.view.select(node)

    def _light_path(self, ops: tuple[int, ...], edges: tuple[tuple[int, int], ...]) -> None:
        """Light a path that was chosen in a sheet."""
        graph, state = self._graph, self._state
        if graph is None or state is None:
            return
        state.lit = frozenset(node for op in ops for node in graph.copies[op])
        state.lit_edges = frozenset(
            edge
            for operand, key in zip(ops, edges, strict=False)  # the last op is no operand
            for edge in graph.edges_of.get(key) or graph.edges_between([operand], key[0])
        )
        self._show_state(None)

    # -- looks -----------------------------------------------------------------------------------------------------

    def _heat_changed(self) -> None:
        self.legend.setVisible(self.heat_on.isChecked())
        self._show_state(None)
        self._note()

    def _map_changed(self) -> None:
        self.view.map.set_wanted(self.looks.show_map.isChecked())

    def _offer_fit(self, whole: bool) -> None:
        """Show the button that shows the whole graph, where there is more of it than is seen."""
        self.fit.setVisible(not whole)
        self._place_fit()

    def _place_fit(self) -> None:
        corner = self.view.viewport().rect().bottomRight()
        self.fit.adjustSize()
        self.fit.move(corner.x() - self.fit.width() - 8, corner.y() - self.fit.height() - 8)

    def _place_working(self) -> None:
        """Over the corner of the drawing, not over the search above it."""
        corner = self.stack.mapTo(self, self.stack.rect().topRight())
        self._working.move(corner.x() - self._working.width() - 8, corner.y() + 8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "more"):  # Qt changes it while we are made
            self.more.setIcon(icons.icon("menu", self))

    # -- sheets ----------------------------------------------------------------------------------------------------

    def _sheet(self) -> Sheet:
        return self.sheets.currentWidget()

    def _sheet_shown(self) -> None:
        sheet = self._sheet()
        sheet.ensure_built()
        if self._graph is not None and self._progress is not None:
            sheet.show_graph(self._graph, self._progress)
            sheet.show_step(self._progress, set())
        self._ask_sheet()

    def _ask_sheet(self) -> None:
        """Let the sheet that is seen ask."""
        sheet = self._sheet()
        if self.question is None or self._outdated or not sheet.isVisibleTo(self):
            return
        sheet.ensure_built()
        message = sheet.asks(self.question, self._selected)
        if message is not None:
            self._sheet_asked = sheet
            self.sheet_worker.ask(message, self.budget_ms)

    def _ask_sheet_about_selection(self) -> None:
        if getattr(self._sheet(), "about_selection", False):
            self._ask_sheet()

    def _take_sheet(self, answer: dict[str, Any]) -> None:
        sheet = self._sheet_asked
        if sheet is not None:
            sheet.show_answer(answer)
            sheet.answered = True
            sheet.set_dimmed(self._outdated)

    def _end_sheet(self, end: End) -> None:
        sheet = self._sheet_asked
        if sheet is not None and not isinstance(end, Done):
            words = getattr(end, "message", "Something failed in the program itself.")
            old = sheet.answered and not sheet.isEnabled()  # nothing of the new answer has come
            sheet.show_refusal(f"{words} {OLD}" if old else words)
            sheet.set_dimmed(self._outdated)  # what was refused may be chosen otherwise
