"""The images of the services: made of what cargo has built, or fetched, before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ImageFailed
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.base import GRACE_SECONDS
from tasker_ci.stack.binaries import binaries_directory, build_programs, fill_contexts, programs
from tasker_ci.stack.build_steps import builder_flags, without_steps
from tasker_ci.stack.compose_environment import binaries_context
from tasker_ci.stack.docker import last_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.process.command import Runner
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.settings.model import IntegrationSettings
    from tasker_ci.stack.compose_file import ComposeFile
    from tasker_ci.stack.docker import Docker

_SIMPLE = frozenset({"args", "context", "dockerfile", "labels", "target"})
"""What the build of a service may say for `docker build` to do the same."""


def build_binaries(
    file: ComposeFile,
    settings: IntegrationSettings,
    environment: Mapping[str, str],
    runner: Runner,
    reporter: Reporter,
) -> Path | None:
    """Let cargo build the programs on this machine, if an image of the stack is made of them.

    Returns what `build_programs` returns, and raises what it raises.
    """
    if not settings.build or not file.needs_programs:
        return None
    command = Command(
        argv=settings.build,
        cwd=file.plan.workspace,
        environment=environment,
        grace_seconds=GRACE_SECONDS,
    )
    return build_programs(
        command,
        runner,
        reporter,
        names=_names(file, settings),
        seconds=settings.build_seconds,
    )


def _names(file: ComposeFile, settings: IntegrationSettings) -> tuple[str, ...]:
    return programs(settings.services[each.service].command for each in file.plan.services)


def build_images(
    file: ComposeFile,
    settings: IntegrationSettings,
    docker: Docker,
    reporter: Reporter,
    binaries: Path | None = None,
    *,
    hide: Callable[[str], str],
) -> None:
    """Build what has a Dockerfile and fetch what has none, each with a deadline of its own.

    ``binaries`` is the folder that the build named; without one it follows from the settings.
    ``hide`` takes secrets out of what is printed: a step may print its arguments.
    Raises `MissingToolError` for a program that is not there, `ImageFailed`, `CommandTimedOut` or
    `DockerUnavailable`.
    """
    plan = file.plan
    if file.needs_programs:
        names = _names(file, settings)
        place = binaries or binaries_directory(
            plan.workspace, plan.environment, settings.build, names
        )
        fill_contexts(binaries_context(plan.folder), names, place)

    def order(command: Command, what: str) -> None:
        _order(command, docker, reporter, settings.build_seconds, what, hide)

    for command in build_commands(file, builder_flags(docker, plan.run)):
        what = "The images of the services cannot be built"
        with without_steps(docker, plan.run):
            order(command, what)
    fetched = {row["image"]: name for name, row in file.started.items() if not row.get("build")}
    if fetched and docker.run("image", "inspect", *fetched).exit_code:
        command = file.command("pull", "--policy", "missing", *fetched.values())
        what = "Images of the stack cannot be fetched"
        order(command, what)


def build_commands(file: ComposeFile, flags: tuple[str, ...]) -> tuple[Command, ...]:
    """The commands that build the images of the stack: one for each, with ``flags``.

    Compose could build them too, but drives the classic builder so that a step which fails leaves
    its container behind, without a label by which it could be found again, and wants a newer buildx
    than Debian or Ubuntu have. Builds that say more than we tell `docker build` are left to it.
    """
    rows = {name: row for name, row in file.started.items() if row.get("build")}
    if any(set(row["build"]) - _SIMPLE for row in rows.values()):
        return (file.command("build", *rows),)
    return tuple(
        _build_command(file, flags, row.get("image") or f"{file.plan.run}-{name}", row["build"])
        for name, row in rows.items()
    )


def _build_command(
    file: ComposeFile, flags: tuple[str, ...], tag: str, build: Mapping[str, Any]
) -> Command:
    """`docker build` of one image; arguments go through the environment, where nobody sees them."""
    context = build["context"]
    arguments = build.get("args") or {}
    given = {name: value for name, value in arguments.items() if value is not None}
    words = ["docker", "build", *flags, "--tag", tag]
    words += ["--file", str(Path(context) / build.get("dockerfile", "Dockerfile"))]
    if build.get("target"):
        words += ["--target", build["target"]]
    for name in sorted(given):
        words += ["--build-arg", name]
    for name, value in sorted((build.get("labels") or {}).items()):
        words += ["--label", f"{name}={value}"]
    return Command(
        argv=(*words, context),
        cwd=file.plan.workspace,
        environment={**file.environment, **given},
    )


def _order(
    command: Command,
    docker: Docker,
    reporter: Reporter,
    seconds: float,
    what: str,
    hide: Callable[[str], str],
) -> None:
    """Run what takes a while: its steps are shown as they come, everything where it fails."""

    def show(line: str) -> None:
        if line.startswith("Step "):
            reporter.output(hide(line))

    with reporter.running(str(command)):
        answer = docker.runner.run(
            command,
            output=Output.CAPTURE_BOTH,
            timeout=seconds,
            on_line=show,
            on_error_line=lambda line: reporter.output(hide(line)),
        )
        if answer.exit_code:
            reporter.output(hide(answer.stdout.rstrip()))
    if answer.exit_code:
        docker.check_daemon()
        reason = hide(last_line(answer.stderr) or last_line(answer.stdout))
        step = "Read what was printed above."
        raise ImageFailed(f"{what}: {reason}", next_step=step, exit_code=answer.exit_code)
