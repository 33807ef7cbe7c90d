"""Families of functions that grow with n, each a Program: what the swell of a derivative is measured on.

The texts are templates of ours with a number in them; a family made of a person's own function is made from its
Program, never from its text.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer.language.parser import parse
from explorer.language.program import Assign, Call, ExplorerError, Function, Name, Program, Return


@dataclass(frozen=True)
class Family:
    """A family: its words, the largest n that is offered, and its program for n (from the person's
    own and the input by which, if it needs them).

    by_one: the derivative is by the one input `by` alone; else by all of them, the gradient.
    """

    words: str
    largest: int
    program: Callable[[int, Program, str], Program]
    by_one: bool = False
    own: bool = False


def composed(n: int, own: Program, by: str) -> Program:
    """f∘…∘f, n times, in the input `by`; the other inputs are parameters. ExplorerError for several outputs."""
    if len(own.outputs) != 1 or not own.inputs:
        raise ExplorerError(
            "Only a function with one output, and an input, can be composed with itself.", kind="domain"
        )
    name = "composed"
    while name in {function.name for function in own.functions}:
        name += "_"
    again = Assign(by, Call(own.main.name, tuple(Name(input_) for input_ in own.inputs)))
    main = Function(name, own.inputs, (*itertools.repeat(again, n), Return((Name(by),))))
    return replace(own, functions=(*own.functions, main))


def logistic(n: int, own: Program, by: str) -> Program:
    """l₁ = x, l(n+1) = 4·l(n)·(1 − l(n)) (Baydin et al. 2018, Table 1)."""
    return parse(f"def l(x):\n    for k in range({n - 1}):\n        x = 4*x*(1 - x)\n    return x")


def sines(n: int, own: Program, by: str) -> Program:
    """sin∘…∘sin, n times (Laue 2019)."""
    return parse(f"def f(x):\n    for k in range({n}):\n        x = sin(x)\n    return x")


def product(n: int, own: Program, by: str) -> Program:
    """x1·x2·…·xn, Speelpenning's product."""
    return parse("*".join(f"x{k}" for k in range(1, n + 1)))


def determinant(n: int, own: Program, by: str) -> Program:
    """The determinant of an n × n matrix of inputs by Laplace's expansion, each minor computed once."""
    lines = []
    names = {frozenset({column}): f"a{n}_{column}" for column in range(1, n + 1)}
    for size in range(2, n + 1):
        row = n - size + 1
        below: dict[frozenset[int], str] = {}
        for columns in itertools.combinations(range(1, n + 1), size):
            terms = [
                f"{'-' if place % 2 else '+'}a{row}_{column}*{names[frozenset(columns) - {column}]}"
                for place, column in enumerate(columns)
            ]
            below[frozenset(columns)] = f"m{row}_{'_'.join(map(str, columns))}"
            lines.append(f"    {below[frozenset(columns)]} = {' '.join(terms).removeprefix('+')}")
        names = below
    inputs = ", ".join(f"a{row}_{column}" for row in range(1, n + 1) for column in range(1, n + 1))
    (last,) = names.values()
    return parse("\n".join([f"def det({inputs}):", *lines, f"    return {last}"]))


def network(n: int, own: Program, by: str) -> Program:
    """A network of n layers of two tanh neurons on fixed data; its weights are the inputs, four a layer."""
    inputs = [f"w{layer}_{place}" for layer in range(1, n + 1) for place in range(1, 5)]
    lines = ["    g1 = 0.5", "    g2 = -0.3"]
    for layer in range(1, n + 1):
        lines += [
            f"    h1 = tanh(w{layer}_1*g1 + w{layer}_2*g2)",
            f"    h2 = tanh(w{layer}_3*g1 + w{layer}_4*g2)",
            "    g1 = h1",
            "    g2 = h2",
        ]
    return parse("\n".join([f"def net({', '.join(inputs)}):", *lines, "    return g1 + g2"]))


def itself(n: int, own: Program, by: str) -> Program:
    """The person's function as it is: its n-th derivative is the derivative of the one before."""
    return own


NTH = "derivatives"
FAMILIES = {
    "composed": Family("your f composed with itself", 40, composed, by_one=True, own=True),
    NTH: Family("n-th derivative of your f", 20, itself, by_one=True, own=True),
    "logistic": Family("logistic map", 60, logistic),
    "sines": Family("nested sines", 100, sines),
    "product": Family("product of n inputs", 60, product),
    "determinant": Family("determinant, n × n", 7, determinant),
    "network": Family("deep network, n layers", 12, network),
}
