"""Which toolchains rustup has, and how to get another that a session needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.errors import NotChecked, ToolchainError
from tasker_ci.process.absent_programs import GET_RUST
from tasker_ci.process.command import Command, Output
from tasker_ci.settings.environment import is_ci
from tasker_ci.tools.rust_programs import RustPrograms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.context import Context


class NotAvailable(ToolchainError):
    """A toolchain besides the workspace's own is not installed, or cannot fetch."""


class NotAvailableHere(NotAvailable, NotChecked):
    """The same on a machine that need not have it."""


def installed_toolchains(context: Context, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names that rustup has; none without rustup."""
    if not RustPrograms.of(context, environment).has("rustup"):
        return ()
    command = Command(
        argv=("rustup", "toolchain", "list"), cwd=context.workspace, environment=environment
    )
    answer = context.runner.run(command, output=Output.CAPTURE)
    return tuple(line.split()[0] for line in answer.stdout.splitlines() if line.strip())


def is_among(names: Iterable[str], wanted: str) -> bool:
    """Whether one is the ``wanted``, with or without the machine behind it.

    ``nightly-2026-01-01`` is no ``nightly``: rustup does not take it for one.
    """
    form = re.compile(rf"{re.escape(wanted)}(?:-[^\d].*)?")
    return any(form.fullmatch(name) for name in names)


def check_installed(
    context: Context,
    environment: Mapping[str, str],
    toolchain: str,
    *,
    components: tuple[str, ...] = (),
) -> None:
    """Raise unless rustup has a toolchain with all ``components``; nothing is installed.

    `NotAvailable` under CI, and elsewhere `NotAvailableHere`, which `ci` goes on
    without.
    """
    if is_among(installed_toolchains(context, environment), toolchain):
        lacking = [each for each in components if not _has(context, environment, toolchain, each)]
        if not lacking:
            return
        names = " and ".join(lacking)
        message = f"The Rust toolchain {toolchain} is here without {names}."
    else:
        message = f"The Rust toolchain {toolchain} is not installed."
    kind = NotAvailable if is_ci(context.environment) else NotAvailableHere
    raise kind(message, next_step=installation_line(context, environment, toolchain, components))


def cannot_fetch(context: Context, reason: str) -> NotAvailable:
    """The error where cargo had no network, so that nothing was looked at; of the same kinds."""
    kind = NotAvailable if is_ci(context.environment) else NotAvailableHere
    return kind(
        f"Cargo could not fetch what it needs: {reason}.", next_step="Run it again with a network."
    )


def installation_line(
    context: Context,
    environment: Mapping[str, str],
    toolchain: str,
    components: Iterable[str] = (),
) -> str:
    """The line that gets it."""
    if not RustPrograms.of(context, environment).has("rustup"):
        return f"Install rustup, which can have several Rusts: {GET_RUST}"
    words = "".join(f" --component {each}" for each in components)
    return f"rustup toolchain install {toolchain} --profile minimal{words}"


def _has(context: Context, environment: Mapping[str, str], toolchain: str, component: str) -> bool:
    command = Command(
        argv=("rustup", "component", "list", "--installed", "--toolchain", toolchain),
        cwd=context.workspace,
        environment=environment,
    )
    answer = context.runner.run(command, output=Output.CAPTURE)
    return is_among(answer.stdout.split(), component)
