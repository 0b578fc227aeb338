"""What `coverage` makes of targets that `cargo test` runs; a script stands for cargo-llvm-cov."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rust_workspaces import package, target, workspace
from tool_parts import context_with_programs

from tasker_ci.reports.errors import TestsFailed
from tasker_ci.sessions.coverage.run import Measuring
from tasker_ci.sessions.tests.nextest_choice import Choice, nextest_configuration, unit_scope

if TYPE_CHECKING:
    from pathlib import Path

CARGO = """\
echo "$*" >> asked
[ "$2" = test ] || exit 0
echo "running 1 test"
echo "test one ... FAILED"
echo
echo "failures:"
echo
echo "---- one stdout ----"
echo "what it prints"
echo
echo
echo "failures:"
echo "    one"
echo
echo "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; "\
"finished in 0.00s"
exit 101
"""


@pytest.mark.parametrize("toolchain", ["", "beta"])
def test_targets_of_cargo_test_are_run_with_their_features_shown_once_and_run_again_by_cargo_test(
    tmp_path: Path, toolchain: str
) -> None:
    settings = (("unit.cargo-test", "a"), ("features", "of-a,of-b"))
    script = CARGO if not toolchain else "shift\n" + CARGO
    context = context_with_programs(tmp_path, *settings, programs={"cargo": script})
    a, b = (
        replace(
            package(tmp_path / name, target(tmp_path / name / "tests" / "it.rs", "test")),
            features={f"of-{name}": ()},
        )
        for name in "ab"
    )
    b = replace(b, targets=())
    found = workspace(tmp_path, a, b)
    measuring = Measuring(
        context=context,
        choice=Choice(profile="default", toolchain=toolchain),
        configuration=nextest_configuration(context),
        scope=replace(unit_scope(context), session="coverage"),
        environment=context.environment,
        doctests=True,
    )
    with pytest.raises(TestsFailed, match="2 of 2 tests failed") as error:
        measuring.run_tests(found, tmp_path / "junit.xml")
    chosen = f"+{toolchain} " if toolchain else ""
    words = "--package a --test it --features of-a --no-fail-fast --color never"
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert f"llvm-cov test --no-report {words}" in asked
    assert {each["suite"]: each["rerun"] for each in error.value.data["failures"]} == {
        "a::it": f"cargo {chosen}test {words} -- --exact one",
        "doctests": f"tasker-ci doctest{f' --toolchain {toolchain}' if toolchain else ''}",
    }
    lines = [line.strip() for line in context.printed.splitlines()]
    assert lines.count("what it prints") == 2, "that of each test once"
