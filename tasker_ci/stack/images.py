"""The database's image: given, present, built, or a public one in its place."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut, ImageFailed
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.build_steps import builder_flags, without_steps
from tasker_ci.stack.compose_environment import POSTGRES_IMAGE
from tasker_ci.stack.docker import Docker, docker_client, docker_environment, last_line
from tasker_ci.stack.extensions import created_extensions, extensions_of, migrations_folder
from tasker_ci.stack.image_recipe import Recipe, context_files, declared
from tasker_ci.stack.old_images import label_of, remove_old_images
from tasker_ci.stack.runs import new_name
from tasker_ci.text.file_reading import read_bytes, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.process.command import Runner
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.settings.model import DatabaseSettings

REPOSITORY = "tasker-ci/database"

PGMQ_ARGUMENT = "PGMQ_SQL"
"""The build argument that says where PGMQ's script comes from: an address, or a file."""

_CHECKSUM_ARGUMENT = "PGMQ_SHA256"
_SCRIPT = "pgmq.sql"
_NOT_FOR_BUILDS = frozenset({"HOME", "PATH", "USER"})


class ImageOrigin(StrEnum):
    """How the image came to be used."""

    GIVEN = "given by POSTGRES_IMAGE"
    PRESENT = "built before from the same inputs"
    BUILT = "built now"
    FALLBACK = "in place of one that could not be built"


@dataclass(frozen=True, kw_only=True)
class DatabaseImage:
    """The image that the database of the stack runs on."""

    name: str
    origin: ImageOrigin
    lacking: tuple[str, ...] = ()
    """Extensions that the migrations create and the image is not known to have."""


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """Where to look and what to ask for one image."""

    workspace: Path
    settings: DatabaseSettings
    environment: Mapping[str, str]
    """The environment of this machine's side; a build argument that it sets is given."""
    build_seconds: float
    packages: tuple[str, ...] | None = None
    """Where installed packages lie, for PGMQ's script; by default `sys.path`."""

    @property
    def dockerfile(self) -> Path:
        """The Dockerfile; the folder that it lies in is the build context."""
        return self.workspace / self.settings.image_file


def database_image(
    source: ImageSource, runner: Runner, reporter: Reporter, *, rebuild: bool = False
) -> DatabaseImage | None:
    """Return the image of the database, building it if it is not there; None if there is none.

    POSTGRES_IMAGE wins. The tag is a hash of all inputs, so that one that is there is the right
    one (``rebuild`` does not believe it). What cannot be built is replaced by the setting
    `integration.database.fallback-image`, with a warning. Raises `ImageFailed` if that fails too,
    `DaemonUnreachable` if no daemon answers.
    """
    given = source.environment.get(POSTGRES_IMAGE, "")
    if given:
        return DatabaseImage(name=given, origin=ImageOrigin.GIVEN)
    if not source.settings.service:
        return None
    docker = docker_client(runner, source.environment)
    if not source.dockerfile.is_file():
        if not source.settings.fallback_image:
            return None  # the compose file names its own
        return _fallback(source, docker, reporter, f"there is no {source.settings.image_file}")
    try:
        return _built(source, docker, reporter, rebuild=rebuild)
    except (ImageFailed, CommandTimedOut) as failure:
        if not source.settings.fallback_image:
            raise
        return _fallback(source, docker, reporter, failure.message)


def build_command(
    source: ImageSource,
    context: Path,
    arguments: Mapping[str, str],
    tag: str,
    flags: tuple[str, ...] = (),
) -> Command:
    """The command that builds the image from a context; ``flags`` are those of the builder."""
    given = (word for pair in sorted(arguments.items()) for word in _build_argument(*pair))
    name = source.dockerfile.name
    return Command(
        argv=(
            *("docker", "build", *flags, "--tag", tag),
            *("--label", label_of(source.workspace)),
            *given,
            *("--file", str(context / name), str(context)),
        ),
        cwd=source.workspace,
        environment=docker_environment(source.environment),
    )


def image_arguments(source: ImageSource, *, script: Path | None) -> dict[str, str]:
    """The build arguments: those that the environment sets, and PGMQ's script if it is here."""
    names = declared(read_text(source.dockerfile))
    given = {
        name: source.environment[name]
        for name in names
        if source.environment.get(name) and name not in _NOT_FOR_BUILDS
    }
    if script is not None and PGMQ_ARGUMENT not in given:
        given[PGMQ_ARGUMENT] = _SCRIPT
    return given


def pgmq_script(source: ImageSource) -> Path | None:
    """PGMQ's script as the wheel `pgmq` has it, if it is the one that the Dockerfile wants.

    With it nothing has to be downloaded while building.
    """
    names = declared(read_text(source.dockerfile))
    if PGMQ_ARGUMENT not in names:
        return None
    from tasker_ci.stack.native_parts import wheels_folder
    from tasker_ci.tools.places import tools_root

    packages = sys.path if source.packages is None else source.packages
    folders = (wheels_folder(tools_root(source.environment)), *map(Path, packages))
    return next(filter(None, (_matching(folder, names) for folder in folders)), None)


