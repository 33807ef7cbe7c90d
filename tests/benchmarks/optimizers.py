"""Adam on Rosenbrock's function, one run and 1,000 at once, against PyTorch and optax; a basin map."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from explorer.language.parser import parse
from explorer.optimize.blocks import descend_blocks
from explorer.optimize.descent import Leg
from explorer.optimize.fleet import fleet
from explorer.optimize.objectives import ProgramObjective
from explorer.optimize.rules.table import rule_from
from tests.benchmarks.measure import Contest, Work

START = (-1.2, 1.0)
STEPS, STARTS = 200, 1_000
KEPT = 3  # the losses of every third step, for curves of 60 points, as the comparison of rates has them
LONG = 1_000  # steps of the single run
RATE = 0.001
SOURCE = "(1 - x)^2 + 100(y - x^2)^2"


def rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)


def torch_run(starts: Any, steps: int = STEPS) -> Work:
    """torch.optim.Adam with autograd; starts of shape (runs, 2), whose losses are kept, or (2,) for one."""
    import torch

    torch.set_num_threads(1)

    def work() -> Any:
        point = torch.tensor(starts, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([point], lr=RATE)
        curves = []
        for step in range(steps):
            optimizer.zero_grad()
            losses = rosenbrock(point[..., 0], point[..., 1])
            losses.sum().backward()
            optimizer.step()
            if point.ndim > 1 and step % KEPT == 0:
                curves.append(losses.detach().numpy())
        return [point.detach().numpy(), *curves]

    return work


def optax_run(starts: Any, scan: bool, steps: int = STEPS) -> Work:
    """optax.adam, every step jitted, or all of them in one jitted lax.scan; starts as for torch_run."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    adam = optax.adam(RATE)
    first = jnp.asarray(starts)

    def total(point: Any) -> Any:
        losses = rosenbrock(point[..., 0], point[..., 1])
        return losses.sum(), losses if point.ndim > 1 else None

    def step(carried: Any, _: Any) -> Any:
        point, state = carried
        gradient, losses = jax.grad(total, has_aux=True)(point)
        updates, state = adam.update(gradient, state)
        return (optax.apply_updates(point, updates), state), losses

    def scanned(point: Any) -> Any:
        (last, _), losses = jax.lax.scan(step, (point, adam.init(point)), None, length=steps)
        return last, losses if losses is None else losses[::KEPT]

    if scan:
        whole = jax.jit(scanned)
        return lambda: [np.asarray(part) for part in whole(first) if part is not None]
    jitted = jax.jit(lambda carried: step(carried, None)[0])

    def work() -> Any:
        carried = (first, adam.init(first))
        for _ in range(steps):
            carried = jitted(carried)
        return np.asarray(carried[0])

    return work


def bare_descent(starts: Any, steps: int) -> Any:
    """Gradient descent on Himmelblau's function by hand, f included, as a map needs it."""
    x, y = starts[0].copy(), starts[1].copy()
    for _ in range(steps):
        a, b = x * x + y - 11, x + y * y - 7
        f = a * a + b * b
        x, y = x - 0.01 * (4 * x * a + 2 * b), y - 0.01 * (2 * a + 4 * y * b)
    assert np.isfinite(f).all()
    return np.stack([x, y])


def contests() -> Iterator[Contest]:
    """The same steps; of many runs everybody keeps some of the losses, of the one run ours alone keeps everything."""
    objective = ProgramObjective(parse(SOURCE))
    rule = rule_from("adam", {"rate": RATE})

    def one() -> Any:
        *blocks, _ = descend_blocks(objective, [Leg(rule, LONG)], START)
        return blocks[-1].x[-1]

    yield Contest(
        "Adam, one run of 1,000 steps, all of it kept",
        one,
        {
            "torch.optim with autograd": lambda: torch_run(START, LONG),
            "optax, a step jitted": lambda: optax_run(START, scan=False, steps=LONG),
            "optax under lax.scan": lambda: optax_run(START, scan=True, steps=LONG),
        },
        equal=1e-9,
        goals={"torch.optim with autograd": 200.0, "optax, a step jitted": 10.0},
    )
    starts = np.random.default_rng(0).uniform(-2.0, 2.0, (STARTS, 2))
    columns = np.ascontiguousarray(starts.T)

    def many() -> Any:
        curves = []
        for state in fleet(objective, rule, columns, STEPS, every=KEPT):
            curves.append(state.loss)
        return [state.x.T, *curves[:-1]]  # without the losses after the last step

    yield Contest(
        "Adam, 1,000 starts × 200 steps, every third loss kept",
        many,
        {
            "torch.optim on a batch": lambda: torch_run(starts),
            "optax under lax.scan": lambda: optax_run(starts, scan=True),
        },
        equal=1e-9,
        goals={"torch.optim on a batch": 15.0, "optax under lax.scan": 0.5},
    )
    side, descents = 200, 300
    mesh = np.meshgrid(*[np.linspace(-5.0, 5.0, side)] * 2)
    grid = np.stack([axis.ravel() for axis in mesh])
    himmelblau = ProgramObjective(parse("(x^2 + y - 11)^2 + (x + y^2 - 7)^2"))
    descent = rule_from("gd", {"rate": 0.01})

    def basins() -> Any:
        (last,) = deque(fleet(himmelblau, descent, grid, descents, every=10), maxlen=1)
        return last.x

    yield Contest(
        "gradient descent, a basin map of 200 × 200 starts × 300 steps on Himmelblau",
        basins,
        {"the bare NumPy loop": lambda: lambda: bare_descent(grid, descents)},
        equal=1e-9,
        goals={"the bare NumPy loop": 1 / 3},
    )
