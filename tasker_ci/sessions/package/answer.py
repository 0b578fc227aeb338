"""What `cargo package` says on standard error of a package that does not build."""

from __future__ import annotations

import re
from pathlib import Path

from tasker_ci.text.foreign import unescaped
from tasker_ci.tools.tool_findings import ToolFinding

CODE = "tarball"

_BEGINS = re.compile(r"\s+(?:Packaging|Verifying) (?P<name>\S+) v\S+ \((?P<folder>.+)\)")
_MANIFEST = re.compile(r"error: failed to (?:verify|parse) manifest at `(?P<file>.+)`")
_ERROR = re.compile(r"error(?:\[\w+\])?: (?P<text>.+)")
_PLACE = re.compile(r"\s*--> (?P<file>.+?):(?P<line>\d+):\d+")


def read_failure(text: str, root: Path) -> ToolFinding | None:
    """The first error, with its place from ``root``; None where cargo names none."""
    folder, name = root, ""
    lines = iter(unescaped(text).splitlines())
    for line in lines:
        if found := _BEGINS.fullmatch(line):
            folder, name = Path(found["folder"]), found["name"]
        elif found := _MANIFEST.fullmatch(line):
            manifest = Path(found["file"])
            cause = next((each.strip() for each in lines if each.startswith("  ")), "")
            return ToolFinding(code=CODE, message=cause or line, file=_short(manifest, root))
        elif found := _ERROR.fullmatch(line):
            message = f"{name}: {found['text']}" if name else found["text"]
            place = next(filter(None, map(_PLACE.fullmatch, lines)), None)
            if place is None:
                return ToolFinding(code=CODE, message=message)
            file = _short(folder / place["file"], root)
            return ToolFinding(code=CODE, message=message, file=file, line=int(place["line"]))
    return None


def _short(file: Path, root: Path) -> str:
    return str(file.relative_to(root) if file.is_relative_to(root) else file)
