"""The programs that cargo has built for the services: where they lie, and a place to copy from."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tasker_ci.cargo_configuration import target_directory
from tasker_ci.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PLACE = "{binaries}"
"""What stands for the folder of the binaries in a service's command."""

_EXECUTABLE = 0o755


def binaries_directory(
    workspace: Path, environment: Mapping[str, str], build: tuple[str, ...]
) -> Path:
    """Where the command ``build`` (``cargo build …``) puts the programs.

    https://doc.rust-lang.org/cargo/reference/build-cache.html
    """
    options = _options(build)
    directory = options.get("--target-dir")
    root = workspace / directory if directory else target_directory(workspace, environment)
    triple = options.get("--target") or environment.get("CARGO_BUILD_TARGET", "")
    release = "--release" in build or "-r" in build
    profile = options.get("--profile") or ("release" if release else "dev")
    folder = {"dev": "debug", "test": "debug", "bench": "release"}.get(profile, profile)
    return root / triple / folder


def programs(commands: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The names of the programs that service commands take from the binaries' folder."""
    names = (command[0] for command in commands if command)
    return tuple(
        dict.fromkeys(
            name.removeprefix(f"{PLACE}/") for name in names if name.startswith(f"{PLACE}/")
        )
    )


def fill_contexts(folder: Path, names: Iterable[str], directory: Path) -> None:
    """Make ``folder/NAME/NAME`` of each program: one small build context for each image.

    Linked, not copied, where it lies on the same disk. Raises `MissingToolError` for a program
    that has not been built.
    """
    for name in names:
        source = directory / name
        if not source.is_file():
            raise MissingToolError(
                f"The program {source} is not there, which an image is made of.",
                next_step="Run without `--no-build`; if it still is missing, the setting "
                "`integration.build` does not build it.",
            )
        target = folder / name / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
            target.chmod(_EXECUTABLE)


def _options(words: tuple[str, ...]) -> dict[str, str]:
    """Options with a value, in either spelling; what follows ``--`` is not cargo's."""
    result = {}
    own = words[: words.index("--")] if "--" in words else words
    for position, word in enumerate(own):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            result[name] = value if equals else next(iter(own[position + 1 :]), "")
    return result