def _matching(folder: Path, names: Mapping[str, str]) -> Path | None:
    import hashlib

    file = folder / "pgmq" / "sql" / _SCRIPT
    if not file.is_file():
        return None
    wanted = names.get(_CHECKSUM_ARGUMENT, "")
    if wanted and hashlib.sha256(read_bytes(file)).hexdigest() != wanted:
        return None
    return file


def _build_argument(name: str, value: str) -> tuple[str, str]:
    return "--build-arg", f"{name}={value}"


def _built(
    source: ImageSource, docker: Docker, reporter: Reporter, *, rebuild: bool
) -> DatabaseImage:
    script = pgmq_script(source)
    with _context(source, script) as context:
        recipe = Recipe(
            dockerfile=read_text(source.dockerfile),
            arguments=image_arguments(source, script=script),
            files=context_files(context),
        )
        ids = {base: _base_id(docker, base, reporter, source) for base in recipe.bases}
        tag = f"{REPOSITORY}:{recipe.digest(ids)}"
        if not rebuild and _id(docker, tag):
            return DatabaseImage(name=tag, origin=ImageOrigin.PRESENT)
        run = source.environment.get(MARK) or new_name()
        command = build_command(source, context, recipe.arguments, tag, builder_flags(docker, run))
        what = f"The image of {source.settings.image_file} cannot be built"
        with without_steps(docker, run):
            _run(docker, command, reporter, source.build_seconds, what=what)
    remove_old_images(docker, REPOSITORY, source.workspace, newest=tag)
    return DatabaseImage(name=tag, origin=ImageOrigin.BUILT)


@contextmanager
def _context(source: ImageSource, script: Path | None) -> Iterator[Path]:
    """The Dockerfile's folder, or a copy of it with PGMQ's script: nothing is written there.

    The copy lies in the folder of the run, if there is one, and goes with it at the latest.
    """
    folder = source.dockerfile.parent
    if script is None:
        yield folder
        return
    run = Path(source.environment.get(FOLDER_MARK) or "/nowhere")
    place = run if run.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="tasker-ci-image-", dir=place) as name:
        copy = Path(name) / "context"
        shutil.copytree(folder, copy, symlinks=True)
        shutil.copyfile(script, copy / _SCRIPT)
        yield copy


def _base_id(docker: Docker, image: str, reporter: Reporter, source: ImageSource) -> str:
    """The id of a base image, which is fetched if it is not here, so that the tag can name it."""
    if (found := _id(docker, image)) is None:
        _run(
            docker,
            docker.command("pull", image),
            reporter,
            source.build_seconds,
            what=f"The base image {image} of {source.settings.image_file} cannot be fetched",
        )
        found = _id(docker, image)
    return found or ""


def _id(docker: Docker, image: str) -> str | None:
    """The id of an image of this machine; None if it is not here."""
    answer = docker.run("image", "inspect", "--format", "{{.Id}}", image)
    if answer.exit_code and "no such image" not in answer.stderr.lower():
        docker.check_daemon()
    return answer.stdout.strip() if answer.exit_code == 0 else None


def _run(
    docker: Docker, command: Command, reporter: Reporter, seconds: float, *, what: str
) -> None:
    """Run with its output shown as it comes; raises `ImageFailed` with the reason it gave."""

    def show(line: str) -> None:
        reporter.output(line)

    with reporter.running(str(command)):
        answer = docker.runner.run(
            command, output=Output.CAPTURE_BOTH, timeout=seconds, on_line=show, on_error_line=show
        )
    if answer.exit_code:
        docker.check_daemon()
        reason = last_line(answer.stderr) or last_line(answer.stdout)
        raise ImageFailed(
            f"{what}: {reason}",
            next_step="Read what the command printed above; POSTGRES_IMAGE names another image.",
            exit_code=answer.exit_code,
        )


def _fallback(
    source: ImageSource, docker: Docker, reporter: Reporter, reason: str
) -> DatabaseImage:
    name = source.settings.fallback_image
    reporter.warning(f"{reason.rstrip('.')}. Using {name} in its place.")
    folder = migrations_folder(source.settings.migrate, source.workspace)
    lacking = tuple(sorted(created_extensions(folder) - extensions_of(name)))
    if lacking:
        reporter.warning(
            f"{name} is not known to have {_listed(lacking)}, which {folder.name}/ creates: "
            "migrating will most likely fail."
        )
    if not _id(docker, name):
        what = f"{reason.rstrip('.')}; and its fallback {name} cannot be fetched"
        command = docker.command("pull", name)
        _run(docker, command, reporter, source.build_seconds, what=what)
    return DatabaseImage(name=name, origin=ImageOrigin.FALLBACK, lacking=lacking)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
