"""The steps that every job with sessions begins with, and those that keep what it made."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.text.yaml import Remarked
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.workflows.caches import STORING, packages_of
from tasker_ci.workflows.checked import (
    PATH,
    PROGRAM,
    PYTHON,
    checked,
    counted,
    path_of_checkout,
    shell_words,
)
from tasker_ci.workflows.lock import install_command, own_install
from tasker_ci.workflows.model import Step, expression
from tasker_ci.workflows.pins import pinned_actions
from tasker_ci.workflows.setup_env import FOLDER
from tasker_ci.workflows.target_folder import target_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.workflows.caches import DependencyCache
    from tasker_ci.workflows.inputs import Inputs

TOOLS = "tools"
"""The extra of the package that brings the tools which are there as wheels."""

NATIVE = "native"
"""The extra that brings a PostgreSQL."""

TOOLCHAIN_VARIABLE = "TASKER_CI_TOOLCHAIN"
"""What names the toolchain of a job; empty: rustup finds that of the workspace."""

CACHE = "Cache of the dependencies"
"""The name of the step that brings them, and keeps them."""

READY = "ready"
"""The id of the step after which sessions can run."""

NOT_SCRIPTED = {"NOX_SCRIPT_MODE": "none"}
"""nox would look for a script block in the noxfile, and make an environment for it."""

_SHARDS = 32
"""GitHub makes 256 jobs of a matrix, and none at all of a larger one."""

_MINUTES_OF_A_JOB = 7_200
"""Five days, which GitHub grants on runners of one's own; its own end a job after six hours."""

_DAYS_OF_AN_ARTIFACT = 400
"""In a private repository; a public one keeps nothing longer than 90 days."""

_SQLX = "sqlx-cli"
_LOCK = "workflows.lock"
_INSTALL = "workflows.install"

_TOOLCHAIN_SCRIPT = """\
if [ -n "$TASKER_CI_TOOLCHAIN" ]; then
  export RUSTUP_TOOLCHAIN="$TASKER_CI_TOOLCHAIN"
fi
rustc --version ||
  rustup toolchain install ${TASKER_CI_TOOLCHAIN:+"$TASKER_CI_TOOLCHAIN" --profile minimal} \\
    --no-self-update
if ! cargo clippy --version || ! cargo fmt --version; then
  rustup component add clippy rustfmt
fi
"""
"""What is there is taken as it is; without a name rustup reads the workspace's toolchain file."""


