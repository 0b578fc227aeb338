"""Which modules have a unit test that imports them; the list of those without may only shrink."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "resources" / "modules-without-unit-tests.txt"
SMALL = 40
"""So many lines need no test of their own."""


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def without_unit_tests() -> list[str]:
    tested: set[str] = set()
    for file in (ROOT / "tests" / "unit").rglob("test_*.py"):
        tested |= imported(file)
    modules = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file
        for file in (ROOT / "tasker_ci").rglob("*.py")
        if file.name != "__init__.py"  # rows, which the tests of the registry look at
    }
    return sorted(
        name
        for name, file in modules.items()
        if name not in tested and len(file.read_text(encoding="utf-8").splitlines()) > SMALL
    )


def test_every_module_is_imported_by_a_unit_test_or_is_known_to_lack_one() -> None:
    found, known = {*without_unit_tests()}, {*LIST.read_text(encoding="utf-8").split()}
    assert found <= known, f"write a unit test for {', '.join(sorted(found - known))}"
    # a module that has become smaller than SMALL may stay in the list for a while
    tested = {name for name in known - found if _has_a_test(name)}
    assert not tested, f"take out of {LIST.name}, which may only shrink: {', '.join(tested)}"


def _has_a_test(name: str) -> bool:
    return any(name in imported(file) for file in (ROOT / "tests" / "unit").rglob("test_*.py"))
