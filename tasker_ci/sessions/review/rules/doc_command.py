"""A documented command that cargo refuses.

````markdown
```sh
cargo test --doc --all-packages
```
````

`cargo test` has no flag `--all-packages`. Who follows the document gets an error, and who reviews
it believes that these tests are run. The same holds for a package, target or feature that the
repository does not have.

**Certain** for flags, which are the same everywhere, and for names where the same document names
packages that are there. Other names are a suspicion: a document may speak of the reader's own
project. Blocks with `<name>`, `$NAME` or `…`, and blocks that begin with
another project (`git clone`, `cargo new`, `cd`), are left out.

**Fix**: correct the command; better, let a job run it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.documented_commands import documented_calls
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.nearest import did_you_mean
from tasker_ci.text.plurals import counted
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from tasker_ci.sessions.review.documented_commands import DocumentedCall
    from tasker_ci.sessions.review.subject import Subject

_TARGETS = {"--test": "test", "--bench": "bench", "--example": "example", "--bin": "bin"}
_WHAT = {"test": "test target", "bench": "benchmark", "example": "example", "bin": "program"}
_PLAIN = re.compile(r"[\w-]+")
_MOST = 40
_MOST_LINES = 5


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each document and reason."""
    names: _Names | None = None
    places: dict[tuple[PurePosixPath, str], list[DocumentedCall]] = defaultdict(list)
    said: dict[tuple[PurePosixPath, str], tuple[bool, str]] = {}
    ours: set[PurePosixPath] = set()
    for call in documented_calls(subject.documented, subject.checkout):
        names = names or _Names(subject)
        found = _refused(call, names)
        if names.members.intersection(call.invocation.values("--package")):
            ours.add(call.place.file)
        if found is not None:
            message, certain, hint = found
            key = (call.place.file, message)
            places[key].append(call)
            said[key] = (certain, hint)
    for (file, message), calls in [*places.items()][:_MOST]:
        certain, hint = said[file, message]
        lines = dict.fromkeys(f"line {call.place.line}: `{call.text}`" for call in calls)
        more = len(lines) - _MOST_LINES
        yield RULE.finding(
            grade=Grade.CERTAIN if certain or file in ours else Grade.SUSPICION,
            place=calls[0].place,
            message=message,
            evidence=(
                *[*lines][:_MOST_LINES],
                *((f"and {counted(more, 'command')} more",) if more > 0 else ()),
            ),
            fix=f"Correct the command.{hint}",
        )


class _Names:
    """The names that a command may use in any workspace of the repository."""

    def __init__(self, subject: Subject) -> None:
        self.packages: set[str] = set()
        self.members: set[str] = set()
        self.targets: dict[str, set[str]] = {kind: set() for kind in _TARGETS.values()}
        self.features: set[str] = set()
        for reviewed in subject.workspaces:
            for package in reviewed.workspace.packages:
                self.members.add(package.name)
                for target in package.targets:
                    self.targets.setdefault(target.kind, set()).add(target.name)
                tables = read_tables(package.manifest)
                self.features |= {*_keys(tables.get("features"))}
                for part in ("dependencies", "dev-dependencies", "build-dependencies"):
                    self.packages |= {*_keys(tables.get(part))}
        self.features |= self.packages | {"default"}
        self.packages |= self.members
        for lock in subject.checkout.files:
            if lock.name == "Cargo.lock":
                text = subject.checkout.text(lock) or ""
                self.packages |= {*re.findall(r'^name = "([\w-]+)"', text, re.MULTILINE)}


def _keys(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _refused(call: DocumentedCall, names: _Names) -> tuple[str, bool, str] | None:
    """Why cargo refuses it, whether that is certain, and what was perhaps meant."""
    invocation = call.invocation
    subcommand = " ".join(("cargo", *invocation.subcommand))
    if invocation.unknown_flags and not invocation.has("-Z"):
        flags = ", ".join(invocation.unknown_flags)
        return f"`{subcommand}` has no flag {flags}.", True, ""
    if not names.members or not call.for_developers:
        return None
    for name in invocation.values("--package"):
        if _PLAIN.fullmatch(name) and name not in names.packages:
            hint = did_you_mean(name, names.members)
            return f"The repository has no package {name}.", False, hint
    for flag, kind in _TARGETS.items():
        for name in invocation.values(flag):
            if _PLAIN.fullmatch(name) and name not in names.targets[kind]:
                hint = did_you_mean(name, names.targets[kind])
                return f"No package of the repository has the {_WHAT[kind]} {name}.", False, hint
    for value in invocation.values("--features"):
        for name in re.split(r"[,\s]+", value):
            if _PLAIN.fullmatch(name) and name not in names.features:
                hint = did_you_mean(name, names.features)
                return f"No package of the repository has the feature {name}.", False, hint
    return None


RULE = ReviewRule(
    id="D1",
    name="doc-command",
    severity=Severity.WARNING,
    reads="fenced commands in Markdown, flags of cargo and nextest, manifests",
    certain="for flags, and for names beside others that are there",
    find=find,
)
