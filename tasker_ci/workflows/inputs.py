"""What the generated files depend on: settings, and a few facts of the project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.pipeline import stages_of
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.model import starts_services

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.pipeline import Stage
    from tasker_ci.session import Rows, Session
    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the generated files depend on."""

    loaded: LoadedSettings
    project_root: Path
    workspace: Path
    rows: Rows
    """Sessions and stages, of whatever pipeline."""
    version: str
    """That of tasker-ci, which the jobs install."""
    origin: tuple[str, ...] | None = None
    """The command that brings tasker-ci from where it comes here; None: it is looked up."""

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.loaded.settings

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The sessions by their names; those that the pipeline has here have a stage."""
        return self._in_pipeline.sessions

    @cached_property
    def _in_pipeline(self) -> Rows:
        return self.rows.in_pipeline(self.settings, self.workspace)

    @property
    def workspace_path(self) -> str:
        """The workspace as a path from the project root, "." for the root itself."""
        root, workspace = self.project_root.resolve(), self.workspace.resolve()
        if not workspace.is_relative_to(root):
            raise SettingsError(
                f"The workspace {workspace} is outside the project {root}; no job finds it there.",
                next_step=f"Move {SETTINGS_FILE} to a folder that holds both.",
            )
        return workspace.relative_to(root).as_posix()

    @property
    def image(self) -> bool:
        """Whether the project has an image of a database to build, and a session that uses it."""
        database = self.settings.integration.database
        used = bool(self.settings.integration.targets) or any(
            map(self.needs_services, self.sessions)
        )
        return used and bool(database.service) and (self.workspace / database.image_file).is_file()

    def needs_services(self, session: str) -> bool:
        """Whether a session starts services beside its own work (the setting `services`)."""
        row = self.sessions[session]
        return bool(row.services) or starts_services(
            self.settings.table(row.services_of or session)
        )

    def starts_database_natively(self, session: str) -> bool:
        """Whether a session may have to start the database itself, without Docker.

        `auto` counts: what a job finds of Docker is known on its runner alone.
        """
        settings = self.settings.integration
        used = "services" in self.sessions[session].tags or self.needs_services(session)
        return used and bool(settings.database.service) and settings.stack != "compose"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the pipeline that become workflows."""
        return stages_of(self.settings, self._in_pipeline.stages, images=self.image)
