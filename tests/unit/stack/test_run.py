"""The order of a run, and that it leaves nothing, whatever goes wrong in whichever step.

The stack is a stand-in: it has to fail, or get a signal, in a chosen step. What real stacks do is
looked at in `tests/integration`.
"""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tasker_ci.context import Outcome
from tasker_ci.errors import ForeignPlace, Interrupted, NoStack, ServiceFailed, StackRemains
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.stack.base import Endpoint, Phase, Plan, ServiceState
from tasker_ci.stack.evidence import Evidence
from tasker_ci.stack.kept import kept_run, kept_values
from tasker_ci.stack.ports import PortPlan
from tasker_ci.stack.run_folder import Life
from tasker_ci.stack.stack_run import Request, StackRun, keys_of, runs_of
from tasker_ci.testing import RecordedContext, make_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = "tasker-ci-0123456789ab"
STEPS = ("build", "start_database", "start_services", "work")
WEB = Endpoint(service="web", port=0, container_port=0, health="")

SETTINGS = """\
[integration.services.web]
url-variable = "WEB_URL"
[environment.variables]
WEB_URL = "http://127.0.0.1:1"
[environment.variables.API_KEY]
generator = "api-key"
secret = true
"""


@dataclass
class Stack:
    """Notes what is called; ``fails`` names steps with what happens in them."""

    fails: dict[str, Callable[[], None]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    state: Phase = Phase.RUNNING

    def step(self, name: str) -> None:
        self.calls.append(name)
        self.fails.get(name, lambda: None)()

    def build(self) -> None:
        self.step("build")

    def start_database(self) -> None:
        self.step("start_database")

    def start_services(self) -> None:
        self.step("start_services")

    def states(self) -> tuple[ServiceState, ...]:
        code = 3 if self.state is Phase.EXITED else None
        return (ServiceState(service="web", phase=self.state, exit_code=code),)

    def collect(self, folder: Path) -> None:
        self.step("collect")
        (folder / "collected").touch()

    def tail(self, service: str, lines: int) -> str:
        self.step("tail")
        return f"last words of {service}"

    def stop(self) -> None:
        self.step("stop")


@dataclass
class Scene:
    """One run over a stand-in."""

    context: RecordedContext
    stack: Stack

    def run(self, *, keep: bool = False, build: bool = True) -> Outcome:
        folder, logs = runs_of(self.context).place(RUN)
        plan = Plan(
            run=RUN,
            workspace=self.context.workspace,
            folder=folder,
            logs=logs,
            database=None,
            services=(WEB,),
            environment={"API_KEY": "k", "WEB_URL": "http://127.0.0.1:2", "PATH": ""},
        )
        settings = self.context.settings.integration
        run = StackRun(
            context=self.context,
            request=Request(session="integration", settings=settings, keep=keep, build=build),
            kind="native",
            plan=plan,
            stack=self.stack,
            work=self.work,
            ports=PortPlan(database=None, services=(WEB,), environment={}),
            evidence=Evidence(context=self.context, plan=plan, stack=self.stack),
        )
        return run.whole()

    def work(self, plan: Plan) -> Outcome:
        self.stack.step("work")
        return Outcome(summary="done")

    @property
    def left(self) -> list[str]:
        return [run.name for run in runs_of(self.context).all()]

    @property
    def printed(self) -> str:
        return self.context.printed


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    cancellation = Cancellation()
    with Signals(cancellation):
        context = make_context(tmp_path, SETTINGS, runner=ProcessRunner(cancellation))
        yield Scene(context=context, stack=Stack())


def fail(error: BaseException) -> Callable[[], None]:
    def failing() -> None:
        raise error

    return failing


def test_a_good_run_goes_through_its_steps_and_leaves_nothing(scene: Scene) -> None:
    seen: dict[str, object] = {}

    def look() -> None:
        (run,) = runs_of(scene.context).all()
        seen.update(life=run.life(), keys=run.keys())

    scene.stack.fails["build"] = look
    assert scene.run().summary == "done"
    assert scene.stack.calls == [*STEPS, "stop"]
    assert seen["life"] is Life.ALIVE
    assert seen["keys"] == {"API_KEY": "k", "WEB_URL": "http://127.0.0.1:2"}
    assert scene.left == []


def test_without_a_build_nothing_is_built(scene: Scene) -> None:
    scene.run(build=False)
    assert "build" not in scene.stack.calls


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("keep", [False, True])
def test_a_failure_in_any_step_is_raised_with_evidence_after_one_stop(
    scene: Scene, step: str, keep: bool
) -> None:
    error = TestsFailed("red")
    scene.stack.fails[step] = fail(error)
    with pytest.raises(TestsFailed) as raised:
        scene.run(keep=keep)
    assert raised.value is error
    stays = keep and step == "work"
    assert scene.stack.calls.count("stop") == (0 if stays else 1)
    assert scene.left == ([RUN] if stays else [])
    folder = runs_of(scene.context).place(RUN)[1]
    assert (folder / "collected").exists()
    assert f"evidence: {folder}" in scene.printed
    assert ("last words of web" in scene.printed) == (step == "work")


@pytest.mark.parametrize("step", [*STEPS, "stop"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_any_step_is_raised_after_one_stop_also_with_keep(
    scene: Scene, step: str, number: int
) -> None:
    scene.stack.fails[step] = lambda: signal.raise_signal(number)
    with pytest.raises(Interrupted) as raised:
        scene.run(keep=step != "stop")
    assert raised.value.exit_code == 128 + number
    assert scene.stack.calls.count("stop") == 1
    assert scene.left == []


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), SystemExit(3), KeyboardInterrupt()])
def test_a_bug_leaves_nothing_either(scene: Scene, error: BaseException) -> None:
    scene.stack.fails["work"] = fail(error)
    with pytest.raises(type(error)):
        scene.run(keep=True)
    assert scene.stack.calls.count("stop") == 1
    assert scene.left == []


