"""The worker's side of the process wall: a process that answers questions one after another until it is killed.

`serve(answers, warm, rehearsal)` is the whole main function of a worker module, started in one of two ways by `pool`:

    python -m MODULE fork FD [QUESTION…]       Linux: a fork server. It pays for the imports once and forks a worker
                                               for each need.
    python -m MODULE connect PORT [QUESTION…]  elsewhere: one worker, which connects back to the process that
                                               started it.

A worker says {"ready": true}, then reads a question, writes its frames (see `ends`), reads the next. It has two
threads: one computes, on a stack deep enough for SymPy's recursion; the main one reads, so that the end of the
stream ends the process in the middle of a computation too. Against C code that keeps the interpreter's lock, and so
the reader from running, stand the parent-death signal on Linux and a watchdog in C everywhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NoReturn

from explorer.work.ends import Answers, answers_to
from explorer.work.wire import ASK_BYTES, TOKEN_VARIABLE, Message, WireError, encode, read_frame, write_frame

# SymPy recurses several Python frames a level and overflows the usual 1,000 at 40 to 60 levels of nesting. 20,000
# frames need well under 256 MB of stack; it is reserved, not used, until a computation goes that deep.
_STACK_BYTES = 256 * 2**20
_RECURSION_LIMIT = 20_000
# What a computation may need on top of the imports: enough for any readable result, and a machine with 8 GB survives
# several panels that reach it.
_MEMORY_BYTES = 1536 * 2**20
# Nobody waits half an hour: a question that lasts so long is an orphan's.
_LONGEST_QUESTION_SECONDS = 1800
# A spare is forked when the asker has wanted nothing for so long, and rehearses when nobody has asked it for so long:
# before the next one is forked, so that they do not take the processor together.
_QUIET_SECONDS = 0.4
_IDLE_SECONDS = 0.2

Rehearsal = Callable[[], Iterator[None]]

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_NICE = 5  # where the window and its workers want the same processor, a turn of the window comes first


def serve(answers: Answers, warm: Callable[..., None] | None = None, rehearsal: Rehearsal | None = None) -> NoReturn:
    """Run this process as a worker, or as the parent of workers. Returns never.

    warm: does the imports, for the questions that it is given, or for all. rehearsal: what a forked worker does, piece
    by piece, while nobody has asked it yet: the first writes to memory that it shares with its server are slow.
    """
    # The window and its workers share a terminal: an interrupt is the window's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # a program without a console has neither
        os.dup2(2, 1)  # a stray print belongs with the errors: standard output is the command line's answer
    if hasattr(os, "nice"):
        os.nice(_NICE)
    # A parent that died before this line is noticed by the end of its socket.
    _die_with(os.getppid())
    match sys.argv[1:]:
        case ["fork", fd, *questions]:
            with socket.socket(fileno=int(fd)) as control:
                if warm is not None:
                    warm(*questions)
                _fork_workers(control, answers, None if questions else rehearsal)
            sys.exit(0)
        case ["connect", port, *questions]:
            if warm is not None:
                warm(*questions)
            sock = socket.create_connection(("127.0.0.1", int(port)))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(os.environ.pop(TOKEN_VARIABLE).encode())
            _work(sock, answers)
    sys.exit("A worker is started by the program itself, with: fork FD, or: connect PORT")


def _die_with(parent: int) -> None:
    """Have Linux kill this process when the thread that created it ends (forks do not inherit this)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(0)


def _fork_workers(control: socket.socket, answers: Answers, rehearsal: Rehearsal | None) -> None:
    """Serve the control socket: b"fork ID" with a worker's socket, b"kill ID"; at its end kill all that is left.

    b"spare ID" is a fork that waits until nothing else is wanted: those that are asked now need the processor.

    Only this process waits for its children, so that a process id in `children` or `dying` is never another's.
    """
    # Until here SIGTERM ends this process; from now on it has children, and ends by the end of the control socket.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # the workers' collections leave the imported modules' pages shared
    zygote = os.getpid()
    children: dict[bytes, int] = {}
    dying: set[int] = set()
    spares: dict[bytes, int] = {}  # that are still to be forked, with the descriptors of their sockets
    while True:
        # A big process takes a while to die, which must not delay the next fork: it is waited for in passing.
        control.settimeout(_QUIET_SECONDS if spares else 0.02 if dying else None)
        try:
            message, fds, _, _ = socket.recv_fds(control, 64, 1)
        except TimeoutError:
            key, fd = spares.popitem() if spares else (b"", -1)
            message, fds = (b"fork " + key, [fd]) if key else (b"wait", [])
        match message.split():
            case [b"fork", key]:
                # Where no process is to be had, the asker sees its stream end.
                with socket.socket(fileno=fds[0]) as sock, contextlib.suppress(OSError):
                    children[key] = os.fork()
                    if children[key] == 0:
                        control.close()
                        for fd in spares.values():
                            os.close(fd)
                        _begin_child(zygote, sock, answers, rehearsal)
            case [b"spare", key]:
                spares[key] = fds[0]
            case [b"kill", key] if key in spares:
                os.close(spares.pop(key))
            case [b"kill", key] if key in children:
                os.kill(children[key], signal.SIGKILL)
                dying.add(children.pop(key))
            case []:
                break
        dying = {child for child in dying if os.waitpid(child, os.WNOHANG) == (0, 0)}
    for child in children.values():
        os.kill(child, signal.SIGKILL)
    for child in [*children.values(), *dying]:
        os.waitpid(child, 0)


