"""The optimizers: each a frozen set of hyper-parameters with pure functions start, look and step.

A rule holds no state. Its memory (m, v, …) is a NamedTuple that goes in and comes out, so that a run can be
replayed, branched and inspected. x, g and every array in a memory have one shape: (n,) for one start or
(starts, n) for many; all rules work coordinate by coordinate, so that both give the same numbers.

Papers and libraries differ in the place of ε, in bias correction and in the order of a maximum: each docstring
names its variant and source. [Ruder] is "An overview of gradient descent optimization algorithms",
arXiv 1609.04747. The symbols: g gradient, η rate, Δx what is added to x; products, roots, signs and maxima are
taken coordinate by coordinate, and every memory starts at 0 unless said otherwise.

The file is longer than 300 lines because fourteen rules read best side by side: the table is the documentation.
"""

from __future__ import annotations

import difflib
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar, cast

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

    def refusal(self, value: object, default: object) -> str | None:
        """Why `value` cannot stand in this field, as a sentence; None if it can. A bool as default means a switch."""
        if isinstance(default, bool):
            return None if isinstance(value, bool) else f"The switch “{self.words}” must be 0 or 1 (no or yes)."
        if isinstance(value, int | float) and not isinstance(value, bool) and value in self.interval:
            return None
        return f"The {self.words} must be {self.interval}."


def _about(symbol: str, words: str, interval: Interval, meaning: str) -> dict[str, Hyperparameter]:
    """The metadata of a dataclass field."""
    return {"hyperparameter": Hyperparameter(symbol, words, meaning, interval)}


_POSITIVE = Interval(0.0, math.inf, low_open=True)
_NOT_NEGATIVE = Interval(0.0, math.inf)
# At 1 a running average would never forget its start, and 1 − βᵗ would divide by 0.
_DECAY = Interval(0.0, 1.0, high_open=True)
_SWITCH = Interval(0.0, 1.0)

_RATE = _about("η", "rate", _POSITIVE, "Learning rate: the length of a step relative to the rule's direction.")
_BETA = _about("β", "momentum β", _DECAY, "The part of the last velocity that is kept.")
_BETA1 = _about("β₁", "decay β₁", _DECAY, "The part of the running mean of the gradient that is kept.")
_BETA2 = _about("β₂", "decay β₂", _DECAY, "The part of the running size of the gradient that is kept.")
_RHO = _about("ρ", "decay ρ", _DECAY, "The part of the running mean of squares that is kept.")
_EPSILON = _about("ε", "constant ε", _NOT_NEGATIVE, "Keeps the divisor away from 0.")
_WEIGHT_DECAY = _about("λ", "weight decay λ", _NOT_NEGATIVE, "Pull towards 0, apart from the gradient.")
_EPSILON_INSIDE = _about("√(·+ε)", "ε inside the root", _SWITCH, "Yes: √(v + ε). No: √v + ε, as in PyTorch.")
_BIAS_CORRECTION = _about("m̂, v̂", "bias correction", _SWITCH, "Divide by 1 − βᵗ, since averages start at 0.")
_CORRECT_FIRST = _about(
    "max v̂", "correct first", _SWITCH, "Yes: maximum of v̂. No: of v, corrected later, as in PyTorch."
)
_FIRST_STEP = _about("η", "rate", _POSITIVE, "The first step length of every coordinate.")
_ETA_MINUS = _about("η⁻", "factor η⁻", Interval(0.0, 1.0, True, True), "Shortens a step after a change of sign.")
_ETA_PLUS = _about("η⁺", "factor η⁺", Interval(1.0, math.inf), "Lengthens a step after the same sign again.")
_STEP_MIN = _about("Δmin", "smallest step", _POSITIVE, "No step length becomes smaller.")
_STEP_MAX = _about("Δmax", "largest step", _POSITIVE, "No step length becomes larger.")


class NoMemory(NamedTuple):
    """The memory of a rule that remembers nothing."""


class Velocity(NamedTuple):
    """m: minus the decaying sum of past gradients."""

    m: Array


class Squares(NamedTuple):
    """v: sum or running mean of squared gradients."""

    v: Array


class SquaresAndSteps(NamedTuple):
    """v: running mean of squared gradients; d: running mean of squared Δx, both before the rate."""

    v: Array
    d: Array


