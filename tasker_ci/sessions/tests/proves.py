"""What green runs of the tests prove."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.tests.settings import DoctestSettings, UnitSettings

if TYPE_CHECKING:
    from datetime import date

    from tasker_ci.context import Context
    from tasker_ci.settings.quarantine import QuarantinedTest


def unit_proves(context: Context) -> Holds:
    """All that `unit` found, unless its tests ask services."""
    settings = context.settings_of(UnitSettings)
    return replace(_without(settings.services), until=_review(settings.quarantine))


def integration_proves(context: Context) -> Holds:
    """All that `integration` found, as long as its services stay as they are."""
    return Holds(outside="services", until=_review(context.settings.integration.quarantine))


def doctest_proves(context: Context) -> Holds:
    """All that `doctest` found, unless its tests ask services."""
    return _without(context.settings_of(DoctestSettings).services)


def _review(entries: tuple[QuarantinedTest, ...]) -> date | None:
    """The first review that is due: from then on a failure is red that was not."""
    return min((entry.review for entry in entries), default=None)


def _without(services: tuple[str, ...]) -> Holds:
    return Holds(outside="services" if services else "")
