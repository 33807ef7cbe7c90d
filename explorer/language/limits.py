"""How large a text may be. Costs nothing to import: the window must know it before its first paint."""

from __future__ import annotations

# A line of 100,000 characters freezes a text widget for seconds, and no formula that is read by people is this long.
MAX_CHARACTERS = 10_000
MAX_TOKENS = 5_000
MAX_LATEX_TOKENS = 2_000  # a page of display mathematics; refused or read within a twentieth of a second
# 17 digits determine a double; 50 leave room for constants copied from tables.
MAX_DIGITS = 50
MAX_NAME_LENGTH = 32
