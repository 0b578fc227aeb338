"""What the compiler and clippy find: read from cargo's JSON messages, printed, counted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_COUNT = re.compile(r"aborting due to|\d+ warnings? emitted")
"""What rustc and rustdoc say at the end of a crate, as if it were a finding."""

_ERROR_CODE = re.compile(r"E\d{4}")


@dataclass(frozen=True, kw_only=True)
class CompilerFinding:
    """One message of the compiler; it has no ``file`` where it has no place."""

    level: str
    code: str | None
    """The name of the lint or the number of the error."""
    message: str
    file: str | None = None
    line: int = 0

    @property
    def of_lint(self) -> bool:
        """Whether it is a lint, so that the code compiles."""
        return self.code is not None and not _ERROR_CODE.fullmatch(self.code)

    def __str__(self) -> str:
        place = f" at {self.file}:{self.line}" if self.file else ""
        return f"{self.code or self.message}{place}"


class CompilerFindings:
    """Reads cargo's JSON messages as they come, prints them, and keeps each once.

    With ``silent`` nothing is printed: it was before.
    """

    def __init__(self, context: Context, *, silent: bool = False) -> None:
        self._context = context
        self._silent = silent
        self._seen: set[str] = set()
        self.found: list[CompilerFinding] = []
        self.refused = False
        """Whether code refuses to be compiled as it is asked to: by features, most often."""
        self.folders: set[Path] = set()
        """Those of documentation: several where cargo builds for several targets."""

    def read(self, line: str) -> None:
        """Take in one line of cargo's standard output; what is no message is printed as it is."""
        try:
            message = json.loads(line)
            reason = message.get("reason")
        except (ValueError, AttributeError, RecursionError):
            self._print(line)
            return
        if reason == "compiler-artifact":
            files = (Path(file) for file in message.get("filenames", ()))
            self.folders |= {file.parents[1] for file in files if file.name == "index.html"}
        if reason != "compiler-message":
            return
        diagnostic = message["message"]
        rendered = (diagnostic.get("rendered") or diagnostic["message"]).rstrip()
        if rendered in self._seen or _COUNT.match(diagnostic["message"]):
            return
        self._seen.add(rendered)
        self.refused = self.refused or "compile_error!" in rendered
        self._print(rendered + "\n")
        if diagnostic["level"] == "warning" or diagnostic["level"].startswith("error"):
            self.found.append(_finding(diagnostic))

    def _print(self, text: str) -> None:
        if not self._silent:
            self._context.reporter.output(text)

    @property
    def warnings(self) -> int:
        """How many warnings were found."""
        return sum(each.level == "warning" for each in self.found)

    @property
    def errors(self) -> int:
        """How many errors were found."""
        return len(self.found) - self.warnings

    @property
    def counts(self) -> str:
        """Errors, if there are any, and warnings."""
        warnings = counted(self.warnings, "warning")
        return f"{counted(self.errors, 'error')}, {warnings}" if self.errors else warnings

    @property
    def files(self) -> int:
        """In how many files something was found."""
        return len({each.file for each in self.found if each.file})

    def data(self) -> list[dict[str, Any]]:
        """All of it for `--json`."""
        return [
            {
                "level": each.level,
                "code": each.code or "",
                "message": each.message,
                "file": each.file or "",
                "line": each.line,
            }
            for each in self.found
        ]


def _finding(diagnostic: Mapping[str, Any]) -> CompilerFinding:
    spans = diagnostic.get("spans") or ()
    span = next((each for each in spans if each.get("is_primary")), None)
    return CompilerFinding(
        level=diagnostic["level"],
        code=(diagnostic.get("code") or {}).get("code") or None,
        message=diagnostic["message"].partition("\n")[0],
        file=span["file_name"] if span else None,
        line=span["line_start"] if span else 0,
    )
