"""Write the generated files, check them, and take it all back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci import __version__
from tasker_ci.cargo_tools import tools_root, wanted_tools
from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import SpelledOutValues, StaleFiles, UnadoptedPins, UsageError
from tasker_ci.generate.inputs import Inputs
from tasker_ci.generate.plan import planned_files
from tasker_ci.generate.sync.adoption import as_settings, found_bumps
from tasker_ci.generate.sync.applying import apply, tidy
from tasker_ci.generate.sync.changes import ARCHIVE
from tasker_ci.generate.sync.drift import settings_text, survey, with_pins_taken_in
from tasker_ci.generate.sync.rolling_back import Way, plan_rollback, roll_back
from tasker_ci.generate.sync.writing import alone, write_file
from tasker_ci.generate.text.printable import printable
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.sync_report import (
    files_data,
    replaced_by,
    show_bumps,
    show_diffs,
    show_done,
    show_doubles,
    show_plan,
    show_replaced,
    show_spellings,
    warn_of_its_place,
)
from tasker_ci.settings.environment import variables
from tasker_ci.settings.load import SETTINGS_FILE, load_settings
from tasker_ci.settings.sources import Rank

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager
    from pathlib import PurePosixPath

    from tasker_ci.generate.sync.adoption import Bump
    from tasker_ci.generate.sync.drift import Drift
    from tasker_ci.generate.sync.rolling_back import Rollback


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
    with _alone(context):
        return _write(context, adopt=adopt)


def rollback(context: Context) -> Outcome:
    """Bring back the files that sync archived, and remove those that it wrote.

    What was edited by hand is archived, so nothing is lost. The settings and nextest.toml, which
    are edited in place, stay as they are.
    """
    if context.dry_run:
        plan = plan_rollback(context.project_root)
        _show_rollback(context, plan, dry=True)
        return Outcome(
            summary="nothing was changed", status=Status.SKIPPED, data=_rollback_data(plan)
        )
    with _alone(context):
        plan = plan_rollback(context.project_root)
        roll_back(context.project_root, plan)
    _show_rollback(context, plan, dry=False)
    count = sum(each.way is not Way.KEPT for each in plan.returns)
    return Outcome(
        summary=f"{count} files restored or removed" if count else "nothing to do",
        data=_rollback_data(plan),
    )


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
        sessions=SESSIONS,
        version=__version__,
    )


def check_files(context: Context) -> Outcome:
    """Show every stale file as a diff, and every value that another file repeats; change nothing.

    Raises `StaleFiles`, or `SpelledOutValues` where the settings make an error of that.
    """
    inputs = inputs_of(context)
    warn_of_its_place(context)
    drift = survey(inputs, planned_files(inputs))
    stale = [str(change.path) for change in drift.stale]
    show_diffs(context, drift.stale)
    bumped = show_bumps(context, drift)
    doubles = show_doubles(context, inputs, drift)
    spellings = _spellings(context)
    forbidden = spellings if context.settings.environment.literals == "error" else []
    data = {"stale": stale, "bumped": bumped, "doubles": doubles, "spelled_out": spellings}
    repeated = "Values of the environment table are repeated in: " + ", ".join(
        f"{printable(each['file'])}:{each['line']} ({each['name']})" for each in forbidden
    )
    if stale:
        arguments = ("--adopt",) if drift.pins_at_risk else ()
        message = f"Not what the settings make: {', '.join(stale)}."
        raise StaleFiles(
            message + (f"\n{repeated}." if forbidden else ""),
            next_step=f"Write them: {context.face.command_line('sync', *arguments)}",
            data=data,
        )
    if forbidden:
        raise SpelledOutValues(
            f"{repeated}.",
            next_step="Take the value from the environment, or name the place in "
            f"`environment.allow-literals` in {SETTINGS_FILE}.",
            data=data,
        )
    count = len(drift.changes)
    summary = f"{count} files are what the settings make"
    if bumped:
        summary += f", but for newer pins in {len(drift.bumped)}"
    return Outcome(summary=summary, data=data)


def _write(context: Context, *, adopt: bool) -> Outcome:
    adopted, taken_in = _adopt(context) if adopt else ((), ())
    inputs = inputs_of(context, again=True)
    drift = with_pins_taken_in(survey(inputs, planned_files(inputs)), taken_in)
    warn_of_its_place(context)
    if drift.pins_at_risk and not adopt:
        raise _unadopted(context, drift)
    bumped = show_bumps(context, drift)
    replaced = replaced_by(inputs, drift, wanted_tools(inputs.loaded))
    tidy(context.project_root, drift.changes)
    done = apply(context.project_root, drift.stale)
    show_done(context, drift, done)
    show_replaced(context, replaced)
    doubles = show_doubles(context, inputs, drift)
    return Outcome(
        summary=f"{len(done)} of {len(drift.changes)} files changed" if done else "nothing to do",
        data={
            **files_data(drift, done, replaced),
            "bumped": bumped,
            "doubles": doubles,
            "adopted": [str(bump) for bump in adopted],
        },
    )


def _adopt(context: Context) -> tuple[tuple[Bump, ...], Collection[PurePosixPath]]:
    """Write newer pins into the settings; returns them, and the files whose only edit they are."""
    inputs = inputs_of(context, again=True)
    files = planned_files(inputs)
    drift = survey(inputs, files)
    bumps = found_bumps(drift.edited_texts(), files)
    if bumps:
        from tasker_ci.generate.text.toml import with_values

        text = with_values(settings_text(inputs), as_settings(bumps), name=SETTINGS_FILE)
        write_file((context.project_root / SETTINGS_FILE).resolve(), text.encode())
    for bump in bumps:
        context.reporter.line(f"adopted    {bump} in {SETTINGS_FILE}")
    if not bumps:
        context.reporter.line("No generated file has a newer pin.")
    return bumps, {*drift.bumped, *drift.pins_at_risk}


def _preview(context: Context, *, adopt: bool) -> Outcome:
    inputs = inputs_of(context)
    drift = survey(inputs, planned_files(inputs))
    adopted = found_bumps(drift.edited_texts(), drift.files) if adopt else ()
    for bump in adopted:
        context.reporter.line(f"would adopt {bump} in {SETTINGS_FILE}")
    if adopt:
        drift = replace(with_pins_taken_in(drift, {*drift.bumped, *drift.pins_at_risk}), bumped={})
    elif drift.pins_at_risk:
        context.reporter.warning(_unadopted(context, drift).message)
    show_plan(context, drift)
    replaced = replaced_by(inputs, drift, wanted_tools(inputs.loaded))
    show_replaced(context, replaced)
    return Outcome(
        summary="nothing was written",
        status=Status.SKIPPED,
        data={
            **files_data(drift, None, replaced),
            "doubles": show_doubles(context, inputs, drift),
            "adopted": [str(bump) for bump in adopted],
        },
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


def _spellings(context: Context) -> list[dict[str, Any]]:
    from tasker_ci.generate.foreign.literals import project_files, spelled_out

    found = spelled_out(
        context.project_root,
        variables(context.loaded),
        context.settings.environment.allow_literals,
        project_files(context.project_root, context.runner, context.environment),
    )
    return show_spellings(context, found)


def _alone(context: Context) -> AbstractContextManager[None]:
    """The lock of this project, in the user's cache folder: the project gets no file of ours."""
    name = hashlib.sha256(bytes(context.project_root.resolve())).hexdigest()[:16]
    folder = tools_root(context.environment).parent / "locks"
    return alone(folder / f"sync-{name}.lock", context.reporter.line)


def _show_rollback(context: Context, plan: Rollback, *, dry: bool) -> None:
    say = context.reporter.line
    would = "would be " if dry else ""
    for each in plan.returns:
        if each.aside is not None:
            say(f"{would}archived   {each.path}, edited by hand, to {each.aside.place}")
        if each.way is Way.KEPT and each.entry is not None:
            say(f"kept       {each.path} is yours; the archived one stays at {each.entry.place}")
        else:
            say(f"{would}{each.way:<10} {each.path}")
    if plan.remaining:
        count = len(plan.remaining)
        say(f"{count} file{'s stay' if count > 1 else ' stays'} in {ARCHIVE}.", "dim")
    say(f"{SETTINGS_FILE} and nextest.toml are edited in place and stay as they are.", "dim")


def _rollback_data(plan: Rollback) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": str(each.path),
                "action": str(each.way),
                "archived": str(each.aside.place) if each.aside else None,
            }
            for each in plan.returns
        ],
        "archive": [str(entry.place) for entry in plan.remaining],
    }
