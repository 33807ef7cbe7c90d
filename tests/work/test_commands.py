"""The command line as scripts use it: real processes, exit codes, one answer a line."""

import io
import json
import math
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from explorer.language.program import ExplorerError
from explorer.start import main
from explorer.work import commands, questions, report
from explorer.work.commands import _serve, as_text
from explorer.work.ends import Broken, Refused

ROOT = Path(__file__).parents[2]
WORKED = "ln(x1) + x1*x2 - sin(x2)"
CORPUS = ROOT / "tests" / "corpus"
KEYS = {
    "source", "inputs", "outputs", "at", "assumed", "notes", "value", "jacobian", "hessian", "symbolic", "tape",
    "decisions", "cost", "verdict", "refused", "error",
}  # fmt: skip
# A polynomial of degree 2¹⁰⁰, which SymPy does not bring into any form in half a minute.
CHAOS = "def f(x):\n    for k in range(100):\n        x = 3.9*x*(1 - x)\n    return x"
HERON = "def heron(x):\n    t = (1 + x)/2\n    while abs(t*t - x) > 1e-12:\n        t = (t + x/t)/2\n    return t"


def run(*arguments, text=None, timeout=60):
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd="/",
    )


@pytest.fixture
def told(capsys):
    """The command line's answer in this process, where none of its own is needed: (exit code, output, errors)."""

    def call(*arguments):
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse's way out
            code = end.code
        return code, *capsys.readouterr()

    return call


def serve(requests, *options, timeout=120):
    lines = "".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in requests)
    done = run("report", "--jsonl", *options, text=lines, timeout=timeout)
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def worked():
    done = run("report", WORKED, "--at", "x1=2", "--at", "x2=5", "--order", "2", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_the_worked_example_is_what_the_tables_say(worked):
    assert set(worked) == KEYS
    assert worked["value"] == [pytest.approx(11.652071455223084, rel=1e-15)]
    for engine in ("symbolic", "forward", "reverse", "complex_step"):
        assert worked["jacobian"][engine] == [pytest.approx([5.5, 1.7163378145367738], rel=1e-15)]
    assert worked["jacobian"]["central"] == [pytest.approx([5.5, 1.7163378145367738], rel=1e-6)]
    assert worked["hessian"] == [pytest.approx([-0.25, 1]), pytest.approx([1, math.sin(5)])]
    assert worked["cost"] == {"function": 5, "forward": 14, "reverse": 15}
    assert (worked["verdict"]["agree"], worked["verdict"]["reasons"]) == (True, [])
    assert worked["symbolic"]["swell"]["function"] == {
        "operations": 5, "tree": 10, "dag": 8, "after_cse": 5, "characters": 25,
    }  # fmt: skip
    assert worked["error"] is None


def test_the_tape_has_baydins_names_values_tangents_and_adjoints(worked):
    rows = {row["name"]: row for row in worked["tape"]}
    assert list(rows) == ["v1", "v2", "v3", "v4", "v5"]
    assert [row["operation"] for row in worked["tape"]] == ["log", "mul", "sin", "add", "sub"]
    values = [math.log(2), 10, math.sin(5), math.log(2) + 10, 11.652071455223084]
    assert [rows[n]["value"] for n in rows] == pytest.approx(values, rel=1e-15)
    assert [rows[n]["tangent"] for n in rows] == [0.5, 5.0, 0.0, 5.5, 5.5]
    assert [rows[n]["adjoint"] for n in rows] == [1, 1, -1, 1, 1]
    assert rows["v1"]["arguments"] == ["x1"]
    assert rows["v1"]["partials"] == [0.5]
    assert (rows["v3"]["line"], rows["v3"]["column"]) == (1, 17)


def test_text_for_people_names_every_engine_and_the_verdict(worked):
    text = as_text(worked)
    for word in ("symbolic", "forward", "reverse", "central", "5.5", "x2 + 1/x1", "Hessian", "agree in 15.9 digits"):
        assert word in text


def test_a_refused_text_says_where_on_standard_error_and_exits_with_1():
    done = run("report", "x +* 2")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "line 1, column 3" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["report"], "report needs a formula"),
        (["report", "x", "--order", "3"], "--order"),
        (["optimize"], "source"),
        (["report", "x", "--budget", "0"], "--budget"),
        (["report", "x", "--at", "x=abc"], "--at wants NAME=NUMBER, and got “x=abc”."),
        (["report", "x", "--at", "x"], "--at wants NAME=NUMBER, and got “x”."),
        (["report", "x", "--max-steps", "1"], "“steps” is a whole number"),
        (["report", "x", "--at", "=3"], "--at wants NAME=NUMBER, and got “=3”."),
        (["report", "@"], "the path of a file"),
        (["report", "--jsonl", "x^2"], "no SOURCE"),
        (["export", "x", "--to", "cobol"], "no export to “cobol”"),
        (["export", "x", "--output", "3"], "no output number 3"),
    ],
)
def test_wrong_usage_exits_with_2_and_has_no_place_in_the_source(told, arguments, fragment):
    code, output, errors = told(*arguments)
    assert (code, output) == (2, "")
    assert fragment in errors
    assert "line 1" not in errors


