"""Everything that would make a session fail on this machine, at once."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.rust.cargo_configuration import target_directory
from tasker_ci.screen.reporter import Table
from tasker_ci.session import load
from tasker_ci.sessions import FAMILIES
from tasker_ci.sessions.machine.diagnosis import machine, rust, tools
from tasker_ci.sessions.machine.errors import DoctorFindings
from tasker_ci.settings.output_variables import changes_output
from tasker_ci.text.home_folder import home_folder
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.examination import Examination, FindingState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.tools.examination import Checks, Finding


def doctor(context: Context) -> Outcome:
    """Look for everything that would make a session fail on this machine."""
    examination = Examination(
        context=context,
        environment={
            **_uncolored(child_environment(context)),
            "RUSTUP_AUTO_INSTALL": "0",  # looking must not download a toolchain
            "RUST_BACKTRACE": "0",
        },
        directory=context.workspace if context.workspace.is_dir() else context.directory,
    )
    if context.dry_run:
        return context.preview(
            *rust.planned(examination),
            *tools.planned(examination),
            *(each for checks in _of_families() for each in checks.planned(examination)),
        )
    findings = tuple(_findings(examination))
    context.reporter.table(
        Table(
            columns=("check", "state", "what was found", "how to fix it"),
            rows=tuple(
                (each.check, str(each.state), each.found, each.fix or "") for each in findings
            ),
        )
    )
    wrong = [each.check for each in findings if each.state is FindingState.BROKEN]
    notes = sum(each.state is FindingState.NOTE for each in findings)
    data = {
        "checks": [{**asdict(each), "fix": each.fix or ""} for each in findings],
        "broken": len(wrong),
        "notes": notes,
    }
    if wrong:
        raise DoctorFindings(
            f"Broken on this machine: {', '.join(wrong)}.",
            next_step="Run what the last column of the table says, from the top.",
            data=data,
        )
    remark = {0: "", 1: ", 1 note"}.get(notes, f", {notes} notes")
    return Outcome(summary=f"nothing is broken{remark}", data=data)


def _uncolored(environment: Mapping[str, str]) -> dict[str, str]:
    """For tools whose output is read: without a variable that may ask for colour."""
    return {name: value for name, value in environment.items() if not changes_output(name)}


def _of_families() -> Iterator[Checks]:
    return (load(family.checks) for family in FAMILIES.values() if family.checks)


def _findings(examination: Examination) -> Iterator[Finding]:
    context = examination.context
    yield from rust.check_rust(examination)
    yield from tools.check_tools(examination)
    yield from tools.check_installers(examination)
    yield from tools.check_sccache(examination)
    for checks in _of_families():
        yield from checks.findings(examination)
    home = context.environment.get("CARGO_HOME") or home_folder(context.environment) / ".cargo"
    yield from machine.check_home(context.environment)
    written = {
        "the target directory": target_directory(context.workspace, context.environment),
        "cargo's own files": Path(home),
    }
    yield from machine.check_access(written)
    yield from machine.check_disk(written)
    yield machine.check_memory(machine.available_memory())
