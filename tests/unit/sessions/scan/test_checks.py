"""What `doctor` says of the scanners of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_parts import examine

from tasker_ci.sessions.scan.checks import CHECKS
from tasker_ci.tools.examination import FindingState

if TYPE_CHECKING:
    from pathlib import Path

WANTED = "[scan]\npipeline = true\n"


def test_a_missing_scanner_is_broken_only_where_the_pipeline_scans(tmp_path: Path) -> None:
    assert not list(CHECKS.findings(examine(tmp_path)))

    (finding,) = CHECKS.findings(examine(tmp_path, settings=WANTED))

    assert finding.state is FindingState.BROKEN
    assert "trivy and grype are not on PATH" in finding.found
    assert "https://trivy.dev" in finding.fix


def test_the_scanner_that_a_session_would_take_is_named(tmp_path: Path) -> None:
    (finding,) = CHECKS.findings(examine(tmp_path, ("grype", "exit 0"), settings=WANTED))

    assert (finding.state, finding.found) == (FindingState.OK, str(tmp_path / "bin" / "grype"))
