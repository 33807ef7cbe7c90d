"""The menus: every action by its name and keys, and what it calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu

from explorer.ui import theme

if TYPE_CHECKING:
    from explorer.ui.window import MainWindow


def fill(window: MainWindow, menus: dict[str, QMenu]) -> None:
    """Fill the window's menus, which are there by name."""
    keys = QKeySequence.StandardKey
    file_menu, edit, view, run, help_menu = menus.values()
    window.files.fill(file_menu)
    gallery = file_menu.addMenu("&Examples")
    gallery.aboutToShow.connect(partial(_fill_gallery, window, gallery))
    file_menu.addSeparator()
    _add(file_menu, "&Code …", None, window.show_code)
    file_menu.addSeparator()
    _add(file_menu, "&Quit", QKeySequence("Ctrl+Q"), window.close)  # X11 without a desktop has no key of its own for it

    window.undo_action = _add(edit, "&Undo", keys.Undo, window.document.undo)
    window.redo_action = _add(edit, "&Redo", keys.Redo, window.document.redo)
    window.redo_action.setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
    edit.addSeparator()
    for words, key, name in (
        ("Cu&t", keys.Cut, "cut"),
        ("&Copy", keys.Copy, "copy"),
        ("&Paste", keys.Paste, "paste"),
        ("Select &all", keys.SelectAll, "selectAll"),
    ):
        _add(edit, words, None, partial(_in_focus, name)).setText(f"{words}\t{QKeySequence(key).toString()}")
    edit.addSeparator()
    _add(edit, "Co&mmands …", QKeySequence("Ctrl+K"), window.show_palette)

    group = QActionGroup(window)
    for words, dark in (("&Light", False), ("&Dark", True)):
        action = _add(view, words, None, lambda dark=dark: window.choose_theme(dark))
        action.setData("dark" if dark else "light")
        action.setCheckable(True)
        action.setChecked(dark is theme.is_dark(window))
        group.addAction(action)
    view.addSeparator()
    _add(view, "Next &panel", QKeySequence("F6"), window.next_panel)
    for place in range(window.tabs.count()):
        words = f"&{place + 1} {window.tabs.tabText(place)}"
        keys_of_tab = QKeySequence(f"Ctrl+{place + 1}")
        _add(view, words, keys_of_tab, lambda place=place: window.tabs.setCurrentIndex(place))
    _add(view, "&Fit the graph", QKeySequence("Ctrl+0"), window.graph.view.fit)
    panel = window.graph
    graph = view.addMenu("Computational &graph")
    for button in (panel.forward, panel.reverse, panel.second, panel.tree, panel.heat_on):
        _add(graph, button.accessibleName(), None, button.click)
    _add(graph, "The &derivative's own graph, or the program's", None, panel.change_drawn)
    graph.addMenu(panel.fold_menu)
    graph.addSeparator()
    graph.addActions(panel.more.menu().actions())
    view.addSeparator()
    for words, key, direction in (
        ("L&arger text", "Ctrl++", 1),
        ("&Smaller text", "Ctrl+-", -1),
        ("&Usual text", "", 0),
    ):
        _add(view, words, QKeySequence(key), partial(window.step_text, direction))
    view.addSeparator()
    _add(view, "&Reset the layout", None, window.default_layout)

    # The keys of the player are the graph panel's own.
    _add(run, "&Play or pause the sweep\tF5", None, window.graph.play)
    _add(run, "&Next step\tF10", None, window.graph.next)
    _add(run, "Pre&vious step\tShift+F10", None, window.graph.previous)
    _add(run, "Run the &optimizer", QKeySequence("Ctrl+Return"), window.run_optimizer)
    _add(run, "&Cancel all", QKeySequence("Escape"), window.cancel_all)
    run.addSeparator()
    _add(run, "&Limits …", None, window.show_limits)

    _add(help_menu, "&Lesson on this panel", QKeySequence("F1"), window.show_lesson)
    lessons = help_menu.addMenu("L&essons")
    lessons.aboutToShow.connect(partial(_fill_lessons, window, lessons))
    _add(help_menu, "How to &write a function", None, window.show_syntax)
    _add(help_menu, "&About", None, window.show_about)


def _fill_gallery(window: MainWindow, menu: QMenu) -> None:
    """The gallery by its groups, made when it is first looked at."""
    if not menu.isEmpty():
        return
    groups: dict[str, QMenu] = {}
    for place in range(window.examples.count()):
        example = window.examples.itemData(place)
        if example.group not in groups:
            groups[example.group] = menu.addMenu(example.group)
        groups[example.group].addAction(example.title.replace("&", "&&"), partial(window.open_example, place))


def _fill_lessons(window: MainWindow, menu: QMenu) -> None:
    """All lessons by their titles, which are read when they are first looked at."""
    from explorer.ui.lesson import LESSONS, title

    if menu.isEmpty():
        for name in LESSONS:
            _add(menu, title(name), None, partial(window.show_lesson, name))


def _in_focus(name: str) -> None:
    """What the text in focus does by itself at these keys."""
    widget = QApplication.focusWidget()
    if hasattr(widget, name):
        getattr(widget, name)()


def _add(
    menu: QMenu, words: str, keys: QKeySequence | QKeySequence.StandardKey | None, slot: Callable[[], object]
) -> QAction:
    action = menu.addAction(words)
    if keys is not None:
        action.setShortcut(keys)
    action.triggered.connect(lambda _checked=False: slot())
    return action
