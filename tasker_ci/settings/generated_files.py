"""The settings of what `sync` writes: workflows, pins of actions, nextest's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tasker_ci.settings.value_types import FreeTable

StatusLevel = Literal["none", "fail", "retry", "slow", "leak", "pass", "skip", "all"]
FinalStatusLevel = Literal["none", "fail", "flaky", "retry", "slow", "skip", "leak", "pass", "all"]
"""nextest's words; each names what the words before it name, and more."""


PipelineEvent = Literal["push", "pull_request", "merge_group", "workflow_dispatch"]
"""What starts ci.yml."""


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    flow: Annotated[
        Literal["staged", "flat"],
        "`staged`: integration waits until quality and unit are green; `flat`: all side by side.",
    ]


@dataclass(frozen=True, kw_only=True)
class OwnWorkflow:
    """A reusable workflow of the project that the generated ci.yml calls; its key names the job."""

    path: Annotated[str, "The file, for example `.github/workflows/security.yml`."] = ""
    before: Annotated[str, "The stage that waits for it; empty: none."] = ""
    after: Annotated[
        str, "The stage that it waits for; empty: none. Without both it starts at once."
    ] = ""
    may_skip: Annotated[bool, "Whether the gate is content when it was skipped."] = False
    events: Annotated[
        tuple[PipelineEvent, ...], "The events on which it runs; empty: all that start ci.yml."
    ] = ()
    permissions: Annotated[
        tuple[str, ...], "What its token may do, for example `packages: read`."
    ] = ("contents: read",)
    inputs: Annotated[
        Mapping[str, str | bool | int | float], "Literal values of its inputs, by their names."
    ] = field(default_factory=dict)
    secrets: Annotated[
        Mapping[str, str],
        "The repository's secrets that it gets, by the names it has for them: "
        '`TOKEN = "DEPLOY_TOKEN"`. A pull request from a fork has none.',
    ] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WorkflowsSettings:
    references: Annotated[
        Literal["./", "$/"],
        "How local actions and workflows are named: `./` runs everywhere, `$/` on GitHub alone.",
    ]
    branches: Annotated[tuple[str, ...], "Branches whose pushes and pull requests are checked."]
    runner: Annotated[tuple[str, ...], "Labels of the runner of every job."]
    minutes: Annotated[int, "How long a job with sessions may take."]
    python: Annotated[str, "The version of Python that the sessions run on."]
    install: Annotated[
        tuple[str, ...],
        "The command that installs tasker-ci in a job, after `lock`; empty: as it is installed "
        "where `sync` runs, by commit or hash, or by `hashes`. `{version}` is the version at hand, "
        "`{extras}` what the job's sessions need of the package (`[native,tools]`).",
    ]
    lock: Annotated[
        str,
        "What jobs install first, by hash and nothing else: `package` for the lock that comes with "
        "tasker-ci, a requirements file of the project's own, or empty for none.",
    ]
    hashes: Annotated[
        tuple[str, ...],
        "Hashes of tasker-ci's own wheel (`sha256:…`, see `pip hash`), which the package's lock "
        "then names, too.",
    ]
    toolchains: Annotated[tuple[str, ...], "The toolchains of the unit tests."]
    runners: Annotated[
        tuple[str, ...],
        "Runners of the unit tests, each with each toolchain (`macos-15`, `windows-2025`); empty: "
        "`runner` alone. On Windows unit and doctest run.",
    ]
    may_fail: Annotated[
        tuple[str, ...],
        "Toolchains, and runners of `runners`, whose failure does not fail the pipeline.",
    ]
    shards: Annotated[int, "Into how many jobs the unit tests of one toolchain are divided."]
    affected: Annotated[
        bool, "Whether pull requests run the unit tests and doctests of affected packages alone."
    ]
    proven: Annotated[
        bool,
        "Whether what a green run has proven is not run again under CI (`proven`), and a push does "
        "not run jobs that a green run of the same tree has run.",
    ]
    proven_hours: Annotated[
        int,
        "For how many hours of its day a green run on GitHub counts for a push of the same tree.",
    ]
    schedule: Annotated[
        Literal["off", "weekly"],
        "Whether a workflow looks once a week for advisories, at the beta toolchain, at the pins, "
        "and at what `review` and `insights` say, and keeps one issue about it.",
    ]
    retention_days: Annotated[
        int, "How long GitHub keeps artifacts; 0: as long as the repository's settings say."
    ]
    dependabot: Annotated[bool, "Whether dependabot.yml is written."]
    cooldown_days: Annotated[int, "How old a new version must be before Dependabot proposes it."]
    own: Annotated[
        Mapping[str, OwnWorkflow],
        "Reusable workflows of the project to call before or after a stage, by the job's name.",
    ]


@dataclass(frozen=True, kw_only=True)
class NextestJunit:
    """The report that a nextest profile writes."""

    path: Annotated[
        str | None, "Its file, relative to `target/nextest/<profile>` (not to the workspace)."
    ] = None


@dataclass(frozen=True, kw_only=True)
class NextestProfile:
    """What `sync` writes into one profile of nextest.toml; what is not set is not written."""

    leave: Annotated[
        tuple[str, ...], "Keys that `sync` leaves as the file has them, for example `junit.path`."
    ] = ()
    retries: Annotated[int | FreeTable | None, "How often a test that fails is tried again."] = None
    leak_timeout: Annotated[
        str | FreeTable | None, "How long a test's children may hold its output after its end."
    ] = None
    fail_fast: Annotated[bool | FreeTable | None, "Whether a run stops at the first failure."] = (
        None
    )
    slow_timeout: Annotated[
        str | FreeTable | None, "When a test counts as slow, and when it is ended."
    ] = None
    test_threads: Annotated[
        Literal["num-cpus"] | int | None, "How many tests run side by side."
    ] = None
    status_level: Annotated[StatusLevel | None, "Which tests are named while they run."] = None
    final_status_level: Annotated[
        FinalStatusLevel | None, "Which tests are named at the end of the run."
    ] = None
    junit: NextestJunit = NextestJunit()


@dataclass(frozen=True, kw_only=True)
class NextestSettings:
    manage: Annotated[bool, "Whether `sync` keeps .config/nextest.toml as `profile` says."]
    profile: Annotated[
        Mapping[str, NextestProfile], "The profiles, by name; a value is what nextest takes there."
    ]


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One action, pinned."""

    version: Annotated[str, "The tag, for example `v7.0.1`."] = ""
    commit: Annotated[str, "The full SHA of its commit."] = ""
