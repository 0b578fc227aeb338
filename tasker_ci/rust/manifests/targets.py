"""The targets of a package, by its manifest and by the places where cargo finds them.

https://doc.rust-lang.org/cargo/reference/cargo-targets.html
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.workspace import LIBRARY_KINDS, Target, has_documentation_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.rust.manifests.listing import ManifestListing

_FOLDERS = {"bin": "src/bin", "example": "examples", "test": "tests", "bench": "benches"}
_SWITCHES = {
    "bin": "autobins",
    "example": "autoexamples",
    "test": "autotests",
    "bench": "autobenches",
}
_TESTED = frozenset({"lib", "bin", "test"})
_BENCHED = frozenset({"lib", "bin", "bench"})


@dataclass(frozen=True, kw_only=True)
class PackageFolder:
    """Where a package lies and what its manifest says."""

    folder: PurePosixPath
    """From the root of the checkout."""
    name: str
    edition: str
    manifest: Mapping[str, Any]
    listing: ManifestListing

    def path(self, name: str) -> Path:
        """A file of the package on the disk."""
        return self.listing.files.root / self.folder / name

    def has(self, name: str) -> bool:
        """Whether the package has a file or folder."""
        return self.listing.has(self.folder / name)


def targets_of(package: PackageFolder) -> Iterator[Target]:
    """All targets of a package, in the order of `cargo metadata`."""
    yield from _library(package)
    for kind in _FOLDERS:
        yield from _named(package, kind)
    yield from _build_scripts(package)


def _library(package: PackageFolder) -> Iterator[Target]:
    table = package.manifest.get("lib")
    found = package.has("src/lib.rs")
    automatic = part(package.manifest, "package").get("autolib") is not False
    if not isinstance(table, dict):
        if not (found and automatic):
            return
        table = {}
    name = str(table.get("name") or package.name.replace("-", "_"))
    path = table.get("path") or ("src/lib.rs" if found else f"src/{name}.rs")
    if "\0" in str(path):
        return
    kinds = _crate_types(table)
    kind = next((kind for kind in kinds if kind in LIBRARY_KINDS), "lib")
    yield Target(
        name=name,
        kind="proc-macro" if kind == "proc-macro" else "lib",
        source=_normal(package.path(str(path))),
        tested=table.get("test", True) is not False,
        doctested=table.get("doctest", True) is not False and has_documentation_tests(kinds),
        required_features=_required(table),
        benched=table.get("bench", True) is not False,
    )


def _crate_types(table: Mapping[str, Any]) -> tuple[str, ...]:
    given = table.get("crate-type", table.get("crate_type"))
    if isinstance(given, list) and given:
        return tuple(map(str, given))
    is_macro = table.get("proc-macro", table.get("proc_macro")) is True
    return ("proc-macro",) if is_macro else ("lib",)


def _named(package: PackageFolder, kind: str) -> Iterator[Target]:
    inferred = _inferred(package, kind)
    tables = package.manifest.get(kind)
    rows = [row for row in tables if isinstance(row, dict)] if isinstance(tables, list) else []
    automatic = part(package.manifest, "package").get(_SWITCHES[kind])
    if automatic is None:
        automatic = not rows or package.edition != "2015"
    names = {row.get("name") for row in rows}
    paths = {package.path(str(row["path"])) for row in rows if row.get("path")}
    if automatic:
        rows += [
            {"name": name, "path": path}
            for name, path in inferred
            if name not in names and package.path(path) not in paths
        ]
    for row in sorted(rows, key=lambda row: str(row.get("name"))):
        target = _target(package, kind, row, inferred)
        if target is not None:
            yield target


def _target(
    package: PackageFolder, kind: str, row: Mapping[str, Any], inferred: list[tuple[str, str]]
) -> Target | None:
    name = row.get("name")
    if not isinstance(name, str):
        return None
    path = row.get("path") or next((path for other, path in inferred if other == name), None)
    path = path or _old_path(package, kind, name)
    if not isinstance(path, str) or "\0" in path:
        return None
    return Target(
        name=name,
        kind=kind,
        source=_normal(package.path(path)),
        tested=row.get("test", kind in _TESTED) is not False,
        doctested=False,
        required_features=_required(row),
        benched=row.get("bench", kind in _BENCHED) is not False,
    )


def _old_path(package: PackageFolder, kind: str, name: str) -> str | None:
    """Where cargo still looks in packages of the edition 2015."""
    if package.edition != "2015":
        return None
    places: tuple[str, ...] = ()
    if kind == "bin":
        places = (f"src/{name}.rs", "src/main.rs", "src/bin/main.rs")
    elif kind == "bench" and name == "bench":
        places = ("src/bench.rs",)
    return next((path for path in places if package.has(path)), None)


def _inferred(package: PackageFolder, kind: str) -> list[tuple[str, str]]:
    """Names and paths of the targets that cargo finds by their places."""
    found = []
    if kind == "bin" and package.has("src/main.rs"):
        found.append((package.name, "src/main.rs"))
    place = _FOLDERS[kind]
    folder = package.folder / place
    for name in package.listing.names(folder):
        if name.startswith("."):
            continue
        if package.listing.is_folder(folder / name):
            if package.listing.has(folder / name / "main.rs"):
                found.append((name, f"{place}/{name}/main.rs"))
        elif name.endswith(".rs"):
            found.append((name.removesuffix(".rs"), f"{place}/{name}"))
    return found


def _build_scripts(package: PackageFolder) -> Iterator[Target]:
    given = part(package.manifest, "package").get("build")
    if given is None or given is True:
        scripts = ["build.rs"] if package.has("build.rs") or given is True else []
    else:
        scripts = given if isinstance(given, list) else [given] if given else []
    for script in scripts:
        yield Target(
            name=f"build-script-{PurePosixPath(str(script)).stem}",
            kind="custom-build",
            source=_normal(package.path(str(script))),
            tested=False,
            doctested=False,
            required_features=(),
            benched=False,
        )


def _required(table: Mapping[str, Any]) -> tuple[str, ...]:
    given = table.get("required-features", table.get("required_features"))
    return tuple(map(str, given)) if isinstance(given, list) else ()


def _normal(path: Path) -> Path:
    import os

    return Path(os.path.normpath(path))
