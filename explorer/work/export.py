"""Answers the export question: a program with its derivatives as a module in Python or NumPy that stands alone.

The code is the generated code that the program itself runs on; only the names of functions are added, in front of it.
"""

from __future__ import annotations

import inspect
import keyword
import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.calculus.block_code import BlockWriter
from explorer.calculus.compiled import compiled
from explorer.calculus.numbers import MOST_FACTORS, product, small_power
from explorer.calculus.scalar_code import ScalarWriter
from explorer.calculus.straight_line import StraightLine
from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Limits, Program
from explorer.work.systems import SYSTEMS, notebook
from explorer.work.wire import Message

# What the modules call by these names inside of the function with the inputs' names.
_TAKEN = {"run", "np", "range", "float", "bool", "len"} | {"columns", "shape", "size", "buffers", "outputs"}

_CONSTANTS = f"NAN, MOST_FACTORS = nan, {MOST_FACTORS}\n"  # those that our functions name
TARGETS = {
    "python": "Python, one point",
    "numpy": "NumPy, many points at once",
    "notebook": "Jupyter notebook",
    **{name: words for name, (words, _) in SYSTEMS.items()},
}


def answers(ask: Message) -> Iterator[Message]:
    """{"text": a module, "title": …} for `source`, `to` and `output`; of several outputs all where none is named.

    The module has value_and_gradient for one output, and values_and_jacobian for all of several.
    """
    program = parse(str(ask["source"]), Limits.of(ask.get("limits") or {}))
    to, output = str(ask["to"]), ask.get("output")
    outputs = tuple(range(len(program.outputs))) if output is None else (int(output),)
    if to not in TARGETS:
        raise ExplorerError(f"There is no export to “{to}” yet; there is: {', '.join(TARGETS)}.", kind="request")
    if not 0 <= outputs[0] < len(program.outputs):
        raise ExplorerError(f"There is no output number {outputs[0] + 1}.", kind="request")
    if to in SYSTEMS:
        yield {"text": SYSTEMS[to][1](program, outputs), "title": TARGETS[to]}
        return
    made = compiled(program)
    code = made.gradient_code(outputs[0]) if len(outputs) == 1 else made.jacobian_code()
    if code is None:
        raise ExplorerError(f"There is no one code for all points: {made.refusal}", kind="domain")
    text = numpy_module(program, code, outputs) if to == "numpy" else python_module(program, code, outputs)
    if to == "notebook":
        text = notebook(program, outputs, text)
    yield {"text": text, "title": TARGETS[to]}


def _opening(program: Program, outputs: Sequence[int]) -> str:
    """Remarks that say where the code is from, and the imports."""
    said = "".join(f"#     {line}\n" for line in program.source.splitlines())
    inputs = ", ".join(f"x{place} is {name}" for place, name in enumerate(program.inputs)) or "none"
    names = ", ".join(program.outputs[output] for output in outputs)
    derived = "its gradient" if len(outputs) == 1 else "the Jacobian"
    opening = f"# {names} and {derived}, generated from\n{said}# Inputs: {inputs}.\n\n"
    return opening + "from __future__ import annotations\n\n"


def _own(*functions: Callable[..., Any]) -> str:
    """The definitions of functions of ours, as they stand in the program."""
    texts = [textwrap.dedent(inspect.getsource(function)).replace("@staticmethod\n", "") for function in functions]
    return "".join(f"\n\n{text}" for text in texts)


def _named(functions: Mapping[str, Any], package: str, library: Any) -> tuple[str, str]:
    """(definitions, assignments) for numbered names: of a library's functions, and of ours."""
    own: dict[str, Callable[..., Any]] = {}
    lines = ""
    for numbered, function in functions.items():
        name = function.__name__
        if getattr(library, name, None) is function:
            lines += f"{numbered} = {package}.{name}\n"
        else:
            own[name] = function
            lines += f"{numbered} = {name}\n"
    if "_fast_power" in own:
        own = {"small_power": small_power, "product": product, **own}
    return _own(*own.values()), lines


