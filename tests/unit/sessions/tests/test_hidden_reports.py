"""The report of tests holds no key of the run: workflows upload it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest
from tool_parts import context_with_programs

from tasker_ci.process.command import Command
from tasker_ci.reports.junit import write_junit
from tasker_ci.reports.libtest import LibtestReader
from tasker_ci.rust.selection import Selector
from tasker_ci.sessions.tests.cargo_test import PlainTarget, run_cargo_test, run_target
from tasker_ci.tools.report_files import hide_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.testing import RecordedContext


KEY = "0123456789abcdef" * 2


def test_the_keys_of_the_run_are_hidden_and_the_report_can_be_read(tmp_path: Path) -> None:
    context = context_with_programs(tmp_path, ("preset", "tasker"), GITHUB_TOKEN="ghs_" + KEY[::-1])
    junit = tmp_path / "junit.xml"
    told = f'<case name="password=" type="x{KEY}">token ghs_{KEY[::-1]}\nπ {KEY}</case>'
    junit.write_text(told, encoding="utf-8")
    hide_secrets(context, junit, {"API_KEY": KEY}, within=tmp_path)
    case = ET.fromstring(junit.read_text(encoding="utf-8"))
    assert case.attrib == {"name": "password=", "type": "x***"}
    assert case.text == "token ***\nπ ***"
    assert [file.name for file in tmp_path.glob("junit*")] == ["junit.xml"]


def test_a_report_without_keys_is_not_written(tmp_path: Path) -> None:
    context = context_with_programs(tmp_path, ("preset", "tasker"))
    junit = tmp_path / "junit.xml"
    junit.write_text("<case/>", encoding="utf-8")
    before = junit.stat().st_ino
    hide_secrets(context, junit, {"API_KEY": KEY}, within=tmp_path)
    assert junit.stat().st_ino == before
    hide_secrets(context, tmp_path / "absent.xml", {"API_KEY": KEY}, within=tmp_path)


FAILED = f"""\
running 1 test
test one ... FAILED

failures:

---- one stdout ----
the key is {KEY}, the database postgres://me:hunter2@here/it

failures:
    one

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
ENDED = f"running 2 tests\nthe key is {KEY}, the database postgres://me:hunter2@here/it\n"


def prints(folder: Path, text: str, exit_code: int) -> tuple[RecordedContext, Command]:
    """A context, and a command that prints a text; it stands for `cargo test` with real tests."""
    (folder / "text").write_text(text, encoding="utf-8")
    script = f"cat '{folder / 'text'}'; exit {exit_code}"
    context = context_with_programs(folder, ("preset", "tasker"), programs={"cargo": script})
    keys = {"API_KEY": KEY, "DATABASE_URL": "postgres://me:hunter2@here/it"}
    environment = {**context.environment, **keys}
    return context, Command(argv=("cargo", "test"), cwd=folder, environment=environment)


@pytest.mark.parametrize(
    ("text", "exit_code"), [(FAILED, 101), (ENDED, 0)], ids=["a failed test", "an early end"]
)
def test_what_cargo_test_prints_is_shown_and_kept_without_the_keys(
    tmp_path: Path, text: str, exit_code: int
) -> None:
    context, command = prints(tmp_path, text, exit_code)
    target = PlainTarget(suite="it", selector=Selector.parse("it"))
    done = run_target(context, target, command, lambda _: None)
    write_junit(done.run, tmp_path / "junit.xml")
    kept = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    for each in (kept, context.printed, done.completed.stdout):
        assert "the key is ***, the database postgres://me:***@here/it" in each
        assert KEY not in each
        assert "hunter2" not in each


def test_doctests_are_heard_without_the_keys(tmp_path: Path) -> None:
    context, command = prints(tmp_path, FAILED, 101)
    reader = LibtestReader("doctests")
    run_cargo_test(context, command, reader)
    assert [case.output for case in reader.run().cases] == [
        "the key is ***, the database postgres://me:***@here/it"
    ]
