"""What `fmt` formats: the members of the workspace, and no file of anybody else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Command, Output
from tasker_ci.tools.cargo import cargo, color_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Workspace

_NAMED = 5
"""So many files are named in a message."""


def format_command(
    context: Context, environment: Mapping[str, str], root: Path, *rustfmt: str
) -> Command:
    """`cargo fmt` for every member of the workspace whose ``root`` is given.

    In the root folder plain `cargo fmt` formats all members and nothing else, also where the root
    is a package. `--all` would follow path dependencies into other repositories.
    https://github.com/rust-lang/rustfmt/blob/main/src/cargo-fmt/main.rs (``get_targets_root_only``)
    """
    words = (*rustfmt, *color_arguments(context))
    command = cargo(context, "fmt", *(("--", *words) if words else ()), environment=environment)
    return Command(argv=command.argv, cwd=root, environment=command.environment)


def check_that_files_are_ours(
    context: Context, environment: Mapping[str, str], workspace: Workspace
) -> None:
    """Raise `CommandFailed` if formatting would write outside of the repository.

    rustfmt follows every `mod`, also one whose `#[path]` or symbolic link leads away. A file is
    ours if it lies in the repository, or in the folder of a member.
    """
    question = format_command(context, environment, workspace.root, "--check", "-l")
    answer = context.runner.run(question, output=Output.CAPTURE)
    ours = [*_own_folders(context, workspace)]
    files = [Path(line) for line in answer.stdout.splitlines() if line.strip()]
    strange = [
        str(file)
        for file in dict.fromkeys(file.resolve() for file in files)
        if not any(file.is_relative_to(folder) for folder in ours)
    ]
    if not strange:
        return
    more = f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else ""
    message = (
        f"Formatting would change files outside of {ours[0]}: "
        f"{', '.join(strange[:_NAMED])}{more}. A member reaches them through `#[path]` or a "
        "symbolic link. Nothing was changed."
    )
    step = f"Format those files where they belong, or run `cargo fmt` in {workspace.root} yourself."
    raise CommandFailed(message, exit_code=1, next_step=step)


def _own_folders(context: Context, workspace: Workspace) -> Iterator[Path]:
    root = workspace.root.resolve()
    yield next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    yield context.project_root.resolve()
    yield from (package.manifest.parent.resolve() for package in workspace.packages)
