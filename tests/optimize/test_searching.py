"""The searching rules against what theory promises on quadratics, against PyTorch, and at their ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.optimize.descent import Box, Iterate, Leg, Stopped, descend, descend_legs
from explorer.optimize.ground import Counted
from explorer.optimize.objectives import ProgramObjective, SquaresObjective, as_residuals
from explorer.optimize.rules.line_search import dot, search
from explorer.optimize.rules.rule import Stall
from explorer.optimize.rules.schedule import Schedule
from explorer.optimize.rules.table import RULES, SearchRule, rule_from

Array = NDArray[np.float64]
SEARCHING = [name for name, rule in RULES.items() if issubclass(rule, SearchRule)]
ROSENBROCK = ProgramObjective(parse("(1-x)^2 + 100*(y-x^2)^2"))
START = (-1.2, 1.0)

# A symmetric positive definite matrix with eigenvalues far apart.
MATRIX = np.array([[4.0, 1.0, 0.5], [1.0, 30.0, -2.0], [0.5, -2.0, 9.0]])


class Quadratic:
    """½ xᵀAx − bᵀx with A = MATRIX."""

    b = np.array([1.0, -2.0, 3.0])

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        return float(0.5 * x @ MATRIX @ x - self.b @ x), MATRIX @ x - self.b

    def hessian(self, x: Array) -> Array:
        return MATRIX


def run(objective: Any, rule: str, settings: dict[str, Any], start: Any, steps: int, **options: Any) -> Any:
    *iterates, stopped = descend(objective, rule_from(rule, settings), start, steps, **options)
    assert isinstance(stopped, Stopped)
    return iterates, stopped


@pytest.mark.parametrize("name", [n for n in SEARCHING if n not in ("steepest", "polyak")])
def test_it_finds_rosenbrocks_minimum_in_tens_of_steps(name: str) -> None:
    iterates, stopped = run(ROSENBROCK, name, {}, START, 100)
    assert stopped.reason == "converged"
    assert stopped.step < 60
    assert iterates[-1].x == pytest.approx((1.0, 1.0), abs=1e-9)
    losses = [each.loss for each in iterates]
    assert all(after <= before for before, after in itertools.pairwise(losses))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cg", {"form": "polak-ribiere"}),
        ("cg", {"form": "fletcher-reeves"}),
        ("cg", {"form": "hestenes-stiefel"}),
        ("bfgs", {}),
        ("lbfgs", {}),
    ],
)
def test_with_an_exact_search_a_quadratic_in_three_unknowns_takes_three_steps(
    name: str, settings: dict[str, Any]
) -> None:
    # A flatness of 1e-9 is an exact search; Hestenes & Stiefel 1952 and Nazareth 1979 prove the three steps.
    iterates, _ = run(Quadratic(), name, {"curvature": 1e-9, **settings}, (1.0, 1.0, 1.0), 3, gradient_tolerance=0)
    assert iterates[-1].x == pytest.approx(np.linalg.solve(MATRIX, Quadratic.b), abs=1e-7)


def test_bfgs_learns_the_inverse_hessian_of_a_quadratic() -> None:
    iterates, _ = run(Quadratic(), "bfgs", {"curvature": 1e-9}, (1.0, 1.0, 1.0), 3, gradient_tolerance=0)
    learned = np.reshape(dict(iterates[-1].memory)["H"], (3, 3))
    assert learned == pytest.approx(np.linalg.inv(MATRIX), abs=1e-6)


def test_newton_takes_one_step_on_a_quadratic() -> None:
    iterates, stopped = run(Quadratic(), "newton", {}, (5.0, 5.0, 5.0), 9)
    assert iterates[1].x == pytest.approx(np.linalg.solve(MATRIX, Quadratic.b), rel=1e-12)
    assert (stopped.reason, stopped.step, stopped.hessian_evaluations) == ("converged", 1, 1)


def test_a_saddle_attracts_newtons_step_and_repels_the_one_with_absolute_eigenvalues() -> None:
    saddle = ProgramObjective(parse("x^2 - y^2 + y^4/4"))
    plain, _ = run(saddle, "newton", {"absolute": 0, "search": "none"}, (0.7, 0.1), 20)
    assert plain[-1].x == pytest.approx((0, 0), abs=1e-9)
    safe, _ = run(saddle, "newton", {}, (0.7, 0.1), 50)
    assert safe[-1].x == pytest.approx((0, math.sqrt(2)), abs=1e-9)


def test_newton_on_heron_doubles_its_digits() -> None:
    # f′ = x² − 2, so that the plain step is Heron's iteration.
    iterates, _ = run(ProgramObjective(parse("x^3/3 - 2*x")), "newton", {"absolute": 0, "search": "none"}, (1.5,), 3)
    assert [each.x[0] for each in iterates[1:]] == pytest.approx([17 / 12, 577 / 408, 665857 / 470832], rel=1e-14)


def test_polyaks_step_halves_a_parabola_and_refuses_a_wrong_lowest_value() -> None:
    parabola = ProgramObjective(parse("x^2"))
    iterates, _ = run(parabola, "polyak", {}, (8.0,), 3)
    assert [each.x[0] for each in iterates] == [8.0, 4.0, 2.0, 1.0]
    _, stopped = run(parabola, "polyak", {"lowest": 10}, (3.0,), 3)
    assert stopped.reason == "stalled"
    assert "below the lowest value" in stopped.sentence


def test_levenberg_marquardt_solves_a_linear_fit_and_sees_squares_in_formulas_outputs_and_nothing_else() -> None:
    rows = "(a + b - 3, a + 2*b - 5, a + 3*b - 6, a + 4*b - 9)"
    matrix, right = np.array([[1, 1], [1, 2], [1, 3], [1, 4]]), np.array([3, 5, 6, 9])
    iterates, stopped = run(SquaresObjective(parse(rows)), "levenberg-marquardt", {}, (0.0, 0.0), 50)
    assert stopped.reason == "converged"
    assert iterates[-1].x == pytest.approx(np.linalg.lstsq(matrix, right, rcond=None)[0], abs=1e-9)
    with pytest.raises(ExplorerError, match="needs a sum of squares"):
        run(ProgramObjective(parse("sin(x)")), "levenberg-marquardt", {}, (1.0,), 5)


@pytest.mark.parametrize("text", ["(1-x)^2 + 100*(y-x^2)^2", "x*x + 3*(y^4) + 2", "(x-y)^2/4 + 9*y^2"])
def test_a_sum_of_squares_is_read_off_the_formula(text: str) -> None:
    program = parse(text)
    residuals = as_residuals(program)
    assert residuals is not None
    for point in ((0.3, -0.7), (2.0, 5.0)):
        f, g = ProgramObjective(program).value_and_gradient(np.array(point))
        squares, slope = SquaresObjective(residuals).value_and_gradient(np.array(point))
        assert squares == pytest.approx(f, rel=1e-14)
        assert slope == pytest.approx(g, rel=1e-13)


@pytest.mark.parametrize("text", ["x^3 + y^2", "x^2 - y^2", "-3*x^2", "sin(x)", "x^2 + y"])
def test_what_is_no_sum_of_squares_is_not_taken_for_one(text: str) -> None:
    assert as_residuals(parse(text)) is None


@pytest.mark.parametrize("curvature", [0.001, 0.1, 0.9])
@pytest.mark.parametrize("first", [1e-3, 0.1, 10.0, 1e3])
@pytest.mark.parametrize("text", ["-a/(a^2+2)", "(a+0.004)^5 - 2*(a+0.004)^4", "a^2 - 3*a + sin(10*a)/10"])
def test_a_wolfe_step_satisfies_both_conditions(text: str, first: float, curvature: float) -> None:
    # The first two are the test functions of Moré & Thuente 1994, table 1.
    objective = ProgramObjective(parse(text))
    ground = Counted(objective)
    spot, along = ground.at(np.zeros(1)), np.ones(1)
    found = search("wolfe", ground, spot, along, first, curvature)
    slope = dot(spot.g, along)
    assert found.f <= spot.f + 1e-4 * found.a * slope + 1e-13
    assert abs(found.slope) <= curvature * abs(slope) * (1 + 1e-12)
    assert ground.functions < 60


def test_a_search_that_leads_upwards_or_down_without_end_says_so() -> None:
    ground = Counted(ProgramObjective(parse("x")))
    spot = ground.at(np.zeros(1))
    with pytest.raises(Stall, match="does not lead downwards"):
        search("armijo", ground, spot, np.ones(1), 1.0, 0.9)
    with pytest.raises(Stall, match="without end"):
        search("wolfe", ground, spot, -np.ones(1), 1.0, 0.9)


@pytest.mark.parametrize("name", [n for n in SEARCHING if n not in ("polyak", "levenberg-marquardt")])
def test_a_bottomless_function_ends_in_words(name: str) -> None:
    _, stopped = run(ProgramObjective(parse("-exp(x)")), name, {}, (1.0,), 3000)
    assert stopped.reason in ("diverged", "stalled")
    assert f"step {stopped.step}" in stopped.sentence


def test_a_budget_ends_a_run_in_the_middle_of_a_search() -> None:
    iterates, stopped = run(ROSENBROCK, "bfgs", {}, START, 100, evaluation_budget=10)
    assert stopped.reason == "budget"
    assert iterates[-1].evaluations <= 10


# Legs, schedules, clipping and bounds


def legs(*parts: Leg, **options: Any) -> list[Iterate]:
    *iterates, _ = descend_legs(ROSENBROCK, parts, START, gradient_tolerance=0, **options)
    return iterates


def test_two_legs_of_one_rule_are_one_run_and_another_rule_starts_afresh() -> None:
    adam, gd = rule_from("adam", {"rate": 0.1}), rule_from("gd", {})
    whole = legs(Leg(adam, 40))
    parts = legs(Leg(adam, 15), Leg(adam, 25))
    assert [each.x for each in whole] == [each.x for each in parts]
    assert [each.leg for each in parts] == [0] * 15 + [1] * 26
    mixed = legs(Leg(adam, 15), Leg(gd, 5))
    assert mixed[15].x == whole[15].x
    assert mixed[16].x == pytest.approx(np.subtract(mixed[15].x, 1e-3 * np.array(mixed[15].gradient)), rel=1e-15)


def test_clipping_shortens_the_first_step_to_the_rate_times_the_longest_gradient() -> None:
    first = legs(Leg(rule_from("gd", {"rate": 0.1}), 1, clip=1.0))[1]
    assert math.dist(first.x, START) == pytest.approx(0.1, rel=1e-12)
    assert first.x == pytest.approx(np.array(START) + 0.1 * np.array([215.6, 88]) / math.hypot(215.6, 88), rel=1e-12)


def test_bounds_hold_every_iterate_and_reach_the_constrained_minimum() -> None:
    box = Box((-2.0, -2.0), (0.5, 2.0))
    iterates = legs(Leg(rule_from("gd", {}), 4_000), box=box)
    assert all(each.x[0] <= 0.5 for each in iterates)
    # On the edge x = 0.5 the function is least at y = x².
    assert iterates[-1].x == pytest.approx((0.5, 0.25), abs=1e-9)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: Leg(rule_from("bfgs", {}), 5, clip=1.0), "finds its own step length"),
        (lambda: Leg(rule_from("gd", {}), 5, clip=0.0), "must be above 0"),
        (lambda: Schedule("linear"), "There is no schedule"),
        (lambda: Schedule("step", period=0), "period of a schedule"),
        (lambda: Box((1.0,), (0.0,)), "lower end"),
        (lambda: legs(Leg(rule_from("bfgs", {}), 5), box=Box((-2, -2), (2, 2))), "without a line search"),
    ],
)
def test_what_cannot_be_is_refused_in_words(refused: Callable[[], object], said: str) -> None:
    with pytest.raises(ExplorerError, match=said):
        refused()


def test_a_schedule_tells_the_two_conventions_of_momentum_apart() -> None:
    schedule = Schedule("step", period=3, gamma=0.1)
    outside, inside = (legs(Leg(rule_from("momentum", {"rate_inside": inside}), 6, schedule))[1:] for inside in (0, 1))
    for slides, sutskever in zip(outside[:3], inside[:3], strict=True):
        assert slides.x == pytest.approx(sutskever.x, rel=1e-12)
    # The velocity outside the rate shrinks at once; with the rate inside, it still coasts.
    assert math.dist(outside[3].x, outside[2].x) < 0.5 * math.dist(inside[3].x, inside[2].x)


@pytest.mark.parametrize(
    ("schedule", "theirs", "options"),
    [
        (Schedule("step", 10, 0.3), "StepLR", {"step_size": 10, "gamma": 0.3}),
        (Schedule("cosine", 50, 0.0), "CosineAnnealingLR", {"T_max": 50}),
        (Schedule("restarts", 7, 0.0), "CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 2}),
        (Schedule("inverse", 1, 0.25), "LambdaLR", {"lr_lambda": lambda t: 1 / (1 + 0.25 * t)}),
    ],
)
def test_schedules_are_those_of_pytorch(schedule: Schedule, theirs: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, theirs)(optimizer, **options)
    for step in range(50):
        assert schedule.factor(step) == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_lbfgs_without_a_search_takes_the_steps_of_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, path = torch.optim.LBFGS([x], lr=0.5, max_iter=1, history_size=10, tolerance_change=0), []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(50):
        optimizer.step(closure)
        path.append(x.detach().numpy().copy())
    iterates, _ = run(ROSENBROCK, "lbfgs", {"rate": 0.5, "search": "none"}, START, 50, gradient_tolerance=0.0)
    shared = min(len(iterates) - 1, 50)
    assert shared >= 25
    assert np.array([each.x for each in iterates[1 : shared + 1]]) == pytest.approx(np.array(path[:shared]), rel=1e-6)


def test_minima_are_those_of_scipy() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    beale = ProgramObjective(parse("(1.5-x+x*y)^2 + (2.25-x+x*y^2)^2 + (2.625-x+x*y^3)^2"))
    for name, theirs in (("bfgs", "BFGS"), ("lbfgs", "L-BFGS-B"), ("cg", "CG"), ("newton", "Newton-CG")):
        iterates, _ = run(beale, name, {}, (1.0, 1.0), 200)
        found = optimize.minimize(beale.value_and_gradient, (1.0, 1.0), jac=True, method=theirs, tol=1e-10)
        assert iterates[-1].x == pytest.approx(found.x, abs=1e-4)
        assert iterates[-1].loss <= found.fun + 1e-15
