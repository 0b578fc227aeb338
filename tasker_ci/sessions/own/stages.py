"""The stages that sessions of a project name, and what settings may call them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.pipeline import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.sessions.own.settings import OwnSession

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""What a session or a stage is called."""

FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
"""How settings name a function."""

PACKAGE = "tasker_ci"
"""The module that no project can have: ours is in its place, or the other way round."""

TABLE = "sessions"
"""The table of the settings that names them."""


def own_stages(stages: Iterable[Stage], sessions: Iterable[OwnSession]) -> Iterator[Stage]:
    """The stages that only sessions of a project name; each needs what any of them needs."""
    known = {stage.name for stage in stages}
    needs: dict[str, dict[str, None]] = {}
    for session in sessions:
        if session.pipeline and session.stage not in known:
            needs.setdefault(session.stage, {}).update(dict.fromkeys(session.needs))
    for name, before in needs.items():
        title = name.replace("-", " ").capitalize()
        yield Stage(
            name=name,
            needs=tuple(before),
            title=title,
            file=f"stage-{name}.yml",
            purpose=f"Sessions of the project's own in the stage {name}.",
        )
