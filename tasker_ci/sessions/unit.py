"""The unit tests: nextest over the whole workspace, `cargo test` for what settings give to it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.cargo_tools import ensure_tool
from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import NoTestsError, UsageError
from tasker_ci.nextest import NO_TESTS, Configuration, has_filterset
from tasker_ci.report.run import Case, TestRun, joined
from tasker_ci.selection import (
    Selector,
    check_selection,
    fitting_features,
    left_for_nextest,
    selectors,
)
from tasker_ci.sessions import flags
from tasker_ci.sessions.cargo import effective_features, read_workspace
from tasker_ci.sessions.child_environment import child_environment
from tasker_ci.sessions.nextest_choice import Choice, Scope, nextest_configuration, unit_scope
from tasker_ci.sessions.nextest_listing import (
    has_tests_in_other_shards,
    warn_of_default_filter,
)
from tasker_ci.sessions.nextest_run import nextest_command, own_zero_rule, run_nextest
from tasker_ci.sessions.plain_targets import PlainTargets, plain_command, plain_targets
from tasker_ci.sessions.stack_run import with_services
from tasker_ci.sessions.test_causes import nextest_causes, plain_causes
from tasker_ci.sessions.test_outcome import (
    BUILT_ONLY,
    Ending,
    conclude,
    nextest_again,
    origin,
    seconds_until,
)
from tasker_ci.sessions.test_reports import (
    alone,
    keep_results,
    partial_mark,
    remove_stale,
    report_file,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.process import Command
    from tasker_ci.sessions.own_variables import Search
    from tasker_ci.settings.cargo_features import Features
    from tasker_ci.workspace import Workspace


def unit(
    context: Context,
    *,
    profile: flags.Profile = None,
    package: flags.Package = (),
    toolchain: flags.Toolchain = None,
    partition: flags.Partition = None,
    filter: flags.Filter = None,  # noqa: A002 - the option's name
    no_fail_fast: flags.NoFailFast = False,
    affected: Annotated[bool, "Only the tests of packages that changes affect."] = False,
    base: flags.Base = None,
) -> Outcome:
    """Run the unit tests of the whole workspace (cargo nextest run).

    What settings give to `integration` does not run here. What follows the separator goes to
    nextest. With --affected everything is still built, and only the tests of affected packages run.
    """
    _check_affected(context, affected=affected, base=base)
    chosen = Choice.of_flags(
        context,
        profile=profile,
        packages=package,
        toolchain=toolchain,
        partition=partition,
        filterset=filter,
        no_fail_fast=no_fail_fast,
    )
    ensure_tool(context, "cargo-nextest")  # before PATH is made, so that it is found there
    environment = child_environment(context, secrets=True, sccache=True)
    if affected and not context.dry_run:
        chosen, summary = _only_affected(context, chosen, environment, base)
        if chosen.affected == ():
            return Outcome(summary=summary, status=Status.SKIPPED)
    configuration = nextest_configuration(context)
    selected = _plain_selectors(context, chosen)
    choice = replace(chosen, accompanied=bool(selected))
    if selected and not choice.first_shard:
        context.reporter.line("note: what cargo test runs belongs to the first shard.")
        selected = []
    scope = unit_scope(context)
    features = effective_features(context.settings.unit.features, context)

    def plain_of(selector: Selector, features: Features) -> Command:
        return plain_command(
            context,
            selector,
            environment=environment,
            toolchain=chosen.toolchain,
            features=features,
        )

    if context.dry_run:
        if affected:
            context.reporter.line("note: which packages are affected is asked when it runs.")
        several = ", ".join(each.package for each in selected if not each.target)
        if several:
            context.reporter.line(f"note: cargo test runs the targets of {several} one by one.")
        command = nextest_command(context, choice, configuration, environment, scope)
        return context.preview(command, *(plain_of(each, features) for each in selected))
    workspace = read_workspace(context, environment)
    configuration = configuration.stored_in(workspace.target_directory, workspace.root)
    if choice.packages:
        scope = replace(scope, features=fitting_features(workspace, features, choice.packages))
    command = nextest_command(context, choice, configuration, environment, scope)
    plain = [
        plain_targets(
            each, workspace, fitting_features(workspace, features, (each.package,)), plain_of
        )
        for each in selected
    ]
    for warning in check_selection(workspace, context.settings, features):
        context.reporter.warning(f"not tested: {warning}")
    left = left_for_nextest(workspace, context.settings, choice.packages)
    session = _UnitRun(
        context=context,
        choice=choice,
        workspace=workspace,
        configuration=configuration,
        scope=scope,
        nextest=command if left else None,
        plain=plain,
        zero_is_told=own_zero_rule(context, environment),
    )
    with alone(context, session.junit, within=workspace.within(session.junit)):
        return with_services(
            context,
            "unit",
            context.settings.unit.services,
            environment,
            lambda found: session.within(found).run(),
        )


def _check_affected(context: Context, *, affected: bool, base: str | None) -> None:
    """Raise `UsageError` for words that do not go together."""
    from tasker_ci.sessions.affected import check_base

    check_base(affected=affected, base=base)
    if affected and has_filterset(context.passthrough):
        message = "A filterset for nextest would be joined to that of --affected with `or`."
        raise UsageError(message, next_step="Give it with --filter, before the separator.")


def _only_affected(
    context: Context, choice: Choice, environment: Mapping[str, str], base: str | None
) -> tuple[Choice, str]:
    """Leave the affected packages; all run where everything is affected."""
    from tasker_ci.sessions.affected import find_affected, show, summary_of

    workspace = read_workspace(context, environment)
    result = find_affected(context, workspace, base)
    show(context, result)
    names = None if result.everything else tuple(result.packages)
    return replace(choice, affected=names), f"affected: {summary_of(result, workspace)}"


@dataclass(frozen=True, kw_only=True)
class _UnitRun:
    """One run of the session, once everything about it is known."""

    context: Context
    choice: Choice
    workspace: Workspace
    configuration: Configuration
    scope: Scope
    nextest: Command | None
    plain: list[PlainTargets]
    zero_is_told: bool
    """Whether the user himself says what zero tests mean."""

    def within(self, environment: Mapping[str, str]) -> _UnitRun:
        """The same with another environment for its commands."""
        return replace(
            self,
            nextest=self.nextest and replace(self.nextest, environment=environment),
            plain=[each.within(environment) for each in self.plain],
        )

    @property
    def report(self) -> Path:
        """The file that keeps the results of this run."""
        choice = self.choice
        parts = (choice.profile, self.toolchain, choice.partition)
        return report_file(self.workspace, "unit", *parts)

    @property
    def toolchain(self) -> str:
        """The toolchain of the run; "" for the workspace's own."""
        return self.choice.toolchain or self.context.settings.toolchain

    @property
    def junit(self) -> Path:
        """The file that nextest writes, one for each profile."""
        return self.configuration.junit_file(self.workspace.root, self.choice.profile)

    def run(self) -> Outcome:
        """Run nextest and cargo test, keep the report, print the summary; raises `TestsFailed`."""
        self.configuration.write_store()
        remove_stale(self.workspace, self.junit, self.report, partial_mark(self.report))
        began = datetime.now(UTC)
        runs: list[TestRun] = []
        base: Path | None = None
        choice = self.choice
        exit_code = 0
        empty_shard = False
        left_out: tuple[str, ...] = ()
        if self.nextest is not None:
            nextest = run_nextest(
                self.context, self.nextest, choice, self.junit, self.workspace, self.scope
            )
            runs.append(nextest.run)
            exit_code, empty_shard = nextest.exit_code, nextest.empty_shard
            if nextest.built_only:
                return Outcome(summary=BUILT_ONLY)
            base = None if empty_shard else self.junit
            left_out = warn_of_default_filter(self.context, self.nextest, choice.profile)
        others = []
        build_seconds: float | None = None
        if base is not None:
            build_seconds = seconds_until(runs[0], began)
        targets = [done for plain in self.plain for done in plain.run(self.context)]
        for done in targets:
            others.append(done.run)
            exit_code = exit_code or done.completed.exit_code
            build_seconds = (build_seconds or 0.0) + done.build_seconds
        total = joined((*runs, *others))
        if not (total.cases or exit_code or empty_shard):
            empty_shard = self._others_have_tests()
            if not (empty_shard or self.zero_is_told or choice.nothing_is_honest):
                message = "Nothing ran: neither nextest nor cargo test found a test."
                step = "Write one, or look at `unit.cargo-test`."
                raise NoTestsError(message, exit_code=NO_TESTS, next_step=step)
        keep_results(
            self.context,
            self.workspace,
            self.report,
            base=base,
            others=others,
            attributes=origin("unit", choice, self.toolchain),
            part=choice.part,
        )
        by_cargo_test = {done.suite for done in targets}
        quiet = self.configuration.is_quiet(self.context, choice.profile)
        ending = Ending(
            session="unit",
            choice=choice,
            workspace=self.workspace,
            report=self.report,
            build_seconds=build_seconds,
            run=total,
            exit_code=exit_code,
            empty_shard=empty_shard,
            left_out=left_out,
            shows_output=lambda case: quiet and case.suite not in by_cargo_test,
            ended_early=tuple(done.ended_early for done in targets if done.ended_early),
        )

        def causes(search: Search) -> None:
            if self.nextest is not None and base is not None:
                nextest_causes(
                    search,
                    self.nextest,
                    runs[0],
                    configuration=self.configuration,
                    profile=choice.profile,
                    junit=base,
                )
            for done in targets:
                if not done.ended_early:  # green for cargo, with our variables and without
                    plain_causes(search, done.suite, done.command, done.run)

        services = self.context.settings.unit.services  # no test may meet them once more
        return conclude(self.context, ending, self._rerun, None if services else causes)

    def _others_have_tests(self) -> bool:
        """Whether this is one shard of several, and another one has tests."""
        choice = self.choice
        if not choice.partition:
            return False
        if choice.accompanied and not choice.first_shard:
            return True
        return self.nextest is not None and has_tests_in_other_shards(self.context, self.nextest)

    def _rerun(self, case: Case) -> str:
        for plain in self.plain:
            command = plain.rerun(case)
            if command is not None:
                return typed(self.context, command)
        return nextest_again(self.context, "unit", self.choice, case)


def _plain_selectors(context: Context, choice: Choice) -> list[Selector]:
    """What `cargo test` runs of a choice, all shards together."""
    chosen = [
        selector
        for selector in selectors(context.settings.unit.cargo_test)
        if (not choice.packages or selector.package in choice.packages)
        and (choice.affected is None or selector.package in choice.affected)
    ]
    if chosen and (choice.filterset or has_filterset(context.passthrough)):
        names = ", ".join(map(str, chosen))
        context.reporter.line(
            f"note: a filter is for nextest alone; cargo test does not run {names}."
        )
        return []
    return chosen


def _for_profile(profile: str) -> Callable[..., Outcome]:
    """The session `unit` with its profile fixed."""

    def session(context: Context, **flags: Any) -> Outcome:
        return unit(context, profile=profile, **flags)

    signature = inspect.signature(unit)
    kept = [each for name, each in signature.parameters.items() if name != "profile"]
    session.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    session.__annotations__ = {**unit.__annotations__}
    session.__doc__ = f"Run the unit tests with the nextest profile {profile}."
    return session


unit_default = _for_profile("default")
unit_ci = _for_profile("ci")
unit_local = _for_profile("local")
