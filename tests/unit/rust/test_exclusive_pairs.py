"""Which features the code itself refuses beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.rust.exclusive_features import exclusive_pairs
from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.workspace import Package, Target, Workspace

if TYPE_CHECKING:
    from pathlib import Path

ERROR = 'compile_error!("no");\n'


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('all(feature = "a", feature = "b")', ("a,b",)),
        ('any(all(feature = "a", feature = "b"), all(feature = "b", feature = "c"))',
         ("a,b", "b,c")),
        ('all(feature = "a", feature = "absent")', ()),
        ('not(any(feature = "a", feature = "b"))', ()),
        ('feature = "a"', ()),
        ('all(feature = "a", target_os = "none")', ()),
    ],
)  # fmt: skip
def test_a_pair_is_refused_where_neither_is_alone(
    tmp_path: Path, condition: str, found: tuple[str, ...]
) -> None:
    workspaces.write_files(tmp_path, {"src/lib.rs": f"#[cfg({condition})]\n{ERROR}"})
    target = Target(
        name="x",
        kind="lib",
        source=tmp_path / "src/lib.rs",
        tested=True,
        doctested=True,
        required_features=(),
    )
    package = Package(
        name="x",
        version="1.0.0",
        manifest=tmp_path / "Cargo.toml",
        targets=(target,),
        features={"a": (), "b": (), "c": ()},
    )
    workspace = Workspace(root=tmp_path, target_directory=tmp_path / "target", packages=(package,))
    expected = {"x": found} if found else {}
    assert exclusive_pairs(workspace, reach_of(workspace)) == expected
