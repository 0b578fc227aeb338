"""What a leg of a job does, as a value that is equal for legs that do the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.rust.feature_requests import split_features

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.selections.selection import Selection

BUILDS = {Action.TEST, Action.COMPILE_TESTS, Action.BENCH, Action.BUILD, Action.CHECK, Action.LINT}
_KEEPS = {
    *("actions/checkout", "actions/cache", "actions/upload-artifact", "Swatinem/rust-cache"),
    *("codecov/codecov-action", "coverallsapp/github-action"),
}
"""Actions whose inputs only name what a leg leaves behind, or what it may find again."""
_TOOLCHAIN = re.compile(r"toolchain|setup-rust")
_PREPARES = {"rustup"}
"""Programs that install a toolchain: which one counts is seen in what cargo does."""


def doings(
    leg: JobRun, commands: list[Command], by_command: Mapping[int, list[Selection]]
) -> Hashable | None:
    """Everything that a leg does; None where a part is not known, or it builds nothing."""
    parts: list[Hashable] = [leg.machine, *_actions(leg)]
    builds = False
    for command in commands:
        selections = by_command.get(id(command), [])
        if not all(map(is_known, selections)):
            return None
        if None in command.words or None in command.around.variables.values():
            return None
        parts.append(_when(command))
        if selections:
            builds |= any(each.action in BUILDS for each in selections)
            variables = frozenset(command.around.variables.items())
            parts += [(signature(each), variables) for each in selections]
        elif command.words and command.words[0] not in _PREPARES:
            parts.append((command.words, frozenset(command.around.variables.items())))
    return tuple(parts) if builds else None


def _when(command: Command) -> Hashable:
    """Under which condition it runs, and what its failure means."""
    step = command.around.step
    said = (step.condition, step.continue_on_error) if step is not None else None
    return said, command.exit_code, command.certain


def _actions(leg: JobRun) -> Iterator[Hashable]:
    """What actions do for it, but for those that keep files or install what commands show."""
    contexts = contexts_of(leg)
    for step in leg.job.steps:
        name = (step.uses or "").partition("@")[0]
        shown = name.startswith("./") or _TOOLCHAIN.search(name)  # by the commands that follow
        if name and name not in _KEEPS and not shown:
            inputs = frozenset(
                (each, contexts.filled_in(value)) for each, value in step.inputs.items()
            )
            yield name, inputs, contexts.holds(step.condition), step.condition


def around_job(job: Job) -> Hashable:
    """What tells a job from one with the same commands."""
    return (
        job.condition,
        frozenset(job.needs),
        frozenset(job.services.items()),
        frozenset(
            (name, frozenset(each.items())) for name, each in job.service_environment.items()
        ),
        job.container,
        frozenset(job.outputs.items()),
        job.continue_on_error,
    )


def is_known(selection: Selection) -> bool:
    """Whether all is known that decides what a selection builds."""
    unsaid = selection.opaque or selection.invocation.unknown_values
    return (
        not unsaid and selection.toolchain is not None and None not in selection.features.values()
    )


def signature(selection: Selection) -> Hashable:
    """What a selection builds and runs."""
    features = frozenset(selection.features.items())
    invocation = selection.invocation
    # What `cargo hack` makes of its flags is many builds.
    flags = frozenset(invocation.flags.items()) if "hack" in invocation.subcommand else None
    members = {package.name for package in selection.workspace.packages}
    of_others = frozenset(
        name
        for name in split_features(invocation.values("--features"))
        if "/" in name and name.partition("/")[0] not in members
    )
    return (
        selection.action,
        selection.packages,
        features,
        selection.targets,
        repr(selection.filter),
        selection.cfg,
        selection.toolchain,
        invocation.after_dashes,
        flags,
        of_others,
    )
