"""A workflow file as values; expressions stay as they are written.

https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.places import Opaque, Place

WHOLE = ""
"""The name of an expression that makes a whole mapping of variables."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One event of ``on:``."""

    event: str
    place: Place
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """``branches``, ``paths``, ``paths-ignore``, ``types``, ``tags``, ``cron`` …, as written."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each filter stands."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of a reusable workflow or of a composite action."""

    name: str
    default: str | None = None
    required: bool = False
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a job or of a composite action."""

    place: Place
    id: str | None = None
    name: str | None = None
    condition: str | None = None
    """Its ``if:``."""
    uses: str | None = None
    remark: str = ""
    """The comment behind ``uses:``, where people write the version of a SHA."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Its ``with:``."""
    input_places: Mapping[str, Place] = field(default_factory=dict)
    run: str | None = None
    run_place: Place | None = None
    """The first line of the script's text."""
    shell: str | None = None
    folder: str | None = None
    """Its ``working-directory:``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Its ``env:``; one that is a single expression stands under the name ``WHOLE``."""
    continue_on_error: str | None = None
    timeout: str | None = None
    """``timeout-minutes``."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job."""

    name: str
    """Its key below ``jobs:``."""
    place: Place
    title: str | None = None
    """Its ``name:``."""
    needs: tuple[str, ...] = ()
    condition: str | None = None
    condition_place: Place | None = None
    runs_on: tuple[str, ...] = ()
    """Labels as written; empty for a group or an expression that makes a list."""
    environment: Mapping[str, str] = field(default_factory=dict)
    shell: str | None = None
    folder: str | None = None
    matrix: Any = None
    """The node of ``strategy.matrix``; None for none."""
    fail_fast: str | None = None
    steps: tuple[Step, ...] = ()
    uses: str | None = None
    """The reusable workflow that it calls."""
    uses_place: Place | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    """What it gives to that."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    """Name and image."""
    service_environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    container: str | None = None
    """Its image."""
    continue_on_error: str | None = None
    timeout: str | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One file below ``.github/workflows``."""

    path: PurePosixPath
    place: Place
    name: str | None = None
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    """By event."""
    inputs: Mapping[str, Input] = field(default_factory=dict)
    """Of ``workflow_call`` and ``workflow_dispatch``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    shell: str | None = None
    folder: str | None = None
    concurrency: str | None = None
    jobs: Mapping[str, Job] = field(default_factory=dict)
    opaque: tuple[Opaque, ...] = ()
    """What of the file could not be read."""


@dataclass(frozen=True, kw_only=True)
class CompositeAction:
    """An ``action.yml`` of the repository."""

    path: PurePosixPath
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    using: str = "composite"
    opaque: tuple[Opaque, ...] = ()
