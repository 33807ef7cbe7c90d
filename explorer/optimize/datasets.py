"""Data sets and the models fitted to them: each a function that makes its rows, with the loss of one row as text.

The loss of a data set is the mean over its rows of a Program whose inputs are the model's parameters and the columns.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.language.parser import parse
from explorer.language.program import ExplorerError, Program

Array = NDArray[np.float64]

MOST_ROWS = 100_000  # of a table that is read: a second of work a hundred steps
MOST_COLUMNS = 200


@dataclass(frozen=True)
class DataSet:
    """Columns by name, each of shape (rows,), with the loss of one row as a program; `notes` is what to know of them.

    about says in words what the mean of that loss is; features and target name the columns that a picture of the data
    shows; prediction is the model's output as text, of two classes the score, which is above 0 for the second; hidden
    are what its hidden units see.
    """

    name: str
    about: str
    loss: str
    columns: Mapping[str, Array]
    start: Mapping[str, float]
    prediction: str = ""
    features: tuple[str, ...] = ()
    target: str = ""
    hidden: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values())))

    @property
    def model(self) -> str:
        """The text of the loss with a name for its value, as it is shown; a user's own function as it was written."""
        if self.name == "own":
            return self.loss
        *before, last = self.loss.splitlines()
        return "\n".join([*before, f"loss = {last}"])


# Linear regression of a widely used PyTorch tutorial.
_LINE_X = (3.3, 4.4, 5.5, 6.71, 6.93, 4.168, 9.779, 6.182, 7.59, 2.167, 7.042, 10.791, 5.313, 7.997, 3.1)
_LINE_Y = (1.7, 2.76, 2.09, 3.19, 1.694, 1.573, 3.366, 2.596, 2.53, 1.221, 2.827, 3.465, 1.65, 2.904, 1.3)


def line(seed: int) -> DataSet:
    """A straight line through 15 points by least squares (the points of the PyTorch tutorial's linear regression)."""
    return DataSet(
        "line",
        "mean squared error of a straight line",
        "(w*x + b - y)^2",
        {"x": np.array(_LINE_X), "y": np.array(_LINE_Y)},
        {"w": 0.0, "b": 0.0},
        "w*x + b",
        ("x",),
        "y",
    )


def sine(seed: int) -> DataSet:
    """A cubic polynomial by least squares on 20 points of a sine with noise 0.2 (as Bishop 2006, figure 1.4)."""
    x = np.linspace(-1.0, 1.0, 20)
    return DataSet(
        "sine",
        "mean squared error of a cubic",
        "(w0 + w1*x + w2*x^2 + w3*x^3 - y)^2",
        {"x": x, "y": np.sin(np.pi * x) + np.random.default_rng([seed, 4]).normal(0, 0.2, 20)},
        dict.fromkeys(("w0", "w1", "w2", "w3"), 0.0),
        "w0 + w1*x + w2*x^2 + w3*x^3",
        ("x",),
        "y",
    )


def blobs(seed: int) -> DataSet:
    """Logistic regression on two round clouds of 100 points, at (−1, −1) and (1, 1) with a deviation of 0.8."""
    generator = np.random.default_rng([seed, 1])
    labels = np.repeat([0.0, 1.0], 100)
    points = generator.normal(np.repeat([[-1.0, -1.0], [1.0, 1.0]], 100, axis=0), 0.8)
    order = generator.permutation(200)
    score = "w1*u + w2*v + b"
    return DataSet(
        "blobs",
        "mean cross-entropy of a logistic regression",
        f"s = {score}\nsoftplus(s) - t*s",
        {"u": points[order, 0], "v": points[order, 1], "t": labels[order]},
        {"w1": 0.0, "w2": 0.0, "b": 0.0},
        score,
        ("u", "v"),
        "t",
    )


