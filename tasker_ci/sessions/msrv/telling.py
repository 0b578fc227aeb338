"""What a broken promise means: the place, the fix, and the line that repeats it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.reporter import Table, to_markdown
from tasker_ci.sessions.msrv.promises import declaration_of
from tasker_ci.text.plurals import counted
from tasker_ci.tools.code_annotations import annotate_code
from tasker_ci.tools.feature_advice import first_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Package, Workspace
    from tasker_ci.sessions.msrv.checked import Checked
    from tasker_ci.tools.first_errors import Obstacle

_NAMED = 5
"""So many packages are named in one line."""


def tell_broken(context: Context, workspace: Workspace, checked: Sequence[Checked]) -> None:
    """A table of what was found, and annotations at the lines."""
    rows = tuple(
        (
            each.promise.version,
            obstacle.package or named(each.promise.names),
            str(obstacle),
            fix_of(workspace, each, obstacle),
        )
        for each in checked
        for obstacle in each.obstacles
    )
    table = Table(columns=("Rust", "package", "first error", "fix"), rows=rows)
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    found = [obstacle.as_finding() for each in checked for obstacle in each.obstacles]
    annotate_code(context, "msrv", workspace.root, found)


def fix_of(workspace: Workspace, checked: Checked, obstacle: Obstacle) -> str:
    """What helps against one obstacle."""
    if checked.also_now:
        step = first_error("msrv.features", refused=checked.refused)
        step = step[0].lower() + step[1:-1]
        return f"it does not compile with the workspace's own Rust either: {step}"
    own = next((each for each in checked.promise.packages if each.name == obstacle.package), None)
    if obstacle.needs and own is None:
        spec = f"{obstacle.package}@{obstacle.release}"
        return (
            f"raise {_declared(workspace, checked.promise.packages[0])} to {obstacle.needs}, or "
            f"lock an older one: cargo update {spec} --precise VERSION"
        )
    if own is None and obstacle.package:
        first = _declared(workspace, checked.promise.packages[0])
        return f"raise {first}, or lock an older {obstacle.package}"
    declared = _declared(workspace, own or checked.promise.packages[0])
    return f"change {'the code' if obstacle.file else 'that'}, or raise {declared}"


def again(context: Context, checked: Checked, obstacle: Obstacle) -> str:
    """The line that repeats it."""
    names = checked.promise.names
    chosen = [obstacle.package] if obstacle.package in names else list(names[:1])
    return context.face.command_line("msrv", "--package", *chosen)


def data_of(context: Context, workspace: Workspace, checked: Checked) -> dict[str, Any]:
    """What `--json` says of one promise."""
    return {
        "rust": checked.promise.version,
        "packages": list(checked.promise.names),
        "kept": checked.kept,
        "lock": checked.lock.told,
        "seconds": round(checked.seconds, 3),
        "findings": [
            {
                **obstacle.data(),
                "fix": fix_of(workspace, checked, obstacle),
                "repeat": again(context, checked, obstacle),
            }
            for obstacle in checked.obstacles
        ],
    }


def named(names: Sequence[str]) -> str:
    """A few names, and how many others there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {counted(more, 'other')}" if more > 0 else "")


def _declared(workspace: Workspace, package: Package) -> str:
    file, line = declaration_of(package, workspace.root)
    place = os.path.relpath(file, workspace.root) + (f":{line}" if line else "")
    return f"`rust-version` in {place}"
