"""The house plan, checked by reading every import of the package, those hidden in functions too.

Each rule is a function from the house to the sentences that say how it is breached. The tests below run them on this
checkout, and on a copy in which each rule is broken on purpose. A rule guards only the names that it names: that is
why the last word has the list of packages that may be imported at all.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; what each floor may import of ours, besides itself and the bare package.
MAY_IMPORT = {
    "language": (),
    "calculus": ("explorer.language",),
    "optimize": ("explorer.calculus", "explorer.language"),
    "work": ("explorer.optimize", "explorer.calculus", "explorer.language"),
    "ui": ("explorer.work", "explorer.optimize.rules", "explorer.language"),
    "start": ("explorer.work", "explorer.ui"),
}
# Who may import a package from outside; a package that is not here may not be imported at all.
ALLOWED_IN = {
    "PySide6": ("explorer.ui", "explorer.start"),
    "matplotlib": ("explorer.ui.plots",),
    "sympy": ("explorer.calculus.symbolic",),
    "mpmath": ("explorer.calculus",),
    "PIL": ("explorer.ui.pictures",),
    "imageio_ffmpeg": ("explorer.ui.pictures",),
    "numpy": ("explorer.calculus", "explorer.optimize", "explorer.work", "explorer.ui.plots"),
}
# pickle and marshal run or trust what they read, and the others pickle; code and runpy run text.
EXECUTING_MODULES = {"pickle", "_pickle", "marshal", "shelve", "dill", "multiprocessing", "code", "codeop", "runpy"}
EXECUTING_BUILTINS = {"eval", "exec", "compile", "__import__"}
# The one door for source that the program itself generates, which it checks word by word; it has no other builtin.
GENERATED = "explorer.calculus.generated"
VAGUE_NAMES = {"core", "util", "utils", "common", "helper", "helpers", "misc"}
TOP_LEVEL = {"explorer", "resources", "tests", "main.py", "pyproject.toml", "README.md", "LICENSE"}


@dataclass(frozen=True)
class Import:
    """One imported name: `from a.b import c` is "a.b.c", whether c is a module or not; `from . import c` is ".c"."""

    name: str
    line: int
    only_for_types: bool


@dataclass(frozen=True)
class House:
    """The package's modules: dotted name → text."""

    texts: dict[str, str]

    def imports(self, module: str) -> tuple[Import, ...]:
        return imports_in(self.texts[module])

    def target(self, name: str) -> str:
        """The module that an imported name leads to: the name itself or what stands before its last dot."""
        return name if name in self.texts else name.rpartition(".")[0] if "." in name else name

    def internal(self, module: str) -> Iterator[tuple[str, Import]]:
        for imported in self.imports(module):
            if within(imported.name, "explorer"):
                yield self.target(imported.name), imported


