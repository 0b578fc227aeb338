"""Why Docker cannot be used, from what the real clients print; a script prints it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tool_parts

from tasker_ci.errors import (
    ComposeMissing,
    DaemonForbidden,
    DaemonUnreachable,
    DockerMissing,
    DockerUnavailable,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.stack.compose import why_unavailable
from tasker_ci.stack.compose_leftovers import remove_project
from tasker_ci.stack.docker import (
    DockerVersions,
    check_docker,
    client_tokens,
    docker_client,
    docker_environment,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNKNOWN_FLAG = "unknown flag: --short\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]"
UNKNOWN_COMMAND = "docker: unknown command: docker compose\n\nRun 'docker --help' for more"
NO_COMMAND = "docker: 'compose' is not a docker command.\nSee 'docker --help'"

NOT_RUNNING = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?"
)
NOT_RUNNING_COMPOSE = (
    "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is "
    "correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file"
)
FORBIDDEN = (
    "permission denied while trying to connect to the Docker daemon socket at "
    'unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/version": dial '
    "unix /var/run/docker.sock: connect: permission denied"
)
FORBIDDEN_28 = (
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock"
)
NO_CONTEXT = 'Failed to initialize: unable to resolve docker endpoint: context "x": not found'


def said(text: str, code: int = 1) -> str:
    return f"cat >&2 <<'EOF'\n{text}\nEOF\nexit {code}"


class Machine:
    """A PATH with a client that answers as recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin"}

    def client(self, *, compose: str = "echo 2.39.1", version: str = "echo 28.2.2") -> None:
        text = f'case "$1" in compose) {compose}\n;; version) {version}\n;; esac'
        tool_parts.write_program(self.folder / "bin" / "docker", text)

    def check(self) -> DockerVersions:
        return check_docker(ProcessRunner(Cancellation()), self.environment, self.folder)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    made = Machine(tmp_path)
    made.environment["PATH"] = f"{tmp_path / 'bin'}:{tmp_path / 'tools'}"
    tool_parts.write_program(tmp_path / "tools" / "cat", 'exec /bin/cat "$@"')
    return made


def test_what_answers_is_told_with_its_version(machine: Machine) -> None:
    machine.client(compose="echo v2.39.1")
    assert machine.check() == DockerVersions(compose="2.39.1", engine="28.2.2")


def test_a_build_of_ones_own_has_no_number_and_will_do(machine: Machine) -> None:
    machine.client(compose="echo dev")
    assert machine.check().compose == "dev"


def test_no_client(machine: Machine) -> None:
    with pytest.raises(DockerMissing, match="no Docker client") as raised:
        machine.check()
    assert "--stack native" in raised.value.next_step
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("text", [UNKNOWN_FLAG, UNKNOWN_COMMAND, NO_COMMAND])
def test_a_client_without_the_plugin_says_so_in_three_ways(machine: Machine, text: str) -> None:
    machine.client(compose=said(text, 125))
    with pytest.raises(ComposeMissing, match="no Compose plugin") as raised:
        machine.check()
    assert text.splitlines()[0] in raised.value.message


def test_version_1_is_named_where_it_is_all_there_is(machine: Machine) -> None:
    machine.client(compose=said(UNKNOWN_COMMAND))
    tool_parts.write_program(machine.folder / "bin" / "docker-compose", "echo 1.29.2")
    with pytest.raises(ComposeMissing, match="Only docker-compose version 1 is here"):
        machine.check()


@pytest.mark.parametrize("version", ["1.29.2", "2.17.3", "v2.24.3", "2.20.2+ds1-0ubuntu1"])
def test_a_version_that_cannot_override_is_too_old(machine: Machine, version: str) -> None:
    machine.client(compose=f"echo {version}")
    with pytest.raises(ComposeMissing, match=r"too old: 2\.24\.4 or newer"):
        machine.check()


@pytest.mark.parametrize("text", [NOT_RUNNING, NOT_RUNNING_COMPOSE])
def test_no_daemon_is_named_with_its_socket(machine: Machine, text: str) -> None:
    machine.client(version=said(text))
    with pytest.raises(DaemonUnreachable) as raised:
        machine.check()
    assert raised.value.message == (
        "The Docker daemon at unix:///var/run/docker.sock does not answer."
    )
    assert "Start it" in raised.value.next_step


