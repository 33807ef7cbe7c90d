"""Whole classes of texts that are to be refused, beyond the corpus: each in words, with its place, at once."""

import time

import pytest

from explorer.language.parser import parse
from explorer.language.program import ExplorerError

EXECUTE = """eval('1') | exec('x') | open('F','w') | compile('1','','eval') | globals() | vars()
getattr(x,'y') | type(x) | x.__class__ | ().__class__ | ''.join(x) | [].append(x) | lambda: x | (lambda: x)()
(x:=1) | [i for i in x] | {i:i for i in x} | *x | x->y | x<>y | x//y | x@y | ~x | x>>2 | x or y | not x | x in y
x is None | None | True+x | ... | __debug__ | __name__ | _ | class A: pass | with x: pass | for i in x: pass
if x: pass | from os import * | import os as y | await x | yield x | nonlocal x | print x | x=1;y=2 | '''x'''
r'x' | b'x' | `x` | x? | x[0:1] | x[y] | x[-1] | x[1.5] | (x)[0] | sympify('x') | Symbol('x') | Lambda(x,x)
parse_expr('x') | latex(x) | expand(x) | limit(x,x,0) | Sum(x,(x,1,oo)) | Integral(x) | Derivative(x) | f(**x)"""
BOMBS = """2**2**2**2**2**2 | 10^400 | 10^-400 | 1e400 | 1e-400 | (1e200)^2 | -9^9^9 | (10^10)^(10^10)
x^9^9^9^9 | factorial(9) | 5! | x!! | sum(x[0..99999]) | sum(x[i] for i in range(10**9))
prod(i for i in range(2001)) | fibonacci(10) | zeta(2) | 0x1f | 0b101 | 0o17
sum(sum(x[j] for j in range(100)) for i in range(100)) | binomial(10**9,5)"""
LETTERS = """\u202ex | x\u200d | x\u00ad | x\u2028y | x\u2029y | x\x0by | x\x0cy | \x7f | x\U0001f600 | \u217b | \u00aa
\ufb01 | \u017fin(x) | \uff53in(x) | \U0001d42cin(x) | s\u0456n(x) | \u0455in(x) | x\u066b5 | \u0663 | \u0967
x\u203fy | x_\u0301 | e\u0301 | \u00e9 | \u0131 | \u2207x | x\u2248y | x\u2295y | x\u208a1 | x\u207f | \ud800"""
SHAPES = """.. | x.. | x..y | 0..9 | x[0..] | x[9..0] | x 1 | 2 2 | x, | (x,) | () | [] | (x | x) | [x | {x}
|x | x| | sin | sin( | sin() | max(x,) | max(,x) | where(x,1,2) | where() | piecewise(x>0,1) | clip(x) | x if
x if x>0 | f(x)= | f()=x | f(x,x)=x | f(1)=x | sin(x)=x | x= | =x | == | y=y | x=x^2 | pi=3 | x==2 | 1.2.3
1__0 | x__y | x^ | x^^2 | x²⁻ | 3,5x | x:y"""
ALGORITHMS = [
    f"def f(x):\n {body}"
    for body in (
        *("import os\n return x", "return open('F')", "return x.real", "return (lambda: x)()", "global y\n return x"),
        *("return '%s' % x", "return f'{x}'", "return {x}", "with x: return x", "try: return x\n except: pass"),
        *("raise x", "yield x", "del x\n return 1", "assert x\n return x", "return eval('x')", "return 1j*x"),
        *("return True", "return None", "return ...", "return x,", "return", "return x; import os", "pass"),
        *("def g(y): return y\n return g(x)", "match x:\n  case 1: return 1\n return x", "return " + "-" * 100 + "x"),
        *("return " + "(" * 61 + "x" + ")" * 61, "return 1" + "0" * 60, "return x\u2212 1", "return x\u200b"),
        *("return x\nprint(f(1))", "return x\nimport os", "return [x][0].__class__", "return getattr(x, 'a')"),
    )
]
SIZES = [
    *("(" * 101 + "x" + ")" * 101, "[" * 200, "sin(" * 101 + "x" + ")" * 101, "-" * 201 + "x", "x^" * 101 + "x"),
    *("1" * 51, "0." + "1" * 60, "1e" + "0" * 10 + "1", "x" * 33, "x" + "\u2081" * 40, "x" + "'" * 50, "\\frac{" * 400),
    *("sum(" * 2000, "\\sin{(" * 500, "sin" * 3000, "\\text{" * 1500, "x" * 10_001, "def f(x):\n" * 900, "{" * 5000),
]
TEXTS = [
    *(
        text.strip(" ")
        for table in (EXECUTE, BOMBS, LETTERS, SHAPES)
        for text in table.replace("\n", " | ").split(" | ")
    ),
    *ALGORITHMS,
    *SIZES,
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:30])
def test_it_is_refused_in_words_with_its_place_and_at_once(text):
    fastest = 1.0
    for _ in range(3):
        begin = time.process_time()
        with pytest.raises(ExplorerError) as caught:
            parse(text)
        fastest = min(fastest, time.process_time() - begin)
    assert caught.value.message.rstrip().endswith((".", "…", "?", ")")) or caught.value.repair
    lines = text.split("\n")
    assert 1 <= caught.value.span.line <= len(lines)
    assert 0 <= caught.value.span.column <= len(lines[caught.value.span.line - 1])
    assert fastest < 0.1
