"""Where AD is not calculus (corners, branches, loops that stop): each has its sentence, in report and in window."""

from typing import Any, NamedTuple

import pytest

from explorer.work import questions
from explorer.work.report import answers, empty, merge
from explorer.work.wire import plain


class Trap(NamedTuple):
    """A text with its x; AD's derivative there and the slopes of the two sides (none are asked of a smooth point)."""

    text: str
    x: float
    derivative: float
    sides: tuple[float, float] | None
    said: tuple[str, ...]
    head: str  # what the window says first of all


HERON = "def heron(x):\n    t = {0}\n    while abs(t*t - x) > {1}:\n        t = (t + x/t)/2\n    return t"
TRAPS = {
    "|x|": Trap(
        "abs(x)", 0.0, 0.0, (-1.0, 1.0),
        ("abs has its corner exactly here: AD takes its slope as 0 by convention",), "no derivative at this point",
    ),
    "max": Trap(
        "max(x, 2x)", 0.0, 1.5, (1.0, 2.0),
        ("max has a tie exactly here: AD takes its slope as 0.5, 0.5 by convention",), "no derivative at this point",
    ),
    "relu − relu": Trap(
        "relu(x) - relu(-x)", 0.0, 0.0, (1.0, 1.0),
        ("the slope is 1 from both sides, and AD gives 0", "these do not compose"), "the methods disagree",
    ),
    "if x == 0": Trap(
        "def f(x):\n    if x == 0:\n        return 0\n    return x", 0.0, 0.0, (1.0, 1.0),
        ("Line 2: “x == 0” holds with a margin of 0", "the slope is 1 from both sides, and AD gives 0"),
        "the methods disagree",
    ),
    "a jump": Trap(
        "where(x > 0, 1, 0)", 0.0, 0.0, (0.0, float("inf")),
        ("“x > 0” does not hold with a margin of 0: the point lies on this branch's boundary",),
        "no derivative at this point",
    ),
    "close to a boundary": Trap(
        "where(x < 1, x, x^2)", 1.0 - 1e-13, 1.0, (1.0, 2.0),
        ("“x < 1” holds with a margin of −1e−13: the point is so near to this branch's boundary that rounding",),
        "no derivative at this point",
    ),
    "a smooth boundary": Trap(
        "where(x > 0, x^2, 0)", 0.0, 0.0, (0.0, 0.0), ("“x > 0” does not hold with a margin of 0",), "all methods agree"
    ),
    "where-trap": Trap("where(x < 1, x, sqrt(x))", 0.0, 1.0, None, (), "all methods agree"),
    "Heron that does not run": Trap(
        HERON.format("1", "1e-9"), 1.0, 0.0, (0.5, 0.5),
        ("The loop in line 3 did not run, so the derivative is that of what stood before it: that of a constant",),
        "the methods disagree",
    ),
    "Heron that stops early": Trap(
        HERON.format("(1 + x)/2", "1e-3"), 2.0, 0.3535659362, None,
        ("The loop in line 3 ended after 2 rounds because of an input's value", "not the limit they approach",
         "The loop in line 3 is written out with the 2 rounds that it has at this point"),
        "all methods agree",
    ),
}  # fmt: skip


@pytest.fixture(params=TRAPS.values(), ids=TRAPS.keys())
def trap(request: pytest.FixtureRequest) -> Trap:
    return request.param


def report(text: str, x: float) -> dict[str, Any]:
    answer = empty(text)
    for part in answers(questions.report(text, {"x": x}, None, 1, None)):
        merge(answer, part)
    return plain(answer)


def test_the_report_says_what_calculus_would_have_said(trap):
    answer = report(trap.text, trap.x)
    for engine in ("forward", "reverse", "symbolic"):
        if answer["jacobian"][engine] is not None:
            assert answer["jacobian"][engine] == [[pytest.approx(trap.derivative, rel=1e-9)]]
    slopes = [(float(s["left"]), float(s["right"])) for s in answer["verdict"]["slopes"]]
    if trap.sides is not None:
        assert slopes == [pytest.approx(trap.sides, abs=1e-6)]
    notes = " ".join(answer["verdict"]["notes"])
    for words in trap.said:
        assert words in notes


def test_the_symbolic_panel_says_of_a_loop_that_it_is_written_out_for_this_point(write, find, settle):
    write(HERON.format("(1 + x)/2", "1e-3"))
    find("point.x").setValue(2.0)
    settle()
    assert "written out with the 2 rounds" in find("status.symbolic").text()
    write("x^2")
    settle()
    assert "written out" not in find("status.symbolic").text()


def test_the_window_says_it_too(trap, write, find, settle):
    write(trap.text)
    find("point.x").setValue(trap.x)
    settle()
    assert trap.head in find("status.verdict").text()
    reasons = find("verdict.reasons").text()
    for words in trap.said:
        assert words[1:] in reasons  # a sentence begins with a capital letter there
