"""Pictures of the graph: each format is opened again by another program than the one that wrote it."""

import base64
import importlib.util
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter, QPicture
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QFileDialog, QProgressDialog, QSpinBox

from explorer import start
from explorer.ui.graph_heat import LARGE, NOT_FINITE, SMALL
from explorer.ui.graph_paint import Style
from explorer.ui.graph_state import Looks
from explorer.ui.picture_command import draw, save_widget
from explorer.ui.pictures import HELD_SECONDS, FilmExport, PictureError, reason_against, save_still
from tests.ui.conftest import PATIENCE_MS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def still(window, tmp_path):
    """Write the present step to a file of this name."""

    def write(name):
        path = tmp_path / name
        view = window.graph.view
        save_still(str(path), window.graph.answer.picture, view.picture.state, view.font(), view.palette())
        assert [entry.name for entry in tmp_path.iterdir()] == [name]
        return path

    return write


@pytest.fixture
def film(qtbot, window, tmp_path):
    """Write the sweep to a file of this name; why it failed."""

    def write(name, *, cancel_after=None, cancel_at_once=False, **options):
        view, ended = window.graph.view, []
        export = FilmExport(str(tmp_path / name), window.graph.answer, view.font(), view.palette(), **options)
        export.ended.connect(ended.append)
        if cancel_after is not None:
            export.progressed.connect(lambda done, _: done == cancel_after and export.cancel())
        export.start()
        if cancel_at_once:
            export.cancel()
        qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE_MS)
        return ended[0], export

    return write


def test_a_png_is_the_graph_at_two_pixels_a_unit(window, still):
    image = QImage(str(still("graph.png")))
    area = window.graph.answer.picture.area
    assert (image.width(), image.height()) == (round(2 * area.width()), round(2 * area.height()))
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 9) for y in range(0, image.height(), 9)}
    assert "#e69f00" in colours, "the active nodes"


def test_an_svg_has_all_its_texts_as_shapes(window, still):
    root = ElementTree.parse(still("graph.svg")).getroot()
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "text" not in tags
    assert tags.count("path") + tags.count("polyline") > 40


def test_a_pdf_is_one_page_of_the_drawings_size(window, still):
    text = still("graph.pdf").read_bytes()
    assert text.startswith(b"%PDF-")
    assert text.count(b"/Type /Page\n") == 1
    assert b"/Font <<\n>>" in text or b"/BaseFont" not in text, "texts are shapes"


def test_a_step_in_the_middle_is_another_picture(window, still):
    at_end = still("graph.png").read_bytes()
    window.graph.player.go(5)
    assert still("graph.png").read_bytes() != at_end


def test_a_gif_has_a_frame_for_each_step_and_leaves_the_player_where_it_is(window, film, tmp_path):
    from PIL import Image

    window.graph.player.go(4)
    failure, export = film("sweep.gif", width=400, steps_a_second=2.0)
    assert not failure
    with Image.open(tmp_path / "sweep.gif") as image:
        assert image.n_frames == export.frames == 17
        assert image.size == (export.size.width(), export.size.height())
        assert image.info["duration"] == 500
    assert window.graph.player.row == 4
    assert window.graph.view.picture.state.known == 4


def test_a_film_shows_what_the_graph_shows(window, film, tmp_path, monkeypatch):
    """Values, adjoints and partials that are left out, all digits, and the colours of heat."""
    written = set()
    monkeypatch.setattr(Style, "write", lambda *arguments: written.add(arguments[4]))

    def seen(**looks):
        written.clear()
        failure, _ = film("sweep.gif", width=400, looks=Looks(**looks))
        assert not failure
        with Image.open(tmp_path / "sweep.gif") as image:
            image.seek(image.n_frames - 1)
            colours = {colour for _, colour in image.convert("RGB").getcolors(100_000)}
        return frozenset(written), colours

    usual, colours = seen()
    assert {"0.693", "x₁ = 5.5", "0.284"} <= usual
    assert "0.693" not in seen(hidden=frozenset({"values"}))[0]
    assert not any("= 5.5" in text for text in seen(hidden=frozenset({"seconds"}))[0])
    assert "0.284" not in seen(partials=False)[0]
    assert any(text.startswith("0.69314") for text in seen(all_digits=True)[0])
    assert seen(heat=True)[1] != colours


def has_legend(strip):
    """Whether a picture has the colours of what is small, large and not finite."""
    found = {colour for _, colour in strip.convert("RGB").getcolors(100_000)}
    wanted = [colour.getRgb()[:3] for colour in (SMALL, LARGE, NOT_FINITE)]
    return all(any(max(abs(a - b) for a, b in zip(c, f, strict=True)) < 12 for f in found) for c in wanted)


