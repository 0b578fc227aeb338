"""The benchmarks of the workspace (cargo bench) in rounds, compared with an earlier result."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import BenchmarkSlower, ReportError, UsageError
from tasker_ci.process import Command, Output
from tasker_ci.report.benchmarks import (
    Comparison,
    compare,
    comparison_table,
    read_measurements,
    series_of,
    written,
)
from tasker_ci.report.markdown import escaped
from tasker_ci.reporter import to_markdown
from tasker_ci.sessions.bench_machine import machine_facts, this_host
from tasker_ci.sessions.bench_results import REFUSED, Earlier, check_keeping, earlier, keep
from tasker_ci.sessions.cargo import (
    cargo,
    child_environment,
    color_arguments,
    explain,
    feature_arguments,
    read_workspace,
    run_cargo,
)
from tasker_ci.sessions.compiler import ask_rustc
from tasker_ci.sessions.recording import tested_code
from tasker_ci.sessions.stack_run import with_services
from tasker_ci.sessions.test_reports import alone
from tasker_ci.workspace import target_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.report.benchmarks import Measurement, Series
    from tasker_ci.workspace import Workspace


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
    check_keeping(context)
    workspace = read_workspace(context, environment)
    targets = [
        f"{package.name}::{target.name}"
        for package in workspace.packages
        for target in package.targets
        if target.kind == "bench"
    ]
    if not targets:
        return Outcome(summary="the workspace has no bench target", status=Status.SKIPPED)
    facts = _facts(context, environment, toolchain or "")
    before = earlier(context, facts, base)
    benches = _Benches(context=context, command=command, rounds=rounds)
    found: list[tuple[Series, ...]] = []

    def work(given: Mapping[str, str]) -> Outcome:
        found.append(series_of(benches.within(given).run()))
        return Outcome(summary="measured")

    lock = target_directory(context.workspace, context.environment) / "tasker-ci" / "bench"
    with alone(context, lock, waiting="Another run measures here, and would disturb this one"):
        benches.build(workspace)
        # Its services are those that people run: built alike, natively, without a container's net.
        with_services(_optimised(context), "bench", settings.services, environment, work)
    (series,) = found
    if not series:
        message = f"{', '.join(targets)} printed no measurement."
        raise ReportError(message, next_step="The README says in which forms they are read.")
    earlier_series = before.result.series if before.result else ()
    rows = compare(series, earlier_series, least_percent=settings.least_difference)
    return _tell(context, _Measured(rows=rows, facts=facts, before=before, rounds=rounds))


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

    def build(self, workspace: Workspace) -> None:
        """Build them before anything is started."""
        words = list(self.command.argv)
        end = words.index("--") if "--" in words else len(words)
        build = replace(self.command, argv=(*words[:end], "--no-run"))
        completed = run_cargo(self.context, build)
        step = "Mend the first error."
        if completed.exit_code and _unstable(workspace):
            nightly = self.context.face.command_line("bench", "--toolchain", "nightly")
            step = f"`#[bench]` takes a nightly toolchain: {nightly}; criterion runs on every one."
        explain(self.context, build, completed, "The benchmarks do not compile.", step)

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


def _facts(context: Context, environment: Mapping[str, str], toolchain: str) -> dict[str, Any]:
    """Of what and where the numbers are."""
    settings = context.settings.bench
    code = tested_code(context)
    compiler = ask_rustc(context, environment, toolchain or context.settings.toolchain, "--version")
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": code.commit,
        "dirty": code.dirty,
        **machine_facts(this_host(context), context.environment, name=settings.machine),
        "rust": compiler.strip(),
        "profile": settings.profile,
        "arguments": shlex.join(context.passthrough),
    }


def _unstable(workspace: Workspace) -> bool:
    """Whether a bench target uses the harness that is not stable."""
    sources = [
        target.source
        for package in workspace.packages
        for target in package.targets
        if target.kind == "bench" and target.source.is_file()
    ]
    texts = (source.read_text(encoding="utf-8", errors="replace") for source in sources)
    return any("feature(test)" in text or "#[bench]" in text for text in texts)


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """What there is to tell."""

    rows: tuple[Comparison, ...]
    facts: Mapping[str, Any]
    before: Earlier
    rounds: int

    @property
    def against(self) -> str:
        """With what it is compared, in words."""
        if self.before.result:
            return f"against {self.before.result.described}"
        return "no earlier result" + (" to compare with" if self.before.passed_over else "")

    @property
    def not_compared(self) -> str:
        """Which newer result it is not compared with, and why; "" if there is none."""
        if not self.before.passed_over:
            return ""
        result, reasons = self.before.passed_over[0]
        more = len(self.before.passed_over) - 1
        others = f" (nor with {more} older)" if more else ""
        return f"not compared with {result.described}{others}: {'; '.join(reasons)}"

    @property
    def gone(self) -> str:
        """What was measured then, and is no longer."""
        names = {each.name for each in (self.before.result.series if self.before.result else ())}
        return ", ".join(sorted(names - {row.now.name for row in self.rows}))


def _tell(context: Context, measured: _Measured) -> Outcome:
    """Keep the result and say what it is; raises `BenchmarkSlower`."""
    rows, before = measured.rows, measured.before
    worse = [row for row in rows if row.verdict == "worse"]
    red = bool(worse) and context.settings.bench.slower == "error"
    facts = {**measured.facts, REFUSED: red}
    file = keep(context, written([row.now for row in rows], facts))
    table = comparison_table(
        rows, title=f"Benchmarks, {measured.rounds} rounds, {measured.against}"
    )
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    if measured.not_compared:
        context.reporter.line(f"note: {measured.not_compared}.")
        context.reporter.summary(f"{escaped(measured.not_compared)}.\n")
    context.reporter.line(f"result: {file}")
    data = {
        "rounds": measured.rounds,
        "result": str(file),
        "before": str(before.result.file) if before.result else None,
        "not_compared": [
            {"result": str(result.file), "reasons": list(reasons)}
            for result, reasons in before.passed_over
        ],
        "facts": facts,
        "measurements": [row.as_data() for row in rows],
    }
    if measured.gone:
        context.reporter.warning(f"No longer measured: {measured.gone}.")
    texts = [
        f"{row.now.name} {100 * row.change:+.1f} % (noise up to ±{100 * row.limit:.1f} %)"
        for row in worse
    ]
    if red:
        accepting = context.face.command_line("bench", "--set", "bench.slower=warn")
        raise BenchmarkSlower(
            f"Worse than before: {'; '.join(texts)}.",
            next_step="Run it again, it is compared with the same result; what comes twice is no "
            f"accident. To take it as it is from now on: {accepting}",
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
        summary=f"{counted}; {measured.against}; {measured.rounds} rounds, noise of a round up to "
        f"±{100 * noise:.1f} %",
        data=data,
    )
