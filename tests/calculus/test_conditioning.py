"""What rounded inputs change, by hand."""

import math

import pytest

from explorer.calculus.conditioning import UNITS, slope_change, slope_changes, value_change
from explorer.calculus.stencils import UNIT_ROUNDOFF
from explorer.calculus.tape import record
from explorer.language.parser import parse


def test_a_value_and_a_slope_change_by_their_partials_times_the_inputs():
    tape = record(parse("x*y^2"), [2.0, 5.0])
    last_place = (UNITS + 2) * UNIT_ROUNDOFF
    assert value_change(tape, 0) == pytest.approx(last_place * (25 * 2 + 20 * 5))
    assert slope_changes(tape) == [pytest.approx([last_place * 10 * 5, last_place * (10 * 2 + 4 * 5)])]


@pytest.mark.parametrize(("text", "x"), [("sin(1e6x)", 1.0), ("acos(x)", 0.9999999999), ("log(x)", 0.0)])
def test_where_a_slope_changes_within_a_short_way_that_is_no_excuse(text, x):
    assert slope_change(record(parse(text), [x]), 0, 0) == 0.0


def test_what_is_too_much_work_is_left_out():
    text = "+".join(f"sin(x{k})^2" for k in range(100))
    assert max(map(max, slope_changes(record(parse(text), [1.0] * 100)))) == 0.0
    assert math.isfinite(value_change(record(parse("x/y"), [1.0, 0.0]), 0))
