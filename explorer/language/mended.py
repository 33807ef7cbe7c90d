"""An algorithm with its slips mended, and with what is written otherwise here: what its writer probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from explorer.language.program import ExplorerError, Program
from explorer.language.tokens import SIGNS, SUPERSCRIPTS
from explorer.language.typography import plain

MAX_SCRIPT = 4_000  # characters of an algorithm that is mended: some ten readings of it take half a tenth of a second

_FUNCTIONS = r"a?(?:sin|cos|tan)h?|exp|log|ln|sqrt|abs"
_BLOCKS = r"if|elif|else|while|for|def"
# (a pattern of a line of a script, what stands in its place), each tried after those before it.
_SLIPS: tuple[tuple[str, str], ...] = (
    (r"\^", "**"),
    (r"(?<![\w.])(\d+(?:\.\d*)?)(?=[a-df-ik-nq-wyzA-DF-Z]\w*|x\b)", r"\1*"),  # 2x, but no 1e5, 1j, 0x1f
    (r"\belse[ \t]+if\b", "elif"),
    (r" *&& *", " and "),
    (r"(?<=[\w)\]]) *\|\| *", " or "),
    (r"=>", ">="),
    (r"=<", "<="),
    (r"<>", "!="),
    (r"\bin[ \t]+(\d+)\.\.(\w+)", r"in range(\1, \2 + 1)"),
    (rf"\b({_FUNCTIONS})[ \t]+([A-Za-z]\w*|\d+(?:\.\d+)?)(?![\w(.])", r"\1(\2)"),
    (r"\|([^|\n]+)\|", r"abs(\1)"),
    (r"√[ \t]*(?:\(([^()\n]*)\)|(\w+))", r"sqrt(\1\2)"),
    (r"^([ \t]*)(\w+)[ \t]*(\+|-)\3[ \t]*;?[ \t]*$", r"\1\2 \3= 1"),
    (rf"^([ \t]*(?:{_BLOCKS})\b[^:#\n{{]*?)(?:[ \t]+(?:then|do))?[ \t]*$", r"\1:"),
    (r"^([ \t]*(?:if|elif|while)\b[^=!<>\n]*[^=!<>\n ]) *= *(?=[^=\n])", r"\1 == "),
    (r"^[ \t]*(?:print[ \t]*\(.*\)|assert\b.*)[ \t]*(?:#.*)?\n?", ""),
    (r"^([ \t]*)if\b[^\n]*:(?:[ \t]*(?:#.*)?\n\1[ \t]+|[ \t]*)raise\b.*\n", ""),  # a guard
)

_CONSTANT = re.compile(r"(\w+) *(?::[^=]*)?= *[-+*/().,\w\[\] ]+$")  # a line that gives a number or a list a name


def mended(text: str, error: ExplorerError, read: Callable[[str], Program]) -> ExplorerError | None:
    """The error of an algorithm, with the text that it probably was to be; nothing but slips and what surrounds it."""
    if len(text) > MAX_SCRIPT or error.repair:
        return None
    written = plain(text)
    for sign, ascii_sign in SIGNS.items():
        written = written.replace(sign, ascii_sign)
    written = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda m: f"**{''.join(SUPERSCRIPTS[c] for c in m[0])}", written)
    slips = (partial(_replaced, pattern, put) for pattern, put in _SLIPS)
    mends: list[Callable[[str], str]] = [
        str,
        *slips,
        _functions_and_constants,
        _functions_only,
        _with_inner_functions_outside,
    ]
    seen = text
    for mend in mends:
        written = mend(written).rstrip()
        if written != seen and is_read(written, read):
            return ExplorerError(error.message, error.span, error.kind, written)
        seen = written
    return None


def _replaced(pattern: str, put: str, text: str) -> str:
    return re.sub(pattern, put, text, flags=re.MULTILINE)


def _functions_and_constants(text: str) -> str:
    """The functions of a script, and the numbers and lists outside that they read, without what it does with them."""
    functions = _functions_only(text)
    return _functions_only(text, lambda line: (found := _CONSTANT.match(line)) and found[1] in functions)


def _functions_only(text: str, kept_too: Callable[[str], object] = lambda line: False) -> str:
    """The functions of a script, and some lines outside of them."""
    kept, inside = [], False
    for line in text.split("\n"):
        if line[:1].strip() not in ("", "#"):
            inside = line.startswith("def ")
        if inside or kept_too(line):
            kept.append(line)
    return "\n".join(kept).rstrip("\n")


_INNER = re.compile(r"(?P<margin>[ \t]+)def \w+\(")
_LAMBDA = re.compile(r"(?P<margin>[ \t]+)(?P<name>\w+) = lambda (?P<parameters>[\w, ]*):(?P<value>.+)")


def _with_inner_functions_outside(text: str) -> str:
    """Functions inside of others, and lambdas with a name, put before the function that they are in."""
    outer: list[str] = []
    body: list[str] = []  # of the function at hand, its head first
    inner: list[str] = []
    margin: str | None = None  # of the inner function at hand
    for line in text.split("\n"):
        if margin is not None and (not line.strip() or re.match(rf"{margin}[ \t]", line)):
            inner.append(line.removeprefix(margin))
            continue
        margin = None
        if line.startswith("def "):
            outer += [*inner, *body]
            inner, body = [], [line]
        elif found := _INNER.match(line):
            margin = found["margin"]
            inner.append(line.removeprefix(margin))
        elif found := _LAMBDA.fullmatch(line):
            inner += [f"def {found['name']}({found['parameters']}):", f"    return{found['value']}", ""]
        else:
            body.append(line)
    return "\n".join([*outer, *inner, *body])


def is_read(text: str, read: Callable[[str], Program]) -> bool:
    """Whether a text is one that `read` takes."""
    try:
        read(text)
    except (ExplorerError, RecursionError):
        return False
    return True
