"""The session miri: tests under an interpreter that finds undefined behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import SelectionError
from tasker_ci.process.command import Command, Output
from tasker_ci.sessions.miri.errors import MiriFailed
from tasker_ci.sessions.miri.findings import failed_tests, findings_in
from tasker_ci.sessions.miri.settings import COMPONENTS, MiriSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.foreign import unescaped
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import (
    SIGNALS,
    color_arguments,
    failure_of,
    feature_arguments,
    read_workspace,
    run_cargo,
)
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.code_annotations import annotate_code
from tasker_ci.tools.installed_toolchains import check_installed
from tasker_ci.tools.nextest import EXIT_CODES, NO_TESTS, TESTS_FAILED, exactly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.process.command import Completed
    from tasker_ci.rust.workspace import Workspace


def miri(
    context: Context,
    *,
    package: Annotated[
        tuple[str, ...], "Only the tests of this package, which settings need not name."
    ] = (),
    filter: Annotated[  # noqa: A002 - the name of the flag
        str | None, "Only tests that match this nextest filterset."
    ] = None,
) -> Outcome:
    """Run the tests of some packages under miri (cargo miri nextest run).

    Settings name the packages, because it is slow and knows few functions of other languages. A
    nightly without miri is NOT CHECKED with the line that gets it, and an error under CI.
    """
    settings = context.settings_of(MiriSettings)
    packages = package or settings.packages
    if not packages:
        return _no_package(settings)
    environment = child_environment(context, secrets=True)
    if settings.flags:
        environment.setdefault("MIRIFLAGS", " ".join(settings.flags))
    command = _command(context, environment, packages, filter)
    if context.dry_run:
        return context.preview(command)
    check_installed(context, environment, settings.toolchain, components=COMPONENTS)
    workspace = read_workspace(context, environment)
    unknown = sorted(set(packages) - {each.name for each in workspace.packages})
    if unknown:
        known = ", ".join(sorted(each.name for each in workspace.packages))
        message = f"The workspace has no package {', '.join(unknown)}."
        raise SelectionError(message, next_step=f"Its packages: {known}")
    say = context.reporter.output
    completed = run_cargo(context, command, output=Output.CAPTURE, on_line=say, on_error_line=say)
    if completed.exit_code:
        raise _failure(context, workspace, command, completed)
    return Outcome(summary=f"nothing undefined in {', '.join(packages)}")


def _no_package(settings: MiriSettings) -> Outcome:
    if settings.pipeline:
        raise SelectionError(
            "`miri.pipeline` is set, and `miri.packages` names no package: nothing would run.",
            next_step=f"Name one in {SETTINGS_FILE}, or take `pipeline` out.",
        )
    return Outcome(summary="`miri.packages` names no package", status=Status.SKIPPED)


def _command(
    context: Context,
    environment: Mapping[str, str],
    packages: tuple[str, ...],
    only: str | None,
) -> Command:
    """The command; nextest takes its profile `default-miri` by itself."""
    settings = context.settings_of(MiriSettings)
    return Command(
        argv=(
            *("cargo", f"+{settings.toolchain}", "miri", "nextest", "run"),
            *(word for name in packages for word in ("--package", name)),
            *feature_arguments(settings.features, context),
            *(("--filterset", only) if only else ()),
            *color_arguments(context),
            *context.passthrough,
        ),
        cwd=context.workspace,
        environment=environment,
    )


def _failure(
    context: Context, workspace: Workspace, command: Command, completed: Completed
) -> MiriFailed:
    """The error for a red run. Raises what says that it did not come to the tests."""
    text = unescaped(f"{completed.stdout}\n{completed.stderr}")
    found, failed = findings_in(text), failed_tests(text)
    code = completed.exit_code
    if code == NO_TESTS:
        message = "No test ran under miri."
        return MiriFailed(message, exit_code=code, next_step="Name a package that has tests.")
    if code in SIGNALS or (code != TESTS_FAILED and not found):
        meaning, step = EXIT_CODES.get(code, ("Miri did not come to the tests.", "Read it above."))
        raise failure_of(context, command, completed, meaning, step)
    annotate_code(context, "miri", workspace.root, [each.as_finding() for each in found])
    again = ""
    if failed:
        binary, name = failed[0]
        words = ("--package", binary.partition("::")[0], "--filter", f"test({exactly(name)})")
        again = f" Again: {context.face.command_line('miri', *words)}"
    data = {
        "findings": [each.data() for each in found],
        "failed": [f"{binary} {name}" for binary, name in failed],
    }
    tests = f"{counted(len(failed), 'test')} failed under miri" if failed else "Miri is red"
    first = f"; first: {found[0]}" if found else ""
    fix = found[0].fix if found else "read the first failure above"
    step = f"{fix[0].upper()}{fix[1:]}.{again}"
    return MiriFailed(f"{tests}{first}.", exit_code=code, next_step=step, data=data)
