"""dependabot.yml, where the settings ask for it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.text.yaml import yaml_text
from tasker_ci.workflows.checked import PATH as PATH_PATTERN
from tasker_ci.workflows.checked import checked, counted
from tasker_ci.workflows.files import GeneratedFile, with_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.workflows.inputs import Inputs

PATH = PurePosixPath(".github/dependabot.yml")

_COOLDOWN_DAYS = 90
"""Dependabot knows no longer one."""

_PYTHON = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile")

_OURS = "tasker-ci"
_ALL = {"patterns": ["*"]}
_COMPATIBLE = {**_ALL, "update-types": ["minor", "patch"]}
_OF_OURS = {"patterns": [_OURS]}
_ALL_BUT_OURS = {**_ALL, "exclude-patterns": [_OURS]}
"""Groups, each of which is one pull request: `sync` has to follow a new version of ours alone."""


def dependabot_file(inputs: Inputs) -> GeneratedFile | None:
    """The configuration of Dependabot; None if the setting `workflows.dependabot` is false.

    An ecosystem without a file of its own in the project is left out: Dependabot would report an
    error for it every week.
    """
    settings = inputs.settings.workflows
    if not settings.dependabot:
        return None
    days = counted(settings.cooldown_days, setting="workflows.cooldown-days", most=_COOLDOWN_DAYS)
    updates = [
        _update("cargo", [_folder(inputs.workspace_path)], days, {"compatible": _COMPATIBLE}),
        # The composite actions are seen in the folders alone that are listed.
        _update("github-actions", ["/", "/.github/actions/*"], days, {"actions": _ALL}),
    ]
    if inputs.image:
        file = PurePosixPath(inputs.settings.integration.database.image_file)
        folder = _folder(str(PurePosixPath(inputs.workspace_path) / file.parent))
        updates.append(_update("docker", [folder], days, {"base-images": _ALL}))
    if _has_python(inputs.project_root):
        updates.append(_update("pip", ["/"], days, {_OURS: _OF_OURS, "python": _ALL_BUT_OURS}))
    return GeneratedFile(path=PATH, text=with_header(yaml_text({"version": 2, "updates": updates})))


def _update(
    ecosystem: str, folders: list[str], days: int, groups: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "package-ecosystem": ecosystem,
        "directories": folders,
        "schedule": {"interval": "weekly"},
        "cooldown": {"default-days": days},
        "groups": dict(groups),
    }


def _folder(path: str) -> str:
    checked(path, PATH_PATTERN, setting="workspace", what="path for Dependabot")
    return "/" if path == "." else f"/{path}"


def _has_python(root: Path) -> bool:
    return any((root / name).is_file() for name in _PYTHON)
