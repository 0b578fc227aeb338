"""Failures a user can meet: one class per kind, each with its exit code and a next step."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

if TYPE_CHECKING:
    from collections.abc import Mapping


class Details(TypedDict, total=False):
    """What every error can be given besides its message."""

    next_step: str
    exit_code: int | None
    data: Mapping[str, Any] | None


class TaskerCIError(Exception):
    """Base of all failures of ours.

    ``message`` says what went wrong and why, ``next_step`` what to do about it (may be empty),
    ``data`` is what ``--json`` adds (a report that was made all the same), and ``exit_code`` is
    what the process returns: 2 settings or usage, 3 a missing tool or environment, 1 anything
    else, or the code of the child process that failed.
    """

    default_exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        next_step: str = "",
        exit_code: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.exit_code = self.default_exit_code if exit_code is None else exit_code
        self.data: Mapping[str, Any] = data or {}


class SettingsError(TaskerCIError):
    """Settings that cannot be read: unknown keys, wrong types, unreadable TOML."""

    default_exit_code = 2


class TomlError(SettingsError):
    """A TOML file of the project that cannot be read, or not be edited without harm."""


class UsageError(TaskerCIError):
    """A flag or value that a session does not take."""

    default_exit_code = 2


class WorkspaceError(TaskerCIError):
    """No Rust workspace where the settings point, or one that cargo cannot read."""

    default_exit_code = 3


class SelectionError(TaskerCIError):
    """A package or test target that no session runs, or that settings name and no package has."""

    default_exit_code = 2


class MissingToolError(TaskerCIError):
    """A program that a session needs is not installed, or does not start."""

    default_exit_code = 3


class ToolchainError(TaskerCIError):
    """The Rust toolchain or one of its components is absent or too old."""

    default_exit_code = 3


class CommandFailed(TaskerCIError):
    """A child process ended with a code other than 0; ``exit_code`` is the child's own."""


class CommandTimedOut(TaskerCIError):
    """A child process ran past its deadline and was stopped."""


class ReportError(TaskerCIError):
    """A report that a tool should have written is absent, empty, stale or unreadable."""


class NotChecked(TaskerCIError):
    """Nothing was found wrong, but nothing could be looked at; the pipeline goes on without it."""


class AccessError(TaskerCIError):
    """A file or folder that this user may not read or write, or a disk without room for it."""

    default_exit_code = 3


class UnsafePlace(AccessError):
    """A place of ours is a link, or lies outside the folder that we may write in."""


class InstallationFailed(TaskerCIError):
    """A tool could be installed in none of the configured ways."""

    default_exit_code = 3


class PortsTaken(TaskerCIError):
    """A port that the stack needs is held by somebody else."""

    default_exit_code = 3


class ServiceFailed(TaskerCIError):
    """A service of the stack did not start, or is not as it should be; ``service`` names it."""

    def __init__(
        self, message: str, *, service: str | None = None, **details: Unpack[Details]
    ) -> None:
        super().__init__(message, **details)
        self.service = service


class MigrationFailed(CommandFailed):
    """The command that migrates the database failed, or ran past its deadline."""


class ForeignDatabase(TaskerCIError):
    """A database that is not the stack's own would have been migrated."""

    default_exit_code = 2


class NoStack(TaskerCIError):
    """There is no kept stack of this workspace, or more than one where one is meant."""

    default_exit_code = 3


class DockerUnavailable(TaskerCIError):
    """Docker cannot be used on this machine, or not as this user."""

    default_exit_code = 3


class DockerMissing(DockerUnavailable):
    """There is no Docker client."""


class ComposeMissing(DockerUnavailable):
    """There is a Docker client, and no Compose plugin that can be used."""


class DaemonUnreachable(DockerUnavailable):
    """No Docker daemon answers."""


class DaemonForbidden(DockerUnavailable):
    """A Docker daemon is there, and this user may not speak to it."""


class ComposeFileError(SettingsError):
    """The compose file is absent, cannot be read, or lacks a service of the settings."""


class ImageFailed(CommandFailed):
    """An image can neither be built nor be had otherwise."""


class ForeignPlace(TaskerCIError):
    """A folder that has a name of ours and is not ours: a link, another user's, a forged record."""


class StackRemains(TaskerCIError):
    """Containers, networks, volumes or images of a run could not be removed."""


class PlaceTaken(TaskerCIError):
    """Where a generated file belongs lies what cannot be moved out of its way."""

    default_exit_code = 3


class ArchiveUnreadable(TaskerCIError):
    """The index of archived files is not what `sync` wrote."""


class AdoptionRefused(TaskerCIError):
    """A pin in a generated file is no bump that can be taken into the settings."""


class Interrupted(BaseException):
    """A signal ended the session; ``exit_code`` is 128 plus its number (130 for Ctrl-C)."""

    def __init__(self, signal_number: int) -> None:
        name = signal.Signals(signal_number).name
        cause = "Ctrl-C" if signal_number == signal.SIGINT else name
        self.message = f"Interrupted by {cause}."
        super().__init__(self.message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
