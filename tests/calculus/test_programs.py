"""Algorithms through every engine, held against Python itself running the same text."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.calculus import symbolic
from explorer.calculus.algebras import ArrayNumbers, LoopOnInput
from explorer.calculus.differences import SCHEME, Slice, central_jacobian, complex_step_jacobian, estimate
from explorer.calculus.evaluate import Run, complex_values, values, values_on
from explorer.calculus.lowering import Operation, lower
from explorer.calculus.numbers import ComplexStepInvalid
from explorer.calculus.reasons import find_reasons
from explorer.calculus.sweeps import adjoints, reverse_jacobian, tangents
from explorer.calculus.tape import Op, Tape, forward_jacobian, record
from explorer.calculus.verdict import explain, find_slopes
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits, Program
from tests.language.algorithms import ALGORITHMS, Algorithm

Matrix = list[list[float]]
SCOPE: dict[str, Any] = {name: function for name, function in vars(math).items() if not name.startswith("_")} | {
    "where": lambda condition, then, otherwise: then if condition else otherwise,
    "piecewise": lambda a, then, b, other, otherwise: then if a else other if b else otherwise,
    "clip": lambda value, low, high: min(max(value, low), high),
}


def python(text: str, name: str) -> Callable[..., tuple[float, ...]]:
    """The referee: the function of that name as Python itself runs it."""
    scope = dict(SCOPE)
    exec(text, scope)

    def function(*point: float) -> tuple[float, ...]:
        result = scope[name](*point)
        return result if isinstance(result, tuple) else (result,)

    return function


def near(row: Sequence[float], relative: float) -> Any:
    """Equal within the tolerance relative to each entry or, for small entries, to the whole row; NaN equals NaN."""
    size = max((abs(v) for v in row if math.isfinite(v)), default=0.0)
    return pytest.approx(list(row), rel=relative, abs=relative * size, nan_ok=True)


def algorithm(name: str) -> Algorithm:
    return next(a for a in ALGORITHMS if a.name == name)


# -- the table through all engines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", ALGORITHMS, ids=str)
def test_values_are_those_that_python_computes(each):
    program = parse(each.text)
    referee = python(each.text, program.main.name)
    for point in each.points:
        expected = referee(*point)
        assert values(program, point) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert record(program, point).values == values(program, point)


@pytest.mark.parametrize("each", ALGORITHMS, ids=str)
def test_forward_equals_reverse_and_both_are_near_the_quotients_of_what_python_computes(each):
    program = parse(each.text)
    referee = python(each.text, program.main.name)
    for point in each.points:
        tape = record(program, point)
        reverse = reverse_jacobian(tape)
        for row, forward in zip(reverse, forward_jacobian(program, point), strict=True):
            assert forward == near(row, 1e-12)
        if "rough" in each.words or set(find_reasons(tape)) - {"cancellation"}:
            continue
        for column, x in enumerate(point):
            h = 1e-6 * max(1.0, abs(x))
            right, left = (referee(*point[:column], x + s * h, *point[column + 1 :]) for s in (1, -1))
            quotient = [(b - a) / (2 * h) for a, b in zip(left, right, strict=True)]
            assert [row[column] for row in reverse] == near(quotient, 1e-5)
        central = central_jacobian(program, point)
        for row, other in zip(reverse, central, strict=True):
            assert other == near(row, 1e-5)


@pytest.mark.parametrize("each", ALGORITHMS, ids=str)
def test_the_complex_step_equals_reverse_or_says_where_it_is_lost(each):
    program = parse(each.text)
    for point in each.points:
        tape = record(program, point)
        if tape.decisions or tape.kinks:
            with suppress(ComplexStepInvalid):
                agrees(tape, complex_step_jacobian(program, point))
        else:
            agrees(tape, complex_step_jacobian(program, point))


def agrees(tape: Tape, other: Matrix) -> None:
    for row, found in zip(reverse_jacobian(tape), other, strict=True):
        assert found == near(row, 1e-9)


def test_the_complex_step_is_valid_for_most_algorithms_without_a_condition_on_an_input():
    valid = 0
    for each in ALGORITHMS:
        program = parse(each.text)
        with suppress(ComplexStepInvalid):
            complex_step_jacobian(program, each.points[0])
            valid += 1
    assert valid > 90


@pytest.mark.parametrize("each", [a for a in ALGORITHMS if a.points[0]], ids=str)
def test_arrays_of_points_are_computed_as_each_point_is(each):
    """The points of the table take different branches and loop counts; one more is added, near the first."""
    program = parse(each.text)
    points = [*each.points, *each.points, tuple(x * (1 + 1e-7) for x in each.points[0])]
    columns = [np.array(column, dtype=float) for column in zip(*points, strict=True)]
    with np.errstate(all="raise"):  # it silences what it has to by itself
        outputs = values_on(lower(program), columns, (len(points),))
    for index, point in enumerate(points):
        found = [output[index] for output in outputs]
        try:
            expected = values(program, point)
        except ExplorerError:  # a count that is not whole
            expected = (math.nan,) * len(program.outputs)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


SYMBOLIC = [a for a in ALGORITHMS if not {"loop", "open", "swell"} & set(a.words)]


@pytest.mark.parametrize("each", SYMBOLIC, ids=str)
def test_one_symbolic_form_has_the_values_and_derivatives_of_all_points(each):
    program = parse(each.text)
    outputs, inputs = symbolic.expressions(program)
    entries = [derivative for _, _, derivative in symbolic.jacobian(outputs, inputs)]
    for point in each.points:
        at = dict(zip(inputs, point, strict=True))
        tape = record(program, point)
        assert symbolic.evaluate(outputs, at) == near(tape.values, 1e-9)
        if {"kink", "not-differentiable"} & set(find_reasons(tape)):
            continue
        found = symbolic.evaluate(entries, at)
        for k, row in enumerate(reverse_jacobian(tape)):
            assert found[k * len(inputs) : (k + 1) * len(inputs)] == near(row, 1e-9)


@pytest.mark.parametrize("each", [a for a in ALGORITHMS if {"loop", "open"} & set(a.words)], ids=str)
def test_what_has_no_one_formula_is_refused_with_its_line(each):
    with pytest.raises(ExplorerError) as caught:
        symbolic.expressions(parse(each.text))
    assert caught.value.kind in ("domain", "limit", "name")
    assert caught.value.span.line > 1


# -- the symbolic side ------------------------------------------------------------------------------------------------


def in_symbols(text: str) -> Any:
    (output,), inputs = symbolic.expressions(parse(text))
    return output, *inputs


def test_an_if_on_an_input_is_a_piecewise_with_both_sides():
    import sympy

    broken = (
        "def f(x):\n    for i in [0]:\n        if x <= 0:\n            x = x**3\n            break\n        x = x*x\n"
    )
    for text in (
        "def f(x):\n    if x > 0:\n        y = x**2\n    else:\n        y = x**3\n    return y",
        "def f(x):\n    if x > 0:\n        return x**2\n    return x**3",
        broken + "    return x",
        "def g(t):\n    return t**2 if t > 0 else t**3\n\ndef f(x):\n    return g(x)",
    ):
        output, x = in_symbols(text)
        assert sympy.simplify(output - sympy.Piecewise((x**2, x > 0), (x**3, True))) == 0


def test_loops_and_recursion_whose_course_depends_on_no_input_are_unrolled():
    import sympy

    output, x = in_symbols(algorithm("power by squaring").text)
    assert output == x**13
    output, x = in_symbols("def f(x):\n    s = 0\n    for i in range(4):\n        s += i*x**i\n    return s")
    assert sympy.expand(output) == x + 2 * x**2 + 3 * x**3
    output, x = in_symbols("def f(x):\n    k = 0\n    while k < 3:\n        k += 1\n        x = sin(x)\n    return x")
    assert output == sympy.sin(sympy.sin(sympy.sin(x)))


def test_a_while_on_an_input_is_refused_with_its_line():
    text = "def f(x):\n    t = 1.0\n    while t*t < x:\n        t = t + 1\n    return t*x"
    with pytest.raises(LoopOnInput, match="the loop in line 3 runs depends on an input") as caught:
        symbolic.expressions(parse(text))
    assert (caught.value.span.line, caught.value.span.column) == (3, 10)
    with pytest.raises(ExplorerError, match="More than 256 conditions") as caught:
        symbolic.expressions(
            parse("def f(x):\n    while True:\n        x += 1\n        if x > 5:\n            return x")
        )
    assert (caught.value.kind, caught.value.span.line) == ("limit", 4)


def test_conditions_in_a_loop_are_joined_at_its_next_iteration_or_end_and_not_multiplied():
    """With continue and break each round would double the cases, if they were followed to the function's end."""
    text = (
        "def f(x):\n    s = 0\n    for i in range(60):\n        if x > i:\n            continue\n        s += x\n"
        "    for i in range(60):\n        if x < -i:\n            break\n        s += 1\n    return s"
    )
    program = parse(text)
    outputs = Run(lower(program), ArrayNumbers()).outputs([np.array([-2.5, 0.5, 70.0])])  # no ExplorerError
    assert outputs[0].tolist() == [values(program, [x])[0] for x in (-2.5, 0.5, 70.0)]
    symbolic.expressions(parse(text.replace("60", "4")))


