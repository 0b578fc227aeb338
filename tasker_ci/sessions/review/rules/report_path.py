"""A JUnit report that is not where the workflow looks for it.

```toml
# .config/nextest.toml
[profile.ci.junit]
path = "target/nextest/ci/junit.xml"
```
```yaml
      - uses: actions/upload-artifact@v4
        with:
          path: target/nextest/ci/junit.xml
```

nextest joins `path` with the folder of the profile, so the report is written to
`target/nextest/ci/target/nextest/ci/junit.xml`, and the upload finds nothing.

**Certain** where the profile, the folder and the pattern are written out, and the job itself runs
nextest. The same finding says that the profile of the run writes no report at all.

**Fix**: `path = "junit.xml"`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.sessions.review.finding import ReviewFinding, Severity
from tasker_ci.sessions.review.nextest_reports import ReportSettings, covers, report_settings
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.rule import ReviewRule
from tasker_ci.sessions.review.workflow_jobs import jobs_of, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject
    from tasker_ci.sessions.review.workflow_jobs import JobKey

_INPUTS = {
    "actions/upload-artifact": ("path",),
    "dorny/test-reporter": ("path",),
    "mikepenz/action-junit-report": ("report_paths",),
    "EnricoMi/publish-unit-test-result-action": ("files", "junit_files"),
    "codecov/test-results-action": ("files", "file"),
    "codecov/codecov-action": ("files", "file"),
    "test-summary/action": ("paths",),
    "trunk-io/analytics-uploader": ("junit-paths",),
    "buildkite/test-collector-action": ("files",),
}
_MOVES = frozenset({"cp", "mv", "rsync", "install", "ln", "tar", "zip"})


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each pattern that misses, and for each path that is joined twice."""
    settings = tuple(report_settings(subject.checkout))
    runs: dict[JobKey, list[Invocation]] = defaultdict(list)
    for invocation in subject.reading.invocations:
        if invocation.subcommand[:2] == ("nextest", "run"):
            run = invocation.command.around.run
            runs[key_of(run.workflow, run.job)].append(invocation)
    told: set[Place] = set()
    for workflow, job in jobs_of(subject.reading):
        for finding in _of_job(
            subject, workflow, job, settings, runs.get(key_of(workflow, job), ())
        ):
            if finding.place not in told:
                told.add(finding.place)
                yield finding
    yield from (each for each in _twice(settings) if each.place not in told)


@dataclass(frozen=True, kw_only=True)
class _Upload:
    place: Place
    patterns: tuple[str, ...]


def _uploads(subject: Subject, job: Job) -> Iterator[_Upload]:
    """The steps that take a report of nextest."""
    for step in job.steps:
        names = _INPUTS.get((step.uses or "").partition("@")[0], ())
        for name in names:
            text = step.inputs.get(name)
            if not text or "${{" in text or not ("nextest" in text or "junit" in text.lower()):
                continue
            patterns = [
                part.strip().removeprefix("./")
                for line in text.split("\n")
                for part in line.split(",")
            ]
            near = step.input_places.get(name, step.place)
            word = next(each for each in patterns if each)
            yield _Upload(
                place=line_with(subject.checkout, near, word),
                patterns=tuple(each for each in patterns if each),
            )


def _of_job(
    subject: Subject,
    workflow: Workflow,
    job: Job,
    settings: Sequence[ReportSettings],
    invocations: Sequence[Invocation],
) -> Iterator[ReviewFinding]:
    if not invocations or _moves(subject, workflow, job):
        return
    for upload in _uploads(subject, job):
        if any("nextest" not in each and "/" in each for each in upload.patterns):
            continue  # something else writes there
        written: dict[str, str | None] = {}
        for invocation in invocations:
            profile = _profile(invocation)
            found = _settings_of(invocation, settings)
            if profile is None or found is None:
                return
            written[profile] = found.report(profile)
        if any(path and covers(upload.patterns, path) for path in written.values()):
            continue
        profile, path = next(iter(written.items()))
        evidence = (f"{upload.place} takes the report", *_evidence(written, invocations))
        yield RULE.finding(
            place=_cause(upload, profile, settings),
            message=f"Nothing is found at {', '.join(upload.patterns)}: "
            + (f"the report is written to {path}." if path else _no_report(profile)),
            evidence=evidence,
            fix='Write `path = "junit.xml"` below `[profile.'
            f"{profile}.junit]`: it is joined with target/nextest/{profile}.",
        )


def _cause(upload: _Upload, profile: str, settings: Sequence[ReportSettings]) -> Place:
    """The path that is joined twice; else the pattern that misses."""
    for each in settings:
        if each.is_joined_twice(profile):
            return each.place(profile)
    return upload.place


def _no_report(profile: str) -> str:
    return f"the profile {profile} writes no report."


def _evidence(
    written: Mapping[str, str | None], invocations: Sequence[Invocation]
) -> Iterator[str]:
    for profile, path in written.items():
        yield f"profile {profile}: {path or 'no junit.path'}"
    command = invocations[0].command
    yield f"{command.place} `{' '.join(command.text.split())}`"


def _profile(invocation: Invocation) -> str | None:
    """The profile of nextest; None where it is not known."""
    if invocation.opaque or "--profile" in getattr(invocation, "unknown_values", ()):
        return None
    values = invocation.values("--profile")
    if values:
        return values[-1]
    return invocation.environment.get("NEXTEST_PROFILE", "default")


def _settings_of(
    invocation: Invocation, settings: Sequence[ReportSettings]
) -> ReportSettings | None:
    """The configuration of the workspace that a run is in; None where that is not known."""
    folder = invocation.manifest_folder
    if folder is None or invocation.has("--config-file", "--tool-config-file", "--workspace-remap"):
        return None
    for parent in (folder, *folder.parents):
        for each in settings:
            if each.folder == parent:
                return each
    return ReportSettings(folder=folder) if not settings else None


def _moves(subject: Subject, workflow: Workflow, job: Job) -> bool:
    """Whether a step of the job copies or moves reports."""
    for command in subject.scripts.of(workflow, job):
        touches = "nextest" in command.text or "junit" in command.text or "xml" in command.text
        if touches and (command.words[:1] or (None,))[0] in {None, *_MOVES}:
            return True
    return False


def _twice(settings: Sequence[ReportSettings]) -> Iterator[ReviewFinding]:
    """Paths that name the folder they are joined with."""
    for each in settings:
        for profile, path in each.paths.items():
            if not each.is_joined_twice(profile):
                continue
            yield RULE.finding(
                severity=Severity.WARNING,
                place=each.place(profile),
                message=f"nextest joins junit.path with the folder of the profile: the report is"
                f" written to {each.report(profile)}.",
                fix=f'Write `path = "{PurePosixPath(path).name}"`.',
            )


RULE = ReviewRule(
    id="R1",
    name="report-path",
    severity=Severity.ERROR,
    reads=".config/nextest.toml, commands of nextest, paths of uploads",
    certain="where the profile and the patterns are written out",
    find=find,
)
