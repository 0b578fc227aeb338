"""What no session tests: read from the sources and from what cargo and nextest say."""

from __future__ import annotations

import builtins
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import RUN_VARIABLE, Context, Outcome
from tasker_ci.errors import SelectionError
from tasker_ci.sessions.inventory.compiler_cfg import ask_platforms
from tasker_ci.sessions.inventory.errors import InventoryFindings
from tasker_ci.sessions.inventory.finding import InventoryFinding, Kind
from tasker_ci.sessions.inventory.reports import compared
from tasker_ci.sessions.inventory.settings import InventorySettings
from tasker_ci.settings.environment import is_ci
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import cargo, read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.rust_sources import not_read, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasker_ci.rust.reach import Reach
    from tasker_ci.rust.sources import Sources
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.sessions.inventory.settings import InventoryAllow
    from tasker_ci.sessions.inventory.tests import LossSearch

_ANNOTATIONS = 10
"""GitHub shows no more of a step: https://docs.github.com/rest/checks/runs."""

_NAMES = 3


def inventory(
    context: Context,
    *,
    list: Annotated[  # noqa: A002 - the option's name
        str | None, "A list of nextest (JSON) to hold against the report, not one made now."
    ] = None,
    report: Annotated[
        tuple[str, ...], "JUnit files or folders to hold it against; else those of the last run."
    ] = (),
    build: Annotated[
        bool, "Ask nextest for its list, which compiles; within `ci` and in a CI job it is asked."
    ] = False,
) -> Outcome:
    """Find tests, doctests, targets and packages that no session runs.

    Sources are read, nothing is compiled. With --build, within `ci` and in a CI job (CI=true) a
    report of all tests that is newer than every source, and that git does not track, is held
    against what nextest lists. That compiles what is not compiled yet, and so runs build scripts
    and procedural macros.
    """
    environment = child_environment(context)
    metadata = cargo(
        context,
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        *("--color", "never"),
        environment=environment,
    )
    if context.dry_run:
        return context.preview(metadata)
    workspace = read_workspace(context, environment)
    attributes = context.settings_of(InventorySettings).test_attributes
    with reading(context, workspace, attributes) as sources:
        search = _search(context, workspace, environment, sources)
        found = [*_selection(context, workspace), *_sources(search)]
    builds = build or is_ci(context.environment) or RUN_VARIABLE in context.environment
    passed_over: builtins.list[str] = []
    found += compared(
        context, workspace, search.reach, list, report, builds=builds, passed_over=passed_over
    )
    not_read(context, search.reach)
    unknown = [*search.unknown()] if search.owners.platforms else []
    kept, stale = _allowed([*found, *unknown], context.settings_of(InventorySettings).allow)
    for rule in stale:
        context.reporter.warning(f"inventory.allow names {rule.path}, where nothing is found.")
    allowed = len(found) + len(unknown) - len(kept)
    outcome = _conclude(context, workspace, search.reach, kept, allowed)
    if not passed_over:
        return outcome
    return replace(outcome, unproven=f"the report of {' and '.join(passed_over)} is older")


def _search(
    context: Context, workspace: Workspace, environment: Mapping[str, str], sources: Sources
) -> LossSearch:
    from tasker_ci.rust.build_scripts import BuildScripts
    from tasker_ci.rust.files import read_tree
    from tasker_ci.rust.reach import reach_of
    from tasker_ci.sessions.inventory.session_selections import session_selections
    from tasker_ci.sessions.inventory.strangers import Strangers
    from tasker_ci.sessions.inventory.targets import Owners
    from tasker_ci.sessions.inventory.tests import LossSearch

    tree = read_tree(workspace, context.runner, environment)
    platforms = ask_platforms(
        context, workspace, environment, tree.manifests.get(workspace.root, {})
    )
    if platforms is None:
        context.reporter.line(
            "note: rustc does not say what it sets for `cfg`: only features are judged."
        )
    reach = reach_of(workspace, sources)
    scripts = BuildScripts(reach=reach, manifests=tree.manifests)
    return LossSearch(
        workspace=workspace,
        tree=tree,
        reach=reach,
        strangers=Strangers(workspace, tree, sources),
        owners=Owners(
            selections=session_selections(context, workspace, scripts, platforms),
            manifests=tree.manifests,
            platforms=platforms,
        ),
        sources=sources,
    )


