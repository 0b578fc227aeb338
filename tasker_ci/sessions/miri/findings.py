"""What miri says: undefined behaviour and where, or an operation that it does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.tools.compiler_messages import CompilerFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAID = re.compile(
    r"(?m)^\s*error: (?P<what>(?:Undefined Behavior|unsupported operation|memory leaked|"
    r"abnormal termination|the evaluated program)\b.*)$"
    r"(?:\n\s*--> (?P<file>[^\n]+?):(?P<line>\d+):\d+)?"
)
_FAILED = re.compile(
    r"(?m)^\s+(?:FAIL|ABORT|SIG[A-Z]+|TIMEOUT|LEAK-FAIL)[^\]\n]*\] +(?:\( *\d+/\d+\) +)?"
    r"(?P<binary>\S+) (?P<test>\S+)\s*$"
)


@dataclass(frozen=True, kw_only=True)
class MiriFinding:
    """One thing that miri stopped a test for."""

    what: str
    file: str = ""
    line: int = 0

    @property
    def is_unsupported(self) -> bool:
        """Whether miri cannot run it, which says nothing of the code."""
        return self.what.startswith("unsupported operation")

    @property
    def fix(self) -> str:
        """What helps."""
        if self.is_unsupported:
            return "leave the test out under miri: #[cfg_attr(miri, ignore)]"
        return "fix the code at that place"

    def __str__(self) -> str:
        return self.what + (f" at {self.file}:{self.line}" if self.file else "")

    def as_finding(self) -> CompilerFinding:
        """As an annotation."""
        return CompilerFinding(
            level="error",
            code="miri",
            message=self.what,
            file=self.file or None,
            line=self.line,
        )

    def data(self) -> dict[str, Any]:
        """All of it for `--json`."""
        return {"message": self.what, "file": self.file, "line": self.line, "fix": self.fix}


def findings_in(text: str) -> tuple[MiriFinding, ...]:
    """What miri said in this output, each once."""
    return tuple(dict.fromkeys(_findings(text)))


def _findings(text: str) -> Iterator[MiriFinding]:
    for found in _SAID.finditer(text):
        yield MiriFinding(
            what=found["what"].strip(),
            file=found["file"] or "",
            line=int(found["line"] or 0),
        )


def failed_tests(text: str) -> tuple[tuple[str, str], ...]:
    """The binaries and names of the tests that nextest says failed, each once."""
    return tuple(dict.fromkeys((each["binary"], each["test"]) for each in _FAILED.finditer(text)))
