"""The gallery: one text file an example in resources/examples, and how functions are written, in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.ui.resources import resource

SYNTAX = """A formula of any variables:  ln(x1) + x1*x2 - sin(x2)

+  −  *  /  ^ (or **), brackets, |x|, √x, x², 2x, 3 sin x
Constants: pi, e.  Greek letters as they are, or spelled out: theta.
Several lines: give a name to a line and use it below:
    r = x^2 + y^2
    exp(-r) / (1 + r)
Several outputs: (r*cos(t), r*sin(t))
Inputs in an order of your own: f(x, y) = x^2*y
Cases: where(x > 0, x^2, 0), or x^2 if x > 0 else 0
Vectors and sums: sum(x[0..9]), sum(x[i]*i for i in range(10)), prod(x[i] for i in 1..5)
LaTeX can be pasted, and is offered as the formula it reads as.

An algorithm, in a part of Python: def with return, if, while, for … in range(n), zip, enumerate, lists.
    def heron(x):
        t = (1 + x)/2
        for k in range(4):
            t = (t + x/t)/2
        return t

Functions: sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log (ln) log1p log2 log10 \
sqrt cbrt hypot abs sign heaviside min max clip floor ceil erf sigmoid relu softplus where piecewise"""


@dataclass(frozen=True)
class Example:
    """A file's name, a title, a text and a point."""

    name: str
    title: str
    source: str
    point: tuple[tuple[str, float], ...]


def titles() -> list[Example]:
    """All examples in the order of their file names."""
    return [_read(path) for path in sorted(resource("examples").glob("*.txt"))]


def _read(path: Path) -> Example:
    """First line "# title", second "# at x=1 y=2"; the rest is the text, but for the numbers that it must give.

    Those (see explorer.work.gallery) are for checks, and would push the text itself out of the editor.
    """
    text, _, _ = path.read_text(encoding="utf-8").partition("\n# Expected")
    title, at, *lines = text.splitlines()
    pairs = (pair.split("=") for pair in at.removeprefix("# at").split())
    point = tuple((name, float(value)) for name, value in pairs)
    return Example(path.stem, title.removeprefix("# "), "\n".join(lines).strip(), point)
