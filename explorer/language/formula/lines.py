"""The lines of a formula: names and functions that are given, and what is differentiated."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from explorer.language.advice import decimal_comma
from explorer.language.formula.expressions import Expressions
from explorer.language.formula.reading import MAX_INPUTS, Node
from explorer.language.names import pretty_name
from explorer.language.program import (
    Apply,
    Assign,
    Call,
    Choose,
    Compare,
    Constant,
    ExplorerError,
    Expression,
    Function,
    Logic,
    Name,
    Program,
    Return,
    Span,
    Statement,
    new_assign,
)
from explorer.language.tokens import Token

# Levels of the tree that is read, a chain of + or of * being one. Nested signs, n-ary max and long piecewise deepen it
# without brackets; walks over it recurse a few Python frames a level, of which there are 1,000.
MAX_DEPTH = 200
_FAMILY = {"add": "sum", "sub": "sum", "mul": "product", "div": "product"}  # what reads as one chain

# Lines “name = value” that were read and may be taken again: by number and text, the value, the names and the number of
# tokens. A text is read at every key stroke, and all its lines but one are known then.
_LINES: dict[tuple[int, str], tuple[Expression, frozenset[str], int]] = {}
_MOST_LINES = 1_000


def read_formula(text: str) -> Program:
    """The Program of a formula text; ExplorerError with the place where it cannot be read."""
    return _Lines(text).program()


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sort key that puts x2 before x10."""
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in re.split(r"(\d+)", name) if p]


