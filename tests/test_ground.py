"""The ground that the house stands on: the start, what it says where Qt cannot run, the pins and the packaging."""

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from explorer import start
from explorer.ui import resources

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Found by bisection in a Debian 12 that had nothing but Python: with these, and what they depend on, Qt runs.
OFFSCREEN_PACKAGES = ["libegl1", "libgl1", "libxkbcommon0", "libfontconfig1", "libdbus-1-3", "libglib2.0-0"]
X11_PACKAGES = ["libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1", "libxcb-shape0", "libxkbcommon-x11-0"]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="system libraries are named for Linux only")


class MissingLibraries:
    """A loader of shared libraries, as ctypes.CDLL, on a machine that lacks those named; the plugin needs them all."""

    def __init__(self, *missing: str) -> None:
        self.missing = missing
        self.asked: list[str] = []

    def __call__(self, name: str) -> SimpleNamespace:
        self.asked.append(name)
        lacking = self.missing if name.endswith("libqxcb.so") else [own for own in self.missing if own == name]
        if lacking:
            raise OSError(f"{lacking[0]}: cannot open shared object file: No such file or directory")
        return SimpleNamespace()


def importing(qt_widgets: Exception | None = None, version: tuple[int, int, int] = (6, 11, 3), plugins: Path = ROOT):
    """An import_module to which PySide6 has the version, and importing QtWidgets raises what is given."""
    library = SimpleNamespace(LibraryPath=SimpleNamespace(PluginsPath=0), path=lambda _: str(plugins))
    pyside = SimpleNamespace(__version_info__=(*version, "", ""), __version__=".".join(map(str, version)))

    def import_module(name: str) -> SimpleNamespace:
        if name == "PySide6.QtWidgets" and qt_widgets is not None:
            raise qt_widgets
        return {"PySide6": pyside, "PySide6.QtCore": SimpleNamespace(QLibraryInfo=library)}.get(name, SimpleNamespace())

    return import_module


@pytest.fixture
def plugins(tmp_path) -> Path:
    """A plugins folder with the files of two platforms."""
    (tmp_path / "platforms").mkdir()
    for platform in ("xcb", "wayland"):
        (tmp_path / f"platforms/libq{platform}.so").touch()
    return tmp_path


@on_linux
def test_a_missing_library_of_qt_is_said_with_its_debian_package():
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    (said,) = start.window_obstacles(
        {"QT_QPA_PLATFORM": "offscreen"}, importing(error), MissingLibraries("libEGL.so.1"), (3, 11)
    )
    assert "libEGL.so.1" in said
    assert re.search(r"apt-get install \S+ libegl1$", said)


@on_linux
def test_on_a_bare_machine_all_eleven_packages_are_said_at_once_and_none_that_they_bring_along():
    missing = [*start.BROUGHT_ALONG, *start.QT_LIBRARIES, *start.PLATFORM_LIBRARIES["xcb"]]
    error = ImportError(f"{missing[0]}: cannot open shared object file: No such file or directory")
    (said,) = start.window_obstacles({"DISPLAY": ":0"}, importing(error), MissingLibraries(*missing), (3, 11))
    (command,) = re.findall(r"apt-get install --no-install-recommends (.*)", said)
    assert command.split() == [*OFFSCREEN_PACKAGES, *X11_PACKAGES]


@on_linux
def test_what_another_package_should_have_brought_along_is_said_when_it_alone_is_missing(plugins):
    (said,) = start.window_obstacles(
        {"DISPLAY": ":0"}, importing(plugins=plugins), MissingLibraries("libxcb-image.so.0"), (3, 11)
    )
    assert said.endswith("apt-get install --no-install-recommends libxcb-image0")


@on_linux
@pytest.mark.parametrize("library", ["libxcb-cursor.so.0", "libxcb-shape.so.0", "libxkbcommon-x11.so.0"])
def test_a_library_that_only_the_xcb_plugin_needs_is_named_itself_and_not_always_xcb_cursor0(plugins, library):
    (said,) = start.window_obstacles({"DISPLAY": ":0"}, importing(plugins=plugins), MissingLibraries(library), (3, 11))
    assert f"not installed: {library}." in said
    assert said.endswith(" " + start.PLATFORM_LIBRARIES["xcb"][library])


