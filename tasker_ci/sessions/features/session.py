"""The session `features`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import UsageError
from tasker_ci.process.command import Output
from tasker_ci.rust.exclusive_features import exclusive_pairs
from tasker_ci.rust.reach import reach_of
from tasker_ci.sessions.features.combinations import Combination, CombinationReader
from tasker_ci.sessions.features.settings import CombinationSettings
from tasker_ci.text.durations import duration
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import cargo, color_arguments, raise_if_failed, read_workspace, run_cargo
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.rust_sources import reading
from tasker_ci.tools.target_folders import check_directory
from tasker_ci.tools.tool_findings import ToolFinding, ToolVerdict, tell_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.process.command import Command

CODE = "combination"
_WORDS = {
    CODE: (
        "combination of features does not compile",
        "combinations of features do not compile",
    )
}


def features(
    context: Context,
    *,
    depth: Annotated[
        int | None, "How many features at most are on together; 1: each alone."
    ] = None,
) -> Outcome:
    """Check each feature alone, or combinations of several (cargo hack).

    A dry run asks `cargo metadata` which features there are.
    """
    settings = context.settings_of(CombinationSettings)
    most = settings.depth if depth is None else depth
    if most < 1:
        message = f"So many features cannot be on together: {most}."
        raise UsageError(message, next_step="Give --depth 1 or more.")
    ensure_tool(context, "cargo-hack")
    environment = child_environment(context, sccache=True)
    environment["CARGO_TARGET_DIR"] = str(check_directory(context).path)
    workspace = read_workspace(context, environment)
    with reading(context, workspace, ()) as sources:
        pairs = exclusive_pairs(workspace, reach_of(workspace, sources))
    commands = [
        cargo(
            context,
            "hack",
            "check",
            *words,
            *("--feature-powerset", "--depth", str(most), "--keep-going"),
            *_groups((*settings.groups, *found)),
            *(("--exclude-features", ",".join(settings.exclude)) if settings.exclude else ()),
            *color_arguments(context),
            environment=environment,
        )
        for words, found in _parts([package.name for package in workspace.packages], pairs)
    ]
    if context.dry_run:
        return context.preview(*commands)
    for names in sorted({each for found in pairs.values() for each in found}):
        context.reporter.line(f"{names} exclude each other, as the code says.")
    return _judged(context, commands)


def _parts(
    names: list[str], pairs: dict[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Which packages a call checks, and what excludes each other in them.

    The same names may be harmless in another package, so that a package with such features has a
    call of its own.
    """
    others = [name for name in names if name not in pairs]
    if others:
        excluded = tuple(word for name in pairs for word in ("--exclude", name))
        yield ("--workspace", *excluded), ()
    for name, found in pairs.items():
        yield ("--package", name), found


def _groups(groups: Iterable[str]) -> Iterator[str]:
    """cargo-hack's flags; all features at once are left out where some exclude each other."""
    unique = dict.fromkeys(groups)
    for group in unique:
        yield from ("--mutually-exclusive-features", group)
    if unique:
        yield "--exclude-all-features"


def _judged(context: Context, commands: list[Command]) -> Outcome:
    reader = CombinationReader(clock=time.monotonic)
    worst = None

    def heard(line: str) -> None:
        context.reporter.output(line)
        reader.read(line)

    began = time.monotonic()
    for command in commands:
        failed = len(reader.failed)
        completed = run_cargo(
            context,
            command,
            output=Output.CAPTURE,
            on_line=context.reporter.output,
            on_error_line=heard,
        )
        reader.end()
        if len(reader.failed) == failed:
            step = "Fix what cargo or cargo-hack names above."
            raise_if_failed(context, command, completed, "Features cannot be checked.", step)
        if worst is None or completed.exit_code:
            worst = completed
    seconds = time.monotonic() - began
    count = counted(len(reader.seen), "combination")
    context.reporter.line(f"{count} of features in {duration(seconds)}.")
    if worst is None:
        return Outcome(summary="there is no package")
    return tell_verdict(
        context,
        "features",
        context.workspace,
        worst,
        ToolVerdict(
            findings=tuple(_finding(each) for each in reader.failed),
            words=_WORDS,
            clean=f"{count} of features compile, {duration(seconds)}",
            step=f"Repeat one: {reader.failed[0].line}" if reader.failed else "",
            data={
                "seconds": round(seconds, 3),
                "combinations": [
                    {
                        "package": each.package,
                        "features": each.features,
                        "seconds": round(each.seconds, 3),
                        "compiles": not each.line,
                    }
                    for each in reader.seen
                ],
            },
        ),
    )


def _finding(failed: Combination) -> ToolFinding:
    return ToolFinding(
        code=CODE,
        message=f"{failed.package} with {failed.features}: {failed.error or 'it fails'}",
        file=failed.file,
        line=failed.number,
        fix=failed.line,
    )
