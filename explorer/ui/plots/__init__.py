"""The plotting process: drawing with matplotlib away from the window, which an import or a redraw would freeze."""