@on_linux
def test_x11_libraries_are_not_asked_of_a_machine_that_draws_offscreen(plugins):
    loader = MissingLibraries("libxcb-cursor.so.0")
    environment = {"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}
    assert start.window_obstacles(environment, importing(plugins=plugins), loader, (3, 11)) == []


@on_linux
def test_a_wayland_session_needs_no_x11_library_as_long_as_one_of_the_two_plugins_loads(plugins):
    environment = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    loader = MissingLibraries("libxcb-cursor.so.0")
    assert start.window_obstacles(environment, importing(plugins=plugins), loader, (3, 11)) == []


@on_linux
def test_without_a_display_the_commands_that_need_none_are_named(plugins):
    (said,) = start.window_obstacles({}, importing(plugins=plugins), MissingLibraries(), (3, 11))
    assert "no display" in said
    assert "report" in said


@on_linux
def test_without_a_display_the_missing_libraries_are_said_too(plugins):
    libraries, display = start.window_obstacles(
        {}, importing(plugins=plugins), MissingLibraries("libxcb-shape.so.0"), (3, 11)
    )
    assert "libxcb-shape0" in libraries
    assert "no display" in display


@on_linux
def test_a_library_that_is_in_no_table_is_named_with_the_way_to_find_its_package():
    error = ImportError("libodd.so.3: cannot open shared object file: No such file or directory")
    said = start.cannot_load(error, ("xcb",), MissingLibraries())
    assert "libodd.so.3" in said
    assert "apt-file search libodd.so.3" in said
    assert "apt-get" not in said


def test_any_other_failure_to_load_qt_is_passed_on_in_its_own_words():
    said = start.cannot_load(ImportError("version `GLIBC_2.34' not found"), ("xcb",), None)
    assert said == "Qt cannot be loaded: version `GLIBC_2.34' not found"


@pytest.mark.parametrize(
    ("python", "version", "aborts"),
    [((3, 11), (6, 12, 0), True), ((3, 11), (6, 11, 3), False), ((3, 12), (6, 12, 0), False)],
)
def test_pyside_6_12_on_python_3_11_is_refused_before_it_aborts(python, version, aborts):
    environment = {"QT_QPA_PLATFORM": "offscreen"}
    said = start.window_obstacles(environment, importing(version=version), MissingLibraries(), python)
    assert ["PYSIDE-3474" in sentence for sentence in said] == [True] * aborts


def test_a_pyside_without_its_widgets_is_said_and_not_a_traceback():
    error = ModuleNotFoundError("No module named 'PySide6.QtWidgets'", name="PySide6.QtWidgets")
    (said,) = start.window_obstacles({}, importing(error), MissingLibraries(), (3, 12))
    assert "PySide6.QtWidgets" in said
    assert "pip install" in said


@pytest.mark.parametrize(
    ("environment", "platforms"),
    [
        ({"DISPLAY": ":0"}, ("xcb",)),
        ({}, ("xcb",)),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ("wayland",)),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, ("wayland", "xcb")),
        ({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, ("offscreen",)),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600;xcb"}, ("vnc", "xcb")),
    ],
)
def test_the_platforms_are_those_that_qt_itself_will_try(environment, platforms):
    assert start.platforms_asked_for(environment) == platforms


@on_linux
def test_on_this_machine_nothing_keeps_the_window_from_opening_offscreen():
    assert start.window_obstacles({"QT_QPA_PLATFORM": "offscreen"}) == []


@on_linux
def test_a_display_without_a_server_is_seen_before_qt_aborts_on_it(monkeypatch):
    # No server listens on this number: X11 gives a display number n the TCP port 6000 + n, which ends at 65535.
    monkeypatch.setenv("DISPLAY", ":59999")
    ctypes = importlib.import_module("ctypes")
    try:
        ctypes.CDLL("libxcb.so.1")
    except OSError:
        pytest.skip("libxcb is not installed")
    assert not start.display_answers(ctypes.CDLL)


@pytest.mark.parametrize("arguments", [["x", "+", "1"], ["--bogus"], ["--", "x", "y"]])
def test_wrong_usage_of_the_window_exits_with_2_and_shows_the_usage(arguments, capsys):
    assert start.main(arguments) == 2
    assert start.USAGE in capsys.readouterr().err


@pytest.mark.parametrize(("word", "meant"), [("reprot", "report"), ("exprot", "export"), ("pictures", "picture")])
def test_of_a_misspelt_sub_command_the_right_one_is_named(word, meant):
    assert start.wrong_usage([word, "x^2"]).endswith(f"Did you mean {meant}?")
    assert "Did you mean" not in start.wrong_usage(["x", "+", "1"])


@pytest.mark.parametrize("arguments", [[], ["-x**2"], ["--x"], ["--", "--bogus"], ["@program.txt"]])
def test_a_formula_may_begin_with_a_minus(arguments):
    assert start.wrong_usage(arguments) == ""


