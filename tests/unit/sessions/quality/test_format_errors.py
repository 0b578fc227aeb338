"""What rustfmt's own words mean; they were printed by rustfmt 1.8 and 1.9, old forms by 1.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import workspaces

from tasker_ci.sessions.quality.format_errors import read_format

if TYPE_CHECKING:
    from pathlib import Path


def test_files_that_are_not_formatted_are_counted_with_the_first_place(tmp_path: Path) -> None:
    stdout = (
        f"Diff in {tmp_path}/src/lib.rs:7:\n-a\n+b\nDiff in {tmp_path}/src/lib.rs:20:\n"
        f"Diff in {tmp_path}/src/b.rs at line 3:\n"
    )
    reading = read_format(stdout, "", tmp_path)
    assert reading.message == "Code is not formatted: 2 files, first src/lib.rs:7."
    assert reading.step is None


def test_colour_is_no_difference(tmp_path: Path) -> None:
    stdout = f"\x1b[1mDiff in {tmp_path}/src/lib.rs:7:\x1b[0m\n"
    assert read_format(stdout, "", tmp_path).files == ("src/lib.rs",)


def test_a_terminal_that_resets_its_colour_in_the_next_line_hides_no_file(tmp_path: Path) -> None:
    stdout = (  # rustfmt 1.8 with TERM=xterm-256color
        f"Diff in {tmp_path}/src/b.rs:1:\n\x1b[31m-a\n\x1b(B\x1b[m\x1b[32m+b\n"
        f"\x1b(B\x1b[mDiff in {tmp_path}/src/lib.rs:1:\n\x1b[31m-a\n\x1b(B\x1b[m"
    )
    assert read_format(stdout, "", tmp_path).files == ("src/b.rs", "src/lib.rs")


@pytest.mark.parametrize("declared", ["mod gone;", "pub mod gone;", "    pub(crate) mod gone ;"])
def test_a_missing_module_has_the_place_of_its_declaration(tmp_path: Path, declared: str) -> None:
    workspaces.write_files(tmp_path, {"src/api/mod.rs": f"//! Api.\n{declared}\n"})
    stderr = (
        f"Error writing files: failed to resolve mod `gone`: {tmp_path}/src/api/gone.rs does not "
        "exist\n"
    )
    reading = read_format("", stderr, tmp_path)
    assert reading.message == (
        "The module `gone` is missing (src/api/mod.rs:2): src/api/gone.rs does not exist."
    )
    assert "--fix" not in reading.step


def test_a_module_of_a_file_beside_its_folder(tmp_path: Path) -> None:
    workspaces.write_files(tmp_path, {"src/api.rs": "mod gone;\n"})
    stderr = (
        f"Error writing files: failed to resolve mod `gone`: {tmp_path}/src/api/gone.rs does not "
        "exist\n"
    )
    assert "(src/api.rs:1)" in read_format("", stderr, tmp_path).message


def test_an_error_beside_differences_tells_both(tmp_path: Path) -> None:
    stderr = f"error: expected one of `!` or `::`\n --> {tmp_path}/src/a.rs:3:9\n  |\n"
    reading = read_format(f"Diff in {tmp_path}/src/lib.rs:7:\n", stderr, tmp_path)
    assert reading.message == (
        "rustfmt cannot read the code at src/a.rs:3: expected one of `!` or `::`. "
        "Besides: 1 file not formatted, first src/lib.rs:7."
    )


def test_options_that_are_not_used_are_named(tmp_path: Path) -> None:
    stderr = (
        "Warning: can't set `wrap_comments = true`, unstable features are only available in "
        "nightly channel.\nWarning: Unknown configuration option `nonsense`\n"
    )
    assert read_format("", stderr, tmp_path).ignored == ("wrap_comments", "nonsense")
