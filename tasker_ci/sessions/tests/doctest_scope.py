"""Which packages' doctests run: those that plain `cargo test` would run too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.context import Context
from tasker_ci.errors import TaskerCIError
from tasker_ci.tools.cargo import read_workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.rust.workspace import Package, Workspace


@dataclass(frozen=True, kw_only=True)
class DoctestScope:
    """What `cargo test --doc` is given.

    `--doc` also runs the doctests of a library with `doctest = false`, which `cargo test` without
    it does not. Such packages are excluded by name.
    """

    asked: tuple[str, ...] = ()
    """The packages that the user names; () for all."""
    off: tuple[str, ...] = ()
    """Packages with a library whose doctests are off."""
    members: tuple[str, ...] = ()
    """All packages of the workspace."""

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages whose doctests may run, also unknown ones that the user names."""
        return tuple(name for name in self.asked or self.members if name not in self.off)

    @property
    def narrowed(self) -> bool:
        """Whether cargo is given less than the whole workspace."""
        return bool(self.asked or self.off)

    def arguments(self, exclude: str = "--exclude") -> tuple[str, ...]:
        """Cargo's arguments; ``exclude`` is the flag that leaves a package out."""
        if self.asked:
            return tuple(word for name in self.packages for word in ("--package", name))
        return ("--workspace", *(word for name in self.off for word in (exclude, name)))


def doctest_scope(workspace: Workspace, asked: Iterable[str] = ()) -> DoctestScope:
    """The scope for all packages, or for those that a user asks for."""
    return DoctestScope(
        asked=tuple(asked),
        off=tuple(package.name for package in workspace.packages if _is_off(package)),
        members=tuple(package.name for package in workspace.packages),
    )


def known_workspace(context: Context, environment: Mapping[str, str]) -> Workspace | None:
    """The workspace for a dry run, which needs none; None where cargo cannot say."""
    if not (context.workspace / "Cargo.toml").is_file():
        return None
    try:
        return read_workspace(context, environment)
    except TaskerCIError:
        return None


def _is_off(package: Package) -> bool:
    libraries = [target for target in package.targets if target.kind in {"lib", "proc-macro"}]
    return bool(libraries) and not any(target.doctested for target in libraries)
