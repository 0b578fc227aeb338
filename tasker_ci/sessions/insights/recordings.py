"""GitHub's responses in files: written to be read again, or kept by other means (`gh api`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import UsageError
from tasker_ci.pipeline import ORCHESTRATOR
from tasker_ci.sessions.insights.collection import age, forks_left_out
from tasker_ci.sessions.insights.documents import Documents
from tasker_ci.sessions.insights.errors import RecordingUnreadable
from tasker_ci.sessions.insights.model import COMPLETED
from tasker_ci.sessions.insights.recorded_shapes import as_of_the_api, documents_in, unwrapped
from tasker_ci.sessions.insights.rows import attempt_of, file_of, foreign, tables, whole
from tasker_ci.text.file_reading import RECORD_BYTES, read_bytes
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasker_ci.sessions.insights.documents import Key, Row

RUNS, JOBS, EVIDENCE = "runs.json", "jobs.json", "evidence.json"

BEGINNINGS = {RUNS: b'"workflow_runs"', JOBS: b'"complete"', EVIDENCE: b'"evidence"'}
"""What stands near the beginning of each file of a recording."""
_MOST_BYTES = 256 * 2**20
_OF_RUNS = ("run_number", "run_attempt", "workflow_id", "workflow_name")
"""What runs have and others with a status have not: checks, deployments."""
_SUFFIXES = (".json", ".jsonl", ".ndjson")


def read_recording(place: Path) -> Documents:
    """Read a file, or every file of JSON below a folder: responses as GitHub gives them.

    Lists of runs and of jobs, single runs (also attempts), several documents in one file or in one
    list (as `gh api --paginate` makes them), what `gh run list --json` and `gh run view --json`
    print, and what `write_recording` writes. What is something else is told and left. Raises
    `RecordingUnreadable`.
    """
    reading = _Reading()
    files = [place]
    if place.is_dir():
        found = (file for suffix in _SUFFIXES for file in place.rglob(f"*{suffix}"))
        files = sorted(file for file in found if file.is_file())
    for file in files:
        for document in _documents(file):
            reading.take(document)
    documents = reading.finished()
    if not documents.runs:
        raise RecordingUnreadable(
            f"{place} holds no run of a workflow.",
            next_step="A recording is what `--record FOLDER` writes, or JSON files of "
            "`gh api --paginate repos/OWNER/NAME/actions/runs` and `.../runs/ID/attempts/1/jobs`, "
            "or of `gh run list --json databaseId,attempt,status,conclusion,createdAt`.",
        )
    return documents


def _documents(file: Path) -> Iterator[Any]:
    try:
        if file.stat().st_size > _MOST_BYTES:
            message = (
                f"{file} is too large for a recording: a file may have {_MOST_BYTES >> 20} MiB."
            )
            raise RecordingUnreadable(message, next_step="Split it, or record fewer runs.")
        content = read_bytes(file, most=RECORD_BYTES)
        text = content.decode(json.detect_encoding(content))  # PowerShell writes UTF-16
    except (OSError, UnicodeDecodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is no text"
        message = f"The recording {file} cannot be read: {reason}."
        raise RecordingUnreadable(message, next_step="Name a file or a folder.") from error
    try:
        for document in documents_in(text):
            yield from unwrapped(document)
    except (ValueError, RecursionError) as error:
        message = f"{file} is no JSON: {error}."
        raise RecordingUnreadable(message, next_step="Leave it out of the recording.") from error


@dataclass(kw_only=True)
class _Reading:
    """What the documents of a recording say together: they may come in any order."""

    documents: Documents = field(default_factory=Documents)
    useless: int = 0
    unnumbered: list[Row] = field(default_factory=list)
    """Jobs that do not say of which attempt they are."""
    announced: dict[Key, int] = field(default_factory=dict)
    """How many jobs there are, by lists that are not complete in themselves."""

    def take(self, document: Any) -> None:
        """Take what a document says, or count it as one that says nothing."""
        self.useless += not (isinstance(document, dict) and self._said(as_of_the_api(document)))

    def _said(self, document: Row) -> bool:
        if isinstance(document.get("evidence"), list):
            self.documents.evidence += tables(document["evidence"])
            return True
        runs = document.get("workflow_runs", document.get("runs"))
        if isinstance(runs, list):
            for run in tables(runs):
                self.take({"run_attempt": None, **run})  # in a list of runs it is a run
            return bool(runs) or "workflow_runs" in document
        run_id = whole(document.get("run_id"))
        if isinstance(document.get("jobs"), list):
            known = self._jobs(document)
            return self._run(document) or known
        if run_id:
            return self._job(document)
        return self._run(document)

    def _run(self, document: Row) -> bool:
        is_run = "status" in document and any(key in document for key in _OF_RUNS)
        if not whole(document.get("id")) or not is_run or "run_id" in document:
            return False
        self.documents.add_run(document, branch=_branch(document))
        return True

    def _job(self, row: Row) -> bool:
        if "status" not in row or not whole(row.get("run_id")):
            return False
        if whole(row.get("run_attempt")):
            return self.documents.add_job(row)
        self.unnumbered.append(row)
        return True

    def _jobs(self, document: Row) -> bool:
        complete = document.get("complete")
        for pair in complete if isinstance(complete, list) else ():
            if isinstance(pair, list) and len(pair) == 2 and all(whole(n) for n in pair):  # noqa: PLR2004
                self.documents.jobs.setdefault((pair[0], pair[1]), [])
        rows = tables(document["jobs"])
        taken = [row for row in rows if self._job(row)]
        total = whole(document.get("total_count")) or 0
        if total > len(rows):
            for run_id in {row["run_id"] for row in taken}:
                numbers = {attempt_of(row) for row in taken if row["run_id"] == run_id}
                key = (run_id, numbers.pop() if len(numbers) == 1 else 0)
                self.announced[key] = max(total, self.announced.get(key, 0))
        return bool(taken) or complete is not None

    def finished(self) -> Documents:
        """All that was read, with remarks on what was not of use."""
        newest: dict[int, int] = {}
        for run_id, number in self.documents.runs:
            newest[run_id] = max(number, newest.get(run_id, 0))
        for row in self.unnumbered:  # GitHub lists those of the newest attempt if none is named
            self.documents.add_job(row, (row["run_id"], newest.get(row["run_id"], 1)))
        remarks = self.documents.remarks
        if self.useless:
            remarks.append(f"Documents of the recording that say nothing: {self.useless}.")
        if not self.documents.jobs:
            remarks.append(
                "The recording has no jobs, so there are no times and no cost: keep "
                "`gh api --paginate repos/OWNER/NAME/actions/runs/ID/attempts/1/jobs` of each run."
            )
        parts = self._drop_parts()
        if parts:
            remarks.append(f"Lists of jobs that were left out, because pages are missing: {parts}.")
        lonely = sum(1 for run_id, _ in self.documents.jobs if run_id not in newest)
        if lonely:
            remarks.append(f"Lists of jobs without their run: {lonely}.")
        return self.documents

    def _drop_parts(self) -> int:
        """Forget jobs of which GitHub had more: a sum over a part would be wrong."""
        dropped = 0
        for (run_id, number), total in self.announced.items():
            keys = [
                key for key in self.documents.jobs if key[0] == run_id and number in {0, key[1]}
            ]
            if keys and sum(len(self.documents.jobs[key]) for key in keys) < total:
                dropped += 1
                for key in keys:
                    del self.documents.jobs[key]
        return dropped


def _branch(run: Row) -> str:
    """A recording is asked for its branches later, so they are kept."""
    name = run.get("head_branch")
    return name if isinstance(name, str) else ""


def selected(documents: Documents, *, workflow: str, branch: str, last: int) -> str:
    """Leave in the documents the newest runs of one workflow; returns its file, name or number.

    Without a name it is the only workflow of the recording, or ci.yml. Raises `UsageError`.
    """
    workflow = workflow.removeprefix(".github/workflows/")
    newest: dict[int, Row] = {}
    for run, number in sorted(documents.runs):
        newest[run] = documents.runs[run, number]
    names = _names(newest.values())
    known = sorted({name for name in names.values() if name})
    chosen = workflow or (
        known[0] if len(known) == 1 else ORCHESTRATOR if ORCHESTRATOR in known else ""
    )
    if known and chosen not in known:
        asked = f"no run of {workflow}" if workflow else "runs of several workflows"
        raise UsageError(
            f"The recording has {asked}.", next_step=f"--workflow: one of {', '.join(known)}."
        )
    unsaid = sum(not name for name in names.values())
    if known and unsaid:
        documents.remarks.append(
            f"Runs that do not say of which workflow they are were left out: {unsaid}."
        )
    kept = [
        run
        for number, run in newest.items()
        if (names[number] or "") == chosen and (not branch or run.get("head_branch") == branch)
    ]
    if branch:
        forks = {run["id"] for run in kept if run.get("foreign") is True}
        kept = [run for run in kept if run["id"] not in forks]
        documents.remarks += forks_left_out(len(forks))
    over = sorted((run for run in kept if run.get("status") == COMPLETED), key=age)
    wanted = {run["id"] for run in over[-last:]} | {
        run["id"] for run in kept if run.get("status") != COMPLETED
    }
    if not wanted:
        where = f" on {branch}" if branch else ""
        documents.remarks.append(f"The recording has no run of {chosen}{where}.")
    documents.runs = {key: run for key, run in documents.runs.items() if key[0] in wanted}
    documents.jobs = {key: jobs for key, jobs in documents.jobs.items() if key[0] in wanted}
    return chosen


def _names(runs: Iterable[Row]) -> dict[int, str | None]:
    """The workflow of each run: its file, name or number; None where a run says none of them.

    Files may be told by other runs of the same number: GitHub did not always say them.
    """
    runs = list(runs)
    files = {_number(run): file for run in runs if (file := file_of(run)) and _number(run)}
    return {
        run["id"]: file_of(run)
        or files.get(_number(run))
        or foreign(run.get("workflow_name"))
        or _number(run)
        for run in runs
    }


def _number(run: Row) -> str | None:
    number = whole(run.get("workflow_id"))
    return str(number) if number else None


def write_recording(
    documents: Documents, folder: Path, *, branch: str, within: Path | None = None
) -> None:
    """Write what was read, in GitHub's own shapes and without anything personal.

    Of names of branches only ``branch`` is kept. Nothing else in the folder is touched, and
    nothing is written through a link below ``within``.
    """
    runs = [
        {key: value for key, value in run.items() if key != "head_branch" or value == branch}
        for run in documents.runs.values()
    ]
    jobs = [
        {**row, "run_id": run, "run_attempt": number}
        for (run, number), rows in documents.jobs.items()
        for row in rows
    ]
    contents: dict[str, Any] = {
        RUNS: {"workflow_runs": runs},
        JOBS: {"complete": [list(key) for key in documents.jobs], "jobs": jobs},
        EVIDENCE: {"evidence": documents.evidence},
    }
    for name, data in contents.items():
        write_file(folder / name, json.dumps(data, indent=1) + "\n", within=within)
