"""The gallery: every example reads, runs in every engine, and gives the numbers that its file expects."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from explorer.language.algorithm import is_algorithm
from explorer.language.parser import parse
from explorer.ui.examples import titles
from explorer.work import gallery, questions
from explorer.work.ends import Done, Refused
from explorer.work.gallery import Example, Expected, examples
from explorer.work.pool import Pool
from explorer.work.wire import number

GALLERY = {example.title: example for example in examples()}
REFUSED = {"Ackermann: cut by the limit"}
FEWER_STEPS = 20_000
RUN = [example for title, example in GALLERY.items() if title not in REFUSED]

# Where an engine has no number, or another one, and why. All other examples have the same number from every engine.
EXPLODES = {
    "Logistic map in a loop: chaos",  # a polynomial of degree 2¹⁹
    "Runge–Kutta 4: logistic growth",  # forty nested stages, each used twice
    "Heat equation: ten explicit steps",  # each point used three times in each step
}
NO_COMPLEX_STEP = {
    "An expression graph (micrograd)": "relu",
    "A corner: |x| at 0": "abs",
    "Conventions: relu(x) − relu(−x)": "relu",
    "Branch trap: if x == 0": "a comparison",
    "Where-trap: √x, not taken": "a comparison",
    "Heron at 1: the loop does not run": "abs",
    "Bisection: where AD says 0": "a comparison",
}
CENTRAL_DIFFERS = {
    "Conventions: relu(x) − relu(−x)",  # the true slope, which AD has not
    "Branch trap: if x == 0",  # the same
    "Heron at 1: the loop does not run",  # the same
    "Bisection: where AD says 0",  # the same
    "Oscillation: differences fail",  # the step spans a part of a wave
    "Logistic map in a loop: chaos",  # the step spans many folds
}
EXACT = 1e-12
CENTRAL = 1e-5  # of the largest partial: ε^(2/3) times what the third derivatives here reach


@pytest.fixture(scope="module")
def verdicts():
    """Ask a worker for the engines side by side, once an example: (answer, how it ended)."""
    asked = {}
    with Pool(spares=0) as pool:

        def ask(example: Example):
            if example.title not in asked:
                # Who does not explode has time, however busy the machine is.
                seconds = 1.0 if example.title in EXPLODES else 60.0
                question = questions.verdict(example.source, dict(example.point))
                if example.title in REFUSED:  # that the usual limit is a million is tested once, in test_programs
                    question["limits"] = {"steps": FEWER_STEPS}
                answers, end = pool.ask(question, seconds)
                asked[example.title] = (answers[-1] if answers else None, end)
            return asked[example.title]

        yield ask


def matrix(answer, engine: str) -> list[list[float]]:
    return [[number(entry) for entry in line] for line in answer["engines"][engine]]


def near(a: list[list[float]], b: list[list[float]], relative: float) -> bool:
    size = max((abs(v) for line in b for v in line), default=0.0)
    return all(
        abs(x - y) <= relative * max(abs(y), size)
        for left, right in zip(a, b, strict=True)
        for x, y in zip(left, right, strict=True)
    )


def exactness(example: Example) -> float:
    """What exact engines owe each other, relative; chaos doubles the first rounding nineteen times."""
    return 1e-9 if "chaos" in example.title else EXACT


def by_title(example: Example) -> str:
    return example.title


def test_there_are_formulas_vector_functions_and_algorithms_with_loops_and_recursion():
    programs = [parse(example.source) for example in GALLERY.values()]
    algorithms = [example for example in GALLERY.values() if is_algorithm(example.source)]
    assert len(GALLERY) >= 26
    assert len(algorithms) >= 15
    assert sum(len(program.outputs) > 1 for program in programs) >= 3
    assert sum("while" in example.source for example in algorithms) >= 1
    recursive = re.compile(r"def (\w+)\(.*\):\n(?:    .*\n|\n)*    .*\b\1\(")
    assert sum(recursive.search(example.source) is not None for example in algorithms) >= 3


def test_the_window_and_the_check_read_the_same_examples():
    assert [(e.title, e.source, e.point) for e in titles()] == [(e.title, e.source, e.point) for e in examples()]


def test_files_are_numbered_and_titles_are_short_and_distinct():
    names = [path.name for path in sorted(gallery._folder().glob("*"))]
    assert all(re.fullmatch(r"\d{2,3}-[a-z0-9-]+\.txt", name) for name in names)
    assert len(GALLERY) == len(names)
    assert all(len(title) <= 36 for title in GALLERY)


@pytest.mark.parametrize("example", GALLERY.values(), ids=by_title)
def test_an_example_reads_with_a_value_for_each_input_and_without_remarks(example):
    program = parse(example.source)
    assert sorted(dict(example.point)) == sorted(program.inputs)
    assert program.notes == ()


@pytest.mark.parametrize("example", GALLERY.values(), ids=by_title)
def test_an_example_says_what_is_expected_by_whom_and_its_lines_are_short(example):
    assert example.expected_by
    assert example.refused or {each.input for each in example.expected} >= {"", *dict(example.point)}
    lines = example.source.split("\n")
    assert all(len(line) <= 110 for line in lines)
    # Remarks stand last, so that the function is what is seen first.
    remarks = [line.startswith("#") for line in lines]
    assert remarks == sorted(remarks)


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_forward_and_reverse_are_the_same(example, verdicts):
    answer, _ = verdicts(example)
    assert near(matrix(answer, "forward"), matrix(answer, "reverse"), exactness(example))


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_the_symbolic_derivative_is_the_same_or_has_its_documented_reason(example, verdicts):
    answer, end = verdicts(example)
    if example.title in EXPLODES and answer["engines"]["symbolic"] is None:
        assert isinstance(end, Refused)
        assert end.kind == "timeout"
    else:
        assert end == Done()
        assert near(matrix(answer, "symbolic"), matrix(answer, "reverse"), exactness(example))


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_the_complex_step_is_the_same_or_says_what_it_cannot_pass(example, verdicts):
    answer, _ = verdicts(example)
    refused = answer["refused"].get("complex_step", "")
    if example.title in NO_COMPLEX_STEP:
        assert refused == f"The complex step is not valid through {NO_COMPLEX_STEP[example.title]}."
    else:
        assert near(matrix(answer, "complex_step"), matrix(answer, "reverse"), exactness(example))


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_central_differences_are_near_except_where_the_example_is_about_that(example, verdicts):
    answer, _ = verdicts(example)
    assert near(matrix(answer, "central"), matrix(answer, "reverse"), CENTRAL) is (example.title not in CENTRAL_DIFFERS)


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_an_example_gives_what_its_file_expects(example, verdicts):
    answer, _ = verdicts(example)
    slopes = {(s["output"], s["input"]): s for s in answer["slopes"]}
    for each in example.expected:
        output = answer["outputs"].index(each.output)
        if each.side:
            found = [number(slopes[each.output, each.input][each.side])]
        elif each.input:
            column = answer["inputs"].index(each.input)
            found = [matrix(answer, engine)[output][column] for engine in ("forward", "reverse")]
        else:
            found = [number(answer["value"][output])]
        assert found == [pytest.approx(each.number, rel=0, abs=each.tolerance)] * len(found), str(each)


@pytest.mark.parametrize("example", RUN, ids=by_title)
def test_the_verdict_names_the_reasons_that_the_file_expects_and_no_other_doubt(example, verdicts):
    answer, _ = verdicts(example)
    found = set(answer["verdict"]["reasons"])
    assert found >= set(example.reasons)
    harmless = {"cancellation", "complex-step-invalid", "iteration-not-converged"}
    assert found - set(example.reasons) <= harmless


@pytest.mark.parametrize("title", REFUSED)
def test_what_does_not_end_is_refused_with_the_expected_sentence_and_its_line(title, verdicts):
    answer, end = verdicts(GALLERY[title])
    assert answer is None
    assert end.kind == "limit"
    assert end.message.startswith(GALLERY[title].refused.replace("1,000,000", f"{FEWER_STEPS:,}"))
    assert end.span.line == 6


@pytest.mark.parametrize("folder", ["package", "checkout"])
def test_the_gallery_is_found_in_an_installed_package_and_beside_a_checkout(tmp_path, monkeypatch, folder):
    package = tmp_path / "explorer"
    home = (package if folder == "package" else tmp_path) / "resources" / "examples"
    home.mkdir(parents=True)
    (home / "01-one.txt").write_text("# One\n# at x=1\nx\n", encoding="utf-8")
    monkeypatch.setattr(gallery, "explorer", SimpleNamespace(__file__=str(package / "__init__.py")))
    assert [example.title for example in examples()] == ["One"]


# -- the file's form ---------------------------------------------------------------------------------------------------

TEXT = """\
# A title
# at x=1 y=-2.5
x*y

