"""The window: editor, inputs, panels and verdict around one document.

Longer than 300 lines, because it is the one place that knows them all: it builds, connects and remembers the layout.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence, QShowEvent, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.language.preview import preview
from explorer.language.program import ExplorerError, Program, Span
from explorer.language.tokens import MAX_CHARACTERS
from explorer.ui import examples, theme
from explorer.ui.editor import Editor
from explorer.ui.formula_view import FormulaView
from explorer.ui.inputs import Inputs
from explorer.ui.panel import Panel, narrow
from explorer.ui.panels.differences import DifferencesPanel
from explorer.ui.panels.graph import GraphPanel
from explorer.ui.panels.optimize import OptimizePanel
from explorer.ui.panels.symbolic import SymbolicPanel
from explorer.ui.panels.verdict import VerdictPanel
from explorer.ui.session import Document, Question, Session
from explorer.ui.worker import Crew
from explorer.work.commands import read_source

TITLE = "Differentiation Explorer"
_LAYOUT_VERSION = 1  # of the saved geometry; a new one forgets the old


class MainWindow(QMainWindow):
    """The whole program in a window, on the worked example or on the given text or file."""

    def __init__(self, path: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        self.document = Document(self)
        self.crew = Crew(parent=self)
        self.plots = Crew("explorer.ui.plots", parent=self)
        self.symbolic = SymbolicPanel(self.crew)
        self.differences = DifferencesPanel(self.crew, self.plots)
        self.graph = GraphPanel(self.crew)
        self.optimize = OptimizePanel(self.crew, self.plots)
        self.verdict = VerdictPanel(self.crew)
        self.panels: tuple[Panel, ...] = (
            self.verdict,
            self.graph,
            self.symbolic,
            self.differences,
            self.optimize,
        )
        self._build_left()
        self.tabs = QTabWidget()
        self.tabs.setObjectName("tabs")
        self.tabs.setAccessibleName("Panels")
        self.tabs.setDocumentMode(True)
        for panel in (self.symbolic, self.differences, self.optimize):
            self.tabs.addTab(panel, panel.title)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        for widget, share in ((self.left, 0), (self.graph, 5), (self.tabs, 4)):
            self.columns.addWidget(widget)
            self.columns.setStretchFactor(self.columns.count() - 1, share)
        self.columns.setChildrenCollapsible(False)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self.rows.addWidget(self.columns)
        self.rows.addWidget(self.verdict)
        self.rows.setStretchFactor(0, 1)
        self.rows.setChildrenCollapsible(False)
        self.setCentralWidget(self.rows)
        self._build_menus()
        self._connect()
        self.resize(1280, 800)
        self._default_layout()
        self._restore_layout()
        self._started = False
        self._problem = ""  # with the file that was asked for
        self._open_first(path)
        self.editor.moveCursor(QTextCursor.MoveOperation.End)
        self.editor.setFocus()

    @property
    def busy(self) -> bool:
        """Whether anything seen may still change by itself: a pause in typing, a panel that waits (plots apart)."""
        return self.document.settling or any(panel.busy for panel in self.panels)

    # -- building --------------------------------------------------------------------------------------------------

    def _build_left(self) -> None:
        self.left = QWidget()
        self.left.setMinimumWidth(230)
        column = QVBoxLayout(self.left)
        column.setContentsMargins(8, 6, 4, 6)
        column.setSpacing(5)
        self.examples = QComboBox(objectName="examples")
        self.examples.setAccessibleName("Examples")
        self.examples.setPlaceholderText("Examples …")
        narrow(self.examples, 10)
        for example in examples.titles():
            self.examples.addItem(example.title, example)
        self.examples.setCurrentIndex(-1)
        self.editor = Editor()
        self.editor.setMinimumHeight(70)
        self.message = QLabel(objectName="message")
        self.message.setAccessibleName("What is wrong with the text, or how it was read")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.preview = FormulaView(fills=True)
        self.preview.setObjectName("preview")
        self.preview.setAccessibleName("How the text was read, typeset")
        self.inputs = Inputs(self.preview)
        function_label = QLabel("&Function")
        function_label.setBuddy(self.editor)
        at_label = QLabel("at the point")
        for label in (function_label, at_label):
            font = label.font()
            font.setBold(True)
            label.setFont(font)
        upper = QSplitter(Qt.Orientation.Vertical)
        top = QWidget()
        inside = QVBoxLayout(top)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(5)
        for widget in (function_label, self.examples, self.editor, self.message):
            inside.addWidget(widget, 1 if widget is self.editor else 0)
        upper.addWidget(top)
        upper.addWidget(self.preview)
        bottom = QWidget()
        below = QVBoxLayout(bottom)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(at_label)
        below.addWidget(self.inputs, 1)
        upper.addWidget(bottom)
        upper.setSizes([210, 110, 260])
        upper.setChildrenCollapsible(False)
        column.addWidget(upper, 1)

    def _build_menus(self) -> None:
        menu = self.menuBar()
        file_menu = menu.addMenu("&File")
        self._action(file_menu, "&New", QKeySequence.StandardKey.New, lambda: self.document.open(Session("", ())))
        self._action(file_menu, "&Worked example", None, lambda: self.document.open(Session()))
        file_menu.addSeparator()
        self._action(file_menu, "&Quit", QKeySequence.StandardKey.Quit, self.close)
        edit = menu.addMenu("&Edit")
        self.undo_action = self._action(edit, "&Undo", QKeySequence.StandardKey.Undo, self.document.undo)
        self.redo_action = self._action(edit, "&Redo", QKeySequence.StandardKey.Redo, self.document.redo)
        self.redo_action.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
        view = menu.addMenu("&View")
        group = QActionGroup(self)
        for words, choice in (("&Light", "light"), ("&Dark", "dark")):
            action = self._action(view, words, None, self._theme_chosen)
            action.setCheckable(True)
            action.setData(choice)
            group.addAction(action)
        self._theme_actions = group
        view.addSeparator()
        self._action(view, "Next &panel", QKeySequence("F6"), self._next_panel)
        for place in range(self.tabs.count()):
            words = f"&{place + 1} {self.tabs.tabText(place)}"
            action = self._action(view, words, QKeySequence(f"Ctrl+{place + 1}"), self._tab_chosen)
            action.setData(place)
        self._action(view, "&Fit the graph", QKeySequence("Ctrl+0"), self.graph.view.fit)
        self._action(view, "&Reset the layout", None, self._default_layout)
        run = menu.addMenu("&Run")
        for words, keys, slot in (
            ("&Play or pause the sweep\tF5", None, self.graph.play),
            ("&Next step\tF10", None, self.graph.next),
            ("&Previous step\tShift+F10", None, self.graph.previous),
            ("Run the &optimizer", QKeySequence("Ctrl+Return"), self._run_optimizer),
            ("&Cancel all", QKeySequence("Escape"), self._cancel_all),
        ):
            self._action(run, words, keys, slot)
        help_menu = menu.addMenu("&Help")
        self._action(help_menu, "How to &write a function", None, self._show_syntax)
        self._action(help_menu, "&About", None, self._show_about)

    def _action(self, menu: object, words: str, keys: object, slot: object) -> QAction:
        action = menu.addAction(words)
        if keys is not None:
            action.setShortcut(keys)
        action.triggered.connect(slot)
        return action

    def _connect(self) -> None:
        document = self.document
        self.editor.textChanged.connect(self._text_edited)
        self.editor.too_long.connect(self._too_long)
        self.editor.undo_asked.connect(document.undo)
        self.editor.redo_asked.connect(document.redo)
        self.editor.span_clicked.connect(self._text_clicked)
        self.preview.piece_selected.connect(self._piece_clicked)
        self.inputs.value_changed.connect(document.edit_value)
        self.examples.activated.connect(self._example_chosen)
        self.graph.span_selected.connect(self._light)
        document.read.connect(self._read)
        document.refused.connect(self._refuse)
        document.emptied.connect(self._empty)
        document.restored.connect(self._restore)
        document.settled.connect(self._settle)
        document.history_changed.connect(self._history_changed)
        self._history_changed()

    def _open_first(self, path: str | None) -> None:
        if path is None:
            self.document.open(Session())
            return
        source = path
        if _is_file(path):
            try:
                source = read_source(f"@{path}")
            except ExplorerError as error:
                self._problem, source = error.message, ""
        if len(source) > MAX_CHARACTERS:
            self._problem, source = f"{path[:60]} has more than {MAX_CHARACTERS:,} characters.", ""
        self.document.open(Session(source, ()))
        if self._problem:
            self._say(self._problem, True)

    # -- from the document -----------------------------------------------------------------------------------------

    def _read(self, program: Program) -> None:
        self._outdate()
        self.editor.underline(None)
        self._light(None)
        self.preview.set_dimmed(False)
        self.preview.show_notation(preview(program))
        self._say("  ".join(f"{note.message}." for note in program.notes), False)

    def _refuse(self, error: ExplorerError) -> None:
        self._outdate()
        self.editor.underline(error.span)
        self.preview.set_dimmed(True)
        lines = self.document.session.source.count("\n")
        place = (
            f"Line {error.span.line}, column {error.span.column + 1}" if lines else f"Column {error.span.column + 1}"
        )
        self._say(f"{place}: {error.message}", True)

    def _empty(self) -> None:
        self._outdate()
        self.editor.underline(None)
        self.preview.set_dimmed(True)
        self._say("Type a function of any variables, e.g. sin(x*y) + x^2, or choose an example.", False)

    def _restore(self, session: Session) -> None:
        self.editor.show_text(session.source)

    def _settle(self, question: Question) -> None:
        # Not sooner: on the way to sin(x) the text has the inputs s and si.
        self.inputs.show_inputs(question.at)
        for panel in self.panels:
            panel.settle(question)

    def _outdate(self) -> None:
        """What is seen no longer belongs to the text; it stays, dimmed. The gallery names an example only as it is."""
        for panel in self.panels:
            panel.outdate()
        source = self.document.session.source
        places = (k for k in range(self.examples.count()) if self.examples.itemData(k).source == source)
        self.examples.setCurrentIndex(next(places, -1))

    def _say(self, text: str, wrong: bool) -> None:
        self.message.setText(text)
        palette = self.palette()
        colour = theme.error_colour(self) if wrong else theme.note_colour(self)
        palette.setColor(palette.ColorRole.WindowText, colour)
        self.message.setPalette(palette)
        self.message.setProperty("wrong", wrong)

    def _history_changed(self) -> None:
        self.undo_action.setEnabled(self.document.can_undo)
        self.redo_action.setEnabled(self.document.can_redo)

    # -- from the person -------------------------------------------------------------------------------------------

    def _text_edited(self) -> None:
        self.document.edit_source(self.editor.toPlainText())

    def _too_long(self, length: int) -> None:
        self._say(
            f"That text has {length:,} characters and was left out: at most {MAX_CHARACTERS:,} can be read.", True
        )

    def _example_chosen(self, place: int) -> None:
        example = self.examples.itemData(place)
        self.document.open(Session(example.source, example.point))
        self.editor.moveCursor(QTextCursor.MoveOperation.End)

    def _text_clicked(self, line: int, column: int) -> None:
        span = Span(line, column, line, column)
        self.graph.select_span(span)

    def _piece_clicked(self, piece: object) -> None:
        span = getattr(piece, "span", None)
        if span is not None:
            self.graph.select_span(span)
            self._light(span)

    def _light(self, span: Span | None) -> None:
        """One selection everywhere: the text and the typeset formula show the part that was selected."""
        self.editor.light(span)
        self.preview.highlight([span] if span is not None else [])

    def _cancel_all(self) -> None:
        """Stop whatever computes or plays."""
        for panel in self.panels:
            panel.cancel()

    def _run_optimizer(self) -> None:
        self.tabs.setCurrentWidget(self.optimize)  # which asks, when it is first shown, what it is about
        self.optimize.run()

    def _next_panel(self) -> None:
        """Move the focus to the next of: editor, graph, the tab in front, verdict."""
        places: list[tuple[QWidget, QWidget]] = [
            (self.left, self.editor),
            (self.graph, self.graph.view),
            (self.tabs, self.tabs.tabBar()),
            (self.verdict, self.verdict.table),
        ]
        focus = QApplication.focusWidget()
        here = next((k for k, (room, _) in enumerate(places) if focus is not None and room.isAncestorOf(focus)), -1)
        places[(here + 1) % len(places)][1].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _tab_chosen(self) -> None:
        self.tabs.setCurrentIndex(self.sender().data())

    def _theme_chosen(self) -> None:
        choice = self.sender().data()
        QSettings().setValue("theme", choice)
        theme.apply(QApplication.instance(), choice == "dark")

    def _show_syntax(self) -> None:
        self._tell("How to write a function", examples.SYNTAX)

    def _show_about(self) -> None:
        self._tell(
            f"About {TITLE}",
            "One function, its derivative four ways, the computational graph played step by step, "
            "and optimizers running on it.\n\nMIT licence. Formulas are set in STIX Two Math (SIL Open Font Licence).",
        )

    def _tell(self, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # -- coming and going ------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._started:
            self._started = True
            dark = theme.is_dark(self)
            for action in self._theme_actions.actions():
                action.setChecked((action.data() == "dark") is dark)
            # After the first paint: starting a process takes milliseconds that the picture should not wait for.
            QTimer.singleShot(0, self, self._start_workers)

    def changeEvent(self, event: QEvent) -> None:
        """The message has a colour of its own, for each theme another."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "message"):
            self._say(self.message.text(), bool(self.message.property("wrong")))

    def _start_workers(self) -> None:
        if self.isVisible():  # not closed again meanwhile
            self.crew.start()
            self.plots.start()

    def _default_layout(self) -> None:
        self.columns.setSizes([262, 556, 462])
        self.rows.setSizes([632, 128])

    def _restore_layout(self) -> None:
        settings = QSettings()
        if settings.value("layout/version") != str(_LAYOUT_VERSION):
            return
        for name, take in (
            ("geometry", self.restoreGeometry),
            ("columns", self.columns.restoreState),
            ("rows", self.rows.restoreState),
        ):
            saved = settings.value(f"layout/{name}")
            if isinstance(saved, QByteArray):
                take(saved)

    def closeEvent(self, event: QCloseEvent) -> None:
        settings = QSettings()
        settings.setValue("layout/version", str(_LAYOUT_VERSION))
        settings.setValue("layout/geometry", self.saveGeometry())
        settings.setValue("layout/columns", self.columns.saveState())
        settings.setValue("layout/rows", self.rows.saveState())
        self.crew.close()
        self.plots.close()
        super().closeEvent(event)


def _is_file(path: str) -> bool:
    """Whether the words after the program's name are a file's path; a formula may be too long for one."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
