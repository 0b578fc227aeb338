"""What a green scan proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.scan.settings import ScanSettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def scan_proves(context: Context) -> Holds:
    """What was known then of the images, until the first ignore has to be looked at again."""
    reviews = [each.review for each in context.settings_of(ScanSettings).ignore]
    return Holds(
        outside="images and a database of vulnerabilities", until=min(reviews, default=None)
    )