def test_a_list_of_which_two_names_know_is_not_told_apart_by_an_input():
    text = (
        "def f(x):\n    a = [1.0]\n    b = [2.0]\n    if x > 0:\n        c = a\n    else:\n        c = b\n"
        "    {}\n    return a[0] + 10*b[0] + 100*c[0]"
    )
    for lists in ("c[0] = x", "a[0] = x"):
        changed = parse(text.format(lists))
        with pytest.raises(ExplorerError, match="Which list is changed here depends on an input"):
            symbolic.expressions(changed)
        found = values_on(lower(changed), [np.array([3.0, -3.0])], (2,))[0]
        assert found.tolist() == [values(changed, [x])[0] for x in (3.0, -3.0)]
    read_only = parse(text.format("x = 2*x"))
    assert len(symbolic.expressions(read_only)[0]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def f(x):\n    if x > 0:\n        a = [x]\n    else:\n        a = [x, 1]\n    return a[0]",
            "length must not",
        ),
        (
            "def g(x):\n    if x > 0:\n        return x\n    return x, 1\n\ndef f(x):\n    y = g(x)\n    return x",
            "How many values are returned depends on an input",
        ),
        ("def f(x):\n    if x > 0:\n        y = x\n    return y", "“y” has no value yet on this way"),
        (
            "def f(x):\n    a = [1, 2]\n    return a[floor(x)]",
            "An index must be a whole number that depends on no input",
        ),
    ],
)
def test_what_only_a_single_point_can_tell_is_refused_for_a_formula_and_computed_for_points(text, said):
    program = parse(text)
    with pytest.raises(ExplorerError, match=said):
        symbolic.expressions(program)
    assert math.isfinite(values(program, [0.5])[0])
    assert (
        values_on(lower(program), [np.array([0.5, 0.5, -5.0])], (3,))[0][:2].tolist() == [*values(program, [0.5])] * 2
    )


