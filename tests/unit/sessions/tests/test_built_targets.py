"""What `integration` builds: what it runs and no other binary, where the settings allow that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.sessions.tests.nextest_choice import (
    Choice,
    integration_scope,
    nextest_configuration,
    unit_scope,
)
from tasker_ci.sessions.tests.nextest_run import nextest_command
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


def words(
    folder: Path,
    targets: list[str],
    *passthrough: str,
    packages: tuple[str, ...] = (),
    session: str = "integration",
) -> str:
    settings = f"[integration]\ntargets = {targets!r}\n"
    context = make_context(folder, settings, passthrough=passthrough)
    scope = (integration_scope if session == "integration" else unit_scope)(context)
    choice = Choice(profile="ci", packages=packages)
    configuration = nextest_configuration(context)
    return " ".join(nextest_command(context, choice, configuration, {}, scope).argv)


@pytest.mark.parametrize(
    ("targets", "built"),
    [
        (["a::end_to_end"], "--workspace --test end_to_end "),
        (["a::one", "b::one", "b::two"], "--workspace --test one --test two "),
        (["a::one", "b::lib"], "--workspace --"),
        (["a::one", "b"], "--workspace --"),
        (["a::bin/x"], "--workspace --"),
    ],
)
def test_only_named_test_targets_are_built_with_the_features_of_the_workspace(
    tmp_path: Path, targets: list[str], built: str
) -> None:
    found = words(tmp_path, targets)

    assert built in found
    assert found.count("--test ") == built.count("--test ")
    assert "binary_id(=" in found or "package(=" in found


def test_who_chooses_himself_chooses_what_is_built_too(tmp_path: Path) -> None:
    assert "--test end_to_end" not in words(tmp_path, ["a::end_to_end"], packages=("a",))
    assert "--test end_to_end" not in words(tmp_path, ["a::end_to_end"], "--lib")
    assert "--test end_to_end" not in words(tmp_path, ["a::end_to_end"], "--test=other")
    assert "--test end_to_end" in words(tmp_path, ["a::end_to_end"], "--no-capture")


def test_unit_builds_everything(tmp_path: Path) -> None:
    assert "--test " not in words(tmp_path, ["a::end_to_end"], session="unit")
