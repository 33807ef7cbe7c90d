"""A program as code for another system: straight lines, an elementary operation each, which the system differentiates.

Everything is written from the validated Program's own operations and numbered names; of the person's text only the
names of the inputs are kept, which the language has checked. Loops and calls are run through; a branch on an input
becomes the target's own choice between two values, both of which it computes.

Longer than 300 lines for its tables: what each system calls our functions.
"""

from __future__ import annotations

import itertools
import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.numbers import REAL
from explorer.calculus.symbolic.texts import PythonNames
from explorer.calculus.symbolic.walk import operations_of
from explorer.language.program import ExplorerError, Program

_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "sign", "floor", "ceil")
_INFIX = {"add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0}*{1}", "div": "{0}/{1}", "neg": "-{0}"}
_RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARC = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}


def _arrays(module: str) -> dict[str, str]:
    """What NumPy and its likes have under the same names."""
    known = {name: f"{module}.{name}({{0}})" for name in (*_SAME, "cbrt", "abs", "log2", "log10")}
    known |= {name: f"{module}.{there}({{0}})" for name, there in _ARC.items()}
    return known | _INFIX | {
        "pow": f"{module}.power({{0}}, {{1}})",
        "atan2": f"{module}.arctan2({{0}}, {{1}})",
        "hypot": f"{module}.hypot({{0}}, {{1}})",
        "min": f"{module}.minimum({{0}}, {{1}})",
        "max": f"{module}.maximum({{0}}, {{1}})",
        "heaviside": f"{module}.heaviside({{0}}, 0.5)",
        "relu": f"{module}.maximum({{0}}, 0.0)",
        "softplus": f"{module}.logaddexp(0.0, {{0}})",
        "sigmoid": f"1.0/(1.0 + {module}.exp(-{{0}}))",
        "choose": f"{module}.where({{0}}, {{1}}, {{2}})",
    }  # fmt: skip


