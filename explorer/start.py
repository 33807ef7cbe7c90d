"""The start: one entry for `python main.py` and the installed `explorer`, and the words for what keeps Qt from running.

Each sub-command is imported only when it is called, and Qt only for the window; a Qt that cannot run gets a sentence
with its remedy, where Qt itself would abort. Exit codes: 0 done, 1 the window cannot open (or the analysis refused),
2 wrong usage.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

USAGE = """\
usage: python main.py [SOURCE|FILE]                the window, on a formula, a program text or a session
       python main.py report SOURCE --at x=2       one analysis, as text (--json for JSON, --jsonl for many requests)
       python main.py optimize SOURCE --start x=1 --rule adam --steps 100
       python main.py export SOURCE --to numpy     as code for another system (python, numpy, jax, latex, …)
       python main.py check                        reproduces the published tables, a line each
       python main.py picture OUT.png SOURCE       a picture of the graph; OUT.gif or OUT.mp4: its sweep as a film
       python main.py report --help                what a sub-command can be told; --version: the program's version
A SOURCE with spaces or signs is written in quotes: 'ln(x1) + x1*x2 - sin(x2)'."""

COMMANDS = ("report", "optimize", "export", "check")
PICTURE = "picture"  # needs all that the window does, but no display

# Which Debian package brings which library, under the names of Debian 12 and Ubuntu 22.04: what any Qt window needs;
# what the plugin of a platform needs besides; and what those packages bring along, asked for only when all the others
# are there. Read from the link tables of QtWidgets and of the two plugins.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
PLATFORM_LIBRARIES = {
    "xcb": {
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}
BROUGHT_ALONG = {
    "libfreetype.so.6": "libfreetype6",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}

# What the program needs from the outside, by the name that is imported, and what pip calls it.
COMMAND_PACKAGES = {"numpy": "numpy", "sympy": "sympy", "mpmath": "mpmath"}
WINDOW_PACKAGES = COMMAND_PACKAGES | {"PySide6": "pyside6-essentials", "matplotlib": "matplotlib"}

# What the system says where standard output takes no more: nobody reads it, the disk is full, a limit, a broken disk.
_NOT_WRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC))

_NOT_FOUND = re.compile(r"(\S+\.so[.\d]*): cannot open shared object file")


def main(argv: Sequence[str] | None = None) -> int:
    """The whole program, by its command line (without the program's name); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    word = arguments[0] if arguments else ""
    if word in ("-h", "--help"):
        print(USAGE)
        return 0
    if word in ("-V", "--version"):
        print(f"Differentiation Explorer {version()}")
        return 0
    if word not in (*COMMANDS, PICTURE) and (wrong := wrong_usage(arguments)):
        print(f"{wrong}\n{USAGE}", file=sys.stderr)
        return 2
    packages = COMMAND_PACKAGES if word in COMMANDS else WINDOW_PACKAGES
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        print(not_installed(missing), file=sys.stderr)
        return 1
    return _command(arguments) if word in (*COMMANDS, PICTURE) else _window(arguments)


def _command(arguments: Sequence[str]) -> int:
    """A sub-command. A reader that has enough (`report … | head`) ends it in silence."""
    _prepare_streams()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130  # what shells give for Ctrl+C
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            raise
        if not isinstance(error, BrokenPipeError):
            print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
        # What is still in the buffer goes nowhere, so that the interpreter's own flush at its end says nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _prepare_streams() -> None:
    """Output in UTF-8 whatever the locale says, for JSON has no other encoding; the null device for what is closed.

    A closed stream's number would be that of the next file or socket, and what is printed would go there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 – until the program ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run(arguments: Sequence[str]) -> int:
    if arguments[0] == "check":
        from explorer.work.check import run as check

        return check(arguments[1:])
    if arguments[0] in COMMANDS:
        from explorer.work.commands import run

        return run(arguments)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if obstacles := window_obstacles(os.environ):
        print("\n\n".join(obstacles), file=sys.stderr)
        return 1
    from explorer.ui.picture_command import run as picture

    return picture(arguments[1:])


def version() -> str:
    """The program's version: the checkout's own where this is one, else the installed package's."""
    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if project.exists() and (found := re.search(r'^version = "(.+)"$', project.read_text("utf-8"), re.MULTILINE)):
        return found[1]
    from importlib import metadata  # its 30 ms are spent only where it is asked

    try:
        return metadata.version("differentiation-explorer")
    except metadata.PackageNotFoundError:
        return "of unknown version"


def wrong_usage(arguments: Sequence[str]) -> str:
    """What is wrong with the window's arguments, as a sentence; empty when they are at most one SOURCE or FILE.

    A formula may begin with a minus, so that only what looks like a long option is refused; `--` ends the options.
    """
    if arguments and re.match("--[a-z]{2}", arguments[0]):
        return f"There is no option {arguments[0]}; a formula that begins so is written after --."
    sources = len(arguments) - (arguments[:1] == ["--"])
    if sources < 2:
        return ""
    from difflib import get_close_matches  # its milliseconds are spent only here

    meant = get_close_matches(arguments[0], (*COMMANDS, PICTURE), n=1)
    guess = f" Did you mean {meant[0]}?" if meant else ""
    return f"The window takes one SOURCE or FILE, not {sources}.{guess}"


def _window(arguments: Sequence[str]) -> int:
    """Opens the window, on a source or file if one was named; 1 when Qt cannot run here."""
    obstacles = window_obstacles(os.environ)
    if obstacles:
        print("\n\n".join(obstacles), file=sys.stderr)
        return 1
    from explorer.ui.app import open_window

    named = arguments[1:] if arguments[:1] == ["--"] else arguments
    return open_window(named[0] if named else None)


def window_obstacles(
    environment: Mapping[str, str],
    import_module: Callable[[str], ModuleType] = importlib.import_module,
    load: Callable[[str], Any] | None = None,
    python: tuple[int, int] = sys.version_info[:2],
) -> list[str]:
    """What keeps the window from opening, each a sentence with its remedy; empty when nothing is known to.

    `load` opens a shared library by its name or path (ctypes.CDLL) and raises OSError where it cannot. On Linux this
    costs about 3 ms beyond what Qt does anyway.
    """
    pyside = import_module("PySide6")
    if python < (3, 12) and pyside.__version_info__[:2] >= (6, 12):
        return [
            f"PySide6 {pyside.__version__} loses references to None on Python {python[0]}.{python[1]} and aborts after "
            "some thousand calls (PYSIDE-3474). Take Python 3.12 or newer, or an older PySide6:\n    "
            f'{sys.executable} -m pip install "pyside6-essentials<6.12"'
        ]
    platforms = platforms_asked_for(environment)
    on_linux = sys.platform == "linux"
    if load is None and on_linux:
        import ctypes  # its 2 ms are spent only where they are needed

        load = ctypes.CDLL
    obstacle: ImportError | OSError | None = None
    try:
        import_module("PySide6.QtWidgets")
    except ModuleNotFoundError as error:  # some distributions package PySide6 in parts
        return [not_installed([error.name or "PySide6"])]
    except ImportError as error:
        obstacle = error
    if obstacle is None and load is not None:
        obstacle = plugin_obstacle(platforms, platform_plugins(import_module), load)
    sentences = []
    if obstacle is not None:
        sentences.append(cannot_load(obstacle, platforms, load))
    if on_linux and platforms == ("xcb",):
        display = environment.get("DISPLAY", "")
        if not display:
            sentences.append(NO_DISPLAY)
        elif not sentences and load is not None and not display_answers(load):
            sentences.append(
                f"The display {display} does not answer: no X server is there, or it does not let this user in. "
                "The sub-commands report and optimize work without one."
            )
    return sentences


NO_DISPLAY = (
    "There is no display to open the window on: neither DISPLAY nor WAYLAND_DISPLAY is set. The sub-commands report "
    'and optimize work without one:\n    python main.py report "x**2 + x" --at x=3'
)


def platforms_asked_for(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The platform plugins that Qt will try, by name: QT_QPA_PLATFORM if set, else what the session has."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen:
        return tuple(name.partition(":")[0] for name in chosen.split(";"))
    wayland = environment.get("WAYLAND_DISPLAY") or environment.get("XDG_SESSION_TYPE") == "wayland"
    if not wayland:
        return ("xcb",)
    return ("wayland", "xcb") if environment.get("DISPLAY") else ("wayland",)


def platform_plugins(import_module: Callable[[str], ModuleType] = importlib.import_module) -> Path:
    """The folder of Qt's platform plugins."""
    library = import_module("PySide6.QtCore").QLibraryInfo
    return Path(library.path(library.LibraryPath.PluginsPath)) / "platforms"


def plugin_obstacle(platforms: Sequence[str], folder: Path, load: Callable[[str], Any]) -> OSError | None:
    """The first plugin's failure to load, when none of those that Qt will try can be loaded; else None.

    Qt itself would abort, and name xcb-cursor0 whatever is missing. The plugin is loaded as Qt will load it, so that
    what it needs is asked of the system's loader and not of our table. An unknown platform is left for Qt to refuse.
    """
    failures = []
    for platform in platforms:
        plugin = folder / f"libq{platform}.so"
        if not plugin.exists():
            return None
        try:
            load(str(plugin))
        except OSError as error:
            failures.append(error)
        else:
            return None
    return failures[0] if failures else None


def display_answers(load: Callable[[str], Any]) -> bool:
    """Whether the X server that DISPLAY names accepts a connection; True where libxcb cannot be asked.

    Qt would abort, with a message that names xcb-cursor0.
    """
    try:
        xcb = load("libxcb.so.1")
    except OSError:
        return True
    from ctypes import c_int, c_void_p

    xcb.xcb_connect.restype = c_void_p
    xcb.xcb_connection_has_error.argtypes = [c_void_p]
    xcb.xcb_connection_has_error.restype = c_int
    xcb.xcb_disconnect.argtypes = [c_void_p]
    connection = xcb.xcb_connect(None, None)  # never NULL: a failed one carries its error
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not refused


def cannot_load(error: ImportError | OSError, platforms: Iterable[str], load: Callable[[str], Any] | None) -> str:
    """The sentence for Qt not loading: all libraries that are missing, at once, and the command that installs them.

    The loader names only the first; the others are asked for by name, so that nobody has to try eleven times.
    """
    named = _NOT_FOUND.search(str(error))
    if named is None:
        return f"Qt cannot be loaded: {error}"
    first = named.group(1)
    asked = dict(QT_LIBRARIES)
    for platform in platforms:
        asked |= PLATFORM_LIBRARIES.get(platform, {})
    missing = [library for library in asked if library == first or not _loads(library, load)]
    if not missing:
        missing = [first, *(library for library in BROUGHT_ALONG if library != first and not _loads(library, load))]
    packages = asked | BROUGHT_ALONG
    install = list(dict.fromkeys(packages[library] for library in missing if library in packages))
    count = "A system library that Qt needs is" if len(missing) == 1 else "System libraries that Qt needs are"
    lines = [f"{count} not installed: {', '.join(missing)}."]
    if install:
        lines += ["On Debian and Ubuntu, as root:", f"    apt-get install --no-install-recommends {' '.join(install)}"]
    if "libglib2.0-0" in install:
        lines.append("(Ubuntu 24.04 and Debian 13 call libglib2.0-0 libglib2.0-0t64.)")
    if first not in packages:
        lines.append(f"Which package brings {first} is not known here; apt-file search {first} tells it.")
    return "\n".join(lines)


def _loads(library: str, load: Callable[[str], Any] | None) -> bool:
    """Whether the system's loader finds the library; True where it cannot be asked."""
    try:
        if load is not None:
            load(library)
    except OSError:
        return False
    return True


def not_installed(modules: Sequence[str]) -> str:
    """The sentence for missing modules, with the command that installs them: in a checkout, all that is needed."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists():
        what = f'"{checkout}"'
    else:
        what = " ".join(WINDOW_PACKAGES.get(module.partition(".")[0], module) for module in modules)
    return (
        f"Not installed for this Python: {', '.join(modules)}. This installs what the program needs:\n"
        f"    {sys.executable} -m pip install {what}\n"
        "(Where the system's Python refuses that, first make an environment, as README.md says.)"
    )
