"""The whole of an algorithm: its functions, which of them is differentiated, and what it gives."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Sequence

from explorer.language.algorithm.calls import MAX_FUNCTIONS
from explorer.language.algorithm.functions import Given, bound
from explorer.language.algorithm.reading import TakesFunctions
from explorer.language.algorithm.statements import Statements
from explorer.language.algorithm.words import REFUSED
from explorer.language.formula import CONSTANTS, MAX_INPUTS
from explorer.language.names import GREEK, plain_name
from explorer.language.program import (
    Assign,
    ExplorerError,
    Function,
    ListOf,
    Name,
    Note,
    Program,
    Span,
)
from explorer.language.python_tree import tree_of

MAX_CONSTANTS = 100  # each function that reads some has them once more


def is_algorithm(text: str) -> bool:
    """Whether a text is an algorithm: a line of it begins with def, or with what may stand before one."""
    return (
        re.search(r"^(def|import|from|class|async)\b(?!\s*[-+*/^=,)])|^@", text, re.MULTILINE) is not None
        and "def" in text
    )


def read_algorithm(text: str) -> Program:
    """The Program of an algorithm's text; ExplorerError with the place where it cannot be read."""
    text = (
        re.sub(r"\r(?!\n)", "\n", text) if "\r" in text else text
    )  # what ends a line for Python's parser, and for all
    lines = text.replace("\r\n", "\n").split("\n")
    tree = tree_of(lines)
    try:
        return _Reader(text, lines, tree).program()
    except RecursionError:
        raise ExplorerError("This is nested too deeply to be read.", kind="limit") from None


