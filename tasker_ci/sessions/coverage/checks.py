"""What `doctor` looks at for the coverage, where it is a stage of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError, ToolchainError
from tasker_ci.sessions.coverage.llvm_tools import llvm_variables
from tasker_ci.sessions.coverage.settings import CoverageSettings
from tasker_ci.tools.compiler import read_compiler
from tasker_ci.tools.examination import Checks, broken, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.process.command import Command
    from tasker_ci.tools.examination import Examination, Finding

_ABOUT = ("rustc", "-vV")


def planned(examination: Examination) -> Iterator[Command]:
    """The command that `check_coverage` runs in any case."""
    if examination.context.settings_of(CoverageSettings).pipeline:
        yield examination.command(*_ABOUT)


def check_coverage(examination: Examination) -> Iterator[Finding]:
    """Whether llvm-cov and llvm-profdata fit the compiler; a broken compiler is not repeated."""
    context = examination.context
    if not context.settings_of(CoverageSettings).pipeline:
        return
    try:
        compiler = read_compiler(examination.ask(*_ABOUT).stdout)
        llvm_variables(context, examination.environment, compiler, "")
    except ToolchainError:
        return
    except MissingToolError as error:
        yield broken("llvm-tools", error.message, error.next_step)
    else:
        yield ok("llvm-tools", f"fit the compiler's LLVM {compiler.llvm}")


CHECKS = Checks(findings=check_coverage, planned=planned)
