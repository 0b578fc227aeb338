"""What a command of a foreign workflow finds around it: variables, folder, toolchain."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.shell import ShellCommand

TOP = PurePosixPath()
"""The project root."""

_WRITES_FILES = {"echo", "printf", "cat"}
_ENVIRONMENT_FILE = re.compile(r"GITHUB_ENV")
_LINE = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)")
_SOURCES = {"source", ".", "eval"}
_MANIFESTS = re.compile(r"\bCargo\.(toml|lock)\b|\.rs\b|rust-toolchain|\.cargo/config")
_EDITORS = {"rm", "mv", "cp", "sed", "perl", "awk", "patch", "tee"}
_CARGO_EDITORS = {
    *("update", "add", "remove", "rm", "upgrade", "generate-lockfile", "minimal-versions", "init"),
    *("set-version", "fix", "hakari", "vendor"),
}
_GIT_EDITORS = {"apply", "checkout", "switch", "reset", "merge", "stash", "am", "rebase", "pull"}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where one command runs."""

    environment: Mapping[str, str | None] = field(default_factory=dict)
    """What workflow, job, step and script set; None for a value that is not known."""
    folder: PurePosixPath | None = TOP
    """From the project root; None where it is not known."""
    toolchain: str | None = ""
    """What the job chose; "" for the workspace's own, None where it is not known."""
    problem: str = ""
    """Why nothing here is what a session does: another machine, a container, a condition."""

    def with_variables(self, more: Mapping[str, str | None]) -> Surroundings:
        """The same with variables that are set over those that are there."""
        return replace(self, environment={**self.environment, **more}) if more else self

    def in_folder(self, path: str) -> Surroundings:
        """The same after a change of the folder."""
        if self.folder is None or not path or path[0] in "/~-$" or "$" in path or "`" in path:
            return replace(self, folder=None)
        return replace(self, folder=joined(self.folder, path))

    def with_problem(self, problem: str) -> Surroundings:
        """The same with the first problem that was found."""
        return self if self.problem or not problem else replace(self, problem=problem)


def joined(folder: PurePosixPath, path: str) -> PurePosixPath | None:
    """A path from a folder, without ``..``; None for one outside the project."""
    parts: list[str] = [*folder.parts]
    for part in PurePosixPath(path).parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts) if not path.startswith("/") else None


def after(  # noqa: PLR0911 - a table of commands
    command: ShellCommand, before: Surroundings
) -> Surroundings:
    """What a command leaves to the later ones of its script."""
    known = command.always
    if not command.words:
        return before.with_variables(_only_if(command.assignments, known))
    name, *rest = command.words
    if name in {"export", "declare", "readonly"}:
        pairs = [word.partition("=") for word in rest if "=" in word]
        found = {key: value if command.fixed else None for key, _, value in pairs}
        return before.with_variables(_only_if(found, known))
    if name == "unset":
        gone = {word for word in rest if not word.startswith("-")}
        kept = {key: value for key, value in before.environment.items() if key not in gone}
        return replace(before, environment=kept) if known else before
    if name in {"cd", "pushd", "popd"}:
        path = rest[0] if len(rest) == 1 and name != "popd" and command.fixed and known else ""
        return before.in_folder(path)
    if changes_code(command):
        return before.with_problem(f"it runs after `{command.text}`, which changes what is built")
    if name in _SOURCES:
        return before.with_problem(f"it runs after `{command.text}`, which may change anything")
    if name == "rustup" and rest[:1] == ["default"] and len(rest) > 1:
        return replace(before, toolchain=rest[-1] if command.fixed and known else None)
    if name == "rustup" and rest[:2] == ["override", "set"]:
        return replace(before, toolchain=rest[2] if command.fixed and known and rest[2:] else None)
    return before


def changes_code(command: ShellCommand) -> bool:
    """Whether a command changes manifests, Cargo.lock or sources before they are built."""
    name, *rest = command.words or ("",)
    if name == "cargo":
        words = [word for word in rest if not word.startswith(("-", "+"))]
        return bool(words) and words[0] in _CARGO_EDITORS
    if name == "git":
        return bool(rest) and rest[0] in _GIT_EDITORS
    written = any(_MANIFESTS.search(file) for file in command.written_to)
    edited = name in _EDITORS and _MANIFESTS.search(command.text)
    return written or bool(edited)


def to_later_steps(command: ShellCommand) -> dict[str, str | None] | None:
    """What a command writes to GITHUB_ENV; None where that cannot be read.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    everywhere = [*command.written_to, *(word for part in command.piped_to for word in part)]
    if not any(_ENVIRONMENT_FILE.search(word) for word in everywhere):
        return {} if not _ENVIRONMENT_FILE.search(command.text) else None
    name, *rest = command.words or ("",)
    if name not in _WRITES_FILES:
        return None
    text = command.document if name == "cat" else " ".join(rest).replace("\\n", "\n")
    lines = [line for line in text.splitlines() if line.strip()]
    found = [match for line in lines if (match := _LINE.fullmatch(line.strip()))]
    if len(found) != len(lines) or not lines:
        return None
    return {
        match["name"]: None if re.search(r"[$`]", match["value"]) else match["value"]
        for match in found
    }


def read_script(
    script: Iterator[ShellCommand], before: Surroundings
) -> Iterator[tuple[ShellCommand, Surroundings]]:
    """Each command of a script with what it finds around it; what a subshell does stays in it."""
    waiting = [before]
    for command in script:
        while len(waiting) <= command.depth:
            waiting.append(waiting[-1])
        del waiting[command.depth + 1 :]
        around = waiting[-1].with_variables(command.assignments if command.words else {})
        yield command, around
        waiting[-1] = after(command, waiting[-1])


def _only_if(found: Mapping[str, str | None], known: bool) -> Mapping[str, str | None]:  # noqa: FBT001
    return found if known else dict.fromkeys(found)
