"""The one entry for text: decides which reader reads it and returns a validated Program."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from explorer.language.algorithm import is_algorithm, read_algorithm
from explorer.language.collection import uncollected
from explorer.language.elsewhere import has_wolfram_signs
from explorer.language.formula import read_formula
from explorer.language.latex import read_latex
from explorer.language.limits import MAX_CHARACTERS
from explorer.language.pasted import NO_LIMIT, meant
from explorer.language.program import DEFAULT_LIMITS, ExplorerError, Limits, Program, Span


def parse(text: str, limits: Limits = DEFAULT_LIMITS) -> Program:
    """The Program that a text says; ExplorerError with a sentence and a place where it says none.

    `limits` are where its runs will be stopped.

    The text is only ever read: nothing in it is evaluated, whatever it holds. LaTeX is no program, but where it says
    one, the error offers it as `repair`.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExplorerError(
            f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} can be read.", kind="limit"
        )
    program = read(text)
    return program if limits is DEFAULT_LIMITS else replace(program, limits=limits)


@lru_cache(maxsize=8)  # a text that is known is asked about again and again: at other points, in each panel, by undo
@uncollected()
def read(text: str) -> Program:
    """What `parse` says of a text that is not too long."""
    try:
        return _read(text)
    except RecursionError:  # deep in the caller's stack the reader may have fewer frames than its limits assume
        raise ExplorerError("This is nested too deeply to be read.", kind="limit") from None
    except ExplorerError as error:
        if looks_like_latex(text):
            raise _latex_offered(text, error.span) from None
        raise meant(text, error, _read) or error from None


def _read(text: str) -> Program:
    return read_algorithm(text) if is_algorithm(text) else read_formula(text)


def looks_like_latex(text: str) -> bool:
    """Whether a text that no reader understands is probably meant as LaTeX."""
    if re.search(r'"|\(\s*\'', text):  # a text in quotes, which mathematics has none of
        return False
    if has_wolfram_signs(text) or re.match(r"\s*=\s*[^=]*\$[A-Z]", text):  # \[Alpha], and the cell =$A$1
        return False
    return re.search(r"\\[A-Za-z(\[\\,;:!|{]|[\^_]\s*\{|\d\{,\}\d|\$", text) is not None and not is_algorithm(text)


def _latex_offered(text: str, span: Span) -> ExplorerError:
    """The error of a LaTeX text: what it reads as; or what keeps it from being read, with that place."""
    if re.match(r"[\s$]*\\?lim(?![a-z])", text):
        return ExplorerError(NO_LIMIT, span)
    formula = read_latex(_out_of_prose(text, span))
    try:
        read_formula(formula)
    except ExplorerError as error:
        said = f"This LaTeX reads as {_shortened(formula)}, which cannot be taken: {error.message}"
        return ExplorerError(said, span, error.kind)
    return ExplorerError(f"This is LaTeX. As a formula it reads: {_shortened(formula)}", span, repair=formula)


def _out_of_prose(text: str, span: Span) -> str:
    """The text with blanks for the words around its one formula: “The function $f(x) = x^2$ is even.”"""
    words = re.sub(r"\$\$?[^$]*\$\$?", "", text)
    if text.count("$") < 2 or not re.search("[A-Za-z]{2}", words) or "\\" in words:
        return text
    formulas: list[str] = re.findall(r"\$\$?[^$]+\$\$?", text)
    if len(formulas) != 1:
        raise ExplorerError("One formula at a time is read: what stands between two dollar signs.", span)
    before, _, after = text.partition(formulas[0])
    return re.sub(r"\S", " ", before) + formulas[0] + re.sub(r"\S", " ", after)


def _shortened(formula: str) -> str:
    """The formula on one line of a sentence; a long one is seen in full where it is offered."""
    line = formula.replace("\n", "; ")
    return line if len(line) <= 200 else f"{line[:200]} …"
