"""The first settings of a project: short, each with its reason, only what differs from defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import UsageError
from tasker_ci.session import load
from tasker_ci.sessions.project.covering.after_the_dashes import lints_of
from tasker_ci.sessions.project.discovery.compose_choice import choose
from tasker_ci.workflows.checked import BRANCH, TOOLCHAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tasker_ci.session import Session
    from tasker_ci.sessions.project.discovery.compose_choice import ComposeChoice
    from tasker_ci.sessions.project.discovery.compose_services import FoundCompose
    from tasker_ci.sessions.project.discovery.project import Discovery
    from tasker_ci.sessions.project.discovery.taken_over import TakenOver
    from tasker_ci.text.toml_lines import Key

TASKER = "tasker"

_HEAD = """\
# The settings of tasker-ci: what differs from the defaults. `tasker-ci settings` lists them all,
# `tasker-ci sync` writes the workflows again after a change.
"""
_MAIN = "main"
_MOST_REASONS = 6
_URLS = ("TASKER_TEST_ORCHESTRATION_URL", "TASKER_TEST_WORKER_URL")
"""What end-to-end tests of such a system read."""


@dataclass(frozen=True, kw_only=True)
class SettingsEntry:
    """One setting with its reason."""

    key: Key
    value: Any
    reason: str

    @property
    def override(self) -> str:
        """The entry as the flag ``--set`` takes it."""
        text = self.value if isinstance(self.value, str) else literal(self.value)
        return f"{'.'.join(self.key)}={text}"


def first_entries(found: Discovery) -> tuple[SettingsEntry, ...]:
    """What the sessions and workflows of this project need to be set."""
    return tuple(_entries(found))


def asked_entries(
    sessions: Iterable[Session], project_root: Path, workspace: Path
) -> Iterator[SettingsEntry]:
    """The switch of each session for which the project has a configuration already."""
    for session in sessions:
        if session.only_with and session.asked_by:
            file = load(session.asked_by)(project_root, workspace)
            if file is not None:
                yield _entry(session.only_with, value=True, reason=f"{file} is its configuration.")


def preset_entries(found: Discovery) -> tuple[SettingsEntry, ...]:
    """The preset `tasker` and what of it is different here.

    Raises `UsageError` if the project lacks a part that the preset needs.
    """
    choice = _tasker_choice(found)
    if choice is None:
        known = "; ".join(
            f"{each.path}: {', '.join(row.name for row in each.services)}" for each in found.compose
        )
        raise UsageError(
            "The preset tasker needs a compose file with PostgreSQL and services named "
            f"orchestration and worker. Found: {known or 'no compose file'}.",
            next_step="Leave --preset out; services of your own are tables under "
            "[integration.services].",
        )
    return tuple(_preset(found, choice))


def tasker_compose(found: Discovery) -> FoundCompose | None:
    """The compose file of the tests that has all the preset `tasker` needs."""
    choice = _tasker_choice(found)
    return choice.chosen if choice else None


def _tasker_choice(found: Discovery) -> ComposeChoice | None:
    fitting = [
        each
        for each in found.compose
        if each.database and each.service("orchestration") and each.service("worker")
    ]
    return choose(found.places.project_root, fitting)


def settings_text(entries: Sequence[SettingsEntry]) -> str:
    """The file: the entries with their reasons as comments, those without a table first."""
    lines = [_HEAD]
    tables = dict.fromkeys(entry.key[:-1] for entry in sorted(entries, key=_has_table))
    for table in tables:
        lines.append(f"\n[{'.'.join(table)}]\n" if table else "\n")
        for entry in entries:
            if entry.key[:-1] == table:
                lines += [f"# {entry.reason}\n", f"{entry.key[-1]} = {literal(entry.value)}\n"]
    return "".join(lines)


def literal(value: Any) -> str:
    """A value in TOML's spelling."""
    import tomlkit

    text: str = tomlkit.item(value).as_string()
    return text