# -- random programs --------------------------------------------------------------------------------------------------


class Writer:
    """Writes a random program of the subset that ends and stays small: what is assigned in a loop is bounded."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names = 0

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def number(self, scope: "Scope", depth: int = 2) -> str:
        """An expression that is a number."""
        kind = self.draw(st.integers(0, 13)) if depth else self.draw(st.integers(0, 2))
        inner = lambda: self.number(scope, depth - 1)  # noqa: E731 - each call writes another one
        match kind:
            case 0:
                return self.one("0.5", "2", "-1.5", "3", "0.1")
            case 1 | 2:
                return self.one(*scope.numbers)
            case 3 | 4:
                return f"({inner()} {self.one('+', '-')} {inner()})"
            case 5:
                return f"tanh({inner()})*{inner()}"
            case 6:
                return f"{inner()}/(1.5 + tanh({inner()}))"
            case 7:
                return f"{self.one('sin', 'cos', 'abs', '-', 'atan')}({inner()})"
            case 8:
                return f"({inner()} if {self.condition(scope, depth - 1)} else {inner()})"
            case 9:
                return f"{self.one('min', 'max')}({inner()}, {inner()})"
            case 10 if scope.lists:
                name = self.one(*scope.lists)
                return f"{name}[{self.index(scope, scope.lists[name])}]"
            case 11 if scope.lists:
                return f"{self.one('sum', 'max', 'min')}({self.one(*scope.lists)})"
            case 12:
                name = self.fresh("c")
                value = self.number(scope.inside(name), depth - 1)
                return f"sum([{value} for {name} in {self.items(scope)}])"
            case 13 if scope.functions:
                name, arity = self.one(*scope.functions.items())
                return f"{name}({', '.join(inner() for _ in range(arity))})"
            case _:
                return self.one(*scope.numbers)

    def index(self, scope: "Scope", length: int) -> str:
        if scope.counters and self.draw(st.booleans()):
            counter = self.one(*scope.counters)
            return self.one(f"{counter} % {length}", f"-1 - {counter} % {length}")
        return str(self.draw(st.integers(-length, length - 1)))

    def items(self, scope: "Scope") -> str:
        choices = ["range(3)", "range(2, -1, -1)", "[1, 0.5]", "range(0)", "(2,)"]
        return self.one(*choices, *scope.lists)

    def condition(self, scope: "Scope", depth: int) -> str:
        operator = self.one("<", "<=", ">", ">=", "!=", "==")
        a, b = self.number(scope, max(depth - 1, 0)), self.number(scope, max(depth - 1, 0))
        match self.draw(st.integers(0, 6)):
            case 0 if depth:
                return (
                    f"({self.condition(scope, depth - 1)} {self.one('and', 'or')} {self.condition(scope, depth - 1)})"
                )
            case 1 if depth:
                return f"not {self.condition(scope, depth - 1)}"
            case 2:
                return f"{a} < {b} <= {self.number(scope, 0)}"
            case 3 if scope.counters:
                return f"{self.one(*scope.counters)} % 2 == {self.one('0', '1')}"
            case _:
                return f"{a} {operator} {b}"

    def block(self, scope: "Scope", indent: int, size: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, size))):
            lines += self.statement(scope, indent)
        return lines

    def statement(self, scope: "Scope", indent: int) -> list[str]:
        """Lines of one statement; the scope learns what surely has a value behind it."""
        margin = "    " * indent
        deep = indent > 3
        bounded = (lambda e: f"tanh({e})") if scope.loops else (lambda e: e)
        match self.draw(st.integers(0, 14)):
            case 0 | 1 | 2:
                name = self.one(*[n for n in scope.numbers if n not in scope.fixed], self.fresh("v"))
                line = f"{margin}{name} = {bounded(self.number(scope))}"
                scope.numbers.append(name)
                return [line]
            case 3:
                name = self.one(*[n for n in scope.numbers if n not in scope.fixed])
                return [f"{margin}{name} {self.one('+', '-', '*', '/')}= 1.5 + tanh({self.number(scope)})/2"]
            case 4:
                names = [n for n in dict.fromkeys(scope.numbers) if n not in scope.fixed]
                if len(names) > 1:
                    a, b = names[:2]
                    return [f"{margin}{a}, {b} = {b}, {bounded(self.number(scope))}"]
            case 5:
                name, length = self.fresh("a"), self.draw(st.integers(1, 3))
                value = f"[{', '.join(self.number(scope, 1) for _ in range(length))}]"
                if self.draw(st.booleans()):
                    value, length = f"[{self.number(scope, 1)}]*{length + 1}", length + 1
                scope.lists[name] = length
                return [f"{margin}{name} = {value}"]
            case 6 if scope.lists:
                name = self.one(*scope.lists)
                other = self.fresh("a")
                scope.lists[other] = scope.lists[name]
                return [f"{margin}{other} = {name}"]
            case 7 | 8 if scope.lists:
                name = self.one(*scope.lists)
                place = f"{name}[{self.index(scope, scope.lists[name])}]"
                if self.draw(st.booleans()):
                    return [f"{margin}{place} {self.one('+', '-')}= tanh({self.number(scope)})"]
                return [f"{margin}{place} = {bounded(self.number(scope))}"]
            case 9 | 10 if not deep:
                then, otherwise = scope.inside(), scope.inside()
                lines = [f"{margin}if {self.condition(scope, 2)}:", *self.block(then, indent + 1, 3)]
                if self.draw(st.booleans()):
                    word = f"elif {self.condition(scope, 1)}:" if self.draw(st.booleans()) else "else:"
                    lines += [f"{margin}{word}", *self.block(otherwise, indent + 1, 2)]
                return lines
            case 11 if not deep and scope.loops < 2:
                name = self.fresh("i")
                inner = scope.inside(name, loop=True)
                items = self.items(scope)
                if items.startswith("range"):
                    inner.counters.append(name)
                    inner.fixed.add(name)
                return [f"{margin}for {name} in {items}:", *self.block(inner, indent + 1, 3)]
            case 12 if not deep and scope.loops < 2:
                name = self.fresh("k")
                inner = scope.inside(name, loop=True)
                inner.counters.append(name)
                inner.fixed.add(name)
                extra = f" and {self.condition(scope, 1)}" if self.draw(st.booleans()) else ""
                head = f"{margin}while {name} < {self.draw(st.integers(0, 4))}{extra}:"
                return [f"{margin}{name} = 0", head, f"{margin}    {name} += 1", *self.block(inner, indent + 1, 3)]
            case 13 if scope.loops:
                return [f"{margin}if {self.condition(scope, 1)}:", f"{margin}    {self.one('break', 'continue')}"]
            case 14 if indent > 1 or self.draw(st.booleans()):
                return [f"{margin}if {self.condition(scope, 1)}:", f"{margin}    return {self.number(scope)}"]
        return [f"{margin}x = {bounded(self.number(scope))}"]


class Scope:
    """What may be read at a place: names of numbers, lists with their lengths, counters, functions with arities."""

    def __init__(self, numbers: list[str], functions: dict[str, int]) -> None:
        self.numbers, self.functions = numbers, functions
        self.lists: dict[str, int] = {}
        self.counters: list[str] = []
        self.fixed: set[str] = set()  # names that are not assigned again
        self.loops = 0

    def inside(self, name: str | None = None, loop: bool = False) -> "Scope":
        inner = Scope([*self.numbers, *([name] if name else [])], self.functions)
        inner.lists, inner.counters, inner.fixed = dict(self.lists), list(self.counters), set(self.fixed)
        inner.loops = self.loops + loop
        return inner


RECURSION = """def down(n, x):
    if n <= 0:
        return x
    if x > 2:
        return down(n - 2, x/2) - n
    return tanh(down(n - 1, x + 0.5))*x
