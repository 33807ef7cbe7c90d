"""The Run page: one rule from one or several starts; forwards, backwards, and in branches from any step.

Longer than 300 lines: buttons, starts, branches and words all change the same list of runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.language.names import pretty_name
from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox
from explorer.ui.math_label import MathLabel
from explorer.ui.panel import in_our_words, number_text
from explorer.ui.panels.optimize.paths import PathsView
from explorer.ui.panels.optimize.trace import Trace, digest
from explorer.ui.worker import Crew
from explorer.work import questions

if TYPE_CHECKING:
    from explorer.ui.panels.optimize.panel import OptimizePanel

_STEPS = 200
_MOST_STARTS = 12
_MOST_KEPT = 24  # runs in the picture
_STATE_LINES = 3
_POINT_DIGITS = (10, 8, 6)  # of an iterate: what the literature's tables have, and fewer before a number is left out


class RunPage(QWidget):
    """Buttons, the picture of the runs, and the state at the shown step."""

    def __init__(self, panel: OptimizePanel, crew: Crew, plots: Crew) -> None:
        super().__init__()
        self.panel = panel
        self.traces: list[Trace] = []
        self.starts: list[dict[str, float]] = []
        self._pending: list[Trace] = []  # the traces that the question under way is about, in its order
        self._stale = False  # whether the settings have changed since the runs
        self._asked = 0  # steps of the run under way
        self._fit = False  # whether the run under way may end outside the picture, which then follows it
        self._digests: list[str] = []  # of the runs of a session file that are being repeated
        self.paths = PathsView(crew, plots, "optimize")
        self.paths.clicked.connect(self._clicked)
        self.paths.step_changed.connect(self._show_step)
        self.paths.principal_wanted.connect(self._ask_principal)
        self.paths.drawn.connect(self._ask_marks)
        self.paths.picture.currentIndexChanged.connect(lambda: self._show_step(self.paths.step))
        self.marks = crew.worker("optimize.marks")
        self.marks.answered.connect(self._take_marks)
        self._marked: tuple[Any, ...] | None = None  # what the stationary points belong to
        self.planes = crew.worker("optimize.principal")
        self.planes.answered.connect(self.paths.look_along)
        self.state = MathLabel(_STATE_LINES)
        self.state.setObjectName("optimize.state")
        self.state.setAccessibleName("State of the run")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 4, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(self._build_buttons())
        self.note = QLabel(objectName="optimize.note")
        self.note.setAccessibleName("What there is to say about this rate")
        self.note.setTextFormat(self.panel.status.textFormat())
        self.note.setWordWrap(True)
        self.note_button = QPushButton(objectName="optimize.note.take")
        self.note_button.clicked.connect(self._take_rate)
        self._noted_rate = 0.0
        self.say_of_rate("")
        noted = QHBoxLayout()
        noted.addWidget(self.note, 1)
        noted.addWidget(self.note_button)
        outer.addLayout(noted)
        outer.addWidget(self.paths, 1)
        outer.addWidget(self.state)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        self.buttons: dict[str, QPushButton] = {}
        for name, words, tip, slot in (
            ("run", "Run", "Run all steps (Ctrl+Return)", self.run),
            ("step", "Step", "One step on", self.step),
            ("back", "Back", "One step back", self.back),
            ("reset", "Reset", "Back to the start, and forget the runs", self.reset),
            (
                "branch",
                "Branch",
                "From the shown step go on with the settings as they are now; the run stays",
                self.branch,
            ),
            ("fit", "Fit view", "Show the whole path", self.paths.fit),
        ):
            button = QPushButton(words, objectName=f"optimize.{name}")
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(words) + 10)  # Fusion's own is 80
            button.clicked.connect(slot)
            row.addWidget(button)
            self.buttons[name] = button
        self.which = ChoiceBox(objectName="optimize.which")
        self.which.setAccessibleName("Which run is inspected")
        self.which.setToolTip("Which run arrows, numbers and state belong to")
        theme.narrow(self.which, 10)
        self.which.activated.connect(self._choose)
        self.which.hide()
        self.paths.foot.insertWidget(0, self.which)
        more = QToolButton(
            text="⋯", objectName="optimize.more.runs", popupMode=QToolButton.ToolButtonPopupMode.InstantPopup
        )
        more.setAccessibleName("More about runs")
        menu = QMenu(more)
        menu.addAction("Forget the other starts", self._one_start)
        menu.addAction("Copy this run as a table (CSV)", self._copy_table)
        menu.addAction("Copy the runs as JSON, to repeat them", self._copy_specs)
        more.setMenu(menu)
        row.addStretch(1)
        self.steps = QSpinBox(objectName="optimize.steps", minimum=1, maximum=100_000, value=_STEPS)
        self.steps.setAccessibleName("Steps of a run")
        self.steps.setToolTip("Steps of a run")
        row.addWidget(self.steps)
        row.addWidget(more)
        return row

    # -- runs --------------------------------------------------------------------------------------------------------

    @property
    def current(self) -> Trace | None:
        """The run that is inspected."""
        place = self.paths.current
        return self.traces[place] if place < len(self.traces) else None

    def run(self) -> None:
        """All steps from every start."""
        if not self.panel.allowed:
            self.panel.run_later(self.run)
            return
        self._asked = self.steps.value()
        self._begin([self._spec(start, self._asked) for start in self.starts])
        self._fit = True

    def _spec(self, start: Mapping[str, float], steps: int) -> dict[str, Any]:
        return {"at": dict(start), "legs": [self.panel.leg(steps)]}

    def _begin(self, specs: Sequence[dict[str, Any]]) -> None:
        subject = self.panel.subject
        if subject is None or not self.panel.allowed or not specs:
            return
        self._stale = False
        self.traces = [Trace(spec, subject.names, self._label(spec, place)) for place, spec in enumerate(specs)]
        self._ask(self.traces)

    def _label(self, spec: Mapping[str, Any], place: int) -> str:
        *before, last = spec["legs"]
        rule = last["rule"]
        if before:
            return f"{rule} from step {sum(leg['steps'] for leg in before)}"
        return f"{rule}, start {place + 1}" if len(self.starts) > 1 else rule

    def _ask(self, traces: list[Trace]) -> None:
        subject = self.panel.subject
        assert subject is not None
        self._pending, self._fit = traces, False
        self.paths.set_traces(self.traces, min(self.paths.current, len(self.traces) - 1))
        self._list_runs()
        self.panel.ask_runs(
            questions.runs(
                subject.source, subject.objective, self.panel.seed, [trace.spec for trace in traces], self.panel.box()
            )
        )

    def take(self, answer: Mapping[str, Any]) -> None:
        """An answer about the runs."""
        place = answer.get("run")
        if place is None:
            return
        if not 0 <= place < len(self._pending):
            return
        self._pending[place].take(answer)
        if "refused" in answer:
            self.panel.say(in_our_words(answer["refused"]))
        if "block" in answer:
            self.paths.follow()
        if "stopped" in answer or "refused" in answer:
            self._checkdigest(place)
            self.paths.show_curves()
            self._show_step(self.paths.step)

    def end(self) -> None:
        """The question has ended, perhaps before its runs."""
        if self._fit:
            self._fit = False
            self.paths.fit_after_run()
        self.paths.show_curves()
        self._show_step(self.paths.step)

    def step(self) -> None:
        """One step on: shown if it is known, else computed by repeating the run, which is deterministic."""
        shown, trace = self.paths.step, self.current
        if self._stale or trace is None or not len(trace):
            self._asked = 1
            self._begin([self._spec(start, 1) for start in self.starts])
        elif shown + 1 < len(trace):
            self.paths.slider.setValue(shown + 1)
        elif not trace.complete:
            self._asked = shown + 1
            for each in self.traces:
                each.__init__(_extended(each.spec, shown + 1), each.names, each.label)  # type: ignore[misc]
            self._ask(self.traces)

    def back(self) -> None:
        """One step back."""
        self.paths.slider.setValue(self.paths.step - 1)

    def branch(self) -> None:
        """Another run: this one up to the shown step, and from there with the settings as they are now."""
        trace, shown, subject = self.current, self.paths.step, self.panel.subject
        if trace is None or subject is None or not self.panel.allowed:
            return
        spec = {
            "at": trace.spec["at"],
            "legs": [*_extended(trace.spec, shown)["legs"], self.panel.leg(self.steps.value())],
        }
        new = Trace(spec, subject.names, self._label(spec, 0))
        self.traces = [*self.traces[-_MOST_KEPT + 1 :], new]
        self.paths.current = len(self.traces) - 1
        self._stale = False
        self._asked = shown + self.steps.value()
        self._ask([new])
        self._fit = True

    def reset(self) -> None:
        """Forget the runs and begin where the inputs are."""
        subject = self.panel.subject
        if subject is not None:
            self.starts = [dict(self.panel.given_start())]
            self.panel.move_start(self.starts[0])
            self.paths.look_around()
        self.forget()

    def forget(self) -> None:
        """The function or the start has changed: the paths no longer say anything."""
        self.traces, self._pending, self._stale, self._digests, self._fit = [], [], False, [], False
        self.panel.cancel_runs()
        self.paths.current = 0
        self.paths.starts = self.starts
        self.paths.play.setChecked(False)
        self.paths.set_traces([])
        with QSignalBlocker(self.paths.slider):
            self.paths.slider.setValue(0)
        self._list_runs()
        self._show_step(0)

    def settings_changed(self) -> None:
        """The runs stay, for a branch; the next run or step begins anew."""
        self._stale = bool(self.traces)
        self._show_step(self.paths.step)

    def say_of_rate(self, said: str, better: float = 0.0, why: str = "Half of the largest stable one") -> None:
        """A sentence about the rate, and one that is taken at a click; neither where nothing is to be said."""
        self._noted_rate = better
        self.note.setText(said)
        self.note_button.setText(f"Use {number_text(better)}")
        self.note_button.setToolTip(why)
        self.note_button.setAccessibleName(f"Use the rate {number_text(better)}: {why[:1].lower()}{why[1:]}")
        for widget in (self.note, self.note_button):
            widget.setVisible(bool(said))

    def _take_rate(self) -> None:
        self.panel.form.rate.setValue(self._noted_rate)

    def _list_runs(self) -> None:
        with QSignalBlocker(self.which):
            self.which.clear()
            for place, trace in enumerate(self.traces):
                self.which.addItem(f"{place + 1}: {trace.label}")
            self.which.setCurrentIndex(self.paths.current)
        self.which.setVisible(len(self.traces) > 1)

    def _choose(self, place: int) -> None:
        self.paths.current = place
        self.paths.show_numbers()
        self.paths.set_traces(self.traces, place)
        self._show_step(self.paths.step)

    # -- starts ------------------------------------------------------------------------------------------------------

    def set_start(self, start: Mapping[str, float]) -> None:
        """The one start that the inputs give."""
        self.starts = [dict(start)]
        self.forget()

    def _clicked(self, x: float, y: float, another: bool) -> None:
        """A click is a new start, with Shift one more."""
        names = self.paths.plane.names
        if not names or self.paths.plane.directions or not self.starts:
            return
        start = dict(self.starts[0])
        start[names[0]] = float(f"{x:.4g}")
        if len(names) == 2:
            start[names[1]] = float(f"{y:.4g}")
        if another and len(self.starts) < _MOST_STARTS:
            self.starts = [*self.starts, start]
        elif not another:
            self.starts = [start, *self.starts[1:]]
        self.panel.move_start(self.starts[0])
        self.forget()

    def _one_start(self) -> None:
        self.starts = self.starts[:1]
        self.forget()

    # -- words -------------------------------------------------------------------------------------------------------

    def _show_step(self, step: int) -> None:
        trace = self.current
        allowed = self.panel.allowed and bool(self.starts)
        length = len(trace) if trace is not None else 0
        self.buttons["run"].setEnabled(allowed or self.panel.awaited)
        self.buttons["back"].setEnabled(step > 0)
        more = trace is None or self._stale or step + 1 < length or not trace.complete
        self.buttons["step"].setEnabled(allowed and more)
        self.buttons["branch"].setEnabled(allowed and length > 0)
        self.buttons["fit"].setEnabled(any(len(each) > 1 for each in self.traces))
        self.paths.show_numbers()
        if trace is None or not length:
            self._show_start()
            return
        at = min(max(step, 0), length - 1)
        label = pretty_name(self.panel.subject.label) if self.panel.subject else "f"
        pairs = [*zip(map(pretty_name, trace.names), trace.point(at), strict=True), (label, trace.loss[at])]
        lines = [self._point_words(at, pairs)]
        if self._stale:
            lines.append("The settings have changed: Run begins anew, Branch goes on from here with the new ones.")
        elif (
            at == length - 1
            and trace.sentence
            and (trace.complete or self._asked != at or self._asked == self.steps.value())
        ):
            lines.append(trace.sentence)
        lines.append(self._memory_words(trace, at, label, _STATE_LINES - len(lines)))
        self.state.setText("\n".join(lines))

    def _point_words(self, at: int, pairs: Sequence[tuple[str, float]]) -> str:
        """The iterate in one line: where not all of it has room, the function's value and what has."""
        room = self.state.width() - 8
        for digits in _POINT_DIGITS:
            said = [f"{name} = {number_text(value, digits)}" for name, value in pairs]
            whole = f"Step {at}:  {',  '.join(said)}"
            if self.state.fontMetrics().horizontalAdvance(whole) <= room:
                return whole
        line = f"Step {at}:  {said[-1]}"
        for part in said[:-1]:
            longer = f"{line},  {part}"
            if self.state.fontMetrics().horizontalAdvance(longer + ", …") > room:
                break
            line = longer
        return line + ", …"

    def _memory_words(self, trace: Trace, at: int, label: str, lines: int) -> str:
        """The gradient and what the rule remembers, of each the first numbers: as many as the lines have room for."""
        clip = trace.spec["legs"][trace.leg_at(at)].get("clip")
        short = f" (clipped to {number_text(clip, 3)})" if clip is not None and trace.norm[at] > clip else ""
        gradient = f"|∇{label}| = {number_text(trace.norm[at], 4)}{short}"
        memory = [(symbol, values) for symbol, values in trace.entries_at(at) if symbol != "t"]  # the step's number
        for most in (4, 3, 2, 1):
            parts = [gradient, *(f"{symbol}\u00a0=\u00a0{_first(values, most)}" for symbol, values in memory)]
            if self.state.needs("   ".join(parts)) <= lines:
                return "   ".join(parts)
        while len(parts) > 1 and self.state.needs("   ".join([*parts, "…"])) > lines:
            parts.pop()
        return "   ".join([*parts, "…"])

    def _show_start(self) -> None:
        if not self.starts or self.panel.subject is None:
            self.state.setText("")
            return
        pairs = list(self.starts[0].items())
        start = ", ".join(f"{pretty_name(name)} = {number_text(value)}" for name, value in pairs[:8])
        end = ", …" if len(pairs) > 8 else "."
        landscape = self.panel.allowed and self.paths.picture.currentText() == "contour"
        how = " Click the landscape to move it, Shift+click to add one." if landscape else ""
        several = f"{len(self.starts)} starts; the first" if len(self.starts) > 1 else "Start"
        self.state.setText(f"{several}: {start}{end}{how}")

    # -- keeping and copying -----------------------------------------------------------------------------------------

    def _ask_marks(self) -> None:
        """Look for the stationary points in and around the picture, quietly, where that takes no time."""
        subject, view = self.panel.subject, self.paths.view
        if subject is None or len(subject.names) > 2 or self.panel.on_data or len(view) != len(subject.names):
            return
        wanted = (subject.source, dict(subject.objective), list(view))
        if wanted == self._marked:
            return
        if self._marked is None or self._marked[:2] != wanted[:2]:
            self.paths.stationary, self.paths.minima = [], []
        self._marked = wanted
        # As far again on every side: distances are also measured to a minimum that lies outside.
        lows, highs = zip(*((2 * low - high, 2 * high - low) for low, high in view), strict=True)
        at = subject.at
        self.marks.ask(
            questions.optimizer(
                "stationary", subject.source, at, subject.objective, lows=list(lows), highs=list(highs)
            ),
            5_000,
        )

    def _take_marks(self, answer: Mapping[str, Any]) -> None:
        subject = self.panel.subject
        if subject is not None and self._marked and self._marked[:2] == (subject.source, dict(subject.objective)):
            self.paths.mark(answer["points"])

    def _ask_principal(self) -> None:
        subject = self.panel.subject
        if subject is None or not any(len(trace) > 1 for trace in self.traces):
            self.panel.say("The principal plane is that of a run: run first.")
            return
        specs = [trace.spec for trace in self.traces]
        self.planes.ask(questions.principal(subject.source, subject.objective, self.panel.seed, specs), 10_000)

    def specs(self) -> list[dict[str, Any]]:
        """The runs as a session file keeps them: how to repeat each, and a digest of its iterates."""
        return [{**trace.spec, "digest": digest(trace)} for trace in self.traces if len(trace)]

    def repeat(self, kept: Sequence[Mapping[str, Any]]) -> None:
        """Run what a session file kept, and say whether it is the same, bit for bit."""
        subject = self.panel.subject
        if subject is None or not kept:
            return
        specs = [{"at": dict(each["at"]), "legs": [dict(leg) for leg in each["legs"]]} for each in kept]
        self.starts = _distinct([spec["at"] for spec in specs]) or self.starts
        self.traces = [Trace(spec, subject.names, self._label(spec, place)) for place, spec in enumerate(specs)]
        self._ask(self.traces)
        self._digests = [str(each.get("digest", "")) for each in kept]

    def _checkdigest(self, place: int) -> None:
        if place < len(self._digests) and all(trace.stopped for trace in self._pending):
            same = [digest(trace) for trace in self._pending] == self._digests
            self._digests = []
            self.panel.say(
                "" if same else "The runs of the session were repeated, but their numbers differ from the file's."
            )

    def _copy_table(self) -> None:
        trace = self.current
        if trace is None:
            return
        rows = [["step", *trace.names, "f", "gradient norm", "gradients"]]
        for step in range(len(trace)):
            numbers = [*trace.point(step), trace.loss[step], trace.norm[step], trace.evaluations[step]]
            rows.append([str(step), *(repr(number) for number in numbers)])
        QGuiApplication.clipboard().setText("\n".join(map(",".join, rows)))
        self.panel.say(f"{len(trace)} rows are on the clipboard.")

    def _copy_specs(self) -> None:
        import json

        subject = self.panel.subject
        if subject is not None:
            kept = {
                "source": subject.source,
                "objective": dict(subject.objective),
                "seed": self.panel.seed,
                "runs": self.specs(),
            }
            QGuiApplication.clipboard().setText(json.dumps(kept, indent=1, ensure_ascii=False))
            self.panel.say("The runs are on the clipboard.")


def _first(values: Sequence[float], most: int) -> str:
    """So many of the numbers, close together: a line breaks between the entries of a memory, not within one."""
    said = ",\u00a0".join(number_text(value, 3) for value in values[:most])
    return f"{said}\u00a0…" if len(values) > most else said


def _distinct(starts: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    found: list[dict[str, float]] = []
    for start in starts:
        if start not in found:
            found.append(start)
    return found


def _extended(spec: Mapping[str, Any], total: int) -> dict[str, Any]:
    """The same run over so many steps: its last legs cut, or its very last one longer."""
    legs, left = [], total
    for leg in spec["legs"]:
        if left <= 0:
            break
        taken = min(leg["steps"], left)
        legs.append({**leg, "steps": taken})
        left -= taken
    if left > 0:
        legs[-1] = {**legs[-1], "steps": legs[-1]["steps"] + left}
    if not legs:
        legs = [{**spec["legs"][0], "steps": 0}]
    return {"at": spec["at"], "legs": legs}
