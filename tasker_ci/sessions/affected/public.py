"""What other families ask about changes."""

from __future__ import annotations

from tasker_ci.sessions.affected.decision import Affected
from tasker_ci.sessions.affected.doctests import words_to_skip
from tasker_ci.sessions.affected.session import check_base, find_affected, show, summary_of

__all__ = ["Affected", "check_base", "find_affected", "show", "summary_of", "words_to_skip"]
