"""The worker as the window sees it, with real processes: the newest question wins, and the window never waits."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer

from explorer.ui.worker import GRACE_MS, Crew, Worker
from explorer.work.ends import DIED, STOPPED, TOO_LONG, Broken, Done, Refused

ROOT = Path(__file__).parents[2]
STUB = "tests.work.stub_answers"


class Listener:
    """All that a worker said, in order."""

    def __init__(self, worker: Worker) -> None:
        self.said: list[Any] = []
        worker.answered.connect(self.said.append)
        worker.ended.connect(self.said.append)
        self.busy: list[bool] = []
        worker.busy_changed.connect(self.busy.append)


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


FORK = [pytest.param(True, marks=linux_only), False]


@pytest.fixture(scope="module", params=FORK, ids=["fork", "connect"])
def crew(request: pytest.FixtureRequest, qapp: object) -> Iterator[Crew]:
    """One for all tests: a server's or a process's start takes longer than most of them."""
    crew = Crew(STUB, fork=request.param, path=[str(ROOT)])
    crew.start()
    yield crew
    crew.close()
    crew.deleteLater()


@pytest.fixture
def worker(crew: Crew, request: pytest.FixtureRequest) -> Iterator[Worker]:
    """Each test its own."""
    worker = crew.worker(request.node.name)
    yield worker
    worker.close()


@pytest.fixture
def listener(worker: Worker) -> Listener:
    return Listener(worker)


def ask_and_wait(qtbot, worker, question, budget_ms=None):
    with qtbot.waitSignal(worker.ended, timeout=10_000) as ended:
        worker.ask(question, budget_ms)
    return ended.args[0]


def wait_until_it_runs(qtbot, listener):
    """Until the question's first answer is there."""
    count = len(listener.said)
    qtbot.waitUntil(lambda: len(listener.said) > count, timeout=10_000)


