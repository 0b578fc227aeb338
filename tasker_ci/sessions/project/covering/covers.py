"""Which part of the generated pipeline does what a foreign workflow did."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import ExitCode
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.invocations.wrappers import program_name, unwrapped
from tasker_ci.foreign.places import Opaque
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.project.covering.actions import (
    PREPARATION,
    cargo_words,
    name_of,
    prepares,
)
from tasker_ci.sessions.project.covering.builds import UNKNOWN_TOOLCHAIN
from tasker_ci.sessions.project.covering.cargo_sessions import CargoSessions, Verdict
from tasker_ci.sessions.project.covering.own_runs import each_once
from tasker_ci.sessions.project.covering.programs import Programs
from tasker_ci.sessions.project.covering.project import Project
from tasker_ci.text.foreign import one_line, tabbed
from tasker_ci.text.plurals import are, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.selections.reachability import FoundTest
    from tasker_ci.sessions.project.covering.deeds import Occasion
    from tasker_ci.sessions.project.covering.own_runs import OwnRuns
    from tasker_ci.settings.model import Settings

_IMAGE_ACTIONS = ("docker/build-push-action", "docker/bake-action")
_IMAGE_HELPERS = ("docker/setup-buildx-action", "docker/login-action", "docker/metadata-action")
_IMAGE_INPUTS = {"context", "file", "push", "tags", "cache-from", "cache-to", "labels", "load"}
_TRANSPARENT = {
    *("cargo", "cargo-nextest", "cargo-clippy", "cargo-fmt", "cargo-audit"),
    *("time", "env", "command", "exec", "nice", "rustup", "timeout", "nohup", "stdbuf"),
}
"""Programs before which a command is the same as without them."""

_PRINTS = {"tee", "cat"}


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
    own: OwnRuns
    """What the sessions select."""
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

    def occasion(self, occasion: Occasion) -> Verdict:
        """One command or action of a job, in one leg."""
        if occasion.command is not None:
            found = self._written(occasion.command.command, occasion)
        elif occasion.uses:
            found = self._action(occasion)
        else:
            found = Verdict(reason=_why(occasion.unread))
        if found.covered_by and found.covered_by != PREPARATION and occasion.problem:
            return Verdict(reason=occasion.problem)
        if found.reason == UNKNOWN_TOOLCHAIN and occasion.problem:
            return replace(found, reason=occasion.problem)
        if found.tests and not found.reason:
            return replace(found, reason=occasion.problem or _counted(found.tests))
        return found

    def _written(self, command: Command, occasion: Occasion) -> Verdict:
        found = self._command(command)
        if found.covered_by and occasion.unread:
            return Verdict(reason=_why(occasion.unread))
        if found.covered_by or found.reason:
            return found
        if inner := [each for each in occasion.leads_to if not _same(each, command)]:
            found = self._together(inner)
            doubt = next(_doubts(command), "") if found.covered_by else ""
            found = Verdict(reason=doubt) if doubt else found
        if not found.covered_by and not found.reason and occasion.unread:
            return Verdict(reason=_why(occasion.unread))
        return found

    def _together(self, commands: Sequence[Command]) -> Verdict:
        """What does the work of all that a script, a recipe or an action runs."""
        verdicts = [(each, self._command(each)) for each in commands]
        tests = each_once(test for _, each in verdicts for test in each.tests)
        lost = [(each, verdict) for each, verdict in verdicts if not verdict.covered_by]
        for command, verdict in sorted(lost, key=lambda pair: not pair[1].reason):
            why = verdict.reason or (_counted(verdict.tests) if verdict.tests else "")
            what = f"`{' '.join(command.text.split())}` ({command.place})"
            reason = f"{why}: {what}" if why else f"it runs {what}"
            return Verdict(reason=reason if why or _is_cargo(command) else "", tests=tests)
        return Verdict(covered_by=" and ".join(dict.fromkeys(v.covered_by for _, v in verdicts)))

    def _command(self, command: Command) -> Verdict:
        """One command of a script, in its surroundings."""
        found = self._plain(command)
        if not found.covered_by or found.covered_by == PREPARATION:
            return found
        for doubt in _doubts(command):
            return Verdict(reason=doubt)
        return found

    def _plain(self, command: Command) -> Verdict:
        words = unwrapped(command.words).words
        if None not in words and (
            found := self._programs.covers([str(w) for w in words], command.around.folder)
        ):
            return Verdict(covered_by=found)
        call = invocation_of(command, self.own.repository.texts)
        if call is None:
            return Verdict()
        if isinstance(call, Opaque):
            return Verdict(reason=call.why if None in words else "")
        return self._call(call)

    def _call(self, call: Invocation) -> Verdict:
        if prepared := self._programs.prepares(call):
            return Verdict(covered_by=prepared)
        return CargoSessions(
            settings=self.settings,
            project=self.project,
            own=self.own,
            part=self._programs.part,
        ).verdict(call)

    def _action(self, occasion: Occasion) -> Verdict:
        """One ``uses:`` of a step with its inputs."""
        uses, inputs = occasion.uses, occasion.inputs
        if kept := prepares(uses, inputs, self.tools, self.settings, self.project):
            return Verdict(covered_by=kept)
        if (words := cargo_words(uses, inputs)) is not None and occasion.leads_to:
            like = occasion.leads_to[0]
            given = ("cargo", *words)
            return self._command(replace(like, words=given, text=" ".join(given)))
        if covered := self._service_action(uses, inputs):
            return Verdict(covered_by=covered)
        if occasion.leads_to:
            found = self._together(occasion.leads_to)
            if found.covered_by and not uses.startswith("./"):
                return Verdict(reason=f"{name_of(uses)} runs it in its own way")
            return found
        return Verdict(reason=_why(occasion.unread))

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

    def file(self, test: FoundTest) -> str:
        """The file of a test, from the project root."""
        root = self.own.repository.texts.root
        file = test.file.relative_to(root) if test.file.is_relative_to(root) else test.file
        return one_line(file.as_posix())

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


def _doubts(command: Command) -> Iterator[str]:
    words = [word for word in command.words if word]
    begin = program_name(words[0]) if words else ""
    if begin not in _TRANSPARENT and unwrapped(command.words).words != command.words:
        yield f"it runs within `{begin}`"
    if begin == "cross":
        yield "no session runs cross"
    if not command.certain or _negated(command):
        yield "it runs only under a condition of the script"
    if None in command.words or "${{" in command.text:
        yield "a part of it is known only when it runs"
    for part in command.piped_to:
        if part[:1] and part[0] not in _PRINTS:
            yield f"its output goes to {part[0]}"


def _negated(command: Command) -> bool:
    """Whether the script turns its result round: ``! cargo fmt``."""
    step = command.around.step
    script = " ".join(((step and step.run) or "").split())
    return command.exit_code is ExitCode.DECIDES and f"! {command.text}" in script


def _counted(tests: Sequence[FoundTest]) -> str:
    owners = ", ".join(sorted({each.package.name for each in tests}))
    return f"{counted(len(tests), 'test')} of {owners} {are(len(tests))} run by no session"


def _is_cargo(command: Command) -> bool:
    words = unwrapped(command.words).words
    return bool(words) and program_name(words[0] or "").startswith("cargo")


def _same(one: Command, other: Command) -> bool:
    return (one.place, one.text) == (other.place, other.text) and not one.trail


def _why(unread: Sequence[Opaque]) -> str:
    return tabbed(unread[0].why) if unread else ""
