"""The table of elementary functions: all that is known about each of them, one row a function.

A partial derivative is written once, over any kind of number: it gets the functions `m` of that kind (floats,
complex numbers, arrays, symbols), the arguments and the value y, and so serves forward mode, reverse mode, the
label on a graph's edge, generated code and second derivatives alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Partial = Callable[..., Any]  # (m, *arguments, y) → number of m's kind


class Functions(Protocol):
    """The elementary functions of one number kind, by canonical name, and a choice between two numbers."""

    def __getattr__(self, name: str) -> Callable[..., Any]: ...


@dataclass(frozen=True)
class Primitive:
    """One elementary function.

    partials: one a position; None where the derivative is zero wherever it exists (never an edge's reason).
    kink: a number that is zero exactly where the function has a corner or a jump, so that its size is the margin.
    jump: True where that place is a jump (no derivative) and not a corner (two one-sided ones).
    analytic: False where the complex step may not pass (the function is not complex differentiable).
    """

    name: str
    symbol: str
    partials: tuple[Partial, ...]
    meaning: str
    domain: str = "every real number"
    aliases: tuple[str, ...] = ()
    kink: Callable[..., Any] | None = None
    jump: bool = False
    analytic: bool = True

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.partials)


NAN = float("nan")
LN2 = 0.6931471805599453  # ln 2
LN10 = 2.302585092994046  # ln 10
TWO_OVER_ROOT_PI = 1.1283791670955126  # 2/√π


def _power_by_base(m: Any, a: Any, b: Any, y: Any) -> Any:
    """b·a^(b−1), and 0 for the exponent 0, which makes the power the constant 1 also at a = 0."""
    return m.choose(m.equal(b, 0.0), 0.0, m.mul(b, m.pow(a, m.sub(b, 1.0))))


def _power_by_exponent(m: Any, a: Any, b: Any, y: Any) -> Any:
    """a^b·ln a, and its limit 0 where a^b is 0, for 0·∞ would be undefined there; none where the base is below 0.

    At 0^0 it is −∞, the slope of x^x. That holds where the base moves with the exponent only: see `needs_its_base`.
    """
    return m.choose(m.equal(y, 0.0), m.choose(m.less(a, 0.0), NAN, 0.0), m.mul(y, m.log(a)))


def _power_by_base_in_motion(m: Any, a: Any, b: Any, y: Any) -> Any:
    """b·a^(b−1) for an exponent that moves: at b = 0 it passes through 0 with the slope 1/a."""
    return m.mul(b, m.pow(a, m.sub(b, 1.0)))


def _power_by_exponent_in_motion(m: Any, a: Any, b: Any, y: Any) -> Any:
    """a^b·ln a for a base that moves: from 0 it leaves with the slope 0 for b > 1, and with none for others."""
    return m.choose(m.equal(a, 0.0), m.choose(m.less(1.0, b), 0.0, NAN), m.mul(y, m.log(a)))


def partial_in_motion(function: str, position: int, moving: Sequence[bool]) -> Partial:
    """The partial that is to be differentiated once more, along a direction in which these arguments move.

    It is that of the table but for powers, whose partials are constant at places as long as the other argument is held.
    """
    if function == "pow" and moving[1 - position]:
        return (_power_by_base_in_motion, _power_by_exponent_in_motion)[position]
    return PRIMITIVES[function].partials[position]


def needs_its_base(function: str, arguments: Sequence[float]) -> bool:
    """Whether a power of 0 has a slope by its exponent b only where the base moves with it: b = 0, and below.

    By the exponent alone there is none: 0^b is 1 at b = 0, 0 just above it, and ∞ below.
    """
    return function == "pow" and arguments[0] == 0.0 and arguments[1] <= 0.0


def _larger(m: Any, a: Any, b: Any) -> Any:
    """1 where a > b, 0 where a < b, ½ at a tie (the mean of the one-sided derivatives, as JAX and CasADi have it)."""
    return m.choose(m.less(b, a), 1.0, m.choose(m.less(a, b), 0.0, 0.5))


_ROWS = (
    Primitive("add", "+", (lambda m, a, b, y: 1.0, lambda m, a, b, y: 1.0), "sum"),
    Primitive("sub", "−", (lambda m, a, b, y: 1.0, lambda m, a, b, y: -1.0), "difference"),
    Primitive("mul", "·", (lambda m, a, b, y: b, lambda m, a, b, y: a), "product"),
    Primitive(
        "div",
        "/",
        (lambda m, a, b, y: m.div(1.0, b), lambda m, a, b, y: m.neg(m.div(y, b))),
        "quotient",
        domain="divisor ≠ 0",
    ),
    Primitive("neg", "−", (lambda m, a, y: -1.0,), "negative"),
    Primitive(
        "pow",
        "^",
        (_power_by_base, _power_by_exponent),
        "power: base to the exponent",
        domain="base > 0, or an integer exponent",
    ),
    Primitive("sin", "sin", (lambda m, a, y: m.cos(a),), "sine, argument in radians"),
    Primitive("cos", "cos", (lambda m, a, y: m.neg(m.sin(a)),), "cosine, argument in radians"),
    Primitive("tan", "tan", (lambda m, a, y: m.add(1.0, m.mul(y, y)),), "tangent, argument in radians"),
    Primitive(
        "asin",
        "asin",
        (lambda m, a, y: m.div(1.0, m.sqrt(m.mul(m.sub(1.0, a), m.add(1.0, a)))),),
        "inverse sine, in radians",
        domain="−1 ≤ x ≤ 1",
        aliases=("arcsin",),
    ),
    Primitive(
        "acos",
        "acos",
        (lambda m, a, y: m.div(-1.0, m.sqrt(m.mul(m.sub(1.0, a), m.add(1.0, a)))),),
        "inverse cosine, in radians",
        domain="−1 ≤ x ≤ 1",
        aliases=("arccos",),
    ),
    Primitive(
        "atan",
        "atan",
        (lambda m, a, y: m.div(1.0, m.add(1.0, m.mul(a, a))),),
        "inverse tangent, in radians",
        aliases=("arctan",),
    ),
    Primitive(
        "atan2",
        "atan2",
        (
            lambda m, a, b, y: m.div(b, m.add(m.mul(a, a), m.mul(b, b))),
            lambda m, a, b, y: m.neg(m.div(a, m.add(m.mul(a, a), m.mul(b, b)))),
        ),
        "angle of the point (second, first) from the positive axis, in radians; a jump of 2π behind 0",
        domain="not both 0",
        aliases=("arctan2",),
        kink=lambda m, a, b: a if b < 0.0 else m.hypot(a, b),
        jump=True,
    ),
    Primitive("sinh", "sinh", (lambda m, a, y: m.cosh(a),), "hyperbolic sine"),
    Primitive("cosh", "cosh", (lambda m, a, y: m.sinh(a),), "hyperbolic cosine"),
    Primitive(
        "tanh",
        "tanh",
        # (1−y)(1+y) loses less than 1−y² where |y| is near 1.
        (lambda m, a, y: m.mul(m.sub(1.0, y), m.add(1.0, y)),),
        "hyperbolic tangent",
    ),
    Primitive(
        "asinh",
        "asinh",
        (lambda m, a, y: m.div(1.0, m.hypot(a, 1.0)),),
        "inverse hyperbolic sine",
        aliases=("arcsinh", "arsinh"),
    ),
    Primitive(
        "acosh",
        "acosh",
        (lambda m, a, y: m.div(1.0, m.mul(m.sqrt(m.sub(a, 1.0)), m.sqrt(m.add(a, 1.0)))),),
        "inverse hyperbolic cosine",
        domain="x ≥ 1",
        aliases=("arccosh", "arcosh"),
    ),
    Primitive(
        "atanh",
        "atanh",
        (lambda m, a, y: m.div(1.0, m.mul(m.sub(1.0, a), m.add(1.0, a))),),
        "inverse hyperbolic tangent",
        domain="−1 < x < 1",
        aliases=("arctanh", "artanh"),
    ),
    Primitive("exp", "exp", (lambda m, a, y: y,), "exponential, e to the x"),
    Primitive("expm1", "expm1", (lambda m, a, y: m.exp(a),), "e^x − 1, accurate near 0"),
    Primitive(
        "log",
        "ln",
        (lambda m, a, y: m.div(1.0, a),),
        "natural logarithm (log(x, b): to base b)",
        domain="x > 0",
        aliases=("ln",),
    ),
    Primitive(
        "log1p",
        "log1p",
        (lambda m, a, y: m.div(1.0, m.add(1.0, a)),),
        "ln(1 + x), accurate near 0",
        domain="x > −1",
    ),
    Primitive(
        "log2",
        "log2",
        (lambda m, a, y: m.div(1.0, m.mul(a, LN2)),),
        "logarithm to base 2",
        domain="x > 0",
        aliases=("log_2",),
    ),
    Primitive(
        "log10",
        "log10",
        (lambda m, a, y: m.div(1.0, m.mul(a, LN10)),),
        "logarithm to base 10",
        domain="x > 0",
        aliases=("log_10",),
    ),
    Primitive("sqrt", "√", (lambda m, a, y: m.div(0.5, y),), "square root", domain="x ≥ 0"),
    Primitive(
        "cbrt", "∛", (lambda m, a, y: m.div(1.0, m.mul(3.0, m.mul(y, y))),), "real cube root, also of negative numbers"
    ),
    Primitive(
        "hypot",
        "hypot",
        (lambda m, a, b, y: m.div(a, y), lambda m, a, b, y: m.div(b, y)),
        "√(x² + y²) without overflow",
    ),
    Primitive(
        "abs",
        "abs",
        (lambda m, a, y: m.sign(a),),
        "absolute value; derivative 0 by convention at 0",
        aliases=("fabs",),
        kink=lambda m, a: a,
        analytic=False,
    ),
    Primitive(
        "sign",
        "sign",
        (lambda m, a, y: m.choose(m.equal(a, 0.0), NAN, 0.0),),
        "−1, 0 or 1; a jump at 0",
        aliases=("sgn",),
        kink=lambda m, a: a,
        jump=True,
        analytic=False,
    ),
    Primitive(
        "heaviside",
        "heaviside",
        (lambda m, a, y: m.choose(m.equal(a, 0.0), NAN, 0.0),),
        "0 below 0, 1 above, ½ at 0; a jump",
        aliases=("step",),
        kink=lambda m, a: a,
        jump=True,
        analytic=False,
    ),
    Primitive(
        "floor",
        "floor",
        (lambda m, a, y: m.choose(m.equal(a, y), NAN, 0.0),),
        "largest integer not above x; a jump at each integer",
        kink=lambda m, a: m.sub(a, m.floor(m.add(a, 0.5))),
        jump=True,
        analytic=False,
    ),
    Primitive(
        "ceil",
        "ceil",
        (lambda m, a, y: m.choose(m.equal(a, y), NAN, 0.0),),
        "smallest integer not below x; a jump at each integer",
        aliases=("ceiling",),
        kink=lambda m, a: m.sub(a, m.floor(m.add(a, 0.5))),
        jump=True,
        analytic=False,
    ),
    Primitive(
        "min",
        "min",
        (lambda m, a, b, y: _larger(m, b, a), lambda m, a, b, y: _larger(m, a, b)),
        "smaller of two, or of more pair by pair; ½ each at a tie of two",
        aliases=("minimum",),
        kink=lambda m, a, b: m.sub(a, b),
        analytic=False,
    ),
    Primitive(
        "max",
        "max",
        (lambda m, a, b, y: _larger(m, a, b), lambda m, a, b, y: _larger(m, b, a)),
        "larger of two, or of more pair by pair; ½ each at a tie of two",
        aliases=("maximum",),
        kink=lambda m, a, b: m.sub(a, b),
        analytic=False,
    ),
    Primitive(
        "erf",
        "erf",
        (lambda m, a, y: m.mul(TWO_OVER_ROOT_PI, m.exp(m.neg(m.mul(a, a)))),),
        "error function",
    ),
    Primitive(
        "sigmoid",
        "sigmoid",
        # σ(x)·σ(−x): 1 − σ(x) would be 0 too early on the right.
        (lambda m, a, y: m.mul(y, m.sigmoid(m.neg(a))),),
        "logistic function 1/(1 + e^−x), without overflow",
        aliases=("logistic", "expit"),
    ),
    Primitive(
        "relu",
        "relu",
        (lambda m, a, y: m.choose(m.less(0.0, a), 1.0, 0.0),),
        "max(x, 0); derivative 0 by convention at 0",
        kink=lambda m, a: a,
        analytic=False,
    ),
    Primitive("softplus", "softplus", (lambda m, a, y: m.sigmoid(a),), "ln(1 + e^x), without overflow"),
)

PRIMITIVES: dict[str, Primitive] = {row.name: row for row in _ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in _ROWS for alias in row.aliases}

# Functions that are read as one over another: sec(x) is 1/cos(x).
RECIPROCALS = {
    "sec": "cos", "csc": "sin", "cosec": "sin", "cot": "tan", "ctg": "tan", "sech": "cosh", "csch": "sinh",
    "coth": "tanh",
}  # fmt: skip

# What a person writes as an operator and never as a call.
OPERATORS = ("add", "sub", "mul", "div", "neg", "pow")


def shown_as(name: str) -> str:
    """What a function is called by the program where somebody calls it by another name (arcsin: asin); else ""."""
    primitive = PRIMITIVES.get(ALIASES.get(name, ""))
    return "" if primitive is None or name == primitive.symbol else primitive.name


def function_named(name: str) -> Primitive | None:
    """The elementary function that a person calls by this name, or None; operators have no call."""
    canonical = ALIASES.get(name, name)
    return None if canonical in OPERATORS else PRIMITIVES.get(canonical)
