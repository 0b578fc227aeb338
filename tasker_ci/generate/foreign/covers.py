"""Which part of the generated pipeline does what a foreign workflow did."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.generate.foreign.builds import builds_alike, installs_toolchains, runs_on_toolchain
from tasker_ci.generate.workflows.setup_env import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.settings.model import Settings

_PREPARATION = "the steps that every generated job begins with"
_IMAGES = "build-docker-images.yml"
_QUALITY = "code-quality.yml"
_UNIT = "test-unit.yml"
_INTEGRATION = "test-integration.yml"
_COVERAGE = "test-coverage.yml"
_SCAN = "scan-images.yml"
_BENCH = "benchmarks.yml"
_ORCHESTRATOR = "ci.yml"
_OF_STAGE = {
    "quality": _QUALITY,
    "unit": _UNIT,
    "integration": _INTEGRATION,
    "images": _IMAGES,
    "coverage": _COVERAGE,
    "scan": _SCAN,
    "bench": _BENCH,
}

_PREFIX = re.compile(r"^(?:(?:[A-Za-z_]\w*=\S*|sudo|time|exec|command|env|xvfb-run|nice)\s+)+")
_CARGO = re.compile(r"cargo(?:\s+\+(?P<toolchain>\S+))?\s+(?P<command>[a-z][a-z-]*)(?P<rest>.*)")

_ACTIONS = {
    "actions/checkout": _PREPARATION,
    "actions/setup-python": _PREPARATION,
    "swatinem/rust-cache": _PREPARATION,
    "mozilla-actions/sccache-action": _PREPARATION,
    "dtolnay/rust-toolchain": _PREPARATION,
    "actions-rs/toolchain": _PREPARATION,
    "actions-rust-lang/setup-rust-toolchain": _PREPARATION,
    "dsherret/rust-toolchain-file": _PREPARATION,
    "moonrepo/setup-rust": _PREPARATION,
    "hecrj/setup-rust-action": _PREPARATION,
}
_TOOLCHAINS = {
    "dtolnay/rust-toolchain",
    "actions-rs/toolchain",
    "actions-rust-lang/setup-rust-toolchain",
    "hecrj/setup-rust-action",
}
_AUDITS = {"rustsec/audit-check", "actions-rs/audit-check", "actions-rust-lang/audit"}
_LINTS = {"actions-rs/clippy-check", "giraffate/clippy-action", "auguwu/clippy-action"}
_FORMATS = {"actions-rust-lang/rustfmt"}
_IMAGE_ACTIONS = ("docker/build-push-action", "docker/bake-action")
_IMAGE_HELPERS = ("docker/setup-buildx-action", "docker/login-action", "docker/metadata-action")
_INSTALLERS = {
    "taiki-e/install-action",
    "baptiste0928/cargo-install",
    "taiki-e/cache-cargo-install-action",
}
_RUST_PLACES = re.compile(r"\.cargo|target|\.rustup|sccache")
_REPORTS = re.compile(r"junit|nextest|sccache|\blogs?\b", re.IGNORECASE)
_BUILDING = {"build", "check", "clippy", "doc", "nextest", "t", "test"}


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
            yield f"on {event}", _ORCHESTRATOR
            here = self.events[event].get("branches", ())
            there = filters.get("branches", ())
            if missing := [name for name in there if here and name not in here]:
                yield f"on {event} to {', '.join(missing)}", ""
            if here and not there:
                yield f"on {event} to other branches than {', '.join(here)}", ""
            if "paths" in filters or "paths-ignore" in filters:
                yield f"on {event}, only for some paths", f"{_ORCHESTRATOR}, for every path"

    def command(self, command: str) -> str:  # noqa: PLR0911 - a table of programs
        """One command of a script."""
        command = _PREFIX.sub("", command)
        words = command.split()
        if match := _CARGO.fullmatch(command):
            if not runs_on_toolchain(match["toolchain"] or "", match["command"], self.settings):
                return ""
            return self._cargo(match["command"], match["rest"])
        if words[0] in {"cargo-nextest", "cargo-clippy", "cargo-fmt", "cargo-audit"}:
            return self._cargo(words[0].removeprefix("cargo-"), " ".join(words[1:]))
        if words[0] == "rustfmt":
            return self._session("fmt")
        if words[0] in {"nox", "invoke", "inv", "tasker-ci"}:
            return self._sessions(words[1:])
        if words[0] in {"rustup", "sccache"}:
            return _PREPARATION
        if words[:2] == ["docker", "compose"] or words[0] == "docker-compose":
            return self._integration("its stack")
        if words[0] == "docker" and "build" in words[1:3]:
            return self._image(command)
        if words[0] in {"sqlx", "diesel", "refinery"} or (
            list(self.settings.integration.database.migrate[:2]) == words[:2]
        ):
            return self._database("which migrates the database")
        if words[0] in {"psql", "pg_isready", "createdb"}:
            return self._database("which starts and awaits the database")
        return ""

    def _cargo(self, command: str, rest: str) -> str:  # noqa: PLR0911 - a table of cargo's commands
        if command in _BUILDING and not builds_alike(command, rest, self.settings):
            return ""
        if command in {"fmt", "clippy", "doc", "audit"}:
            return self._session(command)
        if command == "deny":
            return self._part(
                _QUALITY, "session audit, for advisories; not for licences, bans and sources"
            )
        if command == "check":
            return self._session("clippy")
        if command == "build":
            return self._part(_UNIT, "session unit, which builds what it tests")
        if command in {"fetch", "generate-lockfile"}:
            return _PREPARATION
        if command in {"install", "binstall"}:
            wanted = any(word.partition("@")[0] in self.tools for word in rest.split())
            return _PREPARATION if wanted else ""
        if command == "bench":
            return self._part(_BENCH, "session bench")
        if command == "llvm-cov":
            return self._part(_COVERAGE, "session coverage")
        if command == "sqlx":
            return self._database("which migrates the database")
        if command in {"test", "t", "nextest"}:
            return self._tests(command, rest)
        return ""

    def _tests(self, command: str, rest: str) -> str:
        if command == "nextest" and rest.split()[:1] != ["run"]:
            return self._part(_UNIT, "session unit") if rest.split()[:1] == ["list"] else ""
        words = rest.split()
        if "--doc" in words:
            return self._part(_UNIT, "session doctest")
        named = {
            word.removeprefix("--test=").removeprefix("--package=")
            for word in words
            if not word.startswith("-") or word.startswith(("--test=", "--package="))
        }
        targets = {
            part for target in self.settings.integration.targets for part in target.split("::")
        }
        if named & targets and _INTEGRATION in self.workflows:
            return self._integration("its tests")
        doctests = " and doctest" if command != "nextest" and not named else ""
        return self._part(_UNIT, f"session{'s' if doctests else ''} unit{doctests}")

    def action(  # noqa: C901, PLR0911 - a table
        self, uses: str, inputs: Mapping[str, str]
    ) -> str:
        """One ``uses:`` of a step with its inputs."""
        if uses.startswith(("./", "$/")):
            path = uses[2:].rstrip("/")
            return _PREPARATION if path == FOLDER else ""
        name = "/".join(uses.partition("@")[0].lower().split("/")[:2])
        given = " ".join(inputs.values())
        if name in _ACTIONS:
            alike = installs_toolchains(uses, inputs, self.settings)
            return _ACTIONS[name] if name not in _TOOLCHAINS or alike else ""
        if name in _AUDITS:
            return self._session("audit")
        if name in _LINTS:
            return self._session("clippy")
        if name in _FORMATS:
            return self._session("fmt")
        if name == "embarkstudios/cargo-deny-action":
            return self._cargo("deny", "")
        if name == "actions-rs/cargo":
            return self._cargo(inputs.get("command", ""), " " + inputs.get("args", ""))
        if name == "actions/cache":
            return _PREPARATION if _RUST_PLACES.search(inputs.get("path", "")) else ""
        if name == "actions/upload-artifact":
            kept = "the generated jobs keep reports, logs and statistics"
            return kept if _REPORTS.search(given) else ""
        if name in _INSTALLERS:
            tools = {word.partition("@")[0] for word in re.split(r"[\s,]+", given)}
            return _PREPARATION if tools & self.tools else ""
        if name in {"aquasecurity/trivy-action", "codecov/codecov-action"}:
            return self._optional(name, inputs)
        if name in _IMAGE_ACTIONS:
            return self._image(given)
        return self._part(_IMAGES, "") if name in _IMAGE_HELPERS else ""

    def _optional(self, name: str, inputs: Mapping[str, str]) -> str:
        """An action of a stage that is there only where settings ask."""
        if name == "codecov/codecov-action":
            uploads = self.settings.coverage.upload == "codecov"
            return self._part(_COVERAGE, "its upload") if uploads else ""
        known = inputs.get("image-ref", "") in self.settings.scan.images
        return self._part(_SCAN, "session scan") if known else ""

    def service(self, name: str, image: str) -> str:
        """One service container of a job."""
        integration = self.settings.integration
        database = integration.database.service
        is_database = bool(database) and re.search(r"postgres|pgmq|mysql|mariadb", image)
        if name == database or is_database:
            return self._database("which starts the database")
        return self._integration("its stack") if name in integration.services else ""

    def called_workflow(self, uses: str) -> str:
        """One ``uses:`` of a job."""
        path = uses.removeprefix("./").removeprefix("$/")
        for name, own in self.settings.workflows.own.items():
            if own.path == path:
                return f"job {name} of {_ORCHESTRATOR}"
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
        if set(values) <= set(toolchains) and _UNIT in self.workflows:
            return f"the toolchains of {_UNIT}"
        return ""

    def _sessions(self, words: list[str]) -> str:
        """A call of our own sessions; a `nox` without names runs those of the pipeline."""
        names = [word for word in words if not word.startswith("-")]
        workflows = {_OF_STAGE.get(self.stages.get(name, ""), "") for name in names}
        if "" in workflows or not workflows <= self.workflows or (not names and words):
            return ""
        return ", ".join(sorted(workflows)) if names else _ORCHESTRATOR

    def _session(self, name: str) -> str:
        return self._part(_QUALITY, f"session {name}")

    def _integration(self, what: str) -> str:
        return self._part(_INTEGRATION, f"session integration, {what}")

    def _database(self, what: str) -> str:
        if not self.settings.integration.database.service:
            return ""
        if self.settings.unit.services:
            return self._part(_UNIT, f"session unit, {what}")
        return self._part(_INTEGRATION, f"session integration, {what}")

    def _image(self, text: str) -> str:
        file = self.settings.integration.database.image_file
        folder = file.rpartition("/")[0]
        return self._part(_IMAGES, "") if file in text or (folder and folder in text) else ""

    def _part(self, workflow: str, what: str) -> str:
        if workflow not in self.workflows:
            return ""
        return f"{what}, in {workflow}" if what else workflow
