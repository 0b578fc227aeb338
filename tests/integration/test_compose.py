"""The Compose stack with a real engine: services that do well, fail, hang or get in the way."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import compose_projects
import compose_runs
import faces
import pytest
from compose_runs import SLEEPER, ComposeRun, compose_run, remains, shell_service

from tasker_ci.errors import (
    ComposeFileError,
    DaemonUnreachable,
    ImageFailed,
    MissingToolError,
    ServiceFailed,
    SettingsError,
)
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.stack.base import Phase
from tasker_ci.stack.compose import leftover_stacks, remove_stack
from tasker_ci.stack.health import wait_until_healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasker_ci.stack.base import ServiceState
    from tasker_ci.stack.health import Progress

PATIENCE_SECONDS = 30.0
"""How long something may take that takes a second on an idle machine."""


class Silence:
    def look(self, progress: tuple[Progress, ...]) -> None:
        pass


@pytest.fixture
def start() -> Iterator[Callable[[ComposeRun], ComposeRun]]:
    """Build and start a stack; it is gone after the test, whatever happened."""
    runs: list[ComposeRun] = []

    def begin(run: ComposeRun) -> ComposeRun:
        runs.append(run)
        run.stack.build()
        run.stack.start_database()
        run.stack.start_services()
        return run

    yield begin
    for run in runs:
        run.stack.stop()
        assert remains(run.plan.run) == []


def healthy(run: ComposeRun) -> None:
    wait_until_healthy(
        run.stack, run.plan, seconds=PATIENCE_SECONDS, watcher=Silence(), sleep=time.sleep
    )


def state_once(run: ComposeRun, wanted: Callable[[ServiceState], bool]) -> ServiceState:
    """The state of the only service as soon as it is ``wanted``."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        (state,) = run.stack.states()
        if wanted(state):
            return state
        assert time.monotonic() < end, state
        time.sleep(0.1)


def one_service(folder: Path, image: str, script: str, **more: str) -> ComposeRun:
    """A stack of one service ``only`` without a port."""
    text = "services:\n  only:\n" + shell_service(image, script, more=more)
    return compose_run(folder, text, services={"only": 0})


def health_check(command: str, *, retries: int = 1) -> str:
    return (
        f'{{test: ["CMD-SHELL", "{command}"], interval: 200ms, timeout: 5s, retries: {retries}, '
        "start_period: 0s}"
    )


def leftovers(folder: Path) -> dict[str, Path]:
    runner = ProcessRunner(Cancellation())
    return leftover_stacks(runner, faces.clean_environment(), folder)


