"""What `doctor` says of the coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_parts import examine

from tasker_ci.sessions.coverage.checks import CHECKS
from tasker_ci.tools.examination import FindingState

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "[coverage]\npipeline = true\n"
ABOUT = "release: 1.9.0\\nhost: h\\nLLVM version: 9999.1\\n"
RUSTC = ("rustc", f"case $1 in -vV) printf '{ABOUT}';; *) echo /nowhere;; esac")
"""A compiler whose LLVM lies on no machine."""


def test_programs_of_another_llvm_are_broken_only_where_the_pipeline_measures(
    tmp_path: Path,
) -> None:
    (finding,) = CHECKS.findings(examine(tmp_path, RUSTC, settings=WANTED))

    assert (finding.check, finding.state) == ("llvm-tools", FindingState.BROKEN)
    assert "LLVM 9999.1" in finding.found
    assert "rustup component add llvm-tools" in finding.fix
    unwanted = tmp_path / "unwanted"
    unwanted.mkdir()
    assert not list(CHECKS.findings(examine(unwanted, RUSTC)))
    assert not list(CHECKS.planned(examine(unwanted, RUSTC)))


def test_programs_that_fit_are_well(tmp_path: Path) -> None:
    given = {"LLVM_COV": "/llvm/llvm-cov", "LLVM_PROFDATA": "/llvm/llvm-profdata"}
    examination = examine(tmp_path, RUSTC, settings=WANTED, **given)

    (finding,) = CHECKS.findings(examination)

    assert finding.state is FindingState.OK
    assert [str(each) for each in CHECKS.planned(examination)] == ["rustc -vV"]


def test_a_compiler_that_does_not_answer_is_not_blamed_twice(tmp_path: Path) -> None:
    examination = examine(tmp_path, ("rustc", "exit 1"), settings=WANTED)

    assert not list(CHECKS.findings(examination))
