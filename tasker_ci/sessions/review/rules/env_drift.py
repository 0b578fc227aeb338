"""One variable with two values.

```yaml
# .github/actions/setup-env/action.yml
        echo "LOG_LEVEL=warn" >> $GITHUB_ENV
# docker/docker-compose.test.yml
      LOG_LEVEL: info
```

The tests run with one value in CI and with the other one on the machines of developers, or the
program under test logs on another level than the tests assume. The same holds for a version that
two workflows spell differently.

**A suspicion**: two values may be meant. Addresses are compared only where both files are on the
same side of a network: `localhost` of a runner is no contradiction to the name of a service within
compose. Values of secrets are not shown.

**Fix**: write the value in one place, and pass the variable on by its name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.written_variables import VariableSource, variables_of
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.masking import says_secret, shown_value
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.sessions.review.subject import Subject
    from tasker_ci.sessions.review.written_variables import WrittenVariable

_ADDRESS = re.compile(r"(?:_|^)(?:URL|URI|HOST|PORT|ADDR|ADDRESS|ENDPOINT|DSN|BIND)S?(?:_|$)")
_DIFFERS_ON_PURPOSE = re.compile(
    r"FLAGS$|^PATH$|^HOME$|^CI$|^CC|^CXX|^LD_|^LC_|^LANG|^DEBIAN_|^GITHUB_|^CARGO_(?!HOME)|^RUST_BACKTRACE$"
    r"|^RUST_TEST_|^RUSTC|^NAME$|^VERSION$|^TAG$|^TARGET$|^OS$|^ARCH$|^IMAGE$"
)
_VERSION = re.compile(r"(?:_VERSION|_TOOLCHAIN|^TOOLCHAIN|MSRV)$")
_MOST_VALUES = 6
_MOST_OF_ONE_KIND = 2
"""More values in files of one kind are meant: one for each service or job."""

_SAME_HOST = {
    VariableSource.WORKFLOW: 0,
    VariableSource.ACTION: 0,
    VariableSource.DOTENV: 1,
    VariableSource.SCRIPT: 2,
}


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each variable."""
    by_name: dict[str, list[WrittenVariable]] = defaultdict(list)
    for variable in variables_of(subject):
        if not _DIFFERS_ON_PURPOSE.search(variable.name):
            by_name[variable.name].append(variable)
    for name, written in sorted(by_name.items()):
        apart = _apart(name, written)
        if apart:
            yield _finding(name, apart)


def _apart(name: str, written: Sequence[WrittenVariable]) -> list[WrittenVariable]:
    """The values that contradict each other; none where they do not."""
    address = _ADDRESS.search(name) or any("://" in each.value for each in written)
    groups: dict[int, list[WrittenVariable]] = defaultdict(list)
    for each in written:
        if each.source is VariableSource.COMPOSE:
            if address:
                continue
            groups[3].append(each)
        else:
            groups[_SAME_HOST[each.source]].append(each)
    if address:
        groups.pop(2, None)  # a script may run anywhere
    values = {number: {each.value for each in group} for number, group in groups.items()}
    kinds = {_kind(each.value) for group in groups.values() for each in group}
    most = 1 if address else _MOST_OF_ONE_KIND
    if len(kinds) == 1 and all(len(each) <= most for each in values.values()):
        numbers = sorted(values)
        if any(
            one < two and values[one].isdisjoint(values[two]) for one in numbers for two in numbers
        ):
            return [each for number in numbers for each in groups[number]]
    if _VERSION.search(name):
        shared = [each for each in groups.get(0, ()) if each.shared]
        files = {each.place.file for each in shared}
        if len({each.value for each in shared}) > 1 and len(files) > 1:
            return shared
    return []


def _kind(value: str) -> str:
    """What a URL is for; a value of another kind is "value"."""
    scheme = value.partition("://")[0] if "://" in value else "value"
    return {"postgresql": "postgres", "https": "http"}.get(scheme, scheme)


def _finding(name: str, written: Iterable[WrittenVariable]) -> ReviewFinding:
    by_value: dict[str, list[WrittenVariable]] = defaultdict(list)
    for each in written:
        by_value[each.value].append(each)
    secret = says_secret(name)
    evidence = []
    for value, places in [*by_value.items()][:_MOST_VALUES]:
        shown = shortened(one_line(shown_value(value, secret=secret)), 80)
        first, more = places[0], len(places) - 1
        also = f" and {counted(more, 'place')} more" if more else ""
        evidence.append(f"{first.place} has {shown}{also}")
    first = next(iter(by_value.values()))[0]
    kinds = dict.fromkeys(each.source.value for places in by_value.values() for each in places)
    return RULE.finding(
        grade=Grade.SUSPICION,
        place=first.place,
        message=f"{name} has {counted(len(by_value), 'value')} in {' and '.join(kinds)}.",
        evidence=tuple(evidence),
        fix="Write it in one place, and pass it on by its name.",
    )


RULE = ReviewRule(
    id="E1",
    name="env-drift",
    severity=Severity.WARNING,
    reads="literal values in workflows, actions, compose and dotenv files, scripts",
    certain="never: two values may be meant",
    find=find,
)
