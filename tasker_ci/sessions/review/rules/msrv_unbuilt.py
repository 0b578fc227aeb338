"""A minimum Rust version that no job builds.

`rust-version` in a manifest is a promise to whoever depends on the package. It breaks in silence
with the first newer feature of the language, unless a job compiles with exactly that version.

    rust-version = "1.75"            # Cargo.toml
    toolchain: [stable, beta]        # ci.yml: 1.75 is never installed

**Certain** where the toolchain of every command is known. A `rust-toolchain.toml` outranks the
toolchain that an action installs; `cargo +1.75` and RUSTUP_TOOLCHAIN outrank the file.

**Fix**: one job with `cargo +1.75 check --workspace`, or `cargo hack check --rust-version`.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Place
from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.named_versions import may_be_built
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.text.plurals import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.workspace import Package
    from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject

_COMPILES = {
    *(Action.TEST, Action.COMPILE_TESTS, Action.BUILD, Action.CHECK, Action.LINT, Action.RUN),
    Action.DOC,
}
_LINE = re.compile(r"^\s*rust-version\s*=", re.MULTILINE)


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each version that packages of a workspace declare."""
    if _finds_out(subject):
        return
    for reviewed in subject.workspaces:
        building = [each for each in reviewed.selections if each.action in _COMPILES]
        if not building or any(each.toolchain is None for each in building):
            continue
        unbuilt: dict[str, list[Package]] = {}
        for package in reviewed.workspace.packages:
            version = package.rust_version
            if version and not any(_builds(each, package, version) for each in building):
                unbuilt.setdefault(version, []).append(package)
        for version, packages in unbuilt.items():
            if may_be_built(subject, version):
                continue
            yield _finding(subject, reviewed, building, version, packages)


def _finds_out(subject: Subject) -> bool:
    """Whether `cargo msrv` builds packages with the versions that their manifests declare."""
    return any("msrv" in each.subcommand for each in subject.reading.invocations)


def _builds(selection: Selection, package: Package, version: str) -> bool:
    """Whether a selection compiles a package with a version, or asks a tool to find it out."""
    invocation = selection.invocation
    if invocation.has("--rust-version", "--version-range"):
        return True
    # One that is built as a dependency of another is built, too.
    built = selection.packages is None or package.name in selection.features
    return built and _same(selection.toolchain or "", version)


def _same(toolchain: str, version: str) -> bool:
    """``1.75.0-x86_64-unknown-linux-gnu`` is ``1.75``, and ``1.75`` is ``1.75.0``."""
    release = toolchain.partition("-")[0]
    parts = [*release.split("."), "0", "0"][:3]
    return parts == [*version.split("."), "0", "0"][:3]


def _finding(
    subject: Subject,
    reviewed: ReviewedWorkspace,
    building: list[Selection],
    version: str,
    packages: list[Package],
) -> ReviewFinding:
    names = listed(each.name for each in packages)
    used = sorted({each.toolchain or "the machine's own" for each in building})
    return RULE.finding(
        place=_place(subject, reviewed, packages[0]),
        message=f"Rust {version} is declared by {names}, and no job builds"
        f" {'it' if len(packages) == 1 else 'them'} with it.",
        evidence=(f"toolchains of the jobs: {', '.join(used)}",),
        fix=f"Add a job with `cargo +{version} check --workspace`.",
    )


def _place(subject: Subject, reviewed: ReviewedWorkspace, package: Package) -> Place:
    """The line that declares it: in the package's manifest, or in that of the workspace."""
    root = reviewed.workspace.root / "Cargo.toml"
    for manifest in (package.manifest, root):
        name = PurePosixPath(subject.relative(manifest))
        text = subject.checkout.text(name) or ""
        found = _LINE.search(text)
        if found:
            return Place(name, text.count("\n", 0, found.start()) + 1)
    return Place(PurePosixPath(subject.relative(package.manifest)), 1)


RULE = ReviewRule(
    id="M1",
    name="msrv-unbuilt",
    severity=Severity.WARNING,
    reads="manifests, toolchains of all commands",
    certain="where everything was read and every toolchain is known",
    find=find,
)
