"""The process wall, with real processes: every way to end, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.language.program import ExplorerError, Span
from explorer.work.ends import DIED, TOO_LONG, Broken, Done, Refused, answers_to, end_from_json
from explorer.work.pool import ChannelClosed, Pool
from explorer.work.wire import WireError

ROOT = Path(__file__).parents[2]
STUB = "tests.work.stub_answers"
MARK = "EXPLORER_TEST_MARK"

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
both_ways = pytest.mark.parametrize("fork", [pytest.param(True, marks=linux_only), False], ids=["fork", "connect"])


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A value in the environment of every process that this test starts."""
    monkeypatch.setenv(MARK, str(tmp_path))
    return f"{MARK}={tmp_path}"


@pytest.fixture(scope="module")
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """One for all tests that leave it as it was: a server's or a process's start takes longer than most of them."""
    with Pool(STUB, fork=request.param, path=[str(ROOT)]) as pool:
        yield pool


each_pool = pytest.mark.parametrize(
    "pool", [pytest.param(True, marks=linux_only), False], ids=["fork", "connect"], indirect=True
)


def living(mark: str) -> set[int]:
    """The processes with this mark in their environment; a zombie has none."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:
            pass
    return found


def zombies_of(parent: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(ppid) == parent:
            found.add(int(stat.parent.name))
    return found


def becomes(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


# How a question ends


def test_an_end_survives_the_wire_and_what_is_no_end_is_refused():
    assert end_from_json({"end": "done"}) == Done()
    frame = {"end": "refused", "message": "No.", "kind": "domain", "span": [1, 0, 1, 4]}
    assert end_from_json(frame) == Refused("No.", "domain", Span(1, 0, 1, 4))
    assert end_from_json(frame | {"span": None}) == Refused("No.", "domain", None)
    assert end_from_json({"end": "broken", "traceback": "…"}) == Broken("…")
    for wrong in [{}, {"end": 1}, frame | {"span": [1]}, frame | {"kind": "mood"}, {"end": "broken"}]:
        with pytest.raises(WireError):
            end_from_json(wrong)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (None, Done()),
        (ExplorerError("No.", Span(1, 2, 1, 3), "name"), Refused("No.", "name", Span(1, 2, 1, 3))),
        (ExplorerError("No place."), Refused("No place.", "syntax", None)),
        (RecursionError(), Refused("This is nested too deeply to be computed.", "limit")),
        (MemoryError(), Refused("This needs more memory than one computation may use.", "limit")),
    ],
)
def test_the_frames_of_a_question_are_its_answers_and_one_end(error, end):
    def answers(ask):
        yield {"seen": ask}
        if error is not None:
            raise error

    first, last = answers_to(answers, {"q": 1})
    assert first == {"answer": {"seen": {"q": 1}}}
    assert end_from_json(last) == end


def test_any_other_error_is_told_with_its_traceback_and_no_more_than_fits():
    def answers(ask):
        raise KeyError("x" * 10**6)
        yield

    (last,) = answers_to(answers, {})
    end = end_from_json(last)
    assert isinstance(end, Broken)
    assert len(end.traceback) <= 20_000


# What a worker makes of it


@each_pool
def test_a_worker_answers_and_serves_the_next_question(pool):
    assert pool.ask({"do": "echo", "what": ["ä", 1.5, None]}) == ([{"echo": ["ä", 1.5, None]}], Done())
    assert pool.ask({"do": "infinite"}) == ([{"values": ["inf", "-inf", "nan", 0.5]}], Done())
    answers, end = pool.ask({"do": "stream", "count": 5000})
    assert [answer["index"] for answer in answers] == list(range(5000))
    assert end == Done()
    (first,), _ = pool.ask({"do": "process"})
    (second,), _ = pool.ask({"do": "process"})
    assert first == second


@each_pool
def test_a_refusal_keeps_its_words_its_place_and_the_answers_before_it(pool):
    answers, end = pool.ask({"do": "refuse"})
    assert answers == [{"before": True}]
    assert end == Refused("log is not defined at −1.", "domain", Span(2, 4, 2, 10))


@each_pool
def test_a_fault_is_told_and_the_process_lives_on(pool):
    (before,), _ = pool.ask({"do": "process"})
    for ask, words in [({"do": "bug"}, "ZeroDivisionError: a fault of ours"), ({"do": "unsendable"}, "set")]:
        answers, end = pool.ask(ask)
        assert answers == []
        assert isinstance(end, Broken)
        assert "Traceback" in end.traceback
        assert words in end.traceback
    (after,), _ = pool.ask({"do": "process"})
    assert before == after


@both_ways
def test_what_a_worker_prints_does_not_tear_the_wire_and_goes_to_standard_error(fork, capfd):
    with Pool(STUB, fork=fork, path=[str(ROOT)]) as pool:
        assert pool.ask({"do": "noise"}) == ([{"quiet": True}], Done())
    out, err = capfd.readouterr()
    assert out == ""
    assert "noise on standard output\nand below it" in err


@each_pool
@pytest.mark.parametrize("way", ["leave", "abort", "segfault"])
def test_a_process_that_dies_is_told_and_replaced(pool, way):
    assert pool.ask({"do": way}) == ([], DIED)
    assert pool.ask({"do": "echo", "what": 1}) == ([{"echo": 1}], Done())


@each_pool
@pytest.mark.parametrize("way", ["hang", "loop", "sleep"])
def test_an_endless_question_is_cut_and_the_answers_before_are_kept(pool, way):
    answers, end = pool.ask({"do": way}, seconds=0.3)
    assert [set(answer) for answer in answers] == [{"pid"}]
    assert end == Refused("Stopped after 0.3 s.", "timeout")
    started = time.monotonic()
    assert pool.ask({"do": "echo", "what": 1}) == ([{"echo": 1}], Done())
    assert time.monotonic() - started < 5.0


@each_pool
def test_a_recursion_beyond_pythons_default_is_computed_and_an_endless_one_refused(pool):
    assert pool.ask({"do": "recursion", "levels": 8_000}) == ([{"depth": 8_000}], Done())
    _, end = pool.ask({"do": "recursion", "levels": 10**6})
    assert end == Refused("This is nested too deeply to be computed.", "limit")


@linux_only
@each_pool
def test_a_memory_bomb_is_refused(pool):
    _, end = pool.ask({"do": "memory"})
    assert end == Refused("This needs more memory than one computation may use.", "limit")
    assert pool.ask({"do": "echo", "what": 1}) == ([{"echo": 1}], Done())


@linux_only
@each_pool
def test_a_process_that_keeps_too_much_memory_answers_and_leaves(pool):
    (before,), _ = pool.ask({"do": "process"})
    assert pool.ask({"do": "hoard"}) == ([{"kept": True}], Done())
    (after,), _ = pool.ask({"do": "process"})
    assert before["pid"] != after["pid"]


@pytest.mark.parametrize("pool", [sys.platform == "linux"], indirect=True)
def test_what_is_too_large_is_refused_in_both_directions(pool):
    assert pool.ask({"do": "echo", "what": "x" * 5_000_000}) == ([], TOO_LONG)
    _, end = pool.ask({"do": "large", "size": 65 * 2**20})
    assert end == Refused("The answer is too large to be shown.", "limit")
    (answer,), end = pool.ask({"do": "large", "size": 10**7})
    assert (len(answer["text"]), end) == (10**7, Done())


@linux_only
@each_pool
def test_channels_are_processes_of_their_own(pool):
    channels = [pool.open() for _ in range(3)]
    pids = set()
    for channel in channels:
        channel.send({"do": "process"})
    for channel in channels:
        while not (frames := channel.wait(5)):
            assert channel.ready
        pids.add(frames[0]["answer"]["pid"])
    assert len(pids) == 3


@both_ways
def test_a_module_that_does_not_start_is_told(fork, mark):
    with Pool("tests.work.no_such_module", fork=fork, path=[str(ROOT)]) as pool:
        assert pool.ask({"do": "echo", "what": 1}) == ([], DIED)


@both_ways
def test_questions_asked_during_the_imports_wait_for_them(fork, monkeypatch, mark):
    monkeypatch.setenv("STUB_WARM_SECONDS", "0.3")
    with Pool(STUB, fork=fork, path=[str(ROOT)]) as pool:
        started = time.monotonic()
        channel = pool.open()
        channel.send({"do": "echo", "what": 1})
        assert not channel.ready
        assert time.monotonic() - started < 0.3
        # The budget is the question's, not the imports'.
        assert pool.ask({"do": "echo", "what": 2}, seconds=0.2) == ([{"echo": 2}], Done())
        frames = []
        while len(frames) < 2:
            frames += channel.wait(5)
        assert frames[0] == {"answer": {"echo": 1}}


def test_a_stranger_who_connects_is_turned_away(monkeypatch, mark):
    monkeypatch.setenv("STUB_WARM_SECONDS", "0.3")
    with Pool(STUB, fork=False, spares=0, path=[str(ROOT)]) as pool:
        channel = pool.open()
        with socket.socket(fileno=os.dup(channel.fileno())) as listener:
            port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"0" * 64)
            assert channel.receive() == []
            assert stranger.recv(1) == b""
        channel.send({"do": "echo", "what": 1})
        frames = []
        while not frames:
            frames = channel.wait(5)
        assert frames[0] == {"answer": {"echo": 1}}


# What is left behind: nothing


@linux_only
@both_ways
@pytest.mark.parametrize("way", ["hang", "loop"])
def test_no_process_outlives_a_killed_program(fork, way, mark):
    script = f"""
