"""The reader of algorithms: a small part of Python, read with Python's own parser and a list of allowed nodes.

`ast.parse` builds a tree and evaluates nothing; every node of it that is not on the list is refused with its place and,
where there is one, the way to write it. Size limits are checked before the parser sees the text.

One file of more than 300 lines: each allowed node has its few lines, and its refusal stands beside it.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from explorer.language.advice import ELSEWHERE, INSTEAD, instead
from explorer.language.formula import CONSTANTS, FORMS, MAX_INPUTS
from explorer.language.limits import MAX_NAME_LENGTH
from explorer.language.primitives import OPERATORS, PRIMITIVES, RECIPROCALS, function_named, shown_as
from explorer.language.program import (
    Append,
    Apply,
    Assign,
    AssignItem,
    Break,
    Call,
    Choose,
    Collect,
    Compare,
    Condition,
    Constant,
    Continue,
    Enumerate,
    ExplorerError,
    Expression,
    Fold,
    Function,
    Item,
    Length,
    ListOf,
    Logic,
    Name,
    Note,
    Program,
    Range,
    Repeat,
    Return,
    Span,
    Statement,
    Target,
    Zip,
    names_in,
    new_apply,
    new_assign,
    new_assign_several,
    new_choose,
    new_compare,
    new_constant,
    new_for,
    new_if,
    new_item,
    new_list,
    new_logic,
    new_name,
    new_range,
    new_span,
    new_while,
)
from explorer.language.python_tree import expanded, original_column, tree_of
from explorer.language.tokens import GREEK, MODULES, plain_name

MAX_FUNCTIONS = 50
_OF_PYTHON = ("len", "float", "int", "pow", "range", "zip", "enumerate")
MAX_DEPTH = 120  # levels of the tree, blocks and expressions together: walks recurse a few Python frames a level
MAX_CHAIN = 1_500  # operators in one chain of sums, which Python reads as a tree as deep as the chain is long
# %, int and chained comparisons stand twice in the tree for each operand; inside each other they would double it.
MAX_DOUBLINGS = 4

# What may be imported, for it is not needed; and what stands between such a library and its functions.
_LIBRARIES = ("math", "cmath", "numpy", "jax", "torch", "tensorflow", "scipy", "sympy", "mpmath")
_SUBMODULES = ("nn", "functional", "linalg", "math", "special", "numpy")

_NUMBER = (int, float)
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
_PLAIN = (ast.Add, ast.Sub, ast.Div, ast.Pow)  # a product may also be a list that is repeated,
_ALTERED = (ast.AugAssign, ast.AnnAssign, ast.For)  # statements with one target
_BLOCKS = (ast.If, ast.For, ast.While)
_SEVERAL = (ast.Tuple, ast.List)
_SINGLE = (Name, Constant, Apply)  # but not with these alone
_ARITIES = {name: row.arity for name, row in PRIMITIVES.items() if name not in OPERATORS}
# Functions on lists that are written out, with the number of their arguments; as NumPy, PyTorch and math name them.
_OF_LISTS = {
    **dict.fromkeys(("array", "asarray", "tensor", "list", "mean", "norm", "factorial", "zeros", "ones"), 1),
    "dot": 2,
}
# Other names of functions that are read: NumPy's and PyTorch's.
_SAME = {
    **{"power": "pow", "clamp": "clip", "absolute": "abs", "fsum": "sum"},
    **dict.fromkeys(("fmax", "amax"), "max"),
    **dict.fromkeys(("fmin", "amin"), "min"),
}
_INSTEAD_ON_LISTS = {
    "arange": "range(n)",
    "logsumexp": "log(sum(exp(v) for v in a))",
    "softmax": "[exp(v) for v in a], and divide each by their sum",
    "var": "sum((v - mean(a))**2 for v in a)/len(a)",
    "std": "sqrt(sum((v - mean(a))**2 for v in a)/len(a))",
    "linspace": "[low + (high - low)*i/(n - 1) for i in range(n)]",
    "matmul": "[dot(row, b) for row in a]",
    "reversed": "range(len(a) - 1, -1, -1)",
    "sorted": "[min(x, y), max(x, y)]",
    "map": "[v*v for v in a]",
    "filter": "sum(v if v > 0 else 0 for v in a)",
    "divmod": "a // b and a % b",
    "any": "a > 0 or b > 0",
    "all": "a > 0 and b > 0",
}
_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_REFUSED: dict[str, str] = {
    "Lambda": "Write a function of its own with def instead of lambda.",
    "Try": "try is not read: write an if for the case that fails.",
    "With": "with is not read: an algorithm here only computes.",
    "Import": "Only math, numpy, torch and their kin may be imported, and need not be: sin, exp, … are known.",
    "ImportFrom": "Only math, numpy, torch and their kin may be imported, and need not be: sin, exp, … are known.",
    "ClassDef": "Classes are not read: write functions.",
    "AsyncFunctionDef": "async is not read: write def.",
    "Global": "global is not read: pass the value as an argument and return it.",
    "Nonlocal": "nonlocal is not read: pass the value as an argument and return it.",
    "Delete": "del is not read: give the next value a name of its own.",
    "Raise": "raise is not read: return a value for this case too.",
    "Assert": "assert is not read: leave it out.",
    "Match": "match is not read: write if and elif.",
    "Dict": "Dictionaries are not read: use names, or a list of numbers.",
    "Set": "Sets are not read: use a list of numbers.",
    "JoinedStr": "Texts are not read: an algorithm here computes numbers.",
    "Attribute": "Methods and attributes are not read: only numbers and lists of numbers are known.",
    "Await": "await is not read.",
    "Yield": "yield is not read: return the values together.",
    "YieldFrom": "yield is not read: return the values together.",
    "Starred": "* before a value is not read: write the values out.",
    "Slice": "A part of a list (a[1:3]) is not read: take its items one by one.",
    "NamedExpr": "“:=” is not read: assign on a line of its own.",
    "SetComp": "Sets are not read: use a list.",
    "DictComp": "Dictionaries are not read: use a list.",
    "AnnAssign": "A type alone gives no value: write name = ….",
    "TypeAlias": "Types are not read: leave this line out.",
    "TryStar": "try is not read: write an if for the case that fails.",
    "AsyncFor": "async is not read.",
    "AsyncWith": "async is not read.",
}


# Statements of functions that were read, without a note and a return: by place, text and the names that are known
# there, with the own functions that they call. A text is read at every key stroke, and all of it but one is known.
_STATEMENTS: dict[tuple[object, ...], tuple[tuple[Statement, ...], frozenset[str]]] = {}
_MOST_STATEMENTS = 1_000


def is_algorithm(text: str) -> bool:
    """Whether a text is an algorithm: a line of it begins with def, or with what may stand before one."""
    return (
        re.search(r"^(def|import|from|class|async)\b(?!\s*[-+*/^=,)])|^@", text, re.MULTILINE) is not None
        and "def" in text
    )


def read_algorithm(text: str) -> Program:
    """The Program of an algorithm's text; ExplorerError with the place where it cannot be read."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")  # what ends a line for Python's parser
    tree = tree_of(lines)
    try:
        return _Reader(text, lines, tree).program()
    except RecursionError:
        raise ExplorerError("This is nested too deeply to be read.", kind="limit") from None


