"""Which lines tests reach."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import TESTS, Family, Session

FAMILY = Family(
    sessions={
        "coverage": Session(
            "tasker_ci.sessions.coverage.session:coverage",
            "Measure which lines the unit tests reach (cargo llvm-cov), and hold "
            "it against settings.",
            stage="coverage",
            tags=("tests",),
            compiles="coverage",
            passthrough="nextest",
            services_of="unit",
            needs=(
                "manifest",
                "compiler",
                "linker",
                "dependencies",
                "cargo-nextest",
                "cargo-llvm-cov",
            ),
            runs=TESTS,
        ),
    },
    stages=(
        Stage(
            name="coverage",
            needs=("quality", "unit"),
            file="test-coverage.yml",
            only_with="coverage.pipeline",
            closed=True,
        ),
    ),
    checks="tasker_ci.sessions.coverage.checks:CHECKS",
    workflows={"coverage": "tasker_ci.sessions.coverage.job:coverage_workflow"},
    settings={"coverage": "tasker_ci.sessions.coverage.settings:CoverageSettings"},
)
