"""A documented command that does something else than the document says.

```markdown
Clear the cache if needed: `sccache --zero-stats`
```

`--zero-stats` sets the counters to zero and leaves the cache as it is. `docker compose down` leaves
the named volumes: the next start finds the old database.

**Certain** for sccache. A suspicion for compose: who cleans up may want to keep the data.

**Fix**: remove the folder of the cache (`sccache --show-stats` names it); `docker compose down -v`.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.documented_commands import is_outside
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.sessions.review.subject import Subject

_ZERO = re.compile(r"\bsccache\s+(?:--zero-stats|-z)\b")
_CLEARS = re.compile(
    r"\b(?:clear|clean|purge|flush|empty|delete|wipe|invalidate)\w*\b[^.]{0,20}\bcache\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\bdocker(?:-|\s+)compose\b(?P<options>[^`|;&\n]*?)\sdown\b(?P<rest>[^`|;&\n]*)"
)
_FILE = re.compile(r"(?:-f|--file)[\s=]+(\S+)")
_CLEANS = re.compile(
    r"\bclean(?:s|ing)?[ -]?up\b|\bfrom scratch\b|\bfresh\b|\bwipe\b", re.IGNORECASE
)
_VOLUMES = re.compile(r"^volumes:\s*\n(?:\s*#.*\n)*[ \t]+[\w-]+:", re.MULTILINE)
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_LINES_ABOVE = 3
_MOST_FILES = 1000


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each document and command."""
    checkout = subject.checkout
    files = [file for file in checkout.in_order if file.suffix.lower() in {".md", ".markdown"}]
    for file in [each for each in files if not is_outside(each)][:_MOST_FILES]:
        text = checkout.text(file) or ""
        if "sccache" not in text and "compose" not in text:
            continue
        told = set()
        lines = text.split("\n")
        for number, line in enumerate(lines, 1):
            above = "\n".join(lines[max(0, number - 1 - _LINES_ABOVE) : number])
            found = _of_line(checkout, file, line, above)
            if found is not None and found[0] not in told:
                message, evidence, fix, grade = found
                told.add(message)
                yield RULE.finding(
                    grade=grade,
                    place=Place(file, number),
                    message=message,
                    evidence=evidence,
                    fix=fix,
                )


def _of_line(
    checkout: Checkout, file: PurePosixPath, line: str, above: str
) -> tuple[str, tuple[str, ...], str, Grade] | None:
    if (zero := _ZERO.search(line)) and _CLEARS.search(line):
        message = f"`{zero[0]}` sets the statistics to zero and clears no cache."
        return message, (), "Name what clears it, or call it what it is.", Grade.CERTAIN
    down = _DOWN.search(line)
    if down and _CLEANS.search(above) and not re.search(r"\s(?:-v|--volumes)\b", down["rest"]):
        compose = _compose_file(checkout, file, down["options"])
        if compose is not None and _VOLUMES.search(checkout.text(compose) or ""):
            command = " ".join(down[0].split())
            message = f"`{command}` leaves the volumes, and with them the data."
            return message, (f"{compose} has named volumes",), "Add `-v`.", Grade.SUSPICION
    return None


def _compose_file(
    checkout: Checkout, document: PurePosixPath, options: str
) -> PurePosixPath | None:
    named = _FILE.findall(options)
    for folder in (PurePosixPath(), document.parent):
        for name in named or _COMPOSE:
            path = PurePosixPath(posixpath.normpath(str(folder / name)))
            if checkout.has(path):
                return path
    return None


RULE = ReviewRule(
    id="D4",
    name="doc-effect",
    severity=Severity.WARNING,
    reads="lines of Markdown with a command, compose files",
    certain="for sccache; never for compose",
    find=find,
)
