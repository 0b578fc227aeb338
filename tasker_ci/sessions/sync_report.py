"""What `sync` says: diffs, what was done, what no longer happens, pins, repeated values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.generate.dependabot import PATH as DEPENDABOT
from tasker_ci.generate.sync.applying import action_of
from tasker_ci.generate.sync.changes import ARCHIVE, GITHUB_FOLDER, State
from tasker_ci.generate.sync.diffs import unified
from tasker_ci.generate.text.printable import printable
from tasker_ci.generate.zizmor import PATH as ZIZMOR
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import PurePosixPath

    from tasker_ci.context import Context
    from tasker_ci.generate.foreign.literals import SpelledOut
    from tasker_ci.generate.foreign.replaced import Part, Replaced
    from tasker_ci.generate.inputs import Inputs
    from tasker_ci.generate.sync.applying import Done
    from tasker_ci.generate.sync.changes import Change
    from tasker_ci.generate.sync.drift import Drift

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_HEADING_LINES = 2


def show_diffs(context: Context, changes: Sequence[Change]) -> None:
    """Print one unified diff for each file; nothing in it is a command to GitHub."""
    for change in changes:
        lines = unified(change)
        with context.reporter.foreign_output():
            for number, line in enumerate(lines):
                style = "bold" if number < _HEADING_LINES else _STYLES.get(line[:1], "")
                context.reporter.line(line, style)
            context.reporter.line()
        context.reporter.annotation("error", _reason(change), file=str(change.path), line=1)


def show_bumps(context: Context, drift: Drift) -> list[str]:
    """Say which newer pins are left alone, and how they get into the settings; returns them."""
    bumps = sorted({str(bump) for bumps in drift.bumped.values() for bump in bumps})
    if bumps:
        command = context.face.command_line("sync", "--adopt")
        text = f"Newer pins than the settings': {'; '.join(bumps)}. `{command}` takes them in."
        context.reporter.line(f"notice: {text}", "yellow")
        context.reporter.annotation("notice", text)
    return bumps


def show_done(context: Context, drift: Drift, done: Sequence[Done]) -> None:
    """Print what became of every file."""
    by_path = {each.path: each for each in done}
    for change in drift.changes:
        each = by_path.get(change.path)
        action = str(each.action) if each else _untouched(drift, change)
        context.reporter.line(f"{action:<10} {change.path}", "" if each else "dim")
        if each is not None and each.archived is not None:
            what = "edited by hand" if change.state is State.EDITED else "not written by sync"
            context.reporter.line(f"archived   {each.archived} ({what})")
    _show_added(context, drift)


def show_plan(context: Context, drift: Drift) -> None:
    """Print what would become of every file."""
    stale = {change.path for change in drift.stale}
    for change in drift.changes:
        if change.path in stale:
            first = ", after what lies there is archived" if change.makes_room else ""
            context.reporter.line(f"would be {action_of(change)}: {change.path}{first}")
        else:
            context.reporter.line(f"{_untouched(drift, change)}: {change.path}", "dim")
    _show_added(context, drift)


def replaced_by(inputs: Inputs, drift: Drift, tools: Iterable[str]) -> tuple[Replaced, ...]:
    """What disappears with each file that `sync` did not write."""
    foreign = [
        change
        for change in drift.stale
        if change.makes_room and change.state is State.FOREIGN and change.before is not None
    ]
    if not foreign:
        return ()
    from tasker_ci.generate.foreign.replaced import Replaced, covers_of, what_disappears

    covers = covers_of(inputs, drift.files, tools)
    return tuple(
        Replaced(path=change.path, unread="it is a symbolic link")
        if change.before.link
        else what_disappears(change.path, change.before.content, covers)
        for change in foreign
        if change.before is not None
    )


def show_replaced(context: Context, replaced: Sequence[Replaced]) -> None:
    """Print job by job what no longer happens as it did, and what covers it now."""
    say = context.reporter.line
    for each in replaced:
        with context.reporter.foreign_output():
            if each.unread:
                say(f"What {each.path} did is not known: {each.unread}.", "yellow")
                continue
            if not each.triggers and not each.jobs:
                continue
            say(f"What {each.path} did, and what does it now:", "bold")
            _show_parts(context, each.triggers, "  ")
            for job, parts in each.jobs.items():
                say(f"  {job}")
                _show_parts(context, parts, "    ")
        if each.uncovered:
            context.reporter.warning(
                f"{each.path}: nothing covers {each.uncovered} of these. " + _advice(each.path)
            )


def files_data(
    drift: Drift, done: Sequence[Done] | None, replaced: Sequence[Replaced]
) -> dict[str, Any]:
    """The same for `--json`; without ``done`` it is what would be done."""
    by_path = {each.path: each for each in done or ()}
    stale = {change.path for change in drift.stale}

    def action(change: Change) -> str:
        return str(action_of(change)) if change.path in stale else _untouched(drift, change)

    def archived(change: Change) -> str | None:
        each = by_path.get(change.path)
        return str(each.archived) if each is not None and each.archived is not None else None

    return {
        "files": [
            {
                "path": str(change.path),
                "was": str(change.state),
                "action": action(change),
                "archived": archived(change),
            }
            for change in drift.changes
        ],
        "replaced": [
            {
                "path": str(each.path),
                "unread": each.unread or None,
                "triggers": _parts_data(each.triggers),
                "jobs": {job: _parts_data(parts) for job, parts in each.jobs.items()},
            }
            for each in replaced
        ],
    }


def show_spellings(context: Context, found: SpelledOut) -> list[dict[str, Any]]:
    """Print every place that repeats a value of the table; returns them as data."""
    level = "error" if context.settings.environment.literals == "error" else "warning"
    for each in found.found:
        text = f"{each.name} has its value from the settings, and this file repeats one."
        place = printable(each.file)
        context.reporter.line(
            f"{level}: {place}:{each.line}: {text}", "red" if level == "error" else "yellow"
        )
        context.reporter.annotation(level, text, file=each.file, line=each.line)
    for entry in found.idle:
        context.reporter.warning(f"environment.allow-literals names {entry!r}, where none is.")
    return [{"file": each.file, "line": each.line, "name": each.name} for each in found.found]


def show_doubles(context: Context, inputs: Inputs, drift: Drift) -> list[str]:
    """Warn of workflows that look like generated ones; returns their paths."""
    from tasker_ci.discovery.double_workflows import double_workflows

    called = [row.path for row in inputs.settings.workflows.own.values()]
    doubles = double_workflows(inputs.project_root, drift.files, called)
    for each in doubles:
        context.reporter.warning(str(each))
    return [str(each.file) for each in doubles]


def warn_of_its_place(context: Context) -> None:
    """Say what keeps the files from working where they are.

    GitHub reads `.github` in the root of the repository and nowhere else, and follows no link:
    https://github.com/actions/runner/issues/3195
    """
    root = context.project_root.resolve()
    for folder in (GITHUB_FOLDER, ARCHIVE.parent):
        if (root / folder).is_symlink():
            context.reporter.warning(
                f"{folder} is a symbolic link, and GitHub looks behind none: no workflow starts. "
                "Put a folder in its place."
            )
    if not (context.workspace / "Cargo.toml").is_file():
        context.reporter.warning(
            f"There is no Cargo.toml in {context.workspace}, where the setting `workspace` says "
            "that the Rust workspace is: every job would fail."
        )
    above = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if above is not None and not (root / ".git").exists():
        context.reporter.warning(
            f"The repository begins at {above}, and GitHub reads only the .github there, not the "
            f"one of {root}. Move {SETTINGS_FILE} there; the setting `workspace` says where the "
            "Rust workspace lies."
        )


def _advice(path: PurePosixPath) -> str:
    if path == DEPENDABOT:
        return "With `workflows.dependabot = false` the file stays yours."
    if path == ZIZMOR:
        return "zizmor takes another configuration by its flag --config."
    return "A reusable workflow of your own can do it; `workflows.own` calls it."


def _show_parts(context: Context, parts: Sequence[Part], indent: str) -> None:
    for part in parts:
        context.reporter.line(f"{indent}{part}", "" if part.covered_by else "yellow")


def _parts_data(parts: Sequence[Part]) -> list[dict[str, str | None]]:
    return [
        {
            "text": part.text,
            "covered_by": part.covered_by or None,
            "reason": part.reason or None,
        }
        for part in parts
    ]


def _show_added(context: Context, drift: Drift) -> None:
    if drift.settings_added:
        text = f"settings from the nextest configuration: {', '.join(drift.settings_added)}"
        context.reporter.line(text)
    for remark in drift.nextest_remarks:
        context.reporter.warning(printable(remark))
    if drift.nextest_added:
        context.reporter.line(f"new in the nextest configuration: {', '.join(drift.nextest_added)}")


def _untouched(drift: Drift, change: Change) -> str:
    return "kept" if change.path in drift.bumped else "unchanged"


def _reason(change: Change) -> str:
    if change.left_over:
        return "This file is left over: the settings no longer make it."
    return f"This file is {change.state}: it is not what the settings make."
