"""Generated loops and array code against the rules themselves, run by run and bit for bit; blocks of columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.optimize.blocks import Block, descend_blocks
from explorer.optimize.descent import Iterate, Leg, Stopped, descend, descend_legs
from explorer.optimize.fleet import fleet
from explorer.optimize.fleet_code import quick_fleet
from explorer.optimize.objectives import ProgramObjective, SquaresObjective
from explorer.optimize.rules.rule import RATE
from explorer.optimize.rules.schedule import Schedule
from explorer.optimize.rules.table import RULES, GradientRule, rule_from

Array = NDArray[np.float64]
STEPPING = [name for name, rule in RULES.items() if issubclass(rule, GradientRule)]
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in STEPPING),
    ("momentum", {"rate_inside": 1}),
    ("nesterov", {"at_look_ahead": 0}),
    ("adagrad", {"epsilon_inside": 0}),
    ("rmsprop", {"epsilon_inside": 0}),
    ("adam", {"bias_correction": 0}),
    ("nadam", {"form": "dozat"}),
    ("nadam", {"form": "pytorch"}),
    ("amsgrad", {"correct_first": 0}),
]
ROSENBROCK = ProgramObjective(parse("(1-x)^2 + 100*(y-x^2)^2"))
START = (-1.2, 1.0)


class Plain:
    """The same function without what the quick ways need."""

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return ROSENBROCK.value_and_gradient(x)

    def many(self, points: Array) -> tuple[Array, Array]:
        return ROSENBROCK.many(points)


def joined(objective: Any, legs: list[Leg], start: Any) -> tuple[dict[str, Array], list[Block], Stopped]:
    """The columns of a whole run."""
    *blocks, stopped = descend_blocks(objective, legs, start)
    assert isinstance(stopped, Stopped)
    names = ("x", "loss", "gradient", "norm", "evaluations")
    return {name: np.concatenate([getattr(b, name) for b in blocks]) for name in names}, blocks, stopped


@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize(("name", "settings"), VARIANTS)
def test_the_generated_loop_takes_the_rules_own_steps_bit_for_bit(
    name: str, settings: dict[str, Any], clip: float | None
) -> None:
    schedule = Schedule("restarts", 7, 0.1) if clip else Schedule()
    legs = [Leg(rule_from(name, settings), 120, schedule, clip)]
    *iterates, stopped = descend_legs(Plain(), legs, START)
    columns, blocks, ended = joined(ROSENBROCK, legs, START)
    assert ended == stopped
    assert len(blocks) <= 3
    rows = [each for each in iterates if isinstance(each, Iterate)]
    for column, values in (
        ("x", [each.x for each in rows]),
        ("loss", [each.loss for each in rows]),
        ("gradient", [each.gradient for each in rows]),
        ("norm", [each.gradient_norm for each in rows]),
        ("evaluations", [each.evaluations for each in rows]),
    ):
        assert np.array_equal(columns[column], np.array(values)), column
    last = blocks[-1]
    kept = dict(rows[-1].memory)
    place = 0
    for symbol, width in last.fields:
        if symbol in kept:  # Nadam's product of betas is shown in one of its forms only
            assert np.array_equal(last.memory[-1, place : place + width], kept[symbol])
        place += width


@pytest.mark.parametrize(
    ("text", "start", "rule", "settings", "reason"),
    [
        ("x^4", (3.0,), "gd", {"rate": 1.0}, "diverged"),
        ("ln(x)", (1.0,), "gd", {"rate": 0.3}, "diverged"),
        ("sqrt(x)", (1.0,), "momentum", {"rate": 0.3}, "diverged"),
        ("exp(x)", (700.0,), "gd", {"rate": 1e-300}, "converged"),
        ("x^2", (1.0,), "gd", {"rate": 0.3}, "converged"),
        ("1/x", (0.5,), "gd", {"rate": 0.1}, "steps"),
        ("abs(x)^1.5", (1.0,), "nesterov", {"rate": 0.1}, "steps"),
    ],
)
def test_quick_and_slow_runs_end_in_the_same_words(
    text: str, start: Any, rule: str, settings: dict[str, Any], reason: str
) -> None:
    objective = ProgramObjective(parse(text))
    legs = [Leg(rule_from(rule, settings), 60)]
    *iterates, stopped = descend_legs(objective, legs, start)
    columns, _, ended = joined(objective, legs, start)
    assert ended == stopped
    assert ended.reason == reason
    assert columns["x"].ravel().tolist() == [each.x[0] for each in iterates if isinstance(each, Iterate)]


def test_a_searching_rules_blocks_have_its_entries_and_legs_are_told_apart() -> None:
    legs = [Leg(rule_from("gd", {}), 5), Leg(rule_from("bfgs", {}), 5)]
    columns, blocks, _ = joined(ROSENBROCK, legs, START)
    assert len(columns["x"]) == 11
    assert [each.leg for each in blocks][-1] == 1
    assert [name for name, _ in blocks[-1].fields] == ["a", "d", "H"]
    assert dict(blocks[-1].fields)["H"] == 4
    assert not blocks[-1].raw


def test_fifty_inputs_are_run_in_blocks_and_more_by_arrays() -> None:
    for count in (50, 80):
        text = " + ".join(f"{k + 1}*x{k}^2" for k in range(count))
        columns, _, stopped = joined(
            ProgramObjective(parse(text)), [Leg(rule_from("adam", {"rate": 0.05}), 200)], (1.0,) * count
        )
        assert stopped.reason == "steps"
        assert columns["x"].shape == (201, count)
        assert columns["loss"][-1] < 1e-2 * columns["loss"][0]


# Many runs at once


@pytest.mark.parametrize("objective", [ROSENBROCK, Plain()], ids=["quick", "stepwise"])
@pytest.mark.parametrize(("name", "settings"), VARIANTS)
def test_each_run_of_a_fleet_is_the_single_run_bit_for_bit(name: str, settings: dict[str, Any], objective: Any) -> None:
    starts = np.random.default_rng(0).uniform(-2, 2, (2, 3))
    states = list(fleet(objective, rule_from(name, settings), starts, 40))
    points, losses = np.array([state.x for state in states]), np.array([state.loss for state in states])
    for run in range(3):
        rows = [
            each
            for each in descend(ROSENBROCK, rule_from(name, settings), starts[:, run].tolist(), 40)
            if isinstance(each, Iterate)
        ]
        assert np.array_equal(points[: len(rows), :, run], [each.x for each in rows])
        assert np.array_equal(losses[: len(rows), run], [each.loss for each in rows])


@pytest.mark.parametrize("objective", [ROSENBROCK, Plain()], ids=["quick", "stepwise"])
def test_rates_may_differ_from_run_to_run(objective: Any) -> None:
    rates = np.array([1e-4, 3e-4, 1e-3])
    starts = np.repeat(np.array([START]).T, 3, axis=1)
    *_, last = fleet(objective, rule_from("momentum", {}), starts, 30, rates=rates, every=10)
    for run, rate in enumerate(rates.tolist()):
        rows = list(descend(ROSENBROCK, rule_from("momentum", {"rate": rate}), START, 30))
        assert isinstance(rows[-2], Iterate)
        assert last.x[:, run].tolist() == list(rows[-2].x)


@pytest.mark.parametrize("every", [1, 3])
def test_states_are_the_same_however_many_steps_are_taken_together(every: int, monkeypatch: Any) -> None:
    starts = np.array([[0.5, 8.0, 2.0, 1.3]])  # two of them leave the domain of ln x, one of them late
    objective, rule = ProgramObjective(parse("ln(x) + x/9")), rule_from("gd", {"rate": 1.0})
    together = list(fleet(objective, rule, starts, 11, every=every))
    monkeypatch.setattr("explorer.optimize.fleet._TOGETHER", 4 * starts.size)
    monkeypatch.setattr("explorer.optimize.fleet._FEWEST_STEPS", 1)
    apart = list(fleet(objective, rule, starts, 11, every=every))
    assert [state.step for state in together] == [state.step for state in apart]
    assert len({bool(lost) for state in together for lost in np.isnan(state.loss)}) == 2
    for one, other in zip(together, apart, strict=True):
        assert np.array_equal(one.x, other.x, equal_nan=True)
        assert np.array_equal(one.loss, other.loss, equal_nan=True)


class Pair(NamedTuple):
    """Two numbers a coordinate."""

    a: Array
    b: Array


@dataclass(frozen=True)
class Swapping(GradientRule[Pair]):
    """Gradient descent that adds one field of memory and has the fields change places: one is written, then read."""

    rate: float = field(default=1e-3, metadata=RATE)

    def start(self, x: Array) -> Pair:
        return Pair(x - 1.0, x + 1.0)

    def step(self, g: Array, x: Array, memory: Pair) -> tuple[Array, Pair]:
        return -self.rate * (g + memory.a), Pair(memory.b, memory.a)


def test_every_rules_step_is_written_over_what_it_reads_and_a_rule_that_forbids_it_is_right_all_the_same() -> None:
    starts = np.random.default_rng(0).uniform(-2, 2, (2, 3))
    blocks = ROSENBROCK.gradient_blocks()
    assert blocks is not None
    for name, settings in VARIANTS:
        assert quick_fleet(blocks, rule_from(name, settings), starts, 1e-3) is not None, name
    assert quick_fleet(blocks, Swapping(), starts, 1e-3) is None
    *_, last = fleet(ROSENBROCK, Swapping(), starts, 9)
    for run in range(3):
        row = list(descend(ROSENBROCK, Swapping(), starts[:, run].tolist(), 9))[-2]
        assert isinstance(row, Iterate)
        assert last.x[:, run].tolist() == list(row.x)


@pytest.mark.parametrize("count", [5, 10_001])
def test_a_run_that_leaves_the_domain_is_lost_and_its_neighbours_are_not(count: int) -> None:
    # ln x from 0.5 leaps over 0; from 8 it does not within ten steps.
    starts = np.full((1, count), 8.0)
    starts[0, ::3] = 0.5
    states = list(fleet(ProgramObjective(parse("ln(x)")), rule_from("gd", {"rate": 1.0}), starts, 10, every=4))
    assert [each.step for each in states] == [0, 4, 8, 10]
    assert np.isfinite(states[0].loss).all()
    assert np.isnan(states[-1].loss[::3]).all()
    assert np.isfinite(states[-1].loss[1::3]).all()


def test_least_squares_and_branches_run_in_fleets_too() -> None:
    starts = np.array([[2.0, -1.0], [0.5, 3.0]])
    for objective in (
        SquaresObjective(parse("(x - 1, x*y)")),
        ProgramObjective(parse("x^2 + y^2 if x > 0 else 3*x^2 + y^2")),
        ProgramObjective(parse("exp(y) + x*y")),  # its partial by y is x + …, and no 0 + …
    ):
        *_, last = fleet(objective, rule_from("gd", {"rate": 0.05}), starts, 30)
        for run in range(2):
            rows = list(descend(objective, rule_from("gd", {"rate": 0.05}), starts[:, run].tolist(), 30))
            assert isinstance(rows[-2], Iterate)
            assert last.x[:, run] == pytest.approx(rows[-2].x, rel=1e-12)


def test_a_searching_rule_takes_no_many_runs_and_too_many_are_refused() -> None:
    with pytest.raises(ExplorerError, match="each run by itself"):
        next(fleet(ROSENBROCK, rule_from("bfgs", {}), np.zeros((2, 3)), 5))
    with pytest.raises(ExplorerError, match="At most"):
        next(fleet(ROSENBROCK, rule_from("gd", {}), np.zeros((2, 300_000)), 5))