def test_where_the_address_comes_from_is_said(machine: Machine) -> None:
    machine.environment["DOCKER_HOST"] = "tcp://127.0.0.1:1"
    machine.client(
        version=said(NOT_RUNNING.replace("unix:///var/run/docker.sock", "tcp://127.0.0.1:1"))
    )
    with pytest.raises(DaemonUnreachable, match=r"tcp://127\.0\.0\.1:1 \(from DOCKER_HOST\)"):
        machine.check()


@pytest.mark.parametrize("text", [FORBIDDEN, FORBIDDEN_28])
def test_no_permission_is_told_apart_from_no_daemon(machine: Machine, text: str) -> None:
    machine.client(version=said(text))
    with pytest.raises(DaemonForbidden, match=r"unix:///var/run/docker\.sock") as raised:
        machine.check()
    assert "usermod -aG docker" in raised.value.next_step


def test_a_context_that_is_not_there_is_passed_on(machine: Machine) -> None:
    machine.client(version=said(NO_CONTEXT))
    with pytest.raises(DaemonUnreachable, match='context "x"'):
        machine.check()


def test_the_reason_reads_as_part_of_a_sentence(machine: Machine) -> None:
    runner = ProcessRunner(Cancellation())
    assert why_unavailable(runner, machine.environment, machine.folder) == (
        "there is no Docker client here (`docker` is not on PATH)"
    )
    machine.client()
    assert why_unavailable(runner, machine.environment, machine.folder) is None


def test_every_reason_is_one_kind_of_error() -> None:
    for kind in (DockerMissing, ComposeMissing, DaemonUnreachable, DaemonForbidden):
        assert issubclass(kind, DockerUnavailable)


def test_the_client_gets_no_value_of_the_stack() -> None:
    environment = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "DOCKER_HOST": "unix:///x",
        "https_proxy": "http://proxy",
        "API_KEY": "secret",
        "DATABASE_URL": "postgres://",
        "COMPOSE_FILE": "other.yml",
    }
    assert set(docker_environment(environment)) == {"PATH", "HOME", "DOCKER_HOST", "https_proxy"}


def test_the_client_keeps_what_opens_a_registry_and_a_daemon_over_ssh() -> None:
    process = {"DOCKER_AUTH_CONFIG": "{}", "SSH_AUTH_SOCK": "/run/agent", "GITHUB_TOKEN": "t"}
    tokens = client_tokens(process)
    assert docker_environment({"PATH": "/bin", **tokens}) == {
        "PATH": "/bin",
        "DOCKER_AUTH_CONFIG": "{}",
        "SSH_AUTH_SOCK": "/run/agent",
    }


def test_a_daemon_that_hangs_is_asked_once_in_a_session(machine: Machine) -> None:
    """Each question would wait as long as the first."""
    asked = machine.folder / "asked"
    hang = f'echo "$@" >> {asked}\nexec /bin/sleep 600'
    tool_parts.write_program(machine.folder / "bin" / "docker", hang)
    runner = ProcessRunner(Cancellation())
    first = docker_client(runner, machine.environment)
    with pytest.raises(DaemonUnreachable, match="does not answer within"):
        first.text("version", timeout=0.5)
    again = docker_client(runner, machine.environment)
    questions: list[Callable[[], object]] = [
        lambda: again.text("container", "ls"),
        lambda: again.run("inspect", "x", shielded=True),
        lambda: again.check_daemon(shielded=True),
        lambda: check_docker(runner, machine.environment, machine.folder),
        lambda: remove_project(again, "tasker-ci-0123456789ab", machine.folder, stop_seconds=1),
    ]
    for ask in questions:
        with pytest.raises(DaemonUnreachable, match="does not answer within") as raised:
            ask()
        assert "restart docker" in raised.value.next_step or "open -a" in raised.value.next_step
    assert "does not answer within" in why_unavailable(runner, machine.environment, machine.folder)
    assert asked.read_text(encoding="utf-8") == "version\n"


def test_another_daemon_is_asked_all_the_same(machine: Machine) -> None:
    hang = 'case "$DOCKER_HOST" in *hangs) exec /bin/sleep 600;; esac; echo fine'
    tool_parts.write_program(machine.folder / "bin" / "docker", hang)
    runner = ProcessRunner(Cancellation())
    hanging = {**machine.environment, "DOCKER_HOST": "unix:///hangs"}
    with pytest.raises(DaemonUnreachable, match=r"at unix:///hangs \(from DOCKER_HOST\)"):
        docker_client(runner, hanging).text("version", timeout=0.5)
    assert docker_client(runner, machine.environment).text("version") == "fine\n"
    assert docker_client(ProcessRunner(Cancellation()), machine.environment).text("x") == "fine\n"
