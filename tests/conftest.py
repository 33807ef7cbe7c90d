"""Offscreen before any Qt import; tests run bottom-up, floor by floor, so that the first failure is the deepest."""

import gc
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# The suite starts some fifty processes; each would compile the whole program again where bytecode is not to be kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import pytest
from hypothesis import settings

sys.dont_write_bytecode = False

# The same examples in every run: a failure is a change of the program, never the luck of the draw.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

FLOORS = ("test_architecture", "language", "calculus", "optimize", "work", "ui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def floor(item: pytest.Item) -> int:
        path = str(item.path)
        return next((index for index, name in enumerate(FLOORS) if f"tests/{name}" in path), len(FLOORS))

    items.sort(key=floor)


def pytest_collection_finish() -> None:
    """The thousands of tests that were found stay: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)  # what the tests make is mostly trees, which need no collector
