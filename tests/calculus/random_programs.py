"""Random programs, the same for every run: formulas and algorithms with branches, loops, shared names and constants."""

from __future__ import annotations

import random

SAFE = ("sin({})", "cos({})", "tanh({})", "atan({})", "exp(-({})^2)", "sigmoid({})", "asinh({})", "softplus({})")
EDGED = ("ln({})", "sqrt({})", "1/({})", "asin({})", "({})^(-2)", "({})^1.5", "log1p({})", "exp(5*({}))", "cbrt({})")
CORNERED = ("abs({})", "relu({})", "max({}, {})", "min({}, {})", "floor({})", "sign({})", "hypot({}, {})", "({})^({})")
PLAIN = (
    "({}) + ({})",
    "({}) - ({})",
    "({})*({})",
    "({})*({})",
    "({}) + ({})",
    "({})/(1 + ({})^2)",
    "-({})",
    "({})^2",
    "({})^3",
)


def random_program(seed: int, functions: tuple[str, ...] = (*PLAIN, *PLAIN, *SAFE, *EDGED, *CORNERED)) -> str:
    """A program of two inputs x and y, with up to a few dozen operations."""
    luck = random.Random(seed)
    names = ["x", "y"]

    def expression(depth: int) -> str:
        if depth == 0 or luck.random() < 0.15:
            return luck.choice([*names, *names, f"{luck.uniform(-2, 2):.3g}", "0.5", "2"])
        template = luck.choice(functions)
        return template.format(*(expression(depth - 1) for _ in range(template.count("{}"))))

    if luck.random() < 0.5:
        lines = []
        for place in range(luck.randrange(3)):
            lines.append(f"a{place} = {expression(2)}")
            names.append(f"a{place}")
        return "\n".join([*lines, expression(3)])
    lines = ["def f(x, y):"]
    for place in range(luck.randrange(1, 4)):
        name = f"a{place}"
        kind = luck.randrange(4)
        if kind == 0:
            lines += [f"    {name} = {expression(2)}", f"    for i in range({luck.randrange(1, 5)}):"]
            lines += [f"        {name} = 0.5*{name} + ({expression(2)})"]
        elif kind == 1:
            lines += [f"    if {expression(1)} < {expression(1)}:", f"        {name} = {expression(2)}"]
            lines += ["    else:", f"        {name} = {expression(2)}"]
        elif kind == 2:
            lines += [
                f"    {name} = {expression(1)} if {expression(1)} > 0 and {expression(1)} < 1 else {expression(2)}"
            ]
        else:
            lines += [f"    {name} = {expression(2)}"]
        names.append(name)
    lines.append(f"    return {expression(2)}")
    return "\n".join(line.replace("^", "**") for line in lines) + "\n"