def parameters(program: Program) -> str:
    """The inputs as parameters; a name that Python or the module has already gets an underscore."""
    return ", ".join(f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name for name in program.inputs)


_RAISES = "Where a function on the way has no value, what Python raises: an ArithmeticError or a ValueError."


def python_module(program: Program, code: StraightLine, outputs: Sequence[int]) -> str:
    """A function of floats; where a function has no value it raises what Python raises."""
    count, width = len(outputs), len(program.inputs)
    writer = ScalarWriter(code)
    source = writer.source()
    functions = {name: f for name, f in writer.globals().items() if name.startswith("f")}
    own, lines = _named(functions, "math", math)
    called = parameters(program)
    imported = "import operator\n" if own else ""
    if count == 1:
        function = (
            f"def value_and_gradient({called}):\n"
            '    """The value, and the gradient in the order of the parameters; floats.\n\n'
            f"    {_RAISES}\n"
            '    """\n'
            f"    value, *gradient = run({called})\n    return value, gradient\n"
        )
    else:
        function = (
            f"def values_and_jacobian({called}):\n"
            f'    """The {count} values as a list, and the Jacobian as {count} rows of {width}: a row for each value,\n'
            f"    a column for each parameter; floats. {_RAISES}\n"
            '    """\n'
            f"    numbers = run({called})\n"
            f"    rows = [list(numbers[{count} + k*{width} : {count} + (k + 1)*{width}]) for k in range({count})]\n"
            f"    return list(numbers[:{count}]), rows\n"
        )
    return (
        f"{_opening(program, outputs)}import math\n{imported}\n"
        f"inf, nan, e0 = math.inf, math.nan, ValueError\n{_CONSTANTS if own else ''}{own}\n\n{lines}\n\n{source}\n\n"
        f"{function}"
    )


def numpy_module(program: Program, code: StraightLine, outputs: Sequence[int]) -> str:
    """A function of arrays; where it has no value the result is not finite."""
    count, width = len(outputs), len(program.inputs)
    writer = BlockWriter(code, ())
    source = writer.source()
    functions = {name: f for name, f in writer.globals.items() if name.startswith("f")}
    own, lines = _named(functions, "np", np)
    constants = "".join(f"{name} = np.array({key.real!r})\n" for key, name in writer.constants.items())
    called = parameters(program)
    if count == 1:
        name, returned = "values_and_gradients", "value, partials"
        said = '    """The values, and the partials in the order of the parameters; arrays of one shape."""\n'
        last = "    value, *partials = [column.reshape(shape) for column in outputs]\n"
    else:
        name, returned = "values_and_jacobians", "values, jacobian"
        said = (
            f'    """The values, shape ({count}, …), and the Jacobian, shape ({count}, {width}, …), … the shape\n'
            '    of the parameters: a row for each value, a column for each parameter."""\n'
        )
        last = (
            f"    values = np.array(outputs[:{count}]).reshape({count}, *shape)\n"
            f"    jacobian = np.array(outputs[{count}:]).reshape({count}, {width}, *shape)\n"
        )
    return (
        f"{_opening(program, outputs)}import math\n\nimport numpy as np\n\n"
        f"inf, nan = math.inf, math.nan\nc0, p0, a0, a1 = np.copyto, np.putmask, np.any, np.all\n{constants}"
        f"{_CONSTANTS if own else ''}{own}\n\n{lines}\n\n{source}\n\n"
        f"def {name}({called}):\n{said}"
        f"    columns = np.broadcast_arrays({called})\n"
        "    shape, size = columns[0].shape, columns[0].size\n"
        "    columns = [np.ascontiguousarray(column, dtype=float).reshape(-1) for column in columns]\n"
        f"    buffers = [np.empty(size) for _ in range({writer.buffers})]\n"
        f"    buffers += [np.empty(size, dtype=bool) for _ in range({writer.masks})]\n"
        f"    outputs = [np.empty(size) for _ in range({len(code.outputs)})]\n"
        '    with np.errstate(all="ignore"):\n'
        "        run(*outputs, *columns, *buffers)\n"
        f"{last}    return {returned}\n"
    )
