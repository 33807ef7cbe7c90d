"""The window: session, panels, formula and graph drawing, plots. The only floor that knows Qt and matplotlib."""
