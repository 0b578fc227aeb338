"""Benchmarks against the result before."""

from __future__ import annotations

from tasker_ci.pipeline import Stage
from tasker_ci.session import COMPILES, Family, Session

FAMILY = Family(
    sessions={
        "bench": Session(
            "tasker_ci.sessions.bench.session:bench",
            "Run the benchmarks (cargo bench) in rounds, and compare them with the "
            "previous result.",
            stage="bench",
            tags=("bench",),
            compiles="build",
            passthrough="the benchmarks",
            needs=("manifest", "compiler", "dependencies"),
            runs=f"benchmarks, {COMPILES}",
        ),
    },
    stages=(
        Stage(
            name="bench",
            needs=("quality", "unit"),
            file="benchmarks.yml",
            only_with="bench.pipeline",
            closed=True,
            alone=True,
        ),
    ),
    workflows={"bench": "tasker_ci.sessions.bench.job:bench_workflow"},
    settings={"bench": "tasker_ci.sessions.bench.settings:BenchSettings"},
)
