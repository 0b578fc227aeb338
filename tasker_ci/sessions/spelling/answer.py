"""What `typos --format json` prints: a line for each misspelled word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.tools.tool_findings import ToolFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TYPO = "typo"
UNREADABLE = "unreadable"


def read_answer(text: str) -> tuple[ToolFinding, ...]:
    """Read the output; paths are relative to the folder where typos ran.

    Raises `ReportError` for a line of another form.
    """
    try:
        return tuple(sorted(_findings(text), key=lambda each: each.code))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"`typos --format json` printed something that cannot be read ({error!r})."
        step = "`tasker-ci tools` installs the typos that this version of tasker-ci knows."
        raise ReportError(message, next_step=step) from error


def _findings(text: str) -> Iterator[ToolFinding]:
    for line in filter(None, map(str.strip, text.splitlines())):
        row = json.loads(line)
        if row["type"] == "typo":
            yield _typo(row)
        elif row["type"] == "error":
            path = _short(row.get("path"))
            message = str(row["msg"]).replace(f" in {row.get('path')}", "")
            fix = "exclude it in the configuration of typos: `files.extend-exclude`"
            yield ToolFinding(code=UNREADABLE, message=message, file=path, fix=fix)


def _typo(row: Mapping[str, Any]) -> ToolFinding:
    corrections = [str(each) for each in row["corrections"]]
    word = str(row["typo"])
    return ToolFinding(
        code=TYPO,
        # A name of a file has no line.
        message=f"`{word}` is misspelled" + ("" if "line_num" in row else " in the file's name"),
        file=_short(row.get("path")),
        line=int(row.get("line_num", 0)),
        fix=f"write {' or '.join(f'`{each}`' for each in corrections)}" if corrections else "",
        fixable=len(corrections) == 1,
    )


def _short(path: str | None) -> str | None:
    return path.removeprefix("./") if path else None