def house_at(root: Path) -> House:
    texts = {}
    for path in sorted((root / "explorer").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        texts[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return House(texts)


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def nodes_in(text: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(text)))


def last_name(node: ast.expr) -> str:
    """`c` of c and of a.b.c; nothing of all else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@cache
def imports_in(text: str) -> tuple[Import, ...]:
    for_types = {
        id(inner)
        for node in nodes_in(text)
        if isinstance(node, ast.If) and last_name(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found = []
    for node in nodes_in(text):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + ".".join(filter(None, (node.module, alias.name))) for alias in node.names]
        elif isinstance(node, ast.Call) and last_name(node.func) == "import_module":
            # A name that is computed cannot be checked; start.py passes the function on and calls it with literals.
            literal = node.args and isinstance(node.args[0], ast.Constant) and str(node.args[0].value)
            names = [literal or "a name that is computed"]
        found += [Import(name, node.lineno, id(node) in for_types) for name in names]
    return tuple(found)


@cache
def executing_names_in(text: str) -> tuple[tuple[str, int], ...]:
    """The builtins that execute text, with their lines."""
    found = []
    for node in nodes_in(text):
        name = ""
        if isinstance(node, ast.Name):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = node.attr if node.value.id in ("builtins", "__builtins__") else ""
        elif isinstance(node, ast.ImportFrom) and node.module == "builtins":
            name = next((alias.name for alias in node.names if alias.name in EXECUTING_BUILTINS), "")
        if name in EXECUTING_BUILTINS:
            found.append((name, node.lineno))
    return tuple(found)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def imports_point_down(house: House) -> list[str]:
    """ui → work → optimize → calculus → language; of what computes, ui imports only the optimizers' rules."""
    breaches = []
    for module in house.texts:
        floor = module.split(".")[1] if "." in module else ""
        for target, imported in house.internal(module):
            allowed = target == "explorer" or (
                floor in MAY_IMPORT
                and any(within(target, package) for package in (f"explorer.{floor}", *MAY_IMPORT[floor]))
            )
            if not allowed:
                breaches.append(f"{module}, line {imported.line}, imports {target}")
    return breaches


def every_module_stands_on_a_floor(house: House) -> list[str]:
    return [module for module in house.texts if module != "explorer" and module.split(".")[1] not in MAY_IMPORT]


def packages_from_outside_stay_where_they_belong(house: House) -> list[str]:
    """Qt in ui, matplotlib in the plots' own process, SymPy in calculus.symbolic; what ALLOWED_IN lacks, nowhere."""
    breaches = []
    for module in house.texts:
        for imported in house.imports(module):
            top = imported.name.partition(".")[0]
            if not top or top in sys.stdlib_module_names or top == "explorer":
                continue
            if not any(within(module, home) for home in ALLOWED_IN.get(top, ())):
                breaches.append(f"{module}, line {imported.line}, imports {imported.name}")
    return breaches


def language_and_rules_run_without_numpy(house: House) -> list[str]:
    """The window imports these two; NumPy takes it longer than all of Qt's first paint may."""
    return [
        f"{module}, line {imported.line}, imports {imported.name}"
        for module in house.texts
        if within(module, "explorer.language") or within(module, "explorer.optimize.rules")
        for imported in house.imports(module)
        if within(imported.name, "numpy") and not imported.only_for_types
    ]


def no_cycles(house: House) -> list[str]:
    edges = {
        module: {target for target, imported in house.internal(module) if not imported.only_for_types}
        for module in house.texts
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return [" → ".join(error.args[1])]
    return []


def no_relative_imports(house: House) -> list[str]:
    return [
        f"{module}, line {imported.line}, imports {imported.name}"
        for module in house.texts
        for imported in house.imports(module)
        if imported.name.startswith(".")
    ]


def panels_do_not_import_each_other(house: House) -> list[str]:
    panels = "explorer.ui.panels"
    return [
        f"{module}, line {imported.line}, imports {target}"
        for module in house.texts
        if module.startswith(panels + ".")
        for target, imported in house.internal(module)
        if target.startswith(panels + ".") and target.split(".")[3] != module.split(".")[3]
    ]


def every_module_has_a_docstring(house: House) -> list[str]:
    return [module for module, text in house.texts.items() if not ast.get_docstring(parsed(text))]


def no_module_is_called_by_a_vague_name(house: House) -> list[str]:
    return [module for module in house.texts if VAGUE_NAMES.intersection(module.split("."))]


def nothing_executes_what_it_reads(house: House) -> list[str]:
    """No eval, exec, compile or __import__ by that name, nor as an attribute of builtins, and no pickle.

    re.compile and QApplication.exec are other things of the same name: an attribute counts only on builtins.
    """
    breaches = []
    for module, text in house.texts.items():
        breaches += [
            f"{module}, line {line}, has {name}"
            for name, line in executing_names_in(text)
            if not (module == GENERATED and name in ("exec", "compile"))
        ]
        breaches += [
            f"{module}, line {imported.line}, imports {imported.name}"
            for imported in house.imports(module)
            if imported.name.partition(".")[0] in EXECUTING_MODULES
        ]
    return breaches


Rule = Callable[[House], list[str]]
RULES: tuple[Rule, ...] = (
    imports_point_down,
    every_module_stands_on_a_floor,
    packages_from_outside_stay_where_they_belong,
    language_and_rules_run_without_numpy,
    no_cycles,
    no_relative_imports,
    panels_do_not_import_each_other,
    every_module_has_a_docstring,
    no_module_is_called_by_a_vague_name,
    nothing_executes_what_it_reads,
)


@pytest.fixture(scope="module")
def house() -> House:
    return house_at(ROOT)


def test_imports_point_down_and_the_window_asks_instead_of_computing(house):
    assert not imports_point_down(house)


def test_every_module_stands_on_one_of_the_five_floors(house):
    assert not every_module_stands_on_a_floor(house)


def test_qt_and_matplotlib_live_in_ui_and_sympy_in_one_place(house):
    assert not packages_from_outside_stay_where_they_belong(house)


def test_language_and_the_rules_never_import_numpy(house):
    assert not language_and_rules_run_without_numpy(house)


def test_there_is_no_import_cycle(house):
    assert not no_cycles(house)


def test_no_import_is_relative(house):
    assert not no_relative_imports(house)


def test_no_panel_imports_another_panel(house):
    assert not panels_do_not_import_each_other(house)


def test_every_module_says_what_it_is(house):
    assert not every_module_has_a_docstring(house)


def test_no_module_or_folder_has_a_name_that_says_nothing(house):
    assert not no_module_is_called_by_a_vague_name(house)


def test_no_text_is_ever_executed_or_unpickled(house):
    assert not nothing_executes_what_it_reads(house)


# For each rule, what must make it and no other one speak: files, their text put after what is there or a docstring.
BREACHES: dict[Rule, list[dict[str, str]]] = {
    imports_point_down: [
        {"language/breach.py": "import explorer.calculus.tape"},
        {"language/formula.py": "def f():\n    from explorer.work import wire"},
        {"calculus/breach.py": "from explorer.optimize.rules import Rule"},
        {"optimize/breach.py": "def f():\n    import explorer.work.wire"},
        {"work/breach.py": "from explorer.ui import resources"},
        {"work/breach.py": "import explorer.start"},
        {"ui/breach.py": "from explorer.calculus import evaluate"},
        {"ui/panels/breach.py": "from explorer.calculus.tape import Tape"},
        {"ui/breach.py": "from explorer.optimize import descent"},
        {"ui/breach.py": "import importlib\nimportlib.import_module('explorer.calculus.tape')"},
        {"ui/breach.py": "if TYPE_CHECKING:\n    from explorer.calculus.tape import Tape"},
        {"start.py": "import explorer.calculus.symbolic"},
        {"__init__.py": "import explorer.language.parser"},
    ],
    every_module_stands_on_a_floor: [
        {"attic.py": ""},
    ],
    packages_from_outside_stay_where_they_belong: [
        {"calculus/breach.py": "def f():\n    import PySide6.QtCore"},
        {"work/breach.py": "from matplotlib import pyplot"},
        {"work/breach.py": "from importlib import import_module\nimport_module('PySide6')"},
        {"work/breach.py": "from importlib import import_module\nimport_module(x)"},
        {"ui/breach.py": "import sympy"},
        {"calculus/tape.py": "def f():\n    from sympy import diff"},
        {"calculus/symbolically.py": "import sympy"},
        {"calculus/breach.py": "import scipy.optimize"},
        {"ui/breach.py": "from PyQt6 import QtCore"},
    ],
    language_and_rules_run_without_numpy: [
        {"optimize/rules/breach.py": "def f():\n    import numpy.linalg"},
    ],
    no_cycles: [
        {"work/one.py": "import explorer.work.two", "work/two.py": "def f():\n    from explorer.work import one"},
        {"language/one.py": "import explorer.language.one"},
    ],
    no_relative_imports: [
        {"calculus/breach.py": "from . import tape"},
        {"calculus/breach.py": "def f():\n    from ..language import program"},
    ],
    panels_do_not_import_each_other: [
        {"ui/panels/one.py": "", "ui/panels/two.py": "from explorer.ui.panels import one"},
        {"ui/panels/one.py": "", "ui/panels/two.py": "from explorer.ui.panels.one import f"},
    ],
    no_module_is_called_by_a_vague_name: [
        {"work/utils.py": ""},
        {"calculus/core/tape.py": ""},
    ],
    nothing_executes_what_it_reads: [
        {"calculus/breach.py": "eval('1')"},
        {"calculus/breach.py": "def f():\n    run = exec"},
        {"calculus/generated.py": '"""A door."""\neval("1")'},
        {"optimize/generated.py": '"""Another door."""\nexec("1")'},
        {"ui/breach.py": "compile('1', '', 'eval')"},
        {"language/breach.py": "sympy = __import__('sympy')"},
        {"work/breach.py": "import builtins\nbuiltins.eval('1')"},
        {"work/breach.py": "from builtins import exec as run"},
        {"work/breach.py": "def f():\n    from pickle import loads"},
        {"work/breach.py": "import multiprocessing.pool"},
    ],
}


@pytest.fixture(scope="module")
def already(house) -> set[str]:
    """The rules that this checkout breaks, which the tests above tell."""
    return {rule.__name__ for rule in RULES if rule(house)}


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "explorer", root / "explorer", ignore=shutil.ignore_patterns("__pycache__", "resources"))
    return root


def rules_that_report(root: Path, files: dict[str, str], docstring: str = '"""A breach."""\n') -> set[str]:
    """The names of the rules that the house at root breaks once the files are added to it; takes them away again."""
    written: dict[Path, str | None] = {}
    for name, text in files.items():
        path = root / "explorer" / name
        written[path] = path.read_text(encoding="utf-8") if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text((written[path] or docstring) + "\n" + text + "\n", encoding="utf-8")
    try:
        house = house_at(root)
        return {rule.__name__ for rule in RULES if rule(house)}
    finally:
        for path, before in written.items():
            if before is None:
                path.unlink()
            else:
                path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        pytest.param(rule, files, id=f"{rule.__name__}-{number}")
        for rule, all_files in BREACHES.items()
        for number, files in enumerate(all_files)
    ],
)
def test_each_rule_catches_a_breach_and_no_other_rule_does(copy_of_the_house, already, rule, files):
    assert rules_that_report(copy_of_the_house, files) - already == {rule.__name__}


