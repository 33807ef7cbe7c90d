"""Where differences break: each pathology is found by its name, and sound functions are left in peace."""

import math

import numpy as np
import pytest

from explorer.calculus.breaks import NAMES, UNIT_ROUNDOFF, Surroundings, find_breaks
from explorer.calculus.differences import Slice, sample
from explorer.calculus.multiprecision import jet
from explorer.calculus.precision import noise_in_doubles
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.program import ExplorerError

HERON = "def f(x):\n    t = (1 + x)/2\n    while abs(t*t - x) > 1e-3:\n        t = (t + x/t)/2\n    return t"


def breaks_of(text, *point, precise=True):
    program = parse(text)
    f = Slice(program, point, 0, 0)
    found, noise = None, UNIT_ROUNDOFF * abs(f.here)
    if precise:
        try:
            found = jet(program, list(point), 0, 0)
            noise = max(noise, noise_in_doubles(f))
        except ExplorerError:
            pass
    steps = np.logspace(-17, 0, 205) * max(1.0, abs(point[0]))
    _, values = sample(f, [-1.0, 1.0], steps)
    about = Surroundings(
        program, point, f, record(program, point), found, steps.tolist(), *(v.tolist() for v in values), noise
    )
    return {each.name: each for each in find_breaks(about)}


@pytest.mark.parametrize(
    ("text", "x", "name", "serious"),
    [
        ("|x|", 0.0, "kink", True),
        ("max(x, 3)", 3.0, "kink", True),
        ("sqrt(x^2)", 0.0, "kink", True),
        ("floor(x)", 2.0, "jump", True),
        ("where(x < 1, x, x + 1)", 1.0, "jump", True),
        ("cbrt(x)", 0.0, "vertical tangent", True),
        ("sqrt(|x|)", 0.0, "vertical tangent", True),
        ("sqrt(x)", 0.0, "domain edge", True),
        ("x*sqrt(x)", 0.0, "domain edge", False),
        ("ln(x)", 1e-4, "domain edge", False),
        ("ln(x)", -1.0, "undefined", True),
        ("1/x", 0.0, "pole", True),
        ("1/x", 1e-4, "pole", False),
        ("exp(x)", 1000.0, "overflow", True),
        ("exp(x)", 709.7, "overflow", False),
        ("exp(-x)", 800.0, "underflow", True),
        ("|x|", 1e-6, "kink nearby", False),
        ("floor(x)", 2.001, "jump nearby", False),
        ("atan2(x, -1)", 1e-3, "jump nearby", False),
        ("where(x > 0, x^2, -x^2)", 1e-3, "branch boundary", False),
        ("relu(x) - relu(-x)", 0.0, "isolated branch", False),
        ("where(x == 0, 0, x)", 0.0, "isolated branch", False),
        ("sin(x)", 1e17, "x + h = x", True),
        ("x^2", 1e9, "x + h = x", False),
        ("sin(1e6x)", 1.0, "oscillation", False),
        ("sin(x)", 1e6, "oscillation", False),
        ("tanh(1e4x)", 1e-5, "short scale", False),
        ("sin(x) + 1e12", 1.0, "cancellation", False),
        ("(1 - cos(x))/x^2", 1e-5, "noise", False),
        ("x^2", 0.0, "flat", False),
        ("sinh(x^4)", 0.0, "flat", False),
        ("|x|", 1.0, "complex step", False),
        (HERON, 2.2, "loop", False),
    ],
)
def test_each_pathology_is_found_by_its_name(text, x, name, serious):
    assert name in NAMES
    assert breaks_of(text, x)[name].serious == serious


def test_an_input_that_nothing_depends_on_is_named():
    assert set(breaks_of("0*x + 1", 1.0)) == {"flat"}
    assert set(breaks_of("def f(x, y):\n    return y**2", 1.0, 2.0)) == {"constant"}
    only_compared = "def f(x):\n    if x > 1:\n        return 2\n    return 1"
    assert set(breaks_of(only_compared, 0.9999)) >= {"branch boundary"}
    assert "constant" not in breaks_of(only_compared, 0.9999)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("ln(x1) + x1*x2 - sin(x2)", (2.0, 5.0)),
        ("sin(x)*exp(x)", (1.0,)),
        ("exp(x)/sqrt(sin(x)^3 + cos(x)^3)", (1.5,)),
        ("a = 4x(1 - x)\nb = 4a(1 - a)\n4b(1 - b)", (0.2,)),
        ("x^3 - 2x", (5.0,)),
        ("1/x", (2.0,)),
    ],
)
def test_sound_functions_are_left_in_peace(text, point):
    assert breaks_of(text, *point) == {}


@pytest.mark.parametrize(
    ("text", "x", "name", "low"),
    [
        ("ln(x)", 1.3e-4, "domain edge", 1.3e-4),
        ("sqrt(x)", 1e-10, "domain edge", 1e-10),
        ("ln(x)", 1e-12, "domain edge", 1e-12),
        ("|x|", 1.3e-6, "kink nearby", 1.3e-6),
        ("floor(x)", 2.001, "jump nearby", 1e-3),
        ("where(x > 0, x^2, -x^2)", 1.7e-3, "branch boundary", 1.7e-3),
        ("exp(x)", 709.7, "overflow", 709.782712893384 - 709.7),
        ("sin(1e6x)", 1.0, "oscillation", 1e-6),
    ],
)
def test_the_steps_that_are_spoiled_begin_where_they_do(text, x, name, low):
    found = breaks_of(text, x)[name]
    assert found.low == pytest.approx(low, rel=1e-5 if name != "oscillation" else 0.5)
    assert found.high == math.inf


def test_without_many_digits_what_the_program_shows_is_still_found():
    assert "kink nearby" in breaks_of("|x|", 1e-6, precise=False)
    assert "domain edge" in breaks_of("ln(x)", 1e-4, precise=False)
    assert breaks_of("ln(x)", -1.0, precise=False)["undefined"].serious


def test_sentences_carry_the_numbers():
    assert "slope −1 on the left and 1 on the right" in breaks_of("|x|", 0.0)["kink"].sentence
    assert "1.97e434" in breaks_of("exp(x)", 1000.0)["overflow"].sentence
    assert "infinite at x and around it" in breaks_of("x/y", 2.0, 0.0)["pole"].sentence
    assert "16 apart" in breaks_of("sin(x)", 1e17)["x + h = x"].sentence
    assert "line 3" in breaks_of(HERON, 2.2)["loop"].sentence
