"""The numbers that `check` reproduces, as they are printed, each table with its source.

A float is exact, or all the digits of a double; a text is a number as it is printed, good to one unit of its last
digit. Nothing is computed here.
"""

from __future__ import annotations

from typing import NamedTuple

Printed = float | str

NAN = float("nan")

# -- Baydin, Pearlmutter, Radul & Siskind 2018: Automatic differentiation in machine learning, JMLR 18(153) ----------

# Table 1. l₁ = x, lₙ₊₁ = 4lₙ(1 − lₙ): n, lₙ, its derivative as the product rule leaves it, and simplified.
ITERATES: tuple[tuple[int, str, str, str], ...] = (
    (1, "x", "1 + 0x", "1 + 0x"),
    (2, "4x(1 - x)", "4(1 - x) - 4x", "4 - 8x"),
    (
        3,
        "16x(1 - x)(1 - 2x)^2",
        "16(1 - x)(1 - 2x)^2 - 16x(1 - 2x)^2 - 64x(1 - x)(1 - 2x)",
        "16(1 - 10x + 24x^2 - 16x^3)",
    ),
    (
        4,
        "64x(1 - x)(1 - 2x)^2 (1 - 8x + 8x^2)^2",
        "128x(1 - x)(-8 + 16x)(1 - 2x)^2 (1 - 8x + 8x^2) + 64(1 - x)(1 - 2x)^2 (1 - 8x + 8x^2)^2"
        " - 64x(1 - 2x)^2 (1 - 8x + 8x^2)^2 - 256x(1 - x)(1 - 2x)(1 - 8x + 8x^2)^2",
        "64(1 - 42x + 504x^2 - 2640x^3 + 7040x^4 - 9984x^5 + 7168x^6 - 2048x^7)",
    ),
)
# lₙ and lₙ′ by hand, n = 1 … 4, at two points.
ITERATES_AT: dict[float, tuple[tuple[float, float], ...]] = {
    0.3: ((0.3, 1.0), (0.84, 1.6), (0.5376, -4.352), (0.99434496, 1.3090816)),
    0.2: ((0.2, 1.0), (0.64, 2.4), (0.9216, -2.688), (0.28901376, 9.0660864)),
}

WORKED = "ln(x1) + x1*x2 - sin(x2)"
WORKED_AT = {"x1": 2.0, "x2": 5.0}
# Table 2, and the same for the other seed: operation, value, tangent. The table's v₋₁ and v₀ are x1 and x2 here.
FORWARD_TRACE: dict[str, tuple[tuple[str, float, float], ...]] = {
    "x1": (
        ("x1", 2.0, 1.0),
        ("x2", 5.0, 0.0),
        ("v1", 0.6931471805599453, 0.5),
        ("v2", 10.0, 5.0),
        ("v3", -0.9589242746631385, 0.0),
        ("v4", 10.693147180559945, 5.5),
        ("v5", 11.652071455223084, 5.5),
    ),
    "x2": (
        ("x1", 2.0, 0.0),
        ("x2", 5.0, 1.0),
        ("v1", 0.6931471805599453, 0.0),
        ("v2", 10.0, 2.0),
        ("v3", -0.9589242746631385, 0.28366218546322625),
        ("v4", 10.693147180559945, 2.0),
        ("v5", 11.652071455223084, 1.7163378145367738),
    ),
}
# Table 3: what is added to which adjoint, in order, and the adjoint then.
REVERSE_TRACE: tuple[tuple[str, float, float], ...] = (
    ("v5", 1.0, 1.0),
    ("v4", 1.0, 1.0),
    ("v3", -1.0, -1.0),
    ("v1", 1.0, 1.0),
    ("v2", 1.0, 1.0),
    ("x2", -0.28366218546322625, -0.28366218546322625),
    ("x1", 5.0, 5.0),
    ("x2", 2.0, 1.7163378145367738),
    ("x1", 0.5, 5.5),
)
# The same function's matrix of second derivatives, by hand: ((−1/x₁², 1), (1, sin x₂)).
SECOND_DERIVATIVES: tuple[tuple[float, float], ...] = ((-0.25, 1.0), (1.0, -0.9589242746631385))

# Figure 3 at l₄, x = 0.2: the power of h with which each error falls, and where rounding takes over.
# scheme: (order, from h, to h) for truncation; (power, from h, to h) for rounding; decade of the smallest error.
ERROR_CURVES: dict[str, tuple[tuple[int, float, float], tuple[int, float, float] | None, int | None]] = {
    "forward": ((1, 1e-7, 1e-3), (-1, 1e-15, 1e-11), -9),
    "central": ((2, 1e-5, 1e-2), (-1, 1e-15, 1e-9), -7),
    "complex step": ((2, 1e-6, 1e-2), None, None),
}

