"""Recordings and how figures are shown: nothing personal in, nothing dangerous out."""

from __future__ import annotations

import io
import json
import os
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from github_history import Row, job, run
from markdown_it import MarkdownIt

from tasker_ci.errors import UsageError
from tasker_ci.process.command import Completed
from tasker_ci.screen.terminal import GitHubReporter, TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import leave
from tasker_ci.sessions.insights.cache import Cache
from tasker_ci.sessions.insights.documents import Documents
from tasker_ci.sessions.insights.errors import RecordingUnreadable
from tasker_ci.sessions.insights.figures import durations, slowest_steps
from tasker_ci.sessions.insights.presentation import Insights, show
from tasker_ci.sessions.insights.reading import history
from tasker_ci.sessions.insights.recordings import read_recording, selected, write_recording
from tasker_ci.sessions.insights.session import insights
from tasker_ci.testing import RecordingRunner, make_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LINK = "![x](https://evil.example/x.png)"


def write(path: Path, *documents: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return path


def listed(*runs: Row) -> Row:
    return {"total_count": len(runs), "workflow_runs": list(runs)}


class TestReading:
    def test_a_folder_of_responses_as_github_gives_them(self, tmp_path: Path) -> None:
        write(tmp_path / "a/runs.json", listed(run(1), run(2, "failure", run_attempt=2)))
        write(tmp_path / "a/jobs.json", {"total_count": 1, "jobs": [job("unit", 0, 60)]})
        write(tmp_path / "first.json", run(2, "failure"))
        write(tmp_path / "one-job.json", job("unit", 0, 30, of=2))

        found = history(read_recording(tmp_path))

        assert [(each.id, each.newest) for each in found.runs] == [(1001, 1), (1002, 2)]
        assert [len(each.first.jobs or ()) for each in found.runs if each.first] == [1, 1]

    def test_several_documents_in_one_file_and_in_one_list(self, tmp_path: Path) -> None:
        file = write(tmp_path / "pages.json", listed(run(1)), [listed(run(2)), listed(run(3))])
        assert len(history(read_recording(file)).runs) == 3

    def test_what_githubs_command_line_client_lists(self, tmp_path: Path) -> None:
        """`gh run list --json …` and `gh run view --json …,jobs`: other words for the same."""
        listed_runs = [
            {
                "databaseId": number,
                "attempt": attempt,
                "status": "completed",
                "conclusion": conclusion,
                "createdAt": f"2026-03-0{number}T12:00:00Z",
                "startedAt": f"2026-03-0{number}T12:00:00Z",
                "headBranch": "main",
                "workflowName": "Build and test",
            }
            for number, attempt, conclusion in ((1, 1, "success"), (2, 2, "failure"))
        ]
        view = {
            "databaseId": 1,
            "jobs": [
                {
                    "databaseId": 10,
                    "name": "unit",
                    "status": "completed",
                    "conclusion": "success",
                    "startedAt": "2026-03-01T12:00:00Z",
                    "completedAt": "2026-03-01T12:01:30Z",
                    "steps": [
                        {
                            "name": "test",
                            "conclusion": "success",
                            "startedAt": "2026-03-01T12:00:10Z",
                            "completedAt": "2026-03-01T12:00:30Z",
                        }
                    ],
                }
            ],
        }
        write(tmp_path / "a-list.json", listed_runs)
        write(tmp_path / "one.json", view)

        documents = read_recording(tmp_path)
        found = history(documents).runs

        assert documents.remarks == []
        assert [(each.id, each.newest, each.conclusion) for each in found] == [
            (1, 1, "success"),
            (2, 2, "failure"),
        ]
        assert durations(found).seconds == (90,)
        assert [each.seconds.median for each in slowest_steps(found, 9)] == [20]
        assert selected(documents, workflow="", branch="main", last=9) == "Build and test"

    def test_what_a_client_or_a_webhook_wraps(self, tmp_path: Path) -> None:
        write(tmp_path / "octokit.json", {"status": 200, "headers": {}, "data": listed(run(1))})
        write(tmp_path / "event.json", {"action": "completed", "workflow_run": run(2)})
        write(tmp_path / "job.json", {"action": "completed", "workflow_job": job("a", 0, 60)})

        documents = read_recording(tmp_path)

        assert documents.remarks == []
        assert [len(each.first.jobs or ()) for each in history(documents).runs if each.first] == [
            1,
            0,
        ]

    def test_a_run_of_a_list_may_say_little(self, tmp_path: Path) -> None:
        row = {"id": 5, "status": "completed", "conclusion": "success"}
        write(tmp_path / "x.json", {"workflow_runs": [row]})
        (found,) = history(read_recording(tmp_path)).runs
        assert (found.newest, found.conclusion) == (1, "success")

    def test_runs_that_hold_their_jobs(self, tmp_path: Path) -> None:
        """As scripts of people's own write them."""
        inner = job("a", 0, 60)
        del inner["run_id"], inner["run_attempt"]
        again = {**run(1, run_attempt=2), "jobs": [inner]}
        write(tmp_path / "x.json", {"runs": [{**run(1, "failure"), "jobs": [inner]}, again]})

        (found,) = history(read_recording(tmp_path)).runs

        assert [len(each.jobs or ()) for each in found.attempts] == [1, 1]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_the_encodings_in_which_shells_write(self, tmp_path: Path, encoding: str) -> None:
        (tmp_path / "x.json").write_bytes(json.dumps(listed(run(1))).encode(encoding))
        assert len(read_recording(tmp_path).runs) == 1

    def test_lines_of_which_each_is_a_document(self, tmp_path: Path) -> None:
        count = 20_000  # a reader that looks at the whole rest for each would take minutes
        write(tmp_path / "x.jsonl", *(run(number) for number in range(count)))
        assert len(read_recording(tmp_path).runs) == count

    def test_jobs_without_an_attempt_are_those_of_the_newest(self, tmp_path: Path) -> None:
        """As GitHub lists them; before 2021 it did not say the number at all."""
        rows = [job("a", 0, 60)]
        del rows[0]["run_attempt"]
        write(tmp_path / "jobs.json", {"total_count": 1, "jobs": rows})
        write(tmp_path / "runs.json", listed(run(1, run_attempt=2)))

        (found,) = history(read_recording(tmp_path)).runs

        assert [(each.number, each.jobs is None) for each in found.attempts] == [(2, False)]

    def test_a_part_of_the_jobs_is_not_taken_for_all(self, tmp_path: Path) -> None:
        def page(of: int, *names: str) -> Row:
            return {"total_count": 2, "jobs": [job(name, 0, 60, of=of) for name in names]}

        write(tmp_path / "runs.json", listed(run(1), run(2)))
        write(tmp_path / "of-one.json", page(1, "a"))
        write(tmp_path / "of-two.json", page(2, "a"), page(2, "b"))

        documents = read_recording(tmp_path)

        assert list(documents.jobs) == [(1002, 1)]
        assert documents.remarks == [
            "Lists of jobs that were left out, because pages are missing: 1."
        ]

    def test_runs_alone_say_what_is_missing_for_times(self, tmp_path: Path) -> None:
        write(tmp_path / "runs.json", listed(run(1)))
        (remark,) = read_recording(tmp_path).remarks
        assert "no times and no cost" in remark
        assert "attempts/1/jobs" in remark

    @pytest.mark.parametrize("value", [None, 7, "x", {}, [None], [[1]], [[1, "2"]], [[0, 0]]])
    def test_a_wrong_list_of_what_is_complete_is_none(self, tmp_path: Path, value: Any) -> None:
        write(tmp_path / "x.json", listed(run(1)), {"jobs": [], "complete": value})
        assert read_recording(tmp_path).jobs == {}

    def test_only_files_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "folder.json").mkdir()
        os.mkfifo(tmp_path / "pipe.json")
        write(tmp_path / "x.json", listed(run(1)))
        assert len(read_recording(tmp_path).runs) == 1

    @pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"jobs": []}', '"text"'])
    def test_without_a_run_it_is_no_recording(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "x.json"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(RecordingUnreadable):
            read_recording(file)

    @pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000, b"<html>"])
    def test_what_is_no_json_is_named(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "x.json"
        file.write_bytes(content)
        with pytest.raises(RecordingUnreadable, match=r"x\.json"):
            read_recording(file)

    def test_a_file_that_is_too_large_is_told_with_the_limit(self, tmp_path: Path) -> None:
        with (tmp_path / "x.json").open("wb") as file:
            file.truncate(257 * 2**20)  # of no block on the disk
        with pytest.raises(RecordingUnreadable, match="may have 256 MiB") as raised:
            read_recording(tmp_path)
        assert raised.value.next_step

    def test_nothing_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingUnreadable):
            read_recording(tmp_path / "absent")

    def test_what_says_nothing_is_told(self, tmp_path: Path) -> None:
        check = {"id": 5, "status": "completed", "conclusion": "failure"}
        write(tmp_path / "x.json", listed(run(1)), {"login": "a-person"}, 7, check)
        write(tmp_path / "y.json", {"jobs": [job("a", 0, 1, of=9)]})

        remarks = read_recording(tmp_path).remarks

        assert remarks == [
            "Documents of the recording that say nothing: 3.",
            "Lists of jobs without their run: 1.",
        ]


