from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import reviewed
from planted_ci import findings, planted, told

from tasker_ci.sessions.review.documented_commands import documented_calls
from tasker_ci.sessions.review.rules.doc_command import RULE

if TYPE_CHECKING:
    from pathlib import Path


def document(text: str, language: str = "sh") -> str:
    return f"# Work on it\n\n```{language}\n{text}\n```\n"


@pytest.mark.parametrize(
    ("text", "language", "line"),
    [
        ("cargo test --doc --all-packages", "sh", 4),
        ("# all\ncargo nextest run --no-capture-output", "bash", 5),
        ("$ cargo test --all-packages\nrunning 3 tests", "console", 4),
        ("RUST_LOG=debug cargo test \\\n  --workspce", "shell", 4),
    ],
)
def test_a_flag_that_cargo_refuses(text: str, language: str, line: int, tmp_path: Path) -> None:
    files = {"CONTRIBUTING.md": document(text, language)}
    assert told(tmp_path, RULE, files) == [f"warning CONTRIBUTING.md:{line}"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("cargo test --doc --workspace", "sh"),
        ("cargo test --flag-of-<name>", "sh"),
        ("cargo test $FLAGS --all-packages", "sh"),
        ("cargo test … --all-packages", "sh"),
        ("cargo test --all-packages", "text"),
        ("cargo test --all-packages", ""),
        ("git clone https://example.com/x\ncd x\ncargo test --all-packages", "sh"),
        ("cargo run -- --all-packages", "sh"),
        ("cargo test -- --all-packages", "sh"),
        ("cargo something --all-packages", "sh"),
        ("$ echo\ncargo test --all-packages", "console"),
    ],
)
def test_what_cargo_takes_or_nobody_types(text: str, language: str, tmp_path: Path) -> None:
    assert told(tmp_path, RULE, {"CONTRIBUTING.md": document(text, language)}) == []


def test_an_indented_block_and_documents_of_others(tmp_path: Path) -> None:
    block = "1. First\n\n   ```sh\n   cargo test --all-packages\n   ```\n"
    files = {"docs/testing.md": block, "vendor/a/README.md": block, "CHANGELOG.md": block}
    assert told(tmp_path, RULE, files) == ["warning docs/testing.md:4"]
    assert findings(tmp_path, RULE, files)[0].evidence == ("line 4: `cargo test --all-packages`",)


def test_the_calls_of_a_document(tmp_path: Path) -> None:
    subject = planted(tmp_path, {"README.md": document("cargo test -p core\ncargo clippy")})
    calls = [*documented_calls(subject.documented, subject.checkout)]
    assert [(call.text, call.place.line) for call in calls] == [
        ("cargo test -p core", 4),
        ("cargo clippy", 5),
    ]
    assert not calls[0].for_developers


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("cargo test -p stroe", "The repository has no package stroe."),
        ("cargo test --test speed", "No package of the repository has the test target speed."),
        ("cargo test -F slow", "No package of the repository has the feature slow."),
    ],
)
def test_a_name_that_the_repository_lacks(command: str, message: str, tmp_path: Path) -> None:
    text = {"docs__testing.md": document(command)}
    (found,) = reviewed.findings(tmp_path, reviewed.steps("cargo test"), RULE, **text)
    assert (found.message, found.grade) == (message, "suspicion")


@pytest.mark.parametrize("command", ["cargo test -p store -F fast", "cargo test -p core adds"])
def test_a_name_that_it_has(command: str, tmp_path: Path) -> None:
    text = {"docs__testing.md": document(command)}
    assert reviewed.findings(tmp_path, reviewed.steps("cargo test"), RULE, **text) == []


def test_names_beside_others_that_are_there_are_certain_and_told_once(tmp_path: Path) -> None:
    text = document("cargo bench -p core\ncargo bench -p gone --bench a\ncargo bench -p gone")
    given = {"docs__benchmarks.md": text}
    (found,) = reviewed.findings(tmp_path, reviewed.steps("cargo test"), RULE, **given)
    assert (found.place.line, found.grade) == (5, "certain")
    assert found.evidence == (
        "line 5: `cargo bench -p gone --bench a`",
        "line 6: `cargo bench -p gone`",
    )


def test_a_hook_of_git(tmp_path: Path) -> None:
    hook = "#!/bin/sh\nset -e\ncargo test --all-packages\n"
    files = {".githooks/pre-push": hook, "other/pre-push": "no script"}
    assert told(tmp_path, RULE, files) == ["warning .githooks/pre-push:3"]


def test_a_flag_of_an_unstable_cargo(tmp_path: Path) -> None:
    text = document("cargo +nightly build --future-flag -Z unstable-options")
    assert told(tmp_path, RULE, {"CONTRIBUTING.md": text}) == []
