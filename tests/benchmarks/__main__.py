"""All comparisons with peers as one table of ratios: theirs over ours, so that above 1 we are faster.

    python -m tests.benchmarks [--rounds 9] [--only scalars]

Each peer that is installed is compared (`pip install '.[bench]'` brings all but Graphviz), on the same work, in one
process and in turn; results are checked equal before anything is timed. A ratio is the median of the rounds, with
the quartiles behind it; in a round each takes the best of five timings. Other rows are a module with `contests()`, as
those named in MODULES; a module with measures of its own has `rows()` instead: what, figure, the least figure wanted.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib
import os
import platform
import sys
from collections.abc import Iterator, Sequence

from explorer.work.pool import ENVIRONMENT
from tests.benchmarks.measure import Row, compare

MODULES = ("scalars", "compiling", "batches", "grids", "optimizers", "differences", "drawings")
NAN = float("nan")


def rows_of(module: str, rounds: int) -> Iterator[Row]:
    """The rows of a module, one contest after the other."""
    found = importlib.import_module(f"tests.benchmarks.{module}")
    if hasattr(found, "contests"):
        for contest in found.contests():
            yield from compare(contest, rounds)
        return
    try:
        for what, figure, goal in found.rows():
            yield Row(what, "", figure, NAN, NAN, goal)
    except ModuleNotFoundError as error:
        yield Row(f"{module} needs {error.name}", "", NAN)


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def line(row: Row) -> str:
    """The row as Markdown."""
    if row.ratio != row.ratio:
        return f"| {row.work} | {row.peer} | not installed | |"
    spread = f" ({number(row.low)} – {number(row.high)})" if row.low == row.low else ""
    wanted = "" if row.goal is None else f"≥ {number(row.goal)}{' **missed**' if row.missed else ''}"
    return f"| {row.work} | {row.peer} | {number(row.ratio)}{spread} | {wanted} |"


def machine() -> str:
    """What kind of machine this is: never its name."""
    versions = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {platform.machine()}, {versions}, {datetime.date.today():%B %Y}"


def as_in_a_worker() -> None:
    """For everybody, what our workers have: no thread pool, and an allocator that keeps what is freed.

    Both are read when a process starts.
    """
    if ENVIRONMENT.items() - os.environ.items():
        os.environ.update(ENVIRONMENT)
        os.execv(sys.executable, [sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]])


def one_thread_for_jax() -> None:
    """JAX makes as many threads as it finds processors when it starts: let it find one, as everybody else has."""
    with contextlib.suppress(ImportError, AttributeError):  # not installed; or not Linux, where it keeps its threads
        here = os.sched_getaffinity(0)
        import jax

        os.sched_setaffinity(0, {min(here)})
        jax.devices()
        os.sched_setaffinity(0, here)


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", action="append", choices=MODULES, help="one of these modules; may be given again")
    options = parser.parse_args(arguments)
    one_thread_for_jax()
    print(f"Time of the peer relative to ours; median of {options.rounds} rounds (quartiles). {machine()}.\n")
    print("| work | peer | peer / ours | wanted |\n|---|---|---|---|", flush=True)
    missed = 0
    for module in options.only or MODULES:
        for row in rows_of(module, options.rounds):
            missed += row.missed
            print(line(row), flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    as_in_a_worker()
    sys.exit(main(sys.argv[1:]))