# -- JAX's autodiff cookbook: first and second derivative of tanh at 2, in float32 there -----------------------------

TANH_AT_2: tuple[str, str] = ("0.0706508", "-0.1362187")

# -- Farrell, Ham, Funke & Rognes 2013: the Taylor test, here at the worked example, h = 0.1·2⁻ᵏ along (1, 1) --------

# Slopes of the remainder with the gradient; with gradient and Hessian; with a gradient that is 3 % wrong in x1.
TAYLOR_FIRST: tuple[str, ...] = ("2.017", "2.008", "2.004", "2.002", "2.001")
TAYLOR_SECOND: tuple[str, ...] = ("3.020", "3.010", "3.005")
TAYLOR_WRONG: tuple[str, ...] = ("0.780", "0.903", "0.954", "0.978")

# -- Squire & Trapp 1998: Using complex variables to estimate derivatives of real functions, SIAM Review 40(1) -------

SQUIRE_TRAPP = "exp(x)/sqrt(sin(x)^3 + cos(x)^3)"
SQUIRE_TRAPP_AT = 1.5
SQUIRE_TRAPP_DERIVATIVE = 4.05342789389862066
SMALLEST_STEP = 1e-200

# -- Speelpenning 1980; Laue 2019 (arXiv 1904.02990): the product's partials, xᵢ = i ---------------------------------

SPEELPENNING: tuple[float, ...] = (
    3628800.0, 1814400.0, 1209600.0, 907200.0, 725760.0, 604800.0, 518400.0, 453600.0, 403200.0, 362880.0,
)  # fmt: skip

# -- sizes, which depend on SymPy's release: shown and never failed. Measured with 1.14. -----------------------------

# SymPy's count_ops of the derivative: what, source, (programs, sizes).
LOGISTIC_OPERATIONS: dict[int, int] = {2: 2, 3: 21, 4: 82, 5: 264, 6: 768}  # lₙ composed, Baydin Table 1's swell
FACTORED_OPERATIONS: dict[int, int] = {3: 19, 4: 57}  # lₙ as Table 1 prints it
PRODUCT_OPERATIONS: dict[int, int] = {3: 3, 5: 15, 10: 80}  # n(n − 2), all partials together
SINE_OPERATIONS: dict[int, int] = {1: 1, 2: 4, 3: 8, 4: 13, 5: 19}  # sin of sin of …

# -- Heron's square root at 2 from t = (1 + x)/2: iterates and their derivatives -------------------------------------

HERON: tuple[tuple[Printed, Printed], ...] = (
    (1.5, 0.5),
    ("1.4166667", "0.3611111"),
    ("1.4142156863", "0.3535659362"),
    ("1.41421356237469", "0.35355339061"),
    (1.414213562373095, 0.3535533905932738),
)
# The loop that ends when |t² − x| ≤ 10⁻³: errors of value and derivative (the derivative lags behind).
HERON_STOPPED: tuple[str, str] = ("0.0000021", "0.0000125")

# -- test functions of optimization ----------------------------------------------------------------------------------


class TestFunction(NamedTuple):
    """A function of x and y: value and gradient at a point, and stationary points (x, y, value, eigenvalues)."""

    text: str
    point: tuple[float, float]
    value: Printed
    gradient: tuple[Printed, Printed]
    stationary: tuple[tuple[float, float, Printed, tuple[Printed, ...]], ...] = ()


