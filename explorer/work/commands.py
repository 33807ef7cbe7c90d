"""The command line without a window: `report`, `optimize` and `export`, as text, JSON, or one JSON object a line.

Exit codes: 0 done, 1 the analysis was refused (message and place on standard error), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

from explorer.language.limits import MAX_CHARACTERS, RUN_LIMITS
from explorer.language.names import plain_name
from explorer.language.parser import parse
from explorer.language.program import NOWHERE, ExplorerError, Limits, Program, Span
from explorer.optimize.rules.table import rule_from
from explorer.work import questions
from explorer.work.ends import Broken, Done, End, Refused
from explorer.work.pool import Pool
from explorer.work.wire import number, plain

BUDGET_SECONDS = 10.0
LONGEST_SECONDS = 1e6  # of a budget; the system's clocks take no number above
# The most bytes that a text of MAX_CHARACTERS can have in UTF-8.
_FILE_BYTES = 4 * MAX_CHARACTERS
_LINE_BYTES = 32 * 2**20  # one request on standard input; longer lines are read past and refused


class WrongUsage(Exception):
    """What is wrong with the words of a command, in a sentence; it has no place in the source."""


@contextmanager
def _of_the_usage() -> Iterator[None]:
    """What is refused inside is refused for an option's sake."""
    try:
        yield
    except ExplorerError as error:
        raise WrongUsage(error.message) from None


