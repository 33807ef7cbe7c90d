"""The reader of algorithms: what it reads, what it refuses and where, and that nothing else ever comes out of it."""

import math
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.calculus.evaluate import values
from explorer.calculus.sweeps import reverse_jacobian
from explorer.calculus.tape import record
from explorer.language.algorithm import MAX_DEPTH, is_algorithm, read_algorithm, statements
from explorer.language.parser import parse
from explorer.language.preview import preview
from explorer.language.program import (
    NOWHERE,
    Apply,
    Assign,
    AssignSeveral,
    Choose,
    Collect,
    Compare,
    Constant,
    ExplorerError,
    For,
    If,
    Limits,
    ListOf,
    Logic,
    Name,
    Range,
    Return,
    Span,
    While,
)
from explorer.language.python_tree import MAX_BRACKETS
from tests.benchmarks.reading import ALGORITHM, FORMULA, ratio
from tests.language.algorithms import ALGORITHMS

ROOT = Path(__file__).parents[2]


def body(lines: str) -> str:
    """A function f(x) around statements written without indentation."""
    return "def f(x):\n" + "".join(f"    {line}\n" for line in lines.split("\n"))


def refusal(text: str) -> ExplorerError:
    with pytest.raises(ExplorerError) as caught:
        parse(text)
    return caught.value


def marked(text: str) -> tuple[str, Span]:
    """A text without its « », and the span between them."""
    places = []
    for mark in "«»":
        before = text[: text.index(mark)]
        text = text.replace(mark, "", 1)
        places += [before.count("\n") + 1, len(before) - (before.rfind("\n") + 1)]
    return text, Span(*places)


# -- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_each_algorithm_is_read_by_the_one_entry_for_text(algorithm):
    program = parse(algorithm.text)
    assert program.source == algorithm.text
    assert all(len(point) == len(program.inputs) for point in algorithm.points)
    assert program == read_algorithm(algorithm.text)
    assert program.main.name not in {f.name for f in program.functions[:-1]}


def test_a_text_is_an_algorithm_where_a_line_begins_with_def():
    assert is_algorithm("def f(x):\n    return x")
    assert is_algorithm("import math\n\ndef f(x): return x")
    assert is_algorithm("# Heron\n@cached\ndef f(x): return x")
    assert not is_algorithm("defect = 3\n2*defect")
    assert not is_algorithm("f(x) = x^2")


def test_statements_become_the_programs_own():
    program = parse(
        body("a, b = x, 2\nif 0 < x <= a:\n    a = -b\nfor i in range(3):\n    a = [x for i in [b]][0]\nreturn a")
    )
    x, a, b = Name("x"), Name("a"), Name("b")
    zero, one, two, three = (Constant(float(n), str(n)) for n in range(4))
    several, branch, loop, last = program.main.body
    assert several == AssignSeveral(("a", "b"), ListOf((x, two)))
    condition = Logic("and", (Compare("<", zero, x), Compare("<=", x, a)))
    assert branch == If(condition, (Assign("a", Apply("neg", (b,))),), ())
    assert isinstance(loop, For)
    assert loop.items == Range(zero, three, one)
    assert last == Return((a,))
    assert Collect(x, "i", ListOf((b,))) == loop.body[0].value.items


def test_elif_is_an_if_in_the_else_and_a_while_has_its_condition():
    program = parse(body("if x > 1:\n    x = 1\nelif x > 2:\n    x = 2\nwhile x < 3:\n    x += 1\nreturn x"))
    first, loop, _ = program.main.body
    assert isinstance(first.otherwise[0], If)
    assert isinstance(loop, While)
    assert loop.body == (Assign("x", Apply("add", (Name("x"), Constant(1.0, "1")))),)


def test_where_and_conditional_expressions_are_the_same_choice():
    one = parse(body("return 1 if x > 0 else 2"))
    other = parse(body("return where(x > 0, 1, 2)"))
    assert one == other
    assert isinstance(one.main.body[0].values[0], Choose)


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        (body("return x*2"), ("f",)),
        (body("y = x\nreturn y"), ("y",)),
        (body("return x"), ("f",)),
        (body("if x > 0:\n    y = x\n    return y\nz = x\nreturn z"), ("f",)),
        (body("a = x\nb = x\nreturn a, b"), ("a", "b")),
        (body("a = x\nreturn a, a"), ("y1", "y2")),
        ("def f(y1):\n    return y1, 2", ("f1", "f2")),
        ("def f(y1, f1):\n    return y1, 2", ("output1", "output2")),
        ("def f(y1, f1, output1):\n    return y1, 2", ("output_1", "output_2")),
    ],
)
def test_outputs_have_names_that_no_input_has(text, outputs):
    program = parse(text)
    assert program.outputs == outputs
    assert not set(outputs) & set(program.inputs)


def test_the_function_that_no_other_calls_is_differentiated_and_of_several_the_last_with_a_note():
    program = parse("def f(x):\n    return g(x)\n\ndef g(x):\n    return x if x < 1 else g(x - 1)")
    assert (program.main.name, program.notes) == ("f", ())
    program = parse("def f(x):\n    return x\n\ndef g(x):\n    return 2*x")
    assert program.main.name == "g"
    assert program.notes[0].message == "g is differentiated, the last function that no other calls"
    assert program.notes[0].span == Span(4, 0, 4, 9)
    # All call each other: the last.
    program = parse("def f(x):\n    return g(x)\n\ndef g(x):\n    return f(x)")
    assert program.main.name == "g"


