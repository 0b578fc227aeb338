"""What every test may ask for."""

from __future__ import annotations

import compileall
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import cargo_registry
import default_selection
import faces
import hypothesis
import pytest
import turns
import workspaces

import tasker_ci

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

REQUIRE_TOOLS = "TASKER_TESTS_REQUIRE_TOOLS"
"""Set to 1 where every tool has to be there: a missing one fails a test, skips none."""

BASE_IMAGE = "TASKER_TESTS_BASE_IMAGE"
"""Names a local image with Debian, PostgreSQL and curl, because no registry may be asked."""


for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGTERM, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:  # by nohup, or in the background of a script
        signal.signal(_number, _usual)

# tasker-ci looks as if it came from a repository, by a commit: the checkout that the tests run from
# is a place that no job of a project has.
INSTALLED = str(Path(__file__).parent / "resources" / "installed")
sys.path.insert(0, INSTALLED)
os.environ["PYTHONPATH"] = INSTALLED

hypothesis.settings.register_profile("project", deadline=None)  # no test has a time to keep
hypothesis.settings.load_profile("project")


_LISTING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")
"""Options of pytest for which nothing runs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run every test (see default_selection.py)")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run in parallel, unless the command line names a single file, or says how to run."""
    options = config.option
    chosen = getattr(options, "numprocesses", 0) is not None or options.dist != "no" or options.tx
    if chosen or hasattr(config, "workerinput") or any(getattr(options, it) for it in _LISTING):
        return
    files = _named_files(config)
    if len(files) != 1 or any(Path(_file_of(argument)).is_dir() for argument in config.args):
        options.numprocesses = "logical"  # processors, as pytest-xdist counts them


def _file_of(argument: str) -> str:
    return argument.partition("::")[0]


def _named_files(config: pytest.Config) -> set[Path]:
    """The files that the command line names, also by one of their tests."""
    folder = config.invocation_params.dir
    paths = {folder / _file_of(argument) for argument in config.args}
    return {path.resolve() for path in paths if path.is_file()}


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.option.all:
        return None
    return "selection: the unit tests, a real run of every capability; --all runs everything"


_deselected = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is neither named on the command line nor in the default selection."""
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)
    if config.option.all:
        return
    named = _named_files(config)
    kept, left_out = [], []
    for item in items:
        belongs = default_selection.belongs(item.nodeid) or item.path in named
        (kept if belongs else left_out).append(item)
    items[:] = kept
    config.stash[_deselected] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def _turn(item: pytest.Item) -> int:
    """When a module begins among those that run in parallel; see `pytest_xdist_make_scheduler`."""
    name = item.path.stem if item.path.parent.name == "integration" else ""
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """pytest-xdist does not say what its workers leave out; see `pytest_testnodedown`."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["deselected"] = session.config.stash.get(_deselected, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Count what was left out, for the last line. Every worker has left out the same."""
    number = getattr(node, "workeroutput", {}).get("deselected", 0)
    if number and _deselected not in node.config.stash:
        node.config.stash[_deselected] = number
        node.config.hook.pytest_deselected(items=[SimpleNamespace() for _ in range(number)])


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once: under PYTHONDONTWRITEBYTECODE each of thousands of starts would."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(tasker_ci.__file__).parent, quiet=2)


_DOCKER_SECONDS = 20
"""How long a daemon may take for its version, on a machine that has much to do, too."""

_NATIVE = ("test_integration_session", "test_native")
"""Modules that follow one another: they look at all shared memory of the machine."""

