"""Results of `bench` as they are kept, and which of them a new one can be held against."""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import AccessError, ReportError, SettingsError, UsageError
from tasker_ci.process.git_repository import Git
from tasker_ci.sessions.bench.benchmarks import read_result
from tasker_ci.sessions.bench.folders import bench_folders
from tasker_ci.sessions.bench.settings import BenchSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.text.file_removing import remove_file
from tasker_ci.text.file_writing import check_place, write_file
from tasker_ci.text.foreign import one_line
from tasker_ci.tools.kept_folders import is_closed, kept_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.sessions.bench.benchmarks import MeasuredSeries

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
_OWN_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z\.json")
"""How a file of ours is named: what else lies in the folder is somebody else's."""
_IGNORE_ALL = "# Written by tasker-ci: what it keeps here is of no use in a repository.\n*\n"
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_BRANCHES = ("refs/heads/", "refs/remotes/")
_MOST_COMMITS = 200
"""So many commits of a branch are looked at, from its tip on."""


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """One that was kept."""

    file: Path
    facts: Mapping[str, Any]
    series: tuple[MeasuredSeries, ...]

    @property
    def commit(self) -> str | None:
        """The commit that was measured; None if nobody knew."""
        return str(self.facts.get("commit") or "") or None

    @property
    def described(self) -> str:
        """Which result it is, in words."""
        changed = " with changes" if self.facts.get("dirty") else ""
        started = self.facts.get("started", "an unknown time")
        commit = self.commit[:9] if self.commit else "an unknown commit"
        return one_line(f"{commit}{changed} of {started}")

    def unlike(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """Why numbers with these facts cannot be held against it; empty: they can."""
        silent = [words for name, words in _ALIKE.items() if self.facts.get(name) is None]
        reasons = [f"it does not say {', '.join(silent)}"] if silent else []
        for name, words in _ALIKE.items():
            there, here = self.facts.get(name), facts[name]
            if there is not None and there != here:
                was = one_line(str(there))
                reasons.append(f"{words}: {was or 'none'} there, {here or 'none'} here")
        return tuple(reasons)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What there is to compare with."""

    result: BenchResult | None = None
    passed_over: tuple[tuple[BenchResult, tuple[str, ...]], ...] = field(default=())
    """Newer results, or all of them, that cannot be compared; each with the reasons."""


def earlier(context: Context, facts: Mapping[str, Any], base: str | None) -> Earlier:
    """The result to compare with: that of ``base``, else the newest one that can be compared.

    ``base`` is a file, a commit, or a branch: that of its newest commit with a result. Results
    with changes that are not in the commit count only where it has no other. Raises `UsageError`
    where it names none, or one that cannot be compared, and `ReportError` for a file that is no
    result.
    """
    if not base:
        return _newest(_kept(context), facts)
    if (context.directory / base).is_file():
        found = _newest([_read(context.directory / base)], facts, refused=True)
        if found.result is None:
            raise _not_comparable(base, found)
        return found
    commits = _commits_of(context, base)
    found = _newest(_of_commits(_kept(context), commits), facts, refused=True)
    if found.result is None and found.passed_over:
        raise _not_comparable(base, found)
    if found.result is None:
        looked_at = f" ({len(commits)} commits were looked at)" if len(commits) > 1 else ""
        folder = bench_folders(context)[0]
        message = f"There is no result of {base} in {folder}{looked_at}, and no such file."
        raise UsageError(message, next_step="Run the benchmarks there first.")
    if found.result.facts.get("dirty"):
        context.reporter.warning(
            f"Of {base} there is no result without changes that are not in the commit: this is "
            f"compared with {found.result.described}."
        )
    return found


def keep(context: Context, text: str) -> Path:
    """Keep a result, and no more of them than settings want. Raises `AccessError`."""
    folder = _open_folder(context)
    file = folder / f"{datetime.now(UTC).strftime(_STAMP)}.json"
    try:
        within = kept_within(context, folder)
        write_file(file, text, within=within)
        others = sorted(each for each in _files(folder) if each != file and _is_result(each))
        for old in others[: max(0, len(others) + 1 - context.settings_of(BenchSettings).keep)]:
            remove_file(old, within=within)
    except OSError as error:
        raise _not_kept(folder, error) from error
    return file


def check_keeping(context: Context) -> None:
    """Raise `SettingsError` or `AccessError` before anything runs, if no result could be kept."""
    if context.settings_of(BenchSettings).keep < 1:
        message = "`bench.keep` must be above 0."
        raise SettingsError(message, next_step=f"Fix {SETTINGS_FILE}.")
    folder = _open_folder(context)
    if folder != bench_folders(context)[0]:
        context.reporter.line(
            f"note: {bench_folders(context)[0]} cannot be written; results are kept in {folder}."
        )


def _open_folder(context: Context) -> Path:
    """The folder that can be written: in a read-only checkout the one within cargo's.

    The folder is made here, and a file in it: what is only asked for may be refused all the same.
    Raises `AccessError` if neither can.
    """
    usual, instead = bench_folders(context)
    try:
        try:
            return _opened(usual, kept_within(context, usual))
        except OSError as error:
            if not is_closed(error):
                raise
            return _opened(instead, kept_within(context, instead))
    except OSError as error:
        raise _not_kept(usual, error) from error


def _opened(folder: Path, within: Path) -> Path:
    check_place(folder / "any", within=within)
    if not folder.is_dir():
        write_file(folder / ".gitignore", _IGNORE_ALL, within=within)
    with tempfile.TemporaryFile(dir=folder):
        return folder


def _is_result(file: Path) -> bool:
    """Whether it can be read as a result: what has the name of one alone may be anybody's."""
    with suppress(ReportError):
        _read(file)
        return not file.is_symlink()
    return False


def _not_kept(folder: Path, error: OSError) -> AccessError:
    message = f"No result of `bench` can be kept in {folder}: {error.strerror or error}."
    step = f"Make it writable, or name another folder: `bench.folder` in {SETTINGS_FILE}."
    return AccessError(message, next_step=step)


def _files(folder: Path) -> Iterator[Path]:
    """The files that `keep` wrote, in no order."""
    return (file for file in folder.glob("*.json") if _OWN_NAME.fullmatch(file.name))


def _kept(context: Context) -> Iterator[BenchResult]:
    """The results that can be read, the newest first."""
    found = {file.name: file for each in bench_folders(context) for file in _files(each)}
    for _, file in sorted(found.items(), reverse=True):
        try:
            yield _read(file)
        except ReportError as error:
            context.reporter.warning(f"{error.message} It is passed over.")


def _newest(
    results: Iterable[BenchResult], facts: Mapping[str, Any], *, refused: bool = False
) -> Earlier:
    """The first one that can be compared; ``refused`` ones only where they are asked for."""
    passed_over: list[tuple[BenchResult, tuple[str, ...]]] = []
    for each in results:
        reasons = each.unlike(facts)
        if not reasons and each.facts.get(REFUSED) and not refused:
            reasons = ("it was worse than the one before, which is red here",)
        if not reasons:
            return Earlier(result=each, passed_over=tuple(passed_over))
        passed_over.append((each, reasons))
    return Earlier(passed_over=tuple(passed_over))


def _not_comparable(base: str, found: Earlier) -> UsageError:
    result, reasons = found.passed_over[0]
    message = f"Nothing can be compared with {base}, {result.described}: {'; '.join(reasons)}."
    return UsageError(message, next_step="Measure it here first, or leave --base out.")


def _read(file: Path) -> BenchResult:
    try:
        facts, series = read_result(read_text(file, most=RECORD_BYTES), str(file))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: {error}."
        raise ReportError(message, next_step="Remove the file.") from error
    return BenchResult(file=file, facts=facts, series=series)


def _of_commits(results: Iterable[BenchResult], commits: Sequence[str]) -> list[BenchResult]:
    """Those of the commits, by their order; of one commit the ones with changes come last."""
    places = {}
    for each in results:
        fitting = (
            place for place, name in enumerate(commits) if (each.commit or "").startswith(name)
        )
        place = next(fitting, None)
        if place is not None:
            places[each.file] = (place, bool(each.facts.get("dirty")), each)
    return [each for *_, each in sorted(places.values(), key=lambda found: found[:2])]


def _commits_of(context: Context, base: str) -> tuple[str, ...]:
    """The commits that a name of git means: of a branch the last ones, from its tip on.

    A commit (`main~1`, a hash) stands for itself alone, and so does the beginning of a hash that
    git does not know: results are kept longer than commits.
    """
    git = Git(runner=context.runner, environment=context.environment, folder=context.project_root)
    tip = git.answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    if not tip:
        return (base,) if _COMMIT.fullmatch(base) else ()
    name = git.answer("rev-parse", "--symbolic-full-name", "--verify", "--quiet", base) or ""
    if not name.startswith(_BRANCHES):
        return (tip,)
    # What was merged into a branch was measured as another one: its own states are its first line.
    words = ("--first-parent", f"--max-count={_MOST_COMMITS}", tip)
    return tuple((git.answer("rev-list", *words) or tip).split())
