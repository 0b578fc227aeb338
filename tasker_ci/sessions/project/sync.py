"""Write the generated files, and check them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import AccessError, AdoptionRefused, PlaceTaken, SettingsError, UsageError
from tasker_ci.process.locks import alone, lock_file
from tasker_ci.sessions import load_settings, rows_of
from tasker_ci.sessions.project.errors import StaleFiles, UnadoptedPins
from tasker_ci.sessions.project.replaced_report import replaced_by, show_uncovered
from tasker_ci.sessions.project.sync_report import (
    doubles_of,
    files_data,
    show_bumps,
    show_diffs,
    show_done,
    show_doubles,
    show_plan,
    warn_of_its_place,
    warn_of_settings,
)
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.sources import Rank
from tasker_ci.text.plurals import are, counted
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.version import __version__
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.plan import planned_files
from tasker_ci.workflows.sync.adoption import as_settings, found_bumps
from tasker_ci.workflows.sync.applying import apply, tidy
from tasker_ci.workflows.sync.changes import compare_in_place
from tasker_ci.workflows.sync.drift import settings_text, survey, with_pins_taken_in
from tasker_ci.workflows.sync.index import read_index

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from tasker_ci.sessions.project.covering.replaced import Replaced
    from tasker_ci.sessions.project.discovery.double_workflows import Double
    from tasker_ci.workflows.sync.adoption import Bump
    from tasker_ci.workflows.sync.applying import Done
    from tasker_ci.workflows.sync.drift import Drift

_LOCK_SECONDS = 60.0
"""A `sync` takes less than one; whoever holds the lock so long is stopped or hangs."""


def sync(
    context: Context,
    *,
    check: Annotated[bool, "Change nothing; show what is stale, and fail if anything is."] = False,
    adopt: Annotated[
        bool, "First take newer pins of actions, as Dependabot writes them, into the settings."
    ] = False,
) -> Outcome:
    """Write the workflows and all other generated files from the settings.

    TASKER_CI_* variables do not count: the files would depend on who writes them.
    """
    if check and adopt:
        message = "--check changes nothing, and --adopt changes the settings."
        raise UsageError(message, next_step=context.face.command_line("sync", "--adopt"))
    if check:
        return check_files(context)
    if context.dry_run:
        return _preview(context, adopt=adopt)
    with alone_in(context):
        return _write(context, adopt=adopt)


def inputs_of(context: Context, *, again: bool = False) -> Inputs:
    """What the generated files are made of: the settings of the file and of flags.

    Variables do not count, so that the files are the same whoever writes them, and wherever. With
    ``again`` the file is read again, because it may have been written since the session began.
    """
    loaded = context.loaded
    if again or any(source.rank is Rank.VARIABLE for source in loaded.sources.values()):
        pairs = (pair.partition("=") for pair in context.overrides)
        flags = [(key, value) for key, _, value in pairs]
        loaded = load_settings(context.project_root, {}, flags)
    workspace = context.workspace
    if loaded.settings.workspace != context.settings.workspace:
        workspace = (context.project_root / loaded.settings.workspace).resolve()
    return Inputs(
        loaded=loaded,
        project_root=context.project_root,
        workspace=workspace,
        rows=rows_of(loaded.settings),
        version=__version__,
    )


def bumped_files(context: Context) -> Collection[PurePosixPath]:
    """Generated files whose only edits are newer pins, as Dependabot writes them.

    Empty where the settings do not say what the files should be.
    """
    try:
        inputs = inputs_of(context)
        drift = survey(inputs, planned_files(inputs))
    except (SettingsError, AccessError, PlaceTaken, AdoptionRefused):
        return ()
    return {*drift.bumped, *drift.pins_at_risk}


def check_files(context: Context) -> Outcome:
    """Show every stale file as a diff; change nothing. Raises `StaleFiles`."""
    inputs = inputs_of(context)
    warn_of_its_place(context)
    warn_of_settings(context)
    drift = survey(inputs, planned_files(inputs))
    stale = [str(change.path) for change in drift.stale]
    show_diffs(context, drift.stale)
    bumped = show_bumps(context, drift)
    doubles = show_doubles(context, doubles_of(inputs, drift))
    data = {"stale": stale, "bumped": bumped, "doubles": doubles}
    if stale:
        arguments = ("--adopt",) if drift.pins_at_risk else ()
        message = f"Not what the settings make: {', '.join(stale)}."
        raise StaleFiles(
            message,
            next_step=f"Write them: {context.face.command_line('sync', *arguments)}",
            data=data,
        )
    count = len(drift.changes)
    summary = f"{counted(count, 'file')} {are(count)} what the settings make"
    if bumped:
        summary += f", but for newer pins in {len(drift.bumped)}"
    return Outcome(summary=summary, data=data)


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a sync did, or would do."""

    drift: Drift
    done: tuple[Done, ...] | None
    """None where nothing was written."""
    replaced: tuple[Replaced, ...]
    doubles: tuple[Double, ...]

    def data(self) -> dict[str, Any]:
        """All of it for `--json`."""
        return {
            **files_data(self.drift, self.done, self.replaced),
            "doubles": [str(each.file) for each in self.doubles],
        }


