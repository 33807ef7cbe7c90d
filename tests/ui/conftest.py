"""The whole window for the tests, with its real worker processes, put back to its beginning before each test."""

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication, QWidget

from explorer.ui import theme
from explorer.ui.session import Session
from explorer.work.pool import Pool

PATIENCE_MS = 30_000  # for an answer on a loaded machine; where all is well it takes hundredths of a second


def child_processes() -> set[int]:
    """The living children of this process; none where the system does not tell."""
    children: set[int] = set()
    for listing in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in map(int, listing.read_text().split()):
            stat = Path(f"/proc/{child}/stat")
            # A zombie is dead already; Python reaps it when it next looks.
            if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
                children.add(child)
    return children


@pytest.fixture(scope="session", autouse=True)
def settings_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The settings and the journals of whoever runs the tests are neither read nor written."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("journals"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path_factory.mktemp("settings")))


@pytest.fixture(scope="session", autouse=True)
def no_process_left() -> Iterator[None]:
    """All processes that the tests of the window started have ended with them."""
    before = child_processes()
    yield
    assert child_processes() <= before, "worker processes are left over"


_START_SERVER, _STOP_SERVER = Pool._start_server, Pool._stop_server


@pytest.fixture(scope="session", autouse=True)
def shared_servers(no_process_left: None) -> Iterator[None]:
    """The windows of the tests, one after another, fork their workers from the same servers.

    A server's imports take longer than a window's whole start. The program itself has one window and starts its own.
    """
    servers: dict[str, tuple[subprocess.Popen[bytes], socket.socket]] = {}
    keys = itertools.count(1)

    def start(pool: Pool) -> None:
        if not pool._module.startswith("explorer."):
            return _START_SERVER(pool)
        if pool._server is None:
            pool._server, pool._control = servers.get(pool._module, (None, None))
        _START_SERVER(pool)
        assert pool._server is not None
        assert pool._control is not None
        servers[pool._module] = pool._server, pool._control
        pool._keys = keys

    def stop(pool: Pool) -> None:
        if pool._server is not None and servers.get(pool._module, (None,))[0] is pool._server:
            pool._server = pool._control = None
        else:
            _STOP_SERVER(pool)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "_start_server", start)
        patch.setattr(Pool, "_stop_server", stop)
        yield
    for server, control in servers.values():
        control.close()
        server.wait()


@pytest.fixture
def own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is opened in this test starts its own servers, as the program does."""
    monkeypatch.setattr(Pool, "_start_server", _START_SERVER)
    monkeypatch.setattr(Pool, "_stop_server", _STOP_SERVER)


@pytest.fixture(scope="session")
def application(qapp: QApplication) -> QApplication:
    """The application as the program makes it."""
    qapp.setOrganizationName("DifferentiationExplorer")
    qapp.setApplicationName("explorer")
    theme.apply(qapp, dark=False)
    return qapp


@pytest.fixture(scope="module")
def shared_window(application: QApplication, settings_apart: None) -> Iterator[QWidget]:
    """One for each module: on the screen in other modules it would lie over their widgets."""
    from explorer.ui.window import MainWindow

    window = MainWindow()
    window.show()
    yield window
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def settle(qtbot, shared_window) -> Callable[[], None]:
    """Wait until the window has answered all that it was asked."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not shared_window.busy, timeout=PATIENCE_MS)

    return wait


@pytest.fixture
def window(shared_window, settle, qtbot, request):
    """The window on the worked example at (2, 5), symbolic tab in front, reverse sweep at its end, all answered.

    A module that is about another text or tab names them OPENING and TAB: to open first one and then the other would
    take half of its time.
    """
    shared_window.activateWindow()
    qtbot.waitUntil(shared_window.isActiveWindow, timeout=PATIENCE_MS)
    shared_window.graph.cancel()
    shared_window.graph.reverse.setChecked(True)
    shared_window.graph.tree.setChecked(False)
    shared_window.optimize.rule.setCurrentText("gd")
    shared_window.tabs.setCurrentIndex(getattr(request.module, "TAB", 0))
    shared_window.document.open(getattr(request.module, "OPENING", Session()))
    settle()
    shared_window.graph.last()
    return shared_window


@pytest.fixture
def find(window) -> Callable[[str], QWidget]:
    """A widget of the window, by its objectName."""

    def by_name(name: str) -> QWidget:
        found = window.findChildren(QWidget, name)
        assert len(found) == 1, f"{len(found)} widgets are called {name}"
        return found[0]

    return by_name


@pytest.fixture
def write(window, settle) -> Callable[[str], None]:
    """Open a text at the values as they are, which waits for no pause in typing, and wait for the answers."""

    def text(source: str) -> None:
        window.document.open(replace(window.document.session, source=source))
        settle()

    return text


@pytest.fixture
def cells(find) -> Callable[[str], list[list[str]]]:
    """The texts of a table, row by row."""

    def texts(name: str) -> list[list[str]]:
        model = find(name).model()
        return [
            [model.index(row, column).data() or "" for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]

    return texts


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
