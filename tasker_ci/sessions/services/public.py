"""What other families use of the services that are kept."""

from __future__ import annotations

from tasker_ci.sessions.services.kept_beside import alone_in_keeping, say_what_is_kept

__all__ = ["alone_in_keeping", "say_what_is_kept"]
