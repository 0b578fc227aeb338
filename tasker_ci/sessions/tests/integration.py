"""The end-to-end tests against real services, with Docker Compose or natively."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.rust.selection import check_selection
from tasker_ci.sessions.services.public import alone_in_keeping, say_what_is_kept
from tasker_ci.sessions.tests.nextest_choice import Choice, integration_scope, nextest_configuration
from tasker_ci.sessions.tests.nextest_run import nextest_command, run_nextest
from tasker_ci.sessions.tests.outcome import nextest_again
from tasker_ci.sessions.tests.quarantine import quarantine_of
from tasker_ci.sessions.tests.quarantine_run import QuarantineRun
from tasker_ci.sessions.tests.selection import given_away
from tasker_ci.sessions.tests.session_run import SessionRun
from tasker_ci.sessions.tests.settings import UnitSettings
from tasker_ci.settings.model import effective_features
from tasker_ci.stack.base import GRACE_SECONDS
from tasker_ci.stack.choice import with_flags
from tasker_ci.stack.kept import attach_to
from tasker_ci.stack.run import ensure_migration_tool, planned_commands, with_stack
from tasker_ci.stack.stack_run import Request
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.report_files import one_at_a_time, report_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Command
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.nextest_choice import NextestScope
    from tasker_ci.sessions.tests.part import SessionPart
    from tasker_ci.sessions.tests.quarantine import Quarantine
    from tasker_ci.stack.base import Plan
    from tasker_ci.tools.nextest import Configuration


def integration(  # noqa: PLR0913 - one for each flag
    context: Context,
    *,
    keep: Annotated[bool, "Leave the services running afterwards."] = False,
    attach: Annotated[bool, "Use the services that `up` or --keep left running."] = False,
    stack: flags.StackKind = None,
    no_build: flags.NoBuild = False,
    timeout: flags.Timeout = None,
    ports: flags.Ports = None,
    profile: flags.Profile = None,
    package: flags.Package = (),
    toolchain: flags.Toolchain = None,
    partition: flags.Partition = None,
    filter: flags.Filter = None,  # noqa: A002 - the option's name
    no_fail_fast: flags.NoFailFast = False,
) -> Outcome:
    """Run the end-to-end tests against real services (cargo nextest run).

    Services are started, migrated, waited for until they are healthy, and stopped whatever
    happens. What follows the separator goes to nextest.
    """
    if not context.settings.integration.targets:
        return Outcome(summary=NO_TARGETS, status=Status.SKIPPED)
    settings = with_flags(context.settings.integration, stack=stack, ports=ports, timeout=timeout)
    choice = Choice.of_flags(
        context,
        profile=profile,
        packages=package,
        toolchain=toolchain,
        partition=partition,
        filterset=filter,
        no_fail_fast=no_fail_fast,
    )
    if attach and keep:
        message = "--attach uses services that stay anyway, so --keep has no meaning with it."
        raise UsageError(message, next_step="Leave one of them out.")
    ensure_tool(context, "cargo-nextest")  # before PATH is made, so that it is found there
    ensure_migration_tool(context, settings)
    environment = child_environment(context, secrets=True, sccache=True)
    tests = _Tests(
        context=context,
        choice=choice,
        scope=integration_scope(context),
        configuration=nextest_configuration(context),
        quarantine=quarantine_of(context, "integration", context.settings.integration.quarantine),
        flags=_flags_again(stack=stack, ports=ports, timeout=timeout),
    )
    request = Request(session="integration", settings=settings, build=not no_build, keep=keep)
    if context.dry_run:
        started = () if attach else planned_commands(context, request, environment)
        return context.preview(*started, *tests.commands(environment))
    workspace = read_workspace(context, environment)
    stored = tests.configuration.stored_in(workspace.target_directory, workspace.root)
    tests = replace(tests, configuration=stored)
    features = effective_features(context.settings_of(UnitSettings).features, context.settings)
    for warning in check_selection(workspace, given_away(context), features):
        context.reporter.warning(f"not tested: {warning}")
    if attach:
        return attach_to(
            context, settings, environment, lambda plan: tests.run(plan, workspace, "--attach")
        )
    with alone_in_keeping(context) if keep else nullcontext():
        say_what_is_kept(context, keep=keep)
        return with_stack(context, request, environment, lambda plan: tests.run(plan, workspace))


NO_TARGETS = "the settings name no integration tests (integration.targets)"
"""Why there is nothing to do in a workspace without end-to-end tests."""


def _flags_again(**flags: str | int | None) -> tuple[str, ...]:
    return tuple(
        word
        for name, value in flags.items()
        if value is not None
        for word in (f"--{name}", str(value))
    )


@dataclass(frozen=True, kw_only=True)
class _Tests:
    """The tests of the session; the services are somebody else's matter."""

    context: Context
    choice: Choice
    scope: NextestScope
    configuration: Configuration
    quarantine: Quarantine | None
    flags: tuple[str, ...]

    def command(self, environment: Mapping[str, str]) -> Command:
        """The command that runs them."""
        command = nextest_command(
            self.context, self.choice, self.configuration, environment, self.scope
        )
        return replace(command, grace_seconds=GRACE_SECONDS)

    def commands(self, environment: Mapping[str, str]) -> tuple[Command, ...]:
        """All commands: two where some tests are in quarantine."""
        held = self._in_parts(environment)
        return held.commands if held else (self.command(environment),)

    def _in_parts(self, environment: Mapping[str, str]) -> QuarantineRun | None:
        if self.quarantine is None:
            return None
        return QuarantineRun(
            context=self.context,
            choice=self.choice,
            scope=self.scope,
            configuration=self.configuration,
            quarantine=self.quarantine,
            environment=environment,
            grace_seconds=GRACE_SECONDS,
        )

    def _parts(
        self, environment: Mapping[str, str], junit: Path, workspace: Workspace
    ) -> Iterable[SessionPart]:
        def run(command: Command) -> SessionPart:
            return run_nextest(self.context, command, self.choice, junit, workspace, self.scope)

        held = self._in_parts(environment)
        return held.parts(junit, run) if held else [run(self.command(environment))]

    def run(self, plan: Plan, workspace: Workspace, *flags: str) -> Outcome:
        """Run them, keep the report, print the summary; raises `TestsFailed`."""
        context, choice, session = self.context, self.choice, self.scope.session
        junit = self.configuration.junit_file(workspace.root, choice.profile)
        toolchain = choice.toolchain or context.settings.toolchain
        tests = SessionRun(
            context=context,
            session=session,
            workspace=workspace,
            toolchain=toolchain,
            report=report_file(workspace, session, choice.profile, toolchain, choice.partition),
            parts=lambda: self._parts(plan.environment, junit, workspace),
            rerun=lambda case: nextest_again(
                context, session, choice, case, *(flags or self.flags)
            ),
            choice=choice,
            stale=(junit,),
            quiet=self.configuration.is_quiet(context, choice.profile),
        )
        with one_at_a_time(context, junit, within=workspace.within(junit)):
            self.configuration.write_store()
            return tests.run()
