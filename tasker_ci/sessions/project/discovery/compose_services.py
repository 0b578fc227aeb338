"""The compose files of a project and what their services are to its tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, nodes_of, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import Any

_NAME = re.compile(r"(?:docker-)?compose(?:[.-][A-Za-z0-9._-]+)?\.ya?ml")
_FOLDERS = ("", "docker", ".docker", "compose", "deploy", "infra", "ci", "tests", ".devcontainer")
_DATABASE = re.compile(r"postgres|pgmq|postgis|timescale|pgvector")


@dataclass(frozen=True, kw_only=True)
class FoundService:
    """One service of a compose file."""

    name: str
    image: str
    database: bool
    """Whether it is a PostgreSQL, by its image, or by its name where the image is built."""
    binary: str | None
    """The binary of the workspace that it seems to be."""

    def __str__(self) -> str:
        kind = "PostgreSQL" if self.database else f"binary {self.binary}" if self.binary else ""
        return f"{self.name} ({kind})" if kind else self.name


@dataclass(frozen=True, kw_only=True)
class FoundCompose:
    """One compose file."""

    path: str
    """Relative to the project root."""
    services: tuple[FoundService, ...] = ()
    unread: str | None = None
    """Why it cannot be read."""

    def service(self, *names: str) -> FoundService | None:
        """The service that has one of these names."""
        return next((each for each in self.services if each.name in names), None)

    @property
    def database(self) -> FoundService | None:
        """The first service that is a database."""
        return next((each for each in self.services if each.database), None)


def found_compose(
    project_root: Path, workspace: Path, binaries: Iterable[str]
) -> tuple[FoundCompose, ...]:
    """The compose files at the usual places of the project and of its workspace."""
    names = tuple(binaries)
    files = {
        file.resolve(): file
        for top in (project_root, workspace)
        for folder in _FOLDERS
        for file in _files(top / folder)
    }
    return tuple(
        _read(file, file.relative_to(project_root).as_posix(), names) for file in files.values()
    )


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(
            each for each in folder.iterdir() if _NAME.fullmatch(each.name) and each.is_file()
        )
    except OSError:
        return


def _read(file: Path, path: str, binaries: tuple[str, ...]) -> FoundCompose:
    try:
        document = entries(nodes_of(read_bytes(file)))
    except OSError as error:
        return FoundCompose(path=path, unread=error.strerror or "it cannot be read")
    except UnreadableYaml as error:
        return FoundCompose(path=path, unread=str(error))
    services = entries(document.get("services"))
    return FoundCompose(
        path=path,
        services=tuple(_service(name, node, binaries) for name, node in services.items()),
    )


def _service(name: str, node: Any, binaries: tuple[str, ...]) -> FoundService:
    row = entries(node)
    image = text(row.get("image"))
    database = bool(_DATABASE.search(image.lower())) or (
        "build" in row and bool(re.fullmatch(r"db|database|postgres(ql)?|pg", name))
    )
    binary = next((each for each in binaries if each == name or each.endswith(f"-{name}")), None)
    return FoundService(
        name=name, image=image, database=database, binary=None if database else binary
    )