class TestSelecting:
    def documents(self, *runs: Row) -> Documents:
        documents = Documents()
        for each in runs:
            documents.add_run(each, branch=each["head_branch"])
        return documents

    def kept(self, documents: Documents) -> list[int]:
        return sorted({each for each, _ in documents.runs})

    def test_the_only_workflow_needs_no_name(self) -> None:
        documents = self.documents(run(1, path=".github/workflows/x.yml@refs/heads/main"))
        assert selected(documents, workflow="", branch="", last=9) == "x.yml"

    def test_of_several_it_is_ci_yml_or_the_one_that_is_named(self) -> None:
        rows = (run(1), run(2, path=".github/workflows/nightly.yml", workflow_id=78))
        documents = self.documents(*rows)
        assert selected(documents, workflow="", branch="", last=9) == "ci.yml"
        assert self.kept(documents) == [1001]
        documents = self.documents(*rows)
        assert selected(documents, workflow="nightly.yml", branch="", last=9) == "nightly.yml"
        assert self.kept(documents) == [1002]
        with pytest.raises(UsageError) as failed:
            selected(self.documents(*rows), workflow="x.yml", branch="", last=9)
        assert "ci.yml, nightly.yml" in failed.value.next_step

    def test_an_old_run_without_a_file_is_told_by_the_number_of_its_workflow(self) -> None:
        old, other, mute = run(2), run(3, workflow_id=78), run(4)
        del old["path"], other["path"], mute["path"], mute["workflow_id"]
        documents = self.documents(run(1), old, other, mute)

        selected(documents, workflow="ci.yml", branch="", last=9)

        assert self.kept(documents) == [1001, 1002]
        assert documents.remarks == [
            "Runs that do not say of which workflow they are were left out: 1."
        ]

    def test_the_newest_that_are_over_and_those_that_are_not(self) -> None:
        documents = self.documents(run(1), run(2), run(3), run(4, None))
        selected(documents, workflow="", branch="", last=2)
        assert self.kept(documents) == [1002, 1003, 1004]

    def test_a_name_that_no_file_has_is_compared_as_it_is(self) -> None:
        documents = self.documents(run(1, path=".github/workflows/ci.yml"))
        path = ".github/workflows/ci.yml"
        assert selected(documents, workflow=path, branch="", last=9) == "ci.yml"

    def test_runs_of_forks_count_if_all_branches_do(self) -> None:
        """A pull request out of a fork is a run of the workflow; another's `main` is not ours."""
        rows = (run(1), run(2, head_repository={"id": 99}))
        documents = self.documents(*rows)
        selected(documents, workflow="", branch="", last=9)
        assert (self.kept(documents), documents.remarks) == ([1001, 1002], [])

        documents = self.documents(*rows)
        selected(documents, workflow="", branch="main", last=9)
        assert self.kept(documents) == [1001]
        assert documents.remarks == ["Runs for commits of forks were left out: 1."]

    def test_a_branch_of_which_there_is_no_run_is_told(self) -> None:
        documents = self.documents(run(1))
        selected(documents, workflow="", branch="other", last=9)
        assert documents.remarks == ["The recording has no run of ci.yml on other."]

    def test_a_branch_if_one_is_named(self) -> None:
        documents = self.documents(run(1), run(2, head_branch="other"))
        selected(documents, workflow="", branch="main", last=9)
        assert self.kept(documents) == [1001]


