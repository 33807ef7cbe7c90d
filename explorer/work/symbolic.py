"""Answers what the symbolic panel asks: derivatives as they come, their sizes, texts, steps and forms."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from explorer.calculus import symbolic
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.symbolic.derivative import Differentiation
from explorer.calculus.symbolic.forms import FORMS, accuracy, form, named_parts
from explorer.calculus.symbolic.steps import line_notation, lines, replay
from explorer.calculus.symbolic.wanted import MAX_ORDER, Entry, Progress, derivatives, hessian_entries, jacobian_entries
from explorer.calculus.tape import Tape, record
from explorer.language.notation import Notation
from explorer.language.program import ExplorerError
from explorer.work.subject import Subject, subject
from explorer.work.verdict import along_one_input, undefined_at
from explorer.work.wire import Message

# A sign of life this often: more would only keep both processes busy.
REPORT_SECONDS = 0.2
# Pieces of a formula that travel in one answer: some milliseconds of reading for the window.
PIECES_AT_ONCE = 1_000
# Texts of larger derivatives are asked for when they are to be copied, and not sent with each answer.
MAX_SENT_NODES = 400
MAX_STEPS = 300
# diff walks the whole tree several times; beyond this it is not asked to confirm.
MAX_CONFIRMED_NODES = 20_000


@dataclass(frozen=True)
class Wanted:
    """A question about derivatives, read: the program at its point, as SymPy has it, and the entries wanted."""

    about: Subject
    outputs: list[Any]
    inputs: list[Any]
    entries: list[Entry]
    course: str = ""  # a sentence where this is the program's course at its point only

    @property
    def point(self) -> dict[Any, float]:
        """{symbol: value}."""
        return dict(zip(self.inputs, self.about.point, strict=True))


def wanted(ask: Message) -> Wanted:
    """The question's derivatives: `what` is jacobian, hessian or partial; `by` names inputs; `output` a number."""
    about = subject(ask)
    outputs, inputs, course = symbolic.expressions_at(about.program, about.point)
    names = about.program.inputs
    by = ask.get("by")
    chosen = list(range(len(names))) if by is None else [_place(names, str(name)) for name in by]
    output = int(ask.get("output") or 0)
    if not 0 <= output < len(outputs):
        raise ExplorerError("There is no such output.", kind="request")
    match ask.get("what") or "jacobian":
        case "jacobian":
            entries = jacobian_entries(len(outputs), chosen)
        case "hessian":
            entries = hessian_entries(output, chosen)
        case "partial":
            if not 1 <= len(chosen) <= MAX_ORDER:
                raise ExplorerError(f"A derivative is of order 1 to {MAX_ORDER}.", kind="request")
            entries = [Entry(0, 0, output, tuple(chosen))]
        case other:
            raise ExplorerError(f"There is no derivative called “{other}”.", kind="request")
    return Wanted(about, outputs, inputs, entries, course)


