"""The optimizer's questions asked directly: runs that take turns, refusals that spare the others, maps, comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from explorer.language.program import ExplorerError
from explorer.work import questions
from explorer.work.__main__ import answers

ROSENBROCK = "(1-x)^2 + 100*(y-x^2)^2"


def runs(source: str, objective: dict[str, Any], legs: list[dict[str, Any]], at: dict[str, float]) -> list[Any]:
    return list(answers(questions.runs(source, objective, 0, [{"at": at, "legs": legs}], None)))


def test_runs_take_turns_and_a_refused_one_spares_the_others() -> None:
    def run(rule: str, steps: int, **settings: float) -> dict[str, Any]:
        return {"at": {"x": -1.2, "y": 1}, "legs": [{"rule": rule, "settings": settings, "steps": steps}]}

    asked = [run("gd", 5000), run("gd", 10, rate=-1), run("bfgs", 100), run("unknown", 5)]
    first, *parts = answers(questions.runs(ROSENBROCK, {}, 0, asked, None))
    assert first["names"] == ["x", "y"]
    ends = {part["run"]: part for part in parts if "block" not in part}
    assert ends[0]["stopped"] == "steps"
    assert ends[1]["refused"] == "The rate must be a finite number above 0."
    assert ends[2]["stopped"] == "converged"
    assert "There is no rule" in ends[3]["refused"]
    assert sum(part["block"]["x"]["shape"][0] for part in parts if part["run"] == 0 and "block" in part) == 5001


@pytest.mark.parametrize(
    ("source", "objective", "leg", "at", "said"),
    [
        ("ln(x)", {}, {"rule": "gd", "steps": 5}, {"x": -1}, "cannot start there"),
        ("x^2", {}, {"rule": "gd", "steps": 5}, {"x": "nan"}, "start cannot be used"),
        ("x^2", {}, {"rule": "gd", "steps": -5}, {"x": 1}, "number of steps"),
        ("x^2", {}, {"rule": "gd", "settings": {"rate": "nan"}, "steps": 5}, {"x": 1}, "The rate must be"),
        ("x^2", {}, {"rule": "gd", "steps": 5, "clip": 0}, {"x": 1}, "must be above 0"),
        ("x^2", {}, {"rule": "gd", "steps": 5, "batch": -1}, {"x": 1}, "at least one row"),
        ("x^2", {}, {"rule": "gd", "steps": 5, "gradient": {"source": "guess"}}, {"x": 1}, "comes from one of"),
        ("sin(x)", {}, {"rule": "levenberg-marquardt", "steps": 5}, {"x": 1}, "needs a sum of squares"),
    ],
)
def test_what_cannot_run_is_said_in_a_sentence(
    source: str, objective: dict[str, Any], leg: dict[str, Any], at: dict[str, Any], said: str
) -> None:
    *_, last = runs(source, objective, [leg], at)
    assert said in last["refused"]


@pytest.mark.parametrize(
    ("source", "objective", "said"),
    [
        ("(x, y)", {}, "one number to make small"),
        ("5", {}, "nothing to be optimized"),
        ("x^2", {"kind": "data", "name": "moons"}, "There is no data set"),
        ("x^2", {"kind": "table", "text": ""}, "empty"),
        ("x^2", {"kind": "output", "index": 3}, "no such output"),
    ],
)
def test_an_objective_that_is_none_is_refused(source: str, objective: dict[str, Any], said: str) -> None:
    with pytest.raises(ExplorerError, match=said):
        runs(source, objective, [{"rule": "gd", "steps": 5}], {})


def test_several_outputs_can_be_minimised_one_at_a_time_or_as_their_squares() -> None:
    for objective, rule, value in (
        ({"kind": "output", "index": 0}, "newton", -1.0),
        ({"kind": "squares"}, "bfgs", 0.0),
        ({}, "levenberg-marquardt", 0.0),
    ):
        first, *_, last = runs("(x^2 - 1, x - 1)", objective, [{"rule": rule, "steps": 50}], {"x": 3})
        assert last["stopped"] in ("converged", "steps"), rule
        assert first["label"] == ("y1" if value else "sum of squares")


def test_fifty_inputs_run_and_have_a_landscape_and_a_principal_plane() -> None:
    source = " + ".join(f"{k + 1}*x{k}^2" for k in range(50))
    leg = {"rule": "gd", "settings": {"rate": 0.01}, "steps": 100}
    *_, last = runs(source, {}, [leg], {})
    assert last["stopped"] == "steps"
    (plane,) = answers(questions.principal(source, {}, 0, [{"at": {}, "legs": [leg]}]))
    assert sum(plane["explained"]) > 0.9
    (picture,) = answers(questions.landscape(source, [], plane["centre"], [-1, -1], [1, 1], {}, plane["directions"]))
    assert picture["values"]["shape"] == [120, 120]


def test_a_map_needs_a_rule_without_a_search_and_two_inputs() -> None:
    def asked(**options: Any) -> list[Any]:
        usual = {"rule": "gd", "steps": 10, "side": 5, "axes": ["x", "y"], "lows": [-2, -2], "highs": [2, 2]}
        return list(answers(questions.optimizer("map", ROSENBROCK, {}, {}, **{**usual, **options})))

    assert asked()[-1]["done"]
    with pytest.raises(ExplorerError, match="each run by itself"):
        asked(rule="bfgs")
    with pytest.raises(ExplorerError, match="two inputs"):
        asked(axes=["x"], lows=[-2], highs=[2])
    with pytest.raises(ExplorerError, match="points a side"):
        asked(side=5000)


def test_a_comparison_on_batches_counts_their_gradients_and_a_map_of_a_network_needs_no_minimum() -> None:
    data = {"kind": "data", "name": "circles", "seed": 0}
    box = {"lows": [-1.0] * 13, "highs": [1.0] * 13}
    rules = [{"rule": "gd", "batch": 50}, {"rule": "bfgs", "batch": 50}]
    question = questions.optimizer(
        "compare", "x", {}, data, budget=30, starts=2, lowest=0.1, highest=1.0, rules=rules, **box
    )
    summary = {part["summary"]: part for part in answers(question) if "summary" in part}
    bfgs = summary["bfgs"]["curve"]["quartiles"]
    assert len(set(map(tuple, bfgs))) <= 3  # its whole gradients count as 10 each: after three the budget is spent
    assert summary["gd"]["median"] < summary["gd"]["curve"]["quartiles"][0][1]
    axes = {"axes": ["a1", "a2"], "lows": [-1, -1], "highs": [1, 1]}
    minima, *_, last = answers(
        questions.optimizer(
            "map", "x", {}, data, kind="basin", rule="gd", settings={"rate": 0.5}, steps=3, side=2, **axes
        )
    )
    assert minima == {"minima": []}
    assert last["lowest"] < last["top"]


def test_a_comparison_gives_every_rule_the_same_budget() -> None:
    question = questions.optimizer(
        "compare",
        "x^2 + 10*y^2",
        {},
        {},
        budget=40,
        starts=5,
        lows=[-2, -2],
        highs=[2, 2],
        lowest=1e-3,
        highest=1.0,
        rules=[{"rule": "gd"}, {"rule": "cg"}],
    )
    first, *parts = answers(question)
    assert len(first["rates"]) == 7
    assert [next(iter(part)) for part in parts] == ["rule", "summary", "target", "rule", "summary", "summary", "target"]
    summary = {part["summary"]: part for part in parts if "summary" in part}
    assert summary["cg"]["solved"] == 1.0
    assert max(v for part in summary.values() for v in part["curve"]["x"]) == 40
    # At η = 1 and 0.316 gradient descent diverges (2/λmax = 0.1), so that its best rate is below.
    assert first["rates"][summary["gd"]["best"]] < 0.1


def test_a_comparisons_curve_stands_at_the_gradients_that_it_has_spent() -> None:
    rules, box = [{"rule": "gd"}], {"lows": [-2], "highs": [2], "lowest": 0.1, "highest": 0.2}
    question = questions.optimizer("compare", "x^2/2", {"x": 2}, {}, budget=200, starts=1, rules=rules, **box)
    (summary,) = [part for part in answers(question) if "summary" in part]
    curve = summary["curve"]
    assert curve["x"][-3:] == [195, 198, 200]  # a point every 3 steps, and the last
    factor = 1 - 0.2 if summary["best"] else 1 - 0.1
    assert [median for _, median, _ in curve["quartiles"]] == pytest.approx([2 * factor ** (2 * k) for k in curve["x"]])