class _Lines(Expressions):
    """The lines of a text: definitions, named intermediates, and the outputs."""

    def program(self) -> Program:
        body: list[Statement] = []
        outputs: tuple[Expression, ...] | None = None
        names: tuple[str, ...] = ()
        stem = ""  # of the names of several outputs that have one together
        read_by_line: list[set[str]] = []
        assigned_by_line: list[str] = []
        while (kind := self.tokens[self.position][0]) != "end":
            if kind == "newline":
                self.position += 1
                continue
            if outputs is not None:
                raise ExplorerError(
                    "Only the last line may be without a name: write “name = …” on the lines before it.",
                    outputs[0].span,
                )
            following = self.tokens[self.position + 1][0]
            if kind == "name" and following == "(" and (definition := self._definition_head()) is not None:
                name, parameters, span = definition
                values = self._defined_values(name, parameters, span)
                if values is not None:  # the last line: its right side is what is differentiated
                    outputs, names, stem = values, (name,) if len(values) == 1 else (), name
                    self.parameters = parameters
                continue
            if kind == "name" and following == "=" and self._encloses_outputs():  # y = (u, v)
                self._check_assignable(self.token)
                stem = self.token.text
                self.position += 2
                self.used_here = set()
                outputs = self._outputs()
                read_by_line.append(self.used_here)
                continue
            if kind == "name" and following == "=":
                target = self.token
                self._check_assignable(target)
                value = self._assigned_value(target)
                if target.text in self.used_here:
                    raise ExplorerError(
                        f"“{target.text}” stands on both sides: give the result a new name.", target.span, "name"
                    )
                place = target.span
                body.append(new_assign((target.text, value, place.to(value.span))))
                read_by_line.append(self.used_here)
                assigned_by_line.append(target.text)
                self.assigned[target.text] = place
                self.variables.add(target.text)
                continue
            self.used_here = set()
            outputs = self._outputs()
            read_by_line.append(self.used_here)
        if outputs is None:
            if not assigned_by_line:
                raise ExplorerError("Nothing to differentiate yet: type a function, for example x^2 + sin(x*y).")
            names = tuple(
                name
                for index, name in enumerate(assigned_by_line)
                if not any(name in read for read in read_by_line[index + 1 :])
                and name not in assigned_by_line[index + 1 :]
            )
            outputs = tuple(Name(name, self.assigned[name]) for name in names)
        for stem, index, span in self.loose:
            if stem not in self.vectors:
                raise ExplorerError(
                    f"{stem} is no vector here: write {stem}{index}, or name all components, as in sum({stem}[0..9]).",
                    span,
                )
        inputs = self._inputs()
        if not inputs:
            self._note_constants(body)
        if not names:
            names = self._output_names(outputs, inputs, stem)
        body.append(Return(outputs, outputs[0].span.to(outputs[-1].span)))
        if self.deep:
            for function in self.functions.values():
                _check_depth(function.body)
            _check_depth(body)
        whole = Span(1, 0, self.tokens[-1].span.end_line, self.tokens[-1].span.end_column)
        main = Function("main", inputs, tuple(body), whole)
        return Program(self.text, (*self.functions.values(), main), inputs, names, tuple(dict.fromkeys(self.notes)))

    def _assigned_value(self, target: Token) -> Expression:
        """Read “name = value” to the end of the line; what was read of the same line before is taken as it was.

        That may be done where nothing but the line itself has a say in what it means, and where its names are known.
        """
        line = (target.line, self.lines[target.line - 1])
        known = _LINES.get(line)
        if known is not None and known[1] <= self.variables:
            value, names, tokens = known
            self.used_here = set(names)
            self.position += tokens
        else:
            self.used_here, self.alone, began = set(), True, self.position
            self.position += 2
            value = self.number(self.expression(0))
            if self.alone and self.tokens[self.position].line == target.line and self.token.kind == "newline":
                if len(_LINES) >= _MOST_LINES:
                    _LINES.clear()
                _LINES[line] = value, frozenset(self.used_here), self.position - began
        self._end_of_line()
        return value

    def _note_constants(self, body: Sequence[Statement]) -> None:
        """Say of a number that has a name that it is no input: x = 3 above y = x^2."""
        for statement in body:
            if isinstance(statement, Assign) and isinstance(statement.value, Constant):
                name, text = statement.name, statement.value.text
                self._note(
                    f"{name} is a constant by its line {name} = {text}; without that it is an input", statement.span
                )

    def _inputs(self) -> tuple[str, ...]:
        free = sorted((name for name in self.used if name not in self.parameters), key=natural_order)
        inputs = (*self.parameters, *free)
        if len(inputs) > MAX_INPUTS:
            raise ExplorerError(f"At most {MAX_INPUTS} inputs can be differentiated.", kind="limit")
        shown: dict[str, str] = {}
        for name in inputs:
            other = shown.setdefault(pretty_name(name), name)
            if other != name and (place := next((t.span for t in self.tokens if t.text == name), None)) is not None:
                self._note(f"{other} and {name} are two inputs, and both are shown as {pretty_name(name)}", place)
        return inputs

    def _output_names(self, outputs: tuple[Expression, ...], inputs: tuple[str, ...], own_stem: str) -> tuple[str, ...]:
        taken = {*inputs, *self.assigned, *self.functions}
        if len(outputs) == 1:
            own = outputs[0].name if isinstance(outputs[0], Name) and outputs[0].name in self.assigned else None
            numbered = (f"y{index}" for index in itertools.count(1))
            return (own or next(n for n in itertools.chain(("y", "f", "F"), numbered) if n not in taken),)
        if all(isinstance(o, Name) and o.name in self.assigned for o in outputs) and len(set(outputs)) == len(outputs):
            return tuple(o.name for o in outputs if isinstance(o, Name))
        own_stems = (own_stem,) if own_stem else ()
        for stem in itertools.chain(own_stems, ("y", "f", "F"), (f"y{index}_" for index in itertools.count(1))):
            names = tuple(f"{stem}{index}" for index in range(1, len(outputs) + 1))
            if not taken & set(names):
                break
        return names

    def _definition_head(self) -> tuple[str, tuple[str, ...], Span] | None:
        """name(parameters) = where “name(” begins a line, or None with the position unchanged."""
        index, parameters = self.position + 2, []
        while self.tokens[index].kind == "name":
            parameters.append(self.tokens[index])
            index += 1
            if self.tokens[index].kind != ",":
                break
            index += 1
        if not parameters or self.tokens[index].kind != ")" or self.tokens[index + 1].kind != "=":
            return None
        head = self.token
        if head.text in self.functions:
            raise ExplorerError(f"“{head.text}” is defined twice.", head.span, "name")
        self._check_assignable(head)
        for parameter in parameters:
            self._check_assignable(parameter, assigned=False)
        names = tuple(p.text for p in parameters)
        if len(set(names)) < len(names):
            raise ExplorerError("A parameter stands twice in this definition.", head.span, "name")
        self.position = index + 2
        return head.text, names, head.span

    def _defined_values(self, name: str, parameters: tuple[str, ...], span: Span) -> tuple[Expression, ...] | None:
        """Read the right side; on the last line return what it gives, else keep it as a function of the program."""
        outer_used, outer_parameters = self.used, self.parameters
        self.used, self.parameters, self.used_here = {}, parameters, set()
        last = self._is_last_line()
        if last:
            values = self._outputs()
        else:
            values = (self.number(self.expression(0)),)
            self._end_of_line()
        if name in self.used:
            raise ExplorerError(
                f"“{name}” stands in its own definition: only an algorithm may call itself.", span, "name"
            )
        if last:
            self.used = {**outer_used, **self.used}
            return values
        value = values[0]
        strange = [n for n in self.used if n not in parameters]
        self.used, self.parameters = outer_used, outer_parameters
        if strange:
            raise ExplorerError(
                f"“{strange[0]}” is not a parameter: write {name}({', '.join((*parameters, strange[0]))}) = ….",
                span,
                "name",
            )
        body = (Return((value,), value.span),)
        self.functions[name] = Function(name, parameters, body, span.to(value.span))
        return None

    def _is_last_line(self) -> bool:
        """Whether nothing is written behind the line that is read."""
        kinds = [token.kind for token in self.tokens[self.position :]]
        return all(kind in ("newline", "end") for kind in kinds[kinds.index("newline") :])

    def _encloses_outputs(self) -> bool:
        """Whether this is the last line, and behind its “name =” stand several values in brackets and nothing else."""
        opening = self.position + 2
        if self.tokens[opening].kind not in "([" or not self._is_last_line():
            return False
        commas, end = self._bracket(opening)
        return bool(commas) and self.tokens[end + 1].kind == "newline"

    def _bracket(self, opening: int) -> tuple[list[int], int]:
        """Where the commas of a bracket and its end are, of those that it has."""
        depth, commas, index = 0, [], opening
        for index, token in enumerate(self.tokens[opening:-1], start=opening):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.kind, 0)
            if depth == 0:
                break
            if depth == 1 and token.kind == ",":
                commas.append(index)
        return commas, index

    def _outputs(self) -> tuple[Expression, ...]:
        """One expression, or several with commas, in brackets or not."""
        start, square = self.token, self.token.kind == "["
        closing = "]" if square else ")"
        if self.token.kind in "([":
            commas, end = self._bracket(self.position)
            closed = self.tokens[end].kind == closing
            ranges = any(token.kind == ".." for token in self.tokens[self.position : end])  # (x[0..3])
            if (commas or square or ranges) and (not closed or self.tokens[end + 1].kind == "newline"):
                for comma in () if square else commas:  # (1,5*x + 2)
                    if (meant := decimal_comma(self.text, self.tokens, comma)) is not None:
                        raise meant
                self.position += 1
                enclosed = self._comma_list(closing)
                self._end_of_line()
                return tuple(self.number(value) for value in enclosed)
            if commas or square:
                what = "Square brackets" if square else "Several values in brackets"
                raise ExplorerError(f"{what} can only enclose all the outputs.", start.span)
        values = [self.number(self.expression(0))]
        while self.token.kind == ",":
            if (meant := self._decimal_comma()) is not None:
                raise meant
            self.position += 1
            values.append(self.number(self.expression(0)))
        self._end_of_line()
        return tuple(values)

    def _end_of_line(self) -> None:
        if self.position - self.line_began > MAX_DEPTH or self.vectors:
            self.deep = True  # perhaps: each level is written in a sign, but for the components of vectors
        if self.tokens[self.position][0] != "newline":
            raise self._unexpected()
        self.position += 1
        self.line_began = self.position