# A remark.
# Expected (by hand):
#   z = -2.5
#   ∂z/∂x = 0.33…
#   ∂z/∂y from the left = 1
#   reason: kink
"""


def test_a_file_is_read_into_numbers_with_the_tolerances_of_their_digits():
    read = gallery.read(TEXT)
    assert (read.title, read.point) == ("A title", (("x", 1.0), ("y", -2.5)))
    assert read.source == "x*y\n\n# A remark."
    assert read.expected == (
        Expected("z", "", "", -2.5, 2.5e-12),
        Expected("z", "x", "", 0.33, 0.01),
        Expected("z", "y", "left", 1.0, gallery.SLOPE),
    )
    assert (read.expected_by, read.reasons, read.refused) == ("by hand", ("kink",), "")
    assert [str(each) for each in read.expected] == ["z", "∂z/∂x", "∂z/∂y from the left"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#   z = -2.5", "#   z is -2.5", "z is -2.5"),
        ("# Expected (by hand):", "# Expected by hand:", "Expected by hand"),
        ("# at", "at", "begins with"),
        ("#   reason: kink", "#   reason: kink\n\n# Another remark.", "no number is expected"),
        ("#   reason: kink", "#   reason: kink\n# Expected (by hand):", "no number is expected"),
    ],
)
def test_a_file_that_is_written_otherwise_is_refused_and_not_taken_for_a_remark(old, new, said):
    with pytest.raises(ValueError, match=said):
        gallery.read(TEXT.replace(old, new))


@pytest.mark.parametrize("example", GALLERY.values(), ids=by_title)
def test_an_example_without_its_remarks_is_the_same_program(example):
    code = "\n".join(line for line in example.source.split("\n") if not line.startswith("#"))
    assert parse(code) == parse(example.source)


def test_the_examples_that_are_named_above_exist():
    named = {*REFUSED, *EXPLODES, *NO_COMPLEX_STEP, *CENTRAL_DIFFERS}
    assert named <= set(GALLERY)


def test_the_smaller_ackermann_that_is_offered_there_runs(verdicts):
    large = GALLERY["Ackermann: cut by the limit"]
    answer, end = verdicts(replace(large, title="smaller", source=large.source.replace("(4, 1)", "(2, 3)")))
    assert end == Done()
    assert answer["value"] == [9.0]
