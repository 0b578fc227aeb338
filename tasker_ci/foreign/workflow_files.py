"""The workflows that a project has already: when they start, and what they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.scripts import commands_of
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.foreign import tabbed
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, items, nodes_of, text, words
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

FOLDER = ".github/workflows"

_MOST_CHARACTERS = 100


@dataclass(frozen=True, kw_only=True)
class FoundWorkflow:
    """One workflow that somebody wrote; every text is on one line."""

    file: str
    triggers: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """What its steps run, each once: commands, then the workflows that it calls."""
    unread: str = ""
    """Why it could not be read."""


def found_workflows(project_root: Path) -> tuple[FoundWorkflow, ...]:
    """The workflows that `sync` did not write, in the order of their names."""
    folder = project_root / FOLDER
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    return tuple(found for file in files if (found := _read(file)) is not None)


def _read(file: Path) -> FoundWorkflow | None:
    try:
        content = read_bytes(file)
        if is_ours(content.decode(errors="replace")):
            return None
        document = entries(nodes_of(content))
    except OSError as error:
        return FoundWorkflow(file=file.name, unread=error.strerror or "it cannot be read")
    except UnreadableYaml as error:
        return FoundWorkflow(file=file.name, unread=_short(str(error)))
    jobs = entries(document.get("jobs"))
    commands = [each for job in jobs.values() for each in _commands(job)]
    return FoundWorkflow(
        file=file.name,
        triggers=tuple(map(_short, words(document.get("on")))),
        jobs=tuple(map(_short, jobs)),
        commands=tuple(dict.fromkeys(map(_short, commands))),
    )


def _commands(job: Any) -> Iterator[str]:
    for step in items(entries(job).get("steps")):
        if script := text(entries(step).get("run")):
            yield from commands_of(script)
    if called := text(entries(job).get("uses")):
        yield f"calls {called}"


def _short(line: str) -> str:
    line = tabbed(" ".join(line.split()))
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 2]} …"
