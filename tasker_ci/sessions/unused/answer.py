"""What `cargo-shear --format json` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.text.file_reading import SOURCE_BYTES, read_bytes
from tasker_ci.tools.tool_findings import ToolFinding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEPENDENCY = "shear/unused_dependency"
OF_WORKSPACE = "shear/unused_workspace_dependency"


def read_answer(text: str, root: Path) -> tuple[ToolFinding, ...]:
    """Read the output; paths are relative to ``root``, where cargo-shear ran.

    Raises `ReportError` for another form.
    """
    try:
        return tuple(_finding(row, root) for row in json.loads(text)["findings"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"`cargo-shear --format json` printed something that cannot be read ({error!r})."
        step = "`tasker-ci tools` installs the cargo-shear that this version of tasker-ci knows."
        raise ReportError(message, next_step=step) from error


def _finding(row: Mapping[str, Any], root: Path) -> ToolFinding:
    file = row.get("file")
    location = row.get("location")
    return ToolFinding(
        code=row["code"],
        message=": ".join(str(row["message"]).splitlines()),
        file=file,
        line=_line(root / file, int(location["offset"])) if file and location else 0,
        fix=str(row.get("help") or ""),
        fixable=row["fixable"] is True,
        level=row["severity"],
    )


def _line(file: Path, offset: int) -> int:
    """The line of a byte in a manifest; 0 where the file cannot be read."""
    try:
        return read_bytes(file, most=SOURCE_BYTES)[:offset].count(b"\n") + 1
    except OSError:
        return 0