"""
CHANGE = """def change(a, x):
    a[0] = tanh(a[-1] + x)
    if x > a[0]:
        a[-1] = 0.25*x
        return x
    return a[0] - x
"""


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a random program: recursion, a function that changes a list, one or two random functions, f(x, y)."""
    writer = Writer(draw)
    text = RECURSION + "\n" + CHANGE
    functions: dict[str, int] = {}
    for name in ("g", "h")[: draw(st.integers(0, 2))]:
        scope = Scope(["x", "t"], dict(functions))
        lines = writer.block(scope, 1, 3)
        text += f"\ndef {name}(x, t):\n" + "\n".join(lines) + f"\n    return {writer.number(scope)}\n"
        functions[name] = 2
    scope = Scope(["x", "y"], functions)
    lines = writer.block(scope, 1, 6)
    calls = [f"down({draw(st.integers(0, 5))}, {writer.number(scope, 1)})"]
    calls += [f"change({name}, {writer.number(scope, 1)})" for name in list(scope.lists)[:1]]
    ending = [f"    z = {call}" for call in calls]
    result = f"    return {writer.number(scope)} + z"
    return text + "\ndef f(x, y):\n    z = 0.5\n" + "\n".join([*lines, *ending, result]) + "\n"


POINTS = [(0.7, -0.4), (-1.3, 2.1), (3.6, 0.2), (0.0, 1.0)]
course: Counter[str] = Counter()