class TestWriting:
    def test_it_is_read_again_as_the_same_and_holds_nothing_personal(self, tmp_path: Path) -> None:
        documents = Documents(
            evidence=[{"run_id": 1001, "kind": "sccache", "name": "a", "hits": 1, "misses": 2}]
        )
        for row in (run(1), run(2, "success", run_attempt=2), run(2, "failure")):
            documents.add_run(row, branch="main")
        documents.add_job(job("unit", 0, 60, queued=3))
        documents.jobs[1002, 1] = []

        write_recording(documents, tmp_path / "new/folder", branch="")
        again = read_recording(tmp_path / "new/folder")

        assert history(again) == history(documents)
        text = "".join(file.read_text() for file in (tmp_path / "new/folder").iterdir())
        for word in ("person", "title", "example.org", "head_branch", "octo"):
            assert word not in text


class TestCache:
    def test_an_entry_is_there_again_and_for_this_user_alone(self, tmp_path: Path) -> None:
        cache = Cache(folder=tmp_path / "deep/er", say=pytest.fail)
        cache.store("jobs 1 1", [{"a": 1}])

        assert cache.load("jobs 1 1") == [{"a": 1}]
        assert cache.load("jobs 1 2") is None
        (file,) = (tmp_path / "deep/er").iterdir()
        assert file.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"version": 99}'])
    def test_an_entry_that_is_broken_is_none(self, tmp_path: Path, content: bytes) -> None:
        cache = Cache(folder=tmp_path, say=pytest.fail)
        cache.store("x", 1)
        (file,) = tmp_path.iterdir()
        file.write_bytes(content)
        assert cache.load("x") is None

    def test_where_nothing_can_be_kept_it_is_told_once(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        said: list[str] = []
        cache = Cache(folder=tmp_path / "file", say=said.append)
        cache.store("x", 1)
        cache.store("y", 1)
        assert (len(said), cache.load("x")) == (1, None)


class TestShowing:
    def shown(self, names: Iterable[str], folder: Path) -> tuple[str, str, str]:
        """What a terminal, a step's log and its page get."""
        documents = Documents()
        documents.add_run(run(1))
        for name in names:
            documents.add_job(job(name, 0, 60))
        found = Insights.of(
            history(documents),
            subject="octo/spoon",
            path=f"no job `{next(iter(documents.jobs.values()))[0]['name']}`",
            targets=load_settings(folder, {}).settings.insights,
            remarks=(),
        )
        screen, log, page = io.StringIO(), io.StringIO(), folder / "page.md"
        show(found, TerminalReporter(screen, color=False))
        show(found, GitHubReporter(log, color=False, summary_file=str(page)))
        return screen.getvalue(), log.getvalue(), page.read_text(encoding="utf-8")

    def test_sentences_do_not_stand_in_the_table_of_key_metrics(self, tmp_path: Path) -> None:
        """There they would be columns of single letters on a narrow terminal."""
        screen, _, page = self.shown(["unit"], tmp_path)

        lines = screen.splitlines()
        assert "  sccache hit rate: no artifact with sccache's statistics could be read" in lines
        end = next(number for number, line in enumerate(lines) if line.startswith("Runs"))
        assert max(len(line.rstrip()) for line in lines[1:end] if "│" in line or "<" in line) < 70
        assert "no artifact with sccache" in page

    def test_names_do_nothing_to_a_terminal(self, tmp_path: Path) -> None:
        screen, _, _ = self.shown(
            ["\x1b]0;title\x07\x1b[2J", "\u202eevil\u2066", "\x9b31m"], tmp_path
        )
        assert all(each.isprintable() or each == "\n" for each in screen)

    def test_names_are_no_commands_to_github(self, tmp_path: Path) -> None:
        _, log, _ = self.shown(["::error::x", "a\n::set-output name=x::y", "##[error]z"], tmp_path)

        first, *inside, last = log.rstrip("\n").split("\n")
        token = first.removeprefix("::stop-commands::")
        assert last == f"::{token}::"
        assert len(token) == 32
        assert not any(token in line for line in inside)

    @pytest.mark.parametrize(
        "name",
        [
            LINK,
            f"x|{LINK}",
            f"x\\|{LINK}",
            f"x\\\\|{LINK}",
            f"x`|{LINK}",
            f"``` {LINK} `",
            "<img src=https://evil.example/x>",
            "https://evil.example www.evil.example",
            "ends with \\",
            "[a]: https://evil.example",
        ],
    )
    def test_names_are_text_in_markdown(self, tmp_path: Path, name: str) -> None:
        _, _, page = self.shown([name, "after"], tmp_path)

        html = MarkdownIt("gfm-like", {"linkify": False}).render(page)

        assert "<img" not in html
        assert "<a " not in html
        for block in page.split("\n\n"):
            borders = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(borders - {0}) <= 1, block
        rows = [line for line in page.splitlines() if "evil" in line or "ends" in line]
        assert rows or "evil" not in name


NO_REMOTE = {"git": Completed(exit_code=2, stderr="error: No such remote 'origin'\n")}


class TestSession:
    def test_a_recording_needs_no_network_and_no_repository(self, tmp_path: Path) -> None:
        write(tmp_path / "rec/runs.json", listed(run(1), run(2, "failure")))
        write(tmp_path / "rec/jobs.json", {"jobs": [job("unit", 0, 90, queued=5)]})
        context = make_context(tmp_path)

        outcome = insights(context, recording="rec")

        assert outcome.summary == "2 runs; of the key metrics 1 met, 3 without data"
        assert outcome.data["key_metrics"][0]["value"] == 90
        assert outcome.data["runs"]["success"]["value"] == 0.5
        assert outcome.data["queue"]["seconds"] == {"n": 1, "median": 5.0, "p90": None}
        assert "1 min 30 s" in context.printed
        json.dumps(outcome.data)

    def test_the_path_comes_from_the_workflow_of_the_project(self, tmp_path: Path) -> None:
        (tmp_path / ".github/workflows").mkdir(parents=True)
        (tmp_path / ".github/workflows/ci.yml").write_text(
            "on: push\njobs:\n  a: {name: A}\n  b: {name: B, needs: a}\n", encoding="utf-8"
        )
        write(tmp_path / "runs.json", listed(run(1)), {"jobs": [job("A", 0, 9), job("B", 10, 20)]})
        context = make_context(tmp_path)

        outcome = insights(context, recording="runs.json")

        stretches = outcome.data["critical_path"]["stretches"]
        assert [each["job"] for each in stretches] == ["A", "B"]

    def test_without_a_remote_the_runs_of_ci_on_this_machine_are_looked_at(
        self, tmp_path: Path
    ) -> None:
        begun = datetime(2026, 3, 2, 12, tzinfo=UTC)

        def left(session: str, run: str, start: float, seconds: float, **more: Any) -> None:
            record = Record(
                run=run,
                session=session,
                started=begun + timedelta(seconds=start),
                seconds=seconds,
                **{"status": "passed", **more},
            )
            leave(record, tmp_path / ".tasker-ci/history", keep=99, maximum_bytes=10**6)

        tests: Any = {("s", "c", "a"): ("passed", 20.0), ("s", "c", "b"): ("flaky", 10.0)}
        left("unit", "one", 0, 40, tests=tests, test_seconds=10.0)
        left("integration", "one", 40, 50)
        left("ci", "one", 0, 95, sccache={"hits": 90, "misses": 10})
        left("unit", "two", 1000, 30, status="failed")
        left("ci", "two", 1000, 31, status="failed")
        left("unit", "alone", 2000, 5)
        left("ci", "other", 500, 9, arguments=("--affected",))
        context = make_context(tmp_path, runner=RecordingRunner(NO_REMOTE))

        outcome = insights(context)

        data = outcome.data
        assert (data["runs"]["success"]["part"], data["runs"]["success"]["n"]) == (1, 2)
        assert [each["value"] for each in data["key_metrics"]] == [90.0, 0.9, 3.0, 1.0]
        assert [each["job"] for each in data["slowest_jobs"]] == ["integration", "unit"]
        assert data["queue"]["seconds"] is None
        assert data["cost"]["by_labels"] == {"this machine": 2.0}
        assert "GitHub was not asked" in context.printed
        assert "asked for something else than `ci` were left out: 1." in context.printed

    def test_local_runs_that_are_not_there_are_no_figures(self, tmp_path: Path) -> None:
        context = make_context(tmp_path)
        with pytest.raises(UsageError, match="No run of `ci` is recorded"):
            insights(context, local=True)

    def test_the_path_of_a_foreign_workflow_comes_from_its_file_beside(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "rec"
        write(folder / "runs.json", listed(run(1)), {"jobs": [job("A", 0, 9), job("B", 10, 20)]})
        (folder / "ci.yml").write_text(
            "on: push\njobs:\n  a: {name: A}\n  b: {name: B, needs: a}\n", encoding="utf-8"
        )
        (tmp_path / ".github/workflows").mkdir(parents=True)
        (tmp_path / ".github/workflows/ci.yml").write_text("jobs: {x: {name: X}}")
        context = make_context(tmp_path)

        stretches = insights(context, recording="rec").data["critical_path"]["stretches"]

        assert [each["job"] for each in stretches] == ["A", "B"]

    def test_the_keys_of_its_json_are_those_that_programs_know(self, tmp_path: Path) -> None:
        write(tmp_path / "runs.json", listed(run(1)), {"jobs": [job("A", 0, 9)]})
        context = make_context(tmp_path)

        data = insights(context, recording="runs.json").data

        assert data["version"] == 1  # to be raised with whatever is renamed or taken away here
        assert list(data) == [
            *("version", "subject", "key_metrics", "runs", "duration", "queue", "cost"),
            *("critical_path", "slowest_jobs", "slowest_steps", "remarks"),
        ]
        assert [each["name"] for each in data["key_metrics"]] == [
            "total time",
            "sccache hit rate",
            "parallel gain of the tests",
            "integration stability",
        ]
        assert list(data["key_metrics"][0]) == [
            *("name", "unit", "target", "at_most", "value", "n", "detail", "verdict")
        ]
        assert list(data["runs"]) == [
            *("completed", "unfinished", "conclusions", "unknown", "success", "failure"),
            *("after_reruns", "rerun"),
        ]
        assert list(data["duration"]) == ["seconds", "trend", "left_out"]
        assert list(data["cost"]) == [
            *("n", "minutes", "billed", "per_run", "by_labels", "left_out")
        ]

    def test_all_of_a_recording_counts_unless_a_number_is_asked_for(self, tmp_path: Path) -> None:
        """Else a recording of 200 runs would say something else than what it recorded."""
        write(tmp_path / "runs.json", listed(*(run(number) for number in range(60))))
        context = make_context(tmp_path)

        assert insights(context, recording="runs.json").data["runs"]["completed"] == 60
        assert insights(context, recording="runs.json", last=7).data["runs"]["completed"] == 7

    @pytest.mark.parametrize("last", [-1, 0, 5001])
    def test_a_number_of_runs_that_is_none_is_refused(self, tmp_path: Path, last: int) -> None:
        context = make_context(tmp_path)
        with pytest.raises(UsageError) as raised:
            insights(context, last=last)
        assert raised.value.next_step == "The default is 50."
        with pytest.raises(UsageError) as raised:
            insights(context, last=last, recording="runs.json")
        assert raised.value.next_step == "The default is all runs of the recording."

    def test_without_a_remote_it_says_what_can_be_done(self, tmp_path: Path) -> None:
        context = make_context(tmp_path, runner=RecordingRunner(NO_REMOTE))
        with pytest.raises(UsageError) as failed:
            insights(context)
        assert "--recording" in failed.value.next_step

    def test_a_dry_run_of_local_runs_reads_and_writes_nothing(self, tmp_path: Path) -> None:
        context = make_context(tmp_path, dry_run=True)
        outcome = insights(context, local=True, record="kept")
        assert outcome.summary == "nothing was read"
        assert ".tasker-ci/history" in context.printed
        assert "GET" not in context.printed
        assert not (tmp_path / "kept").exists()

    def test_nothing_is_recorded_over_files_of_somebody_else(self, tmp_path: Path) -> None:
        project, other = tmp_path / "project", tmp_path / "other"
        for folder in (project, other):
            folder.mkdir()
            (folder / "jobs.json").write_text("[1]", encoding="utf-8")
        context = make_context(project)
        for place in (other, project, project.parent):
            with pytest.raises(UsageError) as raised:
                insights(context, local=True, record=str(place))
            assert "--record" in raised.value.next_step
        assert (other / "jobs.json").read_text("utf-8") == "[1]"

    def test_a_dry_run_asks_no_git_and_shows_both_ways(self, tmp_path: Path) -> None:
        context = make_context(tmp_path, dry_run=True)
        insights(context, record="kept")
        assert "OWNER/NAME is what `git remote get-url origin` names" in context.printed
        assert "GET https://api.github.com/repos/OWNER/NAME/" in context.printed
        shown = context.printed
        assert f"no remote names a repository: read {tmp_path / '.tasker-ci/history'}" in shown
        assert not (tmp_path / "kept").exists()

    @pytest.mark.parametrize(
        ("flag", "other"),
        [
            *((name, {"local": True}) for name in ("recording", "repository", "api", "workflow")),
            *((name, {"recording": "runs.json"}) for name in ("repository", "api")),
        ],
    )
    def test_a_flag_that_another_makes_meaningless_is_no_usage(
        self, tmp_path: Path, flag: str, other: dict[str, Any]
    ) -> None:
        context = make_context(tmp_path)
        with pytest.raises(UsageError, match=f"--{flag} has no meaning with"):
            insights(context, **{flag: "x"}, **other)

    @pytest.mark.parametrize("flag", ["api", "workflow"])
    def test_a_flag_for_github_is_not_answered_by_this_machine(
        self, tmp_path: Path, flag: str
    ) -> None:
        context = make_context(tmp_path, runner=RecordingRunner(NO_REMOTE))
        with pytest.raises(UsageError, match="no remote `origin`"):
            insights(context, **{flag: "ci.yml"})

    def test_a_recorded_workflow_may_be_called_like_a_session(self, tmp_path: Path) -> None:
        rows = [run(1, path="", workflow_name="ci")]
        write(tmp_path / "runs.json", listed(*rows), {"jobs": [job("A", 0, 9)]})
        context = make_context(tmp_path)
        insights(context, recording="runs.json")
        assert "is no workflow of this project" in " ".join(context.printed.split())

    def test_a_dry_run_asks_nobody_and_shows_no_token(self, tmp_path: Path) -> None:
        environment = {"PATH": "", "GITHUB_TOKEN": "a-token-of-a-test"}
        context = make_context(tmp_path, environment=environment, dry_run=True)

        outcome = insights(context, repository="octo/spoon")

        assert outcome.status == "skipped"
        assert "GET https://api.github.com/repos/octo/spoon/actions/workflows/ci.yml/runs" in (
            context.printed
        )
        assert "a-token-of-a-test" not in context.printed + str(outcome.data)
