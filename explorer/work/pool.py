"""The asker's side of the process wall: worker processes, opened, asked, killed. Knows no Qt.

The command line blocks in `Pool.ask`; the window watches `Channel.fileno()` with its event loop. Everything here
belongs to the main thread: on Linux a worker dies with the *thread* that started its fork server.

Longer than 300 lines, because what a process is asked (Channel) and how it comes and goes (Pool) is one protocol.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import secrets
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import explorer
from explorer.work.ends import DIED, TOO_LONG, Broken, End, end_from_json, out_of_time
from explorer.work.wire import ASK_BYTES, TOKEN_VARIABLE, Frames, Message, TooLong, WireError, encode

# One turn of the window's event loop takes in this much and goes on to paint: about a millisecond of decoding.
_BYTES_A_TURN = 2**15
# A worker that is ready reads at once; one that does not within this time is as good as dead.
_SEND_SECONDS = 5.0
# How long a process that connects back may take to say who it is; the right one does so in the same breath.
_TOKEN_SECONDS = 0.5
# How often to look whether a process that has not connected yet is still alive.
_GLANCE_SECONDS = 0.2
# A fork server ends when its control socket does, once it has waited for its workers.
_END_SECONDS = 5.0
ENVIRONMENT = {
    # NumPy's linear algebra on small matrices is slower with threads, and a fork server must have none.
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    # glibc keeps so many freed bytes: to get the pages of an array from the system takes longer than to fill them.
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(32 * 2**20)),
}


class ChannelClosed(Exception):
    """The process at the other end is gone, or does not listen any more."""


class Channel:
    """The line to one worker process. Asks sent before `ready` are held back until it is.

    `token` is what a process that connects back says first: until it has, `sock` is the socket that listens for it.
    `spent`: the process said that it leaves after the last end; `key` is its name at the fork server.
    """

    def __init__(self, sock: socket.socket, key: int, process: subprocess.Popen[bytes] | None, token: bytes) -> None:
        sock.setblocking(False)
        self.key = key
        self.process = process
        self.ready = False
        self.spent = False
        self._sock = sock
        self._token = token
        self._frames = Frames()
        self._unsent: list[bytes] = []

    def fileno(self) -> int:
        """The descriptor to watch; another one after the process has connected back. -1 when closed."""
        return self._sock.fileno()

    def send(self, ask: Message) -> None:
        """Send a question. WireError if it cannot be sent as it is, ChannelClosed if nobody reads."""
        self._unsent.append(encode(ask, ASK_BYTES))
        if self.ready:
            self._flush()

    def receive(self) -> list[Message]:
        """The frames that have come in, without waiting; ChannelClosed at the end of the stream, once all are read.

        WireError if what came in is no frame.
        """
        if self._token and not self._accept():
            return []
        try:
            received = self._sock.recv(_BYTES_A_TURN)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        if not received:
            raise ChannelClosed("the process is gone")
        messages = self._frames.feed(received)
        if messages and not self.ready:
            if messages.pop(0) != {"ready": True}:
                raise WireError("a worker's first word is not that it is ready")
            self.ready = True
            self._flush()
        if not all(isinstance(message.get("answer", {}), dict) for message in messages):
            raise WireError("an answer that is no object")
        self.spent = self.spent or any("spent" in message for message in messages)
        return messages

    def wait(self, timeout: float | None = None) -> list[Message]:
        """Block until there are frames and give them; [] after `timeout` seconds, or when the process became ready."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        was_ready = self.ready
        while True:
            messages = self.receive()
            left = deadline - time.monotonic()
            if messages or self.ready != was_ready or left <= 0:
                return messages
            if self._token:  # the death of a process that never connected is no event of the socket
                left = min(left, _GLANCE_SECONDS)
            select.select([self._sock], [], [], None if left == math.inf else left)

    def close(self) -> None:
        """Hang up. The process ends when it notices; `Pool.kill` does not leave it the choice."""
        self._sock.close()

    def _flush(self) -> None:
        unsent = b"".join(self._unsent)
        self._unsent.clear()
        try:
            self._sock.settimeout(_SEND_SECONDS)
            self._sock.sendall(unsent)
            self._sock.setblocking(False)
        except OSError as error:  # TimeoutError among them
            raise ChannelClosed(str(error)) from error

    def _accept(self) -> bool:
        """Whether the process has connected back. Anybody on this machine may try: only the token lets in."""
        try:
            connection, _ = self._sock.accept()
        except BlockingIOError:
            if self.process is not None and self.process.poll() is not None:
                raise ChannelClosed("the process ended before it connected") from None
            return False
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        said = b""
        try:
            connection.settimeout(_TOKEN_SECONDS)
            while len(said) < len(self._token) and (piece := connection.recv(len(self._token) - len(said))):
                said += piece
        except OSError:
            pass  # too slow, or gone: not ours
        if not secrets.compare_digest(said, self._token):
            connection.close()
            return False
        self._sock.close()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = connection
        self._token = b""
        return True


