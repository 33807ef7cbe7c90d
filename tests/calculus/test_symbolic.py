"""SymPy's derivative: right, measured, drawn, and refused where it would be too much."""

import ast
import json
import math
import random
import time
from pathlib import Path

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus import symbolic
from explorer.calculus.sweeps import hessian as hessian_of_tape
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.symbolic import functions
from explorer.calculus.tape import record
from explorer.language.notation import KINDS, Notation
from explorer.language.parser import parse
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError

DERIVATIVES = json.loads((Path(__file__).parents[1] / "corpus" / "derivatives.json").read_text())


def derivatives(text: str) -> list[sympy.Expr]:
    outputs, inputs = symbolic.expressions(parse(text))
    return [entry for _, _, entry in symbolic.jacobian(outputs, inputs)]


def value(text: str, *point: float) -> list[float]:
    """The partials at a point, inputs in the program's order."""
    outputs, inputs = symbolic.expressions(parse(text))
    at = dict(zip(inputs, point, strict=True))
    return symbolic.evaluate([entry for _, _, entry in symbolic.jacobian(outputs, inputs)], at)


# -- expressions and derivatives --------------------------------------------------------------------------------------


def test_the_worked_example_has_its_derivative_as_a_person_writes_it():
    assert [str(d) for d in derivatives("ln(x1) + x1*x2 - sin(x2)")] == ["x2 + 1/x1", "x1 - cos(x2)"]
    assert value("ln(x1) + x1*x2 - sin(x2)", 2.0, 5.0) == pytest.approx([5.5, 1.7163378145367738], rel=1e-15)


@pytest.mark.parametrize(
    ("text", "derivative"),
    [
        ("0.1x", "1/10"),
        ("pi*x", "pi"),
        ("e^x", "exp(x)"),
        ("x^x", "x**x*(log(x) + 1)"),
        ("sqrt(2)*x", "sqrt(2)"),
        ("2^100*x", str(2**100)),
        ("where(x > 0, x^2, x)", "Piecewise((2*x, x > 0), (1, True))"),
        ("a = x^2\nb = a + x\nb", "2*x + 1"),
        ("square(t) = t^2\nsquare(square(x))", "4*x**3"),
        ("f(x, y) = x", "1"),
        ("log10(x)", "1/(x*log(10))"),
    ],
)
def test_derivatives_are_exact_where_the_text_is(text, derivative):
    assert str(derivatives(text)[0]) == derivative


def test_every_elementary_function_has_a_symbolic_form_with_the_tables_derivative():
    operators = {"add": "a + b", "sub": "a - b", "mul": "a*b", "div": "a/b", "neg": "-a", "pow": "a^b"}
    for name, row in PRIMITIVES.items():
        program = parse(operators.get(name) or f"{name}({', '.join('ab'[: row.arity])})")
        point = [1.3, 0.7] if name == "acosh" else [0.37, 0.62]
        outputs, inputs = symbolic.expressions(program)
        at = dict(zip(inputs, point, strict=False))
        tape = record(program, point[: row.arity])
        assert symbolic.evaluate(outputs, at) == pytest.approx(tape.values, rel=1e-15)
        found = symbolic.evaluate([d for _, _, d in symbolic.jacobian(outputs, inputs)], at)
        assert found == pytest.approx(reverse_jacobian(tape)[0], rel=1e-14), name


def evaluated(node: ast.expr, names: dict[str, float]) -> float:
    """A recorded expression in Python's grammar, by mpmath's functions: it shares nothing with what is tested."""
    match node:
        case ast.Constant(number):
            return mpmath.mpf(number)
        case ast.Name(name):
            return names[name]
        case ast.UnaryOp(_, operand):
            return -evaluated(operand, names)
        case ast.Call(ast.Name(name), arguments):
            return getattr(mpmath, name)(*(evaluated(a, names) for a in arguments))
        case ast.BinOp(left, operator, right):
            a, b = evaluated(left, names), evaluated(right, names)
            kinds = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv", ast.Pow: "power"}
            return getattr(mpmath, kinds[type(operator)])(a, b)
    raise AssertionError(ast.dump(node))


USED = [
    row for row in DERIVATIVES if "I" not in {n.id for n in ast.walk(ast.parse(row["e"])) if isinstance(n, ast.Name)}
]


