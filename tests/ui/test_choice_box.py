"""The combo box that says when it cuts what is chosen."""

from PySide6.QtWidgets import QStyleOptionComboBox

from explorer.ui import theme
from explorer.ui.choice_box import ChoiceBox


def shown(box):
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    return option.currentText


def test_a_name_that_has_no_room_ends_in_dots_and_one_that_has_is_whole(qtbot):
    box = ChoiceBox()
    qtbot.addWidget(box)
    theme.narrow(box, 3)
    box.addItems(["loss_of_the_training", "x"])
    box.resize(80, 24)
    assert shown(box).endswith("…")
    assert box.currentText() == "loss_of_the_training"
    box.setCurrentIndex(1)
    assert shown(box) == "x"
    box.setCurrentIndex(0)
    box.resize(300, 24)
    assert shown(box) == "loss_of_the_training"
