"""Generated workflows, run by the real act on this machine, without any network.

act copies the checkout into an empty folder for each job, finds the generated files as they are
(their own drift check is one of the jobs), and takes every other action from
tests/resources/stand-ins (``--local-repository``). rustup, cargo, nextest, the sessions and what
they start are real.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faces
from ruamel.yaml import YAML

from tasker_ci.sessions import load_settings, rows_of
from tasker_ci.workflows.inputs import Inputs
from tasker_ci.workflows.plan import planned_files
from tasker_ci.workflows.sync.applying import apply
from tasker_ci.workflows.sync.drift import survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

STAND_INS = Path(__file__).parent / "resources" / "stand-ins"
ADVISORIES = Path(__file__).parent / "resources" / "audit" / "database"

SETTINGS = f"""\
[audit]
database = "{ADVISORIES}"

[tools]
names = ["cargo-nextest", "cargo-audit"]

[workflows]
toolchains = ["stable"]
lock = ""
install = ["python", "-c", "import tasker_ci"]
"""
"""The sessions come from this very checkout: the Python of the tests has them installed."""

_USES = re.compile(r"uses: (?P<name>[\w-]+/[\w-]+)(/[\w-]+)*@(?P<commit>[0-9a-f]{40})")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How act ended, and what it says of jobs and steps."""

    exit_code: int
    events: tuple[dict[str, Any], ...]
    artifacts: Path
    """A folder for each artifact that was uploaded."""

    @property
    def text(self) -> str:
        """All that the logs show, secrets masked."""
        return "\n".join(_message(event) for event in self.events)

    @property
    def jobs(self) -> dict[str, str]:
        """The jobs with steps that ran, by their ids, in the order of their ends: the result."""
        return {event["jobID"]: event["jobResult"] for event in self.events if "jobResult" in event}

    def steps(self, job: str) -> dict[str, str]:
        """The steps of a job that ran, in their order: the result."""
        return {
            event["step"]: event["stepResult"]
            for event in self._of(job)
            if event.get("stage") == "Main" and len(event.get("stepID", ())) == 1
            if "stepResult" in event
        }

    def log(self, job: str, step: str = "") -> str:
        """What a job, or one of its steps, printed."""
        return "\n".join(
            _message(event) for event in self._of(job) if step in {"", event.get("step")}
        )

    @property
    def complaints(self) -> str:
        """The ends of the logs of failed steps, for the message of a test."""
        failed = [
            (job, step)
            for job in dict.fromkeys(event.get("jobID", "") for event in self.events)
            for step, result in self.steps(job).items()
            if result == "failure"
        ]
        logs = ["\n".join(self.log(job, step).splitlines()[-20:]) for job, step in failed]
        return "\n\n".join(logs) or "\n".join(self.text.splitlines()[-20:])

    def span(self, job: str) -> tuple[int, int]:
        """Where the job's first and last event are among all events."""
        places = [place for place, event in enumerate(self.events) if event.get("jobID") == job]
        return places[0], places[-1]

    def kept(self) -> dict[str, list[str]]:
        """The artifacts: the names of the files in each."""
        return {
            folder.name: sorted(path.name for path in folder.rglob("*") if path.is_file())
            for folder in sorted(self.artifacts.iterdir())
            if folder.is_dir()
        }

    def _of(self, job: str) -> Iterator[dict[str, Any]]:
        return (event for event in self.events if event.get("jobID") == job)


def _message(event: dict[str, Any]) -> str:
    return _COLOR.sub("", str(event.get("msg", "")).rstrip())


def synchronise(project: Path) -> None:
    """Write what `sync` writes, and commit all: act wants to know the commit."""
    loaded = load_settings(project, {})
    inputs = Inputs(
        loaded=loaded,
        project_root=project,
        workspace=project / loaded.settings.workspace,
        rows=rows_of(loaded.settings),
        version="0.1.0",
    )
    apply(project, survey(inputs, planned_files(inputs)).stale)
    commit(project)


def replace_jobs(project: Path, replaced: Mapping[str, str]) -> None:
    """Put plain jobs in the place of calls in ci.yml: what each runs, or "skipped".

    act ends a whole run when a called workflow has failed (`newReusableWorkflowExecutor` hands the
    error up), so no later job, and no gate, would show what GitHub makes of that. Needs, conditions
    and the gate stay those of the generated file.
    """
    file = project / ".github" / "workflows" / "ci.yml"
    yaml = YAML()
    document = yaml.load(file.read_text(encoding="utf-8"))
    for name, script in replaced.items():
        job = document["jobs"][name]
        for key in {"uses", "with", "secrets", "permissions", "env", "steps"} & set(job):
            del job[key]
        job["runs-on"] = "ubuntu-24.04"
        job["steps"] = [{"run": script}]
        if script == "skipped":
            job["if"] = "${{ false }}"
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)
    commit(project)


