"""GitHub's responses in files: written to be read again, or kept by other means (`gh api`)."""

from __future__ import annotations

import json
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import RecordingUnreadable, UsageError
from tasker_ci.insights.collection import age
from tasker_ci.insights.documents import Documents
from tasker_ci.insights.model import COMPLETED
from tasker_ci.insights.reading import foreign, tables, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasker_ci.insights.documents import Key, Row

RUNS, JOBS, EVIDENCE = "runs.json", "jobs.json", "evidence.json"
_MOST_BYTES = 256 * 2**20


def read_recording(place: Path) -> Documents:
    """Read a file, or every `*.json` below a folder: responses as GitHub gives them.

    Lists of runs and of jobs, single runs (also attempts), several documents in one file or in one
    list (as `gh api --paginate` makes them), and what `write_recording` writes. What is something
    else is told and left. Raises `RecordingUnreadable`.
    """
    files = sorted(place.rglob("*.json")) if place.is_dir() else [place]
    documents = Documents()
    useless = 0
    for file in files:
        for document in _documents(file):
            useless += not _take(documents, document)
    if not documents.runs:
        raise RecordingUnreadable(
            f"{place} holds no run of a workflow.",
            next_step="A recording is what `--record FOLDER` writes, or responses of "
            "`gh api repos/OWNER/NAME/actions/runs` and `.../runs/ID/attempts/1/jobs` as files.",
        )
    if useless:
        documents.remarks.append(f"Documents of the recording that say nothing: {useless}.")
    lonely = sum(1 for key in documents.jobs if not _known(documents, key))
    if lonely:
        documents.remarks.append(f"Lists of jobs without their run: {lonely}.")
    return documents


def _documents(file: Path) -> Iterator[Any]:
    try:
        if file.stat().st_size > _MOST_BYTES:
            message = f"{file} is too large for a recording."
            raise RecordingUnreadable(message)
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The recording {file} cannot be read: {error}."
        raise RecordingUnreadable(message, next_step="Name a file or a folder.") from error
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        try:
            document, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            message = f"{file} is no JSON: {error}."
            raise RecordingUnreadable(
                message, next_step="Leave it out of the recording."
            ) from error
        yield from document if isinstance(document, list) else [document]


def _take(documents: Documents, document: Any) -> bool:
    """Take what a document says; returns whether it said anything."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("evidence"), list):
        documents.evidence += tables(document["evidence"])
        return True
    if isinstance(document.get("workflow_runs"), list):
        for run in tables(document["workflow_runs"]):
            documents.add_run(run, branch=_branch(run))
        return True
    if isinstance(document.get("jobs"), list):
        return _take_jobs(documents, document)
    single = "run_number" in document or "run_attempt" in document
    if single and "run_id" in document:
        return documents.add_job(document)
    return single and documents.add_run(document, branch=_branch(document))


def _take_jobs(documents: Documents, document: Row) -> bool:
    for pair in document.get("complete", ()):
        if isinstance(pair, list) and len(pair) == 2 and all(whole(n) for n in pair):  # noqa: PLR2004
            documents.jobs.setdefault((pair[0], pair[1]), [])
    rows = tables(document["jobs"])
    for row in rows:
        documents.add_job(row)
    return bool(rows) or "complete" in document


def _branch(run: Row) -> str:
    """A recording is asked for its branches later, so they are kept."""
    name = run.get("head_branch")
    return name if isinstance(name, str) else ""


def _known(documents: Documents, key: Key) -> bool:
    return any(run == key[0] for run, _ in documents.runs)


def selected(documents: Documents, *, workflow: str, branch: str, last: int) -> str:
    """Leave in the documents the newest runs of one workflow; returns its file or number.

    Without a name it is the only workflow of the recording, or ci.yml. Raises `UsageError`.
    """
    newest: dict[int, Row] = {}
    for run, number in sorted(documents.runs):
        newest[run] = documents.runs[run, number]
    names = _names(newest.values())
    known = sorted({name for name in names.values() if name})
    chosen = workflow or (known[0] if len(known) == 1 else "ci.yml" if "ci.yml" in known else "")
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
        if names[number] == chosen and (not branch or run.get("head_branch") == branch)
    ]
    over = sorted((run for run in kept if run.get("status") == COMPLETED), key=age)
    wanted = {run["id"] for run in over[-last:]} | {
        run["id"] for run in kept if run.get("status") != COMPLETED
    }
    documents.runs = {key: run for key, run in documents.runs.items() if key[0] in wanted}
    documents.jobs = {key: jobs for key, jobs in documents.jobs.items() if key[0] in wanted}
    return chosen


def _names(runs: Iterable[Row]) -> dict[int, str]:
    """The workflow of each run: its file, else its number; "" where a run says neither.

    Files may be told by other runs of the same number: GitHub did not always say them.
    """
    runs = list(runs)
    files = {_number(run): file_of(run) for run in runs if file_of(run) and _number(run)}
    return {run["id"]: file_of(run) or files.get(_number(run), _number(run)) for run in runs}


def _number(run: Row) -> str:
    return str(whole(run.get("workflow_id")) or "")


def file_of(run: Row) -> str:
    """The name of the workflow's file; "" where a run does not say it."""
    path = run.get("path")
    return foreign(PurePosixPath(path.partition("@")[0]).name) if isinstance(path, str) else ""


def write_recording(documents: Documents, folder: Path, *, branch: str) -> None:
    """Write what was read, in GitHub's own shapes and without anything personal.

    Of names of branches only ``branch`` is kept. Nothing else in the folder is touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
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
        beside = folder / f".{name}.{os.getpid()}"
        beside.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        beside.replace(folder / name)
