"""Beside tests/integration/test_foreign_filters.py, which compares it with nextest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from foreign_commands import TextsOf, command
from rust_workspaces import package, target, workspace

from tasker_ci.foreign.invocations.invocation import Invocation
from tasker_ci.foreign.invocations.reading import invocation_of
from tasker_ci.foreign.selections.nextest_filters import NextestFilter, nextest_filter

ROOT = Path("/clone")
LIBRARY = target(ROOT / "a/src/lib.rs", name="a")
A = package(ROOT / "a", LIBRARY)
WORKSPACE = workspace(ROOT, A, package(ROOT / "b"))
CONFIGURATION = ".config/nextest.toml"


def read(line: str, configuration: str = "", **variables: str) -> NextestFilter:
    texts = TextsOf({CONFIGURATION: configuration, "other.toml": "profile.x = {}"})
    found = invocation_of(command(f"cargo nextest run {line}", **variables), texts)
    assert isinstance(found, Invocation)
    return nextest_filter(found, WORKSPACE, texts, {"cfg(unix)": True}.get)


@pytest.mark.parametrize(
    ("line", "configuration", "why"),
    [
        ("-E $?", "", "the value of `--filterset` is not known"),
        ("-P $?", "", "the value of `--profile` is not known"),
        ("-P mine", "", "nextest has no profile mine here"),
        ("-E 'test('", "", "the filterset `test(` cannot be read"),
        ("-E 'group(x)'", "", "the filterset `group(x)` may leave it out"),
        ("-E 'rdeps(serde)'", "", "the filterset `rdeps(serde)` may leave it out"),
        ("--run-ignored $?", "", "the value of `--run-ignored` is not known"),
        ("--partition hash:1/2", "", "it runs one shard of the tests"),
        ("--rerun latest", "", "`--rerun` runs what failed before"),
        ("--config-file /elsewhere.toml", "", "nextest's configuration or profile is not known"),
        ("--tool-config-file a:/b", "", "nextest's configuration or profile is not known"),
        ("", "profile.default.default-filter = 'x'", "the `default-filter` of the profile"),
        ("-P a", "profile.a.inherits = 'b'\nprofile.b.inherits = 'a'", "inherits from itself"),
        (
            "",
            "[[profile.default.overrides]]\nplatform = 'cfg(x)'\ndefault-filter = 'all()'",
            "for which platform an override",
        ),
    ],
)
def test_why_it_cannot_be_said_which_tests_run(line: str, configuration: str, why: str) -> None:
    verdict = read(line, configuration).runs(A, LIBRARY, "tests::adds", ignored=False)
    assert verdict.selected is None
    assert why in verdict.why


def test_the_profile_of_the_environment() -> None:
    configuration = "profile.ci.default-filter = 'none()'"
    assert read("", configuration).runs(A, LIBRARY, "x", ignored=False).selected
    verdict = read("", configuration, NEXTEST_PROFILE="ci").runs(A, LIBRARY, "x", ignored=False)
    assert (verdict.selected, verdict.why) == (
        False,
        "the profile's `default-filter` leaves it out",
    )


def test_another_configuration_of_the_repository() -> None:
    verdict = read("--config-file other.toml -P x").runs(A, LIBRARY, "x", ignored=False)
    assert verdict.selected


def test_an_ignored_test_is_left_out_whatever_is_not_known() -> None:
    assert read("-E $?").runs(A, LIBRARY, "x", ignored=True).selected is False


def test_a_workspace_outside_of_the_checkout_has_no_configuration_here() -> None:
    outside = replace(WORKSPACE, root=Path("/elsewhere"))
    texts = TextsOf({CONFIGURATION: ""})
    found = invocation_of(command("cargo nextest run"), texts)
    assert isinstance(found, Invocation)
    assert nextest_filter(found, outside, texts, lambda _: None).doubt
