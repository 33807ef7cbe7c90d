"""Differentiation Explorer, from a checkout: `python main.py` is the window, `python main.py --help` tells the rest."""

from explorer.start import main

if __name__ == "__main__":
    raise SystemExit(main())