def test_all_recorded_derivatives_but_the_two_complex_ones_are_used():
    assert (len(DERIVATIVES), len(USED)) == (60, 58)


@pytest.mark.parametrize("row", USED, ids=lambda row: row["e"][:30])
def test_a_recorded_derivative_of_sympys_own_tests_is_had_again(row):
    program = parse(row["e"])  # “E” is a name like any other here: it gets e's value
    outputs, inputs = symbolic.expressions(program)
    names = [str(s) for s in inputs]
    derivative = sympy.diff(outputs[0], inputs[names.index(row["v"])])
    chance = random.Random(row["e"])
    for _ in range(3):
        low = 1.1 if "sqrt(x - 1)" in row["e"] else 0.1
        point = {n: math.e if n == "E" else chance.uniform(low, 0.9 if "asin" in row["e"] else 2.5) for n in names}
        with mpmath.workdps(30):
            expected = float(evaluated(ast.parse(row["d"], mode="eval").body, {"E": mpmath.e, **point}))
        (found,) = symbolic.evaluate([derivative], {s: point[str(s)] for s in inputs})
        assert found == pytest.approx(expected, rel=1e-12)
        column = [r[names.index(row["v"])] for r in reverse_jacobian(record(program, list(point.values())))]
        assert column == [pytest.approx(expected, rel=1e-12)]


# -- expression swell (Baydin et al. 2018, Table 1) -------------------------------------------------------------------


def logistic(iterations: int) -> str:
    """The logistic map composed, l₁ = x, and no factoring."""
    return "l1 = x\n" + "".join(f"l{k + 1} = 4l{k}*(1 - l{k})\n" for k in range(1, iterations)) + f"l{iterations}"


@pytest.mark.parametrize(
    ("n", "function", "derivative"),
    [
        (2, (3, 8, 7), (2, 5, 5, 2, 7)),
        (3, (8, 18, 10), (21, 44, 17, 12, 80)),
        (4, (18, 38, 13), (82, 166, 26, 27, 315)),
        (5, (38, 78, 16), (264, 530, 36, 45, 1024)),
        (6, (78, 158, 19), (768, 1538, 47, 67, 2995)),
        (7, (158, 318, 22), (2096, 4194, 59, 93, 8194)),
        (8, (318, 638, 25), (5472, 10946, 72, 123, 21435)),
    ],
)
def test_the_swell_of_the_logistic_map_is_the_published_one(n, function, derivative):
    outputs, inputs = symbolic.expressions(parse(logistic(n)))
    of_function = symbolic.size(outputs)
    assert (of_function.operations, of_function.tree, of_function.dag) == function
    found = symbolic.size([sympy.diff(outputs[0], inputs[0])])
    assert (found.operations, found.tree, found.dag, found.after_cse) == derivative[:4]
    assert found.characters == derivative[4]


@pytest.mark.parametrize(("n", "operations", "dag"), [(9, 13824, 86), (10, 34048, 101)])
def test_the_swell_goes_on_as_n_squared_times_two_to_the_n(n, operations, dag):
    (derivative,) = derivatives(logistic(n))
    found = symbolic.size([derivative])
    assert (found.operations, found.dag) == (operations, dag)
    assert n != 9 or operations == n * n * 2**n // 3


@pytest.mark.parametrize(
    ("n", "function", "by_the_product_rule", "simplified", "operations"),
    [
        (2, "4x*(1-x)", "4*(1-x) - 4x", "4 - 8x", (3, 2, 2)),  # SymPy folds 4(1 − x) − 4x at once
        (
            3,
            "16x*(1-x)*(1-2x)^2",
            "16*(1-x)*(1-2x)^2 - 16x*(1-2x)^2 - 64x*(1-x)*(1-2x)",
            "16*(1 - 10x + 24x^2 - 16x^3)",
            (7, 19, 8),
        ),
        (
            4,
            "64x*(1-x)*(1-2x)^2*(1-8x+8x^2)^2",
            "128x*(1-x)*(-8+16x)*(1-2x)^2*(1-8x+8x^2) + 64*(1-x)*(1-2x)^2*(1-8x+8x^2)^2 "
            "- 64x*(1-2x)^2*(1-8x+8x^2)^2 - 256x*(1-x)*(1-2x)*(1-8x+8x^2)^2",
            "64*(1 - 42x + 504x^2 - 2640x^3 + 7040x^4 - 9984x^5 + 7168x^6 - 2048x^7)",
            (14, 57, 20),
        ),
    ],
)
def test_the_iterates_factored_by_hand_have_the_published_derivatives(
    n, function, by_the_product_rule, simplified, operations
):
    texts = (function, by_the_product_rule, simplified)
    factored, product_rule, shortest = (symbolic.expressions(parse(text))[0][0] for text in texts)
    (composed,), (x,) = symbolic.expressions(parse(logistic(n)))
    derivative = symbolic.differentiated(factored, x)
    assert (*map(symbolic.operations, (factored, derivative, shortest)),) == operations
    assert symbolic.operations(product_rule) == operations[1]
    assert sympy.expand(factored - composed) == 0
    assert sympy.expand(derivative - product_rule) == sympy.expand(derivative - shortest) == 0


