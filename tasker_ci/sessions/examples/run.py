"""One run of `examples`: built, run where settings say how, judged, kept as a report."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import CommandTimedOut, MissingToolError
from tasker_ci.process.command import Command, Completed, Output
from tasker_ci.process.kept_output import KeptOutput, contains, log_folder
from tasker_ci.process.left_behind import end_left_behind, marked
from tasker_ci.reports.junit import write_junit
from tasker_ci.reports.run import Case, TestRun
from tasker_ci.reports.summary import Summary
from tasker_ci.reports.summary_screen import print_summary
from tasker_ci.sessions.examples.errors import ExamplesFailed
from tasker_ci.sessions.examples.settings import ExamplesSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.model import effective_features
from tasker_ci.stack.binaries import runs_here
from tasker_ci.text.plurals import are, counted
from tasker_ci.tools.cargo import failure_of, run_cargo
from tasker_ci.tools.child_environment import run_secrets
from tasker_ci.tools.feature_advice import broken_step
from tasker_ci.tools.report_files import remove_stale, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.rust.workspace import Package, Target, Workspace
    from tasker_ci.sessions.examples.settings import Example

_PROGRAM = "{example}"
_TAIL_LINES = 40
_TAIL_BYTES = 64 << 10
_SUITE = "examples"


def example_command(
    context: Context, example: Example, program: Path, environment: Mapping[str, str]
) -> Command:
    """The command of an example, as settings spell it, with its ``program``."""
    argv = tuple(word.replace(_PROGRAM, str(program)) for word in example.command)
    return Command(argv=argv, cwd=context.workspace, environment=environment)


@dataclass(frozen=True, kw_only=True)
class ExamplesRun:
    """One run of the session, once everything about it is known."""

    context: Context
    workspace: Workspace
    build: Command
    there: Mapping[str, tuple[Package, Target]]
    chosen: Mapping[str, Example]
    keys: Mapping[str, str]
    """How settings call them."""
    patterns: Mapping[str, re.Pattern[str]]
    report: Path
    toolchain: str

    def run(self) -> Outcome:
        """Build, run, keep the report, print the summary; raises `ExamplesFailed`."""
        context = self.context
        remove_stale(self.workspace, self.report)
        programs: dict[str, Path | None] = {}
        completed = run_cargo(
            context,
            self.build,
            output=Output.CAPTURE_STDOUT,
            on_line=lambda line: self._add(programs, line),
        )
        if completed.exit_code:
            features = effective_features(
                context.settings_of(ExamplesSettings).features, context.settings
            )
            step = broken_step(self.workspace, features, "examples.features")
            raise failure_of(context, self.build, completed, "The examples do not compile.", step)
        commands = {
            name: example_command(
                context, example, programs[name] or Path(), self.build.environment
            )
            for name, example in self.chosen.items()
            if programs.get(name)
        }
        cases = [self._case(name, programs, commands) for name in self.there]
        run = TestRun(cases=tuple(cases), seconds=sum(case.seconds for case in cases))
        attributes = {"session": "examples", "toolchain": self.toolchain}
        within = self.workspace.within(self.report)
        write_junit(run, self.report, attributes=attributes, within=within)
        summary = Summary(
            title="examples",
            run=run,
            build_seconds=completed.seconds,
            report=self.report,
            rerun=lambda case: typed(context, commands.get(case.name, self.build)),
        )
        print_summary(summary, context.reporter, locate=lambda _: None)
        return self._conclude(summary)

    def _add(self, programs: dict[str, Path | None], line: str) -> None:
        """Add what a line says is built; of several targets the one of this machine stays."""
        for name, file in self._built(line).items():
            known = programs.get(name)
            if known is None or (file and runs_here(file) and not runs_here(known)):
                programs[name] = file

    def _built(self, line: str) -> dict[str, Path | None]:
        """The example that a message of cargo says is built; a library among them has no file."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        # What a macro prints stands between the messages, and may be JSON by accident.
        if not isinstance(message, dict) or "reason" not in message:
            self.context.reporter.output(line)
            return {}
        target = message.get("target")
        if message["reason"] != "compiler-artifact" or not isinstance(target, dict):
            return {}
        if "example" not in target.get("kind", ()):
            return {}
        file = message.get("executable")
        return {
            name: Path(file) if file else None
            for name, (package, own) in self.there.items()
            if own.name == target.get("name")
            and str(package.manifest) == message.get("manifest_path")
        }

    def _case(
        self, name: str, programs: Mapping[str, Path | None], commands: Mapping[str, Command]
    ) -> Case:
        _, target = self.there[name]
        if name not in programs:
            needed = ", ".join(target.required_features)
            why = f"it needs the feature {needed}, which `examples.features` does not switch on"
            return Case(suite=_SUITE, name=name, status="failed", message=f"not built: {why}")
        if name not in self.chosen:
            return Case(suite=_SUITE, name=name, status="skipped")
        if name not in commands:
            message = "settings run it, but it is a library"
            return Case(suite=_SUITE, name=name, status="failed", message=message)
        example, command = self.chosen[name], marked(commands[name])
        completed: Completed | None = None
        hide = run_secrets(self.context, command.environment).known_hidden
        said = KeptOutput(head=0, tail=_TAIL_BYTES, file=False)

        def listen(text: str) -> None:
            said.add(hide(text)[-_TAIL_BYTES:].encode(errors="replace") + b"\n")

        with self.context.reporter.running(str(command)):
            try:
                completed = self.context.runner.run(
                    command,
                    output=Output.CAPTURE_BOTH,
                    timeout=example.seconds,
                    on_text=listen,
                    on_error_text=listen,
                )
            except MissingToolError as error:
                return Case(suite=_SUITE, name=name, status="failed", message=error.message)
            except CommandTimedOut:
                pass  # what it said until then is kept
            finally:
                left = end_left_behind(command, completed)
        wrong = self._wrong(name, example, completed) if completed else [self._too_long(name)]
        if left:  # as with a test that leaks: what it started is its own to end
            wrong.append(f"it leaves a process, which has been ended: {', '.join(left)}")
        return Case(
            suite=_SUITE,
            name=name,
            status="failed" if wrong else "passed",
            seconds=completed.seconds if completed else float(example.seconds),
            message="; ".join(wrong),
            output=self._said(name, completed, said, hide) if wrong else "",
        )

    def _too_long(self, name: str) -> str:
        key = self.keys[name]
        setting = f'"{key}"' if ":" in key else key
        return (
            f"it was stopped after {self.chosen[name].seconds} s; "
            f"`examples.run.{setting}.seconds` gives it longer"
        )

    def _wrong(self, name: str, example: Example, completed: Completed) -> list[str]:
        """What is not as settings expect it."""
        wrong = []
        if completed.exit_code != example.exit_code:
            wrong.append(f"exit code {completed.exit_code}, not {example.exit_code}")
        wrong += [
            f"its output lacks {text!r}"
            for text in example.output
            if not contains(text, completed.stdout, completed.whole_stdout)
        ]
        if example.pattern and not self._matches(name, completed):
            wrong.append(f"its output does not match {example.pattern!r}")
        return wrong

    def _matches(self, name: str, completed: Completed) -> bool:
        whole = completed.whole_stdout
        text = completed.stdout
        if whole is not None:  # a pattern may match over any number of lines
            text = b"".join(whole.parts()).decode("utf-8", errors="replace")
        return self.patterns[name].search(text) is not None

    def _said(
        self,
        name: str,
        completed: Completed | None,
        said: KeptOutput,
        hide: Callable[[str], str],
    ) -> str:
        """The end of what it printed; all of a long output is left in a file, which is named.

        Both without what ``hide`` takes out: workflows upload them.
        """
        lines = said.text.splitlines()[-_TAIL_LINES:]
        kept = (completed.whole_stdout, completed.whole_stderr) if completed else ()
        for stream, whole in zip(("stdout", "stderr"), kept, strict=False):
            file = log_folder(self.workspace.target_directory) / f"example-{name}.{stream}.log"
            file = file.with_name(file.name.replace("::", "-"))
            within = self.workspace.output_root
            if whole is not None and whole.save(file, within=within, hide=hide):
                lines.append(f"(all of its {stream} is in {file})")
        return "\n".join(lines)

    def _conclude(self, summary: Summary) -> Outcome:
        context = self.context
        idle = [case.name for case in summary.run.having("skipped")]
        failed = summary.run.having("failed")
        data = {**summary.data(), "unvalidated": idle}
        for case in failed:
            if case.output:
                with (
                    context.reporter.group(f"{case.name} said:"),
                    context.reporter.foreign_output(),
                ):
                    context.reporter.output(str(case.output))
        nobody = f"built, and validated by nobody: {', '.join(idle)}"
        step = f'Say how in {SETTINGS_FILE}: [examples.run."{idle[0]}"]' if idle else ""
        there = counted(len(self.there), "example")
        if failed:
            message = f"{len(failed)} of {there} {are(len(failed))} not as expected."
            advice = "Each failure above says what is expected and how to run it again."
            raise ExamplesFailed(message, next_step=advice, data=data)
        if idle and context.settings_of(ExamplesSettings).unvalidated == "error":
            message = f"{len(idle)} of {there} {are(len(idle))} {nobody}."
            raise ExamplesFailed(message, next_step=step, data=data)
        ran = f"{len(self.there)} built, {len(summary.run.having('passed'))} run"
        if idle:
            context.reporter.warning(f"{nobody}. {step}")
            return Outcome(summary=f"{ran}; WARNING: {nobody}", data=data)
        return Outcome(summary=f"{ran}, all as expected", data=data)
