"""`cache` with a real sccache, its server and folder of the test's own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import faces
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, require_tool: Callable[[str], Path]) -> Iterator[dict[str, str]]:
    """An environment with a server of sccache that ends with the test."""
    require_tool("sccache")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = faces.clean_environment(
        SCCACHE_DIR=str(tmp_path / "sccache"), SCCACHE_SERVER_PORT=str(port)
    )
    yield environment
    subprocess.run(["sccache", "--stop-server"], env=environment, capture_output=True, check=False)


def build_twice(project: Path, environment: dict[str, str]) -> None:
    """One miss, one hit."""
    wrapped = {**environment, "RUSTC_WRAPPER": "sccache", "CARGO_INCREMENTAL": "0"}
    for _ in range(2):
        subprocess.run(["cargo", "clean", "--quiet"], cwd=project, env=wrapped, check=True)
        subprocess.run(["cargo", "build", "--quiet"], cwd=project, env=wrapped, check=True)


def ask(project: Path, environment: dict[str, str], *arguments: str) -> faces.Ended:
    return faces.run(["tasker-ci", "cache", *arguments], project, environment)


def test_before_any_compilation_there_is_no_data(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    ended = ask(cargo_workspace(), machine)

    assert ended.exit_code == 0, ended.text
    assert "no data" in ended.text
    assert "0 %" not in ended.text


def test_hits_are_counted_and_the_cache_is_emptied_for_real(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    build_twice(project, machine)

    statistics = json.loads(ask(project, machine, "--stats", "--json").stdout)["statistics"]
    assert (statistics["hits"], statistics["misses"], statistics["hit_rate"]) == (1, 1, 0.5)

    size = sum(file.stat().st_size for file in (tmp_path / "sccache").rglob("*") if file.is_file())
    assert size > 0
    ended = ask(project, machine, "--clear", "--json")
    assert json.loads(ended.stdout)["freed"] == size
    assert not (tmp_path / "sccache").exists()

    again = ask(project, machine, "--clear")
    assert again.exit_code == 0
    assert "nothing to remove" in again.text


def test_a_folder_with_something_else_in_it_is_left_alone_and_the_server_too(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    build_twice(project, machine)
    (tmp_path / "sccache" / "thesis.txt").write_text("mine")

    ended = ask(project, machine, "--clear")

    assert ended.exit_code == 1
    assert "thesis.txt does not look like a part of its cache" in ended.text
    statistics = json.loads(ask(project, machine, "--json").stdout)["statistics"]
    assert statistics["hits"] == 1  # they would be gone with the server


def test_a_remote_cache_is_not_emptied(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    machine["SCCACHE_REDIS_ENDPOINT"] = "redis://127.0.0.1:9"

    ended = ask(cargo_workspace(), machine, "--clear")

    assert ended.exit_code == 1
    assert "not a folder on this machine (redis" in ended.text


def test_a_dry_run_keeps_the_cache(
    tmp_path: Path, machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    build_twice(project, machine)

    ended = ask(project, machine, "--clear", "--dry-run")

    assert "+ sccache --stop-server" in ended.text
    assert any((tmp_path / "sccache").iterdir())


def test_without_sccache_the_command_that_gets_it_is_named(
    tmp_path: Path, cargo_workspace: Callable[..., Path]
) -> None:
    code = (
        "import sysconfig, sys; sysconfig.get_path = lambda name: '/nowhere';"
        "sys.argv = ['tasker-ci', 'cache'];"
        "from tasker_ci.faces.cli import main; main()"
    )  # this Python's own scripts may have it, and they always come first on PATH
    environment = faces.clean_environment(XDG_CACHE_HOME=str(tmp_path))

    ended = faces.run(
        [sys.executable, "-c", code], cargo_workspace(), {**environment, "PATH": "/nowhere"}
    )

    assert ended.exit_code == 3
    assert "`sccache` is not on PATH" in ended.text
    assert "tasker-ci tools --tool sccache" in ended.text


def test_statistics_and_emptying_exclude_one_another(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    ended = ask(cargo_workspace(), machine, "--stats", "--clear")

    assert ended.exit_code == 2
    assert "exclude one another" in ended.text


def test_the_statistics_are_kept_in_a_file_that_is_named_from_where_one_stands(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    build_twice(project, machine)
    (project / "kept").mkdir()

    ended = ask(project / "kept", machine, "--output", "../kept/statistics.json", "--json")

    assert ended.exit_code == 0, ended.text
    kept = json.loads((project / "kept" / "statistics.json").read_text(encoding="utf-8"))
    assert kept == json.loads(ended.stdout)["statistics"]
    assert (kept["hits"], kept["misses"]) == (1, 1)


def test_a_file_that_cannot_be_written_fails_with_its_name(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    ended = ask(project, machine, "--output", "absent/statistics.json")

    assert ended.exit_code == 3
    assert "absent/statistics.json: No such file or directory" in ended.text

    letter = project.with_name("letter.txt")
    letter.write_text("dear", encoding="utf-8")
    (project / "statistics.json").symlink_to(letter)
    ended = ask(project, machine, "--output", "statistics.json")

    assert ended.exit_code == 3
    assert "statistics.json is a link to" in ended.text
    assert letter.read_text(encoding="utf-8") == "dear"


def test_an_empty_cache_has_no_statistics_to_keep(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    ended = ask(cargo_workspace(), machine, "--clear", "--output", "statistics.json")

    assert ended.exit_code == 2
    assert "--output and --clear exclude one another" in ended.text


def test_a_cache_that_is_only_read_by_request_warns_of_nothing(
    machine: dict[str, str], cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace()
    only_read = {**machine, "SCCACHE_LOCAL_RW_MODE": "READ_ONLY"}
    build_twice(project, only_read)

    ended = ask(project, only_read, "--json")

    assert json.loads(ended.stdout)["statistics"]["write_errors"] > 0, "sccache counts refusals"
    assert "could not store" not in ended.text
    assert "could not store" in ask(project, machine).text
