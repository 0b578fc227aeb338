"""What other families use of the test runs."""

from __future__ import annotations

from tasker_ci.sessions.tests.cargo_test import DOCTESTS, TargetRun, run_cargo_test, run_target
from tasker_ci.sessions.tests.doctest_scope import doctest_scope
from tasker_ci.sessions.tests.errors import NoTestsError
from tasker_ci.sessions.tests.nextest_choice import (
    Choice,
    NextestScope,
    integration_scope,
    nextest_configuration,
    unit_scope,
    usual_profile,
)
from tasker_ci.sessions.tests.nextest_run import nextest_command, run_nextest
from tasker_ci.sessions.tests.outcome import nextest_again
from tasker_ci.sessions.tests.part import SessionPart
from tasker_ci.sessions.tests.plain_targets import (
    PlainTargets,
    plain_command,
    plain_targets,
    rerun_command,
)
from tasker_ci.sessions.tests.selection import given_away
from tasker_ci.sessions.tests.session_run import SessionRun
from tasker_ci.sessions.tests.settings import DoctestSettings, UnitSettings
from tasker_ci.sessions.tests.whole_runs import whole_runs

__all__ = [
    "DOCTESTS",
    "Choice",
    "DoctestSettings",
    "NextestScope",
    "NoTestsError",
    "PlainTargets",
    "SessionPart",
    "SessionRun",
    "TargetRun",
    "UnitSettings",
    "doctest_scope",
    "given_away",
    "integration_scope",
    "nextest_again",
    "nextest_command",
    "nextest_configuration",
    "plain_command",
    "plain_targets",
    "rerun_command",
    "run_cargo_test",
    "run_nextest",
    "run_target",
    "unit_scope",
    "usual_profile",
    "whole_runs",
]
