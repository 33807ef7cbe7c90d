"""The document: what follows from an edit, when it is computed, and what undo restores."""

import pytest

from explorer.ui import session
from explorer.ui.session import WORKED_EXAMPLE, WORKED_POINT, Document, Session

TIMEOUT_MS = 10_000


class Told:
    """All signals of a document, by name, in order."""

    def __init__(self, document):
        self.said = []
        for name in ("read", "refused", "emptied", "restored", "settled"):
            getattr(document, name).connect(lambda *value, name=name: self.said.append((name, *value)))

    def names(self):
        return [name for name, *_ in self.said]

    def last(self, name):
        return next(value for said, *value in reversed(self.said) if said == name)[0]


@pytest.fixture
def document(qtbot):
    document = Document()
    yield document
    document.deleteLater()


@pytest.fixture
def told(document):
    return Told(document)


@pytest.fixture
def settled(qtbot, document):
    def wait():
        qtbot.waitUntil(lambda: not document.settling, timeout=TIMEOUT_MS)

    return wait


def test_opening_settles_with_a_value_for_each_input(document, told, settled):
    document.open(Session("x1*q", (("x1", 3.0), ("unused", 7.0))))
    settled()
    assert told.names() == ["restored", "read", "settled"]
    assert told.last("settled").at == {"x1": 3.0, "q": 1.0}


def test_a_key_stroke_is_read_at_once_and_computed_after_a_pause(document, told, settled):
    document.edit_source("x")
    document.edit_source("x^")
    document.edit_source("x^2")
    assert told.names() == ["read", "refused", "read"]
    assert document.settling
    settled()
    assert told.names().count("settled") == 1
    assert told.last("settled").source == "x^2"


def test_a_text_that_is_wrong_or_empty_is_not_computed(document, told, settled):
    document.edit_source("x^2")
    document.edit_source("x^")
    assert not document.settling
    document.edit_source("  ")
    assert told.names()[-1] == "emptied"
    document.edit_value("x", 3.0)
    assert not document.settling
    assert "settled" not in told.names()


def test_values_that_keep_coming_do_not_put_off_the_answer(document, told, settled, monkeypatch):
    document.open(Session("x^2", ()))
    settled()
    document.edit_value("x", 2.0)
    left = document._pause.remainingTime()
    document.edit_value("x", 3.0)
    assert document._pause.remainingTime() <= left
    settled()
    assert told.last("settled").at == {"x": 3.0}


def test_the_same_text_or_value_again_is_no_edit(document, told, settled):
    document.open(Session("x^2", (("x", 1.0),)))
    settled()
    count = len(told.said)
    document.edit_source("x^2")
    document.edit_value("x", 1.0)
    assert len(told.said) == count
    assert not document.can_undo


def test_undo_goes_back_over_text_and_values_and_redo_forward(document, told, settled):
    document.open(Session())
    document.edit_source("x1^2")
    document.edit_value("x1", 9.0)
    document.undo()
    assert document.session.value("x1") == 2.0
    document.undo()
    assert document.session == Session(WORKED_EXAMPLE, WORKED_POINT)
    assert not document.can_undo
    document.redo()
    document.redo()
    assert document.session.source == "x1^2"
    assert document.session.value("x1") == 9.0
    assert not document.can_redo
    settled()
    assert told.last("settled").at == {"x1": 9.0}


def test_typing_without_a_pause_is_one_step_and_each_value_its_own(document):
    document.open(Session("x", ()))
    for text in ("x+", "x+y", "x+y*2"):
        document.edit_source(text)
    document.edit_value("x", 2.0)
    document.edit_value("x", 3.0)
    document.edit_value("y", 4.0)
    document.undo()
    assert dict(document.session.point) == {"x": 3.0}
    document.undo()
    assert dict(document.session.point) == {}
    document.undo()
    assert document.session.source == "x"


def test_a_pause_begins_a_new_step(document, qtbot, monkeypatch):
    document.open(Session("x", ()))
    document.edit_source("x+1")
    qtbot.waitUntil(lambda: not document._joining.isActive(), timeout=TIMEOUT_MS)
    document.edit_source("x+12")
    document.undo()
    assert document.session.source == "x+1"


def test_an_edit_after_undo_forgets_what_was_undone(document):
    document.open(Session("x", ()))
    document.edit_source("x+1")
    document.undo()
    document.edit_source("x+2")
    assert not document.can_redo


def test_the_history_has_an_end(document, monkeypatch):
    monkeypatch.setattr(session, "MOST_UNDO", 5)
    document.open(Session("x", ()))
    for number in range(20):
        document.open(Session(f"x+{number}", ()))
    for _ in range(20):
        document.undo()
    assert document.session.source == "x+14"


def test_undo_of_a_text_that_was_wrong_says_again_what_is_wrong(document, told):
    document.open(Session("x +", ()))
    document.open(Session("x", ()))
    document.undo()
    assert told.names()[-1] == "refused"
