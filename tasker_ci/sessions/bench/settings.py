"""Settings of the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tasker_ci.settings.cargo_features import OwnFeatures


@dataclass(frozen=True, kw_only=True)
class BenchSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    services: Annotated[
        tuple[str, ...], "Services that run meanwhile, with a migrated database."
    ] = ()
    build: Annotated[tuple[str, ...], "What builds the programs of these services."] = (
        "cargo",
        "build",
        "--release",
        "--workspace",
        "--bins",
    )
    features: Annotated[OwnFeatures, "Cargo features for the benchmarks alone."] = "inherit"
    profile: Annotated[str, "The profile they are built with; empty: cargo's own, `bench`."] = ""
    rounds: Annotated[
        int, "How often every benchmark is run; fewer than 3 say nothing of noise."
    ] = 7
    least_difference: Annotated[int, "Up to how many percent a difference is none in any case."] = 5
    slower: Annotated[Literal["warn", "error"], "What a measurement that got worse is."] = "warn"
    machine: Annotated[
        str, "What this machine is called; empty: its host name, GitHub's by the runner's image."
    ] = ""
    folder: Annotated[str, "Where results are kept, relative to the project root."] = (
        ".tasker-ci/bench"
    )
    keep: Annotated[int, "How many results are kept, the newest."] = 100