class Moments(NamedTuple):
    """m, v: running means of g and g² (in AdaMax v is a running maximum of |g|); t: steps taken."""

    m: Array
    v: Array
    t: int


class MomentsAndMaximum(NamedTuple):
    """m, v: running means of g and g²; v_max: the largest v̂ (or v) so far; t: steps taken."""

    m: Array
    v: Array
    v_max: Array
    t: int


class Lengths(NamedTuple):
    """length: step length of each coordinate; sign: that of the last gradient used, 0 after a change of sign."""

    length: Array
    sign: Array


Memory = TypeVar("Memory", bound=NamedTuple)


@dataclass(frozen=True)
class Rule(ABC, Generic[Memory]):
    """An optimizer: frozen hyper-parameters; a value outside its interval is refused as the rule is made."""

    name: ClassVar[str]  # as scripts write it: the key in RULES
    title: ClassVar[str]
    formula: ClassVar[str]

    def __post_init__(self) -> None:
        self.validate()

    @classmethod
    def hyperparameters(cls) -> dict[str, Hyperparameter]:
        """The fields in order, by name, each with its description: what a form is made from."""
        return {each.name: each.metadata["hyperparameter"] for each in fields(cls)}

    @classmethod
    def defaults(cls) -> dict[str, float | bool]:
        """The fields' defaults by name; a bool marks a switch."""
        # No field has a default_factory, so that MISSING, which the type of `default` allows for, cannot occur.
        return {each.name: cast(float, each.default) for each in fields(cls)}

    def settings(self) -> dict[str, float | bool]:
        """This rule's hyper-parameters by name, plain enough for JSON; rule_from(self.name, …) makes it again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def validate(self) -> None:
        """Raise ExplorerError (domain) with a sentence if a hyper-parameter lies outside its interval."""
        for each in fields(self):
            refusal = each.metadata["hyperparameter"].refusal(getattr(self, each.name), each.default)
            if refusal:
                raise ExplorerError(refusal, kind="domain")

    @abstractmethod
    def start(self, x: Array) -> Memory:
        """The memory before the first step from x."""

    def look(self, x: Array, memory: Memory) -> Array:
        """The point at which the gradient is taken: x itself, unless the rule looks ahead."""
        return x

    @abstractmethod
    def step(self, g: Array, x: Array, memory: Memory) -> tuple[Array, Memory]:
        """(Δx, memory after it) for the gradient g taken at look(x, memory). Nothing given is changed."""

    def entries(self, memory: Memory) -> tuple[tuple[str, Any], ...]:
        """What an inspector shows of a memory: (symbol, array or number), with values derived from it, as m̂."""
        return tuple(memory._asdict().items())


def _zeros(x: Array) -> Array:
    """+0 everywhere, for finite x; x * 0 would be −0 where x is negative, and be shown so."""
    return x - x


def _sign(a: Array) -> Array:
    """−1, 0 or 1; NaN where a is not finite, so that a broken gradient is seen and not taken for a flat one."""
    return (a > 0) * 1.0 - (a < 0) * 1.0 + (a - a)


def _averaged(average: Array, new: Array, decay: float) -> Array:
    """The running mean: decay·average + (1 − decay)·new."""
    return decay * average + (1 - decay) * new


def _rooted(v: Array, epsilon: float, inside: bool) -> Array:
    """√(v + ε) or √v + ε."""
    return (v + epsilon) ** 0.5 if inside else v**0.5 + epsilon


def _moments(g: Array, memory: Moments, beta1: float, beta2: float) -> Moments:
    """Adam's memory after g."""
    return Moments(_averaged(memory.m, g, beta1), _averaged(memory.v, g * g, beta2), memory.t + 1)


def _corrected(average: Array, beta: float, t: int) -> Array:
    """An average that began at 0, divided by the weight 1 − βᵗ that t numbers have in it; itself before the first."""
    return average / (1 - beta**t) if t else average


def _hats(memory: Moments, beta1: float, beta2: float) -> tuple[Array, Array]:
    """(m̂, v̂)."""
    return _corrected(memory.m, beta1, memory.t), _corrected(memory.v, beta2, memory.t)


