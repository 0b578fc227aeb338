from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Completed
from tasker_ci.sessions.quality.session import clippy, doc
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n', encoding="utf-8"
    )
    (tmp_path / "src" / "lib.rs").write_text("", encoding="utf-8")


def message(level: str, text: str, *, code: str | None = None, line: int = 3) -> str:
    """One message of cargo with `--message-format json`."""
    found: dict[str, Any] = {
        "reason": "compiler-message",
        "package_id": "sample",
        "target": {"name": "sample", "src_path": "src/lib.rs"},
        "message": {
            "level": level,
            "message": text,
            "code": code and {"code": code},
            "rendered": f"{level}: {text}\n",
            "spans": [
                {
                    "file_name": "src/lib.rs",
                    "line_start": line,
                    "column_start": 1,
                    "is_primary": True,
                }
            ],
        },
    }
    return json.dumps(found) + "\n"


def context_of(tmp_path: Path, cargo: Completed, settings: str = "") -> RecordedContext:
    metadata = {
        "packages": [],
        "workspace_members": [],
        "workspace_root": str(tmp_path),
        "target_directory": str(tmp_path / "target"),
    }
    runner = RecordingRunner(
        {
            "cargo clippy --workspace": cargo,
            "cargo doc --workspace": cargo,
            "cargo metadata": json.dumps(metadata),  # a failure is held against it
            "": "",
        }
    )
    programs = tmp_path / "programs"  # a failure looks for them; none is started
    programs.mkdir()
    for name in ("cc", "cargo-clippy"):
        (programs / name).write_text("", encoding="utf-8")
        (programs / name).chmod(0o755)
    environment = {"PATH": str(programs), "HOME": str(tmp_path)}
    return make_context(tmp_path, settings, runner=runner, environment=environment)


def lines_of(context: RecordedContext) -> list[str]:
    assert isinstance(context.runner, RecordingRunner)
    return context.runner.lines


def test_clean_code_is_said_to_be_clean(tmp_path: Path) -> None:
    context = context_of(tmp_path, Completed())
    assert clippy(context).summary == "no lint, no warning"
    (line,) = [line for line in lines_of(context) if " clippy " in line]
    assert "--workspace --all-targets" in line
    assert line.endswith("-- -D warnings")


def test_the_targets_and_lints_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = '[clippy]\ntargets = ["lib", "tests"]\nlint-arguments = ["-W", "clippy::pedantic"]\n'
    context = context_of(tmp_path, Completed(), settings)
    clippy(context)
    (line,) = [line for line in lines_of(context) if " clippy " in line]
    assert "--workspace --lib --tests" in line
    assert "--all-targets" not in line
    assert line.endswith("-- -W clippy::pedantic")


def test_a_lint_keeps_the_code_of_cargo_and_names_the_way_to_fix_it(tmp_path: Path) -> None:
    lint = message("error", "this loop never loops", code="clippy::never_loop")
    context = context_of(tmp_path, Completed(exit_code=101, stdout=lint))
    with pytest.raises(CommandFailed, match=r"Clippy found 1 problem in 1 file, first") as caught:
        clippy(context)
    assert caught.value.exit_code == 101
    assert "clippy --fix" in caught.value.next_step


def test_code_that_does_not_compile_is_no_lint(tmp_path: Path) -> None:
    broken = message("error", "mismatched types", code="E0308")
    context = context_of(tmp_path, Completed(exit_code=101, stdout=broken))
    with pytest.raises(CommandFailed, match=r"The code does not compile: 1 error, first"):
        clippy(context)


def test_warnings_that_pass_are_counted_with_the_first_of_them(tmp_path: Path) -> None:
    context = context_of(tmp_path, Completed(stdout=message("warning", "unused variable")))
    summary = clippy(context).summary
    assert summary.startswith("1 warning")
    assert "src/lib.rs:3" in summary


def test_a_dry_run_of_clippy_starts_nothing(tmp_path: Path) -> None:
    context = make_context(tmp_path, dry_run=True)
    clippy(context)
    assert lines_of(context) == []
    assert "cargo clippy --workspace" in context.printed


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({}, '--config \'build.rustdocflags=["-D", "warnings"]\''),
        ({"RUSTDOCFLAGS": "--cfg docs"}, ""),
    ],
)
def test_denied_warnings_go_where_cargo_reads_the_flags(
    tmp_path: Path, environment: dict[str, str], where: str
) -> None:
    context = make_context(
        tmp_path,
        '[doc]\nwarnings = "deny"\n',
        runner=RecordingRunner({"": ""}),
        environment={"PATH": "", "HOME": str(tmp_path), **environment},
    )
    doc(context)
    assert isinstance(context.runner, RecordingRunner)
    (command,) = [each for each in context.runner.commands if "doc" in each.argv]
    assert where in str(command)
    if environment:
        assert command.environment["RUSTDOCFLAGS"] == "--cfg docs -D warnings"
        assert "--config" not in command.argv


def test_documentation_names_its_pages_and_counts_its_warnings(tmp_path: Path) -> None:
    context = context_of(tmp_path, Completed(stdout=message("warning", "unresolved link")))
    outcome = doc(context)
    assert outcome.summary == "1 warning; no pages"
    assert outcome.data["warnings"] == 1
