"""Quotes that become a part of a value.

```yaml
      - run: echo 'DATABASE_URL="postgres://localhost/test"' >> "$GITHUB_ENV"
```

GitHub takes everything behind the `=`, quotes too: the later steps find a value that begins and
ends with `"`. A shell that reads a dotenv file takes them off, and so the line looks right.

**Certain**: nothing takes them off, unless a step reads the value with `fromJSON`.

**Fix**: write the value without quotes, and one of several lines as `NAME<<END`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.scripts_of_jobs import exported_variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_QUOTED = re.compile(r"([\"'])[^\"']+\1")


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each file, at its first variable."""
    quoted: dict[object, dict[Place, str]] = {}
    for command in subject.all_scripts:
        for name, value in exported_variables(command).items():
            if _QUOTED.fullmatch(value) and not _is_json(subject.checkout, name):
                quoted.setdefault(command.place.file, {})[command.place] = name
    for places in quoted.values():
        first, *others = sorted(places)
        yield RULE.finding(
            place=first,
            message=f"The value of {places[first]} begins and ends with a quote: GITHUB_ENV"
            " takes it as it is.",
            evidence=tuple(f"also {places[each]}, {each}" for each in others),
            fix="Write the value without quotes.",
        )


def _is_json(checkout: Checkout, name: str) -> bool:
    """Whether a workflow reads the variable as JSON."""
    pattern = re.compile(rf"fromJSON\s*\(\s*env\.{name}\b", re.IGNORECASE)
    return any(
        pattern.search(checkout.text(file) or "")
        for file in checkout.files
        if file.parts[:1] == (".github",) and file.suffix in {".yml", ".yaml"}
    )


RULE = ReviewRule(
    id="E2",
    name="quoted-value",
    severity=Severity.WARNING,
    reads="what scripts of workflows and actions write to GITHUB_ENV",
    certain="unless a step reads the value with fromJSON",
    find=find,
)
