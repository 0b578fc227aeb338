"""The unit tests: nextest over the whole workspace, `cargo test` for what settings give to it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.rust.selection import (
    Selector,
    check_selection,
    fitting_features,
    left_for_nextest,
    selectors,
)
from tasker_ci.sessions.tests.nextest_choice import Choice, nextest_configuration, unit_scope
from tasker_ci.sessions.tests.nextest_run import nextest_command, own_zero_rule
from tasker_ci.sessions.tests.plain_targets import plain_command, plain_targets
from tasker_ci.sessions.tests.quarantine import quarantine_of
from tasker_ci.sessions.tests.quarantine_run import QuarantineRun
from tasker_ci.sessions.tests.selection import given_away
from tasker_ci.sessions.tests.settings import UnitSettings
from tasker_ci.sessions.tests.unit_run import UnitRun
from tasker_ci.settings.model import effective_features
from tasker_ci.stack.beside import with_services
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.nextest import has_filterset
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.report_files import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.process.command import Command
    from tasker_ci.sessions.tests.nextest_choice import NextestScope
    from tasker_ci.sessions.tests.quarantine import Quarantine
    from tasker_ci.settings.cargo_features import Features
    from tasker_ci.tools.nextest import Configuration


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
    changed: flags.Changed = (),
) -> Outcome:
    """Run the unit tests of the whole workspace (cargo nextest run).

    What settings give to `integration` does not run here. What follows the separator goes to
    nextest. With --affected everything is still built, and only the tests of affected packages run.
    """
    _check_affected(context, affected=affected, base=base, changed=changed)
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
        chosen, summary = _only_affected(context, chosen, environment, base, changed)
        if chosen.affected == ():
            return Outcome(summary=summary, status=Status.SKIPPED)
    configuration = nextest_configuration(context)
    held = quarantine_of(context, "unit", context.settings_of(UnitSettings).quarantine)
    selected = _plain_selectors(context, chosen)
    choice = replace(chosen, accompanied=bool(selected))
    if selected and not choice.first_shard:
        context.reporter.line("note: what cargo test runs belongs to the first shard.")
        selected = []
    scope = unit_scope(context)
    features = effective_features(context.settings_of(UnitSettings).features, context.settings)

    def plain_of(selector: Selector, features: Features) -> Command:
        return plain_command(
            context,
            selector,
            environment=environment,
            toolchain=chosen.toolchain,
            features=features,
        )

    in_parts = partial(_in_parts, context, choice, held, environment)
    if context.dry_run:
        if affected:
            context.reporter.line("note: which packages are affected is asked when it runs.")
        several = ", ".join(each.package for each in selected if not each.target)
        if several:
            context.reporter.line(f"note: cargo test runs the targets of {several} one by one.")
        quarantine = in_parts(configuration, scope)
        command = nextest_command(context, choice, configuration, environment, scope)
        commands = quarantine.commands if quarantine else (command,)
        return context.preview(*commands, *(plain_of(each, features) for each in selected))
    workspace = read_workspace(context, environment)
    configuration = configuration.stored_in(workspace.target_directory, workspace.root)
    if choice.packages:
        scope = replace(scope, features=fitting_features(workspace, features, choice.packages))
    command = nextest_command(context, choice, configuration, environment, scope)
    plain = plain_targets(selected, workspace, features, plain_of)
    for warning in check_selection(workspace, given_away(context), features):
        context.reporter.warning(f"not tested: {warning}")
    left = left_for_nextest(workspace, given_away(context), choice.packages)
    session = UnitRun(
        context=context,
        choice=choice,
        workspace=workspace,
        configuration=configuration,
        scope=scope,
        nextest=command if left else None,
        plain=plain,
        quarantine=in_parts(configuration, scope),
        zero_is_told=own_zero_rule(context, environment),
    )
    with one_at_a_time(context, session.junit, within=workspace.within(session.junit)):
        return with_services(
            context,
            "unit",
            context.settings_of(UnitSettings).services,
            environment,
            lambda found: session.within(found).run(),
        )


def _in_parts(
    context: Context,
    choice: Choice,
    held: Quarantine | None,
    environment: Mapping[str, str],
    configuration: Configuration,
    scope: NextestScope,
) -> QuarantineRun | None:
    """The run of nextest in two parts; None where nothing is in quarantine."""
    if held is None:
        return None
    return QuarantineRun(
        context=context,
        choice=choice,
        scope=scope,
        configuration=configuration,
        quarantine=held,
        environment=environment,
    )


def _check_affected(
    context: Context, *, affected: bool, base: str | None, changed: tuple[str, ...]
) -> None:
    """Raise `UsageError` for words that do not go together."""
    from tasker_ci.sessions.affected.public import check_base

    check_base(affected=affected, base=base, changed=changed)
    if affected and has_filterset(context.passthrough):
        message = "A filterset for nextest would be joined to that of --affected with `or`."
        raise UsageError(message, next_step="Give it with --filter, before the separator.")


def _only_affected(
    context: Context,
    choice: Choice,
    environment: Mapping[str, str],
    base: str | None,
    changed: tuple[str, ...],
) -> tuple[Choice, str]:
    """Leave the affected packages; all run where everything is affected."""
    from tasker_ci.sessions.affected.public import find_affected, show, summary_of

    workspace = read_workspace(context, environment)
    result = find_affected(context, workspace, base, changed=changed)
    show(context, result)
    names = None if result.everything else tuple(result.packages)
    return replace(choice, affected=names), f"affected: {summary_of(result, workspace)}"


def _plain_selectors(context: Context, choice: Choice) -> list[Selector]:
    """What `cargo test` runs of a choice, all shards together."""
    chosen = [
        selector
        for selector in selectors(context.settings_of(UnitSettings).cargo_test)
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
