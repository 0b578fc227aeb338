"""Calls that cargo refuses, because something that they name is not there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.workspace import Package, Target


def refusal_of(selection: Selection) -> str:
    """Why cargo would refuse a call, as a clause; "" where nothing says so."""
    return next(_refusals(selection), "")


def _refusals(selection: Selection) -> Iterator[str]:
    invocation = selection.invocation
    for flag in invocation.unknown_flags:
        yield f"`{' '.join(('cargo', *invocation.subcommand))}` has no flag `{flag}`"
    if selection.targets.mode == "doctest" and selection.targets.flags - {"--doc"}:
        yield "`--doc` does not go together with other flags for targets"
    if not invocation.has("--workspace"):
        for name in selection.chosen.unmatched:
            yield f"no package of the workspace is named `{name}`"
    if selection.closure is not None:
        for name in selection.closure.refused:
            yield f"no selected package has the feature `{name}`"
    yield from _missing_targets(selection)


def _missing_targets(selection: Selection) -> Iterator[str]:
    chosen = selection.chosen.names or frozenset()
    packages = [each for each in selection.workspace.packages if each.name in chosen]
    for kind, name in selection.targets.names:
        found = [
            (package, target)
            for package in packages
            for target in package.targets
            if target.kind == kind and fnmatchcase(target.name, name)
        ]
        if not found:
            yield f"no selected package has the {kind} target `{name}`"
        for package, target in found:
            yield from _lacking(selection, package, target)
    libraries = {"lib", "proc-macro"}
    wants_library = {"--lib", "--doc"} & selection.targets.flags
    if wants_library and not any(
        target.kind in libraries for package in packages for target in package.targets
    ):
        yield "no selected package has a library"


def _lacking(selection: Selection, package: Package, target: Target) -> Iterator[str]:
    verdict = selection.has_features(package, target)
    if verdict.selected is False:
        yield f"it names the {target.kind} {target.name}, but {verdict.why}"
