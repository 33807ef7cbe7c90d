"""How large a text may be, and how far a run of it may go. Costs nothing to import: the window must know it at once."""

from __future__ import annotations

# A line of 100,000 characters freezes a text widget for seconds, and no formula that is read by people is this long.
MAX_CHARACTERS = 10_000
MAX_TOKENS = 5_000
MAX_LATEX_TOKENS = 2_000  # a page of display mathematics; refused or read within a twentieth of a second
# 17 digits determine a double; 50 leave room for constants copied from tables.
MAX_DIGITS = 50
MAX_NAME_LENGTH = 32

# Where a run is stopped, by name: the usual limit, the least and the most that may be asked for, and what is counted.
RUN_LIMITS: dict[str, tuple[int, int, int, str]] = {
    "steps": (1_000_000, 1_000, 100_000_000, "steps of one run, and items put into lists: about a second"),
    "depth": (1_000, 10, 100_000, "calls inside each other"),
    "operations": (250_000, 100, 2_000_000, "operations recorded, each in about half a kilobyte"),
    "items": (100_000, 100, 10_000_000, "items of one list"),
    "paths": (256, 1, 10_000, "conditions on an input that the symbolic form writes both sides of"),
}
