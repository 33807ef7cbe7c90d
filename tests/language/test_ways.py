"""One formula in a thousand ways of writing: spaces, unicode, implicit products, brackets; always the same Program."""

import random
from typing import NamedTuple

import pytest

from explorer.language.parser import parse

# How strongly a writing holds together. OPEN: a function without brackets, to which nothing may be joined.
SUM, PRODUCT, OPEN, POWER, ATOM = range(5)
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
GREEK = {"theta": "θ", "lambda": "λ", "pi": "π"}
WORDS = {"ln": ["ln", "log"], "arctan": ["arctan", "atan"], "sin": ["sin"], "exp": ["exp"], "tanh": ["tanh"]}
NAMES = ("x", "y", "x1", "theta", "lambda", "w2")

# A tree: a number, a name, or (operator, operands): + - * / ^ neg, abs, sqrt, or a function of WORDS.
WORKED = ("-", ("+", ("ln", "x1"), ("*", "x1", "y")), ("sin", "y"))
RICH = (
    "+",
    ("-", ("/", ("*", ("*", "2", "pi"), ("^", "x1", "2")), ("sqrt", ("+", "1", ("^", "y", "2")))), ("abs", "x")),
    ("*", ("*", "3", ("^", ("sin", "theta"), "2")), ("*", ("exp", ("neg", ("*", "lambda", "x"))), ("-", "1", "x"))),
)  # fmt: skip


class Writing(NamedTuple):
    text: str
    strength: int


class Writer:
    """Writes a tree in one of its many ways."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *ways):
        return self.random.choice(ways)

    def held(self, part: Writing, least: int) -> str:
        needed = part.strength < least
        if not needed and self.random.random() > 0.08:
            return part.text
        inside = f"{self.space()}{part.text}{self.space()}"
        return f"({inside})"

    def space(self) -> str:
        return self.one_of("", "", "", " ", "  ", "\u00a0", "\t")

    def joined(self, *pieces: str) -> str:
        return "".join(piece + self.space() for piece in pieces[:-1]) + pieces[-1]

    def write(self, tree) -> Writing:
        if isinstance(tree, str):
            return self.leaf(tree)
        operator, *operands = tree
        parts = [self.write(o) for o in operands]
        if operator in ("+", "-"):
            sign = "+" if operator == "+" else self.one_of("-", "−", "–")
            return Writing(self.joined(self.held(parts[0], SUM), sign, self.held(parts[1], PRODUCT)), SUM)
        if operator == "neg":
            return Writing(self.joined(self.one_of("-", "−"), self.held(parts[0], OPEN)), SUM)
        if operator == "*":
            return self.product(parts)
        if operator == "/":
            sign = self.one_of("/", "÷", "∕")
            return Writing(self.joined(self.held(parts[0], PRODUCT), sign, self.held(parts[1], OPEN)), PRODUCT)
        if operator == "^":
            return self.power(operands[0], parts, operands[1])
        if operator == "abs":
            inside = parts[0].text
            return Writing(self.one_of(f"abs({inside})", *([f"|{inside}|"] if "|" not in inside else [])), ATOM)
        if operator == "sqrt":
            if parts[0].strength == ATOM and self.random.random() < 0.5:
                return Writing(f"√{self.space()}{parts[0].text}", OPEN)
            return Writing(self.one_of(f"sqrt({parts[0].text})", f"√({parts[0].text})"), OPEN)
        name = self.one_of(*WORDS[operator])
        if parts[0].strength == ATOM and not parts[0].text.startswith(("(", "|", "√")) and self.random.random() < 0.4:
            return Writing(f"{name} {parts[0].text}", OPEN)
        return Writing(f"{name}({self.space()}{parts[0].text}{self.space()})", ATOM)

    def leaf(self, tree: str) -> Writing:
        text = GREEK[tree] if tree in GREEK and self.random.random() < 0.6 else tree
        if text[-1].isdigit() and not text.isdigit():
            text = self.one_of(text, text[:-1] + text[-1].translate(SUBSCRIPTS))
        return Writing(text, ATOM)

    def product(self, parts: list[Writing]) -> Writing:
        left, right = self.held(parts[0], PRODUCT), self.held(parts[1], OPEN)
        if self.random.random() < 0.5 and self.may_join(left, right, parts[0]):
            between = self.one_of(" ", "  ") if left[-1].isalnum() and right[0].isalpha() else self.space()
            if left[-1].isdigit() and left.isdigit() and right[0].isalpha():
                between = self.space()
            return Writing(left + between + right, PRODUCT)
        return Writing(self.joined(left, self.one_of("*", "·", "×", "⋅", "∗"), right), PRODUCT)

    def may_join(self, left: str, right: str, written: Writing) -> bool:
        """Whether the two read as a product without a sign between them."""
        if written.strength == OPEN or right[0].isdigit() or right[0] in "-−|√":
            return False
        if right.startswith("(") and left.endswith(tuple(GREEK)):
            return False  # theta(…) could be a function
        open_inside = any(f"{word} " in left or "√" in left for names in WORDS.values() for word in names)
        return not open_inside and "/" not in left and "÷" not in left and "∕" not in left and "|" not in left

    def power(self, base_tree, parts: list[Writing], exponent: str) -> Writing:
        function = isinstance(base_tree, tuple) and base_tree[0] in WORDS
        ways = [self.one_of("^", "**") + self.space() + exponent, exponent.translate(SUPERSCRIPTS)]
        if function and self.random.random() < 0.5:  # sin²(x)
            inside = self.write(base_tree[1]).text
            name = self.one_of(*WORDS[base_tree[0]])
            return Writing(f"{name}{self.one_of('^' + exponent, ways[1])}({inside})", POWER)
        return Writing(self.held(parts[0], ATOM) + self.one_of(*ways), POWER)


def random_tree(source: random.Random, depth: int):
    if depth == 0 or source.random() < 0.2:
        return source.choice(["2", "3", "10", *NAMES, "pi"])
    operator = source.choice(["+", "-", "*", "*", "/", "^", "neg", "abs", "sqrt", *WORDS])
    if operator == "^":
        return ("^", random_tree(source, depth - 1), source.choice(["2", "3", "12"]))
    count = 2 if operator in "+-*/" else 1
    return (operator, *(random_tree(source, depth - 1) for _ in range(count)))


def plainly(tree) -> str:
    """The tree with a bracket around everything and every product written: the writing that cannot be misread."""
    if isinstance(tree, str):
        return tree
    operator, *operands = tree
    parts = [plainly(o) for o in operands]
    if operator == "neg":
        return f"(-{parts[0]})"
    return f"({operator.join(parts)})" if operator in "+-*/^" else f"{operator}({parts[0]})"


@pytest.mark.parametrize("tree", [WORKED, RICH], ids=["worked", "rich"])
def test_a_formula_in_a_thousand_ways_of_writing_is_one_program(tree):
    meant = parse(plainly(tree))
    writings = {Writer(seed).write(tree).text for seed in range(1_300 if tree is RICH else 1_000)}
    assert len(writings) >= (1_000 if tree is RICH else 300)
    for text in sorted(writings):
        assert parse(text) == meant, text


def test_random_formulas_mean_the_same_in_each_way_of_writing():
    source = random.Random(3)
    for number in range(60):
        tree = random_tree(source, 4)
        meant = parse(plainly(tree))
        for seed in range(10):
            text = Writer(1000 * number + seed).write(tree).text
            assert parse(text) == meant, (plainly(tree), text)
