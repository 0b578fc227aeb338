"""What a step leaves to the later steps of its job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.command import Surroundings


def left_to_later(job: Surroundings, before: Surroundings, after: Surroundings) -> Surroundings:
    """The surroundings of a job after a script that found ``before`` and left ``after``.

    The variables of the step alone and the folder that the script went to end with it.
    """
    changed = {
        name: value
        for name, value in after.variables.items()
        if name not in before.variables or before.variables[name] != value
    }
    return replace(
        job.with_variables(changed),
        default_toolchain=after.default_toolchain,
        override_toolchain=after.override_toolchain,
        installed=job.installed | after.installed,
        installed_all_known=job.installed_all_known and after.installed_all_known,
    )


def either(one: Surroundings, two: Surroundings) -> Surroundings:
    """What the later steps find after a step that may have been passed over."""
    if one == two:
        return one
    variables = {
        name: one.variables.get(name) if one.variables.get(name) == value else None
        for name, value in two.variables.items()
    }
    return replace(
        two,
        variables=variables,
        default_toolchain=_same(one.default_toolchain, two.default_toolchain),
        override_toolchain=_same(one.override_toolchain, two.override_toolchain),
    )


def _same(one: str | None, two: str | None) -> str | None:
    return one if one == two else None