@given(programs())
@settings(max_examples=30, deadline=None)
def test_random_programs_run_as_in_python_in_every_engine(text):
    program = parse(text)
    referee = python(text, "f")
    expected = []
    for point in POINTS:
        result = referee(*point)
        assume(all(abs(v) < 1e12 for v in result))
        assert values(program, point) == pytest.approx(result, rel=1e-12, abs=1e-12)
        expected.append(result[0])
        tape = record(program, point)
        assert tape.values == values(program, point)
        forward, reverse = forward_jacobian(program, point)[0], reverse_jacobian(tape)[0]
        # Sums lose digits of what was added: the size of all that reached the inputs counts.
        size = reach(tape)
        assert forward == pytest.approx(reverse, rel=1e-12, abs=1e-11 * size, nan_ok=True)
        with suppress(ComplexStepInvalid):
            code = lower(program)
            for column in range(2):
                moved = [complex(x, 1e-20 * (k == column)) for k, x in enumerate(point)]
                assert complex_values(code, moved)[0].imag / 1e-20 == pytest.approx(
                    reverse[column], rel=1e-9, abs=1e-9 * size
                )
            course["complex step"] += 1
    columns = [np.array(column) for column in zip(*POINTS, strict=True)]
    found = values_on(lower(program), columns, (len(POINTS),))[0]
    assert found.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)
    try:
        with np.errstate(all="ignore"):
            Run(lower(program), ArrayNumbers()).outputs(columns)
        course["arrays at once"] += 1
    except ExplorerError:
        course["arrays point by point"] += 1


def reach(tape: Tape) -> float:
    """The size of the largest product that any sweep adds."""
    reached = adjoints(tape, [1.0] * len(tape.outputs))
    sizes = [
        abs(e.partial * a)
        for op in tape.operations
        if (a := reached[op.index]) is not None
        for e in op.edges
        if math.isfinite(e.partial * a)
    ]
    return max(sizes, default=0.0)


def test_random_programs_were_often_computed_for_all_points_at_once():
    """Else the test above would not have looked at conditions that are open."""
    if sum(course.values()) > 100:
        assert course["arrays at once"] > 30
        assert course["complex step"] > 30


# -- places, iterations, calls ----------------------------------------------------------------------------------------

WRITTEN = {
    "add": r"\+|sum",
    "sub": r"-|%|sum",
    "mul": r"\*|%|int|prod",
    "div": r"/|%|log",
    "neg": "-",
    "pow": r"\*\*|pow",
    "floor": "//|%|int|floor",
    "abs": r"abs\(|int|fabs",
    "sign": "int",
    "min": "min|clip",
    "max": "max|clip",
}


def written(text: str, op: Op) -> str:
    """The text that an op's span marks."""
    lines = text.split("\n")[op.span.line - 1 : op.span.end_line]
    lines[-1] = lines[-1][: op.span.end_column]
    lines[0] = lines[0][op.span.column :]
    return "\n".join(lines)


@pytest.mark.parametrize("each", ALGORITHMS, ids=str)
def test_the_span_of_each_operation_marks_the_text_that_says_it(each):
    tape = record(parse(each.text), each.points[0])
    for op in tape.operations:
        marked = written(each.text, op)
        assert re.search(WRITTEN.get(op.function, op.function), marked), (op, marked)
        assert marked == marked.strip()
        head = marked.split("=")[0]
        if head.count("(") == head.count(")"):
            assert marked.count("(") == marked.count(")")


def test_places_in_a_small_algorithm():
    text = "def f(x):\n    a = sin(x) + 2*x\n    a -= x\n    return a if a > 0 else -a"
    tape = record(parse(text), [1.0])
    assert [written(text, op) for op in tape.operations] == ["sin(x)", "2*x", "sin(x) + 2*x", "a -= x"]
    assert [(d.span.line, d.span.column, d.taken) for d in tape.decisions] == [(4, 16, True)]


