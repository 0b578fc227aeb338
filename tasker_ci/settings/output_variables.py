"""Variables that change how programs print, and those that an earlier step of a job has set for us.

They never reach the code under test through us: a test that runs cargo and compares what it prints
would fail under CARGO_TERM_COLOR=always. Sessions ask for colour with `--color`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SET_VARIABLE = "TASKER_CI_SET"
"""Holds the names of the variables that setup-env has set for the later steps of its job."""

_PREFIX = "CARGO_TERM_"
_NAMES = frozenset({
    "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "FORCE_COLOR", "FORCE_HYPERLINK", "NO_COLOR",
    "PY_COLORS", "RUST_LOG_STYLE", "TERM",
})  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def changes_output(name: str) -> bool:
    """Whether the variable ``name`` changes how programs print (colour, progress), not what."""
    return name.startswith(_PREFIX) or name in _NAMES


def names_set(environment: Mapping[str, str]) -> frozenset[str]:
    """The names that an earlier step has set for us; what is no name in the list is left out."""
    return frozenset(_NAME.findall(environment.get(SET_VARIABLE, "")))


def list_of(names: Collection[str]) -> str:
    """The value of `SET_VARIABLE` for these names."""
    return " ".join(sorted(names))


def without_output_variables(
    environment: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """``environment`` without the variables that change output and were set for us.

    ``values`` are those of the settings. A variable with another value was set again by the job's
    author and stays, like everything that the list does not name. The list itself goes.
    """
    ours = {name for name in names_set(environment) if changes_output(name)}
    return {
        name: value
        for name, value in environment.items()
        if name != SET_VARIABLE and not (name in ours and values.get(name, value) == value)
    }
