"""`cargo make`: tasks of Makefile.toml (https://sagiegurari.github.io/cargo-make/)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import UNKNOWN, from_known, is_known, known
from tasker_ci.foreign.command import TOP, Commands, ExitCode
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.runners.follower import joined
from tasker_ci.foreign.runners.paths import inside
from tasker_ci.foreign.runners.scripts import other_language
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.runners.follower import Call, Follower, Repository

_VALUES = {"--profile", "-p", "--env-file", "--loglevel", "-l", "--output-format", "-o", "-t"}
_SYSTEMS = {"Linux": "linux", "macOS": "mac", "Windows": "windows"}
_SHELLS = {"@shell", "sh", "bash", "zsh", "dash", "/bin/sh", "/bin/bash", "/usr/bin/env bash"}
_DEEPEST = 40


@dataclass(kw_only=True)
class _Asked:
    task: str = "default"
    file: str = "Makefile.toml"
    folder: PurePosixPath | None
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    workspace: bool = True


def cargo_make_called(call: Call, follower: Follower, parts: tuple[str, ...]) -> Commands | None:
    """What a task runs; ``parts`` are the words after `make`."""
    asked = _asked(call, parts)
    what = one_line(call.command.text, 60)
    if not is_known(asked.task):
        return call.opaque(f"`{what}` takes its task from a variable")
    path = inside(asked.file, asked.folder)
    if path is None:
        return call.opaque(f"`{what}` runs in a folder that is not known")
    documents = _documents(follower.repository, path, 0)
    if not documents:
        return None
    run = _Run(documents=documents, follower=follower, call=call, asked=asked)
    folder = asked.folder if asked.folder is not None else TOP
    if run.in_each_member(folder):
        return call.opaque(f"`{what}` runs its task in each member of the workspace")
    return joined(run.task(asked.task), call.around)


def _asked(call: Call, parts: tuple[str, ...]) -> _Asked:
    asked = _Asked(folder=call.around.folder)
    rest = list(parts)
    while rest and rest[0].startswith("-"):
        flag, equals, value = rest.pop(0).partition("=")
        if flag in {"--makefile", "--cwd", "-e", "--env", *_VALUES} and not equals:
            value = rest.pop(0) if rest else ""
        if flag == "--makefile":
            asked.file = value
        elif flag == "--cwd":
            asked.folder = inside(value, asked.folder)
        elif flag in {"-e", "--env"}:
            name, _, text = value.partition("=")
            asked.variables[name] = text
        elif flag == "--no-workspace":
            asked.workspace = False
        elif flag == "-t":
            asked.task = value
    if rest:
        asked.task, asked.arguments = rest[0], tuple(rest[1:])
    return asked


def _documents(
    repository: Repository, path: PurePosixPath, depth: int
) -> list[tuple[PurePosixPath, dict[str, Any]]]:
    """The file and those that it extends, the strongest first."""
    text = repository.text(path)
    if text is None or depth > 10:  # noqa: PLR2004 - files that extend files
        return []
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError:
        return []
    found = [(path, document)]
    extend = document.get("extend")
    rows = extend if isinstance(extend, list) else [extend]
    for row in reversed(rows):
        name = row.get("path") if isinstance(row, dict) else row
        if isinstance(name, str) and (file := inside(name, path.parent)) is not None:
            found.extend(_documents(repository, file, depth + 1))
    return found


@dataclass(kw_only=True)
class _Run:
    documents: list[tuple[PurePosixPath, dict[str, Any]]]
    follower: Follower
    call: Call
    asked: _Asked
    done: set[str] = field(default_factory=set)
    _depth: int = 0

    def in_each_member(self, folder: PurePosixPath) -> bool:
        """Whether cargo-make runs the task once for each member of a workspace."""
        manifest = self.follower.repository.text(folder / "Cargo.toml") or ""
        if not self.asked.workspace or "[workspace]" not in manifest:
            return False
        for _, document in self.documents:
            config = document.get("config")
            if isinstance(config, dict) and config.get("default_to_workspace") is False:
                return False
        task, _ = self._task(self.asked.task)
        return task.get("workspace") is not False

    def _task(self, name: str) -> tuple[dict[str, Any], PurePosixPath]:
        found: dict[str, Any] = {}
        file = self.documents[0][0]
        system = _SYSTEMS.get(self.call.around.run.machine.system or "", "")
        for path, document in reversed(self.documents):
            tasks = document.get("tasks")
            task = tasks.get(name) if isinstance(tasks, dict) else None
            if isinstance(task, dict):
                file = path
                found = task if task.get("clear") else {**found, **task}
                own = task.get(system)
                if isinstance(own, dict):
                    found = own if own.get("clear") else {**found, **own}
        return found, file

    def task(self, name: str) -> list[Commands]:
        """What a task runs."""
        if name in self.done or self._depth > _DEEPEST:
            return []
        self.done.add(name)
        task, file = self._task(name)
        if not task:
            if re.search(r"test|ci|cover|bench|workspace", name):
                return [self.call.opaque(f"the task {name} is one that cargo-make brings")]
            return []
        system = _SYSTEMS.get(self.call.around.run.machine.system or "", "")
        alias = task.get(f"{system}_alias") or task.get("alias")
        extended = task.get("extend")
        if isinstance(extended, str):
            task = {**self._task(extended)[0], **task}
        self._depth += 1
        found: list[Commands] = []
        if isinstance(alias, str):
            found = self.task(alias)
        else:
            for row in _rows(task.get("dependencies")):
                dependency = row.get("name") if isinstance(row, dict) else row
                if isinstance(dependency, str):
                    found.extend(self.task(dependency))
            found.extend(self._own(name, task, file))
        self._depth -= 1
        return found

    def _own(self, name: str, task: Mapping[str, Any], file: PurePosixPath) -> list[Commands]:
        call = self.call
        if "condition" in task or "condition_script" in task:
            call = replace(call, command=replace(call.command, certain=False))
        if task.get("ignore_errors") or task.get("force"):
            call = replace(call, command=replace(call.command, exit_code=ExitCode.IGNORED))
        place = Place(file, _line(self.follower.repository.text(file) or "", name))
        around = self._around(task, file)
        if "run_task" in task:
            return self._run_task(task["run_task"])
        if isinstance(command := task.get("command"), str):
            parts = [
                text
                for each in (command, *_rows(task.get("args")))
                if isinstance(each, str)
                for text in self._filled(each, around)
            ]
            words = tuple(known(part) for part in parts)
            return [self.follower.words(words, call, place, around, tuple(parts))]
        script = task.get("script")
        if isinstance(script, dict):
            path = inside(str(script.get("file", "")), around.folder)
            text = self.follower.repository.text(path) if path is not None else None
            if text is None:
                return [Commands(opaque=(Opaque(place, f"the script of {name} cannot be read"),))]
            place = Place(path, 1) if path is not None else place
        else:
            text = "\n".join(str(each) for each in _rows(script))
        if not text.strip():
            return []
        runner = task.get("script_runner", "@shell")
        if runner not in _SHELLS:
            return [other_language(call, text, f"the task {name}")]
        return [
            self.follower.script(
                Script(
                    text=text.replace("${@}", " ".join(self.asked.arguments)),
                    place=place,
                    around=around,
                    exit_on_error=True,
                    arguments=tuple(known(each) for each in self.asked.arguments),
                ),
                call,
            )
        ]

    def _run_task(self, value: Any) -> list[Commands]:
        found: list[Commands] = []
        for row in _rows(value):
            names = _rows(row.get("name")) if isinstance(row, dict) else [row]
            unsure = isinstance(row, dict) and "condition" in row
            for name in names:
                if not isinstance(name, str):
                    continue
                self.done.discard(name)
                parts = self.task(name)
                found.extend(
                    replace(
                        part,
                        commands=tuple(replace(each, certain=False) for each in part.commands),
                    )
                    if unsure
                    else part
                    for part in parts
                )
        return found

    def _around(self, task: Mapping[str, Any], file: PurePosixPath) -> Surroundings:
        variables: dict[str, str | None] = {}
        for _, document in reversed(self.documents):
            variables |= _texts(document.get("env"))
        given = self.call.around.variables
        variables = {name: value for name, value in variables.items() if name not in given}
        variables |= _texts(task.get("env"))
        variables |= {name: known(text) for name, text in self.asked.variables.items()}
        around = self.call.around.in_folder(self.asked.folder)
        around = around.with_variables(variables)
        cwd = task.get("cwd")
        if isinstance(cwd, str):
            text = self._filled(cwd, around)[0]
            around = around.in_folder(inside(text, self.asked.folder) if is_known(text) else None)
        del file
        return around

    def _filled(self, text: str, around: Surroundings) -> list[str]:
        if text == "${@}":
            return list(self.asked.arguments)
        if text.startswith("@@"):
            return [UNKNOWN]

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("CARGO_MAKE_WORK") and name.endswith("WORKING_DIRECTORY"):
                return "."
            if name.isdigit() and 0 < int(name) <= len(self.asked.arguments):
                return self.asked.arguments[int(name) - 1]
            return from_known(around.variables.get(name))

        return [re.sub(r"\$\{([^}]*)\}", value, text)]


def _rows(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _texts(value: Any) -> dict[str, str | None]:
    """Variables; an array or a table of conditions is not known."""
    found: dict[str, str | None] = {}
    for name, each in value.items() if isinstance(value, dict) else ():
        if isinstance(each, bool):
            found[name] = str(each).lower()
        elif isinstance(each, str | int):
            found[name] = None if "$" in str(each) else str(each)
        else:
            found[name] = None
    return found


def _line(text: str, name: str) -> int:
    found = re.search(rf"^\s*\[tasks\.[\"']?{re.escape(name)}[\"']?\]", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1
