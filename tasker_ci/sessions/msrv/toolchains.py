"""Which toolchain is exactly the Rust that a package names, and the line that gets it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasker_ci.process.absent_programs import GET_RUST
from tasker_ci.process.command import Command
from tasker_ci.rust.cargo_configuration import CargoConfiguration
from tasker_ci.tools.installed_toolchains import installed_toolchains, is_among
from tasker_ci.tools.rust_programs import RustPrograms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.context import Context

CHOSEN = ""
"""The toolchain that the workspace has chosen, where it is the one."""


def toolchains_here(
    context: Context, environment: Mapping[str, str], versions: Iterable[str]
) -> dict[str, str | None]:
    """The toolchain for each version, as cargo's ``+name``; `CHOSEN`, or None for one not here."""
    programs = RustPrograms.of(context, environment)
    names = installed_toolchains(context, environment)
    release = programs.release_in(programs.start(programs.compiler_version()))
    return {each: toolchain_in(names, each, release) for each in versions}


def toolchain_in(names: Iterable[str], version: str, release: str | None) -> str | None:
    """The one among rustup's ``names``; ``release`` is that of the chosen toolchain.

    ``1.70-x86_64-…`` is the newest 1.70, which a `rust-version` of 1.70 names as well.
    """
    known = tuple(names)
    short = version.removesuffix(".0") if version.count(".") > 1 else version
    for wanted in dict.fromkeys((version, short)):
        if is_among(known, wanted):
            return wanted
    return CHOSEN if release == version else None


def installation(context: Context, environment: Mapping[str, str], versions: Iterable[str]) -> str:
    """The line that installs the toolchains of these versions."""
    if not RustPrograms.of(context, environment).has("rustup"):
        return f"Install rustup, which can have several Rusts: {GET_RUST}"
    return shlex.join(install_command(context, environment, tuple(versions)).argv)


def install_command(
    context: Context, environment: Mapping[str, str], versions: tuple[str, ...]
) -> Command:
    """Rustup's command for them, with what the workspace builds for."""
    names = CargoConfiguration.read(context.workspace, environment).target_names
    targets = [each for each in names if not each.endswith(".json") and each != "host-tuple"]
    words = ("--target", ",".join(targets)) if targets else ()
    return Command(
        argv=(
            *("rustup", "toolchain", "install", *versions, "--profile", "minimal"),
            *words,
            "--no-self-update",
        ),
        cwd=context.workspace,
        environment=environment,
    )
