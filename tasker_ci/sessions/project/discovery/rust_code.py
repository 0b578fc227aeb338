"""What the code of a workspace needs from the sessions: read from manifests and sources."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.rust.harness import target_table
from tasker_ci.sessions.project.discovery.places import LEFT_OUT
from tasker_ci.text.file_reading import SOURCE_BYTES, read_text
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.rust.workspace import Package
    from tasker_ci.sessions.project.discovery.service_needs import ServiceNeeds

_TESTS = re.compile(
    r"^[^/\n]*(?:#\s*\[\s*(?:\w+\s*::\s*)*(?:\w*test|test_\w+|case|quickcheck)\s*[\](]"
    r"|\b(?:proptest|quickcheck)!)",
    re.MULTILINE,
)
_LISTS_ITSELF = re.compile(r"libtest_mimic|datatest_stable|datatest_mini|--list|nextest")
_QUERY_MACRO = re.compile(
    r"\bquery(?:_as|_scalar|_file|_file_as|_file_scalar)?(?:_unchecked)?!\s*\("
)
_OFFLINE = ".sqlx"


@dataclass(frozen=True, kw_only=True)
class RustFacts:
    """What decides on settings, and what has to be said."""

    own_harness: tuple[str, ...] = ()
    """Targets that nextest cannot list, as selectors of `unit.cargo-test`."""
    has_tests: bool = True
    compiles_with_database: tuple[str, ...] = ()
    """Packages whose queries are checked while they compile, without offline data."""
    tests_with_database: tuple[str, ...] = ()
    """Packages whose code asks for DATABASE_URL."""
    only_nightly: tuple[str, ...] = ()
    """Packages that use unstable features of the language unconditionally."""
    nightly_benches: bool = False
    """Whether benches do so, which no test builds."""


def rust_facts(needs: ServiceNeeds) -> RustFacts:
    """Look at every package of a workspace. Files that cannot be read count as empty."""
    workspace = needs.workspace
    own_harness: list[str] = []
    has_tests = False
    compiled: list[str] = []
    nightly: list[str] = []
    benches = False
    for package in workspace.packages:
        manifest = _text(package.manifest)
        own_harness += _own_harness(package)
        unstable = {
            target.kind for target in package.targets if _UNSTABLE.search(_text(target.source))
        }
        benches = benches or "bench" in unstable
        if unstable - {"bench"}:
            nightly.append(package.name)
        queries = False
        uses_sqlx = "sqlx" in manifest
        for source in sources_of(package):
            code = _text(source)
            has_tests = has_tests or bool(_TESTS.search(code))
            queries = queries or bool(uses_sqlx and _QUERY_MACRO.search(code))
        folders = (workspace.root, package.manifest.parent)
        if queries and not any((folder / _OFFLINE).is_dir() for folder in folders):
            compiled.append(package.name)
    return RustFacts(
        own_harness=tuple(own_harness),
        has_tests=has_tests or bool(own_harness),
        compiles_with_database=tuple(compiled),
        tests_with_database=needs.database_packages(),
        only_nightly=tuple(nightly),
        nightly_benches=benches,
    )


_UNSTABLE = re.compile(r"^\s*#!\[feature\(", re.MULTILINE)


def sources_of(package: Package) -> Iterator[Path]:
    """The Rust files of a package, without those of packages within its folder."""
    top = package.manifest.parent
    for name, folders, files in os.walk(top):
        folder = Path(name)
        folders[:] = sorted(
            each
            for each in folders
            if each not in LEFT_OUT
            and not each.startswith(".")
            and not (folder / each / "Cargo.toml").is_file()
        )
        yield from (folder / each for each in sorted(files) if each.endswith(".rs"))


def _own_harness(package: Package) -> Iterator[str]:
    """The tested targets with ``harness = false`` whose main function lists no tests."""
    document = read_tables(package.manifest)
    for target in package.targets:
        table = target_table(document, package, target)
        alone = target.tested and table.get("harness") is False
        if alone and not _LISTS_ITSELF.search(_text(target.source)):
            lib = target.kind in {"lib", "proc-macro"}
            yield f"{package.name}::lib" if lib else package.binary_id(target)


def _text(file: Path) -> str:
    try:
        return read_text(file, most=SOURCE_BYTES, encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
