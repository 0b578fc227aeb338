"""What `sync` says: diffs, what was done, pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasker_ci.screen.short_lists import named, show_some, some
from tasker_ci.sessions.project.replaced_report import replaced_data
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.sources import Rank
from tasker_ci.text.foreign import tabbed
from tasker_ci.text.plurals import counted
from tasker_ci.workflows.sync.applying import action_of
from tasker_ci.workflows.sync.changes import ARCHIVE, GITHUB_FOLDER, FileState
from tasker_ci.workflows.sync.diffs import unified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasker_ci.context import Context
    from tasker_ci.sessions.project.covering.replaced import Replaced
    from tasker_ci.sessions.project.discovery.double_workflows import Double
    from tasker_ci.workflows.inputs import Inputs
    from tasker_ci.workflows.sync.applying import Done
    from tasker_ci.workflows.sync.changes import Change
    from tasker_ci.workflows.sync.drift import Drift

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_HEADING_LINES = 2
_MOST_FILES = 16
_MOST_NAMES = 8
_ALL = "--json has all"


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
        names = some(bumps, _MOST_NAMES, "; ")
        text = f"Newer pins than the settings': {names}. `{command}` takes them in."
        context.reporter.line(f"notice: {text}", "yellow")
        context.reporter.annotation("notice", text)
    return bumps


def show_done(context: Context, drift: Drift, done: Sequence[Done]) -> None:
    """Print what became of every file that was changed, and how many were not."""
    by_path = {each.path: each for each in done}
    lines = []
    for change in drift.changes:
        each = by_path.get(change.path)
        if each is None:
            continue
        lines.append(f"{each.action:<10} {change.path}")
        if each.archived is not None:
            what = "edited by hand" if change.state is FileState.EDITED else "not written by sync"
            lines.append(f"archived   {each.archived} ({what})")
    show_some(context.reporter, lines, _MOST_FILES, _ALL)
    _show_untouched(context, drift)
    _show_added(context, drift)


def show_plan(context: Context, drift: Drift) -> None:
    """Print what would become of every file that would be changed."""
    lines = []
    for change in drift.stale:
        first = ", after what lies there is archived" if change.makes_room else ""
        lines.append(f"would be {action_of(change)}: {change.path}{first}")
    show_some(context.reporter, lines, _MOST_FILES, _ALL)
    _show_untouched(context, drift)
    _show_added(context, drift)


def written_lines(drift: Drift) -> Iterator[str]:
    """What a sync writes, for `init`: the files of .github on one line."""
    stale = drift.stale
    added = [
        *([f"{counted(len(drift.nextest_added), 'key')} added"] if drift.nextest_added else ()),
        *(
            [f"{counted(len(drift.settings_added), 'value')} taken into the settings"]
            if drift.settings_added
            else ()
        ),
    ]
    for change in stale:
        if change.in_place and str(change.path) != SETTINGS_FILE:
            edited = "edited in place" if change.before is not None else "written"
            yield named(str(change.path), "; ".join((edited, *added)))
    yield from (f"  {tabbed(remark)}" for remark in drift.nextest_remarks)
    generated = [each.path for each in stale if not each.in_place and not each.left_over]
    for folder, names in (
        (ARCHIVE.parent, [path.name for path in generated if path.parent == ARCHIVE.parent]),
        (
            GITHUB_FOLDER,
            [
                str(path.relative_to(GITHUB_FOLDER))
                for path in generated
                if path.parent != ARCHIVE.parent
            ],
        ),
    ):
        if names:
            yield named(f"{folder}/", some(names, _MOST_NAMES))
    gone = [str(change.path) for change in stale if change.left_over]
    if gone:
        yield named("removed", some(gone, _MOST_NAMES))
    moved = [change.path.name for change in stale if change.makes_room]
    if moved:
        count = counted(len(moved), "file")
        yield named("archived", f"{some(moved, _MOST_NAMES)} ({count}, in {ARCHIVE})")
    untouched = len(drift.changes) - len(stale)
    if untouched:
        yield named("unchanged", counted(untouched, "generated file"))


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
        "settings_added": list(drift.settings_added),
        "nextest_added": list(drift.nextest_added),
        "nextest_remarks": list(drift.nextest_remarks),
        "replaced": replaced_data(replaced),
    }


def show_doubles(context: Context, doubles: Sequence[Double]) -> list[str]:
    """Warn of workflows that look like generated ones; returns their paths."""
    for each in doubles:
        context.reporter.warning(str(each))
    return [str(each.file) for each in doubles]


def doubles_of(inputs: Inputs, drift: Drift) -> tuple[Double, ...]:
    """Workflows that look like generated ones."""
    from tasker_ci.sessions.project.discovery.double_workflows import double_workflows

    called = [row.path for row in inputs.settings.workflows.own.values()]
    return double_workflows(inputs.project_root, drift.files, called)


def warn_of_its_place(context: Context) -> None:
    """Warn of what keeps the files from working where they are."""
    for problem in problems_of_its_place(context):
        context.reporter.warning(problem)


def warn_of_settings(context: Context) -> None:
    """Warn of settings that have no effect any more, where somebody set them."""
    for name in ("literals", "allow-literals"):
        source = context.loaded.sources.get(("environment", name))
        if source is not None and source.rank >= Rank.FILE:
            context.reporter.warning(
                f"{source}: environment.{name} has no effect and will go. Remove it."
            )


def problems_of_its_place(context: Context) -> Iterator[str]:
    """What keeps the files from working where they are.

    GitHub reads `.github` in the root of the repository and nowhere else, and follows no link:
    https://github.com/actions/runner/issues/3195
    """
    root = context.project_root.resolve()
    for folder in (GITHUB_FOLDER, ARCHIVE.parent):
        if (root / folder).is_symlink():
            yield (
                f"{folder} is a symbolic link, and GitHub looks behind none: no workflow starts. "
                "Put a folder in its place."
            )
    if not (context.workspace / "Cargo.toml").is_file():
        yield (
            f"There is no Cargo.toml in {context.workspace}, where the setting `workspace` says "
            "that the Rust workspace is: every job would fail."
        )
    above = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if above is not None and not (root / ".git").exists():
        yield (
            f"The repository begins at {above}, and GitHub reads only the .github there, not the "
            f"one of {root}. Move {SETTINGS_FILE} there; the setting `workspace` says where the "
            "Rust workspace lies."
        )


def _show_added(context: Context, drift: Drift) -> None:
    for about, keys in (
        ("settings from the nextest configuration", drift.settings_added),
        ("new in the nextest configuration", drift.nextest_added),
    ):
        if keys:
            context.reporter.line(f"{about}: {some(keys, _MOST_NAMES)}")
    for remark in drift.nextest_remarks:
        context.reporter.warning(tabbed(remark))


def _show_untouched(context: Context, drift: Drift) -> None:
    kept = [str(change.path) for change in drift.changes if change.path in drift.bumped]
    if kept:
        context.reporter.line(f"kept       {some(kept, _MOST_NAMES)}", "dim")
    count = len(drift.changes) - len(drift.stale) - len(kept)
    if count:
        context.reporter.line(f"unchanged  {counted(count, 'file')}", "dim")


def _untouched(drift: Drift, change: Change) -> str:
    return "kept" if change.path in drift.bumped else "unchanged"


def _reason(change: Change) -> str:
    if change.left_over:
        return "This file is left over: the settings no longer make it."
    return f"This file is {change.state}: it is not what the settings make."
