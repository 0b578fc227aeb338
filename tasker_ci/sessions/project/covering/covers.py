"""Which part of the generated pipeline does what a foreign workflow did."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign.actions import name_of
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.project.covering.actions import PREPARATION, cargo_words, prepares
from tasker_ci.sessions.project.covering.cargo_sessions import Verdict
from tasker_ci.sessions.project.covering.programs import Programs
from tasker_ci.sessions.project.covering.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.shell import ShellCommand
    from tasker_ci.foreign.surroundings import Surroundings
    from tasker_ci.settings.model import Settings

_IMAGE_ACTIONS = ("docker/build-push-action", "docker/bake-action")
_IMAGE_HELPERS = ("docker/setup-buildx-action", "docker/login-action", "docker/metadata-action")
_IMAGE_INPUTS = {"context", "file", "push", "tags", "cache-from", "cache-to", "labels", "load"}
_TRANSPARENT = {"time", "command", "exec", "nice"}
_PRINTS = {"tee", "cat"}
_PLAIN_TYPES = {"opened", "synchronize", "reopened"}
"""The kinds of event on which a pull request starts a workflow without a filter."""


@dataclass(frozen=True, kw_only=True)
class Covers:
    """What covers what; each answer is "" if nothing does."""

    settings: Settings
    workflows: frozenset[str]
    """The names of the generated workflow files."""
    events: Mapping[str, Mapping[str, tuple[str, ...]]]
    """The triggers of the new ci.yml, each with its filters."""
    tools: frozenset[str] = frozenset()
    """The tools that the sessions install."""
    configurations: Mapping[PurePosixPath, str] = field(default_factory=dict)
    """The generated files that no job runs (Dependabot's, zizmor's), each with its text."""
    stages: Mapping[str, str] = field(default_factory=dict)
    """The sessions of the pipeline, each with its stage."""
    stage_files: Mapping[str, str] = field(default_factory=dict)
    """The stages, each with the file of its workflow."""
    project: Project = field(default_factory=Project)
    plugs: frozenset[str] = frozenset()
    """The task runners that have no sessions but ours."""

    @property
    def _programs(self) -> Programs:
        return Programs(
            settings=self.settings,
            project=self.project,
            workflows=self.workflows,
            tools=self.tools,
            stages=self.stages,
            stage_files=self.stage_files,
            plugs=self.plugs,
        )

    def triggers(
        self, foreign: Mapping[str, Mapping[str, tuple[str, ...]]]
    ) -> Iterator[tuple[str, str]]:
        """Each trigger as a text, and what covers it."""
        for event, filters in foreign.items():
            if event not in self.events:
                shown = "; ".join(f"{name}: {', '.join(words)}" for name, words in filters.items())
                yield f"on {event}" + (f" ({shown})" if shown else ""), ""
                continue
            if tags := filters.get("tags"):
                yield f"on {event} of the tags {', '.join(tags)}", ""
                if "branches" not in filters:
                    continue
            yield f"on {event}", ORCHESTRATOR
            here = self.events[event].get("branches", ())
            there = filters.get("branches", ())
            if missing := [name for name in there if here and name not in here]:
                yield f"on {event} to {', '.join(missing)}", ""
            if here and not there and "branches-ignore" not in filters:
                yield f"on {event} to other branches than {', '.join(here)}", ""
            if ignored := filters.get("branches-ignore"):
                yield f"on {event} to all branches but {', '.join(ignored)}", ""
            if (types := set(filters.get("types", ()))) - _PLAIN_TYPES:
                yield f"on {event} of the types {', '.join(sorted(types - _PLAIN_TYPES))}", ""
            if inputs := filters.get("inputs"):
                yield f"on {event} with the inputs {', '.join(inputs)}", ""
            if "paths" in filters or "paths-ignore" in filters:
                yield f"on {event}, only for some paths", f"{ORCHESTRATOR}, for every path"

    def command(self, command: ShellCommand, around: Surroundings) -> Verdict:
        """One command of a script, in its surroundings."""
        words, around = _without_prefix(command, around)
        found = self._programs.words(words, around)
        if not found.covered_by or found.covered_by == PREPARATION:
            return found
        for doubt in (around.problem, *_doubts(command)):
            if doubt:
                return Verdict(reason=doubt)
        return found

    def action(self, uses: str, inputs: Mapping[str, str], around: Surroundings) -> Verdict:
        """One ``uses:`` of a step with its inputs."""
        kept = prepares(uses, inputs, self.tools, self.settings, self.project)
        if kept:
            return Verdict(covered_by=kept)
        if (words := cargo_words(uses, inputs)) is not None:
            folder = inputs.get("working-directory") or inputs.get("workdir") or ""
            found = self._programs.cargo(words, around.in_folder(folder) if folder else around)
        else:
            found = Verdict(covered_by=self._service_action(uses, inputs))
        if found.covered_by and around.problem:
            return Verdict(reason=around.problem)
        return found

    def _service_action(self, uses: str, inputs: Mapping[str, str]) -> str:
        """An action about images, coverage or scans; each only where settings ask for it."""
        name = name_of(uses)
        given = {key for key, value in inputs.items() if value}
        if name == "codecov/codecov-action":
            uploads = getattr(
                self.settings.table("coverage"), "upload", ""
            ) == "codecov" and given <= {"token"}
            return self._programs.part("coverage", "its upload") if uploads else ""
        if name == "aquasecurity/trivy-action":
            known = inputs.get("image-ref", "") in getattr(
                self.settings.table("scan"), "images", ()
            )
            return (
                self._programs.part("scan", "session scan")
                if known and given == {"image-ref"}
                else ""
            )
        if name in _IMAGE_ACTIONS:
            plain = given <= _IMAGE_INPUTS
            return (
                self._programs.image(inputs.get("file", ""), inputs.get("context", ""))
                if plain
                else ""
            )
        registry = inputs.get("registry", "ghcr.io") == "ghcr.io"
        return self._programs.part("images", "") if name in _IMAGE_HELPERS and registry else ""

    def service(self, name: str, image: str) -> str:
        """One service container of a job."""
        integration = self.settings.integration
        database = integration.database.service
        is_database = bool(database) and re.search(r"postgres|pgmq|mysql|mariadb", image)
        if name == database or is_database:
            return self._programs.database("which starts the database")
        return self._programs.integration("its stack") if name in integration.services else ""

    def called_workflow(self, uses: str) -> str:
        """One ``uses:`` of a job."""
        path = uses.removeprefix("./").removeprefix("$/")
        for name, own in self.settings.workflows.own.items():
            if own.path == path:
                return f"job {name} of {ORCHESTRATOR}"
        file = path.rpartition("/")[2]
        return file if path == f".github/workflows/{file}" and file in self.workflows else ""

    def runs_on(self, labels: tuple[str, ...]) -> bool:
        """Whether the generated jobs run on such a machine; an expression is the matrix's."""
        known = {"ubuntu-latest", *self.settings.workflows.runner}
        return all(label in known or "${{" in label for label in labels)

    def matrix(self, values: tuple[str, ...]) -> str:
        """One axis of a matrix."""
        if self.runs_on(values):
            return f"the runner of the settings ({', '.join(self.settings.workflows.runner)})"
        toolchains = self.settings.workflows.toolchains
        unit = self._programs.part("unit", "") if set(values) <= set(toolchains) else ""
        return f"the toolchains of {unit}" if unit else ""


def _without_prefix(
    command: ShellCommand, around: Surroundings
) -> tuple[tuple[str, ...], Surroundings]:
    """The words from the program's name on, with the variables that `env` sets for it."""
    words = command.words
    while words and words[0] in {*_TRANSPARENT, "env"}:
        is_env, words = words[0] == "env", words[1:]
        while is_env and words and "=" in words[0] and not words[0].startswith("-"):
            name, _, value = words[0].partition("=")
            around = around.with_variables({name: value})
            words = words[1:]
    return words, around


def _doubts(command: ShellCommand) -> Iterator[str]:
    if not command.always:
        yield "it runs only under a condition of the script"
    if not command.fixed or "${{" in command.text:
        yield "a part of it is known only when it runs"
    for part in command.piped_to:
        if part[:1] and part[0] not in _PRINTS:
            yield f"its output goes to {part[0]}"
