"""What green runs of the tests prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Holds
from tasker_ci.sessions.tests.settings import DoctestSettings, UnitSettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def unit_proves(context: Context) -> Holds:
    """All that `unit` found, unless its tests ask services."""
    return _without(context.settings_of(UnitSettings).services)


def doctest_proves(context: Context) -> Holds:
    """All that `doctest` found, unless its tests ask services."""
    return _without(context.settings_of(DoctestSettings).services)


def _without(services: tuple[str, ...]) -> Holds:
    return Holds(outside="services" if services else "")