def _begin_child(zygote: int, sock: socket.socket, answers: Answers, rehearsal: Rehearsal | None) -> NoReturn:
    """The first steps of a forked worker, which must never return into the fork server's loop."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _die_with(zygote)
        _work(sock, answers, rehearsal)
    finally:
        os._exit(1)


def _work(sock: socket.socket, answers: Answers, rehearsal: Rehearsal | None = None) -> NoReturn:
    """Answer what comes in on the socket until it ends. The computing thread is a daemon of the reading one."""
    memory_limit = _limit_memory()
    sys.setrecursionlimit(_RECURSION_LIMIT)
    threading.stack_size(_STACK_BYTES)
    asks: queue.SimpleQueue[Message] = queue.SimpleQueue()
    sock.settimeout(None)
    arguments = (sock, answers, asks, memory_limit, rehearsal)
    threading.Thread(target=_compute, args=arguments, daemon=True).start()
    threading.stack_size(0)  # the watchdog's thread needs none of it
    try:
        while (ask := read_frame(sock, ASK_BYTES)) is not None:
            asks.put(ask)
    except (OSError, WireError):
        pass  # the asker is gone, or speaks another language: either way there is nobody to answer
    os._exit(0)


def _compute(
    sock: socket.socket,
    answers: Answers,
    asks: queue.SimpleQueue[Message],
    memory_limit: int | None,
    rehearsal: Rehearsal | None,
) -> NoReturn:
    """Answer one question after another; the end of this thread is the end of the process."""
    spent = False
    try:
        write_frame(sock, {"ready": True})
        with open(os.devnull, "w") as nowhere:
            while not spent:
                ask, rehearsal = _next(asks, rehearsal), None
                # Runs in C without the interpreter's lock; asking again replaces the earlier one.
                faulthandler.dump_traceback_later(_LONGEST_QUESTION_SECONDS, exit=True, file=nowhere)
                spent = _answer(sock, answers, ask, memory_limit)
                faulthandler.cancel_dump_traceback_later()
    except OSError:
        pass  # the asker is gone
    finally:
        os._exit(0 if spent else 1)


def _next(asks: queue.SimpleQueue[Message], rehearsal: Rehearsal | None) -> Message:
    """The next question. If it does not come soon, the rehearsal is gone through, and left off when it comes."""
    if rehearsal is not None:
        try:
            return asks.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            for _ in rehearsal():
                if not asks.empty():
                    break
    return asks.get()


def _answer(sock: socket.socket, answers: Answers, ask: Message, memory_limit: int | None) -> bool:
    """Write the frames of one question; whether the process is spent: its memory holds too much to serve another.

    SymPy keeps what it computed in caches; past a large result each next question would run into the limit. The end
    frame says {"spent": true}, so that the asker does not send another question into a process that is leaving.
    """
    frames = answers_to(answers, ask)
    for frame in frames:
        if "answer" in frame:
            try:
                written = encode(frame)
            except (WireError, MemoryError, RecursionError) as error:
                frame = frames.throw(error)  # the end that this answer makes
            else:
                sock.sendall(written)
                continue
        # By now the computation's own objects are gone: what is left above half of the allowance stays.
        if memory_limit is not None and _address_space() > memory_limit - _MEMORY_BYTES // 2:
            frame["spent"] = True
        write_frame(sock, frame)
        return "spent" in frame
    raise AssertionError("answers_to yields an end")


def _limit_memory() -> int | None:
    """Let this process grow by the stack and _MEMORY_BYTES; the limit in bytes, None where there is none."""
    if sys.platform != "linux":
        return None  # macOS accepts RLIMIT_AS and does not enforce it, Windows has no such call
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is told in the window, not left as a file
    limit = _address_space() + _STACK_BYTES + _MEMORY_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return limit


def _address_space() -> int:
    """Bytes of address space this process has reserved (Linux)."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * os.sysconf("SC_PAGESIZE")
