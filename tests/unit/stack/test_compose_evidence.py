"""What is kept of a stack shows no secret, and is still good to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tasker_ci.errors import UnsafePlace
from tasker_ci.keys import new_private_key
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.stack.compose_evidence import without_time, write_evidence
from tasker_ci.stack.docker import docker_client
from tasker_ci.text.masking import HIDDEN, Secrets

if TYPE_CHECKING:
    from pathlib import Path


def test_a_secret_is_hidden_wherever_it_stands() -> None:
    secrets = Secrets({"API_KEY": "0123456789abcdef"})
    assert secrets.hidden("key=0123456789abcdef.") == f"key={HIDDEN}."
    document = {"environment": {"OTHER": "x-0123456789abcdef"}, "command": ["0123456789abcdef"]}
    assert "0123456789abcdef" not in json.dumps(secrets.hidden_in(document))


def test_a_key_of_many_lines_is_hidden_as_a_whole_in_json_and_line_by_line() -> None:
    key = new_private_key()
    secrets = Secrets({"JWT_PRIVATE_KEY": key})
    body = key.splitlines()[3]
    for text in (key, json.dumps(key), f"log: {body}"):
        assert body not in secrets.hidden(text)


@pytest.mark.parametrize(
    "name", ["POSTGRES_PASSWORD", "API_KEY", "PGPASSWORD", "client_secret", "GITHUB_TOKEN"]
)
def test_a_name_that_says_password_hides_its_value_however_short(name: str) -> None:
    assert Secrets({}).hidden_in({name: "x"}) == {name: HIDDEN}


def test_a_password_in_a_url_is_hidden_and_the_rest_can_be_read() -> None:
    text = Secrets({}).hidden("cannot reach postgres://tasker:tasker@postgres:5432/tasker_test")
    assert text == f"cannot reach postgres://tasker:{HIDDEN}@postgres:5432/tasker_test"


def test_a_short_secret_spoils_no_other_word() -> None:
    secrets = Secrets({"PIN": "task"})
    assert secrets.hidden("tasker") == "tasker"
    assert secrets.hidden_in({"PIN": "task", "name": "tasker"}) == {"PIN": HIDDEN, "name": "tasker"}


def test_numbers_and_nothing_stay_what_they_are() -> None:
    document = {"retries": 3, "password": None, "on": True, "list": [1, None]}
    assert Secrets({"x": "12345678"}).hidden_in(document) == document


def test_the_time_in_front_of_a_line_comes_off() -> None:
    assert without_time("2026-11-24T08:56:41.640712648Z ready") == "ready"
    assert without_time("2026-11-24T08:56:41.640712648Z") == ""
    assert without_time("ready") == "ready"


@pytest.mark.parametrize("link", ["tasker-ci", "tasker-ci/logs", "tasker-ci/logs/run"])
def test_nothing_is_written_through_a_link(tmp_path: Path, link: str) -> None:
    target, outside = tmp_path / "target", tmp_path / "outside"
    (outside / "logs/run").mkdir(parents=True)
    (target / link).parent.mkdir(parents=True)
    (target / link).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(UnsafePlace, match="is a link"):
        write(target / "tasker-ci/logs/run", within=target)
    assert sorted(outside.rglob("*")) == before


def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private\n", encoding="utf-8")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/config.json").symlink_to(tmp_path / "letter.txt")
    with pytest.raises(UnsafePlace, match="is a link"):
        write(tmp_path / "logs", within=tmp_path)
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "private\n"


def write(folder: Path, *, within: Path) -> None:
    """The evidence of a project of which Docker has nothing."""
    docker = docker_client(ProcessRunner(Cancellation()), {})
    write_evidence(folder, docker, Secrets({}), lambda: (), {}, within=within)
