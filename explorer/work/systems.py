"""A program as code for another system: straight lines, an elementary operation each, which the system differentiates.

Everything is written from the validated Program's own operations and numbered names; of the person's text only the
names of the inputs are kept, which the language has checked. Loops and calls are run through; a branch on an input
becomes the target's own choice between two values, both of which it computes.

Longer than 300 lines for its tables: what each system calls our functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.symbolic.texts import PythonNames
from explorer.calculus.symbolic.walk import operations_of
from explorer.language.program import ExplorerError, Program

_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "sign", "floor", "ceil")
_HERE = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "sqrt")  # so called by all systems
_INFIX = {"add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0}*{1}", "div": "{0}/{1}", "neg": "-{0}"}
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
    """Straight-line code: the inputs' names, (name, right side) line by line, and the output's name."""

    inputs: list[str]
    lines: list[tuple[str, str]]
    output: str


def coded(
    program: Program,
    output: int,
    functions: dict[str, str],
    spelled: Callable[[str], str],
    wrap: str = "{0}",
    exact: bool = False,
) -> Code:
    """The program's operations in a target's functions.

    wrap: how a constant is written as an argument of a call. exact: whole numbers are written without a point.
    """
    rows, root = operations_of(program, output)
    names: dict[int, str] = {}
    inputs = {row[1]: spelled(row[1]) for row in rows.values() if row[0] == "input"}
    every = [inputs.get(name) or spelled(name) for name in program.inputs]
    stem = next(s for s in ("v", "w", "t", "op", "step_") if not any(name.startswith(s) for name in every))
    lines: list[tuple[str, str]] = []
    for index, (function, *arguments) in rows.items():
        arguments = arguments[:1] if function == "constant" else arguments
        arguments = arguments[:1] if function == "constant" else arguments
        if function == "input":
            names[index] = inputs[arguments[0]]
            continue
        if function == "constant":
            value = float(arguments[0])
            number = str(int(value)) if exact and value.is_integer() and abs(value) < 2**53 else repr(value)
            names[index] = f"({number})" if number.startswith("-") else number
            continue
        constants = {names[a] for a in arguments if isinstance(a, int) and rows[a][0] == "constant"}
        if function == "relation":
            operator, left, right = arguments
            side = f"{names[left]} {operator} {names[right]}"
        else:
            pattern = functions[function]
            written = [names[a] for a in arguments]
            if function not in _INFIX:
                written = [wrap.format(text) if text in constants else text for text in written]
            side = pattern.format(*written)
        names[index] = f"{stem}{len(lines) + 1}"
        lines.append((names[index], side))
    return Code(every, lines, names[root])


def _plain(name: str) -> str:
    return PythonNames(set()).spelled(name)


def _python(program: Program, output: int, code: Code) -> str:
    body = [f"    {name} = {side}" for name, side in code.lines]
    quoted = f'    """{program.outputs[output]} as a function of {", ".join(program.inputs)}."""'
    return "\n".join([f"def f({', '.join(code.inputs)}):", quoted, *body, f"    return {code.output}"])


def to_pytorch(program: Program, output: int) -> str:
    """PyTorch in double precision; its autograd differentiates."""
    code = coded(program, output, _TORCH, _plain, "torch.tensor({0}, dtype=torch.float64)")
    return (
        f"import torch\n\n\n{_python(program, output, code)}\n\n\n"
        "def gradient(*point):\n"
        '    """The partials, by torch.autograd."""\n'
        "    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]\n"
        "    value = f(*inputs)\n"
        "    if not value.requires_grad:\n"
        "        return tuple(0.0 for _ in point)  # a function of steps\n"
        "    found = torch.autograd.grad(value, inputs, allow_unused=True, materialize_grads=True)\n"
        "    return tuple(x.item() for x in found)\n"
    )


def to_jax(program: Program, output: int) -> str:
    """JAX in double precision; its grad differentiates."""
    functions = _arrays("jnp") | {
        "erf": "jax.scipy.special.erf({0})",
        "sigmoid": "jax.nn.sigmoid({0})",
        "softplus": "jax.nn.softplus({0})",
    }
    code = coded(program, output, functions, _plain)
    return (
        "import jax\nimport jax.numpy as jnp\n\n"
        'jax.config.update("jax_enable_x64", True)\n\n\n'
        f"{_python(program, output, code)}\n\n\n"
        f"gradient = jax.grad(f, argnums=tuple(range({len(program.inputs)})))\n"
    )


def to_tensorflow(program: Program, output: int) -> str:
    """TensorFlow in double precision; its tape differentiates."""
    code = coded(program, output, _TENSORFLOW, _plain, "tf.constant({0}, tf.float64)")
    return (
        f"import math\n\nimport tensorflow as tf\n\n\n{_python(program, output, code)}\n\n\n"
        "def gradient(*point):\n"
        '    """The partials, by tf.GradientTape."""\n'
        "    inputs = [tf.constant(x, tf.float64) for x in point]\n"
        "    with tf.GradientTape() as tape:\n"
        "        tape.watch(inputs)\n"
        "        value = f(*inputs)\n"
        "    return tape.gradient(value, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)\n"
    )


def to_sympy(program: Program, output: int) -> str:
    """A Python script that builds SymPy expressions and their partials."""
    code = coded(program, output, _SYMPY, _plain, "sympy.sympify({0})", exact=True)
    names = zip(program.inputs, code.inputs, strict=True)
    symbols = [f"{there} = sympy.Symbol({name!r}, real=True)" for name, there in names]
    lines = [f"{name} = {side}" for name, side in code.lines]
    partials = f"partials = [sympy.diff(f, x) for x in ({', '.join(code.inputs)},)]"
    return "\n".join(["import sympy", "", *symbols, *lines, f"f = sympy.sympify({code.output})", partials, ""])


def to_mathematica(program: Program, output: int) -> str:
    """Mathematica: f as a module, its partials by D."""
    code = coded(program, output, _MATHEMATICA, lambda name: name.replace("_", "$"), exact=True)
    body = "; ".join(f"{name} = {side.replace('e-', '*^-').replace('e+', '*^')}" for name, side in code.lines)
    arguments = ", ".join(f"{name}_" for name in code.inputs)
    local = ", ".join(name for name, _ in code.lines)
    variables = ", ".join(code.inputs)
    return (
        f"f[{arguments}] := Module[{{{local}}}, {body + '; ' if body else ''}{code.output}]\n"
        f"partials = D[f[{variables}], {{{{{variables}}}}}]\n"
    )


def to_maple(program: Program, output: int) -> str:
    """Maple: f as a procedure, its partials by D."""
    code = coded(program, output, _MAPLE, lambda name: name, exact=True)
    local = f"local {', '.join(name for name, _ in code.lines)}; " if code.lines else ""
    body = " ".join(f"{name} := {side.replace(' == ', ' = ').replace(' != ', ' <> ')};" for name, side in code.lines)
    partials = "\n".join(f"D[{k}](f);" for k in range(1, len(code.inputs) + 1))
    return f"f := proc({', '.join(code.inputs)}) {local}{body} {code.output} end proc:\n{partials}\n"


def to_latex(program: Program, output: int) -> str:
    """LaTeX: the output and its partials as SymPy differentiates."""
    outputs, inputs = symbolic.expressions(program)
    name = program.outputs[output]
    lines = [f"{name} &= {symbolic.latex(outputs[output])}"]
    for _, column, partial in symbolic.jacobian([outputs[output]], inputs):
        below = symbolic.latex(inputs[column])
        lines.append(rf"\frac{{\partial {name}}}{{\partial {below}}} &= {symbolic.latex(partial)}")
    if any(line.endswith("&= None") for line in lines):
        raise ExplorerError("The derivative is too large to be written in LaTeX.", kind="limit")
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def notebook(program: Program, output: int, module: str) -> str:
    """A Jupyter notebook: the formula, the Python module of `value_and_gradient`, and a check by differences."""
    check = (
        f"point = [{', '.join(['1.5'] * len(program.inputs))}]\nh = 6e-6  # the cube root of the machine epsilon\n"
        "value, gradient = value_and_gradient(*point)\n"
        "for place, slope in enumerate(gradient):\n"
        "    up, down = list(point), list(point)\n    up[place] += h\n    down[place] -= h\n"
        "    print(slope, (value_and_gradient(*up)[0] - value_and_gradient(*down)[0]) / (2 * h))\n"
    )
    formula = to_latex(program, output).replace("align*", "aligned")
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


SYSTEMS: dict[str, tuple[str, Callable[[Program, int], str]]] = {
    "latex": ("LaTeX, with SymPy's partials", to_latex),
    "pytorch": ("PyTorch, differentiated by its autograd", to_pytorch),
    "jax": ("JAX, differentiated by its grad", to_jax),
    "tensorflow": ("TensorFlow, differentiated by its tape", to_tensorflow),
    "mathematica": ("Mathematica", to_mathematica),
    "maple": ("Maple", to_maple),
    "sympy": ("SymPy, as a script", to_sympy),
}
