"""The straight line: the operations that were recorded at the point, one by one, and their adjoints."""

from __future__ import annotations

from explorer.calculus.adjoint.lines import AdjointProgram, CodeLine
from explorer.calculus.adjoint.python_text import OWN, Printer, Text, own_name, python_names, text_of
from explorer.calculus.tape import INPUT, Tape
from explorer.language.primitives import PRIMITIVES
from explorer.language.program import Program

MOST_STRAIGHT = 2_000  # operations written out one by one


def straight(program: Program, tape: Tape, why: str) -> AdjointProgram:
    """The recorded operations one by one, then their adjoints; right at every point that takes the same branches."""
    if len(tape.operations) > MOST_STRAIGHT:
        text = f"# {len(tape.operations):,} operations are too many to be written out ({why})."
        return AdjointProgram((CodeLine(text),), False, why)
    printer = Printer()
    known = python_names([op.name for op in tape.ops])
    names = {op.index: known[op.name] for op in tape.ops}
    outputs = len(tape.outputs)
    bars = [f"result{k + 1}_bar={'1.0' if k == 0 else '0.0'}" for k in range(outputs)]
    parameters = ", ".join([*(names[k] for k in range(len(tape.inputs))), *bars])
    lines = [CodeLine(f"def {own_name(program.main.name)}_adjoint({parameters}):", None)]
    back: list[CodeLine] = []
    for op in tape.operations:
        arguments = [Text(names[a]) if isinstance(a, int) else text_of(a) for a in op.arguments]
        text = printer.apply(op.function, arguments).text
        lines.append(CodeLine(f"    {names[op.index]} = {text}", op.span.line or None))
    zero = " = ".join(f"{names[op.index]}_bar" for op in tape.ops)
    if zero:
        back.append(CodeLine(f"    {zero} = 0.0", None, True))
    for count, output in enumerate(tape.outputs):
        if isinstance(output, int):
            back.append(CodeLine(f"    {names[output]}_bar += result{count + 1}_bar", None, True))
    for op in reversed(tape.operations):
        arguments = [Text(names[a]) if isinstance(a, int) else text_of(a) for a in op.arguments]
        for edge in op.edges:
            partial = PRIMITIVES[op.function].partials[edge.position](printer, *arguments, Text(names[op.index]))
            bar, by = f"{names[op.index]}_bar", text_of(partial)
            amount = bar if by.text == "1" else f"{bar}*{by.inside(3)}"
            back.append(CodeLine(f"    {names[edge.parent]}_bar += {amount}", op.span.line or None, True))
    values = [names[o] if isinstance(o, int) else text_of(o).text for o in tape.outputs]
    gradient = [f"{names[op.index]}_bar" for op in tape.ops if op.function == INPUT]
    back.append(CodeLine(f"    return {', '.join([*values, *gradient])}", None, True))
    head = [CodeLine("import math"), CodeLine(""), *(CodeLine(OWN[h]) for h in sorted(printer.own_functions))]
    return AdjointProgram((*head, *lines, *back), False, why)
