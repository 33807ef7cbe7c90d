"""Straight-line code over arrays of points, block after block.

The code is NumPy calls with `out` buffers that are used again as soon as they are free, on blocks so short that all
buffers stay in the processor's cache. What depends on held inputs alone is computed once, as floats. Where a condition
differs from point to point both sides are computed, and a mask picks; a side that no point of a block takes is left
out. Numbers are those of the array interpreter, bit for bit; the caller sets no errstate, it is set here.

Longer than 300 lines: the writer and what runs its functions share the order of their parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.calculus import generated
from explorer.calculus.numbers import ARRAY
from explorer.calculus.scalar_code import scalar_function
from explorer.calculus.straight_line import RAISED, SELECT, TRUTHS, Branch, Item, Operand, StraightLine

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **ARRAY,
    "pow": np.float_power,
    RAISED: np.float_power,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
}


def _some(mask: NDArray[np.bool_]) -> bool:
    return bool(mask.any())


def _all(mask: NDArray[np.bool_]) -> bool:
    return bool(mask.all())


_LONGEST, _SHORTEST = 8192, 4096  # points of a block, give or take half: more make the calls no cheaper
_LINE = 8  # floats in a line of the cache
_CACHE_BYTES = 8_000_000  # of the last-level cache; that of a core is soon too small, and shorter blocks cost more


@dataclass(slots=True)
class _Line:
    """One statement: `before`, what it reads with commas between, `after`, in which {t} stands for the target.

    in_place: the target may be the buffer of an operand that ends here.
    """

    before: str
    reads: tuple[Operand, ...] = ()
    after: str = ")"
    target: int | None = None
    in_place: bool = False


class BlockWriter:
    """Writes the source for one block, and the code of what is computed once for all blocks."""

    def __init__(self, code: StraightLine, held: Sequence[int]) -> None:
        self.code = code
        self.held = set(held)
        self.once: list[int] = []  # operations on held inputs alone, in order
        self.globals: dict[str, Any] = {"c0": np.copyto, "p0": np.putmask, "a0": _some, "a1": _all}
        self.functions: dict[str, str] = {}
        self.constants: dict[complex, str] = {}
        self.scalars: dict[int, str] = {}  # held operations that blocks use
        self.lines: list[_Line] = []
        self.names = {index: f"x{index}" for index in range(code.inputs) if index not in self.held}
        self.kinds: dict[int, str] = {}  # of the operations that live in buffers: "b" floats, "m" bools
        self.buffers, self.masks = 0, 0
        for place, output in enumerate(code.outputs):
            if isinstance(output, int) and output >= code.inputs:  # computed in the output's own array
                self.names.setdefault(output, f"y{place}")
        self.block(code.body, "    ")
        for place, output in enumerate(code.outputs):
            if not isinstance(output, int) or output in self.held or self.names.get(output) != f"y{place}":
                self.lines.append(_Line(f"    c0(y{place}, ", (output,)))

    def block(self, items: Sequence[Item], indent: str) -> None:
        for item in items:
            if isinstance(item, Branch):
                self.branch(item, indent)
            elif not self.computed_once(item):
                self.operation(item, indent)

    def computed_once(self, index: int) -> bool:
        """Whether the operation depends on held inputs alone."""
        if self.held:
            for a in self.code.arguments[index]:
                if type(a) is int and a not in self.held:
                    return False
            self.held.add(index)
            self.once.append(index)
            self.names.pop(index, None)  # an output all the same: its array is filled with it at the end
            return True
        return False

    def add(self, before: str, reads: tuple[Operand, ...], after: str, target: int, in_place: bool = False) -> None:
        """Append a line with a target, which gets a place to live."""
        if target not in self.names and target not in self.kinds:
            self.kinds[target] = "m" if self.code.functions[target] in TRUTHS else "b"
        self.lines.append(_Line(before, reads, after, target, in_place))

    def operation(self, index: int, indent: str) -> None:
        function, arguments = self.code.functions[index], self.code.arguments[index]
        if function == "choose":
            self.choice(index, arguments, indent)
            return
        name = self.functions.get(function)
        called = _FUNCTIONS[function]
        if name is None:
            self.functions[function] = name = f"f{len(self.functions)}"
            self.globals[name] = called
        if isinstance(called, np.ufunc):
            # NumPy insists on the keyword for two functions; for the others it only takes time.
            out = ", out={t})" if function in ("min", "max") else ", {t})"
            self.add(f"{indent}{name}(", arguments, out, index, in_place=True)
        else:
            self.add(f"{indent}c0({{t}}, {name}(", arguments, "))", index, in_place=True)

    def choice(self, index: int, arguments: tuple[Operand, ...], indent: str) -> None:
        condition, then, otherwise = arguments
        self.add(f"{indent}c0({{t}}, ", (otherwise,), ")", index)
        if isinstance(condition, int) and condition in self.held:
            self.lines.append(_Line(f"{indent}if ", (condition,), ":"))
            self.add(f"{indent}    c0({{t}}, ", (then,), ")", index)
        else:
            self.add(f"{indent}p0({{t}}, ", (condition, then), ")", index)

    def branch(self, branch: Branch, indent: str) -> None:
        inner = indent + "    "
        then, otherwise = self.side(branch.then, inner), self.side(branch.otherwise, inner)
        if branch.condition in self.held:
            self.taken(branch, then, otherwise, indent)
            return
        for lines, test in ((then, "if a0("), (otherwise, "if not a1(")):
            if lines:
                self.lines += [_Line(f"{indent}{test}", (branch.condition,), "):"), *lines]
        for select in branch.selects:
            self.choice(select, self.code.arguments[select], indent)

    def side(self, items: Sequence[Item], indent: str) -> list[_Line]:
        """The lines of one side of a branch, which do not stand anywhere yet."""
        before, self.lines = self.lines, []
        self.block(items, indent)
        lines, self.lines = self.lines, before
        return lines

    def taken(self, branch: Branch, then: list[_Line], otherwise: list[_Line], indent: str) -> None:
        """A branch all points of which take the same side; what it selects may depend on held inputs alone."""
        before = self.lines
        selects = [select for select in branch.selects if not self.computed_once(select)]
        for self.lines, position in ((then, 1), (otherwise, 2)):
            for select in selects:
                self.add(f"{indent}    c0({{t}}, ", (self.code.arguments[select][position],), ")", select)
        self.lines = before
        nothing = _Line(f"{indent}    0", (), "")
        if then or otherwise:
            self.lines += [_Line(f"{indent}if ", (branch.condition,), ":"), *(then or [nothing])]
            self.lines += [_Line(f"{indent}else:", (), ""), *(otherwise or [nothing])]

    # -- names ---------------------------------------------------------------------------------------------------------

    def source(self) -> str:
        """The function `run` of output arrays, array inputs, scalars, float buffers and bool buffers."""
        lines = self._allocated()
        arrays = [f"x{index}" for index in range(self.code.inputs) if index not in self.held]
        outputs = [f"y{place}" for place in range(len(self.code.outputs))]
        buffers = [f"b{place}" for place in range(self.buffers)] + [f"m{place}" for place in range(self.masks)]
        parameters = ", ".join([*outputs, *arrays, *self.scalars.values(), *buffers])
        return "\n".join([f"def run({parameters}):", *lines, "    return"]) + "\n"

    def may_replace(self, place: int, index: int) -> bool:
        """Whether an output's array may be that of an input: it is not read any more once the output is written."""
        output, own = self.code.outputs[place], f"    c0(y{place}, "
        computed = isinstance(output, int) and self.names.get(output) == f"y{place}"
        written = False
        for line in self.lines:
            writes = line.target == output if computed else line.before == own
            if any(type(o) is int and o == index for o in line.reads) and (written or (writes and not line.in_place)):
                return False
            written |= writes
        return True

    def _allocated(self) -> list[str]:
        """The lines with buffers given to operations, each free again after the last line that reads it."""
        last: dict[int, int] = {}
        for place, line in enumerate(self.lines):
            for o in line.reads:
                if type(o) is int:
                    last[o] = place
            if line.target is not None:
                last[line.target] = place
        names, kinds = self.names, self.kinds
        free: dict[str, list[int]] = {"b": [], "m": []}
        counts = {"b": 0, "m": 0}

        def release(operand: Operand | None, place: int) -> None:
            if type(operand) is int and last[operand] == place and operand in kinds and operand in names:
                name = names.pop(operand)
                free[name[0]].append(int(name[1:]))

        result = []
        for place, line in enumerate(self.lines):
            reads = ", ".join([self._name(o) for o in line.reads])
            text = f"{line.before}{reads}{line.after}"
            if line.in_place:
                for o in line.reads:
                    release(o, place)
            if line.target is not None:
                if line.target not in names:
                    kind = kinds[line.target]
                    if not free[kind]:
                        free[kind].append(counts[kind])
                        counts[kind] += 1
                    names[line.target] = f"{kind}{free[kind].pop()}"
                text = text.replace("{t}", names[line.target])
            result.append(text)
            for o in line.reads:
                release(o, place)
            release(line.target, place)
        self.buffers, self.masks = counts["b"], counts["m"]
        return result

    def _name(self, operand: Operand) -> str:
        """The name of an operand; of what is computed once and of a number a new one, if need be."""
        if isinstance(operand, int):
            return self.names.get(operand) or self.scalars.setdefault(operand, f"s{len(self.scalars)}")
        key = complex(operand, math.copysign(1.0, operand))
        if key not in self.constants:
            self.constants[key] = f"k{len(self.constants)}"
            # An array without axes: NumPy takes half as long for it as for a float.
            self.globals[self.constants[key]] = np.array(operand)
        return self.constants[key]


