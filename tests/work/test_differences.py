"""The answers about differences, as they cross the wall: complete, plain, and in agreement with other ways to them."""

import base64
import json
import math
import struct
from fractions import Fraction

import mpmath
import pytest

from explorer.calculus.differences import Slice, richardson
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work import questions
from explorer.work.differences import answers
from explorer.work.wire import number, plain

WORKED = "ln(x1) + x1*x2 - sin(x2)"
AT = {"x1": 2.0, "x2": 5.0}
PARTS = ("secant", "digits", "tableau", "precision", "plane", "taylor")


def asked(source, at, parts=(), output=0, input_="", **options):
    message = questions.differences(source, at, output, input_, {"parts": list(parts), **options})
    found = {}
    for answer in answers(json.loads(json.dumps(plain(message)))):
        found |= json.loads(json.dumps(plain(answer)))
    return found


def doubles(text):
    content = base64.b64decode(text)
    return struct.unpack(f"<{len(content) // 8}d", content)


@pytest.fixture(scope="module")
def worked():
    return asked(WORKED, AT, PARTS)


def test_all_parts_answer_in_the_order_asked(worked):
    assert list(worked) == ["base", *PARTS]
    assert worked["base"]["steps"] == pytest.approx([2.0 * step for step in questions.STEPS])


def test_the_truth_has_fifty_digits_and_says_where_it_comes_from():
    # The double next to 0.2 is not 0.2: l₄′ there, from the polynomial in exact arithmetic.
    base = asked("a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)", {"x": 0.2})["base"]
    with mpmath.workdps(70):
        x = mpmath.mpf(0.2)
        exact = 64 * (1 - 42 * x + 504 * x**2 - 2640 * x**3 + 7040 * x**4 - 9984 * x**5 + 7168 * x**6 - 2048 * x**7)
        assert abs(mpmath.mpf(base["truth"]["digits"]) - exact) < mpmath.mpf(10) ** -48
    assert base["truth"]["precise"]
    slow = "def f(x):\n    t = x\n    for k in range(1600):\n        t = t + sin(x)/1600\n    return t"
    truth = asked(slow, {"x": 1.0})["base"]["truth"]
    assert not truth["precise"]
    assert "4,000 operations" in truth["why"]
    assert truth["value"] == pytest.approx(1.0 + math.cos(1.0))


def test_costs_count_the_evaluations_of_a_whole_gradient(worked):
    rows = {row["scheme"]: row for row in worked["base"]["rows"]}
    calls = {name: row["gradient_evaluations"] for name, row in rows.items()}
    assert (calls["forward"], calls["central"], calls["five-point"], calls["complex step"]) == (3, 4, 8, 2)
    # Counted, for each input by itself: the steps of an extrapolation depend on its x.
    program = parse(WORKED)
    counted = [richardson(Slice(program, list(AT.values()), 0, k)).evaluations for k in range(2)]
    assert calls["richardson"] == sum(counted)
    assert rows["richardson"]["evaluations"] == counted[0] != counted[1]
    assert worked["base"]["cost"] == {"function": 5, "forward": 14, "reverse": 15}


def test_the_secants_samples_are_the_functions_own_values(worked):
    secant, base = worked["secant"], worked["base"]
    count = len(base["steps"])
    values = doubles(secant["values"])
    for place, offset in enumerate(secant["offsets"]):
        for k in (100, 150, 190):
            x = 2.0 + offset * base["taken"][k]
            assert values[place * count + k] == pytest.approx(math.log(x) + 5.0 * x - math.sin(5.0), rel=1e-15)
    dx, dy = doubles(secant["dx"]), doubles(secant["dy"])
    assert len(dx) == len(dy) == len(secant["zooms"]) * 161
    assert dx[0] == pytest.approx(-secant["zooms"][0])


def test_the_exact_digits_are_those_of_the_same_doubles(worked):
    digits, base = worked["digits"], worked["base"]
    assert (digits["scheme"], digits["divisor"]) == ("central", 2)
    k = 108
    h = base["taken"][k]
    with mpmath.workdps(50):
        for sign, text in zip((1, -1), digits["exact"][k], strict=True):
            x = mpmath.mpf(2.0 + sign * h)
            exact = mpmath.ln(x) + 5 * x - mpmath.sin(5)
            assert abs(mpmath.mpf(text) - exact) < mpmath.mpf(10) ** -31
    assert digits["plus"][k] == pytest.approx(float(digits["exact"][k][0]), rel=1e-15)
    # Truncation of central differences: h²/6·f‴ = h²/6·2/x³.
    assert digits["truncation"][150] == pytest.approx(base["taken"][150] ** 2 / 24, rel=1e-4)