_TORCH = {
    **{name: f"torch.{name}({{0}})" for name in (*_SAME, "asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: f"torch.{name}({{0}})" for name in ("abs", "log2", "log10", "erf", "sigmoid", "relu")},
    **_INFIX,
    "pow": "torch.pow({0}, {1})",
    "atan2": "torch.atan2({0}, {1})",
    "hypot": "torch.hypot({0}, {1})",
    "min": "torch.minimum({0}, {1})",
    "max": "torch.maximum({0}, {1})",
    "cbrt": "torch.sign({0})*torch.abs({0})**(1/3)",
    "heaviside": "torch.where({0} == 0, 0.5, ({0} > 0).to(torch.float64))",
    "softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
    "choose": "torch.where({0}, {1}, {2})",
}
_TENSORFLOW = {
    **{name: f"tf.math.{name}({{0}})" for name in (*_SAME, "asin", "acos", "atan", "asinh", "acosh", "atanh", "abs")},
    **_INFIX,
    "pow": "tf.math.pow({0}, {1})",
    "atan2": "tf.math.atan2({0}, {1})",
    "hypot": "tf.math.sqrt({0}*{0} + {1}*{1})",
    "min": "tf.math.minimum({0}, {1})",
    "max": "tf.math.maximum({0}, {1})",
    "log2": "tf.math.log({0})/math.log(2.0)",
    "log10": "tf.math.log({0})/math.log(10.0)",
    "cbrt": "tf.math.sign({0})*tf.math.abs({0})**(1/3)",
    "heaviside": "0.5*(1.0 + tf.math.sign({0}))",
    "erf": "tf.math.erf({0})",
    "sigmoid": "tf.math.sigmoid({0})",
    "relu": "tf.nn.relu({0})",
    "softplus": "tf.math.softplus({0})",
    "choose": "tf.where({0}, {1}, {2})",
}
_SYMPY = {
    **{
        name: f"sympy.{name}({{0}})"
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "sign")
    },
    **{name: f"sympy.{name}({{0}})" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "floor")},
    **_INFIX,
    "pow": "{0}**{1}",
    "ceil": "sympy.ceiling({0})",
    "abs": "sympy.Abs({0})",
    "expm1": "sympy.exp({0}) - 1",
    "log1p": "sympy.log(1 + {0})",
    "log2": "sympy.log({0}, 2)",
    "log10": "sympy.log({0}, 10)",
    "cbrt": "sympy.real_root({0}, 3)",
    "hypot": "sympy.sqrt({0}**2 + {1}**2)",
    "atan2": "sympy.atan2({0}, {1})",
    "min": "sympy.Min({0}, {1})",
    "max": "sympy.Max({0}, {1})",
    "heaviside": "sympy.Heaviside({0}, sympy.Rational(1, 2))",
    "relu": "sympy.Max({0}, 0)",
    "softplus": "sympy.log(1 + sympy.exp({0}))",
    "sigmoid": "1/(1 + sympy.exp(-{0}))",
    "choose": "sympy.Piecewise(({1}, {0}), ({2}, True))",
}
_MATHEMATICA = {
    **{
        name: f"{name.capitalize()}[{{0}}]"
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt")
    },
    **{name: f"Arc{name[1:].capitalize()}[{{0}}]" for name in _ARC},
    **{name: f"{name.capitalize()}[{{0}}]" for name in ("sign", "floor", "abs", "erf")},
    **_INFIX,
    "pow": "{0}^{1}",
    "ceil": "Ceiling[{0}]",
    "expm1": "Exp[{0}] - 1",
    "log1p": "Log[1 + {0}]",
    "log2": "Log2[{0}]",
    "log10": "Log10[{0}]",
    "cbrt": "CubeRoot[{0}]",
    "hypot": "Sqrt[{0}^2 + {1}^2]",
    "atan2": "ArcTan[{1}, {0}]",
    "min": "Min[{0}, {1}]",
    "max": "Max[{0}, {1}]",
    "heaviside": "(1 + Sign[{0}])/2",
    "relu": "Max[{0}, 0]",
    "softplus": "Log[1 + Exp[{0}]]",
    "sigmoid": "LogisticSigmoid[{0}]",
    "choose": "If[{0}, {1}, {2}]",
}
_MAPLE = {
    **{
        name: f"{name}({{0}})"
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "sqrt", "floor", "ceil", "abs")
    },
    **{name: f"{there}({{0}})" for name, there in _ARC.items()},
    **_INFIX,
    "pow": "{0}^{1}",
    "log": "ln({0})",
    "sign": "signum({0})",
    "expm1": "exp({0}) - 1",
    "log1p": "ln(1 + {0})",
    "log2": "log[2]({0})",
    "log10": "log10({0})",
    "cbrt": "surd({0}, 3)",
    "hypot": "sqrt({0}^2 + {1}^2)",
    "atan2": "arctan({0}, {1})",
    "min": "min({0}, {1})",
    "max": "max({0}, {1})",
    "erf": "erf({0})",
    "heaviside": "piecewise({0} < 0, 0, {0} > 0, 1, 1/2)",
    "relu": "max({0}, 0)",
    "softplus": "ln(1 + exp({0}))",
    "sigmoid": "1/(1 + exp(-{0}))",
    "choose": "piecewise({0}, {1}, {2})",
}


@dataclass(frozen=True)
class Code:
    """Straight-line code: the inputs' names, (name, right side) line by line, and the outputs' names."""

    inputs: list[str]
    lines: list[tuple[str, str]]
    outputs: list[str]

    @property
    def result(self) -> str:
        """What is returned: the output's name, or several with commas."""
        return ", ".join(self.outputs)


