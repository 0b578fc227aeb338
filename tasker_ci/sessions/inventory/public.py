"""What other families use of the inventory."""

from __future__ import annotations

from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.unreached import Unreached

__all__ = ["InventoryFinding", "Kind", "Unreached"]
