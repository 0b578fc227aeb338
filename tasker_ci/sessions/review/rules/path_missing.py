"""A file or folder that a workflow names and the repository does not have.

```yaml
      - run: ./ci/build.sh
      - uses: ./.github/actions/setup
```

The step fails where it runs on each change. Where it runs on a release or a label alone, nobody
notices until then.

**Certain** where no step before it could have made the file: a checkout of another repository, a
download, a clone, a program that nobody could read make it a suspicion. Below `target` and other
folders that builds make nothing is looked for.

**Fix**: correct the path, or remove the step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.named_paths import named_paths
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each path at each place."""
    told: set[tuple[Place, str]] = set()
    for named in named_paths(subject):
        if (named.place, named.path) in told:
            continue
        told.add((named.place, named.path))
        yield RULE.finding(
            grade=Grade.CERTAIN if named.made_by is None else Grade.SUSPICION,
            place=named.place,
            message=f"{named.what} {named.path} is not in the repository.",
            evidence=(
                f"the job `{named.job}` names it",
                *((f"{named.made_by} may make it",) if named.made_by else ()),
            ),
            fix="Correct the path, or remove what names it.",
        )


RULE = ReviewRule(
    id="P1",
    name="path-missing",
    severity=Severity.WARNING,
    reads="actions, workflows, folders, scripts and files that jobs name; the list of files",
    certain="where no step before could have made it",
    find=find,
)