def _selection(context: Context, workspace: Workspace) -> Iterator[InventoryFinding]:
    """What `unit` refuses to start with; features, looked at more closely, apart."""
    from tasker_ci.rust.selection import check_selection
    from tasker_ci.sessions.tests.public import given_away

    try:
        check_selection(workspace, given_away(context), "all")
    except SelectionError as error:
        for line in error.message.splitlines()[1:]:
            yield InventoryFinding(kind=Kind.SELECTION, file=SETTINGS_FILE, reason=line.strip())


def _sources(search: LossSearch) -> Iterator[InventoryFinding]:
    from tasker_ci.sessions.inventory.targets import unbuilt_targets

    yield from unbuilt_targets(search.workspace, search.owners)
    yield from search.findings()


def _allowed(
    found: Iterable[InventoryFinding], rules: Sequence[InventoryAllow]
) -> tuple[list[InventoryFinding], list[InventoryAllow]]:
    """The findings that no rule allows, and the rules that allow none."""
    used: set[int] = set()
    kept = []
    for finding in found:
        fitting = [
            place for place, rule in enumerate(rules) if fnmatchcase(finding.file, rule.path)
        ]
        used.update(fitting)
        if not fitting:
            kept.append(finding)
    return kept, [rule for place, rule in enumerate(rules) if place not in used]


def _conclude(
    context: Context,
    workspace: Workspace,
    reach: Reach,
    all_: Sequence[InventoryFinding],
    allowed: int,
) -> Outcome:
    found = [each for each in all_ if each.kind is not Kind.UNKNOWN]
    unknown = [each for each in all_ if each.kind is Kind.UNKNOWN]
    _print(context, workspace, unknown, "notice")
    strict = context.settings_of(InventorySettings).findings == "error"
    tests = sum(len(reach.sources[file].tests) for file in reach.arrivals)
    benchmarks = sum(len(reach.sources[file].benchmarks) for file in reach.arrivals)
    targets = sum(len(package.targets) for package in workspace.packages)
    data = {
        "findings": [finding.data() for finding in found],
        "unknown": [finding.data() for finding in unknown],
        "allowed": allowed,
        "files": len(reach.arrivals),
        "targets": targets,
        "tests": tests,
        "benchmarks": benchmarks,
    }
    beside = f" and {counted(benchmarks, 'benchmark')} (`cargo bench`)" if benchmarks else ""
    where = f"{counted(len(reach.arrivals), 'file')} of {counted(targets, 'target')}"
    seen = f"{counted(tests, 'test')}{beside} in {where}"
    if not found:
        left = f"; {allowed} findings are allowed" if allowed else ""
        if unknown:
            left += f"; {_counted(unknown)} may not be compiled"
        return Outcome(summary=f"nothing is lost: {seen}{left}", data=data)
    _print(context, workspace, found, "error" if strict else "warning")
    message = f"{_counted(found)} that no session runs; looked at {seen}."
    if strict:
        step = (
            f"Have each reached by a target, remove it, or give the reason in {SETTINGS_FILE}: "
            "[[inventory.allow]] path, reason."
        )
        raise InventoryFindings(message, next_step=step, data=data)
    return Outcome(summary=f"WARNING: {message}", data=data)


def _counted(found: Sequence[InventoryFinding]) -> str:
    counts = {
        word: sum(len(each.names) for each in found if (each.kind is Kind.BENCHMARK) is benchmark)
        for word, benchmark in (("test", False), ("benchmark", True))
    }
    named = [counted(count, word) for word, count in counts.items() if count]
    places = counted(len(found), "place")
    return f"{places} with {' and '.join(named)}" if named else places


def _print(
    context: Context, workspace: Workspace, found: Sequence[InventoryFinding], level: str
) -> None:
    reporter = context.reporter
    for kind in Kind:
        own = [finding for finding in found if finding.kind is kind]
        if not own:
            continue
        reporter.line(f"{kind} ({len(own)}):", "bold")
        for finding in own:
            reporter.line(f"  {finding.place}: {finding.reason}{_named(finding)}")
    top = context.project_root
    for finding in found[:_ANNOTATIONS]:
        file = workspace.root / finding.file
        if file.is_relative_to(top) and file.exists():
            name = str(file.relative_to(top))
            reporter.annotation(level, finding.reason, file=name, line=max(finding.line, 1))


def _named(finding: InventoryFinding) -> str:
    if not finding.names:
        return ""
    shown = ", ".join(finding.names[:_NAMES])
    more = len(finding.names) - _NAMES
    return f" ({shown}{f' and {more} more' if more > 0 else ''})"
