"""What settings say of examples, held against what there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.rust.workspace import Package, Target
    from tasker_ci.sessions.examples.settings import Example


def checked_pattern(name: str, example: Example) -> re.Pattern[str]:
    """The pattern of an example; raises `SettingsError` where its settings cannot be meant."""
    if not any(example.command[:1]):
        message = f"examples.run.{name}.command has no program."
        raise SettingsError(message, next_step=f"Fix {SETTINGS_FILE}.")
    try:
        return re.compile(example.pattern, re.MULTILINE)
    except re.error as error:
        message = f"examples.run.{name}.pattern is no regular expression: {error}."
        raise SettingsError(message, next_step=f"Fix {SETTINGS_FILE}.") from error


def keys_of(
    run: Mapping[str, Example], there: Mapping[str, tuple[Package, Target]]
) -> dict[str, str]:
    """The key in the settings for each whole name; raises `SettingsError` for a key of none."""
    result = {}
    for key in run:
        meant = [name for name in there if key in {name, name.partition("::")[2]}]
        if len(meant) != 1:
            known = ", ".join(there) or "none"
            why = f"is that of {', '.join(meant)}" if meant else f"does not exist; there is {known}"
            message = f"examples.run names {key}, which {why}."
            step = f"Name it in {SETTINGS_FILE} as package::example."
            raise SettingsError(message, next_step=step)
        result[meant[0]] = key
    return result
