"""What the jobs of a foreign workflow do, in each leg of their matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.actions import name_of, toolchain_of
from tasker_ci.foreign.legs import holds, legs_of, substituted
from tasker_ci.foreign.scripts import works, writes
from tasker_ci.foreign.shell import ShellCommand, commands
from tasker_ci.foreign.surroundings import (
    Surroundings,
    after,
    changes_code,
    read_script,
    to_later_steps,
)
from tasker_ci.text.yaml_nodes import entries, items, text, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.legs import Leg

_SHELLS = {"", "bash", "sh"}
_OURS = re.compile(r"ubuntu-(latest|\d\d\.\d\d)")
_RUST = re.compile(r"rust|toolchain")
_NO_RUST = {"swatinem/rust-cache"}
_RUSTFLAGS_BY_DEFAULT = "actions-rust-lang/setup-rust-toolchain"
_MOST_READ = 1_000_000
"""So many characters of scripts are read leg by leg; nobody's workflow comes near."""

_FAILED = re.compile(r"failure\(\)|cancelled\(\)")
_WRITES = "GITHUB_ENV"


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One leg in which a step does something."""

    around: Surroundings
    leg: Leg = field(default_factory=dict)
    command: ShellCommand | None = None
    uses: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One command or action of a job, as it is written, with the occasions on which it is done."""

    text: str
    occasions: tuple[Occasion, ...]


def deeds_of(
    job: Any, workflow: Mapping[str, Any], runners: tuple[str, ...] = (), *, most: int
) -> list[Deed]:
    """What the steps of a job do; ``runners`` are the labels of ours, ``most`` bounds the work.

    ``workflow`` is the file that the job stands in: its variables and defaults hold here too.
    """
    row = entries(job)
    legs = legs_of(entries(row.get("strategy")).get("matrix"))
    steps = items(row.get("steps"))[:most]
    if len(legs or ()) * sum(len(text(entries(step).get("run"))) for step in steps) > _MOST_READ:
        legs = None
    found: dict[tuple[int, int], list[Occasion]] = {}
    texts: dict[tuple[int, int], str] = {}
    for leg in legs if legs is not None else [{}]:
        around = _of_job(row, workflow, leg, runners)
        if legs is None:
            around = around.with_problem("its matrix is known only when it runs")
        for place, (texted, occasion) in _occasions(steps, row, workflow, leg, around):
            texts.setdefault(place, texted)
            found.setdefault(place, []).append(occasion)
            if len(texts) > most:
                break
    return [Deed(text=texts[place], occasions=tuple(found[place])) for place in sorted(found)]


def steps_of(steps: Any, *, most: int) -> list[Deed]:
    """What the steps of a composite action do."""
    around = Surroundings(problem="it runs wherever the action is called")
    found = _occasions(items(steps)[:most], {}, {}, {}, around)
    return [Deed(text=texted, occasions=(occasion,)) for _, (texted, occasion) in found]


def _of_job(
    row: Mapping[str, Any], workflow: Mapping[str, Any], leg: Leg, runners: tuple[str, ...]
) -> Surroundings:
    around = Surroundings()
    for node in (workflow.get("env"), row.get("env")):
        around = _with_environment(around, node, leg)
    labels = _labels(row, leg)
    if not labels or not all(label in runners or _OURS.fullmatch(label) for label in labels):
        shown = ", ".join(labels) or text(row.get("runs-on")) or "a machine that is not named"
        around = around.with_problem(f"it runs on {shown}")
    if "container" in row:
        container = row["container"]
        image = text(container) or text(entries(container).get("image"))
        around = around.with_problem(f"it runs in the container {image}".rstrip())
    return _under_condition(around, text(row.get("if")), leg, labels)


def _labels(row: Mapping[str, Any], leg: Leg) -> tuple[str, ...]:
    node = row.get("runs-on")
    if entries(node):  # a group of runners
        return ()
    return tuple(substituted(label, leg, {}) for label in words(node))


def _with_environment(around: Surroundings, node: Any, leg: Leg) -> Surroundings:
    values = {
        name: substituted(text(value), leg, around.environment)
        for name, value in entries(node).items()
    }
    return around.with_variables(
        {name: None if "${{" in value else value for name, value in values.items()}
    )