def _place(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise ExplorerError(f"“{name}” is not an input of this function.", kind="request")
    return names.index(name)


def answers(ask: Message) -> Iterator[Message]:
    """{"function": …, "entries": […]}, then {"entry": …} for each, then their {"texts": …} unless
    they are large, and {"swell": …} as the sizes become known.

    Between them {"stage": …} says what is being done. A large notation comes in parts, {"pieces": […]}, before the
    answer that it belongs to. With `shared` the parts that occur more than once get names: {"named": …} first.
    """
    about = wanted(ask)
    drawn = min(int(ask.get("drawn") or symbolic.MAX_DRAWN_NODES), symbolic.MAX_ALL_DRAWN_NODES)
    yield {
        "function": True,
        "inputs": list(about.about.program.inputs),
        "outputs": list(about.about.program.outputs),
        "entries": [asdict(entry) for entry in about.entries],
        "course": about.course,
    }
    tape = record(about.about.program, about.about.point)
    found = []
    reported = time.monotonic()
    for part in derivatives(about.outputs, about.inputs, about.entries):
        if isinstance(part, Progress):
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                order = f", order {part.order}" if len(part.entry.by) > 1 else ""
                yield {"stage": f"differentiating{order}: {part.count:,} distinct parts"}
            continue
        found.append(part)
        if not ask.get("shared"):
            yield from _entry(about, tape, *part, part[1], drawn)
    if ask.get("shared"):
        named, reduced = named_parts([derivative for _, derivative in found], about.inputs)
        for symbol, expression in named:
            yield from _sent(symbolic.notation(expression, drawn), {"named": str(symbol)})
        for (entry, derivative), shown in zip(found, reduced, strict=True):
            yield from _entry(about, tape, entry, derivative, shown, drawn)
    small = [derivative for _, derivative in found if _is_small(derivative)]
    if len(small) == len(found):  # after what is waited for: a page that is read first is copied later
        yield {"texts": {form: _text(about, small, form, bool(ask.get("matrix"))) for form in ("text", "latex")}}
    yield from _swell(about.outputs, [derivative for _, derivative in found])


def _entry(about: Wanted, tape: Tape, entry: Entry, derivative: Any, shown: Any, drawn: int) -> Iterator[Message]:
    value, refused = value_at(derivative, about.point)
    if tape.undefined() is not None and tape.values[entry.output] != tape.values[entry.output]:
        value, refused = float("nan"), "the function is not defined here"
    elif value is not None:
        slopes = reverse_jacobian(tape)[entry.output]
        if any(undefined_at(tape, entry.output, slopes[place]) for place in {*entry.by}):
            value, refused = math.nan, "the function has no derivative here"
        elif len(entry.by) == 1:
            value = along_one_input(about.about, tape, entry.output, entry.by[0], value)
    answer = {
        "entry": {
            **asdict(entry),
            "value": value,
            "refused": refused,
            "number": bool(derivative.is_Number or derivative.is_NumberSymbol),
            "operations": symbolic.operations(derivative),
        }
    }
    yield from _sent(symbolic.notation(shown, drawn), answer)


def _is_small(derivative: Any) -> bool:
    """Whether its texts travel unasked."""
    return symbolic.tree_sizes(symbolic.postorder([derivative]))[derivative] <= MAX_SENT_NODES


def _sent(notation: Notation, answer: Message) -> Iterator[Message]:
    """The answer with its notation; a large notation's pieces travel before it."""
    whole = notation.to_json()
    pieces = whole["pieces"]
    while len(pieces) > PIECES_AT_ONCE:
        yield {"pieces": pieces[:PIECES_AT_ONCE]}
        pieces = pieces[PIECES_AT_ONCE:]
    yield {**answer, "notation": {"complete": whole["complete"], "pieces": pieces}}


def _swell(outputs: list[Any], found: list[Any]) -> Iterator[Message]:
    """The sizes of f and of all its derivatives, the quick ones first."""
    before = asdict(symbolic.size(outputs))
    for size in symbolic.measured(found):
        yield {"swell": {"function": before, "derivative": asdict(size)}}


def value_at(expression: Any, point: dict[Any, float]) -> tuple[float | None, str | None]:
    """The expression's value in doubles, or None with the reason why it has none."""
    try:
        return symbolic.evaluate([expression], point)[0], None
    except ExplorerError as error:
        return None, error.message


def _text(about: Wanted, found: list[Any], form: str, matrix: bool) -> str | None:
    """The derivatives in one of the forms, a line each; of several rows as one matrix where that is wanted."""
    columns = 1 + max((entry.column for entry in about.entries), default=0)
    rows = 1 + max((entry.row for entry in about.entries), default=0)
    if form == "python":
        return symbolic.python("derivatives", found, about.inputs, columns if matrix and rows > 1 else None)
    write = symbolic.latex if form == "latex" else symbolic.pasted
    parts = [write(derivative) for derivative in found]
    if None in parts:
        return None
    texts = [part for part in parts if part is not None]
    if not matrix or rows == 1:
        return "\n".join(texts)
    lines = [texts[start : start + columns] for start in range(0, len(texts), columns)]
    if form == "latex":
        inside = " \\\\\n".join(" & ".join(line) for line in lines)
        return f"\\begin{{bmatrix}}\n{inside}\n\\end{{bmatrix}}"
    return "Matrix([" + ",\n        ".join(f"[{', '.join(line)}]" for line in lines) + "])"


def text_answers(ask: Message) -> Iterator[Message]:
    """{"text": …}: the derivatives as `form` latex, text or python, ready for the clipboard."""
    about = wanted(ask)
    found = [part[1] for part in derivatives(about.outputs, about.inputs, about.entries) if isinstance(part, tuple)]
    written = _text(about, found, str(ask["form"]), bool(ask.get("matrix")))
    if written is None or len(written) > symbolic.MAX_CHARACTERS:
        raise ExplorerError(f"That text would have more than {symbolic.MAX_CHARACTERS:,} characters.", kind="limit")
    yield {"text": written}


def steps_answers(ask: Message) -> Iterator[Message]:
    """{"step": …} for each step of one first derivative, in the order of reading, then {"result": …} with the checks.

    The result is checked twice: the rules are applied again to the recorded results, and SymPy's own diff must give
    the same expression (null where the tree is too large to ask).
    """
    about = wanted({**ask, "what": "partial"})
    (entry,) = about.entries
    symbol, root = about.inputs[entry.by[-1]], about.outputs[entry.output]
    for place in entry.by[:-1]:
        root = symbolic.differentiated(root, about.inputs[place])
    walk = Differentiation(symbol)
    derivative = walk.of(root)
    partial = len(about.inputs) > 1
    line = None
    for line in lines(walk, root):
        if line.number > MAX_STEPS:
            break
        yield {
            "step": {"number": line.number, "inside": line.inside, "rule": line.rule, "again": line.again},
            "notation": line_notation(line, symbol, partial=partial).to_json(),
        }
    if line is None:
        yield {"result": None}
        return
    first = next(lines(walk, root))
    small = symbolic.tree_sizes(symbolic.postorder([derivative]))[derivative] <= MAX_CONFIRMED_NODES
    result = {
        "steps": sum(step is not None for step in walk.steps.values()),
        "shown": min(line.number, MAX_STEPS),
        "replayed": replay(walk, root) == derivative,
        # Of a constant that is no number SymPy's diff says 0.
        "confirmed": symbolic.diff(root, symbol) == derivative if small and str(derivative) != "nan" else None,
    }
    yield from _sent(line_notation(first, symbol, whole=True, partial=partial), {"result": result})


def form_answers(ask: Message) -> Iterator[Message]:
    """{"form": …} of one derivative: size, seconds, error at the point; its assignments first, {"named": …}."""
    about = wanted({**ask, "what": "partial"})
    (found,) = [part[1] for part in derivatives(about.outputs, about.inputs, about.entries) if isinstance(part, tuple)]
    yield {"stage": f"{FORMS[str(ask['form'])]}, from {symbolic.operations(found):,} operations"}
    made = form(str(ask["form"]), found, about.inputs)
    sizes = asdict(symbolic.size(made.parts))
    try:
        error: Message | None = asdict(accuracy(made, found, about.point))
    except ExplorerError:
        error = None
    for symbol, expression in made.assignments:
        yield from _sent(symbolic.notation(expression), {"named": str(symbol)})
    answer = {"form": ask["form"], "size": sizes, "seconds": made.seconds, "accuracy": error}
    yield from _sent(symbolic.notation(made.expression), answer)
