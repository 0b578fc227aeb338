"""What wraps the compiler: a program that the project chose, sccache, or nothing.

Cargo starts ``WRAPPER WORKSPACE_WRAPPER rustc …``: the first for every package, the second for
members of the workspace alone.
https://doc.rust-lang.org/cargo/reference/config.html#buildrustc-wrapper
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from tasker_ci.rust.cargo_configuration import CargoConfiguration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.rust.cargo_configuration import Given

SCCACHE = "sccache"


@dataclass(frozen=True, kw_only=True)
class Wrapping:
    """How cargo will start the compiler, before sccache was asked."""

    program: str | None
    """The sccache that will wrap compilations if it answers; None if none is meant to."""
    with_sccache: tuple[str, ...]
    """What cargo starts then, without its arguments."""
    without_sccache: tuple[str, ...]
    environment: Mapping[str, str]
    """The environment of that call, cargo's table `[env]` included."""
    asked: Given | None = None
    """The place that asks for sccache; None if this is the default of the settings."""
    other: Given | None = None
    """A wrapper of the project's own, for which sccache is left out."""
    beside: Given | None = None
    """A workspace wrapper that sccache will have to start."""
    if_it_answers: Mapping[str, str]
    """Variables that keep what the project chose; they win over the table."""
    if_not: Mapping[str, str]
    """Variables that switch off an sccache that was asked for."""

    @property
    def told(self) -> str | None:
        """Why sccache is left out, as one sentence; None if it is not, or nobody wonders."""
        if self.other is None:
            return None
        return (
            f"cargo compiles through {self.other.program} ({self.other.source}), "
            "so sccache is not used."
        )


def plan_wrapping(
    workspace: Path, environment: Mapping[str, str], *, default: str | None
) -> Wrapping:
    """Decide what wraps the compiler in ``workspace`` for a cargo with ``environment``.

    A configured wrapper stays. ``default`` is the sccache of the settings, None if they want none.
    """
    configuration = CargoConfiguration.read(workspace, environment)
    general, members = configuration.wrapper, configuration.workspace_wrapper
    path = environment.get("PATH")
    chosen = {
        name: given
        for name, given in (("RUSTC_WRAPPER", general), ("RUSTC_WORKSPACE_WRAPPER", members))
        if given is not None
    }
    asked = [name for name, given in chosen.items() if _is_sccache(given.program, path)]
    others = [given for name, given in chosen.items() if given.program and name not in asked]
    # An empty value says that nothing shall wrap.
    free = general is None and not others
    program = chosen[asked[0]].program if asked else (default if free else None)
    kept = tuple(given.program for given in others)
    compiler = (*kept, configuration.compiler)
    if asked:
        words = (*(given.program for given in chosen.values() if given.program), compiler[-1])
    else:
        words = (program, *compiler) if program else compiler
    general_program = general.program if general else ""
    return Wrapping(
        program=program,
        with_sccache=words,
        without_sccache=compiler,
        environment={**environment, **configuration.compiler_environment},
        asked=chosen[asked[0]] if asked else None,
        other=others[0] if others and not asked and default else None,
        beside=members if asked == ["RUSTC_WRAPPER"] and members and members.program else None,
        if_it_answers={"RUSTC_WRAPPER": general_program} if asked else {},
        if_not=dict.fromkeys(asked, ""),
    )


def _is_sccache(program: str, path: str | None) -> bool:
    """Whether a program is sccache, by whatever path or link."""
    if not program:
        return False
    if PurePath(program).stem == SCCACHE:
        return True
    found = shutil.which(program, path=path)
    return found is not None and Path(found).resolve().stem == SCCACHE


def lies_within(roots: Iterable[Path], program: str, path: str) -> bool:
    """Whether a program lies in one of the folders, and in none that ``path`` names in full."""
    found = program if "/" in program else shutil.which(program, path=path)
    if not found:
        return False
    file = Path(found).absolute()
    chosen = {str(Path(each)) for each in path.split(os.pathsep) if each[:1] == "/"}
    if str(file.parent) in chosen:
        return False
    return any(
        place.is_relative_to(root)
        for place in (file, file.resolve())
        for root in (each.resolve() for each in roots)
    )
