"""How a run of tests can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from tasker_ci.errors import CommandFailed, Details

if TYPE_CHECKING:
    from tasker_ci.reports.run import TestRun


class TestsFailed(CommandFailed):
    """At least one test failed; ``run`` has all of them, for the record of the run."""

    __test__ = False

    def __init__(
        self, message: str, *, run: TestRun | None = None, **details: Unpack[Details]
    ) -> None:
        super().__init__(message, **details)
        self.run = run
