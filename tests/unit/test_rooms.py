"""The rooms of the package stand in CONTRIBUTING.md, and imports go downwards in that table."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = "tasker_ci"
FACES = {PACKAGE, f"{PACKAGE}.__main__"}
"""The public face; it only hands names on."""

FAMILIES = f"{PACKAGE}.sessions."

MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in sorted((ROOT / PACKAGE).rglob("*.py"))
}


@cache
def rooms() -> list[tuple[str, ...]]:
    """The rows of the table from the top, each with its rooms as names of modules."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| room |")[2].partition("\n\n")[0]
    return [
        tuple(
            f"{PACKAGE}.{path.removesuffix('.py').strip('/').replace('/', '.')}"
            for path in re.findall(r"`([^`]+)`", line.split("|")[1])
        )
        for line in table.splitlines()[2:]
    ]


def row_of(module: str, table: list[tuple[str, ...]]) -> int | None:
    """The row of the room that says most about a module; None if the table forgot it."""
    known = [
        (len(room), row)
        for row, names in enumerate(table)
        for room in names
        if module == room or module.startswith(f"{room}.")
    ]
    return max(known)[1] if known else None


@cache
def source_of(module: str) -> str:
    return MODULES[module].read_text(encoding="utf-8")


@cache  # every test here reads the whole package
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All of a module's syntax that says what it imports and calls."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call)
    return tuple(node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds))


def imported(source: str) -> Iterator[str]:
    """The modules of the package that a module imports, be it for types alone or in a function."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in whole]
        else:
            continue
        yield from (name for name in names if name in MODULES)


def upwards(module: str, source: str) -> list[str]:
    """What a module imports from rooms above its own."""
    table = rooms()
    own = row_of(module, table)
    assert own is not None, f"CONTRIBUTING.md has no room for {module}"
    rows = {name: row_of(name, table) for name in imported(source) if name not in FACES}
    return sorted(name for name, row in rows.items() if row is not None and row < own)


@pytest.mark.parametrize("module", sorted(MODULES.keys() - FACES))
def test_a_module_imports_from_its_own_room_and_from_those_below(module: str) -> None:
    assert upwards(module, source_of(module)) == []


@pytest.mark.parametrize("module", sorted(MODULES.keys() - FACES))
def test_nox_and_invoke_are_known_to_the_faces_alone(module: str) -> None:
    tree = nodes(source_of(module))
    names = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in tree if isinstance(node, ast.ImportFrom)}
    known = {name.partition(".")[0] for name in names} & {"nox", "invoke"}
    assert not known or module.startswith(f"{PACKAGE}.faces")


def family_of(module: str) -> str:
    """The family that a module is a part of; "" for none."""
    return module.removeprefix(FAMILIES).partition(".")[0] if module.startswith(FAMILIES) else ""


def foreign_families(module: str, source: str) -> list[str]:
    """What a module imports of families that are not its own, but for what is public."""
    own = family_of(module)
    return sorted(
        name
        for name in imported(source)
        if family_of(name) not in {"", own} and (not own or not name.endswith(".public"))
    )


@pytest.mark.parametrize("module", sorted(MODULES.keys() - FACES))
def test_a_family_is_known_to_itself_and_by_what_it_makes_public(module: str) -> None:
    assert foreign_families(module, source_of(module)) == []


def test_what_reaches_into_a_family_is_found() -> None:
    inner = "from tasker_ci.sessions.tests.outcome import conclude"
    public = "from tasker_ci.sessions.tests.public import conclude"
    for module in ("tasker_ci.sessions.coverage.run", "tasker_ci.workflows.plan"):
        assert foreign_families(module, inner) == ["tasker_ci.sessions.tests.outcome"]
    assert foreign_families("tasker_ci.sessions.coverage.run", public) == []
    assert foreign_families("tasker_ci.workflows.plan", public) != []


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The first circle of a graph, as its members; [] where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_imports_go_in_a_circle() -> None:
    graph = {name: {each for each in imported(source_of(name)) if each != name} for name in MODULES}
    assert circles(graph) == []
    assert circles({"a": {"b"}, "b": {"a"}}) != []


def test_nothing_imports_the_root() -> None:
    found = {name for name in MODULES if PACKAGE in set(imported(source_of(name)))}
    assert found == set()


def test_an_import_that_goes_upwards_is_found_wherever_it_stands() -> None:
    for source in (
        "import tasker_ci.faces.cli",
        "from tasker_ci import sessions",
        "def late():\n    from tasker_ci.sessions.tests.unit import unit",
        "if TYPE_CHECKING:\n    from tasker_ci.workflows.sync.changes import Change",
    ):
        assert upwards("tasker_ci.tools.pins", source) != [], source


def test_every_room_of_the_table_exists() -> None:
    assert {room for names in rooms() for room in names} <= MODULES.keys()


def known_to(*names: str) -> dict[str, set[str]]:
    """The modules that import each of these libraries."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for module in MODULES:
        for node in nodes(source_of(module)):
            whole = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                whole = [node.module or ""]
            for name in whole:
                if name in found:
                    found[name].add(module.removeprefix(f"{PACKAGE}."))
    return found


def test_what_is_written_once_is_used_through_it() -> None:
    assert known_to("filelock", "fcntl") == {
        "filelock": {"process.locks"},
        "fcntl": {"process.parent_death", "process.pipe_reader"},  # signals and sizes of pipes
    }


def test_files_are_written_by_one_room() -> None:
    """Whole, and through no link: by `text/`, never by a call of its own."""
    found = {
        (module.removeprefix(f"{PACKAGE}."), node.func.attr)
        for module in MODULES
        for node in nodes(source_of(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"write_text", "write_bytes", "NamedTemporaryFile", "mkstemp"}
    }
    assert found == {("screen.unforeseen", "NamedTemporaryFile")}  # a new file of a bug's details
