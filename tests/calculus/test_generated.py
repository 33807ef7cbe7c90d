"""Generated source: numbered names and fixed words, whatever a program's own names are; every other word is refused."""

import random
import re

import numpy as np
import pytest

from explorer.calculus import generated
from explorer.calculus.compiled import Compiled
from explorer.language.parser import parse
from tests.calculus.random_programs import random_program

# Names that would mean something in source: the templates' own, Python's, dangerous ones, and long or foreign ones.
HOSTILE = [
    "run", "f0", "x0", "v1", "b2", "k0", "inf_", "nan_", "exec_", "eval_", "import_os", "system", "os", "sys",
    "builtins", "open_file", "globals_", "getattr_", "α", "ω1", "copyto", "lambda1", "print_", "quit_", "canary", "e0",
    "a" * 32,
]  # fmt: skip


@pytest.fixture
def sources(monkeypatch):
    """All source that is generated from here on."""
    written = []
    door = generated.function

    def watched(source, names):
        written.append(source)
        return door(source, names)

    monkeypatch.setattr(generated, "function", watched)
    return written


def generate_everything(text: str) -> int:
    """All kinds of code for a program; how many inputs it has."""
    code = Compiled(parse(text))
    inputs = len(code.program.inputs)
    point = [0.7, 1.3][:inputs]
    for ask in (code.values, code.value_and_gradient, code.jacobian, code.hessian):
        ask(point)
    code.jvp(point, [1.0, 0.5][:inputs])
    code.hvp(point, [1.0, 0.5][:inputs])
    columns = [np.linspace(0.5, 2.0, 30_000) for _ in range(inputs)]
    code.values_on(columns, (30_000,))
    code.values_and_gradients_on([0.7, *columns[1:]], (30_000,))
    return inputs


def renamed(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\b(f|x|y|i|a[0-9])\b", lambda match: names.get(match.group(), match.group()), text)


def test_no_name_of_a_program_reaches_the_source(sources):
    luck = random.Random(3)
    for seed in range(12):
        text = random_program(seed)
        generate_everything(text)
        plain = sources.copy()
        sources.clear()
        old = sorted({*re.findall(r"\b(?:f|x|y|i|a[0-9])\b", text)})
        names = dict(zip(old, luck.sample(HOSTILE, len(old)), strict=True))
        program = parse(text)
        hostile = renamed(text, names)
        if [names.get(name, name) for name in program.inputs] != list(parse(hostile).inputs):
            continue  # a formula's inputs stand in the order of the alphabet: these names have changed it
        generate_everything(hostile)
        assert sources == plain  # the very same source: nothing of the names is in it
        sources.clear()


@pytest.mark.parametrize(
    "source",
    [
        "def run(x0):\n    return __import__\n",
        "def run(x0):\n    return x0.real\n",
        "def run(x0):\n    return (1).real\n",
        "def run(x0):\n    return 'text'\n",
        'def run(x0):\n    return "text"\n',
        "def run(x0):\n    return open(x0)\n",
        "import os\n",
        "def run(x0):\n    return lambda: x0\n",
        "def run(canary):\n    return canary\n",
        "def run(x0):\n    return x0 # remark\n",
        "def run(x0):\n    return x0; x0\n",
        "def run(x0):\n    return x0\\\n",
        "def run(x0):\n    return 1e5.imag\n",
        "def run(x0):\n    return x0 @ x0\n",
        "def run(x0):\n    return f'{x0}'\n",
        "def run(x0):\n    return x0\x00\n",
        "def run(α0):\n    return α0\n",
        "def run(x0):\n    return x0_\n",
        "@run\ndef run(x0):\n    return x0\n",
    ],
)
def test_source_with_any_other_word_is_refused_before_it_is_compiled(source):
    with pytest.raises(generated.StrangeSource):
        generated.function(source, {})


def test_generated_functions_have_no_builtins():
    made = generated.function("def run(x0):\n    return x0\n", {})
    assert made.__globals__["__builtins__"] == {}