def run(arguments: Sequence[str]) -> int:
    """Run `report …`, `optimize …` or `export …`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="explorer", description="Derivatives four ways, optimizers and exports, as text, JSON or code."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="one analysis of a function at a point")
    report.add_argument("source", nargs="?", type=source_argument, help="a formula, an algorithm, or @path")
    report.add_argument("--at", action="append", default=[], metavar="NAME=NUMBER", help="an input's value (default 1)")
    report.add_argument("--seed", action="append", default=[], metavar="NAME=NUMBER", help="the forward direction")
    report.add_argument("--order", type=int, choices=(1, 2), default=1, help="2: the Hessian too")
    report.add_argument("--json", action="store_true", help="the answer as JSON")
    report.add_argument("--jsonl", action="store_true", help="requests on standard input, answers on standard output")
    _add_limits(report)
    report.add_argument("--budget", type=float, default=BUDGET_SECONDS, metavar="SECONDS", help="time for one request")
    optimize = commands.add_parser("optimize", help="run an optimizer on a function")
    optimize.add_argument("source", type=source_argument, help="a formula, an algorithm, or @path")
    optimize.add_argument(
        "--start", action="append", default=[], metavar="NAME=NUMBER", help="an input's start (default 1)"
    )
    optimize.add_argument("--rule", default="gd", help="gd, momentum, nesterov, adagrad, rmsprop, adam, …")
    optimize.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="a hyper-parameter")
    optimize.add_argument("--steps", type=int, default=100)
    _add_limits(optimize)
    optimize.add_argument("--json", action="store_true", help="the run as JSON")
    optimize.add_argument("--budget", type=float, default=60.0, metavar="SECONDS", help="time for the run")
    export = commands.add_parser("export", help="value and derivatives as a module that stands alone")
    export.add_argument("source", type=source_argument, help="a formula, an algorithm, or @path")
    export.add_argument(
        "--to",
        default="python",
        metavar="LANGUAGE",
        help="python, numpy, notebook, latex, pytorch, jax, tensorflow, mathematica, maple or sympy",
    )
    export.add_argument(
        "--output", type=int, metavar="NUMBER", help="one of several outputs, from 1 (default: all, with the Jacobian)"
    )
    _add_limits(export)
    export.add_argument("--budget", type=float, default=BUDGET_SECONDS, metavar="SECONDS", help="time for it")
    options = parser.parse_args(sources_shielded(arguments))
    source = None
    try:
        if not options.budget > 0.0:
            raise WrongUsage("--budget must be a number of seconds above 0.")
        with _of_the_usage():
            Limits.of(_limits(options))
        options.budget = min(options.budget, LONGEST_SECONDS)
        if options.command == "report" and options.jsonl:
            if options.source is not None or options.at or options.seed:
                raise WrongUsage("With --jsonl the requests come on standard input: no SOURCE, no --at, no --seed.")
            with Pool(spares=0) as pool:
                return _serve(sys.stdin.buffer, sys.stdout, pool, options.budget, _limits(options))
        if options.source is None:
            raise WrongUsage("report needs a formula, an algorithm, @path, or --jsonl.")
        source = read_source(options.source)
        program = parse(source)
        command = {"report": _report, "optimize": _optimize, "export": _export}[options.command]
        return command(options, program)
    except WrongUsage as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except ExplorerError as error:
        complain(error.message, error.span, source, error.kind)
        return 1


def _add_limits(command: argparse.ArgumentParser) -> None:
    for name, (usual, _, _, meaning) in RUN_LIMITS.items():
        said = f"the most {meaning} (default {usual:,})"
        command.add_argument(f"--max-{name}", type=int, metavar="NUMBER", help=said)


def _limits(options: argparse.Namespace) -> dict[str, int]:
    """The limits that the command line changes, by name."""
    asked = {name: getattr(options, f"max_{name}") for name in RUN_LIMITS}
    return {name: number for name, number in asked.items() if number is not None}


def _report(options: argparse.Namespace, program: Program) -> int:
    source, at = program.source, assignments(options.at, "--at")
    check_names(at, program)
    request: dict[str, Any] = {"source": source, "at": at, "order": options.order}
    if limits := _limits(options):
        request["limits"] = limits
    if options.seed:
        request["seed"] = assignments(options.seed, "--seed")
        check_names(request["seed"], program)
    with Pool(spares=0, only=["report", "symbolic"]) as pool:
        answer = analyse(request, pool, options.budget)
    if answer["error"] is not None:
        error = answer["error"]
        place = Span(error["line"], error["column"], error["line"], error["column"])
        complain(error["message"], place, source, error["kind"])
        return 1
    if options.json:
        print(json.dumps(plain(answer), ensure_ascii=False, indent=1))
    else:
        print(as_text(answer))
    return 0


def _serve(requests: BinaryIO, answers: TextIO, pool: Pool, budget: float, limits: Mapping[str, int]) -> int:
    """Answer each line with one line, in order; a bad line gets an answer with `error`.

    limits: of the requests that say nothing of them.
    """
    while line := requests.readline(_LINE_BYTES):
        if len(line) == _LINE_BYTES and not line.endswith(b"\n"):
            while (rest := requests.readline(_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            answer = _refusal("", ExplorerError("This request is too long.", kind="limit"))
        elif not line.strip():
            continue
        else:
            answer = _answer_line(line, pool, budget, limits)
        answers.write(json.dumps(plain(answer), ensure_ascii=True) + "\n")
        answers.flush()
    return 0


def _answer_line(line: bytes, pool: Pool, budget: float, limits: Mapping[str, int]) -> dict[str, Any]:
    try:
        request = json.loads(line.decode("utf-8-sig"))  # some editors put a byte-order mark before the first
    except UnicodeDecodeError:
        return _refusal("", ExplorerError("This line is not in UTF-8.", kind="request"))
    except RecursionError:
        return _refusal("", ExplorerError("This line has too many brackets inside each other.", kind="request"))
    except ValueError as error:
        return _refusal("", ExplorerError(f"This line is not JSON: {error}.", kind="request"))
    if isinstance(request, dict):
        request.setdefault("limits", dict(limits))
    return analyse(request, pool, budget)


def analyse(request: object, pool: Pool, budget: float) -> dict[str, Any]:
    """The answer to one request: a full report, or one with `error`; parts that took too long are in `refused`."""
    from explorer.work.report import PANELS, empty, merge  # loads NumPy, which a refused text need not wait for

    source = request.get("source") if isinstance(request, Mapping) else None
    source = source if isinstance(source, str) else ""
    try:
        if not isinstance(request, Mapping) or not isinstance(request.get("source"), str):
            raise ExplorerError("A request is an object with a text “source”.", kind="request")
        order = request.get("order")
        order = 1 if order is None else order
        if order not in (1, 2) or isinstance(order, bool):
            raise ExplorerError("“order” is 1 or 2.", kind="request")
        _refuse_at_once(source)
        at = request.get("at") or {}
        question = questions.report(source, at, request.get("seed"), order, request.get("panels"))
        question["limits"] = request.get("limits")
    except ExplorerError as error:
        return _refusal(source, error)
    except (TypeError, ValueError):
        return _refusal(source, ExplorerError("“at” and “seed” are objects: name → number.", kind="request"))
    report = empty(source)
    parts, end = pool.ask(question, budget)
    for part in parts:
        merge(report, part)
    if isinstance(end, Done):
        return report
    if not parts:
        return _refusal(source, _as_error(end))
    reason = end.message if isinstance(end, Refused) else "This part failed."
    wanted = request.get("panels") or PANELS
    missing = [n for n in wanted if (report["jacobian"][n] if n in report["jacobian"] else report[n]) is None]
    for name in missing or ["symbolic"]:
        report["refused"].setdefault(name, reason)
    return report


def _refuse_at_once(source: str) -> None:
    """ExplorerError where a text is refused, which needs no worker."""
    try:
        parse(source)
    except ExplorerError:
        raise
    except Exception:  # a fault of ours: the worker meets it too, and what it says of it is the answer
        return


def _as_error(end: End) -> ExplorerError:
    if isinstance(end, Refused):
        return ExplorerError(end.message, end.span or NOWHERE, end.kind)
    said = end.traceback if isinstance(end, Broken) else ""
    print(said, file=sys.stderr)
    return ExplorerError("The analysis failed by a fault of the program.", kind="internal")


def _refusal(source: str, error: ExplorerError) -> dict[str, Any]:
    from explorer.work.report import empty

    answer = empty(source[:MAX_CHARACTERS])
    answer["error"] = {
        "kind": error.kind,
        "message": error.message,
        "line": error.span.line,
        "column": error.span.column,
    }
    return answer


def _optimize(options: argparse.Namespace, program: Program) -> int:
    source, start, settings = program.source, assignments(options.start, "--start"), _settings(options.set)
    if options.steps < 0:
        raise WrongUsage(f"--steps must be a whole number of at least 0, and is {options.steps}.")
    with _of_the_usage():
        rule_from(options.rule, settings)
    check_names(start, program)
    question = questions.descent(source, start, options.rule, settings, options.steps)
    question["limits"] = _limits(options)
    with Pool(spares=0, only=["descent"]) as pool:
        parts, end = pool.ask(question, options.budget)
    run: dict[str, Any] = {"iterates": [], "stopped": "budget", "evaluations": None, "rule": {"name": options.rule}}
    sentence = f"Stopped after {options.budget:g} s."
    for part in parts:
        run["iterates"] += [
            {key: row[key] for key in ("step", "x", "loss", "gradient_norm")} for row in part.get("iterates", [])
        ]
        if "stopped" in part:
            run.update({key: part[key] for key in ("stopped", "evaluations", "rule")})
            sentence = part["sentence"]
    timed_out = isinstance(end, Refused) and end.kind == "timeout" and run["iterates"]
    if timed_out:
        count = run["iterates"][-1]["step"] + 1
        run["evaluations"] = {"function": count, "gradient": count}
    elif not isinstance(end, Done):
        raise _as_error(end)
    if options.json:
        print(json.dumps(plain(run), ensure_ascii=False, indent=1))
        return 0
    for row in run["iterates"]:
        point = "  ".join(f"{name} = {number(value):.10g}" for name, value in row["x"].items())
        print(f"{row['step']:6d}  {point}  loss = {number(row['loss']):.10g}  |g| = {number(row['gradient_norm']):.4g}")
    print(sentence)
    return 0


def _export(options: argparse.Namespace, program: Program) -> int:
    output = None if options.output is None else options.output - 1
    question = questions.export(program.source, options.to, output)
    question["limits"] = _limits(options)
    with Pool(spares=0, only=["export"]) as pool:
        parts, end = pool.ask(question, options.budget)
    if isinstance(end, Refused) and end.kind == "request":  # no such language, or no such output
        raise WrongUsage(end.message)
    if not isinstance(end, Done):
        raise _as_error(end)
    print(parts[0]["text"], end="")
    return 0


def sources_shielded(arguments: Sequence[str]) -> list[str]:
    """The arguments, with a space before a formula that begins with a minus: argparse takes that for no option.

    -h and all that begins with two dashes and two letters remain options; `source_argument` takes the space away.
    """
    return [f" {each}" if re.match(r" *-(?!h$|-$|-[a-z]{2})", each) else each for each in arguments]


def source_argument(shielded: str) -> str:
    """A SOURCE as it was typed."""
    return shielded[1:] if re.match(" +-", shielded) else shielded


def read_source(argument: str) -> str:
    """The text itself, or the content of @path: a regular file in UTF-8 of a readable size."""
    if not argument.startswith("@"):
        return argument
    if argument == "@":
        raise WrongUsage("@ wants the path of a file behind it: @program.txt.")
    try:
        # Not blocking: a pipe or a device must be refused and not waited for.
        descriptor = os.open(os.path.expanduser(argument[1:]), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ExplorerError(f"{argument[1:]} is not a file.", kind="request")
            content = file.read(_FILE_BYTES + 1)
    except OSError as error:
        raise ExplorerError(f"{argument[1:]} cannot be read: {error.strerror}.", kind="request") from None
    if len(content) > _FILE_BYTES:
        raise ExplorerError(f"{argument[1:]} is too large for a program text.", kind="limit")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ExplorerError(f"{argument[1:]} is not a text in UTF-8.", kind="request") from None


def assignments(pairs: Sequence[str], option: str) -> dict[str, float]:
    """The numbers by name of an option that is given once for each; WrongUsage where one says something else."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        try:
            if not equals or not name.strip() or "_" in text:
                raise ValueError
            values[plain_name(name.strip())] = float(text)
        except ValueError:
            raise WrongUsage(f"{option} wants NAME=NUMBER, and got “{pair}”.") from None
    return values