_FIRST = (*_NATIVE, "test_workflow_runs", "test_compose", "test_signals", "test_unit")
"""The modules that take longest; begun last, one of them would keep all other workers waiting."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Of all that runs in parallel a module stays whole, and so do those of `_NATIVE` together.

    The order is that of `_FIRST` and then of the folders: what waits and builds first, the many
    fast ones last, so that all workers end at about the same time. pytest-xdist 3.8 loses its own
    groups with pytest 9.2, whose items have no `_nodeid`.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = PurePosixPath(nodeid.partition("::")[0])
            return "native" if module.stem in _NATIVE else str(module)

    config.option.loadscopereorder = False
    return ByModule(config, log)


def lacking(message: str) -> NoReturn:
    """Skip the test, or fail it where nothing may lack."""
    if os.environ.get(REQUIRE_TOOLS) == "1":
        pytest.fail(f"{message}, and {REQUIRE_TOOLS}=1 wants it")
    pytest.skip(message)


@pytest.fixture
def registry_indexes() -> list[str]:
    """The folders of cargo's own registry in a cargo home; only cargo knows how it names them."""
    return cargo_registry.index_folders() or lacking("cargo has not asked its registry here yet")


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], Path]:
    """Return a program's path; without it the test is skipped, or fails where none may lack."""

    def require(name: str) -> Path:
        path = shutil.which(name, path=faces.clean_environment()["PATH"])
        if path is not None:
            return Path(path)
        lacking(f"{name} is not installed")

    return require


@contextmanager
def _absent_programs_lack() -> Iterator[None]:
    """A test or a fixture that starts a program which is not on this machine says just that."""
    try:
        yield
    except FileNotFoundError as error:
        name = error.filename
        if isinstance(name, str) and os.sep not in name and shutil.which(name) is None:
            lacking(f"{name} is not installed")
        if str(name).startswith("/proc") and not Path("/proc").is_dir():
            lacking("this system has no /proc")
        raise


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    with _absent_programs_lack():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, object, object]:
    with _absent_programs_lack():
        return (yield)


@pytest.fixture(scope="session")
def require_root() -> None:
    """The test mounts something, or runs a Docker daemon of its own."""
    if os.geteuid() != 0:
        lacking("this user is not root")


@pytest.fixture
def leaves_lost_runs() -> Iterator[None]:
    """The test moves or deletes a project, or the folder of a run, while its services run.

    It is named first (`usefixtures`), so that those who clear up still have the turn.
    """
    with turns.whole_machine():
        yield


@pytest.fixture(scope="session")
def docker(require_tool: Callable[[str], Path]) -> Path:
    """Docker's client with Compose; its daemon has answered. Asked once, also when it does not."""
    client = require_tool("docker")
    for question in (("version", "--format", "{{.Server.Version}}"), ("compose", "version")):
        shown = " ".join(("docker", *question[:2]))
        try:
            answer = subprocess.run(
                [client, *question],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_DOCKER_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            lacking(f"Docker does not answer within {_DOCKER_SECONDS} s")
        if answer.returncode:
            reason = " ".join((answer.stderr or answer.stdout).split())
            lacking(f"`{shown}` fails: {reason}")
    return client


@pytest.fixture(scope="session")
def base_image(docker: Path) -> str:
    """The local image that containers of tests start from; a Docker daemon has to answer."""
    name = os.environ.get(BASE_IMAGE, "local/debian-postgres:1")
    question = [docker, "image", "inspect", "--format", "{{.Id}}", name]
    answer = subprocess.run(question, capture_output=True, text=True, check=False)
    if answer.returncode:
        lacking(f"Docker does not have {name}: {answer.stderr.strip()}")
    return name


@pytest.fixture
def cargo_workspace(tmp_path: Path, require_tool: Callable[[str], Path]) -> Callable[..., Path]:
    """Write a real cargo workspace with both plugs; takes what `workspaces.write_project` takes."""
    require_tool("cargo")

    def write(
        files: Mapping[str, str] | None = None, *, name: str = "project", settings: str = ""
    ) -> Path:
        return workspaces.write_project(tmp_path / name, files, settings=settings)

    return write


@pytest.fixture
def run_face() -> Callable[..., faces.Ended]:
    """Run a session through one of the faces and wait for its end."""

    def run(face: str, session: str, *arguments: str, cwd: Path, **environment: str) -> faces.Ended:
        return faces.run(
            faces.command_line(face, session, *arguments),
            cwd,
            faces.clean_environment(**environment),
        )

    return run
