"""Which session does what a program did that a foreign workflow called."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.project.covering.actions import PREPARATION
from tasker_ci.sessions.project.covering.builds import installs_toolchains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.sessions.project.covering.project import Project
    from tasker_ci.settings.model import Settings

_SQLX = ["sqlx", "migrate", "run"]
_SIMPLE_RUSTUP = {("show",), ("check",), ("self", "update"), ("set", "profile")}
_COMPONENTS = {"clippy", "rustfmt", "cargo", "rustc"}
_STATISTICS = {"--show-stats", "--zero-stats", "--start-server", "--stop-server", "-s", "-z"}
_DEFAULT_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_STACK = {"up", "down", "ps", "logs", "stop", "start", "wait", "pull"}
_STACK_FLAGS = {
    *("-d", "--detach", "--wait", "-v", "--volumes", "--remove-orphans", "--quiet-pull", "--build"),
    *("--no-color", "-q", "--quiet", "-f", "--follow", "--force-recreate"),
}


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The programs that a session may stand in for."""

    settings: Settings
    project: Project
    workflows: frozenset[str]
    tools: frozenset[str]
    stages: Mapping[str, str]
    stage_files: Mapping[str, str]
    plugs: frozenset[str]

    def covers(self, words: Sequence[str], folder: PurePosixPath | None) -> str:
        """What does the work of a command, without what stands before its name; "" if nothing."""
        name, *rest = words or ("",)
        return self._rustup(rest) if name == "rustup" else self._program(name, rest, folder)

    def _program(self, name: str, rest: list[str], folder: PurePosixPath | None) -> str:
        if name in {"nox", "invoke", "inv", "tasker-ci"}:
            return self._sessions(name, rest)
        if name == "sccache":
            return PREPARATION if rest and set(rest) <= _STATISTICS else ""
        if name == "docker-compose" or (name == "docker" and rest[:1] == ["compose"]):
            return self._compose(rest[name == "docker" :], folder)
        if name == "docker" and "build" in rest[:2]:
            return self._docker_build(rest[rest.index("build") + 1 :], folder)
        if name == "pg_isready":
            return self.database("which starts and awaits the database")
        return self._migration([name, *rest])

    def prepares(self, call: Invocation) -> str:
        """What does the work of a call of cargo that only makes ready; "" if nothing."""
        name = call.subcommand[0] if call.subcommand else ""
        if name in {"fetch", "generate-lockfile"}:
            return "" if call.flags else PREPARATION
        if name in {"install", "binstall"}:
            tools = [*call.words, *call.after_dashes]
            wanted = tools and all(word.partition("@")[0] in self.tools for word in tools)
            other = call.has("--git", "--path", "--root", "--index", "--registry")
            return PREPARATION if wanted and not other else ""
        return ""

    def _rustup(self, rest: list[str]) -> str:
        named = [word for word in rest if not word.startswith("-")]
        toolchains: list[str] = []
        components = {
            part
            for flag, following in pairwise([*rest, ""])
            if flag in {"-c", "--component"}
            for part in following.split(",")
        }
        if named[:2] in (["toolchain", "install"], ["toolchain", "add"]):
            toolchains = [word for word in named[2:] if word not in components | {"minimal"}]
        elif named[:2] == ["component", "add"]:
            components |= set(named[2:])
        elif named[:1] in (["update"], ["default"]) or named[:2] == ["override", "set"]:
            toolchains = [word for word in named[1:] if word != "set"]
        elif tuple(named[:1]) not in _SIMPLE_RUSTUP and tuple(named[:2]) not in _SIMPLE_RUSTUP:
            return ""
        known = installs_toolchains(toolchains, self.settings, self.project)
        return PREPARATION if known and components <= _COMPONENTS else ""

    def _compose(self, rest: list[str], folder: PurePosixPath | None) -> str:
        """A call of compose with the file of the settings, and no other."""
        files, waiting = [], list(rest)
        while waiting and waiting[0] in {"-f", "--file"}:
            files += waiting[1:2]
            waiting = waiting[2:]
        verb, *flags = waiting or [""]
        integration = self.settings.integration
        ours = _joined(self.project.workspace, integration.compose_file)
        if folder is None or len(files) > 1 or verb not in _STACK:
            return ""
        named = files or [ours.name] * (ours.name in _DEFAULT_COMPOSE)
        services = {*integration.services, integration.database.service}
        known = all(word in _STACK_FLAGS or word in services for word in flags)
        same = bool(named) and _joined(folder, named[0]) == ours
        return self.integration("its stack") if same and known else ""

    def _docker_build(self, rest: list[str], folder: PurePosixPath | None) -> str:
        """A build of the database's image as the workflow of the images makes it."""
        waiting, file, context, known = list(rest), "", "", True
        while waiting:
            word = waiting.pop(0)
            if word in {"-f", "--file", "-t", "--tag"}:
                value = waiting.pop(0) if waiting else ""
                file = value if word in {"-f", "--file"} else file
            elif word.startswith("-"):
                known = known and word in {"--load", "--push"}
            else:
                context = word
        known = known and folder == self.project.workspace
        return self.image(file, context) if known else ""

    def _migration(self, words: list[str]) -> str:
        """The command that migrates the database, or one that makes it."""
        migrate = list(self.settings.integration.database.migrate)
        plain = words[1:] if words[:2] == ["cargo", "sqlx"] else words
        made = plain in (["sqlx", "database", "create"], ["sqlx", "db", "create"])
        bare = plain in (["sqlx", "migrate", "run"], ["sqlx", "database", "setup"])
        defaults = [*_SQLX, "--source", "migrations"], _SQLX
        if migrate and (plain == migrate or made or (bare and migrate in defaults)):
            return self.database("which migrates the database")
        return ""

    def _sessions(self, program: str, words: list[str]) -> str:
        """A call of our own sessions; of nox and invoke only where they have no others."""
        names = [word for word in words if word not in {"-s", "--session", "--sessions"}]
        if program != "tasker-ci" and program not in self.plugs:
            return ""
        if program == "tasker-ci" and names == ["ci"]:
            return ORCHESTRATOR
        workflows = {self.stage_files.get(self.stages.get(name, ""), "") for name in names}
        if not names or "" in workflows or not workflows <= self.workflows:
            return ""
        return ", ".join(sorted(workflows))

    def integration(self, what: str) -> str:
        return self.part("integration", f"session integration, {what}")

    def database(self, what: str) -> str:
        if not self.settings.integration.database.service:
            return ""
        if self.settings.table("unit").services:
            return self.part("unit", f"session unit, {what}")
        return self.part("integration", f"session integration, {what}")

    def image(self, file: str, context: str) -> str:
        """Whether a file, or the only one of a folder, is that of the database's image."""
        ours = self.settings.integration.database.image_file
        folder = ours.rpartition("/")[0]
        place = (file or f"{context.rstrip('/')}/Dockerfile").removeprefix("./")
        same = place == ours and context.rstrip("/").removeprefix("./") in {folder, ""}
        return self.part("images", "") if same else ""

    def part(self, stage: str, what: str) -> str:
        workflow = self.stage_files.get(stage)
        if workflow is None or workflow not in self.workflows:
            return ""
        return f"{what}, in {workflow}" if what else workflow


def _joined(folder: PurePosixPath, path: str) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath(f"{folder}/{path}"))
