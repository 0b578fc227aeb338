"""The session review."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import UsageError
from tasker_ci.sessions.review.allowed import without_allowed
from tasker_ci.sessions.review.errors import ReviewFindings
from tasker_ci.sessions.review.result import ReviewResult
from tasker_ci.sessions.review.rule import pages
from tasker_ci.sessions.review.settings import ReviewSettings
from tasker_ci.text.nearest import did_you_mean
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable


_MARKS = (".git", ".github")
"""What the top of a repository has."""


def _today() -> date:
    return datetime.now(UTC).date()


def review(
    context: Context,
    *,
    path: Annotated[str | None, "The repository; else the one around this folder."] = None,
    output: Annotated[
        tuple[str, ...], "Write the findings there too: .sarif, .md, .html or .json."
    ] = (),
    explain: Annotated[str | None, "Print the page of a rule, for example T1."] = None,
    confirm: Annotated[
        bool, "Ask cargo what the commands would build; it compiles nothing, and may fetch."
    ] = False,
) -> Outcome:
    """Find where the CI of a repository lies: tests that no job runs, gates that cannot fail.

    PATH is the repository; without it, the one around this folder. It needs no settings, and a
    repository that nobody has looked at is safe: files are read, nothing of it is started.

    A finding is certain where it follows from the files alone; otherwise it is a suspicion. Only
    certain findings of error severity make the exit code 1.
    """
    if explain is not None:
        return _explain(context, explain)
    return review_repository(context, path=path, outputs=output, confirm=confirm)


def review_repository(
    context: Context,
    *,
    path: str | None = None,
    outputs: tuple[str, ...] = (),
    confirm: bool = False,
    today: Callable[[], date] = _today,
) -> Outcome:
    """Review by this clock. Raises `ReviewFindings` for a certain finding of error severity."""
    from tasker_ci.sessions.review.confirming import confirmed
    from tasker_ci.sessions.review.looking import looked_at
    from tasker_ci.sessions.review.outputs import check_outputs, write_outputs
    from tasker_ci.sessions.review.text import tell
    from tasker_ci.sessions.review.workflow_linters import found_by_linters

    check_outputs(outputs)
    root = _root(context, path)
    if context.dry_run:
        return Outcome(summary=f"the files of {root} would be read", status=Status.SKIPPED)
    with context.reporter.running(f"read {root}"):
        subject = looked_at(context, root)
        found = [finding for page in pages().values() for finding in page.rule.find(subject)]
        found += found_by_linters(subject, context.runner, context.environment)
    if confirm:
        found = [*confirmed(context, subject, found)]
    result = ReviewResult.of(subject, found)
    settings = context.settings_of(ReviewSettings)
    result = without_allowed(result, settings.allow, today(), context.reporter.warning)
    write_outputs(context.directory, result, outputs)  # before a reader of the screen may leave
    tell(context.reporter, result)
    failing = [each for each in result.findings if each.fails]
    if failing:
        step = "Fix the first; `--explain RULE` prints the page of a rule."
        message = f"{counted(len(failing), 'certain error')} in the CI: {result.headline}."
        raise ReviewFindings(message, next_step=step, data=result.data())
    return Outcome(summary=result.headline, data=result.data())


def _root(context: Context, path: str | None) -> Path:
    start = context.directory / (path or "")
    if not start.is_dir():
        message = f"{path or start} is no folder." if start.exists() else f"There is no {start}."
        raise UsageError(message, next_step="Name the folder of a repository.")
    start = start.resolve()
    marked = (each for each in (start, *start.parents) if any((each / m).exists() for m in _MARKS))
    return next(marked, start)


def _explain(context: Context, name: str) -> Outcome:
    page = pages().get(name.upper())
    if page is None:
        message = f"There is no rule {name}.{did_you_mean(name.upper(), pages())}"
        raise UsageError(message, next_step=f"The rules are {', '.join(pages())}.")
    rule = page.rule
    context.reporter.line(f"{rule.id} {rule.name} ({rule.severity})", "bold")
    context.reporter.output(f"\n{page.text}\n")
    context.reporter.line(f"Reads: {rule.reads}.")
    data = {
        "rule": rule.id,
        "name": rule.name,
        "severity": rule.severity.value,
        "reads": rule.reads,
        "certain": rule.certain,
        "text": page.text,
    }
    return Outcome(summary=f"{rule.id} {rule.name}", data=data)