def test_numpy_in_language_breaks_both_rules_that_forbid_it(copy_of_the_house):
    assert rules_that_report(copy_of_the_house, {"language/breach.py": "import numpy as np"}) >= {
        "language_and_rules_run_without_numpy",
        "packages_from_outside_stay_where_they_belong",
    }


def test_a_module_without_a_docstring_is_caught(copy_of_the_house):
    assert "every_module_has_a_docstring" in rules_that_report(copy_of_the_house, {"work/breach.py": "x = 1"}, "")


def test_every_rule_is_broken_on_purpose_above():
    assert BREACHES.keys() | {every_module_has_a_docstring} == set(RULES)


def test_what_only_looks_like_a_breach_is_not_reported(copy_of_the_house, already):
    innocent = {
        "work/one.py": "if TYPE_CHECKING:\n    from explorer.work.two import Two",
        "work/two.py": "from explorer.work.one import One",
        "ui/breach.py": "import re\nre.compile('x')\napplication.exec()\nevaluate('x')\nimport explorer",
        "ui/panels/one.py": "from explorer.optimize.rules import RULES\nfrom explorer.work import wire",
        "language/breach.py": "if TYPE_CHECKING:\n    import graphlib",
        "calculus/symbolic_sizes.py": "from explorer.calculus.symbolic import differentiate",
    }
    assert rules_that_report(copy_of_the_house, innocent) == already


