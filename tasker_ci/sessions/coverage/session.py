"""How much of the code the unit tests reach: cargo-llvm-cov over the tests of `unit`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import ToolchainError
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.sessions.coverage.llvm_tools import llvm_variables
from tasker_ci.sessions.coverage.outcome import check_thresholds, conclude_coverage
from tasker_ci.sessions.coverage.run import Measuring
from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.sessions.tests.public import Choice, UnitSettings, nextest_configuration, unit_scope
from tasker_ci.stack.beside import with_services
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.compiler import ask_compiler
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.report_files import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def coverage(
    context: Context,
    *,
    profile: flags.Profile = None,
    toolchain: flags.Toolchain = None,
) -> Outcome:
    """Measure which lines the unit tests reach (cargo llvm-cov), and hold it against settings.

    The tests, features and services are those of `unit`. It builds in a target directory of its
    own. What follows the separator goes to nextest.
    """
    choice = replace(
        Choice.of_flags(context, profile=profile, toolchain=toolchain),
        accompanied=bool(context.settings_of(UnitSettings).cargo_test),
    )
    ensure_tool(context, "cargo-nextest")
    ensure_tool(context, "cargo-llvm-cov")
    environment = {
        **child_environment(context, secrets=True, sccache=True),
        "CARGO_LLVM_COV_TARGET_DIR": str(_build_directory(context)),
    }
    measuring = Measuring(
        context=context,
        choice=choice,
        configuration=nextest_configuration(context),
        scope=replace(unit_scope(context), session="coverage"),
        environment=environment,
    )
    planned = measuring.planned()
    if context.dry_run:
        return context.preview(*planned)
    workspace = read_workspace(context, environment)
    check_thresholds(context, workspace)
    chosen = choice.toolchain or context.settings.toolchain
    compiler = ask_compiler(context, environment, chosen)
    doctests = _wants_doctests(context, nightly=compiler.nightly)
    variables = llvm_variables(context, environment, compiler, chosen)
    measuring = replace(
        measuring,
        doctests=doctests and workspace.has_doctests,
        configuration=measuring.configuration.stored_in(workspace.target_directory, workspace.root),
    )
    junit = measuring.configuration.junit_file(workspace.root, choice.profile)

    def work(found: Mapping[str, str]) -> Outcome:
        return replace(measuring, environment={**found, **variables}).run_tests(workspace, junit)

    with one_at_a_time(context, junit, within=workspace.within(junit)):
        services = context.settings_of(UnitSettings).services
        tests = with_services(context, "coverage", services, environment, work)
        after = replace(measuring, environment={**environment, **variables})
        return conclude_coverage(
            context, after.read(workspace), tests, workspace=workspace, doctests=after.doctests
        )


def _build_directory(context: Context) -> Path:
    """Instrumented code is other code: in the directory of `unit` each would undo the other's."""
    return target_directory(context.workspace, context.environment) / "tasker-ci" / "coverage"


def _wants_doctests(context: Context, *, nightly: bool) -> bool:
    """Whether doctests count. Raises `ToolchainError` if they shall and this toolchain cannot."""
    setting = context.settings_of(CoverageSettings).doctests
    if setting is True and not nightly:
        raise ToolchainError(
            "Only a nightly toolchain measures doctests, and `coverage.doctests` is true.",
            next_step=context.face.command_line("coverage", "--toolchain", "nightly"),
        )
    if setting == "auto" and not nightly:
        context.reporter.line("note: doctests are not measured, which takes a nightly toolchain.")
    return nightly if setting == "auto" else setting
