"""What a run of `ci` is about, and what is remembered of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.pipeline import PlannedSession
from tasker_ci.sessions.pipeline.choosing import choose
from tasker_ci.sessions.pipeline.last_run import LastRunFile
from tasker_ci.testing import make_context

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = tuple(
    PlannedSession(session=name, after=(), behind=(), requires=("fmt",) if name != "fmt" else ())
    for name in ("fmt", "unit", "doc")
)


def test_what_is_left_out_is_as_it_was_and_what_runs_has_not_ended(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    first = choose(context, WHOLE, only=(), failed=False)
    assert first.remembered is not None
    first.remembered.end({"fmt": "passed", "unit": "failed", "doc": "passed"})
    some = choose(context, WHOLE, only=("doc",), failed=False)
    assert [(each.session, each.requires) for each in some.plan] == [("doc", ())]
    assert some.others == 2
    known = LastRunFile.of(context).read()
    assert known is not None
    assert known.statuses == {"fmt": "passed", "unit": "failed", "doc": "not ended"}


def test_a_dry_run_remembers_nothing(tmp_path: Path) -> None:
    context = make_context(tmp_path, dry_run=True)
    assert choose(context, WHOLE, only=(), failed=False).remembered is None
    assert LastRunFile.of(context).read() is None