def check_names(values: Mapping[str, float], program: Program) -> None:
    """ExplorerError where a value is given to what is no input of the program."""
    for name in values:
        if name not in program.inputs:
            inputs = ", ".join(program.inputs) or "none"
            raise ExplorerError(f"“{name}” is not an input of this function; its inputs: {inputs}.", kind="request")


def _settings(pairs: Sequence[str]) -> dict[str, float | str]:
    """Hyper-parameters: a number, or a word that is a choice, as in search=armijo."""
    settings: dict[str, float | str] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if text.strip()[:1].isalpha() and text.strip().lower() not in ("nan", "inf", "infinity"):
            settings[plain_name(name.strip())] = text.strip()
        else:
            settings.update(assignments([pair], "--set"))
    return settings


def complain(message: str, span: Span, source: str | None, kind: str) -> None:
    """The message on standard error, with its place marked in the source where there is one."""
    if kind in ("request", "timeout", "internal"):  # nothing in the source is at fault
        print(message, file=sys.stderr)
        return
    lines = (source or "").split("\n")
    if source and span.line <= len(lines) and len(lines[span.line - 1]) <= 200:
        print(f"{lines[span.line - 1]}\n{' ' * span.column}^", file=sys.stderr)
    print(f"line {span.line}, column {span.column}: {message}", file=sys.stderr)


