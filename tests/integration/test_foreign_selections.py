"""What a call of cargo's selects, as we read it and as cargo's own unit graph has it."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from foreign_commands import FolderOf, command
from unit_graphs import metadata, unit_graph
from workspaces import write_files

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.foreign.selections.selection import Selection

if TYPE_CHECKING:
    from tasker_ci.rust.workspace import Workspace

TABLE = tomllib.loads((Path(__file__).parents[1] / "resources/selections.toml").read_text("utf-8"))
CALLS = [
    (name, *call.split(": ", 1))
    for name, row in TABLE.items()
    for call in row["calls"].splitlines()
]


def files_of(row: dict[str, Any]) -> dict[str, str]:
    like = files_of(TABLE[row["like"]]) if "like" in row else {}
    sources = {
        name: "" if name.endswith("lib.rs") or "/tests/" in name else "fn main() {}"
        for name in row.get("sources", "").split()
    }
    return {**like, **sources, **row.get("files", {})}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Workspace]]:
    found = {}
    for name, row in TABLE.items():
        root = write_files(tmp_path_factory.mktemp("workspace"), files_of(row))
        lock = ["cargo", "generate-lockfile", "--offline"]
        subprocess.run(lock, cwd=root, check=True, capture_output=True)
        found[name] = (root, metadata(root))
    return found


@pytest.mark.parametrize(("name", "folder", "line"), CALLS)
def test_targets_and_features_are_those_of_cargo(
    made: dict[str, tuple[Path, Workspace]], name: str, folder: str, line: str
) -> None:
    root, workspace = made[name]
    texts = FolderOf(root)
    invocation = invocation_of(command(f"cargo {line}", folder=folder), texts)
    assert isinstance(invocation, Invocation)
    (selection,) = selections_of(invocation, Repository(texts=texts, workspaces=(workspace,)))
    assert isinstance(selection, Selection)

    graph = unit_graph(root / folder, line)

    assert bool(selection.refusal) is (graph is None)
    tests, doctests = {}, set()
    for each in workspace.packages:
        for target in each.targets:
            if selection.builds(each, target).selected:
                assert selection.closure
                assert not selection.closure.perhaps_of(each, target)
                tests[each.name, target.kind, target.name] = selection.closure.of(each, target)
            verdict = selection.builds(each, target, doctests=True)
            if verdict.selected or "that the manifest switches off" in verdict.why:
                doctests.add(each.name)
    assert tests == (graph.tests if graph else {})
    assert doctests == (graph.doctests if graph else set())
