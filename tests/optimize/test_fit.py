"""What a model says where there are no points, against NumPy's polynomials and the geometry of lines and circles."""

import numpy as np
import pytest

from explorer.calculus.compiled import compiled
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.optimize.datasets import DATASETS, dataset, own_data
from explorer.optimize.fit import SIDE, fit, limits, zero_lines


@pytest.mark.parametrize("name", ["line", "sine"])
def test_the_curve_of_the_best_parameters_is_that_of_numpys_least_squares(name: str) -> None:
    data = dataset(name, 0)
    best = np.polynomial.Polynomial.fit(data.columns["x"], data.columns["y"], len(data.start) - 1).convert()
    names = ("b", "w") if name == "line" else ("w0", "w1", "w2", "w3")
    found = fit(data, dict(zip(names, best.coef, strict=True)))
    assert found.values == pytest.approx(best(found.x), abs=1e-12)
    (low, high), _ = limits(data)
    assert (found.x[0], found.x[-1]) == (low, high)


def test_of_two_blobs_the_boundary_is_a_line_and_the_points_are_counted() -> None:
    data = dataset("blobs", 0)
    found = fit(data, {"w1": 2.0, "w2": 1.0, "b": -0.5})
    u, v = found.boundary[:, 0::2], found.boundary[:, 1::2]
    assert len(u) > SIDE
    assert 2 * u + v - 0.5 == pytest.approx(np.zeros_like(u), abs=1e-12)
    sides = 2 * data.columns["u"] + data.columns["v"] > 0.5
    assert found.right == np.mean(sides == (data.columns["t"] == 1))


def test_a_hidden_unit_is_drawn_where_it_sees_nothing() -> None:
    data = dataset("circles", 0)
    at = dict(data.start) | {"a1": 1.0, "b1": -2.0, "d1": 0.25}
    first = fit(data, at).hidden[0]
    assert first[:, 0] - 2 * first[:, 1] + 0.25 == pytest.approx(np.zeros(len(first)), abs=1e-12)


def test_zero_lines_close_around_a_circle() -> None:
    axis = np.linspace(-2, 2, 81)
    x, y = np.meshgrid(axis, axis)
    lines = zero_lines(axis, axis, x**2 + y**2 - 1)
    ends = lines.reshape(-1, 2)
    assert np.hypot(*ends.T) == pytest.approx(np.ones(len(ends)), abs=2e-3)
    assert np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]).sum() == pytest.approx(2 * np.pi, rel=2e-3)
    _, counts = np.unique(ends.round(9), axis=0, return_counts=True)
    assert not (counts % 2).any()  # every end is another's: nothing is open


def test_every_data_set_has_a_picture_and_a_table_of_ones_own_says_that_it_has_none() -> None:
    for name in DATASETS:
        data = dataset(name, 0)
        assert np.isfinite(fit(data, data.start).values).all()
        # What is shown as the model is what is computed.
        shown, meant = compiled(parse(data.model)), compiled(parse(data.loss))
        at = [data.start[n] + 0.1 if n in data.start else data.columns[n] for n in shown.program.inputs]
        assert shown.program.inputs == meant.program.inputs
        assert np.array_equal(shown.value_on(at, (data.rows,)), meant.value_on(at, (data.rows,)))
        scores = compiled(parse(data.prediction))
        at = [data.start[n] + 0.1 if n in data.start else data.columns[n] for n in scores.program.inputs]
        score, target = scores.value_on(at, (data.rows,)), data.columns[data.target]
        loss = np.logaddexp(0, score) - target * score if data.target == "t" else (score - target) ** 2
        at = [data.start[n] + 0.1 if n in data.start else data.columns[n] for n in meant.program.inputs]
        assert meant.value_on(at, (data.rows,)) == pytest.approx(loss, abs=1e-12)
    with pytest.raises(ExplorerError, match="no picture"):
        fit(own_data(parse("(w*x - y)^2"), "x,y\n1,2\n2,3"), {"w": 1.0})
