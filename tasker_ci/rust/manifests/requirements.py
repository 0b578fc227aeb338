"""What a manifest depends on, with what it takes from its workspace.

https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.workspace import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TABLES = (
    ("normal", ("dependencies",)),
    ("dev", ("dev-dependencies", "dev_dependencies")),
    ("build", ("build-dependencies", "build_dependencies")),
)


def requirements_of(
    manifest: Mapping[str, Any],
    folder: Path,
    shared: Mapping[str, Any],
    shared_folder: Path,
    *,
    edition: str,
) -> Iterator[Requirement]:
    """All dependencies of a package.

    ``shared`` is `[workspace.dependencies]` of the workspace in ``shared_folder``.
    """
    places: list[tuple[str | None, Mapping[str, Any]]] = [(None, manifest)]
    targets = part(manifest, "target")
    places += [(name, part(targets, name)) for name in sorted(targets)]
    for target, table in places:
        for kind, names in _TABLES:
            rows = {key: row for name in names for key, row in part(table, name).items()}
            for key in sorted(rows):
                row, base = _whole(key, rows[key], folder, shared, shared_folder, edition)
                yield _requirement(key, row, base, kind=kind, target=target)


def _whole(
    key: str,
    row: object,
    folder: Path,
    shared: Mapping[str, Any],
    shared_folder: Path,
    edition: str,
) -> tuple[Mapping[str, Any], Path]:
    """The table of a dependency, and the folder from which its path counts."""
    if not isinstance(row, dict):
        return {}, folder
    if row.get("workspace") is not True:
        return row, folder
    found = shared.get(key)
    base = found if isinstance(found, dict) else {}
    whole = {**base, "optional": row.get("optional", False)}
    whole["features"] = [*_names(base.get("features")), *_names(row.get("features"))]
    own, theirs = _default_features(row), _default_features(base)
    if own is not None and (edition >= "2024" or own):
        whole["default-features"] = own
    elif theirs is not None:
        whole["default-features"] = theirs
    return whole, shared_folder


def _requirement(
    key: str, row: Mapping[str, Any], base: Path, *, kind: str, target: str | None
) -> Requirement:
    path = row.get("path")
    name = row.get("package")
    return Requirement(
        name=name if isinstance(name, str) else key,
        kind=kind,
        rename=key if isinstance(name, str) else None,
        path=Path(os.path.normpath(base / path)) if isinstance(path, str) else None,
        from_registry="path" not in row and "git" not in row,
        optional=row.get("optional") is True,
        features=tuple(_names(row.get("features"))),
        default_features=_default_features(row) is not False,
        target=target,
    )


def _default_features(row: Mapping[str, Any]) -> bool | None:
    given = row.get("default-features", row.get("default_features"))
    return given if isinstance(given, bool) else None


def _names(value: object) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def features_of(
    manifest: Mapping[str, Any], requirements: Sequence[Requirement]
) -> dict[str, tuple[str, ...]]:
    """The features of a package, with those that its optional dependencies make.

    https://doc.rust-lang.org/cargo/reference/features.html#optional-dependencies
    """
    found = {name: tuple(_names(row)) for name, row in part(manifest, "features").items()}
    explicit = {
        value.removeprefix("dep:")
        for values in found.values()
        for value in values
        if value.startswith("dep:")
    }
    for requirement in requirements:
        if requirement.optional and requirement.key not in explicit:
            found.setdefault(requirement.key, (f"dep:{requirement.key}",))
    return found