def synchronised(
    context: Context,
    *,
    adopt: bool = False,
    taken_in: Collection[PurePosixPath] = (),
    with_archived: bool = False,
) -> Synced:
    """Write the files, or in a dry run look what would be written; prints nothing.

    With ``adopt`` newer pins may be written over, and those of the files ``taken_in`` are in the
    settings by now. ``with_archived`` says what files did that an earlier sync replaced, too. Call
    it with the project's lock held. Raises `UnadoptedPins`.
    """
    inputs = inputs_of(context, again=not context.dry_run)
    drift = with_pins_taken_in(survey(inputs, planned_files(inputs)), taken_in)
    if drift.pins_at_risk and not adopt and not context.dry_run:
        raise _unadopted(context, drift)
    index = read_index(context.project_root) if with_archived else None
    archived = index.archived if index is not None else ()
    replaced = replaced_by(context, inputs, drift, wanted_tools(inputs.loaded), archived)
    done = None
    if not context.dry_run:
        tidy(context.project_root, drift.changes)
        done = apply(context.project_root, drift.stale)
    doubles = doubles_of(inputs, drift)
    return Synced(drift=drift, done=done, replaced=replaced, doubles=doubles)


def _write(context: Context, *, adopt: bool) -> Outcome:
    adopted, taken_in = _adopt(context) if adopt else ((), ())
    warn_of_its_place(context)
    warn_of_settings(context)
    synced = synchronised(context, adopt=adopt, taken_in=taken_in)
    drift, done = synced.drift, synced.done or ()
    bumped = show_bumps(context, drift)
    show_done(context, drift, done)
    show_uncovered(context, synced.replaced)
    show_doubles(context, synced.doubles)
    return Outcome(
        summary=f"{len(done)} of {counted(len(drift.changes), 'file')} changed"
        if done
        else "nothing to do",
        data={**synced.data(), "bumped": bumped, "adopted": [str(bump) for bump in adopted]},
    )


def _adopt(context: Context) -> tuple[tuple[Bump, ...], Collection[PurePosixPath]]:
    """Write newer pins into the settings; returns them, and the files whose only edit they are."""
    inputs = inputs_of(context, again=True)
    files = planned_files(inputs)
    drift = survey(inputs, files)
    bumps = found_bumps(drift.edited_texts(), files)
    if bumps:
        from tasker_ci.text.toml import with_values

        text = with_values(settings_text(inputs), as_settings(bumps), name=SETTINGS_FILE)
        root, path = context.project_root, PurePosixPath(SETTINGS_FILE)
        apply(root, [compare_in_place(root, path, text.encode())])
    for bump in bumps:
        context.reporter.line(f"adopted    {bump} in {SETTINGS_FILE}")
    if not bumps:
        context.reporter.line("No generated file has a newer pin.")
    return bumps, {*drift.bumped, *drift.pins_at_risk}


def _preview(context: Context, *, adopt: bool) -> Outcome:
    synced = synchronised(context)
    drift = synced.drift
    adopted = found_bumps(drift.edited_texts(), drift.files) if adopt else ()
    for bump in adopted:
        context.reporter.line(f"would adopt {bump} in {SETTINGS_FILE}")
    if adopt:
        drift = replace(with_pins_taken_in(drift, {*drift.bumped, *drift.pins_at_risk}), bumped={})
        synced = replace(synced, drift=drift)
    elif drift.pins_at_risk:
        context.reporter.warning(_unadopted(context, drift).message)
    show_plan(context, drift)
    show_uncovered(context, synced.replaced)
    show_doubles(context, synced.doubles)
    return Outcome(
        summary="nothing was written",
        status=Status.SKIPPED,
        data={**synced.data(), "adopted": [str(bump) for bump in adopted]},
    )


def _unadopted(context: Context, drift: Drift) -> UnadoptedPins:
    pins = sorted({str(bump) for bumps in drift.pins_at_risk.values() for bump in bumps})
    files = ", ".join(map(str, drift.pins_at_risk))
    return UnadoptedPins(
        f"Writing {files} would take back newer pins ({'; '.join(pins)}). Nothing was written.",
        next_step=f"Take them in: {context.face.command_line('sync', '--adopt')}; "
        "or undo those lines first.",
        data={"pins": pins},
    )


def alone_in(context: Context) -> AbstractContextManager[object]:
    """The lock of this project. Without one every file is written whole all the same."""
    return alone(
        lock_file(context.environment, "sync", context.project_root),
        context.reporter.line,
        "Another sync of this project is running; waiting for it.",
        pause=context.runner.cancellation.pause,
        seconds=_LOCK_SECONDS,
    )
