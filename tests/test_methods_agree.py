"""All methods on one list of formulas: symbolic = forward = reverse, differences near, the complex step where valid."""

import json
import math
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus import symbolic
from explorer.calculus.compiled import compiled
from explorer.calculus.differences import Slice, central_jacobian, complex_step_jacobian, one_sided_slopes
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.reasons import find_reasons
from explorer.calculus.sweeps import adjoints, hessian, reverse_jacobian, tangents
from explorer.calculus.tape import forward_jacobian, record
from explorer.language.parser import parse
from explorer.language.primitives import OPERATORS, PRIMITIVES
from explorer.language.program import ExplorerError, Program
from explorer.work import symbolic as panel
from explorer.work import verdict as asked
from explorer.work.subject import subject

Matrix = list[list[float]]


def symbolic_jacobian(program: Program, point: list[float]) -> Matrix:
    outputs, inputs = symbolic.expressions(program)
    at = dict(zip(inputs, point, strict=True))
    entries = symbolic.evaluate([d for _, _, d in symbolic.jacobian(outputs, inputs)], at)
    return [entries[row * len(inputs) : (row + 1) * len(inputs)] for row in range(len(outputs))]


def near(matrix: Matrix, relative: float) -> list[object]:
    """Equal within the tolerance relative to each entry or, for small entries, to the whole row."""
    return [pytest.approx(row, rel=relative, abs=relative * max(map(abs, row), default=0.0)) for row in matrix]


# -- formulas and points ----------------------------------------------------------------------------------------------

AGREE: list[tuple[str, list[float]]] = [
    ("ln(x1) + x1*x2 - sin(x2)", [2.0, 5.0]),
    ("x^2 + x", [3.0]),
    ("x*x", [3.0]),
    ("x^x", [1.7]),
    ("x^3", [-1.2]),
    ("x^(-2)", [-0.7]),
    ("x^2.5", [2.3]),
    ("2^x*3^y", [0.4, -1.1]),
    ("tanh(x)", [0.5]),
    ("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", [1.5]),
    ("cos(sin(sin(cos(x))))", [1.0]),
    ("4x(1 - x)", [0.3]),
    ("a = 4x(1-x)\nb = 4a(1-a)\n4b(1-b)", [0.2]),
    ("1/(1 + exp(-x))", [0.3]),
    ("sigmoid(w*x + b)", [0.1, 2.0, -1.0]),
    ("log(1 + exp(x))", [-3.0]),
    ("softplus(x) - sigmoid(x)", [-2.0]),
    ("erf(x)*exp(x^2)", [0.6]),
    ("erf(2x)", [1.1]),
    ("log1p(x)/expm1(x)", [1e-3]),
    ("sqrt(x + sqrt(x))", [2.0]),
    ("cbrt(x)*x^2", [-8.0]),
    ("hypot(x, y)", [3.0, -4.0]),
    ("atan2(y, x)", [-1.0, 2.0]),
    ("r*cos(t), r*sin(t)", [2.0, 0.5]),
    ("f(x, y) = x", [1.0, 2.0]),
    ("(x, x)", [1.5]),
    ("5", []),
    ("x*0 + y", [1.0, 2.0]),
    ("x/y/z", [1.0, 2.0, 3.0]),
    ("(x - y)/(x + y)", [1.0, 2.5]),
    ("sin(x)^2 + cos(x)^2", [0.9]),
    ("tan(x) - x", [1.2]),
    ("asin(x) + acos(y)", [0.3, -0.6]),
    ("atan(x*y)*x", [2.0, -0.5]),
    ("sinh(x)*cosh(y) - tanh(x*y)", [0.4, 1.1]),
    ("asinh(x) + acosh(y) + atanh(z)", [-2.0, 3.0, 0.25]),
    ("log2(x) + log10(y) + log(x, 3)", [5.0, 7.0]),
    ("log(x, y)", [5.0, 3.0]),
    ("exp(-x^2/2)/sqrt(2 pi)", [0.8]),
    ("x^2 y^3 z^4", [1.1, -0.9, 1.3]),
    ("x1*x2*x3*x4*x5", [1.0, 2.0, 3.0, 4.0, 5.0]),
    ("x sin(1/x)", [0.3]),
    ("|x|*y", [-3.0, 2.0]),
    ("max(x, y, z)*x", [1.0, 4.0, 2.0]),
    ("min(x^2, y)", [1.5, 7.0]),
    ("relu(x - y) + relu(y - x)", [2.0, 0.5]),
    ("clip(x, 0, 1)*y", [0.4, 3.0]),
    ("where(x > y, x^2, y^3)", [2.0, 1.0]),
    ("piecewise(x < 0, -x, x < 2, x^2, 4x - 4)", [1.5]),
    ("x^2 if x > 0 and y > 0 or x < -1 else y^2", [-2.0, -3.0]),
    ("floor(x)*x + sign(x)*x^2", [2.5]),
    ("heaviside(x)*x^2 + ceil(x)", [1.5]),
    ("sqrt(x^2 + 1)", [-0.6]),
    ("sqrt(x^2)*y", [-2.0, 3.0]),
    ("(1 + 1/x)^x", [12.0]),
    ("log(sin(x)/x)", [0.7]),
    ("square(t) = t^2\ng(a, b) = square(a) - square(b)\ng(x, y)*g(y, z)", [1.0, 2.0, 3.0]),
    ("a = x*y\nb = sin(a) + a^2\nc = b/(1 + a)\nc*b", [0.7, 1.4]),
    ("a = x^2\nb = y*a\na, b, a + b", [1.3, -0.4]),
    ("exp(sin(exp(cos(x))))", [0.2]),
    ("(x^2 + y^2 + z^2)^(-1/2)", [1.0, -2.0, 0.5]),
    ("x*1e-200*1e200", [3.0]),
    ("a/2x + b²c⁻¹ + |a − b|³", [1.0, 2.0, 3.0, 4.0]),
]


