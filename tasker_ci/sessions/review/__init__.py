"""Where a CI that somebody wrote by hand lies."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import Family, Session

FAMILY = Family(
    sessions={
        "review": Session(
            "tasker_ci.sessions.review.session:review",
            "Find where the CI of a repository lies: tests that no job runs, gates that cannot "
            "fail.",
            stage="review",
            tags=("quality",),
            word="path",
            traceless=True,
            any_settings=True,
        ),
    },
    stages=(
        Stage(
            name="review",
            file="review.yml",
            only_with="review.pipeline",
            closed=True,
        ),
    ),
    workflows={"review": "tasker_ci.sessions.review.job:review_workflow"},
    settings={"review": "tasker_ci.sessions.review.settings:ReviewSettings"},
)
