"""Data sets, their objectives, batches and noise, against the published fit and against sums by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.optimize.analysis import (
    contraction,
    curvature,
    optimal,
    stable_rate,
    stationary_points,
)
from explorer.optimize.blocks import descend_blocks
from explorer.optimize.data_objective import BatchObjective, DataObjective, gradient_noise
from explorer.optimize.datasets import DATASETS, DataSet, dataset, loss_program, own_data, table_from
from explorer.optimize.descent import Iterate, Leg, Stopped, descend, descend_legs
from explorer.optimize.fleet import fleet
from explorer.optimize.objectives import ProgramObjective
from explorer.optimize.rules.table import rule_from
from explorer.optimize.sources import SOURCES, sourced


def last(objective: Any, rule: str, settings: dict[str, Any], start: Any, steps: int) -> tuple[Iterate, Stopped]:
    *iterates, stopped = descend(objective, rule_from(rule, settings), start, steps)
    assert isinstance(stopped, Stopped)
    assert isinstance(iterates[-1], Iterate)
    return iterates[-1], stopped


# The PyTorch tutorial's linear regression; the fit, its eigenvalues and its 60 steps recomputed with NumPy.


def test_the_line_has_the_published_fit_eigenvalues_and_largest_stable_rate() -> None:
    line = DataObjective(dataset("line", 0))
    assert line.names == ("b", "w")
    found, _ = last(line, "newton", {}, (0.0, 0.0), 5)
    assert found.x == pytest.approx((0.7476653, 0.2599899), abs=5e-8)
    assert found.loss == pytest.approx(0.1689153, abs=5e-8)
    bend = curvature(line, (0.0, 0.0))
    assert bend.eigenvalues == pytest.approx((0.25682037, 86.39605977), abs=5e-8)
    assert bend.condition == pytest.approx(336.4, abs=0.05)
    assert bend.stable_rate == pytest.approx(0.0231492, abs=5e-8)
    assert last(line, "gd", {"rate": 0.0231}, (0.0, 0.0), 1500)[0].loss < 0.169
    assert last(line, "gd", {"rate": 0.0232}, (0.0, 0.0), 1500)[0].loss > 1.0


def test_sixty_whole_batch_steps_are_the_published_ones_whatever_the_batch_that_is_asked_for() -> None:
    for objective in (DataObjective(dataset("line", 0)), BatchObjective(dataset("line", 0), 10_000, 7)):
        sixtieth, _ = last(objective, "gd", {"rate": 1e-3}, (0.0, 0.0), 60)
        assert sixtieth.x == pytest.approx((0.0621534, 0.3568857), abs=5e-8)
        assert sixtieth.loss == pytest.approx(0.2305755, abs=1e-7)


def test_levenberg_marquardt_fits_the_line_by_its_residuals() -> None:
    found, stopped = last(DataObjective(dataset("line", 0)), "levenberg-marquardt", {}, (0.0, 0.0), 20)
    assert stopped.reason == "converged"
    assert found.x == pytest.approx((0.7476653, 0.2599899), abs=5e-8)


def test_the_five_points_have_the_row_gradients_by_hand() -> None:
    five = DataSet("five", "", "(w*x+b-y)^2", {"x": np.arange(5.0), "y": 2 * np.arange(5.0) + 1}, {"w": 0, "b": 0})
    values, gradients = DataObjective(five).row_values_and_gradients(np.zeros(2))
    assert values.mean() == 33
    assert gradients.T.tolist() == [[-2, 0], [-6, -6], [-10, -20], [-14, -42], [-18, -72]]


@pytest.mark.parametrize("name", DATASETS)
def test_gradients_of_data_are_those_of_differences_and_a_seed_makes_the_same_rows(name: str) -> None:
    data = dataset(name, 3)
    objective = DataObjective(data)
    x = np.random.default_rng(1).normal(size=len(objective.names))
    value, gradient = objective.value_and_gradient(x)
    for place in range(len(x)):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[place] += sign * 1e-6
            ends.append(objective.value_and_gradient(moved)[0])
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)
    many = objective.many(np.stack([x, x + 1], axis=1))
    assert many[0][0] == pytest.approx(value, rel=1e-13)
    assert many[1][:, 0] == pytest.approx(gradient, rel=1e-10, abs=1e-14)
    again, other = dataset(name, 3), dataset(name, 4)
    assert all(np.array_equal(data.columns[c], again.columns[c]) for c in data.columns)
    assert name == "line" or any(not np.array_equal(data.columns[c], other.columns[c]) for c in data.columns)
    assert set(objective.names) == set(data.start)


def test_the_network_learns_the_circles_in_twenty_epochs_of_small_batches() -> None:
    data = dataset("circles", 0)
    objective = BatchObjective(data, 5, 0)
    *_, block, stopped = descend_blocks(
        objective, [Leg(rule_from("gd", {"rate": 0.1}), 2_000)], [data.start[n] for n in objective.names]
    )
    assert isinstance(stopped, Stopped)
    assert stopped.gradient_evaluations == pytest.approx(20)
    weights = dict(zip(objective.names, block.x[-1].tolist(), strict=True))
    score = sum(
        weights[f"c{k}"]
        * np.tanh(weights[f"a{k}"] * data.columns["u"] + weights[f"b{k}"] * data.columns["v"] + weights[f"d{k}"])
        for k in (1, 2, 3)
    )
    right = (score + weights["c0"] > 0) == (data.columns["t"] > 0.5)
    assert right.mean() > 0.97


@pytest.mark.parametrize("name", ["adam", "nesterov"])
def test_many_runs_on_batches_are_the_single_runs_on_the_same_batches(name: str) -> None:
    objective = BatchObjective(dataset("blobs", 0), 32, 5)
    starts = np.array([[0.0, 1.0], [0.5, -1.0], [0.0, 2.0]])
    rule = rule_from(name, {"rate": 0.1})
    states = list(fleet(objective, rule, starts, 20, every=6))
    assert [state.step for state in states] == [0, 6, 12, 18, 20]
    for column in range(2):
        single = [i for i in descend(objective, rule, starts[:, column].tolist(), 20) if isinstance(i, Iterate)]
        for state in states:
            assert state.x[:, column] == pytest.approx(single[state.step].x, rel=1e-12)
            assert state.loss[column] == pytest.approx(single[state.step].loss, rel=1e-12)


def test_an_epochs_batches_are_all_rows_once_and_a_run_is_replayed_from_any_step() -> None:
    objective = BatchObjective(dataset("blobs", 0), 32, 5)
    epoch = [objective.batch_rows(step) for step in range(7)]
    assert [len(rows) for rows in epoch] == [32] * 6 + [8]
    assert sorted(np.concatenate(epoch).tolist()) == list(range(200))
    assert not np.array_equal(objective.batch_rows(7), epoch[0])
    assert np.array_equal(BatchObjective(dataset("blobs", 0), 32, 5).batch_rows(9), objective.batch_rows(9))
    legs = [Leg(rule_from("adam", {"rate": 0.1}), 20), Leg(rule_from("adam", {"rate": 0.1}), 30)]
    one = [i for i in descend_legs(objective, legs, (0.0, 0.0, 0.0)) if isinstance(i, Iterate)]
    two = [i for i in descend_legs(objective, [Leg(legs[0].rule, 50)], (0.0, 0.0, 0.0)) if isinstance(i, Iterate)]
    assert [i.x for i in one] == [i.x for i in two]


def test_measured_noise_is_the_predicted_one_and_none_for_the_whole_data() -> None:
    objective = DataObjective(dataset("blobs", 0))
    noise = gradient_noise(objective, np.array([0.1, 0.2, -0.3]), 0, draws=2000)
    _, gradients = objective.row_values_and_gradients(np.array([0.1, 0.2, -0.3]))
    assert noise.spread == pytest.approx(math.sqrt(np.trace(np.cov(gradients, bias=True))), rel=1e-12)
    for size, predicted, measured in zip(noise.batches, noise.predicted, noise.measured, strict=True):
        assert measured == pytest.approx(predicted, rel=0.06, abs=1e-12), size
    assert noise.batches[-1] == 200
    assert noise.predicted[-1] == 0


# Tables


def test_a_table_is_read_and_what_is_wrong_with_it_is_said() -> None:
    columns, notes = table_from("x; y ;z\n1;2;3\n4;;5\n7;8;3\n")
    assert columns["x"].tolist() == [1, 7]
    assert notes == ("1 row without a number in every column left out.", "The column z is constant.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("x,y\n", "No row"),
        ("x,y\na,b\nnan,1", "No row"),
        ("1,2\n3,4", "must name its columns"),
        ("x,x\n1,2", "must name its columns"),
        ("p,q\n1,2", "No column has the name of an input"),
        ("w,x,y,b\n1,2,3,4", "no parameter is left"),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ExplorerError, match=said):
        own_data(parse("(w*x + b - y)^2"), text)


def test_own_data_make_the_users_function_a_mean_over_rows() -> None:
    data = own_data(parse("(w*x + b - y)^2"), "x,y,weight\n0,1,1\n1,3,1\n2,5,1")
    assert data.notes == ("The column weight is constant.", "Not used: the columns weight.")
    found, _ = last(DataObjective(data), "newton", {}, (0.0, 0.0), 5)
    assert found.x == pytest.approx((1, 2), abs=1e-8)
    with pytest.raises(ExplorerError, match="one number"):
        loss_program(own_data(parse("(w*x, y)"), "x,y\n1,2"))


# Where the gradient comes from


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_the_gradient_and_a_bad_step_hurts(source: str) -> None:
    objective = ProgramObjective(parse("(1-x)^2 + 100*(y-x^2)^2"))
    value, gradient = sourced(objective, source, 1e-7).value_and_gradient(np.array([-1.2, 1.0]))
    assert value == pytest.approx(24.2)
    assert gradient == pytest.approx((-215.6, -88), rel=1e-6)
    if source.endswith("difference"):
        _, coarse = sourced(objective, source, 0.5).value_and_gradient(np.array([-1.2, 1.0]))
        assert abs(coarse[0] + 215.6) > 50
        _, vanished = sourced(objective, source, 1e-17).value_and_gradient(np.array([-1.2, 1.0]))
        assert np.isnan(vanished).all()


def test_a_source_that_is_none_is_refused_and_the_complex_step_says_where_it_is_invalid() -> None:
    objective = ProgramObjective(parse("abs(x)"))
    with pytest.raises(ExplorerError, match="A gradient comes from one of"):
        sourced(objective, "guess", 1e-6)
    with pytest.raises(ExplorerError, match="step h"):
        sourced(objective, "central-difference", 0.0)
    with pytest.raises(ExplorerError):
        sourced(objective, "complex-step", 1e-20).value_and_gradient(np.array([-1.0]))


# Curvature


def test_gohs_example_has_his_parameters_and_his_numbers_of_iterations() -> None:
    best = optimal((1.0, 100.0))
    assert best["gd"] == pytest.approx({"rate": 0.0198020, "factor": 0.9801980}, abs=5e-8)
    assert best["momentum"] == pytest.approx({"rate": 0.0330579, "beta": 0.6694215, "factor": 0.8181818}, abs=5e-8)
    objective = ProgramObjective(parse("x^2/2 + 50*y^2"))
    for rule, settings, count in (
        ("gd", {"rate": best["gd"]["rate"]}, 691),
        ("momentum", {"rate": best["momentum"]["rate"], "beta": best["momentum"]["beta"]}, 95),
    ):
        path = [i for i in descend(objective, rule_from(rule, settings), (1.0, 1.0), 800) if isinstance(i, Iterate)]
        assert next(i.step for i in path if max(map(abs, i.x)) <= 1e-6) == count
        assert contraction(rule_from(rule, settings), (1.0, 100.0), settings["rate"]) == pytest.approx(
            best[rule]["factor"], abs=1e-6
        )


@pytest.mark.parametrize("rule", ["gd", "momentum", "nesterov"])
def test_the_stable_rate_parts_convergence_from_divergence(rule: str) -> None:
    made = rule_from(rule, {"rate": 1.0} | ({} if rule == "gd" else {"beta": 0.8}))
    limit = stable_rate(made, 100.0)
    assert limit is not None
    for part in (0.98, 1.02):
        settings = {**made.settings(), "rate": part * limit}
        end, _ = last(ProgramObjective(parse("x^2/2 + 50*y^2")), rule, settings, (1.0, 1.0), 2000)
        assert (end.loss < 1e-3) is (part < 1)
        factor = contraction(rule_from(rule, settings), (1.0, 100.0), part * limit)
        assert factor is not None
        assert (factor < 1) is (part < 1)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("abs(x) + x^2", {0.0: "minimum"}),  # no curvature at the corner
        ("x^2*abs(x)", {0.0: "minimum"}),
        ("x^3", {0.0: "degenerate"}),  # Newton's method ends beside it, where it bends down
        ("abs(x) - x^2", {-0.5: "maximum", 0.0: "minimum", 0.5: "maximum"}),
        ("relu(x) + 1", {}),
        ("x^4", {0.0: "minimum"}),  # which Newton's method reaches in no number of steps
        ("exp(-(3x)^2)", {0.0: "maximum"}),  # its tails are flat to within rounding, and no such points
    ],
)
def test_the_kind_of_a_stationary_point_is_borne_out_by_the_values_around_it(
    text: str, kinds: dict[float, str]
) -> None:
    found = stationary_points(ProgramObjective(parse(text)), (-1.5,), (3.5,))
    assert {round(each.x[0], 4) + 0.0: each.kind for each in found} == kinds


def test_himmelblaus_nine_stationary_points_are_found_and_classified() -> None:
    found = stationary_points(ProgramObjective(parse("(x^2+y-11)^2 + (x+y^2-7)^2")), (-5, -5), (5, 5))
    kinds = [each.kind for each in found]
    assert (kinds.count("minimum"), kinds.count("saddle"), kinds.count("maximum")) == (4, 4, 1)
    assert found[-1].x == pytest.approx((-0.270844591, -0.923038556), abs=5e-9)
    assert found[-1].eigenvalues == pytest.approx((-45.61, -16.07), abs=0.01)
    assert sorted(round(each.f, 4) for each in found if each.kind == "saddle") == [13.3119, 67.7192, 104.0152, 178.3372]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("x^2*y^2", {(0, 0): "degenerate"}),  # beside 0 it bends down, and it is nowhere below 0
        ("1e-20*(x^2 - y^2)", {(0, 0): "saddle"}),
        ("1e10*(cos(x) + y^2)", {(0, 0): "saddle"}),
    ],
)
def test_stationary_points_are_the_same_in_every_unit_of_f(text: str, kinds: dict[tuple[int, int], str]) -> None:
    found = stationary_points(ProgramObjective(parse(text)), (-1.2, -1.1), (1.1, 1.2), starts=9)
    assert {(round(p.x[0], 6), round(p.x[1], 6)): p.kind for p in found} == kinds


@pytest.mark.parametrize(
    ("text", "point", "kind"),
    [
        ("x^2 + y^2", (0, 0), "minimum"),
        ("-x^2 - 2*y^2", (0, 0), "maximum"),
        ("x^2 - y^2", (0, 0), "saddle"),
        ("x^4 + y^2", (0, 0), "degenerate"),
        ("x^2 + y^2", (1, 0), ""),
        ("x + y^2/y", (1e308, 1e-200), ""),  # where squares of the inputs overflow
        ("1e-20*(x^2 + y^2)", (1, 1), ""),  # a slope is small beside the curvature, not beside 1
        ("1e-8*x^2 + 1e8*y^2", (0.9, 0), ""),  # and beside that along it
        ("x^2*y^2 + 1", (0, 0), "degenerate"),
        ("tan(x)", (1.5707963267948966,), ""),  # the double before the pole, where Newton's step is less than rounding
    ],
)
def test_a_point_is_classified_by_its_eigenvalues(text: str, point: Any, kind: str) -> None:
    assert curvature(ProgramObjective(parse(text)), point).kind == kind