def call_in_place(project: Path, *names: str) -> None:
    """Put the steps of called workflows of one job into ci.yml, in the place of the calls.

    So a failure of theirs does not end the whole run (see `replace_jobs`), and the gate is seen.
    """
    folder = project / ".github" / "workflows"
    file = folder / "ci.yml"
    yaml = YAML()
    document = yaml.load(file.read_text(encoding="utf-8"))
    for name in names:
        job = document["jobs"][name]
        called = yaml.load((folder / Path(job.pop("uses")).name).read_text(encoding="utf-8"))
        ((_, steps),) = called["jobs"].items()
        for key in {"with", "secrets"} & set(job):
            del job[key]
        job.update(steps)
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(document, stream)
    commit(project)


def commit(project: Path) -> None:
    """Make a repository of the project, or one more commit in it."""
    git = ("git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    if not (project / ".git").exists():
        subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], cwd=project, check=True)
        origin = "https://github.com/Example/Sample.git"
        subprocess.run([*git, "remote", "add", "origin", origin], cwd=project, check=True)
    subprocess.run([*git, "add", "--all"], cwd=project, check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "all"], cwd=project, check=True)


def run(
    program: Path,
    project: Path,
    scratch: Path,
    event: str = "push",
    *arguments: str,
    sccache: bool = False,
    seconds: int = 300,
    **variables: str,
) -> Ended:
    """Let act run the workflows of a project for an event.

    ``scratch`` is an empty folder for what act keeps; ``variables`` steer the stand-ins and reach
    every step, as do those of the machine.
    """
    artifacts = scratch / "artifacts"
    artifacts.mkdir(parents=True)
    home = scratch / "home"
    home.mkdir()
    programs = _programs(scratch / "bin")
    environment = faces.clean_environment() | {
        **_folders(),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "STAND_IN_SCRIPTS": sysconfig.get_path("scripts"),
        "STAND_IN_ARTIFACTS": str(artifacts),
        "STAND_IN_SCCACHE": sysconfig.get_path("scripts") if sccache else "",
        **variables,
    }
    if sccache:
        del environment["TASKER_CI_SCCACHE"]
    # Jobs get the programs of the tests' Python by the stand-in of setup-python alone.
    path = environment["PATH"].removeprefix(f"{sysconfig.get_path('scripts')}:")
    completed = subprocess.run(
        [
            *(str(program), event, "--json", "--platform", "ubuntu-24.04=-self-hosted"),
            *("--action-cache-path", str(scratch / "act"), "--cache-server-port", "0"),
            *_local_repositories(project),
            *arguments,
        ],
        cwd=project,
        env={**environment, "PATH": f"{programs}:{path}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Ended(
        exit_code=completed.returncode,
        events=tuple(_events((completed.stdout + completed.stderr).splitlines())),
        artifacts=artifacts,
    )


def _events(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            yield {"msg": line}


def _local_repositories(project: Path) -> Iterator[str]:
    """The flags that put a stand-in in the place of every action but the checkout, act's own."""
    texts = (file.read_text(encoding="utf-8") for file in project.glob(".github/**/*.yml"))
    used = {(found["name"], found["commit"]) for text in texts for found in _USES.finditer(text)}
    for name, sha in sorted(used - {pair for pair in used if pair[0] == "actions/checkout"}):
        folder = STAND_INS / name.rpartition("/")[2]
        assert folder.is_dir(), f"there is no stand-in for {name}"
        yield from ("--local-repository", f"{name}@{sha}={folder}")


def _folders() -> dict[str, str]:
    """Where rustup, cargo and docker keep what they have; jobs have a home of their own."""
    home = Path.home()
    return {
        "DOCKER_CONFIG": os.environ.get("DOCKER_CONFIG", str(home / ".docker")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(home / ".rustup")),
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(home / ".cargo")),
    }


DIGEST = f"sha256:{'0123456789abcdef' * 4}"
"""Of each image in the registry that there is not."""


def _programs(folder: Path) -> Path:
    """Programs that come first on PATH.

    A docker that asks no registry whether an image is there: STAND_IN_PRESENT says so, DIGEST is
    its digest then, and STAND_IN_TAG says whether the registry gives it another name. A rustup that
    fetches no component. And a bash that ends a moment after a failure, because act stops reading
    the output of a failed step at once (`HostEnvironment.exec`) and would lose its last lines.
    """
    _script(
        folder / "docker",
        'if [ "$1 $2" = "manifest inspect" ]; then',
        '  [ "$STAND_IN_PRESENT" = true ]',
        "  exit",
        "fi",
        'if [ "$1 $2 $3" = "buildx imagetools inspect" ]; then',
        '  [ "$STAND_IN_PRESENT" = true ] || exit',
        f'  echo "{DIGEST}"',
        "  exit",
        "fi",
        'if [ "$1 $2" = "buildx imagetools" ]; then',
        '  [ "$STAND_IN_TAG" != failure ]',
        "  exit",
        "fi",
        f'exec {shutil.which("docker") or "false"} "$@"',
    )
    _script(
        folder / "rustup",
        'if [ "$1 $2" = "component add" ]; then',
        '  echo "rustup: $*"',
        "  exit",
        "fi",
        f'exec {shutil.which("rustup") or "false"} "$@"',
    )
    _script(
        folder / "bash",
        f'{shutil.which("bash")} "$@" && exit',
        "code=$?",
        "sleep 0.3",
        "exit $code",
    )
    return folder


def _script(file: Path, *lines: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    file.chmod(0o755)
