from __future__ import annotations

from typing import TYPE_CHECKING

from reviewed import steps, subject_of

from tasker_ci.sessions.review.comparable_legs import around_job, doings, is_known, signature

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_built_is_equal_where_flags_say_it_otherwise(tmp_path: Path) -> None:
    commands = ("cargo test -p core", "cargo test --package=core", "cargo test -p store")
    subject = subject_of(tmp_path, steps(*commands))
    one, two, other = subject.workspaces[0].selections
    assert is_known(one)
    assert signature(one) == signature(two) != signature(other)


def test_a_leg_of_which_a_part_is_not_known_does_nothing_that_can_be_compared(
    tmp_path: Path,
) -> None:
    subject = subject_of(tmp_path, steps("cargo test", "echo", "cargo test -p $(x)"))
    (run,) = subject.reading.runs
    assert doings(run, [*subject.reading.commands], {}) is None
    job = run.job
    assert around_job(job) == around_job(job)