def as_text(answer: Mapping[str, Any]) -> str:
    """A report for people: values, the table of engines, the sizes, the tape, the verdict."""
    lines = [answer["source"], *(f"({note['message']})" for note in answer["notes"]), ""]
    at = ", ".join(f"{name} = {number(value):.17g}" for name, value in answer["at"].items())
    if at:
        lines.append(f"at {at}" + (f"   (assumed: {', '.join(answer['assumed'])})" if answer["assumed"] else ""))
    for name, value in zip(answer["outputs"], answer["value"], strict=True):
        lines.append(f"{name} = {number(value)!r}")
    lines.append("")
    for row, output in enumerate(answer["outputs"]):
        for column, name in enumerate(answer["inputs"]):
            lines.append(f"∂{output}/∂{name}")
            for engine, matrix in answer["jacobian"].items():
                shown = "–" if matrix is None else repr(number(matrix[row][column]))
                why = answer["refused"].get(engine)
                lines.append(f"  {engine:13s} {shown}" + (f"   {why}" if matrix is None and why else ""))
            text = answer["symbolic"]["text"][row][column] if answer["symbolic"] else None
            if text is not None:
                lines.append(f"  = {text if len(text) <= 400 else text[:400] + ' …'}")
    if answer["hessian"] is not None:
        lines += ["", "Hessian"] + ["  " + "  ".join(f"{number(v):.17g}" for v in row) for row in answer["hessian"]]
    lines += _sizes(answer) + _tape(answer) + _judged(answer)
    return "\n".join(lines)


