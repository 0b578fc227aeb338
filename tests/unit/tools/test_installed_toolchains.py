"""A toolchain besides the workspace's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.testing import RecordingRunner, make_context
from tasker_ci.tools.installed_toolchains import (
    NotAvailable,
    NotAvailableHere,
    cannot_fetch,
    check_installed,
    installed_toolchains,
    is_among,
)

if TYPE_CHECKING:
    from pathlib import Path

HOST = "x86_64-unknown-linux-gnu"
COMPONENTS = "rustup component list --installed --toolchain nightly"


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        (f"nightly-{HOST}", "nightly", True),
        (f"nightly-2026-01-01-{HOST}", "nightly", False),
        (f"nightly-2026-01-01-{HOST}", "nightly-2026-01-01", True),
        ("own", "own", True),
        (f"1.70.0-{HOST}", "1.70", False),
    ],
)
def test_the_machine_may_stand_behind_a_name(name: str, wanted: str, expected: bool) -> None:
    assert is_among([name], wanted) is expected


def test_what_is_missing_has_the_line_that_gets_it(tmp_path: Path) -> None:
    program = tmp_path / "bin/rustup"
    program.parent.mkdir()
    program.touch(0o755)
    environment = {"PATH": str(program.parent), "HOME": str(tmp_path)}
    answers = {"rustup toolchain list": f"nightly-{HOST}\n", COMPONENTS: f"rustc-{HOST}\n"}
    context = make_context(tmp_path, runner=RecordingRunner(answers), environment=environment)
    check_installed(context, environment, "nightly", components=("rustc",))
    with pytest.raises(NotAvailableHere, match="is here without miri") as caught:
        check_installed(context, environment, "nightly", components=("rustc", "miri"))
    line = "rustup toolchain install nightly --profile minimal --component rustc --component miri"
    assert caught.value.next_step == line
    under_ci = make_context(tmp_path, runner=RecordingRunner(answers), environment={"CI": "true"})
    with pytest.raises(NotAvailable, match="other is not installed") as found:
        check_installed(under_ci, environment, "other")
    assert type(found.value) is NotAvailable
    assert type(cannot_fetch(under_ci, "why")) is NotAvailable


def test_without_rustup_there_is_none(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    assert installed_toolchains(context, context.environment) == ()
    with pytest.raises(NotAvailableHere) as caught:
        check_installed(context, context.environment, "nightly")
    assert caught.value.next_step.startswith("Install rustup")