@dataclass(frozen=True)
class GradientDescent(Rule[NoMemory]):
    """Gradient descent (Cauchy 1847); rate as in torch.optim.SGD.

    Δx = −η g. Batch, stochastic and mini-batch descent are this rule on different batches.
    """

    name: ClassVar[str] = "gd"
    title: ClassVar[str] = "Gradient descent"
    formula: ClassVar[str] = "Δx = −η g"

    rate: float = field(default=1e-3, metadata=_RATE)

    def start(self, x: Array) -> NoMemory:
        return NoMemory()

    def step(self, g: Array, x: Array, memory: NoMemory) -> tuple[Array, NoMemory]:
        return -self.rate * g, memory


@dataclass(frozen=True)
class Momentum(Rule[Velocity]):
    """Momentum with the rate outside the velocity (Polyak 1964; the form of Goh 2017 with m = −z); β of [Ruder].

    m ← βm − g,  Δx = ηm. Ruder's form, v ← γv + ηg and Δx = −v, takes the same steps as long as η is constant.
    """

    name: ClassVar[str] = "momentum"
    title: ClassVar[str] = "Momentum (rate outside the velocity)"
    formula: ClassVar[str] = "m ← βm − g\nΔx = ηm"

    rate: float = field(default=1e-3, metadata=_RATE)
    beta: float = field(default=0.9, metadata=_BETA)

    def start(self, x: Array) -> Velocity:
        return Velocity(_zeros(x))

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        m = self.beta * memory.m - g
        return self.rate * m, Velocity(m)


@dataclass(frozen=True)
class Nesterov(Rule[Velocity]):
    """Nesterov's gradient at the look-ahead (Nesterov 1983, as in Sutskever et al. 2013); β of [Ruder].

    m ← βm − g(x + ηβm),  Δx = ηm; the rate stands outside the velocity, which for constant η changes no step.
    PyTorch's nesterov=True rewrites this for the point ahead and so shows other iterates.
    """

    name: ClassVar[str] = "nesterov"
    title: ClassVar[str] = "Nesterov (gradient at the look-ahead)"
    formula: ClassVar[str] = "m ← βm − g(x + ηβm)\nΔx = ηm"

    rate: float = field(default=1e-3, metadata=_RATE)
    beta: float = field(default=0.9, metadata=_BETA)

    def start(self, x: Array) -> Velocity:
        return Velocity(_zeros(x))

    def look(self, x: Array, memory: Velocity) -> Array:
        return x + self.rate * self.beta * memory.m

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        m = self.beta * memory.m - g
        return self.rate * m, Velocity(m)


