"""The settings of what is measured: coverage, scans, benchmarks, and figures over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from tasker_ci.settings.cargo_features import OwnFeatures


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    pipeline: Annotated[bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."]
    lines: Annotated[int, "How many percent of the lines tests have to reach; 0: any."]
    packages: Annotated[
        Mapping[str, int], "The same for one package, by its name; `*` is every other one."
    ]
    doctests: Annotated[
        Literal["auto"] | bool,
        "Whether examples of the documentation count; `auto`: on a nightly, which alone can.",
    ]
    llvm: Annotated[
        str, "Folder of llvm-cov and llvm-profdata; empty: those of the toolchain or of its LLVM."
    ]
    upload: Annotated[
        Literal["none", "codecov"], "Where the workflow's job uploads it, without a stored token."
    ]


@dataclass(frozen=True, kw_only=True)
class ScanIgnore:
    id: Annotated[str, "The vulnerability, for example `CVE-2023-45853`."]
    reason: Annotated[str, "Why it does not matter here."]
    review: Annotated[date, "From this day on the ignore is a warning that asks for a new look."]


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    pipeline: Annotated[bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."]
    images: Annotated[
        tuple[str, ...],
        "Images to scan beside that of the database; for the workflow public ones, or of ghcr.io.",
    ]
    scanner: Annotated[
        Literal["auto", "trivy", "grype"], "The scanner; `auto`: trivy, else grype, from PATH."
    ]
    severity: Annotated[
        Literal["low", "medium", "high", "critical"], "From which severity on a finding is red."
    ]
    seconds: Annotated[int, "How long the scan of one image may take, its database included."]
    unfixed: Annotated[
        Literal["fail", "pass"], "What a finding does for which there is no mended version yet."
    ]
    ignore: Annotated[tuple[ScanIgnore, ...], "Findings to leave out, each with its reason."]


@dataclass(frozen=True, kw_only=True)
class BenchSettings:
    pipeline: Annotated[bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."]
    services: Annotated[tuple[str, ...], "Services that run meanwhile, with a migrated database."]
    build: Annotated[tuple[str, ...], "What builds the programs of these services."]
    features: Annotated[OwnFeatures, "Cargo features for the benchmarks alone."]
    profile: Annotated[str, "The profile they are built with; empty: cargo's own, `bench`."]
    rounds: Annotated[int, "How often every benchmark is run; fewer than 3 say nothing of noise."]
    least_difference: Annotated[int, "Up to how many percent a difference is none in any case."]
    slower: Annotated[Literal["warn", "error"], "What a measurement that got worse is."]
    machine: Annotated[
        str, "What this machine is called; empty: its host name, GitHub's by the runner's image."
    ]
    folder: Annotated[str, "Where results are kept, relative to the project root."]
    keep: Annotated[int, "How many results are kept, the newest."]


@dataclass(frozen=True, kw_only=True)
class InsightsSettings:
    total_minutes: Annotated[int, "Target: a run takes less than so many minutes."]
    hit_rate: Annotated[int, "Target: more than so many percent of sccache's requests are hits."]
    parallel_gain: Annotated[
        int, "Target: one after the other the unit tests would take more than so many times longer."
    ]
    stability: Annotated[
        int, "Target: integration is green at the first attempt in more than so many percent."
    ]
    request_seconds: Annotated[int, "How long one request to GitHub may take."]
    limit_seconds: Annotated[
        int, "How long asking GitHub may take altogether, waiting for its rate limits as well."
    ]


@dataclass(frozen=True, kw_only=True)
class HistorySettings:
    folder: Annotated[str, "Where each run leaves its record, relative to the project root."]
    keep: Annotated[int, "How many records are kept, the newest; 0: none is written."]
    megabytes: Annotated[int, "How much room they may take together; the newest always stays."]