# Baydin, Pearlmutter, Radul & Siskind 2018, section 3.2, speak of such loops; the numbers are Heron's for √2.
HERON = [
    (1.5, 0.5),
    (1.4166667, 0.3611111),
    (1.4142156863, 0.3535659362),
    (1.41421356237469, 0.35355339061),
    (1.414213562373095, 0.3535533905932738),
]


def test_herons_table_iteration_by_iteration():
    text = "def f(x):\n    t = (1 + x)/2\n    for i in range(4):\n        t = (t + x/t)/2\n    return t"
    tape = record(parse(text), [2.0])
    moved = tangents(tape, [1.0])
    rows = {op.iteration: (op.value, moved[op.index]) for op in tape.operations if "t" in op.aliases}
    assert list(rows) == [(), (1,), (2,), (3,), (4,)]
    for (value, tangent), expected in zip(rows.values(), HERON, strict=True):
        assert (value, tangent) == pytest.approx(expected, rel=5e-8)
    assert rows[3,] == pytest.approx(HERON[3], rel=1e-11)
    assert rows[4,] == pytest.approx(HERON[4], rel=1e-15)
    assert [(loop.span.line, loop.iterations, loop.call) for loop in tape.loops] == [(3, 4, 0)]


def test_a_tolerance_stops_the_value_before_the_derivative():
    text = "def f(x):\n    t = {}\n    while abs(t*t - x) > 1e-3:\n        t = (t + x/t)/2\n    return t"
    tape = record(parse(text.format("(1 + x)/2")), [2.0])
    value, slope = tape.values[0], reverse_jacobian(tape)[0][0]
    assert value - math.sqrt(2.0) == pytest.approx(2.1e-6, rel=0.02)
    assert slope - 0.35355339059327373 == pytest.approx(1.25e-5, rel=0.01)
    program = parse(text.format("1.0"))
    tape = record(program, [1.0])
    assert (tape.values, reverse_jacobian(tape)) == ((1.0,), [[0.0]])
    assert [loop.iterations for loop in tape.loops] == [0]
    assert any("did not run" in note for note in explain(tape, find_slopes(program, tape)))


def test_the_tree_of_calls_of_power_by_squaring():
    tape = record(parse(algorithm("power by squaring").text), [1.1])
    assert [(c.number, c.caller, c.function) for c in tape.calls] == [(k, k - 1, "power") for k in range(1, 6)]
    assert [c.span.line for c in tape.calls] == [10, 4, 4, 4, 4]
    products = [(op.call, op.span.line) for op in tape.operations]
    # 13 = 1101 in binary: half·half·x for each 1, half·half for the 0, the innermost call first.
    assert products == [(4, 7), (3, 7), (3, 7), (2, 6), (1, 7), (1, 7)]


def test_calls_of_calls_and_operations_after_them():
    tape = record(parse(algorithm("functions that call functions").text), [0.8])
    callers = {c.number: c.caller for c in tape.calls}
    assert {c.number: c.function for c in tape.calls} == {1: "c", 2: "b", 3: "c", 4: "a", 5: "b", 6: "c"}
    assert callers == {1: 0, 2: 0, 3: 2, 4: 0, 5: 4, 6: 5}
    assert [(op.function, op.call) for op in tape.operations] == [
        ("sin", 1),
        ("sin", 3),
        ("add", 2),
        ("sin", 6),
        ("add", 5),
        ("mul", 4),
    ]


def test_iterations_of_loops_inside_each_other_and_in_calls():
    text = (
        "def g(t):\n    for k in range(2):\n        t = sin(t)\n    return t\n\n"
        "def f(x):\n    for i in range(2):\n        x = -x\n        for j in range(2):\n            x = g(x)*2\n"
        "        x = x/3\n    return x + 1"
    )
    tape = record(parse(text), [1.0])
    outer = [(op.function, op.iteration) for op in tape.operations if op.call == 0]
    one = [("neg", (1,)), ("mul", (1, 1)), ("mul", (1, 2)), ("div", (1,))]
    assert outer == [*one, *[(f, (2, *rest)) for f, (_, *rest) in one], ("add", ())]
    inner = [(op.call, op.iteration) for op in tape.operations if op.function == "sin"]
    assert inner == [(call, (k,)) for call in range(1, 5) for k in (1, 2)]
    assert Counter((loop.span.line, loop.iterations, loop.call) for loop in tape.loops) == {
        (2, 2, 1): 1,
        (2, 2, 2): 1,
        (2, 2, 3): 1,
        (2, 2, 4): 1,
        (9, 2, 0): 2,
        (7, 2, 0): 1,
    }


