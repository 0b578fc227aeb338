"""What cargo-shear prints becomes findings with their places. The text is that of 1.14.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import ReportError
from tasker_ci.sessions.unused.answer import read_answer

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = """\
{
  "summary": {"errors": 1, "warnings": 1, "fixed": 0},
  "findings": [
    {
      "code": "shear/unused_dependency",
      "severity": "error",
      "message": "unused dependency `ryu`",
      "file": "a/Cargo.toml",
      "location": {"offset": 24, "length": 3},
      "help": "remove this dependency",
      "fixable": true
    },
    {
      "code": "shear/unlinked_files",
      "severity": "warning",
      "message": "1 unlinked file in `b`\\nsrc/orphan.rs",
      "help": "delete this file",
      "fixable": false
    }
  ]
}
"""


def test_each_dependency_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/Cargo.toml").write_text('[dependencies]\nä = "1"\nryu = "1"\n', "utf-8")
    first, second = read_answer(ANSWER, tmp_path)

    assert (first.place, first.told) == (
        "a/Cargo.toml:3",
        "unused dependency `ryu`: remove this dependency",
    )
    assert first.fixable
    assert (second.place, second.level) == ("", "warning")
    assert second.told == "1 unlinked file in `b`: src/orphan.rs: delete this file"


def test_a_manifest_that_is_gone_has_no_line(tmp_path: Path) -> None:
    assert read_answer(ANSWER, tmp_path)[0].place == "a/Cargo.toml"


@pytest.mark.parametrize("text", ["", "[]", '{"findings": [1]}'])
def test_another_form_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read_answer(text, tmp_path)
