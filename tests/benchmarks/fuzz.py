"""Many random texts through the readers: nothing but a refusal comes out, nothing is executed, nothing takes long.

    python -m tests.benchmarks.fuzz [--inputs 100000] [--seed 7]

Bytes, fragments of formulas and of LaTeX, changed lines of the corpora, changed and exchanged algorithms, functions of
other languages, one sign thousands of times. What is read is typeset and run within small limits, one text in ten. An
audit hook watches for whatever reaches out of the process. The time is this process's own; because a busy machine
makes it longer all the same, what took long is read again, and its shortest time counts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from explorer.calculus.evaluate import values
from explorer.language.parser import parse
from explorer.language.preview import preview
from explorer.language.program import ExplorerError, Limits
from tests.language.algorithms import ALGORITHMS
from tests.language.test_algorithm import exchanged
from tests.language.test_formula import FRAGMENTS
from tests.language.test_latex import PIECES, READINGS
from tests.language.test_pasted import BLOCKS, FUNCTIONS
from tests.language.test_ways import Writer, random_tree

CORPUS = Path(__file__).parents[1] / "corpus"
REPEATED = [
    *("(", "[", "{", "|", "-", "not ", "x if x else ", "sin ", "sin(", "x^", "√", "²", "x[", "def f(x):\n", " ", "1"),
    *(
        "9^",
        "sum(",
        "\\frac{",
        "\\sqrt{",
        "if x:\n",
        "x,",
        "f(",
        "abs(",
        "x\n",
        "#",
        "'",
        '"',
        '"""',
        "\\",
        "0..",
        "+x",
    ),
]
REACHES_OUT = ("os.", "subprocess.", "socket.", "exec", "compile", "import", "shutil.", "ctypes.")
SLOW_SECONDS = 0.1
AGAIN_SECONDS, AGAIN = 0.02, 4  # what took longer than this is read so many times more


class Source:
    """Random texts of many kinds."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        rows = [json.loads(r) for n in ("hostile", "nasty") for r in (CORPUS / f"{n}.jsonl").read_text().splitlines()]
        self.known = [row["s"] for row in rows if "s" in row]

    def text(self) -> str:
        """The next text."""
        chance = self.random
        kinds: list[Callable[[], str]] = [
            lambda: chance.randbytes(chance.randint(0, 80)).decode("latin-1"),
            lambda: chance.randbytes(chance.randint(0, 80)).decode("utf-8", "surrogateescape"),
            lambda: "".join(chance.choices(FRAGMENTS, k=chance.randint(1, 30))),
            lambda: "".join(chance.choices(PIECES, k=chance.randint(1, 30))),
            lambda: self.changed(chance.choice(self.known)),
            lambda: self.changed(chance.choice(ALGORITHMS).text),
            lambda: exchanged(chance),
            lambda: self.changed(Writer(chance.getrandbits(32)).write(random_tree(chance, 4)).text),
            lambda: self.changed(chance.choice(READINGS)[0]),
            lambda: self.changed(chance.choice([*FUNCTIONS, *BLOCKS])[0]),
            lambda: chance.choice(REPEATED) * chance.randint(1, 4000) + self.changed("x"),
        ]
        return chance.choice(kinds)()

    def changed(self, text: str) -> str:
        """A text with a few pieces put in, taken out, doubled or exchanged."""
        chance, letters = self.random, list(text)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(letters) + 1)
            match chance.randrange(4):
                case 0:
                    letters[place:place] = chance.choice([*FRAGMENTS, *PIECES, "\n", "\t", ":", "def f(x):"])
                case 1:
                    del letters[place : place + chance.randint(1, 5)]
                case 2:
                    start = chance.randrange(len(letters) + 1)
                    letters[place:place] = letters[start : start + chance.randint(1, 30)]
                case _ if letters:
                    top = chance.choice([128, 0x3000, 0x20000])
                    letters[min(place, len(letters) - 1)] = chr(chance.randrange(top))
        return "".join(letters)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    source = Source(options.seed)
    for text in ("x", "def f(x):\n return x", r"\frac{x}{2}", "Maxx(x)", "é"):  # what is imported late is imported now
        with suppress(ExplorerError):
            parse(text)
    reached: list[str] = []
    watching = [False]

    def watch(event: str, _: tuple[object, ...]) -> None:
        if watching[0] and event.startswith(REACHES_OUT) and event != "compile":  # Python's parser, asked for a tree
            reached.append(event)

    sys.addaudithook(watch)
    read = faults = slow = 0
    longest, slowest = 0.0, ""
    for number in range(options.inputs):
        text = source.text()
        began = time.process_time()
        watching[0] = True
        try:
            program = parse(text)
            seconds = time.process_time() - began
            read += 1
            if number % 10 == 0:
                preview(program)
                values(replace(program, limits=Limits(steps=20_000)), [1.0] * len(program.inputs))
        except ExplorerError:
            seconds = time.process_time() - began
        except Exception:
            faults += 1
            print(f"{text[:200]!r}\n{traceback.format_exc(limit=-4)}")
            continue
        finally:
            watching[0] = False
        for _ in range(AGAIN if seconds > AGAIN_SECONDS else 0):
            began = time.process_time()
            with suppress(ExplorerError):
                parse(text)
            seconds = min(seconds, time.process_time() - began)
        if seconds > longest:
            longest, slowest = seconds, text
        slow += seconds > SLOW_SECONDS
    print(
        f"{options.inputs:,} texts, {read:,} of them programs: {faults} faults, {len(reached)} reached out, "
        f"{slow} took longer than {SLOW_SECONDS:g} s, the longest {longest:.3f} s: "
        f"{slowest[:40]!r} … of {len(slowest):,} characters"
    )
    return 1 if faults or reached else 0


if __name__ == "__main__":
    sys.exit(main())