class _Reader:
    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        self.text = text
        self.lines = lines
        self.plain = [line.isascii() and "\t" not in line for line in lines]  # columns need no conversion
        self.span: Callable[[Any], Span] = _plain_span if all(self.plain) else self.converted_span
        self.tree = tree
        self.notes: list[Note] = []
        self.names: set[str] = set()  # those that were met and are all right
        self.signatures: dict[str, int] = {}
        self.called_by: dict[str, set[str]] = {}
        self.function = ""
        self.calls: set[str] = set()  # own functions that the statement at hand calls
        self.context: tuple[object, ...] = ()  # what else a statement's meaning depends on
        self.assigned: set[str] = set()
        self.depth = 0
        self.loops = 0  # around this place
        self.doublings = 0  # around this place, in the expression that is being read
        self.returns: list[Return] = []  # of the function that is being read
        self.returns_of: dict[str, list[Return]] = {}
        self.statements: dict[type[ast.stmt], Callable[[Any], Statement]] = {
            ast.Assign: self.assign,
            ast.AugAssign: self.augmented,
            ast.If: self.branch,
            ast.For: self.counted,
            ast.While: self.repeated,
            ast.Break: self.ended,
            ast.Continue: self.ended,
            ast.Return: self.returned,
        }
        self.readers: dict[type[ast.expr], Callable[[Any], Expression]] = {
            ast.Name: self.read_name,
            ast.BinOp: self.chain,
            ast.Constant: self.constant,
            ast.Call: self.call,
            ast.Subscript: self.item,
            ast.IfExp: self.choice,
            ast.List: self.listed_values,
            ast.Tuple: self.listed_values,
        }

    # -- the whole -------------------------------------------------------------------------------------------------

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
            elif not (isinstance(node, ast.Import | ast.ImportFrom) and self._harmless(node)):
                if type(node).__name__ in _REFUSED:
                    self._refuse(node)
                raise ExplorerError(
                    "Outside of functions nothing is computed: put this line into a def.", self.span(node)
                )
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
            self.signatures[name] = len(definition.args.args)
        functions = [self.read_function(definition) for definition in definitions]
        for definition in definitions:
            first = definition.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                texts.append(first.value)
        self._check_characters(texts)
        main = self._main([f.name for f in functions])
        functions.sort(key=lambda f: f.name == main)
        last = functions[-1]
        if len(last.parameters) > MAX_INPUTS:
            raise ExplorerError(f"At most {MAX_INPUTS} inputs can be differentiated.", last.span, "limit")
        return Program(self.text, tuple(functions), last.parameters, self._outputs(last), tuple(self.notes))

    def _harmless(self, node: ast.Import | ast.ImportFrom) -> bool:
        if isinstance(node, ast.ImportFrom):
            return not node.level and (node.module or "").partition(".")[0] in _LIBRARIES
        bases = [(a.name.partition(".")[0], a.asname) for a in node.names]
        return all(base in _LIBRARIES and (name or base) in (*_LIBRARIES, *MODULES) for base, name in bases)

    def _main(self, names: list[str]) -> str:
        """The function that no other calls; of several, the last."""
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

    # -- functions and statements ----------------------------------------------------------------------------------

    def read_function(self, node: ast.FunctionDef) -> Function:
        if node.decorator_list:
            raise ExplorerError("Decorators are not read.", self.span(node.decorator_list[0]))
        arguments = node.args
        if arguments.defaults:
            first = arguments.args[len(arguments.args) - len(arguments.defaults)].arg
            said = f"Default values are not read: leave {first} an input, or give it its value in the first line below."
            raise ExplorerError(said, self._head(node))
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            raise ExplorerError("Parameters are plain names here: def f(x, y):, without *.", self._head(node))
        parameters = tuple(self.target(a.arg, a) for a in arguments.args)
        if len(set(parameters)) < len(parameters):
            raise ExplorerError("A parameter stands twice in this definition.", self._head(node), "name")
        self.function = self.name(node.name, node)
        self.returns = self.returns_of[self.function] = []
        self.assigned = set(parameters)
        for target in _targets(node.body, []):
            self.assigned.add(self.target(target.id, target))
        body = node.body
        if (
            isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            body = body[1:]
        self.context = (self.function, frozenset(self.assigned), tuple(self.signatures.items()))
        statements = self.body(body)
        function = Function(self.function, parameters, statements, self._head(node))
        if not self.returns:
            raise ExplorerError(f"{self.function} has no return: say what it computes.", self._head(node))
        return function

    def body(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        """The statements of a function; one that stands in the same place with the same text as before is as it was."""
        statements: list[Statement] = []
        for node in body:
            line, end = node.lineno, node.end_lineno or node.lineno
            key = (line, node.col_offset, node.end_col_offset, *self.lines[line - 1 : end], self.context)
            known = _STATEMENTS.get(key)
            if known is None:
                said, self.calls = (len(self.notes), len(self.returns)), set()
                known = self.block((node,)), frozenset(self.calls)
                if said == (len(self.notes), len(self.returns)):
                    if len(_STATEMENTS) >= _MOST_STATEMENTS:
                        _STATEMENTS.clear()
                    _STATEMENTS[key] = known
            statements += known[0]
            for name in known[1]:
                self.called_by.setdefault(name, set()).add(self.function)
        return tuple(statements)

    def block(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(body[0]), "limit")
        statements: list[Statement] = []
        for node in body:
            read = self.statements.get(type(node))
            if type(node) is ast.Assign and len(node.targets) > 1:
                statements += self.assign_alike(node)
            elif read is not None:
                statements.append(read(node))
            else:
                statements += self.statement(node)
        self.depth -= 1
        return tuple(statements)

    def assign(self, node: ast.Assign) -> Statement:
        return self.assignment(node.targets[0], node.value, self.span(node))

    def assign_alike(self, node: ast.Assign) -> list[Statement]:
        """a = b = value as a = value and b = a, so that it is computed once."""
        span = self.span(node)
        for target in node.targets:
            if not isinstance(target, ast.Name):
                raise ExplorerError("Write one assignment a line: a[0] = 1, then b = 1.", self.span(target))
        statements = [self.assign(node)]
        names = [self.target(t.id, t) for t in node.targets if isinstance(t, ast.Name)]
        return statements + [Assign(name, Name(names[0], span), span) for name in names[1:]]

    def branch(self, node: ast.If) -> Statement:
        otherwise = self.block(node.orelse) if node.orelse else ()
        return new_if((self.condition(node.test), self.block(node.body), otherwise, self.span(node.test)))

    def counted(self, node: ast.For) -> Statement:
        if node.orelse:
            raise ExplorerError("else after a loop is not read: use an if behind the loop.", self.span(node))
        variable, source = self.side_by_side(node.target, node.iter)
        return new_for((variable, source, self.loop(node.body), self.span(node.target).to(self.span(node.iter))))

    def repeated(self, node: ast.While) -> Statement:
        if node.orelse:
            raise ExplorerError("else after a loop is not read: use an if behind the loop.", self.span(node))
        return new_while((self.condition(node.test), self.loop(node.body), self.span(node.test)))

    def ended(self, node: ast.Break | ast.Continue) -> Statement:
        kind, word = (Break, "break") if isinstance(node, ast.Break) else (Continue, "continue")
        if not self.loops:
            raise ExplorerError(f"{word} stands inside of a loop only.", self.span(node))
        return kind(self.span(node))

    def returned(self, node: ast.Return) -> Statement:
        value, span = node.value, self.span(node)
        if value is None:
            raise ExplorerError("return needs a value.", span)
        values = [value]
        if isinstance(value, ast.Tuple) and value.elts:
            values = value.elts
            if len(values) == 1:
                raise ExplorerError("A comma at the end makes a list of one value: leave it out.", span)
            self.note_comma(value)
        statement = Return(tuple(self.expression(v) for v in values), span)
        self.returns.append(statement)
        return statement

    def statement(self, node: ast.stmt) -> list[Statement]:
        """What one of the rarer statements becomes: one statement or none; long, for it has a case for each kind."""
        span = self.span(node)
        match node:
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return [self.assignment(target, value, span)]
            case ast.Pass():
                return []
            case ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                raise ExplorerError("print is not read: return the value to see it.", span)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name() as items, attr="append"), args=[item], keywords=[])
            ):
                return [Append(self.listed(items), self.expression(item), span)]
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))) if (
                name in self.assigned
            ):
                one = "append takes one item." if method == "append" else ""
                raise ExplorerError(one or f"{method} is not read: of the methods of a list only append is.", span)
            case ast.Expr(value=value) if type(value).__name__ in _REFUSED:
                self._refuse(value)
            case ast.Expr():
                raise ExplorerError("This line computes something and does not keep it: write name = ….", span)
            case ast.FunctionDef():
                raise ExplorerError(
                    "A function inside a function is not read: put it before this one.", self._head(node)
                )
            case _:
                self._refuse(node)

    def loop(self, body: Sequence[ast.stmt]) -> tuple[Statement, ...]:
        """The body of a loop, in which break and continue may stand."""
        self.loops += 1
        statements = self.block(body)
        self.loops -= 1
        return statements

    def note_comma(self, node: ast.expr | None) -> None:
        """Say of a bare 3,5 that it is two values: where decimals have a comma it is one."""
        if not isinstance(node, ast.Tuple) or not any(type(element) is ast.Constant for element in node.elts):
            return
        span = self.span(node)
        found = re.search(r"(?<![\w.])(\d+),(\d+)(?![\w.])", self.lines[span.line - 1][span.column :])
        if found is not None and span.line == span.end_line:
            first, second = found.groups()
            said = f"{found[0]} reads as two values, {first} and {second}; a decimal is written {first}.{second}"
            self.notes.append(Note(said, span))

    def assignment(self, target: ast.expr, value: ast.expr, span: Span) -> Statement:
        if isinstance(target, ast.Name) and not isinstance(value, ast.Tuple):
            name = target.id if target.id in self.assigned else self.target(target.id, target)
            return new_assign((name, self.expression(value), span))
        self.note_comma(value)
        match target:
            case ast.Name(id=name):
                return Assign(self.target(name, target), self.expression(value), span)
            case ast.Subscript(value=ast.Name() as items, slice=index):
                name = self.listed(items)
                return AssignItem(name, self.expression(index), self.expression(value), span)
            case ast.Subscript():
                raise ExplorerError("Give the inner list a name first: row = a[i], then row[j] = ….", self.span(target))
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
                for element in elements:
                    self.check_plain(element)
                names = tuple(self.target(e.id, e) for e in elements if isinstance(e, ast.Name))
                if isinstance(value, ast.Tuple | ast.List):
                    if len(value.elts) != len(names):
                        raise ExplorerError(f"{len(names)} names, and {len(value.elts)} values.", span, "arity")
                    return new_assign_several((names, new_list((tuple(map(self.expression, value.elts)), span)), span))
                return new_assign_several((names, self.expression(value), span))
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def augmented(self, node: ast.AugAssign) -> Statement:
        target, operator, span = node.target, node.op, self.span(node)
        change = self.expression(node.value)
        match target:
            case ast.Name(id=name):
                old: Expression = self.read_name(target)
                return Assign(self.name(name, target), self.arithmetic(operator, old, change, span), span)
            case ast.Subscript(value=ast.Name() as items, slice=index):
                name, place = self.listed(items), self.expression(index)
                old = Item(Name(name, self.span(items)), place, self.span(target))
                return AssignItem(name, place, self.arithmetic(operator, old, change, span), span)
            case ast.Subscript():
                raise ExplorerError("Give the inner list a name first: row = a[i], then row[j] = ….", self.span(target))
        raise ExplorerError("Only names, and items of lists, can be assigned to.", self.span(target))

    def check_plain(self, target: ast.expr) -> None:
        """Of several targets each must be a name."""
        if isinstance(target, ast.Name):
            return
        said = "Only names can be assigned together: give the inner values a line of their own."
        if isinstance(target, ast.Starred):
            said = "* before a name is not read: write a name for each value."
        elif isinstance(target, ast.Subscript):
            said = "Items of a list are assigned one by one: t = a[0], then a[0] = a[1], then a[1] = t."
        raise ExplorerError(said, self.span(target))

    def listed(self, node: ast.Name) -> str:
        """The name of a list whose item is assigned."""
        name = self.read_name(node)
        if not isinstance(name, Name):
            raise ExplorerError("A number stands where a list is needed.", self.span(node))
        return name.name

    # -- expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: ast.expr) -> Expression:
        """The expression that a node stands for, not nested more than MAX_DEPTH levels."""
        kind = type(node)
        if kind is ast.Name and node.id in self.assigned:  # type: ignore[attr-defined]  # most
            return new_name((node.id, self.span(node)))  # type: ignore[attr-defined]
        if self.depth >= MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(node), "limit")
        read = self.readers.get(kind)
        self.depth += 1
        value = self.read_expression(node) if read is None else read(node)
        self.depth -= 1
        return value

    def constant(self, node: ast.Constant) -> Expression:
        """A number; no text, and nothing that is one of Python's own words."""
        value, span = node.value, self.span(node)
        if type(value) in _NUMBER:
            return self.number(value, span)  # type: ignore[arg-type]
        if isinstance(value, bool):
            raise ExplorerError("True and False are not numbers here: write 1.0 or 0.0.", span)
        if isinstance(value, str | bytes):
            raise ExplorerError("Texts are not read: an algorithm here computes numbers.", span)
        raise ExplorerError("Only real numbers are read here.", span)

    def item(self, node: ast.Subscript) -> Expression:
        return new_item((self.expression(node.value), self.expression(node.slice), self.span(node)))

    def choice(self, node: ast.IfExp) -> Expression:
        condition = self.condition(node.test)
        return new_choose((condition, self.expression(node.body), self.expression(node.orelse), self.span(node)))

    def listed_values(self, node: ast.List | ast.Tuple) -> Expression:
        return new_list((tuple([self.expression(item) for item in node.elts]), self.span(node)))

    def read_expression(self, node: ast.expr) -> Expression:
        """One of the rarer expressions."""
        span = self.span(node)
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return new_apply(("neg", (self.expression(operand),), span))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.expression(operand)
            case ast.ListComp(elt=term, generators=generators) | ast.GeneratorExp(elt=term, generators=generators):
                return self.collect(term, generators, span)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                raise ExplorerError("A comparison is not a number: write 1.0 if … else 0.0.", span)
            case ast.Attribute(value=module, attr=name) if _is_module(module) and name in CONSTANTS:
                return Constant(CONSTANTS[name], name, span)
            case ast.Attribute(attr="inf" | "nan" as name):
                what = "Infinity" if name == "inf" else "What is no number"
                raise ExplorerError(f"{what} cannot be differentiated: for a bound take a large number, 1e300.", span)
            case _:
                self._refuse(node)

    def number(self, value: float, span: Span) -> Expression:
        if abs(value) > 1.7976931348623157e308:
            raise ExplorerError("This number does not fit a double: its size must lie below 1.8e308.", span, "limit")
        text = self.lines[span[0] - 1][span[1] : span[3]]
        if "_" in text:
            text = text.replace("_", "")
        if value == 0.0 and len(text) > 3 and re.match(r"[0.]*[1-9]", text):
            raise ExplorerError("This number does not fit a double: its size must lie above 5e-324.", span, "limit")
        return new_constant((float(value), text, span))

    def read_name(self, node: ast.Name) -> Expression:
        text, span = node.id, self.span(node)
        if text in self.assigned:
            return new_name((text, span))
        name = self.name(text, node)
        if name in self.assigned:
            return Name(name, span)
        if name in CONSTANTS:
            return Constant(CONSTANTS[name], name, span)
        if name in self.signatures or function_named(name) is not None:
            raise ExplorerError(f"{name} is a function: write {name}(…).", span, "name")
        close = difflib.get_close_matches(name, self.assigned, 1, 0.6)
        hint = f" Did you mean {close[0]}?" if close else " Give it a value first, or make it a parameter."
        raise ExplorerError(f"“{name}” is not known in {self.function}.{hint}", span, "name")

    def chain(self, node: ast.BinOp) -> Expression:
        """A chain of operators from the left; a loop, because a sum of 1,000 terms is a tree 1,000 deep."""
        links: list[ast.BinOp] = []
        head: ast.expr = node
        remainders = 0
        while type(head) is ast.BinOp:
            links.append(head)
            remainders += type(head.op) is ast.Mod
            head = head.left
        if len(links) > MAX_CHAIN:
            raise ExplorerError(f"More than {MAX_CHAIN:,} operators in one expression.", self.span(node), "limit")
        if remainders:
            self.doublings += remainders
            self.check_doublings(node)
        value = self.expression(head)
        for link in reversed(links):
            right, operator = self.expression(link.right), type(link.op)
            if operator in _PLAIN or (operator is ast.Mult and type(value) in _SINGLE and type(right) in _SINGLE):
                value = new_apply((_OPERATORS[operator], (value, right), self.span(link)))
                continue
            value = self.arithmetic(link.op, value, right, self.span(link))
            self.doublings -= operator is ast.Mod
        return value

    def check_doublings(self, node: ast.expr) -> None:
        """Refuse a node with too many doublings around or in it."""
        if self.doublings > MAX_DOUBLINGS:
            said = f"%, int and chains like a < b < c are nested more than {MAX_DOUBLINGS} deep: name a part."
            raise ExplorerError(said, self.span(node), "limit")

    def arithmetic(self, operator: ast.operator, left: Expression, right: Expression, span: Span) -> Expression:
        lists = ListOf | Repeat | Collect
        if isinstance(operator, ast.Mult) and (isinstance(left, lists) or isinstance(right, lists)):
            items, count = (left, right) if isinstance(left, lists) else (right, left)
            return Repeat(items, count, span)
        if type(operator) in _OPERATORS:
            return Apply(_OPERATORS[type(operator)], (left, right), span)
        if isinstance(operator, ast.FloorDiv):
            return Apply("floor", (Apply("div", (left, right), span),), span)
        if isinstance(operator, ast.Mod):
            return remainder(left, right, span)
        if isinstance(operator, ast.BitXor):
            raise ExplorerError("A power is written ** in an algorithm: x**2.", span)
        if isinstance(operator, ast.MatMult):
            raise ExplorerError("@ is not read: write dot(a, b), or [dot(row, b) for row in a].", span)
        raise ExplorerError("Bits are not read: use numbers and + − * / **.", span)

    def call(self, node: ast.Call) -> Expression:
        span, called = self.span(node), node.func
        if type(called) is ast.Name and not node.keywords:
            text = called.id
            if _ARITIES.get(text) == len(node.args) and text not in self.assigned and text not in self.signatures:
                return new_apply((text, tuple([self.expression(a) for a in node.args]), span))
        if node.keywords:
            raise ExplorerError("Arguments are given by their place, without names.", self.span(node.keywords[0].value))
        match node.func:
            case ast.Name(id=text):
                name = self.name(text, node.func)
                if name in self.assigned:
                    said = f"“{name}” is a value in {self.function}, and no function that can be called."
                    raise ExplorerError(said, self.span(node.func), "name")
            case ast.Attribute(value=before, attr=text) if _is_module(before):
                name = text
            case ast.Attribute(value=before, attr=text) if function_named(text) is not None or text in _OF_LISTS:
                place = self.span(before)
                argument = self.lines[place.line - 1][place.column : place.end_column] or "…"
                said = f"Methods are not read: a function stands before its argument, {text}({argument})."
                raise ExplorerError(said if len(argument) <= 40 else f"{said.partition(',')[0]}.", span)
            case ast.Call() | ast.Subscript() | ast.Constant():
                raise ExplorerError("Only a function's name can stand before “(”.", self.span(node.func))
            case _:
                self._refuse(node.func)
        if name in self.signatures and isinstance(node.func, ast.Name):
            arguments = tuple(self.expression(a) for a in node.args)
            if len(arguments) != self.signatures[name]:
                said = f"{name} takes {_count(self.signatures[name])}; here it has {_count(len(arguments))}."
                raise ExplorerError(said, span, "arity")
            self.calls.add(name)
            return Call(name, arguments, span)
        name = _SAME.get(name, name)
        if name in FORMS:
            return self.form(name, node)
        if name in ("sum", "prod") or (name in ("min", "max") and len(node.args) == 1):
            if len(node.args) != 1:
                raise ExplorerError(
                    f"{name} takes a list or a generator: {name}(x*i for i in range(3)).", span, "arity"
                )
            function = {"sum": "add", "prod": "mul"}.get(name, name)
            return Fold(function, self.items(node.args[0]), span)
        if name in _OF_LISTS and node.args:
            return self.of_lists(name, node)
        if name not in _OF_PYTHON and name not in RECIPROCALS and function_named(name) is None:
            raise self.unknown(name, node)
        if name in ("range", "zip", "enumerate"):
            raise ExplorerError(f"{name} stands in a for only.", span)
        if name == "int" and len(node.args) == 1:
            self.doublings += 1
            self.check_doublings(node)
            value = self.expression(node.args[0])
            self.doublings -= 1
            return truncation(value, span)
        arguments = tuple(self.expression(a) for a in node.args)
        if name == "len" and len(arguments) == 1:
            return Length(arguments[0], span)
        if name == "float" and len(arguments) == 1:
            return arguments[0]
        if name == "pow" and len(arguments) == 2:
            return Apply("pow", arguments, span)
        return self.elementary(name, arguments, span)

    def of_lists(self, name: str, node: ast.Call) -> Expression:
        """What NumPy, math and Python say in one word of lists, written out."""
        span, first = self.span(node), node.args[0]
        if len(node.args) != _OF_LISTS[name]:
            said = f"{name} takes {_count(_OF_LISTS[name])}; here it has {_count(len(node.args))}."
            raise ExplorerError(said, span, "arity")
        if name == "factorial":
            one = Constant(1.0, "1", span)
            return Fold("mul", Range(one, Apply("add", (self.expression(first), one), span), one, span), span)
        if name in ("zeros", "ones"):
            value = Constant(float(name == "ones"), "1.0" if name == "ones" else "0.0", span)
            return Repeat(ListOf((value,), span), self.expression(first), span)
        if name == "dot":
            a, b = self.spare_name("a"), self.spare_name("b")
            pairs = Zip((self.items(first), self.items(node.args[1])), span)
            return Fold("add", Collect(Apply("mul", (Name(a, span), Name(b, span)), span), (a, b), pairs, span), span)
        items, item = self.items(first), self.spare_name("item")
        if name == "norm":
            square = Apply("pow", (Name(item, span), Constant(2.0, "2", span)), span)
            return Apply("sqrt", (Fold("add", Collect(square, item, items, span), span),), span)
        if name == "mean":
            counted: Expression = items
            if isinstance(items, Collect) and _is_cheap(items.items):
                counted = Collect(Constant(1.0, "1", span), items.variable, items.items, span)
            elif not isinstance(items, Name | ListOf):
                said = "mean takes a list, as [(a - b)**2 for a, b in zip(x, y)]: lists have no arithmetic."
                raise ExplorerError(said, span)
            return Apply("div", (Fold("add", items, span), Length(counted, span)), span)
        if isinstance(items, Name):  # another list with the same items
            return Collect(Name(item, span), item, items, span)
        return items

    def spare_name(self, stem: str) -> str:
        """A name that the function has not, for a variable that a person does not write."""
        return next(n for k in itertools.count() if (n := f"{stem}{k or ''}") not in self.assigned)

    def note_once(self, message: str, span: Span) -> None:
        if all(note.message != message for note in self.notes):
            self.notes.append(Note(message, span))

    def elementary(self, name: str, arguments: tuple[Expression, ...], span: Span) -> Expression:
        if name in RECIPROCALS and len(arguments) == 1:
            under = RECIPROCALS[name]
            self.note_once(f"{name}(…) reads as 1/{under}(…)", span)
            return Apply("div", (Constant(1.0, "1", span), Apply(under, arguments, span)), span)
        primitive = function_named(name)
        if primitive is None:  # a function of Python, or one of RECIPROCALS
            arity = 2 if name == "pow" else 1
            said = f"{name} takes {_count(arity)}; here it has {_count(len(arguments))}."
            raise ExplorerError(said, span, "arity")
        if shown := shown_as(name):
            self.note_once(f"{name} is called {shown} here", span)
        if primitive.name in ("min", "max") and len(arguments) > 2:
            value = arguments[0]
            for argument in arguments[1:]:
                value = Apply(primitive.name, (value, argument), span)
            return value
        if primitive.name == "log" and len(arguments) == 2:
            return Apply("div", tuple(Apply("log", (a,), span) for a in arguments), span)
        if len(arguments) != primitive.arity:
            said = f"{name} takes {_count(primitive.arity)}; here it has {_count(len(arguments))}."
            raise ExplorerError(said, span, "arity")
        return Apply(primitive.name, arguments, span)

    def unknown(self, name: str, node: ast.Call) -> ExplorerError:
        if name in _INSTEAD_ON_LISTS:
            said = f"There is no function “{name}” here: write {_INSTEAD_ON_LISTS[name]}."
            return ExplorerError(said, self.span(node.func), "name")
        if name in INSTEAD:
            said = f"There is no function “{name}” here: write {INSTEAD[name].replace('^', '**')}."
            return ExplorerError(said, self.span(node.func), "name", self.written_instead(name, node))
        if name in ELSEWHERE:
            said = f"There is no function “{name}” here: write {ELSEWHERE[name]}(…)."
            return ExplorerError(said, self.span(node.func), "name")
        known = [*_ARITIES, *FORMS, *self.signatures, "sum", "prod", "len", "range", "zip", "enumerate"]
        close = difflib.get_close_matches(name, known, 1, 0.6)
        hint = f" Did you mean {close[0]}?" if close else ""
        return ExplorerError(f"Unknown function “{name}”.{hint}", self.span(node.func), "name")

    def written_instead(self, name: str, node: ast.Call) -> str:
        """The text with what is written here for a call in one line; "" where there is no one way."""
        span = self.span(node)
        arguments = [self.lines[s.line - 1][s.column : s.end_column] for s in map(self.span, node.args)]
        written = instead(name, arguments).replace("^", "**")
        if not written or span.line != span.end_line:
            return ""
        line = self.lines[span.line - 1]
        changed = line[: span.column] + written + line[span.end_column :]
        return "\n".join([*self.lines[: span.line - 1], changed, *self.lines[span.line :]])

    def form(self, name: str, node: ast.Call) -> Expression:
        span, count = self.span(node), len(node.args)
        if name == "clip" and count == 3:
            value, low, high = (self.expression(a) for a in node.args)
            return Apply("min", (Apply("max", (value, low), span), high), span)
        if (name == "where" and count == 3) or (name == "piecewise" and count >= 3 and count % 2):
            chosen = self.expression(node.args[-1])
            for index in range(count - 3, -1, -2):
                chosen = Choose(self.condition(node.args[index]), self.expression(node.args[index + 1]), chosen, span)
            return chosen
        raise ExplorerError(f"{name} is written {FORMS[name]}.", span, "arity")

    def items(self, node: ast.expr) -> Expression:
        """What a loop runs over: range(…), or an expression that is a list."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]) if 1 <= len(arguments) <= 3:
                values = [self.expression(a) for a in arguments]
                span = self.span(node)
                if len(values) == 1:
                    values.insert(0, new_constant((0.0, "0", span)))
                if len(values) == 2:
                    values.append(new_constant((1.0, "1", span)))
                return new_range((*values, span))
            case ast.Call(func=ast.Name(id="range")):
                raise ExplorerError("range takes one to three numbers.", self.span(node), "arity")
            case ast.Call(func=ast.Name(id=("reversed" | "sorted") as name)):
                raise ExplorerError(f"{name} is not read: loop over range(len(…)).", self.span(node))
        return self.expression(node)

    def side_by_side(self, target: ast.expr, node: ast.expr) -> tuple[Target, Expression]:
        """What a for assigns to and what it runs over: items, or zip and enumerate with a name for each part."""
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else None
        span = self.span(node)
        match node:
            case ast.Call(func=ast.Name(id=("zip" | "enumerate") as name)) if name not in self.signatures:
                pass
            case _:
                items = self.items(node)
                if parts is not None and isinstance(items, Range):
                    raise ExplorerError("range gives one number at a time: for i in ….", self.span(target))
                return self.loop_target(target), items
        if name == "zip":
            if len(node.args) < 2 or node.keywords:
                raise ExplorerError("zip takes two or more lists: for x, y in zip(a, b).", span, "arity")
            if parts is None or len(parts) != len(node.args):
                said = f"zip of {len(node.args)} lists needs as many names: for x, y in zip(a, b)."
                raise ExplorerError(said, self.span(target), "arity")
            pairs = [self.side_by_side(part, items) for part, items in zip(parts, node.args, strict=True)]
            return tuple(variable for variable, _ in pairs), Zip(tuple(items for _, items in pairs), span)
        starts = [*node.args[1:], *(keyword.value for keyword in node.keywords if keyword.arg == "start")]
        if not node.args or len(starts) != len(node.args) - 1 + len(node.keywords) or len(starts) > 1:
            raise ExplorerError("enumerate takes a list, and a start if it is not 0.", span, "arity")
        if parts is None or len(parts) != 2:
            raise ExplorerError("enumerate needs two names: for i, x in enumerate(a).", self.span(target), "arity")
        variable, items = self.side_by_side(parts[1], node.args[0])
        start = self.expression(starts[0]) if starts else Constant(0.0, "0", span)
        return (self.loop_target(parts[0]), variable), Enumerate(items, start, span)

    def loop_target(self, node: ast.expr) -> Target:
        """A name, or names for the items of an item."""
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return tuple(self.loop_target(element) for element in node.elts)
        if not isinstance(node, ast.Name):
            raise ExplorerError("A loop assigns to names only: for i in …, or for x, y in ….", self.span(node))
        return self.target(node.id, node)

    def collect(self, value: ast.expr, generators: list[ast.comprehension], span: Span) -> Expression:
        first = generators[0]
        if len(generators) != 1 or first.ifs or first.is_async:
            raise ExplorerError("A list is built by one for, without if.", span)
        variable, items = self.side_by_side(first.target, first.iter)
        known = self.assigned
        self.assigned = known.union(names_in(variable))  # inside only
        collected = Collect(self.expression(value), variable, items, span)
        self.assigned = known
        return collected

    def condition(self, node: ast.expr) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExplorerError(f"This is nested more than {MAX_DEPTH} levels deep.", self.span(node), "limit")
        condition = self.read_condition(node)
        self.depth -= 1
        return condition

    def read_condition(self, node: ast.expr) -> Condition:
        span = self.span(node)
        if type(node) is ast.Compare and len(node.ops) == 1 and (sign := _RELATIONS.get(type(node.ops[0]))) is not None:
            return new_compare((sign, self.expression(node.left), self.expression(node.comparators[0]), span))
        match node:
            case ast.Compare(left=left, ops=operators, comparators=rights):
                parts: list[Condition] = []
                chained = len(operators) > 1
                self.doublings += chained
                if chained:
                    self.check_doublings(node)
                before = self.expression(left)
                for operator, right in zip(operators, rights, strict=True):
                    if type(operator) not in _RELATIONS:
                        raise ExplorerError("“in” and “is” are not read: compare with < <= > >= == !=.", span)
                    after = self.expression(right)
                    parts.append(Compare(_RELATIONS[type(operator)], before, after, before.span.to(after.span)))
                    before = after
                self.doublings -= chained
                return parts[0] if len(parts) == 1 else Logic("and", tuple(parts), span)
            case ast.BoolOp(op=connective, values=values):
                word = "and" if isinstance(connective, ast.And) else "or"
                return new_logic((word, tuple([self.condition(v) for v in values]), span))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return new_logic(("not", (self.condition(operand),), span))
            case ast.Constant(value=bool() as value):
                return Logic("and" if value else "or", (), span)  # all of no conditions hold, and none of them does
        raise ExplorerError("A condition is needed here, for example x > 0 or n != 0.", span)

    # -- small things ----------------------------------------------------------------------------------------------

    def name(self, text: str, node: ast.AST) -> str:
        if text in self.names:
            return text
        name = text if text.isascii() else plain_name(text)
        if len(name) > MAX_NAME_LENGTH:
            raise ExplorerError(f"A name may have at most {MAX_NAME_LENGTH} letters.", self.span(node), "limit")
        if "__" in name:
            raise ExplorerError("A name may not contain two underscores in a row.", self.span(node), "name")
        if not name.isascii():
            raise ExplorerError(f"The letters of “{name}” are not all Latin or Greek.", self.span(node), "name")
        if name == text:
            self.names.add(name)
        return name

    def target(self, text: str, node: ast.AST) -> str:
        """A name that gets a value; one of an elementary function hides that function, as in Python."""
        name = self.name(text, node)
        if name in self.signatures:
            raise ExplorerError(f"“{name}” is a function here: choose another name.", self.span(node), "name")
        return name

    def converted_span(self, node: Any) -> Span:
        """The node's place where columns may have to be converted; Python counts them in UTF-8 bytes."""
        line, column, end_line, end_column = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
        if not self.plain[line - 1]:
            column = self._column(line, column)
        if not self.plain[end_line - 1]:
            end_column = self._column(end_line, end_column)
        return Span(line, column, end_line, end_column)

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return original_column(text, len(expanded(text).encode()[:offset].decode(errors="ignore")))

    def _head(self, node: ast.FunctionDef) -> Span:
        """The line with def."""
        span = self.span(node)
        return Span(span.line, span.column, span.line, len(self.lines[span.line - 1].rstrip()))

    def _refuse(self, node: ast.AST) -> NoReturn:
        kind = type(node).__name__
        raise ExplorerError(_REFUSED.get(kind, "This is not part of the language."), self.span(node))


