"""Results of `bench` as they are kept, and which of them a new one can be held against."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import Interrupted, ReportError, SettingsError, TaskerCIError, UsageError
from tasker_ci.process import Command, Output
from tasker_ci.report.benchmarks import read_result
from tasker_ci.report.markdown import visible
from tasker_ci.settings.load import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.report.benchmarks import Series

REFUSED = "refused"
"""The fact of a result that was red: running again would make it its own measure."""

_ALIKE = {
    "machine": "the machine",
    "system": "the system",
    "cpu": "the CPU",
    "cpus": "the number of CPUs",
    "rust": "the compiler",
    "profile": "the profile",
    "arguments": "the arguments of the benchmarks",
}
"""The facts that have to be the same, else something else was measured."""

_STAMP = "%Y%m%dT%H%M%S%fZ"
_IGNORE_ALL = "# Written by tasker-ci: what it keeps here is of no use in a repository.\n*\n"
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_GIT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """One that was kept."""

    file: Path
    facts: Mapping[str, Any]
    series: tuple[Series, ...]

    @property
    def commit(self) -> str:
        """The commit that was measured; "" if nobody knew."""
        return str(self.facts.get("commit") or "")

    @property
    def described(self) -> str:
        """Which result it is, in words."""
        changed = " with changes" if self.facts.get("dirty") else ""
        started = self.facts.get("started", "an unknown time")
        return visible(f"{self.commit[:9] or 'an unknown commit'}{changed} of {started}")

    def unlike(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """Why numbers with these facts cannot be held against it; empty: they can."""
        silent = [words for name, words in _ALIKE.items() if self.facts.get(name) is None]
        reasons = [f"it does not say {', '.join(silent)}"] if silent else []
        for name, words in _ALIKE.items():
            there, here = self.facts.get(name), facts[name]
            if there is not None and there != here:
                was = visible(str(there))
                reasons.append(f"{words}: {was or 'none'} there, {here or 'none'} here")
        return tuple(reasons)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What there is to compare with."""

    result: Result | None = None
    passed_over: tuple[tuple[Result, tuple[str, ...]], ...] = field(default=())
    """Newer results, or all of them, that cannot be compared; each with the reasons."""


def earlier(context: Context, facts: Mapping[str, Any], base: str | None) -> Earlier:
    """The result to compare with: that of ``base``, else the newest one that can be compared.

    ``base`` is a file or a commit. Raises `UsageError` where it names none, or one that cannot be
    compared, and `ReportError` for a file that is no result.
    """
    if not base:
        return _newest(_kept(context), facts)
    if (context.directory / base).is_file():
        found = _newest([_read(context.directory / base)], facts, refused=True)
        if found.result is None:
            _refuse(base, found)
        return found
    commit = _commit_of(context, base)
    alike = [each for each in _kept(context) if commit and each.commit.startswith(commit)]
    found = _newest(alike, facts, refused=True)
    if found.result is None and alike:
        _refuse(base, found)
    if found.result is None:
        message = f"There is no result of {base} in {_folder(context)}, and no such file."
        raise UsageError(message, next_step="Run the benchmarks there first.")
    return found


def keep(context: Context, text: str) -> Path:
    """Keep a result, and no more of them than settings want."""
    folder = _folder(context)
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


def check_keeping(context: Context) -> None:
    """Raise `SettingsError` before anything runs, if no result could be kept."""
    if context.settings.bench.keep < 1:
        message = "`bench.keep` must be above 0."
        raise SettingsError(message, next_step=f"Mend {SETTINGS_FILE}.")


def _folder(context: Context) -> Path:
    return context.project_root / context.settings.bench.folder


def _kept(context: Context) -> Iterator[Result]:
    """The results that can be read, the newest first."""
    for file in sorted(_folder(context).glob("*.json"), reverse=True):
        try:
            yield _read(file)
        except ReportError as error:
            context.reporter.warning(f"{error.message} It is passed over.")


def _newest(
    results: Iterable[Result], facts: Mapping[str, Any], *, refused: bool = False
) -> Earlier:
    """The first one that can be compared; ``refused`` ones only where they are asked for."""
    passed_over: list[tuple[Result, tuple[str, ...]]] = []
    for each in results:
        reasons = each.unlike(facts)
        if not reasons and each.facts.get(REFUSED) and not refused:
            reasons = ("it was worse than the one before, which is red here",)
        if not reasons:
            return Earlier(result=each, passed_over=tuple(passed_over))
        passed_over.append((each, reasons))
    return Earlier(passed_over=tuple(passed_over))


def _refuse(base: str, found: Earlier) -> None:
    result, reasons = found.passed_over[0]
    message = f"Nothing can be compared with {base}, {result.described}: {'; '.join(reasons)}."
    raise UsageError(message, next_step="Measure it here first, or leave --base out.")


def _read(file: Path) -> Result:
    try:
        facts, series = read_result(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        raise ReportError(message, next_step="Remove the file.") from error
    return Result(file=file, facts=facts, series=series)


def _commit_of(context: Context, base: str) -> str:
    """The commit that a name of git means (`main`, `HEAD~1`); a short one stands for itself."""
    command = Command(
        argv=("git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"),
        cwd=context.project_root,
        environment=context.environment,
    )
    try:
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=_GIT_SECONDS)
    except Interrupted:
        raise
    except TaskerCIError:
        return base if _COMMIT.fullmatch(base) else ""
    if answer.exit_code == 0 and answer.stdout.strip():
        return answer.stdout.strip()
    return base if _COMMIT.fullmatch(base) else ""