class _Reader(Statements):
    """The whole text: its functions, which of them is differentiated, and what it gives."""

    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        super().__init__(text, lines, tree)
        self.as_read: dict[str, ast.FunctionDef] = {}  # the functions with what they are given

    def program(self) -> Program:
        definitions: list[ast.FunctionDef] = []
        texts: list[ast.expr] = []
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                definitions.append(node)
            elif (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                texts.append(node.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and self._is_constant(node):
                continue
            elif not (isinstance(node, ast.Import | ast.ImportFrom) and self.is_harmless(node)):
                if type(node).__name__ in REFUSED:
                    self._refuse(node)
                said = "put this line into a def"
                if isinstance(node, ast.If) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
                    said = "leave this out; the last function that no other calls is differentiated"
                raise ExplorerError(f"Outside of functions nothing is computed: {said}.", self.span(node))
        if not definitions:
            raise ExplorerError("An algorithm is a function: def f(x): … return ….")
        if len(definitions) > MAX_FUNCTIONS:
            raise ExplorerError(f"At most {MAX_FUNCTIONS} functions are read.", self.span(definitions[-1]), "limit")
        for definition in definitions:
            name = self.name(definition.name, definition)
            if name in self.signatures:
                raise ExplorerError(f"“{name}” is defined twice.", self._head(definition), "name")
            if name in CONSTANTS or name == "range":  # others hide the function of that name, as in Python
                raise ExplorerError(f"“{name}” is known already: choose another name.", self._head(definition), "name")
            self.signatures[name] = self.signature(definition)
            self.definitions[name] = definition
        self._read_constants()
        functions = self._functions()
        for definition in definitions:
            first = definition.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                texts.append(first.value)
        self._check_characters(texts)
        main = self._main([f.name for f in functions])
        functions.sort(key=lambda f: f.name == main)
        last = functions[-1] = self._as_main(functions[-1])
        if len(last.parameters) > MAX_INPUTS:
            raise ExplorerError(f"At most {MAX_INPUTS} inputs can be differentiated.", last.span, "limit")
        return Program(self.text, tuple(functions), last.parameters, self._outputs(last), tuple(self.notes))

    def _functions(self) -> list[Function]:
        """All functions in their order; one that takes functions is read with those that it is given."""
        read: dict[str, Function] = {}
        waiting: dict[str, TakesFunctions] = {}
        for name, definition in self.definitions.items():
            notes = len(self.notes)
            try:
                read[name] = self.read_function(definition)
            except TakesFunctions as error:
                waiting[name] = error
                del self.notes[notes:]
                self.depth = self.loops = self.doublings = 0
        self._read_coming(read)
        for name, why in waiting.items():
            if name not in read:  # nobody calls it: its parameters are the functions of their names
                definition = self.definitions[name]
                names = [a for a in definition.args.args if plain_name(a.arg) in self.signatures]
                called = {
                    c.func.id for c in ast.walk(definition) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)
                }
                if not called.intersection(a.arg for a in names):
                    raise why
                given = {a.arg: Given(ast.copy_location(ast.Name(a.arg, ast.Load()), a)) for a in names}
                made = bound(definition, name, given)
                self.signatures[name] = self.signature(made)
                self.coming.append(made)
                self._read_coming(read)
        for name, why in waiting.items():
            if name not in read and self.called_by.get(name, set()) & read.keys():
                raise why
        order = {name: place for place, name in enumerate(self.definitions)}
        return sorted(read.values(), key=lambda function: order.get(function.name, -1))

    def _read_coming(self, read: dict[str, Function]) -> None:
        """Read the functions that came up with what they are given."""
        while self.coming:
            definition = self.coming.pop(0)
            self.as_read[definition.name] = definition
            read[definition.name] = self.read_function(definition)

    def _is_constant(self, node: ast.Assign | ast.AnnAssign) -> bool:
        """Whether a line outside of functions gives a name a value without calling one of them; if so it is kept."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        match targets, node.value:  # a, b = 1, 2
            case [ast.Tuple(elts=names)], ast.Tuple(elts=values) if len(names) == len(values):
                parts = zip(names, values, strict=True)
                return all(self._is_constant(ast.copy_location(ast.Assign([n], v), n)) for n, v in parts)
        if node.value is None or len(targets) != 1 or not isinstance(targets[0], ast.Name):
            return False
        own = {each.name for each in self.tree.body if isinstance(each, ast.FunctionDef)}
        if any(isinstance(part, ast.Name) and part.id in own for part in ast.walk(node.value)):
            return False
        name = self.name(targets[0].id, targets[0])
        if name in self.constants:
            said = f"“{name}” is given a value twice outside of functions: choose another name."
            raise ExplorerError(said, self.span(node), "name")
        if len(self.constants) >= MAX_CONSTANTS:
            said = f"At most {MAX_CONSTANTS} values outside of functions are read: make a list of them."
            raise ExplorerError(said, self.span(node), "limit")
        self.constants[name] = node
        return True

    def _read_constants(self) -> None:
        """Refuse what is given outside of functions and is no number or list, whether a function reads it or not."""
        for name, node in self.constants.items():
            if node.value is not None:
                self.value(node.value)
            self.assigned.add(self.target(name, node))

    def _as_main(self, function: Function) -> Function:
        """The function that is differentiated: parameters with a default value are no inputs, and a list is outputs."""
        name, defaults = function.name, self.signatures[function.name].defaults
        called = name in self.called_by
        if not called and any(isinstance(r.values[0], ListOf) for r in self.returns_of[name] if len(r.values) == 1):
            self.spread = True
            function = self.read_function(self.as_read.get(name) or self.definitions[name])
        if not defaults:
            return function
        if called:
            said = f"{name} calls itself, or is called: leave its default values out, to make them inputs, or call it."
            raise ExplorerError(said, function.span)
        inputs, given = function.parameters[: -len(defaults)], function.parameters[-len(defaults) :]
        said = ", ".join(f"{p} = {d.text}" for p, d in zip(given, defaults, strict=True))
        self.notes.append(Note(f"{said}: a parameter with a default value is no input", function.span))
        before = tuple(Assign(p, d, d.span) for p, d in zip(given, defaults, strict=True))
        return Function(name, inputs, before + function.body, function.span)

    def _main(self, names: list[str]) -> str:
        """The function that no other calls; of several, the last."""
        names = [n for n in names if n in self.definitions]
        free = [n for n in names if not self.called_by.get(n, set()) - {n}]
        main = free[-1] if free else names[-1]
        if len(free) > 1:
            place = next(d for d in self.tree.body if isinstance(d, ast.FunctionDef) and d.name == main)
            self.notes.append(
                Note(f"{main} is differentiated, the last function that no other calls", self._head(place))
            )
        return main

    def _outputs(self, function: Function) -> tuple[str, ...]:
        returns = self.returns_of[function.name]
        counts = {len(r.values) for r in returns}
        if len(counts) > 1:
            raise ExplorerError("Each return must give as many values as the others.", returns[-1].span, "arity")
        values = returns[-1].values
        names = [v.name if isinstance(v, Name) else "" for v in values]
        taken = set(function.parameters)
        same = all([v.name if isinstance(v, Name) else "" for v in r.values] == names for r in returns)
        if same and all(names) and len(set(names)) == len(names) and not taken & set(names):
            return tuple(names)
        if len(values) == 1:
            return (function.name if function.name not in taken else "y" if "y" not in taken else "result",)
        stems = itertools.chain(("y", function.name), (f"output{'_' * k}" for k in itertools.count()))
        stem = next(s for s in stems if not any(f"{s}{k + 1}" in taken for k in range(len(values))))
        return tuple(f"{stem}{k + 1}" for k in range(len(values)))

    def _check_characters(self, texts: Sequence[ast.expr]) -> None:
        """Outside of comments and docstrings only ASCII and Greek letters: no look-alikes, no invisible signs."""
        for number, line in enumerate(self.lines, start=1):
            if line.isascii() or any(t.lineno <= number <= (t.end_lineno or 0) for t in texts):
                continue
            for column, character in enumerate(line.partition("#")[0]):
                if not character.isascii() and character not in GREEK:
                    place = Span(number, column, number, column + 1)
                    raise ExplorerError(f"The character “{character}” is not read in an algorithm.", place)
