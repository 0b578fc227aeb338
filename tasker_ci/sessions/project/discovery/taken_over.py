"""What a project's own workflows ask of clippy, rustdoc and cargo-audit: it becomes settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.foreign.after_the_dashes import lints_of
from tasker_ci.foreign.arguments import cargo_call
from tasker_ci.foreign.jobs import deeds_of
from tasker_ci.foreign.workflow_files import FOLDER
from tasker_ci.sessions.project.covering.builds import denies_warnings
from tasker_ci.sessions.project.covering.cargo_sessions import AUDITED
from tasker_ci.text.file_reading import read_bytes
from tasker_ci.text.yaml_nodes import UnreadableYaml, entries, nodes_of
from tasker_ci.workflows.files import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasker_ci.foreign.arguments import CargoCall
    from tasker_ci.foreign.surroundings import Surroundings

_MOST_STEPS = 300


@dataclass(frozen=True, kw_only=True)
class TakenOver:
    """What becomes settings; each with the file that asks for it."""

    lints: tuple[str, ...] = ()
    """What follows `--` on clippy's line, where all that have anything there agree."""
    lints_from: str | None = None
    doc_denied_by: str | None = None
    """Where rustdoc's warnings are errors."""
    audit_deny: tuple[str, ...] = ()
    audit_from: str | None = None


def taken_over(project_root: Path) -> TakenOver:
    """Read the workflows that `sync` did not write; what cannot be read asks for nothing."""
    lints: dict[tuple[str, ...], str] = {}
    denied: dict[str, str] = {}
    documented: str | None = None
    for file, call, around in _calls(project_root):
        if around.problem or (call.toolchain or around.toolchain) not in {"", "stable"}:
            continue
        if call.command == "clippy" and call.trailing and lints_of(call.trailing) is not None:
            lints.setdefault(call.trailing, file)
        elif call.command == "doc" and denies_warnings(
            around.environment.get("RUSTDOCFLAGS") or ""
        ):
            documented = documented or file
        elif call.command == "audit":
            for value in (*call.values("--deny"), *call.values("-D")):
                for kind in AUDITED.get(value, (value,)):
                    denied.setdefault(kind, file)
    words = next(iter(lints)) if len(lints) == 1 else ()
    known = [kind for kind in AUDITED["warnings"] if kind in denied]
    return TakenOver(
        lints=words,
        lints_from=lints.get(words),
        doc_denied_by=documented,
        audit_deny=tuple(known),
        audit_from=denied[known[0]] if known else None,
    )


def _calls(root: Path) -> Iterator[tuple[str, CargoCall, Surroundings]]:
    for file in sorted([*(root / FOLDER).glob("*.yml"), *(root / FOLDER).glob("*.yaml")]):
        try:
            content = read_bytes(file)
            workflow = entries(nodes_of(content))
        except (OSError, UnreadableYaml):
            continue
        if is_ours(content.decode(errors="replace")):
            continue
        for job in entries(workflow.get("jobs")).values():
            for deed in deeds_of(job, workflow, most=_MOST_STEPS):
                for each in deed.occasions:
                    command = each.command
                    if command and command.fixed and command.words[:1] == ("cargo",):
                        yield file.name, cargo_call(command.words[1:]), each.around