@pytest.mark.parametrize(
    ("word", "package"), [("report", "numpy"), ("optimize", "sympy"), ("check", "mpmath"), ("x + 1", "PySide6")]
)
def test_a_missing_python_package_is_a_sentence_with_the_pip_command(word, package, capsys, monkeypatch):
    monkeypatch.setattr(start, "find_spec", lambda name: None if name == package else object())
    assert start.main([word]) == 1
    said = capsys.readouterr().err
    assert f"Not installed for this Python: {package}." in said
    assert f"{sys.executable} -m pip install" in said


def test_report_and_optimize_do_not_ask_for_pyside():
    assert "PySide6" not in start.COMMAND_PACKAGES


def test_the_packages_that_the_start_asks_for_are_the_projects_dependencies():
    declared = {re.match(r"[\w-]+", line).group() for line in PROJECT["dependencies"]}
    assert set(start.WINDOW_PACKAGES.values()) == declared


def test_pyside_is_kept_below_6_12_exactly_where_none_is_not_immortal():
    pins = {line.split(";")[1].strip(): line for line in PROJECT["dependencies"] if line.startswith("pyside6")}
    assert "<6.12" in pins["python_version < '3.12'"]
    assert "<7" in pins["python_version >= '3.12'"]


@pytest.mark.parametrize("value", [None, True], ids=str)
def test_qt_calls_do_not_lose_references_to_none_and_true(qapp, value):
    """PYSIDE-3474: with the fault each call takes one reference away, until the interpreter aborts."""
    from PySide6.QtWidgets import QLabel

    label = QLabel()
    calls = 5000  # with the fault all of them are lost; whatever else runs meanwhile accounts for a few
    before = sys.getrefcount(value)
    for number in range(calls):
        label.setText(str(number))  # answers None
        label.isEnabled()  # answers True
    assert before - sys.getrefcount(value) < calls / 100


@pytest.mark.parametrize("folder", ["package", "checkout"])
def test_resources_are_found_in_an_installed_package_and_beside_a_checkout(tmp_path, monkeypatch, folder):
    package = tmp_path / "explorer"
    home = (package if folder == "package" else tmp_path) / "resources"
    home.mkdir(parents=True)
    (home / "lesson.txt").touch()
    package.mkdir(exist_ok=True)
    monkeypatch.setattr(resources, "explorer", SimpleNamespace(__file__=str(package / "__init__.py")))
    assert resources.resource("lesson.txt") == home / "lesson.txt"
    with pytest.raises(FileNotFoundError):
        resources.resource("no such file")


def test_the_wheel_takes_the_resources_into_the_package():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert tool["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"resources": "explorer/resources"}


def test_the_installed_program_and_main_py_are_the_same_program():
    module, _, function = PROJECT["gui-scripts"]["explorer"].partition(":")
    assert getattr(importlib.import_module(module), function) is start.main
    assert "from explorer.start import main" in (ROOT / "main.py").read_text(encoding="utf-8")


def test_main_py_runs_from_any_folder(tmp_path):
    ran = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, start.USAGE, "")


def test_the_readme_names_the_same_debian_packages_as_the_start_and_ci():
    assert set(start.QT_LIBRARIES.values()) == set(OFFSCREEN_PACKAGES)
    assert set(start.PLATFORM_LIBRARIES["xcb"].values()) == set(X11_PACKAGES)
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for package in (*OFFSCREEN_PACKAGES, *X11_PACKAGES):
        assert re.search(rf"(?<!\S){re.escape(package)}(?!\S)", README)
        assert re.search(rf"(?<![\w.-]){re.escape(package)}(?![\w.-])", ci)


def test_the_readmes_first_two_commands_make_run_and_test_the_program_each_in_one_line():
    run, test = re.findall(r"^ {4}(python3 -m venv .*)$", README, re.MULTILINE)[:2]
    for command in (run, test):
        assert re.match(r"python3 -m venv \.venv && \.venv/bin/pip install (-q )?'?\.", command)
    assert run.endswith(".venv/bin/python main.py")
    assert "'.[test]'" in test
    assert re.search(r"\.venv/bin/python -m pytest( -q)?( -n auto --dist loadfile)?$", test)
    assert set(PROJECT["optional-dependencies"]) >= {"test", "dev"}


def test_ci_is_a_script_without_mistakes_of_grammar():
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    subprocess.run([bash, "-n", str(ROOT / ".ci/run")], check=True, stdin=subprocess.DEVNULL)
