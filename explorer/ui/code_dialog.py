"""The generated code of the function and its gradient, to be read, copied and saved, for other systems too."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from explorer.language.program import ExplorerError, Program
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.files import save_file
from explorer.ui.worker import Crew
from explorer.work import questions
from explorer.work.ends import Broken, Done, End, Refused
from explorer.work.wire import Message

BUDGET_MS = 20_000
_OURS = "the code that the program itself runs on, with what it needs to stand alone"


class Language(NamedTuple):
    """What can be written: its words in the list, what is said of it, and the ending and the name of its files."""

    words: str
    about: str
    ending: str = "py"
    files: str = "Python"


# By the names of work.export.TARGETS, which the window cannot import: it loads NumPy.
LANGUAGES = {
    "python": Language("Python, one point", _OURS),
    "numpy": Language("NumPy, many points at once", _OURS),
    "pytorch": Language("PyTorch", "the function, which PyTorch differentiates by its autograd"),
    "jax": Language("JAX", "the function, which JAX differentiates by its grad"),
    "tensorflow": Language("TensorFlow", "the function, which TensorFlow differentiates by its tape"),
    "sympy": Language("SymPy", "a script that makes the expressions, and their derivatives by SymPy"),
    "mathematica": Language("Mathematica", "the function, and its derivatives by Mathematica", "wl", "Wolfram"),
    "maple": Language("Maple", "the function, and its derivatives by Maple", "mpl", "Maple"),
    "latex": Language("LaTeX", "the formulas of the function and its derivatives", "tex", "LaTeX"),
    "notebook": Language("Jupyter notebook", "a notebook with the code and a check of it", "ipynb", "Notebook"),
}


class CodeDialog(QDialog):
    """A language and an output are chosen; the code comes from a worker."""

    def __init__(self, program: Program, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self.setWindowTitle("Code of the function and its gradient")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 620)
        self.source = program.source
        self.language = ChoiceBox(objectName="code.language")
        self.language.setAccessibleName("Language of the code")
        for name, about in LANGUAGES.items():
            self.language.addItem(about.words, name)
        self.output = ChoiceBox(objectName="code.output")
        self.output.setAccessibleName("Which output")
        if len(program.outputs) > 1:
            self.output.addItem("all outputs, with the Jacobian", None)
        for place, name in enumerate(program.outputs):
            self.output.addItem(name, place)
        self.output.setVisible(len(program.outputs) > 1)
        self.text = QPlainTextEdit(objectName="code.text", readOnly=True)
        self.text.setAccessibleName("The code")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(theme.fixed_font(self))
        self.message = QLabel(objectName="code.message")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        for button, name in ((self.copy, "copy"), (self.save, "save"), (close, "close")):
            button.setObjectName(f"code.{name}")
            button.setAccessibleName(button.text().replace("&", ""))
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_for_file)
        close.clicked.connect(self.close)
        above = QHBoxLayout()
        above.addWidget(self.language)
        above.addWidget(self.output)
        above.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addLayout(above)
        outer.addWidget(self.text, 1)
        outer.addWidget(self.message)
        outer.addWidget(buttons)
        self.worker = crew.worker("code")
        self.worker.answered.connect(self._show)
        self.worker.ended.connect(self._end)
        self.language.currentIndexChanged.connect(self._ask)
        self.output.currentIndexChanged.connect(self._ask)
        self._ask()

    @property
    def _chosen(self) -> Language:
        return LANGUAGES[self.language.currentData()]

    @Slot()
    def _ask(self) -> None:
        self._say("Generating …")
        question = questions.export(self.source, str(self.language.currentData()), self.output.currentData())
        self.worker.ask(question, BUDGET_MS)

    @Slot(object)
    def _show(self, answer: Message) -> None:
        with QSignalBlocker(self.text):
            self.text.setPlainText(str(answer["text"]))

    @Slot(object)
    def _end(self, end: End) -> None:
        if isinstance(end, Done):
            lines = self.text.blockCount() - 1
            self._say(f"{lines:,} lines: {self._chosen.about}.")
            return
        self.text.clear()
        failed = "The code could not be generated: a fault of the program."
        self._say(end.message if isinstance(end, Refused) else failed)
        if isinstance(end, Broken):
            self.text.setPlainText(end.traceback)

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        for button in (self.copy, self.save):
            button.setEnabled("lines:" in sentence)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.message.setText("Copied.")

    @Slot()
    def _ask_for_file(self) -> None:
        *_, ending, files = self._chosen
        dialog = QFileDialog(self, "Save the code", filter=f"{files} (*.{ending})")
        dialog.setObjectName("code.file")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"gradient.{ending}")
        dialog.fileSelected.connect(self._save)
        dialog.open()

    @Slot(str)
    def _save(self, path: str) -> None:
        try:
            save_file(path, self.text.toPlainText())
        except ExplorerError as error:
            self.message.setText(error.message)
        else:
            self.message.setText(f"Saved as {path}.")

    def done(self, result: int) -> None:
        """Closed: what is still being computed is of no use."""
        self.worker.answered.disconnect(self._show)
        self.worker.ended.disconnect(self._end)
        self.worker.cancel()
        super().done(result)
