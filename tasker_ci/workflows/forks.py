"""Pull requests from another repository: what GitHub lets their tokens do is less."""

from __future__ import annotations

FROM_ANOTHER_REPOSITORY = (
    "github.event_name == 'pull_request'"
    " && github.event.pull_request.head.repo.full_name != github.repository"
)
"""In a repository that is a fork itself, `head.repo.fork` is true for its own branches too."""
