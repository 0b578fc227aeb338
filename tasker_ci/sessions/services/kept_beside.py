"""A stack beside one that was kept: of two that would both be kept one has to wait or to go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasker_ci.context import Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.process.locks import alone, lock_file
from tasker_ci.stack.stack_run import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.context import Context
    from tasker_ci.settings.model import IntegrationSettings


@contextmanager
def alone_in_keeping(context: Context) -> Iterator[None]:
    """Let one session at a time start a stack of this workspace that will be kept.

    Another one waits here until the first has started its stack, or given up; then it has to look
    again for what is kept. The lock lies in the user's cache folder, because a clone may bring any
    file below the target directory. Where that folder cannot be written this is said, and the
    block runs all the same.
    """
    file = lock_file(context.environment, "kept", runs_of(context).folder)
    waiting = "Another session starts a stack of this workspace that stays; waiting for it."
    pause = context.runner.cancellation.pause
    with alone(file, context.reporter.line, waiting, pause=pause) as missing:
        if missing is not None:
            up = context.face.command_line("up")
            context.reporter.warning(
                f"{file} cannot be locked ({missing}): do not call `{up}` twice at once."
            )
        yield


def already_up(context: Context, settings: IntegrationSettings) -> Outcome | None:
    """The outcome of `up` where a stack is kept already; None if none is.

    Raises `UsageError` if another kind of stack was asked for than the one that is there.
    """
    kept = runs_of(context).kept()
    if not kept:
        return None
    names = ", ".join(f"{run.name} ({run.record.kind})" for run in kept)
    end = context.face.command_line("down")
    if settings.stack != "auto" and settings.stack not in {run.record.kind for run in kept}:
        raise UsageError(
            f"{names} is up already, and the {settings.stack} stack was asked for.",
            next_step=f"`{end}` ends it; then call this again.",
        )
    return Outcome(
        summary=f"{names} is up already; `{end}` ends it",
        status=Status.SKIPPED,
        data={"runs": [run.name for run in kept]},
    )


def say_what_is_kept(context: Context, *, keep: bool) -> None:
    """Say that a kept stack is there, which the one that is about to start is not.

    Raises `UsageError` if that would be kept as well: nobody could say which one to attach to.
    """
    kept = runs_of(context).kept()
    if not kept:
        return
    names = ", ".join(f"{run.name} ({run.record.kind})" for run in kept)
    attach = context.face.command_line("integration", "--attach")
    end = context.face.command_line("down")
    if keep:
        raise UsageError(
            f"{names} was kept already, and --keep would keep a second stack.",
            next_step=f"`{attach}` uses the one that is there; `{end}` ends it.",
        )
    context.reporter.line(
        f"{names} was kept and is not used by this run: `{attach}` uses it, `{end}` ends it."
    )
