"""The tests: unit, doctest, integration."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import SERVICES, TESTS, Family, Session

_OF_NEXTEST = ("manifest", "compiler", "linker", "dependencies", "cargo-nextest")

FAMILY = Family(
    sessions={
        "unit": Session(
            "tasker_ci.sessions.tests.unit:unit",
            "Run the unit tests of the whole workspace (cargo nextest run).",
            stage="unit",
            tags=("tests",),
            compiles="build",
            passthrough="nextest",
            needs=_OF_NEXTEST,
            runs=TESTS,
            proves="tasker_ci.sessions.tests.proves:unit_proves",
        ),
        "doctest": Session(
            "tasker_ci.sessions.tests.doctest:doctest",
            "Run the examples in the documentation, which nextest does not (cargo test --doc).",
            stage="unit",
            tags=("tests",),
            compiles="build",
            joins=True,
            needs=("manifest", "compiler", "dependencies"),
            runs=TESTS,
            proves="tasker_ci.sessions.tests.proves:doctest_proves",
        ),
        **{
            f"unit-{profile}": Session(
                "tasker_ci.sessions.tests.unit:unit",
                f"Run the unit tests with the nextest profile {profile}.",
                fixed={"profile": profile},
                tags=("tests",),
                passthrough="nextest",
                needs=_OF_NEXTEST,
                runs=TESTS,
            )
            for profile in ("default", "ci", "local")
        },
        "integration": Session(
            "tasker_ci.sessions.tests.integration:integration",
            "Run the end-to-end tests against real services (cargo nextest run).",
            stage="integration",
            tags=("tests", "services"),
            compiles="build",
            passthrough="nextest",
            needs=_OF_NEXTEST,
            runs=f"{SERVICES}, {TESTS}",
            proves="tasker_ci.sessions.tests.proves:integration_proves",
        ),
    },
    stages=(
        Stage(name="unit", file="test-unit.yml"),
        Stage(
            name="integration",
            needs=("quality", "unit"),
            file="test-integration.yml",
            only_with="integration.targets",
        ),
    ),
    workflows={
        "unit": "tasker_ci.sessions.tests.job:unit_workflow",
        "integration": "tasker_ci.sessions.tests.job:integration_workflow",
    },
    settings={
        "unit": "tasker_ci.sessions.tests.settings:UnitSettings",
        "doctest": "tasker_ci.sessions.tests.settings:DoctestSettings",
    },
    troubles="tasker_ci.sessions.tests.troubles:troubles",
)
