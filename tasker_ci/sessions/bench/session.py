"""The benchmarks of the workspace (cargo bench) in rounds, compared with an earlier result."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ReportError, SettingsError, UsageError
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.screen.reporter import to_markdown
from tasker_ci.sessions.bench.benchmarks import (
    Comparison,
    compare,
    comparison_table,
    series_of,
    written,
)
from tasker_ci.sessions.bench.errors import BenchmarkSlower
from tasker_ci.sessions.bench.machine import machine_facts, this_host
from tasker_ci.sessions.bench.results import REFUSED, Earlier, check_keeping, earlier, keep
from tasker_ci.sessions.bench.rounds import Benches, bench_targets
from tasker_ci.sessions.bench.settings import BenchSettings
from tasker_ci.sessions.bench.yardstick import Yardstick
from tasker_ci.sessions.history.public import tested_code
from tasker_ci.stack.beside import with_services
from tasker_ci.text.markdown import escaped
from tasker_ci.text.plurals import counted
from tasker_ci.tools import flags
from tasker_ci.tools.cargo import read_workspace
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.compiler import ask_rustc
from tasker_ci.tools.report_files import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.sessions.bench.benchmarks import MeasuredSeries

YARDSTICK = "yardstick"

_MUCH_NOISE = 0.5
"""Where a change has to be larger than this share to be seen, it is said that little was seen."""


def bench(
    context: Context,
    *,
    rounds: Annotated[int | None, "How often every benchmark is run."] = None,
    base: Annotated[
        str | None, "Compare with this file, or with the newest result of this commit or branch."
    ] = None,
    toolchain: flags.Toolchain = None,
) -> Outcome:
    """Run the benchmarks (cargo bench) in rounds, and compare them with the previous result.

    Every number comes with its noise; what lies within the noise is no difference. What follows the
    separator goes to the benchmarks.
    """
    settings = context.settings_of(BenchSettings)
    if rounds is None:
        rounds = settings.rounds
        if rounds < 1:
            message = f"`bench.rounds` takes a number above 0, not {rounds}."
            raise SettingsError(message, next_step="For example `bench.rounds = 7`.")
    if rounds < 1:
        message = f"--rounds takes a number above 0, not {rounds}."
        raise UsageError(message, next_step="For example --rounds 7.")
    environment = child_environment(context, secrets=True, sccache=True)
    benches = Benches(context=context, environment=environment, toolchain=toolchain or "")
    if context.dry_run:
        return context.preview(benches.every())
    workspace = read_workspace(context, environment)
    targets = bench_targets(context, workspace)
    if not targets:
        return Outcome(summary="the workspace has no bench target to run", status=Status.SKIPPED)
    check_keeping(context)
    facts = _facts(context, environment, toolchain or "")
    yardstick = Yardstick.new()
    found: list[tuple[MeasuredSeries, ...]] = []

    def work(given: Mapping[str, str]) -> Outcome:
        found.append(series_of(benches.within(given).run(targets, rounds, yardstick)))
        return Outcome(summary="measured")

    directory = target_directory(context.workspace, context.environment)
    waiting = "Another run measures here, and would disturb this one"
    within = output_root(context.workspace, directory)
    with one_at_a_time(context, directory / "tasker-ci" / "bench", within=within, waiting=waiting):
        before = earlier(context, facts, base)
        benches.build(targets)
        # Its services are those that people run: built alike, natively, without a container's net.
        with_services(_optimised(context), "bench", settings.services, environment, work)
    (series,) = found
    if not series:
        message = f"{', '.join(target.label for target in targets)} printed no measurement."
        raise ReportError(message, next_step="The README says in which forms they are read.")
    drift = yardstick.drift(before.result.facts.get(YARDSTICK, {})) if before.result else None
    rows = compare(
        series,
        before.result.series if before.result else (),
        least_percent=settings.least_difference,
        drift=drift or 0.0,
    )
    facts[YARDSTICK] = yardstick.as_data()
    measured = _Measured(rows=rows, facts=facts, before=before, rounds=rounds, drift=drift)
    return _tell(context, measured)


def _optimised(context: Context) -> Context:
    """The context whose stack is native, of programs that `bench.build` makes."""
    settings = context.settings
    integration = replace(
        settings.integration, build=settings.of(BenchSettings).build, stack="native"
    )
    loaded = replace(context.loaded, settings=replace(settings, integration=integration))
    return replace(context, loaded=loaded)


def _facts(context: Context, environment: Mapping[str, str], toolchain: str) -> dict[str, Any]:
    """Of what and where the numbers are."""
    settings = context.settings_of(BenchSettings)
    code = tested_code(context)
    compiler = ask_rustc(context, environment, toolchain or context.settings.toolchain, "--version")
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": code.commit or "",
        "dirty": code.dirty,
        **machine_facts(this_host(context), context.environment, name=settings.machine),
        "rust": compiler.strip(),
        "profile": settings.profile,
        "arguments": shlex.join(context.passthrough),
    }


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """What there is to tell."""

    rows: tuple[Comparison, ...]
    facts: Mapping[str, Any]
    before: Earlier
    rounds: int
    drift: float | None
    """How much the machine itself was faster or slower before; None: nobody knows."""

    @property
    def drift_unknown(self) -> bool:
        """Whether a comparison takes the machine for as fast as before without knowing it."""
        return self.before.result is not None and self.drift is None

    @property
    def rounds_in_words(self) -> str:
        """How many there were."""
        return counted(self.rounds, "round")

    @property
    def against(self) -> str:
        """With what it is compared, in words."""
        if self.before.result:
            return f"against {self.before.result.described}"
        return "no earlier result" + (" to compare with" if self.before.passed_over else "")

    @property
    def not_compared(self) -> str | None:
        """Which newer result it is not compared with, and why; None if there is none."""
        if not self.before.passed_over:
            return None
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
    red = (
        bool(worse)
        and context.settings_of(BenchSettings).slower == "error"
        and not measured.drift_unknown
    )
    facts = {**measured.facts, REFUSED: red}
    file = keep(context, written([row.now for row in rows], facts))
    table = comparison_table(
        rows, title=f"Benchmarks, {measured.rounds_in_words}, {measured.against}"
    )
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))
    if measured.not_compared:
        context.reporter.line(f"note: {measured.not_compared}.")
        context.reporter.summary(f"{escaped(measured.not_compared)}.\n")
    if measured.drift is not None:
        text = f"the machine itself was faster or slower by {100 * measured.drift:.1f} %, which "
        context.reporter.line(f"note: {text}counts as noise.")
    if measured.drift_unknown:
        context.reporter.line(
            "note: how much the machine itself was faster or slower is not known (the earlier "
            "result has no time of this Python), so none of it counts as noise, and nothing that "
            "is worse is an error.",
            "yellow",
        )
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
        "drift": measured.drift,
        "measurements": [row.as_data() for row in rows],
    }
    blurred = ", ".join(row.now.name for row in rows if row.limit > _MUCH_NOISE)
    if blurred:
        context.reporter.warning(
            f"There is much noise in {blurred}: the verdict takes a change of more than "
            f"{100 * _MUCH_NOISE:.0f} %. A machine at rest and more --rounds see more."
        )
    if measured.gone:
        context.reporter.warning(f"No longer measured: {measured.gone}.")
    texts = [
        f"{row.now.name} {100 * row.change:+.1f} % (noise: {row.limits_in_words})" for row in worse
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
    noisiest = max((row.now for row in rows), key=lambda each: each.noise)
    return Outcome(
        summary=f"{counted}; {measured.against}; {measured.rounds_in_words}, noise of a round: "
        f"{noisiest.noise_in_words}",
        data=data,
    )
