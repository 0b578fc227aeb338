"""Which targets ask for a variable: through every module and helper crate that they reach."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.rust.reach import reach_of
from tasker_ci.rust.texts import read_texts
from tasker_ci.text.file_reading import SOURCE_BYTES, read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Package, Target, Workspace

_LIBRARY = {"lib", "proc-macro"}
_SQLX_TEST = re.compile(rb"^\s*#\s*\[\s*sqlx\s*::\s*test\b", re.MULTILINE)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_ROOTS = {"lib.rs", "main.rs", "mod.rs"}
_DATABASE = frozenset({"DATABASE_URL"})


@dataclass(kw_only=True)
class ServiceNeeds:
    """What the targets of a workspace ask for."""

    workspace: Workspace
    reach: Reach
    _asking: dict[tuple[Path, frozenset[str]], bool] = field(default_factory=dict)

    def targets(self, names: Collection[str]) -> tuple[tuple[Package, Target], ...]:
        """The tests in `tests/` that ask for one of these variables, themselves or by a helper."""
        wanted = frozenset(names)
        return tuple(
            (package, target)
            for package, target in self.workspace.tested()
            if target.kind == "test" and self._needs(package, target, wanted)
        )

    def database_packages(self) -> tuple[str, ...]:
        """The packages whose code asks for a database; what no target compiles does not count."""
        return tuple(
            package.name
            for package in self.workspace.packages
            if any(
                self._asks(file, _DATABASE) or self._is_tested_by_sqlx(file)
                for target in package.targets
                for file in self._files(package, target)
            )
        )

    def _needs(self, package: Package, target: Target, names: frozenset[str]) -> bool:
        own = list(self._files(package, target))
        if any(self._asks(file, names) for file in own):
            return True
        words = {word for file in own for word in _IDENTIFIER.findall(_text(file))}
        for helper, is_for_tests in self._helpers(package):
            if helper.name.replace("-", "_") not in words:
                continue
            for library in helper.targets:
                if library.kind not in _LIBRARY:
                    continue
                for file in self._files(helper, library):
                    module = file.parent.name if file.name == "mod.rs" else file.stem
                    root = file.name in _ROOTS - {"mod.rs"}
                    used = is_for_tests if root else module in words or is_for_tests
                    if used and self._asks(file, names):
                        return True
        return False

    def _helpers(self, package: Package) -> Iterator[tuple[Package, bool]]:
        """The packages that a test may name, each with whether only tests have it."""
        yield package, False
        kinds: dict[Path, set[str]] = {}
        for dependency in package.dependencies:
            kinds.setdefault(dependency.path.resolve(), set()).add(dependency.kind)
        for other in self.workspace.packages:
            if found := kinds.get(other.manifest.parent.resolve()):
                yield other, found == {"dev"}

    def _files(self, package: Package, target: Target) -> Iterator[Path]:
        for file, arrivals in self.reach.arrivals.items():
            if any(each.package is package and each.target is target for each in arrivals):
                yield file

    def _asks(self, file: Path, names: frozenset[str]) -> bool:
        """Whether one of these names is a string of the code; comments are none."""
        key = (file, names)
        if key not in self._asking:
            content = _content(file)
            mentioned = any(name.encode() in content for name in names)
            self._asking[key] = mentioned and any(
                each.value in names for each in read_texts(content)
            )
        return self._asking[key]

    def _is_tested_by_sqlx(self, file: Path) -> bool:
        return bool(_SQLX_TEST.search(_content(file)))


def service_needs(workspace: Workspace, sources: Sources | None = None) -> ServiceNeeds:
    """Follow the targets of a workspace. Files that cannot be read count as empty."""
    return ServiceNeeds(workspace=workspace, reach=reach_of(workspace, sources))


def _content(file: Path) -> bytes:
    try:
        return read_bytes(file, most=SOURCE_BYTES)
    except OSError:
        return b""


def _text(file: Path) -> str:
    return _content(file).decode(errors="replace")
