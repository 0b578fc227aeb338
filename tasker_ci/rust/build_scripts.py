"""Which names of `cfg` a package's build script may set; only a build would tell for sure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import SOURCE_BYTES, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Package

_SET_BY_PEOPLE = frozenset(
    {
        *("coverage", "coverage_nightly", "docsrs", "fuzzing", "kani", "loom", "madsim"),
        *("rust_analyzer", "shuttle", "tarpaulin", "tokio_unstable"),
    }
)
"""Names that tools and people set by flags; a build script that sets one spells it out."""

_ANY_NAME = re.compile(rb'rustc-cfg=(["{\\]|$)|rustc_cfg')
"""A build script that makes up the name."""


@dataclass(kw_only=True)
class BuildScripts:
    """The build scripts of a workspace."""

    reach: Reach
    manifests: Mapping[Path, Mapping[str, Any]]
    _texts: dict[Path, bytes] = field(default_factory=dict)

    def may_set(self, package: Package, name: str) -> bool:
        """Whether the package's build script may set a name."""
        if not any(target.kind == "custom-build" for target in package.targets):
            return False
        text = self._text(package)
        if re.search(rb"\b" + re.escape(name.encode()) + rb"\b", text):
            return True
        if name in _SET_BY_PEOPLE:
            return False
        return bool(_ANY_NAME.search(text)) or self._has_dependencies(package)

    def _text(self, package: Package) -> bytes:
        """All sources of the build script."""
        if package.manifest not in self._texts:
            files = [
                file
                for file, arrivals in self.reach.arrivals.items()
                for arrival in arrivals
                if arrival.package is package and arrival.target.kind == "custom-build"
            ]
            self._texts[package.manifest] = b"\n".join(map(_read, files))
        return self._texts[package.manifest]

    def _has_dependencies(self, package: Package) -> bool:
        manifest = self.manifests.get(package.manifest.parent, {})
        targets = manifest.get("target")
        tables = [manifest, *(targets.values() if isinstance(targets, dict) else ())]
        return any(isinstance(each, dict) and each.get("build-dependencies") for each in tables)


def _read(file: Path) -> bytes:
    try:
        return read_bytes(file, most=SOURCE_BYTES)
    except OSError:
        return b""
