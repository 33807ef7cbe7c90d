"""Exports to other systems: every one that can be run here is run, and gives the program's numbers and slopes."""

import json
import math
import re

import pytest
import sympy

from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.primitives import PRIMITIVES
from explorer.work import questions
from explorer.work.export import TARGETS, answers
from explorer.work.systems import SYSTEMS

OPERATORS = {"add": "a + b", "sub": "a - b", "mul": "a*b", "div": "a/b", "neg": "-a", "pow": "a^b"}
SOURCES = [
    "ln(x1) + x1*x2 - sin(x2)",
    "where(x1 > 1, x1^2, sqrt(x1))*1e-3 + max(x2, 3)*x1",
    "def f(a, b):\n    for k in range(3):\n        a = sin(a*b)\n    return a + 2",
    *(OPERATORS.get(name) or f"{name}({', '.join('ab'[: row.arity])})" for name, row in PRIMITIVES.items()),
]


def exported(source: str, to: str) -> str:
    (answer,) = answers(questions.export(source, to))
    return answer["text"]


def point_of(source: str) -> list[float]:
    beyond_one = "acosh" in source or "x1" in source
    return ([1.7, 0.6] if beyond_one else [0.37, 0.62])[: len(parse(source).inputs)]


def expected(source: str) -> tuple[float, list[float]]:
    tape = record(parse(source), point_of(source))
    return tape.values[0], reverse_jacobian(tape)[0]


def space_of(text: str) -> dict:
    """The names that the exported code defines; it is made of our templates and numbered names."""
    space: dict = {}
    exec(text, space)
    return space


@pytest.mark.parametrize("source", SOURCES)
def test_sympys_script_builds_the_function_and_its_partials(source):
    space = space_of(exported(source, "sympy"))
    names = [space[name] for name in parse(source).inputs]
    at = dict(zip(names, point_of(source), strict=True))
    value, slopes = expected(source)
    assert float(space["f"].subs(at).evalf()) == pytest.approx(value, rel=1e-12)
    if "floor" not in source and "ceil" not in source:  # SymPy leaves the derivative of a jump unevaluated
        assert [float(p.doit().subs(at).evalf()) for p in space["partials"]] == pytest.approx(slopes, rel=1e-10)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("system", ["pytorch", "jax"])
def test_a_frameworks_own_derivative_is_ours(system, source):
    pytest.importorskip("torch" if system == "pytorch" else "jax")
    space = space_of(exported(source, system))
    found = [float(slope) for slope in space["gradient"](*point_of(source))]
    assert found == pytest.approx(expected(source)[1], rel=1e-9, abs=1e-12)


SEVERAL = "(x1*x2, x1 + sin(x2), where(x1 > 1, x1, x2^2), 2)"


def test_the_jacobian_of_all_outputs_is_ours_in_every_system_that_runs_here():
    expected = reverse_jacobian(record(parse(SEVERAL), [1.7, 0.6]))
    space = space_of(exported(SEVERAL, "sympy"))
    at = dict(zip((space["x1"], space["x2"]), [1.7, 0.6], strict=True))
    assert [float(x) for x in space["jacobian"].subs(at)] == pytest.approx([x for row in expected for x in row])
    cells = json.loads(exported(SEVERAL, "notebook"))["cells"]
    space = space_of("\n".join(cell["source"] for cell in cells[1:]))
    assert space["jacobian"] == reverse_jacobian(record(parse(SEVERAL), [1.5, 1.5]))
    assert exported(SEVERAL, "latex").count(r"\partial y_{") == 8
    assert r"\partial \mathit{mean\_loss}_{2}}" in exported("mean_loss_2 = x^2", "latex")
    for system in SYSTEMS:
        assert ("acobian" in exported(SEVERAL, system)) == (system != "latex")


@pytest.mark.parametrize("system", ["pytorch", "jax"])
def test_a_frameworks_own_jacobian_is_ours(system):
    pytest.importorskip("torch" if system == "pytorch" else "jax")
    found = space_of(exported(SEVERAL, system))["jacobian"](1.7, 0.6).tolist()
    assert found == [pytest.approx(row) for row in reverse_jacobian(record(parse(SEVERAL), [1.7, 0.6]))]


