"""A while loop that does not end is shown as far as it is looked at, and only that."""

import pytest

from explorer.calculus.endless import ROUNDS, record_as_far
from explorer.calculus.sweeps import adjoints
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits

FLIP = "def f(x):\n    t = x\n    while abs(t*t - 2) > 1e-6:\n        t = 2/t\n    return t"
FEW = Limits.of({"steps": 5_000})


def test_a_loop_that_flips_for_ever_is_left_after_some_rounds_with_its_numbers_there():
    tape, said = record_as_far(parse(FLIP, FEW), [1.7])
    assert "line 3" in said
    assert tape.loops[0].iterations == ROUNDS
    (end,) = tape.outputs
    assert tape.ops[end].value == pytest.approx(1.7, rel=1e-12)  # an even number of flips: t is x again
    assert adjoints(tape, [1.0])[0] == pytest.approx(1.0, rel=1e-12)


def test_a_loop_that_ends_is_recorded_as_it_is():
    program = parse("def f(x):\n    t = x\n    while abs(t*t - x) > 1e-9:\n        t = (t + x/t)/2\n    return t")
    assert record_as_far(program, [2.0]) == (record(program, [2.0]), "")


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    for i in range(9000):\n        x = x + i\n    return x",
        "def f(x):\n    while x > 0:\n        for i in range(9000):\n            x = x + 1\n    return x",
    ],
)
def test_a_run_that_no_while_loop_keeps_going_is_refused_as_before(text):
    with pytest.raises(ExplorerError, match="Stopped after"):
        record_as_far(parse(text, FEW), [1.0])
