"""Recordings and how figures are shown: nothing personal in, nothing dangerous out."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from github_history import Row, job, run
from markdown_it import MarkdownIt
from tool_parts import make_context

from tasker_ci.errors import RecordingUnreadable, UsageError
from tasker_ci.insights.cache import Cache
from tasker_ci.insights.documents import Documents
from tasker_ci.insights.presentation import Insights, duration_text, show
from tasker_ci.insights.reading import history
from tasker_ci.insights.recordings import read_recording, selected, write_recording
from tasker_ci.screen import GitHubReporter, TerminalReporter
from tasker_ci.sessions.insights import insights
from tasker_ci.settings.load import load_settings

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

    def test_nothing_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingUnreadable):
            read_recording(tmp_path / "absent")

    def test_what_says_nothing_is_told(self, tmp_path: Path) -> None:
        write(tmp_path / "x.json", listed(run(1)), {"login": "a-person"}, 7)
        write(tmp_path / "y.json", {"jobs": [job("a", 0, 1, of=9)]})

        remarks = read_recording(tmp_path).remarks

        assert remarks == [
            "Documents of the recording that say nothing: 2.",
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
        # GitHub reads a backslash before the one that escapes a bar as its escape, so the bar would
        # be a border; markdown-it does not.
        for block in page.split("\n\n"):
            assert len({line.count("|") for line in block.splitlines()} - {0}) <= 1, block
        rows = [line for line in page.splitlines() if "evil" in line or "ends" in line]
        assert rows or "evil" not in name

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (61, "1 min 1 s"),
            (600, "10 min"),
            (3599.7, "1 h 0 min"),
            (86_400, "24 h 0 min"),
        ],
    )
    def test_durations_are_for_people(self, seconds: float, text: str) -> None:
        assert duration_text(seconds) == text


class TestSession:
    def test_a_recording_needs_no_network_and_no_repository(self, tmp_path: Path) -> None:
        write(tmp_path / "rec/runs.json", listed(run(1), run(2, "failure")))
        write(tmp_path / "rec/jobs.json", {"jobs": [job("unit", 0, 90, queued=5)]})
        context, screen = make_context(tmp_path, {"PATH": ""})

        outcome = insights(context, recording="rec")

        assert outcome.summary == "2 runs; of the key metrics 1 met, 3 without data"
        assert outcome.data["key_metrics"][0]["value"] == 90
        assert outcome.data["runs"]["success"]["value"] == 0.5
        assert outcome.data["queue"]["seconds"] == {"n": 1, "median": 5.0, "p90": 5.0}
        assert "1 min 30 s" in screen.getvalue()
        json.dumps(outcome.data)

    def test_the_path_comes_from_the_workflow_of_the_project(self, tmp_path: Path) -> None:
        (tmp_path / ".github/workflows").mkdir(parents=True)
        (tmp_path / ".github/workflows/ci.yml").write_text(
            "on: push\njobs:\n  a: {name: A}\n  b: {name: B, needs: a}\n", encoding="utf-8"
        )
        write(tmp_path / "runs.json", listed(run(1)), {"jobs": [job("A", 0, 9), job("B", 10, 20)]})
        context, _ = make_context(tmp_path, {"PATH": ""})

        outcome = insights(context, recording="runs.json")

        stretches = outcome.data["critical_path"]["stretches"]
        assert [each["job"] for each in stretches] == ["A", "B"]

    @pytest.mark.parametrize("last", [0, -1, 5001])
    def test_a_number_of_runs_that_is_none_is_refused(self, tmp_path: Path, last: int) -> None:
        context, _ = make_context(tmp_path, {"PATH": ""})
        with pytest.raises(UsageError):
            insights(context, last=last)

    def test_without_a_remote_it_says_what_can_be_done(self, tmp_path: Path) -> None:
        context, _ = make_context(tmp_path, {"PATH": ""})
        with pytest.raises(UsageError) as failed:
            insights(context)
        assert "--recording" in failed.value.next_step

    def test_a_dry_run_asks_nobody_and_shows_no_token(self, tmp_path: Path) -> None:
        environment = {"PATH": "", "GITHUB_TOKEN": "a-token-of-a-test"}
        context, screen = make_context(tmp_path, environment, dry_run=True)

        outcome = insights(context, repository="octo/spoon")

        assert outcome.status == "skipped"
        assert "GET https://api.github.com/repos/octo/spoon/actions/workflows/ci.yml/runs" in (
            screen.getvalue()
        )
        assert "a-token-of-a-test" not in screen.getvalue() + str(outcome.data)