def gone(pid: int) -> bool:
    """Whether this process is dead, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_crew_knows_its_workers_by_name(crew, worker):
    assert crew.worker(worker.objectName()) is worker
    assert crew.worker("graph") is not worker
    assert worker.parent() is crew


def test_answers_come_in_order_and_then_the_end(qtbot, worker, listener):
    ask_and_wait(qtbot, worker, {"do": "stream", "count": 3})
    assert listener.said == [{"index": 0}, {"index": 1}, {"index": 2}, Done()]
    assert listener.busy == [True, False]
    assert not worker.busy


def test_refusals_and_faults_are_ends(qtbot, worker, listener):
    assert ask_and_wait(qtbot, worker, {"do": "refuse"}).kind == "domain"
    assert "a fault of ours" in ask_and_wait(qtbot, worker, {"do": "bug"}).traceback
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": "x" * 5_000_000}) == TOO_LONG
    assert isinstance(ask_and_wait(qtbot, worker, {"do": {1, 2}}), Broken)
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 1}) == Done()
    assert listener.busy == [True, False] * 5


def test_a_superseded_question_that_ends_in_its_grace_keeps_the_process(qtbot, worker, listener):
    worker.ask({"do": "sleep", "seconds": 0.03})
    wait_until_it_runs(qtbot, listener)
    assert ask_and_wait(qtbot, worker, {"do": "process"}) == Done()
    first, second, end = listener.said
    assert first["pid"] == second["pid"]
    assert end == Done()
    assert listener.busy == [True, False]


@pytest.mark.parametrize("way", ["hang", "loop", "sleep"])
def test_a_superseded_question_that_does_not_end_is_killed(qtbot, worker, listener, way):
    worker.ask({"do": way})
    wait_until_it_runs(qtbot, listener)
    started = time.monotonic()
    worker.ask({"do": "echo", "what": 0})  # waits for the process, and is itself superseded
    assert ask_and_wait(qtbot, worker, {"do": "process"}) == Done()
    assert time.monotonic() - started < 5.0
    first, second, end = listener.said
    assert first["pid"] != second["pid"]
    assert end == Done()
    assert listener.busy == [True, False]
    qtbot.waitUntil(lambda: gone(first["pid"]), timeout=2000)


def test_a_question_that_has_had_its_grace_is_not_waited_for(qtbot, worker, listener):
    worker.ask({"do": "hang"})
    wait_until_it_runs(qtbot, listener)
    qtbot.wait(GRACE_MS + 50)  # Qt's timers may be early by a twentieth
    worker.ask({"do": "echo", "what": 1})
    assert worker._grace.interval() == 0
    qtbot.waitUntil(lambda: listener.said[-1] == Done(), timeout=10_000)
    assert listener.said[-2] == {"echo": 1}


def test_no_answer_of_a_superseded_question_is_delivered(qtbot, worker, listener):
    worker.ask({"do": "stream", "count": 10**6})
    wait_until_it_runs(qtbot, listener)
    before = len(listener.said)
    ask_and_wait(qtbot, worker, {"do": "echo", "what": "new"})
    assert listener.said[before:] == [{"echo": "new"}, Done()]


def test_of_many_quick_questions_some_of_them_bad_the_last_is_answered(qtbot, worker, listener):
    ways = {0: "hang", 50: "abort", 100: "leave", 150: "loop", 200: "bug", 250: "stream"}
    newest = -1
    stale = []
    worker.answered.connect(lambda answer: stale.append(answer) if answer.get("echo", newest) != newest else None)
    for newest in range(300):
        worker.ask({"do": ways.get(newest, "echo"), "what": newest, "count": 10**6})
        qtbot.wait(1)
    qtbot.waitUntil(lambda: not worker.busy, timeout=10_000)
    assert listener.said[-2:] == [{"echo": 299}, Done()]
    assert stale == []


def test_a_slot_may_ask_the_next_question(qtbot, worker, listener):
    def ask_again(answer):
        if answer["echo"] < 5:
            worker.ask({"do": "echo", "what": answer["echo"] + 1})

    worker.answered.connect(ask_again)
    ask_and_wait(qtbot, worker, {"do": "echo", "what": 0})
    assert listener.said == [*({"echo": index} for index in range(6)), Done()]
    assert listener.busy == [True, False]


def test_cancel_stops_at_once_and_the_next_question_works(qtbot, worker, listener):
    worker.cancel()
    assert listener.said == []
    worker.ask({"do": "hang"})
    wait_until_it_runs(qtbot, listener)
    worker.ask({"do": "echo", "what": 1})
    worker.cancel()
    assert listener.said[1:] == [STOPPED]
    assert listener.busy == [True, False]
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 2}) == Done()
    assert listener.said[2:] == [{"echo": 2}, Done()]


def test_cancel_before_the_process_is_ready(qtbot, worker, listener):
    worker.ask({"do": "echo", "what": 1})
    worker.cancel()
    assert listener.said == [STOPPED]
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 2}) == Done()
    assert listener.said[1:] == [{"echo": 2}, Done()]


def test_a_budget_cuts_and_keeps_the_answers_that_came(qtbot, worker, listener):
    assert ask_and_wait(qtbot, worker, {"do": "hang"}, 300) == Refused("Stopped after 0.3 s.", "timeout")
    assert set(listener.said[0]) == {"pid"}
    assert ask_and_wait(qtbot, worker, {"do": "sleep", "seconds": 0.35}) == Done()


@pytest.mark.parametrize("way", ["leave", "abort", "segfault"])
def test_a_process_that_dies_is_told_and_the_next_question_works(qtbot, worker, listener, way):
    assert ask_and_wait(qtbot, worker, {"do": way}) == DIED
    assert "ran out of memory or crashed" in DIED.traceback
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 1}) == Done()
    assert listener.said == [DIED, {"echo": 1}, Done()]


def test_a_superseded_question_that_dies_is_not_told(qtbot, worker, listener):
    worker.ask({"do": "sleep", "seconds": 0.05})
    wait_until_it_runs(qtbot, listener)
    pid = listener.said[0]["pid"]
    worker.ask({"do": "echo", "what": 1})
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not worker.busy, timeout=10_000)
    assert listener.said[1:] == [{"echo": 1}, Done()]


def test_an_idle_process_that_dies_is_replaced_in_silence(qtbot, worker, listener):
    ask_and_wait(qtbot, worker, {"do": "process"})
    os.kill(listener.said[0]["pid"], signal.SIGKILL)
    qtbot.wait(100)
    assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 1}) == Done()
    assert listener.said[2:] == [{"echo": 1}, Done()]


@linux_only
def test_a_process_that_keeps_too_much_memory_is_replaced_in_silence(qtbot, worker, listener):
    for _ in range(2):
        assert ask_and_wait(qtbot, worker, {"do": "hoard"}) == Done()
    assert listener.said == [{"kept": True}, Done()] * 2


def test_a_module_that_does_not_start_is_told_each_time(qtbot, qapp):
    crew = Crew("tests.work.no_such_module")
    worker = crew.worker("symbolic")
    for _ in range(2):
        assert ask_and_wait(qtbot, worker, {"do": "echo", "what": 1}) == DIED
    crew.close()


def test_questions_during_the_imports_cost_no_process(qtbot, qapp, monkeypatch):
    monkeypatch.setenv("STUB_WARM_SECONDS", "0.4")
    crew = Crew(STUB, path=[str(ROOT)])
    worker = crew.worker("symbolic")
    listener = Listener(worker)
    opened = []
    monkeypatch.setattr(crew._pool, "open", lambda open=crew._pool.open: opened.append(1) or open())
    for index in range(20):
        worker.ask({"do": "echo", "what": index}, 100)  # the budget is the question's, not the imports'
        qtbot.wait(15)
    qtbot.waitUntil(lambda: not worker.busy, timeout=10_000)
    assert listener.said == [{"echo": 19}, Done()]
    assert len(opened) == 1
    crew.close()


def test_the_window_goes_on_during_a_flood_of_answers(qtbot, worker, listener):
    beats = [time.monotonic()]
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start()
    ask_and_wait(qtbot, worker, {"do": "stream", "count": 15_000})
    timer.stop()
    assert len(listener.said) == 15_001
    assert len(beats) > 10
    # Of the flood's own time, which a loaded machine stretches as it does the gaps: taken in one go it would be all.
    assert max(later - earlier for earlier, later in pairwise(beats)) < 0.5 * (beats[-1] - beats[0])


@pytest.mark.parametrize("fork", FORK, ids=["fork", "connect"])
def test_after_close_a_worker_is_silent(qtbot, fork):
    crew = Crew(STUB, fork=fork, path=[str(ROOT)])
    worker = crew.worker("symbolic")
    listener = Listener(worker)
    worker.ask({"do": "loop"})
    wait_until_it_runs(qtbot, listener)
    said = len(listener.said)
    crew.close()
    assert gone(listener.said[0]["pid"])
    worker.ask({"do": "echo", "what": 1})
    worker.cancel()
    crew.close()
    qtbot.wait(200)
    assert len(listener.said) == said


@linux_only
def test_many_killed_questions_leave_no_descriptor_and_no_notifier(qtbot, worker, listener):
    def opened():
        return len(os.listdir("/proc/self/fd"))

    ask_and_wait(qtbot, worker, {"do": "process"})
    before = opened(), len(worker.children())
    for _ in range(8):
        worker.ask({"do": "loop"})
        wait_until_it_runs(qtbot, listener)
        worker.cancel()
    ask_and_wait(qtbot, worker, {"do": "process"})
    qtbot.wait(10)
    assert (opened(), len(worker.children())) == before


def test_the_window_does_not_load_what_belongs_to_the_worker():
    script = (
        "import sys, explorer.ui.worker\n"
        "print(*{'numpy', 'sympy', 'matplotlib', 'scipy', 'mpmath', 'multiprocessing', 'PySide6.QtNetwork',"
        " 'explorer.calculus', 'explorer.optimize', 'explorer.work.serve'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout == "\n"