import time
from explorer.work.pool import Pool
pool = Pool({STUB!r}, fork={fork})
channel = pool.open()
channel.send({{"do": {way!r}}})
while not channel.wait(10):
    pass
print("busy", flush=True)
time.sleep(100)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "busy\n"
        time.sleep(0.2)  # into the long C call
        assert len(living(mark)) >= 2
        program.send_signal(signal.SIGKILL)
    assert becomes(lambda: not living(mark))


@linux_only
@both_ways
@pytest.mark.parametrize("warm_seconds", ["0", "30"])
def test_closing_the_pool_leaves_no_process_and_no_zombie(fork, warm_seconds, mark, monkeypatch):
    monkeypatch.setenv("STUB_WARM_SECONDS", warm_seconds)
    before = zombies_of(os.getpid())  # another pool's, which it reaps when it is next asked
    pool = Pool(STUB, fork=fork, path=[str(ROOT)])
    channels = [pool.open() for _ in range(2)]
    for channel, way in zip(channels, ["hang", "echo"], strict=True):
        channel.send({"do": way, "what": 1})
    if warm_seconds == "0":
        assert channels[0].wait(5) or channels[0].wait(5)
    assert becomes(lambda: bool(living(mark)))
    started = time.monotonic()
    pool.close()
    assert living(mark) == set()
    assert zombies_of(os.getpid()) <= before
    assert time.monotonic() - started < 5.0
    pool.close()