def coded(
    program: Program,
    outputs: Sequence[int],
    functions: dict[str, str],
    spelled: Callable[[str], str],
    wrap: str = "{0}",
    exact: bool = False,
) -> Code:
    """The program's operations in a target's functions.

    wrap: how a constant is written as an argument of a call. exact: whole numbers are written without a point, and
    nothing is computed; else what has constants alone is a constant, which a call of PyTorch's would not take, and
    what changes nothing is left out.
    """
    rows, roots = operations_of(program, outputs)
    names: dict[int, str] = {}
    inputs: dict[str, str] = {}
    for name in program.inputs:
        own = spelled(name)
        inputs[name] = f"{own}0" if own in inputs.values() else own  # torch beside torch_
    every = list(inputs.values())
    stems = itertools.chain(("v", "w", "t", "op"), (f"op{k}x" for k in itertools.count()))
    stem = next(s for s in stems if not any(name.startswith(s) for name in every))
    lines: list[tuple[str, str]] = []
    known: dict[int, float] = {}  # the constants

    def constant(index: int, value: float) -> None:
        known[index] = value
        number = str(int(value)) if exact and value.is_integer() and abs(value) < 2**53 else repr(value)
        number = number if math.isfinite(value) else f"float('{value}')"
        names[index] = f"({number})" if number.startswith("-") else number

    for index, (function, *arguments) in rows.items():
        if function == "input":
            names[index] = inputs[arguments[0]]
            continue
        if function == "constant":
            constant(index, float(arguments[0]))
            continue
        if function == "choose" and arguments[0] in known:
            chosen = arguments[1 if known[arguments[0]] else 2]
            names[index] = names[chosen]
            if chosen in known:
                known[index] = known[chosen]
            continue
        operands = [argument for argument in arguments if isinstance(argument, int)]
        if not exact and all(operand in known for operand in operands):
            values = [known[operand] for operand in operands]
            if function == "relation":
                constant(index, float(_RELATIONS[arguments[0]](*values)))
            else:
                constant(index, REAL[function](*values))
            continue
        if not exact and (same := _unchanged(function, operands, known)) is not None:
            names[index] = names[same]
            continue
        if function == "relation":
            sign, left, right = arguments
            side = f"{names[left]} {sign} {names[right]}"
        else:
            written = [names[a] for a in arguments]
            if function not in _INFIX:
                written = [wrap.format(names[a]) if a in known else names[a] for a in arguments]
            side = functions[function].format(*written)
        names[index] = f"{stem}{len(lines) + 1}"
        lines.append((names[index], side))
    return Code(every, lines, [names[root] for root in roots])


def _unchanged(function: str, operands: Sequence[int], known: Mapping[int, float]) -> int | None:
    """The operand that the operation gives back as it is, whatever that is: of 1·x, x·1, x/1 and x − 0.

    Not of 0·x, which is NaN where x is not finite, nor of x + 0 and 0 − x, which change the sign of a zero.
    """
    if len(operands) != 2 or function not in ("mul", "div", "sub"):
        return None
    left, right = operands
    if function == "mul" and known.get(left) == 1.0:
        return right
    neutral = known.get(right)
    if neutral == (0.0 if function == "sub" else 1.0) and not (function == "sub" and math.copysign(1.0, neutral) < 0):
        return left
    return None


# What the code around an input's name calls its own.
_OWN = ("torch", "jax", "jnp", "tf", "sympy", "f", "partials", "jacobian")
# Letters that are numbers or operators of Mathematica's; its other names of its own begin with a capital too.
_PROTECTED = "CDEIKNO"


def _plain(name: str) -> str:
    return PythonNames(set()).spelled(f"{name}_" if name in _OWN else name)


def _unprotected(name: str) -> str:
    """The name as one that Mathematica has not: E$$, Sin$$; it takes no underlines."""
    own = name in _PROTECTED if len(name) == 1 else name[0].isupper()
    return name.replace("_", "$") + ("$$" if own else "")


def _unassigned(name: str) -> str:
    """The name as one that Maple has not."""
    return f"{name}_" if name in ("D", "I", "O", "Pi", "gamma") else name


def _python(program: Program, outputs: Sequence[int], code: Code, wrap: str = "{0}") -> str:
    """The function f of the inputs; wrap: how several values are returned."""
    body = [f"    {name} = {side}" for name, side in code.lines]
    names = ", ".join(program.outputs[output] for output in outputs)
    quoted = f'    """{names} as a function of {", ".join(program.inputs)}."""'
    returned = code.result if len(outputs) == 1 else wrap.format(code.result)
    return "\n".join([f"def f({', '.join(code.inputs)}):", quoted, *body, f"    return {returned}"])


def _shape(program: Program, outputs: Sequence[int]) -> str:
    """The Jacobian's shape, for the words of a function that returns it."""
    return f"shape ({len(outputs)}, {len(program.inputs)}): a row for each output, a column for each input"