@pytest.mark.parametrize(("text", "point"), AGREE, ids=[text.replace("\n", "; ")[:40] for text, _ in AGREE])
def test_all_methods_agree_where_the_function_is_smooth(text, point):
    program = parse(text)
    tape = record(program, point)
    reverse = reverse_jacobian(tape)
    assert all(math.isfinite(v) for row in reverse for v in row)
    assert forward_jacobian(program, point) == near(reverse, 1e-13)
    assert symbolic_jacobian(program, point) == near(reverse, 1e-12)
    assert central_jacobian(program, point) == near(reverse, 1e-6)
    try:
        assert complex_step_jacobian(program, point) == near(reverse, 1e-12)
    except ComplexStepInvalid:
        words = ["|", "max", "min", "relu", "clip", "where", "piecewise", "if", "floor", "heaviside"]
        assert any(word in text for word in words)
    assert find_reasons(tape) == []


# -- test functions of optimization -----------------------------------------------------------------------------------

Place = tuple[list[float], float, list[float]]
# Formula; check point, value and gradient there; minimum and the eigenvalues of the Hessian in it.
FUNCTIONS: dict[str, tuple[str, Place, list[Place]]] = {
    "Rosenbrock": (
        "(1 - x)^2 + 100(y - x^2)^2",
        ([-1.2, 1.0], 24.2, [-215.6, -88.0]),
        [([1.0, 1.0], 0.0, [0.39936077, 1001.6006])],
    ),
    "Beale": (
        "(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2",
        ([1.0, 1.0], 14.203125, [0.0, 27.75]),
        [([3.0, 0.5], 0.0, [0.30146365, 48.979786])],
    ),
    "Himmelblau": (
        "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        ([0.0, 0.0], 170.0, [-14.0, -22.0]),
        [
            ([3.0, 2.0], 0.0, [25.72, 82.28]),
            ([-2.805118087, 3.131312518], 0.0, [64.84, 80.55]),
            ([-3.779310253, -3.283185991], 0.0, [70.71, 133.79]),
            ([3.584428340, -1.848126527], 0.0, [28.69, 105.42]),
            ([-0.270844591, -0.923038556], 181.616522, [-45.61, -16.07]),
        ],
    ),
    "Booth": (
        "(x + 2y - 7)^2 + (2x + y - 5)^2",
        ([0.0, 0.0], 74.0, [-34.0, -38.0]),
        [([1.0, 3.0], 0.0, [2.0, 18.0])],
    ),
    "three-hump camel": (
        "2x^2 - 1.05x^4 + x^6/6 + x*y + y^2",
        ([2.0, -1.0], 0.8666666666666667, [5.4, 0.0]),
        [([0.0, 0.0], 0.0, [1.5857864, 4.4142136]), ([1.74755235, -0.873776173], 0.298638442, [])],
    ),
    "Rastrigin": (
        "20 + x^2 + y^2 - 10cos(2pi x) - 10cos(2pi y)",
        ([2.2, -1.7], 27.73, [64.15664329, 56.35664329]),
        [([0.0, 0.0], 0.0, [396.78418, 396.78418])],
    ),
    "Ackley": (
        "20 + e - 20exp(-0.2sqrt((x^2 + y^2)/2)) - exp((cos(2pi x) + cos(2pi y))/2)",
        ([1.0, 1.0], 3.62538493844, [1.63746150616, 1.63746150616]),
        [],
    ),
    "Styblinski–Tang": (
        "(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)/2",
        ([1.0, 1.0], -10.0, [-11.5, -11.5]),
        [([-2.903534028, -2.903534028], -78.332331407543, [34.583, 34.583])],
    ),
    "saddle": ("x^2 - y^2", ([0.5, 0.01], 0.2499, [1.0, -0.02]), [([0.0, 0.0], 0.0, [-2.0, 2.0])]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_test_function_has_its_published_value_and_gradient_by_every_method(name):
    text, (point, value, gradient), _ = FUNCTIONS[name]
    program = parse(text)
    tape = record(program, point)
    assert tape.values == (pytest.approx(value, rel=1e-10),)
    reverse = reverse_jacobian(tape)
    assert reverse == near([gradient], 1e-9)
    assert forward_jacobian(program, point) == near(reverse, 1e-12)
    assert symbolic_jacobian(program, point) == near(reverse, 1e-12)
    assert central_jacobian(program, point) == near(reverse, 1e-6)
    assert complex_step_jacobian(program, point) == near(reverse, 1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_and_hessian_in_the_stationary_points_are_the_published_ones(name):
    text, _, stationary = FUNCTIONS[name]
    program = parse(text)
    (output,), inputs = symbolic.expressions(program)
    rows = symbolic.hessian(output, inputs)
    for point, value, eigenvalues in stationary:
        at = dict(zip(inputs, point, strict=True))
        found = np.array([symbolic.evaluate(row, at) for row in rows])
        tape = record(program, point)
        assert tape.values[0] == pytest.approx(value, abs=1e-6)
        assert reverse_jacobian(tape)[0] == pytest.approx([0.0, 0.0], abs=1e-4)
        assert np.array(hessian(tape)) == pytest.approx(found, rel=1e-12, abs=1e-12)
        if eigenvalues:
            assert np.linalg.eigvalsh(found) == pytest.approx(eigenvalues, rel=3e-4)


def test_ackley_is_not_differentiable_in_its_minimum_and_no_method_says_it_is():
    program = parse(FUNCTIONS["Ackley"][0])
    tape = record(program, [0.0, 0.0])
    assert abs(tape.values[0]) < 1e-14
    assert all(not math.isfinite(v) for v in reverse_jacobian(tape)[0])
    assert "domain-edge" in find_reasons(tape)


def test_himmelblaus_saddles_are_saddles():
    program = parse(FUNCTIONS["Himmelblau"][0])
    for point, value in [
        ([-3.07302575, -0.0813530443], 104.0152),
        ([-0.127961347, -1.95371498], 178.3372),
        ([0.0866775046, 2.8842547], 67.71915),
        ([3.38515418, 0.0738518798], 13.31193),
    ]:
        tape = record(program, point)
        assert tape.values[0] == pytest.approx(value, rel=1e-6)
        low, high = np.linalg.eigvalsh(np.array(hessian(tape)))
        assert low < 0 < high


# -- conventions at kinks and edges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "point", "gradient"),
    [
        ("abs(x)", [0.0], [0.0]),
        ("sqrt(x*x)", [0.0], [math.nan]),
        ("max(x, 0)", [0.0], [0.5]),
        ("relu(x)", [0.0], [0.0]),
        ("relu(x) - relu(-x)", [0.0], [0.0]),
        ("clip(x, 0, 1)", [0.0], [0.5]),
        ("clip(x, 0, 1)", [1.0], [0.5]),
        ("x^0.0", [0.0], [0.0]),
        ("x*sqrt(x)", [0.0], [math.nan]),
        ("x^y", [0.0, 0.0], [0.0, math.nan]),
        ("x^y", [0.0, 2.0], [0.0, 0.0]),
        ("x^y", [0.0, -1.0], [-math.inf, math.nan]),
        ("x^x", [0.0], [-math.inf]),
        ("(2x)^(3x)", [0.0], [-math.inf]),
        ("0^x", [0.0], [math.nan]),
        ("floor(x^1)", [1.0], [math.nan]),
        ("ceil(x^1) + y", [2.0, 1.0], [math.nan, 1.0]),
        ("hypot(x^1, y)", [0.0, 0.0], [math.nan, math.nan]),
        ("0^x", [2.0], [0.0]),
        ("0^x", [-2.0], [math.nan]),
        ("x^y", [-2.0, 3.0], [12.0, math.nan]),
        ("log(x)", [-1.0], [math.nan]),
        ("where(x > 0, sqrt(x), 0)", [-1.0], [0.0]),
        ("hypot(x, y)", [0.0, 0.0], [math.nan, math.nan]),
        ("1/(1 + exp(-x))", [-1000.0], [math.nan]),
        ("sigmoid(x)", [-1000.0], [0.0]),
        ("log(1 + exp(x))", [1000.0], [math.nan]),
        ("softplus(x)", [1000.0], [1.0]),
        ("where(x < 1, x, sqrt(x))", [0.0], [1.0]),
        ("where(x == 0, 0, x)", [0.0], [0.0]),
    ],
)
def test_the_conventions_at_kinks_and_edges_are_the_same_forward_and_in_reverse(text, point, gradient):
    program = parse(text)
    expected = [pytest.approx(gradient, nan_ok=True)]
    assert reverse_jacobian(record(program, point)) == expected
    assert forward_jacobian(program, point) == expected
    assert compiled(program).jacobian(point) == expected
    columns = [np.array([0.5, x]) for x in point]
    assert [partial[1] for partial in compiled(program).values_and_gradients_on(columns, (2,))[1]] == expected[0]
    if "^" in text:
        about = subject({"source": text, "at": dict(zip(program.inputs, point, strict=True))})
        assert asked.symbolic_jacobian(about, record(program, point))[0] == expected


# -- the corpus of nasty inputs ---------------------------------------------------------------------------------------

NASTY = [json.loads(line) for line in (Path(__file__).parent / "corpus" / "nasty.jsonl").read_text().splitlines()]


def belongs(value: float, kind: str) -> bool:
    """Whether a number is of a class; what is called undefined, a pole or nan need only not be finite.

    But the slope of a function that is finite is NaN where it is undefined: see the caller.
    """
    name, _, number = kind.partition(":")
    if name == "finite":
        return math.isfinite(value) and (not number or value == pytest.approx(float(number), rel=1e-12, abs=1e-300))
    if name in ("+inf", "-inf"):
        return value == float(name)
    if name == "undefined" or name == "pole" or name.startswith("nan"):
        return not math.isfinite(value)
    raise AssertionError(f"a class that is not known here: {kind}")


def sides(kind: str) -> tuple[float, float]:
    left, right = kind.removeprefix("jump(").removesuffix(")").split(",")
    return float(left), float(right)


@pytest.mark.parametrize("line", NASTY, ids=lambda line: f"{line['id']} {line['s']}")
def test_a_nasty_input_has_the_value_and_the_derivatives_of_its_class(line):
    kind = line["f"]
    try:
        program = parse(line["s"])
    except ExplorerError:
        assert "error" in kind
        return
    assert not kind.startswith("error:unknown")
    point = [line["at"].get(name, 1.0) for name in program.inputs]
    assert set(line["at"]) <= set(program.inputs)
    tape = record(program, point)
    about = subject({"source": line["s"], "at": line["at"]})
    jacobians = [reverse_jacobian(tape), forward_jacobian(program, point), asked.symbolic_jacobian(about, tape)[0]]
    if "error" not in kind and "variable" not in kind:
        assert belongs(tape.values[0], kind), tape.values
    for name, wanted in line["d"].items():
        column = program.inputs.index(name)
        for jacobian in jacobians:
            slope = jacobian[0][column]
            if wanted.startswith("jump"):
                left, right = sides(wanted)
                assert not math.isfinite(slope) or min(left, right) <= slope <= max(left, right)
                measured = one_sided_slopes(Slice(program, point, 0, column))
                assert measured == pytest.approx((left, right), rel=1e-6)
            else:
                assert belongs(slope, wanted), (name, slope)
                assert not (math.isinf(slope) and math.isfinite(tape.values[0]) and wanted == "undefined")


@pytest.mark.parametrize("line", NASTY, ids=lambda line: f"{line['id']} {line['s']}")
def test_a_nasty_input_makes_no_other_method_raise(line):
    try:
        program = parse(line["s"])
    except ExplorerError:
        return
    point = [line["at"].get(name, 1.0) for name in program.inputs]
    central_jacobian(program, point)
    with suppress(ComplexStepInvalid):
        complex_step_jacobian(program, point)


# -- random formulas --------------------------------------------------------------------------------------------------

CALLS = [name for name in PRIMITIVES if name not in OPERATORS]
TEXTS = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5", "0.7", "1", "3"]),  # not π: SymPy's sin π is 0 and that of doubles is not
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("({})^{}".format, inner, st.sampled_from(["2", "3", "(-1)", "0.5", "y", "(1/3)"]))
        | st.builds("where({} < {}, {}, {})".format, st.sampled_from("xy"), st.sampled_from("y12"), inner, inner)
        | st.sampled_from(CALLS).flatmap(
            lambda name: st.tuples(*[inner] * PRIMITIVES[name].arity).map(lambda a: f"{name}({', '.join(a)})")
        )
    ),
    max_leaves=8,
)
COORDINATES = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, -1.0, 2.0])


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.tuples(COORDINATES, COORDINATES))
def test_random_formulas_have_the_same_gradient_by_all_methods_or_the_tape_says_why(text, point):
    program = parse(f"f(x, y) = {text}")
    tape = record(program, point)
    (value,) = tape.values
    reverse, forward = reverse_jacobian(tape), forward_jacobian(program, point)
    central_jacobian(program, point)
    hessian(tape)
    if math.isnan(value):
        assert not any(map(math.isfinite, (*reverse[0], *forward[0])))
    if not math.isfinite(value) or find_reasons(tape):
        return
    # The largest number on the way: what cancels has the rounding errors of its terms.
    passed = [*adjoints(tape, [1.0]), *tangents(tape, [1.0, 0.0]), *tangents(tape, [0.0, 1.0])]
    size = max(1.0, *(abs(v) for v in passed if v is not None), *(abs(op.value) for op in tape.ops))
    assert forward[0] == pytest.approx(reverse[0], rel=1e-10, abs=1e-12 * size)
    try:
        found = symbolic_jacobian(program, list(point))
    except ExplorerError:  # a constant that is not real, a whole number of thousands of digits
        found = reverse
    # Beyond 1e4 the order in which SymPy adds may cost all digits; and its 0·∞ is undefined where a choice gives a
    # constant to a function with an infinite slope there, while the tape has no edge to a constant.
    if size < 1e4 and all(map(math.isfinite, found[0])):
        assert found[0] == pytest.approx(reverse[0], rel=1e-7, abs=1e-8 * size)


