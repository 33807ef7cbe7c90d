"""The player: first, previous, play, next, last, a slider over the steps of a film, and the speed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from explorer.ui import icons

STEPS_A_SECOND = 1.5  # slow enough to read a step's sentence
TICKS_A_SECOND = 30.0  # faster than this, a tick goes on by several steps


class Player(QWidget):
    """A slider over rows: stepping back is free, and nothing is animation state."""

    row_changed = Signal(int)
    playing_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self._buttons: dict[str, QToolButton] = {}
        actions = (
            ("first", "First step (Home)", self.first),
            ("previous", "Previous step (Shift+F10)", self.previous),
            ("play", "Play or pause (F5)", self.play),
            ("next", "Next step (F10)", self.next),
            ("last", "Last step (End)", self.last),
        )
        for name, words, slot in actions:
            button = QToolButton(objectName=f"graph.{name}")
            button.setIcon(icons.icon(name, self))
            button.setIconSize(QSize(18, 18))
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setAutoRaise(True)
            button.setAutoRepeat(name in ("previous", "next"))
            button.clicked.connect(slot)
            self._buttons[name] = button
            row.addWidget(button)
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="graph.slider")
        self.slider.setAccessibleName("Step of the sweep")
        self.slider.setPageStep(1)
        self.slider.setMaximum(0)
        self.slider.valueChanged.connect(self._moved)
        self.counter = QLabel()
        self.counter.setTextFormat(Qt.TextFormat.PlainText)
        self.speed = QDoubleSpinBox(objectName="graph.speed", minimum=0.2, maximum=2000.0, value=STEPS_A_SECOND)
        self.speed.setAccessibleName("Steps a second")
        self.speed.setSuffix(" steps/s")
        self.speed.setDecimals(1)
        self.speed.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.speed.valueChanged.connect(self._pace)
        row.addWidget(self.slider, 1)
        row.addWidget(self.counter)
        row.addWidget(self.speed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._count()

    @property
    def row(self) -> int:
        """How many steps have been made."""
        return self.slider.value()

    @property
    def steps(self) -> int:
        """How many there are."""
        return self.slider.maximum()

    @property
    def playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._timer.isActive()

    def set_film(self, steps: int, row: int) -> None:
        """Another film; no signal."""
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(steps)
            self.slider.setValue(row)
        widest = "0" * max(len(str(steps)), 3)
        self.counter.setMinimumWidth(self.counter.fontMetrics().horizontalAdvance(f"step {widest} of {widest}"))
        self._count()

    def first(self) -> None:
        """Before the first step."""
        self.go(0)

    def previous(self) -> None:
        """One step back."""
        self.go(self.row - 1)

    def next(self) -> None:
        """One step on."""
        self.go(self.row + 1)

    def last(self) -> None:
        """After the last step."""
        self.go(self.steps)

    def go(self, row: int) -> None:
        """To a row, and stay there."""
        self.stop()
        self.slider.setValue(row)

    def play(self) -> None:
        """Play from here, or from the start when at the end; pause when playing."""
        if self.playing:
            self.stop()
            return
        if self.row == self.steps:
            self.slider.setValue(0)
        self._pace()
        self._timer.start()
        self._buttons["play"].setIcon(icons.icon("pause", self))
        self.playing_changed.emit(True)

    def stop(self) -> None:
        """Pause."""
        if self.playing:
            self._timer.stop()
            self._buttons["play"].setIcon(icons.icon("play", self))
            self.playing_changed.emit(False)

    def _pace(self) -> None:
        self._timer.setInterval(round(1000 / min(self.speed.value(), TICKS_A_SECOND)))

    def _tick(self) -> None:
        leap = max(1, round(self.speed.value() / TICKS_A_SECOND))
        self.slider.setValue(self.row + leap)
        if self.row == self.steps:
            self.stop()

    def _moved(self, row: int) -> None:
        self._count()
        self.row_changed.emit(row)

    def _count(self) -> None:
        self.counter.setText(f"step {self.row} of {self.steps}")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_timer"):  # Qt changes it while we are made
            for name, button in self._buttons.items():
                button.setIcon(icons.icon("pause" if name == "play" and self.playing else name, self))
