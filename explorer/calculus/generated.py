"""The one door through which generated source becomes functions: numbered names and fixed words only.

Nothing that a person typed reaches such source: its names are a letter and a number, its functions are handed over as
numbered globals. `function` refuses any source with another word in it, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# Marks, numbered names, the text of finite floats and ints, and the words of the templates; no dot, no quote, no
# underscore: nothing here can reach an attribute.
_SOURCE = re.compile(
    r"(?:[ \n(){}\[\],:=+\-*/<>!]|"
    r"(?:[a-z][0-9]+|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?"
    r"|def|run|return|if|else|not|and|or|raise|out|for|in|while|break|inf|nan)(?![\w.]))*+"
)


class StrangeSource(AssertionError):
    """Generated source holds a word that no template has: a defect of the generator, caught before it runs."""


def function(source: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `run` that the source defines, with these globals and no builtins; StrangeSource for other words."""
    match = _SOURCE.match(source)
    if match is None or match.end() != len(source):
        raise StrangeSource(source[match.end() if match else 0 :][:40])
    scope: dict[str, Any] = {"__builtins__": {}, **names}
    exec(compile(source, "<generated>", "exec"), scope)
    made: Callable[..., Any] = scope["run"]
    return made
