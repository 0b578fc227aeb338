"""What is neither a face nor a family names no family and no session of one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tasker_ci.sessions import FAMILIES, SESSIONS

PACKAGE = Path(__file__).parents[2] / "tasker_ci"
NAMES = {*FAMILIES, *SESSIONS}
KERNEL = {
    path: file
    for file in sorted(PACKAGE.rglob("*.py"))
    if (path := file.relative_to(PACKAGE).as_posix()).partition("/")[0] not in {"faces", "sessions"}
}

EXCEPTIONS = {
    "a table, key or flag of cargo and its manifests, or a key of settings": {
        "tools/first_errors.py": "package",
        "foreign/invocations/plugins.py": "package",
        "foreign/runners/programs.py": "package",
        "foreign/selections/filtersets.py": "package",
        "foreign/selections/nextest_filters.py": "package",
        "foreign/selections/reading.py": "features package",
        "foreign/selections/root_manifest.py": "package",
        "reports/document_reading.py": "package",
        "reports/merged_file.py": "package",
        "reports/suite_facts.py": "package",
        "rust/cargo_configuration.py": "package",
        "rust/lockfile.py": "package",
        "rust/manifests/members.py": "package",
        "rust/manifests/reading.py": "package",
        "rust/manifests/requirements.py": "features package",
        "rust/manifests/targets.py": "package",
        "rust/texts.py": "package",
        "rust/unfit_files.py": "package",
        "rust/workspace.py": "features package",
        "settings/model.py": "features",
        "tools/toolchains.py": "package",
        "workflows/lock.py": "package",
    },
    "a subcommand, profile, component, folder or key of cargo and rustup": {
        "rust/attributes.py": "bench",
        "rust/cargo_configuration.py": "audit fmt clippy bench doc init report env",
        "rust/data_files.py": "tests examples",
        "rust/exclusive_features.py": "bench",
        "rust/packed.py": "tests examples",
        "rust/source.py": "env",
        "rust/tokens.py": "doc",
        "rust/unfit_files.py": "examples tests bench",
        "rust/workspace.py": "doctest",
        "foreign/github/toolchain_actions.py": "clippy miri",
        "foreign/invocations/aliases.py": "doc",
        "foreign/invocations/plugins.py": "bench clippy doc fmt minimal-versions miri watch",
        "foreign/invocations/subcommands.py": "bench report",
        "foreign/invocations/wrappers.py": "env",
        "foreign/invocations/reading.py": "miri",
        "foreign/selections/nextest_filters.py": "miri",
        "foreign/selections/compilation.py": "bench coverage miri",
        "foreign/selections/refusals.py": "doctest",
        "foreign/selections/selection.py": "doc doctest",
        "foreign/selections/targets.py": "bench doctest miri",
        "rust/build_scripts.py": "coverage",
        "rust/manifests/reading.py": "project",
        "rust/manifests/targets.py": "bench doctest examples tests",
        "rust/platforms.py": "env",
        "stack/binaries.py": "bench",
        "tools/cargo.py": "audit fmt clippy",
        "tools/debug_information.py": "clippy doc",
        "tools/kept_folders.py": "examples",
        "tools/rust_programs.py": "clippy",
        "tools/toolchains.py": "clippy",
    },
    "a program, or a name in the syntax tree of a shell": {
        "foreign/bash/builtins.py": "env",
        "foreign/bash/installs.py": "clippy env",
        "foreign/bash/interpreter.py": "pipeline",
        "foreign/bash/redirections.py": "pipeline",
        "foreign/runners/cargo_make.py": "env",
        "foreign/runners/containers.py": "up",
        "foreign/runners/just.py": "env",
        "foreign/runners/mentions.py": "bench clippy doc miri",
        "foreign/runners/package_scripts.py": "ci",
        "foreign/runners/programs.py": "audit bench clippy deny doc fmt miri tests",
        "foreign/runners/scripts.py": "env",
        "foreign/runners/unknown_programs.py": "bench ps",
        "foreign/runners/wrappers.py": "env",
    },
    "a key of GitHub's workflows": {
        "foreign/github/contexts.py": "env",
        "foreign/github/starts.py": "review",
        "foreign/github/workflow_reading.py": "env services",
        "workflows/caches.py": "cache",
        "workflows/model.py": "env",
        "workflows/setup_env.py": "env",
    },
    "a command or key of docker compose, or the program ps": {
        "stack/compose.py": "up logs ps",
        "stack/compose_leftovers.py": "down",
        "stack/compose_file.py": "services",
        "stack/compose_override.py": "services",
        "stack/port_holders.py": "ps",
    },
    "an attribute of JUnit, a word of a report, a record or a file's name": {
        "reports/headers.py": "tests",
        "reports/merged_file.py": "tests",
        "reports/page.py": "tests report",
        "reports/suite_facts.py": "tests",
        "reports/summary.py": "report tests",
        "text/masking.py": "tests",
        "tools/report_files.py": "report",
        "tools/locked_requirements.py": "tools",
        "tools/places.py": "tools",
        "stack/run_records.py": "logs services",
        "stack/run_folder.py": "logs",
        "stack/compose_evidence.py": "logs",
        "process/kept_output.py": "logs",
        "workflows/session_job.py": "logs",
    },
    "where a row of the environment table applies, or nextest's profile": {
        "settings/model.py": "ci",
        "settings/environment.py": "ci",
        "workflows/environment.py": "ci",
        "workflows/handbook.py": "ci",
        "workflows/setup_env.py": "ci",
    },
    "a key of settings or of pins.toml, the extra `tools` of the package, a tag": {
        "settings/environment.py": "settings",
        "settings/model.py": "services",
        "tools/pins.py": "settings tools",
        "workflows/job_steps.py": "tools",
        "workflows/inputs.py": "services",
    },
    "a stage that two families share": {
        "pipeline.py": "quality",
    },
    "advice that names what installs a tool, or what starts, uses and ends a stack": {
        "tools/advice.py": "tools",
        "stack/advice.py": "down integration up",
    },
}
"""Words that are spelled like a name of ours, by the reason why they stand where they stand."""


def named(source: str) -> set[str]:
    """The strings of a module that are the name of a family or of a session."""
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES
    }


@pytest.mark.parametrize("path", KERNEL)
def test_the_kernel_knows_no_family_by_name(path: str) -> None:
    allowed = {word for rows in EXCEPTIONS.values() for word in rows.get(path, "").split()}

    assert named(KERNEL[path].read_text(encoding="utf-8")) == allowed


def test_every_exception_is_of_a_module_that_is_there() -> None:
    assert {path for rows in EXCEPTIONS.values() for path in rows} <= KERNEL.keys()


def test_a_name_is_found_wherever_it_stands() -> None:
    source = 'if session == "coverage":\n    table = settings["history"]\n'

    assert named(source) == {"coverage", "history"}
