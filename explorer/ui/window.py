"""The window: editor, inputs, panels and verdict around one document.

Longer than 300 lines, because it is the one place that knows them all: it builds, connects and remembers the layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QPaintEvent, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.language.limits import MAX_CHARACTERS
from explorer.ui import text_size, theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.collection import Hold
from explorer.ui.editor import Editor

if TYPE_CHECKING:
    from explorer.language.program import ExplorerError, Program, Span
    from explorer.ui.lesson import LessonView
    from explorer.ui.panel import Panel
    from explorer.ui.session import Question, Session

TITLE = "Differentiation Explorer"
_USUAL_SIZE = 1280, 800  # pixels
_LEFT_WIDTH, _VERDICT_HEIGHT = 262, 128  # pixels there: a slider beside a box; two rows, with room for a reason
_COLUMN_SHARES = 2, 5, 4  # of what the window is wider than that
_TELL_LEFT_MS = 1000  # after the start, which has nothing to do then
_INPUTS_SHARE, _TEXT_SHARE = 0.5, 0.6  # of the left column at most for the inputs; of the rest for the text
# A text longer than this many characters is typeset when the typing pauses, so that the keys never wait for it.
_LONG_TEXT, _TYPESET_PAUSE_MS = 1_000, 80
_HEAD_START_MS = 30  # of the derivative before the other answers to a new text
# Pixels of the outer columns: what they need with the usual text, and what is enough with a larger one.
_NARROWEST, _ENOUGH = (190, 424), (230, 498)
_NARROWEST_GRAPH = 400
_LAYOUT_VERSION = 1  # of the saved geometry; a new one forgets the old


class MainWindow(QMainWindow):
    """The whole program in a window, on the worked example or on the given text or file."""

    def __init__(self, path: str | None = None, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """at_once: build everything before this returns; else only the frame, and the rest after its first paint.

        The rest is then built in parts of a few milliseconds each, between which the window stays alive.
        """
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        self.built = False
        self._painted = self._started = False
        self._hold = Hold()  # while the parts are built: what they are made of stays
        self._left_divided = False  # whether a person has moved a border in the left column
        self._lesson: LessonView | None = None
        self._parts = self._build(path)
        next(self._parts)
        if at_once:
            self._build_rest()

    def _build_rest(self) -> None:
        for _ in self._parts:
            pass

    def _build(self, path: str | None) -> Iterator[None]:
        """Build the window part by part; what a part needs is imported with it, for imports are half of the time."""
        self._build_frame()
        self.editor.setReadOnly(True)
        yield
        import explorer.language.program

        yield
        import explorer.language.tokens

        yield
        import explorer.language.formula

        yield
        import explorer.language.latex

        yield
        from explorer.ui.session import WORKED_EXAMPLE, Document

        self.document = Document(self)
        self.editor.show_text(WORKED_EXAMPLE if path is None else "")
        yield
        import explorer.work.ends

        yield
        import explorer.work.pool

        yield
        from explorer.ui.limits_dialog import saved_limits
        from explorer.ui.worker import Crew

        yield
        self.crew = Crew(parent=self, spares=3)  # as many panels are seen together, and hang together
        self.crew.common["limits"] = saved_limits()
        self.plots = Crew("explorer.ui.plots", parent=self)
        yield
        import explorer.ui.graph_picture

        yield
        import explorer.ui.graph_paint

        yield
        import explorer.ui.graph_view

        yield
        from explorer.ui.math_font import math_font

        yield
        math_font()
        yield
        import explorer.ui.typeset_leaves

        yield
        import explorer.ui.typeset

        yield
        import explorer.ui.formula_view
        import explorer.ui.inputs

        yield
        self._build_left()
        yield
        import explorer.ui.graph_answer

        yield
        import explorer.ui.small_plot

        yield
        import explorer.ui.sheets

        yield
        import explorer.ui.graph_state

        yield
        import explorer.ui.graph_seed

        yield
        import explorer.ui.graph_trace

        yield
        import explorer.ui.graph_heat

        yield
        from explorer.ui.panels.graph import GraphPanel

        yield
        self.graph = GraphPanel(self.crew, at_once=False)
        yield
        yield from self.graph.build()
        yield
        self.columns.replaceWidget(1, self.graph).deleteLater()
        yield
        from explorer.ui.panels.symbolic import SymbolicPanel

        yield
        self.tabs = QTabWidget()
        self.tabs.setObjectName("tabs")
        self._set_narrowest()
        self.tabs.setAccessibleName("Panels")
        self.tabs.setDocumentMode(True)
        self.columns.replaceWidget(2, self.tabs).deleteLater()
        self.symbolic = SymbolicPanel(self.crew, self.plots)
        self.tabs.addTab(self.symbolic, self.symbolic.title)
        yield
        import explorer.ui.trails

        yield
        import explorer.ui.overlays

        yield
        import explorer.ui.plot_view

        yield
        import explorer.ui.laboratory.reading

        yield
        from explorer.ui.panels.differences import DifferencesPanel

        yield
        self.differences = DifferencesPanel(self.crew, self.plots)
        self.tabs.addTab(self.differences, self.differences.title)
        yield
        import explorer.optimize.rules.gradient

        yield
        import explorer.optimize.rules.adaptive

        yield
        import explorer.optimize.rules.searching

        yield
        import explorer.ui.panels.optimize.trace

        yield
        import explorer.ui.panels.optimize.fit_view

        yield
        import explorer.ui.panels.optimize.paths

        yield
        import explorer.ui.panels.optimize.run_page  # noqa: F401

        yield
        from explorer.ui.panels.optimize.panel import OptimizePanel

        yield
        self.optimize = OptimizePanel(self.crew, self.plots, at_once=False)
        yield
        yield from self.optimize.build()
        yield
        self.tabs.addTab(self.optimize, self.optimize.title)
        yield
        from explorer.ui.panels.verdict import VerdictPanel

        self.verdict = VerdictPanel(self.crew)
        self.rows.replaceWidget(1, self.verdict).deleteLater()
        self.panels: tuple[Panel, ...] = (self.symbolic, self.graph, self.verdict, self.differences, self.optimize)
        yield
        from explorer.ui import examples

        yield
        examples.fill(self.examples)
        yield
        from explorer.ui.file_menu import Files

        self.files = Files(self.document, self.session, self)
        yield
        from explorer.ui import menus

        menus.fill(self, self._menus)
        yield
        self._connect()
        self._lay_out()  # again: the panels have other sizes, and no part in what their placeholders were told
        yield
        self.editor.setReadOnly(False)
        self.built = True
        self._open_first(path)
        self.editor.moveCursor(QTextCursor.MoveOperation.End)
        self.editor.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            if not self.built:
                self._hold.take()
            QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        """After the first paint: the other parts one by one, and the worker processes as soon as they are known."""
        if not self.isVisible():  # closed again meanwhile
            return
        if hasattr(self, "crew") and not self._started:
            self._started = True
            self.crew.start()
            QTimer.singleShot(0, self, self._go_on)
        elif next(self._parts, self) is None:
            QTimer.singleShot(0, self, self._go_on)
        else:  # only now: on two cores a second process would take from the window what it needs for the parts
            self.plots.start()
            self._hold.release()
            QTimer.singleShot(_TELL_LEFT_MS, self, self._tell_left)

    def _tell_left(self) -> None:
        """One line, once, about what an earlier window left unsaved; when all that the start needs is there."""
        left = self.files.newly_left() if self.isVisible() else None
        if left is None:
            return
        from explorer.ui.left_unsaved import LeftUnsaved

        line = LeftUnsaved(left)
        line.taken.connect(self.files.bring_back)
        self.message.parentWidget().layout().addWidget(line)
        line.show()

    @property
    def settling(self) -> bool:
        """Whether the window is being built, a pause in typing waited for, or the formula laid out."""
        if not self.built or self.document.settling or self._typeset_soon.isActive() or self._settle_soon.isActive():
            return True
        return self.inputs.building or self.preview.laying_out

    @property
    def busy(self) -> bool:
        """Whether anything seen may still change by itself; plots apart."""
        return self.settling or any(panel.busy for panel in self.panels)

    # -- building --------------------------------------------------------------------------------------------------

    def _build_frame(self) -> None:
        """What is seen first: the menus' names, the editor with its text, and empty places for all else."""
        self._menus = {name: self.menuBar().addMenu(name) for name in ("&File", "&Edit", "&View", "&Run", "&Help")}
        self.examples = ChoiceBox(objectName="examples")
        self.examples.setAccessibleName("Examples")
        self.examples.setPlaceholderText("Examples …")
        theme.narrow(self.examples, 10)
        self.editor = Editor()
        self.editor.setMinimumHeight(70)
        self.message = QLabel(objectName="message")
        self.message.setAccessibleName("What is wrong with the text, or how it was read")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.message.setMinimumHeight(2 * self.message.fontMetrics().lineSpacing())
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.left = QSplitter(Qt.Orientation.Vertical)
        self.left.setContentsMargins(8, 6, 4, 6)
        top = QWidget()
        inside = QVBoxLayout(top)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(5)
        for widget in (_heading("&Function", self.editor), self.examples, self.editor, self.message):
            inside.addWidget(widget, 1 if widget is self.editor else 0)
        for widget in (top, QWidget(), QWidget()):
            self.left.addWidget(widget)
        self.left.setSizes([210, 110, 260])
        self.left.setChildrenCollapsible(False)
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.left, QWidget(), QWidget()):
            self.columns.addWidget(widget)
        self.columns.setChildrenCollapsible(False)
        self.rows = QSplitter(Qt.Orientation.Vertical)
        self.rows.addWidget(self.columns)
        self.rows.addWidget(QWidget())
        self.rows.setChildrenCollapsible(False)
        self.setCentralWidget(self.rows)
        self.resize(*_USUAL_SIZE)
        geometry = self._saved("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._lay_out()

    def _build_left(self) -> None:
        """The typeset reading of the text, and the inputs."""
        from explorer.ui.formula_view import FormulaView
        from explorer.ui.inputs import Inputs
        from explorer.ui.offer import Offer

        self.preview = FormulaView(fills=True)
        self.preview.setObjectName("preview")
        self.preview.setAccessibleName("How the text was read, typeset")
        self._typeset_soon = QTimer(self, singleShot=True, interval=_TYPESET_PAUSE_MS)
        self._typeset_soon.timeout.connect(self._typeset)
        self.offer = Offer()
        self.offer.taken.connect(self._take_offer)
        self.message.parentWidget().layout().addWidget(self.offer)
        self.inputs = Inputs(self.preview)
        bottom = QWidget()
        below = QVBoxLayout(bottom)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(_heading("at the point"))
        below.addWidget(self.inputs, 1)
        self._bottom = bottom  # replaceWidget leaves a widget to Python, which deletes what nobody holds
        for place, widget in ((1, self.preview), (2, bottom)):
            self.left.replaceWidget(place, widget).deleteLater()
        self.left.setSizes([210, 110, 260])
        self.left.splitterMoved.connect(self._divide_left)

    def _divide_left(self) -> None:
        self._left_divided = True

    def _connect(self) -> None:
        document = self.document
        self.editor.textChanged.connect(self._text_edited)
        self.editor.too_long.connect(self._too_long)
        self.editor.undo_asked.connect(document.undo)
        self.editor.redo_asked.connect(document.redo)
        self.editor.span_clicked.connect(self._text_clicked)
        self.preview.piece_selected.connect(self._piece_clicked)
        self.inputs.value_changed.connect(document.edit_value)
        self.inputs.built.connect(self._share_left)
        self._question: Question | None = None
        self._settle_soon = QTimer(self, singleShot=True)
        self._settle_soon.timeout.connect(self._settle_rest)
        self.symbolic.typeset.connect(self._settle_next)
        self.examples.activated.connect(self.open_example)
        self.graph.span_selected.connect(self._light)
        for panel in self.panels:
            panel.options_changed.connect(partial(self.files.note_choice, panel.name))
            panel.options_changed.connect(partial(document.edit_panel, panel.name))
        document.changed.connect(self.files.note)
        document.read.connect(self._read)
        document.refused.connect(self._refuse)
        document.emptied.connect(self._empty)
        document.restored.connect(self._restore)
        document.settled.connect(self._settle)
        document.history_changed.connect(self._history_changed)
        self.files.opened.connect(self._open)
        self.files.failed.connect(self._complain)
        self.files.changed.connect(self._show_file)
        self._history_changed()

    def _open_first(self, path: str | None) -> None:
        """The worked example, a text, or the session or program in a file."""
        from explorer.ui.session import Session

        if path is not None and _is_file(path):
            self.files.open_path(path)
            return
        session = Session() if path is None else Session(path, ())
        if len(session.source) > MAX_CHARACTERS:
            self._say(f"That text has more than {MAX_CHARACTERS:,} characters.", True)
            return
        self.document.open(session)
        self.files.begin()

    def session(self) -> Session:
        """The document with the panels' options, as a file keeps it."""
        from dataclasses import replace  # here and not above: the window paints before it

        options = {panel.name: kept for panel in self.panels if (kept := panel.options())}
        options["window"] = {"tab": self.tabs.tabText(self.tabs.currentIndex())}
        return replace(self.document.session, panels=options)

    def _open(self, session: Session) -> None:
        """Show another session, with the options that it has for the panels."""
        for panel in self.panels:
            panel.restore(session.panels.get(panel.name, {}))
        front = session.panels.get("window", {}).get("tab")
        titles = [self.tabs.tabText(place) for place in range(self.tabs.count())]
        if front in titles:
            self.tabs.setCurrentIndex(titles.index(front))
        self.document.open(session)

    def _show_file(self) -> None:
        """The file's name, and a mark where there are changes that it does not have."""
        name = Path(self.files.path).name
        unnamed = f"Not saved – {TITLE}" if self.files.unsaved else TITLE
        self.setWindowTitle(f"{name}[*] – {TITLE}" if name else unnamed)
        self.setWindowModified(bool(name) and self.files.unsaved)

    # -- from the document -----------------------------------------------------------------------------------------

    def _read(self, program: Program) -> None:
        self._outdate()
        self.editor.underline(None)
        self._light(None)
        self.offer.make("")
        if len(program.source) > _LONG_TEXT:
            self._typeset_soon.start()
        else:
            self._typeset_soon.stop()
            self._typeset()
        self._say("  ".join(f"{note.message}." for note in program.notes), False)

    def _typeset(self) -> None:
        from explorer.language.preview import preview

        program = self.document.program
        if program is not None:
            self.preview.set_dimmed(False)
            self.preview.show_notation(preview(program))

    def _refuse(self, error: ExplorerError) -> None:
        self._outdate()
        self._typeset_soon.stop()
        self.editor.underline(error.span, error.message)
        self.preview.set_dimmed(True)
        self.offer.make(error.repair)
        if error.repair:
            self._show_offered(error.repair)
        lines = self.document.session.source.count("\n")
        place = (
            f"Line {error.span.line}, column {error.span.column + 1}" if lines else f"Column {error.span.column + 1}"
        )
        self._say(f"{place}: {error.message}", True)

    def _show_offered(self, text: str) -> None:
        """How the offered text reads, where nothing else is wrong with it."""
        from explorer.language.parser import parse
        from explorer.language.preview import preview
        from explorer.language.program import ExplorerError

        with suppress(ExplorerError):
            self.preview.show_notation(preview(parse(text)))
            self.preview.set_dimmed(False)

    def _take_offer(self, text: str) -> None:
        from dataclasses import replace

        self.document.open(replace(self.document.session, source=text))
        self.editor.moveCursor(QTextCursor.MoveOperation.End)
        self.editor.setFocus()

    def _empty(self) -> None:
        self._outdate()
        self._typeset_soon.stop()
        self.editor.underline(None)
        self.offer.make("")
        self.preview.set_dimmed(True)
        self._say("What is still shown, dimmed, belongs to the function that was here before.", False)

    def _restore(self, session: Session) -> None:
        for panel in self.panels:
            if panel.undoable and panel.name in session.panels:
                panel.restore(session.panels[panel.name])
        if self.graph.name not in session.panels:
            self.graph.forget_folds()
        self.editor.show_text(session.source)

    def _settle(self, question: Question) -> None:
        """Ask the panels; of a new text the derivative first, which is read first: on two cores all would be slower."""
        new = self._question is None or question.source != self._question.source
        self._question = question
        self.symbolic.settle(question)
        if new and self.symbolic.busy:
            self._settle_soon.start(_HEAD_START_MS)
        else:
            self._settle_rest()

    def _settle_next(self) -> None:
        """The derivative is there: the rest once it is painted."""
        if self._settle_soon.isActive():
            self._settle_soon.start(0)

    def _settle_rest(self) -> None:
        self._settle_soon.stop()
        assert self._question is not None
        for panel in self.panels:
            if panel is not self.symbolic:
                panel.settle(self._question)
        # Not sooner: on the way to sin(x) the text has the inputs s and si.
        self.inputs.show_inputs(self._question.at)

    def _share_left(self) -> None:
        """The inputs get the height that they need, text and preview the rest; until a person divides it."""
        if self._left_divided:
            return
        height = sum(self.left.sizes())
        inputs = min(self._bottom.sizeHint().height() + self.inputs.wanted_height(), round(_INPUTS_SHARE * height))
        text = round(_TEXT_SHARE * (height - inputs))
        self.left.setSizes([text, height - inputs - text, inputs])

    def _outdate(self) -> None:
        """What is seen no longer belongs to the text; it stays, dimmed. The gallery names an example only as it is."""
        self._settle_soon.stop()
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

    def _complain(self, sentence: str) -> None:
        self._say(sentence, True)

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

    def open_example(self, place: int) -> None:
        from explorer.ui.session import Session

        example = self.examples.itemData(place)
        self.document.open(Session(example.source, example.point))
        self.editor.moveCursor(QTextCursor.MoveOperation.End)

    def _text_clicked(self, line: int, column: int) -> None:
        from explorer.language.program import Span

        self.graph.select_span(Span(line, column, line, column + 1))

    def _piece_clicked(self, piece: object) -> None:
        span = getattr(piece, "span", None)
        if span is not None:
            self.graph.select_span(span)
            self._light(span)

    def _light(self, places: Span | tuple[Span, ...] | None) -> None:
        """One selection everywhere: the text and the typeset formula show the part, or parts, that were selected."""
        from explorer.language.program import Span

        spans = (places,) if isinstance(places, Span) else places or ()
        self.editor.light(*spans)
        self.preview.highlight(spans)

    def cancel_all(self) -> None:
        """Stop whatever computes or plays; where nothing does, close the lesson that is open beside."""
        if self._lesson is not None and not self.busy and not self.graph.player.playing:
            self._lesson.close()  # without a window manager it never has the keys itself
        for panel in self.panels:
            panel.cancel()

    def run_optimizer(self) -> None:
        self.tabs.setCurrentWidget(self.optimize)  # which asks, when it is first shown, what it is about
        self.optimize.run()

    def next_panel(self) -> None:
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

    def choose_theme(self, dark: bool) -> None:
        """The light or the dark look, now and at the next start."""
        QSettings().setValue("theme", "dark" if dark else "light")
        theme.apply(QApplication.instance(), dark)

    def show_palette(self) -> None:
        """All commands, to be found by a part of their names."""
        from explorer.ui.palette import CommandPalette

        CommandPalette(self.menuBar(), self).open()

    def show_code(self) -> None:
        """The generated code of the function and its gradient."""
        from explorer.ui.code_dialog import CodeDialog

        if (program := self.document.program) is not None:
            CodeDialog(program, self.crew, self).open()

    def show_limits(self) -> None:
        """The limits of a run, to be changed."""
        from explorer.ui.limits_dialog import LimitsDialog

        dialog = LimitsDialog(self)
        dialog.accepted.connect(lambda: self._limit(dialog.limits))
        dialog.open()

    def _limit(self, limits: dict[str, int]) -> None:
        """From now on runs are stopped at these limits; what is seen is computed again."""
        self.crew.common["limits"] = limits
        for panel in self.panels:
            panel.ask_again()

    def show_lesson(self, name: str = "") -> None:
        """The lesson of this name, with its panel in front; else that of the panel that has the focus."""
        from explorer.ui.lesson import LessonView

        if self._lesson is None:
            self._lesson = LessonView(self)
            self._lesson.example_asked.connect(self._show_example)
            self._lesson.lesson_asked.connect(self.show_lesson)
        place = next((k for k in range(self.tabs.count()) if self.tabs.widget(k).name == name), -1)  # type: ignore[attr-defined]
        if place >= 0:
            self.tabs.setCurrentIndex(place)
        self._lesson.show_lesson(name or self._room_in_focus())

    def _room_in_focus(self) -> str:
        """The name of the panel that has the focus; "function" for the editor and the inputs."""
        focus = QApplication.focusWidget()
        if self._lesson is not None and focus is not None and focus.window() is self._lesson:
            return self._lesson.name
        panels = (panel for panel in self.panels if focus is not None and panel.isAncestorOf(focus))
        found = next(panels, self.tabs.currentWidget() if focus is self.tabs.tabBar() else None)
        return found.name if found is not None else "function"

    def _show_example(self, name: str) -> None:
        """Open the example in the file of this name."""
        names = [self.examples.itemData(k).name for k in range(self.examples.count())]
        if name in names:
            self.open_example(names.index(name))

    def show_syntax(self) -> None:
        from explorer.ui import examples

        self._tell("How to write a function", examples.SYNTAX)

    def show_about(self) -> None:
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

    def changeEvent(self, event: QEvent) -> None:
        """The message has a colour of its own, for each theme another; a larger text needs wider columns."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "tabs"):
            self._set_narrowest()
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "message"):
            self._say(self.message.text(), bool(self.message.property("wrong")))

    def _set_narrowest(self) -> None:
        """How narrow the outer columns may become."""
        size = text_size.current()
        for column, narrowest, enough in zip((self.left, self.tabs), _NARROWEST, _ENOUGH, strict=True):
            column.setMinimumWidth(min(round(narrowest * size), enough) if size > 1.0 else narrowest)

    def _lay_out(self) -> None:
        """As it was when the window was last closed, or else as it is best; then all columns grow with the window."""
        self.default_layout()
        for splitter, name in ((self.columns, "columns"), (self.rows, "rows")):
            saved = self._saved(name)
            if saved is not None:
                splitter.restoreState(saved)
        for splitter, shares in ((self.columns, _COLUMN_SHARES), (self.rows, (1, 0))):
            for place, share in enumerate(shares):
                splitter.setStretchFactor(place, share)

    def default_layout(self) -> None:
        left = _LEFT_WIDTH + max(0, self.width() - _USUAL_SIZE[0]) * _COLUMN_SHARES[0] // sum(_COLUMN_SHARES)
        wide, verdict = self.width() - left, round(_VERDICT_HEIGHT * text_size.chosen())
        # Where there is room the tables of race and comparison are seen whole.
        tabs = max(round(0.454 * wide), min(_ENOUGH[1], wide - _NARROWEST_GRAPH))
        self.columns.setSizes([left, wide - tabs, tabs])
        self.rows.setSizes([self.height() - verdict, verdict])

    def step_text(self, direction: int) -> None:
        """All texts larger, smaller or as usual (see text_size.step); the verdict keeps its rows."""
        before = text_size.chosen()
        text_size.step(self, direction)
        above, verdict = self.rows.sizes()
        wanted = round(verdict * text_size.chosen() / before)
        self.rows.setSizes([above + verdict - wanted, wanted])

    def _saved(self, name: str) -> QByteArray | None:
        settings = QSettings()
        if settings.value("layout/version") != str(_LAYOUT_VERSION):
            return None
        saved = settings.value(f"layout/{name}")
        return saved if isinstance(saved, QByteArray) else None

    def closeEvent(self, event: QCloseEvent) -> None:
        self._build_rest()  # closed in its first moments: what is half built cannot be taken down
        self._hold.release()
        settings = QSettings()
        settings.setValue("layout/version", str(_LAYOUT_VERSION))
        settings.setValue("layout/geometry", self.saveGeometry())
        settings.setValue("layout/columns", self.columns.saveState())
        settings.setValue("layout/rows", self.rows.saveState())
        self.files.close()
        self.crew.close()
        self.plots.close()
        super().closeEvent(event)


def _heading(words: str, buddy: QWidget | None = None) -> QLabel:
    label = QLabel(words)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    if buddy is not None:
        label.setBuddy(buddy)
    return label


def _is_file(path: str) -> bool:
    """Whether the words after the program's name are a file's path; a formula may be too long for one."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
