"""The target directories: that of what builds, and the one of what checks (clippy, doc).

Both compile build scripts and procedural macros, in two directories twice. In one directory they
wait for one another's lock, which costs time only where processors are idle meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.process.processors import processors
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context

FEW_PROCESSORS = 2
"""So many are busy with one compilation (`benchmarks/pipeline.py`)."""

_BUILT = ".rustc_info.json"
"""Cargo's own note at the top of every target directory that was built in."""


@dataclass(frozen=True, kw_only=True)
class CheckDirectory:
    """Where what checks is compiled."""

    path: Path
    shared: bool
    """Whether it is the directory of what builds."""
    why: str

    @property
    def sentence(self) -> str:
        """Which it is, and why, for people."""
        which = (
            "One target directory for all that compiles"
            if self.shared
            else "Two target directories, one for what checks and one for what builds"
        )
        return f"{which}: {self.why}."


def check_directory(context: Context) -> CheckDirectory:
    """The target directory of what checks, by the setting `check-directory`."""
    base = target_directory(context.workspace, context.environment)
    own = base / "tasker-ci" / "check"
    wanted = context.settings.check_directory
    if wanted != "auto":
        shared, why = wanted == "shared", f"the setting `check-directory` is {wanted!r}"
    elif (own / _BUILT).exists():
        shared, why = False, f"{own} is built already"
    else:
        count = processors()
        shared, why = count <= FEW_PROCESSORS, f"there are {counted(count, 'processor')}"
    return CheckDirectory(path=base if shared else own, shared=shared, why=why)