@pytest.mark.parametrize(("x", "iterates"), [(0.3, [0.84, 0.5376, 0.99434496]), (0.2, [0.64, 0.9216, 0.28901376])])
def test_the_iterates_have_the_published_values(x, iterates):
    for n, expected in zip((2, 3, 4), iterates, strict=True):
        outputs, (symbol,) = symbolic.expressions(parse(logistic(n)))
        assert symbolic.evaluate(outputs, {symbol: x}) == [pytest.approx(expected, rel=1e-15)]


@pytest.mark.parametrize(
    ("n", "slope", "tolerance"),
    # To 80 digits −5.55144534e5 and −5.71010507e8; after 60 steps the number is that of the rounding.
    [(20, -5.55144534e5, 1e-8), (30, -5.71010507e8, 1e-5), (60, 2.87e17, 2e-3)],
)
def test_exact_derivatives_of_a_chaotic_program_are_huge(n, slope, tolerance):
    assert reverse_jacobian(record(parse(logistic(n)), [0.3]))[0][0] == pytest.approx(slope, rel=tolerance)


@pytest.mark.parametrize(("x", "slopes"), [(0.3, [1.6, -4.352, 1.3090816]), (0.2, [2.4, -2.688, 9.0660864])])
def test_the_derivative_of_the_iterates_has_the_published_values(x, slopes):
    assert [value(logistic(n), x)[0] for n in (2, 3, 4)] == pytest.approx(slopes, rel=1e-13)


def test_nested_sines_swell_quadratically_and_share_linearly():
    """Laue 2019 (arXiv 1904.02990): counts for sin∘…∘sin, n times."""
    tree, shared = [], []
    for n in range(1, 11):
        outputs, inputs = symbolic.expressions(parse("sin(" * n + "x" + ")" * n))
        derivative = sympy.diff(outputs[0], inputs[0])
        tree.append(symbolic.size([derivative]).operations)
        shared.append(symbolic.size([*outputs, derivative]).after_cse)
    assert tree == [1, 4, 8, 13, 19, 26, 34, 43, 53, 64]
    assert shared == [3 * n - 1 for n in range(1, 11)]


@pytest.mark.parametrize(
    ("n", "operations", "after_cse"), [(3, 3, 3), (5, 15, 11), (10, 80, 45), (20, 360, 190), (50, 2400, None)]
)
def test_speelpennings_gradient_costs_what_laue_counts(n, operations, after_cse):
    entries = derivatives("*".join(f"x{k}" for k in range(1, n + 1)))
    assert sum(map(symbolic.operations, entries)) == operations
    if after_cse is not None:
        assert symbolic.size(entries).after_cse == after_cse


# -- sizes ------------------------------------------------------------------------------------------------------------

ATOMS = st.sampled_from(["x", "y", "2", "0.5", "pi", "3", "e", "1"])
TEXTS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("({})^{}".format, inner, st.sampled_from(["2", "3", "(-1)", "0.5", "(-2)", "y"]))
        | st.builds("{}({})".format, st.sampled_from(["sin", "exp", "log", "abs", "tanh", "sigmoid", "erf"]), inner)
        | st.builds("max({}, {})".format, inner, inner)
        | st.builds("(-{})".format, inner)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_operations_are_counted_as_sympy_counts_them(text):
    try:
        outputs, inputs = symbolic.expressions(parse(f"f(x, y) = {text}"))
    except ExplorerError:
        return
    for expression in (*outputs, *(sympy.diff(outputs[0], s) for s in inputs)):
        assert symbolic.operations(expression) == sympy.count_ops(expression), expression


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_trees_and_distinct_nodes_are_counted_as_sympys_own_walk_counts_them(text):
    try:
        outputs, _ = symbolic.expressions(parse(f"f(x, y) = {text}"))
    except ExplorerError:
        return
    nodes = list(sympy.preorder_traversal(outputs[0]))
    found = symbolic.size(outputs)
    assert (found.tree, found.dag) == (len(nodes), len(set(nodes)))


