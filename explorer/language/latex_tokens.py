r"""LaTeX's text becomes tokens, each with its Span; what only arranges or sizes a formula is not among them."""

from __future__ import annotations

import re
from typing import NamedTuple

from explorer.language.limits import MAX_LATEX_TOKENS
from explorer.language.program import ExplorerError, Span

_TOKEN = re.compile(
    r"(?P<blank>(?:\s|%[^\n]*|\\[,;:!> ]|\\(?:label|tag)\{[^}]*\}|\\(?:left|right)\s*\.|~)+)"
    r"|(?P<row>\\\\\*?(?:\[[^\]\n]*\])?)"
    r"|(?P<begin>\\begin\s*\{[A-Za-z]+\*?\}(?:\{[lcr0-9]*\})?)|(?P<close>\\end\s*\{[A-Za-z]+\*?\})"
    r"|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<number>[0-9]+(?:(?:\.|\{,\})[0-9]+)?|\.[0-9]+)|(?P<letter>[^\W\d_])|(?P<sign>.)",
    re.DOTALL,
)
_SIZES = "big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr"
_IGNORED = {
    *("left right middle displaystyle textstyle limits nolimits nonumber notag " + _SIZES).split(),
    *["quad", "qquad", "thinspace", "medspace", "thickspace", "enspace", "(", ")", "[", "]", "!"],
}
_SHEETS = {"equation", "align", "aligned", "alignat", "gather", "gathered", "split", "math", "displaymath", "eqnarray"}
# What each command is in the signs of a formula; \{ and \} are brackets, where { and } only group.
_OPERATORS = {
    command: sign
    for sign, commands in {
        "*": "cdot times ast",
        "/": "div",
        ":": "colon",
        "<=": "le leq leqslant",
        ">=": "ge geq geqslant",
        "<": "lt",
        ">": "gt",
        "!=": "ne neq",
        "and": "land wedge",
        "or": "lor vee",
        "|": "lvert rvert vert mid",
        "\\{": "{ lbrace",
        "\\}": "} rbrace",
        "[": "lbrack",
        "]": "rbrack",
    }.items()
    for command in commands.split()
}
_SIGNS = {"−": "-", "·": "*", "×": "*", "⋅": "*", "≤": "<=", "≥": ">=", "≠": "!="}
_COMMANDS = {"∑": "sum", "∏": "prod", "∫": "int", "∂": "partial", "∞": "infty", "√": "sqrt"}  # as signs
_SPELLINGS = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma"}


class Token(NamedTuple):
    """kind: "command", "number", "letter", "begin" and "close" of an environment, "row", "end", or the sign itself.

    text: a command's or an environment's name without its backslash. spaced: blank space stands before it.
    """

    kind: str
    text: str
    span: Span
    spaced: bool


def latex_tokens(text: str) -> list[Token]:
    """The tokens of a text, ending in "end"; only their number is limited here, for any sign may stand in LaTeX."""
    tokens: list[Token] = []
    line, start, spaced = 1, 0, False
    inside = 0  # environments in which & parts columns; elsewhere it only arranges
    for match in _TOKEN.finditer(text):
        kind, written = match.lastgroup or "", match.group()
        span = Span(line, match.start() - start, line, match.end() - start)
        if kind == "command":
            written = written[1:]
            written, kind = _SPELLINGS.get(written, written), _OPERATORS.get(written, "command")
        elif written in _COMMANDS:
            written, kind = _COMMANDS[written], "command"
        elif kind == "sign":
            kind = _SIGNS.get(written, written)
        elif kind == "number":
            written = written.replace("{,}", ".")
        elif kind in ("begin", "close"):
            written = re.split(r"[{}*]", written)[1]
        if "\n" in match.group():
            line, start = line + match.group().count("\n"), match.start() + match.group().rindex("\n") + 1
        ignored = kind in ("blank", "$") or (kind == "command" and written in _IGNORED)
        if ignored or (kind in ("begin", "close") and written in _SHEETS) or (kind == "&" and not inside):
            spaced = True
            continue
        inside += (kind == "begin") - (kind == "close")
        tokens.append(Token(kind, written, span, spaced))
        if len(tokens) > MAX_LATEX_TOKENS:
            raise ExplorerError(f"This LaTeX has more than {MAX_LATEX_TOKENS:,} signs.", span, "limit")
        spaced = False
    end = Span(line, len(text) - start, line, len(text) - start)
    return [*tokens, Token("end", "", end, spaced)]
