"""The registry of sessions: one folder a family, whose ``__init__`` holds the rows.

A new family is a folder and its name here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from tasker_ci.pipeline import in_order
from tasker_ci.session import Rows, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.session import Family, Session
    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Settings

_NAMES = (
    "quality",
    "audit",
    "tests",
    "examples",
    "inventory",
    "affected",
    "coverage",
    "bench",
    "scan",
    "services",
    "pipeline",
    "history",
    "project",
    "insights",
    "machine",
)
"""In the order of the pipeline and of every list."""

FAMILIES: Mapping[str, Family] = {
    name: import_module(f"{__name__}.{name}").FAMILY for name in _NAMES
}
STAGES = in_order(stage for family in FAMILIES.values() for stage in family.stages)
"""The stages of the pipeline, in its order."""


def _in_order(sessions: Mapping[str, Session]) -> Mapping[str, Session]:
    """The sessions in the order of the pipeline, then those that people call by hand."""
    places = {stage.name: place for place, stage in enumerate(STAGES)}
    names = sorted(sessions, key=lambda name: places.get(sessions[name].stage, len(places)))
    return {name: sessions[name] for name in names}


SESSIONS: Mapping[str, Session] = _in_order(
    {name: session for family in FAMILIES.values() for name, session in family.sessions.items()}
)

ROWS = Rows(
    sessions=SESSIONS,
    stages=STAGES,
    workflows={
        stage: function
        for family in FAMILIES.values()
        for stage, function in family.workflows.items()
    },
    troubles=tuple(family.troubles for family in FAMILIES.values() if family.troubles),
)
"""What the families bring."""

AROUND = tuple(family.around for family in FAMILIES.values() if family.around)
"""What runs sessions that are recorded: ``module:function``, at most one."""


@cache
def settings_model() -> type[Settings]:
    """The model of the settings with the tables of all families."""
    from tasker_ci.settings.model import composed

    families = FAMILIES.values()
    return composed(
        {name: load(model) for each in families for name, model in each.settings.items()}
    )


def load_settings(
    project_root: Path,
    environment: Mapping[str, str],
    flags: Iterable[tuple[str, str]] = (),
) -> LoadedSettings:
    """The effective settings of a project, with the tables of all families.

    Takes and raises what `settings.load.load_settings` does.
    """
    from tasker_ci.settings import load as settings

    return settings.load_settings(project_root, environment, flags, model=settings_model())