# -- values -----------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.tuples(st.floats(0.1, 2.0), st.floats(0.1, 2.0)))
def test_values_are_those_of_mpmath(text, point):
    try:
        outputs, inputs = symbolic.expressions(parse(f"f(x, y) = {text}"))
    except ExplorerError:
        return
    at = dict(zip(inputs, point, strict=True))
    own = {
        functions.maximum: sympy.Max,
        functions.absolute: sympy.Abs,
        functions.sigmoid: lambda a: 1 / (1 + sympy.exp(-a)),
    }
    try:
        plain = outputs[0].replace(lambda e: e.func in own, lambda e: own[e.func](*e.args))
        with mpmath.workdps(40):
            expected = complex(sympy.lambdify(inputs, plain, "mpmath")(*map(mpmath.mpf, point)))
    except (ArithmeticError, LookupError, ValueError, TypeError, NameError):  # a pole, or infinity by another name
        return
    (found,) = symbolic.evaluate(outputs, at)
    terms = map(abs, symbolic.evaluate(sympy.Add.make_args(outputs[0]), at))
    if math.isfinite(found) and abs(expected.imag) < 1e-30 and 1e-250 < abs(expected) < 1e250:
        assert found == pytest.approx(expected.real, rel=1e-7, abs=1e-11 * max(terms))


@pytest.mark.parametrize(
    ("text", "x"),
    [("log(-1)*x", 1.0), ("sqrt(x)", -1.0), ("asin(2)*x", 1.0), ("x/x*(0/0)", 1.0), ("(-8)^(1/3)*x", 1.0)],
)
def test_what_is_not_real_has_no_value(text, x):
    outputs, inputs = symbolic.expressions(parse(text))
    assert math.isnan(symbolic.evaluate(outputs, {inputs[0]: x})[0])


@pytest.mark.parametrize(
    ("text", "x", "slope"),
    [("|x|", 0.0, 0.0), ("max(x, 0)", 0.0, 0.5), ("relu(x)", 0.0, 0.0), ("cbrt(x)", -8.0, 1 / 12),
     ("sqrt(x^2)", -2.0, -1.0), ("(x^4)^0.25", -2.0, -1.0), ("hypot(x, 0)", -3.0, -1.0), ("(x^2)^1.5", -2.0, -12.0),
     ("floor(x)", 1.5, 0.0), ("sign(x)", 2.0, 0.0), ("atan2(x, -1)", 0.5, -0.8), ("sigmoid(x)", -800.0, 0.0)],
)  # fmt: skip
def test_corners_and_roots_have_the_slopes_of_the_table(text, x, slope):
    assert value(text, x) == [pytest.approx(slope, rel=1e-15)]


def test_each_shared_part_is_computed_once():
    (derivative,) = derivatives(logistic(11))
    start = time.process_time()
    tree = symbolic.tree_sizes(symbolic.postorder([derivative]))[derivative]
    (found,) = symbolic.evaluate([derivative], {next(iter(derivative.free_symbols)): 0.3})
    assert tree > 100_000
    assert time.process_time() - start < 1.0  # a walk over the tree would take many times that
    assert found == pytest.approx(reverse_jacobian(record(parse(logistic(11)), [0.3]))[0][0], rel=1e-9)


# -- second derivatives -----------------------------------------------------------------------------------------------


def test_the_hessian_is_symmetric_and_that_of_the_tape():
    program = parse("ln(x1) + x1*x2 - sin(x2)")
    (output,), inputs = symbolic.expressions(program)
    rows = symbolic.hessian(output, inputs)
    assert [[str(e) for e in row] for row in rows] == [["-1/x1**2", "1"], ["1", "sin(x2)"]]
    found = [symbolic.evaluate(row, dict(zip(inputs, [2.0, 5.0], strict=True))) for row in rows]
    assert found == [pytest.approx(row) for row in hessian_of_tape(record(program, [2.0, 5.0]))]


