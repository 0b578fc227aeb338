"""How `insights` deals with GitHub's limits, and where its token goes; no network is used."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasker_ci.errors import UsageError
from tasker_ci.sessions.insights.client import Client
from tasker_ci.sessions.insights.errors import (
    GitHubFailed,
    GitHubLimit,
    GitHubRefused,
    GitHubUnreachable,
)
from tasker_ci.sessions.insights.limits import limit_seconds
from tasker_ci.sessions.insights.repository import (
    Remote,
    access,
    checked_repository,
    checked_workflow,
    parse_remote,
)
from tasker_ci.sessions.insights.transport import HttpAnswer, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
API = "https://api.example"
TOKEN = "a-token-of-a-test"


def answer(status: int = 200, body: Any = None, **headers: Any) -> HttpAnswer:
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return HttpAnswer(status=status, headers=named, body=content)


@dataclass(kw_only=True, repr=False)
class Script:
    """A transport that answers what it was told, one after the other, and keeps what it was asked.

    Nothing but a script can answer with each header of GitHub's at will.
    """

    answers: list[HttpAnswer | Exception]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def send(
        self, url: str, headers: Mapping[str, str], *, seconds: float, most_bytes: int
    ) -> HttpAnswer:
        self.asked.append((url, dict(headers)))
        result = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(result, Exception):
            raise result
        return result


@dataclass(kw_only=True)
class Time:
    """A clock that only sleeping moves."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return sum(self.slept)


def client(
    *answers: HttpAnswer | Exception, token: str = TOKEN, budget: float = 1000, api: str = API
) -> tuple[Client, Script, Time, list[str]]:
    script, time, said = Script(answers=list(answers)), Time(), list[str]()
    made = Client(
        api=api,
        token=token,
        transport=script,
        version="1",
        clock=time.clock,
        now=lambda: NOW,
        sleep=time.sleep,
        say=said.append,
        request_seconds=30,
        budget_seconds=budget,
    )
    return made, script, time, said


class TestLimits:
    @pytest.mark.parametrize(
        ("given", "seconds"),
        [
            pytest.param(answer(429, retry_after=7), 7, id="429 with Retry-After"),
            pytest.param(answer(403, retry_after=7), 7, id="403 with Retry-After"),
            pytest.param(answer(429, retry_after=0), 1, id="at least a second"),
            pytest.param(
                answer(403, x_ratelimit_remaining=0, x_ratelimit_reset=int(NOW.timestamp()) + 30),
                31,
                id="until the reset",
            ),
            pytest.param(
                answer(
                    403,
                    retry_after=5,
                    x_ratelimit_remaining=0,
                    x_ratelimit_reset=int(NOW.timestamp()) + 30,
                ),
                5,
                id="Retry-After before the reset",
            ),
            pytest.param(
                answer(
                    403,
                    x_ratelimit_remaining=0,
                    x_ratelimit_reset=int(NOW.timestamp()) + 3630,
                    date="Mon, 02 Mar 2026 13:00:00 GMT",
                ),
                31,
                id="by the server's clock, where ours is an hour late",
            ),
            pytest.param(
                answer(403, x_ratelimit_remaining=0, x_ratelimit_reset=1), 1, id="reset is past"
            ),
            pytest.param(answer(403, x_ratelimit_remaining=0), 60, id="no reset"),
            pytest.param(
                answer(403, x_ratelimit_remaining=0, x_ratelimit_reset="soon"), 60, id="no number"
            ),
            pytest.param(
                answer(403, x_ratelimit_remaining=0, x_ratelimit_reset="9" * 400),
                float("inf"),
                id="a number that is no time",
            ),
            pytest.param(answer(429), 60, id="429 that says nothing"),
            pytest.param(
                answer(403, {"message": "You have exceeded a secondary rate limit"}),
                60,
                id="secondary limit",
            ),
            pytest.param(answer(429, retry_after="whenever"), 60, id="Retry-After of no sense"),
            pytest.param(answer(403, {"message": "Resource not accessible"}), None, id="forbidden"),
            pytest.param(answer(403, x_ratelimit_remaining=9), None, id="forbidden, some left"),
            pytest.param(answer(500), None, id="broken"),
            pytest.param(answer(200, retry_after=7), None, id="an answer"),
        ],
    )
    def test_when_a_limit_is_one_and_how_long_it_lasts(
        self, given: HttpAnswer, seconds: float | None
    ) -> None:
        assert limit_seconds(given, NOW, before=0) == seconds

    def test_a_date_is_understood_as_well(self) -> None:
        when = format_datetime(datetime(2026, 3, 2, 12, 0, 40, tzinfo=UTC), usegmt=True)
        assert limit_seconds(answer(429, retry_after=when), NOW, before=0) == 40

    def test_without_a_time_the_wait_doubles(self) -> None:
        assert [limit_seconds(answer(429), NOW, before=n) for n in range(3)] == [60, 120, 240]

    @given(st.text(), st.text(), st.text(), st.sampled_from([403, 429]))
    def test_no_header_is_an_error(self, first: str, reset: str, date: str, status: int) -> None:
        given = answer(
            status,
            retry_after=first,
            x_ratelimit_remaining=0,
            x_ratelimit_reset=reset,
            date=date,
        )
        found = limit_seconds(given, NOW, before=0)
        assert found is not None
        assert found >= 1


