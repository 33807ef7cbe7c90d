r"""LaTeX as it is pasted: what it reads as, what is refused and where; SymPy's own printer as the referee."""

import math
from contextlib import suppress

import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from explorer.calculus import symbolic
from explorer.calculus.evaluate import values
from explorer.language.latex import MAX_NESTING, read_latex
from explorer.language.parser import looks_like_latex, parse
from explorer.language.program import ExplorerError
from tests.test_methods_agree import AGREE

READINGS = [
    (r"\frac{x}{2y}", "x/(2*y)"),
    (r"\frac12 x^2 + \tfrac{1}{3}y", "1/2*x^2 + 1/3*y"),
    (r"2\frac{a}{b}", "2*(a/b)"),
    (r"\sqrt[3]{x} + \sqrt{x^2+y^2} - \sqrt[n]{x}", "cbrt(x) + sqrt(x^2 + y^2) - x^(1/n)"),
    (r"\left(1-x\right)^2 + 100\bigl[y-x^2\bigr]^{2}", "(1 - x)^2 + 100*(y - x^2)^2"),
    (r"f(x_1, x_2) = \ln x_1 + x_1 x_2 - \sin x_2", "f(x1, x2) = ln(x1) + x1*x2 - sin(x2)"),
    (r"$$y = \frac{1}{1+e^{-x}}.$$", "y = 1/(1 + e^(-x))"),
    (r"\sin^2 x + \cos^{2}\theta", "sin(x)^2 + cos(theta)^2"),
    (r"\sin 2x \cos y", "sin(2*x)*cos(y)"),
    (r"\sin x \cdot y \times z \div 2", "sin(x)*y*z/2"),
    (r"\arctan\frac{y}{x} + \sin^{-1}(x)", "arctan(y/x) + asin(x)"),
    (r"\operatorname{relu}(x) + \mathrm{sigmoid}\left(w x + b\right)", "relu(x) + sigmoid(w*x + b)"),
    (r"|x-1| + \left|\frac{x}{y}\right| + \lvert z\rvert + \ln|x|", "abs(x - 1) + abs(x/y) + abs(z) + ln(abs(x))"),
    (r"\log_2 x + \log_{10}(y) + \log_b z + \lg x", "log2(x) + log10(y) + log(z, b) + log10(x)"),
    (r"\max(x, y) - \min\{x, 0\}", "max(x, y) - min(x, 0)"),
    (r"\lfloor x \rfloor + \lceil y \rceil", "floor(x) + ceil(y)"),
    (r"v_{max} \alpha_1 \varepsilon \lambda x_{i,j}", "v_max*alpha1*epsilon*lambda*x_i_j"),
    (r"\hat{y} - \vec{w} x \mathrm{rate}", "y_hat - w*x*rate"),
    (r"\hat y_1 - \mathbf w x + \mathrm e^{x}", "y_hat1 - w*x + e^x"),
    (r"(1+r)^T + \mathbf{x}^{Tk} + e^{T}", "(1 + r)^T + x^(T*k) + e^T"),
    (r"2\pi r", "2*pi*r"),
    (r"3{,}5 x", "3.5*x"),
    (r"\cot^2 x", "(1/tan(x))^2"),
    (r"a - (b - c) - -x", "a - (b - c) - (-x)"),
    (r"x^{2^n} % a remark", "x^(2^n)"),
    (r"sin(x) + \frac{1}{y}", "sin(x) + 1/y"),
    (r"g(t) = t^2 \\ g(x) + 1", "g(t) = t^2\ng(x) + 1"),
    (r"\begin{align*}a &= x^2\label{one} \\ y &= \sqrt{a}\end{align*}", "a = x^2\ny = sqrt(a)"),
    (r"\begin{pmatrix} r\cos\phi \\ r\sin\phi \end{pmatrix}", "(r*cos(phi), r*sin(phi))"),
    (r"\begin{cases} x^2 & \text{if } x > 0 \\ -x & \text{otherwise} \end{cases}", "piecewise(x > 0, x^2, -x)"),
    (r"\begin{cases} x, & x \geq 0 \\ -x, & x<0. \end{cases}", "piecewise(x >= 0, x, -x)"),
    (
        r"\begin{cases}0 & x<0 \text{ or } y=0\\1 & 0 \le x < 1 \land y>2\\2\end{cases}",
        "piecewise(x < 0 or y == 0, 0, 0 <= x < 1 and y > 2, 1, 2)",
    ),
    (r"\sum_{i=1}^{10} i x_i^2", "sum(i*x[i]^2 for i in range(1, 11))"),
    ("∑_{i=1}^{10} i x_i^2", "sum(i*x[i]^2 for i in range(1, 11))"),
    (r"\prod_{k=0}^{2} (x_{k+1}-k)", "prod(x[k + 1] - k for k in range(0, 3))"),
]


@pytest.mark.parametrize(("latex", "formula"), READINGS)
def test_latex_reads_as_a_formula_that_parses(latex, formula):
    assert read_latex(latex) == formula
    parse(formula)