def to_pytorch(program: Program, outputs: Sequence[int]) -> str:
    """PyTorch in double precision; its autograd differentiates."""
    code = coded(program, outputs, _TORCH, _plain, "torch.tensor({0}, dtype=torch.float64)")
    opening = f"import torch\n\n\n{_python(program, outputs, code)}\n\n\n"
    inputs = "    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]\n"
    if len(outputs) > 1:
        return opening + (
            "def jacobian(*point):\n"
            f'    """By torch.autograd, {_shape(program, outputs)}."""\n{inputs}'
            "    rows = []\n"
            "    for value in f(*inputs):\n"
            "        if getattr(value, 'requires_grad', False):\n"
            "            row = torch.autograd.grad(value, inputs, retain_graph=True, allow_unused=True, "
            "materialize_grads=True)\n"
            "            rows.append(torch.stack(row))\n"
            "        else:  # a constant, or a function of steps\n"
            "            rows.append(torch.zeros(len(point), dtype=torch.float64))\n"
            "    return torch.stack(rows)\n"
        )
    return opening + (
        "def gradient(*point):\n"
        f'    """The partials, by torch.autograd."""\n{inputs}'
        "    value = f(*inputs)\n"
        "    if not getattr(value, 'requires_grad', False):\n"
        "        return tuple(0.0 for _ in point)  # a constant, or a function of steps\n"
        "    found = torch.autograd.grad(value, inputs, allow_unused=True, materialize_grads=True)\n"
        "    return tuple(x.item() for x in found)\n"
    )


def to_jax(program: Program, outputs: Sequence[int]) -> str:
    """JAX in double precision; its grad or jacrev differentiates."""
    functions = _arrays("jnp") | {
        "erf": "jax.scipy.special.erf({0})",
        "sigmoid": "jax.nn.sigmoid({0})",
        "softplus": "jax.nn.softplus({0})",
    }
    code = coded(program, outputs, functions, _plain)
    places = f"argnums=tuple(range({len(program.inputs)}))"
    if not program.inputs:
        derived = "def gradient():\n    return ()  # a constant\n"
    elif len(outputs) == 1:
        derived = f"gradient = jax.grad(f, {places})\n"
    else:
        derived = (
            f'def jacobian(*point):\n    """By jax.jacrev, {_shape(program, outputs)}."""\n'
            f"    return jnp.stack(jax.jacrev(f, {places})(*point), axis=-1)\n"
        )
    return (
        "import jax\nimport jax.numpy as jnp\n\n"
        'jax.config.update("jax_enable_x64", True)\n\n\n'
        f"{_python(program, outputs, code, 'jnp.array([{0}])')}\n\n\n{derived}"
    )


def to_tensorflow(program: Program, outputs: Sequence[int]) -> str:
    """TensorFlow in double precision; its tape differentiates."""
    code = coded(program, outputs, _TENSORFLOW, _plain, "tf.constant({0}, tf.float64)")
    opening = f"import math\n\nimport tensorflow as tf\n\n\n{_python(program, outputs, code, 'tf.stack([{0}])')}\n\n\n"
    inputs = "    inputs = [tf.constant(x, tf.float64) for x in point]\n"
    if len(outputs) > 1:
        return opening + (
            f'def jacobian(*point):\n    """By tf.GradientTape, {_shape(program, outputs)}."""\n{inputs}'
            "    with tf.GradientTape() as tape:\n"
            "        tape.watch(inputs)\n"
            "        values = f(*inputs)\n"
            "    columns = tape.jacobian(values, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)\n"
            "    return tf.stack(columns, axis=-1)\n"
        )
    return opening + (
        f'def gradient(*point):\n    """The partials, by tf.GradientTape."""\n{inputs}'
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(inputs)\n"
        "        value = f(*inputs)\n"
        "    return tape.gradient(value, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)\n"
    )


def to_sympy(program: Program, outputs: Sequence[int]) -> str:
    """A Python script that builds SymPy expressions and their partials: f, or the column f and its jacobian."""
    code = coded(program, outputs, _SYMPY, _plain, "sympy.sympify({0})", exact=True)
    names = zip(program.inputs, code.inputs, strict=True)
    symbols = [f"{there} = sympy.Symbol({name!r}, real=True)" for name, there in names]
    lines = [f"{name} = {side}" for name, side in code.lines]
    inputs = ", ".join(code.inputs)
    if len(outputs) == 1:
        ending = [f"f = sympy.sympify({code.result})", f"partials = [sympy.diff(f, x) for x in ({inputs},)]"]
    else:
        ending = [f"f = sympy.Matrix([{code.result}])", f"jacobian = f.jacobian([{inputs}])"]
    return "\n".join(["import sympy", "", *symbols, *lines, *ending, ""])


