"""An expression as text to be copied: SymPy's own, LaTeX, Python; and the length of SymPy's text, which is never made.

SymPy's printers walk the tree, every repetition of it. Here each distinct sub-expression is printed once, so that the
cost is that of the text alone, and a text of a million characters is measured in milliseconds without being written.
"""

from __future__ import annotations

import itertools
import keyword
import math
from collections.abc import Callable
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.pycode import PythonCodePrinter
from sympy.printing.str import StrPrinter

from explorer.calculus.symbolic.functions import Expression

# The clipboard takes more, an editor it is pasted into hardly.
MAX_CHARACTERS = 400_000
_TOKEN = "\ue000"  # a private character, which no name may hold: between two of them a number stands for a text


class _Once:
    """A printer that prints each distinct sub-expression once. Mixed into SymPy's printers, before them."""

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__(settings)  # type: ignore[call-arg]
        self.printed: dict[Expression, str] = {}

    def _print(self, expr: Expression, **kwargs: Any) -> str:
        if kwargs or not isinstance(expr, sympy.Basic):
            return str(super()._print(expr, **kwargs))  # type: ignore[misc]
        found = self.printed.get(expr)
        if found is None:
            found = self.printed[expr] = self.kept(str(super()._print(expr)))  # type: ignore[misc]
        return found

    def kept(self, text: str) -> str:
        """What stands for a printed sub-expression within what is printed around it."""
        if len(text) > MAX_CHARACTERS:
            raise TooLong
        return text


class TooLong(Exception):
    """A text of more than MAX_CHARACTERS."""


class _Text(_Once, StrPrinter):  # type: ignore[misc]
    """SymPy's text."""


# Own functions in SymPy's terms: a text that is pasted into SymPy can hold no others.
_IN_SYMPY = {
    "abs": "Abs({0})",
    "min": "Min({0}, {1})",
    "max": "Max({0}, {1})",
    "ceil": "ceiling({0})",
    "cbrt": "real_root({0}, 3)",
    "expm1": "(exp({0}) - 1)",
    "log1p": "log(1 + {0})",
    "heaviside": "Heaviside({0})",
    "delta": "DiracDelta({0})",
    "relu": "Max(0, {0})",
    "sigmoid": "(1/(1 + exp({-0})))",
    "softplus": "log(1 + exp({0}))",
}


class _Pasted(_Once, StrPrinter):  # type: ignore[misc]
    """SymPy's text with own functions in SymPy's terms."""

    def _print_Function(self, expr: Expression) -> str:
        written = _IN_SYMPY.get(type(expr).__name__)
        if written is None:
            return str(super()._print_Function(expr))
        if "{-0}" in written:
            return written.replace("{-0}", self._print(-expr.args[0]))
        return written.format(*(self._print(argument) for argument in expr.args))


class _Latex(_Once, LatexPrinter):  # type: ignore[misc]
    """SymPy's LaTeX."""


class _Measure(_Once, StrPrinter):  # type: ignore[misc]
    """SymPy's text with a short token in the place of every long part, and the length of what it stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []

    def kept(self, text: str) -> str:
        if len(text) <= 40:
            return text
        minus = "-" * text.startswith("-")  # which the printer of a sum looks for
        self.lengths.append(self.length(text) - len(minus))
        return f"{minus}{_TOKEN}{len(self.lengths) - 1}{_TOKEN}"

    def length(self, text: str) -> int:
        """Characters of the text that a text with tokens stands for."""
        pieces = text.split(_TOKEN)
        return sum(map(len, pieces[0::2])) + sum(self.lengths[int(number)] for number in pieces[1::2])


def characters(root: Expression) -> int:
    """The length of SymPy's text, of any size."""
    printer = _Measure()
    return printer.length(printer.doprint(root))


def text(root: Expression) -> str | None:
    """SymPy's text, or None where it would have more than MAX_CHARACTERS."""
    return _printed(lambda: _Text().doprint(root))


def pasted(root: Expression) -> str | None:
    """The text as SymPy itself reads it, or None where it would have more than MAX_CHARACTERS."""
    return _printed(lambda: _Pasted().doprint(root))


def latex(root: Expression) -> str | None:
    """LaTeX, or None where it would have more than MAX_CHARACTERS."""
    return _printed(lambda: _Latex().doprint(root))


def _printed(write: Callable[[], str]) -> str | None:
    try:
        return write()
    except TooLong:
        return None


# -- Python --------------------------------------------------------------------------------------------------------