def test_iterations_are_counted_through_break_and_continue():
    text = (
        "def f(x):\n    for i in range(9):\n        if i == 1:\n            continue\n        if i == 4:\n"
        "            break\n        x = sin(x)\n    return cos(x)"
    )
    tape = record(parse(text), [1.0])
    assert [(op.function, op.iteration) for op in tape.operations] == [
        ("sin", (1,)),
        ("sin", (3,)),
        ("sin", (4,)),
        ("cos", ()),
    ]
    assert [loop.iterations for loop in tape.loops] == [5]


def test_the_loops_of_collatz_run_as_often_as_known():
    """27 takes 111 steps (Lagarias 1985)."""
    tape = record(parse(algorithm("Collatz").text), [27.0])
    assert [loop.iterations for loop in tape.loops] == [111]
    assert len([d for d in tape.decisions if d.span.line == 3]) == 112


# -- decisions and margins --------------------------------------------------------------------------------------------


def test_a_branch_at_its_boundary_takes_the_constant_and_says_so():
    """`0 if x == 0 else x` has the slope 1 everywhere; at 0 AD follows the constant."""
    program = parse("def f(x):\n    if x == 0:\n        return 0.0\n    else:\n        return x")
    tape = record(program, [0.0])
    (decision,) = tape.decisions
    assert (decision.taken, decision.margin, decision.operator, decision.span.line) == (True, 0.0, "==", 2)
    assert reverse_jacobian(tape) == [[0.0]]
    assert find_reasons(tape) == ["branch-boundary"]
    (slope,) = find_slopes(program, tape)
    assert (slope.left, slope.right) == pytest.approx((1.0, 1.0))
    assert "the slope is 1 from both sides, and AD gives 0" in " ".join(explain(tape, [slope]))
    away = record(program, [0.3])
    assert (away.decisions[0].margin, away.decisions[0].taken) == (0.3, False)
    assert find_reasons(away) == []


def test_margins_of_every_comparison_that_was_made():
    program = parse(
        "def f(x, y):\n    s = 0\n    for i in range(3):\n        if x < i < y:\n            s += x\n    return s"
    )
    tape = record(program, [0.5, 1.75])
    assert [(d.left, d.operator, d.right, d.taken) for d in tape.decisions] == [
        (0.5, "<", 0.0, False),
        (0.5, "<", 1.0, True),
        (1.0, "<", 1.75, True),
        (0.5, "<", 2.0, True),
        (2.0, "<", 1.75, False),
    ]


@pytest.mark.parametrize("absolute", ["abs(t)", "(t if t > 0 else -t)"])
def test_a_sum_of_absolute_values_has_its_corners_where_they_are(absolute):
    text = f"def f(x):\n    s = 0\n    for i in range(4):\n        t = x - i\n        s += {absolute}\n    return s"
    program = parse(text)
    for x, slope in ((-1.0, -4.0), (0.5, -2.0), (1.5, 0.0), (2.5, 2.0), (9.0, 4.0)):
        tape = record(program, [x])
        assert reverse_jacobian(tape) == [[slope]]
        assert find_reasons(tape) == []
    tape = record(program, [2.0])
    assert len(find_reasons(tape)) == 1
    (slopes,) = find_slopes(program, tape)
    assert (slopes.left, slopes.right) == pytest.approx((0.0, 2.0))
    assert reverse_jacobian(tape)[0][0] in (0.0, 1.0)


def test_a_count_that_moves_with_an_input_has_no_derivative_and_a_floor_has():
    counted = parse(algorithm("a count from an input").text)
    tape = record(counted, [1.5, 4.0])
    assert find_reasons(tape) == ["not-differentiable"]
    assert estimate(Slice(counted, [1.5, 4.0], 0, 0), SCHEME["central"]).value == pytest.approx(13.5)
    assert math.isnan(estimate(Slice(counted, [1.5, 4.0], 0, 1), SCHEME["central"]).value)
    floored = parse("def f(x, n):\n    s = 1\n    for i in range(int(n)):\n        s *= x\n    return s")
    tape = record(floored, [1.5, 4.5])
    assert find_reasons(tape) == []
    assert reverse_jacobian(tape) == [[13.5, 0.0]]
    with pytest.raises(ComplexStepInvalid, match="a number that must be whole") as caught:
        complex_step_jacobian(counted, [1.5, 4.0])
    assert caught.value.span.line == 3


# -- limits -----------------------------------------------------------------------------------------------------------

