"""The optimizers by name, and one of them with its hyper-parameters.

The window makes its forms from here before NumPy is loaded, so nothing in this package names NumPy when it runs:
operators and methods are enough.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from explorer.language.program import ExplorerError
from explorer.optimize.rules.adaptive import (
    Adadelta,
    Adagrad,
    Adam,
    AdaMax,
    AdamW,
    AMSGrad,
    Lion,
    Nadam,
    RMSprop,
    RMSpropAsPrinted,
    Rprop,
)
from explorer.optimize.rules.gradient import GradientDescent, Momentum, Nesterov
from explorer.optimize.rules.rule import GradientRule, Interval, Rule, SearchRule
from explorer.optimize.rules.searching import (
    BFGS,
    LBFGS,
    ConjugateGradient,
    LevenbergMarquardt,
    Newton,
    Polyak,
    SteepestDescent,
)

__all__ = ["RULES", "GradientDescent", "GradientRule", "Interval", "Rule", "SearchRule", "rule_from"]

RULES: Mapping[str, type[Rule[Any]]] = {
    each.name: each
    for each in (
        GradientDescent,
        Momentum,
        Nesterov,
        Adagrad,
        Adadelta,
        RMSprop,
        RMSpropAsPrinted,
        Adam,
        AdaMax,
        Nadam,
        AMSGrad,
        AdamW,
        Rprop,
        Lion,
        Polyak,
        SteepestDescent,
        ConjugateGradient,
        LBFGS,
        BFGS,
        Newton,
        LevenbergMarquardt,
    )
}


def rule_from(name: str, settings: Mapping[str, float | str]) -> Rule[Any]:
    """The rule of that name with these hyper-parameters and its defaults for the others.

    A switch takes 0 or 1. Raises ExplorerError: (name) for an unknown rule or setting, (domain) for a refused value.
    """
    if name not in RULES:
        raise ExplorerError(_unknown(f"There is no rule “{name}”.", name, RULES, "The rules"), kind="name")
    rule, defaults = RULES[name], RULES[name].defaults()
    for setting in settings:
        if setting not in defaults:
            said = _unknown(f"The rule {name} has no setting “{setting}”.", setting, defaults, "Its settings")
            raise ExplorerError(said, kind="name")
    return rule(**{setting: _typed(value, defaults[setting]) for setting, value in settings.items()})


def _typed(value: float | str, default: float | bool | str) -> float | str:
    """The value as a float, or as a bool for a switch; what cannot be one is left for validate to refuse."""
    if isinstance(default, bool) and not isinstance(value, str):
        return bool(value) if value in (0, 1) else value
    try:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    except OverflowError:  # an integer beyond the floats
        return math.inf


def _unknown(said: str, name: str, known: Iterable[str], what: str) -> str:
    """The refusal of a name, with the nearest known one and all of them."""
    near = difflib.get_close_matches(name, known, 1)
    return f"{said}{f' Did you mean {near[0]}?' if near else ''} {what}: {', '.join(known)}."
