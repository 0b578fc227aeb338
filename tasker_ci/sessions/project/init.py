"""Adopt a Rust project: look at it, write both plugs and the settings, synchronise once."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import SettingsError, UsageError
from tasker_ci.foreign.checkout import read_checkout
from tasker_ci.process.git_repository import Git
from tasker_ci.screen.short_lists import show_some, some
from tasker_ci.sessions import SESSIONS, load_settings
from tasker_ci.sessions.project.discovery.places import Places, find_places, known_places
from tasker_ci.sessions.project.discovery.project import Discovery, discover
from tasker_ci.sessions.project.git_hooks import (
    add_hooks,
    found_hooks,
    hooks_folder,
    take_out_hooks,
)
from tasker_ci.sessions.project.init_files import InitialFiles, initial_files
from tasker_ci.sessions.project.init_found import found_lines, remarks
from tasker_ci.sessions.project.initial.settings_text import (
    TASKER,
    SettingsEntry,
    asked_entries,
    first_entries,
    preset_entries,
)
from tasker_ci.sessions.project.replaced_report import show_uncovered
from tasker_ci.sessions.project.sync import alone_in, synchronised
from tasker_ci.sessions.project.sync_report import problems_of_its_place, written_lines
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.foreign import tabbed
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.own_origin import install_words
from tasker_ci.tools.rust_sources import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.sessions.project.discovery.double_workflows import Double

_MOST_STEPS = 4
_MOST_NAMES = 5


def init(
    context: Context,
    *,
    workspace: Annotated[
        str | None, "The folder of the Rust workspace, where it cannot be found."
    ] = None,
    preset: Annotated[str | None, "Set up for a kind of system: tasker."] = None,
    hooks: Annotated[
        bool, "Install git hooks too: fmt and clippy before a commit, unit before a push."
    ] = False,
    remove_hooks: Annotated[bool, "Only take the git hooks out again."] = False,
    no_sync: Annotated[bool, "Do not write workflows and nextest configuration yet."] = False,
) -> Outcome:
    """Set up a project: look at it, write noxfile.py, tasks.py and settings, synchronise once.

    Asks nothing and loses nothing: what is there already is kept, extended where that can do no
    harm, or archived by sync. Run it again at any time. A dry run asks cargo and git what is there,
    and writes nothing.
    """
    if hooks and remove_hooks:
        raise UsageError("--hooks and --remove-hooks exclude each other.", next_step="Choose one.")
    if preset not in {None, TASKER}:
        raise UsageError(
            f"There is no preset {preset!r} to set up.", next_step=f"The preset is {TASKER}."
        )
    if remove_hooks:
        return _without_hooks(context)
    places, has_settings = _places(context, workspace)
    context = _placed(context, places, has_settings=has_settings)
    folder = hooks_folder(context) if hooks else None
    found = _discover(context, places)
    _say(context, f"Found in {places.project_root}:", found_lines(found), foreign=True)
    entries = (
        *(preset_entries(found) if preset else ()),
        *first_entries(found),
        *asked_entries(SESSIONS.values(), places.project_root, places.workspace),
        *_origin(context, needed=not no_sync),
    )
    unset = [entry for entry in entries if not _is_set(context, entry)]
    files = initial_files(places.project_root, entries, unset, extend=bool(preset))
    lines = list(files.lines())
    data: dict[str, Any] = {"found": found.data(), **files.data()}
    if not context.dry_run:
        files.write(context)
    synced = None
    try:
        if not no_sync and not (hooks and has_settings):
            context = _with_settings(context, entries if preset or not has_settings else ())
            with alone_in(context):
                synced = synchronised(context, with_archived=True)
            data["sync"] = synced.data()
            lines += written_lines(synced.drift)
    finally:  # what is on the disk by now is said even if the rest fails
        _say(context, "Would be written:" if context.dry_run else "Written:", lines)
    if folder is not None:
        data["hooks"] = add_hooks(context, folder)
    if synced is not None:
        show_uncovered(context, synced.replaced)
    steps = [
        *remarks(found, preset=bool(preset), has_settings=has_settings),
        *problems_of_its_place(context),
        *_doubles(synced.doubles if synced is not None else ()),
    ]
    return _ended(context, files, steps, data)


def _origin(context: Context, *, needed: bool) -> Iterator[SettingsEntry]:
    """How jobs get tasker-ci, unless the settings say; raises `SettingsError` if ``needed``."""
    settings = context.settings.workflows
    if settings.install or settings.hashes:
        return
    try:
        words = install_words(context.project_root)
    except SettingsError:
        if needed:
            raise
        return
    reason = "Jobs get tasker-ci from where it came from here, and nothing else of its name."
    yield SettingsEntry(key=("workflows", "install"), value=list(words), reason=reason)


def _doubles(doubles: Sequence[Double]) -> Iterator[str]:
    """What to do about workflows that look like generated ones."""
    if len(doubles) == 1:
        yield str(doubles[0])
    elif doubles:
        names = some([tabbed(each.file.name) for each in doubles], _MOST_NAMES)
        yield (
            f"{names} have the names of generated workflows, and GitHub runs both. "
            "Remove them, rename them, or call them through `workflows.own`."
        )


def _say(context: Context, heading: str, lines: Iterable[str], *, foreign: bool = False) -> None:
    context.reporter.line(heading, "bold")
    with context.reporter.foreign_output() if foreign else nullcontext():
        for line in lines:
            context.reporter.line(f"  {line}")


def _places(context: Context, workspace: str | None) -> tuple[Places, bool]:
    """Where the project is, and whether it has settings already."""
    chosen = (context.directory / workspace).resolve() if workspace is not None else None
    if (context.project_root / SETTINGS_FILE).is_file():
        if chosen is not None and chosen != context.workspace.resolve():
            raise UsageError(
                f"{SETTINGS_FILE} of {context.project_root} has the workspace {context.workspace}.",
                next_step="Change `workspace` there.",
            )
        return known_places(context.project_root.resolve(), context.workspace.resolve()), True
    home = context.environment.get("HOME")
    places = find_places(
        context.directory.resolve(), Path(home).resolve() if home else None, chosen
    )
    return places, (places.project_root / SETTINGS_FILE).is_file()


def _placed(context: Context, places: Places, *, has_settings: bool) -> Context:
    """The context of the project that was found; flags that override settings do not count."""
    loaded = load_settings(places.project_root, context.environment if has_settings else {})
    return replace(
        context,
        project_root=places.project_root,
        workspace=places.workspace,
        loaded=loaded,
        overrides=(),
    )


def _with_settings(context: Context, entries: Iterable[SettingsEntry]) -> Context:
    """The context with the settings as they are, or in a dry run would be, on the disk."""
    overrides = tuple(entry.override for entry in entries if context.dry_run)
    pairs = [(key, value) for key, _, value in (pair.partition("=") for pair in overrides)]
    loaded = load_settings(context.project_root, context.environment, pairs)
    return replace(context, loaded=loaded, overrides=overrides)


def _discover(context: Context, places: Places) -> Discovery:
    workspace = read_workspace(context, child_environment(context))
    git = Git(runner=context.runner, environment=context.environment, folder=places.project_root)
    in_repository = places.repository is not None
    checkout = read_checkout(places.project_root, context.runner, context.environment)
    with reading(context, workspace, ()) as sources:
        return discover(
            places,
            workspace,
            checkout,
            branch=git.branch() if in_repository else None,
            target_ignored=not in_repository or git.ignores(workspace.target_directory / "debug"),
            hooks=found_hooks(git.hooks() if in_repository else None),
            sources=sources,
        )


def _is_set(context: Context, entry: SettingsEntry) -> bool:
    source = context.loaded.sources.get(entry.key)
    name = (*entry.key, "value")  # of a variable
    source = source or context.loaded.sources.get(name)
    return source is not None and source.name == SETTINGS_FILE


def _without_hooks(context: Context) -> Outcome:
    removed = take_out_hooks(context, hooks_folder(context))
    return Outcome(
        summary=f"{counted(len(removed), 'git hook')} removed"
        if removed
        else "no git hook is ours",
        data={"hooks": removed},
    )


def _ended(
    context: Context, files: InitialFiles, steps: Sequence[str], data: dict[str, Any]
) -> Outcome:
    root = context.project_root
    lines = []
    if not context.dry_run:
        here = context.directory.resolve() == root
        lines += [] if here else [f"cd {shlex.quote(str(root))}"]
        lines.append("tasker-ci doctor   # what is missing on this machine")
        noxfile = files.plugs[0]
        usable = noxfile.action != "left" and "ci" not in noxfile.own
        lines.append(
            f"{'nox -s ci         ' if usable else 'tasker-ci ci      '} # the whole pipeline"
        )
        lines.append("tasker-ci rollback # undo all of this")
    if steps or lines:
        context.reporter.line("Next:", "bold")
    show_some(
        context.reporter, steps, _MOST_STEPS, "tasker-ci init --json", style="yellow", indent="  "
    )
    for line in lines:
        context.reporter.line(f"  {line}")
    data["next"] = [*steps, *lines]
    if context.dry_run:
        return Outcome(summary="nothing was written", status=Status.SKIPPED, data=data)
    return Outcome(summary=f"{root} is set up", data=data)