@pytest.mark.parametrize("arguments", [["report", "x", "--at", "y=2"], ["optimize", "x^2", "--start", "z=1"]])
def test_a_value_for_what_is_no_input_is_refused_without_a_place(told, arguments):
    code, _, errors = told(*arguments)
    assert code == 1
    assert errors == f"“{arguments[-1][0]}” is not an input of this function; its inputs: x.\n"


def test_each_line_gets_one_answer_in_order_bad_ones_too():
    answers = serve(
        [
            {"source": "x^2 + x", "at": {"x": 3}},
            "{this is no JSON\n",
            "[1, 2]\n",
            {"source": "sin("},
            {"source": "x", "at": {"z": 1}},
            {"source": "x", "at": {"x": "many"}},
            {"source": "x*y", "seed": {"y": 2}, "panels": ["tape", "forward"], "order": 2},
            {"source": "log(x)", "at": {"x": -1}},
            {"source": HERON, "at": {"x": 2}},
            {"source": "x", "panels": ["everything"]},
            {"source": 7},
            {"source": "[" * 9_000},
        ]
    )
    kinds = [a["error"] and a["error"]["kind"] for a in answers]
    assert kinds == [
        None, "request", "request", "syntax", "request", "request", None, None, None, "request", "request", "limit",
    ]  # fmt: skip
    assert all(set(a) == KEYS for a in answers)
    assert answers[0]["jacobian"]["reverse"] == [[7.0]]
    product = answers[6]
    assert product["assumed"] == ["x", "y"]
    assert (product["jacobian"]["forward"], product["jacobian"]["reverse"]) == ([[1.0, 1.0]], None)
    assert answers[0]["notes"] == []
    assert (product["symbolic"], product["verdict"], product["hessian"]) == (None, None, [[0.0, 1.0], [1.0, 0.0]])
    assert product["tape"][0]["tangent"] == 2.0
    undefined = answers[7]
    assert undefined["value"] == ["nan"]
    assert all(undefined["jacobian"][e] == [["nan"]] for e in undefined["jacobian"])
    assert undefined["verdict"]["reasons"] == ["domain-edge"]
    heron = answers[8]
    assert heron["jacobian"]["reverse"] == [[pytest.approx(0.35355339059327373, rel=1e-15)]]
    assert heron["jacobian"]["symbolic"] == [[pytest.approx(0.35355339059327373, rel=1e-15)]]
    assert "written out with the 4 rounds" in heron["symbolic"]["course"]
    assert "complex_step" in heron["refused"]
    assert [d["taken"] for d in heron["decisions"]] == [True, True, True, True, False]


@pytest.mark.parametrize("source", ["-(x", " -(x", "--x*(", "-1)"])
def test_a_formula_may_begin_with_a_minus_and_is_no_option(told, source):
    code, _, errors = told("report", source, "--at", "x=-2")
    assert code == 1
    assert errors.startswith(source + "\n")