@pytest.mark.parametrize("step", ["collect", "tail"])
def test_evidence_that_cannot_be_had_hides_no_failure_and_keeps_nothing_running(
    scene: Scene, step: str
) -> None:
    scene.stack.fails["work"] = fail(TestsFailed("red"))
    scene.stack.fails[step] = fail(OSError("No space left on device"))
    with pytest.raises(TestsFailed):
        scene.run()
    assert scene.left == []
    assert "Evidence is missing: No space left on device" in scene.printed


def test_a_screen_that_was_closed_keeps_nothing_running(scene: Scene) -> None:
    scene.stack.fails["work"] = scene.context.screen.close
    scene.stack.fails["start_services"] = lambda: None
    scene.run()
    assert scene.stack.calls[-1] == "stop"
    assert scene.left == []


def test_a_kept_stack_can_be_withdrawn_and_no_other(scene: Scene) -> None:
    assert scene.run().withdraw is None
    withdraw = scene.run(keep=True).withdraw
    assert scene.left == [RUN]
    assert withdraw is not None
    withdraw()
    assert scene.stack.calls[-1] == "stop"
    assert scene.left == []
    assert f"could not be written, so the stack {RUN} ends." in scene.printed


class TestWhatCannotBeStopped:
    @pytest.fixture(autouse=True)
    def remains(self, scene: Scene) -> None:
        scene.stack.fails["stop"] = fail(StackRemains("1 container could not be removed."))

    def test_it_fails_a_green_run_and_stays_on_record_without_its_keys(self, scene: Scene) -> None:
        with pytest.raises(StackRemains):
            scene.run()
        (run,) = runs_of(scene.context).all()
        assert run.keys() == {}
        assert not run.record.kept
        assert "tasker-ci down --all" in scene.printed

    def test_it_is_said_and_does_not_hide_why_the_run_failed(self, scene: Scene) -> None:
        scene.stack.fails["work"] = fail(TestsFailed("red"))
        with pytest.raises(TestsFailed):
            scene.run()
        assert "1 container could not be removed." in scene.printed
        assert "tasker-ci down --all" in scene.printed
        assert scene.left == [RUN]


