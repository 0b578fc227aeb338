"""Folders of runs that nobody started: what a clone could bring."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "tasker-ci-aaaaaaaaaaaa"


def forge(project: Path, name: str = NAME, **changes: object) -> Path:
    """The folder of a run that nobody started, its record good but for what is changed."""
    folder = project / "target/tasker-ci/runs" / name
    folder.mkdir(parents=True)
    row = {
        "run": name,
        "kind": "native",
        "session": "up",
        "workspace": str(project),
        "logs": str(project / "target/tasker-ci/logs" / name),
        "pid": 1,
        "created": 0.0,
        "started": "2026-01-01T00:00:00+00:00",
        "database": None,
        "services": [],
        "kept": True,
        "folder": str(folder),
        **changes,
    }
    (folder / "run.json").write_text(json.dumps(row), encoding="utf-8")
    return folder
