"""The one entry for text: decides which reader reads it and returns a validated Program."""

from __future__ import annotations

from explorer.language.algorithm import is_algorithm, read_algorithm
from explorer.language.formula import read_formula
from explorer.language.limits import MAX_CHARACTERS
from explorer.language.program import ExplorerError, Program


def parse(text: str) -> Program:
    """The Program that a text says; ExplorerError with a sentence and a place where it says none.

    The text is only ever read: nothing in it is evaluated, whatever it holds.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExplorerError(
            f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} can be read.", kind="limit"
        )
    try:
        return read_algorithm(text) if is_algorithm(text) else read_formula(text)
    except RecursionError:  # deep in the caller's stack the reader may have fewer frames than its limits assume
        raise ExplorerError("This is nested too deeply to be read.", kind="limit") from None
