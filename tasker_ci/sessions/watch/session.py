"""Run again what a change concerns, whenever files are saved."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.pipeline import check_known, stages_of
from tasker_ci.sessions import rows_of
from tasker_ci.sessions.watch.events import EventSource, FilesBelow, Keys
from tasker_ci.sessions.watch.files import ChangedFiles
from tasker_ci.sessions.watch.loop import Loop
from tasker_ci.sessions.watch.rounds import Round, command_of
from tasker_ci.sessions.watch.view import PlainView, TerminalView
from tasker_ci.text.plurals import counted

_MANIFESTS = {"Cargo.toml", "Cargo.lock"}
"""A manifest is held against the last commit, not against what was green: all is affected."""

_MOST_CHANGED = 100
"""Of more changed files at once, another branch say, all is affected."""


def watch(
    context: Context,
    *,
    session: Annotated[
        tuple[str, ...], "Only this session of the pipeline; also as a bare word."
    ] = (),
) -> Outcome:
    """Run again what a change concerns, whenever files are saved.

    Each run is one of `ci`: what a change does not concern is `proven` and does not run, and of
    tests and doctests only those of affected packages run. A save cuts off what runs and begins
    anew. On a terminal `r` runs all again, `o` shows all of the output, `q` stops; Ctrl-C does so
    everywhere.
    """
    _check(context, session)
    if context.dry_run:
        return context.preview(command_of(context, session))
    files = FilesBelow(context.project_root)
    files.check()
    reporter = context.reporter
    drawn = reporter.interactive
    sources: tuple[EventSource, ...] = (files, Keys()) if drawn and Keys.there() else (files,)
    loop = Loop(
        files=ChangedFiles.of(context),
        view=TerminalView(reporter) if drawn else PlainView(reporter),
        signals=context.runner.cancellation,
        sources=sources,
        begin=partial(_round, context, session),
    )
    loop.run()
    last = "it was cut off" if loop.last is None else "green" if loop.last.green else "red"
    return Outcome(
        summary=f"stopped after {counted(loop.rounds, 'run')}, the last result: {last}",
        status=Status.SKIPPED,
        data={"runs": loop.rounds, "last": loop.last.document if loop.last else {}},
    )


def _round(
    context: Context,
    sessions: tuple[str, ...],
    number: int,
    changed: frozenset[Path] | None,
    anew: bool,  # noqa: FBT001 - the loop gives it by its place
) -> Round:
    names = sorted(map(str, changed or ()))
    whole = len(names) > _MOST_CHANGED or any(Path(name).name in _MANIFESTS for name in names)
    given = () if whole else tuple(names)
    return Round(
        number=number,
        command=command_of(context, sessions, changed=given, anew=anew),
        context=context,
    )


def _check(context: Context, sessions: tuple[str, ...]) -> None:
    """Raise `UsageError` for a session that the pipeline does not have."""
    rows = rows_of(context.settings).in_pipeline(context.settings, context.workspace)
    stages = {stage.name for stage in stages_of(context.settings, rows.stages)}
    known = [name for name, row in rows.sessions.items() if row.stage in stages]
    check_known(sessions, known)
