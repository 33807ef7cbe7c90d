"""How two programs are compared: the same work, results checked equal, then timed in turn, round after round."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Work = Callable[[], Any]
SHORTEST = 0.004  # seconds that one timing lasts at least: a thousand times what the clock itself takes
# A round's time is the best of a few timings in a row: whatever else runs on the machine only ever adds to one.
TIMINGS, LONG = 5, 0.05  # fewer of those that last longer than LONG seconds


class NotInstalled(Exception):
    """A peer is missing on this machine."""


@dataclass(frozen=True)
class Contest:
    """One piece of work, ours and the peers'.

    peers: by name, a function that prepares the peer (imports and compiles it) and returns its work; ImportError where
    it is not installed. equal: how near the results must be, relatively. goals: by peer, the ratio (their time over
    ours) that is wanted.
    """

    title: str
    ours: Work
    peers: Mapping[str, Callable[[], Work]]
    equal: float = 1e-10
    goals: Mapping[str, float] = field(default_factory=dict)
    same: Callable[[Any, Any], bool] | None = None  # in place of `equal`


@dataclass(frozen=True)
class Row:
    """A line of the table: their time over ours, the median of the rounds and its quartiles; NaN: not installed."""

    work: str
    peer: str
    ratio: float
    low: float = float("nan")
    high: float = float("nan")
    goal: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the ratio is below its goal."""
        return self.goal is not None and self.ratio < self.goal


def flat(result: Any) -> np.ndarray:
    """All numbers of a result in order."""
    if isinstance(result, list | tuple):
        return np.concatenate([flat(part) for part in result]) if result else np.empty(0)
    return np.asarray(result, dtype=float).ravel()


def agree(contest: Contest, name: str, theirs: Any) -> None:
    """AssertionError where a peer's result is another one than ours."""
    ours = contest.ours()
    if contest.same is not None:
        assert contest.same(ours, theirs), (contest.title, name)
        return
    a, b = flat(ours), flat(theirs)
    scale = float(np.max(np.abs(a), initial=0.0))
    equal = a.shape == b.shape and np.allclose(a, b, rtol=contest.equal, atol=contest.equal * scale)
    assert equal, (contest.title, name, a[:4], b[:4])


def repeats(work: Work) -> int:
    """How many calls last as long as one timing must."""
    count = 1
    while (taken := timed(work, count)) < SHORTEST:
        count = max(2 * count, int(count * SHORTEST / max(taken, 1e-9)))
    return count


def timed(work: Work, count: int) -> float:
    """Seconds for so many calls: by the clock, or of the processors' time where that is less.

    On a busy machine the clock goes on while others run, which makes long calls look longer than short ones; a peer
    with threads of its own takes more of the processors' time than of the clock's, and counts with the clock's.
    """
    start, used = time.perf_counter(), time.process_time()
    for _ in range(count):
        work()
    used = time.process_time() - used
    return min(time.perf_counter() - start, used) or time.get_clock_info("process_time").resolution


def best(work: Work, count: int) -> float:
    """Seconds for one call, the best of a few timings of so many calls."""
    first = timed(work, count)
    more = TIMINGS - 1 if first < LONG else 1
    return min([first, *(timed(work, count) for _ in range(more))]) / count


def compare(contest: Contest, rounds: int) -> list[Row]:
    """A row for each peer: in every round all contestants are timed once, each beginning in its turn."""
    missing, works = [], {"": contest.ours}
    for name, prepare in contest.peers.items():
        try:
            work = prepare()
        except ImportError:
            missing.append(name)
            continue
        agree(contest, name, work())
        works[name] = work
    counts = {name: repeats(work) for name, work in works.items()}
    names = list(works)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                times[name].append(best(works[name], counts[name]))
            gc.collect()
    finally:
        gc.enable()
    rows = [Row(contest.title, name, float("nan"), goal=None) for name in missing]
    for name in names[1:]:
        ratios = [theirs / mine for theirs, mine in zip(times[name], times[""], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4) if rounds > 1 else ratios * 3
        rows.append(Row(contest.title, name, middle, low, high, contest.goals.get(name)))
    return rows