def stray_entries(paths: list[str]) -> set[str]:
    """What lies at the top level besides the agreed entries and the tools' own files, which begin with a dot."""
    return {entry for entry in (path.partition("/")[0] for path in paths) if not entry.startswith(".")} - TOP_LEVEL


def test_the_top_level_holds_only_what_the_plan_names():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip(f"git does not list the files: {listed.stderr.strip()}")
    assert not stray_entries(listed.stdout.split("\0")[:-1])


def test_a_stray_entry_at_the_top_level_is_caught():
    assert stray_entries(["explorer/a.py", ".ci/run", "LICENSE", "setup.py", "docs/a.md"]) == {"setup.py", "docs"}


def loaded_after(statement: str) -> set[str]:
    """The packages that a new interpreter has loaded after the statement, by their first names."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{statement}\nimport sys; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))",
        ],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return set(said.stdout.split())


HEAVY = {"numpy", "sympy", "mpmath", "scipy", "matplotlib", "PySide6"}


@pytest.mark.parametrize("module", ["explorer.language.parser", "explorer.optimize.rules", "explorer.start", "main"])
def test_at_run_time_the_parser_the_rules_and_the_start_load_nothing_heavy(module):
    assert not loaded_after(f"import {module}") & HEAVY


def test_at_run_time_the_window_leaves_sympy_scipy_and_matplotlib_alone():
    if not (ROOT / "explorer/ui/window.py").exists():
        pytest.skip("the window is not there yet")
    assert not loaded_after("import explorer.ui.window") & {"sympy", "mpmath", "scipy", "matplotlib"}