def test_the_symbolic_panel_shows_the_partials_at_a_point_where_the_formula_of_all_inputs_has_no_number():
    entries = [
        part["entry"]["value"]
        for part in panel.answers({"source": "x^y", "at": {"x": 0.0, "y": 0.0}, "what": "jacobian"})
        if "entry" in part
    ]
    assert entries == pytest.approx([0.0, math.nan], nan_ok=True)


BRANCH = "def f(x):\n    y = tanh(7*x)\n    if x < x:\n        y = 0\n    return y"


@pytest.mark.parametrize(
    ("text", "point", "agree", "reasons", "said"),
    [
        # 1/√2; y/(x² + y²) = 5e−201; a power by its base at the least double; 0² by its exponent
        (
            "hypot(x, y)",
            [1e200, 1e200],
            False,
            {"overflow"},
            "0.707107: the square or product of numbers on the way is",
        ),
        (
            "atan2(y, x)",
            [1e200, 1e200],
            True,
            set(),
            "5e−201: the square or product of numbers on the way is more or less",
        ),
        (
            "x^y",
            [5e-324, 0.0],
            False,
            {"overflow"},
            "Of its digits are right: reverse AD, forward AD and the complex step",
        ),
        ("relu(x)^y", [-2.0, 2.0], False, {"domain-edge"}, "= 0: SymPy's formula meets ∞ or the logarithm of 0 on"),
        ("softplus(hypot(x, y))", [1e200, 0.5], False, {"overflow"}, "∂f/∂x = 1: the square or product"),
        # 28/(e^13.3 + e^−13.3)² where a kink or a branch is no reason for what differs
        (BRANCH, [1.9], False, {"branch-boundary", "cancellation"}, "∂y/∂x = 7.851e−11. Of its digits are right: "),
        ("|x| + tanh(7x + 13.3)", [0.0], False, {"kink", "cancellation"}, "for rounding takes the others"),
        # a slope of 0 beside which f's rounding is no corner; ∞ is no tie
        (
            "asinh(ceil(max(x, 2)))",
            [-0.025],
            False,
            {"not-differentiable"},
            "gives no number: a function on the way jumps",
        ),
        (
            "acos(cos(x))",
            [math.pi],
            True,
            {"domain-edge", "cancellation"},
            "= 1: rounding puts a number on the way onto",
        ),
        ("log(x^2)", [0.0], False, {"domain-edge"}, ""),
        ("|3/x - 1|", [0.0], True, {"domain-edge"}, ""),
    ],
)
def test_why_methods_differ_is_told_by_its_true_cause(text, point, agree, reasons, said):
    verdict = final_verdict(text, point)["verdict"]
    assert verdict["agree"] == agree
    assert set(verdict["reasons"]) - {"complex-step-invalid"} == reasons
    assert said in " ".join(verdict["notes"])


