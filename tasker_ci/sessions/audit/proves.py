"""What a green audit proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.audit.database import given_database
from tasker_ci.sessions.audit.settings import AuditSettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def audit_proves(context: Context) -> Holds:
    """All it found with a database that is given, which is an input; else what was published then.

    It counts until the first ignore has to be looked at again. Raises `UsageError` where the given
    database is not there.
    """
    database = given_database(context, None)
    reviews = [each.review for each in context.settings_of(AuditSettings).ignore]
    return Holds(
        outside="" if database else "the advisory database that is fetched",
        until=min(reviews, default=None),
        folders=(database,) if database else (),
    )