def test_tabs_and_old_line_ends_are_read_and_places_are_those_of_the_text_as_written():
    text = "def f(x):\n\tif x > 0:\n\t    y = x\t* sin(x)\n\t\ty = y + 1\n\treturn\ty"
    program = parse(text)
    assert program.source == text
    _, sine, times, *_ = record(program, [1.0]).ops
    assert (sine.span, times.span) == (Span(3, 13, 3, 19), Span(3, 9, 3, 19))
    assert refusal("def f(x):\n\treturn\tx + foo").span == Span(2, 12, 2, 15)
    assert refusal("def f(x):\n\treturn\tx + ?").span.column == 12
    for end in ("\r\n", "\r"):
        assert parse(text.replace("\n", end)) == program
        assert record(parse(text.replace("\n", end)), [1.0]).ops[1].span == sine.span
    # Whoever looks a place up in the program's text finds its line there.
    assert parse('def f(x):\r    """a\rb"""\r\n    return x').source == 'def f(x):\n    """a\nb"""\r\n    return x'


def test_a_long_chain_is_one_level():
    program = parse(body("return " + " + ".join(["x"] * 1_000)))
    assert values(program, [2.0]) == (2_000.0,)


def test_names_of_elementary_functions_may_be_names_of_values_and_of_own_functions():
    assert values(parse("def f(x, max):\n    log = x + max\n    return log"), [1.0, 2.0]) == (3.0,)
    assert values(parse("def relu(t):\n    return 7*t\n\ndef f(x):\n    return relu(x)"), [1.0]) == (7.0,)
    said = refusal(body("sin = x\nreturn sin(x)"))
    assert said.message == "“sin” is a value in f, and no function that can be called."


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, str]] = [
    # statements
    (body("«import os»\nreturn x"), "may be imported, and need not be"),
    ("«import os»\n\ndef f(x):\n    return x", "may be imported, and need not be"),
    ("«from os import system»\n\ndef f(x):\n    return x", "may be imported, and need not be"),
    ("«import math as m»\n\ndef f(x):\n    return x", "may be imported, and need not be"),
    ("«class A:\n    pass»\n\ndef f(x):\n    return x", "Classes are not read: write functions"),
    ("«async def f(x):\n    return x»", "async is not read: write def"),
    ("def f(x):\n    return x\n\n«print(f(2))»", "Outside of functions nothing is computed: leave this out"),
    ("def f(x):\n    return x\n\n«a = f(3)»", "Outside of functions nothing is computed: put this line into a def"),
    ("def f(x):\n    return x\n\na = «open»('a')", "Unknown function “open”"),
    ("a = «'b'»\ndef f(x):\n    return x", "Texts are not read"),
    ("a = «b»\nb = 2\ndef f(x):\n    return x", "“b” is not known"),
    ("a = 1\n«a = 2»\ndef f(x):\n    return a*x", "given a value twice outside of functions"),
    ("a = 1\nb = [a]\n«def f(x):»\n    a = x\n    return a*b[0]", "another one outside"),
    ("«f = 2»\ndef f(x):\n    return x", "“f” is a function here"),
    ("a = [1, 2]\ndef f(x):\n    «a»[0] = x\n    return a[0]", "take list(a)"),
    ("a = [1, 2]\ndef f(x):\n    «a».append(x)\n    return a[0]", "take list(a)"),
    ("def f(x):\n    return x\n\n«with f: pass»", "with is not read"),
    ("@«cache»\ndef f(x):\n    return x", "Decorators"),
    (body("«global y»\nreturn x"), "pass the value as an argument"),
    (body("«del x»\nreturn x"), "del is not read"),
    (body("«raise x»\nreturn x"), "return a value for this case too"),
    (body("«assert x > 0»\nreturn x"), "leave it out"),
    (body("«try:\n    y = x\nexcept ValueError:\n    y = 1»\nreturn y"), "write an if for the case that fails"),
    (body("«match x:\n    case 1:\n        y = 2»\nreturn y"), "write if and elif"),
    (body("«with x as y:\n    pass»\nreturn x"), "only computes"),
    (body("«print(x)»\nreturn x"), "return the value to see it"),
    (body("«x + 1»\nreturn x"), "write name = …"),
    (body("«yield x»\nreturn x"), "return the values together"),
    (body("«y: float»\nreturn x"), "A type alone gives no value"),
    (body("«break»\nreturn x"), "break stands inside of a loop only"),
    (body("if x > 0:\n    «continue»\nreturn x"), "continue stands inside of a loop only"),
    (body("«for i in range(3):\n    x += 1\nelse:\n    x = 2»\nreturn x"), "use an if behind the loop"),
    (body("«def g(t):»\n    return t\nreturn g(x)"), "put it before this one"),
    (body("«return»"), "return needs a value"),
    (body("«return x,»"), "leave it out"),
    ("«def f(x):»\n    y = x", "f has no return"),
    ("«def f(x):»\n    '''only words'''", "f has no return"),
    # parameters and names
    ("«def f(x, *y):»\n    return x", "Parameters are plain names"),
    ("def f(x, k=«[2]»):\n    return x", "A default value is a number here"),
    ("def f(x, k=«None»):\n    return x", "Only real numbers"),
    ("«def f(x, k=2):»\n    return x if k == 0 else f(x*x, k - 1)", "f calls itself"),
    ("«def f(x, /, y):»\n    return x", "Parameters are plain names"),
    ("«def f(x, x):»\n    return x", "twice"),
    ("def g(x):\n    return x\n\n«def g(x):»\n    return x", "defined twice"),
    ("«def pi(x):»\n    return x", "known already"),
    ("def g(x):\n    return x\n\ndef f(«g»):\n    return g", "“g” is a function here"),
    (body("«f» = x\nreturn f"), "“f” is a function here"),
    ("def f(g, x):\n    return «g»(x)", "nothing says which function it is"),
    (
        "def g(f, n):\n    return f(n) if n < 1 else «g(f, n - 1)»\ndef h(x):\n    return g(lambda t: t*x, 3)",
        "too often",
    ),
    (body("y = x\nreturn «y»(x)"), "“y” is a value in f, and no function"),
    ("".join(f"a{k} = 1\n" for k in range(100)) + "«a100 = 1»\ndef f(x):\n    return x", "At most 100 values"),
    (
        "def g(f, x):\n" + "    x = f(x) + 1\n" * 400 + "    return x\ndef h(x):\n    return g(sin, «g(cos, x)»)",
        "too often",
    ),
    (body("a = [x]\nreturn len(a[len(a[len(«a[1:]»):]):])"), "parts of lists"),
    (body("return «y»"), "“y” is not known in f. Give it a value first"),
    (body("value = x\nreturn «vaule»"), "Did you mean value?"),
    (body("a = [i for i in [x]]\nreturn «i»"), "“i” is not known in f"),
    (body("a = [i for i in [«i»]]\nreturn x"), "“i” is not known in f"),
    (body("return «sin»"), "sin is a function: write sin(…)"),
    (body("return «f»"), "f is a function: write f(…)"),
    (body("«a__b» = x\nreturn x"), "two underscores"),
    (body(f"«{'a' * 40}» = x\nreturn x"), "at most 32 letters"),
    (body("«ы» = x\nreturn x"), "not"),
    (body("return ｘ".replace("ｘ", "«ｘ»")), "is not read in an algorithm"),
    # expressions
    (body("return «lambda t: t»"), "with def instead of lambda"),
    (body("return «{1: x}»"), "Dictionaries"),
    (body("return «{1, 2}»"), "Sets"),
    (body("return «{i for i in [x]}»"), "Sets"),
    (body("return «'x'»"), "Texts are not read"),
    (body("return «f'{x}'»"), "Texts are not read"),
    (body("return «2j»"), "Only real numbers"),
    (body("return «None»"), "Only real numbers"),
    (body("return x + «True»"), "write 1.0 or 0.0"),
    (body("return «True»"), "write 1.0 or 0.0"),
    (body("return «x.real»"), "Methods and attributes"),
    (body("return «().__class__»"), "Methods and attributes"),
    (body("return «x.append»(2)"), "Methods and attributes"),
    (body("return «(x := 2)»".replace("«(", "(«").replace(")»", "»)")), "assign on a line of its own"),
    (body("a = [x]\na[«0:1»] = [2]\nreturn x"), "assigned one by one"),
    (body("return «[x, 1][0:1]»"), "of a list with a name"),
    (body("a = [x]\nreturn «a[2:0:-1]»[0]"), "Steps of a part"),
    (body("return [«*x»]"), "* before a value"),
    (body("return f(«*x»)"), "* before a value"),
    (body("return «x > 0»"), "write 1.0 if … else 0.0"),
    (body("return «not x»"), "write 1.0 if … else 0.0"),
    (body("return «x @ x»"), "write dot(a, b)"),
    (body("return «x & 1»"), "Bits are not read"),
    (body("return «x^2»"), "A power is written **"),
    (body("if «x = 0»:\n return 1\nreturn x"), "To compare, write =="),
    (body("return «~x»"), "not part of the language"),
    (body("if «[x]»:\n    x = 1\nreturn x"), "A condition is needed here"),
    (body("while «-x»:\n    x = 1\nreturn x"), "A condition is needed here"),
    (body("if «x in x»:\n    x = 1\nreturn x"), "“in” and “is” are not read"),
    (body("if «x + 1» in [1]:\n    x = 1\nreturn x"), "Before “in” stands a name"),
    (body("if «x is None»:\n    x = 1\nreturn x"), "“in” and “is” are not read"),
    (body("a = «range(3)»\nreturn x"), "range stands in a for only"),
    (body("for i in «range()»:\n    x = 1\nreturn x"), "one to three numbers"),
    (body("for «i» in enumerate([x]):\n    x = 1\nreturn x"), "for i, x in enumerate(a)"),
    (body("for i, x in «enumerate()»:\n    x = 1\nreturn x"), "enumerate takes a list"),
    (body("for i, x in «enumerate([x], stop=2)»:\n    x = 1\nreturn x"), "enumerate takes a list"),
    (body("for «a, b, c» in zip([x], [x]):\n    x = 1\nreturn x"), "zip of 2 lists needs as many names"),
    (body("for «a» in zip([x], [x]):\n    x = 1\nreturn x"), "zip of 2 lists needs as many names"),
    (body("for a in «zip([x])»:\n    x = 1\nreturn x"), "zip takes two or more lists"),
    (body("for «a, b» in range(3):\n    x = 1\nreturn x"), "one number at a time"),
    (body("for «a[0]» in [x]:\n    x = 1\nreturn x"), "assigns to names only"),
    (body("for i in «reversed(range(0, 5, 2))»:\n    x = 1\nreturn x"), "not read backwards"),
    (body("for i in «sorted([x])»:\n    x = 1\nreturn x"), "loop over range(len(…))"),
    (body("return «zip([x], [x])»"), "zip stands in a for only"),
    (body("a = «[i for i in [x] if i > 0]»\nreturn x"), "without if"),
    (body("a = «[i for i in [x] for j in [x]]»\nreturn x"), "one for, without if"),
    (body("return «sin(x, 2)»"), "sin takes 1 argument; here it has 2 arguments"),
    (body("return «f(x, 2)»"), "f takes 1 argument; here it has 2 arguments"),
    (body("return sin(x=«2»)"), "without names"),
    ("def g(t):\n    return t\ndef f(x):\n    return g(s=«x»)", "“s” is no parameter of g"),
    ("def g(t):\n    return t\ndef f(x):\n    return g(x, t=«x»)", "“t” is given twice"),
    ("def g(t):\n    return t\ndef f(x):\n    return g(**«x»)", "** before a value"),
    ("def g(s, t, u=1):\n    return t\ndef f(x):\n    return «g(x)»", "g takes 3 arguments; here it has 1 argument"),
    ("def g(s, t, u=1):\n    return t\ndef f(x):\n    return «g(u=x, t=2)»", "g takes 3 arguments; here it has 2"),
    (body("return «sum(x, 2)»"), "sum takes a list or a generator"),
    (body("return «sine»(x)"), "Unknown function “sine”. Did you mean sin"),
    (body("return «math.foo»(x)"), "Unknown function “foo”"),
    (body("return «len()»"), "len takes 1 argument; here it has 0 arguments"),
    (body("return «pow(x)»"), "pow takes 2 arguments"),
    (body("return «eval»('x')"), "Unknown function “eval”"),
    (body("return «__import__»('os')"), "two underscores"),
    (body("return «f(x)»(x)"), "Only a function's name can stand before “(”"),
    (body("return «where(x, 2)»"), "where is written where("),
    (body("return «1e400»"), "must lie below 1.8e308"),
    (body("return «1e-400»"), "must lie above 5e-324"),
    # assignments
    (body("«2» = x\nreturn x"), "To compare, write =="),
    (body("«f(x)» = x\nreturn x"), "Only a name can stand on the left"),
    (body("«x.y» = 3\nreturn x"), "Only names, and items of lists"),
    (body("a, «*b» = [x, 1]\nreturn x"), "a name for each value"),
    (body("a, «(b, c)» = x, [x, 1]\nreturn x"), "a line of their own"),
    (body("«()» = []\nreturn x"), "Only names, and items of lists"),
    (body("«a, b = x, x, x»\nreturn a"), "2 names, and 3 values"),
    (body("«b»[0] = x\nreturn x"), "“b” is not known"),
    (body("«pi»[0] = x\nreturn x"), "a list is needed"),
    # words that are not written right
    ("def f(x):\n    «retrun» x", "Did you mean return?"),
    (body("return x «x»"), "an operator between them"),
    (body("y = «x if x > 0»\nreturn y"), "needs an “else”"),
    (body("for i «range»(3):\n    x = x + 1\nreturn x"), "for i in range(n)"),
    (body("if x > 0 «&&» x < 1:\n    x = 1\nreturn x"), "“&&” is written “and”"),
    (body("if x > 0 «||» x < 1:\n    x = 1\nreturn x"), "“||” is written “or”"),
    (body("if x «=>» 0:\n    x = 1\nreturn x"), "“=>” is written “>=”"),
    (body("if x «<>» 0:\n    x = 1\nreturn x"), "“<>” is written “!=”"),
    (body("return (x«]»"), "closes a “(”"),
    ("def f«:»\n    return 1", "inputs in brackets"),
    ("«```»python\ndef f(x):\n    return x\n```", "backticks"),
    (body("«fro» i in range(3):\n    x = 1\nreturn x"), "Did you mean for?"),
    (body("«whlie» x > 3:\n    x = 1\nreturn x"), "Did you mean while?"),
    # not Python
    (body("y = x +« »\nreturn y").replace(" »", "»"), "missing at the end"),
    (body("return «(»x"), "not closed"),
    (body("return x«)»"), "no partner"),
    (body("return «2»x"), "write 2*x"),
    ("def f(x)«\n»    return x", "“:” is missing"),
    ("def f(x):\n«return x»", "must be indented"),
    (body("y = x\n   «return y»"), "nothing before it asks for that"),
    (body("return x «$» 2"), "cannot be read"),
]


