"""The shell that a step's script is for, and how GitHub starts it.

https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstepsshell
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.github.job_run import Machine


class Language(Enum):
    """What a script is written in."""

    BASH = "bash"
    POWERSHELL = "PowerShell"
    BATCH = "cmd"
    OTHER = "another language"


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A shell with its options."""

    language: Language
    name: str
    exit_on_error: bool = False
    pipefail: bool = False


_BASH = {"bash", "sh", "dash", "zsh", "ksh", "wsl-bash", "msys2", "alpine.sh", "bash.exe"}
_POWERSHELL = {"pwsh", "powershell"}
_OPTIONS = re.compile(r"-([A-Za-z]*)")


def shell_of(written: str | None, machine: Machine) -> Shell:
    """The shell that ``shell:`` names; the default of the machine for None."""
    if not written:
        if machine.system == "Windows":
            return Shell(language=Language.POWERSHELL, name="pwsh")
        return Shell(
            language=Language.BASH, name="sh" if machine.container else "bash", exit_on_error=True
        )
    if written in {"bash", "sh"}:
        pipefail = written == "bash"
        return Shell(language=Language.BASH, name=written, exit_on_error=True, pipefail=pipefail)
    words = written.split()
    names = [word.replace("\\", "/").rpartition("/")[2].lower() for word in words]
    place = next((place for place, name in enumerate(names) if name in _BASH), None)
    if place is not None:  # also behind another program: nix develop --command bash -e {0}
        options = words[place + 1 :]
        letters = "".join(found[1] for word in options if (found := _OPTIONS.fullmatch(word)))
        brings = names[place] in {"msys2", "wsl-bash", "alpine.sh"}
        return Shell(
            language=Language.BASH,
            name=names[place],
            exit_on_error="e" in letters or brings,
            pipefail="pipefail" in options or names[place] == "msys2",
        )
    known = {**dict.fromkeys(_POWERSHELL, Language.POWERSHELL), "cmd": Language.BATCH}
    return Shell(language=known.get(names[0], Language.OTHER), name=words[0])