class TestClient:
    def test_it_waits_for_a_limit_says_so_and_asks_again(self) -> None:
        asked, script, time, said = client(answer(429, retry_after=7), answer(body={"a": 1}))

        assert asked.page(f"{API}/x").document == {"a": 1}
        assert (time.slept, len(script.asked)) == ([7], 2)
        assert said == ["GitHub's rate limit: waiting 7 s."]

    def test_a_limit_longer_than_the_budget_is_not_waited_for(self) -> None:
        asked, _, time, _ = client(answer(429, retry_after=2000), token="")

        with pytest.raises(GitHubLimit) as failed:
            asked.page(f"{API}/x")
        assert time.slept == []
        assert "33 min 20 s" in failed.value.message
        assert "16 min 40 s" in failed.value.message
        assert "GITHUB_TOKEN" in failed.value.next_step

    def test_limits_without_end_are_given_up(self) -> None:
        asked, script, _, _ = client(answer(429, retry_after=1))

        with pytest.raises(GitHubLimit):
            asked.page(f"{API}/x")
        assert len(script.asked) == 4

    @pytest.mark.parametrize(
        "bad",
        [
            answer(500),
            answer(502),
            answer(503, retry_after=3),
            answer(304),
            answer(body=b'{"workflow_runs": [{"id"'),
            answer(body=b"<html>maintenance</html>"),
            answer(body=b""),
            answer(body=b"[1, 2]"),
            answer(body=b"[" * 100_000),
            answer(body=b'{"a": "\xff'),
            Unreachable("no connection"),
        ],
    )
    def test_a_passing_fault_is_asked_again_and_a_lasting_one_is_an_error(
        self, bad: HttpAnswer | Exception
    ) -> None:
        asked, _, _, _ = client(bad, bad, answer(body={"a": 1}))
        assert asked.page(f"{API}/x").document == {"a": 1}

        asked, script, time, _ = client(bad)
        with pytest.raises(GitHubUnreachable) as failed:
            asked.page(f"{API}/x?secret=1")
        assert len(script.asked) == 3
        assert len(time.slept) == 2
        assert "secret" not in failed.value.message

    def test_a_server_that_asks_for_patience_gets_it_and_it_is_told(self) -> None:
        asked, _, time, said = client(answer(503, retry_after=100), answer(body={"a": 1}))

        assert asked.page(f"{API}/x").document == {"a": 1}
        assert time.slept == [100]
        assert said == ["GitHub answers HTTP 503: asking again in 1 min 40 s."]

    def test_but_not_for_longer_than_there_is_time(self) -> None:
        asked, script, time, _ = client(answer(503, retry_after=2000))

        with pytest.raises(GitHubUnreachable, match="HTTP 503, once"):
            asked.page(f"{API}/x")
        assert (time.slept, len(script.asked)) == ([], 1)

    def test_an_address_is_shown_with_its_port_and_without_a_password(self) -> None:
        asked, _, _, _ = client(answer(404), api="https://x.example:8443")

        with pytest.raises(GitHubRefused, match=r"https://x\.example:8443/a: HTTP 404"):
            asked.page("https://x.example:8443/a?secret=1")
        with pytest.raises(GitHubRefused) as failed:
            asked.page("https://user:secret@x.example:8443/a")
        assert "secret" not in failed.value.message

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 451])
    def test_a_no_is_final(self, status: int) -> None:
        asked, script, _, _ = client(answer(status, {"message": "No\x1b[31m way"}))

        with pytest.raises(GitHubRefused) as failed:
            asked.page(f"{API}/x")
        assert (failed.value.status, len(script.asked)) == (status, 1)
        assert "No\N{REPLACEMENT CHARACTER}[31m way" in failed.value.message

    def test_what_holds_still_costs_nothing(self) -> None:
        asked, script, _, _ = client(answer(304))

        page = asked.page(f"{API}/x", etag='W/"1"')

        assert page.document is None
        assert script.asked[0][1]["If-None-Match"] == 'W/"1"'

    def test_when_the_budget_is_spent_nothing_more_is_asked(self) -> None:
        asked, script, time, _ = client(answer(body={}), budget=10)
        time.sleep(10)

        with pytest.raises(GitHubLimit):
            asked.page(f"{API}/x")
        assert script.asked == []

    @pytest.mark.parametrize(
        ("link", "following"),
        [
            (f'<{API}/x?page=2>; rel="next", <{API}/x?page=9>; rel="last"', f"{API}/x?page=2"),
            (f'<{API}/x?page=1>; rel="prev", <{API}/x?page=3>; rel=next', f"{API}/x?page=3"),
            (f'<{API}/x?page=1>; rel="prev"', ""),
            ("nonsense", ""),
            ('<https://[bad>; rel="next"', ""),
            ('<https://api.example:port/x>; rel="next"', ""),
            ("", ""),
        ],
    )
    def test_the_next_page_is_that_of_the_link_header(self, link: str, following: str) -> None:
        asked, _, _, _ = client(answer(body={}, link=link))
        assert asked.page(f"{API}/x").next_url == (following or None)


