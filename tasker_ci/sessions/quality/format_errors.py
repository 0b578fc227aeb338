"""What rustfmt's output says: code that is not formatted, or why it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import SOURCE_BYTES, read_text
from tasker_ci.text.foreign import unescaped
from tasker_ci.text.plurals import counted
from tasker_ci.tools.compiler_messages import CompilerFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIFF = re.compile(r"(?m)^Diff in (?P<file>.+?)(?::(?P<line>\d+)| at line (?P<old>\d+)):?$")
_ERROR = re.compile(r"(?m)^(?:error(?:\[\w+\])?|Error|Error writing files): (?P<text>.+)$")
_PLACE = re.compile(r"(?m)^ *--> (?P<file>.+?):(?P<line>\d+):\d+$")
_MODULE = re.compile(r"failed to resolve mod `(?P<name>\w+)`: (?P<file>/.+) does not exist")
_CONFIGURATION = re.compile(
    r"(?m)^The file `(?P<file>[^`\n]+)` failed to parse\.\nError details: (?P<text>.+(?:\nin .+)?)",
)
_NO_TOML = re.compile(r"(?m)^Could not parse TOML: (?P<text>.+)$")
_IGNORED = re.compile(
    r"(?m)^Warning: (?:can't set `(?P<name>\w+) = .*unstable|Unknown configuration option "
    r"`(?P<unknown>[^`]+)`)",
)
_BAD_FILE = re.compile(r"^couldn't read `(?P<file>[^`]+)`: (?P<text>.+)$")


UNFORMATTED = "rustfmt would write these lines otherwise"
RUSTFMT = "rustfmt"


@dataclass(frozen=True, kw_only=True)
class FormatReading:
    """What rustfmt said; paths are relative to the folder where it ran, where they lie in it."""

    error: str | None = None
    """Why it could not do its work, with the place; None if it could."""
    step: str | None = None
    """What to do about that error."""
    files: tuple[str, ...] = ()
    """What is not formatted, each file once."""
    first: str | None = None
    """The first place that is not formatted."""
    findings: tuple[CompilerFinding, ...] = ()
    """Every place that is not formatted, and every one that cannot be read."""
    ignored: tuple[str, ...] = ()
    """Options of rustfmt.toml that this rustfmt does not use."""

    @property
    def message(self) -> str:
        """The failure in one sentence."""
        unformatted = f"{counted(len(self.files), 'file')} not formatted, first {self.first}"
        if self.error:
            more = f" Besides: {unformatted}." if self.files else ""
            return f"{self.error}.{more}"
        if self.files:
            return f"Code is not formatted: {counted(len(self.files), 'file')}, first {self.first}."
        return "rustfmt failed."


def read_format(stdout: str, stderr: str, folder: Path) -> FormatReading:
    """Read both streams of a `cargo fmt` that ran in ``folder``."""
    stdout, stderr = unescaped(stdout), unescaped(stderr)
    diffs = [(_short(each["file"], folder), each["line"] or each["old"]) for each in
             _DIFF.finditer(stdout)]  # fmt: skip
    error, step = next(_errors(stderr, folder), (None, None))
    return FormatReading(
        error=error,
        step=step,
        files=tuple(dict.fromkeys(file for file, _ in diffs)),
        first=":".join(diffs[0]) if diffs else None,
        findings=(
            *_unreadable(stderr, folder),
            *(_finding(UNFORMATTED, file, line) for file, line in diffs),
        ),
        ignored=tuple(
            dict.fromkeys(each["name"] or each["unknown"] for each in _IGNORED.finditer(stderr))
        ),
    )


def _unreadable(text: str, folder: Path) -> Iterator[CompilerFinding]:
    for found in _ERROR.finditer(text):
        spot = _PLACE.search(text, found.end())
        if spot:
            yield _finding(found["text"], _short(spot["file"], folder), spot["line"])


def _finding(message: str, file: str, line: str) -> CompilerFinding:
    return CompilerFinding(level="error", code=RUSTFMT, message=message, file=file, line=int(line))


def _errors(text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """What went wrong and what to do about it, the most telling first."""
    for found in _CONFIGURATION.finditer(text):
        file = _short(found["file"], folder)
        reason = found["text"].replace("\n", " ")
        yield f"rustfmt cannot read its configuration {file}: {reason}", f"Fix {file}."
    for found in _NO_TOML.finditer(text):
        yield (
            f"rustfmt cannot read its configuration: {found['text']}",
            "Fix rustfmt.toml or .rustfmt.toml.",
        )
    for found in _MODULE.finditer(text):
        file = _short(found["file"], folder)
        declared = _declaration(found["name"], Path(found["file"]), folder)
        place = f" ({declared})" if declared else ""
        yield (
            f"The module `{found['name']}` is missing{place}: {file} does not exist",
            f"Write {file}, or remove `mod {found['name']};`.",
        )
    for found in _ERROR.finditer(text):
        reason = found["text"]
        unreadable = _BAD_FILE.match(reason)
        spot = _PLACE.search(text, found.end())
        where = f" at {_short(spot['file'], folder)}:{spot['line']}" if spot else ""
        if unreadable:
            where, reason = f" {_short(unreadable['file'], folder)}", unreadable["text"]
        yield (
            f"rustfmt cannot read the code{where}: {reason.replace(f'{folder}/', '')}",
            "Fix the error that rustfmt names above.",
        )


def _declaration(name: str, missing: Path, folder: Path) -> str | None:
    """Where a module is declared whose file is missing; None if that is not found."""
    parent = missing.parent if missing.stem != "mod" else missing.parent.parent
    candidates = [
        *(parent / f"{stem}.rs" for stem in ("lib", "main", "mod")),
        parent.with_suffix(".rs"),
        *sorted(parent.glob("*.rs")),
    ]
    declaration = re.compile(rf"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+{re.escape(name)}\s*;")
    for file in candidates:
        try:
            lines = read_text(file, most=SOURCE_BYTES, errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            if declaration.match(line):
                return f"{_short(str(file), folder)}:{number}"
    return None


def _short(file: str, folder: Path) -> str:
    path = Path(file)
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