def test_a_word_that_is_not_written_right_is_offered_in_place():
    assert refusal("def f(x):\n    retrun x + 1\n").repair == "def f(x):\n    return x + 1\n"


def test_parameters_with_a_default_value_of_the_function_that_is_differentiated_are_no_inputs():
    program = parse("def f(x, n=3, tol=-1e-3):\n    return x**n + tol")
    assert (program.inputs, values(program, (2.0,))) == (("x",), (8.0 - 1e-3,))
    assert [note.message for note in program.notes] == [
        "n = 3, tol = -1e-3: a parameter with a default value is no input"
    ]


def test_parameters_of_a_function_that_nobody_calls_are_the_functions_of_their_names():
    text = "def f(x):\n    return x*x - 2\ndef df(x):\n    return 2*x\ndef step(f, df, x):\n    return x - f(x)/df(x)"
    program = parse(text)
    assert (program.main.name, program.inputs) == ("step", ("x",))
    assert values(program, (1.0,)) == (1.5,)


def test_a_list_that_the_differentiated_function_returns_is_several_outputs_and_a_list_to_who_calls_it():
    program = parse("def f(x):\n    if x > 1:\n        return [x, x*x]\n    return [0, 1]")
    assert (program.outputs, values(program, (1.5,)), values(program, (0.5,))) == (("y1", "y2"), (1.5, 2.25), (0, 1))
    program = parse("def g(x):\n    return [x, x*x]\ndef f(x):\n    return g(x)[1]")
    assert (program.outputs, values(program, (1.5,))) == (("f",), (2.25,))


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_read_is_refused_with_its_place_and_a_reason(text, said):
    text, place = marked(text)
    error = refusal(text)
    assert said in error.message
    assert (error.span.line, error.span.column) == (place.line, place.column)
    if "cannot be read" not in error.message:  # where Python's parser stops is not always where a thing ends
        assert (error.span.end_line, error.span.end_column) in (
            (place.end_line, place.end_column),
            (place.line, place.column),
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (body("for i in «x»:\n    x = 1\nreturn x"), "A number stands where a list is needed"),
        (body("a = [x]\nreturn «a + a»"), "A list stands where a number is needed"),
        (body("a = [x]\nreturn «sin(a)»"), "A list stands where a number is needed"),
        (body("a = [[x], [x]]\nreturn «sum(a)»"), "A list stands where a number is needed"),
        (body("a = [[x]]\nreturn «max(a)»"), "A list stands where a number is needed"),
        (body("a = [x]\nif «a == a»:\n    x = 2\nreturn x"), "Lists cannot be compared"),
        (body("a = [x]\n«return a»"), "A list is returned"),
        (body("a = [x, 2]\nif x > 0:\n    «return a»\nreturn 1"), "A list is returned"),
        (body("a = [x, 2]\nreturn «a[2]»"), "Index 2 is outside of this list of 2"),
        (body("a = [x, 2]\nreturn «a[-3]»"), "Index -3 is outside"),
        (body("a = [x, 2]\nreturn «a[0.5]»"), "An index must be a whole number, and is 0.5 here"),
        (body("a = [x, 2]\nreturn «a[a]»"), "An index must be a number, and is a list"),
        (body("a = [x, 2]\n«a[2] = 1»\nreturn x"), "Index 2 is outside"),
        (body("«a, b = [x, 2, 3]»\nreturn a"), "2 names, and 3 values"),
        (body("«a, b = x*2»\nreturn a"), "A number stands where a list is needed"),
        (body("a = «[x]*0.5»\nreturn x"), "A count must be a whole number, and is 0.5 here"),
        (
            body("for i in «range(x)»:\n    x = 1\nreturn x"),
            "A bound of range must be a whole number, and is 0.25 here",
        ),
        (body("for i in «range(0, 3, 0)»:\n    x = 1\nreturn x"), "The step of a range cannot be 0"),
        (body("return «len(x)»"), "A number stands where a list is needed"),
        (body("return «min([])»"), "min of an empty list"),
        (body("if x > 1:\n    y = x\nreturn «y»"), "“y” has no value yet on this way"),
        (body("for i in range(0):\n    y = x\nreturn «y»"), "“y” has no value yet on this way"),
        (body("for i in range(0):\n    x = 2\nreturn «i»*x"), "“i” has no value yet on this way"),
        (body("y = «y» + 1\nreturn y"), "“y” has no value yet on this way"),
        (body("«y += 1»\nreturn y").replace("«y += 1»", "«y» += 1"), "“y” has no value yet on this way"),
        (
            body("if x > 1:\n    y = 1\n    if x > 5:\n        return x\nelse:\n    z = 2\nreturn «y»*z"),
            "“y” has no value",
        ),
        ("«def f(x):»\n    if x > 1:\n        return x", "f ends here without a return"),
    ],
)
def test_what_goes_wrong_while_running_is_refused_in_its_place(text, said):
    text, place = marked(text)
    with pytest.raises(ExplorerError) as caught:
        record(parse(text), [0.25])
    assert said in caught.value.message
    assert caught.value.span == place


