"""Descent: its numbers against published runs, its ends against what a run must admit.

Longer than 300 lines since every way to end has its own example.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.language.program import ExplorerError
from explorer.optimize.descent import MOST_STEPS, Iterate, Stopped, descend
from explorer.optimize.rules.table import RULES, GradientDescent, GradientRule, rule_from

Array = NDArray[np.float64]
STEPPING = [name for name, rule in RULES.items() if issubclass(rule, GradientRule)]


class Objective:
    """A function and its gradient by hand; keeps the points at which it was asked."""

    def __init__(self, value: Callable[[Array], Any], gradient: Callable[[Array], Any]) -> None:
        self.value, self.gradient = value, gradient
        self.asked: list[tuple[float, ...]] = []

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        self.asked.append(tuple(x.tolist()))
        return self.value(x), np.array(self.gradient(x), dtype=float)


def rosenbrock() -> Objective:
    return Objective(
        lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
        lambda x: (-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)),
    )


def quadratic(*eigenvalues: float) -> Objective:
    """½ Σ λᵢ xᵢ²."""
    scale = np.array(eigenvalues)
    return Objective(lambda x: 0.5 * (scale * x * x).sum(), lambda x: scale * x)


def line_through_five_points() -> Objective:
    """Mean squared error of w·x + b on x = 0..4, y = 2x + 1."""
    x = np.arange(5.0)

    def residual(p: Array) -> Array:
        return p[0] * x + p[1] - (2 * x + 1)

    return Objective(
        lambda p: (residual(p) ** 2).mean(), lambda p: (2 * (residual(p) * x).mean(), 2 * residual(p).mean())
    )


def run(
    objective: Objective, rule: str, settings: dict[str, float], start: Any, steps: int, **options: Any
) -> tuple[list[Iterate], Stopped]:
    """The whole run; checks what holds for every run."""
    *iterates, stopped = descend(objective, rule_from(rule, settings), start, steps, **options)
    assert isinstance(stopped, Stopped)
    assert all(isinstance(each, Iterate) for each in iterates)
    assert [each.step for each in iterates] == list(range(len(iterates)))
    assert stopped.step == len(iterates) - 1 + (stopped.reason == "diverged")
    assert f"{stopped.step}" in stopped.sentence
    assert stopped.function_evaluations == stopped.gradient_evaluations == len(objective.asked)
    for each in iterates:
        assert np.isfinite([*each.x, each.loss, *each.gradient, each.gradient_norm]).all()
        assert all(np.isfinite(values).all() for _, values in each.memory)
    return iterates, stopped


# Published runs


@pytest.mark.parametrize(
    ("rule", "third"),
    [
        ("gd", (-1.026883068, 1.062424312)),
        ("momentum", (-0.8432065067, 1.103449711)),
        ("nesterov", (-0.9901861492, 1.000626529)),
        ("adagrad", (-1.177880702, 1.022173556)),
        ("adadelta", (-1.190433399, 1.009577549)),
        ("rmsprop", (-1.192691362, 1.007314016)),
        ("adam", (-1.197000839, 1.00299923)),
        ("amsgrad", (-1.197013369, 1.002987682)),
        ("adamax", (-1.194047437, 1.005956711)),
        ("nadam", (-1.195415235, 1.004585602)),
        ("adamw", (-1.196964875, 1.002969196)),
        ("rprop", (-1.1636, 1.0364)),
    ],
)
def test_the_third_iterate_on_rosenbrock_is_the_published_one(rule: str, third: tuple[float, float]) -> None:
    iterates, stopped = run(rosenbrock(), rule, {}, (-1.2, 1.0), 3)
    assert stopped.reason == "steps"
    assert iterates[0].x == (-1.2, 1.0)
    assert iterates[0].loss == pytest.approx(24.2)
    assert iterates[0].gradient == pytest.approx((-215.6, -88.0))
    assert iterates[0].gradient_norm == pytest.approx(math.sqrt(215.6**2 + 88**2))
    assert iterates[3].x == pytest.approx(third, abs=1e-9)


def test_loss_and_gradient_belong_to_the_iterate_even_where_the_rule_looks_ahead() -> None:
    judge = rosenbrock()
    for each in run(rosenbrock(), "nesterov", {}, (-1.2, 1.0), 20)[0]:
        assert each.loss == judge.value(np.array(each.x))
        assert each.gradient == tuple(judge.gradient(np.array(each.x)))


def test_rmsprop_as_printed_leaps_away() -> None:
    iterates, _ = run(rosenbrock(), "rmsprop-as-printed", {}, (-1.2, 1.0), 1)
    assert iterates[1].x == pytest.approx((21558.8, 8801.0), rel=1e-9)


def test_gohs_example_takes_691_steps_with_gradient_descent_and_95_with_momentum() -> None:
    # Goh, "Why momentum really works", Distill 2017: λ = 1 and 100, the best constant α and β.
    low, high = 1.0, math.sqrt(100.0)
    best = {
        "gd": {"rate": 2 / (1 + 100)},
        "momentum": {"rate": (2 / (low + high)) ** 2, "beta": ((high - low) / (high + low)) ** 2},
    }
    for rule, expected in (("gd", 691), ("momentum", 95)):
        iterates, _ = run(quadratic(1.0, 100.0), rule, best[rule], (1.0, 1.0), 800)
        reached = next(each.step for each in iterates if max(map(abs, each.x)) <= 1e-6)
        assert reached == expected


def test_a_line_is_fitted_as_by_hand() -> None:
    iterates, _ = run(line_through_five_points(), "gd", {"rate": 0.05}, (0.0, 0.0), 3)
    assert iterates[0].gradient == pytest.approx((-28, -10))
    assert [each.x for each in iterates] == [
        pytest.approx(x) for x in ((0, 0), (1.4, 0.5), (1.86, 0.67), (2.01, 0.731))
    ]
    assert [each.loss for each in iterates] == pytest.approx([33, 3.61, 0.4113, 0.062201])


def test_the_largest_rate_of_the_line_is_where_it_should_be() -> None:
    # 2/λ_max of its Hessian [[12, 4], [4, 2]] is 0.14921894.
    for rate, way in ((0.1492, -1), (0.1493, 1)):
        iterates, _ = run(line_through_five_points(), "gd", {"rate": rate}, (0.0, 0.0), 1000)
        losses = [iterate.loss for iterate in iterates[-100:]]
        assert losses == sorted(losses, reverse=way < 0)
        assert way * (losses[-1] - losses[0]) > 0


# What a run costs


@pytest.mark.parametrize("rule", STEPPING)
def test_a_step_costs_one_evaluation_and_two_if_it_looks_ahead(rule: str) -> None:
    iterates, stopped = run(rosenbrock(), rule, {"rate": 1e-3}, (-1.2, 1.0), 5)
    # Nesterov's first look-ahead is the start itself, which is not asked twice.
    assert stopped.function_evaluations == (1 + 5 + 4 if rule == "nesterov" else 1 + 5)
    assert iterates[-1].evaluations == stopped.gradient_evaluations
    assert [each.evaluations for each in iterates[:2]] == [1, 2]


def test_a_run_is_lazy() -> None:
    objective = rosenbrock()
    descent = descend(objective, GradientDescent(), (-1.2, 1.0), 1000)
    assert objective.asked == []
    assert len(list(itertools.islice(descent, 3))) == 3
    assert len(objective.asked) == 3


def test_no_steps_is_the_start_alone() -> None:
    iterates, stopped = run(rosenbrock(), "adam", {}, (-1.2, 1.0), 0)
    assert len(iterates) == 1
    assert stopped.reason == "steps"


@pytest.mark.parametrize(
    ("rule", "budget", "steps", "used"), [("gd", 10, 9, 10), ("nesterov", 10, 5, 10), ("nesterov", 9, 4, 8)]
)
def test_a_budget_of_evaluations_is_never_exceeded(rule: str, budget: int, steps: int, used: int) -> None:
    iterates, stopped = run(rosenbrock(), rule, {}, (-1.2, 1.0), 100, evaluation_budget=budget)
    assert stopped.reason == "budget"
    assert stopped.function_evaluations == used
    assert iterates[-1].step == steps


@pytest.mark.parametrize("rule", STEPPING)
def test_the_same_run_twice_is_the_same_bit_for_bit(rule: str) -> None:
    assert run(rosenbrock(), rule, {}, (-1.2, 1.0), 50) == run(rosenbrock(), rule, {}, (-1.2, 1.0), 50)


def test_two_runs_may_take_turns_on_an_objective_with_one_buffer_for_its_gradients() -> None:
    class Frugal:
        buffer = np.zeros(2)

        def value_and_gradient(self, x: Array) -> tuple[float, Array]:
            np.multiply(2, x, out=self.buffer)
            return float((x * x).sum()), self.buffer

    objective, rule = Frugal(), GradientDescent(0.25)
    turns = zip(descend(objective, rule, (4.0, 8.0), 3), descend(objective, rule, (-80.0, 0.0), 3), strict=True)
    paths = [(one.x, other.x) for one, other in turns if isinstance(one, Iterate) and isinstance(other, Iterate)]
    assert paths == [((4, 8), (-80, 0)), ((2, 4), (-40, 0)), ((1, 2), (-20, 0)), ((0.5, 1), (-10, 0))]


def test_an_objective_that_writes_to_x_is_caught() -> None:
    class Rude:
        def value_and_gradient(self, x: Array) -> tuple[float, Array]:
            x[0] = 7.0
            return 0.0, x

    with pytest.raises(ValueError, match="read-only"):
        list(descend(Rude(), GradientDescent(), (1.0,), 3))


def test_a_gradient_of_the_wrong_shape_is_not_broadcast() -> None:
    with pytest.raises(ValueError, match="shape"):
        list(descend(Objective(lambda x: 0.0, lambda x: 1.0), GradientDescent(), (1.0, 2.0), 3))


def test_the_memory_is_that_after_arriving() -> None:
    iterates, _ = run(quadratic(2.0, 2.0), "momentum", {"rate": 0.25, "beta": 0.5}, (1.0, -2.0), 2)
    assert [each.memory for each in iterates] == [
        (("m", (0.0, 0.0)),),
        (("m", (-2.0, 4.0)),),
        (("m", (-2.0, 4.0)),),  # 0.5·m − 2·(0.5, −1)
    ]
    adam, _ = run(quadratic(2.0), "adam", {}, (1.0,), 2)
    assert dict(adam[2].memory)["t"] == (2.0,)


def test_descent_leaves_numpys_error_state_to_its_caller() -> None:
    outside = np.geterr()
    for _ in descend(rosenbrock(), GradientDescent(1.0), (-1.2, 1.0), 50):
        assert np.geterr() == outside


# Converged


def test_an_exact_zero_of_the_gradient_is_called_stationary_and_not_a_minimum() -> None:
    saddle = Objective(lambda x: x[0] ** 2 - x[1] ** 2, lambda x: (2 * x[0], -2 * x[1]))
    iterates, stopped = run(saddle, "gd", {"rate": 0.5}, (0.5, 0.0), 100)
    assert iterates[-1].x == (0.0, 0.0)
    assert stopped.reason == "converged"
    assert stopped.sentence == (
        "Converged at step 1: the gradient is exactly 0. The point is stationary, not necessarily a minimum."
    )


def test_a_maximum_as_start_is_stationary_at_once() -> None:
    iterates, stopped = run(quadratic(-2.0), "adam", {}, (0.0,), 100)
    assert (len(iterates), stopped.reason, stopped.step) == (1, "converged", 0)


def test_a_rule_with_momentum_admits_that_it_would_have_moved_on() -> None:
    # 0.5·2 = 1: the first step lands exactly on the minimum, with speed.
    _, stopped = run(quadratic(2.0), "momentum", {"rate": 0.5, "beta": 0.9}, (1.0,), 10)
    assert stopped.step == 1
    assert stopped.sentence.endswith("The rule itself would still have moved on.")


def test_a_gradient_within_the_tolerance_has_converged_and_the_sentence_names_both() -> None:
    iterates, stopped = run(quadratic(1.0), "gd", {"rate": 0.5}, (1.0,), 100)
    assert stopped.reason == "converged"
    assert stopped.step == math.ceil(math.log2(1e10))
    assert "is at most the tolerance 1e-10" in stopped.sentence
    assert "not necessarily near a minimum" in stopped.sentence
    assert iterates[-2].gradient_norm > 1e-10 >= iterates[-1].gradient_norm
    iterates, stopped = run(quadratic(1.0), "gd", {"rate": 0.5}, (1.0,), 100, gradient_tolerance=0.0)
    assert (stopped.reason, iterates[-1].loss) == ("steps", 0.5 * 2.0**-200)


def test_a_step_too_small_to_change_anything_is_admitted() -> None:
    _, stopped = run(quadratic(1.0), "gd", {"rate": 1e-300}, (1.0,), 3)
    assert stopped.reason == "steps"
    assert stopped.sentence.endswith("The last one changed nothing: it was smaller than the spacing of the floats.")


# Diverged


@pytest.mark.parametrize(("rate", "step"), [(0.01, 6), (1.0, 4)])
def test_too_large_a_rate_on_rosenbrock_stops_at_the_overflow(rate: float, step: int) -> None:
    iterates, stopped = run(rosenbrock(), "gd", {"rate": rate}, (-1.2, 1.0), 1000, names=("x", "y"))
    assert (stopped.reason, stopped.step, iterates[-1].step) == ("diverged", step, step - 1)
    assert stopped.sentence.startswith(f"Diverged at step {step}: the loss is inf at x = ")
    assert stopped.sentence.endswith(f"The last finite point is that of step {step - 1}.")


def test_a_coordinate_beyond_1e150_stops_although_all_is_finite() -> None:
    downhill = Objective(lambda x: -x[0] + 0 * x[1], lambda x: (-1.0, 0.0))
    iterates, stopped = run(downhill, "gd", {"rate": 4e149}, (0.0, 0.0), 10)
    assert iterates[-1].x == (8e149, 0.0)
    assert stopped.sentence == (
        "Diverged at step 3: x1 = 1.2e+150 is beyond ±1e+150. The last finite point is that of step 2."
    )


def test_leaving_the_domain_stops_with_the_last_point_inside() -> None:
    logarithm = Objective(lambda x: np.log(x[0]), lambda x: 1 / x)
    iterates, stopped = run(logarithm, "gd", {"rate": 0.4}, (1.0,), 10)
    assert iterates[-1].x[0] > 0
    assert stopped.reason == "diverged"
    assert f"the loss is nan at x = -{-(iterates[-1].x[0] - 0.4 / iterates[-1].x[0]):.6g}" in stopped.sentence


def test_a_broken_gradient_stops_and_is_named() -> None:
    # √|x| + y² has no finite gradient at x = 0, which the first step hits exactly.
    cusp = Objective(lambda x: np.sqrt(abs(x[0])), lambda x: (0.5 * np.sign(x[0]) / np.sqrt(abs(x[0])), 0.0))
    _, stopped = run(cusp, "gd", {"rate": 2.0}, (1.0, 5.0), 10, names=("a", "b"))
    assert "Diverged at step 1: the derivative with respect to a is nan at a = 0, b = 5." in stopped.sentence


def test_a_gradient_whose_norm_overflows_stops_although_each_part_is_finite() -> None:
    steep = Objective(lambda x: 0.0 if x[0] else 1.0, lambda x: (1.0, 1.0) if not x[0] else (1.7e308, 1.7e308))
    _, stopped = run(steep, "gd", {"rate": 1.0}, (0.0, 0.0), 10)
    assert "Diverged at step 1: the norm of the gradient is inf" in stopped.sentence


@pytest.mark.parametrize("rule", ["adagrad", "adam", "rmsprop", "adadelta"])
def test_an_overflow_inside_the_memory_is_not_taken_for_rest(rule: str) -> None:
    # g² is inf and g/√inf is 0: without a look at the memory the run would stand still in silence.
    _, stopped = run(quadratic(1e200), rule, {}, (1.0,), 10)
    assert stopped.reason == "diverged"
    assert "Diverged at step 1: v of the rule's memory is inf for x." in stopped.sentence


def test_a_look_ahead_outside_the_domain_is_named() -> None:
    root = Objective(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x))
    iterates, stopped = run(root, "nesterov", {"rate": 1.2, "beta": 0.9}, (1.0,), 10)
    assert iterates[-1].x == pytest.approx((0.4,))
    assert stopped.sentence.startswith("Diverged at step 2: at the look-ahead point the loss is nan at x = -0.14.")


# AdamW is held where the decay outweighs the step, at x = 1/λ = 100.
@pytest.mark.parametrize("rule", [name for name in STEPPING if name != "adamw"])
def test_every_rule_ends_in_words_when_the_function_is_bottomless(rule: str) -> None:
    cliff = Objective(lambda x: -np.exp(x[0]), lambda x: -np.exp(x))
    _, stopped = run(cliff, rule, {"rate": 50.0}, (1.0,), 3000)
    assert stopped.reason == "diverged"


def test_a_point_of_many_coordinates_is_said_in_short() -> None:
    rising = Objective(lambda x: math.inf if x[0] < 0 else 1.0, lambda x: np.ones(9))
    _, stopped = run(rising, "gd", {"rate": 1.0}, [0.5] * 9, 3)
    assert "the loss is inf at x1 = -0.5, x2 = -0.5, x3 = -0.5, x4 = -0.5, …." in stopped.sentence


# Refused


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        ((-1.0,), "The run cannot start there: the loss is nan at x = -1."),
        ((0.0,), "The run cannot start there: the loss is -inf at x = 0."),
        ((math.nan,), "The start cannot be used: x is nan."),
        ((math.inf,), "The start cannot be used: x is inf."),
        ((1e151,), "The start cannot be used: x = 1e+151 is beyond ±1e+150."),
        ((), "There is nothing to optimize: the start has no coordinates."),
    ],
)
def test_a_start_without_a_finite_loss_is_refused_in_words(start: tuple[float, ...], sentence: str) -> None:
    logarithm = Objective(lambda x: np.log(x[0]), lambda x: 1 / x)
    with pytest.raises(ExplorerError) as refused:
        list(descend(logarithm, GradientDescent(), start, 10))
    assert refused.value.message == sentence
    assert refused.value.kind == "domain"


def test_a_start_without_a_finite_gradient_is_refused_in_words() -> None:
    root = Objective(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x))
    with pytest.raises(ExplorerError, match="the derivative with respect to t is inf at t = 0"):
        next(descend(root, GradientDescent(), (0.0,), 10, names=("t",)))


@pytest.mark.parametrize(
    ("steps", "options", "sentence", "kind"),
    [
        (MOST_STEPS + 1, {}, "One run takes at most 100000 steps; 100001 were asked for.", "limit"),
        (-1, {}, "The number of steps must be a whole number of at least 0.", "domain"),
        (2.5, {}, "The number of steps must be a whole number of at least 0.", "domain"),
        (1, {"gradient_tolerance": -1.0}, "The gradient tolerance must be a finite number of at least 0.", "domain"),
        (
            1,
            {"gradient_tolerance": math.nan},
            "The gradient tolerance must be a finite number of at least 0.",
            "domain",
        ),
        (1, {"evaluation_budget": 0}, "The evaluation budget must be a whole number of at least 1.", "domain"),
    ],
)
def test_numbers_that_make_no_run_are_refused_at_once(
    steps: Any, options: dict[str, Any], sentence: str, kind: str
) -> None:
    with pytest.raises(ExplorerError) as refused:
        descend(rosenbrock(), GradientDescent(), (1.0, 2.0), steps, **options)
    assert (refused.value.message, refused.value.kind) == (sentence, kind)


def test_the_most_steps_are_allowed() -> None:
    assert isinstance(next(descend(rosenbrock(), GradientDescent(), (1.5, 2.0), MOST_STEPS)), Iterate)
