"""What settings take from nextest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.rust.selection import GivenAway
from tasker_ci.sessions.tests.settings import UnitSettings

if TYPE_CHECKING:
    from tasker_ci.context import Context


def given_away(context: Context) -> GivenAway:
    """The targets that `cargo test` and `integration` run."""
    return GivenAway(
        cargo_test=context.settings_of(UnitSettings).cargo_test,
        integration=context.settings.integration.targets,
    )