# -- limits -----------------------------------------------------------------------------------------------------------

TOO_MUCH = {
    "length": body("return x" + " + x" * 2_600),
    "characters": "def f(x):\n    return x" + "\n" * 10_000,
    "brackets": body("return " + "(" * (MAX_BRACKETS + 1) + "x" + ")" * (MAX_BRACKETS + 1)),
    "brackets behind a text": body('"#" + ' + "(" * 300 + "x" + ")" * 300),
    "brackets never closed": body("return " + "[" * 9_000),
    "signs": body("return " + "-" * 2_000 + "x"),
    "signs apart": body("return " + "- " * 2_000 + "x"),
    "signs line by line": body("return " + "-\\\n" * 2_000 + "x"),
    "nots": body("return 1 if " + "not " * 2_000 + "x > 0 else 2"),
    "nots apart": body("return 1 if " + "not  " * 1_500 + "x > 0 else 2"),
    "nots line by line": body("return 1 if " + "not\\\n" * 1_500 + "x > 0 else 2"),
    "powers": body("return " + "x**" * 2_000 + "x"),
    "choices": body("return " + "1 if x > 0 else " * 600 + "2"),
    "elifs": body("if x > 0:\n    return 1\n" + "elif x > 1:\n    return 2\n" * 300 + "return 3"),
    "calls": body("return " + "f(" * 80 + "x" + ")" * 80),
    "items": body("return x" + "[0]" * 2_000),
    "blocks": body("\n".join(" " * i + "if x > 0:" for i in range(110)) + "\n" + " " * 110 + "return x"),
    "indentation": "def f(x):\n" + " " * 900 + "return x",
    "indentation by tabs": "def f(x):\n" + "\t" * 90 + "return x",
    "digits": body("return " + "1" * 51),
    "decimals": body("return 0." + "1" * 60),
    "exponent": body("return 1e123456"),
    "hexadecimal": body("return 0x" + "f" * 2_000),
    "chain": body("return x" + "*x" * 1_600),
    "remainders": body("return " + "x % " * 60 + "x"),
    "remainders in brackets": body("return " + "(" * 30 + "x" + " % 7)" * 30),
    "ints": body("return " + "int(" * 30 + "x" + ")" * 30),
    "chains of comparisons": body("return " + "(1 if 0 < " * 20 + "x" + " < 5 else 2)" * 20),
    "functions": "\n".join(f"def f{i}(x): return x" for i in range(60)),
    "inputs": f"def f({', '.join(f'x{i}' for i in range(300))}):\n    return x1",
}


