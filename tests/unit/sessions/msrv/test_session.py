"""The session msrv with a cargo that answers as the real one does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import workspaces

from tasker_ci.context import Status
from tasker_ci.errors import SelectionError
from tasker_ci.process.command import Completed
from tasker_ci.sessions.msrv.checked import check_promise
from tasker_ci.sessions.msrv.errors import MsrvNotChecked, PromiseBroken, ToolchainsMissing
from tasker_ci.sessions.msrv.promises import promises_of
from tasker_ci.sessions.msrv.proves import msrv_proves
from tasker_ci.sessions.msrv.session import msrv
from tasker_ci.sessions.msrv.telling import again, fix_of, named
from tasker_ci.testing import RecordedContext, RecordingRunner, make_context
from tasker_ci.tools.cargo import read_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.testing import Answer

OLD = "rustc 1.63.0 is not supported by the following packages:\n  url@2.5.7 requires rustc 1.78\n"


def package(folder: Path, name: str, version: str | None) -> dict[str, Any]:
    target = {
        "kind": ["lib"],
        "name": name,
        "src_path": str(folder / name / "src/lib.rs"),
        "test": True,
        "doctest": True,
    }
    return {
        "name": name,
        "version": "0.1.0",
        "manifest_path": str(folder / name / "Cargo.toml"),
        "targets": [target],
        "rust_version": version,
        "features": {"fast": []} if name == "b" else {},
    }


def context_of(
    folder: Path,
    answers: Mapping[str, Answer] | None = None,
    *,
    installed: str = "1.63.0-x86_64-unknown-linux-gnu\n",
    settings: str = "",
    promises: Mapping[str, str | None] | None = None,
    **environment: str,
) -> RecordedContext:
    given = {"a": "1.63", "b": "1.63", "c": None} if promises is None else promises
    members = {f"{name}/Cargo.toml": workspaces.manifest(name) for name in given}
    files = {"Cargo.toml": '[workspace]\nmembers = ["*"]\n', "Cargo.lock": "version = 3\n"}
    workspaces.write_files(folder, {**files, **members})
    metadata = {
        "workspace_root": str(folder),
        "target_directory": str(folder / "target"),
        "packages": [package(folder, name, version) for name, version in given.items()],
    }
    program = folder / "bin/rustup"
    program.parent.mkdir(exist_ok=True)
    program.touch(0o755)
    runner = RecordingRunner(
        {
            "cargo metadata": json.dumps(metadata),
            "rustup toolchain list": installed,
            "rustc --version": "rustc 1.95.0 (abc 2026-04-14)\n",
            **(answers or {}),
        }
    )
    whole = {"PATH": str(folder / "bin"), "HOME": str(folder), **environment}
    return make_context(folder, 'sccache = "off"\n' + settings, runner=runner, environment=whole)


def test_packages_of_one_version_are_one_check_with_their_features(tmp_path: Path) -> None:
    settings = '[msrv]\nfeatures = ["fast", "other"]\n'
    context = context_of(tmp_path, {"cargo +1.63.0 check": ""}, settings=settings)
    outcome = msrv(context)
    assert outcome.summary == "2 packages with Rust 1.63.0"
    (line,) = (each for each in context.runner.lines if " check " in each)
    assert "--package a --package b --features fast --locked --target-dir" in line


def test_no_promise_and_no_such_package(tmp_path: Path) -> None:
    outcome = msrv(context_of(tmp_path, promises={"a": None}))
    assert (outcome.status, outcome.summary) == (Status.SKIPPED, "no package has a `rust-version`")
    with pytest.raises(SelectionError, match="no package z"):
        msrv(context_of(tmp_path, promises={"a": None}), package=("z",))


def test_a_dependency_that_wants_a_newer_rust_is_told_with_the_way_out(tmp_path: Path) -> None:
    red = Completed(exit_code=101, seconds=1, stderr=f"error: {OLD}")
    context = context_of(tmp_path, {"cargo +1.63.0 check": red})
    with pytest.raises(PromiseBroken) as caught:
        msrv(context)
    assert caught.value.message.startswith("Not compiled: url with Rust 1.63.0. First: url 2.5.7 ")
    assert "cargo update url@2.5.7 --precise VERSION" in caught.value.next_step
    (finding,) = caught.value.data["promises"][0]["findings"]
    assert finding["needs"] == "1.78"
    workspace = read_workspace(context, {})
    (promise,) = promises_of(workspace.packages)
    checked = check_promise(context, dict(context.environment), workspace, promise, "1.63.0")
    (obstacle,) = checked.obstacles
    assert fix_of(workspace, checked, obstacle).startswith("raise `rust-version` in a/Cargo.toml")
    assert again(context, checked, obstacle) == "tasker-ci msrv --package a"


@pytest.mark.parametrize(
    ("environment", "kind"), [({}, MsrvNotChecked), ({"CI": "true"}, ToolchainsMissing)]
)
def test_what_is_not_installed_is_named_with_its_line(
    tmp_path: Path, environment: dict[str, str], kind: type[ToolchainsMissing]
) -> None:
    context = context_of(tmp_path, installed="", **environment)
    with pytest.raises(ToolchainsMissing, match=r"not installed: Rust 1\.63\.0 for a, b") as caught:
        msrv(context)
    assert type(caught.value) is kind
    assert caught.value.next_step.startswith("rustup toolchain install 1.63.0 --profile minimal")
    assert not any(" check " in each or " install " in each for each in context.runner.lines)


def test_toolchains_are_installed_where_that_is_asked_for_alone(tmp_path: Path) -> None:
    line = "rustup toolchain install 1.63.0 --profile minimal --no-self-update"
    context = context_of(tmp_path, {line: ""}, installed="")
    assert msrv(context, install=True).summary == "installed: 1.63.0"
    assert context.runner.lines[-1] == line
    there = context_of(tmp_path)
    assert msrv(there, install=True).summary == "every toolchain that a package names is here"
    red = context_of(tmp_path, {line: Completed(exit_code=1, seconds=0)}, installed="")
    with pytest.raises(ToolchainsMissing, match="rustup cannot install"):
        msrv(red, install=True)


def test_without_a_lock_file_a_proof_counts_while_the_registry_says_the_same(
    tmp_path: Path,
) -> None:
    context = context_of(tmp_path)
    assert msrv_proves(context).outside == ""
    (tmp_path / "Cargo.lock").unlink()
    assert msrv_proves(context).outside == "a registry"


def test_many_names_are_a_few_and_a_number() -> None:
    assert named("abc") == "a, b, c"
    assert named("abcdefg") == "a, b, c, d, e and 2 others"


NO_NETWORK = "error: failed to download from `https://index.example`\n\nCaused by:\n  no\n"


def test_what_cargo_could_not_fetch_says_nothing_of_the_promise(tmp_path: Path) -> None:
    red = Completed(exit_code=101, seconds=1, stderr=NO_NETWORK)
    context = context_of(tmp_path, {"cargo +1.63.0 check": red})
    with pytest.raises(MsrvNotChecked, match=r"could not fetch what it needs: failed to download"):
        msrv(context)
    with pytest.raises(ToolchainsMissing) as caught:
        msrv(context_of(tmp_path, {"cargo +1.63.0 check": red}, CI="true"))
    assert type(caught.value) is ToolchainsMissing


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (0, "Change the code, or raise `rust-version`"),
        (101, "It does not compile with the workspace's own Rust either: fix the first error"),
    ],
)
def test_code_that_no_rust_compiles_is_not_the_fault_of_the_old_one(
    tmp_path: Path, now: int, expected: str
) -> None:
    span = {"is_primary": True, "file_name": "a/src/lib.rs", "line_start": 7}
    diagnostic = {"message": "wrong", "level": "error", "code": None, "spans": [span]}
    message = {
        "reason": "compiler-message",
        "package_id": f"path+file://{tmp_path}/a#0.1.0",
        "message": {**diagnostic, "rendered": "wrong"},
    }
    answers = {
        "cargo +1.63.0 check": Completed(exit_code=101, seconds=1, stdout=json.dumps(message)),
        "cargo check": Completed(exit_code=now, seconds=1),
    }
    with pytest.raises(PromiseBroken, match=r"wrong at a/src/lib\.rs:7") as caught:
        msrv(context_of(tmp_path, answers))
    assert caught.value.next_step.startswith(expected)