def test_every_precision_is_there_with_its_default_step():
    rows = asked(WORKED, AT, ["precision"], input_="x2")["precision"]["rows"]
    for row in rows:
        assert row["default"] == pytest.approx(5.0 * row["epsilon"] ** (1 / 3))
        assert abs(math.log10(row["measured"] / row["predicted"])) < 1.0
    least = [row["smallest"] for row in rows]
    assert least[0] > least[1] > least[2] > least[4] > least[5]


def test_the_plane_has_the_gradient_and_the_steps_of_the_second_input(worked):
    plane = worked["plane"]
    assert plane["second"] == "x2"
    assert plane["slopes"] == pytest.approx([5.5, 2.0 - math.cos(5.0)])
    x, y, z = (doubles(plane[name]) for name in "xyz")
    assert z[7 * len(x) + 20] == pytest.approx(math.log(x[20]) + x[20] * y[7] - math.sin(y[7]))
    assert asked("x^2", {"x": 1.0}, ["plane"])["plane"] == {"second": ""}


def test_a_planted_error_is_only_in_the_tested_gradient():
    taylor = asked(WORKED, AT, ["taylor"], planted={"x1": 1.03}, direction={"x1": 1.0})["taylor"]
    assert taylor["tested"] == pytest.approx([5.5 * 1.03, 2.0 - math.cos(5.0)])
    assert (taylor["direction"], taylor["verdict"]) == ([1.0, 0.0], "wrong")


@pytest.mark.parametrize(("unit", "x", "size"), [("absolute", 50.0, 1.0), ("relative", 0.1, 0.1), ("both", 0.1, 1.0)])
def test_steps_have_the_unit_that_was_asked_for(unit, x, size):
    base = asked("sin(x)", {"x": x}, unit=unit)["base"]
    assert base["unit"] == size
    assert base["steps"][-1] == pytest.approx(size)
    assert asked("sin(x)", {"x": x}, unit="own", scale=7.0)["base"]["unit"] == 7.0


def test_the_second_derivative_has_schemes_of_its_own():
    base = asked("exp(2x)", {"x": 0.5}, derivative=2)["base"]
    assert base["truth"]["value"] == pytest.approx(4.0 * math.e, rel=1e-14)
    central = next(row for row in base["rows"] if row["scheme"] == "central")
    assert central["weights"] == ["1", "-2", "1"]
    assert central["estimate"] == pytest.approx(4.0 * math.e, rel=1e-6)
    assert "complex step" not in base["estimates"]


def test_own_offsets_join_the_schemes_or_are_refused():
    base = asked("sin(x)", {"x": 1.0}, custom="-2..2")["base"]
    custom = next(row for row in base["rows"] if row["scheme"] == "custom")
    assert custom["weights"] == ["1/12", "-2/3", "0", "2/3", "-1/12"]
    assert "at least 2" in asked("sin(x)", {"x": 1.0}, custom="3")["base"]["refused"]


def test_the_best_step_is_measured_where_theory_puts_it():
    base = asked("sin(x)*exp(x)", {"x": 1.1})["base"]
    for row in base["rows"]:
        if row.get("order") and row["order"] <= 4:
            assert abs(math.log10(row["measured"] / row["predicted"])) < 1.0, row["scheme"]


@pytest.mark.parametrize(
    ("source", "x"),
    [
        ("ln(x)", -1.0),
        ("1/x", 0.0),
        ("|x|", 0.0),
        ("exp(exp(exp(x)))", 10.0),
        ("x^2", 1e300),
        ("x^2", 1e-300),
        ("sqrt(x)", 1e300),
        ("1/x", 1.7e308),
        ("x/y", 1.0),
    ],
)
def test_no_point_breaks_any_part(source, x):
    at = {"x": x} | ({"y": 0.0} if "y" in source else {})
    assert list(asked(source, at, PARTS, unit="relative")) == ["base", *PARTS]
    assert list(asked(source, at, PARTS, derivative=2)) == ["base", *PARTS]


def test_one_side_of_a_domains_edge_is_what_estimates_are_compared_with():
    truth = asked("x*sqrt(x) + 2x", {"x": 0.0})["base"]["truth"]
    assert (truth["value"], truth["precise"]) == (2.0, True)
    assert [number(s) for s in truth["slopes"]] == pytest.approx([math.nan, 2.0], nan_ok=True)