@pytest.mark.parametrize("text", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_is_too_much_is_refused_as_a_limit_and_at_once(text):
    begin = time.perf_counter()
    error = refusal(text)
    seconds = time.perf_counter() - begin
    assert error.kind == "limit"
    assert error.span.line <= text.count("\n") + 1
    assert seconds < 1.0  # a tenth of it on a quiet machine


def test_as_much_as_is_allowed_is_read():
    deep = MAX_BRACKETS - 1
    assert values(parse(body("return " + "(" * deep + "x" + ")" * deep)), [2.0]) == (2.0,)
    assert values(parse(body("return " + "abs(" * deep + "x" + ")" * deep)), [2.0]) == (2.0,)
    text = body("return " + "1 if x > 0 else " * (MAX_DEPTH - 10) + "2")
    assert values(parse(text), [-2.0]) == (2.0,)
    preview(parse(text))
    assert values(parse(body("return " + "x % 7 + " * 200 + "x")), [8.0]) == (208.0,)
    assert values(parse(body("return (((x % 11) % 7) % 5) % 3")), [9.0]) == (2.0,)


def lines_of_code(count: int) -> str:
    """An algorithm of so many lines, with a bit of everything."""
    text = "def g(a, n):\n    if n == 0:\n        return a\n    return a*g(a, n - 1)\n\ndef f(x, y):\n    s = 0.0\n"
    block = (
        "    t = sin(x)*y + {0}/(1 + x*x)\n"
        "    for i in range(3):\n"
        "        if t > s and not x < -{0}:\n"
        "            s += t*i - exp(-y)\n"
        "        elif s > 10:\n"
        "            break\n"
        "    a = [t, s, x**2]\n"
        "    while s > 5.5:\n"
        "        s = s/2 if a[0] > 0 else s - g(y, 2)\n"
        "    x, y = y, x\n"
    )
    blocks = (count - 8) // 10
    return (
        text + "".join(block.format(k) for k in range(1, blocks + 1)) + "    return s + x\n" * (count - 7 - 10 * blocks)
    )


@pytest.mark.parametrize("text", [ALGORITHM, FORMULA], ids=["algorithm", "formula"])
def test_two_hundred_lines_are_read_and_checked_in_a_few_times_what_python_needs_to_read_them(text):
    assert text.count("\n") >= 199
    assert len(parse(text).main.body) > 90
    assert ratio(text, 12)[2] < 12  # about 4 and 5 on a quiet machine


def test_a_decimal_comma_is_noted_as_the_two_values_that_it_is():
    (note,) = parse(body("return 3,5")).notes
    assert "reads as two values, 3 and 5" in note.message
    assert note.span.line == 2
    assert parse("def f(x):\n    a = [3,5]\n    return a[0]*x, max(3, 5)").notes == ()


# -- nothing else comes out -------------------------------------------------------------------------------------------

QUICK = Limits(steps=3_000, depth=60, operations=1_000)


def survives(text: str) -> bool:
    """Whether the text is a program; read, typeset and run, it raises an ExplorerError with a place, or nothing."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        program = parse(text) if is_algorithm(text) else read_algorithm(text)
        preview(program)
    except ExplorerError as error:
        _check(error, lines)
        return False
    try:
        record(program, [0.7] * len(program.inputs), QUICK)
    except ExplorerError as error:
        _check(error, lines)
    return True


def _check(error: ExplorerError, lines: list[str]) -> None:
    assert error.message.strip()
    span = error.span
    assert 1 <= span.line <= span.end_line <= len(lines)
    assert 0 <= span.column <= len(lines[span.line - 1])
    assert 0 <= span.end_column <= len(lines[span.end_line - 1])
    assert (span.line, span.column) <= (span.end_line, span.end_column)


_WORDS = r"""
def f(x): return if elif else while for in range ( ) [ ] , : = += *= == < >= and or not True None break continue pass
x y a 0 1 2.5 1e3 + - * / ** // % @ . sin max sum len int lambda yield import class try with await async := -> ~ & !
global del raise _ __ 'a' # ; { } ? é λ ｘ \\
"""
WORDS = [*_WORDS.split(), '"""', "\n", "\r", "\t", "\f", "\0", "\ud800"]
CHARACTERS = "()[]{}:,.;=+-*/%<>!#'\"\\ \n\t\r01.e_xfλ²\0\x0c\u2028\ud800"


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A text of the table with a few characters, words or lines taken out, put in, doubled or exchanged."""
    text = draw(st.sampled_from(ALGORITHMS)).text
    for _ in range(draw(st.integers(1, 4))):
        start, other = draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        copy = text[other : other + draw(st.integers(0, 30))]
        put = draw(st.sampled_from(["", copy, *WORDS, *CHARACTERS, "\n    ", "\n        "]))
        text = text[:start] + put + text[end:]
    return text


KINDS = (
    r"\b(?!def|for|in|if|el|while|return|and|or|not|import|from|pass)[A-Za-z_]\w*",
    r"\d[\w.]*",
    r"[-+*/%]|//|\*\*",
    r"<=|>=|==|!=|<|>",
    r"[+*-]?=",
)


def exchanged(chance: random.Random) -> str:
    """A text of the table in which a few words have changed their places with others of their kind."""
    text = chance.choice(ALGORITHMS).text
    for _ in range(chance.randint(1, 6)):
        places = list(re.finditer(chance.choice(KINDS), text))
        if len(places) > 1:
            first, second = sorted(chance.sample(places, 2), key=re.Match.start)
            text = (
                text[: first.start()]
                + second.group()
                + text[first.end() : second.start()]
                + first.group()
                + text[second.end() :]
            )
    return text


EXCHANGES = st.integers(0, 2**62).map(lambda seed: exchanged(random.Random(seed)))
SOUP = st.lists(st.sampled_from([*WORDS, "\n    ", "\n        "]), max_size=60).map(" ".join)
FUNCTION_OF_SOUP = SOUP.map(lambda soup: "def f(x):\n    " + soup + "\n    return x")
NOISE = st.binary(max_size=200).map(lambda octets: octets.decode("utf-8", "surrogateescape"))
TEXTS = st.one_of(EXCHANGES, EXCHANGES, mutations(), SOUP, FUNCTION_OF_SOUP, NOISE, NOISE.map("def f(x):\n  {}".format))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_whatever_the_text_nothing_but_a_refusal_leaves_the_reader(text):
    survives(text)


def outcome(text: str) -> object:
    try:
        program = read_algorithm(text)
    except ExplorerError as error:
        return error.message, error.span, error.kind, error.repair
    return repr(program)  # with the place of each part


def test_a_text_reads_the_same_whatever_was_read_before():
    chance = random.Random(5)
    statements._STATEMENTS.clear()
    for _ in range(300):
        text = exchanged(chance)
        warm = outcome(text)
        kept = dict(statements._STATEMENTS)
        statements._STATEMENTS.clear()
        assert warm == outcome(text)
        statements._STATEMENTS.update(kept)


def test_a_call_in_a_statement_that_was_read_before_still_counts():
    text = "def g(a):\n    return a\n\ndef f(x):\n{}    y = g(x)\n    return y\n\ndef h(x):\n    return f(x)"
    for first in ("", "    z = g(1)\n", "    z = 1\n", ""):
        assert read_algorithm(text.format(first)).main.name == "h"
    assert read_algorithm("def f(x):\n    y = g(x)\n    return y\n\ndef g(a):\n    return a").main.name == "f"


def test_of_an_edited_text_only_the_edited_statement_is_read():
    read_algorithm(ALGORITHM)
    reads: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        block = statements.Statements.block
        patch.setattr(statements.Statements, "block", lambda self, body: reads.append("") or block(self, body))
        read_algorithm(ALGORITHM.replace("sin(x)*y + 7/", "sin(x)*y + 77/"))
    assert len(reads) <= 12  # the edited one, those with a return and what is inside of these


def test_many_of_the_exchanged_texts_are_programs_and_run():
    """Else the test above would look at the reader's door only."""
    chance = random.Random(1)
    assert sum(survives(exchanged(chance)) for _ in range(200)) > 60


def test_the_place_of_what_cannot_be_read_at_all():
    assert refusal("def f(x):\n    return x\0").span == Span(2, 12, 2, 13)
    assert refusal("def f(x):\n    '\ud800'\n    return x").span == Span(2, 5, 2, 6)
    assert refusal("import math\n# def").span == NOWHERE


AUDITED = """
import sys
sys.path.insert(0, {root!r})
from explorer.calculus.tape import record
from explorer.language.parser import parse
from explorer.language.preview import preview
from explorer.language.program import ExplorerError
from tests.language.algorithms import ALGORITHMS
from tests.language.test_algorithm import HOSTILE

seen = []
def hook(event, arguments):
    if watching and event not in ("compile", "object.__getattr__", "sys._getframe"):
        seen.append(event)

def run(text):
    try:
        program = parse(text)
        preview(program)
        record(program, [1.0]*len(program.inputs))
    except ExplorerError:
        pass

watching = False
sys.addaudithook(hook)
run("def f(x):\\n    return foo(x)")  # difflib and the like are loaded on first use
watching = True
for text in [*HOSTILE, *(a.text for a in ALGORITHMS)]:
    run(text)
watching = False
print(seen)
"""
HOSTILE = [
    body("return __import__('os').system('touch CANARY')"),
    body('return eval(\'open("CANARY", "w")\')'),
    body("exec('import os')\nreturn x"),
    "def f(x=print('CANARY')):\n    return x",
    "a = open('CANARY', 'w')\ndef f(x):\n    return a*x",
    "def g(f, x):\n    return f(x)\ndef f(x):\n    return g(lambda t: open('CANARY', 'w'), x)",
    "def f(x: print('CANARY')) -> print('CANARY'):\n    y: print('CANARY') = x\n    return y",
    "@print\ndef f(x):\n    return x",
    "import os; os.system('touch CANARY')\ndef f(x): return x",
    "from os import *\ndef f(x): return x",
    body("return (lambda: open('CANARY', 'w'))()"),
    body("return [open(n, 'w') for n in ['CANARY']][0]"),
    body("return x.__class__.__bases__[0].__subclasses__()"),
    body('return f\'{open("CANARY", "w")}\''),
    body("return getattr(x, 'real')"),
    "class A(print('CANARY')): pass\ndef f(x): return x",
    "def f(x): return x\nf.__globals__['__builtins__']",
    body("return 9**9**9**9"),
    body("return 0 if x is 1 else '\\d'"),
    "if True:\n    import os\ndef f(x): return x",
]


def test_reading_and_running_executes_imports_and_opens_nothing(tmp_path):
    script = AUDITED.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "value"),  # at x = 0.5, y = −2
    [
        ("h = []\n    for i in range(3):\n        h.append(x*i)\n    return h[0] + h[1] + h[2]", 1.5),
        ("h = [y]\n    k = h\n    k.append(x)\n    return sum(h)", -1.5),  # one list by two names, as in Python
        ("h = [y]\n    k = list(h)\n    k.append(x)\n    return sum(h)", -2.0),
        ("h = [x]\n    if y < 0:\n        h.append(y*y)\n    return sum(h)*len(h)", 9.0),
        ("a = b = x*x\n    return a*b - y", 2.0625),
        ("a = b = [0]*2\n    a[0] = y\n    return b[0]*x", -1.0),  # one list by two names
        ("return F.relu(x) + torch.nn.functional.relu(y) + np.linalg.norm([x]) + torch.clamp(y, -1, 1)", 0.0),
        ("a = np.array([x, y])\n    return np.dot(a, [1, 2]) + mean(a)", -4.25),
        ("return norm([3*x, y])", 2.5),
        ("a = np.zeros(2)\n    a[1] = x\n    return sum(a)", 0.5),
        ("return sum(x**i/math.factorial(i) for i in range(4))", 1 + 0.5 + 0.125 + 0.5**3 / 6),
        ("a = [x, y]\n    return np.mean([(u - v)**2 for u, v in zip(a, [1, 2])])", (0.25 + 16) / 2),
    ],
)
def test_lists_grow_and_have_the_words_that_numpy_has_for_them(body, value):
    program = parse(f"def f(x, y):\n    {body}")
    assert values(program, [0.5, -2.0]) == pytest.approx([value], rel=1e-15)
    tape = record(program, [0.5, -2.0])
    h = 1e-6
    for column, slope in enumerate(reverse_jacobian(tape)[0]):
        above, below = ([0.5 + h * (column == 0) * k, -2.0 + h * (column == 1) * k] for k in (1, -1))
        assert slope == pytest.approx((values(program, above)[0] - values(program, below)[0]) / (2 * h), rel=1e-8)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("erfc(2x) + y", "(1 - erf(2x)) + y"),
        ("2round(x - 1)", "2floor((x - 1) + 0.5)"),
        ("mod(x, y+1)^2", "(x - (y+1)*floor(x/(y+1)))^2"),
        ("silu(sin(x))", "(sin(x)*sigmoid(sin(x)))"),
        (body("return np.square(x - 1)/3"), body("return ((x - 1)**2)/3")),
        (body("return mean(x, y)"), ""),
        ("root(x)", ""),
        ("mod(x,\n2)", ""),
    ],
)
def test_a_call_of_a_function_that_is_not_here_is_offered_written_out(text, written):
    assert refusal(text).repair == written


def test_imports_of_what_is_not_needed_are_read_over():
    text = (
        "import torch.nn.functional as F\nfrom jax import numpy as jnp\n\ndef f(x):\n    return F.sigmoid(x) + jnp.pi"
    )
    assert values(parse(text), [0.0]) == (0.5 + math.pi,)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a = [x]\n    a.append(x, 1)", "append takes one item"),
        ("a = [x]\n    a.pop()", "only append is"),
        ("x.append(1)", "a list is needed"),
        ("a = [x]\n    for v in a:\n        a.append(v)", "at most 100,000 items"),
        ("a = softmax([x, y])", "write [exp(v) for v in a]"),
        ("a = [1]\n    a[0] = b = x", "Write one assignment a line"),
        ("a = (x + 1).exp()", "a function stands before its argument, exp(x + 1)"),
        ("a = min(np.inf, x)", "for a bound take a large number"),
        ("a = np.mean((x - y)**2)", "lists have no arithmetic"),
    ],
)
def test_what_lists_cannot_do_is_said(body, said):
    with pytest.raises(ExplorerError, match=re.escape(said)):
        values(parse(f"def f(x, y):\n    {body}\n    return x"), [0.5, -2.0])
