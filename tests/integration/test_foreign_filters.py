"""Which tests a call of nextest runs, as we read it and as nextest lists them."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest
from foreign_commands import FolderOf, command
from workspaces import write_files

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.foreign.selections.selection import Selection
from tasker_ci.rust.manifests.reading import find_workspaces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TESTS = """
#[cfg(test)]
mod tests {
    #[test] fn adds() {}
    #[test] fn adds_more() {}
    #[test] #[ignore] fn slow() {}
    mod deep { #[test] fn adds() {} }
}
"""
FILES = {
    "Cargo.toml": "[workspace]\nmembers = ['core', 'app', 'macros']\nresolver = '2'\n",
    "core/Cargo.toml": "package = { name = 'core-x', edition = '2021' }",
    "core/src/lib.rs": TESTS,
    "core/tests/api.rs": "#[test] fn one() {}\n#[test] fn two_2() {}",
    "app/Cargo.toml": "[package]\nname = 'app'\nedition = '2021'\n[dependencies]\n"
    "core-x = { path = '../core' }\n[dev-dependencies]\nmacros = { path = '../macros' }\n",
    "app/src/main.rs": f"fn main() {{}}\n{TESTS}",
    "app/tests/api.rs": "#[test] fn one() {}",
    "macros/Cargo.toml": "lib.proc-macro = true\npackage = { name = 'macros', edition = '2021' }",
    "macros/src/lib.rs": TESTS,
    ".config/nextest.toml": """
[profile.default]
default-filter = "not test(deep)"
[profile.ci]
default-filter = "all()"
[profile.child]
inherits = "ci"
[profile.plain]
[[profile.platform.overrides]]
platform = "cfg(windows)"
default-filter = "none()"
[[profile.platform.overrides]]
platform = "cfg(unix)"
default-filter = "package(app)"
""",
}
LINES = [
    "",
    "adds",
    "deep slow",
    "-P ci",
    "-P child",
    "-P plain",
    "-P platform",
    "--ignore-default-filter",
    "--run-ignored only",
    "--run-ignored all",
    "-E 'test(adds)'",
    "-E 'test(=tests::adds)'",
    "-E 'test(/adds$/)' -P ci",
    "-E 'test(#*deep*)' -P ci",
    "-E 'package(core*)'",
    "-E 'package(core-x) - test(adds)'",
    "-E 'deps(app)'",
    "-E 'rdeps(macros)'",
    "-E 'rdeps(core-x)'",
    "-E 'deps(=core-x)'",
    "-E 'kind(test)'",
    "-E 'kind(lib) | kind(bin)'",
    "-E 'kind(/lib|proc-macro/)'",
    "-E 'binary(api)'",
    "-E 'binary_id(app::api)'",
    "-E 'binary_id(app::*)'",
    "-E 'binary_id(core-x)'",
    "-E 'platform(host)'",
    "-E 'platform(target)'",
    "-E 'default()' -P ci",
    "-E 'test(one)' -E 'test(two)'",
    "-E 'not (test(adds) or kind(test))'",
    "-E 'none()'",
    "-E 'all() & !package(app)' adds",
    "-p app -E 'package(core-x)'",
    "-p app -- --skip adds",
    "-- --exact one",
    "-- tests::adds --exact",
    "-- --ignored",
    "-- --include-ignored slow",
    "--lib",
    "--test api two",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Path:
    require_tool("cargo-nextest")
    return write_files(tmp_path_factory.mktemp("filters"), FILES)


def nextest(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """What the nextest beside this Python answers."""
    environment = faces.clean_environment()
    return subprocess.run(
        command, cwd=root, env=environment, check=True, capture_output=True, text=True
    )


def listed(root: Path, line: str) -> set[tuple[str, str]]:
    """What nextest would run."""
    words = shlex.split(line)
    place = words.index("--") if "--" in words else len(words)
    words[place:place] = ["--message-format", "json"]
    command = ["cargo", "nextest", "list", "--offline", *words]
    done = nextest(root, command)
    suites = json.loads(done.stdout)["rust-suites"]
    return {
        (suite, test)
        for suite, row in suites.items()
        for test, case in row["testcases"].items()
        if case["filter-match"]["status"] == "matches"
    }


def every_test(root: Path) -> dict[tuple[str, str], bool]:
    """All tests, and whether each is ignored."""
    command = ["cargo", "nextest", "list", "--offline", "-P", "ci", "--run-ignored", "all"]
    done = nextest(root, [*command, "--message-format", "json"])
    suites = json.loads(done.stdout)["rust-suites"]
    return {
        (suite, test): case["ignored"]
        for suite, row in suites.items()
        for test, case in row["testcases"].items()
    }


@pytest.fixture(scope="module")
def tests_of_all(root: Path) -> dict[tuple[str, str], bool]:
    return every_test(root)


@pytest.mark.parametrize("line", LINES)
def test_a_call_runs_what_nextest_lists(
    root: Path, tests_of_all: dict[tuple[str, str], bool], line: str
) -> None:
    texts = FolderOf(root)
    invocation = invocation_of(command(f"cargo nextest run {line}"), texts)
    assert isinstance(invocation, Invocation)
    repository = Repository(texts=texts, workspaces=find_workspaces(texts))
    (selection,) = selections_of(invocation, repository)
    assert isinstance(selection, Selection)
    ids = {
        package.binary_id(target): (package, target)
        for package in selection.workspace.packages
        for target in package.targets
    }
    found = set()
    for (suite, test), ignored in tests_of_all.items():
        package, target = ids[suite]
        runs = selection.runs(package, target, test, ignored=ignored)
        built = selection.builds(package, target)
        assert None not in {runs.selected, built.selected}
        if runs.selected and built.selected:
            found.add((suite, test))
    assert found == listed(root, line)
