"""Conditions that name two different repositories.

```yaml
# release.yml
    if: github.repository == 'pgmq/pgmq'
# cargo_publish.yml
    if: github.repository == 'tembo-io/pgmq'
```

A repository has one name, so one of the two jobs never runs. It happens when a repository moves
and one workflow is forgotten.

**A suspicion**: only GitHub knows the name. The finding stands where the name differs from
the one that more conditions have, or from `repository` in the manifests.

**Fix**: correct the name, or use a variable of the repository.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_NAME = re.compile(
    r"\bgithub\.repository(_owner)?\s*==\s*'([^']+)'|'([^']+)'\s*==\s*github\.repository(_owner)?\b"
)
_MANIFEST = re.compile(r"^repository\s*=\s*\"https?://[^/\"]+/([^/\"]+/[^/\"#]+)", re.MULTILINE)


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each condition with the other name."""
    found = [*_conditions(subject)]
    counts = Counter(name for _, names in found for name in names)
    known = _of_manifests(subject)
    most = counts.most_common(2)
    tied = len(most) > 1 and most[0][1] == most[1][1]
    right = known if tied and known in counts else most[0][0] if most else ""
    places: dict[str, list[Place]] = defaultdict(list)
    for place, names in found:
        if not any(_agree(name, right) for name in names):
            places[" or ".join(names)].append(place)
    for name, (first, *others) in places.items():
        other = next(each for each, names in found if any(_agree(name, right) for name in names))
        yield RULE.finding(
            grade=Grade.SUSPICION,
            place=first,
            message=f"A condition names the repository {name}, others {right}:"
            " one of them never holds.",
            evidence=(
                *((f"also {', '.join(map(str, others))}",) if others else ()),
                f"{other} names {right}",
                *((f"the manifests name {known}",) if known else ()),
            ),
            fix=f"Write {right}, if that is the repository's name.",
        )


def _conditions(subject: Subject) -> Iterator[tuple[Place, tuple[str, ...]]]:
    for _, job in jobs_of(subject.reading):
        for condition, near in (
            (job.condition, job.condition_place or job.place),
            *((step.condition, step.place) for step in job.steps),
        ):
            names = [(each[1] or each[2]).lower() for each in _NAME.findall(condition or "")]
            if names:
                place = line_with(subject.checkout, near, "github.repository")
                yield place, tuple(dict.fromkeys(names))


def _agree(name: str, other: str) -> bool:
    """Whether both may be the same repository: ``owner`` agrees with ``owner/name``."""
    if "/" in name and "/" in other:
        return name == other
    return name.split("/", maxsplit=1)[0] == other.split("/", maxsplit=1)[0]


def _of_manifests(subject: Subject) -> str:
    """The name that most manifests give."""
    names: Counter[str] = Counter()
    for file in subject.checkout.files:
        if file.name == "Cargo.toml":
            names.update(_MANIFEST.findall(subject.checkout.text(file) or ""))
    plain = names.most_common(1)[0][0] if names else ""
    return plain.removesuffix(".git").rstrip("/").lower()


RULE = ReviewRule(
    id="G7",
    name="repository-name",
    severity=Severity.WARNING,
    reads="conditions, manifests",
    certain="never: only GitHub knows the repository's name",
    find=find,
)