def circles(seed: int) -> DataSet:
    """A network of 2-3-1 units (tanh, sigmoid) on two circles: 500 points, noise 0.1, the inner radius 0.3.

    Cross-entropy of the label t, written with softplus so that it never overflows. The weights start from a normal
    distribution with deviation 1 of the same seed.
    """
    generator = np.random.default_rng([seed, 2])
    angles = np.linspace(0, 2 * np.pi, 250, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = np.concatenate([ring, 0.3 * ring]) + generator.normal(0, 0.1, (500, 2))
    labels = np.repeat([0.0, 1.0], 250)
    order = generator.permutation(500)
    hidden = [f"a{k}*u + b{k}*v + d{k}" for k in (1, 2, 3)]
    score = " + ".join(f"c{k}*tanh({seen})" for k, seen in enumerate(hidden, start=1)) + " + c0"
    units = [f"h{k} = tanh({seen})" for k, seen in enumerate(hidden, start=1)]
    weighted = "c1*h1 + c2*h2 + c3*h3 + c0"
    names = [f"{letter}{k}" for k in (1, 2, 3) for letter in "cabd"] + ["c0"]
    return DataSet(
        "circles",
        "mean cross-entropy of a 2-3-1 network (tanh)",
        "\n".join([*units, f"s = {weighted}", "softplus(s) - t*s"]),
        {"u": points[order, 0], "v": points[order, 1], "t": labels[order]},
        {name: round(float(weight), 3) for name, weight in zip(names, generator.normal(size=13), strict=True)},
        score,
        ("u", "v"),
        "t",
        tuple(hidden),
    )


DATASETS: Mapping[str, Callable[[int], DataSet]] = {"line": line, "sine": sine, "blobs": blobs, "circles": circles}


def table_from(text: str) -> tuple[dict[str, Array], tuple[str, ...]]:
    """The columns of a table in CSV (comma, semicolon or tab; the first line names the columns), and what to know.

    Rows with a cell that is no finite number are left out and counted. Raises ExplorerError (request) where there is
    no table, (limit) where it is too large, (domain) where no row is left.
    """
    lines = text.strip().splitlines()
    if not lines:
        raise ExplorerError("The table is empty.", kind="domain")
    separator = max(",;\t", key=lines[0].count)
    rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    names = [name.strip() for name in next(rows)]
    if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
        raise ExplorerError(
            "The first line of a table must name its columns, each as an input is named.", kind="request"
        )
    if len(names) > MOST_COLUMNS or len(lines) > MOST_ROWS:
        raise ExplorerError(f"A table has at most {MOST_ROWS} rows and {MOST_COLUMNS} columns.", kind="limit")
    kept, left_out = [], 0
    for row in rows:
        try:
            numbers = [float(cell) for cell in row]
        except ValueError:
            numbers = []
        if len(numbers) == len(names) and all(map(math.isfinite, numbers)):
            kept.append(numbers)
        else:
            left_out += 1
    if not kept:
        raise ExplorerError("No row of the table has a number in every column.", kind="domain")
    values = np.array(kept)
    notes = [f"{left_out} row{'s' if left_out > 1 else ''} without a number in every column left out."] * bool(left_out)
    notes += [f"The column {n} is constant." for n, c in zip(names, values.T, strict=True) if np.ptp(c) == 0]
    return {name: values[:, place].copy() for place, name in enumerate(names)}, tuple(notes)


def own_data(program: Program, text: str) -> DataSet:
    """The user's function as the loss of one row of a table: its inputs that are no columns are the parameters."""
    columns, notes = table_from(text)
    used = {name: column for name, column in columns.items() if name in program.inputs}
    if not used:
        inputs = ", ".join(program.inputs) or "none"
        raise ExplorerError(
            f"No column has the name of an input of this function; its inputs: {inputs}.", kind="request"
        )
    parameters = [name for name in program.inputs if name not in used]
    if not parameters:
        raise ExplorerError("Every input is a column of the table: no parameter is left to fit.", kind="request")
    unused = [name for name in columns if name not in used]
    more = (f"Not used: the columns {', '.join(unused)}.",) if unused else ()
    return DataSet(
        "own",
        f"mean of {program.outputs[0]}",
        program.source,
        used,
        dict.fromkeys(parameters, 1.0),
        notes=(*notes, *more),
    )


def dataset(name: str, seed: int) -> DataSet:
    """The data set of that name; ExplorerError (name) for another."""
    if name not in DATASETS:
        raise ExplorerError(f"There is no data set “{name}”; the data sets: {', '.join(DATASETS)}.", kind="name")
    return DATASETS[name](seed)


def loss_program(data: DataSet) -> Program:
    """The loss of one row."""
    program = parse(data.loss)
    if len(program.outputs) != 1:
        raise ExplorerError("The loss of one row must be one number.", kind="domain")
    return program