class Blocks:
    """A compiled function of arrays: of one column an input, each an array or, where held, a float."""

    def __init__(self, code: StraightLine, held: Sequence[int] = ()) -> None:
        writer = BlockWriter(code, held)
        self.run = generated.function(writer.source(), writer.globals)
        self.inputs = [index for index in range(code.inputs) if index not in set(held)]
        self.held = [index for index in range(code.inputs) if index in set(held)]
        self.buffers, self.masks, self.scalars = writer.buffers, writer.masks, list(writer.scalars)
        self.once = _once(code, writer)  # the scalars that blocks use, of the held inputs
        self.truths = [isinstance(o, int) and code.functions[o] in TRUTHS for o in code.outputs]
        arrays = self.buffers + len(self.inputs) + len(code.outputs)
        length = 2 ** int(math.log2(max(_CACHE_BYTES / (8 * max(arrays, 1)), 1)))
        self.length = min(max(length, _SHORTEST), _LONGEST)
        self._spare: list[list[NDArray[Any]]] = []  # buffers of earlier calls

    def __call__(self, columns: Sequence[NDArray[np.float64] | float], count: int) -> list[NDArray[Any]]:
        """The outputs, arrays of shape (count,), rows of one array; array columns have that shape too."""
        floats = iter(aligned(self.truths.count(False), count))  # one piece: the allocator keeps it for the next call
        outputs = [np.empty(count, dtype=bool) if truth else next(floats) for truth in self.truths]
        self.into(outputs, columns, count)
        return outputs

    def into(self, outputs: Sequence[NDArray[Any]], columns: Sequence[NDArray[np.float64] | float], count: int) -> None:
        """The outputs, written into these arrays of shape (count,)."""
        arrays = [columns[index] for index in self.inputs]
        scalars = [np.array(v) for v in self.once(*(float(columns[index]) for index in self.held))]
        number = max(round(count / self.length), 1)  # blocks of one length: a short one costs as many calls
        length = max(-(-count // number), 1)
        if number > 1:
            length = -(-length // _LINE) * _LINE
        spare = self._spare.pop() if self._spare else []
        if not spare or len(spare[0]) < length:
            spare = self.spare(length)
        with np.errstate(all="ignore"):
            for start in range(0, count, length):
                end = min(start + length, count)
                size = end - start
                self.run(
                    *(output[start:end] for output in outputs),
                    *(column[start:end] for column in arrays),  # type: ignore[index]
                    *scalars,
                    *(spare if not spare or len(spare[0]) == size else [buffer[:size] for buffer in spare]),
                )
        self._spare.append(spare)

    def spare(self, length: int) -> list[NDArray[Any]]:
        """The buffers for blocks of this length: numbers, then truths."""
        rows = ((self.buffers, float), (self.masks, bool))
        return [row for number, kind in rows if number for row in aligned(number, length, kind)]


def aligned(rows: int, length: int, kind: type = float) -> NDArray[Any]:
    """An array of shape (rows, length) whose rows begin where lines of the cache do: a call takes a tenth less."""
    line = _LINE * 8 // np.dtype(kind).itemsize
    stride = -(-length // line) * line
    flat: NDArray[Any] = np.empty(rows * stride + line, dtype=kind)
    first = -flat.__array_interface__["data"][0] % (_LINE * 8) // flat.itemsize
    return flat[first : first + rows * stride].reshape(rows, stride)[:, :length]


def _once(code: StraightLine, writer: BlockWriter) -> Callable[..., tuple[Any, ...]]:
    """The function of the held inputs that gives the scalars which blocks use."""
    wanted = list(writer.scalars)
    if not wanted:
        return lambda *held: ()
    functions = ["choose" if f == SELECT else f for f in code.functions]
    body: list[Item] = list(writer.once)
    part = StraightLine(code.inputs, functions, code.arguments, body, tuple(wanted))
    run = scalar_function(part, safe=True)
    inputs = code.inputs
    places = [index for index in range(inputs) if index in writer.held]

    def once(*held: float) -> tuple[Any, ...]:
        point = [0.0] * inputs
        for place, value in zip(places, held, strict=True):
            point[place] = value
        return run(*point)

    return once
