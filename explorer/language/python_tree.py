"""What Python's own parser makes of a text, within limits, and its errors in our words with the text that was meant.

The parser builds a tree and evaluates nothing. It must not be tried with brackets hundreds deep and the like: that is
looked for before.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import re
import warnings
from collections.abc import Sequence

from explorer.language.limits import MAX_DIGITS
from explorer.language.program import NOWHERE, ExplorerError, Span

MAX_BRACKETS = 60  # inside each other: Python's parser itself gives up at 200
MAX_INDENTS = 20
_FEW = 12  # levels of brackets that are looked for quickly

_BRACKETS = re.compile(r"[][(){}]")
_REMARK = re.compile("#.*")
_FAR = " " * (2 * MAX_INDENTS + 1)
_NUMBERS = re.compile(r"[0-9][0-9_.]*(?:[eE][+-]?[0-9]+)?")
_SIGNS = re.compile(r"(?:not\s+|[-+~]\s*){40,}")
# What a text of usual code has nothing of, so that it need not be looked at closely: without blanks, with one sign for
# all digits, points and underlines, and one for all signs before a value. To translate a text takes a sixth of the time
# of a search for a pattern.
_LONG = ("0" * 21, "e00000", "e-00000", "notnot", "--")
_COARSE = str.maketrans("123456789._+~E", "00000000000--e", " \t")
_ONLY_BRACKETS = str.maketrans("[{]}", "(())", "".join(set(map(chr, range(128))) - set("([{)]}")))
_ALTERED = (ast.AugAssign, ast.AnnAssign, ast.For)  # statements with one target
_BLOCKS = (ast.If, ast.For, ast.While)
_SEVERAL = (ast.Tuple, ast.List)
_SIGNS_ELSEWHERE = {"&&": "and", "||": "or", "=>": ">=", "=<": "<=", "<>": "!="}
_AWAITING = (*"+-*/%=<>", " and", " or", " not", " if", " else", " return", " in")  # what a line does not end with
_WORDS = ("def", "return", "for", "while", "if", "elif", "else", "break", "continue", "pass")  # a line begins with


def _check_size(lines: Sequence[str]) -> None:
    """Limits that Python's parser must not be tried with."""
    text = "\n".join(lines)
    if not text.isascii():  # nothing else counts here, and to translate it takes twenty times as long
        text = text.encode("ascii", "ignore").decode("ascii")
    coarse = text.translate(_COARSE)
    suspicious = any(sign in coarse for sign in _LONG)
    if not suspicious and _is_flat(_REMARK.sub("", text)) and not (_FAR in text or "\t" in text):
        return  # nearly every text; the lines of others are looked at one by one to say where it is
    depth = 0
    for number, line in enumerate(lines, start=1):
        code = line.partition("#")[0]
        opening = code.count("(") + code.count("[") + code.count("{")
        if depth + opening > MAX_BRACKETS:
            _check_brackets(code, number, depth)
        depth += opening - code.count(")") - code.count("]") - code.count("}")
        blank = code[: len(code) - len(code.lstrip())]
        if 4 * len(blank) > 8 * MAX_INDENTS and len(expanded(blank)) > 8 * MAX_INDENTS and code.strip():
            raise ExplorerError("This line is indented too far.", Span(number, 0, number, len(blank)), "limit")
        if suspicious:
            _check_words(code, number)


def _is_flat(text: str) -> bool:
    """Whether the brackets of a text surely lie few levels deep: what is left is closed level by level."""
    left = text.translate(_ONLY_BRACKETS)
    for _ in range(_FEW):
        if not left:
            return True
        left = left.replace("()", "")
    return False


def _check_brackets(code: str, number: int, depth: int) -> None:
    for match in _BRACKETS.finditer(code):
        depth += 1 if match.group() in "([{" else -1
        if depth > MAX_BRACKETS:
            place = Span(number, match.start(), number, match.end())
            raise ExplorerError(f"Brackets are nested more than {MAX_BRACKETS} deep.", place, "limit")


def _check_words(code: str, number: int) -> None:
    for match in _NUMBERS.finditer(code):
        place = Span(number, match.start(), number, match.end())
        exponent = match.group().lower().partition("e")[2]
        if len(match.group()) > MAX_DIGITS or len(exponent) > 5:
            raise ExplorerError(f"A number may have at most {MAX_DIGITS} digits.", place, "limit")
    for match in _SIGNS.finditer(code):
        place = Span(number, match.start(), number, match.end())
        raise ExplorerError("Too many signs before one value.", place, "limit")


