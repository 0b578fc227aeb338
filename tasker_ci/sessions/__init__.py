"""The registry of sessions: one folder a family, whose ``__init__`` holds the rows.

A new family is a folder and its name here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tasker_ci.pipeline import in_order, in_pipeline_order
from tasker_ci.session import Rows, load

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context, Outcome
    from tasker_ci.session import Family, OwnSessions, Session
    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Settings
    from tasker_ci.text.toml_lines import Key

_NAMES = (
    "quality",
    "audit",
    "msrv",
    "minimal_versions",
    "spelling",
    "unused",
    "deny",
    "features",
    "package",
    "tests",
    "examples",
    "miri",
    "inventory",
    "review",
    "affected",
    "coverage",
    "bench",
    "scan",
    "services",
    "pipeline",
    "watch",
    "history",
    "project",
    "insights",
    "proof",
    "machine",
    "periodic",
    "own",
)
"""In the order of the pipeline and of every list."""

FAMILIES: Mapping[str, Family] = {
    name: import_module(f"{__name__}.{name}").FAMILY for name in _NAMES
}
STAGES = in_order(stage for family in FAMILIES.values() for stage in family.stages)
"""The stages of the pipeline, in its order."""

SESSIONS: Mapping[str, Session] = in_pipeline_order(
    {name: session for family in FAMILIES.values() for name, session in family.sessions.items()},
    STAGES,
)

ROWS = Rows(
    sessions=SESSIONS,
    stages=STAGES,
    workflows={
        stage: function
        for family in FAMILIES.values()
        for stage, function in family.workflows.items()
    },
    standing=tuple(family.standing for family in FAMILIES.values() if family.standing),
    # The last family's first, so that what the machine counted comes before the records.
    kept=tuple(family.kept for family in FAMILIES.values() if family.kept)[::-1],
    troubles=tuple(family.troubles for family in FAMILIES.values() if family.troubles),
)
"""What the families bring."""

AROUND = tuple(family.around for family in FAMILIES.values() if family.around)
"""What runs sessions that are recorded: ``module:function``, at most one."""


def run_session(
    context: Context, name: str, session: Session, options: Mapping[str, Any]
) -> Outcome:
    """Run a session with checked ``options``, and leave a record of it where it is recorded."""
    if context.dry_run or not session.recorded or not AROUND:
        return session.load()(context, **options)
    outcome: Outcome = load(AROUND[0])(context, name, session, options)
    return outcome


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

    return settings.load_settings(
        project_root, environment, flags, model=settings_model(), problems_of=_problems_of
    )


def _problems_of(values: Mapping[Key, Any], in_file: Collection[Key]) -> Iterable[tuple[Key, str]]:
    return (problem for own in _own() for problem in own.problems(values, in_file, ROWS))


def _own() -> Iterable[OwnSessions]:
    return (load(family.own) for family in FAMILIES.values() if family.own)


def rows_of(settings: Settings) -> Rows:
    """All sessions and stages of a project, from its settings."""
    rows = ROWS
    for own in _own():
        rows = own.of(settings, rows)
    return rows


def listed_rows(start: Path, home: Path | None) -> Rows:
    """All sessions and stages for whoever stands in ``start``, for a list: nothing is checked.

    Broken settings and packages leave a note; the sessions of the families are always there.
    """
    from tasker_ci.settings.file import settings_folder

    rows, folder = ROWS, settings_folder(start, home)
    for own in _own():
        rows = own.listed(folder, rows)
    return rows