def _has_table(entry: SettingsEntry) -> bool:
    return len(entry.key) > 1


def _entries(found: Discovery) -> Iterator[SettingsEntry]:
    if found.places.workspace_path != ".":
        yield _entry("workspace", found.places.workspace_path, "The Rust workspace.")
    if found.features is not None:
        reasons = [f"{name} {reason}" for name, reason in found.features.left_out.items()]
        more = f"; and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
        text = f"Not all can be on: {'; '.join(reasons[:_MOST_REASONS])}{more}."
        yield _entry("features", list(found.features.names) or "default", text)
    nightly = found.toolchain is not None and found.toolchain.nightly
    if found.rust.nightly_benches and not nightly:
        kinds = {target.kind for package in found.workspace.packages for target in package.targets}
        lib = ["lib"] if kinds & {"lib", "proc-macro"} else []
        text = "Without benches, which need a nightly compiler."
        yield _entry("clippy.targets", [*lib, "bins", "tests", "examples"], text)
    yield from _from_workflows(found.taken_over)
    if found.rust.own_harness:
        text = "Their main functions answer no question of nextest's (harness = false)."
        yield _entry("unit.cargo-test", list(found.rust.own_harness), text)
    if not found.rust.has_tests:
        text = "There is no test yet. Take this out with the first one: then none is an error."
        yield _entry("environment.variables.NEXTEST_NO_TESTS", "pass", text)
    named = found.toolchain
    if named and named.channel not in {None, "stable"} and TOOLCHAIN.fullmatch(named.channel):
        text = f"The one that {named.file} names."
        yield _entry("workflows.toolchains", [named.channel], text)
        if named.channel == "beta":
            yield _entry("workflows.may-fail", [], "It is the only one.")
    if found.branch not in {None, _MAIN} and BRANCH.fullmatch(found.branch):
        text = "The branch that this repository is about."
        yield _entry("workflows.branches", [found.branch], text)


def _from_workflows(taken: TakenOver) -> Iterator[SettingsEntry]:
    """What the project's own workflows ask of the tools beyond the defaults."""
    if taken.lints and lints_of(taken.lints) != lints_of(("-D", "warnings")):
        text = f"The lints of {taken.lints_from}."
        yield _entry("clippy.lint-arguments", list(taken.lints), text)
    if taken.doc_denied_by:
        yield _entry("doc.warnings", "deny", f"As {taken.doc_denied_by} has it.")
    if taken.audit_deny:
        yield _entry("audit.deny", list(taken.audit_deny), f"As {taken.audit_from} has it.")


def _preset(found: Discovery, choice: ComposeChoice) -> Iterator[SettingsEntry]:
    compose = choice.chosen
    yield _entry("preset", TASKER, "PostgreSQL with PGMQ, orchestration and worker.")
    root, workspace = found.places.project_root, found.places.workspace
    path = os.path.relpath(root / compose.path, workspace)
    yield _entry("integration.compose-file", path, choice.reason)
    targets = [package.binary_id(target) for package, target in found.needs.targets(_URLS)]
    if targets:
        yield _entry("integration.targets", targets, "They ask for the URLs of the services.")
    if compose.database is not None and compose.database.name != "postgres":
        yield _entry(
            "integration.database.service", compose.database.name, "Its name in that file."
        )
    if not (workspace / "migrations").is_dir():
        yield _entry("integration.database.migrate", [], "There is no folder of migrations.")
    database = [compose.database.name if compose.database else "postgres"]
    if found.rust.compiles_with_database:
        for session in ("clippy", "doc", "doctest"):
            yield _entry(f"{session}.services", database, "Queries are checked while it compiles.")
    if found.rust.compiles_with_database or found.rust.tests_with_database:
        yield _entry("unit.services", database, "Tests or queries ask for the database.")


def _entry(key: str, value: Any, reason: str) -> SettingsEntry:
    return SettingsEntry(key=tuple(key.split(".")), value=value, reason=" ".join(reason.split()))
