"""What the reading of an algorithm has at hand: its lines, the names that are known, places, and notes."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from explorer.language.algorithm.words import LIBRARIES, REFUSED
from explorer.language.limits import MAX_NAME_LENGTH
from explorer.language.names import plain_name
from explorer.language.program import Condition, Constant, ExplorerError, Expression, Note, Return, Span, new_span
from explorer.language.python_tree import expanded, original_column
from explorer.language.tokens import MODULES

MAX_DEPTH = 120  # levels of the tree, blocks and expressions together: walks recurse a few Python frames a level
# %, int and chained comparisons stand twice in the tree for each operand; inside each other they would double it.
MAX_DOUBLINGS = 4


class Signature(NamedTuple):
    """How a function is called: its parameters, and the values of the last of them that may be left out."""

    parameters: tuple[str, ...]
    defaults: tuple[Constant, ...]


class TakesFunctions(ExplorerError):
    """A function that is given others, which must be known when it is read."""


class Reading:
    """One pass over one tree: the names met so far, and how deep in the tree this place is."""

    def __init__(self, text: str, lines: Sequence[str], tree: ast.Module) -> None:
        self.text = text
        self.lines = lines
        self.plain = [line.isascii() and "\t" not in line for line in lines]  # columns need no conversion
        self.span: Callable[[Any], Span] = _plain_span if all(self.plain) else self.converted_span
        self.tree = tree
        self.notes: list[Note] = []
        self.names: set[str] = set()  # those that were met and are all right
        self.signatures: dict[str, Signature] = {}
        self.definitions: dict[str, ast.FunctionDef] = {}  # as they are written
        self.bound: dict[tuple[str, ...], str] = {}  # the names of functions that were given some, by these
        self.bound_size = 0  # nodes of Python's tree in them
        self.coming: list[ast.FunctionDef] = []  # such functions, and lambdas, that are still to be read
        self.constants: dict[str, ast.Assign | ast.AnnAssign] = {}  # given outside of functions
        self.called_by: dict[str, set[str]] = {}
        self.function = ""
        self.calls: set[str] = set()  # own functions that the statement at hand calls
        self.context: tuple[object, ...] = ()  # what else a statement's meaning depends on
        self.assigned: set[str] = set()
        self.borrowed: set[str] = set()  # of the names in `assigned`, those of `constants`
        self.depth = 0
        self.loops = 0  # around this place
        self.doublings = 0  # around this place, in the expression that is being read
        self.spread = False  # whether a list that is returned is several values
        self.returns: list[Return] = []  # of the function that is being read
        self.returns_of: dict[str, list[Return]] = {}

    def expression(self, node: ast.expr) -> Expression:
        """The expression that a node of Python's tree is; refused where it is none of this language."""
        raise NotImplementedError

    def value(self, node: ast.expr) -> Expression:
        """The same for what a name or a parameter gets, where True and False may stand."""
        raise NotImplementedError

    def condition(self, node: ast.expr) -> Condition:
        """The condition that a node of Python's tree is; a number is refused."""
        raise NotImplementedError

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

    def spare_name(self, stem: str) -> str:
        """A name that the function has not, for a variable that a person does not write."""
        return self.spare_names(stem, 1)[0]

    def spare_names(self, stem: str, count: int) -> tuple[str, ...]:
        """Several such names."""
        names = (n for k in itertools.count() if (n := f"{stem}{k or ''}") not in self.assigned)
        return tuple(itertools.islice(names, count))

    def note_once(self, message: str, span: Span) -> None:
        if all(note.message != message for note in self.notes):
            self.notes.append(Note(message, span))

    def check_doublings(self, node: ast.expr) -> None:
        """Refuse a node with too many doublings around or in it."""
        if self.doublings > MAX_DOUBLINGS:
            said = f"%, int, parts of lists and chains like a < b < c are nested more than {MAX_DOUBLINGS} deep"
            raise ExplorerError(f"{said}: name a part.", self.span(node), "limit")

    def is_harmless(self, node: ast.Import | ast.ImportFrom) -> bool:
        """Whether only libraries are imported whose functions are known without that."""
        if isinstance(node, ast.ImportFrom):
            return not node.level and (node.module or "").partition(".")[0] in LIBRARIES
        bases = [(a.name.partition(".")[0], a.asname) for a in node.names]
        return all(base in LIBRARIES and (name or base) in (*LIBRARIES, *MODULES) for base, name in bases)

    # -- places and refusals -------------------------------------------------------------------------------------------

    def converted_span(self, node: Any) -> Span:
        """The node's place where columns may have to be converted; Python counts them in UTF-8 bytes."""
        line, column, end_line, end_column = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
        if not self.plain[line - 1]:
            column = self._column(line, column)
        if not self.plain[end_line - 1]:
            end_column = self._column(end_line, end_column)
        return new_span((line, column, end_line, end_column))

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return original_column(text, len(expanded(text).encode()[:offset].decode(errors="ignore")))

    def _head(self, node: ast.FunctionDef) -> Span:
        """The line with def."""
        span = self.span(node)
        return Span(span.line, span.column, span.line, len(self.lines[span.line - 1].rstrip()))

    def _refuse(self, node: ast.AST) -> NoReturn:
        kind = type(node).__name__
        raise ExplorerError(REFUSED.get(kind, "This is not part of the language."), self.span(node))


def _plain_span(node: Any) -> Span:
    """The node's place in a text of which Python's columns are ours."""
    return new_span((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