TEST_FUNCTIONS: dict[str, TestFunction] = {
    "Rosenbrock 1960": TestFunction(
        "(1 - x)^2 + 100(y - x^2)^2",
        (-1.2, 1.0),
        24.2,
        (-215.6, -88.0),
        ((1.0, 1.0, 0.0, ("0.39936077", "1001.6006")),),
    ),
    "Beale 1958": TestFunction(
        "(1.5 - x + x y)^2 + (2.25 - x + x y^2)^2 + (2.625 - x + x y^3)^2",
        (1.0, 1.0),
        14.203125,
        (0.0, 27.75),
        ((3.0, 0.5, 0.0, ("0.30146365", "48.979786")),),
    ),
    "Himmelblau 1972": TestFunction(
        "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        (0.0, 0.0),
        170.0,
        (-14.0, -22.0),
        (
            (3.0, 2.0, 0.0, ("25.72", "82.28")),
            (-2.805118087, 3.131312518, 0.0, ("64.84", "80.55")),
            (-3.779310253, -3.283185991, 0.0, ("70.71", "133.79")),
            (3.584428340, -1.848126527, 0.0, ("28.69", "105.42")),
            (-0.270844591, -0.923038556, "181.616522", ("-45.61", "-16.07")),
            (-3.07302575, -0.0813530443, "104.0152", ()),
            (-0.127961347, -1.95371498, "178.3372", ()),
            (0.0866775046, 2.8842547, "67.71915", ()),
            (3.38515418, 0.0738518798, "13.31193", ()),
        ),
    ),
    "Booth": TestFunction(
        "(x + 2y - 7)^2 + (2x + y - 5)^2",
        (0.0, 0.0),
        74.0,
        (-34.0, -38.0),
        ((1.0, 3.0, 0.0, (2.0, 18.0)),),
    ),
    "three-hump camel": TestFunction(
        "2x^2 - 1.05x^4 + x^6/6 + x y + y^2",
        (2.0, -1.0),
        "0.8666667",
        (5.4, 0.0),
        (
            (0.0, 0.0, 0.0, ("1.5857864", "4.4142136")),
            (1.74755235, -0.873776173, "0.298638442", ()),
            (1.07054229, -0.535271146, "0.877361558", ()),
        ),
    ),
    "Rastrigin 1974": TestFunction(
        "20 + x^2 + y^2 - 10cos(2pi x) - 10cos(2pi y)",
        (2.2, -1.7),
        27.73,
        ("64.15664329", "56.35664329"),
        ((0.0, 0.0, 0.0, ("396.78418", "396.78418")),),
    ),
    "Ackley 1987": TestFunction(
        "20 + e - 20exp(-0.2sqrt((x^2 + y^2)/2)) - exp((cos(2pi x) + cos(2pi y))/2)",
        (1.0, 1.0),
        "3.62538493844",
        ("1.63746150616", "1.63746150616"),
    ),
    "Styblinski & Tang 1990": TestFunction(
        "(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)/2",
        (1.0, 1.0),
        -10.0,
        (-11.5, -11.5),
        ((-2.903534028, -2.903534028, "-78.332331407543", ("34.583", "34.583")),),
    ),
    "the saddle x² − y²": TestFunction(
        "x^2 - y^2",
        (0.5, 0.01),
        0.2499,
        (1.0, -0.02),
        ((0.0, 0.0, 0.0, (-2.0, 2.0)),),
    ),
}

# -- Ruder 2016 (arXiv 1609.04747): the rules, three steps each on Rosenbrock from (−1.2, 1) -------------------------

ROSENBROCK = TEST_FUNCTIONS["Rosenbrock 1960"].text
ROSENBROCK_START = (-1.2, 1.0)


class Steps(NamedTuple):
    """A rule by name with its settings, and the points after its first steps."""

    rule: str
    settings: dict[str, float | bool]
    points: tuple[tuple[Printed, Printed], ...]


