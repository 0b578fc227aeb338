"""What goes wrong in the pipeline, why, and what to do: the last part of the handbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One symptom; all texts are Markdown."""

    symptom: str
    cause: str
    step: str


def troubles_of(inputs: Inputs) -> tuple[Trouble, ...]:
    """What can go wrong with these settings."""
    return tuple(_troubles(inputs))


def _troubles(inputs: Inputs) -> Iterator[Trouble]:
    settings = inputs.settings
    yield Trouble(
        symptom="The job “Generated files” is red",
        cause="A generated file is not what the settings make: it was edited, the settings "
        "changed, or tasker-ci has another version.",
        step="`tasker-ci sync`, look at the difference, commit. `tasker-ci sync --check` shows it "
        "without writing.",
    )
    yield Trouble(
        symptom="Dependabot bumped an action, and nothing else changed",
        cause="The pins of the generated files belong to tasker-ci; such a change alone passes "
        "with a notice.",
        step="Merge it, then `tasker-ci sync --adopt`: the new pins go into `[pins]` of the "
        "settings, and the next sync keeps them.",
    )
    yield Trouble(
        symptom="A job was skipped and the gate is red",
        cause="What it needs had failed; the gate lets a skipped job pass only where "
        "`may-skip` says so.",
        step="Fix the first red job; the others run again with it.",
    )
    yield Trouble(
        symptom="`clippy`, `doc` or `unit` do not compile, your own build does",
        cause="The sessions switch on all features of the workspace (setting `features`), and "
        "some exclude each other or need another toolchain.",
        step='Name those that go together: `features = ["a", "b"]`, or `features = "default"`.',
    )
    yield Trouble(
        symptom="`unit` says that no test is selected",
        cause="No test at all is no success, so that a lost test target cannot hide.",
        step='Write a test; until then `NEXTEST_NO_TESTS = "pass"` in '
        "`[environment.variables]` lets it pass.",
    )
    yield Trouble(
        symptom="nextest cannot list the tests of a target",
        cause="The target has a harness of its own (`harness = false`) that does not answer "
        "`--list`.",
        step="Give it to plain `cargo test`: `unit.cargo-test`; the message has the exact line.",
    )
    yield Trouble(
        symptom="A test fails now and then",
        cause="It depends on time, order or another process; nothing is tried again by default.",
        step="`nox -s unit -- --filter 'test(=NAME)' -- --stress-count 20` shows it; "
        "`retries` for that test alone in `.config/nextest.toml` marks it as flaky.",
    )
    yield Trouble(
        symptom="`audit` says NOT CHECKED, or that there is no database",
        cause="The advisory database could not be fetched. In CI that is an error, so that no "
        "check is lost in silence.",
        step="Run the job again; `audit.database` names a folder for machines without a network.",
    )
    yield Trouble(
        symptom="`audit` is red and nothing in the code changed",
        cause="A new advisory names a crate of Cargo.lock.",
        step="Update the crate, or add an `[[audit.ignore]]` with its reason and a date to look "
        "again.",
    )
    if settings.sccache != "off":
        yield Trouble(
            symptom="A warning says that sccache does not answer",
            cause="It did not start or its cache cannot be reached; everything is compiled "
            "without it, slower and right.",
            step="Nothing, if it happens once. `nox -s cache` shows its statistics, "
            '`sccache = "off"` leaves it out.',
        )
    if settings.workflows.may_fail:
        names = ", ".join(f"`{name}`" for name in settings.workflows.may_fail)
        yield Trouble(
            symptom=f"The unit tests are red on {names} and the pipeline is green",
            cause="Its failure is reported and tolerated (`workflows.may-fail`).",
            step="Look soon: what is red there is what the next stable release brings.",
        )
    given = [name for name, row in settings.workflows.own.items() if row.secrets]
    if given:
        yield Trouble(
            symptom=f"{', '.join(f'`{name}`' for name in given)} is red in one pull request only",
            cause="It gets secrets, and GitHub gives none to pull requests from forks, and other "
            "ones to those of Dependabot.",
            step="Let it do without them there, or push the branch to this repository.",
        )
    if any(stage.makes_image for stage in inputs.stages):
        yield Trouble(
            symptom="A warning says that another image stands in for the database's",
            cause="Login, build or push failed; a pull request from a fork may not push.",
            step="Look into “Build and push” of the job. Extensions of yours may be missing in "
            "the public image; then the migrations say so.",
        )
    if settings.integration.services or settings.integration.database.service:
        yield Trouble(
            symptom="A port is taken",
            cause="Another program, or a run that was killed, listens there; the message names "
            "who.",
            step="`nox -s down -- --all` ends what a killed run left; `--ports auto` takes free "
            "ports.",
        )
        yield Trouble(
            symptom="A service does not become healthy",
            cause="It ended, or answers something else than 200 on its health path.",
            step="Its log stands in the artifact whose name begins with “service-logs”, locally "
            "under `target/tasker-ci/logs/`.",
        )
    yield Trouble(
        symptom="You want the old pipeline back",
        cause="`.github/workflows/archived/` has the replaced files and a record of every change.",
        step="`tasker-ci rollback` undoes them byte for byte, and names what you changed since.",
    )
