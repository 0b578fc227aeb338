"""What other families use of GitHub's API."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tasker_ci.sessions.insights.client import Client
from tasker_ci.sessions.insights.pages import Pages
from tasker_ci.sessions.insights.repository import access, checked_repository
from tasker_ci.sessions.insights.rows import moment, whole
from tasker_ci.sessions.insights.transport import HttpTransport
from tasker_ci.version import __version__

if TYPE_CHECKING:
    from tasker_ci.context import Context
    from tasker_ci.sessions.insights.repository import Access

__all__ = ["Client", "Pages", "access", "checked_repository", "client_of", "moment", "whole"]


def client_of(
    context: Context, allowed: Access, *, request_seconds: float, budget_seconds: float
) -> Client:
    """A client of the API for a session, which stops with the session."""
    return Client(
        api=allowed.api,
        token=allowed.token,
        transport=HttpTransport(context.runner.cancellation.check),
        version=__version__,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
        sleep=context.runner.cancellation.pause,
        say=context.reporter.line,
        request_seconds=request_seconds,
        budget_seconds=budget_seconds,
    )