class Pool:
    """The worker processes of one program: a fork server on Linux, elsewhere a fresh process for each worker.

    `module` ends in serve(answers, warm). `path` are folders to find it in, besides those of this process. So
    many `spares` are kept ready, so that nobody waits for an import or a fork after a kill. `only` names the questions
    that will be asked, where they are known: what the others need is not loaded ahead.
    """

    def __init__(
        self,
        module: str = "explorer.work",
        *,
        fork: bool = sys.platform == "linux",
        spares: int = 1,
        path: Iterable[str] = (),
        only: Iterable[str] = (),
    ) -> None:
        self._module = module
        self._fork = fork
        self._wanted = spares
        self._path = tuple(path)
        self._only = tuple(only)
        self._keys = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._spares: list[Channel] = []  # the oldest first
        self._desk: Channel | None = None  # the channel of the blocking `ask`
        self._channels: set[Channel] = set()
        self._dying: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Begin to import, ahead of the first question. From the main thread, like everything here."""
        if self._fork:
            self._start_server()
        self._fill()

    def open(self) -> Channel:
        """A worker of one's own. Returns at once; the channel says when it is ready."""
        self.start()
        opened = None
        for channel in list(self._spares):
            try:
                channel.receive()
            except (ChannelClosed, WireError):
                self._spares.remove(channel)
                self.kill(channel)
                continue
            if channel.ready or not self._fork:  # a fork is quicker than the spare that waits to be forked
                self._spares.remove(channel)
                opened = channel
                break
        opened = opened or self._launch()
        self._fill()
        return opened

    def _fill(self) -> None:
        while len(self._spares) < self._wanted:
            self._spares.append(self._launch(b"spare"))

    def kill(self, channel: Channel) -> None:
        """End the process of this channel now, whatever it does, and close the channel."""
        channel.close()
        self._channels.discard(channel)
        if channel.process is not None:
            channel.process.kill()
            self._dying.append(channel.process)
        elif self._control is not None:
            with contextlib.suppress(OSError):  # the fork server is gone, and its workers with it
                self._control.send(b"kill %d" % channel.key)
        self._dying = [process for process in self._dying if process.poll() is None]

    def ask(self, question: Message, seconds: float | None = None) -> tuple[list[Message], End]:
        """Ask one question and wait for its end: the answers that came, and how it ended. Blocks.

        `seconds` is its budget, counted from the moment the worker has its imports behind it.
        """
        channel, self._desk = self._desk or self.open(), None
        answers: list[Message] = []
        try:
            end = _hear(channel, question, seconds, answers)
        except TimeoutError:
            end = out_of_time(seconds or 0.0)
        except ChannelClosed:
            end = DIED
        except WireError as error:
            end = Broken(str(error))
        else:
            if not channel.spent:
                self._desk = channel
                return answers, end
        self.kill(channel)
        return answers, end

    def close(self) -> None:
        """End every process and wait until they are gone. The pool may be started again."""
        for channel in list(self._channels):
            self.kill(channel)
        self._spares.clear()
        self._desk = None
        self._stop_server()
        for process in self._dying:
            process.wait()
        self._dying.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _launch(self, word: bytes = b"fork") -> Channel:
        """Start one worker. If its fork server is dying its channel is closed from the start."""
        key = next(self._keys)
        if self._fork:
            ours, theirs = socket.socketpair()
            with theirs, contextlib.suppress(OSError):
                assert self._control is not None
                socket.send_fds(self._control, [b"%s %d" % (word, key)], [theirs.fileno()])
            channel = Channel(ours, key, None, b"")
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            token = secrets.token_hex(32)
            process = self._run(["connect", str(listener.getsockname()[1])], {TOKEN_VARIABLE: token})
            channel = Channel(listener, key, process, token.encode())
        self._channels.add(channel)
        return channel

    def _start_server(self) -> None:
        if self._server is not None and self._server.poll() is None:
            return
        self._stop_server()  # what a crashed one has left
        # Packets: a message is taken out whole, with the descriptor that belongs to it.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._server = self._run(["fork", str(theirs.fileno())], {}, theirs.fileno())

    def _stop_server(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.terminate()  # heeded while it imports; later the end of the control socket is
            try:
                self._server.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._control = self._server = None

    def _run(self, arguments: list[str], environment: dict[str, str], *inherited: int) -> subprocess.Popen[bytes]:
        """Start the module, looking for it and for all that it imports where this process would, in that order.

        -P: a file beside which the program was started, a download say, must not pass for a module.
        """
        root = str(Path(explorer.__file__).parents[1])
        folders = [*self._path, *(folder or root for folder in sys.path), root]
        return subprocess.Popen(
            [sys.executable, "-P", "-m", self._module, *arguments, *self._only],
            stdin=subprocess.DEVNULL,
            env=os.environ | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(folders)} | environment,
            pass_fds=inherited,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def _hear(channel: Channel, question: Message, seconds: float | None, answers: list[Message]) -> End:
    """Send a question, add its answers to `answers` as they come, and give its end; TimeoutError past its budget."""
    try:
        channel.send(question)
    except TooLong:
        return TOO_LONG
    deadline: float | None = None
    while True:
        if seconds is not None and channel.ready and deadline is None:
            deadline = time.monotonic() + seconds
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        for frame in channel.wait(left):
            if "answer" not in frame:
                return end_from_json(frame)
            answers.append(frame["answer"])