@pytest.mark.parametrize(
    ("text", "point"),
    [("(cosh(1/2)*(|y|/x^-1)) + hypot(y, cos(1))*x", [1.0, 1e308]), ("log((tanh(y)/(y + y))^cosh(x/0))", [1e200, 0.0])],
)
def test_what_overflows_or_is_not_real_within_sympy_is_no_fault(text, point):
    assert final_verdict(text, point)["complete"]


def test_a_constant_that_is_no_number_has_no_slope_and_not_0():
    assert math.isnan(final_verdict("x + 1/0", [1.0])["engines"]["symbolic"][0][0])
    *_, last = panel.steps_answers({"source": "x + 1/0", "at": {"x": 1.0}, "by": ["x"]})
    assert (last["result"]["replayed"], last["result"]["confirmed"]) == (True, None)


def final_verdict(text: str, point: list[float]) -> dict:
    program = parse(text)
    return list(asked.answers({"source": text, "at": dict(zip(program.inputs, point, strict=True))}))[-1]


def test_where_a_function_jumps_its_second_derivative_is_none_either():
    question = {"source": "floor(x) + y^2", "at": {"x": 1.0, "y": 3.0}, "what": "hessian"}
    entries = [part["entry"]["value"] for part in panel.answers(question) if "entry" in part]
    assert entries == pytest.approx([math.nan, math.nan, math.nan, 2.0], nan_ok=True)
