"""The table of sessions: a name, the function behind it, its stage.

A new session is one function and one row here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping


_FORMATS = "the toolchain, where `rust-toolchain.toml` names one in a folder"
_COMPILES = (
    "build scripts, procedural macros and what cargo's configuration names (compiler, wrapper, "
    "linker)"
)
_TESTS = f"tests, {_COMPILES}"
_SERVICES = "services, migrations and what builds them"

SESSIONS: Mapping[str, Session] = {
    "fmt": Session(
        "quality.session:fmt",
        "Check that the code of all members is formatted (cargo fmt).",
        stage="quality",
        tags=("quality",),
        needs=("manifest", "rustfmt"),
        runs=_FORMATS,
    ),
    "clippy": Session(
        "quality.session:clippy",
        "Lint all targets, warnings are errors (cargo clippy).",
        stage="quality",
        tags=("quality",),
        family="check",
        needs=("manifest", "clippy", "compiler"),
        runs=_COMPILES,
    ),
    "doc": Session(
        "quality.session:doc",
        "Build the documentation, private items too, and count its warnings (cargo doc).",
        stage="quality",
        tags=("quality",),
        family="check",
        needs=("manifest", "compiler"),
        runs=_COMPILES,
    ),
    "audit": Session(
        "audit.session:audit",
        "Look up the crates of Cargo.lock in the RustSec advisory database (cargo audit).",
        stage="quality",
        tags=("quality",),
        needs=("cargo", "cargo-audit"),
    ),
    "unit": Session(
        "tests.unit:unit",
        "Run the unit tests of the whole workspace (cargo nextest run).",
        stage="unit",
        tags=("tests",),
        family="build",
        passthrough="nextest",
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest"),
        runs=_TESTS,
    ),
    "doctest": Session(
        "tests.doctest:doctest",
        "Run the examples in the documentation, which nextest does not (cargo test --doc).",
        stage="unit",
        tags=("tests",),
        family="build",
        needs=("manifest", "compiler", "dependencies"),
        runs=_TESTS,
    ),
    "examples": Session(
        "examples.session:examples",
        "Build every example of the workspace, and run those that settings say how.",
        stage="unit",
        tags=("tests",),
        family="build",
        needs=("manifest", "compiler", "dependencies"),
        runs=f"examples, {_COMPILES}",
    ),
    "inventory": Session(
        "inventory.session:inventory",
        "Find tests, doctests, targets and packages that no session runs.",
        stage="unit",
        tags=("tests",),
        family="build",
        on_request=f"with `--build`, within `ci` and in a CI job, where a report of a run here is "
        f"newer than every source: {_COMPILES}",
        needs=("manifest",),
    ),
    "coverage": Session(
        "coverage.session:coverage",
        "Measure which lines the unit tests reach (cargo llvm-cov), and hold it against settings.",
        stage="coverage",
        tags=("tests",),
        family="coverage",
        passthrough="nextest",
        optional=True,
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest", "cargo-llvm-cov"),
        runs=_TESTS,
    ),
    "bench": Session(
        "bench.session:bench",
        "Run the benchmarks (cargo bench) in rounds, and compare them with the previous result.",
        stage="bench",
        tags=("bench",),
        family="build",
        passthrough="the benchmarks",
        optional=True,
        needs=("manifest", "compiler", "dependencies"),
        runs=f"benchmarks, {_COMPILES}",
    ),
    "scan": Session(
        "scan.session:scan",
        "Look up what container images hold in a database of known vulnerabilities (trivy, grype).",
        stage="scan",
        tags=("images",),
        optional=True,
        runs="the Dockerfiles of the images that it builds",
    ),
    "affected": Session(
        "affected.session:affected",
        "Show which packages the changes since a base affect, and why.",
        tags=("tests",),
        needs=("manifest",),
    ),
    "images": Session(
        "services.images:images",
        "Build the image of the database, or find the one that is used in its place.",
        tags=("images",),
        runs="the Dockerfiles of the images that it builds",
    ),
    "unit-default": Session(
        "tests.unit:unit_default",
        "Run the unit tests with the nextest profile default.",
        tags=("tests",),
        passthrough="nextest",
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest"),
        runs=_TESTS,
    ),
    "unit-ci": Session(
        "tests.unit:unit_ci",
        "Run the unit tests with the nextest profile ci.",
        tags=("tests",),
        passthrough="nextest",
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest"),
        runs=_TESTS,
    ),
    "unit-local": Session(
        "tests.unit:unit_local",
        "Run the unit tests with the nextest profile local.",
        tags=("tests",),
        passthrough="nextest",
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest"),
        runs=_TESTS,
    ),
    "integration": Session(
        "tests.integration:integration",
        "Run the end-to-end tests against real services (cargo nextest run).",
        stage="integration",
        tags=("tests", "services"),
        family="build",
        passthrough="nextest",
        needs=("manifest", "compiler", "linker", "dependencies", "cargo-nextest"),
        runs=f"{_SERVICES}, {_TESTS}",
    ),
    "up": Session(
        "services.session:up",
        "Start the services, wait until they are healthy, migrate, and leave them running.",
        tags=("services",),
        needs=("dependencies",),
        runs=_SERVICES,
    ),
    "down": Session(
        "services.session:down",
        "End the services that were kept, and remove their data and keys.",
        tags=("services",),
    ),
    "ps": Session(
        "services.session:ps",
        "Show the services of this workspace: state, port, health, of every run.",
        tags=("services",),
    ),
    "logs": Session(
        "services.session:logs",
        "Print what the services have printed that were kept.",
        tags=("services",),
    ),
    "ci": Session(
        "pipeline.session:ci",
        "Run the whole pipeline, side by side where sessions do not share a target directory.",
        walks=True,
        runs="what the sessions of its stages run",
    ),
    "report": Session(
        "history.report:report",
        "Show test reports: counts, failures, flaky and slow tests, as a page too.",
        tags=("reports",),
    ),
    "init": Session(
        "project.init:init",
        "Set up a project: look at it, write noxfile.py, tasks.py and settings, synchronise once.",
        tags=("generate",),
    ),
    "sync": Session(
        "project.sync:sync",
        "Write the workflows and all other generated files from the settings.",
        tags=("generate",),
    ),
    "rollback": Session(
        "project.rollback:rollback",
        "Undo init and sync: each file is as it was before. What you changed since is kept.",
        tags=("generate",),
        any_settings=True,
    ),
    "workflows": Session(
        "project.workflows:workflows",
        "Check that the generated files are current, and let the linters of workflows read them.",
        tags=("generate",),
    ),
    "insights": Session(
        "insights.session:insights",
        "Say how a workflow does on GitHub: how often green, how long, where the time goes.",
        tags=("insights",),
    ),
    "tools": Session(
        "machine.tools:tools",
        "Find, verify and install the external tools in their pinned versions.",
        tags=("machine",),
    ),
    "doctor": Session(
        "machine.doctor:doctor",
        "Look for everything that would make a session fail on this machine.",
        tags=("machine",),
    ),
    "cache": Session(
        "machine.tools:cache", "Show sccache's statistics, or empty its cache.", tags=("machine",)
    ),
    "settings": Session(
        "machine.configuration:settings",
        "Show the effective settings and where each value came from.",
        tags=("machine",),
    ),
    "env": Session(
        "machine.configuration:env",
        "Print the environment that every session runs in.",
        tags=("machine",),
        product=True,
    ),
}