FIRST_STEPS: dict[str, Steps] = {
    "gradient descent": Steps(
        "gd",
        {"rate": 1e-3},
        ((-0.9844, 1.088), ("-1.027271567", "1.064208672"), ("-1.026883068", "1.062424312")),
    ),
    "momentum": Steps(
        "momentum",
        {"rate": 1e-3, "beta": 0.9},
        ((-0.9844, 1.088), ("-0.8332315666", "1.143408672"), ("-0.8432065067", "1.103449711")),
    ),
    "Nesterov": Steps(
        "nesterov",
        {"rate": 1e-3, "beta": 0.9},
        ((-0.9844, 1.088), ("-0.9582972227", "1.058693786"), ("-0.9901861492", "1.000626529")),
    ),
    "Adagrad": Steps(
        "adagrad",
        {"rate": 0.01, "epsilon": 1e-8},
        (("-1.190000000", "1.010000000"), ("-1.183241820", "1.016782315"), ("-1.177880702", "1.022173556")),
    ),
    "Adadelta": Steps(
        "adadelta",
        {"rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
        (("-1.196837722", "1.003162278"), ("-1.193634824", "1.006368454"), ("-1.190433399", "1.009577549")),
    ),
    "RMSprop": Steps(
        "rmsprop",
        {"rate": 1e-3, "rho": 0.9, "epsilon": 1e-8},
        (("-1.196837722", "1.003162278"), ("-1.194572932", "1.005429387"), ("-1.192691362", "1.007314016")),
    ),
    "RMSprop that divides by the old average": Steps(
        "rmsprop-as-printed",
        {"rate": 1e-3, "rho": 0.9, "epsilon": 1e-10},
        (("21558.8", "8801.0"),),
    ),
    "Adam": Steps(
        "adam",
        {"rate": 1e-3},
        (("-1.199000000", "1.001000000"), ("-1.198000228", "1.001999790"), ("-1.197000839", "1.002999230")),
    ),
    "Adam without bias correction": Steps(
        "adam",
        {"rate": 1e-3, "bias_correction": False},
        (("-1.196837722", "1.003162278"), ("-1.192591483", "1.007408807"), ("-1.187653882", "1.012347495")),
    ),
    "AMSGrad (maximum of the corrected)": Steps(
        "amsgrad",
        {"rate": 1e-3, "correct_first": True},
        (("-1.199000000", "1.001000000"), ("-1.198004414", "1.001995934"), ("-1.197013369", "1.002987682")),
    ),
    "AdaMax": Steps(
        "adamax",
        {"rate": 2e-3},
        (("-1.198000000", "1.002000000"), ("-1.196015654", "1.003985727"), ("-1.194047437", "1.005956711")),
    ),
    "Nadam": Steps(
        "nadam",
        {"rate": 1e-3},
        (("-1.198100000", "1.001900000"), ("-1.196678327", "1.003322042"), ("-1.195415235", "1.004585602")),
    ),
    "AdamW": Steps(
        "adamw",
        {"rate": 1e-3, "weight_decay": 0.01},
        (("-1.198988000", "1.000990000"), ("-1.197976240", "1.001979779"), ("-1.196964875", "1.002969196")),
    ),
    "Rprop": Steps(
        "rprop",
        {"rate": 0.01},
        ((-1.19, 1.01), (-1.178, 1.022), (-1.1636, 1.0364)),
    ),
}

# -- Goh 2017: Why momentum really works, Distill: λ = 1 and 100, from (1, 1) until both coordinates are below 10⁻⁶ --


class Tuned(NamedTuple):
    """A rule at the article's best settings: their digits, the rate of convergence, the number of steps."""

    rule: str
    printed: dict[str, str]
    convergence: str
    steps: int


GOH = "(x^2 + 100y^2)/2"
GOH_EIGENVALUES = (1.0, 100.0)
GOH_START = (1.0, 1.0)
GOH_ENOUGH = 1e-6
GOH_TUNED: tuple[Tuned, Tuned] = (
    Tuned("gd", {"rate": "0.0198020"}, "0.9801980", 691),
    Tuned("momentum", {"rate": "0.0330579", "beta": "0.6694215"}, "0.8181818", 95),
)

# -- least squares by hand: y = 2x + 1 at x = 0 … 4, model wx + b, mean square ---------------------------------------

LEAST_SQUARES = "((b - 1)^2 + (w + b - 3)^2 + (2w + b - 5)^2 + (3w + b - 7)^2 + (4w + b - 9)^2)/5"
LEAST_SQUARES_RATE = 0.05
LEAST_SQUARES_HESSIAN: tuple[tuple[float, float], ...] = ((2.0, 4.0), (4.0, 12.0))  # inputs in order: b, w
LEAST_SQUARES_EIGENVALUES: tuple[str, str] = ("0.59687576", "13.40312424")
# w, b, loss along gradient descent from (0, 0).
LEAST_SQUARES_STEPS: tuple[tuple[Printed, Printed, Printed], ...] = (
    (0.0, 0.0, 33.0),
    (1.4, 0.5, 3.61),
    (1.86, 0.67, "0.4113"),
    (2.01, 0.731, "0.062201"),
)

# -- what this program answers where calculus is silent: text, point, gradient ---------------------------------------

CONVENTIONS: tuple[tuple[str, dict[str, float], tuple[float, ...]], ...] = (
    ("abs(x)", {"x": 0.0}, (0.0,)),
    ("sqrt(x*x)", {"x": 0.0}, (NAN,)),
    ("max(x, 0)", {"x": 0.0}, (0.5,)),
    ("relu(x)", {"x": 0.0}, (0.0,)),
    ("relu(x) - relu(-x)", {"x": 0.0}, (0.0,)),
    ("clip(x, 0, 1)", {"x": 0.0}, (0.5,)),
    ("clip(x, 0, 1)", {"x": 1.0}, (0.5,)),
    ("x^0.0", {"x": 0.0}, (0.0,)),
    ("x*sqrt(x)", {"x": 0.0}, (NAN,)),
    ("x^y", {"x": -2.0, "y": 3.0}, (12.0, NAN)),
    ("log(x)", {"x": -1.0}, (NAN,)),
    ("where(x > 0, sqrt(x), 0)", {"x": -1.0}, (0.0,)),
    ("where(x < 1, x, sqrt(x))", {"x": 0.0}, (1.0,)),
    ("hypot(x, y)", {"x": 0.0, "y": 0.0}, (NAN, NAN)),
    ("1/(1 + exp(-x))", {"x": -1000.0}, (NAN,)),
    ("sigmoid(x)", {"x": -1000.0}, (0.0,)),
    ("log(1 + exp(x))", {"x": 1000.0}, (NAN,)),
    ("softplus(x)", {"x": 1000.0}, (1.0,)),
)