def test_heat_is_told_of_above_the_drawing_of_a_still(window, find, tmp_path):
    view, picture = window.graph.view, window.graph.answer.picture
    find("graph.heat").click()
    state = view.picture.state
    find("graph.heat").click()

    def still(name, **changed):
        save_still(str(tmp_path / name), picture, replace(state, **changed), view.font(), view.palette())
        return tmp_path / name

    with Image.open(still("with.png")) as told, Image.open(still("without.png", heat_of="")) as plain:
        above = told.height - plain.height
        assert has_legend(told.crop((0, 0, told.width, above)))
        assert told.crop((0, above, told.width, told.height)).tobytes() == plain.tobytes(), "it covers nothing"
    box = [float(n) for n in ElementTree.parse(still("heat.svg")).getroot().get("viewBox").split()]
    assert box == pytest.approx([0, 0, picture.area.width(), picture.area.height() + above / 2], abs=1)
    assert NOT_FINITE.name() in (tmp_path / "heat.svg").read_text()
    page = re.search(rb"/MediaBox \[(.*?)\]", still("heat.pdf").read_bytes())
    assert [float(n) for n in page[1].split()] == pytest.approx([0.75 * n for n in box], abs=1)


def test_heat_is_told_of_above_the_drawing_of_a_film(window, film, tmp_path):
    for width in (160, 700):
        _, plain = film("plain.gif", width=width)
        _, export = film("heat.gif", width=width, looks=Looks(heat=True))
        with Image.open(tmp_path / "heat.gif") as image:
            assert image.size == (export.size.width(), export.size.height())
            for frame in (0, image.n_frames - 1):
                image.seek(frame)
                assert has_legend(image.crop((0, 0, image.width, export.size.height() - plain.size.height())))


def test_the_graph_hands_on_what_it_shows_to_its_film(window, monkeypatch):
    given = []
    monkeypatch.setattr("explorer.ui.picture_dialogs.save_film", lambda *arguments: given.append(arguments[-1]))
    looks = window.graph.looks
    looks.values.trigger()
    window.graph.heat_on.click()
    looks.film_wanted.emit()
    looks.values.trigger()
    window.graph.heat_on.click()
    looks.film_wanted.emit()
    assert given == [Looks(hidden=frozenset({"values"}), heat=True), Looks()]


def test_a_film_keeps_its_numbers_while_the_window_goes_on(window, film, settle, tmp_path, monkeypatch):
    """Partials too: the drawing is the same for another value, and is handed on to its answer."""
    written = set()
    monkeypatch.setattr(Style, "write", lambda *arguments: written.add(arguments[4]))
    view, ended = window.graph.view, []
    export = FilmExport(str(tmp_path / "sweep.gif"), window.graph.answer, view.font(), view.palette(), width=400)
    export.ended.connect(ended.append)
    window.document.edit_value("x2", 6.0)
    settle()
    written.clear()
    view.setUpdatesEnabled(False)
    export.start()
    while not ended:
        QApplication.processEvents()
    view.setUpdatesEnabled(True)
    assert {"0.284", "5"} <= written
    assert not {"0.96", "6"} & written


def test_a_cancelled_film_leaves_no_file(window, film, tmp_path):
    failure, _ = film("sweep.gif", width=400, cancel_after=3)
    assert failure == "Cancelled."
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_is_written_when_the_program_ends_leaves_no_file(qtbot, window, tmp_path):
    view = window.graph.view
    export = FilmExport(str(tmp_path / "sweep.gif"), window.graph.answer, view.font(), view.palette(), width=400)
    export.start()
    qtbot.waitUntil(lambda: bool(list(tmp_path.iterdir())), timeout=PATIENCE_MS)
    export.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(window, film):
    failure, _ = film("nowhere/sweep.gif", width=200)
    assert "cannot be written" in failure


@pytest.mark.skipif(importlib.util.find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is optional")
def test_an_mp4_plays_at_its_length(window, film, tmp_path):
    import imageio_ffmpeg

    failure, export = film("sweep.mp4", width=400, steps_a_second=4.0)
    assert not failure
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "sweep.mp4"))
    assert frames > 0
    assert seconds == pytest.approx((export.frames - 1) / 4.0 + HELD_SECONDS, abs=0.2), "its last frame stays"


@pytest.mark.skipif(importlib.util.find_spec("imageio_ffmpeg") is None, reason="imageio-ffmpeg is optional")
def test_an_mp4_that_is_cancelled_before_its_first_frame_says_nothing(window, film, tmp_path, caplog, capfd):
    failure, _ = film("sweep.mp4", width=400, cancel_at_once=True)
    assert failure == "Cancelled."
    assert list(tmp_path.iterdir()) == []
    assert (caplog.text, *capfd.readouterr()) == ("", "", "")


