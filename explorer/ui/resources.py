"""Where the program's own files are: fonts, icons, examples, lessons."""

from __future__ import annotations

from pathlib import Path

import explorer


def resource(name: str) -> Path:
    """The path of a file of the program, "fonts/STIXTwoMath-Regular.ttf"; FileNotFoundError where there is none.

    An installed wheel has them within the package, a source checkout beside it. The package's own folder is looked
    at first: beside an installed package stands whatever else is installed.
    """
    package = Path(explorer.__file__).resolve().parent
    for folder in (package / "resources", package.parent / "resources"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"the program's own file {name} is missing")