# -- large programs and limits ----------------------------------------------------------------------------------------


def test_a_sum_of_many_terms_is_built_at_once(monkeypatch):
    sums = []
    add = sympy.Add
    monkeypatch.setattr(sympy, "Add", lambda *terms: sums.append(len(terms)) or add(*terms))
    outputs, _ = symbolic.expressions(parse(" + ".join(f"{k}x^{k}" for k in range(1, 301))))
    assert len(outputs[0].args) == 300
    outputs, _ = symbolic.expressions(parse("x" + " + x" * 400 + " - y" * 200))
    assert str(outputs[0]) == "401*x - 200*y"
    assert sums == [300, 601]  # one by one they would take seconds


def test_too_many_open_conditions_are_refused_in_words():
    with pytest.raises(ExplorerError, match="too many cases") as caught:
        symbolic.expressions(parse("+".join(f"where(x>{k},x,1)" for k in range(300))))
    assert caught.value.kind == "limit"


def test_a_whole_number_of_too_many_digits_is_never_built():
    with pytest.raises(ExplorerError, match="digits") as caught:
        symbolic.expressions(parse("(3x)^100000"))
    assert caught.value.kind == "limit"
    start = time.process_time()
    symbolic.expressions(parse("x^1000000 + 2^1000*x"))
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    "text",
    ["where(x + sqrt(-1) > 0, x, 2)", "where(sqrt(-1) > x, 1, 2)", "where(1 > where(x > 0, atanh(3), 2), 1, x)"],
)
def test_a_comparison_with_what_is_not_real_is_refused_in_words(text):
    with pytest.raises(ExplorerError, match="not real") as caught:
        symbolic.expressions(parse(text))
    assert caught.value.kind == "domain"


def test_conditions_inside_conditions_are_evaluated_and_drawn():
    program = parse("where(where(x>0,x,1) > y, x, y) + where((x<1 or y<2) and x<y, 1, 2)")
    outputs, inputs = symbolic.expressions(program)
    for point in ([2.0, 1.0], [0.5, 0.7], [-1.0, 2.0], [-1.0, 0.5], [3.0, 3.5]):
        expected = record(program, point).values
        assert symbolic.evaluate(outputs, dict(zip(inputs, point, strict=True))) == list(expected)
    assert "if x > y if x > 0 else y < 1" in drawn(symbolic.notation(outputs[0]))


def test_parts_of_conditions_stand_in_brackets_where_they_bind_less():
    x, y = sympy.symbols("x y", real=True)
    condition = sympy.And(sympy.Or(x < 1, y < 2), sympy.Not(sympy.Eq(x, y)))
    line = drawn(symbolic.notation(sympy.Piecewise((x, condition), (y, True))))
    assert "(x < 1 or y < 2)" in line
    assert " and " in line


def test_a_choice_by_constants_is_taken_at_once():
    outputs, _ = symbolic.expressions(parse("where(1 > 2, x, x^2)"))
    assert str(outputs[0]) == "x**2"


def test_texts_of_very_large_trees_are_left_out():
    (large,) = derivatives(logistic(13))
    (small,) = derivatives(logistic(3))
    assert symbolic.text(large) is symbolic.latex(large) is None
    assert symbolic.text(small) == str(small)
    assert symbolic.latex(small) == sympy.latex(small)


# -- notation ---------------------------------------------------------------------------------------------------------


