"""Read everything that the rules look at. Nothing of the repository is started."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.checkout import read_checkout
from tasker_ci.foreign.places import Opaque
from tasker_ci.foreign.reading import in_order, may_test, read_ci
from tasker_ci.foreign.selections.joining import joined
from tasker_ci.foreign.selections.reading import Repository, selections_of
from tasker_ci.rust.build_scripts import BuildScripts
from tasker_ci.rust.files import read_tree
from tasker_ci.rust.manifests.reading import find_workspaces
from tasker_ci.rust.reach import reach_of
from tasker_ci.sessions.inventory.public import Unreached
from tasker_ci.sessions.review.possible_starts import PossibleStarts
from tasker_ci.sessions.review.subject import ReviewedWorkspace, Subject
from tasker_ci.sessions.review.test_data import is_test_data
from tasker_ci.tools.rust_sources import reading

if TYPE_CHECKING:
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.inventory.public import InventoryFinding


def looked_at(context: Context, root: Path) -> Subject:
    """Everything that the rules look at in the repository at ``root``."""
    checkout = read_checkout(root, context.runner, context.environment)
    ci = read_ci(checkout)
    workspaces = find_workspaces(checkout)
    sources = {each.root: _sources(context, each) for each in workspaces}
    repository = Repository(
        texts=checkout,
        workspaces=workspaces,
        scripts={folder: scripts for folder, (_, _, scripts) in sources.items()},
    )
    opaque, builds = [*ci.opaque], [*ci.opaque_builds]
    found: list[Selection] = []
    starts = PossibleStarts(repository=repository)
    possible: dict[Path, list[Selection]] = defaultdict(list)
    for invocation in ci.invocations:
        for each in selections_of(invocation, repository):
            if isinstance(each, Opaque):
                if (selected := starts.selections(invocation)) is not None:
                    builds.append(each)  # said, and no reason to claim nothing
                    for one in selected:
                        possible[one.workspace.root].append(one)
                    continue
                (opaque if may_test(invocation) else builds).append(each)
            else:
                found.append(each)
    selections: dict[Path, list[Selection]] = defaultdict(list)
    for selection in joined(found):
        selections[selection.workspace.root].append(selection)
        unread = opaque if may_test(selection.invocation) else builds
        unread += selection.opaque
    return Subject(
        reading=ci,
        workspaces=tuple(
            ReviewedWorkspace(
                workspace=each,
                reach=sources[each.root][0],
                selections=tuple(selections[each.root]),
                possible=tuple(possible[each.root]),
                orphans=sources[each.root][1],
            )
            for each in workspaces
            if selections[each.root] or not is_test_data(_path(each, checkout), checkout)
        ),
        opaque=in_order(opaque),
        opaque_builds=in_order(each for each in builds if each not in opaque),
    )


def _path(workspace: Workspace, checkout: Checkout) -> PurePosixPath:
    return PurePosixPath(os.path.relpath(workspace.root, checkout.root))


def _sources(
    context: Context, workspace: Workspace
) -> tuple[Reach, tuple[InventoryFinding, ...], BuildScripts]:
    """What the targets of a workspace reach, the files that they do not, and build scripts."""
    with reading(context, workspace, ()) as sources:
        reach = reach_of(workspace, sources)
        tree = read_tree(workspace, context.runner, context.environment)
        members = {package.manifest.parent for package in workspace.packages}
        unreached = Unreached(
            workspace=workspace,
            tree=tree,
            reach=reach,
            sources=sources,
            strangers=tree.manifests.keys() - members,
        )
        orphans = tuple(unreached.of_members())
    return reach, orphans, BuildScripts(reach=reach, manifests=tree.manifests)