def test_the_command_writes_the_sweeps_last_step(tmp_path):
    path = tmp_path / "graph.svg"
    command = [sys.executable, str(ROOT / "main.py"), "picture", str(path), "ln(x1) + x1*x2 - sin(x2)"]
    apart = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    done = subprocess.run(
        [*command, "--at", "x1=2", "--at", "x2=5"], capture_output=True, text=True, timeout=100, env=apart
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.rglob("*.journal")), "a picture leaves nothing to be brought back"
    assert len(ElementTree.parse(path).getroot()) > 1


def chosen_in_the_menu(window, words):
    next(a for a in window.graph.looks.actions() if words in a.text().replace("&", "")).trigger()


def test_the_graphs_menu_saves_the_step_and_the_sweep(qtbot, window, tmp_path):
    graph, still, film = window.graph, tmp_path / "step.png", tmp_path / "sweep.gif"
    chosen_in_the_menu(window, "Save a picture of this step")
    graph.findChild(QFileDialog, "graph.save").fileSelected.emit(str(still))
    assert not QImage(str(still)).isNull()
    graph.findChild(QFileDialog, "graph.save").close()
    qtbot.waitUntil(lambda: graph.findChild(QFileDialog, "graph.save") is None, timeout=PATIENCE_MS)
    chosen_in_the_menu(window, "Save the sweep as a film")
    options = graph.findChild(QDialog, "graph.film")
    options.findChild(QSpinBox, "graph.film.width").setValue(200)
    options.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Save).click()
    qtbot.waitUntil(lambda: graph.findChild(QFileDialog, "graph.save") is not None, timeout=PATIENCE_MS)
    graph.findChild(QFileDialog, "graph.save").fileSelected.emit(str(film))
    qtbot.waitUntil(film.exists, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: graph.findChild(QProgressDialog, "graph.film.progress") is None, timeout=PATIENCE_MS)
    with Image.open(film) as frames:
        assert frames.n_frames > 10
    options.close()


def test_a_vector_picture_of_a_panel_keeps_each_widget_within_its_edges(window):
    """The selected tab covered what stands below it; a QPicture, too, knows no clips but the painter's own."""
    lines, again = QPicture(), QImage(window.size(), QImage.Format.Format_RGB32)
    with QPainter(lines) as painter:
        draw(painter, window, window.rect())
    with QPainter(again) as painter:
        lines.play(painter)
    seen = window.grab().toImage()
    tabs = window.graph.sheets.tabBar()
    below = tabs.tabRect(tabs.currentIndex())
    below = below.translated(tabs.mapTo(window, QPoint(0, tabs.height())))
    points = [(x, y) for x in range(below.left(), below.right()) for y in range(below.top(), below.bottom())]
    differ = sum(abs(seen.pixelColor(x, y).lightness() - again.pixelColor(x, y).lightness()) > 40 for x, y in points)
    assert differ < len(points) / 100


def test_an_svg_of_a_panel_is_its_pixels(window, tmp_path):
    """Fonts that others may not have, and clips that Qt gets wrong."""
    save_widget(str(tmp_path / "window.svg"), window)
    root = ElementTree.parse(tmp_path / "window.svg").getroot()
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "text" not in tags
    assert tags.count("image") == 1
    picture = next(element for element in root.iter() if element.tag.endswith("image"))
    content = next(value for name, value in picture.attrib.items() if name.endswith("href")).partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == (3 * window.width(), 3 * window.height())


def test_other_endings_are_refused_in_words(window, still):
    assert "ends in" in reason_against("graph.bmp")
    with pytest.raises(PictureError, match="ends in"):
        still("graph.txt")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["out.bmp", "x"], 2, "ends in"),
        (["out.gif", "x", "--panel", "window"], 2, "Only the graph's sweep is a film"),
        (["out.png", "x*("], 1, "line 1, column 2"),
        (["out.png", "x", "--at", "z=1"], 1, "is not an input"),
        (["out.png", "x", "--at", "x"], 2, "--at wants"),
        (["out.png", "x", "--size", "9x9"], 2, "--size wants"),
        (["out.gif", "x", "--speed", "nan"], 2, "--speed must"),
        (["nowhere/out.png", "x"], 2, "no folder nowhere"),
        (["out.png"], 2, "SOURCE"),
    ],
)
def test_the_command_says_what_is_wrong_with_it(monkeypatch, capsys, arguments, code, said):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert start.main(["picture", *arguments]) == code
    assert said in capsys.readouterr().err
