"""What goes wrong with tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.workflows.troubleshooting import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs


def troubles(inputs: Inputs) -> Iterator[Trouble]:
    """What the handbook says."""
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
    if inputs.settings.workflows.may_fail:
        names = ", ".join(f"`{name}`" for name in inputs.settings.workflows.may_fail)
        yield Trouble(
            symptom=f"The unit tests are red on {names} and the pipeline is green",
            cause="Its failure is reported and tolerated (`workflows.may-fail`).",
            step="Look soon: what is red there is what the next stable release brings.",
        )