def test_a_constant_has_no_base():
    assert asked("3", {}) == {"base": None}


@pytest.mark.parametrize(
    "options", [{"derivative": 3}, {"unit": "furlong"}, {"unit": "own", "scale": -1.0}, {"planted": {"x": "much"}}]
)
def test_options_that_nobody_can_mean_are_refused(options):
    with pytest.raises(ExplorerError):
        asked("sin(x)", {"x": 1.0}, **options)


@pytest.mark.parametrize(
    ("source", "x", "derivative"),
    [("|x|", 0.0, 1), ("floor(x)", 2.0, 1), ("cbrt(x)", 0.0, 1), ("|x|", 0.0, 2), ("x*|x|", 0.0, 2)],
)
def test_where_there_is_no_derivative_nothing_is_called_exact(source, x, derivative):
    answer = asked(source, {"x": x}, ["tableau", "precision"], derivative=derivative)
    assert answer["base"]["truth"]["value"] == "nan"
    assert {row["error"] for row in answer["base"]["rows"]} == {"nan"}
    assert {e for row in answer["tableau"]["errors"] for e in row} == {"nan"}
    assert {row["smallest"] for row in answer["precision"]["rows"]} == {"nan"}


def test_an_error_is_truncation_and_rounding_and_the_dust_of_many_digits_is_neither():
    square = asked("x^2", {"x": 1e10}, ["digits"])["digits"]  # central differences of a square have no truncation
    assert {number(t) for t in square["truncation"] if t != "nan"} == {0.0}
    tiny = asked("x^2", {"x": 1e-300}, ["digits"])["digits"]  # f(x + h) = f(x − h): the quotient is 0, f′ is 2e−300
    assert tiny["truncation"][150] == pytest.approx(-2e-300)
    cube = asked("x^3", {"x": 1.0}, ["digits"])
    h, found = cube["base"]["taken"], cube["digits"]
    for k in (12, 60, 100, 150, 204):  # f‴ = 6: the truncation is h², also where a double's digits end
        if h[k]:
            assert found["truncation"][k] == pytest.approx(h[k] ** 2, rel=1e-9)
            error = Fraction(cube["base"]["estimates"]["central"][k]) - 3
            assert Fraction(found["rounding"][k]) == pytest.approx(error - Fraction(h[k]) ** 2, rel=1e-9, abs=1e-30)


def test_a_step_that_was_typed_stands_in_the_grid_in_place_of_its_neighbour():
    plain_, typed = (asked("sin(x)", {"x": 1.0}, ["digits"], **how) for how in ({}, {"step": 3.3e-5}))
    steps = typed["base"]["steps"]
    place = steps.index(3.3e-5)
    assert [k for k, (a, b) in enumerate(zip(steps, plain_["base"]["steps"], strict=True)) if a != b] == [place]
    assert steps == sorted(steps)
    h = typed["base"]["taken"][place]
    assert typed["base"]["estimates"]["central"][place] == (math.sin(1.0 + h) - math.sin(1.0 - h)) / (2.0 * h)
    for step in (0.0, 2.0, "much", True):
        with pytest.raises(ExplorerError):
            asked("sin(x)", {"x": 1.0}, step=step)


def test_the_best_step_of_doubles_is_one_number_on_every_page(worked):
    double = next(row for row in worked["precision"]["rows"] if row["precision"] == "float64")
    central = next(row for row in worked["base"]["rows"] if row["scheme"] == "central")
    assert double["measured"] == central["measured"]
    assert double["predicted"] == pytest.approx(central["predicted"])
    assert double["default"] == pytest.approx(central["step"], rel=1e-9)


@pytest.mark.parametrize(("source", "x"), [("x*0", 1.0), ("x^2", 1e-300), ("x^2", 1e300)])
def test_where_every_step_is_as_good_none_is_called_the_best(source, x):
    rows = asked(source, {"x": x})["base"]["rows"]
    assert {row["measured"] for row in rows if row["scheme"] == "central"} == {"nan"}


def test_a_derivative_that_no_double_holds_predicts_no_best_step():
    rows = asked("sqrt(x)", {"x": 1e300})["base"]["rows"]  # f‴ = 3.75e−751
    assert {row["predicted"] for row in rows if row["scheme"] == "central"} == {"nan"}
