"""The symbolic panel itself: its first page, derivatives typeset, with their sizes; the others are built late.

Longer than 300 lines: the first page is the panel's own, and its answers come in eight kinds, a few lines each.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from time import monotonic
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.notation import NotationBuilder, Piece
from explorer.ui.collection import Hold
from explorer.ui.fitted_numbers import NUMBER, FittedNumbers
from explorer.ui.focus_order import in_place
from explorer.ui.formula_view import LARGE, FormulaView
from explorer.ui.panel import PATIENCE_MS, Panel, number_text
from explorer.ui.panels.symbolic.choice import Choice
from explorer.ui.panels.symbolic.page import Page, shifted
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Broken, Done, End
from explorer.work.wire import Message

# Pieces of formulas that are drawn unasked: laying out more takes a while, and nobody reads so much.
_MOST_PIECES = 2_500
_ALL_NODES = 40_000  # of one derivative, where all is to be shown
_MATRIX_PIECES = 600  # of all entries: a larger matrix is no longer seen as one, and its entries are shown one by one
_MOST_NAMED = 4  # inputs or outputs above and below the bar of ∂(y₁, y₂)/∂(x₁, x₂)
_MOST_MISSING = 20  # lines for what has not come yet: more would only be scrolled past
_MOST_FITTED = 10**300  # sizes that are doubles too, and are written with few digits where they have no room
_LONG_MS = 1_000  # work that takes longer says what it is doing
SIZES = {
    "operations": ("operations", "SymPy's count_ops: sums, products, powers and calls"),
    "tree": ("tree", "nodes of the expression written as a tree, every repetition counted"),
    "dag": ("shared", "distinct sub-expressions: what is left when equal parts are stored once"),
    "after_cse": ("after CSE", "operations after common-subexpression elimination"),
    "characters": ("characters", "length of SymPy's text"),
}
_COPIES = {
    "latex": ("Copy as LaTeX", "LaTeX"),
    "text": ("Copy as SymPy", "SymPy's text"),
    "python": ("Copy as Python code", "Python"),
}
_PAGES = ("Steps", "Forms", "Sizes", "Graph", "Swell")  # after the first; each is built when it is first seen
_SIZES_PAGE = 1 + _PAGES.index("Sizes")


class _Entry(NamedTuple):
    """A derivative that has come: which, its piece, its value as text or None, and whether it is written as that."""

    wanted: dict[str, Any]
    whole: int
    value: str | None
    says_its_value: bool


class _SizesTable(QTableWidget):
    """As high as its rows, however large the text is."""

    def fit(self) -> None:
        row = self.fontMetrics().height() + 6
        self.verticalHeader().setDefaultSectionSize(row)
        head = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(head + self.rowCount() * row + 2 * self.frameWidth())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.rowCount():
            self.fit()


class SymbolicPanel(Panel):
    """The derivatives that are wanted, as SymPy differentiates, with their values here and the swell of f."""

    name = "symbolic"
    title = "Symbolic"
    headed = False
    undoable = True
    budget_ms = 10_000

    typeset = Signal()  # all derivatives are seen, or why there are none

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self.plots = plots
        self._names: tuple[list[str], list[str]] = ([], [])
        self._hold = Hold()  # while a large derivative comes in
        self._noted: dict[str, Any] = {}  # the options as the document has them
        self._all = False  # whether large derivatives are to be shown whole
        self._began = monotonic()
        self.copier = crew.worker("symbolic.copy")
        self.copier.answered.connect(self._copied)
        self.copier.ended.connect(self._not_copied)
        self._mind(self.copier)
        self.pages = QTabWidget(objectName="symbolic.pages", documentMode=True)
        self.pages.setAccessibleName("Pages of the symbolic panel")
        self.pages.addTab(self._first_page(), "Derivative")
        self._built: dict[int, Page] = {}
        self._wished: dict[str, dict[str, Any]] = {}  # the options of pages that are not built yet, by name
        self._said_by_page = ""
        for title in _PAGES:
            holder = QWidget()
            QVBoxLayout(holder).setContentsMargins(0, 0, 0, 0)
            self.pages.addTab(holder, title)
        self.pages.currentChanged.connect(self._show_page)
        self.body.addWidget(self.pages, 1)
        # What comes sooner is shown at once and whole: half an answer would only flicker.
        self._part = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._part.timeout.connect(self._show_entries)
        self._unsized = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._unsized.timeout.connect(self._show_sizes)
        self._stage = ""
        self._stage_said = ""  # the sentence about it that stands in the heading
        self._clock = QTimer(self, interval=_LONG_MS // 2)
        self._clock.timeout.connect(self._tell_time)
        self._begin()

    def _first_page(self) -> QWidget:
        self.choice = Choice()
        self.choice.changed.connect(self._chosen)
        self.choice.refused.connect(self.say)
        self.formula = FormulaView(fills=True)
        self.formula.setObjectName("symbolic.formula")
        self.formula.setAccessibleName("Derivatives, typeset")
        self.formula.setToolTip(
            "Click a part to light it wherever it stands again; click once more for what is around it"
        )
        self.formula.widens = True
        self.formula.piece_selected.connect(self._light_part)
        menu = QMenu(self)
        for key, (title, _) in _COPIES.items():
            action = QAction(title, self.formula)
            action.setData(key)
            action.triggered.connect(self._copy_as)
            self.formula.addAction(action)
            menu.addAction(action)
        self.copy_menu = QToolButton(objectName="symbolic.copy", text="Copy")
        self.copy_menu.setAccessibleName("Copy the derivatives")
        self.copy_menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.copy_menu.setMenu(menu)
        self.shared = QCheckBox("name shared parts", objectName="symbolic.shared")
        self.shared.setAccessibleName("Give names to parts that occur more than once")
        self.shared.setToolTip("u1 = …: what common-subexpression elimination finds, each part written once")
        self.shared.toggled.connect(self._chosen)
        self.matrix = QCheckBox("as a matrix", objectName="symbolic.matrix", checked=True)
        self.matrix.setAccessibleName("Show second derivatives, or those of several outputs, as one matrix")
        self.matrix.toggled.connect(self._chosen)
        self.show_all = QPushButton("Show all", objectName="symbolic.all")
        self.show_all.setAccessibleName("Show the derivatives whole")
        self.show_all.clicked.connect(self._show_all)
        self.show_all.hide()
        self.part = QLabel(objectName="symbolic.part")  # here and not in the heading: what is clicked must not move
        self.part.setAccessibleName("How often the part that is lit stands in what is shown")
        self.sizes = self._sizes_table()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        above = QHBoxLayout()
        above.setSpacing(4)
        above.addWidget(self.choice, 1)
        above.addWidget(self.copy_menu)
        column.addLayout(above)
        column.addWidget(self.formula, 1)
        below = QHBoxLayout()
        below.addWidget(self.shared)
        below.addWidget(self.matrix)
        below.addStretch(1)
        below.addWidget(self.part)
        below.addWidget(self.show_all)
        column.addLayout(below)
        column.addWidget(self.sizes)
        return page

    def _sizes_table(self) -> QTableWidget:
        table = _SizesTable(3, len(SIZES), objectName="symbolic.sizes")
        table.setAccessibleName("Sizes of the function and of its derivatives")
        table.setHorizontalHeaderLabels([label for label, _ in SIZES.values()])
        for column, (_, meaning) in enumerate(SIZES.values()):
            table.horizontalHeaderItem(column).setToolTip(meaning)
        table.setVerticalHeaderLabels(["f", "derivatives", "growth"])
        table.setItemDelegate(FittedNumbers(table))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.fit()
        return table

    # -- pages -----------------------------------------------------------------------------------------------------

    def _show_page(self, place: int) -> None:
        """A page that is seen, made now if it is the first time; what another page had to say goes with that one."""
        if self._said_by_page and self.status.text() == self._said_by_page:
            self.say("")
        if place == 0 or place in self._built:
            return
        page = _page(_PAGES[place - 1], self.crew, self.plots)
        page.said.connect(self._say_for_page)
        page.stage.connect(self._set_stage)
        page.broken.connect(self._fault)
        self._mind(page.worker)
        self._built[place] = page
        page.restore(self._wished.pop(page.name, {}))
        holder = self.pages.widget(place).layout()
        assert holder is not None
        holder.addWidget(page)
        in_place(page)
        if place == _SIZES_PAGE:
            page.show_answer(self._swell)
        page.ask(self._waiting or self.question)

    def _say_for_page(self, text: str) -> None:
        self._said_by_page = text
        self.say(text)

    def _fault(self, end: Broken) -> None:
        self._trace = end.traceback
        self._copy.show()
        self.say("Something failed in the program itself.")

    def _place_working(self) -> None:
        """Below the pages' tabs and their first row, which stay within reach while something is computed."""
        super()._place_working()
        below = self.pages.tabBar().height() + self.copy_menu.height() + 10
        self._working.move(self._working.x(), self._working.y() + below)

    # -- the options -----------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """Which derivatives are wanted, how they are shown, the page that is looked at, and what the others show."""
        pages = {**self._wished, **{page.name: kept for page in self._built.values() if (kept := page.options())}}
        title = self.pages.tabText(self.pages.currentIndex())
        return {**self._undoable_options(), "page": title, "pages": pages}

    def _undoable_options(self) -> dict[str, Any]:
        return {**self.choice.options(), "shared": self.shared.isChecked(), "matrix": self.matrix.isChecked()}

    def restore(self, options: Mapping[str, Any]) -> None:
        self.choice.restore(options)
        for box, usual in ((self.shared, False), (self.matrix, True)):
            kept = options.get(box.objectName().removeprefix("symbolic."))
            with QSignalBlocker(box):
                box.setChecked(kept if isinstance(kept, bool) else usual)
        wished = options.get("pages")
        if isinstance(wished, dict):
            self._wished = {name: kept for name, kept in wished.items() if isinstance(kept, dict)}
            for page in self._built.values():
                page.restore(self._wished.pop(page.name, {}))
        titles = [self.pages.tabText(place) for place in range(self.pages.count())]
        if options.get("page") in titles:  # not of an undo, which leaves alone how one looks at it
            self.pages.setCurrentIndex(titles.index(options["page"]))

    def _chosen(self) -> None:
        """A person has chosen other derivatives, or another form of them."""
        before, self._noted = self._noted, self._undoable_options()
        if before != self._noted:
            self.options_changed.emit(before, self._noted)
        self.ask_again()

    # -- the flow --------------------------------------------------------------------------------------------------

    def asks(self, question: Question) -> Message:
        self._part.stop()  # what would be shown belongs to the question before
        if self.question_is_new(question):
            self._all = False
            self.choice.set_program(question.program)
            for page in self._built.values():
                page.settle(question)
        self._noted = self._undoable_options()
        self._began, self._stage = monotonic(), ""
        if self._all:
            self._hold.take()
        self._clock.start()
        return self._message(question)

    def question_is_new(self, question: Question) -> bool:
        """Whether this is another question than the last one, and not the same with other options."""
        new = question is not self._asked_last
        self._asked_last = question
        return new

    _asked_last: Question | None = None
    _course = ""

    def _message(self, question: Question) -> Message:
        return questions.symbolic(
            question.source,
            question.at,
            **self.choice.wanted(),
            drawn=_ALL_NODES if self._all else None,
            shared=self.shared.isChecked(),
            matrix=self.matrix.isChecked(),
        )

    def set_dimmed(self, dimmed: bool) -> None:
        self.formula.set_dimmed(dimmed)
        self.sizes.setEnabled(not dimmed)
        if dimmed:
            for page in self._built.values():
                page.set_dimmed(True)

    @property
    def busy(self) -> bool:
        """Also while an answer that has come is not typeset yet."""
        return super().busy or self._part.isActive() or self.formula.laying_out

    def show_answer(self, answer: dict[str, Any]) -> None:
        if "stage" in answer:
            self._set_stage(answer["stage"])
        elif "function" in answer:
            self._begin()
            self._names = (answer["outputs"], answer["inputs"])
            self._wanted = answer["entries"]
            self._course = answer.get("course", "")  # a sentence where the formula holds near this point only
            if answer["entries"]:
                self._part.start(PATIENCE_MS)
            else:
                self._show_constant(answer["outputs"])
        elif "pieces" in answer:
            self._take_pieces(answer["pieces"])
        elif "named" in answer:
            self._lines.append(self._named_line(answer))
        elif "entry" in answer:
            self._entries.append(self._entry(answer))
            if len(self._entries) == len(self._wanted):
                if len(self._builder.pieces) <= LARGE:  # at once, before what other panels are answered meanwhile
                    self._show_entries()
                else:  # in a turn of its own: putting together and laying out each take their time
                    self._part.start(0)
            elif not self._part.isActive():
                self._part.start(PATIENCE_MS)
        elif "texts" in answer:
            self._texts = answer["texts"]
        elif "swell" in answer:
            self._swell = answer["swell"]
            self._stage = "measuring the sizes"
            self._show_sizes("…")

    def show_end(self, end: End) -> None:
        self._clock.stop()
        self._hold.release()
        if isinstance(end, Done):
            self._take_back_stage()
        if not isinstance(end, Done) and self._fresh:
            self._show_entries()
        if self._fresh:
            self._show_sizes("–")
        if isinstance(end, Done):
            self._say_what_is_missing()
        self.typeset.emit()

    def _set_stage(self, stage: str) -> None:
        self._stage = stage
        if not self._clock.isActive():
            self._began = monotonic()
            self._clock.start()

    def _tell_time(self) -> None:
        """Say what is being done, and for how long."""
        if not self.busy:
            self._clock.stop()
            self._take_back_stage()
            return
        seconds = monotonic() - self._began
        if seconds * 1000 >= _LONG_MS:
            self._stage_said = f"{self._stage or 'building the expression'} · {seconds:.0f} s"
            self.say(self._stage_said)

    def _take_back_stage(self) -> None:
        """What was being done is done; a refusal that has taken the sentence's place stays."""
        if self._stage_said and self.status.text() == self._stage_said:
            self.say("")
        self._stage_said = ""

    def _begin(self) -> None:
        """Forget the entries; what is seen stays until new ones are typeset."""
        self._part.stop()
        self._unsized.stop()
        self._entries: list[_Entry] = []
        self._wanted: list[dict[str, Any]] = []
        self._texts: dict[str, str] = {}  # of the derivatives, by form, unless they are large
        self._shift: int | None = None  # where the pieces of the notation begin that is coming in
        self._refs = 0  # sub-expressions numbered so far: each derivative has numbers of its own
        self._builder = NotationBuilder()
        self._lines: list[int] = []  # the named parts
        self._complete = True
        self._swell: dict[str, Any] = {}

    def _show_all(self) -> None:
        self._all = True
        self.show_all.hide()
        self.ask_again()

    # -- the first page --------------------------------------------------------------------------------------------

    def _show_entries(self) -> None:
        """Typeset what has come so far; the rest is seen to be missing."""
        self._part.stop()
        builder = NotationBuilder()
        builder.pieces = [*self._builder.pieces]
        lines = [*self._lines]
        rows = self._rows_of_matrix()
        if rows > 1 and len(builder.pieces) <= _MATRIX_PIECES and self._complete and self.matrix.isChecked():
            lines.append(self._matrix(builder, rows))
        else:
            lines += [self._line(builder, entry) for entry in self._entries]
            for entry in self._wanted[len(self._entries) :][:_MOST_MISSING]:
                pieces = (*self._head(builder, entry), builder.add("symbol", "…"))
                lines.append(builder.add("row", children=pieces))
        self._offer_matrix(rows)
        if not lines:
            return
        builder.add("lines", children=tuple(lines)) if len(lines) > 1 else None
        self.formula.show_notation(builder.finish(self._complete))
        self.part.clear()
        if not self._swell:
            self._unsized.start()
        self._say_what_is_missing()
        self.brighten()
        if len(self._entries) == len(self._wanted):
            if not self.formula.laying_out:
                self.formula.viewport().repaint()  # now, and not after all else that this turn changes and paints
            self.typeset.emit()

    def _say_what_is_missing(self) -> None:
        self.show_all.setVisible(not self._complete and not self._all)
        if not self._complete:
            whole = "Too large to be drawn whole" if self._all else "Too large to be shown whole"
            self.say(f"{whole}: the sizes below are of all of it.")
        elif self._course:
            self.say(self._course)

    def _head(self, builder: NotationBuilder, entry: dict[str, Any]) -> tuple[int, int]:
        """∂ⁿy/∂x∂z² =."""
        outputs, inputs = self._names
        order = len(entry["by"])
        sign = builder.add("symbol", "∂")
        if order > 1:
            sign = builder.add("power", children=(sign, builder.add("number", str(order))))
        above = builder.add("row", children=(sign, builder.add("name", outputs[entry["output"]])))
        by: list[int] = []
        for place, again in groupby(entry["by"]):
            times = len(list(again))
            by.append(builder.add("symbol", "∂"))
            name = builder.add("name", inputs[place])
            by.append(name if times == 1 else builder.add("power", children=(name, builder.add("number", str(times)))))
        below = builder.add("row", children=tuple(by))
        return builder.add("fraction", children=(above, below)), builder.add("operator", "=")

    def _rows_of_matrix(self) -> int:
        """How many rows the matrix of all entries has; a gradient and a single derivative are none."""
        return len({entry["row"] for entry in self._wanted})

    def _offer_matrix(self, rows: int) -> None:
        fits = len(self._builder.pieces) <= _MATRIX_PIECES and self._complete
        self.matrix.setVisible(rows > 1)
        self.matrix.setEnabled(fits)
        self.matrix.setToolTip("" if fits else "Too large for a matrix: the entries stand one below the other.")

    def _matrix(self, builder: NotationBuilder, rows: int) -> int:
        """∂(outputs)/∂(inputs), or ∂²output/∂(inputs)², = the matrix = its numbers."""
        outputs, inputs = self._names
        columns = len(self._wanted) // rows
        by = [inputs[entry["by"][-1]] for entry in self._wanted[:columns]]
        second = len(self._wanted[0]["by"]) > 1
        of = [outputs[entry["output"]] for entry in self._wanted[:: len(self._wanted) if second else columns]]
        above, below = (self._differential(builder, names, square) for names, square in ((of, second), (by, second)))
        children = [builder.add("fraction", children=(above, below))]
        missing = len(self._wanted) - len(self._entries)
        cells = [*(entry.whole for entry in self._entries), *(builder.add("symbol", "…") for _ in range(missing))]
        shape = f"{rows}×{columns}"
        children += [builder.add("operator", "="), builder.add("matrix", shape, tuple(cells))]
        if not missing and not all(entry.says_its_value or entry.value is None for entry in self._entries):
            numbers = tuple(self._number(builder, entry.value or "–") for entry in self._entries)
            children += [builder.add("operator", "="), builder.add("matrix", shape, numbers)]
        return builder.add("row", children=tuple(children))

    def _differential(self, builder: NotationBuilder, names: list[str], squared: bool) -> int:
        """∂y or ∂(x, y); squared ∂²y and ∂(x, y)²: above and below the bar of a derivative by several inputs."""
        sign, several = builder.add("symbol", "∂"), len(names) > 1
        two = builder.add("number", "2") if squared else 0
        pieces: list[int] = []
        for name in names if len(names) <= _MOST_NAMED else [*names[: _MOST_NAMED - 1], "…", names[-1]]:
            pieces += [builder.add("comma")] if pieces else []
            pieces.append(builder.add("symbol" if name == "…" else "name", name))
        whole = pieces[0] if not several else builder.add("bracket", "()", (builder.add("row", "", tuple(pieces)),))
        if squared and several:
            whole = builder.add("power", children=(whole, two))
        elif squared:
            sign = builder.add("power", children=(sign, two))
        return builder.add("row", children=(sign, whole))

    def _include(self, answer: dict[str, Any]) -> int:
        """Take an answer's notation in, with the pieces that came before it; an ellipsis where there is no room."""
        self._take_pieces(answer["notation"]["pieces"])
        own, shift, self._shift = self._builder.pieces, self._shift, None
        assert shift is not None
        self._refs = 1 + max((piece.ref for piece in own[shift:] if piece.ref is not None), default=self._refs)
        if (self._lines or self._entries) and not self._all and len(own) > _MOST_PIECES:
            del own[shift:]
            self._complete = False
            return self._builder.add("symbol", "…")
        self._complete = self._complete and answer["notation"]["complete"]
        return len(own) - 1

    def _take_pieces(self, pieces: list[Any]) -> None:
        """Take some pieces of the next notation in; a large one comes in parts, so that none of them is felt."""
        if self._shift is None:
            self._shift = len(self._builder.pieces)
        shift, refs = self._shift, self._refs
        self._builder.pieces.extend(shifted(piece, shift, refs) for piece in pieces)

    def _named_line(self, answer: dict[str, Any]) -> int:
        """u1 = part."""
        whole = self._include(answer)
        name = self._builder.add("name", answer["named"])
        sign = self._builder.add("operator", "=")
        return self._builder.add("row", children=(name, sign, whole))

    def _entry(self, answer: dict[str, Any]) -> _Entry:
        """Take a derivative in."""
        entry = answer["entry"]
        before = len(self._builder.pieces) if self._shift is None else self._shift
        whole = self._include(answer)
        shown = number_text(entry["value"]) if entry["value"] is not None else None
        says = entry["number"] and shown is not None and _says(self._builder.pieces[before:], shown)
        return _Entry(entry, whole, shown, says)

    def _line(self, builder: NotationBuilder, entry: _Entry) -> int:
        """∂y/∂x = derivative = value."""
        pieces = [*self._head(builder, entry.wanted), entry.whole]
        if entry.value is not None and not entry.says_its_value:
            pieces += [builder.add("operator", "="), self._number(builder, entry.value)]
        return builder.add("row", children=tuple(pieces))

    def _number(self, builder: NotationBuilder, shown: str) -> int:
        sign = [builder.add("prefix", "−")] if shown.startswith("−") else []
        digits = shown.removeprefix("−")
        kind = "number" if digits[0].isdigit() else "word"
        whole = builder.add(kind, digits.replace("−", "-"))
        return builder.add("row", children=(*sign, whole)) if sign else whole

    def _show_constant(self, outputs: list[str]) -> None:
        builder = NotationBuilder()
        lines = []
        for name in outputs:
            pieces = (
                builder.add("name", name),
                builder.add("word", " is constant: there is nothing to differentiate."),
            )
            lines.append(builder.add("row", children=pieces))
        if len(lines) > 1:
            builder.add("lines", children=tuple(lines))
        self.formula.show_notation(builder.finish())
        self.brighten()

    def _show_sizes(self, missing: str = "…") -> None:
        self._unsized.stop()
        for column, key in enumerate(SIZES):
            before, after = (self._swell.get(part, {}).get(key) for part in ("function", "derivative"))
            growth = f"× {after / before:.3g}" if before and after else missing
            whole = [(missing if size is None else f"{size:,}", size) for size in (before, after)]
            for row, (text, size) in enumerate((*whole, (growth, None))):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if size is not None and size < _MOST_FITTED:
                    item.setData(NUMBER, float(size))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.sizes.setItem(row, column, item)
        if _SIZES_PAGE in self._built:
            self._built[_SIZES_PAGE].show_answer(self._swell)

    def _light_part(self, piece: Piece) -> None:
        """Light a part at all of its places in its derivative, and say how many these are."""
        count = self.formula.highlight(refs=[] if piece.ref is None else [piece.ref], follow=False)
        self.part.setText("" if not count else "this part: once" if count == 1 else f"this part: {count:,} times")

    # -- copying ---------------------------------------------------------------------------------------------------

    def _copy_as(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        texts = self._texts.get(action.data())
        if texts:
            self._copied({"text": texts})
        elif self.question is not None:
            self.copier.ask(questions.symbolic_text(self._message(self.question), action.data()), self.budget_ms)

    def _copied(self, answer: dict[str, Any]) -> None:
        QGuiApplication.clipboard().setText(answer["text"])
        self.say(f"Copied {len(answer['text']):,} characters.")

    def _not_copied(self, end: End) -> None:
        if isinstance(end, Broken):
            self._fault(end)
        elif not isinstance(end, Done):
            self.say(end.message)


def _says(pieces: list[Piece], shown: str) -> bool:
    """Whether a constant derivative is written as its value is."""
    return "".join(piece.text for piece in pieces if not piece.children) == shown


def _page(title: str, crew: Crew, plots: Crew) -> Page:
    """A page by its title, loaded now."""
    match title:
        case "Steps":
            from explorer.ui.panels.symbolic.steps import StepsPage

            return StepsPage(crew)
        case "Forms":
            from explorer.ui.panels.symbolic.forms import FormsPage

            return FormsPage(crew)
        case "Graph":
            from explorer.ui.panels.symbolic.graph import GraphPage

            return GraphPage(crew)
        case "Swell":
            from explorer.ui.panels.symbolic.swell import SwellPage

            return SwellPage(crew, plots)
        case _:
            from explorer.ui.panels.symbolic.sizes import SizesPage

            return SizesPage(crew)