def _under_condition(
    around: Surroundings, condition: str, leg: Leg, labels: tuple[str, ...]
) -> Surroundings:
    if _FAILED.search(re.sub(r"!\s*(failure|cancelled)\(\)", "", condition)):
        return around.with_problem("it runs only after a failure")
    if holds(condition, leg, labels):
        return around
    return around.with_problem(f"it runs only if {' '.join(condition.split())}")


def _occasions(
    steps: list[Any],
    row: Mapping[str, Any],
    workflow: Mapping[str, Any],
    leg: Leg,
    around: Surroundings,
) -> Iterator[tuple[tuple[int, int], tuple[str, Occasion]]]:
    labels = _labels(row, leg)
    for number, item in enumerate(steps):
        step = entries(item)
        condition = text(step.get("if"))
        if holds(condition, leg, labels) is False:
            continue
        here = _under_condition(
            _with_environment(around, step.get("env"), leg), condition, leg, labels
        )
        if uses := text(step.get("uses")):
            inputs = {
                name: substituted(text(value), leg, here.environment)
                for name, value in entries(step.get("with")).items()
            }
            occasion = Occasion(around=here, leg=leg, uses=uses, inputs=inputs)
            yield (number, 0), (f"uses {uses}", occasion)
            around = _after_action(uses, inputs, around)
        elif script := text(step.get("run")):
            here = _in_shell(here, step, row, workflow, leg)
            found, around = _script(script, leg, here, around)
            for place, (written, command, then) in enumerate(found):
                occasion = Occasion(around=then, leg=leg, command=command)
                yield (number, place), (f"run {written}", occasion)


def _in_shell(
    here: Surroundings,
    step: Mapping[str, Any],
    row: Mapping[str, Any],
    workflow: Mapping[str, Any],
    leg: Leg,
) -> Surroundings:
    """The surroundings of a script, with its shell and its folder."""
    defaults = [entries(entries(each.get("defaults")).get("run")) for each in (row, workflow)]
    shell, folder = (
        next((given for each in (step, *defaults) if (given := text(each.get(key)))), "")
        for key in ("shell", "working-directory")
    )
    if shell.split(" ")[0] not in _SHELLS:
        here = here.with_problem(f"its shell is {shell}")
    folder = substituted(folder, leg, here.environment).removeprefix("${{ github.workspace }}/")
    return here.in_folder(folder) if folder else here


def _script(
    script: str, leg: Leg, here: Surroundings, around: Surroundings
) -> tuple[list[tuple[str, ShellCommand, Surroundings]], Surroundings]:
    """The commands that work, each as it is written too; and what the later steps find.

    Of a script that only writes files it is the first one that does; one that only prints or ends
    the step does nothing.
    """
    written = list(commands(script))
    read = list(read_script(commands(substituted(script, leg, here.environment)), here))
    alike = len(written) == len(read)
    shown = [each.text for each in written] if alike else [each.text for each, _ in read]
    every = [(texted, *each) for texted, each in zip(shown, read, strict=True)]
    found = [each for each in every if works(each[1])]
    found = found or [each for each in every if writes(each[1])][:1]
    mentions = 0
    for command, _ in read:
        if changes_code(command):
            text = f"it runs after `{command.text}`, which changes what is built"
            around = around.with_problem(text)
        if (left := to_later_steps(command)) is None:
            around = around.with_problem("an earlier step sets variables that are not known")
        elif left:
            mentions += 1
            around = around.with_variables(left if command.always else dict.fromkeys(left))
    if _WRITES in script and not mentions:
        around = around.with_problem("an earlier step sets variables that are not known")
    if read:
        around = replace(around, toolchain=after(*read[-1]).toolchain)
    return found, around


def _after_action(uses: str, inputs: Mapping[str, str], around: Surroundings) -> Surroundings:
    """What the later steps of a job find after an action."""
    if uses.startswith(("./", "$/")):
        return around.with_problem(f"it runs after {uses}, which may change anything")
    name = name_of(uses)
    if name == _RUSTFLAGS_BY_DEFAULT:
        around = around.with_variables({"RUSTFLAGS": inputs.get("rustflags", "-D warnings")})
    chosen = {"toolchain", "rust-version", "channel"} & inputs.keys()
    if name not in _NO_RUST and (chosen or _RUST.search(name)):
        installed = toolchain_of(uses, inputs)
        return replace(around, toolchain=None if installed is None else _first(installed))
    return around


def _first(toolchains: str) -> str | None:
    """The toolchain that is the default one of several."""
    found = re.split(r"[,\s]+", toolchains.strip())
    return found[0] if len(found) == 1 else None
