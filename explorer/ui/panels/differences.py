"""The differences panel: one step h, and on its pages all that depends on it.

It is one file of more than 300 lines: the head, the step, and the options that both share with every page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui import icons, theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.collection import set_aside
from explorer.ui.focus_order import in_place
from explorer.ui.laboratory.error_page import ErrorPage
from explorer.ui.laboratory.options import ASKED, VIEWS, clean
from explorer.ui.laboratory.reading import Reading, short, step_text
from explorer.ui.laboratory.step_box import StepBox
from explorer.ui.number_box import NumberBox
from explorer.ui.panel import Panel
from explorer.ui.session import Question
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.wire import Message

AHEAD_MS = 120  # between two pages that are built before they are asked for
FRAME_MS = 33  # a picture of the play: 30 a second
_FIRST_STEP = 1e-2
_OWN = "custom"  # the scheme whose offsets a person has written
_NARROW_NAME = 50  # pixels to which a box of names gives way in a narrow window
_NOTE_MS = 300  # a slider that rests this long has been set
_TABS = ("Error", "Secant", "Digits", "Schemes", "Precision", "Taylor")
_UNITS = (
    ("1", "absolute", "an absolute step: the unit of h is 1, and h stays when x changes"),
    ("|x|", "relative", "a relative step: the unit of h is |x|, and h grows with x"),
    ("max(1, |x|)", "both", "absolute for small x, relative for large ones"),
    ("a scale", "own", "the unit of h is a scale that you give this input"),
)
_SAME = 1e-9  # of a step: what is nearer to a step of the grid is that step
_MOST_BREAKS = 2  # said at once; the others in the tooltip


class DifferencesPanel(Panel):
    """Which derivative, by which scheme, with which step; what breaks here; and the pages."""

    name = "differences"
    title = "Finite differences"
    headed = False
    undoable = True

    def __init__(self, crew: Crew, plots: Crew, parent: QWidget | None = None) -> None:
        super().__init__(crew, parent)
        self._plots = plots
        self._pages: dict[int, Any] = {}
        self._reading: Reading | None = None
        self._scales: dict[str, float] = {}
        self._typed = 0.0  # a step in units that is not of the grid; 0 for none
        self._built = False
        self._kept: dict[str, Any] = {}  # options of a session that wait for the widgets that they belong to
        self._noted: dict[str, Any] = {}  # the options as the document has them
        self._note_soon = QTimer(self, singleShot=True, interval=_NOTE_MS)
        self._note_soon.timeout.connect(self._note)

    # -- building --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """Everything but the pages, which are built when they are first seen."""
        self._built = True
        self._build_head()
        self._build_step()
        self.remarks = QLabel(objectName="differences.remarks")
        self.remarks.setAccessibleName("What breaks here")
        self.remarks.setTextFormat(Qt.TextFormat.PlainText)
        self.remarks.setWordWrap(True)
        self.remarks.hide()
        self.tabs = QTabWidget(objectName="differences.tabs")
        self.tabs.setAccessibleName("Pages of the error laboratory")
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        for title in _TABS:
            holder = QWidget()
            QVBoxLayout(holder).setContentsMargins(0, 0, 0, 0)
            self.tabs.addTab(holder, title)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.setCornerWidget(self._export_button())
        self.body.addWidget(self.remarks)
        self.body.addWidget(self.tabs, 1)
        self.message = QLabel(objectName="differences.message")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.hide()
        self.body.addWidget(self.message, 1)
        self._play = QTimer(self, interval=FRAME_MS)
        self._play.timeout.connect(self._next_frame)
        in_place(self)
        self._page(0)
        self._take_options()
        self._noted = self._undoable_options()
        self.tabs.currentChanged.connect(self._tab_changed)
        self._ahead = QTimer(self, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._build_ahead)
        self._ahead.start()

    def _build_head(self) -> None:
        self.outputs = self._combo("differences.output", "Output that is differentiated", 2)
        self.inputs = self._combo("differences.input", "Input by which it is differentiated", 2)
        self.order = self._combo("differences.derivative", "First or second derivative", 3)
        self.order.addItem("1st", 1)
        self.order.addItem("2nd", 2)
        self.scheme = self._combo("differences.scheme", "Scheme", 8)
        for combo in (self.outputs, self.inputs):
            combo.setMinimumWidth(_NARROW_NAME)
        for combo in (self.outputs, self.inputs, self.order):
            combo.currentIndexChanged.connect(self._option_changed)
        self.scheme.currentIndexChanged.connect(self._scheme_changed)
        below, scheme = QLabel("/∂"), _label("&scheme", self.scheme)
        row = (QLabel("∂"), self.outputs, below, self.inputs, self.order, scheme, self.scheme)
        for place, widget in enumerate(row):
            self.head.insertWidget(1 + place, widget)  # after the hidden title

    def _build_step(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="differences.step")
        self.slider.setAccessibleName("Step h")
        self.slider.setToolTip("The step h, 12 places a decade")
        self.slider.setRange(0, len(questions.STEPS) - 1)
        self.slider.setMinimumWidth(44)  # beside all the others, at 1280 pixels
        self.slider.setPageStep(questions.STEPS_A_DECADE)
        self.slider.setValue(questions.step_place(_FIRST_STEP))
        self.slider.valueChanged.connect(self._moved)
        self.play_button = QToolButton(objectName="differences.play")
        self.play_button.setAccessibleName("Let h shrink, or stop")
        self.play_button.setToolTip("Let h shrink, or stop")
        self.play_button.setIcon(icons.icon("play", self))
        self.play_button.clicked.connect(self.play)
        self.step_box = StepBox()
        self.step_box.setObjectName("differences.h")
        self.step_box.setAccessibleName("The step h, to be typed")
        self.step_box.setToolTip("The step h: type any, like 1e-8; the arrow keys go along the slider")
        self.step_box.setMinimumWidth(self.step_box.fontMetrics().horizontalAdvance("8.88888e−88") + 26)
        self.step_box.setMaximumWidth(self.step_box.minimumWidth())
        self.step_box.typed.connect(self._step_typed)
        self.step_box.stepped.connect(lambda places: self.slider.setValue(self.slider.value() + places))
        default = QToolButton(objectName="differences.default", text="default")
        default.setAccessibleName("Set h to the scheme's default step")
        default.setToolTip("Set h to the scheme's default step")
        default.clicked.connect(self._set_default)
        self.unit = self._combo("differences.unit", "Unit of the step: what h is relative to", 6)
        for words, value, meaning in _UNITS:
            self.unit.addItem(words, value)
            self.unit.setItemData(self.unit.count() - 1, meaning, Qt.ItemDataRole.ToolTipRole)
        self.unit.setCurrentIndex(2)
        self.unit.setMinimumWidth(82)
        self.unit.currentIndexChanged.connect(self._unit_changed)
        self.scale = NumberBox()
        self.scale.setObjectName("differences.scale")
        self.scale.setAccessibleName("Scale of this input")
        self.scale.setValue(1.0)
        self.scale.setToolTip("The scale of this input: the unit of h")
        self.scale.setMinimumWidth(56)
        self.scale.setMaximumWidth(60)
        self.scale.editingFinished.connect(self._scale_changed)
        self.scale.hide()
        row = QHBoxLayout()
        row.setSpacing(6)
        self._unit_label = _label("&unit", self.unit)
        named = (_label("h &=", self.step_box), self.step_box, default, self._unit_label, self.unit, self.scale)
        for widget in (self.play_button, self.slider, *named):
            row.addWidget(widget, 1 if widget is self.slider else 0)
        self.body.addLayout(row)

    def _export_button(self) -> QToolButton:
        button = QToolButton(objectName="differences.export", text="Numbers")
        button.setAccessibleName("Copy or save the numbers of this page")
        button.setToolTip("The numbers of this page, with all their digits")
        button.setAutoRaise(True)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction("&Copy", self.copy_numbers)
        menu.addAction("&Save as CSV …", self.save_numbers)
        button.setMenu(menu)
        return button

    @staticmethod
    def _combo(name: str, words: str, width: int) -> QComboBox:
        combo = ChoiceBox(objectName=name)
        combo.setAccessibleName(words)
        combo.setToolTip(words)
        theme.narrow(combo, width)
        return combo

    def _build_ahead(self) -> None:
        """One more page while nothing else is done: a click on its tab then has nothing to wait for."""
        if self.busy or self._play.isActive():
            return
        missing = [place for place in range(len(_TABS)) if place not in self._pages]
        if missing:
            self._page(missing[0])
        else:
            self._ahead.stop()
            set_aside()

    def _page(self, place: int) -> Any:
        """The page of a tab, built when it is first asked for."""
        if place not in self._pages:
            page = _make_page(_TABS[place], self._plots)
            self._pages[place] = page
            self.tabs.widget(place).layout().addWidget(page)
            in_place(page)
            page.restore(self._kept)
            for signal in ("asked", "custom_changed"):
                if hasattr(page, signal):
                    getattr(page, signal).connect(self._option_changed)
            if hasattr(page, "step_chosen"):
                page.step_chosen.connect(self.set_step)
            if hasattr(page, "scheme_chosen"):
                page.scheme_chosen.connect(self._choose_scheme)
            if self._reading is not None:
                page.show_reading(self._reading, self.chosen_scheme, self.slider.value())
        return self._pages[place]

    # -- the question ----------------------------------------------------------------------------------------------

    @property
    def chosen_scheme(self) -> str:
        """The scheme whose digits, secant and precisions are shown."""
        return str(self._kept.get("scheme") or self.scheme.currentData() or "central")

    def asks(self, question: Question) -> Message:
        if not self._built:
            self._build()
        program = question.program
        for combo, names, key in ((self.inputs, program.inputs, "input"), (self.outputs, program.outputs, "output")):
            wanted = self._kept.pop(key, combo.currentData())
            with QSignalBlocker(combo):
                if [combo.itemData(place) for place in range(combo.count())] != list(names):
                    combo.clear()
                    for name in names:
                        combo.addItem(pretty_name(name), name)
                combo.setCurrentIndex(max(combo.findData(wanted), 0) if names else -1)
            combo.setEnabled(bool(names))
        chosen = str(self.inputs.currentData() or "")
        with QSignalBlocker(self.scale):
            self.scale.setValue(self._scales.get(chosen, 1.0))
        options: dict[str, object] = {
            "parts": list(self._page(self.tabs.currentIndex()).parts),
            "derivative": self.order.currentData(),
            "scheme": self.chosen_scheme,
            "unit": self.unit.currentData(),
            "scale": self._scales.get(chosen, 1.0),
        }
        if self._typed:
            options["step"] = self._typed
        kept = self._page_options()
        options |= {key: kept[key] for key in ASKED if key in kept}
        return questions.differences(question.source, question.at, max(self.outputs.currentIndex(), 0), chosen, options)

    def set_dimmed(self, dimmed: bool) -> None:
        if not self._built:
            return
        self.remarks.setEnabled(not dimmed)
        self.message.setEnabled(not dimmed)
        for page in self._pages.values():
            page.set_dimmed(dimmed)

    def show_answer(self, answer: dict[str, Any]) -> None:
        page = self._page(self.tabs.currentIndex())
        if "base" in answer:
            base = answer["base"]
            self.message.setVisible(base is None)
            self.tabs.setVisible(base is not None)
            if base is None:
                self._reading = None
                self.remarks.hide()
                self.message.setText("A constant has no derivative to estimate.")
            else:
                self._reading = Reading.from_json(base)
                self._list_schemes()
                self._show_breaks(self._reading)
                page.show_reading(self._reading, self.chosen_scheme, self.slider.value())
                self._show_step()
            self.brighten()
            return
        for part, content in answer.items():
            if part in page.parts and self._reading is not None:
                page.show_part(part, content)

    def _list_schemes(self) -> None:
        """The schemes that can be chosen: those with weights."""
        assert self._reading is not None
        names = [row.scheme for row in self._reading.rows if row.order]
        before = [self.scheme.itemData(k) for k in range(self.scheme.count())]
        if "scheme" not in self._kept and before == names:
            return
        with QSignalBlocker(self.scheme):
            new = before and "scheme" not in self._kept and _OWN in names and _OWN not in before
            chosen = _OWN if new else self.chosen_scheme  # whoever writes a scheme wants to see it
            self._kept.pop("scheme", None)
            self.scheme.clear()
            for name in names:
                self.scheme.addItem(name, name)
            # The worker takes the central one, too, for a scheme that is no more.
            self.scheme.setCurrentIndex(self.scheme.findData(chosen if chosen in names else "central"))
        if new:
            self._note()

    def _show_breaks(self, reading: Reading) -> None:
        sentences = [f"{_title(each.name)}: {each.sentence}" for each in reading.breaks]
        row = reading.row(self.chosen_scheme)
        one_sided = row is not None and row.note.startswith("one-sided")
        notes = [f"{row.scheme} at its default h = {step_text(row.step)}: {row.note}."] if row and one_sided else []
        if not reading.precise and reading.why and reading.comparable:
            notes.append(f"Compared with reverse AD: {reading.why}.")
        shown = [*sentences[:_MOST_BREAKS], *notes]
        if len(sentences) > _MOST_BREAKS:
            shown.append(f"… and {len(sentences) - _MOST_BREAKS} more")
        self.remarks.setText("\n".join(shown))
        self.remarks.setToolTip("\n".join([*sentences, *notes]))
        self.remarks.setVisible(bool(shown))

    # -- the step --------------------------------------------------------------------------------------------------

    def set_step(self, h: float) -> None:
        """Set h everywhere, to the nearest step of the grid."""
        if self._reading is not None:
            self.slider.setValue(self._reading.place(h))

    def _set_default(self) -> None:
        row = self._reading.row(self.chosen_scheme) if self._reading is not None else None
        if row is not None and row.step:
            self._step_typed(row.step)

    def _step_typed(self, h: float) -> None:
        """Take a step that need not be of the grid: the worker puts it there."""
        reading = self._reading
        if reading is None or not reading.unit > 0.0:
            return
        step = h / reading.unit
        if not questions.STEPS[0] <= step <= questions.STEPS[-1]:
            ends = (step_text(end * reading.unit) for end in (questions.STEPS[0], questions.STEPS[-1]))
            self.say(f"h = {short(h)} is not between {' and '.join(ends)}, where steps are looked at here.")
            return
        self.say("")
        self._hold(step)
        self._note()
        self.ask_again()

    def _hold(self, step: float) -> None:
        """Set the slider to this step, in units, and hold it where it is not of the grid."""
        place = questions.step_place(step)
        self._typed = 0.0 if abs(step - questions.STEPS[place]) <= _SAME * step else step
        self.slider.setValue(place)
        self._show_step()

    @property
    def _step(self) -> float:
        """The step in units: what was typed, or that of the slider's place."""
        place = self.slider.value()
        typed = self._typed and questions.step_place(self._typed) == place
        return self._typed if typed else questions.STEPS[place]

    def _moved(self, place: int) -> None:
        self._note_soon.start()
        self._show_step()
        page = self._pages.get(self.tabs.currentIndex())
        if page is not None:
            page.move_to(place)

    def _show_step(self) -> None:
        if self._reading is not None:
            self.step_box.show_step(self._step * self._reading.unit)

    def play(self) -> None:
        """Let h shrink from here, or from 1 when at the end; pause when playing."""
        if self._play.isActive():
            self._stop()
            return
        if self.slider.value() == 0:
            self.slider.setValue(self.slider.maximum())
        self._play.start()
        self.play_button.setIcon(icons.icon("pause", self))

    def _next_frame(self) -> None:
        self.slider.setValue(self.slider.value() - 1)
        if self.slider.value() == 0:
            self._stop()

    def _stop(self) -> None:
        self._play.stop()
        self._note_soon.start()
        self.play_button.setIcon(icons.icon("play", self))

    # -- the numbers -----------------------------------------------------------------------------------------------

    def numbers(self) -> Iterable[Sequence[object]]:
        """The numbers of the page that is seen, as rows below their names."""
        return self._page(self.tabs.currentIndex()).numbers() if self._reading is not None else ()

    def copy_numbers(self) -> None:
        """Put the numbers of this page on the clipboard, as CSV."""
        from explorer.ui.numbers_out import copy_numbers

        copy_numbers(self.tabs.cornerWidget(), self.numbers())

    def save_numbers(self) -> None:
        """Ask for a file and write the numbers of this page."""
        from explorer.ui.numbers_out import save_numbers

        save_numbers(self, f"differences-{_TABS[self.tabs.currentIndex()].lower()}", self.numbers)

    # -- the options -----------------------------------------------------------------------------------------------

    def options(self) -> dict[str, Any]:
        """Component, derivative, scheme, step, and what the pages keep; see `laboratory.options`."""
        if not self._built:
            return self._kept
        return {
            "page": _TABS[self.tabs.currentIndex()],
            "step": self._step,
            "output": self._kept.get("output") or self.outputs.currentData() or "",
            "input": self._kept.get("input") or self.inputs.currentData() or "",
            "derivative": self.order.currentData(),
            "scheme": self.chosen_scheme,
            "unit": self.unit.currentData(),
            "scales": dict(self._scales),
            **self._page_options(),
        }

    def restore(self, options: Mapping[str, Any]) -> None:
        self._kept = clean(options)
        if self._built:
            for page in self._pages.values():
                page.restore(self._kept)
            self._take_options()
            self._noted = self._undoable_options()

    def _take_options(self) -> None:
        """Set the widgets as `_kept` says; input, output and scheme wait for their lists."""
        kept = self._kept
        place = self.unit.findData(kept.get("unit", "both"))
        place = place if place >= 0 else self.unit.findData("both")
        order = max(self.order.findData(kept.get("derivative", 1)), 0)
        tab = _TABS.index(kept["page"]) if kept.get("page") in _TABS else self.tabs.currentIndex()
        self._scales = dict(kept.get("scales", {}))
        for key, first in (("scheme", "central"), ("input", ""), ("output", "")):
            kept.setdefault(key, first)
        for widget, value in ((self.unit, place), (self.order, order), (self.tabs, tab)):
            with QSignalBlocker(widget):
                widget.setCurrentIndex(value)
        self._show_scale()
        self._page(tab)
        self._hold(min(max(kept.get("step", _FIRST_STEP), questions.STEPS[0]), questions.STEPS[-1]))
        self._note_soon.stop()

    def _page_options(self) -> dict[str, Any]:
        """What the pages keep; of those that are not built yet, what the session says."""
        kept = {key: value for key, value in self._kept.items() if key in (*ASKED, *VIEWS) and key != "page"}
        for page in self._pages.values():
            kept |= page.options()
        return kept

    def _undoable_options(self) -> dict[str, Any]:
        return {key: value for key, value in self.options().items() if key not in VIEWS}

    def _note(self) -> None:
        """Tell the document what a person has changed; while h plays there is nothing to tell."""
        now = self._undoable_options()
        if now != self._noted and not self._play.isActive():
            before, self._noted = self._noted, now
            self.options_changed.emit(before, now)

    def _option_changed(self) -> None:
        self._note()
        self.ask_again()

    def _scheme_changed(self) -> None:
        """Another scheme: its own page draws it from what is there; digits and precisions must be asked for."""
        self._kept.pop("scheme", None)
        self._note()
        page = self._page(self.tabs.currentIndex())
        if self._reading is not None and _TABS[self.tabs.currentIndex()] in ("Error", "Secant", "Schemes"):
            page.show_reading(self._reading, self.chosen_scheme, self.slider.value())
            page.move_to(self.slider.value())
        else:
            self.ask_again()

    def _choose_scheme(self, name: str) -> None:
        with QSignalBlocker(self.scheme):
            self.scheme.setCurrentIndex(max(self.scheme.findData(name), 0))
        self._kept.pop("scheme", None)
        self._note()

    def _show_scale(self) -> None:
        """The box of a scale where that is the unit; it takes the room of the word."""
        own = self.unit.currentData() == "own"
        self.scale.setVisible(own)
        self._unit_label.setVisible(not own)

    def _unit_changed(self) -> None:
        self._show_scale()
        self._option_changed()

    def _scale_changed(self) -> None:
        value = self.scale.value()
        name = str(self.inputs.currentData() or "")
        if value > 0.0 and value != self._scales.get(name, 1.0):
            self._scales[name] = value
            self._option_changed()
        elif not value > 0.0:
            self.say("A scale must be above 0.")

    def _tab_changed(self, place: int) -> None:
        page = self._page(place)
        if self._reading is not None:
            page.show_reading(self._reading, self.chosen_scheme, self.slider.value())
        self.ask_again()

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if self._built and event.type() == event.Type.PaletteChange:
            self.play_button.setIcon(icons.icon("pause" if self._play.isActive() else "play", self))


def _title(name: str) -> str:
    """A break's name at the start of a sentence."""
    return name if name.startswith("x ") else name[:1].upper() + name[1:]


def _label(words: str, buddy: QWidget) -> QLabel:
    label = QLabel(words)
    label.setBuddy(buddy)
    return label


def _make_page(title: str, plots: Crew) -> Any:
    """A page by its title; its module is loaded when it is first seen, or when the window has nothing to do."""
    match title:
        case "Error":
            return ErrorPage(plots)
        case "Secant":
            from explorer.ui.laboratory.secant_page import SecantPage

            return SecantPage(plots)
        case "Digits":
            from explorer.ui.laboratory.digits_page import DigitsPage

            return DigitsPage()
        case "Schemes":
            from explorer.ui.laboratory.schemes_page import SchemesPage

            return SchemesPage()
        case "Precision":
            from explorer.ui.laboratory.precision_page import PrecisionPage

            return PrecisionPage(plots)
    from explorer.ui.laboratory.taylor_page import TaylorPage

    return TaylorPage(plots)
