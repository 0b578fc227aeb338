"""Files with tests that nothing reaches, without all else that the inventory asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import workspaces

from tasker_ci.process.command import Completed
from tasker_ci.rust.files import read_tree
from tasker_ci.rust.manifests.reading import find_workspaces
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.sources import Sources
from tasker_ci.sessions.inventory.unreached import Unreached
from tasker_ci.testing import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_a_member_that_nothing_names(tmp_path: Path) -> None:
    from tasker_ci.foreign.checkout import read_checkout

    test = "#[test]\nfn one() {}\n"
    workspaces.write_files(
        tmp_path,
        {
            "Cargo.toml": workspaces.manifest("sample"),
            "src/lib.rs": "mod named;\n",
            "src/named.rs": test,
            "src/orphan.rs": test,
        },
    )
    runner = RecordingRunner({"": Completed(exit_code=128)})
    (workspace,) = find_workspaces(read_checkout(tmp_path, runner, {}))
    sources = Sources()
    unreached = Unreached(
        workspace=workspace,
        tree=read_tree(workspace, runner, {}),
        reach=reach_of(workspace, sources),
        sources=sources,
        strangers=(),
    )
    assert [each.file for each in unreached.of_members()] == ["src/orphan.rs"]