def _plain_span(node: Any) -> Span:
    """The node's place in a text of which Python's columns are ours."""
    return new_span((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))


def _is_module(node: ast.expr) -> bool:
    """Whether a library of mathematics, or a part of one, is named: np, torch.nn.functional."""
    if isinstance(node, ast.Attribute):
        return node.attr in _SUBMODULES and _is_module(node.value)
    return isinstance(node, ast.Name) and node.id in MODULES


def _is_cheap(items: Expression) -> bool:
    """Whether a loop goes over what costs nothing to be looked at twice."""
    parts = items.items if isinstance(items, Zip) else (items.items,) if isinstance(items, Enumerate) else (items,)
    return all(
        isinstance(part, Name | Range)
        or (isinstance(part, ListOf) and all(isinstance(i, Constant) for i in part.items))
        for part in parts
    )


def remainder(left: Expression, right: Expression, span: Span) -> Expression:
    """left − right·⌊left/right⌋, with the sign of right, as Python's % has it; each operand is one node, twice."""
    whole = Apply("floor", (Apply("div", (left, right), span),), span)
    return Apply("sub", (left, Apply("mul", (right, whole), span)), span)


def as_remainder(node: Expression) -> tuple[Expression, Expression] | None:
    """The operands of what `remainder` made, else None; they are to be evaluated once."""
    match node:
        case Apply("sub", (left, Apply("mul", (right, Apply("floor", (Apply("div", (again, below)),)))))):
            return (left, right) if left is again and right is below else None
    return None


