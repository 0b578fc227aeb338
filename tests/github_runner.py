"""What a runner of GitHub Actions makes of a step: a model of it, written from its sources.

`FileCommandManager.cs` (the file that GITHUB_ENV names), `ActionCommand.cs` and
`ActionCommandManager.cs` (commands in the log) of actions/runner, as on Linux. Nothing of the
library is used here: what it writes is judged by these rules alone.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class StepFailed(Exception):
    """The runner cannot process the file, and the step fails."""


def read_environment_file(file: Path) -> dict[str, str]:
    """The variables that later steps get; raises `StepFailed`."""
    return parse_environment(file.read_bytes().decode("utf-8", errors="replace"))


def parse_environment(text: str) -> dict[str, str]:
    """The content of the file as the runner reads it."""
    result: dict[str, str] = {}
    rest = text.removeprefix("\ufeff")
    while rest:
        line, _, rest = rest.partition("\n")
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, value = line[:equals], line[equals + 1 :]
        elif heredoc >= 0:
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            if not name or not delimiter:
                raise StepFailed(f"Invalid format {line!r}")
            value, rest = _heredoc(rest, delimiter)
        else:
            raise StepFailed(f"Invalid format {line!r}")
        if name.upper() == "NODE_OPTIONS":
            raise StepFailed(
                "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."
            )
        if not name.upper().startswith(("GITHUB_", "RUNNER_")):
            result[name] = value
    return result


def _heredoc(rest: str, delimiter: str) -> tuple[str, str]:
    lines: list[str] = []
    while rest:
        line, newline, rest = rest.partition("\n")
        if line == delimiter:
            return "\n".join(lines), rest
        if not newline:
            break
        lines.append(line)
    raise StepFailed(f"Matching delimiter not found {delimiter!r}")


@dataclass
class Log:
    """A step's log as people see it, and what it has told the runner."""

    lines: list[str] = field(default_factory=list)
    masks: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def shows(self, text: str) -> str:
        """How a later line of the same job would look: what masks cover together is one `***`.

        Masks are looked for in the text itself, never in what an earlier one has put there.
        """
        covered = sorted(
            (place, place + len(mask))
            for mask in self.masks
            for place in range(len(text))
            if text.startswith(mask, place)
        )
        shown, end = "", 0
        for start, stop in covered:
            if start > end or not shown:
                shown += text[end:start] + "***"
            end = max(end, stop)
        return shown + text[end:]


_KNOWN = {
    "add-mask": "masks",
    "warning": "warnings",
    "error": "errors",
}
_COMMAND = re.compile(r"\s*::(?P<name>[^ :]+)(?: [^:]*)?::(?P<data>.*)", re.DOTALL)
_OLD_COMMAND = re.compile(r"##\[(?P<name>[^ \]]+)[^\]]*\](?P<data>.*)", re.DOTALL)


def read_log(output: str) -> Log:
    """Process what a step has printed: commands are carried out, all else is shown masked."""
    log = Log()
    token = ""
    for line in output.split("\n"):
        found = _COMMAND.match(line) or _OLD_COMMAND.search(line)
        name = found["name"] if found else ""
        if token:
            if name == token:
                token = ""
            else:
                log.lines.append(log.shows(line))
            continue
        if not found:
            log.lines.append(log.shows(line))
            continue
        data = _unescaped(found["data"])
        if name == "stop-commands":
            token = data
        elif name == "add-mask":
            if not data.strip():
                log.warnings.append("Can't add secret mask for empty string")
                continue
            log.masks.add(data)
            log.masks.update(part for part in re.split(r"[\r\n]", data) if part)
        elif name in _KNOWN:
            getattr(log, _KNOWN[name]).append(log.shows(data))
        else:
            log.lines.append(log.shows(line))
    return log


def _unescaped(data: str) -> str:
    return data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@dataclass(frozen=True, kw_only=True)
class Step:
    """How a step with `shell: bash` ended."""

    exit_code: int
    output: str
    environment: Mapping[str, str]
    """What it leaves to the later steps."""

    @property
    def log(self) -> Log:
        return read_log(self.output)


def run_step(script: str, folder: Path, environment: Mapping[str, str]) -> Step:
    """Run the text of a step as the runner does, in an empty folder of its own."""
    folder.mkdir(parents=True)
    place, file, text = folder / "work", folder / "set_env", folder / "script.sh"
    place.mkdir()
    file.touch()
    text.write_bytes(script.encode())
    completed = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(text)],
        cwd=place,
        env={**environment, "GITHUB_ENV": str(file)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert not list(place.iterdir()), "the step left something behind"
    return Step(
        exit_code=completed.returncode,
        output=completed.stdout.decode(errors="replace"),
        environment=read_environment_file(file),
    )