@linux_only
@each_pool
def test_a_worker_ends_when_its_channel_is_closed_though_it_computes(pool):
    channel = pool.open()
    channel.send({"do": "loop"})
    while not (frames := channel.wait(5)):
        assert channel.ready
    pid = frames[0]["answer"]["pid"]
    channel.close()
    assert becomes(lambda: not Path(f"/proc/{pid}/exe").exists())  # nor has a zombie one


@linux_only
@both_ways
def test_a_watchdog_ends_a_question_that_outlives_all_patience_even_in_c(fork, mark, monkeypatch):
    monkeypatch.setenv("STUB_LONGEST_SECONDS", "0.2")
    with Pool(STUB, fork=fork, path=[str(ROOT)]) as pool:
        _, end = pool.ask({"do": "hang"}, seconds=30)
        assert end == DIED


@linux_only
def test_killed_workers_are_reaped_and_an_unknown_death_too(mark):
    with Pool(STUB, fork=True, path=[str(ROOT)]) as pool:
        (answer,), _ = pool.ask({"do": "process"})
        for _ in range(5):
            pool.ask({"do": "loop"}, seconds=0.05)
            pool.ask({"do": "leave"})
        assert becomes(lambda: not zombies_of(answer["parent"]))


@linux_only
def test_spares_are_forked_when_nothing_else_is_wanted_and_taken_at_once(mark):
    with Pool(STUB, fork=True, spares=2, path=[str(ROOT)]) as pool:
        assert pool.ask({"do": "echo", "what": 1}) == ([{"echo": 1}], Done())
        assert becomes(lambda: all(channel.ready or channel.receive() or channel.ready for channel in pool._spares))
        spares = list(pool._spares)
        opened = [pool.open() for _ in range(3)]
        assert opened[:2] == spares
        assert [channel.ready for channel in opened] == [True, True, False]  # no spare: forked, and not waited for
        pool.kill(pool._spares[0])  # before it was forked
        for channel in opened:
            channel.send({"do": "echo", "what": 2})
            while not (frames := channel.wait(5)):
                pass
            assert frames[0] == {"answer": {"echo": 2}}


@linux_only
def test_a_spare_rehearses_until_it_is_asked(mark, monkeypatch):
    monkeypatch.setenv("STUB_IDLE_SECONDS", "0.01")
    with Pool(STUB, fork=True, spares=0, path=[str(ROOT)]) as pool:
        channel = pool.open()
        while not channel.ready:
            channel.wait(5)
        time.sleep(0.1)
        channel.send({"do": "rehearsed"})
        while not (frames := channel.wait(5)):
            pass
        assert 0 < frames[0]["answer"]["pieces"] < 1000


@linux_only
def test_a_dead_fork_server_is_replaced(mark):
    with Pool(STUB, fork=True, path=[str(ROOT)]) as pool:
        (before,), _ = pool.ask({"do": "process"})
        os.kill(before["parent"], signal.SIGKILL)
        assert becomes(lambda: not living(mark))
        assert pool.ask({"do": "process"}) == ([], DIED)
        (after,), end = pool.ask({"do": "process"})
        assert end == Done()
        assert after["parent"] != before["parent"]


@linux_only
@each_pool
def test_many_questions_and_kills_leave_no_descriptor_open(pool):
    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    pool.ask({"do": "process"})
    pool.ask({"do": "leave"})
    before = opened()
    for index in range(50 if pool._fork else 10):
        channel = pool.open()
        if index % 2:
            channel.send({"do": "loop"})
        pool.kill(channel)
        with pytest.raises(ChannelClosed):
            channel.receive()
    assert opened() <= before + 1  # the channel of the blocking question, which has yet to be opened again


@linux_only
def test_a_pool_leaves_no_thread_behind(mark):
    with Pool(STUB, fork=True, path=[str(ROOT)]) as pool:
        pool.ask({"do": "process"})
        assert threading.active_count() == 1
