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
    (answer,) = export.answers(questions.export(source, "python", 0))
    assert "explorer" not in answer["text"]
    assert module(answer["text"], tmp_path).value_and_gradient(*point) == (value, gradient)
    (answer,) = export.answers(questions.export(source, "numpy", 0))
    columns = [np.full((2, 3), v) for v in point]
    values, partials = module(answer["text"], tmp_path).values_and_gradients(*columns)
    assert values.shape == (2, 3)
    assert np.allclose([values[1, 2], *(p[1, 2] for p in partials)], [value, *gradient], rtol=1e-14)


SEVERAL = [
    "(x*y, x + sin(y), where(x > 1, x, y^2), 2)",
    "def f(x, y):\n    for k in range(3):\n        x, y = y, x*y\n    return x, y\n",
]


@pytest.mark.parametrize("source", SEVERAL)
def test_all_outputs_are_exported_with_the_jacobian_where_none_is_named(source, tmp_path):
    point = [1.7, 2.3]
    values, jacobian = compiled(parse(source)).values_and_jacobian(point)
    (answer,) = export.answers(questions.export(source, "python"))
    shape = np.shape(jacobian)
    assert f"{shape[0]} rows of {shape[1]}" in answer["text"]
    assert module(answer["text"], tmp_path).values_and_jacobian(*point) == (list(values), jacobian)
    (answer,) = export.answers(questions.export(source, "numpy"))
    assert f"shape {(*shape[:1], '…')}".replace("'", "") in answer["text"]
    many, slopes = module(answer["text"], tmp_path).values_and_jacobians(np.full((5, 3), 1.7), 2.3)
    assert (many.shape, slopes.shape) == ((shape[0], 5, 3), (*shape, 5, 3))
    assert np.allclose(many[:, 4, 1], values, rtol=1e-14)
    assert np.allclose(slopes[:, :, 4, 1], jacobian, rtol=1e-14)


def test_what_has_no_one_code_or_no_such_language_is_refused_in_words():
    loop = "def f(x):\n    while x > 1:\n        x = x/2\n    return x\n"
    with pytest.raises(ExplorerError, match="no one code"):
        list(export.answers(questions.export(loop, "python")))
    with pytest.raises(ExplorerError, match="no export to “cobol”"):
        list(export.answers(questions.export("x", "cobol")))
    with pytest.raises(ExplorerError, match="no output number 3"):
        list(export.answers(questions.export("x", "python", 2)))
