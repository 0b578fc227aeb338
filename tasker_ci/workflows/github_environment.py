"""Write the environment table for the later steps of a job on GitHub Actions.

How the runner reads the file that GITHUB_ENV names: `FileCommandManager.cs` of actions/runner.
Values are written between delimiters that nobody can foresee, as actions/toolkit does.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.text.file_appending import append_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.settings.model import Variable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(r"NODE_OPTIONS|(?:GITHUB|RUNNER)_.*", re.IGNORECASE)


def check_table(table: Mapping[str, Variable]) -> None:
    """Raise `SettingsError`, with every fault, if a row cannot be handed to later steps."""
    faults = [
        fault for name, row in table.items() if (fault := _fault(name, row.value)) is not None
    ]
    if faults:
        raise SettingsError(
            "The environment table cannot be handed to the steps of a job:\n"
            + "\n".join(f"  {fault}" for fault in faults),
            next_step="Fix these variables, or leave them out with `environment.drop`.",
        )


def new_delimiter() -> str:
    """A delimiter for one value."""
    return f"ghadelimiter_{secrets.token_hex(16)}"


def github_assignment(name: str, value: str, delimiter: str) -> str:
    """One variable as the runner reads it back, whatever the value holds.

    Raises `SettingsError` for a name or value that no step can have, and for a ``delimiter`` that
    the value contains.
    """
    fault = _fault(name, value)
    if fault is not None:
        raise SettingsError(fault, next_step="Fix it, or leave it out with `environment.drop`.")
    if not delimiter or "\n" in delimiter or delimiter in value:
        message = f"The delimiter drawn for {name} does not delimit its value."
        raise SettingsError(message, next_step="Try again: another one will be drawn.")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def append_assignments(file: Path, assignments: Mapping[str, str]) -> None:
    """Append variables to the file that GITHUB_ENV names, all of them or none.

    Raises `SettingsError` like `github_assignment`, and `OSError`.
    """
    text = "".join(
        github_assignment(name, value, new_delimiter()) for name, value in assignments.items()
    )
    append_text(file, text)


def _fault(name: str, value: str) -> str | None:
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name for a variable (letters, digits and _ make one)."
    if _RESERVED.fullmatch(name):
        return f"{name}: GitHub Actions lets no step set it for the others."
    if "\0" in value:
        return f"{name}: the value contains a NUL character, which no environment can hold."
    try:
        value.encode()
    except UnicodeEncodeError:
        return f"{name}: the value is no text in UTF-8."
    return None
