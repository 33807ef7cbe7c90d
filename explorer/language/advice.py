"""What is said where a formula cannot be read, and the text that was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from itertools import pairwise

from explorer.language.primitives import function_named
from explorer.language.program import ExplorerError, Span
from explorer.language.tokens import Token

# What people look for and is written otherwise.
INSTEAD = {
    "mod": "x - y*floor(x/y)", "norm": "hypot(x, y)", "sinc": "sin(x)/x", "arccot": "atan(1/x)",
    "mean": "(x + y)/2, or sum(x[i] for i in range(10))/10",
    "factorial": "prod(k for k in range(1, 6)), which is 5!",
    "dot": "x1*y1 + x2*y2, or sum(x[i]*y[i] for i in range(2))",
    "logsumexp": "ln(exp(x) + exp(y) + …)", "softmax": "exp(x)/(exp(x) + exp(y) + …)",
    "silu": "x*sigmoid(x)", "swish": "x*sigmoid(x)", "gelu": "x/2*(1 + erf(x/sqrt(2)))", "mish": "x*tanh(softplus(x))",
    "leaky_relu": "where(x > 0, x, 0.01*x)", "elu": "where(x > 0, x, exp(x) - 1)", "logit": "ln(x/(1 - x))",
    "normcdf": "(1 + erf(x/sqrt(2)))/2", "normpdf": "exp(-x^2/2)/sqrt(2*pi)", "erfc": "1 - erf(x)",
    "range": "sum(x[i] for i in range(10))", "round": "floor(x + 0.5)",
    **dict.fromkeys(("root", "nthroot", "surd", "nroot"), "x^(1/n)"),
    "float": "x", "square": "x^2", "exp2": "2^x", "rsqrt": "1/sqrt(x)", "reciprocal": "1/x", "negative": "-x",
    "radians": "x*pi/180", "deg2rad": "x*pi/180", "degrees": "x*180/pi", "rad2deg": "x*180/pi",
    "logaddexp": "ln(exp(x) + exp(y))", "trunc": "sign(x)*floor(abs(x))", "copysign": "abs(x)*sign(y)", "add": "x + y",
    "subtract": "x - y", "multiply": "x*y", "divide": "x/y", "true_divide": "x/y", "mse_loss": "(x - y)^2",
}  # fmt: skip
# Names of other languages and books for functions that are here.
ELSEWHERE = {
    "tg": "tan", "arctg": "atan", "tgh": "tanh", "sen": "sin", "arcsen": "asin", "sh": "sinh", "ch": "cosh",
    "th": "tanh", "lg": "log10", "ld": "log2", "lb": "log2", "log_e": "log", "power": "pow", "absolute": "abs",
    "sigma": "sigmoid", **dict.fromkeys(("wurzel", "racine", "raiz", "radice"), "sqrt"), "betrag": "abs",
}  # fmt: skip
# Functions that are written together with their argument; of two that begin or end alike the longer one first.
RUN_TOGETHER = (
    "arcsin", "arccos", "arctan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sin", "cos", "tan", "exp", "log",
    "ln", "sqrt", "abs",
)  # fmt: skip
# What is a number or a unit elsewhere, and a name like any other here.
NO_NUMBERS = {
    **dict.fromkeys(("inf", "Inf", "infinity", "Infinity", "oo"), "not as infinity"),
    **dict.fromkeys(("nan", "NaN"), "not as a missing number"),
    **dict.fromkeys(("Pi", "PI", "M_PI"), "not as π, which is written pi"),
    **dict.fromkeys(("deg", "degree", "degrees"), "not as a unit: angles are in radians, 30 degrees are 30*pi/180"),
}


def decimal_comma(text: str, tokens: Sequence[Token], position: int) -> ExplorerError | None:
    """The error of a comma that is a decimal point, or parts thousands, of the number around it; None of another."""
    before, comma, after = tokens[position - 1], tokens[position], tokens[position + 1]
    if before.kind != "number" or after.kind != "number" or after.spaced:
        return None
    if "." in before.text:
        plain = f"{before.text.replace('.', '')}.{after.text}"
        repair = _replaced(text, before.span.to(after.span), plain)
        return ExplorerError(f"A number has one point and no other mark: {plain}.", comma.span, repair=repair)
    if len(after.text) == 3 and len(before.text) <= 3 and before.text != "0":
        said = f"Write {before.text}{after.text} or {before.text}.{after.text}: a number has no comma."
        return ExplorerError(f"{said} For two values put a space after it.", comma.span)
    if re.fullmatch(r"[0-9]{3}\.[0-9]*", after.text) and len(before.text) <= 3:  # 1,000.5
        repair = _replaced(text, comma.span, "")
        said = f"A number has one point and no other mark: {before.text}{after.text}."
        return ExplorerError(said, comma.span, repair=repair)
    if "." not in after.text:
        return ExplorerError(
            f"A decimal is written with a point: {before.text}.{after.text}. "
            "For two values put a space after the comma.",
            comma.span,
            repair=_replaced(text, comma.span, "."),
        )
    return None


def with_decimal(text: str, tokens: Sequence[Token], error: ExplorerError) -> ExplorerError:
    """The error of a wrong number of arguments, which a decimal comma may have made: sin(1,5)."""
    for before, comma, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if (before.kind, comma.kind, after.kind) != ("number", ",", "number") or after.spaced:
            continue
        if "." not in before.text and _inside(comma.span, error.span):
            said = f"{error.message} A decimal is written with a point: {before.text}.{after.text}."
            return ExplorerError(said, comma.span, error.kind, _replaced(text, comma.span, "."))
    return error


def unknown_function(
    text: str, tokens: Sequence[Token], position: int, token: Token, known: Sequence[str]
) -> ExplorerError:
    """The error of a name before a bracket that is none of the `known` functions: what it was probably to be."""
    if [t.text for t in tokens[position - 3 : position - 1]] == ["d", "/"]:
        return ExplorerError("Type the function itself; its derivatives are computed.", token.span)
    if token.text in ("diff", "derivative", "grad", "gradient", "D"):
        return ExplorerError("Type the function itself; its derivatives are computed.", token.span)
    if token.text in ("integrate", "integral", "int", "Integrate"):
        said = "An integral is not read; a sum over a range is: sum(f(i*h)*h for i in range(10))."
        return ExplorerError(said, token.span, "name")
    call = _call(text, tokens, position) if tokens[position].kind == "(" else None
    if token.text in INSTEAD:
        said = f"There is no function “{token.text}” here: write {INSTEAD[token.text]}."
        written = instead(token.text, call[0]) if call is not None else ""
        return ExplorerError(said, token.span, "name", _replaced(text, call[1], written) if written and call else "")
    if ELSEWHERE.get(token.text, "pow") != "pow":
        name = ELSEWHERE[token.text]
        said = f"There is no function “{token.text}” here: write {name}(x)."
        return ExplorerError(said, token.span, "name", _replaced(text, token.span, name))
    if (based := re.fullmatch(r"log_(\w+)", token.text)) is not None:
        said = f"A logarithm to base {based[1]} is written log(x, {based[1]})."
        return ExplorerError(said, token.span, "name", _with_base(text, token, based[1]))
    before = next((f for f in RUN_TOGETHER if token.text.endswith(f) and len(token.text) <= len(f) + 2), "")
    if before:  # xsin(x)
        product = f"{token.text.removesuffix(before)}*{before}"
        said = f"Unknown function “{token.text}”. For a product write {product}(…)."
        return ExplorerError(said, token.span, "name", _replaced(text, token.span, product))
    same = token.text in ("Pow", "POW") or function_named(token.text.lower())  # Ln(x)
    close = [token.text.lower()] if same else difflib.get_close_matches(token.text.lower(), known, 1, 0.65)
    hint = f" Did you mean {close[0]}?" if close else ""
    if not close and call is not None and len(call[0]) == 1 and call[0] != [""]:
        hint = f" For a product write {token.text}*(…)."
    repair = _replaced(text, token.span, close[0]) if close else ""
    return ExplorerError(f"Unknown function “{token.text}”.{hint}", token.span, "name", repair)


def instead(name: str, arguments: Sequence[str]) -> str:
    """What is written here for a call of a function of INSTEAD with these arguments; "" where there is no one way."""
    pattern = INSTEAD.get(name, "")
    parameters = list(dict.fromkeys(re.findall(r"\b[xyn]\b", pattern)))
    if re.search(r"…|\[|, or ", pattern) or not parameters or len(parameters) != len(arguments):
        return ""
    own = {
        p: a if re.fullmatch(r"\w+(\([^()]*\))?", a) else f"({a})" for p, a in zip(parameters, arguments, strict=True)
    }
    written = re.sub(r"\b[xyn]\b", lambda parameter: own[parameter[0]], pattern)
    return written if re.fullmatch(r"\w+|\w+\([^()]*\)", pattern) else f"({written})"


def _call(text: str, tokens: Sequence[Token], opening: int) -> tuple[list[str], Span] | None:
    """The arguments between brackets and the place of the whole call; None where it goes on in another line."""
    depth, marks = 0, [tokens[opening]]
    line = text.split("\n")[tokens[opening].line - 1]
    for token in tokens[opening:]:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.kind, 0)
        if token.line != tokens[opening].line:
            return None
        if depth == 0 or (token.kind == "," and depth == 1):
            marks.append(token)
        if depth == 0:
            break
    parts = [line[before.end_column : after.column].strip() for before, after in pairwise(marks)]
    return parts, tokens[opening - 1].span.to(marks[-1].span)


def _with_base(text: str, token: Token, base: str) -> str:
    """The text with log(x, base) for the call log_base(x) at a token; "" where its bracket has more in it."""
    line = text.split("\n")[token.line - 1]
    inside = re.match(r"\s*\(([^(),]*)\)", line[token.end_column :])
    if inside is None:
        return ""
    whole = Span(token.line, token.column, token.line, token.end_column + inside.end())
    return _replaced(text, whole, f"log({inside[1]}, {base})")


def unexpected(text: str, tokens: Sequence[Token], position: int) -> ExplorerError:
    """The error of a token that cannot stand where it stands."""
    token = tokens[position]
    before = tokens[position - 1] if position else None
    if token.kind in ("newline", "end"):
        if before is None or before.kind == "newline":
            return ExplorerError("Nothing to differentiate yet: type a function.", token.span)
        if before.kind == "(":
            return ExplorerError("This “(” is not closed, and nothing follows it.", before.span)
        return ExplorerError(f"Something is missing after “{before.text}”.", before.span)
    if token.kind == "=":
        if before is not None and before.kind in ("+", "-", "*", "/", "^"):
            return ExplorerError(f"“{before.text}=” belongs in an algorithm; here write name = ….", token.span)
        if [t.text for t in tokens[position - 3 : position - 1]] in (["sum", "("], ["prod", "("]):
            return ExplorerError("A sum over a range is written sum(x^i for i in 1..3).", token.span)
        return ExplorerError("“=” gives a name to a whole line: name = …. To compare, write ==.", token.span)
    if token.kind in (")", "]") and before is not None and before.kind == ",":
        return ExplorerError("Something is missing after “,”.", before.span)
    if token.kind in (")", "]"):
        return ExplorerError(f"This “{token.text}” has no partner, or nothing stands before it.", token.span)
    if token.kind == ",":
        if before is None or before.kind not in ("number", "name", ")", "|", "superscript"):
            return ExplorerError("Nothing stands before this comma.", token.span)
        said = "Commas part arguments, or the outputs on the last line, without a name."
        return decimal_comma(text, tokens, position) or ExplorerError(said, token.span)
    if token.kind == "/" and before is not None and before.kind == "/":
        said = "A comment begins with #; a quotient has one “/”, and one that is rounded down is floor(x/y)."
        return ExplorerError(said, token.span)
    written = text.split("\n")[token.line - 1][token.column : token.end_column]
    return ExplorerError(f"“{written}” cannot stand here.", token.span)


def wrong_count(name: str, wanted: int | str, given: int, span: Span) -> ExplorerError:
    """The error of a call with another number of arguments than the function takes."""

    def counted(number: int) -> str:
        return "1 argument" if number == 1 else f"{number} arguments"

    takes = wanted if isinstance(wanted, str) else counted(wanted)
    return ExplorerError(f"{name} takes {takes}; here it has {counted(given)}.", span, "arity")


def _inside(inner: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )


def _replaced(text: str, span: Span, words: str) -> str:
    """The text with other words in one place, and without the name of a library before it."""
    lines = text.split("\n")
    line = lines[span.line - 1]
    before = re.sub(r"(?<![\w.])(?:[A-Za-z]\w*\.)+\Z", "", line[: span.column])
    lines[span.line - 1] = before + words + line[span.end_column :]
    return "\n".join(lines)