def test_the_service_that_failed_is_shown_alone_and_with_its_reason(scene: Scene) -> None:
    scene.stack.state = Phase.EXITED
    with pytest.raises(ServiceFailed, match="web ended with exit code 3"):
        scene.run()
    assert "last lines of web (ended with exit code 3):\nlast words of web" in scene.printed


def test_a_kept_stack_says_how_to_use_and_end_it_and_is_found_by_others(scene: Scene) -> None:
    assert kept_values(scene.context) is None
    scene.run(keep=True)
    assert "`tasker-ci integration --attach`" in scene.printed
    assert "`tasker-ci down` ends it" in scene.printed
    run = kept_run(scene.context)
    assert run.name == RUN
    found = kept_values(scene.context)
    assert found is not None
    assert (found.run, found.values["API_KEY"]) == (RUN, "k")


def test_none_or_several_kept_stacks_are_none_to_attach_to(scene: Scene) -> None:
    with pytest.raises(NoStack, match="No stack of this workspace was kept"):
        kept_run(scene.context)
    scene.run(keep=True)
    runs = runs_of(scene.context)
    other = runs.folder / "tasker-ci-ba9876543210"
    other.mkdir()
    record = (runs.folder / RUN / "run.json").read_text(encoding="utf-8")
    (other / "run.json").write_text(record.replace(RUN, other.name), encoding="utf-8")
    with pytest.raises(NoStack, match="2 stacks of this workspace were kept") as error:
        kept_run(scene.context)
    assert "tasker-ci down" in error.value.next_step
    assert kept_values(scene.context) is None


def test_keys_are_the_secrets_and_the_urls_and_nothing_else(scene: Scene) -> None:
    folder, logs = runs_of(scene.context).place(RUN)
    plan = Plan(
        run=RUN,
        workspace=folder,
        folder=folder,
        logs=logs,
        database=None,
        services=(),
        environment={"API_KEY": "k", "WEB_URL": "u", "PATH": "/bin", "RUST_BACKTRACE": "1"},
    )
    assert keys_of(scene.context, plan) == {"API_KEY": "k", "WEB_URL": "u"}


class TestALinkInPlaceOfTheTargetDirectory:
    @pytest.fixture
    def outside(
        self,
        scene: Scene,
        tmp_path_factory: pytest.TempPathFactory,
        require_tool: Callable[[str], Path],
    ) -> Path:
        require_tool("git")
        outside = tmp_path_factory.mktemp("outside")
        (scene.context.workspace / "target").symlink_to(outside)
        return outside

    def test_that_of_a_user_is_followed(self, scene: Scene, outside: Path) -> None:
        assert scene.run(keep=True).summary == "done"
        assert scene.left == [RUN]
        assert runs_of(scene.context).folder == outside / "tasker-ci/runs"

    def test_that_of_a_repository_is_refused(self, scene: Scene, outside: Path) -> None:
        for words in (["init"], ["add", "--force", "target"]):
            subprocess.run(["git", *words], cwd=scene.context.workspace, check=True)
        with pytest.raises(ForeignPlace, match="target is a link to"):
            scene.run()
        (refused,) = runs_of(scene.context).refused()
        assert refused.folder == scene.context.workspace / "target"
        assert list(outside.iterdir()) == []


@pytest.mark.parametrize("aim", ["target", "/dev/null", "nowhere"])
def test_a_target_directory_that_leads_nowhere_has_no_runs(
    scene: Scene, tmp_path: Path, aim: str
) -> None:
    (tmp_path / "target").symlink_to(aim)
    assert runs_of(scene.context).all() == ()
    assert runs_of(scene.context).refused() == ()
