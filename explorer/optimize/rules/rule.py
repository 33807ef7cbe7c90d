"""What an optimizer is to a form and to a run: hyper-parameters with their intervals, and the two kinds of rule.

A rule holds no state. Its memory (m, v, …) is a NamedTuple that goes in and comes out, so that a run can be
replayed, branched and inspected.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar, cast

from explorer.language.program import ExplorerError

# The window makes its forms from this module before NumPy is loaded, so nothing here names NumPy when it runs:
# operators, abs() and array methods are enough. For a type checker only:
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """The finite numbers between two ends; an open end is not itself allowed, an infinite end is no end."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        # Comparisons, not math.isfinite: an integer of 400 digits overflows there. NaN fails every comparison.
        finite = abs(value) <= sys.float_info.max
        above = value > self.low or (value == self.low and not self.low_open)
        below = value < self.high or (value == self.high and not self.high_open)
        return finite and above and below

    def __str__(self) -> str:
        """The interval in words, as it ends the sentence "The rate must be …"."""
        low = f"{'above' if self.low_open else 'of at least'} {self.low:g}"
        if math.isinf(self.high):
            return f"a finite number {low}"
        return f"a number {low} and {'below' if self.high_open else 'at most'} {self.high:g}"


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """What a form shows of one field of a rule: its symbol, its words, what it does, and the numbers it may have."""

    symbol: str
    words: str
    meaning: str
    interval: Interval
    choices: tuple[str, ...] = ()

    def refusal(self, value: object, default: object) -> str | None:
        """Why `value` cannot stand in this field, as a sentence; None if it can. A bool as default means a switch."""
        if self.choices:
            return None if value in self.choices else f"The {self.words} must be one of: {', '.join(self.choices)}."
        if isinstance(default, bool):
            return None if isinstance(value, bool) else f"The switch “{self.words}” must be 0 or 1 (no or yes)."
        if isinstance(value, int | float) and not isinstance(value, bool) and value in self.interval:
            return None
        return f"The {self.words} must be {self.interval}."


def about(
    symbol: str, words: str, interval: Interval, meaning: str, choices: tuple[str, ...] = ()
) -> dict[str, Hyperparameter]:
    """The metadata of a dataclass field."""
    return {"hyperparameter": Hyperparameter(symbol, words, meaning, interval, choices)}


POSITIVE = Interval(0.0, math.inf, low_open=True)
NOT_NEGATIVE = Interval(0.0, math.inf)
# At 1 a running average would never forget its start, and 1 − βᵗ would divide by 0.
DECAY = Interval(0.0, 1.0, high_open=True)
SWITCH = Interval(0.0, 1.0)

RATE = about("η", "rate", POSITIVE, "Learning rate: the length of a step relative to the rule's direction.")

Memory = TypeVar("Memory", bound=NamedTuple)


@dataclass(frozen=True)
class Rule(ABC, Generic[Memory]):
    """An optimizer: frozen hyper-parameters; a value outside its interval is refused as the rule is made."""

    name: ClassVar[str]  # as scripts write it: the key in RULES
    title: ClassVar[str]
    formula: ClassVar[str]  # of the default variant; `written` gives that of this one
    source: ClassVar[str]  # the publication and the variant, in a few words
    warning: ClassVar[str] = ""  # what a person must know before trusting it

    def __post_init__(self) -> None:
        self.validate()

    @classmethod
    def hyperparameters(cls) -> dict[str, Hyperparameter]:
        """The fields in order, by name, each with its description: what a form is made from."""
        return {each.name: each.metadata["hyperparameter"] for each in fields(cls)}

    @classmethod
    def defaults(cls) -> dict[str, float | bool | str]:
        """The fields' defaults by name; a bool marks a switch, a text a choice."""
        # No field has a default_factory, so that MISSING, which the type of `default` allows for, cannot occur.
        return {each.name: cast(float, each.default) for each in fields(cls)}

    def settings(self) -> dict[str, float | bool | str]:
        """This rule's hyper-parameters by name, plain enough for JSON; rule_from(self.name, …) makes it again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def validate(self) -> None:
        """Raise ExplorerError (domain) with a sentence if a hyper-parameter lies outside its interval."""
        for each in fields(self):
            refusal = each.metadata["hyperparameter"].refusal(getattr(self, each.name), each.default)
            if refusal:
                raise ExplorerError(refusal, kind="domain")

    @property
    def written(self) -> str:
        """The formula of this variant, a line for each of its parts."""
        return self.formula

    @abstractmethod
    def start(self, x: Array) -> Memory:
        """The memory before the first step from x."""

    def entries(self, memory: Memory) -> tuple[tuple[str, Any], ...]:
        """What an inspector shows of a memory: (symbol, array or number), with values derived from it, as m̂."""
        return tuple(memory._asdict().items())


@dataclass(frozen=True)
class GradientRule(Rule[Memory]):
    """A rule that turns one gradient into one step, coordinate by coordinate: pure functions start, look and step.

    x, g and every array in a memory have one shape, (n,) for one start or (n, starts) for many; a coordinate may also
    be a plain float. `step` is arithmetic without a branch on its numbers, so that it can be recorded once and
    generated as straight-line code (see optimize.generated).
    """

    def look(self, x: Array, memory: Memory) -> Array:
        """The point at which the gradient is taken: x itself, unless the rule looks ahead."""
        return x

    @property
    def looks_ahead(self) -> bool:
        """Whether `look` leaves x: each step then needs a second gradient to show the one at x."""
        return False

    @abstractmethod
    def step(self, g: Array, x: Array, memory: Memory) -> tuple[Array, Memory]:
        """(Δx, memory after it) for the gradient g taken at look(x, memory). Nothing given is changed."""


class Spot(NamedTuple):
    """A point with the function's value and gradient there; x and g have shape (n,)."""

    x: Array
    f: float
    g: Array


class Ground(Protocol):
    """What a searching rule may ask of the function; every answer is counted."""

    def at(self, x: Array) -> Spot:
        """Value and gradient at x, which may be not finite."""

    def hessian(self, x: Array) -> Array:
        """The matrix of second derivatives at x, shape (n, n)."""

    def residuals(self, x: Array) -> tuple[Array, Array]:
        """r(x) with shape (m,) and its Jacobian, shape (m, n), where f = Σ r²; ExplorerError if f is no such sum."""

    def solve(self, matrix: Array, right: Array) -> Array | None:
        """The solution of a linear system, None where the matrix is singular."""

    def absolute(self, matrix: Array) -> Array:
        """|A| of a symmetric matrix: the same eigenvectors with the eigenvalues' absolute values, kept off 0."""

    def identity(self, size: int) -> Array:
        """The unit matrix."""


class Stall(Exception):
    """A search that cannot go on; its text is the sentence that says why."""


@dataclass(frozen=True)
class SearchRule(Rule[Memory]):
    """A rule that looks for its next point: it may try several, and ask for second derivatives or residuals."""

    @abstractmethod
    def advance(self, spot: Spot, memory: Memory, ground: Ground) -> tuple[Spot, Memory]:
        """The next point and the memory there; raises Stall where there is none. Nothing given is changed."""
