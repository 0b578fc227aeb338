"""The commands that the steps of a job run, in order, with what each finds around it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.command import Surroundings
from tasker_ci.foreign.github.command_actions import scripts_of
from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.folders import Folders
from tasker_ci.foreign.github.later_steps import either, left_to_later
from tasker_ci.foreign.github.machines import toolchain_of_image
from tasker_ci.foreign.github.other_actions import (
    installs_nothing,
    installs_toolchain,
    may_run,
)
from tasker_ci.foreign.github.powershell import from_batch, from_powershell
from tasker_ci.foreign.github.program_actions import may_start_cargo
from tasker_ci.foreign.github.shells import Language, shell_of
from tasker_ci.foreign.github.toolchain_actions import after_installation
from tasker_ci.foreign.github.uses import Use
from tasker_ci.foreign.github.values import UNKNOWN, Partial
from tasker_ci.foreign.github.walked import Budget, Scope, WalkedRun
from tasker_ci.foreign.github.workflow_reading import read_action
from tasker_ci.foreign.places import Opaque, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command, Commands
    from tasker_ci.foreign.github.command_actions import ActionScript
    from tasker_ci.foreign.github.contexts import Contexts
    from tasker_ci.foreign.github.document import CompositeAction, Step
    from tasker_ci.foreign.github.job_run import JobRun

    ScriptReader = Callable[[Script], Commands]

_DEEPEST = 10
"""GitHub lets composite actions use one another so deep."""

_CHECKOUTS = {"actions/checkout", "taiki-e/checkout-action"}


def commands_of_run(
    run: JobRun, checkout: Checkout, script_reader: ScriptReader
) -> tuple[tuple[Command, ...], tuple[Opaque, ...]]:
    """What one leg of a job runs, and what of it cannot be read; nothing if it never runs."""
    walked = walk_run(run, checkout, script_reader)
    return walked.commands, walked.opaque


def walk_run(run: JobRun, checkout: Checkout, script_reader: ScriptReader) -> WalkedRun:
    """Walk over the steps of one leg; nothing if it never runs."""
    if run.runs is False:
        return WalkedRun()
    walk = _Walk(run, checkout, script_reader)
    scope = Scope(
        shell=run.job.shell or run.workflow.shell, folder=run.job.folder or run.workflow.folder
    )
    walk.steps(run.job.steps, scope)
    return WalkedRun(
        commands=tuple(walk.commands),
        opaque=tuple(dict.fromkeys(walk.opaque)),
        steps=tuple(walk.walked),
        passed_over=tuple(walk.passed_over),
        after=walk.around,
    )


class _Walk:
    """Walks over the steps of one leg."""

    def __init__(self, run: JobRun, checkout: Checkout, script_reader: ScriptReader) -> None:
        self.run = run
        self.checkout = checkout
        self.read_script = script_reader
        self.commands: list[Command] = []
        self.opaque: list[Opaque] = []
        self.walked: list[Step] = []
        self.passed_over: list[Step] = []
        self.folders = Folders(checkout)
        self.budget: Budget = checkout.once("budget of steps", Budget)
        image = run.machine.container
        around = Surroundings(
            run=run,
            default_toolchain=toolchain_of_image(image) if image else "",
            installed_all_known=not image,
        )
        for environment in (run.workflow.environment, run.job.environment):
            contexts = contexts_of(run, around.variables)
            around = around.with_variables(contexts.environment(environment))
        self.around = around

    def steps(self, steps: Iterable[Step], scope: Scope) -> None:
        for step in steps:
            if not self.budget.has(steps=1, characters=len(step.run or "")):
                self.opaque.append(Opaque(step.place, "the workflows run more than is read"))
                return
            holds = self.contexts(scope).holds(step.condition)
            before, known = self.around, self.folders.known
            if holds is False:
                self.passed_over.append(step)
            else:
                self.walked.append(step)
                self.step(step, scope)
            if holds is None:  # it may have been passed over
                self.around = either(before, self.around)
                self.folders.merge(known)
            if step.id:
                scope.known[step.id] = Partial()

    def contexts(self, scope: Scope, variables: Mapping[str, str | None] | None = None) -> Contexts:
        variables = {**self.around.variables, **scope.variables, **(variables or {})}
        return contexts_of(self.run, variables, scope.known, scope.inputs)

    def step(self, step: Step, scope: Scope) -> None:
        contexts = self.contexts(scope)
        own = contexts.environment(step.environment)
        if step.uses:
            self.action(step, scope, own)
        elif step.run is not None:
            shell = step.shell or scope.shell
            folder = scope.folder if step.folder is None else step.folder
            script = self.contexts(scope, own).filled_in(step.run)
            around = self.here(step, scope, own, folder)
            self.script(script, step.run_place or step.place, shell, around, scope)

    def here(
        self, step: Step, scope: Scope, own: Mapping[str, str | None], folder: str | None
    ) -> Surroundings:
        """The surroundings of a step's script."""
        contexts = self.contexts(scope, own)
        path, others = self.folders.find(contexts.text(folder) if folder else "")
        return replace(
            self.around.with_variables({**scope.variables, **own}),
            step=step,
            folder=path,
            others=others,
        )

    def script(
        self, text: str, place: Place, written: str | None, around: Surroundings, scope: Scope
    ) -> None:
        """Read a script, and keep what it leaves to the later steps."""
        contexts = self.contexts(scope)
        given = contexts.text(written) if written else None
        shell = shell_of(given or written, around.run.machine)
        if shell.language is Language.OTHER:
            if _may_start(text):
                self.opaque.append(Opaque(place, f"its shell is {shell.name}"))
                self.around = replace(self.around, installed_all_known=False)
            return
        if shell.language is not Language.BASH:
            powershell = shell.language is Language.POWERSHELL
            translation = (from_powershell if powershell else from_batch)(text)
            text = translation.text
            why = f"a line of {shell.language.value} with more than plain words"
            self.opaque += [
                Opaque(Place(place.file, place.line + line), why) for line in translation.unread
            ]
        if not text.strip():
            return
        read = self.read_script(
            Script(
                text=text,
                place=place,
                around=around,
                exit_on_error=shell.exit_on_error,
                pipefail=shell.pipefail,
            )
        )
        self.commands += (
            [replace(each, trail=(*scope.trail, *each.trail)) for each in read.commands]
            if scope.trail
            else read.commands
        )
        self.opaque += read.opaque
        if read.opaque:
            self.around = replace(self.around, installed_all_known=False)
        if read.after is not None:
            self.around = left_to_later(self.around, around, read.after)

    def action(self, step: Step, scope: Scope, own: Mapping[str, str | None]) -> None:
        uses = step.uses or ""
        contexts = self.contexts(scope, own)
        if uses.startswith(("./", ".\\")):
            self.local(step, scope, own, contexts)
            return
        name, _, reference = uses.partition("@")
        use = Use(
            step=step,
            name=name.lower(),
            reference=reference,
            inputs={key.lower(): contexts.text(value) for key, value in step.inputs.items()},
            texts={key.lower(): contexts.filled_in(value) for key, value in step.inputs.items()},
        )
        if use.name in _CHECKOUTS:
            self.folders.check_out(use)
            return
        scripts = scripts_of(use)
        for script in scripts or ():
            self.script_of_action(script, step, scope, own)
        after = after_installation(use, self.around)
        if after is not None:
            self.around = after
            return
        if scripts is not None:
            return
        if why := may_run(use):
            self.opaque.append(Opaque(step.place, why))
        if not installs_nothing(use):
            self.around = replace(self.around, installed_all_known=False)
            if installs_toolchain(use):
                self.around = replace(self.around, default_toolchain=None, override_toolchain=None)

    def script_of_action(
        self, script: ActionScript, step: Step, scope: Scope, own: Mapping[str, str | None]
    ) -> None:
        around = self.here(step, scope, own, script.folder)
        around = replace(around, installed=around.installed | script.installed)
        if not script.same_machine:
            machine = replace(self.run.machine, system=None, architecture=None)
            around = replace(around, run=replace(self.run, machine=machine), default_toolchain=None)
        kept = self.around
        self.script(script.text, script.place, script.shell, around, scope)
        if not script.same_machine or script.installed:
            self.around = kept

    def local(
        self, step: Step, scope: Scope, own: Mapping[str, str | None], contexts: Contexts
    ) -> None:
        """Walk over the steps of an action of the repository."""
        uses = (step.uses or "").replace("\\", "/")
        folder, others = self.folders.find(uses)
        if folder is None or any(map(folder.is_relative_to, others)):
            self.unread(step, f"{uses} is an action of another repository")
            return
        action: CompositeAction | None = self.checkout.once(
            ("action", folder), lambda: read_action(self.checkout, folder)
        )
        if action is None:
            self.unread(step, f"there is no action in {folder}")
            return
        self.opaque += action.opaque
        if action.using != "composite":
            if may_start_cargo(self.checkout, folder):
                self.unread(step, f"{uses} is a program ({action.using})")
            self.around = replace(self.around, installed_all_known=False)
            return
        if len(scope.trail) >= _DEEPEST:
            self.unread(step, "actions use one another too deeply")
            return
        given = {name.lower(): value for name, value in step.inputs.items()}
        inputs: dict[str, Any] = {}
        for name, wanted in action.inputs.items():
            written = given.get(name.lower(), wanted.default or "")
            value = contexts.text(written)
            inputs[name] = UNKNOWN if value is None else value
        inner = Scope(
            inputs=inputs,
            trail=(*scope.trail, step.place),
            variables={**scope.variables, **own},
        )
        self.steps(action.steps, inner)

    def unread(self, step: Step, why: str) -> None:
        self.opaque.append(Opaque(step.place, why))
        self.around = replace(self.around, installed_all_known=False)


def _may_start(text: str) -> bool:
    return any(word in text for word in ("cargo", "subprocess", "system(", "popen", "rust", "run("))
