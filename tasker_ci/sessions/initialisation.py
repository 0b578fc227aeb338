"""Adopt a Rust project: look at it, write both plugs and the settings, synchronise once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.discovery.git import Git
from tasker_ci.discovery.places import Places, find_places, known_places
from tasker_ci.discovery.project import Discovery, discover
from tasker_ci.errors import UsageError
from tasker_ci.generate.sync.applying import apply
from tasker_ci.generate.sync.changes import compare_in_place
from tasker_ci.generate.text.toml import with_values
from tasker_ci.initial.plugs import Plug, noxfile_plug, tasks_plug
from tasker_ci.initial.settings_text import (
    TASKER,
    Entry,
    first_entries,
    literal,
    preset_entries,
    settings_text,
    tasker_compose,
)
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.cargo import read_workspace
from tasker_ci.sessions.child_environment import child_environment
from tasker_ci.sessions.git_hooks import add_hooks, found_hooks, hooks_folder, take_out_hooks
from tasker_ci.sessions.synchronise import alone_in, sync
from tasker_ci.settings.load import SETTINGS_FILE, load_settings
from tasker_ci.text_counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    context.reporter.line(f"Found in {places.project_root}:", "bold")
    for line in found.lines():
        context.reporter.line(f"  {line}")
    initial = _Initial(found=found, has_settings=has_settings, preset=preset)
    data: dict[str, Any] = {"found": found.data(), **initial.write(context)}
    for remark in initial.remarks():
        context.reporter.warning(remark)
    if not no_sync and not (hooks and has_settings):
        context.reporter.line("The first sync:" if not has_settings else "Sync:", "bold")
        data["sync"] = dict(sync(_with_settings(context, initial)).data)
    if folder is not None:
        context.reporter.line("Git hooks:", "bold")
        data["hooks"] = add_hooks(context, folder)
    return _ended(context, initial, data)


@dataclass(frozen=True, kw_only=True)
class _Initial:
    """What is written into one project."""

    found: Discovery
    has_settings: bool
    preset: str | None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The settings that this project needs."""
        chosen = preset_entries(self.found) if self.preset else ()
        return (*chosen, *first_entries(self.found))

    @property
    def root(self) -> Path:
        """The project root."""
        return self.found.places.project_root

    def write(self, context: Context) -> dict[str, Any]:
        """Write the settings and both plugs, or say what would be written; returns it as data."""
        if context.dry_run:
            context.reporter.line("Would be written:", "bold")
        else:
            context.reporter.line("Written:", "bold")
        settings = self._settings(context)
        plugs = [plug(self.root, SESSIONS) for plug in (noxfile_plug, tasks_plug)]
        for plug in plugs:
            self._write(context, plug)
        return {
            "settings": settings,
            "plugs": [
                {
                    "file": plug.file,
                    "action": plug.action,
                    "notes": plug.notes,
                    "own": plug.own,
                }
                for plug in plugs
            ],
        }

    def remarks(self) -> Iterator[str]:
        """What a person has to know before the first run."""
        found, rust = self.found, self.found.rust
        compose = tasker_compose(found)
        if compose is not None and not self.preset and not self.has_settings:
            yield (
                f"{compose.path} has what the preset tasker is made for. To set it up: "
                "tasker-ci init --preset tasker"
            )
        if rust.compiles_with_database and not self.preset:
            yield (
                f"{', '.join(rust.compiles_with_database)}: queries are checked while it compiles, "
                "and there is no .sqlx folder. `cargo sqlx prepare --workspace` makes one; or give "
                "the sessions a database (integration.database, clippy.services, unit.services)."
            )
        elif rust.tests_with_database and not self.preset:
            yield (
                f"{', '.join(rust.tests_with_database)}: the code asks for DATABASE_URL. If tests "
                "need it, set it, or let a session start the database (integration.database, "
                "unit.services)."
            )
        nightly = found.toolchain is not None and found.toolchain.nightly
        if rust.only_nightly and not nightly:
            yield (
                f"{', '.join(rust.only_nightly)}: it uses unstable features, and no "
                "rust-toolchain.toml asks for nightly. Write one."
            )
        if not found.target_ignored:
            yield "git does not ignore what cargo builds: add target/ to .gitignore."
        top = found.places.repository
        if top is not None and top != self.root and self.root.is_relative_to(top):
            yield (f"GitHub reads workflows in {top} alone, and the settings lie in {self.root}.")

    def _settings(self, context: Context) -> str:
        """Write the settings file; returns what became of it."""
        file = self.root / SETTINGS_FILE
        if not self.has_settings:
            _write(context, SETTINGS_FILE, settings_text(self.entries).encode())
            context.reporter.line(f"{'written':<10} {SETTINGS_FILE}")
            self._show(context, self.entries)
            return "written"
        lacking = [entry for entry in self.entries if not _is_set(context, entry)]
        if self.preset and lacking:
            before = file.read_bytes().decode()
            values = {entry.key: entry.value for entry in lacking}
            text = with_values(before, values, name=SETTINGS_FILE)
            _write(context, SETTINGS_FILE, text.encode())
            context.reporter.line(f"{'extended':<10} {SETTINGS_FILE}")
            self._show(context, lacking)
            return "extended"
        context.reporter.line(f"{'unchanged':<10} {SETTINGS_FILE}", "dim")
        if lacking:
            context.reporter.line("           what a new project like this would get:", "dim")
            self._show(context, lacking)
        return "unchanged"

    def _show(self, context: Context, entries: tuple[Entry, ...] | list[Entry]) -> None:
        for entry in entries:
            text = f"{'.'.join(entry.key)} = {literal(entry.value)}"
            context.reporter.line(f"           {text}  # {entry.reason}", "dim")

    def _write(self, context: Context, plug: Plug) -> None:
        if plug.content is not None:
            _write(context, plug.file, plug.content)
        style = "dim" if plug.action == "unchanged" else ""
        context.reporter.line(f"{plug.action:<10} {plug.file}", style)
        for note in plug.notes:
            context.reporter.line(f"           {note}", "yellow")