# Own functions, and what math has under another name or not at all: lines that stand before the code that needs them.
_DEFINED = {
    "sigmoid": "def sigmoid(t):\n    return 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t))",
    "softplus": "def softplus(t):\n    return max(t, 0.0) + math.log1p(math.exp(-abs(t)))",
    "relu": "def relu(t):\n    return max(t, 0.0)",
    "heaviside": "def heaviside(t):\n    return 0.5 if t == 0 else float(t > 0)",
    "sign": "def sign(t):\n    return float((t > 0) - (t < 0))",
    "delta": "def delta(t):\n    return math.nan if t == 0 else 0.0",
}
_CALLED = {"abs": "abs", "Abs": "abs", "min": "min", "max": "max", "ceil": "math.ceil", "floor": "math.floor",
           "ceiling": "math.ceil", "cbrt": "math.cbrt", "expm1": "math.expm1", "log1p": "math.log1p",
           "atan2": "math.atan2", "Heaviside": "heaviside", "DiracDelta": "delta"}  # fmt: skip


class _Python(_Once, PythonCodePrinter):  # type: ignore[misc]
    """Python with the math module; the functions of _DEFINED that it needs are noted in `needed`."""

    def __init__(self) -> None:
        super().__init__({"fully_qualified_modules": True})
        self.needed: set[str] = set()

    def _print_Function(self, expr: Expression) -> str:
        name = type(expr).__name__
        called = _CALLED.get(name, name if name in _DEFINED else None)
        if called is None:
            return str(super()._print_Function(expr))
        if called in _DEFINED:
            self.needed.add(called)
        arguments = expr.args[:1] if name in ("Heaviside", "DiracDelta") else expr.args
        return f"{called}({', '.join(self._print(a) for a in arguments)})"

    _print_Abs = _print_sign = _print_Heaviside = _print_DiracDelta = _print_floor = _print_ceiling = _print_Function

    def _print_NaN(self, expr: Expression) -> str:
        return "math.nan"

    _print_ComplexInfinity = _print_NaN

    def _print_Float(self, expr: Expression) -> str:
        number = float(expr)
        return repr(number) if math.isfinite(number) else f"math.{number}"

    def _print_Rational(self, expr: Expression) -> str:
        return f"({expr.p}/{expr.q})" if expr.p < 0 else f"{expr.p}/{expr.q}"


def python(name: str, roots: list[Expression], inputs: list[Any], columns: int | None = None) -> str | None:
    """A Python function of the inputs that returns the roots, shared parts computed once and named; None if too long.

    With `columns` it returns a list of rows of so many.

    Text for people: nothing here ever runs it but the tests. Names that Python has another use for get an underscore.
    """
    names = PythonNames({str(s) for s in inputs})
    spelled = {s: sympy.Symbol(names.spelled(str(s)), real=True) for s in inputs}
    fresh = (sympy.Symbol(f"t{k}", real=True) for k in itertools.count(1) if f"t{k}" not in names.taken)
    # A part that is needed in one case only must not be computed in the others: it may have no value there.
    chooses = any(root.has(sympy.Piecewise) for root in roots)
    shared, reduced = ([], roots) if chooses else sympy.cse(roots, symbols=fresh, order="none")
    printer = _Python()
    rename = dict(spelled)

    def write() -> str:
        lines = [f"    {s} = {printer.doprint(e.xreplace(rename))}" for s, e in shared]
        each = [printer.doprint(e.xreplace(rename)) for e in reduced]
        results = ", ".join(each)
        if columns is not None:
            rows = [each[start : start + columns] for start in range(0, len(each), columns)]
            results = "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"
        defined = [_DEFINED[f] for f in sorted(printer.needed)]
        head = f"def {name}({', '.join(str(spelled[s]) for s in inputs)}):"
        body = "\n".join([head, *lines, f"    return {results}"])
        whole = "\n\n\n".join(["import math", *defined, body]) + "\n"
        if len(whole) > MAX_CHARACTERS:
            raise TooLong
        return whole

    return _printed(write)


class PythonNames:
    """Names of inputs as Python identifiers that hide nothing: lambda becomes lambda_."""

    _RESERVED = frozenset((*keyword.kwlist, "math", *_CALLED, *_DEFINED, "float"))

    def __init__(self, names: set[str]) -> None:
        self.taken = names

    def spelled(self, name: str) -> str:
        """The name, with underscores behind it where Python or the code above uses it."""
        while name in self._RESERVED:
            name += "_"
            if name in self.taken:
                name += "_"
        return name
