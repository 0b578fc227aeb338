"""The commands that the sessions run of a whole workspace, for those who ask what they select."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.rust.selection import fitting_features, left_for_nextest, selectors
from tasker_ci.sessions.tests.doctest import doctest_command
from tasker_ci.sessions.tests.doctest_scope import doctest_scope
from tasker_ci.sessions.tests.nextest_choice import (
    Choice,
    integration_scope,
    nextest_configuration,
    unit_scope,
)
from tasker_ci.sessions.tests.nextest_run import nextest_command
from tasker_ci.sessions.tests.plain_targets import plain_command
from tasker_ci.sessions.tests.selection import given_away
from tasker_ci.sessions.tests.settings import DoctestSettings, UnitSettings
from tasker_ci.settings.model import effective_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.tests.nextest_choice import NextestScope

Words = tuple[str, ...]
_OUR_FILE = "--tool-config-file"


def whole_runs(context: Context, workspace: Workspace) -> Mapping[str, tuple[Words, ...]]:
    """By session (`unit`, `integration`, `doctest`) its command lines, as a job runs them.

    Without our own configuration of nextest: it is about reports, and lies in no repository.
    """
    context = replace(context, passthrough=())
    return {
        "unit": tuple(_unit(context, workspace)),
        "integration": tuple(_integration(context)),
        "doctest": tuple(_doctest(context, workspace)),
    }


def _unit(context: Context, workspace: Workspace) -> Iterator[Words]:
    if left_for_nextest(workspace, given_away(context)):
        yield _nextest(context, unit_scope(context))
    own = context.settings_of(UnitSettings)
    features = effective_features(own.features, context.settings)
    for each in selectors(own.cargo_test):
        fitting = fitting_features(workspace, features, (each.package,))
        yield plain_command(context, each, environment={}, toolchain=None, features=fitting).argv


def _integration(context: Context) -> Iterator[Words]:
    scope = integration_scope(context)
    if scope.own:
        yield _nextest(context, scope)


def _nextest(context: Context, scope: NextestScope) -> Words:
    configuration = nextest_configuration(context)
    profiles = configuration.document.get("profile")
    own = isinstance(profiles, dict) and "ci" in profiles
    choice = Choice(profile="ci" if own else "default")
    words = nextest_command(context, choice, configuration, {}, scope).argv
    ours = {
        place + more for place, word in enumerate(words) if word == _OUR_FILE for more in (0, 1)
    }
    return tuple(word for place, word in enumerate(words) if place not in ours)


def _doctest(context: Context, workspace: Workspace) -> Iterator[Words]:
    scope = doctest_scope(workspace)
    if workspace.has_doctests and scope.packages:
        own = context.settings_of(DoctestSettings).features
        features = effective_features(own, context.settings)
        if scope.narrowed:
            features = fitting_features(workspace, features, scope.packages)
        yield doctest_command(context, scope, features, {}).argv