class TestToken:
    def test_it_goes_to_the_api_and_into_no_error(self) -> None:
        asked, script, _, said = client(answer(404, {"message": f"you sent {TOKEN}"}))

        with pytest.raises(GitHubRefused) as failed:
            asked.page(f"{API}/x")
        assert script.asked[0][1]["Authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in f"{failed.value} {failed.value.next_step} {said} {asked!r}"

    def test_a_server_that_echoes_it_puts_it_nowhere(self) -> None:
        asked, _, _, _ = client(
            answer(body={"name": TOKEN}, etag=TOKEN, link=f'<{API}/{TOKEN}>; rel="next"')
        )
        assert TOKEN not in repr(asked.page(f"{API}/x"))

    def test_a_download_is_followed_to_another_host_without_it(self) -> None:
        store = "https://store.example/file?signature=1"
        asked, script, _, _ = client(answer(302, location=store), answer(body=b"PK"))

        assert asked.download(f"{API}/zip") == b"PK"
        assert [url for url, _ in script.asked] == [f"{API}/zip", store]
        assert "Authorization" in script.asked[0][1]
        assert TOKEN not in str(script.asked[1])

    @pytest.mark.parametrize(
        "target",
        [
            "https://api.example.evil.example/x",
            "https://api.example@evil.example/x",
            "https://api.example:444/x",
            "http://api.example/x",
            "//evil.example/x",
        ],
    )
    def test_another_host_port_or_scheme_is_not_the_api(self, target: str) -> None:
        asked, script, _, _ = client(answer(302, location=target), answer(body={}))

        with pytest.raises(GitHubRefused):
            asked.page(f"{API}/x")
        assert len(script.asked) == 1

    @pytest.mark.parametrize(
        "target",
        [
            "http://store.example/x",
            "file:///etc/passwd",
            "",
            "https://[bad",
            "https://x:y/",
            "ftp://x/y",
        ],
    )
    def test_a_download_goes_to_no_lesser_place(self, target: str) -> None:
        asked, script, _, _ = client(answer(302, location=target))

        with pytest.raises(GitHubFailed):
            asked.download(f"{API}/zip")
        assert all(url.startswith(API) for url, _ in script.asked)

    def test_a_repository_that_moved_is_followed_within_the_api(self) -> None:
        asked, script, _, _ = client(answer(301, location="/repositories/7"), answer(body={"a": 1}))

        assert asked.page(f"{API}/x").document == {"a": 1}
        assert "Authorization" in script.asked[1][1]

    def test_redirects_in_a_circle_end(self) -> None:
        asked, script, _, _ = client(answer(302, location=f"{API}/x"))

        with pytest.raises(GitHubRefused):
            asked.page(f"{API}/x")
        assert len(script.asked) == 6


class TestAccess:
    def test_the_token_comes_from_the_environment(self) -> None:
        assert access("", "github.com", {"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}).token == "a"
        assert access("", "github.com", {"GITHUB_TOKEN": " ", "GH_TOKEN": "b\n"}).token == "b"
        assert access("", "github.com", {}).token == ""

    @pytest.mark.parametrize("token", ["two words", "line\nbreak", "schlüssel", "\x00"])
    def test_what_is_no_token_is_refused_without_being_repeated(self, token: str) -> None:
        with pytest.raises(UsageError) as failed:
            access("", "", {"GITHUB_TOKEN": f"x{token}x"})
        assert token not in str(failed.value)

    def test_the_api_is_never_guessed_from_a_foreign_remote(self) -> None:
        with pytest.raises(UsageError, match=r"gitlab\.example") as failed:
            access("", "gitlab.example", {"GITHUB_TOKEN": "a"})
        assert "--api https://gitlab.example/api/v3" in failed.value.next_step

    def test_a_flag_wins_over_the_environment_of_a_job(self) -> None:
        environment = {"GITHUB_API_URL": "https://ghe.example/api/v3"}
        assert access("", "ghe.example", environment).api == "https://ghe.example/api/v3"
        assert access("https://x.example/", "", environment).api == "https://x.example"

    @pytest.mark.parametrize(
        "api",
        [
            "api.github.com",
            "ftp://x.example",
            "https://",
            "https://user:word@x.example",
            "https://x.example?token=1",
            "https://x.example:port",
        ],
    )
    def test_what_is_no_address_is_refused_and_a_password_not_repeated(self, api: str) -> None:
        with pytest.raises(UsageError) as failed:
            access(api, "", {})
        assert "word" not in failed.value.message.replace("password", "")

    def test_the_token_is_not_sent_in_the_clear_but_on_this_machine(self) -> None:
        environment = {"GITHUB_TOKEN": "a"}
        with pytest.raises(UsageError, match="without encryption"):
            access("http://x.example", "", environment)
        assert access("http://x.example", "", {}).token == ""
        assert access("http://127.0.0.1:8080", "", environment).token == "a"
        assert "a" not in repr(access("http://127.0.0.1", "", environment)).split("api=")[0]


class TestRemote:
    @pytest.mark.parametrize(
        "url",
        [
            "https://github.com/octo/spoon.git",
            "https://github.com/octo/spoon",
            "https://github.com/octo/spoon/",
            "https://user:a-secret@github.com/octo/spoon.git",
            "git@github.com:octo/spoon.git",
            "github.com:octo/spoon",
            "ssh://git@github.com:22/octo/spoon.git",
            "git://github.com/octo/spoon.git",
        ],
    )
    def test_every_spelling_of_git_is_read_and_no_secret_kept(self, url: str) -> None:
        assert parse_remote(url) == Remote(host="github.com", name="octo/spoon")

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "/srv/git/spoon.git",
            "../spoon",
            "file:///srv/octo/spoon",
            "https://github.com/octo",
            "https://github.com/octo/spoon/more",
            "https://github.com/octo/..",
            "https://[bad/octo/spoon",
            "git@github.com:/octo/spoon:x",
        ],
    )
    def test_what_is_no_repository_is_none(self, url: str) -> None:
        assert parse_remote(url) is None

    @pytest.mark.parametrize(
        "name", ["octo", "octo/../x", "octo/spoon/x", "octo/..", "-o/x", "a b/c"]
    )
    def test_a_name_that_is_none_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError):
            checked_repository(name)

    def test_a_workflow_is_a_file(self) -> None:
        assert checked_workflow(".github/workflows/ci.yml") == "ci.yml"
        for name in ("../ci.yml", "a/b.yml", "", "..", "ci.yml?x"):
            with pytest.raises(UsageError):
                checked_workflow(name)
