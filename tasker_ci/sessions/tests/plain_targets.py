"""The targets that settings give to `cargo test`, in place of nextest: each by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Completed, Output, with_arguments
from tasker_ci.reports.libtest_harness import UNNAMED
from tasker_ci.rust.selection import fitting_features
from tasker_ci.sessions.tests.cargo_test import PlainTarget, TargetRun, run_target, targets_of
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    failure_of,
    feature_arguments,
    run_cargo,
)
from tasker_ci.tools.feature_advice import broken_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.reports.run import Case
    from tasker_ci.rust.selection import Selector
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.settings.cargo_features import Features, OwnFeatures


def plain_command(
    context: Context,
    selector: Selector,
    *,
    environment: Mapping[str, str],
    toolchain: str | None,
    features: OwnFeatures,
) -> Command:
    """The `cargo test` command for what a selector means."""
    return cargo(
        context,
        "test",
        *selector.cargo_arguments,
        *feature_arguments(features, context),
        "--no-fail-fast",
        *color_arguments(context),
        environment=environment,
        toolchain=toolchain,
    )


def plain_targets(
    chosen: Iterable[Selector],
    workspace: Workspace,
    features: Features,
    command_of: Callable[[Selector, Features], Command],
) -> list[PlainTargets]:
    """The targets of each selector, with the commands that build all and run each.

    Of ``features`` each gets those that its package knows.
    """
    return [_targets(each, workspace, features, command_of) for each in chosen]


def _targets(
    selector: Selector,
    workspace: Workspace,
    features: Features,
    command_of: Callable[[Selector, Features], Command],
) -> PlainTargets:
    features = fitting_features(workspace, features, (selector.package,))
    return PlainTargets(
        selector=selector,
        broken=lambda: broken_step(workspace, features, "unit.features"),
        whole=command_of(selector, features),
        targets=tuple(
            (target, command_of(target.selector, features))
            for target in targets_of(selector, workspace, features)
        ),
    )


def rerun_command(plain: Iterable[PlainTargets], case: Case) -> Command | None:
    """The command that runs one case again; None if it is of no target among these."""
    return next((command for each in plain if (command := each.rerun(case)) is not None), None)


@dataclass(frozen=True, kw_only=True)
class PlainTargets:
    """What `cargo test` runs for one selector of settings: its targets, one after the other."""

    selector: Selector
    broken: Callable[[], str]
    """What to do if they do not compile."""
    whole: Command
    """Would run all of them."""
    targets: tuple[tuple[PlainTarget, Command], ...]

    def within(self, environment: Mapping[str, str]) -> PlainTargets:
        """The same with another environment for its commands."""
        return replace(
            self,
            whole=replace(self.whole, environment=environment),
            targets=tuple(
                (target, replace(command, environment=environment))
                for target, command in self.targets
            ),
        )

    def run(self, context: Context) -> Iterator[TargetRun]:
        """Build all of them, then run each; raises if they do not compile."""
        built = len(self.targets) > 1
        if built:
            self._check(context, run_cargo(context, with_arguments(self.whole, "--no-run")))

        def explain_failure(_: Completed) -> None:
            if not built:  # the exit code does not tell a test from the compiler
                build = with_arguments(self.whole, "--no-run")
                self._check(context, context.runner.run(build, output=Output.CAPTURE))

        for target, command in self.targets:
            yield run_target(context, target, command, explain_failure)

    def _check(self, context: Context, completed: Completed) -> None:
        if completed.exit_code:
            meaning = f"The tests of {self.selector} do not compile."
            raise failure_of(context, self.whole, completed, meaning, self.broken())

    def rerun(self, case: Case) -> Command | None:
        """The command that runs one case again; None if it is of another selector."""
        for target, command in self.targets:
            if case.suite == target.suite:
                whole = case.name in {case.suite, UNNAMED}
                return with_arguments(command, *(() if whole else ("--", "--exact", case.name)))
        return None
