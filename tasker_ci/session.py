"""Rows of the registry: a session, and the family that brings it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from tasker_ci.pipeline import without

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from tasker_ci.context import Context, Outcome
    from tasker_ci.options import Description
    from tasker_ci.pipeline import Stage
    from tasker_ci.settings.model import Settings
    from tasker_ci.text.toml_lines import Key


FORMATS = "the toolchain, where `rust-toolchain.toml` names one in a folder"
COMPILES = (
    "build scripts, procedural macros and what cargo's configuration names (compiler, wrapper, "
    "linker)"
)
ASKS = "the toolchain, compiler and wrapper that files of the project name, which cargo asks"
TESTS = f"tests, {COMPILES}"
SERVICES = "services, migrations and what builds them"
"""What sessions run of a project, in the words of their help."""


@dataclass(frozen=True, kw_only=True)
class ProjectTool:
    """A program that a session needs, and the command that installs it."""

    program: str
    install: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Holds:
    """How far a green run of a session proves that the next one is green while no input changes."""

    outside: str = ""
    """What it asks that is no input (services, a network), in words: then a green run counts for
    `proven.hours` alone. Empty for nothing."""
    until: date | None = None
    """The first day on which it counts no more, by what the settings tolerate; None for none."""
    folders: tuple[Path, ...] = ()
    """What it reads outside of the repository."""
    read: Mapping[str, str] = field(default_factory=dict)
    """What else its result depends on, by a name for people."""


@dataclass(frozen=True)
class Session:
    """One row: where the function is (``module:function``, imported on use), where it belongs."""

    function: str
    """``module:function``, imported on use, so that listing sessions imports none of them."""
    summary: str
    """The first line of the function's docstring."""
    stage: str | None = None
    """The stage of the pipeline, or None for what people call by hand."""
    only_with: str | None = None
    """The setting without which the pipeline has it not (``deny.pipeline``): a bool of its table,
    off by default; None where it always is."""
    only_where: str | None = None
    """What says whether a workspace has anything for it: ``module:function`` over the folder of the
    workspace, from files alone; None for every workspace."""
    asked_by: str | None = None
    """What finds the file by which a project asks for it, where a switch keeps it out of the
    pipeline (`only_with`): ``module:function`` over the folders of the project and of the
    workspace, which gives the file's name or None. `init` then proposes the switch."""
    instead_of: Mapping[str, str] = field(default_factory=dict)
    """Sessions whose work it does where it is part of the pipeline and a setting is on, which then
    has them not: their names, and the settings (``deny.advisories``)."""
    tags: tuple[str, ...] = ()
    compiles: str | None = None
    """Which artefacts it makes: sessions with one word, `check` or `build`, share a target
    directory; None for none."""
    joins: bool = False
    """Whether it may compile while the one before it still runs what it has compiled: it makes
    nothing anew that runs there."""
    follows: tuple[str, ...] = ()
    """Sessions that have to end before it in a pipeline: it reads the reports that they leave."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that the row gives to the function; they are no flags."""
    before: tuple[str, ...] = ()
    """Arguments that it gives before the context, whatever the flags are called."""
    passthrough: str | None = None
    """The tool that gets what follows the separator; None if nothing may follow."""
    reports: bool = False
    """Whether it leaves a JUnit file that counts in the report, of a project's own session."""
    services: tuple[str, ...] = ()
    """The services that it starts beside its work, of a session of the project's own."""
    tool: ProjectTool | None = None
    """The program that it needs; `tools --tool` installs it, in a step on GitHub too."""
    product: bool = False
    """Whether standard output is for a program to read: all else goes to standard error."""

    walks: bool = False
    """Whether it runs other sessions."""

    runs: str | None = None
    """Which code of the project it runs, for people; None for none: it is safe in a stranger's
    clone."""
    on_request: str | None = None
    """What a session that ``runs`` nothing runs all the same where it is asked to, and when."""
    services_of: str | None = None
    """The session whose setting `services` counts for it; None for its own."""
    traceless: bool = False
    """Whether it leaves nothing in the project, not even a record: it looks at others' clones."""
    needs: tuple[str, ...] = ()
    """What must be there before it starts: `cargo`, `manifest`, `compiler`, `linker`, a component,
    the name of an external tool, or `dependencies`, because it builds without the process's
    tokens."""

    proves: Holds | str | None = None
    """What a green run proves, so that `ci` need not run it again; ``module:function`` over the
    context where settings decide. None for nothing, which is the safe side."""
    begins: bool = False
    """Whether the pipeline on GitHub begins with it: it compares the generated files."""
    knows_green_runs: bool = False
    """Whether it keeps what a job on GitHub has tested, and finds the run that has tested a tree:
    the workflows ask it where `workflows.proven` is set."""
    word: str | None = None
    """The flag whose value may also stand as a bare word behind the session's name."""
    words: str | None = None
    """The repeatable flag of which all bare words behind the session's name are values, those too
    that are names of sessions."""
    former_words: tuple[str, ...] = ()
    """Sessions that were once a word behind this one's name, which is now refused with a hint."""
    describe: Callable[[], Description] | None = None
    """What its flags and its help are, where no function of ours says so by its parameters."""
    any_settings: bool = False
    """Whether it also works where the settings cannot be used."""

    @property
    def running(self) -> str:
        """Which code of the project it runs, as a clause; "nothing" for none."""
        return self.runs or "; ".join(filter(None, ("nothing", self.on_request)))

    def is_for(self, settings: Settings, workspace: Path) -> bool:
        """Whether it belongs to the pipeline of a workspace, if it has a stage."""
        if self.only_with and not settings.has(self.only_with):
            return False
        return self.only_where is None or bool(load(self.only_where)(workspace))

    def load(self) -> Callable[..., Outcome]:
        """Import and return the function, with what is `fixed`."""
        function: Callable[..., Outcome] = load(self.function)
        given = self.before or self.fixed
        return partial(function, *self.before, **self.fixed) if given else function

    def holds(self, context: Context) -> Holds | None:
        """What a green run proves with these settings; None for nothing.

        Raises what looking for it raises.
        """
        if not isinstance(self.proves, str):
            return self.proves
        found: Holds = load(self.proves)(context)
        return found

    @property
    def recorded(self) -> bool:
        """Whether a run leaves a record in the history: it checks the code, or runs what does."""
        return bool(self.stage or self.passthrough or self.walks) and not self.traceless