def _write(context: Context, name: str, content: bytes) -> None:
    """Write a file of the project's own, and record how it was before."""
    if not context.dry_run:
        root = context.project_root
        with alone_in(context):
            apply(root, [compare_in_place(root, PurePosixPath(name), content)])


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


def _with_settings(context: Context, initial: _Initial) -> Context:
    """The context with the settings as they are, or in a dry run would be, on the disk."""
    overrides = tuple(
        entry.override
        for entry in initial.entries
        if context.dry_run and (initial.preset or not initial.has_settings)
    )
    pairs = [(key, value) for key, _, value in (pair.partition("=") for pair in overrides)]
    loaded = load_settings(context.project_root, context.environment, pairs)
    return replace(context, loaded=loaded, overrides=overrides)


def _discover(context: Context, places: Places) -> Discovery:
    workspace = read_workspace(context, child_environment(context))
    git = Git(runner=context.runner, environment=context.environment, folder=places.project_root)
    in_repository = places.repository is not None
    return discover(
        places,
        workspace,
        branch=git.branch() if in_repository else "",
        target_ignored=not in_repository or git.ignores(workspace.target_directory / "debug"),
        hooks=found_hooks(git.hooks() if in_repository else None),
    )


def _is_set(context: Context, entry: Entry) -> bool:
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


def _ended(context: Context, initial: _Initial, data: dict[str, Any]) -> Outcome:
    if context.dry_run:
        return Outcome(summary="nothing was written", status=Status.SKIPPED, data=data)
    here = context.directory.resolve() == initial.root
    context.reporter.line()
    context.reporter.line("Next:", "bold")
    if not here:
        context.reporter.line(f"  cd {initial.root}")
    context.reporter.line("  tasker-ci doctor   # what this machine lacks")
    noxfile = data["plugs"][0]
    usable = noxfile["action"] != "left" and "ci" not in noxfile["own"]
    other = "nox -s ci         " if usable else "tasker-ci ci      "
    context.reporter.line(f"  {other} # the whole pipeline")
    return Outcome(summary=f"{initial.root} is set up", data=data)
