"""Python's cycle collector held back while something large is built, for its passes over all objects are felt.

A formula of 40,000 signs is some 400,000 objects, and one pass over them takes 150 ms. They have no cycles: reference
counts free them. What was built is set aside (gc.freeze), so that later passes leave it out.
"""

from __future__ import annotations

import gc
from typing import ClassVar


def set_aside() -> None:
    """What has been built by now stays: later passes leave it out, which over a window and its modules take 40 ms."""
    gc.freeze()


class Hold:
    """One reason to hold the collector back; as long as any Hold is taken, it does not run."""

    _taken: ClassVar[set[int]] = set()

    def take(self) -> None:
        """Hold it back from now on."""
        self._taken.add(id(self))
        gc.disable()

    def release(self) -> None:
        """Let it run again, unless another holds it; what exists by now is left out of its later passes."""
        if id(self) in self._taken:
            self._taken.discard(id(self))
            if not self._taken:
                set_aside()
                gc.enable()
