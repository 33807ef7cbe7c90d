"""The rules that give every coordinate a step length of its own: from Adagrad to Adam's family, Rprop and Lion.

Papers and libraries differ in the place of ε, in bias correction and in the order of a maximum: each docstring
names its variant and source. [Ruder] is "An overview of gradient descent optimization algorithms",
arXiv 1609.04747. The symbols: g gradient, η rate, Δx what is added to x; products, roots, signs and maxima are
taken coordinate by coordinate, and every memory starts at 0 unless said otherwise.

The file is longer than 300 lines because these rules read best side by side: the table is the documentation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from explorer.language.program import ExplorerError
from explorer.optimize.rules.gradient import Velocity, zeros
from explorer.optimize.rules.rule import DECAY, NOT_NEGATIVE, POSITIVE, RATE, SWITCH, GradientRule, Interval, about

if TYPE_CHECKING:
    from explorer.optimize.rules.rule import Array

_BETA1 = about("β₁", "decay β₁", DECAY, "The part of the running mean of the gradient that is kept.")
_BETA2 = about("β₂", "decay β₂", DECAY, "The part of the running size of the gradient that is kept.")
_RHO = about("ρ", "decay ρ", DECAY, "The part of the running mean of squares that is kept.")
_EPSILON = about("ε", "constant ε", NOT_NEGATIVE, "Keeps the divisor away from 0.")
_WEIGHT_DECAY = about("λ", "weight decay λ", NOT_NEGATIVE, "Pull towards 0, apart from the gradient.")
_EPSILON_INSIDE = about("√(·+ε)", "ε inside the root", SWITCH, "Yes: √(v + ε). No: √v + ε, as in PyTorch.")
_BIAS_CORRECTION = about("m̂, v̂", "bias correction", SWITCH, "Divide by 1 − βᵗ, since averages start at 0.")
_CORRECT_FIRST = about("max v̂", "correct first", SWITCH, "Yes: maximum of v̂. No: of v, corrected later, as in PyTorch.")
_FORM = about(
    "βₜ",
    "form",
    SWITCH,
    "ruder: as in his overview. dozat: the momentum of the step ahead, corrected for it. pytorch: β₁ grows with t.",
    ("ruder", "dozat", "pytorch"),
)
_MOMENTUM_DECAY = about("ψ", "momentum decay ψ", NOT_NEGATIVE, "In PyTorch's form: how fast its β₁ grows with t.")
_FIRST_STEP = about("η", "rate", POSITIVE, "The first step length of every coordinate.")
_ETA_MINUS = about("η⁻", "factor η⁻", Interval(0.0, 1.0, True, True), "Shortens a step after a change of sign.")
_ETA_PLUS = about("η⁺", "factor η⁺", Interval(1.0, math.inf), "Lengthens a step after the same sign again.")
_STEP_MIN = about("Δmin", "smallest step", POSITIVE, "No step length becomes smaller.")
_STEP_MAX = about("Δmax", "largest step", POSITIVE, "No step length becomes larger.")


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


class MomentsAndProduct(NamedTuple):
    """m, v: running means of g and g²; product: of all β₁ so far; t: steps taken."""

    m: Array
    v: Array
    product: float
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
    """An average that began at 0, divided by the weight 1 − βᵗ that t ≥ 1 numbers have in it."""
    return average / (1 - beta**t)


def _hats(memory: Moments, beta1: float, beta2: float) -> tuple[Array, Array]:
    """(m̂, v̂)."""
    return _corrected(memory.m, beta1, memory.t), _corrected(memory.v, beta2, memory.t)


def _shown_hats(m: Array, v: Array, t: int, beta1: float, beta2: float) -> tuple[tuple[str, Any], ...]:
    """m̂ and v̂ for an inspector: before the first step they are the averages themselves."""
    return (("m̂", _corrected(m, beta1, t) if t else m), ("v̂", _corrected(v, beta2, t) if t else v))


@dataclass(frozen=True)
class Adagrad(GradientRule[Squares]):
    """Adagrad, diagonal, ε inside the root (Duchi, Hazan & Singer 2011, as written by [Ruder], with its defaults).

    v ← v + g²,  Δx = −η g / √(v + ε). PyTorch: √v + ε with ε = 1e-10.
    """

    name: ClassVar[str] = "adagrad"
    title: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = "v ← v + g²\nΔx = −η g / √(v + ε)"
    source: ClassVar[str] = "Duchi, Hazan & Singer 2011, diagonal, as in Ruder 2016"

    rate: float = field(default=0.01, metadata=RATE)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    epsilon_inside: bool = field(default=True, metadata=_EPSILON_INSIDE)

    @property
    def written(self) -> str:
        return self.formula if self.epsilon_inside else self.formula.replace("√(v + ε)", "(√v + ε)")

    def start(self, x: Array) -> Squares:
        return Squares(zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        v = memory.v + g * g
        return -self.rate * g / _rooted(v, self.epsilon, self.epsilon_inside), Squares(v)


@dataclass(frozen=True)
class Adadelta(GradientRule[SquaresAndSteps]):
    """Adadelta, ε inside both roots (Zeiler 2012, algorithm 1), with PyTorch's additional rate; PyTorch's defaults.

    v ← ρv + (1−ρ)g²,  δ = −g √(d + ε) / √(v + ε),  d ← ρd + (1−ρ)δ²,  Δx = ηδ. The paper has η = 1; its runs
    use ε = 1e-6.
    """

    name: ClassVar[str] = "adadelta"
    title: ClassVar[str] = "Adadelta"
    formula: ClassVar[str] = "v ← ρv + (1−ρ)g²,  δ = −g √(d + ε) / √(v + ε)\nd ← ρd + (1−ρ)δ²,  Δx = ηδ"
    source: ClassVar[str] = "Zeiler 2012, algorithm 1, with PyTorch's additional rate"

    rate: float = field(default=1.0, metadata=RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-6, metadata=_EPSILON)

    def start(self, x: Array) -> SquaresAndSteps:
        return SquaresAndSteps(zeros(x), zeros(x))

    def step(self, g: Array, x: Array, memory: SquaresAndSteps) -> tuple[Array, SquaresAndSteps]:
        v = _averaged(memory.v, g * g, self.rho)
        delta = -g * (memory.d + self.epsilon) ** 0.5 / (v + self.epsilon) ** 0.5
        return self.rate * delta, SquaresAndSteps(v, _averaged(memory.d, delta * delta, self.rho))


@dataclass(frozen=True)
class RMSprop(GradientRule[Squares]):
    """RMSprop with the new v and ε inside the root (Hinton 2012, lecture 6e, as written by [Ruder], its defaults).

    v ← ρv + (1−ρ)g²,  Δx = −η g / √(v + ε). PyTorch: √v + ε with ρ = 0.99, η = 0.01.
    """

    name: ClassVar[str] = "rmsprop"
    title: ClassVar[str] = "RMSprop"
    formula: ClassVar[str] = "v ← ρv + (1−ρ)g²\nΔx = −η g / √(v + ε)"
    source: ClassVar[str] = "Hinton 2012, lecture 6e, as in Ruder 2016"

    rate: float = field(default=1e-3, metadata=RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    epsilon_inside: bool = field(default=True, metadata=_EPSILON_INSIDE)

    @property
    def written(self) -> str:
        return self.formula if self.epsilon_inside else self.formula.replace("√(v + ε)", "(√v + ε)")

    def start(self, x: Array) -> Squares:
        return Squares(zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        v = _averaged(memory.v, g * g, self.rho)
        return -self.rate * g / _rooted(v, self.epsilon, self.epsilon_inside), Squares(v)


@dataclass(frozen=True)
class RMSpropAsPrinted(GradientRule[Squares]):
    """RMSprop as lecture slides print it: with the *old* v, which is 0 at the first step. A warning, not a method.

    Δx = −η g / √(v + ε),  then v ← ρv + (1−ρ)g². The first step is η g / √ε = 10⁵ η g with the slide's ε = 1e-10.
    """

    name: ClassVar[str] = "rmsprop-as-printed"
    title: ClassVar[str] = "RMSprop as printed (old v: the first step is enormous)"
    formula: ClassVar[str] = "Δx = −η g / √(v + ε), v still without g\nv ← ρv + (1−ρ)g²"
    source: ClassVar[str] = "as printed on lecture slides"
    warning: ClassVar[str] = (
        "A misprint, kept to show what it does: the old v is 0, so that the first step is η g / √ε."
    )

    rate: float = field(default=1e-3, metadata=RATE)
    rho: float = field(default=0.9, metadata=_RHO)
    epsilon: float = field(default=1e-10, metadata=_EPSILON)

    def start(self, x: Array) -> Squares:
        return Squares(zeros(x))

    def step(self, g: Array, x: Array, memory: Squares) -> tuple[Array, Squares]:
        delta = -self.rate * g / (memory.v + self.epsilon) ** 0.5
        return delta, Squares(_averaged(memory.v, g * g, self.rho))


@dataclass(frozen=True)
class Adam(GradientRule[Moments]):
    """Adam with bias correction, ε outside the root (Kingma & Ba 2015, algorithm 1, with its defaults).

    m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  m̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ),  Δx = −η m̂ / (√v̂ + ε).
    Without bias correction: m̂ = m, v̂ = v.
    """

    name: ClassVar[str] = "adam"
    title: ClassVar[str] = "Adam"
    formula: ClassVar[str] = (
        "m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²\nm̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ),  Δx = −η m̂ / (√v̂ + ε)"
    )
    source: ClassVar[str] = "Kingma & Ba 2015, algorithm 1"

    rate: float = field(default=1e-3, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    bias_correction: bool = field(default=True, metadata=_BIAS_CORRECTION)

    @property
    def written(self) -> str:
        if self.bias_correction:
            return self.formula
        return "m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²\nΔx = −η m / (√v + ε)"

    def start(self, x: Array) -> Moments:
        return Moments(zeros(x), zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        memory = _moments(g, memory, self.beta1, self.beta2)
        rate, epsilon = self.rate, self.epsilon
        if self.bias_correction:
            # η m̂ / (√v̂ + ε) with the corrections in its scalars: two divisions of arrays fewer.
            root = (1 - self.beta2**memory.t) ** 0.5
            rate, epsilon = rate * root / (1 - self.beta1**memory.t), epsilon * root
        return -rate * memory.m / (memory.v**0.5 + epsilon), memory

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        if not self.bias_correction:
            return super().entries(memory)
        return (*super().entries(memory), *_shown_hats(memory.m, memory.v, memory.t, self.beta1, self.beta2))


@dataclass(frozen=True)
class AdaMax(GradientRule[Moments]):
    """AdaMax (Kingma & Ba 2015, algorithm 2, with its defaults), with PyTorch's ε beside |g|.

    m ← β₁m + (1−β₁)g,  v ← max(β₂v, |g| + ε),  Δx = −η m / ((1−β₁ᵗ) v). The paper (its u is v here) has no ε, and
    gets 0/0 in a coordinate that the function does not depend on.
    """

    name: ClassVar[str] = "adamax"
    title: ClassVar[str] = "AdaMax"
    formula: ClassVar[str] = "m ← β₁m + (1−β₁)g,  v ← max(β₂v, |g| + ε)\nm̂ = m/(1−β₁ᵗ),  Δx = −η m̂ / v"
    source: ClassVar[str] = "Kingma & Ba 2015, algorithm 2, with PyTorch's ε"

    rate: float = field(default=2e-3, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)

    def start(self, x: Array) -> Moments:
        return Moments(zeros(x), zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        m, t = _averaged(memory.m, g, self.beta1), memory.t + 1
        v = (self.beta2 * memory.v).clip(abs(g) + self.epsilon)  # clip from below: the maximum, NaN kept
        return -self.rate * _corrected(m, self.beta1, t) / v, Moments(m, v, t)

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        m_hat = _corrected(memory.m, self.beta1, memory.t) if memory.t else memory.m
        return (*super().entries(memory), ("m̂", m_hat))


@dataclass(frozen=True)
class Nadam(GradientRule[MomentsAndProduct]):
    """Nadam in Ruder's form, Dozat's, or PyTorch's (Dozat 2016; [Ruder]; torch.optim.NAdam).

    m, v, v̂ as in Adam; μₜ is the β₁ of step t, Πₜ the product of all up to it.
    Δx = −η (μ′ m/(1−Π′) + (1−μₜ) g/(1−Πₜ)) / (√v̂ + ε) with, in [Ruder]: μ′ = μₜ = β₁, Π′ = Πₜ = β₁ᵗ;
    dozat: μ′ = μₜ = β₁, Π′ = β₁ᵗ⁺¹; pytorch: μₜ = β₁(1 − 0.5·0.96^(tψ)), μ′ = μₜ₊₁, Π′ = Πₜ₊₁ (Dozat's schedule).
    Defaults of Keras but for ε, here Adam's; PyTorch's rate is 2e-3.
    """

    name: ClassVar[str] = "nadam"
    title: ClassVar[str] = "Nadam"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nΔx = −η (β₁m̂ + (1−β₁)g/(1−β₁ᵗ)) / (√v̂ + ε)"
    source: ClassVar[str] = "Dozat 2016; the default in the form of Ruder 2016"

    rate: float = field(default=1e-3, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    form: str = field(default="ruder", metadata=_FORM)
    momentum_decay: float = field(default=4e-3, metadata=_MOMENTUM_DECAY)

    @property
    def written(self) -> str:
        if self.form == "ruder":
            return self.formula
        if self.form == "dozat":
            return "m, v, v̂ as in Adam\nΔx = −η (β₁m/(1−β₁ᵗ⁺¹) + (1−β₁)g/(1−β₁ᵗ)) / (√v̂ + ε)"
        return "μ = β₁(1 − 0.5·0.96^(tψ)), Π its product\nΔx = −η (μ₊m/(1−Π₊) + (1−μ)g/(1−Π)) / (√v̂ + ε)"

    def start(self, x: Array) -> MomentsAndProduct:
        return MomentsAndProduct(zeros(x), zeros(x), 1.0, 0)

    def step(self, g: Array, x: Array, memory: MomentsAndProduct) -> tuple[Array, MomentsAndProduct]:
        m, v, t = _moments(g, Moments(memory.m, memory.v, memory.t), self.beta1, self.beta2)
        now = ahead = self.beta1
        if self.form == "pytorch":
            now = self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))
            ahead = self.beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * self.momentum_decay))
            product = memory.product * now
        else:
            product = self.beta1**t
        following = product if self.form == "ruder" else product * ahead
        direction = ahead * m / (1 - following) + (1 - now) * g / (1 - product)
        delta = -self.rate * direction / (_corrected(v, self.beta2, t) ** 0.5 + self.epsilon)
        return delta, MomentsAndProduct(m, v, product, t)

    def entries(self, memory: MomentsAndProduct) -> tuple[tuple[str, Any], ...]:
        m, v, product, t = memory
        shown: tuple[tuple[str, Any], ...] = (("m", m), ("v", v), ("t", t))
        if self.form == "pytorch":
            shown = (*shown, ("Π", product if t else 0.0))
        return (*shown, *_shown_hats(m, v, t, self.beta1, self.beta2))


@dataclass(frozen=True)
class AMSGrad(GradientRule[MomentsAndMaximum]):
    """AMSGrad with bias correction, the maximum taken after it (Reddi, Kale & Kumar 2018, on Adam's defaults).

    m, v, m̂, v̂ as in Adam,  v_max ← max(v_max, v̂),  Δx = −η m̂ / (√v_max + ε). The paper corrects nothing;
    PyTorch takes the maximum of v and corrects it afterwards (`correct_first` off).
    """

    name: ClassVar[str] = "amsgrad"
    title: ClassVar[str] = "AMSGrad (maximum after bias correction)"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nv_max ← max(v_max, v̂),  Δx = −η m̂ / (√v_max + ε)"
    source: ClassVar[str] = "Reddi, Kale & Kumar 2018, with Adam's bias correction"

    rate: float = field(default=1e-3, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    correct_first: bool = field(default=True, metadata=_CORRECT_FIRST)

    @property
    def written(self) -> str:
        if self.correct_first:
            return self.formula
        return "m, v, m̂ as in Adam\nv_max ← max(v_max, v),  Δx = −η m̂ / (√(v_max/(1−β₂ᵗ)) + ε)"

    def start(self, x: Array) -> MomentsAndMaximum:
        return MomentsAndMaximum(zeros(x), zeros(x), zeros(x), 0)

    def step(self, g: Array, x: Array, memory: MomentsAndMaximum) -> tuple[Array, MomentsAndMaximum]:
        m, v, t = _moments(g, Moments(memory.m, memory.v, memory.t), self.beta1, self.beta2)
        v_max = memory.v_max.clip(_corrected(v, self.beta2, t) if self.correct_first else v)
        used = v_max if self.correct_first else _corrected(v_max, self.beta2, t)
        delta = -self.rate * _corrected(m, self.beta1, t) / (used**0.5 + self.epsilon)
        return delta, MomentsAndMaximum(m, v, v_max, t)

    def entries(self, memory: MomentsAndMaximum) -> tuple[tuple[str, Any], ...]:
        return (*super().entries(memory), *_shown_hats(memory.m, memory.v, memory.t, self.beta1, self.beta2))


@dataclass(frozen=True)
class AdamW(GradientRule[Moments]):
    """AdamW: Adam with decoupled weight decay, scaled by the rate (Loshchilov & Hutter 2019; PyTorch's form and λ).

    m, v, m̂, v̂ as in Adam,  Δx = −η (m̂ / (√v̂ + ε) + λx). In the paper λ is multiplied by a schedule, not by η.
    """

    name: ClassVar[str] = "adamw"
    title: ClassVar[str] = "AdamW (decay scaled by the rate)"
    formula: ClassVar[str] = "m, v, m̂, v̂ as in Adam\nΔx = −η (m̂ / (√v̂ + ε) + λx)"
    source: ClassVar[str] = "Loshchilov & Hutter 2019 in PyTorch's form"

    rate: float = field(default=1e-3, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.999, metadata=_BETA2)
    epsilon: float = field(default=1e-8, metadata=_EPSILON)
    weight_decay: float = field(default=0.01, metadata=_WEIGHT_DECAY)

    def start(self, x: Array) -> Moments:
        return Moments(zeros(x), zeros(x), 0)

    def step(self, g: Array, x: Array, memory: Moments) -> tuple[Array, Moments]:
        memory = _moments(g, memory, self.beta1, self.beta2)
        m_hat, v_hat = _hats(memory, self.beta1, self.beta2)
        return -self.rate * (m_hat / (v_hat**0.5 + self.epsilon) + self.weight_decay * x), memory

    def entries(self, memory: Moments) -> tuple[tuple[str, Any], ...]:
        return (*super().entries(memory), *_shown_hats(memory.m, memory.v, memory.t, self.beta1, self.beta2))


@dataclass(frozen=True)
class Rprop(GradientRule[Lengths]):
    """Rprop without backtracking, iRprop⁻ (Igel & Hüsken 2003; Riedmiller & Braun 1993), as PyTorch, its defaults.

    s = sign(g)·(last sign); length ← length·η⁺ where s > 0, ·η⁻ where s < 0, kept within [Δmin, Δmax];
    where s < 0 the coordinate rests one step and its sign is forgotten;  Δx = −length·sign(g).
    """

    name: ClassVar[str] = "rprop"
    title: ClassVar[str] = "Rprop (iRprop⁻, signs only)"
    formula: ClassVar[str] = "ℓ ← ℓ·η⁺ if the sign stayed, ℓ·η⁻ if it changed (then rest)\nΔx = −ℓ sign(g)"
    source: ClassVar[str] = "Igel & Hüsken 2003 (iRprop⁻), as torch.optim.Rprop"

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
        return Lengths(zeros(x) + self.rate, zeros(x))

    def step(self, g: Array, x: Array, memory: Lengths) -> tuple[Array, Lengths]:
        sign = _sign(g)
        same = sign * memory.sign
        factor = (same > 0) * self.eta_plus + (same < 0) * self.eta_minus + (same == 0) * 1.0
        length = (memory.length * factor).clip(self.step_min, self.step_max)
        sign = sign * (same >= 0) + zeros(sign)  # + 0 turns a resting coordinate's −0 into 0
        return -length * sign, Lengths(length, sign)


@dataclass(frozen=True)
class Lion(GradientRule[Velocity]):
    """Lion, evolved sign momentum (Chen et al. 2023, algorithm 2); rate and λ of the authors' implementation.

    c = β₁m + (1−β₁)g,  Δx = −η (sign(c) + λx),  m ← β₂m + (1−β₂)g. Every coordinate moves by η, whatever g is.
    """

    name: ClassVar[str] = "lion"
    title: ClassVar[str] = "Lion (sign of interpolated momentum)"
    formula: ClassVar[str] = "Δx = −η (sign(β₁m + (1−β₁)g) + λx)\nm ← β₂m + (1−β₂)g"
    source: ClassVar[str] = "Chen et al. 2023, algorithm 2"

    rate: float = field(default=1e-4, metadata=RATE)
    beta1: float = field(default=0.9, metadata=_BETA1)
    beta2: float = field(default=0.99, metadata=_BETA2)
    weight_decay: float = field(default=0.0, metadata=_WEIGHT_DECAY)

    def start(self, x: Array) -> Velocity:
        return Velocity(zeros(x))

    def step(self, g: Array, x: Array, memory: Velocity) -> tuple[Array, Velocity]:
        direction = _sign(_averaged(memory.m, g, self.beta1))
        return -self.rate * (direction + self.weight_decay * x), Velocity(_averaged(memory.m, g, self.beta2))
