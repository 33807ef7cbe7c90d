"""Gradient descent and its two momenta: rules whose step is a multiple of gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from explorer.optimize.rules.rule import DECAY, RATE, SWITCH, GradientRule, about

if TYPE_CHECKING:
    from explorer.optimize.rules.rule import Array

BETA = about("β", "momentum β", DECAY, "The part of the last velocity that is kept.")
_RATE_INSIDE = about(
    "ηg",
    "rate inside",
    SWITCH,
    "Yes: the velocity holds ηg, as in Sutskever 2013. No: g, as on slides and in PyTorch.",
)
_AHEAD = about("g(·)", "at the look-ahead", SWITCH, "Yes: the gradient ahead of x. No: at x, in PyTorch's rewriting.")


class NoMemory(NamedTuple):
    """The memory of a rule that remembers nothing."""


class Velocity(NamedTuple):
    """m: minus the decaying sum of past gradients, or of past ηg."""

    m: Array


def zeros(x: Array) -> Array:
    """+0 everywhere, for finite x; x * 0 would be −0 where x is negative, and be shown so."""
    return x - x


@dataclass(frozen=True)
class GradientDescent(GradientRule[NoMemory]):
    """Gradient descent (Cauchy 1847); rate as in torch.optim.SGD.

    Δx = −η g. Batch, stochastic and mini-batch descent are this rule on different batches.
    """

    name: ClassVar[str] = "gd"
    title: ClassVar[str] = "Gradient descent"
    formula: ClassVar[str] = "Δx = −η g"
    source: ClassVar[str] = "Cauchy 1847; as torch.optim.SGD"

    rate: float = field(default=1e-3, metadata=RATE)

    def start(self, x: Array) -> NoMemory:
        return NoMemory()

    def step(self, g: Array, x: Array, memory: NoMemory) -> tuple[Array, NoMemory]:
        return -self.rate * g, memory


@dataclass(frozen=True)
class Momentum(GradientRule[Velocity]):
    """Momentum, the rate outside or inside the velocity (Polyak 1964; slides and Goh 2017, or Sutskever 2013).

    Outside, as slides and PyTorch have it: m ← βm − g,  Δx = ηm. Inside, as Sutskever and [Ruder] have it:
    m ← βm − ηg,  Δx = m. Both take the same steps as long as η is constant; under a schedule they differ.
    """

    name: ClassVar[str] = "momentum"
    title: ClassVar[str] = "Momentum"
    formula: ClassVar[str] = "m ← βm − g\nΔx = ηm"
    source: ClassVar[str] = "Polyak 1964; rate outside the velocity as on slides, in Goh 2017 and PyTorch"

    rate: float = field(default=1e-3, metadata=RATE)
    beta: float = field(default=0.9, metadata=BETA)
    rate_inside: bool = field(default=False, metadata=_RATE_INSIDE)

    @property
    def written(self) -> str:
        return "m ← βm − ηg\nΔx = m" if self.rate_inside else self.formula

    def start(self, x: Array) -> Velocity:
        return Velocity(zeros(x))

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        if self.rate_inside:
            m = self.beta * memory.m - self.rate * g
            return m, Velocity(m)
        m = self.beta * memory.m - g
        return self.rate * m, Velocity(m)


@dataclass(frozen=True)
class Nesterov(GradientRule[Velocity]):
    """Nesterov's gradient at the look-ahead (Nesterov 1983, as in Sutskever et al. 2013), or PyTorch's rewriting.

    m ← βm − g(x + ηβm),  Δx = ηm; the rate stands outside the velocity, which for constant η changes no step.
    PyTorch's nesterov=True rewrites this for the point ahead and so shows other iterates: m ← βm − g(x),
    Δx = η(βm − g).
    """

    name: ClassVar[str] = "nesterov"
    title: ClassVar[str] = "Nesterov"
    formula: ClassVar[str] = "m ← βm − g(x + ηβm)\nΔx = ηm"
    source: ClassVar[str] = "Nesterov 1983 in the form of Sutskever 2013; without look-ahead as torch.optim.SGD"

    rate: float = field(default=1e-3, metadata=RATE)
    beta: float = field(default=0.9, metadata=BETA)
    at_look_ahead: bool = field(default=True, metadata=_AHEAD)

    @property
    def written(self) -> str:
        return self.formula if self.at_look_ahead else "m ← βm − g\nΔx = η(βm − g)"

    def start(self, x: Array) -> Velocity:
        return Velocity(zeros(x))

    @property
    def looks_ahead(self) -> bool:
        return self.at_look_ahead and self.beta > 0

    def look(self, x: Array, memory: Velocity) -> Array:
        return x + self.rate * self.beta * memory.m if self.at_look_ahead else x

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        m = self.beta * memory.m - g
        return self.rate * (m if self.at_look_ahead else self.beta * m - g), Velocity(m)
