"""How long the program takes to its first painted window, and how still the event loop is while its workers start.

    python -m tests.benchmarks.startup [--rounds 15] [--long-rounds 5] [--platform offscreen] [--platform xcb]

Both are measured from outside, on the real program and on a bare QWidget in turn, each in a process of its own. The
window's time counts from the start of the process to the end of the first paint, and is given relative to the bare
program's of the same round. A gap is the time between two turns of the event loop that should come 1 ms apart, in the
first five seconds after that paint; the bare program's gaps are the machine's own. A virtual X server is started
where xcb is asked for and DISPLAY is not set.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GAP_SECONDS = 5.0

# What the measured process runs before the program. It takes the place of QApplication.exec, so that the program is
# as it is shipped: Qt is imported when the program does that. It sees only the events of the one native window, and
# before the paint it uses none of Qt's enums, which cost the first who names one up to 20 ms: the bare program must
# not pay for what only the window needs.
WATCH = """
import sys, time

def watch_first_paint():
    from PySide6.QtCore import QCoreApplication, QObject
    from PySide6.QtWidgets import QApplication

    class FirstPaint(QObject):
        def eventFilter(self, handle, event):
            if type(event).__name__ != "QExposeEvent" or not handle.isExposed():
                return False
            handle.removeEventFilter(self)
            QCoreApplication.sendEvent(handle, event)  # paints all of the window before it returns
            self.painted = self.last = time.perf_counter()
            self.longest = self.longest_at = 0.0
            self.startTimer(1)
            return True

        def timerEvent(self, event):
            now = time.perf_counter()
            if now - self.last > self.longest:
                self.longest, self.longest_at = now - self.last, self.last - self.painted
            self.last = now
            if now - self.painted >= SECONDS:
                self.killTimer(event.timerId())
                print(self.painted, self.longest, self.longest_at, flush=True)
                self.window.close()

    def watched_exec(*_):
        watch = FirstPaint()
        watch.window = next(window for window in QApplication.allWindows() if window.isVisible())
        watch.window.installEventFilter(watch)
        return original_exec()

    original_exec, QApplication.exec = QApplication.exec, watched_exec

class BeforeTheWindow:
    def find_spec(self, module, path, target=None):
        if module == "explorer.ui.app":
            watch_first_paint()
"""
PROGRAMS = {
    "bare": """
from PySide6.QtWidgets import QApplication, QWidget
watch_first_paint()
application = QApplication([])
widget = QWidget()
widget.show()
application.exec()
""",
    "window": """
sys.meta_path.insert(0, BeforeTheWindow())
sys.argv = ["main.py"]
from explorer.start import main
sys.exit(main())
""",
}


def run(program: str, seconds: float, environment: dict[str, str]) -> tuple[float, float, float]:
    """Start one program, let it live `seconds` after its first paint and close it.

    Seconds from its start to the end of that paint, its longest gap, and how long after the paint that gap began.
    """
    code = WATCH.replace("SECONDS", repr(seconds)) + PROGRAMS[program]
    started = time.perf_counter()  # a clock of the whole machine, the same in both processes
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"The program {program} failed:\n{done.stderr}")
    painted, longest, longest_at = map(float, done.stdout.split())
    return painted - started, longest, longest_at


@contextlib.contextmanager
def environment_for(platform: str) -> Iterator[dict[str, str]]:
    """The environment of the measured programs: this platform plugin, no saved settings, byte code kept.

    Without PYTHONDONTWRITEBYTECODE, whatever this shell says: who starts a program twice does not compile it twice.
    """
    with tempfile.TemporaryDirectory() as settings, contextlib.ExitStack() as stack:
        environment = os.environ | {"QT_QPA_PLATFORM": platform, "XDG_CONFIG_HOME": settings}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if platform == "xcb" and "DISPLAY" not in os.environ:
            environment["DISPLAY"] = stack.enter_context(_virtual_display())
        yield environment


@contextlib.contextmanager
def _virtual_display() -> Iterator[str]:
    """The name of an X server of our own, which ends with the block."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def measure(platform: str, rounds: int, long_rounds: int) -> list[str]:
    """The two lines of the table for one platform."""
    with environment_for(platform) as environment:
        for program in PROGRAMS:  # fills the file caches and writes the byte code, also of what is imported later
            run(program, GAP_SECONDS, environment)
        times = [[run(program, 0.0, environment)[0] for program in PROGRAMS] for _ in range(rounds)]
        gaps = [[run(program, GAP_SECONDS, environment)[1:] for program in PROGRAMS] for _ in range(long_rounds)]
    ratio = _spread([window / bare for bare, window in times], 1.0, 2)
    bare, window = (_spread(series, 1e3, 0) for series in zip(*times, strict=True))
    lines = [f"{platform:10}  first paint   {ratio:24} bare {bare} ms, window {window} ms"]
    if gaps:
        still, moving = zip(*gaps, strict=True)
        at = ", ".join(f"{1e3 * length:.0f} at {begins:.1f} s" for length, begins in moving)
        longest = _spread([length for length, _ in moving], 1e3, 0)
        quiet = _spread([length for length, _ in still], 1e3, 0)
        lines.append(f"{'':10}  longest gap   {longest + ' ms':24} bare {quiet} ms; window: {at}")
    return lines


def _spread(values: Sequence[float], scale: float, digits: int) -> str:
    """The median and, in brackets, the least and the greatest."""
    texts = [f"{scale * value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Start-up relative to a bare QWidget, and the longest gap after it.")
    parser.add_argument("--rounds", type=int, default=15, help="pairs of starts to the first paint")
    parser.add_argument("--long-rounds", type=int, default=5, help="pairs of runs of five seconds, for the gaps")
    parser.add_argument("--platform", action="append", help="a platform plugin of Qt; may be given several times")
    options = parser.parse_args()
    has_display = "DISPLAY" in os.environ or shutil.which("Xvfb") is not None
    platforms = options.platform or (["offscreen", "xcb"] if has_display else ["offscreen"])
    print(f"Median (least to greatest); {options.rounds} starts and {options.long_rounds} long runs of each, in turn")
    for platform in platforms:
        print("\n".join(measure(platform, options.rounds, options.long_rounds)), flush=True)


if __name__ == "__main__":
    main()
