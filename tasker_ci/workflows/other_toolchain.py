"""The step that installs a toolchain besides the workspace's own."""

from __future__ import annotations

from tasker_ci.workflows.checked import TOOLCHAIN, checked
from tasker_ci.workflows.model import Step

_SCRIPT = (
    'rustup toolchain install "$OTHER_TOOLCHAIN" --profile minimal{components} --no-self-update\n'
)


def toolchain_step(name: str, *, setting: str, components: tuple[str, ...] = ()) -> Step:
    """The step for the toolchain that a ``setting`` names; nothing that is chosen changes.

    Raises `SettingsError` for a name that is none.
    """
    return Step(
        name="Another toolchain",
        run=_SCRIPT.format(components="".join(f" --component {each}" for each in components)),
        env={"OTHER_TOOLCHAIN": checked(name, TOOLCHAIN, setting=setting, what="toolchain")},
    )
