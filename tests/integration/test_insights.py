"""`insights` as a person runs it, against a GitHub on this machine that misbehaves."""

from __future__ import annotations

import gzip
import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import faces
import pytest
from github_history import Row, job, run, skipped
from github_server import Asked, GitHub, Reply, json_reply, serving

from tasker_ci.sessions.insights.cache import Cache
from tasker_ci.sessions.insights.client import Client
from tasker_ci.sessions.insights.collection import Collector, Question
from tasker_ci.sessions.insights.transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "token-of-a-test-4711"
"""It opens nothing; it is looked for in all that is printed and kept."""

UNIT, INTEGRATION = "Unit tests / Unit tests (stable)", "Integration tests / Integration tests"


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, text in files.items():
            opened.writestr(name.replace("__", "."), text)
    return content.getvalue()


def statistics(hits: int, misses: int) -> bytes:
    stats = {
        "compile_requests": hits + misses,
        "cache_hits": {"counts": {"Rust": hits}},
        "cache_misses": {"counts": {"Rust": misses}},
    }
    document = {"stats": stats, "cache_location": "Local disk: /home/a-person", "cache_size": 1}
    return archive(sccache_statistics__json=json.dumps(document))


COUNTS_BELOW_NOUGHT = statistics(-90, 10)


def _damaged(compression: int) -> bytes:
    """An archive in which `zipfile` meets what it does not expect: bytes of LZMA, or of a name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as opened:
        opened.writestr("é.json", "{}" * 500)
    if compression != zipfile.ZIP_LZMA:
        return content.getvalue().replace("é".encode(), b"\xff\xff")
    found = content.getvalue()
    start = found.index("é.json".encode()) + len("é.json".encode())
    return found[: start + 4] + b"\xff" * 5 + found[start + 9 :]


JUNIT = (
    '<testsuites name="x" time="10.0"><testsuite name="s" tests="2">'
    '<testcase name="a" classname="s" time="20"/><testcase name="b" classname="s" time="5"/>'
    "</testsuite></testsuites>"
)


def artifact(number: int, name: str, seconds: float, **more: Any) -> Row:
    created = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(seconds=seconds)
    return {
        "id": number,
        "name": name,
        "size_in_bytes": 500,
        "expired": False,
        "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "archive_download_url": "https://elsewhere.example/never-used",
        **more,
    }


def small_github() -> GitHub:
    """Six runs: two green, one green after a re-run, one red, one cancelled, one under way.

    By hand: first attempts 2 good, 2 bad. Durations of the green: 300 and 500 s. Integration is
    green twice and red once. Cost: 300 + 500 + (100 + 60) + 30 + 20 s.
    """
    rows = [
        job(UNIT, 3600, 3700, queued=10, of=1),
        job(INTEGRATION, 3700, 3900, queued=20, of=1),
        job(UNIT, 7200, 7300, queued=10, of=2),
        job(INTEGRATION, 7300, 7700, queued=20, of=2),
        job(UNIT, 10_800, 10_900, of=3),
        job(INTEGRATION, 10_900, 10_900, of=3, conclusion="failure"),
        {**job(UNIT, 10_800, 10_900, of=3, attempt=2), "id": 5},
        job(INTEGRATION, 20_000, 20_060, of=3, attempt=2),
        job(UNIT, 14_400, 14_430, of=4, conclusion="failure"),
        skipped(INTEGRATION, 14_430, of=4),
        job(UNIT, 18_000, 18_020, of=5, conclusion="cancelled"),
    ]
    return GitHub(
        runs=[
            run(6, None),
            run(5, "cancelled"),
            run(4, "failure"),
            run(3, "success", run_attempt=2),
            run(2),
            run(1),
        ],
        attempts={1003: run(3, "failure")},
        jobs=rows,
        artifacts={
            1001: [
                artifact(1, "sccache-unit-stable", 3690),
                artifact(2, "test-reports-stable", 3690),
            ],
            1002: [artifact(3, "sccache-unit-stable", 7290), artifact(9, "service-logs", 7290)],
            1003: [artifact(4, "sccache-unit-stable", 10_890), artifact(5, "sccache-late", 20_050)],
        },
        archives={
            1: statistics(90, 10),
            2: archive(unit__xml=JUNIT),
            3: statistics(70, 30),
            4: statistics(50, 50),
            5: statistics(0, 100),
        },
    )


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder in which `insights` is run."""

    folder: Path
    github: GitHub
    store: GitHub

    def start(self, *arguments: str, token: str = TOKEN, **environment: str) -> list[Any]:
        given = set(arguments)
        argv = [
            *("tasker-ci", "insights", "--json"),
            *(() if {"--repository", "--recording"} & given else ("--repository", "octo/spoon")),
            *(() if {"--api", "--recording"} & given else ("--api", self.github.url)),
            *("--set", "insights.request-seconds=2", "--set", "insights.limit-seconds=20"),
            *arguments,
        ]
        variables = {
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "HOME": str(self.folder),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),  # where one has a proxy
            **({"GITHUB_TOKEN": token} if token else {}),
            **environment,
        }
        return [argv, self.folder, faces.clean_environment(**variables)]

    def run(self, *arguments: str, token: str = TOKEN, **environment: str) -> faces.Ended:
        """Run to the end; the token must be nowhere afterwards."""
        ended = faces.run(*self.start(*arguments, token=token, **environment), timeout=60)
        assert TOKEN not in ended.text
        assert "Traceback" not in ended.text
        assert "tasker-ci itself failed" not in ended.text
        for file in self.folder.rglob("*"):
            assert not file.is_file() or TOKEN.encode() not in file.read_bytes(), file
        return ended

    def data(self, *arguments: str, token: str = TOKEN, **environment: str) -> dict[str, Any]:
        ended = self.run(*arguments, token=token, **environment)
        assert ended.exit_code == 0, ended.text
        document: dict[str, Any] = json.loads(ended.stdout)
        return document


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "project"
    folder.mkdir()
    with serving(small_github()) as github, serving(GitHub()) as store:
        store.archives = github.archives
        github.store = store.url
        yield Project(folder=folder, github=github, store=store)


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Those that are counted by hand in `small_github`."""
    return {
        "success": data["runs"]["success"] and data["runs"]["success"]["part"],
        "of": data["runs"]["success"] and data["runs"]["success"]["n"],
        "cancelled": data["runs"]["conclusions"].get("cancelled", 0),
        "unfinished": data["runs"]["unfinished"],
        "after_reruns": data["runs"]["after_reruns"] and data["runs"]["after_reruns"]["part"],
        "duration": data["duration"]["seconds"],
        "queue": data["queue"]["seconds"],
        "minutes": round(data["cost"]["minutes"], 3),
        "metrics": [(each["value"], each["n"]) for each in data["key_metrics"]],
    }


RIGHT = {
    "success": 2,
    "of": 4,
    "cancelled": 1,
    "unfinished": 1,
    "after_reruns": 3,
    "duration": {"n": 2, "median": 400.0, "p90": None},
    "queue": {"n": 4, "median": 15.0, "p90": None},
    "minutes": round((300 + 500 + 100 + 60 + 30 + 20) / 60, 3),
    "metrics": [(400.0, 2), (0.7, 3), (2.5, 1), (pytest.approx(2 / 3), 3)],
}


class TestFigures:
    def test_they_are_those_counted_by_hand(self, project: Project) -> None:
        data = project.data()

        assert figures(data) == RIGHT
        verdicts = [each["verdict"] for each in data["key_metrics"]]
        assert verdicts == ["met", "missed", "met", "missed"]
        assert any("re-run" in remark for remark in data["remarks"])

    def test_the_token_goes_to_the_api_and_not_to_the_store(self, project: Project) -> None:
        project.data()

        assert all(
            each.headers["Authorization"] == f"Bearer {TOKEN}" for each in project.github.asked
        )
        assert len(project.store.asked) == 4
        assert all("Authorization" not in each.headers for each in project.store.asked)

    def test_without_a_token_there_is_nothing_of_artifacts_and_no_password_of_netrc(
        self, project: Project
    ) -> None:
        netrc = project.folder / ".netrc"
        netrc.write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
        netrc.chmod(0o600)

        data = project.data(token="")

        assert [each["verdict"] for each in data["key_metrics"]] == [
            "met",
            "no data",
            "no data",
            "missed",
        ]
        assert any("Without GITHUB_TOKEN" in remark for remark in data["remarks"])
        assert all("Authorization" not in each.headers for each in project.github.asked)

    def test_a_terminal_gets_tables(self, project: Project) -> None:
        argv, folder, environment = project.start()
        argv.remove("--json")

        ended = faces.run(argv, folder, environment)

        assert ended.exit_code == 0
        assert "6 min 40 s" in ended.stdout
        assert "50.0 % (95 % interval 15.0 % to 85.0 %)" in ended.stdout

    def test_what_is_over_is_asked_for_once(self, project: Project) -> None:
        first = project.data()
        project.github.asked.clear()
        project.store.asked.clear()

        second = project.data()

        assert figures(second) == figures(first)
        (only,) = project.github.asked
        assert "If-None-Match" in only.headers
        assert project.store.asked == []

    def test_a_new_run_is_seen_and_only_it_is_asked_for(self, project: Project) -> None:
        project.data()
        project.github.asked.clear()
        project.github.runs[0] = run(6)
        project.github.jobs += [job(UNIT, 21_600, 21_700, queued=1, of=6)]

        data = project.data()

        assert data["duration"]["seconds"]["n"] == 3
        assert [path.partition("?")[0] for path in project.github.paths()] == [
            "/workflows/ci.yml/runs",
            "/runs/1006/attempts/1/jobs",
            "/runs/1006/artifacts",
        ]

    def test_a_recording_gives_the_same_without_a_network(self, project: Project) -> None:
        data = project.data("--record", "kept")
        project.github.fault = lambda asked, before: Reply(status=500)
        project.github.asked.clear()

        again = project.data("--recording", "kept")

        assert figures(again) == figures(data)
        assert project.github.asked == []
        text = "".join(file.read_text() for file in (project.folder / "kept").iterdir())
        assert "person" not in text

    def test_no_run_at_all_is_no_data(self, project: Project) -> None:
        project.github.runs = []

        data = project.data()

        assert [each["verdict"] for each in data["key_metrics"]] == ["no data"] * 4
        assert data["runs"]["success"] is None


class TestLimits:
    @pytest.mark.parametrize("status", [403, 429])
    def test_a_short_one_is_waited_for(self, project: Project, status: int) -> None:
        project.github.fault = lambda asked, before: (
            json_reply({}, status=status, **{"Retry-After": "1"})
            if not before and "workflows" in asked.path
            else None
        )

        ended = project.run()

        assert figures(json.loads(ended.stdout)) == RIGHT
        assert "waiting 1 s" in ended.stderr

    def test_until_the_reset_by_the_servers_clock(self, project: Project) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if before or "workflows" not in asked.path:
                return None
            # The machine's clock is a day late; http.server adds a Date of its own before.
            reset = str(int(time.time()) + 1)
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
            return json_reply({"message": "API rate limit exceeded"}, status=403, **headers)

        project.github.fault = fault

        assert figures(project.data()) == RIGHT

    @pytest.mark.parametrize(
        "reply",
        [
            json_reply({}, status=429, **{"Retry-After": "3600"}),
            json_reply(
                {},
                status=403,
                **{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"},
            ),
            json_reply({"message": "You have exceeded a secondary rate limit"}, status=403),
            json_reply({}, status=429),
        ],
        ids=["Retry-After", "reset", "secondary", "says nothing"],
    )
    def test_a_long_one_ends_at_once_and_says_how_long(
        self, project: Project, reply: Reply
    ) -> None:
        project.github.fault = lambda asked, before: reply

        ended = project.run("--set", "insights.request-seconds=15")  # however loaded

        document = json.loads(ended.stdout)
        assert ended.exit_code == 3
        assert "answers no more requests for" in document["summary"]
        assert "insights.limit-seconds" in document["next_step"]
        assert len(project.github.asked) == 1

    def test_one_in_the_middle_leaves_right_figures_of_what_was_read(
        self, project: Project
    ) -> None:
        project.github.fault = lambda asked, before: (
            json_reply({}, status=429, **{"Retry-After": "3600"})
            if "/runs/1002/" in asked.path or "/runs/1001/" in asked.path
            else None
        )

        data = project.data()

        assert data["runs"]["success"]["n"] == 4  # the list says how they ended
        assert data["duration"]["seconds"] is None
        assert data["duration"]["left_out"] == {"its jobs are not known": 2}
        assert data["cost"]["left_out"] == 2
        assert any("Not all could be read" in remark for remark in data["remarks"])

        project.github.fault = None
        assert figures(project.data()) == RIGHT

    def test_a_lack_of_permission_is_no_limit(self, project: Project) -> None:
        project.github.fault = lambda asked, before: json_reply(
            {"message": "Resource not accessible by integration"}, status=403
        )

        ended = project.run()

        assert ended.exit_code == 3
        assert "Resource not accessible" in json.loads(ended.stdout)["summary"]
        assert len(project.github.asked) == 1


class TestFaults:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(status=500),
            Reply(status=502, body=b"<html>Bad gateway</html>"),
            Reply(status=503, headers={"Retry-After": "1"}),
            Reply(body=b'{"workflow_runs": [{"id": 1', headers={}),
            Reply(body=b'{"workflow_runs": []}', cut=9),
            Reply(body=b""),
            Reply(body=b"\x1f\x8bnot gzip", headers={"Content-Encoding": "gzip"}),
            Reply(body=b"<!DOCTYPE html><title>Sign in</title>"),
            Reply(reset=True),
            Reply(silent=True),
        ],
        ids=[
            *("500", "502", "503", "truncated JSON", "broken off", "empty", "not gzip"),
            *("HTML", "reset", "silence"),
        ],
    )
    def test_a_passing_one_changes_no_figure(self, project: Project, reply: Reply) -> None:
        project.github.fault = lambda asked, before: (
            reply if not before and ("workflows" in asked.path or "/1002/" in asked.path) else None
        )
        assert figures(project.data()) == RIGHT

    def test_a_lasting_one_of_one_run_leaves_that_out_and_says_so(self, project: Project) -> None:
        project.github.fault = lambda asked, before: (
            Reply(body=b'{"jobs": [') if "/runs/1002/attempts" in asked.path else None
        )

        data = project.data()

        assert data["duration"]["seconds"] == {"n": 1, "median": 300.0, "p90": None}
        assert any("no whole JSON document" in remark for remark in data["remarks"])

    def test_a_run_that_is_gone_meanwhile_is_left_out(self, project: Project) -> None:
        project.github.fault = lambda asked, before: (
            json_reply({"message": "Not Found"}, status=404) if "/1002/" in asked.path else None
        )
        assert project.data()["duration"]["seconds"]["n"] == 1

    @pytest.mark.parametrize("part", ["workflows", "attempts", "artifacts"])
    def test_a_server_that_is_always_broken_is_not_asked_for_ever(
        self, project: Project, part: str
    ) -> None:
        project.github.fault = lambda asked, before: (
            Reply(status=500) if part in asked.path else None
        )

        ended = project.run("--set", "insights.limit-seconds=60")

        assert ended.exit_code == (3 if part == "workflows" else 0)
        assert sum(part in each.path for each in project.github.asked) <= 9

    def test_a_body_that_drips_is_given_up_at_the_deadline(self, project: Project) -> None:
        project.github.fault = lambda asked, before: Reply(body=b"{" + b" " * 999, drip_seconds=0.5)

        ended = project.run("--set", "insights.request-seconds=1")

        assert ended.exit_code == 3
        assert "no whole answer within 1 s" in json.loads(ended.stdout)["summary"]

    def test_the_budget_ends_a_server_that_is_slow_every_time(self, project: Project) -> None:
        project.github.fault = lambda asked, before: (
            Reply(status=500) if "attempts" in asked.path else None
        )

        ended = project.run("--set", "insights.limit-seconds=2")

        assert ended.exit_code == 0
        assert "2 s are over" in ended.text

    def test_nobody_there(self, project: Project) -> None:
        ended = project.run("--api", "http://127.0.0.1:9")

        assert ended.exit_code == 3
        assert "no connection" in json.loads(ended.stdout)["summary"]

    def test_when_the_network_is_gone_what_is_known_is_used_and_said_to_be_old(
        self, project: Project
    ) -> None:
        project.data()
        project.github.fault = lambda asked, before: Reply(status=500)

        data = project.data()

        assert figures(data) == RIGHT
        assert any("What was read before is used" in remark for remark in data["remarks"])

    @pytest.mark.parametrize(
        "document",
        [
            {},
            {"workflow_runs": None},
            {"workflow_runs": {}},
            {"workflow_runs": "many"},
            {"jobs": []},
        ],
        ids=str,
    )
    def test_what_is_no_list_of_runs_is_no_data_but_an_error(
        self, project: Project, document: Any
    ) -> None:
        project.github.fault = lambda asked, before: json_reply(document)

        ended = project.run()

        assert ended.exit_code == 1
        assert "has no list `workflow_runs`" in json.loads(ended.stdout)["summary"]

    def test_an_answer_of_any_size_is_not_read_to_its_end(self, project: Project) -> None:
        project.github.fault = lambda asked, before: Reply(body=b" " * (65 * 2**20))

        ended = project.run("--set", "insights.request-seconds=20")

        assert ended.exit_code == 1
        assert "too large" in json.loads(ended.stdout)["summary"]

    @pytest.mark.parametrize("part", ["workflows", "artifacts"])
    def test_a_small_body_that_unpacks_to_any_size_is_not_unpacked(
        self, project: Project, part: str
    ) -> None:
        packed = gzip.compress(bytes(200 * 2**20), compresslevel=1)
        project.github.fault = lambda asked, before: (
            Reply(body=packed, headers={"Content-Encoding": "gzip"}) if part in asked.path else None
        )

        ended = project.run("--set", "insights.request-seconds=20")

        assert ended.exit_code == (1 if part == "workflows" else 0)
        assert "too large" in ended.stdout

    def test_a_304_that_nobody_asked_for_is_an_error(self, project: Project) -> None:
        project.github.fault = lambda asked, before: Reply(status=304, body=b"")
        assert project.run().exit_code == 3

    def test_a_workflow_that_is_not_there_is_told_with_those_that_are(
        self, project: Project
    ) -> None:
        """It was renamed, or never had that name."""
        ended = project.run("--workflow", "old.yml")

        document = json.loads(ended.stdout)
        assert ended.exit_code == 3
        assert document["summary"] == "octo/spoon has no workflow old.yml."
        assert document["next_step"] == "--workflow: one of ci.yml, nightly.yml."

    def test_a_token_that_is_none_is_told(self, project: Project) -> None:
        project.github.fault = lambda asked, before: json_reply(
            {"message": f"Bad credentials: {asked.headers['Authorization']}"}, status=401
        )

        ended = project.run()

        assert ended.exit_code == 3
        assert "GITHUB_TOKEN" in json.loads(ended.stdout)["next_step"]


class TestCache:
    @pytest.mark.parametrize(
        "damage",
        [
            {"etag": "x\nAuthorization: y"},
            {"etag": "\u2026"},
            {"total": "many"},
            {"rows": [None, 7, {}]},
            {"next": "https://elsewhere.example/"},
        ],
        ids=str,
    )
    def test_what_is_wrong_in_it_is_read_anew(
        self, project: Project, damage: dict[str, Any]
    ) -> None:
        project.data()
        (folder,) = (project.folder / "cache").rglob("insights/*")
        for file in folder.iterdir():
            entry = json.loads(file.read_text())
            if entry["name"].startswith("page "):
                # The ETag is kept where it is not what is wrong: only then would it be a 304.
                entry["data"] |= {"etag": "another", **damage}
                file.write_text(json.dumps(entry))

        assert figures(project.data()) == RIGHT

    def test_an_entry_without_a_part_is_read_anew(self, project: Project) -> None:
        project.data()
        (folder,) = (project.folder / "cache").rglob("insights/*")
        for file in folder.iterdir():
            entry = json.loads(file.read_text())
            if entry["name"].startswith("page "):
                del entry["data"]["total"]
                file.write_text(json.dumps(entry))

        assert figures(project.data()) == RIGHT

    def test_two_at_once_share_it(self, project: Project) -> None:
        with ThreadPoolExecutor(2) as both:
            found = list(both.map(lambda _: project.data(), range(2)))

        assert [figures(each) for each in found] == [RIGHT, RIGHT]
        assert figures(project.data()) == RIGHT
        assert not list(project.folder.rglob(".*.json.*"))


class TestRedirects:
    def test_the_api_is_not_followed_to_another_host(self, project: Project) -> None:
        project.github.fault = lambda asked, before: Reply(
            status=302, headers={"Location": f"{project.store.url}{asked.path}"}
        )

        ended = project.run()

        assert ended.exit_code == 3
        assert "another host" in json.loads(ended.stdout)["summary"]
        assert project.store.asked == []

    def test_a_renamed_repository_is_followed(self, project: Project) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if asked.path.startswith("/repos/octo/fork"):
                place = asked.path.replace("octo/fork", "octo/spoon")
                return Reply(status=301, headers={"Location": place})
            return None

        project.github.fault = fault

        assert figures(project.data("--repository", "octo/fork")) == RIGHT

    def test_a_circle_among_stores_ends_as_well(self, project: Project) -> None:
        project.store.fault = lambda asked, before: Reply(
            status=302, headers={"Location": asked.path}
        )

        data = project.data()

        assert data["key_metrics"][1]["verdict"] == "no data"
        assert any("artifacts could not all be read" in remark for remark in data["remarks"])
        assert all("Authorization" not in each.headers for each in project.store.asked)

    def test_a_circle_ends(self, project: Project) -> None:
        project.github.fault = lambda asked, before: Reply(
            status=302, headers={"Location": asked.path}
        )
        assert project.run().exit_code == 3


class TestPages:
    def test_runs_that_come_while_pages_are_read_count_once(self, project: Project) -> None:
        project.github.per_page = 2
        project.github.runs = [run(number) for number in range(9, 0, -1)]

        def fault(asked: Asked, before: int) -> Reply | None:
            if "page=2" in asked.path and not before:
                project.github.runs[:0] = [run(11), run(10)]
            return None

        project.github.fault = fault

        data = project.data()

        assert data["runs"]["completed"] == 9
        assert data["cost"]["n"] == 9  # every one once, although none has a job

    @pytest.mark.parametrize("part", ["workflows", "jobs"])
    def test_a_circle_of_pages_ends(self, project: Project, part: str) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if part not in asked.path:
                return None
            reply = project.github.plain(asked)
            reply.headers["Link"] = f'<{project.github.url}{asked.path}>; rel="next"'
            return reply

        project.github.fault = fault

        assert figures(project.data()) == RIGHT
        assert len(set(project.github.paths())) == len(project.github.paths())

    def test_pages_without_end_and_without_news_end(self, project: Project) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if "workflows" not in asked.path:
                return None
            number = len(project.github.asked)
            place = asked.path.partition("?")[0]
            reply = json_reply({"total_count": 10**9, "workflow_runs": project.github.runs})
            reply.headers["Link"] = (
                f'<{project.github.url}{place}?per_page=100&number={number}>; rel="next"'
            )
            return reply

        project.github.fault = fault

        assert figures(project.data()) == RIGHT

    def test_the_next_page_is_not_read_from_another_host(self, project: Project) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if "workflows" not in asked.path:
                return None
            reply = project.github.plain(asked)
            reply.headers["Link"] = f'<{project.store.url}{asked.path}>; rel="next"'
            return reply

        project.github.fault = fault

        data = project.data()

        assert figures(data) == RIGHT
        assert any("another host" in remark for remark in data["remarks"])
        assert not any("workflows" in each.path for each in project.store.asked)

    def test_jobs_come_in_pages_as_well(self, project: Project) -> None:
        project.github.per_page = 1
        assert figures(project.data()) == RIGHT

    def test_a_list_of_jobs_that_lacks_some_is_not_taken_for_all(self, project: Project) -> None:
        def fault(asked: Asked, before: int) -> Reply | None:
            if "/runs/1002/attempts" not in asked.path:
                return None
            rows = [row for row in project.github.jobs if row["run_id"] == 1002]
            return json_reply({"total_count": 2, "jobs": rows[:1]})

        project.github.fault = fault

        data = project.data()

        assert data["duration"]["seconds"] == {"n": 1, "median": 300.0, "p90": None}
        assert data["cost"]["left_out"] == 1

    @pytest.mark.parametrize("most", [40, 1000])
    def test_more_than_a_filter_lists_is_read_in_windows(self, tmp_path: Path, most: int) -> None:
        count = most * 5 // 2
        github = GitHub(most_filtered=most, per_page=min(100, most))
        # Two of each second, so that a window begins within one.
        github.runs = [
            run(
                number,
                created_at=f"2026-01-{1 + number // 2880:02}T{number // 120 % 24:02}:"
                f"{number // 2 % 60:02}:00Z",
            )
            for number in range(count, 0, -1)
        ]
        with serving(github):
            if most < 1000:
                reported = github.plain

                def fault(asked: Asked, before: int) -> Reply | None:
                    reply = reported(asked)
                    document = json.loads(reply.body or b"{}")
                    return json_reply(
                        {**document, "total_count": count},
                        Link=reply.headers.get("Link", ""),
                    )

                github.fault = fault
            collector = Collector(
                client=Client(
                    api=github.url,
                    token="",
                    transport=HttpTransport(lambda: None),
                    version="1",
                    clock=time.monotonic,
                    now=lambda: datetime.now(UTC),
                    sleep=time.sleep,
                    say=pytest.fail,
                    request_seconds=30,
                    budget_seconds=60,
                ),
                cache=Cache(folder=None, say=pytest.fail),
                question=Question(
                    repository="octo/spoon", workflow="ci.yml", branch="main", last=count
                ),
            )
            collector._list_runs()

        assert len(collector.documents.runs) == count


class TestHostileData:
    def test_missing_null_and_wrong_fields_change_no_figure_of_the_others(
        self, project: Project
    ) -> None:
        broken: list[Any] = [
            {},
            None,
            7,
            "run",
            [],
            {"id": None},
            {"id": "1"},
            {"id": True},
            {"id": -1},
            {"id": 5.5},
            {**run(50, "cancelled"), "created_at": None, "run_attempt": None},
            {**run(51), "status": None},
            {**run(52), "conclusion": 7, "created_at": "yesterday", "run_attempt": "x"},
        ]
        project.github.runs += broken

        def fault(asked: Asked, before: int) -> Reply | None:
            if "workflows" in asked.path:
                rows = project.github.runs
                return json_reply({"total_count": len(rows), "workflow_runs": rows})
            if any(f"/runs/{1000 + each}/" in asked.path for each in (50, 52)):
                rows = [{}, None, 7, {"name": None, "steps": 3}, {"steps": [None, 7, {"name": []}]}]
                return json_reply({"jobs": rows})
            return None

        project.github.fault = fault

        data = project.data()

        for key in ("success", "of", "duration", "queue", "after_reruns"):
            assert figures(data)[key] == RIGHT[key]

    def test_runs_of_forks_from_a_branch_of_the_same_name_are_left_out(
        self, project: Project
    ) -> None:
        project.github.runs.insert(
            0, run(7, "failure", event="pull_request", head_repository={"id": 99})
        )

        data = project.data()

        assert figures(data) == RIGHT
        assert any("forks" in remark for remark in data["remarks"])

    def test_they_count_where_all_branches_do(self, project: Project) -> None:
        project.github.runs.insert(0, run(7, "failure", head_repository={"id": 99}))

        data = project.data("--branch", "*", "--record", "kept")

        assert data["runs"]["success"]["n"] == RIGHT["of"] + 1
        assert not any("forks" in remark for remark in data["remarks"])
        assert figures(project.data("--recording", "kept")) == figures(data)

    def test_a_server_that_sends_the_token_back_puts_it_nowhere(self, project: Project) -> None:
        for row in project.github.jobs:
            row["name"] = f"{row['name']} {TOKEN}"
            row["labels"] = [f"x-{TOKEN}"]
        project.github.artifacts[1001][0]["name"] = f"sccache-{TOKEN}"

        project.data("--record", "kept")  # `run` looks at the output and at every file

    def test_nor_if_it_is_escaped(self, project: Project) -> None:
        escaped = "".join(f"\\u{ord(each):04x}" for each in TOKEN)
        names = {row["name"] for row in project.github.jobs}

        def fault(asked: Asked, before: int) -> Reply | None:
            if "attempts" not in asked.path:
                return None
            reply = project.github.plain(asked)
            for name in names:
                reply.body = reply.body.replace(json.dumps(name).encode(), f'"{escaped}"'.encode())
            return reply

        project.github.fault = fault

        assert '"***"' in project.run("--record", "kept").stdout

    def test_names_do_nothing_to_a_terminal_or_to_the_log_of_a_job(self, project: Project) -> None:
        for row in project.github.jobs:
            row["name"] = "\x1b[2J::error::x\n::add-mask::y ##[error]z"
        argv, folder, environment = project.start(GITHUB_ACTIONS="true", NO_COLOR="1")
        argv.remove("--json")

        ended = faces.run(argv, folder, environment)

        assert ended.exit_code == 0
        assert "\x1b" not in ended.stdout
        stopped = False
        for line in ended.stdout.splitlines():
            if line.startswith("::stop-commands::"):
                stopped, token = True, line.removeprefix("::stop-commands::")
            elif stopped and line == f"::{token}::":
                stopped = False
            elif "::error::x" in line:
                assert stopped, line

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "no whole archive"),
            (b"PK\x03\x04 and no more", "no whole archive"),
            (archive(sccache_statistics__json="{}"), "not sccache's"),
            (archive(sccache_statistics__json=" " * (257 * 2**20)), "far larger"),
            (archive(nothing__txt="x"), ""),
            (archive(sccache_statistics__json='{"stats": {"compile_requests": 1e999}}'), "sccache"),
            (COUNTS_BELOW_NOUGHT, "not sccache's"),
            (_damaged(zipfile.ZIP_LZMA), "no whole archive"),
            (_damaged(zipfile.ZIP_DEFLATED), "no whole archive"),
        ],
        ids=[
            *("empty", "broken", "other JSON", "a bomb", "nothing of use", "no number", "below 0"),
            *("damaged LZMA", "a name of other bytes"),
        ],
    )
    def test_an_archive_may_be_anything(
        self, project: Project, content: bytes, reason: str
    ) -> None:
        project.github.archives[3] = content

        data = project.data()

        rate = data["key_metrics"][1]
        assert (rate["value"], rate["n"]) == (pytest.approx(0.7), 2)  # of 0.9 and 0.5
        assert not reason or any(reason in remark for remark in data["remarks"])

    def test_what_has_expired_is_not_downloaded(self, project: Project) -> None:
        for rows in project.github.artifacts.values():
            for row in rows:
                row["expired"] = True

        data = project.data()

        assert data["key_metrics"][1]["verdict"] == "no data"
        assert project.store.asked == []
        assert any("expired" in remark for remark in data["remarks"])


class TestInterruption:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(body=b"{" + b" " * 9999, drip_seconds=1),
            json_reply({}, status=429, **{"Retry-After": "50"}),
        ],
        ids=["slow body", "limit"],
    )
    def test_a_signal_ends_it_at_once(
        self, project: Project, number: signal.Signals, reply: Reply
    ) -> None:
        project.github.fault = lambda asked, before: reply
        argv, folder, environment = project.start(
            *("--set", "insights.request-seconds=100", "--set", "insights.limit-seconds=100")
        )
        program = [sys.executable, "-m", "tasker_ci", *argv[1:]]
        with subprocess.Popen(
            program, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            _wait_until(lambda: bool(project.github.asked))
            time.sleep(0.5)  # it is within the wait now, not between two of its lines
            process.send_signal(number)
            process.communicate(timeout=20)

        assert process.returncode == 128 + number


def _wait_until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)