def expanded(line: str) -> str:
    """The line with four spaces a tab: what Python's parser sees, so that tabs and spaces may be mixed."""
    return line.expandtabs(4)


def original_column(line: str, column: int) -> int:
    """The column in the line as it was written, of a column in the expanded one."""
    if "\t" not in line:
        return column
    return next((k for k in range(len(line)) if len(expanded(line[: k + 1])) > column), len(line))


def tree_of(lines: Sequence[str]) -> ast.Module:
    """The tree of a text's lines; ExplorerError where Python cannot read it, or must not be tried with it."""
    _check_size(lines)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "is" with a number and the like: refused below in our words
            text = "\n".join(lines)
            return ast.parse("\n".join(map(expanded, lines)) if "\t" in text else text)
    except SyntaxError as error:
        raise _syntax_error(lines, error) from None
    except (RecursionError, MemoryError):
        raise ExplorerError("This is nested too deeply to be read.", kind="limit") from None
    except ValueError:  # a null byte, half of a character
        raise ExplorerError("This character is not one that is read.", _unreadable(lines)) from None


def _unreadable(lines: Sequence[str]) -> Span:
    """The place of the first character that no source text may hold."""
    for number, line in enumerate(lines, start=1):
        for column, character in enumerate(line):
            if character == "\0" or "\ud800" <= character <= "\udfff":
                return Span(number, column, number, column + 1)
    return NOWHERE


def _syntax_error(lines: Sequence[str], error: SyntaxError) -> ExplorerError:
    line = min(max(error.lineno or 1, 1), len(lines))
    text = lines[line - 1]
    column = min(max(original_column(text, (error.offset or 1) - 1), 0), len(text))
    end = column
    if error.end_lineno == line:
        end = min(max(original_column(text, (error.end_offset or 0) - 1), column + 1), len(text))
    if isinstance(error, IndentationError):  # the line as a whole is meant
        column, end = len(text) - len(text.lstrip()), len(text.rstrip())
    place = Span(line, column, line, max(end, column))
    said = error.msg.split(". Perhaps")[0]
    if "null byte" in said:
        return ExplorerError("This character is not one that is read.", _unreadable(lines))
    if "too many" in said or "too complex" in said:
        return ExplorerError("This is nested too deeply to be read.", place, "limit")
    if "==" in said and "invalid syntax" in said:
        return ExplorerError("“=” gives a name. To compare, write ==.", place)
    if re.search(r"\belse\s+if\b", text):
        return ExplorerError("“else if” is written elif.", place)
    if said == "invalid syntax" and (bounds := re.search(r"\bin\s+(\d+)\s*\.\.\s*(\w+)", text)) is not None:
        return ExplorerError(f"A loop over numbers is written for … in range({bounds[1]}, {bounds[2]} + 1):.", place)
    if (
        said == "invalid syntax"
        and (bare := re.search(r"\b(sin|cos|tan|exp|log|ln|sqrt|abs)\s+(\w+)", text)) is not None
    ):
        return ExplorerError(f"A function has brackets: {bare[1]}({bare[2]}).", place)
    if said == "invalid syntax" and (sign := _sign_elsewhere(text, column)) is not None:
        place = Span(line, sign.start(1), line, sign.end(1))
        return ExplorerError(f"“{sign[1]}” is written “{_SIGNS_ELSEWHERE[sign[1]]}” here.", place)
    if said == "invalid syntax" and column >= len(text.rstrip()) and text.rstrip().endswith(_AWAITING):
        return ExplorerError("Something is missing at the end of this line.", place)
    if said == "invalid syntax" and text[column : column + 1] == "|":
        return ExplorerError("An absolute value is written abs(x).", place)
    if "invalid character" in said or "invalid non-printable" in said:
        return ExplorerError(f"The character “{text[column : column + 1]}” is not read in an algorithm.", place)
    if (counted := re.match(r"\s*(\w+)\s*(\+\+|--)\s*;?\s*$", text)) is not None:
        return ExplorerError(f"Write {counted[1]} {counted[2][0]}= 1.", place)
    if said == "invalid syntax" and (meant := _misspelt(lines, line)) is not None:
        return meant
    if said == "invalid syntax" and text.startswith("```"):
        said = "A line of backticks is no part of an algorithm: leave it out."
        return ExplorerError(said, Span(line, 0, line, 3))
    if said == "invalid syntax" and re.match(r"\s*for\b(?!.*\bin\b)", text):
        return ExplorerError("A loop is written for i in range(n): or for a in a list.", place)
    if said == "invalid syntax" and _side_by_side(text, column):
        return ExplorerError("Two values side by side need an operator between them: write * for a product.", place)
    if "does not match opening" in said and (pair := re.findall("'(.)'", said)):
        return ExplorerError(f"This “{pair[0]}” closes a “{pair[1]}”: brackets end as they begin.", place)
    if re.match(r"\s*def\s*\w*\s*:?\s*$", text) and "expected '('" in said:
        return ExplorerError("A function has its inputs in brackets: def f(x):.", place)
    known = {
        "invalid syntax": "This cannot be read here.",
        "expected an indented block": "The lines that belong to this one must be indented below it.",
        "unexpected indent": "This line is indented, and nothing before it asks for that.",
        "unindent does not match": "This line's indentation matches no line above it.",
        "expected 'else'": "A value with “if” needs an “else”: a if condition else b.",
        "expected ':'": "A “:” is missing at the end of this line.",
        "was never closed": "This bracket is not closed.",
        "unmatched": "This bracket has no partner.",
        "invalid decimal literal": "A number and a name need an operator between them: write 2*x.",
        "cannot assign to": "Only a name can stand on the left of “=”. To compare, write ==.",
        "unterminated triple": "This text in three quotes is not closed.",
        "line continuation": "A “\\” is read at the end of a line only: leave it out.",
        "unexpected EOF": "Something is missing behind this line.",
        "hexadecimal": "Hexadecimal numbers are not read: write the number in decimal.",
        "octal literal": "Binary and octal numbers are not read: write the number in decimal.",
        "binary literal": "Binary and octal numbers are not read: write the number in decimal.",
        "non-default argument": "A parameter without a value stands before those that have one.",
        "Missing parentheses in call to 'print'": "print is not read: return the value to see it.",
        "expected 'except'": "try is not read: write an if for the case that fails.",
        "cannot contain assignment": "“=” gives a name. To compare, write ==.",
        "f-string": "Texts are not read: an algorithm here computes numbers.",
        "unterminated string": "Texts are not read: an algorithm here computes numbers.",
        "leading zeros": "A number does not begin with 0.",
    }
    for part, sentence in known.items():
        if part in said:
            return ExplorerError(sentence, place)
    return ExplorerError(f"This cannot be read: {said}.", place)


