"""Parts of a tape: calls, rounds and names as intervals; folded, their partials are sums over the paths inside."""

import pytest

from explorer.calculus.parts import folded, loops_of, parts_of
from explorer.calculus.sweeps import adjoints, tangents
from explorer.calculus.tape import Tape, record
from explorer.language.parser import parse

SOURCE = """def square(a):
    b = a*a + 1
    return b*a
def f(x, y):
    t = (1 + x)/2
    for i in range(3):
        t = (t + x/t)/2
        for j in range(2):
            t = t + square(t)*y/100
    while t > 1:
        t = t/2
    u = square(t) + y
    return u*t
"""
HERON = "def f(x):\n    t = (1 + x)/2\n    while abs(t*t - x) > 1e-3:\n        t = (t + x/t)/2\n    return t"


def tape() -> Tape:
    return record(parse(SOURCE), [2.0, 3.0])


def test_parts_are_nested_intervals():
    parts = parts_of(tape())
    assert len({part.key for part in parts}) == len(parts)
    for a in parts:
        for b in parts:
            apart = a.last < b.first or b.last < a.first
            inside = (a.first <= b.first and b.last <= a.last) or (b.first <= a.first and a.last <= b.last)
            assert apart or inside


def test_each_call_and_each_round_with_two_operations_is_a_part():
    recorded = tape()
    parts = parts_of(recorded)
    assert sum(part.kind == "call" for part in parts) == len(recorded.calls) == 7
    rounds = [part.iteration for part in parts if part.kind == "round"]
    assert {r for r in rounds if len(r) == 1} >= {(1,), (2,), (3,)}
    assert {r for r in rounds if len(r) == 2} == {(i, j) for i in (1, 2, 3) for j in (1, 2)}
    for part in parts:
        if part.kind == "call":
            assert {recorded.ops[k].call for k in range(part.first, part.last + 1)} == {part.call}


def test_keys_stay_the_same_at_another_point():
    assert [p.key for p in parts_of(tape())] == [p.key for p in parts_of(record(parse(SOURCE), [2.01, 3.02]))]


def test_keys_stay_the_same_when_a_statement_before_is_edited():
    edited = parts_of(record(parse(SOURCE.replace("(1 + x)/2", "(1 + x)/2 + 0*x")), [2.0, 3.0]))
    assert [p.key for p in edited] == [p.key for p in parts_of(tape())]
    assert edited[-1].first > parts_of(tape())[-1].first


@pytest.mark.parametrize("kind", ["call", "name", "round"])
def test_the_partial_of_a_fold_is_what_the_chain_rule_gives(kind):
    """Through a single result q: Σ over what the fold uses of ∂q/∂p·ṗ is q's tangent."""
    recorded = tape()
    moved = tangents(recorded, [0.7, -0.3])
    folds = folded(recorded, [p.key for p in parts_of(recorded) if p.kind == kind])
    single = [fold for fold in folds if fold.single]
    assert single
    for fold in single:
        through = sum(partial * (moved[parent] or 0.0) for parent, partial in fold.partials.items())
        assert through == pytest.approx(moved[fold.op], rel=1e-12)


def test_herons_loop_has_the_published_values_and_derivatives_in_each_round():
    recorded = record(parse(HERON), [2.0])
    (loop,) = loops_of(recorded)
    moved = tangents(recorded, [1.0])
    rounds = [(recorded.ops[names["t"]].value, moved[names["t"]]) for names in loop.rounds]
    assert rounds == [
        (pytest.approx(1.4166666667), pytest.approx(0.3611111111)),
        (pytest.approx(1.4142156863), pytest.approx(0.3535659362)),
    ]
    assert adjoints(recorded, [1.0])[0] == pytest.approx(0.3535659362)


def test_a_loop_inside_a_loop_is_told_for_each_outer_round():
    loops = loops_of(tape())
    assert [(loop.outer, len(loop.rounds)) for loop in loops[:4]] == [((1,), 2), ((2,), 2), ((3,), 2), ((), 3)]


def test_the_middle_of_a_long_loop_is_a_part_between_its_first_and_last_rounds():
    recorded = record(parse("def f(x):\n    for i in range(9):\n        x = 4*x*(1 - x)\n    return x"), [0.3])
    (middle,) = [part for part in parts_of(recorded) if part.kind == "loop"]
    assert (middle.label, middle.rounds) == ("rounds 3–8", 6)
    assert {recorded.ops[op].iteration for op in range(middle.first, middle.last + 1)} == {(k,) for k in range(3, 9)}
    (fold,) = folded(recorded, [middle.key])
    before = recorded.ops[middle.first - 1]
    x, slope = before.value, 1.0
    for _ in range(6):
        x, slope = 4 * x * (1 - x), slope * (4 - 8 * x)
    assert fold.single
    assert recorded.ops[fold.op].value == pytest.approx(x, rel=1e-13)
    assert fold.partials == {before.index: pytest.approx(slope, rel=1e-12)}
    assert not any(part.kind == "loop" for part in parts_of(tape())), "short loops are seen whole"
