"""`miri` with the real rustup, and with the real miri where a nightly has it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAST_THE_END = """\
pub fn third(numbers: &[u8]) -> u8 {
    unsafe { *numbers.as_ptr().add(3) }
}

#[test]
fn it_reads_past_the_end() {
    assert_eq!(third(&[1, 2]) & 0, 0);
}
"""


def miri(project: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    argv = ["tasker-ci", "miri", "--json", *words]
    ended = faces.run(argv, project, faces.clean_environment(RUSTUP_AUTO_INSTALL="0"))
    return ended.exit_code, json.loads(ended.stdout), ended.stderr


def test_without_its_nightly_it_is_not_checked_and_the_line_is_told(
    cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path], with_nextest: None
) -> None:
    require_tool("rustup")
    settings = '[miri]\npackages = ["sample"]\ntoolchain = "nightly-2001-01-01"\n'
    exit_code, data, text = miri(cargo_workspace(settings=settings))
    assert (exit_code, data["not_checked"]) == (3, True), text
    assert "rustup toolchain install nightly-2001-01-01 --profile minimal --component miri" in text


def test_undefined_behaviour_is_found(
    cargo_workspace: Callable[..., Path], require_tool: Callable[[str], Path], with_nextest: None
) -> None:
    require_tool("rustup")
    asked = ("rustup", "component", "list", "--installed", "--toolchain", "nightly")
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if "miri" not in answer.stdout:
        pytest.skip("no nightly has miri here; `rustup component add` needs its network")
    project = cargo_workspace(
        {"src/lib.rs": PAST_THE_END}, settings='[miri]\npackages = ["sample"]\n'
    )
    exit_code, data, text = miri(project)
    assert exit_code == 100, text
    (finding,) = data["findings"]
    assert (finding["file"], finding["line"]) == ("src/lib.rs", 2)