@dataclass(frozen=True, kw_only=True)
class StepFactory:
    """Makes the steps of jobs; the pins and the checked settings are read once."""

    inputs: Inputs
    actions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: Inputs) -> StepFactory:
        """The factory for a project. Raises `SettingsError` for pins that are none."""
        pins = pinned_actions(inputs.settings)
        return cls(
            inputs=inputs,
            actions={name: Remarked(pin.reference, pin.version) for name, pin in pins.items()},
        )

    def file_of(self, stage: str) -> str:
        """The file of the workflow of a stage."""
        return next(row.file for row in self.inputs.rows.stages if row.name == stage)

    @property
    def ready(self) -> str:
        """The id of the step after which sessions can run."""
        return READY

    @property
    def shards(self) -> int:
        """Into how many jobs the unit tests of a toolchain are divided."""
        shards = self.inputs.settings.workflows.shards
        return counted(shards, setting="workflows.shards", most=_SHARDS)

    @property
    def minutes(self) -> int:
        """How long a job may take."""
        minutes = self.inputs.settings.workflows.minutes
        return counted(minutes, setting="workflows.minutes", most=_MINUTES_OF_A_JOB)

    def needs_services(self, session: str) -> bool:
        """Whether a session starts services."""
        return self.inputs.needs_services(session)

    def path(self, *parts: str, setting: str = "workspace") -> str:
        """A path of the workspace from the checkout; ``setting`` is what names it."""
        return path_of_checkout(posixpath.join(self.inputs.workspace_path, *parts), setting=setting)

    def built(self, *parts: str) -> str:
        """A path below cargo's target directory, from the checkout."""
        return "/".join((self._target, *parts))

    @property
    def _target(self) -> str:
        folder = target_folder(self.inputs)
        return checked(folder, PATH, setting="build.target-dir", what="path for a workflow")

    def local(self, path: str) -> str:
        """How an action or a workflow of the project is named in ``uses:``."""
        return self.inputs.settings.workflows.references + path

    def checkout(self, *, whole_history: bool = False) -> Step:
        """The repository, without a token left in its configuration."""
        # Commits to compare with; their files come when they are asked for.
        history = {"fetch-depth": 0, "filter": "blob:none"} if whole_history else {}
        return Step(
            name="Check out",
            uses=self.actions["actions/checkout"],
            inputs={"persist-credentials": False, **history},
        )

    def environment(self, toolchain: str) -> dict[str, str]:
        """The variables of a job whose sessions compile."""
        sccache = {} if self.inputs.settings.sccache == "off" else STORING
        return {**NOT_SCRIPTED, TOOLCHAIN_VARIABLE: toolchain, **sccache}

    def python(self, extras: tuple[str, ...], *, cached: bool = True) -> tuple[Step, ...]:
        """Python and the installed sessions, with the ``extras`` of the package that they need.

        ``cached``: pip's packages are kept from run to run.
        """
        settings = self.inputs.settings.workflows
        version = checked(
            settings.python, PYTHON, setting="workflows.python", what="version of Python"
        )
        named = f"[{','.join(extras)}]" if extras else ""
        words = [
            word.replace("{version}", self.inputs.version).replace("{extras}", named)
            for word in own_install(self.inputs)
        ]
        lock = install_command(self.inputs, native=NATIVE in extras)
        # The lock is the last word.
        kept = packages_of(lock[-1]) if lock and cached else {}
        return (
            Step(
                name="Python",
                uses=self.actions["actions/setup-python"],
                inputs={"python-version": version, **kept},
            ),
            *(
                (Step(name="Install what the lock names", run=shell_words(lock, setting=_LOCK)),)
                if lock
                else ()
            ),
            *(
                (Step(name="Install the sessions", run=shell_words(words, setting=_INSTALL)),)
                if words
                else ()
            ),
        )

    def preparation(
        self, sessions: tuple[str, ...], *, cache: DependencyCache, whole_history: bool = False
    ) -> tuple[Step, ...]:
        """All that comes before the ``sessions`` of a job."""
        return (
            self.checkout(whole_history=whole_history),
            *self.surroundings(),
            Step(
                name=CACHE,
                uses=self.actions["Swatinem/rust-cache"],
                inputs={
                    "workspaces": f"{self.path()} -> {self._target_from_workspace()}",
                    "shared-key": f"tasker-ci-{cache.key}",
                    "cache-on-failure": True,
                    "save-if": cache.saved,
                },
            ),
            *self.python(self._extras(sessions)),
            self._tools(),
            *self._optional_tools(sessions),
            *self._project_tools(sessions),
        )

    def surroundings(self, *toolchains: str) -> tuple[Step, ...]:
        """What compiles, and the environment; without names the toolchain is that of the job."""
        name = "Rust toolchain"
        named = (
            Step(
                name=f"{name} {each or 'of the workspace'}",
                directory=self.path(),
                env={TOOLCHAIN_VARIABLE: each},
                run=_TOOLCHAIN_SCRIPT,
            )
            for each in toolchains
        )
        own = Step(name=name, directory=self.path(), run=_TOOLCHAIN_SCRIPT)
        return (
            *(named if toolchains else (own,)),
            *self._sccache(),
            Step(name="Environment", uses=self.local(FOLDER)),
        )

    def session(
        self,
        name: str,
        *arguments: str,
        condition: str | None = None,
        env: Mapping[str, str] | None = None,
        may_fail: bool = False,
    ) -> Step:
        """A session, by the words that a person types; through ``exec`` signals reach it."""
        words = " ".join(("exec nox -s", name, *(("--", *arguments) if arguments else ())))
        return Step(
            name=name,
            id=name,
            condition=condition,
            run=f"{words}\n",
            env=env or {},
            may_fail=may_fail,
        )

    def after_preparation(self, extra: str | None = None) -> str:
        """The condition of a step that a failed session shall not hide."""
        ready = f"!cancelled() && steps.{READY}.outcome == 'success'"
        return f"{ready} && {extra}" if extra else ready

    def sign_in(self, *, condition: str | None = None) -> Step:
        """Sign in to GitHub's registry with the job's own token; without it, public images do."""
        return Step(
            name="Sign in to the registry",
            id="sign-in",
            condition=condition,
            uses=self.actions["docker/login-action"],
            inputs={
                "registry": "ghcr.io",
                "username": expression("github.actor"),
                "password": expression("github.token"),
            },
            may_fail=True,
        )

    def upload(
        self,
        name: str,
        artifact: str,
        path: str,
        *,
        condition: str,
        absent: str = "error",
        may_fail: bool = False,
    ) -> Step:
        """Keep files as an artifact; ``absent`` says what no file is: error, warn or ignore."""
        return Step(
            name=name,
            condition=condition,
            may_fail=may_fail,
            uses=self.actions["actions/upload-artifact"],
            inputs={
                "name": artifact,
                "path": path,
                "if-no-files-found": absent,
                **self._retention,
                # A job that is run again finds the artifact of its first attempt in its place.
                "overwrite": True,
            },
        )

    @property
    def _retention(self) -> dict[str, int]:
        days = self.inputs.settings.workflows.retention_days
        if not days:
            return {}
        setting = "workflows.retention-days"
        return {"retention-days": counted(days, setting=setting, most=_DAYS_OF_AN_ARTIFACT)}

    def _extras(self, sessions: tuple[str, ...]) -> tuple[str, ...]:
        """The tools as wheels, and a PostgreSQL where a session may have to start one natively."""
        native = any(map(self.inputs.starts_database_natively, sessions))
        return (NATIVE, TOOLS) if native else (TOOLS,)

    def _tools(self) -> Step:
        """Install the tools of the settings, without the one for migrations that nobody calls."""
        settings = self.inputs.settings
        named = [name for name in settings.tools.names if name in wanted_tools(self.inputs.loaded)]
        migrates = PurePosixPath((*settings.integration.database.migrate, "")[0]).name
        needed = [name for name in named if name != _SQLX or migrates in ("sqlx", "cargo")]
        words = [word for name in needed for word in ("--tool", name)] if needed != named else []
        run = " ".join(("exec nox -s tools", *(("--", *words) if words else ())))
        return Step(name="Tools", id=READY, run=f"{run}\n")

    def _optional_tools(self, sessions: tuple[str, ...]) -> Iterator[Step]:
        """Install pinned tools that only these sessions need; a failure hides no other one."""
        pins = wanted_tools(self.inputs.loaded)
        needed = dict.fromkeys(
            need for name in sessions for need in self.inputs.sessions[name].needs
        )
        for name in needed:
            if (
                name in pins
                and pins[name].optional
                and name not in self.inputs.settings.tools.names
            ):
                yield self._tool(name)

    def _project_tools(self, sessions: tuple[str, ...]) -> Iterator[Step]:
        """Install what sessions of the project's own need; a failure hides no other session."""
        rows = (self.inputs.sessions[name] for name in sessions)
        tools = {row.tool.program: row.tool for row in rows if row.tool is not None}
        for program, tool in tools.items():
            if tool.install:
                word = checked(program, PROGRAM, setting="tool.program", what="program")
                yield self._tool(word)

    def _tool(self, name: str) -> Step:
        run = f"exec nox -s tools -- --tool {name}\n"
        return Step(name=f"Tool {name}", run=run, may_fail=True)

    def _target_from_workspace(self) -> str:
        target = self._target
        return target if target.startswith("/") else posixpath.relpath(target, self.path())

    def _sccache(self) -> tuple[Step, ...]:
        if self.inputs.settings.sccache == "off":
            return ()
        version = wanted_tools(self.inputs.loaded)["sccache"].version
        return (
            Step(
                name="sccache",
                uses=self.actions["Mozilla-Actions/sccache-action"],
                inputs={"version": f"v{version}"},
                may_fail=True,
            ),
        )


def given_image() -> dict[str, str]:
    """The database's image that the job of images has built, for a session that starts one."""
    return {"POSTGRES_IMAGE": expression("inputs.postgres-image")}
