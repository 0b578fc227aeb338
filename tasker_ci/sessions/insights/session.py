"""How a workflow does on GitHub, from its API or from a recording of it."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import AccessError, UsageError
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.process.git_repository import Git
from tasker_ci.sessions.history.public import history_folders
from tasker_ci.sessions.insights.cache import Cache
from tasker_ci.sessions.insights.collection import Collector, Question
from tasker_ci.sessions.insights.local import local_documents
from tasker_ci.sessions.insights.path import critical_path
from tasker_ci.sessions.insights.presentation import Insights, show
from tasker_ci.sessions.insights.public import client_of
from tasker_ci.sessions.insights.reading import history
from tasker_ci.sessions.insights.recordings import (
    BEGINNINGS,
    read_recording,
    selected,
    write_recording,
)
from tasker_ci.sessions.insights.repository import (
    Access,
    Remote,
    access,
    checked_repository,
    checked_workflow,
    parse_remote,
)
from tasker_ci.sessions.insights.settings import InsightsSettings
from tasker_ci.text.plurals import counted
from tasker_ci.tools.kept_folders import check_output_folder, named_place
from tasker_ci.tools.places import tools_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.sessions.insights.documents import Documents

ORCHESTRATORS = Path(".github/workflows")
_ALL_BRANCHES = "*"
_NO_FILES = "what needs what is told by the files of workflows, and `ci` is none"
_MOST_RUNS = 5000
_SOME_REPOSITORY = "OWNER/NAME"
_USUAL_RUNS = 50
_ALL_RUNS = sys.maxsize


def insights(
    context: Context,
    *,
    repository: Annotated[str, "OWNER/NAME; the default is where the remote `origin` lies."] = "",
    workflow: Annotated[str, "The file of the workflow; the default is ci.yml."] = "",
    branch: Annotated[
        str,
        "The branch, `*` for all; the default is the first of `workflows.branches`, and all of a "
        "recording or of this machine.",
    ] = "",
    last: Annotated[
        int | None,
        "How many runs that are over are looked at; by default 50, and all of a recording.",
    ] = None,
    recording: Annotated[
        str, "Read a file or folder of recorded responses in place of GitHub."
    ] = "",
    record: Annotated[str, "Write what was read into this folder, without anything personal."] = "",
    api: Annotated[str, "The address of the API, for GitHub Enterprise."] = "",
    local: Annotated[bool, "Look at the runs of `ci` on this machine in place of GitHub."] = False,
) -> Outcome:
    """Say how a workflow does on GitHub: how often green, how long, where the time goes.

    GITHUB_TOKEN or GH_TOKEN is used if it is set; without one GitHub answers 60 requests an hour
    and hands out no artifacts, from which the sccache hit rate and the times of tests come. Only
    the first attempt of a run counts, except for cost. What was read is kept in the user's cache
    folder; a run that is over is asked for once.

    A recording is what --record wrote, or files of JSON as `gh api --paginate
    repos/OWNER/NAME/actions/runs` and `.../actions/runs/ID/attempts/1/jobs` print them, one or a
    folder of them, in any order; `gh run list --json` and `gh run view --json` are read as well.
    The workflow's file in that folder, if it is there, makes its critical path known.
    Where no remote names a repository, it is the recorded runs of `ci` on this machine.
    """
    if local:
        elsewhere = {"recording": recording, "repository": repository, "api": api}
        _refuse("--local", **elsewhere, workflow=workflow)
    if recording:
        _refuse("--recording", repository=repository, api=api)
    if last is None:
        last = _ALL_RUNS if recording else _USUAL_RUNS
    elif not 1 <= last <= _MOST_RUNS:
        message = f"--last takes a number from 1 to {_MOST_RUNS}, not {last}."
        default = "all runs of the recording" if recording else _USUAL_RUNS
        raise UsageError(message, next_step=f"The default is {default}.")
    _check_record(context, record)
    own = "" if branch == _ALL_BRANCHES else branch
    here = False
    if recording:
        source = context.directory / recording
        if context.dry_run:
            context.reporter.line(f"read {source}")
            return Outcome(summary="nothing was read", status=Status.SKIPPED)
        documents = read_recording(source)
        name = selected(documents, workflow=workflow, branch=own, last=last)
        subject, chosen = f"{name or 'A workflow'}, recorded", own
    elif local or not (repository or api or workflow or context.dry_run or _remote(context)):
        here = True
        if context.dry_run:
            context.reporter.line(f"read {history_folders(context)[0]}")
            return Outcome(summary="nothing was read", status=Status.SKIPPED)
        documents = _local(context, branch=own, last=last, wanted=local)
        name, subject, chosen = "", "`ci` on this machine", own
    else:
        question, allowed = _question(context, repository, workflow, branch, last, api)
        if context.dry_run:
            return _preview(context, question, allowed, alone=not (repository or api or workflow))
        documents = _collector(context, question, allowed).collect()
        where = f" on {question.branch}" if question.branch else ""
        subject = f"{question.repository}, {question.workflow}{where}"
        name, chosen = question.workflow, question.branch
    if record:
        _write(context, documents, record, branch=chosen)
    places = [context.project_root / ORCHESTRATORS]
    if recording:
        source = context.directory / recording
        places = [source, source / ORCHESTRATORS, *places]
    return _told(context, documents, name, subject, places, here=here)


def _check_record(context: Context, record: str) -> None:
    """Refuse a folder of somebody else's for --record, before anything is asked."""
    if record:
        check_output_folder(context, named_place(context, record)[0], "--record", BEGINNINGS)


