"""How asking GitHub, or reading what it once answered, can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError

if TYPE_CHECKING:
    from typing import Unpack

    from tasker_ci.errors import Details


class GitHubFailed(TaskerCIError):
    """GitHub's API gives no answer that can be used."""


class GitHubUnreachable(GitHubFailed):
    """There is no whole answer from GitHub's API, however often it is asked."""

    default_exit_code = 3


class GitHubLimit(GitHubFailed):
    """GitHub's API answers no more requests for longer than we wait, or asking took too long."""

    default_exit_code = 3


class GitHubRefused(GitHubFailed):
    """GitHub's API says no: wrong names, no permission, no valid token; ``status`` is HTTP's."""

    default_exit_code = 3

    def __init__(self, message: str, *, status: int, **details: Unpack[Details]) -> None:
        super().__init__(message, **details)
        self.status = status


class RecordingUnreadable(TaskerCIError):
    """A recording of GitHub's responses is absent, or is not what its name says."""

    default_exit_code = 2
