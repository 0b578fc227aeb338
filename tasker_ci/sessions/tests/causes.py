"""What runs failed tests once more without our variables: nextest, `cargo test`, rustdoc."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tasker_ci.process.command import with_arguments
from tasker_ci.reports.libtest import LibtestReader
from tasker_ci.reports.libtest_harness import UNNAMED
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.sessions.tests.attempts import (
    PlainAttempts,
    nextest_attempts,
    outside_of_build,
)
from tasker_ci.sessions.tests.own_variables import VariableSearch, added_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tasker_ci.process.command import Command, Completed
    from tasker_ci.tools.nextest import Configuration


def nextest_causes(
    search: VariableSearch,
    command: Command,
    run: TestRun,
    *,
    configuration: Configuration,
    profile: str,
    junit: Path,
) -> None:
    """Search for tests that fail by a variable of ours in nextest's ``run`` by ``command``.

    ``junit`` is nextest's report of the run, and stays. Raises `Interrupted`.
    """
    failed = [case for case in run.having("failed") if not case.is_script]
    context = search.context
    names = added_variables(context, command.environment)
    if not failed or not names:
        return
    with (
        suppress(OSError),  # a report that cannot be put aside is not risked
        nextest_attempts(
            context.runner, command, configuration, profile, context.passthrough, junit
        ) as attempt,
    ):
        search.look(failed, names, attempt)


def plain_causes(search: VariableSearch, suite: str, command: Command, run: TestRun) -> None:
    """The same for the ``run`` of ``suite`` by `cargo test`."""

    def command_for(cases: Sequence[Case]) -> Command:
        names = [case.name for case in cases]
        return command if suite in names else with_arguments(command, "--", "--exact", *names)

    def read(run: TestRun, completed: Completed) -> TestRun:
        whole = Case(
            suite=suite, name=suite, status="failed" if completed.exit_code else "passed"
        )  # a target with a harness of its own
        return TestRun(cases=(*run.cases, whole))

    reader = partial(LibtestReader, suite, single=True)
    _causes(search, command, run, command_for, reader, read)


def doctest_causes(
    search: VariableSearch,
    command: Command,
    run: TestRun,
    filters: Callable[[Case], tuple[str, ...]],
) -> None:
    """The same for doctests; ``filters`` chooses one of them among all."""

    def command_for(cases: Sequence[Case]) -> Command:
        words = dict.fromkeys(filters(case)[0] for case in cases)
        return with_arguments(command, "--", *words)

    reader = partial(LibtestReader, run.cases[0].suite if run.cases else "")
    _causes(search, command, run, command_for, reader, lambda again, _: again)


def _causes(
    search: VariableSearch,
    command: Command,
    run: TestRun,
    command_for: Callable[[Sequence[Case]], Command],
    reader: Callable[[], LibtestReader],
    read: Callable[[TestRun, Completed], TestRun],
) -> None:
    failed = [case for case in run.having("failed") if case.name != UNNAMED]
    names = outside_of_build(added_variables(search.context, command.environment))
    attempt = PlainAttempts(
        runner=search.context.runner, command_for=command_for, reader=reader, read=read
    )
    search.look(failed, names, attempt)
