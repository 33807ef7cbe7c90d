"""What it takes to generate and compile value and gradient: linear in the operations, and beside JAX's compiler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from explorer.language.program import Program
from tests.benchmarks.scalars import ARITHMETIC, ELEMENTARY, POINT, arithmetic

SIZES = (100, 1_000, 10_000, 20_000)
ROUNDS = 9
JAX_SIZES = (100, 1_000)  # of 10,000 operations XLA takes minutes


def fastest(work: Callable[[], Any], rounds: int) -> float:
    """Seconds of this process for one call, the best of some: whatever else runs only ever adds."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def first_gradient(program: Program) -> Callable[[], Compiled]:
    """A Program that has been parsed, to its first gradient."""

    def work() -> Compiled:
        code = Compiled(program)
        if code.way == "compiled":
            code.value_and_gradient(POINT)
        return code

    return work


def rows() -> Iterator[tuple[str, float, float | None]]:
    """Cost of an operation among 100 relative to its cost in larger programs (1: linear), with the milliseconds."""
    for title, text, in_a_round in (("sums and products", ARITHMETIC, 8), ("functions", ELEMENTARY, 11)):
        smallest = float("nan")
        for size in SIZES:
            rounds = size // in_a_round
            work = first_gradient(parse(text.format(rounds=rounds)))
            code = work()
            seconds = fastest(work, max(ROUNDS * 1_000 // size, 3))  # as long for each size: no best of a few is warm
            each = seconds / (rounds * in_a_round)
            smallest = each if size == SIZES[0] else smallest
            way = code.way if code.way == "compiled" else f"{code.way}, {code.refusal}"
            took = f"{seconds * 1e3:.1f} ms, {each * 1e6:.0f} µs an operation, {way}"
            goal = None if size == SIZES[0] else 1 / 1.5
            yield f"gradient of {size:,} operations, {title}, generated and compiled: {took}", smallest / each, goal
    yield from beside_jax()


def beside_jax() -> Iterator[tuple[str, float, float | None]]:
    """JAX's time to trace and compile the same gradient, over ours."""
    try:
        import jax
    except ImportError:
        return
    jax.config.update("jax_enable_x64", True)
    for size in JAX_SIZES:
        rounds = size // 8
        ours = fastest(first_gradient(parse(ARITHMETIC.format(rounds=rounds))), ROUNDS)

        def theirs(rounds: int = rounds) -> Any:
            both = jax.jit(jax.value_and_grad(lambda x, y: arithmetic(x, y, rounds), argnums=(0, 1)))
            return both.lower(*POINT).compile()

        jax.jit(lambda x: x * x)(1.0)  # its own start is not counted
        yield f"compiling the gradient of {size:,} operations: JAX over ours", fastest(theirs, 1) / ours, None
