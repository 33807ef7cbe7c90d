"""A worker process as the window sees it: the newest question wins, and nothing waits for the process.

No reply can be stale: the process that would have sent it is dead, or its answers are not delivered.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal, Slot

from explorer.work.ends import DIED, STOPPED, TOO_LONG, Broken, End, end_from_json, out_of_time
from explorer.work.pool import Channel, ChannelClosed, Pool
from explorer.work.wire import Message, TooLong, WireError

# Most questions end within this time of their start, and the process with its warm caches is worth keeping; a question
# that has had it when the next one comes is not waited for.
GRACE_MS = 120
# A process that connects back may die before it does, which is no event of a socket: look this often meanwhile.
_GLANCE_MS = 500
# One turn of the event loop delivers a worker's answers for about this long, and several workers may answer in it.
_TURN_SECONDS = 0.005


class Worker(QObject):
    """One worker process, asked one question at a time; its signals speak of the newest question only."""

    answered = Signal(object)  # one answer, as the worker's dict
    ended = Signal(object)  # Done | Refused | Broken, once for each question that no other superseded
    busy_changed = Signal(bool)

    def __init__(self, pool: Pool, parent: QObject | None = None, common: Message | None = None) -> None:
        """common: what every question carries besides, as it is when the question is asked."""
        super().__init__(parent)
        self._pool = pool
        self._common = {} if common is None else common
        self._channel: Channel | None = None
        self._closed = False
        # The question that waits for the process, with its budget in milliseconds; it supersedes the one that runs.
        self._pending: tuple[Message, int | None] | None = None
        self._running = False
        self._started = 0.0  # when the process got the question, time.monotonic
        self._superseded = False
        self._told_busy = False
        self._notifier: QSocketNotifier | None = None
        self._held: deque[Message] = deque()  # frames that have come and are not delivered yet
        self._next_turn = self._timer(0, self._read)
        self._grace = self._timer(0, self._replace)
        self._budget = self._timer(0, self._overdue)
        self._glance = self._timer(_GLANCE_MS, self._read)

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(slot)
        return timer

    @property
    def busy(self) -> bool:
        """Whether a question is running or waiting."""
        return self._running or self._pending is not None

    def ask(self, question: Message, budget_ms: int | None = None) -> None:
        """Ask; what was asked before is superseded. The budget counts from the moment the process has the question.

        A question that cannot be sent ends before this returns.
        """
        if self._closed:
            return
        self._pending = ({**question, **self._common}, budget_ms)
        self._tell_busy()
        if not self._running:
            self._send_pending()
        elif not self._superseded:
            self._superseded = True
            self._budget.stop()
            self._grace.start(max(GRACE_MS - int(1000 * (time.monotonic() - self._started)), 0))

    @Slot()
    def cancel(self) -> None:
        """Stop at once whatever runs or waits."""
        if self.busy:
            self._pending = None
            if self._running:
                self._drop()
            self._tell(STOPPED)

    def close(self) -> None:
        """End the process and stay silent for ever."""
        self._closed = True
        self.blockSignals(True)
        self._pending = None
        self._drop()

    def _send_pending(self) -> None:
        """Give the waiting question to the process, as soon as that is ready."""
        try:
            channel = self._open()
            if not channel.ready:
                self._glance.start()
                return
            assert self._pending is not None
            question, budget_ms = self._pending
            channel.send(question)
        except TooLong:
            self._pending = None
            self._tell(TOO_LONG)
            return
        except (ChannelClosed, WireError, OSError) as error:
            self._fail(error)
            return
        self._pending = None
        self._running = True
        self._started = time.monotonic()
        self._superseded = False
        if budget_ms is not None:
            self._budget.start(budget_ms)

    def _open(self) -> Channel:
        if self._channel is None:
            self._channel = self._pool.open()
            self._channel.receive()  # a spare has said long ago that it is ready
        self._watch(self._channel.fileno())
        return self._channel

    def _watch(self, descriptor: int) -> None:
        """Let the event loop tell when there is something to read; a process that connects back changes the socket."""
        if self._notifier is not None and self._notifier.socket() == descriptor:
            return
        self._unwatch()
        self._notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def _unwatch(self) -> None:
        if self._notifier is not None:
            self._notifier.setEnabled(False)  # before the socket closes: its number may be another's at once
            self._notifier.deleteLater()  # this may be its own signal
            self._notifier = None

    @Slot()
    def _read(self) -> None:
        """Take in what has come, a bounded amount each turn of the event loop, and deliver it for a bounded time."""
        channel = self._channel
        if channel is None:
            return
        until = time.perf_counter() + _TURN_SECONDS
        try:
            if not self._held:
                self._held.extend(channel.receive())
            while self._held:
                if time.perf_counter() > until:
                    self._next_turn.start()
                    return
                frame = self._held.popleft()
                if "answer" in frame and self._running:
                    if not self._superseded:
                        self.answered.emit(frame["answer"])
                else:
                    self._finish(end_from_json(frame))
                if self._channel is not channel:  # a slot cancelled, or the process left
                    return
        except (ChannelClosed, WireError) as error:
            if self._channel is channel:
                self._fail(error)
            return
        if self._pending is not None and not self._running:
            self._send_pending()
        else:
            self._watch(channel.fileno())

    def _finish(self, end: End) -> None:
        """The process says that its question has ended."""
        if not self._running or self._channel is None:
            raise WireError("an end without a question")
        superseded = self._superseded
        if self._channel.spent:
            self._drop()
        self._rest()
        if superseded:
            self._send_pending()
        else:
            self._tell(end)

    def _fail(self, error: Exception) -> None:
        """The process died, or wrote what nobody can read. Only a question that still counts hears of it."""
        superseded, busy = self._superseded, self.busy
        self._drop()
        if superseded:
            self._send_pending()
        elif busy:
            self._pending = None
            self._tell(DIED if isinstance(error, ChannelClosed) else Broken(f"The worker process failed: {error}"))

    @Slot()
    def _replace(self) -> None:
        """The grace of a superseded question is over: another process takes the newest one."""
        self._drop()
        self._send_pending()

    @Slot()
    def _overdue(self) -> None:
        seconds = self._budget.interval() / 1000
        self._drop()
        self._tell(out_of_time(seconds))

    def _rest(self) -> None:
        """No question is with the process any more."""
        self._running = self._superseded = False
        self._grace.stop()
        self._budget.stop()

    def _drop(self) -> None:
        """Kill the process, whatever it does."""
        self._rest()
        self._glance.stop()
        self._next_turn.stop()
        self._held.clear()
        self._unwatch()
        if self._channel is not None:
            self._pool.kill(self._channel)
            self._channel = None

    def _tell(self, end: End) -> None:
        self.ended.emit(end)  # a slot may ask the next question at once, and then the worker is busy still
        self._tell_busy()

    def _tell_busy(self) -> None:
        if self.busy != self._told_busy:
            self._told_busy = self.busy
            self.busy_changed.emit(self.busy)


class Crew(QObject):
    """The workers of one window, by name, and the pool that their processes come from."""

    def __init__(
        self,
        module: str = "explorer.work",
        parent: QObject | None = None,
        *,
        fork: bool = sys.platform == "linux",
        spares: int = 1,
        path: Iterable[str] = (),
    ) -> None:
        """spares: how many processes are ready for those killed together; one where each would load all by itself."""
        super().__init__(parent)
        self._pool = Pool(module, fork=fork, spares=spares if fork else 1, path=path)
        self._workers: dict[str, Worker] = {}
        self.common: Message = {}  # what every question carries besides: the limits of runs

    def start(self) -> None:
        """Let a process begin with the imports, before there is a question. From the main thread."""
        self._pool.start()

    def worker(self, name: str) -> Worker:
        """The worker of this name, the same at every call."""
        if name not in self._workers:
            self._workers[name] = Worker(self._pool, self, self.common)
            self._workers[name].setObjectName(name)
        return self._workers[name]

    def close(self) -> None:
        """Silence the workers, end every process and wait until they are gone."""
        for worker in self._workers.values():
            worker.close()
        self._pool.close()
