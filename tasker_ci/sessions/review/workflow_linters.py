"""The findings of actionlint and zizmor, under their own names, where the programs are there.

Both read files alone. They start in an empty folder with an explicit list of files, without a token
and without the network; actionlint's own helpers are off.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.foreign.places import Place
from tasker_ci.process.absent_programs import without_relative_folders
from tasker_ci.process.command import Command, Output
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.text.foreign import one_line, shortened
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasker_ci.process.command import Runner
    from tasker_ci.sessions.review.subject import Subject

_SECONDS = 20.0
_MOST_FILES = 300
_MOST_PLACES = 5
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "USERPROFILE")
_FROM_THE_FILE = {"syntax-check", "job-needs", "id", "deprecated-commands", "if-cond"}
"""What actionlint knows for sure; labels of runners and scopes may be newer than it."""

_SEVERITIES = {"High": Severity.WARNING, "Medium": Severity.WARNING}


def found_by_linters(
    subject: Subject, runner: Runner, environment: Mapping[str, str]
) -> Iterator[ReviewFinding]:
    """What both say; nothing of a program that is not there, fails, or takes too long."""
    workflows = [workflow.path for workflow in subject.reading.workflows]
    actions = sorted(
        file
        for file in subject.checkout.files
        if file.name in {"action.yml", "action.yaml"} and file.parts[:1] == (".github",)
    )
    root = subject.checkout.root
    with tempfile.TemporaryDirectory(prefix="tasker-ci-review-") as folder:
        starter = _Starter(runner=runner, environment=environment, folder=Path(folder))
        flags = ("-no-color", "-shellcheck=", "-pyflakes=", "-format", "{{json .}}")
        found = starter.answer("actionlint", flags, root, workflows)
        yield from _of_actionlint(root, Path(folder), found)
        flags = ("--offline", "--no-progress", "--no-exit-codes", "--format", "json")
        found = starter.answer("zizmor", flags, root, [*workflows, *actions])
        yield from _of_zizmor(root, found)


class _Starter:
    """Starts a program in an empty folder."""

    def __init__(self, *, runner: Runner, environment: Mapping[str, str], folder: Path) -> None:
        self._runner = runner
        kept = {name: environment[name] for name in _KEPT if name in environment}
        self._environment = without_relative_folders(kept)
        self._folder = folder

    def answer(
        self, name: str, flags: Sequence[str], root: Path, files: Sequence[PurePosixPath]
    ) -> list[dict[str, Any]]:
        """The list that a program prints as JSON; empty where there is none."""
        here = str(Path(sys.executable).parent)
        program = shutil.which(name, path=f"{here}{os.pathsep}{self._environment['PATH']}")
        if program is None or not files:
            return []
        given = [str(root.resolve() / file) for file in files[:_MOST_FILES]]
        command = Command(
            argv=(program, *flags, *given), cwd=self._folder, environment=self._environment
        )
        try:
            completed = self._runner.run(command, output=Output.CAPTURE, timeout=_SECONDS)
            found = json.loads(completed.stdout)
        except (TaskerCIError, ValueError):
            return []
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _of_actionlint(
    root: Path, folder: Path, found: Iterable[dict[str, Any]]
) -> Iterator[ReviewFinding]:
    """What it says, each message once; its paths are from the folder where it runs."""
    places: dict[tuple[str, str], dict[Place, None]] = defaultdict(dict)
    for each in found:
        file = _relative(root, os.path.realpath(folder / str(each.get("filepath", ""))))
        line = each.get("line")
        if file is not None and isinstance(line, int):
            kind, message = str(each.get("kind", "unknown")), str(each.get("message", ""))
            places[kind, message][Place(file, line)] = None
    for (kind, message), there in places.items():
        first, *others = sorted(there)
        yield ReviewFinding(
            rule=f"actionlint:{kind}",
            severity=Severity.WARNING,
            grade=Grade.CERTAIN if kind in _FROM_THE_FILE else Grade.SUSPICION,
            place=first,
            message=shortened(one_line(message), 400),
            evidence=_also(others),
        )


def _also(others: Sequence[Place]) -> tuple[str, ...]:
    if not others:
        return ()
    shown = ", ".join(map(str, others[:_MOST_PLACES]))
    more = len(others) - _MOST_PLACES
    return (f"also {shown}" + (f" and {counted(more, 'place')} more" if more > 0 else ""),)


def _of_zizmor(root: Path, found: Iterable[dict[str, Any]]) -> Iterator[ReviewFinding]:
    """One finding for each rule, with its places: most rules speak of every step."""
    by_rule: dict[tuple[str, Severity, Grade], dict[Place, None]] = defaultdict(dict)
    said: dict[str, tuple[str, str]] = {}
    for each in found:
        place = _primary(root, each)
        if place is None or each.get("ignored"):
            continue
        name = str(each.get("ident", "unknown"))
        judged = each.get("determinations") or {}
        severity = _SEVERITIES.get(str(judged.get("severity")), Severity.NOTE)
        grade = Grade.SUSPICION if judged.get("confidence") == "Low" else Grade.CERTAIN
        by_rule[name, severity, grade][place] = None
        said[name] = str(each.get("desc", "")), str(each.get("url", ""))
    for (name, severity, grade), places in by_rule.items():
        first, *others = sorted(places)
        description, address = said[name]
        yield ReviewFinding(
            rule=f"zizmor:{name}",
            severity=severity,
            grade=grade,
            place=first,
            message=f"{shortened(one_line(description), 200)}.",
            evidence=_also(others),
            fix=f"See {address}" if address.startswith("https://docs.zizmor.sh/") else None,
        )


def _primary(root: Path, found: dict[str, Any]) -> Place | None:
    """The first line that a finding of zizmor's is about."""
    for location in found.get("locations", ()):
        try:
            symbolic = location["symbolic"]
            if symbolic["kind"] != "Primary":
                continue
            path = symbolic["key"]["Local"]["verbatim_path"]
            row = location["concrete"]["location"]["start_point"]["row"]
        except (KeyError, TypeError):
            continue
        file = _relative(root, str(path))
        return None if file is None else Place(file, int(row) + 1)
    return None


def _relative(root: Path, path: str) -> PurePosixPath | None:
    try:
        return PurePosixPath(Path(path).relative_to(root.resolve()).as_posix())
    except ValueError:
        return None
