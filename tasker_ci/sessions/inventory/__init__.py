"""What no session tests."""

from __future__ import annotations

from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "inventory": Session(
            "tasker_ci.sessions.inventory.session:inventory",
            "Find tests, doctests, targets and packages that no session runs.",
            stage="unit",
            tags=("tests",),
            compiles="build",
            follows=("unit",),
            on_request="with `--build`, within `ci` and in a CI job, where a report of a run here "
            f"is newer than every source: {COMPILES}",
            needs=("manifest",),
            proves="tasker_ci.sessions.inventory.proves:inventory_proves",
        ),
    },
    settings={"inventory": "tasker_ci.sessions.inventory.settings:InventorySettings"},
)
