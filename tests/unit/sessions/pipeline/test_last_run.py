"""The last run of `ci` as it is kept, and what of a plan it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tasker_ci.pipeline import PlannedSession
from tasker_ci.sessions.pipeline.last_run import LastRun, LastRunFile, Remembered, left_of
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path


def step(name: str, *waits: str) -> PlannedSession:
    return PlannedSession(session=name, after=waits, behind=waits, requires=waits)


PLAN = (step("fmt"), step("unit", "fmt"), step("doctest", "fmt", "unit"))


@pytest.mark.parametrize(
    ("statuses", "left"),
    [
        ({"fmt": "passed", "unit": "proven", "doctest": "skipped"}, ()),
        ({"fmt": "passed", "unit": "failed", "doctest": "stopped"}, ("unit", "doctest")),
        ({"fmt": "not checked", "unit": "not run", "doctest": "passed"}, ("fmt", "unit")),
        ({"fmt": "passed", "unit": "passed"}, ("doctest",)),
        ({"fmt": "not ended", "unit": "passed", "doctest": "passed"}, ("fmt",)),
    ],
)
def test_what_is_not_known_to_be_done_is_left(
    statuses: dict[str, str], left: tuple[str, ...]
) -> None:
    steps = LastRun(began=0, statuses=statuses).left(PLAN)
    assert tuple(each.session for each in steps) == left
    for each in steps:
        assert {*each.after, *each.behind, *each.requires} <= set(left), "waits for nobody else"


def test_a_file_that_cannot_be_understood_is_no_last_run(tmp_path: Path) -> None:
    file = LastRunFile(file=tmp_path / "last.json", within=tmp_path)
    assert file.read() is None
    for text in ("", "[]", "{", '{"version": 2}', '{"version": 1, "began": 1e99, "sessions": {}}'):
        file.file.write_text(text, "utf-8")
        assert file.read() is None


def test_what_does_not_run_again_keeps_its_status(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    file = LastRunFile.of(context)
    last = LastRun(began=0, statuses={"fmt": "passed", "unit": "failed"})
    remembered = Remembered.begin(context, file, PLAN, PLAN[1:], last, clock=lambda: 7.0)
    assert file.read() == LastRun(
        began=7.0, statuses={"fmt": "passed", "unit": "not ended", "doctest": "not ended"}
    )
    remembered.end({"unit": "passed", "doctest": "failed"})
    found = file.read()
    assert found is not None
    assert [each.session for each in found.left(PLAN)] == ["doctest"]


def test_a_red_session_that_the_pipeline_has_no_more_is_named(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    last = LastRun(began=0, statuses={"fmt": "passed", "unit": "passed", "typos": "failed"})
    assert [each.session for each in left_of(context, PLAN, last, 60.0)] == ["doctest"]
    assert "of the run 1 min ago: doctest (new)" in context.printed
    assert "typos was failed; the pipeline has it no more" in context.printed


def test_a_place_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    (tmp_path / "target").write_text("no folder", "utf-8")
    Remembered.begin(context, LastRunFile.of(context), PLAN, PLAN, None)
    assert "`ci --failed` will not know this run" in context.printed
