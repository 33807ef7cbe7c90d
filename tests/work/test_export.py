"""Exported modules are run for themselves and give the program's numbers."""

import importlib.util

import numpy as np
import pytest

from explorer.calculus.compiled import compiled
from explorer.language.parser import parse
from explorer.language.program import ExplorerError
from explorer.work import export, questions

SOURCES = [
    "ln(x1) + x1*x2^1.5 - sigmoid(x2) + x2^x1",
    "where(run > 1, ln(run), run*np) + max(lambda, relu(run)) + floor(np)",
    "def f(a, b):\n    t = a\n    for i in range(3):\n        t = sin(t*b) if t > 0 else t*t\n    return t, a\n",
]


def module(text: str, tmp_path):
    path = tmp_path / "exported.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("exported", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("source", SOURCES)
def test_an_exported_module_stands_alone_and_gives_the_programs_numbers(source, tmp_path):
    program = parse(source)
    point = [1.7, 2.3, 0.6][: len(program.inputs)]
    value, gradient = compiled(program).value_and_gradient(point)
    (answer,) = export.answers(questions.export(source, "python"))
    assert "explorer" not in answer["text"]
    assert module(answer["text"], tmp_path).value_and_gradient(*point) == (value, gradient)
    (answer,) = export.answers(questions.export(source, "numpy"))
    columns = [np.full((2, 3), v) for v in point]
    values, partials = module(answer["text"], tmp_path).values_and_gradients(*columns)
    assert values.shape == (2, 3)
    assert np.allclose([values[1, 2], *(p[1, 2] for p in partials)], [value, *gradient], rtol=1e-14)


def test_what_has_no_one_code_or_no_such_language_is_refused_in_words():
    loop = "def f(x):\n    while x > 1:\n        x = x/2\n    return x\n"
    with pytest.raises(ExplorerError, match="no one code"):
        list(export.answers(questions.export(loop, "python")))
    with pytest.raises(ExplorerError, match="no export to “cobol”"):
        list(export.answers(questions.export("x", "cobol")))
    with pytest.raises(ExplorerError, match="no output number 3"):
        list(export.answers(questions.export("x", "python", 2)))