def _refuse(other: str, **values: str) -> None:
    for name, value in values.items():
        if value:
            message = f"--{name} has no meaning with {other}."
            raise UsageError(message, next_step="Leave one of them out.")


def _told(
    context: Context,
    documents: Documents,
    workflow: str,
    subject: str,
    places: Iterable[Path],
    *,
    here: bool,
) -> Outcome:
    found = history(documents)
    over = [run for run in found.runs if run.completed]
    many = counted(len(over), "run")
    days = sorted(f"{run.created:%Y-%m-%d}" for run in over if run.created)
    period = f" from {days[0]} to {days[-1]}" if days else ""
    result = Insights.of(
        found,
        subject=f"{subject}: {many}{period}",
        path=_NO_FILES if here else critical_path(context, found, workflow, places),
        targets=context.settings_of(InsightsSettings),
        remarks=documents.remarks,
    )
    show(result, context.reporter)
    verdicts = [each.verdict for each in result.metrics]
    counts = [
        f"{verdicts.count(word)} {text}"
        for word, text in (("met", "met"), ("missed", "missed"), ("no data", "without data"))
        if word in verdicts
    ]
    return Outcome(summary=f"{many}; of the key metrics {', '.join(counts)}", data=result.data())


def _question(
    context: Context, repository: str, workflow: str, branch: str, last: int, api: str
) -> tuple[Question, Access]:
    host, name = None, repository
    if not repository and context.dry_run:  # which starts no git either
        name = _SOME_REPOSITORY
    elif not repository:
        remote = _remote(context)
        if remote is None:
            raise _no_remote()
        host, name = remote.host, remote.name
    branches = context.settings.workflows.branches
    question = Question(
        repository=checked_repository(name),
        workflow=checked_workflow(workflow or ORCHESTRATOR),
        branch={"": branches[0] if branches else "", _ALL_BRANCHES: ""}.get(branch, branch),
        last=last,
    )
    return question, access(api, host, context.environment)


def _remote(context: Context) -> Remote | None:
    git = Git(runner=context.runner, environment=context.environment, folder=context.project_root)
    return parse_remote(git.answer("remote", "get-url", "origin") or "")


def _no_remote() -> UsageError:
    return UsageError(
        "There is no remote `origin` that names a repository.",
        next_step="--repository OWNER/NAME, or --recording FOLDER without a network.",
    )


def _local(context: Context, *, branch: str, last: int, wanted: bool) -> Documents:
    from tasker_ci.sessions.history.public import History as Records

    records = Records(folders=history_folders(context))
    documents = local_documents(records.records(), branch=branch, last=last)
    if not documents.runs:
        if not wanted:
            raise _no_remote()
        raise UsageError(
            f"No run of `ci` is recorded in {records.folders[0]}{f' on {branch}' * bool(branch)}.",
            next_step=f"Run {context.face.command_line('ci')} first.",
        )
    if not wanted:
        documents.remarks.append(
            "There is no remote `origin` that names a repository, so GitHub was not asked."
        )
    if records.problems:
        documents.remarks.append(f"Records that cannot be read: {len(records.problems)}.")
    return documents


def _collector(context: Context, question: Question, allowed: Access) -> Collector:
    settings = context.settings_of(InsightsSettings)
    reporter = context.reporter
    client = client_of(
        context,
        allowed,
        request_seconds=settings.request_seconds,
        budget_seconds=settings.limit_seconds,
    )
    told = "with a token" if allowed.token else "without a token: 60 requests an hour"
    reporter.line(f"Asking {allowed.api} about {question.repository}, {told} …", "dim")
    folder = _cache_folder(context, f"{allowed.api}/{question.repository}")
    return Collector(
        client=client, cache=Cache(folder=folder, say=reporter.warning), question=question
    )


def _cache_folder(context: Context, place: str) -> Path:
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", place.partition("://")[2])[:80]
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    return tools_root(context.environment).parent / "insights" / f"{readable}-{digest}"


def _preview(context: Context, question: Question, allowed: Access, *, alone: bool) -> Outcome:
    """``alone``: no flag names GitHub, so without a remote this machine's records serve."""
    base = f"{allowed.api}/repos/{question.repository}/actions"
    branch = f"&branch={question.branch}" if question.branch else ""
    requests = [
        f"{base}/workflows/{question.workflow}/runs?per_page=100{branch}",
        f"{base}/runs/ID/attempts/NUMBER/jobs?per_page=100",
    ]
    if allowed.token:
        requests += [
            f"{base}/runs/ID/artifacts?per_page=100",
            f"{base}/artifacts/ID/zip",
        ]
    if question.repository == _SOME_REPOSITORY:
        context.reporter.line(f"{_SOME_REPOSITORY} is what `git remote get-url origin` names.")
    for url in requests:
        context.reporter.line(f"GET {url}")
    if alone:
        context.reporter.line(
            f"Where no remote names a repository: read {history_folders(context)[0]}"
        )
    data = {"requests": requests, "token": bool(allowed.token)}
    return Outcome(summary="nothing was asked", status=Status.SKIPPED, data=data)


def _write(context: Context, documents: Documents, record: str, *, branch: str) -> None:
    folder, within = named_place(context, record)
    try:
        write_recording(documents, folder, branch=branch, within=within)
    except OSError as error:
        message = f"The recording cannot be written to {folder}: {error.strerror}."
        raise AccessError(message, next_step="--record takes a folder that can be made.") from error
