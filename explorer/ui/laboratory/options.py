"""What a session keeps of the differences panel, read as if a stranger had written it; and a direction as it is typed.

A dict of: page (a tab's title), step (h in units), output, input, derivative, scheme, unit, scales (input → unit);
and of the pages: curves (that are drawn), theory (whether its lines are), plane, second (its other input), custom
(offsets), along (of DIRECTIONS), direction (input → number), planted (input → factor on its partial).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

DIRECTIONS = ("ones", "random", "gradient", "own")  # or an input's name: that coordinate
ASKED = ("custom", "second", "along", "direction", "planted")  # what the pages ask of the worker
VIEWS = ("page", "curves", "theory", "plane")  # how one looks at it, which undo leaves alone
_LONGEST = 300  # characters of an option: offsets have no more
_MOST = 10_000  # inputs


def clean(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are of their kind."""
    return {key: options[key] for key, fits in _KINDS.items() if key in options and fits(options[key])}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_size(value: object) -> bool:
    return _is_number(value) and value > 0  # type: ignore[operator]


def _by_input(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, Mapping) and len(value) <= _MOST and all(_is_text(k) and fits(v) for k, v in value.items())
    )


_KINDS: dict[str, Callable[[object], bool]] = {
    "page": _is_text,
    "step": _is_size,
    "output": _is_text,
    "input": _is_text,
    "derivative": lambda value: value in (1, 2),
    "scheme": _is_text,
    "unit": _is_text,
    "scales": _by_input(_is_size),
    "curves": lambda value: isinstance(value, list) and len(value) < 50 and all(map(_is_text, value)),
    "theory": lambda value: isinstance(value, bool),
    "plane": lambda value: isinstance(value, bool),
    "second": _is_text,
    "custom": _is_text,
    "along": _is_text,
    "direction": _by_input(_is_number),
    "planted": _by_input(_is_number),
}


def direction_of(text: str, inputs: Sequence[str]) -> dict[str, float]:
    """The direction of numbers that were typed, one an input in their order; ValueError says in a sentence why not."""
    words = [word for word in re.split(r"[,;\s]+", text.replace("−", "-").strip(" ,;[](){}")) if word]
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            raise ValueError(f"“{word[:20]}” is no number: write one for each input, like 1, −0.5.") from None
    if len(found) != len(inputs):
        one = "1 number" if len(found) == 1 else f"{len(found)} numbers"
        raise ValueError(f"A direction has a number for each of the {len(inputs)} inputs, in their order, not {one}.")
    if not all(map(math.isfinite, found)):
        raise ValueError("The numbers of a direction must be finite.")
    if not any(found):
        raise ValueError("A direction of zeros leads nowhere.")
    return dict(zip(inputs, found, strict=True))
