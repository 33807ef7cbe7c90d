"""How long 200 lines take to be read and checked, beside Python's own parser on the same text.

    python -m tests.benchmarks.reading [--rounds 40]

A text is read at every key stroke: only the edited line, or statement, is read anew, and that is measured too.

Both are measured in turn in one run, in the processor's time, and each is given by its fastest round; what counts is
the ratio. On a machine on which ast.parse reads this text in 2.5 ms, a ratio of 2 is 5 ms. Both are without Python's
collector, which only makes the times of either depend on what else lives in the process.
"""

from __future__ import annotations

import argparse
import ast
import gc
import time

from explorer.language import tokens
from explorer.language.algorithm import statements
from explorer.language.formula import lines
from explorer.language.parser import read

# As many lines as a long program has that somebody would paste, with a bit of everything.
BLOCK = """    t = sin(x)*y + {0}/(1 + x*x)
    for i in range(3):
        if t > s and not x < -{0}:
            s += t*i - exp(-y)
        elif s > 10:
            break
    a = [t, s, x**2]
    while s > 5.5:
        s = s/2 if a[0] > 0 else s - g(y, 2)
    x, y = y, x
"""
HEAD = "def g(a, n):\n    if n == 0:\n        return a\n    return a*g(a, n - 1)\n\ndef f(x, y):\n    s = 0.0\n"
ALGORITHM = HEAD + "".join(BLOCK.format(k) for k in range(1, 20)) + "    return s + x\n" * 3
FORMULA = "a0 = x + y\n" + "".join(f"a{k} = x*a{k - 1} + sin(y)/{k}\n" for k in range(1, 199)) + "a198*y"


def seconds(text: str, fresh: bool = True) -> tuple[float, float]:
    """The time of our reader and of Python's on a text, taken one after the other; fresh: no line was met before."""
    read.cache_clear()
    if fresh:
        lines._LINES.clear()
        statements._STATEMENTS.clear()
        tokens._tokens_of_line.cache_clear()
    begin = time.process_time()
    read(text)
    between = time.process_time()
    ast.parse(text)
    return between - begin, time.process_time() - between


def ratio(text: str, rounds: int) -> tuple[float, float, float]:
    """Our fastest round, Python's, and how many times longer ours is."""
    times = [seconds(text) for _ in range(rounds)]
    ours, pythons = (min(each) for each in zip(*times, strict=True))
    return ours, pythons, ours / pythons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    for name, text in (("algorithm", ALGORITHM), ("formula", FORMULA)):
        assert text.count("\n") + 1 >= 200
        gc.disable()
        ours, pythons, times = ratio(text, rounds)
        print(f"{name}, 200 lines: {1e3 * ours:.2f} ms, {times:.1f} × ast.parse ({1e3 * pythons:.2f} ms)")
    for name, text, line, edited in (
        ("algorithm", ALGORITHM, "sin(x)*y + 7/", "sin(x)*y + {}/"),
        ("formula", FORMULA, "sin(y)/77\n", "sin(y)/{}\n"),
    ):
        fastest = min(seconds(text.replace(line, edited.format(k)), fresh=False)[0] for k in range(rounds))
        print(f"{name}, one of its lines edited: {1e3 * fastest:.2f} ms")


if __name__ == "__main__":
    main()
