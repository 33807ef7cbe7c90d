"""The check: the published tables are reproduced, and a number that is wrong does not pass."""

import json
import math
import subprocess
import sys
from functools import partial

import pytest

from explorer import start
from explorer.language.program import ExplorerError
from explorer.work import check, published
from explorer.work.check import Row, Table, outcome, row
from explorer.work.pool import Pool


@pytest.fixture(scope="module")
def pool():
    with Pool(spares=0) as pool:
        yield pool


def only(monkeypatch, *tables: Table) -> None:
    """Let the check have these tables alone, and no notes."""
    monkeypatch.setattr(check, "TABLES", tables)
    monkeypatch.setattr(check, "gallery_tables", list)
    monkeypatch.setattr(check, "sizes", lambda pool: iter(()))


def table(start_of_name: str) -> Table:
    (found,) = [t for t in check.TABLES if f"{t.source}: {t.about}".startswith(start_of_name)]
    return found


def test_every_published_table_and_every_example_is_reproduced(capsys, monkeypatch):
    monkeypatch.setattr(check, "SYMBOLIC_SECONDS", 0.5)  # four examples are there to use up all that they get
    code = check.run([])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[:4] not in ("ok  ", "note")] == [f"{len(lines) - 5} tables, none failed."]
    assert sum(line.startswith("note") for line in lines) == 4
    assert code == 0
    assert "ok   Baydin et al. 2018, Table 2: forward trace" in "\n".join(lines)
    assert len({line.split(" (max.")[0] for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("name", "attribute", "wrong"),
    [
        ("Baydin et al. 2018, Table 1", "ITERATES_AT", {0.3: (*published.ITERATES_AT[0.3][:3], (0.994, 1.309))}),
        ("Baydin et al. 2018, Table 1", "ITERATES", (*published.ITERATES[:3], (4, "x", "x", "x"))),
        (
            "Baydin et al. 2018, Table 2",
            "FORWARD_TRACE",
            {"x1": (*published.FORWARD_TRACE["x1"][:6], ("v5", 11.652071455223084, 5.5001))},
        ),
        ("Baydin et al. 2018, Table 3", "REVERSE_TRACE", published.REVERSE_TRACE[:-1]),
        ("Baydin et al. 2018, Table 3", "REVERSE_TRACE", published.REVERSE_TRACE[::-1]),
        ("Baydin et al. 2018, Figure 3", "ERROR_CURVES", {"central": ((1, 1e-5, 1e-2), None, None)}),
        ("Baydin et al. 2018, Figure 3", "ERROR_CURVES", {"forward": ((1, 1e-7, 1e-3), (-2, 1e-15, 1e-11), None)}),
        ("Baydin et al. 2018, Figure 3", "ERROR_CURVES", {"forward": ((1, 1e-7, 1e-3), None, -5)}),
        ("by hand: Hessian", "SECOND_DERIVATIVES", ((-0.25, 1.0), (1.0, 0.9589242746631385))),
        ("JAX", "TANH_AT_2", ("0.0706508", "-0.1362178")),
        ("Farrell", "TAYLOR_FIRST", ("2.017", "2.008", "2.004", "1.002")),
        ("Squire", "SQUIRE_TRAPP_DERIVATIVE", 4.05342789),
        ("Speelpenning", "SPEELPENNING", (*published.SPEELPENNING[:9], 362881.0)),
        ("Heron", "HERON", ((1.5, 0.5), ("1.4166667", "0.3611131"))),
        ("Heron", "HERON_STOPPED", ("0.0000021", "0.0000021")),
        ("by hand: least", "LEAST_SQUARES_STEPS", ((0.0, 0.0, 33.0), (1.4, 0.5, 3.62))),
        ("this program", "CONVENTIONS", (("abs(x)", {"x": 0.0}, (1.0,)),)),
        ("this program", "CONVENTIONS", (("sqrt(x*x)", {"x": 0.0}, (0.0,)),)),
        ("this program", "CONVENTIONS", (("relu(x)", {"x": 0.0}, (math.nan,)),)),
    ],
)  # fmt: skip
def test_a_planted_wrong_number_fails_its_table(pool, monkeypatch, name, attribute, wrong):
    assert outcome(table(name), pool).ok
    monkeypatch.setattr(published, attribute, wrong)
    found = outcome(table(name), pool)
    assert found.failed
    assert str(found).startswith("FAIL ")
    assert found.failed[0].name in str(found)


@pytest.mark.parametrize("index", [0, 1])
def test_a_wrong_number_of_steps_fails(pool, index):
    about = published.GOH_TUNED[index]
    for steps in (about.steps - 1, about.steps + 1):
        assert not outcome(Table("", "", partial(check.goh, about=about._replace(steps=steps))), pool).ok


@pytest.mark.parametrize("name", published.FIRST_STEPS)
def test_a_wrong_iterate_fails(pool, name):
    about = published.FIRST_STEPS[name]
    *first, (x, y) = about.points
    wrong = about._replace(points=(*first, (x, str(float(y) * 1.00001))))
    (failed,) = outcome(Table("", "", partial(check.first_steps, about=wrong)), pool).failed
    assert failed.name == f"y after step {len(about.points)}"


@pytest.mark.parametrize("name", published.TEST_FUNCTIONS)
def test_a_wrong_gradient_or_a_point_that_is_not_stationary_fails(pool, name):
    about = published.TEST_FUNCTIONS[name]
    wrong = about._replace(gradient=(about.gradient[0], float(about.gradient[1]) + 0.001))
    assert not outcome(Table("", "", partial(check.test_function, about=wrong)), pool).ok
    moved = about._replace(stationary=((1.1, 0.7, 0.0, ()),))
    assert not outcome(Table("", "", partial(check.test_function, about=moved)), pool).ok


def test_one_failed_table_makes_the_exit_code_1_and_prints_what_differs(monkeypatch, capsys):
    wrong = {"x1": (*published.FORWARD_TRACE["x1"][:6], ("v5", 11.652071455223084, 5.6))}
    monkeypatch.setattr(published, "FORWARD_TRACE", wrong)
    only(monkeypatch, table("Baydin et al. 2018, Table 2"), table("Baydin et al. 2018, Table 3"))
    assert check.run([]) == 1
    first, row_line, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("FAIL Baydin et al. 2018, Table 2")
    assert row_line.strip() == "tangent of v5 for the seed x1: 5.6 is published, 5.5 computed"
    assert second.startswith("ok   Baydin et al. 2018, Table 3")


def test_a_wrong_number_in_an_example_fails_and_so_does_a_refusal_or_a_reason_that_does_not_come(pool, tmp_path):
    head = "# T\n# at x=3\nx^2\n\n# Expected (by hand):\n"
    texts = ["#   y = 9\n#   ∂y/∂x = 6", "#   ∂y/∂x = 6.1", "#   y = 8.9…", "#   reason: kink", "#   refused: Stopped"]
    for index, text in enumerate(texts):
        (tmp_path / f"{index}.txt").write_text(head + text + "\n", encoding="utf-8")
    (tmp_path / "5.txt").write_text("# T\n# at x=3\nx^\n\n# Expected (by hand):\n#   y = 9\n", encoding="utf-8")
    (tmp_path / "6.txt").write_text("# T\n# at x=3\nx^2\n", encoding="utf-8")
    outcomes = [outcome(each, pool) for each in check.gallery_tables(tmp_path)]
    # 9 is within one unit of the last digit of 8.9….
    assert [each.ok for each in outcomes] == [True, False, True, False, False, False, False]


def test_a_table_that_is_refused_fails_with_the_sentence(pool):
    def refused(_: Pool):
        raise ExplorerError("The sky has fallen.")
        yield

    assert str(outcome(Table("A", "b", refused), pool)) == "FAIL A: b (The sky has fallen.)"


def test_a_table_without_numbers_is_not_reproduced(pool):
    assert not outcome(Table("A", "b", lambda _: iter(())), pool).ok


def test_json_says_the_same(monkeypatch, capsys):
    only(monkeypatch, table("JAX"), Table("A", "b", lambda _: iter([Row("n", 1.0, math.nan, 0.1)])))
    assert check.run(["--json"]) == 1
    tanh, failed = json.loads(capsys.readouterr().out)["tables"]
    assert (tanh["ok"], tanh["failed"], tanh["refused"]) == (True, [], None)
    assert tanh["difference"] < 1e-7
    assert (failed["ok"], failed["difference"]) == (False, None)
    assert failed["failed"] == [{"name": "n", "published": "1.0", "computed": "nan"}]


@pytest.mark.parametrize(
    ("published_", "computed", "holds"),
    [
        (1.0, 1.0, True),
        (1.0, 1.05, True),
        (1.0, 1.2, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (1.0, math.nan, False),
        (1.0, math.inf, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
    ],
)
def test_nan_is_reproduced_by_nan_alone_and_infinity_by_itself(published_, computed, holds):
    assert Row("", published_, computed, 0.1).holds is holds


def test_a_number_is_as_exact_as_it_is_printed():
    assert row("", "0.5378", 0.53784).holds
    assert not row("", "0.5378", 0.5380).holds
    assert row("", 0.1 + 0.2, 0.3).holds
    assert not row("", 0.5378, 0.53784).holds


def test_the_start_hands_the_command_over_with_its_arguments(monkeypatch):
    monkeypatch.setattr(check, "run", lambda arguments: 7 if arguments == ["--json"] else 0)
    assert start.main(["check", "--json"]) == 7


def test_an_unknown_option_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        start.main(["check", "--bogus"])
    assert stopped.value.code == 2
    assert "--bogus" in capsys.readouterr().err


def test_the_check_loads_neither_qt_nor_sympy_in_its_own_process():
    program = "import sys, explorer.work.check; print({'PySide6', 'sympy', 'matplotlib'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "set()"