def _check_depth(body: Sequence[Statement]) -> None:
    """Refuse a body whose tree is deeper than MAX_DEPTH; a loop, for it is the guard of everything that recurses."""
    roots = [
        e for s in body for e in ((s.value,) if isinstance(s, Assign) else s.values if isinstance(s, Return) else ())
    ]
    stack: list[tuple[Node, int]] = [(root, 1) for root in roots]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise ExplorerError(f"The formula is nested more than {MAX_DEPTH} deep.", node.span, "limit")
        if type(node) in (Name, Constant):
            continue
        if isinstance(node, Apply):
            head, family = node.arguments[0], _FAMILY.get(node.function)
            chained = family is not None and isinstance(head, Apply) and _FAMILY.get(head.function) == family
            stack.append((head, depth if chained else depth + 1))
            stack.extend([(other, depth + 1) for other in node.arguments[1:]])
            continue
        match node:
            case Call(_, arguments, _):
                stack.extend((argument, depth + 1) for argument in arguments)
            case Choose(condition, then, otherwise, _):
                stack.extend((part, depth + 1) for part in (condition, then, otherwise))
            case Compare(_, left, right, _):
                stack.extend((part, depth + 1) for part in (left, right))
            case Logic(_, conditions, _):
                stack.extend((condition, depth + 1) for condition in conditions)
