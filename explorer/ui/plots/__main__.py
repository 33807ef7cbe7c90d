"""The plotting process's main: every question is a spec (see `figures`), every answer one picture."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.ui.plots import figures
from explorer.work.serve import serve
from explorer.work.wire import Message


def answers(ask: Message) -> Iterator[Message]:
    """One picture of one spec."""
    yield figures.answer(ask)


def warm() -> None:
    """Draws once what each kind needs: the first picture that is waited for finds fonts and code loaded."""
    theme = {"background": "#ffffff", "text": "#000000", "grid": "#cccccc", "accent": "#0072b2", "series": ["#0072b2"]}
    size = {"width_px": 200, "height_px": 150, "ratio": 1.0, "theme": theme}
    line = {"x": [1.0, 2.0], "y": [1.0, 2.0]}
    figures.answer({**size, "kind": "curves", "x_scale": "log", "y_scale": "log", "series": [line]})
    figures.answer({**size, "kind": "contour", "x": [0.0, 1.0], "y": [0.0, 1.0], "z": [[0.0, 1.0], [2.0, 3.0]]})


if __name__ == "__main__":
    serve(answers, warm)
