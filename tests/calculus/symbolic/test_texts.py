"""Texts: SymPy's own, printed once a part; measured without being written; Python that computes the same."""

import math

import pytest
import sympy
from hypothesis import given, settings

from explorer.calculus import symbolic
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import ExplorerError
from tests.calculus.test_symbolic import TEXTS, logistic


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_texts_and_their_lengths_are_those_of_sympys_printers(text):
    try:
        outputs, _ = symbolic.expressions(parse(f"f(x, y) = {text}"))
    except ExplorerError:
        return
    for root in (outputs[0], sympy.diff(outputs[0], next(iter(outputs[0].free_symbols), sympy.Symbol("x")))):
        assert symbolic.text(root) == sympy.sstr(root)
        assert symbolic.latex(root) == sympy.latex(root)
        assert symbolic.characters(root) == len(sympy.sstr(root))


def test_a_long_text_is_measured_as_if_it_were_written():
    (output,), (x,) = symbolic.expressions(parse(logistic(8)))
    derivative = symbolic.differentiated(output, x)
    assert symbolic.characters(derivative) == len(symbolic.text(derivative)) == 21_435  # Baydin's table continued


def computed(code: str, point: list[float]) -> list[float]:
    """What the copied Python gives; the text is our own printer's, made of numbers and names that were checked."""
    space: dict = {}
    exec(code, space)
    found = space["f"](*point)
    return list(found) if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_python_of_every_function_and_its_derivative_computes_the_tapes_numbers(name):
    row = PRIMITIVES[name]
    operators = {"add": "a + b", "sub": "a - b", "mul": "a*b", "div": "a/b", "neg": "-a", "pow": "a^b"}
    program = parse(operators.get(name) or f"{name}({', '.join('ab'[: row.arity])})")
    point = ([1.3, 0.7] if name == "acosh" else [0.37, 0.62])[: row.arity]
    outputs, inputs = symbolic.expressions(program)
    entries = [entry for _, _, entry in symbolic.jacobian(outputs, inputs)]
    code = symbolic.python("f", [*outputs, *entries], inputs)
    tape = record(program, point)
    assert computed(code, point) == pytest.approx([*tape.values, *reverse_jacobian(tape)[0]], rel=1e-13)


def test_what_is_copied_for_sympy_is_read_by_sympy_and_has_the_same_values():
    for name, row in PRIMITIVES.items():
        if not row.name.isidentifier() or name in ("add", "sub", "mul", "div", "neg", "pow"):
            continue
        outputs, inputs = symbolic.expressions(parse(f"2^(-{name}({', '.join('ab'[: row.arity])}))*a"))
        point = dict(zip(inputs, [1.3, 0.7] if name == "acosh" else [0.37, 0.62], strict=False))
        known = vars(sympy) | {str(symbol): symbol for symbol in inputs}
        for root in (outputs[0], symbolic.differentiated(outputs[0], inputs[0])):
            # The text is our own printer's, made of numbers and names that were checked.
            read = sympy.S.One * eval(symbolic.pasted(root), known)
            assert float(read.subs(point)) == pytest.approx(symbolic.evaluate([root], point)[0], rel=1e-12), name


def test_python_computes_only_the_case_that_holds_and_avoids_pythons_words():
    outputs, inputs = symbolic.expressions(parse("where(lambda < 1, lambda, sqrt(lambda - 1)) + sqrt(4)*while_"))
    code = symbolic.python("f", outputs, inputs)
    assert computed(code, [0.5, 1.0]) == [2.5]
    assert "lambda_, while_" in code
    assert math.isclose(computed(code, [5.0, 1.0])[0], 4.0)
