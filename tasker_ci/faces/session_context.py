"""Make what a session works with, for whoever stands in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Face
from tasker_ci.errors import SettingsError, UsageError, WorkspaceError
from tasker_ci.process.absent_programs import without_relative_folders
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.session_marks import session_marks
from tasker_ci.rust.unfit_files import check_regular_files
from tasker_ci.rust.workspace import find_project_root, find_workspace_root
from tasker_ci.screen.unforeseen import check_encoding
from tasker_ci.sessions import load_settings, settings_model
from tasker_ci.settings.environment import is_github, table_values
from tasker_ci.settings.load import default_settings
from tasker_ci.settings.output_variables import names_set, without_output_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.process.cancellation import Cancellation
    from tasker_ci.screen.reporter import Reporter


def current_directory() -> Path:
    """Where the process stands; raises `WorkspaceError` where that is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        message = "The current directory no longer exists."
        raise WorkspaceError(message, next_step="Change into the project.") from None


def parse_overrides(pairs: tuple[str, ...]) -> list[tuple[str, str]]:
    """Split ``KEY=VALUE`` words; raises `UsageError` for one without ``=``."""
    result = []
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            message = f"--set takes KEY=VALUE, not {pair!r}."
            raise UsageError(message, next_step="For example --set doc.warnings=deny.")
        result.append((key, value))
    return result


def make_context(
    *,
    face: Face,
    directory: Path,
    environment: Mapping[str, str],
    reporter: Reporter,
    cancellation: Cancellation,
    overrides: tuple[str, ...],
    dry_run: bool,
    passthrough: tuple[str, ...],
    runs_code: bool,
    any_settings: bool,
) -> Context:
    """What a session works with, for whoever stands in ``directory``.

    Raises `SettingsError`, `UsageError` and `WorkspaceError`.
    """
    check_encoding(str(directory), sys.getfilesystemencoding())
    home = environment.get("HOME")
    project_root = find_project_root(directory, Path(home) if home else None)
    pairs = parse_overrides(overrides)
    try:
        loaded = load_settings(project_root, environment, pairs)
    except SettingsError:
        if not any_settings:
            raise
        loaded = default_settings(settings_model())
    workspace = _workspace((project_root / loaded.settings.workspace).resolve())
    check_regular_files(workspace)
    given = without_output_variables(environment, table_values(loaded))
    return Context(
        project_root=project_root,
        workspace=workspace,
        directory=directory,
        loaded=loaded,
        # a relative folder on PATH is one of the clone: its programs are code of the project
        environment=given if runs_code else without_relative_folders(given),
        set_before=names_set(environment),
        reporter=reporter,
        runner=ProcessRunner(
            cancellation,
            screen=reporter.stream,
            warn=reporter.warning,
            marks=session_marks(project_root),
            # GitHub reads two pipes in any order, and foreign text has to stay between our commands
            one_stream=is_github(environment),
        ),
        face=face,
        dry_run=dry_run,
        passthrough=passthrough,
        overrides=overrides,
        runs_code=runs_code,
    )


def _workspace(folder: Path) -> Path:
    """The workspace in ``folder``, or around it if a member lies there."""
    member = (folder / "Cargo.toml").is_file()
    return (find_workspace_root(folder) if member else None) or folder