HIDING = "torch*sin(x) + torch_*jnp*sympy^2*f + tf*partials^3*jacobian*jax*v1 + w1*t1*op*sin(op0x)"


def test_no_inputs_name_hides_what_the_code_around_it_uses():
    inputs = parse(HIDING).inputs
    point = [0.3 + 0.1 * k for k in range(len(inputs))]
    slopes = reverse_jacobian(record(parse(HIDING), point))[0]
    space = space_of(exported(HIDING, "sympy"))
    at = {sympy.Symbol(name, real=True): value for name, value in zip(inputs, point, strict=True)}
    assert [float(partial.subs(at)) for partial in space["partials"]] == pytest.approx(slopes)
    for system in ("pytorch", "jax", "tensorflow"):
        code = exported(HIDING, system)
        compile(code, system, "exec")  # no parameter stands twice
        head = next(line for line in code.split("\n") if line.startswith("def f("))
        assert not {"torch", "jnp", "jax", "tf", "math", "f"} & set(re.findall(r"\w+", head.removeprefix("def f")))


def test_every_system_writes_every_function():
    for source in SOURCES:
        for system in SYSTEMS:
            text = exported(source, system)
            assert text.endswith("\n")
            assert "None" not in text


def test_the_notebook_is_one_and_its_cells_run():
    notebook = json.loads(exported(SOURCES[0], "notebook"))
    assert (notebook["nbformat"], [cell["cell_type"] for cell in notebook["cells"]]) == (
        4,
        ["markdown", "code", "code"],
    )
    space = space_of("\n".join(cell["source"] for cell in notebook["cells"][1:]))
    assert space["gradient"] == pytest.approx(reverse_jacobian(record(parse(SOURCES[0]), [1.5, 1.5]))[0])


def test_mathematica_and_maple_write_numbers_and_names_of_their_own():
    assert "x$1_" in exported("x_1*2.5e-7", "mathematica")
    assert "2.5*^-07" in exported("x_1*2.5e-7", "mathematica")
    assert "x^2" in exported("x^2", "mathematica")
    assert exported("E*N + Sin*f + X", "mathematica").startswith("f[E$$_, N$$_, Sin$$_, X_, f_] := ")
    assert exported("I*x + S", "maple").startswith("f := proc(I_, S, x)")
    assert exported("where(x != 1, x, 2)", "maple").count("<>") == 1


def test_all_the_systems_of_the_contract_are_there():
    systems = ["latex", "numpy", "pytorch", "jax", "tensorflow", "mathematica", "maple", "sympy", "notebook"]
    assert TARGETS.keys() >= set(systems)


@pytest.mark.parametrize("target", ["pytorch", "jax", "tensorflow"])
def test_what_has_constants_alone_is_a_number_that_any_call_takes(target):
    text = exported("sqrt(2)*x + sin(pi/4) + max(1, 2)*where(1 < 2, x, y) + y", target)
    lines = [line.strip() for line in text.splitlines() if re.match(r"\s*v\d", line)]
    assert lines == [
        f"v1 = {math.sqrt(2)!r}*x",
        "v2 = 2.0*x",
        f"v3 = v1 + {math.sin(math.pi / 4)!r}",
        "v4 = v3 + v2",
        "v5 = v4 + y",
    ]


@pytest.mark.parametrize("target", ["pytorch", "jax", "tensorflow"])
def test_what_changes_nothing_is_not_computed_and_what_might_is(target):
    lines = [line.strip() for line in exported("1*x/1 - 0 + 0*x + (0 - y)", target).splitlines()]
    computed = [line.partition(" = ")[2] for line in lines if re.match(r"v\d+ = ", line)]
    # 0·x is NaN at infinity, and 0 − y is 0 where −y is −0.
    assert computed == ["0.0*x", "0.0 - y", "x + v1", "v3 + v2"]
    assert "return x" in exported("x*1", target)