@dataclass(frozen=True)
class Adagrad(Rule[Squares]):
    """Adagrad, diagonal, ε inside the root (Duchi, Hazan & Singer 2011, as written by [Ruder], with its defaults).

    v ← v + g²,  Δx = −η g / √(v + ε). PyTorch: √v + ε with ε = 1e-10.
    """

    name: ClassVar[str] = "adagrad"
    title: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = "v ← v + g²\nΔx = −η g / √(v + ε)"

    rate: float = field(default=0.01, metadata=_RATE)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    epsilon_inside: bool = field(default=True, metadata=_EPSILON_INSIDE)

    def start(self, x: Array) -> Squares:
        return Squares(_zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        v = memory.v + g * g
        return -self.rate * g / _rooted(v, self.epsilon, self.epsilon_inside), Squares(v)


@dataclass(frozen=True)
class Adadelta(Rule[SquaresAndSteps]):
    """Adadelta, ε inside both roots (Zeiler 2012, algorithm 1), with PyTorch's additional rate; PyTorch's defaults.

    v ← ρv + (1−ρ)g²,  δ = −g √(d + ε) / √(v + ε),  d ← ρd + (1−ρ)δ²,  Δx = ηδ. The paper has η = 1; its runs
    use ε = 1e-6.
    """

    name: ClassVar[str] = "adadelta"
    title: ClassVar[str] = "Adadelta"
    formula: ClassVar[str] = "v ← ρv + (1−ρ)g²,  δ = −g √(d + ε) / √(v + ε)\nd ← ρd + (1−ρ)δ²,  Δx = ηδ"

    rate: float = field(default=1.0, metadata=_RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-6, metadata=_EPSILON)

    def start(self, x: Array) -> SquaresAndSteps:
        return SquaresAndSteps(_zeros(x), _zeros(x))

    def step(self, g: Array, x: Array, memory: SquaresAndSteps) -> tuple[Array, SquaresAndSteps]:
        v = _averaged(memory.v, g * g, self.rho)
        delta = -g * (memory.d + self.epsilon) ** 0.5 / (v + self.epsilon) ** 0.5
        return self.rate * delta, SquaresAndSteps(v, _averaged(memory.d, delta * delta, self.rho))


@dataclass(frozen=True)
class RMSprop(Rule[Squares]):
    """RMSprop with the new v and ε inside the root (Hinton 2012, lecture 6e, as written by [Ruder], its defaults).

    v ← ρv + (1−ρ)g²,  Δx = −η g / √(v + ε). PyTorch: √v + ε with ρ = 0.99, η = 0.01.
    """

    name: ClassVar[str] = "rmsprop"
    title: ClassVar[str] = "RMSprop"
    formula: ClassVar[str] = "v ← ρv + (1−ρ)g²\nΔx = −η g / √(v + ε)"

    rate: float = field(default=1e-3, metadata=_RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    epsilon_inside: bool = field(default=True, metadata=_EPSILON_INSIDE)

    def start(self, x: Array) -> Squares:
        return Squares(_zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        v = _averaged(memory.v, g * g, self.rho)
        return -self.rate * g / _rooted(v, self.epsilon, self.epsilon_inside), Squares(v)


@dataclass(frozen=True)
class RMSpropAsPrinted(Rule[Squares]):
    """RMSprop as lecture slides print it: with the *old* v, which is 0 at the first step. A warning, not a method.

    Δx = −η g / √(v + ε),  then v ← ρv + (1−ρ)g². The first step is η g / √ε = 10⁵ η g with the slide's ε = 1e-10.
    """

    name: ClassVar[str] = "rmsprop-as-printed"
    title: ClassVar[str] = "RMSprop as printed (old v: the first step is enormous)"
    formula: ClassVar[str] = "Δx = −η g / √(v + ε), v still without g\nv ← ρv + (1−ρ)g²"

    rate: float = field(default=1e-3, metadata=_RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-10, metadata=_EPSILON)

    def start(self, x: Array) -> Squares:
        return Squares(_zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        delta = -self.rate * g / (memory.v + self.epsilon) ** 0.5
        return delta, Squares(_averaged(memory.v, g * g, self.rho))


@dataclass(frozen=True)
class Adam(Rule[Moments]):
    """Adam with bias correction, ε outside the root (Kingma & Ba 2015, algorithm 1, with its defaults).

    m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  m̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ),  Δx = −η m̂ / (√v̂ + ε).
    Without bias correction: m̂ = m, v̂ = v.
    """

    name: ClassVar[str] = "adam"
    title: ClassVar[str] = "Adam"
    formula: ClassVar[str] = (
        "m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²\nm̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ),  Δx = −η m̂ / (√v̂ + ε)"
    )

    rate: float = field(default=1e-3, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    bias_correction: bool = field(default=True, metadata=_BIAS_CORRECTION)

    def start(self, x: Array) -> Moments:
        return Moments(_zeros(x), _zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        memory = _moments(g, memory, self.beta1, self.beta2)
        m_hat, v_hat = self._used(memory)
        return -self.rate * m_hat / (v_hat**0.5 + self.epsilon), memory

    def _used(self, memory: Moments) -> tuple[Array, Array]:
        return _hats(memory, self.beta1, self.beta2) if self.bias_correction else (memory.m, memory.v)

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        m_hat, v_hat = self._used(memory)
        return (*super().entries(memory), ("m̂", m_hat), ("v̂", v_hat))


@dataclass(frozen=True)
class AdaMax(Rule[Moments]):
    """AdaMax (Kingma & Ba 2015, algorithm 2, with its defaults), with PyTorch's ε beside |g|.

    m ← β₁m + (1−β₁)g,  v ← max(β₂v, |g| + ε),  Δx = −η m / ((1−β₁ᵗ) v). The paper (its u is v here) has no ε, and
    gets 0/0 in a coordinate that the function does not depend on.
    """

    name: ClassVar[str] = "adamax"
    title: ClassVar[str] = "AdaMax"
    formula: ClassVar[str] = "m ← β₁m + (1−β₁)g,  v ← max(β₂v, |g| + ε)\nm̂ = m/(1−β₁ᵗ),  Δx = −η m̂ / v"

    rate: float = field(default=2e-3, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)

    def start(self, x: Array) -> Moments:
        return Moments(_zeros(x), _zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        m, t = _averaged(memory.m, g, self.beta1), memory.t + 1
        v = (self.beta2 * memory.v).clip(abs(g) + self.epsilon)  # clip from below: the maximum, NaN kept
        return -self.rate * _corrected(m, self.beta1, t) / v, Moments(m, v, t)

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        return (*super().entries(memory), ("m̂", _corrected(memory.m, self.beta1, memory.t)))


@dataclass(frozen=True)
class Nadam(Rule[Moments]):
    """Nadam with constant β₁ (Dozat 2016 in the form of [Ruder]); defaults of Keras but for ε, here Adam's.

    m, v, m̂, v̂ as in Adam,  Δx = −η (β₁m̂ + (1−β₁)g/(1−β₁ᵗ)) / (√v̂ + ε). PyTorch and Keras let β₁ vary with t:
    another rule.
    """

    name: ClassVar[str] = "nadam"
    title: ClassVar[str] = "Nadam (Ruder's form, constant β₁)"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nΔx = −η (β₁m̂ + (1−β₁)g/(1−β₁ᵗ)) / (√v̂ + ε)"

    rate: float = field(default=1e-3, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)

    def start(self, x: Array) -> Moments:
        return Moments(_zeros(x), _zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        memory = _moments(g, memory, self.beta1, self.beta2)
        m_hat, v_hat = _hats(memory, self.beta1, self.beta2)
        ahead = _averaged(m_hat, g / (1 - self.beta1**memory.t), self.beta1)
        return -self.rate * ahead / (v_hat**0.5 + self.epsilon), memory

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        m_hat, v_hat = _hats(memory, self.beta1, self.beta2)
        return (*super().entries(memory), ("m̂", m_hat), ("v̂", v_hat))


@dataclass(frozen=True)
class AMSGrad(Rule[MomentsAndMaximum]):
    """AMSGrad with bias correction, the maximum taken after it (Reddi, Kale & Kumar 2018, on Adam's defaults).

    m, v, m̂, v̂ as in Adam,  v_max ← max(v_max, v̂),  Δx = −η m̂ / (√v_max + ε). The paper corrects nothing;
    PyTorch takes the maximum of v and corrects it afterwards (`correct_first` off).
    """

    name: ClassVar[str] = "amsgrad"
    title: ClassVar[str] = "AMSGrad (maximum after bias correction)"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nv_max ← max(v_max, v̂),  Δx = −η m̂ / (√v_max + ε)"

    rate: float = field(default=1e-3, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    correct_first: bool = field(default=True, metadata=_CORRECT_FIRST)

    def start(self, x: Array) -> MomentsAndMaximum:
        return MomentsAndMaximum(_zeros(x), _zeros(x), _zeros(x), 0)

    def step(self, g: Array, x: Array, memory: MomentsAndMaximum) -> tuple[Array, MomentsAndMaximum]:
        m, v, t = _moments(g, Moments(memory.m, memory.v, memory.t), self.beta1, self.beta2)
        v_max = memory.v_max.clip(_corrected(v, self.beta2, t) if self.correct_first else v)
        used = v_max if self.correct_first else _corrected(v_max, self.beta2, t)
        delta = -self.rate * _corrected(m, self.beta1, t) / (used**0.5 + self.epsilon)
        return delta, MomentsAndMaximum(m, v, v_max, t)

    def entries(self, memory: MomentsAndMaximum) -> tuple[tuple[str, Any], ...]:
        m_hat = _corrected(memory.m, self.beta1, memory.t)
        return (*super().entries(memory), ("m̂", m_hat), ("v̂", _corrected(memory.v, self.beta2, memory.t)))


@dataclass(frozen=True)
class AdamW(Rule[Moments]):
    """AdamW: Adam with decoupled weight decay, scaled by the rate (Loshchilov & Hutter 2019; PyTorch's form and λ).

    m, v, m̂, v̂ as in Adam,  Δx = −η (m̂ / (√v̂ + ε) + λx). In the paper λ is multiplied by a schedule, not by η.
    """

    name: ClassVar[str] = "adamw"
    title: ClassVar[str] = "AdamW (decay scaled by the rate)"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nΔx = −η (m̂ / (√v̂ + ε) + λx)"

    rate: float = field(default=1e-3, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    weight_decay: float = field(default=0.01, metadata=_WEIGHT_DECAY)

    def start(self, x: Array) -> Moments:
        return Moments(_zeros(x), _zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        memory = _moments(g, memory, self.beta1, self.beta2)
        m_hat, v_hat = _hats(memory, self.beta1, self.beta2)
        return -self.rate * (m_hat / (v_hat**0.5 + self.epsilon) + self.weight_decay * x), memory

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        m_hat, v_hat = _hats(memory, self.beta1, self.beta2)
        return (*super().entries(memory), ("m̂", m_hat), ("v̂", v_hat))


@dataclass(frozen=True)
class Rprop(Rule[Lengths]):
    """Rprop without backtracking, iRprop⁻ (Igel & Hüsken 2003; Riedmiller & Braun 1993), as PyTorch, its defaults.

    s = sign(g)·(last sign); length ← length·η⁺ where s > 0, ·η⁻ where s < 0, kept within [Δmin, Δmax];
    where s < 0 the coordinate rests one step and its sign is forgotten;  Δx = −length·sign(g).
    """

    name: ClassVar[str] = "rprop"
    title: ClassVar[str] = "Rprop (iRprop⁻, signs only)"
    formula: ClassVar[str] = "ℓ ← ℓ·η⁺ if the sign stayed, ℓ·η⁻ if it changed (then rest)\nΔx = −ℓ sign(g)"

    rate: float = field(default=0.01, metadata=_FIRST_STEP)
    eta_minus: float = field(default=0.5, metadata=_ETA_MINUS)
    eta_plus: float = field(default=1.2, metadata=_ETA_PLUS)
    step_min: float = field(default=1e-6, metadata=_STEP_MIN)
    step_max: float = field(default=50.0, metadata=_STEP_MAX)

    def validate(self) -> None:
        super().validate()
        if not self.step_min <= self.rate <= self.step_max:
            between = f"between the smallest step, {self.step_min:g}, and the largest, {self.step_max:g}"
            raise ExplorerError(f"The rate must lie {between}.", kind="domain")

    def start(self, x: Array) -> Lengths:
        return Lengths(_zeros(x) + self.rate, _zeros(x))

    def step(self, g: Array, x: Array, memory: Lengths) -> tuple[Array, Lengths]:
        sign = _sign(g)
        same = sign * memory.sign
        factor = (same > 0) * self.eta_plus + (same < 0) * self.eta_minus + (same == 0) * 1.0
        length = (memory.length * factor).clip(self.step_min, self.step_max)
        sign = sign * (same >= 0) + _zeros(sign)  # + 0 turns a resting coordinate's −0 into 0
        return -length * sign, Lengths(length, sign)


@dataclass(frozen=True)
class Lion(Rule[Velocity]):
    """Lion, evolved sign momentum (Chen et al. 2023, algorithm 2); rate and λ of the authors' implementation.

    c = β₁m + (1−β₁)g,  Δx = −η (sign(c) + λx),  m ← β₂m + (1−β₂)g. Every coordinate moves by η, whatever g is.
    """

    name: ClassVar[str] = "lion"
    title: ClassVar[str] = "Lion (sign of interpolated momentum)"
    formula: ClassVar[str] = "Δx = −η (sign(β₁m + (1−β₁)g) + λx)\nm ← β₂m + (1−β₂)g"

    rate: float = field(default=1e-4, metadata=_RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.99, metadata=_BETA2)
    weight_decay: float = field(default=0.0, metadata=_WEIGHT_DECAY)

    def start(self, x: Array) -> Velocity:
        return Velocity(_zeros(x))

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        direction = _sign(_averaged(memory.m, g, self.beta1))
        return -self.rate * (direction + self.weight_decay * x), Velocity(_averaged(memory.m, g, self.beta2))


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
    )
}


def rule_from(name: str, settings: Mapping[str, float]) -> Rule[Any]:
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


def _typed(value: float, default: float | bool) -> float:
    """The value as a float, or as a bool for a switch; what cannot be one is left for validate to refuse."""
    if isinstance(default, bool):
        return bool(value) if value in (0, 1) else value
    try:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    except OverflowError:  # an integer beyond the floats
        return math.inf


def _unknown(said: str, name: str, known: Iterable[str], what: str) -> str:
    """The refusal of a name, with the nearest known one and all of them."""
    near = difflib.get_close_matches(name, known, 1)
    return f"{said}{f' Did you mean {near[0]}?' if near else ''} {what}: {', '.join(known)}."