def test_lines_are_utf8_whatever_the_locale_says_and_a_mark_before_the_first_is_none():
    lines = b'\xef\xbb\xbf{"source": "x +"}\n{"source": "x\xb2"}\n{"source": "\xcf\x80 +"}\n'
    answers = io.StringIO()
    assert _serve(io.BytesIO(lines), answers, None, 1.0, {}) == 0
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [each["source"] for each in told] == ["x +", "", "π +"]
    assert told[1]["error"] == {"kind": "request", "message": "This line is not in UTF-8.", "line": 1, "column": 0}


def test_a_fault_of_the_reader_is_an_answer_and_the_next_line_is_served(monkeypatch):
    def broken(text):
        if "x" in text:
            raise IndexError("a fault")
        raise ExplorerError("refused")

    class Desk:
        def ask(self, question, seconds):
            return [], Broken("Traceback")

    monkeypatch.setattr(commands, "parse", broken)
    answers = io.StringIO()
    assert _serve(io.BytesIO(b'{"source": "x"}\n{"source": "y"}\n'), answers, Desk(), 1.0, {}) == 0
    assert [json.loads(line)["error"]["kind"] for line in answers.getvalue().splitlines()] == ["internal", "syntax"]


def test_a_request_that_hangs_is_cut_and_keeps_what_was_ready_and_the_next_is_served():
    started = time.monotonic()
    slow, quick = serve([{"source": CHAOS, "at": {"x": 0.3}}, {"source": "x^2", "at": {"x": 3}}], "--budget", "1")
    assert time.monotonic() - started < 40
    assert slow["jacobian"]["reverse"] is not None
    assert slow["jacobian"]["symbolic"] is None
    assert slow["refused"]["symbolic"] == "Stopped after 1 s."
    assert quick["jacobian"]["symbolic"] == [[6.0]]


def test_all_that_a_request_has_not_got_in_its_time_is_named():
    class Desk:
        def ask(self, question, seconds):
            return [{"value": [1.0]}, {"jacobian": {"forward": [[1.0]]}}], Refused("Stopped after 1 s.", "timeout")

    answer = commands.analyse({"source": "x"}, Desk(), 1.0)
    assert answer["refused"].keys() == {"symbolic", "reverse", "central", "complex_step", "tape", "verdict"}
    answer = commands.analyse({"source": "x", "panels": ["forward", "tape"]}, Desk(), 1.0)
    assert answer["refused"] == {"tape": "Stopped after 1 s."}


def test_the_slopes_do_not_wait_for_the_tape_which_may_have_many_megabytes():
    order = [name for part in report.answers(questions.report("x^2", {}, None, 1, None)) for name in part]
    assert order.index("jacobian") < order.index("verdict") < order.index("tape") < order.index("symbolic")


