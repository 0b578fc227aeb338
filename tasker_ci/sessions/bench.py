"""The benchmarks of the workspace (cargo bench) in rounds, compared with an earlier result."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import BenchmarkSlower, ReportError, SettingsError, UsageError
from tasker_ci.process import Command, Output
from tasker_ci.report.benchmarks import (
    Comparison,
    compare,
    comparison_table,
    read_measurements,
    read_result,
    series_of,
    written,
)
from tasker_ci.reporter import to_markdown
from tasker_ci.sessions.cargo import (
    cargo,
    child_environment,
    color_arguments,
    explain,
    feature_arguments,
    read_workspace,
    run_cargo,
)
from tasker_ci.sessions.recording import tested_code
from tasker_ci.sessions.stack_run import with_services
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.report.benchmarks import Measurement, Series

_STAMP = "%Y%m%dT%H%M%S%fZ"
_IGNORE_ALL = "# Written by tasker-ci: what it keeps here is of no use in a repository.\n*\n"


def bench(
    context: Context,
    *,
    rounds: Annotated[int | None, "How often every benchmark is run."] = None,
    base: Annotated[
        str | None, "Compare with this file, or with the newest result of this commit."
    ] = None,
    toolchain: Annotated[str | None, "The rustup toolchain, for example nightly."] = None,
) -> Outcome:
    """Run the benchmarks (cargo bench) in rounds, and compare them with the previous result.

    Every number comes with its noise; what lies within the noise is no difference. What follows the
    separator goes to the benchmarks.
    """
    settings = context.settings.bench
    rounds = settings.rounds if rounds is None else rounds
    if rounds < 1:
        message = f"--rounds takes a number above 0, not {rounds}."
        raise UsageError(message, next_step="For example --rounds 7.")
    environment = child_environment(context, secrets=True, sccache=True)
    command = _command(context, environment, toolchain or "")
    if context.dry_run:
        return context.preview(command)
    workspace = read_workspace(context, environment)
    targets = [
        f"{package.name}::{target.name}"
        for package in workspace.packages
        for target in package.targets
        if target.kind == "bench"
    ]
    if not targets:
        return Outcome(summary="the workspace has no bench target", status=Status.SKIPPED)
    facts = _facts(context, toolchain or context.settings.toolchain)
    before = _before(context, facts, base)
    benches = _Benches(context=context, command=command, rounds=rounds)
    benches.build()
    found: list[tuple[Series, ...]] = []

    def work(given: Mapping[str, str]) -> Outcome:
        found.append(series_of(benches.within(given).run()))
        return Outcome(summary="measured")

    # Its services are those that people run: built alike, and natively, without a container's net.
    with_services(_optimised(context), "bench", settings.services, environment, work)
    (series,) = found
    if not series:
        message = f"{', '.join(targets)} printed no measurement."
        raise ReportError(message, next_step="The README says in which forms they are read.")
    file = _keep(context, written(series, facts))
    rows = compare(series, before.series if before else (), least_percent=settings.least_difference)
    return _tell(context, rows, before, file, rounds)


def _command(context: Context, environment: Mapping[str, str], toolchain: str) -> Command:
    settings = context.settings.bench
    return cargo(
        context,
        "bench",
        "--workspace",
        "--bench",
        "*",  # every bench target; without it the harness of every library runs, too
        *(("--profile", settings.profile) if settings.profile else ()),
        *feature_arguments(settings.features, context),
        *color_arguments(context),
        *(("--", *context.passthrough) if context.passthrough else ()),
        environment=environment,
        toolchain=toolchain,
    )


def _optimised(context: Context) -> Context:
    """The context whose stack is native, of programs that `bench.build` makes."""
    settings = context.settings
    integration = replace(settings.integration, build=settings.bench.build, stack="native")
    loaded = replace(context.loaded, settings=replace(settings, integration=integration))
    return replace(context, loaded=loaded)


@dataclass(frozen=True, kw_only=True)
class _Benches:
    context: Context
    command: Command
    rounds: int

    def within(self, environment: Mapping[str, str]) -> _Benches:
        """The same with another environment."""
        return replace(self, command=replace(self.command, environment=environment))

    def build(self) -> None:
        """Build them before anything is started."""
        words = list(self.command.argv)
        end = words.index("--") if "--" in words else len(words)
        build = replace(self.command, argv=(*words[:end], "--no-run"))
        completed = run_cargo(self.context, build)
        explain(
            self.context,
            build,
            completed,
            "The benchmarks do not compile.",
            "Mend the first error.",
        )

    def run(self) -> list[tuple[Measurement, ...]]:
        """Run all of them so many times; one after the other, so that none disturbs another."""
        result = []
        for number in range(1, self.rounds + 1):
            self.context.reporter.line(f"round {number} of {self.rounds}")
            completed = run_cargo(self.context, self.command, output=Output.CAPTURE_STDOUT)
            explain(
                self.context,
                self.command,
                completed,
                f"A benchmark failed:\n{completed.stdout.strip()[-2000:]}",
                "Read its message above.",
            )
            result.append(tuple(read_measurements(completed.stdout)))
        return result


@dataclass(frozen=True, kw_only=True)
class _Before:
    file: Path
    facts: Mapping[str, Any]
    series: tuple[Series, ...]

    @property
    def described(self) -> str:
        """Which result it is, in words."""
        commit = str(self.facts.get("commit") or "")[:9] or "an unknown commit"
        changed = " with changes" if self.facts.get("dirty") else ""
        return f"{commit}{changed} of {self.facts.get('started', 'an unknown time')}"


def _facts(context: Context, toolchain: str) -> dict[str, Any]:
    code = tested_code(context)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": code.commit,
        "dirty": code.dirty,
        "system": f"{sys.platform} {platform.machine()} {platform.node()}",
        "toolchain": toolchain,
        "profile": context.settings.bench.profile,
    }


def _folder(context: Context) -> Path:
    return context.project_root / context.settings.bench.folder


def _before(context: Context, facts: Mapping[str, Any], base: str | None) -> _Before | None:
    """The result to compare with: that of ``base``, else the newest one that can be compared.

    Results of another machine, toolchain or profile measure something else.
    """
    if base and (context.directory / base).is_file():
        file = context.directory / base
        return _read(file)
    alike = ("system", "toolchain", "profile")
    for file in sorted(_folder(context).glob("*.json"), reverse=True):
        try:
            found = _read(file)
        except ReportError as error:
            context.reporter.warning(f"{error.message} It is passed over.")
            continue
        if any(found.facts.get(name) != facts[name] for name in alike):
            continue
        if not base or str(found.facts.get("commit", "")).startswith(base):
            return found
    if base:
        message = f"There is no result of {base} in {_folder(context)}, and no such file."
        raise UsageError(message, next_step="Run the benchmarks there first.")
    return None


def _read(file: Path) -> _Before:
    try:
        facts, series = read_result(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        raise ReportError(message, next_step="Remove the file.") from error
    return _Before(file=file, facts=facts, series=series)


def _keep(context: Context, text: str) -> Path:
    folder = _folder(context)
    if context.settings.bench.keep < 1:
        message = "`bench.keep` must be above 0."
        raise SettingsError(message, next_step=f"Mend {SETTINGS_FILE}.")
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text(_IGNORE_ALL, encoding="utf-8")
    file = folder / f"{datetime.now(UTC).strftime(_STAMP)}.json"
    beside = file.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)
    for old in sorted(folder.glob("*.json"))[: -context.settings.bench.keep]:
        old.unlink(missing_ok=True)
    return file


def _tell(
    context: Context,
    rows: tuple[Comparison, ...],
    before: _Before | None,
    file: Path,
    rounds: int,
) -> Outcome:
    against = f"against {before.described}" if before else "no earlier result"
    table = comparison_table(rows, title=f"Benchmarks, {rounds} rounds, {against}")
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    context.reporter.line(f"result: {file}")
    data = {
        "rounds": rounds,
        "result": str(file),
        "before": str(before.file) if before else None,
        "measurements": [row.as_data() for row in rows],
    }
    if before:
        gone = {each.name for each in before.series} - {row.now.name for row in rows}
        if gone:
            names = ", ".join(sorted(gone))
            context.reporter.warning(f"No longer measured: {names}.")
    worse = [row for row in rows if row.verdict == "worse"]
    texts = [
        f"{row.now.name} {100 * row.change:+.1f} % (noise up to ±{100 * row.limit:.1f} %)"
        for row in worse
    ]
    if worse and context.settings.bench.slower == "error":
        raise BenchmarkSlower(
            f"Worse than before: {'; '.join(texts)}.",
            next_step="Run it again; what comes twice is no accident.",
            data=data,
        )
    if worse:
        context.reporter.warning(f"Worse than before: {'; '.join(texts)}.")
    verdicts: dict[str, int] = {}
    for row in rows:
        verdicts[row.verdict] = verdicts.get(row.verdict, 0) + 1
    counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
    noise = max(row.now.noise for row in rows)
    return Outcome(
        summary=f"{counted}; {against}; {rounds} rounds, noise of a round up to "
        f"±{100 * noise:.1f} %",
        data=data,
    )