def truncation(value: Expression, span: Span) -> Expression:
    """sign(value)·⌊|value|⌋, as Python's int has it; the value is one node, twice."""
    size = Apply("floor", (Apply("abs", (value,), span),), span)
    return Apply("mul", (Apply("sign", (value,), span), size), span)


def as_truncation(node: Expression) -> Expression | None:
    """The operand of what `truncation` made, else None; it is to be evaluated once."""
    match node:
        case Apply("mul", (Apply("sign", (value,)), Apply("floor", (Apply("abs", (again,)),)))):
            return value if value is again else None
    return None


def _targets(body: Sequence[ast.stmt], names: list[ast.Name]) -> list[ast.Name]:
    """The names, and those that statements assign to, in those inside others too; a comprehension's are its own."""
    for statement in body:
        kind = type(statement)
        if isinstance(statement, ast.Assign):
            _names_of(statement.targets, names)
        elif isinstance(statement, _ALTERED):
            _names_of((statement.target,), names)
        if kind in _BLOCKS:
            _targets(statement.body, names)  # type: ignore[attr-defined]
            _targets(statement.orelse, names)  # type: ignore[attr-defined]
    return names


def _names_of(targets: Sequence[ast.expr], names: list[ast.Name]) -> None:
    for target in targets:
        if isinstance(target, ast.Name):
            names.append(target)
        elif isinstance(target, _SEVERAL):
            _names_of(target.elts, names)


def _count(number: int) -> str:
    return "1 argument" if number == 1 else f"{number} arguments"