def to_mathematica(program: Program, outputs: Sequence[int]) -> str:
    """Mathematica: f as a module, of several outputs their list; its partials or the Jacobian by D."""
    code = coded(program, outputs, _MATHEMATICA, _unprotected, exact=True)
    body = "; ".join(f"{name} = {side.replace('e-', '*^-').replace('e+', '*^')}" for name, side in code.lines)
    arguments = ", ".join(f"{name}_" for name in code.inputs)
    local = ", ".join(name for name, _ in code.lines)
    variables = ", ".join(code.inputs)
    result, derived = (code.result, "partials") if len(outputs) == 1 else (f"{{{code.result}}}", "jacobian")
    return (
        f"f[{arguments}] := Module[{{{local}}}, {body + '; ' if body else ''}{result}]\n"
        f"{derived} = D[f[{variables}], {{{{{variables}}}}}]\n"
    )


def to_maple(program: Program, outputs: Sequence[int]) -> str:
    """Maple: f as a procedure, of several outputs their list; its partials by D, or the Jacobian."""
    code = coded(program, outputs, _MAPLE, _unassigned, exact=True)
    local = f"local {', '.join(name for name, _ in code.lines)}; " if code.lines else ""
    body = " ".join(f"{name} := {side.replace(' == ', ' = ').replace(' != ', ' <> ')};" for name, side in code.lines)
    inputs = ", ".join(code.inputs)
    if len(outputs) == 1:
        result, derived = code.result, "\n".join(f"D[{k}](f);" for k in range(1, len(code.inputs) + 1))
    else:
        result, derived = f"[{code.result}]", f"VectorCalculus:-Jacobian(f({inputs}), [{inputs}]);"
    return f"f := proc({inputs}) {local}{body} {result} end proc:\n{derived}\n"


def to_latex(program: Program, outputs: Sequence[int]) -> str:
    """LaTeX: the outputs and their partials as SymPy differentiates."""
    expressions, inputs = symbolic.expressions(program)
    chosen = [expressions[output] for output in outputs]
    names = [_latex_name(program.outputs[output]) for output in outputs]
    lines = [f"{name} &= {symbolic.latex(value)}" for name, value in zip(names, chosen, strict=True)]
    for row, column, partial in symbolic.jacobian(chosen, inputs):
        below = symbolic.latex(inputs[column])
        lines.append(rf"\frac{{\partial {names[row]}}}{{\partial {below}}} &= {symbolic.latex(partial)}")
    if any(line.endswith("&= None") for line in lines):
        raise ExplorerError("The derivative is too large to be written in LaTeX.", kind="limit")
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def _latex_name(name: str) -> str:
    """An output's name as it is typeset: y_{1}, and more letters than one as one name."""
    stem = name.rstrip("0123456789")
    below = name[len(stem) :]
    stem = stem.rstrip("_").replace("_", r"\_")
    return (stem if len(stem) == 1 else rf"\mathit{{{stem}}}") + (f"_{{{below}}}" if below else "")


def notebook(program: Program, outputs: Sequence[int], module: str) -> str:
    """A Jupyter notebook: the formula, the Python module, and a check of its derivatives by differences."""
    several = len(outputs) > 1
    called = "values_and_jacobian" if several else "value_and_gradient"
    shown = "[row[place] for row in jacobian]" if several else "gradient[place]"
    quotient = "[(b - a) / (2 * h) for a, b in zip(low, high)]" if several else "(high - low) / (2 * h)"
    check = (
        f"point = [{', '.join(['1.5'] * len(program.inputs))}]\nh = 6e-6  # the cube root of the machine epsilon\n"
        f"{'values, jacobian' if several else 'value, gradient'} = {called}(*point)\n"
        "for place in range(len(point)):\n"
        "    up, down = list(point), list(point)\n    up[place] += h\n    down[place] -= h\n"
        f"    high, low = {called}(*up)[0], {called}(*down)[0]\n"
        f"    print({shown}, {quotient})\n"
    )
    formula = to_latex(program, outputs).replace("align*", "aligned")
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "formula", "metadata": {}, "source": f"$$\n{formula}$$"},
        *(
            {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": source}
            for name, source in (("function", module), ("check", check))
        ),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


SYSTEMS: dict[str, tuple[str, Callable[[Program, Sequence[int]], str]]] = {
    "latex": ("LaTeX, with SymPy's partials", to_latex),
    "pytorch": ("PyTorch, differentiated by its autograd", to_pytorch),
    "jax": ("JAX, differentiated by its grad", to_jax),
    "tensorflow": ("TensorFlow, differentiated by its tape", to_tensorflow),
    "mathematica": ("Mathematica", to_mathematica),
    "maple": ("Maple", to_maple),
    "sympy": ("SymPy, as a script", to_sympy),
}
