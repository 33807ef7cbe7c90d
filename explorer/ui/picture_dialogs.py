"""Where a picture or a film of the graph is to be saved, how large and how fast, and how far it has come."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QMessageBox,
    QProgressDialog,
    QSpinBox,
    QWidget,
)

from explorer.ui.graph_answer import GraphAnswer
from explorer.ui.graph_picture import Picture
from explorer.ui.graph_state import Looks
from explorer.ui.graph_view import GraphView
from explorer.ui.pictures import (
    FILM_WIDTH,
    FILMS,
    MOST_FILM_SIDE,
    STILLS,
    FilmExport,
    PictureError,
    reason_against,
    save_still,
)


def save_picture(parent: QWidget, view: GraphView) -> None:
    """Ask for a name and write the graph as it is shown now."""
    picture = view.picture
    if picture is None or not picture.nodes:
        _tell(parent, "There is no graph to be saved yet.")
        return
    dialog = _file_dialog(parent, "Save a picture of this graph", STILLS)
    dialog.fileSelected.connect(lambda path: _write(parent, path, picture, view))
    dialog.open()


def _file_dialog(parent: QWidget, title: str, endings: tuple[str, ...]) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setObjectName("graph.save")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([f"{ending[1:].upper()} (*{ending})" for ending in endings])
    dialog.setDefaultSuffix(endings[0][1:])
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(chosen.partition(" ")[0].lower()))
    dialog.selectFile(f"graph{endings[0]}")
    return dialog


def _write(parent: QWidget, path: str, picture: Picture, view: GraphView) -> None:
    try:
        save_still(path, picture, picture.state, view.font(), view.palette())
    except PictureError as error:
        _tell(parent, str(error))


def save_film(
    parent: QWidget, answer: GraphAnswer | None, view: GraphView, speed: float, looks: Looks
) -> QDialog | None:
    """Ask for size, speed and name, and write the sweep, with its progress and a way to cancel it."""
    if answer is None or not answer.steps or not answer.picture.nodes:
        _tell(parent, "There is no sweep to be saved yet.")
        return None
    options = QDialog(parent, objectName="graph.film")
    options.setWindowTitle("Save the sweep as a film")
    options.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    width = QSpinBox(
        objectName="graph.film.width", minimum=160, maximum=MOST_FILM_SIDE, value=FILM_WIDTH, singleStep=40
    )
    width.setAccessibleName("Width of the film in pixels")
    width.setSuffix(" px")
    rate = QDoubleSpinBox(objectName="graph.film.speed", minimum=0.2, maximum=120.0, value=min(speed, 120.0))
    rate.setAccessibleName("Steps a second in the film")
    rate.setSuffix(" steps/s")
    rate.setDecimals(1)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    form = QFormLayout(options)
    form.addRow("Width", width)
    form.addRow("Speed", rate)
    form.addRow(buttons)
    buttons.rejected.connect(options.reject)

    def choose() -> None:
        dialog = _file_dialog(parent, "Save the sweep as a film", FILMS)
        dialog.fileSelected.connect(lambda path: _film(parent, path, answer, view, width.value(), rate.value(), looks))
        dialog.open()
        options.hide()
        dialog.finished.connect(options.accept)

    buttons.accepted.connect(choose)
    options.open()
    return options


def _film(
    parent: QWidget, path: str, answer: GraphAnswer, view: GraphView, width: int, speed: float, looks: Looks
) -> None:
    if reason := reason_against(path):
        _tell(parent, reason)
        return
    export = FilmExport(
        path, answer, view.font(), view.palette(), width=width, steps_a_second=speed, looks=looks, parent=parent
    )
    progress = QProgressDialog(f"Writing {Path(path).name}", "Cancel", 0, export.frames, parent)
    progress.setObjectName("graph.film.progress")
    progress.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    progress.setWindowModality(Qt.WindowModality.NonModal)
    progress.setMinimumDuration(0)
    progress.setAutoReset(False)
    progress.canceled.connect(export.cancel)
    export.progressed.connect(lambda done, _: progress.setValue(done))

    def end(failure: str) -> None:
        progress.canceled.disconnect(export.cancel)
        progress.close()
        export.deleteLater()
        if failure and failure != "Cancelled.":
            _tell(parent, failure)

    export.ended.connect(end)
    export.start()


def _tell(parent: QWidget, text: str) -> None:
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Pictures", text, QMessageBox.StandardButton.Close, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