def test_a_service_answers_on_the_port_of_the_plan_and_on_no_other(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    script = (
        "cd /etc && while :; do printf 'HTTP/1.0 200 OK\\\\r\\\\n\\\\r\\\\nhello' | nc -l; done"
    )
    script = (
        "perl -MIO::Socket::INET -e '"
        "$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1); "
        "while ($c = $s->accept) { <$c>; print $c qq(HTTP/1.0 200 OK\\\\n\\\\nhi); close $c }'"
    )
    own = compose_runs.free_port()
    text = "services:\n  web:\n" + shell_service(
        base_image, script, more={"ports": f'["127.0.0.1:{own}:8000"]'}
    )
    run = start(compose_run(tmp_path, text, services={"web": 8000}))
    healthy(run)
    url = f"http://127.0.0.1:{run.plan.services[0].port}/"
    for _ in range(50):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.read() == b"hi"
            break
        except OSError:
            time.sleep(0.1)
    else:
        pytest.fail("nothing answers on the port of the plan")
    published = compose_runs.docker("port", f"{run.plan.run}-web-1")
    assert published == f"8000/tcp -> 127.0.0.1:{run.plan.services[0].port}"
    with socket.socket() as attempt:
        assert attempt.connect_ex(("127.0.0.1", own)) != 0


def test_a_one_shot_that_ends_well_is_as_good_as_healthy(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    run = start(one_service(tmp_path, base_image, "echo done"))
    healthy(run)
    state = state_once(run, lambda state: state.phase is Phase.EXITED)
    assert (state.exit_code, state.failed) == (0, False)


def test_a_service_that_ends_badly_ends_the_wait_at_once(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    run = start(one_service(tmp_path, base_image, "echo out of luck >&2; exit 3"))
    state_once(run, lambda state: state.failed)
    with pytest.raises(ServiceFailed, match="only ended with exit code 3") as raised:
        healthy(run)
    assert raised.value.service == "only"
    assert run.stack.tail("only", 5) == "out of luck"


def test_a_crash_loop_is_seen_for_what_it_is(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    run = start(one_service(tmp_path, base_image, "echo again; exit 1", restart="always"))
    with pytest.raises(ServiceFailed, match=r"only ended \(restarted \d+ times"):
        wait_until_failed(run)


def wait_until_failed(run: ComposeRun) -> None:
    """A service without a health check runs between two crashes: only the state tells."""
    state_once(run, lambda state: state.failed)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        healthy(run)


def test_a_health_check_that_fails_is_quoted(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    check = health_check("echo the queue is missing; exit 1", retries=2)
    run = start(one_service(tmp_path, base_image, SLEEPER, healthcheck=check))
    with pytest.raises(ServiceFailed, match="only is unhealthy: the queue is missing"):
        healthy(run)


def test_health_is_waited_for(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    script = f"(sleep 1; touch /tmp/up) & {SLEEPER}"
    run = start(
        one_service(
            tmp_path, base_image, script, healthcheck=health_check("test -e /tmp/up", retries=90)
        )
    )
    assert run.stack.states()[0].phase is Phase.STARTING
    healthy(run)
    assert run.stack.states()[0].phase is Phase.HEALTHY


def test_a_dependency_that_fails_is_named_although_no_setting_names_it(
    tmp_path: Path, base_image: str
) -> None:
    text = "services:\n  seed:\n" + shell_service(base_image, "echo no seed; exit 4")
    text += "  only:\n" + shell_service(
        base_image,
        SLEEPER,
        more={"depends_on": "{seed: {condition: service_completed_successfully}}"},
    )
    run = compose_run(tmp_path, text, services={"only": 0})
    try:
        with pytest.raises(ServiceFailed, match="exit 4") as raised:
            run.stack.start_services()
        assert raised.value.service == "seed"
        assert run.stack.tail("seed", 5) == "no seed"
    finally:
        run.stack.stop()
    assert remains(run.plan.run) == []


def test_a_port_that_somebody_has_is_the_reason_that_is_given(
    tmp_path: Path, base_image: str
) -> None:
    text = "services:\n  web:\n" + shell_service(base_image, SLEEPER)
    run = compose_run(tmp_path, text, services={"web": 8000})
    port = run.plan.services[0].port
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        try:
            with pytest.raises(ServiceFailed, match=f"127.0.0.1:{port}"):
                run.stack.start_services()
        finally:
            run.stack.stop()
    assert remains(run.plan.run) == []


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, base_image: str) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base_image}\nRUN echo no room here, {tmp_path} >&2 && exit 5\n", encoding="utf-8"
    )
    run = compose_run(tmp_path, "services:\n  only:\n    build: .\n", services={"only": 0})
    try:
        with pytest.raises(ImageFailed, match=r"cannot be built.*5") as raised:
            run.stack.build()
        assert raised.value.exit_code != 0
        assert "no room here" in run.screen.getvalue()
    finally:
        run.stack.stop()
    assert remains(run.plan.run) == []
    assert compose_projects.step_containers(str(tmp_path)) == []


def test_an_image_is_made_of_the_program_that_cargo_has_built(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    program = tmp_path / "target" / "debug" / "hello"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho made on the host\nsleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "Dockerfile").write_text(
        f'FROM {base_image}\nARG BINARY\nCOPY $BINARY /service\nENTRYPOINT ["/service"]\n',
        encoding="utf-8",
    )
    text = (
        "services:\n  hello:\n    init: true\n    build:\n"
        "      context: ${TASKER_CONTAINER_BINARIES}/hello\n"
        "      dockerfile: ${TASKER_CONTAINER_WORKSPACE}/Dockerfile\n"
        "      args: {BINARY: hello}\n"
    )
    settings = (
        '[integration]\nbuild = ["touch", "built"]\n'
        '[integration.services.hello]\ncommand = ["{binaries}/hello"]\n'
    )
    run = compose_run(tmp_path, text, services={"hello": 0})
    (tmp_path / ".config" / "tasker-ci.toml").write_text(settings, encoding="utf-8")
    run = compose_runs.with_settings(run)
    start(run)
    assert (tmp_path / "built").exists()
    healthy(run)
    for _ in range(50):
        if run.stack.tail("hello", 1):
            break
        time.sleep(0.1)
    assert run.stack.tail("hello", 1) == "made on the host"


def test_without_a_build_only_the_image_is_made_and_a_missing_program_is_named(
    tmp_path: Path, base_image: str
) -> None:
    text = (
        "services:\n  hello:\n    build:\n      context: ${TASKER_CONTAINER_BINARIES}/hello\n"
        "      dockerfile: ${TASKER_CONTAINER_WORKSPACE}/Dockerfile\n"
    )
    run = compose_run(tmp_path, text, services={"hello": 0})
    (tmp_path / ".config" / "tasker-ci.toml").write_text(
        '[integration.services.hello]\ncommand = ["{binaries}/hello"]\n', encoding="utf-8"
    )
    run = compose_runs.with_settings(run)
    with pytest.raises(MissingToolError, match="target/debug/hello is not there") as raised:
        run.stack.start_services()
    assert "--no-build" in raised.value.next_step
    run.stack.stop()


def test_two_runs_of_one_workspace_do_not_know_one_another(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    text = "services:\n  only:\n" + shell_service(
        base_image, SLEEPER, more={"volumes": '["data:/data"]'}
    )
    text += "volumes:\n  data:\n"
    one = start(compose_run(tmp_path, text, services={"only": 8000}))
    two = start(compose_run(tmp_path, text, services={"only": 8000}))
    assert leftovers(tmp_path).keys() == {one.plan.run, two.plan.run}
    assert f"volume {one.plan.run}_data" in remains(one.plan.run)
    one.stack.stop()
    assert remains(one.plan.run) == []
    assert two.stack.states()[0].phase is Phase.RUNNING
    assert list(leftovers(tmp_path)) == [two.plan.run]


def test_the_layers_of_an_image_go_with_it_and_earlier_stages_are_the_builders_cache(
    tmp_path: Path, base_image: str
) -> None:
    # The classic builder gives its cache no name and no label; BuildKit keeps its own elsewhere.
    word = secrets.token_hex(8)
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base_image} AS first\nRUN echo {word} >/early\n"
        f"FROM {base_image}\nRUN echo {word} >/late\nCOPY --from=first /early /\n",
        encoding="utf-8",
    )
    before = layers()
    run = compose_run(tmp_path, "services:\n  only:\n    build: .\n", services={"only": 0})
    try:
        run.stack.build()
    finally:
        run.stack.stop()
    left = {layer: made for layer in layers() - before if word in (made := made_by(layer))}
    if left:
        compose_runs.docker("image", "rm", *left)
    assert not [made for made in left.values() if "/late" in made]


def layers() -> set[str]:
    """All images of this machine by id, those without a name too."""
    return set(compose_runs.docker("image", "ls", "--all", "--quiet", "--no-trunc").split())


def made_by(layer: str) -> str:
    """The command that made the last layer of an image; "" if it is gone by now."""
    question = ("image", "history", "--no-trunc", "--format", "{{.CreatedBy}}", layer)
    try:
        return compose_runs.docker(*question).partition("\n")[0]
    except subprocess.CalledProcessError:
        return ""


def test_a_run_is_removed_by_its_labels_when_its_files_are_gone(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {base_image}\nRUN true\n", encoding="utf-8")
    text = "services:\n  only:\n    build: .\n" + '    command: ["sleep", "600"]\n    init: true\n'
    run = start(compose_run(tmp_path, text, services={"only": 0}))
    shutil.rmtree(tmp_path / "docker")
    shutil.rmtree(tmp_path / "target")
    runner = ProcessRunner(Cancellation())
    environment = faces.clean_environment()
    assert list(leftovers(tmp_path)) == [run.plan.run]
    removed = remove_stack(runner, environment, run.plan.run, run.plan.workspace, stop_seconds=1)
    assert str(removed) == "1 container, 1 network, 1 image"
    assert remains(run.plan.run) == []
    assert leftovers(tmp_path) == {}
    assert not remove_stack(runner, environment, run.plan.run, run.plan.workspace, stop_seconds=1)


def test_what_compose_cannot_take_down_is_removed_all_the_same(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    """The client here is a script that fails at `compose down` and hands on everything else."""
    run = start(one_service(tmp_path, base_image, SLEEPER))
    real = shutil.which("docker")
    client = tmp_path / "bin" / "docker"
    client.parent.mkdir()
    client.write_text(
        f'#!/bin/sh\ncase " $* " in *" down "*) exit 1;; esac\nexec {real} "$@"\n', encoding="utf-8"
    )
    client.chmod(0o755)
    environment = faces.clean_environment()
    environment["PATH"] = f"{client.parent}:{environment['PATH']}"
    remove_stack(
        ProcessRunner(Cancellation()),
        environment,
        run.plan.run,
        run.plan.workspace,
        stop_seconds=1,
    )
    assert remains(run.plan.run) == []


def test_stopping_twice_and_before_the_start_is_no_error(tmp_path: Path, base_image: str) -> None:
    run = one_service(tmp_path, base_image, SLEEPER)
    run.stack.stop()
    run.stack.start_services()
    run.stack.stop()
    run.stack.stop()
    assert remains(run.plan.run) == []


def test_without_a_daemon_the_start_says_so_and_the_end_has_nothing_to_do(
    tmp_path: Path, base_image: str
) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    run = compose_run(tmp_path, "services: {}\n", services={}, environment=nowhere)
    with pytest.raises(DaemonUnreachable, match=r"none\.sock \(from DOCKER_HOST\)"):
        run.stack.build()
    run.stack.stop()


def test_a_daemon_that_is_gone_at_the_end_is_said_and_the_evidence_names_it(
    tmp_path: Path, base_image: str
) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    run = compose_run(tmp_path, "services: {}\n", services={}, environment=nowhere)
    run.plan.folder.mkdir(parents=True)
    (run.plan.folder / "override.yml").write_text("services: {}\n", encoding="utf-8")
    run.stack.collect(run.plan.logs)
    assert "does not answer" in (run.plan.logs / "ps.json").read_text(encoding="utf-8")
    assert "does not answer" in run.stack.tail("only", 5)
    with pytest.raises(DaemonUnreachable):
        run.stack.stop()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("services:\n  other: {image: x}\n", "no service `only`"),
        ("services: [\n", "Compose cannot read"),
        ("services:\n  only: {image: '${NOT_SET:?is what I need}'}\n", "is what I need"),
    ],
)
def test_a_compose_file_that_will_not_do_is_refused_with_the_reason(
    tmp_path: Path, base_image: str, text: str, reason: str
) -> None:
    run = compose_run(tmp_path, text, services={"only": 0})
    with pytest.raises(ComposeFileError, match=reason):
        run.stack.build()
    run.stack.stop()


def test_a_compose_file_that_is_not_there_is_named(tmp_path: Path, base_image: str) -> None:
    run = compose_run(tmp_path, "", services={"only": 0})
    (tmp_path / compose_runs.COMPOSE_FILE).unlink()
    with pytest.raises(ComposeFileError, match=compose_runs.COMPOSE_FILE):
        run.stack.build()


def test_the_evidence_is_complete_and_shows_no_secret(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    key = "0123456789abcdef0123456789abcdef"
    script = "echo to the screen; sleep 0.2; echo my key is $API_KEY >&2; sleep 600"
    text = "services:\n  only:\n" + shell_service(
        base_image,
        script,
        more={
            "environment": '["API_KEY", "URL=postgres://me:hidden@db/x", "POSTGRES_PASSWORD=pw"]',
            "healthcheck": health_check("echo probed with $$API_KEY", retries=3),
        },
    )
    run = start(
        compose_run(
            tmp_path,
            text,
            services={"only": 0},
            environment={"API_KEY": key},
            secrets=frozenset({"API_KEY"}),
        )
    )
    healthy(run)
    run.stack.collect(run.plan.logs)
    files = {each.name: each.read_text(encoding="utf-8") for each in run.plan.logs.iterdir()}
    assert sorted(files) == ["config.json", "health.json", "only.log", "ps.json"]
    assert not [name for name, text in files.items() if key in text or "hidden" in text]
    lines = files["only.log"].splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["to the screen", "my key is ***"]
    assert lines[0] < lines[1]
    environment = json.loads(files["config.json"])["services"]["only"]["environment"]
    assert environment["URL"] == "postgres://me:***@db/x"
    assert environment["POSTGRES_PASSWORD"] == "***"
    (state,) = json.loads(files["health.json"]).values()
    assert state["Health"]["Log"][-1]["Output"] == "probed with ***\n"
    assert run.stack.tail("only", 1) == "my key is ***"


def test_who_looks_later_sees_no_secret_of_the_containers_and_no_command(
    tmp_path: Path,
    base_image: str,
    start: Callable[[ComposeRun], ComposeRun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = "ghs_0123456789abcdef0123456789abcdef"
    title = base64.b64encode(b"\x1b]0;t\x07title\n").decode()
    script = f"echo ::stop-commands::t; echo {title} | base64 -d; env | sort; exit 3"
    given = (
        '["SOME_TOKEN", "OTHER_SECRET=spelled-out-there", "REDIS_URL=redis://:hidden@db/x",'
        ' "DB_USER=tasker", "DB_PASSWORD=tasker"]'
    )
    text = "services:\n  only:\n" + shell_service(base_image, script, more={"environment": given})
    first = compose_run(tmp_path, text, services={"only": 0}, environment={"SOME_TOKEN": token})
    start(first)
    again = compose_run(tmp_path, "not even: [YAML", services={"only": 0}, run=first.plan.run)
    state_once(again, lambda state: state.phase is Phase.EXITED)
    followed = again.stack.log_command("only", lines=100)  # it waits for the service's next start
    ending = replace(followed, argv=tuple(word for word in followed.argv if word != "--follow"))
    monkeypatch.setattr(again.stack, "log_command", lambda *_, **__: ending)
    again.stack.follow("only", lines=100)
    again.stack.collect(again.plan.logs)
    log = (again.plan.logs / "only.log").read_text(encoding="utf-8")
    for shown in (again.screen.getvalue(), again.stack.tail("only", 100), log):
        assert "SOME_TOKEN=***" in shown
        assert "OTHER_SECRET=***" in shown
        assert "redis://:***@db/x" in shown
        assert "DB_USER=tasker" in shown
        assert not [each for each in (token, "spelled-out-there", "hidden") if each in shown]
    assert "\x1b" not in again.screen.getvalue()
    assert "title" in again.screen.getvalue()


def test_evidence_that_cannot_be_written_is_a_warning(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    run = start(one_service(tmp_path, base_image, SLEEPER))
    run.stack.collect(tmp_path / "docker" / "docker-compose.test.yml" / "logs")
    assert "warning: The evidence cannot be written" in run.screen.getvalue()


def test_another_process_can_look_at_a_kept_run_and_end_it(
    tmp_path: Path, base_image: str, start: Callable[[ComposeRun], ComposeRun]
) -> None:
    run = start(one_service(tmp_path, base_image, f"echo hello; {SLEEPER}"))
    again = compose_run(tmp_path, "not even: [YAML", services={"only": 0}, run=run.plan.run)
    assert again.stack.states()[0].phase is Phase.RUNNING
    assert again.stack.tail("only", 100) == "hello"
    again.stack.stop()
    assert remains(run.plan.run) == []


def test_binaries_that_no_known_image_runs_are_refused_before_anything_is_built(
    tmp_path: Path, docker: None
) -> None:
    compose = (
        "services:\n  worker:\n    build:\n"
        "      context: ${TASKER_CONTAINER_BINARIES}/worker\n"
        "      args:\n        SERVICE_BASE_IMAGE:\n"
    )
    run = compose_run(
        tmp_path,
        compose,
        services={"worker": 0},
        settings='[integration]\nbuild = ["false"]\n',
    )
    run.plan.environment.pop("SERVICE_BASE_IMAGE", None)
    run.stack.options = replace(run.stack.options, libc="glibc 2.99")

    with pytest.raises(SettingsError, match=r"linked with glibc 2\.99.*worker would not start"):
        run.stack.build()
