"""What is found becomes annotations, a page and an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.testing import make_context
from tasker_ci.tools.code_annotations import annotate_code, does_not_compile
from tasker_ci.tools.compiler_messages import CompilerFinding

if TYPE_CHECKING:
    from pathlib import Path


def finding(level: str, code: str | None, file: str | None = "src/lib.rs") -> CompilerFinding:
    return CompilerFinding(level=level, code=code, message="wrong", file=file, line=3)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (finding("error", "E0425"), True),
        (finding("error", None), True),
        (finding("error", None, file=None), False),
        (finding("error", "clippy::needless_return"), False),
        (finding("warning", "unused"), False),
        (finding("warning", None), False),
    ],
)
def test_only_an_error_of_the_compiler_means_that_code_does_not_compile(
    found: CompilerFinding, *, expected: bool
) -> None:
    assert does_not_compile([found]) is expected


def test_an_output_that_cannot_be_written_is_said_and_nothing_more(tmp_path: Path) -> None:
    output = tmp_path / "absent" / "output"
    context = make_context(
        tmp_path, environment={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
    )

    annotate_code(context, "clippy", tmp_path, [finding("error", "E0425")])

    assert not (tmp_path / "absent").exists()


def test_without_findings_nothing_is_written(tmp_path: Path) -> None:
    output = tmp_path / "output"
    context = make_context(
        tmp_path, environment={"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
    )

    annotate_code(context, "clippy", tmp_path, [])
    assert not output.exists()
    annotate_code(context, "clippy", tmp_path, [finding("error", "E0425")])
    assert output.read_text(encoding="utf-8") == "compiles=false\n"