def test_the_hostile_corpus_is_refused_line_by_line_and_leaves_no_trace(tmp_path):
    cases = [json.loads(line) for line in (CORPUS / "hostile.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [c["s"] if "s" in c else "".join(text * count for text, count in c["gen"]) for c in cases]
    answers = serve([{"source": text, "panels": ["reverse"]} for text in texts])
    assert len(answers) == len(cases)
    for case, answer in zip(cases, answers, strict=True):
        if case["cls"] == "REJECT" and case["s" if "s" in case else "id"] != "2x":  # implicit products are read
            assert answer["error"] is not None, case
            assert answer["error"]["message"]
    assert not (Path("/") / "CANARY").exists()
    assert not (ROOT / "CANARY").exists()


def test_a_program_is_read_from_a_file_and_only_from_a_file(told, tmp_path):
    path = tmp_path / "heron.txt"
    path.write_text(HERON, encoding="utf-8")
    done = run("report", f"@{path}", "--at", "x=2", "--json")
    assert json.loads(done.stdout)["value"] == [pytest.approx(math.sqrt(2), rel=1e-12)]
    for bad in (tmp_path, tmp_path / "missing", "/dev/zero"):
        assert told("report", f"@{bad}")[0] == 1
    path.write_bytes(b"\xef\xbb\xbfx +")  # a mark that editors put before a text in UTF-8
    assert told("report", f"@{path}")[2].startswith("x +\n")
    path.write_bytes(b"\xff\xfe\x00x")
    assert told("report", f"@{path}")[0] == 1


def test_the_first_iterates_on_rosenbrock_are_the_published_ones():
    options = ["--rule", "momentum", "--set", "rate=0.001", "--set", "beta=0.9", "--start", "x=-1.2", "--start", "y=1"]
    done = run("optimize", "(1-x)^2 + 100*(y-x^2)^2", *options, "--steps", "3", "--json")
    answer = json.loads(done.stdout)
    assert answer["stopped"] == "steps"
    assert answer["rule"]["name"] == "momentum"
    assert answer["iterates"][0] == {
        "step": 0,
        "x": {"x": -1.2, "y": 1.0},
        "loss": pytest.approx(24.2),
        "gradient_norm": pytest.approx(232.8677, rel=1e-5),
    }
    # Ruder 2016 with the slides' momentum; the other rules' are in tests/optimize/test_rules.py.
    published = [(-0.9844, 1.088), (-0.8332315666, 1.143408672), (-0.8432065067, 1.103449711)]
    for row, (x, y) in zip(answer["iterates"][1:], published, strict=True):
        assert (row["x"]["x"], row["x"]["y"]) == (pytest.approx(x, abs=1e-9), pytest.approx(y, abs=1e-9))


@pytest.mark.parametrize(
    ("options", "fragment"),
    [
        (["--set", "rate=0"], "above 0"),
        (["--set", "rate=-1"], "above 0"),
        (["--set", "speed=1"], "speed"),
        (["--rule", "quickest"], "quickest"),
        (["--set", "rate=abc"], "finite number"),
        (["--steps", "-5"], "at least 0"),
        (["--start", "x=fast"], "fast"),
    ],
)
def test_an_optimizer_that_is_asked_for_wrongly_says_why(told, options, fragment):
    code, _, errors = told("optimize", "x^2", *options)
    assert code == 2
    assert fragment in errors
    assert "line 1" not in errors


def test_several_outputs_have_no_one_number_to_make_small(told):
    code, _, errors = told("optimize", "(x, x^2)")
    assert code == 1
    assert "one number" in errors


def test_limits_are_flags_and_parts_of_a_request_and_are_checked(told):
    count = "def f(x):\n    for k in range(300):\n        x = x + 1\n    return x"
    usual, asked, deep, wrong, strange, flagged, unrecorded = serve(
        [
            {"source": count, "panels": ["reverse"], "limits": {}},
            {"source": count, "limits": {"steps": 1000}},
            {"source": "def f(x):\n    return f(x + 1)", "limits": {"depth": 25}, "panels": ["reverse"]},
            {"source": "x", "limits": {"steps": 1}},
            {"source": "x", "limits": {"patience": 9}},
            {"source": count},
            {"source": count, "limits": {"operations": 100}},
        ],
        "--max-steps",
        "1100",
    )
    assert usual["value"] == [301.0]
    assert asked["error"]["kind"] == "limit"
    assert "1,000 steps, in line 3" in asked["error"]["message"]
    assert "25 deep in f" in deep["error"]["message"]
    assert [a["error"]["kind"] for a in (wrong, strange)] == ["request", "request"]
    assert "1,100 steps" in flagged["error"]["message"]
    assert (unrecorded["value"], unrecorded["error"]) == ([301.0], None)  # what needs no record is there
    assert [unrecorded["jacobian"][e] for e in ("forward", "complex_step", "reverse")] == [[[1.0]], [[1.0]], None]
    assert all("100 operations" in unrecorded["refused"][e] for e in ("symbolic", "reverse", "tape", "verdict"))
    code, _, errors = told("report", count, "--max-steps", "1000")
    assert code == 1
    assert "1,000 steps, in line 3" in errors


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such pipe")
def test_a_reader_that_has_enough_ends_the_command_in_silence():
    command = [sys.executable, str(ROOT / "main.py"), "export", "x^2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_full_disk_is_said_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(commands, "run", lambda _: print("1") or 0)
    with open("/dev/full", "w") as full, monkeypatch.context() as while_full:
        while_full.setattr(sys, "stdout", full)
        assert main(["report", "x"]) == 1
    assert capsys.readouterr().err == "The output cannot be written: No space left on device.\n"


def test_the_version_is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert run("--version").stdout.split()[-1] == project["version"]
