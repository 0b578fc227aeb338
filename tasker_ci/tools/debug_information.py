"""Debug information that nobody reads is not made: it costs the compiler and the linker time.

Under CI cargo keeps line tables alone: file and line of a backtrace, without the rest. On a laptop
that would rebuild the user's own target directory; there doctests alone are linked without debug
information, because they are linked anew each time. A value that the project sets itself stays.
https://doc.rust-lang.org/cargo/reference/profiles.html#debug
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, with_arguments
from tasker_ci.rust.cargo_configuration import CargoConfiguration, part
from tasker_ci.settings.environment import is_ci
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

KEY = "profile.dev.debug"
"""The profile of tests inherits it."""

VARIABLE = "CARGO_PROFILE_DEV_DEBUG"
LINE_TABLES = "line-tables-only"

_DOCTEST_FLAGS = "build.rustdocflags"
_STRIPPED = ("--config", f'{_DOCTEST_FLAGS}=["-Cstrip=debuginfo"]')
"""Names of functions stay in a backtrace. Cargo builds nothing anew for flags of doctests."""

_COMPILING = {
    ("build",): 1,
    ("check",): 1,
    ("clippy",): 1,
    ("doc",): 1,
    ("run",): 1,
    ("test",): 1,
    ("nextest", "run"): 2,
    ("nextest", "list"): 2,
}
"""What compiles in this profile, and how many words come before its flags."""


def has_line_tables(context: Context, environment: Mapping[str, str]) -> bool:
    """Whether cargo is told to keep line tables alone: by the setting, and by nobody else."""
    wanted = context.settings.debug_information
    if wanted == "profile" or (wanted == "auto" and not is_ci(context.environment)):
        return False
    if CargoConfiguration.read(context.workspace, environment).find(KEY) is not None:
        return False
    manifest = read_tables(context.workspace / "Cargo.toml")
    return "debug" not in part(part(manifest, "profile"), "dev")


def with_debug_information(
    context: Context, arguments: tuple[str, ...], environment: Mapping[str, str]
) -> tuple[str, ...]:
    """The words behind `cargo`, with `--config` where they compile and line tables are wanted.

    As an argument, because a variable would reach the tests.
    """
    place = next((at for words, at in _COMPILING.items() if arguments[: len(words)] == words), 0)
    if not place or not has_line_tables(context, environment):
        return arguments
    return (*arguments[:place], "--config", f'{KEY}="{LINE_TABLES}"', *arguments[place:])


def with_bare_doctests(context: Context, command: Command) -> Command:
    """A command of doctests that links them without debug information, on a laptop.

    Under CI their backtraces keep file and line. On other systems a program would strip it.
    """
    configuration = CargoConfiguration.read(context.workspace, command.environment)
    names = ("CARGO_ENCODED_RUSTDOCFLAGS", "RUSTDOCFLAGS")
    if (
        context.settings.debug_information != "auto"
        or is_ci(context.environment)
        or not sys.platform.startswith("linux")
        or configuration.find(_DOCTEST_FLAGS, variables=names) is not None
    ):
        return command
    return with_arguments(command, *_STRIPPED)


def debug_variables(context: Context, environment: Mapping[str, str]) -> dict[str, str]:
    """The same as variables, for a command of the project's own that builds and runs no test."""
    return {VARIABLE: LINE_TABLES} if has_line_tables(context, environment) else {}
