"""What a green run of the examples proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.examples.settings import ExamplesSettings
from tasker_ci.settings.model import starts_services

if TYPE_CHECKING:
    from tasker_ci.context import Context


def examples_prove(context: Context) -> Holds:
    """All that they showed, unless one of them asks services."""
    asks = starts_services(context.settings_of(ExamplesSettings))
    return Holds(outside="services" if asks else "")
