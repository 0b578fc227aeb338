"""What one program ran of a session's tests: nextest, `cargo test` of a target, or rustdoc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasker_ci.reports.run import TestRun
    from tasker_ci.sessions.tests.own_variables import VariableSearch


@dataclass(frozen=True, kw_only=True)
class SessionPart:
    """How one program ended, when it got as far as the tests."""

    run: TestRun
    exit_code: int = 0
    suite: str | None = None
    """What its tests are shown under, where it is one suite and has shown what they print."""
    build_seconds: float | None = None
    """How long building them took; None where that is not known."""
    report: Path | None = None
    """The JUnit file that it wrote itself."""
    empty_shard: bool = False
    built_only: bool = False
    """Whether the user's own words kept it from running any test."""
    left_out: tuple[str, ...] = ()
    """The tests that only nextest's `default-filter` kept from running."""
    ended_early: str | None = None
    """What is missing, if its process ended before its tests did and said it was well."""
    causes: Callable[[VariableSearch], None] | None = None
    """Looks for variables of ours by which its tests failed."""
