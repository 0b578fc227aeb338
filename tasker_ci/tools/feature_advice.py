"""What to do about code that does not compile: about features only where the code refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.settings.cargo_features import Features


def broken_step(workspace: Workspace, features: Features, setting: str) -> str:
    """The next step after a build that failed with ``features``, which ``setting`` chooses.

    Reads the sources of the workspace; nothing is compiled.
    """
    from tasker_ci.rust.exclusive_features import refused_together

    return first_error(setting, refused=refused_together(workspace, features))


def first_error(setting: str, *, refused: bool) -> str:
    """The next step after a failed build; ``refused`` if a `compile_error!` is the reason."""
    step = "Fix the first error above."
    return f"{step} {exclusive(setting)}" if refused else step


def exclusive(setting: str) -> str:
    """What helps where features are the reason."""
    return f"If features exclude each other, set `{setting}`."
