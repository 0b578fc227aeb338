"""What other families ask about the generated files."""

from __future__ import annotations

from tasker_ci.sessions.project.sync import inputs_of

__all__ = ["inputs_of"]