def drawn(notation: Notation) -> str:
    """The pieces as one line, to be compared by eye."""
    texts: list[str] = []
    for piece in notation.pieces:
        parts = [texts[c] for c in piece.children]
        match piece.kind:
            case "row" | "comma" | "lines" | "matrix" | "cases":
                texts.append("".join(parts) if piece.kind != "comma" else ", ")
            case "fraction":
                texts.append(f"[{parts[0]}]/[{parts[1]}]")
            case "power":
                texts.append(f"{parts[0]}^{{{parts[1]}}}")
            case "root":
                texts.append(f"√{{{', '.join(parts)}}}")
            case "bracket":
                texts.append(piece.text[0] + parts[0] + piece.text[1])
            case "operator":
                texts.append(f" {piece.text} ")
            case _:
                texts.append(piece.text)
    return texts[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^2 + 1", "x^{2} + 1"),
        ("-x", "−x"),
        ("1/x", "[1]/[x]"),
        ("x/y", "[x]/[y]"),
        ("-x/2", "−[x]/[2]"),
        ("sqrt(x + 1)", "√{x + 1}"),
        ("cbrt(x)", "√{x, 3}"),
        ("cbrt(x)^2", "(√{x, 3})^{2}"),
        ("exp(-x)", "e^{−x}"),
        ("|x|", "|x|"),
        ("floor(x)", "⌊x⌋"),
        ("ln(x)", "ln(x)"),
        ("pi*x", "π · x"),
        ("(x + 1)*(x - 1)", "(x + 1) · (x − 1)"),
        ("(x + 1)^2", "(x + 1)^{2}"),
        ("(-2)^x", "(−2)^{x}"),
        ("atan2(x, y)", "atan2(x, y)"),
        ("x^(-2)", "[1]/[x^{2}]"),
        ("x^y^2", "x^{y^{2}}"),
        ("(x^y)^2", "x^{2y}"),
        ("2*pi*x*sin(x)", "2π · x · sin(x)"),
        ("2*sqrt(x)*3^y", "2 · 3^{y} · √{x}"),
        ("x^(5/2)", "x^{5 / 2}"),
        ("x - mu", "x − mu"),
        ("where(x > 0, x, 2)", "xif x > 02otherwise"),
    ],
)
def test_expressions_are_drawn_as_they_are_written_by_hand(text, expected):
    outputs, _ = symbolic.expressions(parse(text))
    assert drawn(symbolic.notation(outputs[0])) == expected


def check(notation: Notation) -> None:
    assert Notation.from_json(json.loads(json.dumps(notation.to_json()))) == notation
    reached = {len(notation.pieces) - 1}
    for index in range(len(notation.pieces) - 1, -1, -1):
        if index in reached:
            reached.update(notation.pieces[index].children)
    assert reached == set(range(len(notation.pieces))), "every piece belongs to the whole"
    for piece in notation.pieces:
        assert piece.kind in KINDS
        counts = {"fraction": 2, "power": 2, "bracket": 1, "subscript": 2}
        assert len(piece.children) == counts.get(piece.kind, len(piece.children))
        assert piece.kind != "root" or len(piece.children) in (1, 2)
        assert not (piece.kind in ("number", "name", "symbol", "word", "operator", "prefix") and piece.children)


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_any_expression_and_its_derivative_can_be_drawn(text):
    try:
        outputs, inputs = symbolic.expressions(parse(f"f(x, y) = {text}"))
    except ExplorerError:
        return
    for expression in (*outputs, sympy.diff(outputs[0], inputs[0])):
        notation = symbolic.notation(expression)
        check(notation)
        assert notation.complete


def test_the_sixth_iterate_of_the_logistic_map_is_drawn_whole():
    (derivative,) = derivatives(logistic(6))
    assert symbolic.operations(derivative) == 768  # Baydin et al. 2018, Table 1
    assert symbolic.notation(derivative).complete


@pytest.mark.parametrize("allowance", [1, 20, 1000])
@pytest.mark.parametrize(
    "text",
    [logistic(9), " + ".join(f"sin({k}x)" for k in range(1, 120)), "*".join(f"(x + {k})" for k in range(1, 40)),
     "exp(" * 30 + "x" + ")" * 30, "where(x > 0, " * 20 + "x" + ", 1)" * 20],
    ids=["iterates", "sum", "product", "nest", "cases"],
)  # fmt: skip
def test_a_drawing_stays_near_its_allowance_and_says_that_parts_are_left_out(text, allowance):
    (derivative,) = derivatives(text)
    notation = symbolic.notation(derivative, allowance)
    check(notation)
    tree = symbolic.size([derivative]).tree
    assert notation.complete or tree > allowance
    assert len(notation.pieces) <= 4 * allowance + 300


def test_parts_of_a_drawing_know_what_they_stand_for():
    outputs, _ = symbolic.expressions(parse("sin(x)*y"))
    notation = symbolic.notation(outputs[0])
    refs = {piece.ref for piece in notation.pieces if piece.ref is not None}
    assert len(refs) == 4  # x, y, sin(x), the product


def test_warming_up_touches_every_function():
    symbolic.warm_up()
