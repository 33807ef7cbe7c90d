"""300 random programs: interpreter, tape, scalar code, blocks and symbolic agree, edges included."""

import math

import numpy as np
import pytest

from explorer.calculus import symbolic
from explorer.calculus.compiled import Compiled
from explorer.calculus.evaluate import values
from explorer.calculus.sweeps import gradient
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from tests.calculus.random_programs import random_program

PROGRAMS, PART = 300, 30
POINTS = [*np.random.default_rng(7).uniform(-2.0, 2.0, (2, 2)).tolist(), [0.0, 0.0], [1.0, -1.0], [0.5, 2.0]]


def agree(found, expected) -> bool:
    """To 1e-12 of the largest: what is shared is summed in another order. What is not finite must be the very same."""
    a, b = np.array(found), np.array(expected)
    largest = max([abs(v) for v in b if math.isfinite(v)], default=0.0)
    return np.allclose(a, b, rtol=1e-12, atol=1e-12 * largest, equal_nan=True)


@pytest.mark.parametrize("start", range(0, PROGRAMS, PART))
def test_random_programs_agree_whatever_way_they_are_computed(start):
    odd = symbolically = 0
    for seed in range(start, start + PART):
        program = parse(random_program(seed))
        size = len(program.inputs)
        if not size:
            continue
        code = Compiled(program)
        assert code.way == "compiled", (seed, code.refusal)
        expected = []
        for point in POINTS:
            tape = record(program, point[:size])
            row = [tape.values[0], *gradient(tape)]
            expected.append(row)
            odd += not all(map(math.isfinite, row))
            assert repr(code.values(point[:size])) == repr(values(program, point[:size])) == repr(tape.values), seed
            value, partials = code.value_and_gradient(point[:size])
            assert repr(value) == repr(row[0]), seed
            assert agree([value, *partials], row), (seed, point)
        columns = [np.array([point[place] for point in POINTS]) for place in range(size)]
        value, partials = code.values_and_gradients_on(columns, (len(POINTS),))
        for found, row in zip(np.array([value, *partials]).T, expected, strict=True):
            assert agree(found, row), seed
        symbolically += symbolic_agrees(code, POINTS[0][:size], expected[0], seed)
    assert odd > PART // 3  # edges of domains, poles and overflows are among them
    assert symbolically > PART // 2


def symbolic_agrees(code, point, row, seed) -> bool:
    """Whether there is a symbolic form to be compared here; it must agree where value and partials are finite.

    Where the value is not defined or overflows, SymPy's must not be finite either; its partials are of a formula that
    may well be defined there.
    """
    value, partials = code.value_and_gradient([v * (1 + 1e-15) for v in point])
    if not agree([value, *partials], row):  # ill-conditioned: one rounding of the point moves the result as much
        return False
    try:
        outputs, inputs = symbolic.expressions(code.program)
    except ExplorerError:  # a comparison with what is not real
        return False
    wanted = [*outputs, *(d for _, _, d in symbolic.jacobian(outputs, inputs))]
    found = symbolic.evaluate(wanted, dict(zip(inputs, point, strict=True)))
    if all(map(math.isfinite, row)):
        assert agree(found, row), seed
    else:
        assert agree(found[:1], row[:1]) if math.isfinite(row[0]) else not math.isfinite(found[0]), seed
    return True