ENDLESS = [
    ("def f(x):\n    while x > 0:\n        x = x + 1\n    return x", "Stopped after 50,000 steps", 2),
    ("def f(x):\n    while True:\n        if x < 0:\n            return x", "Stopped after 50,000 steps", 2),
    ("def f(x):\n    for i in range(10**9):\n        x = x/2 + 1\n    return x", "Stopped after 50,000 steps", 2),
    (
        "def f(x):\n    for i in range(2000):\n        for j in range(2000):\n            s = 2\n    return x",
        "Stopped",
        3,
    ),
    ("def f(x):\n    return f(x + 1)", "calls more than 1,000 deep in f", 2),
    ("def f(x):\n    return g(x)\n\ndef g(x):\n    return f(x)", "calls more than 1,000 deep", 2),
    (
        "def f(n):\n    if n < -20:\n        return 1\n    return f(n - 1) + f(n - 1)",
        "Stopped after 50,000 steps",
        2,
    ),
    ("def f(x):\n    a = [x]*10**8\n    return x", "at most 5,000 items", 2),
    ("def f(x):\n    a = [0]*10**300\n    return x", "must not be as large as 1e\\+300", 2),
    ("def f(x):\n    a = [0]\n    return a[-10**99]", "must not be as large as -1e\\+99", 3),
    ("def f(x):\n    a = [i for i in range(10**9)]\n    return x", "at most 5,000 items", 2),
    ("def f(x):\n    return sum(i*x for i in range(10**9))", "at most 5,000 items", 2),
    ("def f(x):\n    a = [[0]*4000 for i in range(4000)]\n    return x", "Stopped after 50,000 steps", 2),
    ("def f(x):\n    a = [0]*4000\n    return f(x) + a[0]", "Stopped after 50,000 steps", 2),
    ("def f(x):\n    for i in range(10**16):\n        x = 1\n    return x", "must not be as large", 2),
]


@pytest.mark.parametrize(("text", "said", "line"), ENDLESS)
def test_what_does_not_end_is_stopped_as_a_limit_with_its_line(text, said, line):
    with pytest.raises(ExplorerError, match=said) as caught:
        values(parse(text), [1.0], Limits(steps=50_000, items=5_000))
    assert caught.value.kind == "limit"
    assert line <= caught.value.span.line <= line + 2


@pytest.mark.parametrize("value", ["sum(range(10**12))", "sum(i*x for i in range(10**12, 0, -2))"])
def test_a_range_that_becomes_too_long_a_list_is_refused_before_it_is_one(value):
    with pytest.raises(ExplorerError, match="at most 5,000 items") as caught:
        values(parse(f"def f(x):\n    return x*{value}"), [1.0], Limits(steps=100, items=5_000))
    assert (caught.value.kind, caught.value.span.line) == ("limit", 2)
    assert list(values(parse("def f(x):\n    return x*sum(range(10, 0, -3))"), [1.0], Limits(items=4))) == [22.0]


def test_the_usual_limit_of_a_run_is_a_million_steps():
    with pytest.raises(ExplorerError, match="Stopped after 1,000,000 steps"):
        values(parse(ENDLESS[0][0]), [1.0])


def test_every_step_of_a_run_has_the_place_at_which_it_would_be_stopped():
    for each in ALGORITHMS:
        program = parse(each.text)
        for routine in lower(program).routines.values():
            for instruction in routine.instructions:
                assert instruction.span.end_column > 0
                assert instruction.operation is not Operation.JUMP or instruction.jump >= 0


def test_a_tape_that_would_fill_the_memory_is_refused():
    program = parse("def f(x):\n    while x < 9:\n        x = sin(x) + cos(x)*sin(x)\n    return x")
    with pytest.raises(ExplorerError, match="More than 2,000 operations") as caught:
        record(program, [1.0], Limits(operations=2_000))
    assert (caught.value.kind, caught.value.span.line) == ("limit", 3)


def test_one_endless_point_does_not_hide_the_others_and_many_take_no_longer_than_two():
    program = parse("def f(x):\n    n = 0\n    while x != 0:\n        x = x - 1\n        n += 1\n    return n*x + n")
    points = np.array([3.0, *np.linspace(0.1, 0.9, 60), 4.0])
    found = values_on(lower(program), [points], points.shape)[0]
    assert (found[0], found[-1]) == (3.0, 4.0)
    assert np.isnan(found[1:-1]).all()


def test_conditions_inside_each_other_on_a_deep_stack_are_refused_in_words():
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        else:
            with pytest.raises(ExplorerError) as caught:
                symbolic.expressions(parse(algorithm("recursion on an input").text))
            assert caught.value.kind == "limit"

    for levels in (0, 300, 600):
        deep(levels)


def test_lists_that_hold_themselves_are_no_trap():
    program = parse(
        "def f(x):\n    a = [x, 0]\n    a[1] = a\n    b = a[1]\n    if x > 0:\n        b[0] = 2*x\n        c = a\n"
        "    else:\n        c = b[1]\n    d = c[1]\n    return d[0]"
    )
    assert isinstance(program, Program)
    assert values(program, [3.0]) == (6.0,)
    assert values_on(lower(program), [np.array([3.0, -3.0])], (2,))[0].tolist() == [6.0, -3.0]
