"""Whether `ci` holds its sessions against proofs at all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tasker_ci.context import RUN_VARIABLE
from tasker_ci.errors import UsageError
from tasker_ci.sessions.history.public import tested_code
from tasker_ci.sessions.pipeline.proofs.store import ProofStore
from tasker_ci.sessions.pipeline.proofs.verdict import Author, Proofs
from tasker_ci.sessions.pipeline.settings import ProvenSettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.settings.load import PROVEN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.session import Session

_COMMIT_LETTERS = 7
_SWITCH = {"": None, "on": True, "1": True, "true": True, "off": False, "0": False, "false": False}


def proofs_of(context: Context, sessions: Mapping[str, Session], *, anew: bool) -> Proofs | None:
    """What is asked about proofs in this run; None where it is switched off.

    It is on outside of CI, and under CI with `workflows.proven`; TASKER_CI_PROVEN wins.
    ``anew`` has every session run. Raises `UsageError` for another value of the variable.
    """
    given = context.environment.get(PROVEN_VARIABLE, "").lower()
    if given not in _SWITCH:
        message = f"{PROVEN_VARIABLE} is `on` or `off`, not {given!r}."
        raise UsageError(message, next_step=f"unset {PROVEN_VARIABLE}")
    switched = _SWITCH[given]
    if switched is None:
        switched = context.settings.workflows.proven or not is_ci(context.environment)
    if not switched or context.settings_of(ProvenSettings).sessions == ():
        return None
    return Proofs(
        context=context,
        sessions=sessions,
        author=Author(
            run=context.environment.get(RUN_VARIABLE) or secrets.token_hex(16),
            commit=(tested_code(context).commit or "")[:_COMMIT_LETTERS],
        ),
        anew=anew,
        store=ProofStore.of(context),
    )
