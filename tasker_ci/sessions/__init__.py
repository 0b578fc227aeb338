"""The registry of sessions: one folder a family, whose ``__init__`` holds the rows.

A new family is a folder and its name here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.session import Family, Session

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
SESSIONS: Mapping[str, Session] = {
    name: session for family in FAMILIES.values() for name, session in family.sessions.items()
}
WORKFLOWS: Mapping[str, str] = {
    stage: function for family in FAMILIES.values() for stage, function in family.workflows.items()
}
"""What makes the workflow of a stage: ``module:function``, imported on use."""

AROUND = tuple(family.around for family in FAMILIES.values() if family.around)
"""What runs sessions that are recorded: ``module:function``, at most one."""