@pytest.mark.parametrize(
    ("latex", "column", "part"),
    [
        (r"x + \int_0^1 x dx", 4, "integral"),
        (r"\frac{d}{dx} x^2", 0, "derivatives are computed"),
        (r"\frac{\partial f}{\partial x}", 6, "derivatives are computed"),
        (r"f'(x)", 1, "derivatives are computed"),
        (r"\lim_{x \to 0} x", 0, "limit"),
        (r"\sum_{i=1}^\infty x_i", 11, "Infinity"),
        (r"x \pm 1", 2, "two functions"),
        (r"\mathbf{w}^T\mathbf{x}", 10, "transpose"),
        (r"\mathbf{w}^{\mathsf T}x", 10, "transpose"),
        (r"w^{\mathsf{T}} x", 1, "transpose"),
        (r"w^\top x", 1, "transpose"),
        (r"\mathrm sin x", 8, "Braces"),
        (r"x_1 + \cdots + x_n", 6, "Dots"),
        (r"x^12", 2, "write {12}"),
        (r"x!", 1, "factorial"),
        (r"2\Gamma(x)", 1, "not an elementary function"),
        (r"\frac{x}{", 8, "missing"),
        (r"\frac{x}", 8, "denominator"),
        (r"\left(x", 5, "not closed"),
        (r"x^2 + y^2 = 1", 10, "equation"),
        (r"y = x = 2", 6, "One “=”"),
        (r"\operatorname{foo}(x)", 0, "foo"),
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", 18, "column"),
        (r"\begin{tabular}{c} 1 \end{tabular}", 0, "tabular"),
        (r"x \leq 3", 2, "comparison"),
        (r"\input{/etc/passwd}", 0, r"\input"),
        (r"\def\a{\a\a}\a", 0, r"\def"),
        (r"\sin", 4, "needs an argument"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(latex, column, part):
    with pytest.raises(ExplorerError) as caught:
        read_latex(latex)
    assert part in caught.value.message
    assert caught.value.span.column == column


def test_the_place_counts_lines():
    with pytest.raises(ExplorerError) as caught:
        read_latex("\\begin{align}\na &= x \\\\\nb &= \\int a\n\\end{align}")
    assert (caught.value.span.line, caught.value.span.column) == (3, 5)


def test_parse_offers_the_formula_and_says_what_stands_against_it():
    with pytest.raises(ExplorerError) as offered:
        parse(r"\frac{x}{2y}")
    assert offered.value.repair == "x/(2*y)"
    assert "x/(2*y)" in offered.value.message
    for text, repair in (
        ("The function\n$$f(x) = x^2$$\nis even.", "f(x) = x^2"),
        (r"x\,y", "x*y"),
        ("1{,}5x", "1.5*x"),
        ("$x$ and $y$", ""),
        (r"\lim_{x \to 0} x", ""),
    ):
        with pytest.raises(ExplorerError) as offered:
            parse(text)
        assert offered.value.repair == repair
    with pytest.raises(ExplorerError) as refused:
        parse(r"10^{9^{9^9}}")
    assert refused.value.repair == ""
    assert "does not fit a double" in refused.value.message


def test_formulas_and_algorithms_do_not_look_like_latex():
    for text in (
        "x^(2)",
        "def f(x):\n    # \\frac{x}{y}\n    return x +",
        "x_1 + {x}",
        "sin(x",
        'sqrt("$x^{2}")',
        "sqrt('\\\\frac')",
    ):
        assert not looks_like_latex(text)


def test_sympys_latex_of_many_formulas_reads_back_to_the_same_values():
    """What another program writes, of every function that both know; names may come back as x_{1} → x1."""
    read = 0
    for text, point in AGREE:
        program = parse(text)
        expressions, inputs = symbolic.expressions(program)
        for expression, expected in zip(expressions, values(program, point), strict=True):
            if not expression.free_symbols or "erf" in str(expression):  # SymPy writes erf as \operatorname
                continue
            again = parse(read_latex(sympy.latex(expression)))
            at = dict(zip((str(name).replace("_", "") for name in inputs), point, strict=True))
            (value,) = values(again, [at[name] for name in again.inputs])
            assert value == pytest.approx(expected, rel=1e-12, nan_ok=True), text
            read += 1
    assert read > 40


def test_deep_nesting_is_refused_and_not_a_crash():
    for text in ("\\sqrt{" * 1500 + "x" + "}" * 1500, "\\text{" * 1500, "-" * 5000 + "\\x", "{" * 3000, "|" * 3000):
        with pytest.raises(ExplorerError):
            read_latex(text)
    deep = "\\sqrt{" * (MAX_NESTING // 2 - 1) + "x" + "}" * (MAX_NESTING // 2 - 1)
    assert math.isclose(values(parse(read_latex(deep)), [1.0])[0], 1.0)


PIECES = [
    *("\\frac", "\\sqrt", "\\sin", "\\log", "\\left(", "\\right)", "\\cdot", "\\sum", "\\begin{cases}", "\\end{cases}"),
    *("{", "}", "(", ")", "[", "]", "|", "^", "_", "+", "-", "=", "&", "\\\\", ",", "x", "12", ".", "\\text{if}", "<"),
    *("\\alpha", "\\mathrm{ab}", "\\operatorname", " ", "i", "\\hat", "\\prod_{i=1}^{3}", "\\begin{pmatrix}", "'", "$"),
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("\\text{\\text{")
@example("x_")
@example("\\hat")
@example("\\sum_{i=1}^{99999999999999999999} x")
def test_any_row_of_pieces_is_read_or_refused(text):
    with suppress(ExplorerError):
        assert read_latex(text)
