"""The actions that generated workflows may use, each by the full SHA of a released version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.tools.pins import pin_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.settings.model import Settings

_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = re.compile(r"v?\d+(\.\d+)*")


@dataclass(frozen=True, kw_only=True)
class PinnedAction:
    """One action in the version that is used."""

    name: str
    """``owner/repository``, with a path in it where there is one."""
    version: str
    commit: str

    @property
    def reference(self) -> str:
        """What stands behind ``uses:``, without the version."""
        return f"{self.name}@{self.commit}"


def pinned_actions(settings: Settings) -> Mapping[str, PinnedAction]:
    """The package's table, overlaid by the setting `pins`.

    Raises `SettingsError` for a pin of an action that no generated file uses, for a commit that is
    no full SHA, and for a version that is none.
    """
    table = package_pins()
    for name, pin in settings.pins.items():
        if name not in table:
            raise SettingsError(
                f"`pins` names {name!r}, which no generated file uses.",
                next_step=f"Take it out of [pins] in {SETTINGS_FILE}; there are: "
                + ", ".join(sorted(table)),
            )
        if not _COMMIT.fullmatch(pin.commit) or not _VERSION.fullmatch(pin.version):
            raise SettingsError(
                f"The pin of {name} must be a version (v1.2.3) and the full SHA of its commit "
                f"(40 digits), not {pin.version!r} and {pin.commit!r}.",
                next_step=f"Fix [pins] in {SETTINGS_FILE}.",
            )
        table[name] = PinnedAction(name=name, version=pin.version, commit=pin.commit)
    return table


def package_pins() -> dict[str, PinnedAction]:
    """The table that comes with the package (``resources/pins.toml``)."""
    return {
        name: PinnedAction(name=name, version=row["version"], commit=row["commit"])
        for name, row in pin_tables()["actions"].items()
    }