def _sizes(answer: Mapping[str, Any]) -> list[str]:
    if not answer["symbolic"] or not answer["symbolic"]["swell"]:
        return []
    lines = ["", "size            operations       tree     shared  after CSE"]
    for name, size in answer["symbolic"]["swell"].items():
        shown = [size[key] for key in ("operations", "tree", "dag", "after_cse")]
        lines.append(f"  {name:12s}" + "".join(f"{'–' if v is None else v:>11}" for v in shown))
    return lines


def _tape(answer: Mapping[str, Any]) -> list[str]:
    if not answer["tape"]:
        return []
    lines = ["", "tape   operation                value                 tangent                adjoint"]
    for row in answer["tape"]:
        arguments = ", ".join(str(a) for a in row["arguments"])
        numbers = "".join(f"{number(row[key])!r:>23}" for key in ("value", "tangent", "adjoint"))
        lines.append(f"  {row['name']:4s} {row['operation'] + '(' + arguments + ')':20s}{numbers}")
    cost = answer["cost"]
    lines.append(f"  operations: function {cost['function']}, forward {cost['forward']}, reverse {cost['reverse']}")
    return lines


def _judged(answer: Mapping[str, Any]) -> list[str]:
    verdict = answer["verdict"]
    if not verdict:
        return []
    agreed = f"the methods agree in {verdict['digits']} digits" if verdict["agree"] else "the methods DISAGREE"
    if verdict["agree"] and not verdict["central_agrees"]:
        agreed = f"the exact methods agree in {verdict['digits']} digits, the central difference does not"
    if verdict["agree"] and verdict["lost"] == "digits":
        agreed = "what the methods agree on has lost its digits"
    if not {"inf", "-inf"}.isdisjoint(plain(answer["value"])):
        agreed = "the function is infinite at this point"
    if verdict["lost"] == "range":
        agreed = "a number here, or on the way, is more or less than a double can hold"
    if "not-differentiable" in verdict["reasons"] or any(slope["differ"] for slope in verdict["slopes"]):
        agreed = "there is no derivative at this point"
    reasons = f" ({', '.join(verdict['reasons'])})" if verdict["reasons"] else ""
    lines = ["", f"verdict: {agreed}{reasons}"]
    for slope in verdict["slopes"]:
        left, right = number(slope["left"]), number(slope["right"])
        if left != left and right != right:
            continue
        lines.append(f"  ∂{slope['output']}/∂{slope['input']}: from the left {left:.6g}, from the right {right:.6g}")
    lines += [f"  {note}" for note in verdict["notes"]]
    return lines