@dataclass(frozen=True, kw_only=True)
class Family:
    """What a folder of sessions brings."""

    sessions: Mapping[str, Session]
    """The rows, by the names of the sessions."""
    stages: tuple[Stage, ...] = ()
    """The stages of the pipeline that it brings."""
    workflows: Mapping[str, str] = field(default_factory=dict)
    """What makes the workflow of a stage: ``module:function`` over a `StepFactory`."""
    standing: str | None = None
    """What makes a workflow with events of its own: ``module:function`` over a `StepFactory`, which
    gives None where the settings do not ask for it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The models of its tables in the settings, by their names: ``module:class``."""
    own: str | None = None
    """What gives the sessions that others bring: ``module:name`` of its `OwnSessions`."""
    checks: str | None = None
    """What `doctor` looks at for it: ``module:name`` of its `Checks`."""
    kept: str | None = None
    """What a job with sessions keeps at its end: ``module:function`` over a `StepFactory` and what
    ends the names of the artifacts."""
    troubles: str | None = None
    """What the handbook says of what goes wrong: ``module:function`` over `Inputs`."""
    around: str | None = None
    """What runs a session that is `recorded`, and keeps a record: ``module:function`` over the
    context, the session's name, its row and its options."""


class OwnSessions(Protocol):
    """The sessions that a project or an installed package brings."""

    def listed(self, project_root: Path | None, rows: Rows) -> Rows:
        """``rows`` and what is named at ``project_root``, read without the rest of its settings."""

    def of(self, settings: Settings, rows: Rows) -> Rows:
        """``rows`` and what the settings have."""

    def problems(
        self, values: Mapping[Key, Any], in_file: Collection[Key], rows: Rows
    ) -> Iterable[tuple[Key, str]]:
        """What is wrong with such sessions among the ``values`` of settings, by their keys.

        ``in_file`` are the keys that stand in a file: a variable or a flag can change them.
        """


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All sessions and stages, as every view reads them."""

    sessions: Mapping[str, Session]
    stages: tuple[Stage, ...]
    """In the order of the pipeline."""
    workflows: Mapping[str, str] = field(default_factory=dict)
    """What makes the workflow of a stage that has not the common one."""
    standing: tuple[str, ...] = ()
    """What makes workflows with events of their own."""
    kept: tuple[str, ...] = ()
    """What the families keep at the end of a job."""
    troubles: tuple[str, ...] = ()
    """What the families say in the handbook of what goes wrong."""
    notes: tuple[str, ...] = ()
    """Why some are not there."""

    @property
    def default(self) -> frozenset[str]:
        """What a bare ``nox`` runs: sessions that no switch, their own or their stage's, asks for.

        What a workspace has nothing for is among them, and says so: a list reads no manifests.
        """
        asked_for = {stage.name for stage in self.stages if stage.is_asked_for}
        return frozenset(
            name
            for name, session in self.sessions.items()
            if session.stage and session.stage not in asked_for and not session.only_with
        )

    def in_pipeline(self, settings: Settings, workspace: Path) -> Rows:
        """These rows as the pipeline of a workspace has them: `ci`, its needs, and the workflows.

        A session that is not for it (`only_with`, `only_where`, `instead_of`) has no stage, like
        what people call by hand. A stage that had no other session is absent.
        """
        left = {
            name
            for name, session in self.sessions.items()
            if session.stage and not session.is_for(settings, workspace)
        }
        left |= {
            other
            for name, session in self.sessions.items()
            if session.stage and name not in left
            for other, setting in session.instead_of.items()
            if other in self.sessions and settings.has(setting)
        }
        sessions = {
            name: replace(session, stage=None) if name in left else session
            for name, session in self.sessions.items()
        }
        filled = {session.stage for session in sessions.values()}
        stages = self.stages
        for name in sorted({str(self.sessions[each].stage) for each in left} - filled):
            stages = without(stages, name)
        return replace(self, sessions=sessions, stages=stages)


def load(reference: str) -> Any:
    """Import what ``module:name`` means."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
