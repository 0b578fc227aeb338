"""What the sessions select in a workspace: their command lines, read like those of any CI."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.checkout import Checkout
from tasker_ci.foreign.own_calls import own_command, own_selections
from tasker_ci.foreign.selections.reading import Repository
from tasker_ci.sessions.tests.public import whole_runs
from tasker_ci.settings.model import features_of_table
from tasker_ci.tools.cargo import feature_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.foreign.selections.selection import Selection
    from tasker_ci.rust.build_scripts import BuildScripts
    from tasker_ci.rust.cfg import CompilerCfg, Platforms
    from tasker_ci.rust.workspace import Workspace

_BUILDS = {"examples": ("build", "--examples"), "clippy": ("clippy", "--all-targets")}
"""Sessions that run no test, and what they build of the whole workspace."""

Words = tuple[str, ...]


def session_selections(
    context: Context, workspace: Workspace, scripts: BuildScripts, platforms: Platforms | None
) -> Mapping[str, tuple[Selection, ...]]:
    """By session what its commands select, once for each of the ``platforms``.

    What is set for `cfg` is what the compiler said of them: None where it did not.
    """
    repository = Repository(
        texts=Checkout(root=workspace.root, files=frozenset()),
        workspaces=(workspace,),
        scripts={workspace.root: scripts},
    )
    lines = {**whole_runs(context, workspace), **_builds(context)}
    return {
        session: tuple(
            each for words in commands for each in _selected(session, words, platforms, repository)
        )
        for session, commands in lines.items()
    }


def _builds(context: Context) -> Mapping[str, tuple[Words, ...]]:
    return {
        session: (
            (
                *("cargo", words[0], "--workspace", *words[1:]),
                *feature_words(features_of_table(session, context.settings)),
            ),
        )
        for session, words in _BUILDS.items()
    }


def _selected(
    session: str, words: Words, platforms: Platforms | None, repository: Repository
) -> Iterator[Selection]:
    for tests, documentation in _cfgs(platforms):
        target = ("--target", tests.target) if tests else ()
        for each in own_selections(own_command(session, (*words, *target)), repository):
            yield replace(each, cfg=tests, documentation_cfg=documentation, flags_known=True)


def _cfgs(platforms: Platforms | None) -> Iterator[tuple[CompilerCfg | None, CompilerCfg | None]]:
    if platforms is None:
        yield None, None
    else:
        yield from zip(platforms.tests, platforms.documentation, strict=True)
