"""Findings and results of a review for tests of what is made of them, and planted repositories."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.places import Opaque, Place
from tasker_ci.foreign.selections.reachability import TestFate
from tasker_ci.process.command import Completed
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.looking import looked_at
from tasker_ci.sessions.review.matrix import PackageMatrix
from tasker_ci.sessions.review.result import ReviewResult
from tasker_ci.sessions.review.rule import pages
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tasker_ci.sessions.review.rule import ReviewRule
    from tasker_ci.sessions.review.subject import Subject

CI = PurePosixPath(".github/workflows/ci.yml")


def finding(**changes: object) -> ReviewFinding:
    """A certain error in ci.yml."""
    values: dict[str, object] = {
        "rule": "T1",
        "severity": Severity.ERROR,
        "grade": Grade.CERTAIN,
        "place": Place(CI, 14),
        "message": "3 tests of core are run by no job.",
        "evidence": ("ci.yml:14 `cargo test`: the package is no default member",),
        "fix": "Add `--workspace`.",
        "tests": ("core/src/lib.rs:7 adds",),
    }
    return ReviewFinding(**{**values, **changes})  # type: ignore[arg-type]


def result(
    findings: Sequence[ReviewFinding] = (),
    *,
    opaque: Sequence[Opaque] = (),
    fates: Mapping[TestFate, int] | None = None,
) -> ReviewResult:
    """The result of a review of two packages."""
    return ReviewResult(
        findings=tuple(findings),
        workflows=1,
        jobs=2,
        legs=3,
        packages=2,
        fates={**dict.fromkeys(TestFate, 0), **(fates or {TestFate.RUN: 1161, TestFate.LOST: 43})},
        opaque=tuple(opaque),
        matrix=PackageMatrix(
            packages=("core", "<b>"),
            jobs=("ci.yml / lint", "ci.yml / test"),
            cells={
                ("core", "ci.yml / lint"): Action.LINT,
                ("core", "ci.yml / test"): Action.TEST,
                ("<b>", "ci.yml / lint"): Action.LINT,
            },
        ),
    )


WORKSPACE = {
    "Cargo.toml": '[workspace]\nresolver = "2"\nmembers = ["core", "store"]\n',
    "core/Cargo.toml": '[package]\nname = "core"\nversion = "0.1.0"\nedition = "2021"\n',
    "core/src/lib.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {}\n}\n",
    "store/Cargo.toml": (
        '[package]\nname = "store"\nversion = "0.1.0"\nedition = "2021"\n[features]\nfast = []\n'
    ),
    "store/src/lib.rs": (
        '#[cfg(all(test, feature = "fast"))]\nmod tests {\n    #[test]\n    fn stores() {}\n}\n'
    ),
}
"""Two packages with a test each; that of ``store`` is behind its feature ``fast``."""


def steps(*commands: str, more: str = "") -> str:
    """A workflow with one job that runs these commands, a step for each."""
    runs = "".join(f"      - run: {command}\n" for command in commands)
    head = "on: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-24.04\n"
    return f"name: CI\n{head}{more}    steps:\n      - uses: actions/checkout@v6\n{runs}"


def findings(
    folder: Path, workflow: str, rule: ReviewRule | None = None, **files: str | None
) -> list[ReviewFinding]:
    """What the rules find in a repository with this ci.yml.

    ``files`` are written over those of `WORKSPACE`, None takes one away; in their names ``__`` is a
    slash.
    """
    subject = subject_of(folder, workflow, **files)
    rules = [rule] if rule else [page.rule for page in pages().values()]
    return [found for each in rules for found in each.find(subject)]


def subject_of(folder: Path, workflow: str, **files: str | None) -> Subject:
    """What the rules look at in a repository with this ci.yml; ``files`` as for `findings`."""
    whole: dict[str, str | None] = {**WORKSPACE, str(CI): workflow}
    whole |= {name.replace("__", "/"): text for name, text in files.items()}
    for name, text in whole.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    context = make_context(folder, runner=RecordingRunner({"": Completed(exit_code=128)}))
    return looked_at(context, folder)