def _sign_elsewhere(text: str, column: int) -> re.Match[str] | None:
    """Where the sign of another language stands here, behind a value."""
    signs = re.compile(r"[\w)\]]\s*(&&|\|\||=>|=<|<>)\Z")
    return signs.search(text[: column + 1]) or signs.search(text[: column + 2])


def _side_by_side(text: str, column: int) -> bool:
    """Whether a name or a number stands here behind a value, with blanks only between them: 2 x, x y, (x) y."""
    value, after = re.search(r"(\w+|[)\]])\s+\Z", text[:column]), re.match(r"\w+", text[column:])
    return value is not None and after is not None and not any(map(keyword.iskeyword, (value[1], after[0])))


def _misspelt(lines: Sequence[str], number: int) -> ExplorerError | None:
    """The error of a line that begins with a word of the language that is not written right, with the repair."""
    text = lines[number - 1]
    found = re.match(r"\s*([A-Za-z]+)\b(?!\s*[=(])", text)
    if found is None or found[1] in _WORDS:
        return None
    close = difflib.get_close_matches(found[1].lower(), _WORDS, 1, 0.65)
    if not close:
        return None
    mended = f"{text[: found.start(1)]}{close[0]}{text[found.end(1) :]}"
    repair = "\n".join([*lines[: number - 1], mended, *lines[number:]])
    place = Span(number, found.start(1), number, found.end(1))
    return ExplorerError(f"Unknown word “{found[1]}”. Did you mean {close[0]}?", place, "name", repair)


def assigned_names(body: Sequence[ast.stmt], names: list[ast.Name]) -> list[ast.Name]:
    """The names, and those that statements assign to, in those inside others too; a comprehension's are its own."""
    for statement in body:
        kind = type(statement)
        if isinstance(statement, ast.Assign):
            _names_of(statement.targets, names)
        elif isinstance(statement, _ALTERED):
            _names_of((statement.target,), names)
        if kind in _BLOCKS:
            assigned_names(statement.body, names)  # type: ignore[attr-defined]
            assigned_names(statement.orelse, names)  # type: ignore[attr-defined]
    return names


def _names_of(targets: Sequence[ast.expr], names: list[ast.Name]) -> None:
    for target in targets:
        if isinstance(target, ast.Name):
            names.append(target)
        elif isinstance(target, _SEVERAL):
            _names_of(target.elts, names)
